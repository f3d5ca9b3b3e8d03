"""Rep time: how many minutes each step takes, what an hour costs, and which of both is assumed rather than written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Minutes:
    """Minutes of one step: of a sales development rep (SDR), who follows up, and of an account executive (AE), who meets and sells."""

    sdr: Decimal = Decimal(0)
    ae: Decimal = Decimal(0)


ASSUMED: Mapping[str, Minutes] = MappingProxyType(
    {
        "accepted lead": Minutes(sdr=Decimal(15)),
        "accepted appointment": Minutes(sdr=Decimal(5)),
        "contacted": Minutes(),
        "engaged": Minutes(),
        "qualified": Minutes(sdr=Decimal(10)),
        "meeting booked": Minutes(sdr=Decimal(10)),
        "meeting held": Minutes(ae=Decimal(60)),
        "missed": Minutes(ae=Decimal(15)),
        "opportunity": Minutes(ae=Decimal(240)),
        "won": Minutes(ae=Decimal(60)),
    }
)
"""What a step takes where `[effort]` does not say. Assumptions of payper's, not measurements, and every report that uses one marks it so.
`accepted lead` is all attempts to reach a person; `meeting booked` is of leads, as an appointment arrives booked; `meeting held` has its
preparation and notes; `opportunity` is all work on an offer."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Wages and minutes of a programme.

    Attributes:
        sdr_hour: What an SDR's hour costs in the base currency; None: not written, so that SDR time is not in any cost.
        ae_hour: The same of an AE.
        minutes: Steps as the programme says; the others are as `ASSUMED`.
    """

    sdr_hour: Decimal | None = None
    ae_hour: Decimal | None = None
    minutes: Mapping[str, Minutes] = field(default_factory=dict)

    @property
    def is_costed(self) -> bool:
        """Tell whether any rep time costs anything."""
        return self.sdr_hour is not None or self.ae_hour is not None

    def of(self, step: str) -> Minutes:
        """Give the minutes of a step."""
        return self.minutes.get(step, ASSUMED[step])

    def is_assumed(self, step: str) -> bool:
        """Tell whether nobody wrote the minutes of a step."""
        return step not in self.minutes

    def cost(self, step: str) -> Decimal:
        """Give what one step costs in units of the base currency."""
        minutes = self.of(step)
        return (minutes.sdr * (self.sdr_hour or 0) + minutes.ae * (self.ae_hour or 0)) / 60

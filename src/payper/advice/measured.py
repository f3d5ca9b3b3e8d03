"""What was measured: of every offer and step what its own record shows, what was believed before, and what is used."""

from __future__ import annotations

from dataclasses import dataclass

from payper.advice.futures import STEPS, OptionHistory, count_of, start_of, visible_share
from payper.advice.sensitivity import STEP_WORDS, Situation, rate_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One step of one offer, or its mean deal.

    Attributes:
        offer: Name of the offer.
        step: `booked`, `held`, `opportunity`, `won`, or `deal` for the mean first deal.
        seen: Deliveries of the offer that reached the step; for `deal` won deals whose amount is known. Of steps that take time, as many as
            would have been seen had all been watched to the end, so they need not be whole.
        of: Of so many; None for `deal`.
        measured: `seen` / `of`, from 0 to 1, or the mean of deals in minor units; None where nothing was seen.
        prior: What was believed before, in the same unit; wins within the horizon.
        used: What is used: the prior after this and what alike offers showed.
        unit: `share`, or `minor` for `deal`.
    """

    offer: str
    step: str
    seen: float
    of: float | None
    measured: float | None
    prior: float
    used: float
    unit: str

    @property
    def words(self) -> str:
        """Say what it is."""
        return "the mean first deal" if self.step == "deal" else STEP_WORDS[self.step]


def measured_of(situation: Situation) -> tuple[Measured, ...]:
    """Give a row per offer and step, and one per offer for deals, in the order of offers; none where there is no history at all."""
    if not situation.history:
        return ()
    numbers = situation.numbers
    within = visible_share(numbers, numbers["horizon_days"])
    rows = []
    for offer, outlook in zip(situation.offers, situation.outlooks, strict=True):
        own = situation.history.get(offer.name, OptionHistory())
        for step in STEPS[1:] if offer.model == "appointment" else STEPS:
            count = count_of(own, step)
            rows.append(
                Measured(
                    offer=offer.name, step=step, seen=count.reached, of=count.of, prior=start_of(offer, step, numbers, within).mean,
                    measured=count.reached / count.of if count.of > 0 else None, used=rate_of(outlook, step).mean, unit="share",
                )
            )  # fmt: skip
        rows.append(
            Measured(
                offer=offer.name, step="deal", seen=own.deals, of=None,
                measured=own.revenue_minor / own.deals if own.deals > 0 else None,
                prior=float(numbers["deal_minor"] if offer.deal_minor is None else offer.deal_minor),
                used=outlook.deal_minor / (1 + numbers["expansion"]), unit="minor",
            )
        )  # fmt: skip
    return tuple(rows)

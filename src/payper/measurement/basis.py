"""Basis: what is measured and how it is asked, and deliveries in the shapes that estimates take them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from payper.measurement.counts import ProgrammeFacts, Settled
from payper.measurement.effort import Effort
from payper.measurement.outcomes import SEGMENTS
from payper.measurement.providers import Weights

MILESTONES: tuple[str, ...] = ("contacted_at", "engaged_at", "qualified_at", "booked_at", "held_at", "opportunity_at", "won_at")
"""Steps of the funnel, in order."""


@dataclass(frozen=True)
class Basis:
    """What is measured, and how it is asked.

    Attributes:
        facts: The programme and its day.
        end: The last instant that has happened.
        outcomes: As `make_outcomes`.
        spending: As `make_spending`.
        deliveries: Every delivery by the day: `contract, provider, verdict, reasons, delivered_at` and as much as is known.
        settlement: As of the day.
        horizon_days: From delivery on.
        margin: What is left of a unit of revenue; None: not written, so that money is revenue.
        effort: Wages and minutes behind the cost of rep time.
        asked: Checks that each contract's terms ask for, by contract id; None: all ask all.
        audits: What people found who looked at samples, as `audit_counts` takes it; None: nobody did.
        weights: What matters to the buyer in providers; None: all criteria alike.
        targets: Domains and company keys of the companies that contracts target; None: they target none, or their lists are not at hand.
        by: Segments to group by besides those that are always shown.
        seed: Of draws.
    """

    facts: ProgrammeFacts
    end: datetime
    outcomes: pl.DataFrame
    spending: pl.DataFrame
    deliveries: pl.DataFrame
    settlement: Settled
    horizon_days: int = 180
    margin: float | None = None
    effort: Effort = field(default_factory=Effort)
    asked: Mapping[str, frozenset[str]] | None = None
    audits: pl.DataFrame | None = None
    weights: Weights | None = None
    targets: frozenset[str] | None = None
    by: tuple[str, ...] = ()
    seed: int = 0

    @property
    def day(self) -> date:
        """Give the day looked at."""
        return self.facts.as_of


def measurable(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Give outcomes as `measure` and its companions take them.

    Dates are local to each contract, as the as-of day is. A cost is 0 where all of it is in the dated spending, null where it is not known.
    """
    return outcomes.select(
        "delivery_id",
        *SEGMENTS,
        "kind",
        pl.col("delivered_on").alias("delivered_at"),
        pl.col("won_on").alias("won_at"),
        pl.col("ended_on").alias("lost_at"),
        "amount",
        pl.when(pl.col("cost").is_not_null()).then(0.0).alias("cost"),
        *(pl.col(name) for name in MILESTONES if name != "won_at"),
    )


def dated(spending: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Give spending as `measure` takes it, of the deliveries of `measurable` whose cost is known."""
    known = frame.filter(pl.col("cost").is_not_null()).select("delivery_id", *SEGMENTS, "delivered_at")
    return spending.join(known, on="delivery_id", how="inner").select(
        *SEGMENTS, "delivered_at", pl.col("spent_on").alias("spent_at"), "cost"
    )


def aged(basis: Basis) -> pl.DataFrame:
    """Give deliveries by age, as `rank_wins` takes them: a delivery of the day itself has shown one day."""
    outcomes = basis.outcomes
    return outcomes.select(
        "provider",
        ((pl.lit(basis.day) - pl.col("delivered_on")).dt.total_days() + 1).alias("age_days"),
        (pl.col("won_on") - pl.col("delivered_on")).dt.total_days().clip(lower_bound=0).alias("won_after_days"),
    )

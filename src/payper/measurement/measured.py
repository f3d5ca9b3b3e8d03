"""Measured: everything that is known of a programme's results on a day, estimates and guards together, ready to be told."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from payper.errors import UsageError
from payper.measurement.anomalies import Anomalies, count_signals, find_anomalies
from payper.measurement.attribution import attribute, compare_orders
from payper.measurement.attribution.touches import touch_paths
from payper.measurement.counts import ProgrammeFacts, Settled
from payper.measurement.effort import Effort
from payper.measurement.follow_up import FollowUp, OfficeHours, measure_follow_up
from payper.measurement.measure import measure
from payper.measurement.outcomes import GAPS, SEGMENTS, UNKNOWN
from payper.measurement.providers import Scorecards, Weights, adjust_for_mix, delivery_speeds, make_scorecards, scorecard_counts
from payper.measurement.reach import Reach, measure_acceleration, measure_reach, measure_velocity
from payper.measurement.waterfall import fall_of_reasons

ALWAYS: tuple[str, ...] = ("model", "provider", "contract")
"""Segments that every report has on its first pages."""


NEW_WITHIN = timedelta(days=90)
"""What was first tried so shortly before the day is new."""


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
    weights: Weights | None = None
    targets: frozenset[str] | None = None
    by: tuple[str, ...] = ()
    seed: int = 0

    @property
    def day(self) -> date:
        """Give the day looked at."""
        return self.facts.as_of


@dataclass(frozen=True)
class Seen:
    """What is in the books by the day, within the horizon, with no allowance for what is still open.

    Attributes:
        revenue: Of wins within the horizon, in units of the base currency; `pipeline` of opportunities, whenever they came.
        cost: All of it by the day; None: nothing has been charged, or a charge has no rate.
        multiple: Margin times revenue over cost; None without cost.
        gaps: Deliveries by what is missing in their money, a code of `outcomes.GAPS`.
    """

    deliveries: int
    wins: int
    open: int
    revenue: float
    pipeline: float
    cost: float | None
    charges: float
    effort: float
    multiple: float | None
    gaps: Mapping[str, int]


@dataclass(frozen=True)
class Measured:
    """The results.

    Attributes:
        basis: What was measured.
        seen: What is in the books.
        whole: One row as of `measure`, for all deliveries together.
        segments: As of `measure`, a frame per segment of `SEGMENTS`; the first column is its name.
        asked: As of `measure` by all columns of `basis.by` together; None: nothing was asked.
        falls: As `fall_of_reasons`.
        scorecards: Of providers; `scorecards.wins` ranks them by what their deliveries win.
        mix: As of `adjust_for_mix`, by country.
        speeds: As of `delivery_speeds`.
        credit: As of `attribute`: wins of companies shared among leads and appointments; `orders` as of `compare_orders`.
        follow_up: What the speed of the first touch is associated with.
        reach: Companies, targets and what was tried, of all deliveries; `reach_by_model` of each model.
        acceleration: Days from delivery to meeting, opportunity and win, by model; `velocity` from each stage to the next.
        anomalies: What looks unlike the past.
    """

    basis: Basis
    seen: Seen
    whole: Mapping[str, Any]
    segments: Mapping[str, pl.DataFrame]
    asked: pl.DataFrame | None
    falls: pl.DataFrame
    scorecards: Scorecards
    mix: pl.DataFrame
    speeds: pl.DataFrame
    credit: pl.DataFrame
    orders: pl.DataFrame
    follow_up: FollowUp
    reach: Reach
    reach_by_model: Reach
    acceleration: pl.DataFrame
    velocity: pl.DataFrame
    anomalies: Anomalies


def measure_programme(basis: Basis) -> Measured:
    """Measure everything; equal facts give equal results, whatever happened after the day.

    Raises:
        UsageError: A segment asked for is none, or the horizon makes no sense.
    """
    check_segments(basis.by)
    frame = measurable(basis.outcomes)
    spending = _dated(basis.spending, frame)

    def by(*columns: str) -> pl.DataFrame:
        return measure(
            frame,
            as_of=basis.day,
            horizon_days=basis.horizon_days,
            by=columns,
            margin=1.0 if basis.margin is None else basis.margin,
            spending=spending,
            seed=basis.seed,
        )

    stepped = _stepped(basis.outcomes)
    paths = touch_paths(basis.outcomes, as_of=basis.end, stratum="company_size")
    return Measured(
        basis=basis,
        seen=_seen(basis),
        whole=by().row(0, named=True),
        segments={segment: by(segment) for segment in SEGMENTS},
        asked=by(*basis.by) if basis.by else None,
        falls=fall_of_reasons(basis.deliveries, basis.settlement.returns, basis.outcomes),
        scorecards=score_providers(basis),
        mix=adjust_for_mix(_counts(basis, segment="country_code")),
        speeds=delivery_speeds(basis.deliveries),
        credit=attribute(paths, stratum="stratum", seed=basis.seed),
        orders=compare_orders(paths, seed=basis.seed),
        follow_up=_follow_up(basis),
        reach=_reach(stepped, basis, by=()),
        reach_by_model=_reach(stepped, basis, by=("model",)),
        acceleration=measure_acceleration(stepped, as_of=basis.end, horizon_days=basis.horizon_days),
        velocity=measure_velocity(stepped, as_of=basis.end, horizon_days=basis.horizon_days),
        anomalies=find_anomalies(count_signals(basis.deliveries, basis.settlement.returns, as_of=basis.end)),
    )


def check_segments(by: Sequence[str]) -> None:
    """Refuse what is no segment.

    Raises:
        UsageError: With the nearest one.
    """
    for name in by:
        if name not in SEGMENTS:
            near = difflib.get_close_matches(name, SEGMENTS, n=1)
            mend = f"Write {near[0]}." if near else f"Write one or more of {', '.join(SEGMENTS)}, with commas between."
            raise UsageError(where=f"--by {','.join(by)}", seen=f"`{name}` is nothing that results are grouped by.", mend=mend)
    if len(set(by)) < len(by):
        raise UsageError(where=f"--by {','.join(by)}", seen="One name stands twice.", mend="Name each once.")


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
    )


def _dated(spending: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    known = frame.filter(pl.col("cost").is_not_null()).drop("cost")
    return spending.join(known, on="delivery_id", how="inner").select(
        *SEGMENTS, "delivered_at", pl.col("spent_on").alias("spent_at"), "cost"
    )


def score_providers(basis: Basis) -> Scorecards:
    """Make the scorecards of all providers, by the buyer's weights."""
    aged = _aged(measurable(basis.outcomes), basis.day)
    return make_scorecards(_counts(basis), deliveries=aged, weights=basis.weights, horizon_days=basis.horizon_days, seed=basis.seed)


def _counts(basis: Basis, *, segment: str | None = None) -> pl.DataFrame:
    return scorecard_counts(basis.deliveries, basis.settlement.returns, basis.outcomes, asked=basis.asked, segment=segment)


def _reach(stepped: pl.DataFrame, basis: Basis, *, by: tuple[str, ...]) -> Reach:
    return measure_reach(
        stepped, as_of=basis.end, by=by, targets=basis.targets, new_from=basis.end - NEW_WITHIN, horizon_days=basis.horizon_days
    )


def _aged(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    """Give deliveries by age, as `rank_wins` takes them: a delivery of the day itself has shown one day."""
    days = (pl.col("won_at") - pl.col("delivered_at")).dt.total_days()
    return frame.select(
        "provider",
        ((pl.lit(day) - pl.col("delivered_at")).dt.total_days() + 1).alias("age_days"),
        days.clip(lower_bound=0).alias("won_after_days"),
    )


def _stepped(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Give outcomes with unknown attributes as null, and every end as a loss."""
    unknown = [pl.when(pl.col(name) != UNKNOWN).then(name).alias(name) for name in ("seniority",)]
    return outcomes.with_columns(*unknown, pl.col("ended_at").alias("lost_at"))


def _follow_up(basis: Basis) -> FollowUp:
    """Measure follow-up on contacts somebody wrote down, matched on model, with the minutes that working a lead takes."""
    recorded = basis.outcomes.with_columns(pl.col("contact_recorded_at").alias("contacted_at"))
    minutes = float(basis.effort.of("accepted lead").sdr)
    return measure_follow_up(
        recorded, as_of=basis.end, match=("model",), office=OfficeHours(zone=basis.facts.zone), touch_minutes=minutes or None
    )


def _seen(basis: Basis) -> Seen:
    outcomes = basis.outcomes
    is_near = (pl.col("won_on") - pl.col("delivered_on")).dt.total_days() < basis.horizon_days
    revenue = float(outcomes.filter(is_near)["amount"].sum() or 0.0)
    is_whole = outcomes["cost"].null_count() == 0 and outcomes.height > 0
    cost = float(outcomes["cost"].sum()) if is_whole else None
    gaps = {str(code): int(number) for code, number in outcomes["gap"].drop_nulls().value_counts(sort=True).iter_rows()}
    return Seen(
        deliveries=outcomes.height,
        wins=int(outcomes["won_at"].count()),
        open=int(outcomes.filter(pl.col("won_at").is_null() & pl.col("ended_at").is_null()).height),
        revenue=revenue,
        pipeline=float(outcomes["pipeline"].sum() or 0.0),
        cost=cost,
        charges=float(outcomes["charges_cost"].sum() or 0.0),
        effort=float(outcomes["effort_cost"].sum() or 0.0),
        multiple=(1.0 if basis.margin is None else basis.margin) * revenue / cost if cost else None,
        gaps={code: gaps[code] for code in GAPS if code in gaps},
    )

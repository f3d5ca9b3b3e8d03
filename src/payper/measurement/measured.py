"""Measured: everything that is known of a programme's results on a day, estimates and guards together, ready to be told."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import combinations
from typing import Any

import polars as pl

from payper.errors import UsageError
from payper.measurement.attribution import attribute, compare_orders
from payper.measurement.attribution.touches import touch_paths
from payper.measurement.basis import MILESTONES, Basis, dated, measurable
from payper.measurement.comparison import compare_groups
from payper.measurement.curves import outcome_curve, revenue_curve
from payper.measurement.estimates import Interval
from payper.measurement.follow_up import FollowUp, OfficeHours, measure_follow_up
from payper.measurement.funnel import funnel
from payper.measurement.measure import measure
from payper.measurement.outcomes import GAPS, SEGMENTS, STEPS, UNKNOWN
from payper.measurement.reach import Reach, measure_acceleration, measure_reach, measure_velocity
from payper.measurement.scored import Scored, score_providers
from payper.measurement.track_record import TrackRecord, check_track_record
from payper.measurement.triangle import cohort_triangle
from payper.measurement.waterfall import fall_of_reasons

ALWAYS: tuple[str, ...] = ("model", "provider", "contract")
"""Segments that every report has on its first pages."""


NEW_WITHIN = timedelta(days=90)
"""What was first tried so shortly before the day is new."""


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
        comparisons: As of `compare_groups`, one frame per pair of models: the first is the one with more wins.
        track: How often past intervals held; where they did too seldom, those of now are widened.
        curves: As of `revenue_curve`, of all deliveries; `curves_by_model` of each model.
        stages: As of `outcome_curve`, of all deliveries: won, ended otherwise and open, by age.
        funnel: As of `funnel`, of all deliveries; `funnel_by_model` of each model.
        cohorts: As of `cohort_triangle`: what deliveries of a month had won by each age.
        falls: As `fall_of_reasons`.
        providers: Their scorecards and whose latest deliveries look unlike the ones before.
        credit: As of `attribute`: wins of companies shared among leads and appointments; `orders` as of `compare_orders`.
        follow_up: What the speed of the first touch is associated with.
        reach: Companies, targets and what was tried, of all deliveries; `reach_by_model` of each model.
        acceleration: Days from delivery to meeting, opportunity and win, by model; `velocity` from each stage to the next.
    """

    basis: Basis
    seen: Seen
    whole: Mapping[str, Any]
    segments: Mapping[str, pl.DataFrame]
    asked: pl.DataFrame | None
    comparisons: Mapping[tuple[str, str], pl.DataFrame]
    track: TrackRecord
    curves: pl.DataFrame
    curves_by_model: pl.DataFrame
    stages: pl.DataFrame
    funnel: pl.DataFrame
    funnel_by_model: pl.DataFrame
    cohorts: pl.DataFrame
    falls: pl.DataFrame
    providers: Scored
    credit: pl.DataFrame
    orders: pl.DataFrame
    follow_up: FollowUp
    reach: Reach
    reach_by_model: Reach
    acceleration: pl.DataFrame
    velocity: pl.DataFrame


def measure_programme(basis: Basis) -> Measured:
    """Measure everything; equal facts give equal results, whatever happened after the day.

    Raises:
        UsageError: A segment asked for is none, or the horizon makes no sense.
    """
    check_segments(basis.by)
    frame = measurable(basis.outcomes)
    asked = _Asked(basis, frame, dated(basis.spending, frame), check_track_record(frame, as_of=basis.day, by="contract", seed=basis.seed))
    models = asked.measure("model")
    stepped = _stepped(basis.outcomes)
    paths = touch_paths(basis.outcomes, as_of=basis.end, stratum="company_size")
    return Measured(
        basis=basis,
        seen=_seen(basis),
        whole=asked.measure().row(0, named=True),
        segments={segment: models if segment == "model" else asked.measure(segment) for segment in SEGMENTS},
        asked=asked.measure(*basis.by) if basis.by else None,
        comparisons=asked.compare(models),
        track=asked.track,
        curves=asked.curve(),
        curves_by_model=asked.curve("model"),
        stages=outcome_curve(frame, as_of=basis.day, until_days=basis.horizon_days),
        funnel=asked.funnel(),
        funnel_by_model=asked.funnel("model"),
        cohorts=cohort_triangle(frame, as_of=basis.day),
        falls=fall_of_reasons(basis.deliveries, basis.settlement.returns, basis.outcomes),
        providers=score_providers(basis),
        credit=attribute(paths, stratum="stratum", seed=basis.seed),
        orders=compare_orders(paths, seed=basis.seed),
        follow_up=_follow_up(basis),
        reach=_reach(stepped, basis, by=()),
        reach_by_model=_reach(stepped, basis, by=("model",)),
        acceleration=measure_acceleration(stepped, as_of=basis.end, horizon_days=basis.horizon_days),
        velocity=measure_velocity(stepped, as_of=basis.end, horizon_days=basis.horizon_days),
    )


@dataclass
class _Asked:
    """One question put by groups: the same deliveries, day, horizon and spending each time."""

    basis: Basis
    frame: pl.DataFrame
    spending: pl.DataFrame
    track: TrackRecord

    @property
    def margin(self) -> float:
        """Give what is left of a unit of revenue."""
        return 1.0 if self.basis.margin is None else self.basis.margin

    def measure(self, *by: str) -> pl.DataFrame:
        """Measure by groups."""
        basis = self.basis
        return measure(
            self.frame,
            as_of=basis.day,
            horizon_days=basis.horizon_days,
            by=by,
            margin=self.margin,
            spending=self.spending,
            seed=basis.seed,
            widen=self.track.factor,
        )

    def curve(self, *by: str) -> pl.DataFrame:
        """Draw revenue by age, as wide as what is measured of it."""
        basis = self.basis
        frame = revenue_curve(self.frame, as_of=basis.day, horizon_days=basis.horizon_days, by=by, spending=self.spending, seed=basis.seed)
        return _widened(_widened(frame, "revenue_per_delivery", self.track.factor), "revenue_per_1000_spent", self.track.factor)

    def funnel(self, *by: str) -> pl.DataFrame:
        """Give the shares that reach each milestone that anybody records."""
        basis = self.basis
        told = [name for name in MILESTONES if STEPS[name].value in self.recorded]
        frame = funnel(self.frame, as_of=basis.day, milestones=told, horizon_days=basis.horizon_days, by=by)
        return _widened(frame, "share", self.track.factor, most=1.0)

    @cached_property
    def recorded(self) -> frozenset[str]:
        """Give the milestones that were written down at least once, wins always among them."""
        journey = self.basis.settlement.journey
        return frozenset(journey.filter(~pl.col("is_implied"))["milestone"].unique().to_list()) | {STEPS["won_at"].value}

    def compare(self, models: pl.DataFrame) -> dict[tuple[str, str], pl.DataFrame]:
        """Compare every pair of models, the one with more wins first."""
        basis = self.basis
        names = models.sort(["wins_seen", "model"], descending=[True, False])["model"].to_list()
        return {
            (first, second): compare_groups(
                self.frame,
                as_of=basis.day,
                by="model",
                first=first,
                second=second,
                horizon_days=basis.horizon_days,
                margin=self.margin,
                spending=self.spending,
                seed=basis.seed,
            )
            for first, second in combinations(names, 2)
        }


def _widened(frame: pl.DataFrame, name: str, factor: float, *, most: float = float("inf")) -> pl.DataFrame:
    """Draw the intervals of an estimate so many times as wide, as `measure` does."""
    if factor == 1:
        return frame
    names = (name, f"{name}_lo", f"{name}_hi")
    wide = Interval(*(frame[each].cast(pl.Float64).fill_null(float("nan")).to_numpy() for each in names)).widen(factor, most)
    return frame.with_columns(pl.Series(each, part).fill_nan(None) for each, part in zip(names, wide.parts, strict=True))


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


def _reach(stepped: pl.DataFrame, basis: Basis, *, by: tuple[str, ...]) -> Reach:
    return measure_reach(
        stepped, as_of=basis.end, by=by, targets=basis.targets, new_from=basis.end - NEW_WITHIN, horizon_days=basis.horizon_days
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

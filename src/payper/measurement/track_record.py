"""Track record: how often what was said at earlier dates held what later happened, and by how much to widen what is said now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.cohorts import find_dispersion
from payper.measurement.cure import CureData, CureDraws, RatePrior, fit_cure
from payper.measurement.estimates import draw_counts, query_days
from payper.measurement.histograms import Histograms, count_histograms
from payper.measurement.lags import LagPrior
from payper.measurement.matrices import Matrices, make_matrices
from payper.measurement.snapshot import read_moment, take_snapshot

Floats = NDArray[np.float64]

QUARTER_DAYS = 91
HELD_LEAST = 0.85
"""Of fewer past intervals than this share held, today's are widened."""
_DELIVERIES_LEAST = 20
_DRAWS = 500


@dataclass(frozen=True)
class TrackRecord:
    """How past intervals did.

    Attributes:
        checks: One row per group and earlier date: the `by` columns; `as_of` (Date) and `quarters_ago`; `deliveries` made by then;
            `wins_then`; `expected` (median of the wins that were expected by now) and the bounds of the 95 % interval, `expected_lo` and
            `expected_hi`; `wins_now` of the same deliveries; `held`.
        held, of: How many intervals held, of how many.
        factor: What to hand to `measure` as `widen`: 1 while at least 85 % held.
    """

    checks: pl.DataFrame
    held: int
    of: int
    factor: float

    @property
    def words(self) -> str:
        """Say it in a line for a report."""
        if not self.of:
            return "Too early to check: no quarter ago were there twenty deliveries in a group."
        line = f"Past intervals held what later happened {self.held} of {self.of} times."
        return line if self.factor == 1 else f"{line} Intervals are drawn {self.factor:.1f} times as wide for it."


def check_track_record(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    by: str | Sequence[str] = (),
    quarters: int = 3,
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    seed: int = 0,
) -> TrackRecord:
    """Predict, as of 91, 182 and 273 days ago, the wins that the deliveries so far would have by now, and count how often that held.

    Only what had happened by each earlier date is used. Groups with fewer than twenty deliveries by then are left out.

    Args:
        deliveries: As `measure` takes them.
        as_of: As `measure` takes it.
        by: As `measure` takes it.
        quarters: How many quarters back.
        prior: As `measure` takes it.
        rate_prior: As `measure` takes it.
        seed: Of the draws of counts.

    Source: Lei et al. 2018, J. American Statistical Association 113(523), 1094-1111 (conformal prediction): the factor is the 95th
    percentile of |what happened - what was expected| over the distance to the bound on that side.
    """
    now = read_moment(as_of)
    current = count_histograms(take_snapshot(deliveries, as_of=now.through, by=by))
    parts = []
    for quarter in range(1, quarters + 1):
        then = now.through - timedelta(days=QUARTER_DAYS * quarter)
        past = count_histograms(take_snapshot(deliveries, as_of=then, by=by))
        if past.ages.height:
            predicted = _predict(past, QUARTER_DAYS * quarter, prior, rate_prior, [seed, quarter])
            parts.append(_checked(past, current, predicted, then, quarter))
    checks = pl.concat(parts) if parts else _checked(current, current, np.zeros((current.segments.height, 1)), now.through, 0).clear()
    held, of = int(checks["held"].sum()), checks.height
    return TrackRecord(checks, held, of, _factor(checks) if of and held < HELD_LEAST * of else 1.0)


def _predict(past: Histograms, days_ahead: int, prior: LagPrior | None, rate_prior: RatePrior | None, seed: list[int]) -> Floats:
    """Draw the wins that each group's deliveries will have so many days later."""
    matrices = make_matrices(past)
    dispersion = find_dispersion(matrices).tempered
    at_days = query_days(days_ahead, matrices.days + days_ahead)
    data = CureData(matrices.won, matrices.unwon, matrices.deliveries, dispersion)
    fitted = fit_cure(data, at_days=at_days, draws=_DRAWS, prior=prior, rate_prior=rate_prior)
    found = np.empty_like(fitted.ultimate)
    for group in range(matrices.groups):
        to_come = _to_come(matrices, group, fitted, at_days, days_ahead)
        most = matrices.unwon[group].sum()
        counts = draw_counts(to_come, most, float(dispersion[group]), np.random.default_rng(seed))
        found[group] = matrices.wins_seen[group] + counts
    return found


def _to_come(matrices: Matrices, group: int, fitted: CureDraws, at_days: Floats, days_ahead: int) -> Floats:
    """Give the mean of wins to come, per draw: of each delivery not won at age a, p (F(a + ahead) - F(a)) / (1 - p F(a))."""
    ages = np.nonzero(matrices.unwon[group])[0]
    open_now = matrices.unwon[group][ages]
    points, values = np.concatenate([[0.0], at_days]), np.concatenate([np.zeros((_DRAWS, 1)), fitted.cdf[group]], axis=1)
    p = fitted.ultimate[group][:, None]
    at, ahead = (p * _between(points, values, ages + shift) for shift in (0, days_ahead))
    return np.asarray((np.maximum(ahead - at, 0.0) / np.maximum(1 - at, 1e-12)) @ open_now, dtype=np.float64)


def _between(points: Floats, values: Floats, at: NDArray[np.int64]) -> Floats:
    """Interpolate every row of values between points."""
    above = np.clip(np.searchsorted(points, at), 1, points.size - 1)
    part = np.clip((at - points[above - 1]) / (points[above] - points[above - 1]), 0.0, 1.0)
    return np.asarray(values[:, above - 1] * (1 - part) + values[:, above] * part, dtype=np.float64)


def _checked(past: Histograms, current: Histograms, predicted: Floats, then: date, quarter: int) -> pl.DataFrame:
    """Put what was expected beside what happened."""
    low, middle, high = np.quantile(predicted, [0.025, 0.5, 0.975], axis=1, method="nearest")
    said = past.segments.with_columns(
        deliveries=pl.Series(_per_group(past, past.ages, "deliveries"), dtype=pl.Int64),
        wins_then=pl.Series(_per_group(past, past.wins, "wins"), dtype=pl.Int64),
        expected=pl.Series(middle, dtype=pl.Float64),
        expected_lo=pl.Series(low, dtype=pl.Float64),
        expected_hi=pl.Series(high, dtype=pl.Float64),
    )
    made_by_then = current.wins.filter(pl.col("age_days") > QUARTER_DAYS * quarter)
    happened = current.segments.with_columns(wins_now=pl.Series(_per_group(current, made_by_then, "wins"), dtype=pl.Int64))
    keys = list(past.by)
    joined = (
        said.drop("segment").join(happened.drop("segment"), on=keys, how="left", nulls_equal=True, maintain_order="left")
        if keys
        else pl.concat([said.drop("segment"), happened.drop("segment")], how="horizontal")
    )
    checked = joined.filter(pl.col("deliveries") >= _DELIVERIES_LEAST).with_columns(
        as_of=pl.lit(then),
        quarters_ago=pl.lit(quarter, dtype=pl.Int64),
        held=(pl.col("wins_now") >= pl.col("expected_lo")) & (pl.col("wins_now") <= pl.col("expected_hi")),
    )
    numbers = ("deliveries", "wins_then", "expected", "expected_lo", "expected_hi", "wins_now", "held")
    return checked.select(*past.by, "as_of", "quarters_ago", *numbers)


def _per_group(histograms: Histograms, frame: pl.DataFrame, counts: str) -> list[int]:
    """Add counts up per group, in order."""
    sums = frame.group_by("segment").agg(pl.col(counts).sum())
    return histograms.segments.join(sums, on="segment", how="left", maintain_order="left")[counts].fill_null(0).to_list()


def _factor(checks: pl.DataFrame) -> float:
    """Give the conformal factor of past errors."""
    error = (checks["wins_now"] - checks["expected"]).to_numpy()
    reach = np.where(error > 0, checks["expected_hi"] - checks["expected"], checks["expected"] - checks["expected_lo"])
    return float(max(np.quantile(np.abs(error) / np.maximum(reach, 0.5), 0.95), 1.0))

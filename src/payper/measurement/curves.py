"""Curves: how revenue comes in with age, and what became of deliveries by age."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import UsageError
from payper.measurement.cure import RatePrior
from payper.measurement.estimates import OLD_LEAST, Estimates, Interval, estimate, project, summarise_draws
from payper.measurement.exposure import revenue_within
from payper.measurement.gammas import midp_interval
from payper.measurement.histograms import count_histograms
from payper.measurement.lags import LagPrior
from payper.measurement.matrices import Matrices, make_matrices
from payper.measurement.snapshot import take_snapshot

Floats = NDArray[np.float64]


def revenue_curve(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    horizon_days: int = 180,
    step_days: int = 7,
    by: str | Sequence[str] = (),
    spending: pl.DataFrame | None = None,
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """Give cumulative revenue by age of the delivery, up to the horizon; the last point is the figure of `measure`.

    Args:
        deliveries: As `measure` takes them.
        as_of: As `measure` takes it.
        horizon_days: The last age.
        step_days: Days between points; the horizon is one in any case.
        by: As `measure` takes it.
        spending: As `measure` takes it.
        prior: As `measure` takes it.
        rate_prior: As `measure` takes it.
        seed: Of the draws of projections.

    Returns:
        One row per group and age, sorted: the `by` columns; `age_days` (Int64, from 0); `revenue_per_delivery` and
        `revenue_per_1000_spent`, each before the bounds of its 95 % interval, `_lo` and `_hi`; `is_extrapolated`: fewer than twenty
        deliveries are so old, so the point and its band are the cure model's word for what nobody has seen; `method` of the whole
        curve, `exposure` or `projection`. Null says that it cannot be known.
    """
    if step_days < 1:
        raise UsageError(where="step_days", seen=f"{step_days} is no number of days.", mend="Write 7.")
    histograms = count_histograms(take_snapshot(deliveries, as_of=as_of, by=by, spending=spending))
    found = estimate(histograms, horizon_days=horizon_days, margin=1.0, prior=prior, rate_prior=rate_prior, seed=seed)
    ages = np.unique(np.append(np.arange(0, horizon_days, step_days), horizon_days))
    projected = project(found.matrices, found.dispersion, ages, found.worth.amount_unseen, prior, rate_prior, seed)
    some = found.matrices.deliveries.sum(axis=1) > 0
    parts = [_point(found, int(age), projected[index], some) for index, age in enumerate(ages)]
    segments = histograms.segments
    frame = pl.concat([pl.concat([segments, part], how="horizontal") for part in parts]).sort("segment", "age_days")
    return frame.select(*histograms.by, pl.exclude("segment", *histograms.by))


def _point(found: Estimates, age: int, projected: Floats, some: NDArray[np.bool_]) -> pl.DataFrame:
    """Give all groups' values at one age."""
    groups = found.matrices.groups
    if age == 0:
        revenue = Interval(np.zeros(groups), np.zeros(groups), np.zeros(groups))
    else:
        total = revenue_within(found.matrices, age, amount_unseen=found.worth.amount_unseen)
        revenue = Interval(total.estimate, *midp_interval(total)).where(found.is_seen, summarise_draws(projected))
    revenue = revenue.only(some & found.has_revenue)
    spent = revenue.times(1000 / found.cost)
    old = found.matrices.deliveries[:, age:].sum(axis=1)
    columns = {"age_days": pl.Series([age] * groups, dtype=pl.Int64)}
    for name, interval in (("revenue_per_delivery", revenue), ("revenue_per_1000_spent", spent)):
        for suffix, part in zip(("", "_lo", "_hi"), interval.parts, strict=True):
            columns[f"{name}{suffix}"] = pl.Series(part, dtype=pl.Float64).fill_nan(None)
    columns["is_extrapolated"] = pl.Series((old < OLD_LEAST) & (age > 0))
    columns["method"] = pl.Series(np.where(found.is_seen, "exposure", "projection").tolist(), dtype=pl.String)
    return pl.DataFrame(columns)


def outcome_curve(
    deliveries: pl.DataFrame, *, as_of: date | datetime | str, by: str | Sequence[str] = (), until_days: int | None = None
) -> pl.DataFrame:
    """Give the shares won, lost and still open by age, by the Aalen-Johansen estimator.

    Won and lost compete: a lost deal cannot be won, so it is no deal that just was not watched to its end. Treating it as such (a
    Kaplan-Meier curve of wins with losses censored) doubles the win rate.

    Args:
        deliveries: As `measure` takes them.
        as_of: As `measure` takes it.
        by: As `measure` takes it.
        until_days: The last age; None: as far as there is a delivery at risk in any group.

    Returns:
        One row per group and day of age, sorted: the `by` columns; `age_days` (Int64, from 1: after so many days); `won`, `lost`, `open`
        (shares that add up to 1); `at_risk` (Int64, deliveries whose next day could be watched). A group's rows end where
        nobody is at risk any more.

    Source: Aalen, Johansen 1978, Scandinavian J. of Statistics 5(3), 141-150.
    """
    histograms = count_histograms(take_snapshot(deliveries, as_of=as_of, by=by))
    matrices = make_matrices(histograms)
    risk, won, lost, still = aalen_johansen(matrices)
    last = matrices.days if until_days is None else min(until_days, matrices.days)
    segment, day = np.nonzero(risk[:, :last] > 0)
    frame = pl.DataFrame(
        {
            "segment": pl.Series(segment, dtype=pl.UInt32),
            "age_days": pl.Series(day + 1, dtype=pl.Int64),
            "won": won[segment, day],
            "lost": lost[segment, day],
            "open": still[segment, day],
            "at_risk": pl.Series(risk[segment, day], dtype=pl.Int64),
        }
    )
    joined = frame.join(histograms.segments, on="segment", how="left", maintain_order="left")
    return joined.select(*histograms.by, pl.exclude("segment", *histograms.by))


def aalen_johansen(matrices: Matrices) -> tuple[Floats, Floats, Floats, Floats]:
    """Give deliveries at risk on each day of age, and the shares won, lost and open after it, shape (groups, days)."""
    exits = matrices.won + matrices.lost
    later = np.cumsum(matrices.open[:, ::-1], axis=1)[:, ::-1] - matrices.open
    risk = later + np.cumsum(exits[:, ::-1], axis=1)[:, ::-1]
    at_least_one = np.maximum(risk, 1)
    still = np.cumprod(1 - exits / at_least_one, axis=1).astype(np.float64)
    before = np.concatenate([np.ones((matrices.groups, 1)), still[:, :-1]], axis=1)
    won = np.cumsum(before * matrices.won / at_least_one, axis=1)
    lost = np.cumsum(before * matrices.lost / at_least_one, axis=1)
    return risk, won, lost, still

"""Comparison: two groups side by side, with the chance that the first is better, by draws of both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import UsageError
from payper.measurement.cure import RatePrior
from payper.measurement.estimates import Estimates, estimate
from payper.measurement.gammas import draw_sums
from payper.measurement.histograms import count_histograms
from payper.measurement.lags import LagPrior
from payper.measurement.snapshot import take_snapshot

Floats = NDArray[np.float64]

MEASURES = ("win_rate", "revenue_per_delivery", "roi", "revenue_per_1000_spent", "cac")
"""What is compared; a lower cost per win is better, of all others a higher value."""
_DRAWS = 20_000


def compare_groups(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    by: str | Sequence[str],
    first: object,
    second: object,
    horizon_days: int = 180,
    margin: float = 1.0,
    spending: pl.DataFrame | None = None,
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    seed: int = 0,
) -> pl.DataFrame:
    """Compare two groups of deliveries within a horizon.

    Args:
        deliveries: As `measure` takes them.
        as_of: As `measure` takes it.
        by: One or more columns that make the groups.
        first: The value of `by`, or one value per column of `by`, that is the first group.
        second: The second group likewise.
        horizon_days: As `measure` takes it.
        margin: As `measure` takes it.
        spending: As `measure` takes it.
        prior: As `measure` takes it.
        rate_prior: As `measure` takes it.
        seed: Of the draws.

    Returns:
        One row per measure of `MEASURES`: `measure`; `first`, `second` (the estimates of `measure`); `difference` (first less second) and
        `ratio` (first over second), each before the bounds of its 95 % interval, `_lo` and `_hi`; `first_better`, the chance that the
        first group is better. Null says that it cannot be known, or has no bound. Intervals take both groups' uncertainty together, so
        they can tell groups apart whose own intervals overlap. A chance is not a test of significance, and looking every week finds
        something sooner or later.

    Raises:
        UsageError: A group has no delivery by then.

    Source: Fay, Feuer 1997, Statistics in Medicine 16, 791-801: draws are half of either gamma of each estimate.
    """
    by = (by,) if isinstance(by, str) else tuple(by)
    snapshot = take_snapshot(deliveries, as_of=as_of, by=by, spending=spending)
    found = estimate(count_histograms(snapshot), horizon_days=horizon_days, margin=margin, prior=prior, rate_prior=rate_prior, seed=seed)
    places = [_find(found, by, value) for value in (first, second)]
    sides = [_values(found, place, np.random.default_rng([seed, 2 + side])) for side, place in enumerate(places)]
    rows = [_row(name, sides[0][name], sides[1][name]) for name in MEASURES]
    return pl.DataFrame(rows, schema={name: pl.String if name == "measure" else pl.Float64 for name in _COLUMNS}, orient="row")


_COLUMNS = (
    "measure", "first", "second", "difference", "difference_lo", "difference_hi", "ratio", "ratio_lo", "ratio_hi", "first_better",
)  # fmt: skip


def _find(found: Estimates, by: tuple[str, ...], value: object) -> int:
    """Give the number of a group."""
    values = tuple(value) if len(by) > 1 and isinstance(value, tuple | list) else (value,)
    rows = found.histograms.segments.select(by).rows()
    if values not in rows:
        raise UsageError(
            where="groups",
            seen=f"No delivery has {', '.join(by)} = {value!r}.",
            mend=f"Choose among {', '.join(str(row) for row in rows[:12])}.",
        )
    return rows.index(values)


def _values(found: Estimates, place: int, rng: np.random.Generator) -> dict[str, tuple[float, Floats]]:
    """Give a group's estimate and draws of each measure; NaN is unknown."""
    rate, revenue = draw_group(found, place, _DRAWS, rng)
    rate_at, revenue_at = float(found.win_rate.estimate[place]), float(found.revenue.estimate[place])
    cost = float(found.cost[place])
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "win_rate": (rate_at, rate),
            "revenue_per_delivery": (revenue_at, revenue),
            "roi": (found.margin * revenue_at / cost - 1, found.margin * revenue / cost - 1),
            "revenue_per_1000_spent": (1000 * revenue_at / cost, 1000 * revenue / cost),
            "cac": (cost / rate_at if rate_at > 0 else np.nan, cost / rate),
        }


def draw_group(found: Estimates, place: int, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw a group's win rate and revenue per delivery within the horizon; revenue is NaN where amounts cannot be added up."""
    if found.is_seen[place]:
        rate = draw_sums(found.wins_sum.only(place), count, rng)[0]
        revenue = draw_sums(found.revenue_sum.only(place), count, rng)[0]
        # Half of the draws are of either gamma, in order: two groups' draws are only independent when shuffled.
        rate, revenue = rng.permutation(rate), rng.permutation(revenue)
    else:
        chosen = rng.integers(0, found.projection.win_rate.shape[1], count)
        rate, revenue = found.projection.win_rate[place, chosen], found.projection.revenue[place, chosen]
    return rate, revenue if found.has_revenue[place] else np.full(count, np.nan)


def _row(name: str, first: tuple[float, Floats], second: tuple[float, Floats]) -> tuple[object, ...]:
    """Put one measure's row together."""
    (one, draws_one), (two, draws_two) = first, second
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = one / two if two else np.nan
        ratios = draws_one / draws_two
        differences = draws_one - draws_two
    better = np.mean(draws_one < draws_two) if name == "cac" else np.mean(draws_one > draws_two)
    is_ratio = name != "roi"
    values = [one, two, one - two, *_bounds(differences), ratio if is_ratio else np.nan]
    values += _bounds(ratios) if is_ratio else [np.nan, np.nan]
    values.append(float(better) if np.isfinite([one, two]).all() else np.nan)
    return (name, *(float(value) if np.isfinite(value) else None for value in values))


def _bounds(draws: Floats) -> list[float]:
    """Give the central 95 %; NaN where there is no bound."""
    if np.isnan(draws).any():
        return [np.nan, np.nan]
    low, high = np.quantile(draws, [0.025, 0.975], method="nearest")
    return [float(low), float(high)]

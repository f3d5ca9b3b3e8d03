"""Measure: what deliveries brought within a horizon, what they cost, and how far that can be trusted, while deals are still open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import UsageError
from payper.measurement.cure import RatePrior
from payper.measurement.estimates import Estimates, Interval, estimate, find_worth, summarise_draws, summarise_ultimate
from payper.measurement.guarding import find_guards
from payper.measurement.histograms import Histograms, count_histograms, take_segments
from payper.measurement.lags import LagPrior
from payper.measurement.payback import find_payback
from payper.measurement.snapshot import take_snapshot

Floats = NDArray[np.float64]

_THOUSAND = 1000.0
_TOGETHER = 200
"""Groups measured at once, so that any number of them fits into memory."""


def measure(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    horizon_days: int = 180,
    by: str | Sequence[str] = (),
    margin: float = 1.0,
    spending: pl.DataFrame | None = None,
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    widen: float = 1.0,
    seed: int = 0,
) -> pl.DataFrame:
    """Measure deliveries by group as they stood at a moment, allowing for deals that are still open.

    The clock is the UTC date: the day of delivery is day 0, so a horizon of 180 days covers days 0 to 179. What is dated after `as_of`
    has not happened, and a delivery after it does not exist, whether or not it is in the frame.

    Args:
        deliveries: One row per delivery. `delivered_at`, `won_at`, and where there are any `lost_at`: Date, Datetime (without a zone: UTC)
            or ISO 8601 text; null says not (yet), and a date is its midnight. `amount`: what a won deal brings; `cost`: what the
            delivery cost, net of credits; any number in the same unit of money, null says unknown. The `by` columns. Optional:
            `currency` (of the amount); `amount_at_win` and `amount_changed_at` (the amount before a change, and when it changed);
            `won_recorded_at` (when the win was written down).
        as_of: A date: all of that UTC day has happened. A datetime: that instant has; without a zone it is UTC. Wins of a day that is not
            over are in `wins_seen` and in no estimate yet.
        horizon_days: Rates are per delivery within so many days after delivery, 1 to 3,650.
        by: Columns that make the groups; null is a group of its own. Without any, all deliveries are one group.
        margin: What is left of a unit of revenue before the cost of acquiring it.
        spending: Costs with a date of their own, such as calls and meetings: the `by` columns, `delivered_at` of the delivery, `spent_at`
            and `cost`. They count within the horizon, per delivery exposed, as revenue does.
        prior: What is believed of lags before any win; None for the documented one (median 60 days, 90 % of companies 12 to 300).
        rate_prior: What is believed of the share won in the end; None for the documented one (typically 5 %,
            90 % of programmes 0.3 to 46 %).
        widen: How many times as wide the intervals are drawn: the factor of `check_track_record`.
        seed: Of the draws behind `roi` of projections, ultimate revenue and `wins_expected`.

    Returns:
        One row per group, sorted by the `by` columns, nulls last; null says that it cannot be known. Each estimate stands before the
        bounds of its 95 % interval, `_lo` and `_hi`. `deliveries` and `wins_seen` (Int64); `visible_share` of eventual wins that can be
        seen by now; `win_rate`, `revenue_per_delivery`, `roi` = margin * revenue / cost - 1, `cac` = cost per win, all within the
        horizon; `ultimate_win_rate`; `method`: `exposure` where the horizon has been seen (the oldest delivery and nineteen more are as
        old), else `projection`; `flags`: codes of `Guard`. Then `cost_per_delivery`, `revenue_per_1000_spent`, `payback_days` (age by
        which margin * revenue covers the cost; null where that was not seen within the horizon), `wins_expected` (within the horizon, of
        the deliveries so far, with the chance of their number), `ultimate_revenue_per_delivery`, `projected_win_rate` (of the cure model,
        whatever the method), `dispersion` (1: weeks vary as by chance), `age_days_largest` (Int64).

    Raises:
        DeliveryError: A column is missing, or holds what is no date or no number.
        UsageError: `as_of`, `by`, `horizon_days` or `margin` makes no sense.

    Source: docs/measuring.md tells the methods; `exposure`, `gammas`, `cure` and `amounts` name the papers.
    """
    histograms = count_histograms(take_snapshot(deliveries, as_of=as_of, by=by, spending=spending))
    return measure_histograms(
        histograms, horizon_days=horizon_days, margin=margin, prior=prior, rate_prior=rate_prior, widen=widen, seed=seed
    )


def measure_histograms(
    histograms: Histograms,
    *,
    horizon_days: int = 180,
    margin: float = 1.0,
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    widen: float = 1.0,
    seed: int = 0,
) -> pl.DataFrame:
    """Measure from histograms that were counted, and perhaps added up, before; the result is that of `measure`."""
    _check(horizon_days, margin, widen)
    worth = find_worth(histograms)
    frames = []
    for first in range(0, max(histograms.segments.height, 1), _TOGETHER):
        found = estimate(
            take_segments(histograms, first, _TOGETHER),
            horizon_days=horizon_days,
            margin=margin,
            prior=prior,
            rate_prior=rate_prior,
            seed=seed,
            worth=worth.part(slice(first, first + _TOGETHER)),
        )
        frames.append(tabulate(found, widen=widen))
    return pl.concat(frames)


def _check(horizon_days: int, margin: float, widen: float) -> None:
    if not isinstance(horizon_days, int) or isinstance(horizon_days, bool) or not 1 <= horizon_days <= 3650:
        raise UsageError(where="horizon_days", seen=f"{horizon_days!r} is no number of days from 1 to 3650.", mend="Write 180.")
    if not 0 <= margin < float("inf"):
        raise UsageError(where="margin", seen=f"{margin!r} is no share of revenue.", mend="Write 0.8 where 80 % of revenue is left.")
    if not 1 <= widen < float("inf"):
        raise UsageError(where="widen", seen=f"{widen!r} would not widen anything.", mend="Write 1 or more.")


def tabulate(found: Estimates, *, widen: float = 1.0) -> pl.DataFrame:
    """Put estimates into the frame that `measure` gives."""
    matrices, projection, cost = found.matrices, found.projection, found.cost
    delivered = matrices.deliveries.sum(axis=1)
    some = delivered > 0
    rate, revenue = found.win_rate.widen(widen, most=1.0), found.revenue.widen(widen)
    columns: dict[str, Floats | pl.Series] = {
        "deliveries": _whole(delivered),
        "wins_seen": _whole(matrices.wins_seen),
        "visible_share": np.where(some, projection.visible.mean(axis=1), np.nan),
        **_named("win_rate", rate),
        **_named("revenue_per_delivery", revenue),
        **_named("roi", Interval(*(found.margin * part / cost - 1 for part in revenue.parts))),
        **_named("cac", _inverted(rate, cost)),
        **_named("ultimate_win_rate", summarise_ultimate(projection).only(some).widen(widen, most=1.0)),
        "method": pl.Series([_method(*each) for each in zip(some, found.is_seen, strict=True)], dtype=pl.String),
        "flags": pl.Series([[guard.name for guard in guards] for guards in find_guards(found)], dtype=pl.List(pl.String)),
        "cost_per_delivery": cost,
        **_named("revenue_per_1000_spent", revenue.times(_THOUSAND / cost)),
        **_named("wins_expected", _expected_wins(found, widen).only(some)),
        **_named("payback_days", find_payback(found)),
        **_named("ultimate_revenue_per_delivery", summarise_draws(projection.ultimate_revenue).only(some & found.has_revenue).widen(widen)),
        **_named("projected_win_rate", summarise_draws(projection.win_rate).only(some).widen(widen, most=1.0)),
        "dispersion": np.where(some, found.dispersion.raw, np.nan),
        "age_days_largest": _whole(matrices.age_largest.astype(np.float64)),
    }
    frame = found.histograms.segments.drop("segment") if found.histograms.by else pl.DataFrame()
    made = pl.DataFrame({name: _series(name, values) for name, values in columns.items()})
    return pl.concat([frame, made], how="horizontal") if found.histograms.by else made


def _expected_wins(found: Estimates, widen: float) -> Interval:
    """Give the wins that the deliveries so far will have had within the horizon: never fewer than they have."""
    seen = found.matrices.won[:, : found.horizon_days].sum(axis=1)
    expected = summarise_draws(found.projection.wins).widen(widen)
    return Interval(*(np.maximum(part, seen) for part in expected.parts))


def _method(has_deliveries: bool, is_seen: bool) -> str:  # noqa: FBT001  # a row of two arrays
    if not has_deliveries:
        return "none"
    return "exposure" if is_seen else "projection"


def _inverted(rate: Interval, cost: Floats) -> Interval:
    """Give cost per win: the interval of wins per cost turned over. No bound where wins may be none at all."""
    with np.errstate(divide="ignore"):
        return Interval(
            *(np.where(part > 0, cost / np.where(part > 0, part, 1.0), np.nan) for part in (rate.estimate, rate.high, rate.low))
        )


def _named(name: str, interval: Interval) -> dict[str, Floats]:
    return {name: interval.estimate, f"{name}_lo": interval.low, f"{name}_hi": interval.high}


def _whole(values: Floats) -> pl.Series:
    return pl.Series(values).cast(pl.Int64)


def _series(name: str, values: Floats | pl.Series) -> pl.Series:
    """Give a column; what is unknown is null, never NaN."""
    if isinstance(values, pl.Series):
        return values.alias(name)
    return pl.Series(name, np.where(np.isfinite(values), values, np.nan)).fill_nan(None)

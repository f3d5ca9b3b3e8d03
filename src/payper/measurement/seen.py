"""Seen: what deliveries have brought so far, as plain counts that allow for nothing that is still open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from payper.errors import UsageError
from payper.measurement.snapshot import MONEY_STEPS, take_snapshot

_Z = 1.959963984540054
"""Of a 95 % interval."""


def count_seen(
    deliveries: pl.DataFrame, *, as_of: date | datetime | str, by: str | Sequence[str] = (), horizon_days: int | None = None
) -> pl.DataFrame:
    """Count what was won by a moment, however young the deliveries are.

    This is what a spreadsheet shows: right as a count, too low as a forecast. `measure` says what is to come.

    Args:
        deliveries: As `measure` takes them.
        as_of: As `measure` takes it.
        by: As `measure` takes it.
        horizon_days: Count only wins within so many days after delivery; None: all.

    Returns:
        One row per group, sorted by the `by` columns: `deliveries`, `wins` (Int64); `win_share`, wins by deliveries, before the bounds of
        its Wilson interval, `win_share_lo` and `win_share_hi`, which covers chance and not youth; `median_days` of wins from delivery, by
        UTC dates; `revenue` and `cost` (sums; null where nothing is known).

    Source: Wilson 1927, J. American Statistical Association 22(158), 209-212.
    """
    if horizon_days is not None and horizon_days < 1:
        raise UsageError(where="horizon_days", seen=f"{horizon_days} is no number of days.", mend="Write 90, or leave it out.")
    snapshot = take_snapshot(deliveries, as_of=as_of, by=by)
    # A win of a day that is not over has no lag yet; it is as old as its delivery.
    lag = pl.col("won_lag").fill_null(pl.col("age_days"))
    is_won = pl.col("is_won") if horizon_days is None else pl.col("is_won") & (lag < horizon_days)
    share, count = pl.col("wins") / pl.col("deliveries"), pl.col("deliveries")
    centre, reach = share + _Z**2 / 2 / count, _Z * (share * (1 - share) / count + _Z**2 / 4 / count**2).sqrt()
    money = pl.col("amount").filter(is_won)
    counted = snapshot.frame.group_by(snapshot.by or pl.lit(0).alias("_all")).agg(
        deliveries=pl.len().cast(pl.Int64),
        wins=is_won.sum().cast(pl.Int64),
        median_days=lag.filter(is_won).cast(pl.Float64).median(),
        revenue=_sum_or_null(money, is_none=(money.count() == 0) & is_won.any()),
        cost=_sum_or_null(pl.col("cost"), is_none=pl.col("cost").count() == 0),
    )
    return counted.sort(snapshot.by, nulls_last=True).select(
        *snapshot.by,
        "deliveries",
        "wins",
        share.alias("win_share"),
        ((centre - reach) / (1 + _Z**2 / count)).clip(lower_bound=0).alias("win_share_lo"),
        ((centre + reach) / (1 + _Z**2 / count)).clip(upper_bound=1).alias("win_share_hi"),
        "median_days",
        "revenue",
        "cost",
    )


def _sum_or_null(money: pl.Expr, *, is_none: pl.Expr) -> pl.Expr:
    """Add money up; nothing known is null, and no wins at all bring 0."""
    return pl.when(~is_none).then(money.cast(pl.Int128).sum().cast(pl.Float64) / MONEY_STEPS)

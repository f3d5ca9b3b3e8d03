"""Acceptance by week, each share with the interval that its number of deliveries allows."""

from __future__ import annotations

import polars as pl

SCHEMA: dict[str, type[pl.DataType]] = {
    "week": pl.Date,
    "delivered": pl.Int64,
    "accepted": pl.Int64,
    "rejected": pl.Int64,
    "mendable": pl.Int64,
    "waiting": pl.Int64,
    "share": pl.Float64,
    "share_lo": pl.Float64,
    "share_hi": pl.Float64,
}


def weekly_acceptance(days: pl.DataFrame) -> pl.DataFrame:
    """Count deliveries by the week of their local day, weeks from Monday.

    Args:
        days: `day` (Date), `verdict` (String), `mendable` (Boolean: rejected, and mending can help), `deliveries` (a count).

    Returns:
        `SCHEMA`, one row per week with deliveries, oldest first. `waiting` are in review or quarantine; `share` is accepted over delivered,
        with its 95 % interval.

    Source: Brown, Cai, DasGupta 2001, Statist. Sci. 16(2), 101-133 (Jeffreys interval).
    """
    from scipy.special import betaincinv

    def number(test: pl.Expr, name: str) -> pl.Expr:
        return pl.col("deliveries").filter(test).sum().cast(pl.Int64).alias(name)

    verdict = pl.col("verdict")
    counted = (
        days.filter(pl.col("day").is_not_null())
        .group_by(pl.col("day").dt.truncate("1w").alias("week"))
        .agg(
            pl.col("deliveries").sum().cast(pl.Int64).alias("delivered"),
            number(verdict == "accepted", "accepted"),
            number(verdict == "rejected", "rejected"),
            number(pl.col("mendable"), "mendable"),
            number(verdict.is_in(["review", "quarantined"]), "waiting"),
        )
        .sort("week")
    )
    good, all_ = counted["accepted"].to_numpy().astype(float), counted["delivered"].to_numpy().astype(float)
    low, high = (betaincinv(good + 0.5, all_ - good + 0.5, level) for level in (0.025, 0.975))
    return counted.with_columns(
        (pl.col("accepted") / pl.col("delivered")).alias("share"),
        # At the ends the interval begins where the count does.
        pl.when(pl.col("accepted") == 0).then(0.0).otherwise(pl.Series(low, dtype=pl.Float64)).alias("share_lo"),
        pl.when(pl.col("accepted") == pl.col("delivered")).then(1.0).otherwise(pl.Series(high, dtype=pl.Float64)).alias("share_hi"),
    ).select(list(SCHEMA))

"""Rank providers by what their deliveries win, though some joined yesterday and most deals are still open."""

from __future__ import annotations

import numpy as np
import polars as pl

from payper.errors import UsageError
from payper.measurement.lags import LagPrior
from payper.measurement.providers.censored import AGES_MOST, LAG_DRAWS, Evidence, WinDraws, draw_wins
from payper.measurement.providers.places import LEVEL, PLACES, place_columns
from payper.measurement.providers.rank import DRAWS, FEWEST, RANK_SCHEMA

WIN_FLAGS = {
    "ROWS_IMPOSSIBLE": "rows of this provider were left out: no age, a win later than the age, or a count below 1",
    "FEW_DELIVERIES": "fewer than 8 deliveries (or what `fewest` says): a rate with its interval, but no rank",
    "IMMATURE": "less than half of the eventual wins can be seen by now",
    "EXTRAPOLATED": "no delivery of this provider is as old as the horizon; the lags of the others tell the rest",
    "ONE_PROVIDER": "nobody to compare with",
}
"""What each flag of `rank_wins` means."""

WINS_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "provider": pl.String,
    "deliveries": pl.Int64,
    "wins_seen": pl.Int64,
    "visible_share": pl.Float64,
    "rate": pl.Float64,
    "rate_lo": pl.Float64,
    "rate_hi": pl.Float64,
    "ultimate_rate": pl.Float64,
    "ultimate_rate_lo": pl.Float64,
    "ultimate_rate_hi": pl.Float64,
    **{name: RANK_SCHEMA[name] for name in PLACES},
    "horizon_days": pl.Float64,
    "flags": pl.List(pl.String),
}


def rank_wins(
    deliveries: pl.DataFrame,
    *,
    horizon_days: float = 180,
    prior: LagPrior | None = None,
    level: float = LEVEL,
    fewest: int = FEWEST,
    draws: int = DRAWS,
    lag_draws: int = LAG_DRAWS,
    seed: int = 0,
) -> pl.DataFrame:
    """Estimate each provider's win rate within the horizon, allowing for deals still open, and rank by it.

    Args:
        deliveries: `provider`; `age_days` (days from delivery to the day looked at; a delivery of age a has seen lags below a);
            `won_after_days` (days from delivery to win; null: not won); optional `count` (deliveries like this one; 1).
        horizon_days: The rate is of wins within so many days of delivery. Ultimate rates are less certain and not ranked.
        prior: Of lags; None for a typical cycle of 60 days, 90 % of companies between 12 and 300.
        level: As in `rank`.
        fewest: As in `rank`, of deliveries.
        draws: As in `rank`.
        lag_draws: Lag laws drawn; 60 are quicker and cover about 2 points less.
        seed: As in `rank`.

    Returns:
        One row per provider as `WINS_SCHEMA`, sorted by rank, then name: `visible_share` is the share of eventual wins seen by now;
        `rate` is the posterior mean; the rest as in `rank`; `flags` as `WIN_FLAGS`. Null: not known.

    Raises:
        UsageError: A column is missing, or the horizon is not above 0.

    Source: docs/providers.md; lost deals need no treatment, they stay as not won.
    """
    missing = [name for name in ("provider", "age_days", "won_after_days") if name not in deliveries.columns]
    if missing or not horizon_days > 0:
        seen = f"The frame has no column {', '.join(missing)}." if missing else f"The horizon {horizon_days} is not above 0."
        raise UsageError(where="rank_wins", seen=seen, mend="Give provider, age_days, won_after_days, and a horizon such as 180.")
    frame, left_out = _read(deliveries)
    if not frame.height:
        return pl.DataFrame(schema=WINS_SCHEMA)
    names, evidence, oldest = _gather(frame)
    found = draw_wins(evidence, horizon_days=horizon_days, prior=prior, count=draws, lag_draws=lag_draws, seed=seed)
    return _table(names, evidence, found, oldest, left_out, horizon_days=horizon_days, level=level, fewest=fewest)


def _table(
    names: list[str],
    evidence: Evidence,
    found: WinDraws,
    oldest: list[float],
    left_out: set[str],
    *,
    horizon_days: float,
    level: float,
    fewest: int,
) -> pl.DataFrame:
    """Sum the draws up, one row per provider."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(found.within, tails, axis=0)
    ultimate_low, ultimate_high = np.quantile(found.ultimate, tails, axis=0)
    totals = evidence.everyone.sum(axis=1)
    flags = [
        [
            code
            for code, holds in (
                ("ROWS_IMPOSSIBLE", name in left_out),
                ("FEW_DELIVERIES", total < fewest),
                ("IMMATURE", visible < 0.5),
                ("EXTRAPOLATED", age < horizon_days),
                ("ONE_PROVIDER", len(names) == 1),
            )
            if holds
        ]
        for name, total, visible, age in zip(names, totals, found.visible_share, oldest, strict=True)
    ]
    same: dict[tuple[float, bytes], int] = {}
    alike = [same.setdefault((wins, ages.tobytes()), len(same)) for wins, ages in zip(evidence.wins.tolist(), evidence.open, strict=True)]
    out = {
        "provider": names,
        "deliveries": totals.astype(np.int64),
        "wins_seen": evidence.wins.astype(np.int64),
        "visible_share": found.visible_share,
        "rate": found.within.mean(axis=0),
        "rate_lo": low,
        "rate_hi": high,
        "ultimate_rate": np.median(found.ultimate, axis=0),
        "ultimate_rate_lo": ultimate_low,
        "ultimate_rate_hi": ultimate_high,
        **place_columns(found.within, np.array(alike), ranked=totals >= fewest, level=level),
        "horizon_days": [float(horizon_days)] * len(names),
        "flags": flags,
    }
    return pl.DataFrame(out, schema=WINS_SCHEMA).sort(["rank", "provider"], nulls_last=True)


def _read(deliveries: pl.DataFrame) -> tuple[pl.DataFrame, set[str]]:
    """Give the possible rows and the providers who have impossible ones."""
    age, won = pl.col("age_days"), pl.col("won_after_days")
    frame = deliveries.select(
        pl.col("provider").cast(pl.String),
        *(pl.col(name).cast(pl.Float64).fill_nan(None) for name in ("age_days", "won_after_days")),
        (pl.col("count") if "count" in deliveries.columns else pl.lit(1)).cast(pl.Float64).fill_nan(None).alias("count"),
    ).filter(pl.col("provider").is_not_null())
    is_possible = (age.is_finite() & (age >= 0) & (pl.col("count") >= 1)).fill_null(value=False) & (
        won.is_null() | (won.is_finite() & (won >= 0) & (won.floor() <= age)).fill_null(value=False)
    )
    return frame.filter(is_possible), set(frame.filter(~is_possible)["provider"].to_list())


def _gather(frame: pl.DataFrame) -> tuple[list[str], Evidence, list[float]]:
    """Make the histograms; providers are in an order of evidence first, so that names do not matter."""
    width = max(1.0, float(np.ceil((frame["age_days"].max() or 0) / AGES_MOST)))  # type: ignore[operator, arg-type] # a Float64 column
    frame = frame.with_columns(bin=(pl.col("age_days") / width).floor().cast(pl.Int64), is_won=pl.col("won_after_days").is_not_null())
    weighted = pl.col("count") * pl.col("is_won")
    per = frame.group_by("provider").agg(
        wins=weighted.sum(), total=pl.col("count").sum(), ages=(pl.col("count") * pl.col("age_days")).sum(), oldest=pl.col("age_days").max()
    )
    per = per.sort("wins", "total", "ages", "oldest", "provider").with_row_index("row")
    bins = (
        frame.group_by("bin").agg(age=(pl.col("count") * pl.col("age_days")).sum() / pl.col("count").sum()).sort("bin").with_row_index("at")
    )
    cells = frame.join(per.select("provider", "row"), on="provider").join(bins.select("bin", "at"), on="bin")
    sums = cells.group_by("row", "at").agg(everyone=pl.col("count").sum(), open=(pl.col("count") * ~pl.col("is_won")).sum())
    everyone, still_open = np.zeros((per.height, bins.height)), np.zeros((per.height, bins.height))
    everyone[sums["row"], sums["at"]] = sums["everyone"]
    still_open[sums["row"], sums["at"]] = sums["open"]
    lags = frame.filter("is_won").group_by(pl.col("won_after_days").floor()).agg(pl.col("count").sum()).sort("won_after_days")
    evidence = Evidence(
        wins=per["wins"].to_numpy(),
        open=still_open,
        everyone=everyone,
        ages_days=bins["age"].to_numpy(),
        lags_days=lags["won_after_days"].to_numpy(),
        lag_wins=lags["count"].to_numpy(),
    )
    return per["provider"].to_list(), evidence, per["oldest"].to_list()

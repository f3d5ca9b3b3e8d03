"""Whether the order of two touches matters: lead before appointment, and appointment before lead, apart."""

from __future__ import annotations

import numpy as np
import polars as pl

from payper.measurement.attribution.paths import read_paths

FEWEST_PER_ORDER = 30
"""Orders with fewer companies are not told apart."""

ORDERS_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "first": pl.String,
    "then": pl.String,
    "companies": pl.Float64,
    "wins": pl.Float64,
    "win_rate": pl.Float64,
    "win_rate_lo": pl.Float64,
    "win_rate_hi": pl.Float64,
    "difference": pl.Float64,
    "difference_lo": pl.Float64,
    "difference_hi": pl.Float64,
    "value_per_company": pl.Float64,
    "look_back_days": pl.Float64,
    "flags": pl.List(pl.String),
}


def compare_orders(
    paths: pl.DataFrame,
    *,
    level: float = 0.95,
    draws: int = 4000,
    seed: int = 0,
    converted_is: str = "auto",
    separator: str | None = None,
    look_back_days: float | None = None,
    fewest: int = FEWEST_PER_ORDER,
) -> pl.DataFrame:
    """Compare companies that had exactly the same two touches in one order and in the other.

    Args:
        paths: As in `attribute`; a touch counts where it first stands.
        level: Of intervals.
        draws: Posterior draws behind them.
        seed: Of the draws.
        converted_is: As in `attribute`.
        separator: As in `attribute`.
        look_back_days: As in `attribute`.
        fewest: Companies both orders must have before rates are given.

    Returns:
        One row per order seen, as `ORDERS_SCHEMA`, by names: companies and wins; if both orders have `fewest` companies, the win rate
        (Jeffreys interval), the difference to the other order's rate and value per company; else nulls and the flag FEW_COMPANIES. It is
        an association: what made one come first may itself matter.

    Source: Brown, Cai, DasGupta 2001, Statist. Sci. 16:101-133 (Jeffreys interval).
    """
    rows = read_paths(paths, converted_is=converted_is, separator=separator, look_back_days=look_back_days).rows
    pairs = rows.with_columns(touches=pl.col("touches").list.unique(maintain_order=True)).filter(pl.col("touches").list.len() == 2)
    pairs = pairs.group_by(first=pl.col("touches").list.get(0), then=pl.col("touches").list.get(1)).agg(
        pl.col("companies", "wins", "value").sum()
    )
    pairs = pairs.sort("first", "then")
    rng = np.random.default_rng(seed)
    first, second = pairs["wins"].to_numpy() + 0.5, (pairs["companies"] - pairs["wins"]).to_numpy() + 0.5
    drawn = rng.beta(first, second, size=(draws, pairs.height))
    at = {(one, two): index for index, (one, two) in enumerate(pairs.select("first", "then").iter_rows())}
    tails = [(1 - level) / 2, (1 + level) / 2]
    out = []
    for index, row in enumerate(pairs.iter_rows(named=True)):
        other = at.get((row["then"], row["first"]))
        entry = {name: row[name] for name in ("first", "then", "companies", "wins")} | {"look_back_days": look_back_days}
        if other is None or min(row["companies"], pairs["companies"][other]) < fewest:
            out.append({**entry, "flags": ["FEW_COMPANIES"]})
            continue
        low, high = np.quantile(drawn[:, index], tails)
        apart = np.quantile(drawn[:, index] - drawn[:, other], tails)
        rate = row["wins"] / row["companies"]
        out.append(
            entry
            | {"win_rate": rate, "win_rate_lo": min(low, rate), "win_rate_hi": max(high, rate)}
            | {"difference": rate - pairs["wins"][other] / pairs["companies"][other], "difference_lo": apart[0], "difference_hi": apart[1]}
            | {"value_per_company": row["value"] / row["companies"] if "value" in paths.columns else None, "flags": []}
        )
    return pl.DataFrame(out, schema=ORDERS_SCHEMA)

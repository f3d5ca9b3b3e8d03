"""Segment rates: what can be said when wins are too few for a score.

Each segment's rate is drawn towards that of all by as much as the segments differ, and how much they differ is itself averaged over, not
guessed once: with a dozen segments of sixty deliveries a single guess is often "not at all", and then intervals hold the truth in two
of three cases where they claim nineteen of twenty.

Source: `providers.posterior`.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.providers.posterior import integrate
from payper.measurement.scoring.encoding import read_texts
from payper.measurement.scoring.model import rate_nothing

Floats = NDArray[np.float64]

LEVELS_SHOWN_MAX = 50
DRAWS = 4_000


def rate_segments(features: pl.DataFrame, columns: list[str], *, won: NDArray[np.bool_], weight: Floats, seed: int) -> pl.DataFrame:
    """Give the shrunken rate of each value of some columns.

    Args:
        features: The deliveries.
        columns: Text columns, each of whose values is a segment; the most frequent `LEVELS_SHOWN_MAX` of each are shown.
        won: What became of the deliveries.
        weight: Of each; those of weight 0 are not counted.
        seed: Of the draws behind the intervals.

    Returns:
        `column, value` (null: missing), `deliveries` and `wins` (as seen among those counted), `rate`, and the 95 % interval `rate_lo,
        rate_hi`; first one row for all deliveries, whose column and value are null. Empty when none is counted.
    """
    counted = weight > 0
    heavy, hits = weight[counted], won[counted]
    schema = rate_nothing().schema
    if not counted.any():
        return rate_nothing()
    rate = float((heavy * hits).sum() / heavy.sum())
    effective = float(heavy.sum() ** 2 / (heavy**2).sum())
    parts = [_rows(None, [None], np.array([hits.size]), np.array([hits.sum()]), *_own_interval(rate, effective))]
    for name in columns:
        values = read_texts(features[name]).filter(pl.Series(counted))
        counts = (
            pl.DataFrame({"value": values, "won": hits, "weight": heavy, "hit": heavy * hits})
            .group_by("value")
            .agg(
                pl.len().alias("many"),
                pl.col("won").sum(),
                pl.col("weight").sum(),
                pl.col("hit").sum(),
                (pl.col("weight") ** 2).sum().alias("square"),
            )
            .sort(["many", "value"], descending=[True, False])
            .head(LEVELS_SHOWN_MAX)
        )
        trials = (counts["weight"] ** 2 / counts["square"]).to_numpy()
        rates = (counts["hit"] / counts["weight"]).to_numpy()
        parts.append(
            _rows(
                name,
                counts["value"].to_list(),
                counts["many"].to_numpy(),
                counts["won"].to_numpy(),
                *shrink_rates(rates * trials, trials, seed=seed),
            )
        )
    return pl.concat(parts).cast(dict(schema))  # type: ignore[arg-type]  # a mapping of names to types


def _rows(
    column: str | None, values: list[str | None], many: NDArray[np.int64], wins: NDArray[np.int64], rate: Floats, low: Floats, high: Floats
) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "column": pl.Series([column] * len(values), dtype=pl.String),
            "value": pl.Series(values, dtype=pl.String),
            "deliveries": many.astype(np.int64),
            "wins": wins.astype(np.int64),
            "rate": rate,
            "rate_lo": low,
            "rate_hi": high,
        }
    )


def _own_interval(rate: float, trials: float) -> tuple[Floats, Floats, Floats]:
    """Give a rate with Jeffreys' interval."""
    from scipy.special import betaincinv

    low, high = betaincinv(rate * trials + 0.5, (1 - rate) * trials + 0.5, [0.025, 0.975])
    return np.array([rate]), np.array([low if rate > 0 else 0.0]), np.array([high if rate < 1 else 1.0])


def shrink_rates(wins: Floats, trials: Floats, *, seed: int) -> tuple[Floats, Floats, Floats]:
    """Give posterior means and 95 % intervals of the rates of segments, as providers' rates are estimated (`providers.posterior`).

    Args:
        wins: Per segment; need not be whole.
        trials: Likewise.
        seed: Of the draws behind the intervals.
    """
    posterior = integrate(wins, trials)
    rates = posterior.rates(wins, trials)
    low, high = np.quantile(posterior.draws(wins, trials, count=DRAWS, seed=seed), [0.025, 0.975], axis=0)
    return rates, np.minimum(low, rates), np.maximum(high, rates)

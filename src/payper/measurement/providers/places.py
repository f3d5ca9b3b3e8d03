"""From draws of rates to places: expected ranks, rank intervals, who may be first, and who cannot be told apart.

Source: Lin, Louis, Paddock, Ridgeway 2006, Bayesian Analysis 1:915-946 (posterior expected ranks minimise squared rank error).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.providers.posterior import Floats

Marks = NDArray[np.int64]
"""The same number for providers with the same evidence; they get the same figures, so that chance never parts them."""

LEVEL = 0.95
"""What intervals hold, and how sure payper must be before it says that two providers differ."""

PLACES: dict[str, type[pl.DataType]] = {
    "expected_rank": pl.Float64,
    "rank": pl.Int64,
    "rank_lo": pl.Int64,
    "rank_hi": pl.Int64,
    "p_first": pl.Float64,
    "p_top3": pl.Float64,
    "group": pl.Int64,
}
"""Columns of places: mean rank over the draws (1 has the highest rate); 1, 2, … by it, equals share the smaller number; the interval of
the rank; probability to be first, or among the first three; groups, whose members cannot be told apart from the best placed of theirs."""


def find_places(draws: Floats, alike: Marks, *, ranked: NDArray[np.bool_], level: float = LEVEL) -> pl.DataFrame:
    """Rank every draw and sum up: `PLACES`, a row per provider, null for those who are not in the competition.

    Args:
        draws: Rates, shape (draws, providers).
        alike: Per provider.
        ranked: Who is in the competition.
        level: Of rank intervals, and of "can be told apart".
    """
    at = np.flatnonzero(ranked)
    everybody = pl.DataFrame({"at": np.arange(ranked.size)})
    if not at.size:
        return everybody.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in PLACES.items()).select(list(PLACES))
    placed = _place(draws[:, at], alike[at], level).with_columns(at=at)
    return everybody.join(placed, on="at", how="left", maintain_order="left").select(pl.col(name).cast(PLACES[name]) for name in PLACES)


def _place(draws: Floats, alike: Marks, level: float) -> pl.DataFrame:
    count, providers = draws.shape
    order = np.argsort(-draws, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(providers), (count, providers)), axis=1)
    cell = np.arange(providers) * providers + ranks
    share = _pooled(np.bincount(cell.ravel(), minlength=providers**2).reshape(providers, providers) / count, alike)
    cumulated = np.cumsum(share, axis=1).clip(max=1.0)
    tail = (1 - level) / 2
    # Rounded, so that equal evidence is equal to the last digit.
    expected = np.round(share @ np.arange(1, providers + 1), 12)
    columns = (
        expected,
        (expected[None, :] < expected[:, None]).sum(axis=1) + 1,
        # The interval holds at least the level; the small number forgives rounding of sums.
        (cumulated > tail + 1e-12).argmax(axis=1) + 1,
        (cumulated >= 1 - tail - 1e-12).argmax(axis=1) + 1,
        share[:, 0],
        cumulated[:, min(2, providers - 1)],
        _group(draws, expected, level),
    )
    return pl.DataFrame(dict(zip(PLACES, columns, strict=True)))


def _pooled(values: Floats, alike: Marks) -> Floats:
    """Average rows with the same mark."""
    _, mark, times = np.unique(alike, return_inverse=True, return_counts=True)
    sums = np.zeros((times.size, values.shape[1]))
    np.add.at(sums, mark, values)
    return np.asarray((sums / times[:, None])[mark], dtype=np.float64)


def _group(draws: Floats, expected: Floats, level: float) -> Marks:
    """Give groups: down the ranking, the first provider that is worse than its group's best with probability `level` opens the next."""
    group = np.zeros(expected.size, dtype=np.int64)
    head, number, before = -1, 0, np.nan
    for each in np.argsort(expected, kind="stable"):
        is_apart = head < 0 or (float((draws[:, head] > draws[:, each]).mean()) >= level and expected[each] != before)
        if is_apart:
            head, number = int(each), number + 1
        group[each] = number
        before = expected[each]
    return group


def find_interval(draws: Floats, alike: Marks, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Give the equal-tailed interval per provider; providers with the same evidence share their draws."""
    low, high = np.empty(draws.shape[1]), np.empty(draws.shape[1])
    for mark in np.unique(alike):
        low[alike == mark], high[alike == mark] = np.quantile(draws[:, alike == mark], [(1 - level) / 2, (1 + level) / 2])
    return low, high


def mark_alike(evidence: Floats) -> Marks:
    """Give equal rows of evidence the same mark; a row per provider."""
    return np.unique(evidence, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def list_flags(**holds: bool) -> list[str]:
    """List the codes that hold, in the order given."""
    return [code for code, it_holds in holds.items() if it_holds]

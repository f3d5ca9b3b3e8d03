"""Pooled two-by-two tables: one odds ratio and one difference of rates from many strata, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from payper.errors import DeliveryError

Numbers = np.ndarray[Any, np.dtype[np.float64]]

TABLE_COLUMNS: tuple[str, ...] = ("fast_reached", "fast", "slow_reached", "slow")
"""Columns of a stratum: how many of the fast reached the outcome, how many fast there are, and the same of the slow."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Fast against slow, pooled over strata; None where the tables do not give it.

    Attributes:
        odds_ratio: Mantel-Haenszel; above 1 speaks for fast.
        odds_ratio_lo: Lower end of the interval.
        odds_ratio_hi: Upper end.
        difference: Rate of fast less rate of slow within strata, as a share (0.03 is 3 points).
        difference_lo: Lower end.
        difference_hi: Upper end.
        crude_odds_ratio: Without strata, for comparison.
        crude_difference: Without strata.
        fast: Number of fast in strata that hold both; only those count.
        slow: Number of slow in such strata.
        fast_reached: How many of these fast reached the outcome.
        slow_reached: How many of these slow.
        strata: Number of strata that hold both.
        strata_left_out: Number of strata with fast or slow alone.
    """

    odds_ratio: float | None
    odds_ratio_lo: float | None
    odds_ratio_hi: float | None
    difference: float | None
    difference_lo: float | None
    difference_hi: float | None
    crude_odds_ratio: float | None
    crude_difference: float | None
    fast: int
    slow: int
    fast_reached: int
    slow_reached: int
    strata: int
    strata_left_out: int


def pool_tables(tables: pl.DataFrame, *, confidence: float = 0.95) -> Pooled:
    """Pool strata into one odds ratio (Mantel-Haenszel) and one difference of rates.

    Args:
        tables: One row per stratum with `TABLE_COLUMNS`; more columns are ignored.
        confidence: Of the intervals.

    Raises:
        DeliveryError: A column is missing, a count is null, below 0 or above its number.

    Source: Mantel and Haenszel 1959, J. Natl. Cancer Inst. 22, 719-748; variance of the log odds ratio: Robins, Breslow and Greenland
    1986, Biometrics 42, 311-323; difference and its variance: Greenland and Robins 1985, Biometrics 41, 55-68, and Sato, Greenland and
    Robins 1989, Biometrics 45, 1323-1324, which hold for few large and for many small strata alike.
    """
    a, fast, c, slow = _columns(tables)
    both = (fast > 0) & (slow > 0)
    a, fast, c, slow = a[both], fast[both], c[both], slow[both]
    z = float(ndtri(0.5 + confidence / 2))
    ratio = _odds_ratio(a, fast - a, c, slow - c, z)
    difference = _difference(a, fast, c, slow, z)
    return Pooled(
        *ratio,
        *difference,
        crude_odds_ratio=_crude(a.sum(), fast.sum(), c.sum(), slow.sum()),
        crude_difference=float(a.sum() / fast.sum() - c.sum() / slow.sum()) if both.any() else None,
        fast=int(fast.sum()),
        slow=int(slow.sum()),
        fast_reached=int(a.sum()),
        slow_reached=int(c.sum()),
        strata=int(both.sum()),
        strata_left_out=int((~both).sum()),
    )


def _columns(tables: pl.DataFrame) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    missing = [name for name in TABLE_COLUMNS if name not in tables.columns]
    if missing:
        raise DeliveryError(where="tables", seen=f"the columns {', '.join(missing)} are missing", mend=f"Give {', '.join(TABLE_COLUMNS)}.")
    bad = tables.filter(
        pl.any_horizontal(pl.col(name).is_null() | (pl.col(name) < 0) for name in TABLE_COLUMNS)
        | (pl.col("fast_reached") > pl.col("fast"))
        | (pl.col("slow_reached") > pl.col("slow"))
    )
    if bad.height:
        raise DeliveryError(
            where="tables",
            seen=f"{', '.join(f'{name} {value}' for name, value in bad.select(TABLE_COLUMNS).row(0, named=True).items())}",
            mend="Give counts of at least 0, and never more that reached the outcome than there are.",
        )
    a, fast, c, slow = (tables[name].cast(pl.Float64).to_numpy() for name in TABLE_COLUMNS)
    return a, fast, c, slow


def _odds_ratio(a: Numbers, b: Numbers, c: Numbers, d: Numbers, z: float) -> tuple[float | None, float | None, float | None]:
    """Give the pooled odds ratio and its interval; None where a side has no outcome, or nothing but outcomes."""
    total = a + b + c + d
    r, s = a * d / total, b * c / total
    if not r.sum() or not s.sum():
        return None, None, None
    p, q = (a + d) / total, (b + c) / total
    variance = (p * r).sum() / (2 * r.sum() ** 2) + (p * s + q * r).sum() / (2 * r.sum() * s.sum()) + (q * s).sum() / (2 * s.sum() ** 2)
    middle, half = np.log(r.sum() / s.sum()), z * np.sqrt(variance)
    return float(np.exp(middle)), float(np.exp(middle - half)), float(np.exp(middle + half))


def _difference(a: Numbers, fast: Numbers, c: Numbers, slow: Numbers, z: float) -> tuple[float | None, float | None, float | None]:
    """Give the pooled difference of rates and its interval; None without a stratum that holds both."""
    if not a.size:
        return None, None, None
    total = fast + slow
    weight = (fast * slow / total).sum()
    middle = ((a * slow - c * fast) / total).sum() / weight
    p = (c * (fast / total) ** 2 - a * (slow / total) ** 2 + fast * slow * (slow - fast) / (2 * total**2)).sum()
    q = (a * (slow - c) / total + c * (fast - a) / total).sum() / 2
    half = z * np.sqrt(max(middle * p + q, 0.0)) / weight
    return float(middle), float(max(middle - half, -1.0)), float(min(middle + half, 1.0))


def _crude(a: float, fast: float, c: float, slow: float) -> float | None:
    """Give the odds ratio of one table, None where a cell that divides is empty."""
    below = (fast - a) * c
    return float(a * (slow - c) / below) if below else None

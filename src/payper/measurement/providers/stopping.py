"""Stop a provider: a bound that stays true however often one looks.

An interval of fixed size is wrong far more often than it says when one looks at it every day and acts the first time it is bad. Here the
likelihood ratio of a Beta mixture against a rate p, M(p) = B(a + k, b + n - k) / (B(a, b) p^k (1 - p)^(n - k)), is a martingale if p is
true, so it ever exceeds 1/alpha with probability alpha at most; the rates it does not exceed it for are the interval at that moment.

Source: Ville 1939; Robbins 1970, Ann. Math. Stat. 41:1397-1409; Howard, Ramdas, McAuliffe, Sekhon 2021, Ann. Stat. 49:1055-1080.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from payper.errors import UsageError
from payper.measurement.providers.places import LEVEL
from payper.measurement.providers.posterior import Counts, Floats

STOP_SCHEMA: dict[str, type[pl.DataType]] = {
    "provider": pl.String,
    "good": pl.Int64,
    "checked": pl.Int64,
    "rate_lo": pl.Float64,
    "rate_hi": pl.Float64,
    "promised": pl.Float64,
    "is_below": pl.Boolean,
}


def find_broken_promises(counts: pl.DataFrame, *, promised: float, level: float = LEVEL) -> pl.DataFrame:
    """Tell which providers are below a promised rate, by a bound that may be looked at after every delivery.

    Args:
        counts: `provider`, `good`, `checked` (whole numbers, from the start of the contract on, in one check); rows of one provider are
            added up. Rows that cannot be (negative, missing, more good than checked) are left out.
        promised: The rate that the provider promised, between 0 and 1.
        level: How sure, over all looks together.

    Returns:
        `STOP_SCHEMA`, sorted by provider: `rate_lo`, `rate_hi` hold the true rate at all looks together with probability `level`;
        `is_below`: `rate_hi` is below what was promised.

    Raises:
        UsageError: A column is missing, or an argument is outside its range.
    """
    missing = [name for name in ("provider", "good", "checked") if name not in counts.columns]
    if missing or not 0 < promised < 1 or not 0.5 < level < 1:
        seen = (
            f"The frame has no column {', '.join(missing)}." if missing else f"promised {promised} or level {level} is outside its range."
        )
        raise UsageError(where="find_broken_promises", seen=seen, mend="Give provider, good, checked, and 0 < promised < 1.")
    possible = (pl.col("good") >= 0) & (pl.col("good") <= pl.col("checked")) & pl.col("provider").is_not_null()
    added = counts.filter(possible.fill_null(value=False)).group_by("provider").agg(pl.col("good", "checked").sum()).sort("provider")
    low, high = always_valid_interval(added["good"].to_numpy().astype(float), added["checked"].to_numpy().astype(float), level=level)
    told = added.with_columns(rate_lo=pl.Series(low), rate_hi=pl.Series(high), promised=pl.lit(promised))
    told = told.with_columns(is_below=pl.col("rate_hi") < pl.col("promised"))
    return told.select(pl.col(name).cast(dtype) for name, dtype in STOP_SCHEMA.items())


def always_valid_interval(good: Counts, checked: Counts, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Give the interval of each rate that holds at all looks together with probability `level`; 0 to 1 where nothing was checked.

    Args:
        good: Per provider, 0 <= good <= checked.
        checked: Per provider.
        level: Between .5 and 1. The mixture is uniform, Beta(1, 1).
    """
    from scipy.special import betaln

    bad, most = checked - good, -np.log1p(-level)
    seen = np.divide(good, checked, out=np.full(good.shape, 0.5), where=checked > 0)

    def is_outside(rate: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            fit = np.where(good > 0, good * np.log(rate), 0.0) + np.where(bad > 0, bad * np.log1p(-rate), 0.0)
        return np.asarray(betaln(1 + good, 1 + bad) - fit > most)

    ends = []
    for end in (0.0, 1.0):
        outside, inside = np.full(good.shape, end), seen.copy()
        # M is convex in the rate with its least value at the rate seen, so halving finds the one crossing on each side.
        for _ in range(60):
            middle = (outside + inside) / 2
            is_out = is_outside(middle)
            outside, inside = np.where(is_out, middle, outside), np.where(is_out, inside, middle)
        ends.append(np.where(is_outside(np.full(good.shape, end)), inside, end))
    return ends[0], ends[1]

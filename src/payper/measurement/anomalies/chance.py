"""Chance: how often counts as high as these would come about by themselves, and what is left after many looks."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betaln, gammaln

Numbers = np.ndarray[Any, np.dtype[np.float64]]

N_MAX = 10_000
"""Larger numbers checked are scaled down to this: beside a memory of at most a few hundred their own chance no longer counts."""


def log_beta_binomial(k: Numbers, n: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """Give the log chance of k of n when the rate is Beta(a, b); arrays that broadcast, k and n may be fractions.

    Source: Skellam 1948, J. R. Statist. Soc. B 10, 257-261.
    """
    chosen = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    result: Numbers = chosen + betaln(k + a, n - k + b) - betaln(a, b)
    return result


def upper_mid_p(k: Numbers, n: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """Give P(X > k) + P(X = k) / 2 for X beta-binomial: the chance of a count as high by itself, half of its own step counted.

    Args:
        k: Counts, whole, one dimension.
        n: Numbers checked, at least k; 0 gives 0.5, which says nothing.
        a: First parameters of the rate's beta distribution, above 0.
        b: Second parameters, above 0.

    Source: Lancaster 1961, J. Am. Statist. Assoc. 56, 223-234 (mid-p); the tail is summed term by term, so that small chances are exact.
    """
    k, n, a, b = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (k, n, a, b)))
    scale = np.minimum(1.0, N_MAX / np.maximum(n, 1.0))
    whole = np.floor(n * scale)
    first = np.minimum(np.floor(k * scale), whole)
    lengths = (whole - first + 1).astype(np.int64)
    if not lengths.size:
        return np.zeros(0)
    starts = np.cumsum(lengths) - lengths
    row = np.repeat(np.arange(lengths.size), lengths)
    steps = first[row] + (np.arange(row.size) - starts[row])
    terms = np.exp(log_beta_binomial(steps, whole[row], a[row], b[row]))
    result: Numbers = np.clip(np.add.reduceat(terms, starts) - 0.5 * terms[starts], 0.0, 1.0)
    return result


def simes(chances: Numbers) -> Numbers:
    """Give one chance for each row of several (last axis), all of them together by themselves; NaN stands for a test not made.

    A row without any test gives NaN.

    Source: Simes 1986, Biometrika 73, 751-754: the least of m p_(j) / j.
    """
    ordered = np.sort(chances, axis=-1)
    made = np.sum(~np.isnan(chances), axis=-1, keepdims=True)
    scaled = ordered * made / np.arange(1, chances.shape[-1] + 1)
    least = np.min(np.where(np.isnan(scaled), np.inf, scaled), axis=-1)
    result: Numbers = np.where(made[..., 0] > 0, np.minimum(least, 1.0), np.nan)
    return result


def benjamini_hochberg(chances: Numbers) -> Numbers:
    """Give each chance adjusted for all looked at (last axis): those at most q hold, on average, a share of at most q by itself.

    NaN stands for a test not made, and stays.

    Source: Benjamini and Hochberg 1995, J. R. Statist. Soc. B 57, 289-300; as adjusted chances, Yekutieli and Benjamini 1999.
    """
    order = np.argsort(chances, axis=-1)
    ordered = np.take_along_axis(chances, order, axis=-1)
    made = np.sum(~np.isnan(chances), axis=-1, keepdims=True)
    scaled = ordered * made / np.arange(1, chances.shape[-1] + 1)
    from_above = np.minimum.accumulate(np.where(np.isnan(scaled), np.inf, scaled)[..., ::-1], axis=-1)[..., ::-1]
    adjusted = np.where(np.isnan(ordered), np.nan, np.minimum(from_above, 1.0))
    result = np.empty_like(adjusted)
    np.put_along_axis(result, order, adjusted, axis=-1)
    return result

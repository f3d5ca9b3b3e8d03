"""Slow drift: a rate that rises week by week, too slowly to stand out in four of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betaincinv, gammaln, logsumexp

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

RATES = 16
"""Points of equal chance at which a provider's earlier rate is taken."""
RISES = (2.0, 4.0)
"""The rises that are looked for: so many times the odds, each as likely."""


def drift_chances(k: Numbers, n: Numbers, a: Numbers, b: Numbers, *, week_memory: float) -> tuple[Numbers, Whole]:
    """Tell how likely weekly counts are, had nothing changed, to look as if a rate had risen for good in some week.

    For every week in which the rise may have begun, the chance of all that followed under a rise is divided by their chance under the
    earlier rate; the counts of a week are beta-binomial, and the earlier rate is not known exactly but beta-distributed. The greatest of
    these ratios is the CUSUM's; their mean over all beginnings is 1 when nothing has changed, whatever the number of weeks, so that a mean
    of 1,000 comes about by itself at most once in 1,000.

    Args:
        k: Counts, providers by weeks by signals, oldest week first; at least one week.
        n: Numbers checked, the same shape; 0 adds nothing.
        a: First parameters of the earlier rates, providers by signals, above 0.
        b: Second parameters, above 0.
        week_memory: The weight of the beta distribution that a week's own rate comes from: honest weeks differ.

    Returns:
        The chance (a bound from above, at most 1) and the index of the week in which the rise most likely began, providers by signals.

    Source: Page 1954, Biometrika 41, 100-115 (CUSUM); Pollak 1985, Ann. Statist. 13, 206-227 (the sum over beginnings, which has mean t
    after t weeks); the bound is Markov's inequality.
    """
    weeks = k.shape[1]
    shares = (np.arange(RATES) + 0.5) / RATES
    rate = np.clip(betaincinv(a, b, shares[:, None, None]), 1e-6, 1 - 1e-6)
    same = _log_weeks(k, n, rate * week_memory, (1 - rate) * week_memory)
    before = np.cumsum(same, axis=2) - same
    unchanged = logsumexp(np.sum(same, axis=2), axis=0)[:, None]
    ratios = []
    for rise in RISES:
        risen = rate * rise / (1 + rate * (rise - 1))
        more = _log_weeks(k, n, risen * week_memory, (1 - risen) * week_memory)
        after = np.cumsum(more[:, :, ::-1], axis=2)[:, :, ::-1]
        ratios.append(logsumexp(before + after, axis=0) - unchanged)
    ratio = logsumexp(np.stack(ratios), axis=0) - np.log(len(RISES))
    mean = logsumexp(ratio, axis=1) - np.log(weeks)
    return np.exp(-np.maximum(mean, 0.0)), np.argmax(ratio, axis=1)


def _log_weeks(k: Numbers, n: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """Give the log chance of each week's counts at each rate (rates by providers by weeks by signals).

    What all rates share is left out: the choice of k from n, and what depends on n and a + b alone.
    """
    a, b = a[:, :, None], b[:, :, None]
    result: Numbers = gammaln(k + a) + gammaln(n - k + b) - (gammaln(a) + gammaln(b))
    return result

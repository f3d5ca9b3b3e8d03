"""Slow drift: a rate that rises week by week, too slowly to stand out in four of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import betaincinv, betaln, logsumexp

Numbers = np.ndarray[Any, np.dtype[np.float64]]

RATES = 24
"""Points of equal chance at which a provider's earlier rate is taken."""
ODDS = 2.0
"""The rise that is looked for: twice the odds."""


def drift_chances(k: Numbers, n: Numbers, a: Numbers, b: Numbers, *, week_memory: float, odds: float = ODDS) -> tuple[Numbers, Numbers]:
    """Tell how likely weekly counts are to have risen for good, at some week, against an earlier rate.

    The statistic is the CUSUM of log likelihood ratios, counts beta-binomial within a week, with the earlier rate not known exactly but
    beta-distributed: over all weeks in which the rise may have begun, the greatest ratio of the chance of what followed under `odds`
    times the odds to that under the earlier rate. Its mean over the weeks of beginning is 1 when nothing has changed, so that a
    statistic of S or more happens by itself at most `weeks / exp(S)` of the time, whatever the counts.

    Args:
        k: Counts, providers by weeks by signals, oldest week first.
        n: Numbers checked, the same shape; 0 adds nothing.
        a: First parameters of the earlier rates, providers by signals.
        b: Second parameters.
        week_memory: The weight of the beta distribution that a week's own rate comes from: honest weeks differ.
        odds: How many times the odds the rise is.

    Returns:
        The chance (a bound, at most 1) and the index of the week in which the rise most likely began, providers by signals.

    Source: Page 1954, Biometrika 41, 100-115 (CUSUM); Pollak 1985, Ann. Statist. 13, 206-227 (the sum over beginnings has mean t), from
    which the bound follows by Markov's inequality.
    """
    weeks = k.shape[1]
    shares = (np.arange(RATES) + 0.5) / RATES
    rate = np.clip(betaincinv(a, b, shares[:, None, None]), 1e-6, 1 - 1e-6)
    risen = rate * odds / (1 + rate * (odds - 1))
    same, more = (_log_weeks(k, n, each * week_memory, (1 - each) * week_memory) for each in (rate, risen))
    before = np.cumsum(same, axis=2) - same
    after = np.cumsum(more[:, :, ::-1], axis=2)[:, :, ::-1]
    unchanged = logsumexp(np.sum(same, axis=2), axis=0)[:, None]
    ratio = logsumexp(before + after, axis=0) - unchanged
    begins = np.argmax(ratio, axis=1)
    return np.minimum(1.0, weeks * np.exp(-ratio.max(axis=1))), begins


def _log_weeks(k: Numbers, n: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """Give the log chance of each week's counts at each rate (rates by providers by weeks by signals), up to what rates share."""
    a, b = a[:, :, None], b[:, :, None]
    result: Numbers = betaln(k + a, n - k + b) - betaln(a, b)
    return result

"""The rates of several providers, estimated together: Beta-Binomial with the hyper-prior integrated, not plugged in.

Provider j has k_j good of n_j checked. Its rate is Beta(mK, (1-m)K); m is uniform on (0, 1), K has the uniform-shrinkage density
K0/(K0+K)^2 with K0 the median n. The likelihood of (m, K) is a product of Beta-Binomials, evaluated on a grid; the rate of each
provider is then a mixture of Beta posteriors. Plugging in one (m, K) instead covers 64 to 89 % where 95 is said (docs/providers.md).

Source: Efron and Morris 1975, J. Am. Stat. Assoc. 70:311-319 (shrinkage); Daniels 1999, Can. J. Stat. 27:567-578 (uniform-shrinkage prior).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.float64]

GRID_MEANS, GRID_STRENGTHS = 70, 45
SEARCH_MEANS, SEARCHES = 24, 3
DEPTH = 16.0
"""Log units below the best cell from which on a cell no longer matters."""


@dataclass(frozen=True, slots=True)
class Posterior:
    """The grid after the data.

    Attributes:
        mean: m of each cell kept, shape (cells,).
        strength: K of each cell kept, in units of checked deliveries.
        weight: Posterior probability of each cell; they add up to 1.
    """

    mean: Floats
    strength: Floats
    weight: Floats

    def rates(self, good: Counts, checked: Counts) -> Floats:
        """Give the posterior mean of the rate per provider, exactly (no chance)."""
        top = good[:, None] + self.mean * self.strength
        # Summed row by row, as a matrix product may round equal evidence differently.
        return np.asarray((top / (checked[:, None] + self.strength) * self.weight).sum(axis=1), dtype=np.float64)

    def draws(self, good: Counts, checked: Counts, *, count: int, seed: int | list[int]) -> Floats:
        """Draw rates of all providers together, shape (count, providers): one cell per draw, by systematic sampling."""
        rng = np.random.default_rng(seed)
        at = (np.arange(count) + rng.random()) / count
        # Shuffled, as rates of several checks must not share the order of the grid.
        cell = rng.permutation(np.minimum(np.searchsorted(np.cumsum(self.weight), at), self.weight.size - 1))
        first = good[None, :] + (self.mean * self.strength)[cell][:, None]
        second = (checked - good)[None, :] + ((1 - self.mean) * self.strength)[cell][:, None]
        return np.asarray(rng.beta(first, second), dtype=np.float64)


def integrate(good: Counts, checked: Counts) -> Posterior:
    """Give the posterior of (m, K) on a grid of 45 strengths by 70 means, both laid where the probability is.

    Given K, m is as narrow as K is large, so every strength has means of its own: a common range would miss the case of providers that
    are all alike.

    Args:
        good: Good per provider, 0 <= good <= checked; may be fractions (effective counts of audited samples).
        checked: Checked per provider; all 0 gives the prior.
    """
    asked = checked > 0
    median = float(np.median(checked[asked])) if asked.any() else 1.0
    pairs, times = np.unique(np.stack([good[asked], checked[asked]]), axis=1, return_counts=True)
    log_strength = np.linspace(np.log(median) - 7, np.log(median) + 9, GRID_STRENGTHS)
    for _ in range(2):
        logit = _find_means(pairs, times, log_strength, median)
        log_weight = _log_posterior(pairs, times, logit, log_strength, median)
        # The means of one strength stand closer together than those of another: a cell weighs as much as it is wide.
        log_weight = log_weight + np.log(logit[1] - logit[0])
        found = np.flatnonzero(log_weight.max(axis=0) > log_weight.max() - DEPTH)
        low, high = log_strength[max(found[0] - 1, 0)], log_strength[min(found[-1] + 1, GRID_STRENGTHS - 1)]
        mean, strength = 1 / (1 + np.exp(-logit)), np.exp(log_strength)
        log_strength = np.linspace(low, high, GRID_STRENGTHS)
    kept = log_weight > log_weight.max() - DEPTH
    weight = np.exp(log_weight[kept] - log_weight.max())
    return Posterior(mean[kept], np.broadcast_to(strength, kept.shape)[kept], weight / weight.sum())


def _find_means(pairs: Floats, times: NDArray[np.int64], log_strength: Floats, median: float) -> Floats:
    """Give logits of m around the likeliest one, for each strength, shape (means, strengths)."""
    low, high = np.full(log_strength.size, -14.0), np.full(log_strength.size, 14.0)
    columns = np.arange(log_strength.size)
    for _ in range(SEARCHES):
        logit = np.linspace(low, high, SEARCH_MEANS)
        log_weight = _log_posterior(pairs, times, logit, log_strength, median)
        kept = log_weight > log_weight.max(axis=0) - DEPTH
        first = np.maximum(kept.argmax(axis=0) - 1, 0)
        last = np.minimum(SEARCH_MEANS - kept[::-1].argmax(axis=0), SEARCH_MEANS - 1)
        low, high = logit[first, columns], logit[last, columns]
    return np.linspace(low, high, GRID_MEANS)


def _log_posterior(pairs: Floats, times: NDArray[np.int64], logit: Floats, log_strength: Floats, median: float) -> Floats:
    """Give the log density over (logit m, log K), Jacobians included, in the shape of `logit`, (means, strengths)."""
    from scipy.special import betaln

    mean, other, strength = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit)), np.exp(log_strength)
    total = np.log(mean) + np.log(other) + log_strength + np.log(median) - 2 * np.log(median + strength)
    first, second = mean * strength, other * strength
    for (k, n), often in zip(pairs.T, times, strict=True):
        total = total + often * (betaln(k + first, n - k + second) - betaln(first, second))
    return np.asarray(total, dtype=np.float64)

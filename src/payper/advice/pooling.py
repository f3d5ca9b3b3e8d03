"""Pooling: what offers of one kind show together bears on each of them, as far as they are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from payper.advice.options import Array

_MEANS = 64
_WEIGHTS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """How many reached a step, of how many that had the time to; neither need be whole.

    Deals still open are kept out of `of`, or counted by `exposed_count`.
    """

    reached: float = 0.0
    of: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share with its Beta distribution: `mean` x `weight` successes against the rest."""

    mean: float
    weight: float

    @property
    def successes(self) -> float:
        """Give the first parameter of the Beta distribution."""
        return self.mean * self.weight

    @property
    def failures(self) -> float:
        """Give the second parameter of the Beta distribution."""
        return (1 - self.mean) * self.weight

    def after(self, count: StepCount) -> Rate:
        """Give the share after what was seen (Beta-binomial)."""
        weight = self.weight + count.of
        return Rate(mean=(self.successes + count.reached) / weight, weight=weight) if weight > 0 else self


def exposed_count(days: Array, ages: Array, *, horizon_days: float) -> StepCount:
    """Count a step within a horizon while deliveries are still young, each for as long as it has been watched.

    The share is the sum over days of those who reached the step on that day of those old enough to have done so (exposure); `of` is the
    number that, all watched to the end, would leave the same variance, taken as that of a sum of Poisson counts. Where nobody has reached
    it yet, each counts for the share of the horizon that it was watched.

    Args:
        days: Days from delivery to the step, (deliveries,); not finite where it has not been reached.
        ages: Days since delivery, (deliveries,).
        horizon_days: Steps later than this do not count.

    Source: Fay, Feuer 1997, Statistics in Medicine 16(7), 791-801 for the weighted sum of Poisson counts.
    """
    reached = np.isfinite(days) & (days <= np.minimum(ages, horizon_days))
    if not ages.size:
        return StepCount()
    ordered = np.sort(ages)
    watched = ages.size - np.searchsorted(ordered, days[reached], side="left")
    share = float((1 / watched).sum())
    variance = float((1 / watched**2).sum())
    if variance <= 0:
        return StepCount(of=float(np.clip(ages / horizon_days, 0.0, 1.0).sum()))
    size = min(share / variance, float(ages.size))
    return StepCount(reached=min(share, 1.0) * size, of=size)


def pooled_rates(start: Rate, counts: Sequence[StepCount], others: Sequence[StepCount] = (), *, common: float = 0.5) -> tuple[Rate, ...]:
    """Give the share of each offer of one kind after what all of them showed.

    Shares of offers are Beta(m K, (1 - m) K). What is doubted beforehand, the variance of `start`, lies for the share `common` in the
    level m and for the rest in differences between offers, whose likeness K is learnt too: m is Beta with the weight of `start` divided
    by `common`, and K has the uniform-shrinkage prior w / (w + K)^2 with w that weight divided by the rest, so that its median is w. Both
    are integrated over a grid, and each posterior is brought back to a Beta by its mean and variance. Offers of other kinds move the
    level m, with no more weight than `start`. Where nothing was seen, every offer has `start` itself.

    Args:
        start: The prior share of an offer.
        counts: Of each offer of the kind; zeros where nothing was seen.
        others: Of offers of other kinds that say something about the level.
        common: The share of doubt that concerns all offers alike, above 0 and below 1.

    Source: Daniels 1999, Canadian J. Statist. 27(3), 567-578 for the uniform-shrinkage prior; Gelman et al. 2013, Bayesian Data Analysis,
    section 5.3 for the grid.
    """
    elsewhere = StepCount(reached=sum(count.reached for count in others), of=sum(count.of for count in others))
    if sum(count.of for count in counts) + elsewhere.of <= 0 or not 0 < start.mean < 1 or not np.isfinite(start.weight):
        return tuple(start.after(count) for count in counts)
    level = Rate(mean=start.after(elsewhere).mean, weight=start.weight / common)
    means, weights, chance = _grid(level, start.weight / (1 - common), counts)
    rates = []
    for count in counts:
        posterior = (means * weights + count.reached) / (weights + count.of)
        second = posterior * (means * weights + count.reached + 1) / (weights + count.of + 1)
        mean, square = float((chance * posterior).sum()), float((chance * second).sum())
        variance = max(square - mean**2, 1e-12)
        rates.append(Rate(mean=mean, weight=max(mean * (1 - mean) / variance - 1, 1e-3)))
    return tuple(rates)


def _grid(level: Rate, likeness: float, counts: Sequence[StepCount]) -> tuple[Array, Array, Array]:
    """Give levels, likenesses and the chance of each pair after all counts, (levels, likenesses) each."""
    from scipy.special import betainc, betaincinv, betaln

    edge = np.linspace(0.0, 1.0, _MEANS + 1)
    centre = (edge[1:] + edge[:-1]) / 2
    spread = 0.5 * centre + 0.5 * betaincinv(level.successes, level.failures, centre)  # fine where believed, and everywhere a little
    means = np.clip(spread, 1e-4, 1 - 1e-4)
    bounds = np.concatenate([[0.0], (means[1:] + means[:-1]) / 2, [1.0]])
    prior = np.maximum(np.diff(betainc(level.successes, level.failures, bounds)), 1e-300)
    shrinkage = (np.arange(_WEIGHTS) + 0.5) / _WEIGHTS
    weights = likeness * (1 - shrinkage) / shrinkage
    first, second = np.outer(means, weights), np.outer(1 - means, weights)
    logs = np.repeat(np.log(prior)[:, None], _WEIGHTS, axis=1)
    for count in counts:
        if count.of > 0:
            logs += betaln(first + count.reached, second + count.of - count.reached) - betaln(first, second)
    chance: Array = np.exp(logs - logs.max())
    grid = np.broadcast_to(means[:, None], chance.shape), np.broadcast_to(weights, chance.shape)
    return np.array(grid[0]), np.array(grid[1]), np.asarray(chance / chance.sum(), dtype=np.float64)

"""Amounts: how much a win is worth by how late it comes, as draws.

The mean amount is exp(b0 + b1 log(lag + 1)), fitted as a gamma regression with log link to the wins of one group; every draw gives the wins
new weights (the Bayesian bootstrap), so no law of amounts is assumed. A slope from few wins is drawn towards 0. Beyond the lags
seen the mean stays level.

Sources: Rubin 1981, Annals of Statistics 9(1), 130-134; McCullagh, Nelder 1989, Generalized Linear Models, 2nd ed., chapter 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payper.measurement.matrices import add_up

Floats = NDArray[np.float64]

_BINS = 24
_STEPS = 8
_RIDGE = 1.0
_CELLS_MAX = 5_000


@dataclass(frozen=True)
class AmountDraws:
    """Mean amount of a win by lag, one element per draw.

    Attributes:
        level, slope: b0 at the middle log lag, and b1.
        middle: That log lag.
        low, high: The log lags between which it holds; beyond them the mean stays as at them.
    """

    level: Floats
    slope: Floats
    middle: float
    low: float
    high: float

    def mean(self, lag_days: Floats) -> Floats:
        """Give the mean amount at each lag, shape (draws, lags)."""
        at = np.clip(np.log(lag_days + 1), self.low, self.high) - self.middle
        return np.exp(self.level[:, None] + self.slope[:, None] * at)


def draw_amounts(
    lag: Floats, count: Floats, amount: Floats, squared: Floats, *, unseen: float, draws: int, rng: np.random.Generator
) -> AmountDraws:
    """Draw the mean amount by lag from cells of wins with amounts: lag in days, wins, sum of amounts and of squares.

    `unseen` stands for an amount where there is no cell; it is 0 where nothing is known.
    """
    if amount.sum() <= 0:
        level = np.log(max(unseen, 1e-9)) + np.log(np.maximum(rng.standard_gamma(1.0, draws), 1e-9))
        return AmountDraws(level, np.zeros(draws), 0.0, 0.0, 0.0)
    x = np.log(lag + 1)
    low, high = float(x.min()), float(x.max())
    where: NDArray[np.int64] = np.minimum(((x - low) / max(high - low, 1e-9) * _BINS).astype(np.int64), _BINS - 1)
    sums, weights, at = _weighted(where, x, count, amount, squared, draws, rng)
    middle = float((weights.mean(axis=0) * at).sum() / weights.mean(axis=0).sum())
    level, slope = _fit(sums, weights, at - middle)
    return AmountDraws(level, slope, middle, low, high)


def _weighted(
    where: NDArray[np.int64], x: Floats, count: Floats, amount: Floats, squared: Floats, draws: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Give weighted sums of amounts and weights per bin of lags, shape (draws, bins), and the bins' mean log lag."""
    if count.size > _CELLS_MAX:
        # So many cells are drawn bin by bin: each bin's sum is then normal.
        table = [add_up(where, values, _BINS) for values in (count, amount, squared, count * x)]
        used = table[0] > 0
        count, amount, squared, x = (values[used] for values in table)
        x, where = x / count, np.arange(count.size, dtype=np.int64)
    bins = int(where.max()) + 1
    member = np.zeros((count.size, bins))
    member[np.arange(count.size), where] = 1.0
    weight = rng.standard_gamma(count, (draws, count.size))
    mean = amount / count
    # A cell of several wins: their weighted sum varies around its mean by how their amounts differ.
    within = np.sqrt(np.maximum(squared - amount * mean, 0.0))
    worth = weight * mean
    several = (count > 1) & (within > 0)
    if several.any():
        noise = rng.standard_normal((draws, int(several.sum()))) * within[several]
        worth[:, several] = np.maximum(worth[:, several] + noise, 0.05 * worth[:, several])
    totals = add_up(where, count, bins)
    at = add_up(where, count * x, bins) / np.maximum(totals, 1)
    return worth @ member, weight @ member, at


def _fit(sums: Floats, weights: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Solve the two score equations of every draw by Newton's method, with a ridge on the slope."""
    level = np.log(np.maximum(sums.sum(axis=1), 1e-300) / weights.sum(axis=1))
    slope = np.zeros_like(level)
    for _ in range(_STEPS):
        ratio = sums * np.exp(-np.clip(level[:, None] + slope[:, None] * at, -700, 700))
        score_level = (ratio - weights).sum(axis=1)
        score_slope = ((ratio - weights) * at).sum(axis=1) - _RIDGE * slope
        a, b, c = ratio.sum(axis=1), (ratio * at).sum(axis=1), (ratio * at**2).sum(axis=1) + _RIDGE
        determinant = np.maximum(a * c - b * b, 1e-300)
        level = level + np.clip((c * score_level - b * score_slope) / determinant, -2, 2)
        slope = slope + np.clip((a * score_slope - b * score_level) / determinant, -1, 1)
    return level, slope

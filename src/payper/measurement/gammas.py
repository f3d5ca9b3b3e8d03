"""Gamma intervals and draws of weighted sums of counts.

A weighted sum of Poisson counts y = sum of weights, with variance v = sum of squared weights and largest weight w, lies between the
2.5 % point of Gamma(y^2/v, scale v/y) and the 97.5 % point of Gamma((y+w)^2/(v+w^2), scale (v+w^2)/(y+w)). The interval is
conservative; the mid-p interval, which payper uses, takes both points from the equal mixture of the two gammas, but where nothing was
seen: there its upper bound is the conservative one. Draws come from the mixture.

Sources: Fay, Feuer 1997, Statistics in Medicine 16, 791-801; mid-p: Fay, Kim 2017, Biometrical Journal 59(2), 377-387.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVEL = 0.95
"""Of intervals: they hold the truth in about 95 of 100 cases."""
_TAIL = (1 - LEVEL) / 2


@dataclass(frozen=True)
class WeightedSum:
    """Weighted sums of counts, one element per group; NaN where there is none.

    Attributes:
        estimate: y.
        variance: v.
        weight_largest: w, the largest weight that one more event could have had; 0 says that no event has any weight.
    """

    estimate: Floats
    variance: Floats
    weight_largest: Floats

    def only(self, group: int) -> WeightedSum:
        """Give the sum of one group."""
        return WeightedSum(*(part[group : group + 1] for part in (self.estimate, self.variance, self.weight_largest)))

    def gammas(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Give shape and scale of the lower gamma (shape 0 where nothing was seen: it is 0), and of the upper one."""
        y, v, w = self.estimate, self.variance, self.weight_largest
        with np.errstate(divide="ignore", invalid="ignore"):
            shape_low = np.where(v > 0, y * y / v, 0.0)
            scale_low = np.where(y > 0, v / y, 0.0)
            shape_up = np.where(w > 0, (y + w) ** 2 / (v + w * w), 1.0)
            scale_up = np.where(w > 0, (v + w * w) / (y + w), 1e-300)
        return shape_low, scale_low, shape_up, scale_up


def gamma_interval(total: WeightedSum) -> tuple[Floats, Floats]:
    """Give the lower and upper bound of each sum."""
    from scipy.special import gammaincinv

    shape_low, scale_low, shape_up, scale_up = total.gammas()
    low = np.where(shape_low > 0, gammaincinv(np.maximum(shape_low, 1e-300), _TAIL) * scale_low, 0.0)
    return low, np.asarray(gammaincinv(shape_up, 1 - _TAIL) * scale_up, dtype=np.float64)


def midp_interval(total: WeightedSum) -> tuple[Floats, Floats]:
    """Give the lower and upper mid-p bound of each sum; where nothing was seen the upper one is that of `gamma_interval`."""
    from scipy.special import gammainc, gammaincinv

    shape_low, scale_low, shape_up, scale_up = total.gammas()
    known = np.maximum(shape_low, 1e-300)

    def mixture(x: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            lower = np.where(shape_low > 0, gammainc(known, x / np.where(scale_low > 0, scale_low, 1.0)), 1.0)
        return np.asarray(0.5 * lower + 0.5 * gammainc(shape_up, x / scale_up), dtype=np.float64)

    def invert(probability: float) -> Floats:
        below, above = np.zeros_like(total.estimate), gammaincinv(shape_up, 1 - _TAIL / 4) * scale_up
        # Fifty halvings leave less than rounding.
        for _ in range(50):
            middle = (below + above) / 2
            is_less = mixture(middle) < probability
            below, above = np.where(is_less, middle, below), np.where(is_less, above, middle)
        return np.asarray(above, dtype=np.float64)

    seen = shape_low > 0
    low: Floats = np.where(seen, invert(_TAIL), 0.0)
    return low, np.where(seen, invert(1 - _TAIL), gammaincinv(shape_up, 1 - _TAIL) * scale_up)


def share_interval(total: WeightedSum) -> tuple[Floats, Floats]:
    """Give the bounds of sums that are shares, for shares that are not small: the binomial counterpart of `gamma_interval`.

    With the weights of all events alike it is the interval of Clopper, Pearson 1934, Biometrika 26(4), 404-413; else the number of
    trials is that which makes the variance right (Kish's effective size).
    """
    from scipy.special import betaincinv

    y = np.minimum(total.estimate, 1.0)
    v, w = total.variance, total.weight_largest
    seen = (y > 0) & (v > 0)
    trials = np.where(seen, y / np.where(seen, v, 1.0), 1.0)
    low = np.where(seen, betaincinv(np.where(seen, y * trials, 1.0), np.maximum((1 - y) * trials, 0.0) + 1, _TAIL), 0.0)
    trials_up = (y + w) / (v + w * w)
    below_one = np.maximum((1 - y - w) * trials_up, 0.0) + 1
    return low, np.where(y < 1, betaincinv((y + w) * trials_up, below_one, 1 - _TAIL), 1.0)


def draw_sums(total: WeightedSum, count: int, rng: np.random.Generator) -> Floats:
    """Draw each sum's plausible values, half from either gamma; shape (groups, count)."""
    shape_low, scale_low, shape_up, scale_up = total.gammas()
    half = count // 2
    lower = rng.standard_gamma(np.maximum(shape_low, 0.0)[:, None], (shape_low.size, half)) * scale_low[:, None]
    upper = rng.standard_gamma(shape_up[:, None], (shape_up.size, count - half)) * scale_up[:, None]
    return np.concatenate([lower, upper], axis=1)

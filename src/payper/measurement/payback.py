"""Payback: how many days after delivery the revenue so far covers the cost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from payper.measurement.estimates import Estimates, Interval
from payper.measurement.gammas import Floats, WeightedSum, midp_interval


def find_payback(found: Estimates) -> Interval:
    """Find the first day of age by whose end margin times revenue per delivery reaches the cost, within the horizon.

    NaN where it is not reached within the horizon, where the horizon has not been seen, or without cost or revenue. The low bound
    is when the upper bound of revenue reaches the cost, the high bound when the lower one does.
    """
    matrices, days = found.matrices, min(found.horizon_days, found.matrices.days)
    exposed = matrices.exposed[:, :days]
    weight = np.where(exposed > 0, 1 / np.maximum(exposed, 1), 0.0)
    wins = matrices.wins
    near = wins.lag < days
    segment, lag = wins.segment[near], wins.lag[near]
    each = weight[segment, lag]
    estimate, variance, largest = (np.zeros((matrices.groups, days)) for _ in range(3))
    np.add.at(estimate, (segment, lag), wins.amount[near] * each)
    np.add.at(variance, (segment, lag), wins.squared[near] * each**2)
    np.maximum.at(largest, (segment, lag), wins.largest[near])
    largest = np.maximum.accumulate(largest, axis=1) * weight
    total = WeightedSum(np.cumsum(estimate, axis=1), np.cumsum(variance, axis=1), largest)
    needed = found.cost / found.margin if found.margin > 0 else np.full(matrices.groups, np.inf)
    reached = [
        _first_day(total, needed, lambda sums: sums.estimate),
        _first_day(total, needed, lambda sums: midp_interval(sums)[1]),
        _first_day(total, needed, lambda sums: midp_interval(sums)[0]),
    ]
    return Interval(*reached).only(found.is_seen & found.has_revenue)


def _first_day(total: WeightedSum, needed: Floats, value: Callable[[WeightedSum], Floats]) -> Floats:
    """Find by halving the first day on which a value that never falls has reached what is needed; NaN where none has."""
    groups, days = total.estimate.shape
    rows = np.arange(groups)

    def reaches(day: NDArray[np.int64]) -> NDArray[np.bool_]:
        at = WeightedSum(*(part[rows, day] for part in (total.estimate, total.variance, total.weight_largest)))
        return np.asarray(value(at) >= needed, dtype=np.bool_)

    if not days:
        return np.full(groups, np.nan)
    below, above = np.full(groups, -1), np.full(groups, days - 1)
    is_reached = reaches(above)
    while (above - below > 1).any():
        middle = np.maximum((below + above) // 2, 0)
        is_enough = reaches(middle)
        below, above = np.where(is_enough, below, middle), np.where(is_enough, middle, above)
    return np.where(is_reached, above + 1.0, np.nan)

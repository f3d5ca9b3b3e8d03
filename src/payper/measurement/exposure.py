"""Exposure: what a delivery brings within a horizon, exactly unbiased while deals are still open.

With n_t the deliveries that have completed lag day t, each win at lag t counts 1/n_t and its amount A counts A/n_t. The sums over the
lags below the horizon h estimate wins and revenue per delivery within h, whatever the shape of the lags and however amounts depend on
them, as long as outcomes do not depend on age. Lost deals stay in n_t: they could have been won and were not.

Sources: Zhao, Tsiatis 1997, Biometrika 84(2), 339-348, and Bang, Tsiatis 2000, Biometrika 87(2), 329-343 (weights by the probability
of being observed, for accumulated money); intervals as in `gammas`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from payper.measurement.gammas import WeightedSum
from payper.measurement.matrices import Matrices, add_up

Floats = NDArray[np.float64]


def wins_within(matrices: Matrices, horizon_days: int) -> WeightedSum:
    """Give wins per delivery within a horizon.

    Where the oldest delivery is younger than the horizon, the sum ends at its age; that is no estimate of the horizon.
    The largest weight is that of a win on the last observed day below the horizon.
    """
    return weighted_sum(matrices, matrices.won, horizon_days)


def weighted_sum(matrices: Matrices, at_lag: Floats, horizon_days: int) -> WeightedSum:
    """Give events counted by lag, shape (groups, days), per delivery within a horizon."""
    exposed, seen = _exposed(matrices, horizon_days)
    weight = np.where(seen, 1 / np.maximum(exposed, 1), 0.0)
    events = _until(at_lag, horizon_days)
    return WeightedSum((events * weight).sum(axis=1), (events * weight**2).sum(axis=1), _last_weight(weight))


def revenue_within(matrices: Matrices, horizon_days: int, *, amount_unseen: Floats) -> WeightedSum:
    """Give revenue per delivery within a horizon, in units of money.

    The largest weight is that of the largest amount seen, had it come on the last observed day below the horizon. `amount_unseen` is, per
    group, the amount that stands for one win where none with an amount was seen within the horizon: the mean of all wins of the programme.
    """
    exposed, seen = _exposed(matrices, horizon_days)
    weight = np.where(seen, 1 / np.maximum(exposed, 1), 0.0)
    wins = matrices.wins
    near = wins.lag < horizon_days
    each = np.where(near, weight[wins.segment, np.minimum(wins.lag, weight.shape[1] - 1)], 0.0)
    groups = matrices.groups
    estimate = add_up(wins.segment, wins.amount * each, groups)
    variance = add_up(wins.segment, wins.squared * each**2, groups)
    largest = np.zeros(groups)
    np.maximum.at(largest, wins.segment, np.where(near, wins.largest, 0.0))
    return WeightedSum(estimate, variance, np.where(largest > 0, largest, amount_unseen) * _last_weight(weight))


def cumulate(matrices: Matrices, values: Floats) -> Floats:
    """Give the sum of values by lag per delivery exposed, up to and with each lag day; shape (groups, days)."""
    exposed = matrices.exposed
    return np.cumsum(np.where(exposed > 0, values / np.maximum(exposed, 1), 0.0), axis=1)


def old_enough(matrices: Matrices, horizon_days: int) -> Floats:
    """Count deliveries that are at least as old as the horizon."""
    return np.asarray(matrices.deliveries[:, horizon_days:].sum(axis=1), dtype=np.float64)


def _until(table: Floats, horizon_days: int) -> Floats:
    return table[:, :horizon_days]


def _exposed(matrices: Matrices, horizon_days: int) -> tuple[Floats, NDArray[np.bool_]]:
    exposed = _until(matrices.exposed, horizon_days)
    return exposed, exposed > 0


def _last_weight(weight: Floats) -> Floats:
    """Give the weight of the last observed lag day: weights never fall as fewer deliveries are exposed. 1 where nothing was exposed."""
    largest = weight.max(axis=1, initial=0.0)
    return np.where(largest > 0, largest, 1.0)

"""Incremental Shapley: what each touch added over what would have happened anyway.

v(S) is the win rate (or value per company) of companies whose touches are the set S; v of the empty set is that of untouched companies.
Companies with set S credit touch i with its Shapley value in the game v restricted to S, and v(empty) stays with nobody. Written with
Harsanyi dividends, d(S) = v(S) - sum of d(T) over T inside S, the Shapley value is sum over T with i in T of d(T)/|T|: exact, and only
sets that occur are needed. A set that nobody had is worth what the sets inside it add up to (its dividend is 0), so with twelve channels
the sets seen are enough and nothing is sampled. Where every subset was seen this is the textbook Shapley value.

Source: Shapley 1953; Harsanyi 1963, Int. Econ. Rev. 4:194-220; Du et al. 2019 (incremental Shapley); docs/attribution.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payper.measurement.lags import Floats

EXPLAINING_MOST = 3000
"""Sets, the most frequent first, that may lend dividends to larger ones; the rest keep what is their own."""


@dataclass(frozen=True, slots=True)
class TouchSets:
    """The sets that occur, in ascending order of size.

    Attributes:
        has: Whether a set has a channel, shape (sets, channels).
        companies: Companies per set and stratum, shape (strata, sets).
    """

    has: NDArray[np.bool_]
    companies: Floats


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which sets lie inside which, found once for all draws."""

    inside: list[NDArray[np.int64]]
    size: NDArray[np.int64]


def plan(sets: TouchSets) -> _Plan:
    """Find the explaining subsets of every set."""
    has = sets.has
    size = has.sum(axis=1)
    total = sets.companies.sum(axis=0)
    explaining = np.sort(np.argsort(-np.where(size <= 1, np.inf, total), kind="stable")[:EXPLAINING_MOST])
    packed = has.astype(np.float32)
    inside = []
    for at in range(size.size):
        within = explaining[(size[explaining] < size[at]) & (packed[explaining] @ (1 - packed[at]) == 0)]
        inside.append(within)
    return _Plan(inside, size)


def credit(sets: TouchSets, values: Floats, inside: _Plan) -> Floats:
    """Give what each channel added, and what would have happened anyway.

    Args:
        sets: With companies per stratum.
        values: v per draw, stratum and set, shape (draws, strata, sets); NaN where a stratum has no company of the set.
        inside: From `plan`.

    Returns:
        Shape (draws, channels + 1); the last is the untouched share. Each row adds up to the sum of companies times v.
    """
    draws, strata, count = values.shape
    dividends = np.zeros((draws, strata, count))
    seen = sets.companies > 0
    everywhere = _pooled_dividends(sets, values, inside)
    shares = np.zeros((draws, sets.has.shape[1] + 1))
    split = sets.has / np.maximum(inside.size, 1)[:, None]
    for at in range(count):
        within = inside.inside[at]
        below = dividends[:, :, within].sum(axis=2)
        own = np.where(seen[:, at], values[:, :, at] - below, everywhere[:, None, at])
        dividends[:, :, at] = own
        weight = sets.companies[:, at]
        if inside.size[at] == 0:
            shares[:, -1] += own @ weight
            continue
        if not weight.any():
            continue
        inner = np.einsum("dst,s->dt", dividends[:, :, within], weight)
        named = inside.size[within] > 0
        shares[:, :-1] += inner[:, named] @ split[within[named]] + np.outer(own @ weight, split[at])
        shares[:, -1] += inner[:, ~named].sum(axis=1)
    return shares


def _pooled_dividends(sets: TouchSets, values: Floats, inside: _Plan) -> Floats:
    """Give dividends with strata added together: what a stratum without a set borrows; shape (draws, sets)."""
    draws, strata, count = values.shape
    if strata == 1:
        return np.zeros((draws, count))
    weight = sets.companies / np.maximum(sets.companies.sum(axis=0), 1e-300)
    pooled = np.einsum("dst,st->dt", np.where(np.isnan(values), 0.0, values), weight)
    found = np.zeros((draws, count))
    for at in range(count):
        found[:, at] = pooled[:, at] - found[:, inside.inside[at]].sum(axis=1)
    return found

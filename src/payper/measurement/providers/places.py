"""From draws of rates to places: expected ranks, rank intervals, who may be first, and who cannot be told apart.

Source: Lin, Louis, Paddock, Ridgeway 2006, Bayesian Analysis 1:915-946 (posterior expected ranks minimise squared rank error).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payper.measurement.providers.posterior import Floats

LEVEL = 0.95
"""What intervals hold, and how sure payper must be before it says that two providers differ."""

PLACES = ("expected_rank", "rank", "rank_lo", "rank_hi", "p_first", "p_top3", "group")
"""Columns of places, in the order of `Places`."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where each provider stands; place 1 has the highest rate. One value per provider, in the order of the draws' columns.

    Attributes:
        expected: Mean rank over the draws.
        place: 1, 2, …, by `expected`; equals share the smaller number.
        low, high: Rank interval.
        first, top3: Probability to have the highest rate, or one of the three highest.
        group: 1, 2, …; providers of one group cannot be told apart from the best placed of their group.
    """

    expected: Floats
    place: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    first: Floats
    top3: Floats
    group: NDArray[np.int64]


def find_places(draws: Floats, alike: NDArray[np.int64], *, level: float = LEVEL) -> Places:
    """Rank every draw and sum up.

    Args:
        draws: Rates, shape (draws, providers), at least one of each.
        alike: The same number for providers with the same evidence; they get the same figures, so chance never parts them.
        level: Of rank intervals, and of "can be told apart".
    """
    count, providers = draws.shape
    order = np.argsort(-draws, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(1, providers + 1), (count, providers)), axis=1)
    cell = np.arange(providers) * providers + ranks - 1
    share = _pooled(np.bincount(cell.ravel(), minlength=providers**2).reshape(providers, providers) / count, alike)
    cumulated = np.cumsum(share, axis=1)
    tail = (1 - level) / 2
    # The interval holds at least the level; the small number forgives rounding of sums.
    low = (cumulated > tail + 1e-12).argmax(axis=1) + 1
    high = (cumulated >= 1 - tail - 1e-12).argmax(axis=1) + 1
    # Rounded, so that equal evidence is equal to the last digit.
    expected = np.round(share @ np.arange(1, providers + 1), 12)
    place = (expected[None, :] < expected[:, None]).sum(axis=1) + 1
    return Places(
        expected, place, low, high, share[:, 0], cumulated[:, min(2, providers - 1)].clip(max=1.0), _group(draws, expected, level)
    )


def _pooled(values: Floats, alike: NDArray[np.int64]) -> Floats:
    """Average rows with the same mark."""
    _, mark, times = np.unique(alike, return_inverse=True, return_counts=True)
    sums = np.zeros((times.size, values.shape[1]))
    np.add.at(sums, mark, values)
    return np.asarray((sums / times[:, None])[mark], dtype=np.float64)


def _group(draws: Floats, expected: Floats, level: float) -> NDArray[np.int64]:
    """Give groups: down the ranking, the first provider that is worse than its group's best with probability `level` opens the next."""
    group = np.zeros(expected.size, dtype=np.int64)
    head, number, before = -1, 0, np.nan
    for each in np.argsort(expected, kind="stable"):
        is_apart = head < 0 or (float((draws[:, head] > draws[:, each]).mean()) >= level and expected[each] != before)
        if is_apart:
            head, number = int(each), number + 1
        group[each] = number
        before = expected[each]
    return group


def place_columns(
    draws: Floats, alike: NDArray[np.int64], *, ranked: NDArray[np.bool_], level: float = LEVEL
) -> dict[str, list[float | int | None]]:
    """Give `find_places` of the ranked providers as columns, null for the others.

    Args:
        draws: As in `find_places`, all providers.
        alike: As in `find_places`, all providers.
        ranked: Who is ranked; the others are not in the competition.
        level: As in `find_places`.
    """
    at = np.flatnonzero(ranked)
    found: dict[str, list[float | int | None]] = {name: [None] * ranked.size for name in PLACES}
    if at.size:
        places = find_places(draws[:, at], alike[at], level=level)
        columns = (places.expected, places.place, places.low, places.high, places.first, places.top3, places.group)
        for name, values in zip(PLACES, columns, strict=True):
            for index, value in zip(at.tolist(), values.tolist(), strict=True):
                found[name][index] = value
    return found

"""The fleet: what all providers together say about the rate of a signal, and each provider's own rate shrunk to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaln

Numbers = np.ndarray[Any, np.dtype[np.float64]]

MEANS = 1.0 / (1.0 + np.exp(-np.linspace(-7.0, 3.0, 31)))
WEIGHTS = np.exp(np.linspace(np.log(2.0), np.log(2_000.0), 16))


@dataclass(frozen=True, slots=True)
class Fleet:
    """The spread of providers' rates: a beta distribution for each signal.

    Attributes:
        mean: The middle rate, by signal.
        weight: How many deliveries of one provider it is worth, by signal.
    """

    mean: Numbers
    weight: Numbers


def read_fleet(k: Numbers, n: Numbers, *, memory: float) -> Fleet:
    """Read the spread of rates between providers from their histories.

    Args:
        k: Counts, providers by signals.
        n: Numbers checked, the same shape; 0 where there is no history.
        memory: Each provider's history counts for at most so many deliveries, as its weeks differ by more than chance alone.

    Returns:
        By signal the mean, averaged over a grid of (mean, weight), and the weight that gives the grid's average spread.

    Source: the beta-binomial likelihood with the uniform-shrinkage prior on the weight, Christiansen and Morris 1997, J. Am. Statist.
    Assoc. 92, 618-632; each mean of the grid, even in log odds, is as likely.
    """
    scale = np.minimum(1.0, memory / np.maximum(n, 1.0))
    k, n = k * scale, n * scale
    middle = np.array([np.median(column[column > 0]) if (column > 0).any() else memory for column in n.T])
    a, b = MEANS[:, None] * WEIGHTS, (1 - MEANS)[:, None] * WEIGHTS
    likelihood = np.zeros((n.shape[1], *a.shape))
    none = betaln(a, b)
    # Providers in parts, so that thousands of them do not fill the memory.
    for start in range(0, len(n), 50):
        own_k, own_n = k[start : start + 50, :, None, None], n[start : start + 50, :, None, None]
        likelihood += (betaln(own_k + a, own_n - own_k + b) - none).sum(axis=0)
    # The grid is even in log weight, so the density of the weight is taken times the weight.
    likelihood += np.log(middle[:, None, None] * WEIGHTS / (middle[:, None, None] + WEIGHTS) ** 2)
    chance = np.exp(likelihood - likelihood.max(axis=(1, 2), keepdims=True))
    chance /= chance.sum(axis=(1, 2), keepdims=True)
    mean = (chance * MEANS[:, None]).sum(axis=(1, 2))
    return Fleet(mean=mean, weight=1.0 / (chance / (WEIGHTS + 1)).sum(axis=(1, 2)) - 1.0)


def shrink(k: Numbers, n: Numbers, fleet: Fleet, *, memory: float) -> tuple[Numbers, Numbers]:
    """Give the beta distribution of each provider's own rate: its history added to the fleet's, and the whole worth at most `memory`.

    The mean is that of the whole history, so that a provider with a long one is compared with itself; the spread is that of `memory`
    deliveries, as its weeks differ by more than chance alone.
    """
    a = fleet.mean * fleet.weight + k
    b = (1 - fleet.mean) * fleet.weight + n - k
    down = np.minimum(1.0, memory / (a + b))
    return a * down, b * down

"""The value of a test: what buying a few units first is worth, when part of their outcome is seen in time, exactly.

No simulation: outcomes are summed over 400 points of what is believed. The normal approximation is 6 to 31 % too high and useless for
small tests, so it is not used. Source: expected value of sample information, Raiffa, Schlaifer 1961, Applied Statistical Decision Theory;
Heath et al. 2020, Value in Health 23(6), 734-742.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from payper.advice.options import Array

QUANTILES = 400
GRID: tuple[int, ...] = (5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400)
"""Sizes of test that are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestValue:
    """What a test is worth, in minor units.

    Attributes:
        units: Units to buy for the test.
        visible: Share of outcomes that are seen by its end.
        cost_minor: What its units cost.
        loss_minor: What its units are expected to lose against the best that could be done with the money; at least 0.
        value_minor: What is gained by deciding after it (EVSI).
        net_minor: `value_minor` less `loss_minor`.
        buy_from: The successes from which on to go on buying; None where no outcome would change the decision.
    """

    units: int
    visible: float
    cost_minor: float
    loss_minor: float
    value_minor: float
    net_minor: float
    buy_from: int | None


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of a share of success: values it may have and the chance of each.

    Attributes:
        shares: From 0 to 1, (points,).
        chances: They add up to 1, (points,).
    """

    shares: Array
    chances: Array

    @property
    def mean(self) -> float:
        """Give the mean share."""
        return float(self.shares @ self.chances)


def beta_belief(successes: float, failures: float, count: int = QUANTILES) -> Belief:
    """Give a Beta distribution as points at its quantiles, closer towards both ends (Gauss-Legendre), so that tails are not missed."""
    from scipy.special import betaincinv

    at, chances = _legendre(count)
    return Belief(np.asarray(betaincinv(successes, failures, at), dtype=np.float64), chances)


def drawn_belief(shares: Array) -> Belief:
    """Give equally likely draws as a belief, (draws,)."""
    return Belief(shares, np.full(shares.size, 1 / shares.size))


def posterior_means(belief: Belief, *, units: int, visible: float = 1.0) -> tuple[Array, Array]:
    """Give the chance of every number of successes seen in a test and the mean share after it, (units + 1,) each.

    Args:
        belief: What is believed of the share of success.
        units: Units bought for the test.
        visible: Chance that a success is seen by the test's end, from 0 to 1: the share of its time that outcomes have.
    """
    from scipy.special import gammaln

    seen = np.clip(belief.shares * visible, 1e-12, 1 - 1e-12)
    counts = np.arange(units + 1)
    ways = gammaln(units + 1) - gammaln(counts + 1) - gammaln(units - counts + 1)
    logs = ways[:, None] + counts[:, None] * np.log(seen) + (units - counts)[:, None] * np.log1p(-seen)
    joint = np.exp(logs) * belief.chances
    chance = joint.sum(axis=1)
    means = (joint @ belief.shares) / np.maximum(chance, 1e-300)
    return chance, means


@cache
def _legendre(count: int) -> tuple[Array, Array]:
    """Give points and weights of Gauss-Legendre quadrature from 0 to 1."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return (points + 1) / 2, weights / 2


def value_of_test(
    belief: Belief,
    *,
    units: int,
    later_units: float,
    worth_minor: float,
    price_minor: float,
    visible: float = 1.0,
) -> TestValue:
    """Give the exact value of a test before buying `later_units` in all, the test's own included, or none.

    EVSI(n) = (N - n) (sum over k of P(k) max(0, E[p | k] V - c) - max(0, E[p] V - c)); the test loses n max(0, c - E[p] V).

    Args:
        belief: What is believed of the share of success per unit.
        units: Size of the test, n.
        later_units: Units bought in all if they are worth it, N.
        worth_minor: What a success is worth, V, in minor units.
        price_minor: What a unit costs with its work, c, in minor units.
        visible: Share of outcomes seen by the test's end.
    """
    chance, means = posterior_means(belief, units=units, visible=visible)
    now = belief.mean * worth_minor - price_minor
    after = means * worth_minor - price_minor
    rest = max(later_units - units, 0.0)
    value = rest * max(float(chance @ np.maximum(after, 0.0)) - max(now, 0.0), 0.0)
    loss = units * max(-now, 0.0)
    changes = bool((after > 0).any() and (after <= 0).any())
    return TestValue(
        units=units,
        visible=visible,
        cost_minor=units * price_minor,
        loss_minor=loss,
        value_minor=value,
        net_minor=value - loss,
        buy_from=int(np.argmax(after > 0)) if changes else None,
    )


def best_test(
    belief: Belief,
    *,
    later_units: float,
    worth_minor: float,
    price_minor: float,
    visible: float = 1.0,
    budget_minor: float | None = None,
    least_units: int = 1,
    sizes: Sequence[int] = GRID,
) -> TestValue | None:
    """Give the size of test with the highest net value that the budget allows, or None where none is worth anything.

    Args:
        belief: As of `value_of_test`.
        later_units: As of `value_of_test`.
        worth_minor: As of `value_of_test`.
        price_minor: As of `value_of_test`.
        visible: As of `value_of_test`.
        budget_minor: The most the test may cost; None for no limit.
        least_units: The smallest order.
        sizes: Sizes to try; the smallest order and what the budget allows are tried besides.
    """

    def value(units: int) -> TestValue:
        return value_of_test(
            belief, units=units, later_units=later_units, worth_minor=worth_minor, price_minor=price_minor, visible=visible
        )

    most = later_units if budget_minor is None or price_minor <= 0 else min(later_units, budget_minor / price_minor)
    return best_of(value, most=most, least=least_units, sizes=sizes)


def best_of(value: Callable[[int], TestValue], *, most: float, least: int, sizes: Sequence[int] = GRID) -> TestValue | None:
    """Try sizes from the least to the most and give the best test, or None where none has a net value above 0."""
    tried = sorted({size for size in (*sizes, least, int(min(most, max(sizes)))) if least <= size <= most and size >= 1})
    found = max((value(size) for size in tried), key=lambda each: each.net_minor, default=None)
    return found if found is not None and found.net_minor > 0 else None

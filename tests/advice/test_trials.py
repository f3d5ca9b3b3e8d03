"""What a test is worth: exact sums agree with simulation, and late outcomes are worth less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.advice.trials import GRID, best_test, beta_belief, drawn_belief, posterior_means, value_of_test


def simulated(a: float, b: float, *, units: int, later: float, worth: float, price: float, visible: float, draws: int) -> float:
    """Nested simulation: draw the share, draw the test, decide by an exact posterior on a grid of its own."""
    rng = np.random.default_rng(7)
    seen = rng.binomial(units, rng.beta(a, b, draws) * visible)
    grid = (np.arange(20_000) + 0.5) / 20_000
    logs = (a - 1) * np.log(grid) + (b - 1) * np.log1p(-grid)
    means = []
    for count in range(units + 1):
        weight = logs + count * np.log(grid * visible) + (units - count) * np.log1p(-grid * visible)
        weight = np.exp(weight - weight.max())
        means.append(float(weight @ grid / weight.sum()))
    after = np.maximum(np.array(means)[seen] * worth - price, 0).mean()
    return float((later - units) * (after - max(a / (a + b) * worth - price, 0)))


@pytest.mark.parametrize(
    ("a", "b", "units", "worth", "price", "visible"),
    [(3, 17, 20, 90_000, 15_000, 1.0), (3, 17, 20, 90_000, 15_000, 0.5), (15, 5, 40, 60_000, 48_000, 1.0), (2, 18, 60, 80_000, 7_000, 0.7)],
)
def test_the_sum_agrees_with_nested_simulation(a: float, b: float, units: int, worth: float, price: float, visible: float) -> None:
    exact = value_of_test(beta_belief(a, b), units=units, later_units=500, worth_minor=worth, price_minor=price, visible=visible)
    drawn = simulated(a, b, units=units, later=500, worth=worth, price=price, visible=visible, draws=400_000)
    assert exact.value_minor == pytest.approx(drawn, rel=0.03)


def test_a_beta_prior_gives_the_beta_binomial_by_hand() -> None:
    """With all outcomes seen, k of n moves Beta(3, 17) to (3 + k) / (20 + n)."""
    chance, means = posterior_means(beta_belief(3, 17), units=10)
    assert chance.sum() == pytest.approx(1)
    assert means[:4] == pytest.approx([(3 + k) / 30 for k in range(4)], rel=1e-6)


@given(a=st.floats(1, 20), b=st.floats(1, 40), units=st.sampled_from(GRID[:10]), visible=st.floats(0.05, 1))
def test_a_test_is_never_worth_less_than_nothing_nor_more_when_seen_later(a: float, b: float, units: int, visible: float) -> None:
    belief = beta_belief(a, b)
    price = 10_000.0
    worth = price / (a / (a + b)) * 0.9
    full = value_of_test(belief, units=units, later_units=300, worth_minor=worth, price_minor=price)
    late = value_of_test(belief, units=units, later_units=300, worth_minor=worth, price_minor=price, visible=visible)
    assert -1e-6 <= late.value_minor <= full.value_minor * (1 + 1e-6) + 1e-3
    assert late.loss_minor == pytest.approx(units * price * 0.1, rel=0.02)


def test_what_is_known_for_sure_is_worth_no_test() -> None:
    assert best_test(drawn_belief(np.full(400, 0.3)), later_units=500, worth_minor=10_000, price_minor=4_000) is None
    assert best_test(beta_belief(3, 17), later_units=500, worth_minor=1_000, price_minor=4_000) is None


def test_a_small_budget_makes_a_small_test() -> None:
    belief = beta_belief(3, 17)
    free = best_test(belief, later_units=1000, worth_minor=60_000, price_minor=9_500)
    tight = best_test(belief, later_units=1000, worth_minor=60_000, price_minor=9_500, budget_minor=200_000)
    assert free is not None
    assert tight is not None
    assert tight.cost_minor <= 200_000
    assert tight.units < free.units
    assert tight.net_minor <= free.net_minor
    assert free.buy_from is not None
    assert free.buy_from > 0

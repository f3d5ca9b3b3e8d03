"""Chances: exact tails, Simes and Benjamini-Hochberg against hand-computed cases and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, binom, false_discovery_control

from payper.measurement.anomalies.chance import benjamini_hochberg, simes, upper_mid_p

shares = st.floats(1e-9, 1.0)


def tail(k: float, n: float, a: float, b: float) -> float:
    return float(upper_mid_p(*(np.array([each], dtype=float) for each in (k, n, a, b)))[0])


def test_a_uniform_rate_makes_every_count_as_likely() -> None:
    """Beta(1, 1) gives each of 0..4 the chance 1/5, so that three or more with half of three is 1/5 + 1/10."""
    assert tail(3, 4, 1, 1) == pytest.approx(0.3)
    assert tail(0, 4, 1, 1) == pytest.approx(0.9)


def test_nothing_checked_says_nothing() -> None:
    assert tail(0, 0, 3, 40) == pytest.approx(0.5)


@settings(max_examples=40)
@given(st.integers(1, 300), st.floats(0, 1), st.floats(0.05, 60), st.floats(0.05, 400))
def test_the_tail_is_that_of_scipy(n: int, share: float, a: float, b: float) -> None:
    k = round(n * share)
    expected = betabinom.sf(k, n, a, b) + 0.5 * betabinom.pmf(k, n, a, b)
    assert tail(k, n, a, b) == pytest.approx(float(expected), rel=1e-6, abs=1e-12)


def test_a_rate_known_exactly_gives_the_binomial_tail() -> None:
    assert tail(9, 31, 5e7, 95e7) == pytest.approx(float(binom.sf(9, 31, 0.05) + 0.5 * binom.pmf(9, 31, 0.05)), rel=1e-4)


def test_very_large_counts_are_scaled_and_stay_close() -> None:
    exact = float(betabinom.sf(8_000, 100_000, 7.5, 142.5))
    assert tail(8_000, 100_000, 7.5, 142.5) == pytest.approx(exact, rel=0.02)


@given(st.integers(2, 80), st.data())
def test_a_higher_count_is_never_more_likely(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n - 1))
    assert tail(k + 1, n, 2.0, 30.0) < tail(k, n, 2.0, 30.0)


def test_simes_by_hand() -> None:
    """Of .01, .04, .30: the least of 3 x .01 / 1, 3 x .04 / 2 and 3 x .30 / 3."""
    assert simes(np.array([[0.30, 0.01, 0.04]]))[0] == pytest.approx(0.03)
    assert simes(np.array([[0.04, 0.03, 0.05]]))[0] == pytest.approx(0.05)


def test_a_test_not_made_does_not_count() -> None:
    assert simes(np.array([[np.nan, 0.01, 0.04, np.nan, 0.30]]))[0] == pytest.approx(0.03)
    assert np.isnan(simes(np.array([[np.nan, np.nan]]))[0])


@given(st.lists(shares, min_size=1, max_size=12))
def test_simes_lies_between_the_least_and_what_bonferroni_says(chances: list[float]) -> None:
    together = float(simes(np.array([chances]))[0])
    assert min(chances) - 1e-15 <= together <= min(1.0, min(chances) * len(chances)) + 1e-15


def test_benjamini_hochberg_by_hand() -> None:
    """Fifteen chances of the paper's own example (section 4.1): at q = .05 the four least are kept."""
    paper = np.array([0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0])
    adjusted = benjamini_hochberg(paper)
    assert (adjusted <= 0.05).sum() == 4
    assert adjusted[3] == pytest.approx(0.0095 * 15 / 4)


@given(st.lists(shares, min_size=1, max_size=30))
def test_adjusted_chances_are_those_of_scipy(chances: list[float]) -> None:
    assert benjamini_hochberg(np.array(chances)) == pytest.approx(false_discovery_control(chances), rel=1e-12)


def test_the_order_of_providers_does_not_matter() -> None:
    chances = np.array([0.2, np.nan, 0.001, 0.03])
    assert benjamini_hochberg(chances[::-1])[::-1] == pytest.approx(benjamini_hochberg(chances), nan_ok=True)

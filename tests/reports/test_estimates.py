"""How estimates are written: never more figures than they have, never a number where nothing is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.reports.estimates import amount, multiple, number, rounded, share, with_interval


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (3123.9, "3,120"), (48.21, "48.2"), (7, "7"), (1_263_000, "1.26M"), (-12.4, "−12.4"), (999.6, "1,000"), (0.0123, "0.01")],
)
def test_an_amount_has_three_figures(value: float, text: str) -> None:
    assert amount(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(3.14, "3.1x"), (0.417, "0.42x"), (24.4, "24x"), (9.96, "10x"), (-0.5, "−0.50x"), (0, "0.00x")]
)
def test_a_multiple_has_two_figures(value: float, text: str) -> None:
    assert multiple(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0%"), (0.042, "4.2%"), (0.0031, "0.31%"), (0.67, "67%"), (1, "100%"), (0.9991, "99.9%"), (0.00001, "under 0.01%")],
)
def test_a_share_is_a_percentage_that_never_claims_all_or_none_before_it_is(value: float, text: str) -> None:
    assert share(value) == text


def test_an_interval_names_its_unit_once_and_a_missing_bound_in_words() -> None:
    assert with_interval(3.14, 2.01, 4.6, multiple) == "3.1x (2.0 to 4.6)"
    assert with_interval(0.042, 0.031, 0.058, share) == "4.2% (3.1 to 5.8)"
    assert with_interval(3123, 2011, None) == "3,120 (at least 2,010)"
    assert with_interval(None, 2011, None) == "over 2,010"
    assert with_interval(None, None, None) == "not known yet"
    assert with_interval(31.4, 22, 43.2, number) == "31 (22 to 43)"


@given(st.floats(min_value=1e-9, max_value=1e12, allow_nan=False))
def test_rounding_moves_a_number_by_less_than_half_of_its_last_figure(value: float) -> None:
    assert math.isclose(rounded(value), value, rel_tol=0.0051)
    assert "nan" not in amount(value).lower()

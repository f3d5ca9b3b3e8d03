# ruff: noqa: SIM300 - tables of spellings, and bounds in the order of numbers
"""Sizes: employees and revenue from free text, and the ranges of contracts."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.normalisation.sizes import parse_range, read_revenues, read_sizes

EMPLOYEES = {
    "1,000-5,000": (1000, 5000), "1k+": (1000, None), "1001 - 5000 employees": (1001, 5000), "> 500": (501, None), "< 50": (1, 49),
    "up to 200": (1, 200), "10.000+": (10000, None), "5000": (5000, 5000), "5,000.0": (5000, 5000), "1-10": (1, 10), "myself only": (1, 1),
    "Self-employed": (1, 1), "500 to 1000": (500, 1000), "10K-50K": (10000, 50000), "1 million": (1_000_000, 1_000_000), "11–50": (11, 50),
    "Enterprise (1000+)": (1000, None), "between 50 and 100": (50, 100), "250 oder mehr": (250, None), "mehr als 50": (51, None), "500-1k": (500, 1000),
    "1-5k": (1000, 5000), "1 000 - 5 000": (1000, 5000), ">=500": (500, None), "de 11 a 50 empleados": (11, 50), "fewer than 10": (1, 9), "0-9": (1, 9),
}  # fmt: skip
UNREADABLE = [
    "Jan-10",
    "10-Jan",
    "2010-01-01",
    "-5",
    "0",
    "99999999",
    "Level 5",
    "n/a",
    "",
    "50-10",
    "12.5",
    "1-",
    "Enterprise",
    "1/10/2024",
    "10,20,30",
]

REVENUES = {
    "$50M to $100M": (50_000_000, 100_000_000, "USD"), "50-100M": (50_000_000, 100_000_000, None), "$1B+": (1_000_000_000, None, "USD"),
    "1.2 bn": (1_200_000_000, 1_200_000_000, None), "10 Mio. €": (10_000_000, 10_000_000, "EUR"), "< $1M": (0, 999_999, "USD"),
    "Under $1 Million": (0, 999_999, "USD"), "1,234,567.89": (1_234_568, 1_234_568, None), "USD 5M": (5_000_000, 5_000_000, "USD"),
    "5M EUR": (5_000_000, 5_000_000, "EUR"), "C$5M": (5_000_000, 5_000_000, "CAD"), "A$10m": (10_000_000, 10_000_000, "AUD"),
    "CHF 3 Mio": (3_000_000, 3_000_000, "CHF"), "₹5 Cr": (50_000_000, 50_000_000, "INR"), "INR 50 lakh": (5_000_000, 5_000_000, "INR"),
    "¥100M": (100_000_000, 100_000_000, "JPY"), "1.000.000 €": (1_000_000, 1_000_000, "EUR"), "$500M-$1B": (500_000_000, 1_000_000_000, "USD"),
    "€1 Mrd": (1_000_000_000, 1_000_000_000, "EUR"), "up to $500K": (0, 500_000, "USD"), "US$ 20 million": (20_000_000, 20_000_000, "USD"),
    "$5M-€6M": (None, None, None), "-5": (None, None, None), "": (None, None, None), "5 kr": (None, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "size"), EMPLOYEES.items())
def test_a_size_is_read(text, size):
    assert read_sizes(pl.Series([text])).row(0) == size


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_text_that_is_not_certainly_a_size_is_none(text):
    assert read_sizes(pl.Series([text])).row(0) == (None, None)


@pytest.mark.parametrize(("text", "revenue"), REVENUES.items())
def test_a_revenue_is_read_with_its_currency(text, revenue):
    assert read_revenues(pl.Series([text])).row(0) == revenue


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.sampled_from(["{}-{}", "{} - {}", "{} to {}", "{:,}–{:,}", "between {} and {}"]))
def test_a_range_is_read_as_written(one, other, form):
    low, high = sorted((one, other))
    assert read_sizes(pl.Series([form.format(low, high)])).row(0) == (low, high)


@given(st.text(max_size=25))
def test_whatever_is_read_is_a_range(text):
    low, high = read_sizes(pl.Series([text])).row(0)
    assert (low is None and high is None) or (1 <= low and (high is None or low <= high))
    low, high, currency = read_revenues(pl.Series([text])).row(0)
    assert (low is None and high is None and currency is None) or (0 <= low and (high is None or low <= high))


def test_the_range_of_a_contract_is_parsed():
    texts = ["200..5000", "50M..", "..200", "1k..5k", "1_000..2_000", "1.5M..2M", "200 .. 500", "7"]
    expected = [(200, 5000), (50_000_000, None), (None, 200), (1000, 5000), (1000, 2000), (1_500_000, 2_000_000), (200, 500), (7, 7)]
    assert [parse_range(text) for text in texts] == expected


@pytest.mark.parametrize("text", ["", "..", "abc", "200...500", "-5..3", "5 10", "1.5..2", "$5M.."])
def test_what_is_no_range_is_refused_with_the_text_seen(text):
    with pytest.raises(ValueError, match="range"):
        parse_range(text)

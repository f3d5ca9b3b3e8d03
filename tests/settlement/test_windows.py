"""Ends of windows in columns equal those of one instant at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from settlement_cases import RATES

from payper.periods import Calendar, Period
from payper.settlement.windows import INSTANT, window_ends

ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
PERIODS = st.builds(Period, st.integers(0, 12), st.sampled_from(["m", "h", "d", "bd", "bh"]))
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001  # Hypothesis draws local times


@given(st.lists(INSTANTS, max_size=6), PERIODS, ZONES)
def test_a_column_of_windows_ends_as_each_of_them(starts: list[datetime], period: Period, zone: str) -> None:
    calendar = Calendar(zone=zone, holidays=frozenset({date(2026, 7, 3)}))
    ends = window_ends(pl.Series(starts, dtype=INSTANT), period, calendar)
    assert ends.to_list() == [calendar.end_of(start, period) for start in starts]


def test_a_window_of_days_that_would_end_in_the_gap_of_the_clock_moves_forward() -> None:
    calendar = Calendar(zone="America/New_York")
    starts = pl.Series([datetime(2026, 3, 7, 7, 30, tzinfo=UTC) + timedelta(minutes=one) for one in range(3)], dtype=INSTANT)
    assert window_ends(starts, Period.parse("1d"), calendar).to_list() == [calendar.end_of(one, Period.parse("1d")) for one in starts]


@pytest.mark.parametrize(
    ("source", "target", "day", "rate"),
    [("USD", "USD", date(2020, 1, 1), "1"), ("GBP", "USD", date(2026, 1, 31), "1.25"), ("GBP", "USD", date(2026, 2, 1), "1.30"), ("GBP", "JPY", date(2026, 2, 1), "162.5"), ("GBP", "USD", date(2025, 12, 31), None), ("CHF", "USD", date(2026, 2, 1), None)],  # one row of a table
)  # fmt: skip
def test_the_latest_rate_not_after_the_day_holds(source: str, target: str, day: date, rate: str | None) -> None:
    assert RATES.rate(source, target, day) == (Decimal(rate) if rate else None)

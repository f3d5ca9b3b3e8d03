"""Windows and local times in columns equal those of one instant at a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.deliveries import INSTANT
from payper.periods import Calendar, Period, local_dates, localise, window_ends

ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
PERIODS = st.builds(Period, st.integers(0, 12), st.sampled_from(["m", "h", "d", "bd", "bh"]))
LOCAL_TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31))  # noqa: DTZ001  # local times have no zone
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001  # Hypothesis draws local times


@given(st.lists(st.none() | INSTANTS, max_size=6), PERIODS, ZONES)
def test_a_column_of_windows_ends_as_each_of_them(starts: list[datetime], period: Period, zone: str) -> None:
    calendar = Calendar(zone=zone, holidays=frozenset({date(2026, 7, 3)}))
    ends = window_ends(pl.Series(starts, dtype=INSTANT), period, calendar)
    assert ends.to_list() == [start and calendar.end_of(start, period) for start in starts]


def test_a_window_of_days_that_would_end_in_the_gap_of_the_clock_moves_forward() -> None:
    calendar = Calendar(zone="America/New_York")
    starts = pl.Series([datetime(2026, 3, 7, 7, 30, tzinfo=UTC) + timedelta(minutes=one) for one in range(3)], dtype=INSTANT)
    assert window_ends(starts, Period.parse("1d"), calendar).to_list() == [calendar.end_of(one, Period.parse("1d")) for one in starts]


@given(st.lists(st.none() | LOCAL_TIMES, max_size=6), ZONES)
def test_a_column_of_local_times_is_placed_as_each_of_them(clocks: list[datetime | None], zone: str) -> None:
    calendar = Calendar(zone=zone)
    placed = localise(pl.Series(clocks, dtype=pl.Datetime("us")), calendar)
    assert placed.to_list() == [clock and calendar.localise(clock) for clock in clocks]
    assert placed.dtype == INSTANT


def test_a_local_time_that_does_not_exist_moves_forward_and_of_two_the_first_counts() -> None:
    clocks = pl.Series([datetime(2026, 3, 8, 2, 30), datetime(2026, 11, 1, 1, 30), None])  # noqa: DTZ001  # local times have no zone
    placed = localise(clocks, Calendar(zone="America/New_York")).to_list()
    assert placed == [datetime(2026, 3, 8, 7, 30, tzinfo=UTC), datetime(2026, 11, 1, 5, 30, tzinfo=UTC), None]


@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Asia/Tehran",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
    ],
)
def test_many_instants_are_moved_as_few_of_them_are(zone: str) -> None:
    """Many are moved by what holds for their whole day, few are looked up among the zone's changes: every quarter of an hour of two years
    whose clocks change at midnight, one minute after it, by half an hour, in Ramadan, and past a day that never was, with nulls between."""
    first, last = (pl.Series([text]).str.to_datetime(time_unit="us")[0] for text in ("2010-10-01 00:00", "2012-05-01 00:00"))
    clocks = pl.datetime_range(first, last, "15m", eager=True).append(pl.Series([None], dtype=pl.Datetime("us")))
    instants, calendar = clocks.dt.replace_time_zone("UTC"), Calendar(zone=zone)
    pieces = range(0, len(clocks), 4000)
    assert len(clocks) > 50_000
    assert localise(clocks, calendar).equals(
        pl.concat([localise(clocks[piece : piece + 4000], calendar) for piece in pieces]), null_equal=True
    )
    dates = pl.concat([local_dates(instants[piece : piece + 4000], zone) for piece in pieces])
    assert local_dates(instants, zone).equals(dates, null_equal=True)
    ends = pl.concat([window_ends(instants[piece : piece + 4000], Period.parse("14d"), calendar) for piece in pieces])
    assert window_ends(instants, Period.parse("14d"), calendar).equals(ends, null_equal=True)

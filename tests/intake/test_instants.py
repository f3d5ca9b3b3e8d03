"""Dates as senders write them, and the ones that cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.intake import find_date_order, read_instants
from payper.periods import Calendar


def instant(text: str, *, zone: str = "UTC", date_order: str | None = None) -> tuple[datetime | None, str | None]:
    row = read_instants(pl.Series([text]), zone=zone, date_order=date_order).row(0)
    return row[0], row[1]


@pytest.mark.parametrize(
    "text",
    """2026-01-15T14:30:00Z|2026-01-15 14:30|2026-01-15T14:30:00.000|2026-01-15T15:30:00+01:00|2026-01-15 09:30:00 -0500|01/15/2026 14:30
15/01/2026 2:30 PM|15.01.2026 14:30 Uhr|Jan 15, 2026 2:30pm|January 15th, 2026 at 2:30 p.m.|15 Jan 2026 14:30:00|15-Jan-26 14:30
Thu, 15 Jan 2026 09:30:00 -0500|Thu Jan 15 2026 15:30:00 GMT+0100 (CET)|1768487400|1768487400000|20260115T143000Z|2026/1/15 14:30
15. Januar 2026 14:30|15 janvier 2026 à 14h30|1/15/26 9:30 am EST|20260115143000|15 enero 2026 14:30""".replace("\n", "|").split("|"),
)
def test_one_instant_in_many_spellings(text: str) -> None:
    assert instant(text) == (datetime(2026, 1, 15, 14, 30, tzinfo=UTC), None)


@pytest.mark.parametrize("text", ["2026-01-15", "15.01.2026", "Jan 15, 2026", "20260115", "15/01/26", "46037", "Thursday, 15 January 2026"])
def test_a_date_alone_is_its_local_midnight(text: str) -> None:
    assert instant(text, zone="America/New_York")[0] == datetime(2026, 1, 15, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-02-30", "there is no 30 February 2026"),
        ("31/04/2026", "there is no 31 April 2026"),
        ("2026-13-01", "no such month as 13"),
        ("0202-01-01", "outside the years 1990 to 2099"),
        ("2999-01-01T00:00:00Z", "outside the years 1990 to 2099"),
        ("2026-01-15 25:00", "no such time as 25:00:00"),
        ("13:30 pm", "cannot be read as a date"),
        ("Jan 15, 2026 14:30 XYZ", "a time zone that is not known: `XYZ`"),
        ("2026-01-15T00:00:00+99:00", "further from UTC than any zone"),
        ("tomorrow", "cannot be read as a date"),
        ("45", "cannot be read as a date"),
    ],
)
def test_impossible_dates_say_what_is_wrong(text: str, words: str) -> None:
    read, fault = instant(text)
    assert read is None
    assert words in str(fault)
    assert text in str(fault)


def test_a_date_that_settles_it_tells_the_order_of_its_column() -> None:
    column = pl.Series(["03/04/2026", "13/04/2026"])
    assert find_date_order(column) == "dmy"
    assert read_instants(column, zone="America/New_York")["instant"].dt.month().to_list() == [4, 4]
    assert read_instants(pl.Series(["03/04/2026", "04/13/2026"]), zone="UTC")["instant"].dt.month().to_list() == [3, 4]


def test_where_nothing_settles_it_the_order_told_or_usual_holds() -> None:
    text = "03/04/2026"
    assert instant(text, zone="America/Chicago")[0].month == 3  # type: ignore[union-attr]
    assert instant(text, zone="Europe/Berlin")[0].month == 4  # type: ignore[union-attr]
    assert instant(text, zone="America/Mexico_City")[0].month == 4  # type: ignore[union-attr]
    assert instant(text, zone="Europe/Berlin", date_order="mdy")[0].month == 3  # type: ignore[union-attr]


def test_a_column_written_both_ways_leaves_the_doubtful_unread() -> None:
    read = read_instants(pl.Series(["03/04/2026", "13/04/2026", "04/13/2026", "5/5/2026"]), zone="UTC")
    assert read["instant"].is_null().to_list() == [True, False, False, False]
    assert "both ways" in read["fault"][0]


def test_a_clock_change_is_settled_as_the_rules_say() -> None:
    assert instant("2026-03-08 02:30", zone="America/New_York")[0] == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert instant("2026-11-01 01:30", zone="America/New_York")[0] == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


CLOCKS = st.datetimes(min_value=datetime.fromisoformat("1990-01-02"), max_value=datetime.fromisoformat("2099-12-30"))


@given(
    clocks=st.lists(CLOCKS, min_size=1, max_size=5),
    zone=st.sampled_from(["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"]),
)
def test_local_times_agree_with_the_calendar(clocks: list[datetime], zone: str) -> None:
    read = read_instants(pl.Series([clock.isoformat() for clock in clocks]), zone=zone)
    assert read["fault"].null_count() == len(clocks)
    assert read["instant"].to_list() == [Calendar(zone).localise(clock) for clock in clocks]


@given(clocks=st.lists(CLOCKS, min_size=1, max_size=5), zone=st.sampled_from(["America/New_York", "Asia/Kolkata"]))
def test_an_offset_wins_over_the_zone(clocks: list[datetime], zone: str) -> None:
    placed = [clock.replace(tzinfo=ZoneInfo("Asia/Kolkata")) for clock in clocks]
    read = read_instants(pl.Series([clock.isoformat() for clock in placed]), zone=zone)
    assert read["instant"].to_list() == [clock.astimezone(UTC) for clock in placed]


@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=12), st.sampled_from(["2026-01-15", "2026-01-15T10:00:60", "1/2/26", "46037"])), max_size=6
    )
)
def test_every_text_gives_an_instant_or_a_fault(texts: list[str | None]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    read = read_instants(column, zone="Europe/Berlin")
    assert read.height == len(texts)
    for text, found, fault in zip(texts, read["instant"], read["fault"], strict=True):
        assert (text is None) == (found is None and fault is None)
        assert found is None or fault is None

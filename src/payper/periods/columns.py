"""Ends of windows for whole columns: the columnar twin of `Calendar.end_of` (RULES 1 to 3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from payper.periods.spans import Calendar, Period

INSTANT = pl.Datetime("us", "UTC")


def local_dates(instants: pl.Series, zone: str) -> pl.Series:
    """Give the calendar date of every instant (UTC) in a zone; null stays null."""
    return instants.dt.convert_time_zone(zone).dt.date()


def window_ends(starts: pl.Series, period: Period, calendar: Calendar) -> pl.Series:
    """Give the last instant of the window of `period` from every start, UTC; null stays null.

    Args:
        starts: Instants, UTC.
        period: The span.
        calendar: The contract's zone, holidays and business hours.
    """
    if period.unit in {"m", "h"}:
        span = timedelta(minutes=period.count) if period.unit == "m" else timedelta(hours=period.count)
        return (starts + span).cast(INSTANT)
    if period.unit == "d":
        return localise(starts.dt.convert_time_zone(calendar.zone).dt.replace_time_zone(None).dt.offset_by(f"{period.count}d"), calendar)
    if period.unit == "bd":
        dates = local_dates(starts, calendar.zone)
        distinct = dates.drop_nulls().unique()
        ends = [calendar.day_end(calendar.business_day_after(day, period.count)) for day in distinct.to_list()]
        return _look_up(dates, distinct, ends)
    distinct = starts.drop_nulls().unique()
    return _look_up(starts, distinct, [calendar.end_of(start, period) for start in distinct.to_list()])


def localise(naive: pl.Series, calendar: Calendar) -> pl.Series:
    """Place local clock times on the time line, UTC: of two the first, and one that does not exist moves forward by the gap."""
    placed = naive.dt.replace_time_zone(calendar.zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")
    gaps = placed.is_null() & naive.is_not_null()
    if not gaps.any():
        return placed.cast(INSTANT)
    distinct = naive.filter(gaps).unique()
    mended = _look_up(naive, distinct, [calendar.localise(each) for each in distinct.to_list()])
    return placed.cast(INSTANT).zip_with(~gaps, mended)


def _look_up(values: pl.Series, distinct: pl.Series, results: Sequence[object]) -> pl.Series:
    table = pl.DataFrame({"value": distinct, "result": pl.Series(results, dtype=INSTANT)})
    return values.to_frame("value").join(table, on="value", how="left", maintain_order="left")["result"]

"""Ends of windows for whole columns: the columnar twin of `Calendar.end_of` (RULES 1 to 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import polars as pl

from payper.periods.spans import Calendar, Period

INSTANT = pl.Datetime("us", "UTC")


DAY = 86_400_000_000
"""Microseconds of a day."""

FEW = 5_000
"""Up to so many instants are placed one by one."""


def local_dates(instants: pl.Series, zone: str) -> pl.Series:
    """Give the calendar date of every instant (UTC) in a zone; null stays null."""
    return local_times(instants, zone).dt.date()


def local_times(instants: pl.Series, zone: str) -> pl.Series:
    """Give what clocks in a zone show at every instant (UTC), without a zone; null stays null."""
    return _by_day(instants, lambda each: each.dt.convert_time_zone(zone).dt.replace_time_zone(None))


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
        return localise(local_times(starts, calendar.zone).dt.offset_by(f"{period.count}d"), calendar)
    if period.unit == "bd":
        dates = local_dates(starts, calendar.zone)
        distinct = dates.drop_nulls().unique()
        ends = [calendar.day_end(calendar.business_day_after(day, period.count)) for day in distinct.to_list()]
        return _look_up(dates, distinct, ends)
    distinct = starts.drop_nulls().unique()
    return _look_up(starts, distinct, [calendar.end_of(start, period) for start in distinct.to_list()])


def localise(naive: pl.Series, calendar: Calendar) -> pl.Series:
    """Place local clock times on the time line, UTC: of two the first, and one that does not exist moves forward by the gap."""
    placed = _by_day(
        naive,
        lambda each: each.dt.replace_time_zone(calendar.zone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC"),
    )
    gaps = placed.is_null() & naive.is_not_null()
    if not gaps.any():
        return placed.cast(INSTANT)
    distinct = naive.filter(gaps).unique()
    mended = _look_up(naive, distinct, [calendar.localise(each) for each in distinct.to_list()])
    return placed.cast(INSTANT).zip_with(~gaps, mended)


def _by_day(times: pl.Series, place: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Move every time as `place` does, which looks each up among its zone's changes, but most by what holds for their whole day.

    A day at whose beginning and end the clocks are alike apart from UTC has no change between, as no zone changes its clocks twice within
    a day. Days that differ, and those that have no beginning (a change at midnight), are left to `place`.
    """
    if len(times) <= FEW:
        return place(times)
    low, high = (int(each) if each is not None else 0 for each in (times.to_physical().min(), times.to_physical().max()))  # type: ignore[arg-type]  # of integers
    first, last = low // DAY, high // DAY
    if last - first > FEW or times.dtype.time_unit != "us":  # type: ignore[attr-defined]  # of a Datetime
        return place(times)
    edges = pl.int_range(first, last + 2, eager=True) * DAY
    shifts = place(edges.cast(times.dtype)).to_physical() - edges
    is_even = (shifts == shifts.shift(-1)).fill_null(value=False)
    stamps = times.to_physical()
    moved = stamps + shifts.set(~is_even, None).gather(stamps // DAY - first)
    is_left = moved.is_null() & times.is_not_null()
    placed = moved.cast(place(times.clear()).dtype)
    if not is_left.any():
        return placed.rename(times.name)
    others = place(times.filter(is_left)).gather((is_left.cum_sum().cast(pl.Int64) - 1).set(~is_left, None))
    return placed.zip_with(~is_left, others).rename(times.name)


def _look_up(values: pl.Series, distinct: pl.Series, results: Sequence[object]) -> pl.Series:
    table = pl.DataFrame({"value": distinct, "result": pl.Series(results, dtype=INSTANT)})
    return values.to_frame("value").join(table, on="value", how="left", maintain_order="left")["result"]

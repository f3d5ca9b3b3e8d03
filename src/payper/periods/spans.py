"""Spans of time as contracts write them: `7d`, `4h`, `30m`, `5bd`, `4bh`.

RULES 1 to 4: `Nd` runs to the same local clock time N calendar days later; `Nh` and `Nm` are elapsed time; `Nbd` from an instant
ends with the last instant of the Nth business day after its local date (that day never counts); every window includes both ends.
Instants are timezone-aware; results are in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["m", "h", "d", "bd", "bh"]

_PERIOD = re.compile(r"^\s*([0-9]{1,6})\s*(bd|bh|m|h|d)\s*$")
INSTANT_RESOLUTION = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time: a count and its unit (m minutes, h hours, d calendar days, bd business days, bh business hours)."""

    count: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read `7d`, `24h`, `30m`, `5bd` or `4bh`.

        Raises:
            ValueError: The text is none of these.
        """
        match = _PERIOD.match(text) if isinstance(text, str) else None
        if match is None:
            raise ValueError(f"{text!r} is not a span of time such as 30m, 24h, 7d, 5bd or 4bh")
        unit: Unit = match[2]  # type: ignore[assignment]  # the pattern admits the five units alone
        return cls(count=int(match[1]), unit=unit)

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def hours_about(self) -> float:
        """Give the span in hours, roughly (a business day as 24 h, a business hour as 3 h), to compare two spans."""
        return self.count * {"m": 1 / 60, "h": 1.0, "d": 24.0, "bd": 24.0, "bh": 3.0}[self.unit]

    def in_words(self) -> str:
        """Write the span in plain English: `5 business days`."""
        name = {"m": "minute", "h": "hour", "d": "day", "bd": "business day", "bh": "business hour"}[self.unit]
        return f"{self.count} {name}" + ("" if self.count == 1 else "s")


@dataclass(frozen=True)
class Calendar:
    """A contract's clock: its zone, the dates that are holidays, and its business hours.

    Attributes:
        zone: IANA name.
        holidays: Dates that are no business days besides Saturdays and Sundays.
        opens: Local time at which a business day starts.
        closes: Local time at which it ends.
    """

    zone: str
    holidays: frozenset[date] = field(default_factory=frozenset)
    opens: time = time(9)
    closes: time = time(17)

    @cached_property
    def tzinfo(self) -> ZoneInfo:
        """Give the zone object."""
        return ZoneInfo(self.zone)

    def localise(self, naive: datetime) -> datetime:
        """Place a local clock time on the time line, in UTC.

        A time that does not exist moves forward by the gap; one that exists twice is the first (RULES 1; PEP 495, fold 0).
        """
        return naive.replace(tzinfo=self.tzinfo, fold=0).astimezone(UTC)

    def local_date(self, instant: datetime) -> date:
        """Give the calendar date of an instant in this zone."""
        return instant.astimezone(self.tzinfo).date()

    def day_end(self, day: date) -> datetime:
        """Give the last instant of a local date, in UTC, to the microsecond."""
        return self.localise(datetime.combine(day + timedelta(days=1), time())) - INSTANT_RESOLUTION

    def is_business_day(self, day: date) -> bool:
        """Tell whether a date is Monday to Friday and no holiday."""
        return day.weekday() < 5 and day not in self.holidays

    def business_day_after(self, day: date, count: int) -> date:
        """Give the `count`th business day after `day`, which itself never counts."""
        for _ in range(count):
            day += timedelta(days=1)
            while not self.is_business_day(day):
                day += timedelta(days=1)
        return day

    def end_of(self, start: datetime, period: Period) -> datetime:
        """Give the last instant of the window of `period` that begins at `start` (RULES 2 and 3), in UTC."""
        if period.unit == "m":
            return (start + timedelta(minutes=period.count)).astimezone(UTC)
        if period.unit == "h":
            return (start + timedelta(hours=period.count)).astimezone(UTC)
        if period.unit == "d":
            local = start.astimezone(self.tzinfo).replace(tzinfo=None)
            return self.localise(local + timedelta(days=period.count))
        if period.unit == "bd":
            return self.day_end(self.business_day_after(self.local_date(start), period.count))
        return self._after_business_hours(start, period.count)

    def _after_business_hours(self, start: datetime, count: int) -> datetime:
        """Spend `count` hours inside business hours from `start` on."""
        left = timedelta(hours=count)
        cursor = start
        day = self.local_date(start)
        while True:
            if self.is_business_day(day):
                opens = max(cursor, self.localise(datetime.combine(day, self.opens)))
                closes = self.localise(datetime.combine(day, self.closes))
                if closes > opens:
                    if opens + left <= closes:
                        return (opens + left).astimezone(UTC)
                    left -= closes - opens
            day += timedelta(days=1)

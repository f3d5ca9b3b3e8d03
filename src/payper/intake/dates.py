"""One date, however it is written: the part of `instants` that goes value by value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache


@dataclass(frozen=True, slots=True)
class Written:
    """A date as read.

    Attributes:
        local: Clock time without a zone; None where it cannot be read.
        shift_minutes: Minutes east of UTC that it says; None: it says none.
        fault: Why it cannot be read, in words.
    """

    local: datetime | None
    shift_minutes: int | None
    fault: str | None


_MONTH_WORDS = {
    1: "january jan januar jän jänner janvier janv enero ene janeiro",
    2: "february feb februar février févr fév fevrier fevr fev febrero",
    3: "march mar märz mär maerz mars marzo mrz",
    4: "april apr avril avr abril abr",
    5: "may mai mayo",
    6: "june jun juni juin junio",
    7: "july jul juli juillet juil julio",
    8: "august aug août aout agosto ago",
    9: "september sep sept septembre septiembre setiembre",
    10: "october oct oktober okt octobre octubre",
    11: "november nov novembre noviembre",
    12: "december dec dezember dez décembre déc decembre diciembre dic",
}
_MONTHS = {word: number for number, words in _MONTH_WORDS.items() for word in words.split()}
_MONTH_NAMES = (
    "",
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

# The zones of RFC 2822, section 4.3, whose meaning is fixed, and Central European Time.
_ZONES = {
    "utc": 0, "gmt": 0, "ut": 0, "z": 0,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "cet": 60, "cest": 120, "mez": 60, "mesz": 120,
}  # fmt: skip

_CLOCK = re.compile(
    r"(?:^|[\s,T]|(?<=\d)T)(?:at |um |à |a las )?(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?|\s?h\s?(\d{2})?)?"
    r"\s*([ap]\.?\s?m\.?(?![a-z]))?(?:\s*(?:uhr|o'clock))?"
    r"(?:\s*\(?(z|utc|gmt|[a-z]{2,5})?\)?\s*([+-]\d{1,2}:?\d{2}|[+-]\d{1,2})?)?(?:\s*\([^)]*\))?$",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    r"^(?:mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\.?,?\s+"
    r"|^(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|mo|di|mi|do|fr|sa|so)\.?,\s+"
    r"|^(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo),?\s+",
    re.IGNORECASE,
)
_NUMERIC = re.compile(r"^(\d{1,2})([/.\-])(\d{1,2})\2(\d{4}|\d{2})$")
_YEAR_FIRST = re.compile(r"^(\d{4})([/.\-])(\d{1,2})\2(\d{1,2})$")
_COMPACT = re.compile(r"^((?:19|20)\d{2})(\d{2})(\d{2})$")
_COMPACT_CLOCK = re.compile(r"^((?:19|20)\d{2})(\d{2})(\d{2})[T ]?(\d{2})(\d{2})(\d{2})?(z)?$", re.IGNORECASE)
_DAY_WORD = re.compile(
    r"^(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[\s\-./]*(?:of |de )?([^\W\d_]+)\.?,?[\s\-./]*(?:de )?(\d{4}|\d{2})$", re.IGNORECASE
)
_WORD_DAY = re.compile(r"^([^\W\d_]+)\.?[\s\-./]*(\d{1,2})(?:st|nd|rd|th)?,?[\s\-./]+(\d{4}|\d{2})$", re.IGNORECASE)
_YEAR_WORD = re.compile(r"^(\d{4})[\s\-./]*([^\W\d_]+)\.?[\s\-./]*(\d{1,2})$", re.IGNORECASE)
_EPOCH = re.compile(r"^(\d{10}|\d{13}|\d{16})(?:\.(\d{1,6}))?$")


@cache
def read_written(text: str, *, order: str) -> Written:
    """Read one date or date and time; `order` is dmy or mdy and tells what 03/04/2026 is."""
    compact = " ".join(text.split())
    stamp = _EPOCH.match(compact)
    if stamp:
        micros = int(stamp[1]) * 10 ** (16 - len(stamp[1])) + (int(stamp[2].ljust(6, "0")) if stamp[2] and len(stamp[1]) == 10 else 0)
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
        return Written(instant.replace(tzinfo=None), 0, None)
    packed = _COMPACT_CLOCK.match(compact)
    if packed:
        year, month, day, hour, minute, second = (int(part or 0) for part in packed.groups()[:6])
        return _placed(text, (year, month, day), (hour, minute, second, 0), 0 if packed[7] else None)
    bare = _WEEKDAY.sub("", compact)
    date = _date(bare, order)
    if date is not None:
        return _placed(text, date, (0, 0, 0, 0), None)
    return _with_clock(text, bare, order)


def _with_clock(text: str, bare: str, order: str) -> Written:
    for start in range(1, len(bare)):
        if bare[start] not in " ,Tt":
            continue
        clock = _CLOCK.match(bare, start)
        date = _date(bare[:start].rstrip(" ,"), order) if clock else None
        if clock is None or date is None:
            continue
        if not (clock[2] or clock[5] is not None or clock[6] or "h" in clock[0].lower()):
            continue
        hour, minute, second = int(clock[1]), int(clock[2] or clock[5] or 0), int(clock[3] or 0)
        if clock[6]:
            if not 1 <= hour <= 12:
                return Written(None, None, f"`{text}` has no such hour as {hour} {clock[6]}")
            hour = hour % 12 + (12 if clock[6][0] in "pP" else 0)
        word, numeric = (clock[7] or "").lower(), clock[8]
        if word and word not in _ZONES:
            return Written(None, None, f"`{text}` has a time zone that is not known: `{clock[7]}`; write an offset such as +01:00")
        shift = _shift(numeric) if numeric else (_ZONES[word] if word else None)
        return _placed(text, date, (hour, minute, second, int((clock[4] or "0").ljust(6, "0")[:6])), shift)
    return Written(None, None, f"`{text}` cannot be read as a date; write 2026-01-31 or 2026-01-31T14:30:00Z")


def _date(text: str, order: str) -> tuple[int, int, int] | None:
    """Read year, month and day, which need not exist, or None when the text is no date."""
    found = _YEAR_FIRST.match(text) or _COMPACT.match(text)
    if found:
        parts = [int(part) for part in found.groups() if part.isdigit()]
        return parts[0], parts[1], parts[2]
    found = _NUMERIC.match(text)
    if found:
        first, second = int(found[1]), int(found[3])
        is_day_first = found[2] == "." or order == "dmy"
        if is_day_first and second > 12 >= first and found[2] != ".":
            is_day_first = False
        elif not is_day_first and first > 12 >= second:
            is_day_first = True
        day, month = (first, second) if is_day_first else (second, first)
        return _year(found[4]), month, day
    for pattern, places in ((_DAY_WORD, (3, 2, 1)), (_WORD_DAY, (3, 1, 2)), (_YEAR_WORD, (1, 2, 3))):
        found = pattern.match(text)
        if found:
            named = _MONTHS.get(found[places[1]].casefold())
            if named is not None:
                return _year(found[places[0]]), named, int(found[places[2]])
    return None


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (2000 if int(text) < 70 else 1900)


def _shift(text: str) -> int:
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    return sign * (hours * 60 + minutes)


def _placed(text: str, date: tuple[int, int, int], clock: tuple[int, int, int, int], shift: int | None) -> Written:
    year, month, day = date
    if not 1 <= month <= 12:
        return Written(None, None, f"`{text}` has no such month as {month}")
    hour, minute, second, micros = clock
    is_midnight = (hour, minute, second, micros) == (24, 0, 0, 0)
    if not is_midnight and (hour > 23 or minute > 59 or second > 59):
        return Written(None, None, f"`{text}` has no such time as {hour:02}:{minute:02}:{second:02}")
    if shift is not None and abs(shift) > 14 * 60:
        return Written(None, None, f"`{text}` is further from UTC than any zone")
    try:
        local = datetime(year, month, day, 0 if is_midnight else hour, minute, second, micros, tzinfo=UTC).replace(tzinfo=None)
    except ValueError:
        return Written(None, None, f"`{text}` is no date: there is no {day} {_MONTH_NAMES[month]} {year}")
    return Written(local + timedelta(days=1) if is_midnight else local, shift, None)

"""How reports write numbers, money and dates: one way, whatever the page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import polars as pl

from payper.money import exponent

NONE_YET = "none yet"
MINUS = "\N{MINUS SIGN}"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_in_words(day: date) -> str:
    """Write a date: `14 Mar 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def local_day(instant: datetime, zone: str) -> date:
    """Give the local date of an instant."""
    return instant.astimezone(ZoneInfo(zone)).date()


def count(number: int) -> str:
    """Write a whole number: `12,345`, with a real minus sign."""
    return f"{number:,}".replace("-", MINUS)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: `1 lead`, `2 leads`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def decimal_text(minor: int, currency: str) -> str:
    """Write an amount's digits alone, all of the currency's decimals: `1,234.50`, `−12`."""
    digits = exponent(currency) or 0
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f}".replace("-", MINUS)


def plain_decimal(minor: int, currency: str) -> str:
    """Write an amount's digits for a program: `-1234.50`."""
    digits = exponent(currency) or 0
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def money(minor: int, currency: str) -> str:
    """Write an amount with its currency: `1,234.50 USD`."""
    return f"{decimal_text(minor, currency)} {currency}"


def money_short(minor: int, currency: str) -> str:
    """Write an amount for a chart, to three figures: `0`, `48.00`, `12.3k`, `1.25M`."""
    amount = Decimal(minor).scaleb(-(exponent(currency) or 0))
    sign, size = (MINUS if amount < 0 else ""), abs(amount)
    for limit, unit in ((Decimal(10**9), "bn"), (Decimal(10**6), "M"), (Decimal(10**3), "k")):
        if size >= limit:
            share = size / limit
            places = 0 if share >= 100 else 1 if share >= 10 else 2
            return f"{sign}{_round(share, places):f}{unit}"
    if size == size.to_integral_value():
        return f"{sign}{int(size)}"
    return f"{sign}{_round(size, 2):f}"


def percent(share: float | None, places: int = 0) -> str:
    """Write a share as a percentage: `67%`; one that is not quite none or all never rounds to it, a share of nothing is said in words."""
    if share is None:
        return NONE_YET
    rounded, least = _round(Decimal(str(share)) * 100, places), Decimal(1).scaleb(-places)
    if share > 0 and rounded == 0:
        return f"under {least:f}%"
    if share < 1 and rounded == 100:
        return f"over {100 - least:f}%"
    return f"{rounded:f}%"


def enumerated(parts: list[str]) -> str:
    """Join parts as a sentence does: `a, b and c`."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def shortened(text: str, width: int) -> str:
    """Cut a text to a width in characters, with an ellipsis in the middle so that both its ends can be read."""
    if len(text) <= width:
        return text
    head = (width - 1 + 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


def refusal_sentences(refusals: pl.DataFrame) -> list[str]:
    """Say each refused event or return: where it stands, and settlement's words for why."""
    return [
        f"{file}, row {row}: {words}" if file else str(words) for file, row, words in refusals.select("file", "row", "words").iter_rows()
    ]


def _round(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

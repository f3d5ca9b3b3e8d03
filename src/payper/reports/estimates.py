"""How estimates are written: three figures, their interval beside them, and in words where nothing can be said."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import floor, log10

from payper.reports.words import MINUS

UNKNOWN = "not known yet"

Writer = Callable[[float], str]


def rounded(value: float, figures: int = 3) -> float:
    """Round to significant figures, halves away from zero."""
    if value == 0:
        return 0.0
    places = figures - 1 - floor(log10(abs(value)))
    return float(round(Decimal(repr(value)), places))


def amount(value: float) -> str:
    """Write an amount to three figures: `3,120`, `48.2`, `1.26M`, `−12`."""
    size = abs(rounded(value))
    sign = MINUS if value < 0 and size else ""
    for limit, unit in ((1e9, "bn"), (1e6, "M")):
        if size >= limit:
            return f"{sign}{size / limit:.{_places(size / limit)}f}{unit}"
    return f"{sign}{size:,.{0 if size >= 100 or size == int(size) else _places(size)}f}"


def multiple(value: float) -> str:
    """Write how many times the money came back: `3.1x`, `0.42x`, `24x`."""
    size = abs(rounded(value, 2))
    sign = MINUS if value < 0 and size else ""
    return f"{sign}{size:,.{0 if size >= 10 else 1 if size >= 1 else 2}f}x"


def share(value: float) -> str:
    """Write a share of one as a percentage: `4.2%`, `0.31%`, `67%`, `100%`."""
    percent = 100 * value
    if 0 < percent < 0.005:
        return "under 0.01%"
    if percent == 0 or percent >= 10:
        return f"{min(percent, 99.9) if value < 1 and percent >= 99.5 else percent:.{1 if 99.5 <= percent < 100 else 0}f}%"
    return f"{percent:.{1 if percent >= 1 else 2}f}%"


def _finer(value: float) -> str:
    """Write a share whose interval is narrower than a percent: `98.6%`."""
    return f"{100 * value:.1f}%"


def number(value: float) -> str:
    """Write an expected count: `31`, `4.2`."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def days(value: float) -> str:
    """Write a number of days: `7`, `4.6`, `62`."""
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")


def with_interval(value: float | None, low: float | None, high: float | None, write: Writer = amount) -> str:
    """Write an estimate with its interval: `3,120 (2,010 to 4,600)`, `3,120 (at least 2,010)`, `not known yet`.

    Args:
        value: None: nothing can be said of the middle; the bounds that are known are written.
        low: None: not known.
        high: None: without end.
        write: `amount`, `multiple`, `share` or `number`.
    """
    if value is None:
        if low is not None:
            return f"over {write(low)}"
        return UNKNOWN if high is None else f"under {write(high)}"
    if low is None and high is None:
        return write(value)
    if high is None:
        return f"{write(value)} (at least {write(low or 0.0)})"
    low_text, high_text = write(0.0 if low is None else low), write(high)
    if write is share and low_text == high_text and low != high:
        return with_interval(value, low, high, _finer)
    for unit in ("x", "%"):
        if low_text.endswith(unit) and high_text.endswith(unit):
            low_text = low_text.removesuffix(unit)
            high_text = high_text.removesuffix(unit)
    return f"{write(value)} ({low_text} to {high_text})"


def _places(size: float) -> int:
    return 0 if size >= 100 else 1 if size >= 10 else 2

"""Amounts of money: integer minor units inside, decimals only at the edges.

The number of minor digits of a currency is ISO 4217's (0 for JPY, 2 for USD, 3 for BHD), from the package `iso4217`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

MINOR_MAX = 10**15
"""The largest amount taken as meant, in minor units; beyond it an amount is a finding or refused."""


@cache
def is_currency(code: str) -> bool:
    """Tell whether `code` is an ISO 4217 currency code that money can be kept in (not a metal, fund or test code)."""
    return exponent(code) is not None


@cache
def exponent(code: str) -> int | None:
    """Give the number of decimal digits of a currency's minor unit, or None when the code is no currency of ISO 4217."""
    import iso4217

    try:
        return iso4217.Currency(code.upper()).exponent
    except ValueError:
        return None


@cache
def currency_codes() -> tuple[str, ...]:
    """List the ISO 4217 codes with a minor unit, sorted."""
    import iso4217

    return tuple(sorted(currency.code for currency in iso4217.Currency if currency.exponent is not None))


COMMON: tuple[str, ...] = (
    "USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "INR", "CNY", "SEK", "NOK", "DKK", "PLN", "NZD", "SGD", "HKD", "MXN", "BRL", "ZAR",
)  # fmt: skip
"""Currencies that trade between companies mostly uses, the commonest first: what a slip of the pen mostly meant."""

_SPOKEN = {"$": "USD", "US$": "USD", "DOLLAR": "USD", "DOLLARS": "USD", "€": "EUR", "EURO": "EUR", "EUROS": "EUR", "£": "GBP",
           "UKP": "GBP", "POUND": "GBP", "YEN": "JPY", "SFR": "CHF", "RMB": "CNY", "BTC": None, "USDT": "USD"}  # fmt: skip


def nearest_currency(text: str) -> str | None:
    """Give the code that a mistyped currency most likely meant, or None when none is like it.

    Two of three letters in place, or all three out of place, make a code like another; a common currency goes before a rare one.
    """
    code = text.strip().upper()
    if is_currency(code) or code in _SPOKEN:
        return code if is_currency(code) else _SPOKEN[code]
    others = tuple(each for each in currency_codes() if each not in COMMON)
    return next((each for group in (COMMON, others) for is_like in _LIKE for each in group if is_like(each, code)), None)


_LIKE: tuple[Callable[[str, str], bool], ...] = (
    lambda each, code: 2 <= len(code) <= 3 and each[:2] == code[:2],
    lambda each, code: len(code) == 3 and sum(map(str.__eq__, each, code)) == 2,
    lambda each, code: sorted(each) == sorted(code),
)


def round_half_away(value: Decimal) -> int:
    """Round to a whole number, halves away from zero (RULES 35)."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_minor(text: str | Decimal | int, currency: str) -> int:
    """Read a decimal amount into minor units of its currency.

    Raises:
        ValueError: The text is no number, has more decimals than the currency, or is out of `MINOR_MAX`.
    """
    digits = exponent(currency)
    if digits is None:
        raise ValueError(f"{currency} is not an ISO 4217 currency")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount") from None
    if not amount.is_finite():
        raise ValueError(f"{text!r} is not an amount")
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise ValueError(f"{text} has more than the {digits} decimals of {currency}")
    if abs(minor) > MINOR_MAX:
        raise ValueError(f"{text} {currency} is larger than payper keeps")
    return int(minor)


def to_decimal(minor: int, currency: str) -> Decimal:
    """Give an amount of minor units as a decimal with exactly the currency's digits."""
    return Decimal(minor).scaleb(-(exponent(currency) or 0))


def format_minor(minor: int, currency: str) -> str:
    """Write an amount for people: `1,234.50 USD`, `-12 JPY`."""
    return f"{to_decimal(minor, currency):,} {currency}"


def percent_of(minor: int, percent: Decimal) -> int:
    """Take a percentage of an amount, rounded once, half away from zero, in the amount's own minor unit (RULES 35)."""
    return round_half_away(Decimal(minor) * percent / 100)


def convert(minor: int, *, source: str, target: str, rate: Decimal) -> Decimal:
    """Change an amount into minor units of `target`, unrounded; `rate` is units of `target` for one unit of `source`."""
    source_digits, target_digits = exponent(source) or 0, exponent(target) or 0
    return Decimal(minor).scaleb(target_digits - source_digits) * rate


def split(minor: int, weights: Iterable[int]) -> list[int]:
    """Divide an amount by weights so that the parts add up to it exactly (largest remainders, first first on ties)."""
    parts = list(weights)
    total = sum(parts)
    assert total > 0, "weights must add up to more than nothing"
    sign = -1 if minor < 0 else 1
    whole = abs(minor)
    shares = [whole * part // total for part in parts]
    order = sorted(range(len(parts)), key=lambda index: (-(whole * parts[index] % total), index))
    for index in order[: whole - sum(shares)]:
        shares[index] += 1
    return [sign * share for share in shares]

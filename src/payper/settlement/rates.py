"""Rates of exchange: a dated table against the programme's base currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Rate:
    """From the day `on`, one unit of `currency` is worth `in_base` units of the base currency."""

    on: date
    currency: str
    in_base: Decimal


@dataclass(frozen=True)
class Rates:
    """The programme's table of rates; the latest one not after a day holds (RULES 35)."""

    base_currency: str
    rates: tuple[Rate, ...] = ()

    def rate(self, source: str, target: str, on: date) -> Decimal | None:
        """Give units of `target` for one unit of `source` on a day, through the base; 1 when they are equal, None when not known."""
        if source == target:
            return Decimal(1)
        source_in_base, target_in_base = self._in_base(source, on), self._in_base(target, on)
        if source_in_base is None or not target_in_base:
            return None
        return source_in_base / target_in_base

    def _in_base(self, currency: str, on: date) -> Decimal | None:
        if currency == self.base_currency:
            return Decimal(1)
        held = [rate for rate in self._by_currency.get(currency, ()) if rate.on <= on]
        return held[-1].in_base if held else None

    @cached_property
    def _by_currency(self) -> dict[str, list[Rate]]:
        """Sort the table by day; of two rates of one day the later row holds."""
        table: dict[str, list[Rate]] = {}
        for rate in sorted(self.rates, key=lambda rate: rate.on):
            table.setdefault(rate.currency, []).append(rate)
        return table

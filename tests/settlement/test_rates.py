"""Rates of exchange."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from settlement_cases import RATES


@pytest.mark.parametrize(
    ("source", "target", "day", "rate"),
    [("USD", "USD", date(2020, 1, 1), "1"), ("GBP", "USD", date(2026, 1, 31), "1.25"), ("GBP", "USD", date(2026, 2, 1), "1.30"), ("GBP", "JPY", date(2026, 2, 1), "162.5"), ("GBP", "USD", date(2025, 12, 31), None), ("CHF", "USD", date(2026, 2, 1), None)],  # one row of a table
)  # fmt: skip
def test_the_latest_rate_not_after_the_day_holds(source: str, target: str, day: date, rate: str | None) -> None:
    assert RATES.rate(source, target, day) == (Decimal(rate) if rate else None)

"""No amount is ever read as a thousand times what was meant."""

from __future__ import annotations

import polars as pl
import pytest

from payper.intake.amounts import find_doubtful_amounts


@pytest.mark.parametrize(
    ("amount", "currency", "choice"),
    [
        ("12.345", "EUR", "12345.00 or 12.35"),
        ("1.000", "eur", "1000.00 or 1.00"),
        ("12.345", "JPY", "12345 or 12"),
        ("12,345", "KWD", "12345.000 or 12.345"),
        ("12.345", "KWD", None),
        ("12,345", "EUR", None),
        ("12,345", "JPY", None),
        ("1234.567", "EUR", None),
        ("0.345", "EUR", None),
        ("12.34", "EUR", None),
        ("1.234.567", "EUR", None),
        ("1.234,50", "EUR", None),
        ("1,234.567", "EUR", None),
        ("12.345", "XYZ", None),
        ("12.345", None, None),
        (None, "EUR", None),
    ],
)
def test_a_mark_that_may_part_thousands_or_decimals_is_a_fault(amount: str | None, currency: str | None, choice: str | None) -> None:
    (fault,) = find_doubtful_amounts(pl.Series([amount], dtype=pl.String), pl.Series([currency], dtype=pl.String))
    assert (fault is not None and f"may be {choice};" in fault) if choice else fault is None

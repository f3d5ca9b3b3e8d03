"""Values as JSON has them: dates as text, numbers to nine figures, nothing that is no number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from math import floor, isfinite, log10
from typing import Any

import polars as pl

FIGURES = 9
"""Significant figures of every number that is not whole: more than any estimate has, fewer than machines differ in."""


def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame as plain values."""
    return [{name: plain(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def plain(value: Any) -> Any:
    """Give a value as JSON has it: dates as text, numbers to nine figures, nothing that is no number."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return _rounded(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    return [plain(one) for one in value]


def _rounded(value: float) -> float | None:
    if not isfinite(value):
        return None
    return 0.0 if value == 0 else round(value, FIGURES - 1 - floor(log10(abs(value))))

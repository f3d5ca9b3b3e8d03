"""CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

import polars as pl

from payper.intake.formulas import escaped


def csv_text(frame: pl.DataFrame) -> str:
    """Write a frame as CSV, formulas made harmless, instants as ISO 8601 in UTC, empty for null."""
    return escaped(frame).write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ")

"""CSV that is safe to open in a spreadsheet."""

from __future__ import annotations

import polars as pl

FORMULA = r"^[=@\t\r]|^[+\-](?:.*[^0-9 ().,/\-]|[0-9.]+[/\-])"
"""A text that a spreadsheet would run as a formula; signed numbers and phone numbers (`+49 30 1234567`) are left as they are."""


def without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before every text that a spreadsheet would run as a formula."""
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    is_formula = {name: pl.col(name).str.contains(FORMULA) for name in texts}
    return frame.with_columns(
        pl.when(test).then(pl.concat_str(pl.lit("'"), pl.col(name))).otherwise(pl.col(name)).alias(name)
        for name, test in is_formula.items()
    )


def csv_text(frame: pl.DataFrame) -> str:
    """Write a frame as CSV, formulas made harmless, instants as ISO 8601 in UTC, empty for null."""
    return without_formulas(frame).write_csv(datetime_format="%Y-%m-%dT%H:%M:%SZ")

"""Read a file of audits: what people found who looked at a sample of deliveries."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from payper.connectors.files import open_rows
from payper.errors import FileError

_NEEDED = ("provider", "check", "is_good", "probability")
_OPTIONAL = ("criterion", "segment", "checked_at")
_ANSWERS = {"yes": True, "true": True, "1": True, "good": True, "no": False, "false": False, "0": False, "bad": False}


def read_audits(path: Path, *, until: date) -> pl.DataFrame:
    """Read audits as `measurement.providers.audit_counts` takes them.

    Args:
        path: A CSV, XLSX, NDJSON or Parquet file with the columns `provider`, `check`, `is_good` (yes or no; empty: could not be told) and
            `probability` with which the delivery was drawn (0.065 or 6.5%); `criterion`, `segment` and `checked_at` (YYYY-MM-DD) if known.
        until: Rows checked later are left out.

    Raises:
        FileError: A column is missing, or a cell cannot be read; the row is named.
    """
    rows = open_rows(path).read()
    names = {name.strip().lower().replace(" ", "_"): name for name in rows.columns}
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise FileError(
            where=path, seen=f"The file has no column {' and no '.join(missing)}.", mend=f"Name the columns {', '.join(_NEEDED)}."
        )
    known = rows.select("row", *(pl.col(names[name]).alias(name) for name in (*_NEEDED, *_OPTIONAL) if name in names))
    text = pl.col("probability").str.replace("%", "", literal=True).str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    checked_on = pl.col("checked_at").str.slice(0, 10).str.to_date(strict=False)
    read = known.with_columns(
        is_good_read=pl.col("is_good").str.to_lowercase().replace_strict(_ANSWERS, default=None, return_dtype=pl.Boolean),
        probability_read=pl.when(pl.col("probability").str.ends_with("%")).then(number / 100).otherwise(number),
        checked_on=checked_on if "checked_at" in names else pl.lit(None, dtype=pl.Date),
    )
    _refuse(path, read, "is_good", pl.col("is_good").is_not_null() & pl.col("is_good_read").is_null(), "Write yes or no.")
    is_impossible = ~pl.col("probability_read").is_between(0, 1, closed="right").fill_null(value=False)
    _refuse(path, read, "probability", is_impossible, "Write the sample over its deliveries, such as 0.065 or 6.5%.")
    if "checked_at" in names:
        is_undated = pl.col("checked_at").is_not_null() & pl.col("checked_on").is_null()
        _refuse(path, read, "checked_at", is_undated, "Write dates as 2026-03-14.")
    kept = read.filter(pl.col("checked_on").is_null() | (pl.col("checked_on") <= until))
    others = [name for name in ("criterion", "segment") if name in names]
    return kept.select(
        "provider",
        "check",
        pl.col("is_good_read").alias("is_good"),
        pl.col("probability_read").alias("probability"),
        *(pl.col(name).str.to_lowercase() if name == "criterion" else pl.col(name) for name in others),
    ).with_columns(pl.col("criterion").fill_null("data accuracy") if "criterion" in others else pl.lit("data accuracy").alias("criterion"))


def _refuse(path: Path, read: pl.DataFrame, column: str, is_wrong: pl.Expr, mend: str) -> None:
    wrong = read.filter(is_wrong)
    if wrong.height:
        row, seen = wrong.select("row", column).row(0)
        more = "" if wrong.height == 1 else f" {wrong.height - 1} more rows are like it."
        raise FileError(where=f"{path}, row {row}", seen=f"`{column}` is {seen!r}, which cannot be read.{more}", mend=mend)

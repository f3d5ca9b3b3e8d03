"""Tables to take along: CSV, XLSX and Parquet of the same rows, with nothing in them that a spreadsheet would run."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import polars as pl

from payper.reports.spreadsheets import csv_text

KINDS: dict[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
"""Media types by the ending of the file."""


def exported(frame: pl.DataFrame, kind: str) -> bytes:
    """Write a table; equal tables give equal bytes.

    CSV escapes what a spreadsheet would run as a formula. XLSX cells of texts are texts whatever they begin with, and instants are written
    as ISO 8601 in UTC, as its dates have no zone. Parquet has the types as they are.

    Args:
        frame: The table.
        kind: One of `KINDS`.
    """
    if kind == "csv":
        return csv_text(frame).encode()
    if kind == "xlsx":
        return _workbook(frame)
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def exported_rows(frames: Iterable[pl.DataFrame]) -> Iterator[bytes]:
    """Write tables of the same columns as one CSV, a part for each; together as `exported` writes them."""
    for place, frame in enumerate(frames):
        text = csv_text(frame)
        yield (text if place == 0 else text.partition("\n")[2]).encode()


def _workbook(frame: pl.DataFrame) -> bytes:
    from datetime import datetime

    import xlsxwriter

    buffer = io.BytesIO()
    # The instant of making is fixed, so that equal tables are equal files.
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "constant_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001  # a property of the file, without a zone
        sheet, head = book.add_worksheet("payper"), book.add_format({"bold": True})
        for place, name in enumerate(frame.columns):
            sheet.write_string(0, place, name, head)
        plain = frame.with_columns(pl.col(pl.Datetime).dt.to_string("iso:strict"), pl.col(pl.Date).dt.to_string("iso"))
        for row, values in enumerate(plain.iter_rows(), 1):
            for place, value in enumerate(values):
                if isinstance(value, bool):
                    sheet.write_boolean(row, place, value)
                elif isinstance(value, int | float) and abs(value) < 2**53:
                    sheet.write_number(row, place, value)
                elif value is not None:
                    sheet.write_string(row, place, str(value)[:32767])
        sheet.freeze_panes(1, 0)
        if frame.width:
            sheet.autofilter(0, 0, frame.height, frame.width - 1)
    return buffer.getvalue()

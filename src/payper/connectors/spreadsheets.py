"""Workbooks (.xlsx): the first sheet that has a header and rows, every cell as text.

Read by fastexcel (calamine). A formula gives the value kept with it, an error cell (`#N/A`) is empty, a whole number has no `.0`, a
date is ISO 8601 and has a time only when that is not midnight. Before anything is inflated, the archive's own directory is asked how
large its parts are; then they are inflated and counted without being kept, as a directory may lie.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from payper.connectors.files import FAULT, RAW, Limits, Shape, check_columns, unique_names, without_controls
from payper.errors import FileError

if TYPE_CHECKING:
    import fastexcel

_RATIO_FROM_BYTES = 50 * 1024**2
_COUNTED_BYTES = 1024**2
_PIECE_ROWS = 65_536

_DATE = r"^(\d{4}-\d{2}-\d{2}) 00:00:00(?:\.0+)?$"
_CLOCK = r"^(?:1899-12-3[01]|1904-01-01) (\d{2}:\d{2}:\d{2})(?:\.0+)?$"
_INSTANT = r"^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)$"


class SheetReader:
    """The records of one sheet, held in memory."""

    def __init__(self, path: Path, *, size: int, digest: str, limits: Limits, sheet: str | None = None) -> None:
        _guard(path, limits)
        notes: list[str] = []
        name, frame = _find_sheet(path, sheet, notes)
        header = unique_names([None if cell is None else str(cell) for cell in frame.row(0)])
        check_columns(path, header, limits)
        frame.columns = list(header)
        self._frame = frame.slice(1)
        self._shape = Shape(format="xlsx", bytes=size, digest=digest, header=header, sheet=name, notes=notes)

    @property
    def shape(self) -> Shape:
        """Give what the file turned out to be."""
        return self._shape

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Give the records, some ten thousand at a time."""
        none = pl.lit(None, dtype=pl.String)
        for piece in self._frame.iter_slices(_PIECE_ROWS):
            text = without_controls(piece, self._shape.header)
            yield _plain_dates(text, self._shape.header).with_columns(none.alias(FAULT), none.alias(RAW))


def _guard(path: Path, limits: Limits) -> None:
    """Refuse an archive that is damaged, protected, or inflates to more than the limits, without keeping what it inflates to."""
    packed = path.stat().st_size
    most = min(limits.workbook_bytes_max, max(_RATIO_FROM_BYTES, packed * limits.workbook_ratio_max))
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _refuse_bomb(path, sum(part.file_size for part in parts), packed=packed, most=most)
            if any(part.flag_bits & 1 for part in parts):
                raise FileError(where=path, seen="The workbook is protected by a password.", mend="Save it without one.")
            if not any(part.filename == "[Content_Types].xml" for part in parts):
                raise FileError(where=path, seen="This is a zip archive, but no workbook.", mend="Take the file out of it and send that.")
            counted = 0
            for part in parts:
                with archive.open(part) as stream:
                    while read := stream.read(_COUNTED_BYTES):
                        counted += len(read)
                        _refuse_bomb(path, counted, packed=packed, most=most)
    # zipfile says NotImplementedError of a part that is packed in a way it does not know.
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError, zipfile.zlib.error) as problem:  # type: ignore[attr-defined]  # zlib as zipfile found it
        raise _damaged(path, problem) from problem


def _refuse_bomb(path: Path, inflated: int, *, packed: int, most: int) -> None:
    if inflated > most:
        raise FileError(
            where=path,
            seen=f"The workbook of {packed:,} bytes inflates to {inflated:,} or more; at most {most:,} are read.",
            mend="Save the sheet as CSV, or split it into several workbooks.",
        )


def _damaged(path: Path, problem: Exception) -> FileError:
    return FileError(
        where=path,
        seen=f"The workbook is damaged or is none: {problem}.",
        mend="Open it in a spreadsheet program, save it anew as .xlsx, and send that.",
    )


def _find_sheet(path: Path, wanted: str | None, notes: list[str]) -> tuple[str, pl.DataFrame]:
    """Load the sheet asked for, or the first with a header and rows, or else the first with a header."""
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        names = book.sheet_names
        if wanted is not None and wanted not in names:
            raise FileError(where=path, seen=f"There is no sheet `{wanted}`.", mend=f"Name one of {', '.join(names)}.")
        header_only: tuple[str, pl.DataFrame] | None = None
        for name in names if wanted is None else [wanted]:
            frame = _load(book, name)
            if frame.height > 1:
                if len(names) > 1:
                    others = ", ".join(f"`{other}`" for other in names if other != name)
                    notes.append(f"Sheet `{name}` was read; not read: {others}.")
                return name, frame
            if frame.height == 1 and header_only is None:
                header_only = name, frame
    except fastexcel.FastExcelError as problem:
        raise _damaged(path, problem) from problem
    if header_only is None:
        raise FileError(where=path, seen="No sheet of the workbook has a header.", mend="Put the names of the columns in the first row.")
    return header_only


def _load(book: fastexcel.ExcelReader, name: str) -> pl.DataFrame:
    """Load a sheet as text from its first row with something in it; rows with nothing in them are left out."""
    sheet = book.load_sheet(name, header_row=None, dtypes="string")
    if sheet.width == 0 or sheet.height == 0:
        return pl.DataFrame()
    frame = sheet.to_polars()
    frame = frame.cast(pl.String)
    is_filled = pl.any_horizontal(pl.all().str.strip_chars().str.len_bytes().fill_null(0) > 0)
    return frame.filter(is_filled)


def _plain_dates(frame: pl.DataFrame, header: tuple[str, ...]) -> pl.DataFrame:
    """Write what the workbook kept as dates, times and instants in ISO 8601."""
    seen = frame.select(pl.col(header).str.contains(_INSTANT).any())
    dated = [name for name in header if seen[name][0]]
    if not dated:
        return frame
    cells = pl.col(dated).str.replace(_DATE, "$1").str.replace(_CLOCK, "$1").str.replace(_INSTANT, "${1}T$2")
    return frame.with_columns(cells)

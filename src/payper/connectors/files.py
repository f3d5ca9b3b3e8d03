"""Files of rows as senders write them: one door for CSV, XLSX, NDJSON and Parquet.

Whatever the format, rows come out alike: the sender's columns as text, the number of each record, and a fault where a record cannot
be read. A record is a line, row or object with something in it; empty ones are skipped and not counted, so that the same records
have the same numbers in every format. A record that cannot be read keeps its number and never stops or shifts the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from payper.errors import FileError
from payper.intake.formulas import unescaped

ROW, FAULT, RAW = "row", "fault", "raw"
RESERVED: tuple[str, ...] = (ROW, FAULT, RAW)
"""Columns that reading adds; a sender's column of such a name is numbered, as a repeated one is."""

RAW_CHARACTERS_MAX = 500
CELL_CHARACTERS_MAX = 32_767
"""What a cell of a workbook can hold (Excel specifications and limits); more is a malformed record in any format."""

FORMATS: dict[str, str] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""Format by the ending of a file's name."""

# C0 controls but tab and newline, DEL, C1; zero-width and direction marks; bidi overrides and isolates; the byte order mark.
CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f\u{80}-\u{9f}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2064}\u{2066}-\u{2069}\u{feff}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one file may hold; what is over a limit is refused as a whole, with words.

    Attributes:
        bytes_max: Size of the file on disk.
        columns_max: Columns of the header.
        record_bytes_max: One line of text without an end.
        cell_characters_max: One cell; a longer one makes its record malformed, not the file.
        workbook_bytes_max: A workbook's parts after inflating, as declared and as counted.
        workbook_ratio_max: Inflated bytes for one compressed byte, where a workbook inflates to more than 50 MB.
    """

    bytes_max: int = 8 * 1024**3
    columns_max: int = 2_000
    record_bytes_max: int = 64 * 1024**2
    cell_characters_max: int = CELL_CHARACTERS_MAX
    workbook_bytes_max: int = 1024**3
    workbook_ratio_max: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a file turned out to be.

    Attributes:
        format: csv, xlsx, ndjson or parquet.
        bytes: Size on disk.
        digest: SHA-256 of the bytes, hexadecimal.
        header: The sender's columns, made unique, in order.
        encoding: Of text files, else None.
        delimiter: Of CSV, else None.
        sheet: Name of the sheet read, else None.
        notes: Sentences about the file as a whole; reading may add to them.
    """

    format: str
    bytes: int
    digest: str
    header: tuple[str, ...]
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RawRows:
    """Some consecutive records of a file.

    Attributes:
        frame: The columns of `Shape.header` as String, without leading and trailing blanks, null where empty; then `row` (Int64, the
            record's number from 1, the header not counted), `fault` (String; null where the record can be read, else why not) and
            `raw` (String; the first 500 characters as sent of a record with a fault, else null).
    """

    frame: pl.DataFrame


class Reader(Protocol):
    """What a format gives: its shape, and its records as uneven pieces."""

    @property
    def shape(self) -> Shape:
        """Give what the file turned out to be."""

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Give the records in order: the header's columns as String (blanks untrimmed), `fault` and `raw`."""


class RowReader:
    """The records of one file, to be gone through once or often; `shape` is known before the first record is asked for."""

    def __init__(self, reader: Reader, *, rows_max: int, limits: Limits) -> None:
        self._reader = reader
        self._rows_max = rows_max
        self._limits = limits

    @property
    def shape(self) -> Shape:
        """Give what the file turned out to be."""
        return self._reader.shape

    def __iter__(self) -> Iterator[RawRows]:
        header = self.shape.header
        count = 0
        pieces = (tidy(piece, header, self._limits.cell_characters_max) for piece in self._reader.pieces())
        for frame in _rebatch(pieces, self._rows_max):
            yield RawRows(frame.with_columns(pl.int_range(count + 1, count + 1 + frame.height, dtype=pl.Int64).alias(ROW)))
            count += frame.height
        if count == 0 and not any("no rows" in note for note in self.shape.notes):
            self.shape.notes.append("The file has a header and no rows.")

    def read(self) -> pl.DataFrame:
        """Give all records as one frame, columns as `RawRows.frame`; for files that are known to be small."""
        frames = [rows.frame for rows in self]
        return pl.concat(frames) if frames else empty_frame(self.shape.header)


def open_rows(path: Path, *, rows_max: int = 131_072, limits: Limits | None = None, sheet: str | None = None) -> RowReader:
    """Open a file of rows: CSV, XLSX, NDJSON or Parquet, by the ending of its name and the look of its first bytes.

    CSV and Parquet are streamed, a few megabytes at a time; a workbook or a JSON file is held in memory once.

    Args:
        path: The file.
        rows_max: The most records in one `RawRows`; every one but the last has exactly so many.
        limits: How much the file may hold; None for the defaults.
        sheet: The sheet of a workbook; None for the first that has a header and rows.

    Raises:
        FileError: No such file, a folder, an unknown ending, another format than the name says, empty, damaged, encrypted or over a
            limit. A header without rows is no error: zero records and a note.
    """
    limits = limits or Limits()
    size, start = _look(path, limits)
    kind = _format_of(path, start)
    digest = digest_of(path)
    reader: Reader
    if kind == "csv":
        from payper.connectors.csv_text import CsvReader

        reader = CsvReader(path, size=size, digest=digest, limits=limits)
    elif kind == "xlsx":
        from payper.connectors.spreadsheets import SheetReader

        reader = SheetReader(path, size=size, digest=digest, limits=limits, sheet=sheet)
    elif kind == "ndjson":
        from payper.connectors.ndjson import JsonReader

        reader = JsonReader(path, size=size, digest=digest, limits=limits)
    else:
        from payper.connectors.parquet import ParquetReader

        reader = ParquetReader(path, size=size, digest=digest, limits=limits)
    return RowReader(reader, rows_max=rows_max, limits=limits)


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def unique_names(names: Sequence[str | None], *, taken: Sequence[str] = RESERVED) -> tuple[str, ...]:
    """Name every column once: an empty name becomes `column 5`, the second `Email` becomes `Email (2)`."""
    used = set(taken)
    unique: list[str] = []
    for place, name in enumerate(names, start=1):
        plain = " ".join((name or "").split()) or f"column {place}"
        chosen, count = plain, 1
        while chosen in used:
            count += 1
            chosen = f"{plain} ({count})"
        used.add(chosen)
        unique.append(chosen)
    return tuple(unique)


def check_columns(path: Path, header: Sequence[str], limits: Limits) -> None:
    """Refuse a header wider than the limit."""
    if len(header) > limits.columns_max:
        raise FileError(
            where=path,
            seen=f"The header has {len(header):,} columns; at most {limits.columns_max:,} are read.",
            mend="Send only the columns that the contract asks for.",
        )


def empty_frame(header: Sequence[str]) -> pl.DataFrame:
    """Give the frame of a file without records."""
    return pl.DataFrame(schema={**dict.fromkeys(header, pl.String), ROW: pl.Int64, FAULT: pl.String, RAW: pl.String})


def without_controls(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Take control, zero-width and direction characters out of text columns, where there are any."""
    names = list(columns)
    if not names or frame.is_empty():
        return frame
    hits = frame.select(pl.col(names).str.contains(CONTROLS).any())
    odd = [name for name in names if hits[name][0]]
    return frame.with_columns(pl.col(odd).str.replace_all(CONTROLS, "")) if odd else frame


def _look(path: Path, limits: Limits) -> tuple[int, bytes]:
    try:
        if path.is_dir():
            raise FileError(where=path, seen="This is a folder, not a file.", mend="Name a file in it.")
        if not path.is_file():
            seen = "This is no regular file." if path.exists() else "There is no such file."
            raise FileError(where=path, seen=seen, mend="Look at the name and the folder.")
        size = path.stat().st_size
        with path.open("rb") as stream:
            start = stream.read(4096)
    except OSError as problem:
        raise FileError(
            where=path, seen=f"The file cannot be read: {problem.strerror or problem}.", mend="Look at its permissions.", can_retry=True
        ) from problem
    if size == 0:
        raise FileError(where=path, seen="The file is empty (0 bytes).", mend="Export it again; it needs a header line at least.")
    if size > limits.bytes_max:
        raise FileError(
            where=path,
            seen=f"The file has {size:,} bytes; at most {limits.bytes_max:,} are read.",
            mend="Split it into several files.",
        )
    return size, start


def _format_of(path: Path, start: bytes) -> str:
    ending = path.suffix.lower()
    if ending == ".xls":
        raise FileError(
            where=path,
            seen="This is a workbook of the old binary kind (.xls).",
            mend="Open it in a spreadsheet program and save it as .xlsx or CSV.",
        )
    if ending not in FORMATS:
        shown = f"ends in `{ending}`" if ending else "has no ending"
        raise FileError(where=path, seen=f"The name {shown}, which says no format that is read.", mend=f"Send one of {', '.join(FORMATS)}.")
    kind = FORMATS[ending]
    looks = _looks_like(start)
    if looks not in (None, kind):
        names = {"xlsx": "a workbook or another zip archive", "ole": "an encrypted workbook or one of the old kind (.xls)"}
        raise FileError(
            where=path,
            seen=f"The name says {kind}, but the file is {names.get(str(looks), f'a {looks} file')}.",
            mend="Take the protection off and save it as .xlsx." if looks == "ole" else "Give the file the ending of what it is.",
        )
    return kind


def _looks_like(start: bytes) -> str | None:
    for magic, kind in (
        (b"PK\x03\x04", "xlsx"),
        (b"PK\x05\x06", "xlsx"),
        (b"PAR1", "parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-", "PDF"),
    ):
        if start.startswith(magic):
            return kind
    return None


def tidy(piece: pl.DataFrame, header: Sequence[str], cell_max: int) -> pl.DataFrame:
    """Trim every cell, make empty ones null, refuse overlong ones, and leave out records with nothing in them.

    Args:
        piece: The header's columns as String, `fault` and `raw`.
        header: Names of the columns to keep.
        cell_max: Characters that a cell may have.
    """
    names = list(header)
    frame = piece.with_columns(pl.col(names).str.strip_chars())
    lengths = [pl.col(name).str.len_bytes() for name in names]
    narrowest, widest = frame.select(length.min() for length in lengths), frame.select(length.max() for length in lengths)
    empty = [name for name in names if narrowest[name][0] == 0]
    frame = frame.with_columns(pl.when(pl.col(empty).str.len_bytes() > 0).then(pl.col(empty))) if empty else frame
    frame = unescaped(frame, names)
    for name in names:
        if (widest[name][0] or 0) > cell_max:
            frame = _refuse_long(frame, name, cell_max)
    is_record = pl.any_horizontal(pl.col(names).is_not_null(), pl.col(FAULT).is_not_null())
    first = frame.get_column(names[0])
    if first.null_count() or frame.is_empty():
        frame = frame.filter(is_record)
    return frame.select(*names, pl.lit(0, dtype=pl.Int64).alias(ROW), FAULT, RAW)


def _refuse_long(frame: pl.DataFrame, name: str, cell_max: int) -> pl.DataFrame:
    length = pl.col(name).str.len_chars()
    is_long = (length > cell_max).fill_null(value=False)
    words = pl.format("the cell in column `{}` has {} characters; at most {} are read", pl.lit(name), length, pl.lit(cell_max))
    return frame.with_columns(
        pl.when(is_long & pl.col(FAULT).is_null()).then(words).otherwise(pl.col(FAULT)).alias(FAULT),
        pl.when(is_long & pl.col(RAW).is_null()).then(pl.col(name).str.slice(0, RAW_CHARACTERS_MAX)).otherwise(pl.col(RAW)).alias(RAW),
        pl.when(~is_long).then(pl.col(name)).alias(name),
    )


def _rebatch(frames: Iterable[pl.DataFrame], rows_max: int) -> Iterator[pl.DataFrame]:
    """Cut uneven frames into even ones, in order."""
    waiting: list[pl.DataFrame] = []
    count = 0
    for frame in frames:
        if frame.is_empty():
            continue
        waiting.append(frame)
        count += frame.height
        while count >= rows_max:
            whole = pl.concat(waiting)
            yield whole.head(rows_max).rechunk()
            waiting = [whole.slice(rows_max)]
            count -= rows_max
    if count:
        yield pl.concat(waiting).rechunk()

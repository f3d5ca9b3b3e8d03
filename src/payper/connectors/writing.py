"""Files as payper writes them: whole or not at all, and safe to open in a spreadsheet.

A file is written beside its place under another name, brought to the disk, and then renamed: a reader, or a kill at any instant, finds
the old file or the new one and never half of either.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl

from payper.errors import FileError
from payper.intake.formulas import escaped


def write_csv(
    frame: pl.DataFrame,
    path: Path,
    *,
    zone: str | None = None,
    for_excel: bool = False,
    delimiter: str = ",",
    are_cells_escaped: bool = True,
) -> None:
    """Write a frame as CSV (RFC 4180, UTF-8, lines ended by CRLF only where `for_excel`).

    Text cells that a spreadsheet would run as a formula get an apostrophe before them (`intake.formulas`).

    Args:
        frame: Lists are joined by `;`.
        path: Where to; its folder must exist.
        zone: Zone in which instants are written, ISO 8601 with offset; None: their own.
        for_excel: Begin with a byte order mark and end lines with CRLF, as Excel wants.
        delimiter: One ASCII character.
        are_cells_escaped: Whether to escape; False only for files that no spreadsheet will see.

    Raises:
        FileError: The file cannot be written.
    """
    text = as_cells(frame, zone=zone)
    if are_cells_escaped:
        text = escaped(text)

    def write(stream: BinaryIO) -> None:
        text.write_csv(
            stream,
            include_bom=for_excel,
            line_terminator="\r\n" if for_excel else "\n",
            separator=delimiter,
            quote_style="necessary",
        )

    _write(path, write)


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame as Parquet (zstd).

    Raises:
        FileError: The file cannot be written.
    """
    _write(path, lambda stream: frame.write_parquet(stream, compression="zstd"))


def write_text(text: str, path: Path) -> None:
    """Write a text in UTF-8, with the line ends it has.

    Raises:
        FileError: The file cannot be written.
    """
    write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Write bytes.

    Raises:
        FileError: The file cannot be written.
    """
    _write(path, lambda stream: _all(stream, content))


def as_cells(frame: pl.DataFrame, *, zone: str | None = None) -> pl.DataFrame:
    """Bring lists, instants and truth values to text; numbers and dates stay as they are."""
    cells = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if isinstance(dtype, pl.List):
            joined = column.list.eval(pl.element().cast(pl.String)).list.join(";", ignore_nulls=True)
            cells.append(pl.when(joined.str.len_bytes() > 0).then(joined).alias(name))
        elif isinstance(dtype, pl.Datetime):
            placed = column.dt.convert_time_zone(zone) if zone is not None and dtype.time_zone is not None else column
            offset = "" if dtype.time_zone is None else "%:z"
            cells.append(placed.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.f{offset}"))
        elif dtype in (pl.Categorical, pl.Enum):
            cells.append(column.cast(pl.String))
    return frame.with_columns(cells)


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[BinaryIO]:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        part.replace(path)
        _sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write(path: Path, write: Callable[[BinaryIO], None]) -> None:
    try:
        with _beside(path) as stream:
            write(stream)
    except OSError as problem:
        raise FileError(
            where=path,
            seen=f"The file cannot be written: {problem.strerror or problem}.",
            mend="Look whether its folder exists, may be written to, and has room.",
            can_retry=True,
        ) from problem


def _sync_folder(folder: Path) -> None:
    """Bring the rename itself to the disk, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _all(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)

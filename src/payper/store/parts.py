"""Few rows of the journal as bytes: rows of plain values in MessagePack, which is written in a twentieth of the time of a Parquet file.

A part is {"columns": {name: type}, "rows": [[value, ...], ...]}; instants are microseconds since 1970, UTC.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import polars as pl

_INSTANT = pl.Datetime("us", "UTC")
_TYPES: dict[str, pl.DataType | type[pl.DataType]] = {
    "text": pl.String,
    "i64": pl.Int64,
    "i32": pl.Int32,
    "u64": pl.UInt64,
    "truth": pl.Boolean,
    "instant": _INSTANT,
    "i16s": pl.List(pl.Int16),
}
_NAMES = {str(dtype): name for name, dtype in _TYPES.items()}
_PLAIN: dict[str, pl.DataType | type[pl.DataType]] = {**_TYPES, "instant": pl.Int64}
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder()


def pack(frame: pl.DataFrame) -> bytes:
    """Write a frame of texts, whole numbers, truths, instants in UTC and lists of small numbers."""
    columns = {name: _name_of(dtype) for name, dtype in zip(frame.columns, frame.dtypes, strict=True)}
    instants = [name for name, kind in columns.items() if kind == "instant"]
    plain = frame.with_columns(pl.col(instants).to_physical()) if instants else frame
    return _encoder.encode({"columns": columns, "rows": plain.rows()})


def pack_rows(columns: Mapping[str, pl.DataType | type[pl.DataType]], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """As `pack`, of rows by column; instants have a zone, and what a row lacks is null."""
    kinds = {name: _name_of(dtype) for name, dtype in columns.items()}
    instants = [place for place, kind in enumerate(kinds.values()) if kind == "instant"]
    names = list(kinds)
    values = []
    for row in rows:
        own: list[Any] = [row.get(name) for name in names]
        for place in instants:
            if own[place] is not None:
                own[place] = (own[place] - _EPOCH) // _MICROSECOND
        values.append(own)
    return _encoder.encode({"columns": kinds, "rows": values})


def unpack(parts: Iterable[bytes]) -> pl.DataFrame:
    """Read parts back into one frame, in order; a column that a part has not is null there."""
    frames: list[pl.DataFrame] = []
    columns: dict[str, str] = {}
    rows: list[Sequence[Any]] = []
    for part in parts:
        told = _decoder.decode(part)
        if told["columns"] != columns or list(told["columns"]) != list(columns):
            frames += [_frame(columns, rows)] if rows else []
            columns, rows = told["columns"], []
        rows += told["rows"]
    frames += [_frame(columns, rows)] if columns else []
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal") if frames else pl.DataFrame()


def parquet(frame: pl.DataFrame) -> bytes:
    """Write a frame as Parquet, the form of sealed batches."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    return buffer.getvalue()


def _name_of(dtype: pl.DataType | type[pl.DataType]) -> str:
    name = _NAMES.get(str(dtype))
    assert name is not None, f"a journal has no column of {dtype}"
    return name


def _frame(columns: dict[str, str], rows: list[Sequence[Any]]) -> pl.DataFrame:
    plain = pl.DataFrame(rows, schema={name: _PLAIN[kind] for name, kind in columns.items()}, orient="row")
    return plain.with_columns(pl.col(name).cast(_INSTANT) for name, kind in columns.items() if kind == "instant")

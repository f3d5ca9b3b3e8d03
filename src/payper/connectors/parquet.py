"""Parquet, streamed; every column becomes text as the other formats would have it.

Whole numbers have no `.0`; an instant with a zone is ISO 8601 with its offset, one without has none; a list is its members joined by
`;`; a struct gives columns of its own, one level deep.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from payper.connectors.files import FAULT, RAW, Limits, Shape, check_columns, unique_names, without_controls
from payper.errors import FileError

_PIECE_ROWS = 131_072


class ParquetReader:
    """The records of one Parquet file, streamed."""

    def __init__(self, path: Path, *, size: int, digest: str, limits: Limits) -> None:
        self._path = path
        try:
            self._lazy = pl.scan_parquet(path, glob=False, hive_partitioning=False)
            self._schema = dict(self._lazy.collect_schema())
            self._rows = int(self._lazy.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as problem:
            raise _damaged(path, problem) from problem
        if not self._schema:
            raise FileError(where=path, seen="The file has no columns.", mend="Export it again with named columns.")
        names = [name for name, _ in _flat(self._schema)]
        header = unique_names(names)
        check_columns(path, header, limits)
        self._shape = Shape(format="parquet", bytes=size, digest=digest, header=header)

    @property
    def shape(self) -> Shape:
        """Give what the file turned out to be."""
        return self._shape

    def pieces(self) -> Iterator[pl.DataFrame]:
        """Give the records, some hundred thousand at a time."""
        none = pl.lit(None, dtype=pl.String)
        texts = [text.alias(name) for (_, text), name in zip(_flat(self._schema), self._shape.header, strict=True)]
        for offset in range(0, self._rows, _PIECE_ROWS):
            try:
                piece = self._lazy.slice(offset, _PIECE_ROWS).select(*texts, none.alias(FAULT), none.alias(RAW)).collect()
            except (pl.exceptions.PolarsError, OSError) as problem:
                raise _damaged(self._path, problem) from problem
            yield without_controls(piece, self._shape.header)


def _damaged(path: Path, problem: Exception) -> FileError:
    first = str(problem).strip().split("\n")[0]
    return FileError(where=path, seen=f"The Parquet file is damaged or is none: {first}.", mend="Export it again.")


def _flat(schema: dict[str, pl.DataType]) -> list[tuple[str, pl.Expr]]:
    columns: list[tuple[str, pl.Expr]] = []
    for name, dtype in schema.items():
        if isinstance(dtype, pl.Struct):
            prefix = "answer" if name in {"answers", "answer"} else name
            for inner in dtype.fields:
                kind = inner.dtype if isinstance(inner.dtype, pl.DataType) else inner.dtype()
                columns.append((f"{prefix}_{inner.name}", as_text(pl.col(name).struct.field(inner.name), kind)))
        else:
            columns.append((name, as_text(pl.col(name), dtype)))
    return columns


def as_text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Write a column of any type as text cells."""
    if dtype == pl.String:
        return column
    if dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    if dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        return pl.when(column == whole).then(whole.cast(pl.String)).when(column.is_finite()).then(column.cast(pl.String))
    if isinstance(dtype, pl.Datetime):
        offset = "%:z" if dtype.time_zone else ""
        return column.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.f{offset}")
    if isinstance(dtype, pl.List | pl.Array):
        inner = dtype.inner if isinstance(dtype.inner, pl.DataType) else dtype.inner()
        if not inner.is_nested():
            listed = column.arr.to_list() if isinstance(dtype, pl.Array) else column
            return listed.list.eval(as_text(pl.element(), inner)).list.join(";", ignore_nulls=True)
    if dtype.is_nested():
        return pl.struct(column.alias("value")).struct.json_encode()
    if dtype == pl.Null:
        return pl.lit(None, dtype=pl.String)
    return column.cast(pl.String)

"""What was read of texts before, for few rows at a time: a text is read once by its columnar reader, whoever sends it again.

Readers look at one text alone, so that what they said of it holds for ever. Of many rows a column is read whole, which is quicker.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import polars as pl

FEW = 512
"""Up to so many rows are looked up text by text."""

KEPT_MAX = 1 << 16
"""Texts that each reader keeps in mind."""

Schema = Mapping[str, pl.DataType | type[pl.DataType]]


class Memory:
    """What one reader said, by what it was asked; safe for threads.

    Args:
        read: Gives one row for each of the keys (in their order), whatever the others are.
        schema: The columns that it gives.
        nothing: What is given where the key is null; None: nulls.
    """

    def __init__(self, read: Callable[[Sequence[Any]], pl.DataFrame], schema: Schema, *, nothing: tuple[Any, ...] | None = None) -> None:
        self._read = read
        self._schema = schema
        self._known: dict[Hashable, tuple[Any, ...]] = {}
        self._nothing: tuple[Any, ...] = (None,) * len(schema) if nothing is None else nothing
        self._lock = threading.Lock()

    def recall(self, keys: Sequence[Any]) -> pl.DataFrame:
        """Give one row for each key, in order.

        Args:
            keys: Texts or tuples of texts; None where there is none.
        """
        known = self._known
        new = [key for key in dict.fromkeys(keys) if key is not None and key not in known]
        if new:
            rows = self._read(new).select(*self._schema).rows()
            with self._lock:
                if len(known) + len(new) > KEPT_MAX:
                    # The oldest half goes; a dictionary keeps the order in which texts came.
                    self._known = known = dict(list(known.items())[len(known) // 2 :])
                known.update(zip(new, rows, strict=True))
        found = [self._nothing if key is None else known[key] for key in keys]
        columns = list(zip(*found, strict=True)) or [()] * len(self._schema)
        return pl.DataFrame(
            [pl.Series(name, column, dtype=dtype) for (name, dtype), column in zip(self._schema.items(), columns, strict=True)]
        )


def of_texts(read: Callable[[pl.Series], pl.DataFrame], schema: Schema, *, nothing: tuple[Any, ...] | None = None) -> Memory:
    """Remember what a reader of one column says."""
    return Memory(lambda keys: read(pl.Series("text", keys, dtype=pl.String)), schema, nothing=nothing)

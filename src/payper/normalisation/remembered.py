"""Readers for few rows at a time: a text is read by itself, and what was said of it is kept in mind, whoever sends it again.

Readers look at one text alone, so that what they said of it holds for ever. Of many rows a column is read whole, which is quicker; of
few, making ready a column's expressions takes longer than reading the texts. The column's reader decides what is right: a reader of one
text knows common writing only, leaves all else to it, and tests hold the two equal (docs/decisions/0020).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import polars as pl

FEW = 512
"""Up to so many rows are looked up text by text."""

KEPT_MAX = 1 << 16
"""Texts that each reader keeps in mind."""

Schema = Mapping[str, pl.DataType | type[pl.DataType]]
Row = tuple[Any, ...]

_COMMON = re.compile(r"[ -~\u00c0-\u017f]*")


def is_common(text: str) -> bool:
    """Tell whether a text is of printable ASCII and accented Latin letters, which Python and polars fold and part alike."""
    return (text.isascii() and text.isprintable()) or _COMMON.fullmatch(text) is not None


class Memory:
    """What one reader said, by what it was asked; safe for threads.

    Args:
        read: Gives one row for each of the keys (in their order), whatever the others are.
        schema: The columns that it gives.
        nothing: What is given where the key is null; None: nulls.
        one: Reads one key, where that is quicker than `read`; gives None where only `read` can tell.
        is_kept: Whether what was said is kept in mind; what `read` said always is.
    """

    def __init__(
        self,
        read: Callable[[Sequence[Any]], pl.DataFrame],
        schema: Schema,
        *,
        nothing: Row | None = None,
        one: Callable[[Any], Row | None] | None = None,
        is_kept: bool = True,
    ) -> None:
        self._read = read
        self.one = one
        self._is_kept = is_kept
        self.schema = schema
        self._known: dict[Hashable, Row] = {}
        self._nothing: Row = (None,) * len(schema) if nothing is None else nothing
        self._lock = threading.Lock()

    def recall(self, keys: Sequence[Any]) -> pl.DataFrame:
        """Give one row for each key, in order.

        Args:
            keys: Texts or tuples of texts; None where there is none.
        """
        columns = list(zip(*self.rows(keys), strict=True)) or [()] * len(self.schema)
        return pl.DataFrame(
            [pl.Series(name, column, dtype=dtype) for (name, dtype), column in zip(self.schema.items(), columns, strict=True)]
        )

    def rows(self, keys: Sequence[Any]) -> list[Row]:
        """As `recall`, in tuples."""
        known = self._known
        found: dict[Hashable, Row] = {None: self._nothing}
        said: dict[Hashable, Row] = {}
        unread = []
        for key in keys:
            if key in found:
                continue
            row = known.get(key)
            if row is None and self.one is not None:
                row = self.one(key)
                if row is not None and self._is_kept:
                    said[key] = row
            if row is None:
                unread.append(key)
                row = ()
            found[key] = row
        if unread:
            said |= zip(unread, self._read(unread).select(*self.schema).rows(), strict=True)
            found |= said
        if said:
            self._keep(said)
        return [found[key] for key in keys]

    def _keep(self, said: Mapping[Hashable, Row]) -> None:
        with self._lock:
            known = self._known
            if len(known) + len(said) > KEPT_MAX:
                # The oldest half goes; a dictionary keeps the order in which texts came.
                self._known = known = dict(list(known.items())[len(known) // 2 :])
            known.update(said)


def of_texts(
    read: Callable[[pl.Series], pl.DataFrame],
    schema: Schema,
    *,
    nothing: Row | None = None,
    one: Callable[[str], Row | None] | None = None,
    is_kept: bool = True,
) -> Memory:
    """Remember what a reader of one column says; arguments as of `Memory`."""
    return Memory(lambda keys: read(pl.Series("text", keys, dtype=pl.String)), schema, nothing=nothing, one=one, is_kept=is_kept)

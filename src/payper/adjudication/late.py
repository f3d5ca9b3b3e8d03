"""What a contract's expressions look at and no column says: worked out of each batch, or of one delivery, when it is judged.

Expressions are made once for a contract and used for every batch, as making them takes longer than judging some rows by them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from payper.adjudication.values import Read, Value

Make = Callable[[pl.DataFrame], pl.Series]


@dataclass
class Late:
    """Columns that expressions look at and that are worked out of each batch.

    Attributes:
        columns: Names of the batch's columns.
        makers: By name, how a column is worked out.
        unread: The names of those that cannot be read out of one delivery; they are made for few rows as for many.
    """

    columns: Collection[str]
    makers: dict[str, Make] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def of(self, name: str, make: Make, one: Read | None) -> Value:
        """Give a value that is worked out of each batch; the same name is the same value.

        Args:
            name: What it is called; no column of a sender can be called so.
            make: Works it out of a batch.
            one: Works it out of one delivery; None: it cannot be.
        """
        hidden = _hidden(name)
        if name not in self.makers:
            self.makers[name] = make
            if one is None:
                self.unread.append(name)
        if one is None:
            return Value(pl.col(hidden), lambda row: row[hidden])

        def read(row: Any) -> Any:
            if hidden not in row:
                row[hidden] = one(row)
            return row[hidden]

        return Value(pl.col(hidden), read)

    def beside(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give a batch with these columns beside its own."""
        return frame.hstack([make(frame).alias(_hidden(name)) for name, make in self.makers.items()]) if self.makers else frame

    def put_unread(self, rows: Sequence[dict[str, Any]], batch: Callable[[], pl.DataFrame]) -> None:
        """Put into rows what cannot be read out of each by itself.

        Args:
            rows: Deliveries; changed.
            batch: Gives them as a batch.
        """
        if self.unread:
            frame = batch()
            for name in self.unread:
                hidden = _hidden(name)
                for row, value in zip(rows, self.makers[name](frame).to_list(), strict=True):
                    row[hidden] = value


def _hidden(name: str) -> str:
    """Name a column so that no sender's can have the same name."""
    return f"\0{name}"

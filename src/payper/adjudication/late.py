"""Expressions that are made once for a contract and used for every batch: what must be worked out of the rows themselves comes as columns.

Making the expressions of a contract takes longer than judging some rows by them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import polars as pl

Make = Callable[[pl.DataFrame], pl.Series]


@dataclass
class Late:
    """Columns that expressions look at and that are worked out of each batch.

    Attributes:
        columns: Names of the batch's columns.
        makers: By name, how a column is worked out.
    """

    columns: Collection[str]
    makers: dict[str, Make] = field(default_factory=dict)

    def of(self, name: str, make: Make) -> pl.Expr:
        """Give the expression of a column that is worked out of each batch; the same name is the same column."""
        self.makers.setdefault(name, make)
        return pl.col(_hidden(name))

    def beside(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give a batch with these columns beside its own."""
        return frame.hstack([make(frame).alias(_hidden(name)) for name, make in self.makers.items()]) if self.makers else frame


def _hidden(name: str) -> str:
    """Name a column so that no sender's can have the same name."""
    return f"\0{name}"

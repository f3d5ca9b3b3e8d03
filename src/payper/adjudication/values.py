"""Values of deliveries that are worked out in two ways from one definition: over the columns of many, or out of one delivery alone.

Making ready and running the expressions of a contract takes milliseconds, however few the rows; one row's values are read in microseconds.
Truth has three values as in SQL: what cannot be known is null in a column and None alone. Tests hold both ways equal
(docs/decisions/0020).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any

import polars as pl

Row = Mapping[str, Any]
Read = Callable[[Row], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A value of every delivery.

    Attributes:
        column: Over columns.
        one: Out of one delivery.
        name: Of the column, where the value is just that; it is read sooner so.
        fixed: True or False where every delivery has that truth; None: they differ.
    """

    column: pl.Expr
    one: Read
    name: str | None = None
    fixed: bool | None = None

    def __and__(self, other: Value) -> Value:
        """Hold where both hold."""
        left, right = self.one, other.one
        if self.fixed is True or other.fixed is True:
            return Value(self.column & other.column, right if self.fixed else left)

        def read(row: Row) -> bool | None:
            first = left(row)
            if first is False:
                return False
            second = right(row)
            return False if second is False else None if first is None or second is None else True

        return Value(self.column & other.column, read)

    def __or__(self, other: Value) -> Value:
        """Hold where one of both holds."""
        left, right = self.one, other.one
        if self.fixed is False or other.fixed is False:
            return Value(self.column | other.column, right if self.fixed is False else left)

        def read(row: Row) -> bool | None:
            first = left(row)
            if first is True:
                return True
            second = right(row)
            return True if second is True else None if first is None or second is None else False

        return Value(self.column | other.column, read)

    def __invert__(self) -> Value:
        """Hold where it does not."""
        if self.fixed is not None:
            return constant(value=not self.fixed)
        own = self.one

        def read(row: Row) -> bool | None:
            value = own(row)
            return None if value is None else not value

        return Value(~self.column, read)

    def __lt__(self, other: Value) -> Value:
        """Compare; null where either is."""
        return _compared(lt, self, other)

    def __le__(self, other: Value) -> Value:
        """Compare; null where either is."""
        return _compared(le, self, other)

    def __gt__(self, other: Value) -> Value:
        """Compare; null where either is."""
        return _compared(gt, self, other)

    def __ge__(self, other: Value) -> Value:
        """Compare; null where either is."""
        return _compared(ge, self, other)

    def equals(self, wanted: str) -> Value:
        """Hold where it is a text; null where it is null."""
        own = self.one

        def read(row: Row) -> bool | None:
            value = own(row)
            return None if value is None else value == wanted

        return Value(self.column == wanted, read)

    def is_null(self) -> Value:
        """Hold where it is null."""
        own, name = self.one, self.name
        if name is not None:
            return Value(self.column.is_null(), lambda row: row.get(name) is None)
        return Value(self.column.is_null(), lambda row: own(row) is None)

    def is_not_null(self) -> Value:
        """Hold where it is not null."""
        own, name = self.one, self.name
        if name is not None:
            return Value(self.column.is_not_null(), lambda row: row.get(name) is not None)
        return Value(self.column.is_not_null(), lambda row: own(row) is not None)

    def is_in(self, wanted: Collection[str]) -> Value:
        """Hold where it is one of some texts; null where it is null."""
        own, kept = self.one, frozenset(wanted)

        def read(row: Row) -> bool | None:
            value = own(row)
            return None if value is None else value in kept

        # A column of one row is the form in which `is_in` takes them without making a column of them at every call.
        return Value(self.column.is_in(pl.Series(sorted(kept), dtype=pl.String).implode()), read)

    def surely(self) -> Value:
        """Hold where it holds; not where it cannot be known."""
        if self.fixed is not None:
            return self
        own = self.one
        return Value(self.column.fill_null(value=False), lambda row: own(row) is True)


def _compared(operator: Callable[[Any, Any], bool], one: Value, other: Value) -> Value:
    left, right = one.one, other.one

    def read(row: Row) -> bool | None:
        first, second = left(row), right(row)
        return None if first is None or second is None else operator(first, second)

    return Value(operator(one.column, other.column), read)  # type: ignore[arg-type]  # an expression, of expressions


def column(name: str) -> Value:
    """Give a column; alone, null where the row does not have it."""
    return Value(pl.col(name), lambda row: row.get(name), name=name)


def constant(value: Any, dtype: pl.DataType | type[pl.DataType] | None = None) -> Value:
    """Give the same value of every delivery."""
    return Value(pl.lit(value, dtype=dtype), lambda _: value, fixed=value if isinstance(value, bool) else None)


def any_of(values: Iterable[Value]) -> Value:
    """Hold where one of some holds; of none, nowhere."""
    some = [value for value in values if value.fixed is not False]
    if len(some) < 2:
        return some[0] if some else NEVER
    reads = [value.one for value in some]

    def read(row: Row) -> bool | None:
        found: bool | None = False
        for each in reads:
            value = each(row)
            if value is True:
                return True
            if value is None:
                found = None
        return found

    return Value(pl.any_horizontal([value.column for value in some]), read)


NEVER = constant(value=False)
ALWAYS = constant(value=True)

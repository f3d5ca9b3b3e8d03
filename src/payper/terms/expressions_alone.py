"""SQL conditions of a contract, decided for one delivery at a time: as `expressions` decides them for columns, and sooner for few rows.

What is seldom written (functions, CASE, ILIKE) is left to `expressions`; tests hold both equal (docs/decisions/0020).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product
from typing import Any

from payper.periods import Calendar
from payper.terms.expression_tree import RANGES, Arithmetic, Both, Column, Compare, Constant, IsNull, Like, Node, Not, columns_of
from payper.terms.expressions import Condition

Read = Callable[[Mapping[str, Any]], Any]


class _LeftError(Exception):
    """A node that is left to columns."""


def read_condition(condition: Condition, *, zone: str) -> Read | None:
    """Give what decides a condition for one delivery, or None where only columns can.

    Args:
        condition: From `compile_condition`.
        zone: The contract's zone, for dates and times in the condition.

    Returns:
        Given a delivery by its columns (those of `condition.columns` that it lacks count as empty): True, False, or None where it cannot be
        known.
    """
    return _whole(condition.tree, zone)


@lru_cache(maxsize=4096)
def _whole(tree: Node, zone: str) -> Read | None:
    """Try every end of the ranges that the tree looks at, and keep what all agree on."""
    ranged = sorted(columns_of(tree) & RANGES.keys())
    try:
        variants = [_read(tree, zone, dict(zip(ranged, ends, strict=True))) for ends in product((0, 1), repeat=len(ranged))]
    except _LeftError:
        return None
    first, others = variants[0], variants[1:]
    if not others:
        return first

    def read(row: Mapping[str, Any]) -> Any:
        value = first(row)
        return value if value is not None and all(other(row) == value for other in others) else None

    return read


def _read(node: Node, zone: str, ends: Mapping[str, int]) -> Read:
    """Compile one node for a choice of range ends."""
    match node:
        case Column():
            name = node.name
            return _range_end(*RANGES[name], ends[name]) if name in RANGES else lambda row: row.get(name)
        case Constant():
            value = node.value
            if isinstance(value, datetime):
                value = value.astimezone(UTC) if value.tzinfo else Calendar(zone=zone).localise(value)
            return lambda _: value
        case Both():
            return _both(node.joiner == "and", _read(node.left, zone, ends), _read(node.right, zone, ends))
        case Not():
            of = _read(node.of, zone, ends)
            return lambda row: None if (held := of(row)) is None else not held
        case Compare():
            return _compare(node, _read(node.left, zone, ends), _read(node.right, zone, ends))
        case Like() if not node.fold:
            return _like(_read(node.of, zone, ends), node.pattern)
        case IsNull():
            of = _read(node.of, zone, ends)
            return lambda row: of(row) is None
        case Arithmetic():
            return _arithmetic(node, _read(node.left, zone, ends), _read(node.right, zone, ends))
        case _:
            raise _LeftError


def _range_end(low_name: str, high_name: str, end: int) -> Read:
    """Give one end of a range: below open is 0, above open is infinite, an unknown size is None."""

    def read(row: Mapping[str, Any]) -> float | None:
        low, high = row.get(low_name), row.get(high_name)
        if low is None and high is None:
            return None
        if end == 0:
            return 0.0 if low is None else float(low)
        return float("inf") if high is None else float(high)

    return read


def _both(is_and: bool, left: Read, right: Read) -> Read:  # noqa: FBT001  # named where it is called
    """Join two truths of three values."""
    decides = not is_and

    def read(row: Mapping[str, Any]) -> bool | None:
        first: bool | None = left(row)
        if first is decides:
            return first
        second: bool | None = right(row)
        if second is decides:
            return second
        return None if first is None or second is None else is_and

    return read


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(node: Compare, left: Read, right: Read) -> Read:
    if "null" in {node.left.type, node.right.type}:
        return lambda _: None
    compare: Callable[[Any, Any], bool] = _OPERATORS[node.operator]
    of: Callable[[Any], Any] = _number if node.left.type == "number" else _same
    if node.on_ladder:
        from payper.terms.vocabulary import rungs

        of = rungs().get

    def read(row: Mapping[str, Any]) -> bool | None:
        first, second = left(row), right(row)
        if first is None or second is None:
            return None
        one, other = of(first), of(second)
        return None if one is None or other is None else bool(compare(one, other))

    return read


def _number(value: Any) -> Any:
    return float(value)


def _same(value: Any) -> Any:
    return value


def _like(of: Read, pattern: str) -> Read:
    """Match % (anything) and _ (one character)."""
    body = "".join(".*" if character == "%" else "." if character == "_" else re.escape(character) for character in pattern)
    form = re.compile(body, re.DOTALL)
    return lambda row: None if (text := of(row)) is None else form.fullmatch(text) is not None


def _arithmetic(node: Arithmetic, left: Read, right: Read) -> Read:
    if "null" in {node.left.type, node.right.type}:
        return lambda _: None
    sign = node.operator

    def read(row: Mapping[str, Any]) -> float | None:
        first, second = left(row), right(row)
        if first is None or second is None:
            return None
        one, other = float(first), float(second)
        if sign == "/":
            if other == 0:
                return None
            result = one / other
        else:
            result = one + other if sign == "+" else one - other if sign == "-" else one * other
        return None if result != result else result  # noqa: PLR0124  # not a number

    return read

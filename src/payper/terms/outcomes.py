"""Whether a condition can be true at all, and whether it always is, over everything that can be delivered.

A condition that compares columns with literals changes only at those literals; trying each column at, below and above them, in every
combination, is therefore exhaustive. Conditions that do more (arithmetic, functions, one column with another, LIKE beside other tests of
its column) are left undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from math import ceil, floor, prod

from payper.deliveries import KINDS
from payper.periods import Calendar
from payper.terms.contract import Audience, Range
from payper.terms.expression_tree import (
    RANGES,
    Arithmetic,
    Call,
    Column,
    Compare,
    Constant,
    IsNull,
    Like,
    Node,
    children,
    column_types,
    columns_of,
)
from payper.terms.vocabulary import job_functions, rungs

_COMBINATIONS_MAX = 50_000
_OTHER = "\u00b7other\u00b7"

Value = str | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What a condition can come to: `can_hold` for some delivery, `always_holds` for every one with its columns filled."""

    can_hold: bool
    always_holds: bool


def find_outcomes(tree: Node, *, zone: str, audience: Audience | None = None) -> Outcomes | None:
    """Decide a condition over all deliveries, or over those that an audience's own ranges and lists admit; None: undecided."""
    tests = _tests_of(tree)
    if tests is None:
        return None
    values = {name: _values(name, tests.get(name, []), audience) for name in sorted(columns_of(tree))}
    asks_null = _has_null_test(tree)
    if asks_null:
        values = {name: [*options, None] for name, options in values.items()}
    if prod(len(options) for options in values.values()) > _COMBINATIONS_MAX:
        return None
    if any(not options for options in values.values()):
        return None
    decided = _decide(tree, values, zone)
    return Outcomes(can_hold=any(answer is True for answer in decided), always_holds=all(answer is True for answer in decided))


def _decide(tree: Node, values: dict[str, list[Value]], zone: str) -> Sequence[bool | None]:
    import polars as pl

    from payper.terms.expressions import Condition, evaluate

    rows = list(product(*values.values()))
    columns: dict[str, pl.Series] = {}
    types = column_types()
    for place, name in enumerate(values):
        kind = types.get(name, "text")
        dtype = pl.Float64 if kind == "number" else pl.Datetime("us", "UTC") if kind == "instant" else pl.String
        series = pl.Series(name, [_placed(row[place], zone) for row in rows], dtype=dtype)
        for column in RANGES.get(name, (name,)):
            columns[column] = series.alias(column)
    frame = pl.DataFrame(columns) if columns else pl.DataFrame({"row": [0]})
    condition = Condition(sql="", tree=tree, columns=frozenset(columns), names=frozenset(values))
    return list(evaluate(condition, frame, zone=zone))


def _placed(value: Value, zone: str) -> Value:
    """Put a local time on the time line, as literals are; other values stay."""
    return Calendar(zone=zone).localise(value) if isinstance(value, datetime) and value.tzinfo is None else value


def _tests_of(tree: Node) -> dict[str, list[Compare | Like]] | None:
    """Collect what each column is tested against, or None where a test is not a column beside a literal."""
    found: dict[str, list[Compare | Like]] = {}
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Arithmetic | Call):
            return None
        if isinstance(node, Compare):
            pair = (node.left, node.right)
            columns = [side for side in pair if isinstance(side, Column)]
            if not all(isinstance(side, Column | Constant) for side in pair) or len(columns) > 1:
                return None
            for column in columns:
                found.setdefault(column.name, []).append(node)
        elif isinstance(node, Like):
            if not isinstance(node.of, Column):
                return None
            found.setdefault(node.of.name, []).append(node)
        elif isinstance(node, IsNull) and not isinstance(node.of, Column):
            return None
        nodes.extend(children(node))
    if any(len(tests) > 1 and any(isinstance(test, Like) for test in tests) for tests in found.values()):
        return None
    return found


def _has_null_test(tree: Node) -> bool:
    return isinstance(tree, IsNull) or any(_has_null_test(child) for child in children(tree))


def _values(name: str, tests: list[Compare | Like], audience: Audience | None) -> list[Value]:
    """Give the values of a column at which its tests can turn, inside the audience where one is given."""
    constants = [
        side.value for test in tests if isinstance(test, Compare) for side in (test.left, test.right) if isinstance(side, Constant)
    ]
    if name == "seniority":
        return [rung for rung in rungs() if audience is None or _admits_rung(audience, rung)]
    if name == "function":
        return list(audience.functions if audience and audience.functions else job_functions())
    if name == "kind":
        return list(KINDS)
    if name == "country_code" and audience and audience.countries:
        return list(audience.countries)
    kind = column_types().get(name, "text")
    if kind == "number":
        limits = {"employees": audience.employees, "revenue": audience.revenue}.get(name) if audience else None
        return list(_numbers([value for value in constants if isinstance(value, int | float)], limits or Range(low=0, high=None)))
    if kind == "instant":
        instants = [value for value in constants if isinstance(value, datetime)]
        tick = timedelta(microseconds=1)
        return [moment for value in instants for moment in _around(value, tick)] or [datetime(2026, 1, 1)]  # noqa: DTZ001  # any moment does
    patterns = [test.pattern.replace("%", "").replace("_", "x") for test in tests if isinstance(test, Like)]
    return [*dict.fromkeys(value for value in constants if isinstance(value, str)), *patterns, _OTHER]


def _around(value: datetime, tick: timedelta) -> tuple[datetime, ...]:
    return (value - tick, value, value + tick)


def _numbers(constants: Sequence[float], limits: Range) -> tuple[float, ...]:
    low = limits.low or 0
    high = limits.high if limits.high is not None else float("inf")
    near = {float(step) for value in constants for step in (floor(value) - 1, floor(value), ceil(value), ceil(value) + 1)}
    near |= {float(low), float(low + 1)} | ({high} if limits.high is not None else {max(near, default=0.0) + low + 1_000})
    return tuple(sorted(value for value in near if low <= value <= high))


def _admits_rung(audience: Audience, rung: str) -> bool:
    asked = audience.seniority
    if asked is None:
        return True
    rank = rungs()[rung]
    return (asked.low is None or rungs()[asked.low] <= rank) and (asked.high is None or rank <= rungs()[asked.high])

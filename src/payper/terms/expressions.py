"""SQL conditions of a contract (`rule`, `when`, `attendee`) as Polars expressions.

Three-valued logic as in SQL: a comparison with a missing value is null. `employees` and `revenue` are tried at both ends of their range
and the whole condition is null where the results differ (RULES 20); an open end is infinite. `seniority` follows the ladder (RULES 18).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product

import polars as pl

from payper.periods import Calendar
from payper.terms.expression_tree import (
    RANGES,
    Arithmetic,
    Both,
    Call,
    Case,
    Column,
    Compare,
    Constant,
    ExpressionError,
    IsNull,
    Like,
    Node,
    Not,
    columns_of,
    parse_condition,
)

__all__ = ["Condition", "ExpressionError", "compile_condition", "evaluate"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A SQL condition, ready to run.

    Attributes:
        sql: As the contract writes it.
        tree: As read.
        columns: Columns of the frame that it looks at: `employees` and `revenue` stand as their `_min` and `_max`.
        names: Columns as the condition names them.
    """

    sql: str
    tree: Node
    columns: frozenset[str]
    names: frozenset[str]

    @property
    def expression(self) -> pl.Expr:
        """Give the Boolean expression, times without an offset taken as UTC; null where it cannot be known."""
        return self.expression_in("UTC")

    def expression_in(self, zone: str) -> pl.Expr:
        """Give the Boolean expression, times without an offset taken as local to `zone`."""
        return _expression(self.tree, zone)


@lru_cache(maxsize=4096)
def compile_condition(sql: str) -> Condition:
    """Read a SQL condition.

    Raises:
        ExpressionError: It is not one of the language; says what to write instead.
    """
    tree = parse_condition(sql)
    named = columns_of(tree)
    columns = frozenset(column for name in named for column in RANGES.get(name, (name,)))
    return Condition(sql=sql, tree=tree, columns=columns, names=named)


def evaluate(condition: Condition, frame: pl.DataFrame, *, zone: str) -> pl.Series:
    """Decide a condition for every row.

    Args:
        condition: From `compile_condition`.
        frame: Deliveries with at least `condition.columns`; an `answer_` column that is absent counts as empty.
        zone: The contract's zone, for dates and times in the condition.

    Returns:
        A Boolean series named `condition`, one value per row; null: cannot be known.
    """
    absent = [pl.lit(None, dtype=pl.String).alias(name) for name in sorted(condition.columns) if name not in frame.columns]
    if absent:
        frame = frame.with_columns(absent)
    decided = frame.with_columns(condition.expression_in(zone).alias("condition")) if condition.columns else None
    if decided is None:
        return pl.Series("condition", [pl.select(condition.expression_in(zone)).item()] * frame.height, dtype=pl.Boolean)
    return decided["condition"]


@lru_cache(maxsize=4096)
def _expression(tree: Node, zone: str) -> pl.Expr:
    """Try every end of the ranges that the tree looks at, and keep what all agree on."""
    ranged = sorted(columns_of(tree) & RANGES.keys())
    if not ranged:
        return _Compiler(zone, {}).compile(tree)
    variants = [_Compiler(zone, dict(zip(ranged, ends, strict=True))).compile(tree) for ends in product((0, 1), repeat=len(ranged))]
    agreed = variants[0]
    same = pl.all_horizontal([variant.eq(variants[0]) for variant in variants[1:]])
    return pl.when(same).then(agreed)


def _range_end(name: str, end: int) -> pl.Expr:
    """Give one end of a range as Float64: below open is 0, above open is infinite, an unknown size is null."""
    low, high = (pl.col(column).cast(pl.Float64) for column in RANGES[name])
    if end == 0:
        return pl.when(high.is_not_null()).then(low.fill_null(0.0)).otherwise(low)
    return pl.when(low.is_not_null()).then(high.fill_null(float("inf"))).otherwise(high)


class _Compiler:
    """Compiles a tree for one zone and one choice of range ends."""

    def __init__(self, zone: str, ends: Mapping[str, int]) -> None:
        self._zone = zone
        self._ends = ends

    def compile(self, node: Node) -> pl.Expr:
        """Compile one node."""
        match node:
            case Column():
                return _range_end(node.name, self._ends[node.name]) if node.name in RANGES else pl.col(node.name)
            case Constant():
                return self._constant(node)
            case Both():
                left, right = self._boolean(node.left), self._boolean(node.right)
                return left & right if node.joiner == "and" else left | right
            case Not():
                return self._boolean(node.of).not_()
            case Compare():
                return self._compare(node)
            case Like():
                return _like(self.compile(node.of), node.pattern, fold=node.fold)
            case IsNull():
                return self.compile(node.of).is_null()
            case Arithmetic():
                return self._arithmetic(node)
            case Call():
                return self._call(node)
            case Case():
                return self._case(node)

    def _constant(self, node: Constant) -> pl.Expr:
        if isinstance(node.value, datetime):
            moment = node.value
            utc = moment.astimezone(UTC) if moment.tzinfo else Calendar(zone=self._zone).localise(moment)
            return pl.lit(utc, dtype=pl.Datetime("us", "UTC"))
        if node.value is None:
            return pl.lit(None)
        return pl.lit(node.value)

    def _boolean(self, node: Node) -> pl.Expr:
        if node.type == "null":
            return pl.lit(None, dtype=pl.Boolean)
        return self.compile(node)

    def _compare(self, node: Compare) -> pl.Expr:
        if "null" in {node.left.type, node.right.type}:
            return pl.lit(None, dtype=pl.Boolean)
        if node.on_ladder:
            left, right = self._rung(node.left), self._rung(node.right)
        else:
            left, right = self.compile(node.left), self.compile(node.right)
        return _OPERATORS[node.operator](left, right)

    def _rung(self, node: Node) -> pl.Expr:
        """Give the rank on the ladder; text that is no rung is null."""
        from payper.terms.vocabulary import rungs

        if isinstance(node, Constant) and isinstance(node.value, str):
            return pl.lit(rungs().get(node.value), dtype=pl.Int8)
        ladder = rungs()
        return self.compile(node).replace_strict(list(ladder), list(ladder.values()), default=None, return_dtype=pl.Int8)

    def _arithmetic(self, node: Arithmetic) -> pl.Expr:
        if "null" in {node.left.type, node.right.type}:
            return pl.lit(None, dtype=pl.Float64)
        left, right = (self.compile(part).cast(pl.Float64) for part in (node.left, node.right))
        if node.operator == "/":
            result: pl.Expr = pl.when(right != 0).then(left / right)
        else:
            result = left + right if node.operator == "+" else left - right if node.operator == "-" else left * right
        return result.fill_nan(None)

    def _call(self, node: Call) -> pl.Expr:
        arguments = [self.compile(part) for part in node.arguments]
        first = arguments[0]
        match node.name:
            case "lower":
                return first.str.to_lowercase()
            case "upper":
                return first.str.to_uppercase()
            case "trim":
                return first.str.strip_chars(" ")
            case "length":
                return first.str.len_chars().cast(pl.Int64)
            case _:
                return pl.coalesce(arguments)

    def _case(self, node: Case) -> pl.Expr:
        result = self.compile(node.otherwise)
        for test, value in reversed(node.branches):
            result = pl.when(self._boolean(test)).then(self.compile(value)).otherwise(result)
        return result


_OPERATORS = {
    "=": pl.Expr.eq,
    "<>": pl.Expr.ne,
    "<": pl.Expr.lt,
    "<=": pl.Expr.le,
    ">": pl.Expr.gt,
    ">=": pl.Expr.ge,
}


def _like(of: pl.Expr, pattern: str, *, fold: bool) -> pl.Expr:
    """Match % (anything) and _ (one character); the plain shapes avoid a regular expression, which is ten times slower."""
    inner = pattern.strip("%")
    if not fold and "_" not in pattern and "%" not in inner and inner:
        starts, ends = not pattern.startswith("%"), not pattern.endswith("%")
        if starts and ends:
            return of == inner
        if starts:
            return of.str.starts_with(inner)
        if ends:
            return of.str.ends_with(inner)
        return of.str.contains(inner, literal=True)
    body = "".join(".*" if character == "%" else "." if character == "_" else re.escape(character) for character in pattern)
    return of.str.contains(f"^(?s{'i' if fold else ''}:{body})$")

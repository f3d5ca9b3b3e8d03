"""The closed tree that SQL conditions of a contract are read into, and its types.

`sqlglot` parses the SQL; everything it knows that stands not in docs/terms.md is refused here with what to write instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from payper.deliveries import ANSWER_PREFIX, DERIVED, INSTANTS, SCHEMA
from payper.errors import TermsError
from payper.terms.findings import list_words, nearest
from payper.terms.kinds import FindingKind

if TYPE_CHECKING:
    from sqlglot import exp

Type = Literal["text", "number", "boolean", "instant", "null"]
Comparison = Literal["=", "<>", "<", "<=", ">", ">="]

RANGES: dict[str, tuple[str, str]] = {"employees": ("employees_min", "employees_max"), "revenue": ("revenue_min", "revenue_max")}
"""Columns that in expressions mean a numeric range, tried at both ends (RULES 20)."""

LOWER_CODES = frozenset({"function", "seniority", "kind", "domain", "email_normal", "industry_code", "company_key"})
UPPER_CODES = frozenset({"country_code"})
NUMBERS = frozenset({"meeting_minutes", "employees_min", "employees_max", "revenue_min", "revenue_max", *RANGES})
FUNCTIONS: dict[str, Type] = {"lower": "text", "upper": "text", "trim": "text", "length": "number", "coalesce": "null"}


class ExpressionError(TermsError):
    """A SQL condition cannot be used; `kind` says as which finding."""

    def __init__(self, kind: FindingKind, *, seen: str, mend: str, where: str = "condition") -> None:
        self.kind = kind
        super().__init__(where=where, seen=seen, mend=mend)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a delivery."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: text, number, boolean, a local time (naive datetime), or None."""

    value: str | int | float | bool | datetime | None
    type: Type


@dataclass(frozen=True, slots=True)
class Both:
    """AND or OR of two conditions."""

    joiner: Literal["and", "or"]
    left: Node
    right: Node
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Not:
    """NOT of a condition."""

    of: Node
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison of two values of one type; `on_ladder` where they are rungs of seniority."""

    operator: Comparison
    left: Node
    right: Node
    on_ladder: bool = False
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Like:
    """LIKE or, with `fold`, ILIKE against a pattern with % and _."""

    of: Node
    pattern: str
    fold: bool
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class IsNull:
    """IS NULL."""

    of: Node
    type: Type = "boolean"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """A sum, difference, product or quotient of numbers."""

    operator: Literal["+", "-", "*", "/"]
    left: Node
    right: Node
    type: Type = "number"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS`."""

    name: str
    arguments: tuple[Node, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Case:
    """CASE WHEN ... THEN ... ELSE ... END."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node
    type: Type


Node = Column | Constant | Both | Not | Compare | Like | IsNull | Arithmetic | Call | Case


@lru_cache(maxsize=4096)
def parse_condition(sql: str) -> Node:
    """Read a SQL boolean into the closed tree.

    Raises:
        ExpressionError: It does not parse, names an unknown column, function or rung, mixes types, or is no boolean.
    """
    tree = _Reader().read(_parse(sql))
    if tree.type != "boolean":
        raise ExpressionError(
            FindingKind.RULE_NOT_BOOLEAN,
            seen=f"`{sql}` gives {'nothing' if tree.type == 'null' else 'a ' + tree.type}, not true or false.",
            mend="Compare it with something, as in `employees >= 500`.",
        )
    return tree


def children(node: Node) -> tuple[Node, ...]:
    """List the parts of a node."""
    if isinstance(node, Both | Compare | Arithmetic):
        return (node.left, node.right)
    if isinstance(node, Not | Like | IsNull):
        return (node.of,)
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Case):
        return (*(part for branch in node.branches for part in branch), node.otherwise)
    return ()


def columns_of(node: Node) -> frozenset[str]:
    """Name every column that a tree looks at."""
    if isinstance(node, Column):
        return frozenset({node.name})
    return frozenset().union(*(columns_of(child) for child in children(node)))


@cache
def column_types() -> dict[str, Type]:
    """Give the type of every column that an expression may name, answers apart."""
    types: dict[str, Type] = {}
    for name in (*SCHEMA, *DERIVED):
        types[name] = "instant" if name in INSTANTS else "number" if name in NUMBERS else "text"
    return types


def _parse(sql: str) -> exp.Expr:
    import sqlglot
    from sqlglot.errors import ErrorLevel, SqlglotError

    mend = "Write a SQL condition over the columns of a delivery, as in `employees >= 500 AND country_code = 'US'`."
    try:
        statements = sqlglot.parse(sql, error_level=ErrorLevel.IMMEDIATE)
    except SqlglotError as error:
        problem = getattr(error, "errors", None) or [{"description": str(error), "col": None}]
        place = f" near character {problem[0]['col']}" if problem[0].get("col") else ""
        words = str(problem[0]["description"]).splitlines()[0].rstrip(".")
        raise ExpressionError(FindingKind.RULE_SYNTAX, seen=f"`{sql}` does not parse{place}: {words}.", mend=mend) from None
    except RecursionError:
        raise ExpressionError(FindingKind.RULE_SYNTAX, seen="The condition is nested too deep.", mend="Write fewer brackets.") from None
    found = [statement for statement in statements if statement is not None]
    if len(found) != 1:
        raise ExpressionError(FindingKind.RULE_SYNTAX, seen=f"`{sql}` holds {len(found) or 'no'} conditions.", mend=mend)
    return found[0]


class _Reader:
    """Turns sqlglot's tree into ours, one method per kind of node."""

    def read(self, node: exp.Expr) -> Node:
        name = type(node).__name__.lower()
        method = getattr(self, f"_{_SAME.get(name, name)}", None)
        if method is None:
            raise _refused(node)
        if any(value and part not in _PARTS for part, value in node.args.items()):
            raise _refused(node)
        result: Node = method(node)
        return Not(result) if node.args.get("negate") else result

    def _paren(self, node: exp.Expr) -> Node:
        return self.read(node.this)

    def _column(self, node: exp.Expr) -> Node:
        name = node.name
        if node.args.get("table"):
            raise _refused(node)
        types = column_types()
        if name in types:
            return Column(name, types[name])
        if name.lower() in types:
            return Column(name.lower(), types[name.lower()])
        if name.startswith(ANSWER_PREFIX) and len(name) > len(ANSWER_PREFIX):
            return Column(name, "text")
        if node.this.args.get("quoted"):
            mend = f"Write text in single quotes: `'{name}'`."
        else:
            near = nearest(name, types)
            mend = (
                f"Write `{near}`."
                if near
                else "Name a canonical column (docs/terms.md lists them), `answer_` and a question's field, or text in quotes."
            )
        raise ExpressionError(FindingKind.RULE_COLUMN_UNKNOWN, seen=f"`{name}` is no column of a delivery.", mend=mend)

    def _literal(self, node: exp.Expr) -> Node:
        if node.is_string:
            return Constant(str(node.this), "text")
        number = float(node.this)
        return Constant(int(number) if number.is_integer() and abs(number) < 2**53 else number, "number")

    def _boolean(self, node: exp.Expr) -> Node:
        return Constant(bool(node.this), "boolean")

    def _null(self, node: exp.Expr) -> Node:
        del node
        return Constant(None, "null")

    def _neg(self, node: exp.Expr) -> Node:
        of = self._number(node.this)
        if isinstance(of, Constant) and isinstance(of.value, int | float):
            return Constant(-of.value, "number")
        return Arithmetic("-", Constant(0, "number"), of)

    def _cast(self, node: exp.Expr) -> Node:
        """Read DATE '2026-01-01' and TIMESTAMP '2026-01-01 10:00'; other casts are refused."""
        target = node.args["to"].sql().upper()
        if target in {"DATE", "TIMESTAMP", "DATETIME"} and node.this.is_string:
            return _instant(str(node.this.this))
        raise _refused(node)

    def _and(self, node: exp.Expr) -> Node:
        return Both("and", self._condition(node.this), self._condition(node.expression))

    def _or(self, node: exp.Expr) -> Node:
        return Both("or", self._condition(node.this), self._condition(node.expression))

    def _not(self, node: exp.Expr) -> Node:
        return Not(self._condition(node.this))

    def _comparison(self, node: exp.Expr) -> Node:
        operator: Comparison = _OPERATORS[type(node).__name__.lower()]
        return _compare(operator, self.read(node.this), self.read(node.expression), node)

    def _between(self, node: exp.Expr) -> Node:
        if node.args.get("symmetric"):
            raise _refused(node)
        of = self.read(node.this)
        low, high = self.read(node.args["low"]), self.read(node.args["high"])
        return Both("and", _compare(">=", of, low, node), _compare("<=", of, high, node))

    def _in(self, node: exp.Expr) -> Node:
        if not node.expressions or any(node.args.get(part) for part in ("query", "unnest", "field")):
            raise _refused(node)
        of = self.read(node.this)
        tests = [_compare("=", of, self.read(entry), node) for entry in node.expressions]
        tree: Node = tests[0]
        for test in tests[1:]:
            tree = Both("or", tree, test)
        return tree

    def _like(self, node: exp.Expr) -> Node:
        of, pattern = self.read(node.this), self.read(node.expression)
        if of.type != "text":
            raise _mixed(node, of.type, "text")
        if not (isinstance(pattern, Constant) and isinstance(pattern.value, str)):
            raise _refused(node)
        return Like(of, _in_codes(of, pattern.value), fold=type(node).__name__.lower() == "ilike")

    def _is(self, node: exp.Expr) -> Node:
        of, what = self.read(node.this), self.read(node.expression)
        if isinstance(what, Constant) and what.type == "null":
            return IsNull(of)
        if isinstance(what, Constant) and what.type == "boolean" and of.type == "boolean":
            held: Node = of if what.value else Not(of)
            return Both("and", held, Not(IsNull(of)))
        raise _refused(node)

    def _arithmetic(self, node: exp.Expr) -> Node:
        operator = _ARITHMETIC[type(node).__name__.lower()]
        return Arithmetic(operator, self._number(node.this), self._number(node.expression))  # type: ignore[arg-type]  # the four operators

    def _call(self, node: exp.Expr) -> Node:
        name = type(node).__name__.lower()
        if name == "trim" and (node.args.get("expression") or node.args.get("position")):
            raise _refused(node)
        arguments = [self.read(part) for part in (node.this, *(node.args.get("expressions") or []))]
        if name == "coalesce":
            kind: Type = next((part.type for part in arguments if part.type != "null"), "null")
            for part in arguments:
                if part.type not in {kind, "null"}:
                    raise _mixed(node, part.type, kind)
            return Call(name, tuple(arguments), kind)
        if arguments[0].type != "text":
            raise _mixed(node, arguments[0].type, "text")
        return Call(name, tuple(arguments[:1]), FUNCTIONS[name])

    def _case(self, node: exp.Expr) -> Node:
        subject = self.read(node.this) if node.this is not None else None
        branches = []
        for branch in node.args["ifs"]:
            test = self.read(branch.this)
            if subject is not None:
                test = _compare("=", subject, test, node)
            elif test.type != "boolean":
                raise _mixed(node, test.type, "boolean")
            branches.append((test, self.read(branch.args["true"])))
        default = node.args.get("default")
        otherwise = self.read(default) if default is not None else Constant(None, "null")
        kinds = {part.type for part in (*(value for _, value in branches), otherwise)} - {"null"}
        if len(kinds) > 1:
            first, second, *_ = sorted(kinds)
            raise _mixed(node, first, second)
        return Case(tuple(branches), otherwise, kinds.pop() if kinds else "null")

    def _condition(self, node: exp.Expr) -> Node:
        of = self.read(node)
        if of.type not in {"boolean", "null"}:
            raise _mixed(node, of.type, "boolean")
        return of

    def _number(self, node: exp.Expr) -> Node:
        of = self.read(node)
        if of.type not in {"number", "null"}:
            raise _mixed(node, of.type, "number")
        return of


_PARTS = frozenset(
    {"this", "expression", "expressions", "low", "high", "ifs", "true", "default", "to", "quoted", "is_string", "negate", "table"}
)
"""Parts of sqlglot's nodes that are read; a node with any other part filled means more than it seems to, and is refused. `negate` is how
`NOT LIKE` comes."""

_OPERATORS: dict[str, Comparison] = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
_SAME = (
    dict.fromkeys(_OPERATORS, "comparison")
    | dict.fromkeys(_ARITHMETIC, "arithmetic")
    | dict.fromkeys(FUNCTIONS, "call")
    | {"ilike": "like"}
)


def _compare(operator: Comparison, left: Node, right: Node, node: exp.Expr) -> Node:
    """Compare two values of one type; codes are folded, rungs follow the ladder, text beside an instant is a local time."""
    if "instant" in {left.type, right.type}:
        left, right = _as_instant(left), _as_instant(right)
    if left.type != right.type and "null" not in {left.type, right.type}:
        raise _mixed(node, left.type, right.type)
    on_ladder = _is_seniority(left) or _is_seniority(right)
    if on_ladder:
        _check_rung(left)
        _check_rung(right)
    if isinstance(right, Constant) and isinstance(right.value, str):
        right = Constant(_in_codes(left, right.value), "text")
    if isinstance(left, Constant) and isinstance(left.value, str):
        left = Constant(_in_codes(right, left.value), "text")
    return Compare(operator, left, right, on_ladder=on_ladder)


def _in_codes(beside: Node, text: str) -> str:
    """Write a literal in the case of the code column it is compared with; other text stays as it is."""
    if isinstance(beside, Column) and beside.name in LOWER_CODES:
        return text.lower()
    if isinstance(beside, Column) and beside.name in UPPER_CODES:
        return text.upper()
    return text


def _is_seniority(node: Node) -> bool:
    return isinstance(node, Column) and node.name == "seniority"


def _check_rung(node: Node) -> None:
    from payper.terms.vocabulary import rungs

    if isinstance(node, Constant) and isinstance(node.value, str) and node.value.lower() not in rungs():
        near = nearest(node.value, rungs())
        raise ExpressionError(
            FindingKind.RULE_RUNG_UNKNOWN,
            seen=f"'{node.value}' is no rung of the seniority ladder.",
            mend=f"Write '{near}'." if near else f"Write {list_words(list(rungs()))}.",
        )


def _as_instant(node: Node) -> Node:
    if isinstance(node, Constant) and isinstance(node.value, str):
        return _instant(node.value)
    return node


def _instant(text: str) -> Constant:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ExpressionError(
            FindingKind.RULE_TYPES_MIXED,
            seen=f"'{text}' is no date or time.",
            mend="Write it as '2026-01-31' or '2026-01-31 14:00'; it is local to the contract's zone.",
        ) from None
    return Constant(moment, "instant")


def _mixed(node: exp.Expr, one: str, other: str) -> ExpressionError:
    mend = {
        frozenset({"text", "number"}): "Write numbers without quotes and text in single quotes, and compare like with like.",
    }.get(frozenset({one, other}), f"Write a {other} where the {one} stands.")
    return ExpressionError(FindingKind.RULE_TYPES_MIXED, seen=f"`{node.sql()}` has a {one} where a {other} belongs.", mend=mend)


def _refused(node: exp.Expr) -> ExpressionError:
    return ExpressionError(
        FindingKind.RULE_WORD_UNKNOWN,
        seen=f"`{node.sql()}` is not part of the language.",
        mend="Use = <> < <= > >=, AND, OR, NOT, IN, BETWEEN, LIKE, ILIKE, IS NULL, + - * /, CASE, LOWER, UPPER, TRIM, LENGTH and COALESCE.",
    )

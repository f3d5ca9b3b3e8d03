"""The common clauses of a contract as fields of a form: read from its text, and written back into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from payper.terms.editing import Value, values_of
from payper.terms.findings import Finding
from payper.terms.language import KEYS
from payper.terms.positions import Path, spell

Kind = Literal["text", "list", "number", "date", "instant", "choice"]

PRICES_MAX = 12
"""Price rows that the form shows; more are in the text only."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A key that the form shows."""

    path: tuple[str, str]
    label: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()


CLAUSES: tuple[Clause, ...] = (
    Clause(("contract", "id"), "Id"),
    Clause(("contract", "buyer"), "Buyer"),
    Clause(("contract", "provider"), "Provider"),
    Clause(("contract", "currency"), "Currency"),
    Clause(("contract", "timezone"), "Time zone"),
    Clause(("contract", "starts"), "Starts", "date"),
    Clause(("contract", "ends"), "Ends", "date"),
    Clause(("contract", "version"), "Version", "number"),
    Clause(("contract", "holds_from"), "This version holds from", "instant"),
    Clause(("audience", "countries"), "Countries", "list"),
    Clause(("audience", "employees"), "Employees"),
    Clause(("audience", "revenue"), "Revenue"),
    Clause(("audience", "industries"), "Industries", "list"),
    Clause(("audience", "functions"), "Functions", "list"),
    Clause(("audience", "seniority"), "Seniority"),
    Clause(("audience", "suppress"), "Suppression lists", "list"),
    Clause(("record", "required"), "Required columns", "list"),
    Clause(("record", "email"), "Checks of the e-mail", "list"),
    Clause(("record", "phone"), "Checks of the phone", "list"),
    Clause(("record", "fresh"), "Generated at most so long before"),
    Clause(("record", "uncertain"), "What cannot be decided", "choice", ("review", "reject", "accept")),
    Clause(("duplicate", "match"), "Same prospect by", "list"),
    Clause(("duplicate", "within"), "Looking back"),
    Clause(("caps", "total"), "At most in all", "number"),
    Clause(("caps", "per_day"), "At most a day", "number"),
    Clause(("caps", "per_month"), "At most a month", "number"),
    Clause(("caps", "per_company"), "At most from one company", "number"),
    Clause(("caps", "budget"), "Budget"),
    Clause(("caps", "over"), "What is over a cap", "choice", ("quarantine", "reject")),
    Clause(("review", "window"), "Review window"),
    Clause(("review", "reasons"), "Reasons for a return", "list"),
    Clause(("review", "evidence"), "Reasons that need evidence", "list"),
    Clause(("review", "cap"), "At most returned"),
    Clause(("review", "remedy"), "A granted return gives"),
    Clause(("review", "replace_within"), "Replacement within"),
    Clause(("review", "contest_within"), "Contest within"),
    Clause(("appointment", "duration"), "A meeting lasts"),
    Clause(("appointment", "notice"), "Notice before a meeting"),
    Clause(("appointment", "no_show"), "A missed meeting"),
)
PRICE: tuple[tuple[str, str], ...] = (("on", "On"), ("amount", "Amount"), ("percent", "Percent"), ("when", "When"))
_RULES = {key.path: key.rule for key in KEYS}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form as it is shown.

    Attributes:
        name: In the form.
        faults: Findings at this clause.
    """

    name: str
    label: str
    help: str
    value: str
    kind: Kind
    choices: tuple[str, ...]
    faults: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class ContractForm:
    """The form of a text.

    Attributes:
        tables: Name of the table, and its fields.
        prices: Rows of prices, the last one empty.
        can_be_read: Whether the text is TOML; else the form is empty and cannot be written back.
    """

    tables: tuple[tuple[str, tuple[Field, ...]], ...]
    prices: tuple[tuple[Field, ...], ...]
    can_be_read: bool


def form_of(text: str, findings: Sequence[Finding] = ()) -> ContractForm:
    """Show a text as a form."""
    values = values_of(text)
    known = values or {}
    tables: dict[str, list[Field]] = {}
    for clause in CLAUSES:
        table = known.get(clause.path[0])
        value = table.get(clause.path[1]) if isinstance(table, dict) else None
        tables.setdefault(clause.path[0], []).append(
            Field(
                ".".join(clause.path), clause.label, _RULES.get(".".join(clause.path), ""), _shown(value), clause.kind, clause.choices,
                _at(findings, clause.path),
            )
        )  # fmt: skip
    rows = known.get("price")
    rows = rows if isinstance(rows, list) else []
    prices = [
        tuple(
            Field(
                f"price.{place}.{name}", f"{label}, price {place + 1}", _RULES.get(f"price.{name}", ""),
                _shown(row.get(name) if isinstance(row, dict) else None), "text", (), _at(findings, ("price", place, name)),
            )
            for name, label in PRICE
        )
        for place, row in enumerate([*rows[: PRICES_MAX - 1], {}])
    ]  # fmt: skip
    return ContractForm(tuple((name, tuple(fields)) for name, fields in tables.items()), tuple(prices), values is not None)


def typed_otherwise(text: str, form: Mapping[str, Any]) -> dict[str, str]:
    """Give the fields of a sent form that say otherwise than the text, as they were typed; a field that was not sent says nothing."""
    shown = form_of(text)
    changed: dict[str, str] = {}
    for field in [field for _, fields in shown.tables for field in fields] + [field for row in shown.prices for field in row]:
        sent = form.get(field.name)
        typed = " ".join(str(sent[0] if isinstance(sent, list) and sent else sent or "").split())
        if sent is not None and typed != field.value:
            changed[field.name] = typed
    return changed


def changes_of(text: str, form: Mapping[str, Any]) -> dict[Path, Value]:
    """Give what the fields of a sent form say otherwise than the text; a field that was not sent says nothing."""
    changed: dict[Path, Value] = {}
    kinds = {".".join(clause.path): clause.kind for clause in CLAUSES}
    for name, typed in typed_otherwise(text, form).items():
        parts = name.split(".")
        path: Path = (parts[0], int(parts[1]), parts[2]) if parts[0] == "price" else (parts[0], parts[1])
        changed[path] = _value(typed, kinds.get(name, "text"))
    return changed


def _at(findings: Sequence[Finding], path: Path) -> tuple[Finding, ...]:
    name = spell(path)
    return tuple(each for each in findings if each.path == name or each.path.startswith((f"{name}[", f"{name}.")))


def _shown(value: Any) -> str:
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes" if not value.second else "seconds")
    return str(value)


def _value(typed: str, kind: Kind) -> Value:
    """Read a field; what is not of its kind stays text, so that the check says what is wrong with it."""
    if typed == "":
        return None
    if kind == "list":
        return [part.strip() for part in typed.split(",") if part.strip()]
    if kind == "number" and typed.lstrip("-").isascii() and typed.lstrip("-").isdigit() and len(typed) < 12:
        return int(typed)
    try:
        if kind == "date":
            return date.fromisoformat(typed)
        if kind == "instant":
            return datetime.fromisoformat(typed) if "T" in typed else date.fromisoformat(typed)
    except ValueError:
        return typed
    return typed

"""The canonical form of a contract, and its hash: what both parties accept.

Comments, layout, the order of keys and of entries in lists where order means nothing, and defaults spelled out do not change it. List
files enter by the digest of their entries, a holiday calendar by its code.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from payper.terms.contract import Consent, Contract, Example, ListEntries

_LEFT_OUT = frozenset({"hash", "path", "holidays", "line", "declared_pauses", "everywhere"})
_ORDERED = frozenset({"proof", "prices", "tiers", "questions", "examples"})
_SQL = frozenset({"rule", "when", "attendee"})
_OUTSIDE_QUOTES = re.compile(r"('(?:[^']|'')*')|\s+")


def canonical_form(contract: Contract) -> str:
    """Write a contract as sorted lines `key = value`, clauses that say the default left out."""
    lines = sorted(f"{key} = {value}" for key, value in _leaves(contract, ""))
    if contract.holidays:
        calendar = contract.holidays_source
        is_code = calendar not in {"", "dates"}
        lines.append(f"holidays = {calendar if is_code else ' '.join(sorted(day.isoformat() for day in contract.holidays))}")
    return "\n".join(sorted(lines)) + "\n"


def contract_hash(contract: Contract) -> str:
    """Give the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical_form(contract).encode()).hexdigest()


def list_digest(entries: ListEntries) -> str:
    """Give the SHA-256 of a list's entries, whatever their order or file."""
    parts = [f"{name}:{entry}" for name in ("emails", "domains", "company_keys", "digests") for entry in sorted(getattr(entries, name))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _leaves(clause: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """Give every value of a clause that is not its default, by dotted key."""
    for part in fields(clause):
        value = getattr(clause, part.name)
        key = f"{prefix}{part.name}"
        if part.name in _LEFT_OUT or part.name == "holidays_source" or value is None:
            continue
        if isinstance(value, ListEntries):
            yield key, list_digest(value)
        elif isinstance(value, Consent):
            yield f"{key}.required", "true"
            yield from _leaves(value, f"{key}.")
        elif is_dataclass(value) and not isinstance(value, type) and not _is_plain(value):
            yield from _leaves(value, f"{key}.")
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            yield from _entries(part.name, value, key)
        elif value != _default(part):
            yield key, _plain(part.name, value)


def _entries(name: str, values: tuple[Any, ...], key: str) -> Iterator[tuple[str, str]]:
    if isinstance(values[0], ListEntries):
        yield key, " ".join(sorted({list_digest(value) for value in values}))
    elif _is_plain(values[0]):
        yield key, " ".join(sorted(str(value) for value in values))
    elif name not in _ORDERED:
        yield key, "; ".join(sorted(",".join(f"{leaf}={text}" for leaf, text in _leaves(value, "")) for value in values))
    else:
        for place, value in enumerate(values):
            yield f"{key}.{place:04d}", "present"
            yield from _given(value, f"{key}.{place:04d}.") if isinstance(value, Example) else _leaves(value, f"{key}.{place:04d}.")


def _given(example: Example, prefix: str) -> Iterator[tuple[str, str]]:
    """Give an example's leaves; `given` is a plain mapping."""
    for name, value in sorted(example.given.items()):
        yield f"{prefix}given.{name}", str(value)
    yield f"{prefix}gives", example.gives
    if example.reasons is not None:
        yield f"{prefix}reasons", " ".join(sorted(example.reasons))
    if example.owes_minor is not None:
        yield f"{prefix}owes_minor", str(example.owes_minor)


def _is_plain(value: Any) -> bool:
    """Tell whether a clause writes itself as one text (ranges, spans, industry prefixes)."""
    return "__str__" in type(value).__dict__


def _default(part: Any) -> Any:
    if part.default is not MISSING:
        return part.default
    return part.default_factory() if part.default_factory is not MISSING else MISSING


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, tuple | frozenset):
        words = [str(entry) for entry in value]
        return " | ".join(words if name in _ORDERED else sorted(words))
    if name in _SQL:
        return _OUTSIDE_QUOTES.sub(lambda match: match[1] or " ", str(value)).strip()
    return str(value)

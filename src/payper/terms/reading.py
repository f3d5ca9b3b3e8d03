"""Read a contract file into terms, with every finding.

The only module of `payper.terms` that touches the disk: `read_terms_file` and `read_contract` open the contract and its list files,
through a `read_text` that callers may replace. `read_terms` itself is pure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from payper.errors import TermsError
from payper.terms.audience_clause import ReadList, read_audience
from payper.terms.canonical import contract_hash
from payper.terms.charge_clauses import read_appointment, read_price, read_review
from payper.terms.clauses import read_caps, read_duplicate, read_example, read_followup, read_record
from payper.terms.contract import Audience, Caps, Contract, Duplicate, Record
from payper.terms.contract_clause import read_contract_clause
from payper.terms.contradictions import find_contradictions
from payper.terms.findings import Finding, file_name, has_errors, in_order, nearest
from payper.terms.kinds import FindingKind
from payper.terms.language import TABLES
from payper.terms.positions import Positions
from payper.terms.tables import Notes, Table, WrittenFloat, show
from payper.terms.versions import check_versions

__all__ = ["ReadText", "Reading", "check_versions", "read_contract", "read_terms", "read_terms_file"]

ReadText = Callable[[Path], bytes]
"""Gives the bytes of a file; raises OSError where it cannot."""

_ARRAYS = frozenset({"price", "example"})
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A contract file as read.

    Attributes:
        contract: The terms, or None where any finding is an error.
        findings: By line; examples are judged elsewhere.
        text: The file's text, to which the findings' lines belong; empty where it cannot be decoded.
        path: The file, or None.
    """

    contract: Contract | None
    findings: tuple[Finding, ...]
    text: str = ""
    path: Path | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """List the findings that are errors."""
        return tuple(finding for finding in self.findings if finding.is_error)

    @property
    def positions(self) -> Positions:
        """Give the line of every key; a text that is not TOML has none."""
        try:
            tomllib.loads(self.text)
        except tomllib.TOMLDecodeError:
            return Positions("")
        return Positions(self.text)


def read_contract(path: Path, *, read_text: ReadText | None = None) -> Contract:
    """Read a contract file and its list files.

    Raises:
        TermsError: The file cannot be opened, or findings are errors; the message holds each.
    """
    reading = read_terms_file(path, read_text=read_text)
    if reading.contract is not None:
        return reading.contract
    first, *others = reading.errors
    more = "".join(f"\n{finding}" for finding in others)
    raise TermsError(where=first.where, seen=first.seen, mend=first.mend + more)


def read_terms_file(path: str | Path, *, read_text: ReadText | None = None) -> Reading:
    """Read a contract file and its list files, which are relative to it (RULES 21).

    Raises:
        TermsError: The file itself cannot be opened.
    """
    path = Path(path)
    opened = read_text or Path.read_bytes
    try:
        raw = opened(path)
    except OSError as error:
        seen = f"the file cannot be read: {error.strerror or error}."
        raise TermsError(where=path.as_posix(), seen=seen, mend="Name a contract file, such as contracts/northwind.toml.") from error
    file = file_name(path)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        seen = f"The file is not UTF-8 text: byte {raw[error.start]:#04x} in line {line}."
        finding = Finding(kind=FindingKind.NOT_UTF8, seen=seen, mend="Save it as UTF-8.", line=line, file=file)
        return Reading(contract=None, findings=(finding,), path=path)
    return read_terms(text, path=path, read_list=lambda name: opened(path.parent / name))


def read_terms(text: str, *, path: Path | None = None, read_list: ReadList | None = None) -> Reading:
    """Read the text of a contract.

    Args:
        text: TOML.
        path: Where it comes from, for findings and `Contract.path`.
        read_list: Gives the bytes of a list file by the path that the contract writes; without it every list is a finding.

    Returns:
        The terms, unless a finding is an error, and all findings by line.
    """
    file = file_name(path)
    try:
        values = tomllib.loads(text, parse_float=WrittenFloat)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return Reading(contract=None, findings=(_syntax_finding(text, str(error), file),), text=text, path=path)
    notes = Notes(positions=Positions(text), file=file)
    if not values:
        notes.add(FindingKind.FILE_EMPTY, (), "The file has no terms.", "Begin with [contract]; docs/terms.md has a whole example.")
        return Reading(contract=None, findings=tuple(notes.findings), text=text, path=path)
    contract = _read_tables(values, notes, read_list or _no_lists)
    if contract is not None:
        contract = replace(contract, path=path)
        if not has_errors(notes.findings):
            contract = replace(contract, hash=contract_hash(contract))
        find_contradictions(contract, notes)
    findings = in_order(notes.findings)
    return Reading(contract=None if has_errors(findings) else contract, findings=findings, text=text, path=path)


def _no_lists(path: str) -> bytes:
    raise OSError(f"no folder is known in which {path} could lie")


def _read_tables(values: dict[str, Any], notes: Notes, read_list: ReadList) -> Contract | None:
    """Read every table; None where [contract] cannot be read, the others being read for their findings all the same."""
    tables = _open_tables(values, notes)
    head = read_contract_clause(tables["contract"][0]) if tables["contract"] else None
    if not tables["contract"]:
        notes.add(
            FindingKind.KEY_REQUIRED,
            (),
            "The file has no [contract].",
            "Begin with [contract] and its id, buyer, provider, currency, timezone and starts.",
        )
    currency = head.currency if head else None

    def one(name: str) -> Table | None:
        return tables[name][0] if tables[name] else None

    audience, record, duplicate, caps = one("audience"), one("record"), one("duplicate"), one("caps")
    review, appointment, followup = one("review"), one("appointment"), one("followup")
    contract = replace(
        head or _UNREAD,
        audience=read_audience(audience, read_list) if audience else Audience(),
        record=read_record(record) if record else Record(),
        duplicate=read_duplicate(duplicate) if duplicate else Duplicate(),
        caps=read_caps(caps, currency) if caps else Caps(),
        prices=tuple(price for table in tables["price"] if (price := read_price(table, currency))),
        review=read_review(review) if review else None,
        appointment=read_appointment(appointment) if appointment else None,
        followup=read_followup(followup) if followup else None,
        examples=tuple(example for table in tables["example"] if (example := read_example(table, currency))),
    )
    return contract if head else None


def _open_tables(values: dict[str, Any], notes: Notes) -> dict[str, list[Table]]:
    """Sort the top tables by name; anything else at the top is a finding."""
    tables: dict[str, list[Table]] = {name: [] for name in TABLES}
    for name, value in values.items():
        written = f"[[{name}]]" if name in _ARRAYS else f"[{name}]"
        if name not in TABLES:
            near = nearest(name, TABLES)
            what = f"[{name}] is no table" if isinstance(value, dict | list) else f"`{name}` at the top is no key"
            mend = (
                f"Write {'[[' + near + ']]' if near in _ARRAYS else f'[{near}]'}."
                if near
                else f"Take it out, or put it under its table: {', '.join(TABLES)}."
            )
            notes.add(FindingKind.TABLE_UNKNOWN, (name,), f"{what} of a contract.", mend)
        elif name in _ARRAYS and isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            tables[name] = [Table(entry, (name, place), notes) for place, entry in enumerate(value)]
        elif name not in _ARRAYS and isinstance(value, dict):
            tables[name] = [Table(value, (name,), notes)]
        else:
            notes.add(FindingKind.TYPE_WRONG, (name,), f"`{name}` is written as {show(value)}.", f"Write {written} on a line of its own.")
    return tables


def _syntax_finding(text: str, message: str, file: str) -> Finding:
    """Say in words where TOML breaks and what to write."""
    place = _AT_LINE.search(message)
    lines = text.splitlines()
    line = int(place[1]) if place else max(len(lines), 1)
    words = _AT_LINE.sub("", message).replace("(at end of document)", "").strip().rstrip(".")
    shown = lines[line - 1].strip()[:80] if 0 < line <= len(lines) else ""
    if "twice" in words or "overwrite" in words or "immutable" in words:
        seen = f"`{shown}` is written before in this file, so it cannot be told which is meant."
        return Finding(kind=FindingKind.KEY_TWICE, seen=seen, mend="Keep one of the two.", line=line, file=file)
    if "Invalid value" in words:
        mend = 'Write text in quotes ("..."), dates as 2026-01-31, true and false in lower case.'
    elif "'=' after a key" in words:
        mend = 'Write `key = "value"`, or [table] on a line of its own.'
    elif "Unclosed" in words or "end of document" in message or "nterminated" in words:
        mend = "Close the bracket or quote that is open."
    else:
        mend = "Write one `key = value` a line, text in quotes."
    return Finding(kind=FindingKind.TOML_SYNTAX, seen=f"`{shown}` is not TOML: {words}.", mend=mend, line=line, file=file)


def _unread() -> Contract:
    from datetime import date

    return Contract(id="unread", buyer="unread", provider="unread", currency="USD", zone="UTC", starts=date(2000, 1, 1))


_UNREAD = _unread()

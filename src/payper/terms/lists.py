"""List files: target accounts and suppressions, as plain text or CSV (RULES 21).

A file without a header is one entry a line: an e-mail, a domain or web address, a company name, or the SHA-256 of one. A header names
the columns; those of `COLUMNS` are read, others are left alone.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from payper.terms.contract import ListEntries

COLUMNS: dict[str, str] = {
    "email": "email",
    "e-mail": "email",
    "email address": "email",
    "domain": "domain",
    "website": "domain",
    "url": "domain",
    "company": "company",
    "company name": "company",
    "account": "company",
    "account name": "company",
    "name": "company",
    "sha256": "digest",
    "hash": "digest",
    "entry": "any",
}
"""Headers that are read, folded, and what stands under them."""

_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_DOMAIN = re.compile(r"^(https?://)?([^\s@/.]+\.)+[^\s@/.]{2,}(/\S*)?$")
_EMAIL = re.compile(r"^[^\s@]+@[^\s@]+\.[^\s@]+$")


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list file as read: its entries, how many there are, and the first few that are none, as (line, text)."""

    entries: ListEntries
    count: int
    unreadable: tuple[tuple[int, str], ...]


def read_entries(raw: bytes, path: str) -> ListFile:
    """Read the bytes of a list file (UTF-8, UTF-16 with a mark, else Windows-1252).

    Args:
        raw: The file's content.
        path: As the contract writes it.
    """
    found: dict[str, set[str]] = {"email": set(), "domain": set(), "company": set(), "digest": set()}
    unreadable = []
    for line, kind, text in _cells(_decode(raw)):
        actual = _kind_of(text, kind)
        if actual is None:
            unreadable.append((line, text))
        else:
            found[actual].add(text)
            if actual == "company" and _DOMAIN.match(text):
                # `acme.com` under the header «company» is most likely meant as a domain, and `booking.com` is both.
                found["domain"].add(text)
    entries = _normalised(path, found)
    count = len(entries.emails) + len(entries.domains) + len(entries.company_keys) + len(entries.digests)
    return ListFile(entries=entries, count=count, unreadable=tuple(unreadable))


def _decode(raw: bytes) -> str:
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _cells(text: str) -> list[tuple[int, str, str]]:
    """Give every filled cell with its line, the kind its column names, and its trimmed lower-case text."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    delimiter = next((mark for mark in "\t;," if mark in first), ",")
    header = [COLUMNS.get(" ".join(cell.strip().casefold().replace("_", " ").split())) for cell in first.split(delimiter)]
    header = (
        [name and name.strip('"') for name in header]
        if any(header)
        else [COLUMNS.get(c.strip().strip('"').casefold()) for c in first.split(delimiter)]
    )
    if not any(header):
        plain = [(number, line.strip().strip('"').strip().lower()) for number, line in enumerate(lines, start=1)]
        return [(number, "any", entry) for number, entry in plain if entry and not entry.startswith("#")]
    cells = []
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    is_header = True
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if is_header:
            is_header = False
            continue
        for kind, cell in zip(header, row, strict=False):
            if kind and cell.strip():
                cells.append((rows.line_num, kind, cell.strip().lower()))
    return cells


def _kind_of(text: str, column: str) -> str | None:
    """Tell what an entry is; a digest may stand in any column."""
    if _DIGEST.match(text):
        return "digest"
    if "@" in text:
        return "email" if _EMAIL.match(text) and column != "digest" else None
    if column == "company":
        return "company"
    if column in {"email", "digest"}:
        return None
    if _DOMAIN.match(text):
        return "domain"
    return "company" if column == "any" and any(character.isalnum() for character in text) else None


def _normalised(path: str, found: dict[str, set[str]]) -> ListEntries:
    """Bring entries into the form that deliveries are compared in."""
    from payper.terms import list_keys

    return ListEntries(
        path=path,
        emails=list_keys.emails(found["email"]),
        domains=list_keys.domains(found["domain"]),
        company_keys=list_keys.company_keys(found["company"]),
        digests=frozenset(found["digest"]),
    )

"""The lists that a programme folder's contracts name, and its CRM, kept in the book, so that a server judges by them without the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from payper.adjudication.adjudicate import read_crm, seeds_of
from payper.adjudication.identities import CrmKeys, crm_keys
from payper.desk.folder.reading import read_people
from payper.store.book_terms import BookTerms
from payper.store.crm_people import CrmPeople
from payper.store.database import Database
from payper.terms.contract import Contract, ListEntries

CRM_FILE = "crm.csv"
RUN = "payper run"
"""Who changed a list last, where it was a run."""

Entry = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ListChange:
    """What a list of the book lacks of its file, and has too much of."""

    name: str
    by: str
    missing: frozenset[Entry]
    gone: frozenset[Entry]


def list_changes(database: Database, contracts: Mapping[str, Sequence[Contract]], *, folder: Path) -> list[ListChange]:
    """Say how the book's lists differ from the files that contracts name.

    A list that a person changed since keeps what that person put on it: the file only adds to it.

    Args:
        database: The book.
        contracts: Versions by contract id.
        folder: Where the files are; a list without a file there is left as it is.
    """
    book = BookTerms.of(database)
    rows = {row.name: row for row in book.lists()}
    changes = []
    for entries in _named(contracts):
        if not (folder / entries.path).is_file():
            continue
        row = rows.get(entries.path)
        by = RUN if row is None else row.changed_by
        wanted = frozenset(_entries(entries))
        have = frozenset((kind, each) for kind, found in book.entries(entries.path).items() for each in found) if row else frozenset()
        gone = have - wanted if by == RUN else frozenset()
        if row is None or wanted - have or gone:
            changes.append(ListChange(entries.path, by, wanted - have, gone))
    return changes


def keep_lists(database: Database, changes: Sequence[ListChange], *, at: datetime) -> None:
    """Make the changes, inside a transaction."""
    book = BookTerms.of(database)
    for change in changes:
        book.touch_list(change.name, is_everywhere=None, by=change.by, at=at)
        book.remove_entries(change.name, change.gone)
        book.add_entries(change.name, sorted(change.missing), at=at)


def crm_of(database: Database, folder: Path) -> CrmKeys | None:
    """Give the people of the buyer's CRM: those of the folder's crm.csv, or where it has none those that the book keeps; None: of neither.

    Raises:
        FileError: crm.csv cannot be read.
    """
    path = folder / CRM_FILE
    if path.is_file():
        return crm_keys(read_crm(read_people(path, name=CRM_FILE)), seeds=seeds_of(database.secret()))
    return kept_crm(database)


def kept_crm(database: Database) -> CrmKeys | None:
    """Give the people of the buyer's CRM that a book keeps, or None."""
    people = CrmPeople.of(database).crm()
    return None if people is None else CrmKeys(people)


def keep_crm(database: Database, crm: CrmKeys | None) -> None:
    """Keep the people of the CRM where they are others than before, inside a transaction."""
    book = CrmPeople.of(database)
    if crm is not None and not book.is_crm(crm.people):
        book.keep_crm(crm.people)


def _named(contracts: Mapping[str, Sequence[Contract]]) -> list[ListEntries]:
    found: dict[str, ListEntries] = {}
    for versions in contracts.values():
        for contract in versions:
            audience = contract.audience
            named = (*(() if audience.only is None else (audience.only,)), *audience.suppress)
            found |= {each.path: each for each in named}
    return list(found.values())


def _entries(entries: ListEntries) -> Iterable[Entry]:
    """Give entries as they are kept: what names a person as SHA-256 of its normal form."""
    yield from (("digest", each) for each in entries.digests)
    yield from (("digest", hashlib.sha256(each.encode()).hexdigest()) for each in entries.emails)
    yield from (("domain", each) for each in entries.domains)
    yield from (("company", each) for each in entries.company_keys)

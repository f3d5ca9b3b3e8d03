"""Lists that a buyer keeps: whom not to deliver, and which companies are targeted. E-mail addresses are kept as SHA-256 only.

A contract names a list of its buyer's by its name, as it names a file beside it in a folder. A list that holds everywhere needs no naming.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime

from payper.desk.arrivals.idempotency import answer_before, digest_of
from payper.desk.people.installation import absent
from payper.desk.people.people import Actor, DeniedError
from payper.desk.people.refusals import UnreadableError
from payper.parties import Act, Role
from payper.store.book_terms import BookTerms, ListRow
from payper.store.database import open_database, read_database
from payper.store.directory import Directory
from payper.terms.lists import ListFile, read_entries

OPT_OUTS = "opt-outs"
"""The list that opt-outs and erased people go to; it holds everywhere."""

ENTRIES_MAX = 200_000
"""Entries that are added at once."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/ -]{0,99}")


def own_book(directory: Directory, actor: Actor) -> str:
    """Give the address of the actor's own party's book.

    Raises:
        AbsentError: It has none.
    """
    if actor.role in {Role.PROVIDER_MANAGER, Role.PROVIDER_VIEWER}:
        raise DeniedError(where="book", seen="A provider keeps no lists here.", mend="Ask the buyer.")
    address = directory.book(actor.party)
    if address is None:
        raise absent("book", actor.party)
    return address


def list_lists(directory: Directory, actor: Actor) -> list[ListRow]:
    """List the lists of the actor's party, by name; empty before it has a book.

    Raises:
        DeniedError: The actor may not keep lists.
    """
    actor.must(Act.WRITE_SUPPRESSION)
    address = directory.book(actor.party)
    if address is None:
        return []
    with read_database(address) as book:
        return BookTerms.of(book).lists()


def add_to_list(
    directory: Directory,
    actor: Actor,
    *,
    name: str,
    raw: bytes,
    is_everywhere: bool | None = None,
    is_whole: bool = False,
    key: str | None = None,
    at: datetime,
) -> tuple[ListRow, int]:
    """Add entries to a list of the actor's party, making it where it is not there; from then on deliveries are judged by it.

    Args:
        directory: The directory.
        actor: Who adds them.
        name: Of the list.
        raw: A list file as `terms.lists` reads it: one e-mail, domain, company or SHA-256 a line, or columns of such names.
        is_everywhere: Whether it holds under every contract; None: as it does, a new one only where it is named.
        is_whole: Whether these are all entries, and others go.
        key: Of an act that may be sent again.
        at: Now.

    Returns:
        The list, and how many entries were read.

    Raises:
        DeniedError: The actor may not keep lists.
        AbsentError: The party has no book.
        UnreadableError: The name cannot be used, or nothing or too much can be read.
        KeyReusedError: The key was sent with other entries.
    """
    actor.must(Act.WRITE_SUPPRESSION)
    address = own_book(directory, actor)
    name = checked_name(name)
    entries, read = _entries(raw, name)
    asked = digest_of("list", name, raw, str(is_everywhere), str(is_whole))
    with open_database(address) as database, database.transaction():
        book = BookTerms.of(database)
        if key is not None and (before := answer_before(book, party=actor.party, key=key, digest=asked)) is not None:
            return _row(book, name), int(before)
        book.touch_list(name, is_everywhere=is_everywhere, by=actor.who, at=at)
        if is_whole:
            book.remove_entries(name, None)
        book.add_entries(name, entries, at=at)
        if key is not None:
            book.keep_answer(party=actor.party, key=key, digest=asked, answer=str(read.count), at=at)
        row = _row(book, name)
    _note(directory, actor, "replace list" if is_whole else "add to list", name, read.count, at=at)
    return row, read.count


def take_off_list(directory: Directory, actor: Actor, *, name: str, raw: bytes, at: datetime) -> ListRow:
    """Take entries off a list; those that do not stand on it are passed over. Errors as `add_to_list`; the list must be there."""
    actor.must(Act.WRITE_SUPPRESSION)
    address = own_book(directory, actor)
    entries, read = _entries(raw, name)
    with open_database(address) as database, database.transaction():
        book = BookTerms.of(database)
        _row(book, name)
        book.touch_list(name, is_everywhere=None, by=actor.who, at=at)
        book.remove_entries(name, entries)
        row = _row(book, name)
    _note(directory, actor, "take off list", name, read.count, at=at)
    return row


def lists_with(directory: Directory, actor: Actor, text: str) -> list[str]:
    """List the lists on which an e-mail, domain, company or digest stands.

    Raises:
        DeniedError: The actor may not keep lists.
        AbsentError: The party has no book.
        UnreadableError: The text is none of these.
    """
    actor.must(Act.WRITE_SUPPRESSION)
    address = own_book(directory, actor)
    entries, _ = _entries(text.encode(), "entry")
    with read_database(address) as book:
        return BookTerms.of(book).lists_with(entries)


def checked_name(name: str) -> str:
    """Give a list's name.

    Raises:
        UnreadableError: It cannot be one.
    """
    if not _NAME.fullmatch(name.strip()):
        mend = "Use letters, digits, dot, dash, underscore, slash and blank, at most 100, such as customers.csv."
        raise UnreadableError(code="LIST_NAME", where="name", seen=f"«{name[:40]}» is no name for a list.", mend=mend)
    return name.strip()


def kept_entries(read: ListFile) -> list[tuple[str, str]]:
    """Give entries as they are kept: what names a person as SHA-256 of its normal form."""
    entries = read.entries
    digests = {*entries.digests, *(hashlib.sha256(each.encode()).hexdigest() for each in entries.emails)}
    parts: tuple[tuple[str, Iterable[str]], ...] = (("digest", digests), ("domain", entries.domains), ("company", entries.company_keys))
    return [(kind, entry) for kind, found in parts for entry in sorted(found)]


def _entries(raw: bytes, name: str) -> tuple[list[tuple[str, str]], ListFile]:
    read = read_entries(raw.replace(b"\x00", b""), name)
    if not read.count or read.count > ENTRIES_MAX:
        seen = "No entry can be read." if not read.count else f"There are {read.count:,} entries."
        mend = f"Write one e-mail, domain, company or SHA-256 a line, at most {ENTRIES_MAX:,} at once."
        raise UnreadableError(code="LIST_ENTRIES", where="entries", seen=seen, mend=mend)
    return kept_entries(read), read


def _row(book: BookTerms, name: str) -> ListRow:
    found = next((each for each in book.lists() if each.name == name), None)
    if found is None:
        raise absent("list", name)
    return found


def _note(directory: Directory, actor: Actor, act: str, name: str, entries: int, *, at: datetime) -> None:
    with directory.transaction():
        directory.note(at=at, party=actor.party, who=actor.who, act=act, subject=name, detail=f"{entries:,} entries")

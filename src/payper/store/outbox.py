"""What is to be told after a transaction, noted in the transaction itself (transactional outbox): the same for books and the directory."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from payper.store.connections import Connection


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was done and is to be told.

    Attributes:
        note: Its place among the notes that are there.
        key: Names it for ever.
        kind: Of a book: `verdicts`, `facts` (batch numbers), `settled` (a run), `contract` (`ID vN`). Of the directory: who wrote it says.
        subject: What it is about.
        made_at: When, UTC.
    """

    note: int
    key: str
    kind: str
    subject: str
    made_at: datetime


def add_note(connection: Connection, kind: str, subject: str) -> None:
    """Note something that is to be told, inside the transaction that does it."""
    made_at = datetime.now(UTC).isoformat(timespec="microseconds")
    connection.run("insert into outbox (key, kind, subject, made_at) values (?, ?, ?, ?)", (secrets.token_hex(8), kind, subject, made_at))


def list_notes(connection: Connection, *, limit: int) -> list[Note]:
    """List the oldest notes that are there."""
    rows = connection.rows("select note, key, kind, subject, made_at from outbox order by note limit ?", (limit,))
    return [Note(int(row[0]), str(row[1]), str(row[2]), str(row[3]), datetime.fromisoformat(row[4])) for row in rows]


def drop_notes(connection: Connection, keys: list[str]) -> None:
    """Take notes away that were told, inside a transaction."""
    connection.run_many("delete from outbox where key = ?", [(key,) for key in keys])

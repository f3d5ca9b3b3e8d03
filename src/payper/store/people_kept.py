"""What a book keeps of people beside its journal, batch by batch, and that some were erased."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from payper.store.database import Database
from payper.store.open_batches import whole_of


@dataclass(frozen=True, slots=True)
class Erased:
    """That somebody was erased: the certificate, and a keyed digest of what named them."""

    erasure: str
    at: datetime
    who: str
    digest: str
    told: str


@dataclass(frozen=True, slots=True)
class PeopleBatch:
    """The part of a batch that names people."""

    batch: int
    subject: str
    contract: str
    journal: bytes
    people: bytes


class BookPeople(Database):
    """The statements; every change happens inside `transaction`."""

    @classmethod
    def of(cls, database: Database) -> BookPeople:
        """Give the same book with these statements."""
        return cls(database._connection)  # noqa: SLF001  # the same connection, with more statements

    def batches_of_people(
        self, numbers: list[int] | None = None, *, subjects: tuple[str, ...] = ("deliveries", "milestones", "returns")
    ) -> Iterator[PeopleBatch]:
        """Read batches one by one: those named, else all of some subjects."""
        if numbers is None:
            marks = ", ".join("?" * len(subjects))
            rows = self._connection.rows(f"select batch from batch where subject in ({marks}) order by batch", subjects)  # noqa: S608  # marks
            numbers = [int(row[0]) for row in rows]
        for number in numbers:
            for row in list(
                self._connection.rows("select batch, subject, chain, journal, people, digest from batch where batch = ?", (number,))
            ):
                is_open = not len(row[5])
                whole = whole_of(self._connection, number) if is_open else None
                journal, people = (whole.journal, whole.people) if whole is not None else (bytes(row[3]), bytes(row[4]))
                yield PeopleBatch(int(row[0]), row[1], row[2], journal, people)

    def replace_people(self, batch: int, people: bytes) -> None:
        """Put other columns in the place of those that name people; the journal, and so the chain, stays as it was sealed."""
        digest = hashlib.sha256(people).digest()
        self._connection.run("update batch set people = ?, people_digest = ? where batch = ?", (people, digest, batch))

    def drop_answers_with(self, texts: Iterable[str]) -> None:
        """Forget the answers to sent deliveries in which one of these texts stands: words of a verdict quote what was sent."""
        likes = [(f"%{literal(text.lower())}%",) for text in texts]
        self._connection.run_many("delete from idempotency where lower(answer) like ?", likes)

    def add_erasure(self, erased: Erased) -> None:
        """Keep that somebody was erased."""
        at = erased.at.astimezone(UTC).isoformat(timespec="microseconds")
        self._connection.run("insert into erasure values (?, ?, ?, ?, ?)", (erased.erasure, at, erased.who, erased.digest, erased.told))

    def erasures(self) -> list[Erased]:
        """List erasures, newest first."""
        rows = self._connection.rows("select erasure, erased_at, who, digest, told from erasure order by erased_at desc, erasure")
        return [Erased(row[0], datetime.fromisoformat(row[1]), row[2], row[3], row[4]) for row in rows]


def literal(text: str) -> str:
    """Give a text whose marks mean nothing but themselves; `_` stands for any one character, itself among them."""
    return text.replace("%", "_").replace("\\", "_")

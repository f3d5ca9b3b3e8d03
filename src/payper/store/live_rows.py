"""The statements of who takes deliveries one by one: what changed in a book since, and few rows more."""

# ruff: noqa: S608  # statements are put together of fixed texts and marks; every value is a parameter

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from payper.store.database import Database
from payper.store.open_batches import OpenBatch, add_part, begin_batch, open_batches, seal, whole_of
from payper.store.parts import parquet, unpack

_TERMS = ("terms_changes", "rates", "erasures", "programme")
"""Settings that say what contracts and money are read to be, and how often people were erased."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """How a book stands, so that a change is noticed.

    Attributes:
        delivery: The highest delivery.
        batch: The highest batch.
        terms: What contracts are read to say, as settings and the number of versions tell.
    """

    delivery: int
    batch: int
    terms: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class NewRows:
    """Deliveries that were kept since: the journal's rows as Parquet, and the segment."""

    contract: str
    provider: str
    journal: bytes
    segment: bytes


class LiveRows(Database):
    """A book with the statements of the live path."""

    @classmethod
    def of(cls, database: Database) -> LiveRows:
        """Give the same book with these statements."""
        return cls(database._connection)  # noqa: SLF001  # the same connection, with more statements

    def stamp(self) -> Stamp:
        """Tell how the book stands."""
        settings = ", ".join(f"(select value from setting where name = '{name}')" for name in _TERMS)
        sql = (
            "select (select coalesce(max(delivery_id), 0) from verdict), (select coalesce(max(batch), 0) from batch), "
            f"(select count(*) from contract_version), {settings}"
        )
        row = self._row(sql)
        assert row is not None, "the statement gives a row"
        return Stamp(int(row[0]), int(row[1]), tuple(bytes(each) if isinstance(each, bytes | memoryview) else each for each in row[2:]))

    def subjects_since(self, batch: int) -> set[tuple[str, str]]:
        """Tell of what the batches after one are (deliveries, milestones, returns, decisions), and of which contract ("": not known)."""
        rows = self._connection.rows("select distinct subject, chain from batch where batch > ?", (batch,))
        return {(str(row[0]), str(row[1])) for row in rows}

    def last_run(self) -> int:
        """Give the highest run: every settlement has one."""
        return self._number("select coalesce(max(run), 0) from run")

    def rows_since(self, delivery_id: int) -> Iterator[NewRows]:
        """Read the deliveries after one, batch by batch; of a sealed batch all rows, of an open one the parts."""
        numbers = [int(row[0]) for row in self._connection.rows("select distinct batch from verdict where delivery_id > ?", (delivery_id,))]
        for number in sorted(numbers):
            (head,) = self._connection.rows("select chain, provider, digest from batch where batch = ?", (number,))
            if len(head[2]):
                (row,) = self._connection.rows("select journal, segment from batch where batch = ?", (number,))
                yield NewRows(str(head[0]), str(head[1]), bytes(row[0]), bytes(row[1]))
                continue
            sql = "select journal, segment from batch_part where batch = ? and last_id > ? order by part"
            for row in list(self._connection.rows(sql, (number, delivery_id))):
                yield NewRows(str(head[0]), str(head[1]), parquet(unpack([bytes(row[0])])), bytes(row[1]))

    def open_batches(self) -> dict[str, OpenBatch]:
        """Give the batch of each chain that more rows go to, where one is open."""
        return {each.chain: each for each in open_batches(self._connection)}

    def begin_batch(self, *, chain: str, file: str, provider: str) -> OpenBatch:
        """Open a batch in a run of its own."""
        run = self.begin_run(as_of=None)
        return OpenBatch(begin_batch(self._connection, run=run, chain=chain, file=file, provider=provider), chain, file, 0)

    def add_part(self, opened: OpenBatch, *, last_id: int, rows: int, journal: bytes, people: bytes, segment: bytes) -> OpenBatch:
        """Add rows to an open batch; as `store.open_batches.add_part`."""
        return add_part(self._connection, opened, last_id=last_id, rows=rows, journal=journal, people=people, segment=segment)

    def answers_to(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[bytes, str]]:
        """Give what was asked and answered under some keys (party, key)."""
        found: dict[tuple[str, str], tuple[bytes, str]] = {}
        for party, key in keys:
            before = self.answered(party, key)
            if before is not None:
                found[party, key] = before
        return found

    def ready_to_seal(self, *, rows: int, begun_before: str) -> list[OpenBatch]:
        """List the open batches that are full, or were begun before an instant (as `run.recorded_at`), in the order to seal them.

        One stays open while another before it in its chain does.
        """
        found: list[OpenBatch] = []
        waits: set[str] = set()
        opened = open_batches(self._connection)
        last = {each.chain: each.batch for each in opened}
        for each in opened:
            (row,) = self._connection.rows("select r.recorded_at from run r join batch b on b.run = r.run where b.batch = ?", (each.batch,))
            is_due = each.batch != last[each.chain] or each.rows >= rows or str(row[0]) < begun_before
            if is_due and each.chain not in waits:
                found.append(each)
            else:
                waits.add(each.chain)
        return found

    def seal_one(self, opened: OpenBatch) -> bool:
        """Seal a batch in a transaction of its own, made ready before it begins; False: it took more rows meanwhile, or is sealed."""
        whole = whole_of(self._connection, opened.batch)
        with self.transaction():
            now = {each.batch: each for each in open_batches(self._connection, opened.chain)}
            if now.get(opened.batch) != opened or next(iter(now)) != opened.batch:
                return False
            seal(self._connection, opened, whole)
        return True

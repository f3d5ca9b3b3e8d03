"""One book, in SQLite or PostgreSQL: the statements that acts of the desk need, in the SQL that both speak."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from payper.errors import StoreError, UsageError
from payper.store.connections import Connection, Row, TwiceError
from payper.store.derived import add_blocks, add_to_sums, count_few_verdicts, count_verdicts, fill_blocks, first_stray
from payper.store.open_batches import CHAIN_START, open_batches, seal_chain, seal_digest, whole_of
from payper.store.outbox import Note, add_note, drop_notes, list_notes
from payper.store.postgres import is_postgres, open_postgres
from payper.store.sqlite import open_sqlite, reading_sqlite

_TRANSFER = (
    "transfer_id",
    "charge_id",
    "contract",
    "kind",
    "happened_at",
    "amount_minor",
    "currency",
    "debit_account",
    "credit_account",
    "cause",
    "corrects",
)
_CHARGE = ("charge_id", "delivery_id", "contract", "milestone", "number", "price_row", "amount_minor")


@dataclass(frozen=True, slots=True)
class Batch:
    """One sealed batch of the journal. `batch` and the digests are 0 and empty before it is kept."""

    subject: str
    chain: str
    file: str
    provider: str
    rows: int
    journal: bytes
    people: bytes = b""
    segment: bytes = b""
    batch: int = 0
    run: int = 0
    previous: bytes = b""
    digest: bytes = b""
    people_digest: bytes = b""

    def sealed_after(self, previous: bytes) -> bytes:
        """Give the digest that chains this batch to the one before it."""
        return seal_digest(previous, subject=self.subject, chain=self.chain, file=self.file, journal=self.journal)

    @property
    def is_open(self) -> bool:
        """Tell whether it is not sealed yet: more deliveries may come to it, and it stands in no chain."""
        return not self.digest


@contextmanager
def read_database(address: Path | str) -> Iterator[Database]:
    """Open a book that is there to be read only; nothing is made, migrated or locked.

    Args:
        address: As of `open_database`.

    Raises:
        StoreError: There is no book of payper's, or it is of another version.
    """
    if is_postgres(str(address)):
        connection = open_postgres(str(address), is_read_only=True)
        try:
            yield Database(connection)
        finally:
            connection.close()
    else:
        with reading_sqlite(path_of(address)) as file:
            yield Database(file)


@contextmanager
def open_database(address: Path | str) -> Iterator[Database]:
    """Open a book to be written, making or migrating it; close it at the end.

    Args:
        address: A file, as a path or `sqlite:///path`, or `postgresql://user@host:port/database?book=NAME`.

    Raises:
        StoreError: There is something else at the address, of a later version, locked or out of reach.
        UsageError: The address cannot be read.
    """
    connection: Connection = open_postgres(str(address)) if is_postgres(str(address)) else open_sqlite(path_of(address))
    try:
        fill_blocks(connection)
        yield Database(connection)
    finally:
        connection.close()


def path_of(address: Path | str) -> Path:
    """Give the file that an address names.

    Raises:
        UsageError: It is the address of something else.
    """
    text = str(address)
    if isinstance(address, str) and "://" in text and not text.startswith("sqlite:///"):
        raise UsageError(
            where=text,
            seen="This is neither a file nor a PostgreSQL server.",
            mend="Write a path, sqlite:///path/to/payper.sqlite or postgresql://user@host:5432/database?book=main.",
        )
    return Path(text.removeprefix("sqlite:///") if isinstance(address, str) else text)


class Database:
    """The statements of the store; every change happens inside `transaction`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.where = connection.where

    def transaction(self) -> AbstractContextManager[None]:
        """Do all or nothing; durable when it ends."""
        return self._connection.transaction()

    def is_being_written(self) -> bool:
        """Tell whether another payper is writing to the book just now."""
        return self._connection.is_being_written()

    def sweep(self) -> bool:
        """Leave nothing of what was deleted in the database's files, outside a transaction; False: others still read it."""
        return self._connection.sweep()

    def secret(self) -> bytes:
        """Give the installation's secret, made at first use; keyed hashes depend on it."""
        row = self._row("select value from setting where name = 'secret'")
        if row is not None:
            return bytes(row[0])
        with self.transaction():
            self._connection.run("insert into setting values ('secret', ?) on conflict do nothing", (secrets.token_bytes(32),))
        return self.secret()

    def setting(self, name: str) -> str | None:
        """Give a setting, or None."""
        row = self._row("select value from setting where name = ?", (name,))
        if row is None:
            return None
        return row[0].decode() if isinstance(row[0], bytes) else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting."""
        self._connection.run(
            "insert into setting values (?, ?) on conflict (name) do update set value = excluded.value", (name, value.encode())
        )

    # Runs, files and contracts

    def begin_run(self, *, as_of: str | None) -> int:
        """Number a new run."""
        return self._number("insert into run (recorded_at, as_of) values (?, ?) returning run", (_now(), as_of))

    def runs(self) -> int:
        """Count the runs so far."""
        return self._number("select count(*) from run")

    def files_read(self, subject: str) -> dict[str, bytes | None]:
        """Give, by file read so far, the digest under which it was last read whole, or None when rows were left for later."""
        read: dict[str, bytes | None] = {}
        for file, digest, later in self._connection.rows(
            "select file, digest, later from source_file where subject = ? order by run", (subject,)
        ):
            read[file] = None if later else bytes(digest)
        return read

    def add_file(self, *, file: str, run: int, subject: str, digest: bytes, rows: int, later: int = 0) -> None:
        """Note that a file was read, as it was then."""
        self._connection.run("insert into source_file values (?, ?, ?, ?, ?, ?)", (file, run, subject, digest, rows, later))

    def file_rows(self) -> list[tuple[str, str, int]]:
        """List the files read so far: name, subject, rows judged; in order of subject and name."""
        sql = "select file, subject, sum(rows) from source_file group by file, subject order by subject, file"
        return [(file, subject, int(rows)) for file, subject, rows in self._connection.rows(sql)]

    def contract_texts(self) -> list[tuple[str, int, str, str]]:
        """List contract versions kept so far: id, version, hash, text; in the order they were recorded."""
        rows = self._connection.rows("select contract, version, hash, text from contract_version order by recorded_at, version")
        return [(str(contract), int(version), str(hash_), str(text)) for contract, version, hash_, text in rows]

    def add_contract(self, *, contract: str, version: int, hash_: str, text: str) -> None:
        """Keep a version as it was read; the same form again is nothing new."""
        self._connection.run(
            "insert into contract_version values (?, ?, ?, ?, ?) on conflict do nothing", (contract, version, hash_, text, _now())
        )

    # The journal

    def last_digest(self, chain: str) -> bytes:
        """Give the digest that the next batch of a chain follows."""
        row = self._row("select digest from batch where chain = ? order by batch desc limit 1", (chain,))
        return CHAIN_START if row is None else bytes(row[0])

    def add_batch(self, batch: Batch, *, run: int) -> int:
        """Seal a batch and keep it; give its number. What is open in its chain is sealed before it."""
        seal_chain(self._connection, batch.chain)
        previous = self.last_digest(batch.chain)
        return self._number(
            "insert into batch (run, subject, chain, file, provider, rows, previous, digest, journal, people, segment, people_digest) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning batch",
            (
                run,
                batch.subject,
                batch.chain,
                batch.file,
                batch.provider,
                batch.rows,
                previous,
                batch.sealed_after(previous),
                batch.journal,
                batch.people,
                batch.segment,
                hashlib.sha256(batch.people).digest(),
            ),
        )

    def batches(
        self,
        subject: str | None = None,
        *,
        file: str | None = None,
        chains: Iterable[str] | None = None,
        number: int | None = None,
        with_people: bool = True,
    ) -> Iterator[Batch]:
        """Read batches in the order they were sealed.

        Args:
            subject: deliveries, milestones, returns or decisions; None: all.
            file: Only those read from it.
            chains: Only those of these contracts.
            number: Only the one of this number.
            with_people: Read personal data, keys and the digest of personal data too; SQLite goes through all that stands before a column.
        """
        wanted = None if chains is None else sorted(set(chains))
        parts: list[tuple[str, list[object]]] = [("subject = ?", [subject])] if subject else []
        parts += [("batch = ?", [number])] if number is not None else []
        parts += [("file = ?", [file])] if file else []
        parts += [(f"chain in ({', '.join('?' * len(wanted))})", [*wanted])] if wanted else []
        if wanted == []:
            return
        where = " and ".join(["1 = 1", *(part for part, _ in parts)])
        asked = "people, segment, people_digest" if with_people else "null, null, null"
        sql = f"select subject, chain, file, provider, rows, journal, batch, run, previous, digest, {asked} from batch where batch = ?"  # noqa: S608  # fixed texts only
        values = [value for _, each in parts for value in each]
        numbers = self._connection.rows(f"select batch from batch where {where} order by batch", values)  # noqa: S608  # fixed texts only
        # One at a time: a server sends a whole answer at once, and the journal of years is larger than memory.
        for found in list(numbers):
            for row in self._connection.rows(sql, found):
                batch = Batch(*[*row[:6], row[10] or b"", row[11] or b"", *row[6:10], row[12] or b""])
                yield self._with_parts(batch) if batch.is_open else batch

    def _with_parts(self, batch: Batch) -> Batch:
        whole = whole_of(self._connection, batch.batch)
        return replace(batch, journal=whole.journal, people=whole.people, segment=whole.segment)

    def segments(self) -> Iterator[tuple[str, str, bytes]]:
        """Read the segments of deliveries: contract, provider, bytes."""
        numbers = list(self._connection.rows("select batch from batch where subject = 'deliveries' order by batch"))
        for number in numbers:
            (row,) = self._connection.rows("select chain, provider, segment, digest from batch where batch = ?", number)
            yield str(row[0]), str(row[1]), bytes(row[2]) if len(row[3]) else whole_of(self._connection, int(number[0])).segment

    def seal(self) -> int:
        """Seal every batch that is open, inside a transaction, so that all chains are whole; give how many."""
        return seal_chain(self._connection, None)

    def open_rows(self) -> int:
        """Count the deliveries that stand in no sealed batch yet."""
        return sum(each.rows for each in open_batches(self._connection))

    # What is derived

    def last_delivery_id(self) -> int:
        """Give the highest number of a delivery so far, 0 for none."""
        return self._number("select coalesce(max(delivery_id), 0) from verdict")

    def add_verdicts(self, verdicts: pl.DataFrame, *, batch: int) -> None:
        """Keep verdicts: `delivery_id`, `verdict` and `headline` numbers, `price_minor`."""
        numbered = verdicts.select("delivery_id", pl.lit(batch, dtype=pl.Int64).alias("batch"), "verdict", "headline", "price_minor")
        self._connection.insert("verdict", numbered)
        count_verdicts(self._connection, numbered, batch=batch)

    def add_few_verdicts(self, verdicts: Sequence[tuple[int, int, int, int]], *, batch: int) -> None:
        """As `add_verdicts`, of few: delivery, verdict, headline, price in minor units."""
        columns = ("delivery_id", "batch", "verdict", "headline", "price_minor")
        self._connection.insert_few("verdict", columns, [(id_, batch, *rest) for id_, *rest in verdicts])
        count_few_verdicts(self._connection, verdicts, batch=batch)

    def verdicts(self) -> pl.DataFrame:
        """Read all verdicts, by `delivery_id`."""
        rows = list(self._connection.rows("select delivery_id, batch, verdict, headline, price_minor from verdict order by delivery_id"))
        return pl.DataFrame(
            rows,
            schema={"delivery_id": pl.Int64, "batch": pl.Int64, "verdict": pl.UInt8, "headline": pl.Int64, "price_minor": pl.Int64},
            orient="row",
        )

    def transfers(self) -> pl.DataFrame:
        """Read all transfers, in order of id; `happened_at` as an instant in UTC."""
        rows = list(self._connection.rows(f"select {', '.join(_TRANSFER)} from transfer order by transfer_id"))  # noqa: S608  # fixed names
        schema = dict.fromkeys(_TRANSFER, pl.String) | {"happened_at": pl.Int64, "amount_minor": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
            pl.from_epoch("happened_at", time_unit="us").dt.replace_time_zone("UTC")
        )

    def add_transfers(self, transfers: pl.DataFrame, *, run: int) -> None:
        """Keep new transfers.

        Raises:
            StoreError: One is already kept; nothing recorded is edited.
        """
        ordered = transfers.sort("transfer_id").with_columns(pl.col("happened_at").dt.timestamp("us"), pl.col("cause").fill_null(""))
        self._insert("transfer", _TRANSFER, ordered, run=run)
        add_to_sums(self._connection, ordered)
        add_blocks(self._connection, ordered, run=run)

    def stray(self) -> str | None:
        """Name the first of the sums and counts that pages read which is not that of its rows; None: all are."""
        return first_stray(self._connection)

    def charges(self) -> pl.DataFrame:
        """Read all charges as they were made."""
        rows = list(self._connection.rows(f"select {', '.join(_CHARGE)} from charge order by charge_id"))  # noqa: S608  # fixed names
        schema = {
            "charge_id": pl.String,
            "delivery_id": pl.Int64,
            "contract": pl.String,
            "milestone": pl.String,
            "number": pl.Int64,
            "price_row": pl.Int16,
            "amount_minor": pl.Int64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def add_charges(self, charges: pl.DataFrame, *, run: int) -> None:
        """Keep charges newly made; their amounts are never priced anew (RULES 33 and 36)."""
        self._insert("charge", _CHARGE, charges.sort("charge_id"), run=run)

    def _insert(self, table: str, columns: Sequence[str], rows: pl.DataFrame, *, run: int) -> None:
        try:
            self._connection.insert(table, rows.select(*columns, pl.lit(run, dtype=pl.Int64).alias("run")))
        except TwiceError as error:
            raise StoreError(
                where=self.where, seen=f"A {table} would be recorded twice: {error}.", mend="Run `payper verify` and report what it says."
            ) from error

    def _row(self, sql: str, parameters: Row = ()) -> Row | None:
        return next(iter(self._connection.rows(sql, parameters)), None)

    def _number(self, sql: str, parameters: Row = ()) -> int:
        row = self._row(sql, parameters)
        assert row is not None, "the statement gives a row"
        return int(row[0])

    def return_answers(self) -> pl.DataFrame:
        """Read the returns answered so far."""
        rows = list(self._connection.rows("select contract, external_id, claimed_at, outcome from return_answer"))
        schema = {"contract": pl.String, "external_id": pl.String, "claimed_at": pl.Int64, "outcome": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
            pl.from_epoch("claimed_at", time_unit="us").dt.replace_time_zone("UTC")
        )

    def add_return_answers(self, answers: pl.DataFrame, *, run: int) -> None:
        """Keep answers to returns; one that is kept stays."""
        rows = (
            answers.with_columns(pl.col("claimed_at").dt.timestamp("us")).select("contract", "external_id", "claimed_at", "outcome").rows()
        )
        self._connection.run_many(f"insert into return_answer values (?, ?, ?, ?, {int(run)}) on conflict do nothing", rows)  # noqa: S608  # a number

    # Answers to acts that may be sent again

    def answered(self, party: str, key: str) -> tuple[bytes, str] | None:
        """Give the digest of what a party asked under a key, and the answer; None: nothing was."""
        row = self._row("select digest, answer from idempotency where party = ? and key = ?", (party, key))
        return None if row is None else (bytes(row[0]), str(row[1]))

    def keep_answer(self, *, party: str, key: str, digest: bytes, answer: str, at: datetime) -> None:
        """Keep an answer, inside the transaction of its act."""
        made_at = at.astimezone(UTC).isoformat(timespec="seconds")
        self._connection.run("insert into idempotency values (?, ?, ?, ?, ?)", (party, key, digest, answer, made_at))

    def forget_answers(self, *, before: datetime) -> None:
        """Forget the answers made before an instant."""
        self._connection.run("delete from idempotency where made_at < ?", (before.astimezone(UTC).isoformat(timespec="seconds"),))

    # What is to be told

    def add_outbox(self, kind: str, subject: str) -> None:
        """Note what is to be told after this transaction: `verdicts` or `facts` of a batch, `settled` in a run, a `contract` (`ID vN`).

        One for a batch, never one for a delivery.
        """
        add_note(self._connection, kind, subject)

    def outbox(self, *, limit: int = 1000) -> list[Note]:
        """List what is to be told, oldest first."""
        return list_notes(self._connection, limit=limit)

    def drop_outbox(self, keys: list[str]) -> None:
        """Take away what was told."""
        drop_notes(self._connection, keys)

    # Answers of mail servers

    def mail_hosts(self) -> dict[str, tuple[bool, str, str]]:
        """Give what is known of mail hosts: whether they take mail, the answer, its date."""
        return {
            host: (bool(takes), answer, at)
            for host, takes, answer, at in self._connection.rows("select host, takes_mail, answer, answered_at from mail_host")
        }

    def add_mail_hosts(self, answers: dict[str, tuple[bool, str]]) -> None:
        """Keep answers of mail hosts with today's date; a newer one replaces."""
        self._connection.run_many(
            "insert into mail_host values (?, ?, ?, ?) on conflict (host) do update "
            "set takes_mail = excluded.takes_mail, answer = excluded.answer, answered_at = excluded.answered_at",
            [(host, int(takes), answer, _now()) for host, (takes, answer) in answers.items()],
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

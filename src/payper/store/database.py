"""One SQLite file: connections, migrations, and the statements that acts of the desk need.

Only the standard library's `sqlite3` may open the file in a process that writes it: a second SQLite library in the same process (ADBC,
connectorx) drops the locks of the first and loses committed data (decision 0003).
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import polars as pl

from payper.errors import StoreError

CHAIN_START = bytes(32)
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
        head = "\x1f".join((self.subject, self.chain, self.file)).encode()
        return hashlib.sha256(previous + hashlib.sha256(head).digest() + hashlib.sha256(self.journal).digest()).digest()


@contextmanager
def read_database(path: Path) -> Iterator[Database]:
    """Open a database that is there to be read only; nothing is made, migrated or locked.

    Raises:
        StoreError: The file is no database of payper's, or of another version.
    """
    connection = None
    try:
        for mode in ("mode=ro", "immutable=1"):
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=30)
            try:
                (have,) = connection.execute("pragma user_version").fetchone()
                connection.execute("select count(*) from sqlite_master").fetchone()
                break
            except sqlite3.OperationalError:
                # Without the right to write, a database whose last writer left its log behind opens as it stands only.
                connection.close()
                if mode == "immutable=1":
                    raise
        newest = migrations()[-1][0]
        if have != newest:
            raise StoreError(
                where=path,
                seen=f"The database is of version {have}, and this payper reads version {newest}."
                if have
                else "This is no database of payper's.",
                mend="Run `payper run` once with this payper, or name payper.sqlite of an output folder.",
            )
        assert connection is not None, "one of the two modes opened it"
        yield Database(connection, path)
    except sqlite3.DatabaseError as error:
        raise _translated(error, path) from error
    finally:
        if connection is not None:
            connection.close()


@contextmanager
def open_database(path: Path) -> Iterator[Database]:
    """Open the database, making or migrating it; close it at the end.

    Raises:
        StoreError: The file is no database of payper's, is of a later version, or is locked.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    except sqlite3.Error as error:
        raise StoreError(
            where=path, seen=f"The database cannot be opened: {error}.", mend="Check that the folder exists and can be written to."
        ) from error
    try:
        try:
            for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", "cache_size = -65536", "temp_store = memory"):
                connection.execute(f"pragma {pragma}")
            migrate(connection, path=path)
        except sqlite3.DatabaseError as error:
            raise _translated(error, path) from error
        yield Database(connection, path)
    finally:
        connection.close()


def _translated(error: sqlite3.DatabaseError, path: Path) -> StoreError:
    if "locked" in str(error) or "busy" in str(error):
        return StoreError(
            where=path, seen="Another payper is writing to this database.", mend="Wait until it has ended, then run again.", can_retry=True
        )
    return StoreError(
        where=path,
        seen=f"This is not a database that payper can read: {error}.",
        mend="If it is payper's, restore it from a copy: files alone do not bring its journal back. Else name another output folder.",
    )


def migrations() -> list[tuple[int, str]]:
    """List the migrations in order: number, SQL."""
    folder = resources.files("payper.store.migrations")
    return sorted((int(each.name[:4]), each.read_text("utf-8")) for each in folder.iterdir() if each.name.endswith(".sql"))


def migrate(connection: sqlite3.Connection, *, path: Path, until: int | None = None) -> None:
    """Bring the schema to the newest version (or `until`), each step in a transaction of its own."""
    (have,) = connection.execute("pragma user_version").fetchone()
    steps = migrations()
    if have > steps[-1][0]:
        raise StoreError(
            where=path,
            seen=f"The database is of version {have}, and this payper knows versions up to {steps[-1][0]}.",
            mend="Install the payper that wrote it, or a newer one.",
        )
    for number, sql in steps:
        if have < number <= (until or steps[-1][0]):
            connection.executescript(f"begin immediate; {sql}; pragma user_version = {number}; commit;")


class Database:
    """The statements of the store; every change happens inside `transaction`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all or nothing; durable when it ends."""
        try:
            self._connection.execute("begin immediate")
        except sqlite3.OperationalError as error:
            raise _translated(error, self.path) from error
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def secret(self) -> bytes:
        """Give the installation's secret, made at first use; keyed hashes depend on it."""
        row = self._connection.execute("select value from setting where name = 'secret'").fetchone()
        if row is not None:
            return bytes(row[0])
        with self.transaction():
            self._connection.execute("insert or ignore into setting values ('secret', ?)", (secrets.token_bytes(32),))
        return self.secret()

    def setting(self, name: str) -> str | None:
        """Give a setting, or None."""
        row = self._connection.execute("select value from setting where name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Keep a setting."""
        self._connection.execute("insert into setting values (?, ?) on conflict (name) do update set value = excluded.value", (name, value))

    # Runs, files and contracts

    def begin_run(self, *, as_of: str | None) -> int:
        """Number a new run."""
        cursor = self._connection.execute("insert into run (recorded_at, as_of) values (?, ?)", (_now(), as_of))
        return int(cursor.lastrowid or 0)

    def runs(self) -> int:
        """Count the runs so far."""
        return int(self._connection.execute("select count(*) from run").fetchone()[0])

    def files_read(self, subject: str) -> dict[str, bytes | None]:
        """Give, by file read so far, the digest under which it was last read whole, or None when rows were left for later."""
        read: dict[str, bytes | None] = {}
        for file, digest, later in self._connection.execute(
            "select file, digest, later from source_file where subject = ? order by run", (subject,)
        ):
            read[file] = None if later else bytes(digest)
        return read

    def add_file(self, *, file: str, run: int, subject: str, digest: bytes, rows: int, later: int = 0) -> None:
        """Note that a file was read, as it was then."""
        self._connection.execute("insert into source_file values (?, ?, ?, ?, ?, ?)", (file, run, subject, digest, rows, later))

    def file_rows(self) -> list[tuple[str, str, int]]:
        """List the files read so far: name, subject, rows judged; in order of subject and name."""
        sql = "select file, subject, sum(rows) from source_file group by file, subject order by subject, file"
        return [(file, subject, int(rows)) for file, subject, rows in self._connection.execute(sql)]

    def contract_texts(self) -> list[tuple[str, int, str, str]]:
        """List contract versions kept so far: id, version, hash, text; in the order they were recorded."""
        return list(self._connection.execute("select contract, version, hash, text from contract_version order by recorded_at, version"))

    def add_contract(self, *, contract: str, version: int, hash_: str, text: str) -> None:
        """Keep a version as it was read; the same form again is nothing new."""
        self._connection.execute("insert or ignore into contract_version values (?, ?, ?, ?, ?)", (contract, version, hash_, text, _now()))

    # The journal

    def last_digest(self, chain: str) -> bytes:
        """Give the digest that the next batch of a chain follows."""
        row = self._connection.execute("select digest from batch where chain = ? order by batch desc limit 1", (chain,)).fetchone()
        return CHAIN_START if row is None else bytes(row[0])

    def add_batch(self, batch: Batch, *, run: int) -> int:
        """Seal a batch and keep it; give its number."""
        previous = self.last_digest(batch.chain)
        cursor = self._connection.execute(
            "insert into batch (run, subject, chain, file, provider, rows, previous, digest, journal, people, segment, people_digest) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
        return int(cursor.lastrowid or 0)

    def batches(self, subject: str | None = None, *, file: str | None = None, with_people: bool = True) -> Iterator[Batch]:
        """Read batches in the order they were sealed."""
        people = "people" if with_people else "x''"
        where = " and ".join(["1 = 1", *(["subject = ?"] if subject else []), *(["file = ?"] if file else [])])
        columns = f"subject, chain, file, provider, rows, journal, {people}, segment, batch, run, previous, digest, people_digest"
        sql = f"select {columns} from batch where {where} order by batch"  # noqa: S608  # fixed texts only
        for row in self._connection.execute(sql, [value for value in (subject, file) if value]):
            yield Batch(*row)

    def segments(self) -> Iterator[tuple[str, str, bytes]]:
        """Read the segments of deliveries: contract, provider, bytes."""
        yield from self._connection.execute("select chain, provider, segment from batch where subject = 'deliveries' order by batch")

    # What is derived

    def last_delivery_id(self) -> int:
        """Give the highest number of a delivery so far, 0 for none."""
        return int(self._connection.execute("select coalesce(max(delivery_id), 0) from verdict").fetchone()[0])

    def add_verdicts(self, verdicts: pl.DataFrame, *, batch: int) -> None:
        """Keep verdicts: `delivery_id`, `verdict` and `headline` numbers, `price_minor`."""
        rows = zip(*(verdicts[name].to_list() for name in ("delivery_id", "verdict", "headline", "price_minor")), strict=True)
        self._connection.executemany(f"insert into verdict values (?, {int(batch)}, ?, ?, ?)", rows)  # noqa: S608  # a number

    def verdicts(self) -> pl.DataFrame:
        """Read all verdicts, by `delivery_id`."""
        rows = self._connection.execute(
            "select delivery_id, batch, verdict, headline, price_minor from verdict order by delivery_id"
        ).fetchall()
        return pl.DataFrame(
            rows,
            schema={"delivery_id": pl.Int64, "batch": pl.Int64, "verdict": pl.UInt8, "headline": pl.Int64, "price_minor": pl.Int64},
            orient="row",
        )

    def transfers(self) -> pl.DataFrame:
        """Read all transfers, in order of id; `happened_at` as an instant in UTC."""
        rows = self._connection.execute(f"select {', '.join(_TRANSFER)} from transfer order by transfer_id").fetchall()  # noqa: S608  # fixed names
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
        self._insert("transfer", ordered.select(*_TRANSFER).rows(), run=run)

    def charges(self) -> pl.DataFrame:
        """Read all charges as they were made."""
        rows = self._connection.execute(f"select {', '.join(_CHARGE)} from charge order by charge_id").fetchall()  # noqa: S608  # fixed names
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
        self._insert("charge", charges.sort("charge_id").select(*_CHARGE).rows(), run=run)

    def _insert(self, table: str, rows: Sequence[tuple[object, ...]], *, run: int) -> None:
        if not rows:
            return
        marks = ", ".join("?" * len(rows[0]))
        try:
            self._connection.executemany(f"insert into {table} values ({marks}, {int(run)})", rows)  # noqa: S608  # fixed names, a number
        except sqlite3.IntegrityError as error:
            raise StoreError(
                where=self.path, seen=f"A {table} would be recorded twice: {error}.", mend="Run `payper verify` and report what it says."
            ) from error

    def return_answers(self) -> pl.DataFrame:
        """Read the returns answered so far."""
        rows = self._connection.execute("select contract, external_id, claimed_at, outcome from return_answer").fetchall()
        schema = {"contract": pl.String, "external_id": pl.String, "claimed_at": pl.Int64, "outcome": pl.String}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
            pl.from_epoch("claimed_at", time_unit="us").dt.replace_time_zone("UTC")
        )

    def add_return_answers(self, answers: pl.DataFrame, *, run: int) -> None:
        """Keep answers to returns; one that is kept stays."""
        rows = (
            answers.with_columns(pl.col("claimed_at").dt.timestamp("us")).select("contract", "external_id", "claimed_at", "outcome").rows()
        )
        self._connection.executemany(f"insert or ignore into return_answer values (?, ?, ?, ?, {int(run)})", rows)  # noqa: S608  # a number

    # Answers of mail servers

    def mail_hosts(self) -> dict[str, tuple[bool, str, str]]:
        """Give what is known of mail hosts: whether they take mail, the answer, its date."""
        return {
            host: (bool(takes), answer, at)
            for host, takes, answer, at in self._connection.execute("select host, takes_mail, answer, answered_at from mail_host")
        }

    def add_mail_hosts(self, answers: dict[str, tuple[bool, str]]) -> None:
        """Keep answers of mail hosts with today's date; a newer one replaces."""
        self._connection.executemany(
            "insert or replace into mail_host values (?, ?, ?, ?)",
            [(host, int(takes), answer, _now()) for host, (takes, answer) in answers.items()],
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

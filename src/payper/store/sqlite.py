"""SQLite: one file, through the standard library's `sqlite3` only.

A second SQLite library in a process that writes the file (ADBC, connectorx) drops the locks of the first and loses committed data
(decision 0003).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from payper.errors import StoreError
from payper.store.connections import Row, TwiceError
from payper.store.migrating import BOOK, DIRECTORY, other_version, steps_from

WAIT_SECONDS = 30
"""How long a transaction waits for another writer."""

_MARKS = {BOOK: 0, DIRECTORY: 0x70706469}
"""The application id in a file's head: tells the kinds apart. The first books were written without one."""

_PRAGMAS = (
    "journal_mode = wal", "synchronous = full", "foreign_keys = on", "cache_size = -65536", "temp_store = memory",
    # What was deleted is zeros at once, as somebody may have been erased with it.
    "secure_delete = on",
)  # fmt: skip

ROWS_AT_ONCE = 40
"""Rows that one statement inserts; times the widest table's columns it stays below the 999 values that every SQLite takes."""

FEW_TEXTS = 50
"""So many different texts among a column's first thousand are few."""


class SqliteConnection:
    """A connection to one file; statements are SQLite's own, so nothing is put in another spelling."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path
        self.where = str(path)

    def rows(self, sql: str, parameters: Row = ()) -> Iterator[Row]:
        """As `Connection.rows`."""
        return self._connection.execute(sql, parameters)

    def run(self, sql: str, parameters: Row = ()) -> None:
        """As `Connection.run`."""
        try:
            self._connection.execute(sql, parameters)
        except sqlite3.IntegrityError as error:
            raise TwiceError(str(error)) from error

    def run_many(self, sql: str, rows: Iterable[Row]) -> None:
        """As `Connection.run_many`."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.IntegrityError as error:
            raise TwiceError(str(error)) from error

    def insert_few(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """As `Connection.insert_few`."""
        self.run_many(f"insert into {table} ({', '.join(columns)}) values ({', '.join('?' * len(columns))})", rows)  # noqa: S608  # our names

    def insert(self, table: str, rows: pl.DataFrame) -> None:
        """As `Connection.insert`: many rows by one statement, as starting a statement costs as much as a row of few columns."""
        columns = [_values(rows[name]) for name in rows.columns]
        row = f"({', '.join('?' * rows.width)})"
        whole = rows.height // ROWS_AT_ONCE * ROWS_AT_ONCE
        try:
            for first, end, count in ((0, whole, ROWS_AT_ONCE), (whole, rows.height, 1)):
                if first < end:
                    places = (column[first + place : end : count] for place in range(count) for column in columns)
                    sql = f"insert into {table} ({', '.join(rows.columns)}) values {', '.join([row] * count)}"  # noqa: S608  # our own names
                    self._connection.executemany(sql, zip(*places, strict=True))
        except sqlite3.IntegrityError as error:
            raise TwiceError(str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As `Connection.transaction`."""
        try:
            self._connection.execute("begin immediate")
        except sqlite3.OperationalError as error:
            raise translated(error, self.where) from error
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def is_being_written(self) -> bool:
        """As `Connection.is_being_written`."""
        return is_being_written(self.path)

    def sweep(self) -> bool:
        """As `Connection.sweep`: what was deleted is zeros in the file already, and the log that has it still is emptied."""
        (row,) = self._connection.execute("pragma wal_checkpoint(truncate)")
        return not row[0]

    def close(self) -> None:
        """As `Connection.close`."""
        self._connection.close()


def open_sqlite(path: Path, *, kind: str = BOOK) -> SqliteConnection:
    """Open a file to be written, making or migrating it; a file holds one kind of schema.

    Raises:
        StoreError: It is no database of payper's, is of a later version, or is locked.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)
    except sqlite3.Error as error:
        raise StoreError(
            where=path, seen=f"The database cannot be opened: {error}.", mend="Check that the folder exists and can be written to."
        ) from error
    try:
        for pragma in (
            "journal_mode = wal",
            "synchronous = full",
            "foreign_keys = on",
            "cache_size = -65536",
            "temp_store = memory",
            "secure_delete = on",
        ):
            connection.execute(f"pragma {pragma}")
        migrate(connection, path=path, kind=kind)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise translated(error, path) from error
    except BaseException:
        connection.close()
        raise
    return SqliteConnection(connection, path)


@contextmanager
def reading_sqlite(path: Path) -> Iterator[SqliteConnection]:
    """Open a file that is there to be read only; nothing is made, migrated or locked.

    Raises:
        StoreError: It is no database of payper's, or of another version.
    """
    connection = None
    try:
        for mode in ("mode=ro", "immutable=1"):
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=None, timeout=WAIT_SECONDS)
            try:
                (have,) = connection.execute("pragma user_version").fetchone()
                connection.execute("select count(*) from sqlite_master").fetchone()
                break
            except sqlite3.OperationalError:
                # Without the right to write, a database whose last writer left its log behind opens as it stands only.
                connection.close()
                if mode == "immutable=1":
                    raise
        fault = other_version(have, where=str(path))
        if fault is not None:
            raise fault
        assert connection is not None, "one of the two modes opened it"
        yield SqliteConnection(connection, path)
    except sqlite3.DatabaseError as error:
        raise translated(error, path) from error
    finally:
        if connection is not None:
            connection.close()


def migrate(connection: sqlite3.Connection, *, path: Path, kind: str = BOOK, until: int | None = None) -> None:
    """Bring the schema to the newest version (or `until`), each step in a transaction of its own.

    Raises:
        StoreError: The file is of a later version.
    """
    (have,) = connection.execute("pragma user_version").fetchone()
    (marked,) = connection.execute("pragma application_id").fetchone()
    if have and marked != _MARKS[kind]:
        other = "the directory of an installation" if kind == BOOK else "a book"
        raise StoreError(where=path, seen=f"This file is {other}.", mend=f"Name the file of the {kind} instead.")
    if marked != _MARKS[kind]:
        # Setting it anew would write to the file, and wait for the disk, at every opening.
        connection.execute(f"pragma application_id = {_MARKS[kind]}")
    for number, sql in steps_from(have, where=str(path), kind=kind, until=until):
        connection.executescript(f"begin immediate; {sql}; pragma user_version = {number}; commit;")


def is_being_written(path: Path) -> bool:
    """Tell whether another process holds the right to write; a file that is not there, or is no database, is written by nobody.

    The right is asked for and given back at once, so the answer may be out of date when it comes: whoever writes then still waits
    for their turn in the transaction itself.
    """
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
            connection.execute("begin immediate")
            connection.execute("rollback")
    except sqlite3.OperationalError as error:
        return "locked" in str(error) or "busy" in str(error)
    except sqlite3.DatabaseError:
        return False
    return False


def translated(error: sqlite3.DatabaseError, where: str | Path) -> StoreError:
    """Put SQLite's error in words that say what to do."""
    if "locked" in str(error) or "busy" in str(error):
        return StoreError(
            where=where, seen="Another payper is writing to this database.", mend="Wait until it has ended, then run again.", can_retry=True
        )
    return StoreError(
        where=where,
        seen=f"This is not a database that payper can read: {error}.",
        mend="If it is payper's, restore it from a copy: files alone do not bring its journal back. Else name another output folder.",
    )


def _values(column: pl.Series) -> list[Any]:
    """Give a column's values; of few texts each is made once, which takes a third of the time of making it for every row."""
    if column.dtype != pl.String or column.head(1000).n_unique() > FEW_TEXTS:
        return column.to_list()
    texts = column.drop_nulls().unique()
    codes = column.cast(pl.Enum(texts)).to_physical().cast(pl.Int64).fill_null(len(texts))
    given = [*texts.to_list(), None]
    return [given[code] for code in codes.to_list()]

"""PostgreSQL: one schema per book, one writer of a book at a time, rows added by COPY.

`psycopg` loads on first use: who works with files only does not wait for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from payper.errors import StoreError, UsageError
from payper.store.connections import Row, TwiceError
from payper.store.migrating import BOOK, in_postgres, other_version, steps_from

if TYPE_CHECKING:
    import polars as pl
    import psycopg

WAIT_SECONDS = 30
"""How long a transaction waits for another writer of the same book."""

_BOOK = re.compile(r"[a-z][a-z0-9_]{0,40}")
_VERSION = "create table if not exists schema_version (version bigint not null)"


class PostgresConnection:
    """A connection to one book: the tables of one schema. Writers of a book take turns by an advisory lock on its name."""

    def __init__(self, connection: psycopg.Connection[Any], *, schema: str, where: str) -> None:
        self._connection = connection
        self.schema = schema
        self.where = where

    def rows(self, sql: str, parameters: Row = ()) -> Iterator[Row]:
        """As `Connection.rows`."""
        with self._translating():
            return iter(self._connection.execute(sql.replace("?", "%s"), parameters or None).fetchall())

    def run(self, sql: str, parameters: Row = ()) -> None:
        """As `Connection.run`."""
        with self._translating():
            self._connection.execute(sql.replace("?", "%s"), parameters or None)

    def run_many(self, sql: str, rows: Iterable[Row]) -> None:
        """As `Connection.run_many`."""
        with self._translating(), self._connection.cursor() as cursor:
            cursor.executemany(sql.replace("?", "%s"), rows)

    def insert(self, table: str, rows: pl.DataFrame) -> None:
        """As `Connection.insert`."""
        self._copy(table, rows.columns, rows.iter_rows())

    def insert_few(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """As `Connection.insert_few`."""
        self._copy(table, columns, rows)

    def _copy(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        with (
            self._translating(),
            self._connection.cursor() as cursor,
            cursor.copy(f"copy {table} ({', '.join(columns)}) from stdin".encode()) as copy,
        ):
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """As `Connection.transaction`."""
        with self._translating():
            self._connection.execute("begin")
            self._connection.execute(f"set local lock_timeout = '{WAIT_SECONDS}s'")
        try:
            with self._translating():
                self._connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"payper:{self.schema}",))
            yield
        except BaseException:
            if not self._connection.closed:
                self._connection.execute("rollback")
            raise
        with self._translating():
            self._connection.execute("commit")

    def is_being_written(self) -> bool:
        """As `Connection.is_being_written`."""
        with self._translating():
            key = (f"payper:{self.schema}",)
            row = self._connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", key).fetchone()
            is_free = bool(row and row[0])
            if is_free:
                self._connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", key)
            return not is_free

    def sweep(self) -> bool:
        """As `Connection.sweep`: the server reuses the places of dead rows."""
        tables = "batch, upload, upload_piece, idempotency" if self.schema.startswith("book_") else "message, attempt, idempotency"
        with self._translating():
            self._connection.execute(f"vacuum {tables}".encode())
        return True

    def close(self) -> None:
        """As `Connection.close`."""
        self._connection.close()

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Put PostgreSQL's errors in words that say what to do."""
        from psycopg import errors

        try:
            yield
        except errors.UniqueViolation as error:
            raise TwiceError(str(error.diag.message_primary)) from error
        except (errors.LockNotAvailable, errors.SerializationFailure, errors.DeadlockDetected) as error:
            raise StoreError(
                where=self.where,
                seen="Another payper is writing to this book.",
                mend="Wait until it has ended, then run again.",
                can_retry=True,
            ) from error
        except errors.OperationalError as error:
            raise _unreachable(self.where, error) from error
        except errors.InsufficientPrivilege as error:
            raise StoreError(
                where=self.where,
                seen=f"The server refuses this: {error.diag.message_primary}.",
                mend="Give the user the right to create schemas in the database, or name another user.",
            ) from error


def is_postgres(address: str) -> bool:
    """Tell whether an address is a PostgreSQL server's."""
    return address.startswith(("postgresql://", "postgres://"))


def open_postgres(url: str, *, kind: str = BOOK, is_read_only: bool = False) -> PostgresConnection:
    """Connect to a book, `main` or the one that the address names with `?book=NAME`, making or migrating it unless only read.

    Raises:
        UsageError: The address or the book's name cannot be read.
        StoreError: The server cannot be reached, or the book is of another version.
    """
    plain, book = _parted(url)
    where = f"{_without_password(plain)} book {book}"
    try:
        import psycopg
    except ImportError as error:
        mend = "Install it: pip install 'payper[postgres]'."
        raise UsageError(where=where, seen="The library that speaks to PostgreSQL is not installed.", mend=mend) from error
    try:
        connection = psycopg.connect(plain, autocommit=True, connect_timeout=10, application_name="payper")
    except psycopg.ProgrammingError as error:
        raise UsageError(
            where=where, seen=f"The address cannot be read: {error}.", mend="Write postgresql://user@host:5432/database?book=main."
        ) from error
    except psycopg.OperationalError as error:
        raise _unreachable(where, error) from error
    opened = PostgresConnection(connection, schema=f"{kind}_{book}", where=where)
    try:
        if is_read_only:
            _begin_reading(connection, opened.schema, where)
        else:
            _migrate(opened, connection, kind)
    except BaseException:
        connection.close()
        raise
    return opened


def _begin_reading(connection: psycopg.Connection[Any], schema: str, where: str) -> None:
    """See one state of the book until the end, whatever others write meanwhile."""
    connection.execute(f'set search_path to "{schema}"')
    connection.execute("begin transaction isolation level repeatable read read only")
    fault = other_version(_version(connection), where=where)
    if fault is not None:
        raise fault


def _migrate(opened: PostgresConnection, connection: psycopg.Connection[Any], kind: str) -> None:
    """Bring the book's schema to the newest version; two that start at once take turns."""
    connection.execute(f'set search_path to "{opened.schema}"')
    if not steps_from(_version(connection), where=opened.where, kind=kind):
        return
    with opened.transaction():
        connection.execute(f'create schema if not exists "{opened.schema}"')
        connection.execute(_VERSION)
        for number, sql in steps_from(_version(connection), where=opened.where, kind=kind):
            connection.execute(in_postgres(sql).encode())
            connection.execute("insert into schema_version values (%s)", (number,))


def _version(connection: psycopg.Connection[Any]) -> int:
    """Give the version of the book's schema, 0 where there is none."""
    found = connection.execute("select to_regclass('schema_version')").fetchone()
    if not found or found[0] is None:
        return 0
    row = connection.execute("select coalesce(max(version), 0) from schema_version").fetchone()
    return int(row[0]) if row else 0


def _parted(url: str) -> tuple[str, str]:
    """Part the book's name from the address that the server's library reads."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    books = [value for name, value in query if name == "book"]
    book = books[-1] if books else "main"
    if not _BOOK.fullmatch(book):
        raise UsageError(
            where=f"?book={book}",
            seen="This is no name of a book.",
            mend="Use up to 41 lower-case letters, digits and underscores, beginning with a letter: ?book=northwind.",
        )
    rest = urlencode([(name, value) for name, value in query if name != "book"])
    return urlunsplit(parts._replace(query=rest)), book


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    user = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{user}{host}{port}{parts.path}"


def _unreachable(where: str, error: Exception) -> StoreError:
    return StoreError(
        where=where,
        seen=f"The server cannot be reached: {' '.join(str(error).split())}.",
        mend="Check that it runs, that address, user and password are right, and that it lets this machine in.",
        can_retry=True,
    )

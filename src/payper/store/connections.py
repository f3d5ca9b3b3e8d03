"""What the statements of the store need of a connection, whichever database is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import polars as pl

Row = Sequence[Any]


class TwiceError(Exception):
    """A row has the key of one that is kept already; `str()` says which constraint refused it."""


class Connection(Protocol):
    """A connection to one book: SQLite's or PostgreSQL's. Statements mark parameters with `?` and are of the SQL that both speak."""

    where: str
    """The file or the server's address and book, without a password: for words."""

    def rows(self, sql: str, parameters: Row = ()) -> Iterator[Row]:
        """Ask, and give the rows."""

    def run(self, sql: str, parameters: Row = ()) -> None:
        """Change something, inside a transaction.

        Raises:
            TwiceError: A key would be there twice.
        """

    def run_many(self, sql: str, rows: Iterable[Row]) -> None:
        """Change something once for every row of parameters, inside a transaction."""

    def insert(self, table: str, rows: pl.DataFrame) -> None:
        """Add many rows, inside a transaction, in the quickest way that the database has; the frame's columns are the table's.

        Raises:
            TwiceError: A key would be there twice.
        """

    def insert_few(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """As `insert`, of few rows that stand in no frame."""

    def transaction(self) -> AbstractContextManager[None]:
        """Do all or nothing, alone among the writers of the book; durable when it ends.

        Raises:
            StoreError: Another writer did not end in time.
        """

    def is_being_written(self) -> bool:
        """Tell whether another connection is writing to the book just now."""

    def sweep(self) -> bool:
        """Leave nothing of what was deleted in the files of the database, outside a transaction; False: others still read it."""

    def close(self) -> None:
        """End the connection."""

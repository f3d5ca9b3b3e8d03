"""Copy a database file while others use it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from payper.errors import StoreError


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite file as of one instant; the copy is checked and needs no other file beside it.

    Raises:
        StoreError: A file cannot be read or written, or the copy is damaged.
    """
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
            new.execute("pragma journal_mode = delete")
            (fault,) = new.execute("pragma quick_check").fetchone()
    except sqlite3.Error as error:
        raise StoreError(
            where=source, seen=f"The file cannot be copied to {target}: {error}.", mend="Check the path, the rights and the free space."
        ) from error
    if fault != "ok":
        raise StoreError(where=source, seen=f"The file is damaged: {fault}.", mend="Copy it from an earlier backup.")

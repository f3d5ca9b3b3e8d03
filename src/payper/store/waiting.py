"""Whether another process is writing to a database just now, so that a person can be told what a command waits for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


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

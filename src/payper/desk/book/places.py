"""Find the database that a person means: an output folder, a programme folder, the file itself, or a server's address."""

from __future__ import annotations

from pathlib import Path

from payper.errors import UsageError
from payper.store.database import path_of
from payper.store.postgres import is_postgres

DATABASE = "payper.sqlite"


def find_database(place: Path | str) -> Path | str:
    """Give the address of the database in a folder, in its `out`, or at the path itself; a server's address is given as it is.

    Raises:
        UsageError: There is none.
    """
    if isinstance(place, str) and is_postgres(place):
        return place
    folder = path_of(place)
    for path in (folder, folder / DATABASE, folder / "out" / DATABASE):
        if path.is_file():
            return path
    raise UsageError(
        where=folder,
        seen="There is no payper database here.",
        mend="Run `payper run FOLDER` first, and name its output folder (--out) here.",
    )

"""Find the database that a person means: an output folder, a programme folder, or the file itself."""

from __future__ import annotations

from pathlib import Path

from payper.errors import UsageError

DATABASE = "payper.sqlite"


def find_database(folder: Path) -> Path:
    """Give the database in `folder`, in its `out`, or at the path itself.

    Raises:
        UsageError: There is none.
    """
    for path in (folder, folder / DATABASE, folder / "out" / DATABASE):
        if path.is_file():
            return path
    raise UsageError(
        where=folder,
        seen="There is no payper database here.",
        mend="Run `payper run FOLDER` first, and name its output folder (--out) here.",
    )

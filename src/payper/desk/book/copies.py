"""Copies of an installation in files: made while it runs, each file whole as of one instant, and put back into an empty folder.

Source: SQLite, Online Backup API (a copy is consistent whatever others write meanwhile).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from payper.desk.people.installation import DIRECTORY
from payper.errors import UsageError
from payper.store.copying import copy_database
from payper.store.database import path_of
from payper.store.directory import open_directory
from payper.store.postgres import is_postgres

_SERVER = "Use the server's own tools: pg_dump --format=custom, and pg_restore to put it back."


def make_copy(place: str, target: Path) -> list[Path]:
    """Copy the directory and every book of an installation to an empty folder; give the files made.

    Raises:
        UsageError: It is in PostgreSQL, is not there, or the folder is not empty.
        StoreError: A file cannot be read or written.
    """
    if is_postgres(place):
        raise UsageError(where=place.partition("@")[2] or place, seen="This installation is in PostgreSQL.", mend=_SERVER)
    source = Path(place)
    if not (source / DIRECTORY).is_file():
        raise UsageError(where=source, seen="There is no installation here.", mend="Name the folder that `payper serve --data` was told.")
    _must_be_empty(target)
    made = []
    for name, path in _files(source):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy_database(path, copy)
        made.append(copy)
    return made


def put_back(source: Path, place: str) -> list[Path]:
    """Put a copy back as the installation of an empty folder; books lie in it from then on.

    Raises:
        UsageError: It is no copy, or the folder is not empty.
        StoreError: A file cannot be read or written.
    """
    if is_postgres(place):
        raise UsageError(where=place.partition("@")[2] or place, seen="A copy of files cannot be put into PostgreSQL.", mend=_SERVER)
    if not (source / DIRECTORY).is_file():
        raise UsageError(where=source, seen="This is no copy of an installation.", mend="Name the folder that `payper backup` wrote.")
    target = Path(place)
    _must_be_empty(target)
    made = []
    for path in [source / DIRECTORY, *sorted((source / "books").glob("*.sqlite"))]:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy_database(path, copy)
        made.append(copy)
    with open_directory(target / DIRECTORY) as directory, directory.transaction():
        for book in made[1:]:
            directory.set_book(book.stem, f"sqlite:///{book.resolve()}")
    return made


def _files(source: Path) -> Iterator[tuple[str, Path]]:
    """List what is copied: the name in the copy, and the file; books that lie elsewhere come along."""
    yield DIRECTORY, source / DIRECTORY
    with open_directory(source / DIRECTORY) as directory:
        for party in directory.parties():
            address = directory.book(party.id)
            if address is not None and not is_postgres(address) and path_of(address).is_file():
                yield f"books/{party.id}.sqlite", path_of(address)


def _must_be_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            where=folder, seen="This folder is not empty.", mend="Name one that is not there yet; nothing is ever written over."
        )

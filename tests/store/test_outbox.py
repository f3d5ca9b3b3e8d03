"""What is to be told stands beside what was done: both or neither."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from payper.store.database import open_database
from payper.store.directory import Directory, open_directory

NewBook = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Directory]:
    address = f"sqlite:///{tmp_path / 'directory.sqlite'}"
    if request.param == "postgresql":
        address = f"{request.getfixturevalue('postgres')}?book=outbox_{os.getpid()}_{abs(hash(tmp_path.name)) % 10**6}"
    with open_directory(address) as opened:
        yield opened


def test_notes_come_in_the_order_written_and_go_when_told(new_book: NewBook) -> None:
    with open_database(new_book()) as book:
        with book.transaction():
            for kind, subject in (("verdicts", "1"), ("facts", "2"), ("settled", "1")):
                book.add_outbox(kind, subject)
        notes = book.outbox()
        assert [(note.kind, note.subject) for note in notes] == [("verdicts", "1"), ("facts", "2"), ("settled", "1")]
        assert book.outbox(limit=2) == notes[:2]
        with book.transaction():
            book.drop_outbox([note.key for note in notes[:2]])
        assert book.outbox() == notes[2:]


def test_a_number_that_comes_again_is_another_note(new_book: NewBook) -> None:
    with open_database(new_book()) as book:
        keys = []
        for _ in range(3):
            with book.transaction():
                book.add_outbox("verdicts", "1")
            (note,) = book.outbox()
            with book.transaction():
                book.drop_outbox([note.key])
            keys.append(note.key)
        assert len(set(keys)) == 3


def test_what_was_not_done_is_not_told(new_book: NewBook) -> None:
    with open_database(new_book()) as book:
        with pytest.raises(RuntimeError), book.transaction():
            book.add_outbox("verdicts", "1")
            raise RuntimeError
        assert book.outbox() == []


def test_the_directory_keeps_notes_alike(directory: Directory) -> None:
    with directory.transaction():
        directory.add_outbox("invitation", "somebody")
    (note,) = directory.outbox()
    assert (note.kind, note.subject) == ("invitation", "somebody")
    with directory.transaction():
        directory.drop_outbox([note.key])
    assert directory.outbox() == []

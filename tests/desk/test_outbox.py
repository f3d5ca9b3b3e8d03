"""A run notes what is to be told of it, in the transaction that does it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from payper.desk.folder.run import run_programme
from payper.store.database import open_database


def test_a_run_notes_its_batches_and_its_settlement_once(programme: Path, new_book: Callable[[], str]) -> None:
    address = new_book()
    run_programme(programme, database=address)
    with open_database(address) as book:
        first = book.outbox()
        numbers = {batch.subject: str(batch.batch) for batch in book.batches()}
    assert ("verdicts", numbers["deliveries"]) in [(note.kind, note.subject) for note in first]
    assert [note.subject for note in first if note.kind == "settled"] == ["1"]
    assert len([note for note in first if note.kind == "verdicts"]) == 1
    run_programme(programme, database=address)
    with open_database(address) as book:
        assert book.outbox() == first


def test_what_a_later_settlement_adds_stands_under_a_run_of_its_own(programme: Path, new_book: Callable[[], str]) -> None:
    address = new_book()
    run_programme(programme, database=address, as_of=date(2026, 1, 16))
    run_programme(programme, database=address, as_of=date(2026, 6, 30))
    with open_database(address) as book:
        settled = [int(note.subject) for note in book.outbox() if note.kind == "settled"]
    assert settled == sorted(set(settled))
    assert len(settled) == 2

"""After a start, what pages ask for most is at hand before anybody asks."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from payper.desk.folder.run import run_programme
from payper.desk.people.installation import open_pages
from payper.desk.reads import shelf
from payper.desk.reads.warming import warm_book


def test_what_was_read_beforehand_is_not_read_again(programme: Path) -> None:
    address = str(programme / "out" / "payper.sqlite")
    run_programme(programme, out=programme / "out")
    shelf.clear()
    warm_book(address)
    with closing(sqlite3.connect(address)) as file, file:
        # A batch that could not be read any more shows who reads it.
        file.execute("update batch set journal = x'00', people = x'00' where subject = 'deliveries'")
    with open_pages(address) as book:
        (head,) = book.batch_heads(["reach"])
        assert shelf.known_people(book, head).height == 4
        assert shelf.day_counts(book, {"reach": "America/New_York"})["deliveries"].sum() == 4
    shelf.clear()


def test_told_to_end_it_leaves_the_rest(programme: Path) -> None:
    address = str(programme / "out" / "payper.sqlite")
    run_programme(programme, out=programme / "out")
    shelf.clear()
    warm_book(address, is_ended=lambda: True)
    assert shelf.is_empty()

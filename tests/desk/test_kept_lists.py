"""A run keeps the lists of its contracts in the book, as a server has no folder to read them from."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from payper.desk.folder.run import run_programme
from payper.store.book_terms import BookTerms
from payper.store.database import open_database, read_database

NAME = "suppress.csv"


def kept(programme: Path) -> dict[str, frozenset[str]]:
    out = run_programme(programme).out
    with read_database(out / "payper.sqlite") as book:
        return BookTerms.of(book).entries(NAME)


def with_list(programme: Path, *lines: str) -> Path:
    path = programme / "contracts" / "reach.toml"
    path.write_text(path.read_text("utf-8").replace('countries = ["US"]', f'countries = ["US"]\nsuppress = ["{NAME}"]'), "utf-8")
    file = programme / "contracts" / NAME
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return file


def test_the_book_follows_the_file_and_keeps_no_address(programme: Path) -> None:
    file = with_list(programme, "globex.com", "ann@initech.com")
    assert kept(programme)["domain"] == {"globex.com"}
    assert kept(programme)["digest"] == {hashlib.sha256(b"ann@initech.com").hexdigest()}
    file.write_text("hooli.com\n", "utf-8")
    assert kept(programme) == {"domain": {"hooli.com"}, "digest": set(), "company": set()}
    file.unlink()
    (programme / "contracts" / NAME).write_text("hooli.com\nglobex.com\n", "utf-8")
    assert kept(programme)["domain"] == {"hooli.com", "globex.com"}


def test_what_a_person_put_on_a_list_stays_there(programme: Path) -> None:
    file = with_list(programme, "globex.com")
    out = run_programme(programme).out
    with open_database(out / "payper.sqlite") as database, database.transaction():
        book = BookTerms.of(database)
        book.touch_list(NAME, is_everywhere=None, by="dana", at=datetime(2026, 2, 1, tzinfo=UTC))
        book.add_entries(NAME, [("domain", "umbrella.com")], at=datetime(2026, 2, 1, tzinfo=UTC))
    file.write_text("hooli.com\n", "utf-8")
    assert kept(programme)["domain"] == {"globex.com", "umbrella.com", "hooli.com"}
    with read_database(out / "payper.sqlite") as database:
        assert [row.changed_by for row in BookTerms.of(database).lists()] == ["dana"]

"""A book of one contract with six leads, and people who act on it, for tests of acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
from tests.desk.conftest import CONTRACT, HEADER, lead

from payper.desk.folder.run import run_programme
from payper.desk.people.installation import attach_book
from payper.desk.people.people import Actor
from payper.desk.reads.read_deliveries import Filters, list_deliveries
from payper.parties import Role, acts_of
from payper.store import read_database
from payper.store.directory import Directory, open_directory

NewBook = Callable[[], str]
NOW = datetime(2026, 1, 16, 12, tzinfo=ZoneInfo("America/New_York"))
CONTESTABLE = CONTRACT.replace(
    'remedy = "replace"\nreplace_within = "5bd"', 'remedy = "credit"\ncontest_within = "3bd"\nevidence = ["EMAIL_BOUNCED"]'
)
BUYER = Actor("northwind", "olga", acts_of(Role.OWNER), name="Olga", role=Role.OWNER)
PROVIDER = Actor("intentreach", "pat", acts_of(Role.PROVIDER_MANAGER), name="Pat", role=Role.PROVIDER_MANAGER)


@dataclass(frozen=True)
class Book:
    directory: Directory
    address: str
    numbers: dict[str, str]

    def money(self) -> tuple[int, int, int]:
        """What is pending, posted and credited in all."""
        with read_database(self.address) as book:
            kinds = book.transfers().group_by("kind").agg(pl.col("amount_minor").sum())
        sums = dict(kinds.iter_rows())
        return sums.get("pending", 0), sums.get("post", 0), sums.get("void", 0)


@contextmanager
def made_book(new_book: NewBook, tmp_path: Path) -> Iterator[Book]:
    folder = tmp_path / "programme"
    (folder / "contracts").mkdir(parents=True)
    (folder / "deliveries" / "reach").mkdir(parents=True)
    (folder / "programme.toml").write_text('name = "Test"\nbase_currency = "USD"\ntimezone = "America/New_York"\n', "utf-8")
    (folder / "contracts" / "reach.toml").write_text(CONTESTABLE, "utf-8")
    rows = lead(1) + lead(2, title="IT Intern") + lead(3, title="Wizard of all things") + lead(4) + lead(5) + lead(6)
    (folder / "deliveries" / "reach" / "one.csv").write_text(HEADER + rows, "utf-8")
    address = new_book()
    run_programme(folder, database=address)
    with open_directory(new_book()) as directory:
        attach_book(directory, address, at=NOW)
        page = list_deliveries(directory, BUYER, buyer="northwind", filters=Filters())
        yield Book(directory, address, {str(row.external_id): row.number for row in page.rows})

"""A small programme folder that tests write to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CONTRACT = """
[contract]
id = "reach"
buyer = "northwind"
provider = "intentreach"
currency = "USD"
timezone = "America/New_York"
starts = 2026-01-01
ends = 2026-03-31

[audience]
countries = ["US"]
seniority = "manager.."

[record]
required = ["email"]
email = ["syntax", "business"]

[duplicate]
match = ["email"]
within = "180d"

[caps]
per_day = 3

[[price]]
on = "accepted"
amount = "48.00"
[[price]]
on = "won"
percent = "2"

[review]
window = "5bd"
silence = "accept"
reasons = ["EMAIL_BOUNCED"]
cap = "50%"
remedy = "replace"
replace_within = "5bd"
"""

HEADER = "external_id,generated_at,delivered_at,first_name,last_name,email,title,country,replaces\n"


def lead(
    number: int, *, day: str = "2026-01-15", email: str | None = None, title: str = "IT Manager", country: str = "US", replaces: str = ""
) -> str:
    return f"L-{number},{day} 09:00,{day} 10:00,Ann,Lee{number},{email or f'ann{number}@acme{number}.com'},{title},{country},{replaces}\n"


@pytest.fixture
def programme(tmp_path: Path) -> Path:
    """One contract, one file of four leads: two accepted, one below the rung, one with a broken address."""
    folder = tmp_path / "programme"
    (folder / "contracts").mkdir(parents=True)
    (folder / "deliveries" / "reach").mkdir(parents=True)
    (folder / "milestones").mkdir()
    (folder / "returns").mkdir()
    (folder / "programme.toml").write_text('name = "Test"\nbase_currency = "USD"\ntimezone = "America/New_York"\n', encoding="utf-8")
    (folder / "contracts" / "reach.toml").write_text(CONTRACT, encoding="utf-8")
    rows = lead(1) + lead(2, title="IT Intern") + lead(3, email="broken@@x") + lead(4)
    (folder / "deliveries" / "reach" / "one.csv").write_text(HEADER + rows, encoding="utf-8")
    return folder


@pytest.fixture
def add_leads(programme: Path) -> Callable[[str, str], Path]:
    """Write one more file of leads."""

    def add(name: str, rows: str) -> Path:
        path = programme / "deliveries" / "reach" / name
        path.write_text(HEADER + rows, encoding="utf-8")
        return path

    return add


@pytest.fixture
def book(new_book: Callable[[], str], tmp_path: Path) -> Iterator[object]:
    """A book with six leads, as `acts_made.Book`."""
    from tests.desk.acts_made import made_book

    with made_book(new_book, tmp_path) as made:
        yield made

"""Few deliveries, judged one by one, have what many have that are judged by columns: verdicts, prices, and all that is kept of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk.conftest import CONTRACT

from payper.desk.arrivals.judging_posts import FewPosts, Judged, ManyPosts
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import Posted, read_body
from payper.desk.arrivals.prechecking import Looking
from payper.desk.arrivals.receiving import receive
from payper.desk.folder.run import run_programme
from payper.store.database import open_database
from payper.store.parts import pack_rows, unpack

NOW = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)
TERMS = {
    "reach": CONTRACT,
    "other": CONTRACT.replace('id = "reach"', 'id = "other"').replace('provider = "intentreach"', 'provider = "meetly"')
    .replace('match = ["email"]', 'match = ["email", "person", "phone"]\nacross = "buyer"').replace("per_day = 3", 'per_company = 2\nbudget = "400.00"\nover = "quarantine"'),
    "tiers": CONTRACT.replace('id = "reach"', 'id = "tiers"').replace("per_day = 3", "total = 9\npace = \"even\"")
    .replace('amount = "48.00"', 'amount = "48.00"\ntiers = [{ from = 3, amount = "41.00" }]'),
}  # fmt: skip


@pytest.fixture
def address(programme: Path, new_book: Callable[[], str]) -> str:
    for name, text in TERMS.items():
        (programme / "contracts" / f"{name}.toml").write_text(text, encoding="utf-8")
    address = new_book()
    run_programme(programme, out=programme / "out", database=address)
    return address


@contextmanager
def desk(address: str) -> Iterator[LiveBook]:
    with open_database(address) as database:
        yield LiveBook(database, clock=lambda: NOW)


def some(texts: list[str]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(texts)


records = st.fixed_dictionaries(
    {},
    optional={
        "external_id": some([f"L-{number}" for number in range(8)]),
        "generated_at": some(["2026-01-20T09:00:00-05:00", "2026-01-20T14:00:00Z", "2026-01-02T09:00:00.5+01:00", "20/01/2026", "soon", "2025-12-24T10:00:00Z"]),
        "delivered_at": some(["2026-01-20T14:59:00Z", "2026-01-19T20:00:00-05:00", "2026-01-20 10:00"]),
        "first_name": some(["Ann", "Zoë", " Bob", "test"]),
        "last_name": some(["Lee", "O’Neil", "Smith"]),
        "email": some([f"ann{number}@acme{number % 3}.com" for number in range(6)] + ["ANN1@acme1.com ", "nobody", "ann@gmail.com", "ann@bücher.de"]),
        "title": some(["IT Manager", "Intern", "Chief Information Officer", "Deputy Chief Officer", "Poet"]),
        "company": some(["Acme Inc.", "Contoso GmbH & Co. KG", "ACME"]),
        "phone": some(["+1 212 736 5000", "212-736-5000", "12"]),
        "country": some(["US", "United States", "DE"]),
        "employees": some(["500", "1,000-5,000"]),
        "kind": some(["lead", "Meeting", "visit"]),
        "meeting_minutes": some(["30", "0", "half an hour"]),
        "replaces": some(["L-1", "L-2"]),
        "answer_timeframe": some(["now", "later"]),
        "Job Role": some(["x"]),
    },
)  # fmt: skip


def posted(contract: str, rows: list[dict[str, Any]], second: int) -> Posted:
    return Posted(contract, read_body(json.dumps(rows).encode(), "json"), NOW + timedelta(seconds=second), "intentreach")


def kept(judged: list[Judged]) -> list[tuple[Any, ...]]:
    """Give everything that is kept of deliveries, as it is read back."""
    found = []
    for each in sorted(judged, key=lambda each: each.contract):
        journal = unpack([pack_rows(each.journal_types(), each.rows)])
        people = unpack([pack_rows(each.people_types(), each.rows)])
        codes = [(row["verdict_code"], row["headline_number"]) for row in each.rows]
        segment = None if each.segment is None else each.segment.to_bytes()
        found.append((each.contract, each.provider, journal.to_dicts(), people.to_dicts(), codes, list(each.places), segment))
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(batches=st.lists(st.lists(st.tuples(st.sampled_from(sorted(TERMS)), st.lists(records, min_size=1, max_size=3)), min_size=1, max_size=4), min_size=1, max_size=3))  # fmt: skip
def test_few_are_judged_as_many_are(address: str, batches: list[list[tuple[str, list[dict[str, Any]]]]]) -> None:
    with desk(address) as book:
        for number, batch in enumerate(batches):
            posts = [posted(contract, rows, number * 10 + place) for place, (contract, rows) in enumerate(batch)]
            book.refresh()
            assert book.owed is not None
            few, many = (make(book, list(enumerate(posts))).decide(replacements=Looking(book.owed)) for make in (FewPosts, ManyPosts))
            assert kept(few) == kept(many)
            receive(book, posts)

"""What a book keeps beside the texts of its contracts judges as the texts do: pauses from an instant on, and lists of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from tests.desk.conftest import lead

from payper.desk.book.recorded import recorded_contracts
from payper.desk.book.settling import settle_book
from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme
from payper.store import open_database, read_database
from payper.store.book_terms import BookTerms, PauseRow

AddLeads = Callable[[str, str], Path]
NewBook = Callable[[], str]


def verdicts(address: str) -> dict[str, str]:
    with read_database(address) as database:
        frames = [pl.read_parquet(batch.journal, columns=["external_id", "verdict", "reasons"]) for batch in database.batches("deliveries")]
    return {id_: reasons or verdict for id_, verdict, reasons in pl.concat(frames).iter_rows()}


def test_a_declared_pause_takes_nothing_between_its_two_instants(programme: Path, add_leads: AddLeads, new_book: NewBook) -> None:
    address = new_book()
    run_programme(programme, database=address)
    since, until = datetime(2026, 1, 20, 15, tzinfo=UTC), datetime(2026, 1, 21, 15, tzinfo=UTC)
    with open_database(address) as database, database.transaction():
        BookTerms.of(database).add_pause(PauseRow("reach", since, until, "northwind", "olga", "too many"))
    # Leads are delivered at 10:00 in New York, 15:00 UTC: on the first and on the last instant of the pause, and outside.
    add_leads("two.csv", "".join(lead(day, day=f"2026-01-{day}") for day in (19, 20, 21, 22)))
    run_programme(programme, database=address)
    found = verdicts(address)
    assert [found[f"L-{day}"] for day in (19, 20, 21, 22)] == ["accepted", "CONTRACT_PAUSED", "CONTRACT_PAUSED", "accepted"]
    result = verify(address)
    assert (result.fault, result.counts["judged_otherwise"]) == (None, 0)


def test_a_list_that_holds_everywhere_suppresses_under_contracts_that_name_none(
    programme: Path, add_leads: AddLeads, new_book: NewBook
) -> None:
    address = new_book()
    run_programme(programme, database=address)
    with open_database(address) as database, database.transaction():
        book = BookTerms.of(database)
        book.touch_list("opt-outs", is_everywhere=True, by="olga", at=since())
        digest = hashlib.sha256(b"ann8@acme8.com").hexdigest()
        book.add_entries("opt-outs", [("digest", digest), ("domain", "acme9.com")], at=since())
    add_leads("two.csv", lead(7) + lead(8) + lead(9))
    run_programme(programme, database=address)
    found = verdicts(address)
    assert [found[f"L-{number}"] for number in (7, 8, 9)] == ["accepted", "SUPPRESSED", "SUPPRESSED"]
    with read_database(address) as database:
        (contract,) = recorded_contracts(database)["reach"]
        hashes = {hash_ for _, _, hash_, _ in database.contract_texts()}
    assert [each.path for each in contract.audience.everywhere] == ["opt-outs"]
    assert len(hashes) == 1
    result = verify(address)
    assert (result.fault, result.counts["judged_otherwise"]) == (None, 0)


def test_a_list_that_a_contract_names_is_the_books_where_no_file_is(programme: Path, new_book: NewBook) -> None:
    path = programme / "contracts" / "reach.toml"
    path.write_text(path.read_text("utf-8").replace("[record]", 'suppress = ["customers.csv"]\n[record]'), "utf-8")
    (programme / "contracts" / "customers.csv").write_text("nobody.com\n", "utf-8")
    address = new_book()
    run_programme(programme, database=address)
    with open_database(address) as database, database.transaction():
        book = BookTerms.of(database)
        book.touch_list("customers.csv", is_everywhere=False, by="olga", at=since())
        book.add_entries("customers.csv", [("domain", "acme1.com"), ("company", "acme")], at=since())
    with read_database(address) as database:
        (own,) = recorded_contracts(database)["reach"]
        (file,) = recorded_contracts(database, lists=programme / "contracts")["reach"]
    # The run kept the file's entries, and somebody added to them.
    assert (own.audience.suppress[0].domains, own.audience.suppress[0].company_keys) == ({"acme1.com", "nobody.com"}, {"acme"})
    assert file.audience.suppress[0].domains == {"nobody.com"}


def test_settling_a_book_posts_what_time_has_posted_and_settling_again_adds_nothing(programme: Path, new_book: NewBook) -> None:
    address = new_book()
    run_programme(programme, database=address)
    later = datetime(2026, 2, 20, tzinfo=UTC)
    assert settle_book(address, at=later) == 2
    assert settle_book(address, at=later) == 0
    assert settle_book(address, at=since()) == 0
    result = verify(address)
    assert result.fault is None, result.fault
    assert result.counts["transfers"] == 4


def since() -> datetime:
    return datetime(2026, 1, 2, tzinfo=UTC)

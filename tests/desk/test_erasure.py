"""Somebody who is erased is nowhere in the book, and its journal, verdicts and money stay true; lists keep whom not to take."""

from __future__ import annotations

import hashlib
import io

import polars as pl
import pytest
from tests.desk.acts_made import BUYER, NOW, PROVIDER, Book

from payper.desk.arrivals.delivery_acts import claim_return
from payper.desk.arrivals.record_facts import record_milestones
from payper.desk.book.recorded import recorded_contracts
from payper.desk.book.settling import settle_book
from payper.desk.book.verify import verify
from payper.desk.contracts.backtest import backtest_terms
from payper.desk.contracts.lists import OPT_OUTS, add_to_list, list_lists, lists_with, take_off_list
from payper.desk.people.erasure import erase_person, find_person, list_erasures, named
from payper.desk.people.people import Actor, DeniedError
from payper.desk.people.refusals import UnreadableError
from payper.desk.reads.read_deliveries import read_delivery
from payper.parties import Role, acts_of
from payper.store import open_database, read_database
from payper.store.people_kept import BookPeople


def everything_kept(book: Book) -> str:
    """All that the book keeps of people, as text."""
    with read_database(book.address) as database:
        parts = [
            pl.read_parquet(io.BytesIO(batch.people)).write_csv() for batch in BookPeople.of(database).batches_of_people() if batch.people
        ]
    return "\n".join(parts)


def test_who_is_erased_is_nowhere_and_all_the_rest_is_as_it_was(book: Book) -> None:
    where = {"buyer": "northwind", "contract": "reach"}
    record_milestones(book.directory, BUYER, **where, rows=[{"email": "Ann1@acme1.com", "milestone": "contacted"}], at=NOW)
    claim_return(
        book.directory, BUYER, buyer="northwind", number=book.numbers["L-1"], reason="EMAIL_BOUNCED", evidence="550 ann1@acme1.com", at=NOW
    )
    settle_book(book.address, at=NOW)
    before = verify(book.address)
    assert before.fault is None
    with read_database(book.address) as database:
        transfers, verdicts = database.transfers(), database.verdicts()
        digests = [batch.digest for batch in database.batches()]
    traces = find_person(book.directory, BUYER, person=" ANN1@acme1.com", at=NOW)
    assert ([place.number for place in traces.deliveries], traces.count, traces.facts) == ([book.numbers["L-1"]], 1, 2)
    made = erase_person(book.directory, BUYER, person="ann1@acme1.com", suppress=True, at=NOW)
    assert (made.deliveries, made.facts, made.is_suppressed) == (1, 2, True)
    kept = everything_kept(book)
    assert "ann1@acme1.com" not in kept.lower()
    assert "Lee1" not in kept
    assert "ann4@acme4.com" in kept
    after = verify(book.address)
    assert after.fault is None, after.fault
    assert (after.counts["judged_otherwise"], after.counts["judged_anew"]) == (0, before.counts["judged_anew"] - 1)
    with read_database(book.address) as database:
        assert database.transfers().equals(transfers)
        assert database.verdicts().equals(verdicts)
        assert [batch.digest for batch in database.batches()] == digests
        (terms,) = recorded_contracts(database)["reach"]
    assert terms.audience.everywhere[0].digests == {hashlib.sha256(b"ann1@acme1.com").hexdigest()}
    story = read_delivery(book.directory, BUYER, buyer="northwind", number=book.numbers["L-1"], at=NOW)
    assert not any("ann1" in value.lower() or "Lee" in value for _, value in story.values)
    assert sum(backtest_terms(terms, on="reach", address=book.address).before.values()) == 5
    assert find_person(book.directory, BUYER, person="ann1@acme1.com", at=NOW).count == 0
    assert lists_with(book.directory, BUYER, "ann1@acme1.com") == [OPT_OUTS]
    (certificate,) = list_erasures(book.directory, BUYER)
    assert "ann1" not in certificate.told
    assert "1 delivery" in certificate.told
    with book.directory.transaction():
        lines = book.directory.audit("northwind", limit=100)
    assert {"erase person", "find person"} <= {line.act for line in lines}
    assert not any("ann1" in f"{line.subject}{line.detail}" for line in lines)


@pytest.mark.parametrize(("person", "count"), [("acme4.com", 1), ("broken@@x", None), ("+1 212 555 0123", 0), ("nobody", None)])
def test_people_are_named_by_address_domain_or_phone(book: Book, person: str, count: int | None) -> None:
    if count is None:
        with pytest.raises(UnreadableError):
            named(person)
        return
    assert find_person(book.directory, BUYER, person=person, at=NOW).count == count
    assert erase_person(book.directory, BUYER, person=person, suppress=False, at=NOW).deliveries == count


def test_answers_that_quote_who_is_erased_are_forgotten_and_others_stay(book: Book) -> None:
    with open_database(book.address) as database, database.transaction():
        for key, answer in (("a", f'{{"number": "{book.numbers["L-1"]}"}}'), ("b", "ann1@acme1.com is no"), ("c", "of L-4"), ("d", "100%")):
            database.keep_answer(party="intentreach", key=key, digest=b"x", answer=answer, at=NOW)
    erase_person(book.directory, BUYER, person="ann1@acme1.com", suppress=False, at=NOW)
    with read_database(book.address) as database:
        kept = [key for key in "abcd" if database.answered("intentreach", key) is not None]
    assert kept == ["c", "d"]


def test_only_who_may_erases_and_a_provider_never(book: Book) -> None:
    sales = Actor("northwind", "sam", acts_of(Role.SALES), role=Role.SALES)
    for actor in (PROVIDER, sales, Actor("northwind", "vic", acts_of(Role.VIEWER), role=Role.VIEWER)):
        with pytest.raises(DeniedError):
            erase_person(book.directory, actor, person="ann1@acme1.com", suppress=False, at=NOW)
    with pytest.raises(DeniedError):
        find_person(book.directory, PROVIDER, person="ann1@acme1.com", at=NOW)


def test_a_list_keeps_addresses_as_digests_and_companies_as_they_are(book: Book) -> None:
    raw = b"email,company\nAnn+x@Acme.com,Acme Inc.\n,Globex GmbH\n"
    row, read = add_to_list(book.directory, BUYER, name="customers.csv", raw=raw, key="k", at=NOW)
    again, read_again = add_to_list(book.directory, BUYER, name="customers.csv", raw=raw, key="k", at=NOW)
    assert (row.entries, read, again, read_again) == (3, 3, row, 3)
    assert lists_with(book.directory, BUYER, "ann@acme.com") == ["customers.csv"]
    assert lists_with(book.directory, BUYER, hashlib.sha256(b"ann@acme.com").hexdigest()) == ["customers.csv"]
    assert lists_with(book.directory, BUYER, "Globex") == ["customers.csv"]
    assert take_off_list(book.directory, BUYER, name="customers.csv", raw=b"ann@acme.com", at=NOW).entries == 2
    add_to_list(book.directory, BUYER, name="customers.csv", raw=b"one.com", is_whole=True, at=NOW)
    assert [(each.name, each.entries, each.is_everywhere) for each in list_lists(book.directory, BUYER)] == [("customers.csv", 1, False)]
    for name, text in (("", b"a.com"), ("x" * 101, b"a.com"), ("ok.csv", b"  \n"), ("a\x00b", b"a.com")):
        with pytest.raises(UnreadableError):
            add_to_list(book.directory, BUYER, name=name, raw=text, at=NOW)
    with pytest.raises(DeniedError):
        add_to_list(book.directory, PROVIDER, name="x.csv", raw=b"a.com", at=NOW)

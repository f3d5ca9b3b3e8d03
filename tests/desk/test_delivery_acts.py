"""What people do about one delivery settles as if it stood in the programme's files, and `payper verify` sees no difference."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from tests.desk.acts_made import BUYER, NOW, PROVIDER, Book

from payper.desk.arrivals.delivery_acts import claim_return, contest_return, decide_delivery, decide_return, find_delivery, record_milestone
from payper.desk.arrivals.idempotency import KeyReusedError
from payper.desk.arrivals.record_facts import claim_returns, record_decisions, record_milestones
from payper.desk.book.settling import settle_book
from payper.desk.book.verify import verify
from payper.desk.folder.facts import known_facts
from payper.desk.people.installation import AbsentError
from payper.desk.people.people import Actor, DeniedError
from payper.desk.people.refusals import RefusedError, UnreadableError
from payper.parties import Role, acts_of
from payper.store import read_database


def facts(book: Book, subject: str) -> pl.DataFrame:
    with read_database(book.address) as database:
        return known_facts(database, subject)


def sound(book: Book) -> None:
    result = verify(book.address)
    assert result.fault is None, result.fault
    assert result.counts["judged_otherwise"] == 0


def test_a_win_is_charged_and_told_twice_charged_once(book: Book) -> None:
    one = {"buyer": "northwind", "number": book.numbers["L-1"]}
    row = {"milestone": "won", "amount": "1000.00", "source": "crm", "source_id": "7"}
    first = record_milestone(book.directory, BUYER, **one, row=row, key="k1", at=NOW)
    again = record_milestone(book.directory, BUYER, **one, row=row, key="k1", at=NOW + timedelta(minutes=5))
    assert (first.rows, again.batch, again.is_repeat) == (1, first.batch, True)
    record_milestone(book.directory, BUYER, **one, row=row, at=NOW)
    settle_book(book.address, at=NOW)
    # Three accepted leads at 48.00 and 2 % of 1,000.00, once.
    assert book.money()[0] == 3 * 4800 + 2000
    assert facts(book, "milestones").height == 2
    with pytest.raises(KeyReusedError):
        record_milestone(book.directory, BUYER, **one, row={**row, "amount": "2000.00"}, key="k1", at=NOW)
    sound(book)


def test_a_return_is_claimed_contested_and_decided_and_settles_as_files_do(book: Book) -> None:
    one = {"buyer": "northwind", "number": book.numbers["L-1"]}
    with pytest.raises(RefusedError, match="needs evidence"):
        claim_return(book.directory, BUYER, **one, reason="EMAIL_BOUNCED", evidence=" ", at=NOW)
    with pytest.raises(RefusedError, match="no reason for a return"):
        claim_return(book.directory, BUYER, **one, reason="LEFT_COMPANY", evidence="x", at=NOW)
    claim_return(book.directory, BUYER, **one, reason="email bounced", evidence="550 no such user", at=NOW)
    with pytest.raises(RefusedError, match="returned before"):
        claim_return(book.directory, BUYER, **one, reason="EMAIL_BOUNCED", evidence="again", at=NOW)
    (seen,) = find_delivery(book.directory, PROVIDER, **one).returns
    assert (seen.reason, seen.evidence, seen.outcome) == ("EMAIL_BOUNCED", "550 no such user", None)
    with pytest.raises(RefusedError, match="not contested"):
        decide_return(book.directory, BUYER, **one, place=1, decision="granted", at=NOW)
    contest_return(book.directory, PROVIDER, **one, place=1, key="c", at=NOW + timedelta(days=1))
    contest_return(book.directory, PROVIDER, **one, place=1, key="c", at=NOW + timedelta(days=2))
    with pytest.raises(RefusedError, match="is contested"):
        contest_return(book.directory, PROVIDER, **one, place=1, at=NOW + timedelta(days=1))
    decide_return(book.directory, BUYER, **one, place=1, decision="granted", at=NOW + timedelta(days=2))
    settle_book(book.address, at=NOW + timedelta(days=30))
    (seen,) = find_delivery(book.directory, BUYER, **one).returns
    assert (seen.decision, seen.outcome) == ("granted", "granted")
    pending, posted, voided = book.money()
    assert (pending, posted, voided) == (3 * 4800, 2 * 4800, 4800)
    assert facts(book, "returns").height == 3
    sound(book)


def test_what_waits_is_accepted_by_a_person_and_charged_from_then_on(book: Book) -> None:
    waiting = {"buyer": "northwind", "number": book.numbers["L-3"]}
    decide_delivery(book.directory, BUYER, **waiting, decision="accepted", at=NOW)
    with pytest.raises(RefusedError, match="is accepted"):
        decide_delivery(book.directory, BUYER, **waiting, decision="rejected", at=NOW)
    with pytest.raises(RefusedError, match="is rejected"):
        decide_delivery(book.directory, BUYER, buyer="northwind", number=book.numbers["L-2"], decision="accepted", at=NOW)
    settle_book(book.address, at=NOW)
    assert book.money()[0] == 4 * 4800
    sound(book)


def test_each_side_does_its_own_and_what_is_absent_is_as_what_is_anothers(book: Book) -> None:
    one = {"buyer": "northwind", "number": book.numbers["L-1"]}
    stranger = Actor("contoso", "eve", acts_of(Role.OWNER), role=Role.OWNER)
    for actor in (PROVIDER, Actor("northwind", "vic", acts_of(Role.VIEWER), role=Role.VIEWER)):
        with pytest.raises(DeniedError):
            record_milestone(book.directory, actor, **one, row={"milestone": "won"}, at=NOW)
    with pytest.raises(AbsentError):
        record_milestone(book.directory, stranger, **one, row={"milestone": "won"}, at=NOW)
    with pytest.raises(DeniedError):
        contest_return(book.directory, BUYER, **one, place=1, at=NOW)
    with pytest.raises(AbsentError):
        contest_return(book.directory, PROVIDER, **one, place=1, at=NOW)


def test_many_rows_are_recorded_as_far_as_they_can_be_read(book: Book) -> None:
    where = {"buyer": "northwind", "contract": "reach"}
    rows = [
        {"external_id": "L-1", "milestone": "contacted", "happened_at": "2026-01-16T10:00:00-05:00"},
        {"external_id": "L-4", "milestone": "danced"},
        {"external_id": None, "email": "ann5@acme5.com", "milestone": "won", "amount": "10", "currency": "XXQ"},
        {"email": "ann5@acme5.com", "milestone": "contacted"},
        {"milestone": "won"},
        {"external_id": "L-4", "milestone": "won", "happened_at": "2027-01-01"},
    ]
    noted = record_milestones(book.directory, BUYER, **where, rows=rows, at=NOW)
    assert noted.rows == 2
    assert [fault.row for fault in noted.faults] == [2, 3, 5, 6]
    kept = facts(book, "milestones")
    assert kept["fault"].null_count() == 2
    assert not any("acme5" in str(value) for value in kept["email"].to_list())
    with pytest.raises(UnreadableError):
        record_milestones(book.directory, BUYER, **where, rows=[], at=NOW)
    with pytest.raises(UnreadableError, match="Neither"):
        record_milestones(book.directory, BUYER, **where, rows=[{"milestone": "won"}], at=NOW)
    claim_returns(book.directory, BUYER, **where, rows=[{"external_id": "L-4", "reason": "EMAIL_BOUNCED", "evidence": "550"}], at=NOW)
    record_decisions(book.directory, BUYER, **where, rows=[{"external_id": "L-3", "decision": "rejected"}], at=NOW)
    settle_book(book.address, at=NOW)
    sound(book)

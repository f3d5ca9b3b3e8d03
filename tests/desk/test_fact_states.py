"""Whoever tells facts is answered row by row, and what comes to nothing can be looked up until it is mended or its delivery comes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.desk.acts_made import BUYER, NOW, PROVIDER, Book

from payper.desk.arrivals.delivery_acts import claim_return, decide_delivery, find_delivery, record_milestone
from payper.desk.arrivals.fact_states import FactState
from payper.desk.arrivals.idempotency import digest_of
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import read_body
from payper.desk.arrivals.receiving import Posted, receive
from payper.desk.arrivals.record_facts import claim_returns, record_decisions, record_milestones
from payper.desk.book.settling import settle_book
from payper.desk.book.verify import verify
from payper.desk.people.installation import AbsentError
from payper.desk.people.refusals import RefusedError
from payper.desk.reads.read_deliveries import Filters, list_deliveries, read_delivery
from payper.desk.reads.read_home import read_home
from payper.desk.reads.read_refused import RefusedPage, list_refused
from payper.desk.telling.happenings import happenings_of
from payper.store.book_pages import read_pages
from payper.store.database import open_database
from payper.store.directory import Joined

WHERE = {"buyer": "northwind", "contract": "reach"}


def told(states: tuple[FactState, ...]) -> list[tuple[int, str, str | None]]:
    return [(each.row, each.state, each.code) for each in states]


def refused(book: Book, **asked: Any) -> RefusedPage:
    return list_refused(book.directory, BUYER, buyer="northwind", **asked)


def post(book: Book, at: datetime = NOW, **fields: object) -> str:
    row = {
        "generated_at": "2026-01-15T09:00:00-05:00", "first_name": "Ann", "last_name": "Mine", "email": "mine@own.com", "title": "Wizard of all things",
        "country": "US",
    } | fields  # fmt: skip
    body = json.dumps(row).encode()
    with open_database(book.address) as database:
        (answer,) = receive(
            LiveBook(database, clock=lambda: at),
            [Posted("reach", read_body(body, "json"), at, "intentreach", None, digest_of("POST", body))],
        )
    assert isinstance(answer, bytes), answer
    return str(json.loads(answer)["number"])


def test_every_milestone_is_answered_with_what_became_of_it(book: Book) -> None:
    rows = [
        {"external_id": "L-1", "milestone": "contacted"},
        {"external_id": "nobody", "milestone": "contacted"},
        {"external_id": "L-3", "milestone": "contacted"},
        {"external_id": "L-1", "milestone": "danced"},
        {"external_id": "L-4", "milestone": "contacted", "happened_at": "2026-01-02"},
        {"email": "ann5@acme5.com", "milestone": "contacted"},
        {"email": "nobody@acme5.com", "milestone": "contacted"},
        {"number": book.numbers["L-4"], "milestone": "contacted"},
        {"number": "zzzz-zzzz", "milestone": "contacted"},
    ]
    noted = record_milestones(book.directory, BUYER, **WHERE, rows=rows, key="k", at=NOW)
    assert told(noted.states) == [
        (1, "taken", None), (2, "waits", "DELIVERY_UNKNOWN"), (3, "waits", "DELIVERY_NOT_ACCEPTED"), (4, "refused", "ROW_UNREADABLE"),
        (5, "refused", "BEFORE_DELIVERY"), (6, "taken", None), (7, "waits", "DELIVERY_UNKNOWN"), (8, "taken", None),
        (9, "refused", "ROW_UNREADABLE"),
    ]  # fmt: skip
    assert [each.number for each in noted.states] == [
        book.numbers["L-1"], None, book.numbers["L-3"], None, book.numbers["L-4"], book.numbers["L-5"], None, book.numbers["L-4"], None,
    ]  # fmt: skip
    assert record_milestones(book.directory, BUYER, **WHERE, rows=rows, key="k", at=NOW).states == noted.states
    assert refused(book).rows == ()
    settle_book(book.address, at=NOW)
    listed = [(each.act, each.state, each.external_id, each.code, each.row) for each in refused(book).rows]
    assert listed == [
        ("milestone", "waits", "nobody", "DELIVERY_UNKNOWN", 2), ("milestone", "waits", "L-3", "DELIVERY_NOT_ACCEPTED", 3),
        ("milestone", "refused", "L-4", "BEFORE_DELIVERY", 5), ("milestone", "waits", None, "DELIVERY_UNKNOWN", 7),
    ]  # fmt: skip
    assert refused(book).settled_until == "2026-01-16"
    first = refused(book, limit=3)
    assert (len(first.rows), len(refused(book, limit=3, after=first.next).rows)) == (3, 1)
    assert [each.code for each in refused(book, state="refused", act="milestone", contract="reach").rows] == ["BEFORE_DELIVERY"]
    for asked in ({"act": "x"}, {"state": "x"}, {"after": "x"}, {"contract": "x"}):
        with pytest.raises(AbsentError):
            refused(book, **asked)
    assert list_refused(book.directory, PROVIDER, buyer="northwind").rows == ()


def test_what_waits_is_taken_when_its_delivery_comes(book: Book) -> None:
    record_milestones(book.directory, BUYER, **WHERE, rows=[{"external_id": "late", "milestone": "contacted"}], at=NOW)
    settle_book(book.address, at=NOW)
    assert [each.external_id for each in refused(book).rows] == ["late"]
    early = NOW - timedelta(hours=1)
    post(book, at=early, external_id="late", title="IT Manager", delivered_at=early.isoformat())
    settle_book(book.address, at=NOW + timedelta(minutes=1))
    assert refused(book).rows == ()
    assert verify(book.address).fault is None


def test_every_decision_is_answered_and_those_that_decide_nothing_are_listed(book: Book) -> None:
    rows = [
        {"external_id": "L-3", "decision": "accepted"}, {"external_id": "L-1", "decision": "accepted"}, {"external_id": "no", "decision": "rejected"},
    ]  # fmt: skip
    noted = record_decisions(book.directory, BUYER, **WHERE, rows=rows, at=NOW)
    assert told(noted.states) == [(1, "taken", None), (2, "refused", "NOTHING_TO_DECIDE"), (3, "waits", "DELIVERY_UNKNOWN")]
    again = record_decisions(book.directory, BUYER, **WHERE, rows=[{"external_id": "L-3", "decision": "rejected"}], at=NOW)
    assert told(again.states) == [(1, "refused", "DECIDED_BEFORE")]
    settle_book(book.address, at=NOW)
    listed = [(each.act, each.external_id, each.code) for each in refused(book, act="decision").rows]
    assert listed == [
        ("decision", "L-1", "NOTHING_TO_DECIDE"), ("decision", "no", "DELIVERY_UNKNOWN"), ("decision", "L-3", "DECIDED_BEFORE"),
    ]  # fmt: skip


def test_every_return_is_answered_and_a_provider_sees_those_of_its_own_deliveries(book: Book) -> None:
    late = NOW + timedelta(days=30)
    rows = [
        {"external_id": "L-1", "reason": "EMAIL_BOUNCED", "evidence": "550"}, {"external_id": "L-4", "reason": "LEFT_COMPANY"},
        {"external_id": "L-5", "reason": "EMAIL_BOUNCED"}, {"external_id": "none", "reason": "EMAIL_BOUNCED", "evidence": "550"},
        {"external_id": "L-6", "reason": "EMAIL_BOUNCED", "evidence": "550", "claimed_at": late.isoformat()},
    ]  # fmt: skip
    noted = claim_returns(book.directory, BUYER, **WHERE, rows=rows, at=late)
    assert told(noted.states) == [
        (1, "refused", "OUTSIDE_WINDOW"), (2, "refused", "REASON_NOT_LISTED"), (3, "refused", "EVIDENCE_MISSING"),
        (4, "waits", "DELIVERY_UNKNOWN"), (5, "waits", "DELIVERY_NOT_ACCEPTED"),
    ]  # fmt: skip
    settle_book(book.address, at=late)
    assert {each.code for each in refused(book, act="return").rows} >= {"OUTSIDE_WINDOW", "DELIVERY_UNKNOWN"}
    seen = list_refused(book.directory, PROVIDER, buyer="northwind").rows
    assert {each.external_id for each in seen} == {"L-1", "L-4", "L-5", "L-6"}
    assert all(each.act == "return" and each.file is None and each.row is None for each in seen)


def test_a_return_is_claimed_within_its_window_and_refused_with_its_end_after(book: Book) -> None:
    one = {"buyer": "northwind", "number": book.numbers["L-1"]}
    found = find_delivery(book.directory, BUYER, **one, at=NOW)
    assert found.windows is not None
    (window,) = found.windows
    # Five business days after 15 January, with Martin Luther King's Day between: the contract names no holidays, so until the 22nd.
    assert (window.milestone, window.ends_at.astimezone(NOW.tzinfo).date().isoformat()) == ("accepted", "2026-01-22")
    assert found.claim_fault(at=NOW) is None
    just, late = window.ends_at, window.ends_at + timedelta(seconds=1)
    assert find_delivery(book.directory, BUYER, **one, at=just).claim_fault(at=just) is None
    fault = find_delivery(book.directory, BUYER, **one, at=late).claim_fault(at=late)
    assert fault is not None
    assert "ended on 22 Jan 2026" in fault.seen
    with pytest.raises(RefusedError, match="ended on 22 Jan 2026"):
        claim_return(book.directory, BUYER, **one, reason="EMAIL_BOUNCED", evidence="550", at=late)
    noted = claim_return(book.directory, BUYER, **one, reason="EMAIL_BOUNCED", evidence="550", at=just)
    assert told(noted.states) == [(1, "taken", None)]


@pytest.mark.parametrize("way", ["page", "many"])
@pytest.mark.parametrize("decision", ["accepted", "rejected"])
def test_a_delivery_without_external_id_is_decided_by_its_public_number(book: Book, way: str, decision: str) -> None:
    number = post(book)
    other = post(book, email="other@own.com")
    before = read_home(book.directory, BUYER).review
    if way == "page":
        noted = decide_delivery(book.directory, BUYER, buyer="northwind", number=number, decision=decision, at=NOW)
    else:
        noted = record_decisions(book.directory, BUYER, **WHERE, rows=[{"number": number, "decision": decision}], at=NOW)
    assert told(noted.states) == [(1, "taken", None)]
    assert read_home(book.directory, BUYER).review == before - 1
    with open_database(book.address) as database:
        note = next(each for each in database.outbox() if each.kind == "facts")
    with read_pages(book.address) as pages:
        joined = {"reach": Joined("northwind", "reach", "intentreach")}
        (happening,) = happenings_of(pages, note, joined, frozenset({"delivery.changed"}))
    assert [(row["number"], row["external_id"], row["verdict"]) for row in happening.rows] == [(number, None, decision)]
    settle_book(book.address, at=NOW)
    assert (book.money()[0] // 4800) == (4 if decision == "accepted" else 3)
    seen = {row.number: row.decision for row in list_deliveries(book.directory, BUYER, buyer="northwind", filters=Filters()).rows}
    assert (seen[number], seen[other]) == (decision, None)
    story = read_delivery(book.directory, BUYER, buyer="northwind", number=number, at=NOW)
    assert [step.what for step in story.steps] == [f"{decision} by a person"]
    assert refused(book).rows == ()
    assert verify(book.address).fault is None
    if decision == "accepted":
        record_milestone(book.directory, BUYER, buyer="northwind", number=number, row={"milestone": "contacted"}, at=NOW)
        claim = {"number": number, "reason": "EMAIL_BOUNCED", "evidence": "550"}
        assert told(claim_returns(book.directory, BUYER, **WHERE, rows=[claim], at=NOW).states) == [(1, "taken", None)]
        settle_book(book.address, at=NOW)
        assert refused(book).rows == ()
        assert len(find_delivery(book.directory, BUYER, buyer="northwind", number=number).returns) == 1

"""Deliveries that a system sends are judged as the same deliveries in files are, kept once, and answered when they are durable."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.desk.acts_made import BUYER
from tests.desk.conftest import CONTRACT, HEADER, lead

from payper.desk.arrivals import receiving
from payper.desk.arrivals import reception as reception_module
from payper.desk.arrivals.idempotency import KeyReusedError, digest_of
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import Posted, read_body
from payper.desk.arrivals.prechecking import precheck
from payper.desk.arrivals.receiving import receive
from payper.desk.arrivals.reception import BusyError, Reception
from payper.desk.arrivals.record_facts import record as record_fact
from payper.desk.book.settling import settle_book
from payper.desk.book.verify import verify
from payper.desk.folder import run as run_module
from payper.desk.folder.run import run_programme
from payper.desk.people.refusals import RefusedError
from payper.desk.telling.happenings import happenings_of
from payper.errors import PayperError, StoreError
from payper.store.book_pages import read_pages
from payper.store.book_terms import BookTerms
from payper.store.database import open_database, read_database
from payper.store.directory import Joined
from payper.store.people_kept import BookPeople

NOW = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)
SECOND_CONTRACT = CONTRACT.replace('id = "reach"', 'id = "other"').replace('provider = "intentreach"', 'provider = "meetly"')


@pytest.fixture
def book(programme: Path, new_book: Callable[[], str]) -> str:
    """A book with two contracts, four deliveries judged under the first; its address."""
    (programme / "contracts" / "other.toml").write_text(SECOND_CONTRACT, encoding="utf-8")
    address = new_book()
    run_programme(programme, out=programme / "out", database=address)
    return address


@contextmanager
def desk(address: str, at: datetime = NOW) -> Iterator[LiveBook]:
    with open_database(address) as database:
        yield LiveBook(database, clock=lambda: at)


def record(number: int, **more: object) -> dict[str, object]:
    return {
        "external_id": f"L-{number}",
        "generated_at": "2026-01-20T09:00:00-05:00",
        "first_name": "Ann",
        "last_name": f"Lee{number}",
        "email": f"ann{number}@acme{number}.com",
        "title": "IT Manager",
        "country": "US",
    } | more


def post(*records: dict[str, object], contract: str = "reach", key: str | None = None, at: datetime = NOW, single: bool = False) -> Posted:
    body = json.dumps(records[0] if single else records).encode()
    return Posted(contract, read_body(body, "json"), at, "intentreach", key, digest_of(f"POST {contract}", body))


def told(outcome: bytes | PayperError) -> list[dict[str, Any]]:
    assert isinstance(outcome, bytes), outcome
    answer = json.loads(outcome)
    rows: list[dict[str, Any]] = answer.get("deliveries", [answer])
    return rows


def verdicts(outcome: bytes | PayperError) -> list[str]:
    return [row["verdict"] for row in told(outcome)]


def test_every_delivery_is_answered_with_verdict_reasons_and_price(book: str) -> None:
    with desk(book) as reception:
        (single,) = receive(reception, [post(record(10), single=True)])
        (answer,) = receive(reception, [post(record(11), record(12, title="Intern"), record(13, email="x@@y"), record(10))])
    (first,) = told(single)
    assert (first["verdict"], first["price_minor"], first["currency"], first["contract_version"]) == ("accepted", 4800, "USD", 1)
    assert first["delivered_at"] == "2026-01-20T15:00:00Z"
    assert first["reasons"] == first["notes"] == []
    rows = told(answer)
    assert [row["verdict"] for row in rows] == ["accepted", "rejected", "rejected", "rejected"]
    assert [[reason["code"] for reason in row["reasons"]] for row in rows] == [[], ["SENIORITY_OUTSIDE"], ["EMAIL_SYNTAX"], ["RESENT"]]
    assert rows[1]["reasons"][0]["clause"] == "audience.seniority"
    assert [row["can_mend"] for row in rows] == [False, False, True, False]
    assert json.loads(answer)["counts"] == {"accepted": 1, "rejected": 3, "review": 0, "quarantined": 0}  # type: ignore[arg-type]  # bytes
    assert len({row["number"] for row in rows} | {first["number"]}) == 5


def test_requests_judged_together_are_judged_as_one_by_one(programme: Path, new_book: Callable[[], str]) -> None:
    """The same requests in one batch, in twos and one by one: same verdicts, as the order of arrival is the same."""
    (programme / "contracts" / "other.toml").write_text(SECOND_CONTRACT, encoding="utf-8")
    posts = [
        post(record(number % 7, email=f"ann{number % 5}@acme{number % 3}.com"), contract="other" if number % 4 == 3 else "reach",
             at=NOW + timedelta(seconds=number))
        for number in range(24)
    ]  # fmt: skip
    seen = []
    for size in (1, 2, 5, 24):
        address = new_book()
        run_programme(programme, out=programme / f"out-{size}", database=address)
        answers: list[bytes | PayperError] = []
        with desk(address) as reception:
            for first in range(0, len(posts), size):
                answers += receive(reception, posts[first : first + size])
        seen.append(
            [(row["verdict"], [reason["code"] for reason in row["reasons"]], row["price_minor"]) for each in answers for row in told(each)]
        )
        assert verify(address).fault is None
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert {verdict for verdict, _, _ in seen[0]} >= {"accepted", "rejected"}


def test_what_is_received_is_judged_as_a_file_of_the_same_would_be(programme: Path, new_book: Callable[[], str], tmp_path: Path) -> None:
    rows = [lead(number, day=f"2026-01-{10 + number % 9}", email=f"ann{number % 11}@acme{number % 6}.com") for number in range(20, 60)]
    by_file, by_post = new_book(), new_book()
    run_programme(programme, out=tmp_path / "one", database=by_file)
    run_programme(programme, out=tmp_path / "two", database=by_post)
    (programme / "deliveries" / "reach" / "more.csv").write_text(HEADER + "".join(rows), "utf-8")
    run_programme(programme, out=tmp_path / "one", database=by_file)
    names = HEADER.strip().split(",")
    records = [{name: cell for name, cell in zip(names, row.strip().split(","), strict=True) if cell} for row in rows]
    with desk(by_post) as reception:
        (answer,) = receive(reception, [post(*records)])
    settle_book(by_post, at=NOW)
    assert verify(by_post).fault is None
    with read_database(by_file) as one, read_database(by_post) as two:
        expected, found = (each.verdicts().select("delivery_id", "verdict", "headline", "price_minor") for each in (one, two))
    assert found.rows() == expected.rows()
    assert verdicts(answer).count("accepted") > 5


def test_the_same_key_is_done_once_whoever_sends_it_again_and_when(book: str) -> None:
    with desk(book) as reception:
        first, twin = receive(reception, [post(record(10), key="k"), post(record(10), key="k")])
        assert first == twin
        (again,) = receive(reception, [post(record(10), key="k")])
        (other,) = receive(reception, [post(record(11), key="k")])
        assert again == first
        assert isinstance(other, KeyReusedError)
        one, two = receive(reception, [post(record(20), key="n"), post(record(21), key="n")])
        assert isinstance(one, bytes)
        assert isinstance(two, KeyReusedError)
    with desk(book) as later, read_database(book) as database:
        assert receive(later, [post(record(10), key="k")]) == [first]
        assert database.last_delivery_id() == 6


def test_two_desks_on_one_book_neither_double_nor_lose(book: str) -> None:
    """As two servers on one PostgreSQL: each sees what the other kept, in the order of keeping."""
    with desk(book) as one, desk(book) as two:
        desks = [one, two, two, one, one, two]
        answers = [receive(each, [post(record(10 + place % 3), record(30 + place))]) for place, each in enumerate(desks)]
    flat = [told(answer) for (answer,) in answers]
    assert [rows[0]["verdict"] for rows in flat][:3] == ["accepted", "accepted", "quarantined"]
    resent = [[reason["code"] for reason in rows[0]["reasons"]] for rows in flat]
    assert resent[3:] == [["RESENT"]] * 3
    with read_database(book) as database:
        assert database.last_delivery_id() == 4 + 12
        assert database.verdicts()["delivery_id"].is_unique().all()
    assert verify(book).fault is None


def test_caps_hold_across_desks_and_runs(programme: Path, book: str, add_leads: Callable[[str, str], Path]) -> None:
    """Three a day: two by one desk, one by a file that is run in between, and then the day is full for both desks."""
    with desk(book) as one, desk(book) as two:
        receive(one, [post(record(10), record(11))])
        add_leads("two.csv", lead(12, day="2026-01-20"))
        run_programme(programme, out=programme / "out", database=book)
        (first,), (second,) = receive(two, [post(record(13))]), receive(one, [post(record(14))])
    assert [told(each)[0]["reasons"][0]["code"] for each in (first, second)] == ["CAP_DAY", "CAP_DAY"]


def test_tiers_go_on_where_the_last_delivery_left_them(programme: Path, new_book: Callable[[], str], tmp_path: Path) -> None:
    """Five at 48.00, then 40.00: counted over files, posts, other desks and settlements in between."""
    text = CONTRACT.replace('amount = "48.00"\n', 'amount = "48.00"\ntiers = [{ from = 6, amount = "40.00" }]\n').replace(
        "per_day = 3\n", ""
    )
    (programme / "contracts" / "reach.toml").write_text(text, encoding="utf-8")
    address = new_book()
    run_programme(programme, out=tmp_path / "out", database=address)
    prices = []
    with desk(address) as one, desk(address) as two:
        for place, each in enumerate([one, two, one, one, two]):
            (answer,) = receive(each, [post(record(10 + place))])
            prices.append(told(answer)[0]["price_minor"])
            if place == 2:
                settle_book(address, at=NOW)
    assert prices == [4800, 4800, 4800, 4000, 4000]
    settle_book(address, at=NOW)
    with read_database(address) as database:
        made = database.charges().filter(database.charges()["milestone"] == "accepted").sort("number")
    assert made["amount_minor"].to_list() == [4800] * 5 + [4000] * 2
    assert verify(address).fault is None


def test_a_mended_reject_is_judged_afresh_and_a_good_one_is_not(book: str) -> None:
    with desk(book) as reception:
        (first,) = receive(reception, [post(record(10, email="broken@@x"))])
        (mended,) = receive(reception, [post(record(10))])
        (again,) = receive(reception, [post(record(10))])
    assert [verdicts(each) for each in (first, mended, again)] == [["rejected"], ["accepted"], ["rejected"]]


def test_an_owed_replacement_is_taken_and_free(programme: Path, new_book: Callable[[], str]) -> None:
    (programme / "returns" / "r.csv").write_text(
        "contract,external_id,reason,claimed_at,evidence\nreach,L-1,EMAIL_BOUNCED,2026-01-16 09:00,b\n", encoding="utf-8"
    )
    address = new_book()
    run_programme(programme, out=programme / "out", database=address)
    with desk(address) as one, desk(address) as two:
        (first,) = receive(one, [post(record(10, replaces="L-1"))])
        (second,) = receive(two, [post(record(11, replaces="L-1"))])
    assert [(told(each)[0]["verdict"], told(each)[0]["price_minor"]) for each in (first, second)] == [("accepted", 0), ("accepted", 4800)]
    assert verify(address).fault is None


def test_a_date_is_read_by_itself_and_one_of_two_days_is_asked_for(programme: Path, new_book: Callable[[], str]) -> None:
    """However deliveries are sent together: a file may tell by its other rows which number is the month, a system must write it."""
    rows = [record(30, generated_at="15/01/2026 09:00"), record(31, generated_at="04/01/2026 09:00"), record(32, generated_at="46037")]
    answers = []
    for batches in ([rows], [[each] for each in rows]):
        address = new_book()
        run_programme(programme, out=programme / f"out{len(batches)}", database=address)
        with desk(address) as reception:
            answers.append([row for batch in batches for outcome in receive(reception, [post(*batch)]) for row in told(outcome)])
    together, alone = ([(row["verdict"], [(each["code"], each["seen"]) for each in row["reasons"]]) for row in each] for each in answers)
    assert together == alone
    assert [verdict for verdict, _ in together] == ["accepted", "rejected", "rejected"]
    assert "may be day first or month first; write 2026-01-31" in together[1][1][0][1]


@pytest.mark.parametrize("employees", ["9" * 29, "1-" + "9" * 40, "9" * 5000, "1e400", "9" * 25 + "M"])
def test_numbers_of_any_length_are_answered(book: str, employees: str) -> None:
    with desk(book) as reception:
        (outcome,) = receive(reception, [post(record(40, employees=employees, revenue=f"${employees}"), record(41))])
    assert verdicts(outcome) == ["accepted", "accepted"]


@pytest.mark.parametrize(
    ("terms", "is_read_again"),
    [
        (CONTRACT.replace('remedy = "replace"\nreplace_within = "5bd"', 'remedy = "credit"'), False),
        (CONTRACT.replace('amount = "48.00"', 'amount = "48.00"\ntiers = [{ from = 2, amount = "40.00" }]'), False),
        (CONTRACT + '[[price]]\non = "meeting held"\namount = "90.00"\noffset = ["accepted"]\n', True),
    ],
    ids=["credit", "tiers of acceptance", "offsets"],
)
def test_a_milestone_makes_the_book_be_read_again_only_where_judging_hangs_on_it(
    programme: Path, new_book: Callable[[], str], monkeypatch: pytest.MonkeyPatch, terms: str, is_read_again: bool
) -> None:
    (programme / "contracts" / "reach.toml").write_text(terms, "utf-8")
    address = new_book()
    run_programme(programme, out=programme / "out", database=address)
    with desk(address) as reception:
        receive(reception, [post(record(60))])
        rows = [{"external_id": "L-60", "milestone": "contacted", "at": "2026-01-20 10:30"}]
        noted = record_fact(address, BUYER, subject="milestones", contract="reach", rows=rows, key=None, at=NOW)
        assert noted.rows == 1
        reads: list[int] = []
        whole = LiveBook._read_all
        monkeypatch.setattr(LiveBook, "_read_all", lambda self: (reads.append(1), whole(self))[1])
        (outcome,) = receive(reception, [post(record(61))])
    assert verdicts(outcome) == ["accepted"]
    assert bool(reads) == is_read_again


def test_one_bad_row_stops_no_other(book: str) -> None:
    body = b'[{"external_id": "L-50", "email": "a@b.c", "email": "d@e.f"}, 7, {"a": [[[1]]]}, {}, {"external_id": "L-51"}, '
    body += json.dumps(record(52)).encode() + b"]"
    with desk(book) as reception:
        (answer,) = receive(reception, [Posted("reach", read_body(body, "json"), NOW, "intentreach")])
    rows = told(answer)
    assert [[reason["code"] for reason in row["reasons"]] for row in rows] == [
        ["ROW_MALFORMED"], ["ROW_MALFORMED"], ["ROW_MALFORMED"], ["ROW_MALFORMED"], ["FIELD_MISSING", "COUNTRY_UNKNOWN", "TITLE_UNKNOWN"], [],
    ]  # fmt: skip
    assert "stands twice" in rows[0]["reasons"][0]["seen"]


def test_a_field_that_is_none_is_named(book: str) -> None:
    with desk(book) as reception:
        (answer,) = receive(reception, [post(record(10, emial="x", colour="red"), single=True)])
    assert isinstance(answer, bytes)
    assert json.loads(answer)["notes"] == [
        {"code": "FIELD_UNKNOWN", "field": "emial", "words": "`emial` is no field of a delivery; did you mean `email`?"},
        {"code": "FIELD_UNKNOWN", "field": "colour", "words": "`colour` is no field of a delivery, and was not used."},
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "BODY_EMPTY"),
        (b"[]", "BODY_EMPTY"),
        (b"\xff\xfe\x00", "BODY_NOT_UTF8"),
        (b'{"email": "a@b.c"', "BODY_NOT_JSON"),
        (b'[{"email": "a@b.c"}, {"ema', "BODY_CUT_OFF"),
        (b'"text"', "BODY_NOT_JSON"),
        (b'{"email": "a", "email": "b"}', "KEY_TWICE"),
        (b'{"a":' * 100_000, "NESTED_TOO_DEEP"),
        (b"[" + b'{"a": 1},' * 10_001 + b"{}]", "TOO_MANY_ROWS"),
        (json.dumps({f"f{n}": "x" for n in range(600)}).encode(), "TOO_MANY_FIELDS"),
    ],
)  # fmt: skip
def test_what_is_no_delivery_is_refused_with_a_code(body: bytes, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read_body(body, "json")
    assert refused.value.code == code


def test_lines_are_read_one_by_one() -> None:
    sent = read_body(b'{"external_id": "1"}\r\n\n{"external_id": 2.0}\nnothing\n', "lines")
    assert [entry[0] for entry in sent.entries] == [{"external_id": "1"}, {"external_id": "2"}, {}]
    assert sent.entries[2][1] == "line 4 is no JSON: Expecting value at character 1"


def test_nothing_is_answered_for_what_is_not_there(book: str) -> None:
    with desk(book) as reception:
        unknown, known = receive(reception, [post(record(10), contract="nothing"), post(record(11))])
    assert isinstance(unknown, RefusedError)
    assert unknown.code == "CONTRACT_NOT_ACCEPTED"
    assert verdicts(known) == ["accepted"]


def test_an_act_that_fails_in_the_middle_keeps_nothing_and_the_next_goes_on(book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk(book) as reception:
        receive(reception, [post(record(10))])
        with monkeypatch.context() as patch:
            patch.setattr(receiving, "written", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                receive(reception, [post(record(11))])
        (answer,) = receive(reception, [post(record(11))])
    assert verdicts(answer) == ["accepted"]
    with read_database(book) as database:
        assert database.last_delivery_id() == 6


def test_open_batches_are_sealed_when_full_and_say_the_same_sealed(book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "SEAL_ROWS", 5)
    with desk(book) as reception:
        for number in range(10, 22):
            receive(reception, [post(record(number), record(number + 100, title="Intern"))])
        before = _everything(book)
        due = reception.rows.ready_to_seal(rows=5, begun_before="")
        assert [each.rows for each in due] == [4, 4, 4, 4, 4]
        assert all(reception.rows.seal_one(each) for each in due)
        assert _everything(book) == before
        (answer,) = receive(reception, [post(record(10))])
        assert told(answer)[0]["reasons"][0]["code"] == "RESENT"
        with reception.database.transaction():
            assert reception.database.seal() == 1
        (answer,) = receive(reception, [post(record(50, title="Intern"))])
        assert verdicts(answer) == ["rejected"]
    assert verify(book).fault is None
    assert _everything(book)[: len(before)] == before


def _everything(address: str) -> list[tuple[object, ...]]:
    with read_database(address) as database:
        frames = []
        for batch in database.batches("deliveries"):
            journal, people = pl.read_parquet(batch.journal), pl.read_parquet(batch.people)
            frames.append(journal.drop("row_digest").hstack(people.select("email", "title", "email_normal")))
        return pl.concat(frames).sort("delivery_id").rows()


def test_a_precheck_says_what_sending_would_and_keeps_nothing(book: str) -> None:
    records = [record(10), record(11, title="Intern"), record(12, email="ann1@acme1.com"), record(10)]
    with desk(book) as reception:
        asked = json.loads(precheck(reception, post(*records)))["deliveries"]
        assert json.loads(precheck(reception, post(*records)))["deliveries"] == asked
        with read_database(book) as database:
            assert database.last_delivery_id() == 4
        (answer,) = receive(reception, [post(*records)])
    sent = [{name: value for name, value in row.items() if name != "number"} for row in told(answer)]
    assert asked == sent
    assert [row["reasons"][0]["code"] if row["reasons"] else "" for row in asked] == ["", "SENIORITY_OUTSIDE", "DUPLICATE_SELF", "RESENT"]


def test_a_hashed_address_finds_its_duplicate_and_is_told_to_nobody(book: str) -> None:
    def hashed(number: int, email: str) -> dict[str, object]:
        own = record(number, email_sha256=hashlib.sha256(email.encode()).hexdigest())
        return {name: value for name, value in own.items() if name != "email"}

    with desk(book) as reception:
        text = precheck(reception, post(hashed(20, "ann1@acme1.com"), hashed(21, "new@acme77.com"))).decode()
        first, second = json.loads(text)["deliveries"]
        assert (first["verdict"], [reason["code"] for reason in first["reasons"]]) == ("rejected", ["DUPLICATE_SELF"])
        assert second["verdict"] == "accepted"
        assert first["not_checked"] == second["not_checked"] == ["email"]
        assert "ann1@" not in text
        receive(reception, [post(record(30, email="New@acme77.com"))])
        (again,) = json.loads(precheck(reception, post(hashed(21, "new@acme77.com"))))["deliveries"]
        assert [reason["code"] for reason in again["reasons"]] == ["DUPLICATE_SELF"]


def test_a_hashed_address_on_a_suppression_list_is_told(book: str) -> None:
    digest = hashlib.sha256(b"out@acme9.com").hexdigest()
    with open_database(book) as database, database.transaction():
        terms = BookTerms.of(database)
        terms.touch_list("optouts", is_everywhere=True, by="owner", at=NOW)
        terms.add_entries("optouts", [("digest", digest)], at=NOW)
    own = {name: value for name, value in record(20, email_sha256=digest).items() if name != "email"}
    with desk(book) as reception:
        (row,) = json.loads(precheck(reception, post(own)))["deliveries"]
    assert (row["verdict"], [reason["code"] for reason in row["reasons"]]) == ("rejected", ["SUPPRESSED"])


def test_requests_that_come_together_are_kept_together_and_each_is_told_its_own(book: str) -> None:
    async def many() -> list[bytes]:
        reception = Reception(book, clock=lambda: NOW)
        answers = await asyncio.gather(*(reception.post(post(record(100 + number % 40), key=f"k{number % 40}")) for number in range(50)))
        await reception.close()
        with pytest.raises(StoreError):
            await reception.post(post(record(1)))
        return answers

    answers = asyncio.run(many())
    assert [told(each)[0]["external_id"] for each in answers[:40]] == [f"L-{100 + number}" for number in range(40)]
    with read_database(book) as database:
        assert database.last_delivery_id() == 4 + 40


def test_told_to_end_all_that_waits_is_answered(book: str) -> None:
    async def ended() -> list[bytes | BaseException]:
        reception = Reception(book, clock=lambda: NOW)
        waiting = [asyncio.ensure_future(reception.post(post(record(100 + number)))) for number in range(20)]
        await asyncio.sleep(0)
        await reception.close()
        return await asyncio.gather(*waiting, return_exceptions=True)

    answers = asyncio.run(ended())
    assert all(isinstance(each, bytes) for each in answers)
    with read_database(book) as database:
        assert database.last_delivery_id() == 4 + 20


def test_who_comes_when_too_many_wait_is_told_to_come_again(book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reception_module, "WAITING_ROWS_MAX", 5)

    async def crowd() -> list[bytes | BaseException]:
        reception = Reception(book, clock=lambda: NOW)
        answers = await asyncio.gather(*(reception.post(post(record(number))) for number in range(100, 110)), return_exceptions=True)
        await reception.close()
        return answers

    answers = asyncio.run(crowd())
    assert sum(isinstance(each, BusyError) for each in answers) == 5
    with read_database(book) as database:
        assert database.last_delivery_id() == 4 + 5


def test_a_request_that_payper_is_wrong_about_stops_no_other(book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = receiving.written

    def wrong(posted: Posted, *more: Any) -> bytes:
        if posted.key == "poison":
            raise ZeroDivisionError
        return real(posted, *more)

    monkeypatch.setattr(receiving, "written", wrong)

    async def three() -> list[bytes | BaseException]:
        reception = Reception(book, clock=lambda: NOW)
        posts = [post(record(10)), post(record(11), key="poison"), post(record(12))]
        answers = await asyncio.gather(*map(reception.post, posts), return_exceptions=True)
        await reception.close()
        return answers

    first, poison, last = asyncio.run(three())
    assert isinstance(first, bytes)
    assert isinstance(last, bytes)
    assert isinstance(poison, ZeroDivisionError)


def test_each_that_arrived_is_told_once_and_none_of_its_neighbours(book: str) -> None:
    """A note of deliveries that came one by one names the first and the last: others stand in the same batch."""
    with desk(book) as reception:
        receive(reception, [post(record(10), record(11, title="Intern"))])
        receive(reception, [post(record(12))])
    with read_pages(book) as pages:
        notes = [note for note in pages.outbox() if note.kind == receiving.ARRIVED]
        joined = {"reach": Joined("northwind", "reach", "intentreach")}
        told_of = [
            [row["external_id"] for each in happenings_of(pages, note, joined, frozenset({"delivery.judged"})) for row in each.rows]
            for note in notes
        ]
    assert told_of == [["L-10", "L-11"], ["L-12"]]


def test_who_stands_in_an_open_batch_is_found_and_can_be_erased(book: str) -> None:
    with desk(book) as reception:
        receive(reception, [post(record(10))])
    with open_database(book) as database:
        people = BookPeople.of(database)
        assert "ann10@acme10.com" in emails_of(people)
        with database.transaction():
            database.seal()
        assert "ann10@acme10.com" in emails_of(people)


def emails_of(people: BookPeople) -> list[str]:
    return [
        email for batch in people.batches_of_people() if batch.people for email in pl.read_parquet(batch.people)["email"].to_list() if email
    ]


def test_a_run_goes_on_after_deliveries_that_came_meanwhile(programme: Path, book: str, add_leads: Callable[[str, str], Path]) -> None:
    """Posts land between a run's judging and its transaction: nothing is doubled, and the file's deliveries come after them."""
    add_leads("two.csv", lead(30) + lead(31))
    real = run_module._wait_for_others

    def meanwhile(*arguments: Any) -> None:
        with desk(book) as reception:
            receive(reception, [post(record(30), record(40))])
        real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "_wait_for_others", meanwhile)
        recorded = open_and_record(programme, book)
    assert recorded == 2
    settle_book(book, at=NOW)
    assert verify(book).fault is None
    with read_database(book) as database:
        frames = [(batch.file, pl.read_parquet(batch.journal)) for batch in database.batches("deliveries")]
    last = {file.split("/")[-1]: frame.select("delivery_id", "external_id", "reasons").rows() for file, frame in frames}
    assert last["two.csv"] == [(7, "L-30", "RESENT"), (8, "L-31", "")]


def open_and_record(programme: Path, address: str) -> int:
    from payper.desk.folder.programme import read_programme

    with open_database(address) as database:
        return run_module.record_new(database, read_programme(programme), as_of=None).new_rows

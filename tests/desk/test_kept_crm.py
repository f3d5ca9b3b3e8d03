"""The people of a folder's CRM are kept in the book as keyed hashes, and deliveries get the same verdict by whatever way they come."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.desk.acts_made import BUYER, PROVIDER
from tests.desk.test_erasure_everywhere import texts_of

from payper.desk.arrivals.idempotency import digest_of
from payper.desk.arrivals.judging_uploads import judge_upload, waiting_uploads
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import read_body
from payper.desk.arrivals.prechecking import precheck
from payper.desk.arrivals.receiving import Posted, receive
from payper.desk.arrivals.uploads import take_file
from payper.desk.folder.run import run_programme
from payper.desk.people.erasure import erase_person
from payper.desk.people.installation import attach_book
from payper.store.crm_people import CrmPeople
from payper.store.database import open_database, read_database
from payper.store.directory import open_directory

NOW = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)
CRM = "email,first_name,last_name,company\nBo+crm@Globex.com,Bo,Derek,Globex\n,Ann,Lee,Acme Inc\n"
ROWS = [
    ("C-1", "bo@globex.com", "Other", "Globex", "lead"), ("C-2", "x@acme.com", "Lee", "ACME", "lead"),
    ("C-3", "y@acme.com", "Leigh", "Acme", "lead"), ("C-4", "bo@globex.com", "Derek", "Globex", "appointment"),
    ("C-5", "z@initech.com", "Lee", "Initech", "lead"),
]  # fmt: skip
DUPLICATES = ["C-1", "C-2"]


@pytest.fixture
def with_crm(programme: Path, new_book: Callable[[], str]) -> tuple[Path, str]:
    """A programme whose contract asks the CRM by e-mail and person, run once; its folder and the book's address."""
    path = programme / "contracts" / "reach.toml"
    text = (
        path.read_text("utf-8")
        .replace('match = ["email"]', 'match = ["email", "person"]\ncrm = true')
        .replace("per_day = 3", "per_day = 50")
    )
    path.write_text(text, "utf-8")
    (programme / "crm.csv").write_text(CRM, "utf-8")
    address = new_book()
    run_programme(programme, out=programme / "out", database=address)
    return programme, address


def records(prefix: str = "") -> list[dict[str, str]]:
    return [
        {
            "external_id": prefix + id_, "generated_at": "2026-01-20T09:00:00-05:00", "delivered_at": "2026-01-20T09:30:00-05:00", "first_name": "Ann",
            "last_name": last, "email": email, "title": "IT Manager", "country": "US", "company": company, "kind": kind,
        }
        for id_, email, last, company, kind in ROWS
    ]  # fmt: skip


def as_csv() -> str:
    rows = records()
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"


def journal(address: str) -> dict[str, str]:
    import polars as pl

    with open_database(address) as database:
        frames = [pl.read_parquet(batch.journal).select("external_id", "reasons") for batch in database.batches("deliveries")]
    return {id_: reasons for id_, reasons in pl.concat(frames).iter_rows() if id_.startswith("C-")}


def posted(*rows: dict[str, str]) -> Posted:
    body = json.dumps(rows).encode()
    return Posted("reach", read_body(body, "json"), NOW, "intentreach", None, digest_of("POST", body))


def receive_all(address: str, *, others: int = 0) -> None:
    more = [records()[0] | {"external_id": f"other-{number}", "email": f"o{number}@other{number}.com"} for number in range(others)]
    with open_database(address) as database:
        (answer,) = receive(LiveBook(database, clock=lambda: NOW), [posted(*records(), *more)])
    assert isinstance(answer, bytes), answer


def upload_all(address: str, tmp_path: Path, directory_address: str) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(as_csv(), "utf-8")
    with open_directory(directory_address) as directory:
        attach_book(directory, address, at=NOW)
        take_file(directory, PROVIDER, buyer="northwind", contract="reach", name="leads.csv", path=path, is_asked=False, at=NOW)
    (row,) = waiting_uploads(address)
    assert judge_upload(address, row, clock=lambda: NOW)


@pytest.mark.parametrize("way", ["run", "run without crm.csv", "http", "http, many", "upload"])
def test_who_is_in_the_crm_is_a_duplicate_by_every_way_in(
    with_crm: tuple[Path, str], new_book: Callable[[], str], tmp_path: Path, way: str
) -> None:
    programme, address = with_crm
    if way.startswith("http"):
        receive_all(address, others=600 if way == "http, many" else 0)
    elif way == "upload":
        upload_all(address, tmp_path, new_book())
    else:
        if way == "run without crm.csv":
            (programme / "crm.csv").unlink()
        (programme / "deliveries" / "reach" / "two.csv").write_text(as_csv(), "utf-8")
        run_programme(programme, out=programme / "out", database=address)
    assert [id_ for id_, reasons in journal(address).items() if "DUPLICATE_CRM" in reasons] == DUPLICATES


def test_a_server_at_work_asks_the_crm_of_the_newest_run_and_says_it_beforehand(with_crm: tuple[Path, str]) -> None:
    programme, address = with_crm
    with open_database(address) as database:
        live = LiveBook(database, clock=lambda: NOW)
        before = json.loads(precheck(live, posted(*records())))
        assert [
            row["external_id"] for row in before["deliveries"] if "DUPLICATE_CRM" in {each["code"] for each in row["reasons"]}
        ] == DUPLICATES
        (programme / "crm.csv").write_text("email,last_name,company\nz@initech.com,Lee,Initech\n", "utf-8")
        run_programme(programme, out=programme / "out", database=address)
        after = json.loads(precheck(live, posted(*records())))
        assert [row["external_id"] for row in after["deliveries"] if row["reasons"] and row["reasons"][0]["code"] == "DUPLICATE_CRM"] == [
            "C-5"
        ]
        (programme / "crm.csv").write_text("email,last_name,company\n", "utf-8")
        run_programme(programme, out=programme / "out", database=address)
        none = json.loads(precheck(live, posted(*records())))
        assert "DUPLICATE_CRM" not in json.dumps(none)


def test_the_book_keeps_hashes_only_and_who_is_erased_goes(with_crm: tuple[Path, str], new_book: Callable[[], str]) -> None:
    _, address = with_crm
    with read_database(address) as database:
        people = CrmPeople.of(database).crm()
        assert people is not None
        assert people.height == 2
        kept = "".join(text for row in database._connection.rows("select content from crm_part") for text in texts_of(row[0])).lower()
        assert not any(each in kept for each in ("globex", "derek", "acme"))
    with open_directory(new_book()) as directory:
        attach_book(directory, address, at=NOW)
        erase_person(directory, BUYER, person="Bo@globex.com", suppress=False, at=NOW)
    with read_database(address) as database:
        left = CrmPeople.of(database).crm()
        assert left is not None
        assert left.height == 1
    receive_all(address)
    assert [id_ for id_, reasons in journal(address).items() if "DUPLICATE_CRM" in reasons] == ["C-2"]


def test_a_run_that_finds_nothing_new_keeps_a_new_crm_too(with_crm: tuple[Path, str]) -> None:
    programme, address = with_crm
    (programme / "crm.csv").write_text(CRM + "new@hooli.com,,,\n", "utf-8")
    run_programme(programme, out=programme / "out", database=address)
    with read_database(address) as database:
        people = CrmPeople.of(database).crm()
    assert people is not None
    assert people.height == 3

"""After an erasure nothing of somebody is in the book or the directory: every column of every table is looked through, and SQLite's files."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from tests.desk.acts_made import BUYER, NOW, PROVIDER, Book
from tests.desk.conftest import HEADER

from payper.desk.arrivals.delivery_acts import claim_return
from payper.desk.arrivals.idempotency import digest_of
from payper.desk.arrivals.judging_uploads import judge_upload, waiting_uploads
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import read_body
from payper.desk.arrivals.receiving import Posted, receive
from payper.desk.arrivals.record_facts import record_milestones
from payper.desk.arrivals.uploads import read_upload, say_mapping, take_file
from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme
from payper.desk.people.erasure import erase_person, find_person
from payper.errors import StoreError
from payper.store.database import Database, open_database, path_of
from payper.store.directory import Directory
from payper.store.outgoing import WEBHOOK, Attempt, Message, Outgoing
from payper.store.proposals import Proposals
from payper.store.uploads import Uploads

EMAIL, SURNAME, PHONE = "wilhelmina@quimbleton.com", "Quimbleforth", "+12125550177"
NEEDLES = [EMAIL, SURNAME, PHONE, "212) 555-0177", "2125550177"]
ROW = {
    "external_id": "Q-1", "email": "Wilhelmina@Quimbleton.com", "first_name": "Wilhelmina", "last_name": SURNAME, "title": "IT Manager",
    "country": "US", "phone": "+1 (212) 555-0177", "generated_at": "2026-01-16T09:00:00-05:00",
}  # fmt: skip


def texts_of(value: Any) -> Iterator[str]:
    """All that a value of a column says: as text, and what its bytes hold under any of the forms that payper writes."""
    if not isinstance(value, bytes | memoryview):
        yield str(value)
        return
    raw = bytes(value)
    yield raw.decode("utf-8", "replace")
    for read in (
        zlib.decompress,
        lambda each: pl.read_parquet(each).write_json().encode(),
        lambda each: repr(msgspec.msgpack.decode(each)).encode(),
    ):
        try:
            yield read(raw).decode("utf-8", "replace")
        except Exception:  # noqa: BLE001  # most values are none of these
            continue


def tables_of(store: Database | Directory) -> list[str]:
    connection = store._connection
    if store.where.startswith("postgresql"):
        rows = connection.rows("select table_name from information_schema.tables where table_schema = current_schema()")
    else:
        rows = connection.rows("select name from sqlite_master where type = 'table'")
    return sorted(str(row[0]) for row in rows)


def found_in(store: Database | Directory) -> set[tuple[str, str]]:
    """Every table in which somebody is found, and by what."""
    return {
        (table, needle)
        for table in tables_of(store)
        for row in store._connection.rows(f"select * from {table}")
        for value in row
        for text in texts_of(value)
        for needle in NEEDLES
        if needle.lower() in text.lower()
    }


def found_in_files(address: str) -> set[tuple[str, str]]:
    """As `found_in`, of the bytes of SQLite's files."""
    if address.startswith("postgresql"):
        return set()
    path = path_of(address)
    files = [each for each in path.parent.iterdir() if each.name.startswith(path.name)]
    return {(each.name, needle) for each in files for needle in NEEDLES if needle.encode().lower() in each.read_bytes().lower()}


def post(book: Book, row: dict[str, str], key: str) -> None:
    body = json.dumps(row).encode()
    with open_database(book.address) as database:
        live = LiveBook(database, clock=lambda: NOW)
        (answer,) = receive(live, [Posted("reach", read_body(body, "json"), NOW, "intentreach", key, digest_of("POST", body))])
        assert isinstance(answer, bytes), answer


def send(book: Book, tmp_path: Path, text: str, *, name: str = "leads.csv", is_asked: bool = True) -> str:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    made = take_file(book.directory, PROVIDER, buyer="northwind", contract="reach", name=name, path=path, is_asked=is_asked, at=NOW)
    return made.row.upload


def line(row: dict[str, str]) -> str:
    return HEADER.replace("replaces", "phone") + ",".join(
        (row["external_id"], row["generated_at"], "", row["first_name"], row["last_name"], row["email"], row["title"], row["country"], row["phone"])
    ) + "\n"  # fmt: skip


def leave_traces(book: Book, tmp_path: Path) -> dict[str, str]:
    """Let somebody stand wherever somebody can; give the files that were sent."""
    post(book, ROW, "one")
    post(book, {**ROW, "external_id": "Q-2", "title": "Wizard"}, "two")
    where = {"buyer": "northwind", "contract": "reach"}
    record_milestones(book.directory, BUYER, **where, rows=[{"email": ROW["email"], "milestone": "contacted"}], key="m", at=NOW)
    number = book.numbers["L-1"]
    claim_return(
        book.directory, BUYER, buyer="northwind", number=number, reason="EMAIL_BOUNCED", evidence=f"tell {EMAIL} or 212-555-0177", at=NOW
    )
    without_header = f"{EMAIL},{SURNAME},{ROW['phone']}\n" + "b@b.com,Bee,+1 212 555 0100\n"
    post(book, {"external_id": "Q-3", "email": "other@elsewhere.com", "last_name": "Else", "title": f"asked by {EMAIL}"}, "three")
    files = {
        "names": send(book, tmp_path, line(ROW)),
        "other": send(book, tmp_path, line({**ROW, "email": f"x{EMAIL}", "phone": "", "last_name": "X"})),
    }
    headless = send(book, tmp_path, without_header, name="headless.csv")
    say_mapping(book.directory, PROVIDER, buyer="northwind", upload=headless, columns={EMAIL: "email"}, date_order=None, at=NOW)
    with open_database(book.address) as database, database.transaction():
        Uploads.of(database).add_piece("never-came", 0, line(ROW).encode())
        Uploads.of(database).set_state(files["other"], "mapping", told={"notes": [f"`{EMAIL}` is no column", "fine"]})
    outgoing = Outgoing(book.directory)
    body = json.dumps({"type": "delivery.judged", "data": {"deliveries": [{"external_id": EMAIL, "number": "1"}, {"external_id": "B"}]}})
    message = Message("msg_1", WEBHOOK, "intentreach", "ep_1", "delivery.judged", "", body.encode(), NOW, NOW)
    with outgoing.transaction():
        outgoing.add_messages([message, replace(message, message="msg_2", body=f"to {EMAIL}".encode())])
        outgoing.end_message("msg_1", state="dead", attempt=Attempt("msg_1", NOW, 3, 500, f"500 nobody knows {EMAIL}"))
        Proposals.of(book.directory).keep_answer(party="northwind", key="k", digest=b"x", answer=f"found {EMAIL.upper()}", at=NOW)
    return {**files, "headless": headless}


@pytest.mark.parametrize("person", [EMAIL, "+1 212 555 0177"])
def test_nothing_of_who_is_erased_is_left_in_any_table_or_file(book: Book, tmp_path: Path, person: str) -> None:
    files = leave_traces(book, tmp_path)
    with open_database(book.address) as database:
        assert {"batch_part", "batch", "upload_piece", "column_mapping", "upload"} <= {table for table, _ in found_in(database)}
    assert {table for table, _ in found_in(book.directory)} == {"message", "attempt", "idempotency"}
    is_by_phone = person.startswith("+")
    made = erase_person(book.directory, BUYER, person=person, suppress=not is_by_phone, at=NOW)
    assert made.files == 2
    needles = {PHONE, "212) 555-0177", "2125550177"} if is_by_phone else {EMAIL, SURNAME}
    # Another address ends with this one, and its file waits still.
    own = {("upload_piece", EMAIL)} if not is_by_phone else set()
    with open_database(book.address) as database:
        assert {each for each in found_in(database) if each[1] in needles} == own
        pieces = b"".join(Uploads.of(database).pieces(files["other"]))
        assert f"x{EMAIL}".encode() in pieces.lower()
    if not is_by_phone:
        assert found_in(book.directory) == set()
        assert find_person(book.directory, BUYER, person=person, at=NOW).count == 0
    seen = read_upload(book.directory, PROVIDER, buyer="northwind", upload=files["names"])
    assert (seen.row.state, seen.row.told["code"]) == ("refused", "PERSON_ERASED")
    assert "2 files that name them" in made.text
    after = verify(book.address)
    assert after.fault is None, after.fault


def test_the_files_of_the_database_hold_nothing_either(book: Book, tmp_path: Path) -> None:
    leave_traces(book, tmp_path)
    with open_database(book.address) as database, database.transaction():
        Uploads.of(database).set_state("none", "refused")
        database._connection.run("delete from upload_piece where upload in (select upload from upload where name = 'leads.csv')")
    erase_person(book.directory, BUYER, person=EMAIL, suppress=True, at=NOW)
    assert found_in_files(book.address) == set()
    assert found_in_files(book.directory.where) == set()


def test_a_file_that_was_coming_meanwhile_is_refused_and_can_be_sent_again(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from payper.desk.arrivals import uploads

    monkeypatch.setattr(uploads, "PIECE_BYTES", 64)
    monkeypatch.setattr(uploads, "PIECES_AT_ONCE", 1)
    keep = Uploads.add_piece
    erased = []

    def keep_and_erase(self: Uploads, upload: str, piece: int, content: bytes) -> None:
        if piece == 2 and not erased:
            erased.append(upload)
            self._connection.run("delete from upload_piece where upload not in (select upload from upload)")
        keep(self, upload, piece, content)

    monkeypatch.setattr(Uploads, "add_piece", keep_and_erase)
    with pytest.raises(StoreError) as error:
        send(book, tmp_path, line(ROW))
    assert error.value.can_retry
    assert waiting_uploads(book.address) == []
    sent = send(book, tmp_path, line(ROW), is_asked=False)
    (waiting,) = waiting_uploads(book.address)
    assert waiting.upload == sent
    erase_person(book.directory, BUYER, person=EMAIL, suppress=False, at=NOW)
    assert judge_upload(book.address, waiting, clock=lambda: NOW)
    assert read_upload(book.directory, PROVIDER, buyer="northwind", upload=sent).row.state == "refused"


def test_words_about_rows_that_cannot_be_read_quote_no_address(programme: Path) -> None:
    rows = f"external_id,milestone,happened_at\nL-1,{EMAIL},2026-01-20\nL-1,contacted,{EMAIL}\n"
    (programme / "milestones" / "crm.csv").write_text(rows, "utf-8")
    out = run_programme(programme).out
    with open_database(out / "payper.sqlite") as database:
        assert found_in(database) == set()
        (batch,) = database.batches("milestones")
        assert [fault.split(" ")[0] for fault in pl.read_parquet(batch.journal)["fault"]] == ["milestone", "happened_at"]

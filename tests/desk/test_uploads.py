"""Files that are sent are judged as in a folder, once, whole or not at all, whatever happens in between."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.desk.conftest import HEADER, lead
from tests.desk.test_receiving import desk, post, record, told

from payper.desk.arrivals import judging_uploads
from payper.desk.arrivals.idempotency import KeyReusedError
from payper.desk.arrivals.judging_uploads import judge_upload, waiting_uploads
from payper.desk.arrivals.receiving import receive
from payper.desk.arrivals.uploads import UploadSeen, file_name, read_mapping, read_upload, say_mapping, take_file
from payper.desk.arrivals.verdict_files import rejects_csv, verdicts_csv
from payper.desk.book.settling import settle_book
from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme
from payper.desk.people.installation import AbsentError, Installation, attach_book
from payper.desk.people.people import Actor, DeniedError
from payper.desk.people.refusals import RefusedError
from payper.parties import Act, Role, acts_of
from payper.store.database import read_database
from payper.store.directory import Directory
from payper.store.uploads import DONE, REFUSED, WAITING

NOW = datetime(2026, 1, 20, 15, 0, tzinfo=UTC)
PROVIDER = Actor("intentreach", "somebody", acts_of(Role.PROVIDER_MANAGER), role=Role.PROVIDER_MANAGER)


@pytest.fixture
def directory(programme: Path, new_book: Callable[[], str], tmp_path: Path) -> Iterator[tuple[Directory, str]]:
    """A directory with the book of the test programme in it, and the book's address."""
    address = new_book()
    run_programme(programme, out=tmp_path / "out", database=address)
    installation = Installation(str(tmp_path / "data"))
    installation.prepare()
    with installation.open() as opened:
        attach_book(opened, address, at=NOW)
        opened.set_book("northwind", address)
        yield opened, address


def sent(directory: Directory, tmp_path: Path, text: str, *, name: str = "more.csv", **more: Any) -> UploadSeen:
    path = tmp_path / "sending" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    options = {"is_asked": False, "at": NOW} | more
    return take_file(directory, PROVIDER, buyer="northwind", contract="reach", name=name, path=path, **options)


def judged(directory: Directory, address: str, seen: UploadSeen) -> UploadSeen:
    for row in waiting_uploads(address):
        assert judge_upload(address, row, clock=lambda: NOW)
    return read_upload(directory, PROVIDER, buyer="northwind", upload=seen.row.upload)


def test_a_file_that_is_sent_is_judged_as_in_a_folder(
    programme: Path, directory: tuple[Directory, str], new_book: Callable[[], str], tmp_path: Path
) -> None:
    opened, address = directory
    rows = HEADER + "".join(
        lead(number, day=f"2026-01-{10 + number % 9}", email=f"a{number % 23}@acme{number % 6}.com") for number in range(20, 80)
    )
    by_run = new_book()
    run_programme(programme, out=tmp_path / "two", database=by_run)
    (programme / "deliveries" / "reach" / "more.csv").write_text(rows, "utf-8")
    run_programme(programme, out=tmp_path / "two", database=by_run)
    done = judged(opened, address, sent(opened, tmp_path, rows))
    assert done.row.state == DONE
    with read_database(by_run) as one, read_database(address) as two:
        expected, found = (each.verdicts().select("delivery_id", "verdict", "headline", "price_minor") for each in (one, two))
    assert found.rows() == expected.rows()
    assert done.row.told["counts"]["accepted"] == sum(1 for row in expected.rows() if row[1] == 0) - 2
    settle_book(address, at=NOW)
    assert verify(address).fault is None
    with read_database(address) as book:
        assert not list(judging_uploads.Uploads.of(book).pieces(done.row.upload))


def test_a_server_killed_at_any_step_judges_the_file_once(
    directory: tuple[Directory, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was reached when it broke, the file waits with its bytes, and nothing of it is there; then it is judged once."""
    opened, address = directory
    seen = sent(opened, tmp_path, HEADER + lead(20) + lead(21, day="2026-01-16") + lead(22, title="Intern"))
    for step in ("_rows", "_kept", "_progress"):
        with monkeypatch.context() as patch:
            patch.setattr(judging_uploads, step, _broken)
            with pytest.raises(_Killed):
                judge_upload(address, seen.row, clock=lambda: NOW)
        with read_database(address) as book:
            assert book.last_delivery_id() == 4
        assert [row.upload for row in waiting_uploads(address)] == [seen.row.upload]
    assert judged(opened, address, seen).row.told["counts"] == {"accepted": 2, "rejected": 1, "review": 0, "quarantined": 0}
    assert judge_upload(address, seen.row, clock=lambda: NOW)
    with read_database(address) as book:
        assert book.last_delivery_id() == 7


class _Killed(BaseException):
    """As a signal ends a process: nobody catches it."""


def _broken(*_: Any, **__: Any) -> Any:
    raise _Killed


def test_a_file_that_payper_is_wrong_about_is_refused_and_the_next_one_is_judged(
    directory: tuple[Directory, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, address = directory
    wrong = sent(opened, tmp_path, HEADER + lead(20))

    def fail(*_: Any, **__: Any) -> Any:
        raise ArithmeticError

    with monkeypatch.context() as patch:
        patch.setattr(judging_uploads, "_rows", fail)
        assert judge_upload(address, wrong.row, clock=lambda: NOW)
    seen = read_upload(opened, PROVIDER, buyer="northwind", upload=wrong.row.upload)
    assert (seen.row.state, seen.row.told["code"]) == (REFUSED, "PAYPER_WRONG")
    assert not waiting_uploads(address)
    assert judged(opened, address, sent(opened, tmp_path, HEADER + lead(21))).row.state == DONE


def test_numbers_of_any_length_are_no_size(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, address = directory
    header = HEADER.replace("replaces", "replaces,employees,revenue")
    rows = "".join(
        lead(number, day=f"2026-01-{number - 4}").rstrip("\n") + f",{size},{size}\n"
        for number, size in ((20, "9" * 40), (21, "1-" + "9" * 400), (22, "$" + "9" * 5000))
    )
    assert judged(opened, address, sent(opened, tmp_path, header + rows)).row.told["counts"]["accepted"] == 3


def test_deliveries_that_come_while_a_file_is_read_come_before_it(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, address = directory
    seen = sent(opened, tmp_path, HEADER + lead(20) + lead(21))
    real = judging_uploads._rows

    def meanwhile(*arguments: Any, **more: Any) -> Iterator[tuple[int, float]]:
        yield from real(*arguments, **more)
        with desk(address) as live:
            receive(live, [post(record(20))])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging_uploads, "_rows", meanwhile)
        done = judged(opened, address, seen)
    assert done.row.told["counts"]["rejected"] == 1
    settle_book(address, at=NOW)
    assert verify(address).fault is None


def test_a_desk_knows_what_a_file_brought(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, address = directory
    with desk(address) as live:
        receive(live, [post(record(30))])
        judged(opened, address, sent(opened, tmp_path, HEADER + lead(20)))
        (answer,) = receive(live, [post(record(20))])
    assert told(answer)[0]["reasons"][0]["code"] == "RESENT"
    settle_book(address, at=NOW)
    assert verify(address).fault is None


def test_columns_are_guessed_shown_changed_and_remembered(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, address = directory
    header = "Ref;Mail;Vorname;Nachname;Rolle im Haus;Land;Erzeugt\n"
    rows = "L-20;a20@acme20.com;Ann;Lee;IT Manager;US;2026-01-15\nL-21;a21@acme21.com;Bo;Ray;IT Manager;US;2026-01-15\n"
    seen = sent(opened, tmp_path, header + rows, is_asked=True)
    _, mapping = read_mapping(opened, PROVIDER, buyer="northwind", upload=seen.row.upload)
    taken = {each.header: each.column for each in mapping.headers}
    assert taken["Mail"] == "email"
    assert taken["Rolle im Haus"] is None
    assert mapping.headers[1].values == ("a20@acme20.com", "a21@acme21.com")
    assert not waiting_uploads(address)
    columns = {header: column for header, column in taken.items() if column} | {"Rolle im Haus": "title", "Ref": "external_id"}
    with pytest.raises(RefusedError):
        say_mapping(
            opened, PROVIDER, buyer="northwind", upload=seen.row.upload, columns=columns | {"Land": "title"}, date_order=None, at=NOW
        )
    said = say_mapping(opened, PROVIDER, buyer="northwind", upload=seen.row.upload, columns=columns, date_order="dmy", at=NOW)
    assert said.row.state == WAITING
    assert judged(opened, address, seen).row.told["counts"]["accepted"] == 2
    again = sent(opened, tmp_path, header + rows.replace("-2", "-3").replace("a2", "a3").replace("acme2", "acme3"), is_asked=True)
    _, remembered = read_mapping(opened, PROVIDER, buyer="northwind", upload=again.row.upload)
    assert remembered.is_remembered
    assert {each.header: each.column for each in remembered.headers if each.column} == columns
    assert remembered.date_order == "dmy"


def test_a_file_that_cannot_be_read_is_refused_with_words_and_keeps_nothing(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, address = directory
    for name, text, words in (
        ("a.csv", "", "empty"),
        ("b.xlsx", "no workbook", "is"),
        ("c.csv", "colour,shape\nred,round\n", "No column is known"),
        ("d.json", "[{", "never ends"),
    ):
        with pytest.raises(RefusedError) as refused:
            sent(opened, tmp_path, text, name=name)
        assert words in refused.value.seen
        assert str(tmp_path) not in f"{refused.value}"
    assert not waiting_uploads(address)


def test_a_file_whose_contract_lost_its_lists_is_refused_later(
    directory: tuple[Directory, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, address = directory
    seen = sent(opened, tmp_path, HEADER + lead(20))
    refusal = RefusedError(code="LISTS_MISSING", where="contract", seen="It names lists that are not here.", mend="Put them here.")
    monkeypatch.setattr(judging_uploads, "fault_of", lambda *_: refusal)
    done = judged(opened, address, seen)
    assert (done.row.state, done.row.told["seen"]) == (REFUSED, "It names lists that are not here.")


def test_the_same_file_under_a_key_is_taken_in_once(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, _ = directory
    first, again = (sent(opened, tmp_path, HEADER + lead(20), key="k") for _ in range(2))
    assert first.row.upload == again.row.upload
    with pytest.raises(KeyReusedError):
        sent(opened, tmp_path, HEADER + lead(21), key="k")


def test_who_may_not_send_or_is_another_sees_no_file(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, _ = directory
    seen = sent(opened, tmp_path, HEADER + lead(20))
    viewer = Actor("intentreach", "v", acts_of(Role.PROVIDER_VIEWER), role=Role.PROVIDER_VIEWER)
    other = Actor("meetly", "o", acts_of(Role.PROVIDER_MANAGER), role=Role.PROVIDER_MANAGER)
    with pytest.raises(DeniedError):
        read_upload(opened, viewer, buyer="northwind", upload=seen.row.upload)
    for upload in (seen.row.upload, "nothing"):
        with pytest.raises(AbsentError):
            read_upload(opened, other, buyer="northwind", upload=upload)


def test_what_was_rejected_comes_back_as_a_file_that_can_be_mended_and_sent(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, address = directory
    rows = HEADER + lead(20, email="broken@@x") + lead(21, title="IT Intern") + lead(22, email="also@@broken") + lead(23)
    seen = judged(opened, address, sent(opened, tmp_path, rows))
    csv = rejects_csv(opened, PROVIDER, buyer="northwind", contract="reach", upload=seen.row.upload, at=NOW).decode()
    assert [line.split(",")[0] for line in csv.splitlines()[1:]] == ["L-20", "L-22"]
    mended = csv.replace("broken@@x", "ann20@acme20.com")
    again = judged(opened, address, sent(opened, tmp_path, mended, name="mended.csv"))
    assert again.row.told["counts"] == {"accepted": 1, "rejected": 1, "review": 0, "quarantined": 0}
    left = rejects_csv(opened, PROVIDER, buyer="northwind", contract="reach", at=NOW).decode()
    assert sorted(line.split(",")[0] for line in left.splitlines()[1:]) == ["L-22", "L-3"]
    verdicts = verdicts_csv(opened, PROVIDER, buyer="northwind", upload=seen.row.upload, at=NOW).decode().splitlines()
    assert verdicts[0].startswith("number,row,external_id,verdict,reasons,price_minor,currency,contract_version")
    assert [line.split(",")[3] for line in verdicts[1:]] == ["rejected", "rejected", "rejected", "accepted"]
    lean = Actor("intentreach", "t", frozenset({Act.SEND_DELIVERIES, Act.READ_DELIVERIES}), role=Role.PROVIDER_MANAGER)
    assert "@" not in verdicts_csv(opened, lean, buyer="northwind", upload=seen.row.upload, at=NOW).decode()


@pytest.mark.parametrize(
    ("sent_as", "kept"),
    [("leads.csv", "leads.csv"), ("C:\\files\\leads.CSV", "leads.csv"), ("../../etc/x.csv", "x.csv"), ("a\x00b<.xlsx", "ab.xlsx"), ("é.ndjson", "é.ndjson")],
)  # fmt: skip
def test_names_of_files_are_names(sent_as: str, kept: str) -> None:
    assert file_name(sent_as).lower() == kept
    assert len(file_name("x" * 400 + ".csv")) == 150


@pytest.mark.parametrize("name", ["", "leads", "leads.exe", ".csv.exe", "a.xls"])
def test_names_that_say_no_form_are_refused(name: str) -> None:
    with pytest.raises(RefusedError):
        file_name(name)


def test_the_digest_of_what_was_sent_is_kept(directory: tuple[Directory, str], tmp_path: Path) -> None:
    opened, address = directory
    text = HEADER + lead(20)
    seen = judged(opened, address, sent(opened, tmp_path, text))
    assert seen.row.digest == hashlib.sha256(text.encode()).digest()
    with read_database(address) as book:
        assert book.files_read("deliveries")[f"uploads/{seen.row.upload}/more.csv"] == seen.row.digest

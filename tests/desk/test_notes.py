"""What a run says beside its tables, and what it does where a folder is not as it should be."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.desk.conftest import CONTRACT, HEADER, lead

from payper.desk.book.verify import verify
from payper.desk.folder.notes import row_ranges
from payper.desk.folder.run import WAITING, run_programme
from payper.errors import FileError

AddLeads = Callable[[str, str], Path]


def said(folder: Path) -> str:
    return "\n".join(run_programme(folder).notes)


def verdicts_of(folder: Path, file: str) -> list[tuple[str, str]]:
    frame = pl.read_csv(folder / "out" / "verdicts.csv", infer_schema=False).filter(pl.col("file") == file)
    return [(verdict, reasons or "") for verdict, reasons in frame.select("verdict", "reasons").iter_rows()]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_programme_without_deliveries_says_where_they_belong_and_is_as_of_today(programme: Path, *, is_there: bool) -> None:
    shutil.rmtree(programme / "deliveries")
    if is_there:
        (programme / "deliveries").mkdir()
    result = run_programme(programme)
    notes = "\n".join(result.notes)
    assert result.as_of > date(2026, 1, 1)
    assert f"Put leads and appointments into {programme / 'deliveries' / 'reach'}" in notes
    assert "has a date that can be read, so everything is as of today" in notes
    assert "1970" not in notes + " ".join(result.headline) + result.report.read_text("utf-8")
    assert verify(result.out).fault is None


def test_a_run_without_a_date_leaves_later_ones_as_of_their_own_days(programme: Path, add_leads: AddLeads) -> None:
    (programme / "deliveries" / "reach" / "one.csv").unlink()
    run_programme(programme)
    add_leads("one.csv", lead(1))
    result = run_programme(programme)
    assert result.as_of == date(2026, 1, 15)
    assert verify(result.out).fault is None


def test_a_file_of_another_form_is_left_alone_and_said(programme: Path) -> None:
    (programme / "deliveries" / "reach" / "scan.pdf").write_bytes(b"%PDF")
    (programme / "deliveries" / "reach" / "mapping.toml").write_text("", encoding="utf-8")
    notes = said(programme)
    assert "deliveries/reach/scan.pdf is left alone" in notes
    assert "mapping.toml is left alone" not in notes


def test_a_programme_without_contracts_says_so(programme: Path) -> None:
    (programme / "contracts" / "reach.toml").unlink()
    notes = said(programme)
    assert "holds no contract" in notes
    assert "4 deliveries of reach are rejected, as no contract of this id is there" in notes


def test_deliveries_under_a_mistyped_contract_name_the_nearest_one(programme: Path) -> None:
    other = programme / "deliveries" / "raech"
    other.mkdir()
    (other / "x.csv").write_text(HEADER + lead(9), encoding="utf-8")
    assert "1 delivery of raech is rejected" in said(programme)
    assert "If reach is meant" in said(programme)


def test_what_came_before_its_contract_is_sent_again_with_its_rejects_file(programme: Path, add_leads: AddLeads) -> None:
    """What was judged is not judged again (RULES 28), so the run that finds the contract names the rows and the file to copy."""
    contract = programme / "contracts" / "reach.toml"
    contract.unlink()
    run_programme(programme)
    assert verdicts_of(programme, "deliveries/reach/one.csv") == [("rejected", "CONTRACT_UNKNOWN")] * 4
    contract.write_text(CONTRACT, encoding="utf-8")
    notes = said(programme)
    assert "The contract reach is there now, and 4 deliveries sent before it stay rejected" in notes
    assert "deliveries/reach/one.csv rows 1-4" in notes
    assert str(programme / "out" / "rejects" / "reach.csv") in notes
    assert verdicts_of(programme, "deliveries/reach/one.csv") == [("rejected", "CONTRACT_UNKNOWN")] * 4
    shutil.copy(programme / "out" / "rejects" / "reach.csv", programme / "deliveries" / "reach" / "again.csv")
    result = run_programme(programme)
    assert result.as_of == date(2026, 1, 15), "they count from the day they were first sent"
    assert "is there now" not in "\n".join(result.notes)
    assert verdicts_of(programme, "deliveries/reach/again.csv") == [
        ("accepted", ""), ("rejected", "SENIORITY_OUTSIDE"), ("rejected", "EMAIL_SYNTAX"), ("accepted", "")
    ]  # fmt: skip
    assert verify(result.out).fault is None


def test_rows_are_named_in_stretches() -> None:
    assert row_ranges([1, 2, 3, 7]) == "1-3, 7"
    assert row_ranges(list(range(1, 20, 2))) == "1, 3, 5, 7, 9, 11, …"


def test_dates_that_read_two_ways_are_said_with_the_reading_taken_and_how_to_change_it(programme: Path, add_leads: AddLeads) -> None:
    (programme / "deliveries" / "reach" / "one.csv").unlink()
    add_leads("two.csv", lead(1).replace("2026-01-15", "02/03/2026"))
    notes = said(programme)
    assert "`delivered_at` has dates such as 02/03/2026 10:00 that read two ways" in notes
    assert "month first was taken, as is usual in America/New_York" in notes
    assert f'write date_order = "dmy" into {programme / "deliveries" / "reach" / "mapping.toml"}' in notes


@pytest.mark.parametrize(
    "rows",
    [
        lead(1).replace("2026-01-15", "02/03/2026") + lead(2).replace("2026-01-15", "14/03/2026"),
        lead(1).replace("2026-01-15 09:00", "01/03/2026").replace("2026-01-15 10:00", "14/03/2026"),
        lead(1).replace("2026-01-15", "02.03.2026"),
        lead(1).replace("2026-01-15", "03/03/2026"),
        lead(1),
    ],
    ids=["another row settles it", "another column settles it", "dotted", "the same either way", "ISO 8601"],
)
def test_dates_that_something_settles_are_not_doubted(programme: Path, add_leads: AddLeads, rows: str) -> None:
    (programme / "deliveries" / "reach" / "one.csv").unlink()
    add_leads("two.csv", rows)
    assert "read two ways" not in said(programme)


def test_a_column_that_leaves_its_order_open_follows_the_others_of_its_file(programme: Path, add_leads: AddLeads) -> None:
    """New York writes the month first, and this file the day."""
    (programme / "deliveries" / "reach" / "one.csv").unlink()
    add_leads("two.csv", lead(1).replace("2026-01-15 09:00", "01/03/2026").replace("2026-01-15 10:00", "14/03/2026"))
    run_programme(programme)
    frame = pl.read_csv(programme / "out" / "verdicts.csv", infer_schema=False)
    assert frame["generated_at"][0].startswith("2026-03-01")


def test_mapping_toml_settles_the_order_of_dates_without_a_word(programme: Path, add_leads: AddLeads) -> None:
    (programme / "deliveries" / "reach" / "one.csv").unlink()
    path = add_leads("two.csv", lead(1).replace("2026-01-15", "02/03/2026"))
    path.with_name("mapping.toml").write_text('date_order = "dmy"\n', encoding="utf-8")
    result = run_programme(programme)
    assert (result.as_of, "read two ways" in "\n".join(result.notes)) == (date(2026, 3, 2), False)


def test_a_broken_mapping_is_said_once_and_its_files_wait(programme: Path, add_leads: AddLeads) -> None:
    path = add_leads("two.csv", lead(5)).with_name("mapping.toml")
    path.write_text("[columns\n", encoding="utf-8")
    result = run_programme(programme)
    assert len(result.faults) == 1
    assert sum("This is no TOML" in note for note in result.notes) == 1
    assert f"2 files wait until {path} is mended" in result.notes
    path.unlink()
    assert run_programme(programme).new_rows == 5


def test_slips_in_a_mapping_are_said_once_for_all_its_files(programme: Path, add_leads: AddLeads) -> None:
    add_leads("two.csv", lead(5)).with_name("mapping.toml").write_text('date_ordre = "dmy"\n', encoding="utf-8")
    assert sum("date_ordre" in note for note in run_programme(programme).notes) == 1


def test_a_second_header_for_one_column_is_said(programme: Path) -> None:
    path = programme / "deliveries" / "reach" / "two.csv"
    path.write_text("Email,Work Email,Title\nann@acme.com,lee@acme.com,IT Manager\n", encoding="utf-8")
    notes = said(programme)
    assert "`Work Email` could be email too, which `Email` gives" in notes
    assert 'write email = "Work Email" under [columns]' in notes


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("deliveries/reach/two.csv", "No column is known"),
        ("milestones/m.csv", "No column is milestone, and none is happened_at"),
        ("returns/r.csv", "No column is reason"),
        ("decisions/d.csv", "No column is external_id, and none is decision"),
    ],
)
def test_a_file_whose_columns_are_not_known_is_a_fault_and_read_once_they_are(programme: Path, file: str, words: str) -> None:
    path = programme / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("foo,bar\n1,2\n", encoding="utf-8")
    result = run_programme(programme)
    assert [words in fault.seen for fault in result.faults] == [True]
    assert result.new_rows == 4
    text = 'email = "foo"' if "deliveries" in file else 'external_id = "foo"'
    path.with_name("mapping.toml").write_text(f"[columns]\n{text}\n", encoding="utf-8")
    assert (run_programme(programme).new_rows == 1) is ("deliveries" in file)


def test_a_crm_whose_columns_are_not_known_stops_the_run_before_anything_is_judged(programme: Path) -> None:
    (programme / "crm.csv").write_text("foo,bar\n1,2\n", encoding="utf-8")
    with pytest.raises(FileError, match="No column is email or last_name"):
        run_programme(programme)
    (programme / "crm.csv").unlink()
    assert run_programme(programme).new_rows == 4


def test_columns_of_new_files_are_told_in_short_files_alike_together(programme: Path) -> None:
    for name in ("two", "three"):
        path = programme / "deliveries" / "reach" / f"{name}.csv"
        path.write_text(f"Lead-Nr;Übergeben am;E-Mail;Notiz\n{name};15.01.2026;{name}@acme.com;x\n", encoding="utf-8")
    assert run_programme(programme).mappings == [
        "deliveries/reach/three.csv and 1 other file: external_id from `Lead-Nr`, delivered_at from `Übergeben am`; not used `Notiz`"
    ]


def test_a_run_that_meets_another_says_what_it_waits_for_and_then_goes_on(programme: Path) -> None:
    path = run_programme(programme, as_of=date(2026, 1, 10)).out / "payper.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        told: list[str] = []

        def tell(what: str, done: int, total: int | None) -> None:
            told.append(what)
            if what == WAITING:
                other.execute("rollback")

        assert run_programme(programme, tell=tell).new_rows == 4
    assert told.count(WAITING) == 1


def test_the_date_of_a_file_that_stands_in_is_the_local_one(programme: Path) -> None:
    path = programme / "deliveries" / "reach" / "leads-2026-01-20.csv"
    path.write_text("email,title,country\nann@acme.com,IT Manager,US\n", encoding="utf-8")
    assert f"{path.name}: no column says when its rows were delivered; the file's date stands in, 2026-01-20." in said(programme)

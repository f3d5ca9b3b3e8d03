"""What a run says beside its tables, and what it does where a folder is not as it should be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.desk.conftest import CONTRACT, HEADER, lead

from payper.desk.notes import row_ranges
from payper.desk.run import run_programme
from payper.desk.verify import verify

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

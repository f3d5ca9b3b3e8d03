"""`payper measure` on a folder or a book: what is known as of a day, the same whatever came later."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from payper.desk.measure import measure
from payper.desk.run import run_programme
from payper.desk.simulate import simulate
from payper.errors import FileError, UsageError

D = date(2026, 4, 15)


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated programme of some hundred deliveries over half a year, never run."""
    folder = tmp_path_factory.mktemp("measure") / "programme"
    simulate(folder, seed=11, deliveries=700)
    return folder


@pytest.fixture(scope="module")
def ran(invented: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a whole run."""
    out = tmp_path_factory.mktemp("ran") / "out"
    run_programme(invented, out=out)
    return out


def page(place: Path | str, out: Path, **more: object) -> tuple[bytes, str]:
    result = measure(place, out=out, **more)  # type: ignore[arg-type]
    return out.read_bytes(), json.dumps(result.to_json(), sort_keys=True)


def test_a_report_as_of_a_day_is_the_same_whatever_was_recorded_later(invented: Path, ran: Path, tmp_path: Path) -> None:
    """One book knows nothing after D, the other has later deliveries, milestones, returns, charges and answers; byte for byte, and as JSON."""
    early = tmp_path / "early"
    run_programme(invented, out=early, as_of=D)
    then, then_json = page(early, tmp_path / "then.html", as_of=D)
    now, now_json = page(ran, tmp_path / "now.html", as_of=D)
    latest, _ = page(ran, tmp_path / "latest.html")
    assert now == then
    assert now_json == then_json
    assert latest != then


def test_events_that_come_in_later_files_change_no_earlier_day(invented: Path, tmp_path: Path) -> None:
    """The later files are not in the folder at first; then they come, are read, and the page as of D stays what it was."""
    folder = tmp_path / "programme"
    shutil.copytree(invented, folder)
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ("2026-05" in path.name or "2026-06" in path.name)}
    assert kept
    for path in kept:
        path.unlink()
    run_programme(folder)
    before, _ = page(folder, tmp_path / "before.html", as_of=D)
    for path, content in kept.items():
        path.write_bytes(content)
    run_programme(folder)
    assert page(folder, tmp_path / "after.html", as_of=D)[0] == before


def test_measuring_changes_nothing_in_the_book(ran: Path, tmp_path: Path) -> None:
    before = (ran / "payper.sqlite").read_bytes()
    measure(ran, out=tmp_path / "page.html")
    assert (ran / "payper.sqlite").read_bytes() == before


def test_a_folder_a_file_and_an_address_say_the_same(ran: Path, tmp_path: Path) -> None:
    places = [ran, ran / "payper.sqlite", f"sqlite:///{ran / 'payper.sqlite'}"]
    assert len({page(place, tmp_path / f"{number}.html") for number, place in enumerate(places)}) == 1


def test_a_folder_that_was_never_run_is_run_first_and_says_so(invented: Path, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    shutil.copytree(invented, folder)
    result = measure(folder, as_of=D)
    assert result.report == folder / "out" / "results.html"
    assert any("had never been run" in note for note in result.notes)
    assert measure(folder, as_of=D).notes == []


def test_a_file_that_no_run_has_read_is_named(invented: Path, tmp_path: Path) -> None:
    folder = tmp_path / "grown"
    shutil.copytree(invented, folder)
    run_programme(folder, as_of=D)
    (folder / "milestones" / "zz-new.csv").write_text("external_id,milestone,happened_at\n", encoding="utf-8")
    (note,) = measure(folder, as_of=D).notes
    assert "milestones/zz-new.csv" in note


def test_a_folders_own_margin_holds_and_a_book_alone_remembers_the_last_runs(invented: Path, tmp_path: Path) -> None:
    folder = tmp_path / "margin"
    shutil.copytree(invented, folder)
    run_programme(folder, as_of=D)
    sheet = folder / "programme.toml"
    sheet.write_text(sheet.read_text("utf-8").replace('margin = "0.72"', 'margin = "0.36"'), encoding="utf-8")
    halved, kept = measure(folder, as_of=D).measured, measure(folder / "out", as_of=D).measured
    assert halved.seen.multiple == pytest.approx((kept.seen.multiple or 0) / 2)
    assert kept.basis.margin == 0.72


def test_a_day_after_the_last_one_read_is_said_to_be_empty(ran: Path) -> None:
    result = measure(ran, as_of=date(2027, 3, 1), is_page_wanted=False)
    assert any("Nothing later than" in note for note in result.notes)


def test_what_makes_no_sense_is_refused_in_words(ran: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Write model"):
        measure(ran, by=["modle"])
    with pytest.raises(UsageError, match="no number of days"):
        measure(ran, horizon_days=0)
    with pytest.raises(UsageError, match="no payper database"):
        measure(tmp_path)
    with pytest.raises(UsageError, match="outside 1990"):
        measure(ran, as_of=date(1, 1, 1))
    with pytest.raises(FileError, match="no such folder"):
        measure(ran, out=tmp_path / "nowhere" / "page.html")


def test_counts_are_those_of_the_run(ran: Path) -> None:
    summary = json.loads((ran / "summary.json").read_text("utf-8"))
    result = measure(ran, is_page_wanted=False).measured
    assert result.seen.deliveries == summary["totals"]["accepted"]
    by_model = dict(result.segments["model"].select("model", "deliveries").iter_rows())
    assert by_model == {each["id"]: each["accepted"] for each in summary["models"] if each["accepted"]}
    wins = sum(each["reached"] for each in summary["funnel"] if each["milestone"] == "won")
    lost_to_returns = result.seen.gaps.get("WON_RETURNED", 0)
    assert result.seen.wins == wins - lost_to_returns


def test_a_programme_with_nothing_in_it_has_a_page_that_says_so(tmp_path: Path, programme: Path) -> None:
    for path in (programme / "deliveries").rglob("*.csv"):
        path.unlink()
    result = measure(programme)
    assert result.report is not None
    text = result.report.read_text("utf-8")
    assert "Nothing was accepted by" in text
    assert "nan" not in text.lower().replace("finance", "")

"""`payper measure` on a folder or a book: what is known as of a day, the same whatever came later."""

from __future__ import annotations

import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from payper.desk.asking.measure import measure
from payper.desk.book.standing import read_standing
from payper.desk.folder.run import run_programme
from payper.errors import FileError, UsageError

D = date(2026, 4, 15)


@pytest.fixture
def fresh(simulated: Path, tmp_path: Path) -> Path:
    """The simulated programme as it was before it was run."""
    return Path(shutil.copytree(simulated, tmp_path / "fresh", ignore=shutil.ignore_patterns("out")))


@pytest.fixture
def ran(simulated: Path) -> Path:
    """The output folder of the whole run."""
    return simulated / "out"


def page(place: Path | str, out: Path, **more: object) -> tuple[bytes, str]:
    result = measure(place, out=out, **more)  # type: ignore[arg-type]
    return out.read_bytes(), json.dumps(result.to_json(), sort_keys=True)


def test_a_report_as_of_a_day_is_the_same_whatever_was_recorded_later(fresh: Path, ran: Path, tmp_path: Path) -> None:
    """One book knows nothing after D, the other has later deliveries, milestones, returns, charges and answers; byte for byte, and as JSON."""
    run_programme(fresh, out=tmp_path / "early", as_of=D)
    assert page(tmp_path / "early", tmp_path / "then.html", as_of=D) == page(ran, tmp_path / "now.html", as_of=D)
    stands = [read_standing(tmp_path / "early"), read_standing(ran)]
    assert stands[0].deliveries.height < stands[1].deliveries.height
    assert (stands[0].day, stands[1].day > D) == (D, True)


def test_events_that_come_in_later_files_change_no_earlier_day(fresh: Path) -> None:
    """The later files are not in the folder at first; then they come, are read, and what is known as of D stays what it was."""
    later = {path: path.read_bytes() for path in fresh.rglob("*") if path.is_file() and ("2026-05" in path.name or "2026-06" in path.name)}
    assert later
    for path in later:
        path.unlink()
    run_programme(fresh)
    before = read_standing(fresh, as_of=D)
    for path, content in later.items():
        path.write_bytes(content)
    run_programme(fresh)
    after = read_standing(fresh, as_of=D)
    for name in ("outcomes", "spending"):
        assert getattr(before, name).equals(getattr(after, name))
    same = ["external_id", "contract", "verdict", "reasons", "delivered_at"]
    assert before.deliveries.select(same).equals(after.deliveries.select(same))
    assert before.settlement.returns.drop("words").equals(after.settlement.returns.drop("words"))


def test_a_folder_a_file_and_an_address_say_the_same_and_measuring_changes_nothing(ran: Path) -> None:
    before = (ran / "payper.sqlite").read_bytes()
    places = [ran, ran / "payper.sqlite", f"sqlite:///{ran / 'payper.sqlite'}"]
    stands = [read_standing(place) for place in places]
    assert stands[0].outcomes.equals(stands[1].outcomes)
    assert stands[0].deliveries.equals(stands[2].deliveries)
    assert len({each.day for each in stands}) == 1
    assert (ran / "payper.sqlite").read_bytes() == before


def test_a_book_on_a_server_says_what_a_file_says(simulated: Path, ran: Path, postgres: str, tmp_path: Path) -> None:
    address = f"{postgres}?book=measured"
    run_programme(simulated, out=tmp_path / "out", database=address)
    server, file = read_standing(address), read_standing(ran)
    assert server.outcomes.equals(file.outcomes)
    assert server.spending.equals(file.spending)
    assert (server.words.margin, server.words.effort, server.place) == (file.words.margin, file.words.effort, None)


def test_a_folder_that_was_never_run_is_run_first_and_says_so(fresh: Path) -> None:
    """Its own margin holds when it is measured again; its book alone remembers the last run's. A file that no run has read is named."""
    folder = fresh
    result = measure(folder, as_of=D)
    assert result.report == folder / "out" / "results.html"
    assert any("had never been run" in note for note in result.notes)
    sheet = folder / "programme.toml"
    sheet.write_text(sheet.read_text("utf-8").replace('margin = "0.72"', 'margin = "0.36"'), encoding="utf-8")
    (folder / "milestones" / "zz-new.csv").write_text("external_id,milestone,happened_at\n", encoding="utf-8")
    again, book = read_standing(folder, as_of=D), read_standing(folder / "out", as_of=D)
    assert (again.words.margin, book.words.margin) == (Decimal("0.36"), Decimal("0.72"))
    (note,) = again.notes
    assert "milestones/zz-new.csv" in note


def test_a_day_after_the_last_one_read_is_said_to_be_empty(ran: Path) -> None:
    assert any("Nothing later than" in note for note in read_standing(ran, as_of=date(2027, 3, 1)).notes)


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

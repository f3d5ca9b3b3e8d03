"""`payper measure` and `payper providers` as a person or a program meets them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from payper.cli import main


class Command:
    """Calls `payper` as its script does, and gives what it prints and its exit code."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["payper", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err


@pytest.fixture
def payper(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("COLUMNS", "80")
    return Command(monkeypatch, capsys)


def test_measure_says_the_headline_and_where_the_page_is_in_80_columns(payper: Command, simulated: Path) -> None:
    code, shown, error = payper("measure", simulated, "--by", "model,company_size")
    assert (code, error) == (0, "")
    assert max(len(line) for line in shown.splitlines() if str(simulated) not in line) <= 80
    assert f"Results: {simulated}/out/results.html" in shown
    assert shown.rstrip().splitlines()[-1].startswith("Next: ")
    assert (simulated / "out" / "results.html").read_text("utf-8").startswith("<!doctype html>")


def test_json_is_all_that_is_printed_and_no_page_is_written_unless_asked(payper: Command, simulated: Path) -> None:
    page = simulated / "out" / "results.html"
    page.unlink(missing_ok=True)
    values = json.loads(payper("measure", simulated, "--json", "--horizon", "90")[1])
    assert values["horizon_days"] == 90
    assert not page.exists()


def test_providers_are_compared_in_80_columns_and_nothing_is_written(payper: Command, simulated: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in simulated.rglob("*") if path.is_file() and "sqlite" not in path.name}
    code, shown, _ = payper("providers", simulated, "--weights", "accuracy=2,outcome=1")
    assert code == 0
    assert max(len(line) for line in shown.splitlines() if str(simulated) not in line) <= 80
    assert "data accuracy" in shown
    assert before == {path: path.stat().st_mtime_ns for path in simulated.rglob("*") if path.is_file() and "sqlite" not in path.name}


@pytest.mark.parametrize(
    "arguments",
    [
        ["measure"],
        ["measure", "nowhere"],
        ["measure", ".", "--database", "x.sqlite"],
        ["measure", "--database", "mysql://host/db"],
        ["measure", "--database", "missing.sqlite"],
        ["measure", ".", "--by", "modle"],
        ["measure", ".", "--horizon", "0"],
        ["measure", ".", "--horizon", "soon"],
        ["measure", ".", "--as-of", "31.02.2026"],
        ["providers"],
        ["providers", "nowhere"],
        ["providers", ".", "--weights", "acuracy=1"],
    ],
)
def test_what_makes_no_sense_is_a_question_of_usage(
    payper: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, shown, error = payper(*arguments)
    assert (code, shown) == (2, "")
    assert error


def test_a_file_that_is_no_book_is_a_fault_of_the_world(payper: Command, tmp_path: Path) -> None:
    path = tmp_path / "payper.sqlite"
    path.write_text("not a database", encoding="utf-8")
    assert payper("measure", "--database", path)[0] == 3


@pytest.mark.parametrize("asked", [("--milestone", "meeting", "--within", "30"), ("--milestone", "show", "--slots", "4"), ()])
def test_scores_say_the_headline_and_what_next_in_80_columns(payper: Command, simulated: Path, asked: tuple[str, ...]) -> None:
    code, shown, error = payper("score", simulated, *asked)
    assert (code, error) == (0, "")
    assert max(len(line) for line in shown.splitlines() if str(simulated) not in line) <= 80
    assert "(simulated), as of " in shown
    assert shown.rstrip().splitlines()[-1].startswith("Next: ")


def test_scores_as_json_are_all_that_is_printed(payper: Command, simulated: Path, tmp_path: Path) -> None:
    code, shown, _ = payper(
        "score", simulated, "--milestone", "meeting", "--json", "--html", tmp_path / "s.html", "--csv", tmp_path / "s.csv"
    )
    assert code == 0
    assert json.loads(shown)["milestone"] == "meeting"
    assert (tmp_path / "s.html").read_text("utf-8").startswith("<!doctype html>")
    assert (tmp_path / "s.csv").read_text("utf-8").startswith("delivery_id,contract,provider")

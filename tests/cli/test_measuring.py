"""`payper measure` and `payper providers` as a person or a program meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_commands import payper

from payper.desk.run import run_programme
from payper.desk.simulate import simulate


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measuring") / "programme"
    simulate(folder, seed=3, deliveries=250)
    run_programme(folder)
    return folder


def test_measure_says_the_headline_and_where_the_page_is_in_80_columns(ran: Path) -> None:
    shown = payper("measure", ran, "--by", "model,company_size")
    assert shown.returncode == 0, shown.stderr
    lines = [line for line in shown.stdout.splitlines() if str(ran) not in line]
    assert max(map(len, lines)) <= 80
    assert f"Results: {ran}/out/results.html" in shown.stdout
    assert shown.stdout.rstrip().splitlines()[-1].startswith("Next: ")
    assert (ran / "out" / "results.html").is_file()


def test_json_is_all_that_is_printed_and_no_page_is_written_unless_asked(ran: Path, tmp_path: Path) -> None:
    page = ran / "out" / "results.html"
    page.unlink(missing_ok=True)
    values = json.loads(payper("measure", ran, "--json", "--horizon", "90").stdout)
    assert values["horizon_days"] == 90
    assert not page.exists()
    payper("measure", ran, "--json", "--out", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")


def test_providers_are_compared_in_80_columns_and_nothing_is_written(ran: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in ran.rglob("*") if path.is_file() and "sqlite" not in path.name}
    shown = payper("providers", ran, "--weights", "accuracy=2,outcome=1")
    assert shown.returncode == 0, shown.stderr
    assert max(len(line) for line in shown.stdout.splitlines() if str(ran) not in line) <= 80
    assert "data accuracy" in shown.stdout
    assert before == {path: path.stat().st_mtime_ns for path in ran.rglob("*") if path.is_file() and "sqlite" not in path.name}


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
def test_what_makes_no_sense_is_a_question_of_usage(tmp_path: Path, arguments: list[str]) -> None:
    result = payper(*arguments, folder=tmp_path)
    assert result.returncode == 2
    assert result.stderr
    assert "Traceback" not in result.stderr


def test_a_file_that_is_no_book_is_a_fault_of_the_world(tmp_path: Path) -> None:
    path = tmp_path / "payper.sqlite"
    path.write_text("not a database", encoding="utf-8")
    result = payper("measure", "--database", path)
    assert result.returncode == 3
    assert "Traceback" not in result.stderr


def test_quiet_prints_nothing(ran: Path) -> None:
    assert payper("measure", ran, "--quiet").stdout == ""
    assert payper("providers", ran, "--quiet").stdout == ""

"""`payper forecast` as a person or a program meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_measuring import Command, payper  # noqa: F401  # a fixture

DAY = ("--as-of", "2026-04-15")


def test_forecast_says_the_chance_the_weeks_and_what_is_counted_on_in_80_columns(
    payper: Command,  # noqa: F811  # the fixture
    simulated: Path,
    tmp_path: Path,
) -> None:
    page = tmp_path / "forecast.html"
    code, shown, error = payper("forecast", simulated / "out", *DAY, "--goal", "wins=3", "--buy", "lead=90", "--html", page)
    assert (code, error) == (0, "")
    assert max(len(line) for line in shown.splitlines() if str(page) not in line) <= 80
    for words in ("chance of 3 wins by 30 Jun 2026", "in 13 weeks", "week from", "16 Apr 2026", "Counted on from contracts:", "bands held"):
        assert words in shown
    assert f"Forecast: {page}" in shown
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_json_is_all_that_is_printed_and_the_same_seed_gives_the_same(payper: Command, simulated: Path) -> None:  # noqa: F811
    asked = ("forecast", simulated / "out", *DAY, "--weeks", "4", "--by", "none", "--json")
    told = [payper(*asked)[1] for _ in range(2)]
    assert told[0] == told[1]
    assert {row["week"] for row in json.loads(told[0])["weekly"]} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    "arguments",
    [
        ["forecast"],
        ["forecast", "nowhere"],
        ["forecast", ".", "--database", "x.sqlite"],
        ["forecast", "--database", "missing.sqlite"],
        ["forecast", ".", "--weeks", "0"],
        ["forecast", ".", "--weeks", "soon"],
        ["forecast", ".", "--by", "country"],
        ["forecast", ".", "--until", "31.02.2026"],
        ["forecast", ".", "--seed", "-1"],
        ["advise", "profile.toml", "--seed", "-1"],
        ["advise", "profile.toml", "--as-of", "2026-04-15"],
        ["advise", "--questions", "profile.toml"],
    ],
)
def test_what_makes_no_sense_is_a_question_of_usage(
    payper: Command,  # noqa: F811  # the fixture
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, shown, error = payper(*arguments)
    assert (code, shown) == (2, "")
    assert error

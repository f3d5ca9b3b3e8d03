"""The command line as a person or a program meets it: words, JSON, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.desk.conftest import CONTRACT, HEADER, lead, programme

from payper.desk.folder.run import run_programme

__all__ = ["programme"]


def payper(*arguments: object, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "payper", *map(str, arguments)], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


def test_run_says_where_the_report_is_and_json_is_the_summary(programme: Path) -> None:
    shown = payper("run", programme)
    assert shown.returncode == 0, shown.stderr
    assert f"Report: {programme}/out/report.html" in shown.stdout
    assert "Traceback" not in shown.stderr
    summary = json.loads(payper("run", programme, "--json").stdout)
    assert summary["contracts"][0]["id"] == "reach"
    assert payper("run", programme, "--quiet").stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [["run", "nowhere"], ["run"], ["frobnicate"], ["judge", "no.toml", "no.csv"], ["run", ".", "--as-of", "31.02.2026"], ["verify", "."]],
)
def test_what_does_not_exist_is_a_question_of_usage(tmp_path: Path, arguments: list[str]) -> None:
    result = payper(*arguments, folder=tmp_path)
    assert result.returncode == 2
    assert result.stderr
    assert "Traceback" not in result.stderr


def test_a_contract_with_errors_says_no(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(CONTRACT.replace('"48.00"', '"48.005"'), encoding="utf-8")
    result = payper("contract", "check", path)
    assert result.returncode == 1
    assert "bad.toml:" in result.stdout
    assert json.loads(payper("contract", "check", path, "--json").stdout)["has_errors"] is True
    assert payper("judge", path, path).returncode == 1


def test_a_contract_runs_its_examples(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    good = (
        CONTRACT + '\n[[example]]\ngiven = { email = "cio@acme.com", title = "CIO", country = "US" }\ngives = "accepted"\nowes = "48.00"\n'
    )
    path.write_text(good, encoding="utf-8")
    assert payper("contract", "check", path).returncode == 0
    path.write_text(good.replace('owes = "48.00"', 'owes = "50.00"'), encoding="utf-8")
    result = payper("contract", "check", path)
    assert result.returncode == 1
    assert "48.00 USD" in result.stdout


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_judge_writes_verdicts_by_the_ending_of_out(tmp_path: Path, ending: str) -> None:
    import polars as pl

    (tmp_path / "acme.toml").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "leads.csv").write_text(HEADER + lead(1) + lead(2, title="IT Intern"), encoding="utf-8")
    out = tmp_path / f"verdicts{ending}"
    result = payper("judge", tmp_path / "acme.toml", tmp_path / "leads.csv", "--out", out)
    assert result.returncode == 0, result.stderr
    frame = pl.read_csv(out) if ending == ".csv" else pl.read_parquet(out)
    assert frame.columns[:10] == [
        "contract",
        "file",
        "row",
        "external_id",
        "verdict",
        "headline",
        "reasons",
        "price_minor",
        "currency",
        "contract_version",
    ]
    assert frame["verdict"].to_list() == ["accepted", "rejected"]
    again = payper("judge", tmp_path / "acme.toml", tmp_path / "leads.csv", "--history", out, "--json")
    assert json.loads(again.stdout)["reasons"] == {"RESENT": 1, "SENIORITY_OUTSIDE": 1}


def test_backtest_says_what_would_change(programme: Path) -> None:
    assert payper("run", programme, "--quiet").returncode == 0
    other = programme / "other.toml"
    other.write_text(CONTRACT.replace('seniority = "manager.."', 'seniority = "intern.."').replace('"48.00"', '"50.00"'), encoding="utf-8")
    result = payper("contract", "backtest", other, "--on", "reach", "--in", programme, "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["before_minor"], told["after_minor"]) == (9600, 15000)
    assert told["moves"] == [{"before": "rejected", "after": "accepted", "deliveries": 1}]


def test_simulate_makes_a_programme_that_runs(tmp_path: Path) -> None:
    assert payper("simulate", tmp_path / "made", "--deliveries", 240, "--seed", 5).returncode == 0
    assert payper("simulate", tmp_path / "made").returncode == 2
    result = payper("run", tmp_path / "made", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["programme"]["is_simulated"] is True


def test_every_command_has_help_with_an_example() -> None:
    pages = (Path(__file__).parents[2] / "docs" / "commands.md").read_text("utf-8")
    assert pages.count("Example: payper") >= 12


@pytest.mark.parametrize(("event", "argument"), [("import", "click"), ("import", "payper.desk.folder.run"), ("sqlite3.connect", "")])
def test_an_interruption_is_answered_in_one_line_wherever_it_comes(programme: Path, event: str, argument: str) -> None:
    """The signal is raised by the process itself at a point that its own audit trail names."""
    code = f"""
import signal, sys
def watch(event, arguments, armed=[True]):
    if armed and event == {event!r} and str(arguments[0]).endswith({argument!r}):
        armed.clear()
        signal.raise_signal(signal.SIGINT)
sys.argv = ["payper", "run", {str(programme)!r}]
from payper.__main__ import main
sys.addaudithook(watch)
main()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.strip()) == (130, "Stopped. Nothing was lost; run the same command again to go on.")
    assert run_programme(programme).new_rows == 4


@pytest.mark.parametrize(
    ("folder", "column"), [("milestones", "happened_at"), ("returns", "claimed_at"), ("deliveries/reach", "generated_at")]
)
def test_mapping_knows_by_its_folder_what_a_file_is_of(tmp_path: Path, folder: str, column: str) -> None:
    path = tmp_path / folder / "file.csv"
    path.parent.mkdir(parents=True)
    path.write_text("Lead ID,Date\nL-1,2026-01-15\n", encoding="utf-8")
    assert json.loads(payper("mapping", path, "--json").stdout)["columns"] == {"external_id": "Lead ID", column: "Date"}


def test_what_was_printed_arrives_whole_although_the_command_ends_at_once(programme: Path) -> None:
    """A pipe is not written line by line: what waits in the buffer must be written before the process is left."""
    codes = payper("reasons").stdout.splitlines()
    assert codes[-1].strip().endswith(".")
    assert json.loads(payper("run", programme, "--json").stdout)["contracts"]


def test_mapping_knows_the_questions_of_the_contract_a_file_lies_under(tmp_path: Path) -> None:
    """A header that is no column of payper's is an answer where the contract asks it, as `payper run` takes it, and unused elsewhere."""
    asked = '\n[[record.question]]\nfield = "timeframe"\naccept = ["3 months"]\n'
    for place in ("contracts", "deliveries/reach", "elsewhere"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "contracts" / "reach.toml").write_text(CONTRACT + asked, encoding="utf-8")
    for place in ("deliveries/reach", "elsewhere"):
        (tmp_path / place / "leads.csv").write_text("Email,Time frame\na@acme.com,3 months\n", encoding="utf-8")
    known = json.loads(payper("mapping", tmp_path / "deliveries" / "reach" / "leads.csv", "--json").stdout)
    assert known["columns"] == {"email": "Email", "answer_timeframe": "Time frame"}
    assert json.loads(payper("mapping", tmp_path / "elsewhere" / "leads.csv", "--json").stdout)["unmapped"] == ["Time frame"]

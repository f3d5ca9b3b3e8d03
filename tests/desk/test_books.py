"""A book in PostgreSQL says what a book in SQLite says, file by file, and is as safe from kills."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.desk.conftest import HEADER, lead

from payper.desk.book.explain_verdict import explain_verdict
from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme
from payper.store import read_database

AddLeads = Callable[[str, str], Path]

ALIKE = ("verdicts.csv", "ledger.beancount", "ledger.journal", "refusals.csv", "rejects/reach.csv", "statements/reach.csv")


def add_facts(folder: Path) -> None:
    (folder / "milestones" / "m.csv").write_text(
        "contract,external_id,milestone,happened_at,amount,currency\nreach,L-4,won,2026-02-10,1000.00,USD\n", encoding="utf-8"
    )
    (folder / "returns" / "r.csv").write_text(
        "contract,external_id,reason,claimed_at,evidence\nreach,L-1,EMAIL_BOUNCED,2026-01-16 09:00,b\n", encoding="utf-8"
    )


def told(out: Path) -> dict[str, object]:
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    return {name: (out / name).read_text("utf-8") for name in ALIKE} | {"summary": summary}


def test_a_programme_run_step_by_step_says_the_same_from_either_database(
    programme: Path, add_leads: AddLeads, tmp_path: Path, postgres: str
) -> None:
    server = f"{postgres}?book=steps_{os.getpid()}"
    outs = {"sqlite": tmp_path / "in-a-file", "postgresql": tmp_path / "on-a-server"}

    def run_both() -> None:
        first = run_programme(programme, out=outs["sqlite"])
        second = run_programme(programme, out=outs["postgresql"], database=server)
        assert (first.new_rows, first.headline, first.notes) == (second.new_rows, second.headline, second.notes)
        assert told(outs["sqlite"]) == told(outs["postgresql"])

    run_both()
    add_leads("two.csv", "".join(lead(number, day=f"2026-01-{number % 9 + 12}") for number in range(5, 25)) + lead(1))
    run_both()
    add_facts(programme)
    run_both()
    run_both()
    assert not (outs["postgresql"] / "payper.sqlite").exists()
    verified = verify(server)
    assert verified.fault is None
    assert verified.counts == verify(outs["sqlite"]).counts
    assert explain_verdict(server, "L-2")[0].text == explain_verdict(outs["sqlite"], "L-2")[0].text


def test_two_books_of_one_server_know_nothing_of_each_other(programme: Path, tmp_path: Path, postgres: str) -> None:
    for name in ("left", "right"):
        result = run_programme(programme, out=tmp_path / name, database=f"{postgres}?book={name}_{os.getpid()}")
        assert result.new_rows == 4


def test_two_runs_at_once_on_a_server_judge_every_row_once(programme: Path, add_leads: AddLeads, tmp_path: Path, postgres: str) -> None:
    server = f"{postgres}?book=both_{os.getpid()}"
    add_leads("two.csv", "".join(lead(number) for number in range(5, 60)))
    asked: list[str] = []

    def run(name: str) -> None:
        try:
            run_programme(programme, out=tmp_path / name, database=server)
        except Exception as error:  # noqa: BLE001  # what the second is told is the test
            asked.append(str(error))

    threads = [threading.Thread(target=run, args=(name,)) for name in ("a", "b")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert all("Run the same command again" in words for words in asked)
    run_programme(programme, out=tmp_path / "c", database=server)
    with read_database(server) as database:
        assert database.verdicts().height == 59
    assert verify(server).fault is None


@pytest.mark.slow
def test_a_run_on_a_server_killed_at_any_instant_goes_on(programme: Path, tmp_path: Path, postgres: str) -> None:
    add_facts(programme)
    rows = "".join(lead(number, day=f"2026-01-{number % 20 + 5:02}") for number in range(10, 70))
    (programme / "deliveries" / "reach" / "more.csv").write_text(HEADER + rows, encoding="utf-8")
    run_programme(programme, out=tmp_path / "whole")
    expected = told(tmp_path / "whole")
    chance = random.Random(20261126)  # the instants of the kills; a seed makes them the same
    code = "import sys; from pathlib import Path; from payper.desk.folder.run import run_programme; print('on', flush=True); run_programme(Path(sys.argv[1]), out=Path(sys.argv[2]), database=sys.argv[3])"
    for kill in range(6):
        server, out = f"{postgres}?book=kill_{os.getpid()}_{kill}", tmp_path / f"killed-{kill}"
        with subprocess.Popen([sys.executable, "-c", code, str(programme), str(out), server], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.05, 2.5))
            process.kill()
        run_programme(programme, out=out, database=server)
        assert told(out) == expected
        assert verify(server).fault is None

"""Killed at random instants, at least 200 times: nothing is lost and nothing doubled, and a run goes on from where the last one was."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from tests.desk.conftest import HEADER, lead

from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme

KILLS = int(os.environ.get("PAYPER_KILLS", "200"))

# A process that has everything imported and forks a run at every line it is told: starting Python costs more than a run.
FORKING = """
import os, sys
from pathlib import Path
from payper.desk.folder.run import run_programme
import payper.adjudication.fuzzy, payper.reports.html, payper.reports.statement, payper.settlement
folder = Path(sys.argv[1])
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        run_programme(folder, out=Path(line.strip()))
        os._exit(0)
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("ended", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("half", [1, 2])
def test_a_run_killed_at_any_instant_goes_on_with_nothing_lost_or_doubled(programme: Path, tmp_path: Path, half: int) -> None:
    """Every kill lands at a random instant of a run; the run after it must say what an undisturbed run says."""
    (programme / "returns" / "r.csv").write_text(
        "contract,external_id,reason,claimed_at,evidence\nreach,L-1,EMAIL_BOUNCED,2026-01-16 09:00,b\n", encoding="utf-8"
    )
    (programme / "milestones" / "m.csv").write_text(
        "contract,external_id,milestone,happened_at,amount,currency\nreach,L-4,won,2026-02-10,1000.00,USD\n", encoding="utf-8"
    )
    rows = "".join(lead(number, day=f"2026-01-{number % 20 + 5:02}") for number in range(10, 70))
    (programme / "deliveries" / "reach" / "more.csv").write_text(HEADER + rows, encoding="utf-8")
    whole = run_programme(programme, out=tmp_path / "whole")
    expected = fingerprint(tmp_path / "whole")
    chance = random.Random(20260100 + half)  # the instants of the kills; a seed makes them the same
    landed = 0
    with subprocess.Popen(
        [sys.executable, "-c", FORKING, str(programme)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as forking:
        assert forking.stdin is not None
        assert forking.stdout is not None
        spread = one_run(forking, tmp_path / "timed", kill_after=None)
        for number in range(KILLS // 2):
            out = tmp_path / f"out-{number}"
            one_run(forking, out, kill_after=chance.uniform(0, 1.1 * spread))
            landed += not (out / "report.html").exists()
            result = run_programme(programme, out=out)
            assert fingerprint(out) == expected
            assert verify(out).fault is None
            assert result.summary == whole.summary
            shutil.rmtree(out)
        forking.stdin.close()
    assert landed > KILLS // 4


def one_run(forking: subprocess.Popen[str], out: Path, *, kill_after: float | None) -> float:
    """Let a run begin, kill it after some seconds if asked, and give how long it lasted."""
    assert forking.stdin is not None
    assert forking.stdout is not None
    forking.stdin.write(f"{out}\n")
    forking.stdin.flush()
    pid = int(forking.stdout.readline())
    started = time.perf_counter()
    if kill_after is not None:
        time.sleep(kill_after)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert forking.stdout.readline() == "ended\n"
    return time.perf_counter() - started


def fingerprint(out: Path) -> tuple[object, ...]:
    """What must be the same: verdicts, money, chains (batch digests do not depend on when)."""
    verdicts = pl.read_csv(out / "verdicts.csv", infer_schema=False)
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    return (
        verdicts.rows(),
        summary["contracts"],
        (out / "ledger.beancount").read_text("utf-8"),
        sorted(path.name for path in out.rglob("*.csv")),
    )

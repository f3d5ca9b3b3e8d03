"""Write `examples/northwind` anew, or with `--check` say whether it is what the simulator makes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from payper.simulation import simulate_programme

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "northwind"
SEED = 20_260_105
KEPT = {"README.md", "profile.toml"}


def make_northwind() -> dict[str, bytes]:
    """Give every simulated file of the example, by its path inside the folder."""
    return simulate_programme(seed=SEED, buyer="northwind", contracts=4, deliveries=3_600).files


def main() -> int:
    """Write the folder, or compare it."""
    files = make_northwind()
    there = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*") if path.is_file()}
    theirs = {name: content for name, content in there.items() if name not in KEPT}
    if "--check" in sys.argv:
        stale = sorted(name for name in files.keys() | theirs.keys() if files.get(name) != theirs.get(name))
        print("\n".join(f"{FOLDER / name}: is not what the simulator makes; run tools/make_northwind.py" for name in stale))
        return 1 if stale else 0
    for path in FOLDER.iterdir() if FOLDER.is_dir() else ():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name, content in files.items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_bytes(content)
    print(f"{FOLDER}: {len(files)} files, {sum(map(len, files.values())):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Compile the hashed lock files anew (`make lock`), without the address of any index in them.

`requirements/inputs.sha256` records what they were compiled from; `tools/generate.py --check` compares it, without a network.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
RECORD = FOLDER / "inputs.sha256"


def inputs_digest() -> str:
    """Give the digest of everything the locks are compiled from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    parts = [
        repr(project["project"]["dependencies"]),
        repr(project["dependency-groups"]),
        repr(project["project"]["requires-python"]),
        (FOLDER / "bootstrap.in").read_text("utf-8"),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def main() -> None:
    """Compile, refuse any address, and record the inputs."""
    uv = Path(sys.executable).parent / "uv"
    compile_ = [
        str(uv),
        "pip",
        "compile",
        "-q",
        "--generate-hashes",
        "--universal",
        "--python-version",
        "3.11",
        "--no-header",
        "--no-annotate",
    ]
    for arguments in (
        ["requirements/bootstrap.in", "-o", "requirements/bootstrap.txt"],
        ["pyproject.toml", "-o", "requirements/run.txt"],
        ["pyproject.toml", "--group", "test", "-c", "requirements/run.txt", "-o", "requirements/test.txt"],
        ["pyproject.toml", "--group", "browser", "-c", "requirements/test.txt", "-o", "requirements/browser.txt"],
    ):
        subprocess.run([*compile_, *arguments], cwd=ROOT, check=True)
    for path in FOLDER.glob("*.txt"):
        assert "://" not in path.read_text("utf-8"), f"{path.name} names an address"
    RECORD.write_text(inputs_digest() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""The check of `make check` that keeps modules and functions short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parent.parent / "tools" / "sizes.py"


def _checked(folder: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, str(TOOL), str(folder)], capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stdout


def _function(lines: int) -> str:
    return "\n".join(["@staticmethod", "def settle() -> None:", *["    pass"] * (lines - 2)]) + "\n"


def test_what_is_just_short_enough_passes(tmp_path: Path) -> None:
    (tmp_path / "terms.py").write_text(_function(60) + "\n" * 440, encoding="utf-8")
    assert _checked(tmp_path)[0] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [("\n" * 3 + _function(61), "terms.py:4: `settle` has 61 lines"), ("\n" * 501, "terms.py:501: the module has 501 lines")],
)
def test_what_is_too_long_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "terms.py").write_text(text, encoding="utf-8")
    code, words = _checked(tmp_path)
    assert code == 1
    assert words.startswith(said)
    assert words.count("\n") == 1

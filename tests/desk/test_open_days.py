"""Decision 0010: without `--as-of` everything is as of the latest date found, though it lies ahead, and then a note says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.desk.conftest import lead

from payper.desk.folder.run import run_programme


def test_a_date_far_ahead_is_the_day_of_everything_and_is_told(programme: Path, add_leads: Callable[[str, str], Path]) -> None:
    add_leads("slip.csv", lead(5, day="2098-01-15"))
    result = run_programme(programme)
    assert result.summary["as_of"] == "2098-01-15"
    assert any("2098-01-15, lies in the future" in note for note in result.summary["notes"])
    named = run_programme(programme, as_of=date(2026, 2, 1), out=programme / "other")
    assert named.summary["as_of"] == "2026-02-01"
    assert not any("lies in the future" in note for note in named.summary["notes"])

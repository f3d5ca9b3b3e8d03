"""The reference of the language is made from the code where it can be."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import terms_page

    yield terms_page
    sys.modules.pop("terms_page", None)


def test_what_the_code_gives_is_written_anew_and_the_rest_is_left(page) -> None:
    text = page.PAGE.read_text("utf-8")
    spoiled = text.replace("| `ends` | a date | open |", "| `ends` | a date | never |").replace("# The contract language", "# The language")
    assert spoiled != text
    assert page.terms(spoiled) == text.replace("# The contract language", "# The language")


def test_the_committed_reference_is_current(page) -> None:
    assert page.terms() == page.PAGE.read_text("utf-8")


def test_a_part_that_is_not_marked_is_missed(page) -> None:
    with pytest.raises(ValueError, match="keys of caps"):
        page.terms(page.PAGE.read_text("utf-8").replace("`make docs`: keys of caps", "`make docs`: keys of cups"))

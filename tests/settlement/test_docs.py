"""The example in docs/settlement.md runs."""

import doctest
from pathlib import Path


def test_the_worked_example_says_what_settlement_says() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "settlement.md"
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert tried > 10
    assert failed == 0

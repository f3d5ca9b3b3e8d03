"""Cells that a spreadsheet would run are made harmless, and read back as they were."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from payper.intake.formulas import escaped, unescaped


@given(st.lists(st.text(max_size=6), max_size=10))
def test_escaping_is_undone_exactly(texts: list[str]) -> None:
    frame = pl.DataFrame({"a": texts}, schema={"a": pl.String})
    assert unescaped(escaped(frame), ["a"]).equals(frame)


def test_formulas_are_escaped_and_numbers_are_not() -> None:
    risky = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "+49-151-8377075", "+49/30.123", "\t=1", "\r=1", "'=1"]
    plain = ["+1 (415) 555-0100", "-5", "+49 151/2222", "ann@acme.com", "a=b", "'quoted'", ""]
    assert escaped(pl.DataFrame({"a": risky}))["a"].to_list() == ["'" + cell for cell in risky]
    assert escaped(pl.DataFrame({"a": plain}))["a"].to_list() == plain

"""A value changed in a contract's text changes that value and nothing else."""

from __future__ import annotations

import tomllib
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desk.conftest import CONTRACT

from payper.terms.editing import values_of, with_values, written

TEXT = """# Ours since March
[contract]
id = "reach"   # never changes
buyer = "northwind"
provider = "intentreach"
currency = "USD"
timezone = "America/New_York"
starts = 2026-01-01

# Who
[audience]
countries = [
  "US",  # first
  "CA",
]

[[price]]
on = "accepted"
amount = "48.00" # a lead
[[price]]
on = "won"
percent = "2"
"""


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("contract", "id"), "other", 'id = "other"   # never changes'),
        (("contract", "ends"), date(2026, 6, 30), "ends = 2026-06-30"),
        (("contract", "holds_from"), datetime.fromisoformat("2026-06-30T09:00:00"), "holds_from = 2026-06-30T09:00:00"),
        (("audience", "countries"), ["DE"], 'countries = ["DE"]'),
        (("price", 0, "amount"), "52.00", 'amount = "52.00" # a lead'),
        (("price", 1, "when"), "seniority >= 'director'", "when = \"seniority >= 'director'\""),
        (("price", 2, "on"), "meeting held", 'on = "meeting held"'),
        (("caps", "per_day"), 60, "per_day = 60"),
    ],
)
def test_a_change_is_one_line_and_the_rest_stays(path: tuple[str | int, ...], value: object, line: str) -> None:
    changed = with_values(TEXT, {path: value})  # type: ignore[dict-item]
    assert line in changed.splitlines()
    kept = [each for each in TEXT.splitlines() if each.strip()]
    gone = [each for each in kept if each not in changed.splitlines()]
    assert len(gone) <= (4 if path == ("audience", "countries") else 1)
    expected = tomllib.loads(TEXT)
    place: object = expected
    for part in path[:-1]:
        if isinstance(place, dict):
            place = place.setdefault(part, {})
        else:
            assert isinstance(place, list)
            if part == len(place):
                place.append({})
            place = place[part]
    place[path[-1]] = value  # type: ignore[index]
    assert tomllib.loads(changed) == expected


def test_a_key_can_be_taken_out_and_a_table_stands_where_the_language_has_it() -> None:
    assert "amount" not in with_values(TEXT, {("price", 0, "amount"): None})
    changed = with_values(TEXT, {("caps", "total"): 10, ("review", "window"): "5bd", ("record", "required"): ["email"]})
    tables = [line for line in changed.splitlines() if line.startswith("[")]
    assert tables == ["[contract]", "[audience]", "[record]", "[caps]", "[[price]]", "[[price]]", "[review]"]


def test_a_text_that_is_no_toml_is_left_alone() -> None:
    assert with_values("[contract\nid = ", {("contract", "id"): "x"}) == "[contract\nid = "
    assert values_of("[contract\nid = ") is None
    inline = 'contract = { id = "a" }\n'
    assert with_values(inline, {("contract", "ends"): date(2026, 1, 1)}) == inline


def test_saying_what_is_said_already_changes_nothing() -> None:
    assert (
        with_values(TEXT, {("contract", "starts"): date(2026, 1, 1), ("audience", "countries"): ["US", "CA"], ("caps", "total"): None})
        == TEXT
    )


@given(st.text(max_size=40), st.lists(st.text(max_size=10), max_size=4), st.integers(-(10**6), 10**6))
def test_whatever_is_written_is_read_back(text: str, texts: list[str], number: int) -> None:
    values = {("audience", "rule"): text, ("audience", "countries"): texts, ("caps", "total"): number}
    read = tomllib.loads(with_values(CONTRACT, values))
    assert (read["audience"]["rule"], read["audience"]["countries"], read["caps"]["total"]) == (text, texts, number)
    assert tomllib.loads(f"a = {written(text)}")["a"] == text

"""Answers of a form become a profile that reads as they were meant, and a profile becomes what the form shows."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.advice import read_profile
from payper.advice.questions import QUESTIONS, Question
from payper.advice.template import profile_template
from payper.advice.writing import answer_of, answered, typed_of, values_of, written

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
NAMES = st.text(string.ascii_lowercase + "_-", min_size=1, max_size=8)
PLAIN = st.one_of(TEXTS, st.integers(-(2**53), 2**53), st.booleans(), st.dates(), st.lists(TEXTS, max_size=3))
TABLES = st.dictionaries(NAMES, PLAIN, max_size=4)


def question(key: str) -> Question:
    return next(each for each in QUESTIONS if each.key == key)


@given(st.dictionaries(NAMES, st.one_of(PLAIN, TABLES.filter(bool), st.lists(TABLES.filter(bool), min_size=1, max_size=3)), max_size=6))
def test_what_is_written_reads_as_it_was(values: dict[str, Any]) -> None:
    assert values_of(written(values)) == values


@pytest.mark.parametrize(
    ("key", "typed", "read"),
    [
        ("revenue.deal_size", "26,000", "revenue.deal_minor=2600000"),
        ("revenue.deal_size", "26 000.50", "revenue.deal_minor=2600050"),
        ("revenue.margin", "72", "revenue.margin=0.72"),
        ("revenue.margin", "72.5 %", "revenue.margin=0.725"),
        ("revenue.expansion", "150%", "revenue.expansion=1.5"),
        ("sales.sdr_count", "4", "sales.sdr_count=4.0"),
        ("sales.cycle_days", "1,200", "sales.cycle_days=1200.0"),
        ("audience.is_new", "yes", "audience.is_new=True"),
        ("audience.is_new", "no", "audience.is_new=False"),
        ("audience.industries", "software, banking ,", "audience.industries=('software', 'banking')"),
        ("revenue.risk", "bold", "revenue.risk='bold'"),
    ],
)
def test_an_answer_is_read_as_it_was_meant(key: str, typed: str, read: str) -> None:
    table, name = key.split(".")
    text = written(answered({"currency": "USD"}, table, {name: typed}))
    draft = read_profile(text).draft
    assert draft is not None
    field = read.split("=", maxsplit=1)[0].split(".")[1]
    assert f"{table}.{field}={getattr(getattr(draft, table), field)!r}" == read


@pytest.mark.parametrize("key", [each.key for each in QUESTIONS])
@pytest.mark.parametrize("typed", ["abc", "-", '"', "1e999", "=1+1", "\\", "'''", "]]", "NaN", "9" * 60])
def test_what_cannot_be_read_is_kept_shown_again_and_named(key: str, typed: str) -> None:
    table, name = key.split(".")
    values = values_of(written(answered({"currency": "USD"}, table, {name: typed})))
    shown = typed_of(question(key), values[table][name])
    assert shown == typed or question(key).kind == "share"
    reading = read_profile(written(values))
    kind = question(key).kind
    assert kind in {"texts"} or any(finding.key == key and finding.is_error for finding in reading.findings), reading.findings


def test_an_empty_answer_takes_the_answer_out_and_leaves_the_others() -> None:
    values = {"currency": "EUR", "sales": {"sdr_count": 4, "cycle_days": 75}, "numbers": {"slot_use": {"value": "0.8"}}}
    later = answered(values, "sales", {"sdr_count": " "})
    assert later["sales"] == {"cycle_days": 75}
    assert (later["currency"], later["numbers"]) == ("EUR", values["numbers"])
    assert "sales" not in answered(values, "sales", {"sdr_count": "", "cycle_days": ""})


def test_a_form_shows_the_answers_of_the_template_and_gives_them_back() -> None:
    values = values_of(profile_template())
    for each in QUESTIONS:
        answer = values.get(each.table, {}).get(each.name)
        again = answer_of(each, typed_of(each, answer))
        assert str(again) == str(answer), each.key

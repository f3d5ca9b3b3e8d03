"""Laws of fuzzy matching, and its quality on a public set with known truth."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.adjudication.fuzzy import THRESHOLD, Field, find_possible, link

COLUMNS = ("first_name", "last_name", "company_key", "domain", "email_normal", "phone_e164", "city", "postal_code", "title")
FIONA = {
    "first_name": "Fiona",
    "last_name": "Ashdown",
    "company_key": "rovanridge systems",
    "domain": "rovanridgesystems.com",
    "email_normal": "fiona.ashdown@rovanridgesystems.com",
    "phone_e164": "+12015550123",
    "city": "Columbus",
    "postal_code": "28914",
    "title": "IT Manager",
}


def people(*rows: dict[str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict.fromkeys(COLUMNS, pl.String))


def score(one: dict[str, str | None], two: dict[str, str | None]) -> float:
    found = find_possible(people(one), people(two), threshold=0.0)
    return found["score"].item() if found.height else 0.0


NAMES = st.sampled_from(["Fiona", "Fionna", "Jörg", "Joerg", "J", "Anna", "Li", "O'Keefe", "van den Berg", None])
LASTS = st.sampled_from(["Ashdown", "Ashdwon", "Aschdown", "Müller", "Mueller", "Fiona", "O'Keefe", None])
PERSON = st.fixed_dictionaries(
    {
        "first_name": NAMES,
        "last_name": LASTS,
        "company_key": st.sampled_from(["rovanridge systems", "rovan ridge systems", "halvogate", None]),
        "domain": st.sampled_from(["rovanridgesystems.com", "halvogate.de", None]),
        "email_normal": st.sampled_from(["fiona.ashdown@rovanridgesystems.com", "f.ashdown@gmail.com", "ashdown@halvogate.de", None]),
        "phone_e164": st.sampled_from(["+12015550123", "+12015550132", "+493012345678", None]),
        "city": st.sampled_from(["Columbus", "Köln", None]),
        "postal_code": st.sampled_from(["28914", "50667", None]),
        "title": st.sampled_from(["IT Manager", "Manager IT", "CIO", None]),
    }
)


@settings(max_examples=12)
@given(PERSON, PERSON)
def test_the_score_of_a_pair_is_the_same_from_either_side(one, two):
    assert score(one, two) == score(two, one)


@settings(max_examples=12)
@given(PERSON.filter(lambda row: row["first_name"] not in {None, "J"} and row["last_name"] and row["company_key"]))
def test_two_records_alike_in_names_and_company_and_all_else_are_possible(row):
    assert score(row, row) >= THRESHOLD


@settings(max_examples=12)
@given(PERSON, PERSON, st.sampled_from(COLUMNS))
def test_an_empty_field_neither_helps_nor_hurts(one, two, name):
    """An empty string, a null and an absent column are the same, and so is whichever side is empty."""
    null = score({**one, name: None}, two)
    assert score({**one, name: ""}, two) == null == score(one, {**two, name: None})


def test_a_difference_counts_against_and_an_absence_does_not():
    other_phone, no_phone = {**FIONA, "phone_e164": "+493099999999"}, {**FIONA, "phone_e164": None}
    weak = {"title": None, "email_normal": None, "last_name": "Ashdwon"}
    assert score(FIONA | weak, other_phone) < score(FIONA | weak, no_phone) < score(FIONA | weak, FIONA)


@settings(max_examples=12)
@given(st.lists(PERSON, max_size=8), st.lists(PERSON, max_size=5))
def test_no_row_is_paired_with_itself_and_no_pair_is_given_twice(batch, history):
    found = find_possible(people(*batch), people(*history), threshold=0.0)
    inside = found.filter(~pl.col("right_is_history"))
    assert (inside["right_index"] < inside["left"]).all()
    assert found.select("left", "right_index", "right_is_history").is_duplicated().sum() == 0


@settings(max_examples=12)
@given(st.lists(PERSON, min_size=2, max_size=8))
def test_a_pair_scores_alike_in_any_batch(rows):
    whole = find_possible(people(*rows), people(), threshold=0.0)
    for left, right, _, chance, _ in whole.rows():
        assert find_possible(people(rows[left]), people(rows[right]), threshold=0.0)["score"].item() == chance


@settings(max_examples=12)
@given(st.lists(PERSON, min_size=2, max_size=8))
def test_a_threshold_only_drops_pairs(rows):
    """Pairs that cannot reach the threshold are dropped early, which must change nothing."""
    everything = find_possible(people(*rows), people(), threshold=0.0)
    assert find_possible(people(*rows), people(), threshold=0.9).equals(everything.filter(pl.col("score") >= 0.9))


WORTH_A_LOOK = {
    "a mistyped last name": {"last_name": "Ashdwon", "email_normal": "fiona.ashdwon@rovanridgesystems.com"},
    "a private address": {"email_normal": "fiona.ashdown@gmail.com", "domain": "gmail.com"},
    "names in the wrong columns": {"first_name": "Ashdown", "last_name": "Fiona"},
    "an initial": {"first_name": "F.", "email_normal": None},
    "a company spelt otherwise": {"company_key": "rovan ridge system", "domain": "rovanridge.com", "email_normal": "fiona@rovanridge.com"},
}
NOT_WORTH_A_LOOK = {
    "a colleague of the same name": {
        "first_name": "Gerald",
        "email_normal": "gerald.ashdown@rovanridgesystems.com",
        "title": "CFO",
        "phone_e164": None,
    },
    "a colleague": {"first_name": "Owen", "last_name": "Barlow", "email_normal": "owen.barlow@rovanridgesystems.com"},
    "a namesake elsewhere": {
        "company_key": "halvogate labs",
        "domain": "halvogate.de",
        "email_normal": "fiona.ashdown@halvogate.de",
        "phone_e164": None,
        "city": "Köln",
        "postal_code": "50667",
        "title": "CFO",
    },
}


@pytest.mark.parametrize("change", WORTH_A_LOOK.values(), ids=WORTH_A_LOOK)
def test_one_person_twice_is_worth_a_look(change):
    assert score(FIONA, {**FIONA, **change}) >= THRESHOLD


@pytest.mark.parametrize("change", NOT_WORTH_A_LOOK.values(), ids=NOT_WORTH_A_LOOK)
def test_two_people_are_not_worth_a_look(change):
    assert score(FIONA, {**FIONA, **change}) < THRESHOLD


def test_evidence_says_which_fields_agree():
    found = find_possible(people({**FIONA, "last_name": "Ashdwon", "phone_e164": None, "email_normal": None}), people(FIONA), threshold=0.5)
    assert found["evidence"].to_list() == ["same first name, company, title; nearly the same last name"]


def test_an_empty_batch_gives_no_pairs():
    found = find_possible(people(), people(FIONA), threshold=0.5)
    assert found.height == 0
    assert found.schema == {
        "left": pl.UInt32,
        "right_index": pl.UInt32,
        "right_is_history": pl.Boolean,
        "score": pl.Float64,
        "evidence": pl.String,
    }


@settings(max_examples=12)
@given(st.lists(PERSON, min_size=1, max_size=6), st.lists(PERSON, min_size=1, max_size=6))
def test_linking_two_tables_is_the_same_from_either_side(left, right):
    fields = [Field("first_name", "name"), Field("last_name", "name"), Field("phone_e164", "code"), Field("city", "text")]
    there = link(people(*left), people(*right), fields=fields, threshold=0.0, rounds=0, swapped=("first_name", "last_name"))
    back = link(people(*right), people(*left), fields=fields, threshold=0.0, rounds=0, swapped=("first_name", "last_name"))
    assert set(there.select("left", "right").rows()) == set(back.select("right", "left").rows())


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["febrl4", "febrl1"])
def test_the_built_in_matcher_finds_febrl_persons(shared_data, name):
    benchmark = _benchmark()
    some = next(each for each in benchmark.read_sets(shared_data) if each.name == name)
    assert benchmark.measure(benchmark.built_in(some), some.truth)[2] >= 0.97


@pytest.mark.shared_data
@pytest.mark.slow
def test_splink_finds_febrl_persons(shared_data):
    benchmark = _benchmark()
    some = next(each for each in benchmark.read_sets(shared_data) if each.name == "febrl4")
    assert benchmark.measure(benchmark.by_splink(some), some.truth)[2] >= 0.995


def _benchmark():
    import importlib.util

    path = Path(__file__).resolve().parents[2] / "benchmarks" / "matching.py"
    spec = importlib.util.spec_from_file_location("matching_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module

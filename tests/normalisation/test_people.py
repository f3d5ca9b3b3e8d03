"""Two deliveries of one person have one key, and no key is made from nothing."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.normalisation.people import name_key, person_keys, split_names


def key(first: str | None, last: str | None) -> str | None:
    return name_key(pl.Series([first], dtype=pl.String), pl.Series([last], dtype=pl.String))[0]


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        ("Ada", "Lovelace", "ada lovelace"),
        (" ADA ", "LOVELACE", "ada lovelace"),
        ("Dr. Zoë", "O'Brien-Smith Jr.", "zoe obrien smith"),
        ("Dr.Zoë", "O’Brien Smith, Ph.D.", "zoe obrien smith"),
        ("Herr Prof. Jörg", "Straße", "jorg strasse"),
        ("M. Jean-Luc", "Lefèvre", "jean luc lefevre"),
        ("Łukasz", "Żółć", "lukasz zolc"),
        ("J.R.", "Smith III", "jr smith"),
        ("Md", "Ali", "md ali"),
        ("Mr", "Ma", "mr ma"),
        ("Алёна", "Йорк", "алена иорк"),
        ("美咲", "山田", "美咲 山田"),
        ("", "Lovelace", None),
        ("Ada", " ", None),
        ("-", "Lovelace", None),
        (None, "Lovelace", None),
        ("Ada", None, None),
    ],
)
def test_the_name_key_of(first: str | None, last: str | None, wanted: str | None) -> None:
    assert key(first, last) == wanted


def test_a_person_key_needs_first_name_last_name_and_company() -> None:
    keys = person_keys(
        pl.Series(["Ada", "Ada", None, "Ada"]), pl.Series(["King", "King", "King", "King"]), pl.Series(["acme", None, "acme", ""])
    )
    assert keys.to_list() == ["ada king|acme", None, None, None]


@given(st.text(max_size=20), st.text(max_size=20))
def test_case_and_white_space_make_no_other_person(first: str, last: str) -> None:
    assert key(f"  {first}\t", f" {last} ") == key(first, last)
    if first.isascii() and last.isascii():
        assert key(first.upper(), last.lower()) == key(first, last)


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=20))
def test_a_name_has_the_same_key_in_any_company(names: list[tuple[str, str]]) -> None:
    firsts, lasts = (pl.Series([name[place] for name in names], dtype=pl.String) for place in (0, 1))
    assert name_key(firsts, lasts).to_list() == [key(first, last) for first, last in names]


@pytest.mark.parametrize(
    ("full", "first", "last"),
    [
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ("Lovelace, Dr. Ada", "Ada", "Lovelace"),
        ("Dr. Ada Lovelace", "Ada", "Lovelace"),
        ("Ada King Lovelace", "Ada King", "Lovelace"),
        ("Anna van der Berg", "Anna", "van der Berg"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Ada Lovelace, PhD", "Ada", "Lovelace"),
        ("Ada Lovelace Jr.", "Ada", "Lovelace"),
        ("Van Morrison", "Van", "Morrison"),
        ("Lovelace", None, "Lovelace"),
        (" ", None, None),
        (None, None, None),
    ],
)
def test_one_column_names_are_split(full: str | None, first: str | None, last: str | None) -> None:
    assert split_names(pl.Series([full], dtype=pl.String)).rows() == [(first, last)]

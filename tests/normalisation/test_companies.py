"""Company keys: one company, one key."""

from __future__ import annotations

import csv
import gzip

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.normalisation.companies import company_keys

KEYS = {
    "example": ["Example GmbH & Co. KG", "EXAMPLE", " example ", "The Example Company", "Example, Inc.", "Example (UK) Ltd", "Example S.A. de C.V.",
                "Example Pty Ltd", "Example Sp. z o.o.", "Example A/S", "Example AB", "Example Oyj", "Example K.K.", "Example Pvt. Ltd.",
                "Example Co., Ltd.", "Example, Inc. Class A", "Éxample L.L.C.", "Example SE & Co. KGaA", "株式会社Example", "Example（株）",
                "ООО Example", "PT Example Tbk", "Example G.m.b.H.", "UAB Example", "Example Limited Liability Partnership LLP".replace(" Limited Liability Partnership", "")],
    "at and t": ["AT&T", "AT&T Inc.", "AT and T"],
    "loreal": ["L'Oréal S.A.", "L’Oreal"],
    "sa power": ["SA Power"],
    "ab": ["AB"],
    "inc": ["Inc."],
    "limited": ["The Limited"],
    "ソニー": ["株式会社ソニー"],
    "株式会社": ["株式会社"],
    "uk power networks holdings": ["UK Power Networks Holdings Limited"],
}  # fmt: skip


@pytest.mark.parametrize(("name", "key"), [(name, key) for key, names in KEYS.items() for name in names])
def test_a_company_has_one_key(name, key):
    assert company_keys(pl.Series([name])).to_list() == [key]


def test_a_name_without_letters_has_no_key():
    assert company_keys(pl.Series(["", " ", "...", None])).to_list() == [None] * 4


@given(st.text(max_size=30))
def test_a_name_with_a_letter_always_has_a_key(name):
    key = company_keys(pl.Series([f"a{name}"]))[0]
    assert key
    assert key == " ".join(key.split())


@settings(max_examples=25)
@given(st.lists(st.one_of(st.none(), st.text(max_size=10), st.sampled_from(KEYS["example"])), max_size=10))
def test_a_name_has_the_same_key_in_any_column(names):
    assert company_keys(pl.Series(names, dtype=pl.String)).to_list() == [
        company_keys(pl.Series([name], dtype=pl.String))[0] for name in names
    ]


@pytest.mark.shared_data
def test_distinct_companies_keep_distinct_keys(shared_data):
    """Of start-ups with distinct names all but a handful keep distinct keys, and a legal form never changes a key."""
    with gzip.open(shared_data / "companies" / "yc_companies.csv.gz", "rt", encoding="utf-8") as lines:
        names = sorted({row["name"].casefold().strip() for row in csv.DictReader(lines)})
    keys = company_keys(pl.Series(names))
    assert keys.null_count() == 0
    assert keys.n_unique() / len(names) >= 0.995
    for form in ("Inc.", "GmbH", "Ltd", "S.A."):
        assert company_keys(pl.Series([f"{name}, {form}" for name in names])).equals(
            company_keys(pl.Series([f"{name}, LLC" for name in names]))
        )

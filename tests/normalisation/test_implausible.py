"""Test data is known by a closed list, which the docs publish, and no real name is on it."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from payper.normalisation import implausible
from payper.normalisation.implausible import find_implausible

ROOT = Path(__file__).resolve().parent.parent.parent


def said(**fields: str | None) -> str | None:
    return find_implausible(pl.DataFrame({name: [value] for name, value in fields.items()}, schema=dict.fromkeys(fields, pl.String)))[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "ann@example.com"},
        {"email": " Ann@mail.EXAMPLE.org "},
        {"email": "ann@acme.test"},
        {"email": "ann@localhost"},
        {"email": "ann@acme.invalid"},
        {"email_host": "sub.example.net"},
        {"email": "test@acme.com"},
        {"email": "Asdf+x@acme.com"},
        {"email": "aaaa@acme.com"},
        {"first_name": "Test"},
        {"last_name": " ASDF "},
        {"first_name": "n/a"},
        {"first_name": "xxx"},
        {"last_name": "Qwertz"},
        {"first_name": "Foo", "last_name": "Bar"},
        {"first_name": "First", "last_name": "Last"},
        {"first_name": "None", "last_name": "None"},
        {"phone": "1111111111"},
        {"phone": "+1 (222) 222-2222"},
        {"phone": "123-456-7890"},
        {"phone": "+91 98765 43210"},
        {"company": "Test"},
        {"company": "asdf"},
        {"company": "xxxx"},
    ],
)
def test_test_data_is_seen(fields: dict[str, str]) -> None:
    words = said(**fields)
    assert words is not None
    assert any(value.strip().lower() in words.lower() for value in fields.values())


@pytest.mark.parametrize(
    "fields",
    [
        {"first_name": "Li", "last_name": "Li"},
        {"first_name": "An", "last_name": "Xi"},
        {"first_name": "J", "last_name": "Bo"},
        {"first_name": "Jon", "last_name": "Tester"},
        {"first_name": "Anna", "last_name": "Testa"},
        {"first_name": "Refaeli", "last_name": "Bar"},
        {"first_name": "Joan", "last_name": "Foo"},
        {"first_name": "Christopher", "last_name": "Null"},
        {"first_name": "Zach", "last_name": "Ertz"},
        {"first_name": "Ray", "last_name": "Wert"},
        {"first_name": "Abcde", "last_name": "Sample"},
        {"company": "AAA"},
        {"company": "3M"},
        {"company": "111 Inc"},
        {"company": "Testo"},
        {"company": "Example Health"},
        {"email": "www@acme.com"},
        {"email": "ann@myexample.com"},
        {"email": "ann@example.company"},
        {"email": "ann@contest.com"},
        {"email": "testa@acme.com"},
        {"email": "broken"},
        {"phone": "+1 800 222 2222"},
        {"phone": "+45 88 88 12 88"},
        {"phone": ""},
        {"first_name": None, "last_name": None, "email": None, "phone": None, "company": None},
    ],
)
def test_a_real_name_is_never_implausible(fields: dict[str, str | None]) -> None:
    assert said(**fields) is None


def test_every_pattern_stands_in_the_docs() -> None:
    text = (ROOT / "docs" / "normalising.md").read_text(encoding="utf-8")
    listed = set(re.findall("`([^`]+)`", " ".join(text.split())))
    pairs = [f"{one} {other}" for one, other in implausible.PAIRS]
    for words in (
        implausible.RESERVED_DOMAINS,
        implausible.ROWS,
        implausible.NAMES,
        implausible.LOCAL_PARTS,
        implausible.COMPANIES,
        implausible.SEQUENCES,
        pairs,
    ):
        assert set(words) <= listed
    for field, times in implausible.REPEATS.items():
        assert re.search(rf"{times} times as a [a-z ]*{field}", " ".join(text.split())), field


def test_an_empty_frame_and_rows_in_order() -> None:
    assert find_implausible(pl.DataFrame({"company": []}, schema={"company": pl.String})).to_list() == []
    assert [words is None for words in find_implausible(pl.DataFrame({"company": ["Acme", "test", None, "asdf"]}))] == [
        True,
        False,
        True,
        False,
    ]


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("companies/yc_companies.csv.gz", {"name": "company"}),
        ("companies/sp500_constituents.csv", {"name": "company"}),
        ("entity-resolution/febrl4/dataset4a.csv.gz", {"given_name": "first_name", "surname": "last_name"}),
        ("entity-resolution/febrl1/dataset1.csv.gz", {"given_name": "first_name", "surname": "last_name"}),
    ],
)
def test_no_name_of_a_public_data_set_is_implausible(shared_data: Path, file: str, columns: dict[str, str]) -> None:
    frame = pl.read_csv(shared_data / file, infer_schema_length=0)
    frame = frame.rename({column: column.strip() for column in frame.columns}).rename(columns)
    assert find_implausible(frame.select(columns.values())).drop_nulls().to_list() == []

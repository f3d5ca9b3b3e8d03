"""Industries: what a text may mean, and whether it is what a contract asks for."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.normalisation.industries import find_title, is_asked, is_code, nearest_codes, nearest_titles, read_industries
from payper.normalisation.industry_labels import LABELS


def codes(*texts: str | None) -> list[str | None]:
    return read_industries(pl.Series(texts, dtype=pl.String))["industry_code"].to_list()


def asked(text: str | None, *entries: tuple[str, str]) -> bool | None:
    return is_asked(read_industries(pl.Series([text], dtype=pl.String)), entries)[0]


def test_a_code_is_read_bare_prefixed_or_with_its_title():
    texts = ["511210", "NAICS 511210", "naics:511210", "NAICS 2017: 511210", "511210 - Software Publishers", "NAICS code 511210"]
    assert codes(*texts) == ["511210"] * len(texts)


def test_nace_codes_lose_their_dot_and_their_section_letter():
    assert codes("62.01", "J62", "NACE J62.01", "NACE Rev. 2 62.01", "ISIC Rev.4 6201") == ["6201", "62", "6201", "6201", "6201"]


def test_a_code_that_no_system_has_and_a_number_before_words_are_not_recognised():
    read = read_industries(pl.Series(["999999", "5 star hotels", "", None, "asdf"]))
    assert read["industry_code"].null_count() == 5
    assert read["industry_codes"].to_list() == [[]] * 5


def test_a_title_prefers_naics_and_keeps_the_other_systems():
    read = read_industries(pl.Series(["Software publishers", "SOFTWARE PUBLISHERS", "Prepackaged Software"]))
    assert read["industry_code"].to_list() == ["5132", "5132", "7372"]


def test_every_label_of_a_pick_list_names_codes_that_exist():
    for line in LABELS.strip().splitlines():
        label, mapped = line.split(":")
        assert all(is_code("naics", code) for code in mapped.split()), line
        assert codes(label.split(",")[0]) == [mapped.split()[0]]


def test_a_naics_code_of_one_edition_is_inside_its_successor_of_another():
    assert asked("513210", ("naics", "5112")) is True
    assert asked("511210", ("naics", "5132")) is True
    assert asked("522110", ("naics", "5112")) is False


def test_a_code_of_another_system_is_inside_only_when_every_target_is():
    assert asked("SIC 6022", ("naics", "52")) is True
    assert asked("SIC 7372", ("naics", "52")) is False
    assert asked("SIC 7372", ("naics", "5112")) is None
    assert asked("NACE 62.01", ("isic", "6201")) is True


def test_a_broader_code_than_asked_is_not_certain():
    assert asked("52", ("naics", "5221")) is None
    assert asked("Financial Services", ("naics", "52")) is True


def test_a_bare_code_is_read_in_the_system_that_the_contract_asks():
    assert asked("5112", ("naics", "5112")) is True
    assert asked("5112", ("sic", "5112")) is True
    assert asked("62", ("nace", "62")) is True
    assert asked("62", ("naics", "62")) is True


def test_the_sector_of_manufacturing_spans_three_codes():
    assert asked("Manufacturing", ("naics", "31-33")) is True
    assert asked("332710", ("naics", "31-33")) is True
    assert asked("Manufacturing", ("naics", "31")) is None
    assert asked("Manufacturing", ("naics", "31"), ("naics", "32"), ("naics", "33")) is True


def test_a_title_may_be_asked_for():
    assert asked("513210", ("title", "Software Publishers")) is True
    assert asked("SIC 6022", ("title", "Banking")) is not False
    assert asked("Restaurants", ("title", "Software Publishers")) is False


def test_what_is_not_recognised_is_never_outside():
    assert asked("asdf", ("naics", "5112")) is None
    assert asked(None, ("naics", "5112")) is None


def test_a_finding_can_name_the_nearest_code_and_title():
    assert is_code("naics", "5112")
    assert not is_code("naics", "9999")
    assert not is_code("gics", "45")
    assert find_title("naics", "5132") == "Software Publishers"
    assert find_title("nace", "62.01") is not None
    assert nearest_codes("naics", "5199")[0].startswith("519")
    assert nearest_titles("Softwear publishers")[0] == "Software Publishers"


@settings(max_examples=25)
@given(st.lists(st.sampled_from(["511210", "Banking", "asdf", None, "J62", "SIC 7372", "52"]), max_size=20))
def test_an_industry_is_judged_alike_in_any_column(texts):
    whole = is_asked(read_industries(pl.Series(texts, dtype=pl.String)), [("naics", "5112"), ("nace", "62")]).to_list()
    assert whole == [asked(text, ("naics", "5112"), ("nace", "62")) for text in texts]


FILES = {
    "naics_2022.csv.gz": ("naics", "title"),
    "naics_2017.csv.gz": ("naics", "title"),
    "sic_1987.csv.gz": ("sic", "title"),
    "isic_2006.csv.gz": ("isic", "title"),
    "isic_2024.csv.gz": ("isic", "title"),
    "nace_rev2_1.csv.gz": ("nace", "name"),
    "uk_sic_2007.csv": ("nace", "title"),
}

TITLE_FLOORS = {"sic_1987.csv.gz": 0.60, "uk_sic_2007.csv": 0.93}
"""Of the SIC the file has other, shorter titles than the manual's ("Cheese; natural and processed"), of the UK SIC those of the full list
beside the condensed one; of all others at least 97 in 100 are known (docs/normalising-companies.md)."""


@pytest.mark.shared_data
@pytest.mark.parametrize("name", FILES)
def test_the_published_codes_and_titles_are_recognised(shared_data: Path, name: str, record_property):
    system, column = FILES[name]
    path = shared_data / "industry-codes" / name
    with gzip.open(path, "rt", encoding="utf-8") if name.endswith("gz") else path.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row.get("table") != "division_to_section"]
    read = read_industries(pl.Series([f"{system} {row['code']}" for row in rows]))["industry_codes"]
    lost = [row["code"] for row, found in zip(rows, read, strict=True) if not any(code.startswith(f"{system}:") for code in found)]
    unread = [
        row[column]
        for row, found in zip(rows, read_industries(pl.Series([row[column] for row in rows]))["industry_code"], strict=True)
        if found is None
    ]
    record_property("exceptions", [*lost, *unread])
    print(f"{name}: {len(lost)} codes and {len(unread)} titles of {len(rows)} are not recognised: {lost} {unread}")
    assert 1 - len(lost) / len(rows) >= 0.999
    assert 1 - len(unread) / len(rows) >= TITLE_FLOORS.get(name, 0.97)

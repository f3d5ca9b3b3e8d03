"""Reading, positions, canonical form, versions, plain English and differences."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.errors import TermsError
from payper.journey import Milestone
from payper.terms.canonical import canonical_form
from payper.terms.contract import Contract, Range
from payper.terms.diff import diff
from payper.terms.explain import explain
from payper.terms.language import KEYS
from payper.terms.lists import read_entries
from payper.terms.positions import Positions
from payper.terms.reading import read_terms, read_terms_file
from payper.terms.versions import in_force, version_in_force
from terms.cases import LISTS, SOUND

COMPLETE = Path(__file__).parent / "contracts" / "complete.toml"
DOCS = Path(__file__).parents[2] / "docs"


def read(text: str) -> Contract:
    contract = read_terms(text, read_list=LISTS.__getitem__).contract
    assert contract is not None
    return contract


def test_the_complete_example_checks_clean_and_means_what_it_says() -> None:
    reading = read_terms_file(COMPLETE)
    assert reading.findings == ()
    contract = Contract.read(COMPLETE)
    assert contract == reading.contract
    assert contract.model == "hybrid"
    assert contract.holds_from == datetime(2026, 2, 1, 5, tzinfo=UTC)
    assert date(2026, 7, 3) in contract.holidays
    assert max(day.year for day in contract.holidays) == 2029
    assert contract.audience.employees == Range(200, 5000)
    assert contract.audience.revenue == Range(50_000_000, None)
    assert [price.amount_minor for price in contract.prices] == [6200, 4800, 48000, None]
    assert contract.prices[3].percent == Decimal("1.5")
    assert contract.prices[2].offset == (Milestone.ACCEPTED,)
    assert contract.review is not None
    assert contract.review.cap == Decimal("0.15")


def test_a_contract_with_errors_is_refused_with_each_of_them(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(SOUND.replace('"USD"', '"US"').replace('"200..5000"', '"5..1"'))
    with pytest.raises(TermsError, match=r"ISO 4217(.|\n)*admits no company"):
        Contract.read(path)
    with pytest.raises(TermsError, match="cannot be read"):
        Contract.read(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    "text", ["", "=", "[contract", "\x00", "[[contract]]\nid = 1", "contract = 3", "price = {}\nexample = 4", "a.b.c = [{}, {x = 1}]"]
)
def test_no_text_breaks_the_reader(text: str) -> None:
    reading = read_terms(text)
    assert reading.contract is None
    assert reading.errors


@given(st.data())
def test_a_damaged_contract_gives_findings_and_never_an_exception(data: st.DataObject) -> None:
    lines = SOUND.splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    key = lines[place].partition("=")[0]
    value = data.draw(
        st.sampled_from(
            ["", "[]", "{}", "-1", "0.5", "true", '"x"', '""', "2026-01-01", "[1]", '["x", {}]', "{ x = 1 }", "10:00:00", "nan"]
        )
    )
    lines[place] = f"{key}= {value}"
    reading = read_terms("\n".join(lines), read_list=LISTS.__getitem__)
    assert reading.contract is not None or reading.errors


POSITIONS = '''# a comment [x]
[a]  # first
b = """
two [lines]
"""
"quoted.key".c = 1
d = [
  1, # one
  { e = "}", f = [ "]" ] },
]
[[g.h]]
i = 'x'
[[g.h]]
i.j = 2026-01-01
[g.h.k]
l = "\\"#"
'''


def test_positions_find_every_line() -> None:
    positions = Positions(POSITIONS)
    wanted = {
        ("a",): 2,
        ("a", "b"): 3,
        ("a", "quoted.key", "c"): 6,
        ("a", "d"): 7,
        ("a", "d", 0): 8,
        ("a", "d", 1, "e"): 9,
        ("a", "d", 1, "f", 0): 9,
        ("g", "h", 0): 11,
        ("g", "h", 0, "i"): 12,
        ("g", "h", 1, "i", "j"): 14,
        ("g", "h", 1, "k", "l"): 16,
        ("a", "absent"): 2,
        ("nowhere",): 1,
    }
    assert {path: positions.line(path) for path in wanted} == wanted


def test_positions_know_every_path_that_tomllib_reads() -> None:
    def paths(value: object, path: tuple[str | int, ...]) -> set[tuple[str | int, ...]]:
        found = {path} if path else set()
        entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return found.union(*(paths(entry, (*path, key)) for key, entry in entries))

    for text in (POSITIONS, COMPLETE.read_text(), SOUND):
        assert paths(tomllib.loads(text), ()) <= Positions(text).paths()


@given(chance=st.randoms(use_true_random=False))
def test_layout_and_order_do_not_change_the_hash(chance: Any) -> None:
    head, *tables = SOUND.strip().split("\n\n")
    chance.shuffle(tables)
    mixed = []
    for table in (head, *tables):
        title, *lines = table.splitlines()
        chance.shuffle(lines)
        mixed += [f"{title}  # {chance.random()}", *(line.replace(" = ", chance.choice(["=", "  =  "]), 1) for line in lines), ""]
    assert read("\n".join(mixed)).hash == read(SOUND).hash


DEFAULTS = {
    "[contract]": '[contract]\nversion = 1\nholds_from = 2026-01-01T00:00:00\nbusiness_hours = "09:00-17:00"',
    "[record]": '[record]\nuncertain = "review"',
    "[duplicate]": '[duplicate]\nacross = "buyer"\ncrm = false',
    "[caps]": '[caps]\nover = "quarantine"\npace = "asap"',
    "[review]": '[review]\nsilence = "accept"\nremedy = "credit"',
    '["US", "CA"]': '["CA", "US"]',
    '"48.00"': "48",
}


@pytest.mark.parametrize("old", DEFAULTS)
def test_defaults_spelled_out_do_not_change_the_hash(old: str) -> None:
    assert read(SOUND.replace(old, DEFAULTS[old])).hash == read(SOUND).hash


@pytest.mark.parametrize(
    "change", [('"48.00"', '"48.01"'), ("1000", "1001"), ('"180d"', '"181d"'), ("03-31", "03-30"), ('"manager.."', '"vp.."')]
)
def test_a_changed_clause_changes_the_hash(change: tuple[str, str]) -> None:
    other = read(SOUND.replace(*change))
    assert other.hash != read(SOUND).hash
    assert canonical_form(other) != canonical_form(read(SOUND))
    assert diff(read(SOUND), other)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=5), st.lists(st.none() | st.integers(-2, 22), max_size=9))
def test_the_columnar_choice_of_version_agrees_with_the_single_one(days: list[int], moments: list[int | None]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    versions = [replace(read_once(), version=number, holds_from=start + timedelta(days=day)) for number, day in enumerate(days, start=1)]
    instants = [None if day is None else start + timedelta(days=day) for day in moments]
    wanted = [None if instant is None else in_force(versions, instant).version for instant in instants]
    assert version_in_force(pl.Series(instants, dtype=pl.Datetime("us", "UTC")), versions).to_list() == wanted


SOUND_CONTRACT: list[Contract] = []


def read_once() -> Contract:
    if not SOUND_CONTRACT:
        SOUND_CONTRACT.append(read(SOUND))
    return SOUND_CONTRACT[0]


def test_every_key_of_the_language_is_explained() -> None:
    reading = read_terms_file(COMPLETE)
    assert reading.contract is not None
    text = COMPLETE.read_text().replace('gives = "rejected"', 'gives = "accepted"\nreasons = []\nowes = "62.00"')
    contract = read_terms(text, read_list=lambda name: (COMPLETE.parent / name).read_bytes()).contract
    assert contract is not None
    clauses = explain(contract, positions=reading.positions)
    said = {"".join(part for part in clause.key.replace("]", "[").split("[") if not part.isdigit()) for clause in clauses}
    within = {"contract.pauses.from", "contract.pauses.until", "price.tiers.from", "price.tiers.amount"}
    parents = {"audience.companies", "record.consent", "record.question"}
    assert {key.path for key in KEYS} - within - parents <= said
    assert all(clause.sentence[0].isupper() or clause.sentence[0] == '"' or clause.key.startswith("contract") for clause in clauses)
    assert all(clause.line for clause in clauses)


def test_every_key_stands_in_the_reference() -> None:
    page = (DOCS / "terms.md").read_text(encoding="utf-8")
    for key in KEYS:
        assert f"| `{key.name}` | {key.takes} | {key.default} | {key.rule} |" in page, key.path


def test_the_reference_holds_the_complete_example() -> None:
    assert COMPLETE.read_text(encoding="utf-8") in (DOCS / "terms.md").read_text(encoding="utf-8")


def test_a_difference_is_said_in_words_and_money() -> None:
    changes = diff(read(SOUND), read(SOUND.replace('"48.00"', '"52.00"')))
    assert [change.sentence for change in changes] == ["The fee for an accepted lead rises from 48.00 to 52.00 USD (+4.00, +8.3 %)."]
    assert changes[0].money == 400
    assert diff(read(SOUND), read(SOUND)) == []


def test_list_files_are_read_with_and_without_header() -> None:
    plain = read_entries(b"Acme, Inc.\nann@acme-robotics.com\nwww.borealis-foods.ca\n# a comment\n" + b"0" * 64 + b"\n", "list.txt").entries
    assert plain.emails == {"ann@acme-robotics.com"}
    assert plain.domains == {"borealis-foods.ca"}
    assert len(plain.company_keys) == 1
    assert plain.digests == {"0" * 64}
    table = read_entries(
        'Company;Website;Owner\n"Acme; Inc.";https://www.acme-robotics.com/about;Jo\n'.encode("utf-16"), "list.csv"
    ).entries
    assert table.domains == {"acme-robotics.com"}
    assert len(table.company_keys) == 1
    assert not table.emails

"""Every kind of finding: it comes when called for, says where, what was seen and what to write, and the docs know it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from payper.terms.contract import Contract
from payper.terms.findings import findings_page
from payper.terms.kinds import FindingKind, Severity
from payper.terms.reading import Reading, check_versions, read_terms, read_terms_file
from terms.cases import CASES, LISTS, SOUND, edit

PAGE = Path(__file__).parents[2] / "docs" / "findings.md"
BY_THE_DESK = {"EXAMPLE_FAILED"}


def read(text: str) -> Reading:
    def read_list(path: str) -> bytes:
        if path not in LISTS:
            raise FileNotFoundError(2, "No such file", path)
        return LISTS[path]

    return read_terms(text, path=Path("acme.toml"), read_list=read_list)


def sound() -> Contract:
    contract = read(SOUND).contract
    assert contract is not None
    return contract


def test_a_sound_contract_has_no_finding() -> None:
    assert read(SOUND).findings == ()


@pytest.mark.parametrize("code", CASES)
def test_each_kind_of_finding_comes_when_called_for(code: str) -> None:
    reading = read(CASES[code])
    codes = [finding.code for finding in reading.findings]
    assert code in codes
    finding = reading.findings[codes.index(code)]
    assert finding.seen.endswith((".", "?"))
    assert finding.mend.endswith((".", ")"))
    assert str(finding).startswith(f"acme.toml:{finding.line}: ")
    assert 1 <= finding.line <= CASES[code].count("\n") + 1
    assert (reading.contract is None) == any(found.severity is Severity.ERROR for found in reading.findings)


@pytest.mark.parametrize("code", [code for code in CASES if FindingKind[code].severity is Severity.ERROR])
def test_an_error_leaves_no_contract(code: str) -> None:
    assert read(CASES[code]).contract is None


def test_a_warning_does_not_call_up_others() -> None:
    """Each edit of a warning or note shows that one alone, or few beside it: findings do not come in floods."""
    for code, text in CASES.items():
        assert len(read(text).findings) <= 4, code


VERSIONS = {
    "VERSION_TWICE": {"version": 1},
    "HOLDS_NOT_RISING": {"version": 2},
    "PARTY_CHANGED": {"version": 2, "holds_from": datetime(2026, 2, 1, tzinfo=UTC), "buyer": "southwind"},
    "CURRENCY_CHANGED": {"version": 2, "holds_from": datetime(2026, 2, 1, tzinfo=UTC), "currency": "EUR"},
    "ZONE_CHANGED": {"version": 2, "holds_from": datetime(2026, 2, 1, tzinfo=UTC), "zone": "Europe/Paris"},
    "VERSION_SKIPPED": {"version": 3, "holds_from": datetime(2026, 2, 1, tzinfo=UTC)},
    "VERSIONS_APART": {"version": 2, "holds_from": datetime(2026, 5, 1, tzinfo=UTC), "ends": date(2026, 7, 1)},
    "VERSION_IDENTICAL": {"version": 2, "holds_from": datetime(2026, 2, 1, tzinfo=UTC)},
    "CONTRACT_IDS_MIXED": {"id": "other"},
}


@pytest.mark.parametrize("code", VERSIONS)
def test_versions_that_do_not_fit_are_found(code: str) -> None:
    later = replace(sound(), **VERSIONS[code])
    assert code in [finding.code for finding in check_versions([sound(), later])]
    assert code in [finding.code for finding in check_versions([replace(read(SOUND), contract=later), read(SOUND)])]


def test_versions_that_fit_have_no_finding() -> None:
    text = edit("ends = 2026-03-31", "ends = 2026-03-31\nversion = 2\nholds_from = 2026-02-01").replace('"48.00"', '"52.00"')
    assert check_versions([read(SOUND), read(text)]) == ()


def test_a_file_in_another_encoding_is_found(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_bytes(SOUND.replace("northwind", "nørthwind").encode("cp1252"))
    (finding,) = read_terms_file(path).findings
    assert finding.code == "NOT_UTF8"
    assert finding.line == 3


def test_every_kind_has_a_case() -> None:
    assert {kind.name for kind in FindingKind} == {*CASES, *VERSIONS, *BY_THE_DESK, "NOT_UTF8"}
    assert len(FindingKind) >= 40


def test_the_page_of_findings_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == findings_page()


def test_a_finding_reads_as_an_error_should() -> None:
    (finding,) = read(CASES["RANGE_UPSIDE_DOWN"]).findings
    assert str(finding) == (
        'acme.toml:13: `employees = "5000..200"` admits no company, so every lead would be refused.\n'
        'Write the smaller number first: `employees = "200..5000"`.'
    )
    assert finding.to_json()["path"] == "audience.employees"
    assert finding.to_json()["severity"] == "error"


def test_an_amount_without_quotes_is_shown_as_it_was_written() -> None:
    (finding,) = [each for each in read_terms(edit('"48.00"', "48.00")).findings if each.code == "MONEY_AS_FLOAT"]
    assert "`amount = 48.00`" in finding.seen
    assert '`amount = "48.00"`' in finding.mend

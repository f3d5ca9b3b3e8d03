"""Examples that contracts carry: they name what matters, and the rest is not asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from payper.desk.contracts.check_contract import check_contract


def write(tmp_path: Path, example: str, *, targets: str = "company\nAcme\n") -> Path:
    path = tmp_path / "acme.toml"
    path.write_text(
        '[contract]\nid = "acme"\nbuyer = "northwind"\nprovider = "intentreach"\ncurrency = "USD"\ntimezone = "America/New_York"\nstarts = 2026-01-01\n'
        '[audience]\ncountries = ["US"]\nrevenue = "50M.."\nindustries = ["naics:52"]\nseniority = "manager.."\ncompanies = { only = "targets.csv" }\n'
        '[record]\nrequired = ["email", "phone", "company"]\nfresh = "7d"\n'
        '[[price]]\non = "accepted"\namount = "62.00"\nwhen = "seniority >= \'director\'"\n[[price]]\non = "accepted"\namount = "48.00"\n'
        f"[[example]]\n{example}\n",
        encoding="utf-8",
    )
    (tmp_path / "targets.csv").write_text(targets, encoding="utf-8")
    return path


@pytest.mark.parametrize("example", [
    'given = { email = "cio@acme.com", title = "CIO", country = "US", employees = 900 }\ngives = "accepted"\nowes = "62.00"',
    'given = { title = "IT Manager" }\ngives = "accepted"\nowes = "48.00"',
    'given = { title = "IT Intern" }\ngives = "rejected"\nreasons = ["SENIORITY_OUTSIDE"]',
    'given = { phone = "" }\ngives = "rejected"\nreasons = ["FIELD_MISSING"]',
    'given = { company = "Other Ltd" }\ngives = "rejected"\nreasons = ["COMPANY_NOT_TARGETED"]',
])  # fmt: skip
def test_an_example_is_asked_only_about_what_it_names(tmp_path: Path, example: str) -> None:
    found = [finding for finding in check_contract([write(tmp_path, example)]).findings if finding.severity == "error"]
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize("given", ["delivered_at = 2026-01-13T10:00:00", "generated_at = 2026-05-01T10:00:00"])
def test_an_example_stays_true_when_the_next_version_holds_from_another_day(tmp_path: Path, given: str) -> None:
    path = write(tmp_path, f'given = {{ title = "IT Manager", {given} }}\ngives = "accepted"\nowes = "48.00"')
    path.write_text(path.read_text("utf-8").replace("[audience]", "version = 2\nholds_from = 2026-03-03T00:00:00\n[audience]"), "utf-8")
    assert not [str(finding) for finding in check_contract([path]).findings if finding.severity == "error"]


def test_an_example_that_comes_out_otherwise_is_an_error_at_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, 'given = { title = "CIO" }\ngives = "rejected"\nreasons = ["SENIORITY_OUTSIDE"]')
    (finding,) = [each for each in check_contract([path]).findings if each.severity == "error"]
    assert (finding.code, finding.where) == ("EXAMPLE_FAILED", f"{path.as_posix()}:24")

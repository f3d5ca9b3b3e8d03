"""programme.toml: all slips at once, each with its line and what to write."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from payper.desk.programme_sheet import ProgrammeSheet, read_programme_sheet
from payper.errors import FileContentError

SLIPS = """name = 5
base_curency = "EUR"
base_currency = "USX"
timezone = "Europe/Berln"
horizon_days = "180"
margin = "72"
wages = 38.00
simulated = "yes"

[[rate]]
on = "2026-01-01"
currency = "GPB"
in_base = "-1"

[[rate]]
currency = "GBP"
rate = "1.25"

[[rate]]
on = 2026-01-01T00:00:00
currency = "GBP"
in_base = "1.25"
"""

TOLD = [
    ("1", "`name = 5`", '`name = "..."`'),
    ("2", "`base_curency`", "`base_currency`"),
    ("3", '`base_currency = "USX"`', '"USD"'),
    ("4", "Europe/Berln", "IANA"),
    ("5", '`horizon_days = "180"`', "whole number"),
    ("6", '`margin = "72"`', '`margin = "0.72"`'),
    ("7", "`wages = 38.00`", "`[wages]`"),
    ("8", '`simulated = "yes"`', "`simulated = true`"),
    ("11", '`on = "2026-01-01"`', "without quotes"),
    ("12", '`currency = "GPB"`', '"GBP"'),
    ("13", '`in_base = "-1"`', "in quotes"),
    ("15", "[[rate]] 2 has no `on` and no `in_base`.", "Add `on = 2026-01-01`"),
    ("17", "`rate` is no key of [[rate]]", "Write"),
    ("20", "`on = 2026-01-01T00:00:00`", "without a time"),
]


def read(tmp_path: Path, text: str) -> ProgrammeSheet:
    path = tmp_path / "programme.toml"
    path.write_text(text, encoding="utf-8")
    return read_programme_sheet(path, base="USD")


def test_all_slips_are_told_at_once_each_at_its_line(tmp_path: Path) -> None:
    with pytest.raises(FileContentError) as told:
        read(tmp_path, SLIPS)
    errors = told.value.errors
    assert [error.where.rsplit(":", 1)[1] for error in errors] == [line for line, _, _ in TOLD]
    for error, (_, seen, mend) in zip(errors, TOLD, strict=True):
        assert seen in error.seen
        assert mend in error.mend if mend != "Write" else error.mend
    assert all(str(error) in str(told.value) for error in errors)


@pytest.mark.parametrize(
    ("text", "line"), [("name = \n", "1"), ('name = "x"\nzone: UTC\n', "2"), ("rate = 1.25\n", "1"), ("[rate]\n", "1")]
)
def test_what_is_no_toml_or_no_list_of_rates_is_told_with_its_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(FileContentError) as told:
        read(tmp_path, text)
    assert told.value.where == f"{tmp_path / 'programme.toml'}:{line}"


def test_what_is_right_is_read(tmp_path: Path) -> None:
    sheet = read(
        tmp_path,
        'base_currency = "eur"\ntimezone = "Europe/Berlin"\nmargin = 0.72\n[[rate]]\non = 2026-01-01\ncurrency = "GBP"\nin_base = 1.17\n',
    )
    assert (sheet.base_currency, sheet.timezone, sheet.margin, sheet.horizon_days) == ("EUR", "Europe/Berlin", Decimal("0.72"), 180)
    assert sheet.rates.rate("GBP", "EUR", date(2026, 2, 1)) == Decimal("1.17")
    assert read(tmp_path, "").base_currency == "USD"

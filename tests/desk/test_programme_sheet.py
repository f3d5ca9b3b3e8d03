"""programme.toml: all slips at once, each with its line and what to write."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from payper.desk.folder.programme_sheet import ProgrammeSheet, read_programme_sheet
from payper.errors import FileContentError
from payper.measurement.effort import Minutes

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


EFFORT_SLIPS = """[wages]
sdr_hour = "-38"
ae_hours = "71.00"

[effort]
accepted_leed = { sdr_minutes = 15 }
"meeting held" = 60
missed = { sdr_minute = 5 }
won = { ae_minutes = "an hour" }
"""

EFFORT_TOLD = [
    ("2", '`sdr_hour = "-38"` is no wage', '`sdr_hour = "38.00"`'),
    ("3", "`ae_hours` is no key of [wages]", "`ae_hour`"),
    ("6", "`accepted_leed` is no step of [effort]", "`accepted_lead`"),
    ("7", "does not say whose minutes", "sdr_minutes"),
    ("8", "`sdr_minute` is no key of `missed` in [effort]", "`sdr_minutes`"),
    ("9", '`ae_minutes = "an hour"` is no number of minutes', "`ae_minutes = 15`"),
]


def test_slips_in_wages_and_effort_are_told_at_their_lines(tmp_path: Path) -> None:
    with pytest.raises(FileContentError) as told:
        read(tmp_path, EFFORT_SLIPS)
    errors = told.value.errors
    assert [error.where.rsplit(":", 1)[1] for error in errors] == [line for line, _, _ in EFFORT_TOLD]
    for error, (_, seen, mend) in zip(errors, EFFORT_TOLD, strict=True):
        assert seen in error.seen
        assert mend in error.mend


def test_effort_that_is_written_stands_and_the_rest_is_assumed(tmp_path: Path) -> None:
    effort = read(
        tmp_path, '[wages]\nsdr_hour = "36.00"\nae_hour = 72\n[effort]\nmeeting_held = { ae_minutes = 45, sdr_minutes = 5 }\n'
    ).effort
    assert effort.of("meeting held") == Minutes(sdr=Decimal(5), ae=Decimal(45))
    assert (effort.is_assumed("meeting held"), effort.is_assumed("won")) == (False, True)
    assert effort.cost("meeting held") == Decimal(57)
    assert not read(tmp_path, "").effort.is_costed


def test_what_is_right_is_read(tmp_path: Path) -> None:
    sheet = read(
        tmp_path,
        'base_currency = "eur"\ntimezone = "Europe/Berlin"\nmargin = 0.72\n[[rate]]\non = 2026-01-01\ncurrency = "GBP"\nin_base = 1.17\n',
    )
    assert (sheet.base_currency, sheet.timezone, sheet.margin, sheet.horizon_days) == ("EUR", "Europe/Berlin", Decimal("0.72"), 180)
    assert sheet.rates.rate("GBP", "EUR", date(2026, 2, 1)) == Decimal("1.17")
    assert read(tmp_path, "").base_currency == "USD"

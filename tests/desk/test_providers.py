"""`payper providers`: scorecards from the book, by the buyer's weights."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest

from payper.desk.asking.providers import SHORT, read_weights, score
from payper.desk.folder.audits import read_audits
from payper.errors import FileError, UsageError
from payper.measurement.providers import Criterion, audit_counts
from payper.measurement.scored import EVIDENCE, evidence_rows

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "providers-schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def values(simulated: Path) -> dict[str, Any]:
    return score(simulated).to_json()


def test_scorecards_are_plain_values_as_the_published_schema_says(values: dict[str, Any]) -> None:
    jsonschema.validate(values, SCHEMA)
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert sum(values["weights"].values()) == pytest.approx(1)
    assert {row["provider"] for row in values["overall"]} == {row["provider"] for row in values["criteria"]}


def test_checks_are_counted_as_the_verdicts_of_the_run_say(simulated: Path, values: dict[str, Any]) -> None:
    """What `summary.json` counts under EMAIL_SYNTAX and the like is what the check of addresses failed."""
    summary = json.loads((simulated / "out" / "summary.json").read_text("utf-8"))
    listed = sum(each["reasons"].get(code, 0) for each in summary["contracts"] for code in ("PHONE_INVALID", "PHONE_COUNTRY"))
    phones = [row for row in values["checks"] if row["check"] == "phone number valid"]
    assert sum(row["checked"] - row["good"] for row in phones) == pytest.approx(listed, abs=2)


def test_weights_say_what_matters(simulated: Path) -> None:
    both = score(simulated, weights="accuracy=1, relevance=3").to_json()
    assert both["weights"] == {"audience relevance": 0.75, "data accuracy": 0.25}


def test_the_deliveries_behind_the_evidence_are_written_to_hand_over(simulated: Path, tmp_path: Path) -> None:
    """Columns as published; cells that a spreadsheet would run are escaped; nothing where nothing stands out but the header."""
    path = tmp_path / "evidence.csv"
    result = score(simulated, evidence=path)
    frame = pl.read_csv(path, infer_schema=False)
    assert frame.columns == list(EVIDENCE)
    assert frame.height == evidence_rows(result.scored).height == result.scored.cases.height + result.scored.behind.height
    with pytest.raises(FileError, match="--evidence"):
        score(simulated, evidence=tmp_path / "nowhere" / "evidence.csv")


AUDITS = """provider,check,is_good,probability,checked_at
intentreach,right person,yes,0.05,2026-03-01
intentreach,right person,no,10%,2026-03-02
intentreach,right person,,0.05,2026-03-02
intentreach,right person,yes,0.05,2031-01-01
"""


def test_audits_stand_for_as_many_as_they_were_drawn_from_and_none_from_later(tmp_path: Path) -> None:
    """One good drawn with 1 in 20, one bad with 1 in 10: 20 of 30 pass, worth 30² / (20² + 10²) = 1.8 even checks."""
    path = tmp_path / "audits.csv"
    path.write_text(AUDITS, encoding="utf-8")
    (row,) = audit_counts(read_audits(path, until=date(2026, 6, 1))).iter_rows(named=True)
    assert (row["check"], row["based_on"], row["deliveries"]) == ("right person", 2, 30)
    assert (row["good"] / row["checked"], row["checked"]) == (pytest.approx(2 / 3), pytest.approx(1.8))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [("probability", "chance", "no column probability"), ("0.05", "5", "`probability` is '5'"), (",no,", ",perhaps,", "`is_good` is 'perhaps'"),
     ("2026-03-01", "March", "`checked_at` is 'March'")],
)  # fmt: skip
def test_an_audit_that_cannot_be_read_is_named_with_its_row(tmp_path: Path, before: str, after: str, words: str) -> None:
    path = tmp_path / "audits.csv"
    path.write_text(AUDITS.replace(before, after), encoding="utf-8")
    with pytest.raises(FileError, match=re.escape(words)):
        read_audits(path, until=date(2026, 6, 1))


def test_audits_add_to_what_was_checked(simulated: Path, values: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "audits.csv"
    path.write_text(AUDITS, encoding="utf-8")

    def looked_at(told: dict[str, Any]) -> int:
        return sum(row["based_on"] for row in told["checks"] if (row["provider"], row["check"]) == ("intentreach", "right person"))

    assert looked_at(score(simulated, audits=path).to_json()) == looked_at(values) + 2


def test_a_day_before_anything_was_delivered_has_nobody_to_score(simulated: Path) -> None:
    values = score(simulated, as_of=date(2025, 12, 1)).to_json()
    jsonschema.validate(values, SCHEMA)
    assert values["overall"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("acuracy=2", "Write accuracy"),
        ("accuracy", "is no weight"),
        ("accuracy=-1", "is no weight"),
        ("accuracy=nan", "is no weight"),
        ("accuracy=1,accuracy=2", "stands twice"),
        ("accuracy=0,outcome=0", "All weights are 0"),
        ("xyzzy=1", "The criteria are"),
    ],
)
def test_weights_that_make_no_sense_are_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_weights(text)


def test_every_criterion_can_be_weighed_by_its_short_name_or_its_own() -> None:
    assert set(SHORT.values()) == set(Criterion)
    weights = read_weights("accuracy=2,show_rate=1,phone number valid=3")
    assert weights is not None
    assert (dict(weights.criteria), dict(weights.checks)) == ({"data accuracy": 2.0, "show rate": 1.0}, {"phone number valid": 3.0})
    assert read_weights(" ") is None

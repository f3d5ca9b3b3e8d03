"""Scores of a programme: chances where enough is known, reasons where not, nothing from after the day, and no column that knows the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.desk.conftest import CONTRACT

from payper.advice.template import profile_template
from payper.desk.asking.promote import BY_SHARE, COLUMNS, promote
from payper.desk.asking.score import score
from payper.desk.folder.run import run_programme
from payper.errors import FileError, UsageError
from payper.reports.score_words import sheet_words

HEAD = "external_id,generated_at,delivered_at,first_name,last_name,email,title,country,answer_timeframe,answer_stage\n"
END = date(2026, 6, 30)


def open_contract(*, id_: str = "reach", provider: str = "intentreach") -> str:
    text = CONTRACT.replace("ends = 2026-03-31", "ends = 2026-12-31").replace("[caps]\nper_day = 3\n", "")
    return text.replace('id = "reach"', f'id = "{id_}"').replace('provider = "intentreach"', f'provider = "{provider}"')


def rows_of(contract: str, first: int, count: int, *, starts: date, days: int, seed: int) -> tuple[str, str]:
    """Give leads and their meetings: those who want it soon are met more often; the stage is written down when they are."""
    chance = np.random.default_rng(seed)
    leads, meetings = [], []
    for number in range(first, first + count):
        day = starts + timedelta(days=int(chance.integers(0, days)))
        frame = "soon" if chance.random() < 0.4 else "later"
        is_met = chance.random() < (0.45 if frame == "soon" else 0.08)
        met = day + timedelta(days=int(chance.integers(3, 25)))
        stage = "customer call" if is_met and met <= END else "open"
        leads.append(f"L-{number},{day} 09:00,{day} 10:00,Ann,Lee{number},ann{number}@acme{number}.com,IT Manager,US,{frame},{stage}\n")
        if is_met:
            meetings.append(f"{contract},L-{number},meeting held,{met} 15:00\n")
    return "".join(leads), "".join(meetings)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six months of 350 leads of each of two providers, and ten of a third's last week."""
    folder = tmp_path_factory.mktemp("scores") / "programme"
    (folder / "contracts").mkdir(parents=True)
    (folder / "milestones").mkdir()
    (folder / "programme.toml").write_text('name = "Test"\nbase_currency = "USD"\ntimezone = "America/New_York"\n', encoding="utf-8")
    given = {
        "reach": ("intentreach", rows_of("reach", 1, 350, starts=date(2026, 1, 2), days=178, seed=3)),
        "field": ("fieldwork", rows_of("field", 2001, 350, starts=date(2026, 1, 2), days=178, seed=5)),
        "fresh": ("freshleads", rows_of("fresh", 5001, 10, starts=date(2026, 6, 22), days=7, seed=4)),
    }
    for contract, (provider, (leads, meetings)) in given.items():
        (folder / "contracts" / f"{contract}.toml").write_text(open_contract(id_=contract, provider=provider), encoding="utf-8")
        (folder / "deliveries" / contract).mkdir(parents=True)
        (folder / "deliveries" / contract / "all.csv").write_text(HEAD + leads, encoding="utf-8")
        events = f"contract,external_id,milestone,happened_at\n{meetings}"
        (folder / "milestones" / f"{contract}.csv").write_text(events, encoding="utf-8")
    held = '[[price]]\non = "meeting held"\namount = "400.00"\n'
    meet = open_contract(id_="meet", provider="bookwell")
    (folder / "contracts" / "meet.toml").write_text(meet[: meet.index("[audience]")] + held, encoding="utf-8")
    run_programme(folder, as_of=END)
    return folder


@pytest.fixture(scope="module")
def told(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("out")
    result = score(folder, milestone="meeting", within_days=30, page=out / "scores.html", out=out / "scores.csv")
    return {"values": result.to_json(), "page": (out / "scores.html").read_text("utf-8"), "list": pl.read_csv(out / "scores.csv")}


def test_an_answer_that_knows_the_outcome_is_refused_and_one_known_at_delivery_is_used(told: dict[str, Any]) -> None:
    values = told["values"]
    assert values["basis"] == "logistic"
    assert "answer_timeframe" in values["columns"]
    assert "answer_stage" not in values["columns"]
    (refused,) = [one for one in values["suspicions"] if one["verdict"] == "refused"]
    assert refused["column"] == "answer_stage"
    assert "answer stage" in told["page"]
    assert values["assessment"]["can_tell"]
    assert values["assessment"]["auc"] < 0.9


def test_a_refused_column_is_let_in_by_naming_it(folder: Path) -> None:
    trusting = score(folder, milestone="meeting", within_days=30, trusted=["answer_stage"]).to_json()
    assert "answer_stage" in trusting["columns"]
    assert trusting["assessment"]["auc"] > 0.95


def test_every_open_delivery_has_its_chance_its_honesty_interval_its_reasons_and_its_basis(told: dict[str, Any]) -> None:
    values = told["values"]
    counts = values["deliveries"]
    assert counts["open"] == len(values["scores"]) == told["list"].height
    assert counts["all"] == counts["open"] + counts["reached"] + counts["ended"] + counts["old"]
    for row in values["scores"]:
        assert 0 <= row["chance_low"] <= row["chance"] <= row["chance_high"] <= 1
        assert row["chance"] <= row["chance_at_delivery"]
        assert row["age_days"] < 30
        assert row["reasons"]
    chances = [row["chance"] for row in values["scores"]]
    assert chances == sorted(chances, reverse=True)
    assert values["scores"][0]["reasons"][0].endswith("answer timeframe soon")


def test_a_provider_new_to_the_score_is_scored_without_its_name(told: dict[str, Any]) -> None:
    bases = {row["provider"]: row["basis"] for row in told["values"]["scores"]}
    assert bases == {"intentreach": "logistic", "fieldwork": "logistic", "freshleads": "logistic, without the provider's name"}


def test_days_without_the_milestone_lower_the_chance_and_are_told_as_a_reason(told: dict[str, Any]) -> None:
    aged = [row for row in told["values"]["scores"] if row["age_days"] >= 20]
    assert aged
    assert all(row["chance"] < row["chance_at_delivery"] for row in aged)
    assert all(re.search(r"^−.*days have passed without it$", row["reasons"][-1]) for row in aged)


def test_an_earlier_score_is_looked_back_at(told: dict[str, Any]) -> None:
    back = told["values"]["look_back"]
    assert date.fromisoformat(back["as_of"]) < END - timedelta(days=30)
    assert back["assessment"]["can_tell"]
    assert {row["column"] for row in back["columns"]} >= {"answer_timeframe", "score"}


def test_nothing_after_the_day_matters(folder: Path, tmp_path: Path) -> None:
    """The scores of a day are the same from a book that ends there and from one that goes on."""
    day = date(2026, 5, 20)
    whole = score(folder, milestone="meeting", within_days=30, as_of=day).to_json()
    cut = tmp_path / "programme"
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in (".toml", ".csv") and "out" not in path.relative_to(folder).parts:
            (cut / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (cut / path.relative_to(folder)).write_text("".join(_until(path, day)), encoding="utf-8")
    run_programme(cut, as_of=day)
    short = score(cut, milestone="meeting", within_days=30, as_of=day).to_json()
    for values in (whole, short):
        for row in values["scores"]:
            del row["delivery_id"]
        values.pop("notes")
    assert whole == short
    assert whole["basis"] == "logistic"


def _until(path: Path, day: date) -> Iterator[str]:
    """Leave out the rows of what came after a day."""
    for line in path.read_text("utf-8").splitlines(keepends=True):
        dates = re.findall(r"(2026-\d\d-\d\d) \d\d:\d\d", line)
        if path.suffix != ".csv" or not dates or dates[-1] <= f"{day}":
            yield line


def test_with_too_few_wins_there_are_rates_and_a_reason_and_no_score(folder: Path, tmp_path: Path) -> None:
    result = score(folder, milestone="win", within_days=60, page=tmp_path / "none.html", out=tmp_path / "none.csv")
    values = result.to_json()
    assert values["basis"] == "segment rates"
    assert values["headline"].startswith("No score for a won deal within 60 days of delivery: 0 won deals are known, and 30 are needed")
    assert [row["chance"] for row in values["scores"]] == [None] * len(values["scores"])
    assert {row["value"] for row in values["segment_rates"]} == {None, "intentreach", "fieldwork"}
    assert values["look_back"] is None
    assert "No score for a won deal" in (tmp_path / "none.html").read_text("utf-8")
    assert pl.read_csv(tmp_path / "none.csv")["chance"].null_count() == len(values["scores"])


def test_too_early_to_tell_is_said(folder: Path) -> None:
    values = score(folder, milestone="meeting", within_days=365).to_json()
    assert values["basis"] == "none"
    assert "too early to tell: 0 of 710 deliveries are 365 days old" in values["headline"]
    assert values["rate"] is None


def test_an_empty_programme_is_told_so(programme: Path) -> None:
    for path in (programme / "deliveries").rglob("*.csv"):
        path.unlink()
    run_programme(programme, as_of=date(2026, 2, 1))
    for milestone in ("win", "show"):
        values = score(programme, milestone=milestone, page=programme / "scores.html").to_json()
        assert values["basis"] == "none"
        assert values["headline"].startswith("No score for")
        assert values["scores"] == []


def test_the_page_stands_alone_opens_every_link_and_shows_no_broken_number(told: dict[str, Any]) -> None:
    page = told["page"]
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert not {"nan", "none", "inf"} & set(re.sub(r"<[^>]*>", " ", page).lower().split())


def test_every_key_of_the_json_is_told_in_the_reference(told: dict[str, Any]) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "score.md").read_text("utf-8")
    values = told["values"]
    keys = {*values, *values["scores"][0], *values["assessment"], *values["look_back"], *values["deliveries"], *values["reliability"][0]}
    assert not sorted(key for key in keys if f"`{key}`" not in page)
    assert json.loads(json.dumps(values, allow_nan=False)) == values


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.toml"
    path.write_text(profile_template().replace('# amount = "400000"', 'amount = "50000"'), encoding="utf-8")
    return path


def test_leads_are_promoted_by_their_scores_and_the_reasons_are_told(folder: Path, profile: Path) -> None:
    found = promote(profile, place=folder, slots=5)
    young = found.leads.filter(pl.col("delivered_at") > pl.lit(END - timedelta(days=5)).cast(pl.Datetime("us", "UTC")))
    scored = young.filter(pl.col("basis") != BY_SHARE)
    assert scored.height == young.height > 10
    assert set(scored["basis"]) == {"logistic", "logistic, without the provider's name"}
    soon = scored["reasons"].str.contains("answer timeframe soon")
    assert scored.filter(soon)["chance"].min() > scored.filter(~soon)["chance"].max()  # type: ignore[operator]  # both hold leads
    assert not scored["reasons"].str.contains("days have passed").any()
    assert "are from the score for" in found.notes[0]
    assert set(found.to_json()["leads"][0]) == set(COLUMNS)


def test_without_a_score_leads_are_promoted_by_their_contracts_share_and_that_is_told(folder: Path, profile: Path) -> None:
    found = promote(profile, place=folder, as_of=date(2026, 2, 20), slots=5)
    assert set(found.leads["basis"]) == {BY_SHARE}
    assert set(found.leads["reasons"]) == {""}
    assert "There is no score: Too early to tell: 0 of" in found.notes[0]


def test_too_few_of_a_milestone_are_named_as_what_they_are(folder: Path) -> None:
    sheet = score(folder, milestone="win", within_days=60).story.sheet
    assert sheet_words(replace(sheet, milestone="meeting"), "No score: 16 wins are known.") == "No score: 16 meetings held are known."


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"milestone": "renewal"}, "cannot be foretold"),
        ({"milestone": "meeting", "trusted": ["answer_stge"]}, "no `answer_stge` here.\nWrite answer_stage."),
        ({"within_days": 0}, "no number of days"),
        ({"milestone": "show", "within_days": 30}, "its own day"),
        ({"slots": 4}, "Slots are for meetings"),
        ({"milestone": "show", "slots": 0}, "from 1 to 1,000"),
        ({"milestone": "show", "slots": 4, "turned_away": -1.0}, "0 to 1,000"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(folder: Path, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        score(folder, **asked)


def test_a_folder_that_is_not_there_is_said_before_anything_is_read(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such folder"):
        score(folder, page=tmp_path / "absent" / "scores.html")

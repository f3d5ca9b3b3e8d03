"""Advice by a profile: priors said plainly, the programme's own record where there is one, and a page whose every number can be opened."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.cli.test_measuring import Command, payper  # noqa: F401  # a fixture
from tests.desk.conftest import HEADER, lead

from payper.advice import QUESTIONS, read_profile
from payper.advice.template import profile_template
from payper.desk.asking.advise import advise
from payper.desk.asking.promote import COLUMNS, NOBODY, promote
from payper.desk.folder.run import run_programme
from payper.errors import FileError, UsageError


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "profile.toml"
    path.write_text(profile_template().replace('# amount = "400000"', 'amount = "50000"'), encoding="utf-8")
    return path


def add_meeting_contract(programme: Path) -> None:
    text = (programme / "contracts" / "reach.toml").read_text("utf-8")
    head = text[: text.index("[audience]")].replace('id = "reach"', 'id = "meet"').replace("intentreach", "bookwell")
    (programme / "contracts" / "meet.toml").write_text(head + '[[price]]\non = "meeting held"\namount = "400.00"\n', encoding="utf-8")


def test_the_template_is_a_profile_as_it_stands_and_asks_every_question() -> None:
    text = profile_template()
    assert read_profile(text).profile is not None
    bare = re.sub(r"^# (?=[a-z_]+ = )", "", text, flags=re.MULTILINE)
    answers = tomllib.loads(re.sub(r"\n(starts|by) = .*", "", bare))
    for question in QUESTIONS:
        assert question.words in text
        if question.name not in ("starts", "by"):
            assert question.name in answers[question.table]


def test_without_a_record_the_advice_says_that_it_is_benchmarks(profile: Path) -> None:
    advice = advise(profile)
    assert advice.recommendation is not None
    assert advice.recommendation.banner.startswith("Benchmarks, not your data")
    assert advice.record == ""
    assert advice.recommendation.first_test is not None


def test_a_programmes_contracts_are_the_offers_and_its_record_replaces_priors(profile: Path, programme: Path) -> None:
    add_meeting_contract(programme)
    rows = "".join(lead(number, day=f"2026-01-{number % 25 + 1:02}") for number in range(10, 40))
    (programme / "deliveries" / "reach" / "more.csv").write_text(HEADER + rows, encoding="utf-8")
    run_programme(programme)
    advice = advise(profile, place=programme)
    found = advice.recommendation
    assert found is not None
    assert [(line.option, line.model, line.has_history) for line in found.lines] == [
        ("meet", "appointment", False),
        ("reach", "lead", True),
    ]
    assert "Test, 31 accepted deliveries as of" in advice.record
    assert found.banner.startswith("Your data for reach; benchmarks for meet")
    assert any("Nothing is recorded of meet" in note for note in advice.notes)


def test_what_was_measured_is_shown_beside_what_was_believed_and_can_be_opened(profile: Path, programme: Path, tmp_path: Path) -> None:
    rows = "".join(lead(number, day=f"2026-01-{number % 25 + 1:02}") for number in range(10, 40))
    (programme / "deliveries" / "reach" / "more.csv").write_text(HEADER + rows, encoding="utf-8")
    run_programme(programme)
    advice = advise(profile, place=programme, page=tmp_path / "advice.html")
    assert advice.recommendation is not None
    told = advice.recommendation.to_json()["measured"]
    assert [(row["offer"], row["step"]) for row in told] == [("reach", step) for step in ("booked", "held", "opportunity", "won", "deal")]
    booked = told[0]
    assert booked["seen"] == 0
    assert booked["of"] > 0
    assert booked["used"] < booked["prior"]
    text = (tmp_path / "advice.html").read_text("utf-8")
    assert '<a href="#history-1">history: reach</a>' in text
    assert '<a href="#offer-1">offer: reach</a>' in text
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(re.findall(r'id="([^"]+)"', text))


def test_the_same_seed_gives_the_same_advice(profile: Path) -> None:
    assert json.dumps(advise(profile, seed=3).to_json()) == json.dumps(advise(profile, seed=3).to_json())


def test_a_slip_stands_in_the_way_and_is_told_at_its_line(profile: Path) -> None:
    profile.write_text(profile.read_text("utf-8").replace("months = 3", 'months = "soon"'), encoding="utf-8")
    advice = advise(profile)
    assert advice.recommendation is None
    assert any("profile.toml:" in str(finding) for finding in advice.findings)
    assert advice.to_json()["recommendation"] is None


def test_a_profile_in_a_currency_without_a_rate_is_refused_in_words(profile: Path, programme: Path) -> None:
    profile.write_text(profile.read_text("utf-8").replace('currency = "USD"', 'currency = "SEK"'), encoding="utf-8")
    run_programme(programme)
    with pytest.raises(UsageError, match="no rate"):
        advise(profile, place=programme)


def test_a_profile_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read"):
        advise(tmp_path / "none.toml")


def test_every_number_and_answer_that_a_ground_rests_on_can_be_opened_on_the_page(profile: Path, tmp_path: Path) -> None:
    page = tmp_path / "advice.html"
    advice = advise(profile, page=page)
    assert advice.page == page
    text = page.read_text("utf-8")
    ids = set(re.findall(r'id="([^"]+)"', text))
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links <= ids, sorted(links - ids)
    assert advice.recommendation is not None
    assert {f"n-{number.key}" for number in advice.recommendation.numbers} <= ids
    assert "<script" not in text
    assert "nan" not in re.sub(r"<[^>]*>", " ", text).lower().split()


def test_promises_beyond_the_budget_lead_the_page(profile: Path, tmp_path: Path) -> None:
    offer = '\n[[offer]]\nprovider = "meetly"\nmodel = "appointment"\nprice = "400.00"\ncommitted_units = 5000\n'
    profile.write_text(profile.read_text("utf-8") + offer, encoding="utf-8")
    advice = advise(profile, page=tmp_path / "advice.html")
    assert advice.recommendation is not None
    text = (tmp_path / "advice.html").read_text("utf-8")
    first = re.search(r'<ol class="findings">\s*<li>([^<]*)', text)
    assert first is not None
    assert first[1] == advice.recommendation.notes[0]
    assert first[1].startswith("What is promised costs 2,000,000 USD, more than the budget of")


def test_what_a_profile_says_is_escaped_on_the_page(profile: Path, tmp_path: Path) -> None:
    offer = '\n[[offer]]\nprovider = "<b>x</b>"\nmodel = "lead"\nprice = "50.00"\n'
    profile.write_text(profile.read_text("utf-8") + offer, encoding="utf-8")
    advise(profile, page=tmp_path / "advice.html")
    text = (tmp_path / "advice.html").read_text("utf-8")
    assert "<b>x</b>" not in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text


def test_open_leads_go_to_appointment_setting_within_the_free_slots(profile: Path, programme: Path, tmp_path: Path) -> None:
    add_meeting_contract(programme)
    rows = "".join(lead(number, day=f"2026-01-{number % 25 + 1:02}") for number in range(10, 60))
    (programme / "deliveries" / "reach" / "more.csv").write_text(HEADER + rows, encoding="utf-8")
    (programme / "milestones" / "m.csv").write_text(
        "contract,external_id,milestone,happened_at\nreach,L-11,meeting booked,2026-01-28 09:00\nreach,L-12,lost,2026-01-28 09:00\n",
        encoding="utf-8",
    )
    run_programme(programme, as_of=date(2026, 1, 30))
    found = promote(profile, place=programme, slots=3, out=tmp_path / "leads.csv")
    assert found.offer == "meet"
    assert set(found.leads["act"].unique()) <= {"hand over", "nurture", "wait", "leave"}
    assert not set(found.leads["external_id"]) & {"L-11", "L-12"}
    used = (
        found.leads.filter(pl.col("act") == "hand over")["handed_chance"].sum()
        + found.leads.filter(pl.col("act") == "nurture")["chance"].sum()
    )
    assert used <= 3 + 1e-6
    assert pl.read_csv(tmp_path / "leads.csv").height == found.leads.height
    assert promote(profile, place=programme, slots=0).handed.is_empty()


def test_where_nobody_sets_appointments_there_is_nobody_to_hand_leads_to(profile: Path, programme: Path) -> None:
    run_programme(programme)
    found = promote(profile, place=programme)
    assert found.offer is None
    assert any("nobody to hand leads to" in note for note in found.notes)


def test_a_profile_whose_only_offer_is_leads_is_told_so_on_the_terminal_in_json_and_in_the_list(
    payper: Command,  # noqa: F811  # the fixture
    profile: Path,
    programme: Path,
    tmp_path: Path,
) -> None:
    offer = '\n[[offer]]\nprovider = "x"\nmodel = "lead"\nprice = "50.00"\n'
    profile.write_text(profile.read_text("utf-8") + offer, encoding="utf-8")
    run_programme(programme)
    out = tmp_path / "leads.csv"
    code, shown, _ = payper("promote", profile, "--programme", programme, "--out", out)
    assert code == 0
    assert NOBODY in shown.replace("\n", " ")
    assert pl.read_csv(out).columns == list(COLUMNS)
    told = json.loads(payper("promote", profile, "--programme", programme, "--json")[1])
    assert (told["notes"][0], told["offer"], told["leads"]) == (NOBODY, None, [])


def test_slips_of_a_profile_are_findings_and_no_leads_in_json_too(payper: Command, profile: Path, programme: Path) -> None:  # noqa: F811
    profile.write_text(re.sub("(?m)^(# )?ae_count = .*$", "ae_cuont = 2", profile.read_text("utf-8")), encoding="utf-8")
    code, shown, _ = payper("promote", profile, "--programme", programme, "--json")
    told = json.loads(shown)
    assert (code, told["leads"]) == (1, [])
    assert any("ae_cuont" in finding["seen"] for finding in told["findings"])


@pytest.mark.parametrize("asked", [{"weeks": 0}, {"slots": -1.0}, {"slots": float("nan")}, {"slots": float("inf")}])
def test_weeks_and_slots_that_make_no_sense_are_refused(profile: Path, programme: Path, asked: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="Weeks are at least 1"):
        promote(profile, place=programme, **asked)  # type: ignore[arg-type]

"""The questions of a profile page by page, and the advice that follows from them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.html_pages import Page
from tests.web.site import NOW, Site, Visitor, ready

from payper.advice import read_profile
from payper.desk.asking.advise import advise
from payper.desk.asking.forecast import ForecastAsked, forecast_programme
from payper.store.profiles import KeptProfile, keep_profile, profile_of

OWNER = ("northwind", "owner")
ROOT = Path(__file__).resolve().parents[2]
PROFILE = (ROOT / "examples" / "northwind" / "profile.toml").read_text("utf-8")


@pytest.fixture(autouse=True)
def _as_before(site: Site) -> Iterator[None]:
    """Begin without a profile, and leave none."""
    yield
    with site.installation.open() as directory, directory.transaction():
        for party in ("northwind", "contoso"):
            if profile_of(directory, party) is not None:
                keep_profile(directory, party, KeptProfile('currency = "USD"\n', NOW, ""))


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.sessions[OWNER]


def put(site: Site, text: str) -> dict[str, object]:
    answer = site.tokens[OWNER].ask("/api/v1/profile", method="PUT", document={"text": text})
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def kept(site: Site) -> str:
    with site.installation.open() as directory:
        found = profile_of(directory, "northwind")
    assert found is not None
    return found.text


def test_a_marketing_lead_answers_page_by_page_and_is_advised(site: Site, owner: Visitor) -> None:
    assert "Begin" in owner.ask("/advice").text or "needed" in owner.ask("/advice").text
    steps = {
        "goals": {"currency": "USD", "kind": "revenue", "amount": "900,000", "months": "3"},
        "sales": {"cycle_days": "75", "sdr_count": "4", "sdr_hours_per_week": "30", "follow_up": "same day"},
        "audience": {"prospects": "9000", "segment": "mid-market", "industries": "software, banking"},
        "revenue": {"deal_size": "26,000", "margin": "72", "budget": "180000", "budget_every": "quarter"},
    }
    for group, typed in steps.items():
        asked = owner.ask(f"/advice/{group}")
        assert all(f'name="{name}"' in asked.text for name in typed), group
        answer = owner.ask(f"/advice/{group}", form={**typed, "then": "next"})
        assert answer.status == 303, answer.text
    assert answer.headers["location"] == "/advice/offers"
    found = ready(owner, "/advice")
    assert found.status == 200
    assert "What to buy?" in found.text
    assert "Own record" in found.text
    assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=", found.text)
    file = ready(owner, "/advice/report.html")
    assert file.text.startswith("<!doctype html>")
    assert "attachment" in file.headers["content-disposition"]
    reading = read_profile(kept(site))
    assert reading.profile is not None
    assert (reading.profile.revenue.deal_minor, reading.profile.revenue.margin) == (2_600_000, 0.72)


def test_every_answer_has_the_number_it_stands_for_beside_it(site: Site, owner: Visitor) -> None:
    put(site, PROFILE)
    page = " ".join(" ".join(Page(owner.ask("/advice/sales").text).text).split())
    assert re.search(r"75 days from delivery to a won deal, the middle one · your profile · your answer", page), page
    assert re.search(r"odds of a booking, first contact same day · Oldroyd et al., HBR 2011.* · payper's assumption", page), page


def test_what_was_typed_wrong_stays_and_is_named_at_its_field(owner: Visitor) -> None:
    answer = owner.ask("/advice/sales", form={"cycle_days": "a while", "sdr_count": "4"})
    assert answer.status == 400
    assert 'value="a while"' in answer.text
    assert 'value="4"' in answer.text
    assert 'href="#sales-cycle_days"' in answer.text
    assert "is no number" in answer.text


def test_contradictions_are_said_in_words(site: Site, owner: Visitor) -> None:
    put(site, PROFILE.replace("sdr_count = 4", "sdr_count = 0"))
    page = owner.ask("/advice/sales").text
    assert "nobody follows up, so leads cannot be used" in page
    assert "To think about" in page


def test_a_profile_goes_out_and_comes_in_as_a_file(site: Site, owner: Visitor) -> None:
    put(site, PROFILE)
    file = owner.ask("/advice/profile.toml")
    assert file.text == PROFILE
    later = PROFILE.replace("900000", "950000")
    assert owner.send("/advice/profile", name="profile.toml", content=later.encode()).status == 303
    assert kept(site) == later
    for content, words in ((b"\xff\xfe\x00", "no UTF-8 text"), (b"a = = b", "This is not TOML"), (b"#" * 200_000, "more than 100 kB")):
        refused = owner.send("/advice/profile", name="profile.toml", content=content)
        assert (refused.status, words in refused.text) == (400, True), refused.text
    assert kept(site) == later


def test_offers_are_added_and_taken_out(site: Site, owner: Visitor) -> None:
    put(site, PROFILE)
    added = owner.ask("/advice/offers", form={"provider": "acme", "model": "lead", "price": "55", "max_units": "500"})
    assert added.status == 303
    page = owner.ask("/advice/offers").text
    assert "acme lead" in page
    assert "55.00 USD" in page
    wrong = owner.ask("/advice/offers", form={"provider": "zeta", "model": "lead", "price": "cheap"})
    assert wrong.status == 400
    assert 'value="cheap"' in wrong.text
    assert "zeta" not in kept(site)
    assert owner.ask("/advice/offers", form={"remove": "1"}).status == 303
    assert "acme" not in kept(site)


def test_a_system_is_advised_as_the_command_advises(site: Site, tmp_path: Path) -> None:
    told = put(site, PROFILE)
    assert told["is_ready"]
    advice = site.tokens[OWNER].ask("/api/v1/advice")
    assert advice.status == 200
    path = tmp_path / "profile.toml"
    path.write_text(PROFILE, "utf-8")
    command = advise(path, place=site.installation.book_of("northwind")).to_json()
    shown = json.loads(advice.body)
    assert shown["recommendation"] == json.loads(json.dumps(command["recommendation"]))
    assert shown["record"] == command["record"]


def test_the_goal_and_the_advice_of_a_profile_count_in_the_forecast_as_in_the_command(site: Site, owner: Visitor, tmp_path: Path) -> None:
    put(site, PROFILE)
    path = tmp_path / "profile.toml"
    path.write_text(PROFILE, "utf-8")
    command = forecast_programme(site.installation.book_of("northwind"), ForecastAsked(profile=path)).to_json()
    told = site.tokens[OWNER].ask("/api/v1/forecast").json
    assert isinstance(told, dict)
    assert told.pop("state")["is_current"] is True
    assert told == json.loads(json.dumps(command))
    assert command["goals"]
    assert command["not_yet_bought"]
    page = ready(owner, "/forecast").text
    assert "the profile&#39;s goal for 3 months" in page
    # Who reads no advice is shown neither.
    assert "the profile&#39;s goal for" not in ready(site.sessions["northwind", "sales"], "/forecast").text


def test_a_profile_of_no_use_is_refused_and_what_was_kept_stays(site: Site) -> None:
    put(site, PROFILE)
    for document in ({"text": "a = = b"}, {"text": "#" * 200_000}, {"text": 3}, {}, {"text": "a\x00"}):
        answer = site.tokens[OWNER].ask("/api/v1/profile", method="PUT", document=document)
        assert answer.status in {400, 413}, answer.text
        assert answer.headers["content-type"].startswith("application/problem+json")
    assert kept(site) == PROFILE


def test_who_may_only_read_advice_changes_nothing(site: Site) -> None:
    put(site, PROFILE)
    for role in ("finance", "viewer"):
        visitor, system = site.sessions["northwind", role], site.tokens["northwind", role]
        assert "Keep and go on" not in visitor.ask("/advice/goals").text
        assert visitor.ask("/advice/goals", form={"months": "9"}).status == 403
        assert visitor.send("/advice/profile", name="p.toml", content=b"").status == 403
        assert system.ask("/api/v1/profile", method="PUT", document={"text": ""}).status == 403
        assert system.ask("/api/v1/profile").status == 200
    for who in (("northwind", "sales"), ("intentreach", "provider manager")):
        assert [site.sessions[who].ask(path).status for path in ("/advice", "/advice/report.html", "/advice/goals")] == [403] * 3
        assert site.tokens[who].ask("/api/v1/advice").status == 403
    assert kept(site) == PROFILE


def test_a_profile_is_its_partys_alone(site: Site) -> None:
    put(site, PROFILE)
    assert "900000" not in site.tokens["contoso", "owner"].ask("/api/v1/profile").text
    assert site.sessions["contoso", "owner"].ask("/advice/report.html").status == 404
    assert site.tokens["contoso", "owner"].ask("/api/v1/advice").status == 404

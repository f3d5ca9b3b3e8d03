"""Results on pages and for systems: the same as `payper measure` finds, narrowed as the address says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.html_pages import Page
from tests.web.site import Site, Visitor, ready

from payper.desk.asking.measure import measure
from payper.parties import Role

OWNER = ("northwind", "owner")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.sessions[OWNER]


def test_a_system_is_given_what_the_command_prints(site: Site) -> None:
    told = site.tokens[OWNER].ask("/api/v1/results").json
    Draft202012Validator(json.loads((ROOT / "docs" / "results-schema.json").read_text("utf-8"))).validate(told)
    command = measure(site.installation.book_of("northwind"), is_page_wanted=False).to_json()
    assert isinstance(told, dict)
    assert told["state"]["is_current"] is True
    assert told["state"]["book_read_at"].endswith("Z")
    assert next(iter(told)) == "state"
    for name in ("seen", "headline", "lead", "as_of", "horizon_days", "all", "segments", "funnel", "falls", "credit"):
        assert told[name] == json.loads(json.dumps(command[name])), name


def test_results_that_are_known_are_given_again_as_the_same(site: Site) -> None:
    first = site.tokens[OWNER].ask("/api/v1/results")
    again = site.tokens[OWNER].ask("/api/v1/results", headers={"If-None-Match": first.headers["etag"]})
    assert again.status == 304


def test_a_contract_alone_says_what_its_row_among_all_says(site: Site) -> None:
    system = site.tokens[OWNER]
    whole, one = (system.ask(f"/api/v1/results{query}").json for query in ("", "?contract=reach"))
    assert isinstance(whole, dict)
    assert isinstance(one, dict)
    (row,) = [each for each in whole["segments"]["contract"] if each["contract"] == "reach"]
    assert one["seen"]["deliveries"] == row["deliveries"]
    assert one["seen"]["wins"] == row["wins_seen"]
    assert [each["contract"] for each in one["segments"]["contract"]] == ["reach"]
    by_provider = system.ask("/api/v1/results?provider=intentreach").json
    assert isinstance(by_provider, dict)
    assert by_provider["seen"] == one["seen"]


def test_the_first_page_answers_and_every_question_has_a_page(site: Site, owner: Visitor) -> None:
    page = ready(owner, "/results").text
    assert "accepted" in re.sub("<[^>]+>", "", page)
    questions = re.findall(r'href="(/results/[\w-]+)"', page)
    assert {"/results/figures", "/results/careful", "/results/method"} <= set(questions)
    for path in questions:
        answer = ready(owner, path)
        assert answer.status == 200, path
        assert len(Page(answer.text).tables) or path in {"/results/careful", "/results/method"}, path
        assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=", answer.text), path


def test_every_view_is_a_link_that_keeps_what_was_asked(owner: Visitor) -> None:
    page = ready(owner, "/results?contract=reach&horizon=90&as_of=2026-02-28").text
    links = re.findall(r'href="(/results/[^"]+)"', page)
    assert links
    assert all("contract=reach" in link and "horizon=90" in link and "as_of=2026-02-28" in link for link in links)
    assert 'value="90"' in page
    assert "As of 28 Feb 2026" in page
    assert "within 90 days" in page


def test_the_report_to_forward_is_one_file(owner: Visitor) -> None:
    answer = ready(owner, "/results/report.html")
    assert 'filename="results-northwind-' in answer.headers["content-disposition"]
    assert "<style>" in answer.text
    assert not [tag for tag, attributes in Page(answer.text).tags if tag in {"link", "script", "img"} and (attributes.get("src") or "")]


@pytest.mark.parametrize("query", ["?horizon=x", "?horizon=0", "?as_of=31.3.2026", "?as_of=1200-01-01", "?horizon=99999"])
def test_what_cannot_be_asked_is_said_in_words(site: Site, owner: Visitor, query: str) -> None:
    page, system = owner.ask(f"/results{query}"), site.tokens[OWNER].ask(f"/api/v1/results{query}")
    assert (page.status, system.status) == (400, 400)
    assert system.headers["content-type"].startswith("application/problem+json")


def test_a_question_that_nobody_asks_is_not_here(owner: Visitor) -> None:
    assert ready(owner, "/results/zzz").status == 404


def test_a_provider_is_shown_no_results(site: Site) -> None:
    for role in (Role.PROVIDER_MANAGER, Role.PROVIDER_VIEWER):
        assert site.sessions["intentreach", role].ask("/results").status == 403
        assert "/results" not in site.sessions["intentreach", role].ask("/").text

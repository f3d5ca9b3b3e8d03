"""Providers' scorecards for their buyer, and the quality that each side sees of what was delivered."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.html_pages import Page
from tests.web.site import Site, ready

from payper.desk.asking.providers import score
from payper.parties import Role

OWNER = ("northwind", "owner")
ROOT = Path(__file__).resolve().parents[2]


def text(html: str) -> str:
    return " ".join(" ".join(Page(html).text).split())


def test_a_system_is_given_the_scorecards_that_the_command_prints(site: Site) -> None:
    told = site.tokens[OWNER].ask("/api/v1/providers?weights=accuracy%3D2%2Crelevance%3D1").json
    Draft202012Validator(json.loads((ROOT / "docs" / "providers-schema.json").read_text("utf-8"))).validate(told)
    command = score(site.installation.book_of("northwind"), weights="accuracy=2,relevance=1").to_json()
    assert isinstance(told, dict)
    for name in ("weights", "overall", "criteria", "checks", "wins"):
        assert told[name] == json.loads(json.dumps(command[name])), name


def test_weights_stand_in_the_address_and_lead_to_each_provider(site: Site) -> None:
    page = ready(site.sessions[OWNER], "/providers?accuracy=2&relevance=1").text
    links = re.findall(r'href="(/providers/[^"]+)"', page)
    assert sorted(link.split("?")[0] for link in links) == ["/providers/intentreach", "/providers/meetly"]
    assert all("accuracy=2" in link and "relevance=1" in link for link in links)
    own = ready(site.sessions[OWNER], links[0].replace("&amp;", "&")).text
    assert "How good is what it hands over?" in text(own)


@pytest.mark.parametrize("query", ["?accuracy=x", "?accuracy=-1", "?accuracy=0", "?horizon=no"])
def test_weights_that_make_no_sense_are_said_in_words(site: Site, query: str) -> None:
    assert site.sessions[OWNER].ask(f"/providers{query}").status == 400


@pytest.mark.parametrize("role", [Role.PROVIDER_MANAGER, Role.PROVIDER_VIEWER])
def test_a_provider_sees_its_own_quality_without_money(site: Site, role: Role) -> None:
    page = site.sessions["intentreach", role].ask("/quality")
    said = text(page.text)
    assert re.search(r"\d of 7 accepted in the latest week; \d of the 2 rejects can be mended", said), said
    assert "Why were deliveries not accepted?" in said
    assert "Seniority outside" in said
    assert "Nothing was returned" in said
    assert "USD" not in said
    assert "meetly" not in page.text


def test_a_buyer_sees_the_quality_of_all_its_contracts(site: Site) -> None:
    page = site.sessions[OWNER].ask("/quality").text
    assert re.findall(r'contract=(\w+)&amp;verdict=rejected">(\w+)<', page) == [("meet", "meet"), ("reach", "reach")]

"""Other terms tried on a page: what `payper what-if` says of them, with nothing proposed and nothing changed."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.cli.test_measuring import Command, payper  # noqa: F401  # a fixture
from tests.html_pages import Page
from tests.web.site import Site, Visitor, ready

from payper.parties import Act, Role, may
from payper.store.directory import Directory
from payper.store.proposals import Proposals

OWNER = ("northwind", "owner")


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.sessions[OWNER]


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", text)).split())


def shown(text: str) -> list[list[str]]:
    return next(rows for caption, rows in Page(text).tables.items() if caption)


def text_of(site: Site, version: str) -> str:
    told = site.tokens[OWNER].ask(f"/api/v1/contracts/northwind/reach/versions/{version}").json
    assert isinstance(told, dict)
    return str(told["text"])


@pytest.mark.parametrize(("terms", "change"), [
    ("v1", {}), ("v2", {}), ("v1", {"price.0.amount": "30.00"}), ("v2", {"audience.seniority": ""}), ("v1", {"audience.seniority": "director.."}),
])  # fmt: skip
def test_a_page_says_what_the_command_says(
    payper: Command,  # noqa: F811
    site: Site,
    owner: Visitor,
    tmp_path: Path,
    terms: str,
    change: dict[str, str],
) -> None:
    from payper.terms.editing import with_values
    from payper.web.pages.contract_form import changes_of

    text = text_of(site, terms[1:])
    (tmp_path / "other.toml").write_text(with_values(text, changes_of(text, change)), "utf-8")
    code, said, _ = payper("what-if", tmp_path / "other.toml", "--on", "reach", "--database", site.installation.book_of("northwind"))
    assert code == 0
    answer = ready(owner, f"/what-if?{urlencode({'contract': 'reach', 'terms': terms, **change})}")
    assert answer.status == 200, words(answer.text)[:2000]
    for row in shown(answer.text)[1:]:
        assert re.search(r"\s+".join(re.escape(cell) for cell in row if cell), said), row
    flat = " ".join(said.split())
    for sentence in re.findall(r"<p>([^<]*(?:that were not accepted then|that were accepted then)[^<]*)</p>", answer.text):
        assert html.unescape(sentence) in flat


def test_a_form_leads_to_an_address_with_what_was_changed_and_no_more(owner: Visitor) -> None:
    page = owner.ask("/what-if?contract=reach")
    assert page.status == 200
    fields = dict(re.findall(r'<input id="([a-z_]+\.[\w.]+)" name="[^"]+" value="([^"]*)"', page.text))
    assert fields["price.0.amount"] == "52.00"
    assert not any(name.startswith("contract.") for name in fields)
    sent = {"contract": "reach", "terms": "v2", **{name: html.unescape(value) for name, value in fields.items()}, "price.0.amount": "40.00"}
    answer = owner.ask("/what-if", form=sent)
    assert (answer.status, answer.headers["location"]) == (303, "/what-if?contract=reach&terms=v2&price.0.amount=40.00")
    tried = ready(owner, answer.headers["location"])
    assert "Amount, price 1: 52.00 before, 40.00 anew." in words(tried.text)
    assert 'value="40.00"' in tried.text


def test_terms_with_errors_are_shown_at_their_fields_and_nothing_is_tried(owner: Visitor) -> None:
    answer = ready(owner, "/what-if?contract=reach&terms=v1&price.0.amount=much&audience.seniority=%3Cking%3E..")
    assert answer.status == 400
    assert "so nothing was tried" in answer.text
    assert 'value="much"' in answer.text
    assert "<king>" not in answer.text
    assert not [caption for caption in Page(answer.text).tables if caption]


@pytest.mark.parametrize("query", ["contract=zzz", "contract=reach&terms=v9", "contract=reach&terms=draft+zzz"])
def test_what_is_not_there_is_not_here(owner: Visitor, query: str) -> None:
    assert owner.ask(f"/what-if?{query}").status == 404


def test_a_day_before_anything_was_delivered_and_one_that_is_none(owner: Visitor) -> None:
    early = ready(owner, "/what-if?contract=reach&terms=v1&as_of=2025-01-01")
    assert early.status == 200
    assert "Nothing was delivered under reach by 1 Jan 2025" in words(early.text)
    assert ready(owner, "/what-if?contract=reach&terms=v1&as_of=yesterday").status == 400


def drafts(directory: Directory) -> int:
    return len(Proposals.of(directory).drafts("northwind", limit=200))


def test_what_was_tried_can_become_a_draft_of_the_next_version_which_can_be_tried(changed_site: Site) -> None:
    owner = changed_site.sessions[OWNER]
    with changed_site.installation.open() as directory:
        before = drafts(directory)
    sent = {"contract": "reach", "terms": "v1", "price.0.amount": "41.00"}
    assert owner.ask("/what-if", form=sent).status == 303
    with changed_site.installation.open() as directory:
        assert drafts(directory) == before, "trying keeps nothing"
    answer = owner.ask("/what-if", form={**sent, "then": "draft"})
    assert answer.status == 303
    page = owner.ask(answer.headers["location"])
    text = html.unescape(page.text)
    assert '"41.00"' in text
    assert "version = 3" in text
    (link,) = re.findall(r'href="(/what-if[^"]+)"', page.text)
    tried = ready(owner, html.unescape(link))
    assert tried.status == 200
    assert "under draft of reach" in words(tried.text)
    assert changed_site.sessions["northwind", Role.FINANCE].ask(html.unescape(link)).status == 403
    assert changed_site.sessions["northwind", Role.FINANCE].ask("/what-if", form={**sent, "then": "draft"}).status == 403


def test_the_contract_page_leads_here_for_who_reads_advice(site: Site) -> None:
    for who, visitor in site.sessions.items():
        if who[0] in {"northwind", "intentreach"}:
            page = visitor.ask("/contracts/northwind/reach").text
            assert ('href="/what-if?contract=reach"' in page) == may(Role(who[1]), Act.READ_ADVICE), who

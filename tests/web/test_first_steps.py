"""The walk of a newcomer: from an empty directory to the first judged file, by the links that pages show."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.site import PASSWORD, Answer, Site, Visitor, served
from tests.web.test_entering import FIRST, entered
from tests.web.test_uploads import in_form

from payper.desk.people.first_run import open_first_run
from payper.desk.people.installation import Installation

OTHER = {"id": "intentreach", "name": "Intent & Reach", "kind": "provider", "timezone": "UTC"}
EMPTY = (
    "/",
    "/contracts",
    "/deliveries",
    "/money",
    "/results",
    "/providers",
    "/forecast",
    "/deliveries/send",
    "/what-if",
    "/prospects/scores",
)
FILE = (
    "generated_at,delivered_at,first_name,last_name,email,company,title,country,employees\n"
    "2026-03-01 09:00,2026-03-01 10:00,Ann,Lee,ann@acme.com,Acme,IT Manager,US,900\n"
    "2026-03-01 09:00,2026-03-01 10:00,Bob,Low,bob@globex.com,Globex,IT Intern,US,900\n"
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    installation = Installation(str(tmp_path / "data"))
    installation.prepare()
    with served(installation) as made:
        yield made


def first_owner(site: Site) -> Visitor:
    with site.installation.open() as directory:
        key = open_first_run(directory)
    return entered(site, site.anybody().ask("/first-run", form={**FIRST, "key": str(key)}))


def steps(answer: Answer) -> list[str]:
    """What each step says, `✓ done` where it is."""
    assert answer.status == 200, answer.text
    found = re.search(r'<ol class="steps">(.*?)</ol>', answer.text, flags=re.DOTALL)
    assert found is not None, answer.text
    return [html.unescape(" ".join(re.sub("<[^>]*>", " ", each).split())) for each in found[1].split("</li>")[:-1]]


def done(answer: Answer) -> list[bool]:
    return ["✓ done" in each for each in steps(answer)]


def let_in(site: Site, answer: Answer) -> Visitor:
    (key,) = re.findall(r"/invitation\?key=([\w-]+)", answer.text)
    return entered(site, site.anybody().ask("/invitation", form={"key": key, "password": PASSWORD}))


def judged(visitor: Visitor, path: str) -> str:
    for _ in range(300):
        text = visitor.ask(path).text
        if "verdicts.csv" in text:
            return text
        time.sleep(0.1)
    raise AssertionError(text)


def test_a_newcomer_is_walked_from_the_first_form_to_the_first_judged_file(site: Site) -> None:
    owner = first_owner(site)
    for path in EMPTY:
        assert done(owner.ask(path)) == [False] * 4, path
    home = owner.ask("/")
    assert 'href="/settings#parties"' in home.text
    assert 'action="/settings/parties"' in owner.ask("/settings").text

    made = owner.ask("/settings/parties", form=OTHER)
    assert (made.status, made.headers["location"]) == (303, "/settings#parties")
    assert "Intent & Reach is there, and nobody acts for it." in steps(owner.ask("/"))[0]
    invited = owner.ask("/settings/parties/intentreach/invite", form={"name": "Pia", "email": "pia@intentreach.example.org"})
    provider = let_in(site, invited)
    assert done(owner.ask("/")) == [True, False, False, False]
    assert "Who runs this installation" in steps(provider.ask("/"))[0]

    assert 'href="/proposals"' in owner.ask("/").text
    assert '<option value="intentreach">' in owner.ask("/proposals").text
    draft = owner.ask("/drafts", form={"other": "intentreach"}).headers["location"]
    assert f'href="{draft}"' in owner.ask("/").text
    (text,) = re.findall(r'<textarea[^>]*name="text"[^>]*>(.*?)</textarea>', owner.ask(draft).text, flags=re.DOTALL)
    text = html.unescape(text).replace("starts = 2026-04-01", "starts = 2026-03-01")
    assert owner.ask(draft, form={"text": text}).status == 200
    proposal = owner.ask(f"{draft}/proposal", form={"words": ""}).headers["location"]
    assert done(owner.ask("/")) == [True, True, False, False]

    assert f'href="{proposal}"' in provider.ask("/").text
    assert "Read the proposal and answer it" in steps(provider.ask("/"))[2]
    (hash_,) = re.findall(r'name="hash" value="(\w+)"', provider.ask(proposal).text)
    assert provider.ask(f"{proposal}/accept", form={"hash": hash_}).status == 303
    for visitor in (owner, provider):
        assert done(visitor.ask("/")) == [True, True, True, False]
        assert "begins on 1 Mar 2026" in steps(visitor.ask("/"))[3]

    (send,) = re.findall(r'href="(/deliveries/send[^"]*)"', provider.ask("/").text)
    (contract,) = re.findall(r'<option value="(northwind [\w.-]+)"', provider.ask(html.unescape(send)).text)
    body, headers = in_form({"csrf": provider.csrf, "contract": contract}, "first.csv", FILE.encode())
    upload = provider.ask("/deliveries/send", body=body, headers=headers).headers["location"]
    page = provider.ask(upload).text
    columns = {
        html.unescape(name): re.findall(r'<option value="(\w+)" selected>', options)[0]
        for name, options in re.findall(r'<select id="column-\d+" name="([^"]+)">(.*?)</select>', page)
    }
    assert len(columns) == 9
    assert provider.ask(upload, form=columns).status == 303
    assert "1 of 2" in judged(provider, upload)
    for visitor in (owner, provider):
        assert 'class="steps"' not in visitor.ask("/").text


def test_a_party_that_cannot_be_made_is_refused_in_words_and_what_was_typed_stays(site: Site) -> None:
    owner = first_owner(site)
    for change, words in (
        ({"id": "Nord Wind"}, "is no id for a party"),
        ({"id": ""}, "is no id for a party"),
        ({"kind": "x"}, "is nothing that a party does"),
        ({"timezone": "Moon/Crater"}, "is no time zone"),
        ({"name": "n" * 201}, "has 201 characters"),
        ({"id": "northwind"}, "already"),
    ):
        refused = owner.ask("/settings/parties", form={**OTHER, **change})
        assert refused.status == 400, change
        assert words in html.unescape(refused.text)
        assert f'value="{change.get("id", "intentreach")}"' in refused.text
    assert owner.ask("/settings/parties", form=OTHER).status == 303
    again = owner.ask("/settings/parties", form=OTHER)
    assert (again.status, "already" in again.text) == (400, True)
    audit = owner.ask("/settings/audit").text
    assert audit.count("make party") == audit.count("intentreach") == 1


def test_a_first_party_that_does_nothing_known_is_refused(site: Site) -> None:
    with site.installation.open() as directory:
        key = open_first_run(directory)
    refused = site.anybody().ask("/first-run", form={**FIRST, "key": str(key), "kind": "x"})
    assert (refused.status, "is nothing that a party does" in refused.text) == (400, True)

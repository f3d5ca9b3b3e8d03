"""Pages of what lies ahead on an installation where nothing was delivered yet: without a contract, then with one that was just accepted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.site import NOW, Answer, Site, let_people_in, party, ready, served

from payper.desk.people.installation import Installation

PAGES = (
    "/forecast",
    "/forecast?weeks=6&goal=wins&amount=2&until=2026-04-01",
    "/what-if",
    "/prospects/scores",
    "/prospects/scores?milestone=show",
)
OWNER, PROVIDER = ("northwind", "owner"), ("intentreach", "provider manager")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A buyer and a provider who have nothing together yet."""
    installation = Installation(str(tmp_path / "data"))
    installation.prepare()
    with installation.open() as directory, directory.transaction():
        for id_ in ("northwind", "intentreach"):
            directory.add_party(party(id_), zone="UTC", is_operator=id_ == "northwind", at=NOW)
    with served(installation) as made:
        let_people_in(made, only={OWNER, PROVIDER})
        yield made


def headline(answer: Answer) -> str:
    assert answer.status == 200, answer.text
    return html.unescape(re.findall(r"<h1>(.*?)</h1>", answer.text)[0])


def test_what_is_missing_is_said_calmly(site: Site) -> None:
    owner, provider = site.sessions[OWNER], site.sessions[PROVIDER]
    said = {path: headline(ready(owner, path)) for path in PAGES}
    assert said["/forecast"] == "Nothing to forecast from yet"
    assert said["/what-if"] == "No contract yet whose terms could be tried"
    assert said["/prospects/scores"] == "Nothing to score yet"
    assert site.tokens[OWNER].ask("/api/v1/forecast").status == 404
    draft = owner.ask("/drafts", form={"other": "intentreach"}).headers["location"]
    proposal = owner.ask(f"{draft}/proposal", form={"words": ""}).headers["location"]
    (hash_,) = re.findall(r'name="hash" value="(\w+)"', provider.ask(proposal).text)
    assert provider.ask(f"{proposal}/accept", form={"hash": hash_}).status == 303
    (contract,) = re.findall(r'href="/contracts/northwind/([\w-]+)"', owner.ask("/contracts").text)
    for path in PAGES:
        assert headline(ready(owner, f"{path}{'&' if '?' in path else '?'}as_of=2026-03-02"))
    assert headline(ready(owner, f"/what-if?contract={contract}&terms=v1&as_of=2026-03-02")).startswith("Nothing was delivered under")

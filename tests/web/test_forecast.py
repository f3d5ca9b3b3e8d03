"""The forecast on a page: what `payper forecast` says of the book, with the choices of the command, and calm words where nothing is known."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from tests.cli.test_measuring import Command, payper  # noqa: F401  # a fixture
from tests.html_pages import Page
from tests.web.site import Site, Visitor, ready

from payper.desk.asking.forecast import ForecastAsked, forecast_programme, page_values
from payper.parties import Role

OWNER = ("northwind", "owner")
VIEWS = {
    "": (ForecastAsked(), None),
    "?weeks=4&as_of=2026-02-20": (ForecastAsked(weeks=4), date(2026, 2, 20)),
    "?by=provider&buy=meetly%3D40+intentreach%3D30": (ForecastAsked(by=("provider",), buy=("meetly=40", "intentreach=30")), None),
    "?by=none&goal=wins&amount=1%2C000&until=2026-06-30&buy=nothing": (
        ForecastAsked(by=(), goals=("wins=1000",), until=date(2026, 6, 30), buy=("nothing",)),
        None,
    ),
}


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.sessions[OWNER]


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<(svg|script|style)[\s\S]*?</\1>|<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_says_what_the_command_says(site: Site, owner: Visitor, view: str) -> None:
    asked, as_of = VIEWS[view]
    values = page_values(forecast_programme(site.installation.book_of("northwind"), asked, as_of=as_of))
    answer = ready(owner, f"/forecast{view}")
    assert answer.status == 200, answer.text
    told = words(answer.text)
    for sentence in (values["headline"], values["lead"], *values["findings"], *(each.answer for each in values["sections"])):
        assert " ".join(sentence.split()) in told, sentence
    shown = Page(answer.text).tables
    sections = values["sections"]
    tables = [table for each in sections for table in (*(one.table for one in (*each.figures, *each.cells)), *each.tables)]
    captions = Counter(each.caption for each in tables)
    for table in (values["totals"], *(each for each in tables if captions[each.caption] == 1)):
        assert [list(row) for row in table.rows] == shown[table.caption][1:], table.caption


def test_numbers_are_those_that_the_command_prints(payper: Command, site: Site, owner: Visitor, tmp_path: Path) -> None:  # noqa: F811
    book = site.installation.book_of("northwind")
    code, shown, _ = payper("forecast", "--database", book, "--weeks", "6", "--json")
    assert code == 0
    told = site.tokens[OWNER].ask("/api/v1/forecast?weeks=6").json
    assert isinstance(told, dict)
    # A profile that another test left half answered is said.
    told["notes"] = [note for note in told["notes"] if not note.startswith("Your profile")]
    assert told.pop("state")["is_current"] is True
    assert told == json.loads(shown)
    code, shown, _ = payper("forecast", "--database", book, "--weeks", "6", "--html", tmp_path / "forecast.html")
    assert code == 0
    report = ready(owner, "/forecast/report.html?weeks=6").text
    assert (
        re.sub(r"<section id=.notes.[\s\S]*?</section>|<li><a href=.#notes.*?</li>", "", report).split()
        == (
            re.sub(
                r"<section id=.notes.[\s\S]*?</section>|<li><a href=.#notes.*?</li>", "", (tmp_path / "forecast.html").read_text("utf-8")
            )
        ).split()
    )


def test_the_form_keeps_what_was_asked_and_links_carry_it(owner: Visitor) -> None:
    page = ready(owner, "/forecast?weeks=5&by=contract&goal=meetings&amount=12&until=2026-03-10").text
    assert 'value="5"' in page
    assert re.search(r'<option value="contract" selected>', page)
    assert 'value="12"' in page
    links = re.findall(r'href="(/(?:exports/forecast|forecast/report)[^"]+)"', page)
    assert links
    assert all("weeks=5" in link and "goal=meetings" in link and "amount=12" in link for link in links)


def test_a_table_of_the_forecast_is_a_file(owner: Visitor) -> None:
    page = ready(owner, "/forecast").text
    link = re.findall(r'href="(/exports/forecast/csv[^"]+)"', page)[0]
    rows = list(csv.reader(io.StringIO(owner.ask(html.unescape(link)).text)))
    assert rows[1:] == next(iter(Page(page).tables.values()))[1:]
    assert owner.ask("/exports/forecast/csv?table=99").status == 404
    assert owner.ask("/exports/forecast/pdf").status == 404


@pytest.mark.parametrize(("query", "said"), [
    ("weeks=x", "no number of weeks"), ("weeks=0", "no number from 1 to 104"), ("as_of=31.3.2026", "is no day"), ("as_of=1200-01-01", "outside 1990"),
    ("by=colour", "cannot be told apart"), ("goal=wins", "A goal has a number"), ("amount=20", "number of something"),
    ("goal=joy&amount=2", "is not foretold"), ("goal=wins&amount=-2", "no number from 0"), ("goal=wins&amount=nan", "no number from 0"),
    ("buy=lead", "This is not MODEL=NUMBER"), ("buy=%3Cb%3E=1", "is no model here"), ("buy=nothing+lead=2", "More is bought beside it"),
    ("goal=wins&amount=2&until=2199-01-01", "weeks ahead"), ("goal=wins&amount=2&until=2026-01-01", "day"),
])  # fmt: skip
def test_what_cannot_be_asked_is_said_beside_what_was_typed(owner: Visitor, query: str, said: str) -> None:
    answer = ready(owner, f"/forecast?{query}")
    assert answer.status == 400, words(answer.text)[:2000]
    assert said in words(answer.text)
    assert "<b>=" not in answer.text
    (target,) = re.findall(r'<a href="#([\w-]+)">', answer.text.partition("error-summary")[2])
    assert f'id="{target}"' in answer.text


def test_every_role_of_a_buyer_reads_it_and_no_provider_does(site: Site) -> None:
    for role in (Role.OWNER, Role.MANAGER, Role.SALES, Role.FINANCE, Role.VIEWER):
        visitor = site.sessions["northwind", role]
        answer = ready(visitor, "/forecast")
        assert answer.status == 200
        assert 'data-key="f" aria-current="page">Forecast</a>' in answer.text
        assert ("your role reads no advice" in answer.text) == (role is Role.SALES)
    provider = site.sessions["intentreach", Role.PROVIDER_MANAGER]
    assert provider.ask("/forecast").status == 403
    assert "/forecast" not in provider.ask("/").text


def test_a_day_before_anything_was_delivered_is_said_calmly(owner: Visitor) -> None:
    answer = ready(owner, "/forecast?as_of=2025-06-01")
    assert answer.status == 200
    assert "so there is nothing to forecast from" in answer.text
    assert "It needs accepted deliveries" in answer.text

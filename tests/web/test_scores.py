"""Scores on a page: what `payper score` says of the book, for who may read results and people, each page a line of the audit trail."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path

import pytest
from tests.cli.test_measuring import Command, payper  # noqa: F401  # a fixture
from tests.web.site import Site, Visitor, ready

from payper.desk.asking.score import score
from payper.parties import Act, Role, may
from payper.reports.scores import scores_values

OWNER = ("northwind", "owner")


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.sessions[OWNER]


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<svg[\s\S]*?</svg>|<[^>]+>", " ", text)).split())


@pytest.mark.parametrize(
    "query", ["", "?milestone=meeting&within=30", "?milestone=show&slots=3", "?as_of=2026-02-20&milestone=opportunity"]
)
def test_a_page_says_what_the_command_says(site: Site, owner: Visitor, query: str) -> None:
    from datetime import date

    asked = dict(re.findall(r"(\w+)=([\w-]+)", query))
    story = score(
        site.installation.book_of("northwind"),
        milestone=asked.get("milestone", "win"),
        within_days=int(asked["within"]) if "within" in asked else None,
        slots=int(asked["slots"]) if "slots" in asked else None,
        as_of=date.fromisoformat(asked["as_of"]) if "as_of" in asked else None,
    ).story
    values = scores_values(story)
    answer = ready(owner, f"/prospects/scores{query}")
    assert answer.status == 200, words(answer.text)[:2000]
    told = words(answer.text)
    for sentence in (
        values["headline"],
        values["lead"],
        *values["findings"],
        *values["notes"],
        *(each.answer for each in values["sections"]),
    ):
        assert " ".join(sentence.split()) in told, sentence
    assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=", answer.text)


def test_the_file_holds_what_the_command_writes(payper: Command, site: Site, owner: Visitor, tmp_path: Path) -> None:  # noqa: F811
    book = site.installation.book_of("northwind")
    code, _, _ = payper("score", "--database", book, "--csv", tmp_path / "scores.csv", "--html", tmp_path / "scores.html")
    assert code == 0
    shown = list(csv.reader(io.StringIO(ready(owner, "/exports/scores/csv").text)))
    written = list(csv.reader(io.StringIO((tmp_path / "scores.csv").read_text("utf-8"))))
    assert (shown[0], len(shown)) == (written[0], len(written))
    place = written[0].index("external_id")
    assert [row[place] for row in shown] == [row[place] for row in written]
    assert ready(owner, "/prospects/scores/report.html").text == (tmp_path / "scores.html").read_text("utf-8")


@pytest.mark.parametrize(("query", "said"), [
    ("milestone=joy", "cannot be foretold"), ("within=x", "no whole number"), ("within=9999", "from 1 to 3,650"), ("slots=4", "Slots are for meetings"),
    ("milestone=show&within=9", "has its own day"), ("milestone=show&slots=4&turned_away=nan", "Slots are from"), ("as_of=soon", "is no day"),
    ("milestone=show&turned_away=much", "is no number"),
])  # fmt: skip
def test_what_cannot_be_asked_is_said_beside_what_was_typed(owner: Visitor, query: str, said: str) -> None:
    answer = ready(owner, f"/prospects/scores?{query}")
    assert answer.status == 400
    assert said in words(answer.text)
    (target,) = re.findall(r'<a href="#([\w-]+)">', answer.text.partition("error-summary")[2])
    assert f'id="{target}"' in answer.text


def test_who_reads_results_and_people_is_let_in_and_each_page_is_noted(site: Site) -> None:
    for who, visitor in site.sessions.items():
        is_let_in = may(Role(who[1]), Act.READ_RESULTS) and may(Role(who[1]), Act.READ_PEOPLE)
        for path in ("/prospects/scores", "/prospects/scores/report.html", "/exports/scores/csv", "/prospects/scores?milestone=joy"):
            answer = ready(visitor, path)
            assert answer.status == (403 if not is_let_in else 400 if "joy" in path else 200), (who, path)
        with site.installation.open() as directory:
            noted = [
                line for line in directory.audit(who[0], limit=500) if line.detail.endswith(" scored") and line.who == site.people[who]
            ]
        assert len(noted) == (3 if is_let_in else 0) or (is_let_in and who == OWNER), who
        assert ('href="/prospects/scores"' in visitor.ask("/prospects").text) == is_let_in, who

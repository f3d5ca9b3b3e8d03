"""Prospects are found by who may read people, with how far they have come; files hold exactly the rows of a view, and nothing that runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import polars as pl
import pytest
from tests.web.site import NOW, Answer, Site, Visitor, ready

from payper.desk.people.installation import open_pages
from payper.desk.people.people import Actor
from payper.desk.reads.read_prospects import find_prospects, read_next
from payper.parties import Act, Role, acts_of, may

OWNER = ("northwind", "owner")


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.sessions[OWNER]


def names(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return re.findall(r'<th scope="row"><a href="/deliveries/[^"]+">([^<]+)</a>', answer.text)


def rows(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize(("query", "found"), [
    ("ann1@northwind-reach", 1), ("ACME1", 2), ("lee acme6", 2), ("intern", 2), ("wizard things", 2), ("nobody-is-called-so", 0), ("100%_", 0),
    ("' or 1=1 --", 0),
])  # fmt: skip
def test_all_words_of_a_search_must_fit_whatever_they_are(owner: Visitor, query: str, found: int) -> None:
    from urllib.parse import quote

    page = owner.ask(f"/prospects?q={quote(query)}")
    assert len(names(page)) == found, (query, names(page))


def test_a_prospect_stands_at_the_furthest_step(site: Site) -> None:
    found = rows(site.sessions[OWNER].ask("/exports/prospects/csv?buyer=northwind&q=acme"))
    steps = {(row["contracts"], row["email"]): row["step"] for row in found}
    assert steps["reach", "ann1@northwind-reach-acme1.com"] == "won"
    assert steps["reach", "ann4@northwind-reach-acme4.com"] == "accepted"


def test_only_who_may_read_people_finds_any_and_each_page_is_noted(site: Site) -> None:
    for who, visitor in site.sessions.items():
        if who[0] not in {"northwind", "intentreach"}:
            continue
        page = visitor.ask("/prospects?q=acme")
        assert page.status == (200 if may(Role(who[1]), Act.READ_PEOPLE) else 403), who
        assert ("acme" in page.text) == may(Role(who[1]), Act.READ_PEOPLE)
        with site.installation.open() as directory:
            noted = [
                line.detail for line in directory.audit(who[0], limit=500) if line.act == "read people" and line.who == site.people[who]
            ]
        assert bool(noted) == may(Role(who[1]), Act.READ_PEOPLE), who
    found = site.sessions["intentreach", "provider manager"].ask("/prospects?q=acme").text
    assert "northwind-reach-acme" not in re.sub(r"ann\d@northwind-reach", "", found) or "meet" not in found
    assert not re.search(r"\bmeet\b", found)


def test_whom_to_touch_next_are_accepted_leads_without_a_later_step(site: Site) -> None:
    from datetime import UTC, datetime

    at = datetime(2026, 2, 20, tzinfo=UTC)
    actor = Actor("northwind", "test", acts_of(Role.SALES), role=Role.SALES)
    with site.installation.open() as directory:
        found = read_next(directory, actor, buyer="northwind", at=at)
        later = read_next(directory, actor, buyer="northwind", at=datetime(2027, 2, 20, tzinfo=UTC))
    assert (later.waiting, later.untouched) == (0, ())
    assert found.waiting == len(found.untouched) > 0
    assert {row.step for row in found.untouched} == {"accepted"}
    assert "ann1@northwind-reach-acme1.com" not in {row.email for row in found.untouched}
    assert list(found.untouched) == sorted(found.untouched, key=lambda row: str(row.delivered_at))


def test_a_search_without_words_finds_nobody(site: Site) -> None:
    actor = Actor("northwind", "test", acts_of(Role.SALES), role=Role.SALES)
    with site.installation.open() as directory:
        for query in ("", " ", "a", " a "):
            assert find_prospects(directory, actor, buyer="northwind", query=query, at=NOW).rows == ()


def test_leads_to_hand_over_follow_from_the_profile(site: Site, owner: Visitor) -> None:
    assert "Answer the questions of Advice" in site.sessions["contoso", "owner"].ask("/prospects/promote").text
    assert site.sessions["northwind", "sales"].ask("/prospects/promote").status == 403


@pytest.mark.parametrize("view", ["", "&verdict=rejected", "&contract=meet", "&reason=SENIORITY_OUTSIDE", "&verdict=review&contract=reach"])
def test_a_file_holds_exactly_the_rows_of_its_view(owner: Visitor, view: str) -> None:
    page = owner.ask(f"/deliveries?buyer=northwind{view}").text
    shown = re.findall(r'href="/deliveries/northwind/([\w-]+)"', page)
    found = rows(owner.ask(f"/exports/deliveries/csv?buyer=northwind{view}"))
    assert [row["delivery"] for row in found] == shown
    for kind in ("xlsx", "parquet"):
        content = io.BytesIO(owner.ask(f"/exports/deliveries/{kind}?buyer=northwind{view}").body)
        frame = pl.read_parquet(content) if kind == "parquet" else pl.read_excel(content, engine="calamine")
        assert frame["delivery"].to_list() == shown
        assert frame.columns == list(found[0])


def test_lines_of_a_file_add_up_to_the_balance(owner: Visitor) -> None:
    lines = rows(owner.ask("/exports/lines/csv?buyer=northwind&contract=reach"))
    page = owner.ask("/money/northwind/reach").text
    assert len(lines) == len(re.findall(r'<td class="when">', page))
    pending = sum(round(float(line["pending"]) * 100) for line in lines)
    assert f"<dd>{pending / 100:,.2f} USD</dd>" in page


def test_a_table_of_results_is_a_file(owner: Visitor) -> None:
    page = ready(owner, "/results/falling").text
    (link,) = re.findall(r'href="(/exports/results/csv[^"]+)"', page)
    found = rows(owner.ask(link.replace("&amp;", "&")))
    assert found[0]["Step"] == "delivered"
    assert owner.ask("/exports/results/csv?question=falling&table=9").status == 404


def test_formulas_are_made_harmless_in_files(site: Site) -> None:
    from payper.reports.exporting import exported

    frame = pl.DataFrame({"name": ["=cmd|' /C calc'!A0", "@x", "+1", "plain"], "number": [1, 2, 3, 4]})
    cells = [row["name"] for row in csv.DictReader(io.StringIO(exported(frame, "csv").decode()))]
    assert cells == ["'=cmd|' /C calc'!A0", "'@x", "+1", "plain"]
    import zipfile

    sheet = zipfile.ZipFile(io.BytesIO(exported(frame, "xlsx")))
    assert not any(b"<f>" in sheet.read(name) for name in sheet.namelist())
    assert pl.read_excel(io.BytesIO(exported(frame, "xlsx")), engine="calamine")["name"].to_list() == frame["name"].to_list()
    for kind in ("csv", "xlsx", "parquet"):
        assert exported(frame, kind) == exported(frame, kind)


@pytest.mark.parametrize(
    "path",
    ["/exports/deliveries/pdf?buyer=northwind", "/exports/lines/exe?buyer=northwind&contract=reach", "/exports/deliveries/csv?buyer=zzz"],
)
def test_a_file_of_another_kind_is_not_here(owner: Visitor, path: str) -> None:
    assert owner.ask(path).status == 404


def test_searching_sees_only_contracts_in_reach(site: Site) -> None:
    with site.installation.open() as directory:
        actor = Actor("meetly", "test", acts_of(Role.PROVIDER_MANAGER), role=Role.PROVIDER_MANAGER)
        address = directory.book("northwind")
        found = find_prospects(directory, actor, buyer="northwind", query="acme", at=NOW)
    assert address is not None
    with open_pages(address) as book:
        assert book.runs()
    assert {contract for row in found.rows for contract in row.contracts} == {"meet"}


@pytest.mark.parametrize("at_once", [1, 2, 3, 5000])
def test_csv_is_made_while_it_is_sent_and_is_the_same_whole(owner: Visitor, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    from payper.desk.reads import exports
    from payper.reports.exporting import exported

    for path in ("deliveries", "deliveries&verdict=accepted", "lines&contract=reach", "deliveries&reason=EMAIL_NO_MX"):
        table, _, rest = path.partition("&")
        address = f"/exports/{table}/{{}}?buyer=northwind&{rest}"
        whole = pl.read_parquet(io.BytesIO(owner.ask(address.format("parquet")).body))
        monkeypatch.setattr(exports, "AT_ONCE", at_once)
        answer = owner.ask(address.format("csv"))
        assert answer.body == exported(whole, "csv"), path
        assert int(answer.headers["x-rows"]) == whole.height
        assert "x-rows-cut" not in answer.headers


def test_a_csv_that_cannot_be_finished_is_broken_off(owner: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    import http.client

    from payper.desk.reads import exports

    def half(*_: object, **__: object) -> exports.Pages:
        def make() -> Iterator[pl.DataFrame]:
            yield pl.DataFrame({"a": ["1"]})
            raise RuntimeError("the disk is gone")

        return exports.Pages(2, make)

    monkeypatch.setattr("payper.web.pages.exports.deliveries_pages", half)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        owner.ask("/exports/deliveries/csv?buyer=northwind")


def test_who_goes_away_ends_the_making_of_a_stream() -> None:
    import asyncio
    import threading

    from payper.web.streaming import streamed

    made: list[int] = []
    ended = threading.Event()

    def make() -> Iterator[bytes]:
        try:
            for number in range(1000):
                made.append(number)
                yield b"x"
        finally:
            ended.set()

    async def read_one() -> None:
        parts = streamed(make)
        assert await anext(parts) == b"x"
        await parts.aclose()  # type: ignore[attr-defined]  # an asynchronous generator

    asyncio.run(read_one())
    assert ended.wait(5)
    assert len(made) < 10

"""Prospects: a search of people and companies, whom to touch next, and leads worth handing to appointment setting."""

from __future__ import annotations

from typing import Any

import polars as pl
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from payper.desk.people.installation import buyers_of, reach
from payper.desk.reads.exports import check_kind
from payper.desk.reads.read_promotion import read_promotion
from payper.desk.reads.read_prospects import QUERY_LETTERS_MIN, ROWS_MAX, ProspectSeen, find_prospects, read_next
from payper.parties import Act
from payper.reports.words import counted
from payper.web.pages.exports import file_answer
from payper.web.rendering import page
from payper.web.visits import signed_in
from payper.web.waiting import working_page

Asked = Request[Any, Any, Any]
Text = FromQuery[str | None]


@get("/prospects", sync_to_thread=True)
def prospects_page(request: Asked, q: Text = None, buyer: Text = None) -> Response[Any]:
    """Find people, or say whom to touch next."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_PEOPLE)
        buyers = buyers_of(reach(visit.directory, visit.actor))
        chosen, query = buyer or (buyers[0] if buyers else None), (q or "").strip()[:200]
        shown: dict[str, Any] = {"buyers": buyers, "buyer": chosen, "query": query, "found": None, "next": None, "names": visit.name_of}
        if chosen is None:
            return page(visit, "prospects.html.j2", title="Prospects", headline="No prospect yet", **shown)
        if len(query.replace(" ", "")) >= QUERY_LETTERS_MIN:
            found = find_prospects(visit.directory, visit.actor, buyer=chosen, query=query, at=visit.at)
            number = counted(len(found.rows), "prospect fits", "prospects fit")
            words = f"The latest {number}" if found.has_more else number if found.rows else "Nobody fits"
            return page(visit, "prospects.html.j2", title="Prospects", headline=f"{words} «{query}»", **{**shown, "found": found})
        ahead = read_next(visit.directory, visit.actor, buyer=chosen, at=visit.at)
        waiting = counted(ahead.waiting, "accepted lead waits", "accepted leads wait") if ahead.waiting else "Nobody waits"
        headline = f"{waiting} for a first touch"
        return page(visit, "prospects.html.j2", title="Prospects", headline=headline, **{**shown, "next": ahead})


@get("/exports/prospects/{kind:str}", sync_to_thread=True)
def prospects_file(request: Asked, kind: FromPath[str], q: FromQuery[str] = "", buyer: FromQuery[str] = "") -> Response[Any]:
    """Give the people that a search finds as a file."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_PEOPLE)
        check_kind(kind)
        found = find_prospects(visit.directory, visit.actor, buyer=buyer, query=q, at=visit.at, limit=ROWS_MAX)
        return file_answer(_table(found.rows), kind, "prospects")


def _table(rows: tuple[ProspectSeen, ...]) -> pl.DataFrame:
    names = ("delivery", "name", "title", "company", "email", "contracts", "verdict", "step", "step_at", "delivered_at")
    cells = [
        (row.number, row.name, row.title, row.company, row.email, ";".join(row.contracts), row.verdict, row.step, row.step_at,
         row.delivered_at)
        for row in rows
    ]  # fmt: skip
    schema = {name: pl.Datetime("us", "UTC") if name.endswith("_at") else pl.String() for name in names}
    return pl.DataFrame(cells, schema=schema, orient="row")


@get("/prospects/promote", sync_to_thread=True)
def promote_page(request: Asked) -> Response[Any]:
    """List the accepted leads worth handing to appointment setting."""
    with signed_in(request) as visit:
        worked = read_promotion(visit.directory, visit.actor, at=visit.at)
        if worked is not None and worked.value is None:
            return working_page(visit, worked, section="Prospects", title="Leads to hand over")
        found = None if worked is None else worked.value
        return page(
            visit, "promote.html.j2", title="Leads to hand over", found=found, is_current=worked is None or worked.is_current,
            read_at=None if worked is None else worked.read_at,
            handed=[] if found is None else found.handed.head(200).to_dicts(),
            counts=[] if found is None else found.leads.group_by("act").len().sort("act").rows(),
        )  # fmt: skip


ROUTES = [prospects_page, prospects_file, promote_page]

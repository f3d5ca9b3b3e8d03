"""Exports: the rows of a view as CSV, XLSX or Parquet; the address of a file is that of its view."""

from __future__ import annotations

from typing import Any

import polars as pl
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from payper.desk.people.installation import absent
from payper.desk.reads.exports import (
    ROWS_MAX,
    Pages,
    check_kind,
    deliveries_pages,
    deliveries_table,
    lines_pages,
    lines_table,
    results_table,
)
from payper.desk.reads.read_deliveries import Filters
from payper.parties import Act
from payper.reports.exporting import exported, exported_rows
from payper.web.pages.results import read_asked
from payper.web.streaming import streamed
from payper.web.visits import signed_in
from payper.web.waiting import working_page

Asked = Request[Any, Any, Any]
Text = FromQuery[str | None]


@get("/exports/deliveries/{kind:str}", sync_to_thread=True)
def deliveries_file(
    request: Asked, kind: FromPath[str], buyer: FromQuery[str] = "", contract: Text = None, verdict: Text = None, reason: Text = None
) -> Response[Any]:
    """Give the deliveries of a view as a file."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_DELIVERIES)
        check_kind(kind)
        filters = Filters(contract or None, verdict or None, reason or None)
        name = "-".join(each for each in ("deliveries", contract, verdict) if each)
        if kind == "csv":
            return pages_answer(deliveries_pages(visit.directory, visit.actor, buyer=buyer, filters=filters), name)
        return file_answer(deliveries_table(visit.directory, visit.actor, buyer=buyer, filters=filters), kind, name)


@get("/exports/lines/{kind:str}", sync_to_thread=True)
def lines_file(request: Asked, kind: FromPath[str], buyer: FromQuery[str] = "", contract: FromQuery[str] = "") -> Response[Any]:
    """Give the statement lines of a contract as a file."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_MONEY)
        check_kind(kind)
        if kind == "csv":
            return pages_answer(lines_pages(visit.directory, visit.actor, buyer=buyer, contract=contract), f"lines-{contract}")
        return file_answer(lines_table(visit.directory, visit.actor, buyer=buyer, contract=contract), kind, f"lines-{contract}")


@get("/exports/results/{kind:str}", sync_to_thread=True)
def results_table_file(
    request: Asked,
    kind: FromPath[str],
    question: FromQuery[str] = "figures",
    table: FromQuery[str] = "1",
    provider: Text = None,
    contract: Text = None,
    model: Text = None,
    horizon: Text = None,
    as_of: Text = None,
) -> Response[Any]:
    """Give a table of results as a file."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_RESULTS)
        check_kind(kind)
        asked = read_asked(provider=provider, contract=contract, model=model, horizon=horizon, as_of=as_of)
        if not (table.isascii() and table.isdigit() and len(table) < 4):
            raise absent("table", table)
        worked = results_table(visit.directory, visit.actor, asked, question=question, place=int(table))
        if worked.value is None:
            return working_page(visit, worked, section="Results", title="Results")
        return file_answer(worked.value, kind, f"results-{question}-{table}")


def file_answer(frame: pl.DataFrame, kind: str, name: str) -> Response[Any]:
    """Answer with a table as a file; a header says where it was cut."""
    headers = _headers(name, kind, frame.height)
    if frame.height >= ROWS_MAX:
        headers["X-Rows-Cut"] = "newest"
    return Response(exported(frame, kind), media_type=check_kind(kind), headers=headers)


def pages_answer(pages: Pages, name: str) -> Stream:
    """Answer with a table as CSV, made while it is sent."""
    headers = _headers(name, "csv", pages.rows)
    return Stream(streamed(lambda: exported_rows(pages.make())), media_type=check_kind("csv"), headers=headers)


def _headers(name: str, kind: str, rows: int) -> dict[str, str]:
    plain = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "-_."))[:100]
    return {"Content-Disposition": f'attachment; filename="{plain}.{kind}"', "X-Rows": str(rows)}


ROUTES = [deliveries_file, lines_file, results_table_file]

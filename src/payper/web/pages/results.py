"""Results: what deliveries brought, narrowed as the address says; one page for the answers and one for each question."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery

from payper.desk.people.installation import absent
from payper.desk.reads.exports import tables_of
from payper.desk.reads.read_results import ResultsAsked, read_results
from payper.errors import UsageError
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in
from payper.web.waiting import working_page

FIRST = 2
"""Questions whose charts stand on the first page; the others have a page each."""

MORE = {"figures": "All figures", "careful": "What to be careful with", "method": "How these numbers are made"}
"""Pages beside the questions, by their address."""

Asked = Request[Any, Any, Any]
Text = FromQuery[str | None]


@get("/results", sync_to_thread=True)
def results_page(
    request: Asked, provider: Text = None, contract: Text = None, model: Text = None, horizon: Text = None, as_of: Text = None
) -> Response[Any]:
    """Say what deliveries brought, with the first charts and the answer to every question."""
    with signed_in(request) as visit:
        asked = read_asked(provider=provider, contract=contract, model=model, horizon=horizon, as_of=as_of)
        return _answer(visit, asked, "results.html.j2", path="/results")


@get("/results/report.html", sync_to_thread=True)
def results_file(
    request: Asked, provider: Text = None, contract: Text = None, model: Text = None, horizon: Text = None, as_of: Text = None
) -> Response[Any]:
    """Give the whole report as one file to forward."""
    with signed_in(request) as visit:
        asked = read_asked(provider=provider, contract=contract, model=model, horizon=horizon, as_of=as_of)
        found = read_results(visit.directory, visit.actor, asked)
        if found is None:
            raise absent("report", "results")
        own, worked = found
        if worked.value is None:
            return working_page(visit, worked, section="Results", title="Results")
        name = f"results-{own.party}-{worked.value.day.isoformat()}.html"
        return Response(worked.value.page, media_type=MediaType.HTML, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@get("/results/{question:str}", sync_to_thread=True)
def question_page(
    request: Asked,
    question: FromPath[str],
    provider: Text = None,
    contract: Text = None,
    model: Text = None,
    horizon: Text = None,
    as_of: Text = None,
) -> Response[Any]:
    """Answer one question with all of its charts and tables."""
    with signed_in(request) as visit:
        asked = read_asked(provider=provider, contract=contract, model=model, horizon=horizon, as_of=as_of)
        return _answer(visit, asked, "results_question.html.j2", path=f"/results/{question}", question=question)


def _answer(visit: Visit, asked: ResultsAsked, template: str, *, path: str, question: str | None = None) -> Response[Any]:
    found = read_results(visit.directory, visit.actor, asked)
    if found is None:
        if question is not None:
            raise absent("question", question)
        return page(visit, "results_none.html.j2", title="Results")
    own, worked = found
    if worked.value is None:
        return working_page(visit, worked, section="Results", title="Results")
    values = dict(worked.value.values)
    shown = next((each for each in values["sections"] if each.id == question), None)
    if question is not None and shown is None and question not in MORE:
        raise absent("question", question)
    return page(
        visit,
        template,
        title="Results" if question is None else shown.question if shown is not None else MORE[question],
        own=own,
        asked=asked,
        path=path,
        query=query_of(asked),
        is_current=worked.is_current,
        read_at=worked.read_at,
        shown=shown,
        all_tables=tables_of(values, question),
        question=question,
        first=FIRST,
        more=MORE,
        is_narrowed=asked != ResultsAsked(),
        **_without(values, "version"),
    )


def _without(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def read_asked(
    *,
    provider: str | None = None,
    contract: str | None = None,
    model: str | None = None,
    horizon: str | None = None,
    as_of: str | None = None,
    by: str | None = None,
) -> ResultsAsked:
    """Read what an address asks for; what is empty is not asked.

    Raises:
        UsageError: The day or the horizon is none.
    """
    return ResultsAsked(
        provider=provider or None,
        contract=contract or None,
        model=model or None,
        as_of=read_day(as_of),
        horizon_days=_days(horizon),
        by=tuple(each.strip() for each in (by or "").split(",") if each.strip()),
    )


def read_day(text: str | None) -> date | None:
    """Read a day of an address: `2026-03-31`.

    Raises:
        UsageError: It is none.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(where="as_of", seen=f"«{text[:40]}» is no day.", mend="Write one such as 2026-03-31.") from error


def _days(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise UsageError(where="horizon", seen=f"«{text[:40]}» is no number of days.", mend="Write one such as 180.")
    return int(text)


def query_of(asked: ResultsAsked) -> dict[str, str]:
    """Give what an address says of results, so that every view is a link."""
    told = {"provider": asked.provider, "contract": asked.contract, "model": asked.model, "horizon": asked.horizon_days,
            "as_of": asked.as_of}  # fmt: skip
    return {name: str(value) for name, value in told.items() if value is not None}


ROUTES = [results_page, results_file, question_page]

"""Pages of what a buyer keeps beside its contracts: lists, and where somebody is, to be erased."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from payper.desk.contracts.lists import add_to_list, list_lists, own_book, take_off_list
from payper.desk.people.erasure import Certificate, Traces, erase_person, find_person, list_erasures
from payper.desk.people.refusals import RefusedError
from payper.errors import UsageError
from payper.parties import Act
from payper.reports.words import counted
from payper.web.pages.entrance import Sent, text_of
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in

Asked = Request[Any, Any, Any]


@get("/lists", sync_to_thread=True)
def lists_page(request: Asked) -> Response[Any]:
    """Show the lists of the party."""
    with signed_in(request) as visit:
        return _lists(visit)


@post("/lists", sync_to_thread=True)
def add_form(request: Asked, data: Sent) -> Response[Any]:
    """Add entries to a list."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.WRITE_SUPPRESSION)
        name, entries = text_of(data, "name"), text_of(data, "entries")
        is_everywhere = True if text_of(data, "everywhere") else None
        try:
            row, read = add_to_list(visit.directory, visit.actor, name=name, raw=entries.encode(), is_everywhere=is_everywhere, at=visit.at)
        except RefusedError as error:
            return _lists(visit, error=error, typed={"name": name, "entries": entries}, status=400)
        return _lists(
            visit, told=f"{counted(read, 'entry', 'entries')} read; {row.name} has {counted(row.entries, 'entry', 'entries')} now"
        )


@post("/lists/off", sync_to_thread=True)
def off_form(request: Asked, data: Sent) -> Response[Any]:
    """Take entries off a list."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.WRITE_SUPPRESSION)
        name, entries = text_of(data, "name"), text_of(data, "entries")
        try:
            row = take_off_list(visit.directory, visit.actor, name=name, raw=entries.encode(), at=visit.at)
        except RefusedError as error:
            return _lists(visit, error=error, typed={"name": name, "entries": entries}, status=400)
        return _lists(visit, told=f"{row.name} has {counted(row.entries, 'entry', 'entries')} now")


@get("/settings/erasure", sync_to_thread=True)
def erasure_page(request: Asked) -> Response[Any]:
    """Show the form to look for somebody, and the certificates so far."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_PEOPLE)
        own_book(visit.directory, visit.actor)
        return _erasure(visit)


@post("/settings/erasure/search", sync_to_thread=True)
def search_form(request: Asked, data: Sent) -> Response[Any]:
    """Say where somebody is."""
    with signed_in(request, data) as visit:
        person = text_of(data, "person")
        try:
            traces = find_person(visit.directory, visit.actor, person=person, at=visit.at)
        except RefusedError as error:
            return _erasure(visit, typed=person, error=error, status=400)
        return _erasure(visit, typed=person, traces=traces)


@post("/settings/erasure", sync_to_thread=True)
def erase_form(request: Asked, data: Sent) -> Response[Any]:
    """Erase somebody."""
    with signed_in(request, data) as visit:
        person, suppress = text_of(data, "person"), bool(text_of(data, "suppress"))
        try:
            made = erase_person(visit.directory, visit.actor, person=person, suppress=suppress, at=visit.at)
        except RefusedError as error:
            return _erasure(visit, typed=person, error=error, status=400)
        return _erasure(visit, typed=person, made=made)


def _lists(
    visit: Visit, *, error: UsageError | None = None, typed: dict[str, str] | None = None, told: str = "", status: int = 200
) -> Response[Any]:
    lists = list_lists(visit.directory, visit.actor)
    typed = typed or {"name": "", "entries": ""}
    return page(visit, "lists.html.j2", title="Lists", status=status, lists=lists, error=error, typed=typed, told=told)


def _erasure(
    visit: Visit,
    *,
    typed: str = "",
    traces: Traces | None = None,
    made: Certificate | None = None,
    error: UsageError | None = None,
    status: int = 200,
) -> Response[Any]:
    may_erase = Act.ERASE_PEOPLE in visit.actor.acts
    erasures = list_erasures(visit.directory, visit.actor) if may_erase else []
    return page(
        visit, "erasure.html.j2", title="Erasure", status=status, typed=typed, traces=traces, made=made, error=error, erasures=erasures
    )


ROUTES = [lists_page, add_form, off_form, erasure_page, search_form, erase_form]

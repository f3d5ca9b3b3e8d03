"""What if: a contract's deliveries under other terms, chosen and changed on a page; what is asked stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from payper.desk.asking.what_if import WhatIf
from payper.desk.contracts.drafts import change_draft, draft_next_version
from payper.desk.people.installation import absent
from payper.desk.reads.read_what_if import TermsOffered, missing_words, terms_offered, text_of_terms, try_terms
from payper.errors import UsageError
from payper.parties import Act
from payper.reports.what_if_words import HEADS, dropped_words, figure_rows, owed_words, title_words, unseen_words
from payper.reports.words import counted
from payper.terms.editing import with_values
from payper.terms.findings import has_errors
from payper.web.pages.contract_form import ContractForm, changes_of, form_of, typed_otherwise
from payper.web.pages.entrance import Sent, text_of
from payper.web.pages.results import read_day
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in
from payper.web.waiting import working_page

NOT_CHANGED = "contract"
"""The table of the form that what is tried keeps: whose contract it is, in which currency and zone."""

ADDRESS_LETTERS_MAX = 4000

Asked = Request[Any, Any, Any]
Text = FromQuery[str | None]


@get("/what-if", sync_to_thread=True)
def what_if_page(request: Asked, contract: Text = None, terms: Text = None, as_of: Text = None) -> Response[Any]:
    """Say what a contract's period would have cost and brought under other terms, or ask which."""
    with signed_in(request) as visit:
        found = terms_offered(visit.directory, visit.actor, contract or None)
        if found is None:
            return page(visit, "what_if_none.html.j2", title="What if")
        own, offered = found
        if offered is None:
            return page(visit, "what_if_start.html.j2", title="What if", own=own)
        name, text = text_of_terms(visit.directory, visit.actor, offered, terms)
        typed = _changed(text, request.query_params.dict())
        if not typed and not terms:
            return _shown(
                visit, offered, name, text, {}, headline=f"What would {offered.contract} have cost and brought under other terms?"
            )
        return _tried(visit, offered, name, text, typed, as_of)


@post("/what-if", sync_to_thread=True)
def what_if_form(request: Asked, data: Sent) -> Response[Any]:
    """Take what was changed to the address that says what comes of it, or into a draft of the next version."""
    with signed_in(request, data) as visit:
        found = terms_offered(visit.directory, visit.actor, text_of(data, "contract"))
        if found is None or found[1] is None:
            raise absent("contract", text_of(data, "contract"))
        own, offered = found[0], found[1]
        name, text = text_of_terms(visit.directory, visit.actor, offered, text_of(data, "terms") or None)
        typed = _changed(text, data)
        if text_of(data, "then") == "draft":
            visit.actor.must(Act.WRITE_CONTRACTS)
            made = draft_next_version(visit.directory, visit.actor, buyer=own.party, contract=offered.contract, at=visit.at)
            anew = with_values(made.text, changes_of(made.text, _fields(with_values(text, changes_of(text, typed)))))
            change_draft(visit.directory, visit.actor, made.draft, text=anew, revision=made.revision, at=visit.at)
            return Redirect(f"/drafts/{made.draft}", status_code=303)
        sent = {"contract": offered.contract, "terms": name, **_day(text_of(data, "as_of")), **typed}
        goal = f"/what-if?{urlencode(sent)}"
        if len(goal) > ADDRESS_LETTERS_MAX:
            error = UsageError(where="terms", seen="So many changes stand in no address.", mend="Keep them as a draft, and try that.")
            return _shown(visit, offered, name, text, typed, headline="Too many changes for an address", status=400, error=error)
    return Redirect(goal, status_code=303)


def _day(as_of: str) -> dict[str, str]:
    return {"as_of": as_of[:20]} if as_of else {}


def _changed(text: str, sent: Mapping[str, Any]) -> dict[str, str]:
    """Give the fields that say otherwise than the text, without those of whose contract it is."""
    return {name: typed for name, typed in typed_otherwise(text, sent).items() if not name.startswith(f"{NOT_CHANGED}.")}


def _fields(text: str) -> dict[str, str]:
    """Give every field of a text that can be changed here."""
    form = form_of(text)
    fields = [field for name, fields in form.tables if name != NOT_CHANGED for field in fields] + [
        each for row in form.prices for each in row
    ]
    return {field.name: field.value for field in fields}


def _tried(visit: Visit, offered: TermsOffered, name: str, text: str, typed: Mapping[str, str], as_of: str | None) -> Response[Any]:
    tried_text = with_values(text, changes_of(text, typed))
    called = offered.words[name] + (", changed" if typed else "")
    try:
        day = read_day(as_of)
        tried = try_terms(offered, tried_text, name=called, as_of=day)
    except UsageError as error:
        return _shown(
            visit, offered, name, text, typed, headline="This cannot be tried as it is asked", status=400, error=error, as_of=as_of
        )
    if tried.worked is None:
        number = counted(sum(each.is_error for each in tried.findings), "error")
        headline = f"The changed terms have {number}, so nothing was tried" if typed else f"These terms have {number}, so nothing was tried"
        return _shown(visit, offered, name, text, typed, headline=headline, status=400, findings=tried.findings, as_of=as_of)
    if tried.worked.value is None:
        return working_page(visit, tried.worked, section="Advice", title="What if")
    found = tried.worked.value
    return _shown(
        visit, offered, name, text, typed, headline=_headline(found), as_of=as_of, found=found,
        is_current=tried.worked.is_current, read_at=tried.worked.read_at,
        heads=HEADS, rows=[] if found.is_empty else figure_rows(found.then, found.anew),
        caption=title_words(found.on, terms=found.terms, as_of=found.as_of, currency=found.currency),
        told=[each for each in (
            unseen_words(found.unknown, found.likely, found.currency), dropped_words(found.dropped), missing_words(tried.missing)
        ) if each],
        findings=tried.findings,
    )  # fmt: skip


def _headline(found: WhatIf) -> str:
    if found.is_empty:
        return found.notes[0].rstrip(".")
    return owed_words(found.then["charges"], found.anew["charges"], found.currency) or f"{found.on} under {found.terms}"


def _shown(
    visit: Visit, offered: TermsOffered, name: str, text: str, typed: Mapping[str, str], *, headline: str, status: int = 200, **more: Any
) -> Response[Any]:
    shown_text = with_values(text, changes_of(text, typed))
    findings = more.pop("findings", ())
    values = {"found": None, "error": None, "as_of": "", "is_current": True, "heads": HEADS, "rows": [], "caption": "", "told": []} | more
    form: ContractForm = form_of(shown_text, findings)
    kept = [(table, fields) for table, fields in form.tables if table != NOT_CHANGED]
    return page(
        visit, "what_if.html.j2", status=status, title=f"What if: {offered.contract}", headline=headline, offered=offered, own=offered.own,
        name=name, form=form, tables=kept, shown_changes=_said(text, typed), has_errors=has_errors(findings),
        other_findings=[each for each in findings if each.is_error], may_write=Act.WRITE_CONTRACTS in visit.actor.acts, **values,
    )  # fmt: skip


def _said(text: str, typed: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """List what is changed: the clause, what it said, what it says."""
    before = {field.name: (field.label, field.value) for _, fields in form_of(text).tables for field in fields}
    before |= {field.name: (field.label, field.value) for row in form_of(text).prices for field in row}
    return [(before[name][0], before[name][1], value) for name, value in typed.items()]


ROUTES = [what_if_page, what_if_form]

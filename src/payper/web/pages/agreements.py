"""Pages where two parties come to terms: drafts with text and form side by side, proposals, and pauses of a contract."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from payper.desk.contracts.drafts import (
    TextChecked,
    change_draft,
    check_text,
    draft_next_version,
    drop_draft,
    first_text,
    list_drafts,
    make_draft,
    read_draft,
)
from payper.desk.contracts.pauses import pause, resume
from payper.desk.contracts.proposals import accept, decline, effect_of, list_proposals, propose, read_proposal, withdraw
from payper.desk.people.own_party import list_parties
from payper.desk.people.refusals import RefusedError
from payper.parties import Act
from payper.reports.words import counted
from payper.store.proposals import Draft
from payper.terms.editing import with_values
from payper.web.pages.contract_form import changes_of, form_of
from payper.web.pages.entrance import Sent, text_of
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in

Asked = Request[Any, Any, Any]


@get("/proposals", sync_to_thread=True)
def proposals_page(request: Asked) -> Response[Any]:
    """List proposals and the party's drafts."""
    with signed_in(request) as visit:
        proposals = list_proposals(visit.directory, visit.actor)
        may_write = Act.WRITE_CONTRACTS in visit.actor.acts
        waiting = [each for each in proposals if each.proposal.state == "open" and not each.is_own]
        headline = (
            f"{counted(len(waiting), 'proposal waits', 'proposals wait')} for your answer" if waiting else "No proposal waits for you"
        )
        own = visit.directory.party(visit.actor.party)
        others = [each.party for each in list_parties(visit.directory, visit.actor) if not each.is_own]
        return page(
            visit,
            "proposals.html.j2",
            title="Proposals",
            headline=headline,
            proposals=proposals,
            drafts=list_drafts(visit.directory, visit.actor) if may_write else [],
            may_write=may_write,
            others=others,
            own=own,
            names=visit.name_of,
        )


@post("/drafts", sync_to_thread=True)
def new_draft_form(request: Asked, data: Sent) -> Response[Any]:
    """Begin a draft: of a first contract with another party, or of the next version of one."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.WRITE_CONTRACTS)
        buyer, contract = text_of(data, "buyer"), text_of(data, "contract")
        if contract:
            made = draft_next_version(visit.directory, visit.actor, buyer=buyer, contract=contract, at=visit.at)
        else:
            own = visit.directory.party(visit.actor.party)
            assert own is not None, "who is signed in is of a party"
            zone = visit.directory.zone(own.id)
            text = first_text(own, text_of(data, "other")[:100], zone=zone, at=visit.at.date())
            made = make_draft(visit.directory, visit.actor, text=text, at=visit.at)
    return Redirect(f"/drafts/{made.draft}", status_code=303)


@get("/drafts/{draft:str}", sync_to_thread=True)
def draft_page(request: Asked, draft: FromPath[str]) -> Response[Any]:
    """Show a draft: its text and its form side by side, what was found, and what it means."""
    with signed_in(request) as visit:
        return _draft(visit, read_draft(visit.directory, visit.actor, draft))


@post("/drafts/{draft:str}", sync_to_thread=True)
def draft_form(request: Asked, draft: FromPath[str], data: Sent) -> Response[Any]:
    """Keep what was typed: the text, or (from the form) the fields that differ from it; then check it."""
    with signed_in(request, data) as visit:
        found = read_draft(visit.directory, visit.actor, draft)
        text = text_of(data, "text") if "text" in data else found.text
        if text_of(data, "from") == "form":
            text = with_values(text, changes_of(text, data))
        given = text_of(data, "revision")
        revision = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
        try:
            changed = change_draft(visit.directory, visit.actor, draft, text=text, revision=revision, at=visit.at)
        except RefusedError as error:
            return _draft(visit, found, text=text, error=error, status=409)
        return _draft(visit, changed)


@post("/drafts/{draft:str}/check", sync_to_thread=True)
def draft_check_form(request: Asked, draft: FromPath[str], data: Sent) -> Response[Any]:
    """Give what is to be said of a text as it is typed, as a part of the page; nothing is kept."""
    with signed_in(request, data) as visit:
        read_draft(visit.directory, visit.actor, draft)
        checked = check_text(visit.directory, visit.actor, text_of(data, "text"))
        return page(visit, "draft_checked.html.j2", checked=checked, lines=_lines(checked))


@post("/drafts/{draft:str}/drop", sync_to_thread=True)
def drop_form(request: Asked, draft: FromPath[str], data: Sent) -> Response[Any]:
    """Throw a draft away."""
    with signed_in(request, data) as visit:
        drop_draft(visit.directory, visit.actor, draft)
    return Redirect("/proposals", status_code=303)


@get("/drafts/{draft:str}/effect", sync_to_thread=True)
def draft_effect_page(request: Asked, draft: FromPath[str]) -> Response[Any]:
    """Show what a draft would change before it is proposed, in words, money and past deliveries."""
    with signed_in(request) as visit:
        return _effect(visit, read_draft(visit.directory, visit.actor, draft))


@post("/drafts/{draft:str}/proposal", sync_to_thread=True)
def propose_form(request: Asked, draft: FromPath[str], data: Sent) -> Response[Any]:
    """Propose a draft to the other party."""
    with signed_in(request, data) as visit:
        try:
            made = propose(visit.directory, visit.actor, draft=draft, words=text_of(data, "words"), at=visit.at)
        except RefusedError as error:
            return _effect(visit, read_draft(visit.directory, visit.actor, draft), error=error, status=409)
    return Redirect(f"/proposals/{made.proposal}", status_code=303)


@get("/proposals/{proposal:str}", sync_to_thread=True)
def proposal_page(request: Asked, proposal: FromPath[str]) -> Response[Any]:
    """Show a proposal with what it changes, to be answered."""
    with signed_in(request) as visit:
        return _proposal(visit, proposal)


@post("/proposals/{proposal:str}/accept", sync_to_thread=True)
def accept_form(request: Asked, proposal: FromPath[str], data: Sent) -> Response[Any]:
    """Accept a proposal."""
    with signed_in(request, data) as visit:
        hash_, words = text_of(data, "hash"), text_of(data, "words")
        try:
            accept(visit.directory, visit.actor, visit.server.installation, proposal=proposal, hash_=hash_, words=words, at=visit.at)
        except RefusedError as error:
            return _proposal(visit, proposal, error=error, words=words, status=409)
    return Redirect(f"/proposals/{proposal}", status_code=303)


@post("/proposals/{proposal:str}/decline", sync_to_thread=True)
def decline_form(request: Asked, proposal: FromPath[str], data: Sent) -> Response[Any]:
    """Decline a proposal."""
    with signed_in(request, data) as visit:
        words = text_of(data, "words")
        try:
            decline(visit.directory, visit.actor, proposal=proposal, words=words, at=visit.at)
        except RefusedError as error:
            return _proposal(visit, proposal, error=error, words=words, status=409)
    return Redirect(f"/proposals/{proposal}", status_code=303)


@post("/proposals/{proposal:str}/withdraw", sync_to_thread=True)
def withdraw_form(request: Asked, proposal: FromPath[str], data: Sent) -> Response[Any]:
    """Withdraw a proposal."""
    with signed_in(request, data) as visit:
        words = text_of(data, "words")
        try:
            withdraw(visit.directory, visit.actor, proposal=proposal, words=words, at=visit.at)
        except RefusedError as error:
            return _proposal(visit, proposal, error=error, words=words, status=409)
    return Redirect(f"/proposals/{proposal}", status_code=303)


@post("/contracts/{buyer:str}/{contract:str}/pause", sync_to_thread=True)
def pause_form(request: Asked, buyer: FromPath[str], contract: FromPath[str], data: Sent) -> Response[Any]:
    """Declare a pause from now on."""
    with signed_in(request, data) as visit:
        words = text_of(data, "words")
        pause(visit.directory, visit.actor, buyer=buyer, contract=contract, since=None, until=None, words=words, at=visit.at)
    return Redirect(f"/contracts/{buyer}/{contract}", status_code=303)


@post("/contracts/{buyer:str}/{contract:str}/resume", sync_to_thread=True)
def resume_form(request: Asked, buyer: FromPath[str], contract: FromPath[str], data: Sent) -> Response[Any]:
    """End the party's pause."""
    with signed_in(request, data) as visit:
        resume(visit.directory, visit.actor, buyer=buyer, contract=contract, at=visit.at)
    return Redirect(f"/contracts/{buyer}/{contract}", status_code=303)


def _draft(visit: Visit, draft: Draft, *, text: str | None = None, error: RefusedError | None = None, status: int = 200) -> Response[Any]:
    shown = draft.text if text is None else text
    checked = check_text(visit.directory, visit.actor, shown)
    errors = sum(each.is_error for each in checked.findings)
    headline = (
        f"{draft.contract or 'The draft'} has {counted(errors, 'error')}" if errors else f"{draft.contract or 'The draft'} can be proposed"
    )
    return page(
        visit,
        "draft.html.j2",
        title=f"Draft of {draft.contract or 'a contract'}",
        status=status,
        draft=draft,
        text=shown,
        checked=checked,
        lines=_lines(checked),
        form=form_of(shown, checked.findings),
        headline=headline,
        error=error,
    )


def _lines(checked: TextChecked) -> list[tuple[str, list[Any]]]:
    """Give the lines of a text, each with what was found there."""
    by_line: dict[int, list[Any]] = {}
    texts = checked.text.splitlines() or [""]
    for each in checked.findings:
        by_line.setdefault(min(each.line, len(texts)), []).append(each)
    return [(line, by_line.get(place, [])) for place, line in enumerate(texts, start=1)]


def _effect(visit: Visit, draft: Draft, *, error: RefusedError | None = None, status: int = 200) -> Response[Any]:
    checked = check_text(visit.directory, visit.actor, draft.text)
    if not checked.can_be_proposed or checked.contract is None:
        return _draft(visit, draft, error=error, status=409)
    effect = effect_of(visit.directory, visit.actor, checked)
    other = checked.contract.provider if checked.contract.buyer == visit.actor.party else checked.contract.buyer
    return page(
        visit,
        "draft_effect.html.j2",
        title=f"What {draft.contract} would change",
        status=status,
        draft=draft,
        checked=checked,
        effect=effect,
        other=other,
        error=error,
        names=visit.name_of,
    )


def _proposal(visit: Visit, proposal: str, *, error: RefusedError | None = None, words: str = "", status: int = 200) -> Response[Any]:
    seen = read_proposal(visit.directory, visit.actor, proposal)
    checked = check_text(visit.directory, visit.actor, seen.proposal.text)
    effect = effect_of(visit.directory, visit.actor, checked) if checked.contract is not None and seen.proposal.state == "open" else None
    return page(
        visit,
        "proposal.html.j2",
        title=f"Proposal of {seen.proposal.contract}",
        status=status,
        seen=seen,
        each=seen.proposal,
        checked=checked,
        effect=effect,
        error=error,
        words=words,
        names=visit.name_of,
    )


ROUTES = [
    proposals_page, new_draft_form, draft_page, draft_form, draft_check_form, drop_form, draft_effect_page, propose_form, proposal_page,
    accept_form, decline_form, withdraw_form, pause_form, resume_form,
]  # fmt: skip

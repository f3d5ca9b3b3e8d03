"""What people do on the page of one delivery, and what it shows for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from litestar import Request, Response, post
from litestar.params import FromPath
from litestar.response import Redirect

from payper.desk.arrivals.delivery_acts import claim_return, contest_return, decide_delivery, decide_return, find_delivery, record_milestone
from payper.desk.people.installation import Side, absent
from payper.desk.people.refusals import RefusedError
from payper.journey import LADDER, Milestone
from payper.web.api.writing import settle_after
from payper.web.pages.deliveries import show_delivery
from payper.web.pages.entrance import Sent, text_of
from payper.web.visits import Visit, signed_in

Asked = Request[Any, Any, Any]

MILESTONES = tuple(str(each) for each in (*LADDER[2:], Milestone.LOST, Milestone.UNREACHABLE, Milestone.DISQUALIFIED, Milestone.MISSED))
"""Those that people record on a page."""


def acts_shown(visit: Visit, buyer: str, number: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Give what the page of a delivery shows of what can be done about it."""
    found = find_delivery(visit.directory, visit.actor, buyer=buyer, number=number, at=visit.at)
    review = found.terms.review if found.terms is not None else None
    return {
        "returns": found.returns,
        "unreturnable": found.claim_fault(at=visit.at) if review is not None else None,
        "return_until": max((each.ends_at for each in found.windows or ()), default=None),
        "is_provider": found.reached.side is Side.PROVIDER,
        "milestones": MILESTONES,
        "reasons": review.reasons if review is not None else (),
        "evidence": review.evidence if review is not None else (),
        "typed": {name: typed.get(name, "") for name in ("milestone", "happened_at", "amount", "currency", "reason", "evidence")},
    }


@post("/deliveries/{buyer:str}/{number:str}/milestones", sync_to_thread=True)
def milestone_form(request: Asked, buyer: FromPath[str], number: FromPath[str], data: Sent) -> Response[Any]:
    """Record a milestone."""
    with signed_in(request, data) as visit:
        row = {name: text_of(data, name) or None for name in ("milestone", "happened_at", "amount", "currency")}
        if row["amount"] is None:
            row["currency"] = None
        return _done(
            request,
            visit,
            buyer,
            number,
            data,
            lambda: record_milestone(visit.directory, visit.actor, buyer=buyer, number=number, row=row, at=visit.at),
        )


@post("/deliveries/{buyer:str}/{number:str}/decision", sync_to_thread=True)
def decision_form(request: Asked, buyer: FromPath[str], number: FromPath[str], data: Sent) -> Response[Any]:
    """Accept or reject what waits."""
    with signed_in(request, data) as visit:
        decision = text_of(data, "decision")
        return _done(
            request,
            visit,
            buyer,
            number,
            data,
            lambda: decide_delivery(visit.directory, visit.actor, buyer=buyer, number=number, decision=decision, at=visit.at),
        )


@post("/deliveries/{buyer:str}/{number:str}/returns", sync_to_thread=True)
def return_form(request: Asked, buyer: FromPath[str], number: FromPath[str], data: Sent) -> Response[Any]:
    """Claim a return."""
    with signed_in(request, data) as visit:
        reason, evidence = text_of(data, "reason"), text_of(data, "evidence")
        return _done(
            request,
            visit,
            buyer,
            number,
            data,
            lambda: claim_return(visit.directory, visit.actor, buyer=buyer, number=number, reason=reason, evidence=evidence, at=visit.at),
        )


@post("/deliveries/{buyer:str}/{number:str}/returns/{place:str}/contest", sync_to_thread=True)
def contest_form(request: Asked, buyer: FromPath[str], number: FromPath[str], place: FromPath[str], data: Sent) -> Response[Any]:
    """Contest a return."""
    with signed_in(request, data) as visit:
        return _done(
            request,
            visit,
            buyer,
            number,
            data,
            lambda: contest_return(visit.directory, visit.actor, buyer=buyer, number=number, place=_place(place), at=visit.at),
        )


@post("/deliveries/{buyer:str}/{number:str}/returns/{place:str}/decision", sync_to_thread=True)
def return_decision_form(request: Asked, buyer: FromPath[str], number: FromPath[str], place: FromPath[str], data: Sent) -> Response[Any]:
    """Decide a contested return."""
    with signed_in(request, data) as visit:
        decision = text_of(data, "decision")
        return _done(
            request,
            visit,
            buyer,
            number,
            data,
            lambda: decide_return(
                visit.directory, visit.actor, buyer=buyer, number=number, place=_place(place), decision=decision, at=visit.at
            ),
        )


def _done(request: Asked, visit: Visit, buyer: str, number: str, data: dict[str, Any], do: Callable[[], object]) -> Response[Any]:
    """Do an act and go back to the delivery; what stands against it is said there, and what was typed is kept."""
    try:
        do()
    except RefusedError as error:
        typed = {name: text_of(data, name) for name in data}
        return show_delivery(visit, buyer, number, error=error, acts=acts_shown(visit, buyer, number, typed), status=409)
    settle_after(request, visit, buyer)
    return Redirect(f"/deliveries/{buyer}/{number}", status_code=303)


def _place(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise absent("return", text)
    return int(text)


ROUTES = [milestone_form, decision_form, return_form, contest_form, return_decision_form]

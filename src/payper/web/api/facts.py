"""Routes of the API that record what became of deliveries: milestones, returns, decisions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Struct

from payper.desk.arrivals.delivery_acts import (
    ReturnSeen,
    claim_return,
    contest_return,
    decide_delivery,
    decide_return,
    find_delivery,
    record_milestone,
)
from payper.desk.arrivals.idempotency import read_key
from payper.desk.arrivals.record_facts import FactsNoted, Row, claim_returns, record_decisions, record_milestones
from payper.desk.reads.read_refused import ROWS, list_refused
from payper.web.api.write_shapes import (
    DecisionSent,
    DecisionsSent,
    FactsShape,
    FactStateShape,
    FaultShape,
    MilestoneSent,
    MilestonesSent,
    RefusedFactShape,
    RefusedFactsPage,
    ReturnDecisionSent,
    ReturnSent,
    ReturnShape,
    ReturnsSent,
)
from payper.web.api.writing import Key, check_body, settle_after
from payper.web.visits import with_token

Asked = Request[Any, Any, Any]
Place = Annotated[int, PathParameter(ge=1, le=1000, description="`place` of the return.")]


@post("/contracts/{buyer:str}/{contract:str}/milestones", sync_to_thread=True, before_request=check_body)
def milestones(
    request: Asked, buyer: FromPath[str], contract: FromPath[str], data: JSONBody[MilestonesSent], key: Key = None
) -> Response[FactsShape]:
    """Record milestones of a contract's deliveries, as far as they can be read."""
    with with_token(request) as visit:
        rows = [_row(each) for each in data.rows]
        noted = record_milestones(visit.directory, visit.actor, buyer=buyer, contract=contract, rows=rows, key=read_key(key), at=visit.at)
        settle_after(request, visit, buyer)
        return _noted(noted)


@post("/contracts/{buyer:str}/{contract:str}/returns", sync_to_thread=True, before_request=check_body)
def returns(
    request: Asked, buyer: FromPath[str], contract: FromPath[str], data: JSONBody[ReturnsSent], key: Key = None
) -> Response[FactsShape]:
    """Claim returns of a contract's deliveries, as far as they can be read; settlement says which the contract admits."""
    with with_token(request) as visit:
        rows = [_row(each) for each in data.rows]
        noted = claim_returns(visit.directory, visit.actor, buyer=buyer, contract=contract, rows=rows, key=read_key(key), at=visit.at)
        settle_after(request, visit, buyer)
        return _noted(noted)


@post("/contracts/{buyer:str}/{contract:str}/decisions", sync_to_thread=True, before_request=check_body)
def decisions(
    request: Asked, buyer: FromPath[str], contract: FromPath[str], data: JSONBody[DecisionsSent], key: Key = None
) -> Response[FactsShape]:
    """Accept or reject deliveries in review or quarantine; the first decision on each stands."""
    with with_token(request) as visit:
        rows = [_row(each) for each in data.rows]
        noted = record_decisions(visit.directory, visit.actor, buyer=buyer, contract=contract, rows=rows, key=read_key(key), at=visit.at)
        settle_after(request, visit, buyer)
        return _noted(noted)


@get("/facts/refused", sync_to_thread=True)
def refused_facts(
    request: Asked,
    buyer: Annotated[str, QueryParameter(description="Whose book: the id of the buyer.", max_length=100)],
    contract: Annotated[str | None, QueryParameter(max_length=100)] = None,
    act: Annotated[str | None, QueryParameter(description="milestone, return or decision.", max_length=20)] = None,
    only: Annotated[str | None, QueryParameter(name="state", description="waits or refused.", max_length=20)] = None,
    after: Annotated[str | None, QueryParameter(description="`next` of the page before.", max_length=20)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=500)] = ROWS,
) -> RefusedFactsPage:
    """List milestones, returns and decisions that found no delivery or were refused, as of the last settlement."""
    with with_token(request) as visit:
        found = list_refused(visit.directory, visit.actor, buyer=buyer, contract=contract, act=act, state=only, after=after, limit=limit)
        rows = [RefusedFactShape(**{name: getattr(each, name) for name in RefusedFactShape.__struct_fields__}) for each in found.rows]
        return RefusedFactsPage(
            rows=rows, next=found.next, settled_until=None if found.settled_until is None else date.fromisoformat(found.settled_until)
        )


@post("/deliveries/{buyer:str}/{number:str}/milestones", sync_to_thread=True, before_request=check_body)
def milestone(
    request: Asked, buyer: FromPath[str], number: FromPath[str], data: JSONBody[MilestoneSent], key: Key = None
) -> Response[FactsShape]:
    """Record a milestone of one accepted delivery."""
    with with_token(request) as visit:
        noted = record_milestone(visit.directory, visit.actor, buyer=buyer, number=number, row=_row(data), key=read_key(key), at=visit.at)
        settle_after(request, visit, buyer)
        return _noted(noted)


@post("/deliveries/{buyer:str}/{number:str}/decision", sync_to_thread=True, before_request=check_body)
def decision(
    request: Asked, buyer: FromPath[str], number: FromPath[str], data: JSONBody[DecisionSent], key: Key = None
) -> Response[FactsShape]:
    """Accept or reject one delivery in review or quarantine."""
    with with_token(request) as visit:
        noted = decide_delivery(
            visit.directory, visit.actor, buyer=buyer, number=number, decision=data.decision, key=read_key(key), at=visit.at
        )
        settle_after(request, visit, buyer)
        return _noted(noted)


@get("/deliveries/{buyer:str}/{number:str}/returns", sync_to_thread=True)
def returns_of_delivery(request: Asked, buyer: FromPath[str], number: FromPath[str]) -> list[ReturnShape]:
    """List the returns of one delivery; what proves them is shown to tokens that may read people, and the read is noted."""
    with with_token(request) as visit:
        found = find_delivery(visit.directory, visit.actor, buyer=buyer, number=number, noted_at=visit.at)
        return [_return(each) for each in found.returns]


@post("/deliveries/{buyer:str}/{number:str}/returns", sync_to_thread=True, before_request=check_body)
def claim(request: Asked, buyer: FromPath[str], number: FromPath[str], data: JSONBody[ReturnSent], key: Key = None) -> Response[FactsShape]:
    """Claim the return of one delivery, for a reason that its contract admits."""
    with with_token(request) as visit:
        noted = claim_return(
            visit.directory,
            visit.actor,
            buyer=buyer,
            number=number,
            reason=data.reason,
            evidence=data.evidence,
            key=read_key(key),
            at=visit.at,
        )
        settle_after(request, visit, buyer)
        return _noted(noted)


@post("/deliveries/{buyer:str}/{number:str}/returns/{place:int}/contest", sync_to_thread=True, before_request=check_body)
def contest(request: Asked, buyer: FromPath[str], number: FromPath[str], place: Place, key: Key = None) -> Response[FactsShape]:
    """Contest a return, as the provider; then a person decides."""
    with with_token(request) as visit:
        noted = contest_return(visit.directory, visit.actor, buyer=buyer, number=number, place=place, key=read_key(key), at=visit.at)
        settle_after(request, visit, buyer)
        return _noted(noted)


@post("/deliveries/{buyer:str}/{number:str}/returns/{place:int}/decision", sync_to_thread=True, before_request=check_body)
def return_decision(
    request: Asked, buyer: FromPath[str], number: FromPath[str], place: Place, data: JSONBody[ReturnDecisionSent], key: Key = None
) -> Response[FactsShape]:
    """Decide a contested return."""
    with with_token(request) as visit:
        noted = decide_return(
            visit.directory, visit.actor, buyer=buyer, number=number, place=place, decision=data.decision, key=read_key(key), at=visit.at
        )
        settle_after(request, visit, buyer)
        return _noted(noted)


def _row(sent: Struct) -> Row:
    """Give what was sent as text; an instant without an offset is local to the contract's zone."""
    given = {name: getattr(sent, name) for name in sent.__struct_fields__}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in given.items()}


def _noted(noted: FactsNoted) -> Response[FactsShape]:
    faults = [FaultShape(row=each.row, where=each.where, seen=each.seen, mend=each.mend) for each in noted.faults]
    headers = {"Idempotent-Replayed": "true"} if noted.is_repeat else {}
    rows = [
        FactStateShape(row=each.row, state=each.state, number=each.number, code=each.code, seen=each.seen, mend=each.mend)
        for each in noted.states
    ]
    return Response(FactsShape(recorded=noted.rows, rows=rows, faults=faults, is_repeat=noted.is_repeat), headers=headers)


def _return(each: ReturnSeen) -> ReturnShape:
    return ReturnShape(
        place=each.place,
        reason=each.reason,
        claimed_at=each.claimed_at,
        has_evidence=each.has_evidence,
        evidence=each.evidence,
        contest_until=each.contest_until,
        contested_at=each.contested_at,
        decision=each.decision,
        decided_at=each.decided_at,
        outcome=each.outcome,
    )


ROUTES = [
    milestones, returns, decisions, refused_facts, milestone, decision, returns_of_delivery, claim, contest, return_decision,
]  # fmt: skip

"""Routes of the API that read: who asks, contracts, deliveries, money, the party's own settings."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, PathParameter, QueryParameter

from payper.desk.people.own_party import list_parties, list_people, list_tokens, read_audit
from payper.desk.reads.read_contracts import compare_versions, explain_version, list_contracts, read_contract, version_of
from payper.desk.reads.read_deliveries import ROWS, ROWS_MAX, Filters, list_deliveries, read_delivery
from payper.desk.reads.read_money import list_balances, list_lines
from payper.web.api import showing
from payper.web.api.shapes import (
    AuditPage,
    AuditShape,
    BalanceShape,
    ChangeShape,
    ClauseShape,
    ContractShape,
    DeliveriesPage,
    Me,
    PartyShape,
    PersonShape,
    StatementPage,
    StoryShape,
    TokenShape,
    VersionShape,
)
from payper.web.pages.money import statement_answer
from payper.web.visits import with_token

Asked = Request[Any, Any, Any]
Before = Annotated[str | None, QueryParameter(max_length=200, description="`next` of the page before.")]
Number = Annotated[int, PathParameter(ge=0, le=1_000_000)]
Since = Annotated[int, QueryParameter(ge=0, le=1_000_000, description="The earlier version.")]


@get("/me", sync_to_thread=True)
def me(request: Asked) -> Me:
    """Say who the token stands for and what it may do."""
    with with_token(request) as visit:
        actor = visit.actor
        return Me(party=actor.party, token=actor.who, name=actor.name, purposes=sorted(actor.acts))


@get("/parties", sync_to_thread=True)
def parties(request: Asked) -> list[PartyShape]:
    """List the parties that contracts join yours to, and yours."""
    with with_token(request) as visit:
        return [showing.party(each) for each in list_parties(visit.directory, visit.actor)]


@get("/contracts", sync_to_thread=True)
def contracts(request: Asked) -> list[ContractShape]:
    """List contracts."""
    with with_token(request) as visit:
        return [showing.contract(each) for each in list_contracts(visit.directory, visit.actor)]


@get("/contracts/{buyer:str}/{contract:str}", sync_to_thread=True)
def one_contract(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> ContractShape:
    """Give one contract."""
    with with_token(request) as visit:
        return showing.contract(read_contract(visit.directory, visit.actor, buyer=buyer, contract=contract))


@get("/contracts/{buyer:str}/{contract:str}/versions/{version:int}", sync_to_thread=True)
def one_version(request: Asked, buyer: FromPath[str], contract: FromPath[str], version: Number) -> VersionShape:
    """Give a version's text."""
    with with_token(request) as visit:
        seen = read_contract(visit.directory, visit.actor, buyer=buyer, contract=contract)
        return showing.version(seen, version_of(seen, version))


@get("/contracts/{buyer:str}/{contract:str}/versions/{version:int}/explanation", sync_to_thread=True)
def explanation(request: Asked, buyer: FromPath[str], contract: FromPath[str], version: Number) -> list[ClauseShape]:
    """Say a version in plain English, clause by clause."""
    with with_token(request) as visit:
        seen = read_contract(visit.directory, visit.actor, buyer=buyer, contract=contract)
        clauses = explain_version(version_of(seen, version))
        return [ClauseShape(clause=each.key, line=each.line, sentence=each.sentence) for each in clauses]


@get("/contracts/{buyer:str}/{contract:str}/versions/{version:int}/changes", sync_to_thread=True)
def changes(request: Asked, buyer: FromPath[str], contract: FromPath[str], version: Number, since: Since) -> list[ChangeShape]:
    """Say what changes from version `since` to this one."""
    with with_token(request) as visit:
        seen = read_contract(visit.directory, visit.actor, buyer=buyer, contract=contract)
        return [showing.change(each) for each in compare_versions(visit.directory, seen, before=since, after=version).changes]


@get("/contracts/{buyer:str}/{contract:str}/statement", sync_to_thread=True)
def statement(request: Asked, buyer: FromPath[str], contract: FromPath[str], before: Before = None) -> StatementPage:
    """Give a page of a contract's statement lines."""
    with with_token(request) as visit:
        lines = list_lines(visit.directory, visit.actor, buyer=buyer, contract=contract, before=before)
        return StatementPage(balance=showing.balance(lines.balance), rows=[showing.line(each) for each in lines.rows], next=lines.next)


@get("/contracts/{buyer:str}/{contract:str}/statement.csv", sync_to_thread=True, include_in_schema=False)
def statement_csv(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> Response[Any]:
    """Give the statement as CSV."""
    with with_token(request) as visit:
        return statement_answer(visit, buyer, contract, is_pdf=False)


@get("/contracts/{buyer:str}/{contract:str}/statement.pdf", sync_to_thread=True, include_in_schema=False)
def statement_pdf(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> Response[Any]:
    """Give the statement as PDF."""
    with with_token(request) as visit:
        return statement_answer(visit, buyer, contract, is_pdf=True)


@get("/deliveries", sync_to_thread=True)
def deliveries(
    request: Asked,
    buyer: Annotated[str, QueryParameter(description="Whose book: the id of the buyer.", max_length=100)],
    contract: Annotated[str | None, QueryParameter(max_length=100)] = None,
    verdict: Annotated[
        str | None, QueryParameter(description="accepted, rejected, review or quarantined, as judged.", max_length=20)
    ] = None,
    reason: Annotated[str | None, QueryParameter(description="A reason's code: those whose headline it is.", max_length=40)] = None,
    before: Before = None,
    limit: Annotated[int, QueryParameter(ge=1, le=ROWS_MAX)] = ROWS,
) -> DeliveriesPage:
    """Give a page of deliveries, newest first."""
    with with_token(request) as visit:
        filters = Filters(contract, verdict, reason)
        found = list_deliveries(visit.directory, visit.actor, buyer=buyer, filters=filters, before=before, limit=limit)
        return DeliveriesPage(rows=[showing.delivery(each) for each in found.rows], next=found.next)


@get("/deliveries/{buyer:str}/{number:str}", sync_to_thread=True)
def one_delivery(request: Asked, buyer: FromPath[str], number: FromPath[str]) -> StoryShape:
    """Give one delivery: its verdict in words, what was sent, its journey and its charges. A read of personal data is noted."""
    with with_token(request) as visit:
        return showing.story(read_delivery(visit.directory, visit.actor, buyer=buyer, number=number, at=visit.at))


@get("/balances", sync_to_thread=True)
def balances(request: Asked) -> list[BalanceShape]:
    """Give what stands under every contract."""
    with with_token(request) as visit:
        return [showing.balance(each) for each in list_balances(visit.directory, visit.actor)]


@get("/audit", sync_to_thread=True)
def audit(request: Asked, before: Before = None) -> AuditPage:
    """Give a page of the party's audit trail."""
    with with_token(request) as visit:
        lines, after = read_audit(visit.directory, visit.actor, before=before)
        rows = [
            AuditShape(number=each.number, at=each.at, who=each.who, act=each.act, subject=each.subject, detail=each.detail)
            for each in lines
        ]
        return AuditPage(rows=rows, next=after)


@get("/tokens", sync_to_thread=True)
def tokens(request: Asked) -> list[TokenShape]:
    """List the party's tokens."""
    with with_token(request) as visit:
        return [showing.token(each) for each in list_tokens(visit.directory, visit.actor)]


@get("/people", sync_to_thread=True)
def people(request: Asked) -> list[PersonShape]:
    """List the people of the party."""
    with with_token(request) as visit:
        return [showing.person(each) for each in list_people(visit.directory, visit.actor)]


ROUTES = [
    me, parties, contracts, one_contract, one_version, explanation, changes, statement, statement_csv, statement_pdf, deliveries,
    one_delivery, balances, audit, tokens, people,
]  # fmt: skip

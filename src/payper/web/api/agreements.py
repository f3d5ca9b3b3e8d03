"""Routes of the API by which two parties come to terms: drafts, proposals, pauses."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from payper.desk.contracts import drafts as desk_drafts
from payper.desk.contracts import pauses as desk_pauses
from payper.desk.contracts import proposals as desk_proposals
from payper.desk.contracts.drafts import TextChecked, check_text
from payper.desk.contracts.proposals import Effect, ProposalSeen, effect_of, read_acceptances
from payper.desk.folder.run import terms_hash
from payper.desk.people.refusals import RefusedError, UnreadableError
from payper.parties import Act
from payper.store.proposals import ACCEPTED, DECLINED, WITHDRAWN, Draft
from payper.web.api import showing
from payper.web.api.write_shapes import (
    AcceptanceSent,
    AcceptanceShape,
    BacktestShape,
    CheckedShape,
    DeclineSent,
    DraftHead,
    DraftSent,
    DraftShape,
    EffectShape,
    FindingShape,
    MoveShape,
    PauseSent,
    PauseShape,
    ProposalSent,
    ProposalShape,
    SentenceShape,
    TextSent,
)
from payper.web.api.writing import Key, Match, check_body, once, revision_of, tag_of
from payper.web.visits import with_token

Asked = Request[Any, Any, Any]
Backtested = Annotated[bool, QueryParameter(description="Judge past deliveries anew too, which takes longer.")]


@post("/contracts/check", status_code=200, sync_to_thread=True, before_request=check_body)
def check(request: Asked, data: JSONBody[TextSent]) -> CheckedShape:
    """Check a text as `payper contract check` does; nothing is kept."""
    with with_token(request) as visit:
        return _checked(check_text(visit.directory, visit.actor, data.text))


@get("/drafts", sync_to_thread=True)
def drafts(request: Asked) -> list[DraftHead]:
    """List the drafts of your party, the latest changed first."""
    with with_token(request) as visit:
        return [
            DraftHead(draft=each.draft, buyer=each.buyer, contract=each.contract, revision=each.revision, changed_at=each.changed_at)
            for each in desk_drafts.list_drafts(visit.directory, visit.actor)
        ]


@post("/drafts", sync_to_thread=True, before_request=check_body)
def new_draft(request: Asked, data: JSONBody[DraftSent], key: Key = None) -> Response[DraftShape]:
    """Begin a draft: with a `text`, or as the next version of `buyer` and `contract`."""
    with with_token(request) as visit:
        visit.actor.must(Act.WRITE_CONTRACTS)

        def make() -> DraftShape:
            if data.text is not None and data.buyer is None and data.contract is None:
                return _draft(desk_drafts.make_draft(visit.directory, visit.actor, text=data.text, at=visit.at))
            if data.text is None and data.buyer is not None and data.contract is not None:
                return _draft(
                    desk_drafts.draft_next_version(visit.directory, visit.actor, buyer=data.buyer, contract=data.contract, at=visit.at)
                )
            raise UnreadableError(
                code="DRAFT_UNREADABLE", where="text", seen="It is not said of what.", mend="Send text alone, or buyer and contract."
            )

        return once(request, visit, key, data, make)


@get("/drafts/{draft:str}", sync_to_thread=True)
def one_draft(request: Asked, draft: FromPath[str]) -> Response[DraftShape]:
    """Give a draft; its ETag goes into If-Match of a change."""
    with with_token(request) as visit:
        found = desk_drafts.read_draft(visit.directory, visit.actor, draft)
        return Response(_draft(found), headers=tag_of(found.revision))


@put("/drafts/{draft:str}", sync_to_thread=True, before_request=check_body)
def change_draft(request: Asked, draft: FromPath[str], data: JSONBody[TextSent], match: Match = None) -> Response[DraftShape]:
    """Keep a draft's new text, made of the state that If-Match names."""
    with with_token(request) as visit:
        desk_drafts.read_draft(visit.directory, visit.actor, draft)
        changed = desk_drafts.change_draft(
            visit.directory, visit.actor, draft, text=data.text, revision=revision_of(match, "draft"), at=visit.at
        )
        return Response(_draft(changed), headers=tag_of(changed.revision))


@delete("/drafts/{draft:str}", sync_to_thread=True)
def drop_draft(request: Asked, draft: FromPath[str], match: Match = None) -> None:
    """Throw a draft away, in the state that If-Match names."""
    with with_token(request) as visit:
        desk_drafts.read_draft(visit.directory, visit.actor, draft)
        desk_drafts.drop_draft(visit.directory, visit.actor, draft, revision=revision_of(match, "draft"))


@get("/drafts/{draft:str}/check", sync_to_thread=True)
def check_draft(request: Asked, draft: FromPath[str]) -> CheckedShape:
    """Say what is to be said of a draft."""
    with with_token(request) as visit:
        found = desk_drafts.read_draft(visit.directory, visit.actor, draft)
        return _checked(check_text(visit.directory, visit.actor, found.text))


@get("/drafts/{draft:str}/effect", sync_to_thread=True)
def draft_effect(request: Asked, draft: FromPath[str], backtest: Backtested = True) -> EffectShape:  # noqa: FBT002  # a query
    """Say what a draft would change, in words and money, and over past deliveries."""
    with with_token(request) as visit:
        found = desk_drafts.read_draft(visit.directory, visit.actor, draft)
        checked = check_text(visit.directory, visit.actor, found.text)
        return _effect(effect_of(visit.directory, visit.actor, checked, with_backtest=backtest))


@post("/drafts/{draft:str}/proposal", sync_to_thread=True, before_request=check_body)
def propose(request: Asked, draft: FromPath[str], data: JSONBody[ProposalSent], key: Key = None) -> Response[ProposalShape]:
    """Propose a draft to the other party, which accepts it for yours; the draft is done with."""
    with with_token(request) as visit:

        def make() -> ProposalShape:
            made = desk_proposals.propose(visit.directory, visit.actor, draft=draft, words=data.words, at=visit.at)
            return _proposal(desk_proposals.read_proposal(visit.directory, visit.actor, made.proposal))

        return once(request, visit, key, data, make)


@get("/proposals", sync_to_thread=True)
def proposals(request: Asked) -> list[ProposalShape]:
    """List the proposals that your party made or was made, newest first."""
    with with_token(request) as visit:
        return [_proposal(each) for each in desk_proposals.list_proposals(visit.directory, visit.actor)]


@get("/proposals/{proposal:str}", sync_to_thread=True)
def one_proposal(request: Asked, proposal: FromPath[str]) -> ProposalShape:
    """Give a proposal."""
    with with_token(request) as visit:
        return _proposal(desk_proposals.read_proposal(visit.directory, visit.actor, proposal))


@get("/proposals/{proposal:str}/effect", sync_to_thread=True)
def proposal_effect(request: Asked, proposal: FromPath[str], backtest: Backtested = True) -> EffectShape:  # noqa: FBT002  # a query
    """Say what a proposal would change, in words and money, and over past deliveries."""
    with with_token(request) as visit:
        found = desk_proposals.read_proposal(visit.directory, visit.actor, proposal).proposal
        checked = check_text(visit.directory, visit.actor, found.text)
        return _effect(effect_of(visit.directory, visit.actor, checked, with_backtest=backtest))


@post("/proposals/{proposal:str}/acceptance", status_code=200, sync_to_thread=True, before_request=check_body)
def accept(request: Asked, proposal: FromPath[str], data: JSONBody[AcceptanceSent]) -> ProposalShape:
    """Accept a proposal: the version is in the buyer's book and holds from its `holds_from`. Sent again, it is answered again."""
    with with_token(request) as visit:
        try:
            desk_proposals.accept(
                visit.directory,
                visit.actor,
                visit.server.installation,
                proposal=proposal,
                hash_=data.hash,
                words=data.words,
                at=visit.at,
            )
        except RefusedError as error:
            found = desk_proposals.read_proposal(visit.directory, visit.actor, proposal)
            is_same = found.proposal.answer_who == visit.actor.who and found.proposal.hash == data.hash
            if error.code != "PROPOSAL_ANSWERED" or found.proposal.state != ACCEPTED or not is_same:
                raise
        return _proposal(desk_proposals.read_proposal(visit.directory, visit.actor, proposal))


@post("/proposals/{proposal:str}/decline", status_code=200, sync_to_thread=True, before_request=check_body)
def decline(request: Asked, proposal: FromPath[str], data: JSONBody[DeclineSent]) -> ProposalShape:
    """Decline a proposal of the other party, with words that say why. Sent again, it is answered again."""
    with with_token(request) as visit:
        try:
            desk_proposals.decline(visit.directory, visit.actor, proposal=proposal, words=data.words, at=visit.at)
        except RefusedError as error:
            found = desk_proposals.read_proposal(visit.directory, visit.actor, proposal).proposal
            if error.code != "PROPOSAL_ANSWERED" or (found.state, found.answer_who) != (DECLINED, visit.actor.who):
                raise
        return _proposal(desk_proposals.read_proposal(visit.directory, visit.actor, proposal))


@post("/proposals/{proposal:str}/withdrawal", status_code=200, sync_to_thread=True, before_request=check_body)
def withdraw(request: Asked, proposal: FromPath[str], data: JSONBody[ProposalSent]) -> ProposalShape:
    """Withdraw a proposal of your party that is not answered. Sent again, it is answered again."""
    with with_token(request) as visit:
        try:
            desk_proposals.withdraw(visit.directory, visit.actor, proposal=proposal, words=data.words, at=visit.at)
        except RefusedError as error:
            found = desk_proposals.read_proposal(visit.directory, visit.actor, proposal).proposal
            if error.code != "PROPOSAL_ANSWERED" or (found.state, found.answer_who) != (WITHDRAWN, visit.actor.who):
                raise
        return _proposal(desk_proposals.read_proposal(visit.directory, visit.actor, proposal))


@get("/contracts/{buyer:str}/{contract:str}/acceptances", sync_to_thread=True)
def acceptances(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> list[AcceptanceShape]:
    """List who accepted which version for which party; versions that came with a folder were accepted elsewhere."""
    with with_token(request) as visit:
        return [
            AcceptanceShape(version=each.version, hash=each.hash, party=each.party, name=each.name, words=each.words, accepted_at=each.at)
            for each in read_acceptances(visit.directory, visit.actor, buyer=buyer, contract=contract)
        ]


@get("/contracts/{buyer:str}/{contract:str}/pauses", sync_to_thread=True)
def pauses(request: Asked, buyer: FromPath[str], contract: FromPath[str]) -> list[PauseShape]:
    """List the pauses that one side declared, oldest first; those of the text stand in the text."""
    with with_token(request) as visit:
        return [_pause(each) for each in desk_pauses.list_pauses(visit.directory, visit.actor, buyer=buyer, contract=contract, at=visit.at)]


@post("/contracts/{buyer:str}/{contract:str}/pauses", sync_to_thread=True, before_request=check_body)
def pause(
    request: Asked, buyer: FromPath[str], contract: FromPath[str], data: JSONBody[PauseSent], key: Key = None
) -> Response[PauseShape]:
    """Declare a pause: what is delivered in it is rejected with CONTRACT_PAUSED."""
    with with_token(request) as visit:
        return once(
            request,
            visit,
            key,
            data,
            lambda: _pause(
                desk_pauses.pause(
                    visit.directory,
                    visit.actor,
                    buyer=buyer,
                    contract=contract,
                    since=data.since,
                    until=data.until,
                    words=data.words,
                    at=visit.at,
                )
            ),
        )


@post("/contracts/{buyer:str}/{contract:str}/resumption", status_code=200, sync_to_thread=True, before_request=check_body)
def resume(request: Asked, buyer: FromPath[str], contract: FromPath[str], key: Key = None) -> Response[PauseShape]:
    """End the pause that your party declared."""
    with with_token(request) as visit:
        return once(
            request,
            visit,
            key,
            None,
            lambda: _pause(desk_pauses.resume(visit.directory, visit.actor, buyer=buyer, contract=contract, at=visit.at)),
        )


def _draft(each: Draft) -> DraftShape:
    return DraftShape(
        draft=each.draft, buyer=each.buyer, contract=each.contract, revision=each.revision, changed_at=each.changed_at, text=each.text
    )


def _checked(checked: TextChecked) -> CheckedShape:
    return CheckedShape(
        can_be_proposed=checked.can_be_proposed,
        hash=terms_hash(checked.contract) if checked.contract is not None else None,
        findings=[
            FindingShape(code=each.code, severity=str(each.severity), line=each.line, clause=each.path, seen=each.seen, mend=each.mend)
            for each in checked.findings
        ],
        sentences=[SentenceShape(clause=each.key, line=each.line, sentence=each.sentence) for each in checked.clauses],
    )


def _effect(effect: Effect) -> EffectShape:
    tested = effect.backtest
    return EffectShape(
        since=effect.since,
        changes=[showing.change(each) for each in effect.changes],
        backtest=None
        if tested is None
        else BacktestShape(
            before=dict(tested.before),
            after=dict(tested.after),
            before_minor=tested.before_minor,
            before_currency=tested.before_currency,
            after_minor=tested.after_minor,
            after_currency=tested.after_currency,
            moves=[MoveShape(before=before, after=after, deliveries=count) for before, after, count in tested.moves],
            new_reasons=dict(tested.reasons),
        ),
    )


def _proposal(seen: ProposalSeen) -> ProposalShape:
    each = seen.proposal
    return ProposalShape(
        proposal=each.proposal,
        buyer=each.buyer,
        provider=each.provider,
        contract=each.contract,
        version=each.version,
        hash=each.hash,
        state=each.state,
        proposed_by=each.party,
        proposer=each.name,
        words=each.words,
        proposed_at=each.proposed_at,
        answered_by=each.answered_by or None,
        answerer=each.answer_name or None,
        answer=each.answer or None,
        answered_at=each.answered_at,
        is_own=seen.is_own,
        can_answer=seen.can_answer,
        text=each.text,
    )


def _pause(seen: desk_pauses.PauseSeen) -> PauseShape:
    return PauseShape(since=seen.row.since, until=seen.row.until, party=seen.row.party, words=seen.row.words, is_on=seen.is_on)


ROUTES = [
    check, drafts, new_draft, one_draft, change_draft, drop_draft, check_draft, draft_effect, propose, proposals, one_proposal,
    proposal_effect, accept, decline, withdraw, acceptances, pauses, pause, resume,
]  # fmt: skip

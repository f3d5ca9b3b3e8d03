"""From what the desk gives to what the API answers."""

from __future__ import annotations

from dataclasses import asdict

from payper.desk.people.own_party import PartySeen
from payper.desk.reads.read_contracts import ContractSeen, Version
from payper.desk.reads.read_deliveries import DeliverySeen, DeliveryStory
from payper.desk.reads.read_money import Balance, Line
from payper.reasons import Reason
from payper.store.directory import Person, Token
from payper.terms.diff import Change
from payper.web.api import shapes


def party(seen: PartySeen) -> shapes.PartyShape:
    """Show a party."""
    return shapes.PartyShape(
        id=seen.party.id, name=seen.party.name, kind=str(seen.party.kind), contracts=seen.contracts, is_own=seen.is_own
    )


def contract(seen: ContractSeen) -> shapes.ContractShape:
    """Show a contract."""
    terms = seen.newest
    return shapes.ContractShape(
        buyer=seen.reached.buyer,
        provider=seen.reached.provider,
        id=terms.id,
        model=terms.model,
        currency=terms.currency,
        timezone=terms.zone,
        starts=terms.starts,
        ends=terms.ends,
        versions=[each.number for each in seen.versions],
        counts=shapes.Counts(**asdict(seen.counts)),
    )


def version(seen: ContractSeen, shown: Version) -> shapes.VersionShape:
    """Show a version."""
    return shapes.VersionShape(
        buyer=seen.reached.buyer,
        contract=seen.reached.contract,
        version=shown.number,
        holds_from=shown.contract.holds_from,
        hash=shown.hash,
        text=shown.text,
    )


def change(each: Change) -> shapes.ChangeShape:
    """Show a change."""
    return shapes.ChangeShape(clause=each.key, before=each.before, after=each.after, sentence=each.sentence, money_minor=each.money)


def delivery(seen: DeliverySeen) -> shapes.DeliveryShape:
    """Show a delivery."""
    return shapes.DeliveryShape(
        number=seen.number,
        buyer=seen.buyer,
        contract=seen.contract,
        external_id=seen.external_id,
        company=seen.company,
        kind=seen.kind,
        delivered_at=seen.delivered_at,
        verdict=seen.verdict,
        reasons=list(seen.reasons),
        decision=seen.decision,
        price_minor=seen.price_minor,
        currency=seen.currency,
    )


def story(told: DeliveryStory) -> shapes.StoryShape:
    """Show everything about a delivery."""
    return shapes.StoryShape(
        delivery=delivery(told.seen),
        contract_version=told.version.number if told.version else None,
        file=told.file,
        row=told.row,
        words=told.words,
        reasons=[
            shapes.ReasonShape(code=each.code, number=Reason[each.code].number, clause=each.clause, seen=each.seen, mend=each.mend)
            for each in told.sentences
        ],
        values=dict(told.values),
        is_personal=told.is_personal,
        steps=[
            shapes.StepShape(happened_at=each.happened_at, what=each.what, reason=each.reason, amount=each.amount) for each in told.steps
        ],
        lines=[line(each) for each in told.lines],
    )


def line(each: Line) -> shapes.LineShape:
    """Show a statement line."""
    return shapes.LineShape(
        happened_at=each.happened_at,
        event=each.kind,
        delivery=each.number,
        external_id=each.external_id,
        milestone=each.milestone,
        amount_minor=each.amount_minor,
        pending_change_minor=each.pending_minor,
        owed_change_minor=each.owed_minor,
        currency=each.currency,
        cause=each.cause,
    )


def balance(each: Balance) -> shapes.BalanceShape:
    """Show a balance."""
    return shapes.BalanceShape(
        buyer=each.reached.buyer,
        provider=each.reached.provider,
        contract=each.reached.contract,
        currency=each.currency,
        pending_minor=each.stands.pending_minor,
        posted_minor=each.stands.posted_minor,
        credited_minor=each.stands.credited_minor,
        owed_minor=each.stands.owed_minor,
        as_of=each.as_of,
    )


def token(each: Token) -> shapes.TokenShape:
    """Show a token."""
    return shapes.TokenShape(
        token=each.token,
        name=each.name,
        purposes=sorted(each.purposes),
        created_at=each.created_at,
        expires_at=each.expires_at,
        used_at=each.used_at,
        revoked_at=each.revoked_at,
    )


def person(each: Person) -> shapes.PersonShape:
    """Show somebody of the party."""
    return shapes.PersonShape(
        person=each.person,
        email=each.email,
        name=each.name,
        role=str(each.role),
        has_second_factor=each.totp_secret is not None,
        is_active=each.is_active,
    )

"""What people do about one delivery: record a milestone, accept or reject it, claim, contest and decide its return.

Each is one row of the journal, checked against what is recorded of the delivery before it is sealed; settlement draws the money from it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from payper.desk.arrivals.fact_states import claim_fault
from payper.desk.arrivals.idempotency import digest_of
from payper.desk.arrivals.naming import address_in_journal
from payper.desk.arrivals.record_facts import FactsNoted, Row, answered_again, record
from payper.desk.arrivals.return_windows import Window, windows_of
from payper.desk.book.addressing import address_of
from payper.desk.book.recorded import recorded_rates
from payper.desk.folder.reading import DIGEST
from payper.desk.people.installation import Reached, Side, absent, open_pages, reach_book
from payper.desk.people.people import Actor, DeniedError
from payper.desk.people.refusals import RefusedError
from payper.desk.reads.public_numbers import key_for, own_number
from payper.desk.reads.read_contracts import Version, read_versions
from payper.desk.reads.read_deliveries import decisions_of
from payper.desk.reads.shelf import rows_of
from payper.parties import Act
from payper.store.book_pages import BookPages
from payper.store.directory import Directory
from payper.terms.contract import Contract


@dataclass(frozen=True, slots=True)
class ReturnSeen:
    """A return of one delivery.

    Attributes:
        place: Counts the delivery's returns, from 1.
        evidence: What proves it; None: nothing was given, or the reader may not read people.
        decision: What a person decided of a contested one: granted or refused.
        outcome: What settlement made of it: granted, refused, or None as long as it is open.
    """

    place: int
    reason: str
    claimed_at: datetime
    has_evidence: bool
    evidence: str | None
    contested_at: datetime | None
    decision: str | None
    decided_at: datetime | None
    outcome: str | None
    contest_until: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery, as acts about it need it.

    Attributes:
        state: Its verdict, or what a person decided since.
        terms: The version that judged it, or None.
        named: By what the journal knows it (`naming.address_in_journal`).
        windows: When it can be returned; None: it was not asked, or it cannot at all.
    """

    address: str
    reached: Reached
    external_id: str | None
    prospect: str | None
    named: Mapping[str, str | None]
    verdict: str
    state: str
    delivered_at: datetime | None
    terms: Contract | None
    returns: tuple[ReturnSeen, ...]
    hashes: tuple[str | None, ...]
    windows: tuple[Window, ...] | None = None

    def claim_fault(self, *, at: datetime, reason: str | None = None, evidence: str | None = None) -> RefusedError | None:
        """Find what in the contract stands against a return (RULES 42), whatever its reason where none is named; None: nothing does."""
        if self.state != "accepted":
            seen = f"The delivery is {self.state}, so nothing is charged for it."
            return _inadmissible(seen, "Decide it instead, where it waits.")
        if self.returns:
            return _inadmissible("The delivery was returned before.", "A delivery is returned once.")
        review = self.terms.review if self.terms is not None else None
        any_reason = (
            next((each for each in review.reasons if each not in review.evidence), review.reasons[0]) if review and review.reasons else ""
        )
        fault = claim_fault(self.terms, reason or any_reason, evidence if reason else "any", self.windows or (), at=at)
        return None if fault is None else _inadmissible(*fault[1:])


def _inadmissible(seen: str, mend: str) -> RefusedError:
    return RefusedError(code="RETURN_NOT_ADMISSIBLE", where="return", seen=seen, mend=mend)


def find_delivery(
    directory: Directory, actor: Actor, *, buyer: str, number: str, noted_at: datetime | None = None, at: datetime | None = None
) -> Delivery:
    """Find a delivery by its public number.

    Args:
        directory: The directory.
        actor: Who asks.
        buyer: Whose book.
        number: The public number.
        noted_at: When somebody is shown what proves its returns, which is noted; None: nobody is.
        at: Now, where it is asked whether it can be returned; None: it is not.

    Raises:
        DeniedError: The actor may not read deliveries.
        AbsentError: It is not reached.
    """
    actor.must(Act.READ_DELIVERIES)
    address, reached = reach_book(directory, actor, buyer)
    contracts = {each.contract: each for each in reached}
    with open_pages(address) as book:
        id_ = own_number(number, key_for(book.secret(), "delivery"))
        kept = None if id_ is None else book.verdict_row(id_, list(contracts))
        if kept is None:
            raise absent("delivery", number)
        id_ = kept.delivery_id
        heads = [each for each in book.batch_heads(list(contracts)) if each.batch == kept.batch]
        row = rows_of(book, heads, [kept]).row(0, named=True)
        contract = str(row["contract"])
        versions = read_versions(book, [contract]).get(contract, ())
        terms = next((each.contract for each in versions if each.number == row["contract_version"]), None)
        is_open = row["verdict"] in {"review", "quarantined"}
        decision = decisions_of(book, [contract]).get((contract, address_of(row["external_id"], id_))) if is_open else None
        named = address_in_journal(book, kept.batch, kept.delivery_id, row["external_id"])
        returns, hashes = _returns(book, contract, row, terms, may_read=Act.READ_PEOPLE in actor.acts)
        state = decision or row["verdict"]
        windows = _windows(book, contract, versions, id_, at=at) if at is not None and state == "accepted" and not returns else None
    if noted_at is not None and any(each.evidence is not None for each in returns):
        with directory.transaction():
            directory.note(
                at=noted_at, party=actor.party, who=actor.who, act="read person", subject=f"{buyer}/{number}", detail=f"{contract}, returns"
            )
    return Delivery(
        address, contracts[contract], row["external_id"], row["prospect"], named, row["verdict"], state, row["delivered_at"], terms,
        returns, hashes, windows,
    )  # fmt: skip


def _windows(book: BookPages, contract: str, versions: Sequence[Version], delivery_id: int, *, at: datetime) -> tuple[Window, ...]:
    terms = [each.contract for each in versions]
    return windows_of(book, contract, terms, recorded_rates(book), [delivery_id], at=at).get(delivery_id, ())


def _returns(
    book: BookPages, contract: str, own: Mapping[str, Any], terms: Contract | None, *, may_read: bool
) -> tuple[tuple[ReturnSeen, ...], tuple[str | None, ...]]:
    """Give a delivery's returns in the order in which they came in, and the hash of the e-mail that each names."""
    merged: dict[tuple[object, ...], dict[str, Any]] = {}
    for head in book.batch_heads([contract], subject="returns"):
        rows = pl.read_parquet(book.journal(head.batch)).drop(DIGEST).filter(pl.col("fault").is_null())
        same = pl.col("external_id").eq_missing(own["external_id"]) if own["external_id"] is not None else pl.lit(value=False)
        if own["prospect"] is not None:
            same |= pl.col("external_id").is_null() & pl.col("email").eq_missing(own["prospect"])
        for each in rows.filter(same).to_dicts():
            if may_read and each["evidence"] is not None:
                people = pl.read_parquet(book.people(head.batch))
                each["text"] = next(iter(people.filter(pl.col("row") == each["row"])["evidence"].to_list()), None)
            first = merged.setdefault((each["email"], each["claimed_at"], each["reason"]), each)
            for name in ("contested_at", "decision", "decided_at", "evidence", "text"):
                first[name] = first.get(name) or each.get(name)
    answered = {
        claimed_at: outcome
        for id_, claimed_at, outcome in book.return_answers()
        .filter((pl.col("contract") == contract) & pl.col("external_id").eq_missing(own["external_id"]))
        .select("external_id", "claimed_at", "outcome")
        .iter_rows()
        if id_ is not None
    }
    seen = [
        ReturnSeen(
            place, each["reason"], each["claimed_at"], each["evidence"] is not None, each.get("text"), each["contested_at"],
            each["decision"], each["decided_at"], answered.get(each["claimed_at"]), _contest_until(terms, each["claimed_at"]),
        )
        for place, each in enumerate(merged.values(), start=1)
    ]  # fmt: skip
    return tuple(seen), tuple(each["email"] for each in merged.values())


def _contest_until(terms: Contract | None, claimed_at: datetime) -> datetime | None:
    if terms is None or terms.review is None or terms.review.contest_within is None:
        return None
    return terms.calendar.end_of(claimed_at, terms.review.contest_within)


def record_milestone(
    directory: Directory, actor: Actor, *, buyer: str, number: str, row: Row, key: str | None = None, at: datetime
) -> FactsNoted:
    """Record a milestone of an accepted delivery.

    Args:
        directory: The directory.
        actor: Who records it.
        buyer: Whose book.
        number: The delivery's public number.
        row: milestone, happened_at, reason, amount, currency, source, source_id as text; none: null.
        key: Of an act that may be sent again.
        at: Now.

    Raises:
        DeniedError: The actor may not, or is the provider.
        AbsentError: The delivery is not reached.
        RefusedError: The delivery is not accepted.
        UnreadableError: The row cannot be read.
        KeyReusedError: The key was sent with another act.
    """
    found = _own(directory, actor, Act.WRITE_MILESTONES, Side.BUYER, buyer=buyer, number=number)
    asked = digest_of("milestone", number, json.dumps(dict(row), sort_keys=True))
    before = answered_again(found.address, actor, key=key, asked=asked)
    if before is not None:
        return before
    if found.state != "accepted":
        raise RefusedError(
            code="DELIVERY_NOT_ACCEPTED", where="delivery", seen=f"The delivery is {found.state}.", mend="Have it accepted first."
        )
    return _record(found, actor, "milestones", {**row, **_named(found)}, key=key, asked=asked, at=at)


def decide_delivery(
    directory: Directory, actor: Actor, *, buyer: str, number: str, decision: str, key: str | None = None, at: datetime
) -> FactsNoted:
    """Accept or reject a delivery in review or quarantine; the first decision stands.

    Raises:
        DeniedError: The actor may not, or is the provider.
        AbsentError: The delivery is not reached.
        RefusedError: It does not wait for a decision, or has no external id, by which a decision names it.
        KeyReusedError: The key was sent with another act.
    """
    found = _own(directory, actor, Act.DECIDE_DELIVERIES, Side.BUYER, buyer=buyer, number=number)
    asked = digest_of("decision", number, decision)
    before = answered_again(found.address, actor, key=key, asked=asked)
    if before is not None:
        return before
    if found.state not in {"review", "quarantined"}:
        raise RefusedError(
            code="DELIVERY_NOT_WAITING", where="delivery", seen=f"The delivery is {found.state}.", mend="Only what waits is decided."
        )
    row = {**_named(found), "decision": decision, "decided_by": actor.who}
    return _record(found, actor, "decisions", row, key=key, asked=asked, at=at)


def claim_return(
    directory: Directory, actor: Actor, *, buyer: str, number: str, reason: str, evidence: str | None, key: str | None = None, at: datetime
) -> FactsNoted:
    """Claim that a delivery's charge should not stand.

    Raises:
        DeniedError: The actor may not, or is the provider.
        AbsentError: The delivery is not reached.
        RefusedError: The contract does not admit it: not accepted, returned before, another reason, evidence missing, its
            window over.
        UnreadableError: The reason is none.
        KeyReusedError: The key was sent with another act.
    """
    found = _own(directory, actor, Act.CLAIM_RETURNS, Side.BUYER, buyer=buyer, number=number, at=at)
    asked = digest_of("return", number, reason, evidence or "")
    before = answered_again(found.address, actor, key=key, asked=asked)
    if before is not None:
        return before
    fault = found.claim_fault(at=at, reason=reason.strip().upper().replace(" ", "_").replace("-", "_"), evidence=evidence)
    if fault is not None:
        raise fault
    return _record(found, actor, "returns", {"reason": reason, "evidence": evidence, **_named(found)}, key=key, asked=asked, at=at)


def contest_return(
    directory: Directory, actor: Actor, *, buyer: str, number: str, place: int, key: str | None = None, at: datetime
) -> FactsNoted:
    """Contest a return as the provider; then a person decides.

    Raises:
        DeniedError: The actor may not, or is the buyer.
        AbsentError: The delivery or return is not reached.
        RefusedError: The contract lets nobody contest, the time is over, or it is contested or answered.
        KeyReusedError: The key was sent with another act.
    """
    found = _own(directory, actor, Act.CONTEST_RETURNS, Side.PROVIDER, buyer=buyer, number=number)
    claim, asked = _claim(found, place), digest_of("contest", number, str(place))
    before = answered_again(found.address, actor, key=key, asked=asked)
    if before is not None:
        return before
    seen = (
        "The contract lets nobody contest a return."
        if claim.contest_until is None
        else "The return is contested."
        if claim.contested_at is not None
        else "The time to contest is over."
        if at > claim.contest_until or claim.outcome is not None
        else None
    )
    if seen is not None:
        raise RefusedError(
            code="RETURN_NOT_CONTESTABLE", where="return", seen=seen, mend="Write to the buyer where the return should not stand."
        )
    row = _again(found, claim) | {"contested_at": _instant(max(at, claim.claimed_at))}
    return _record(found, actor, "returns", row, key=key, asked=asked, at=at, prospect=found.hashes[place - 1])


def decide_return(
    directory: Directory, actor: Actor, *, buyer: str, number: str, place: int, decision: str, key: str | None = None, at: datetime
) -> FactsNoted:
    """Decide a contested return: granted or refused.

    Raises:
        DeniedError: The actor may not, or is the provider.
        AbsentError: The delivery or return is not reached.
        RefusedError: It is not contested, or decided or answered.
        KeyReusedError: The key was sent with another act.
    """
    found = _own(directory, actor, Act.DECIDE_RETURNS, Side.BUYER, buyer=buyer, number=number)
    claim, asked = _claim(found, place), digest_of("decide", number, str(place), decision)
    before = answered_again(found.address, actor, key=key, asked=asked)
    if before is not None:
        return before
    answered = claim.decision or claim.outcome
    if claim.contested_at is None or answered is not None:
        seen = f"The return is {answered}." if answered is not None else "The return is not contested."
        raise RefusedError(code="RETURN_NOT_DECIDABLE", where="return", seen=seen, mend="Only a contested return waits for a decision.")
    row = _again(found, claim) | {"decision": decision, "decided_at": _instant(max(at, claim.contested_at)), "decided_by": actor.who}
    return _record(found, actor, "returns", row, key=key, asked=asked, at=at, prospect=found.hashes[place - 1])


def _record(
    found: Delivery, actor: Actor, subject: str, row: Row, *, key: str | None, asked: bytes, at: datetime, prospect: str | None = None
) -> FactsNoted:
    contract = found.reached.contract
    return record(found.address, actor, subject=subject, contract=contract, rows=[row], key=key, asked=asked, prospect=prospect, at=at)


def _own(directory: Directory, actor: Actor, act: Act, side: Side, *, buyer: str, number: str, at: datetime | None = None) -> Delivery:
    actor.must(act)
    found = find_delivery(directory, actor, buyer=buyer, number=number, at=at)
    if found.reached.side is not side:
        raise DeniedError(where=str(act), seen=f"This is for the {side} of the contract.", mend=f"Ask {found.reached.other} to do it.")
    return found


def _named(found: Delivery) -> dict[str, str | None]:
    return dict(found.named)


def _again(found: Delivery, claim: ReturnSeen) -> dict[str, str | None]:
    """Name a return so that a later row adds to it."""
    return {**_named(found), "reason": claim.reason, "claimed_at": _instant(claim.claimed_at)}


def _claim(found: Delivery, place: int) -> ReturnSeen:
    if not 1 <= place <= len(found.returns):
        raise absent("return", str(place))
    return found.returns[place - 1]


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")

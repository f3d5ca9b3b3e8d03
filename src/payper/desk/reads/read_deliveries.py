"""Deliveries as pages and systems read them: a table by verdict and reason, and one delivery's whole story.

Personal data goes only to those who may read people, and every such read is noted in the audit trail. The others are told the same
verdict with what names a person left out.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from payper.adjudication.explain import Sentence, explain, explain_in_words
from payper.adjudication.past import VERDICT_CODES
from payper.desk.book.addressing import address_of, addressed
from payper.desk.folder.facts import SCHEMAS
from payper.desk.folder.reading import DIGEST
from payper.desk.people.installation import AbsentError, Reached, Side, absent, open_pages, reach_book
from payper.desk.people.people import Actor
from payper.desk.reads.public_numbers import key_for, own_number, public_number
from payper.desk.reads.read_contracts import Version, read_versions
from payper.desk.reads.read_money import Line, delivery_lines
from payper.desk.reads.shelf import newest_verdicts, rows_of
from payper.parties import Act
from payper.reasons import Reason
from payper.store.book_pages import BatchHead, BookPages, VerdictRow
from payper.store.directory import Directory

ROWS, ROWS_MAX = 50, 500
"""Deliveries on a page, and at most on one that a system asks for."""

PERSONAL = (
    "first_name", "last_name", "email", "phone", "title", "linkedin_url", "ip", "consent_text", "attendees", "raw", "email_normal",
    "phone_e164",
)  # fmt: skip
"""Columns that name or describe a person."""

SHOWN = (
    "first_name", "last_name", "email", "phone", "title", "linkedin_url", "company", "website", "country", "region", "city", "postal_code",
    "industry", "employees", "revenue", "campaign", "asset", "channel", "consent_at", "consent_text", "meeting_at", "meeting_minutes",
    "attendees",
)  # fmt: skip
"""Columns of a delivery's page, in its order; answers to questions follow."""

HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which deliveries to list; None: whatever they are."""

    contract: str | None = None
    verdict: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DeliverySeen:
    """One row of the table.

    Attributes:
        number: The public number.
        headline: The first reason's code, or None.
        decision: What a person decided of one in review or quarantine, or None.
        price_minor: What acceptance charges; 0 unless accepted.
    """

    number: str
    buyer: str
    contract: str
    external_id: str | None
    company: str | None
    kind: str
    delivered_at: datetime | None
    verdict: str
    headline: str | None
    reasons: tuple[str, ...]
    decision: str | None
    price_minor: int
    currency: str
    zone: str


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """A page of the table, newest first.

    Attributes:
        contracts: Those that can be asked for, by id.
        next: The number after which the next page begins, or None.
    """

    buyer: str
    filters: Filters
    contracts: tuple[Reached, ...]
    rows: tuple[DeliverySeen, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """One milestone, return or decision that was recorded of a delivery; `amount` is left out for the provider."""

    happened_at: datetime | None
    what: str
    reason: str | None
    amount: str | None


@dataclass(frozen=True, slots=True)
class DeliveryStory:
    """Everything about one delivery.

    Attributes:
        words: The verdict as a paragraph.
        values: What was sent, by column, in the order of the page; personal ones hidden from who may not read people.
        is_personal: Whether personal data is shown.
    """

    seen: DeliverySeen
    reached: Reached
    version: Version | None
    file: str
    row: int
    generated_at: datetime | None
    replaces: str | None
    words: str
    sentences: Sequence[Sentence]
    values: tuple[tuple[str, str], ...]
    is_personal: bool
    steps: tuple[Step, ...]
    lines: tuple[Line, ...]


def list_deliveries(
    directory: Directory, actor: Actor, *, buyer: str, filters: Filters, before: str | None = None, limit: int = ROWS
) -> DeliveryPage:
    """Give a page of the deliveries that the actor reaches in a buyer's book.

    Args:
        directory: The directory.
        actor: Who asks.
        buyer: Whose book.
        filters: Which deliveries; verdicts and reasons as they were judged.
        before: The public number after which the page begins; None: the newest.
        limit: Rows at most.

    Raises:
        DeniedError: The actor may not read deliveries.
        AbsentError: The buyer, contract, verdict, reason or place is not there.
    """
    actor.must(Act.READ_DELIVERIES)
    address, reached = reach_book(directory, actor, buyer)
    with open_pages(address) as book:
        place = _own(before, key_for(book.secret(), "delivery"))
        seen = seen_deliveries(book, buyer, reached, filters, before=place, limit=min(limit, ROWS_MAX) + 1)
    rows = seen[: min(limit, ROWS_MAX)]
    return DeliveryPage(
        buyer=buyer,
        filters=filters,
        contracts=tuple(reached),
        rows=tuple(rows),
        next=rows[-1].number if len(seen) > len(rows) and rows else None,
    )


def seen_deliveries(
    book: BookPages, buyer: str, reached: Sequence[Reached], filters: Filters, *, before: int | None, limit: int
) -> list[DeliverySeen]:
    """Give the newest deliveries that fit, those before one where it is named by its own number.

    Raises:
        AbsentError: The contract, verdict or reason is not there.
    """
    contracts = [each.contract for each in reached if filters.contract in {None, each.contract}]
    if not contracts:
        raise absent("contract", filters.contract or "")
    verdict, headline = _verdict_code(filters.verdict), _reason_number(filters.reason)
    rows = newest_verdicts(book, contracts, verdict=verdict, headline=headline, before=before, limit=limit)
    key = key_for(book.secret(), "delivery")
    return _seen(book, buyer, book.batch_heads(contracts), rows, read_versions(book, contracts), key)


def count_deliveries(book: BookPages, reached: Sequence[Reached], filters: Filters) -> int:
    """Count the deliveries that fit; errors as `seen_deliveries`."""
    contracts = [each.contract for each in reached if filters.contract in {None, each.contract}]
    if not contracts:
        raise absent("contract", filters.contract or "")
    return book.count_verdicts(contracts, verdict=_verdict_code(filters.verdict), headline=_reason_number(filters.reason))


def read_delivery(directory: Directory, actor: Actor, *, buyer: str, number: str, at: datetime) -> DeliveryStory:
    """Give one delivery's verdict in words, its journey and its charges; personal data only to who may read people, and noted.

    Raises:
        DeniedError: The actor may not read deliveries.
        AbsentError: It is not reached.
    """
    actor.must(Act.READ_DELIVERIES)
    address, reached = reach_book(directory, actor, buyer)
    contracts = {each.contract: each for each in reached}
    with open_pages(address) as book:
        key = key_for(book.secret(), "delivery")
        id_ = own_number(number, key)
        kept = None if id_ is None else book.verdict_row(id_, list(contracts))
        if kept is None:
            raise absent("delivery", number)
        heads = book.batch_heads(list(contracts))
        head = next(each for each in heads if each.batch == kept.batch)
        versions = read_versions(book, [head.contract])
        (seen,) = _seen(book, buyer, [head], [kept], versions, key)
        is_personal = Act.READ_PEOPLE in actor.acts
        story = _story(book, head, kept, seen, contracts[head.contract], versions, key, actor=actor, is_personal=is_personal)
    if is_personal:
        with directory.transaction():
            directory.note(
                at=at, party=actor.party, who=actor.who, act="read person", subject=f"{buyer}/{seen.number}", detail=head.contract
            )
    return story


def _story(
    book: BookPages,
    head: BatchHead,
    kept: VerdictRow,
    seen: DeliverySeen,
    reached: Reached,
    versions: Mapping[str, Sequence[Version]],
    key: bytes,
    *,
    actor: Actor,
    is_personal: bool,
) -> DeliveryStory:
    journal, sent = book.journal(head.batch), book.people(head.batch)
    place = int(pl.read_parquet(journal, columns=["delivery_id"])["delivery_id"].index_of(kept.delivery_id) or 0)
    # Of a batch of many rows only one is unpacked into columns.
    own = pl.scan_parquet(io.BytesIO(journal)).slice(place, 1).collect().row(0, named=True)
    people = pl.scan_parquet(io.BytesIO(sent)).slice(place, 1).collect()
    row: dict[str, Any] = {**people.row(0, named=True), **own, "reasons": list(seen.reasons)}
    evidence = row.get("evidence")
    if not is_personal:
        row |= {name: HIDDEN for name in row if (name in PERSONAL or name.startswith("answer_")) and row[name] is not None}
        # What reading a row found wrong may quote what it read.
        evidence = evidence if str(evidence or "").startswith("empty: ") else None
    version = next((each for each in versions.get(head.contract, ()) if each.number == own["contract_version"]), None)
    terms = version.contract if version else None
    names = [*SHOWN, *sorted(name for name in people.columns if name.startswith("answer_"))]
    values = tuple((name, _text(row[name])) for name in names if row.get(name) is not None)
    may_see_money = Act.READ_MONEY in actor.acts
    return DeliveryStory(
        seen=seen,
        reached=reached,
        version=version,
        file=head.file,
        row=int(own["row"]),
        generated_at=own["generated_at"],
        replaces=own["replaces"],
        words=explain_in_words(row, terms, evidence=evidence),
        sentences=explain(row, terms, evidence=evidence),
        values=values,
        is_personal=is_personal,
        steps=tuple(_steps(book, head.contract, own, is_provider=reached.side is Side.PROVIDER)),
        lines=tuple(delivery_lines(book, reached, kept.delivery_id, key)) if may_see_money else (),
    )


def _seen(
    book: BookPages,
    buyer: str,
    heads: Sequence[BatchHead],
    verdicts: Sequence[VerdictRow],
    versions: Mapping[str, Sequence[Version]],
    key: bytes,
) -> list[DeliverySeen]:
    rows = rows_of(book, heads, verdicts)
    decided = decisions_of(book, sorted({each.contract for each in heads}))
    terms = {id_: each[-1].contract for id_, each in versions.items()}
    seen = []
    for row in rows.iter_rows(named=True):
        contract = terms.get(row["contract"])
        is_open = row["verdict"] in {"review", "quarantined"}
        reasons = tuple(code for code in (row["reasons"] or "").split(";") if code)
        seen.append(
            DeliverySeen(
                number=public_number(row["delivery_id"], key),
                buyer=buyer,
                contract=row["contract"],
                external_id=row["external_id"],
                company=row["company"],
                kind=row["kind"] or "lead",
                delivered_at=row["delivered_at"],
                verdict=row["verdict"],
                headline=reasons[0] if reasons else None,
                reasons=reasons,
                decision=decided.get((row["contract"], address_of(row["external_id"], row["delivery_id"]))) if is_open else None,
                price_minor=row["price_minor"] or 0,
                currency=contract.currency if contract else "USD",
                zone=contract.zone if contract else "UTC",
            )
        )
    return seen


def decisions_of(book: BookPages, contracts: Sequence[str]) -> dict[tuple[str, str], str]:
    """Give what people decided first, by contract and address (as `addressing`)."""
    facts = facts_of(book, contracts, "decisions")
    if facts.is_empty():
        return {}
    first = facts.with_columns(addressed()).sort("decided_at").unique(["contract", "address"], keep="first", maintain_order=True)
    return {(contract, address): decision for contract, address, decision in first.select("contract", "address", "decision").iter_rows()}


def facts_of(book: BookPages, contracts: Sequence[str], subject: str) -> pl.DataFrame:
    """Give the readable milestones, returns or decisions of some contracts; empty where there are none."""
    heads = book.batch_heads(contracts, subject=subject)
    frames = [pl.read_parquet(book.journal(head.batch)).drop(DIGEST) for head in heads if head.rows]
    if not frames:
        return pl.DataFrame()
    # Journals of an earlier payper have fewer columns.
    nothing = pl.DataFrame(schema=SCHEMAS[subject])
    return pl.concat([*frames, nothing], how="diagonal").filter(pl.col("fault").is_null())


def _steps(book: BookPages, contract: str, own: Mapping[str, Any], *, is_provider: bool) -> list[Step]:
    """List what was recorded of a delivery, by its external id or the prospect's hash, in order of time."""
    steps: list[Step] = []

    def mine(facts: pl.DataFrame) -> list[dict[str, Any]]:
        if facts.is_empty():
            return []
        same = pl.lit(value=False)
        if own["external_id"] is not None:
            same |= pl.col("external_id").eq_missing(own["external_id"])
        if own["prospect"] is not None and "email" in facts.columns:
            same |= pl.col("external_id").is_null() & pl.col("email").eq_missing(own["prospect"])
        if "delivery_id" in facts.columns:
            same |= pl.col("delivery_id").eq_missing(own["delivery_id"])
        return facts.filter(same).to_dicts()

    for each in mine(facts_of(book, [contract], "milestones")):
        amount = f"{each['amount']} {each['currency'] or ''}".strip() if each["amount"] and not is_provider else None
        steps.append(Step(each["happened_at"], each["milestone"], each["reason"], amount))
    for each in mine(facts_of(book, [contract], "returns")):
        steps.append(Step(each["claimed_at"], "return claimed", each["reason"], None))
        if each["contested_at"] is not None:
            steps.append(Step(each["contested_at"], "return contested", None, None))
        if each["decision"] is not None:
            steps.append(Step(each["decided_at"], f"return {each['decision']}", None, None))
    decisions = mine(facts_of(book, [contract], "decisions"))
    steps += [Step(each["decided_at"], f"{each['decision']} by a person", None, None) for each in decisions]
    return sorted(steps, key=lambda step: (step.happened_at is None, str(step.happened_at)))


def _own(before: str | None, key: bytes) -> int | None:
    if before is None:
        return None
    found = own_number(before, key)
    if found is None:
        raise AbsentError(where="before", seen="There is no such place in the list.", mend="Begin at its first page.")
    return found


def _verdict_code(name: str | None) -> int | None:
    if name is None:
        return None
    if name not in VERDICT_CODES:
        raise absent("verdict", name)
    return VERDICT_CODES.index(name)


def _reason_number(code: str | None) -> int | None:
    if code is None:
        return None
    if code not in Reason.__members__:
        raise absent("reason", code)
    return Reason[code].number


def _text(value: object) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else str(value)

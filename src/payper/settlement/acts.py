"""What settlement says beside money: returns, replacements, the journey, refusals and warnings, as frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from payper.deliveries import INSTANT
from payper.journey import LADDER, Milestone
from payper.money import exponent
from payper.settlement.facts import MILESTONE_RANK, Step, amount_minor, calendar_of
from payper.settlement.frames import frame_of
from payper.settlement.rates import Rates
from payper.settlement.touched import Touched, place_of

_Type = pl.DataType | type[pl.DataType]
RETURNS_SCHEMA: dict[str, _Type] = {
    "contract": pl.String, "external_id": pl.String, "delivery_id": pl.Int64, "reason": pl.String, "claimed_at": INSTANT,
    "outcome": pl.String, "code": pl.String, "words": pl.String, "remedy": pl.String, "granted_at": INSTANT, "answered_at": INSTANT,
    "deadline": INSTANT, "contested_at": INSTANT, "decided_by": pl.String, "milestones": pl.List(pl.String),
    "file": pl.String, "row": pl.Int64,
}  # fmt: skip
"""Returns: `outcome` granted, refused, contested or pending; `deadline` is when an open return is answered at the latest, or, once a
replacement is granted, until when it is owed; `milestones` those whose charges it covers."""

REPLACEMENTS_SCHEMA: dict[str, _Type] = {
    "contract": pl.String, "external_id": pl.String, "delivery_id": pl.Int64, "granted_at": INSTANT, "deadline_at": INSTANT,
    "state": pl.String, "delivered_by": pl.String, "cause": pl.String,
}  # fmt: skip
"""Replacements: `external_id` is the delivery replaced; `state` owed, delivered or expired; `deadline_at` null: without limit."""

JOURNEY_SCHEMA: dict[str, _Type] = {
    "delivery_id": pl.Int64, "contract": pl.String, "external_id": pl.String, "milestone": pl.String, "happened_at": INSTANT,
    "amount_minor": pl.Int64, "amount": pl.String, "currency": pl.String, "reason": pl.String, "is_implied": pl.Boolean,
    "source": pl.String, "file": pl.String, "row": pl.Int64,
}  # fmt: skip
"""Milestones: `amount_minor` in the contract's currency (null: no amount, or no rate), `amount` and `currency` as sent; `source` of what
payper itself concludes is acceptance, silence or return; `is_implied`: skipped by a later step, or proved by silence."""

REFUSALS_SCHEMA: dict[str, _Type] = {
    "act": pl.String, "file": pl.String, "row": pl.Int64, "contract": pl.String, "external_id": pl.String, "happened_at": INSTANT,
    "code": pl.String, "words": pl.String,
}  # fmt: skip
"""Refusals: `act` event or return."""

WARNINGS_SCHEMA: dict[str, _Type] = {
    "contract": pl.String, "external_id": pl.String, "file": pl.String, "row": pl.Int64, "code": pl.String, "words": pl.String,
}  # fmt: skip


def returns_of(touched: Touched, as_of: Mapping[str, datetime]) -> pl.DataFrame:
    """List every return, in the order of the claims."""
    rows = []
    for answer in touched.answers:
        claim, subject = answer.claim, answer.subject
        contract = subject.contract if subject else None
        is_open = answer.at is not None and contract is not None and answer.at > as_of[contract.id]
        outcome = ("contested" if answer.is_contested else "pending") if is_open else answer.outcome
        is_granted = outcome == "granted"
        owing = touched.book.owings.get(subject.delivery_id) if subject and is_granted and answer.remedy == "replace" else None
        open_words = "The provider contests it; a person is to decide." if answer.is_contested else "The provider may still contest it."
        rows.append(
            (
                contract.id if contract else claim.address.contract,
                subject.external_id if subject else claim.address.external_id,
                subject.delivery_id if subject else None,
                claim.reason or None,
                claim.claimed_at,
                outcome,
                outcome.upper() if is_open else answer.code,
                open_words if is_open else answer.words,
                answer.remedy if is_granted else None,
                answer.at if is_granted else None,
                None if is_open else answer.at,
                answer.at if is_open else owing.deadline if owing else None,
                claim.contested_at,
                claim.decided_by,
                [milestone.value for milestone in answer.covered] if answer.at else [],
                claim.place.file,
                claim.place.row,
            )
        )
    return frame_of(rows, RETURNS_SCHEMA)


def replacements_of(touched: Touched, as_of: Mapping[str, datetime]) -> pl.DataFrame:
    """List every replacement granted by the as-of, by instant then delivery."""
    rows = []
    for owing in sorted(touched.book.owings.values(), key=lambda one: (one.granted_at, one.subject.delivery_id)):
        contract = owing.subject.contract.id
        if owing.granted_at > as_of[contract]:
            continue
        is_over = owing.deadline is not None and owing.deadline <= as_of[contract]
        state = "delivered" if owing.delivered_by else "expired" if is_over else "owed"
        by = owing.delivered_by.external_id if owing.delivered_by else None
        rows.append(
            (contract, owing.subject.external_id, owing.subject.delivery_id, owing.granted_at, owing.deadline, state, by, owing.cause)
        )
    return frame_of(rows, REPLACEMENTS_SCHEMA)


def journey_of(
    accepted: pl.DataFrame, touched: Touched, stepped: pl.DataFrame, rates: Rates, as_of: Mapping[str, datetime]
) -> pl.DataFrame:
    """List the milestones of accepted deliveries, by delivery and instant; steps that a later one skips are implied (RULES 38).

    Args:
        accepted: Columns as of `settle`.
        touched: The deliveries followed.
        stepped: As `stepped.step_journey`, of the others that events touch.
        rates: For amounts in other currencies.
        as_of: Per contract id.
    """
    by_acceptance = accepted.select("delivery_id", "contract", "external_id", pl.col("accepted_at").alias("happened_at"), "kind")
    base = pl.concat(
        [
            by_acceptance.with_columns(pl.lit(Milestone.ACCEPTED.value).alias("milestone")),
            by_acceptance.filter(pl.col("kind") == "appointment").with_columns(pl.lit(Milestone.MEETING_BOOKED.value).alias("milestone")),
        ]
    ).with_columns(pl.lit(value=False).alias("is_implied"), pl.lit("acceptance").alias("source"))
    columns = [pl.col(name) if name in base.columns else pl.lit(None, dtype=dtype).alias(name) for name, dtype in JOURNEY_SCHEMA.items()]
    rows = [row for delivery_id in sorted(touched.courses) for row in _steps_of(touched, delivery_id, rates, as_of)]
    parts = [base.select(columns)]
    if rows:
        parts.append(frame_of(rows, JOURNEY_SCHEMA))
    if not stepped.is_empty():
        named = stepped.join(accepted.select("delivery_id", "contract", "external_id"), on="delivery_id", how="left", maintain_order="left")
        parts.append(named.select(pl.col(name).cast(dtype) for name, dtype in JOURNEY_SCHEMA.items()))
    both = pl.concat(parts)
    ranks = {milestone.value: rank for milestone, rank in MILESTONE_RANK.items()}
    return both.sort("delivery_id", "happened_at", pl.col("milestone").replace_strict(ranks, return_dtype=pl.Int8), maintain_order=True)


def _steps_of(touched: Touched, delivery_id: int, rates: Rates, as_of: Mapping[str, datetime]) -> list[tuple[Any, ...]]:
    course = touched.courses[delivery_id]
    subject = course.subject
    head = (delivery_id, subject.contract.id, subject.external_id)
    end = as_of[subject.contract.id]
    reached = {Milestone.DELIVERED, Milestone.ACCEPTED} | ({Milestone.MEETING_BOOKED} if subject.kind == "appointment" else set())
    facts: list[tuple[datetime, Milestone, Step | None]] = [
        (step.happened_at, step.milestone, step) for step in touched.steps.get(delivery_id, ())
    ]
    if course.held_silently_at is not None and course.held_silently_at <= end:
        facts.append((course.held_silently_at, Milestone.MEETING_HELD, None))
    answer = touched.book.returned.get(delivery_id)
    if answer is not None and answer.outcome == "granted" and answer.at is not None and answer.at <= end:
        facts.append((answer.at, Milestone.RETURNED, None))
    rows: list[tuple[Any, ...]] = []
    for at, milestone, step in sorted(facts, key=lambda fact: (fact[0], MILESTONE_RANK[fact[1]])):
        if milestone in LADDER:
            skipped = [one for one in LADDER[: LADDER.index(milestone)] if one not in reached]
            rows += [
                (*head, one.value, at, None, None, None, None, True, step.source if step else "silence", None, None) for one in skipped
            ]
            reached |= {*skipped, milestone}
        if step is None:
            source = "return" if milestone is Milestone.RETURNED else "silence"
            rows.append((*head, milestone.value, at, None, None, None, None, source == "silence", source, None, None))
        else:
            amounts = _amount(step, subject.contract.currency, rates, calendar_of(subject.contract).local_date(at))
            rows.append((*head, milestone.value, at, *amounts, step.reason, False, step.source, step.place.file, step.place.row))
    return rows


def _amount(step: Step, currency: str, rates: Rates, day: date) -> tuple[int | None, str | None, str | None]:
    """Give a step's amount in the contract's minor units, and as sent."""
    if step.amount is None:
        return None, None, None
    source = step.currency or currency
    rate = rates.rate(source, currency, day) if exponent(currency) is not None else None
    return (amount_minor(step.amount, currency, rate) if rate is not None else None), f"{step.amount:f}", source


def refusals_of(touched: Touched) -> pl.DataFrame:
    """List events and returns refused, by file and row."""
    rows = [
        (one.act, one.place.file, one.place.row, one.contract, one.external_id, one.happened_at, one.code, one.words)
        for one in touched.refusals
    ]
    return frame_of(rows, REFUSALS_SCHEMA).sort("act", "file", "row", nulls_last=True, maintain_order=True)


def warnings_of(touched: Touched, unpriced: pl.DataFrame) -> pl.DataFrame:
    """List warnings: of touched deliveries, and one per contract version whose percentage on acceptance has no amount."""
    rows: list[tuple[Any, ...]] = [
        (subject.contract.id, subject.external_id, place_of(source).file, place_of(source).row, code, words)
        for subject, source, code, words in touched.warnings
    ]
    for contract, version, milestone, deliveries in unpriced.iter_rows():
        words = f"v{version} prices `{milestone}` as a percentage, and acceptance has no amount: {deliveries} deliveries are not charged for it. Write an amount."  # noqa: E501  # one sentence
        rows.append((contract, None, None, None, "AMOUNT_MISSING", words))
    return frame_of(rows, WARNINGS_SCHEMA).sort("contract", "external_id", "file", "row", "code", nulls_last=True, maintain_order=True)

# rows of columns are easier to compare on one line
"""An invented programme: contracts, verdicts and settled frames that agree with each other, from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl

from payper.deliveries import DERIVED, SCHEMA
from payper.journey import LADDER, Milestone
from payper.measurement import ProgrammeFacts
from payper.periods import Period
from payper.settlement.acts import JOURNEY_SCHEMA, REFUSALS_SCHEMA, REPLACEMENTS_SCHEMA, RETURNS_SCHEMA
from payper.settlement.rates import Rate
from payper.terms.contract import Caps, Contract, Price, Review

INSTANT = pl.Datetime("us", "UTC")
CHARGES = {
    "charge_id": pl.String, "delivery_id": pl.Int64, "contract": pl.String, "contract_version": pl.Int32, "external_id": pl.String,
    "milestone": pl.String, "happened_at": INSTANT, "price_row": pl.Int64, "number": pl.Int64, "gross_minor": pl.Int64,
    "offset_minor": pl.Int64, "amount_minor": pl.Int64, "pending_minor": pl.Int64, "posted_minor": pl.Int64, "voided_minor": pl.Int64,
    "credited_minor": pl.Int64, "currency": pl.String, "window_begins_at": INSTANT, "window_ends_at": INSTANT, "due_at": INSTANT,
    "state": pl.String, "reason": pl.String,
}  # fmt: skip
TRANSFERS = {
    "transfer_id": pl.String, "charge_id": pl.String, "contract": pl.String, "kind": pl.String, "happened_at": INSTANT,
    "amount_minor": pl.Int64, "currency": pl.String, "debit_account": pl.String, "credit_account": pl.String, "cause": pl.String,
}  # fmt: skip
VERDICTS = {
    "contract": pl.String, "file": pl.String, "row": pl.Int64, "external_id": pl.String, "verdict": pl.String, "headline": pl.String,
    "reasons": pl.List(pl.String), "price_minor": pl.Int64, "currency": pl.String, "contract_version": pl.Int64,
}  # fmt: skip
FULL_VERDICTS = {
    **VERDICTS,
    **{k: v for k, v in SCHEMA.items() if k != "external_id"},
    "answer_timeframe": pl.String,
    **DERIVED,
    "delivery_id": pl.Int64,
    "run": pl.Int32,
}

REJECTS = ["EMAIL_FREE", "SENIORITY_OUTSIDE", "DUPLICATE_SELF", "PHONE_INVALID", "COUNTRY_OUTSIDE", "FIELD_MISSING", "CONSENT_MISSING", "EMAIL_ROLE",
           "IMPLAUSIBLE", "SIZE_OUTSIDE", "DUPLICATE_OTHER", "STALE", "ANSWER_DISQUALIFIES", "SUPPRESSED"]  # fmt: skip


@dataclass(frozen=True)
class Accounts:
    """Settled frames, shaped as settlement gives them."""

    charges: pl.DataFrame
    transfers: pl.DataFrame
    returns: pl.DataFrame
    replacements: pl.DataFrame
    journey: pl.DataFrame
    refusals: pl.DataFrame


@dataclass(frozen=True)
class Invented:
    """One invented programme."""

    programme: ProgrammeFacts
    contracts: dict[str, list[Contract]]
    verdicts: pl.DataFrame
    settlement: Accounts


def contract(name: str, model: str, *, provider: str, currency: str = "USD", zone: str = "America/New_York", total: int | None = 1000,
             ends: date | None = date(2026, 3, 31), minor: int = 4800, version: int = 1) -> Contract:  # fmt: skip
    """Make a contract of a model: prices on accepted, on held meetings, or both."""
    prices = []
    if model in {"lead", "hybrid"}:
        prices.append(Price(on=Milestone.ACCEPTED, amount_minor=minor))
    if model in {"appointment", "hybrid"}:
        prices.append(Price(on=Milestone.MEETING_HELD, amount_minor=minor * 10, offset=(Milestone.ACCEPTED,) if model == "hybrid" else ()))
    review = Review(
        window=Period(5, "bd"), reasons=("EMAIL_BOUNCED", "LEFT_COMPANY"), evidence=frozenset({"EMAIL_BOUNCED"}), cap=Decimal("0.15"),
        remedy="replace", replace_within=Period(5, "bd"), contest_within=Period(3, "bd"),
    )  # fmt: skip
    return Contract(
        id=name, buyer="northwind", provider=provider, currency=currency, zone=zone, starts=date(2026, 1, 1), ends=ends, version=version,
        caps=Caps(total=total, budget_minor=None if total is None else total * minor * (10 if model == "appointment" else 1), pace="even"), prices=tuple(prices), review=review,
    )  # fmt: skip


def invent(
    contracts: list[Contract], *, seed: int = 7, per_contract: int = 300, as_of: date = date(2026, 2, 20), accepts: float = 0.7
) -> Invented:
    """Make deliveries, verdicts, charges and milestones for the contracts, all of them before the end of `as_of`."""
    rng = np.random.default_rng(seed)
    verdicts, charges, transfers, returns, replacements, journey = [], [], [], [], [], []
    end = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) + timedelta(hours=20)
    start = datetime(2026, 1, 2, 15, tzinfo=UTC)
    for one in contracts:
        share = accepts * rng.uniform(0.8, 1.2)
        steps = list(LADDER[2:])
        for index in range(per_contract):
            at = start + timedelta(seconds=float(rng.uniform(0, (end - start).total_seconds() * 0.98)))
            delivery = len(verdicts) + 1
            external = f"{one.provider[:2].upper()}-{index + 1:05d}"
            draw = rng.random()
            verdict = "accepted" if draw < share else rng.choice(["rejected", "rejected", "rejected", "review", "quarantined"])
            reasons = [] if verdict == "accepted" else ["CAP_DAY"] if verdict == "quarantined" else ["TITLE_UNKNOWN"] if verdict == "review" else (
                sorted(set(rng.choice(REJECTS, size=int(rng.integers(1, 4)), p=np.arange(len(REJECTS), 0, -1) / sum(range(len(REJECTS) + 1)))))
            )  # fmt: skip
            lead_price = one.prices[0].amount_minor if verdict == "accepted" and one.prices else 0
            verdicts.append({
                "contract": one.id, "file": f"deliveries/{one.id}/week.csv", "row": index + 1, "external_id": external, "verdict": str(verdict),
                "headline": reasons[0] if reasons else None, "reasons": [str(r) for r in reasons], "price_minor": lead_price, "currency": one.currency,
                "contract_version": one.version, "kind": "lead", "delivered_at": at, "generated_at": at, "first_name": "Ana", "last_name": f"Test {index}",
                "email": f"ana{index}@example.com", "company": "Lindqvist & Söhne", "title": "CIO", "answer_timeframe": "0-3 months", "delivery_id": delivery, "run": 1,
            })  # fmt: skip
            if verdict != "accepted":
                continue
            reached = int(rng.choice([0, 1, 2, 3, 4, 5, 6, 7], p=[0.3, 0.25, 0.15, 0.1, 0.08, 0.07, 0.03, 0.02]))
            happened = at
            marks = [(Milestone.ACCEPTED, at, False)]
            for step in range(reached):
                happened = happened + timedelta(days=float(rng.exponential(3)))
                if happened > end:
                    break
                marks.append((steps[step], happened, step < reached - 1 and bool(rng.random() < 0.3)))
            for milestone, when, implied in marks:
                won = milestone is Milestone.WON
                journey.append({
                    "delivery_id": delivery, "contract": one.id, "external_id": external, "milestone": milestone.value, "happened_at": when,
                    "amount_minor": int(rng.integers(500_000, 9_000_000)) if won else None, "currency": one.currency if won else None, "is_implied": implied,
                })  # fmt: skip
                for row, price in enumerate(one.prices):
                    if price.on is milestone and not implied:
                        _charge(one, price, row, delivery, external, when, end, rng, charges, transfers, returns, replacements)
    frames = Accounts(
        charges=pl.DataFrame(charges, schema=CHARGES),
        transfers=pl.DataFrame(transfers, schema=TRANSFERS),
        returns=pl.DataFrame(returns, schema=RETURNS_SCHEMA),
        replacements=pl.DataFrame(replacements, schema=REPLACEMENTS_SCHEMA),
        journey=pl.DataFrame(journey, schema=JOURNEY_SCHEMA),
        refusals=pl.DataFrame([], schema=REFUSALS_SCHEMA),
    )
    programme = ProgrammeFacts(
        name="Northwind 2026 Q1", base_currency="USD", zone="America/New_York", as_of=as_of,
        rates={"GBP": Rate(date(2026, 1, 1), "GBP", Decimal("1.25")), "EUR": Rate(date(2026, 2, 1), "EUR", Decimal("1.08"))},
        party_names={"northwind": "Northwind Systems", "intentreach": "Intentreach", "dialfield": "Dialfield Ltd", "meridian": "Meridian Demand GmbH"},
        is_simulated=True,
    )  # fmt: skip
    versions: dict[str, list[Contract]] = {}
    for one in contracts:
        versions.setdefault(one.id, []).append(one)
    return Invented(programme, versions, pl.DataFrame(verdicts, schema=FULL_VERDICTS), frames)


def _charge(one, price, row, delivery, external, when, end, rng, charges, transfers, returns, replacements) -> None:
    """Charge, and post, void, credit or leave pending, with the transfers that do it."""
    number = len(charges) + 1
    charge_id = f"{one.id}/{delivery}/{price.on.value}"
    window = one.calendar.end_of(when, one.review.window)
    gross = price.amount_minor
    offset = gross // 10 if price.offset else 0
    amount, voided, credited = gross - offset, 0, 0

    def move(kind: str, minor: int, at: datetime, cause: str) -> None:
        transfers.append({
            "transfer_id": f"{charge_id}/{kind}", "charge_id": charge_id, "contract": one.id, "kind": kind, "happened_at": at, "amount_minor": minor,
            "currency": one.currency, "debit_account": f"{one.id}:cost", "credit_account": f"{one.id}:owed", "cause": cause,
        })  # fmt: skip

    move("pending", amount, when, price.on.value)
    draw = rng.random()
    claimed = when + timedelta(days=1)
    state = "pending"
    if draw < 0.05 and claimed < end:
        state, voided = "voided", amount
        move("void", amount, claimed, "return EMAIL_BOUNCED")
        returns.append(
            {
                "contract": one.id,
                "external_id": external,
                "reason": "EMAIL_BOUNCED",
                "claimed_at": claimed,
                "outcome": "granted",
                "granted_at": claimed,
            }
        )
    elif window <= end:
        state = "posted"
        move("post", amount, window, "review window ended")
        deadline = one.calendar.end_of(window, Period(10, "bd"))
        if draw < 0.12:
            granted = window
            outcome = "delivered" if draw < 0.08 else ("expired" if deadline <= end else "owed")
            replacements.append({
                "contract": one.id, "external_id": external, "granted_at": granted, "deadline_at": deadline, "state": outcome,
                "delivered_by": f"{external}-R" if outcome == "delivered" else None,
            })  # fmt: skip
            returns.append(
                {
                    "contract": one.id,
                    "external_id": external,
                    "reason": "LEFT_COMPANY",
                    "claimed_at": claimed,
                    "outcome": "granted",
                    "granted_at": granted,
                    "deadline": deadline,
                }
            )
            if outcome == "expired":
                credited, state = amount, "credited"
                move("credit", amount, deadline, "replacement not delivered in time")
    charges.append({
        "charge_id": charge_id, "delivery_id": delivery, "contract": one.id, "contract_version": one.version, "external_id": external,
        "milestone": price.on.value, "happened_at": when, "price_row": row, "number": number, "gross_minor": gross, "offset_minor": offset,
        "amount_minor": amount, "pending_minor": amount if state == "pending" else 0,
            "posted_minor": amount if state not in {"pending", "voided"} else 0, "voided_minor": voided, "credited_minor": credited, "currency": one.currency, "window_ends_at": window,
        "due_at": window if state == "pending" else None, "window_begins_at": when, "state": state,
    })  # fmt: skip


def northwind(seed: int = 7, **kwargs: object) -> Invented:
    """Make the usual programme: one contract per lead, one per appointment, two hybrids, in three currencies."""
    return invent(
        [
            contract("northwind-reach-2026q1", "lead", provider="intentreach", total=400),
            contract("northwind-dial-2026q1", "appointment", provider="dialfield", currency="GBP", zone="Europe/London", total=190),
            contract("northwind-reach-hybrid", "hybrid", provider="intentreach", total=None),
            contract(
                "northwind-meridian-2026",
                "hybrid",
                provider="meridian",
                currency="EUR",
                zone="Europe/Berlin",
                ends=date(2026, 12, 31),
                total=900,
            ),
        ],
        seed=seed,
        **kwargs,
    )


def without_settlement(made: Invented) -> Invented:
    """Give the same programme before anything was delivered."""
    settled = made.settlement
    empty = Accounts(
        **{name: getattr(settled, name).clear() for name in ("charges", "transfers", "returns", "replacements", "journey", "refusals")}
    )
    return replace(made, verdicts=made.verdicts.clear(), settlement=empty)

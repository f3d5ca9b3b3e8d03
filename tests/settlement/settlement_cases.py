"""Contracts and frames for the tests of settlement, written as short as a clerk would say them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from payper.journey import EVENT_SCHEMA, RETURN_SCHEMA, Milestone
from payper.periods import Period
from payper.settlement import DELIVERY_SCHEMA, OTHERS_SCHEMA, Rate, Rates, Settlement, settle
from payper.terms.contract import Appointment, Contract, NoShow, Price, Review, Tier

RATES = Rates(
    "USD",
    (
        Rate(date(2026, 1, 1), "GBP", Decimal("1.25")),
        Rate(date(2026, 2, 1), "GBP", Decimal("1.30")),
        Rate(date(2026, 1, 1), "JPY", Decimal("0.008")),
    ),
)
LATE = "2026-12-31 00:00"


def at(text: str | None) -> datetime | None:
    """Read `2026-01-05 10:00` as UTC; a date alone is its noon."""
    if text is None:
        return None
    return datetime.strptime(text if " " in text else f"{text} 12:00", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def price(on: str, amount: int | None = None, *, percent: str | None = None, tiers: tuple = (), offset: tuple = ()) -> Price:
    return Price(
        Milestone(on), amount, Decimal(percent) if percent else None, None,
        tuple(Tier(*tier) for tier in tiers), tuple(Milestone(one) for one in offset),
    )  # fmt: skip


def review(window: str = "5bd", *, cap: str | None = None, partial: str | None = None, **clauses) -> Review:
    for name in ("replace_within", "contest_within"):
        if isinstance(clauses.get(name), str):
            clauses[name] = Period.parse(clauses[name])
    clauses.setdefault("reasons", ("EMAIL_BOUNCED", "PHONE_WRONG"))
    return Review(Period.parse(window), cap=Decimal(cap) if cap else None, partial=Decimal(partial) if partial else None, **clauses)


def appointment(no_show: str = "void", *, reschedules: int = 0, horizon: str | None = "10bd", proof: tuple[str, ...] = ()) -> Appointment:
    is_reschedule = no_show.startswith("reschedule")
    then = no_show.rsplit(" then ", maxsplit=1)[-1]
    return Appointment(
        duration=Period.parse("30m"), horizon=Period.parse(horizon) if horizon else None, proof=proof, reschedules=reschedules,
        no_show=NoShow(reschedule=is_reschedule, then=then),
    )  # fmt: skip


def contract(*prices: Price, id: str = "reach", currency: str = "USD", zone: str = "UTC", **clauses) -> Contract:  # noqa: A002  # as the file says it
    return Contract(
        id=id, buyer="northwind", provider="intent", currency=currency, zone=zone, starts=date(2026, 1, 1), prices=prices, **clauses
    )


def deliveries(*rows: dict) -> pl.DataFrame:
    """Number deliveries in the order given; every price row applies unless said otherwise."""
    full = []
    for number, row in enumerate(rows, start=1):
        one = dict.fromkeys(DELIVERY_SCHEMA) | {"delivery_id": number, "contract": "reach", "contract_version": 1, "kind": "lead"} | row
        one["external_id"] = row.get("external_id", f"L{number}")
        one["email_normal"] = row.get("email_normal", f"p{number}@acme.test")
        for name in ("delivered_at", "generated_at", "accepted_at", "meeting_at"):
            one[name] = at(one[name]) if isinstance(one[name], str) else one[name]
        full.append(one)
    return pl.DataFrame(full, schema=DELIVERY_SCHEMA, orient="row")


def events(*rows: tuple) -> pl.DataFrame:
    """Rows of (external id, milestone, instant[, more columns])."""
    full = []
    for number, (external_id, milestone, when, *more) in enumerate(rows, start=1):
        one = dict.fromkeys(EVENT_SCHEMA) | {"file": "milestones/a.csv", "row": number, "contract": "reach"}
        full.append(one | {"external_id": external_id, "milestone": milestone, "happened_at": at(when)} | (more[0] if more else {}))
    return pl.DataFrame(full, schema=EVENT_SCHEMA, orient="row")


def returns(*rows: tuple) -> pl.DataFrame:
    """Rows of (external id, reason, instant[, more columns])."""
    full = []
    for number, (external_id, reason, when, *more) in enumerate(rows, start=1):
        one = dict.fromkeys(RETURN_SCHEMA) | {"file": "returns/a.csv", "row": number, "contract": "reach"}
        extra = {name: at(value) if name.endswith("_at") else value for name, value in (more[0] if more else {}).items()}
        full.append(one | {"external_id": external_id, "reason": reason, "claimed_at": at(when)} | extra)
    return pl.DataFrame(full, schema=RETURN_SCHEMA, orient="row")


def others(*ids: str, contract_id: str = "reach") -> pl.DataFrame:
    return pl.DataFrame([(contract_id, one, "rejected") for one in ids], schema=OTHERS_SCHEMA, orient="row")


def settled(
    terms: Contract | list[Contract], given: pl.DataFrame, *, with_events=None, with_returns=None, as_of: str | datetime = LATE, **more
) -> Settlement:
    """Settle under one contract (or several)."""
    versions: dict[str, list[Contract]] = {}
    for one in terms if isinstance(terms, list) else [terms]:
        versions.setdefault(one.id, []).append(one)
    rows = [one.id for one in versions.values() for one in one]
    instant = at(as_of) if isinstance(as_of, str) else as_of
    frames = (with_events if with_events is not None else events(), with_returns if with_returns is not None else returns())
    prepared = given.with_columns(price_rows=pl.col("price_rows").fill_null(pl.Series([list(range(9))], dtype=pl.List(pl.Int16)).first()))
    prepared = _only_known_rows(prepared, versions)
    assert rows
    return settle(prepared, *frames, versions, more.pop("rates", RATES), as_of=lambda _: instant, **more)


def _only_known_rows(given: pl.DataFrame, versions) -> pl.DataFrame:
    """Keep the price rows that the contract has, the first of each milestone, as judging would."""
    rows = []
    for id_, version, listed in given.select("contract", "contract_version", "price_rows").iter_rows():
        terms = next(one for one in versions[id_] if one.version == version)
        first: dict = {}
        for index in listed:
            if index < len(terms.prices):
                first.setdefault(terms.prices[index].on, index)
        rows.append(sorted(first.values()))
    return given.with_columns(pl.Series("price_rows", rows, dtype=pl.List(pl.Int16)))


def charge(outcome: Settlement, external_id: str, milestone: str = "accepted") -> dict:
    """Give one charge as a row."""
    return outcome.charges.filter(external_id=external_id, milestone=milestone).row(0, named=True)


def money(outcome: Settlement, external_id: str, milestone: str = "accepted") -> tuple:
    """Give (state, pending, posted, voided, credited) of a charge."""
    one = charge(outcome, external_id, milestone)
    return one["state"], one["pending_minor"], one["posted_minor"], one["voided_minor"], one["credited_minor"]

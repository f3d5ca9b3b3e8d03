"""Experience: young deliveries neither count as failures nor are left out; contracts become offers at what they really cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.advice import StepCount
from payper.advice.experience import (
    experience_of,
    exposed,
    offers_of_contracts,
    priced_as_paid,
    shown_by_age,
    still_to_come,
)
from payper.advice.profile import Offer
from payper.measurement.outcomes import SCHEMA
from payper.terms.reading import read_terms

AT = datetime(2026, 6, 30, tzinfo=UTC)


def cohort(count: int, *, age: int, reached: int = 0, lag: int = 0) -> pl.DataFrame:
    start = AT - timedelta(days=age)
    events = [start + timedelta(days=lag)] * reached + [None] * (count - reached)
    return pl.DataFrame(
        {"start": [start] * count, "event": events}, schema={"start": pl.Datetime("us", "UTC"), "event": pl.Datetime("us", "UTC")}
    )


def test_where_all_had_the_time_the_share_is_the_plain_one() -> None:
    assert exposed(cohort(40, age=200, reached=10, lag=20), "start", "event", at=AT, days=90) == StepCount(
        reached=10.0, of=pytest.approx(40.0)
    )


def test_young_ones_count_for_the_lags_they_were_exposed_to_and_no_further() -> None:
    """Half are as old as the lag at which the others' events came: only those tell how many reach it."""
    frame = pl.concat([cohort(40, age=200, reached=10, lag=20), cohort(60, age=10)])
    found = exposed(frame, "start", "event", at=AT, days=90)
    assert found.reached / found.of == pytest.approx(10 / 40)


def test_events_after_the_horizon_do_not_count() -> None:
    assert exposed(cohort(40, age=200, reached=10, lag=120), "start", "event", at=AT, days=90).reached == 0


def test_where_nobody_reached_it_each_counts_for_the_time_it_has_shown() -> None:
    found = exposed(pl.concat([cohort(10, age=90), cohort(10, age=45)]), "start", "event", at=AT, days=90)
    assert found == StepCount(reached=0.0, of=pytest.approx(15.0))


@given(st.lists(st.tuples(st.integers(0, 300), st.one_of(st.none(), st.integers(0, 200))), min_size=1, max_size=60))
def test_the_share_is_never_above_the_whole(rows: list[tuple[int, int | None]]) -> None:
    starts = [AT - timedelta(days=age) for age, _ in rows]
    events = [
        start + timedelta(days=lag) if lag is not None and start + timedelta(days=lag) <= AT else None
        for start, (_, lag) in zip(starts, rows, strict=True)
    ]
    schema = {"start": pl.Datetime("us", "UTC"), "event": pl.Datetime("us", "UTC")}
    found = exposed(pl.DataFrame({"start": starts, "event": events}, schema=schema), "start", "event", at=AT, days=90)
    assert 0 <= found.reached <= found.of + 1e-9
    assert np.isfinite(found.of)


def test_the_share_shown_by_age_rises_from_none_to_all() -> None:
    frame = pl.concat([cohort(20, age=200, reached=5, lag=10), cohort(20, age=200, reached=5, lag=50)])
    shown = shown_by_age(frame, "start", "event", at=AT, days=90)
    assert (shown[0], shown[10], shown[11], shown[51], shown[90]) == (0.0, 0.0, pytest.approx(0.5), pytest.approx(1.0), pytest.approx(1.0))
    assert (np.diff(shown) >= 0).all()


def test_the_longer_nothing_came_the_likelier_nothing_will() -> None:
    frame = pl.DataFrame({"p": [0.4] * 4, "shown": [0.0, 0.5, 0.9, 1.0]})
    left = frame.select(still_to_come(pl.col("p"), pl.col("shown")))["p"].to_list()
    assert left == [pytest.approx(0.4), pytest.approx(0.25), pytest.approx(0.0625), 0.0]


CONTRACT = """
[contract]
id = "reach"
buyer = "northwind"
provider = "intentreach"
currency = "GBP"
timezone = "UTC"
starts = 2026-01-01
{prices}
"""

PRICES = [
    ('[[price]]\non = "accepted"\namount = "48.00"', ("lead", 9600, 0, 0.0)),
    ('[[price]]\non = "accepted"\namount = "60.00"\nwhen = "seniority >= \'director\'"\n[[price]]\non = "accepted"\namount = "48.00"', ("lead", 9600, 0, 0.0)),
    ('[[price]]\non = "meeting held"\namount = "300.00"', ("appointment", 0, 60000, 0.0)),
    ('[[price]]\non = "meeting booked"\namount = "100.00"\n[[price]]\non = "meeting held"\namount = "200.00"', ("appointment", 20000, 40000, 0.0)),
    ('[[price]]\non = "accepted"\namount = "40.00"\n[[price]]\non = "meeting held"\namount = "300.00"\noffset = ["accepted"]\n[[price]]\non = "won"\npercent = "1.5"', ("hybrid", 8000, 52000, 1.5)),
]  # fmt: skip


@pytest.mark.parametrize(("prices", "expected"), PRICES)
def test_a_contract_is_an_offer_at_its_plain_prices_after_offsets(prices: str, expected: tuple[str, int, int, float]) -> None:
    """Minor units of advice are worth half of the contract's here."""
    terms = read_terms(CONTRACT.format(prices=prices), path=None, read_list=lambda name: b"").contract
    assert terms is not None
    (offer,), notes = offers_of_contracts({"reach": [terms]}, to_minor=lambda minor, currency: minor * 2)
    assert (offer.model, offer.price_minor, offer.held_price_minor, offer.won_percent) == expected
    assert (offer.name, offer.provider, notes) == ("reach", "intentreach", ())


def test_a_contract_without_a_rate_is_no_offer_and_is_named() -> None:
    terms = read_terms(CONTRACT.format(prices=PRICES[0][0]), path=None, read_list=lambda name: b"").contract
    assert terms is not None
    offers, notes = offers_of_contracts({"reach": [terms]}, to_minor=lambda minor, currency: None)
    assert offers == ()
    assert "no rate for GBP" in notes[0]


def outcome(**values: object) -> dict[str, object]:
    return {
        "contract": "reach",
        "provider": "intentreach",
        "model": "lead",
        "kind": "lead",
        "delivered_at": AT - timedelta(days=150),
    } | values


def outcomes(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(SCHEMA) | row for row in rows], schema=SCHEMA)


def offer(name: str = "reach", provider: str = "intentreach", model: str = "lead") -> Offer:
    return Offer(name=name, provider=provider, model=model)  # type: ignore[arg-type]


def test_an_offers_record_is_its_contracts_or_else_its_providers_of_that_model() -> None:
    frame = outcomes(outcome(), outcome(contract="other"), outcome(contract="other", provider="meetly"))
    found = experience_of(frame, [offer(), offer("anything"), offer("none", "nobody")], at=AT, horizon_days=180, minor_per_unit=100)
    assert {name: one.bought for name, one in found.items()} == {"reach": 1.0, "anything": 2.0}


def test_an_offer_that_a_contract_makes_never_takes_the_record_of_another_contract() -> None:
    frame = outcomes(outcome(contract="other"))
    found = experience_of(frame, [offer(), offer("other")], at=AT, horizon_days=180, minor_per_unit=100, contracts=["reach", "other"])
    assert {name: one.bought for name, one in found.items()} == {"other": 1.0}


def test_a_meeting_whose_day_has_passed_without_word_was_not_held_and_one_to_come_is_open() -> None:
    booked = {"kind": "appointment", "model": "appointment", "booked_at": AT - timedelta(days=10)}
    frame = outcomes(
        outcome(**booked, held_at=AT - timedelta(days=3)),
        outcome(**booked, missed_at=AT - timedelta(days=3)),
        outcome(**booked, meeting_at=AT - timedelta(days=1)),
        outcome(**booked, meeting_at=AT + timedelta(days=1)),
    )
    (found,) = experience_of(frame, [offer(model="appointment")], at=AT, horizon_days=180, minor_per_unit=100).values()
    assert found.held == StepCount(reached=1.0, of=3.0)


def test_in_a_hybrid_the_appointment_of_a_lead_is_its_booking() -> None:
    common = {"model": "hybrid", "email_normal": "ann@acme.com"}
    frame = outcomes(
        outcome(**common),
        outcome(**common, kind="appointment", delivered_at=AT - timedelta(days=120), booked_at=AT - timedelta(days=120)),
        outcome(model="hybrid", email_normal="bob@acme.com"),
    )
    (found,) = experience_of(frame, [offer(model="hybrid")], at=AT, horizon_days=180, minor_per_unit=100).values()
    assert (found.booked.reached, found.booked.of, found.bought) == (1.0, pytest.approx(2.0), 2.0)


def test_won_deals_without_an_amount_are_wins_and_no_deals() -> None:
    steps = {"held_at": AT - timedelta(days=140), "opportunity_at": AT - timedelta(days=139)}
    frame = outcomes(
        outcome(**steps, won_at=AT - timedelta(days=100), amount=500.0), outcome(**steps, won_at=AT - timedelta(days=100)), outcome(**steps)
    )
    (found,) = experience_of(frame, [offer()], at=AT, horizon_days=90, minor_per_unit=100).values()
    assert (found.deals, found.revenue_minor, found.won.reached) == (1.0, 50000.0, 2.0)


def test_from_twenty_leads_on_what_they_really_cost_stands_for_the_price() -> None:
    few, many = (outcomes(*[outcome(charges_cost=40.0)] * count) for count in (19, 20))
    (before,) = priced_as_paid([offer()], few, minor_per_unit=100)
    (after,) = priced_as_paid([offer()], many, minor_per_unit=100)
    assert (before.price_minor, after.price_minor) == (0, 4000)
    assert "20 accepted leads" in after.source

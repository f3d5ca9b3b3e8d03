"""Outcomes: one row per accepted delivery, its steps, its money in one currency, and what is missing said by a code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invented_programme import CHARGES, Accounts, contract, northwind
from payper.measurement.effort import ASSUMED, Effort, Minutes
from payper.measurement.outcomes import GAPS, SCHEMA, SEGMENTS, make_outcomes
from payper.settlement.acts import JOURNEY_SCHEMA, REFUSALS_SCHEMA, REPLACEMENTS_SCHEMA, RETURNS_SCHEMA
from payper.settlement.rates import Rate, Rates

DAY = datetime(2026, 1, 5, 15, tzinfo=UTC)
RATES = Rates(
    base_currency="USD",
    rates=(
        Rate(on=date(2026, 1, 1), currency="EUR", in_base=Decimal("1.10")),
        Rate(on=date(2026, 2, 1), currency="EUR", in_base=Decimal("1.20")),
    ),
)
TERMS = {
    "reach": [contract("reach", "hybrid", provider="intentreach")],
    "meet": [contract("meet", "appointment", provider="telemeet", currency="EUR", zone="Europe/Berlin")],
}


def steps(delivery_id: int, *named: tuple[str, float] | tuple[str, float, str, str], contract: str = "reach") -> list[dict[str, object]]:
    """Milestones of a delivery: name, days after delivery, and for a win its amount and currency."""
    rows = [("accepted", 0.0), *named]
    return [
        {
            "delivery_id": delivery_id, "contract": contract, "external_id": f"L-{delivery_id}", "milestone": row[0],
            "happened_at": DAY + timedelta(days=row[1]), "amount": row[2] if len(row) > 2 else None,
            "currency": row[3] if len(row) > 3 else None, "is_implied": False, "source": "crm",
        }
        for row in rows
    ]  # fmt: skip


def charge(delivery_id: int, *, contract: str = "reach", currency: str = "USD", days: float = 0, **minor: int) -> dict[str, object]:
    nothing = dict.fromkeys(("pending_minor", "posted_minor", "voided_minor", "credited_minor"), 0)
    return {
        "charge_id": f"{contract}/{delivery_id}/{days}", "delivery_id": delivery_id, "contract": contract, "contract_version": 1,
        "milestone": "accepted", "happened_at": DAY + timedelta(days=days), "currency": currency, **nothing, **minor,
    }  # fmt: skip


def outcomes(journey: list[dict[str, object]], charges: list[dict[str, object]], *, effort: Effort | None = None, **attributes: object):
    ids = sorted({row["delivery_id"] for row in journey})
    known = {row["delivery_id"]: row["contract"] for row in journey}
    deliveries = pl.DataFrame(
        [
            {"delivery_id": one, "contract_version": 1, "kind": "appointment" if known[one] == "meet" else "lead", "delivered_at": DAY}
            | attributes
            for one in ids
        ],
        schema_overrides={"contract_version": pl.Int32, "employees_min": pl.Int64, "employees_max": pl.Int64}
        if "employees_min" in attributes
        else {"contract_version": pl.Int32},
    )
    settlement = Accounts(
        charges=pl.DataFrame(charges, schema=CHARGES), transfers=pl.DataFrame(), returns=pl.DataFrame(schema=RETURNS_SCHEMA),
        replacements=pl.DataFrame(schema=REPLACEMENTS_SCHEMA), journey=pl.DataFrame(journey, schema=JOURNEY_SCHEMA),
        refusals=pl.DataFrame(schema=REFUSALS_SCHEMA),
    )  # fmt: skip
    return make_outcomes(deliveries, settlement, TERMS, RATES, effort=effort)


def one(journey: list[dict[str, object]], charges: list[dict[str, object]] | None = None, **more: object) -> dict[str, object]:
    return outcomes(journey, charges or [], **more).row(0, named=True)  # type: ignore[arg-type]


def test_every_accepted_delivery_has_one_row_and_no_other_has_one() -> None:
    made = northwind()
    frame = make_outcomes(made.verdicts, made.settlement, made.contracts, RATES)
    accepted = made.verdicts.filter(pl.col("verdict") == "accepted")
    assert frame["delivery_id"].to_list() == sorted(accepted["delivery_id"].to_list())
    assert dict(frame.schema) == {name: pl.DataFrame(schema=SCHEMA).schema[name] for name in SCHEMA}
    assert set(SEGMENTS) <= set(frame.columns)


def test_a_deal_is_worth_its_amount_at_the_rate_of_the_day_it_was_won() -> None:
    """1,000 EUR won in January is 1,100 USD, whatever the euro is worth later."""
    early = one(steps(1, ("won", 10, "1000.00", "EUR"), contract="meet"))
    late = one(steps(1, ("won", 40, "1000.00", "EUR"), contract="meet"))
    assert (early["amount"], late["amount"]) == (pytest.approx(1100), pytest.approx(1200))


def test_the_day_of_a_rate_is_local_to_the_contract() -> None:
    """31 January 23:30 in Berlin is still January; an hour later the new rate holds."""
    january = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)
    for at, amount in ((january, 1100), (january + timedelta(hours=1), 1200)):
        journey = steps(1, ("won", 0, "1000", "EUR"), contract="meet")
        journey[1]["happened_at"] = at
        assert one(journey)["amount"] == pytest.approx(amount)


def test_an_amount_changed_after_the_win_stands_as_last_told_at_the_rate_of_the_win() -> None:
    row = one(steps(1, ("won", 10, "1000", "EUR"), ("won", 40, "1500", "EUR"), contract="meet"))
    assert row["amount"] == pytest.approx(1650)
    assert row["won_on"] == date(2026, 1, 15)


def test_a_cost_is_what_stands_of_charges_at_the_rates_of_their_days() -> None:
    """Posted 480, credited 48, pending 20: 452 stands; a void leaves nothing."""
    charges = [
        charge(1, posted_minor=48_000, credited_minor=4_800),
        charge(1, days=3, pending_minor=2_000, voided_minor=700),
    ]
    assert one(steps(1), charges)["cost"] == pytest.approx(452)
    euros = [
        charge(1, contract="meet", currency="EUR", posted_minor=10_000),
        charge(1, contract="meet", currency="EUR", days=40, posted_minor=10_000),
    ]
    assert one(steps(1, contract="meet"), euros)["charges_cost"] == pytest.approx(110 + 120)


def test_a_returned_lead_stays_with_its_cost_and_has_reached_nothing() -> None:
    journey = steps(1, ("contacted", 1), ("meeting held", 4), ("won", 9, "5000", "USD"), ("returned", 12))
    row = one(journey, [charge(1, posted_minor=4_800, credited_minor=1_800)])
    assert row["is_returned"]
    assert row["ended_at"] == DAY + timedelta(days=12)
    assert (row["won_at"], row["held_at"], row["amount"], row["pipeline"]) == (None, None, None, None)
    assert row["cost"] == pytest.approx(30)
    assert row["gap"] == "WON_RETURNED"


def test_a_deal_won_after_all_has_not_ended() -> None:
    row = one(steps(1, ("lost", 5), ("won", 20, "100", "USD")))
    assert row["ended_at"] is None
    assert row["lost_at"] is not None
    assert row["amount"] == 100


def test_what_is_missing_in_money_has_a_code_and_never_becomes_nothing() -> None:
    assert one(steps(1, ("won", 2)))["gap"] == "AMOUNT_MISSING"
    assert one(steps(1, ("won", 2, "900", "CHF")))["gap"] == "AMOUNT_RATE"
    unrated = one(steps(1), [charge(1, currency="CHF", posted_minor=100), charge(1, days=1, posted_minor=100)])
    assert (unrated["gap"], unrated["charges_cost"], unrated["cost"]) == ("COST_RATE", None, None)
    assert {"AMOUNT_MISSING", "AMOUNT_RATE", "COST_RATE", "WON_RETURNED"} == set(GAPS)


def test_rep_time_costs_minutes_times_wages() -> None:
    """A lead worked, booked, missed twice, held: 15 + 10 SDR minutes at 60, 2 x 15 + 60 AE minutes at 120."""
    effort = Effort(sdr_hour=Decimal(60), ae_hour=Decimal(120))
    journey = steps(1, ("meeting booked", 1), ("missed", 2), ("missed", 3), ("meeting held", 4))
    assert one(journey, effort=effort)["effort_cost"] == pytest.approx(25 + 180)
    assert one(journey)["effort_cost"] == 0


def test_an_appointment_arrives_booked_so_that_its_booking_takes_no_time() -> None:
    effort = Effort(sdr_hour=Decimal(60))
    journey = steps(1, ("meeting booked", 0), contract="meet")
    assert one(journey, effort=effort)["effort_cost"] == pytest.approx(float(ASSUMED["accepted appointment"].sdr))
    written = Effort(sdr_hour=Decimal(60), minutes={"accepted appointment": Minutes(sdr=Decimal(2))})
    assert one(journey, effort=written)["effort_cost"] == pytest.approx(2)


@pytest.mark.parametrize(
    ("low", "high", "band"),
    [(5, 5, "1 to 10"), (11, 50, "11 to 50"), (200, 200, "51 to 200"), (201, 500, "201 to 500"), (1000, 5000, "1,001 to 5,000"),
     (5001, None, "over 5,000"), (None, None, "unknown")],
)  # fmt: skip
def test_a_company_falls_into_the_band_of_the_middle_of_its_range(low: int | None, high: int | None, band: str) -> None:
    assert one(steps(1), employees_min=low, employees_max=high)["company_size"] == band


def test_segments_that_nobody_named_are_unknown_never_empty() -> None:
    row = one(steps(1))
    assert {row[name] for name in ("company_size", "industry", "country", "seniority")} == {"unknown"}
    assert (row["provider"], row["contract"], row["model"], row["cohort"]) == ("intentreach", "reach", "hybrid", "2026 Q1")


def test_only_a_contact_somebody_wrote_down_tells_how_quick_the_follow_up_was() -> None:
    journey = steps(1, ("contacted", 5), ("meeting held", 5))
    journey[1]["is_implied"] = True
    row = one(journey)
    assert (row["contact_recorded_at"], row["contacted_at"]) == (None, DAY + timedelta(days=5))


@given(seed=st.integers(0, 4))
def test_costs_add_up_to_the_ledger(seed: int) -> None:
    made = northwind(seed, per_contract=40)
    rates = Rates("USD", tuple(replace(rate, on=date(2025, 12, 1)) for rate in made.programme.rates.values()))
    frame = make_outcomes(made.verdicts, made.settlement, made.contracts, rates)
    charges = made.settlement.charges
    standing = (charges["pending_minor"] + charges["posted_minor"] - charges["credited_minor"]).to_list()
    worth = [float(rates.rate(currency, "USD", date(2026, 1, 1)) or 0) / 100 for currency in charges["currency"]]
    assert frame["cost"].sum() == pytest.approx(sum(minor * rate for minor, rate in zip(standing, worth, strict=True)))
    assert frame.filter(pl.col("won_at") < pl.col("delivered_at")).height == 0


def test_a_programme_with_nothing_accepted_has_no_rows() -> None:
    empty = outcomes(steps(1), []).clear()
    settlement = Accounts(*(pl.DataFrame(schema=each) for each in (CHARGES, {}, RETURNS_SCHEMA, REPLACEMENTS_SCHEMA, JOURNEY_SCHEMA, REFUSALS_SCHEMA)))  # fmt: skip
    frame = make_outcomes(pl.DataFrame(schema={"delivery_id": pl.Int64}), settlement, {}, RATES)
    assert frame.schema == empty.schema
    assert frame.height == 0

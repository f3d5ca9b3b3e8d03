"""Arrival order: duplicates, caps and prices. One sequential implementation; the rows decided in columns must say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.adjudication.arrivals import judge_arrivals
from payper.adjudication.identities import PLAIN_SEEDS, identity_keys
from payper.adjudication.marks import BIT, reasons_of
from payper.adjudication.past import Past, Segment
from payper.journey import Milestone
from payper.periods import Period
from payper.reasons import Reason
from payper.terms.contract import Caps, Contract, Duplicate, Price, Record, Tier

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def contract(
    id_: str = "reach",
    *,
    provider: str = "intent",
    duplicate: Duplicate | None = None,
    caps: Caps | None = None,
    prices: tuple[Price, ...] = (),
    uncertain: str = "review",
    ends: date | None = date(2026, 3, 31),
) -> Contract:
    return Contract(
        id=id_, buyer="northwind", provider=provider, currency="USD", zone="UTC", starts=date(2026, 1, 1), ends=ends,
        duplicate=duplicate or Duplicate(match=frozenset({"email"}), within=Period.parse("180d")),
        caps=caps or Caps(), prices=prices or (Price(on=Milestone.ACCEPTED, amount_minor=5000),), record=Record(uncertain=uncertain),
    )  # fmt: skip


def rows(*deliveries: dict[str, object]) -> pl.DataFrame:
    """Make rows as the row stages hand them over; each delivery names what it says, the rest is plain."""
    plain = {
        "contract": "reach",
        "contract_version": 1,
        "kind": "lead",
        "hours": 0,
        "marks": 0,
        "is_after_end_only": False,
        "price_rows": [0],
        "replaces": None,
        "external_id": None,
        "email": None,
        "person": None,
        "phone": None,
        "company": None,
        "is_in_crm": False,
    }
    filled = [{**plain, **each, "delivery_id": place} for place, each in enumerate(deliveries, start=1)]
    frame = pl.DataFrame(
        [{**each, "delivered_at": START + timedelta(hours=each["hours"])} for each in filled],
        schema_overrides={
            "contract_version": pl.Int32,
            "marks": pl.UInt64,
            "price_rows": pl.List(pl.Int16),
            "replaces": pl.String,
            "external_id": pl.String,
            "email": pl.String,
            "person": pl.String,
            "phone": pl.String,
            "company": pl.String,
            "delivered_at": pl.Datetime("us", "UTC"),
        },
        infer_schema_length=None,
    ).rename({"email": "email_normal", "person": "person_key", "phone": "phone_e164", "company": "company_key"})
    frame = frame.with_columns(
        pl.lit(None, dtype=pl.String).alias("domain"),
        pl.lit(None, dtype=pl.Datetime("us", "UTC")).alias("meeting_at"),
        pl.lit(None, dtype=pl.Int64).alias("meeting_minutes"),
    )
    parts = [
        part.hstack(identity_keys(part, contract=str(name), buyer="northwind", seeds=PLAIN_SEEDS))
        for (name,), part in frame.group_by("contract", maintain_order=True)
    ]
    return pl.concat(parts).sort("delivery_id")


def judged(
    frame: pl.DataFrame, *contracts: Contract, past: Past | None = None, is_sequential: bool = False
) -> list[tuple[str, tuple[str, ...], int]]:
    decided = judge_arrivals(frame, {each.id: [each] for each in contracts}, past or Past(), is_sequential=is_sequential)
    names = ("accepted", "rejected", "review", "quarantined")
    return [
        (names[verdict], tuple(reason.name for reason in reasons_of(marks)), price)
        for marks, verdict, price in decided.select("marks", "verdict", "price_minor").iter_rows()
    ]


def test_the_first_of_two_alike_wins_and_the_second_is_a_duplicate_of_the_same_provider() -> None:
    assert judged(rows({"email": "a@x.com"}, {"email": "a@x.com", "hours": 1}), contract()) == [
        ("accepted", (), 5000),
        ("rejected", ("DUPLICATE_SELF",), 0),
    ]


def test_another_providers_earlier_delivery_makes_it_duplicate_other() -> None:
    frame = rows({"email": "a@x.com", "contract": "other"}, {"email": "a@x.com", "hours": 1})
    assert [each[1] for each in judged(frame, contract(), contract("other", provider="rival"))] == [(), ("DUPLICATE_OTHER",)]


@pytest.mark.parametrize(("across", "reason"), [("buyer", ("DUPLICATE_OTHER",)), ("contract", ()), ("provider", ())])
def test_the_later_contract_says_across_what_duplicates_are_sought(across: str, reason: tuple[str, ...]) -> None:
    duplicate = Duplicate(match=frozenset({"email"}), across=across)
    frame = rows({"email": "a@x.com", "contract": "other"}, {"email": "a@x.com", "hours": 1})
    assert judged(frame, contract(duplicate=duplicate), contract("other", provider="rival"))[1][1] == reason


def test_a_rejected_delivery_never_makes_a_good_one_a_duplicate() -> None:
    frame = rows({"email": "a@x.com", "marks": BIT[Reason.PHONE_INVALID], "replaces": "nothing"}, {"email": "a@x.com", "hours": 1})
    assert [each[0] for each in judged(frame, contract())] == ["rejected", "accepted"]


def test_a_duplicate_does_not_prolong_the_window() -> None:
    duplicate = Duplicate(match=frozenset({"email"}), within=Period.parse("10d"))
    frame = rows({"email": "a@x.com"}, {"email": "a@x.com", "hours": 9 * 24}, {"email": "a@x.com", "hours": 15 * 24})
    assert [each[0] for each in judged(frame, contract(duplicate=duplicate))] == ["accepted", "rejected", "accepted"]


def test_the_window_includes_its_last_instant() -> None:
    duplicate = Duplicate(match=frozenset({"email"}), within=Period.parse("24h"))
    frame = rows({"email": "a@x.com"}, {"email": "a@x.com", "hours": 24})
    assert judged(frame, contract(duplicate=duplicate))[1][1] == ("DUPLICATE_SELF",)


def test_one_resent_after_review_is_resent_and_after_rejection_judged_afresh() -> None:
    frame = rows(
        {"external_id": "L-1", "marks": BIT[Reason.SIZE_UNKNOWN]},
        {"external_id": "L-1", "hours": 1},
        {"external_id": "L-2", "marks": BIT[Reason.STALE], "replaces": "x"},
        {"external_id": "L-2", "hours": 2},
    )
    assert [(each[0], each[1]) for each in judged(frame, contract())] == [
        ("review", ("SIZE_UNKNOWN",)),
        ("rejected", ("RESENT",)),
        ("rejected", ("STALE",)),
        ("accepted", ()),
    ]


def test_an_appointment_is_no_duplicate_of_its_own_lead() -> None:
    frame = rows({"email": "a@x.com"}, {"email": "a@x.com", "kind": "appointment", "hours": 1})
    assert [each[0] for each in judged(frame, contract())] == ["accepted", "accepted"]


def test_people_of_the_crm_are_refused_but_not_their_appointments() -> None:
    crm = contract(duplicate=Duplicate(match=frozenset({"email"}), crm=True))
    frame = rows({"email": "a@x.com", "is_in_crm": True}, {"email": "b@x.com", "kind": "appointment", "is_in_crm": True})
    assert [each[1] for each in judged(frame, crm)] == [("DUPLICATE_CRM",), ()]


@pytest.mark.parametrize(("uncertain", "verdict"), [("review", "review"), ("reject", "rejected"), ("accept", "accepted")])
def test_what_is_uncertain_gets_what_the_contract_says(uncertain: str, verdict: str) -> None:
    assert judged(rows({"marks": BIT[Reason.TITLE_UNKNOWN]}), contract(uncertain=uncertain))[0][:2] == (verdict, ("TITLE_UNKNOWN",))


CAPS = [
    (Caps(total=1), "CAP_TOTAL"),
    (Caps(per_day=1), "CAP_DAY"),
    (Caps(per_month=1), "CAP_MONTH"),
    (Caps(per_company=1), "CAP_COMPANY"),
    (Caps(budget_minor=9999), "CAP_BUDGET"),
]


@pytest.mark.parametrize(("caps", "reason"), CAPS, ids=[reason for _, reason in CAPS])
def test_a_full_cap_quarantines_and_owes_nothing(caps: Caps, reason: str) -> None:
    frame = rows({"email": "a@x.com", "company": "acme"}, {"email": "b@x.com", "company": "acme", "hours": 1})
    assert judged(frame, contract(caps=caps)) == [("accepted", (), 5000), ("quarantined", (reason,), 0)]


def test_every_cap_that_is_full_is_listed_and_reject_rejects() -> None:
    caps = Caps(total=1, per_day=1, per_company=1, over="reject")
    frame = rows({"email": "a@x.com", "company": "acme"}, {"email": "b@x.com", "company": "acme", "hours": 1})
    assert judged(frame, contract(caps=caps))[1] == ("rejected", ("CAP_COMPANY", "CAP_DAY", "CAP_TOTAL"), 0)


def test_one_refused_by_a_cap_uses_up_no_other_cap() -> None:
    caps = Caps(per_company=1, per_day=2)
    frame = rows({"company": "acme"}, {"company": "acme", "hours": 1}, {"company": "brick", "hours": 2})
    assert [each[0] for each in judged(frame, contract(caps=caps))] == ["accepted", "quarantined", "accepted"]


def test_a_cheaper_delivery_may_still_fit_the_budget() -> None:
    prices = (
        Price(on=Milestone.ACCEPTED, amount_minor=6000, when="seniority >= 'director'"),
        Price(on=Milestone.ACCEPTED, amount_minor=3000),
    )
    frame = rows({"price_rows": [0]}, {"price_rows": [0], "hours": 1}, {"price_rows": [1], "hours": 2})
    assert [(each[0], each[2]) for each in judged(frame, contract(caps=Caps(budget_minor=9000), prices=prices))] == [
        ("accepted", 6000),
        ("quarantined", 0),
        ("accepted", 3000),
    ]


def test_an_even_pace_lets_no_more_through_by_a_days_end_than_its_share() -> None:
    # 90 days for 90 deliveries: by 5 January, the fifth day, five may be accepted.
    frame = rows(*({"email": f"{number}@x.com", "hours": 0} for number in range(7)), {"email": "n@x.com", "hours": 24})
    verdicts = [each[0] for each in judged(frame, contract(caps=Caps(total=90, pace="even")))]
    assert verdicts == ["accepted"] * 5 + ["quarantined"] * 2 + ["accepted"]


def test_tiers_run_on_from_what_was_charged_before() -> None:
    prices = (Price(on=Milestone.ACCEPTED, amount_minor=4800, tiers=(Tier(first=3, amount_minor=4100),)),)
    frame = rows({}, {"hours": 1}, {"hours": 2})
    assert [each[2] for each in judged(frame, contract(prices=prices))] == [4800, 4800, 4100]
    assert [each[2] for each in judged(frame, contract(prices=prices), past=Past(charged={("reach", "accepted"): 1}))] == [4800, 4100, 4100]


def test_acceptance_of_an_appointment_makes_booked_and_held_pending() -> None:
    prices = (
        Price(on=Milestone.ACCEPTED, amount_minor=1000),
        Price(on=Milestone.MEETING_BOOKED, amount_minor=200),
        Price(on=Milestone.MEETING_HELD, amount_minor=30000),
        Price(on=Milestone.WON, percent=Decimal("1.5")),
    )
    frame = rows({"kind": "appointment", "price_rows": [0, 1, 2, 3]}, {"kind": "lead", "price_rows": [0, 1, 2, 3], "hours": 1})
    assert [each[2] for each in judged(frame, contract(prices=prices))] == [31200, 1000]


def test_an_offset_credits_the_lead_fee_of_the_same_prospect_but_not_below_zero() -> None:
    prices = (
        Price(on=Milestone.ACCEPTED, amount_minor=5000, when="kind = 'lead'"),
        Price(on=Milestone.MEETING_HELD, amount_minor=48000, offset=(Milestone.ACCEPTED,)),
    )
    frame = rows(
        {"email": "a@x.com", "price_rows": [0]},
        {"email": "a@x.com", "kind": "appointment", "price_rows": [1], "hours": 1},
        {"email": "b@x.com", "kind": "appointment", "price_rows": [1], "hours": 2},
    )
    assert [each[2] for each in judged(frame, contract(prices=prices))] == [5000, 43000, 48000]


def test_what_was_good_before_makes_a_duplicate_and_fills_caps() -> None:
    before = rows({"email": "a@x.com", "company": "acme"}, {"email": "b@x.com", "company": "acme"}).with_columns(
        pl.Series("verdict", [0, 3]),
        pl.lit(5000).alias("price_minor"),
        pl.lit(value=False).alias("is_replacement"),
        pl.lit(20458).alias("day"),
        pl.col("delivered_at").dt.timestamp("us"),
    )
    segment = Segment.of(before, contract="reach", provider="intent")
    again = Segment.from_bytes(segment.to_bytes(), contract="reach", provider="intent")
    frame = rows(
        {"email": "a@x.com", "hours": 1},
        {"email": "b@x.com", "hours": 1},
        {"email": "c@x.com", "company": "acme", "hours": 2},
        {"email": "d@x.com", "hours": 3},
    )
    result = judged(frame, contract(caps=Caps(per_company=1)), past=Past(segments=[again]))
    assert [each[1] for each in result] == [("DUPLICATE_SELF",), ("DUPLICATE_SELF",), ("CAP_COMPANY",), ()]


delivery = st.fixed_dictionaries(
    {
        "hours": st.integers(0, 60 * 24),
        "email": st.sampled_from([None, "a@x.com", "b@x.com", "c@x.com"]),
        "person": st.sampled_from([None, "ann lee|acme", "bo ray|brick"]),
        "company": st.sampled_from([None, "acme", "brick"]),
        "external_id": st.sampled_from([None, "1", "2", "3", "4"]),
        "kind": st.sampled_from(["lead", "lead", "appointment"]),
        "marks": st.sampled_from([0, 0, 0, BIT[Reason.SIZE_UNKNOWN]]),
        "contract": st.sampled_from(["reach", "reach", "other"]),
        "is_in_crm": st.sampled_from([False, False, True]),
    }
)
caps = st.builds(
    Caps,
    total=st.sampled_from([None, 2, 5, 100]),
    per_day=st.sampled_from([None, 1, 50]),
    per_company=st.sampled_from([None, 2]),
    budget_minor=st.sampled_from([None, 15000, 10**7]),
    pace=st.sampled_from(["asap", "asap", "even"]),
    over=st.sampled_from(["quarantine", "reject"]),
)
duplicates = st.builds(
    Duplicate,
    match=st.sampled_from([frozenset({"email"}), frozenset({"email", "person"}), frozenset()]),
    within=st.sampled_from([None, Period.parse("5d"), Period.parse("48h"), Period.parse("3bd")]),
    across=st.sampled_from(["buyer", "contract", "provider"]),
    crm=st.booleans(),
)
TIERED = (Price(on=Milestone.ACCEPTED, amount_minor=5000, tiers=(Tier(first=3, amount_minor=4000),)),)


@given(
    deliveries=st.lists(delivery, max_size=14),
    one=caps,
    two=caps,
    duplicate=duplicates,
    uncertain=st.sampled_from(["review", "accept", "reject"]),
)
def test_deciding_in_columns_says_what_the_loop_says(
    deliveries: list[dict[str, object]], one: Caps, two: Caps, duplicate: Duplicate, uncertain: str
) -> None:
    """The differential test of decision 0004: rows that cannot interact may skip the loop."""
    if not deliveries:
        return
    frame = rows(*sorted(deliveries, key=lambda each: each["hours"]))
    terms: Sequence[Contract] = (
        contract(caps=one, duplicate=duplicate, uncertain=uncertain, prices=TIERED),
        contract("other", provider="rival", caps=two, duplicate=duplicate),
    )
    assert judged(frame, *terms) == judged(frame, *terms, is_sequential=True)


@given(deliveries=st.lists(delivery, min_size=1, max_size=14), one=caps, cut=st.integers(0, 14))
def test_judging_in_two_runs_says_what_one_run_says(deliveries: list[dict[str, object]], one: Caps, cut: int) -> None:
    """Replay equals running: what a first run judged is the second one's past."""
    frame = rows(*sorted(deliveries, key=lambda each: each["hours"]))
    terms = {each.id: [each] for each in (contract(caps=one), contract("other", provider="rival"))}
    whole = judge_arrivals(frame, terms, Past())
    first, second = frame.head(cut), frame.slice(cut)
    if first.is_empty() or second.is_empty():
        return
    early = judge_arrivals(first, terms, Past())
    good = first.drop("marks").join(early, on="delivery_id").filter(pl.col("verdict") != 1)
    good = good.with_columns(pl.col("delivered_at").dt.date().cast(pl.Int32).alias("day"), pl.col("delivered_at").dt.timestamp("us"))
    segments = [
        Segment.of(part, contract=str(name), provider={"reach": "intent", "other": "rival"}[str(name)])
        for (name,), part in good.group_by("contract")
    ]
    late = judge_arrivals(second, terms, Past(segments=segments))
    assert pl.concat([early, late]).equals(whole)

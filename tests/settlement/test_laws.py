"""Laws of settlement, over programmes that Hypothesis makes up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from settlement_cases import RATES, appointment, contract, deliveries, events, price, returns, review, settled

from payper.ledger import balances, missing
from payper.settlement import Admissions, Made

START = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 40


def _instant(hours: int) -> datetime:
    return START + timedelta(hours=hours)


@st.composite
def programmes(draw, *, with_replacements: bool = True):
    """Terms, deliveries, events and returns; instants differ, so that no law hangs on a tie."""
    remedy = draw(st.sampled_from(["credit", "partial", "replace"] if with_replacements else ["credit", "partial"]))
    clause = review(
        draw(st.sampled_from(["2bd", "48h", "5d"])), remedy=remedy, partial="33", cap=draw(st.sampled_from([None, "0.5"])),
        replace_within="8bd", contest_within=draw(st.sampled_from([None, "1bd"])),
        undecided=draw(st.sampled_from(["buyer", "provider"])), silence=draw(st.sampled_from(["accept", "accept", "return"])),
    )  # fmt: skip
    no_show = draw(st.sampled_from(["void", "charge", "replace", "reschedule then void", "reschedule then charge"]))
    terms = contract(
        price("accepted", 333, tiers=((3, 301),)), price("meeting booked", 100), price("meeting held", 900, offset=("accepted",)), price("won", percent="1.5"),  # one row of a table
        zone="America/New_York", review=clause, appointment=appointment(no_show, reschedules=1, horizon="4bd", proof=draw(st.sampled_from([(), ("silence:1bd",)]))),  # one row of a table
    )  # fmt: skip
    hours = draw(st.lists(st.integers(0, 24 * DAYS // 2), min_size=2, max_size=7, unique=True).map(sorted))
    rows = []
    for number, hour in enumerate(hours, start=1):
        kind = draw(st.sampled_from(["lead", "appointment"]))
        meeting = _instant(hour + 30) if kind == "appointment" and draw(st.booleans()) else None
        rows.append({"delivered_at": _instant(hour), "kind": kind, "meeting_at": meeting, "email_normal": f"p{number % 3}@acme.test"})
    ids = [f"L{number}" for number in range(1, len(rows) + 1)]
    names = st.sampled_from(["contacted", "meeting booked", "meeting held", "missed", "cancelled", "moved", "won"])
    minutes = st.integers(1, 60 * 24 * 12)
    steps = draw(st.lists(st.tuples(st.sampled_from(ids), names, minutes), max_size=8, unique_by=lambda one: one[2]))
    claims = draw(st.lists(st.tuples(st.sampled_from(ids), st.integers(1, 60 * 60)), min_size=1, max_size=5, unique_by=lambda one: one[1]))
    made_events = events(
        *[
            (one, name, None, {"happened_at": rows[ids.index(one)]["delivered_at"] + timedelta(minutes=at, seconds=7), "amount": "99.99"})
            for one, name, at in steps
        ]
    )
    made_returns = returns(*[(one, "PHONE_WRONG", None, {"claimed_at": None}) for one, _ in claims]).with_columns(
        pl.Series(
            "claimed_at",
            [rows[ids.index(one)]["delivered_at"] + timedelta(minutes=at, seconds=11) for one, at in claims],
            dtype=pl.Datetime("us", "UTC"),
        )
    )
    frame = deliveries(*rows)
    if with_replacements:
        frame = _with_replacements(draw, terms, frame, made_events, made_returns)
    return terms, frame, made_events, made_returns


def _with_replacements(draw, terms, frame, made_events, made_returns):
    """Let some deliveries replace what is owed to them, as judging would decide, in order of arrival."""
    admissions = Admissions({terms.id: [terms]}, made_returns, made_events, rates=RATES)
    replaces = []
    for row in frame.iter_rows(named=True):
        owed = [one for one in frame["external_id"] if admissions.owed("reach", one, row["delivered_at"]).state == "owed"]
        replaces.append(draw(st.sampled_from([*owed, None])))
        admissions.accept(
            "reach", 1, row["delivery_id"], row["external_id"], row["email_normal"], row["kind"], row["delivered_at"], (0, 1, 2, 3),
            replaces[-1], meeting_at=row["meeting_at"], meeting_minutes=row["meeting_minutes"],
        )  # fmt: skip
    return frame.with_columns(pl.Series("replaces", replaces, dtype=pl.String))


INSTANTS = st.integers(0, 24 * 60).map(_instant)


def _settle(programme, as_of, made=None):
    terms, frame, steps, claims = programme
    known = frame.filter(pl.col("delivered_at") <= as_of)
    return settled(terms, known, with_events=steps, with_returns=claims, as_of=as_of, made=made)


@settings(max_examples=25)
@given(programmes(), INSTANTS)
def test_every_charge_is_pending_posted_or_voided_to_the_unit_and_the_ledger_says_the_same(programme, as_of) -> None:
    outcome = _settle(programme, as_of)
    charges = outcome.charges
    assert (charges["amount_minor"] == charges["pending_minor"] + charges["posted_minor"] + charges["voided_minor"]).all()
    assert (charges["credited_minor"] <= charges["posted_minor"]).all()
    assert (charges["gross_minor"] == charges["amount_minor"] + charges["offset_minor"]).all()
    assert charges.filter(pl.min_horizontal("pending_minor", "posted_minor", "voided_minor", "credited_minor") < 0).is_empty()
    books = {account.rpartition(":")[2]: amount for account, _, amount in balances(outcome.transfers, as_of=as_of).iter_rows()}
    assert books.get("pending", 0) == -charges["pending_minor"].sum()
    assert books.get("payable", 0) == charges["credited_minor"].sum() - charges["posted_minor"].sum()
    assert sum(books.values()) == 0


@settings(max_examples=25)
@given(programmes(), INSTANTS, INSTANTS)
def test_debits_equal_credits_at_every_instant(programme, as_of, instant) -> None:
    assert balances(_settle(programme, as_of).transfers, as_of=instant)["balance_minor"].sum() == 0


@settings(max_examples=25)
@given(programmes(), INSTANTS)
def test_no_delivery_is_charged_twice_for_one_milestone(programme, as_of) -> None:
    charges = _settle(programme, as_of).charges
    assert not charges.select("delivery_id", "milestone").is_duplicated().any()
    numbered = charges.filter(pl.col("number") > 0)
    assert not numbered.select("milestone", "number").is_duplicated().any()


@settings(max_examples=25)
@given(programmes(), INSTANTS, INSTANTS)
def test_settling_as_of_one_day_and_then_another_equals_settling_as_of_the_second(programme, one, other) -> None:
    first, second = min(one, other), max(one, other)
    earlier = _settle(programme, first)
    made = Made(earlier.charges, earlier.returns)
    after, at_once = _settle(programme, second, made), _settle(programme, second)
    assert after.charges.equals(at_once.charges)
    assert after.transfers.sort("transfer_id").equals(at_once.transfers.sort("transfer_id"))
    assert after.returns.equals(at_once.returns)
    assert after.replacements.equals(at_once.replacements)
    # What had happened by the first day is said the same on the second.
    assert earlier.transfers.sort("transfer_id").equals(at_once.transfers.filter(pl.col("happened_at") <= first).sort("transfer_id"))


@settings(max_examples=25)
@given(programmes(), INSTANTS, INSTANTS)
def test_what_is_appended_between_two_runs_brings_the_books_to_the_second_and_a_replay_appends_nothing(programme, one, other) -> None:
    first, second = min(one, other), max(one, other)
    recorded = missing(_settle(programme, first).transfers, _settle(programme, first).transfers.clear(), as_of=first)
    target = _settle(programme, second).transfers
    appended = missing(target, recorded, as_of=second)
    books = pl.concat([recorded, appended])
    assert balances(books, as_of=second).equals(balances(target, as_of=second))
    assert missing(target, books, as_of=second).is_empty()


@settings(max_examples=25)
@given(programmes(with_replacements=False), INSTANTS, st.randoms(use_true_random=False))
def test_the_order_of_files_and_rows_of_events_changes_no_money(programme, as_of, chance) -> None:
    terms, frame, steps, claims = programme
    order = list(range(steps.height))
    chance.shuffle(order)
    shuffled = steps[order].with_columns(
        pl.format("milestones/{}.csv", pl.int_range(pl.len())).alias("file"), pl.lit(1, dtype=pl.Int64).alias("row")
    )
    one, other = _settle(programme, as_of), _settle((terms, frame, shuffled, claims), as_of)
    assert one.charges.equals(other.charges)
    assert balances(one.transfers).equals(balances(other.transfers))


@settings(max_examples=25)
@given(programmes())
def test_judging_and_settling_agree_on_every_replacement(programme) -> None:
    """`programmes` asked `Admissions` for each; settlement must then know each as delivered, and warn of none."""
    outcome = _settle(programme, _instant(24 * 90))
    replaced = set(programme[1]["replaces"].drop_nulls())
    assert not outcome.warnings["code"].is_in(["REPLACES_NOTHING"]).any()
    assert set(outcome.replacements.filter(state="delivered")["external_id"]) == replaced


@settings(max_examples=25)
@given(programmes())
def test_when_everything_is_over_each_replacement_is_either_delivered_or_its_charge_given_back(programme) -> None:
    outcome = _settle(programme, _instant(24 * 300))
    assert not outcome.replacements["state"].is_in(["owed"]).any()
    assert not outcome.returns["outcome"].is_in(["pending", "contested"]).any()
    stuck = outcome.charges.filter(pl.col("state") == "pending")
    assert stuck["reason"].is_in(["AWAITS_MEETING"]).all()

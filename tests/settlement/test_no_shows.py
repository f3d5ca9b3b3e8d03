"""Meetings that are missed, cancelled or booked again, and what returns and replacements do beside them (RULES 37, 39, 42)."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from settlement_cases import RATES, appointment, at, charge, contract, deliveries, events, money, price, returns, review, settled

from payper.settlement import DELIVERY_SCHEMA, Admissions, settle

MEETING = {"delivered_at": "2026-03-02", "kind": "appointment"}


def made_up(*prices, remedy: str = "credit", **clauses):
    """Terms under which a missed meeting is charged and replaced."""
    terms = contract(
        *(prices or (price("meeting booked", 50), price("meeting held", 400))),
        review=review("5d", remedy=remedy, contest_within="1d", replace_within="3d"), appointment=appointment("replace"),
    )  # fmt: skip
    return replace(terms, **clauses)


def refused(day: str = "2026-03-03 13:00") -> dict:
    return {"contested_at": "2026-03-03 12:30", "decision": "refused", "decided_at": day}


@pytest.mark.parametrize("remedy", ["credit", "replace"])
def test_a_refused_return_keeps_no_replacement_of_a_missed_meeting_from_being_owed(remedy: str) -> None:
    missed, claims = events(("L1", "missed", "2026-03-04")), returns(("L1", "PHONE_WRONG", "2026-03-03", refused()))
    outcome = settled(made_up(remedy=remedy), deliveries(MEETING), with_events=missed, with_returns=claims)
    assert outcome.returns["code"].to_list() == ["DECIDED_REFUSED"]
    assert outcome.replacements.select("state", "granted_at", "deadline_at").rows() == [("expired", at("2026-03-04"), at("2026-03-07"))]
    assert money(outcome, "L1", "meeting held") == ("voided", 0, 0, 400, 0)
    assert money(outcome, "L1", "meeting booked") == ("posted", 0, 50, 0, 0)
    book = Admissions({"reach": [made_up(remedy=remedy)]}, claims, missed, rates=RATES)
    book.accept("reach", 1, 1, "L1", None, "appointment", at("2026-03-02"), (0, 1), None)
    assert book.owed("reach", "L1", at("2026-03-05")).state == "owed"


def test_a_return_of_the_booking_that_is_granted_leaves_the_replacement_of_the_meeting_owed() -> None:
    missed, claims = events(("L1", "missed", "2026-03-05")), returns(("L1", "PHONE_WRONG", "2026-03-03"))
    outcome = settled(made_up(), deliveries(MEETING), with_events=missed, with_returns=claims)
    assert outcome.replacements["state"].to_list() == ["expired"]
    assert [money(outcome, "L1", one)[0] for one in ("meeting booked", "meeting held")] == ["voided", "voided"]


def test_a_delivery_whose_only_fee_is_given_back_is_owed_no_replacement_for_its_missed_meeting() -> None:
    missed, claims = events(("L1", "missed", "2026-03-05")), returns(("L1", "PHONE_WRONG", "2026-03-03"))
    outcome = settled(made_up(price("accepted", 50)), deliveries(MEETING), with_events=missed, with_returns=claims)
    assert (outcome.replacements.height, money(outcome, "L1")[0]) == (0, "voided")


@pytest.mark.parametrize("remedy", ["credit", "replace"])
def test_after_a_replaced_no_show_other_charges_can_still_be_returned(remedy: str) -> None:
    terms = made_up(price("meeting held", 400), price("opportunity", 70), remedy=remedy)
    steps = events(("L1", "missed", "2026-03-04"), ("L1", "opportunity", "2026-03-12"))
    outcome = settled(terms, deliveries(MEETING), with_events=steps, with_returns=returns(("L1", "PHONE_WRONG", "2026-03-13")))
    assert outcome.returns.select("code", "remedy").rows() == [("GRANTED", "credit")]
    assert money(outcome, "L1", "opportunity") == ("voided", 0, 0, 70, 0)
    assert money(outcome, "L1", "meeting held") == ("voided", 0, 0, 400, 0)
    assert outcome.replacements.height == 1


def test_a_charge_that_a_no_shows_replacement_makes_good_cannot_be_returned() -> None:
    outcome = settled(
        made_up(price("meeting held", 400)), deliveries(MEETING), with_events=events(("L1", "missed", "2026-03-04")),
        with_returns=returns(("L1", "PHONE_WRONG", "2026-03-08 10:00"), ("L1", "PHONE_WRONG", "2026-03-30")),
    )  # fmt: skip
    assert outcome.returns["code"].to_list() == ["REPLACED_BEFORE", "OUTSIDE_WINDOW"]
    assert "is owed" not in outcome.returns["words"][0]


@pytest.mark.parametrize("prices", [(price("accepted", 50),), (price("accepted", 50), price("meeting held", 400))])
@pytest.mark.parametrize("step", ["missed", "cancelled"])
def test_nothing_that_is_said_after_a_meeting_was_held_changes_it_priced_or_not(prices: tuple, step: str) -> None:
    steps = events(("L1", "meeting held", "2026-03-04"), ("L1", step, "2026-03-05"))
    outcome = settled(made_up(*prices), deliveries(MEETING), with_events=steps)
    assert outcome.replacements.is_empty()
    assert set(outcome.charges["state"]) == {"posted"}


WAITING = """
no_show                | steps                                                    | state  | at
reschedule then charge | missed 03-05; missed 03-07; cancelled 03-10              | posted | 03-09
reschedule then charge | missed 03-05; missed 03-07; moved 03-08; cancelled 03-10 | voided | 03-10
reschedule then charge | missed 03-05; moved 03-06; missed 03-07; cancelled 03-12 | posted | 03-11
reschedule then void   | missed 03-05; missed 03-07; meeting booked 03-10         | pending | 03-10
reschedule then void   | missed 03-05; missed 03-07                               | voided | 03-09
void                   | cancelled 03-05; missed 03-06                            | voided | 03-05
void                   | cancelled 03-05; missed/NO_SHOW_BUYER 03-06              | voided | 03-05
charge                 | cancelled 03-05; missed 03-06                            | voided | 03-05
charge                 | cancelled 03-05; meeting held 03-06                      | posted | 03-06
charge                 | cancelled 03-05; meeting booked 03-06; missed 03-07      | posted | 03-07
void                   | cancelled 03-05; meeting booked 03-06                    | pending | 03-06
void                   | missed 03-05; meeting booked 03-06; cancelled 03-07      | voided | 03-07
"""


@pytest.mark.parametrize("line", WAITING.strip().splitlines()[1:])
def test_a_missed_meeting_waits_for_a_new_date_and_a_cancelled_one_for_a_new_booking(line: str) -> None:
    no_show, steps, state, day = (cell.strip() for cell in line.split("|"))
    told = []
    for one in steps.split("; "):
        name, _, when = one.rpartition(" ")
        milestone, _, reason = name.partition("/")
        told.append(("L1", milestone, f"2026-{when}", {"reason": reason or None}))
    terms = contract(
        price("meeting held", 400), review=review("5d"), appointment=appointment(no_show, reschedules=2 if "reschedule" in no_show else 0, horizon="4d")
    )  # fmt: skip
    outcome = settled(terms, deliveries(MEETING), with_events=events(*told))
    one = charge(outcome, "L1", "meeting held")
    last = outcome.transfers.filter(pl.col("kind") != "post").sort("happened_at")["happened_at"].last()
    begun = one["window_begins_at"] or last
    assert (one["state"], begun.strftime("%m-%d")) == (state, day)


def test_a_meeting_booked_again_is_pending_again_under_its_number_and_amount() -> None:
    terms = contract(price("meeting held", 400, tiers=((2, 300),)), review=review("5d"), appointment=appointment())
    rows = deliveries(MEETING, MEETING | {"delivered_at": "2026-03-03"})
    steps = events(("L1", "cancelled", "2026-03-04"), ("L1", "meeting booked", "2026-03-06"), ("L1", "meeting held", "2026-03-09"))
    between = settled(terms, rows, with_events=steps, as_of="2026-03-05")
    again = settled(terms, rows, with_events=steps, as_of="2026-03-07")
    after = settled(terms, rows, with_events=steps)
    states = [money(one, "L1", "meeting held") for one in (between, again, after)]
    assert states == [("voided", 0, 0, 400, 0), ("pending", 400, 0, 0, 0), ("posted", 0, 400, 0, 0)]
    assert (charge(after, "L1", "meeting held")["number"], charge(after, "L2", "meeting held")["amount_minor"]) == (1, 300)
    pending = after.transfers.filter(pl.col("charge_id").str.starts_with("reach/1/") & (pl.col("kind") == "pending")).sort("happened_at")
    assert pending["transfer_id"].to_list() == ["reach/1/meeting-held/pending", "reach/1/meeting-held/pending/2"]
    assert pending["happened_at"].to_list() == [at("2026-03-02"), at("2026-03-06")]


def test_a_decision_before_its_own_claim_is_ignored_and_warned_of() -> None:
    terms = contract(price("accepted", 100), review=review(contest_within="3bd"))
    claims = returns(("L1", "PHONE_WRONG", "2026-03-04", {"decision": "refused", "decided_at": "2026-03-03"}))
    outcome = settled(terms, deliveries({"delivered_at": "2026-03-02"}), with_returns=claims)
    assert (outcome.returns["code"].to_list(), outcome.warnings["code"].to_list()) == (["GRANTED"], ["DECISION_EARLY"])
    same_day = returns(("L1", "PHONE_WRONG", "2026-03-04", {"decision": "refused", "decided_at": "2026-03-04 00:00"}))
    outcome = settled(terms, deliveries({"delivered_at": "2026-03-02"}), with_returns=same_day)
    assert (outcome.returns["code"].to_list(), outcome.warnings.height) == (["DECIDED_REFUSED"], 0)


@pytest.mark.parametrize("named", ["reach", None])
def test_where_every_contract_was_refused_events_and_returns_are_refused_too(named: str | None) -> None:
    steps = events(("L1", "contacted", "2026-03-04", {"contract": named}))
    claims = returns(("L1", "PHONE_WRONG", "2026-03-04", {"contract": named}))
    outcome = settle(pl.DataFrame(schema=DELIVERY_SCHEMA), steps, claims, {}, RATES, as_of={})
    assert outcome.charges.is_empty()
    assert outcome.refusals["act"].to_list() == ["event", "return"]
    assert set(outcome.refusals["code"]) == {"CONTRACT_UNKNOWN" if named else "DELIVERY_UNKNOWN"}

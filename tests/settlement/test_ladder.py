"""RULES 33 to 45 walked row by row."""

from __future__ import annotations

import pytest
from settlement_cases import appointment, charge, contract, deliveries, events, money, others, price, returns, review, settled

from payper.journey import PRICEABLE, Milestone
from payper.settlement import ChargeState, Made

# Terms: 5 business days of review from Monday 5 January noon end with Monday 12 January; contests 3 business days.
MEETINGS = """
no_show                   | reschedules | steps                                                                   | state    | begins
void                      | 0           |                                                                         | pending  | -
void                      | 0           | meeting held 01-08                                                      | posted   | 01-08
void                      | 0           | missed 01-08                                                            | voided   | -
void                      | 0           | cancelled 01-07                                                         | voided   | -
void                      | 0           | missed/NO_SHOW_BUYER 01-08                                              | posted   | 01-08
void                      | 0           | missed 01-08; meeting held 01-09                                        | posted   | 01-09
void                      | 0           | meeting held 01-08; cancelled 01-09                                     | posted   | 01-08
void                      | 0           | meeting held 01-08; missed 01-09                                        | posted   | 01-08
charge                    | 0           | missed 01-08                                                            | posted   | 01-08
charge                    | 0           | cancelled 01-07                                                         | voided   | -
reschedule then void      | 1           | missed 01-08                                                            | voided   | -
reschedule then void      | 1           | missed 01-08; moved 01-09                                               | pending  | -
reschedule then void      | 1           | missed 01-08; meeting booked 01-09                                      | pending  | -
reschedule then void      | 1           | missed 01-08; moved 01-09; meeting held 01-15                           | posted   | 01-15
reschedule then void      | 1           | missed 01-08; moved 01-09; missed 01-15                                 | voided   | -
reschedule then void      | 2           | missed 01-08; moved 01-09; missed 01-15; moved 01-16                    | pending  | -
reschedule then void      | 1           | missed 01-08; moved 02-20                                               | voided   | -
reschedule then void      | 1           | missed 01-08; moved 01-09; cancelled 01-10                              | voided   | -
reschedule then charge    | 1           | missed 01-08                                                            | posted   | 01-22
reschedule then charge    | 1           | missed 01-08; moved 01-09; missed 01-15                                 | posted   | 01-15
reschedule then void      | 0           | missed 01-08                                                            | voided   | -
"""


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()[1:]]


def _steps(text: str) -> list[tuple]:
    steps = []
    for one in filter(None, (part.strip() for part in text.split(";"))):
        name, _, day = one.rpartition(" ")
        milestone, _, reason = name.partition("/")
        steps.append(("L1", milestone, f"2026-{day}", {"reason": reason or None}))
    return steps


@pytest.mark.parametrize("row", _rows(MEETINGS), ids=lambda row: " ".join(row[:3]))
def test_a_meeting_is_charged_as_its_steps_say(row: list[str]) -> None:
    no_show, reschedules, steps, state, begins = row
    terms = contract(price("meeting held", 48000), review=review(), appointment=appointment(no_show, reschedules=int(reschedules)))
    outcome = settled(terms, deliveries({"delivered_at": "2026-01-05", "kind": "appointment"}), with_events=events(*_steps(steps)))
    one = charge(outcome, "L1", "meeting held")
    begun = one["window_begins_at"]
    assert (one["state"], begun.strftime("%m-%d") if begun else "-") == (state, begins)
    assert outcome.refusals.is_empty()


RETURNS = """
claimed          | reason        | evidence | remedy  | contested | decision         | undecided | outcome   | code              | state
2026-01-07 12:00 | EMAIL_BOUNCED | proof    | credit  |           |                  | buyer     | granted   | GRANTED           | voided
2026-01-12 23:59 | EMAIL_BOUNCED | proof    | credit  |           |                  | buyer     | granted   | GRANTED           | voided
2026-01-13 00:00 | EMAIL_BOUNCED | proof    | credit  |           |                  | buyer     | refused   | OUTSIDE_WINDOW    | posted
2026-01-05 11:59 | EMAIL_BOUNCED | proof    | credit  |           |                  | buyer     | refused   | BEFORE_DELIVERY   | posted
2026-01-07 12:00 | LEFT_COMPANY  | proof    | credit  |           |                  | buyer     | refused   | REASON_NOT_LISTED | posted
2026-01-07 12:00 | EMAIL_BOUNCED |          | credit  |           |                  | buyer     | refused   | EVIDENCE_MISSING  | posted
2026-01-07 12:00 | PHONE_WRONG   |          | credit  |           |                  | buyer     | granted   | GRANTED           | voided
2026-01-07 12:00 | PHONE_WRONG   |          | partial |           |                  | buyer     | granted   | GRANTED           | posted
2026-01-07 12:00 | PHONE_WRONG   |          | replace |           |                  | buyer     | granted   | GRANTED           | credited
2026-01-07 12:00 | PHONE_WRONG   |          | credit  | 01-08     | refused 01-09    | buyer     | refused   | DECIDED_REFUSED   | posted
2026-01-07 12:00 | PHONE_WRONG   |          | credit  | 01-08     | granted 01-09    | provider  | granted   | DECIDED_GRANTED   | voided
2026-01-07 12:00 | PHONE_WRONG   |          | credit  | 01-08     |                  | buyer     | granted   | UNDECIDED_GRANTED | voided
2026-01-07 12:00 | PHONE_WRONG   |          | credit  | 01-08     |                  | provider  | refused   | UNDECIDED_REFUSED | posted
2026-01-07 12:00 | PHONE_WRONG   |          | credit  | 01-08     | refused 01-20    | buyer     | granted   | UNDECIDED_GRANTED | voided
2026-01-07 12:00 | PHONE_WRONG   |          | credit  | 01-13     |                  | provider  | granted   | GRANTED           | voided
"""


@pytest.mark.parametrize("row", _rows(RETURNS), ids=" ".join)
def test_a_return_is_answered_as_its_facts_say(row: list[str]) -> None:
    claimed, reason, evidence, remedy, contested, decision, undecided, outcome, code, state = row
    terms = contract(
        price("accepted", 4801),
        review=review(
            evidence=frozenset({"EMAIL_BOUNCED"}), remedy=remedy, partial="85", replace_within="5bd", contest_within="3bd", undecided=undecided  # one row of a table
        ),
    )  # fmt: skip
    word, _, day = decision.partition(" ")
    extra = {
        "evidence": evidence or None, "contested_at": f"2026-{contested}" if contested else None,
        "decision": word or None, "decided_at": f"2026-{day}" if day else None,
    }  # fmt: skip
    settlement = settled(terms, deliveries({"delivered_at": "2026-01-05"}), with_returns=returns(("L1", reason, claimed, extra)))
    answer = settlement.returns.row(0, named=True)
    assert (answer["outcome"], answer["code"], charge(settlement, "L1")["state"]) == (outcome, code, state)


def test_a_partial_credit_voids_its_share_rounded_once_and_posts_the_rest() -> None:
    terms = contract(price("accepted", 4801), review=review(remedy="partial", partial="85"))
    settlement = settled(terms, deliveries({"delivered_at": "2026-01-05"}), with_returns=returns(("L1", "PHONE_WRONG", "2026-01-07")))
    assert money(settlement, "L1") == ("posted", 0, 720, 4081, 0)


def test_a_returned_charge_stays_pending_while_it_may_be_contested_though_its_window_ends() -> None:
    terms = contract(price("accepted", 4800), review=review(contest_within="3bd"))
    given, claims = deliveries({"delivered_at": "2026-01-05"}), returns(("L1", "PHONE_WRONG", "2026-01-12"))
    open_ = settled(terms, given, with_returns=claims, as_of="2026-01-14")
    assert (charge(open_, "L1")["state"], charge(open_, "L1")["reason"], open_.returns["outcome"][0]) == (
        "pending",
        "RETURN_OPEN",
        "pending",
    )
    assert money(settled(terms, given, with_returns=claims), "L1") == ("voided", 0, 0, 4800, 0)


@pytest.mark.parametrize(("days", "state"), [("2026-01-16", "delivered"), ("2026-01-20", "delivered"), (None, "expired")])
def test_a_replacement_in_time_lets_the_charge_stand_and_costs_nothing(days: str | None, state: str) -> None:
    terms = contract(price("accepted", 4800), review=review(remedy="replace", replace_within="5bd", contest_within="3bd"))
    rows = [{"delivered_at": "2026-01-05"}] + ([{"delivered_at": days, "replaces": "L1"}] if days else [])
    settlement = settled(terms, deliveries(*rows), with_returns=returns(("L1", "PHONE_WRONG", "2026-01-08")))
    assert settlement.replacements["state"].to_list() == [state]
    assert money(settlement, "L1") == (("posted", 0, 4800, 0, 0) if days else ("credited", 0, 4800, 0, 4800))
    if days:
        assert (charge(settlement, "L2")["amount_minor"], charge(settlement, "L2")["number"]) == (0, 0)


def test_what_a_replacement_reaches_after_acceptance_is_charged() -> None:
    terms = contract(price("accepted", 4800), price("won", 9900), review=review(remedy="replace", replace_within="5bd"))
    rows = deliveries({"delivered_at": "2026-01-05"}, {"delivered_at": "2026-01-08", "replaces": "L1"})
    claims = returns(("L1", "PHONE_WRONG", "2026-01-06"))
    settlement = settled(terms, rows, with_events=events(("L2", "won", "2026-01-20")), with_returns=claims)
    assert charge(settlement, "L2")["amount_minor"] == 0
    assert charge(settlement, "L2", "won")["amount_minor"] == 9900


def test_a_returned_replacement_gives_back_the_charge_that_stood_for_it() -> None:
    terms = contract(price("accepted", 4800), review=review(remedy="replace", replace_within="5bd"))
    rows = deliveries({"delivered_at": "2026-01-05"}, {"delivered_at": "2026-01-08", "replaces": "L1"})
    claims = returns(("L1", "PHONE_WRONG", "2026-01-06"), ("L2", "PHONE_WRONG", "2026-01-09"))
    settlement = settled(terms, rows, with_returns=claims)
    assert money(settlement, "L1") == ("credited", 0, 4800, 0, 4800)
    assert settlement.replacements["state"].to_list() == ["delivered", "expired"]


def test_a_no_show_that_is_replaced_lets_the_charge_stand_until_the_deadline() -> None:
    terms = contract(
        price("meeting held", 48000), review=review(remedy="replace", replace_within="10bd"), appointment=appointment("replace")
    )
    first = {"delivered_at": "2026-01-05", "kind": "appointment"}
    missed = events(("L1", "missed", "2026-01-07"))
    expired = settled(terms, deliveries(first), with_events=missed)
    assert money(expired, "L1", "meeting held") == ("credited", 0, 48000, 0, 48000)
    replaced = settled(
        terms, deliveries(first, {"delivered_at": "2026-01-09", "kind": "appointment", "replaces": "L1"}), with_events=missed
    )
    assert money(replaced, "L1", "meeting held") == ("posted", 0, 48000, 0, 0)
    assert charge(replaced, "L2", "meeting held")["amount_minor"] == 0


def test_the_cap_on_returns_counts_by_claim_and_rounds_up() -> None:
    terms = contract(price("accepted", 100), review=review(cap="0.15"))
    rows = deliveries(*[{"delivered_at": "2026-01-05"}] * 7)
    claims = returns(("L1", "PHONE_WRONG", "2026-01-08"), ("L2", "PHONE_WRONG", "2026-01-06"), ("L3", "PHONE_WRONG", "2026-01-07"))
    answers = dict(settled(terms, rows, with_returns=claims).returns.select("external_id", "code").iter_rows())
    assert answers == {"L2": "GRANTED", "L3": "GRANTED", "L1": "RETURN_CAP"}  # 15% of 7 is 1.05, so 2


def test_a_refusal_for_the_cap_counts_each_admitted_return_once_whatever_earlier_runs_granted() -> None:
    terms = contract(price("accepted", 100), review=review(cap="0.1"))
    rows = deliveries(*[{"delivered_at": "2026-01-05"}] * 10, *[{"delivered_at": "2026-01-07"}] * 2)
    claims = returns(("L1", "PHONE_WRONG", "2026-01-05 18:00"), ("L2", "PHONE_WRONG", "2026-01-06"), ("L3", "PHONE_WRONG", "2026-01-08"))
    first = settled(terms, rows, with_returns=claims)
    again = settled(terms, rows, with_returns=claims, made=Made(first.charges, first.returns))
    (words,) = again.returns.filter(code="RETURN_CAP")["words"]
    assert words == "1 return is admitted, and 10% of 10 deliveries allows 1. Wait until more are delivered."
    assert again.returns.equals(first.returns)


def test_a_return_told_late_is_refused_where_later_claims_have_filled_the_cap_and_told_so() -> None:
    terms = contract(price("accepted", 100), review=review(cap="0.1"))
    rows = deliveries(*[{"delivered_at": "2026-01-05"}] * 7)
    first = settled(terms, rows, with_returns=returns(("L2", "PHONE_WRONG", "2026-01-07")))
    both = returns(("L1", "PHONE_WRONG", "2026-01-06"), ("L2", "PHONE_WRONG", "2026-01-07"))
    again = settled(terms, rows, with_returns=both, made=Made(first.charges, first.returns))
    assert dict(again.returns.select("external_id", "code").iter_rows()) == {"L1": "RETURN_CAP", "L2": "GRANTED"}
    (words,) = again.returns.filter(external_id="L1")["words"]
    assert words.startswith(
        "0 returns are admitted before it and 1 claimed later was granted in an earlier run, and 10% of 7 deliveries allows 1."
    )


def test_a_delivery_is_returned_once() -> None:
    terms = contract(price("accepted", 100), review=review())
    claims = returns(("L1", "PHONE_WRONG", "2026-01-06"), ("L1", "EMAIL_BOUNCED", "2026-01-07"))
    assert settled(terms, deliveries({"delivered_at": "2026-01-05"}), with_returns=claims).returns["code"].to_list() == [
        "GRANTED",
        "RETURNED_BEFORE",
    ]


def test_a_tier_counts_all_charges_on_the_milestone_in_order_and_a_void_keeps_its_number() -> None:
    terms = contract(price("accepted", 48, tiers=((3, 41),)), review=review())
    rows = deliveries(*[{"delivered_at": f"2026-01-0{day}"} for day in (5, 6, 7, 8)])
    settlement = settled(terms, rows, with_returns=returns(("L1", "PHONE_WRONG", "2026-01-06")))
    assert settlement.charges["amount_minor"].to_list() == [48, 48, 41, 41]


def test_an_offset_takes_off_unvoided_fees_of_the_same_prospect_and_never_below_zero() -> None:
    terms = contract(price("accepted", 4800), price("meeting held", 4000, offset=("accepted",)), review=review())
    same = {"email_normal": "cio@acme.test"}
    rows = deliveries({"delivered_at": "2026-01-05", **same}, {"delivered_at": "2026-01-05", "email_normal": "else@acme.test"})
    held = events(("L1", "meeting held", "2026-01-09"), ("L2", "meeting held", "2026-01-09"))
    settlement = settled(terms, rows, with_events=held, with_returns=returns(("L2", "PHONE_WRONG", "2026-01-06")))
    assert [charge(settlement, one, "meeting held")["amount_minor"] for one in ("L1", "L2")] == [0, 4000]
    assert not settlement.transfers["charge_id"].is_in(["reach/1/meeting-held"]).any()


@pytest.mark.parametrize(
    ("amount", "currency", "owed"),
    [("1000.00", None, 1500), ("1000", "GBP", 1950), ("100000", "JPY", 1200), ("0.33", None, 0), (None, None, None), ("10", "CHF", None)],
)
def test_a_percentage_is_taken_of_the_converted_amount_and_rounded_once(amount: str | None, currency: str | None, owed: int | None) -> None:
    terms = contract(price("won", percent="1.5"))
    won = events(("L1", "won", "2026-02-09", {"amount": amount, "currency": currency}))
    settlement = settled(terms, deliveries({"delivered_at": "2026-01-05"}), with_events=won)
    assert settlement.charges["amount_minor"].to_list() == ([] if owed is None else [owed])
    assert settlement.warnings.height == (owed is None)


@pytest.mark.parametrize(("currency", "amount", "owed"), [("JPY", "10000", 150), ("BHD", "10.125", 152), ("USD", "10.12", 15)])
def test_money_keeps_to_the_digits_of_its_currency(currency: str, amount: str, owed: int) -> None:
    won = events(("L1", "won", "2026-02-09", {"amount": amount}))
    settlement = settled(
        contract(price("won", percent="1.5"), currency=currency), deliveries({"delivered_at": "2026-01-05"}), with_events=won
    )
    assert settlement.charges["amount_minor"].to_list() == [owed]


REFUSED = """
external_id | contract | email          | day   | code
L1          | reach    |                | 01-04 | BEFORE_DELIVERY
R1          | reach    |                | 01-09 | DELIVERY_NOT_ACCEPTED
NO          | reach    |                | 01-09 | DELIVERY_UNKNOWN
L1          |          |                | 01-09 | DELIVERY_AMBIGUOUS
L1          | elsewhere|                | 01-09 | CONTRACT_UNKNOWN
            |          |                | 01-09 | DELIVERY_UNNAMED
            |          | p1@acme.test   | 01-04 | BEFORE_DELIVERY
            |          | no@acme.test   | 01-09 | DELIVERY_UNKNOWN
"""


@pytest.mark.parametrize("row", _rows(REFUSED), ids=" ".join)
def test_an_event_that_names_no_accepted_delivery_is_refused_and_charges_nothing(row: list[str]) -> None:
    external_id, home, email, day, code = row
    extra = {"contract": home or None, "email": email or None}
    given = events((external_id or None, "contacted", f"2026-{day}", extra))
    terms = contract(price("accepted", 100), price("contacted", 50))
    settlement = settled(
        [terms, contract(id="other")],
        deliveries(
            {"delivered_at": "2026-01-05"},
            {"delivered_at": "2026-01-05", "contract": "other", "external_id": "L1", "email_normal": "x@y.test"},
        ),
        with_events=given,
        others=others("R1"),
    )
    assert settlement.refusals["code"].to_list() == [code]
    assert settlement.refusals["words"][0].endswith(".")
    assert settlement.charges["milestone"].to_list() == ["accepted"]


def test_an_email_means_the_latest_delivery_before() -> None:
    same = {"email_normal": "cio@acme.test"}
    rows = deliveries(
        {"delivered_at": "2026-01-05", **same}, {"delivered_at": "2026-01-08", **same}, {"delivered_at": "2026-01-20", **same}
    )
    contacted = events((None, "contacted", "2026-01-09", {"email": "CIO@acme.test "}))
    assert settled(contract(price("contacted", 50)), rows, with_events=contacted).charges["external_id"].to_list() == ["L2"]


def test_a_repeat_is_ignored_and_refused_when_its_content_differs() -> None:
    key = {"source": "crm", "source_id": "7"}
    given = events(("L1", "contacted", "2026-01-09", key), ("L1", "contacted", "2026-01-09", key), ("L1", "engaged", "2026-01-09", key))
    settlement = settled(contract(price("contacted", 50)), deliveries({"delivered_at": "2026-01-05"}), with_events=given)
    assert settlement.refusals["code"].to_list() == ["REPEAT_DIFFERS"]
    assert settlement.charges.height == 1


def test_a_step_that_is_skipped_is_implied_and_charged_only_when_recorded() -> None:
    terms = contract(price("opportunity", 70), price("won", 100))
    settlement = settled(terms, deliveries({"delivered_at": "2026-01-05"}), with_events=events(("L1", "won", "2026-01-09")))
    assert settlement.charges["milestone"].to_list() == ["won"]
    assert settlement.journey.filter("is_implied")["milestone"].to_list() == [
        "contacted",
        "engaged",
        "qualified",
        "meeting booked",
        "meeting held",
        "opportunity",
    ]


def test_silence_after_a_meeting_is_held_unless_somebody_spoke() -> None:
    terms = contract(price("meeting held", 480), review=review(), appointment=appointment(proof=("rep", "silence:1bd")))
    given = deliveries({"delivered_at": "2026-01-05", "kind": "appointment", "meeting_at": "2026-01-08 10:00"})
    assert charge(settled(terms, given), "L1", "meeting held")["window_begins_at"].strftime("%m-%d") == "01-09"
    moved = settled(terms, given, with_events=events(("L1", "moved", "2026-01-07")))
    assert charge(moved, "L1", "meeting held")["state"] == "pending"


def test_where_silence_is_a_return_only_a_word_of_the_buyer_lets_the_charge_post() -> None:
    terms = contract(price("accepted", 100), review=review(silence="return"))
    given = deliveries({"delivered_at": "2026-01-05"}, {"delivered_at": "2026-01-05"})
    settlement = settled(terms, given, with_events=events(("L2", "contacted", "2026-01-06")))
    assert [charge(settlement, one)["state"] for one in ("L1", "L2")] == ["voided", "posted"]


PRICE_KINDS = {
    "flat": lambda on: price(on, 1000),
    "tiers": lambda on: price(on, 1000, tiers=((1, 900),)),
    "offset": lambda on: price(on, 1000, offset=("accepted",) if on != "accepted" else ("won",)),
    "percent": lambda on: price(on, percent="10"),
    "nothing": lambda on: price(on, 0),
}
OUTCOMES = {"pending": "2026-02-03", "posted": "2026-12-31", "voided": "2026-12-31"}
CELLS = [
    (milestone.value, kind, outcome) for milestone in Milestone if milestone in PRICEABLE for kind in PRICE_KINDS for outcome in OUTCOMES
]


@pytest.mark.parametrize(("milestone", "kind", "outcome"), CELLS)
def test_every_priceable_milestone_is_charged_by_every_kind_of_price_to_every_outcome(milestone: str, kind: str, outcome: str) -> None:
    terms = contract(PRICE_KINDS[kind](milestone), review=review())
    day = "2026-02-02"
    given = deliveries({"delivered_at": day})
    steps = events(("L1", milestone, f"{day} 12:00", {"amount": "50.00"}))
    claims = returns(("L1", "PHONE_WRONG", f"{day} 13:00")) if outcome == "voided" else returns()
    one = charge(settled(terms, given, with_events=steps, with_returns=claims, as_of=OUTCOMES[outcome]), "L1", milestone)
    expected = {"flat": 1000, "tiers": 900, "offset": 1000, "percent": 500, "nothing": 0}[kind]
    assert (one["amount_minor"], one["state"]) == (expected, outcome)
    assert one["amount_minor"] == one["pending_minor"] + one["posted_minor"] + one["voided_minor"]


def test_the_cells_of_milestone_price_and_outcome_are_all_walked() -> None:
    walked = {(Milestone(milestone), kind, outcome) for milestone, kind, outcome in CELLS}
    assert len(walked) == len(PRICEABLE) * len(PRICE_KINDS) * len(OUTCOMES)
    assert set(OUTCOMES) | {"credited", "partly credited"} == {state.value for state in ChargeState}

"""Decision 0010: what the rules leave open, as payper answers it."""

from __future__ import annotations

from datetime import timedelta

from test_rules import NOON, batch, reasons, terms

from payper.adjudication.adjudicate import adjudicate

APPOINTMENT = {"kind": "appointment", "meeting_at": NOON + timedelta(days=2)}


def meeting(clause: str) -> str:
    return f'[[price]]\non = "meeting held"\namount = "480.00"\n[appointment]\n{clause}'


def test_what_a_later_run_dates_before_an_earlier_one_is_a_duplicate_however_far_back() -> None:
    contract = terms(duplicate='match = ["email"]\nwithin = "2d"')
    earlier_run = adjudicate(batch({}), contract, at=NOON)
    back = timedelta(days=9)
    dated_back = dict.fromkeys(("delivered_at", "generated_at", "consent_at"), NOON - back) | {"external_id": "N-1"}
    dated_on = {"delivered_at": NOON + back, "external_id": "N-2"}
    assert reasons(contract, dated_back, history=earlier_run) == [["DUPLICATE_SELF"]]
    assert reasons(contract, dated_on, history=earlier_run) == [[]]
    assert reasons(contract, {}, dated_back) == [[], []], "in one run the dates put them in order"


def test_an_appointment_under_the_id_of_a_good_lead_is_resent_and_under_its_own_is_no_duplicate() -> None:
    contract = terms(duplicate='match = ["email"]', more=meeting('duration = "30m"'))
    later = {**APPOINTMENT, "delivered_at": NOON + timedelta(hours=1)}
    assert reasons(contract, {"external_id": "L-1"}, {**later, "external_id": "L-1"}) == [[], ["RESENT"]]
    assert reasons(contract, {"external_id": "L-1"}, {**later, "external_id": "A-1"}) == [[], []]


def test_consent_that_is_not_required_is_asked_for_no_age() -> None:
    contract = terms(record='consent = { required = false, max_age = "30d" }')
    assert reasons(contract, {"consent_at": NOON - timedelta(days=300)}, {"consent_at": None, "email": "b@acme.com"}) == [[], []]


def test_an_appointment_without_its_time_lacks_a_field_only_where_notice_or_horizon_is_set() -> None:
    dateless, lead = {**APPOINTMENT, "meeting_at": None}, {"email": "b@acme.com", "last_name": "Other"}
    for clause in ('notice = "24h"', 'horizon = "10bd"'):
        assert reasons(terms(more=meeting(clause)), dateless, lead) == [["FIELD_MISSING"], []]
    assert reasons(terms(more=meeting('duration = "30m"')), dateless, lead) == [[], []]


def test_an_attendee_whom_one_branch_admits_is_not_asked_for_what_the_other_would_need() -> None:
    either = terms(more=meeting("attendee = \"seniority >= 'director' OR country_code = 'US'\""))
    both = [{**APPOINTMENT, "title": "Xqzw"}, {**APPOINTMENT, "title": "Xqzw", "country": "CA", "email": "b@acme.com", "phone": None}]
    assert reasons(either, *both) == [[], ["TITLE_UNKNOWN"]]

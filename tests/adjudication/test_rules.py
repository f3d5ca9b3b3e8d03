"""RULES 5 to 36 walked through `adjudicate`: one delivery that passes, and one fault mended at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.adjudication.adjudicate import adjudicate
from payper.deliveries import INSTANTS, SCHEMA
from payper.settlement.rates import Rate, Rates
from payper.terms.contract import Contract
from payper.terms.reading import read_terms

NOON = datetime(2026, 1, 15, 17, tzinfo=UTC)  # noon in New York

TERMS = """
[contract]
id = "northwind-reach"
buyer = "northwind"
provider = "intentreach"
currency = "USD"
timezone = "America/New_York"
starts = 2026-01-01
ends = 2026-03-31
{contract}

[audience]
{audience}

[record]
{record}

[duplicate]
{duplicate}

[caps]
{caps}

[[price]]
on = "accepted"
amount = "48.00"
{more}
"""

LISTS = {
    "targets.csv": b"acme.com\nBrick & Sons Ltd\nceo@granite.io\n",
    "customers.csv": b"oldcustomer.com\n9d2a1ec2b8a7d0b3f6c2f4c7b0e1e5f0a0b1c2d3e4f5061728394a5b6c7d8e9f\n",
}


def terms(*, contract: str = "", audience: str = "", record: str = "", duplicate: str = "", caps: str = "", more: str = "") -> Contract:
    text = TERMS.format(contract=contract, audience=audience, record=record, duplicate=duplicate, caps=caps, more=more)
    reading = read_terms(text, path=Path("northwind.toml"), read_list=lambda name: LISTS[name])
    assert reading.contract is not None, [str(finding) for finding in reading.findings]
    return reading.contract


GOOD: dict[str, Any] = {
    "external_id": "L-1",
    "generated_at": NOON - timedelta(hours=2),
    "delivered_at": NOON,
    "first_name": "Maria",
    "last_name": "Keller",
    "email": "maria.keller@acme.com",
    "phone": "+1 212 555 2368",
    "title": "VP of Information Technology",
    "company": "Acme Inc.",
    "country": "US",
    "industry": "511210",
    "employees": "1,000-5,000",
    "revenue": "$60M to $90M",
    "consent_at": NOON - timedelta(hours=2),
    "consent_text": "yes",
}


def batch(*changes: dict[str, Any]) -> pl.DataFrame:
    rows = [{**GOOD, "external_id": f"L-{place}", **change} for place, change in enumerate(changes, start=1)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    series = []
    for name in columns:
        dtype = SCHEMA.get(name, pl.String)
        series.append(pl.Series(name, [row.get(name) for row in rows], dtype=pl.Datetime("us", "UTC") if name in INSTANTS else dtype))
    return pl.DataFrame(series)


def reasons(contract: Contract, *changes: dict[str, Any], **more: Any) -> list[list[str]]:
    return adjudicate(batch(*changes), contract, at=NOON, **more)["reasons"].to_list()


def verdicts(contract: Contract, *changes: dict[str, Any], **more: Any) -> list[str]:
    return adjudicate(batch(*changes), contract, at=NOON, **more)["verdict"].to_list()


RECORD = 'required = ["email", "first_name", "last_name", "company", "title", "country", "phone"]\nemail = ["syntax", "business", "not_disposable", "not_role"]\nphone = ["valid", "matches_country"]\nconsent = { required = true, fields = ["consent_at", "consent_text"], max_age = "30d" }\nfresh = "7d"\n[[record.question]]\nfield = "timeframe"\naccept = ["0-3 months", "3-6 months"]'
AUDIENCE = 'countries = ["US", "CA"]\nemployees = "200..5000"\nrevenue = "50M.."\nindustries = ["naics:5112", "naics:52"]\nfunctions = ["it", "engineering", "security"]\nseniority = "manager.."\ncompanies = { only = "targets.csv" }\nsuppress = ["customers.csv"]\nrule = "employees >= 500 OR industry_code LIKE \'52%\'"'

LADDER: list[tuple[str, dict[str, Any]]] = [
    ("CONTRACT_NOT_IN_FORCE", {"generated_at": datetime(2025, 12, 31, 23, tzinfo=UTC)}),
    ("FIELD_MISSING", {"phone": None}),
    ("EMAIL_SYNTAX", {"email": "maria.keller@acme"}),
    ("EMAIL_DISPOSABLE", {"email": "maria@mailinator.com"}),
    ("EMAIL_FREE", {"email": "maria@gmail.com"}),
    ("EMAIL_ROLE", {"email": "info@acme.com"}),
    ("PHONE_INVALID", {"phone": "12"}),
    ("PHONE_COUNTRY", {"phone": "+44 20 7946 0018"}),
    ("CONSENT_MISSING", {"consent_text": None}),
    ("CONSENT_EXPIRED", {"consent_at": NOON - timedelta(days=31)}),
    ("STALE", {"generated_at": NOON - timedelta(days=8)}),
    ("ANSWER_MISSING", {"answer_timeframe": None}),
    ("ANSWER_DISQUALIFIES", {"answer_timeframe": "never"}),
    ("IMPLAUSIBLE", {"last_name": "asdf"}),
    ("COUNTRY_UNKNOWN", {"country": "Atlantis"}),
    ("COUNTRY_OUTSIDE", {"country": "Germany"}),
    ("SIZE_UNKNOWN", {"employees": None}),
    ("SIZE_OUTSIDE", {"employees": "11-50"}),
    ("REVENUE_UNKNOWN", {"revenue": "plenty"}),
    ("REVENUE_OUTSIDE", {"revenue": "$5M"}),
    ("INDUSTRY_UNKNOWN", {"industry": "Dragon taming of the north"}),
    ("INDUSTRY_OUTSIDE", {"industry": "naics:111110"}),
    ("TITLE_UNKNOWN", {"title": "Xqzw"}),
    ("FUNCTION_OUTSIDE", {"title": "VP of Marketing"}),
    ("SENIORITY_OUTSIDE", {"title": "IT Intern"}),
    ("COMPANY_NOT_TARGETED", {"email": "maria@unlisted.com", "company": "Unlisted"}),
    ("SUPPRESSED", {"email": "maria@oldcustomer.com"}),
    ("RULE_UNKNOWN", {"employees": None, "industry": None}),
    ("RULE_FAILED", {"employees": "250"}),
]


@pytest.fixture(scope="module")
def whole() -> Contract:
    return terms(audience=AUDIENCE, record=RECORD)


def test_a_delivery_that_is_what_was_ordered_is_accepted_and_owes_its_price(whole: Contract) -> None:
    row = adjudicate(batch({"answer_timeframe": "0–3 Months "}), whole, at=NOON).row(0, named=True)
    assert (row["verdict"], row["reasons"], row["price_minor"], row["currency"], row["contract_version"]) == (
        "accepted",
        [],
        4800,
        "USD",
        1,
    )


@pytest.mark.parametrize(("reason", "fault"), LADDER, ids=[reason for reason, _ in LADDER])
def test_each_fault_alone_gives_its_reason(whole: Contract, reason: str, fault: dict[str, Any]) -> None:
    given_reasons = reasons(whole, {"answer_timeframe": "0-3 months", **fault})[0]
    assert reason in given_reasons
    unexpected = (
        set(given_reasons)
        - {reason}
        - {
            "RULE_UNKNOWN",
            "SIZE_UNKNOWN",
            "INDUSTRY_UNKNOWN",
            "COMPANY_NOT_TARGETED",
            "CONSENT_EXPIRED",
            "STALE",
            "PHONE_COUNTRY",
            "PHONE_INVALID",
            "IMPLAUSIBLE",
            "RULE_FAILED",
        }
    )
    assert not unexpected


def test_all_reasons_are_listed_in_precedence(whole: Contract) -> None:
    given_reasons = reasons(
        whole, {"answer_timeframe": None, "email": "info@gmail.com", "phone": "12", "country": "DE", "title": "IT Intern", "employees": "5"}
    )[0]
    assert given_reasons == [
        "EMAIL_FREE",
        "EMAIL_ROLE",
        "PHONE_INVALID",
        "ANSWER_MISSING",
        "COUNTRY_OUTSIDE",
        "SIZE_OUTSIDE",
        "SENIORITY_OUTSIDE",
        "COMPANY_NOT_TARGETED",
        "RULE_FAILED",
    ]


def test_a_required_empty_field_gives_field_missing_once_and_nothing_further(whole: Contract) -> None:
    given_reasons = reasons(
        whole, {"answer_timeframe": "0-3 months", "email": None, "website": "acme.com", "phone": " ", "country": None, "title": None}
    )[0]
    assert given_reasons == ["FIELD_MISSING"]


def test_syntax_silences_every_other_email_reason_and_disposable_silences_free(whole: Contract) -> None:
    answers = {"answer_timeframe": "0-3 months"}
    assert reasons(whole, {**answers, "email": "info@@gmail.com", "website": "acme.com"})[0] == ["EMAIL_SYNTAX"]
    assert "EMAIL_FREE" not in reasons(whole, {**answers, "email": "x@yopmail.com"})[0]


def test_rule_2_windows_include_both_ends() -> None:
    fresh = terms(record='fresh = "7d"')
    on_the_dot = {"generated_at": NOON - timedelta(days=7)}
    later = {"generated_at": NOON - timedelta(days=7, microseconds=1)}
    assert reasons(fresh, on_the_dot, later) == [[], ["STALE"]]


def test_rule_2_days_keep_the_local_clock_over_a_change_of_clocks() -> None:
    """From Saturday noon to Sunday noon New York is 23 hours in March: still one day."""
    fresh = terms(record='fresh = "1d"')
    generated = datetime(2026, 3, 7, 17, tzinfo=UTC)
    rows = [{"generated_at": generated, "delivered_at": generated + timedelta(hours=hours)} for hours in (23, 24)]
    assert reasons(fresh, *rows) == [[], ["STALE"]]


def test_rule_5_in_force_is_by_local_date_of_generation_and_delivery() -> None:
    last = {"generated_at": datetime(2026, 4, 1, 3, 59, tzinfo=UTC), "delivered_at": datetime(2026, 4, 1, 3, 59, 59, tzinfo=UTC)}
    after = {
        "generated_at": datetime(2026, 4, 1, 3, 59, tzinfo=UTC),
        "delivered_at": datetime(2026, 4, 1, 4, tzinfo=UTC),
        "email": "b@acme.com",
    }
    assert reasons(terms(), last, after) == [[], ["CONTRACT_NOT_IN_FORCE"]]


def test_rule_6_no_generated_at_is_missing_where_freshness_is_asked() -> None:
    assert reasons(terms(record='fresh = "7d"'), {"generated_at": None}) == [["FIELD_MISSING"]]
    assert reasons(terms(), {"generated_at": None}) == [[]]


@pytest.mark.parametrize("field", ["generated_at", "consent_at"])
def test_rule_6_what_is_later_than_its_delivery_is_implausible(field: str) -> None:
    assert reasons(terms(), {field: NOON + timedelta(seconds=1)}) == [["IMPLAUSIBLE"]]


def test_rule_8_the_highest_version_that_holds_when_generated_judges() -> None:
    one = terms(audience='countries = ["US"]')
    two = terms(contract="version = 2\nholds_from = 2026-02-01T00:00:00", audience='countries = ["CA"]')
    early, late = {"generated_at": datetime(2026, 2, 1, 4, 59, tzinfo=UTC)}, {"generated_at": datetime(2026, 2, 1, 5, tzinfo=UTC)}
    delivered = {"delivered_at": datetime(2026, 2, 3, tzinfo=UTC)}
    frame = adjudicate(batch({**early, **delivered}, {**late, **delivered, "email": "b@acme.com"}), [one, two], at=NOON)
    assert frame.select("contract_version", "verdict").rows() == [(1, "accepted"), (2, "rejected")]


def test_rule_10_malformed_and_paused_stand_alone() -> None:
    paused = terms(contract="pauses = [{ from = 2026-01-15, until = 2026-01-15 }]", audience='countries = ["CA"]')
    assert reasons(paused, {}) == [["CONTRACT_PAUSED"]]
    frame = batch({"email": "nonsense"}).with_columns(pl.lit("has 3 cells where the header has 4").alias("fault"))
    assert adjudicate(frame, paused, at=NOON)["reasons"].to_list() == [["ROW_MALFORMED"]]


def test_rule_10_not_in_force_is_given_its_other_reasons_by_the_nearest_version() -> None:
    assert reasons(terms(audience='countries = ["CA"]'), {"generated_at": datetime(2025, 1, 1, tzinfo=UTC)}) == [
        ["CONTRACT_NOT_IN_FORCE", "COUNTRY_OUTSIDE"]
    ]


def test_rule_12_kind_follows_the_model_and_the_meeting() -> None:
    hybrid = terms(more='[[price]]\non = "meeting held"\namount = "480.00"\n[appointment]\nduration = "30m"')
    frame = adjudicate(batch({}, {"meeting_at": NOON + timedelta(days=3), "email": "b@acme.com"}), hybrid, at=NOON)
    assert frame.select("kind", "price_minor").rows() == [("lead", 4800), ("appointment", 52800)]


def test_rule_14_consent_is_missing_once_and_expires_by_delivery() -> None:
    consent = 'consent = { required = true, fields = ["consent_at", "consent_text", "ip"], max_age = "30d" }'
    assert reasons(terms(record=consent), {"consent_text": None})[0] == ["CONSENT_MISSING"]
    required = 'required = ["consent_at", "consent_text", "ip"]\n' + consent
    assert reasons(terms(record=required), {"consent_text": None})[0] == ["FIELD_MISSING"]


def test_rule_15_a_check_that_cannot_be_run_gives_no_reason() -> None:
    mx = terms(record='email = ["mx"]')
    assert reasons(mx, {}) == [[]]
    assert reasons(mx, {}, no_mail=frozenset({"acme.com"})) == [["EMAIL_NO_MX"]]


def test_rule_18_an_open_end_straddles_unless_the_asked_range_is_open_there_too() -> None:
    assert reasons(terms(audience='employees = "200..5000"'), {"employees": "1000+"}) == [["SIZE_UNKNOWN"]]
    assert reasons(terms(audience='employees = "200.."'), {"employees": "1000+"}) == [[]]
    assert reasons(terms(audience='employees = "200..5000"'), {"employees": "5001+"}) == [["SIZE_OUTSIDE"]]


def test_rule_18_owner_ranks_as_c_level() -> None:
    assert reasons(terms(audience='seniority = "c-level.."'), {"title": "Owner"}, {"title": "CEO", "email": "b@acme.com"}) == [[], []]
    assert reasons(terms(audience="rule = \"seniority >= 'director'\""), {"title": "Owner"}) == [[]]


def test_rule_19_half_a_title_is_unknown_once_and_the_other_half_tested() -> None:
    audience = 'functions = ["marketing"]\nseniority = "director.."'
    assert reasons(terms(audience=audience), {"title": "Manager"}) == [["TITLE_UNKNOWN", "SENIORITY_OUTSIDE"]]


def test_rule_20_a_range_is_tried_at_both_ends() -> None:
    rule = terms(audience='rule = "employees >= 500"')
    found = reasons(
        rule,
        {"employees": "200-400"},
        {"employees": "600-900", "email": "b@acme.com"},
        {"employees": "400-600", "email": "c@acme.com"},
        {"employees": None, "email": "d@acme.com"},
    )
    assert found == [["RULE_FAILED"], [], ["RULE_UNKNOWN"], ["RULE_UNKNOWN"]]


def test_rule_20_a_null_attendee_is_a_title_unknown_and_a_null_when_does_not_match() -> None:
    meeting = '[[price]]\non = "meeting held"\namount = "480.00"\n[appointment]\nattendee = "seniority >= \'director\'"'
    appointment = {"kind": "appointment", "meeting_at": NOON + timedelta(days=2)}
    found = reasons(
        terms(more=meeting),
        {**appointment, "title": "Xqzw"},
        {**appointment, "title": "IT Manager", "email": "b@acme.com"},
        {"title": "Xqzw", "email": "c@acme.com"},
    )
    assert found == [["TITLE_UNKNOWN"], ["NOT_DECISION_MAKER"], []]


def test_rule_21_lists_match_mail_domain_website_company_or_digest() -> None:
    only = terms(audience='companies = { only = "targets.csv" }')
    rows = [
        {"email": "x@sub.acme.com", "company": "Other"},
        {"email": "x@other.net", "website": "https://www.acme.com/de", "company": "Other"},
        {"email": "y@other.net", "company": "Brick and Sons Limited"},
        {"email": "CEO@granite.io", "company": "Other"},
        {"email": "z@other.net", "company": "Other"},
    ]
    assert reasons(only, *rows) == [[], [], [], [], ["COMPANY_NOT_TARGETED"]]


def test_rule_22_a_revenue_in_another_currency_is_converted_or_unknown() -> None:
    asked = terms(audience='revenue = "50M.."')
    rates = Rates(base_currency="USD", rates=(Rate(on=datetime(2026, 1, 1, tzinfo=UTC).date(), currency="EUR", in_base=Decimal("1.20")),))
    assert reasons(asked, {"revenue": "€45M"}, rate_on=rates.rate) == [[]]
    assert reasons(asked, {"revenue": "€40M"}, rate_on=rates.rate) == [["REVENUE_OUTSIDE"]]
    assert reasons(asked, {"revenue": "€45M"}) == [["REVENUE_UNKNOWN"]]


@pytest.mark.parametrize(("uncertain", "verdict"), [("review", "review"), ("reject", "rejected"), ("accept", "accepted")])
def test_rule_23_what_is_uncertain_follows_the_contract(uncertain: str, verdict: str) -> None:
    contract = terms(audience='employees = "200..5000"', record=f'uncertain = "{uncertain}"')
    assert verdicts(contract, {"employees": None}) == [verdict]


def test_rules_24_to_28_duplicates_in_order_of_delivery_not_of_rows() -> None:
    once = terms(duplicate='match = ["email", "person"]\nwithin = "180d"')
    later, earlier = {"delivered_at": NOON + timedelta(hours=1)}, {"delivered_at": NOON, "email": "Maria.Keller+news@ACME.com"}
    assert reasons(once, later, earlier) == [["DUPLICATE_SELF"], []]
    by_name = {"email": "mk@acme.com", "first_name": "Dr. María", "delivered_at": NOON + timedelta(hours=2)}
    assert reasons(once, {}, by_name) == [[], ["DUPLICATE_SELF"]]


def test_history_counts_where_it_was_good() -> None:
    once = terms(duplicate='match = ["email"]\nwithin = "30d"', caps="total = 2")
    history = adjudicate(
        batch({"delivered_at": NOON - timedelta(days=3), "generated_at": NOON - timedelta(days=4), "consent_at": NOON - timedelta(days=4)}),
        once,
        at=NOON,
    )
    assert reasons(once, {"external_id": "N-1"}, history=history) == [["DUPLICATE_SELF"]]
    assert reasons(once, {"external_id": "N-1"}, history=history.with_columns(pl.lit("rejected").alias("verdict"))) == [[]]
    assert reasons(once, {"external_id": "L-1", "email": "b@acme.com", "last_name": "Other"}, history=history) == [["RESENT"]]


def test_crm_people_are_duplicates_of_leads_without_a_time_limit() -> None:
    crm = pl.DataFrame({"email": ["maria.keller@acme.com"], "first_name": ["M"], "last_name": ["K"], "company": ["Acme"]})
    assert reasons(terms(duplicate='match = ["email"]\nwithin = "30d"\ncrm = true'), {}, crm=crm) == [["DUPLICATE_CRM"]]


def test_notice_and_horizon_include_their_ends() -> None:
    meeting = terms(more='[[price]]\non = "meeting held"\namount = "480.00"\n[appointment]\nnotice = "24h"\nhorizon = "10bd"')
    day = {"kind": "appointment"}
    rows = [
        {**day, "meeting_at": NOON + timedelta(hours=24)},
        {**day, "meeting_at": NOON + timedelta(hours=23, minutes=59), "email": "b@acme.com"},
        {**day, "meeting_at": datetime(2026, 1, 30, 4, 59, tzinfo=UTC), "email": "c@acme.com"},
        {**day, "meeting_at": datetime(2026, 1, 30, 5, 0, tzinfo=UTC), "email": "d@acme.com"},
        {**day, "meeting_at": None, "email": "e@acme.com"},
    ]
    assert reasons(meeting, *rows) == [[], ["NOTICE_TOO_SHORT"], [], ["BEYOND_HORIZON"], ["FIELD_MISSING"]]


def test_an_empty_batch_has_no_verdicts() -> None:
    assert adjudicate(batch({}).clear(), terms(), at=NOON).height == 0


faults = st.lists(st.sampled_from([change for _, change in LADDER]), max_size=3)


@settings(max_examples=15)
@given(rows=st.lists(faults, min_size=1, max_size=5), order=st.randoms(use_true_random=False))
def test_a_delivery_is_judged_alike_in_any_batch_and_any_order(rows: list[list[dict[str, Any]]], order: Any) -> None:
    contract = terms(audience=AUDIENCE, record=RECORD)
    changes = [
        {"answer_timeframe": "0-3 months", "external_id": f"X-{place}", **{key: value for change in each for key, value in change.items()}}
        for place, each in enumerate(rows)
    ]
    together = dict(adjudicate(batch(*changes), contract, at=NOON).select("external_id", pl.col("reasons").list.join(";")).rows())
    shuffled = changes.copy()
    order.shuffle(shuffled)
    again = dict(adjudicate(batch(*shuffled), contract, at=NOON).select("external_id", pl.col("reasons").list.join(";")).rows())
    alone = {change["external_id"]: adjudicate(batch(change), contract, at=NOON)["reasons"].list.join(";")[0] for change in changes}
    assert together == again == alone


def test_rule_34_history_of_meetings_carries_tiers_and_offsets_on() -> None:
    more = '[[price]]\non = "meeting booked"\namount = "5.00"\n[[price]]\non = "meeting held"\namount = "100.00"\noffset = ["accepted"]\ntiers = [{ from = 2, amount = "80.00" }]'
    meetings = terms(more=more, duplicate='match = ["phone"]')
    day = {"kind": "appointment", "generated_at": NOON - timedelta(days=4), "consent_at": NOON - timedelta(days=4)}
    first, second = (
        {**day, "delivered_at": NOON - timedelta(days=3)},
        {"kind": "appointment", "email": "b@acme.com", "phone": "+1 212 555 2369", "external_id": "N"},
    )
    together = adjudicate(batch(first, second), meetings, at=NOON)["price_minor"].to_list()
    history = adjudicate(batch(first), meetings, at=NOON)
    assert adjudicate(batch(second), meetings, history, at=NOON)["price_minor"].to_list() == together[1:] == [4800 + 500 + 3200]


def test_rule_36_its_own_fee_is_offset_even_without_an_email() -> None:
    contract = terms(caps='budget = "205.00"', more='[[price]]\non = "meeting held"\namount = "200.00"\noffset = ["accepted"]')
    row = adjudicate(batch({"kind": "appointment", "email": None}), contract, at=NOON).row(0, named=True)
    assert (row["verdict"], row["price_minor"]) == ("accepted", 20000)


def test_rule_29_the_crm_is_asked_by_the_judging_versions_keys() -> None:
    one = terms(duplicate='match = ["email"]\ncrm = true')
    two = terms(contract="version = 2\nholds_from = 2026-02-01", duplicate='match = ["person"]\ncrm = true')
    crm = pl.DataFrame({"email": ["bo@acme.com"], "first_name": ["Maria"], "last_name": ["Keller"], "company": ["Acme"]})
    early = {"email": "x@acme.com"}
    late = {
        "email": "bo@acme.com",
        "last_name": "Other",
        "generated_at": datetime(2026, 2, 5, tzinfo=UTC),
        "delivered_at": datetime(2026, 2, 5, tzinfo=UTC),
    }
    assert adjudicate(batch(early, late), [one, two], at=NOON, crm=crm)["reasons"].to_list() == [[], []]


def test_a_rule_on_what_is_read_from_a_missing_field_gives_no_further_reason() -> None:
    contract = terms(audience="rule = \"seniority >= 'director'\"", record='required = ["title"]')
    assert reasons(contract, {"title": None}) == [["FIELD_MISSING"]]


def test_a_domain_under_the_header_company_is_matched_as_a_domain() -> None:
    LISTS["named.csv"] = b"company\nacme.com\n"
    assert reasons(terms(audience='companies = { only = "named.csv" }'), {"company": "Acme Holding"}) == [[]]

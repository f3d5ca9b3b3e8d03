"""Signals and exact rules: which deliveries show them, on which they cannot be seen, and how they are counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.errors import DeliveryError
from payper.measurement.anomalies import (
    CASES_SCHEMA,
    COUNTS_SCHEMA,
    SIGNALS,
    apply_rules,
    count_cases,
    count_signals,
    deliveries_behind,
    find_anomalies,
    mark_signals,
)

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "contract": "reach", "provider": "intentreach", "external_id": None, "kind": "lead", "verdict": "accepted", "reasons": [], "delivered_at": MONDAY,
    "generated_at": None, "consent_at": None, "first_name": "Ana", "last_name": "Lee", "email": "ana@acme.com", "email_normal": "ana@acme.com",
    "phone": "+44 20 7946 0018", "phone_e164": "+442079460018", "company": "Acme", "domain": "acme.com", "company_key": "acme", "ip": None,
    "campaign": "spring", "asset": "guide", "answer_need": None,
}  # fmt: skip
INSTANTS = ("delivered_at", "generated_at", "consent_at")
TYPES = {
    **dict.fromkeys(PLAIN, pl.String),
    "reasons": pl.List(pl.String),
    **dict.fromkeys(INSTANTS, pl.Datetime("us", "UTC")),
}


def deliveries(*rows: dict[str, Any]) -> pl.DataFrame:
    """Rows as given, an hour apart, with ids d0, d1, ... where none is given."""
    full = [
        {**PLAIN, "external_id": f"d{number}", "delivered_at": MONDAY + timedelta(hours=number), **row} for number, row in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=TYPES)


def marks(signal: str, *rows: dict[str, Any], returns: pl.DataFrame | None = None) -> list[bool | None]:
    return mark_signals(deliveries(*rows), returns, as_of=AS_OF)[signal].to_list()


def claims(*rows: tuple[str, str, datetime, str | None]) -> pl.DataFrame:
    schema = {"external_id": pl.String, "reason": pl.String, "claimed_at": pl.Datetime("us", "UTC"), "outcome": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(contract=pl.lit("reach"))


def test_a_repeat_is_seen_only_where_repeats_were_looked_for() -> None:
    """Adjudication compares what passed the record and the audience."""
    rejected = {"verdict": "rejected"}
    assert marks(
        "repeated", {}, {**rejected, "reasons": ["DUPLICATE_SELF"]}, {**rejected, "reasons": ["RESENT"]}, {**rejected, "reasons": ["PHONE_INVALID"]},
        {**rejected, "reasons": ["DUPLICATE_OTHER"]},
    ) == [False, True, True, None, False]  # fmt: skip


def test_a_contact_is_invalid_by_its_reason_or_because_it_cannot_be_read() -> None:
    rows = [
        {}, {"email_normal": None, "phone_e164": None}, {"email": None, "email_normal": None, "phone": " ", "phone_e164": None},
        {"reasons": ["EMAIL_NO_MX", "PHONE_COUNTRY"], "verdict": "rejected"}, {"reasons": ["EMAIL_FREE"], "verdict": "rejected"},
    ]  # fmt: skip
    assert marks("invalid_email", *rows) == [False, True, None, True, False]
    assert marks("invalid_phone", *rows) == [False, True, None, True, False]


def test_where_nothing_was_normalised_nothing_is_invalid_for_that() -> None:
    assert marks("invalid_phone", {"phone_e164": None}, {"phone_e164": None}) == [False, False]
    assert marks("invalid_email", {"email_normal": None}, {"email_normal": None}) == [False, False]


def test_outside_the_audience_is_known_not_guessed() -> None:
    rows = [
        {"reasons": [reason], "verdict": "rejected"}
        for reason in ("SENIORITY_OUTSIDE", "TITLE_UNKNOWN", "SUPPRESSED", "NOT_DECISION_MAKER", "STALE")
    ]
    assert marks("outside_audience", *rows) == [True, False, True, True, False]


def filler(count: int = 50, **row: Any) -> list[dict[str, Any]]:
    """Deliveries that differ in person, company, address and answer, to look back on."""
    return [
        {
            "email_normal": f"p{number}@f{number}.com", "domain": f"f{number}.com", "ip": f"198.51.100.{number}",
            "answer_need": f"For plan {'abcdefghijklmnopqrstuvwxy'[number % 25]} we need {'xyz'[number // 25 % 3]} seats",
            "delivered_at": MONDAY - timedelta(days=9) + timedelta(hours=number), **row,
        }
        for number in range(count)
    ]  # fmt: skip


TEXT = "We want to replace our phone system this year"


def test_an_answer_in_another_persons_words_is_marked_from_the_second_person_on() -> None:
    rows = [
        {"answer_need": TEXT, "email_normal": "a@x.com"}, {"answer_need": TEXT, "email_normal": "a@x.com"}, {"answer_need": TEXT.upper() + "!", "email_normal": "b@y.com"},
        {"answer_need": "0-3 months", "email_normal": "c@z.com"}, {"answer_need": TEXT, "email_normal": "d@w.com", "provider": "dialfield"},
        {"answer_need": None, "email_normal": "e@v.com"}, {"answer_need": TEXT, "email_normal": "b@y.com"},
    ]  # fmt: skip
    found = marks("templated_text", *filler(), *filler(provider="dialfield"), *rows)
    assert found[:50] == [None] * 50
    assert found[100:] == [False, False, True, None, False, None, True]


def test_names_and_numbers_in_a_template_do_not_hide_it() -> None:
    one = {"first_name": "Ana", "company": "Acme", "email_normal": "a@x.com", "answer_need": "Ana of Acme plans to buy 20 seats in 2026"}
    other = {
        "first_name": "Bo",
        "company": "Zenith",
        "email_normal": "b@y.com",
        "answer_need": "Bo of Zenith plans to buy 75 seats in 2027",
    }
    assert marks("templated_text", *filler(), one, other)[50:] == [False, True]


def test_an_answer_used_fifty_one_deliveries_ago_is_no_template() -> None:
    first, again = (
        {"answer_need": TEXT, "email_normal": email, "delivered_at": MONDAY + timedelta(days=days)}
        for email, days in (("a@x.com", -20), ("b@y.com", 1))
    )
    assert marks("templated_text", first, *filler(49), again)[-1] is True
    assert marks("templated_text", first, *filler(50), again)[-1] is False


def test_as_long_as_there_is_little_to_look_back_on_nothing_is_said() -> None:
    """Else the first weeks would show few, later ones more, and every new provider would seem to get worse."""
    rows = [{"ip": "203.0.113.7", "domain": f"f{number}.com"} for number in range(52)]
    assert marks("shared_ip", *rows) == [None] * 50 + [True, True]


def test_dated_after_delivery_is_impossible() -> None:
    rows = [
        {"generated_at": MONDAY + timedelta(hours=9)}, {"generated_at": MONDAY}, {}, {"consent_at": MONDAY + timedelta(days=9)},
        {"generated_at": MONDAY + timedelta(hours=4)},
    ]  # fmt: skip
    assert marks("impossible_time", *rows) == [True, False, None, True, False]


def test_three_forms_in_ten_seconds_are_a_burst_and_two_are_not() -> None:
    at = [0, 4, 10, 300, 303, 900, 911, 921]
    rows = [{"generated_at": MONDAY - timedelta(days=1) + timedelta(seconds=second)} for second in at]
    assert marks("burst", *rows) == [True, True, True, False, False, False, False, False]
    elsewhere = [{**row, "campaign": f"c{number % 2}"} for number, row in enumerate(rows)]
    assert marks("burst", *elsewhere) == [False] * 8


def test_dates_without_a_time_of_day_tell_nothing_of_bursts() -> None:
    rows = [{"generated_at": datetime(2026, 2, 20 + number // 3, tzinfo=UTC)} for number in range(6)]
    assert marks("burst", *rows) == [None] * 6


def test_an_address_shared_within_a_company_is_no_signal() -> None:
    rows = [
        {"ip": "203.0.113.7"}, {"ip": "203.0.113.7"}, {"ip": "203.0.113.7", "domain": "other.com"}, {"ip": None}, {"ip": "203.0.113.7", "provider": "dialfield"},
        {"ip": "203.0.113.7"},
    ]  # fmt: skip
    assert marks("shared_ip", *filler(), *filler(provider="dialfield"), *rows)[100:] == [False, False, True, None, False, True]


def test_sharing_does_not_grow_with_the_number_delivered() -> None:
    """Honest addresses of a small net meet by chance; twice the deliveries a week show the same share."""
    rng = np.random.default_rng(4)
    shares = []
    for count in (400, 1600):
        rows = [
            {
                "ip": f"203.0.113.{rng.integers(250)}",
                "domain": f"f{number}.com",
                "delivered_at": MONDAY + timedelta(minutes=number * 20_000 // count),
            }
            for number in range(count)
        ]
        found = [each for each in marks("shared_ip", *rows) if each is not None]
        shares.append(sum(found) / len(found))
    assert shares == pytest.approx([1 - (249 / 250) ** 50] * 2, abs=0.05)


def test_feedback_counts_fourteen_days_after_delivery_whatever_the_day_of_the_report() -> None:
    rows = [{}, {}, {}, {"verdict": "rejected", "reasons": ["STALE"]}, {}]
    late, soon = MONDAY + timedelta(days=20), MONDAY + timedelta(days=3)
    returns = claims(("d0", "PERSON_WRONG", soon, "granted"), ("d1", "PERSON_WRONG", late, "granted"), ("d2", "PHONE_WRONG", soon, "refused"),
                     ("d4", "EMAIL_BOUNCED", soon, "pending"))  # fmt: skip
    made = mark_signals(deliveries(*rows), returns, as_of=AS_OF)
    assert made["wrong_person"].to_list() == [True, False, False, None, False]
    assert made["bounced"].to_list() == [False, False, False, None, True]
    assert made["feedback_week"].to_list() == [date(2026, 3, 16)] * 3 + [None, date(2026, 3, 16)]
    early = mark_signals(deliveries(*rows), returns, as_of=MONDAY + timedelta(days=10))
    assert early["wrong_person"].to_list() == [None] * 5


def test_counts_are_the_marks_added_up() -> None:
    rows = [
        {"phone_e164": None},
        {},
        {"phone": None, "phone_e164": None},
        {"delivered_at": MONDAY + timedelta(days=7)},
        {"reasons": ["ROW_MALFORMED"], "verdict": "rejected"},
    ]
    counts = count_signals(deliveries(*rows), as_of=AS_OF)
    assert counts.schema == COUNTS_SCHEMA
    phones = counts.filter(pl.col("signal") == "invalid_phone")
    assert phones.select("week", "k", "n").rows() == [(date(2026, 3, 2), 1, 2), (date(2026, 3, 9), 0, 1)]
    assert "wrong_person" not in counts["signal"]


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_what_is_delivered_later_changes_no_earlier_count(seed: int) -> None:
    rows = [
        {
            "delivered_at": MONDAY + timedelta(hours=(seed * 37 + number * 53) % 2000),
            "ip": f"203.0.113.{(seed + number * number) % 5}",
            "domain": f"c{number % 7}.com",
        }
        for number in range(40)
    ]
    frame = deliveries(*rows)
    end = MONDAY + timedelta(hours=1000)
    assert count_signals(frame, as_of=end).equals(count_signals(frame.filter(pl.col("delivered_at") <= end), as_of=end))
    assert count_signals(frame.sample(fraction=1, shuffle=True, seed=1), as_of=AS_OF).equals(count_signals(frame, as_of=AS_OF))


def test_no_deliveries_give_no_counts() -> None:
    assert count_signals(deliveries({}).clear(), claims().clear(), as_of=AS_OF).is_empty()
    assert mark_signals(deliveries({}).clear(), as_of=AS_OF).columns[-len(SIGNALS) :] == list(SIGNALS)


def test_few_columns_are_enough() -> None:
    few = deliveries({}, {"reasons": ["PHONE_INVALID"], "verdict": "rejected"}).select(
        "contract", "provider", "verdict", "reasons", "delivered_at", "phone"
    )
    assert count_signals(few, as_of=AS_OF).filter(pl.col("signal") == "invalid_phone").select("k", "n").rows() == [(1, 2)]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DeliveryError, match="provider"):
        count_signals(deliveries({}).drop("provider"), as_of=AS_OF)


def test_the_same_person_under_another_id_is_a_case_once_the_first_was_good() -> None:
    frame = deliveries(
        {"external_id": "A"}, {"external_id": "B"}, {"external_id": "A"}, {"external_id": "C", "provider": "dialfield"},
        {"external_id": "R", "verdict": "rejected", "email_normal": "x@y.com"}, {"external_id": "S", "email_normal": "x@y.com"},
        {"external_id": "T", "kind": "appointment"}, {"external_id": "D", "verdict": "rejected"},
    )  # fmt: skip
    cases = apply_rules(frame, as_of=MONDAY + timedelta(days=5)).filter(pl.col("rule") == "same_person")
    assert cases.schema == CASES_SCHEMA
    assert cases.select("external_id", "earlier_external_id", "is_accepted_twice").rows() == [("B", "A", True), ("D", "A", False)]


def test_one_phone_for_three_companies_is_a_case_from_the_third_on() -> None:
    frame = deliveries(
        {"domain": "a.com"},
        {"domain": "b.com"},
        {"domain": "a.com"},
        {"domain": "c.com"},
        {"domain": "b.com"},
        {"domain": "d.com", "phone_e164": None},
    )
    cases = apply_rules(frame, as_of=MONDAY + timedelta(days=5)).filter(pl.col("rule") == "one_phone")
    assert cases["external_id"].to_list() == ["d3", "d4"]


def test_cases_of_the_last_weeks_are_listed_and_summed_up_in_words() -> None:
    frame = deliveries(
        {"external_id": "A", "delivered_at": MONDAY - timedelta(days=60)},
        {"external_id": "B"},
        {"external_id": "C"},
        {"generated_at": MONDAY + timedelta(days=2)},
    )
    facts = count_cases(apply_rules(frame, as_of=MONDAY + timedelta(days=5)))
    assert facts.select("rule", "deliveries", "accepted_twice").rows() == [("same_person", 3, 3), ("impossible_time", 1, 0)]
    assert facts["words"].to_list() == [
        "3 deliveries of a person delivered before under another external id in the last 4 weeks; 3 accepted both times.",
        "1 delivery generated or consented to only after the delivery in the last 4 weeks.",
    ]
    assert apply_rules(frame, as_of=MONDAY + timedelta(days=50)).is_empty()
    assert count_cases(apply_rules(frame.clear(), as_of=AS_OF)).is_empty()


def test_the_deliveries_behind_the_evidence_can_be_handed_over() -> None:
    """Twenty weeks of good phones, then a week in which half of them are wrong."""
    rows = [
        {
            "provider": provider,
            "delivered_at": MONDAY + timedelta(days=7 * week, minutes=number),
            "phone_e164": None if is_bad else "+442079460018",
        }
        for provider in ("intentreach", "dialfield")
        for week in range(20)
        for number in range(12)
        for is_bad in [provider == "dialfield" and week == 19 and number % 2 == 0]
    ]
    frame = deliveries(*rows)
    found = find_anomalies(count_signals(frame, as_of=AS_OF + timedelta(days=60)))
    behind = deliveries_behind(mark_signals(frame, as_of=AS_OF + timedelta(days=60)), found)
    assert behind.select("provider", "signal").unique().rows() == [("dialfield", "invalid_phone")]
    assert behind.height == 6

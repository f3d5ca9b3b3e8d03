"""A delivery judged by itself has the verdict that it has among many: one definition of every rule, worked out in two ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from payper.adjudication import normalise as normalising
from payper.adjudication.alone import judge_alone
from payper.adjudication.normalise import WORKING
from payper.adjudication.rows import JUDGED, judge_rows
from payper.deliveries import DERIVED, FAULT_COLUMN, SCHEMA
from payper.intake.deliveries import read_deliveries
from payper.journey import Milestone
from payper.normalisation.remembered import FEW
from payper.periods import Period
from payper.simulation.batch import BENCHMARK_CONTRACT, simulate_batch
from payper.terms.contract import (
    Appointment,
    Audience,
    Consent,
    Contract,
    IndustryPrefix,
    ListEntries,
    Pause,
    Price,
    Question,
    Range,
    Record,
    SeniorityRange,
)  # fmt: skip
from payper.terms.expressions import compile_condition, evaluate
from payper.terms.expressions_alone import read_condition
from payper.terms.reading import read_contract, read_terms

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "examples" / "northwind" / "contracts").glob("*.toml")), ROOT / "tests" / "terms" / "contracts" / "complete.toml"]
START = datetime(2026, 2, 2, 12, tzinfo=UTC)
MADE = [name for name in (*DERIVED, *WORKING, *JUDGED) if name != "evidence"] + ["evidence"]

TEXTS: dict[str, tuple[str, ...]] = {
    "external_id": ("A-1", "A-2"),
    "kind": ("lead", "appointment"),
    "first_name": ("Ada", "Zoë", "Dr. Ann", "test", "first", "xxx", "Ольга"),
    "last_name": ("Lovelace", "O'Brien-Smith Jr.", "van der Berg", "last", "山田"),
    "email": (
        "ada@acme.com", "Ada.Lovelace+x@gmail.com", "info@acme.co.uk", "x@mailinator.com", "a..b@acme.com", "nobody", "ann@bücher.de",
        "test@acme.com", "ann@acme.example",
    ),
    "phone": ("+49 30 901820", "(212) 555-0100", "0171 2345678", "1111111111", "12", "+1 212 736 5000 ext. 3"),
    "title": ("CIO", "Head of IT", "Chief Information Security Officer", "Werkstudent Vertrieb", "Engineer", "Deputy Director of Sales", "Poet", "部長"),
    "company": ("Acme GmbH & Co. KG", "Contoso (UK) Ltd", "Test", "Müller AG", "株式会社アクメ"),
    "website": ("https://www.acme.com/x", "acme.co.uk", "foo.github.io", "no"),
    "country": ("US", "Deutschland", "United Kingdom", "Atlantis"),
    "industry": ("Software publishers", "naics 5112", "62.01", "poetry"),
    "employees": ("500", "200-500", "1,000+", "10.000", "many"),
    "revenue": ("$50M to $100M", "10 Mio. €", "60,000,000", "GBP 5M", "lots"),
    "consent_text": ("Yes, call me.",),
    "replaces": ("A-0",),
    "answer_timeframe": ("0-3 months", "0–3  Months", "later", "3-6 MONTHS", "\u00a0sofort"),
    "answer_budget": ("yes", "no"),
}  # fmt: skip


@st.composite
def deliveries(draw: st.DrawFn) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(SCHEMA) | {FAULT_COLUMN: draw(st.sampled_from([None] * 9 + ["torn"]))}
    for name, texts in TEXTS.items():
        row[name] = draw(st.none() | st.sampled_from(texts) | st.sampled_from(texts))
    at = st.integers(-60 * 24 * 60, 60 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
    near = st.sampled_from(
        [timedelta(0), timedelta(hours=24), timedelta(days=7), timedelta(days=30), -timedelta(hours=1), timedelta(days=40)]
    )
    row["delivered_at"] = draw(at)
    for name in ("generated_at", "consent_at"):
        row[name] = draw(st.none() | near.map(lambda span: row["delivered_at"] - span) | at)
    row["meeting_at"] = draw(st.none() | near.map(lambda span: row["delivered_at"] + span) | at)
    row["meeting_minutes"] = draw(st.none() | st.sampled_from([10, 30, 60]))
    return row


CONDITIONS = (
    "seniority >= 'director'", "employees >= 500 OR industry_code LIKE '52%'", "employees * 2 > 1000 AND NOT country_code = 'US'",
    "revenue / employees > 1000", "title IS NULL OR title LIKE '%Sales%'", "title LIKE 'C_O'", "generated_at < '2026-02-01'", "kind <> 'lead'",
    "lower(title) = 'cio'", "meeting_minutes <= 30", "employees = 500", "answer_budget = 'yes' AND revenue - 1 >= 0", "email_normal ILIKE '%ACME%'",
    "CASE WHEN country_code = 'DE' THEN employees > 100 ELSE employees > 400 END", "seniority < 'manager' OR seniority IS NULL",
)  # fmt: skip


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    some = st.booleans()
    condition = st.none() | st.sampled_from(CONDITIONS)
    entries = ListEntries(
        path="list.csv", emails=frozenset({"ada@acme.com"}), domains=frozenset({"acme.co.uk"}), company_keys=frozenset({"muller"}),
        digests=frozenset({"b5b9a0b2d8d8b7b2b2f2d2d7a2b1e9a1b8cd5b1d0a9e37e6f9c5f3f2d1c0b9a8"}) if draw(some) else frozenset(),
    )  # fmt: skip
    audience = Audience(
        countries=("US", "GB") if draw(some) else (),
        employees=draw(st.sampled_from([None, Range(200, 5000), Range(None, 500), Range(500, None)])),
        revenue=draw(st.sampled_from([None, Range(50_000_000, None)])),
        industries=draw(st.sampled_from([(), (IndustryPrefix("naics", "5112"), IndustryPrefix("naics", "52"))])),
        functions=("it", "engineering") if draw(some) else (),
        seniority=draw(st.sampled_from([None, SeniorityRange("manager", None), SeniorityRange(None, "director")])),
        only=draw(st.sampled_from([None, entries])),
        suppress=draw(st.sampled_from([(), (entries,)])),
        rule=draw(condition),
    )
    required = draw(st.sets(st.sampled_from([*TEXTS, "consent_at", "meeting_at"]), max_size=4)) - {"kind"}
    record = Record(
        required=tuple(sorted(required)),
        email=frozenset(draw(st.sets(st.sampled_from(["syntax", "business", "not_disposable", "not_role", "mx"])))),
        phone=frozenset(draw(st.sets(st.sampled_from(["valid", "matches_country"])))),
        consent=draw(st.sampled_from([None, Consent(fields=("consent_at", "consent_text"), max_age=Period.parse("30d"))])),
        fresh=draw(st.none() | st.sampled_from(["7d", "5bd", "24h", "8bh"]).map(Period.parse)),
        questions=draw(st.sampled_from([(), (Question("timeframe", ("0-3 months", "3-6 months")), Question("budget", ("yes",)))])),
    )
    appointment = Appointment(
        notice=draw(st.none() | st.sampled_from(["24h", "1bd"]).map(Period.parse)),
        horizon=draw(st.none() | st.sampled_from(["10bd", "30d"]).map(Period.parse)),
        attendee=draw(condition),
    )
    prices = [Price(on=Milestone.ACCEPTED, amount_minor=6200, when=draw(condition)), Price(on=Milestone.ACCEPTED, amount_minor=4800)]
    prices += [Price(on=Milestone.MEETING_HELD, amount_minor=48_000, when=draw(condition))] if draw(some) else []
    return Contract(
        id="reach", buyer="northwind", provider="intent", currency="USD", zone=draw(st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"])),
        starts=date(2026, 1, 15), ends=draw(st.sampled_from([None, date(2026, 2, 20)])), holidays=frozenset({date(2026, 2, 16)}),
        opens=time(9), closes=time(17, 30), audience=audience, record=record, appointment=draw(st.sampled_from([None, appointment])),
        prices=tuple(prices), pauses=draw(st.sampled_from([(), (Pause(date(2026, 2, 5), date(2026, 2, 6)),)])),
    )  # fmt: skip


def judged_both_ways(rows: list[dict[str, Any]], versions: list[Contract]) -> None:
    answers = [name for name in TEXTS if name.startswith("answer_")]
    schema = {**SCHEMA, **dict.fromkeys(answers, pl.String), FAULT_COLUMN: pl.String}
    batch = pl.DataFrame([pl.Series(name, [row.get(name) for row in rows], dtype=dtype) for name, dtype in schema.items()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalising, "FEW", -1)
        many = judge_rows(batch, versions)
    alone = [dict(row) for row in rows]
    judge_alone(alone, versions)
    few = many.clear().select(MADE)
    few = pl.DataFrame([pl.Series(name, [row[name] for row in alone], dtype=dtype) for name, dtype in few.schema.items()])
    # Of no text there is no code, however that is written.
    codes = pl.col("industry_codes").fill_null([])
    assert_frame_equal(few.with_columns(codes), many.select(MADE).with_columns(codes))
    assert [row["kind"] for row in alone] == many["kind"].to_list()


def simulated(count: int, seed: int) -> list[dict[str, Any]]:
    return read_deliveries(simulate_batch(count, seed), zone="UTC", received_at=START).to_dicts()


@settings(max_examples=150)
@given(rows=st.lists(deliveries(), min_size=1, max_size=6), contract=contracts())
def test_a_delivery_alone_is_judged_as_among_many(rows: list[dict[str, Any]], contract: Contract) -> None:
    judged_both_ways(rows, [contract])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_written_contracts_judge_alone_as_among_many(path: Path) -> None:
    contract = read_contract(path)
    for seed in range(3):
        judged_both_ways(simulated(150, seed), [contract])


def test_each_version_judges_what_was_generated_under_it() -> None:
    first = read_terms(BENCHMARK_CONTRACT, path=None).contract
    assert first is not None
    second = replace(first, version=2, holds_from=first.holds_from + timedelta(days=40), audience=Audience(countries=("DE",)))
    judged_both_ways(simulated(300, 4), [first, second])


def test_few_of_one_version_stand_beside_many_of_another() -> None:
    first = read_terms(BENCHMARK_CONTRACT, path=None).contract
    assert first is not None
    second = replace(first, version=2, holds_from=first.holds_from + timedelta(days=40))
    batch = pl.DataFrame(simulated(FEW + 40, 5)).with_columns(
        pl.when(pl.int_range(pl.len()) < 20)
        .then(first.holds_from + timedelta(days=50))
        .otherwise(first.holds_from + timedelta(days=1))
        .alias("generated_at")
    )
    judged = judge_rows(batch, [first, second])
    assert judged["contract_version"].value_counts().sort("contract_version").rows() == [(1, FEW + 20), (2, 20)]
    each = pl.concat([judge_rows(part, [first, second]) for part in batch.iter_slices(30)])
    assert_frame_equal(judged, each.select(judged.columns))


@given(rows=st.lists(deliveries(), min_size=1, max_size=4), sql=st.sampled_from(CONDITIONS))
def test_a_condition_says_of_one_delivery_what_it_says_over_columns(rows: list[dict[str, Any]], sql: str) -> None:
    contract = Contract(id="reach", buyer="northwind", provider="intent", currency="USD", zone="Europe/Berlin", starts=date(2026, 1, 1))
    judge_alone(rows, [contract])
    condition = compile_condition(sql)
    schema = {**SCHEMA, **DERIVED, "answer_budget": pl.String}
    frame = pl.DataFrame([pl.Series(name, [row.get(name) for row in rows], dtype=dtype) for name, dtype in schema.items()])
    read = read_condition(condition, zone="Europe/Berlin")
    if read is not None:
        assert [read(row) for row in rows] == evaluate(condition, frame, zone="Europe/Berlin").to_list()

"""Statements: events add up to what is owed, the PDF says the same, and no text in them can run."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from invented_programme import Invented, contract, invent, northwind, without_settlement
from payper.journey import EVENT_SCHEMA, RETURN_SCHEMA, Milestone
from payper.money import to_minor
from payper.periods import Period
from payper.reports import make_statement, statement_csv, statement_pdf
from payper.reports.spreadsheets import csv_text
from payper.reports.statement import Statement, paper_of
from payper.reports.words import decimal_text
from payper.settlement import DELIVERY_SCHEMA, Rates, settle
from payper.terms.contract import Appointment, Contract, NoShow, Price, Review


def text_of(pdf: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def statements(made: Invented) -> dict[str, Statement]:
    return {
        name: make_statement(programme=made.programme, versions=versions, settlement=made.settlement)
        for name, versions in made.contracts.items()
    }


@pytest.fixture(scope="module")
def made() -> Invented:
    return northwind()


def test_changes_in_the_csv_add_up_to_what_is_owed_and_pending(made: Invented) -> None:
    for statement in statements(made).values():
        lines = pl.read_csv(statement_csv(statement).encode(), infer_schema_length=0)
        currency = statement.contract.currency
        owed = sum((Decimal(value) for value in lines["owed_change"]), Decimal(0))
        pending = sum((Decimal(value) for value in lines["pending_change"]), Decimal(0))
        assert to_minor(owed, currency) == statement.owed_minor
        assert to_minor(pending, currency) == statement.pending_minor
        assert lines.height == made.settlement.transfers.filter(pl.col("contract") == statement.contract.id).height


def test_every_line_of_a_charge_says_how_to_contest_it(made: Invented) -> None:
    events = statements(made)["northwind-reach-2026q1"].events
    assert events["how_to_contest"].null_count() == 0
    assert events.filter(pl.col("event").str.starts_with("charge made"))["contest_until"].null_count() == 0


def test_the_pdf_says_what_is_owed_to_whom_and_as_of_when(made: Invented) -> None:
    for statement in statements(made).values():
        text = text_of(statement_pdf(statement))
        assert decimal_text(statement.owed_minor, statement.contract.currency) in text
        assert "20 Feb 2026" in text
        assert made.programme.party(statement.contract.provider) in text
        assert "Simulated" in text


def test_equal_statements_give_equal_files(made: Invented) -> None:
    one, again = statements(made)["northwind-dial-2026q1"], statements(northwind())["northwind-dial-2026q1"]
    assert statement_csv(one) == statement_csv(again)
    assert statement_pdf(one) == statement_pdf(again)


def test_no_text_in_a_statement_is_read_as_markup(made: Invented) -> None:
    evil = '#read("/etc/passwd") *bold* $x$ ] #panic() <b> \\ "'
    charges = made.settlement.charges.with_columns(external_id=pl.lit(evil))
    transfers = made.settlement.transfers.with_columns(cause=pl.lit(evil))
    programme = replace(made.programme, party_names={"northwind": evil, "intentreach": evil})
    bad = replace(made, programme=programme, settlement=replace(made.settlement, charges=charges.head(20), transfers=transfers))
    text = text_of(statement_pdf(statements(bad)["northwind-reach-2026q1"]))
    assert "#panic()" in text.replace("\n", "")
    assert "root:" not in text


@pytest.mark.parametrize(("currency", "whole"), [("JPY", "48,000"), ("BHD", "48.000"), ("USD", "480.00")])
def test_amounts_have_exactly_the_digits_of_their_currency(currency: str, whole: str) -> None:
    made = invent([contract("c", "lead", provider="p", currency=currency, minor=48000)], per_contract=3, accepts=5)
    statement = statements(made)["c"]
    assert whole in text_of(statement_pdf(statement))
    assert set(statement.events["amount"]) == {whole.replace(",", "")}


def test_a_statement_without_a_charge_says_so(made: Invented) -> None:
    for statement in statements(without_settlement(made)).values():
        text = text_of(statement_pdf(statement))
        assert "Nothing has been charged yet" in text
        assert statement_csv(statement).count("\n") == 1


def test_thousands_of_lines_are_cut_in_the_pdf_and_whole_in_the_csv() -> None:
    made = invent([contract("big", "lead", provider="p", total=None)], per_contract=2300, accepts=5)
    statement = statements(made)["big"]
    text = text_of(statement_pdf(statement))
    assert "The first 2,000 of 2,300 charges are listed here" in text
    assert text.count("CHARGED") > 20
    assert decimal_text(statement.owed_minor, "USD") in text
    assert statement.events["charge_id"].n_unique() == 2300


@pytest.mark.parametrize(
    ("zone", "paper"), [("America/New_York", "us-letter"), ("Europe/Berlin", "a4"), ("America/Sao_Paulo", "a4"), ("Asia/Tokyo", "a4")]
)
def test_paper_is_that_of_the_place(zone: str, paper: str) -> None:
    from pypdf import PdfReader

    assert paper_of(zone) == paper
    made = invent([contract("c", "lead", provider="p", zone=zone)], per_contract=2)
    height = float(PdfReader(io.BytesIO(statement_pdf(statements(made)["c"]))).pages[0].mediabox.height)
    assert round(height) == (792 if paper == "us-letter" else 842)


def test_formulas_are_made_harmless_and_phone_numbers_are_left_alone() -> None:
    cells = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|x", "\t=1", "+49 30 1234567", "-12.50", "Ana", None, "+1 (800) 555-0100"]
    text = csv_text(pl.DataFrame({"cell": cells}))
    read = pl.read_csv(text.encode(), infer_schema_length=0)["cell"].to_list()
    assert read[:5] == ["'" + cell for cell in cells[:5]]
    assert read[5:] == cells[5:]


def test_a_statement_is_dated_by_its_day_not_by_the_clock(made: Invented) -> None:
    from pypdf import PdfReader

    pdf = statement_pdf(statements(made)["northwind-dial-2026q1"])
    created = PdfReader(io.BytesIO(pdf)).metadata.creation_date
    assert created is not None
    assert created.date() == date(2026, 2, 20)


REVIVED = ["2026-01-07 cancelled", "2026-01-08 meeting booked", "2026-01-09 cancelled", "2026-01-12 meeting held"]


def _settled_statement(steps: list[str], *, as_of: date = date(2026, 2, 20)) -> tuple[Statement, int]:
    """Settle two meetings of two versions, the first with the steps given; give the statement and what the charges say is void."""
    terms = [
        Contract(
            "meet", "northwind", "dial", "USD", "UTC", date(2026, 1, 1), version=version, prices=(Price(Milestone.MEETING_HELD, 40000 + version),),
            review=Review(Period.parse("5bd")), appointment=Appointment(no_show=NoShow(reschedule=False, then="replace")),
        )
        for version in (1, 2)
    ]  # fmt: skip
    day = datetime(2026, 1, 5, 12, tzinfo=UTC)
    one = {"contract": "meet", "kind": "appointment", "delivered_at": day, "price_rows": [0]}
    rows = [
        one | {"delivery_id": 1, "external_id": "A-1", "contract_version": 1},
        one | {"delivery_id": 2, "external_id": "A-2", "contract_version": 2},
    ]
    told = [
        {"contract": "meet", "external_id": "A-1", "milestone": step[11:], "happened_at": datetime.fromisoformat(step[:10]).replace(tzinfo=UTC), "file": "m.csv", "row": row}
        for row, step in enumerate([*steps, "2026-01-08 cancelled"])
    ]  # fmt: skip
    told[-1]["external_id"] = "A-2"
    settlement = settle(
        pl.DataFrame(rows, schema=DELIVERY_SCHEMA), pl.DataFrame(told, schema=EVENT_SCHEMA), pl.DataFrame(schema=RETURN_SCHEMA),
        {"meet": terms}, Rates("USD"), as_of={"meet": datetime(as_of.year, as_of.month, as_of.day, 23, 59, tzinfo=UTC)},
    )  # fmt: skip
    programme = replace(northwind().programme, as_of=as_of)
    statement = make_statement(programme=programme, versions=terms, settlement=settlement)
    return statement, settlement.charges["voided_minor"].sum()


@pytest.mark.parametrize("steps", [REVIVED[:size] for size in range(1, 5)])
def test_lines_of_voids_add_up_to_what_is_void_though_charges_were_made_again(steps: list[str]) -> None:
    statement, voided = _settled_statement(steps)
    void = statement.events.filter(event="charge voided")
    assert sum(to_minor(amount, "USD") for amount in void["amount"]) == statement.voided_minor == voided
    assert statement.events.filter(event="voided, then made again").height == len(steps) // 2
    text = text_of(statement_pdf(statement)).replace("\n", " ")
    assert ("voided, then made again" in text) == (len(steps) > 1)


def test_prices_count_from_one_and_every_version_that_a_line_names_has_its_terms() -> None:
    statement, _ = _settled_statement([])
    assert set(statement.events["price_row"]) == {1}
    text = text_of(statement_pdf(statement))
    assert "v1 price 1, on meeting held: 400.01 USD." in text
    assert "v2 price 1, on meeting held: 400.02 USD." in text
    assert text.count("v1 price 1") == text.count("v2 price 1") == 2


def test_terms_and_how_to_contest_stand_on_the_first_page(made: Invented) -> None:
    """A contract of more prices has the first ones there, and all of them after its lines."""
    from pypdf import PdfReader

    versions = made.contracts["northwind-reach-2026q1"]
    many = [replace(each, prices=(*each.prices, *[each.prices[-1]] * 12)) for each in versions]
    for contracts, is_long in ((versions, False), (many, True)):
        statement = make_statement(programme=made.programme, versions=contracts, settlement=made.settlement)
        pages = PdfReader(io.BytesIO(statement_pdf(statement))).pages
        first = pages[0].extract_text()
        assert "How to contest a line" in first
        assert "price 1, on" in first
        assert ("more after the last line" in first) is is_long
        assert ("All terms" in pages[-1].extract_text()) is is_long


def test_a_replacement_owed_without_limit_says_so() -> None:
    statement, _ = _settled_statement(["2026-01-07 missed"])
    assert statement.replacements.select("state", "deadline_at").rows() == [("owed", None)]
    assert "no deadline" in text_of(statement_pdf(statement))


@pytest.mark.parametrize(
    ("external_id", "printed"),
    [
        ("L-12345-6789", "L-12345-6789"),
        ("550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("abcdefghijklmnopqrstuvwxyzabcdefghij", "abcdefghijklmnop…vwxyzabcdefghij"),
    ],
)
def test_an_id_can_be_copied_out_of_the_pdf(made: Invented, external_id: str, printed: str) -> None:
    named = replace(made.settlement, charges=made.settlement.charges.with_columns(external_id=pl.lit(external_id)))
    statement = make_statement(programme=made.programme, versions=made.contracts["northwind-reach-2026q1"], settlement=named)
    text = text_of(statement_pdf(statement))
    assert "\u200b" not in text
    assert "northwind-reach-2026q1" in text
    assert text.replace("-\n", "-").count(printed) >= statement.charges.height

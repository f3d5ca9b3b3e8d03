"""Tables of pages as files: exactly the rows that a view fits, beyond its first page, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from payper.desk.people.installation import absent, open_pages, reach_book, reach_contract
from payper.desk.people.people import Actor
from payper.desk.reads.public_numbers import key_for, own_number
from payper.desk.reads.read_deliveries import DeliverySeen, Filters, count_deliveries, seen_deliveries
from payper.desk.reads.read_money import Line, lines_of
from payper.desk.reads.read_results import ResultsAsked, read_results
from payper.desk.reads.worked_out import Worked
from payper.parties import Act
from payper.reports.exporting import KINDS
from payper.reports.tables import Table
from payper.reports.words import plain_decimal
from payper.store.directory import Directory

ROWS_MAX = 100_000
"""Rows of an XLSX or Parquet file, the newest; CSV has no end."""

AT_ONCE = 2_000
"""Rows of CSV that are made at a time."""

DELIVERIES = (
    "delivery", "external_id", "verdict", "decision", "reasons", "company", "contract", "delivered_at", "charge", "currency",
)  # fmt: skip


def check_kind(kind: str) -> str:
    """Give the media type of a kind of file.

    Raises:
        AbsentError: There is no such kind.
    """
    if kind not in KINDS:
        raise absent("kind of file", kind)
    return KINDS[kind]


@dataclass(frozen=True, slots=True)
class Pages:
    """A table that is made page by page.

    Attributes:
        rows: How many rows it has.
        make: Makes its pages, in the thread that asks for them; an empty table has one page.
    """

    rows: int
    make: Callable[[], Iterator[pl.DataFrame]]


def deliveries_pages(directory: Directory, actor: Actor, *, buyer: str, filters: Filters) -> Pages:
    """Give all deliveries that fit, newest first, those that are there now; errors as `deliveries_table`."""
    actor.must(Act.READ_DELIVERIES)
    address, reached = reach_book(directory, actor, buyer)
    with open_pages(address) as book:
        rows, last = count_deliveries(book, reached, filters), book.last_delivery_id()

    def make() -> Iterator[pl.DataFrame]:
        before: int | None = last + 1
        with open_pages(address) as book:
            key = key_for(book.secret(), "delivery")
            while before is not None:
                seen = seen_deliveries(book, buyer, reached, filters, before=before, limit=AT_ONCE)
                yield _deliveries([_delivery(each) for each in seen])
                before = own_number(seen[-1].number, key) if len(seen) == AT_ONCE else None

    return Pages(rows, make)


def deliveries_table(directory: Directory, actor: Actor, *, buyer: str, filters: Filters) -> pl.DataFrame:
    """Give the deliveries that fit, newest first, at most `ROWS_MAX`: as the table of the page.

    Raises:
        DeniedError: The actor may not read deliveries.
        AbsentError: The buyer, contract, verdict or reason is not there.
    """
    actor.must(Act.READ_DELIVERIES)
    address, reached = reach_book(directory, actor, buyer)
    with open_pages(address) as book:
        seen = seen_deliveries(book, buyer, reached, filters, before=None, limit=ROWS_MAX)
    return _deliveries([_delivery(each) for each in seen])


def _deliveries(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    schema = dict.fromkeys(DELIVERIES, pl.String) | {"delivered_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _delivery(seen: DeliverySeen) -> tuple[object, ...]:
    charge = plain_decimal(seen.price_minor, seen.currency) if seen.price_minor else None
    return (
        seen.number, seen.external_id, seen.verdict, seen.decision, ";".join(seen.reasons) or None, seen.company, seen.contract,
        seen.delivered_at, charge, seen.currency,
    )  # fmt: skip


def lines_table(directory: Directory, actor: Actor, *, buyer: str, contract: str) -> pl.DataFrame:
    """Give the statement lines of a contract, newest first, at most `ROWS_MAX`: as the table of the page.

    Raises:
        DeniedError: The actor may not read money.
        AbsentError: The contract is not there.
    """
    actor.must(Act.READ_MONEY)
    address, reached = reach_contract(directory, actor, buyer, contract)
    with open_pages(address) as book:
        lines = lines_of(book, reached, book.transfer_rows(contract, before=None, limit=ROWS_MAX), key_for(book.secret(), "delivery"))
    return _lines(lines)


def lines_pages(directory: Directory, actor: Actor, *, buyer: str, contract: str) -> Pages:
    """Give all statement lines of a contract, newest first; errors as `lines_table`."""
    actor.must(Act.READ_MONEY)
    address, reached = reach_contract(directory, actor, buyer, contract)
    with open_pages(address) as book:
        rows = book.count_transfers(contract)

    def make() -> Iterator[pl.DataFrame]:
        with open_pages(address) as book:
            key, is_empty = key_for(book.secret(), "delivery"), True
            for transfers in book.all_transfer_rows(contract, at_once=AT_ONCE):
                is_empty = False
                yield _lines(lines_of(book, reached, transfers, key))
            if is_empty:
                yield _lines([])

    return Pages(rows, make)


def _lines(lines: list[Line]) -> pl.DataFrame:
    names = ("happened_at", "delivery", "external_id", "milestone", "event", "cause", "pending", "owed", "currency")
    rows = [
        (
            each.happened_at, each.number, each.external_id, each.milestone, each.kind, each.cause,
            plain_decimal(each.pending_minor, each.currency), plain_decimal(each.owed_minor, each.currency), each.currency,
        )
        for each in lines
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String) | {"happened_at": pl.Datetime("us", "UTC")}, orient="row")


def results_table(directory: Directory, actor: Actor, asked: ResultsAsked, *, question: str, place: int) -> Worked[pl.DataFrame]:
    """Give a table of results as it is written on its page: the one at a place, from 1 on, of a question.

    Raises:
        DeniedError: The actor may not read results.
        AbsentError: There is no such question or table.
        UsageError: What is asked makes no sense.
    """
    found = read_results(directory, actor, asked)
    if found is None:
        raise absent("table", question)
    _, worked = found
    if worked.value is None:
        return Worked(None, is_current=False, stage=worked.stage, share=worked.share)
    tables = tables_of(worked.value.values, question)
    if not 1 <= place <= len(tables):
        raise absent("table", f"{question} {place}")
    return Worked(frame_of(tables[place - 1]), is_current=worked.is_current, read_at=worked.read_at)


def tables_of(values: Mapping[str, Any], question: str | None) -> list[Table]:
    """List the tables of a question of results in the order of its page: those of its charts, then its own."""
    if question == "figures":
        return [*values["tables"], *values["details"]]
    return [
        table
        for section in values["sections"]
        if section.id == question
        for table in (*(figure.table for figure in (*section.figures, *section.cells)), *section.tables)
    ]


def frame_of(table: Table) -> pl.DataFrame:
    """Give a table's cells as they are written, by their heads; heads that stand twice are numbered."""
    names: list[str] = []
    for place, head in enumerate(table.heads, 1):
        name = head or f"column {place}"
        names.append(name if name not in names else f"{name} {place}")
    return pl.DataFrame([list(row) for row in table.rows], schema=dict.fromkeys(names, pl.String), orient="row")

"""`payper verify` judges the journal anew: what is recorded must follow from the columns, the terms and what was met on arrival."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from tests.desk.conftest import CONTRACT, lead

from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme
from payper.reasons import Reason
from payper.store.database import read_database

AddLeads = Callable[[str, str], Path]


def _counts(folder: Path) -> tuple[int, int, int]:
    result = verify(folder)
    assert result.fault is None
    return result.counts["judged_anew"], result.counts["judged_otherwise"], result.counts["not_judged_anew"]


def _rewrite(folder: Path, change: pl.Expr, *, row: int) -> None:
    """Change one row of the first batch's journal and make digest and verdict rows fit, as only a new judging can tell."""
    path = folder / "out" / "payper.sqlite"
    with read_database(path) as database:
        (first,) = database.batches("deliveries")
    journal = pl.read_parquet(first.journal)
    name = change.meta.output_name()
    changed = journal.with_columns(pl.when(pl.col("row") == row).then(change).otherwise(pl.col(name)).alias(name))
    buffer = io.BytesIO()
    changed.write_parquet(buffer)
    sealed = replace(first, journal=buffer.getvalue())
    with sqlite3.connect(path) as connection:
        connection.execute(
            "update batch set journal = ?, digest = ? where batch = ?", (sealed.journal, sealed.sealed_after(first.previous), first.batch)
        )
        for one in changed.iter_rows(named=True):
            headline = Reason[one["reasons"].split(";")[0]].number if one["reasons"] else 0
            connection.execute(
                "update verdict set price_minor = ?, headline = ? where delivery_id = ?", (one["price_minor"], headline, one["delivery_id"])
            )
        connection.execute("delete from verdict_group")
        connection.execute(
            "insert into verdict_group select batch, verdict, headline, count(*), min(delivery_id), max(delivery_id) from verdict "
            "group by batch, verdict, headline"
        )


def test_what_was_recorded_in_several_runs_comes_out_the_same(programme: Path, add_leads: AddLeads) -> None:
    run_programme(programme)
    more = lead(1, day="2026-01-20") + lead(5, email="ann1@acme1.com") + lead(6, title="Xqzw") + lead(7, day="2026-05-01", replaces="L-1")
    add_leads("two.csv", more + "".join(lead(number, day="2026-01-21") for number in range(10, 16)))
    run_programme(programme)
    assert _counts(programme) == (14, 0, 0)
    assert verify(programme).lines[-1] == "14 deliveries were judged anew by the recorded terms; all come out as recorded."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (pl.lit(100, dtype=pl.Int64).alias("price_minor"), "row 1: recorded price_minor 100, now 4800"),
        (pl.lit("TITLE_UNKNOWN").alias("reasons"), "row 2: recorded reasons 'TITLE_UNKNOWN', now 'SENIORITY_OUTSIDE'"),
    ],
)
def test_a_record_that_does_not_follow_from_the_terms_is_told(programme: Path, change: pl.Expr, words: str) -> None:
    run_programme(programme)
    _rewrite(programme, change, row=1 if "price" in words else 2)
    result = verify(programme)
    assert result.fault is None
    assert words in result.lines[-1]
    assert result.counts["judged_otherwise"] == 1


def test_what_cannot_be_judged_anew_is_counted_by_why(programme: Path, add_leads: AddLeads) -> None:
    run_programme(programme)
    add_leads("torn.csv", "L-8,yesterday,2026-01-15 10:00,Ann,Lee,a8@acme8.com,IT Manager,US,\n")
    (programme / "deliveries" / "unknown").mkdir()
    add_leads("../unknown/other.csv", lead(9))
    run_programme(programme)
    judged, otherwise, left = _counts(programme)
    assert (judged + left, otherwise) == (6, 0)
    assert "1 of contracts not known then" in verify(programme).lines[-1]
    with sqlite3.connect(programme / "out" / "payper.sqlite") as connection:
        connection.execute("update batch set people = x'', people_digest = x'' where subject = 'deliveries'")
    assert _counts(programme) == (0, 0, 6)


def test_a_version_recorded_later_does_not_judge_what_came_before_it(programme: Path, add_leads: AddLeads) -> None:
    run_programme(programme)
    second = CONTRACT.replace('id = "reach"', 'id = "reach"\nversion = 2\nholds_from = 2026-01-10').replace("48.00", "52.00")
    (programme / "contracts" / "reach-2.toml").write_text(second, encoding="utf-8")
    add_leads("two.csv", lead(5))
    run_programme(programme)
    assert _counts(programme) == (5, 0, 0)


def test_reasons_of_lists_are_taken_as_recorded(programme: Path) -> None:
    (programme / "contracts" / "only.csv").write_text("acme1.com\n", encoding="utf-8")
    path = programme / "contracts" / "reach.toml"
    path.write_text(CONTRACT.replace('countries = ["US"]', 'countries = ["US"]\ncompanies = { only = "only.csv" }'), encoding="utf-8")
    run_programme(programme)
    assert _counts(programme) == (4, 0, 0)

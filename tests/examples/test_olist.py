"""Real leads: the Olist funnel runs as a programme, and its counts and sums are those of an independent count."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from csv import DictReader
from pathlib import Path

import polars as pl
import pytest

from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme

ROOT = Path(__file__).parents[2]
EARLY = "b91cf881"
"""The deal dated two days before its lead's first contact; it stays in the data and is refused."""


@pytest.mark.shared_data
def test_the_olist_funnel_is_judged_and_followed_to_revenue(shared_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "olist"
    subprocess.run(
        [sys.executable, str(ROOT / "examples/olist/make_programme.py"), str(shared_data / "olist-funnel"), str(folder)],
        check=True,
        capture_output=True,
    )
    result = run_programme(folder)
    assert verify(result.out).fault is None
    with (shared_data / "olist-funnel" / "olist_marketing_qualified_leads_dataset.csv").open(encoding="utf-8") as stream:
        leads = {row["mql_id"]: row["origin"] for row in DictReader(stream)}
    with (shared_data / "olist-funnel" / "olist_closed_deals_to_2018-09-30.csv").open(encoding="utf-8") as stream:
        deals = list(DictReader(stream))
    expected = Counter(origin.replace("_", "-") or "none-given" for origin in leads.values())
    contracts = {each["provider"]: each for each in result.summary["contracts"]}
    assert {name.replace("_", "-"): each["delivered"] for name, each in contracts.items()} == dict(expected)
    assert sum(each["accepted"] for each in contracts.values()) == 8000
    assert all(each["posted_minor"] == each["accepted"] * 1000 for each in contracts.values())
    wins = Counter(leads[deal["mql_id"]].replace("_", "-") or "none-given" for deal in deals if not deal["mql_id"].startswith(EARLY))
    won = {name.replace("_", "-"): sum(each["deals"] for each in contract["won"]) for name, contract in contracts.items()}
    assert {name: count for name, count in won.items() if count} == dict(wins)
    refused = pl.read_csv(result.out / "refusals.csv", infer_schema=False)
    assert [(row["external_id"][:8], row["code"]) for row in refused.iter_rows(named=True)] == [(EARLY, "BEFORE_DELIVERY")]
    items = pl.read_csv(shared_data / "olist-funnel" / "won_seller_order_items.csv.gz")
    sellers = {deal["seller_id"] for deal in deals if not deal["mql_id"].startswith(EARLY)}
    revenue = round(items.filter(pl.col("seller_id").is_in(sorted(sellers)))["price"].sum() * 100)
    assert sum(each["amount_minor"] for contract in contracts.values() for each in contract["won"]) == revenue

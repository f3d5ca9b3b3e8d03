"""What has been seen so far, as plain counts."""

from __future__ import annotations

import csv
import statistics
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.invented_deliveries import FIRST, invent_deliveries

from payper import measure
from payper.measurement.seen import count_seen

DAYS = timedelta(days=1)


def test_what_was_seen_is_counted_by_hand() -> None:
    rows = [
        (FIRST, FIRST + 2 * DAYS, 100.0, 3.0),
        (FIRST, FIRST + 7 * DAYS, 50.0, 3.0),
        (FIRST + DAYS, None, None, 3.0),
        (FIRST + DAYS, None, None, 3.0),
    ]
    frame = pl.DataFrame(rows, schema=["delivered_at", "won_at", "amount", "cost"], orient="row")
    (row,) = count_seen(frame, as_of=FIRST + 9 * DAYS).to_dicts()
    assert (row["deliveries"], row["wins"], row["win_share"], row["median_days"], row["revenue"], row["cost"]) == (4, 2, 0.5, 4.5, 150, 12)
    assert (row["win_share_lo"], row["win_share_hi"]) == pytest.approx((0.15004, 0.84996), abs=1e-5)  # Wilson's of 2 of 4
    (near,) = count_seen(frame, as_of=FIRST + 9 * DAYS, horizon_days=7).to_dicts()
    assert (near["wins"], near["revenue"]) == (1, 100)


def test_the_seen_share_of_the_young_is_too_low_and_its_interval_does_not_know() -> None:
    frame = invent_deliveries(1, count=3000, median_days=80)
    as_of = FIRST + 150 * DAYS
    (seen,), (allowed,) = (act(frame, as_of=as_of).to_dicts() for act in (count_seen, measure))
    truth = (frame["won_at"] - frame["delivered_at"]).dt.total_days().is_between(0, 179).sum() / frame.height
    assert seen["win_share_hi"] < truth
    assert allowed["win_rate_lo"] < truth < allowed["win_rate_hi"]


def test_money_that_nobody_knows_is_null_and_of_no_wins_is_nothing() -> None:
    frame = pl.DataFrame({"delivered_at": [FIRST] * 3, "won_at": [FIRST, None, None], "model": ["a", "a", "b"]})
    assert count_seen(frame, as_of=FIRST, by="model").select("revenue", "cost").rows() == [(None, None), (0.0, None)]


@pytest.mark.shared_data
def test_olist_is_counted_as_anybody_would(shared_data: Path) -> None:
    """Leads, wins, Wilson intervals and median days per origin, and the revenue that sellers made within 90 days of first contact."""
    folder = shared_data / "olist-funnel"
    leads = list(csv.DictReader((folder / "olist_marketing_qualified_leads_dataset.csv").read_text().splitlines()))
    deals = {row["mql_id"]: row for row in csv.DictReader((folder / "olist_closed_deals_to_2018-09-30.csv").read_text().splitlines())}
    items = pl.read_csv(folder / "won_seller_order_items.csv.gz")
    sold: dict[str, list[tuple[date, float]]] = defaultdict(list)
    for seller, shipped, price in items.select("seller_id", "shipping_limit_date", "price").iter_rows():
        sold[seller].append((date.fromisoformat(shipped[:10]), price))
    counted: dict[str, list[tuple[int | None, float]]] = defaultdict(list)
    rows = []
    for lead in leads:
        deal, made = deals.get(lead["mql_id"]), date.fromisoformat(lead["first_contact_date"])
        revenue = sum(price for day, price in sold[deal["seller_id"]] if (day - made).days < 90) if deal else 0.0
        lag = max((date.fromisoformat(deal["won_date"][:10]) - made).days, 0) if deal else None
        counted[lead["origin"]].append((lag, revenue))
        rows.append((lead["first_contact_date"], deal and deal["won_date"], revenue if deal else None, lead["origin"]))
    frame = pl.DataFrame(rows, schema=["delivered_at", "won_at", "amount", "origin"], orient="row")
    seen = count_seen(frame, as_of=date(2018, 9, 30), by="origin")
    assert seen["deliveries"].sum() == 8000
    assert seen["wins"].sum() == 815
    for row in seen.iter_rows(named=True):
        own = counted[row["origin"]]
        lags = [lag for lag, _ in own if lag is not None]
        assert (row["deliveries"], row["wins"]) == (len(own), len(lags))
        assert row["median_days"] == statistics.median(lags)
        assert row["revenue"] == pytest.approx(sum(revenue for _, revenue in own))
        n, p, z = len(own), len(lags) / len(own), 1.959964
        assert row["win_share_lo"] == pytest.approx(
            (p + z * z / 2 / n - z * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5) / (1 + z * z / n), abs=1e-6
        )
    flags = dict(measure(frame, as_of=date(2018, 9, 30), by="origin", horizon_days=90).select("origin", "flags").iter_rows())
    assert "WON_BEFORE_DELIVERY" in flags["organic_search"]
    assert {"DRIFT", "TRUNCATED"} <= set(measure(frame, as_of=date(2018, 9, 30))["flags"][0])
    later = frame.filter(pl.col("delivered_at") >= "2018-01-01")
    assert not {"DRIFT", "TRUNCATED"} & set(measure(later, as_of=date(2018, 9, 30))["flags"][0])

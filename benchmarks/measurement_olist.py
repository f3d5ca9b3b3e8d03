"""Measuring on real data: the marketing funnel of Olist, a marketplace (8,000 leads of 2017 and 2018, deals known to 30 Sep 2018).

    python benchmarks/measurement_olist.py [FOLDER of olist-funnel] [--seed 1]

Prints the plain count per origin; how often intervals said as of nine earlier dates held the wins of the same leads within 56, 91 and
182 days; and what the drift warning says of the months in which wins were not recorded.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from payper import measure
from payper.measurement.cohorts import compare_halves
from payper.measurement.histograms import count_histograms
from payper.measurement.matrices import make_matrices
from payper.measurement.snapshot import take_snapshot

DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data" / "olist-funnel"
KNOWN_TO = date(2018, 9, 30)
RECORDED_FROM = date(2018, 1, 1)
HORIZONS = (56, 91, 182)


def read_funnel(folder: Path) -> pl.DataFrame:
    leads = pl.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv")
    deals = pl.read_csv(folder / "olist_closed_deals_to_2018-09-30.csv").select("mql_id", "won_date")
    return leads.join(deals, on="mql_id", how="left").select(
        pl.col("first_contact_date").alias("delivered_at"),
        pl.col("won_date").alias("won_at"),
        pl.col("origin").fill_null("(none)"),
        pl.col("landing_page_id").alias("landing_page"),
    )


def as_of_dates() -> list[date]:
    """Nine dates, four weeks apart, from five weeks after wins are recorded."""
    return [date(2018, 2, 5) + timedelta(days=28 * step) for step in range(9)]


def happened(funnel: pl.DataFrame, by: str, then: date, horizon: int) -> pl.DataFrame:
    """Count, as anybody would, the wins within a horizon of the leads up to a date."""
    made = pl.col("delivered_at").str.to_date()
    lag = (pl.col("won_at").str.slice(0, 10).str.to_date() - made).dt.total_days()
    return (
        funnel.filter(made <= then)
        .group_by(by)
        .agg(truth=(lag < horizon).sum(), seen=((lag < horizon) & (lag + made.dt.epoch("d") <= (then - date(1970, 1, 1)).days)).sum())
    )


def wilson(wins: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p, z = wins / count, 1.96
    centre, reach = p + z * z / 2 / count, z * np.sqrt(p * (1 - p) / count + z * z / 4 / count**2)
    return count * (centre - reach) / (1 + z * z / count), count * (centre + reach) / (1 + z * z / count)


def predictive(funnel: pl.DataFrame, by: str, *, least: int) -> None:
    recorded = funnel.filter(pl.col("delivered_at") >= RECORDED_FROM.isoformat())
    print(f"\nBy {by}, leads from {RECORDED_FROM} on, groups of {least} leads or more: interval held, error as a share of all wins")
    for horizon in HORIZONS:
        held, plain, error, naive, total, cells = 0, 0, 0.0, 0.0, 0, 0
        # Leads so young that their horizon ends after the data do are left out, whatever the date.
        known = recorded.filter(pl.col("delivered_at") <= (KNOWN_TO - timedelta(days=horizon - 1)).isoformat())
        for then in as_of_dates():
            said = measure(known, as_of=then, by=by, horizon_days=horizon).filter(pl.col("deliveries") >= least)
            both = said.join(happened(known, by, then, horizon), on=by)
            truth, low, high = (both[name].to_numpy() for name in ("truth", "wins_expected_lo", "wins_expected_hi"))
            held += int(((low <= truth) & (truth <= high)).sum())
            error += float(np.abs(both["wins_expected"].to_numpy() - truth).sum())
            wins, count = both["seen"].to_numpy().astype(float), both["deliveries"].to_numpy().astype(float)
            below, above = wilson(wins, count)
            plain += int(((below <= truth) & (truth <= above)).sum())
            naive += float(np.abs(wins - truth).sum())
            total += int(truth.sum())
            cells += both.height
        print(
            f"  {horizon:3} days: {cells:3} cells, payper holds {100 * held / cells:5.1f} %, error {error / total:.3f}; "
            f"wins by leads (Wilson) holds {100 * plain / cells:5.1f} %, error {naive / total:.3f}"
        )


def counts(funnel: pl.DataFrame) -> None:
    print("Plain counts per origin, as of 30 Sep 2018: leads, wins, win rate within 90 days with its interval")
    found = measure(funnel, as_of=KNOWN_TO, by="origin", horizon_days=90)
    for row in found.iter_rows(named=True):
        flags = ", ".join(row["flags"])
        print(
            f"  {row['origin']:18} {row['deliveries']:5} {row['wins_seen']:4}  "
            f"{100 * row['win_rate']:5.1f} % [{100 * row['win_rate_lo']:.1f}, {100 * row['win_rate_hi']:.1f}]  {flags}"
        )


def drift(funnel: pl.DataFrame) -> None:
    print("\nDrift: log-rank z of the newer half of leads against the older, and warnings, as of 30 Sep 2018")
    for label, part in (
        ("all leads, from June 2017", funnel),
        ("leads from January 2018 on", funnel.filter(pl.col("delivered_at") >= "2018-01-01")),
    ):
        z = compare_halves(make_matrices(count_histograms(take_snapshot(part, as_of=KNOWN_TO))))[0]
        flags = measure(part, as_of=KNOWN_TO)["flags"][0].to_list()
        print(f"  {label}: z = {z:.1f}, {', '.join(flags) or 'no warning'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--seed", type=int, default=1, help="no chance is used but the draws of intervals")
    arguments = parser.parse_args()
    funnel = read_funnel(arguments.folder)
    counts(funnel)
    predictive(funnel, "origin", least=20)
    predictive(funnel, "landing_page", least=100)
    predictive(funnel.with_columns(everything=pl.lit("all")), "everything", least=20)
    drift(funnel)


if __name__ == "__main__":
    main()

"""How far forecasts can be trusted: programmes whose truth is known (S17), and Olist's leads from rolling origins.

Bands are the forecast's own quantiles. Pinball loss is the mean over nine levels (.1 to .9), in wins; smaller is better. Baselines:
the same number of weeks before (naive; a year before where there is one: naive seasonal), and what a CRM weighs: open items times the
share that is won ever (weighted pipeline); both with Poisson quantiles, which flatters them.

    python benchmarks/forecast.py [--seed 7] [--repetitions 200] [--only known,pinball,pace,olist,speed]
"""

from __future__ import annotations

import argparse
import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from payper.advice.forecast import Forecast, forecast
from payper.advice.forecast_arrivals import draw_volume
from payper.advice.forecast_frames import spread_ties
from payper.advice.forecast_plans import plan_contracts
from payper.advice.forecast_record import check_forecasts
from payper.terms.contract import Contract

DATA = Path(os.environ.get("PAYPER_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
LEVELS = np.arange(1, 10) / 10
HORIZONS = (4, 13, 26)


def programme(seed: int, *, count: int, share: float, median: float, spread: float, days: int) -> pl.DataFrame:
    """Deliveries over some days, a share of which is won after a lognormal lag; meetings and opportunities on the way."""
    chance = np.random.default_rng(seed)
    made = np.sort(chance.integers(0, days, count))
    won = chance.random(count) < share
    lag = np.exp(chance.normal(np.log(median), spread, count))
    held = won | (chance.random(count) < 3 * share)
    steps = {"delivered_at": made, "held_at": made + 0.3 * lag, "opportunity_at": made + 0.5 * lag, "won_at": made + lag}
    reached = {
        "delivered_at": np.ones(count, bool),
        "held_at": held,
        "opportunity_at": won | (held & (chance.random(count) < 0.4)),
        "won_at": won,
    }
    return pl.DataFrame(steps).select(
        pl.when(pl.Series(reached[name])).then(pl.lit(date(2024, 1, 1)) + pl.duration(days=pl.col(name).floor().cast(pl.Int64))).alias(name)
        for name in steps
    )


def came(frame: pl.DataFrame, as_of: date, weeks: int, column: str = "won_at") -> int:
    return frame.filter((pl.col(column) > as_of) & (pl.col(column) <= as_of + timedelta(days=7 * weeks))).height


def totals(found: Forecast, weeks: int, measure: str = "wins") -> np.ndarray:
    return found.draws[measure][:, : 7 * weeks].sum(axis=1)


def quantiles(counts: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.quantile(spread_ties(counts[:, None])[:, 0], levels)


def poisson_quantiles(mean: float, levels: np.ndarray, seed: int) -> np.ndarray:
    return quantiles(np.random.default_rng(seed).poisson(max(mean, 0.0), 4_000).astype(float), levels)


def pinball(at: np.ndarray, truth: float) -> float:
    return float(np.mean(np.maximum(LEVELS * (truth - at), (LEVELS - 1) * (truth - at))))


WORLDS = {
    "1,500 leads, 4 % won, median 75 d": {"count": 1500, "share": 0.04, "median": 75, "spread": 0.8},
    "300 appointments, 15 % won, 60 d": {"count": 300, "share": 0.15, "median": 60, "spread": 0.7},
    "5,000 leads, 3 % won, median 40 d": {"count": 5000, "share": 0.03, "median": 40, "spread": 1.0},
}


def run_known(seed: int, repetitions: int) -> None:
    print(f"\nS17 wins in the 13 weeks after a year, from what is delivered by then; {repetitions} programmes each")
    print(f"{'':<38} {'truth':>6} {'sd':>5} {'bias':>6} {'RMSE':>6} {'90 %':>6} {'80 %':>6} {'50 %':>6} {'CRM bias':>9}")
    as_of = date(2024, 1, 1) + timedelta(days=364)
    for name, world in WORLDS.items():
        for columns, label in (
            (["delivered_at", "won_at"], "age"),
            (["delivered_at", "held_at", "opportunity_at", "won_at"], "as it chooses"),
        ):
            rows = []
            methods = set()
            for repetition in range(repetitions if label == "age" else max(repetitions // 4, 1)):
                frame = programme(seed + 1000 * repetition, days=365, **world)
                truth = came(frame, as_of, 13)
                found = forecast(frame.select(columns), as_of=as_of, weeks=13, seed=repetition)
                methods.add(found.method)
                last = found.cumulative.filter((pl.col("measure") == "wins") & (pl.col("source") == "all") & (pl.col("week") == 13)).row(
                    0, named=True
                )
                crm = world["share"] * frame.filter(~(pl.col("won_at") <= as_of).fill_null(value=False)).height
                holds = [last[low] <= truth <= last[high] for low, high in (("p05", "p95"), ("p10", "p90"), ("p25", "p75"))]
                rows.append((truth, last["mean"] - truth, *holds, crm - truth))
            table = np.array(rows, dtype=float)
            print(
                f"{name + ', ' + '/'.join(sorted(methods)):<38} {table[:, 0].mean():>6.1f} {table[:, 0].std():>5.1f} {table[:, 1].mean():>+6.2f} "
                f"{np.sqrt((table[:, 1] ** 2).mean()):>6.2f} {table[:, 2].mean():>6.1%} {table[:, 3].mean():>6.1%} {table[:, 4].mean():>6.1%} "
                f"{table[:, 5].mean():>+9.1f}",
                flush=True,
            )


def compare(frame: pl.DataFrame, as_of: date, seed: int) -> list[tuple[int, str, float, float, bool, bool]]:
    """Give pinball losses of a forecast and its baselines at one origin, for wins of what is delivered and for all wins."""
    plans = (
        frame.filter((pl.col("delivered_at") > as_of) & (pl.col("delivered_at") <= as_of + timedelta(days=7 * max(HORIZONS))))
        .group_by("delivered_at")
        .agg(pl.len().cast(pl.Float64).alias("deliveries"))
        .select(pl.col("delivered_at").alias("delivered_on"), "deliveries", pl.lit("contracted").alias("source"))
    )
    known = frame.filter(pl.col("delivered_at") <= as_of)
    found = {
        "delivered": forecast(known, as_of=as_of, weeks=max(HORIZONS), seed=seed),
        "all": forecast(known, as_of=as_of, weeks=max(HORIZONS), planned=plans, seed=seed),
    }
    wins = known.filter(pl.col("won_at") <= as_of)
    # The share won ever is read off the whole set, which the pipeline could not know.
    ever = frame["won_at"].is_not_null().mean()
    rows = []
    for weeks in HORIZONS:
        span = timedelta(days=7 * weeks)
        year_ago = as_of - timedelta(days=364)
        has_year = (frame["delivered_at"].min() or as_of) <= year_ago - timedelta(days=28)
        season = came(frame, year_ago if has_year else as_of - span, weeks)
        baselines = {"delivered": {"weighted pipeline": ever * (known.height - wins.height)}, "all": {"naive seasonal": season}}
        for target in ("delivered", "all"):
            truth = came(known if target == "delivered" else frame, as_of, weeks)
            drawn = totals(found[target], weeks)
            bounds = quantiles(drawn, np.array([0.1, 0.9, 0.025, 0.975]))
            holds = (bool(bounds[0] <= truth <= bounds[1]), bool(bounds[2] <= truth <= bounds[3]))
            rows.append((weeks, f"{target}: forecast", truth, pinball(quantiles(drawn, LEVELS), truth), *holds))
            for name, mean in baselines[target].items():
                rows.append((weeks, f"{target}: {name}", truth, pinball(poisson_quantiles(mean, LEVELS, seed), truth), False, False))
    return rows


def show(rows: list[tuple[int, str, float, float, bool, bool]], origins: int) -> None:
    table = pl.DataFrame(rows, schema=["weeks", "what", "truth", "loss", "in80", "in95"], orient="row")
    print(f"{'':<8} {'':<28} {'truth':>7} {'pinball':>8} {'80 %':>6} {'95 %':>6}   ({origins} origins)")
    for (weeks, what), part in table.group_by("weeks", "what", maintain_order=True):
        held = f"{part['in80'].mean():>6.1%} {part['in95'].mean():>6.1%}" if str(what).endswith("forecast") else ""
        print(f"{weeks:>2} weeks {what:<28} {part['truth'].mean():>7.1f} {part['loss'].mean():>8.2f} {held}", flush=True)


def run_pinball(seed: int, repetitions: int) -> None:
    print("\nPinball loss on programmes of two years, as of day 420; deliveries to come are known as contracted volumes")
    rows = []
    count = max(repetitions // 4, 1)
    for repetition in range(count):
        frame = programme(seed + 1000 * repetition, count=3_000, share=0.04, median=75, spread=0.8, days=730)
        rows += compare(frame.select("delivered_at", "won_at"), date(2024, 1, 1) + timedelta(days=420), repetition)
    show(sorted(rows, key=lambda row: (row[0], row[1])), count)


def run_pace(seed: int, repetitions: int) -> None:
    """Volumes of contracts: what is counted on and how unsure that is, held against what the same provider delivered."""
    print("\nDeliveries of a contract in the 13 weeks after the day, counted on at its pace; bands of the gamma that futures draw")
    print(f"{'':<38} {'truth':>6} {'sd':>5} {'bias':>6} {'90 %':>6} {'80 %':>6}   ({4 * repetitions} contracts)")
    end = datetime(2026, 3, 2, tzinfo=UTC)
    terms = Contract(id="c", buyer="b", provider="p", currency="EUR", zone="UTC", starts=date(2025, 1, 1))
    for name, a_week, dispersion in (
        ("12 a week, by chance alone", 12, 1.0),
        ("12 a week, weeks vary 3 times as much", 12, 3.0),
        ("3 a week", 3, 1.0),
    ):
        chance = np.random.default_rng(seed)
        rows = []
        for _ in range(4 * repetitions):
            mean = np.full(21, float(a_week))
            varied = mean if dispersion == 1 else chance.gamma(mean / (dispersion - 1), dispersion - 1)
            weeks = chance.poisson(varied)
            days = [
                date(2026, 3, 1) - timedelta(days=int(7 * week + day)) for week in range(8) for day in chance.integers(0, 7, weeks[week])
            ]
            past = pl.DataFrame(
                {"contract": "c", "delivered_on": days, "is_replacement": False}, schema_overrides={"delivered_on": pl.Date}
            )
            (plan,) = plan_contracts({"c": [terms]}, past, {}, as_of=date(2026, 3, 1), end=end, days=91)
            truth = int(weeks[8:].sum())
            drawn = plan.deliveries * draw_volume(plan.spread, 2_000, chance)
            low, tenth, ninth, high = np.quantile(drawn, [0.05, 0.1, 0.9, 0.95])
            rows.append((truth, plan.deliveries - truth, low <= truth <= high, tenth <= truth <= ninth))
        table = np.array(rows, dtype=float)
        print(
            f"{name:<38} {table[:, 0].mean():>6.1f} {table[:, 0].std():>5.1f} {table[:, 1].mean():>+6.2f} {table[:, 2].mean():>6.1%} {table[:, 3].mean():>6.1%}",
            flush=True,
        )


def run_olist(seed: int, _: int) -> None:
    folder = DATA / "olist-funnel"
    leads = pl.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv", try_parse_dates=True)
    deals = pl.read_csv(folder / "olist_closed_deals_to_2018-09-30.csv", try_parse_dates=True)
    frame = leads.join(deals, on="mql_id", how="left").select(
        pl.col("first_contact_date").alias("delivered_at"), pl.col("won_date").cast(pl.Date).alias("won_at")
    )
    # Before December 2017 wins were not recorded.
    frame = frame.filter(pl.col("delivered_at") >= date(2018, 1, 1))
    print("\nOlist, leads from 2018-01 on, origins every week; deals are known to 2018-09-30, leads end on 2018-05-31")
    origins = [date(2018, 2, 12) + timedelta(days=7 * week) for week in range(6)]
    rows = [row for origin in origins for row in compare(frame, origin, seed)]
    show(sorted(rows, key=lambda row: (row[0], row[1])), len(origins))
    late = [date(2018, 2, 12) + timedelta(days=7 * week) for week in range(20)]
    kept = [row for origin in late for row in compare(frame, origin, seed) if origin + timedelta(days=7 * row[0]) <= date(2018, 9, 30)]
    print("all origins whose weeks are over by 2018-09-30:")
    show(sorted(kept, key=lambda row: (row[0], row[1])), len(late))
    print(check_forecasts(frame, as_of=date(2018, 9, 30)).words)


def run_speed(seed: int, _: int) -> None:
    for count, weeks, by in ((20_000, 26, "model"), (100_000, 13, ()), (100_000, 13, "model")):
        frame = programme(seed, count=count, share=0.05, median=60, spread=0.8, days=730).with_columns(
            model=pl.Series(np.random.default_rng(seed).choice(["lead", "appointment", "hybrid"], count)), amount=pl.lit(12_000.0)
        )
        wall, cpu = time.perf_counter(), time.process_time()
        forecast(frame, as_of=date(2025, 12, 30), weeks=weeks, by=by)
        spent = f"{time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of processor"
        print(f"\n{count:,} deliveries, {weeks} weeks, all measures, {'three models' if by else 'one group'}: {spent}")


RUNS = {"known": run_known, "pinball": run_pinball, "pace": run_pace, "olist": run_olist, "speed": run_speed}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--seed", type=int, default=7)
    reader.add_argument("--repetitions", type=int, default=200)
    reader.add_argument("--only", default=",".join(RUNS))
    asked = reader.parse_args()
    print(f"seed {asked.seed}, {asked.repetitions} repetitions")
    for name in asked.only.split(","):
        if name == "olist" and not DATA.is_dir():
            print("\nolist: the data is not here")
            continue
        RUNS[name](asked.seed, asked.repetitions)


if __name__ == "__main__":
    main()

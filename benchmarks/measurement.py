"""How right, how honest and how quick measuring is while deals are still open.

    python benchmarks/measurement.py [--seed 1] [--repetitions 500] [--only maturity,money,difference,worlds,drift,engines,growth]

Parts: *maturity*: two programmes of known truth, looked at after 90 to 730 days, by payper and by the usual ways; *money*: revenue per
delivery under 24 laws of amounts; *difference*: return on two models compared; *worlds*: lags that the cure model does not know;
*drift*: how often a change is noticed, and how often one that is not there; *engines*: the same histograms by DuckDB and Spark, and the
time they take; *growth*: time for one to ten million deliveries.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from importlib.util import find_spec

import numpy as np
import polars as pl
from scipy.special import gammaincinv
from scipy.stats import norm

from payper import measure
from payper.measurement.comparison import compare_groups
from payper.measurement.cure import CureData, fit_cure
from payper.measurement.exposure import revenue_within, wins_within
from payper.measurement.gammas import gamma_interval, midp_interval
from payper.measurement.histograms import Histograms, add_histograms, count_histograms
from payper.measurement.matrices import Matrices, make_matrices
from payper.measurement.snapshot import take_snapshot

FIRST = datetime(2024, 1, 1)  # noqa: DTZ001  # times without a zone are UTC
HORIZON = 182
TOGETHER = 100
Lags = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def lognormal(median: float, spread: float) -> Lags:
    return lambda _, late: median * np.exp(spread * late)


def weibull(median: float, shape: float) -> Lags:
    return lambda _, late: median * (-np.log(norm.sf(late)) / np.log(2)) ** (1 / shape)


def invent(rng, runs, *, count, rate, lags, days, lost=0.7, amounts=None, price=50.0, newer_rate=None, moved=None):
    """Make so many programmes at once; `late` is the standard normal that both lag and amount come from."""
    size = runs * count
    made = rng.random(size) * days
    late = rng.standard_normal(size)
    lag = lags(rng, late)
    chance = np.where(made > days / 2, newer_rate or rate, rate)
    won = rng.random(size) < chance
    at = made + lag if moved is None else moved(made + lag, made)
    amount = np.ones(size) if amounts is None else amounts(rng, late)
    is_lost = ~won & (rng.random(size) < lost)

    def times(days_after, known):
        stamps = np.datetime64(FIRST, "us") + (days_after * 86_400e6).astype("timedelta64[us]")
        return pl.select(pl.when(pl.Series(known)).then(pl.Series(stamps))).to_series()

    return pl.DataFrame(
        {
            "run": np.repeat(np.arange(runs), count),
            "delivered_at": times(made, np.ones(size, bool)),
            "won_at": times(at, won),
            "lost_at": times(made + rng.exponential(45, size), is_lost),
            "amount": pl.select(pl.when(pl.Series(won)).then(pl.Series(amount))).to_series(),
            "cost": np.full(size, price),
        }
    )


def after(days: int) -> date:
    """The last day of a programme of so many days."""
    return FIRST.date() + timedelta(days=days - 1)


def in_turns(repetitions: int, seed: list[int]):
    """Give generators for groups of repetitions that are measured together."""
    for start in range(0, repetitions, TOGETHER):
        yield min(TOGETHER, repetitions - start), np.random.default_rng([*seed, start])


def summary(estimate, low, high, truth) -> str:
    """Bias, cover, mean width, in percent of the truth."""
    known = ~np.isnan(estimate)
    estimate, low, high = estimate[known], low[known], np.where(np.isnan(high[known]), np.inf, high[known])
    cover = np.mean((low <= truth) & (truth <= high))
    width = np.mean(np.where(np.isfinite(high), high - low, np.nan)) / truth
    return f"{100 * (estimate.mean() / truth - 1):+6.1f} / {100 * cover:5.1f} / {100 * width:4.0f}"


def column(frame: pl.DataFrame, name: str):
    return [frame[f"{name}{suffix}"].cast(pl.Float64).fill_null(np.nan).to_numpy() for suffix in ("", "_lo", "_hi")]


def wilson(wins, count):
    """Wins by deliveries, with Wilson's interval: what a spreadsheet shows."""
    p, z = wins / count, 1.96
    centre, reach = (p + z * z / 2 / count), z * np.sqrt(p * (1 - p) / count + z * z / 4 / count**2)
    return p, (centre - reach) / (1 + z * z / count), (centre + reach) / (1 + z * z / count)


def kaplan_meier(matrices: Matrices, days: int):
    """The curve of wins with losses taken for censored, and Greenwood's interval on the log log scale: the classic error."""
    exits = matrices.won + matrices.lost
    later = np.cumsum(matrices.open[:, ::-1], axis=1)[:, ::-1] - matrices.open
    risk = np.maximum(later + np.cumsum(exits[:, ::-1], axis=1)[:, ::-1], 1)
    curve = np.prod((1 - matrices.won / risk)[:, :days], axis=1)
    variance = (matrices.won / (risk * np.maximum(risk - matrices.won, 1)))[:, :days].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = 1.96 * np.sqrt(variance) / np.abs(np.log(curve))
        bounds = [curve ** np.exp(sign * reach) for sign in (-1, 1)]
    return 1 - curve, 1 - bounds[0], 1 - bounds[1]


PROGRAMMES = {
    "pay-per-lead": ({"count": 1500, "rate": 0.04, "lags": lognormal(75, 0.8)}, norm.cdf(np.log(HORIZON / 75) / 0.8)),
    "pay-per-appointment": ({"count": 300, "rate": 0.15, "lags": weibull(60, 1.2)}, 1 - 2 ** -((HORIZON / 60) ** 1.2)),
}


def maturity(repetitions: int, seed: int) -> None:
    print(f"Maturity: bias / cover of 95 % / mean width, % of the truth; horizon {HORIZON} days; {repetitions} repetitions")
    for name, (design, within) in PROGRAMMES.items():
        rate = design["rate"]
        for days in (90, 180, 270, 365, 540, 730):
            frames, matrices = [], []
            for runs, rng in in_turns(repetitions, [seed, days, len(name)]):
                deliveries = invent(rng, runs, days=days, **design)
                frames.append(measure(deliveries, as_of=after(days), horizon_days=HORIZON, by="run"))
                matrices.append(make_matrices(count_histograms(take_snapshot(deliveries, as_of=after(days), by="run"))))
            found = pl.concat(frames)
            usual = [np.concatenate(part) for part in zip(*(kaplan_meier(each, HORIZON) for each in matrices), strict=True)]
            plain = wilson(found["wins_seen"].to_numpy().astype(float), design["count"])
            flags = found["flags"].to_list()
            young = np.mean([bool({"IMMATURE", "EXTRAPOLATED"} & set(each)) for each in flags])
            print(f"\n{name}, {days} days: {found['wins_seen'].mean():.0f} wins, {found['visible_share'].mean():.2f} visible (said)")
            print(f"  win rate, {found['method'][0]:28} {summary(*column(found, 'win_rate'), rate * within)}")
            print(f"  win rate, grid of the cure model        {summary(*column(found, 'projected_win_rate'), rate * within)}")
            print(f"  ultimate win rate                       {summary(*column(found, 'ultimate_win_rate'), rate)}")
            print(f"  wins by deliveries (wrong)              {summary(*plain, rate * within)}")
            if days > HORIZON:
                print(f"  Kaplan-Meier, lost = censored (wrong)   {summary(*usual, rate * within)}")
            print(
                f"  IMMATURE or EXTRAPOLATED {100 * young:.0f} %, DRIFT (false) {100 * np.mean(['DRIFT' in each for each in flags]):.1f} %"
            )


def amount_laws():
    """Laws of amounts from a standard normal: three that trade knows, and one deal in ten worth ten times the others, as a strain."""
    return {
        "lognormal s=1": lambda normal: 8_000 * np.exp(normal),
        "exponential": lambda normal: -12_000 * np.log(norm.sf(normal)),
        "gamma, shape 3": lambda normal: 4_000 * gammaincinv(3, norm.cdf(normal)),
        "one in ten is tenfold": lambda normal: np.where(norm.cdf(normal) > 0.9, 50_000, 5_000) * (0.7 + 0.6 * norm.cdf(7 * normal % 1)),
    }


def money(repetitions: int, seed: int) -> None:
    print(f"\nMoney: revenue per delivery within {HORIZON} days after 365 days; bias / cover / width; {repetitions} repetitions")
    for label, law in amount_laws().items():
        for correlation in (0.0, 0.5):

            def amounts(rng, late, law=law, correlation=correlation):
                return law(correlation * late + np.sqrt(1 - correlation**2) * rng.standard_normal(late.size))

            rng = np.random.default_rng([seed, 99])
            late = rng.standard_normal(4_000_000)
            lags = lognormal(75, 0.8)
            truth = 0.04 * np.mean(amounts(rng, late) * (lags(rng, late) < HORIZON))
            ultimate = 0.04 * np.mean(amounts(rng, late))
            for count in (400, 1500, 5000):
                frames = []
                for runs, own in in_turns(repetitions, [seed, count, len(label), int(10 * correlation)]):
                    deliveries = invent(own, runs, count=count, rate=0.04, lags=lags, days=365, amounts=amounts)
                    frames.append(measure(deliveries, as_of=after(365), horizon_days=HORIZON, by="run"))
                found = pl.concat(frames)
                within, whole = (
                    summary(*column(found, name), value)
                    for name, value in (("revenue_per_delivery", truth), ("ultimate_revenue_per_delivery", ultimate))
                )
                wins = found["wins_seen"].mean()
                print(f"  {label:22} correlation {correlation:.1f}, {wins:4.0f} wins: within the horizon {within};  ultimate {whole}")


def difference(repetitions: int, seed: int) -> None:
    print(f"\nDifference: return on pay-per-lead less that on pay-per-appointment after 365 days; {repetitions} repetitions")

    def amounts(rng, late):
        return 8_000 * np.exp(0.5 * late + np.sqrt(0.75) * rng.standard_normal(late.size))

    prices = {"pay-per-lead": 50.0, "pay-per-appointment": 450.0}
    truth = {}
    for name, (design, _) in PROGRAMMES.items():
        rng = np.random.default_rng([seed, 98])
        late = rng.standard_normal(4_000_000)
        revenue = design["rate"] * np.mean(amounts(rng, late) * (design["lags"](rng, late) < HORIZON))
        truth[name] = {"win_rate": design["rate"] * PROGRAMMES[name][1], "revenue_per_delivery": revenue, "roi": revenue / prices[name] - 1}
    held = {"win_rate": [], "revenue_per_delivery": [], "roi": [], "ratio of revenue": []}
    for _, rng in in_turns(repetitions * TOGETHER, [seed, 97]):
        parts = [
            invent(rng, 1, days=365, amounts=amounts, price=prices[name], **design).with_columns(model=pl.lit(name))
            for name, (design, _) in PROGRAMMES.items()
        ]
        found = compare_groups(
            pl.concat(parts), as_of=after(365), horizon_days=HORIZON, by="model", first="pay-per-lead", second="pay-per-appointment"
        )
        rows = {row["measure"]: row for row in found.to_dicts()}
        one, two = truth["pay-per-lead"], truth["pay-per-appointment"]
        for name in ("win_rate", "revenue_per_delivery", "roi"):
            held[name].append(rows[name]["difference_lo"] <= one[name] - two[name] <= rows[name]["difference_hi"])
        ratio, row = one["revenue_per_delivery"] / two["revenue_per_delivery"], rows["revenue_per_delivery"]
        held["ratio of revenue"].append(row["ratio_lo"] <= ratio <= row["ratio_hi"])
    for name, each in held.items():
        print(f"  {name:22} cover {100 * np.mean(each):.1f} %")


def worlds(repetitions: int, seed: int) -> None:
    print(f"\nWorlds that the model does not know: win rate within {HORIZON} days, bias / cover / width, and how often EXTRAPOLATED")

    def two_waves(rng, late):
        return np.where(rng.random(late.size) < 0.5, 10, 150) * np.exp(0.4 * late)

    def to_quarter_ends(at, made):
        end = (np.floor(at / 91) + 1) * 91 - 3
        return np.where(np.modf(at * 977)[0] < 0.5, np.maximum(end, made), at)

    cases = {
        "median 180 days": ({"lags": lognormal(180, 0.8)}, None),
        "median 20 days, spread 1.2": ({"lags": lognormal(20, 1.2)}, None),
        "two waves, 10 and 150 days": ({"lags": two_waves}, None),
        "half of the wins at quarter ends": ({"lags": lognormal(75, 0.8), "moved": to_quarter_ends}, None),
    }
    for label, (design, _) in cases.items():
        for days in (120, 240, 365, 730):
            frames, truths = [], []
            for runs, rng in in_turns(repetitions, [seed, days, len(label)]):
                deliveries = invent(rng, runs, count=1500, rate=0.04, days=days, **design)
                lag = (deliveries["won_at"].dt.date() - deliveries["delivered_at"].dt.date()).dt.total_days()
                truths.append((lag < HORIZON).sum() / deliveries.height)
                frames.append(measure(deliveries, as_of=after(days), horizon_days=HORIZON, by="run"))
            found, truth = pl.concat(frames), float(np.mean(truths))
            flagged = found["flags"].list.contains("EXTRAPOLATED").mean()
            spikes = found["flags"].list.contains("SPIKES").mean()
            words = f"{summary(*column(found, 'win_rate'), truth)}  EXTRAPOLATED {100 * flagged:3.0f} %  SPIKES {100 * spikes:3.0f} %"
            print(f"  {label:34} {days:3} days, {found['method'][0]:10} {words}")


def drift(repetitions: int, seed: int) -> None:
    print(f"\nDrift after 365 days: share of programmes flagged; {repetitions} repetitions")
    for count in (1500, 5000):
        for factor in (1, 2, 3):
            flagged = []
            for runs, rng in in_turns(repetitions, [seed, count, factor]):
                deliveries = invent(rng, runs, count=count, rate=0.04, newer_rate=0.04 * factor, lags=lognormal(75, 0.8), days=365)
                found = measure(deliveries, as_of=after(365), horizon_days=HORIZON, by="run")
                flagged += found["flags"].list.contains("DRIFT").to_list()
            print(f"  {count:5} deliveries, newer half converts {factor} times as often: {100 * np.mean(flagged):5.1f} %")


def million(seed: int, count: int) -> pl.DataFrame:
    rng = np.random.default_rng([seed, 5])
    frame = invent(
        rng, 1, count=count, rate=0.04, lags=lognormal(75, 0.8), days=730, amounts=lambda _, late: np.round(9_000 * np.exp(late), 2)
    ).drop("run")
    return frame.with_columns(
        provider=pl.format("provider-{}", pl.Series(rng.integers(0, 30, count))),
        model=pl.format("model-{}", pl.Series(rng.integers(0, 5, count))),
    )


SQL = """
with read as (
  select provider, model, {epoch}(delivered_at) {div} 86400000000 as made, cast(round(amount * 10000) as {whole}) as amount,
         cast(round(cost * 10000) as {whole}) as cost,
         case when {epoch}(won_at) {div} 86400000000 <= {day} then {epoch}(won_at) {div} 86400000000 end as won,
         case when {epoch}(lost_at) {div} 86400000000 <= {day} then {epoch}(lost_at) {div} 86400000000 end as lost
  from deliveries)
"""
AGES = """
select provider, model, cast({day} - made + 1 as bigint) as age_days, count(*) as deliveries,
       count(*) filter (where won is null and lost is null) as open, cast(sum(cost) as {text}) as cost
from read where made <= {day} group by provider, model, made
"""
WINS = """
select provider, model, cast({day} - made + 1 as bigint) as age_days, cast(greatest(won - made, 0) as bigint) as lag_days, count(*) as wins,
       cast(sum(amount) as {text}) as amount, cast(sum(amount * amount) as {text}) as amount_squared
from read where made <= {day} and won is not null group by provider, model, made, won
"""
"""The histograms in SQL; each engine has its own words for microseconds, whole division and whole numbers of 128 bits."""
DUCKDB = {"epoch": "epoch_us", "div": "//", "whole": "hugeint", "text": "varchar"}
SPARK = {"epoch": "unix_micros", "div": "div", "whole": "decimal(19, 0)", "text": "string"}


def plain(histograms: Histograms, name: str, columns: list[str]) -> pl.DataFrame:
    """A histogram with its groups' names, whole numbers of 128 bits as text."""
    frame = getattr(histograms, name).join(histograms.segments, on="segment").select(*histograms.by, *columns)
    wide = [pl.col(each).cast(pl.String) for each in columns if frame.schema[each] == pl.Int128]
    narrow = [pl.col(each).cast(pl.Int64) for each in columns if frame.schema[each].is_integer() and frame.schema[each] != pl.Int128]
    return frame.with_columns(*wide, *narrow).sort(*histograms.by, *(each for each in columns if each.endswith("_days")))


def engines(repetitions: int, seed: int) -> None:
    count = 1_000_000
    deliveries, as_of, by = million(seed, count), after(730), ("provider", "model")
    print(f"\nEngines: {count:,} deliveries, 150 groups; best of {min(repetitions, 7)}")
    timed: dict[str, float] = {}

    def best(name, act):
        result = None
        for _ in range(min(repetitions, 7)):
            start = time.perf_counter()
            result = act()
            timed[name] = min(timed.get(name, np.inf), time.perf_counter() - start)
        return result

    histograms = best("histograms", lambda: count_histograms(take_snapshot(deliveries, as_of=as_of, by=by)))

    def exposure():
        matrices = make_matrices(histograms)
        wins, revenue = wins_within(matrices, HORIZON), revenue_within(matrices, HORIZON, amount_unseen=np.ones(matrices.groups))
        return wins, midp_interval(wins), revenue, gamma_interval(revenue)

    best("exposure and gamma intervals", exposure)
    matrices = make_matrices(histograms)
    data = CureData(matrices.won, matrices.unwon, matrices.deliveries, np.ones(matrices.groups))
    best("grid of the cure model, all groups", lambda: fit_cure(data, at_days=np.array([float(HORIZON)]), draws=1000))
    best("measure, everything", lambda: measure(deliveries, as_of=as_of, by=by))
    halves = [count_histograms(take_snapshot(part, as_of=as_of, by=by)) for part in (deliveries[: count // 3], deliveries[count // 3 :])]
    added = add_histograms(halves)
    same = all(getattr(added, name).equals(getattr(histograms, name)) for name in ("segments", "ages", "wins", "lost"))
    print(f"  parts add up to the whole, digit by digit: {same}; {histograms.ages.height + histograms.wins.height:,} rows of histograms")
    ours = plain(histograms, "ages", ["age_days", "deliveries", "open", "cost"])
    won = plain(histograms, "wins", ["age_days", "lag_days", "wins", "amount", "amount_squared"])
    day = (as_of - date(1970, 1, 1)).days
    print(f"  DuckDB gives the same histograms, digit by digit: {duckdb_agrees(deliveries, day, (ours, won), best)}")
    print(f"  Spark gives the same histograms, digit by digit: {spark_agrees(deliveries, day, (ours, won), best)}")
    for name, seconds in timed.items():
        print(f"  {name:38} {seconds:.3f} s")


def duckdb_agrees(deliveries: pl.DataFrame, day: int, ours: tuple[pl.DataFrame, ...], best) -> bool | str:
    if not find_spec("duckdb"):
        return "skipped, duckdb is not installed"
    import duckdb

    with duckdb.connect() as connection:
        connection.execute("set threads to 2")
        connection.register("deliveries", deliveries.to_arrow())
        queries = [(SQL + query).format(day=day, **DUCKDB) for query in (AGES, WINS)]
        theirs = best("DuckDB: histograms", lambda: [connection.execute(query).fetchall() for query in queries])
    return all(mine.rows() == sorted(other) for mine, other in zip(ours, theirs, strict=True))


def spark_agrees(deliveries: pl.DataFrame, day: int, ours: tuple[pl.DataFrame, ...], best) -> bool | str:
    if not find_spec("pyspark"):
        return "skipped, pyspark is not installed"
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "4"}
    session = SparkSession.builder.master("local[2]").config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        with tempfile.TemporaryDirectory() as folder:
            deliveries.with_columns(pl.col(pl.Datetime).dt.replace_time_zone("UTC")).write_parquet(f"{folder}/deliveries.parquet")
            session.read.parquet(f"{folder}/deliveries.parquet").createOrReplaceTempView("deliveries")
            queries = [(SQL + query).format(day=day, **SPARK) for query in (AGES, WINS)]
            theirs = best("Spark: histograms", lambda: [[tuple(row) for row in session.sql(query).collect()] for query in queries])
    finally:
        session.stop()
    return all(mine.rows() == sorted(other) for mine, other in zip(ours, theirs, strict=True))


def growth(repetitions: int, seed: int) -> None:
    rounds = min(repetitions, 3)
    print(f"\nGrowth: seconds, best of {rounds}")
    for count in (1_000_000, 2_000_000, 5_000_000, 10_000_000):
        deliveries = million(seed, count)
        parts: dict[str, float] = {}
        for _ in range(rounds):
            start = time.perf_counter()
            histograms = count_histograms(take_snapshot(deliveries, as_of=after(730), by=("provider", "model")))
            parts["histograms"] = min(parts.get("histograms", np.inf), time.perf_counter() - start)
        start = time.perf_counter()
        measure(deliveries, as_of=after(730), by=("provider", "model"))
        whole = time.perf_counter() - start
        rows = histograms.ages.height + histograms.wins.height
        print(f"  {count:10,} deliveries: histograms {parts['histograms']:.2f}, measure {whole:.2f}, {rows:,} rows of histograms")


PARTS = {each.__name__: each for each in (maturity, money, difference, worlds, drift, engines, growth)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--only", default=",".join(PARTS))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    for name in arguments.only.split(","):
        PARTS[name](arguments.repetitions, arguments.seed)


if __name__ == "__main__":
    main()

"""Measure how well `payper.attribute` finds what touches truly added, in invented programmes with known truth.

    python benchmarks/attribution.py [--check plain|intent|paths] [--repetitions 500] [--seed 1] [--data shared/data]

plain: four touch sets (none, lead, appointment, both in either order) without selection; the truth is the credit at the true rates.
intent: appointments go to companies with intent, which win more by themselves; credit within fifths of the score, and without.
paths: the example paths of the R package ChannelAttribution (10,000 rows, 12 channels), beside a computation that deletes each channel from
the chain and solves it anew. Needs attribution-paths in the folder of real data.
Seconds are CPU seconds.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
import polars as pl

import payper
from payper.measurement.attribution import ANYWAY

SETS = ("", "lead", "appointment", "lead > appointment", "appointment > lead")
COMPANIES = np.array([2000, 600, 500, 320, 80])
RATES = np.array([0.015, 0.050, 0.080, 0.140, 0.140])


def credits_of(result: pl.DataFrame, view: str) -> dict[str, tuple[float, float, float]]:
    rows = result.filter(pl.col("view") == view)
    return {touch: (wins, low, high) for touch, wins, low, high in rows.select("touch", "wins", "wins_lo", "wins_hi").iter_rows()}


def check_plain(repetitions: int, seed: int) -> bool:
    chance = np.random.default_rng(seed)
    none, lead, appointment, both = RATES[:4]
    n_both = COMPANIES[3] + COMPANIES[4]
    truth = {
        "lead": COMPANIES[1] * (lead - none) + n_both * ((lead - none) + (both - appointment)) / 2,
        "appointment": COMPANIES[2] * (appointment - none) + n_both * ((appointment - none) + (both - lead)) / 2,
        ANYWAY: COMPANIES.sum() * none,
    }
    held: dict[str, list[bool]] = {touch: [] for touch in truth}
    means: dict[tuple[str, str], float] = {}
    worst = 0.0
    for repetition in range(repetitions):
        wins = chance.binomial(COMPANIES, RATES)
        paths = pl.DataFrame({"touches": SETS, "converted": wins, "value": wins * 1000.0, "count": COMPANIES})
        result = payper.attribute(paths, seed=repetition)
        for view in ("first touch", "last touch", "markov", "incremental"):
            found = credits_of(result, view)
            worst = max(worst, abs(sum(each[0] for each in found.values()) - float(wins.sum())))
            for touch in truth:
                means[view, touch] = means.get((view, touch), 0.0) + found[touch][0] / repetitions
        for touch, true in truth.items():
            _, low, high = credits_of(result, "incremental")[touch]
            held[touch].append(low <= true <= high)
    print(f"plain, {repetitions} programmes, seed {seed}: wins credited on the average")
    print(f"  {'':14}" + "".join(f"{touch:>28}" for touch in truth))
    print(f"  {'truth':14}" + "".join(f"{true:28.2f}" for true in truth.values()))
    for view in ("first touch", "last touch", "markov", "incremental"):
        print(f"  {view:14}" + "".join(f"{means[view, touch]:28.2f}" for touch in truth))
    covers = {touch: float(np.mean(each)) for touch, each in held.items()}
    print(f"  {'cover':14}" + "".join(f"{cover:28.3f}" for cover in covers.values()))
    print(f"  largest difference of a view's sum from the wins: {worst:.1e}")
    return all(0.93 <= covers[touch] <= 0.97 for touch in ("lead", "appointment")) and worst < 1e-9


def check_intent(repetitions: int, seed: int) -> bool:
    chance = np.random.default_rng(seed)
    sums = {key: np.zeros(2) for key in ("truth", "without strata", "within fifths")}
    held = []
    for repetition in range(repetitions):
        score = chance.random(6000)
        has_lead = chance.random(6000) < 0.15 + 0.30 * score
        has_appointment = chance.random(6000) < 0.02 + 0.30 * score**2
        won = chance.random(6000) < 0.004 + 0.05 * score**3 + 0.010 * has_lead + 0.035 * has_appointment
        touches = pl.Series(["lead" if one else "" for one in has_lead]) + pl.Series(
            [" > appointment" if one else "" for one in has_appointment]
        )
        paths = pl.DataFrame({"touches": touches, "converted": won, "score": score})
        truth = np.array([0.010 * has_lead.sum(), 0.035 * has_appointment.sum()])
        sums["truth"] += truth
        for key, stratum in (("without strata", None), ("within fifths", "score")):
            found = credits_of(payper.attribute(paths, stratum=stratum, seed=repetition), "incremental")
            sums[key] += [found["lead"][0], found["appointment"][0]]
            if stratum:
                held += [found[touch][1] <= true <= found[touch][2] for touch, true in zip(("lead", "appointment"), truth, strict=True)]
    print(f"intent, {repetitions} programmes, seed {seed}: wins credited to lead and appointment on the average")
    for key, both in sums.items():
        print(f"  {key:16}{both[0] / repetitions:8.2f}{both[1] / repetitions:8.2f}")
    print(f"  cover within fifths {np.mean(held):.3f}")
    off = np.abs(sums["within fifths"] / sums["truth"] - 1)
    return bool((off < 0.15).all())


def removal_by_deletion(paths: pl.DataFrame) -> dict[str, float]:
    """Delete each channel from the chain and solve for the probability to win."""
    rows = [(path.split(" > "), wins, count) for path, wins, count in paths.select("touches", "converted", "count").iter_rows()]
    states = ["start", *sorted({name for touches, _, _ in rows for name in touches})]
    at = {name: index for index, name in enumerate(states)}
    moves, won, out = np.zeros((len(states), len(states))), np.zeros(len(states)), np.zeros(len(states))
    for touches, wins, count in rows:
        for one, two in itertools.pairwise(["start", *touches]):
            moves[at[one], at[two]] += count
            out[at[one]] += count
        won[at[touches[-1]]] += wins
        out[at[touches[-1]]] += count

    def win_share(without: int | None) -> float:
        kept = np.ones(len(states))
        if without is not None:
            kept[without] = 0
        chances = moves / out[:, None] * kept[None, :] * kept[:, None]
        return float(np.linalg.solve(np.eye(len(states)) - chances, won / out * kept)[0])

    effects = {name: 1 - win_share(at[name]) / win_share(None) for name in states[1:]}
    return {name: effect / sum(effects.values()) * float(won.sum()) for name, effect in effects.items()}


def check_paths(folder: Path) -> bool:
    file = folder / "attribution-paths" / "pathdata.csv.gz"
    if not file.is_file():
        print(f"paths: {file} is not here; name the folder of real data with --data")
        return True
    raw = pl.read_csv(file, schema_overrides={"total_null": pl.Float64})
    paths = raw.select(
        touches="path",
        converted="total_conversions",
        value="total_conversion_value",
        count=pl.col("total_conversions") + pl.col("total_null"),
    )
    begun = time.process_time()
    result = payper.attribute(paths)
    seconds = time.process_time() - begun
    expected = removal_by_deletion(paths)
    table = result.pivot("view", index="touch", values="wins")
    print(f"paths: {paths.height:,} rows, {paths['count'].sum():,.0f} companies, {paths['converted'].sum():,} wins, in {seconds:.1f} s")
    worst = 0.0
    for row in table.iter_rows(named=True):
        other = expected.get(row["touch"], 0.0)
        worst = max(worst, abs(row["markov"] - other))
        print(
            f"  {row['touch']:28}"
            + "".join(f"{row[view]:12.2f}" for view in ("first touch", "last touch", "markov", "incremental"))
            + f"{other:14.6f}"
        )
    sums = [float(table[view].sum()) for view in ("first touch", "last touch", "markov", "incremental")]
    print(f"  columns: first touch, last touch, markov, incremental, markov by deletion; largest difference {worst:.1e}; sums {sums}")
    return worst < 1e-6 and all(abs(each - paths["converted"].sum()) < 1e-6 for each in sums)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", choices=["plain", "intent", "paths"], action="append", help="which; all without it")
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    asked = parser.parse_args()
    checks = {
        "plain": lambda: check_plain(asked.repetitions, asked.seed),
        "intent": lambda: check_intent(max(asked.repetitions // 5, 1), asked.seed),
        "paths": lambda: check_paths(asked.data),
    }
    is_good = True
    for name in asked.check or checks:
        begun = time.process_time()
        holds = checks[name]()
        print(f"{name} {'holds' if holds else 'DOES NOT HOLD'}; {time.process_time() - begun:.0f} s\n")
        is_good &= holds
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())

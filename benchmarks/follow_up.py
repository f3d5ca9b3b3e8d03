"""What answering fast is worth where hot leads are called first: payper beside the plain comparison.

    python benchmarks/follow_up.py [--seed 1] [--repetitions 200] [--leads 4000]

The world: a score makes a lead likelier to be answered within the hour and likelier to meet; leads that arrive out of hours wait whoever
they are. Answering fast multiplies the odds of a meeting by 1.8. `steep`: the score tells more. `dead numbers`: a third of the leads with a
low score is never reached. `hidden`: half of what makes leads hot is not in the score.

* crude, matched: odds ratio without and with strata (geometric means); cover: share of 95 % intervals that hold 1.8.
* difference: of rates within strata, as its own interval covers the true one of the leads compared (weighted as the estimate weights).
* second opinion: mean difference by the hour of arrival, and how often its interval covers the true one of the leads whose speed it changes.
* dead as slow: matched odds ratio if leads never reached counted as slow.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime

import numpy as np
import polars as pl

from payper.measurement.follow_up import measure_follow_up

AS_OF = datetime(2026, 12, 31, tzinfo=UTC)
ODDS = 1.8


def invent(
    rng: np.random.Generator, count: int, *, hot: float = 0.9, hidden: float = 0.0, dead: float = 0.0
) -> tuple[pl.DataFrame, dict[str, float]]:
    score, unseen = rng.normal(size=count), rng.normal(size=count)
    heat = np.sqrt(1 - hidden) * score + np.sqrt(hidden) * unseen
    day, hour = rng.integers(0, 150, count), rng.integers(0, 24, count)
    in_hours = (day % 7 < 5) & (hour >= 8) & (hour < 18)
    draw = rng.random(count)
    would = {there: draw < expit(0.4 + 0.8 * heat - 1.8 * (not there)) for there in (True, False)}
    fast = np.where(in_hours, would[True], would[False])
    slow_chance, fast_chance = expit(-1.7 + hot * heat), expit(-1.7 + hot * heat + np.log(ODDS))
    is_dead = (rng.random(count) < dead) & (score < 0)
    met = (rng.random(count) < np.where(fast, fast_chance, slow_chance)) & ~is_dead
    at = np.datetime64("2026-01-05T00:00") + day * np.timedelta64(1, "D") + hour * np.timedelta64(1, "h")
    delay = np.where(fast, rng.uniform(1, 59, count), rng.uniform(1500, 4200, count))
    touched = at + (delay * 60).astype("timedelta64[s]")
    never = np.datetime64("NaT")
    columns = {
        "delivered_at": at,
        "contacted_at": np.where(is_dead, never, touched),
        "held_at": np.where(met, touched + np.timedelta64(9, "D"), never),
    }
    frame = pl.DataFrame({name: values.astype("datetime64[us]") for name, values in columns.items()})
    moved = would[True] & ~would[False] & ~is_dead
    gain = np.where(is_dead, 0.0, fast_chance - slow_chance)
    return frame.with_columns(pl.all().dt.replace_time_zone("UTC"), score=pl.Series(score)), {"moved": float(gain[moved].mean())}


def expit(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--leads", type=int, default=4000)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.repetitions} repetitions of {arguments.leads} leads; true odds ratio {ODDS}")
    print(f"{'world':14} {'crude':>7} {'matched':>8} {'cover':>6} {'second':>7} {'true':>6} {'cover':>6} {'dead as slow':>12} {'ms':>5}")
    worlds = {"plain": {}, "steep": {"hot": 1.4}, "dead numbers": {"dead": 0.33}, "hidden": {"hidden": 0.5}}
    for name, options in worlds.items():
        rows = []
        for number in range(arguments.repetitions):
            frame, truth = invent(np.random.default_rng([arguments.seed, number]), arguments.leads, **options)
            started = time.perf_counter()
            found = measure_follow_up(frame, as_of=AS_OF, score="score")
            spent = time.perf_counter() - started
            late = frame.with_columns(pl.col("contacted_at").fill_null(pl.col("delivered_at") + pl.duration(hours=48)))
            naive = measure_follow_up(late, as_of=AS_OF, score="score").effect if "dead" in options else found.effect
            effect, second = found.effect, found.second_opinion
            rows.append(
                (
                    effect.crude_odds_ratio,
                    effect.odds_ratio,
                    effect.odds_ratio_lo <= ODDS <= effect.odds_ratio_hi,
                    second.difference if second.difference is not None else np.nan,
                    truth["moved"],
                    second.difference_lo is None or second.difference_lo <= truth["moved"] <= second.difference_hi,
                    naive.odds_ratio,
                    spent,
                )
            )
        table = np.array(rows, dtype=float)
        crude, matched, dead = (np.exp(np.log(table[:, column]).mean()) for column in (0, 1, 6))
        cover, second, truth, second_cover = (np.nanmean(table[:, column]) for column in (2, 3, 4, 5))
        print(
            f"{name:14} {crude:7.2f} {matched:8.3f} {cover:6.1%} {second:7.3f} {truth:6.3f} {second_cover:6.1%} {dead:12.2f} {1000 * table[:, 7].mean():5.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

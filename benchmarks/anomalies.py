"""How often honest providers are named, and how soon one that has changed is found: payper beside two common ways.

    python benchmarks/anomalies.py [--seed 1] [--repetitions 10]

The world: 20 providers with 8 to 80 deliveries a week and their own rates of seven signals, over 104 weeks. Rates differ from week to
week by more than chance (beta-distributed, worth 150 deliveries). One provider in five changes for good in some week after the 36th: two
of its signals come at four times the odds (`sudden`), or rise to three times within half a year (`slow`). Each week from the 31st on is
judged with what is known by then.

* false: honest providers named, per 100 provider-weeks of honest providers (and of others before they change).
* found: changed providers named within 8 weeks; ever: at all; delay: median weeks of those.
* p-chart: a signal's share of the week more than three standard deviations above the provider's own mean so far.
* forest: scikit-learn's IsolationForest on a provider's shares of the week, the most unusual 2 % of all provider-weeks so far.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from payper.measurement.anomalies import SIGNALS, find_anomalies

FIRST = date(2024, 1, 1)
BASE = np.array([0.03, 0.05, 0.05, 0.10, 0.02, 0.02, 0.04])
NAMES = list(SIGNALS)[: len(BASE)]
LEARN, WEEKS = 30, 104


@dataclass(frozen=True)
class World:
    """Counts (providers by weeks by signals), which providers change, and when."""

    k: np.ndarray
    n: np.ndarray
    changes: np.ndarray
    begins: np.ndarray

    def frame(self) -> pl.DataFrame:
        provider, week, signal = np.indices(self.k.shape).reshape(3, -1)
        return pl.DataFrame(
            {
                "provider": np.array([f"p{number:02d}" for number in range(len(self.k))])[provider],
                "week": (np.datetime64(FIRST) + 7 * np.arange(self.k.shape[1]))[week],
                "signal": np.array(NAMES)[signal],
                "k": self.k.ravel(),
                "n": self.n.ravel(),
            }
        )


def invent(
    rng: np.random.Generator, *, providers: int = 20, odds: float = 4.0, ramp: int = 0, memory: float = 150.0, signals: int = 2,
    volume: tuple[float, float] = (8, 80), share: float = 0.2,
) -> World:  # fmt: skip
    size = np.exp(rng.uniform(*np.log(volume), providers))
    own = rng.beta(BASE * 60, (1 - BASE) * 60, (providers, len(BASE)))
    changes = rng.random(providers) < share
    begins = rng.integers(36, WEEKS - 12, providers)
    chosen = np.argsort(rng.random(own.shape), axis=1) < signals
    weeks = np.arange(WEEKS) - begins[:, None]
    part = np.clip((weeks + 1) / max(ramp, 1), 0, 1) * (weeks >= 0) * changes[:, None]
    times = np.where(chosen[:, None], 1 + (odds - 1) * part[:, :, None], 1.0)
    rate = times * own[:, None] / (1 - own[:, None] + times * own[:, None])
    n = np.repeat(rng.poisson(size[:, None], (providers, WEEKS))[:, :, None], len(BASE), axis=2)
    return World(rng.binomial(n, rng.beta(rate * memory, (1 - rate) * memory)), n, changes, begins)


Judge = Callable[[World, int], np.ndarray]


def payper_at(q: float) -> Judge:
    def judge(world: World, week: int) -> np.ndarray:
        known = world.frame().filter(pl.col("week") <= FIRST + timedelta(days=7 * week))
        return (find_anomalies(known, q=q).providers.sort("provider")["status"] == "stands out").to_numpy()

    return judge


def p_chart(world: World, week: int) -> np.ndarray:
    mean = world.k[:, :week].sum(axis=1) / np.maximum(world.n[:, :week].sum(axis=1), 1)
    n = world.n[:, week]
    return (world.k[:, week] - n * mean > 3 * np.sqrt(n * mean * (1 - mean))).any(axis=1)


def forest(world: World, week: int) -> np.ndarray:
    from sklearn.ensemble import IsolationForest

    shares = world.k[:, : week + 1] / np.maximum(world.n[:, : week + 1], 1)
    unusual = (
        -IsolationForest(n_estimators=50, random_state=week)
        .fit(shares.reshape(-1, shares.shape[2]))
        .score_samples(shares.reshape(-1, shares.shape[2]))
    )
    unusual = unusual.reshape(shares.shape[:2])
    return unusual[:, week] > np.quantile(unusual, 0.98)


JUDGES: Mapping[str, Judge] = {"p-chart": p_chart, "forest": forest, "payper": payper_at(0.05), "payper q=.2": payper_at(0.2)}


def follow(world: World, judge: Judge) -> tuple[int, int, list[int], int]:
    """Give false alarms, honest provider-weeks, the delays of those found, and how many changed."""
    first = np.full(len(world.k), -1)
    false = honest_weeks = 0
    for week in range(LEARN, WEEKS):
        named = judge(world, week)
        has_changed = world.changes & (week >= world.begins)
        false += int((named & ~has_changed).sum())
        honest_weeks += int((~has_changed).sum())
        first[named & has_changed & (first < 0)] = week
    found = world.changes & (first >= 0)
    return false, honest_weeks, (first - world.begins)[found].tolist(), int(world.changes.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--worlds", default="sudden,slow,honest")
    parser.add_argument("--judges", default=",".join(JUDGES))
    arguments = parser.parse_args()
    worlds = {
        "sudden": {},
        "slow": {"odds": 3.0, "ramp": 26},
        "honest": {"share": 0.0},
        "restless": {"memory": 60.0},
        "small fleet": {"providers": 3},
        "small volumes": {"volume": (3, 15)},
        "one signal": {"signals": 1},
    }
    print(f"seed {arguments.seed}, {arguments.repetitions} repetitions")
    print(f"{'world':14} {'way':12} {'false/100':>9} {'found':>6} {'ever':>6} {'delay':>6} {'ms/week':>8}")
    for name in arguments.worlds.split(","):
        for way in arguments.judges.split(","):
            started = time.perf_counter()
            results = [
                follow(invent(np.random.default_rng([arguments.seed, number]), **worlds[name]), JUDGES[way])
                for number in range(arguments.repetitions)
            ]
            spent = 1000 * (time.perf_counter() - started) / (arguments.repetitions * (WEEKS - LEARN))
            changed = sum(each[3] for each in results)
            delays = [delay for each in results for delay in each[2]]
            false = 100 * sum(each[0] for each in results) / sum(each[1] for each in results)
            found = f"{sum(delay < 8 for delay in delays) / changed:6.0%} {len(delays) / changed:6.0%}" if changed else f"{'-':>6} {'-':>6}"
            print(f"{name:14} {way:12} {false:9.2f} {found} {np.median(delays) if delays else float('nan'):6.0f} {spent:8.1f}", flush=True)


if __name__ == "__main__":
    main()

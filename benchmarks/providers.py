"""Measure how well providers' true rates are found, in invented programmes with known truth.

    python benchmarks/providers.py [--check S8|S9] [--repetitions 500] [--seed 1]

S8, counts: rates of the providers are drawn from a Beta distribution with mean .12, the checked deliveries of each from a lognormal around the
median. `raw` is good over checked with Wilson intervals, `plugged in` the usual empirical Bayes (one Beta prior by moments), `payper` is
`payper.rank`. Also the baseball example of Efron and Morris.
S9, wins: ten providers that joined at different times, lags lognormal with a median of 75 days; `naive` is wins over deliveries, `alone` each
provider by itself, `payper` is `rank_wins`. The truth is the rate within 182 days, and the ultimate one.
Error is the root mean square; regret is by how much the best provider is better than the one placed first. Times are CPU seconds.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import polars as pl
from scipy import stats

import payper
from payper.measurement.providers import rank_wins

CELLS = ((8, 60, 0.05), (15, 60, 0.05), (15, 60, 0.02), (15, 250, 0.05), (40, 60, 0.05))
MEAN = 0.12
LEVEL = 0.95

BASEBALL_HITS = (18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7)
BASEBALL_LATER = (346, 298, 276, 222, 273, 270, 263, 210, 269, 230, 264, 256, 303, 264, 226, 286, 316, 200)


class Score:
    """Error, cover and regret of one method over repetitions."""

    def __init__(self) -> None:
        self.squares: list[float] = []
        self.covered: list[float] = []
        self.regrets: list[float] = []
        self.seconds = 0.0

    def add(self, truth: np.ndarray, rate: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        self.squares.append(float(((rate - truth) ** 2).mean()))
        self.covered.append(float(((low <= truth) & (truth <= high)).mean()))
        self.regrets.append(float(truth.max() - truth[rate.argmax()]))

    @property
    def error(self) -> float:
        return float(np.sqrt(np.mean(self.squares)))

    @property
    def cover(self) -> float:
        return float(np.mean(self.covered))

    @property
    def regret(self) -> float:
        return float(np.mean(self.regrets))

    def __str__(self) -> str:
        return f"{self.error:.4f}  {self.cover:.3f}  {self.regret:.4f}"


def wilson(good: np.ndarray, checked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    z, rate = stats.norm.ppf((1 + LEVEL) / 2), good / checked
    middle = (rate + z**2 / (2 * checked)) / (1 + z**2 / checked)
    half = z / (1 + z**2 / checked) * np.sqrt(rate * (1 - rate) / checked + z**2 / (4 * checked**2))
    return rate, middle - half, middle + half


def plugged_in(good: np.ndarray, checked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Empirical Bayes by moments: the variance between providers is what exceeds binomial variance."""
    rate = good / checked
    mean = good.sum() / checked.sum()
    noise = mean * (1 - mean) * (1 / checked).mean()
    between = max(float(np.var(rate, ddof=1)) - noise, 1e-6)
    strength = max(mean * (1 - mean) / between - 1, 1.0)
    law = stats.beta(good + mean * strength, checked - good + (1 - mean) * strength)
    return law.mean(), law.ppf((1 - LEVEL) / 2), law.ppf((1 + LEVEL) / 2)


def arrays(result: pl.DataFrame, providers: int, prefix: str = "") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ordered = result.with_columns(pl.col("provider").cast(pl.Int64)).sort("provider")
    assert ordered.height == providers
    rate, low, high = (ordered[f"{prefix}{name}"].to_numpy() for name in ("rate", "rate_lo", "rate_hi"))
    return rate, low, high


def check_s8(repetitions: int, seed: int) -> bool:
    print(f"S8, {repetitions} repetitions, seed {seed}: error, cover, regret")
    print(f"{'providers, median n, sd':26}{'raw':26}{'plugged in':26}{'payper':26}tau raw, payper   places  ms")
    rng = np.random.default_rng(seed)
    is_good = True
    for providers, median, sd in CELLS:
        scores = {name: Score() for name in ("raw", "plugged in", "payper")}
        taus: list[tuple[float, float]] = []
        places: list[float] = []
        strength = MEAN * (1 - MEAN) / sd**2 - 1
        for repetition in range(repetitions):
            truth = rng.beta(MEAN * strength, (1 - MEAN) * strength, providers)
            checked = np.maximum(rng.lognormal(np.log(median), 0.9, providers).round(), 8).astype(int)
            good = rng.binomial(checked, truth)
            scores["raw"].add(truth, *wilson(good, checked))
            scores["plugged in"].add(truth, *plugged_in(good, checked))
            counts = pl.DataFrame({"provider": np.arange(providers).astype(str), "good": good, "checked": checked})
            begun = time.process_time()
            result = payper.rank(counts, seed=repetition)
            scores["payper"].seconds += time.process_time() - begun
            found = arrays(result, providers)
            scores["payper"].add(truth, *found)
            taus.append((stats.kendalltau(truth, good / checked).statistic, stats.kendalltau(truth, found[0]).statistic))
            true_rank = stats.rankdata(-truth)
            at = result["provider"].cast(pl.Int64).to_numpy()
            places.append(float(((result["rank_lo"].to_numpy() <= true_rank[at]) & (true_rank[at] <= result["rank_hi"].to_numpy())).mean()))
        cell = f"{providers}, {median}, {sd}"
        tau = np.nanmean(np.array(taus), axis=0)
        words = "".join(f"{score!s:26}" for score in scores.values())
        print(
            f"{cell:26}{words}{tau[0]:.3f}, {tau[1]:.3f}      {np.mean(places):.3f}   {1000 * scores['payper'].seconds / repetitions:.0f}"
        )
        is_good &= 0.93 <= scores["payper"].cover <= 0.975
        if median == 60:
            is_good &= scores["payper"].error <= 0.72 * scores["raw"].error
    hits, later = np.array(BASEBALL_HITS), np.array(BASEBALL_LATER) / 1000
    players = pl.DataFrame({"provider": np.arange(18).astype(str), "good": hits, "checked": 45})
    squares = float(((arrays(payper.rank(players), 18)[0] - later) ** 2).sum())
    print(f"baseball: total squared error raw {((hits / 45 - later) ** 2).sum():.4f}, payper {squares:.4f}")
    return is_good and squares <= 0.0225


def one_programme(rng: np.random.Generator, *, mean: float, days: int, providers: int = 10) -> tuple[pl.DataFrame, np.ndarray]:
    """Deliveries of providers that joined at different times, and what share of them will ever be won."""
    strength = mean * (1 - mean) / (0.6 * mean) ** 2 - 1
    ultimate = rng.beta(mean * strength, (1 - mean) * strength, providers)
    size = np.maximum(rng.lognormal(np.log(180), 0.3, providers).round(), 8).astype(int)
    joined = rng.uniform(0, 0.9 * days, providers)
    who = np.repeat(np.arange(providers), size)
    age = days - rng.uniform(joined[who], days)
    lag = rng.lognormal(np.log(75), 0.8, who.size)
    won = (rng.random(who.size) < ultimate[who]) & (lag < age)
    frame = pl.DataFrame(
        {"provider": who.astype(str), "age_days": age, "won_after_days": pl.Series(np.where(won, lag, np.nan)).fill_nan(None)}
    )
    return frame, ultimate


def check_s9(repetitions: int, seed: int) -> bool:
    is_good = True
    within = float(stats.norm.cdf(np.log(182 / 75) / 0.8))
    print(f"S9, {repetitions} repetitions, seed {seed}: error, cover, regret")
    print(f"{'mean, days, rate':24}{'naive':26}{'alone':26}{'payper':26}ms")
    for mean, days in ((0.06, 300), (0.15, 300), (0.15, 500)):
        rng = np.random.default_rng(seed)
        scores = {(kind, name): Score() for kind in ("in 182 days", "ultimate") for name in ("naive", "alone", "payper")}
        seconds = 0.0
        for repetition in range(repetitions):
            frame, ultimate = one_programme(rng, mean=mean, days=days)
            counts = frame.group_by("provider").agg(wins=pl.col("won_after_days").is_not_null().sum(), all=pl.len())
            counts = counts.sort(pl.col("provider").cast(pl.Int64))
            begun = time.process_time()
            pooled = rank_wins(frame, horizon_days=182, seed=repetition)
            seconds += time.process_time() - begun
            alone = None
            if repetition < max(repetitions // 5, 1):
                alone = pl.concat([rank_wins(part, horizon_days=182, seed=repetition) for part in frame.partition_by("provider")])
            for kind, truth, prefix in (("in 182 days", within * ultimate, ""), ("ultimate", ultimate, "ultimate_")):
                scores[kind, "naive"].add(truth, *wilson(counts["wins"].to_numpy(), counts["all"].to_numpy()))
                for name, result in (("alone", alone), ("payper", pooled)):
                    if result is not None:
                        scores[kind, name].add(truth, *arrays(result, truth.size, prefix))
        for kind in ("in 182 days", "ultimate"):
            words = "".join(f"{scores[kind, name]!s:26}" for name in ("naive", "alone", "payper"))
            print(f"{f'{mean}, {days}, {kind}':24}{words}{1000 * seconds / repetitions:.0f}")
            naive, ours = scores[kind, "naive"], scores[kind, "payper"]
            if mean == 0.06:
                is_good &= 0.92 <= ours.cover <= 0.97 and ours.error <= 0.68 * naive.error and ours.regret < naive.regret
    return is_good


CHECKS = {"S8": check_s8, "S9": check_s9}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", choices=list(CHECKS), action="append", help="which; all without it")
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    is_good = True
    for name in asked.check or CHECKS:
        holds = CHECKS[name](asked.repetitions, asked.seed)
        print(f"{name} {'holds' if holds else 'DOES NOT HOLD'}\n")
        is_good &= holds
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""The best mix against brute force (S15): value, limits and time.

    OPENBLAS_NUM_THREADS=1 python benchmarks/mix.py [--seed 1] [--repetitions 24]

Random questions with 3 to 5 options, two audiences that saturate, SDR hours, slots and budget; a third of them with smallest orders, a
third for a cautious buyer. The brute force has its own valuation (a loop over futures and options) and searches by tens of thousands of
random mixes, then by smaller and smaller steps around the best thirty, so it can only be lower than the true best. Passed when every mix
is worth at least 0.999 of brute force's and no limit is broken by more than a millionth. Then the time of 12 options at 100 draws.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from payper.advice.mix import best_mix
from payper.advice.options import Audience, Limits, MixProblem, Option, draws_of


def question(rng: np.random.Generator, *, options: int, draws: int, has_orders: bool) -> MixProblem:
    made, held, worth = [], np.empty((draws, options)), np.empty((draws, options))
    for place in range(options):
        is_lead = rng.random() < 0.5
        held[:, place] = rng.beta(4, 40, draws) if is_lead else rng.beta(15, 5, draws)
        worth[:, place] = rng.beta(12, 8, draws) * rng.beta(5, 15, draws) * rng.uniform(400_000, 3_000_000)
        made.append(
            Option(
                name=str(place),
                provider=str(place // 2),
                model="lead" if is_lead else "appointment",
                price_minor=rng.uniform(4_000, 12_000) if is_lead else rng.uniform(25_000, 60_000),
                held_price_minor=rng.uniform(0, 20_000) if rng.random() < 0.3 else 0.0,
                sdr_hours=rng.uniform(0.3, 1.2) if is_lead else rng.uniform(0.05, 0.4),
                ae_meetings=rng.uniform(0.8, 1.5),
                audience=f"audience {rng.integers(2)}",
                max_units=rng.uniform(50, 400) if rng.random() < 0.5 else None,
                min_units=(rng.uniform(100, 400) if is_lead else rng.uniform(20, 100)) if has_orders else 0.0,
            )
        )
    limits = Limits(
        budget_minor=rng.uniform(2e6, 1e7), sdr_hours=rng.uniform(50, 400), ae_slots=rng.uniform(15, 90), wage_minor=rng.uniform(0, 4000)
    )
    audiences = tuple(
        Audience(name=f"audience {place}", prospects=rng.uniform(100, 2000), already_bought=rng.uniform(0, 200)) for place in range(2)
    )
    return MixProblem(options=tuple(made), draws=draws_of(held=held, worth_minor=worth), limits=limits, audiences=audiences)


class Brute:
    """Valuation and limits in the plainest form."""

    def __init__(self, problem: MixProblem) -> None:
        self.problem = problem
        self.prices = np.array([option.price_minor for option in problem.options])
        self.held_prices = np.array([option.held_price_minor for option in problem.options])
        self.hours = np.array([option.sdr_hours for option in problem.options])
        self.needs = np.array([option.ae_meetings for option in problem.options])
        self.least = np.array([option.min_units for option in problem.options])
        self.spend = self.prices + self.held_prices * problem.draws.held.mean(axis=0)
        limits = problem.limits
        most = [np.inf if option.max_units is None else option.max_units for option in problem.options]
        self.most = np.minimum(np.array(most), np.minimum(limits.budget_minor / self.spend, limits.sdr_hours / self.hours))

    def objective(self, mixes: np.ndarray, caution: float) -> np.ndarray:
        draws, limits = self.problem.draws, self.problem.limits
        useful = mixes.copy()
        for audience in self.problem.audiences:
            at = [place for place, option in enumerate(self.problem.options) if option.audience == audience.name]
            bought = mixes[:, at].sum(axis=1, keepdims=True)
            new = audience.prospects * np.exp(-audience.already_bought / audience.prospects) * -np.expm1(-bought / audience.prospects)
            useful[:, at] = mixes[:, at] * np.divide(new, bought, out=np.zeros_like(new), where=bought > 0)
        values = np.zeros((len(mixes), draws.count))
        for future in range(draws.count):
            left = np.full(len(mixes), limits.ae_slots)
            for place in np.argsort(-draws.worth_minor[future] / self.needs):
                meetings = np.minimum(left / self.needs[place], draws.held[future, place] * useful[:, place])
                left = left - meetings * self.needs[place]
                values[:, future] += meetings * draws.worth_minor[future, place]
            cost = self.prices + self.held_prices * draws.held[future] + limits.wage_minor * self.hours
            values[:, future] -= mixes @ cost
        worst = np.sort(values, axis=1)[:, : max(1, round(0.1 * draws.count))].mean(axis=1)
        return (1 - caution) * values.mean(axis=1) + caution * worst

    def fit(self, mixes: np.ndarray) -> np.ndarray:
        limits = self.problem.limits
        mixes = np.clip(mixes, 0, self.most)
        mixes = np.where(mixes < self.least, np.where(mixes < self.least / 2, 0, self.least), mixes)
        scale = np.minimum(
            1,
            np.minimum(limits.budget_minor / np.maximum(mixes @ self.spend, 1e-9), limits.sdr_hours / np.maximum(mixes @ self.hours, 1e-9)),
        )
        mixes = mixes * scale[:, None]
        return mixes[self.broken(mixes) <= 1e-6]

    def broken(self, mixes: np.ndarray) -> np.ndarray:
        """By how much a mix breaks a limit at most: in units, hours, or minor units of money."""
        limits = self.problem.limits
        most = [np.inf if option.max_units is None else option.max_units for option in self.problem.options]
        over = np.maximum(mixes @ self.spend - limits.budget_minor, mixes @ self.hours - limits.sdr_hours)
        over = np.maximum(over, (mixes - most).max(axis=1))
        short = np.where(mixes > 1e-9, self.least - mixes, 0).max(axis=1)
        return np.maximum(np.maximum(over, short), (-mixes).max(axis=1))

    def search(self, rng: np.random.Generator, caution: float, *, count: int = 6000, rounds: int = 28) -> float:
        options = len(self.prices)
        mixes = self.fit(
            np.concatenate(
                [
                    rng.dirichlet(np.full(options, 0.4), count) * self.most * rng.uniform(0.3, 1.8, (count, 1)),
                    np.diag(self.most),
                    np.zeros((1, options)),
                ]
            )
        )
        values = self.objective(mixes, caution)
        for step in range(rounds):
            top = np.argsort(-values)[:30]
            mixes, values = mixes[top], values[top]
            near = mixes[rng.integers(len(mixes), size=count // 4)]
            noise = rng.normal(size=near.shape) * self.most * 0.3 * 0.75**step * (rng.random(near.shape) < 0.5)
            more = self.fit(near + noise)
            mixes, values = np.concatenate([mixes, more]), np.concatenate([values, self.objective(more, caution)])
        return float(values.max())


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--repetitions", type=int, default=24)
    given = arguments.parse_args()
    rng = np.random.default_rng(given.seed)
    ratios, worst = [], 0.0
    print(f"{'question':>8} {'options':>7} {'orders':>6} {'caution':>7} {'ours / brute force':>18} {'programmes':>10} {'seconds':>8}")
    for place in range(given.repetitions):
        options, has_orders, caution = 3 + place % 3, place % 3 == 1, 0.5 if place % 3 == 2 else 0.0
        problem = question(rng, options=options, draws=60, has_orders=has_orders)
        brute = Brute(problem)
        before = time.process_time()
        mix = best_mix(problem, caution=caution)
        seconds = time.process_time() - before
        units = np.array([mix.units])
        ours, theirs = float(brute.objective(units, caution)[0]), brute.search(rng, caution)
        ratio = 1.0 if max(ours, theirs) <= 1e-6 else ours / theirs
        ratios.append(ratio)
        worst = max(worst, float(brute.broken(units)[0]))
        print(f"{place + 1:>8} {options:>7} {has_orders!s:>6} {caution:>7} {ratio:>18.5f} {mix.programmes:>10} {seconds:>8.3f}")
    times = []
    for _ in range(5):
        problem = question(rng, options=12, draws=100, has_orders=False)
        for caution in (0.0, 0.5):
            before = time.process_time()
            best_mix(problem, caution=caution)
            times.append(time.process_time() - before)
    passed = min(ratios) >= 0.999 and worst <= 1e-6
    print(
        f"\nseed {given.seed}: least {min(ratios):.5f}, mean {np.mean(ratios):.5f} of brute force; limits broken by {max(worst, 0):.1e} at most"
    )
    print(f"12 options, 100 draws: {np.median(times):.3f} s in the middle, {max(times):.3f} s at most (CPU)")
    print("passed" if passed and max(times) <= 1 else "FAILED")
    return 0 if passed and max(times) <= 1 else 1


if __name__ == "__main__":
    raise SystemExit(main())

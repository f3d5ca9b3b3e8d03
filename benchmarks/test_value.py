"""The value of a test against nested simulation (S16).

    python benchmarks/test_value.py [--seed 1] [--repetitions 12] [--draws 400000]

Random priors, prices near what a unit is worth, tests of 20 to 200 units of which 40 to 100 % of the outcomes are seen in time. The
simulation draws a share, then a test, and decides by a posterior on a grid of 20,000 points of its own; its standard error is printed.
Passed when every exact sum is within 3 % of it, or within two standard errors where those are larger. Beside it the textbook's normal
approximation, which payper does not use.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from scipy.stats import norm

from payper.advice.trials import beta_belief, value_of_test


def nested(
    rng: np.random.Generator, a: float, b: float, units: int, later: float, worth: float, price: float, visible: float, draws: int
) -> tuple[float, float]:
    seen = rng.binomial(units, rng.beta(a, b, draws) * visible)
    grid = (np.arange(20_000) + 0.5) / 20_000
    prior = (a - 1) * np.log(grid) + (b - 1) * np.log1p(-grid)
    means = np.empty(units + 1)
    for count in range(units + 1):
        weight = prior + count * np.log(grid * visible) + (units - count) * np.log1p(-grid * visible)
        weight = np.exp(weight - weight.max())
        means[count] = weight @ grid / weight.sum()
    now = max(a / (a + b) * worth - price, 0.0)
    gains = (later - units) * (np.maximum(means[seen] * worth - price, 0.0) - now)
    return float(gains.mean()), float(gains.std() / np.sqrt(draws))


def normal(a: float, b: float, units: int, later: float, worth: float, price: float, visible: float) -> float:
    """The closed form with a normal preposterior (Raiffa, Schlaifer 1961)."""
    mean, variance = a / (a + b), a * b / (a + b) ** 2 / (a + b + 1)
    spread = np.sqrt(variance * units * visible / (units * visible + a + b)) * worth
    gain = mean * worth - price
    return float((later - units) * (spread * norm.pdf(gain / spread) + gain * norm.cdf(gain / spread) - max(gain, 0)))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--repetitions", type=int, default=12)
    arguments.add_argument("--draws", type=int, default=400_000)
    given = arguments.parse_args()
    rng = np.random.default_rng(given.seed)
    passed, times = True, []
    print(f"{'prior':>16} {'n':>4} {'seen':>5} {'exact':>12} {'simulated':>12} {'error':>8} {'(1 s.e.)':>8} {'normal form':>12}")
    for _ in range(given.repetitions):
        weight = rng.uniform(8, 40)
        mean = rng.choice([rng.uniform(0.03, 0.25), rng.uniform(0.4, 0.8)])
        a, b = mean * weight, (1 - mean) * weight
        units, later, visible = int(rng.integers(20, 201)), float(rng.uniform(300, 2000)), float(rng.uniform(0.4, 1.0))
        price = rng.uniform(4_000, 40_000)
        worth = price / mean * rng.uniform(0.75, 1.25)
        before = time.process_time()
        exact = value_of_test(
            beta_belief(a, b), units=units, later_units=later, worth_minor=worth, price_minor=price, visible=visible
        ).value_minor
        times.append(time.process_time() - before)
        drawn, error = nested(rng, a, b, units, later, worth, price, visible, given.draws)
        if drawn <= 0:
            print(
                f"Beta({a:5.2f},{b:6.2f}) {units:>4} {visible:>5.2f} {exact / 100:>12,.2f} {drawn / 100:>12,.2f}   no outcome changed the decision in the simulation"
            )
            passed &= exact < 100
            continue
        off = exact / drawn - 1
        is_close = abs(off) <= max(0.03, 2 * error / drawn)
        passed &= is_close
        close = normal(a, b, units, later, worth, price, visible) / drawn - 1
        print(
            f"Beta({a:5.2f},{b:6.2f}) {units:>4} {visible:>5.2f} {exact / 100:>12,.0f} {drawn / 100:>12,.0f} {off:>8.2%} {error / drawn:>8.2%} {close:>+12.1%}{'' if is_close else '  FAILED'}"
        )
    print(f"\nseed {given.seed}, {given.draws:,} draws each; {1000 * np.median(times):.1f} ms per exact sum (CPU)")
    print("passed" if passed else "FAILED")
    return 0 if passed else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""How often the intervals of shares and medians hold the truth while cases are open, beside the plain figures.

    python benchmarks/reach.py [--seed 1] [--repetitions 1000]

Each world is a number of deliveries, the share that comes to a step in the end, the median days of those (lognormal, shape 0.8) and the age of
the programme, in which deliveries come evenly. The horizon is 180 days, or the age that 20 deliveries have reached.

* bias, cover: of the share within the horizon, and of the median days of those that come within it, told by `measure_wait`.
* plain: bias of wins divided by deliveries, and of the median of the days seen.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import norm

from payper.measurement.reach import measure_wait

WORLDS = [(1500, 0.04, 75, 365), (300, 0.15, 60, 365), (200, 0.70, 9, 120), (100, 0.10, 30, 270), (60, 0.50, 20, 200), (600, 0.40, 60, 120)]
SHAPE, HORIZON = 0.8, 180


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repetitions", type=int, default=1000)
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.repetitions} repetitions")
    print(
        f"{'deliveries':>10} {'share':>6} {'median':>6} {'age':>4} | {'share':>6} {'cover':>6} {'plain':>6} | {'median':>6} {'cover':>6} {'plain':>6}"
    )
    for count, share, median, age in WORLDS:
        rows = []
        for number in range(arguments.repetitions):
            rng = np.random.default_rng([arguments.seed, count, number])
            ages, lags = rng.uniform(0, age, count), median * np.exp(SHAPE * rng.normal(size=count))
            waits = np.where((rng.random(count) < share) & (lags <= ages), lags, np.nan)
            told = measure_wait(ages, waits, horizon_days=HORIZON)
            within = norm.cdf(np.log(told.horizon_days / median) / SHAPE)
            true, middle = share * within, median * np.exp(SHAPE * norm.ppf(within / 2))
            seen = waits[~np.isnan(waits)]
            rows.append(
                (
                    told.share / true - 1,
                    told.share_lo <= true <= told.share_hi,
                    len(seen) / count / true - 1,
                    np.nan if told.median_days is None else told.median_days / middle - 1,
                    np.nan if told.median_lo is None else told.median_lo <= middle <= told.median_hi,
                    np.median(seen) / middle - 1 if len(seen) else np.nan,
                )
            )
        bias, cover, plain, days, hold, short = np.nanmean(np.array(rows, dtype=float), axis=0)
        print(
            f"{count:10} {share:6.0%} {median:6} {age:4} | {bias:+6.1%} {cover:6.1%} {plain:+6.1%} | {days:+6.1%} {hold:6.1%} {short:+6.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()

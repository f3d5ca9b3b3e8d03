"""Waits: how many come to a step and how long it takes them, when some cases are still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import betaincinv
from scipy.stats import binom

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

OLD_MIN = 20
"""The share within a number of days is told only where at least so many cases are that old."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How many of a group came to a step within a number of days, and how long that took.

    Attributes:
        started: Number of cases.
        reached: How many have come to the step so far, however late.
        horizon_days: Days within which shares and waits are told: as asked, or less where too few cases are so old; None: too few.
        share: Of all cases, those that come to the step within `horizon_days`, open cases allowed for.
        share_lo: Lower end of the 95 % interval.
        share_hi: Upper end.
        median_days: Of those that come to the step within `horizon_days`, half do within so many days; None: none has.
        median_lo: Lower end of the 95 % interval; None: fewer than six, so no interval.
        median_hi: Upper end.
        half_days: Of all cases, half have come to the step within so many days; None: not reached by half yet.
        late_days: Of those that come, nine in ten do within so many days; None: none has.
    """

    started: int
    reached: int
    horizon_days: float | None
    share: float | None
    share_lo: float | None
    share_hi: float | None
    median_days: float | None
    median_lo: float | None
    median_hi: float | None
    half_days: float | None
    late_days: float | None


def measure_wait(ages: Numbers, waits: Numbers, *, horizon_days: float, old_min: int = OLD_MIN) -> Wait:
    """Measure how many come to a step and after how many days, from cases of any age.

    A case that has not come to the step is open as long as it is young; one that is lost stays among those that do not come, however
    old (to leave it out would overstate the share).

    Args:
        ages: Days from the start of each case to the as-of, at least 0.
        waits: Days from the start to the step, between 0 and the age; NaN: not yet, or never.
        horizon_days: Days within which the step counts.
        old_min: The horizon is cut to the greatest age that so many cases have reached.

    Source: Aalen and Johansen 1978, Scand. J. Statist. 5, 141-150, with age the only reason to be cut off, so that it equals Kaplan
    and Meier 1958, J. Am. Statist. Assoc. 53, 457-481, with Greenland's variance; the share's interval is Jeffreys' at the effective
    number of cases (Korn and Graubard 1998, Survey Methodology 24, 193-201); the median's is that of order statistics (Conover 1999,
    Practical Nonparametric Statistics, 3.2) at the effective number of steps.
    """
    started, is_there = len(ages), ~np.isnan(waits)
    reached = int(is_there.sum())
    if started < old_min:
        return Wait(started, reached, *(None,) * 9)
    horizon = min(float(horizon_days), float(np.sort(ages)[-old_min]))
    days, steps, gains, spread = _incidence(ages, waits, horizon)
    share = float(gains.sum())
    lo, hi = _share_interval(share, spread, at_least=started if reached == started else int((ages >= horizon).sum()))
    if not share:
        return Wait(started, reached, horizon, 0.0, lo, hi, None, None, None, None, None)
    climbed = np.cumsum(gains)
    parts = climbed / climbed[-1]

    def at(part: float) -> float:
        """Give the day by which a part of those that come has come."""
        return float(days[min(int(np.searchsorted(parts, part - 1e-12)), len(days) - 1)])

    size = int(climbed[-1] ** 2 / (gains**2 / steps).sum() + 1e-9)
    rank = int(binom.ppf(0.025, size, 0.5)) if size >= 6 else 0
    half = int(np.searchsorted(climbed, 0.5 - 1e-12))
    return Wait(
        started,
        reached,
        horizon,
        share,
        lo,
        hi,
        at(0.5),
        at(rank / size) if rank else None,
        at((size + 1 - rank) / size) if rank else None,
        float(days[half]) if half < len(days) else None,
        at(0.9),
    )


def _incidence(ages: Numbers, waits: Numbers, horizon: float) -> tuple[Numbers, Whole, Numbers, float]:
    """Give the days of steps up to the horizon, how many there are, what each adds to the share, and Greenland's sum at the horizon."""
    ends = np.sort(np.where(np.isnan(waits), ages, waits))
    days, steps = np.unique(waits[waits <= horizon], return_counts=True)
    risk = len(ends) - np.searchsorted(ends, days, side="left")
    left = np.concatenate([[1.0], np.cumprod(1 - steps / risk)])
    gains = left[:-1] * steps / risk
    below = risk * (risk - steps)
    with np.errstate(divide="ignore"):
        spread = np.where(below > 0, steps / below, np.inf).sum()
    return days, steps, gains, float(left[-1] ** 2 * spread) if np.isfinite(spread) else 0.0


def _share_interval(share: float, variance: float, *, at_least: int) -> tuple[float, float]:
    """Give Jeffreys' 95 % interval at the number of cases that would be as exact."""
    size = share * (1 - share) / variance if variance > 0 and 0 < share < 1 else float(at_least)
    hits = share * size
    lo = float(betaincinv(hits + 0.5, size - hits + 0.5, 0.025)) if share > 0 else 0.0
    hi = float(betaincinv(hits + 0.5, size - hits + 0.5, 0.975)) if share < 1 else 1.0
    return min(lo, share), max(hi, share)

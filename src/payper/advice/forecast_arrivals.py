"""Arrivals: how many milestones come on each day ahead, from what is delivered and from what will be.

A delivery of age a that has not reached a milestone reaches it on the t-th day ahead with probability p (F(a+t) - F(a+t-1)) / (1 - p F(a)),
and one delivered on that or an earlier day ahead with p f(lag): share reached in the end and lag law of the cure model
(`measurement.cure`), each draw with its own. Counts are drawn day after day out of those left, with the dispersion that weeks have shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.cohorts import find_dispersion
from payper.measurement.cure import CureData, RatePrior, fit_cure
from payper.measurement.estimates import query_days
from payper.measurement.histograms import count_histograms
from payper.measurement.lags import LagPrior
from payper.measurement.matrices import Matrices, make_matrices
from payper.measurement.snapshot import take_snapshot

Floats = NDArray[np.float64]

DRAWS = 1_000
EXPECTED_MIN, PRIOR_WEEKS = 2.0, 10.0
AGES_DAILY = 60


@dataclass(frozen=True)
class Law:
    """What is known of a group's way to a milestone, per draw.

    Attributes:
        share: p, the share that reaches it in the end, shape (draws,).
        reached: F, the share of these within 0, 1, 2, ... days, shape (draws, days + 1).
        unmet: Deliveries that have not reached it, by age in days, shape (ages,).
        dispersion: How much more calendar weeks vary than by chance, 1 or more.
        seen: Deliveries that have reached it.
    """

    share: Floats
    reached: Floats
    unmet: Floats
    dispersion: float
    seen: int

    @property
    def density(self) -> Floats:
        """Give f, the share of those that reach it on each day of lag, shape (draws, days)."""
        return np.asarray(np.diff(self.reached, axis=1), dtype=np.float64)


def find_laws(
    deliveries: pl.DataFrame,
    *,
    through: date,
    days: int,
    by: tuple[str, ...],
    prior: LagPrior | None,
    rate_prior: RatePrior | None,
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> tuple[pl.DataFrame, list[Law]]:
    """Fit the way from delivery to a milestone per group.

    Args:
        deliveries: `delivered_at`, `won_at` (the milestone's date) and the `by` columns.
        through: The last day that is over.
        days: Days ahead that will be asked for.
        by: Columns that make the groups.
        prior: Of lags; None for the documented one.
        rate_prior: Of the share reached in the end; None for the documented one.
        rng: Of the order of draws, so that those of two groups are not the same end of what is likely.
        draws: Per group.

    Returns:
        One row per group with the `by` columns, and the law of each.
    """
    histograms = count_histograms(take_snapshot(deliveries, as_of=through, by=by))
    matrices = make_matrices(histograms)
    points = query_days(days, matrices.days + days)
    data = CureData(matrices.won, matrices.unwon, matrices.deliveries, find_dispersion(matrices).tempered)
    fitted = fit_cure(data, at_days=points, draws=draws, prior=prior, rate_prior=rate_prior)
    whole = np.arange(matrices.days + days + 1)
    laws = []
    for group in range(matrices.groups):
        order = rng.permutation(draws)
        share, reached = fitted.ultimate[group][order], _daily(points, fitted.cdf[group][order], whole)
        # Interpolation leaves steps of less than nothing by rounding alone.
        typical = np.maximum(np.diff(share @ reached), 0.0) / draws
        laws.append(Law(share, reached, matrices.unwon[group], week_dispersion(matrices, group, typical), int(matrices.wins_seen[group])))
    return histograms.segments.drop("segment"), laws


def week_dispersion(matrices: Matrices, group: int, typical: Floats) -> float:
    """Give how much more the milestones of calendar weeks vary than by chance: holidays, month-ends and full calendars move whole weeks.

    Weeks are put together until `EXPECTED_MIN` milestones are expected; the ratio is drawn towards 1 as if `PRIOR_WEEKS` more had varied
    by chance alone, and is at least 1.

    Args:
        matrices: Of all groups.
        group: Which.
        typical: Share of deliveries that reach the milestone on each day of lag, shape (days,).

    Source: McCullagh, Nelder 1989, Generalized Linear Models, 2nd ed., section 4.5 (dispersion from Pearson's chi-square).
    """
    days = matrices.days - 1
    if days < 14:
        return 1.0
    made = matrices.deliveries[group][1:]
    # Delivered k days back, counted from 0 for the last day, on which a delivery of age a shows lag a - 1 - k.
    expected = np.maximum(np.convolve(made[::-1], typical[:days])[:days][::-1], 0.0)
    wins = matrices.wins
    own = wins.segment == group
    back = wins.age[own] - 1 - wins.lag[own]
    came = np.bincount(back, weights=wins.count[own], minlength=days)[:days]
    weeks = np.arange(0, days, 7)
    hoped, had = (np.add.reduceat(each, weeks) for each in (expected, came))
    bins = np.floor((np.cumsum(hoped) - hoped / 2) / EXPECTED_MIN).astype(np.int64)
    hoped, had = (np.bincount(bins, weights=each) for each in (hoped, had))
    used = hoped > EXPECTED_MIN / 2
    square = float(((had[used] - hoped[used]) ** 2 / hoped[used]).sum())
    freedom = max(int(used.sum()) - 1, 0)
    return max((square + PRIOR_WEEKS) / (freedom + PRIOR_WEEKS), 1.0) if freedom else 1.0


def _daily(points: Floats, cdf: Floats, whole: NDArray[np.int64]) -> Floats:
    """Interpolate each draw's law between tabulated days; it is 0 at 0."""
    points, cdf = np.append(0.0, points), np.concatenate([np.zeros((cdf.shape[0], 1)), cdf], axis=1)
    above = np.clip(np.searchsorted(points, whole), 1, points.size - 1)
    part = np.clip((whole - points[above - 1]) / (points[above] - points[above - 1]), 0.0, 1.0)
    return np.asarray(cdf[:, above - 1] * (1 - part) + cdf[:, above] * part, dtype=np.float64)


def expect_from_delivered(law: Law, days: int) -> Floats:
    """Give the milestones expected on each day ahead of what is delivered, shape (draws, days)."""
    ages = law.unmet.size
    left = 1 - law.share[:, None] * law.reached[:, :ages]
    weight = law.share[:, None] * law.unmet / np.maximum(left, 1e-12)
    density, expected = law.density, np.zeros((law.share.size, days))
    for first, last in _age_bands(ages):
        unmet = law.unmet[first:last]
        if unmet.any():
            # Laws are smooth where items are old, so that a band of ages counts as its mean age.
            middle = round(float(np.average(np.arange(first, last), weights=unmet)))
            expected += weight[:, first:last].sum(axis=1)[:, None] * density[:, middle : middle + days]
    return expected


def _age_bands(ages: int) -> list[tuple[int, int]]:
    """Give bands of ages, first and one past the last: days up to `AGES_DAILY`, then a sixteenth of the age."""
    bands, first = [], 0
    while first < ages:
        last = min(first + max(1, first // 16 if first >= AGES_DAILY else 1), ages)
        bands.append((first, last))
        first = last
    return bands


def expect_from_planned(law: Law, planned: Floats) -> Floats:
    """Give the milestones expected on each day ahead of deliveries to come, shape (draws, days).

    Args:
        law: Of the group.
        planned: Deliveries on each day ahead, shape (days,).
    """
    days = planned.size
    shift = np.arange(days)[None, :] - np.arange(days)[:, None]
    spread = np.where(shift >= 0, planned[np.maximum(shift, 0)], 0.0)
    return np.asarray(law.share[:, None] * (law.density[:, :days] @ spread), dtype=np.float64)


def follow(entering: Floats, law: Law) -> Floats:
    """Give the milestones expected on each day ahead of items that enter the stage before on the days ahead.

    Args:
        entering: Items expected to enter on each day, shape (draws, days).
        law: From that stage to the milestone.
    """
    given = np.zeros_like(entering)
    density = law.share[:, None] * law.density
    for day in range(entering.shape[1]):
        given[:, day:] += entering[:, day : day + 1] * density[:, : entering.shape[1] - day]
    return given


def draw_volume(spread: float, draws: int, rng: np.random.Generator) -> Floats:
    """Draw how many times the number planned is delivered: gamma of mean 1.

    Args:
        spread: Its standard deviation; 0: just as planned.
        draws: How many.
        rng: Of the draws.
    """
    return rng.standard_gamma(1 / spread**2, draws) * spread**2 if spread > 0 else np.ones(draws)


def draw_days(expected: Floats, *, most: float | Floats, dispersion: float, rng: np.random.Generator) -> Floats:
    """Draw counts on each day, out of those left: binomial, or negative binomial where weeks vary more than that.

    Args:
        expected: Expected counts, shape (draws, days).
        most: How many there are that could reach the milestone, at most; a number or one per draw.
        dispersion: 1 or more.
        rng: Of the draws.
    """
    counts = np.zeros_like(expected)
    unmet = np.full(expected.shape[0], most, dtype=np.float64)
    left = np.round(unmet)
    for day in range(expected.shape[1]):
        share = np.clip(expected[:, day] / np.maximum(unmet, 1e-9), 0.0, 1.0)
        unmet = unmet - expected[:, day]
        even = rng.binomial(left.astype(np.int64), share)
        if dispersion > 1.001:
            mean, spread = left * share, dispersion - 1
            varied = rng.poisson(rng.standard_gamma(np.maximum(mean / spread, 1e-12)) * spread)
            # Where most of what is left comes at once, chance has no room to vary more.
            even = np.where(share < 0.5, varied, even)
        counts[:, day] = np.minimum(even, left)
        left = left - counts[:, day]
    return counts


def draw_amounts(counts: Floats, amounts: Floats, rng: np.random.Generator) -> Floats:
    """Draw the money that counted wins bring, each an amount seen before; every draw believes in another weighting of these.

    Args:
        counts: Wins on each day, shape (draws, days).
        amounts: Amounts of past wins, at least one.
        rng: Of the draws.

    Source: Rubin 1981, Ann. Statist. 9(1), 130-134 (the Bayesian bootstrap).
    """
    brought = np.zeros_like(counts)
    weights = rng.standard_exponential((counts.shape[0], amounts.size))
    steps = np.cumsum(weights, axis=1)
    for draw in range(counts.shape[0]):
        wins = counts[draw].astype(np.int64)
        picked = np.searchsorted(steps[draw], rng.random(int(wins.sum())) * steps[draw, -1])
        brought[draw] = np.bincount(np.repeat(np.arange(wins.size), wins), weights=amounts[picked], minlength=wins.size)
    return brought

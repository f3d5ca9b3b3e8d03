"""Estimates: everything that can be said of each group within a horizon, as arrays with one element per group; NaN says unknown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payper.measurement.amounts import draw_amounts
from payper.measurement.cohorts import Dispersion, find_dispersion
from payper.measurement.cure import CureData, RatePrior, fit_cure
from payper.measurement.exposure import old_enough, revenue_within, wins_within
from payper.measurement.gammas import WeightedSum, gamma_interval, midp_interval
from payper.measurement.histograms import Histograms
from payper.measurement.lags import LagPrior
from payper.measurement.matrices import Matrices, add_up, make_matrices
from payper.measurement.snapshot import MONEY_STEPS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

OLD_LEAST = 20
"""So many deliveries must be as old as the horizon for it to be reported as seen."""
DRAWS = 1000


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval, one element per group."""

    estimate: Floats
    low: Floats
    high: Floats

    def where(self, chosen: Bools, other: Interval) -> Interval:
        """Give the other's elements where not chosen."""
        return Interval(*(np.where(chosen, mine, its) for mine, its in zip(self.parts, other.parts, strict=True)))

    def only(self, chosen: Bools) -> Interval:
        """Say unknown where not chosen."""
        return Interval(*(np.where(chosen, part, np.nan) for part in self.parts))

    def times(self, factor: Floats | float) -> Interval:
        """Give it in another unit."""
        return Interval(*(part * factor for part in self.parts))

    @property
    def parts(self) -> tuple[Floats, Floats, Floats]:
        """Give estimate, low and high."""
        return self.estimate, self.low, self.high


@dataclass(frozen=True)
class Projection:
    """What the cure model says, with draws per group, shape (groups, draws).

    Attributes:
        ultimate: Share won in the end.
        win_rate: Share won within the horizon.
        revenue, ultimate_revenue: Revenue per delivery within the horizon, and in the end.
        visible: Share of eventual wins that can be seen by now.
        wins: Wins within the horizon of the deliveries so far, seen ones included, with the chance of their number.
    """

    ultimate: Floats
    win_rate: Floats
    revenue: Floats
    ultimate_revenue: Floats
    visible: Floats
    wins: Floats


@dataclass(frozen=True)
class Estimates:
    """The results of each group.

    Attributes:
        is_seen: Whether the horizon has been seen: the oldest delivery and nineteen more are as old as it.
        win_rate, revenue: Within the horizon, by exposure where it has been seen, else by the cure model.
        wins_sum, revenue_sum: The weighted sums behind the exposure estimates.
        cost: Per delivery; NaN where unknown or not above 0.
        has_revenue: Whether amounts can be added up.
    """

    histograms: Histograms
    matrices: Matrices
    horizon_days: int
    margin: float
    is_seen: Bools
    win_rate: Interval
    revenue: Interval
    wins_sum: WeightedSum
    revenue_sum: WeightedSum
    projection: Projection
    dispersion: Dispersion
    cost: Floats
    has_revenue: Bools


def estimate(
    histograms: Histograms,
    *,
    horizon_days: int,
    margin: float,
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> Estimates:
    """Estimate everything from histograms."""
    matrices = make_matrices(histograms)
    dispersion = find_dispersion(matrices)
    unseen, has_revenue = _money_known(histograms, matrices)
    wins_sum = wins_within(matrices, horizon_days)
    revenue_sum = revenue_within(matrices, horizon_days, amount_unseen=unseen)
    projection = _project(matrices, dispersion, horizon_days, unseen, prior, rate_prior, seed, draws)
    is_seen = (matrices.age_largest >= horizon_days) & (old_enough(matrices, horizon_days) >= OLD_LEAST)
    any_delivered = matrices.deliveries.sum(axis=1) > 0
    win_rate = Interval(wins_sum.estimate, *midp_interval(wins_sum))
    win_rate = Interval(*(np.minimum(part, 1.0) for part in win_rate.parts)).where(is_seen, summarise_draws(projection.win_rate))
    revenue = Interval(revenue_sum.estimate, *gamma_interval(revenue_sum)).where(is_seen, summarise_draws(projection.revenue))
    return Estimates(
        histograms=histograms,
        matrices=matrices,
        horizon_days=horizon_days,
        margin=margin,
        is_seen=is_seen,
        win_rate=win_rate.only(any_delivered),
        revenue=revenue.only(any_delivered & has_revenue),
        wins_sum=wins_sum,
        revenue_sum=revenue_sum,
        projection=projection,
        dispersion=dispersion,
        cost=_cost(histograms, matrices, horizon_days),
        has_revenue=has_revenue,
    )


def summarise_draws(draws: Floats) -> Interval:
    """Give median and central 95 % of draws, shape (groups, draws)."""
    low, middle, high = np.quantile(draws, [0.025, 0.5, 0.975], axis=1)
    return Interval(middle, low, high)


def summarise_share(draws: Floats) -> Interval:
    """Give the harmonic mean and central 95 % of draws of a share, shape (groups, draws).

    The harmonic mean is right on average in relative terms: if a / p is to be 1 on average over p, a is 1 over the mean of 1/p. Median and
    mean of a share of which little can be seen yet are too high by that measure.
    """
    low, high = np.quantile(draws, [0.025, 0.975], axis=1)
    return Interval(1 / (1 / draws).mean(axis=1), low, high)


def query_days(horizon_days: int, days: int) -> Floats:
    """Give the days at which lag laws are tabulated: steps of about 15 % up to ten years, with the horizon itself."""
    most = max(3650.0, float(days), float(horizon_days))
    steps = np.unique(np.ceil(1.15 ** np.arange(0, np.ceil(np.log(most) / np.log(1.15)) + 1)))
    return np.unique(np.append(steps, float(horizon_days)))


def _money_known(histograms: Histograms, matrices: Matrices) -> tuple[Floats, Bools]:
    """Give the mean amount of the programme's wins, per group, and whether its amounts can be added up.

    Amounts of other currencies than a group's own say nothing of it.
    """
    wins, groups = matrices.wins, matrices.groups
    kinds = np.array([kinds[0] if len(kinds) == 1 else "" for kinds in histograms.faults["currencies"].to_list()])
    is_mixed = np.array([len(kinds) > 1 for kinds in histograms.faults["currencies"].to_list()], dtype=np.bool_)
    valued = add_up(wins.segment, wins.count - wins.missing, groups)
    counted = add_up(wins.segment, wins.count, groups)
    amount = add_up(wins.segment, wins.amount, groups)
    unseen = np.full(groups, np.nan)
    for kind in np.unique(kinds):
        own = (kinds == kind) & ~is_mixed
        if valued[own].sum() > 0:
            unseen[own] = amount[own].sum() / valued[own].sum()
    known = histograms.has_amounts & ~is_mixed & ((valued > 0) | ((counted == 0) & np.isfinite(unseen)))
    return np.where(np.isfinite(unseen), unseen, 0.0), known


def _cost(histograms: Histograms, matrices: Matrices, horizon_days: int) -> Floats:
    """Give cost per delivery: the mean of those that are known, and dated costs within the horizon per delivery exposed."""
    if not histograms.has_costs:
        return np.full(matrices.groups, np.nan)
    delivered = matrices.deliveries.sum(axis=1)
    known = delivered - matrices.cost_missing
    each = np.where(known > 0, matrices.cost / np.maximum(known, 1), 0.0)
    spending = histograms.spending
    lag = spending["lag_days"].to_numpy()
    segment = spending["segment"].to_numpy()
    exposed = matrices.exposed
    near = (lag < horizon_days) & (lag < matrices.days)
    money = spending["cost"].cast(float).to_numpy() / MONEY_STEPS
    weight = np.where(near, 1 / np.maximum(exposed[segment, np.minimum(lag, matrices.days - 1)], 1), 0.0)
    each = each + add_up(segment, money * weight, matrices.groups)
    return np.where((each > 0) & (delivered > 0), each, np.nan)


def _project(
    matrices: Matrices,
    dispersion: Dispersion,
    horizon_days: int,
    unseen: Floats,
    prior: LagPrior | None,
    rate_prior: RatePrior | None,
    seed: int,
    draws: int,
) -> Projection:
    """Draw from the cure model what is to come."""
    at_days = query_days(horizon_days, matrices.days)
    fitted = fit_cure(
        CureData(matrices.won, matrices.unwon, matrices.deliveries, dispersion.tempered),
        at_days=at_days,
        draws=draws,
        prior=prior,
        rate_prior=rate_prior,
    )
    within = int(np.searchsorted(at_days, horizon_days))
    rate = fitted.ultimate * fitted.cdf[:, :, within]
    revenue, ultimate_revenue = _project_revenue(matrices, fitted.ultimate, fitted.cdf, at_days, within, unseen, seed)
    share = np.einsum("gq,gdq->gd", share_ages(matrices.deliveries, at_days), fitted.cdf)
    delivered = np.maximum(matrices.deliveries.sum(axis=1), 1)
    wins = _project_wins(matrices, fitted.ultimate, fitted.cdf, at_days, within, dispersion.tempered, seed)
    return Projection(fitted.ultimate, rate, revenue, ultimate_revenue, share / delivered[:, None], wins)


def share_ages(by_age: Floats, at_days: Floats) -> Floats:
    """Share counts by age out between the days beside them, so that what is linear between them keeps its sum; below the first, to 0."""
    ages = np.arange(by_age.shape[1], dtype=np.float64)
    points = np.concatenate([[0.0], at_days])
    above = np.clip(np.searchsorted(points, ages, side="left"), 1, points.size - 1)
    part = np.clip((ages - points[above - 1]) / (points[above] - points[above - 1]), 0.0, 1.0)
    matrix = np.zeros((ages.size, points.size))
    matrix[np.arange(ages.size), above] = part
    matrix[np.arange(ages.size), above - 1] += 1 - part
    return (by_age @ matrix)[:, 1:]


def _project_revenue(
    matrices: Matrices, ultimate: Floats, cdf: Floats, at_days: Floats, within: int, unseen: Floats, seed: int
) -> tuple[Floats, Floats]:
    """Multiply wins to come by what wins of their lag are worth."""
    wins = matrices.wins
    middles = np.sqrt(np.maximum(np.concatenate([[0.0], at_days[:-1]]), 0.3) * at_days)
    near, whole = np.empty_like(ultimate), np.empty_like(ultimate)
    bounds = np.searchsorted(wins.segment, np.arange(matrices.groups + 1))
    for group in range(matrices.groups):
        own = slice(bounds[group], bounds[group + 1])
        valued = wins.count[own] - wins.missing[own]
        has = valued > 0
        worth = draw_amounts(
            wins.lag[own][has].astype(np.float64),
            valued[has],
            wins.amount[own][has],
            wins.squared[own][has],
            unseen=float(unseen[group]),
            draws=min(400, ultimate.shape[1]),
            rng=np.random.default_rng(seed),
        )
        each = worth.mean(middles)[np.arange(ultimate.shape[1]) % worth.level.size]
        parts = np.diff(cdf[group], axis=1, prepend=0.0) * each
        near[group] = ultimate[group] * parts[:, : within + 1].sum(axis=1)
        whole[group] = ultimate[group] * (parts.sum(axis=1) + (1 - cdf[group][:, -1]) * each[:, -1])
    return near, whole


def _project_wins(matrices: Matrices, ultimate: Floats, cdf: Floats, at_days: Floats, within: int, dispersion: Floats, seed: int) -> Floats:
    """Draw how many wins the deliveries so far will have had within the horizon."""
    horizon = int(at_days[within])
    young = matrices.unwon.copy()
    young[:, horizon:] = 0
    counts = young.sum(axis=1)
    shared = share_ages(young, at_days)
    at_zero = counts - shared.sum(axis=1)
    seen = matrices.won[:, :horizon].sum(axis=1)
    found = np.empty_like(ultimate)
    for group in range(matrices.groups):
        p, lag = ultimate[group][:, None], cdf[group]
        ends = p * lag[:, within : within + 1]
        to_come = np.maximum(ends - p * lag, 0.0) / np.maximum(1 - p * lag, 1e-12)
        mean = to_come @ shared[group] + ends[:, 0] * at_zero[group]
        found[group] = seen[group] + draw_counts(mean, counts[group], float(dispersion[group]), np.random.default_rng([seed, 1]))
    return found


def draw_counts(mean: Floats, most: float, dispersion: float, rng: np.random.Generator) -> Floats:
    """Draw counts of given means out of `most`: binomial, or negative binomial where the dispersion makes them vary more than that."""
    if most <= 0:
        return np.zeros_like(mean)
    share = np.clip(mean / most, 0.0, 1.0)
    spread = np.maximum(dispersion * (1 - share), 1e-9)
    rate = np.where(spread > 1.001, mean / np.maximum(spread - 1, 1e-3), 1.0)
    varied = rng.poisson(rng.standard_gamma(np.maximum(rate, 1e-12)) * np.maximum(spread - 1, 1e-3))
    even = rng.binomial(int(most), share)
    return np.minimum(np.where(spread > 1.001, varied, even), most).astype(np.float64)

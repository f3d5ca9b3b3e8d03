"""Estimates: everything that can be said of each group within a horizon, as arrays with one element per group; NaN says unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payper.measurement.amounts import draw_amounts
from payper.measurement.cohorts import Dispersion, find_dispersion
from payper.measurement.cure import CureData, CureDraws, RatePrior, fit_cure
from payper.measurement.exposure import old_enough, revenue_within, wins_within
from payper.measurement.gammas import WeightedSum, midp_interval
from payper.measurement.histograms import Histograms
from payper.measurement.lags import LagPrior
from payper.measurement.matrices import Matrices, add_up, make_matrices, read_wins
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

    def widen(self, factor: float, most: float = np.inf) -> Interval:
        """Put the bounds so many times as far from the estimate, by ratio where it is above 0, and none above `most`."""
        if factor == 1:
            return self
        estimate, low, high = self.parts
        with np.errstate(divide="ignore", invalid="ignore"):
            by_ratio = [np.where(part > 0, estimate * (part / estimate) ** factor, 0.0) for part in (low, high)]
        above = np.where(estimate > 0, by_ratio[1], high * factor)
        return Interval(estimate, np.where(np.isnan(low), low, by_ratio[0]), np.minimum(np.where(np.isnan(high), high, above), most))

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
        worth: What a win is worth.
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
    worth: Worth


def estimate(
    histograms: Histograms,
    *,
    horizon_days: int,
    margin: float,
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    seed: int = 0,
    draws: int = DRAWS,
    worth: Worth | None = None,
) -> Estimates:
    """Estimate everything from histograms; `worth` is that of the whole programme where these are only some of its groups."""
    matrices = make_matrices(histograms)
    dispersion = find_dispersion(matrices)
    worth = worth or find_worth(histograms)
    unseen, has_revenue = worth.amount_unseen, worth.is_known
    wins_sum = wins_within(matrices, horizon_days)
    revenue_sum = revenue_within(matrices, horizon_days, amount_unseen=unseen)
    projection = _project(matrices, dispersion, horizon_days, unseen, prior, rate_prior, seed, draws)
    is_seen = (matrices.age_largest >= horizon_days) & (old_enough(matrices, horizon_days) >= OLD_LEAST)
    any_delivered = matrices.deliveries.sum(axis=1) > 0
    win_rate = Interval(wins_sum.estimate, *midp_interval(wins_sum))
    win_rate = Interval(*(np.minimum(part, 1.0) for part in win_rate.parts)).where(is_seen, summarise_draws(projection.win_rate))
    revenue = Interval(revenue_sum.estimate, *midp_interval(revenue_sum)).where(is_seen, summarise_draws(projection.revenue))
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
        worth=worth,
    )


def summarise_draws(draws: Floats) -> Interval:
    """Give median and central 95 % of draws, shape (groups, draws)."""
    low, middle, high = np.quantile(draws, [0.025, 0.5, 0.975], axis=1)
    return Interval(middle, low, high)


def summarise_ultimate(projection: Projection) -> Interval:
    """Give the share won in the end: harmonic mean and central 95 % of its draws.

    The harmonic mean is right on average in relative terms: if a / p is to be 1 on average over p, a is 1 over the mean of 1/p. Median and
    mean of a share of which little can be seen yet are too high by that measure. It is never less than the share within the horizon.
    """
    low, high = np.quantile(projection.ultimate, [0.025, 0.975], axis=1)
    middle = 1 / (1 / projection.ultimate).mean(axis=1)
    return Interval(np.maximum(middle, np.median(projection.win_rate, axis=1)), low, high)


def query_days(horizon_days: int, days: int) -> Floats:
    """Give the days at which lag laws are tabulated: steps of about 15 % up to ten years, with the horizon itself."""
    most = max(3650.0, float(days), float(horizon_days))
    steps = np.unique(np.ceil(1.15 ** np.arange(0, np.ceil(np.log(most) / np.log(1.15)) + 1)))
    return np.unique(np.append(steps, float(horizon_days)))


@dataclass(frozen=True)
class Worth:
    """What a win is worth, per group.

    Attributes:
        amount_unseen: Mean amount of the programme's wins in the group's currency; 0 where there is none.
        is_known: Whether the group's amounts can be added up: all of one currency, and some of its wins, if any, with an amount.
    """

    amount_unseen: Floats
    is_known: Bools

    def part(self, groups: slice) -> Worth:
        """Give it for some groups."""
        return Worth(self.amount_unseen[groups], self.is_known[groups])


def find_worth(histograms: Histograms) -> Worth:
    """Find what a win is worth in each group's own currency."""
    frame, groups = histograms.wins.drop_nulls("lag_days"), histograms.segments.height
    wins = read_wins(frame)
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
    return Worth(np.where(np.isfinite(unseen), unseen, 0.0), known)


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
    (revenue, ultimate_revenue) = _project_revenue(matrices, fitted, at_days, [within, at_days.size], unseen, seed)
    share = np.einsum("gq,gdq->gd", share_ages(matrices.deliveries, at_days), fitted.cdf)
    delivered = np.maximum(matrices.deliveries.sum(axis=1), 1)
    wins = _project_wins(matrices, fitted.ultimate, fitted.cdf, at_days, within, dispersion.tempered, seed)
    return Projection(fitted.ultimate, rate, revenue, ultimate_revenue, share / delivered[:, None], wins)


def project(
    matrices: Matrices,
    dispersion: Dispersion,
    ages: NDArray[np.int64],
    unseen: Floats,
    prior: LagPrior | None,
    rate_prior: RatePrior | None,
    seed: int,
) -> list[Floats]:
    """Draw revenue per delivery up to each of some ages, above 0 in ascending order; 0 at an age of 0. Shape of each (groups, draws)."""
    last = int(ages[-1])
    at_days = np.unique(np.concatenate([query_days(last, matrices.days), ages[ages > 0].astype(np.float64)]))
    fitted = fit_cure(
        CureData(matrices.won, matrices.unwon, matrices.deliveries, dispersion.tempered),
        at_days=at_days,
        draws=DRAWS,
        prior=prior,
        rate_prior=rate_prior,
    )
    ends = [int(np.searchsorted(at_days, age)) for age in ages if age > 0]
    drawn = _project_revenue(matrices, fitted, at_days, ends, unseen, seed)
    return [np.zeros_like(fitted.ultimate)] * (len(ages) - len(ends)) + drawn


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
    matrices: Matrices, fitted: CureDraws, at_days: Floats, ends: Sequence[int], unseen: Floats, seed: int
) -> list[Floats]:
    """Multiply wins up to some of the days, by their numbers, by what wins of their lag are worth; one number more says for ever."""
    wins, ultimate, cdf = matrices.wins, fitted.ultimate, fitted.cdf
    middles = np.sqrt(np.maximum(np.concatenate([[0.0], at_days[:-1]]), 0.3) * at_days)
    found = [np.empty_like(ultimate) for _ in ends]
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
            draws=min(300, ultimate.shape[1]),
            rng=np.random.default_rng(seed),
        )
        each = worth.mean(middles)[np.arange(ultimate.shape[1]) % worth.level.size]
        parts = np.diff(cdf[group], axis=1, prepend=0.0) * each
        sums = np.cumsum(parts, axis=1)
        for place, end in zip(found, ends, strict=True):
            is_for_ever = end == at_days.size
            place[group] = ultimate[group] * (sums[:, -1] + (1 - cdf[group][:, -1]) * each[:, -1] if is_for_ever else sums[:, end])
    return found


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

"""The cure model on a grid: what share of deliveries is won in the end and when, averaged over families of lag laws.

A delivery is won in the end with probability p, after a lag of law F; the rest never is. With d[t] wins at lag t and O[a] deliveries
not yet won of age a,

    log L(p, F) = sum_t d[t] log(p f(t)) + sum_a O[a] log(1 - p F(a)).

Laws lie on a grid of family, median and shape (`lags`), with the prior of `LagPrior`; the log odds of p are normal, by `RatePrior`. There
is no sampling and no maximising: with less than half of the wins visible the likelihood alone runs off to p = 1, and so does half of
an average under a prior that is flat in p, which takes wins of half of all deliveries for as likely as those of one in a hundred.

Two things make it quick. With F = F* G, F* the value at the oldest age, and q = pF*, log(1 - qG) = log C - 2 sum_k z^k T_k(2G - 1) / k
for z = q / (1 + sqrt(1-q))^2 and C = (1 - q/2) / (1 + z^2), so that the sum over ages becomes a few moments per law, found for all
groups of like age at once by matrix products. And the moments are smooth in median and shape, so each group's grid is laid again
where its posterior is, and they are interpolated to it.

Sources: Boag 1949, J. Royal Statist. Soc. B 11(1), 15-53 (cure models); the series is the generating function of Chebyshev polynomials,
Abramowitz, Stegun 1964, 22.9.8.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from payper.measurement.lags import LagPrior, LagTable, tabulate_lags

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MEDIANS, SHAPES = 32, 15
"""Points of the grid of all laws."""
LOCAL = ((13, 11, 10), (17, 13, 24))
"""Points in median, shape and p of the grids laid again around each group's posterior, one after the other."""
_SPAN = 2.6
_TERMS = 14
_STENCIL = 6
_TOGETHER = 16
"""Groups evaluated at once: what fits into a processor's cache is quicker."""


@dataclass(frozen=True, slots=True)
class RatePrior:
    """What is believed of the share won in the end before any win.

    Attributes:
        typical: The middle share: half of all programmes win less.
        log_odds_sd: Standard deviation of its log odds; 1.7 puts 90 % of programmes between 0.3 and 46 % around 5 %: from cold leads to
            appointments with people who asked for them.
    """

    typical: float = 0.05
    log_odds_sd: float = 1.7


@dataclass(frozen=True)
class CureData:
    """What the model is fitted to, one row per group.

    Attributes:
        won: Wins by lag day, shape (groups, days).
        unwon: Deliveries not yet won by age in days, same shape.
        deliveries: All deliveries by age, same shape.
        dispersion: How much more wins vary than by chance, 1 or more, shape (groups,); the likelihood is taken to the power of 1/it.
    """

    won: Floats
    unwon: Floats
    deliveries: Floats
    dispersion: Floats


@dataclass(frozen=True)
class CureDraws:
    """Equally likely parameters per group, deterministic: every weight of the grid is met as often as it deserves.

    Attributes:
        ultimate: p, the share won in the end, shape (groups, draws).
        cdf: Share of eventual wins within each of the days asked for, shape (groups, draws, days).
    """

    ultimate: Floats
    cdf: Floats


def fit_cure(
    data: CureData, *, at_days: Floats, draws: int = 2000, prior: LagPrior | None = None, rate_prior: RatePrior | None = None
) -> CureDraws:
    """Fit the model to every group.

    Args:
        data: What was observed.
        at_days: Days at which the lag law is wanted, above 0.
        draws: Per group.
        prior: Of lags; None for the documented one.
        rate_prior: Of the share won in the end; None for the documented one.
    """
    prior = prior or LagPrior()
    families = len(prior.log_shape)
    grid = _lay_grid(data.won.shape[1], prior)
    fields = _fields(data, grid, families)
    asked = tabulate_lags(at_days, prior=prior, medians=MEDIANS, shapes=SHAPES).cdf.reshape(families, MEDIANS, SHAPES, -1)
    parts = [_draw(fields.part(groups), asked, draws, rate_prior or RatePrior()) for groups in _chunks(data.won.shape[0])]
    if not parts:
        return CureDraws(np.zeros((0, draws)), np.zeros((0, draws, at_days.size)))
    return CureDraws(np.concatenate([part.ultimate for part in parts]), np.concatenate([part.cdf for part in parts]))


@dataclass(frozen=True)
class _Grid:
    """The table of all laws at the bounds of bins."""

    bounds: Floats
    table: LagTable


@dataclass(frozen=True)
class _Fields:
    """Functionals of the lag law on the grid of all laws, shape (groups, fields, families, medians, shapes), and counts per group.

    The fields are the log likelihood of the lags of wins, the deliveries whose win would show by now, the largest share that could show,
    and the moments of deliveries not won. All but the third are divided by the dispersion.
    """

    values: Floats
    wins: Floats
    unwon: Floats

    def part(self, groups: slice) -> _Fields:
        return _Fields(self.values[groups], self.wins[groups], self.unwon[groups])


@dataclass(frozen=True)
class _Weights:
    """Log weights and logits of p on a grid, shape (groups, families, medians, shapes, nodes), with the step between nodes."""

    log: Floats
    logit: Floats
    step: Floats


def _chunks(groups: int) -> Iterator[slice]:
    for start in range(0, groups, _TOGETHER):
        yield slice(start, start + _TOGETHER)


def _lay_grid(days: int, prior: LagPrior) -> _Grid:
    """Tabulate all laws at daily bounds for three weeks and at steps of 5 % after."""
    bounds = [float(day) for day in range(1, 22)]
    while bounds[-1] < days:
        bounds.append(float(np.ceil(bounds[-1] * 1.05)))
    return _tabulated(tuple(bounds), prior.median_days, prior.log_median_sd, tuple(prior.log_shape.items()))


@lru_cache(maxsize=8)
def _tabulated(
    bounds: tuple[float, ...], median_days: float, log_median_sd: float, log_shape: tuple[tuple[str, tuple[float, float]], ...]
) -> _Grid:
    prior = LagPrior(median_days=median_days, log_median_sd=log_median_sd, log_shape=dict(log_shape))
    at = np.array(bounds)
    return _Grid(at, tabulate_lags(at, prior=prior, medians=MEDIANS, shapes=SHAPES))


def _fields(data: CureData, grid: _Grid, families: int) -> _Fields:
    """Find the functionals of all groups by matrix products, groups of like oldest age together."""
    scale = 1 / data.dispersion[:, None]
    won = _binned(data.won * scale, grid.bounds)
    unwon, deliveries = (_shared_out(ages * scale, grid.bounds) for ages in (data.unwon, data.deliveries))
    cdf = grid.table.cdf
    values = np.empty((won.shape[0], 3 + _TERMS, cdf.shape[0]))
    values[:, 0] = won @ grid.table.log_mass.T
    values[:, 1] = deliveries[:, 1:] @ cdf.T
    oldest = np.max(np.where(deliveries > 0, np.arange(deliveries.shape[1]), 1), axis=1, initial=1)
    # Classes of ages about half as old again each; the first bound is a day.
    classes = np.ceil(np.log(grid.bounds[oldest - 1]) / np.log(1.5))
    for number in np.unique(classes):
        of_class = classes == number
        most = int(oldest[of_class].max())
        values[of_class, 2:] = _moments(unwon[of_class][:, : most + 1], cdf[:, :most])
    return _Fields(values.reshape(*values.shape[:2], families, MEDIANS, SHAPES), won.sum(axis=1), unwon.sum(axis=1))


def _moments(unwon: Floats, cdf: Floats) -> Floats:
    """Give the share that shows at the last bound, and the sums of T_k over deliveries not won; shape (groups, 1 + terms, laws)."""
    largest = np.maximum(cdf[:, -1], 1e-280)
    argument = 2 * cdf / largest[:, None] - 1
    found = np.empty((unwon.shape[0], 1 + _TERMS, cdf.shape[0]))
    found[:, 0] = largest
    before, now = np.ones_like(argument), argument
    for k in range(1, _TERMS + 1):
        found[:, k] = unwon[:, 1:] @ now.T + unwon[:, :1] * (-1.0) ** k
        before, now = now, 2 * argument * now - before
    return found


def _binned(by_lag: Floats, bounds: Floats) -> Floats:
    """Put days of lag into bins: bin j holds the days from bound j-1 to below bound j."""
    where = np.searchsorted(bounds, np.arange(by_lag.shape[1]), side="right")
    table = np.zeros((by_lag.shape[0], bounds.size))
    np.add.at(table.T, where, by_lag.T)
    return table


def _shared_out(by_age: Floats, bounds: Floats) -> Floats:
    """Share ages out between the bounds beside them, so that what is linear between bounds keeps its sum; the first is 0."""
    ages = np.arange(by_age.shape[1], dtype=np.float64)
    points = np.concatenate([[0.0], bounds])
    above = np.clip(np.searchsorted(points, ages, side="left"), 1, points.size - 1)
    part = (ages - points[above - 1]) / (points[above] - points[above - 1])
    table = np.zeros((by_age.shape[0], points.size))
    np.add.at(table.T, above, (by_age * part).T)
    np.add.at(table.T, above - 1, (by_age * (1 - part)).T)
    return table


def _draw(fields: _Fields, asked: Floats, draws: int, prior: RatePrior) -> CureDraws:
    """Lay the grid again around the posterior of each group, and draw from it."""
    x, y = np.linspace(-_SPAN, _SPAN, MEDIANS), np.linspace(-_SPAN, _SPAN, SHAPES)
    groups, families = fields.values.shape[0], fields.values.shape[2]
    at_x, at_y = np.broadcast_to(x, (groups, families, x.size)), np.broadcast_to(y, (groups, families, y.size))
    weights = _evaluate(fields, fields.values, at_x, at_y, nodes=LOCAL[0][2], prior=prior)
    for medians, shapes, nodes in LOCAL:
        at_x, at_y = _zoom(weights, at_x, at_y, medians, shapes)
        values = _interpolate(fields.values, _stencils(at_x, MEDIANS), _stencils(at_y, SHAPES))
        weights = _evaluate(fields, values, at_x, at_y, nodes=nodes, prior=prior)
    law, logit = _systematic(weights, draws)
    table = np.moveaxis(_interpolate(np.moveaxis(asked, 3, 0)[None], _stencils(at_x, MEDIANS), _stencils(at_y, SHAPES)), 1, -1).reshape(
        groups, -1, asked.shape[3]
    )
    cdf = np.clip(np.take_along_axis(table, law[:, :, None], axis=1), 0.0, 1.0)
    return CureDraws(1 / (1 + np.exp(-logit)), cdf)


def _evaluate(fields: _Fields, values: Floats, at_x: Floats, at_y: Floats, *, nodes: int, prior: RatePrior) -> _Weights:
    """Give the log posterior on a grid of laws, with nodes of logit p laid around what each law makes of the wins."""
    wins, unwon = fields.wins[:, None, None, None], fields.unwon[:, None, None, None]
    lags, visible, largest, moments = values[:, 0], np.maximum(values[:, 1], 0.0), np.clip(values[:, 2], 0.0, 1.0), values[:, 3:]
    guess = np.clip((wins + 0.5) / (visible + 0.5 / prior.typical), 1e-8, 0.97)
    deviation = np.minimum(1 / np.sqrt((wins + 0.5) * (1 - guess)), prior.log_odds_sd)
    # The log likelihood falls as wins|x| to the left; to the right, where few would show anyway, only the prior falls.
    left = 6 * deviation + prior.log_odds_sd / (wins + 0.5)
    right = np.maximum(6 * deviation, np.minimum(4 * prior.log_odds_sd, 12 / (0.5 + np.maximum(visible - wins, 0.0))))
    step = (left + right) / (nodes - 1)
    logit = (np.log(guess / (1 - guess)) - left)[..., None] + step[..., None] * np.arange(nodes)
    p = np.minimum(1 / (1 + np.exp(-logit)), 1 - 1e-9)
    q = p * largest[..., None]
    z = q / (1 + np.sqrt(1 - q)) ** 2
    series = np.zeros_like(z)
    for k in range(moments.shape[1], 0, -1):
        series = z * (series + moments[:, k - 1, ..., None] / k)
    log = (
        lags[..., None]
        + wins[..., None] * np.log(p)
        - 0.5 * ((logit - np.log(prior.typical / (1 - prior.typical))) / prior.log_odds_sd) ** 2
        + unwon[..., None] * np.log((1 - q / 2) / (1 + z * z))
        - 2 * series
        - 0.5 * (at_x[:, :, :, None, None] ** 2 + at_y[:, :, None, :, None] ** 2)
        + np.log(step)[..., None]
    )
    area = (at_x[..., 1] - at_x[..., 0]) * (at_y[..., 1] - at_y[..., 0])
    log += np.log(area)[:, :, None, None, None]
    return _Weights(log - log.max(axis=(1, 2, 3, 4), keepdims=True), logit, step)


def _zoom(weights: _Weights, at_x: Floats, at_y: Floats, medians: int, shapes: int) -> tuple[Floats, Floats]:
    """Lay a grid around the mass of each family."""
    of_law = np.exp(weights.log - weights.log.max(axis=(2, 3, 4), keepdims=True)).sum(axis=-1)

    def around(at: Floats, mass: Floats, points: int) -> Floats:
        mass = mass / mass.sum(axis=-1, keepdims=True)
        mean = (mass * at).sum(axis=-1)
        deviation = np.sqrt(np.maximum((mass * at**2).sum(axis=-1) - mean**2, 0.0))
        reach = 4.5 * deviation + (at[..., 1] - at[..., 0])
        low, high = np.maximum(mean - reach, -_SPAN), np.minimum(mean + reach, _SPAN)
        return np.asarray(low[..., None] + (high - low)[..., None] * np.linspace(0, 1, points), dtype=np.float64)

    return around(at_x, of_law.sum(axis=3), medians), around(at_y, of_law.sum(axis=2), shapes)


def _stencils(at: Floats, points: int) -> Floats:
    """Give matrices that interpolate from an even grid over the span by Lagrange polynomials through the six nearest points."""
    place = (at + _SPAN) / (2 * _SPAN) * (points - 1)
    first = np.clip(np.floor(place).astype(np.int64) - _STENCIL // 2 + 1, 0, points - _STENCIL)
    offset = (place - first)[..., None]
    nodes = np.arange(_STENCIL)
    factors = np.stack(
        [np.prod([(offset[..., 0] - other) / (node - other) for other in nodes if other != node], axis=0) for node in nodes], axis=-1
    )
    matrix = np.zeros((*at.shape, points))
    np.put_along_axis(matrix, first[..., None] + nodes, factors, axis=-1)
    return matrix


def _interpolate(values: Floats, in_x: Floats, in_y: Floats) -> Floats:
    """Take fields of shape (groups, fields, families, x, y) to other points of x and y per group and family."""
    return np.asarray(np.matmul(np.matmul(in_x[:, None], values), np.swapaxes(in_y, -1, -2)[:, None]), dtype=np.float64)


def _systematic(weights: _Weights, draws: int) -> tuple[Ints, Floats]:
    """Draw laws and logits of p at even steps of the cumulated weights; where a step falls inside a weight says how far beside its node."""
    groups, nodes = weights.log.shape[0], weights.log.shape[-1]
    flat = np.exp(weights.log).reshape(groups, -1)
    sums = np.cumsum(flat, axis=1)
    targets = (np.arange(draws) + 0.5) / draws
    cells = np.stack([np.searchsorted(row, targets * row[-1], side="right") for row in sums])
    cells = np.minimum(cells, flat.shape[1] - 1)
    reached = np.take_along_axis(sums, cells, axis=1)
    mass = np.take_along_axis(flat, cells, axis=1)
    beside = np.clip((targets * sums[:, -1:] - (reached - mass)) / np.maximum(mass, 1e-300), 0.0, 1.0) - 0.5
    law = cells // nodes
    step = np.take_along_axis(weights.step.reshape(groups, -1), law, axis=1)
    return law, np.take_along_axis(weights.logit.reshape(groups, -1), cells, axis=1) + beside * step

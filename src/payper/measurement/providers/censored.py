"""What several providers' deliveries win, while some of it is still open: one lag law for all, one rate for each.

Provider j has k_j wins, and O_j[a] deliveries of age a not won. Its likelihood in the ultimate rate p is
p^k_j * prod_a (1 - p F(a))^O_j[a], with F the lag law all share. p has the Beta prior of `posterior`, (m, K) on a grid of 48 x 24, but
that m has Jeffreys' density, as the rates of single segments have (a flat one, beside laws that foretell late wins, lifts ultimate rates),
and K0 is the median of sum_a N[a] F(a): a delivery counts as much as it can have shown by its age. F is
drawn 240 times from its posterior as if all had one rate (a grid of laws), and each draw is weighted with its true likelihood. The
likelihood is kept whole on a grid of p: counting a young delivery as F(a) of a trial is biased by 3 points where rates pass 10 %.

Source: mixture cure models (Boag 1949, J. R. Stat. Soc. B 11:15-53) with a Beta hierarchy over providers; docs/providers.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from payper.measurement.lags import Floats, LagPrior, LagTable, tabulate_lags

HYPER_MEANS, HYPER_STRENGTHS = 48, 24
RATES_FEWEST, RATES_MOST = 72, 400
AGES_MOST = 80
LAG_DRAWS = 240


@dataclass(frozen=True, slots=True)
class Evidence:
    """Wins and ages of the providers.

    Attributes:
        wins: Wins per provider, shape (providers,).
        open: Deliveries not won, by provider and age, shape (providers, ages).
        everyone: All deliveries, same shape.
        ages_days: Mean age of each column, days.
        lags_days: Whole days from delivery to win, one per distinct lag.
        lag_wins: Wins of all providers at each of them.
    """

    wins: Floats
    open: Floats
    everyone: Floats
    ages_days: Floats
    lags_days: Floats
    lag_wins: Floats


@dataclass(frozen=True, slots=True)
class WinDraws:
    """Posterior draws.

    Attributes:
        ultimate: Rate if one waited for ever, shape (draws, providers).
        within: Rate within the horizon, same shape.
        visible_share: Share of the eventual wins of each provider that can be seen by now, shape (providers,).
    """

    ultimate: Floats
    within: Floats
    visible_share: Floats


@dataclass(frozen=True, slots=True)
class _Laws:
    """Lag laws drawn, with the log of what corrects their weight."""

    at_ages: Floats
    at_horizon: Floats
    log_correction: Floats


def draw_wins(evidence: Evidence, *, horizon_days: float, prior: LagPrior | None, count: int, lag_draws: int, seed: int) -> WinDraws:
    """Draw the rates of all providers from their joint posterior; at least one provider, at least one delivery."""
    rng = np.random.default_rng(seed)
    rates, step = _rate_grid(evidence)
    laws = _draw_laws(evidence, rates, horizon_days=horizon_days, prior=prior, count=lag_draws, rng=rng)
    table = _likelihoods(evidence, rates, laws)
    box = _hyper_box(table, laws, rates, step, evidence)
    prior_rows, log_hyper = _hyper_rows(rates, step, box)
    # log of prod_j sum_p B[h, p] L[law, j, p]: shape (laws, cells).
    log_weight = laws.log_correction[:, None] + log_hyper[None, :]
    peak = table.max(axis=2, keepdims=True)
    scaled = np.exp(table - peak)
    for provider in range(scaled.shape[1]):
        log_weight = log_weight + np.log(np.maximum(scaled[:, provider, :] @ prior_rows.T, 1e-300)) + peak[:, provider]
    weight = np.exp(log_weight - log_weight.max()).ravel()
    cumulated = np.cumsum(weight / weight.sum())
    cell = rng.permutation(np.minimum(np.searchsorted(cumulated, (np.arange(count) + rng.random()) / count), cumulated.size - 1))
    law, hyper = np.divmod(cell, log_weight.shape[1])
    ultimate = np.empty((count, scaled.shape[1]))
    for each in np.unique(law):
        rows = np.flatnonzero(law == each)
        mass = prior_rows[hyper[rows]][:, None, :] * scaled[each][None, :, :]
        ultimate[rows] = _draw_rates(mass, np.log(rates / (1 - rates)), step, rng)
    of_law = weight.reshape(log_weight.shape).sum(axis=1) / weight.sum()
    totals = evidence.everyone.sum(axis=1)
    visible = (evidence.everyone @ (of_law @ laws.at_ages)) / np.maximum(totals, 1.0)
    return WinDraws(ultimate, ultimate * laws.at_horizon[law][:, None], np.minimum(visible, 1.0))


def _draw_rates(mass: Floats, logit: Floats, step: float, rng: np.random.Generator) -> Floats:
    """Draw a rate per row and provider from masses on the grid, spread evenly within a grid step."""
    cumulated = np.cumsum(mass, axis=2)
    target = rng.random(mass.shape[:2])[..., None] * cumulated[..., -1:]
    index = np.minimum((cumulated < target).sum(axis=2), logit.size - 1)
    at = logit[index] + step * (rng.random(mass.shape[:2]) - 0.5)
    return np.asarray(1 / (1 + np.exp(-at)), dtype=np.float64)


def _rate_grid(evidence: Evidence) -> tuple[Floats, float]:
    """Give ultimate rates evenly spaced in logit, as fine as the provider with the most wins needs."""
    totals = evidence.everyone.sum(axis=1)
    highest = float((evidence.wins / np.maximum(totals, 1.0)).max())
    top = min(0.995, 5 * highest + 0.15)
    bottom = 0.05 / (1 + float(totals.max()))
    low, high = np.log(bottom / (1 - bottom)), np.log(top / (1 - top))
    wanted = int((high - low) * np.sqrt(evidence.wins.max() + 1) / 0.8)
    points = min(max(wanted, RATES_FEWEST), RATES_MOST)
    logit = np.linspace(low, high, points)
    return 1 / (1 + np.exp(-logit)), float(logit[1] - logit[0])


def _draw_laws(
    evidence: Evidence, rates: Floats, *, horizon_days: float, prior: LagPrior | None, count: int, rng: np.random.Generator
) -> _Laws:
    """Draw laws as if all providers had one rate; flattened a little, so that no law the truth needs is missed."""
    bounds = np.unique(np.concatenate([evidence.ages_days, evidence.lags_days, evidence.lags_days + 1, [max(horizon_days, 1e-9)]]))
    bounds = bounds[bounds > 0]
    laws = tabulate_lags(bounds, prior=prior)
    log_lag = _log_lag(laws, bounds, evidence)
    at_ages = _at(laws, bounds, evidence.ages_days)
    coarse = rates[:: max(1, rates.size // 40)]
    still_open = evidence.open.sum(axis=0)
    total = evidence.wins.sum()
    log_likelihood = np.stack([total * np.log(p) + np.log1p(-p * np.minimum(at_ages, 1.0)) @ still_open for p in coarse], axis=1)
    peak = log_likelihood.max(axis=1)
    log_pooled = peak + np.log(np.exp(log_likelihood - peak[:, None]).sum(axis=1))
    log_target = laws.log_prior + log_lag
    log_proposal = 0.7 * (log_target + log_pooled)
    proposal = np.exp(log_proposal - log_proposal.max())
    cumulated = np.cumsum(proposal / proposal.sum())
    drawn = np.minimum(np.searchsorted(cumulated, (np.arange(count) + rng.random()) / count), cumulated.size - 1)
    at_horizon = _at(laws, bounds, np.array([max(horizon_days, 1e-9)]))[:, 0]
    return _Laws(at_ages[drawn], at_horizon[drawn], (log_target - log_proposal)[drawn])


def _at(laws: LagTable, bounds: Floats, days: Floats) -> Floats:
    """Look the cdf up at days that are among the bounds (0 gives 0)."""
    found = laws.cdf[:, np.minimum(np.searchsorted(bounds, days), bounds.size - 1)]
    return np.where(days > 0, found, 0.0)


def _log_lag(laws: LagTable, bounds: Floats, evidence: Evidence) -> Floats:
    """Give the log likelihood of the lags seen, each within its day, per law."""
    mass = _at(laws, bounds, evidence.lags_days + 1) - _at(laws, bounds, evidence.lags_days)
    return np.asarray(np.log(np.maximum(mass, 1e-300)) @ evidence.lag_wins, dtype=np.float64)


def _likelihoods(evidence: Evidence, rates: Floats, laws: _Laws) -> Floats:
    """Give log p^k prod (1 - p F(a))^O, shape (laws, providers, rates)."""
    table = np.empty((laws.at_ages.shape[0], evidence.wins.size, rates.size))
    won = evidence.wins[:, None] * np.log(rates)[None, :]
    for index, cdf in enumerate(laws.at_ages):
        table[index] = won + evidence.open @ np.log1p(-np.outer(np.minimum(cdf, 1.0), rates))
    return table


def _hyper_box(table: Floats, laws: _Laws, rates: Floats, step: float, evidence: Evidence) -> tuple[float, float, float, float, float]:
    """Find where (m, K) can lie, at the likeliest law: bounds of logit m and log K, and the prior's K0."""
    # A delivery counts as much as it can have shown by its age: the prior is even in how far rates are drawn together.
    median = max(float(np.median(evidence.everyone @ laws.at_ages.mean(axis=0))), 1.0)
    logit = np.log(rates / (1 - rates))
    box = (float(logit[0]), float(logit[-1]), float(np.log(median) - 6), float(np.log(median) + 7), median)
    rows, log_weight = _hyper_rows(rates, step, box)
    best = int((laws.log_correction + table.max(axis=2).sum(axis=1)).argmax())
    peak = table[best].max(axis=1, keepdims=True)
    log_weight = log_weight + np.log(np.maximum(np.exp(table[best] - peak) @ rows.T, 1e-300)).sum(axis=0)
    kept = (log_weight > log_weight.max() - 9).reshape(HYPER_MEANS, HYPER_STRENGTHS)
    axes = (np.linspace(box[0], box[1], HYPER_MEANS), np.linspace(box[2], box[3], HYPER_STRENGTHS))
    bounds = []
    for axis, values in enumerate(axes):
        inside = np.flatnonzero(kept.any(axis=1 - axis))
        # Other laws move the box, so it is left wider by a third on both sides.
        spare = max(1, round((inside[-1] - inside[0] + 1) / 3))
        bounds += [float(values[max(inside[0] - spare, 0)]), float(values[min(inside[-1] + spare, values.size - 1)])]
    return bounds[0], bounds[1], bounds[2], bounds[3], median


def _hyper_rows(rates: Floats, step: float, box: tuple[float, float, float, float, float]) -> tuple[Floats, Floats]:
    """Give the Beta prior's mass on the grid of rates per (m, K), shape (cells, rates), and the log prior of the cells."""
    low_m, high_m, low_k, high_k, median = box
    logit, log_strength = np.linspace(low_m, high_m, HYPER_MEANS), np.linspace(low_k, high_k, HYPER_STRENGTHS)
    at_m, at_k = (each.ravel() for each in np.meshgrid(logit, log_strength, indexing="ij"))
    mean, strength = 1 / (1 + np.exp(-at_m)), np.exp(at_k)
    log_prior = 0.5 * (np.log(mean) + np.log1p(-mean)) + at_k - 2 * np.log(median + strength)
    # A prior narrower than the grid's step says "all alike" as well as one of the step's width.
    widest = np.minimum(strength, 1.5 / (step**2 * mean * (1 - mean)))
    log_rows = (mean * widest)[:, None] * np.log(rates) + ((1 - mean) * widest)[:, None] * np.log1p(-rates)
    rows = np.exp(log_rows - log_rows.max(axis=1, keepdims=True))
    return rows / rows.sum(axis=1, keepdims=True), log_prior


__all__ = ["AGES_MOST", "LAG_DRAWS", "Evidence", "WinDraws", "draw_wins"]

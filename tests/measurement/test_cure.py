"""The cure model on its moving grid against the long way round, and against known truth."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from tests.invented_deliveries import FIRST, invent_deliveries

from payper.measurement.amounts import draw_amounts
from payper.measurement.cure import CureData, RatePrior, fit_cure
from payper.measurement.histograms import count_histograms
from payper.measurement.lags import LagPrior, lag_cdf, tabulate_lags
from payper.measurement.matrices import Matrices, make_matrices
from payper.measurement.measure import measure
from payper.measurement.snapshot import take_snapshot

DAYS = timedelta(days=1)


def _matrices(frame: pl.DataFrame, day: int) -> Matrices:
    return make_matrices(count_histograms(take_snapshot(frame, as_of=FIRST + day * DAYS)))


def _long_way(matrices: Matrices, horizon: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weigh a fine grid of all laws and rates by the likelihood as it is written down: every delivery by its age in days, no series."""
    days = matrices.days
    table = tabulate_lags(np.arange(1.0, days + 1), medians=36, shapes=21)
    within = tabulate_lags(np.array([horizon]), medians=36, shapes=21).cdf[:, 0]
    seen = np.concatenate([np.zeros((table.cdf.shape[0], 1)), table.cdf], axis=1)[:, :days]
    unwon, wins = matrices.unwon[0], matrices.won[0].sum()
    lowest = np.log((wins + 0.5) / matrices.deliveries.sum()) - (1 if wins else 6)
    logit = np.linspace(lowest, lowest + 4 if wins > 30 else 6, 150)
    p = 1 / (1 + np.exp(-logit))
    log = np.empty((table.cdf.shape[0], p.size))
    for column, rate in enumerate(p):
        log[:, column] = wins * np.log(rate) + np.log1p(-rate * seen[:, unwon > 0]) @ unwon[unwon > 0]
    prior = RatePrior()
    log += (table.log_mass @ matrices.won[0] + table.log_prior)[:, None]
    log -= 0.5 * ((logit - np.log(prior.typical / (1 - prior.typical))) / prior.log_odds_sd) ** 2
    weight = np.exp(log - log.max())
    return weight.ravel() / weight.sum(), np.broadcast_to(p, weight.shape).ravel(), (p * within[:, None]).ravel()


@pytest.mark.parametrize(
    ("count", "rate", "day"), [(600, 0.1, 60), (600, 0.1, 250), (300, 0.3, 100), (60, 0.0, 30), (3, 0.0, 400), (200, 1.0, 25)]
)
def test_the_moving_grid_gives_what_the_long_way_gives(count: int, rate: float, day: int) -> None:
    matrices = _matrices(invent_deliveries(7, count=count, rate=rate), day)
    weight, p, within = _long_way(matrices, 120.0)
    data = CureData(matrices.won, matrices.unwon, matrices.deliveries, np.ones(1))
    fitted = fit_cure(data, at_days=np.array([120.0]), draws=4000)
    for ours, theirs in ((fitted.ultimate[0], p), (fitted.ultimate[0] * fitted.cdf[0, :, 0], within)):
        assert ours.mean() == pytest.approx((weight * theirs).sum(), rel=0.02, abs=2e-4)
        order = np.argsort(theirs)
        sums = np.cumsum(weight[order])
        for tail in (0.1, 0.5, 0.9):
            assert np.mean(ours <= theirs[order][np.searchsorted(sums, tail)]) == pytest.approx(tail, abs=0.05)


def test_many_wins_are_fitted_as_finely_as_few() -> None:
    """Thousands of wins of a known law: the grid must lie within hundredths of it."""
    matrices = _matrices(invent_deliveries(8, count=60_000, rate=0.2, median_days=40, spread=0.8), 299)
    fitted = fit_cure(CureData(matrices.won, matrices.unwon, matrices.deliveries, np.ones(1)), at_days=np.array([40.0, 80.0]), draws=1000)
    assert fitted.ultimate.mean() == pytest.approx(0.2, rel=0.03)
    assert fitted.cdf[0, :, 0].mean() == pytest.approx(0.5, abs=0.02)
    assert 0 < fitted.ultimate.std() < 0.005


def test_the_prior_is_what_is_believed_before_any_delivery() -> None:
    nothing = np.zeros((1, 2))
    fitted = fit_cure(CureData(nothing, nothing, nothing, np.ones(1)), at_days=np.array([60.0]), draws=4000)
    assert np.median(fitted.ultimate) == pytest.approx(0.05, rel=0.1)
    assert np.mean(fitted.cdf) == pytest.approx(0.5, abs=0.03)
    other = fit_cure(
        CureData(nothing, nothing, nothing, np.ones(1)),
        at_days=np.array([60.0]),
        prior=LagPrior(median_days=600),
        rate_prior=RatePrior(typical=0.3),
    )
    assert np.median(other.ultimate) == pytest.approx(0.3, rel=0.1)
    assert np.mean(other.cdf) < 0.1


def test_medians_are_medians_and_laws_rise_to_one() -> None:
    days = np.array([0.5, 30.0, 60.0, 1e6])
    for family in LagPrior().log_shape:
        law = lag_cdf(family, days, median_days=np.array(60.0), shape=np.array(1.3))
        assert law[2] == pytest.approx(0.5)
        assert np.all(np.diff(law) > 0)
        assert law[-1] > 0.99


def test_bins_of_far_lags_keep_their_mass() -> None:
    """A lag of 200 days under laws with medians of days: its log mass is large and falls smoothly, not a rounding error."""
    table = tabulate_lags(np.arange(1.0, 301.0))
    assert np.all(np.isfinite(table.log_mass))
    near_one = table.cdf[:, 250] == 1.0
    assert near_one.any()
    assert np.all(np.diff(table.log_mass[near_one][:, 250:], axis=1) < 0)


def test_a_projection_holds_what_later_comes() -> None:
    """Forty programmes looked at after 100 days, each with its own seed: the wins within 150 days are in at least nine of ten intervals."""
    held = 0
    frame = pl.concat([invent_deliveries(seed, days=250).with_columns(run=pl.lit(seed)) for seed in range(40)])
    said = measure(frame, as_of=FIRST + 100 * DAYS, horizon_days=150, by="run")
    later = frame.filter(pl.col("delivered_at") < pl.lit(FIRST + 101 * DAYS).cast(pl.Datetime("us"))).group_by("run").agg(
        ((pl.col("won_at").dt.date() - pl.col("delivered_at").dt.date()).dt.total_days() < 150).sum().alias("happened")
    )  # fmt: skip
    for row in said.join(later, on="run").iter_rows(named=True):
        assert row["method"] == "projection"
        held += row["wins_expected_lo"] <= row["happened"] <= row["wins_expected_hi"]
    assert held >= 36


def test_amounts_that_grow_with_the_lag_are_found_to() -> None:
    """A hundred wins of amount 10 times the square root of lag + 1: the fitted curve is theirs within a few percent, and level beyond."""
    lag = np.arange(1.0, 101.0)
    amount = 10 * np.sqrt(lag + 1)
    ones = np.ones_like(lag)
    drawn = draw_amounts(lag, ones, amount, amount**2, unseen=0.0, draws=200, rng=np.random.default_rng(1))
    mean = drawn.mean(np.array([3.0, 99.0, 5000.0])).mean(axis=0)
    assert mean == pytest.approx([20, 100, mean[1] * np.sqrt(101 / 100)], rel=0.05)


def test_one_win_says_nothing_of_a_slope() -> None:
    drawn = draw_amounts(
        np.array([20.0]), np.ones(1), np.array([500.0]), np.array([250_000.0]), unseen=0.0, draws=50, rng=np.random.default_rng(1)
    )
    assert drawn.mean(np.array([1.0, 400.0])) == pytest.approx(np.full((50, 2), 500.0))

"""Weights by exposure against the textbook's curves, and the curves that reports draw."""

from __future__ import annotations

import warnings
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import beta
from tests.invented_deliveries import FIRST, invent_deliveries

from payper.measurement.curves import aalen_johansen, outcome_curve, revenue_curve
from payper.measurement.exposure import cumulate
from payper.measurement.gammas import WeightedSum, draw_sums, gamma_interval, midp_interval, share_interval
from payper.measurement.histograms import count_histograms
from payper.measurement.matrices import Matrices, make_matrices
from payper.measurement.measure import measure
from payper.measurement.snapshot import take_snapshot

DAYS = timedelta(days=1)
AS_OF = FIRST + 299 * DAYS


def _matrices(frame: pl.DataFrame) -> Matrices:
    return make_matrices(count_histograms(take_snapshot(frame, as_of=AS_OF)))


def test_of_wins_alone_the_curve_is_kaplan_meiers() -> None:
    """Without losses the shares won of Aalen and Johansen are one less the curve of lifelines, to the last digits."""
    from lifelines import KaplanMeierFitter

    frame = invent_deliveries(1).with_columns(lost_at=pl.lit(None, dtype=pl.Datetime("us")))
    snapshot = take_snapshot(frame, as_of=AS_OF).frame
    observed = snapshot["won_lag"].is_not_null()
    # A delivery of age a has shown every lag below a, so it leaves just before a win on day a could.
    lasted = snapshot["won_lag"].cast(pl.Float64).fill_null(snapshot["age_days"] - 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = KaplanMeierFitter().fit(lasted.to_numpy(), observed.to_numpy())
    _, won, _, _ = aalen_johansen(_matrices(frame))
    for day in range(0, 290, 10):
        assert won[0, day] == pytest.approx(1 - float(oracle.predict(day)), abs=1e-12)


def test_losses_taken_for_censored_double_the_win_rate() -> None:
    """The classic error: the Kaplan-Meier curve of wins in which a lost deal is one that was not watched to its end.

    Exposure and Aalen-Johansen stand by the truth, known from the same deliveries watched for ten years.
    """
    from lifelines import KaplanMeierFitter

    frame = invent_deliveries(2, count=4000, rate=0.08, median_days=60, lost_share=0.8)
    truth = (frame["won_at"] - frame["delivered_at"]).dt.total_days().is_between(0, 119).sum() / frame.height
    snapshot = take_snapshot(frame, as_of=AS_OF).frame
    lasted = snapshot.select(pl.min_horizontal("won_lag", "lost_lag", pl.col("age_days") - 0.5)).to_series()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrong = KaplanMeierFitter().fit(lasted.to_numpy(), snapshot["won_lag"].is_not_null().to_numpy())
    assert 1 - float(wrong.predict(119)) > 1.7 * truth
    _, won, lost, still = aalen_johansen(_matrices(frame))
    assert won[0, 119] == pytest.approx(truth, rel=0.1)
    assert np.allclose(won + lost + still, 1)
    (row,) = measure(frame, as_of=AS_OF, horizon_days=120).to_dicts()
    assert row["win_rate"] == pytest.approx(truth, rel=0.1)
    assert row["win_rate_lo"] < truth < row["win_rate_hi"]


def test_exposure_is_the_plain_rate_where_everybody_is_old() -> None:
    frame = invent_deliveries(3, days=20)
    matrices = _matrices(frame)
    lags = take_snapshot(frame, as_of=AS_OF).frame["won_lag"]
    assert cumulate(matrices, matrices.won)[0, 99] == pytest.approx((lags < 100).sum() / frame.height)


def test_the_interval_of_a_plain_count_is_garwoods() -> None:
    """Seven events of weight 1/50: the exact Poisson interval, Garwood 1936, Biometrika 28: 2.814 to 14.423 events (Johnson, Kotz)."""
    total = WeightedSum(np.array([7 / 50]), np.array([7 / 2500]), np.array([1 / 50]))
    low, high = gamma_interval(total)
    assert (low[0] * 50, high[0] * 50) == pytest.approx((2.8144, 14.4227), abs=1e-4)
    inner_low, inner_high = midp_interval(total)
    assert low[0] < inner_low[0] < 7 / 50 < inner_high[0] < high[0]


def test_the_interval_of_a_plain_share_is_clopper_and_pearsons() -> None:
    total = WeightedSum(np.array([0.7, 0.0, 1.0]), np.array([35 / 2500, 0.0, 50 / 2500]), np.full(3, 1 / 50))
    low, high = share_interval(total)
    assert low == pytest.approx([beta.ppf(0.025, 35, 16), 0, 0.025 ** (1 / 50)])
    assert high == pytest.approx([beta.ppf(0.975, 36, 15), 1 - 0.025 ** (1 / 50), 1])


def test_draws_lie_in_the_interval_as_often_as_it_says() -> None:
    total = WeightedSum(np.array([0.14, 0.0]), np.array([7 / 2500, 0.0]), np.array([0.02, 0.02]))
    draws = draw_sums(total, 40_000, np.random.default_rng(1))
    low, high = midp_interval(total)
    inside = (draws >= low[:, None]) & (draws <= high[:, None])
    assert inside.mean(axis=1) == pytest.approx([0.95, 0.9875], abs=0.005)  # of nothing seen, half of the draws are 0


def test_the_outcome_curve_adds_up_and_ends_with_the_last_delivery_at_risk() -> None:
    frame = invent_deliveries(4, count=200).with_columns(model=pl.Series(["lead", "appointment"] * 100))
    curve = outcome_curve(frame, as_of=FIRST + 100 * DAYS, by="model")
    assert (curve["won"] + curve["lost"] + curve["open"]).to_list() == pytest.approx([1.0] * curve.height)
    assert curve["at_risk"].min() >= 1
    assert curve.group_by("model").agg(pl.col("at_risk").is_sorted(descending=True))["at_risk"].all()


@pytest.mark.parametrize(("day", "method"), [(299, "exposure"), (60, "projection")])
def test_the_revenue_curve_ends_at_the_figure_of_measure(day: int, method: str) -> None:
    frame = invent_deliveries(5)
    curve = revenue_curve(frame, as_of=FIRST + day * DAYS, horizon_days=100)
    (row,) = measure(frame, as_of=FIRST + day * DAYS, horizon_days=100).to_dicts()
    last = curve.row(-1, named=True)
    assert (last["age_days"], last["method"]) == (100, method)
    # A projected curve is drawn at more ages than one horizon, so its draws differ in the last digits.
    for name in ("revenue_per_delivery", "revenue_per_1000_spent"):
        assert last[name] == pytest.approx(row[name], rel=1e-9 if method == "exposure" else 0.05)
        assert curve[name].is_sorted()
    assert curve["is_extrapolated"].any() == (method == "projection")
    assert not curve["is_extrapolated"][0]

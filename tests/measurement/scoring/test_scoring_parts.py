"""The parts of a score against answers by hand and by brute force: isotonic values, honest pairs, weights, curves, shares."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.errors import DeliveryError
from payper.measurement.scoring import assess, count_deciles, merge_deciles, reliability
from payper.measurement.scoring.calibration import expit, fit_isotonic, fit_platt, fit_venn_abers, logit
from payper.measurement.scoring.encoding import LevelColumn, NumberColumn, WordColumn, find_unusable, learn_encoding
from payper.measurement.scoring.labels import find_dated_values, shown_by_age, weigh_outcomes
from payper.measurement.scoring.logistic import design_matrix, fit_logistic, fit_weights
from payper.measurement.scoring.segments import rate_segments, shrink_rates
from payper.measurement.scoring.wording import word_number, word_points

outcomes = st.lists(st.booleans(), min_size=1, max_size=12)


def isotonic_by_hand(won: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The value at i is the largest, over starts a <= i, of the smallest mean from a to some b >= i."""
    size = won.size

    def mean(a: int, b: int) -> float:
        return float(np.average(won[a : b + 1], weights=weight[a : b + 1]))

    return np.array([max(min(mean(a, b) for b in range(i, size)) for a in range(i + 1)) for i in range(size)])


def test_pooling_by_hand() -> None:
    """0 1 0 0 1 1: the win at the second place is pooled with the two losses after it."""
    assert fit_isotonic(np.array([0.0, 1, 0, 0, 1, 1]), np.ones(6)).tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3, 1, 1])


@given(outcomes)
def test_pooling_is_max_of_min(won: list[bool]) -> None:
    values = np.array(won, dtype=np.float64)
    weight = 1.0 + np.arange(values.size) % 3
    assert np.allclose(fit_isotonic(values, weight), isotonic_by_hand(values, weight))


@given(outcomes, st.integers(0, 11), st.integers(0, 1))
def test_an_honest_pair_is_the_pooled_value_of_one_more_delivery(won: list[bool], place: int, outcome: int) -> None:
    """Vovk and Petej's definition: put the delivery among the others with either outcome, pool, and read its value off."""
    score = np.arange(len(won), dtype=np.float64)
    asked = min(place, len(won) - 1) + 0.5
    pair = fit_venn_abers(score, np.array(won), np.ones(score.size)).pair(np.array([asked]))[outcome][0]
    order = np.argsort(np.append(score, asked))
    pooled = fit_isotonic(np.append(np.array(won, dtype=np.float64), outcome)[order], np.ones(score.size + 1))
    assert pair == pytest.approx(pooled[np.argsort(order)[-1]])


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_honest_pairs_hold_their_order(rows: list[tuple[int, bool]]) -> None:
    score, won = np.array([row[0] for row in rows], dtype=np.float64), np.array([row[1] for row in rows])
    asked = np.linspace(-1, 6, 29)
    zero, one = fit_venn_abers(score, won, np.ones(score.size)).pair(asked)
    assert (zero <= one).all()
    assert (np.diff(zero) >= -1e-12).all()
    assert (np.diff(one) >= -1e-12).all()


def test_few_outcomes_near_a_score_leave_the_pair_wide() -> None:
    chance = np.random.default_rng(3)

    def width(size: int) -> float:
        score = chance.normal(size=size)
        pair = fit_venn_abers(score, chance.random(size) < expit(score - 2), np.ones(size)).pair(np.zeros(1))
        return float(pair[1][0] - pair[0][0])

    assert width(50) > 3 * width(5_000)


def test_platt_undoes_scores_twice_too_bold() -> None:
    chance = np.random.default_rng(1)
    truth = chance.normal(-1, 1, 40_000)
    line = fit_platt(2 * truth + 1, chance.random(truth.size) < expit(truth), np.ones(truth.size))
    assert line.slope == pytest.approx(0.5, abs=0.02)
    assert line.intercept == pytest.approx(-0.5, abs=0.03)


def test_weights_restore_the_rate_that_young_deliveries_hide() -> None:
    """Deliveries over a year, wins after 60 days on average: counting the young as lost hides a seventh, the weights restore it."""
    chance = np.random.default_rng(5)
    age = chance.integers(1, 366, 60_000)
    wins = chance.random(age.size) < 0.2
    lag = np.where(wins, chance.exponential(60, age.size).astype(np.int64), 10_000)
    truth = float((wins & (lag < 180)).mean())
    labels = weigh_outcomes(age, np.where(lag < age, lag, -1), horizon_days=180)
    weighted = float((labels.weight * labels.won).sum() / labels.weight.sum())
    assert weighted == pytest.approx(truth, rel=0.03)
    assert float(labels.won.mean()) < 0.9 * truth
    assert labels.weight.sum() == pytest.approx(age.size, rel=0.02)


def test_weights_by_hand() -> None:
    """Ages 1, 2, 3, 4 and a horizon of 3: two of four are old, a win at lag 0 could be seen in all, one at lag 2 in two."""
    age, lag = np.repeat([1, 2, 3, 4], 10), np.full(40, -1)
    lag[0], lag[30] = 0, 2
    labels = weigh_outcomes(age, lag, horizon_days=3)
    assert labels.weight[0] == 1.0
    assert labels.weight[30] == 2.0
    assert labels.weight[[1, 10, 20, 31]].tolist() == [0.0, 0.0, 2.0, 2.0]
    assert (labels.wins, labels.mature, labels.left_out) == (2, 20, 0)


def test_campaigns_that_change_by_the_month_do_not_make_winners_rare() -> None:
    """Four months of a campaign each, a fifth won within the horizon: only the old count, and the rate stays a fifth."""
    chance = np.random.default_rng(11)
    age = np.repeat([110, 80, 50, 20], 2_000) + chance.integers(0, 30, 8_000)
    campaign = np.repeat([0, 1, 2, 3], 2_000)
    lag = np.where(chance.random(8_000) < 0.2, chance.integers(0, 60, 8_000), -1)
    lag = np.where(lag < age, lag, -1)
    dated = find_dated_values(campaign, age, horizon_days=60)
    assert dated.all()
    labels = weigh_outcomes(age, lag, horizon_days=60, is_dated=dated)
    rate = (labels.weight * labels.won).sum() / labels.weight.sum()
    assert rate == pytest.approx(0.2, abs=0.02)


def test_what_comes_by_each_age_is_counted_among_those_old_enough() -> None:
    """Two of four reached it on the first day, one of the two old enough on the second: 1/2 and 1/2, and one more is thought to come."""
    age, lag = np.array([3, 3, 1, 1]), np.array([0, 1, 0, -1])
    assert shown_by_age(age, lag, horizon_days=3).tolist() == pytest.approx([0, 0.5 * 3 / 4, 0.75, 0.75])
    nobody = shown_by_age(age, np.full(4, -1), horizon_days=3)
    assert nobody.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_a_provider_that_came_last_month_is_not_all_wins() -> None:
    """Its young wins count for nothing as long as none of its deliveries is old."""
    age = np.concatenate([np.arange(1, 201), np.full(50, 10)])
    group = (np.arange(250) >= 200).astype(np.int64)
    lag = np.where((group == 1) & (np.arange(250) % 5 == 0), 3, -1)
    labels = weigh_outcomes(age, lag, horizon_days=60, group=group)
    assert labels.weight[group == 1].sum() == 0
    assert labels.left_out == 10
    # A value that comes and goes with a provider tells of the provider; one that comes and goes with time counts as far as it is old.
    assert find_dated_values(group, age, horizon_days=60).all()
    assert not find_dated_values(group, age, horizon_days=60, group=group).any()


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=2, max_size=14))
def test_the_figures_of_an_assessment_are_those_of_counting_pairs(rows: list[tuple[float, bool]]) -> None:
    p, won = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = assess(p, won)
    pairs = [(a > b) + (a == b) / 2 for a, b in itertools.product(p[won], p[~won])]
    assert found.auc == (pytest.approx(np.mean(pairs)) if pairs else None)
    assert found.brier == pytest.approx(np.mean((p - won) ** 2))
    if found.auc is not None and found.alift is not None:
        # The area under gains and the AUC say the same: area = rate / 2 + (1 - rate) AUC.
        assert found.alift == pytest.approx(found.rate / 2 + (1 - found.rate) * found.auc)


def test_deciles_of_two_halves_add_up_to_those_of_the_whole() -> None:
    chance = np.random.default_rng(2)
    p = chance.random(1_000) / 5
    won = chance.random(1_000) < p
    edges = tuple(np.quantile(p, np.arange(1, 10) / 10).tolist())
    whole = count_deciles(p, won, edges)
    parts = merge_deciles([count_deciles(p[:300], won[:300], edges), count_deciles(p[300:], won[300:], edges)])
    assert parts.select("decile", "deliveries", "wins").equals(whole.select("decile", "deliveries", "wins"))
    assert np.allclose(parts["sum_p"], whole["sum_p"])
    table = reliability(whole)
    assert table["gains"][0] == pytest.approx(1.0)
    assert (table["rate_lo"] <= table["rate"]).all()
    assert (table["rate"] <= table["rate_hi"]).all()
    assert assess(p, won).top_half == pytest.approx(table["gains"][5], abs=0.02)


def test_what_each_column_adds_is_the_score() -> None:
    """The tables of additions give the log odds of the plain matrix product, and average 0 over the deliveries fitted to."""
    chance = np.random.default_rng(4)
    size = 600
    frame = pl.DataFrame(
        {
            "employees": pl.Series(np.round(np.exp(chance.normal(5, 1, size)))).set(pl.Series(chance.random(size) < 0.1), None),
            "seniority": chance.choice(["manager", "director", "vp"], size),
            "title": [f"head of {area} number {n}" for n, area in enumerate(chance.choice(["sales", "data", "people"], size))],
        }
    )
    won = chance.random(size) < np.where(frame["seniority"] == "vp", 0.5, 0.1)
    encoding = learn_encoding(frame)
    assert [type(column) for column in encoding.columns] == [NumberColumn, LevelColumn, WordColumn]
    encoded = encoding.encode(frame)
    model = fit_logistic(encoding, encoded, won, np.ones(size), strength=0.3)
    matrix = design_matrix(encoding, encoded)
    fitted = fit_weights(matrix, won, np.ones(size), strength=0.3)
    assert np.allclose(model.log_odds(encoding, encoded), matrix @ fitted[:-1] + fitted[-1])
    assert np.allclose(model.contributions(encoding, encoded).mean(axis=0), 0, atol=1e-12)


def test_an_unknown_value_is_another_value_and_a_missing_one_is_missing() -> None:
    encoding = learn_encoding(pl.DataFrame({"country": ["DE"] * 5 + ["FR"] * 3 + ["US"]}))
    codes = encoding.encode(pl.DataFrame({"country": ["DE", "FR", "US", "JP", None, " "]})).codes["country"]
    assert codes.tolist() == [0, 1, 2, 2, 3, 3]


def test_numbers_beyond_those_learned_from_change_nothing_more() -> None:
    frame = pl.DataFrame({"employees": [float(n) for n in range(1, 101)]})
    encoding = learn_encoding(frame)
    model = fit_logistic(encoding, encoding.encode(frame), np.arange(100) > 60, np.ones(100), strength=1.0)
    far = encoding.encode(pl.DataFrame({"employees": [100.0, 1e12, 1e300]}))
    assert len(set(model.log_odds(encoding, far).tolist())) == 1


def test_a_column_of_the_wrong_kind_is_told_by_name() -> None:
    encoding = learn_encoding(pl.DataFrame({"employees": [1.0, 2.0]}))
    with pytest.raises(DeliveryError, match="employees"):
        encoding.encode(pl.DataFrame({"employees": ["many"]}))
    with pytest.raises(DeliveryError, match="missing"):
        encoding.encode(pl.DataFrame({"size": [1.0]}))


def test_columns_that_tell_nothing_apart_are_named() -> None:
    assert find_unusable(pl.Series([1, 1, 1])) == "It has the same value everywhere."
    assert find_unusable(pl.Series(["", None])) == "It is empty everywhere."
    assert find_unusable(pl.Series([f"id{n}" for n in range(50)])) is not None
    assert find_unusable(pl.Series([date(2026, 1, 1)])) is not None
    assert find_unusable(pl.Series([1, None])) is None


def test_segments_are_drawn_to_the_average_the_less_they_hold_the_more() -> None:
    wins, trials = np.array([10.0, 10, 100, 2]), np.array([100.0, 100, 1000, 4])
    rate, low, high = shrink_rates(wins, trials, seed=1)
    assert 0.1 < rate[3] < 0.4
    assert rate[0] == pytest.approx(rate[1])
    assert (low < rate).all()
    assert (rate < high).all()
    assert high[2] - low[2] < high[0] - low[0]


def test_segment_rates_count_what_counts() -> None:
    features = pl.DataFrame({"channel": ["mail"] * 60 + ["call"] * 40})
    won = np.arange(100) % 10 == 0
    weight = np.where(np.arange(100) < 90, 1.0, 0.0)
    rates = rate_segments(features, ["channel"], won=won, weight=weight, seed=1)
    assert rates["deliveries"].to_list() == [90, 60, 30]
    assert rates["wins"].to_list() == [9, 6, 3]
    assert rates.row(0, named=True)["column"] is None


def test_points_and_numbers_are_worded_for_people() -> None:
    assert word_points(np.array([3.0, -0.24, 1.0, 12.6])).to_list() == ["+3 points", "−0.2 points", "+1 point", "+13 points"]
    assert [word_number(each) for each in (1200.0, -5.0, 0.1234)] == ["1,200", "−5", "0.123"]


@given(st.floats(-13, 13))
def test_log_odds_come_back(z: float) -> None:
    p = expit(np.array([z]))
    assert 0 < p[0] < 1
    assert logit(p)[0] == pytest.approx(z, abs=1e-6)

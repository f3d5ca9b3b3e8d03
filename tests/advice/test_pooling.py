"""Pooling: nothing seen is the prior, much seen is what was seen, and between them offers lean on each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.advice.pooling import Rate, StepCount, exposed_count, pooled_rates

PRIOR = Rate(mean=0.15, weight=20)


def seen(reached: float, of: float) -> StepCount:
    return StepCount(reached=reached, of=of)


def test_the_beta_posterior_by_hand() -> None:
    """Beta(3, 17) and 5 of 20 give Beta(8, 32)."""
    after = PRIOR.after(seen(5, 20))
    assert (after.successes, after.failures) == pytest.approx((8, 32))


def test_where_nothing_was_seen_every_offer_has_the_prior() -> None:
    assert pooled_rates(PRIOR, [seen(0, 0)] * 3) == (PRIOR,) * 3


def test_much_of_an_own_record_outweighs_everything() -> None:
    rates = pooled_rates(PRIOR, [seen(400, 1000), seen(20, 1000)])
    assert rates[0].mean == pytest.approx(0.4, abs=0.02)
    assert rates[1].mean == pytest.approx(0.02, abs=0.01)
    assert rates[0].weight == pytest.approx(1000, rel=0.1)


def test_an_offer_without_a_record_leans_on_offers_like_it() -> None:
    rates = pooled_rates(PRIOR, [seen(90, 300), seen(95, 300), seen(0, 0)])
    assert PRIOR.mean + 0.08 < rates[2].mean < 0.32
    assert rates[2].weight < 100


def test_other_kinds_move_the_level_a_little() -> None:
    alone = pooled_rates(PRIOR, [seen(3, 20)])[0].mean
    moved = pooled_rates(PRIOR, [seen(3, 20)], [seen(400, 1000)])[0].mean
    assert alone < moved < 0.35


def test_the_grid_agrees_with_simulation() -> None:
    """Draw the level and the likeness from their priors, weigh by the chance of what was seen."""
    rng = np.random.default_rng(5)
    counts = [seen(4, 30), seen(12, 40), seen(1, 25)]
    level, shrinkage = rng.beta(6, 34, 400_000), rng.random(400_000)
    likeness = 40 * (1 - shrinkage) / np.maximum(shrinkage, 1e-6)
    from scipy.special import betaln

    logs = np.zeros(level.size)
    for count in counts:
        logs += betaln(level * likeness + count.reached, (1 - level) * likeness + count.of - count.reached)
        logs -= betaln(level * likeness, (1 - level) * likeness)
    weight = np.exp(logs - logs.max())
    for count, rate in zip(counts, pooled_rates(PRIOR, counts), strict=True):
        drawn = (level * likeness + count.reached) / (likeness + count.of)
        assert rate.mean == pytest.approx(float(weight @ drawn / weight.sum()), rel=0.02)


@given(reached=st.floats(0, 50), more=st.floats(0, 200), other=st.floats(0, 50), rest=st.floats(0, 200))
def test_shares_stay_shares_and_order_does_not_matter(reached: float, more: float, other: float, rest: float) -> None:
    counts = [seen(reached, reached + more), seen(other, other + rest)]
    rates = pooled_rates(PRIOR, counts)
    again = pooled_rates(PRIOR, counts[::-1])
    assert all(0 < rate.mean < 1 and rate.weight > 0 for rate in rates)
    assert [rate.mean for rate in rates] == pytest.approx([rate.mean for rate in again[::-1]])


def test_exposure_counts_the_young_for_as_long_as_they_were_watched() -> None:
    """Half reach the step, evenly over 100 days; watched for 10 to 190 days, the share within 100 days is still a half."""
    rng = np.random.default_rng(2)
    ages = rng.uniform(10, 190, 40_000)
    days = np.where(rng.random(ages.size) < 0.5, rng.uniform(0, 100, ages.size), np.inf)
    count = exposed_count(days, ages, horizon_days=100)
    assert count.reached / count.of == pytest.approx(0.5, abs=0.01)
    assert (ages >= 100).sum() * 0.8 < count.of < ages.size
    naive = (days <= ages).mean()
    assert naive < 0.45


def test_exposure_of_the_old_is_a_plain_count() -> None:
    ages = np.full(50, 400.0)
    days = np.array([30.0] * 10 + [300.0] * 5 + [np.inf] * 35)
    count = exposed_count(days, ages, horizon_days=180)
    assert (count.reached, count.of) == pytest.approx((10, 50))
    assert exposed_count(np.array([]), np.array([]), horizon_days=180) == StepCount()

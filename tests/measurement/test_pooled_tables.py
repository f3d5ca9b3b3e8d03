"""Pooled tables against published figures and hand-computed strata."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.errors import DeliveryError
from payper.measurement.follow_up import Pooled, pool_tables

BERKELEY = [(512, 313, 89, 19), (353, 207, 17, 8), (120, 205, 202, 391), (138, 279, 131, 244), (53, 138, 94, 299), (22, 351, 24, 317)]
"""Graduate admissions at Berkeley, 1973, six departments: men admitted and not, women admitted and not (Bickel and others 1975)."""

BCG = [
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761), (180, 1361, 372, 1079),
    (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
]  # fmt: skip
"""Thirteen trials of a vaccine against tuberculosis (Colditz and others 1994): cases and not, vaccinated and not."""

cells = st.tuples(*[st.integers(0, 40)] * 4)


def tables(rows: Sequence[tuple[int, int, int, int]]) -> pl.DataFrame:
    columns = ("fast_reached", "fast", "slow_reached", "slow")
    return pl.DataFrame([(a, a + b, c, c + d) for a, b, c, d in rows], schema=dict.fromkeys(columns, pl.Int64), orient="row")


def pooled(rows: Sequence[tuple[int, int, int, int]]) -> Pooled:
    return pool_tables(tables(rows))


def test_the_odds_ratio_and_its_interval_are_the_published_ones() -> None:
    """R's mantelhaen.test(UCBAdmissions), whose interval is that of Robins, Breslow and Greenland: 0.9046968, 0.7719074 to 1.0603298."""
    found = pooled(BERKELEY)
    assert found.odds_ratio == pytest.approx(0.9046968, abs=5e-8)
    assert found.odds_ratio_lo == pytest.approx(0.7719074, abs=5e-8)
    assert found.odds_ratio_hi == pytest.approx(1.0603298, abs=5e-8)


def test_the_difference_and_its_error_are_the_published_ones() -> None:
    """metafor's rma.mh(measure="RD") on the same trials: -0.003288181832613, standard error 2.866567485273736e-04."""
    found = pooled(BCG)
    assert found.difference == pytest.approx(-3.288181832613e-03, rel=1e-11)
    assert found.difference_hi is not None
    assert (found.difference_hi - (found.difference or 0)) / 1.959963984540054 == pytest.approx(2.866567485273736e-04, rel=1e-9)


def test_two_strata_by_hand() -> None:
    """Strata (10, 10, 5, 15) and (4, 16, 2, 18): R = 150/40 + 72/40, S = 50/40 + 32/40; differences .25 and .10, weights alike."""
    found = pooled([(10, 10, 5, 15), (4, 16, 2, 18)])
    assert found.odds_ratio == pytest.approx((150 + 72) / (50 + 32))
    assert found.difference == pytest.approx((0.25 + 0.10) / 2)
    assert found.crude_difference == pytest.approx(14 / 40 - 7 / 40)


def test_hot_leads_called_first_make_speed_look_better_than_it_is() -> None:
    """Within hot and within cold leads speed changes nothing; together it seems to double the rate."""
    found = pooled([(40, 40, 10, 10), (2, 18, 8, 72)])
    assert found.odds_ratio == pytest.approx(1.0)
    assert found.difference == pytest.approx(0.0)
    assert found.crude_odds_ratio is not None
    assert found.crude_odds_ratio > 3


def test_strata_with_one_side_only_are_left_out_and_counted() -> None:
    one_sided = [(10, 10, 5, 15), (3, 4, 0, 0), (0, 0, 9, 1)]
    found = pooled(one_sided)
    assert (found.strata, found.strata_left_out) == (1, 2)
    assert found.odds_ratio == pooled(one_sided[:1]).odds_ratio
    assert (found.fast, found.slow) == (20, 20)


def test_nothing_to_compare_gives_no_figure() -> None:
    for rows in ([], [(3, 4, 0, 0)]):
        found = pooled(rows)
        assert found.odds_ratio is None
        assert found.difference is None
        assert found.crude_difference is None
    assert pooled([(0, 10, 0, 10)]).odds_ratio is None
    assert pooled([(0, 10, 0, 10)]).difference == 0


@given(st.lists(cells, min_size=1, max_size=6))
def test_swapping_fast_and_slow_turns_every_figure_round(rows: list[tuple[int, int, int, int]]) -> None:
    one, other = pooled(rows), pooled([(c, d, a, b) for a, b, c, d in rows])
    assert (one.odds_ratio is None) == (other.odds_ratio is None)
    if one.odds_ratio and other.odds_ratio and one.odds_ratio_lo and other.odds_ratio_hi:
        assert one.odds_ratio == pytest.approx(1 / other.odds_ratio)
        assert one.odds_ratio_lo == pytest.approx(1 / other.odds_ratio_hi)
    if one.difference is not None:
        assert other.difference == pytest.approx(-one.difference)
        assert other.difference_lo == pytest.approx(-(one.difference_hi or 0))


@given(st.lists(cells, min_size=1, max_size=6), st.integers(2, 9))
def test_intervals_hold_their_estimate_and_shrink_with_more_leads(rows: list[tuple[int, int, int, int]], times: int) -> None:
    one, more = pooled(rows), pooled([(a * times, b * times, c * times, d * times) for a, b, c, d in rows])
    if one.difference is not None and one.difference_lo is not None and one.difference_hi is not None:
        assert one.difference_lo <= one.difference + 1e-12
        assert one.difference <= one.difference_hi + 1e-12
        assert more.difference == pytest.approx(one.difference, abs=1e-12)
        assert (more.difference_hi or 0) - (more.difference_lo or 0) <= one.difference_hi - one.difference_lo + 1e-12


@pytest.mark.parametrize("row", [(5, 3, 1, 2), (-1, 3, 1, 2), (1, 3, None, 2)])
def test_impossible_counts_are_refused(row: tuple[int | None, ...]) -> None:
    columns = ("fast_reached", "fast", "slow_reached", "slow")
    with pytest.raises(DeliveryError, match="at least 0"):
        pool_tables(pl.DataFrame([row], schema=dict.fromkeys(columns, pl.Int64), orient="row"))
    with pytest.raises(DeliveryError, match="slow_reached"):
        pool_tables(pl.DataFrame({"fast": [1], "fast_reached": [1], "slow": [1]}))

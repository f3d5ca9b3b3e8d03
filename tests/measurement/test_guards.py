"""Warnings beside results: raised where they belong, and not where nothing is wrong."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from tests.invented_deliveries import FIRST, invent_deliveries

from payper import measure
from payper.measurement.cohorts import compare_halves, find_dispersion
from payper.measurement.guards import Guard
from payper.measurement.histograms import count_histograms
from payper.measurement.matrices import Matrices, make_matrices
from payper.measurement.snapshot import take_snapshot

DAYS = timedelta(days=1)


def _flags(frame: pl.DataFrame, day: int, **arguments: object) -> list[str]:
    return measure(frame, as_of=FIRST + day * DAYS, **arguments)["flags"][0].to_list()  # type: ignore[arg-type]


def _matrices(frame: pl.DataFrame, day: int) -> Matrices:
    return make_matrices(count_histograms(take_snapshot(frame, as_of=FIRST + day * DAYS)))


def test_a_well_behaved_old_programme_has_no_warning() -> None:
    assert _flags(invent_deliveries(1, count=1000), 600) == []


def test_a_young_programme_is_immature_and_extrapolated() -> None:
    flags = _flags(invent_deliveries(1, count=2000), 40)
    assert {"IMMATURE", "EXTRAPOLATED"} <= set(flags)


@pytest.mark.parametrize(("wins", "is_few"), [(9, True), (10, False)])
def test_fewer_than_ten_wins_are_few(wins: int, is_few: bool) -> None:
    frame = pl.DataFrame({"delivered_at": [FIRST] * 60, "won_at": [FIRST + (day + 1) * DAYS if day < wins else None for day in range(60)]})
    assert ("FEW_WINS" in _flags(frame, 300)) == is_few


def test_newer_deliveries_that_convert_twice_as_often_are_drift() -> None:
    frame = invent_deliveries(2, count=6000, rate=0.05)
    middle = pl.lit(FIRST + 150 * DAYS).cast(pl.Datetime("us"))
    is_newer = pl.col("delivered_at") > middle
    better = invent_deliveries(3, count=6000, rate=0.10)
    drifting = pl.concat([frame.filter(~is_newer), better.filter(is_newer)])
    assert "DRIFT" in _flags(drifting, 330)
    assert "DRIFT" not in _flags(frame, 330)
    assert compare_halves(_matrices(drifting, 330))[0] > 3


def test_the_log_rank_statistic_is_that_of_lifelines() -> None:
    from lifelines.statistics import logrank_test

    frame = invent_deliveries(4, count=1500, rate=0.2)
    snapshot = take_snapshot(frame, as_of=FIRST + 299 * DAYS).frame
    median = np.sort(snapshot["age_days"].to_numpy())[: frame.height // 2].max()
    is_newer = (snapshot["age_days"] < median).to_numpy()
    at_median = (snapshot["age_days"] == median).sum()
    is_newer |= (snapshot["age_days"] == median).to_numpy() & (is_newer.sum() + at_median <= frame.height / 2)
    observed = snapshot["won_lag"].is_not_null().to_numpy()
    lasted = snapshot["won_lag"].cast(pl.Float64).fill_null(snapshot["age_days"] - 0.5).to_numpy()
    oracle = logrank_test(lasted[is_newer], lasted[~is_newer], observed[is_newer], observed[~is_newer])
    ours = compare_halves(_matrices(frame, 299))[0]
    assert ours**2 == pytest.approx(oracle.test_statistic, rel=1e-9)


def test_weeks_that_vary_more_than_by_chance_are_drift() -> None:
    """Every other fortnight has no win at all."""
    frame = invent_deliveries(5, count=4000, rate=0.2)
    week = (pl.col("delivered_at").dt.epoch("d") // 14) % 2
    uneven = frame.with_columns(won_at=pl.when(week == 1).then("won_at"))
    assert find_dispersion(_matrices(uneven, 500)).raw[0] > 1.5
    assert "DRIFT" in _flags(uneven, 500)


def test_by_chance_alone_weeks_vary_by_one() -> None:
    frame = pl.concat([invent_deliveries(seed).with_columns(run=pl.lit(seed)) for seed in range(60)])
    snapshot = take_snapshot(frame, as_of=FIRST + 299 * DAYS, by="run")
    dispersion = find_dispersion(make_matrices(count_histograms(snapshot)))
    assert dispersion.raw.mean() == pytest.approx(1, abs=0.1)
    assert np.all(dispersion.tempered >= 1)
    assert np.mean(dispersion.p_value < 0.05) < 0.12


def test_wins_that_nobody_recorded_at_first_are_truncation() -> None:
    """Wins of the first 150 days are gone; deliveries are not."""
    frame = invent_deliveries(6, count=3000, rate=0.1)
    start = pl.lit(FIRST + 150 * DAYS).cast(pl.Datetime("us"))
    assert "TRUNCATED" in _flags(frame.with_columns(won_at=pl.when(pl.col("won_at") > start).then("won_at")), 299)
    assert "TRUNCATED" not in _flags(frame, 299)


def test_wins_moved_to_the_ends_of_quarters_are_spikes() -> None:
    frame = invent_deliveries(7, count=2000)
    end = pl.col("won_at").dt.date().dt.offset_by("1q").dt.truncate("1q") - pl.duration(days=2)
    moved = frame.with_columns(won_at=pl.when(pl.int_range(pl.len()) % 3 > 0).then(end.cast(pl.Datetime("us"))).otherwise("won_at"))
    moved = moved.with_columns(won_at=pl.max_horizontal("won_at", "delivered_at"))
    assert "SPIKES" in _flags(moved.with_columns(won_at=pl.when(frame["won_at"].is_not_null()).then("won_at")), 299)
    assert "SPIKES" not in _flags(frame, 299)


@pytest.mark.parametrize(("days", "is_late"), [(14, False), (15, True)])
def test_wins_written_down_weeks_later_are_backfill(days: int, is_late: bool) -> None:
    frame = invent_deliveries(8).with_columns(won_recorded_at=pl.col("won_at") + timedelta(days=days))
    assert ("BACKFILL" in _flags(frame, 299)) == is_late


def test_every_warning_has_words_and_no_two_the_same() -> None:
    assert len({guard.words for guard in Guard}) == len(Guard)
    assert all(guard.words.endswith(".") for guard in Guard)


def test_quarters_end_where_the_calendar_says() -> None:
    """All wins on 25 March are in the last ten days of a quarter; on 20 March they are not."""
    for day, is_spike in ((date(2025, 3, 25), True), (date(2025, 3, 20), False)):
        made = [FIRST + number % 80 * DAYS for number in range(400)]
        frame = pl.DataFrame({"delivered_at": made, "won_at": [day if number % 10 == 0 else None for number in range(400)]})
        frame = frame.with_columns(won_at=pl.when(pl.col("won_at") >= pl.col("delivered_at")).then("won_at"))
        assert ("SPIKES" in _flags(frame, 120)) == is_spike

"""Triangles, funnels and track records: the frames beside the headline."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from tests.invented_deliveries import FIRST, invent_deliveries

from payper import measure
from payper.errors import UsageError
from payper.measurement.funnel import funnel
from payper.measurement.track_record import check_track_record
from payper.measurement.triangle import cohort_triangle

DAYS = timedelta(days=1)
JANUARY, FEBRUARY = date(2025, 1, 1), date(2025, 2, 1)


def test_a_triangle_is_counted_by_hand() -> None:
    """As of 2 March (day 60): those of 1 January have completed 30 and 60 days, that of 31 January 30, that of 1 February 30 too."""
    rows = [
        (FIRST, FIRST + 29 * DAYS, 10.0),
        (FIRST, FIRST + 30 * DAYS, 5.0),
        (FIRST + 30 * DAYS, FIRST + 31 * DAYS, 7.0),
        (FIRST + 31 * DAYS, None, None),
        (FIRST + 40 * DAYS, FIRST + 41 * DAYS, 9.0),
    ]
    frame = pl.DataFrame(rows, schema=["delivered_at", "won_at", "amount"], orient="row")
    found = cohort_triangle(frame, as_of=FIRST + 60 * DAYS, cohort="month", step_days=30)
    assert found.rows() == [
        (JANUARY, 30, 3, 3, 2, 17.0, True),
        (JANUARY, 60, 3, 2, 2, 15.0, False),
        (FEBRUARY, 30, 2, 1, 0, 0.0, False),
    ]


def test_complete_cells_of_a_triangle_stay_as_they_are() -> None:
    frame = invent_deliveries(1)
    early, late = (cohort_triangle(frame, as_of=FIRST + day * DAYS).filter("is_complete") for day in (150, 299))
    keys = ["cohort", "age_days"]
    assert early.join(late, on=keys).height == early.height
    assert early.equals(early.select(keys).join(late, on=keys, maintain_order="left"))


def test_a_triangle_of_nothing_has_its_columns() -> None:
    frame = invent_deliveries(1).clear()
    assert cohort_triangle(frame, as_of=FIRST).columns[:2] == ["cohort", "age_days"]
    with pytest.raises(UsageError):
        cohort_triangle(frame, as_of=FIRST, cohort="year")  # type: ignore[arg-type]


def _with_meetings() -> pl.DataFrame:
    frame = invent_deliveries(2, count=400)
    return frame.with_columns(
        contacted_at=pl.col("delivered_at") + timedelta(days=2),
        held_at=pl.when(pl.int_range(pl.len()) % 4 == 0).then(pl.col("delivered_at") + timedelta(days=20)),
        model=pl.Series(["lead", "appointment"] * 200),
    )


def test_a_funnel_gives_shares_in_the_order_asked_with_their_median_days() -> None:
    found = funnel(_with_meetings(), as_of=FIRST + 400 * DAYS, milestones=["contacted_at", "held_at", "won_at"], horizon_days=120)
    assert found["milestone"].to_list() == ["contacted", "held", "won"]
    assert found["share"].to_list()[:2] == pytest.approx([1, 0.25])
    assert found["median_days"].to_list()[:2] == [2, 20]
    assert found["method"].to_list() == ["exposure"] * 3
    for share, low, high in found.select("share", "share_lo", "share_hi").iter_rows():
        assert 0 <= low <= share <= high <= 1


def test_won_is_a_milestone_like_any_other() -> None:
    found = funnel(_with_meetings(), as_of=FIRST + 250 * DAYS, milestones=["won_at"], horizon_days=100, by="model")
    rates = measure(_with_meetings(), as_of=FIRST + 250 * DAYS, horizon_days=100, by="model")
    assert found["model"].to_list() == ["appointment", "lead"]
    assert found["share"].to_list() == pytest.approx(rates["win_rate"].to_list())
    assert found["reached"].to_list() == rates["wins_seen"].to_list()


def test_a_young_funnel_is_projected() -> None:
    row = funnel(_with_meetings(), as_of=FIRST + 60 * DAYS, milestones=["held_at"], horizon_days=120).row(0, named=True)
    assert row["method"] == "projection"
    assert row["share_lo"] < 0.25 < row["share_hi"]


def test_a_milestone_is_named_by_its_column() -> None:
    with pytest.raises(UsageError, match="_at"):
        funnel(_with_meetings().rename({"held_at": "held"}), as_of=FIRST, milestones=["held"])


def test_past_intervals_of_a_steady_programme_hold() -> None:
    frame = invent_deliveries(3, count=3000, days=600).with_columns(model=pl.Series(["lead", "appointment", "hybrid"] * 1000))
    record = check_track_record(frame, as_of=FIRST + 550 * DAYS, by="model")
    assert record.of == 9
    assert record.held >= 7
    assert record.checks["quarters_ago"].to_list() == [1] * 3 + [2] * 3 + [3] * 3
    assert record.words.startswith(f"Past intervals held what later happened {record.held} of 9 times.")


def test_what_was_said_then_needs_nothing_of_what_came_after() -> None:
    frame = invent_deliveries(4, count=900)
    then = FIRST + (299 - 91) * DAYS
    row = check_track_record(frame, as_of=FIRST + 299 * DAYS, quarters=1).checks.row(0, named=True)
    assert row["as_of"] == then
    assert (row["deliveries"], row["wins_then"]) == measure(frame, as_of=then).select("deliveries", "wins_seen").row(0)
    made = pl.col("delivered_at").dt.date() <= then
    assert row["wins_now"] == frame.filter(made & (pl.col("won_at").dt.date() <= FIRST + 299 * DAYS)).height


def test_a_programme_that_turned_has_its_intervals_widened() -> None:
    """From day 200 on nothing is won any more, though a third of all deliveries was before."""
    frame = invent_deliveries(5, count=4000, rate=0.4, days=400)
    stop = pl.lit(FIRST + 200 * DAYS).cast(pl.Datetime("us"))
    record = check_track_record(frame.with_columns(won_at=pl.when(pl.col("won_at") < stop).then("won_at")), as_of=FIRST + 380 * DAYS)
    assert record.held < record.of
    assert record.factor > 1
    assert "times as wide" in record.words


def test_too_early_a_programme_has_no_record() -> None:
    record = check_track_record(invent_deliveries(6, count=50), as_of=FIRST + 60 * DAYS)
    assert (record.of, record.factor, record.checks.height) == (0, 1.0, 0)
    assert record.words.startswith("Too early")

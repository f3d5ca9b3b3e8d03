"""Follow-up: who is compared with whom, what is left out, and planted effects found through planted confounding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.errors import DeliveryError, UsageError
from payper.measurement.follow_up import FollowUp, OfficeHours, measure_follow_up, second_opinion
from payper.measurement.follow_up.sentences import band_label

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
AS_OF = datetime(2026, 9, 1, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")
NAMES = ("delivered_at", "contacted_at", "held_at")


def leads(*rows: tuple[float | None, float | None], at: datetime = MONDAY) -> pl.DataFrame:
    """Leads of one instant: hours to the first touch and days to the meeting."""
    made = [
        (at, None if touch is None else at + timedelta(hours=touch), None if held is None else at + timedelta(days=held))
        for touch, held in rows
    ]
    return pl.DataFrame(made, schema=dict.fromkeys(NAMES, INSTANT), orient="row")


def measure(frame: pl.DataFrame, **options: Any) -> FollowUp:
    return measure_follow_up(frame, as_of=options.pop("as_of", AS_OF), **options)


def world(seed: int, *, count: int = 4000, odds: float = 1.8, hot: float = 1.0) -> tuple[pl.DataFrame, float]:
    """Leads whose score makes both a fast touch and a meeting likelier; those that come out of hours wait whoever they are."""
    rng = np.random.default_rng(seed)
    score = rng.normal(size=count)
    day, hour = rng.integers(0, 120, count), rng.integers(0, 24, count)
    in_hours = (day % 7 < 5) & (hour >= 8) & (hour < 18)
    fast = rng.random(count) < 1 / (1 + np.exp(-(0.3 + 0.8 * score - 1.6 * ~in_hours)))
    slow_chance = 1 / (1 + np.exp(-(-1.6 + hot * score)))
    fast_chance = 1 / (1 + np.exp(-(-1.6 + hot * score + np.log(odds))))
    held = rng.random(count) < np.where(fast, fast_chance, slow_chance)
    at = np.datetime64("2026-01-05T00:00") + day * np.timedelta64(1, "D") + hour * np.timedelta64(1, "h")
    touched = at + (np.where(fast, rng.uniform(1, 59, count), rng.uniform(1500, 4200, count)) * 60).astype("timedelta64[s]")
    met = np.where(held, touched + np.timedelta64(9, "D"), np.datetime64("NaT"))
    frame = pl.DataFrame({name: values.astype("datetime64[us]") for name, values in zip(NAMES, (at, touched, met), strict=True)})
    return frame.with_columns(pl.col(NAMES).dt.replace_time_zone("UTC"), score=pl.Series(score)), float((fast_chance - slow_chance).mean())


def test_a_planted_effect_is_found_where_hot_leads_are_called_first() -> None:
    """Odds of 1.8: the crude ratio is more than 40 % too high, the pooled one within its interval and near."""
    ratios, crudes, held = [], [], 0
    for seed in range(8):
        found = measure(world(seed)[0], score="score")
        assert found.effect.odds_ratio is not None
        assert found.effect.odds_ratio_lo is not None
        assert found.effect.odds_ratio_hi is not None
        assert found.effect.crude_odds_ratio is not None
        ratios.append(found.effect.odds_ratio)
        crudes.append(found.effect.crude_odds_ratio)
        held += found.effect.odds_ratio_lo <= 1.8 <= found.effect.odds_ratio_hi
    assert np.mean(crudes) > 1.4 * 1.8
    assert np.exp(np.mean(np.log(ratios))) == pytest.approx(1.8, rel=0.08)
    assert held >= 6


def test_the_hour_of_arrival_tells_the_same_without_any_score() -> None:
    found = [measure(frame) for frame, _ in (world(seed) for seed in range(8))]
    truth = np.mean([world(seed)[1] for seed in range(8)])
    told = [each.second_opinion.difference for each in found]
    assert np.mean([each for each in told if each is not None]) == pytest.approx(truth, abs=0.05)
    assert all(each.second_opinion.difference_lo is not None for each in found)


def test_no_effect_is_called_no_clear_difference() -> None:
    found = measure(world(3, odds=1.0)[0], score="score")
    assert found.words[0].endswith("after matching on score and hour of arrival: no clear difference.")


def test_everybody_is_in_one_band_or_left_out_for_one_reason() -> None:
    frame = leads(
        (0.5, 3), (0.999, None), (1.0, None), (30, 8), (200, None), (None, None), (None, 5), (-2, None), (240, 9), (2000, None), (3, 0.1)
    )
    found = measure(frame)
    assert found.bands["leads"].to_list() == [2, 1, 0, 1, 0, 1]
    assert found.bands["reached"].to_list() == [1, 0, 0, 1, 0, 0]
    assert found.left_out == {
        "too young for the outcome": 0,
        "never reached": 1,
        "no touch recorded before the outcome": 3,
        "touched before delivery": 1,
        "touched after the time for the outcome": 1,
    }
    assert found.leads + sum(found.left_out.values()) == frame.height


def test_a_lead_never_reached_is_not_a_slow_one() -> None:
    """Dead numbers are called until people give up; as slow leads they would make speed look good."""
    some = [(0.5, 10 if number % 2 else None) for number in range(60)] + [(30.0, 10 if number % 2 else None) for number in range(60)]
    without, dead = measure(leads(*some)), measure(leads(*some, *[(None, None)] * 500))
    assert dead.effect == without.effect
    assert dead.effect.difference == pytest.approx(0.0)
    assert dead.left_out["never reached"] == 500
    assert dead.words[-1] == "500 leads never reached are not counted as slow."


def test_a_landmark_compares_only_those_who_still_waited() -> None:
    found = measure(leads((0.5, 3), (2, 3), (2, None), (30, 3), (30, None), (30, None), (100, None)))
    rows = {row["band"]: row for row in found.comparisons.filter(pl.col("comparison") == "landmark").iter_rows(named=True)}
    assert (rows["within 1 h"]["fast"], rows["within 1 h"]["slow"]) == (1, 6)
    assert (rows["after 1 to 4 h"]["fast"], rows["after 1 to 4 h"]["slow"]) == (2, 4)
    assert (rows["after 1 to 3 days"]["fast"], rows["after 1 to 3 days"]["slow"]) == (3, 1)
    assert rows["after 1 to 3 days"]["difference"] == pytest.approx(1 / 3)


def test_an_outcome_without_a_touch_before_it_does_not_reward_waiting() -> None:
    """Immortal time: a meeting at once, with the touch typed in a week later, would count as a success of the slow."""
    found = measure(leads(*[(0.5, 10)] * 40, *[(0.5, None)] * 40, *[(30, 1.0)] * 40, *[(30, None)] * 40))
    assert found.left_out["no touch recorded before the outcome"] == 40
    assert found.effect.slow_reached == 0


def test_young_leads_wait_for_their_outcome_and_later_events_have_not_happened() -> None:
    frame = leads((0.5, 50), (30, 20), (30, None))
    early = measure(frame, as_of=MONDAY + timedelta(days=59))
    assert early.left_out["too young for the outcome"] == 3
    at_40 = measure(frame, as_of=MONDAY + timedelta(days=40), within_days=30)
    assert at_40.bands["reached"].to_list() == [0, 0, 0, 1, 0, 0]
    assert at_40.leads == 3


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_what_happens_later_and_the_order_of_rows_change_nothing(seed: int) -> None:
    frame, _ = world(seed, count=300)
    end = datetime(2026, 4, 1, tzinfo=UTC)
    known = frame.filter(pl.col("delivered_at") <= end).with_columns(pl.when(pl.col(name) <= end).then(name).alias(name) for name in NAMES)
    found, other = measure(frame, as_of=end, within_days=20, score="score"), measure(known, as_of=end, within_days=20, score="score")
    assert (found.effect, found.second_opinion, found.words) == (other.effect, other.second_opinion, other.words)
    shuffled = measure(frame.sample(fraction=1.0, shuffle=True, seed=1), as_of=end, within_days=20, score="score")
    assert shuffled.effect.odds_ratio == pytest.approx(found.effect.odds_ratio)
    assert shuffled.comparisons["fast"].to_list() == found.comparisons["fast"].to_list()


def test_matching_on_a_column_takes_its_differences_out() -> None:
    """One provider's leads are good and answered fast, the other's neither; within each, speed changes nothing."""
    good = leads(*[(0.5, 10)] * 60, *[(0.5, None)] * 30, *[(30, 10)] * 20, *[(30, None)] * 10).with_columns(provider=pl.lit("a"))
    bad = leads(*[(0.5, 10)] * 5, *[(0.5, None)] * 20, *[(30, 10)] * 20, *[(30, None)] * 80).with_columns(provider=pl.lit("b"))
    both = pl.concat([good, bad])
    assert measure(both, match=["provider"]).effect.difference == pytest.approx(0.0)
    crude = measure(both).effect.difference
    assert crude is not None
    assert crude > 0.2


def test_office_hours_are_those_of_the_zone() -> None:
    """09:00 in New York is 13:00 or 14:00 UTC: in office hours there whatever the season, and before them in Los Angeles."""
    from payper.measurement.follow_up.effect import _with_strata

    frame = leads((1, None), at=datetime(2026, 3, 2, 14, tzinfo=UTC))
    new_york, los_angeles = (
        _with_strata(frame, score=None, match=(), office=OfficeHours(zone=zone))["is_in_hours"].to_list()
        for zone in ("America/New_York", "America/Los_Angeles")
    )
    assert (new_york, los_angeles) == ([True], [False])
    sunday = _with_strata(leads((1, None), at=MONDAY - timedelta(days=1)), score=None, match=(), office=OfficeHours())
    assert sunday["is_in_hours"].to_list() == [False]


def test_appointments_need_no_follow_up() -> None:
    frame = pl.concat([leads((0.5, 3)).with_columns(kind=pl.lit("lead")), leads((5, 3)).with_columns(kind=pl.lit("appointment"))])
    assert measure(frame).leads == 1


def test_the_hours_that_it_takes_are_those_of_the_leads_answered_later() -> None:
    """80 leads in ten weeks, half answered later: 4 a week, at a quarter of an hour each one hour."""
    frame = pl.concat([leads((0.5, 3), (30, 3), at=MONDAY + timedelta(days=day)) for day in np.linspace(0, 70, 40)])
    found = measure(frame, touch_minutes=15)
    assert found.slower_a_week == pytest.approx(4.0)
    assert found.hours_a_week == pytest.approx(1.0)
    assert measure(frame).hours_a_week is None


def test_the_headline_says_the_association_its_interval_and_what_it_takes() -> None:
    frame, _ = world(1)
    found = measure(frame, score="score", touch_minutes=12)
    assert found.words[0].startswith("Answering within 1 h instead of after 1 to 3 days is associated with +")
    assert "meetings held within 60 days, after matching on score and hour of arrival; doing so for all would need" in found.words[0]
    assert found.words[0].endswith("SDR hours a week.")
    assert any(each.startswith("An association, not a proof") for each in found.words)
    assert not any(word in " ".join(found.words) for word in ("causes", "because of speed", "nan", "None"))


def test_too_few_leads_are_too_early_to_tell() -> None:
    found = measure(leads(*[(0.5, 3)] * 10, *[(30, None)] * 12))
    assert not found.is_enough
    assert found.words == (
        "Too early to tell what speed is associated with: 10 leads answered within 1 h and 12 answered after 1 to 3 days can be compared, "
        "10 of them with meetings held.",
    )
    none = measure(leads().clear())
    assert none.words[0].startswith("Too early to tell")
    assert none.slower_a_week == 0
    assert none.second_opinion.difference is None


def test_scores_that_are_missing_are_a_class_of_their_own() -> None:
    frame = world(2, count=1000)[0].with_columns(pl.when(pl.col("score") > 0.5).then("score").otherwise(float("nan")).alias("score"))
    found = measure(frame, score="score")
    assert found.leads == 1000
    assert found.effect.odds_ratio is not None


def test_arrival_that_changes_no_speed_gives_no_second_opinion() -> None:
    rng = np.random.default_rng(2)
    frame = pl.DataFrame({name: rng.random(600) < 0.5 for name in ("is_in_hours", "is_fast", "is_reached")}).with_columns(stratum=pl.lit(1))
    told = second_opinion(frame)
    assert told.difference_lo is None
    assert told.difference_hi is None
    alone = second_opinion(frame.with_columns(is_in_hours=pl.lit(value=True)))
    assert alone.difference is None
    assert alone.out_of_hours == 0


def test_the_second_opinion_by_hand() -> None:
    """In hours 80 of 100 fast and 30 reached, out of hours 20 fast and 18 reached: .12 / .60."""
    rows = [(True, number < 80, number % 10 < 3) for number in range(100)] + [
        (False, number < 20, number % 100 < 18) for number in range(100)
    ]
    told = second_opinion(
        pl.DataFrame(rows, schema=["is_in_hours", "is_fast", "is_reached"], orient="row").with_columns(stratum=pl.lit("all"))
    )
    assert told.difference == pytest.approx(0.2)
    assert (told.fast_in_hours, told.fast_out_of_hours) == (pytest.approx(0.8), pytest.approx(0.2))
    assert told.difference_lo is not None
    assert told.difference_hi is not None
    assert told.difference_lo < 0.2 < told.difference_hi


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [(0, 1, "within 1 h"), (0, 0.25, "within 15 min"), (1, 4, "after 1 to 4 h"), (4, 24, "after 4 h to 1 day"), (24, 72, "after 1 to 3 days"), (168, None, "after more than 7 days"), (0, None, "at any time")],
)  # fmt: skip
def test_bands_in_words(start: float, end: float | None, label: str) -> None:
    assert band_label(start, end) == label


def test_questions_that_make_no_sense_are_refused() -> None:
    frame = leads((1, 2))
    with pytest.raises(DeliveryError, match="won_at"):
        measure(frame, outcome="won_at")
    with pytest.raises(DeliveryError, match="score"):
        measure(frame, score="score")
    for bands in ((), (1, 4), (0, 4, 4)):
        with pytest.raises(UsageError, match="rise from 0"):
            measure(frame, bands=bands)
    with pytest.raises(UsageError, match="fast before slow"):
        measure(frame, fast=24, slow=0)
    with pytest.raises(UsageError, match="fast before slow"):
        measure(frame, slow=48)

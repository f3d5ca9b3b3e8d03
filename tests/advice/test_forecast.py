"""Forecasts: arrivals by hand, what must not move them, what each source brings, goals, and how often bands hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.advice.forecast import forecast
from payper.advice.forecast_arrivals import Law, draw_amounts, draw_days, expect_from_delivered, expect_from_planned, follow
from payper.advice.forecast_frames import plan_deliveries, spread_ties
from payper.advice.forecast_record import check_forecasts
from payper.advice.forecast_stages import count_open, enter_stages
from payper.errors import DeliveryError, UsageError

AS_OF = date(2025, 12, 31)


def world(seed: int, count: int = 1_200, share: float = 0.05) -> pl.DataFrame:
    """Deliveries over a year; three in ten meet after about three weeks, and some of these are won some eight weeks later."""
    chance = np.random.default_rng(seed)
    made = chance.integers(0, 365, count)
    is_held, is_won = chance.random(count) < 0.3, chance.random(count) < share / 0.3
    held = made + np.exp(chance.normal(np.log(20), 0.8, count)).astype(np.int64)
    won = held + np.exp(chance.normal(np.log(55), 0.6, count)).astype(np.int64)
    return (
        pl.DataFrame({"delivered_at": made, "held_at": held, "won_at": won})
        .select(
            *((pl.lit(date(2025, 1, 1)) + pl.duration(days=pl.col(name))).alias(name) for name in ("delivered_at", "held_at", "won_at")),
            pl.Series("amount", np.exp(chance.normal(9, 0.6, count))),
        )
        .with_columns(pl.when(pl.Series(is_held)).then("held_at"), pl.when(pl.Series(is_held & is_won)).then("won_at"))
    )


def law(share: float, reached: list[float], unmet: list[float]) -> Law:
    return Law(np.array([share]), np.array([reached]), np.array(unmet), 1.0, 0)


def test_arrivals_by_hand() -> None:
    """Half are won in the end, a fifth of these on each of five days. Ten of age 1: of these 1/10 of 10 were to be won on day 0, so 9/10 are
    left to explain, and tomorrow 10 x .5 x .2 / .9 are won."""
    steps = law(0.5, [0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0], [0, 10])
    expected = expect_from_delivered(steps, 6)[0]
    assert expected.tolist() == pytest.approx([10 * 0.1 / 0.9] * 4 + [0, 0])
    planned = expect_from_planned(steps, np.array([10.0, 0, 20, 0, 0, 0]))[0]
    assert planned.tolist() == pytest.approx([1, 1, 3, 3, 3, 2])
    assert follow(np.array([[10.0, 0, 20, 0, 0, 0]]), steps)[0].tolist() == pytest.approx(planned.tolist())


@given(st.lists(st.floats(0, 3), min_size=1, max_size=10), st.integers(0, 12), st.floats(1, 3))
@settings(max_examples=40)
def test_no_more_come_than_there_are(expected: list[float], most: int, dispersion: float) -> None:
    drawn = draw_days(np.tile(expected, (50, 1)), most=most, dispersion=dispersion, rng=np.random.default_rng(1))
    assert (drawn >= 0).all()
    assert (drawn.sum(axis=1) <= most).all()


def test_counts_have_the_mean_and_the_dispersion_asked_for() -> None:
    expected = np.full((4_000, 30), 0.5)
    rng = np.random.default_rng(2)
    even = draw_days(expected, most=10_000, dispersion=1.0, rng=rng).sum(axis=1)
    varied = draw_days(expected, most=10_000, dispersion=2.0, rng=rng).sum(axis=1)
    assert even.mean() == pytest.approx(15, abs=0.3)
    assert varied.mean() == pytest.approx(15, abs=0.4)
    assert even.var() / even.mean() == pytest.approx(1, abs=0.1)
    assert varied.var() / varied.mean() == pytest.approx(2, abs=0.2)
    # Who all come, come all: there is no chance left.
    assert set(draw_days(np.full((50, 1), 7.0), most=7, dispersion=1.0, rng=rng)[:, 0]) == {7.0}


def test_amounts_are_those_seen() -> None:
    counts = np.random.default_rng(1).poisson(2.0, (2_000, 5)).astype(np.float64)
    brought = draw_amounts(counts, np.array([100.0, 300.0]), np.random.default_rng(3))
    assert ((brought % 100) == 0).all()
    assert (brought[counts == 0] == 0).all()
    assert brought.sum() / counts.sum() == pytest.approx(200, rel=0.03)


FRAME = world(1)


def test_what_happens_later_does_not_move_a_forecast() -> None:
    """Later dates, later deliveries and the order of rows change nothing; a datetime and a date of the same end are the same day."""
    later = [pl.when(pl.col(name) > AS_OF).then(date(2026, 6, 1)).otherwise(pl.col(name)).alias(name) for name in ("held_at", "won_at")]
    new = FRAME.head(40).with_columns(delivered_at=pl.lit(date(2026, 1, 5)), held_at=None, won_at=None)
    moved = pl.concat([FRAME.with_columns(later), new.cast(FRAME.schema)]).sample(fraction=1, shuffle=True, seed=2)
    first, again = forecast(FRAME.drop("amount"), as_of=AS_OF), forecast(moved.drop("amount"), as_of=datetime(2026, 1, 1, tzinfo=UTC))
    assert first.weekly.equals(again.weekly)
    assert first.seen.equals(again.seen)


def test_a_forecast_years_after_the_last_delivery_is_a_forecast_of_next_to_nothing() -> None:
    """Laws of thousands of days are nearly flat, and rounding must not make their steps less than nothing."""
    found = forecast(FRAME, as_of=date(2030, 1, 1))
    assert found.weekly["mean"].is_between(0, 1e9).all()


@pytest.mark.parametrize("seed", [-1, "a", 1.5, True])
def test_a_seed_that_is_no_whole_number_is_refused(seed: object) -> None:
    with pytest.raises(UsageError, match="no whole number from 0"):
        forecast(FRAME, as_of=AS_OF, seed=seed)  # type: ignore[arg-type]  # what a caller may write


def test_what_is_no_frame_is_refused_with_what_to_do() -> None:
    for wrong, words in ((FRAME.to_dict(), "polars.DataFrame"), (FRAME.lazy(), "collect"), (None, "Give a Polars")):
        with pytest.raises(DeliveryError, match=words):
            forecast(wrong, as_of=AS_OF)  # type: ignore[arg-type]  # what a caller may write


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (float("nan"), "not a number, or infinite"),
        (float("inf"), "not a number, or infinite"),
        (-5.0, "amounts of all won deals are negative"),
    ],
)
def test_amounts_that_tell_nothing_are_said_and_give_no_revenue(amount: float, words: str) -> None:
    found = forecast(FRAME.with_columns(amount=pl.lit(amount)), as_of=AS_OF, weeks=2)
    assert "revenue" not in found.parts
    assert any(words in note for note in found.notes)


def test_some_negative_amounts_are_said() -> None:
    one = pl.when(pl.col("won_at") == FRAME["won_at"].min()).then(-1.0).otherwise("amount").alias("amount")
    found = forecast(FRAME.with_columns(one), as_of=AS_OF, weeks=2)
    assert any("of won deals are negative: they count as nothing" in note for note in found.notes)


def test_sources_add_up_and_each_brings_its_own() -> None:
    plans = pl.concat(
        [
            plan_deliveries(600, first=date(2026, 1, 1), last=date(2026, 3, 31)),
            plan_deliveries(300, first=date(2026, 2, 1), last=date(2026, 3, 31), source="not yet bought"),
        ]
    )
    found = forecast(FRAME, as_of=AS_OF, weeks=13, planned=plans)
    means = {(row["measure"], row["source"]): row["mean"] for row in found.cumulative.filter(pl.col("week") == 13).iter_rows(named=True)}
    for measure in ("meetings", "wins", "revenue"):
        parts = [means[measure, source] for source in ("already delivered", "contracted", "not yet bought")]
        assert sum(parts) == pytest.approx(means[measure, "all"])
        assert parts[0] > 0
        assert parts[1] > parts[2] > 0
    # Meetings come sooner than wins, so that more of those of coming deliveries are seen in thirteen weeks.
    assert means["meetings", "contracted"] > 3 * means["wins", "contracted"]
    weekly = found.weekly.filter((pl.col("measure") == "meetings") & (pl.col("source") == "all"))
    assert weekly["mean"].sum() == pytest.approx(means["meetings", "all"])
    assert weekly["first_day"][0] == date(2026, 1, 1)
    assert (weekly["p05"] <= weekly["p50"]).all()
    assert not found.weekly.select(pl.col("mean").is_nan().any()).item()
    assert found.says[0].startswith("Meetings in the 91 days after 31 Dec 2025: ")


def test_a_group_without_a_past_is_foretold_by_the_others() -> None:
    grouped = FRAME.with_columns(model=pl.lit("lead"))
    plans = plan_deliveries(400, first=date(2026, 1, 1), last=date(2026, 1, 31), model="appointment")
    found = forecast(grouped, as_of=AS_OF, planned=plans, by="model")
    assert found.notes == ("Nothing is delivered yet of appointment: foretold by all others together.",)
    held = found.cumulative.filter((pl.col("measure") == "meetings") & (pl.col("source") == "contracted") & (pl.col("week") == 13))
    assert held["mean"][0] == pytest.approx(0.27 * 400, rel=0.2)


def test_a_goal_counts_what_is_reached_already() -> None:
    found = forecast(FRAME, as_of=AS_OF)
    since = date(2025, 12, 1)
    so_far = FRAME.filter(pl.col("held_at").is_between(since, AS_OF)).height
    reached = found.chance_of("meetings", so_far, since=since, until=date(2026, 1, 31))
    assert (reached.so_far, reached.chance) == (so_far, 1.0)
    chances = [found.chance_of("meetings", goal, until=date(2026, 1, 31)).chance for goal in (1, 15, 30, 1_000)]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] == 0
    assert found.chance_of("meetings", 1_000, until=date(2026, 1, 31)).words.startswith("Under 1% chance of 1,000 meetings by 31 Jan 2026")


def test_wrong_questions_are_told_in_words() -> None:
    found = forecast(FRAME, as_of=AS_OF)
    with pytest.raises(UsageError, match="not foretold"):
        found.chance_of("opportunities", 1, until=date(2026, 1, 31))
    with pytest.raises(UsageError, match="not within the forecast"):
        found.chance_of("wins", 1, until=date(2027, 1, 31))
    with pytest.raises(DeliveryError, match="none of the columns"):
        forecast(FRAME.select("delivered_at"), as_of=AS_OF)
    with pytest.raises(UsageError, match="Write 13"):
        forecast(FRAME, as_of=AS_OF, weeks=0)
    with pytest.raises(UsageError, match="no source"):
        forecast(FRAME, as_of=AS_OF, planned=plan_deliveries(3, first=date(2026, 1, 1), last=date(2026, 1, 2), source="hoped for"))


def test_money_of_several_currencies_is_not_added_up() -> None:
    mixed = FRAME.with_columns(currency=pl.Series(["EUR", "USD"] * (FRAME.height // 2)))
    found = forecast(mixed, as_of=AS_OF)
    assert "revenue" not in found.draws
    assert "several currencies" in found.notes[0]


def test_stages_are_used_only_where_each_holds_enough() -> None:
    few, large = FRAME.head(300), pl.concat([world(seed, 3_000) for seed in range(3)])
    assert min(count_open(enter_stages(few), AS_OF).values()) <= 100
    assert forecast(few, as_of=AS_OF).method == "age"
    staged, by_age = forecast(large, as_of=AS_OF), forecast(large.drop("held_at"), as_of=AS_OF)
    assert (staged.method, by_age.method) == ("stages", "age")
    came = large.filter((pl.col("won_at") > AS_OF) & (pl.col("won_at") <= AS_OF + timedelta(days=91))).height
    for each in (staged, by_age):
        assert each.draws["wins"].sum(axis=1).mean() == pytest.approx(came, rel=0.25)


def test_a_skipped_stage_was_entered_with_the_next() -> None:
    days = [date(2026, 1, day) for day in (1, 5, 9)]
    skipped = pl.DataFrame({"delivered_at": [days[0]] * 2, "held_at": [None, days[1]], "won_at": [days[2], None]})
    assert enter_stages(skipped)["held_at"].to_list() == [days[2], days[1]]
    standing = count_open(enter_stages(skipped.with_columns(lost_at=pl.Series([None, days[2]]))), days[2])
    assert standing == {"delivered_at": 0, "held_at": 0}
    assert count_open(enter_stages(skipped), days[1]) == {"delivered_at": 1, "held_at": 1}


def test_quantiles_of_whole_numbers_move_with_the_shares() -> None:
    """Of four futures 0, 1, 1, 2 half lie below 1: ones are spread from .5 to 1.5, so a quarter lies below .5."""
    spread = spread_ties(np.array([[1.0], [0.0], [2.0], [1.0]]))
    assert spread[:, 0].tolist() == [0.0, 0.75, 1.25, 2.0]


def test_bands_hold_about_nine_of_ten_times() -> None:
    held = []
    for seed in range(16):
        frame = world(100 + seed)
        found = forecast(frame.drop("held_at", "amount"), as_of=AS_OF, seed=seed)
        came = frame.filter((pl.col("won_at") > AS_OF) & (pl.col("won_at") <= AS_OF + timedelta(days=91))).height
        last = found.cumulative.filter((pl.col("source") == "all") & (pl.col("week") == 13)).row(0, named=True)
        held.append(last["p05"] <= came <= last["p95"])
    assert sum(held) >= 12


def test_past_forecasts_are_held_against_what_came() -> None:
    record = check_forecasts(FRAME, as_of=AS_OF)
    assert record.of == 6
    assert record.checks["as_of"].unique().sort().to_list() == [date(2025, 4, 2), date(2025, 7, 2), date(2025, 10, 1)]
    said = f"Of the last 3 forecasts of 13 weeks, made again with what was known then, {record.held} of 6 bands held what came."
    assert record.words.startswith(said)
    assert check_forecasts(FRAME, as_of=date(2025, 2, 1)).words.startswith("Too early to check")


def test_an_unsure_volume_widens_the_band_and_keeps_the_mean() -> None:
    bands = []
    for spread in (0.0, 0.6):
        plans = plan_deliveries(2_000, first=date(2026, 1, 1), last=date(2026, 1, 31), spread=spread)
        found = forecast(FRAME.select("delivered_at", "held_at"), as_of=AS_OF, planned=plans)
        of = found.cumulative.filter((pl.col("source") == "contracted") & (pl.col("week") == 13)).row(0, named=True)
        bands.append((of["mean"], of["p95"] - of["p05"]))
    assert bands[1][0] == pytest.approx(bands[0][0], rel=0.05)
    assert bands[1][1] > 3 * bands[0][1]


def test_wider_bands_move_a_chance_towards_even() -> None:
    plain, wide = (forecast(FRAME.select("delivered_at", "held_at"), as_of=AS_OF, widen=widen) for widen in (1.0, 2.0))
    until = date(2026, 1, 31)
    goal = plain.chance_of("meetings", 0, until=until).p95
    assert 0 < plain.chance_of("meetings", goal, until=until).chance < wide.chance_of("meetings", goal, until=until).chance < 0.5
    assert (wide.weekly["p05"] >= 0).all()


def test_bands_of_ages_say_what_every_single_age_says() -> None:
    """Old ages are put together where the law is smooth: within a thousandth of the sum over every day of age."""
    days = np.arange(1_000)
    law = Law(np.array([0.05]), np.array([1 - np.exp(-(days / 200.0))]), np.full(800, 3.0), 1.0, 0)
    p, reached = 0.05, law.reached[0]
    exact = [sum(3 * p * (reached[age + day + 1] - reached[age + day]) / (1 - p * reached[age]) for age in range(800)) for day in range(90)]
    assert expect_from_delivered(law, 90)[0] == pytest.approx(exact, rel=1e-3)


def test_a_record_too_thin_says_what_the_forecast_rests_on() -> None:
    young = FRAME.filter(pl.col("delivered_at") > date(2025, 12, 1))
    notes = " ".join(forecast(young, as_of=AS_OF).notes)
    assert "days old and the forecast looks 91 days ahead" in notes
    assert "and 0 wins so far: their forecast rests on what is typical" in notes
    assert any("Nothing was delivered by this day" in note for note in forecast(FRAME, as_of=date(2024, 1, 1)).notes)

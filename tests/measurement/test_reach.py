"""Reach and acceleration: open cases are allowed for, classical cases are met exactly, and words say what is not known yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.errors import DeliveryError
from payper.measurement.reach import measure_acceleration, measure_reach, measure_velocity, measure_wait

START = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = datetime(2026, 12, 31, tzinfo=UTC)
INSTANT = pl.Datetime("us", "UTC")
STEPS = ("delivered_at", "contacted_at", "booked_at", "held_at", "opportunity_at", "won_at", "lost_at")
PLAIN: dict[str, Any] = {
    "model": "lead",
    "domain": "a.com",
    "company_key": "a",
    "industry_code": "52",
    "asset": "guide",
    "amount": None,
    "cost": 50.0,
}


def outcomes(*rows: dict[str, Any]) -> pl.DataFrame:
    """Deliveries of the first day; steps are given in days from it."""
    full = [{**PLAIN, **dict.fromkeys(STEPS), "delivered_at": 0, **row} for row in rows]
    made = [
        {name: START + timedelta(days=value) if name in STEPS and value is not None else value for name, value in row.items()}
        for row in full
    ]
    types = {name: pl.Float64 if name in {"amount", "cost"} else pl.String for name in PLAIN}
    return pl.DataFrame(made, schema={**types, **dict.fromkeys(STEPS, INSTANT)})


def days(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_without_open_cases_the_share_and_the_median_are_the_plain_ones() -> None:
    """Eleven of forty came, after 1 to 11 days: median 6, and the order statistics 2 and 10 hold it with 98.8 %."""
    waits = np.concatenate([np.arange(1.0, 12.0), np.full(29, np.nan)])
    wait = measure_wait(np.full(40, 400.0), waits, horizon_days=180)
    assert wait.share == pytest.approx(11 / 40)
    assert (wait.median_days, wait.median_lo, wait.median_hi) == (6.0, 2.0, 10.0)
    assert wait.half_days is None
    assert wait.late_days == 10.0
    from scipy.stats import beta

    assert (wait.share_lo, wait.share_hi) == pytest.approx(tuple(beta.ppf([0.025, 0.975], 11.5, 29.5)))


def test_five_cases_by_hand() -> None:
    """Ages 1, 2, 3, 4, 5, steps after 1 (of the second), 3 (of the fourth): 1 - 4/5 x 1/2 ... of five, then of two."""
    wait = measure_wait(days(1, 2, 3.5, 4, 5), days(np.nan, 1, np.nan, 3, np.nan), horizon_days=4, old_min=1)
    assert wait.share == pytest.approx(1 - (4 / 5) * (2 / 3))
    assert wait.median_days == 3.0


@settings(max_examples=8)
@given(st.lists(st.tuples(st.integers(1, 200), st.one_of(st.none(), st.integers(0, 200))), min_size=25, max_size=120), st.integers(5, 150))
def test_the_share_is_that_of_kaplan_and_meier(cases: list[tuple[int, int | None]], horizon: int) -> None:
    """lifelines gives the same share at the same day."""
    from lifelines import KaplanMeierFitter

    ages = days(*(age for age, _ in cases))
    waits = days(*(step if step is not None and step <= age else np.nan for age, step in cases))
    wait = measure_wait(ages, waits, horizon_days=horizon)
    assert wait.horizon_days is not None
    fitted = KaplanMeierFitter().fit(np.where(np.isnan(waits), ages, waits), ~np.isnan(waits))
    assert wait.share == pytest.approx(1 - float(fitted.predict(wait.horizon_days)), abs=1e-9)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(20, 200), st.floats(0.02, 0.98))
def test_intervals_hold_their_figures_and_days_are_in_order(seed: int, count: int, chance: float) -> None:
    rng = np.random.default_rng(seed)
    ages, lags = rng.uniform(0, 300, count), rng.exponential(40, count)
    waits = np.where((rng.random(count) < chance) & (lags <= ages), lags, np.nan)
    wait = measure_wait(ages, waits, horizon_days=180)
    assert wait.share is not None
    assert wait.share_lo is not None
    assert wait.share_hi is not None
    assert 0 <= wait.share_lo <= wait.share <= wait.share_hi <= 1
    if wait.median_days is not None and wait.late_days is not None:
        assert wait.median_days <= wait.late_days <= 180
        if wait.median_lo is not None and wait.median_hi is not None:
            assert wait.median_lo <= wait.median_days <= wait.median_hi
    assert (wait.half_days is None) == (wait.share < 0.5 - 1e-12)


def test_open_cases_do_not_make_a_wait_look_short() -> None:
    """True median 60 days, programme half a year old: the plain median of those there is far below, the share far below the truth."""
    plain, told, shares = [], [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        ages = rng.uniform(0, 180, 600)
        lags = 60 * np.exp(0.6 * rng.normal(size=600))
        waits = np.where((rng.random(600) < 0.4) & (lags <= ages), lags, np.nan)
        wait = measure_wait(ages, waits, horizon_days=160)
        assert wait.median_days is not None
        plain.append(np.nanmedian(waits))
        told.append(wait.median_days)
        shares.append(wait.share)
    truth = np.median([each for each in 60 * np.exp(0.6 * np.random.default_rng(1).normal(size=20_000)) if each <= 160])
    assert np.mean(told) == pytest.approx(truth, rel=0.04)
    assert np.mean(plain) < 0.88 * truth
    assert np.mean(shares) == pytest.approx(0.4 * 0.949, rel=0.04)


def test_lost_cases_stay_among_those_that_do_not_come() -> None:
    """To leave lost deals out as if they were still open is the classical error: it would make half of all win."""
    rows = [{"held_at": 5, "opportunity_at": 6, "won_at": 30}] * 10 + [{"held_at": 5, "opportunity_at": 6, "lost_at": 10}] * 20
    table = measure_acceleration(outcomes(*rows), as_of=AS_OF)
    assert table.filter(pl.col("milestone") == "won")["share"][0] == pytest.approx(1 / 3)


def test_too_few_or_too_young_cases_are_told_as_such() -> None:
    few = measure_wait(days(*[100.0] * 19), days(*[5.0] * 19), horizon_days=90)
    assert few.share is None
    assert few.reached == 19
    young = measure_wait(np.linspace(1, 60, 60), np.full(60, np.nan), horizon_days=90)
    assert young.horizon_days == 41
    assert (young.share, young.share_lo) == (0.0, 0.0)
    assert young.share_hi is not None
    assert 0 < young.share_hi < 0.2
    table = measure_acceleration(outcomes({}, {"held_at": 3}), as_of=AS_OF)
    assert set(table["words"]) == {"Too early to tell: 2 deliveries, and at least 20 are needed."}


def test_words_say_the_share_the_days_and_what_is_not_reached_yet() -> None:
    rows = [{"held_at": 8 + number / 10} for number in range(12)] + [{}] * 12
    words = measure_acceleration(outcomes(*rows), as_of=AS_OF).filter(pl.col("milestone") == "meeting held")["words"][0]
    assert words == (
        "50% (31% to 69%) of deliveries come to meetings held within 180 days, half of those within 8.5 days (8.2 to 8.9); "
        "half of all deliveries are there after 9.1 days."
    )
    rows = [{"held_at": 8, "won_at": 40}] * 5 + [{}] * 25
    words = measure_acceleration(outcomes(*rows), as_of=AS_OF).filter(pl.col("milestone") == "won")["words"][0]
    assert words.endswith("half of those within 40 days (too few for an interval); not reached by half of all deliveries yet.")
    words = measure_acceleration(outcomes(*[{}] * 30), as_of=AS_OF).filter(pl.col("milestone") == "won")["words"][0]
    assert words == "No won deals yet from 30 deliveries within 180 days."
    words = measure_acceleration(outcomes(*[{"booked_at": 0}] * 30), as_of=AS_OF)["words"][0]
    assert (
        words
        == "100% (92% to 100%) of deliveries come to meetings booked within 180 days, half of those at once; half of all deliveries are there at once."
    )


def test_a_later_step_implies_those_it_skips_and_a_step_before_delivery_counts_on_the_day() -> None:
    rows = [{"opportunity_at": 10}] * 20 + [{"held_at": -3}] * 20
    table = measure_acceleration(outcomes(*rows), as_of=AS_OF)
    held = table.filter(pl.col("milestone") == "meeting held").row(0, named=True)
    assert held["reached"] == 40
    assert held["median_days"] == 0.0
    assert table.filter(pl.col("milestone") == "opportunity")["reached"][0] == 20


def test_stages_are_timed_from_the_step_before_and_stuck_cases_counted() -> None:
    moved = [{"contacted_at": 1, "booked_at": 1 + number} for number in range(1, 21)]
    stuck = [{"contacted_at": 1}] * 5
    gone = [{"contacted_at": 1, "lost_at": 4}] * 5
    table = measure_velocity(outcomes(*moved, *stuck, *gone), as_of=AS_OF)
    row = table.filter(pl.col("stage") == "contacted to meeting booked").row(0, named=True)
    assert (row["started"], row["reached"], row["open"], row["stalled"]) == (30, 20, 5, 5)
    assert row["share"] == pytest.approx(2 / 3)
    assert (row["median_days"], row["late_days"]) == (10.0, 18.0)
    assert row["open_days"] == pytest.approx(363)
    assert row["words"].endswith("; 5 of 5 open ones have waited longer than nine in ten of those that went on.")


def test_a_stage_that_a_model_never_records_is_not_timed() -> None:
    table = measure_velocity(outcomes(*[{"model": "appointment", "booked_at": 0, "held_at": 7}] * 30), as_of=AS_OF)
    assert table["stage"].to_list() == ["meeting booked to held", "meeting held to opportunity"]


def test_steps_that_are_only_implied_do_not_make_a_stage_look_quick() -> None:
    """A meeting that nobody recorded a call before: contact and booking have the meeting's instant."""
    recorded = [{"contacted_at": 2 + number / 100, "booked_at": 6 + number / 100, "held_at": 10 + number / 100} for number in range(30)]
    implied = [{"contacted_at": at, "booked_at": at, "held_at": at} for at in (20 + number / 90 for number in range(30))]
    booked = [{"contacted_at": at, "booked_at": 0, "held_at": at} for at in (5 + number / 70 for number in range(30))]
    table = measure_velocity(outcomes(*recorded, *implied, *booked), as_of=AS_OF)
    rows = {row["stage"]: (row["started"], row["median_days"]) for row in table.iter_rows(named=True)}
    assert rows["delivered to contacted"] == (30, pytest.approx(2.14))
    assert rows["contacted to meeting booked"] == (30, pytest.approx(4.0))
    assert rows["meeting booked to held"] == (60, pytest.approx(4.0))


def test_of_dates_alone_two_steps_on_one_day_are_two_steps() -> None:
    rows = [{"contacted_at": number % 3, "booked_at": number % 3 + number % 2} for number in range(40)]
    row = measure_velocity(outcomes(*rows), as_of=AS_OF).filter(pl.col("stage") == "contacted to meeting booked").row(0, named=True)
    assert (row["started"], row["median_days"]) == (40, 0.0)


def test_companies_and_targets_are_counted_once_per_group() -> None:
    rows = [
        {"held_at": 9}, {"contacted_at": 2}, {"domain": "b.com", "company_key": "b"}, {"domain": None, "company_key": "c"}, {"domain": None, "company_key": None},
        {"model": "appointment", "domain": "b.com", "booked_at": 0, "held_at": 5, "won_at": 60, "amount": 900.0},
    ]  # fmt: skip
    reach = measure_reach(outcomes(*rows), as_of=AS_OF, targets=["a.com", "b.com", "c", "never.com"])
    appointment, lead = reach.companies.iter_rows(named=True)
    assert (lead["deliveries"], lead["companies"], lead["companies_contacted"], lead["companies_held"], lead["without_company"]) == (
        5,
        3,
        1,
        1,
        1,
    )
    assert (lead["targets"], lead["targets_delivered"], lead["targets_held"], lead["target_share"]) == (4, 3, 1, 0.75)
    assert (appointment["companies_won"], appointment["target_share"]) == (1, 0.25)
    assert lead["words"] == "3 companies reached, 1 of them met; 3 of 4 target companies touched (75%)."
    everybody = measure_reach(outcomes(*rows), as_of=AS_OF, by=()).companies.row(0, named=True)
    assert everybody["companies"] == 3
    assert everybody["targets"] is None


def test_what_was_tried_is_listed_with_what_it_brought() -> None:
    old = [{"industry_code": "52", "held_at": 9 if number % 2 else None} for number in range(40)]
    new = [{"industry_code": "3391", "delivered_at": 100, "domain": f"n{number}.com", "asset": None} for number in range(6)]
    won = [{"industry_code": "3391", "delivered_at": 120, "held_at": 130, "won_at": 150, "amount": 700.0, "asset": None}]
    tried = measure_reach(outcomes(*old, *new, *won), as_of=AS_OF, new_from=START + timedelta(days=90)).tried
    industries = tried.filter(pl.col("dimension") == "industry_code")
    assert industries.select("value", "is_new", "deliveries", "held", "won", "amount", "cost", "status").rows() == [
        ("52", False, 40, 20, 0, 0.0, 2000.0, "tested"),
        ("3391", True, 7, 1, 1, 700.0, 350.0, "too few to judge"),
    ]
    assert industries["held_share"].to_list() == [pytest.approx(0.5), None]
    assert industries["words"][1] == "New industry 3391: 1 meeting held from 7 deliveries; too few to judge."
    assert tried.filter(pl.col("dimension") == "asset")["value"].to_list() == ["guide"]
    assert industries["companies"].to_list() == [1, 7]


@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_what_happens_later_changes_no_earlier_report(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        {
            "delivered_at": at,
            "held_at": at + wait if wait < 60 else None,
            "won_at": at + wait + 30 if wait < 20 else None,
            "domain": f"{number % 9}.com",
        }
        for number, (at, wait) in enumerate(zip(rng.uniform(0, 200, 80), rng.exponential(40, 80), strict=True))
    ]
    frame, end = outcomes(*rows), START + timedelta(days=120)
    known = frame.filter(pl.col("delivered_at") <= end).with_columns(pl.when(pl.col(name) <= end).then(name).alias(name) for name in STEPS)
    for measure in (measure_acceleration, measure_velocity):
        assert measure(frame, as_of=end).equals(measure(known, as_of=end))
    one, other = (measure_reach(each, as_of=end, targets=["1.com"]) for each in (frame, known))
    assert one.companies.equals(other.companies)
    assert one.tried.equals(other.tried)


def test_no_deliveries_give_no_rows_and_no_figure_is_not_a_number() -> None:
    none = outcomes({}).clear()
    assert measure_acceleration(none, as_of=AS_OF).is_empty()
    assert measure_velocity(none, as_of=AS_OF).is_empty()
    assert measure_reach(none, as_of=AS_OF, targets=[]).companies.is_empty()
    for table in (measure_acceleration(outcomes({}), as_of=AS_OF), measure_reach(outcomes({}), as_of=AS_OF, targets=[]).companies):
        assert not table.select(pl.any_horizontal(pl.col(pl.Float64).is_nan()).any()).item()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DeliveryError, match="provider"):
        measure_acceleration(outcomes({}), as_of=AS_OF, by=["provider"])
    with pytest.raises(DeliveryError, match="domain"):
        measure_reach(outcomes({}).drop("domain"), as_of=AS_OF)


@pytest.mark.shared_data
def test_on_real_leads_the_intervals_of_earlier_months_hold_what_became_of_them(shared_data: Path) -> None:
    """Olist, leads of 2018 by origin, as of three month ends: share and median days to a win within 60 days, known since September."""
    folder = shared_data / "olist-funnel"
    leads = pl.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv", try_parse_dates=True)
    deals = pl.read_csv(folder / "olist_closed_deals_to_2018-09-30.csv", try_parse_dates=True).select("mql_id", "won_date")
    start = pl.col("first_contact_date").cast(pl.Datetime("us"))
    known = leads.join(deals, on="mql_id", how="left").filter(start >= pl.datetime(2018, 1, 1)).with_columns(start.alias("at"))
    shares, medians = [], []
    for end in (pl.datetime(2018, month, day) for month, day in ((3, 31), (4, 30), (5, 31))):
        for _, own in known.filter(pl.col("at") <= end).group_by("origin"):
            if own.height < 60:
                continue
            aged = own.select(
                ((each - pl.col("at")).dt.total_seconds() / 86_400).alias(name)
                for name, each in (("age", end), ("wait", pl.col("won_date")))
            )
            ages, waits = aged["age"].to_numpy(), np.clip(aged["wait"].to_numpy(), 0, None)
            told = measure_wait(ages, np.where(waits <= ages, waits, np.nan), horizon_days=60)
            assert told.share_lo is not None
            assert told.share_hi is not None
            shares.append(told.share_lo <= (waits <= 60).mean() <= told.share_hi)
            if told.median_lo is not None and told.median_hi is not None:
                medians.append(told.median_lo <= np.median(waits[waits <= 60]) <= told.median_hi)
    assert len(shares) >= 20
    assert np.mean(shares) >= 0.9
    assert np.mean(medians) >= 0.9

"""What deliveries brought within a horizon, while deals are still open."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.invented_deliveries import FIRST, invent_deliveries

from payper import measure
from payper.errors import DeliveryError, UsageError
from payper.measurement.guards import Guard
from payper.measurement.histograms import add_histograms, count_histograms
from payper.measurement.measure import measure_histograms
from payper.measurement.snapshot import take_snapshot

DAYS = timedelta(days=1)


def _naive(*parts: int) -> datetime:
    """Give a time without a zone, as many systems hand them over."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  # that it has no zone is the point


def _frame(rows: list[tuple[object, ...]], *names: str) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["delivered_at", "won_at", *names], orient="row")


def _one(frame: pl.DataFrame, **arguments: object) -> dict[str, object]:
    (row,) = measure(frame, **arguments).to_dicts()  # type: ignore[arg-type]
    return row


def _hand_computed() -> pl.DataFrame:
    old, new = FIRST, FIRST + 6 * DAYS
    rows = [(old, old + DAYS, 100.0), (old, old + 4 * DAYS, 300.0), (new, new + 3 * DAYS, 50.0)]
    rows += [(old, None, None)] * 18 + [(new, None, None)] * 19
    return _frame(rows, "amount").with_columns(cost=pl.lit(2.0))


def test_a_hand_computed_case_comes_out_by_hand() -> None:
    """Twenty deliveries of day 0 and twenty of day 6, looked at on the end of day 9, within 5 days.

    Old ones have age 10, new ones age 4: n is 40 for lag 0 to 3 and 20 for lag 4. Wins at lags 1, 3 and 4: 1/40 + 1/40 + 1/20.
    """
    row = _one(_hand_computed(), as_of=FIRST + 9 * DAYS, horizon_days=5)
    revenue = 100 / 40 + 50 / 40 + 300 / 20
    assert (row["method"], row["deliveries"], row["wins_seen"], row["age_days_largest"]) == ("exposure", 40, 3, 10)
    assert row["win_rate"] == pytest.approx(0.1)
    assert row["revenue_per_delivery"] == pytest.approx(revenue)
    assert row["roi"] == pytest.approx(revenue / 2 - 1)
    assert row["revenue_per_1000_spent"] == pytest.approx(500 * revenue)
    assert row["cac"] == pytest.approx(2 / 0.1)
    assert row["payback_days"] == 2  # 100 / 40 is more than 2, and came on lag day 1


def test_intervals_of_the_hand_computed_case_are_the_gammas_of_fay_and_feuer() -> None:
    """y = 18.75, v = 100^2/40^2 + 50^2/40^2 + 300^2/20^2, w = 300/20; mid-p, by scipy's distribution, which the code does not use."""
    from scipy.stats import gamma

    row = _one(_hand_computed(), as_of=FIRST + 9 * DAYS, horizon_days=5)
    money = 18.75, (100 / 40) ** 2 + (50 / 40) ** 2 + (300 / 20) ** 2, 300 / 20
    for name, (y, v, w) in (("revenue_per_delivery", money), ("win_rate", (0.1, 2 / 40**2 + 1 / 20**2, 1 / 20))):
        shapes = [(y * y / v, v / y), ((y + w) ** 2 / (v + w * w), (v + w * w) / (y + w))]
        for bound, tail in (("_lo", 0.025), ("_hi", 0.975)):
            chances = [gamma.cdf(row[f"{name}{bound}"], shape, scale=scale) for shape, scale in shapes]
            assert np.mean(chances) == pytest.approx(tail, abs=1e-9)


def test_cost_per_win_is_the_interval_of_wins_per_cost_turned_over() -> None:
    row = _one(_hand_computed(), as_of=FIRST + 9 * DAYS, horizon_days=5)
    assert row["cac_lo"] == pytest.approx(2 / row["win_rate_hi"])
    assert row["cac_hi"] == pytest.approx(2 / row["win_rate_lo"])


def test_a_horizon_nobody_has_lived_is_a_projection() -> None:
    row = _one(_hand_computed(), as_of=FIRST + 9 * DAYS, horizon_days=11)
    assert row["method"] == "projection"
    assert "EXTRAPOLATED" in row["flags"]
    assert _one(_hand_computed(), as_of=FIRST + 9 * DAYS, horizon_days=10)["method"] == "exposure"


def test_fewer_than_twenty_old_deliveries_make_a_projection() -> None:
    row = _one(_hand_computed()[1:], as_of=FIRST + 9 * DAYS, horizon_days=5)
    assert row["method"] == "projection"
    assert "FEW_OLD" in row["flags"]


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), day=st.integers(20, 330))
def test_what_happens_later_changes_no_byte(seed: int, day: int) -> None:
    """The report of day D is the same whether later deliveries, wins and losses are in the frame or not, in whatever order rows stand."""
    whole = invent_deliveries(seed, count=150).with_columns(model=pl.Series(["lead", "appointment", "hybrid"] * 50))
    as_of = FIRST + day * DAYS
    end = _naive(as_of.year, as_of.month, as_of.day) + DAYS
    known = whole.filter(pl.col("delivered_at") < end).with_columns(
        pl.when(pl.col(name) < end).then(pl.col(name)).alias(name) for name in ("won_at", "lost_at")
    )
    first = measure(whole.sample(fraction=1.0, shuffle=True, seed=seed), as_of=as_of, by="model", horizon_days=90)
    second = measure(known, as_of=as_of, by="model", horizon_days=90)
    assert first.write_ipc(None, compression="uncompressed").getvalue() == second.write_ipc(None, compression="uncompressed").getvalue()


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 150))
def test_histograms_of_parts_add_up_to_the_whole(seed: int, cut: int) -> None:
    frame = invent_deliveries(seed, count=150).with_columns(model=pl.Series(["lead", None, "hybrid"] * 50, dtype=pl.String))
    frame = frame.with_columns(held_at=pl.col("lost_at"), currency=pl.lit("EUR"))
    whole, *parts = (
        count_histograms(take_snapshot(part, as_of=FIRST + 250 * DAYS, by="model", milestones=["held_at"]))
        for part in (frame, frame[:cut], frame[cut:])
    )
    added = add_histograms(parts)
    for name in ("segments", "ages", "wins", "lost", "steps", "reached", "spending", "faults"):
        assert getattr(added, name).equals(getattr(whole, name)), name
    assert measure_histograms(added).equals(measure_histograms(whole))


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), factor=st.sampled_from([2, 10, 100]))
def test_money_in_another_unit_changes_money_and_nothing_else(seed: int, factor: int) -> None:
    frame = invent_deliveries(seed, count=200)
    scaled = frame.with_columns(pl.col("amount", "cost") * factor)
    plain, more = (measure(each, as_of=FIRST + 250 * DAYS) for each in (frame, scaled))
    money = ("revenue_per_delivery", "cac", "cost_per_delivery", "ultimate_revenue_per_delivery")
    for name in plain.columns:
        expected = plain[name] * factor if name.startswith(money) else plain[name]
        if plain[name].dtype == pl.Float64:
            assert more[name].is_null().equals(plain[name].is_null())
            assert more[name].drop_nulls().to_list() == pytest.approx(expected.drop_nulls().to_list(), rel=1e-9), name
        else:
            assert more[name].equals(plain[name])


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), shift=st.integers(-3000, 3000))
def test_another_year_changes_nothing(seed: int, shift: int) -> None:
    """But the ends of quarters, where wins may gather by chance."""
    frame = invent_deliveries(seed, count=200)
    moved = frame.with_columns(pl.col("delivered_at", "won_at", "lost_at") + timedelta(days=shift))
    plain, later = (measure(each, as_of=FIRST + (250 + days) * DAYS).drop("flags") for each, days in ((frame, 0), (moved, shift)))
    assert plain.equals(later)


@settings(max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_every_delivery_twice_keeps_the_estimates_and_narrows_the_intervals(seed: int) -> None:
    frame = invent_deliveries(seed, count=400)
    once, twice = (_one(each, as_of=FIRST + 299 * DAYS, horizon_days=120) for each in (frame, pl.concat([frame, frame])))
    for name in ("win_rate", "revenue_per_delivery"):
        assert twice[name] == pytest.approx(once[name])
        assert twice[f"{name}_hi"] - twice[f"{name}_lo"] < once[f"{name}_hi"] - once[f"{name}_lo"]


@settings(max_examples=20)
@given(data=st.data())
def test_no_nan_and_no_bound_on_the_wrong_side_ever_reaches_a_person(data: st.DataObject) -> None:
    """Any frame of dates in any order, with holes, zeros, infinities and several currencies."""
    day = st.one_of(st.none(), st.integers(0, 400).map(lambda offset: FIRST + offset * DAYS))
    number = st.one_of(st.none(), st.sampled_from([0.0, -5.0, 1e11, math.inf, math.nan]), st.floats(0, 1e6))
    row = st.tuples(day, day, day, number, number, st.sampled_from([None, "EUR", "USD"]), st.sampled_from(["a", "b", None]))
    rows = data.draw(st.lists(row, max_size=40))
    frame = pl.DataFrame(
        rows,
        schema={
            "delivered_at": pl.Date, "won_at": pl.Date, "lost_at": pl.Date, "amount": pl.Float64, "cost": pl.Float64,
            "currency": pl.String, "model": pl.String,
        },
        orient="row",
    )  # fmt: skip
    by = data.draw(st.sampled_from([(), "model"]))
    horizon = data.draw(st.sampled_from([1, 30, 180]))
    result = measure(frame, as_of=FIRST + data.draw(st.integers(0, 500)) * DAYS, by=by, horizon_days=horizon)
    for name in result.columns:
        if result[name].dtype == pl.Float64:
            assert result[name].is_finite().all(ignore_nulls=True) is not False, name
    for name in (each.removesuffix("_lo") for each in result.columns if each.endswith("_lo")):
        for estimate, low, high in result.select(name, f"{name}_lo", f"{name}_hi").iter_rows():
            if low is not None and high is not None:
                assert low <= high
            if estimate is not None and name not in ("roi", "ultimate_win_rate"):
                assert low is None or low <= estimate * (1 + 1e-9)
                assert high is None or high >= estimate * (1 - 1e-9)
    known = {guard.name for guard in Guard}
    assert all(set(flags) <= known for flags in result["flags"])


# Bad input: each kind has one answer.


def test_nothing_delivered_is_one_row_without_figures() -> None:
    empty = _frame([]).cast(pl.Date)
    row = _one(empty, as_of=FIRST)
    assert (row["deliveries"], row["win_rate"], row["method"], row["flags"]) == (0, None, "none", ["NO_DELIVERIES"])
    assert measure(empty.with_columns(model=pl.lit("a")), as_of=FIRST, by="model").height == 0


def test_deliveries_and_wins_of_the_future_have_not_happened() -> None:
    frame = _frame([(FIRST, FIRST + 50 * DAYS), (FIRST + 40 * DAYS, None)])
    row = _one(frame, as_of=FIRST + 30 * DAYS)
    assert (row["deliveries"], row["wins_seen"]) == (1, 0)
    assert _one(frame, as_of=FIRST + 50 * DAYS)["wins_seen"] == 1


def test_a_win_before_its_delivery_counts_on_the_day_of_delivery_and_is_flagged() -> None:
    frame = _frame([(FIRST, FIRST - 2 * DAYS)] + [(FIRST, None)] * 39)
    row = _one(frame, as_of=FIRST + 9 * DAYS, horizon_days=1)
    assert row["win_rate"] == pytest.approx(1 / 40)
    assert "WON_BEFORE_DELIVERY" in row["flags"]


def test_a_win_on_the_day_of_delivery_is_not_before_it_whatever_the_clock_says() -> None:
    frame = pl.DataFrame({"delivered_at": [_naive(2025, 1, 1, 17)], "won_at": [_naive(2025, 1, 1)]})
    assert "WON_BEFORE_DELIVERY" not in _one(frame, as_of=FIRST)["flags"]


def test_a_deal_lost_and_won_is_won_and_flagged() -> None:
    frame = _frame([(FIRST, FIRST + 3 * DAYS, FIRST + 2 * DAYS)] + [(FIRST, None, None)] * 19, "lost_at")
    row = _one(frame, as_of=FIRST + 9 * DAYS, horizon_days=5)
    assert row["win_rate"] == pytest.approx(1 / 20)
    assert "WON_AND_LOST" in row["flags"]


def test_before_it_is_won_again_a_lost_deal_is_lost() -> None:
    frame = _frame([(FIRST, FIRST + 30 * DAYS, FIRST + 2 * DAYS)] * 20, "lost_at")
    row = _one(frame, as_of=FIRST + 9 * DAYS, horizon_days=5)
    assert (row["wins_seen"], "WON_AND_LOST" in row["flags"]) == (0, False)


def test_an_amount_changed_after_the_win_counts_as_it_stood() -> None:
    rows = [(FIRST, FIRST + DAYS, 900.0, 1000.0, FIRST + 20 * DAYS)] + [(FIRST, None, None, None, None)] * 19
    frame = _frame(rows, "amount", "amount_at_win", "amount_changed_at")
    before, after = (_one(frame, as_of=FIRST + day * DAYS, horizon_days=5) for day in (19, 20))
    assert before["revenue_per_delivery"] == pytest.approx(50)
    assert after["revenue_per_delivery"] == pytest.approx(45)
    assert ("AMOUNT_CHANGED" in before["flags"], "AMOUNT_CHANGED" in after["flags"]) == (False, True)


def test_amounts_in_two_currencies_are_not_added_up() -> None:
    rows = [(FIRST, FIRST + DAYS, 5.0, "EUR", "a"), (FIRST, FIRST + DAYS, 7.0, "USD", "a"), (FIRST, FIRST + DAYS, 9.0, "USD", "b")]
    frame = _frame(rows, "amount", "currency", "model").with_columns(cost=pl.lit(1.0))
    mixed, plain = measure(frame, as_of=FIRST + 9 * DAYS, by="model").to_dicts()
    assert (mixed["revenue_per_delivery"], mixed["roi"], "CURRENCY_MIXED" in mixed["flags"]) == (None, None, True)
    assert plain["revenue_per_delivery"] is not None
    assert "CURRENCY_MIXED" not in plain["flags"]


def test_a_group_without_wins_has_an_upper_bound_and_no_cost_per_win() -> None:
    """Nothing of forty: at most -log(0.025)/40 wins, each of the programme's mean amount."""
    rows = [(FIRST, None, None, "none")] * 40 + [(FIRST, FIRST + DAYS, 80.0, "some")] + [(FIRST, None, None, "some")] * 39
    frame = _frame(rows, "amount", "model").with_columns(cost=pl.lit(10.0))
    row = measure(frame, as_of=FIRST + 9 * DAYS, by="model", horizon_days=5).to_dicts()[0]
    assert (row["win_rate"], row["win_rate_lo"], row["revenue_per_delivery"], row["roi"]) == (0, 0, 0, -1)
    assert row["win_rate_hi"] == pytest.approx(-math.log(0.025) / 40)
    assert row["revenue_per_delivery_hi"] == pytest.approx(-math.log(0.025) / 40 * 80)
    assert (row["cac"], row["cac_hi"]) == (None, None)
    assert row["cac_lo"] == pytest.approx(10 / row["win_rate_hi"])
    assert "NO_WINS" in row["flags"]


def test_one_delivery_says_little() -> None:
    row = _one(_frame([(FIRST, None)]), as_of=FIRST + 9 * DAYS)
    assert "ONE_DELIVERY" in row["flags"]
    assert row["win_rate_hi"] > 0.2


def test_no_date_of_delivery_leaves_a_row_out_and_is_flagged() -> None:
    row = _one(_frame([(FIRST, None), (None, FIRST)]), as_of=FIRST + 9 * DAYS)
    assert (row["deliveries"], row["wins_seen"], "UNDATED" in row["flags"]) == (1, 0, True)
    only = measure(_frame([(None, FIRST, "a")], "model"), as_of=FIRST, by="model").to_dicts()
    assert (only[0]["deliveries"], only[0]["flags"]) == (0, ["NO_DELIVERIES", "UNDATED"])


@pytest.mark.parametrize("amount", [None, math.nan, math.inf])
def test_a_win_without_an_amount_counts_as_a_win_and_brings_nothing(amount: float | None) -> None:
    rows = [(FIRST, FIRST + DAYS, amount), (FIRST, FIRST + DAYS, 40.0)] + [(FIRST, None, None)] * 18
    row = _one(_frame(rows, "amount"), as_of=FIRST + 9 * DAYS, horizon_days=5)
    assert row["win_rate"] == pytest.approx(0.1)
    assert row["revenue_per_delivery"] == pytest.approx(2)
    assert "AMOUNT_MISSING" in row["flags"]


def test_a_negative_amount_counts_as_nothing() -> None:
    row = _one(_frame([(FIRST, FIRST + DAYS, -40.0)] + [(FIRST, None, None)] * 19, "amount"), as_of=FIRST + 9 * DAYS, horizon_days=5)
    assert row["revenue_per_delivery"] == 0
    assert "AMOUNT_NEGATIVE" in row["flags"]


def test_without_cost_there_is_no_return_and_it_is_said() -> None:
    row = _one(_hand_computed().drop("cost"), as_of=FIRST + 9 * DAYS, horizon_days=5)
    assert (row["roi"], row["cac"], "NO_COST" in row["flags"]) == (None, None, True)


def test_a_missing_cost_is_the_mean_of_the_others() -> None:
    frame = _hand_computed().with_columns(cost=pl.Series([None] * 10 + [3.0] * 30))
    row = _one(frame, as_of=FIRST + 9 * DAYS, horizon_days=5)
    assert (row["cost_per_delivery"], "COST_MISSING" in row["flags"]) == (3.0, True)


def test_dated_costs_count_by_exposure_as_revenue_does() -> None:
    """Twenty calls of 4 each at lag 4, which only the twenty old deliveries have lived: 4 a delivery, beside a price of 2."""
    spending = pl.DataFrame({"delivered_at": [FIRST] * 20, "spent_at": [FIRST + 4 * DAYS] * 20, "cost": [4.0] * 20})
    row = _one(_hand_computed(), as_of=FIRST + 9 * DAYS, horizon_days=5, spending=spending)
    assert row["cost_per_delivery"] == pytest.approx(6)
    assert _one(_hand_computed(), as_of=FIRST + 9 * DAYS, horizon_days=4, spending=spending)["cost_per_delivery"] == pytest.approx(2)


def test_texts_dates_and_times_of_any_zone_say_the_same() -> None:
    plain = pl.DataFrame({"delivered_at": [FIRST] * 20, "won_at": [FIRST + 3 * DAYS] + [None] * 19})
    texts = pl.DataFrame({"delivered_at": ["2025-01-01"] * 20, "won_at": ["2025-01-04"] + [""] * 19})
    zoned = pl.DataFrame(
        {"delivered_at": [_naive(2025, 1, 1, 12)] * 20, "won_at": [_naive(2025, 1, 4, 12)] + [None] * 19},
        schema={"delivered_at": pl.Datetime("ms"), "won_at": pl.Datetime("ns")},
    ).with_columns(pl.all().dt.replace_time_zone("UTC").dt.convert_time_zone("Pacific/Auckland"))
    mixed = texts.with_columns(won_at=pl.Series(["2025-01-04T23:59:59-00:00"] + [None] * 19))
    results = [measure(frame, as_of=FIRST + 9 * DAYS, horizon_days=5) for frame in (plain, texts, zoned, mixed)]
    assert all(result.equals(results[0]) for result in results)


def test_the_clock_is_utc() -> None:
    """One in the morning of 2 January in Berlin is 1 January."""
    early = pl.DataFrame({"delivered_at": ["2025-01-02T00:30:00+01:00"], "won_at": [None]})
    assert _one(early, as_of=FIRST)["deliveries"] == 1
    assert _one(early.with_columns(delivered_at=pl.lit("2025-01-02T00:30:00")), as_of=FIRST)["deliveries"] == 0


def test_a_win_of_a_day_that_is_not_over_is_seen_and_in_no_estimate_yet() -> None:
    frame = pl.DataFrame({"delivered_at": [_naive(2025, 1, 1)] * 20, "won_at": [_naive(2025, 1, 3, 9)] + [None] * 19})
    noon = _one(frame, as_of=datetime(2025, 1, 3, 12, tzinfo=UTC), horizon_days=2)
    assert (noon["wins_seen"], noon["win_rate"]) == (1, 0)
    evening = _one(frame, as_of=date(2025, 1, 3), horizon_days=3)
    assert (evening["wins_seen"], evening["win_rate"]) == (1, pytest.approx(1 / 20))
    assert _one(frame, as_of=_naive(2025, 1, 3, 8), horizon_days=2)["wins_seen"] == 0


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (pl.DataFrame({"delivered_at": [FIRST]}), "`won_at` is missing"),
        (pl.DataFrame({"delivered_at": [1], "won_at": [None]}), "no dates"),
        (pl.DataFrame({"delivered_at": ["soon"], "won_at": [None]}), "row 1"),
        (pl.DataFrame({"delivered_at": [FIRST], "won_at": [FIRST], "amount": ["much"]}), "no number"),
        (pl.DataFrame({"delivered_at": [FIRST], "won_at": [FIRST], "amount": [1e13]}), "larger units"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(frame: pl.DataFrame, error: str) -> None:
    with pytest.raises(DeliveryError, match=error):
        measure(frame, as_of=FIRST)


@pytest.mark.parametrize("arguments", [{"horizon_days": 0}, {"horizon_days": 1.5}, {"margin": -1.0}, {"margin": math.nan}, {"widen": 0.5},
                                       {"as_of": "tomorrow"}, {"as_of": 7}, {"by": ("won_at",)}])  # fmt: skip
def test_arguments_that_make_no_sense_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        measure(_hand_computed(), **{"as_of": FIRST, **arguments})  # type: ignore[arg-type]


def test_groups_are_sorted_with_nulls_last_and_keep_their_type() -> None:
    frame = _frame([(FIRST, None, 3, "b"), (FIRST, None, None, "a"), (FIRST, None, 1, None)], "tier", "model")
    result = measure(frame, as_of=FIRST, by=("tier", "model"))
    assert result.select("tier", "model").rows() == [(1, None), (3, "b"), (None, "a")]
    assert result.schema["tier"] == pl.Int64


def test_many_groups_are_measured_as_each_alone() -> None:
    """More groups than are measured at once."""
    frame = invent_deliveries(5, count=2100).with_columns(group=pl.int_range(2100) % 210)
    whole = measure(frame, as_of=FIRST + 200 * DAYS, by="group", horizon_days=60)
    alone = measure(frame.filter(group=205), as_of=FIRST + 200 * DAYS, by="group", horizon_days=60)
    for name in ("deliveries", "wins_seen", "win_rate", "visible_share", "ultimate_win_rate"):
        assert whole.filter(group=205)[name].item() == pytest.approx(alone[name].item()), name


def test_widening_moves_the_bounds_and_not_the_estimate() -> None:
    plain, wide = (_one(_hand_computed(), as_of=FIRST + 9 * DAYS, horizon_days=5, widen=factor) for factor in (1.0, 2.0))
    assert wide["win_rate"] == plain["win_rate"]
    assert wide["win_rate_lo"] == pytest.approx(plain["win_rate_lo"] ** 2 / plain["win_rate"])
    assert wide["win_rate_hi"] == pytest.approx(plain["win_rate_hi"] ** 2 / plain["win_rate"])
    assert wide["wins_expected_lo"] >= 3

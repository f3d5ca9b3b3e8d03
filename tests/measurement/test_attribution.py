"""Credit for wins: what a touch added, what would have happened anyway, and four views that always share all wins."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import payper
from payper.errors import UsageError
from payper.measurement.attribution import ANYWAY, ATTRIBUTE_FLAGS, PATHS_SCHEMA, compare_orders, e_value, read_paths, touch_paths
from payper.measurement.attribution.attribute import ATTRIBUTE_SCHEMA, VIEWS

NAMES = ("lead", "appointment", "event", "inbound")


def frame(*rows: tuple[str, float, float, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"touches": pl.String, "converted": pl.Float64, "value": pl.Float64, "count": pl.Int64}, orient="row")


def credits_of(result: pl.DataFrame, view: str, column: str = "wins") -> dict[str, float]:
    return dict(result.filter(pl.col("view") == view).select("touch", column).iter_rows())


PROGRAMME = frame(
    ("", 15, 15_000, 1500), ("lead", 45, 40_500, 1500), ("appointment", 42, 63_000, 600), ("lead > appointment", 33, 46_200, 300)
)


def test_two_touches_are_credited_as_by_hand() -> None:
    """Rates .01, .03, .07 and .11: a lead adds .02 alone and (.02 + .04) / 2 beside an appointment, which adds .06 and (.06 + .08) / 2."""
    found = credits_of(payper.attribute(PROGRAMME), "incremental")
    assert found["lead"] == pytest.approx(1500 * 0.02 + 300 * 0.03)
    assert found["appointment"] == pytest.approx(600 * 0.06 + 300 * 0.07)
    assert found[ANYWAY] == pytest.approx(3900 * 0.01)


def test_value_is_credited_as_by_hand() -> None:
    """Value per company 10, 27, 105 and 154."""
    found = credits_of(payper.attribute(PROGRAMME), "incremental", "value")
    assert found["lead"] == pytest.approx(1500 * 17 + 300 * (17 + 49) / 2)
    assert found["appointment"] == pytest.approx(600 * 95 + 300 * (95 + 127) / 2)
    assert found[ANYWAY] == pytest.approx(3900 * 10)


def shapley_by_permutations(rates: dict[frozenset[str], float], had: frozenset[str]) -> dict[str, float]:
    """The definition: the mean over all orders in which the touches of a company may come of what each adds."""
    credit = dict.fromkeys(had, 0.0)
    orders = list(itertools.permutations(sorted(had)))
    for order in orders:
        before: frozenset[str] = frozenset()
        for name in order:
            credit[name] += (rates[before | {name}] - rates[before]) / len(orders)
            before |= {name}
    return credit


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 400), st.floats(0, 1)), min_size=16, max_size=16))
def test_incremental_credit_is_shapleys_definition(cells: list[tuple[int, float]]) -> None:
    """Four touches, all sixteen sets seen, against the sum over permutations."""
    sets = [frozenset(each) for size in range(5) for each in itertools.combinations(NAMES, size)]
    rows = [(sorted(each), round(share * count), count) for each, (count, share) in zip(sets, cells, strict=True)]
    assume(any(wins > 1 for _, wins, _ in rows))
    rates = {each: wins / count for each, (_, wins, count) in zip(sets, rows, strict=True)}
    expected = dict.fromkeys((*NAMES, ANYWAY), 0.0)
    for each, (_, _, count) in zip(sets, rows, strict=True):
        for name, credit in shapley_by_permutations(rates, each).items():
            expected[name] += credit * count
        expected[ANYWAY] += rates[frozenset()] * count
    paths = pl.DataFrame(rows, schema=["touches", "converted", "count"], orient="row")
    found = credits_of(payper.attribute(paths, converted_is="number", draws=100), "incremental")
    assert found == pytest.approx(expected, abs=1e-8)


def removal_by_deletion(paths: list[tuple[list[str], int, int]]) -> dict[str, float]:
    """Markov removal effects the long way: delete a channel from the chain and solve for the probability to win, once per channel."""
    names = sorted({name for touches, _, _ in paths for name in touches})
    states = ["start", *names]
    at = {name: index for index, name in enumerate(states)}
    moves, won = np.zeros((len(states), len(states))), np.zeros(len(states))
    out = np.zeros(len(states))
    for touches, wins, count in paths:
        chain = ["start", *touches]
        for one, two in itertools.pairwise(chain):
            moves[at[one], at[two]] += count
            out[at[one]] += count
        won[at[chain[-1]]] += wins
        out[at[chain[-1]]] += count

    def win_share(without: str | None) -> float:
        chances = moves / np.where(out > 0, out, 1)[:, None]
        wins = won / np.where(out > 0, out, 1)
        if without:
            chances[:, at[without]] = 0
            chances[at[without]], wins[at[without]] = 0, 0
        return float(np.linalg.solve(np.eye(len(states)) - chances, wins)[0])

    effects = {name: 1 - win_share(name) / win_share(None) for name in names}
    total = sum(wins for _, wins, _ in paths)
    return {name: effect / sum(effects.values()) * total for name, effect in effects.items()}


PATHS = st.lists(
    st.tuples(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6), st.integers(0, 40), st.integers(0, 200)).map(
        lambda row: (row[0], row[1], row[1] + row[2])
    ),
    min_size=1,
    max_size=8,
).filter(lambda rows: any(wins > 1 for _, wins, _ in rows))


def as_frame(rows: list[tuple[list[str], int, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"touches": pl.List(pl.String), "converted": pl.Int64, "count": pl.Int64}, orient="row")


@settings(max_examples=40)
@given(PATHS)
def test_markov_credit_is_that_of_deleting_each_channel(rows: list[tuple[list[str], int, int]]) -> None:
    found = credits_of(payper.attribute(as_frame(rows), converted_is="number", draws=100), "markov")
    assert {name: wins for name, wins in found.items() if name != ANYWAY} == pytest.approx(removal_by_deletion(rows), abs=1e-7)


@settings(max_examples=40)
@given(PATHS, st.integers(0, 30), st.randoms(use_true_random=False))
def test_every_view_shares_all_wins_and_the_order_of_rows_is_nothing(
    rows: list[tuple[list[str], int, int]], anyway: int, chance: object
) -> None:
    paths = as_frame([*rows, ([], anyway, 50)]).with_columns(value=pl.col("converted") * 10.5)
    found = payper.attribute(paths, converted_is="number", draws=100)
    sums = found.group_by("view").agg(pl.col("wins", "value").sum())
    assert sums["wins"].to_list() == pytest.approx([paths["converted"].sum()] * 4, abs=1e-9 * paths["converted"].sum())
    assert sums["value"].to_list() == pytest.approx([paths["value"].sum()] * 4, rel=1e-9)
    assert found["view"].unique(maintain_order=True).to_list() == list(VIEWS)
    order = list(range(paths.height))
    chance.shuffle(order)  # type: ignore[attr-defined]
    again = payper.attribute(paths[order], converted_is="number", draws=100)
    for name in ("wins", "value"):
        assert again[name].to_list() == pytest.approx(found[name].to_list(), abs=1e-9 * float(paths["value"].sum()))
    assert not any(found[name].is_nan().any() for name, dtype in ATTRIBUTE_SCHEMA.items() if dtype == pl.Float64)
    assert ((found["wins_lo"] <= found["wins"]) & (found["wins"] <= found["wins_hi"])).all(ignore_nulls=True)


def test_rows_told_apart_or_together_give_the_same() -> None:
    """One row per company, and one row per kind of company with counts."""
    each = [("lead", True, 9.0)] * 3 + [("lead", False, 0.0)] * 7 + [("", False, 0.0)] * 9 + [("", True, 5.0)] * 1
    single = pl.DataFrame(each, schema=["touches", "converted", "value"], orient="row")
    together = frame(("lead", 3, 27, 10), ("", 1, 5, 10))
    one, two = payper.attribute(single), payper.attribute(together)
    assert one["wins"].to_list() == pytest.approx(two["wins"].to_list())
    assert one["value"].to_list() == pytest.approx(two["value"].to_list())


def test_touches_aimed_at_good_companies_are_not_credited_for_it_within_strata() -> None:
    """Companies with intent win at .2 anyway and get most appointments, which add .1; others win at .02."""
    rows = [([], 40, 200, "intent"), (["appointment"], 240, 800, "intent"), ([], 18, 900, "none"), (["appointment"], 12, 100, "none")]
    paths = pl.DataFrame(rows, schema=["touches", "converted", "count", "fit"], orient="row")
    assert credits_of(payper.attribute(paths, stratum="fit"), "incremental")["appointment"] == pytest.approx(90)
    assert credits_of(payper.attribute(paths), "incremental")["appointment"] > 190


def test_without_untouched_companies_the_incremental_view_says_what_it_lacks() -> None:
    found = payper.attribute(frame(("lead", 3, 3, 10), ("appointment", 4, 4, 10)))
    assert all("NO_BASELINE" in flags for flags in found["flags"])
    anyway = found.filter((pl.col("view") == "incremental") & (pl.col("touch") == ANYWAY)).row(0, named=True)
    assert (anyway["wins"], anyway["wins_lo"]) == (0.0, None)


def test_a_look_back_is_printed_and_leaves_older_touches_out() -> None:
    paths = pl.DataFrame(
        {"touches": [["lead", "appointment"], [], ["lead"]], "days_before": [[200.0, 20.0], [], [10.0]], "converted": [True, False, False]}
    )
    found = payper.attribute(paths, look_back_days=90)
    assert found["look_back_days"].unique().to_list() == [90.0]
    assert credits_of(found, "first touch") == {"appointment": 1.0, "lead": 0.0, ANYWAY: 0.0}
    assert credits_of(payper.attribute(paths), "first touch") == {"appointment": 0.0, "lead": 1.0, ANYWAY: 0.0}


def test_rows_that_cannot_be_read_are_in_no_view_and_listed() -> None:
    bad = frame(("lead", -1, 1, 5), ("lead", 9, 1, 5), ("lead", math.nan, 1, 5), ("lead", 2, math.inf, 5), ("lead", 2, -1, 5))
    found = payper.attribute(pl.concat([PROGRAMME, bad]))
    assert found.drop("flags").equals(payper.attribute(PROGRAMME).drop("flags"))
    assert all("ROWS_LEFT_OUT" in flags for flags in found["flags"])
    assert read_paths(pl.concat([PROGRAMME, bad])).faults["fault"].to_list() == [
        "CONVERTED_IMPOSSIBLE", "CONVERTED_IMPOSSIBLE", "CONVERTED_UNKNOWN", "VALUE_IMPOSSIBLE", "VALUE_IMPOSSIBLE",
    ]  # fmt: skip


def test_nothing_gives_an_empty_frame_and_no_wins_give_no_shares() -> None:
    assert dict(payper.attribute(PROGRAMME.clear()).schema) == dict(pl.DataFrame(schema=ATTRIBUTE_SCHEMA).schema)
    none = payper.attribute(frame(("lead", 0, 0, 10), ("", 0, 0, 10)))
    assert none["wins"].to_list() == [0.0] * 8
    assert none["wins_share"].null_count() == 8


@pytest.mark.parametrize(
    ("paths", "arguments"),
    [
        (pl.DataFrame({"touches": ["lead"]}), {}),
        (PROGRAMME, {"stratum": "fit"}),
        (PROGRAMME, {"converted_is": "maybe"}),
        (PROGRAMME, {"look_back_days": 0}),
        (PROGRAMME, {"level": 1.5}),
        (PROGRAMME, {"draws": 1}),
    ],
)
def test_what_makes_no_sense_is_said_with_what_to_do(paths: pl.DataFrame, arguments: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        payper.attribute(paths, **arguments)
    assert caught.value.mend


def test_an_e_value_is_that_of_its_paper() -> None:
    """VanderWeele and Ding 2017: a risk ratio of 3.9 needs 7.26; here 39 wins of which 29 are credited."""
    assert e_value(39, 29) == pytest.approx(7.26, abs=0.005)
    assert e_value(10, 0) == pytest.approx(1)
    assert e_value(10, 10) is None


def test_orders_are_told_apart_from_thirty_companies_on() -> None:
    paths = frame(
        ("lead > appointment", 12, 12_000, 100),
        ("appointment > lead", 3, 3_000, 30),
        ("lead > event", 4, 1, 40),
        ("event > lead", 4, 1, 29),
    )
    told = {(row["first"], row["then"]): row for row in compare_orders(paths).iter_rows(named=True)}
    there = told["lead", "appointment"]
    assert there["win_rate"] == pytest.approx(0.12)
    assert there["difference"] == pytest.approx(0.02)
    assert there["difference_lo"] < 0.02 < there["difference_hi"]
    assert there["value_per_company"] == pytest.approx(120)
    assert told["lead", "event"]["flags"] == ["FEW_COMPANIES"]
    assert told["event", "lead"]["win_rate"] is None


def test_credit_holds_the_truth_about_as_often_as_it_says() -> None:
    """A small seeded copy of benchmarks/attribution.py."""
    chance = np.random.default_rng(20261126)
    companies, rates = np.array([1500, 1200, 600, 400]), np.array([0.012, 0.030, 0.070, 0.110])
    lead = 1200 * (rates[1] - rates[0]) + 400 * ((rates[1] - rates[0]) + (rates[3] - rates[2])) / 2
    held = []
    for seed in range(40):
        wins = chance.binomial(companies, rates)
        paths = pl.DataFrame({"touches": ["", "lead", "appointment", "lead > appointment"], "converted": wins, "count": companies})
        row = payper.attribute(paths, seed=seed).filter((pl.col("view") == "incremental") & (pl.col("touch") == "lead")).row(0, named=True)
        held.append(row["wins_lo"] <= lead <= row["wins_hi"])
    assert np.mean(held) >= 0.85


DAY0 = datetime(2026, 1, 1, tzinfo=UTC)
AS_OF = DAY0 + timedelta(days=300)


def outcome(
    company: str | None, kind: str, day: int, won: int | None = None, amount: float | None = None, **known: object
) -> dict[str, object]:
    return {
        "company_key": company, "domain": None, "kind": kind, "provider": "reach", "delivered_at": DAY0 + timedelta(days=day),
        "won_at": None if won is None else DAY0 + timedelta(days=won), "amount": amount, "contract": "c", "email_normal": f"{company}{kind}{day}", **known,
    }  # fmt: skip


def outcomes(*rows: dict[str, object]) -> pl.DataFrame:
    instant = pl.Datetime("us", "UTC")
    return pl.DataFrame(
        list(rows), schema_overrides={"won_at": instant, "delivered_at": instant, "amount": pl.Float64, "company_key": pl.String}
    )


def paths_of(*rows: dict[str, object], **arguments: object) -> dict[str, dict[str, object]]:
    told = touch_paths(outcomes(*rows), as_of=AS_OF, **arguments)
    return {row["company"]: row for row in told.iter_rows(named=True)}


def test_a_company_is_one_path_of_its_paid_deliveries_up_to_the_win() -> None:
    told = paths_of(
        outcome("acme", "appointment", 30, won=90, amount=500.0),
        outcome("acme", "lead", 10, won=95, amount=700.0),
        outcome("acme", "lead", 120),
        outcome("bolt", "lead", 50),
    )
    assert told["acme"]["touches"] == ["lead", "appointment"]
    assert told["acme"]["days_before"] == [80.0, 60.0]
    assert (told["acme"]["converted"], told["acme"]["value"], told["acme"]["count"]) == (True, 500.0, 1)
    assert (told["bolt"]["converted"], told["bolt"]["value"]) == (False, 0.0)
    assert told["bolt"]["days_before"] == [250.0]


def test_a_leads_own_meeting_is_no_second_touch_and_its_win_counts_all_the_same() -> None:
    same = {"email_normal": "jo@acme.test"}
    own = paths_of(outcome("acme", "lead", 10, **same), outcome("acme", "appointment", 40, won=80, amount=9.0, **same))
    assert own["acme"]["touches"] == ["lead"]
    assert own["acme"]["value"] == 9.0
    others = paths_of(outcome("acme", "lead", 10, **same), outcome("acme", "appointment", 40, **same, contract="d"))
    assert others["acme"]["touches"] == ["lead", "appointment"]


def test_what_was_returned_was_not_paid_for_and_is_no_touch() -> None:
    told = paths_of(outcome("acme", "lead", 10, is_returned=True), outcome("bolt", "lead", 10, is_returned=False))
    assert list(told) == ["bolt"]


def test_companies_without_a_name_stay_apart_and_domains_stand_in_for_keys() -> None:
    told = paths_of(
        outcome(None, "lead", 1),
        outcome(None, "lead", 2),
        outcome(None, "lead", 3, domain="acme.test"),
        outcome(None, "appointment", 4, domain="acme.test"),
    )
    assert sorted(len(row["touches"]) for row in told.values()) == [1, 1, 2]
    assert told["acme.test"]["touches"] == ["lead", "appointment"]


def test_a_horizon_counts_only_companies_that_had_the_time_and_wins_within_it() -> None:
    told = paths_of(
        outcome("old", "lead", 0, won=200, amount=1.0), outcome("quick", "lead", 0, won=50, amount=1.0), outcome("quick", "lead", 20),
        outcome("young", "lead", 250, won=260, amount=1.0), outcome("slow", "lead", 10), outcome("slow", "appointment", 150), horizon_days=100,
    )  # fmt: skip
    assert sorted(told) == ["old", "quick", "slow"]
    assert [told[name]["converted"] for name in ("old", "quick", "slow")] == [False, True, False]
    assert told["slow"]["touches"] == ["lead"]
    assert told["slow"]["days_before"] == [100.0]


def test_targets_that_nobody_delivered_are_the_baseline() -> None:
    targets = pl.DataFrame(
        {
            "company": ["acme", "calm", "calm", "lucky", None],
            "won_at": [None, None, None, DAY0 + timedelta(days=20), None],
            "amount": [None, None, None, 70.0, None],
        }
    )
    told = paths_of(outcome("acme", "lead", 10), targets=targets)
    assert sorted(told) == ["acme", "calm", "lucky"]
    assert told["lucky"] | {"touches": [], "converted": True, "value": 70.0} == told["lucky"]
    assert told["calm"]["touches"] == []


def test_what_happens_after_the_day_changes_nothing() -> None:
    before = [outcome("acme", "lead", 10), outcome("bolt", "lead", 20, won=50, amount=5.0)]
    after = [outcome("acme", "lead", 10, won=301, amount=5.0), before[1], outcome("acme", "appointment", 310), outcome("late", "lead", 320)]
    assert paths_of(*before) == paths_of(*after)


def test_a_company_that_won_before_its_first_touch_is_left_out() -> None:
    assert list(paths_of(outcome("acme", "lead", 30, won=10, amount=1.0), outcome("bolt", "lead", 1))) == ["bolt"]


def test_touch_paths_go_straight_into_attribution_with_strata_and_look_back() -> None:
    rows = [
        outcome(f"c{at}", kind, 10 + at, won=200 if at % 7 == 0 else None, amount=10.0 if at % 7 == 0 else None, fit=at % 9)
        for at in range(60)
        for kind in ("lead", "appointment")[: 1 + at % 2]
    ]
    told = touch_paths(outcomes(*rows), as_of=AS_OF, stratum="fit", by=("provider", "kind"))
    assert told.schema["stratum"] == pl.Int64
    found = payper.attribute(told, stratum="stratum", look_back_days=365)
    assert found["wins"].sum() == pytest.approx(4 * 9)
    assert set(found["touch"]) == {"reach lead", "reach appointment", ANYWAY}
    assert dict(touch_paths(outcomes(*rows), as_of=AS_OF).schema) == dict(pl.DataFrame(schema=PATHS_SCHEMA).schema)


def test_touch_paths_say_what_they_lack() -> None:
    with pytest.raises(UsageError, match="no column kind"):
        touch_paths(outcomes(outcome("acme", "lead", 1)).drop("kind"), as_of=AS_OF)
    with pytest.raises(UsageError, match="zone"):
        touch_paths(outcomes(outcome("acme", "lead", 1)), as_of=datetime(2026, 1, 1))  # noqa: DTZ001 # the case itself
    with pytest.raises(UsageError, match="horizon"):
        touch_paths(outcomes(outcome("acme", "lead", 1)), as_of=AS_OF, horizon_days=0)


def test_every_flag_is_told_in_the_reference(request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "docs" / "reference" / "attribute.md").read_text("utf-8")
    assert [code for code in ATTRIBUTE_FLAGS if f"`{code}`" not in page] == []


@pytest.mark.shared_data
def test_ten_thousand_real_paths_agree_with_the_long_way(shared_data: object) -> None:
    """The PathData example of the R package ChannelAttribution: 19,785 conversions over 12 channels."""
    raw = pl.read_csv(shared_data / "attribution-paths" / "pathdata.csv.gz")  # type: ignore[operator]
    paths = raw.select(
        touches="path",
        converted="total_conversions",
        value="total_conversion_value",
        count=pl.col("total_conversions") + pl.col("total_null").cast(pl.Int64),
    )
    found = payper.attribute(paths, draws=100)
    assert found.group_by("view").agg(pl.col("wins").sum())["wins"].to_list() == pytest.approx([19_785] * 4)
    rows = [(path.split(" > "), wins, count) for path, wins, count in paths.select("touches", "converted", "count").iter_rows()]
    markov = credits_of(found, "markov")
    assert {name: wins for name, wins in markov.items() if name != ANYWAY} == pytest.approx(removal_by_deletion(rows), rel=1e-9)
    first = paths.group_by(touch=pl.col("touches").str.split(" > ").list.first()).agg(pl.col("converted").sum())
    assert {name: wins for name, wins in credits_of(found, "first touch").items() if wins} == dict(
        first.filter(pl.col("converted") > 0).iter_rows()
    )

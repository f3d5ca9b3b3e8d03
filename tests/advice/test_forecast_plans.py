"""Deliveries to come: what a contract is counted on for, by hand; what is not bought yet; goals held against a forecast."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.advice.test_forecast import AS_OF, FRAME
from tests.invented_programme import contract

from payper.advice.forecast import forecast
from payper.advice.forecast_goals import GoalAsked, path_of, quarter_of, read_goal, steps_words, weigh_goal
from payper.advice.forecast_plans import ContractPlan, Purchase, plan_contracts, plans_frame, read_purchase, still_to_buy
from payper.errors import UsageError
from payper.terms.contract import Caps, Contract, Pause

DAY = date(2026, 3, 1)
END = datetime(2026, 3, 2, tzinfo=UTC)


def terms(**more: object) -> Contract:
    """A contract of all of 2026 without caps."""
    made = contract("reach", "lead", provider="intentreach", ends=date(2026, 12, 31), total=None)
    return replace(made, caps=Caps(), **more)  # type: ignore[arg-type]


def accepted(days: list[date], *, replaced: int = 0) -> pl.DataFrame:
    """Accepted deliveries, the last of them replacements."""
    flags = [False] * (len(days) - replaced) + [True] * replaced
    schema = {"contract": pl.String, "delivered_on": pl.Date, "is_replacement": pl.Boolean}
    return pl.DataFrame({"contract": ["reach"] * len(days), "delivered_on": days, "is_replacement": flags}, schema=schema)


TWO_A_DAY = accepted([DAY - timedelta(days=back) for back in range(56) for _ in range(2)])


def plan(own: Contract, past: pl.DataFrame = TWO_A_DAY, *, spent_minor: int = 0, days: int = 91) -> ContractPlan:
    (found,) = plan_contracts({"reach": [own]}, past, {"reach": spent_minor}, as_of=DAY, end=END, days=days)
    return found


def test_a_contract_goes_on_at_its_pace_until_its_end() -> None:
    """Two a day; from 2 March on 91 days are open, or 10 to 11 March."""
    found = plan(terms())
    assert found.deliveries == pytest.approx(182)
    assert found.words == "14.0 a week, as on its last 56 open days, to 31 May 2026."
    assert plan(terms(ends=date(2026, 3, 11))).deliveries == pytest.approx(20)
    assert plan(terms(ends=date(2026, 3, 11))).words.endswith("until 11 Mar 2026.")


def test_a_contract_that_is_paused_or_over_adds_nothing() -> None:
    all_ahead = Pause(DAY + timedelta(days=1), DAY + timedelta(days=400))
    assert (plan(terms(pauses=(all_ahead,))).deliveries, plan(terms(pauses=(all_ahead,))).words) == (0, "Paused on all days ahead.")
    assert plan(terms(ends=DAY)).words == "Ended on 1 Mar 2026."
    assert plan(terms(starts=date(2026, 7, 1))).words == "Starts on 1 Jul 2026, after the days ahead."
    half = Pause(DAY + timedelta(days=1), DAY + timedelta(days=41))
    assert plan(terms(pauses=(half,))).deliveries == pytest.approx(100)


def test_a_pause_that_is_over_does_not_slow_the_pace() -> None:
    """28 of the last 56 days were paused: two on each of the others are still two a day."""
    past = accepted([DAY - timedelta(days=back) for back in range(28) for _ in range(2)])
    paused = terms(pauses=(Pause(DAY - timedelta(days=55), DAY - timedelta(days=28)),))
    assert plan(paused, past).deliveries == pytest.approx(182)


def test_caps_allow_no_more_than_they_leave() -> None:
    """112 are accepted: a cap of 150 leaves 38, one of 112 none; three of 56 days are in March's month cap."""
    assert plan(replace(terms(), caps=Caps(total=150))).deliveries == pytest.approx(38)
    assert plan(replace(terms(), caps=Caps(total=150))).words.endswith("; the cap of 150 allows no more.")
    assert plan(replace(terms(), caps=Caps(total=150))).spread == 0
    assert plan(replace(terms(), caps=Caps(total=112))).words == "The cap of 112 is used up."
    assert plan(replace(terms(), caps=Caps(per_day=1))).deliveries == pytest.approx(91)
    # Two came on 1 March: March has room for 8 more, April and May for 10 each.
    assert plan(replace(terms(), caps=Caps(per_month=10))).deliveries == pytest.approx(28)


def test_a_budget_leaves_what_it_pays_for_at_the_price_so_far() -> None:
    """112 cost 48.00 each so far; 480.00 are left."""
    budget = replace(terms(), caps=Caps(budget_minor=112 * 4800 + 48_000))
    assert plan(budget, spent_minor=112 * 4800).deliveries == pytest.approx(10)
    assert plan(replace(terms(), caps=Caps(budget_minor=112 * 4800)), spent_minor=112 * 4800).words == "The budget is used up."


def test_replacements_fill_no_cap_and_make_no_pace() -> None:
    past = accepted([DAY - timedelta(days=back) for back in range(56) for _ in range(2)], replaced=56)
    assert plan(terms(), past).deliveries == pytest.approx(91)


def test_a_contract_without_a_past_brings_its_cap_evenly_or_nothing() -> None:
    """A cap of 306 over the 306 days of a contract from 1 March to 31 December is one a day."""
    young = replace(terms(starts=DAY), caps=Caps(total=306))
    found = plan(young, accepted([]))
    assert found.deliveries == pytest.approx(91)
    assert found.spread == 0.25
    assert "too young to have a pace" in found.words
    assert plan(terms(starts=DAY), accepted([])).words.endswith("nothing is counted on.")
    assert plan(terms(), accepted([])).words.startswith("Nothing was delivered on its last 56 open days")


def test_a_version_that_holds_later_is_not_looked_at() -> None:
    later = replace(terms(ends=date(2026, 3, 2)), version=2, holds_from=END + timedelta(days=1))
    (found,) = plan_contracts({"reach": [terms(), later]}, TWO_A_DAY, {}, as_of=DAY, end=END, days=91)
    assert found.deliveries == pytest.approx(182)
    assert plan_contracts({"reach": [later]}, TWO_A_DAY, {}, as_of=DAY, end=END, days=91) == ()


@given(st.integers(0, 200), st.integers(1, 400), st.integers(1, 30), st.integers(1, 300))
@settings(max_examples=40)
def test_no_plan_exceeds_its_cap_or_brings_less_than_nothing(past: int, total: int, per_day: int, days: int) -> None:
    own = replace(terms(), caps=Caps(total=total, per_day=per_day))
    found = plan(own, accepted([DAY - timedelta(days=number % 50) for number in range(past)]), days=days)
    assert 0 <= found.deliveries <= max(total - past, 0) + 1e-9
    assert all(0 < each <= per_day for each in found.days.values())
    assert sum(found.days.values()) == pytest.approx(found.deliveries)


def test_contracts_of_a_group_are_unsure_apart_from_each_other() -> None:
    """Of 100 unsure by 30 and 200 unsure by 40, 300 are unsure by 50."""
    one = ContractPlan(contract="a", provider="p", model="lead", deliveries=100, spread=0.3, words="", days={DAY: 100.0})
    two = replace(one, contract="b", deliveries=200, spread=0.2, days={DAY: 200.0})
    assert plans_frame([one, two], [], ("model",))["spread"].to_list() == pytest.approx([50 / 300] * 2)
    bought = Purchase(group={"model": "lead"}, deliveries=10, first=DAY, last=DAY + timedelta(days=4), words="")
    frame = plans_frame([one], [bought], ("model",))
    assert frame.filter(pl.col("source") == "not yet bought")["deliveries"].to_list() == [2.0] * 5


def test_only_what_contracts_do_not_bring_is_still_to_buy() -> None:
    one = ContractPlan(contract="a", provider="p", model="lead", deliveries=100, spread=0.3, words="", days={})
    lines = [
        ({"contract": "a", "provider": "p", "model": "lead"}, 250.0),
        ({"contract": "b", "provider": "q", "model": "appointment"}, 30.0),
    ]
    first, last = DAY, DAY + timedelta(days=90)
    found = {one.group["model"]: one.deliveries for one in still_to_buy(lines, [one], by=("model",), first=first, last=last)}
    assert found == {"lead": 150, "appointment": 30}
    assert still_to_buy(lines, [replace(one, deliveries=300)], by=(), first=first, last=last) == []


KNOWN = {"model": ("lead", "appointment", "hybrid"), "provider": ("p",), "contract": ("a",)}


@pytest.mark.parametrize("text", ["lead", "lead=", "lead=many", "lead=-3", "leads=3", "lead/p=3", "=3", "lead=inf", "300", "lead=nan"])
def test_a_purchase_that_makes_no_sense_is_told_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="Write"):
        read_purchase(text, by=("model",), first=DAY, last=DAY, known=KNOWN)


def test_purchases_are_read_by_what_deliveries_are_grouped_by() -> None:
    assert read_purchase("lead/p=30", by=("model", "provider"), first=DAY, last=DAY, known=KNOWN).group == {
        "model": "lead",
        "provider": "p",
    }
    assert read_purchase("30", by=(), first=DAY, last=DAY, known=KNOWN).deliveries == 30


@pytest.mark.parametrize("text", ["revenue", "revenue=", "revenue=-1", "deals=3", "wins=many", "wins=nan", "wins=inf", "=3"])
def test_a_goal_that_makes_no_sense_is_told_in_words(text: str) -> None:
    with pytest.raises(UsageError, match="Write"):
        read_goal(text, since=None, until=DAY)


def test_a_goal_counts_from_the_first_day_of_its_quarter() -> None:
    assert read_goal("wins=3", since=None, until=date(2026, 6, 30)).since == date(2026, 4, 1)
    assert [quarter_of(date(2028, month, 29))[1].day for month in (2, 5, 8, 11)] == [31, 30, 30, 31]


def test_every_source_adds_to_the_chance_of_a_goal() -> None:
    rows = [(AS_OF + timedelta(days=day), 30.0, 0.2, source) for day in range(1, 60) for source in ("contracted", "not yet bought")]
    planned = pl.DataFrame(rows, schema=["delivered_on", "deliveries", "spread", "source"], orient="row")
    found = forecast(FRAME, as_of=AS_OF, planned=planned)
    asked = GoalAsked(measure="meetings", amount=650, since=date(2026, 1, 1), until=date(2026, 3, 31), origin="as asked")
    outlook = weigh_goal(found, asked)
    chances = [outlook.steps[source].chance for source in ("already delivered", "contracted", "not yet bought")]
    assert chances == sorted(chances)
    assert chances[0] < 0.01 < chances[2]
    assert steps_words(outlook).startswith("Under 1% from what is delivered already, ")
    reached = weigh_goal(found, replace(asked, amount=1, since=date(2025, 1, 1)))
    assert (reached.chance.chance, steps_words(reached)) == (1.0, "")
    assert "reached already" in reached.chance.words


def test_a_path_goes_on_where_what_happened_ends() -> None:
    found = forecast(FRAME, as_of=AS_OF)
    path = path_of(found, "meetings", since=date(2025, 10, 1), until=date(2026, 2, 15))
    last, first = path.filter(~pl.col("is_ahead")).row(-1, named=True), path.filter("is_ahead").row(0, named=True)
    assert (last["day"], first["day"], path["day"][-1]) == (AS_OF, AS_OF, date(2026, 2, 15))
    assert last["happened"] == first["p05"] == first["all"] == first["p95"]
    end = path.row(-1, named=True)
    assert end["p05"] <= end["p25"] <= end["p50"] <= end["p75"] <= end["p95"]
    chance = found.chance_of("meetings", 1, since=date(2025, 10, 1), until=date(2026, 2, 15))
    assert (end["p05"], end["all"], end["p95"]) == pytest.approx((chance.p05, chance.mean, chance.p95))

"""A recommendation: whole, repeatable, and each of its sentences traced to something the buyer can open."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest
from buyer_profiles import COMPLETE

from payper.advice.flow import steady_flow
from payper.advice.mix import best_mix
from payper.advice.options import Audience, Limits, MixProblem, Option, draws_of
from payper.advice.profile_reading import read_profile
from payper.advice.questions import QUESTIONS
from payper.advice.recommend import recommend
from payper.advice.recommendation import Recommendation


@cache
def thorough() -> Recommendation:
    reading = read_profile(COMPLETE, "profile.toml")
    assert reading.profile is not None
    return recommend(reading.profile)


def test_the_same_answers_give_the_same_recommendation() -> None:
    reading = read_profile(COMPLETE, "profile.toml")
    assert reading.profile is not None
    assert recommend(reading.profile, is_thorough=False) == recommend(reading.profile, is_thorough=False)


def test_every_sentence_names_numbers_answers_or_offers_that_exist() -> None:
    advice = thorough()
    known = {number.key for number in advice.numbers} | {question.key for question in QUESTIONS}
    known |= {f"offer: {line.option}" for line in advice.lines} | {f"history: {line.option}" for line in advice.lines}
    assert advice.grounds
    for ground in advice.grounds:
        assert ground.keys
        assert set(ground.keys) <= known, ground.keys


def test_all_of_it_is_json_without_a_number_that_is_none() -> None:
    text = json.dumps(thorough().to_json(), allow_nan=False)
    assert "NaN" not in text
    assert json.loads(text)["headline"] == thorough().headline


def test_whole_units_keep_every_limit() -> None:
    advice = thorough()
    budget = advice.mix.use("budget")
    assert budget is not None
    assert sum(line.spend_minor for line in advice.lines) <= (budget.limit or 0) + 1e-6
    assert sum(line.share for line in advice.lines) == pytest.approx(1)


def test_it_tells_what_would_change_it_and_what_to_test_first() -> None:
    advice = thorough()
    assert len(advice.changes) > 10
    assert any(change.changes_advice for change in advice.changes)
    for change in advice.changes:
        assert change.changes_advice == (change.switch_at is not None)
        if change.switch_at is not None:
            assert change.lever.low <= change.switch_at <= change.lever.high
    assert advice.first_test is not None
    assert advice.first_test.test.net_minor > 0
    assert len(advice.runner_ups) == 2
    assert 0 < advice.sure < 1
    assert advice.cautious.tail_minor >= advice.average.tail_minor - 1
    assert advice.average.value_minor >= advice.cautious.value_minor - 1
    assert advice.goal is not None
    assert "in 80 %" in advice.goal.words
    assert {range_.model for range_ in advice.shares} == {"lead", "appointment", "hybrid"}


def flat_problem() -> MixProblem:
    leads = Option(name="leads", provider="a", model="lead", price_minor=6_000, sdr_hours=0.5)
    meetings = Option(name="meetings", provider="b", model="appointment", price_minor=40_000, sdr_hours=0.1)
    held = np.full((20, 2), [0.1, 0.75])
    return MixProblem(
        options=(leads, meetings),
        draws=draws_of(held=held, worth_minor=np.full((20, 2), 120_000.0)),
        limits=Limits(budget_minor=4_000_000, sdr_hours=150, ae_slots=80),
        audiences=(Audience(prospects=5_000),),
    )


def test_a_steady_flow_delivers_the_whole_mix_within_every_weeks_hours_and_slots() -> None:
    problem = flat_problem()
    mix = best_mix(problem)
    flow = steady_flow(problem, mix, weeks=13, on_the_way=(3.0, 2.0, 1.0))
    bought = np.array([week.units for week in flow.weeks]).sum(axis=0)
    assert bought == pytest.approx(mix.units, rel=1e-6)
    for week in flow.weeks:
        assert week.sdr_hours <= 150 / 13 + 1e-6
        assert week.meetings <= week.slots + 0.6
        assert all(units >= 0.69 * whole / 13 for units, whole in zip(week.units, mix.units, strict=True))
    assert flow.meetings_per_week <= flow.slots_per_week + 1e-6
    meetings = [week.meetings for week in flow.weeks]
    assert f"{min(meetings):.1f} to {max(meetings):.1f} meetings a week, of the {80 / 13:.1f}" in flow.words[1]
    for place, name in enumerate(flow.options):
        each = [week.units[place] for week in flow.weeks]
        if sum(each) > 0:
            assert f"{min(each):.1f}" in flow.words[0]
            assert f"{max(each):.1f}" in flow.words[0]
            assert name in flow.words[0]


def test_slots_already_taken_hold_deliveries_back() -> None:
    problem = flat_problem()
    mix = best_mix(problem)
    free, full = (steady_flow(problem, mix, weeks=13, on_the_way=taken) for taken in ((), (6.0, 6.0, 6.0)))
    assert sum(full.weeks[0].units) <= sum(free.weeks[0].units) + 1e-6


def test_nothing_bought_flows_in_words_too() -> None:
    problem = flat_problem()
    poor = MixProblem(
        options=problem.options, draws=draws_of(held=problem.draws.held, worth_minor=-problem.draws.worth_minor), limits=problem.limits,
        audiences=problem.audiences,
    )  # fmt: skip
    flow = steady_flow(poor, best_mix(poor), weeks=4)
    assert flow.words == ("Nothing is bought, so nothing flows.",)

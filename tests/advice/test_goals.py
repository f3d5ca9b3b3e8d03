"""Goals: the cheapest plan reaches them as often as it says, and no cheaper plan on a grid does."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from test_mix_laws import broken, random_problem

from payper.advice.goals import chance_of, cheapest_plan, in_whole_orders
from payper.advice.mix import best_mix
from payper.advice.terrain import Terrain


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("part", [0.2, 0.5])
def test_the_cheapest_plan_reaches_the_goal_and_nothing_on_a_grid_is_cheaper(seed: int, part: float) -> None:
    problem = random_problem(seed, options=3)
    best = best_mix(problem)
    amount = part * best.revenue_minor
    plan = cheapest_plan(problem, kind="revenue", amount=amount, starts=[best.units])
    assert broken(problem, plan.mix) == []
    assert plan.chance == pytest.approx(chance_of(problem, plan.mix.units, "revenue", amount))
    if not plan.is_reached:
        return
    assert plan.chance >= 0.8
    terrain = Terrain(problem)
    most = np.array([plan.mix.spend_minor / spend for spend in terrain.spend])
    for shares in product(np.linspace(0, 1, 9), repeat=3):
        units = np.minimum(np.array(shares) * most, [option.max_units or np.inf for option in problem.options])
        if terrain.spend @ units < plan.mix.spend_minor * 0.97 and terrain.sdr_hours @ units <= (problem.limits.sdr_hours or np.inf):
            assert chance_of(problem, units, "revenue", amount) < 0.8, shares


def test_a_goal_out_of_reach_gives_the_best_chance_there_is() -> None:
    problem = random_problem(1)
    best = best_mix(problem)
    plan = cheapest_plan(problem, kind="revenue", amount=2 * best.revenue_minor, starts=[best.units])
    assert not plan.is_reached
    assert plan.chance < 0.8
    assert plan.chance >= chance_of(problem, best.units, "revenue", 2 * best.revenue_minor)
    assert broken(problem, plan.mix) == []


def test_reach_is_counted_in_people_and_meetings_in_meetings() -> None:
    problem = random_problem(4)
    mix = best_mix(problem)
    assert chance_of(problem, mix.units, "awareness", mix.reached - 1) == 1.0
    assert chance_of(problem, mix.units, "awareness", mix.reached + 1) == 0.0
    assert 0 < chance_of(problem, mix.units, "meetings", mix.meetings) < 1


def test_a_higher_goal_never_costs_less() -> None:
    problem = random_problem(2)
    best = best_mix(problem)
    costs = [
        cheapest_plan(problem, kind="meetings", amount=share * best.meetings, starts=[best.units]).mix.spend_minor
        for share in (0.2, 0.4, 0.6)
    ]
    assert costs == sorted(costs)


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_in_whole_units_still_reaches_its_goal_within_all_limits(seed: int) -> None:
    problem = random_problem(seed, options=4)
    best = best_mix(problem)
    amount = 0.4 * best.revenue_minor
    found = cheapest_plan(problem, kind="revenue", amount=amount, starts=[best.units])
    plan = in_whole_orders(problem, found, kind="revenue", amount=amount)
    units = np.array(plan.mix.units)
    assert np.array_equal(units, np.round(units))
    assert broken(problem, plan.mix) == []
    assert plan.chance == pytest.approx(chance_of(problem, units, "revenue", amount))
    assert plan.is_reached == (plan.chance >= 0.8)
    if found.is_reached and plan.is_reached:
        # No dearer than one unit of every option more.
        assert plan.mix.spend_minor <= found.mix.spend_minor + float(Terrain(problem).spend.sum())
        fewer = [units - step for step in np.eye(len(units)) if (units >= step).all()]
        cheaper = [each for each in fewer if chance_of(problem, each, "revenue", amount) >= 0.8]
        assert not [each for each in cheaper if np.all(each >= np.floor(np.array(found.mix.units)))]

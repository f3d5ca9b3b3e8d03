"""Goals: the chance that a mix reaches one, and the cheapest mix that reaches it with the chance asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from payper.advice.mix import Mix, best_mix, measure_mix, most_units, whole_units
from payper.advice.mix_search import Bounds, limit_rows
from payper.advice.options import Array, MixProblem
from payper.advice.profile import GoalKind
from payper.advice.terrain import Terrain

CHANCE = 0.8
"""The chance with which the cheapest plan reaches the goal."""
_STEPS_MAX = 14
_ROUNDED_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalPlan:
    """A mix aimed at a goal.

    Attributes:
        mix: The cheapest that reaches the goal with the chance asked for; where none does, the one with the best chance found.
        chance: The share of futures in which it reaches it.
        is_reached: Whether the chance is the one asked for.
    """

    mix: Mix
    chance: float
    is_reached: bool


def goal_measures(terrain: Terrain, units: Array, kind: GoalKind) -> tuple[Array, Array]:
    """Give what a mix reaches of a goal in every future, and its change per further useful unit, (draws,) and (draws, options).

    Revenue and pipeline are in minor units; meetings are held ones; any other goal counts prospects reached.
    """
    draws = terrain.problem.draws
    useful = terrain.useful(units)
    if kind not in ("revenue", "pipeline", "meetings"):
        return np.full(terrain.draws, float(useful.sum())), np.ones((terrain.draws, terrain.count))
    each = {"revenue": draws.revenue_minor, "pipeline": draws.pipeline_minor, "meetings": np.ones_like(draws.held)}[kind]
    filling = terrain.fill(useful)
    is_free = filling.slopes > 0
    return (filling.held * each).sum(axis=1), np.where(is_free, draws.held * each, 0.0)


def chance_of(problem: MixProblem, units: Sequence[float] | Array, kind: GoalKind, amount: float) -> float:
    """Give the share of futures in which a mix reaches a goal."""
    reached, _ = goal_measures(Terrain(problem), np.asarray(units, dtype=np.float64), kind)
    return float((reached >= amount * (1 - 1e-12)).mean())


def cheapest_plan(
    problem: MixProblem, *, kind: GoalKind, amount: float, chance: float = CHANCE, starts: Sequence[Sequence[float]] = ()
) -> GoalPlan:
    """Find the mix of the least spend that reaches a goal with a given chance, within all limits.

    Directions are scaled until the chance is just reached, then improved by linear programmes over the futures that reach it most easily
    (the sample approximation of a chance constraint; Luedtke, Ahmed 2008, SIAM Journal on Optimization 19(2), 674-699). The plan is
    valued exactly; that no cheaper one exists is not proved.

    Args:
        problem: Options, futures, limits and audiences.
        kind: What the goal counts.
        amount: How much of it; minor units of money for revenue and pipeline.
        chance: From 0 to 1.
        starts: Mixes to start from besides its own.
    """
    plan = _Plan(problem, kind, amount, chance)
    own = [np.asarray(start, dtype=np.float64) for start in starts] or [np.array(best_mix(problem).units)]
    directions = [*own, *(plan.high * (np.arange(plan.count) == place) for place in range(plan.count)), plan.high / max(plan.count, 1)]
    fitted = [plan.fit(direction) for direction in directions]
    reached = [units for units in fitted if units is not None]
    if not reached:
        return plan.nearest([plan.climb(own[0]), *(plan.longest(direction) for direction in directions)])
    units = min(reached, key=plan.cost)
    for start in sorted(reached, key=plan.cost)[:2]:
        better = plan.descend(start)
        units = min(units, better, key=plan.cost)
    return GoalPlan(mix=measure_mix(problem, units), chance=chance_of(problem, units, kind, amount), is_reached=True)


def in_whole_orders(problem: MixProblem, plan: GoalPlan, *, kind: GoalKind, amount: float, chance: float = CHANCE) -> GoalPlan:
    """Give a plan in whole units, as it can be bought: the cheapest of those that round each option up or down and still reach the goal.

    Args:
        problem: As of `cheapest_plan`, as are the next three.
        plan: What it gave.
        kind: What the goal counts.
        amount: How much of it.
        chance: From 0 to 1.

    Returns:
        Where no rounding keeps all limits and reaches the goal, the units rounded down, with the chance that they have.
    """
    search, units = _Plan(problem, kind, amount, chance), np.array(plan.mix.units)
    down = whole_units(problem, units)
    if plan.is_reached:
        found = search.rounded(units, down)
        if found is not None:
            return GoalPlan(mix=measure_mix(problem, found), chance=chance_of(problem, found, kind, amount), is_reached=True)
    return GoalPlan(mix=measure_mix(problem, down), chance=chance_of(problem, down, kind, amount), is_reached=search.reaches(down))


class _Plan:
    """One search for a plan."""

    def __init__(self, problem: MixProblem, kind: GoalKind, amount: float, chance: float) -> None:
        self.problem = problem
        self.terrain = Terrain(problem)
        self.count = self.terrain.count
        self.kind: GoalKind = kind
        self.amount = amount
        self.high = most_units(problem)
        self.low = np.array([option.committed_units for option in problem.options], dtype=np.float64)
        self.least = np.array([option.min_units for option in problem.options], dtype=np.float64)
        self.rows = limit_rows(self.terrain)
        self._needed = max(1, int(np.ceil(chance * self.terrain.draws - 1e-9)))

    def cost(self, units: Array) -> float:
        """Give the spend of a mix."""
        return float(self.terrain.spend @ units)

    def reaches(self, units: Array) -> bool:
        """Tell whether a mix reaches the goal often enough."""
        reached, _ = goal_measures(self.terrain, units, self.kind)
        return int((reached >= self.amount * (1 - 1e-12)).sum()) >= self._needed

    def keeps(self, units: Array) -> bool:
        """Tell whether a mix keeps all limits."""
        keeps_rows = bool(np.all(self.rows.matrix @ units <= self.rows.most * (1 + 1e-13) + 1e-9))
        is_paid_back = self.terrain.payback_gap(units) <= 1e-6 * max(self.cost(units), 1.0)
        return keeps_rows and bool(np.all(units <= self.high * (1 + 1e-9))) and is_paid_back

    def along(self, direction: Array, size: float) -> Array:
        """Give the mix that lies so far along a direction, smallest orders and promises kept."""
        units = np.minimum(direction * size, self.high)
        units = np.where(units > 1e-9, np.maximum(units, np.minimum(self.least, self.high)), 0.0)
        return np.maximum(units, self.low)

    def longest(self, direction: Array) -> Array:
        """Give the largest mix along a direction that keeps all limits, or what is promised."""
        low, high = 0.0, 64.0
        if not self.keeps(self.along(direction, 0.0)):
            return self.low
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if self.keeps(self.along(direction, middle)) else (low, middle)
        return self.along(direction, low)

    def fit(self, direction: Array) -> Array | None:
        """Give the smallest mix along a direction that reaches the goal and keeps all limits, or None."""
        if not self.reaches(self.longest(direction)):
            return None
        low, high = 0.0, 64.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (low, middle) if self.reaches(self.along(direction, middle)) else (middle, high)
        units = self.along(direction, high)
        return units if self.keeps(units) and self.reaches(units) else None

    def rounded(self, units: Array, down: Array) -> Array | None:
        """Give the cheapest whole units about a mix that reach the goal and keep all limits, or None.

        Of many options those of the smallest spend a unit are only rounded up: 2^n roundings are looked at.
        """
        broken = np.flatnonzero(np.ceil(units - 1e-6) > down)
        free = broken[np.argsort(-self.terrain.spend[broken])][:_ROUNDED_MAX]
        best: Array | None = None
        for choice in product((0.0, 1.0), repeat=len(free)):
            tried = np.where(np.isin(np.arange(self.count), broken), down + 1.0, down)
            tried[free] = down[free] + np.array(choice)
            tried = np.where(tried < self.least, np.where(tried > 0, np.ceil(self.least), 0.0), tried)
            if (best is None or self.cost(tried) < self.cost(best)) and self.keeps(tried) and self.reaches(tried):
                best = tried
        return best

    def descend(self, units: Array) -> Array:
        """Make a plan cheaper, step by step."""
        reach = 0.4
        for _ in range(_STEPS_MAX):
            proposed = self._programme(units, reach, is_cheaper=True)
            fitted = None if proposed is None else self.fit(proposed)
            if fitted is not None and self.cost(fitted) < self.cost(units) * (1 - 1e-5):
                units = fitted
            else:
                reach /= 2
                if reach < 0.02:
                    break
        return units

    def climb(self, units: Array) -> Array:
        """Raise what is reached in the futures that count, step by step."""
        reach, best = 0.5, self._level(units)
        for _ in range(_STEPS_MAX):
            proposed = self._programme(units, reach, is_cheaper=False)
            proposed = None if proposed is None else self.longest(proposed)
            if proposed is not None and self._level(proposed) > best * (1 + 1e-5) + 1e-9:
                units, best = proposed, self._level(proposed)
            else:
                reach /= 2
                if reach < 0.02:
                    break
        return units

    def nearest(self, candidates: Sequence[Array]) -> GoalPlan:
        """Give the candidate with the best chance, the cheaper on a tie."""
        kept = [units for units in candidates if self.keeps(units)] or [self.low]
        ranked = [(chance_of(self.problem, units, self.kind, self.amount), self._level(units), -self.cost(units)) for units in kept]
        best = max(range(len(kept)), key=ranked.__getitem__)
        return GoalPlan(mix=measure_mix(self.problem, kept[best]), chance=ranked[best][0], is_reached=False)

    def _level(self, units: Array) -> float:
        """Give what is reached in the worst of the futures that must reach the goal."""
        reached, _ = goal_measures(self.terrain, units, self.kind)
        return float(np.sort(reached)[self.terrain.draws - self._needed])

    def _programme(self, units: Array, reach: float, *, is_cheaper: bool) -> Array | None:
        """Solve for the cheapest step that keeps the easiest futures at the goal, or the one that lifts their worst the most."""
        from scipy.optimize import linprog

        reached, slopes = goal_measures(self.terrain, units, self.kind)
        easy = np.argsort(-reached, kind="stable")[: self._needed]
        _, bend = self.terrain.useful_slopes(units)
        scale = np.where(self.high > 0, self.high, 1.0)
        by_units = (slopes[easy] @ bend) * scale / max(abs(self.amount), 1e-9)
        now = reached[easy] / max(abs(self.amount), 1e-9)
        flat = now - by_units @ (units / scale)
        rows = self.rows.matrix * scale / np.maximum(self.rows.most, 1e-9)[:, None]
        matrix = np.vstack([np.column_stack([-by_units, np.ones(easy.size)]), np.column_stack([rows, np.zeros(len(rows))])])
        top = np.concatenate([flat, np.where(self.rows.most > 0, 1.0, 0.0)])
        step = Bounds(np.maximum(self.low, units - reach * self.high), np.minimum(self.high, units + reach * self.high))
        bounds = [*zip(step.low / scale, step.high / scale, strict=True), (1.0, 1.0) if is_cheaper else (None, None)]
        spend = self.terrain.spend * scale
        goal = np.append(spend / max(float(spend.max()), 1e-9), 0.0) if is_cheaper else np.append(np.zeros(self.count), -1.0)
        result = linprog(goal, A_ub=matrix, b_ub=top, bounds=bounds, method="highs")
        return np.asarray(result.x[: self.count]) * scale if result.status == 0 else None

"""The search for the best mix: linear programmes within a trust region, over planes that bound the value from above.

The value is concave in useful units and the useful units are smooth in units bought, so each step solves one small linear programme in
units: planes touching the value at mixes seen before (Kelley 1960, SIAM Journal 8(4), 703-712; for recourse Van Slyke, Wets 1969,
SIAM Journal on Applied Mathematics 17(4), 638-663), with useful units made linear at the present mix and the step held short (sequential
linear programming with a trust region, Fletcher, Sainz de la Maza 1989, Mathematical Programming 43, 235-256). Every mix is valued exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from payper.advice.options import Array
from payper.advice.terrain import Terrain, tail_weights

_GROUPS = 5
_PLANES_MAX = 60
_STEPS_MAX = 60
_PENALTY = 1000.0
"""What a minor unit of cost beyond the payback limit costs in the search, so that no mix is worth breaking it for."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and most units of each option, (options,)."""

    low: Array
    high: Array


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of limits: `matrix @ units <= most`; their names say which."""

    names: tuple[str, ...]
    matrix: Array
    most: Array


@dataclass(frozen=True, slots=True)
class Duals:
    """What one more unit of each limit is worth at a mix, and of each bound."""

    rows: dict[str, float]
    bounds: Array

    def of(self, name: str) -> float:
        """Give the worth of one more unit of a limit; 0 where there is no such limit."""
        return self.rows.get(name, 0.0)


def limit_rows(terrain: Terrain) -> Rows:
    """Give the limits that are linear in units: budget and hours."""
    limits = terrain.problem.limits
    wanted = (("budget", terrain.spend, limits.budget_minor), ("sdr_hours", terrain.sdr_hours, limits.sdr_hours))
    kept = [(name, row, most) for name, row, most in wanted if most is not None]
    matrix = np.array([row for _, row, _ in kept], dtype=np.float64).reshape(len(kept), terrain.count)
    return Rows(tuple(name for name, _, _ in kept), matrix, np.array([most for _, _, most in kept], dtype=np.float64))


class Search:
    """A search over one terrain; the planes it finds serve every start.

    Args:
        terrain: What is searched.
        caution: Weight of the worst tenth of futures, from 0 to 1.
        scale: Units of each option that make up a large step, (options,).
        tolerance: The gain, as a share of the value, below which a search ends.
    """

    def __init__(self, terrain: Terrain, *, caution: float, scale: Array, tolerance: float = 1e-7) -> None:
        self._tolerance = tolerance
        self.terrain = terrain
        self.caution = caution
        self.rows = limit_rows(terrain)
        self._scale = np.where(scale > 0, scale, 1.0)
        groups = min(_GROUPS, terrain.draws)
        strength = (terrain.held * np.maximum(terrain.worth, 0.0)).sum(axis=1)
        self._group = [np.sort(part) for part in np.array_split(np.argsort(strength, kind="stable"), groups)]
        self._planes: list[tuple[Array, Array]] = []
        self._tails: list[tuple[float, Array, Array]] = []
        brought = (terrain.held * np.abs(terrain.worth)).mean(axis=0)
        self._size = max(float(np.max(np.maximum(np.abs(terrain.mean_cost), brought / 10) * self._scale, initial=0.0)), 1.0)
        self._has_tail = caution > 0
        self._has_payback = terrain.problem.limits.payback_months is not None
        self.programmes = 0

    def value(self, units: Array) -> float:
        """Give the value of a mix, less a stern penalty where the payback limit is broken, and remember its planes."""
        terrain = self.terrain
        useful = terrain.useful(units)
        filling = terrain.fill(useful)
        reach = float(terrain.touch @ useful)
        values = filling.worth + reach - terrain.cost @ units
        slopes = np.array([filling.slopes[group].sum(axis=0) for group in self._group]) / terrain.draws
        heights = np.array([filling.worth[group].sum() for group in self._group]) / terrain.draws
        self._planes.append((heights - slopes @ useful, slopes))
        total = (1 - self.caution) * float(values.mean())
        if self._has_tail:
            weights = tail_weights(values)
            by_useful, by_units = weights @ filling.slopes + terrain.touch, -(weights @ terrain.cost)
            tail = float(values @ weights)
            self._tails.append((tail - float(by_useful @ useful) - float(by_units @ units), by_useful, by_units))
            total += self.caution * tail
        return total - _PENALTY * max(terrain.payback_gap(units), 0.0)

    def climb(self, start: Array, bounds: Bounds) -> tuple[Array, float]:
        """Give the best mix found from a start, and its value."""
        units = self.into(start, bounds)
        best = self.value(units)
        reach = 0.5
        for _ in range(_STEPS_MAX):
            step = reach * self._scale
            low, high = np.maximum(bounds.low, units - step), np.minimum(bounds.high, units + step)
            found = self.solve(units, Bounds(low, high))
            if found is None:
                break
            proposed, promised, _ = found
            if promised <= best + self._tolerance * (abs(best) + min(self._size, abs(best) + 1.0)):
                break
            proposed = self.into(proposed, bounds)
            reached = self.value(proposed)
            gain = reached - best
            if gain > 0:
                units, best = proposed, reached
            if gain < 0.1 * (promised - best if gain <= 0 else promised - best + gain):
                reach *= 0.5
            elif gain > 0.6 * (promised - best + gain):
                reach = min(2 * reach, 1.0)
            if reach < 1e-6:
                break
            self._forget()
        return units, best

    def solve(self, at: Array, bounds: Bounds) -> tuple[Array, float, Duals] | None:
        """Solve the linear programme at a mix; gives units, the value promised and duals, or None where no mix keeps the limits."""
        from scipy.optimize import linprog

        terrain, count = self.terrain, self.terrain.count
        useful, bend = terrain.useful_slopes(at)
        rest = useful - bend @ at
        money, plain = self._size, 1 - self.caution
        blocks = self._blocks(bend, rest, money)
        row_scale = np.maximum(np.abs(self.rows.most), 1e-9)
        width = count + len(self._group) + self._has_tail + self._has_payback
        block = np.zeros((len(self.rows.names), width))
        block[:, :count] = self.rows.matrix * self._scale / row_scale[:, None]
        blocks.append((block, self.rows.most / row_scale))
        goal = np.zeros(width)
        goal[:count] = plain * (terrain.mean_cost - terrain.touch @ bend) * self._scale / money
        goal[count : count + len(self._group)] = -plain
        limits = np.column_stack([np.full(width, -np.inf), np.full(width, np.inf)])
        limits[:count, 0], limits[:count, 1] = bounds.low / self._scale, bounds.high / self._scale
        if self._has_tail:
            goal[count + len(self._group)] = -self.caution
        if self._has_payback:
            goal[-1], limits[-1, 0] = _PENALTY, 0.0
        self.programmes += 1
        result = linprog(
            goal,
            A_ub=np.vstack([block for block, _ in blocks]),
            b_ub=np.concatenate([top for _, top in blocks]),
            bounds=limits,
            method="highs",
        )
        if result.status != 0:
            return None
        promised = money * -float(result.fun) + plain * float(terrain.touch @ rest)
        marginals = -np.asarray(result.ineqlin.marginals)[len(result.ineqlin.marginals) - len(self.rows.names) :]
        rows = {name: float(money * marginals[place] / row_scale[place]) for place, name in enumerate(self.rows.names)}
        if self._has_payback:
            rows["payback"] = float(-np.asarray(result.ineqlin.marginals)[-1 - len(self.rows.names)])
        pull = -(np.asarray(result.upper.marginals) + np.asarray(result.lower.marginals))[:count] * money / self._scale
        return np.asarray(result.x[:count]) * self._scale, promised, Duals(rows, pull)

    def _blocks(self, bend: Array, rest: Array, money: float) -> list[tuple[Array, Array]]:
        """Give the planes as rows of a programme in scaled units, one variable per group of futures, one for the tail, one for payback."""
        terrain, count, groups = self.terrain, self.terrain.count, len(self._group)
        width = count + groups + self._has_tail + self._has_payback
        planes = np.array([slopes for _, slopes in self._planes])
        flats = np.array([flat for flat, _ in self._planes])
        blocks = []
        for group in range(groups):
            block = np.zeros((len(self._planes), width))
            block[:, :count] = -(planes[:, group] @ bend) * self._scale / money
            block[:, count + group] = 1.0
            blocks.append((block, (flats[:, group] + planes[:, group] @ rest) / money))
        if self._has_tail:
            block = np.zeros((len(self._tails), width))
            by_useful = np.array([each for _, each, _ in self._tails])
            by_units = np.array([each for _, _, each in self._tails])
            block[:, :count] = -(by_useful @ bend + by_units) * self._scale / money
            block[:, count + groups] = 1.0
            blocks.append((block, (np.array([flat for flat, _, _ in self._tails]) + by_useful @ rest) / money))
        if self._has_payback:
            limits = terrain.problem.limits
            block = np.zeros((1, width))
            block[0, :count] = terrain.mean_cost * self._scale / money
            block[0, count : count + groups] = -(limits.payback_months or 0.0) / limits.margin_months
            block[0, -1] = -1.0
            blocks.append((block, np.zeros(1)))
        return blocks

    def into(self, units: Array, bounds: Bounds) -> Array:
        """Bring units within bounds and limits; what a linear programme leaves over by rounding is taken off."""
        units = np.clip(units, bounds.low, bounds.high)
        free = units - bounds.low
        for row, most in zip(self.rows.matrix, self.rows.most, strict=True):
            over = float(row @ units) - most
            used = float(row @ free)
            if over > 0 and used > 0:
                free = free * max(1 - over / used, 0.0)
                units = bounds.low + free
        return units

    def _forget(self) -> None:
        """Keep the newest planes, so that programmes stay small."""
        del self._planes[:-_PLANES_MAX]
        del self._tails[:-_PLANES_MAX]

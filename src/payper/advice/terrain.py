"""The value of a mix, exactly: saturation of audiences, slots filled by the best meetings first, futures side by side.

Useful units: of T units bought in an audience of U prospects, each equally likely to be any of them, U(1 - exp(-T/U)) are prospects
not bought before (the classical occupancy approximation; Feller 1968, An Introduction to Probability Theory I, section IV.2). Filling
limited slots with the meetings worth most per slot is exact, as the problem of each future is a fractional knapsack (Dantzig 1957,
Operations Research 5(2), 266-277).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payper.advice.options import Array, MixProblem

TAIL = 0.10
"""The share of worst futures whose mean a cautious buyer looks at (conditional value at risk)."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What meetings bring, in each future.

    Attributes:
        worth: Margin from meetings, (draws,).
        slopes: Change of `worth` per further useful unit of each option, (draws, options).
        slot_worth: What one more slot would bring, (draws,).
        held: Meetings held, (draws, options).
    """

    worth: Array
    slopes: Array
    slot_worth: Array
    held: Array


class Terrain:
    """A mix problem made ready to be evaluated many times.

    Args:
        problem: The question.
    """

    def __init__(self, problem: MixProblem) -> None:
        options, limits, draws = problem.options, problem.limits, problem.draws
        self.problem = problem
        self.count = len(options)
        self.draws = draws.count
        self.slots = np.inf if limits.ae_slots is None else float(limits.ae_slots)
        self.held = draws.held
        self.worth = draws.worth_minor
        self.touch = draws.touch_minor
        self.ae_meetings = np.array([option.ae_meetings for option in options], dtype=np.float64)
        self.sdr_hours = np.array([option.sdr_hours for option in options], dtype=np.float64)
        price = np.array([option.price_minor for option in options], dtype=np.float64)
        held_price = np.array([option.held_price_minor for option in options], dtype=np.float64)
        self.price = price + held_price * draws.held
        self.spend = self.price.mean(axis=0) if self.draws else price
        self.cost = self.price + limits.wage_minor * self.sdr_hours
        self.mean_cost = self.spend + limits.wage_minor * self.sdr_hours
        self._at = [
            (np.array([j for j, option in enumerate(options) if option.audience == audience.name], dtype=np.intp), audience)
            for audience in problem.audiences
        ]
        self._at = [(members, audience) for members, audience in self._at if members.size]
        rank = self.worth / self.ae_meetings
        self._order: NDArray[np.intp] = np.argsort(-rank, axis=1, kind="stable")
        self._rank = np.take_along_axis(rank, self._order, axis=1)
        self._need = np.where(self._rank > 0, np.take_along_axis(self.held, self._order, axis=1) * self.ae_meetings[self._order], 0.0)
        self._density = self.held * self.ae_meetings
        self._plain_rank = rank

    def useful(self, units: Array) -> Array:
        """Give the useful units of each option, (options,)."""
        useful = units.copy()
        for members, audience in self._at:
            if audience.prospects is not None:
                useful[members] *= _share(float(units[members].sum()), audience.prospects, audience.already_bought)
        return useful

    def useful_slopes(self, units: Array) -> tuple[Array, Array]:
        """Give the useful units and their change per unit bought, (options,) and (options, options)."""
        useful, slopes = units.copy(), np.eye(self.count)
        for members, audience in self._at:
            if audience.prospects is None:
                continue
            total = float(units[members].sum())
            share = _share(total, audience.prospects, audience.already_bought)
            bend = _share_slope(total, audience.prospects, audience.already_bought)
            useful[members] = units[members] * share
            slopes[np.ix_(members, members)] = share * np.eye(members.size) + bend * units[members][:, None]
        return useful, slopes

    def fill(self, useful: Array) -> Filling:
        """Fill the slots of every future, the meetings worth most per slot first; meetings of negative worth are not held."""
        need = self._need * useful[self._order]
        before = np.cumsum(need, axis=1) - need
        taken = np.clip(self.slots - before, 0.0, need)
        worth = (taken * self._rank).sum(axis=1)
        is_short = before + need > self.slots
        first = is_short.argmax(axis=1)
        rows = np.arange(self.draws)
        slot_worth = np.where(is_short[rows, first], np.maximum(self._rank[rows, first], 0.0), 0.0)
        slopes = self._density * np.maximum(self._plain_rank - slot_worth[:, None], 0.0)
        held = np.empty_like(taken)
        np.put_along_axis(held, self._order, taken / self.ae_meetings[self._order], axis=1)
        return Filling(worth=worth, slopes=slopes, slot_worth=slot_worth, held=held)

    def values(self, units: Array) -> Array:
        """Give the value of a mix in every future, (draws,): margin and reach, less prices and wages."""
        useful = self.useful(units)
        result: Array = self.fill(useful).worth + float(self.touch @ useful) - self.cost @ units
        return result

    def objective(self, units: Array, caution: float) -> float:
        """Give (1 - caution) x mean + caution x mean of the worst tenth of futures."""
        return weigh(self.values(units), caution)

    def payback_gap(self, units: Array) -> float:
        """Give by how much the cost exceeds what the payback limit allows; at most 0 where it is kept, or where there is none."""
        limit = self.problem.limits.payback_months
        if limit is None:
            return 0.0
        margin = float(self.fill(self.useful(units)).worth.mean())
        return float(self.mean_cost @ units) - margin * limit / self.problem.limits.margin_months

    def audience_slopes(self, units: Array) -> dict[str, Array]:
        """Give, per audience of known size, the change of useful units per further prospect, (options,)."""
        slopes = {}
        for members, audience in self._at:
            if audience.prospects is None or audience.prospects <= 0:
                continue
            step = max(1e-4 * audience.prospects, 1e-6)
            total = float(units[members].sum())
            high = _share(total, audience.prospects + step, audience.already_bought)
            low = _share(total, audience.prospects, audience.already_bought)
            slope = np.zeros(self.count)
            slope[members] = units[members] * (high - low) / step
            slopes[audience.name] = slope
        return slopes


def weigh(values: Array, caution: float) -> float:
    """Weigh the mean of futures against the mean of their worst tenth; `caution` from 0 to 1."""
    mean = float(values.mean())
    return mean if caution <= 0 else (1 - caution) * mean + caution * tail_mean(values)


def tail_mean(values: Array) -> float:
    """Give the mean of the worst tenth of futures, (draws,) to a number.

    Source: Rockafellar, Uryasev 2000, Journal of Risk 2(3), 21-41.
    """
    return float(values @ tail_weights(values))


def tail_weights(values: Array) -> Array:
    """Give the weight of every future in the mean of the worst tenth, (draws,), adding up to 1."""
    size = TAIL * values.size
    weights = np.zeros(values.size)
    order = np.argsort(values, kind="stable")
    whole = int(size + 1e-9)
    weights[order[:whole]] = 1.0
    if whole < values.size:
        weights[order[whole]] = max(size - whole, 0.0)
    total = weights.sum()
    if total <= 0:
        weights[order[0]] = total = 1.0
    result: Array = weights / total
    return result


def _share(total: float, prospects: float, already: float) -> float:
    """Give the share of `total` further units that reach somebody new."""
    if prospects <= 0:
        return 0.0
    ratio = total / prospects
    mean = 1.0 - ratio / 2 if ratio < 1e-8 else -np.expm1(-ratio) / ratio
    return float(np.exp(-already / prospects) * mean)


def _share_slope(total: float, prospects: float, already: float) -> float:
    if prospects <= 0:
        return 0.0
    ratio = total / prospects
    bend = -0.5 + ratio / 3 if ratio < 1e-4 else (np.exp(-ratio) * (1 + ratio) - 1) / ratio**2
    return float(np.exp(-already / prospects) * bend / prospects)

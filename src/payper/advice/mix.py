"""The best mix: how many units of each option to buy, what it brings, what binds, and what one more of everything is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from payper.advice.mix_search import Bounds, Duals, Search, limit_rows
from payper.advice.options import Array, MixProblem
from payper.advice.terrain import Terrain, tail_mean

_NODES_MAX = 60
_SMALL = 1e-6
_ROOM = 1.05
"""Units may go a little beyond what a limit allows, so that the limit itself is what binds and has its worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of one limit a mix uses.

    Attributes:
        name: `budget`, `sdr_hours`, `ae_slots`, `payback`, or `audience: NAME`.
        used: In minor units of money, hours, slots (mean of futures), months or useful units.
        limit: The same; None where there is none.
        binds: Whether a little more of it would raise the value.
        worth_minor: What one more unit is worth: a minor unit of money, an hour, a slot, a prospect, a month.
    """

    name: str
    used: float
    limit: float | None
    binds: bool
    worth_minor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A mix of options and what it brings.

    Attributes:
        units: Units of each option, in the order of the problem's options; rounded only by `in_whole_units`.
        caution: The weight of the worst tenth of futures it was chosen with.
        objective_minor: (1 - caution) x `value_minor` + caution x `tail_minor`.
        value_minor: Mean of futures of margin and reach, less prices and wages.
        tail_minor: Mean of the worst tenth of futures.
        revenue_minor: Mean revenue within the horizon.
        spend_minor: Mean of what providers are owed.
        meetings: Mean number of meetings held.
        reached: Prospects reached.
        uses: One per limit there is.
        pulls: What one more unit of each option would change, at its bounds; 0 where it lies between them.
        payback_price: What a minor unit of cost costs besides itself because of the payback limit; 0 where that does not bind.
        programmes: Linear programmes solved.
    """

    units: tuple[float, ...]
    caution: float
    objective_minor: float
    value_minor: float
    tail_minor: float
    revenue_minor: float
    spend_minor: float
    meetings: float
    reached: float
    uses: tuple[Use, ...]
    pulls: tuple[float, ...]
    payback_price: float
    programmes: int

    def use(self, name: str) -> Use | None:
        """Give the use of a limit, or None where there is no such limit."""
        return next((use for use in self.uses if use.name == name), None)


def _minor(amount: float) -> str:
    return f"{amount:,.0f} minor units"


def conflicts(problem: MixProblem, *, money: Callable[[float], str] = _minor) -> tuple[str, ...]:
    """Say why no mix can keep all promises, as sentences; empty where one can. `money` spells minor units of the currency of advice."""
    return _conflicts(Terrain(problem), money=money)


def _conflicts(terrain: Terrain, *, money: Callable[[float], str] = _minor) -> tuple[str, ...]:
    problem = terrain.problem
    low = _low(problem)
    found = [
        f"{option.name} is promised {option.committed_units:,.0f} units, more than the {option.max_units:,.0f} that can be had."
        for option in problem.options
        if option.max_units is not None and option.committed_units > option.max_units
    ]
    rows = limit_rows(terrain)
    for name, row, most in zip(rows.names, rows.matrix, rows.most, strict=True):
        needed = float(row @ low)
        if needed <= most * (1 + 1e-9) + 1e-9:
            continue
        if name == "budget":
            found.append(f"What is promised costs {money(needed)}, more than the budget of {money(float(most))}.")
        else:
            found.append(f"What is promised needs {needed:,.0f} SDR hours, more than the {most:,.0f} there are.")
    return tuple(found)


def best_mix(problem: MixProblem, *, caution: float = 0.0, start: Sequence[float] | None = None) -> Mix:
    """Find the mix of the highest weighed value within all limits.

    Maximises (1 - caution) x mean + caution x mean of the worst tenth of futures of: margin of meetings held within the slots, plus
    reach, less prices and wages. Minimum orders are kept by branch and bound over options bought below their minimum.

    Args:
        problem: Options, futures, limits and audiences.
        caution: From 0 (the average) to 1 (only the worst tenth).
        start: Units to start from, from an earlier answer to a like question; then fewer other starts are tried.

    Raises:
        ValueError: `caution` is outside 0 to 1, `conflicts` finds something, or nothing limits an option.

    Source: Rockafellar, Uryasev 2000, Journal of Risk 2(3), 21-41 for the tail; `mix_search` for the search.
    """
    search, units = _find(problem, caution, start, tolerance=1e-7)
    return describe(search, units, Bounds(_low(problem), most_units(problem)))


def quick_mix(problem: MixProblem, *, caution: float = 0.0, start: Sequence[float] | None = None) -> tuple[tuple[float, ...], float]:
    """Find units and the mean value of the best mix to about a thousandth, for the many questions of what would change it."""
    search, units = _find(problem, caution, start, tolerance=5e-4)
    return tuple(float(each) for each in units), float(search.terrain.values(units).mean())


def _find(problem: MixProblem, caution: float, start: Sequence[float] | None, *, tolerance: float) -> tuple[Search, Array]:
    if not 0 <= caution <= 1:
        raise ValueError(f"caution {caution} is not from 0 to 1")
    terrain = Terrain(problem)
    reasons = _conflicts(terrain)
    if reasons:
        raise ValueError(" ".join(reasons))
    high = _most_units(terrain)
    search = Search(terrain, caution=caution, scale=high, tolerance=tolerance)
    units = _branch(search, problem, high, start)
    units = _share_alike(terrain, problem, units, caution)
    return search, _paid_back(terrain, problem, units)


def _paid_back(terrain: Terrain, problem: MixProblem, units: Array) -> Array:
    """Shrink a mix until it keeps the payback limit exactly, as less of the same pays back sooner; promises stay."""
    low = _low(problem)
    if terrain.payback_gap(units) <= 0 or terrain.payback_gap(low) > 0:
        return units
    orders = np.array([option.min_units for option in problem.options])
    kept, lost = 0.0, 1.0
    for _ in range(50):
        middle = (kept + lost) / 2
        kept, lost = (middle, lost) if terrain.payback_gap(low + middle * (units - low)) <= 0 else (kept, middle)
    shrunk = low + kept * (units - low)
    return np.where(shrunk >= np.maximum(orders, 1e-9 * units), shrunk, low)


def most_units(problem: MixProblem) -> Array:
    """Give the most units of each option that could make sense, (options,): by its own limit, budget, hours, audience or slots.

    Raises:
        ValueError: Nothing limits an option.
    """
    return _most_units(Terrain(problem))


def _most_units(terrain: Terrain) -> Array:
    problem, limits = terrain.problem, terrain.problem.limits
    audiences = {audience.name: audience for audience in problem.audiences}
    high = np.full(terrain.count, np.inf)
    for place, option in enumerate(problem.options):
        bounds = [np.inf if option.max_units is None else option.max_units]
        if limits.budget_minor is not None and terrain.spend[place] > 0:
            bounds.append(_ROOM * limits.budget_minor / terrain.spend[place])
        if limits.sdr_hours is not None and option.sdr_hours > 0:
            bounds.append(_ROOM * limits.sdr_hours / option.sdr_hours)
        prospects = audiences[option.audience].prospects
        if prospects is not None:
            bounds.append(8.0 * prospects)
        if not np.isfinite(min(bounds)) and limits.ae_slots is not None and terrain.held[:, place].mean() > 0:
            bounds.append(20 * limits.ae_slots / float(terrain.held[:, place].mean() * option.ae_meetings))
        high[place] = max(min(bounds), option.committed_units)
        if not np.isfinite(high[place]):
            raise ValueError(f"nothing limits {option.name}: give a budget, hours, slots, an audience or max_units")
    return high


def measure_mix(problem: MixProblem, units: Sequence[float] | Array, *, caution: float = 0.0) -> Mix:
    """Tell what a given mix brings and uses, without searching for a better one."""
    terrain = Terrain(problem)
    search = Search(terrain, caution=caution, scale=most_units(problem))
    return describe(search, np.asarray(units, dtype=np.float64), Bounds(_low(problem), most_units(problem)))


def whole_units(problem: MixProblem, units: Sequence[float] | Array) -> Array:
    """Give the whole units of a mix, rounded down so that every limit is kept; what is promised stays. (options,)."""
    return np.maximum(np.floor(np.asarray(units, dtype=np.float64) + 1e-6), _low(problem))


def in_whole_units(problem: MixProblem, mix: Mix) -> Mix:
    """Give a best mix in whole units, as it can be bought: what it brings and uses is theirs, what binds and its worth the best mix's."""
    whole = measure_mix(problem, whole_units(problem, mix.units), caution=mix.caution)
    uses = tuple(replace(use, binds=best.binds, worth_minor=best.worth_minor) for use, best in zip(whole.uses, mix.uses, strict=True))
    return replace(whole, uses=uses, pulls=mix.pulls, payback_price=mix.payback_price, programmes=mix.programmes)


def describe(search: Search, units: Array, bounds: Bounds) -> Mix:
    """Tell what a mix brings, what binds, and what one more unit of each limit is worth there."""
    terrain = search.terrain
    draws = terrain.problem.draws
    useful = terrain.useful(units)
    filling = terrain.fill(useful)
    values = filling.worth + float(terrain.touch @ useful) - terrain.cost @ units
    search.value(units)
    duals = _duals(search, units, bounds)
    mean, tail = float(values.mean()), tail_mean(values)
    return Mix(
        units=tuple(float(each) for each in units),
        caution=search.caution,
        objective_minor=(1 - search.caution) * mean + search.caution * tail,
        value_minor=mean,
        tail_minor=tail,
        revenue_minor=float((filling.held * draws.revenue_minor).sum(axis=1).mean()),
        spend_minor=float(terrain.spend @ units),
        meetings=float(filling.held.sum(axis=1).mean()),
        reached=float(useful.sum()),
        uses=_uses(search, units, duals),
        pulls=tuple(float(each) for each in duals.bounds),
        payback_price=duals.of("payback"),
        programmes=search.programmes,
    )


def _low(problem: MixProblem) -> Array:
    return np.array([option.committed_units for option in problem.options], dtype=np.float64)


def _branch(search: Search, problem: MixProblem, high: Array, start: Sequence[float] | None) -> Array:
    """Search, and branch on the option bought furthest below its smallest order: none of it, or at least the order."""
    least = np.array([max(option.min_units, option.committed_units) for option in problem.options], dtype=np.float64)
    least = np.where(least > high, np.inf, least)  # an order that cannot be afforded is none
    low = _low(problem)
    high = np.where(np.isinf(least), low, high)
    nodes = [(Bounds(low, high), None if start is None else np.asarray(start, dtype=np.float64))]
    best, best_value = low, search.value(low)
    for _ in range(_NODES_MAX):
        if not nodes:
            break
        bounds, warm = nodes.pop()
        units, value = _climb_from_all(search, bounds, warm)
        if value <= best_value + 1e-9 * abs(best_value):
            continue
        below = np.where((units > low + _SMALL * high) & (units < least * (1 - 1e-9)), np.minimum(units, least - units), 0.0)
        below = np.where(np.isfinite(least), below / np.maximum(high, 1e-12), 0.0)
        if below.max(initial=0.0) <= 0:
            best, best_value = units, value
            continue
        at = int(below.argmax())
        none, order = bounds.high.copy(), bounds.low.copy()
        none[at], order[at] = low[at], least[at]
        children = [(Bounds(bounds.low, none), units)]
        if all(search.rows.matrix @ order <= search.rows.most * (1 + 1e-12)):
            children.append((Bounds(order, bounds.high), units))
        nodes.extend(children if units[at] * 2 > least[at] else children[::-1])
    return best


def _climb_from_all(search: Search, bounds: Bounds, warm: Array | None) -> tuple[Array, float]:
    """Climb from several starts, as saturation makes hills; a warm start needs fewer."""
    count = search.terrain.count
    room = bounds.high - bounds.low
    starts = [bounds.low + room / max(count, 1)] if warm is None else [warm]
    if warm is None:
        starts += [bounds.low, bounds.low + room * _by_model(search)]
    found = [search.climb(start, bounds) for start in starts]
    return max(found, key=lambda each: each[1])


def _by_model(search: Search) -> Array:
    """Give the option that alone brings most a full share, and nothing to the others."""
    terrain = search.terrain
    alone = (terrain.held * np.maximum(terrain.worth, 0)).mean(axis=0) + terrain.touch - terrain.mean_cost
    share: Array = (np.arange(terrain.count) == int(np.argmax(alone))).astype(np.float64)
    return share


def _share_alike(terrain: Terrain, problem: MixProblem, units: Array, caution: float) -> Array:
    """Give options that cannot be told apart equal shares, where that costs nothing: nobody can say which of them to leave out."""
    held, worth = terrain.held.mean(axis=0), (terrain.held * terrain.worth).mean(axis=0)
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, option in enumerate(problem.options):
        likeness = (
            option.model, option.price_minor, option.held_price_minor, option.won_percent, option.sdr_hours, option.ae_meetings,
            option.min_units, option.committed_units, option.max_units, option.audience, f"{held[place]:.6g}", f"{worth[place]:.6g}",
        )  # fmt: skip
        groups.setdefault(likeness, []).append(place)
    shared = units.copy()
    for alike in groups.values():
        share = float(units[alike].mean())
        if len(alike) > 1 and share >= problem.options[alike[0]].min_units:
            shared[alike] = share
    if bool(np.all(shared == units)):
        return units
    kept = limit_rows(terrain)
    fits = bool(np.all(kept.matrix @ shared <= kept.most * (1 + 1e-12) + 1e-9)) and terrain.payback_gap(shared) <= _SMALL * abs(
        float(terrain.mean_cost @ shared)
    )
    loss = terrain.objective(units, caution) - terrain.objective(shared, caution)
    return shared if fits and loss <= 2e-4 * abs(terrain.objective(units, caution)) else units


def _duals(search: Search, units: Array, bounds: Bounds) -> Duals:
    """Give the worth of limits at a mix, from the programme within a small step of it."""
    low = np.where(units > bounds.low + _SMALL * bounds.high, 0.0, bounds.low)
    found = search.solve(units, Bounds(low, bounds.high))
    if found is None:
        return Duals(dict.fromkeys(search.rows.names, 0.0), np.zeros(units.size))
    return found[2]


def _uses(search: Search, units: Array, duals: Duals) -> tuple[Use, ...]:
    terrain, limits = search.terrain, search.terrain.problem.limits
    useful = terrain.useful(units)
    filling = terrain.fill(useful)
    rows = []
    for name, row, most in zip(search.rows.names, search.rows.matrix, search.rows.most, strict=True):
        used = float(row @ units)
        worth = duals.of(name) if used >= most * (1 - 1e-4) - 1e-9 else 0.0
        rows.append(Use(name=name, used=used, limit=float(most), binds=worth > _SMALL, worth_minor=worth))
    if limits.ae_slots is not None:
        worth = float(filling.slot_worth.mean())
        used = float((filling.held * terrain.ae_meetings).sum(axis=1).mean())
        rows.append(Use(name="ae_slots", used=used, limit=limits.ae_slots, binds=worth > _SMALL, worth_minor=worth))
    gain = filling.slopes.mean(axis=0) + terrain.touch
    for audience, slopes in terrain.audience_slopes(units).items():
        members = [place for place, option in enumerate(terrain.problem.options) if option.audience == audience]
        size = next(each.prospects for each in terrain.problem.audiences if each.name == audience)
        worth, bought = float(gain @ slopes), float(units[members].sum())
        wasted = 1 - float(useful[members].sum()) / bought if bought > 0 else 0.0
        rows.append(Use(name=f"audience: {audience}", used=float(useful[members].sum()), limit=size, binds=wasted > 0.1, worth_minor=worth))
    if limits.payback_months is not None:
        margin = float(filling.worth.mean())
        months = float(terrain.mean_cost @ units) * limits.margin_months / margin if margin > 0 else 0.0
        rows.append(
            Use(
                name="payback",
                used=months,
                limit=limits.payback_months,
                binds=duals.of("payback") > _SMALL,
                worth_minor=duals.of("payback") * margin / limits.margin_months,
            )
        )
    return tuple(rows)

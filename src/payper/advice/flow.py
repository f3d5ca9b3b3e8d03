"""A steady flow: what to take delivery of in each week, so that no stage of the journey runs dry and none overflows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from payper.advice.mix import Mix
from payper.advice.options import Array, MixProblem
from payper.advice.terrain import Terrain

LEAD_WEEKS = 2.5
"""Weeks from a lead to its meeting, on average; payper's assumption."""
APPOINTMENT_WEEKS = 1.0
"""Weeks from a booked appointment to its meeting, on average: booked 3 to 7 days out (several vendors' guides)."""
FLOOR = 0.7
"""The least share of an even week's deliveries that every week takes, so that no stage runs dry later; payper's rule."""
OPPORTUNITY_WEEKS = 2.0
"""Weeks from a meeting to its opportunity, on average; payper's assumption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What a week holds, expected.

    Attributes:
        week: From 1.
        units: Deliveries of each option, in the order of the options.
        meetings: Meetings held, those already on the way included.
        slots: Meetings that can be planned with.
        opportunities: New opportunities.
        sdr_hours: Hours of sales development used.
    """

    week: int
    units: tuple[float, ...]
    meetings: float
    slots: float
    opportunities: float
    sdr_hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPlan:
    """A plan by week.

    Attributes:
        options: Names, in the order of `Week.units`.
        weeks: In order.
        meetings_per_week: Meetings per week once the flow is steady, if the mix goes on.
        slots_per_week: Meetings that can be planned with per week.
        empty_slots: Slots of the period left empty.
        needed: Units per week of each option that alone would fill all slots.
        words: What to do, as sentences.
    """

    options: tuple[str, ...]
    weeks: tuple[Week, ...]
    meetings_per_week: float
    slots_per_week: float
    empty_slots: float
    needed: tuple[float | None, ...]
    words: tuple[str, ...]


def steady_flow(
    problem: MixProblem, mix: Mix, *, weeks: int, on_the_way: tuple[float, ...] = (), opportunity_share: float = 0.6
) -> FlowPlan:
    """Spread a mix over weeks so that meetings stay within each week's slots and as few slots as can be stay empty.

    One linear programme weighs meetings short of the steady number against uneven deliveries, and shuns meetings beyond the slots; every
    week takes at least 70 % of an even week's deliveries. Meetings come as units are delivered with geometric
    delays of the means above; slots and hours of the period are taken as even over its weeks, slots already at the 85 % they are
    planned with.

    Args:
        problem: The question the mix answers.
        mix: What to buy in the period.
        weeks: Weeks of the period, at least 1.
        on_the_way: Meetings already expected, by week.
        opportunity_share: Meetings held that become opportunities.
    """
    terrain, units = Terrain(problem), np.array(mix.units)
    useful = terrain.useful(units)
    rate = np.divide(useful, units, out=np.zeros_like(units), where=units > 0) * terrain.held.mean(axis=0)
    delays = np.array([_delays(APPOINTMENT_WEEKS if option.model == "appointment" else LEAD_WEEKS, weeks) for option in problem.options])
    open_meetings = np.zeros(weeks)
    open_meetings[: len(on_the_way)] = on_the_way[:weeks]
    limits = problem.limits
    slots = np.inf if limits.ae_slots is None else limits.ae_slots / weeks
    hours = np.inf if limits.sdr_hours is None else limits.sdr_hours / weeks
    plan = _spread(units, rate * terrain.ae_meetings, delays, open_meetings, slots, terrain.sdr_hours, hours)
    held: Array = open_meetings.copy()
    for place in range(terrain.count):
        coming: Array = np.convolve(plan[place] * rate[place], delays[place])[:weeks]
        held += coming
    opportunities = np.convolve(held * opportunity_share, _delays(OPPORTUNITY_WEEKS, weeks))[:weeks]
    rows = tuple(
        Week(
            week=week + 1,
            units=tuple(float(each) for each in plan[:, week]),
            meetings=float(held[week]),
            slots=float(slots),
            opportunities=float(opportunities[week]),
            sdr_hours=float(terrain.sdr_hours @ plan[:, week]),
        )
        for week in range(weeks)
    )
    needed = tuple(
        float(slots / (share * each)) if share > 0 and np.isfinite(slots) else None
        for share, each in zip(terrain.held.mean(axis=0), terrain.ae_meetings, strict=True)
    )
    steady = float(rate @ units) / weeks
    empty = float(np.maximum(slots - held, 0.0).sum()) if np.isfinite(slots) else 0.0
    names = tuple(option.name for option in problem.options)
    words = _words(names, plan, held, steady, float(slots), needed)
    return FlowPlan(
        options=names, weeks=rows, meetings_per_week=steady, slots_per_week=float(slots), empty_slots=empty, needed=needed, words=words
    )


def _delays(mean: float, weeks: int) -> Array:
    """Give the share of meetings in each week from delivery on: geometric with this mean, the delivery's own week being week 0."""
    stay = mean / (1 + mean)
    return np.asarray((1 - stay) * stay ** np.arange(weeks), dtype=np.float64)


def _spread(units: Array, rate: Array, delays: Array, on_the_way: Array, slots: float, hours_each: Array, hours: float) -> Array:
    """Give deliveries by option and week, (options, weeks)."""
    from scipy.optimize import linprog

    count, weeks = units.size, on_the_way.size
    steady = float(rate @ units) / weeks if weeks else 0.0
    deliveries, gaps, steps = count * weeks, weeks, count * max(weeks - 1, 0)
    width = deliveries + 2 * gaps + steps
    rows, tops = [], []
    for week in range(weeks):
        meetings = np.zeros(width)
        for place in range(count):
            for at in range(week + 1):
                meetings[place * weeks + at] = rate[place] * delays[place, week - at]
        if np.isfinite(slots):
            over, short = meetings.copy(), -meetings
            over[deliveries + gaps + week] = -1.0
            short[deliveries + week] = -1.0
            rows += [over, short]
            tops += [slots - on_the_way[week], on_the_way[week] - min(slots, steady)]
        if np.isfinite(hours):
            row = np.zeros(width)
            row[week:deliveries:weeks] = hours_each
            rows.append(row)
            tops.append(hours)
    for place in range(count):
        for week in range(weeks - 1):
            at = deliveries + 2 * gaps + place * (weeks - 1) + week
            for sign in (1.0, -1.0):
                row = np.zeros(width)
                row[place * weeks + week + 1], row[place * weeks + week], row[at] = sign, -sign, -1.0
                rows.append(row)
                tops.append(0.0)
    whole = np.zeros((count, width))
    for place in range(count):
        whole[place, place * weeks : (place + 1) * weeks] = 1.0
    goal = np.zeros(width)
    goal[deliveries : deliveries + gaps] = 1.0
    goal[deliveries + gaps : deliveries + 2 * gaps] = 10.0
    goal[deliveries + 2 * gaps :] = 0.1 * np.repeat(np.maximum(rate, 1e-6), max(weeks - 1, 0))
    result = linprog(
        goal,
        A_ub=np.array(rows).reshape(-1, width),
        b_ub=np.array(tops),
        A_eq=whole,
        b_eq=units,
        bounds=[*((FLOOR * each / weeks, None) for each in units for _ in range(weeks)), *([(0, None)] * (width - deliveries))],
        method="highs",
    )
    if result.status != 0:
        even: Array = np.repeat(units[:, None] / weeks, weeks, axis=1)
        return even
    plan: Array = np.asarray(result.x[:deliveries]).reshape(count, weeks)
    return plan


def _words(
    names: tuple[str, ...], plan: Array, held: Array, steady: float, slots: float, needed: tuple[float | None, ...]
) -> tuple[str, ...]:
    """Say what the table by week holds."""
    bought = [f"{_span(each)} a week of {name}{_most(each)}" for name, each in zip(names, plan, strict=True) if each.sum() > 0]
    if not bought:
        return ("Nothing is bought, so nothing flows.",)
    words = [f"Take delivery of {' and '.join(bought)}."]
    if np.isfinite(slots) and slots > 0:
        words.append(f"That brings {_span(held)} meetings a week, of the {slots:.1f} that can be planned with.")
        if steady < 0.9 * slots:
            more = [
                f"{(slots - steady) / slots * each:.1f} more a week of {name}"
                for name, each in zip(names, needed, strict=True)
                if each is not None
            ]
            words.append(f"To fill the rest takes {' or '.join(more)}.")
    return tuple(words)


def _span(weeks: Array) -> str:
    """Write the least and the most of all weeks, or the one number that they have in common."""
    low, high = f"{weeks.min():.1f}", f"{weeks.max():.1f}"
    return low if low == high else f"{low} to {high}"


def _most(weeks: Array) -> str:
    return "" if f"{weeks.min():.1f}" == f"{weeks.max():.1f}" else f" (most in week {int(weeks.argmax()) + 1})"

"""Overbooking: how many meetings to book into the slots of account executives when some prospects will not come.

An empty slot costs what a held meeting is worth; a prospect who comes and finds nobody costs a rebooking and goodwill. One more meeting is
worth booking while the chance that it finds a free slot times the one exceeds the chance that it does not times the other.

Sources: Arrow, Harris, Marschak 1951, Econometrica 19(3), 250-272 (the newsvendor's rule); Hong 2013, Comput. Statist. Data Anal. 59,
41-51 (the number that come of people with different chances: Poisson-binomial, here by convolution).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from payper.errors import UsageError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """How many of the meetings offered, in their order, to book.

    Attributes:
        booked: How many.
        slots: Free slots.
        expected_held: Meetings expected to be held: come, and a slot was free.
        expected_idle: Slots expected to stay empty.
        expected_over: Prospects expected to come and find no slot.
        chance_over: Chance that at least one does.
        value_minor: Expected value of the meetings held less the cost of those turned away, minor units.
        value_plain_minor: The same when only as many are booked as there are slots.
        is_list_used_up: Whether all meetings offered are booked; more would be if there were more.
    """

    booked: int
    slots: int
    expected_held: float
    expected_idle: float
    expected_over: float
    chance_over: float
    value_minor: float
    value_plain_minor: float
    is_list_used_up: bool


def slots_to_book(no_show: Sequence[float] | Floats, *, slots: int, held_value_minor: int, turned_away_cost_minor: int) -> SlotPlan:
    """Say how many meetings to book into some slots of the same time.

    The chance of a free slot does not depend on who comes next, so the first meeting that is not worth booking ends the list, and no other
    number of meetings is worth more.

    Args:
        no_show: Chance that each prospect does not come, in the order in which meetings would be booked, as a no-show score gives it.
        slots: Free slots, 0 or more.
        held_value_minor: What a held meeting is worth, minor units, 0 or more.
        turned_away_cost_minor: What it costs to turn away a prospect who came, minor units, 0 or more.

    Raises:
        UsageError: A chance is not between 0 and 1, or a number is below 0.
    """
    missed = np.asarray(no_show, dtype=np.float64)
    if not ((missed >= 0) & (missed <= 1)).all():
        wrong = missed[~((missed >= 0) & (missed <= 1))][0]
        raise UsageError(where="no_show", seen=f"{wrong} is no chance.", mend="Give chances between 0 and 1.")
    for name, number in (("slots", slots), ("held_value_minor", held_value_minor), ("turned_away_cost_minor", turned_away_cost_minor)):
        if number < 0:
            raise UsageError(where=name, seen=f"{number} is below 0.", mend="Give 0 or more.")
    come = np.ones(1)
    booked = 0
    for chance in (1 - missed).tolist():
        is_free = float(come[:slots].sum())
        if is_free * held_value_minor <= (1 - is_free) * turned_away_cost_minor:
            break
        come = np.convolve(come, [1 - chance, chance])
        booked += 1
    return _outlook(come, missed[:booked], slots, held_value_minor, turned_away_cost_minor, offered=missed)


def _outlook(
    come: Floats, booked: Floats, slots: int, held_value_minor: int, turned_away_cost_minor: int, *, offered: Floats | None = None
) -> SlotPlan:
    """Say what is to be expected when so many have the chances `come` to be 0, 1, 2, ... who come."""
    listed = booked if offered is None else offered
    plain = distribute_shows(1 - listed[:slots])
    over = np.maximum(np.arange(come.size) - slots, 0)
    held = float(come @ np.minimum(np.arange(come.size), slots))
    turned_away = float(come @ over)
    return SlotPlan(
        booked=booked.size,
        slots=slots,
        expected_held=held,
        expected_idle=slots - held,
        expected_over=turned_away,
        chance_over=float(come[slots + 1 :].sum()),
        value_minor=held * held_value_minor - turned_away * turned_away_cost_minor,
        value_plain_minor=float(plain @ np.arange(plain.size)) * held_value_minor,
        is_list_used_up=booked.size == listed.size,
    )


@dataclass(frozen=True, slots=True)
class DayPlan:
    """How many meetings to book into a day's slots, those booked already included.

    Attributes:
        day: None: any day, nothing of which is booked yet.
        taken: Meetings booked already.
        plan: What to book in all; never fewer than are taken.
        more: How many more to book.
        is_full: Whether more are booked already than would be worth booking.
    """

    day: date | None
    taken: int
    plan: SlotPlan
    more: int
    is_full: bool


def plan_days(
    no_show: Mapping[date, Sequence[float]], *, typical: float, slots: int, held_value_minor: int, turned_away_cost_minor: int
) -> tuple[DayPlan, ...]:
    """Say how many meetings to book into the slots of any day, then of each day that has some.

    Args:
        no_show: By day, the chances that those already booked do not come.
        typical: Chance that the next to be booked does not come, of whom nothing is known yet.
        slots: As `slots_to_book`, the same on every day.
        held_value_minor: As `slots_to_book`.
        turned_away_cost_minor: As `slots_to_book`.

    Raises:
        UsageError: As `slots_to_book`.
    """
    costs = {"slots": slots, "held_value_minor": held_value_minor, "turned_away_cost_minor": turned_away_cost_minor}
    days: list[tuple[date | None, Sequence[float]]] = [(None, ()), *sorted(no_show.items())]
    plans = []
    for day, taken in days:
        # Where it costs nothing to turn somebody away there is no end; twice the slots and some is the end then.
        offered = [*taken, *[typical] * (2 * slots + 10)]
        best = slots_to_book(offered, **costs)
        booked = max(best.booked, len(taken))
        plan = best if booked == best.booked else _as_booked(taken, **costs)
        plans.append(DayPlan(day, len(taken), plan, booked - len(taken), is_full=len(taken) > best.booked))
    return tuple(plans)


def _as_booked(no_show: Sequence[float], *, slots: int, held_value_minor: int, turned_away_cost_minor: int) -> SlotPlan:
    """Say what becomes of all meetings given, worth booking or not."""
    missed = np.asarray(no_show, dtype=np.float64)
    return _outlook(distribute_shows(1 - missed), missed, slots, held_value_minor, turned_away_cost_minor)


def distribute_shows(come: Floats) -> Floats:
    """Give the probability that 0, 1, 2, ... of some people come, each with a chance of their own.

    Args:
        come: Chance of each.
    """
    given = np.ones(1)
    for chance in come.tolist():
        given = np.convolve(given, [1 - chance, chance])
    return given

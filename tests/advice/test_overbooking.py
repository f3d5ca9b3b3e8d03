"""Overbooking: the number to book is the one worth most, by trying all of them and all who could come."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.advice.overbooking import distribute_shows, plan_days, slots_to_book
from payper.errors import UsageError

chances = st.lists(st.floats(0, 1), min_size=0, max_size=7)


def value_by_hand(no_show: list[float], slots: int, worth: int, cost: int) -> float:
    """Go through everybody coming or not."""
    total = 0.0
    for come in itertools.product((0, 1), repeat=len(no_show)):
        chance = np.prod([1 - q if here else q for q, here in zip(no_show, come, strict=True)]) if no_show else 1.0
        total += chance * (min(sum(come), slots) * worth - max(sum(come) - slots, 0) * cost)
    return float(total)


@given(chances)
def test_how_many_come_is_counted_over_everybody(come: list[float]) -> None:
    by_hand = np.zeros(len(come) + 1)
    for here in itertools.product((0, 1), repeat=len(come)):
        by_hand[sum(here)] += np.prod([p if one else 1 - p for p, one in zip(come, here, strict=True)]) if come else 1.0
    assert np.allclose(distribute_shows(np.array(come)), by_hand)


@given(chances, st.integers(0, 4), st.integers(0, 500), st.integers(0, 500))
def test_no_other_number_of_meetings_is_worth_more(no_show: list[float], slots: int, worth: int, cost: int) -> None:
    plan = slots_to_book(no_show, slots=slots, held_value_minor=worth, turned_away_cost_minor=cost)
    values = [value_by_hand(no_show[:count], slots, worth, cost) for count in range(len(no_show) + 1)]
    assert plan.value_minor == pytest.approx(max(values), abs=1e-6)
    assert plan.value_minor == pytest.approx(values[plan.booked], abs=1e-6)
    assert plan.expected_held + plan.expected_idle == pytest.approx(slots)
    assert plan.value_minor >= plan.value_plain_minor - 1e-6


def test_one_in_four_missing_books_five_for_four() -> None:
    """Four slots, a quarter does not come; a held meeting is worth 400, turning away costs 300."""
    plan = slots_to_book([0.25] * 10, slots=4, held_value_minor=400_00, turned_away_cost_minor=300_00)
    assert plan.booked == 5
    assert plan.chance_over == pytest.approx(0.75**5)
    assert plan.expected_held == pytest.approx(5 * 0.75 - 0.75**5)
    assert not plan.is_list_used_up


def test_who_always_comes_is_never_overbooked() -> None:
    plan = slots_to_book([0.0] * 6, slots=3, held_value_minor=100, turned_away_cost_minor=1)
    assert (plan.booked, plan.expected_idle, plan.chance_over) == (3, 0.0, 0.0)


def test_no_slot_no_meeting() -> None:
    assert slots_to_book([0.5, 0.5], slots=0, held_value_minor=100, turned_away_cost_minor=100).booked == 0
    assert slots_to_book([], slots=2, held_value_minor=100, turned_away_cost_minor=100).is_list_used_up


def test_what_is_no_chance_is_told() -> None:
    with pytest.raises(UsageError, match="1.2 is no chance"):
        slots_to_book([1.2], slots=1, held_value_minor=1, turned_away_cost_minor=1)
    with pytest.raises(UsageError, match="no chance"):
        slots_to_book([float("nan")], slots=1, held_value_minor=1, turned_away_cost_minor=1)
    with pytest.raises(UsageError, match="below 0"):
        slots_to_book([0.2], slots=-1, held_value_minor=1, turned_away_cost_minor=1)


def test_a_day_is_filled_around_the_meetings_it_has_and_a_full_one_is_told() -> None:
    """One in four does not come, four slots: five in all, of which a day with three takes two more; seven that come are more than worth."""
    quiet, busy = date(2026, 5, 4), date(2026, 5, 5)
    days = {busy: [0.1] * 7, quiet: [0.25] * 3}
    rule, first, second = plan_days(days, typical=0.25, slots=4, held_value_minor=100, turned_away_cost_minor=100)
    assert (rule.day, rule.plan.booked, rule.more) == (None, 5, 5)
    assert (first.day, first.taken, first.plan.booked, first.more, first.is_full) == (quiet, 3, 5, 2, False)
    assert (second.day, second.plan.booked, second.more, second.is_full) == (busy, 7, 0, True)
    assert second.plan.expected_held + second.plan.expected_over == pytest.approx(6.3)

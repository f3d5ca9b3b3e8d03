"""What would change the advice: moving a number does what answering with it would, history or not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from buyer_profiles import COMPLETE

from payper.advice.futures import OptionHistory, offers_of, outlooks_of
from payper.advice.pooling import StepCount
from payper.advice.profile import Profile, numbers_of
from payper.advice.profile_reading import read_profile
from payper.advice.sensitivity import Situation, levers_of, move

SEEN = OptionHistory(
    booked=StepCount(reached=90, of=400), held=StepCount(reached=70, of=90), opportunity=StepCount(reached=45, of=70),
    won=StepCount(reached=20, of=45), deals=20, revenue_minor=20 * 3_000_000, bought=400,
)  # fmt: skip


def situation_of(profile: Profile) -> Situation:
    history = {"intentreach lead": SEEN}
    offers = tuple(replace(offer, name=f"{offer.provider} {offer.model}") for offer in offers_of(profile)[0])
    numbers = numbers_of(profile)
    return Situation(numbers=numbers, offers=offers, outlooks=outlooks_of(numbers, offers, history), bought=400, history=history)


def profile_of(text: str) -> Profile:
    reading = read_profile(text, "profile.toml")
    assert reading.profile is not None
    return reading.profile


@pytest.mark.parametrize(
    ("key", "line", "answer", "value"),
    [
        ("deal_minor", 'deal_size = "12000"', 'deal_size = "8000"', 800_000.0),
        ("cycle_days", "cycle_days = 60", "cycle_days = 90", 90.0),
        ("cycle_days", "", "cycle_days = 90", 90.0),
        ("margin", 'margin = "0.75"', 'margin = "0.6"', 0.6),
    ],
)
def test_a_moved_number_is_the_answer_set_to_it_whatever_was_learnt(key: str, line: str, answer: str, value: float) -> None:
    text = COMPLETE if line else COMPLETE.replace("cycle_days = 60\n", "")
    now = situation_of(profile_of(text))
    lever = next(each for each in levers_of(now) if each.key == key)
    moved = move(now, lever, value)
    answered = situation_of(profile_of(text.replace(line, answer) if line else text.replace("[sales]", f"[sales]\n{answer}")))
    assert moved.outlooks == answered.outlooks
    assert moved.problem(40).draws.worth_minor == pytest.approx(answered.problem(40).draws.worth_minor)


def test_a_share_moved_first_stays_moved_when_a_number_follows() -> None:
    now = situation_of(profile_of(COMPLETE))
    levers = {each.key: each for each in levers_of(now)}
    half = move(now, levers["won"], levers["won"].value / 2)
    both = move(half, levers["cycle_days"], 90.0)
    alone = move(now, levers["cycle_days"], 90.0)
    for one, other in zip(both.outlooks, alone.outlooks, strict=True):
        assert one.won.mean == pytest.approx(other.won.mean / 2)

"""Nurture on or hand over: the best choice within the slots, against every choice there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.advice.promotion import Setting, escalations, promotions

SETTING = Setting(
    currency="USD", worth_minor=120_000, chance=0.1, odds=2.0, price_minor=1_500, held_price_minor=20_000, nurture_hours=1.0,
    handed_hours=0.2, hour_minor=6_000, slots=None,
)  # fmt: skip


def leads(*chances: float | None) -> pl.DataFrame:
    return pl.DataFrame({"delivery_id": [f"L{place}" for place in range(len(chances))], "chance": pl.Series(chances, dtype=pl.Float64)})


def worth_of(frame: pl.DataFrame, acts: list[str]) -> float:
    ways = {"nurture": "nurture_minor", "hand over": "handed_minor"}
    return sum(row[ways[act]] if act in ways else 0.0 for row, act in zip(frame.iter_rows(named=True), acts, strict=True))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("slots", [None, 1.5, 0.7, 0.0])
def test_no_other_choice_within_the_slots_is_worth_much_more(seed: int, slots: float | None) -> None:
    """Against all 3^7 choices; chances cannot be split, so the last lead may be missed."""
    frame = leads(*np.random.default_rng(seed).beta(2, 9, 7))
    decided = promotions(frame, replace(SETTING, slots=slots))
    assert slots is None or decided["slots"].sum() <= slots + 1e-9
    mine = worth_of(decided, decided["act"].to_list())
    use = {"nurture": decided["chance"].to_list(), "hand over": decided["handed_chance"].to_list(), "leave": [0.0] * 7}
    best = max(
        worth_of(decided, list(acts))
        for acts in product(use, repeat=7)
        if slots is None or sum(use[act][place] for place, act in enumerate(acts)) <= slots
    )
    one_lead = max(decided["nurture_minor"].max(), decided["handed_minor"].max())  # type: ignore[type-var]
    assert mine >= best - (0 if slots is None else one_lead) - 1e-6
    assert mine <= best + 1e-6


def test_every_act_has_its_reason_in_words() -> None:
    decided = promotions(leads(0.3, 0.05, 0.01, None), replace(SETTING, slots=0.5))
    assert decided["delivery_id"].to_list() == ["L0", "L1", "L2", "L3"]
    assert decided["chance"][3] == SETTING.chance
    for act, reason in zip(decided["act"], decided["reason"], strict=True):
        assert reason.startswith({"hand over": "Hand over:", "nurture": "Nurture on:", "wait": "Wait:", "leave": "Leave it:"}[act])


def test_money_in_reasons_reads_as_everywhere() -> None:
    reason = promotions(leads(0.5), replace(SETTING, worth_minor=987_654_321))["reason"][0]
    assert "USD more" in reason
    assert "worth 1,6" in reason


def test_nothing_is_handed_over_when_no_slot_is_free() -> None:
    assert escalations(leads(0.2, 0.3), replace(SETTING, slots=0.0)).height == 0


def test_dear_hours_hand_leads_over() -> None:
    frame = leads(0.1, 0.12)
    cheap, dear = replace(SETTING, hour_minor=100, odds=1.2), replace(SETTING, hour_minor=15_000, odds=1.2)
    assert set(promotions(frame, cheap)["act"]) == {"nurture"}
    assert set(promotions(frame, dear)["act"]) == {"leave"} or set(promotions(frame, dear)["act"]) == {"hand over"}


@given(chances=st.lists(st.floats(0, 1), max_size=20), slots=st.floats(0, 5))
def test_slots_are_never_promised_twice_and_every_lead_is_answered(chances: list[float], slots: float) -> None:
    decided = promotions(leads(*chances), replace(SETTING, slots=slots))
    assert decided.height == len(chances)
    assert decided["slots"].sum() <= slots + 1e-9
    assert decided["reason"].null_count() == 0


def test_ten_thousand_leads_alike_fill_exactly_the_slots() -> None:
    decided = promotions(pl.DataFrame({"delivery_id": [str(place) for place in range(10_000)]}), replace(SETTING, slots=50.0))
    assert 49 <= decided["slots"].sum() <= 50 + 1e-9

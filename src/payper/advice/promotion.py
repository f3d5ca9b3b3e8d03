"""Nurture on, or hand to appointment setting: what each accepted lead is worth either way, under free slots and what hours are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.advice.futures import by_odds
from payper.advice.options import Array
from payper.money import exponent

Acts = NDArray[np.intp]
NURTURE, HAND_OVER, LEAVE, WAIT = "nurture", "hand over", "leave", "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What handing a lead to appointment setting costs and does, and what capacity is worth.

    Attributes:
        currency: Of amounts.
        worth_minor: Margin per meeting held, within the horizon.
        chance: Chance of a held meeting by nurturing on, for leads without one of their own.
        odds: Odds of a booked meeting when handed over, against nurturing on.
        price_minor: What handing a lead over costs.
        held_price_minor: What is owed besides when its meeting is held, after offsets.
        nurture_hours: SDR hours that nurturing a lead on takes.
        handed_hours: SDR hours that a lead handed over takes.
        hour_minor: What an SDR hour costs: the wage and what one more is worth (`Use.worth_minor` of `sdr_hours`).
        slots: Meetings for which account executives are free; None where they always are.
        ae_meetings: Slots that one held meeting takes.
    """

    currency: str
    worth_minor: float
    chance: float
    odds: float
    price_minor: float = 0.0
    held_price_minor: float = 0.0
    nurture_hours: float = 0.0
    handed_hours: float = 0.0
    hour_minor: float = 0.0
    slots: float | None = None
    ae_meetings: float = 1.0


def promotions(leads: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """Decide for every accepted lead: nurture on, hand over, or leave it.

    Each lead takes the way that is worth most after the slots its meeting would take, at the worth of a slot at which slots suffice (the
    dual of the multiple-choice knapsack; Sinha, Zoltners 1979, Operations Research 27(3), 503-515). What the last lead at that worth
    would exceed is left out, so slots are never promised twice.

    Args:
        leads: `delivery_id` (text); optionally `chance` (float, chance of a held meeting by nurturing on; null: `setting.chance`),
            `handed_chance` (float, when handed over; null: by `setting.odds`), `worth_minor` (float, per meeting held; null:
            `setting.worth_minor`).
        setting: Prices and capacity.

    Returns:
        One row per lead, in the order given: `delivery_id`; `act` (`hand over`, `nurture`, `wait` until slots are free, `leave`);
        `chance` and `handed_chance`; `nurture_minor` and `handed_minor` (float, worth of each way before slots); `gain_minor`
        (float, handing over against the better of the other two, after the worth of slots); `slots` (float, expected use of the way
        taken); `reason` (text).
    """
    chance, handed, worth = _columns(leads, setting)
    hour = setting.hour_minor
    nurtured = chance * worth - setting.nurture_hours * hour
    handing = handed * (worth - setting.held_price_minor) - setting.price_minor - setting.handed_hours * hour
    slot = _slot_worth(nurtured, handing, chance, handed, setting)
    after_nurture = nurtured - slot * setting.ae_meetings * chance
    after_handing = handing - slot * setting.ae_meetings * handed
    act = _acts(after_nurture, after_handing)
    act = _within_slots(act, after_nurture, after_handing, chance, handed, setting)
    gain = after_handing - np.maximum(after_nurture, 0.0)
    is_waiting = (act == 2) & (np.maximum(nurtured, handing) > 0) & (slot > 0)
    used = setting.ae_meetings * np.where(act == 1, handed, np.where(act == 0, chance, 0.0))
    result = pl.DataFrame(
        {
            "delivery_id": leads["delivery_id"],
            "act": np.array([NURTURE, HAND_OVER, LEAVE, WAIT])[np.where(is_waiting, 3, act)].tolist(),
            "chance": chance,
            "handed_chance": handed,
            "nurture_minor": nurtured,
            "handed_minor": handing,
            "gain_minor": gain,
            "slots": used,
        },
        schema_overrides={"act": pl.String},
    )
    return result.with_columns(reason=_reason(slot, setting.currency))


def escalations(leads: pl.DataFrame, setting: Setting) -> pl.DataFrame:
    """List the leads worth handing over within the slots that are free, the greatest gain first; columns as `promotions`."""
    return promotions(leads, setting).filter(pl.col("act") == HAND_OVER).sort("gain_minor", descending=True, maintain_order=True)


def _columns(leads: pl.DataFrame, setting: Setting) -> tuple[Array, Array, Array]:
    def column(name: str, otherwise: Array | float) -> Array:
        if name not in leads.columns:
            return np.broadcast_to(np.asarray(otherwise, dtype=np.float64), (leads.height,)).copy()
        given = leads[name].cast(pl.Float64).to_numpy()
        result: Array = np.where(np.isfinite(given), given, otherwise)
        return result

    chance = np.clip(column("chance", setting.chance), 0.0, 1.0)
    odds = chance / np.maximum(1 - chance, 1e-12) * setting.odds
    handed = np.clip(column("handed_chance", odds / (1 + odds)), 0.0, 1.0)
    return chance, handed, column("worth_minor", setting.worth_minor)


def _acts(nurture: Array, handing: Array) -> Acts:
    """Give 0 to nurture, 1 to hand over, 2 to leave: the best of the three, the lesser effort on a tie."""
    best: Acts = np.column_stack([np.zeros_like(nurture), nurture, handing]).argmax(axis=1)
    return np.array([2, 0, 1], dtype=np.intp)[best]


def _slot_worth(nurtured: Array, handing: Array, chance: Array, handed: Array, setting: Setting) -> float:
    """Find by halving the worth of a slot at which the slots suffice; 0 where they suffice anyway."""
    if setting.slots is None or chance.size == 0:
        return 0.0
    slots, each = setting.slots, setting.ae_meetings

    def used(worth: float) -> float:
        act = _acts(nurtured - worth * each * chance, handing - worth * each * handed)
        return float(each * np.where(act == 1, handed, np.where(act == 0, chance, 0.0)).sum())

    if used(0.0) <= slots:
        return 0.0
    low, high = 0.0, 1.0
    while used(high) > slots and high < 1e15:
        high *= 4
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if used(middle) > slots else (low, middle)
    return high


def _within_slots(act: Acts, nurture: Array, handing: Array, chance: Array, handed: Array, setting: Setting) -> Acts:
    """Fill what is left of the slots with leads that were left at exactly the worth of a slot, the most worth per slot first."""
    if setting.slots is None:
        return act
    each = setting.ae_meetings
    left = setting.slots - float(each * np.where(act == 1, handed, np.where(act == 0, chance, 0.0)).sum())
    ways = np.where(handing >= nurture, 1, 0)
    need = each * np.where(ways == 1, handed, chance)
    gain = np.where(ways == 1, handing, nurture)
    close = -1e-6 * np.maximum(np.abs(gain).max(initial=0.0), 1.0)
    waiting = np.flatnonzero((act == 2) & (gain >= close) & (need > 0))
    waiting = waiting[np.argsort(need[waiting], kind="stable")]
    taken = waiting[np.cumsum(need[waiting]) <= left]
    filled = act.copy()
    filled[taken] = ways[taken]
    return filled


def _reason(slot: float, currency: str) -> pl.Expr:
    """Say in words why each lead goes the way it goes."""
    percent = [(pl.col(name) * 100).round(0).cast(pl.Int64) for name in ("chance", "handed_chance")]
    both = pl.format("{} % chance of a meeting held by nurturing on, {} % when handed over", *percent)
    better = pl.col("handed_minor") - pl.max_horizontal("nurture_minor", pl.lit(0.0))
    dearer = _money(pl.col("nurture_minor") - pl.col("handed_minor"), currency)
    return (
        pl.when(pl.col("act") == HAND_OVER)
        .then(pl.format("Hand over: {}; worth {} more after what it costs.", both, _money(better, currency)))
        .when((pl.col("act") == NURTURE) & (pl.col("handed_minor") > pl.col("nurture_minor")))
        .then(pl.format("Nurture on: {}; handed over it would take more of the slots than it adds.", both))
        .when(pl.col("act") == NURTURE)
        .then(pl.format("Nurture on: {}; handing over would bring {} less after what it costs.", both, dearer))
        .when(pl.col("act") == WAIT)
        .then(pl.format("Wait: the free slots are full with meetings worth more; a slot is worth {}.", _money(pl.lit(slot), currency)))
        .otherwise(pl.format("Leave it: {}; neither is worth the hours and fees.", both))
    )


def _money(minor: pl.Expr, currency: str) -> pl.Expr:
    """Write amounts in columns as `format_minor` writes one: `1,234.50 USD`."""
    digits = exponent(currency) or 0
    whole = (minor.round(0) / 10**digits).cast(pl.Decimal(38, digits)).cast(pl.String)
    thousands = whole.str.replace(r"(\d)(\d{3})(\.\d+)?$", "$1,$2$3").str.replace(r"(\d)(\d{3},)", "$1,$2")
    return pl.format("{} {}", thousands, pl.lit(currency))


def handed_chance(booked: float, held: float, odds: float) -> float:
    """Give the chance of a meeting held when handed over, from the shares by nurturing on and the odds of booking."""
    return by_odds(booked, odds) * held

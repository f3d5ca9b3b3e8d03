"""Break-even prices: what a unit may cost, which depends on what is scarce, so the scarce thing is always named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from payper.advice.mix import Mix
from payper.advice.options import Array, MixProblem
from payper.advice.terrain import Terrain

BINDINGS: tuple[str, ...] = ("nothing", "budget", "ae_slots", "sdr_hours")
BINDING_WORDS: dict[str, str] = {
    "nothing": "nothing is scarce",
    "budget": "the budget is scarce",
    "ae_slots": "account executives' slots are scarce",
    "sdr_hours": "SDR hours are scarce",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A price over futures, in minor units; below 0 means that not even a free unit would do.

    Attributes:
        low: The tenth percentile.
        middle: The price at which a unit neither adds nor takes on average.
        high: The ninetieth percentile.
    """

    low: float
    middle: float
    high: float


def band_of(prices: Array, middle: float | None = None) -> Band:
    """Give the band of prices over futures, (draws,); `middle` is their median where it is not given.

    Few futures may carry the average, as where slots are scarce; the band then reaches to it.
    """
    low, median, high = (float(each) for each in np.quantile(prices, (0.1, 0.5, 0.9)))
    mid = median if middle is None else middle
    return Band(low=min(low, mid), middle=mid, high=max(high, mid))


def pair_prices(
    *,
    worth: Array,
    meetings: Array,
    hours: float,
    other_worth: Array,
    other_meetings: Array,
    other_hours: float,
    other_price: Array | float,
    wage: float = 0.0,
) -> dict[str, Array]:
    """Give the price at which a unit is worth as much as a unit of another offer per unit of what is scarce, in every future.

    With v the worth of a unit, c its price, h its SDR hours, w the wage and m its meetings, and the other offer's with index o:

    * budget: c = v (c_o + h_o w) / v_o - h w;
    * slots: c = v - m (v_o - c_o - h_o w) / m_o - h w;
    * hours: c = v - h (v_o - c_o) / h_o;
    * nothing: c = v - h w.

    A binding is left out where the other offer uses none of it (v_o, m_o or h_o is 0). All amounts are minor units.

    Args:
        worth: Margin per unit within the horizon, (draws,).
        meetings: Slots that a unit takes, (draws,).
        hours: SDR hours of a unit.
        other_worth: The same of the other offer.
        other_meetings: The same of the other offer.
        other_hours: The same of the other offer.
        other_price: What a unit of the other offer costs.
        wage: Of an SDR hour.

    Source: equal profit per unit of the binding resource, solved for the price; the closed forms of a two-product mix (Dantzig 1963,
    Linear Programming and Extensions, chapter 3).
    """
    other_cost = other_price + other_hours * wage
    prices: dict[str, Array] = {"nothing": worth - hours * wage}
    if np.all(other_worth > 0):
        prices["budget"] = worth * other_cost / other_worth - hours * wage
    if np.all(other_meetings > 0):
        prices["ae_slots"] = worth - meetings * (other_worth - other_cost) / other_meetings - hours * wage
    if other_hours > 0:
        prices["sdr_hours"] = worth - hours * (other_worth - other_price) / other_hours
    return prices


@dataclass(frozen=True, slots=True, kw_only=True)
class PairBreakEven:
    """The break-even price of one option against another, by what is scarce."""

    option: str
    other: str
    bands: dict[str, Band]


def pair_break_even(problem: MixProblem, option: int, other: int) -> PairBreakEven:
    """Give the price bands at which an option is worth as much as another, one band per thing that may be scarce.

    The price is what a unit may cost in all: of an option with a price on meetings held, both together.
    """
    terrain = Terrain(problem)
    one, two = problem.options[option], problem.options[other]
    prices = pair_prices(
        worth=terrain.held[:, option] * terrain.worth[:, option],
        meetings=terrain.held[:, option] * one.ae_meetings,
        hours=one.sdr_hours,
        other_worth=terrain.held[:, other] * terrain.worth[:, other],
        other_meetings=terrain.held[:, other] * two.ae_meetings,
        other_hours=two.sdr_hours,
        other_price=terrain.price[:, other],
        wage=problem.limits.wage_minor,
    )
    return PairBreakEven(option=one.name, other=two.name, bands={binding: band_of(each) for binding, each in prices.items()})


def break_even_bands(problem: MixProblem, mix: Mix) -> tuple[Band, ...]:
    """Give, for every option, the price per accepted unit at which one more unit neither adds nor takes, under what binds at the mix.

    The general form: what a unit brings beside the mix, after slots it takes from better meetings and prospects it takes from other
    options, less the worth of its hours, divided by the worth of money: (gain - (wage + hour) h) / (1 + money) - price on meetings held.
    The middle is exact on average: the price plus the reduced cost of the linear programme in money; an option that the mix buys
    between its bounds breaks even at its own price.

    Source: the price at which the reduced cost is 0 (Dantzig 1963, chapter 5).
    """
    terrain, units = Terrain(problem), np.array(mix.units)
    useful, bend = terrain.useful_slopes(units)
    gain = (terrain.fill(useful).slopes + terrain.touch) @ bend
    late = mix.payback_price
    money, hour = _worth(mix, "budget") + late, _worth(mix, "sdr_hours") + problem.limits.wage_minor * late
    held_price = np.array([option.held_price_minor for option in problem.options])
    prices = (gain - (problem.limits.wage_minor + hour) * terrain.sdr_hours) / (1 + money) - held_price * terrain.held
    middles = np.array([option.price_minor for option in problem.options]) + np.array(mix.pulls) / (1 + money)
    if problem.limits.payback_months is not None and not sum(mix.units):
        in_time = gain.mean(axis=0) * problem.limits.payback_months / problem.limits.margin_months
        in_time = in_time - problem.limits.wage_minor * terrain.sdr_hours - (held_price * terrain.held).mean(axis=0)
        middles = np.minimum(middles, in_time)
    prices += middles - prices.mean(axis=0)
    return tuple(band_of(prices[:, place], float(middles[place])) for place in range(terrain.count))


def _worth(mix: Mix, name: str) -> float:
    use = mix.use(name)
    return 0.0 if use is None else use.worth_minor

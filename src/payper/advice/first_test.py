"""The first test to buy: a few units of one offer, whose outcome would change the best mix often enough to pay for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from payper.advice.break_even import Band
from payper.advice.futures import Outlook
from payper.advice.mix import Mix, most_units, quick_mix
from payper.advice.options import Array, MixProblem
from payper.advice.profile import Offer
from payper.advice.sensitivity import Situation
from payper.advice.terrain import Terrain
from payper.advice.trials import GRID, QUANTILES, TestValue, best_of, drawn_belief, posterior_means

TEST_DAYS = 60
"""Days until a test is read."""
_MEETING_DAYS = 14.0
_YEAR_MONTHS = 12.0
_DRAWS = 40
_LOOKED_AT = 4
_BUDGET_SHARE = 0.25
"""The most of the period's budget that a test may take; payper's rule, so that it stays a test."""
_ENOUGH = 0.9
"""The smallest test with this share of the highest net value is taken, as the last units add little."""
_LEVELS = (0.02, 0.2, 0.5, 0.8, 0.98)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTest:
    """A test to buy.

    Attributes:
        option: Name of the offer.
        provider: Its provider.
        counts: What is counted: `meetings held` of leads, `opportunities` of appointments.
        days: Until it is read.
        test: Units, cost, loss, value over the year that follows, and the number of successes from which on the offer joins the mix.
    """

    option: str
    provider: str
    counts: str
    days: int
    test: TestValue


def first_test(
    situation: Situation, problem: MixProblem, mix: Mix, *, bands: Sequence[Band], caution: float, days: int = TEST_DAYS
) -> FirstTest | None:
    """Find the test that is worth most, or None where none is worth its loss.

    The best mix is found anew for five levels of the offer's success; a test's value is the mean of those values over its exact outcomes,
    less the value without it, for the rest of the year. What one offer teaches about others is left out. Looked at are the four offers
    whose price could prove furthest on the other side of what they are worth, by their bands.

    Args:
        situation: What advice is computed from.
        problem: The question as it stands.
        mix: The answer as it stands, with prices of its bounds.
        bands: Up to which price each offer is worth buying, over futures.
        caution: The weight of the worst tenth of futures.
        days: Until the test is read.
    """
    found = []
    small = situation.problem(_DRAWS)
    for place in _likely(problem, mix, bands):
        offer = situation.offers[place]
        test = _test_of(situation, problem, small, mix, place, caution, days)
        if test is not None:
            counts = "opportunities" if offer.model == "appointment" else "meetings held"
            found.append(FirstTest(option=offer.name, provider=offer.provider, counts=counts, days=days, test=test))
    return max(found, key=lambda each: each.test.net_minor, default=None)


def _likely(problem: MixProblem, mix: Mix, bands: Sequence[Band]) -> list[int]:
    """Give the places of the offers most worth testing: what could be gained, or saved, if the truth were at the band's other end."""
    high = most_units(problem)
    chance = []
    for place, (option, units, band) in enumerate(zip(problem.options, mix.units, bands, strict=True)):
        gain, saved = band.high - option.price_minor, option.price_minor - band.low
        chance.append(max(gain * (high[place] - units), saved * units, 0.0))
    return sorted(range(len(chance)), key=lambda place: -chance[place])[:_LOOKED_AT]


def _test_of(
    situation: Situation, problem: MixProblem, small: MixProblem, mix: Mix, place: int, caution: float, days: int
) -> TestValue | None:
    offer, outlook, numbers = situation.offers[place], situation.outlooks[place], situation.numbers
    spend = float(Terrain(problem).spend[place])
    budget = problem.limits.budget_minor
    most = min(offer.max_units or 400.0, 400.0, np.inf if budget is None or spend <= 0 else _BUDGET_SHARE * budget / spend)
    if most < max(offer.min_units, 5):
        return None
    shares = _shares(offer, outlook, situation.seed)
    belief = drawn_belief(shares)
    mean = belief.mean
    levels = np.quantile(shares, _LEVELS) / mean if mean > 0 else np.ones(1)
    levels = np.unique(np.append(levels, 1.0))
    values = np.array([quick_mix(_scaled(small, place, level), caution=caution, start=mix.units)[1] for level in levels])
    without = quick_mix(_scaled(small, place, 0.0), caution=caution, start=_none_of(mix.units, place))[1]
    values = np.maximum(values, without)
    periods = max(_YEAR_MONTHS - days / 30.44, 0.0) / max(numbers.months, 1e-9)
    median = _MEETING_DAYS if offer.model != "appointment" else max(numbers["cycle_days"] / 3, 1.0)
    visible = float(_seen(days, median, numbers["cycle_spread"]))
    now = float(np.interp(1.0, levels, values))
    pull = max(-mix.pulls[place], 0.0) if mix.units[place] <= 0 else 0.0

    def value(units: int) -> TestValue:
        chance, means = posterior_means(belief, units=units, visible=visible)
        after = np.interp(means / mean, levels, values)
        gain = periods * max(float(chance @ after) - now * float(chance.sum()), 0.0)
        joins = after > without * (1 + 1e-3) + 1e-6
        return TestValue(
            units=units,
            visible=visible,
            cost_minor=units * spend,
            loss_minor=units * pull,
            value_minor=gain,
            net_minor=gain - units * pull,
            buy_from=int(np.argmax(joins)) if joins.any() and not joins.all() else None,
        )

    least = max(int(np.ceil(offer.min_units)), 5)
    best = best_of(value, most=most, least=least)
    if best is None:
        return None
    smaller = (value(size) for size in GRID if least <= size < best.units)
    return next((one for one in smaller if one.net_minor >= _ENOUGH * best.net_minor), best)


def _shares(offer: Offer, outlook: Outlook, seed: int) -> Array:
    """Give equally likely shares of units that succeed: a meeting held of a lead, an opportunity of an appointment."""
    from scipy.special import betaincinv

    rng = np.random.default_rng(seed)
    at = (np.arange(QUANTILES) + 0.5) / QUANTILES
    first = outlook.held if offer.model == "appointment" else outlook.booked
    second = outlook.opportunity if offer.model == "appointment" else outlook.held
    parts = []
    for rate, quantiles in ((first, at), (second, rng.permutation(at))):
        is_sure = not np.isfinite(rate.weight) or not 0 < rate.mean < 1
        parts.append(np.full(QUANTILES, rate.mean) if is_sure else betaincinv(rate.successes, rate.failures, quantiles))
    result: Array = parts[0] * parts[1]
    return result


def _scaled(problem: MixProblem, place: int, level: float) -> MixProblem:
    """Give the question with one offer's success scaled: meetings of leads, worth of appointments."""
    draws = problem.draws
    column = np.ones(len(problem.options))
    column[place] = level
    if problem.options[place].model == "appointment":
        moved = replace(
            draws,
            worth_minor=draws.worth_minor * column,
            revenue_minor=draws.revenue_minor * column,
            pipeline_minor=draws.pipeline_minor * column,
        )
    else:
        moved = replace(draws, held=np.minimum(draws.held * column, 1.0))
    return replace(problem, draws=moved)


def _none_of(units: tuple[float, ...], place: int) -> tuple[float, ...]:
    return tuple(0.0 if at == place else each for at, each in enumerate(units))


def _seen(days: float, median: float, spread: float) -> float:
    from scipy.special import ndtr

    return float(ndtr((np.log(days) - np.log(median)) / max(spread, 1e-9)))

"""Why nothing is bought: what decides it, told apart by taking each limit away in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from payper.advice.mix import Mix, quick_mix, whole_units
from payper.advice.options import MixProblem
from payper.advice.sensitivity import Situation
from payper.advice.terrain import Terrain
from payper.terms.findings import list_words

_LIMITS = {"budget": "the budget", "sdr_hours": "SDR hours", "ae_slots": "meeting slots", "payback": "the payback limit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """What stands in the way of buying anything.

    Attributes:
        words: A clause, such as `there is no budget`.
        keys: Numbers and offers that it rests on.
    """

    words: str
    keys: tuple[str, ...]


def hindrance_of(situation: Situation, problem: MixProblem, mix: Mix) -> Hindrance:
    """Say what decides that nothing is bought.

    Args:
        situation: What advice is computed from.
        problem: The question.
        mix: The best mix of it, not rounded; of no option is a whole unit bought.
    """
    offers = tuple(f"offer: {offer.name}" for offer in situation.offers)
    found = next(_absent(situation), None)
    if found is not None:
        return found
    terrain = Terrain(problem)
    gain = (terrain.held * terrain.worth).mean(axis=0) + terrain.touch - terrain.mean_cost
    if gain.max(initial=0.0) <= 0:
        return Hindrance(words="no offer is expected to bring more than it costs", keys=offers)
    if sum(mix.units) > 1e-6:
        tight = [use.name for use in mix.uses if use.binds]
        names = [_LIMITS.get(name, "the audience") for name in tight]
        keys = tuple(name if name in ("budget", "sdr_hours", "ae_slots") else "prospects" for name in tight if name != "payback")
        within = f"fits within {list_words(names, joiner='and')}" if names else "can be had"
        return Hindrance(words=f"less than one unit {within}", keys=keys or offers)
    other = Hindrance(words="no offer is expected to bring more than it costs within all limits", keys=offers)
    return next(_in_the_way(problem, mix.caution), other)


def _absent(situation: Situation) -> Iterator[Hindrance]:
    """What there is none of at all, the most basic first."""
    numbers = situation.numbers
    if numbers["budget"] <= 0 and any(offer.price_minor or offer.held_price_minor for offer in situation.offers):
        yield Hindrance(words="there is no budget", keys=("budget",))
    if situation.goal == "awareness":
        return
    if numbers["margin"] <= 0:
        words = "each further sale loses money" if numbers["margin"] < 0 else "each further sale brings nothing"
        yield Hindrance(words=words, keys=("margin",))
    if all(outlook.deal_minor <= 0 for outlook in situation.outlooks):
        yield Hindrance(words="no deal brings anything", keys=("deal_minor",))
    if numbers["ae_slots"] <= 0:
        yield Hindrance(words="there are no meeting slots", keys=("ae_slots",))
    if numbers["prospects"] <= 0:
        yield Hindrance(words="there is nobody to reach", keys=("prospects",))


def _in_the_way(problem: MixProblem, caution: float) -> Iterator[Hindrance]:
    """What, taken away alone, would let something be bought."""
    limits = problem.limits

    def buys(other: MixProblem, weight: float = caution) -> bool:
        return bool(whole_units(other, quick_mix(other, caution=weight)[0]).sum() > 0)

    if limits.payback_months is not None and buys(replace(problem, limits=replace(limits, payback_months=None))):
        words = f"nothing pays back within the limit of {limits.payback_months:g} {'month' if limits.payback_months == 1 else 'months'}"
        yield Hindrance(words=words, keys=("payback_months",))
    if buys(replace(problem, audiences=tuple(replace(audience, already_bought=0.0) for audience in problem.audiences))):
        yield Hindrance(words="too few people of the audience are left who were not bought before", keys=("prospects", "already_bought"))
    if caution > 0 and buys(problem, 0.0):
        words = f"what pays on average loses too much in the worst tenth of futures, which weighs {caution:.0%}"
        yield Hindrance(words=words, keys=("caution",))
    if limits.sdr_hours is not None and limits.sdr_hours <= 0:
        plenty = 1e3 * max(option.sdr_hours for option in problem.options)
        if buys(replace(problem, limits=replace(limits, sdr_hours=plenty))):
            yield Hindrance(words="nobody has hours to follow up", keys=("sdr_hours",))
    if buys(replace(problem, options=tuple(replace(option, min_units=0.0) for option in problem.options))):
        keys = tuple(f"offer: {option.name}" for option in problem.options if option.min_units > 0)
        yield Hindrance(words="the smallest orders that are taken do not fit, or would not pay", keys=keys)
    if buys(replace(problem, options=tuple(replace(option, max_units=None) for option in problem.options))):
        keys = tuple(f"offer: {option.name}" for option in problem.options if option.max_units is not None)
        yield Hindrance(words="of what would pay nothing can be had", keys=keys)

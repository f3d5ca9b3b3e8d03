"""What would change the advice: every number moved to the ends of its range, alone and in pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from payper.advice.futures import STEPS, History, Outlook, assemble, outlooks_of
from payper.advice.mix import Mix, conflicts, quick_mix, whole_units
from payper.advice.options import MODEL_WORDS, Array, MixProblem
from payper.advice.pooling import Rate
from payper.advice.priors import Mark
from payper.advice.profile import Numbers, Offer

PAIRED = 4
"""Numbers that are moved in pairs: those that move the value most."""
STEP_WORDS = {
    "booked": "leads that become a booked meeting",
    "held": "booked meetings that are held",
    "opportunity": "held meetings that become an opportunity",
    "won": "opportunities won within the horizon",
}
"""Steps of the journey, in words."""
_DRAWS = 40
_PURE = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that advice is computed from, so that parts of it can be moved.

    Attributes:
        numbers: As `profile.numbers_of`.
        offers: In order.
        outlooks: What is believed of each offer.
        goal: The kind of goal.
        bought: Units bought before in the audience.
        seed: Of the draws.
        history: What `outlooks` were learnt from; None: priors only.
    """

    numbers: Numbers
    offers: tuple[Offer, ...]
    outlooks: tuple[Outlook, ...]
    goal: str = "revenue"
    bought: float = 0.0
    seed: int = 0
    history: History | None = None

    def problem(self, draws: int, seed: int | None = None) -> MixProblem:
        """Put the question with so many futures."""
        return assemble(
            self.numbers,
            self.offers,
            self.outlooks,
            goal=self.goal,
            bought=self.bought,
            draws=draws,
            seed=self.seed if seed is None else seed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A number that can be moved.

    Attributes:
        key: The number's key, `price: MODEL`, or `STEP: MODEL` for a share of a step.
        words: What it is.
        value: Where it stands; for prices 1, the factor.
        low: The lower end of its range.
        high: The upper end.
        unit: As `Number.unit`; `factor` for prices.
    """

    key: str
    words: str
    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What moving one number does.

    Attributes:
        lever: Which.
        advice_low: The advice at its lower end: a model's name, `mix` or `nothing`.
        advice_high: The same at its upper end.
        value_low_minor: The best mix's value at the lower end.
        value_high_minor: The same at the upper end.
        changes_advice: Whether either end gives other advice.
        switch_at: The value nearest to where it stands at which advice changes; None where it does not.
    """

    lever: Lever
    advice_low: str
    advice_high: str
    value_low_minor: float
    value_high_minor: float
    changes_advice: bool
    switch_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairChange:
    """Two numbers that change the advice together where neither does alone.

    Attributes:
        levers: Keys of the two.
        values: To what they are moved.
        advice: The advice there.
        value_minor: The best mix's value there.
    """

    levers: tuple[str, str]
    values: tuple[float, float]
    advice: str
    value_minor: float


def shares_of(problem: MixProblem, bought: Sequence[float] | Array) -> dict[str, float]:
    """Give the share of spend by model; empty where nothing is spent."""
    spend: dict[str, float] = {}
    for place, (option, units) in enumerate(zip(problem.options, bought, strict=True)):
        held = float(problem.draws.held[:, place].mean())
        spend[option.model] = spend.get(option.model, 0.0) + units * (option.price_minor + option.held_price_minor * held)
    total = sum(spend.values())
    return {model: each / total for model, each in sorted(spend.items()) if each > 1e-6 * total} if total > 0 else {}


def advice_of(problem: MixProblem, bought: Sequence[float] | Array) -> str:
    """Name what a mix is: the model that takes at least 85 % of spend, `mix` where none does, `nothing` where nothing is bought."""
    shares = shares_of(problem, bought)
    if not shares:
        return "nothing"
    model = max(shares, key=shares.__getitem__)
    return MODEL_WORDS[model] if shares[model] >= _PURE else "mix"


def levers_of(situation: Situation) -> tuple[Lever, ...]:
    """Give the numbers that can be moved, each with its range: 80 % for what is believed, a quarter for what the buyer can change."""
    numbers, levers = situation.numbers, []
    for key in ("deal_minor", "margin", "cycle_days", "prospects", "sdr_hours_lead"):
        row = numbers.row(key)
        low, high = (row.low, row.high) if row.low < row.high else (row.value * 0.75, row.value * 1.25)
        if key == "margin":
            high = min(high, 1.0)
        levers.append(Lever(key=key, words=row.words, value=row.value, low=low, high=high, unit=row.unit))
    for key in ("budget", "sdr_hours", "ae_slots"):
        row = numbers.row(key)
        levers.append(Lever(key=key, words=row.words, value=row.value, low=row.value * 0.75, high=row.value * 1.25, unit=row.unit))
    models: list[str] = sorted({offer.model for offer in situation.offers})
    for model in models:
        words = f"{MODEL_WORDS[model]} prices"
        levers.append(Lever(key=f"price: {model}", words=words, value=1.0, low=0.8, high=1.2, unit="factor"))
    for step, words in STEP_WORDS.items():
        for model in [each for each in models if each != "appointment"] if step == "booked" else [""]:
            rates = [
                rate_of(one, step) for offer, one in zip(situation.offers, situation.outlooks, strict=True) if model in ("", offer.model)
            ]
            mean, weight = float(np.mean([rate.mean for rate in rates])), float(np.mean([rate.weight for rate in rates]))
            low, high = _ends(Rate(mean=mean, weight=weight))
            name, which = (f"{step}: {model}", f", {MODEL_WORDS[model]}") if model else (step, "")
            levers.append(Lever(key=name, words=words + which, value=mean, low=low, high=high, unit="share"))
    return tuple(lever for lever in levers if lever.value > 0 and lever.low < lever.high)


def move(situation: Situation, lever: Lever, value: float) -> Situation:
    """Give the situation with one number moved; the shares of a step move in proportion for all offers they concern."""
    if lever.key.startswith("price: "):
        model = lever.key.removeprefix("price: ")
        offers = tuple(
            replace(offer, price_minor=round(offer.price_minor * value), held_price_minor=round(offer.held_price_minor * value))
            if offer.model == model
            else offer
            for offer in situation.offers
        )
        return replace(situation, offers=offers)
    step, _, model = lever.key.partition(": ")
    if step in STEPS:
        factor = value / lever.value
        outlooks = tuple(
            _with_rate(one, step, min(rate_of(one, step).mean * factor, 1.0)) if model in ("", offer.model) else one
            for offer, one in zip(situation.offers, situation.outlooks, strict=True)
        )
        return replace(situation, outlooks=outlooks)
    numbers = with_number(situation.numbers, lever.key, value)
    return replace(situation, numbers=numbers, outlooks=_relearnt(situation, numbers))


def _relearnt(situation: Situation, numbers: Numbers) -> tuple[Outlook, ...]:
    """Learn from history anew with other numbers, as if they had been the answers; shares that were moved before stay moved as far."""
    before = outlooks_of(situation.numbers, situation.offers, situation.history)
    after = outlooks_of(numbers, situation.offers, situation.history)
    return tuple(new if one == old else _carried(one, old, new) for one, old, new in zip(situation.outlooks, before, after, strict=True))


def _carried(one: Outlook, old: Outlook, new: Outlook) -> Outlook:
    """Carry over to a newly learnt outlook how far each share had been moved from the earlier one."""
    for step in STEPS:
        was, now = rate_of(old, step).mean, rate_of(one, step).mean
        if was != now and was > 0:
            new = _with_rate(new, step, min(rate_of(new, step).mean * now / was, 1.0))
    return new


def with_number(numbers: Numbers, key: str, value: float) -> Numbers:
    """Give numbers with one of them at another value, as if the buyer had answered with it."""
    rows = tuple(replace(row, value=value, low=value, high=value, mark=Mark.YOURS) if row.key == key else row for row in numbers.rows)
    return replace(numbers, rows=rows)


def changes(situation: Situation, mix: Mix, *, caution: float) -> tuple[tuple[Change, ...], tuple[PairChange, ...]]:
    """Tell what moving numbers alone, and those that matter most in pairs, does to the advice.

    Args:
        situation: Where everything stands.
        mix: The advice there, to start from.
        caution: The weight of the worst tenth of futures.

    Returns:
        One change per number, the one that moves the value most first; and the pairs that change the advice where neither number does.
    """
    solved: dict[tuple[float | str, ...], tuple[str, float]] = {}

    def advise(*moves: tuple[Lever, float]) -> tuple[str, float]:
        key = tuple(part for lever, value in moves for part in (lever.key, value))
        if key not in solved:
            moved = situation
            for lever, value in moves:
                moved = move(moved, lever, value)
            problem = moved.problem(_DRAWS)
            if conflicts(problem):
                solved[key] = ("nothing", 0.0)
            else:
                units, value = quick_mix(problem, caution=caution, start=mix.units)
                whole = whole_units(problem, units)
                solved[key] = (advice_of(problem, whole), value if whole.sum() > 0 else 0.0)
        return solved[key]

    now, _ = advise()
    alone = []
    for lever in levers_of(situation):
        (low, value_low), (high, value_high) = advise((lever, lever.low)), advise((lever, lever.high))
        is_other = low != now or high != now
        alone.append(
            Change(
                lever=lever, advice_low=low, advice_high=high, value_low_minor=value_low, value_high_minor=value_high,
                changes_advice=is_other, switch_at=_switch(lever, now, low, high, advise) if is_other else None,
            )
        )  # fmt: skip
    alone.sort(key=lambda change: -abs(change.value_high_minor - change.value_low_minor))
    steady = [change.lever for change in alone if not change.changes_advice][:PAIRED]
    pairs = []
    for one, two in combinations(steady, 2):
        for values in product((one.low, one.high), (two.low, two.high)):
            advice, value = advise((one, values[0]), (two, values[1]))
            if advice != now:
                pairs.append(PairChange(levers=(one.key, two.key), values=values, advice=advice, value_minor=value))
    return tuple(alone), tuple(pairs)


def _switch(lever: Lever, now: str, low: str, high: str, advise: Callable[..., tuple[str, float]]) -> float:
    """Find by halving where advice changes, on the side where the range ends nearer."""
    ends = [end for end, advice in ((lever.low, low), (lever.high, high)) if advice != now]
    other = min(ends, key=lambda end: abs(end - lever.value))
    same = lever.value
    for _ in range(4):
        middle = (same + other) / 2
        same, other = (middle, other) if advise((lever, middle))[0] == now else (same, middle)
    return (same + other) / 2


def rate_of(outlook: Outlook, step: str) -> Rate:
    """Give the share of one step."""
    return {"booked": outlook.booked, "held": outlook.held, "opportunity": outlook.opportunity, "won": outlook.won}[step]


def _with_rate(outlook: Outlook, step: str, mean: float) -> Outlook:
    rate = replace(rate_of(outlook, step), mean=mean)
    if step == "booked":
        return replace(outlook, booked=rate)
    if step == "held":
        return replace(outlook, held=rate)
    return replace(outlook, opportunity=rate) if step == "opportunity" else replace(outlook, won=rate)


def _ends(rate: Rate) -> tuple[float, float]:
    from scipy.special import betaincinv

    if not np.isfinite(rate.weight) or not 0 < rate.mean < 1:
        return rate.mean, rate.mean
    low, high = betaincinv(rate.successes, rate.failures, np.array([0.1, 0.9]))
    return float(low), float(high)

"""The words of a recommendation: its headline, its banner, and why, each sentence with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from payper.advice.futures import visible_share
from payper.advice.mix import Mix, Use
from payper.advice.nothing import Hindrance
from payper.advice.options import MixProblem
from payper.advice.profile import Numbers, Profile
from payper.advice.recommendation import GoalAdvice, Ground, Line
from payper.advice.sensitivity import Situation
from payper.advice.terrain import Terrain
from payper.money import exponent, format_minor
from payper.terms.findings import list_words

UNIT_WORDS = {"lead": "leads", "appointment": "appointments", "hybrid": "hybrid leads"}
LIMIT_WORDS = {
    "budget": ("the budget", "budget"),
    "sdr_hours": ("SDR hours", "sdr_hours"),
    "ae_slots": ("account executives' meeting slots", "ae_slots"),
}


def money(minor: float, currency: str) -> str:
    """Write an amount for people: whole units from a hundred on, else with its decimals."""
    digits = exponent(currency) or 0
    whole = minor / 10**digits
    text = f"{round(whole):,} {currency}" if abs(whole) >= 100 else format_minor(round(minor), currency)
    return text.replace("-", "\N{MINUS SIGN}")


def counted(number: float, one: str) -> str:
    """Write a number with its noun: `1 month`, `2.5 months`."""
    return f"{number:g} {one if number == 1 else one + 's'}"


def headline_of(profile: Profile, numbers: Numbers, lines: tuple[Line, ...], mix: Mix, hindrance: Hindrance | None) -> str:
    """Give the answer in a sentence."""
    bought = [line for line in lines if line.units > 0]
    months = counted(numbers.months, "month")
    if hindrance is not None:
        return f"Buy nothing in {months}: {hindrance.words}."
    parts = [f"{line.units:,} {UNIT_WORDS[line.model]} from {line.provider}{f' ({line.tier})' if line.tier else ''}" for line in bought]
    value = mix.value_minor
    brings = f"{money(abs(value), profile.currency)} {'more' if value >= 0 else 'less'} margin than they cost"
    spend = money(sum(line.spend_minor for line in bought), profile.currency)
    bought_words = list_words(parts, joiner="and")
    return f"Buy {bought_words} for {spend} in {months}: {brings} is expected within {counted(numbers['horizon_days'], 'day')}."


def banner_of(situation: Situation) -> str:
    """Say first what must be said: that no history, or history of some offers only, stands behind the advice."""
    known = [offer.name for offer, one in zip(situation.offers, situation.outlooks, strict=True) if one.has_history]
    if not known:
        return "Benchmarks, not your data: every share below is from vendors' pages or assumed until your own history replaces it."
    if len(known) < len(situation.offers):
        unknown = [offer.name for offer in situation.offers if offer.name not in known]
        return f"Your data for {list_words(known, joiner='and')}; benchmarks for {list_words(unknown, joiner='and')}."
    return ""


def goal_words(goal: GoalAdvice, currency: str) -> str:
    """Say how the recommended mix stands to the goal and what reaching it costs."""
    amount = money(goal.amount, currency) if goal.kind in ("revenue", "pipeline") else f"{goal.amount:,.0f}"
    counted = {"revenue": "revenue", "pipeline": "pipeline", "meetings": "meetings held"}.get(goal.kind, "people reached")
    now = f"The recommended mix reaches {amount} {counted} in {goal.chance:.0%} of futures."
    spend = money(goal.plan.mix.spend_minor, currency)
    if goal.plan.is_reached:
        return f"{now} The cheapest plan that reaches it in 80 % costs {spend}."
    return f"{now} No plan within these limits reaches it in 80 %; the best one found has {goal.plan.chance:.0%} and costs {spend}."


def grounds_of(
    profile: Profile, situation: Situation, problem: MixProblem, mix: Mix, lines: tuple[Line, ...], hindrance: Hindrance | None
) -> tuple[Ground, ...]:
    """Say why, the weightiest first; each sentence names the numbers, answers and offers it rests on."""
    speaker = _Speaker(profile, situation, problem, mix, lines)
    first = () if hindrance is None else speaker.hindered(hindrance)
    return (*first, *speaker.limits(), *speaker.offers(), *speaker.time(), *speaker.people(), *speaker.strategy())


class _Speaker:
    """What the sentences are made from."""

    def __init__(self, profile: Profile, situation: Situation, problem: MixProblem, mix: Mix, lines: tuple[Line, ...]) -> None:
        self._profile = profile
        self._numbers = situation.numbers
        self._situation = situation
        self._problem = problem
        self._mix = mix
        self._lines = lines
        self._terrain = Terrain(problem)
        self._bought = [line for line in lines if line.units > 0]

    def _money(self, minor: float) -> str:
        return money(minor, self._profile.currency)

    def hindered(self, hindrance: Hindrance) -> Iterator[Ground]:
        """What decides that nothing is bought."""
        keys = tuple(dict.fromkeys(each for key in hindrance.keys for each in (self._keys(key) or (key,))))
        yield Ground(words=f"{hindrance.words[:1].upper()}{hindrance.words[1:]}.", keys=keys)

    def limits(self) -> Iterator[Ground]:
        """What binds, and what one more of it is worth."""
        for use in self._mix.uses:
            if use.name in ("budget", "sdr_hours") and use.used > (use.limit or 0.0) * (1 + 1e-6) + 1e-6:
                used, limit = (self._money(each) if use.name == "budget" else f"{each:,.0f} hours" for each in (use.used, use.limit or 0.0))
                words = f"What is promised goes beyond {LIMIT_WORDS[use.name][0]}: it takes {used}, and there are {limit}."
                yield Ground(words=words, keys=self._keys(use.name))
            elif use.name in LIMIT_WORDS and use.limit == 0:
                yield Ground(
                    words=f"There is nothing of {LIMIT_WORDS[use.name][0]} to plan with.", keys=self._keys(LIMIT_WORDS[use.name][1])
                )
            elif use.name in LIMIT_WORDS and use.binds:
                yield Ground(words=self._scarce(use), keys=self._keys(LIMIT_WORDS[use.name][1]))
            elif use.name.startswith("audience") and use.binds and use.limit:
                bought = sum(line.units for line in self._bought)
                words = (
                    f"{bought:,} units bring {use.used:,.0f} new people of an audience of {use.limit:,.0f}, as the others overlap with "
                    f"what was bought before or with each other: one more prospect in the audience is worth {self._money(use.worth_minor)}."
                )
                yield Ground(words=words, keys=self._keys("prospects", "already_bought"))
            elif use.name == "payback" and use.limit and (use.binds or not self._bought):
                yield Ground(words=self._late(use.limit), keys=self._keys("payback_months", "margin_months", "margin"))

    def _scarce(self, use: Use) -> str:
        worth = use.worth_minor
        if use.name == "budget":
            digits = 10 ** (exponent(self._profile.currency) or 0)
            return (
                f"The budget decides: each further {self._profile.currency} would bring {worth * digits / digits:.2f} more than it costs."
            )
        if use.name == "sdr_hours":
            return f"SDR hours decide: all {use.limit:,.0f} are used, and one more would bring {self._money(worth)}."
        return (
            f"Meeting slots decide: {use.used:,.0f} of the {use.limit:,.0f} that can be planned with are used on average and all in "
            f"the better futures; one more is worth {self._money(worth)}."
        )

    def _late(self, limit: float) -> str:
        """Say what the payback limit does."""
        margin = (self._terrain.held * self._terrain.worth).mean(axis=0)
        months = np.divide(self._terrain.mean_cost, margin, out=np.full(margin.size, np.inf), where=margin > 0)
        quickest = float(months.min()) * self._problem.limits.margin_months
        if quickest > limit:
            soonest = f"the quickest offer does after {quickest:.1f}" if np.isfinite(quickest) else "none ever does"
            return f"Nothing pays back within the limit of {counted(limit, 'month')}: {soonest}."
        return f"The payback limit of {counted(limit, 'month')} holds the mix back."

    def offers(self) -> Iterator[Ground]:
        """What each offer brings for its price."""
        worth = (self._terrain.held * self._terrain.worth).mean(axis=0) + self._terrain.touch
        cost = self._terrain.mean_cost
        for place in np.argsort(-np.array([line.spend_minor for line in self._lines]), kind="stable"):
            line, option = self._lines[place], self._problem.options[place]
            keys = (f"offer: {line.option}", *self._rates(line))
            gain, pays = self._money(float(worth[place])), self._money(float(cost[place]))
            beside = " beside what is bought" if self._bought else ""
            brings = f"{line.option}: one brings {gain} margin and costs {pays} with its SDR time"
            limit = self._money(line.break_even.middle)
            if line.units > 0:
                yield Ground(words=f"{brings}; beside the rest it is worth up to {limit} a unit.", keys=keys)
            elif line.break_even.middle <= 0:
                yield Ground(words=f"{brings}; not even a free one would help{beside}.", keys=keys)
            else:
                smallest = f" and {option.min_units:,.0f} at least" if option.min_units else ""
                price = self._money(line.price_minor)
                words = f"{brings}; it is left out, as it would have to cost at most {limit}, and costs {price}{smallest}."
                yield Ground(words=words, keys=keys)

    def _rates(self, line: Line) -> tuple[str, ...]:
        booked = {"lead": ("lead_to_booked", "follow_up_odds", "nurture_odds"), "hybrid": ("setting_to_booked",)}.get(line.model, ())
        rates = (*booked, "booked_to_held", "held_to_opportunity", "opportunity_to_won", "deal_minor", "margin")
        return (f"history: {line.option}", *rates) if line.has_history else rates

    def time(self) -> Iterator[Ground]:
        """How the cycle length and the horizon bear on it."""
        numbers = self._numbers
        within = visible_share(numbers, numbers["horizon_days"])
        words = (
            f"With a cycle of {counted(round(numbers['cycle_days']), 'day')}, {within:.0%} of the deals that will be won are won within "
            f"{counted(numbers['horizon_days'], 'day')} of delivery; the others are not counted."
        )
        yield Ground(words=words, keys=self._keys("cycle_days", "cycle_spread", "horizon_days"))

    def people(self) -> Iterator[Ground]:
        """How follow-up and nurture bear on leads."""
        numbers, sales = self._numbers, self._profile.sales
        if not any(line.model == "lead" for line in self._lines):
            return
        odds = numbers["follow_up_odds"] * numbers["nurture_odds"]
        if abs(odds - 1) < 0.05:
            return
        better = "better" if odds > 1 else "worse"
        follow, nurture = sales.follow_up or "within 2 days", sales.nurture or "by hand"
        words = (
            f"Leads do {better} with you than with most: first contact {follow} and nurture {nurture} multiply the odds of a "
            f"booking by {odds:.2f}."
        )
        yield Ground(words=words, keys=self._keys("follow_up_odds", "nurture_odds"))

    def strategy(self) -> Iterator[Ground]:
        """How goal, risk, expansion and novelty bear on it."""
        numbers, mix = self._numbers, self._mix
        if numbers.has("touch_worth"):
            worth = self._money(numbers["touch_worth"])
            words = f"As awareness is the goal, every person reached counts with {worth}, whether or not they meet you."
            yield Ground(words=words, keys=self._keys("touch_worth"))
        if self._profile.goals.kind in ("message test", "new market"):
            words = "What is to be learned comes first: buy the first test, read it, and only then the rest."
            yield Ground(words=words, keys=("goals.kind",))
        if numbers["expansion"] > 0:
            words = f"A customer is worth {1 + numbers['expansion']:.2f} first deals, as customers buy more later."
            yield Ground(words=words, keys=self._keys("expansion", "deal_minor"))
        if numbers.has("history_trust"):
            words = f"In a new market your history counts {numbers['history_trust']:.0%}: buy little first and read it."
            yield Ground(words=words, keys=self._keys("history_trust"))
        if mix.caution > 0 and self._bought:
            words = (
                f"The worst tenth of futures weighs {mix.caution:.0%} in the choice; in it the mix brings {self._money(mix.tail_minor)}."
            )
            yield Ground(words=words, keys=self._keys("caution"))

    def _keys(self, *numbers: str) -> tuple[str, ...]:
        """Give number keys, each with the answer it comes from."""
        keys: list[str] = []
        for key in numbers:
            if self._numbers.has(key):
                row = self._numbers.row(key)
                keys += [key, row.answer] if row.answer else [key]
        return tuple(dict.fromkeys(keys))

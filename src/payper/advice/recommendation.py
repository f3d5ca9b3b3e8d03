"""A recommendation: everything a report needs, as values."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import Any

from payper.advice.break_even import Band, PairBreakEven
from payper.advice.first_test import FirstTest
from payper.advice.flow import FlowPlan
from payper.advice.goals import GoalPlan
from payper.advice.measured import Measured
from payper.advice.mix import Mix
from payper.advice.profile import GoalKind, Number
from payper.advice.sensitivity import Change, PairChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is bought of one offer.

    Attributes:
        option: Name of the offer.
        provider: The provider's id.
        model: `lead`, `appointment` or `hybrid`.
        tier: As the offer says.
        units: Whole units to buy; 0 where none are.
        spend_minor: What they cost.
        share: Of all spend, from 0 to 1.
        meetings: Meetings they are expected to bring.
        price_minor: Per accepted unit, as offered.
        break_even: Up to which price per accepted unit it is worth buying beside the best mix without it, over futures.
        has_history: Whether the buyer's own history stands behind it.
    """

    option: str
    provider: str
    model: str
    tier: str
    units: int
    spend_minor: float
    share: float
    meetings: float
    price_minor: float
    break_even: Band
    has_history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why: one sentence, and where it comes from.

    Attributes:
        words: The sentence.
        keys: Numbers, answers (`sales.ae_count`) or offers (`offer: NAME`) that it rests on.
    """

    words: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerUp:
    """Another mix.

    Attributes:
        name: What it is, in words.
        units: Of each option.
        value_minor: Its mean value.
        loss_minor: What it is expected to bring less than the recommended mix; 0 or above unless it differs by noise or caution alone.
        chance_better: The share of futures in which it brings more.
    """

    name: str
    units: tuple[float, ...]
    value_minor: float
    loss_minor: float
    chance_better: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRange:
    """The share of spend that a model takes: in the recommended mix, and in 8 of 10 futures, were each known beforehand."""

    model: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalAdvice:
    """How the recommended mix stands to the goal, and the cheapest plan that reaches it.

    Attributes:
        kind: What it counts.
        amount: How much of it; minor units for revenue and pipeline.
        chance: That the recommended mix reaches it.
        plan: The cheapest plan that reaches it with 80 %; where none does, the one with the best chance.
        words: In words.
    """

    kind: GoalKind
    amount: float
    chance: float
    plan: GoalPlan
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What to buy, why, how sure, and what would change it.

    Attributes:
        headline: The answer in a sentence.
        advice: `pay-per-lead`, `pay-per-appointment`, `hybrid`, `mix` or `nothing`.
        banner: What must be said first, such as that these are benchmarks and not the buyer's data; empty where nothing must.
        currency: Of all amounts.
        months: The period planned.
        horizon_days: Days after a delivery within which revenue counts.
        lines: One per offer, in the order of the offers.
        mix: The recommended mix, with what it uses, what binds and what one more of each limit is worth.
        average: The mix that is best on average.
        cautious: The mix of a cautious buyer.
        shares: By model.
        sure: The share of futures in which it brings at least as much as every model alone and as buying nothing.
        loses: The share of futures in which it loses money.
        grounds: Why, the weightiest first.
        pair_break_evens: Break-even prices of appointments against leads by what is scarce.
        runner_ups: The two best mixes that differ.
        changes: What moving one number does, the one that moves the value most first.
        pair_changes: What moving two does, where neither does alone.
        goal: None where the profile sets no amount.
        first_test: The test to buy first; None where none is worth anything.
        flow: The mix by week.
        numbers: Every number used, with source, date and mark; shares of steps as they were before history.
        measured: What the buyer's own record says of every offer and step, and what is used after it; empty where there is none.
        assumptions: What was taken for want of an answer.
        notes: What else must be known, such as promises beyond the budget.
        draws: Futures the mix was chosen on.
        seed: Of the draws.
    """

    headline: str
    advice: str
    banner: str
    currency: str
    months: float
    horizon_days: int
    lines: tuple[Line, ...]
    mix: Mix
    average: Mix
    cautious: Mix
    shares: tuple[ShareRange, ...]
    sure: float
    loses: float
    grounds: tuple[Ground, ...]
    pair_break_evens: tuple[PairBreakEven, ...]
    runner_ups: tuple[RunnerUp, ...]
    changes: tuple[Change, ...]
    pair_changes: tuple[PairChange, ...]
    goal: GoalAdvice | None
    first_test: FirstTest | None
    flow: FlowPlan
    numbers: tuple[Number, ...]
    measured: tuple[Measured, ...]
    assumptions: tuple[str, ...]
    notes: tuple[str, ...]
    draws: int
    seed: int

    def line(self, option: str) -> Line:
        """Give the line of an offer.

        Raises:
            KeyError: There is none of this name.
        """
        found = next((line for line in self.lines if line.option == option), None)
        if found is None:
            raise KeyError(option)
        return found

    def share(self, model: str) -> float:
        """Give the share of spend of a model; 0 where nothing of it is bought."""
        return next((each.share for each in self.shares if each.model == model), 0.0)

    def to_json(self) -> dict[str, Any]:
        """Give the recommendation as JSON-ready values with stable keys, the names of the attributes; what is no number is null."""
        value = to_json(self)
        assert isinstance(value, dict)
        return value


def to_json(value: object) -> Any:
    """Give dataclasses, tuples and numbers as JSON-ready values; a number that is not finite is null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): to_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return float(value) if isfinite(value) else None
    return value

"""Options: what could be bought, from whom, at what price, and what limits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Model = Literal["lead", "appointment", "hybrid"]

MODEL_WORDS: dict[str, str] = {"lead": "pay-per-lead", "appointment": "pay-per-appointment", "hybrid": "hybrid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing that could be bought: a provider, a model and a tier, with its price and what a unit needs.

    A unit is one accepted delivery. Amounts are minor units of the currency of advice and need not be whole, as some are expectations.

    Attributes:
        name: Unique among the options of one question.
        provider: The provider's id.
        model: `lead`, `appointment` or `hybrid` (leads that the same provider may turn into appointments).
        tier: A name for the price level or filter, such as `director`; empty for the only one.
        price_minor: What a unit costs when it is accepted or booked.
        held_price_minor: What is owed besides for each meeting held, after offsets.
        won_percent: What is owed besides of each won amount, in percent.
        sdr_hours: Hours of sales development a unit takes.
        ae_meetings: Account executives' slots that one held meeting takes, at least a little above 0.
        min_units: The smallest order, if anything is bought at all.
        committed_units: What is already promised and must be bought.
        max_units: The most that can be had in the period; None where only money, time and audience limit it.
        audience: The name of the audience it draws from; options that share one also share its saturation.
    """

    name: str
    provider: str
    model: Model
    tier: str = ""
    price_minor: float
    held_price_minor: float = 0.0
    won_percent: float = 0.0
    sdr_hours: float = 0.0
    ae_meetings: float = 1.0
    min_units: float = 0.0
    committed_units: float = 0.0
    max_units: float | None = None
    audience: str = "audience"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """The prospects who can be reached.

    Attributes:
        name: As options name it.
        prospects: How many there are (U); None where there are more than could ever be bought.
        already_bought: Units bought there before.
    """

    name: str = "audience"
    prospects: float | None = None
    already_bought: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the buyer has in the period; None where something is without limit.

    Attributes:
        budget_minor: Money for providers.
        sdr_hours: Hours of sales development for what is bought.
        ae_slots: Meetings that account executives can hold. Plan with 85 % of them, as meetings do not come evenly.
        wage_minor: What an hour of sales development costs; counted in the value of a mix, not in the budget.
        payback_months: The most months of gross margin that may pass until won customers have paid back what was spent, or None.
        margin_months: Months over which a won customer's margin comes in, for `payback_months`.
    """

    budget_minor: float | None = None
    sdr_hours: float | None = None
    ae_slots: float | None = None
    wage_minor: float = 0.0
    payback_months: float | None = None
    margin_months: float = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Futures: what units would bring, one row per draw and one column per option, in the order of the options.

    Attributes:
        held: Meetings held per useful unit, (draws, options), from 0 to 1.
        worth_minor: Margin, less what the provider gets of it, per held meeting and within the horizon, (draws, options).
        revenue_minor: Revenue per held meeting within the horizon, (draws, options).
        pipeline_minor: Amount of opportunities per held meeting, (draws, options).
        touch_minor: What reaching a prospect is worth whatever follows, (options,); zero unless awareness is the goal.
    """

    held: Array
    worth_minor: Array
    revenue_minor: Array
    pipeline_minor: Array
    touch_minor: Array

    @property
    def count(self) -> int:
        """Give the number of draws."""
        return int(self.held.shape[0])

    def take(self, columns: Sequence[int]) -> Draws:
        """Give the draws of some options."""
        at = np.asarray(columns, dtype=np.intp)
        return Draws(
            held=self.held[:, at],
            worth_minor=self.worth_minor[:, at],
            revenue_minor=self.revenue_minor[:, at],
            pipeline_minor=self.pipeline_minor[:, at],
            touch_minor=self.touch_minor[at],
        )


def draws_of(
    *,
    held: Array,
    worth_minor: Array,
    revenue_minor: Array | None = None,
    pipeline_minor: Array | None = None,
    touch_minor: Array | None = None,
) -> Draws:
    """Make draws from arrays of shape (draws, options); what is left out is nothing, and revenue the worth.

    Raises:
        ValueError: The shapes differ, or a number is not finite.
    """
    held, worth = np.asarray(held, dtype=np.float64), np.asarray(worth_minor, dtype=np.float64)
    revenue = worth.copy() if revenue_minor is None else np.asarray(revenue_minor, dtype=np.float64)
    pipeline = np.zeros_like(worth) if pipeline_minor is None else np.asarray(pipeline_minor, dtype=np.float64)
    touch = np.zeros(held.shape[-1]) if touch_minor is None else np.asarray(touch_minor, dtype=np.float64)
    if held.ndim != 2 or any(each.shape != held.shape for each in (worth, revenue, pipeline)) or touch.shape != held.shape[1:]:
        raise ValueError(f"draws need one shape (draws, options): held {held.shape}, worth {worth.shape}, touch {touch.shape}")
    if not all(np.isfinite(each).all() for each in (held, worth, revenue, pipeline, touch)):
        raise ValueError("draws must be finite numbers")
    return Draws(held=held, worth_minor=worth, revenue_minor=revenue, pipeline_minor=pipeline, touch_minor=touch)


@dataclass(frozen=True, slots=True, kw_only=True)
class MixProblem:
    """A question of what to buy: the options, their futures, and the limits.

    Raises:
        ValueError: Options, draws and audiences do not fit together (we were wrong, not the buyer).
    """

    options: tuple[Option, ...]
    draws: Draws
    limits: Limits
    audiences: tuple[Audience, ...] = (Audience(),)

    def __post_init__(self) -> None:
        names = [option.name for option in self.options]
        known = {audience.name for audience in self.audiences}
        if len(set(names)) != len(names):
            raise ValueError(f"options must have different names: {names}")
        if self.draws.held.shape[1] != len(self.options):
            raise ValueError(f"draws have {self.draws.held.shape[1]} options, not {len(self.options)}")
        missing = {option.audience for option in self.options} - known
        if missing:
            raise ValueError(f"no such audience: {sorted(missing)}")
        if any(option.ae_meetings <= 0 for option in self.options):
            raise ValueError("ae_meetings must be above 0")

    def only(self, columns: Sequence[int]) -> MixProblem:
        """Give the same question with some of the options."""
        return MixProblem(
            options=tuple(self.options[column] for column in columns),
            draws=self.draws.take(columns),
            limits=self.limits,
            audiences=self.audiences,
        )

"""Futures: draws of what each option would bring, from priors and, as it comes, from the buyer's own history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from payper.advice.options import Array, Audience, Draws, Limits, MixProblem, Option, draws_of
from payper.advice.pooling import Rate, StepCount, pooled_rates
from payper.advice.priors import Mark, prior
from payper.advice.profile import Numbers, Offer, Profile
from payper.errors import UsageError
from payper.money import exponent

STEPS = ("booked", "held", "opportunity", "won")
COMMON: dict[str, float] = {"booked": 0.5, "held": 0.5, "opportunity": 0.5, "won": 0.8}
"""How much of what is doubted of a step concerns all offers alike; winning is the work of the buyer's one sales force. Assumed."""
_UNSEEN = StepCount()
_PRICES = frozenset(("lead_price", "appointment_price", "hybrid_lead_price", "hybrid_held_price"))


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionHistory:
    """What became of the deliveries of one offer.

    Attributes:
        booked: Meetings booked, of accepted leads; for appointments unused, as every one is booked.
        held: Meetings held, of booked ones whose day has come.
        opportunity: Opportunities, of meetings held.
        won: Won within the horizon, of opportunities old enough.
        deals: Won deals whose amount is known.
        revenue_minor: Their sum.
        bought: Units bought so far from this audience; they saturate it.
    """

    booked: StepCount = _UNSEEN
    held: StepCount = _UNSEEN
    opportunity: StepCount = _UNSEEN
    won: StepCount = _UNSEEN
    deals: float = 0.0
    revenue_minor: float = 0.0
    bought: float = 0.0


History = Mapping[str, OptionHistory]
"""By name of the offer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is believed of one offer.

    Attributes:
        booked: Units that become a booked meeting; mean 1 for appointments.
        held: Booked meetings held.
        opportunity: Held meetings that become opportunities.
        won: Opportunities won within the horizon.
        deal_minor: The mean deal, first and expansion.
        deal_weight: Deals that its mean is worth.
        has_history: Whether any of it is the buyer's own history.
    """

    booked: Rate
    held: Rate
    opportunity: Rate
    won: Rate
    deal_minor: float
    deal_weight: float
    has_history: bool


def offers_of(profile: Profile) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
    """Give the offers of a profile, or three benchmark offers with an assumption that says so.

    Raises:
        UsageError: Benchmark prices are needed in another currency than USD, and the profile has no rate.
    """
    if profile.offers:
        return profile.offers, ()
    if profile.currency != "USD" and profile.usd_rate is None and not _PRICES.issubset(profile.overrides):
        raise UsageError(
            where=profile.path or "profile",
            seen=f"No offer is written, and prices of the trade are in USD, which has no rate to {profile.currency}.",
            mend=f'Write the offers that you have, or `[rates]` with `USD = "..."`, the {profile.currency} that one USD costs.',
        )
    scale = 10.0 ** (exponent(profile.currency) or 0) * (profile.usd_rate or 1.0)

    def price(key: str) -> int:
        written = profile.overrides.get(key)
        return round(written.value * 10.0 ** (exponent(profile.currency) or 0)) if written is not None else round(prior(key).value * scale)

    def mark(key: str) -> Mark:
        return Mark.YOURS if key in profile.overrides else prior(key).mark

    offers = (
        Offer(name="a pay-per-lead provider", provider="lead provider", model="lead", price_minor=price("lead_price"),
              source=prior("lead_price").source, mark=mark("lead_price")),
        Offer(name="a pay-per-appointment provider", provider="appointment provider", model="appointment",
              price_minor=price("appointment_price"), source=prior("appointment_price").source, mark=mark("appointment_price")),
        Offer(name="a hybrid provider", provider="hybrid provider", model="hybrid", price_minor=price("hybrid_lead_price"),
              held_price_minor=price("hybrid_held_price"), source=prior("hybrid_lead_price").source, mark=mark("hybrid_lead_price")),
    )  # fmt: skip
    return offers, ("No offer is written: three providers at the prices of the trade are compared.",)


def visible_share(numbers: Numbers, days: float) -> float:
    """Give the share of deals to be won that are won within so many days: lognormal around the cycle length.

    Averaged over the uncertainty of the cycle's median, which spreads as the prior's 80 % range does.
    """
    from scipy.special import ndtr

    if days <= 0:
        return 0.0
    row = numbers.row("cycle_days")
    doubt = 0.25 if row.mark is Mark.YOURS else (np.log(row.high) - np.log(row.low)) / 2.563
    spread = float(np.hypot(numbers["cycle_spread"], doubt))
    return float(ndtr((np.log(days) - np.log(max(row.value, 1e-9))) / max(spread, 1e-9)))


def outlooks_of(numbers: Numbers, offers: tuple[Offer, ...], history: History | None = None) -> tuple[Outlook, ...]:
    """Give what is believed of every offer: priors, then what all offers of its model showed, as far as they are alike (`pooled_rates`).

    An offer with an expectation of its own starts from that and is pooled with none. Of meetings held and opportunities, other models
    move the level; wins are pooled over all models, as one sales force works them all; bookings over one model alone.
    """
    trust = numbers["history_trust"] if numbers.has("history_trust") else 1.0
    known = {} if history is None else {name: _trusted(one, trust) for name, one in history.items()}
    within = visible_share(numbers, numbers["horizon_days"])
    rates = {step: _rates_of(step, numbers, offers, known, within) for step in STEPS}
    made = []
    for place, offer in enumerate(offers):
        own = known.get(offer.name, OptionHistory())
        seen = [own] if offer.deal_minor is not None else list(known.values())
        deals, revenue, weight = sum(one.deals for one in seen), sum(one.revenue_minor for one in seen), numbers["deal_weight"]
        deal = offer.deal_minor if offer.deal_minor is not None else numbers["deal_minor"]
        mean = (weight * deal + revenue) / (weight + deals) if weight + deals > 0 else deal
        made.append(
            Outlook(
                booked=rates["booked"][place] if offer.model != "appointment" else Rate(mean=1.0, weight=np.inf),
                held=rates["held"][place],
                opportunity=rates["opportunity"][place],
                won=rates["won"][place],
                deal_minor=mean * (1 + numbers["expansion"]),
                deal_weight=weight + deals,
                has_history=own != OptionHistory(),
            )
        )
    return tuple(made)


def _rates_of(
    step: str, numbers: Numbers, offers: tuple[Offer, ...], known: Mapping[str, OptionHistory], within: float
) -> tuple[Rate, ...]:
    """Give one step's share for every offer."""
    counts = [count_of(known.get(offer.name, OptionHistory()), step) for offer in offers]
    is_own = [_expected(offer, step) is not None for offer in offers]
    found: dict[int, Rate] = {}
    for kind in dict.fromkeys(_kind(offer, step) for offer in offers):
        pooled = [place for place, offer in enumerate(offers) if _kind(offer, step) == kind and not is_own[place]]
        if pooled:
            start = start_of(offers[pooled[0]], step, numbers, within)
            others = [counts[place] for place, offer in enumerate(offers) if _kind(offer, step) != kind and step != "booked"]
            rates = pooled_rates(start, [counts[place] for place in pooled], others, common=COMMON[step])
            found.update(zip(pooled, rates, strict=True))
    for place, offer in enumerate(offers):
        if place not in found:
            found[place] = start_of(offer, step, numbers, within).after(counts[place])
    return tuple(found[place] for place in range(len(offers)))


def problem_of(
    profile: Profile,
    numbers: Numbers,
    offers: tuple[Offer, ...],
    history: History | None = None,
    *,
    draws: int = 100,
    seed: int = 0,
) -> MixProblem:
    """Put the question of what to buy: options, futures, limits and audience of a profile.

    Args:
        profile: The answers.
        numbers: What they stand for, as `numbers_of`.
        offers: As `offers_of`.
        history: What became of earlier deliveries, by name of the offer.
        draws: Futures to draw.
        seed: Of the draws.
    """
    goal = profile.goals.kind or "revenue"
    bought = sum(one.bought for one in (history or {}).values())
    return assemble(numbers, offers, outlooks_of(numbers, offers, history), goal=goal, bought=bought, draws=draws, seed=seed)


def assemble(
    numbers: Numbers,
    offers: tuple[Offer, ...],
    outlooks: tuple[Outlook, ...],
    *,
    goal: str = "revenue",
    bought: float = 0.0,
    draws: int = 100,
    seed: int = 0,
) -> MixProblem:
    """Put the question from numbers and what is believed of every offer; `bought` units have been bought in the audience before."""
    return MixProblem(
        options=tuple(option_of(offer, numbers) for offer in offers),
        draws=draw_futures(outlooks, offers, numbers, goal=goal, draws=draws, seed=seed),
        limits=Limits(
            budget_minor=numbers["budget"],
            sdr_hours=numbers["sdr_hours"],
            ae_slots=numbers["ae_slots"],
            wage_minor=numbers["sdr_wage"],
            payback_months=numbers["payback_months"] if numbers.has("payback_months") else None,
            margin_months=numbers["margin_months"],
        ),
        audiences=(Audience(prospects=numbers["prospects"], already_bought=numbers["already_bought"] + bought),),
    )


def draw_futures(
    outlooks: tuple[Outlook, ...], offers: tuple[Offer, ...], numbers: Numbers, *, goal: str = "revenue", draws: int = 100, seed: int = 0
) -> Draws:
    """Draw futures of offers: one row per draw, one column per offer.

    Shares are drawn at evenly spaced quantiles in a shuffled order (Latin hypercube; McKay, Beckman, Conover 1979, Technometrics 21(2),
    239-245), and each column is brought to the mean it must have, so that few draws suffice and like offers have like means. The
    win rate's luck and the deal size are common to all offers, as one sales force sells them all.
    """
    from scipy.special import betaincinv, gammaincinv

    rng = np.random.default_rng(seed)
    count = len(offers)
    held, worth = np.empty((draws, count)), np.empty((draws, count))
    revenue, pipeline = np.empty((draws, count)), np.empty((draws, count))

    def quantiles() -> Array:
        result: Array = (rng.permutation(draws) + 0.5) / draws
        return result

    def beta(rate: Rate, at: Array) -> Array:
        if not np.isfinite(rate.weight) or rate.mean in (0.0, 1.0):
            return np.full(draws, rate.mean)
        drawn: Array = betaincinv(max(rate.successes, 1e-9), max(rate.failures, 1e-9), at)
        return _to_mean(drawn, rate.mean)

    win, deal = quantiles(), quantiles()
    for place, (offer, outlook) in enumerate(zip(offers, outlooks, strict=True)):
        one = outlook
        held[:, place] = _to_mean(beta(one.booked, quantiles()) * beta(one.held, quantiles()), one.booked.mean * one.held.mean)
        opportunity, won = beta(one.opportunity, quantiles()), beta(one.won, win)
        shape = max(one.deal_weight, 1e-6)
        amount = _to_mean(gammaincinv(shape, deal) / shape, 1.0) * one.deal_minor
        total = one.opportunity.mean * one.won.mean * one.deal_minor
        joint = (held[:, place] * opportunity * won * amount).mean()
        fix = held[:, place].mean() * total / joint if joint > 0 else 1.0
        revenue[:, place] = opportunity * won * amount * fix
        pipeline[:, place] = _to_mean(opportunity * amount, one.opportunity.mean * one.deal_minor)
        worth[:, place] = revenue[:, place] * (numbers["margin"] - offer.won_percent / 100)
    touch = np.full(count, numbers["touch_worth"] if goal == "awareness" else 0.0)
    return draws_of(held=held, worth_minor=worth, revenue_minor=revenue, pipeline_minor=pipeline, touch_minor=touch)


def option_of(offer: Offer, numbers: Numbers) -> Option:
    """Give the option that an offer is."""
    return Option(
        name=offer.name,
        provider=offer.provider,
        model=offer.model,
        tier=offer.tier,
        price_minor=offer.price_minor,
        held_price_minor=offer.held_price_minor,
        won_percent=offer.won_percent,
        sdr_hours=numbers[f"sdr_hours_{offer.model}"] if offer.sdr_hours is None else offer.sdr_hours,
        min_units=offer.min_units,
        committed_units=offer.committed_units,
        max_units=offer.max_units,
    )


def start_of(offer: Offer, step: str, numbers: Numbers, within: float) -> Rate:
    """Give the prior of one of an offer's steps; the buyer's own expectation of the offer goes before the prior of the trade."""
    booked = "setting_to_booked" if offer.model == "hybrid" else "lead_to_booked"
    keys = {"booked": booked, "held": "booked_to_held", "opportunity": "held_to_opportunity", "won": "opportunity_to_won"}
    row, own = numbers.row(keys[step]), _expected(offer, step)
    mean = row.value if own is None else own
    if step == "booked" and offer.model == "lead" and own is None:
        mean = by_odds(mean, numbers["follow_up_odds"] * numbers["nurture_odds"])
    return Rate(mean=mean * (within if step == "won" else 1.0), weight=row.weight)


def _kind(offer: Offer, step: str) -> str:
    """Give the offers that a step is pooled over: all for wins, else those of one model."""
    return "all" if step == "won" else offer.model


def _expected(offer: Offer, step: str) -> float | None:
    return {"booked": offer.booked, "held": offer.held, "opportunity": offer.opportunity, "won": offer.won}[step]


def count_of(one: OptionHistory, step: str) -> StepCount:
    """Give what was seen of one step."""
    return {"booked": one.booked, "held": one.held, "opportunity": one.opportunity, "won": one.won}[step]


def by_odds(share: float, factor: float) -> float:
    """Multiply the odds of a share."""
    if share >= 1:
        return 1.0
    odds = share / (1 - share) * factor
    return odds / (1 + odds)


def _trusted(one: OptionHistory, trust: float) -> OptionHistory:
    if trust >= 1:
        return one

    def part(count: StepCount) -> StepCount:
        return StepCount(reached=count.reached * trust, of=count.of * trust)

    return OptionHistory(
        booked=part(one.booked), held=part(one.held), opportunity=part(one.opportunity), won=part(one.won),
        deals=one.deals * trust, revenue_minor=one.revenue_minor * trust, bought=one.bought,
    )  # fmt: skip


def _to_mean(drawn: Array, mean: float) -> Array:
    """Bring draws to the mean they must have, which few of them miss by chance."""
    now = float(drawn.mean())
    result: Array = drawn * (mean / now) if now > 0 else drawn
    return result

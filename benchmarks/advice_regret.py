"""What following the advice costs against knowing the truth, and against three rules of thumb, in a made-up world.

    OPENBLAS_NUM_THREADS=1 python benchmarks/advice_regret.py [--seed 1] [--repetitions 200] [--size 1] [--alike 1] [--history followed]

Each programme is a buyer with four to six offers of two or three providers, true shares of every step drawn around the trade's, lognormal
lags and deals, and limits of money, SDR hours, slots and audience. There is a year of history: a quarter split evenly, then three that follow
the advice of their day with a tenth split evenly (`--history even`: all four are split evenly). What became of it is known up to the
year's last day, deals still open included. Then each rule buys for a quarter:

* advice: `problem_of` on answers that are a little off, with the year's history, and `best_mix`;
* ideal: the same by one who knows the deal size, the level of every step and how alike offers are, and learns only the offers: less
  than its regret cannot be hoped for;
* advice without history: the same from priors alone;
* best cost per lead: the cheapest unit first, until money, hours or what there is run out;
* best cost per meeting: the lowest observed price per meeting held first, until money, hours or slots run out;
* all pay-per-appointment: the cheapest appointments first, until money, hours or slots run out;
* oracle: `best_mix` on the true shares.

`--size` makes budgets, people and volumes larger or smaller, and so what a year teaches; `--alike` makes offers of one model more or less
alike. Regret is the oracle's true expected value less the rule's, added up over programmes, as a share of the oracle's. Passed when the advice's
is under 3 % and below each rule of thumb's.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from payper.advice.futures import OptionHistory, Outlook, draw_futures, problem_of
from payper.advice.mix import best_mix
from payper.advice.options import MixProblem, draws_of
from payper.advice.pooling import Rate, StepCount, exposed_count
from payper.advice.profile import AudienceAnswers, Goals, Offer, Profile, RevenueStrategy, SalesProcess, numbers_of
from payper.advice.terrain import Terrain

HORIZON = 180
QUARTER = 91


@dataclass
class World:
    """A buyer as it truly is, and as it answers."""

    offers: tuple[Offer, ...]
    booked: np.ndarray
    held: np.ndarray
    opportunity: np.ndarray
    won: np.ndarray
    deal: float
    margin: float
    cycle: float
    spread: float
    profile: Profile
    levels: dict[str, np.ndarray]
    alike: float


def around(rng: np.random.Generator, mean: float, weight: float, size: int) -> np.ndarray:
    return rng.beta(mean * weight, (1 - mean) * weight, size)


ALIKE = {"booked": 50.0, "held": 80.0, "opportunity": 120.0, "won": 400.0}
"""Likeness of offers of one model, as the weight of a Beta distribution around its mean: a standard deviation of 5, 5, 4.5 and 2 points."""
MONTHLY = (10_000.0, 50_000.0)
"""What a contract costs a month; budgets of syndication by a vendor's guide (C, 2026)."""


def world(rng: np.random.Generator, size: float = 1.0, alike: float = 1.0) -> World:
    kinds = [("lead", "appointment"), ("lead", "appointment"), ("lead", "appointment", "hybrid")]
    models = [(str(provider), model) for provider in range(int(rng.integers(2, 4))) for model in kinds[int(rng.integers(3))]]
    budget = 3 * size * len(models) * float(np.exp(rng.uniform(*np.log(MONTHLY))))
    plenty = budget / 60_000
    offers = []
    for provider, model in models:
        price = {"lead": rng.uniform(40, 90), "appointment": rng.uniform(250, 550), "hybrid": rng.uniform(25, 60)}[model]
        held_price = rng.uniform(150, 350) if model == "hybrid" else 0.0
        most = {"lead": rng.uniform(150, 900), "appointment": rng.uniform(30, 200), "hybrid": rng.uniform(100, 600)}[model] * plenty
        offers.append(
            Offer(
                name=f"{provider} {model}", provider=provider, model=model, price_minor=round(100 * price),
                held_price_minor=round(100 * held_price), max_units=float(round(most)),
            )
        )  # fmt: skip
    count = len(offers)
    level = {"lead": rng.beta(3, 17), "hybrid": rng.beta(3, 17)}
    opens = {model: rng.beta(12, 8) for model in ("lead", "appointment", "hybrid")}
    wins = rng.beta(5, 15)
    booked = np.array(
        [1.0 if model == "appointment" else around(rng, max(level[model], 0.02), alike * ALIKE["booked"], 1)[0] for _, model in models]
    )
    shows = rng.beta(15, 5)
    held = around(rng, shows, alike * ALIKE["held"], count)
    opportunity = np.array([around(rng, opens[model], alike * ALIKE["opportunity"], 1)[0] for _, model in models])
    won = around(rng, wins, alike * ALIKE["won"], count)
    deal, margin, cycle = float(np.exp(rng.normal(np.log(14_000), 0.45))), rng.uniform(0.55, 0.85), rng.uniform(30, 120)
    answers = Profile(
        goals=Goals(kind="revenue", months=3.0, horizon_days=HORIZON),
        sales=SalesProcess(
            cycle_days=float(cycle * np.exp(rng.normal(0, 0.2))), sdr_count=plenty * float(rng.integers(1, 4)), sdr_hours_per_week=float(rng.uniform(8, 25)),
            sdr_wage_minor=4000, ae_count=plenty * float(rng.integers(1, 5)), ae_meetings_per_week=float(rng.uniform(2, 6)),
            follow_up="within 2 days", nurture="by hand",
        ),
        audience=AudienceAnswers(prospects=float(np.exp(rng.uniform(np.log(1500), np.log(20_000)))), segment="mid-market"),
        revenue=RevenueStrategy(
            deal_minor=round(100 * deal * np.exp(rng.normal(0, 0.25))), margin=margin, expansion=0.0, margin_months=12, risk="bold",
            budget_minor=round(100 * budget), budget_every="quarter",
        ),
        offers=tuple(offers),
    )  # fmt: skip
    levels = {
        "booked": np.array([1.0 if model == "appointment" else max(level[model], 0.02) for _, model in models]),
        "held": np.full(count, shows),
        "opportunity": np.array([opens[model] for _, model in models]),
        "won": np.full(count, wins),
    }
    return World(tuple(offers), booked, held, opportunity, won, 100 * deal, margin, cycle, 1.0, answers, levels, alike)


def within(truth: World, days: float) -> float:
    return float(norm.cdf((np.log(days) - np.log(truth.cycle)) / truth.spread))


def true_problem(truth: World, asked: MixProblem) -> MixProblem:
    """The same question with the one future that is true."""
    held = (truth.booked * truth.held)[None]
    revenue = (truth.opportunity * truth.won * within(truth, HORIZON) * truth.deal)[None]
    return MixProblem(
        options=asked.options,
        draws=draws_of(held=held, worth_minor=revenue * truth.margin, revenue_minor=revenue),
        limits=asked.limits,
        audiences=asked.audiences,
    )


@dataclass
class Deliveries:
    """What was delivered of one offer, and what truly becomes of it, in days of the year; one element per delivery."""

    at: np.ndarray
    is_booked: np.ndarray
    is_held: np.ndarray
    is_opportunity: np.ndarray
    is_won: np.ndarray
    met: np.ndarray
    opened: np.ndarray
    lag: np.ndarray
    amount: np.ndarray


def deliver(rng: np.random.Generator, truth: World, place: int, units: float, start: float) -> Deliveries:
    count = int(units)
    at = rng.uniform(start, start + QUARTER, count)
    is_booked = rng.random(count) < truth.booked[place]
    met = at + rng.exponential(14, count) * (truth.offers[place].model != "appointment") + rng.exponential(7, count)
    is_held = is_booked & (rng.random(count) < truth.held[place])
    is_opportunity = is_held & (rng.random(count) < truth.opportunity[place])
    opened = met + rng.exponential(14, count)
    is_won = is_opportunity & (rng.random(count) < truth.won[place])
    lag = np.exp(rng.normal(np.log(truth.cycle), truth.spread, count))
    amount = truth.deal * np.exp(rng.normal(-0.32, 0.8, count))
    return Deliveries(at, is_booked, is_held, is_opportunity, is_won, met, opened, lag, amount)


def counted(parts: list[Deliveries], day: float) -> OptionHistory:
    """Count what is known on a day."""
    at, booked, held, opportunity, won, met, opened, lag, amount = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("at", "is_booked", "is_held", "is_opportunity", "is_won", "met", "opened", "lag", "amount")
    )
    age = day - at
    old, has_met = age >= 60, met <= day
    is_open = opportunity & (opened <= day)
    seen = won & (lag <= age)
    return OptionHistory(
        booked=StepCount(reached=float((booked & old).sum()), of=float(old.sum())),
        held=StepCount(reached=float((held & has_met).sum()), of=float((booked & has_met).sum())),
        opportunity=StepCount(reached=float((is_open & old).sum()), of=float((held & old & has_met).sum())),
        won=exposed_count(np.where(won, lag, np.inf)[is_open], age[is_open], horizon_days=HORIZON),
        deals=float(seen.sum()),
        revenue_minor=float(amount[seen].sum()),
    )


def even(asked: MixProblem, share: np.ndarray, spend: np.ndarray) -> np.ndarray:
    """Split the budget evenly, within hours, slots (a fifth more than there are, as meetings fail) and what there is."""
    limits = asked.limits
    units = np.minimum((limits.budget_minor or 0) / len(asked.options) / spend, [option.max_units or np.inf for option in asked.options])
    hours = float(np.array([option.sdr_hours for option in asked.options]) @ units)
    units *= min(1.0, (limits.sdr_hours or np.inf) / max(hours, 1e-9))
    return units * min(1.0, 1.2 * (limits.ae_slots or np.inf) / max(float(share @ units), 1e-9))


def year(rng: np.random.Generator, truth: World, asked: MixProblem, *, is_followed: bool) -> dict[str, OptionHistory]:
    """Buy for four quarters and count what is known on the last day.

    The first quarter is split evenly. The others are too, or follow the advice of their day for all but a tenth, which stays even.
    """
    terrain = Terrain(true_problem(truth, asked))
    split = even(asked, truth.booked * truth.held, terrain.spend)
    numbers, history = numbers_of(truth.profile), {}
    parts: list[list[Deliveries]] = [[] for _ in truth.offers]
    for quarter in range(4):
        units = split
        if is_followed and quarter:
            units = 0.9 * np.array(best_mix(problem_of(truth.profile, numbers, truth.offers, history, draws=60)).units) + 0.1 * split
        for place, bought in enumerate(units):
            parts[place].append(deliver(rng, truth, place, bought, quarter * QUARTER))
        history = {offer.name: counted(parts[place], (quarter + 1) * QUARTER) for place, offer in enumerate(truth.offers)}
    return history


def ideal(truth: World, before: MixProblem, history: dict[str, OptionHistory]) -> MixProblem:
    """The question of one who knows the deal size, the level of every step and how alike offers are, and learns the offers from history."""
    outlooks = []
    for place, offer in enumerate(truth.offers):
        one, rates = history[offer.name], {}
        for step, level in truth.levels.items():
            mean = float(level[place]) * (within(truth, HORIZON) if step == "won" else 1.0)
            rates[step] = Rate(mean=mean, weight=truth.alike * ALIKE[step] if mean < 1 else np.inf)
            rates[step] = rates[step].after(getattr(one, step)) if mean < 1 else rates[step]
        outlooks.append(Outlook(**rates, deal_minor=truth.deal, deal_weight=1e6, has_history=True))
    numbers = numbers_of(truth.profile)
    return MixProblem(
        options=before.options, draws=draw_futures(tuple(outlooks), truth.offers, numbers), limits=before.limits, audiences=before.audiences
    )


def filled(asked: MixProblem, order: list[int], share: np.ndarray, *, minds_slots: bool) -> np.ndarray:
    """Buy in an order until money, hours, what there is, or, where they are minded, slots run out."""
    limits, units = asked.limits, np.zeros(len(asked.options))
    money, hours, slots = limits.budget_minor or 0.0, limits.sdr_hours or 0.0, limits.ae_slots or 0.0
    for place in order:
        option = asked.options[place]
        spend = option.price_minor + option.held_price_minor * share[place]
        most = min(option.max_units or np.inf, money / spend, hours / option.sdr_hours if option.sdr_hours else np.inf)
        most = min(most, slots / share[place]) if minds_slots and share[place] > 0 else most
        units[place] = most
        money, hours, slots = money - most * spend, hours - most * option.sdr_hours, slots - most * share[place]
    return units


def rules(asked: MixProblem, history: dict[str, OptionHistory]) -> dict[str, np.ndarray]:
    shares = []
    for option in asked.options:
        one = history[option.name]
        booked = 1.0 if option.model == "appointment" else one.booked.reached / max(one.booked.of, 1)
        shares.append(booked * one.held.reached / max(one.held.of, 1))
    share = np.array(shares)
    price = np.array([option.price_minor for option in asked.options])
    per_meeting = (price + np.array([option.held_price_minor for option in asked.options]) * share) / np.maximum(share, 1e-9)
    appointments = [place for place, option in enumerate(asked.options) if option.model == "appointment"]
    return {
        "best cost per lead": filled(asked, list(np.argsort(price)), share, minds_slots=False),
        "best cost per meeting": filled(asked, list(np.argsort(per_meeting)), share, minds_slots=True),
        "all pay-per-appointment": filled(asked, sorted(appointments, key=lambda place: price[place]), share, minds_slots=True),
    }


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--repetitions", type=int, default=200)
    arguments.add_argument("--size", type=float, default=1.0)
    arguments.add_argument("--alike", type=float, default=1.0)
    arguments.add_argument("--history", choices=("followed", "even"), default="followed")
    given = arguments.parse_args()
    rng = np.random.default_rng(given.seed)
    values: dict[str, list[float]] = {}
    wins = []
    for _ in range(given.repetitions):
        truth = world(rng, given.size, given.alike)
        numbers = numbers_of(truth.profile)
        before = problem_of(truth.profile, numbers, truth.offers)
        history = year(rng, truth, before, is_followed=given.history == "followed")
        after = problem_of(truth.profile, numbers, truth.offers, history)
        true = Terrain(true_problem(truth, before))
        mixes = {
            "oracle": np.array(best_mix(true.problem).units),
            "advice": np.array(best_mix(after).units),
            "ideal": np.array(best_mix(ideal(truth, before, history)).units),
            "advice without history": np.array(best_mix(before).units),
            "nothing": np.zeros(len(truth.offers)),
            **rules(after, history),
        }
        for name, units in mixes.items():
            values.setdefault(name, []).append(float(true.values(units)[0]))
        wins.append(sum(one.deals for one in history.values()))
    oracle = np.array(values["oracle"])
    print(f"{'rule':<26} {'value, thousand':>15} {'regret':>8} {'(1 s.e.)':>8} {'worst tenth of programmes':>26} {'loses money':>12}")
    regrets = {}
    for name, each in values.items():
        short = oracle - np.array(each)
        regrets[name] = short.sum() / oracle.sum()
        error = short.std() / np.sqrt(short.size) / oracle.mean()
        tail = np.sort(short)[-max(1, short.size // 10) :].sum() / oracle.sum()
        print(
            f"{name:<26} {np.mean(each) / 1e5:>15,.1f} {regrets[name]:>8.2%} {error:>8.2%} {tail:>26.2%} {np.mean(np.array(each) < -1):>12.0%}"
        )
    thumbs = ("best cost per lead", "best cost per meeting", "all pay-per-appointment")
    passed = regrets["advice"] < 0.03 and all(regrets["advice"] < regrets[name] for name in thumbs)
    print(
        f"\nseed {given.seed}, {given.repetitions} programmes, {np.median(wins):.0f} wins seen in the year in the middle one: {'passed' if passed else 'FAILED'}"
    )
    return 0 if passed else 1


if __name__ == "__main__":
    raise SystemExit(main())

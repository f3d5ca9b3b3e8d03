"""Recommend what to buy: the mix, why, how sure, what binds, what would change it, and the first test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from payper.advice.break_even import Band, PairBreakEven, break_even_bands, pair_break_even
from payper.advice.first_test import first_test
from payper.advice.flow import FlowPlan, steady_flow
from payper.advice.futures import History, offers_of, outlooks_of
from payper.advice.goals import chance_of, cheapest_plan, in_whole_orders
from payper.advice.grounds import banner_of, goal_words, grounds_of, headline_of, money
from payper.advice.measured import measured_of
from payper.advice.mix import Mix, best_mix, conflicts, in_whole_units, most_units, quick_mix, whole_units
from payper.advice.mix_search import limit_rows
from payper.advice.nothing import hindrance_of
from payper.advice.options import MODEL_WORDS, Array, MixProblem
from payper.advice.priors import CAUTION
from payper.advice.profile import WEEKS_PER_MONTH, Profile, numbers_of
from payper.advice.recommendation import GoalAdvice, Line, Recommendation, RunnerUp, ShareRange
from payper.advice.sensitivity import Situation, advice_of, changes, shares_of
from payper.advice.terrain import Terrain
from payper.measurement.seeds import check_seed

_FRESH = 1000
_KNOWN = 24
_APART = 0.15
"""Mixes whose spend differs by less than this share are the same to a buyer."""


def recommend(
    profile: Profile,
    *,
    history: History | None = None,
    draws: int = 100,
    seed: int = 0,
    on_the_way: tuple[float, ...] = (),
    is_thorough: bool = True,
) -> Recommendation:
    """Recommend what to buy.

    Args:
        profile: The buyer's answers, as `read_profile` reads them.
        history: What became of earlier deliveries, by name of the offer; None or empty: priors only, which the banner says.
        draws: Futures the mix is chosen on.
        seed: Of the draws; the same seed gives the same recommendation.
        on_the_way: Meetings already expected from earlier deliveries, by week.
        is_thorough: Whether to find what would change the advice and the first test, which takes most of the time.
    """
    situation, words = _situation(profile, history, seed)
    numbers, caution = situation.numbers, situation.numbers["caution"]
    problem, told = _able(situation.problem(draws), profile.currency)
    best, average, cautious = _best(problem, caution)
    without = _without_each(problem, best, caution)
    bands = _walk_away(problem, best, without)
    mix, average, cautious = (_as_bought(problem, situation, each) for each in (best, average, cautious))
    lines = _lines(situation, problem, mix, bands)
    sure, loses, runner_ups = _compare(situation, problem, mix, [average, cautious], without)
    is_thorough = is_thorough and not told
    alone, pairs = changes(situation, best, caution=caution) if is_thorough else ((), ())
    hindrance = None if any(line.units for line in lines) else hindrance_of(situation, problem, best)
    return Recommendation(
        headline=headline_of(profile, numbers, lines, mix, hindrance),
        advice=advice_of(problem, mix.units),
        banner=banner_of(situation),
        currency=profile.currency,
        months=numbers.months,
        horizon_days=int(numbers["horizon_days"]),
        lines=lines,
        mix=mix,
        average=average,
        cautious=cautious,
        shares=_shares(problem, mix, best),
        sure=sure,
        loses=loses,
        grounds=grounds_of(profile, situation, problem, mix, lines, hindrance),
        pair_break_evens=_pairs(problem, best),
        runner_ups=runner_ups,
        changes=alone,
        pair_changes=pairs,
        goal=_goal(profile, problem, mix),
        first_test=first_test(situation, problem, best, bands=bands, caution=caution) if is_thorough else None,
        flow=_flow(situation, problem, mix, on_the_way),
        numbers=numbers.rows,
        measured=measured_of(situation),
        assumptions=(*words, *numbers.assumptions),
        notes=(*told, *_bought_up(situation)),
        draws=draws,
        seed=seed,
    )


def _situation(profile: Profile, history: History | None, seed: int) -> tuple[Situation, tuple[str, ...]]:
    check_seed(seed)
    numbers = numbers_of(profile)
    offers, words = offers_of(profile)
    situation = Situation(
        numbers=numbers,
        offers=offers,
        outlooks=outlooks_of(numbers, offers, history),
        goal=profile.goals.kind or "revenue",
        bought=sum(one.bought for one in (history or {}).values()),
        seed=seed,
        history=history,
    )
    return situation, words


def _best(problem: MixProblem, caution: float) -> tuple[Mix, Mix, Mix]:
    """Give the best mix for the buyer's caution, the one that is best on average, and a cautious buyer's."""
    average = best_mix(problem)
    best = average if caution == 0 else best_mix(problem, caution=caution, start=average.units)
    return best, average, best_mix(problem, caution=max(CAUTION["cautious"], caution), start=best.units)


def _as_bought(problem: MixProblem, situation: Situation, mix: Mix) -> Mix:
    """Give a mix in whole units beside the limits that there really are, however far promises go beyond them."""
    whole, real = in_whole_units(problem, mix), {name: situation.numbers[name] for name in ("budget", "sdr_hours")}
    return replace(whole, uses=tuple(replace(use, limit=real.get(use.name, use.limit)) for use in whole.uses))


def _flow(situation: Situation, problem: MixProblem, mix: Mix, on_the_way: tuple[float, ...]) -> FlowPlan:
    weeks = max(1, round(situation.numbers.months * WEEKS_PER_MONTH))
    share = float(np.mean([one.opportunity.mean for one in situation.outlooks]))
    return steady_flow(problem, mix, weeks=weeks, on_the_way=on_the_way, opportunity_share=share)


def _able(problem: MixProblem, currency: str) -> tuple[MixProblem, tuple[str, ...]]:
    """Widen limits to what is promised already, where they are narrower, and say so."""
    told = conflicts(problem, money=lambda minor: money(minor, currency))
    if not told:
        return problem, ()
    options = tuple(
        replace(option, max_units=max(option.max_units, option.committed_units)) if option.max_units is not None else option
        for option in problem.options
    )
    low = np.array([option.committed_units for option in options])
    rows, limits = limit_rows(Terrain(problem)), problem.limits
    needed = {name: float(row @ low) for name, row in zip(rows.names, rows.matrix, strict=True)}
    wider = replace(
        limits,
        budget_minor=None if limits.budget_minor is None else max(limits.budget_minor, needed.get("budget", 0.0)),
        sdr_hours=None if limits.sdr_hours is None else max(limits.sdr_hours, needed.get("sdr_hours", 0.0)),
    )
    return replace(problem, options=options, limits=wider), (*told, "What is promised is taken as bought; nothing more fits.")


def _bought_up(situation: Situation) -> tuple[str, ...]:
    """Say where as much was bought before as there are people."""
    prospects, before = situation.numbers["prospects"], situation.numbers["already_bought"] + situation.bought
    if not 0 < prospects <= before:
        return ()
    return (
        f"{before:,.0f} units were bought before in an audience of {prospects:,.0f} people: either hardly anybody new is left or the "
        f"audience is larger. The advice takes it that {np.exp(-before / prospects):.0%} of what is bought next is new.",
    )


def _without_each(problem: MixProblem, mix: Mix, caution: float) -> dict[int, Mix]:
    """Give the best mix without each option that is bought and not promised."""
    found = {}
    for place, (option, units) in enumerate(zip(problem.options, mix.units, strict=True)):
        if units > 1e-6 and option.committed_units == 0:
            options = tuple(replace(each, max_units=0.0) if at == place else each for at, each in enumerate(problem.options))
            start = [0.0 if at == place else each for at, each in enumerate(mix.units)]
            found[place] = best_mix(replace(problem, options=options), caution=caution, start=start)
    return found


def _walk_away(problem: MixProblem, mix: Mix, without: dict[int, Mix]) -> tuple[Band, ...]:
    """Give the price up to which each option is worth buying, beside the best mix without it."""
    bands = break_even_bands(problem, mix)
    return tuple(break_even_bands(problem, without[place])[place] if place in without else band for place, band in enumerate(bands))


def _compare(
    situation: Situation, problem: MixProblem, mix: Mix, others: Sequence[Mix], without: dict[int, Mix]
) -> tuple[float, float, tuple[RunnerUp, ...]]:
    """Compare the recommended mix with others in futures it was not chosen on."""
    candidates = _candidates(problem, mix, others, without)
    fresh = Terrain(replace(problem, draws=situation.problem(_FRESH, seed=situation.seed + 1).draws))
    own = fresh.values(np.array(mix.units))
    spend = Terrain(problem).spend
    rows: list[tuple[RunnerUp, Array]] = []
    wins = np.ones(_FRESH, dtype=bool)
    for name, found in candidates:
        units = whole_units(problem, found)
        if _apart(spend, np.array(mix.units), units) < _APART:
            continue
        values = fresh.values(units)
        if name == "nothing" or name.startswith("all "):
            wins &= own >= values - 1e-9 * np.abs(values).max(initial=1.0)
        runner = RunnerUp(
            name=name,
            units=tuple(float(each) for each in units),
            value_minor=float(values.mean()),
            loss_minor=float((own - values).mean()),
            chance_better=float((values > own).mean()),
        )
        rows.append((runner, units))
    rows.sort(key=lambda row: row[0].loss_minor)
    kept: list[tuple[RunnerUp, Array]] = []
    for row in rows:
        if len(kept) < 2 and all(_apart(spend, row[1], other) >= _APART for _, other in kept):
            kept.append(row)
    return float(wins.mean()), float((own < 0).mean()), tuple(runner for runner, _ in kept)


def _candidates(problem: MixProblem, mix: Mix, others: Sequence[Mix], without: dict[int, Mix]) -> list[tuple[str, Array]]:
    """Give other mixes a buyer would think of, each with its name; none of one option is the whole budget spent on it."""
    found = [
        (name, np.array(other.units)) for name, other in zip(("the mix that is best on average", "the cautious mix"), others, strict=True)
    ]
    for model in sorted({option.model for option in problem.options}):
        columns = [place for place, option in enumerate(problem.options) if option.model == model]
        units = np.zeros(len(problem.options))
        units[columns] = quick_mix(problem.only(columns), caution=mix.caution)[0]
        if units.sum() <= 0:
            units = _all_on(problem, columns)
        found.append((f"all {MODEL_WORDS[model]}", units))
    found += [(f"without {problem.options[place].name}", np.array(other.units)) for place, other in without.items()]
    if sum(mix.units) > 0:
        found.append(("nothing", np.array([option.committed_units for option in problem.options])))
    return found


def _all_on(problem: MixProblem, columns: Sequence[int]) -> Array:
    """Give all that can be bought of the one option, among some, that loses least."""
    terrain, high = Terrain(problem), most_units(problem) / 1.05
    choices = [np.where(np.arange(terrain.count) == place, high, 0.0) for place in columns]
    return max(choices, key=lambda units: terrain.objective(units, 0.0))


def _apart(spend: Array, one: Array, two: Array) -> float:
    """Give the share of spend by which two mixes differ, from 0 to 1."""
    first, second = spend * one, spend * two
    most = max(float(first.sum()), float(second.sum()))
    return float(np.abs(first - second).sum()) / 2 / most if most > 0 else 0.0


def _shares(problem: MixProblem, mix: Mix, best: Mix) -> tuple[ShareRange, ...]:
    """Give each model's share of spend, and its range over futures, were each of them known beforehand.

    Futures in which nothing is bought count with no share; spend is that of the mean future throughout, and the range holds the share.
    """
    now = shares_of(problem, mix.units)
    places = np.linspace(0, problem.draws.count - 1, min(_KNOWN, problem.draws.count)).astype(int)
    known: list[dict[str, float]] = []
    for place in places:
        at = [place]
        draws = replace(
            problem.draws,
            held=problem.draws.held[at],
            worth_minor=problem.draws.worth_minor[at],
            revenue_minor=problem.draws.revenue_minor[at],
            pipeline_minor=problem.draws.pipeline_minor[at],
        )
        future = replace(problem, draws=draws)
        promised = [option.committed_units for option in problem.options]
        units = promised if conflicts(future) else quick_mix(future, start=best.units)[0]
        known.append(shares_of(problem, whole_units(problem, units)))
    ranges = []
    for model in sorted({option.model for option in problem.options}):
        share = now.get(model, 0.0)
        low, high = np.quantile([one.get(model, 0.0) for one in known], (0.1, 0.9))
        ranges.append(ShareRange(model=model, share=share, low=min(float(low), share), high=max(float(high), share)))
    return tuple(ranges)


def _goal(profile: Profile, problem: MixProblem, mix: Mix) -> GoalAdvice | None:
    amount = profile.goals.amount
    if amount is None:
        return None
    kind = profile.goals.kind or "revenue"
    found = cheapest_plan(problem, kind=kind, amount=amount, starts=[mix.units])
    plan = in_whole_orders(problem, found, kind=kind, amount=amount)
    goal = GoalAdvice(kind=kind, amount=amount, chance=chance_of(problem, mix.units, kind, amount), plan=plan, words="")
    return replace(goal, words=goal_words(goal, profile.currency))


def _lines(situation: Situation, problem: MixProblem, mix: Mix, bands: tuple[Band, ...]) -> tuple[Line, ...]:
    terrain, units = Terrain(problem), np.array(mix.units)
    useful = terrain.useful(units)
    held = terrain.fill(useful).held.mean(axis=0)
    return tuple(
        Line(
            option=offer.name,
            provider=offer.provider,
            model=offer.model,
            tier=offer.tier,
            units=int(units[place]),
            spend_minor=float(terrain.spend[place] * units[place]),
            share=float(terrain.spend[place] * units[place]) / mix.spend_minor if mix.spend_minor > 0 else 0.0,
            meetings=float(held[place]),
            price_minor=float(offer.price_minor),
            break_even=bands[place],
            has_history=situation.outlooks[place].has_history,
        )
        for place, offer in enumerate(situation.offers)
    )


def _pairs(problem: MixProblem, mix: Mix) -> tuple[PairBreakEven, ...]:
    """Give break-even prices of the appointment offer bought most, else the first, against every lead and hybrid offer."""
    spend = Terrain(problem).spend * np.array(mix.units)
    meetings = [place for place, option in enumerate(problem.options) if option.model == "appointment"]
    others = [place for place, option in enumerate(problem.options) if option.model != "appointment"]
    if not meetings or not others:
        return ()
    first = max(meetings, key=lambda place: spend[place])
    return tuple(pair_break_even(problem, first, other) for other in others)

"""The best mix: it keeps every limit, and more of anything never makes it worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from payper.advice.mix import Mix, best_mix, conflicts
from payper.advice.options import Audience, Limits, MixProblem, Option, draws_of


def random_problem(seed: int, *, options: int = 4, draws: int = 40, has_orders: bool = False) -> MixProblem:
    """A made-up question: leads and appointments in turn, two audiences, random prices, hours and limits."""
    rng = np.random.default_rng(seed)
    made, held, worth = [], np.empty((draws, options)), np.empty((draws, options))
    for place in range(options):
        is_lead = place % 2 == 0
        held[:, place] = rng.beta(4, 40, draws) if is_lead else rng.beta(15, 5, draws)
        worth[:, place] = rng.beta(12, 8, draws) * rng.beta(5, 15, draws) * rng.uniform(500_000, 3_000_000)
        made.append(
            Option(
                name=f"option {place}",
                provider=f"provider {place // 2}",
                model="lead" if is_lead else "appointment",
                price_minor=rng.uniform(4_000, 12_000) if is_lead else rng.uniform(25_000, 60_000),
                sdr_hours=rng.uniform(0.3, 1.2) if is_lead else rng.uniform(0.05, 0.4),
                audience=f"audience {rng.integers(2)}",
                max_units=rng.uniform(50, 400) if rng.random() < 0.5 else None,
                min_units=(rng.uniform(100, 400) if is_lead else rng.uniform(20, 100)) if has_orders else 0.0,
            )
        )
    limits = Limits(budget_minor=rng.uniform(2e6, 1e7), sdr_hours=rng.uniform(50, 400), ae_slots=rng.uniform(15, 90))
    audiences = tuple(Audience(name=f"audience {place}", prospects=rng.uniform(100, 2000)) for place in range(2))
    return MixProblem(options=tuple(made), draws=draws_of(held=held, worth_minor=worth), limits=limits, audiences=audiences)


def broken(problem: MixProblem, mix: Mix) -> list[str]:
    """Every limit that a mix breaks by more than a millionth."""
    units, limits = np.array(mix.units), problem.limits
    spend = np.array([option.price_minor for option in problem.options]) @ units
    hours = np.array([option.sdr_hours for option in problem.options]) @ units
    found = ["budget"] if spend > (limits.budget_minor or np.inf) * (1 + 1e-9) + 1e-6 else []
    found += ["hours"] if hours > (limits.sdr_hours or np.inf) + 1e-6 else []
    slots = mix.use("ae_slots")
    found += ["slots"] if slots and slots.limit is not None and slots.used > slots.limit + 1e-6 else []
    for option, bought in zip(problem.options, mix.units, strict=True):
        found += [f"most of {option.name}"] if option.max_units is not None and bought > option.max_units + 1e-6 else []
        found += [f"promise of {option.name}"] if bought < option.committed_units - 1e-6 else []
        found += [f"order of {option.name}"] if 1e-6 < bought < option.min_units - 1e-6 else []
        found += [f"sign of {option.name}"] if bought < 0 else []
    return found


@pytest.mark.parametrize("seed", range(8))
def test_no_limit_is_ever_broken(seed: int) -> None:
    problem = random_problem(seed, options=3 + seed % 4, has_orders=seed % 2 == 1)
    for caution in (0.0, 0.5):
        assert broken(problem, best_mix(problem, caution=caution)) == []


@pytest.mark.parametrize("seed", range(4))
def test_more_of_anything_never_lowers_the_value(seed: int) -> None:
    problem = random_problem(seed)
    base = best_mix(problem)
    limits = problem.limits
    assert limits.budget_minor is not None
    assert limits.sdr_hours is not None
    assert limits.ae_slots is not None
    for wider in (
        replace(limits, budget_minor=limits.budget_minor * 1.3),
        replace(limits, sdr_hours=limits.sdr_hours * 1.3),
        replace(limits, ae_slots=limits.ae_slots * 1.3),
    ):
        more = best_mix(replace(problem, limits=wider), start=base.units)
        assert more.value_minor >= base.value_minor * (1 - 1e-6)


def test_providers_that_cannot_be_told_apart_share_alike() -> None:
    rng = np.random.default_rng(3)
    held, worth = rng.beta(15, 5, 60), rng.beta(5, 15, 60) * 1_000_000
    twins = tuple(Option(name=name, provider=name, model="appointment", price_minor=40_000) for name in ("a", "b", "c"))
    problem = MixProblem(
        options=twins,
        draws=draws_of(held=np.column_stack([held] * 3), worth_minor=np.column_stack([worth] * 3)),
        limits=Limits(budget_minor=4_000_000, ae_slots=80),
        audiences=(Audience(prospects=500),),
    )
    units = best_mix(problem).units
    assert units[0] > 1
    assert units == pytest.approx((units[0],) * 3)


def test_the_worth_of_one_more_is_what_one_more_brings() -> None:
    for seed in range(4):
        problem = random_problem(seed)
        mix = best_mix(problem)
        limits = problem.limits
        for name, step in (("budget_minor", 20_000.0), ("sdr_hours", 1.0), ("ae_slots", 0.5)):
            use = mix.use(name.removesuffix("_minor"))
            assert use is not None
            more = best_mix(replace(problem, limits=replace(limits, **{name: getattr(limits, name) + step})), start=mix.units)
            less = best_mix(replace(problem, limits=replace(limits, **{name: getattr(limits, name) - step})), start=mix.units)
            gain, loss = (more.value_minor - mix.value_minor) / step, (mix.value_minor - less.value_minor) / step
            room = 0.05 * abs(loss) + 1e-5 * abs(mix.value_minor) / step
            assert gain - room <= use.worth_minor <= loss + room, (seed, name, gain, use.worth_minor, loss)


def test_promises_beyond_the_limits_are_told_in_words() -> None:
    problem = random_problem(1)
    options = (replace(problem.options[0], committed_units=10_000.0, max_units=None), *problem.options[1:])
    told = conflicts(replace(problem, options=options))
    assert len(told) == 2
    assert all("promised" in words for words in told)
    with pytest.raises(ValueError, match="promised"):
        best_mix(replace(problem, options=options))


def test_what_only_loses_money_is_not_bought() -> None:
    problem = random_problem(2)
    poor = replace(problem, draws=draws_of(held=problem.draws.held, worth_minor=-problem.draws.worth_minor))
    mix = best_mix(poor)
    assert mix.units == (0.0,) * 4
    assert mix.value_minor == 0.0

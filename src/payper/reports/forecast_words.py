"""The words and numbers of a forecast, the same on a page and on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from payper.advice.forecast import Forecast
from payper.advice.forecast_frames import ALL, CONTRACTED, SOURCES
from payper.advice.forecast_goals import GoalOutlook, chance_words
from payper.advice.forecast_plans import ContractPlan
from payper.reports.words import count, day_in_words

MONEY = "revenue"


def headline(found: Forecast, goals: Sequence[GoalOutlook], currency: str, *, accepted: int) -> str:
    """Say what matters most: the chance of the first goal, else what the weeks ahead bring."""
    if is_groundless(found, accepted=accepted):
        return f"Nothing was accepted by {day_in_words(found.as_of)}, so there is nothing to forecast from"
    if goals:
        said = goals[0].chance.said(currency).split(":")[0].rstrip(".")
        sure, chance = goals[0].steps[CONTRACTED].chance, goals[0].chance.chance
        return f"{said}; {chance_words(sure)} without what is not yet bought" if chance - sure >= 0.01 else said
    measure = MONEY if MONEY in found.parts else list(found.parts)[-1]
    row = totals_of(found, measure)[ALL]
    weeks = "week" if found.days == 7 else f"{found.days // 7} weeks"
    return (
        f"{figure(row['mean'], measure)} {unit_words(measure, currency)} expected in the {weeks} after {day_in_words(found.as_of)} "
        f"(nine of ten futures: {band(row, measure)})"
    )


def is_groundless(found: Forecast, *, accepted: int) -> bool:
    """Tell whether nothing was accepted and nothing is to come, so that every number would be 0."""
    return not accepted and not bool((found.weekly.filter(pl.col("source") != SOURCES[0])["mean"] > 0).any())


def totals_of(found: Forecast, measure: str) -> dict[str, dict[str, Any]]:
    """Give all weeks together of a measure, by source."""
    last = found.cumulative.filter((pl.col("measure") == measure) & (pl.col("week") == found.days // 7))
    return {row["source"]: row for row in last.iter_rows(named=True)}


def totals_cells(found: Forecast, measure: str, currency: str, *, is_short: bool = False) -> list[str]:
    """Write a measure's row: its name, what each source is expected to bring, all, and nine of ten futures."""
    of = totals_of(found, measure)
    name = f"{measure.capitalize()}{f' {currency}' if measure == MONEY else ''}"
    write = _short if is_short else figure
    return [name, *(write(of[source]["mean"], measure) for source in (*SOURCES, ALL)), band(of[ALL], measure)]


def week_cells(found: Forecast, week: int) -> list[str]:
    """Write a week's row for a terminal: its first day, and for each measure what is expected and nine of ten futures."""
    of_week = found.weekly.filter((pl.col("week") == week) & (pl.col("source") == ALL))
    cells = [
        f"{_short(row['mean'], row['measure'])} ({_low(row['p05'], row['measure'])}-{_low(row['p95'], row['measure'])})"
        for row in of_week.iter_rows(named=True)
    ]
    return [day_in_words(of_week["first_day"][0]), *cells]


def _short(mean: float, measure: str) -> str:
    return short(mean, measure) if measure == MONEY else figure(mean, measure)


def _low(value: float, measure: str) -> str:
    return short(value, measure) if measure == MONEY else whole(value, measure)


def band(row: dict[str, Any], measure: str) -> str:
    """Write nine of ten futures."""
    return f"{whole(row['p05'], measure)} to {whole(row['p95'], measure)}"


def figure(mean: float, measure: str) -> str:
    """Write how many or how much is expected: money to three figures, a small mean to a tenth."""
    return f"{mean:.1f}" if measure != MONEY and 0.05 <= mean < 9.95 else whole(mean, measure)


def whole(value: float, measure: str) -> str:
    """Write a whole number; money to three figures, as nothing foretold is surer than that."""
    digits = max(len(str(int(value))) - 3, 0) if measure == MONEY else 0
    return count(round(value / 10**digits) * 10**digits)


def short(value: float, measure: str) -> str:
    """Write a number in few characters: money to three figures, with its thousands named."""
    if measure != MONEY or value < 1000:
        return whole(value, measure) if value >= 9.95 or value == round(value) else f"{value:.1f}"
    for limit, unit in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if value >= limit * 0.9995:
            share = value / limit
            return f"{share:.2f}{unit}" if share < 9.995 else f"{share:.1f}{unit}" if share < 99.95 else f"{share:.0f}{unit}"
    return count(round(value))


def unit_words(measure: str, currency: str) -> str:
    """Name what is counted: `wins`, or `USD of revenue`."""
    return f"{currency} of revenue" if measure == MONEY else measure


def plan_cells(plan: ContractPlan) -> list[str]:
    """Write what a contract is counted on for."""
    unsure = f"{100 * plan.spread:.0f}%" if plan.spread else "0%" if plan.deliveries else ""
    return [plan.contract, plan.model, plan.words, count(round(plan.deliveries)), unsure]

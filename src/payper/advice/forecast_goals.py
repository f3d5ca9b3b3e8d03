"""Goals held against a forecast: the chance from what is delivered alone, with what is contracted, and with what is not yet bought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from payper.advice.forecast import Forecast, GoalChance
from payper.advice.forecast_frames import ALL, CONTRACTED, DELIVERED, MEASURES, SOURCES, UNBOUGHT, widened
from payper.errors import UsageError

GOAL_MEASURES: tuple[str, ...] = (*MEASURES, "revenue")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalAsked:
    """A goal.

    Attributes:
        measure: What is to be reached.
        amount: How much of it; money in units of the programme's base currency.
        since, until: First and last day that count.
        origin: Who sets it, such as `as asked`.
    """

    measure: str
    amount: float
    since: date
    until: date
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalOutlook:
    """The chance of a goal, source by source.

    Attributes:
        asked: The goal.
        chance: With all sources.
        steps: By source, the chance with it and those before it: from what is delivered alone, with what is contracted, with all.
    """

    asked: GoalAsked
    chance: GoalChance
    steps: Mapping[str, GoalChance]


def read_goal(text: str, *, since: date | None, until: date) -> GoalAsked:
    """Read a goal such as `revenue=500000`.

    Args:
        text: As written.
        since: The first day that counts; None: that of the last one's calendar quarter.
        until: The last day that counts.

    Raises:
        UsageError: It cannot be read.
    """
    measure, _, number = (part.strip() for part in text.partition("="))
    try:
        amount = float(number)
    except ValueError:
        amount = -1.0
    if measure not in GOAL_MEASURES:
        raise UsageError(where=f"--goal {text}", seen=f"`{measure}` is not foretold.", mend=f"Write one of {', '.join(GOAL_MEASURES)}.")
    if not 0 <= amount <= 1e15:
        raise UsageError(where=f"--goal {text}", seen=f"`{number}` is no number from 0.", mend=f"Write digits alone: {measure}=500000.")
    return GoalAsked(measure=measure, amount=amount, since=since or quarter_of(until)[0], until=until, origin="as asked")


def weigh_goal(found: Forecast, asked: GoalAsked) -> GoalOutlook:
    """Hold a goal against a forecast.

    Raises:
        UsageError: The forecast does not reach so far, or has no such measure.
    """
    steps = {
        source: found.chance_of(asked.measure, asked.amount, since=asked.since, until=asked.until, sources=SOURCES[: place + 1])
        for place, source in enumerate(SOURCES)
    }
    return GoalOutlook(asked=asked, chance=steps[UNBOUGHT], steps=steps)


def steps_words(outlook: GoalOutlook) -> str:
    """Say the chance source by source; empty where what is delivered is all there is, or the goal is reached."""
    if outlook.chance.so_far >= outlook.asked.amount:
        return ""
    shown = [f"{chance_words(outlook.steps[DELIVERED].chance)} from what is delivered already"]
    for source, words in ((CONTRACTED, "with what is contracted"), (UNBOUGHT, "with what is not yet bought")):
        if outlook.steps[source].p95 > outlook.steps[SOURCES[SOURCES.index(source) - 1]].p95:
            shown.append(f"{chance_words(outlook.steps[source].chance)} {words}")
    told = ", ".join(shown)
    return "" if len(shown) == 1 else f"{told[:1].upper()}{told[1:]}."


def path_of(found: Forecast, measure: str, *, since: date, until: date) -> pl.DataFrame:
    """Give how a measure adds up from a first day on: what happened, then what is foretold.

    Args:
        found: The forecast.
        measure: Of it.
        since: The first day that counts.
        until: The last one, within the days ahead.

    Returns:
        One row per week and for the last day: `day` (Date), `is_ahead`, `happened` (null ahead), and of the days ahead `p05`, `p25`, `p50`,
        `p75`, `p95`, and the means `delivered` (what is delivered alone), `contracted` (with what is contracted) and `all`; Float64, null
        before.
    """
    days = found.happened[measure].filter(pl.col("day").is_between(since, found.as_of))
    rows: list[tuple[object, ...]] = [
        (day, False, float(days.filter(pl.col("day") <= day)["amount"].sum()), *(None,) * 8)
        for day in _stops(since - timedelta(days=1), found.as_of)
    ]
    past, parts = float(days["amount"].sum()), found.parts[measure]
    skipped = max((since - found.as_of).days - 1, 0)
    for day in _stops(max(found.as_of, since - timedelta(days=1)), until):
        coming = {source: parts[source][:, skipped : (day - found.as_of).days].sum(axis=1) for source in (*SOURCES, ALL)}
        whole = past + widened(coming[ALL], float(np.median(coming[ALL])), found.widen)
        means = np.cumsum([coming[source].mean() for source in SOURCES]) + past
        rows.append((day, True, None, *np.quantile(whole, [0.05, 0.25, 0.5, 0.75, 0.95]).tolist(), *means.tolist()))
    numbers = ("happened", "p05", "p25", "p50", "p75", "p95", "delivered", "contracted", "all")
    return pl.DataFrame(rows, schema={"day": pl.Date, "is_ahead": pl.Boolean, **dict.fromkeys(numbers, pl.Float64)}, orient="row")


def _stops(first: date, last: date) -> list[date]:
    """Give days a week apart from a first one to the last."""
    if last < first:
        return []
    return sorted({*(first + timedelta(days=day) for day in range(0, (last - first).days, 7)), first, last})


def quarter_of(day: date) -> tuple[date, date]:
    """Give the first and last day of a day's calendar quarter."""
    first = date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
    following = date(first.year + first.month // 10, (first.month + 2) % 12 + 1, 1)
    return first, following - timedelta(days=1)


def chance_words(chance: float) -> str:
    """Write a chance: a thousand futures cannot tell one in a thousand from none."""
    return "under 1%" if chance < 0.01 else "over 99%" if chance > 0.99 else f"{chance:.0%}"

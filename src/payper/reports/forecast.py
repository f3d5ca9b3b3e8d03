"""The forecast as a page to forward: the goal's chance, the weeks ahead by source, what is counted on, and how earlier forecasts did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from payper.advice.forecast import Forecast
from payper.advice.forecast_frames import ALL, DELIVERED, SOURCES, WEEKS_SEEN
from payper.advice.forecast_goals import GoalOutlook, chance_words, path_of, steps_words
from payper.advice.forecast_plans import ContractPlan, Purchase
from payper.advice.forecast_record import ForecastRecord
from payper.reports.drawing import NARROW, WIDE
from payper.reports.forecast_charts import Check, Fan, Stop, Week, checks_chart, fan_chart, weeks_ahead_chart
from payper.reports.forecast_words import (
    band,
    figure,
    headline,
    is_groundless,
    plan_cells,
    short,
    totals_cells,
    totals_of,
    unit_words,
    whole,
)
from payper.reports.page import Figure, Section, drawn, render_page
from payper.reports.tables import Table
from payper.reports.words import count, counted, day_in_words, percent

ORDER = ("revenue", "wins", "opportunities", "meetings")
QUESTIONS = {
    "revenue": "How much revenue comes, and when?",
    "wins": "How many deals are won, and when?",
    "opportunities": "How many opportunities open, and when?",
    "meetings": "How many meetings are held, and when?",
}


def forecast_values(
    found: Forecast,
    *,
    programme: str,
    is_simulated: bool,
    currency: str,
    accepted: int,
    goals: Sequence[GoalOutlook],
    plans: Sequence[ContractPlan],
    purchases: Sequence[Purchase],
    record: ForecastRecord,
    notes: Sequence[str],
) -> dict[str, Any]:
    """Give what a page of the forecast shows, in words and charts.

    Args:
        found: What is foretold.
        programme: Its name.
        is_simulated: Whether it is invented.
        currency: Of revenue.
        accepted: Accepted deliveries by the day.
        goals: Held against the forecast, the weightiest first.
        plans: What contracts are counted on for.
        purchases: What is not bought yet.
        record: How earlier forecasts did.
        notes: What else is worth knowing.
    """
    sections = [_goal(found, goal, currency, place) for place, goal in enumerate(goals, 1)]
    is_told = not is_groundless(found, accepted=accepted)
    sections += [_measure(found, measure, currency) for measure in ORDER if measure in found.parts and is_told]
    sections += [_counted_on(plans, purchases), _trust(record)]
    return {
        "programme": programme,
        "is_simulated": is_simulated,
        "currency": currency,
        "as_of": day_in_words(found.as_of),
        "weeks": found.days // 7,
        "headline": headline(found, goals, currency, accepted=accepted),
        "lead": f"{counted(accepted, 'accepted delivery', 'accepted deliveries')} by {day_in_words(found.as_of)}.",
        "findings": _findings(found, goals, currency, record) if is_told else [record.words],
        "is_told": is_told,
        "totals": Table(
            f"Expected in the {counted(found.days // 7, 'week')} after {day_in_words(found.as_of)}",
            ["What", "Already delivered", "Contracted", "Not yet bought", "All", "Nine of ten futures"],
            [totals_cells(found, measure, currency) for measure in ORDER if measure in found.parts],
        ),
        "sections": sections,
        "notes": list(notes),
        "is_staged": found.method == "stages",
        "widen": f"{found.widen:.1f}" if found.widen > 1 else "",
    }


def forecast_page(values: Mapping[str, Any], *, payper_version: str) -> str:
    """Write the page to forward; the same values give the same bytes."""
    return render_page("forecast.html.j2", version=payper_version, **values)


def _findings(found: Forecast, goals: Sequence[GoalOutlook], currency: str, record: ForecastRecord) -> list[str]:
    """Say the three things that a reader must take away: the goal or the weeks ahead, how much of it is sure, how far to trust it."""
    told = [f"{goal.chance.said(currency)} {steps_words(goal)}".strip() for goal in goals[:1]]
    measure = next((name for name in ORDER if name in found.parts), "")
    if measure:
        of = totals_of(found, measure)
        mean = of[ALL]["mean"]
        share = f", {percent(of[DELIVERED]['mean'] / mean)} of it from what is delivered already" if mean > 0 else ""
        told.append(
            f"{figure(mean, measure)} {unit_words(measure, currency)} expected in {counted(found.days // 7, 'week')} "
            f"(nine of ten futures: {band(of[ALL], measure)}){share}."
        )
    return [*told, record.words]


def _goal(found: Forecast, goal: GoalOutlook, currency: str, place: int) -> Section:
    asked, chance = goal.asked, goal.chance
    path = path_of(found, asked.measure, since=asked.since, until=asked.until)
    unit = unit_words(asked.measure, currency)
    goal_words = f"goal: {short(asked.amount, asked.measure)}"
    title = f"{unit[:1].upper()}{unit[1:]} from {day_in_words(asked.since)} on, added up; the bands hold nine and five of ten futures"
    figure_ = _fan(found, path, asked.measure, title, goal=(asked.amount, goal_words))
    rows = [
        [
            words,
            "reached" if chance.so_far >= asked.amount else chance_words(goal.steps[source].chance),
            *(whole(getattr(goal.steps[source], name), asked.measure) for name in ("mean", "p05", "p95")),
        ]
        for source, words in zip(
            SOURCES, ("What is delivered already", "With what is contracted", "With what is not yet bought"), strict=True
        )
    ]
    table = Table(
        f"Chance of {count(round(asked.amount))} {unit} by {day_in_words(asked.until)}",
        ["From", "Chance", "Expected", "1 in 20 below", "1 in 20 above"],
        rows,
    )
    answer = chance.said(currency).split(":")[0].rstrip(".")
    question = f"Will the goal be reached? ({asked.origin})"
    return Section(f"goal-{place}", question, answer, figures=[figure_], tables=[table], note=steps_words(goal))


def _measure(found: Forecast, measure: str, currency: str) -> Section:
    of, unit = totals_of(found, measure), unit_words(measure, currency)
    answer = (
        f"{figure(of[ALL]['mean'], measure)} {unit} expected in {counted(found.days // 7, 'week')}; "
        f"in nine of ten futures {band(of[ALL], measure)}"
    )
    since = date.fromordinal(found.as_of.toordinal() + 1)
    path = path_of(found, measure, since=since, until=date.fromordinal(found.as_of.toordinal() + found.days))
    title = f"Added up from {day_in_words(since)} on: bands hold nine and five of ten futures"
    return Section(
        measure,
        QUESTIONS[measure],
        answer,
        figures=[_weekly(found, measure, unit), _fan(found, path, measure, title)],
    )


def _weekly(found: Forecast, measure: str, unit: str) -> Figure:
    seen = found.seen.filter(pl.col("measure") == measure).sort("first_day")
    weeks = [Week(_short_day(row["first_day"]), happened=row["happened"]) for row in seen.iter_rows(named=True)]
    means = {
        (row["week"], row["source"]): row for row in found.weekly.filter(pl.col("measure") == measure).sort("week").iter_rows(named=True)
    }
    rows = [[day_in_words(row["first_day"]), whole(row["happened"], measure), "", "", "", "", ""] for row in seen.iter_rows(named=True)]
    for week in range(1, found.days // 7 + 1):
        delivered, contracted, unbought = (means[week, source]["mean"] for source in SOURCES)
        row = means[week, ALL]
        weeks.append(Week(_short_day(row["first_day"]), None, delivered, contracted, unbought, row["p05"], row["p95"]))
        cells = [figure(each, measure) for each in (delivered, contracted, unbought, row["mean"])]
        rows.append([day_in_words(row["first_day"]), "", *cells, band(row, measure)])
    heads = ["Week from", "Happened", "Already delivered", "Contracted", "Not yet bought", "All", "Nine of ten futures"]
    write = _writer(measure)
    return Figure(
        f"{unit[:1].upper()}{unit[1:]} by week: the last {WEEKS_SEEN}, and those ahead",
        Table(f"{unit[:1].upper()}{unit[1:]} by week", heads, rows),
        narrow=drawn(weeks_ahead_chart(weeks, write, NARROW)),
        wide=drawn(weeks_ahead_chart(weeks, write, WIDE)),
        note="Dark: happened. Ahead, what is expected: tinted from what is delivered already, white from what is contracted, dotted from "
        "what is not yet bought. Line: nine of ten futures.",
    )


def _fan(found: Forecast, path: pl.DataFrame, measure: str, title: str, *, goal: tuple[float, str] | None = None) -> Figure:
    first = path["day"][0]
    stops = []
    for row in path.iter_rows(named=True):
        numbers = {name: row[name] or 0.0 for name in ("p05", "p25", "p75", "p95", "delivered", "contracted")}
        stops.append(Stop((row["day"] - first).days, row["happened"], **numbers, whole=row["all"] or 0.0))
    amount, words = goal or (None, "")
    fan = Fan(stops, day_in_words(first), day_in_words(found.as_of), day_in_words(path["day"][-1]), amount, words)
    rows = []
    for row in path.iter_rows(named=True):
        if row["is_ahead"]:
            means = [figure(row[name], measure) for name in ("delivered", "contracted", "all")]
            rows.append(
                [
                    day_in_words(row["day"]),
                    "",
                    *means,
                    band(row, measure),
                    f"{whole(row['p25'], measure)} to {whole(row['p75'], measure)}",
                ]
            )
        else:
            rows.append([day_in_words(row["day"]), whole(row["happened"], measure), "", "", "", "", ""])
    heads = ["By the end of", "Happened", "Delivered alone", "With contracted", "With all", "Nine of ten futures", "Five of ten"]
    write = _writer(measure)
    return Figure(
        title,
        Table(title.partition(";")[0].partition(":")[0], heads, rows),
        narrow=drawn(fan_chart(fan, write, NARROW)),
        wide=drawn(fan_chart(fan, write, WIDE)),
        note="Line: expected. Dashed: expected without what is not yet bought. Dotted: expected from what is delivered alone. "
        "A line that would lie on another is left out.",
    )


def _counted_on(plans: Sequence[ContractPlan], purchases: Sequence[Purchase]) -> Section:
    number = sum(plan.deliveries for plan in plans)
    answer = (
        f"{count(round(number))} accepted deliveries from contracts in force"
        if round(number)
        else "No contract in force brings anything more"
    )
    heads = ["Contract", "Model", "Rule", "Deliveries ahead", "Unsure by"]
    tables = [Table("What contracts are counted on for", heads, [plan_cells(plan) for plan in plans], words=3)] if plans else []
    if purchases:
        answer += f"; {count(round(sum(one.deliveries for one in purchases)))} that are not bought yet"
        rows = [["/".join(one.group.values()) or "all", one.words, count(round(one.deliveries))] for one in purchases]
        tables.append(Table("What is not bought yet", ["Of", "Where it is from", "Deliveries"], rows, words=2))
    note = "Unsure by: standard deviation of the number over the number."
    return Section("counted-on", "Which deliveries are still to come?", answer, tables=tables, note=note if plans else "")


def _trust(record: ForecastRecord) -> Section:
    cells = []
    for measure in ORDER:
        own = record.checks.filter(pl.col("measure") == measure).sort("as_of", descending=True)
        if own.is_empty():
            continue
        checks = [_check(row, measure) for row in own.iter_rows(named=True)]
        held = sum(one.is_held for one in checks)
        rows = [
            [day_in_words(row["as_of"]), count(row["deliveries"]), whole(row["p50"], measure), band(row, measure), count(row["happened"]),
             "yes" if row["held"] else "no"]
            for row in own.iter_rows(named=True)
        ]  # fmt: skip
        heads = ["As of", "Delivered by then", "Middle", "Band", "Came", "Held"]
        table = Table(f"Earlier forecasts of {measure}", heads, rows)
        cells.append(Figure(f"{measure.capitalize()}: {held} of {len(checks)} bands held", table, drawn(checks_chart(checks))))
    note = (
        "Bar: the band of nine in ten futures as it would have been drawn on that day, from what was known and delivered by then. Mark: "
        f"what came of these deliveries in the {record.weeks} weeks after; a dot within the band, a cross outside. Of twenty bands about "
        "eighteen hold."
    )
    return Section("trust", "How far can it be trusted?", record.words.rstrip("."), cells=cells, note=note if cells else "")


def _check(row: dict[str, Any], measure: str) -> Check:
    came = whole(row["happened"], measure)
    label = day_in_words(row["as_of"])
    return Check(label, row["p05"], row["p50"], row["p95"], float(row["happened"]), row["held"], f"{came} came")


def _writer(measure: str) -> Callable[[float], str]:
    return partial(short, measure=measure)


def _short_day(day: date) -> str:
    return day_in_words(day).rsplit(" ", 1)[0]

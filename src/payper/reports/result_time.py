"""Questions of the results report on time: when money comes back, how far deliveries get, what is still open, and how months compare."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from payper.measurement.measured import Measured
from payper.reports import result_charts as charts
from payper.reports.drawing import NARROW, WIDE
from payper.reports.estimates import amount, days, share, with_interval
from payper.reports.page import Figure, Section, drawn
from payper.reports.result_words import estimate_words, pays_from, segment_name
from payper.reports.tables import Table, capitalised
from payper.reports.words import count, day_in_words, enumerated

STEP_NAMES: Mapping[str, str] = {"booked": "meeting booked", "held": "meeting held"}
"""Milestones of the funnel as people know them, where the column's name is shorter."""

_REACHED: Mapping[str, str] = {"held": "come to a meeting held", "opportunity": "to an opportunity", "won": "are won"}

COHORTS_MAX = 18
"""Months that are drawn, the latest."""

AGES_MAX = 8
"""Ages that a triangle has room for."""


def curve_section(measured: Measured) -> Section | None:
    """Say when money comes back, and draw revenue per 1,000 spent by age."""
    if measured.curves["revenue_per_1000_spent"].null_count() == measured.curves.height:
        return None
    whole = _curve_figure(measured, measured.curves, dict(measured.whole), "All deliveries", is_wide=True)
    rows = list(measured.segments["model"].iter_rows(named=True))
    cells = []
    if len(rows) > 1:
        # Curves side by side share one scale, so that heights can be compared.
        most = measured.curves_by_model["revenue_per_1000_spent_hi"].max()
        cells = [
            _curve_figure(
                measured,
                measured.curves_by_model.filter(pl.col("model") == row["model"]),
                row,
                capitalised(segment_name(measured, "model", row["model"])),
                most=float(most) if isinstance(most, float) else None,
            )
            for row in rows
        ]
    note = "Line: estimate; band: its 95% interval. Grey and dashed: projected, as fewer than twenty deliveries are so old."
    return Section("curve", "When does the money come back?", _curve_answer(measured), figures=[whole], cells=cells, note=note)


def _curve_answer(measured: Measured) -> str:
    whole, basis = measured.whole, measured.basis
    back = estimate_words(whole, "revenue_per_1000_spent")
    brings = f"1,000 {basis.facts.base_currency} spent brings {back} of revenue within {basis.horizon_days} days"
    if whole["payback_days"] is not None:
        return f"What is spent is back after {with_interval(whole['payback_days'], whole['payback_days_lo'], whole['payback_days_hi'], days)} days; {brings}"  # noqa: E501  # one sentence
    return brings


def _curve_figure(
    measured: Measured, frame: pl.DataFrame, row: dict[str, Any], label: str, *, is_wide: bool = False, most: float | None = None
) -> Figure:
    name = "revenue_per_1000_spent"
    is_projected = row["method"] != "exposure"
    points = [
        charts.Point(one["age_days"], one[name], one[f"{name}_lo"], one[f"{name}_hi"], one["is_extrapolated"] and one["age_days"] > 0)
        for one in frame.iter_rows(named=True)
    ]
    base, horizon = measured.basis.facts.base_currency, measured.basis.horizon_days
    words = estimate_words(row, name)
    level = pays_from(measured)
    curve = charts.Curve(points, words, level, f"pays for itself at {amount(level)}", most)
    rows = [
        [
            count(one["age_days"]),
            with_interval(one[name], one[f"{name}_lo"], one[f"{name}_hi"]),
            "projected" if one["is_extrapolated"] else "seen",
        ]
        for one in frame.iter_rows(named=True)
    ]
    table = Table(f"Revenue per 1,000 {base} spent by age, {label.lower()}", ["Days after delivery", "Revenue", "How"], rows)
    title = f"{label}: {words} {base} of revenue per 1,000 spent, {horizon} days after delivery{', projected' if is_projected else ''}"
    return Figure(
        title,
        table,
        narrow=drawn(charts.curve_chart(curve, NARROW)),
        wide=drawn(charts.curve_chart(curve, WIDE)) if is_wide else None,
    )


def funnel_section(measured: Measured) -> Section | None:
    """Say which share of deliveries reaches each milestone within the horizon."""
    if not measured.seen.deliveries:
        return None
    models = measured.segments["model"]["model"].to_list()
    cells = [_funnel_figure(measured, measured.funnel, "All deliveries")] if len(models) > 1 else []
    cells += [
        _funnel_figure(
            measured, measured.funnel_by_model.filter(pl.col("model") == model), capitalised(segment_name(measured, "model", model))
        )
        for model in models
    ]
    said = {row["milestone"]: row for row in measured.funnel.iter_rows(named=True)}
    within = f"within {measured.basis.horizon_days} days"
    parts = [f"{_share(said[name])} {words}" for name, words in _REACHED.items() if name in said]
    answer = f"{capitalised(within)} {enumerated(parts)}"
    note = (
        "Bar: share within the horizon, deliveries still young allowed for; line: its 95% interval. Outline: projected. "
        "Steps that a later one skips count as reached; steps that nobody records are left out."
    )
    return Section("funnel", f"How far do deliveries get {within}?", answer, cells=cells, note=note)


def _funnel_figure(measured: Measured, frame: pl.DataFrame, label: str) -> Figure:
    steps, rows = [], []
    for row in frame.iter_rows(named=True):
        name, words = STEP_NAMES.get(row["milestone"], row["milestone"]), _share(row)
        steps.append(charts.Estimate(name, row["share"], row["share_lo"], row["share_hi"], words, is_solid=row["method"] == "exposure"))
        median = "" if row["median_days"] is None else days(row["median_days"])
        rows.append([capitalised(name), count(row["reached"]), words, median, "seen" if row["method"] == "exposure" else "projected"])
    heads = ["Step", "Reached so far", f"Share within {measured.basis.horizon_days} days", "Half within days", "How"]
    table = Table(f"Funnel, {label.lower()}", heads, rows)
    won = next((row for row in frame.iter_rows(named=True) if row["milestone"] == "won"), None)
    accepted = count(frame["deliveries"][0]) if frame.height else "0"
    title = f"{label}: of {accepted} accepted {'' if won is None else _share(won)} are won"
    return Figure(title, table, narrow=drawn(charts.shares_chart(steps)))


def _share(row: Mapping[str, Any]) -> str:
    return with_interval(row["share"], row["share_lo"], row["share_hi"], share)


def stages_section(measured: Measured) -> Section | None:
    """Say what share is won, has ended otherwise and is still open, by age."""
    stages = measured.stages
    if stages.height < 2:
        return None
    layers = [charts.Layer(0, 0.0, 0.0)]
    layers += [charts.Layer(row["age_days"], row["won"], row["lost"]) for row in stages.iter_rows(named=True)]
    end = stages.row(-1, named=True)
    shown = stages.filter((pl.col("age_days") % 30 == 0) | (pl.col("age_days") == end["age_days"]))
    rows = [
        [count(row["age_days"]), share(row["won"]), share(row["lost"]), share(row["open"]), count(row["at_risk"])]
        for row in shown.iter_rows(named=True)
    ]
    table = Table("Won, ended and open by age", ["Days after delivery", "Won", "Ended", "Open", "Still watched"], rows)
    figure = Figure(
        "Share won (dark, below), ended without a win (pale, above) and open (white), by age",
        table,
        narrow=drawn(charts.stacked_chart(layers, NARROW)),
        wide=drawn(charts.stacked_chart(layers, WIDE)),
        note="Ended: lost, unreachable, disqualified, opted out or returned. A deal that ended cannot be won any more, so it is not taken "
        "for one that just was not watched to its end (Aalen and Johansen).",
    )
    answer = f"{share(end['open'])} of deliveries are still open {count(end['age_days'])} days after delivery; {share(end['won'])} are won"
    return Section("stages", "What is won, and what is still open?", answer, figures=[figure])


def cohorts_section(measured: Measured) -> Section | None:
    """Say what deliveries of each month had won by each age."""
    cohorts = measured.cohorts.filter(pl.col("age_days") <= _age_most(measured))
    months = cohorts["cohort"].unique().sort().to_list()[-COHORTS_MAX:]
    ages = cohorts["age_days"].unique().sort().to_list()
    if len(months) < 2:
        return None
    known = {(row["cohort"], row["age_days"]): row for row in cohorts.iter_rows(named=True)}
    darkest = max((row["wins"] / row["completed"] for row in known.values() if row["completed"]), default=0) or 1
    lines = [(_month(month), [_cell(known.get((month, age)), darkest) for age in ages]) for month in months]
    rows = [
        [
            _month(month),
            count(next(row["deliveries"] for key, row in known.items() if key[0] == month)),
            *(_cell_words(known.get((month, age))) for age in ages),
        ]
        for month in months
    ]
    table = Table("Share won by month of delivery and age", ["Month", "Accepted", *(f"{age} days" for age in ages)], rows)
    heads = [str(age) for age in ages]
    figure = Figure(
        "Share won by so many days after delivery, by month of delivery: the darker, the more",
        table,
        narrow=drawn(charts.triangle_chart(lines, heads, NARROW)),
        wide=drawn(charts.triangle_chart(lines, heads, WIDE)),
        note="Dotted outline: only the older part of the month has come to this age, and only that part is counted. Read down a column to "
        "compare months at the same age; newer months have fewer columns, not fewer wins.",
    )
    return Section("cohorts", "Do newer months do as well as older ones?", _cohort_answer(known, months, ages), figures=[figure])


def _age_most(measured: Measured) -> int:
    ages = measured.cohorts["age_days"].unique().sort().to_list()
    return int(ages[:AGES_MAX][-1]) if ages else 0


def _cohort_answer(known: Mapping[tuple[date, int], dict[str, Any]], months: list[date], ages: list[int]) -> str:
    """Compare the months that are complete at the greatest age at which two are."""
    for age in reversed(ages):
        whole = [(month, row) for month in months if (row := known.get((month, age))) is not None and row["is_complete"]]
        if len(whole) > 1:
            (first, one), (last, other) = whole[0], whole[-1]
            return (
                f"After {age} days {share(other['wins'] / other['completed'])} of {_month(last)} are won, "
                f"{share(one['wins'] / one['completed'])} of {_month(first)} were"
            )
    return "Too early to tell: no two months have come to the same age"


def _cell(row: dict[str, Any] | None, darkest: float) -> charts.Cell:
    if row is None or not row["completed"]:
        return charts.Cell(None, "")
    won = row["wins"] / row["completed"]
    return charts.Cell(won / darkest, share(won), is_partial=not row["is_complete"])


def _cell_words(row: dict[str, Any] | None) -> str:
    if row is None or not row["completed"]:
        return ""
    part = "" if row["is_complete"] else f" of {count(row['completed'])}"
    return f"{share(row['wins'] / row['completed'])}{part}"


def _month(day: date) -> str:
    return day_in_words(day).split(" ", 1)[1]

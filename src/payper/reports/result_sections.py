"""The questions of the results report: each answered by a sentence, a chart, and a table of the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from payper.measurement.measured import ALWAYS, Measured
from payper.reasons import Reason
from payper.reports import result_charts as charts
from payper.reports.drawing import NARROW, WIDE
from payper.reports.estimates import Writer, amount, multiple, number, share, with_interval
from payper.reports.page import Figure, Section, drawn
from payper.reports.result_credit import credit_section
from payper.reports.result_progress import follow_up_section, reach_section
from payper.reports.result_providers import league_section, scorecards_section, unlike_section
from payper.reports.result_time import cohorts_section, curve_section, funnel_section, stages_section
from payper.reports.result_words import (
    HEADS,
    LABELS,
    chance_better,
    estimate_words,
    pays_from,
    result_cells,
    segment_name,
    telling_segments,
    times,
)
from payper.reports.tables import Table
from payper.reports.words import MINUS, count, counted, day_in_words, percent

REACH = 3.0
"""A bound further out than so many times the highest estimate is drawn to the edge only."""

ROWS_MAX = 12
"""Members of a segment that are drawn, the most deliveries first; the tables have all."""


def sections(measured: Measured) -> list[Section]:
    """Give every question that there is something to say about."""
    found = (
        curve_section(measured),
        _earning(measured),
        funnel_section(measured),
        stages_section(measured),
        cohorts_section(measured),
        league_section(measured),
        scorecards_section(measured),
        credit_section(measured),
        _falling(measured),
        follow_up_section(measured),
        reach_section(measured),
        unlike_section(measured),
    )
    return [section for section in found if section is not None]


# --- what earns most --------------------------------------------------------------------------------------------------------------


def _earning(measured: Measured) -> Section:
    figures = [_segment_figure(measured, segment) for segment in telling_segments(measured) or ALWAYS[:1]]
    best = _first(measured, (telling_segments(measured) or ALWAYS)[0])
    answer = best or "Too early to tell what brings back most"
    note = (
        "Dot: estimate; line: its 95% interval, which may go on beyond the right edge. "
        "Outline and grey: projected, as too few deliveries are as old as the horizon. "
        f"Dotted: {pays_from(measured):,.0f} {measured.basis.facts.base_currency}, where what comes back is what was spent."
    )
    return Section(
        "earning", "What brings back most of the money spent on it?", answer, figures=figures, tables=_comparisons(measured), note=note
    )


def _comparisons(measured: Measured) -> list[Table]:
    """Give the chance that one model is better than another, by each measure."""
    rows = []
    for (first, second), frame in measured.comparisons.items():
        names = [segment_name(measured, "model", name) for name in (first, second)]
        for row in frame.iter_rows(named=True):
            if row["measure"] not in _MEASURES or row["first_better"] is None:
                continue
            title, write = _MEASURES[row["measure"]]
            ratio = "" if row["ratio"] is None else with_interval(row["ratio"], row["ratio_lo"], row["ratio_hi"], multiple)
            chance = chance_better(measured, first, second, row["measure"])
            values = [write(row[side]) for side in ("first", "second")]
            rows.append([f"{names[0]} against {names[1]}: {title}", *values, ratio, "" if chance is None else percent(chance)])
    heads = ["Compared", "First", "Second", "First over second", "Chance that the first is better"]
    return [Table("Models compared, both intervals taken together", heads, rows)] if rows else []


_MEASURES: Mapping[str, tuple[str, Writer]] = {
    "win_rate": ("win rate", share),
    "revenue_per_1000_spent": ("revenue per 1,000 spent", amount),
    "cac": ("cost per win", amount),
}


def _first(measured: Measured, segment: str) -> str | None:
    frame = measured.segments[segment].drop_nulls("roi").filter(pl.col("wins_seen") > 0).sort(["roi", segment], descending=[True, False])
    if frame.is_empty():
        return None
    row = frame.row(0, named=True)
    name = segment_name(measured, segment, row[segment])
    return f"Most by {LABELS[segment].lower()}: {name}, {times(row)} within {measured.basis.horizon_days} days"


def _segment_figure(measured: Measured, segment: str) -> Figure:
    frame = measured.segments[segment]
    rows = sorted(frame.iter_rows(named=True), key=lambda row: (-row["deliveries"], str(row[segment])))
    estimates = [_estimate(measured, segment, row) for row in rows[:ROWS_MAX]]
    label, base = LABELS[segment], measured.basis.facts.base_currency
    level = pays_from(measured)
    # One bound far out would squeeze all the others into nothing.
    highest = max((one.value for one in estimates if one.value is not None), default=0.0)
    most = min(max((one.high or one.value or 0 for one in estimates if one.value is not None), default=0.0), REACH * highest) or None
    drawings = [drawn(charts.estimates_chart(estimates, width, most=most, level=level)) for width in (NARROW, WIDE)]
    return Figure(
        f"Revenue per 1,000 {base} spent within {measured.basis.horizon_days} days, by {label.lower()}",
        results_table(measured, segment),
        narrow=drawings[0],
        wide=drawings[1],
        note="" if len(rows) <= ROWS_MAX else f"The {ROWS_MAX} with the most deliveries are drawn; the table has all {len(rows)}.",
    )


def _estimate(measured: Measured, segment: str, row: Mapping[str, Any]) -> charts.Estimate:
    value, low, high = (row[f"revenue_per_1000_spent{end}"] for end in ("", "_lo", "_hi"))
    words = estimate_words(row, "revenue_per_1000_spent")
    return charts.Estimate(segment_name(measured, segment, row[segment]), value, low, high, words, is_solid=row["method"] == "exposure")


def results_table(measured: Measured, segment: str) -> Table:
    """Give one segment's results, a row per member."""
    rows = [[segment_name(measured, segment, row[segment]), *result_cells(row)] for row in measured.segments[segment].iter_rows(named=True)]
    return Table(f"Results by {LABELS[segment].lower()} within {measured.basis.horizon_days} days", [LABELS[segment], *HEADS], rows)


def whole_table(measured: Measured) -> Table:
    """Give the results of all deliveries together."""
    return Table(f"Results within {measured.basis.horizon_days} days", ["Of", *HEADS], [["All deliveries", *result_cells(measured.whole)]])


def track_table(measured: Measured) -> Table | None:
    """Give what was expected at earlier dates beside what happened; None: there was nothing to expect yet."""
    rows = [
        [
            f"{row['contract']}, {day_in_words(row['as_of'])}",
            count(row["deliveries"]),
            count(row["wins_then"]),
            with_interval(row["expected"], row["expected_lo"], row["expected_hi"], number),
            count(row["wins_now"]),
            "yes" if row["held"] else "no",
        ]
        for row in measured.track.checks.iter_rows(named=True)
    ]
    heads = ["Contract and earlier date", "Deliveries then", "Won then", "Expected by now", "Won by now", "Held"]
    return Table("What this report would have said at earlier dates", heads, rows) if rows else None


def asked_table(measured: Measured) -> Table | None:
    """Give the results by what was asked for; None: nothing was."""
    by = measured.basis.by
    if measured.asked is None:
        return None
    rows = [
        [*(segment_name(measured, segment, row[segment]) for segment in by), *result_cells(row)]
        for row in measured.asked.iter_rows(named=True)
    ]
    title = f"Results by {' and '.join(LABELS[segment].lower() for segment in by)} within {measured.basis.horizon_days} days"
    return Table(title, [*(LABELS[segment] for segment in by), *HEADS], rows, words=len(by))


# --- what fell away ---------------------------------------------------------------------------------------------------------------


def _falling(measured: Measured) -> Section | None:
    falls = measured.falls
    delivered = int(falls["deliveries"][0])
    if not delivered:
        return None
    standing = int(falls["deliveries"][-1])
    steps: list[charts.Fall] = []
    rows: list[list[str]] = []
    level = 0.0
    returned = int(falls.filter(pl.col("step") == "returned")["deliveries"].sum())
    for step, reason, fallen in falls.iter_rows():
        if step == "standing" and returned:
            # In the chart returns are one step; the table has their reasons.
            words = f"{MINUS}{count(returned)} · {percent(returned / delivered)}"
            steps.append(charts.Fall("returned", standing + returned, standing, words))
        is_total = step in {"delivered", "accepted", "standing"}
        label = _fall_label(step, reason)
        part = percent(fallen / delivered)
        start, end = (0.0, float(fallen)) if is_total else (level, level - fallen)
        words = f"{count(fallen)} · {part}" if is_total else f"{MINUS}{count(fallen)} · {part}"
        if step != "returned":
            steps.append(charts.Fall(label, start, end, words, is_total=is_total))
        rows.append([label, Reason[reason].text if reason in Reason.__members__ else "", count(fallen), part])
        level = end
    table = Table("From delivered to standing", ["Step", "In words", "Deliveries", "Share of delivered"], rows, words=2)
    figure = Figure(
        "Solid: what is left. Pale: what fell away, by the first reason of the verdict or the reason of the return",
        table,
        narrow=drawn(charts.waterfall_chart(steps, NARROW)),
        wide=drawn(charts.waterfall_chart(steps, WIDE)),
    )
    answer = f"Of {counted(delivered, 'delivery', 'deliveries')}, {count(standing)} stand ({percent(standing / delivered)})"
    return Section("falling", "What became of what was delivered?", answer, figures=[figure])


def _fall_label(step: str, reason: str | None) -> str:
    if step == "returned":
        return f"returned: {reason or 'no reason'}"
    if step == "rejected":
        return reason or "all other reasons"
    return {"waiting": "in review or quarantined"}.get(step, step)

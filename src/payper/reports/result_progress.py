"""Questions of the results report on the way from delivery to win: speed of follow-up, reach, and how quickly things move on."""

from __future__ import annotations

from typing import Any

import polars as pl

from payper.measurement.measured import Measured
from payper.reports import result_charts as charts
from payper.reports.drawing import NARROW, WIDE
from payper.reports.estimates import days, share, with_interval
from payper.reports.page import Figure, Section, drawn
from payper.reports.result_words import segment_name
from payper.reports.tables import Table, capitalised
from payper.reports.words import count, counted, percent

TRIED_MAX = 20
"""Industries, functions, campaigns and messages that are listed, the newest and largest first."""

AT_ONCE = 0.05
"""Fewer days than this, about an hour, are none."""

COMPARED_MIN = 8
"""Comparisons with fewer leads on a side are not listed."""


def follow_up_section(measured: Measured) -> Section | None:
    """Say what a quick first touch is associated with."""
    found = measured.follow_up
    if not found.leads:
        return None
    bands = [
        charts.Estimate(row["band"], row["rate"], None, None, f"{share(row['rate'])} of {count(row['leads'])}")
        for row in found.bands.iter_rows(named=True)
        if row["leads"]
    ]
    noun = found.outcome.removesuffix("_at")
    rows = [
        [capitalised(row["band"]), count(row["leads"]), count(row["reached"]), "" if row["rate"] is None else share(row["rate"])]
        for row in found.bands.iter_rows(named=True)
    ]
    table = Table("Leads by hours from delivery to first touch", ["First touch", "Leads", f"Meetings {noun}", "Share"], rows)
    most = max((one.value or 0 for one in bands), default=0) or 1.0
    figure = Figure(
        f"Share with a meeting {noun} within {found.within_days} days, by first touch",
        table,
        narrow=drawn(charts.shares_chart(bands, NARROW, left=148, most=most)),
        wide=drawn(charts.shares_chart(bands, WIDE, left=190, most=most)),
        note=" ".join(found.words[1:]),
    )
    answer = found.words[0].rstrip(".") if found.is_enough else "Too early to tell what a quick answer brings"
    return Section("follow-up", "What does a quick answer bring?", capitalised(answer), figures=[figure], tables=[_comparisons(measured)])


def _comparisons(measured: Measured) -> Table:
    rows = [
        [
            {"bands": "Each band", "landmark": "Those still waiting"}.get(row["comparison"], row["comparison"]),
            row["band"],
            row["against"],
            count(row["fast"]),
            count(row["slow"]),
            _points(row["difference"], row["difference_lo"], row["difference_hi"]),
            _points(row["crude_difference"], None, None),
        ]
        for row in measured.follow_up.comparisons.filter(pl.min_horizontal("fast", "slow") >= COMPARED_MIN).iter_rows(named=True)
    ]
    heads = ["Compared", "First touch", "Against", "Leads", "Leads against", "Points, matched", "Points, unmatched"]
    return Table("Difference of first touches, matched on model and hour of arrival", heads, rows, words=3)


def _points(value: float | None, low: float | None, high: float | None) -> str:
    """Write a difference of shares in percentage points."""

    def point(number: float) -> str:
        return f"{100 * number:+.1f}".replace("-", "−")

    return "" if value is None else with_interval(value, low, high, point)


def reach_section(measured: Measured) -> Section | None:
    """Say whom deliveries reach and how quickly they move on."""
    companies = measured.reach.companies
    if companies.is_empty() or not measured.seen.deliveries:
        return None
    whole = companies.row(0, named=True)
    models = measured.segments["model"]["model"].to_list()
    cells = [_days_figure(measured, model) for model in models]
    new = measured.reach.tried.filter("is_new")
    answer = whole["words"].rstrip(".")
    if not new.is_empty():
        answer += f"; {counted(new.height, 'industry, audience or message', 'industries, audiences and messages')} tried for the first time in 90 days"  # noqa: E501  # one sentence
    note = "Dot: days within which half of those that get there do; line: its 95% interval. Deliveries still open are allowed for."
    return Section(
        "reach",
        "Whom do deliveries reach, and how quickly do they move on?",
        answer,
        cells=[cell for cell in cells if cell is not None],
        tables=[_companies_table(measured), _tried_table(measured)],
        note=note,
    )


def _days_figure(measured: Measured, model: str) -> Figure | None:
    own = measured.acceleration.filter(pl.col("model") == model)
    stages = measured.velocity.filter(pl.col("model") == model)
    waits = [
        charts.Estimate(row["milestone"], row["median_days"], row["median_lo"], row["median_hi"], _wait_words(row))
        for row in own.iter_rows(named=True)
    ]
    if not any(one.value is not None for one in waits):
        return None
    rows = [[capitalised(row["milestone"]), row["words"]] for row in own.iter_rows(named=True)]
    rows += [[capitalised(row["stage"]), row["words"]] for row in stages.iter_rows(named=True)]
    table = Table(f"From delivery on, {segment_name(measured, 'model', model)}", ["Step", "In words"], rows, words=2)
    said = [f"{one.label} after {days(one.value)} days" for one in waits if one.value is not None and one.label != "meeting booked"]
    title = (
        f"{capitalised(segment_name(measured, 'model', model))}: {', '.join(said[:3])}" if said else segment_name(measured, "model", model)
    )
    return Figure(title, table, narrow=drawn(charts.estimates_chart(waits, NARROW)))


def _wait_words(row: dict[str, Any]) -> str:
    if row["median_days"] is None:
        return "too early to tell"
    if row["median_days"] < AT_ONCE:
        return "at once"
    return f"{with_interval(row['median_days'], row['median_lo'], row['median_hi'], days)} days"


def _companies_table(measured: Measured) -> Table:
    frames = [("All deliveries", measured.reach.companies), *_by_model(measured)]
    rows = []
    for label, frame in frames:
        row = frame.row(0, named=True)
        targets = "no list" if row["targets"] is None else f"{count(row['targets_delivered'])} of {count(row['targets'])}"
        met = [count(row[name]) for name in ("deliveries", "companies", "companies_contacted", "companies_held", "companies_won")]
        rows.append([label, *met, targets, "" if row["target_share"] is None else percent(row["target_share"])])
    heads = ["Of", "Accepted", "Companies", "Contacted", "Met", "Won", "Targets touched", "Share of targets"]
    return Table("Companies reached", heads, rows)


def _by_model(measured: Measured) -> list[tuple[str, pl.DataFrame]]:
    frame = measured.reach_by_model.companies
    return [(segment_name(measured, "model", model), frame.filter(pl.col("model") == model)) for model in frame["model"].to_list()]


def _tried_table(measured: Measured) -> Table:
    tried = measured.reach.tried.sort(
        [pl.col("is_new").fill_null(value=False), "deliveries", "dimension", "value"], descending=[True, True, False, False]
    )  # one order
    rows = [
        [
            row["words"].split(":")[0],
            row["words"].split(": ", 1)[1].rstrip("."),
            count(row["deliveries"]),
            count(row["companies"]),
            count(row["held"]),
            count(row["opportunities"]),
            count(row["won"]),
        ]
        for row in tried.head(TRIED_MAX).iter_rows(named=True)
    ]
    title = f"What was tried, the newest and largest {len(rows)} of {tried.height}" if tried.height > len(rows) else "What was tried"
    return Table(title, ["What", "In words", "Accepted", "Companies", "Met", "Opportunities", "Won"], rows, words=2)

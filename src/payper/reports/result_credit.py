"""The question of the results report on who brought the wins of companies that had several touches."""

from __future__ import annotations

from typing import Any

import polars as pl

from payper.measurement.attribution import ANYWAY, ATTRIBUTE_FLAGS
from payper.measurement.measured import Measured
from payper.reports import result_charts as charts
from payper.reports.drawing import NARROW, WIDE
from payper.reports.estimates import amount, number, share, with_interval
from payper.reports.page import Figure, Section, drawn
from payper.reports.tables import Table, capitalised
from payper.reports.words import count, enumerated, percent

_VIEWS = {
    "incremental": "what it added (incremental Shapley)",
    "markov": "removal (Markov)",
    "first touch": "first touch",
    "last touch": "last touch",
}
"""Views in the order they are shown, the one to go by first."""


def credit_section(measured: Measured) -> Section | None:
    """Share the wins of companies among leads and appointments, with what would have happened anyway beside them."""
    credit = measured.credit
    if credit.is_empty() or not credit["wins"].sum():
        return None
    flags = sorted({flag for each in credit["flags"] for flag in each})
    rows = [row for view in _VIEWS for row in credit.filter(pl.col("view") == view).iter_rows(named=True)]
    marks = [
        charts.Estimate(f"{capitalised(row['touch'])}: {row['view']}", row["wins"], row["wins_lo"], row["wins_hi"], _wins(row))
        for row in rows
        if row["touch"] != ANYWAY
    ]
    figure = Figure(
        "Wins of companies by touch, in four views that each add up to all of them",
        _table(rows, measured),
        narrow=drawn(charts.estimates_chart(marks, NARROW)),
        wide=drawn(charts.estimates_chart(marks, WIDE)),
        note=_note(flags),
    )
    tables = [_orders(measured)] if not measured.orders.is_empty() else []
    return Section("credit", "Who brought the deals?", _answer(rows), figures=[figure], tables=tables)


def _answer(rows: list[dict[str, Any]]) -> str:
    own = [row for row in rows if row["view"] == "incremental"]
    wins = sum(row["wins"] for row in own)
    parts = [f"{row['touch']}s {_wins(row)}" for row in own if row["touch"] != ANYWAY]
    anyway = next((row["wins"] for row in own if row["touch"] == ANYWAY), 0.0)
    parts[:1] = [parts[0].replace("s ", "s brought ", 1)] if parts else []
    words = f"Of the companies won, {count(round(wins))} in all, {enumerated(parts)}"
    return f"{words}; {number(anyway)} would have come anyway" if anyway else words


def _wins(row: dict[str, Any]) -> str:
    if row["touch"] == ANYWAY and "NO_BASELINE" in row["flags"]:
        return "not known"
    return with_interval(row["wins"], row["wins_lo"], row["wins_hi"], number)


def _note(flags: list[str]) -> str:
    words = [
        "Only paid deliveries are touches, up to the win, however long before it: there is no look-back limit. A lead's own meeting is a "
        "milestone of the lead. Companies are matched by key or domain, and compared within bands of their size."
    ]
    words += [f"{capitalised(ATTRIBUTE_FLAGS[flag])}." for flag in flags if flag in ATTRIBUTE_FLAGS]
    return " ".join(words)


def _table(rows: list[dict[str, Any]], measured: Measured) -> Table:
    cells = [
        [
            _VIEWS[row["view"]],
            row["touch"],
            count(round(row["companies"])),
            _wins(row),
            "" if row["wins_share"] is None or _wins(row) == "not known" else percent(row["wins_share"]),
            "" if row["value"] is None or _wins(row) == "not known" else with_interval(row["value"], row["value_lo"], row["value_hi"]),
            "" if row["e_value_lo"] is None else f"{row['e_value_lo']:.1f}",
        ]
        for row in rows
    ]
    base = measured.basis.facts.base_currency
    heads = ["View", "Touch", "Companies", "Wins", "Share", f"Revenue, {base}", "Robust to"]
    return Table("Wins of companies, shared among touches", heads, cells, words=2)


def _orders(measured: Measured) -> Table:
    rows = [
        [
            f"{row['first']}, then {row['then']}",
            count(round(row["companies"])),
            count(round(row["wins"])),
            "too few to tell" if row["win_rate"] is None else with_interval(row["win_rate"], row["win_rate_lo"], row["win_rate_hi"], share),
            "" if row["value_per_company"] is None else amount(row["value_per_company"]),
        ]
        for row in measured.orders.iter_rows(named=True)
    ]
    heads = ["Order of touches", "Companies", "Wins", "Win rate", "Revenue per company"]
    return Table("Companies with exactly these two touches, by which came first", heads, rows)

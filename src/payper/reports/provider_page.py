"""One provider's own page: how good what it hands over is beside the others, how often it is won, and what its latest deliveries show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from payper.reports import result_charts as charts
from payper.reports.drawing import NARROW, WIDE
from payper.reports.estimates import days, share, with_interval
from payper.reports.page import Figure, Section, drawn
from payper.reports.result_providers import OfProviders, weights_words
from payper.reports.tables import Table
from payper.reports.words import count, percent

_Row = Mapping[str, Any]


def provider_headline(measured: OfProviders, provider: str) -> str:
    """Say a provider's place, or that it is too early to tell."""
    name, overall = measured.basis.facts.party(provider), measured.providers.scorecards.overall
    row = next(overall.filter(pl.col("provider") == provider).iter_rows(named=True), None)
    if row is None:
        return f"{name} has handed nothing over yet"
    if row["rank"] is None:
        return f"Too early to tell how good {name} is: too little was checked"
    ranked = overall.drop_nulls("rank").height
    if ranked == 1:
        return f"{name} alone was checked often enough; there is nobody to compare with"
    place = f"{row['rank_lo']}" if row["rank_lo"] == row["rank_hi"] else f"{row['rank_lo']} to {row['rank_hi']}"
    return f"{name} has place {place} of {ranked}, with {weights_words(measured)}"


def provider_sections(measured: OfProviders, provider: str) -> list[Section]:
    """Give the questions on one provider that there is something to say about."""
    found = (_criteria(measured, provider), _wins(measured, provider), _latest(measured, provider))
    return [section for section in found if section is not None]


def _criteria(measured: OfProviders, provider: str) -> Section | None:
    cards = measured.providers.scorecards
    checked = [row for row in _own(cards.criteria, provider) if "NOTHING_CHECKED" not in row["flags"] and row["criterion"] != "outcome"]
    if not checked:
        return None
    marks = [charts.Estimate(row["criterion"].capitalize(), row["value"], row["value_lo"], row["value_hi"], _words(row)) for row in checked]
    rows = [
        [row["criterion"].capitalize(), _words(row), count(row["based_on"]), count(row["deliveries"]), _place(row), _best(measured, row)]
        for row in checked
    ]
    table = Table("Criteria", ["Criterion", "Share", "Checked", "Of", "Place between", "Best"], rows)
    figure = Figure(
        "Share that is good, by criterion: dot: estimate; line: its 95% interval",
        table,
        narrow=drawn(charts.estimates_chart(marks, NARROW, most=1.0)),
        wide=drawn(charts.estimates_chart(marks, WIDE, most=1.0)),
    )
    low = min(checked, key=lambda row: float(row["value"]))
    answer = f"Least good: {low['criterion']}, {_words(low)}"
    return Section("criteria", "How good is what it hands over?", answer, figures=[figure], tables=_checks(measured, provider))


def _best(measured: OfProviders, row: _Row) -> str:
    """Name whoever leads in a criterion, with the share."""
    ranked = (
        measured.providers.scorecards.criteria.filter(pl.col("criterion") == row["criterion"]).drop_nulls("rank").sort("rank", "provider")
    )
    if ranked.height < 2:
        return "nobody to compare with"
    best = ranked.row(0, named=True)
    return "it" if best["provider"] == row["provider"] else f"{measured.basis.facts.party(best['provider'])}, {share(best['value'])}"


def _checks(measured: OfProviders, provider: str) -> list[Table]:
    found = [row for row in _own(measured.providers.scorecards.checks.sort("rate"), provider) if row["checked"]]
    rows = []
    for row in found:
        passed = with_interval(row["rate"], row["rate_lo"], row["rate_hi"], share)
        rows.append([f"{row['criterion']}: {row['check']}", passed, count(int(row["checked"])), count(row["deliveries"])])
    return [Table("Every check, the least passed first", ["Check", "Passed", "Checked", "Of"], rows)] if rows else []


def _wins(measured: OfProviders, provider: str) -> Section | None:
    row = next(iter(_own(measured.providers.scorecards.wins, provider)), None)
    if row is None:
        return None
    rate = with_interval(row["rate"], row["rate_lo"], row["rate_hi"], share)
    within = f"within {measured.basis.horizon_days} days"
    answer = f"{count(row['wins_seen'])} of {count(row['deliveries'])} accepted are won so far; {rate} will be {within}"
    cells = [
        ["Accepted", count(row["deliveries"])],
        ["Won so far", count(row["wins_seen"])],
        [f"Won {within}", rate],
        ["Visible by now", "" if row["visible_share"] is None else percent(row["visible_share"])],
        ["Wins most often of all", "" if row["p_first"] is None else f"in {percent(row['p_first'])} of draws"],
    ]
    for speed in _own(measured.providers.speeds.drop_nulls("days_median"), provider):
        words = f"half within {days(speed['days_median'])} days, nine in ten within {days(speed['days_p90'])}"
        cells.append(["Delivered after generating", words])
    return Section("wins", "How often is it won?", answer, tables=[Table("Wins and speed", ["What", "How much"], cells)])


def _latest(measured: OfProviders, provider: str) -> Section | None:
    anomalies = measured.providers.anomalies
    row = next(iter(_own(anomalies.providers, provider)), None)
    if row is None:
        return None
    evidence = anomalies.evidence.filter(pl.col("provider") == provider)
    shown = [
        [each["words"], count(each["k"]), count(each["n"]), percent(each["expected_share"])]
        for each in evidence.head(8).iter_rows(named=True)
    ]
    facts = [[each["words"], count(each["deliveries"])] for each in _own(measured.providers.facts, provider)]
    tables = [Table("Evidence, the least likely first", ["In words", "Seen", "Of", "Expected"], shown)] if shown else []
    tables += [Table("What one case is enough to ask about", ["In words", "Deliveries"], facts)] if facts else []
    answer = "They look unlike the ones before" if row["status"] == "stands out" else "They look like the ones before"
    note = f"{row['words']} Evidence is for a conversation, not a verdict."
    return Section("latest", "Do its latest deliveries look like the ones before?", answer, tables=tables, note=note)


def _own(frame: pl.DataFrame, provider: str) -> list[_Row]:
    """Give a provider's rows of a frame."""
    return list(frame.filter(pl.col("provider") == provider).iter_rows(named=True))


def _words(row: _Row) -> str:
    return with_interval(row["value"], row["value_lo"], row["value_hi"], share)


def _place(row: _Row) -> str:
    if row["rank_lo"] is None:
        return ""
    return f"{row['rank_lo']}" if row["rank_lo"] == row["rank_hi"] else f"{row['rank_lo']} to {row['rank_hi']}"

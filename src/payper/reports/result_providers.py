"""Questions of the results report on providers: who wins most, as far as small numbers tell, and whose latest deliveries stand out."""

from __future__ import annotations

from typing import Any

import polars as pl

from payper.measurement.measured import Measured
from payper.reports import result_charts as charts
from payper.reports.drawing import NARROW, WIDE
from payper.reports.estimates import share, with_interval
from payper.reports.page import Figure, Section, drawn
from payper.reports.tables import Table
from payper.reports.words import count, enumerated, percent


def league_section(measured: Measured) -> Section | None:
    """Say which provider's deliveries win most, and which cannot be told apart."""
    league = measured.league
    if league.is_empty():
        return None
    name = measured.basis.facts.party
    places = [_place(name(row["provider"]), row) for row in league.iter_rows(named=True)]
    rows = [
        [
            name(row["provider"]),
            "" if row["rank"] is None else str(row["rank"]),
            _span(row["rank_lo"], row["rank_hi"]),
            count(row["deliveries"]),
            count(row["wins_seen"]),
            with_interval(row["rate"], row["rate_lo"], row["rate_hi"], share),
            "" if row["p_first"] is None else percent(row["p_first"]),
            "" if row["visible_share"] is None else percent(row["visible_share"]),
            "" if row["group"] is None else str(row["group"]),
        ]
        for row in league.iter_rows(named=True)
    ]
    rate = f"Win rate in {measured.basis.horizon_days} days"
    heads = ["Provider", "Place", "Between", "Accepted", "Wins seen", rate, "Is first", "Visible", "Group"]
    table = Table("Providers by the share of their deliveries that is won", heads, rows)
    figure = Figure(
        "Place of each provider: the bar spans the places it may have, the dot is the one expected",
        table,
        narrow=drawn(charts.league_chart(places, NARROW)),
        wide=drawn(charts.league_chart(places, WIDE)),
        note="Rates of all providers are estimated together, so that small numbers are drawn towards the others and late joiners are not "
        "punished for deals still open. Providers of one group cannot be told apart from the best of it.",
    )
    return Section("league", "Whose deliveries are won most often?", _league_answer(measured), figures=[figure])


def _league_answer(measured: Measured) -> str:
    ranked = measured.league.drop_nulls("rank")
    if ranked.is_empty():
        return "Too early to tell: no provider has enough deliveries to rank"
    name = measured.basis.facts.party
    best = [name(provider) for provider in ranked.filter(pl.col("group") == 1)["provider"]]
    first = ranked.row(0, named=True)
    rate = with_interval(first["rate"], first["rate_lo"], first["rate_hi"], share)
    if ranked.height == 1:
        return f"{name(first['provider'])} wins {rate} of its deliveries; there is nobody to compare with"
    if len(best) == 1:
        return f"{best[0]} wins most often: {rate} of its deliveries within {measured.basis.horizon_days} days"
    return f"{enumerated(best)} cannot be told apart at the top; {name(first['provider'])} leads with {rate}"


def _place(name: str, row: dict[str, Any]) -> charts.Place:
    if row["rank"] is None:
        return charts.Place(name, None, None, None, "too few deliveries to rank")
    rate = with_interval(row["rate"], row["rate_lo"], row["rate_hi"], share)
    return charts.Place(name, row["expected_rank"], row["rank_lo"], row["rank_hi"], f"{_span(row['rank_lo'], row['rank_hi'])} · {rate}")


def _span(low: object, high: object) -> str:
    if low is None:
        return ""
    return f"{low}" if low == high else f"{low} to {high}"


def unlike_section(measured: Measured) -> Section | None:
    """Say whose latest deliveries look unlike the ones before, with the evidence."""
    providers, evidence = measured.anomalies.providers, measured.anomalies.evidence
    if providers.is_empty():
        return None
    name = measured.basis.facts.party
    out = [name(provider) for provider in providers.filter(pl.col("status") == "stands out")["provider"]]
    more = "" if len(out) < 2 else f" and {len(out) - 1} more"
    look = "look unlike the ones before"
    answer = f"The latest deliveries of {out[0]}{more} {look}" if out else f"No provider's latest deliveries {look}"
    said = [[name(one), words] for one, words in providers.select("provider", "words").iter_rows()]
    shown = evidence.filter(pl.col("status") == "stands out") if out else evidence.head(8)
    rows = [
        [name(row["provider"]), row["words"], count(row["k"]), count(row["n"]), percent(row["expected_share"])]
        for row in shown.iter_rows(named=True)
    ]
    note = (
        "Each provider's last four weeks are held against its own earlier weeks and the other providers. On average at most "
        f"{percent(measured.anomalies.q)} of the providers named stand out by chance alone. Evidence is for a conversation, not a verdict."
    )
    tables = [
        Table("What each provider's latest deliveries show", ["Provider", "In words"], said, words=2),
        Table("Evidence, the least likely first", ["Provider", "In words", "Seen", "Of", "Expected"], rows, words=2),
    ]
    return Section("unlike", "Do the latest deliveries look like the ones before?", answer, tables=tables, note=note)

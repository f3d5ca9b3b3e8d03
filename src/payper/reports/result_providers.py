"""Questions of the results report on providers: who wins most, as far as small numbers tell, and whose latest deliveries stand out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

from payper.measurement.basis import Basis
from payper.measurement.scored import Scored
from payper.reports import result_charts as charts
from payper.reports.drawing import NARROW, WIDE
from payper.reports.estimates import days, share, with_interval
from payper.reports.page import Figure, Section, drawn
from payper.reports.tables import Table
from payper.reports.words import count, enumerated, percent


class OfProviders(Protocol):
    """What sections on providers read: all results, or the providers' alone."""

    @property
    def basis(self) -> Basis:
        """What was measured."""

    @property
    def providers(self) -> Scored:
        """What was found of providers."""


@dataclass(frozen=True, slots=True)
class ProvidersMeasured:
    """Providers alone, without the other results."""

    basis: Basis
    providers: Scored


def league_section(measured: OfProviders) -> Section | None:
    """Say which provider's deliveries win most, and which cannot be told apart."""
    league = measured.providers.scorecards.wins
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


def scorecards_section(measured: OfProviders) -> Section | None:
    """Say how good what each provider hands over is, criterion by criterion, and what it comes to by the buyer's weights."""
    cards = measured.providers.scorecards
    if cards.criteria.is_empty():
        return None
    names = cards.criteria["criterion"].unique(maintain_order=True).to_list()
    cells = [_criterion_figure(measured, name) for name in names if name != "outcome"]
    note = (
        "Dot: estimate; line: its 95% interval; small numbers are drawn towards the other providers. A check is passed unless the verdict "
        "or the buyer gives one of its reasons; what is nobody's or the buyer's doing counts for nothing."
    )
    tables = [overall_table(measured), criteria_table(measured), _checks_table(measured), _mix_table(measured), _speeds_table(measured)]
    return Section(
        "scorecards",
        "How good is what each provider hands over?",
        _overall_answer(measured),
        cells=cells,
        tables=[table for table in tables if table.rows],
        note=note,
    )


def _overall_answer(measured: OfProviders) -> str:
    name = measured.basis.facts.party
    ranked = measured.providers.scorecards.overall.drop_nulls("rank").sort("rank", "provider")
    if ranked.is_empty():
        return "Too early to tell: no provider was checked often enough in every criterion that has a weight"
    first = ranked.row(0, named=True)
    if ranked.height == 1:
        return f"{name(first['provider'])} alone was checked often enough; there is nobody to compare with"
    best = [name(provider) for provider in ranked.filter(pl.col("group") == 1)["provider"]]
    stays = f"stays first in {percent(first['first_share'])} of all weightings"
    if len(best) > 1:
        return f"{enumerated(best)} cannot be told apart; {name(first['provider'])} leads and {stays}"
    return f"With {weights_words(measured)}, {best[0]} is first, and {stays}"


def weights_words(measured: OfProviders) -> str:
    """Say by which weights."""
    if measured.basis.weights is None or not measured.basis.weights.criteria:
        return "criteria weighted alike"
    weights = [(criterion, weight) for criterion, weight in measured.providers.scorecards.weights.items() if weight]
    return "weights of " + enumerated([f"{percent(weight)} for {criterion}" for criterion, weight in weights])


def _criterion_figure(measured: OfProviders, criterion: str) -> Figure:
    own = measured.providers.scorecards.criteria.filter(pl.col("criterion") == criterion)
    name = measured.basis.facts.party
    marks, rows = [], []
    for row in own.iter_rows(named=True):
        words = with_interval(row["value"], row["value_lo"], row["value_hi"], share)
        is_known = "NOTHING_CHECKED" not in row["flags"]
        marks.append(
            charts.Estimate(
                name(row["provider"]),
                row["value"] if is_known else None,
                row["value_lo"],
                row["value_hi"],
                words if is_known else "nothing checked",
            )
        )
        rows.append(
            [
                name(row["provider"]),
                words if is_known else "nothing checked",
                count(row["based_on"]),
                count(row["deliveries"]),
                _span(row["rank_lo"], row["rank_hi"]),
            ]
        )
    table = Table(criterion.capitalize(), ["Provider", "Share", "Checked", "Of", "Place between"], rows)
    title = f"{criterion.capitalize()}: {_criterion_words(own, name)}"
    return Figure(title, table, narrow=drawn(charts.estimates_chart(marks, NARROW, most=1.0)))


def _criterion_words(own: pl.DataFrame, name: Any) -> str:
    ranked = own.drop_nulls("rank").sort("rank", "provider")
    if ranked.height < 2:
        return "too early to compare"
    if ranked["group"].max() == 1:
        return "no provider can be told apart"
    first, last = ranked.row(0, named=True), ranked.row(-1, named=True)
    return f"{name(first['provider'])} {share(first['value'])}, {name(last['provider'])} {share(last['value'])}"


def overall_table(measured: OfProviders) -> Table:
    """Give each provider's one figure by the weights used, and how often it stays first under others."""
    name = measured.basis.facts.party
    rows = [
        [
            name(row["provider"]),
            "" if row["rank"] is None else str(row["rank"]),
            _span(row["rank_lo"], row["rank_hi"]),
            f"{row['value']:.2f} ({row['value_lo']:.2f} to {row['value_hi']:.2f})",
            "" if row["p_first"] is None else percent(row["p_first"]),
            "" if row["first_share"] is None else percent(row["first_share"]),
        ]
        for row in measured.providers.scorecards.overall.iter_rows(named=True)
    ]
    heads = ["Provider", "Place", "Between", "Index", "Is first", "Stays first when weights change"]
    return Table(f"Providers by {weights_words(measured)}", heads, rows)


def criteria_table(measured: OfProviders) -> Table:
    """Give every criterion of every provider."""
    cards, name = measured.providers.scorecards, measured.basis.facts.party
    names = cards.criteria["criterion"].unique(maintain_order=True).to_list()
    known = {(row["provider"], row["criterion"]): row for row in cards.criteria.iter_rows(named=True)}
    rows = []
    for provider in sorted(set(cards.criteria["provider"])):
        cells = [known.get((provider, criterion)) for criterion in names]
        rows.append(
            [
                name(provider),
                *(
                    ""
                    if row is None or "NOTHING_CHECKED" in row["flags"]
                    else with_interval(row["value"], row["value_lo"], row["value_hi"], share)
                    for row in cells
                ),
            ]
        )
    return Table("Criteria by provider", ["Provider", *(each.capitalize() for each in names)], rows)


def _checks_table(measured: OfProviders) -> Table:
    name = measured.basis.facts.party
    rows = [
        [
            f"{row['criterion']}: {row['check']}",
            name(row["provider"]),
            with_interval(row["rate"], row["rate_lo"], row["rate_hi"], share),
            count(int(row["checked"])),
            count(row["deliveries"]),
            "" if row["group"] is None else str(row["group"]),
        ]
        for row in measured.providers.scorecards.checks.iter_rows(named=True)
        if row["checked"]
    ]
    return Table("Every check by provider", ["Check", "Provider", "Passed", "Checked", "Of", "Group"], rows, words=2)


def _mix_table(measured: OfProviders) -> Table:
    name = measured.basis.facts.party
    rows = [
        [
            f"{row['criterion']}: {row['check']}",
            name(row["provider"]),
            count(round(row["faults"])),
            f"{row['expected']:.1f}",
            f"{row['ratio']:.2f} ({row['ratio_lo']:.2f} to {row['ratio_hi']:.2f})",
        ]
        for row in measured.providers.mix.drop_nulls(["expected", "ratio"]).iter_rows(named=True)
        if not row["flags"]
    ]
    title = "Faults seen against those that the mix of countries explains (below 1: better than the mix)"
    return Table(title, ["Check", "Provider", "Faults", "Expected", "Seen over expected"], rows, words=2)


def _speeds_table(measured: OfProviders) -> Table:
    name = measured.basis.facts.party
    rows = [
        [name(row["provider"]), count(row["timed"]), days(row["days_median"]), days(row["days_p90"])]
        for row in measured.providers.speeds.drop_nulls("days_median").iter_rows(named=True)
    ]
    return Table("Days from generating a record to delivering it", ["Provider", "Timed", "Half within", "Nine in ten within"], rows)


def _league_answer(measured: OfProviders) -> str:
    ranked = measured.providers.scorecards.wins.drop_nulls("rank")
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


def unlike_section(measured: OfProviders) -> Section | None:
    """Say whose latest deliveries look unlike the ones before, with the evidence."""
    providers, evidence = measured.providers.anomalies.providers, measured.providers.anomalies.evidence
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
        f"{percent(measured.providers.anomalies.q)} of the providers named stand out by chance alone. "
        "Evidence is for a conversation, not a verdict; `payper providers --evidence FILE.csv` lists the deliveries behind it."
    )
    tables = [
        Table("What each provider's latest deliveries show", ["Provider", "In words"], said, words=2),
        Table("Evidence, the least likely first", ["Provider", "In words", "Seen", "Of", "Expected"], rows, words=2),
    ]
    facts = [[name(row["provider"]), row["words"], count(row["deliveries"])] for row in measured.providers.facts.iter_rows(named=True)]
    if facts:
        tables.append(Table("What one case is enough to ask about", ["Provider", "In words", "Deliveries"], facts, words=2))
    return Section("unlike", "Do the latest deliveries look like the ones before?", answer, tables=tables, note=note)

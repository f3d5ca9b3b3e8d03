"""The report: one HTML file that asks for nothing from elsewhere, with charts, tables of the same numbers, and how they were made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from payper.journey import LADDER
from payper.measurement import COST_STEPS, Results, in_base
from payper.money import exponent
from payper.reasons import Reason
from payper.reports import charts
from payper.reports.drawing import NARROW, WIDE
from payper.reports.findings import findings, headline, pace_words, rate_words
from payper.reports.page import Figure, Section, drawn, render_page
from payper.reports.tables import Table, capitalised, contract_detail, contracts_table, group_table, money_table
from payper.reports.words import NONE_YET, count, counted, day_in_words, enumerated, money, money_short, percent

CELLS_MAX = 9
"""Contracts that get a funnel and a pace of their own, the largest spend first; the tables have all."""

REASONS_MAX = 12
STACKS_MAX = 14


def render_report(
    results: Results, *, payper_version: str, refused: Sequence[str] = (), checks_not_run: Sequence[str] = (), read: str = ""
) -> str:
    """Write the report; equal results give equal bytes.

    Args:
        results: What `measure` found.
        payper_version: The version that made it.
        refused: One sentence per refused event or return; the first hundred are shown.
        checks_not_run: Sentences naming checks that could not be made (RULES 15).
        read: What was read, as a phrase: `14 files, 2,310 rows`.
    """
    order = _by_size(results)
    return render_page(
        "report.html.j2",
        programme=results.programme,
        as_of=day_in_words(results.programme.as_of),
        headline=headline(results),
        findings=findings(results),
        sections=_sections(results, order) if results.contracts["delivered"].sum() else [],
        tables=[contracts_table(results), money_table(results), group_table(results, "provider"), group_table(results, "model")],
        details=[contract_detail(results, row) for row in results.contracts.iter_rows(named=True) if row["delivered"]],
        refused=list(refused[:100]),
        refusals=results.refusals,
        refusals_words=counted(results.refusals, "event or return was", "events and returns were"),
        checks_not_run=list(checks_not_run),
        rates=rate_words(results.programme),
        no_rate=sorted(set(results.contracts.filter(pl.col("net_base_minor").is_null())["currency"])),
        unknown=counted(results.unknown_contracts, "delivery", "deliveries") if results.unknown_contracts else "",
        read=read,
        version=payper_version,
    )


def _by_size(results: Results) -> list[str]:
    """Order contracts by net spend in the base currency, then by deliveries; those without a rate come after."""
    ordered = results.contracts.sort(["net_base_minor", "delivered", "contract"], descending=[True, True, False], nulls_last=True)
    return ordered["contract"].to_list()


def _sections(results: Results, order: list[str]) -> list[Section]:
    return [
        _funnel_section(results, order),
        _reason_section(results),
        _spend_section(results, order),
        _pace_section(results, order),
        _cost_section(results, order),
    ]


# --- funnel -----------------------------------------------------------------------------------------------------------------------


def _funnel_section(results: Results, order: list[str]) -> Section:
    reached = _reached(results, "all", "")
    accepted, held, won = reached["accepted"], reached["meeting held"], reached["won"]
    whole = counted(accepted, "accepted delivery", "accepted deliveries")
    answer = f"Of {whole}, {count(held)} reached a held meeting and {counted(won, 'was', 'were')} won"
    delivered = [name for name in order if _reached(results, "contract", name)["delivered"]]
    models = results.contracts.filter(pl.col("contract").is_in(delivered)).group_by("model").len().filter(pl.col("len") > 1)["model"]
    # A model of one contract would be drawn twice.
    cells = [_funnel_figure(results, "model", model, f"Model {model}") for model in results.models["model"] if model in models]
    cells += [_funnel_figure(results, "contract", name, name) for name in delivered[:CELLS_MAX]]
    rows = [[name, *(count(number) for number in _reached(results, "contract", name).values())] for name in order]
    table = Table("Deliveries that reached each step, by contract", ["Contract", *(capitalised(step.value) for step in LADDER)], rows)
    note = (
        "Solid: recorded itself. Pale: implied by a later step. Percentages are of the accepted; that of accepted is of the delivered."
        + _others(len(delivered))
    )
    return Section("funnel", "How far do deliveries get?", answer, cells=cells, tables=[table], note=note)


def _others(number: int) -> str:
    return (
        f" The {count(CELLS_MAX)} contracts with the largest spend are drawn; {count(number - CELLS_MAX)} more stand in the table."
        if number > CELLS_MAX
        else ""
    )


def _reached(results: Results, scope: str, name: str) -> dict[str, int]:
    own = results.funnel.filter((pl.col("scope") == scope) & (pl.col("name") == name))
    return {step.value: 0 for step in LADDER} | dict(own.select("milestone", "reached").iter_rows())


def _funnel_figure(results: Results, scope: str, name: str, label: str) -> Figure:
    own = results.funnel.filter((pl.col("scope") == scope) & (pl.col("name") == name))
    reached = _reached(results, scope, name)
    steps, rows = [], []
    for milestone, number, recorded in own.select("milestone", "reached", "recorded").iter_rows():
        whole = reached["delivered"] if milestone == "accepted" else reached["accepted"] if milestone != "delivered" else 0
        share = percent(number / whole) if whole else ""
        steps.append(
            charts.Step(label=milestone, reached=number, recorded=recorded, words=count(number) + (f" · {share}" if share else ""))
        )
        rows.append([capitalised(milestone), count(number), count(recorded), share])
    accepted, delivered, held, won = (count(reached[step]) for step in ("accepted", "delivered", "meeting held", "won"))
    title = f"{label}: {accepted} of {delivered} accepted, {held} held, {won} won"
    table = Table(f"Funnel of {label}", ["Step", "Reached", "Recorded itself", "Share"], rows)
    return Figure(title, table, narrow=drawn(charts.funnel_chart(steps)))


# --- reasons ----------------------------------------------------------------------------------------------------------------------


def _reason_section(results: Results) -> Section:
    by_reason = (
        results.reasons.group_by("reason")
        .agg(pl.col("deliveries", "headlines").sum())
        .sort(["deliveries", "reason"], descending=[True, False])
    )
    known = [(Reason[code], deliveries, headlines) for code, deliveries, headlines in by_reason.iter_rows() if code in Reason.__members__]
    bars = [
        charts.Bar(
            label=reason.name,
            value=number,
            shape=charts.SHAPES[reason.fault.value],
            is_solid=reason.can_mend,
            words=_reason_words(reason, number),
        )
        for reason, number, _ in known[:REASONS_MAX]
    ]
    rows = [
        [reason.name, reason.fault.value, "yes" if reason.can_mend else "no", reason.text, count(number), count(headlines)]
        for reason, number, headlines in known
    ]
    table = Table("Reasons over all contracts", ["Reason", "Whose doing", "Mending helps", "In words", "Listed", "Headline"], rows, words=4)
    if not known:
        return Section("reasons", "Why were deliveries not accepted?", "No verdict lists a reason", tables=[])
    total, mendable = sum(number for _, number, _ in known), sum(number for reason, number, _ in known if reason.can_mend)
    top, first = known[0][0], known[0][1]
    which = "the only reason" if len(known) == 1 else f"the commonest of {count(len(known))} reasons"
    helps = "no reason listed" if not mendable else f"{percent(mendable / total)} of all reasons listed"
    answer = f"{top.name} is {which}, with {counted(first, 'delivery', 'deliveries')}; mending can help against {helps}"
    shown = f"The {REASONS_MAX} commonest of {len(known)} reasons" if len(known) > REASONS_MAX else "All reasons"
    figure = Figure(
        f"{shown}, by the deliveries whose verdict lists them",
        table,
        narrow=drawn(charts.reasons_chart(bars, NARROW)),
        wide=drawn(charts.reasons_chart(bars, WIDE)),
        note="Solid bar: mending and sending again can help. Outline: it cannot. "
        "A verdict lists all its reasons, so these add up to more than the deliveries.",
    )
    return Section("reasons", "Why were deliveries not accepted?", answer, figures=[figure])


def _reason_words(reason: Reason, number: int) -> str:
    return f"{count(number)} · {reason.fault.value}{' · can be mended' if reason.can_mend else ''}"


# --- spend ------------------------------------------------------------------------------------------------------------------------


def _spend_section(results: Results, order: list[str]) -> Section:
    programme, base = results.programme, results.programme.base_currency
    by_name = {row["contract"]: row for row in results.contracts.iter_rows(named=True)}
    stacks, apart = [], []
    for name in order:
        row = by_name[name]
        parts = {part: in_base(programme, row[f"{part}_minor"], row["currency"]) for part in ("posted", "pending", "credited")}
        if None in parts.values() or row["net_base_minor"] is None:
            apart.append(f"{name} ({money(row['net_minor'], row['currency'])})")
            continue
        amounts = {part: minor or 0 for part, minor in parts.items()}
        if any(amounts.values()):
            unit = 10 ** (exponent(base) or 0)
            stacks.append(
                charts.Stack(label=name, **{part: minor / unit for part, minor in amounts.items()}, words=_stack_words(amounts, base))
            )
    table = _spend_table(results, order, by_name)
    note = "Solid: posted. Pale: pending. Outline left of zero: credited after posting."
    if len(stacks) > STACKS_MAX:
        note += f" The {STACKS_MAX} largest are drawn; the table has all {len(order)}."
    if apart:
        note += f" Not drawn, as there is no exchange rate: {enumerated(apart)}."
    answer = _spend_answer(results, by_name, order)
    figures = (
        [
            Figure(
                f"Spend by contract in {base}, as of {day_in_words(programme.as_of)}",
                table,
                narrow=drawn(charts.spend_chart(stacks[:STACKS_MAX], NARROW)),
                wide=drawn(charts.spend_chart(stacks[:STACKS_MAX], WIDE)),
                note=note,
            )
        ]
        if stacks
        else [Figure("Spend by contract, in its own currency", table, note=note)]
    )
    return Section("spend", "Where does the money go?", answer, figures=figures)


def _stack_words(amounts: dict[str, int], base: str) -> str:
    words = [f"{money_short(amounts['posted'], base)} posted"]
    if amounts["pending"]:
        words.append(f"+ {money_short(amounts['pending'], base)} pending")
    if amounts["credited"]:
        words.append(f"− {money_short(amounts['credited'], base)} credited")
    return " ".join(words)


def _spend_answer(results: Results, by_name: dict[str, dict[str, Any]], order: list[str]) -> str:
    known = [by_name[name] for name in order if by_name[name]["net_base_minor"]]
    total = sum(row["net_base_minor"] for row in known)
    if not known or total <= 0:
        return (
            "Nothing has been charged yet" if not results.contracts["net_minor"].sum() else "Spend is shown in each contract's own currency"
        )
    top = known[0]
    if len(known) == 1:
        return f"{top['contract']} has cost {money(top['net_base_minor'], results.programme.base_currency)} net, pending charges included"
    share, whole = percent(top["net_base_minor"] / total), money(total, results.programme.base_currency)
    return f"{top['contract']} takes {share} of the {whole} spent net, pending charges included"


def _spend_table(results: Results, order: list[str], by_name: dict[str, dict[str, Any]]) -> Table:
    rows = []
    for name in order:
        row = by_name[name]
        base = "no rate" if row["net_base_minor"] is None else money(row["net_base_minor"], results.programme.base_currency)
        rows.append([name, *(money(row[f"{part}_minor"], row["currency"]) for part in ("posted", "pending", "credited", "net")), base])
    return Table(
        "Spend by contract", ["Contract", "Posted", "Pending", "Credited", "Net", f"Net in {results.programme.base_currency}"], rows
    )


# --- pace -------------------------------------------------------------------------------------------------------------------------


def _pace_section(results: Results, order: list[str]) -> Section:
    terms = {row["contract"]: row for row in results.contracts.iter_rows(named=True)}
    cells = []
    for name in order[:CELLS_MAX]:
        own, row = results.pacing.filter(pl.col("contract") == name), terms[name]
        last = own["day"][-1]
        pace = charts.Pace(
            days=own["day"].to_list(),
            cumulative=own["cumulative"].to_list(),
            even=own["even_pace"].to_list(),
            starts=min(row["starts"], own["day"][0]),
            ends=max(row["ends"] or last, last),
            cap=row["cap_total"],
        )
        rows = [
            [day_in_words(day), count(a), count(c), "" if even is None else count(even)]
            for day, a, c, even in own.select(pl.all().exclude("contract")).iter_rows()
        ]
        budget = (
            f" Budget used: {money(row['budget_used_minor'], row['currency'])} of {money(row['budget_minor'], row['currency'])}."
            if row["budget_minor"]
            else ""
        )
        table = Table(f"Accepted by day under {name}", ["Local day", "Accepted", "In all", "Even pace"], rows)
        cells.append(Figure(f"{name}: {pace_words(results, name)}", table, narrow=drawn(charts.pace_chart(pace)), note=budget.strip()))
    behind = [name for name in order if "behind" in pace_words(results, name)]
    paced = [name for name in order if "pace" in pace_words(results, name)]
    answer = (
        f"{count(len(behind))} of {counted(len(paced), 'contract')} with a total and an end "
        f"{'is' if len(behind) == 1 else 'are'} behind an even pace"
        if paced
        else "No contract has both a total and an end, so there is no pace to keep"
    )
    rows = [_pace_row(results, terms[name]) for name in order]
    table = Table("Pace of every contract", ["Contract", "Stands", "Ends", "Budget used", "Budget"], rows, words=3)
    note = "Days are local to each contract; replacements count in no cap." + _others(len(order))
    return Section("pace", "Is delivery on pace?", answer, cells=cells, tables=[table], note=note)


def _pace_row(results: Results, row: dict[str, Any]) -> list[str]:
    currency, budget = row["currency"], row["budget_minor"]
    return [
        row["contract"],
        pace_words(results, row["contract"]),
        day_in_words(row["ends"]) if row["ends"] else "open",
        money(row["budget_used_minor"], currency),
        money(budget, currency) if budget is not None else "no budget",
    ]


# --- cost -------------------------------------------------------------------------------------------------------------------------


def _cost_section(results: Results, order: list[str]) -> Section:
    base = results.programme.base_currency
    known = set(results.costs.drop_nulls("cost_base_minor")["milestone"])
    cells = [_cost_figure(results, order, step.value) for step in COST_STEPS if step.value in known]
    empty = [_unit(step.value) for step in COST_STEPS if step.value not in known]
    rows = []
    for scope, label in (("contract", "Contract"), ("provider", "Provider"), ("model", "Model")):
        names = order if scope == "contract" else sorted(set(results.costs.filter(pl.col("scope") == scope)["name"]))
        for name in names:
            steps = {
                row["milestone"]: row
                for row in results.costs.filter((pl.col("scope") == scope) & (pl.col("name") == name)).iter_rows(named=True)
            }
            shown = results.programme.party(name) if scope == "provider" else name
            rows.append([label, shown, *(_cost_words(steps[step.value]) for step in COST_STEPS if step.value in steps)])
    table = Table("Cost per milestone", ["Of", "Name", *(f"Per {_unit(step.value)}" for step in COST_STEPS)], rows, words=2)
    note = (
        "Net spend (posted, less credited, plus pending) divided by the deliveries that reached the step. "
        f"Dots in {base}{'' if len(order) == 1 else ': ● contract, ■ provider, ◆ model'}."
    )
    if empty:
        note += f" Not drawn, as none has a cost in {base} yet: {enumerated(empty)}."
    return Section("cost", "What does each step cost?", _cost_answer(results), cells=cells, tables=[table], note=note)


def _cost_words(row: dict[str, Any]) -> str:
    if row["reached"] == 0:
        return NONE_YET
    return "no rate" if row["cost_minor"] is None else money(row["cost_minor"], row["currency"])


def _cost_answer(results: Results) -> str:
    base = results.programme.base_currency
    for step in ("meeting held", "accepted"):
        rows = (
            results.costs.filter((pl.col("scope") == "provider") & (pl.col("milestone") == step))
            .drop_nulls("cost_base_minor")
            .sort("cost_base_minor", "name")
        )
        if rows.height == 1:
            low = rows.row(0, named=True)
            return f"One {_unit(step)} has cost {money(low['cost_base_minor'], base)} so far, from {results.programme.party(low['name'])}"
        if rows.height > 1:
            low, high = rows.row(0, named=True), rows.row(-1, named=True)
            return (
                f"One {_unit(step)} has cost from {money(low['cost_base_minor'], base)} ({results.programme.party(low['name'])}) "
                f"to {money(high['cost_base_minor'], base)} ({results.programme.party(high['name'])})"
            )
    return "Too early to tell: nothing that has a price was reached"


def _cost_figure(results: Results, order: list[str], step: str) -> Figure:
    base = results.programme.base_currency
    own = results.costs.filter(pl.col("milestone") == step)
    dots, rows = [], []
    # With one contract its provider and its model cost what it does.
    for scope, shape in (("contract", "circle"), ("provider", "square"), ("model", "diamond"))[: 1 if len(order) == 1 else 3]:
        by_name = {row["name"]: row for row in own.filter(pl.col("scope") == scope).iter_rows(named=True)}
        for name in [one for one in order if one in by_name][:CELLS_MAX] if scope == "contract" else sorted(by_name)[:CELLS_MAX]:
            row = by_name[name]
            cost, label = row["cost_base_minor"], results.programme.party(name) if scope == "provider" else name
            words = money_short(cost, base) if cost is not None else (NONE_YET if row["reached"] == 0 else "no rate")
            dots.append(
                charts.Dot(label=label, value=None if cost is None else cost / 10 ** (exponent(base) or 0), shape=shape, words=words)
            )
            rows.append(
                [
                    capitalised(scope),
                    label,
                    count(row["reached"]),
                    "no rate" if row["net_minor"] is None else money(row["net_minor"], row["currency"]),
                    _cost_words(row),
                ]
            )
    table = Table(f"Cost per {_unit(step)}", ["Of", "Name", "Reached", "Net spend", "Cost each"], rows, words=2)
    return Figure(_costcapitalised(own, step, base), table, narrow=drawn(charts.cost_chart(dots)))


def _costcapitalised(costs: pl.DataFrame, step: str, base: str) -> str:
    """Say between which contracts a step's cost lies."""
    known = costs.filter(pl.col("scope") == "contract").drop_nulls("cost_base_minor").sort("cost_base_minor", "name")
    if not known.height:
        return f"Per {_unit(step)}: {NONE_YET}"
    low, high = known.row(0, named=True), known.row(-1, named=True)
    if known.height == 1:
        return f"Per {_unit(step)}: {money(low['cost_base_minor'], base)} under {low['name']}"
    least, most = money(low["cost_base_minor"], base), money(high["cost_base_minor"], base)
    return f"Per {_unit(step)}: {least} under {low['name']} to {most} under {high['name']}"


def _unit(step: str) -> str:
    return {"accepted": "accepted delivery", "meeting held": "held meeting", "opportunity": "opportunity", "won": "won deal"}[step]

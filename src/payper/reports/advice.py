"""The advice as a page to forward: what to buy, why, how sure, what would change it, and where every number is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payper.advice.futures import offers_of
from payper.advice.goals import GoalPlan
from payper.advice.grounds import UNIT_WORDS, counted
from payper.advice.profile import Offer, Profile
from payper.advice.questions import TABLES
from payper.advice.recommendation import Recommendation
from payper.money import exponent
from payper.reports.advice_charts import Swing, WeekBar, swings_chart, weeks_chart
from payper.reports.advice_words import (
    advice_words,
    amount,
    band_words,
    binding_words,
    change_words,
    limit_words,
    line_cells,
    measured_cells,
    model_words,
    number_cells,
    pair_words,
    range_words,
    runner_up_words,
    sure_words,
    test_words,
    use_cells,
)
from payper.reports.drawing import NARROW, WIDE
from payper.reports.page import Figure, Section, drawn, render_page
from payper.reports.result_charts import Estimate, estimates_chart
from payper.reports.tables import Table
from payper.reports.words import count, enumerated, percent

SWINGS_MAX = 12
"""Numbers drawn, those that move the value most first; the table has all."""


def render_advice(
    found: Recommendation,
    profile: Profile,
    *,
    record: str,
    findings: Sequence[str],
    notes: Sequence[str],
    payper_version: str,
) -> str:
    """Write the page; the same recommendation gives the same bytes.

    Args:
        found: What is recommended.
        profile: The answers it was made for.
        record: What of the buyer's own stands behind it, in words; empty: nothing.
        findings: What is odd about the answers, one sentence each.
        notes: What else is worth knowing.
        payper_version: The version that made it.
    """
    values = advice_values(found, profile, record=record, findings=findings, notes=notes)
    return advice_page(values, payper_version=payper_version)


def advice_page(values: Mapping[str, Any], *, payper_version: str) -> str:
    """Write the page of `advice_values`."""
    return render_page("advice.html.j2", **values, version=payper_version)


def advice_values(found: Recommendation, profile: Profile, *, record: str, findings: Sequence[str], notes: Sequence[str]) -> dict[str, Any]:
    """Give what the templates of an advice show, for the file and for pages of the server; arguments as of `render_advice`."""
    return {
        "headline": found.headline,
        "banner": found.banner,
        "record": record,
        "sure": sure_words(found),
        "period": f"{counted(found.months, 'month')}, revenue within {counted(found.horizon_days, 'day')} of delivery, in {found.currency}",
        "findings": _three(found),
        "sections": [section for section in _sections(found, profile) if section is not None],
        "grounds": [{"words": ground.words, "keys": _keys(found, ground.keys)} for ground in found.grounds],
        "offers": _offers(found, profile),
        "numbers": [{"key": number.key, "cells": number_cells(found, number)} for number in found.numbers],
        "answers": _answers(profile),
        "assumptions": [*found.assumptions],
        "notes": [*findings, *notes],
        "draws": found.draws,
        "seed": found.seed,
    }


def _three(found: Recommendation) -> list[str]:
    """Say the three things that a reader must take away, how sure, what binds, what next; first of all what stands against it."""
    told = [*found.notes, sure_words(found)]
    binding = [ground.words for ground in found.grounds[:1]]
    told += binding
    if found.first_test is not None:
        told.append(test_words(found, found.first_test))
    elif found.goal is not None:
        told.append(found.goal.words)
    return told[: 3 + len(found.notes)]


def _sections(found: Recommendation, profile: Profile) -> list[Section | None]:
    asked = {offer.name: _asked(found, offer) for offer in offers_of(profile)[0]}
    return [
        _buying(found, asked),
        _limits(found),
        _prices(found, asked),
        _rivals(found),
        _changing(found),
        _goal(found),
        _test(found),
        _weeks(found),
    ]


def _units(found: Recommendation, minor: float) -> float:
    return minor / 10.0 ** (exponent(found.currency) or 0)


def _asked(found: Recommendation, offer: Offer) -> str:
    """Write what an offer costs: per unit, and besides per meeting held and of won amounts."""
    parts = [amount(found, offer.price_minor)] if offer.price_minor or not (offer.held_price_minor or offer.won_percent) else []
    parts += [f"{amount(found, offer.held_price_minor)} a meeting held"] if offer.held_price_minor else []
    parts += [f"{offer.won_percent:g}% of won amounts"] if offer.won_percent else []
    return " + ".join(parts)


def _buying(found: Recommendation, asked: Mapping[str, str]) -> Section:
    heads = ["Offer", "Model", "Asked, a unit", "Buy", "Spend", "Meetings held", "Worth up to, a unit", "Own record"]
    rows = []
    for line in found.lines:
        name, *figures = line_cells(found, line)
        model = model_words(line.model) + (f", {line.tier}" if line.tier else "")
        rows.append([name, model, asked[line.option], *figures, "yes" if line.has_history else "no, priors"])
    shares = [Estimate(model_words(each.model), each.share, each.low, each.high, range_words(each).split(",")[0]) for each in found.shares]
    figure = Figure(
        "Share of spend by model; the line: where it lies in 8 of 10 futures, were each known beforehand",
        Table("Share of spend by model", ["Model", "Share"], [[model_words(each.model), range_words(each)] for each in found.shares]),
        *(drawn(estimates_chart(shares, width, most=1.0)) for width in (NARROW, WIDE)),
    )
    parts = [f"{percent(each.share)} of spend on {model_words(each.model)}" for each in found.shares if each.share > 0]
    answer = enumerated(parts)[:1].upper() + enumerated(parts)[1:] if parts else "Nothing"
    return Section("buying", "What to buy?", answer, figures=[figure], tables=[Table("What to buy, by offer", heads, rows, words=3)])


def _limits(found: Recommendation) -> Section | None:
    if not found.mix.uses:
        return None
    binding = [limit_words(use.name) for use in found.mix.uses if use.binds]
    named = enumerated(binding[:1] + [name[:1].lower() + name[1:] for name in binding[1:]])
    answer = f"{named} {'holds' if len(binding) == 1 else 'hold'} it back" if binding else "Nothing holds it back"
    heads = ["Limit", "Used", "Of", "Holds back", "One more is worth"]
    table = Table("Limits, and what one more of each is worth", heads, [use_cells(found, use) for use in found.mix.uses])
    note = "A worth is what the best mix would bring more with one more unit of the limit, all else as it is."
    return Section("limits", "What holds the mix back?", answer, tables=[table], note=note)


def _prices(found: Recommendation, asked: Mapping[str, str]) -> Section:
    figures = []
    # A band that lies below nothing cannot be drawn from zero; the table has it.
    bands = [
        Estimate(
            line.option,
            max(_units(found, line.break_even.middle), 0.0),
            max(_units(found, line.break_even.low), 0.0),
            max(_units(found, line.break_even.high), 0.0),
            f"up to {amount(found, line.break_even.middle)}",
            is_solid=line.units > 0,
        )
        for line in found.lines
    ]
    rows = [
        [line.option, amount(found, line.break_even.low), amount(found, line.break_even.middle), amount(found, line.break_even.high),
         asked[line.option]]
        for line in found.lines
    ]  # fmt: skip
    figures.append(
        Figure(
            "Up to which price a unit of each offer is worth buying beside the rest (8 of 10 futures); outline: not bought",
            Table("Break-even price by offer", ["Offer", "Low", "Middle", "High", "Asked"], rows),
            drawn(estimates_chart(bands, NARROW)),
            drawn(estimates_chart(bands, WIDE)),
        )
    )
    pairs = [
        [f"{pair.option} against {pair.other}", binding_words(name), band_words(found, band)]
        for pair in found.pair_break_evens
        for name, band in pair.bands.items()
    ]
    tables = (
        [Table("Break-even price of appointments, by what is scarce", ["Offers", "Scarce", "Price a unit"], pairs, words=2)]
        if pairs
        else []
    )
    answer = "What a unit may cost depends on what is scarce, so no single break-even price exists"
    beside = " beside what is bought already" if any(line.units for line in found.lines) else ""
    note = f"Below nothing: not even a free unit would help{beside}."
    return Section("prices", "What may each cost?", answer, figures=figures, tables=tables, note=note)


def _rivals(found: Recommendation) -> Section:
    rows = [[runner_up_words(found, each).split(":")[0], amount(found, each.value_minor), amount(found, each.loss_minor),
             percent(each.chance_better)] for each in found.runner_ups]  # fmt: skip
    mixes = [
        ["The advice", found.mix],
        ["Best on average", found.average],
        ["For a cautious buyer", found.cautious],
    ]
    units = [
        [str(name), *(count(round(each)) for each in mix.units), amount(found, mix.value_minor), amount(found, mix.tail_minor)]  # type: ignore[attr-defined]  # a mix
        for name, mix in mixes
    ]
    heads = ["Mix", *(line.option for line in found.lines), "Brings on average", "In the worst tenth"]
    tables = [Table("The mix by appetite for risk, units of each offer", heads, units)]
    if rows:
        tables.insert(0, Table("Runner-up mixes", ["Mix", "Brings", "Less than the advice", "Better in"], rows))
    best = min(found.runner_ups, key=lambda each: each.loss_minor, default=None)
    next_ = (
        ""
        if best is None
        else f"Next best: {best.name}, {amount(found, abs(best.loss_minor))} {'less' if best.loss_minor >= 0 else 'more'} on average"
    )
    answer = next_ or "There is no other mix worth naming"
    return Section("rivals", "How sure is it, and what comes next best?", answer, tables=tables)


def _changing(found: Recommendation) -> Section | None:
    if not found.changes:
        return None
    swings = [
        Swing(
            change.lever.words,
            _units(found, change.value_low_minor),
            _units(found, change.value_high_minor),
            f"buy {advice_words(change.advice_low if change.advice_low != found.advice else change.advice_high)}"
            if change.changes_advice
            else "same advice",
            change.changes_advice,
        )
        for change in found.changes[:SWINGS_MAX]
    ]
    turning = [change for change in found.changes if change.changes_advice]
    now = _units(found, found.mix.value_minor)
    rows = [
        [change.lever.words, change_words(found, change), amount(found, change.value_low_minor), amount(found, change.value_high_minor)]
        for change in found.changes
    ]
    figure = Figure(
        "Value of the best mix with each number at the ends of its range; solid: the advice changes there; dotted: as it stands",
        Table("What moving one number does", ["Number", "In words", "Value at its lower end", "At its upper end"], rows, words=2),
        drawn(swings_chart(swings, now, NARROW)),
        drawn(swings_chart(swings, now, WIDE)),
    )
    answer = (
        f"{count(len(turning))} of {count(len(found.changes))} numbers would change the advice within their likely range"
        if turning
        else "No single number within its likely range changes the advice"
    )
    pairs = [[pair_words(found, pair), amount(found, pair.value_minor)] for pair in found.pair_changes]
    tables = [Table("Two numbers together, where neither does alone", ["In words", "Value"], pairs)] if pairs else []
    return Section("changing", "What would change the advice?", answer, figures=[figure], tables=tables)


def _goal(found: Recommendation) -> Section | None:
    if found.goal is None:
        return None
    plan: GoalPlan = found.goal.plan
    rows = [
        [line.option, f"{count(round(units))} {UNIT_WORDS[line.model]}"]
        for line, units in zip(found.lines, plan.mix.units, strict=True)
        if units >= 0.5
    ]
    caption = "The cheapest plan that reaches the goal with 80 %" if plan.is_reached else "The plan with the best chance found"
    tables = [Table(caption, ["Offer", "Buy"], [*rows, ["Spend", amount(found, plan.mix.spend_minor)]])] if rows else []
    return Section("goal", "Does it reach the goal?", found.goal.words, tables=tables)


def _test(found: Recommendation) -> Section | None:
    first = found.first_test
    if first is None:
        return None
    test = first.test
    rows = [
        ["Offer", first.option], ["Units", count(test.units)], ["Costs", amount(found, test.cost_minor)],
        ["May lose, expected", amount(found, test.loss_minor)], ["Worth deciding after it", amount(found, test.value_minor)],
        ["Net", amount(found, test.net_minor)], ["Read after", f"{first.days} days"], ["Seen by then", percent(test.visible)],
    ]  # fmt: skip
    return Section("test", "What to find out first?", test_words(found, first), tables=[Table("The test", ["What", "How much"], rows)])


def _weeks(found: Recommendation) -> Section | None:
    flow = found.flow
    if not flow.weeks:
        return None
    bars = [WeekBar(week.week, week.meetings, week.slots) for week in flow.weeks]
    rows = [
        [f"{week.week}", *(f"{each:,.1f}" for each in (*week.units, week.meetings, week.slots, week.opportunities, week.sdr_hours))]
        for week in flow.weeks
    ]
    heads = ["Week", *flow.options, "Meetings", "Slots", "Opportunities", "SDR hours"]
    figure = Figure(
        "Expected meetings by week; the line: slots that can be planned with",
        Table("The flow by week", heads, rows),
        drawn(weeks_chart(bars, NARROW)),
        drawn(weeks_chart(bars, WIDE)),
    )
    answer = flow.words[0] if flow.words else "Take deliveries evenly"
    return Section("weeks", "How to keep every stage filled?", answer, figures=[figure], note=" ".join(flow.words[1:]))


def _keys(found: Recommendation, keys: Sequence[str]) -> list[dict[str, str]]:
    """Give what a sentence rests on, each with the place on the page where it can be opened; empty where there is none."""
    places = {number.key: f"n-{number.key}" for number in found.numbers}
    for place, line in enumerate(found.lines, 1):
        places[f"offer: {line.option}"] = f"offer-{place}"
        if any(row.offer == line.option for row in found.measured):
            places[f"history: {line.option}"] = f"history-{place}"
    return [{"key": key, "place": places.get(key, f"a-{key}" if key.split(".")[0] in TABLES else "")} for key in keys]


def _offers(found: Recommendation, profile: Profile) -> list[dict[str, Any]]:
    """Give every offer as it was taken, and what its own record says of each step."""
    return [
        {
            "name": offer.name,
            "cells": [offer.provider, model_words(offer.model), _asked(found, offer), offer.source or "your profile"],
            "measured": [measured_cells(found, row) for row in found.measured if row.offer == offer.name],
        }
        for offer in offers_of(profile)[0]
    ]


def _answers(profile: Profile) -> list[dict[str, object]]:
    """Give every question with the answer, by table."""
    from payper.advice.questions import questions_of

    parts = {"goals": profile.goals, "sales": profile.sales, "audience": profile.audience, "revenue": profile.revenue}
    told: list[dict[str, object]] = []
    for table, title in TABLES.items():
        rows = []
        for question in questions_of(table):
            if not question.field:
                continue
            value = getattr(parts[table], question.field, None)
            rows.append({"key": question.key, "words": question.words, "answer": _answer(value, question.kind, profile.currency)})
        told.append({"title": title, "rows": rows})
    return told


def _answer(value: object, kind: str, currency: str) -> str:
    if value is None or value == ():
        return "unanswered"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if kind.startswith("amount") and isinstance(value, int):
        digits = exponent(currency) or 0
        return f"{value / 10**digits:,.0f} {currency}"
    if kind == "share" and isinstance(value, float):
        return percent(value)
    return f"{value:g}" if isinstance(value, float) else str(value)

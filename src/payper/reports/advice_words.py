"""The words of an advice, the same at the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from payper.advice.break_even import BINDING_WORDS, Band, PairBreakEven
from payper.advice.first_test import FirstTest
from payper.advice.grounds import LIMIT_WORDS, UNIT_WORDS
from payper.advice.measured import Measured
from payper.advice.mix import Use
from payper.advice.options import MODEL_WORDS
from payper.advice.profile import Number
from payper.advice.recommendation import Line, Recommendation, RunnerUp, ShareRange
from payper.advice.sensitivity import Change, PairChange
from payper.money import exponent
from payper.reports.words import MINUS, count, enumerated, percent

ADVICE_WORDS = {**{words: words for words in MODEL_WORDS.values()}, "mix": "a mix of models", "nothing": "nothing"}
MARK_WORDS = {
    "A": "A: first-party or named study",
    "B": "B: study quoted by others",
    "C": "C: a vendor's page",
    "assumed": "payper's assumption",
    "yours": "your answer",
}
LINE_HEADS = ("offer", "units", "spend", "meetings", "worth up to")


class InCurrency(Protocol):
    """Something whose amounts are in one currency: a recommendation, or the numbers of a profile."""

    @property
    def currency(self) -> str:
        """ISO 4217."""


def amount(found: InCurrency, minor: float) -> str:
    """Write an amount of the advice: whole units from a hundred on, else with its decimals."""
    digits = exponent(found.currency) or 0
    whole = minor / 10**digits
    text = f"{round(whole):,}" if abs(whole) >= 100 or not digits else f"{whole:,.{digits}f}"
    return f"{text} {found.currency}".replace("-", MINUS)


def model_words(model: str) -> str:
    """Write a model for people."""
    return MODEL_WORDS.get(model, model)


def advice_words(advice: str) -> str:
    """Write what is advised: a model, a mix of them, or nothing."""
    return ADVICE_WORDS.get(advice, advice)


def sure_words(found: Recommendation) -> str:
    """Say how sure the advice is."""
    worst = amount(found, found.mix.tail_minor)
    return (
        f"It brings at least as much as any one model alone, or nothing, in {percent(found.sure)} of futures, loses money in "
        f"{percent(found.loses)} of them, and brings {worst} in the mean of the worst tenth."
    )


def range_words(share: ShareRange) -> str:
    """Say which share of spend a model takes, and how far that depends on what is not known."""
    return f"{percent(share.share)} of spend, {percent(share.low)} to {percent(share.high)} in 8 of 10 futures were each known beforehand"


def line_cells(found: Recommendation, line: Line) -> list[str]:
    """Give one offer's cells under `LINE_HEADS`."""
    units = f"{count(line.units)} {UNIT_WORDS[line.model]}" if line.units else "none"
    return [line.option, units, amount(found, line.spend_minor), f"{line.meetings:,.1f}", amount(found, line.break_even.middle)]


def band_words(found: Recommendation, band: Band) -> str:
    """Write a price band: its middle and where it lies in 8 of 10 futures."""
    return f"{amount(found, band.middle)} ({amount(found, band.low)} to {amount(found, band.high)})"


def limit_words(name: str) -> str:
    """Write a limit's name."""
    if name in LIMIT_WORDS:
        words = LIMIT_WORDS[name][0]
        return words[0].upper() + words[1:]
    return "Payback limit" if name == "payback" else name.removeprefix("audience: ").capitalize()


def use_words(found: Recommendation, use: Use) -> str:
    """Say how much of a limit is used, and what one more of it is worth."""
    cells = use_cells(found, use)
    worth = f"; one more is worth {cells[4]}" if use.binds and cells[4] else ""
    if use.limit is not None and use.name in ("budget", "sdr_hours") and use.used > use.limit * (1 + 1e-6) + 1e-6:
        worth = ", which is more than there is"
    return f"{cells[0]}: {cells[1]} of {cells[2]}{worth}."


def use_cells(found: Recommendation, use: Use) -> list[str]:
    """Give a limit's cells: name, used, limit, whether it binds, worth of one more."""
    if use.name == "budget":
        used, limit = amount(found, use.used), "no limit" if use.limit is None else amount(found, use.limit)
        worth = "" if use.worth_minor is None else f"{use.worth_minor:.2f} {found.currency} per {found.currency}"
    else:
        unit = {"sdr_hours": " hours", "ae_slots": " meetings", "payback": " months"}.get(use.name, " people")
        used, limit = (
            "no limit" if each is None else f"{each:,.0f}{unit.removesuffix('s') if f'{each:,.0f}' == '1' else unit}"
            for each in (use.used, use.limit)
        )
        worth = "" if use.worth_minor is None else amount(found, use.worth_minor)
    return [limit_words(use.name), used, limit, "yes" if use.binds else "no", worth]


def runner_up_words(found: Recommendation, other: RunnerUp) -> str:
    """Say what another mix is and what it is expected to lose."""
    name = other.name[0].upper() + other.name[1:]
    units = units_words(found, other.units)
    bought = f" ({units})" if units else ""
    less = amount(found, abs(other.loss_minor))
    side = "less" if other.loss_minor >= 0 else "more"
    return f"{name}{bought}: {less} {side} on average, and more than the advice in {percent(other.chance_better)} of futures."


def units_words(found: Recommendation, units: Sequence[float]) -> str:
    """Say how many units of each offer a mix buys; empty where it buys none."""
    parts = [
        f"{count(round(each))} {UNIT_WORDS[line.model]} ({line.option})"
        for line, each in zip(found.lines, units, strict=True)
        if each >= 0.5
    ]
    return enumerated(parts) if parts else ""


def break_even_words(found: Recommendation, pair: PairBreakEven) -> str:
    """Say what appointments may cost against another offer, by what is scarce."""
    parts = [f"{amount(found, band.middle)} where {BINDING_WORDS[name]}" for name, band in pair.bands.items()]
    return f"{pair.option} against {pair.other}: {enumerated(parts)}."


def lever_value(found: InCurrency, unit: str, value: float) -> str:
    """Write a number in its unit."""
    if unit == "share":
        return percent(value)
    if unit == "minor":
        return amount(found, value)
    if unit == "factor":
        return f"{value:.2f} times"
    text = f"{value:,.0f}" if abs(value) >= 10 else f"{value:,.2f}".rstrip("0").rstrip(".")
    text = text.replace("-", MINUS)
    if text == "1" and unit.endswith("s"):
        return f"1 {unit[:-1]}" if unit not in ("odds",) else text
    return text if unit in ("odds", "weight", "people", "") else f"{text} {unit}"


def change_words(found: Recommendation, change: Change) -> str:
    """Say what moving one number does to the advice."""
    lever = change.lever
    ends = [
        f"at {lever_value(found, lever.unit, value)} buy {advice_words(advice)}"
        for value, advice in ((lever.low, change.advice_low), (lever.high, change.advice_high))
        if advice != found.advice
    ]
    turn = "" if change.switch_at is None else f" It turns at {lever_value(found, lever.unit, change.switch_at)}."
    now = lever_value(found, lever.unit, lever.value)
    return f"{_first_up(lever.words)}, now {now}: {enumerated(ends) or 'changes nothing'}.{turn}"


def pair_words(found: Recommendation, pair: PairChange) -> str:
    """Say which two numbers change the advice together."""
    named = {change.lever.key: change.lever for change in found.changes}
    parts = [
        f"{named[key].words} at {lever_value(found, named[key].unit, value)}" if key in named else f"{key} at {value:g}"
        for key, value in zip(pair.levers, pair.values, strict=True)
    ]
    return f"{_first_up(enumerated(parts))}, together: buy {advice_words(pair.advice)}."


def binding_words(name: str) -> str:
    """Say what is scarce."""
    words = BINDING_WORDS[name]
    return _first_up(words)


def test_words(found: Recommendation, first: FirstTest) -> str:
    """Say which test to buy first and what it is worth."""
    test = first.test
    buy_from = (
        "Its outcome moves how much to buy, not whether."
        if test.buy_from is None
        else f"Go on with it from {count(test.buy_from)} {first.counts} on."
    )
    return (
        f"The best first test: {count(test.units)} units of {first.option} for {amount(found, test.cost_minor)}, read after {first.days} "
        f"days, when {percent(test.visible)} of its outcomes can be seen. Deciding after it is worth {amount(found, test.value_minor)} "
        f"over the year, {amount(found, test.net_minor)} net of what the test itself may lose. {buy_from}"
    )


def number_cells(found: InCurrency, number: Number) -> list[str]:
    """Give a number's cells: what it is, value, range, answer it comes from, source with date, mark."""
    value = lever_value(found, number.unit, number.value)
    ends = [lever_value(found, number.unit, each) for each in (number.low, number.high)]
    span = "" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    source = f"{number.source}, {number.date}" if number.date else number.source
    mark = MARK_WORDS.get(str(number.mark.value), str(number.mark.value))
    return [f"{number.words} [{number.key}]", number.answer or "", value, span, source, mark]


def measured_cells(found: InCurrency, row: Measured) -> list[str]:
    """Give what was measured of a step: what it is, what was seen, the share or mean of it, the prior, what is used."""
    if row.of is None:
        seen = f"{row.seen:,.0f} won {'deal' if round(row.seen) == 1 else 'deals'}"
    elif row.of <= 0:
        seen = "nothing yet"
    else:
        seen = f"{_tenths(row.seen)} of {_tenths(row.of)}"
    values = ["" if each is None else lever_value(found, row.unit, each) for each in (row.measured, row.prior, row.used)]
    return [row.words, seen, *values]


def measured_words(found: InCurrency, row: Measured) -> str:
    """Say what was measured of a step, what was believed before, and what is used."""
    words, seen, measured, prior, used = measured_cells(found, row)
    share = f" ({measured})" if measured else ""
    return f"{row.offer}, {words}: {seen}{share}; before {prior}, used {used}."


def _tenths(number: float) -> str:
    return f"{number:,.0f}" if abs(number - round(number)) < 0.05 else f"{number:,.1f}"


def _first_up(words: str) -> str:
    return words[:1].upper() + words[1:]

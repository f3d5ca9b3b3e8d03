"""What the results report says in words: its headline, what most needs to be known, and what stands between a figure and trusting it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from payper.measurement.effort import ASSUMED
from payper.measurement.guards import Guard
from payper.measurement.measured import ALWAYS, Measured
from payper.measurement.outcomes import GAPS
from payper.reports.estimates import Writer, amount, days, multiple, number, share, with_interval
from payper.reports.words import count, counted, day_in_words, enumerated, percent

SURE = 0.95
"""From this chance on one model is said to be better than another."""

FEW_WINS = 10
"""With fewer wins the headline says first how few there are."""

LABELS: Mapping[str, str] = {
    "provider": "Provider",
    "contract": "Contract",
    "model": "Model",
    "company_size": "Employees",
    "industry": "Industry",
    "country": "Country",
    "seniority": "Seniority",
    "cohort": "Quarter of delivery",
}
"""Segments as tables head them."""


def headline(measured: Measured) -> str:
    """Say what has come back of the money, and what will have within the horizon."""
    basis, seen, whole = measured.basis, measured.seen, measured.whole
    day, base = day_in_words(basis.day), basis.facts.base_currency
    if not seen.deliveries:
        return f"Nothing was accepted by {day}, so there is nothing to measure yet"
    if not seen.wins:
        return f"No deal is won yet: {_accepted(seen.deliveries)}, {count(seen.open)} of them still open"
    within = f"within {basis.horizon_days} days"
    if seen.multiple is None or whole["roi"] is None:
        expected = with_interval(whole["wins_expected"], whole["wins_expected_lo"], whole["wins_expected_hi"], number)
        worth = f" worth {amount(seen.revenue)} {base}" if seen.revenue else ""
        won = counted(seen.wins, "deal is", "deals are")
        return f"{won} won so far{worth}; {expected} {within} are to be expected of the deliveries so far"
    allowed = _spelled(whole["roi"], whole["roi_lo"], whole["roi_hi"])
    if seen.wins < FEW_WINS:
        won = counted(seen.wins, "deal is", "deals are")
        return f"Too early to tell: {won} won; seen so far {multiple(seen.multiple)}, and {allowed} {within} are possible"
    return f"Seen so far {multiple(seen.multiple)}; after allowing for deals still in progress {allowed}, {within}"


def _accepted(number_: int) -> str:
    return counted(number_, "accepted delivery", "accepted deliveries")


def _spelled(roi: float, low: float | None, high: float | None) -> str:
    """Write `3.1x, 2.0 to 4.6`."""
    if low is None or high is None:
        return multiple(1 + roi)
    return f"{multiple(1 + roi)}, {multiple(1 + low).removesuffix('x')} to {multiple(1 + high).removesuffix('x')}"


def lead(measured: Measured) -> str:
    """Say what the headline counts."""
    basis, seen, whole = measured.basis, measured.seen, measured.whole
    base = basis.facts.base_currency
    if not seen.deliveries:
        return "Once deliveries are accepted and their milestones come in, this page says what they bring."
    parts = []
    if seen.cost is not None and seen.cost > 0:
        what = "revenue" if basis.margin is None else f"gross profit ({percent(basis.margin)} of revenue)"
        both = "charges and rep time together" if seen.effort else "charges alone"
        spent = f"{amount(seen.cost)} {base} spent on {_accepted(seen.deliveries)}"
        parts.append(f"x is {what} over spending, {both}: {spent}, {amount(seen.revenue)} {base} of revenue seen.")
    if whole["visible_share"] is not None and seen.wins:
        parts.append(f"{percent(whole['visible_share'])} of eventual wins can be seen by now.")
    if whole["method"] == "projection":
        parts.append("No deliveries are old enough for the horizon to have been seen, so what is said of it is a projection.")
    return " ".join(parts)


def findings(measured: Measured) -> list[str]:
    """Give at most three sentences, the most pressing first."""
    if not measured.seen.deliveries:
        return []
    found = [
        _stands_out(measured),
        _below_water(measured, "contract"),
        _compared(measured) or _best(measured, "model"),
        None if _is_same(measured, "provider", "model") else _best(measured, "provider"),
        _expected(measured),
        _best(measured, "company_size"),
        _still_open(measured),
    ]
    return [sentence for sentence in found if sentence][:3]


def telling_segments(measured: Measured) -> list[str]:
    """Give the segments of the first pages that part deliveries, each in another way than those before it."""
    telling: list[str] = []
    for segment in ALWAYS:
        if measured.segments[segment].height > 1 and not any(_is_same(measured, segment, other) for other in telling):
            telling.append(segment)
    return telling


def _is_same(measured: Measured, one: str, other: str) -> bool:
    """Tell whether two segments part deliveries alike, so that one sentence says both."""
    keys = ["deliveries", "wins_seen"]
    return bool(measured.segments[one].select(keys).sort(keys).equals(measured.segments[other].select(keys).sort(keys)))


def _stands_out(measured: Measured) -> str | None:
    """Say whose last weeks look unlike the weeks before."""
    out = measured.providers.anomalies.providers.filter(pl.col("status") == "stands out")
    if out.is_empty():
        return None
    names = [measured.basis.facts.party(name) for name in out["provider"]]
    evidence = measured.providers.anomalies.evidence.filter(pl.col("status") == "stands out").row(0, named=True)
    more = "" if len(names) == 1 else f" ({enumerated(names[1:])} too)"
    return f"Look at the latest deliveries of {names[0]}{more}: {evidence['words']}."


def _below_water(measured: Measured, segment: str) -> str | None:
    """Say what surely brings back less than it costs within the horizon."""
    frame = measured.segments[segment].filter(pl.col("roi_hi") < 0).sort("roi_hi", segment)
    if frame.is_empty():
        return None
    row = frame.row(0, named=True)
    more = "" if frame.height == 1 else f", and so do {frame.height - 1} more"
    within = f"within {measured.basis.horizon_days} days"
    return f"{segment_name(measured, segment, row[segment])} brings back less than it costs {within}: {times(row)}{more}."


def _compared(measured: Measured) -> str | None:
    """Say how likely the model that leads is better than the next one; None: there is nothing to compare."""
    frame = measured.segments["model"].drop_nulls("roi").filter(pl.col("wins_seen") > 0).sort(["roi", "model"], descending=[True, False])
    if frame.height < 2:
        return None
    rows = frame.head(2).rows(named=True)
    best, next_ = rows[0]["model"], rows[1]["model"]
    chance = chance_better(measured, best, next_, "roi")
    if chance is None:
        return None
    names = [segment_name(measured, "model", name) for name in (best, next_)]
    verdict = "brings back more than" if chance >= SURE else "may bring back more than"
    return f"{names[0].capitalize()} {verdict} {names[1]}, with a chance of {percent(chance)}: {times(rows[0])} against {times(rows[1])}."


def chance_better(measured: Measured, first: str, second: str, measure: str) -> float | None:
    """Give the chance that one model is better than another by a measure; None: not known."""
    for (one, other), frame in measured.comparisons.items():
        if {one, other} == {first, second}:
            chance = frame.filter(pl.col("measure") == measure)["first_better"].to_list()
            if not chance or chance[0] is None:
                return None
            return float(chance[0]) if one == first else 1 - float(chance[0])
    return None


def _best(measured: Measured, segment: str) -> str | None:
    """Say which of a segment's members brings back most, if the intervals leave no doubt; else that they cannot be told apart."""
    frame = measured.segments[segment].drop_nulls("roi").filter(pl.col("wins_seen") > 0).sort(["roi", segment], descending=[True, False])
    if frame.height < 2:
        return None
    best, others = frame.row(0, named=True), frame[1:]
    name, label = segment_name(measured, segment, best[segment]), LABELS[segment].lower()
    rest = others.row(0, named=True)
    against = f"{segment_name(measured, segment, rest[segment])} {times(rest)}"
    if best["roi_lo"] is not None and (others["roi_hi"].fill_null(float("inf")) < best["roi_lo"]).all():
        return f"{name} brings back most by {label}: {times(best)}; next is {against}."
    return f"By {label}, {name} leads with {times(best)}, but {against} cannot be told apart from it yet."


def times(row: Mapping[str, Any]) -> str:
    """Write what comes back of one unit spent, with its interval."""
    return estimate_words(row, "roi", multiple, plus=1)


def estimate_words(row: Mapping[str, Any], name: str, write: Writer = amount, *, plus: float = 0) -> str:
    """Write one estimate of a result; without any win only its bound is known, so only that is written."""
    value, low, high = (None if row[each] is None else plus + row[each] for each in (name, f"{name}_lo", f"{name}_hi"))
    if value is not None and not row["wins_seen"]:
        return with_interval(None, low if name == "cac" else None, None if name == "cac" else high, write)
    return with_interval(value, low, high, write)


def pays_from(measured: Measured) -> float:
    """Give the revenue per 1,000 spent at which a programme pays for itself."""
    return 1000 / measured.basis.margin if measured.basis.margin else 1000.0


def _expected(measured: Measured) -> str | None:
    whole, seen = measured.whole, measured.seen
    if whole["wins_expected"] is None or not seen.wins:
        return None
    words = with_interval(whole["wins_expected"], whole["wins_expected_lo"], whole["wins_expected_hi"], number)
    within = f"within {measured.basis.horizon_days} days of delivery"
    if whole["wins_expected_lo"] == whole["wins_expected_hi"]:
        return f"{counted(seen.wins, 'deal is', 'deals are')} won so far, {number(whole['wins_expected'])} of them {within}."
    return f"{counted(seen.wins, 'deal is', 'deals are')} won so far; {words} will have been {within}."


def _still_open(measured: Measured) -> str | None:
    return (
        f"{count(measured.seen.open)} of {count(measured.seen.deliveries)} accepted deliveries are still open."
        if measured.seen.open
        else None
    )


def segment_name(measured: Measured, segment: str, value: str | None) -> str:
    """Name a member of a segment as people know it."""
    if value is None:
        return "unknown"
    if segment == "provider":
        return measured.basis.facts.party(value)
    if segment == "model":
        return {"lead": "pay-per-lead", "appointment": "pay-per-appointment"}.get(value, value)
    if segment == "company_size" and value != "unknown":
        return f"{value} employees"
    return value


def warnings(measured: Measured) -> list[tuple[str, str]]:
    """List warnings, each with its code: what `measure` flags and where, what money lacks, and what is assumed."""
    where: dict[str, list[str]] = {flag: ["all deliveries"] for flag in measured.whole["flags"]}
    for segment in ALWAYS:
        for value, flags in measured.segments[segment].select(segment, "flags").iter_rows():
            for flag in flags:
                where.setdefault(flag, []).append(segment_name(measured, segment, value))
    told = [(guard.name, f"{guard.words} Of {_listed(where[guard.name])}.") for guard in Guard if guard.name in where]
    told += [
        (code, f"{counted(number_, 'delivery was', 'deliveries were')} {GAPS[code]}; {_GAP_WORDS[code]}")
        for code, number_ in measured.seen.gaps.items()
    ]
    return told + assumptions(measured)


_GAP_WORDS: Mapping[str, str] = {
    "AMOUNT_MISSING": "their revenue is not counted. Add the amount to the milestone.",
    "AMOUNT_RATE": "their revenue is not counted. Add a [[rate]] to programme.toml.",
    "COST_RATE": "the mean of the others stands for their cost. Add a [[rate]] to programme.toml.",
    "WON_RETURNED": "a returned delivery counts as not won, whatever came later.",
}


def assumptions(measured: Measured) -> list[tuple[str, str]]:
    """Say what is assumed of money and time, each with a code."""
    basis, told = measured.basis, []
    if not measured.seen.deliveries:
        return []
    if basis.margin is None:
        told.append(("MARGIN_MISSING", "Money that comes back is revenue, as programme.toml names no `margin`."))
    if not basis.effort.is_costed:
        told.append(("WAGES_MISSING", "Rep time is in no cost, as programme.toml has no [wages]."))
    elif any(basis.effort.is_assumed(step) and basis.effort.cost(step) for step in ASSUMED):
        steps = [step for step in ASSUMED if basis.effort.is_assumed(step) and basis.effort.cost(step)]
        told.append(("EFFORT_ASSUMED", f"The minutes of {enumerated(steps)} are assumed; write your own under [effort] in programme.toml."))
    return told


def _listed(names: list[str]) -> str:
    return enumerated(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def row_words(measured: Measured, segment: str, row: Mapping[str, Any]) -> list[str]:
    """Write one row of a results table: counts, expected wins, money per 1,000 spent, cost of a customer, share visible."""
    return [
        segment_name(measured, segment, row[segment]),
        *result_cells(row),
    ]


HEADS: tuple[str, ...] = (
    "Accepted", "Wins seen", "Wins expected", "Win rate", "Back per unit", "Revenue per 1,000 spent", "Cost per win", "Back after days",
    "Visible", "How",
)  # fmt: skip
"""Heads of the cells that `result_cells` writes."""


def result_cells(row: Mapping[str, Any]) -> list[str]:
    """Write the figures of one result."""
    return [
        count(row["deliveries"]),
        count(row["wins_seen"]),
        with_interval(row["wins_expected"], row["wins_expected_lo"], row["wins_expected_hi"], number),
        estimate_words(row, "win_rate", share),
        times(row),
        estimate_words(row, "revenue_per_1000_spent"),
        estimate_words(row, "cac"),
        "" if row["payback_days"] is None else with_interval(row["payback_days"], row["payback_days_lo"], row["payback_days_hi"], days),
        "" if row["visible_share"] is None else percent(row["visible_share"]),
        {"exposure": "seen", "projection": "projected"}.get(row["method"], ""),
    ]

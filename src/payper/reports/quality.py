"""A provider's quality as its own half shows it: acceptance by week, why deliveries were refused, what came back. No money."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from payper.reasons import Reason
from payper.reports import drawing as draw
from payper.reports.drawing import ACCENT, HAIR, INK, NARROW, PALE, SOFT, WIDE, Spec
from payper.reports.estimates import share, with_interval
from payper.reports.page import Figure, Section, drawn
from payper.reports.tables import Table
from payper.reports.words import count, day_in_words, percent

WEEKS_MAX = 26
"""Weeks drawn, the latest; the table has all."""

LATELY_WEEKS = 4
"""The latest weeks with deliveries, held against as many before."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of the quality of deliveries.

    Attributes:
        weeks: As of `measurement.weekly.weekly_acceptance`.
        reasons: `reason`, `listed` (deliveries that list it) and `headline` (of them, where it decided), of the latest weeks.
        returns: `reason`, `claimed`, `contested`, `granted`.
        accepted: Deliveries accepted as judged, that returns are a share of.
    """

    weeks: pl.DataFrame
    reasons: pl.DataFrame
    returns: pl.DataFrame
    accepted: int


def lately(weeks: pl.DataFrame) -> tuple[dict[str, int], dict[str, int]]:
    """Give the counts of the latest weeks and of as many before."""
    names = ("delivered", "accepted", "rejected", "mendable", "waiting")
    parts = weeks.tail(LATELY_WEEKS), weeks.head(max(weeks.height - LATELY_WEEKS, 0)).tail(LATELY_WEEKS)
    first, second = ({name: int(part[name].sum()) for name in names} for part in parts)
    return first, second


def quality_headline(quality: Quality) -> str:
    """Say how the latest weeks were judged: `94 of 100 accepted in the latest 4 weeks; 4 of the 6 rejects can be mended`."""
    now, _ = lately(quality.weeks)
    if not now["delivered"]:
        return "Nothing was delivered yet"
    weeks = min(LATELY_WEEKS, quality.weeks.height)
    when = "the latest week" if weeks == 1 else f"the latest {weeks} weeks"
    first = f"{count(now['accepted'])} of {count(now['delivered'])} accepted in {when}"
    if not now["rejected"]:
        return first
    which = "the one reject" if now["rejected"] == 1 else f"the {count(now['rejected'])} rejects"
    return f"{first}; {count(now['mendable']) if now['mendable'] else 'none'} of {which} can be mended"


def quality_sections(quality: Quality) -> list[Section]:
    """Give the questions that there is something to say about."""
    if quality.weeks.is_empty():
        return []
    found = (_weeks(quality), _reasons(quality), _returns(quality))
    return [section for section in found if section is not None]


def _weeks(quality: Quality) -> Section:
    weeks = quality.weeks
    now, before = lately(weeks)
    answer = f"{percent(now['accepted'] / now['delivered'])} accepted lately"
    if before["delivered"]:
        answer += f", {percent(before['accepted'] / before['delivered'])} in the weeks before"
    rows = [
        [
            day_in_words(row["week"]), count(row["delivered"]), count(row["accepted"]),
            with_interval(row["share"], row["share_lo"], row["share_hi"], share), count(row["rejected"]), count(row["mendable"]),
            count(row["waiting"]),
        ]
        for row in weeks.reverse().iter_rows(named=True)
    ]  # fmt: skip
    heads = ["Week from", "Delivered", "Accepted", "Share", "Rejected", "Can be mended", "In review or quarantine"]
    figure = Figure(
        "Share accepted by week of delivery; band: what so few deliveries leave open (95%)",
        Table("Acceptance by week", heads, rows),
        narrow=drawn(weekly_chart(weeks.tail(WEEKS_MAX), NARROW)),
        wide=drawn(weekly_chart(weeks.tail(WEEKS_MAX), WIDE)),
    )
    return Section("weeks", "How much is accepted?", answer, figures=[figure])


def weekly_chart(weeks: pl.DataFrame, width: int) -> str:
    """Draw shares by week as a line with its band, from nothing to all."""
    height, bottom, left, right = 190, 158, 44, 14
    rows = list(weeks.iter_rows(named=True))
    last = max(len(rows) - 1, 1)
    x: Spec = {"domain": [0, last], "range": [left, width - right], "nice": False, "zero": False}
    y: Spec = {"domain": [0, 1], "range": [bottom, 24], "nice": False, "zero": False}
    parts: list[Spec] = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            draw.rule(left, width - right, draw.at(tick, y), HAIR if tick else SOFT),
            draw.words(f"{tick:.0%}", left - 6, draw.at(tick, y), SOFT, align="right"),
        ]
    every = max(1, -(-len(rows) // (9 if width > NARROW else 4)))
    for at, row in enumerate(rows):
        if at % every == 0:
            words = day_in_words(row["week"]).rsplit(" ", 1)[0]
            parts.append(draw.words(words, draw.at(at, x), bottom + 14, SOFT, align="left" if at == 0 else "center"))
    parts.append(draw.band([{"day": at, "low": row["share_lo"], "high": row["share_hi"]} for at, row in enumerate(rows)], x, y, fill=PALE))
    points = [{"day": at, "n": row["share"]} for at, row in enumerate(rows)]
    parts += [draw.line(points, x, y, ACCENT, interpolate="linear"), draw.end_dot(points[-1:], x, y)]
    parts.append(draw.words(percent(rows[-1]["share"]), width - right, 12, INK, align="right", weight="bold"))
    return draw.svg(width, height, *parts)


def _reasons(quality: Quality) -> Section | None:
    if quality.reasons.is_empty():
        return None
    rows, mendable = [], 0
    for row in quality.reasons.sort(["headline", "listed", "reason"], descending=[True, True, False]).iter_rows(named=True):
        reason = Reason.__members__.get(row["reason"])
        mendable += row["headline"] if reason is not None and reason.can_mend else 0
        rows.append([
            _label(row["reason"]), "" if reason is None else reason.text, count(row["headline"]), count(row["listed"]),
            "yes" if reason is not None and reason.can_mend else "no",
        ])  # fmt: skip
    first = rows[0]
    answer = f"Most often: {first[0].lower()}, {first[2]} of {count(int(quality.reasons['headline'].sum()))}"
    note = f"Of the latest {LATELY_WEEKS} weeks with deliveries. A reason that can be mended: put the record right and send it again."
    heads = ["Reason", "In words", "Decided", "Listed", "Can be mended"]
    return Section("reasons", "Why were deliveries not accepted?", answer, tables=[Table("Reasons", heads, rows, words=2)], note=note)


def _returns(quality: Quality) -> Section:
    returns = quality.returns
    claimed = int(returns["claimed"].sum()) if returns.height else 0
    if not claimed:
        return Section("returns", "What came back?", "Nothing was returned")
    rows = [
        [_label(row["reason"]), _text(row["reason"]), count(row["claimed"]), count(row["contested"]), count(row["granted"])]
        for row in returns.sort(["claimed", "reason"], descending=[True, False]).iter_rows(named=True)
    ]
    of = f" of {count(quality.accepted)} accepted ({percent(claimed / quality.accepted)})" if quality.accepted else ""
    heads = ["Reason", "In words", "Claimed", "Contested", "Granted by decision"]
    return Section("returns", "What came back?", f"{count(claimed)}{of} were returned", tables=[Table("Returns", heads, rows, words=2)])


def _label(code: str | None) -> str:
    return (code or "no reason").replace("_", " ").capitalize()


def _text(code: str | None) -> str:
    reason = Reason.__members__.get(code or "")
    return "" if reason is None else reason.text

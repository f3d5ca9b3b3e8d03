"""The charts of an advice: shares with their range, prices against what they may cost, what moves the value, and the weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payper.reports import drawing as draw
from payper.reports.drawing import ACCENT, HAIR, INK, NARROW, PALE, PAPER, SOFT
from payper.reports.words import shortened


@dataclass(frozen=True, slots=True)
class Swing:
    """What moving one number does to the value: at its lower and upper end, in units of money; `words` stand beside it."""

    label: str
    low: float
    high: float
    words: str
    changes: bool


@dataclass(frozen=True, slots=True)
class WeekBar:
    """A week's expected meetings, and the slots that can be planned with."""

    week: int
    meetings: float
    slots: float


def swings_chart(swings: Sequence[Swing], now: float, width: int) -> str:
    """Draw the value at both ends of every number around where it stands; solid where the advice changes, an outline where not."""
    is_wide = width > NARROW
    row, left, right = (26, 250, 120) if is_wide else (42, 0, 0)
    ends = [now, *(end for one in swings for end in (one.low, one.high))]
    low, high = min([0.0, *ends]), max([0.0, *ends, 1e-9])
    scale = {"domain": [low, high], "range": [left + 4, width - right - 8], "nice": False, "zero": False}
    data = [
        {
            "yt": row * at + (13 if is_wide else 9),
            "y": row * at + (6 if is_wide else 22),
            "y2": row * at + (20 if is_wide else 36),
            "label": shortened(one.label, 38 if is_wide else 30),
            "words": one.words,
            "start": min(one.low, one.high),
            "end": max(one.low, one.high),
            "changes": one.changes,
        }
        for at, one in enumerate(swings)
    ]
    height = row * len(data)
    solid, outline = [one for one in data if one["changes"]], [one for one in data if not one["changes"]]
    return draw.svg(
        width,
        height,
        draw.zero_line(scale, height),
        draw.bars(outline, "end", scale, fill=PAPER, stroke=SOFT, start="start"),
        draw.bars(solid, "end", scale, fill=PALE, stroke=ACCENT, start="start"),
        *[
            {
                "data": {"values": [{}]},
                "mark": {"type": "rule", "color": INK, "strokeWidth": 1, "strokeDash": [2, 2]},
                "encoding": {"x": {"value": draw.at(now, scale)}, "y": {"value": 0}, "y2": {"value": height}},
            }
        ],
        draw.text(data, "label", x=0, y="yt", color=INK),
        draw.text(data, "words", x=width, y="yt", color=INK if is_wide else SOFT, align="right"),
    )


def weeks_chart(weeks: Sequence[WeekBar], width: int) -> str:
    """Draw expected meetings by week as bars under the line of slots."""
    height, left, bottom = 150, 28, 130
    top = max([1e-9, *(max(one.meetings, one.slots) for one in weeks)])
    step = (width - left) / max(len(weeks), 1)
    y = {"domain": [0, top], "range": [bottom, 14]}

    def bar(one: WeekBar, at: int) -> draw.Spec:
        return {
            "data": {"values": [{}]},
            "mark": {"type": "rect", "fill": PALE, "stroke": ACCENT, "strokeWidth": 1},
            "encoding": {
                "x": {"value": left + step * at + 1},
                "x2": {"value": left + step * (at + 1) - 1},
                "y": {"value": draw.at(one.meetings, y)},
                "y2": {"value": bottom},
            },
        }

    slots = [
        draw.rule(left + step * at, left + step * (at + 1), draw.at(one.slots, y), INK) for at, one in enumerate(weeks) if one.slots < 1e6
    ]
    every = max(1, -(-len(weeks) // (13 if width > NARROW else 7)))
    ticks = [
        draw.words(str(one.week), left + step * (at + 0.5), bottom + 12, SOFT, align="center")
        for at, one in enumerate(weeks)
        if at % every == 0
    ]
    return draw.svg(
        width,
        height,
        draw.rule(left, width, bottom, HAIR),
        *(bar(one, at) for at, one in enumerate(weeks)),
        *slots,
        *ticks,
        draw.words(f"{top:,.0f}" if top >= 10 else f"{top:.1f}", 0, draw.at(top, y), SOFT),
        draw.words("0", 0, bottom, SOFT),
    )

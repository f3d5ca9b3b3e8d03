"""The charts of the programme's report, one question each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from payper.reports import drawing as draw
from payper.reports.drawing import ACCENT, INK, NARROW, PALE, PAPER, SOFT, Spec
from payper.reports.words import day_in_words, shortened

SHAPES = {"provider": "square", "buyer": "triangle-up", "prospect": "circle", "nobody": "cross"}
"""The mark beside a reason, by whose doing it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of a funnel: deliveries that reached a milestone, those of them recorded themselves, and what to write beside."""

    label: str
    reached: int
    recorded: int
    words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One reason: how often, its mark's shape, whether mending helps, and what to write beside."""

    label: str
    value: int
    shape: str
    is_solid: bool
    words: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One contract's spend in one currency's units: parts right of zero, and what was credited left of it."""

    label: str
    posted: float
    pending: float
    credited: float
    words: str


@dataclass(frozen=True, slots=True)
class Pace:
    """One contract's accepted deliveries by day, with the line of an even pace and the cap where there are any."""

    days: Sequence[date]
    cumulative: Sequence[int]
    even: Sequence[int | None]
    starts: date
    ends: date
    cap: int | None


@dataclass(frozen=True, slots=True)
class Dot:
    """One cost: `value` None has no dot, and its words say why."""

    label: str
    value: float | None
    shape: str
    words: str


def funnel_chart(steps: Sequence[Step], width: int = NARROW) -> str:
    """Draw a funnel: outlined bars for what was reached, solid for what was recorded itself."""
    row, left, right = 22, 104, 92
    height = row * len(steps)
    scale = draw.scale(max((step.reached for step in steps), default=0), left, width - right)
    data = [{"y": row * at + 4, "y2": row * at + 17, "ym": row * at + 11, **draw.fields(step)} for at, step in enumerate(steps)]
    return draw.svg(
        width,
        height,
        draw.text(data, "label", x=0, y="ym", color=INK),
        draw.bars([one for one in data if one["reached"]], "reached", scale, fill=PALE, stroke=ACCENT),
        draw.bars([one for one in data if one["recorded"]], "recorded", scale, fill=ACCENT, stroke=ACCENT),
        draw.text(data, "words", x="reached", y="ym", color=INK, scale=scale, dx=6),
    )


def reasons_chart(bars: Sequence[Bar], width: int) -> str:
    """Draw how often each reason was given: solid where mending helps, outlined where it does not, a shape for whose doing it is."""
    row = 36
    scale = draw.scale(max((bar.value for bar in bars), default=0), 16, width)
    data = [
        {"y": row * at + 19, "y2": row * at + 29, "ym": row * at + 9, **draw.fields(bar), "short": shortened(bar.label, 24)}
        for at, bar in enumerate(bars)
    ]
    return draw.svg(
        width,
        row * len(bars),
        *(
            draw.points([one for one in data if one["shape"] == shape], x=7, y="ym", shape=shape, filled=shape != "circle")
            for shape in sorted({bar.shape for bar in bars})
        ),
        draw.text(data, "short", x=16, y="ym", color=INK, weight="bold"),
        draw.text(data, "words", x=width, y="ym", color=SOFT, align="right"),
        draw.bars([one for one in data if one["is_solid"]], "value", scale, fill=ACCENT, stroke=ACCENT),
        draw.bars([one for one in data if not one["is_solid"]], "value", scale, fill=PAPER, stroke=ACCENT),
    )


def spend_chart(stacks: Sequence[Stack], width: int) -> str:
    """Draw spend per contract on one scale: posted solid, pending outlined after it, credited outlined left of zero."""
    is_wide = width > NARROW
    row = 40 if is_wide else 54
    most = max((stack.posted + stack.pending for stack in stacks), default=0)
    least = max((stack.credited for stack in stacks), default=0)
    scale = {"domain": [-least, most or 1], "range": [1, width - 1], "nice": False, "zero": False}
    top = 20 if is_wide else 36
    data = [
        {
            "y": row * at + top,
            "y2": row * at + top + 12,
            "ym": row * at + 9,
            "yw": row * at + (9 if is_wide else 25),
            **draw.fields(stack),
            "short": shortened(stack.label, 40 if is_wide else 46),
            "standing": stack.posted + stack.pending,
            "back": -stack.credited,
        }
        for at, stack in enumerate(stacks)
    ]
    words = draw.text(data, "words", x=width if is_wide else 0, y="yw", color=SOFT, align="right" if is_wide else "left")
    return draw.svg(
        width,
        row * len(stacks),
        draw.text(data, "short", x=0, y="ym", color=INK, weight="bold"),
        words,
        draw.bars([one for one in data if one["pending"]], "standing", scale, fill=PALE, stroke=ACCENT, start="posted"),
        draw.bars([one for one in data if one["posted"]], "posted", scale, fill=ACCENT, stroke=ACCENT),
        draw.bars([one for one in data if one["credited"]], "back", scale, fill=PAPER, stroke=INK),
        *(draw.zero_line(scale, one["y2"] + 3, one["y"] - 3) for one in data),
    )


def pace_chart(pace: Pace, width: int = NARROW) -> str:
    """Draw accepted deliveries day by day against an even pace (dashed) and the cap (a thin line at the top)."""
    height, bottom, right = 168, 146, 96
    first, span = pace.starts.toordinal(), max((pace.ends - pace.starts).days, 1)
    reached = pace.cumulative[-1] if len(pace.cumulative) else 0
    top = max([reached, pace.cap or 0, *(even or 0 for even in pace.even), 1])
    x = {"domain": [0, span], "range": [1, width - right], "nice": False, "zero": False}
    y = {"domain": [0, top], "range": [bottom, 16], "nice": False, "zero": False}
    line = [{"day": day.toordinal() - first, "n": number} for day, number in zip(pace.days, pace.cumulative, strict=True)]
    even = [{"day": day.toordinal() - first, "n": number} for day, number in zip(pace.days, pace.even, strict=True) if number is not None]
    parts: list[Spec] = [draw.rule(0, width - right, bottom, SOFT)]
    last = [*line[-1:]]
    floor = bottom - 8
    label_y, even_y = draw.apart(min(draw.at(reached, y), floor), min(draw.at(even[-1]["n"], y), floor) if even else None)
    lift = max(label_y, even_y) - floor
    if lift > 0:
        label_y, even_y = label_y - lift, even_y - lift
    if pace.cap is not None:
        cap_y = draw.at(pace.cap, y)
        parts += [draw.rule(0, width - right, cap_y, SOFT), draw.words(f"cap {pace.cap:,}", 2, cap_y - 7, SOFT)]
    if even:
        parts += [
            draw.line(even, x, y, SOFT, dash=[5, 4], interpolate="linear"),
            draw.words(f"even pace {even[-1]['n']:,}", draw.at(even[-1]["day"], x) + 8, even_y, SOFT),
        ]
    parts += [draw.line(line, x, y, ACCENT, interpolate="step-after"), draw.end_dot(last, x, y)]
    parts += [draw.words(f"{one['n']:,} accepted", draw.at(one["day"], x) + 8, label_y, INK, weight="bold") for one in last]
    parts.append(draw.words(day_in_words(pace.starts), 0, bottom + 13, SOFT))
    parts.append(draw.words(day_in_words(pace.ends), width - right, bottom + 13, SOFT, align="right"))
    return draw.svg(width, height, *parts)


def cost_chart(dots: Sequence[Dot], width: int = NARROW) -> str:
    """Draw costs as dots on stems from zero; a row without a value says why in words."""
    row, left, right = 21, 152, 84
    scale = draw.scale(max((dot.value for dot in dots if dot.value is not None), default=0), left, width - right)
    data = [{"ym": row * at + 11, **draw.fields(dot), "short": shortened(dot.label, 21)} for at, dot in enumerate(dots)]
    known = [one for one in data if one["value"] is not None]
    return draw.svg(
        width,
        row * len(dots),
        draw.text(data, "short", x=0, y="ym", color=INK),
        {
            "data": {"values": [{**one, "zero": 0} for one in known]},
            "mark": {"type": "rule", "color": ACCENT, "strokeWidth": 1},
            "encoding": {"x": {"field": "zero", **draw.plain(scale)}, "x2": {"field": "value"}, "y": draw.pixel("ym", row * len(dots))},
        },
        *(
            draw.points([one for one in known if one["shape"] == shape], x="value", y="ym", shape=shape, filled=True, scale=scale, size=52)
            for shape in sorted({dot.shape for dot in dots})
        ),
        draw.text(known, "words", x="value", y="ym", color=INK, scale=scale, dx=9),
        draw.text([one for one in data if one["value"] is None], "words", x=left + 8, y="ym", color=SOFT),
        draw.zero_line(scale, row * len(dots)),
    )

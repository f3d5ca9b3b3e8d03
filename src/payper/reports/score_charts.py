"""The charts of scores: what chances said against what came, and what a month was foretold against what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payper.reports import drawing as draw
from payper.reports.drawing import ACCENT, HAIR, INK, NARROW, SOFT


@dataclass(frozen=True, slots=True)
class Tenth:
    """A tenth of deliveries by score: the mean chance said, the share that came, and its interval."""

    said: float
    came: float
    low: float
    high: float


def reliability_chart(tenths: Sequence[Tenth], width: int) -> str:
    """Draw what came against what was said: dots with intervals about the dashed line on which chances mean what they say."""
    left, right, bottom = 44, 12, 300 if width > NARROW else 250
    side = min(width - left - right, 430)
    top = min(1.0, max([0.05, *(max(one.said, one.high) for one in tenths)]) * 1.05)
    x = {"domain": [0, top], "range": [left, left + side], "nice": False, "zero": False}
    y = {"domain": [0, top], "range": [bottom, 18], "nice": False, "zero": False}
    step = next(each for each in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5) if top / each <= 5)
    ticks = [step * number for number in range(1, int(top / step + 1e-9) + 1)]
    parts = [draw.rule(left, left + side, bottom, SOFT)]
    for tick in ticks:
        parts += [
            draw.rule(left, left + side, draw.at(tick, y), HAIR),
            draw.words(_share(tick), left - 6, draw.at(tick, y), SOFT, align="right"),
        ]
        parts.append(draw.words(_share(tick), draw.at(tick, x), bottom + 12, SOFT, align="center"))
    ends: list[draw.Spec] = [{"day": 0, "n": 0}, {"day": top, "n": top}]
    parts.append(draw.line(ends, x, y, SOFT, interpolate="linear", dash=[5, 4]))
    parts += [_upright(draw.at(one.said, x), draw.at(one.low, y), draw.at(one.high, y)) for one in tenths]
    dots = [{"said": one.said, "ym": draw.at(one.came, y)} for one in tenths]
    parts.append(draw.points(dots, x="said", y="ym", shape="circle", filled=True, scale=x, size=56))
    parts.append(draw.words("share that came", 0, 6, SOFT))
    parts.append(draw.words("chance said", left + side, bottom + 28, SOFT, align="right"))
    return draw.svg(width, bottom + 36, *parts)


def _upright(x: float, low: float, high: float) -> draw.Spec:
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
        "encoding": {"x": {"value": x}, "y": {"value": high}, "y2": {"value": low}},
    }


@dataclass(frozen=True, slots=True)
class Month:
    """A month of delivery: how many milestones were foretold, and how many came."""

    label: str
    foretold: float
    came: int


def months_chart(months: Sequence[Month], width: int) -> str:
    """Draw, by month, what came as a bar and what was foretold as a mark across it."""
    row, left, right = 30, 84, 150 if width > NARROW else 116
    most = max([1e-9, *(max(one.foretold, float(one.came)) for one in months)])
    scale = draw.scale(most, left, width - right)
    data = [
        {
            "y": row * at + 7,
            "y2": row * at + 21,
            "ym": row * at + 14,
            "label": one.label,
            "came": one.came,
            "words": f"{one.came:,} came, {one.foretold:,.0f} foretold"
            if width > NARROW
            else f"{one.came:,} of {one.foretold:,.0f} foretold",
        }
        for at, one in enumerate(months)
    ]
    marks = [
        {
            "data": {"values": [{}]},
            "mark": {"type": "rule", "color": ACCENT, "strokeWidth": 3},
            "encoding": {
                "x": {"value": draw.at(one.foretold, scale)},
                "y": {"value": row * at + 3},
                "y2": {"value": row * at + 25},
            },
        }
        for at, one in enumerate(months)
    ]
    return draw.svg(
        width,
        row * len(data),
        draw.text(data, "label", x=0, y="ym", color=INK),
        draw.bars(data, "came", scale, fill=draw.PALE, stroke=ACCENT),
        *marks,
        draw.text(data, "words", x=width, y="ym", color=SOFT, align="right"),
        draw.zero_line(scale, row * len(data)),
    )


def _share(share: float) -> str:
    return f"{100 * share:g}%"

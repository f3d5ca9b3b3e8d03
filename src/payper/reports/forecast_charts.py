"""The charts of a forecast: weeks that were and weeks ahead by source, the fan they add up to, and how earlier forecasts did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from payper.reports import drawing as draw
from payper.reports.drawing import ACCENT, HAIR, INK, NARROW, PALE, PAPER, SOFT, Spec

LABEL_LEAST = 13
"""Pixels between two labels, one under the other."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week: what happened, or what is expected by source with the ends of nine in ten futures; `label` is its first day."""

    label: str
    happened: float | None = None
    delivered: float = 0.0
    contracted: float = 0.0
    unbought: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """A day of a fan, counted from its first: what had happened, or what is expected."""

    day: int
    happened: float | None = None
    p05: float = 0.0
    p25: float = 0.0
    p75: float = 0.0
    p95: float = 0.0
    delivered: float = 0.0
    contracted: float = 0.0
    whole: float = 0.0


@dataclass(frozen=True, slots=True)
class Fan:
    """A fan: its stops, labels of its first day, of the day of the forecast and of its last, and a goal with its words if there is one."""

    stops: Sequence[Stop]
    first: str
    now: str
    last: str
    goal: float | None = None
    goal_words: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """An earlier forecast: its band, what came, and whether the band held it."""

    label: str
    low: float
    middle: float
    high: float
    came: float
    is_held: bool
    words: str


def weeks_ahead_chart(weeks: Sequence[Week], write: Callable[[float], str], width: int) -> str:
    """Draw past weeks solid, weeks ahead as bars stacked by source, with the line of nine in ten futures."""
    height, left, top, bottom = 178, 40 if width > NARROW else 34, 24, 150
    most = max([1e-9, *(max(one.happened or 0.0, one.high, one.delivered + one.contracted + one.unbought) for one in weeks)])
    step = (width - left - 2) / max(len(weeks), 1)
    gap = min(3.0, step / 5)

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / most

    def box(at: int, low: float, high: float) -> Spec:
        return {"x": left + step * at + gap / 2, "x2": left + step * (at + 1) - gap / 2, "y": y(high), "y2": y(low)}

    past = [box(at, 0.0, one.happened) for at, one in enumerate(weeks) if one.happened]
    ahead = [(at, one) for at, one in enumerate(weeks) if one.happened is None]
    delivered = [box(at, 0.0, one.delivered) for at, one in ahead if one.delivered > 0]
    contracted = [box(at, one.delivered, one.delivered + one.contracted) for at, one in ahead if one.contracted > 0]
    unbought = [
        box(at, one.delivered + one.contracted, one.delivered + one.contracted + one.unbought) for at, one in ahead if one.unbought > 0
    ]
    spans = [{"x": left + step * (at + 0.5), "y": y(one.high), "y2": y(one.low)} for at, one in ahead]
    every = max(1, -(-len(weeks) // (9 if width > NARROW else 4)))
    ticks = [
        draw.words(one.label, left + step * (at + 0.5), bottom + 14, SOFT, align="center")
        for at, one in enumerate(weeks)
        if at % every == every // 2
    ]
    now = left + step * (len(weeks) - len(ahead))
    sides = [draw.words("ahead", now + 5, 8, INK)]
    if len(ahead) < len(weeks):
        sides.append(draw.words("happened", now - 5, 8, INK, align="right"))
    return draw.svg(
        width,
        height,
        draw.rule(left, width, bottom, HAIR),
        _boxes(past, width, fill=ACCENT, stroke=ACCENT),
        _boxes(delivered, width, fill=PALE, stroke=ACCENT),
        _boxes(contracted, width, fill=PAPER, stroke=ACCENT),
        _boxes(unbought, width, fill=PAPER, stroke=SOFT, dash=[2, 2]),
        _uprights(spans, width, INK),
        _uprights([{"x": now, "y": 0, "y2": bottom}], width, SOFT),
        *sides,
        *ticks,
        draw.words(write(most), 0, y(most), SOFT),
        draw.words("0", 0, bottom, SOFT),
    )


def fan_chart(fan: Fan, write: Callable[[float], str], width: int) -> str:
    """Draw what adds up: what happened as a line, then nine and five in ten futures as bands, lines by source, and the goal across."""
    right, bottom, top = (118, 176, 18) if width > NARROW else (92, 166, 18)
    height = bottom + 24
    span = max(fan.stops[-1].day, 1)
    ahead = [one for one in fan.stops if one.happened is None]
    past = [one for one in fan.stops if one.happened is not None]
    most = max([1e-9, fan.goal or 0.0, *(max(one.p95, one.whole) for one in ahead), *(one.happened or 0.0 for one in past)])
    x = {"domain": [0, span], "range": [1, width - right], "nice": False, "zero": False}
    y = {"domain": [0, most], "range": [bottom, top], "nice": False, "zero": False}

    def line(name: str) -> list[Spec]:
        return [{"day": one.day, "n": getattr(one, name)} for one in ahead]

    def band(low: str, high: str) -> list[Spec]:
        return [{"day": one.day, "low": getattr(one, low), "high": getattr(one, high)} for one in ahead]

    end, now = ahead[-1], ahead[0].day
    labels = [(draw.at(end.whole, y), f"{write(end.whole)} expected", INK)]
    labels += [(draw.at(end.p95, y), f"up to {write(end.p95)}", SOFT), (draw.at(end.p05, y), f"from {write(end.p05)}", SOFT)]
    parts: list[Spec] = [
        draw.band(band("p05", "p95"), x, y, fill=HAIR),
        draw.band(band("p25", "p75"), x, y, fill=PALE),
        draw.rule(0, width - right, bottom, SOFT),
    ]
    if end.contracted < end.whole * 0.97:
        parts.append(draw.line(line("contracted"), x, y, SOFT, dash=[5, 4], interpolate="linear"))
    if end.delivered < end.contracted * 0.97:
        parts.append(draw.line(line("delivered"), x, y, SOFT, dash=[1, 3], interpolate="linear"))
    parts.append(draw.line(line("whole"), x, y, ACCENT, interpolate="linear"))
    if len(past) > 1:
        parts.append(draw.line([{"day": one.day, "n": one.happened} for one in past], x, y, INK, interpolate="linear"))
        parts.append(_uprights([{"x": draw.at(now, x), "y": top, "y2": bottom}], width, SOFT))
    if fan.goal is not None:
        goal_y = draw.at(fan.goal, y)
        parts += [draw.rule(0, width - right, goal_y, INK), draw.words(fan.goal_words, 3, goal_y - 9, INK, weight="bold")]
    parts += [draw.words(text, width - right + 7, place, color) for place, text, color in _stacked(labels, top, bottom)]
    parts += [draw.words(fan.first, 0, bottom + 14, SOFT), draw.words(fan.last, width - right, bottom + 14, SOFT, align="right")]
    middle = draw.at(now, x)
    if len(past) > 1 and 96 < middle < width - right - 96:
        parts.append(draw.words(fan.now, middle, bottom + 14, SOFT, align="center"))
    return draw.svg(width, height, *parts)


def checks_chart(checks: Sequence[Check], width: int = NARROW) -> str:
    """Draw the band of each earlier forecast, and what came: a dot within it, a cross outside."""
    row, left, right = 24, 92, 96
    scale = draw.scale(max([1e-9, *(max(one.high, one.came) for one in checks)]), left, width - right)
    data = [{"ym": row * at + 12, **draw.fields(one)} for at, one in enumerate(checks)]
    held, missed = [one for one in data if one["is_held"]], [one for one in data if not one["is_held"]]
    return draw.svg(
        width,
        row * len(data),
        draw.text(data, "label", x=0, y="ym", color=INK),
        draw.span(data, "low", "high", scale, color=SOFT, width=4),
        draw.points(held, x="came", y="ym", shape="circle", filled=True, scale=scale, size=60),
        draw.points(missed, x="came", y="ym", shape="cross", filled=True, scale=scale, size=80),
        draw.text(data, "words", x=width, y="ym", color=INK, align="right"),
        draw.zero_line(scale, row * len(data)),
    )


def _stacked(labels: Sequence[tuple[float, str, str]], top: float, bottom: float) -> list[tuple[float, str, str]]:
    """Move labels apart, from the top down, and all of them up again where they would leave the chart."""
    placed: list[tuple[float, str, str]] = []
    for place, text, color in sorted(labels):
        least = placed[-1][0] + LABEL_LEAST if placed else top
        placed.append((max(place, least), text, color))
    over = max(placed[-1][0] - (bottom - 2), 0.0)
    moved: list[tuple[float, str, str]] = []
    for place, text, color in reversed(placed):
        most = moved[-1][0] - LABEL_LEAST if moved else placed[-1][0] - over
        moved.append((min(place, most), text, color))
    return moved[::-1]


def _boxes(data: list[Spec], width: int, *, fill: str, stroke: str, dash: list[int] | None = None) -> Spec:
    """Draw boxes between pixels."""
    mark = {"type": "rect", "fill": fill, "stroke": stroke, "strokeWidth": 1} | ({"strokeDash": dash} if dash else {})
    encoding = {"x": _across("x", width), "x2": {"field": "x2"}, "y": draw.pixel("y", 1), "y2": {"field": "y2"}}
    return {"data": {"values": data}, "mark": mark, "encoding": encoding}


def _uprights(data: list[Spec], width: int, color: str) -> Spec:
    """Draw upright lines between pixels."""
    encoding = {"x": _across("x", width), "y": draw.pixel("y", 1), "y2": {"field": "y2"}}
    return {"data": {"values": data}, "mark": {"type": "rule", "color": color, "strokeWidth": 1}, "encoding": encoding}


def _across(field: str, width: int) -> Spec:
    """Take a field as pixels from the left."""
    return {"field": field, **draw.plain({"domain": [0, width], "range": [0, width], "nice": False, "zero": False})}

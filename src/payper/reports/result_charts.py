"""The charts of the results report, one question each; what is not seen yet is grey and dashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payper.reports import drawing as draw
from payper.reports.drawing import ACCENT, HAIR, INK, NARROW, PALE, PAPER, SOFT, Spec
from payper.reports.words import shortened


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a curve: an age in days, the estimate with its interval (None: nothing can be said), and whether it is a projection."""

    day: int
    value: float | None
    low: float | None
    high: float | None
    is_projected: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve by age: its points, words at its end, and a level to compare with (None: no level)."""

    points: Sequence[Point]
    words: str
    level: float | None = None
    level_words: str = ""
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate with its interval and the words beside it; `value` None: nothing can be said, and `words` say why."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    words: str
    is_solid: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """A provider's place among others: expected, and from the best to the worst that can be excluded."""

    label: str
    value: float | None
    low: int | None
    high: int | None
    words: str


@dataclass(frozen=True, slots=True)
class Fall:
    """One step of a waterfall: from where to where, and whether it is a total."""

    label: str
    start: float
    end: float
    words: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a cohort triangle: its share of the darkest (0 to 1; None: not seen yet) and its text."""

    shade: float | None
    text: str
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """At one age, the shares won, ended otherwise and still open."""

    day: int
    won: float
    ended: float


def curve_chart(curve: Curve, width: int = NARROW) -> str:
    """Draw a curve with its band by age: solid where seen, grey and dashed where projected; a thin line shows the level to pass."""
    height, bottom, left, right = 212, 184, 44, 12
    known = [one for one in curve.points if one.value is not None]
    last = max((one.day for one in curve.points), default=1) or 1
    top = curve.most or max([one.high or one.value or 0 for one in known] + [curve.level or 0, 1])
    x = {"domain": [0, last], "range": [left, width - right], "nice": False, "zero": False}
    y = {"domain": [0, top], "range": [bottom, 30], "nice": False, "zero": False}
    seen = [one for one in known if not one.is_projected]
    # A projection goes on where what was seen ends.
    ahead = [*seen[-1:], *(one for one in known if one.is_projected)]
    parts: list[Spec] = []
    for tick in _ticks(top):
        parts += [
            draw.rule(left, width - right, draw.at(tick, y), HAIR if tick else SOFT),
            draw.words(_short(tick), left - 6, draw.at(tick, y), SOFT, align="right"),
        ]
    for day in _days(last):
        parts.append(draw.words(f"{day}", draw.at(day, x), bottom + 12, SOFT, align="right" if day == last else "center"))
    parts.append(draw.words("days after delivery", left, height - 4, SOFT))
    if len(ahead) > 1:
        parts.append(draw.band(_band(ahead), x, y, fill=PAPER, stroke=SOFT, dash=[2, 3]))
    if len(seen) > 1:
        parts.append(draw.band(_band(seen), x, y, fill=PALE))
    if curve.level is not None and curve.level <= top:
        level = draw.at(curve.level, y)
        # Where the curve ends well above the level, it starts below it: the words stand where the curve is not.
        is_above = bool(known) and (known[-1].value or 0) > 1.5 * curve.level
        place = width - right - 4 if is_above else left + 4
        words = draw.words(curve.level_words, place, level - 8, INK, align="right" if is_above else "left")
        parts += [draw.rule(left, width - right, level, INK), words]
    if len(ahead) > 1:
        parts.append(draw.line(_line(ahead), x, y, SOFT, interpolate="linear", dash=[5, 4]))
    if seen:
        parts.append(draw.line(_line(seen), x, y, ACCENT, interpolate="linear"))
    if known:
        end = known[-1]
        parts += [
            draw.end_dot([{"day": end.day, "n": end.value}], x, y),
            draw.words(curve.words, width - right, 10, INK, align="right", weight="bold"),
        ]
    return draw.svg(width, height, *parts)


def _band(points: Sequence[Point]) -> list[Spec]:
    return [
        {"day": one.day, "low": one.value if one.low is None else one.low, "high": one.value if one.high is None else one.high}
        for one in points
    ]


def _line(points: Sequence[Point]) -> list[Spec]:
    return [{"day": one.day, "n": one.value} for one in points]


def _ticks(top: float) -> list[float]:
    """Give three or four round numbers from zero on, the last not above the top."""
    raw = top / 3
    size = 10.0 ** len(str(int(raw))) / 10 if raw >= 1 else 0.1
    step = next((factor * size for factor in (1, 2, 2.5, 5, 10) if factor * size * 4 > top), top)
    return [step * number for number in range(int(top / step) + 1)]


def _short(number: float) -> str:
    for limit, unit in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:g}{unit}"
    return f"{number:g}"


def _days(last: int) -> list[int]:
    """Give about five ages from zero to the last."""
    step = next((each for each in (7, 14, 30, 45, 60, 90, 180, 365) if last / each <= 6), 730)
    days = [step * number for number in range(last // step + 1)]
    return days if days[-1] == last else [*(day for day in days if last - day > step * 0.4), last]


def estimates_chart(estimates: Sequence[Estimate], width: int, *, most: float | None = None, level: float | None = None) -> str:
    """Draw estimates as dots with their intervals on one scale from zero; an outline is a projection, a thin line the level to pass."""
    is_wide = width > NARROW
    row, left, right = (24, 190, 208) if is_wide else (40, 0, 0)
    tops = [one.high if one.high is not None else one.value or 0 for one in estimates if one.value is not None]
    top = most or max([*tops, level or 0, 1e-9])
    scale = {"domain": [0, top], "range": [left + 4, width - right - 8], "nice": False, "zero": False}
    data = [
        {
            "yt": row * at + (12 if is_wide else 9),
            "ym": row * at + (12 if is_wide else 27),
            "label": shortened(one.label, 28 if is_wide else 24),
            "words": one.words,
            "value": one.value,
            "low": min(one.low if one.low is not None else one.value or 0, top),
            "high": min(one.high if one.high is not None else one.value or 0, top),
            "solid": one.is_solid,
        }
        for at, one in enumerate(estimates)
    ]
    known = [one for one in data if one["value"] is not None]
    solid, open_ = [one for one in known if one["solid"]], [one for one in known if not one["solid"]]
    height = row * len(data)
    # Beside names the lines run through; below them they would cross the words.
    stretches = [(0, height)] if is_wide else [(row * at + 19, row * at + 35) for at in range(len(data))]
    parts = [draw.zero_line(scale, low, high) for high, low in stretches]
    if level is not None and level <= top:
        parts += [_upright(draw.at(level, scale), high, low) for high, low in stretches]
    return draw.svg(
        width,
        height,
        *parts,
        draw.text(data, "label", x=0, y="yt", color=INK, weight="normal" if is_wide else "bold"),
        draw.text(data, "words", x=width, y="yt", color=INK if is_wide else SOFT, align="right"),
        draw.span(solid, "low", "high", scale, color=ACCENT),
        draw.span(open_, "low", "high", scale, color=SOFT, width=1),
        draw.points(solid, x="value", y="ym", shape="circle", filled=True, scale=scale, size=60),
        draw.points(open_, x="value", y="ym", shape="circle", filled=False, scale=scale, size=60),
    )


def _upright(x: float, high: float, low: float) -> Spec:
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": INK, "strokeWidth": 1, "strokeDash": [2, 2]},
        "encoding": {"x": {"value": x}, "y": {"value": high}, "y2": {"value": low}},
    }


def shares_chart(steps: Sequence[Estimate], width: int = NARROW, *, left: int = 104, most: float = 1.0) -> str:
    """Draw a funnel of shares: a bar for each step, its interval across the end of the bar."""
    row, right = 24, 112 if width <= NARROW else 208
    scale = {"domain": [0, most], "range": [left, width - right - 1], "nice": False, "zero": False}
    data = [
        {
            "y": row * at + 5,
            "y2": row * at + 18,
            "ym": row * at + 12,
            "label": one.label,
            "words": one.words,
            "value": one.value,
            "low": one.low if one.low is not None else one.value,
            "high": one.high if one.high is not None else one.value,
            "solid": one.is_solid,
        }
        for at, one in enumerate(steps)
    ]
    known = [one for one in data if one["value"] is not None]
    return draw.svg(
        width,
        row * len(data),
        draw.text(data, "label", x=0, y="ym", color=INK),
        draw.bars([one for one in known if one["solid"]], "value", scale, fill=PALE, stroke=ACCENT),
        draw.bars([one for one in known if not one["solid"]], "value", scale, fill=PAPER, stroke=SOFT),
        draw.span(known, "low", "high", scale, color=INK, width=1.5),
        draw.text(data, "words", x=width, y="ym", color=INK, align="right"),
    )


def league_chart(places: Sequence[Place], width: int) -> str:
    """Draw each provider's place: a bar over the places it may have, a dot at the one expected; the first place is at the left."""
    is_wide = width > NARROW
    row, left, right = (26, 190, 208) if is_wide else (42, 8, 8)
    last = max(len(places), 2)
    scale = {"domain": [0.6, last + 0.4], "range": [left, width - right], "nice": False, "zero": False}
    top = 18
    data = [
        {
            "yt": top + row * at + (13 if is_wide else 10),
            "ym": top + row * at + (13 if is_wide else 29),
            "y": top + row * at + (8 if is_wide else 24),
            "y2": top + row * at + (18 if is_wide else 34),
            "label": shortened(one.label, 28 if is_wide else 24),
            "words": one.words,
            "value": one.value,
            "low": None if one.low is None else one.low - 0.3,
            "high": None if one.high is None else one.high + 0.3,
        }
        for at, one in enumerate(places)
    ]
    known = [one for one in data if one["value"] is not None]
    marks = range(1, last + 1) if last <= 12 else range(1, last + 1, max(last // 6, 1))
    return draw.svg(
        width,
        top + row * len(data),
        *(draw.words(f"{number}", draw.at(number, scale), 8, SOFT, align="center") for number in marks),
        draw.text(data, "label", x=0, y="yt", color=INK, weight="normal" if is_wide else "bold"),
        draw.text(data, "words", x=width, y="yt", color=INK if is_wide else SOFT, align="right"),
        {
            "data": {"values": known},
            "mark": {"type": "rect", "fill": PALE, "stroke": ACCENT, "strokeWidth": 1},
            "encoding": {
                "x": {"field": "low", **draw.plain(scale)},
                "x2": {"field": "high"},
                "y": draw.pixel("y", 1),
                "y2": {"field": "y2"},
            },
        },
        draw.points(known, x="value", y="ym", shape="circle", filled=True, scale=scale, size=52),
    )


def waterfall_chart(falls: Sequence[Fall], width: int) -> str:
    """Draw what falls away step by step: totals solid from zero, each fall an outline from where the one before it ended."""
    is_wide = width > NARROW
    row, left, right = (24, 210, 148) if is_wide else (38, 0, 0)
    most = max((max(one.start, one.end) for one in falls), default=1) or 1
    scale = {"domain": [0, most], "range": [left + 1, width - right - 8], "nice": False, "zero": False}
    data: list[Spec] = [
        {
            "yt": row * at + (12 if is_wide else 9),
            "y": row * at + (6 if is_wide else 19),
            "y2": row * at + (18 if is_wide else 31),
            "label": shortened(one.label, 32 if is_wide else 26),
            "words": one.words,
            "start": 0 if one.is_total else min(one.start, one.end),
            "end": max(one.start, one.end) if not one.is_total else one.end,
            "total": one.is_total,
        }
        for at, one in enumerate(falls)
    ]
    return draw.svg(
        width,
        row * len(data),
        *(draw.zero_line(scale, one["y2"] + 4, one["y"] - 4) for one in data),
        draw.bars([one for one in data if one["total"]], "end", scale, fill=ACCENT, stroke=ACCENT, start="start"),
        draw.bars([one for one in data if not one["total"]], "end", scale, fill=PALE, stroke=ACCENT, start="start"),
        draw.text(data, "label", x=0, y="yt", color=INK, weight="normal" if is_wide else "bold"),
        draw.text(data, "words", x=width, y="yt", color=INK if is_wide else SOFT, align="right"),
    )


def triangle_chart(rows: Sequence[tuple[str, Sequence[Cell]]], heads: Sequence[str], width: int) -> str:
    """Draw cohorts by age: the darker a cell, the more; an outline is an age that not all of a cohort has reached, and none is empty."""
    left, top, row = 78, 22, 26
    columns = max(len(heads), 1)
    size = (width - left) / columns
    cells = [
        {
            "x": left + size * column + 1,
            "x2": left + size * (column + 1) - 1,
            "y": top + row * at + 1,
            "y2": top + row * (at + 1) - 1,
            "xm": left + size * (column + 0.5),
            "ym": top + row * (at + 0.5),
            "shade": round(0.08 + 0.42 * (cell.shade or 0), 3),
            "text": cell.text,
            "partial": cell.is_partial,
        }
        for at, (_, line) in enumerate(rows)
        for column, cell in enumerate(line)
        if cell.shade is not None
    ]
    height = top + row * len(rows)
    labels = [{"ym": top + row * (at + 0.5), "label": label} for at, (label, _) in enumerate(rows)]
    across = {"domain": [0, width], "range": [0, width], "nice": False, "zero": False}
    return draw.svg(
        width,
        height,
        *(draw.words(head, left + size * (at + 0.5), 9, SOFT, align="center") for at, head in enumerate(heads)),
        draw.text(labels, "label", x=0, y="ym", color=INK),
        _cells([one for one in cells if not one["partial"]], across, stroke=ACCENT),
        _cells([one for one in cells if one["partial"]], across, stroke=SOFT, dash=[2, 2]),
        draw.text(cells, "text", x="xm", y="ym", color=INK, scale=across, align="center"),
    )


def _cells(data: list[Spec], across: Spec, *, stroke: str, dash: list[int] | None = None) -> Spec:
    mark: Spec = {"type": "rect", "fill": ACCENT, "stroke": stroke, "strokeWidth": 1} | ({"strokeDash": dash} if dash else {})
    return {
        "data": {"values": data},
        "mark": mark,
        "encoding": {
            "x": {"field": "x", **draw.plain(across)},
            "x2": {"field": "x2"},
            "y": draw.pixel("y", 1),
            "y2": {"field": "y2"},
            "fillOpacity": {"field": "shade", "type": "quantitative", "scale": None},
        },
    }


def stacked_chart(layers: Sequence[Layer], width: int = NARROW) -> str:
    """Draw, by age, what share is won (solid), has ended otherwise (pale, at the top) and is still open (white between)."""
    height, bottom, right, left = 190, 162, 118, 34
    last = max((one.day for one in layers), default=1) or 1
    x = {"domain": [0, last], "range": [left, width - right], "nice": False, "zero": False}
    y = {"domain": [0, 1], "range": [bottom, 12], "nice": False, "zero": False}
    won = [{"day": one.day, "low": 0, "high": one.won} for one in layers]
    ended = [{"day": one.day, "low": 1 - one.ended, "high": 1} for one in layers]
    end = layers[-1] if layers else Layer(0, 0, 0)
    spots = _spread([draw.at(end.won / 2, y), draw.at((end.won + 1 - end.ended) / 2, y), draw.at(1 - end.ended / 2, y)], bottom, 16)
    texts = (f"{_percent(end.won)} won", f"{_percent(1 - end.won - end.ended)} open", f"{_percent(end.ended)} ended")
    parts = [
        *(draw.words(f"{share:.0%}", left - 6, draw.at(share, y), SOFT, align="right") for share in (0, 0.5, 1)),
        *(draw.words(f"{day}", draw.at(day, x), bottom + 12, SOFT, align="center") for day in _days(last)),
        draw.words("days after delivery", left, height - 4, SOFT),
    ]
    if len(layers) > 1:
        parts += [draw.band(ended, x, y, fill=PALE, stroke=ACCENT), draw.band(won, x, y, fill=ACCENT, stroke=ACCENT)]
    parts += [draw.rule(left, width - right, draw.at(share, y), SOFT) for share in (0, 1)]
    for text, spot in zip(texts, spots, strict=True):
        parts.append(draw.words(text, width - right + 8, spot, INK, weight="bold" if "won" in text else "normal"))
    return draw.svg(width, height, *parts)


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0 < share < 0.095 else f"{share:.0%}"


def _spread(spots: list[float], bottom: float, least: float) -> list[float]:
    """Move labels, the lowest first, upwards until none covers another, and all of them above the bottom."""
    placed: list[float] = []
    for spot in spots:
        floor = bottom if not placed else placed[-1] - least
        placed.append(min(spot, floor))
    return placed


__all__ = [
    "Cell",
    "Curve",
    "Estimate",
    "Fall",
    "Layer",
    "Place",
    "Point",
    "curve_chart",
    "estimates_chart",
    "league_chart",
    "shares_chart",
    "stacked_chart",
    "triangle_chart",
    "waterfall_chart",
]

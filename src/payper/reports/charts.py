"""The report's charts as Vega-Lite, drawn to SVG that takes its colours and type from the page.

Each chart answers one question. Nothing is told by colour alone: what is certain or done is solid, what is not is an outline, and
words and figures stand beside every bar. Positions of text are fixed here, so that no font of the machine changes a chart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from payper.reports.words import day_in_words, shortened

NARROW, WIDE = 360, 760
"""Widths in pixels: a phone's column (and the cell of a grid), and a desk's."""

INK, SOFT, HAIR, ACCENT, PALE, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_COLOURS = {INK: "ink", SOFT: "soft", HAIR: "hair", ACCENT: "accent", PALE: "pale", PAPER: "paper"}

SHAPES = {"provider": "square", "buyer": "triangle-up", "prospect": "circle", "nobody": "cross"}
"""The mark beside a reason, by whose doing it is."""

Spec = dict[str, Any]


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
    scale = _scale(max((step.reached for step in steps), default=0), left, width - right)
    data = [{"y": row * at + 4, "y2": row * at + 17, "ym": row * at + 11, **_fields(step)} for at, step in enumerate(steps)]
    return _svg(
        width,
        height,
        _text(data, "label", x=0, y="ym", color=INK),
        _bars([one for one in data if one["reached"]], "reached", scale, fill=PALE, stroke=ACCENT),
        _bars([one for one in data if one["recorded"]], "recorded", scale, fill=ACCENT, stroke=ACCENT),
        _text(data, "words", x="reached", y="ym", color=INK, scale=scale, dx=6),
    )


def reasons_chart(bars: Sequence[Bar], width: int) -> str:
    """Draw how often each reason was given: solid where mending helps, outlined where it does not, a shape for whose doing it is."""
    row = 36
    scale = _scale(max((bar.value for bar in bars), default=0), 16, width)
    data = [
        {"y": row * at + 19, "y2": row * at + 29, "ym": row * at + 9, **_fields(bar), "short": shortened(bar.label, 24)}
        for at, bar in enumerate(bars)
    ]
    return _svg(
        width,
        row * len(bars),
        *(
            _points([one for one in data if one["shape"] == shape], x=7, y="ym", shape=shape, filled=shape != "circle")
            for shape in sorted({bar.shape for bar in bars})
        ),
        _text(data, "short", x=16, y="ym", color=INK, weight="bold"),
        _text(data, "words", x=width, y="ym", color=SOFT, align="right"),
        _bars([one for one in data if one["is_solid"]], "value", scale, fill=ACCENT, stroke=ACCENT),
        _bars([one for one in data if not one["is_solid"]], "value", scale, fill=PAPER, stroke=ACCENT),
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
            **_fields(stack),
            "short": shortened(stack.label, 40 if is_wide else 46),
            "standing": stack.posted + stack.pending,
            "back": -stack.credited,
        }
        for at, stack in enumerate(stacks)
    ]
    words = _text(data, "words", x=width if is_wide else 0, y="yw", color=SOFT, align="right" if is_wide else "left")
    return _svg(
        width,
        row * len(stacks),
        _text(data, "short", x=0, y="ym", color=INK, weight="bold"),
        words,
        _bars([one for one in data if one["pending"]], "standing", scale, fill=PALE, stroke=ACCENT, start="posted"),
        _bars([one for one in data if one["posted"]], "posted", scale, fill=ACCENT, stroke=ACCENT),
        _bars([one for one in data if one["credited"]], "back", scale, fill=PAPER, stroke=INK),
        *(_zero_line(scale, one["y2"] + 3, one["y"] - 3) for one in data),
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
    parts: list[Spec] = [_rule(0, width - right, bottom, SOFT)]
    last = [*line[-1:]]
    floor = bottom - 8
    label_y, even_y = _apart(min(_at(reached, y), floor), min(_at(even[-1]["n"], y), floor) if even else None)
    lift = max(label_y, even_y) - floor
    if lift > 0:
        label_y, even_y = label_y - lift, even_y - lift
    if pace.cap is not None:
        cap_y = _at(pace.cap, y)
        parts += [_rule(0, width - right, cap_y, SOFT), _words(f"cap {pace.cap:,}", 2, cap_y - 7, SOFT)]
    if even:
        parts += [
            _line(even, x, y, SOFT, dash=[5, 4], interpolate="linear"),
            _words(f"even pace {even[-1]['n']:,}", _at(even[-1]["day"], x) + 8, even_y, SOFT),
        ]
    parts += [_line(line, x, y, ACCENT, interpolate="step-after"), _end_dot(last, x, y)]
    parts += [_words(f"{one['n']:,} accepted", _at(one["day"], x) + 8, label_y, INK, weight="bold") for one in last]
    parts.append(_words(day_in_words(pace.starts), 0, bottom + 13, SOFT))
    parts.append(_words(day_in_words(pace.ends), width - right, bottom + 13, SOFT, align="right"))
    return _svg(width, height, *parts)


def cost_chart(dots: Sequence[Dot], width: int = NARROW) -> str:
    """Draw costs as dots on stems from zero; a row without a value says why in words."""
    row, left, right = 21, 152, 84
    scale = _scale(max((dot.value for dot in dots if dot.value is not None), default=0), left, width - right)
    data = [{"ym": row * at + 11, **_fields(dot), "short": shortened(dot.label, 21)} for at, dot in enumerate(dots)]
    known = [one for one in data if one["value"] is not None]
    return _svg(
        width,
        row * len(dots),
        _text(data, "short", x=0, y="ym", color=INK),
        {
            "data": {"values": [{**one, "zero": 0} for one in known]},
            "mark": {"type": "rule", "color": ACCENT, "strokeWidth": 1},
            "encoding": {"x": {"field": "zero", **_plain(scale)}, "x2": {"field": "value"}, "y": _pixel("ym", row * len(dots))},
        },
        *(
            _points([one for one in known if one["shape"] == shape], x="value", y="ym", shape=shape, filled=True, scale=scale, size=52)
            for shape in sorted({dot.shape for dot in dots})
        ),
        _text(known, "words", x="value", y="ym", color=INK, scale=scale, dx=9),
        _text([one for one in data if one["value"] is None], "words", x=left + 8, y="ym", color=SOFT),
        _zero_line(scale, row * len(dots)),
    )


def _apart(one: float, other: float | None, least: float = 13) -> tuple[float, float]:
    """Move two labels apart so that they do not cover each other, the lower number below."""
    if other is None or abs(one - other) >= least:
        return one, one if other is None else other
    middle = (one + other) / 2
    return (middle - least / 2, middle + least / 2) if one <= other else (middle + least / 2, middle - least / 2)


def _at(value: float, scale: Spec) -> float:
    low, high = scale["domain"]
    start, end = scale["range"]
    return float(start + (value - low) / (high - low) * (end - start))


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _scale(most: float, left: int, right: int) -> Spec:
    """Map zero to the left edge and the most to the right one."""
    return {"domain": [0, most or 1], "range": [left, right - 1], "nice": False, "zero": False}


def _plain(scale: Spec | None) -> Spec:
    return {"type": "quantitative", "scale": scale, "axis": None, "title": None}


def _pixel(field: str, height: float) -> Spec:
    """Take a field as pixels from the top."""
    return {"field": field, **_plain({"domain": [0, height or 1], "range": [0, height or 1], "nice": False, "zero": False})}


def _bars(data: list[Spec], field: str, scale: Spec, *, fill: str, stroke: str, start: str | None = None) -> Spec:
    x: Spec = {"field": start or "zero", **_plain(scale)}
    return {
        "data": {"values": [{**one, "zero": 0} for one in data]},
        "mark": {"type": "rect", "fill": fill, "stroke": stroke, "strokeWidth": 1},
        "encoding": {"x": x, "x2": {"field": field}, "y": _pixel("y", 1), "y2": {"field": "y2"}},
    }


def _text(
    data: list[Spec],
    field: str,
    *,
    x: str | float,
    y: str,
    color: str,
    scale: Spec | None = None,
    dx: int = 0,
    align: str = "left",
    weight: str = "normal",
) -> Spec:
    mark = {"type": "text", "align": align, "baseline": "middle", "dx": dx, "color": color, "fontWeight": weight}
    place: Spec = {"field": x, **_plain(scale)} if isinstance(x, str) else {"value": x}
    return {
        "data": {"values": data},
        "mark": mark,
        "encoding": {"x": place, "y": _pixel(y, 1), "text": {"field": field, "type": "nominal"}},
    }


def _points(data: list[Spec], *, x: str | float, y: str, shape: str, filled: bool, scale: Spec | None = None, size: int = 46) -> Spec:
    mark = {
        "type": "point",
        "shape": shape,
        "filled": filled,
        "size": size,
        "color": ACCENT,
        "fill": ACCENT if filled else PAPER,
        "stroke": ACCENT,
        "opacity": 1,
    }
    place: Spec = {"field": x, **_plain(scale)} if isinstance(x, str) else {"value": x}
    return {"data": {"values": data}, "mark": mark, "encoding": {"x": place, "y": _pixel(y, 1)}}


def _end_dot(data: list[Spec], x: Spec, y: Spec) -> Spec:
    mark = {"type": "point", "shape": "circle", "filled": True, "size": 40, "color": ACCENT, "opacity": 1}
    return {"data": {"values": data}, "mark": mark, "encoding": {"x": {"field": "day", **_plain(x)}, "y": {"field": "n", **_plain(y)}}}


def _line(data: list[Spec], x: Spec, y: Spec, color: str, *, interpolate: str, dash: list[int] | None = None) -> Spec:
    mark = {"type": "line", "color": color, "strokeWidth": 2 if dash is None else 1.5, "interpolate": interpolate} | (
        {"strokeDash": dash} if dash else {}
    )
    return {
        "data": {"values": data},
        "mark": mark,
        "encoding": {
            "x": {"field": "day", **_plain(x)},
            "y": {"field": "n", **_plain(y)},
            "order": {"field": "day", "type": "quantitative"},
        },
    }


def _rule(x: float, x2: float, y: float, color: str) -> Spec:
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": color, "strokeWidth": 1},
        "encoding": {"x": {"value": x}, "x2": {"value": x2}, "y": {"value": y}},
    }


def _zero_line(scale: Spec, bottom: float, top: float = 0) -> Spec:
    at = _at(0, scale)
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": INK, "strokeWidth": 1},
        "encoding": {"x": {"value": at}, "y": {"value": top}, "y2": {"value": bottom}},
    }


def _words(text: str, x: float, y: float, color: str, *, align: str = "left", weight: str = "normal") -> Spec:
    mark = {"type": "text", "align": align, "baseline": "middle", "color": color, "fontWeight": weight, "text": text}
    return {"data": {"values": [{}]}, "mark": mark, "encoding": {"x": {"value": x}, "y": {"value": y}}}


_CONFIG: Spec = {"aria": False, "view": {"stroke": None}, "background": None, "text": {"font": "inherit", "fontSize": 12}}
_SIZE = re.compile(r'<svg [^>]*?width="([0-9.]+)" height="([0-9.]+)"[^>]*>')
_QUIET = re.compile(r' (?:role|aria-roledescription|aria-hidden|class|pointer-events|font-family)="[^"]*"')
_LONG = re.compile(r"-?[0-9]+\.[0-9]{3,}")
_TAGS = re.compile(r"<[^>]*>")
_EMPTY = re.compile(r"<g></g>|<path[^>]* d=\"\"[^>]*/>")


def _svg(width: int, height: float, *layers: Spec) -> str:
    """Draw layers that share no scale, and hand colours, type and width over to the page."""
    import vl_convert

    spec = {
        "width": width,
        "height": max(height, 1),
        "padding": 0,
        "autosize": "none",
        "config": _CONFIG,
        "resolve": {"scale": {"x": "independent", "y": "independent"}},
        "layer": [_in_pixels(layer, max(height, 1)) for layer in layers if layer["data"]["values"]],
    }
    text = str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])) if spec["layer"] else '<svg width="1" height="1"></svg>'
    text = _QUIET.sub("", text)
    for placeholder, name in _COLOURS.items():
        text = text.replace(f'"{placeholder}"', f'"var(--{name})"')
    text = _EMPTY.sub("", _TAGS.sub(lambda tag: _LONG.sub(lambda number: f"{float(number[0]):.2f}", tag[0]), text))
    return _SIZE.sub(
        f'<svg viewBox="0 0 {width} {max(height, 1):g}" style="max-width:{width}px" aria-hidden="true" focusable="false">', text, count=1
    )


def _in_pixels(layer: Spec, height: float) -> Spec:
    """Let a layer's vertical pixel fields run over the whole height."""
    y = layer["encoding"].get("y", {})
    scale = y.get("scale")
    if scale and scale["domain"] == scale["range"]:
        y["scale"] = {**scale, "domain": [0, height], "range": [0, height]}
    return layer

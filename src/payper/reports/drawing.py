"""What the charts of every report are drawn with: Vega-Lite layers, and SVG that takes its colours and type from the page.

Nothing is told by colour alone: what is certain or done is solid, what is not is an outline or dashed, and words and figures stand
beside every mark. Positions of text are fixed here, so that no font of the machine changes a chart.
"""

from __future__ import annotations

import re
from typing import Any

NARROW, WIDE = 360, 760
"""Widths in pixels: a phone's column (and the cell of a grid), and a desk's."""

INK, SOFT, HAIR, ACCENT, PALE, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606"
_COLOURS = {INK: "ink", SOFT: "soft", HAIR: "hair", ACCENT: "accent", PALE: "pale", PAPER: "paper"}

Spec = dict[str, Any]


def apart(one: float, other: float | None, least: float = 13) -> tuple[float, float]:
    """Move two labels apart so that they do not cover each other, the lower number below."""
    if other is None or abs(one - other) >= least:
        return one, one if other is None else other
    middle = (one + other) / 2
    return (middle - least / 2, middle + least / 2) if one <= other else (middle + least / 2, middle - least / 2)


def at(value: float, scale: Spec) -> float:
    """Give the pixel of a value on a scale."""
    low, high = scale["domain"]
    start, end = scale["range"]
    return float(start + (value - low) / (high - low) * (end - start))


def fields(value: Any) -> dict[str, Any]:
    """Give the fields of a mark as a row of data."""
    return {name: getattr(value, name) for name in value.__slots__}


def scale(most: float, left: int, right: int) -> Spec:
    """Map zero to the left edge and the most to the right one."""
    return {"domain": [0, most or 1], "range": [left, right - 1], "nice": False, "zero": False}


def plain(scale: Spec | None) -> Spec:
    """Encode a number on a scale, without an axis."""
    return {"type": "quantitative", "scale": scale, "axis": None, "title": None}


def pixel(field: str, height: float) -> Spec:
    """Take a field as pixels from the top."""
    return {"field": field, **plain({"domain": [0, height or 1], "range": [0, height or 1], "nice": False, "zero": False})}


def bars(data: list[Spec], field: str, scale: Spec, *, fill: str, stroke: str, start: str | None = None) -> Spec:
    """Draw bars from zero (or from the field `start`) to a field, between the pixels `y` and `y2` of each row."""
    x: Spec = {"field": start or "zero", **plain(scale)}
    return {
        "data": {"values": [{**one, "zero": 0} for one in data]},
        "mark": {"type": "rect", "fill": fill, "stroke": stroke, "strokeWidth": 1},
        "encoding": {"x": x, "x2": {"field": field}, "y": pixel("y", 1), "y2": {"field": "y2"}},
    }


def text(
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
    """Write a field of every row at pixels, or at a field of a scale."""
    mark = {"type": "text", "align": align, "baseline": "middle", "dx": dx, "color": color, "fontWeight": weight}
    place: Spec = {"field": x, **plain(scale)} if isinstance(x, str) else {"value": x}
    return {
        "data": {"values": data},
        "mark": mark,
        "encoding": {"x": place, "y": pixel(y, 1), "text": {"field": field, "type": "nominal"}},
    }


def points(data: list[Spec], *, x: str | float, y: str, shape: str, filled: bool, scale: Spec | None = None, size: int = 46) -> Spec:
    """Draw marks of one shape at pixels, or at a field of a scale."""
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
    place: Spec = {"field": x, **plain(scale)} if isinstance(x, str) else {"value": x}
    return {"data": {"values": data}, "mark": mark, "encoding": {"x": place, "y": pixel(y, 1)}}


def end_dot(data: list[Spec], x: Spec, y: Spec) -> Spec:
    """Draw a dot at the last point of a line: `day` and `n`."""
    mark = {"type": "point", "shape": "circle", "filled": True, "size": 40, "color": ACCENT, "opacity": 1}
    return {"data": {"values": data}, "mark": mark, "encoding": {"x": {"field": "day", **plain(x)}, "y": {"field": "n", **plain(y)}}}


def line(data: list[Spec], x: Spec, y: Spec, color: str, *, interpolate: str, dash: list[int] | None = None) -> Spec:
    """Draw a line through rows of `day` and `n`."""
    mark = {"type": "line", "color": color, "strokeWidth": 2 if dash is None else 1.5, "interpolate": interpolate} | (
        {"strokeDash": dash} if dash else {}
    )
    return {
        "data": {"values": data},
        "mark": mark,
        "encoding": {
            "x": {"field": "day", **plain(x)},
            "y": {"field": "n", **plain(y)},
            "order": {"field": "day", "type": "quantitative"},
        },
    }


def band(data: list[Spec], x: Spec, y: Spec, *, fill: str, stroke: str | None = None, dash: list[int] | None = None) -> Spec:
    """Fill between `low` and `high` over `day`; with a stroke, its edges are drawn too."""
    mark: Spec = {"type": "area", "orient": "vertical", "fill": fill, "opacity": 1, "interpolate": "linear"}
    if stroke is not None:
        mark |= {"stroke": stroke, "strokeWidth": 1} | ({"strokeDash": dash} if dash else {})
    return {
        "data": {"values": data},
        "mark": mark,
        "encoding": {
            "x": {"field": "day", **plain(x)},
            "y": {"field": "low", **plain(y)},
            "y2": {"field": "high"},
        },
    }


def span(data: list[Spec], start: str, end: str, scale: Spec, *, y: str = "ym", color: str = INK, width: float = 2) -> Spec:
    """Draw a level line per row from one field to another, such as an interval."""
    return {
        "data": {"values": data},
        "mark": {"type": "rule", "color": color, "strokeWidth": width},
        "encoding": {"x": {"field": start, **plain(scale)}, "x2": {"field": end}, "y": pixel(y, 1)},
    }


def rule(x: float, x2: float, y: float, color: str) -> Spec:
    """Draw a level line between two pixels."""
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": color, "strokeWidth": 1},
        "encoding": {"x": {"value": x}, "x2": {"value": x2}, "y": {"value": y}},
    }


def zero_line(scale: Spec, bottom: float, top: float = 0) -> Spec:
    """Draw the upright line at zero, where lengths are compared."""
    zero = at(0, scale)
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "color": INK, "strokeWidth": 1},
        "encoding": {"x": {"value": zero}, "y": {"value": top}, "y2": {"value": bottom}},
    }


def words(text: str, x: float, y: float, color: str, *, align: str = "left", weight: str = "normal") -> Spec:
    """Write one text at a pixel."""
    mark = {"type": "text", "align": align, "baseline": "middle", "color": color, "fontWeight": weight, "text": text}
    return {"data": {"values": [{}]}, "mark": mark, "encoding": {"x": {"value": x}, "y": {"value": y}}}


_CONFIG: Spec = {"aria": False, "view": {"stroke": None}, "background": None, "text": {"font": "inherit", "fontSize": 12}}
_SIZE = re.compile(r'<svg [^>]*?width="([0-9.]+)" height="([0-9.]+)"[^>]*>')
_QUIET = re.compile(r' (?:role|aria-roledescription|aria-hidden|class|pointer-events|font-family)="[^"]*"')
_LONG = re.compile(r"-?[0-9]+\.[0-9]{3,}")
_TAGS = re.compile(r"<[^>]*>")
_EMPTY = re.compile(r"<g></g>|<path[^>]* d=\"\"[^>]*/>")


def svg(width: int, height: float, *layers: Spec) -> str:
    """Draw layers that share no scale, and hand colours, type and width over to the page: its styles size `w360` and `w760`."""
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
    return _SIZE.sub(f'<svg viewBox="0 0 {width} {max(height, 1):g}" class="w{width}" aria-hidden="true" focusable="false">', text, count=1)


def _in_pixels(layer: Spec, height: float) -> Spec:
    """Let a layer's vertical pixel fields run over the whole height."""
    y = layer["encoding"].get("y", {})
    scale = y.get("scale")
    if scale and scale["domain"] == scale["range"]:
        y["scale"] = {**scale, "domain": [0, height], "range": [0, height]}
    return layer

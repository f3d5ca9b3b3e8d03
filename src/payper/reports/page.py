"""Pages: questions with their answers, figures with the tables of the same numbers, and one file that asks for nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from payper.reports.tables import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: its answer as a sentence, a note, the SVGs for a phone and a desk, and the table of the same numbers."""

    title: str
    table: Table
    narrow: Markup | None = None
    wide: Markup | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A question and the figures that answer it; `cells` are small figures side by side."""

    id: str
    question: str
    answer: str
    figures: Sequence[Figure] = ()
    cells: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    note: str = ""


def drawn(chart: str) -> Markup:
    """Take a chart's SVG into a page as it is."""
    return Markup(chart)  # noqa: S704  # Vega-Lite escapes the texts it draws; a test holds it to that


def render_page(template: str, **values: Any) -> str:
    """Write a page from one of our templates; the style sheet is inside it.

    Args:
        template: Its file in `templates`.
        values: What it shows; everything but SVG is escaped.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # a command that writes no page does without

    loader = FunctionLoader(template_text)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=loader)
    css = template_text("report.css")
    return environment.get_template(template).render(css=Markup(css), **values)  # noqa: S704  # our own package data


def template_text(name: str) -> str:
    """Give the text of one of our templates, or of the style sheet; pages of the server show the same parts."""
    return files("payper.reports").joinpath("templates").joinpath(name).read_text(encoding="utf-8")

"""Pages as HTML: templates, and how numbers, days and money are written on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined
from litestar import Response
from litestar.enums import MediaType

from payper._version import __version__
from payper.advice.questions import questions_of
from payper.desk.reads.read_first_steps import read_first_steps
from payper.parties import Act
from payper.reasons import Reason
from payper.reports.page import template_text
from payper.reports.words import count, counted, day_in_words, decimal_text, enumerated, money, percent
from payper.web.visits import Visit

NAVIGATION = (
    ("Home", "/", None),
    ("Contracts", "/contracts", Act.READ_CONTRACTS),
    ("Deliveries", "/deliveries", Act.READ_DELIVERIES),
    ("Prospects", "/prospects", Act.READ_PEOPLE),
    ("Money", "/money", Act.READ_MONEY),
    ("Quality", "/quality", Act.READ_DELIVERIES),
    ("Results", "/results", Act.READ_RESULTS),
    ("Forecast", "/forecast", Act.READ_RESULTS),
    ("Providers", "/providers", Act.READ_RESULTS),
    ("Advice", "/advice", Act.READ_ADVICE),
    ("Settings", "/settings", None),
)
"""Pages in the order of the loop; those that a person may not open are left out."""

KEYS = {
    "Home": "h", "Contracts": "c", "Deliveries": "d", "Prospects": "p", "Money": "m", "Quality": "q", "Results": "r", "Forecast": "f",
    "Providers": "v", "Advice": "a", "Settings": "s",
}  # fmt: skip
"""Letters that go to a page after `g`."""

_COLUMN_WORDS = {
    "ip": "IP address",
    "linkedin_url": "LinkedIn",
    "email": "E-mail",
    "consent_at": "Consent given",
    "consent_text": "Consent text",
    "meeting_at": "Meeting at",
    "meeting_minutes": "Meeting, minutes",
}


def page(
    visit: Visit | None, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> Response[str]:
    """Render a page for somebody, or (None) for nobody in particular.

    Args:
        visit: Whose page it is.
        template: Its file.
        status: Of the answer.
        headers: More headers of the answer.
        values: What the template shows.
    """
    shown = {
        "visit": visit,
        "actor": visit.actor if visit is not None else None,
        "navigation": navigation(visit),
        "first_steps": lambda: read_first_steps(visit.directory, visit.actor) if visit is not None else None,
        **values,
    }
    html = _environment().get_template(template).render(shown)
    return Response(html, media_type=MediaType.HTML, status_code=status, headers=dict(headers or {}))


def navigation(visit: Visit | None) -> list[tuple[str, str]]:
    """List the pages that somebody may open; who reads results has the quality of deliveries there."""
    if visit is None:
        return []
    acts = visit.actor.acts
    left_out = {"Quality"} if Act.READ_RESULTS in acts else set()
    return [(word, path) for word, path, act in NAVIGATION if (act is None or act in acts) and word not in left_out]


def address(path: str, **query: object) -> str:
    """Write the address of a page; what is None or empty is left out."""
    told = {name: str(value) for name, value in query.items() if value not in {None, ""}}
    return f"{path}?{urlencode(told)}" if told else path


def instant(at: datetime | None, zone: str = "UTC") -> str:
    """Write an instant in a zone: `14 Mar 2026 09:30`."""
    if at is None:
        return "no date"
    local = at.astimezone(ZoneInfo(zone))
    return f"{day_in_words(local.date())} {local:%H:%M}"


def day(value: date | None) -> str:
    """Write a day: `14 Mar 2026`."""
    return day_in_words(value) if value is not None else "no date"


def column_words(name: str) -> str:
    """Name a column of a delivery in words."""
    if name.startswith("answer_"):
        return f"Answer: {name.removeprefix('answer_').replace('_', ' ')}"
    return _COLUMN_WORDS.get(name) or name.replace("_", " ").capitalize()


def reason_words(code: str) -> str:
    """Name a reason as a label: `Seniority outside`."""
    words = {"Email": "E-mail", "mx": "MX", "crm": "CRM"}
    return " ".join(words.get(word, word) for word in code.replace("_", " ").capitalize().split(" "))


@cache
def _environment() -> Environment:
    folder = files("payper.web") / "templates"
    environment = Environment(
        loader=FunctionLoader(
            lambda name: template_text(name.removeprefix("reports/")) if name.startswith("reports/") else (folder / name).read_text("utf-8")
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": count,
        "counted": counted,
        "money": money,
        "decimal": decimal_text,
        "share": percent,
        "day": day,
        "instant": instant,
        "column": column_words,
        "reason": reason_words,
        "listed": enumerated,
    }
    environment.globals |= {
        "address": address,
        "version": __version__,
        "Reason": Reason,
        "stylesheet": stylesheet(),
        "questions": questions_of,
        "editor_script": editor_script(),
        "page_script": page_script(),
        "keys": KEYS,
    }
    return environment


@cache
def stylesheet() -> str:
    """Give the address of the style sheet; it changes with its content, so that browsers may keep it for ever."""
    import hashlib

    content = (files("payper.web") / "static" / "payper.css").read_bytes()
    return f"/static/payper.{hashlib.sha256(content).hexdigest()[:12]}.css"


@cache
def page_script() -> str:
    """Give the address of the script for keys and lists; it changes with its content."""
    import hashlib

    content = (files("payper.web") / "static" / "payper.js").read_bytes()
    return f"/static/payper.{hashlib.sha256(content).hexdigest()[:12]}.js"


@cache
def editor_script() -> str:
    """Give the address of the script that checks a contract's text as it is typed; it changes with its content."""
    import hashlib

    content = (files("payper.web") / "static" / "editor.js").read_bytes()
    return f"/static/editor.{hashlib.sha256(content).hexdigest()[:12]}.js"

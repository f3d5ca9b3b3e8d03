"""The first page: what needs somebody today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get

from payper.desk.reads.read_home import Home, read_home
from payper.desk.reads.read_today import Look, read_today
from payper.parties import Act
from payper.reports.words import count, counted, day_in_words
from payper.web.rendering import page
from payper.web.visits import signed_in


@get("/", sync_to_thread=True)
def home_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Say what needs the visitor today, and how the last week went."""
    with signed_in(request) as visit:
        home = read_home(visit.directory, visit.actor)
        may_decide = bool({Act.DECIDE_DELIVERIES, Act.DECIDE_RETURNS} & visit.actor.acts)
        looks = read_today(visit.directory, visit.actor, at=visit.at) if home.buys or home.provides else ()
        return page(
            visit,
            "home.html.j2",
            title="Home",
            home=home,
            headline=headline(home, looks, may_decide=may_decide),
            looks=looks,
            names=visit.name_of,
        )


def headline(home: Home, looks: Sequence[Look] = (), *, may_decide: bool = True) -> str:
    """Say the answer in a sentence: for a buyer what waits for them, for a provider how the last week was judged."""
    if not home.buys and not home.provides:
        return "No contract yet"
    if home.buys:
        waiting = home.review + home.quarantined
        parts = [counted(waiting, "delivery waits", "deliveries wait")] if waiting else []
        parts += [counted(home.disputes, "contested return waits", "contested returns wait")] if home.disputes else []
        due = [look.words for look in looks if look.is_due]
        return f"{' and '.join(parts)} for a decision" if parts and may_decide else due[0] if due else "Nothing waits for you today"
    return week_words(home)


def week_words(home: Home) -> str:
    """Say how the last week was judged."""
    week = home.week
    if home.week_ends is None or not week.delivered:
        return "Nothing was delivered yet"
    first = f"{count(week.accepted)} of {count(week.delivered)} accepted in the week to {day_in_words(home.week_ends)}"
    if not week.rejected:
        return first
    which = "the one reject" if week.rejected == 1 else f"the {count(week.rejected)} rejects"
    if week.rejected == 1:
        return f"{first}; {which} {'can' if week.mendable else 'cannot'} be mended"
    return f"{first}; {count(week.mendable) if week.mendable else 'none'} of {which} can be mended"


ROUTES = [home_page]

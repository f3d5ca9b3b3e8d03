"""The page of facts that came to nothing: milestones, returns and decisions without a delivery, or refused."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromQuery, QueryParameter

from payper.desk.people.installation import buyers_of, reach
from payper.desk.reads.read_refused import ACTS, STATES, RefusedPage, list_refused
from payper.parties import Act
from payper.reports.words import counted
from payper.web.rendering import page
from payper.web.visits import signed_in

Text = FromQuery[str | None]


@get("/deliveries/refused", sync_to_thread=True)
def refused_page(
    request: Request[Any, Any, Any],
    buyer: Text = None,
    contract: Text = None,
    act: Text = None,
    only: Annotated[str | None, QueryParameter(name="state")] = None,
    after: Text = None,
) -> Response[Any]:
    """List facts that found no delivery or were refused."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_DELIVERIES)
        buyers = buyers_of(reach(visit.directory, visit.actor))
        chosen = buyer or (buyers[0] if buyers else None)
        if chosen is None:
            return page(visit, "deliveries_none.html.j2", title="Deliveries")
        found = list_refused(
            visit.directory, visit.actor, buyer=chosen, contract=contract or None, act=act or None, state=only or None, after=after or None
        )
        asked = {"contract": contract or None, "act": act or None, "state": only or None}
        return page(
            visit, "refused.html.j2", title="Facts that came to nothing", found=found, asked=asked, after=after or None, buyers=buyers,
            headline=_headline(found, is_first=not after), names=visit.name_of, acts=ACTS, states=STATES,
            zone=visit.directory.zone(chosen),
        )  # fmt: skip


def _headline(found: RefusedPage, *, is_first: bool) -> str:
    if not found.rows:
        return "Every milestone, return and decision found its delivery" if is_first else "Nothing further back"
    waiting = sum(each.state == "waits" for each in found.rows)
    more = " or more" if found.next else ""
    if waiting == len(found.rows):
        return f"{counted(waiting, 'fact waits', 'facts wait')}{more} for a delivery"
    words = f"{counted(len(found.rows) - waiting, 'fact was', 'facts were')} refused"
    return f"{words} and {counted(waiting, 'waits', 'wait')} for a delivery" if waiting else f"{words}{more}"


ROUTES = [refused_page]

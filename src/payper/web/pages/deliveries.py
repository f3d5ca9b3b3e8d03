"""Deliveries: a table by verdict and reason, and one delivery's whole story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from payper.adjudication.past import VERDICT_CODES
from payper.desk.people.installation import buyers_of, reach
from payper.desk.reads.read_deliveries import DeliveryPage, DeliveryStory, Filters, list_deliveries, read_delivery
from payper.errors import UsageError
from payper.parties import Act
from payper.reasons import Group, Reason
from payper.reports.words import counted
from payper.web.rendering import page, reason_words
from payper.web.visits import Visit, signed_in


@get("/deliveries", sync_to_thread=True)
def deliveries_page(
    request: Request[Any, Any, Any],
    buyer: FromQuery[str | None] = None,
    contract: FromQuery[str | None] = None,
    verdict: FromQuery[str | None] = None,
    reason: FromQuery[str | None] = None,
    before: FromQuery[str | None] = None,
) -> Response[Any]:
    """List deliveries, newest first; what is asked for stands in the address, so that every view is a link."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_DELIVERIES)
        buyers = buyers_of(reach(visit.directory, visit.actor))
        chosen = buyer or (buyers[0] if buyers else None)
        if chosen is None:
            return page(visit, "deliveries_none.html.j2", title="Deliveries")
        filters = Filters(contract or None, verdict or None, reason or None)
        found = list_deliveries(visit.directory, visit.actor, buyer=chosen, filters=filters, before=before or None)
        return page(
            visit,
            "deliveries.html.j2",
            title="Deliveries",
            found=found,
            before=before or None,
            buyers=buyers,
            headline=_headline(found, is_first=not before),
            names=visit.name_of,
            verdicts=VERDICT_CODES,
            groups=[(group, [each.name for each in Reason if each.group is group]) for group in Group if group is not Group.AFTER],
        )


@get("/deliveries/{buyer:str}/{number:str}", sync_to_thread=True)
def delivery_page(request: Request[Any, Any, Any], buyer: FromPath[str], number: FromPath[str]) -> Response[Any]:
    """Show one delivery: its verdict in words, what was sent, its journey and its charges."""
    with signed_in(request) as visit:
        # Acts show a delivery again where something stands against them.
        from payper.web.pages.acts import acts_shown

        return show_delivery(visit, buyer, number, acts=acts_shown(visit, buyer, number, {}))


def show_delivery(
    visit: Visit, buyer: str, number: str, *, acts: Mapping[str, Any], error: UsageError | None = None, status: int = 200
) -> Response[Any]:
    """Show one delivery, and what can be done about it (`acts`)."""
    story = read_delivery(visit.directory, visit.actor, buyer=buyer, number=number, at=visit.at)
    headline = story_headline(story)
    name = story.seen.external_id or story.seen.number
    return page(
        visit,
        "delivery.html.j2",
        status=status,
        title=f"Delivery {name}",
        story=story,
        headline=headline,
        name=name,
        names=visit.name_of,
        error=error,
        **acts,
    )


def story_headline(story: DeliveryStory) -> str:
    """Say the verdict with the reason that decided it: `Rejected: the phone number «…» is valid in no numbering plan`."""
    if not story.sentences:
        return story.words.partition("\n")[0].rstrip(".")
    first = story.sentences[0].seen
    return f"{story.seen.verdict.capitalize()}: {first[0].lower()}{first[1:].rstrip('.')}"


def _headline(found: DeliveryPage, *, is_first: bool) -> str:
    """Say what is shown: `The newest 50 rejected deliveries of northwind-reach`."""
    filters = found.filters
    kind = f"{filters.verdict} " if filters.verdict else ""
    one, many = f"{kind}delivery", f"{kind}deliveries"
    where = f" of {filters.contract}" if filters.contract else ""
    why = f" because of {reason_words(filters.reason).lower()}" if filters.reason else ""
    if not found.rows:
        return f"No {many}{where}{why}" if is_first else f"No older {many}{where}{why}"
    number = counted(len(found.rows), one, many)
    if not is_first:
        return f"{number}{where}{why}, further back"
    return f"The newest {number}{where}{why}" if found.next else f"{number}{where}{why}"


ROUTES = [deliveries_page, delivery_page]

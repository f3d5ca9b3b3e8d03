"""A party's webhooks: where its systems are called back, of what, and what became of every call."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from payper.connectors.calling import check_address
from payper.connectors.signing import new_secret
from payper.desk.people.installation import AbsentError, absent, secret_of
from payper.desk.people.people import Actor
from payper.desk.reads.public_numbers import key_for, own_number, public_number
from payper.desk.telling.happenings import EVENTS, TEST, body_of
from payper.errors import UsageError
from payper.parties import Act, Role
from payper.store.directory import Directory
from payper.store.outgoing import DEAD, SENT, WAITING, WEBHOOK, Attempt, Endpoint, Message, Outgoing

OLD_SECRET_HOURS = 24
"""How long the secret before still signs after a new one was made."""

ENDPOINTS_MAX, CALLS, REPLAYS_MAX = 20, 50, 1000
"""Endpoints of a party, calls on a page, calls that are sent again at once."""

STATES = (WAITING, SENT, DEAD)


@dataclass(frozen=True, slots=True)
class CallSeen:
    """A call and its attempts, oldest first."""

    message: Message
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class CallPage:
    """A page of an endpoint's calls, newest first; `next` names the page after it, or None."""

    endpoint: Endpoint
    rows: tuple[CallSeen, ...]
    next: str | None


def list_endpoints(directory: Directory, actor: Actor) -> list[Endpoint]:
    """List the endpoints of the actor's party, oldest first; who is there for providing only sees those made for that.

    Raises:
        DeniedError: The actor may not manage webhooks.
    """
    actor.must(Act.MANAGE_WEBHOOKS)
    return [each for each in Outgoing(directory).endpoints([actor.party]) if _is_reached(actor, each)]


def read_endpoint(directory: Directory, actor: Actor, endpoint: str) -> Endpoint:
    """Give an endpoint of the actor's party.

    Raises:
        DeniedError: The actor may not manage webhooks.
        AbsentError: There is none of this id.
    """
    actor.must(Act.MANAGE_WEBHOOKS)
    found = Outgoing(directory).endpoint(endpoint)
    if found is None or found.party != actor.party or not _is_reached(actor, found):
        raise absent("webhook", endpoint)
    return found


def make_endpoint(
    directory: Directory, actor: Actor, *, name: str, address: str, events: Iterable[str], is_loopback_allowed: bool, at: datetime
) -> Endpoint:
    """Make an endpoint; its secret is to be shown once.

    Raises:
        DeniedError: The actor may not manage webhooks, or not read what it asks for.
        UsageError: The address cannot be called, a kind of event is unknown, none is named, or the party has too many endpoints.
    """
    actor.must(Act.MANAGE_WEBHOOKS)
    outgoing = Outgoing(directory)
    made = Endpoint(
        endpoint=f"ep_{secrets.token_hex(8)}",
        party=actor.party,
        name=_name(name),
        address=check_address(address, is_loopback_allowed=is_loopback_allowed),
        events=_events(actor, events),
        is_provided_only=_provides_only(actor),
        secret=new_secret(),
        old_secret=None,
        old_until=None,
        is_active=True,
        created_at=at,
    )
    with directory.transaction():
        if len(outgoing.endpoints([actor.party])) >= ENDPOINTS_MAX:
            seen = f"Your party has {ENDPOINTS_MAX} webhooks already."
            raise UsageError(where="webhooks", seen=seen, mend="Take one away that nobody needs.")
        outgoing.add_endpoint(made)
        directory.note(at=at, party=actor.party, who=actor.who, act="make webhook", subject=made.endpoint, detail=made.address)
    return made


def change_endpoint(
    directory: Directory,
    actor: Actor,
    endpoint: str,
    *,
    name: str | None = None,
    address: str | None = None,
    events: Iterable[str] | None = None,
    is_active: bool | None = None,
    is_loopback_allowed: bool,
    at: datetime,
) -> Endpoint:
    """Change what is named of an endpoint; None leaves it. One that is made active again is called at once.

    Raises:
        DeniedError, AbsentError, UsageError: As of `make_endpoint` and `read_endpoint`.
    """
    before = read_endpoint(directory, actor, endpoint)
    changed = replace(
        before,
        name=before.name if name is None else _name(name),
        address=before.address if address is None else check_address(address, is_loopback_allowed=is_loopback_allowed),
        events=before.events if events is None else _events(actor, events),
        is_active=before.is_active if is_active is None else is_active,
    )
    if changed.is_active and (changed.address != before.address or not before.is_active):
        changed = replace(changed, failures=0, rest_until=None)
    with directory.transaction():
        Outgoing(directory).change_endpoint(changed)
        what = ", ".join(field for field in ("name", "address", "events", "is_active") if getattr(changed, field) != getattr(before, field))
        directory.note(at=at, party=actor.party, who=actor.who, act="change webhook", subject=endpoint, detail=what.replace("is_", ""))
    return changed


def drop_endpoint(directory: Directory, actor: Actor, endpoint: str, *, at: datetime) -> None:
    """Take an endpoint away for good.

    Raises:
        DeniedError, AbsentError: As of `read_endpoint`.
    """
    read_endpoint(directory, actor, endpoint)
    with directory.transaction():
        Outgoing(directory).drop_endpoint(endpoint)
        directory.note(at=at, party=actor.party, who=actor.who, act="take webhook away", subject=endpoint)


def rotate_secret(directory: Directory, actor: Actor, endpoint: str, *, at: datetime) -> Endpoint:
    """Make a new secret, to be shown once; the one before signs beside it for a day.

    Raises:
        DeniedError, AbsentError: As of `read_endpoint`.
    """
    before = read_endpoint(directory, actor, endpoint)
    changed = replace(before, secret=new_secret(), old_secret=before.secret, old_until=at + timedelta(hours=OLD_SECRET_HOURS))
    with directory.transaction():
        Outgoing(directory).change_endpoint(changed)
        directory.note(at=at, party=actor.party, who=actor.who, act="rotate webhook secret", subject=endpoint)
    return changed


def send_test(directory: Directory, actor: Actor, endpoint: str, *, at: datetime) -> Message:
    """Let a test event be sent; give the message.

    Raises:
        DeniedError, AbsentError: As of `read_endpoint`.
        UsageError: The endpoint is switched off.
    """
    found = read_endpoint(directory, actor, endpoint)
    if not found.is_active:
        raise UsageError(where="webhook", seen="This webhook is switched off.", mend="Switch it on first.")
    body = body_of(TEST, at, {"webhook": endpoint, "words": "This is a test; nothing happened."})
    message = Message(f"msg_{secrets.token_hex(12)}", WEBHOOK, found.party, endpoint, TEST, "", body, at, at)
    outgoing = Outgoing(directory)
    with directory.transaction():
        # Who tries an endpoint out wants to know now whether it works again.
        outgoing.rest(endpoint, failures=found.failures, until=None)
        outgoing.add_messages([message])
    return message


def list_calls(
    directory: Directory, actor: Actor, endpoint: str, *, state: str | None = None, before: str | None = None, limit: int = CALLS
) -> CallPage:
    """Give a page of an endpoint's calls with their attempts, newest first, of one state where it is named.

    Raises:
        DeniedError, AbsentError: As of `read_endpoint`; there is no such state or place.
    """
    found = read_endpoint(directory, actor, endpoint)
    if state is not None and state not in STATES:
        raise absent("state", state)
    key = key_for(secret_of(directory), "message")
    place = None if before is None else own_number(before, key)
    if before is not None and place is None:
        raise AbsentError(where="before", seen="There is no such place in the list.", mend="Begin at its first page.")
    outgoing = Outgoing(directory)
    messages = outgoing.messages(endpoint, state=state, before=place, limit=limit + 1)
    shown = messages[:limit]
    attempts = outgoing.attempts([each.message for each in shown])
    rows = tuple(CallSeen(each, tuple(attempts.get(each.message, ()))) for each in shown)
    return CallPage(found, rows, public_number(shown[-1].place, key) if len(messages) > limit else None)


def replay_call(directory: Directory, actor: Actor, endpoint: str, message: str, *, at: datetime) -> Message:
    """Let a call that ended, taken or given up, be sent again under the same id; one that waits is sent anyhow.

    Raises:
        DeniedError, AbsentError: As of `read_endpoint`; the call is not one of the endpoint's.
    """
    read_endpoint(directory, actor, endpoint)
    outgoing = Outgoing(directory)
    found = outgoing.message(message)
    if found is None or found.endpoint != endpoint:
        raise absent("call", message)
    with directory.transaction():
        outgoing.replay([message], at=at)
        directory.note(at=at, party=actor.party, who=actor.who, act="replay call", subject=endpoint, detail=message)
    return outgoing.message(message) or found


def replay_dead(directory: Directory, actor: Actor, endpoint: str, *, at: datetime) -> int:
    """Let calls that were given up be sent again, the oldest of the newest `REPLAYS_MAX`; give how many.

    Raises:
        DeniedError, AbsentError: As of `read_endpoint`.
    """
    read_endpoint(directory, actor, endpoint)
    outgoing = Outgoing(directory)
    with directory.transaction():
        dead = outgoing.messages(endpoint, state=DEAD, limit=REPLAYS_MAX)
        outgoing.replay([each.message for each in dead], at=at)
        if dead:
            directory.note(at=at, party=actor.party, who=actor.who, act="replay calls", subject=endpoint, detail=f"{len(dead)}")
    return len(dead)


def events_for(actor: Actor) -> list[tuple[str, str]]:
    """List the kinds of events that the actor may ask for, with what they tell."""
    return [(kind, words) for kind, (act, words) in EVENTS.items() if act in actor.acts]


def _events(actor: Actor, events: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(events)
    unknown = sorted(wanted - EVENTS.keys())
    if unknown or not wanted:
        seen = f"There is no event «{unknown[0][:40]}»." if unknown else "No event is named."
        raise UsageError(where="events", seen=seen, mend=f"Name some of {', '.join(EVENTS)}.")
    for kind in sorted(wanted):
        actor.must(EVENTS[kind][0])
    return wanted


def _name(text: str) -> str:
    return " ".join(text.split())[:100] or "unnamed"


def _provides_only(actor: Actor) -> bool:
    return actor.role in {Role.PROVIDER_MANAGER, Role.PROVIDER_VIEWER}


def _is_reached(actor: Actor, endpoint: Endpoint) -> bool:
    """Tell whether the actor may see an endpoint: it must not hear of contracts that the actor does not reach."""
    return endpoint.is_provided_only or not _provides_only(actor)

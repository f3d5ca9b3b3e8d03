"""What letters to people need of the directory: invitations with new keys, who gets the daily digest, what becomes of notices."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from payper.desk.people.people import INVITATION_DAYS, Actor, DeniedError, digest_of
from payper.parties import acts_of
from payper.store.directory import Directory, Person
from payper.store.outgoing import MAIL, Message, Outgoing

DIGEST_HOUR = 7
"""The hour of the party's zone from which on the day's digest is sent."""


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation to be sent: who invites whom to what, and the new key."""

    person: Person
    party: str
    key: str


def renew_invitation(directory: Directory, person: str, *, at: datetime) -> Invited | None:
    """Give an open invitation a new key, so that none need be kept for the letter; None where it was accepted or taken back.

    The key before ends: the newest letter is the one that serves.
    """
    key = secrets.token_urlsafe(32)
    with directory.transaction():
        found = directory.person(person)
        if found is None or not found.is_active or not directory.is_invited(person):
            return None
        directory.add_invitation(digest_of(key), person=person, expires_at=at + timedelta(days=INVITATION_DAYS))
    return Invited(found, party_name(directory, found.party), key)


def set_digest(directory: Directory, actor: Actor, *, is_on: bool, at: datetime) -> None:
    """Turn the daily letter of what needs somebody on or off; the first comes the day after.

    Raises:
        DeniedError: It is a system that asks.
    """
    found = directory.person(actor.who)
    if found is None:
        raise DeniedError(where="digest", seen="A token gets no letters.", mend="Sign in with a browser.")
    with directory.transaction():
        Outgoing(directory).set_digest(actor.who, last_on=_today(directory, found.party, at)[0].isoformat() if is_on else None)


def has_digest(directory: Directory, person: str) -> bool:
    """Tell whether somebody gets the daily letter."""
    return any(id_ == person for id_, _ in Outgoing(directory).digests())


def begin_digests(directory: Directory, *, at: datetime) -> int:
    """Make the day's digests that are due, once for each person and day; give how many. What they say is put together when sent."""
    outgoing, made = Outgoing(directory), 0
    for person, last_on in outgoing.digests():
        found = directory.person(person)
        if found is None or not found.is_active:
            continue
        today, hour = _today(directory, found.party, at)
        if hour < DIGEST_HOUR or last_on >= today.isoformat():
            continue
        message = Message(f"msg_{secrets.token_hex(12)}", MAIL, found.party, None, "digest", person, today.isoformat().encode(), at, at)
        with outgoing.transaction():
            # Another worker may have been quicker.
            if (person, last_on) in outgoing.digests():
                outgoing.set_digest(person, last_on=today.isoformat())
                outgoing.add_messages([message])
                made += 1
    return made


def actor_of_person(person: Person) -> Actor:
    """Give what somebody may see, to be told in a letter."""
    return Actor(party=person.party, who=person.person, acts=acts_of(person.role), name=person.name, role=person.role)


def party_name(directory: Directory, party: str) -> str:
    """Give the name of a party, or its id."""
    found = directory.party(party)
    return found.name or party if found is not None else party


def _today(directory: Directory, party: str, at: datetime) -> tuple[date, int]:
    local = at.astimezone(ZoneInfo(directory.zone(party)))
    return local.date(), local.hour

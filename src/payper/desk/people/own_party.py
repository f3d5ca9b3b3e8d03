"""What people see and do of their own party: its people, tokens and audit trail, and the parties it has contracts with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from payper.desk.people.installation import AbsentError, absent, reach, secret_of
from payper.desk.people.people import Actor, DeniedError, change_role, invite
from payper.desk.people.refusals import RefusedError, UnreadableError
from payper.desk.reads.public_numbers import key_for, own_number, public_number
from payper.errors import UsageError
from payper.parties import Act, Party, PartyKind, Role, is_identifier, roles_for
from payper.store.directory import Directory, Person, Token

ENTRIES = 100
"""Lines of the audit trail on a page."""

NAME_MAX = 200
"""Characters of a party's name."""


@dataclass(frozen=True, slots=True)
class PartySeen:
    """A party that the actor has contracts with, or its own.

    Attributes:
        contracts: How many join the two.
        can_invite: Whether the actor may invite its first person.
    """

    party: Party
    contracts: int
    is_own: bool
    can_invite: bool


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the audit trail; `who` in words."""

    number: str
    at: datetime
    who: str
    act: str
    subject: str
    detail: str


def list_parties(directory: Directory, actor: Actor) -> list[PartySeen]:
    """List the actor's party and those that contracts join it to; the operator's owner sees all, to let their first people in."""
    counts: dict[str, int] = {}
    for each in reach(directory, actor):
        counts[each.other] = counts.get(each.other, 0) + 1
    is_operating = makes_parties(directory, actor)
    seen = []
    for party in directory.parties():
        is_own = party.id == actor.party
        if is_own or party.id in counts or is_operating:
            can_invite = is_operating and not is_own and not directory.people(party.id)
            seen.append(PartySeen(party, counts.get(party.id, 0), is_own, can_invite))
    return seen


def invite_first_person(directory: Directory, actor: Actor, *, party: str, email: str, name: str, at: datetime) -> str:
    """Let the first person of a party in; give the key of the invitation.

    Raises:
        DeniedError: The actor does not manage the people of the party that runs the installation.
        AbsentError: There is no such party without people.
        UsageError: The address cannot be used.
        StoreError: Somebody has this address already.
    """
    actor.must(Act.MANAGE_USERS)
    found = next((each for each in list_parties(directory, actor) if each.party.id == party and each.can_invite), None)
    if found is None:
        raise absent("party", party)
    role = Role.OWNER if found.party.kind.buys else Role.PROVIDER_MANAGER
    return invite(directory, party=party, email=email, name=name, role=role, by=actor.who, at=at)


def list_people(directory: Directory, actor: Actor) -> list[Person]:
    """List the people of the actor's party, without what they sign in with.

    Raises:
        DeniedError: The actor may not manage people.
    """
    actor.must(Act.MANAGE_USERS)
    return directory.people(actor.party)


def invite_person(directory: Directory, actor: Actor, *, email: str, name: str, role: str, at: datetime) -> str:
    """Add a person to the actor's party; give the key of the invitation.

    Raises:
        DeniedError: The actor may not manage people.
        UsageError: The address or the role cannot be used.
        StoreError: Somebody has this address already.
    """
    actor.must(Act.MANAGE_USERS)
    return invite(directory, party=actor.party, email=email, name=name, role=read_role(role), by=actor.who, at=at)


def read_role(text: str) -> Role:
    """Read a role.

    Raises:
        UnreadableError: There is none of this name.
    """
    if text not in set(Role):
        raise UnreadableError(code="ROLE_UNKNOWN", where="role", seen=f"«{text[:40]}» is no role.", mend=f"Roles are {', '.join(Role)}.")
    return Role(text)


def read_purposes(names: Sequence[str]) -> frozenset[Act]:
    """Read the purposes of a token.

    Raises:
        UnreadableError: One is none.
    """
    strange = next((name for name in names if name not in set(Act)), None)
    if strange is not None:
        raise UnreadableError(
            code="PURPOSE_UNKNOWN", where="purposes", seen=f"«{strange[:40]}» is no purpose.", mend=f"Purposes are {', '.join(Act)}."
        )
    return frozenset(Act(name) for name in names)


def deactivate(directory: Directory, actor: Actor, *, person: str, at: datetime) -> None:
    """Let somebody of the actor's party act no more.

    Raises:
        DeniedError: The actor may not manage people.
        RefusedError: Nobody would be left who can.
    """
    replace_role(directory, actor, person=person, role=None, at=at)


def replace_role(directory: Directory, actor: Actor, *, person: str, role: Role | None, at: datetime) -> None:
    """Give somebody of the actor's party another role, or (None) let them act no more; errors as `deactivate`."""
    try:
        change_role(directory, actor, person=person, role=role, at=at)
    except DeniedError:
        raise
    except UsageError as error:
        raise RefusedError(code="ROLE_STAYS", where="role", seen=error.seen, mend=error.mend) from error


def makes_parties(directory: Directory, actor: Actor) -> bool:
    """Tell whether the actor makes parties and lets their first people in, as who manages people of the party that runs all this."""
    return Act.MANAGE_USERS in actor.acts and directory.operator() == actor.party


def must_make_parties(directory: Directory, actor: Actor) -> None:
    """Refuse who makes no parties.

    Raises:
        DeniedError: The actor does not manage the people of the party that runs the installation.
    """
    actor.must(Act.MANAGE_USERS)
    if not makes_parties(directory, actor):
        raise DeniedError(where="party", seen="Only who runs the installation makes parties.", mend="Ask them to.")


def read_kind(text: str) -> PartyKind:
    """Read what a party does.

    Raises:
        UnreadableError: It is none of the kinds.
    """
    if text not in set(PartyKind):
        raise UnreadableError(
            code="KIND_UNKNOWN",
            where="kind",
            seen=f"«{text[:40]}» is nothing that a party does.",
            mend=f"Write one of {', '.join(PartyKind)}.",
        )
    return PartyKind(text)


def add_party(directory: Directory, actor: Actor, party: Party, *, zone: str, at: datetime) -> None:
    """Make a party that nobody acts for yet, as who runs the installation.

    Raises:
        DeniedError: The actor does not manage the people of the party that runs the installation.
        UnreadableError: The id, the name or the zone cannot be used.
        StoreError: There is such a party already.
    """
    must_make_parties(directory, actor)
    if not is_identifier(party.id):
        mend = "Use lower-case letters, digits, dot, dash and underscore, at most 100, beginning with a letter or digit."
        raise UnreadableError(code="PARTY_ID", where="id", seen=f"«{party.id[:40]}» is no id for a party.", mend=mend)
    if len(party.name) > NAME_MAX:
        seen = f"The name has {len(party.name):,} characters."
        raise UnreadableError(code="PARTY_NAME", where="name", seen=seen, mend=f"Write at most {NAME_MAX}.")
    if zone not in available_timezones():
        seen = f"«{zone[:40]}» is no time zone."
        raise UnreadableError(code="ZONE_UNKNOWN", where="timezone", seen=seen, mend="Write one such as America/New_York or UTC.")
    with directory.transaction():
        directory.add_party(party, zone=zone, is_operator=False, at=at)
        directory.note(at=at, party=actor.party, who=actor.who, act="make party", subject=party.id, detail=str(party.kind))


def roles_of(directory: Directory, actor: Actor) -> tuple[Role, ...]:
    """List the roles that people of the actor's party can have."""
    found = directory.party(actor.party)
    return roles_for(found.kind) if found is not None else ()


def list_tokens(directory: Directory, actor: Actor) -> list[Token]:
    """List the tokens of the actor's party, oldest first.

    Raises:
        DeniedError: The actor may not manage tokens.
    """
    actor.must(Act.MANAGE_TOKENS)
    return directory.tokens(actor.party)


def own_account(directory: Directory, actor: Actor) -> Person:
    """Give the person who acts.

    Raises:
        DeniedError: It is a system.
    """
    found = directory.person(actor.who)
    if found is None:
        raise DeniedError(where="account", seen="A token has no account.", mend="Sign in with a browser.")
    return found


def read_audit(directory: Directory, actor: Actor, *, before: str | None = None) -> tuple[list[AuditLine], str | None]:
    """Give a page of the party's audit trail, newest first, and the number after which the next begins.

    Raises:
        DeniedError: The actor may not read it.
        AbsentError: There is no such place in it.
    """
    actor.must(Act.READ_AUDIT)
    key = key_for(secret_of(directory), "audit")
    place = None if before is None else own_number(before, key)
    if before is not None and place is None:
        raise AbsentError(where="before", seen="There is no such place in the list.", mend="Begin at its first page.")
    entries = directory.audit(actor.party, before=place, limit=ENTRIES + 1)
    names = _names(directory, actor.party)
    lines = [
        AuditLine(
            public_number(each.audit, key),
            each.at,
            names.get(each.who, each.who),
            each.act,
            names.get(each.subject, each.subject),
            each.detail,
        )
        for each in entries[:ENTRIES]
    ]
    return lines, lines[-1].number if len(entries) > ENTRIES else None


def _names(directory: Directory, party: str) -> Mapping[str, str]:
    """Name people and tokens of a party."""
    people = {each.person: each.name for each in directory.people(party)}
    tokens = {each.token: f"token {each.name}" for each in directory.tokens(party)}
    return {"": "payper"} | people | tokens

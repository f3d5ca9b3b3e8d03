"""People of an installation: the first party, invitations, signing in, and tokens for systems.

Whoever asks with something wrong gets one answer, whatever was wrong: nobody learns from it whether an address is known. A wrong password
costs the same time as a right one.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from payper.errors import StoreError, UsageError
from payper.normalisation.emails import read_emails
from payper.parties import Act, Party, PartyKind, Role, acts_of, is_identifier, roles_for
from payper.store.directory import Directory, Person, Session, Token

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SESSION_HOURS, SESSION_IDLE_HOURS = 24 * 14, 24 * 3
"""How long a session lasts at most, and unused."""

INVITATION_DAYS = 7
FAILURES_MAX, LOCK_MINUTES = 10, 15
"""Wrong passwords in a row, after which an address is closed for a while."""

PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 12, 1024
TOKEN_PREFIX = "payper_"  # noqa: S105  # what a token begins with, so that scanners of repositories know one
_TOTP_SECONDS = 30


class DeniedError(UsageError):
    """Somebody may not do this, or is not who they say; the words never tell which rows exist."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with a session, or a system with a token.

    Attributes:
        party: Whose rows the actor reaches.
        who: Person or token id, for the audit trail.
        acts: What the actor may do.
        role: The person's; of a token, its maker's.
        csrf: What forms of this session must carry; empty for tokens.
        maker: Of a token, the person who made it; empty for a person.
    """

    party: str
    who: str
    acts: frozenset[Act]
    name: str = ""
    role: Role | None = None
    csrf: str = ""
    maker: str = ""

    def must(self, act: Act) -> None:
        """Go on only if the actor may do this.

        Raises:
            DeniedError: It may not.
        """
        if act not in self.acts:
            raise DeniedError(
                where=str(act), seen="Your role or token does not allow this.", mend="Ask an owner of your party for the right."
            )


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: `key` goes to the browser and is kept nowhere else."""

    key: str
    person: Person


def make_first_party(directory: Directory, party: Party, *, zone: str, owner_email: str, owner_name: str, at: datetime) -> str:
    """Make the party that runs the installation and its owner; give the key of the owner's invitation.

    Raises:
        UsageError: There is one already, or a name cannot be used.
    """
    if directory.operator() is not None:
        raise UsageError(
            where=directory.where, seen="This installation has its first party.", mend="Sign in, or ask its owner to invite you."
        )
    return make_party(directory, party, zone=zone, owner_email=owner_email, owner_name=owner_name, is_operator=True, at=at)


def make_party(
    directory: Directory, party: Party, *, zone: str, owner_email: str, owner_name: str, is_operator: bool = False, at: datetime
) -> str:
    """Make a party and its first person; give the key of that person's invitation.

    Raises:
        UsageError: The id or the address cannot be used.
        StoreError: There is such a party or person already.
    """
    if not is_identifier(party.id):
        mend = "Use lower-case letters, digits, dot, dash and underscore, at most 100, beginning with a letter or digit."
        raise UsageError(where="party", seen=f"«{party.id}» is no id for a party.", mend=mend)
    role = Role.OWNER if party.kind.buys else Role.PROVIDER_MANAGER
    # Looked at first: a party that is made and has nobody would stand in the way of another try.
    address = _address(owner_email)
    if directory.person_of_email(address) is not None:
        raise StoreError(where="email", seen=f"Somebody has the address {address} already.", mend="Give another one.")
    with directory.transaction():
        directory.add_party(party, zone=zone, is_operator=is_operator, at=at)
    return invite(directory, party=party.id, email=owner_email, name=owner_name, role=role, by="", at=at)


def invite(directory: Directory, *, party: str, email: str, name: str, role: Role, by: str, at: datetime) -> str:
    """Add a person to a party; give the key of the invitation, which serves once within a week.

    Raises:
        UsageError: The address cannot be used, or the role is none of the party's.
        StoreError: Somebody has this address already.
    """
    address = _address(email)
    kind = _kind(directory, party)
    if role not in roles_for(kind):
        names = ", ".join(roles_for(kind))
        raise UsageError(where="role", seen=f"«{role}» is no role in a party that is {kind}.", mend=f"Choose one of {names}.")
    person = Person(person=secrets.token_hex(12), party=party, email=address, name=name.strip() or address, role=role)
    key = secrets.token_urlsafe(32)
    with directory.transaction():
        directory.add_person(person, at=at)
        directory.add_invitation(digest_of(key), person=person.person, expires_at=at + timedelta(days=INVITATION_DAYS))
        directory.note(at=at, party=party, who=by, act="invite", subject=person.person, detail=str(role))
        directory.add_outbox("invitation", person.person)
    return key


def accept_invitation(directory: Directory, key: str, *, password: str, at: datetime) -> SignedIn:
    """Set a password with an invitation and sign in.

    Raises:
        UsageError: The password is too short or known to everybody.
        DeniedError: The invitation is unknown, used or over.
    """
    check_password(password)
    with directory.transaction():
        id_ = directory.take_invitation(digest_of(key), at=at)
        person = None if id_ is None else directory.person(id_)
        if person is not None and person.is_active:
            person = replace(person, password=_hasher().hash(password), failures=0, locked_until=None)
            directory.change_person(person)
            return _begin_session(directory, person, at=at)
    raise DeniedError(
        where="invitation", seen="This invitation is unknown, used or over.", mend="Ask for a new one; it serves once, within a week."
    )


def sign_in(directory: Directory, *, email: str, password: str, code: str = "", at: datetime) -> SignedIn:
    """Sign in with a password and, where one is set up, a code of the second factor.

    Raises:
        DeniedError: Address, password or code is wrong, or the address is closed for a while; the words do not tell which.
    """
    address = _normal_address(email)
    with directory.transaction():
        person = None if address is None else directory.person_of_email(address)
        is_open = person is not None and person.is_active and (person.locked_until is None or person.locked_until <= at)
        # Somebody unknown is compared with a password as well, so that the time tells nothing.
        is_right = _is_password((person.password if person is not None and is_open else None) or _nobody(), password)
        step = _matching_step(person, code, at) if person is not None else None
        if person is not None and is_open and is_right and step is not None:
            person = replace(person, failures=0, locked_until=None, totp_last=max(person.totp_last, step))
            directory.change_person(person)
            return _begin_session(directory, person, at=at)
        if person is not None and is_open:
            failures = person.failures + 1
            locked = at + timedelta(minutes=LOCK_MINUTES) if failures % FAILURES_MAX == 0 else None
            directory.change_person(replace(person, failures=failures, locked_until=locked))
    raise DeniedError(
        where="sign-in",
        seen="Address, password or code is not right.",
        mend=f"Try again. After {FAILURES_MAX} wrong ones in a row an address is closed for {LOCK_MINUTES} minutes.",
    )


def sign_in_by_subject(directory: Directory, *, subject: str, email: str, at: datetime) -> SignedIn:
    """Sign in somebody whom an identity provider vouches for; a verified address ties the subject to its person once.

    Args:
        directory: The directory.
        subject: Issuer and subject, with a blank between.
        email: The address that the provider says is verified.
        at: Now.

    Raises:
        DeniedError: Nobody here has this subject or address.
    """
    address = _normal_address(email)
    with directory.transaction():
        person = directory.person_of_subject(subject)
        if person is None and address is not None:
            person = directory.person_of_email(address)
            if person is not None and person.subject is None:
                person = replace(person, subject=subject)
                directory.change_person(person)
        if person is not None and person.is_active and person.subject == subject:
            return _begin_session(directory, person, at=at)
    raise DeniedError(where="sign-in", seen="Nobody here has this account.", mend="Ask an owner of your party to invite this address.")


def note_new_browser(directory: Directory, person: str) -> None:
    """Let somebody be told that they signed in with a browser not used before."""
    with directory.transaction():
        directory.add_outbox("sign in", person)


def actor_of_session(directory: Directory, key: str, *, at: datetime) -> Actor | None:
    """Give who a browser's key stands for, or None when the session is unknown or over."""
    digest = digest_of(key)
    session = directory.session(digest)
    if session is None:
        return None
    person = directory.person(session.person)
    is_over = session.expires_at <= at or session.seen_at + timedelta(hours=SESSION_IDLE_HOURS) <= at
    if person is None or not person.is_active or is_over:
        with directory.transaction():
            directory.end_session(digest)
        return None
    if at - session.seen_at > timedelta(minutes=5):
        with directory.transaction():
            directory.see_session(digest, at=at)
    return Actor(party=person.party, who=person.person, acts=acts_of(person.role), name=person.name, role=person.role, csrf=session.csrf)


def end_session(directory: Directory, key: str) -> None:
    """Sign out."""
    with directory.transaction():
        directory.end_session(digest_of(key))


def make_token(
    directory: Directory, actor: Actor, *, name: str, purposes: frozenset[Act], days: int | None, at: datetime
) -> tuple[str, Token]:
    """Make a token for a system; give its key, which is shown once, and what is kept of it.

    Raises:
        DeniedError: The actor may not make tokens, or not for these purposes.
        UsageError: No purpose is named, or `days` is no span.
    """
    actor.must(Act.MANAGE_TOKENS)
    if not purposes or (days is not None and days < 1):
        raise UsageError(where="token", seen="A token needs a purpose, and days from 1 on.", mend="Name acts such as deliveries:send.")
    for act in sorted(purposes - actor.acts):
        actor.must(act)
    key = TOKEN_PREFIX + secrets.token_urlsafe(32)
    ends = None if days is None else at + timedelta(days=days)
    # A token that a token makes is its maker's too, and ends with what that person may do.
    token = Token(secrets.token_hex(8), actor.party, actor.maker or actor.who, name.strip() or "unnamed", purposes, at, ends)
    with directory.transaction():
        directory.add_token(digest_of(key), token)
        directory.note(at=at, party=actor.party, who=actor.who, act="make token", subject=token.token, detail=" ".join(sorted(purposes)))
    return key, token


def actor_of_token(directory: Directory, key: str, *, at: datetime) -> Actor | None:
    """Give who a token's key stands for, or None when it is unknown, over or revoked, or its maker is gone.

    What a token may do never exceeds what its maker may do today.
    """
    if not key.startswith(TOKEN_PREFIX):
        return None
    token = directory.token(digest_of(key))
    if token is None or token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= at):
        return None
    maker = directory.person(token.person)
    if maker is None or not maker.is_active:
        return None
    if token.used_at is None or at - token.used_at > timedelta(minutes=5):
        with directory.transaction():
            directory.use_token(token.token, at=at)
    acts = token.purposes & acts_of(maker.role)
    return Actor(party=token.party, who=token.token, acts=acts, name=token.name, role=maker.role, maker=maker.person)


def revoke_token(directory: Directory, actor: Actor, token: str, *, at: datetime) -> None:
    """End a token of the actor's party.

    Raises:
        DeniedError: The actor may not manage tokens.
    """
    actor.must(Act.MANAGE_TOKENS)
    with directory.transaction():
        directory.revoke_token(token, party=actor.party, at=at)
        directory.note(at=at, party=actor.party, who=actor.who, act="revoke token", subject=token)


def set_up_second_factor(directory: Directory, actor: Actor, *, secret: str, code: str, at: datetime) -> None:
    """Turn the second factor on, once a code made with the secret proves that it was copied.

    Raises:
        DeniedError: The code is not right.
    """
    with directory.transaction():
        person = directory.person(actor.who)
        step = None if person is None else _matching_step(replace(person, totp_secret=secret, totp_last=0), code, at)
        if person is not None and step is not None:
            directory.change_person(replace(person, totp_secret=secret, totp_last=step))
            directory.note(at=at, party=actor.party, who=actor.who, act="set up second factor", subject=actor.who)
            return
    raise DeniedError(where="code", seen="This code is not right.", mend="Check the clock of your phone, and type the code shown now.")


def new_second_factor() -> str:
    """Make a secret for a second factor, to be shown once."""
    import pyotp

    return pyotp.random_base32()


def change_role(directory: Directory, actor: Actor, *, person: str, role: Role | None, at: datetime) -> None:
    """Give somebody of the actor's party another role, or (None) let them act no more; their sessions end.

    Raises:
        DeniedError: The actor may not, or there is no such person in the party.
        UsageError: The party would be left without anybody who manages its people.
    """
    actor.must(Act.MANAGE_USERS)
    with directory.transaction():
        people = {each.person: each for each in directory.people(actor.party)}
        found = people.get(person)
        if found is None:
            raise DeniedError(where="person", seen="There is no such person in your party.", mend="Choose one of the list.")
        if role is not None and role not in roles_for(_kind(directory, actor.party)):
            raise UsageError(where="role", seen=f"«{role}» is no role in your party.", mend="Choose one of the list.")
        changed = replace(found, role=role or found.role, is_active=role is not None)
        remaining = [each for each in (people | {person: changed}).values() if each.is_active and Act.MANAGE_USERS in acts_of(each.role)]
        if not remaining:
            mend = "Give another person that role first."
            raise UsageError(where="role", seen="Nobody would be left who can manage people.", mend=mend)
        directory.change_person(changed)
        directory.end_sessions(person)
        directory.note(at=at, party=actor.party, who=actor.who, act="change role", subject=person, detail=str(role or "none"))


def check_password(password: str) -> None:
    """Refuse a password that is too short to be one, too long to be hashed, or one character over and over.

    Raises:
        UsageError: It is.

    Source: NIST SP 800-63B, 3.1.1.2 (length counts, composition rules do not).
    """
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX or len(set(password)) < 4:
        mend = "Take a few words that nobody would guess; blanks are welcome."
        raise UsageError(
            where="password", seen=f"A password has at least {PASSWORD_LENGTH_MIN} characters, and not few over and over.", mend=mend
        )


def digest_of(key: str) -> str:
    """Give the digest under which a key is kept; keys are long and random, so that no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def _address(email: str) -> str:
    address = _normal_address(email)
    if address is None:
        raise UsageError(where="email", seen=f"«{email}» is no e-mail address.", mend="Write it as name@company.com.")
    return address


def _normal_address(email: str) -> str | None:
    """Give an address in its normal form, or None when it is none (RULES 48)."""
    import polars as pl

    normal = read_emails(pl.Series([email.strip()], dtype=pl.String))["email_normal"][0]
    return None if normal is None else str(normal)


def _kind(directory: Directory, party: str) -> PartyKind:
    found = directory.party(party)
    if found is None:
        raise UsageError(where="party", seen=f"There is no party «{party}».", mend="Make it first.")
    return found.kind


def _begin_session(directory: Directory, person: Person, *, at: datetime) -> SignedIn:
    key = secrets.token_urlsafe(32)
    session = Session(person.person, secrets.token_urlsafe(24), at, at, at + timedelta(hours=SESSION_HOURS))
    directory.add_session(digest_of(key), session)
    directory.note(at=at, party=person.party, who=person.person, act="sign in", subject=person.person)
    return SignedIn(key, person)


def _matching_step(person: Person, code: str, at: datetime) -> int | None:
    """Give the time step whose code this is, 0 where no second factor is set up, None when it is wrong or was used before.

    Source: RFC 6238, 5.2 (a code serves once; one step of drift either way).
    """
    if person.totp_secret is None:
        return 0
    import pyotp

    totp = pyotp.TOTP(person.totp_secret, interval=_TOTP_SECONDS)
    now = int(at.timestamp()) // _TOTP_SECONDS
    given = "".join(code.split())
    for step in (now, now - 1, now + 1):
        if step > person.totp_last and secrets.compare_digest(totp.generate_otp(step), given):
            return step
    return None


def _is_password(kept: str, given: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return bool(_hasher().verify(kept, given[:PASSWORD_LENGTH_MAX]))
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """Give the hash of a password that nobody has."""
    return str(_hasher().hash(secrets.token_urlsafe(32)))

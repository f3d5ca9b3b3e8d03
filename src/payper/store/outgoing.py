"""What leaves an installation: endpoints of parties, messages to them and to people, and every attempt to send one."""

# ruff: noqa: S608  # statements are put together of fixed names and marks; every value is a parameter

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from payper.store.connections import Row
from payper.store.directory import Directory, instant_of, instant_or_none, text_of, text_or_none
from payper.store.people_kept import literal

WAITING, SENT, DEAD = "waiting", "sent", "dead"
WEBHOOK, MAIL = "webhook", "mail"
BODIES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a party's system is called back.

    Attributes:
        events: Kinds of events it is told.
        is_provided_only: It hears only of contracts that the party provides under.
        secret: `whsec_…`.
        old_secret: Signs beside `secret` until `old_until`.
        failures: Calls that failed in a row.
        rest_until: It is not called before.
    """

    endpoint: str
    party: str
    name: str
    address: str
    events: frozenset[str]
    is_provided_only: bool
    secret: str
    old_secret: str | None
    old_until: datetime | None
    is_active: bool
    created_at: datetime
    failures: int = 0
    rest_until: datetime | None = None

    def secrets_at(self, at: datetime) -> tuple[str, ...]:
        """Give the secrets in force, the newest first."""
        is_old_good = self.old_secret is not None and self.old_until is not None and self.old_until > at
        return (self.secret, self.old_secret) if is_old_good and self.old_secret else (self.secret,)


@dataclass(frozen=True, slots=True)
class Message:
    """One call to make, or one letter to send.

    Attributes:
        message: The same at every attempt; receivers know by it what they have.
        endpoint: Of a webhook, else None.
        subject: Of a letter, the person it goes to.
        body: Of a webhook its JSON; of a letter its facts.
    """

    message: str
    channel: str
    party: str
    endpoint: str | None
    kind: str
    subject: str
    body: bytes
    made_at: datetime
    due_at: datetime
    tries: int = 0
    state: str = WAITING
    ended_at: datetime | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send a message; `words` say what stood in the way, empty where it was taken."""

    message: str
    at: datetime
    milliseconds: int
    status: int | None
    words: str


@dataclass(frozen=True, slots=True)
class SignInBegun:
    """A sign-in at an identity provider that began: what its way back must match, and where it leads."""

    nonce: str
    verifier: str
    goal: str
    expires_at: datetime


_ENDPOINT = "endpoint, party, name, address, events, reach, secret, old_secret, old_until, is_active, created_at, failures, rest_until"
_MESSAGE = "place, message, channel, party, endpoint, kind, subject, body, made_at, due_at, tries, state, ended_at"


class Outgoing:
    """The statements of endpoints and messages in a directory; every change happens inside `transaction`."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._connection = directory._connection  # noqa: SLF001  # the same connection, with more statements

    def transaction(self) -> AbstractContextManager[None]:
        """Do all or nothing; durable when it ends."""
        return self._connection.transaction()

    # Endpoints

    def add_endpoint(self, endpoint: Endpoint) -> None:
        """Keep a new endpoint."""
        self._connection.run(f"insert into endpoint values ({', '.join('?' * 13)})", _endpoint_row(endpoint))

    def change_endpoint(self, endpoint: Endpoint) -> None:
        """Keep an endpoint as it is now."""
        self.drop_endpoint(endpoint.endpoint)
        self.add_endpoint(endpoint)

    def drop_endpoint(self, id_: str) -> None:
        """Take an endpoint away; its messages stay until they are tidied."""
        self._connection.run("delete from endpoint where endpoint = ?", (id_,))

    def endpoint(self, id_: str) -> Endpoint | None:
        """Give an endpoint, or None."""
        rows = list(self._connection.rows(f"select {_ENDPOINT} from endpoint where endpoint = ?", (id_,)))
        return _endpoint(rows[0]) if rows else None

    def endpoints(self, parties: Sequence[str] | None = None) -> list[Endpoint]:
        """List endpoints, of some parties where they are named, oldest first."""
        where = "" if parties is None else f" where party in ({', '.join('?' * len(parties)) or 'null'})"
        rows = self._connection.rows(f"select {_ENDPOINT} from endpoint{where} order by created_at, endpoint", parties or ())
        return [_endpoint(row) for row in rows]

    def rest(self, id_: str, *, failures: int, until: datetime | None) -> None:
        """Note how the last call went."""
        self._connection.run("update endpoint set failures = ?, rest_until = ? where endpoint = ?", (failures, text_or_none(until), id_))

    # Messages

    def mark_told(self, keys: Sequence[str], *, at: datetime) -> None:
        """Note that notes are told."""
        self._connection.run_many("insert into told values (?, ?)", [(key, text_of(at)) for key in keys])

    def told(self, keys: Sequence[str]) -> frozenset[str]:
        """Give which of some notes are told already."""
        marks = ", ".join("?" * len(keys)) or "null"
        return frozenset(str(key) for (key,) in self._connection.rows(f"select key from told where key in ({marks})", keys))

    def add_messages(self, messages: Sequence[Message]) -> None:
        """Keep new messages, in order."""
        self._connection.run_many(
            "insert into message (message, channel, party, endpoint, kind, subject, body, made_at, due_at, tries, state) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'waiting')",
            [
                (each.message, each.channel, each.party, each.endpoint, each.kind, each.subject, zlib.compress(each.body),
                 text_of(each.made_at), text_of(each.due_at))
                for each in messages
            ],
        )  # fmt: skip

    def take_due(self, *, at: datetime, lease: timedelta, limit: int, of_each: int) -> list[Message]:
        """Lease messages that are due, oldest first: whoever else takes finds others, until the lease is over.

        Args:
            at: Now.
            lease: How long they are this sender's.
            limit: At most so many.
            of_each: At most so many of one endpoint, so that a slow one holds nobody up.
        """
        now = text_of(at)
        due = (
            "select m.place, row_number() over (partition by coalesce(m.endpoint, m.channel) order by m.place) as turn from message m "
            "left join endpoint e on e.endpoint = m.endpoint "
            "where m.state = 'waiting' and m.due_at <= ? and (m.leased_until is null or m.leased_until <= ?) "
            "and (m.endpoint is null or (e.is_active = 1 and (e.rest_until is null or e.rest_until <= ?)))"
        )
        places = [
            row[0]
            for row in self._connection.rows(
                f"select place from ({due}) ready where turn <= ? order by place limit ?", (now, now, now, of_each, limit)
            )
        ]
        if not places:
            return []
        marks = ", ".join("?" * len(places))
        self._connection.run(f"update message set leased_until = ? where place in ({marks})", (text_of(at + lease), *places))
        rows = self._connection.rows(f"select {_MESSAGE} from message where place in ({marks}) order by place", places)
        return [_message(row) for row in rows]

    def end_message(self, message: str, *, state: str, attempt: Attempt, due_at: datetime | None = None) -> None:
        """Note an attempt and what became of the message: `sent`, `dead`, or `waiting` until `due_at`."""
        ended = None if state == WAITING else text_of(attempt.at)
        self._connection.run(
            "update message set state = ?, tries = tries + 1, due_at = coalesce(?, due_at), leased_until = null, ended_at = ? "
            "where message = ? and state = 'waiting'",
            (state, text_or_none(due_at), ended, message),
        )
        self._connection.run(
            "insert into attempt (message, at, milliseconds, status, words) values (?, ?, ?, ?, ?)",
            (attempt.message, text_of(attempt.at), attempt.milliseconds, attempt.status, attempt.words),
        )

    def release(self, messages: Sequence[str]) -> None:
        """Give back messages that were leased and not tried."""
        self._connection.run_many("update message set leased_until = null where message = ?", [(each,) for each in messages])

    def replay(self, messages: Sequence[str], *, at: datetime) -> None:
        """Let messages that ended be sent again, under the same id and with attempts counted anew."""
        now = text_of(at)
        self._connection.run_many(
            "update message set state = 'waiting', due_at = ?, tries = 0, ended_at = null, leased_until = null "
            "where message = ? and state <> 'waiting'",
            [(now, each) for each in messages],
        )

    def messages(self, endpoint: str, *, state: str | None = None, before: int | None = None, limit: int = 100) -> list[Message]:
        """List an endpoint's messages, newest first, those before a place where one is named."""
        tests = "".join([" and state = ?" if state else "", " and place < ?" if before is not None else ""])
        values = [endpoint, *([state] if state else []), *([before] if before is not None else []), limit]
        sql = f"select {_MESSAGE} from message where endpoint = ?{tests} order by place desc limit ?"
        return [_message(row) for row in self._connection.rows(sql, values)]

    def message(self, id_: str) -> Message | None:
        """Give a message, or None."""
        rows = list(self._connection.rows(f"select {_MESSAGE} from message where message = ?", (id_,)))
        return _message(rows[0]) if rows else None

    def bodies(self) -> Iterator[tuple[int, bytes]]:
        """Give the place and the body of every message that is kept."""
        places = list(self._connection.rows("select place from message order by place"))
        for first in range(0, len(places), BODIES_AT_ONCE):
            own = [int(row[0]) for row in places[first : first + BODIES_AT_ONCE]]
            sql = f"select place, body from message where place in ({', '.join('?' * len(own))})"
            for place, body in list(self._connection.rows(sql, own)):
                yield int(place), zlib.decompress(bytes(body))

    def replace_body(self, place: int, body: bytes) -> None:
        """Put another body in the place of one that names somebody."""
        self._connection.run("update message set body = ? where place = ?", (zlib.compress(body), place))

    def drop_message(self, place: int) -> None:
        """Keep a message and its attempts no longer."""
        self._connection.run("delete from attempt where message = (select message from message where place = ?)", (place,))
        self._connection.run("delete from message where place = ?", (place,))

    def blank_attempts_with(self, text: str) -> None:
        """Forget the words of attempts in which a text stands, in whatever case: servers answer with what they were sent."""
        like = f"%{literal(text.lower())}%"
        self._connection.run("update attempt set words = 'erased' where lower(words) like ?", (like,))

    def attempts(self, messages: Sequence[str]) -> dict[str, list[Attempt]]:
        """Give the attempts of some messages, oldest first."""
        marks = ", ".join("?" * len(messages)) or "null"
        found: dict[str, list[Attempt]] = {}
        sql = f"select message, at, milliseconds, status, words from attempt where message in ({marks}) order by attempt"
        for id_, at, milliseconds, status, words in self._connection.rows(sql, messages):
            own = Attempt(str(id_), instant_of(at), int(milliseconds), None if status is None else int(status), str(words))
            found.setdefault(own.message, []).append(own)
        return found

    def counts(self) -> dict[tuple[str, str], int]:
        """Count messages by channel and state."""
        rows = self._connection.rows("select channel, state, count(*) from message group by channel, state")
        return {(str(channel), str(state)): int(number) for channel, state, number in rows}

    # Sign-ins at an identity provider

    def add_sign_in(self, digest: str, begun: SignInBegun, *, at: datetime) -> None:
        """Keep a sign-in that began, and forget those that are over."""
        self._connection.run("delete from sign_in where expires_at < ?", (text_of(at),))
        self._connection.run(
            "insert into sign_in values (?, ?, ?, ?, ?)", (digest, begun.nonce, begun.verifier, begun.goal, text_of(begun.expires_at))
        )

    def take_sign_in(self, digest: str, *, at: datetime) -> SignInBegun | None:
        """Use a sign-in up: give it, or None when it is unknown, used or over."""
        rows = list(self._connection.rows("select nonce, verifier, goal, expires_at from sign_in where digest = ?", (digest,)))
        self._connection.run("delete from sign_in where digest = ?", (digest,))
        found = SignInBegun(str(rows[0][0]), str(rows[0][1]), str(rows[0][2]), instant_of(rows[0][3])) if rows else None
        return found if found is not None and found.expires_at >= at else None

    # Digests

    def digests(self) -> list[tuple[str, str]]:
        """List who gets the daily letter, with the day of the last one."""
        return [(str(person), str(day)) for person, day in self._connection.rows("select person, last_on from digest order by person")]

    def set_digest(self, person: str, *, last_on: str | None) -> None:
        """Note the day of somebody's last digest; None: they get none."""
        self._connection.run("delete from digest where person = ?", (person,))
        if last_on is not None:
            self._connection.run("insert into digest values (?, ?)", (person, last_on))

    def tidy(self, *, sent_before: datetime, dead_before: datetime, told_before: datetime, given_up_before: datetime) -> None:
        """Forget what ended long ago; give up what waits for an endpoint that is not called any more."""
        self._connection.run(
            "update message set state = 'dead', ended_at = made_at where state = 'waiting' and made_at < ? and endpoint is not null "
            "and not exists (select 1 from endpoint e where e.endpoint = message.endpoint and e.is_active = 1)",
            (text_of(given_up_before),),
        )
        over = "(state = 'sent' and ended_at < ?) or (state = 'dead' and ended_at < ?)"
        values = (text_of(sent_before), text_of(dead_before))
        self._connection.run(f"delete from attempt where message in (select message from message where {over})", values)
        self._connection.run(f"delete from message where {over}", values)
        self._connection.run("delete from told where at < ?", (text_of(told_before),))


def _endpoint_row(each: Endpoint) -> Row:
    return (
        each.endpoint, each.party, each.name, each.address, " ".join(sorted(each.events)), "provided" if each.is_provided_only else "all",
        each.secret, each.old_secret, text_or_none(each.old_until), int(each.is_active), text_of(each.created_at), each.failures,
        text_or_none(each.rest_until),
    )  # fmt: skip


def _endpoint(row: Row) -> Endpoint:
    endpoint, party, name, address, events, reach, secret, old_secret, old_until, is_active, created, failures, rest = row
    return Endpoint(
        endpoint, party, name, address, frozenset(events.split()), reach == "provided", secret, old_secret, instant_or_none(old_until),
        bool(is_active), instant_of(created), int(failures), instant_or_none(rest),
    )  # fmt: skip


def _message(row: Row) -> Message:
    place, message, channel, party, endpoint, kind, subject, body, made_at, due_at, tries, state, ended_at = row
    return Message(
        message, channel, party, endpoint, kind, subject, zlib.decompress(bytes(body)), instant_of(made_at), instant_of(due_at), int(tries),
        state, instant_or_none(ended_at), int(place),
    )  # fmt: skip

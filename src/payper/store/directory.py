"""The directory of an installation: parties, people, sessions, tokens, and who did what. Secrets come and go as digests only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from payper.errors import StoreError
from payper.parties import Act, Party, PartyKind, Role
from payper.store.connections import Connection, Row, TwiceError
from payper.store.database import path_of
from payper.store.migrating import DIRECTORY
from payper.store.outbox import Note, add_note, drop_notes, list_notes
from payper.store.postgres import is_postgres, open_postgres
from payper.store.sqlite import open_sqlite


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts for a party.

    Attributes:
        password: The argon2 string; None: none set yet.
        totp_secret: None: no second factor.
        totp_last: The last time step whose code was used.
        subject: Issuer and subject of a sign-in elsewhere, with a blank between.
        failures: Wrong passwords in a row.
    """

    person: str
    party: str
    email: str
    name: str
    role: Role
    password: str | None = None
    totp_secret: str | None = None
    totp_last: int = 0
    subject: str | None = None
    failures: int = 0
    locked_until: datetime | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in with a browser."""

    person: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A key that a system uses; `purposes` are the acts it may do."""

    token: str
    party: str
    person: str
    name: str
    purposes: frozenset[Act]
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Which parties a contract joins."""

    buyer: str
    contract: str
    provider: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit trail."""

    audit: int
    at: datetime
    party: str
    who: str
    act: str
    subject: str
    detail: str


_INSIDE: ContextVar[tuple[Connection, ...]] = ContextVar("connections with a transaction", default=())

_PERSON = "person, party, email, name, role, password, totp_secret, totp_last, subject, failures, locked_until, is_active"
_TOKEN_COLUMNS = "token, party, person, name, purposes, created_at, expires_at, used_at, revoked_at"  # noqa: S105  # names of columns


@contextmanager
def open_directory(address: Path | str) -> Iterator[Directory]:
    """Open a directory, making or migrating it; addresses as of `open_database`.

    Raises:
        StoreError: There is something else at the address, of a later version, locked or out of reach.
        UsageError: The address cannot be read.
    """
    connection: Connection = (
        open_postgres(str(address), kind=DIRECTORY) if is_postgres(str(address)) else open_sqlite(path_of(address), kind=DIRECTORY)
    )
    try:
        yield Directory(connection)
    finally:
        connection.close()


class Directory:
    """The statements of the directory; every change happens inside `transaction`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.where = connection.where

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all or nothing; durable when the outermost ends, so that acts can be parts of one."""
        if self._connection in _INSIDE.get():
            yield
            return
        token = _INSIDE.set((*_INSIDE.get(), self._connection))
        try:
            with self._connection.transaction():
                yield
        finally:
            _INSIDE.reset(token)

    # Settings

    def setting(self, name: str) -> bytes | None:
        """Give a setting, or None."""
        row = self._row("select value from setting where name = ?", (name,))
        return None if row is None else bytes(row[0])

    def set_setting(self, name: str, value: bytes) -> None:
        """Keep a setting."""
        self._connection.run("insert into setting values (?, ?) on conflict (name) do update set value = excluded.value", (name, value))

    # Parties, their books, and the contracts between them

    def add_party(self, party: Party, *, zone: str, is_operator: bool, at: datetime) -> None:
        """Keep a new party.

        Raises:
            StoreError: There is one of this id.
        """
        self._add("party", (party.id, party.name, str(party.kind), zone, int(is_operator), text_of(at)), f"party {party.id}")

    def parties(self) -> list[Party]:
        """List all parties by id."""
        return [
            Party(row[0], row[1], PartyKind(row[2])) for row in self._connection.rows("select party, name, kind from party order by party")
        ]

    def party(self, id_: str) -> Party | None:
        """Give a party, or None."""
        row = self._row("select party, name, kind from party where party = ?", (id_,))
        return None if row is None else Party(row[0], row[1], PartyKind(row[2]))

    def zone(self, party: str) -> str:
        """Give a party's time zone, UTC where it is not there."""
        row = self._row("select zone from party where party = ?", (party,))
        return "UTC" if row is None else str(row[0])

    def operator(self) -> str | None:
        """Give the id of the party that runs the installation, or None before the first is made."""
        row = self._row("select party from party where is_operator = 1")
        return None if row is None else str(row[0])

    def set_operator(self, party: str) -> None:
        """Say which party runs the installation."""
        self._connection.run("update party set is_operator = 1 where party = ?", (party,))

    def set_book(self, party: str, address: str) -> None:
        """Say where a buyer's book is."""
        self._connection.run(
            "insert into book values (?, ?) on conflict (party) do update set address = excluded.address", (party, address)
        )

    def book(self, party: str) -> str | None:
        """Give the address of a buyer's book, or None."""
        row = self._row("select address from book where party = ?", (party,))
        return None if row is None else str(row[0])

    def join(self, joined: Joined) -> None:
        """Note which parties a contract joins; a contract never changes its parties."""
        self._connection.run("insert into joined values (?, ?, ?) on conflict do nothing", (joined.buyer, joined.contract, joined.provider))

    def joined(self, party: str) -> list[Joined]:
        """List the contracts that join a party to another, by buyer and contract."""
        sql = "select buyer, contract, provider from joined where buyer = ? or provider = ? order by buyer, contract"
        return [Joined(*row) for row in self._connection.rows(sql, (party, party))]

    # People

    def add_person(self, person: Person, *, at: datetime) -> None:
        """Keep a new person.

        Raises:
            StoreError: Somebody has this address already.
        """
        values = (
            person.person, person.party, person.email, person.name, str(person.role), person.password, person.totp_secret,
            person.totp_last, person.subject, person.failures, text_or_none(person.locked_until), int(person.is_active), text_of(at),
        )  # fmt: skip
        self._add("person", values, f"person with the address {person.email}")

    def person(self, id_: str) -> Person | None:
        """Give a person, or None."""
        return self._person("person", id_)

    def person_of_email(self, email: str) -> Person | None:
        """Give the person of a normal address, or None."""
        return self._person("email", email)

    def person_of_subject(self, subject: str) -> Person | None:
        """Give the person of a sign-in elsewhere, or None."""
        return self._person("subject", subject)

    def people(self, party: str) -> list[Person]:
        """List the people of a party by address."""
        return [_person(row) for row in self._connection.rows(f"select {_PERSON} from person where party = ? order by email", (party,))]  # noqa: S608  # fixed names

    def change_person(self, person: Person) -> None:
        """Keep what may change of a person: name, role, password, second factor, subject, failures, lock, whether active."""
        self._connection.run(
            "update person set name = ?, role = ?, password = ?, totp_secret = ?, totp_last = ?, subject = ?, failures = ?, "
            "locked_until = ?, is_active = ? where person = ?",
            (
                person.name, str(person.role), person.password, person.totp_secret, person.totp_last, person.subject, person.failures,
                text_or_none(person.locked_until), int(person.is_active), person.person,
            ),
        )  # fmt: skip

    def add_invitation(self, digest: str, *, person: str, expires_at: datetime) -> None:
        """Keep an invitation; an earlier one of the same person ends."""
        self._connection.run("delete from invitation where person = ?", (person,))
        self._connection.run("insert into invitation values (?, ?, ?)", (digest, person, text_of(expires_at)))

    def is_invited(self, person: str) -> bool:
        """Tell whether somebody has an invitation that was not used."""
        return self._row("select 1 from invitation where person = ?", (person,)) is not None

    def take_invitation(self, digest: str, *, at: datetime) -> str | None:
        """Use an invitation up: give the person it is for, or None when it is unknown, used or over."""
        row = self._row("select person, expires_at from invitation where digest = ?", (digest,))
        self._connection.run("delete from invitation where digest = ?", (digest,))
        return str(row[0]) if row is not None and instant_of(row[1]) >= at else None

    # Sessions and tokens

    def add_session(self, digest: str, session: Session) -> None:
        """Keep a new session."""
        instants = (text_of(each) for each in (session.created_at, session.seen_at, session.expires_at))
        self._connection.run("insert into session values (?, ?, ?, ?, ?, ?)", (digest, session.person, session.csrf, *instants))

    def session(self, digest: str) -> Session | None:
        """Give a session, or None."""
        row = self._row("select person, csrf, created_at, seen_at, expires_at from session where digest = ?", (digest,))
        return None if row is None else Session(row[0], row[1], instant_of(row[2]), instant_of(row[3]), instant_of(row[4]))

    def see_session(self, digest: str, *, at: datetime) -> None:
        """Note that a session was used."""
        self._connection.run("update session set seen_at = ? where digest = ?", (text_of(at), digest))

    def end_session(self, digest: str) -> None:
        """End a session."""
        self._connection.run("delete from session where digest = ?", (digest,))

    def end_sessions(self, person: str) -> None:
        """End all sessions of a person."""
        self._connection.run("delete from session where person = ?", (person,))

    def add_token(self, digest: str, token: Token) -> None:
        """Keep a new token."""
        values = (
            token.token, digest, token.party, token.person, token.name, " ".join(sorted(token.purposes)), text_of(token.created_at),
            text_or_none(token.expires_at), None, None,
        )  # fmt: skip
        self._add("token", values, f"token {token.token}")

    def token(self, digest: str) -> Token | None:
        """Give a token by its digest, or None."""
        row = self._row(f"select {_TOKEN_COLUMNS} from token where digest = ?", (digest,))  # noqa: S608  # fixed names
        return None if row is None else _token(row)

    def tokens(self, party: str) -> list[Token]:
        """List a party's tokens, oldest first."""
        sql = f"select {_TOKEN_COLUMNS} from token where party = ? order by created_at, token"  # noqa: S608  # fixed names
        return [_token(row) for row in self._connection.rows(sql, (party,))]

    def use_token(self, id_: str, *, at: datetime) -> None:
        """Note that a token was used."""
        self._connection.run("update token set used_at = ? where token = ?", (text_of(at), id_))

    def revoke_token(self, id_: str, *, party: str, at: datetime) -> None:
        """End a token of a party; one that ended before stays as it was."""
        self._connection.run(
            "update token set revoked_at = ? where token = ? and party = ? and revoked_at is null", (text_of(at), id_, party)
        )

    # The audit trail

    def sweep(self) -> bool:
        """As `Database.sweep`; within a transaction nothing is swept, and False is given."""
        return self._connection not in _INSIDE.get() and self._connection.sweep()

    def note(self, *, at: datetime, party: str, who: str, act: str, subject: str, detail: str = "") -> None:
        """Add a line to the audit trail."""
        sql = "insert into audit (at, party, who, act, subject, detail) values (?, ?, ?, ?, ?, ?)"
        self._connection.run(sql, (text_of(at), party, who, act, subject, detail))

    def audit(self, party: str, *, before: int | None = None, limit: int = 100) -> list[Entry]:
        """List the newest lines of a party, those before line `before` where one is named."""
        sql = "select audit, at, party, who, act, subject, detail from audit where party = ? and audit < ? order by audit desc limit ?"
        rows = self._connection.rows(sql, (party, before if before is not None else 2**62, limit))
        return [Entry(int(row[0]), instant_of(row[1]), *map(str, row[2:])) for row in rows]

    # What is to be told

    def add_outbox(self, kind: str, subject: str) -> None:
        """Note what is to be told after this transaction: an `invitation` (its person), a `contract` (`BUYER ID vN ACT`)."""
        add_note(self._connection, kind, subject)

    def outbox(self, *, limit: int = 1000) -> list[Note]:
        """List what is to be told, oldest first."""
        return list_notes(self._connection, limit=limit)

    def drop_outbox(self, keys: list[str]) -> None:
        """Take away what was told."""
        drop_notes(self._connection, keys)

    def _add(self, table: str, values: Sequence[object], words: str) -> None:
        marks = ", ".join("?" * len(values))
        try:
            self._connection.run(f"insert into {table} values ({marks})", values)  # noqa: S608  # fixed names
        except TwiceError as error:
            raise StoreError(
                where=self.where, seen=f"There is a {words} already.", mend="Choose another, or use the one there is."
            ) from error

    def _person(self, column: str, value: str) -> Person | None:
        row = self._row(f"select {_PERSON} from person where {column} = ?", (value,))  # noqa: S608  # fixed names
        return None if row is None else _person(row)

    def _row(self, sql: str, parameters: Row = ()) -> Row | None:
        return next(iter(self._connection.rows(sql, parameters)), None)


def _person(row: Row) -> Person:
    person, party, email, name, role, password, secret, last, subject, failures, locked, is_active = row
    return Person(
        person,
        party,
        email,
        name,
        Role(role),
        password,
        secret,
        int(last),
        subject,
        int(failures),
        instant_or_none(locked),
        bool(is_active),
    )


def _token(row: Row) -> Token:
    token, party, person, name, purposes, created, *others = row
    return Token(
        token, party, person, name, frozenset(Act(each) for each in purposes.split()), instant_of(created), *map(instant_or_none, others)
    )


def text_of(at: datetime) -> str:
    """Write an instant so that texts order as instants do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def text_or_none(at: datetime | None) -> str | None:
    """As `text_of`, None for None."""
    return None if at is None else text_of(at)


def instant_of(text: str) -> datetime:
    """Read what `text_of` wrote."""
    return datetime.fromisoformat(text)


def instant_or_none(text: str | None) -> datetime | None:
    """As `instant_of`, None for None."""
    return None if text is None else instant_of(text)

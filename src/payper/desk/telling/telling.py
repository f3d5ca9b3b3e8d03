"""Turn what books and the directory noted into messages: which party hears what, and never twice.

Notes of a book become messages of the directory in one transaction there, with the notes' keys; only then they are taken out of the book.
Killed in between, the next round finds the keys and takes the notes out. So each note is told once.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from polars.exceptions import PolarsError

from payper.desk.people.installation import Installation, open_pages
from payper.desk.telling.happenings import Happening, bodies_of, contract_happening, happenings_of
from payper.desk.telling.letters import begin_digests
from payper.errors import PayperError
from payper.parties import Act, acts_of
from payper.store.database import open_database
from payper.store.directory import Directory, Joined
from payper.store.outbox import Note
from payper.store.outgoing import MAIL, WEBHOOK, Endpoint, Message, Outgoing

LOG = logging.getLogger("payper.worker")
NOTES_AT_ONCE, ROWS_AT_ONCE = 200, 100_000
"""How much is told in one transaction: so many notes, and no further one after so many rows."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Which letters are sent: none where no mail server is named."""

    is_mail_on: bool = False


def tell_all(installation: Installation, *, letters: Letters, at: datetime) -> int:
    """Tell what every book and the directory noted; give how many messages that made. A book that cannot be read waits."""
    made = 0
    with installation.open() as directory:
        made += _tell_directory(directory, letters=letters, at=at)
        made += begin_digests(directory, at=at) if letters.is_mail_on else 0
        for party in directory.parties():
            address = directory.book(party.id)
            if address is None:
                continue
            try:
                made += _tell_book(directory, party.id, address, at=at)
            except (PayperError, PolarsError, OSError) as fault:
                LOG.warning("a book waits", extra={"book": party.id, "words": fault.seen if isinstance(fault, PayperError) else str(fault)})
    return made


def _tell_book(directory: Directory, buyer: str, address: str, *, at: datetime) -> int:
    outgoing, made = Outgoing(directory), 0
    while True:
        with open_pages(address) as book:
            notes = book.outbox(limit=NOTES_AT_ONCE)
            if not notes:
                return made
            joined = {each.contract: each for each in directory.joined(buyer) if each.buyer == buyer}
            endpoints = outgoing.endpoints(sorted({buyer, *(each.provider for each in joined.values())}))
            wanted = frozenset(kind for each in endpoints if each.is_active for kind in each.events)
            told = outgoing.told([note.key for note in notes])
            done: list[str] = []
            happenings: list[Happening] = []
            read: dict[int, pl.DataFrame] = {}
            for note in notes:
                done.append(note.key)
                if note.key not in told:
                    happenings += happenings_of(book, note, joined, wanted, read=read)
                if sum(len(each.rows) for each in happenings) >= ROWS_AT_ONCE:
                    break
        messages = _calls(happenings, endpoints, at=at)
        with outgoing.transaction():
            new = [key for key in done if key not in told]
            # Another worker that was quicker has told some of them: then all of it is looked at again.
            is_first = not outgoing.told(new)
            if is_first:
                outgoing.mark_told(new, at=at)
                outgoing.add_messages(messages)
                made += len(messages)
        with open_database(address) as written:
            # A long run holds the book: that these are told is known, and they are dropped another time.
            if written.is_being_written():
                return made
            if is_first:
                with written.transaction():
                    written.drop_outbox(done)


def _tell_directory(directory: Directory, *, letters: Letters, at: datetime) -> int:
    """Tell invitations by mail, and what became of proposals to endpoints and by mail."""
    notes = directory.outbox(limit=NOTES_AT_ONCE)
    if not notes:
        return 0
    outgoing = Outgoing(directory)
    messages: list[Message] = []
    for note in notes:
        if note.kind == "contract":
            messages += _told_of_contract(directory, outgoing, note, letters=letters, at=at)
        elif note.kind in {"invitation", "sign in"} and letters.is_mail_on:
            messages += _letters(directory, note.kind, [note.subject], facts=b"", at=at)
    with outgoing.transaction():
        # Whoever else took the notes has dropped them: then nothing is left to tell.
        if {note.key for note in directory.outbox(limit=NOTES_AT_ONCE)} >= {note.key for note in notes}:
            outgoing.add_messages(messages)
            directory.drop_outbox([note.key for note in notes])
            return len(messages)
    return 0


def _told_of_contract(directory: Directory, outgoing: Outgoing, note: Note, *, letters: Letters, at: datetime) -> list[Message]:
    """Tell both parties what became of a proposal: `BUYER PROVIDER ID vN ACT [PARTY WHO DID IT [PROPOSAL]]`."""
    buyer, provider, contract, version, act, *by = note.subject.split(" ")
    happening = contract_happening(Joined(buyer, contract, provider), act, version=int(version.removeprefix("v")), at=note.made_at)
    # That a version is accepted is told by the buyer's book, once it stands there.
    messages = [] if act == "accepted" else _calls([happening], outgoing.endpoints([buyer, provider]), at=at)
    if letters.is_mail_on:
        others = [party for party in (buyer, provider) if party not in by[:1]]
        people = [
            person.person
            for party in others
            for person in directory.people(party)
            if person.is_active and person.password is not None and Act.ACCEPT_CONTRACTS in acts_of(person.role)
        ]
        messages += _letters(directory, f"contract {act}", people, facts=note.subject.encode(), at=at)
    return messages


def _letters(directory: Directory, kind: str, people: Iterable[str], *, facts: bytes, at: datetime) -> list[Message]:
    """Make letters to people; what they say is put together when they are sent."""
    found = [person for id_ in people if (person := directory.person(id_)) is not None]
    return [Message(_new_id(), MAIL, each.party, None, kind, each.person, facts, at, at) for each in found]


def _calls(happenings: Sequence[Happening], endpoints: Sequence[Endpoint], *, at: datetime) -> list[Message]:
    """Give the calls to every endpoint that hears of something; an endpoint hears of what happened since it was made."""
    return [
        Message(_new_id(), WEBHOOK, endpoint.party, endpoint.endpoint, kind, "", body, at, at)
        for endpoint in endpoints
        for kind, body in bodies_of([each for each in happenings if _hears(endpoint, each)])
    ]


def _hears(endpoint: Endpoint, happening: Happening) -> bool:
    """Tell whether an endpoint's party is one of the two, and on the side that the endpoint was made for."""
    joined = happening.joined
    is_party = endpoint.party == joined.provider or (endpoint.party == joined.buyer and not endpoint.is_provided_only)
    is_new = endpoint.created_at <= happening.happened_at
    return endpoint.is_active and is_party and is_new and happening.kind in endpoint.events


def _new_id() -> str:
    return f"msg_{secrets.token_hex(12)}"

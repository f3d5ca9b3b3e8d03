"""An installation: its directory, where new books go, and what somebody who acts can reach in it."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from payper.desk.book.places import find_database
from payper.desk.book.recorded import recorded_contracts
from payper.desk.people.people import Actor
from payper.errors import PayperError, UsageError
from payper.parties import Party, PartyKind, Role, is_identifier
from payper.store.book_pages import BookPages, read_pages
from payper.store.database import open_database, read_database
from payper.store.directory import Directory, Joined, open_directory
from payper.store.postgres import is_postgres

DIRECTORY = "directory.sqlite"
BOOKS = "books"


class AbsentError(UsageError):
    """There is nothing of this name that the one who asks can reach; the words are the same whether it is absent or another's."""


class Side(StrEnum):
    """Which end of a contract somebody is on."""

    BUYER = "buyer"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Installation:
    """Where an installation keeps things.

    Attributes:
        place: A folder, or the address of a PostgreSQL database.
    """

    place: str

    @property
    def directory(self) -> str:
        """Give the address of the directory."""
        return self.place if is_postgres(self.place) else f"sqlite:///{Path(self.place) / DIRECTORY}"

    def book_of(self, party: str) -> str:
        """Give the address of a new book for a buyer."""
        if not is_postgres(self.place):
            return f"sqlite:///{Path(self.place) / BOOKS / f'{party}.sqlite'}"
        name = re.sub(r"[^a-z0-9_]", "_", party)
        if name != party or not name[0].isalpha() or len(name) > 41:
            name = f"b_{name[:30]}_{hashlib.sha256(party.encode()).hexdigest()[:8]}"
        return f"{self.place}{'&' if '?' in self.place else '?'}book={name}"

    def prepare(self) -> None:
        """Make the folders that are not there."""
        if not is_postgres(self.place):
            (Path(self.place) / BOOKS).mkdir(parents=True, exist_ok=True)

    def open(self) -> AbstractContextManager[Directory]:
        """Open the directory, making it where it is not there."""
        return open_directory(self.directory)


@dataclass(frozen=True, slots=True)
class Reached:
    """A contract that somebody reaches, and from which side."""

    buyer: str
    contract: str
    provider: str
    side: Side

    @property
    def other(self) -> str:
        """Give the party at the other end."""
        return self.provider if self.side is Side.BUYER else self.buyer


def reach(directory: Directory, actor: Actor) -> list[Reached]:
    """List the contracts that join the actor's party; who is there for providing only reaches those it provides under."""
    is_provider_only = actor.role in {Role.PROVIDER_MANAGER, Role.PROVIDER_VIEWER}
    found = []
    for joined in directory.joined(actor.party):
        side = Side.BUYER if joined.buyer == actor.party and not is_provider_only else Side.PROVIDER
        if side is Side.BUYER or joined.provider == actor.party:
            found.append(Reached(joined.buyer, joined.contract, joined.provider, side))
    return found


def reach_book(directory: Directory, actor: Actor, buyer: str) -> tuple[str, list[Reached]]:
    """Give the address of a buyer's book and what the actor reaches in it.

    Raises:
        AbsentError: Nothing of this buyer is reached.
    """
    found = [each for each in reach(directory, actor) if each.buyer == buyer]
    address = directory.book(buyer) if found else None
    if address is None:
        raise absent("buyer", buyer)
    return address, found


def reach_contract(directory: Directory, actor: Actor, buyer: str, contract: str) -> tuple[str, Reached]:
    """Give the address of the book that a contract is in, and the contract as reached.

    Raises:
        AbsentError: It is not reached.
    """
    found = next((each for each in reach(directory, actor) if (each.buyer, each.contract) == (buyer, contract)), None)
    address = directory.book(buyer) if found is not None else None
    if found is None or address is None:
        raise absent("contract", contract)
    return address, found


def open_pages(address: str) -> AbstractContextManager[BookPages]:
    """Open a buyer's book for reading."""
    return read_pages(address)


def absent(what: str, name: str) -> AbsentError:
    """Say that there is no such thing, in the same words whether it is absent or another's."""
    return AbsentError(where=what, seen=f"There is no {what} «{name[:80]}» here.", mend="Choose one of the list.")


def buyers_of(reached: Sequence[Reached]) -> list[str]:
    """List the buyers whose books somebody reaches."""
    return sorted({each.buyer for each in reached})


def secret_of(directory: Directory) -> bytes:
    """Give the directory's secret, made at first use."""
    found = directory.setting("secret")
    if found is None:
        with directory.transaction():
            found = directory.setting("secret") or secrets.token_bytes(32)
            directory.set_setting("secret", found)
    return found


def attach_book(directory: Directory, place: str, *, at: datetime) -> list[str]:
    """Attach a book that is there: make the parties that its contracts name where they are not there yet, and note what they join.

    Args:
        directory: The directory.
        place: An output folder, a programme folder, a file, or a server's address.
        at: Now.

    Returns:
        The buyer, then the providers.

    Raises:
        UsageError: There is no book, it has no contract, or it is of several buyers.
    """
    found = find_database(place)
    address = str(found) if is_postgres(str(found)) else f"sqlite:///{Path(found).resolve()}"
    with open_database(address):  # brings an older book to this version
        pass
    with read_database(address) as database:
        versions = [each for versions in recorded_contracts(database).values() for each in versions]
    buyers, providers = sorted({each.buyer for each in versions}), sorted({each.provider for each in versions})
    if len(buyers) != 1:
        seen = "It has no contract yet." if not buyers else f"It has contracts of several buyers: {', '.join(buyers)}."
        raise UsageError(where=str(place), seen=seen, mend="Run `payper run` on a programme of one buyer, and open its output folder.")
    for id_ in [*buyers, *providers]:
        if not is_identifier(id_):
            raise UsageError(where=str(place), seen=f"«{id_}» cannot be a party's id.", mend="Name parties in lower case, without blanks.")
    zones = {each.buyer: each.zone for each in versions}
    with directory.transaction():
        for id_, kind in [(buyers[0], PartyKind.BUYER), *((each, PartyKind.PROVIDER) for each in providers if each not in buyers)]:
            if directory.party(id_) is None:
                directory.add_party(Party(id_, name_of(id_), kind), zone=zones.get(id_, "UTC"), is_operator=False, at=at)
        directory.set_book(buyers[0], address)
        for each in versions:
            directory.join(Joined(each.buyer, each.id, each.provider))
    return [*buyers, *providers]


def attach_again(directory: Directory, *, at: datetime) -> list[PayperError]:
    """Look at every attached book again, as runs may have recorded new contracts since; give what stood in the way of some."""
    faults: list[PayperError] = []
    for party in directory.parties():
        address = directory.book(party.id)
        if address is not None:
            try:
                attach_book(directory, address, at=at)
            except PayperError as fault:
                faults.append(fault)
    return faults


def name_of(id_: str) -> str:
    """Make a name to show out of a party's id: `northwind-reach` is shown as Northwind Reach."""
    return " ".join(part.capitalize() for part in re.split(r"[-_.]+", id_) if part) or id_

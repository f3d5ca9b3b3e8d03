"""An installation with a buyer, two providers and one person in every role, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from payper.desk.people.people import SignedIn, accept_invitation, invite, make_first_party, make_party
from payper.parties import Party, PartyKind, Role, roles_for
from payper.store.directory import Directory, open_directory

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Installation:
    """A directory with people who have signed in.

    Attributes:
        keys: Session keys by party and role.
    """

    directory: Directory
    keys: dict[tuple[str, Role], SignedIn]


@contextmanager
def installation(address: str) -> Iterator[Installation]:
    with open_directory(address) as directory:
        keys: dict[tuple[str, Role], SignedIn] = {}
        northwind = Party("northwind", "Northwind", PartyKind.BUYER)
        invitation = make_first_party(
            directory, northwind, zone="America/New_York", owner_email="owner@northwind.example.org", owner_name="Olga", at=NOW
        )
        keys["northwind", Role.OWNER] = accept_invitation(directory, invitation, password=PASSWORD, at=NOW)
        for provider in ("intentreach", "meetly"):
            party = Party(provider, provider.title(), PartyKind.PROVIDER)
            invitation = make_party(directory, party, zone="UTC", owner_email=f"owner@{provider}.example.org", owner_name="Pat", at=NOW)
            keys[provider, Role.PROVIDER_MANAGER] = accept_invitation(directory, invitation, password=PASSWORD, at=NOW)
        for party, kind in (("northwind", PartyKind.BUYER), ("intentreach", PartyKind.PROVIDER)):
            for role in roles_for(kind):
                if (party, role) not in keys:
                    email = f"{role.replace(' ', '-')}@{party}.example.org"
                    invitation = invite(directory, party=party, email=email, name=str(role), role=role, by="", at=NOW)
                    keys[party, role] = accept_invitation(directory, invitation, password=PASSWORD, at=NOW)
        yield Installation(directory, keys)

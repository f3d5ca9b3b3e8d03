"""The first run of an installation: a link that serves once makes the first party and its owner."""

from __future__ import annotations

import secrets
from datetime import datetime
from zoneinfo import available_timezones

from payper.desk.people.people import DeniedError, SignedIn, accept_invitation, check_password, digest_of, invite, make_first_party
from payper.errors import UsageError
from payper.parties import Party, Role
from payper.store.directory import Directory

_SETTING = "first_run"


def open_first_run(directory: Directory) -> str | None:
    """Give a new key for the first run's link, ending an earlier one; None where the first party is there."""
    if directory.operator() is not None:
        return None
    key = secrets.token_urlsafe(24)
    with directory.transaction():
        directory.set_setting(_SETTING, digest_of(key).encode())
    return key


def is_first_run(directory: Directory, key: str) -> bool:
    """Tell whether a key opens the first run."""
    kept = directory.setting(_SETTING)
    return kept is not None and directory.operator() is None and secrets.compare_digest(kept, digest_of(key).encode())


def waiting_parties(directory: Directory) -> list[Party]:
    """List the parties that are there without anybody who acts for them, buyers first."""
    nobody = [party for party in directory.parties() if not directory.people(party.id)]
    return sorted(nobody, key=lambda party: (not party.kind.buys, party.id))


def begin_installation(
    directory: Directory, key: str, party: Party, *, zone: str, owner_email: str, owner_name: str, password: str, at: datetime
) -> SignedIn:
    """Make the first party, or take one that is there already, with its owner, and sign the owner in.

    Raises:
        DeniedError: The key does not serve.
        UsageError: A name, zone, address or password cannot be used.
        StoreError: Somebody has this address already.
    """
    if not is_first_run(directory, key):
        raise DeniedError(where="first run", seen="This link does not serve.", mend="Use the one that the server printed when it started.")
    check_password(password)
    if zone not in available_timezones():
        raise UsageError(where="zone", seen=f"«{zone}» is no time zone.", mend="Write one such as America/New_York or UTC.")
    there = directory.party(party.id)
    if there is None:
        invitation = make_first_party(directory, party, zone=zone, owner_email=owner_email, owner_name=owner_name, at=at)
    else:
        role = Role.OWNER if there.kind.buys else Role.PROVIDER_MANAGER
        invitation = invite(directory, party=there.id, email=owner_email, name=owner_name, role=role, by="", at=at)
        with directory.transaction():
            directory.set_operator(there.id)
    return accept_invitation(directory, invitation, password=password, at=at)


__all__ = ["begin_installation", "is_first_run", "open_first_run", "waiting_parties"]

"""The statements for profiles: one a party, in the directory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from payper.store.directory import Directory


@dataclass(frozen=True, slots=True)
class KeptProfile:
    """A party's profile as it stands; `person` changed it last."""

    text: str
    changed_at: datetime
    person: str


def profile_of(directory: Directory, party: str) -> KeptProfile | None:
    """Give a party's profile, or None."""
    rows = directory._connection.rows("select text, changed_at, person from profile where party = ?", (party,))  # noqa: SLF001  # one database
    return next((KeptProfile(str(row[0]), datetime.fromisoformat(row[1]), str(row[2])) for row in rows), None)


def keep_profile(directory: Directory, party: str, profile: KeptProfile) -> None:
    """Keep a party's profile in place of the one before; inside a transaction."""
    at = profile.changed_at.astimezone(UTC).isoformat(timespec="microseconds")
    directory._connection.run(  # noqa: SLF001  # one database
        "insert into profile values (?, ?, ?, ?) on conflict (party) do update set text = excluded.text, "
        "changed_at = excluded.changed_at, person = excluded.person",
        (party, profile.text, at, profile.person),
    )

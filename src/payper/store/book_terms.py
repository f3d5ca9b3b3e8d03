"""What a book keeps of contracts beside their texts: who accepted a version, pauses that a party declared, and lists."""

# ruff: noqa: S608  # statements are put together of fixed texts and marks; every value is a parameter

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from payper.store.database import Database

TERMS_CHANGES = "terms_changes"
"""The setting of a book that counts up with every change of what its contracts are read to say."""

KINDS = ("digest", "domain", "company")


@dataclass(frozen=True, slots=True)
class AcceptanceRow:
    """Who accepted a version for a party, and the hash of what they were shown."""

    contract: str
    version: int
    hash: str
    party: str
    who: str
    name: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PauseRow:
    """A pause that a party declared: nothing is taken from `since` until `until`, both included; None: until it is ended."""

    contract: str
    since: datetime
    until: datetime | None
    party: str
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list, without its entries."""

    name: str
    is_everywhere: bool
    entries: int
    changes: int
    changed_at: datetime
    changed_by: str


class BookTerms(Database):
    """The statements; every change counts `TERMS_CHANGES` up and happens inside `transaction`."""

    @classmethod
    def of(cls, database: Database) -> BookTerms:
        """Give the same book with these statements."""
        return cls(database._connection)  # noqa: SLF001  # the same connection, with more statements

    def count_change(self) -> None:
        """Say that contracts are read to say something else from now on."""
        self.set_setting(TERMS_CHANGES, str(int(self.setting(TERMS_CHANGES) or 0) + 1))

    # Acceptances

    def add_acceptance(self, row: AcceptanceRow) -> None:
        """Keep who accepted a version; one that is kept stays."""
        self._connection.run(
            "insert into acceptance values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
            (row.contract, row.version, row.hash, row.party, row.who, row.name, row.words, _text(row.at)),
        )

    def acceptances(self, contract: str) -> list[AcceptanceRow]:
        """List who accepted the versions of a contract, by version and instant."""
        sql = (
            "select contract, version, hash, party, who, name, words, accepted_at from acceptance "
            "where contract = ? order by version, accepted_at, party"
        )
        return [
            AcceptanceRow(row[0], int(row[1]), row[2], row[3], row[4], row[5], row[6], datetime.fromisoformat(row[7]))
            for row in self._connection.rows(sql, (contract,))
        ]

    # Pauses

    def add_pause(self, row: PauseRow) -> None:
        """Keep a pause."""
        self._connection.run(
            "insert into pause values (?, ?, ?, ?, ?, ?)",
            (row.contract, _micros(row.since), None if row.until is None else _micros(row.until), row.party, row.who, row.words),
        )
        self.count_change()

    def end_pause(self, row: PauseRow, *, until: datetime) -> None:
        """Let a pause end at an instant."""
        self._connection.run(
            "update pause set until = ? where contract = ? and since = ? and party = ?",
            (_micros(until), row.contract, _micros(row.since), row.party),
        )
        self.count_change()

    def pauses(self, contract: str | None = None) -> list[PauseRow]:
        """List pauses, of one contract or of all, oldest first."""
        where, values = ("", ()) if contract is None else (" where contract = ?", (contract,))
        sql = f"select contract, since, until, party, who, words from pause{where} order by since, contract, party"
        return [
            PauseRow(row[0], _instant(row[1]), None if row[2] is None else _instant(row[2]), row[3], row[4], row[5])
            for row in self._connection.rows(sql, values)
        ]

    # Lists

    def lists(self) -> list[ListRow]:
        """List the lists by name."""
        sql = (
            "select name, is_everywhere, (select count(*) from list_entry e where e.name = list.name), changes, changed_at, changed_by "
            "from list order by name"
        )
        return [
            ListRow(row[0], bool(row[1]), int(row[2]), int(row[3]), datetime.fromisoformat(row[4]), row[5])
            for row in self._connection.rows(sql)
        ]

    def touch_list(self, name: str, *, is_everywhere: bool | None, by: str, at: datetime) -> None:
        """Make a list, or note that it changes; None leaves where it holds as it was."""
        self._connection.run(
            "insert into list values (?, ?, 1, ?, ?) on conflict (name) do update set changes = list.changes + 1, "
            "changed_at = excluded.changed_at, changed_by = excluded.changed_by",
            (name, int(bool(is_everywhere)), _text(at), by),
        )
        if is_everywhere is not None:
            self._connection.run("update list set is_everywhere = ? where name = ?", (int(is_everywhere), name))
        self.count_change()

    def add_entries(self, name: str, entries: Iterable[tuple[str, str]], *, at: datetime) -> None:
        """Add entries (kind, entry) to a list; those that stand on it stay."""
        rows = [(name, kind, entry, _text(at)) for kind, entry in entries]
        self._connection.run_many("insert into list_entry values (?, ?, ?, ?) on conflict do nothing", rows)

    def remove_entries(self, name: str, entries: Iterable[tuple[str, str]] | None) -> None:
        """Take entries off a list; None: all."""
        if entries is None:
            self._connection.run("delete from list_entry where name = ?", (name,))
            return
        rows = [(name, kind, entry) for kind, entry in entries]
        self._connection.run_many("delete from list_entry where name = ? and kind = ? and entry = ?", rows)

    def entries(self, name: str, *, kinds: tuple[str, ...] = KINDS) -> dict[str, frozenset[str]]:
        """Give the entries of a list by kind."""
        found: dict[str, set[str]] = {kind: set() for kind in kinds}
        for kind, entry in self._connection.rows("select kind, entry from list_entry where name = ?", (name,)):
            if kind in found:
                found[kind].add(entry)
        return {kind: frozenset(entries) for kind, entries in found.items()}

    def lists_with(self, entries: Iterable[tuple[str, str]]) -> list[str]:
        """List the lists on which one of these entries stands."""
        names: set[str] = set()
        for kind, entry in entries:
            sql = "select name from list_entry where kind = ? and entry = ?"
            names |= {str(row[0]) for row in self._connection.rows(sql, (kind, entry))}
        return sorted(names)


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _instant(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")

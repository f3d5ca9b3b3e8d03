"""Contracts as pages and systems read them: the list, one contract in words, its text, and what changed between versions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from payper.desk.book.recorded import list_reader
from payper.desk.people.installation import Reached, Side, absent, buyers_of, open_pages, reach, reach_contract
from payper.desk.people.people import Actor
from payper.desk.reads.shelf import Tally, latest_days, tallies
from payper.parties import Act
from payper.reports.words import counted
from payper.store.book_pages import BookPages
from payper.store.book_terms import BookTerms
from payper.store.directory import Directory
from payper.terms.contract import Contract
from payper.terms.diff import Change, diff
from payper.terms.explain import Clause, explain
from payper.terms.findings import list_words
from payper.terms.reading import Reading, read_terms

_LISTS: Mapping[str, Callable[[Contract], list[str]]] = {
    "audience.companies.only": lambda contract: [contract.audience.only.path] if contract.audience.only is not None else [],
    "audience.suppress": lambda contract: [each.path for each in contract.audience.suppress],
}
"""Clauses that name lists, with the names that a contract has there."""

ENTRIES = re.compile(r" \([\d,]+ entries\)")
"""How many entries a list has, as sentences say it; only the buyer's own lists are counted."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a contract as it was recorded."""

    contract: Contract
    text: str
    hash: str

    @property
    def number(self) -> int:
        """Give the version's number."""
        return self.contract.version


@dataclass(frozen=True, slots=True)
class ContractSeen:
    """A contract as somebody reaches it.

    Attributes:
        versions: By number; at least one.
        counts: Everything delivered under it so far.
        latest: The local day of the latest delivery, or None.
    """

    reached: Reached
    versions: tuple[Version, ...]
    counts: Tally
    latest: date | None

    @property
    def newest(self) -> Contract:
        """Give the terms of the newest version."""
        return self.versions[-1].contract


@dataclass(frozen=True, slots=True)
class Compared:
    """What changes from one version to another."""

    reached: Reached
    before: Version
    after: Version
    changes: Sequence[Change]


def list_contracts(directory: Directory, actor: Actor) -> list[ContractSeen]:
    """List the contracts that the actor reaches, by buyer and contract.

    Raises:
        DeniedError: The actor may not read contracts.
    """
    actor.must(Act.READ_CONTRACTS)
    reached = reach(directory, actor)
    seen: list[ContractSeen] = []
    for buyer in buyers_of(reached):
        address = directory.book(buyer)
        if address is None:
            continue
        own = {each.contract: each for each in reached if each.buyer == buyer}
        with open_pages(address) as book:
            versions = read_versions(book, list(own))
            zones = {id_: each[-1].contract.zone for id_, each in versions.items()}
            counts, latest = tallies(book, zones), latest_days(book, zones)
        seen += [ContractSeen(own[id_], versions[id_], counts.get(id_, Tally()), latest.get(id_)) for id_ in own if id_ in versions]
    return seen


def read_contract(directory: Directory, actor: Actor, *, buyer: str, contract: str) -> ContractSeen:
    """Give one contract.

    Raises:
        DeniedError: The actor may not read contracts.
        AbsentError: It is not reached.
    """
    actor.must(Act.READ_CONTRACTS)
    address, reached = reach_contract(directory, actor, buyer, contract)
    with open_pages(address) as book:
        versions = read_versions(book, [contract]).get(contract)
        if versions is None:
            raise absent("contract", contract)
        zones = {contract: versions[-1].contract.zone}
        return ContractSeen(reached, versions, tallies(book, zones).get(contract, Tally()), latest_days(book, zones).get(contract))


def version_of(seen: ContractSeen, number: int | None) -> Version:
    """Give one version, the newest where none is named.

    Raises:
        AbsentError: There is none of this number.
    """
    if number is None:
        return seen.versions[-1]
    found = next((each for each in seen.versions if each.number == number), None)
    if found is None:
        raise absent("version", str(number))
    return found


def explain_version(version: Version) -> list[Clause]:
    """Say a version in plain English, each sentence to its clause and line; sizes of lists are left out, as books keep no lists."""
    reading = _read(version.text)
    clauses = explain(version.contract, positions=reading.positions)
    return [replace(each, sentence=ENTRIES.sub("", each.sentence)) for each in clauses]


def compare_versions(directory: Directory, seen: ContractSeen, *, before: int, after: int) -> Compared:
    """Say what changes from one version to another, in words and money.

    Raises:
        AbsentError: There is none of such a number.
    """
    old, new = version_of(seen, before), version_of(seen, after)
    return Compared(seen.reached, old, new, changes_between(directory, seen.reached, old.contract, new.contract))


def changes_between(directory: Directory, reached: Reached, before: Contract, after: Contract) -> list[Change]:
    """Say what changes between terms as one side sees it: lists by their names, and for the buyer by the entries that it keeps on them."""
    changes = [each for each in diff(before, after) if each.key not in _LISTS]
    for key, names_of in _LISTS.items():
        old, new = names_of(before), names_of(after)
        if set(old) == set(new):
            continue
        words = _suppression_words(old, new) if key == "audience.suppress" else _target_words(old, new)
        entries = _entry_words(directory, reached, old, new, is_suppression=key == "audience.suppress")
        was, becomes = (list_words(each, joiner="and") if each else None for each in (old, new))
        changes.append(Change(key, was, becomes, f"{words}{entries}"))
    return changes


def _suppression_words(old: Sequence[str], new: Sequence[str]) -> str:
    gone, come = ([each for each in one if each not in other] for one, other in ((old, new), (new, old)))
    words = [f"No longer suppressed: who stands on {list_words(gone, joiner='or')}."] if gone else []
    words += [f"Newly suppressed: who stands on {list_words(come, joiner='or')}."] if come else []
    return " ".join(words)


def _target_words(old: Sequence[str], new: Sequence[str]) -> str:
    if not new:
        return f"Gone: only companies on {old[0]} were taken."
    return f"Only companies on {new[0]} are taken; before, {f'only those on {old[0]}' if old else 'no list was asked'}."


def _entry_words(directory: Directory, reached: Reached, old: Sequence[str], new: Sequence[str], *, is_suppression: bool) -> str:
    """Count for the buyer what comes and goes; empty for the provider, and where the book does not keep one of the lists."""
    address = directory.book(reached.buyer) if reached.side is Side.BUYER else None
    if address is None:
        return ""
    with open_pages(address) as book:
        kept = BookTerms.of(book)
        everywhere = {row.name: row.is_everywhere for row in kept.lists()}
        if not {*old, *new} <= set(everywhere):
            return ""
        # A list that holds everywhere goes on holding, whether it is named or not.
        always = {name for name, holds in everywhere.items() if holds and is_suppression}
        was, becomes = (
            {(kind, entry) for name in {*names, *always} for kind, entries in kept.entries(name).items() for entry in entries}
            for names in (old, new)
        )
    come, go = len(becomes - was), len(was - becomes)
    return f" As your lists stand, {counted(come, 'entry comes', 'entries come')} and {counted(go, 'goes', 'go')}."


def read_versions(book: BookPages, contracts: Sequence[str]) -> dict[str, tuple[Version, ...]]:
    """Read the recorded versions of some contracts, by id."""
    found: dict[str, list[Version]] = {}
    for id_, _, hash_, text in book.contract_texts():
        contract = _read(text).contract if id_ in contracts else None
        if contract is not None:
            found.setdefault(id_, []).append(Version(contract, text, hash_))
    return {id_: tuple(sorted(versions, key=lambda each: each.number)) for id_, versions in found.items()}


@lru_cache(maxsize=512)
def _read(text: str) -> Reading:
    """Read a recorded text once; what is recorded never changes."""
    return read_terms(text, path=None, read_list=list_reader(None))

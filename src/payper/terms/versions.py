"""Versions of one contract: which is in force when, and what is wrong among them (RULES 8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Protocol

from payper.terms.contract import Contract
from payper.terms.findings import Finding, file_name, in_order
from payper.terms.kinds import FindingKind
from payper.terms.positions import Positions

if TYPE_CHECKING:
    import polars as pl


class _Read(Protocol):
    """What `reading.Reading` gives."""

    @property
    def contract(self) -> Contract | None: ...
    @property
    def positions(self) -> Positions: ...


def in_force(versions: Sequence[Contract], generated_at: datetime) -> Contract:
    """Give the highest version whose `holds_from` is not after `generated_at`; before every one, the one that holds first.

    Args:
        versions: All of one contract, at least one, in any order.
        generated_at: An instant with a zone.
    """
    holding = [version for version in versions if version.holds_from <= generated_at]
    return (
        max(holding, key=lambda version: version.version)
        if holding
        else min(versions, key=lambda version: (version.holds_from, -version.version))
    )


def version_in_force(generated: pl.Series, versions: Sequence[Contract]) -> pl.Series:
    """Give the number of the version in force for every instant, as `in_force` does.

    Args:
        generated: Datetime in UTC; null gives null.
        versions: All of one contract, at least one, in any order.

    Returns:
        Int64, named `version`.
    """
    import polars as pl

    ordered = sorted(versions, key=lambda version: (version.holds_from, -version.version))
    edges = pl.Series([version.holds_from for version in ordered], dtype=pl.Datetime("us", "UTC"))
    numbers = [ordered[0].version, *accumulate((version.version for version in ordered), max)]
    if len(ordered) == 1:
        frame = pl.select(pl.when(generated.is_not_null()).then(pl.lit(numbers[0], dtype=pl.Int64)).alias("version"))
        return frame["version"] if generated.len() else pl.Series("version", [], dtype=pl.Int64)
    places = edges.search_sorted(generated.fill_null(edges[0]), side="right")
    found = pl.Series("version", numbers, dtype=pl.Int64).gather(places)
    return pl.select(pl.when(generated.is_not_null()).then(found).alias("version"))["version"]


def check_versions(read: Sequence[Contract | _Read]) -> tuple[Finding, ...]:
    """Find what is wrong among the files of one contract.

    Args:
        read: Contracts, or readings with one (which know their lines); readings without a contract are left out.
    """
    places: dict[int, Positions] = {}
    versions: list[Contract] = []
    for one in read:
        contract = one if isinstance(one, Contract) else one.contract
        if contract is not None:
            versions.append(contract)
            if not isinstance(one, Contract):
                places[id(contract)] = one.positions
    versions.sort(key=lambda contract: (contract.version, str(contract.path or "")))
    findings = [
        finding for earlier, later in pairwise(versions) for finding in _compare(earlier, later, places.get(id(later), Positions("")))
    ]
    return in_order(findings)


def _compare(earlier: Contract, later: Contract, positions: Positions) -> list[Finding]:
    found: list[Finding] = []
    before = f"version {earlier.version}" + (f" ({earlier.path.name})" if earlier.path else "")

    def add(kind: FindingKind, key: str, seen: str, mend: str) -> None:
        path = ("contract", key)
        found.append(Finding(kind=kind, seen=seen, mend=mend, path=".".join(path), line=positions.line(path), file=file_name(later.path)))

    if earlier.id != later.id:
        seen = f'"{later.id}" and "{earlier.id}" are different contracts.'
        add(FindingKind.CONTRACT_IDS_MIXED, "id", seen, "Give all versions of a contract the same id.")
        return found
    if later.version == earlier.version:
        mend = f"Write `version = {later.version + 1}` in the later one, or take one of the files away."
        add(FindingKind.VERSION_TWICE, "version", f"{before} of {later.id} exists already.", mend)
    elif later.holds_from <= earlier.holds_from:
        times = [f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (later.holds_from, earlier.holds_from)]
        seen = f"Version {later.version} holds from {times[0]}, not after {before} ({times[1]})."
        add(FindingKind.HOLDS_NOT_RISING, "holds_from", seen, "Write a later `holds_from`; without one it is `starts`.")
    if later.version > earlier.version + 1:
        seen = f"Version {later.version} follows {before}."
        add(FindingKind.VERSION_SKIPPED, "version", seen, f"Write `version = {earlier.version + 1}`, or add the missing file.")
    for key in ("buyer", "provider"):
        if getattr(later, key) != getattr(earlier, key):
            seen = f'The {key} is "{getattr(later, key)}", in {before} "{getattr(earlier, key)}".'
            add(FindingKind.PARTY_CHANGED, key, seen, "Other parties need another contract, with another id.")
    if later.currency != earlier.currency:
        seen = f"The currency is {later.currency}, in {before} {earlier.currency}."
        add(FindingKind.CURRENCY_CHANGED, "currency", seen, "Another currency needs another contract, with another id.")
    if later.zone != earlier.zone:
        seen = f"The time zone is {later.zone}, in {before} {earlier.zone}."
        add(FindingKind.ZONE_CHANGED, "timezone", seen, f'Write "{earlier.zone}", unless days and windows are meant to shift.')
    holds = later.calendar.local_date(later.holds_from)
    if earlier.ends and later.version > earlier.version and holds > earlier.ends + timedelta(days=1):
        seen = f"{before[0].upper()}{before[1:]} ends on {earlier.ends}, and version {later.version} holds only from {holds}."
        add(
            FindingKind.VERSIONS_APART,
            "holds_from",
            seen,
            f"Write `holds_from = {earlier.ends + timedelta(days=1)}T00:00:00`, or let the gap stand.",
        )
    if later.version != earlier.version and _terms(earlier) == _terms(later):
        add(
            FindingKind.VERSION_IDENTICAL,
            "version",
            f"Version {later.version} says the same as {before}.",
            "Take it away, or write what changes.",
        )
    return found


def _terms(contract: Contract) -> list[str]:
    """Give the canonical lines without those that every version changes."""
    from payper.terms.canonical import canonical_form

    return [line for line in canonical_form(contract).splitlines() if not line.startswith(("version =", "holds_from ="))]

"""Results as pages and systems read them: what `payper measure` finds of the buyer's own book, narrowed as asked, and kept at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from payper._version import __version__
from payper.desk.asking.measure import basis_of, check_horizon
from payper.desk.book.standing import narrowed, read_standing
from payper.desk.folder.run import Tell
from payper.desk.people.installation import absent, open_pages, reach
from payper.desk.people.people import Actor
from payper.desk.reads.read_contracts import read_versions
from payper.desk.reads.worked_out import WAIT_SECONDS, Worked, known, work_out
from payper.errors import UsageError
from payper.measurement.measured import check_segments, measure_programme
from payper.parties import Act
from payper.reports.results import results_page, results_values
from payper.reports.results_json import results_json
from payper.store.directory import Directory
from payper.terms.contract import Contract

MODELS = ("lead", "appointment", "hybrid")


@dataclass(frozen=True, slots=True)
class ResultsAsked:
    """How results are asked for; None: all of them, or as the programme says.

    Attributes:
        as_of: None: the day until which the book is settled.
        horizon_days: None: as the programme says, else 180.
        by: Segments to group by together, besides those always shown.
    """

    provider: str | None = None
    contract: str | None = None
    model: str | None = None
    as_of: date | None = None
    horizon_days: int | None = None
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResultsSeen:
    """Results, ready to be shown.

    Attributes:
        values: As of `reports.results.results_values`.
        page: One HTML file to forward.
        plain: The same as JSON for programs, as docs/results-schema.json tells.
        day: As of which day.
        horizon_days: Within how many days of delivery.
    """

    values: Mapping[str, Any]
    page: str
    plain: bytes
    day: date
    horizon_days: int


@dataclass(frozen=True, slots=True)
class OwnBook:
    """The actor's own book as a buyer.

    Attributes:
        versions: Contract versions by id.
        state: Changes whenever what is measured may.
        erasures: How often people were erased; what was worked out before must not be shown after.
    """

    party: str
    address: str
    versions: Mapping[str, Sequence[Contract]]
    state: tuple[object, ...]
    erasures: str
    names: Mapping[str, str]

    @property
    def providers(self) -> list[str]:
        """List the providers that contracts name."""
        return sorted({each.provider for versions in self.versions.values() for each in versions})

    @property
    def models(self) -> list[str]:
        """List the models that contracts have."""
        found = {each.model for versions in self.versions.values() for each in versions}
        return [model for model in MODELS if model in found]


def own_book(directory: Directory, actor: Actor) -> OwnBook | None:
    """Give the actor's own book as a buyer, or None before there is one; the caller has asked for the right."""
    address = directory.book(actor.party)
    contracts = [each.contract for each in reach(directory, actor) if each.buyer == actor.party]
    if address is None or not contracts:
        return None
    with open_pages(address) as book:
        versions = {id_: [each.contract for each in found] for id_, found in read_versions(book, contracts).items()}
        state, erasures = book.state(), book.setting("erasures") or ""
    names = {party.id: party.name for party in directory.parties() if party.name}
    return OwnBook(actor.party, address, versions, state, erasures, names)


def read_results(
    directory: Directory, actor: Actor, asked: ResultsAsked, *, wait_seconds: float = WAIT_SECONDS
) -> tuple[OwnBook, Worked[ResultsSeen]] | None:
    """Give the results of the actor's own book; None before there is a book.

    Args:
        directory: The directory.
        actor: Who asks.
        asked: What of them.
        wait_seconds: How long to wait where they are not worked out yet.

    Raises:
        DeniedError: The actor may not read results.
        AbsentError: The provider, contract or model is not there.
        UsageError: The day, the horizon or a segment makes no sense.
    """
    actor.must(Act.READ_RESULTS)
    check_horizon(asked.horizon_days)
    check_segments(asked.by)
    own = own_book(directory, actor)
    if own is None:
        return None
    check_narrowing(own, asked)
    key = ("results", own.address, own.erasures, asked)
    return own, work_out(key, own.state, lambda tell: _found(own, asked, tell), wait_seconds=wait_seconds)


def known_results(own: OwnBook, asked: ResultsAsked) -> ResultsSeen | None:
    """Give results that were worked out before, of whichever state; None: they were not. The caller has asked for the right."""
    found: ResultsSeen | None = known(("results", own.address, own.erasures, asked))
    return found


def check_narrowing(own: OwnBook, asked: ResultsAsked) -> None:
    """Refuse what the book has not.

    Raises:
        AbsentError: The provider, contract or model is not there.
        UsageError: The day is outside 1990 to 2099.
    """
    for what, value, there in (
        ("provider", asked.provider, own.providers),
        ("contract", asked.contract, list(own.versions)),
        ("model", asked.model, own.models),
    ):
        if value is not None and value not in there:
            raise absent(what, value)
    check_day(asked.as_of)


def check_day(as_of: date | None) -> None:
    """Refuse a day that no book is of.

    Raises:
        UsageError: It is outside 1990 to 2099.
    """
    if as_of is not None and not date(1990, 1, 1) <= as_of <= date(2099, 12, 31):
        raise UsageError(where="as_of", seen="This day is outside 1990 to 2099.", mend="Name a day such as 2026-03-31.")


def _found(own: OwnBook, asked: ResultsAsked, tell: Tell) -> ResultsSeen:
    standing = narrowed(
        read_standing(own.address, as_of=asked.as_of, tell=tell), provider=asked.provider, contract=asked.contract, model=asked.model
    )
    tell("measuring", 0, 3)
    basis = basis_of(standing, horizon_days=asked.horizon_days, by=asked.by)
    measured = measure_programme(replace(basis, facts=replace(basis.facts, party_names=own.names)))
    tell("measuring", 1, 3)
    values = results_values(measured, notes=standing.notes)
    tell("measuring", 2, 3)
    found = results_json(measured, payper_version=__version__, notes=standing.notes)
    return ResultsSeen(
        values=values,
        page=results_page(values, payper_version=__version__),
        plain=json.dumps(found, ensure_ascii=False, allow_nan=False).encode(),
        day=basis.day,
        horizon_days=basis.horizon_days,
    )

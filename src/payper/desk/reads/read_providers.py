"""Providers as pages and systems read them: the scorecards of `payper providers`, by the buyer's weights, kept at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from payper._version import __version__
from payper.desk.asking.measure import basis_of, check_horizon
from payper.desk.asking.providers import read_weights
from payper.desk.book.standing import read_standing
from payper.desk.folder.run import Tell
from payper.desk.people.installation import absent
from payper.desk.people.people import Actor
from payper.desk.reads.read_results import OwnBook, ResultsAsked, check_narrowing, own_book
from payper.desk.reads.worked_out import WAIT_SECONDS, Worked, work_out
from payper.measurement.providers import Weights
from payper.measurement.scored import score_providers
from payper.parties import Act
from payper.reports.page import Section
from payper.reports.provider_page import provider_headline, provider_sections
from payper.reports.providers_json import providers_json
from payper.reports.result_providers import ProvidersMeasured, league_section, scorecards_section, unlike_section
from payper.reports.words import day_in_words
from payper.store.directory import Directory


@dataclass(frozen=True, slots=True)
class ProvidersAsked:
    """How scorecards are asked for.

    Attributes:
        weights: As `desk.asking.providers.read_weights` reads them; empty: all criteria alike.
        as_of: None: the day until which the book is settled.
        horizon_days: Of wins; None: as the programme says, else 180.
    """

    weights: str = ""
    as_of: date | None = None
    horizon_days: int | None = None


@dataclass(frozen=True, slots=True)
class ProviderSeen:
    """One provider's own page: its headline and questions."""

    headline: str
    sections: Sequence[Section]


@dataclass(frozen=True)
class ProvidersSeen:
    """Scorecards, ready to be shown.

    Attributes:
        headline: The answer in a sentence.
        sections: On all providers together.
        each: By provider.
        plain: As JSON for programs, as docs/providers-schema.json tells.
    """

    headline: str
    sections: Sequence[Section]
    each: Mapping[str, ProviderSeen]
    plain: bytes
    as_of: str
    horizon_days: int
    is_simulated: bool
    notes: Sequence[str]


def read_providers(
    directory: Directory, actor: Actor, asked: ProvidersAsked, *, wait_seconds: float = WAIT_SECONDS
) -> tuple[OwnBook, Worked[ProvidersSeen]] | None:
    """Give the scorecards of the providers of the actor's own book; None before there is a book.

    Raises:
        DeniedError: The actor may not read results.
        UsageError: Day, horizon or weights make no sense.
    """
    actor.must(Act.READ_RESULTS)
    check_horizon(asked.horizon_days)
    weights = read_weights(asked.weights)
    own = own_book(directory, actor)
    if own is None:
        return None
    check_narrowing(own, ResultsAsked(as_of=asked.as_of))
    key = ("providers", own.address, own.erasures, asked)
    return own, work_out(key, own.state, lambda tell: _found(own, asked, weights, tell), wait_seconds=wait_seconds)


def read_provider(
    directory: Directory, actor: Actor, asked: ProvidersAsked, provider: str, *, wait_seconds: float = WAIT_SECONDS
) -> tuple[OwnBook, Worked[ProvidersSeen]]:
    """Give the scorecards where this provider is one of those that contracts name.

    Raises:
        DeniedError: The actor may not read results.
        AbsentError: There is no such provider.
        UsageError: Day, horizon or weights make no sense.
    """
    actor.must(Act.READ_RESULTS)
    own = own_book(directory, actor)
    if own is None or provider not in own.providers:
        raise absent("provider", provider)
    found = read_providers(directory, actor, asked, wait_seconds=wait_seconds)
    assert found is not None, "there is a book"
    return found


def _found(own: OwnBook, asked: ProvidersAsked, weights: Weights | None, tell: Tell) -> ProvidersSeen:
    standing = read_standing(own.address, as_of=asked.as_of, tell=tell)
    tell("scoring", 0, 2)
    basis = basis_of(standing, horizon_days=asked.horizon_days, weights=weights)
    basis = replace(basis, facts=replace(basis.facts, party_names=own.names))
    measured = ProvidersMeasured(basis, score_providers(basis))
    tell("scoring", 1, 2)
    found = (scorecards_section(measured), league_section(measured), unlike_section(measured))
    sections = [section for section in found if section is not None]
    plain = providers_json(basis, measured.providers, payper_version=__version__, notes=standing.notes)
    return ProvidersSeen(
        headline=sections[0].answer if sections else "Nothing was delivered yet, so there is nothing to compare",
        sections=sections,
        each={id_: ProviderSeen(provider_headline(measured, id_), provider_sections(measured, id_)) for id_ in own.providers},
        plain=json.dumps(plain, ensure_ascii=False, allow_nan=False).encode(),
        as_of=day_in_words(basis.day),
        horizon_days=basis.horizon_days,
        is_simulated=basis.facts.is_simulated,
        notes=standing.notes,
    )

"""Advice as pages and systems read it: by the party's own profile and the record of its own book, kept at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payper._version import __version__
from payper.advice import read_profile, recommend
from payper.desk.asking.advise import Advice, record_of
from payper.desk.book.standing import read_standing
from payper.desk.folder.run import Tell
from payper.desk.people.own_profile import OwnProfile, read_own_profile
from payper.desk.people.people import Actor
from payper.desk.reads.read_results import OwnBook, own_book
from payper.desk.reads.worked_out import WAIT_SECONDS, Worked, work_out
from payper.reports.advice import advice_page, advice_values
from payper.store.directory import Directory


@dataclass(frozen=True)
class AdviceSeen:
    """Advice, ready to be shown.

    Attributes:
        values: As of `reports.advice.advice_values`.
        page: One HTML file to forward.
        plain: The same as JSON for programs, as docs/reference/advice.md tells.
        without: Why the own record was not used; empty: it was, or there is none.
    """

    values: Mapping[str, Any]
    page: str
    plain: bytes
    without: str


def read_advice(directory: Directory, actor: Actor, *, wait_seconds: float = WAIT_SECONDS) -> tuple[OwnProfile, Worked[AdviceSeen] | None]:
    """Give the party's profile, and the advice by it where its answers allow one.

    Raises:
        DeniedError: The actor may not read advice.
    """
    profile = read_own_profile(directory, actor)
    if not profile.is_ready:
        return profile, None
    own = own_book(directory, actor)
    key = ("advice", actor.party, "" if own is None else own.address, "" if own is None else own.erasures, profile.text)
    state = () if own is None else own.state
    return profile, work_out(key, state, lambda tell: _found(profile, own, tell), wait_seconds=wait_seconds)


def _found(own_profile: OwnProfile, own: OwnBook | None, tell: Tell) -> AdviceSeen:
    reading = read_profile(own_profile.text, "profile.toml")
    profile = reading.profile
    assert profile is not None, "a profile that is ready has no errors"
    history, words, without = None, "", ""
    notes: tuple[str, ...] = ()
    if own is not None:
        standing = read_standing(own.address, tell=tell)
        if standing.words.rates.rate(standing.words.rates.base_currency, profile.currency, standing.day) is None:
            without = (
                f"Your own record is in {standing.words.rates.base_currency} and has no rate to {profile.currency}, so shares are priors. "
                f"Answer in {standing.words.rates.base_currency} to have it used."
            )
        else:
            record = record_of(profile, standing)
            profile, history, words, notes = record.profile, record.history, record.words, tuple(record.notes)
    tell("weighing mixes", 0, 2)
    found = recommend(profile, history=history)
    tell("weighing mixes", 1, 2)
    findings = [f"{finding.seen} {finding.mend}" for finding in own_profile.findings]
    values = advice_values(found, profile, record=words, findings=findings, notes=notes)
    advice = Advice(recommendation=found, findings=reading.findings, record=words, notes=notes)
    return AdviceSeen(
        values=values,
        page=advice_page(values, payper_version=__version__),
        plain=json.dumps(advice.to_json(), ensure_ascii=False, allow_nan=False).encode(),
        without=without,
    )

"""The forecast as pages and systems read it: what `payper forecast` says of the buyer's own book, by its own profile, kept at hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from payper._version import __version__
from payper.advice import Profile, read_profile
from payper.desk.asking.advise import record_of
from payper.desk.asking.forecast import ForecastAsked, check_asked, foretell, page_values
from payper.desk.book.standing import read_standing
from payper.desk.folder.run import Tell
from payper.desk.people.installation import absent
from payper.desk.people.own_profile import read_own_profile
from payper.desk.people.people import Actor
from payper.desk.reads.exports import frame_of
from payper.desk.reads.read_results import OwnBook, check_day, own_book
from payper.desk.reads.worked_out import WAIT_SECONDS, Worked, work_out
from payper.errors import UsageError
from payper.parties import Act
from payper.reports.forecast import forecast_page
from payper.reports.tables import Table
from payper.store.directory import Directory

_SLIPS = "Your profile has answers that are missing or wrong, so its goal and advice are left out; Advice tells which."


@dataclass(frozen=True)
class ForecastSeen:
    """A forecast, ready to be shown.

    Attributes:
        values: As of `reports.forecast.forecast_values`.
        page: One HTML file to forward.
        plain: The same as JSON for programs, as docs/reference/forecast.md tells.
        day: As of which day.
        weeks: Weeks ahead.
        has_profile: Whether a profile's goal and advice count.
    """

    values: Mapping[str, Any]
    page: str
    plain: bytes
    day: date
    weeks: int
    has_profile: bool


def read_forecast(
    directory: Directory, actor: Actor, asked: ForecastAsked, *, as_of: date | None = None, wait_seconds: float = WAIT_SECONDS
) -> tuple[OwnBook, Worked[ForecastSeen]] | None:
    """Foretell what the weeks ahead bring to the actor's own book; None before there is a book.

    The goal and the advice of the party's profile count as those of `--profile` do, for whoever may read advice.

    Args:
        directory: The directory.
        actor: Who asks.
        asked: What is asked; its profile is not read.
        as_of: None: the day until which the book is settled.
        wait_seconds: How long to wait where it is not worked out yet.

    Raises:
        DeniedError: The actor may not read results.
        UsageError: What is asked makes no sense.
    """
    actor.must(Act.READ_RESULTS)
    check_asked(asked)
    check_day(as_of)
    own = own_book(directory, actor)
    if own is None:
        return None
    profile, notes = _profile(directory, actor)
    key = ("forecast", own.address, own.erasures, asked, as_of, profile, notes)

    def found(tell: Tell) -> ForecastSeen | UsageError:
        try:
            return _found(own, asked, as_of, profile, notes, tell)
        except UsageError as error:
            # Kept as what was found is, as who asks may only come back when it is over.
            return error

    worked = work_out(key, own.state, found, wait_seconds=wait_seconds)
    if isinstance(worked.value, UsageError):
        raise worked.value
    return own, Worked(worked.value, is_current=worked.is_current, stage=worked.stage, share=worked.share, read_at=worked.read_at)


def forecast_table(directory: Directory, actor: Actor, asked: ForecastAsked, *, as_of: date | None, place: int) -> Worked[pl.DataFrame]:
    """Give a table of the forecast as it is written on its page: the one at a place, from 1 on.

    Raises:
        DeniedError: The actor may not read results.
        AbsentError: There is no such table.
        UsageError: What is asked makes no sense.
    """
    found = read_forecast(directory, actor, asked, as_of=as_of)
    if found is None:
        raise absent("table", str(place))
    _, worked = found
    if worked.value is None:
        return Worked(None, is_current=False, stage=worked.stage, share=worked.share)
    tables = forecast_tables(worked.value.values)
    if not 1 <= place <= len(tables):
        raise absent("table", str(place))
    return Worked(frame_of(tables[place - 1]), is_current=worked.is_current, read_at=worked.read_at)


def forecast_tables(values: Mapping[str, Any]) -> list[Table]:
    """List the tables of a forecast in the order of its page."""
    first = [values["totals"]] if values["is_told"] else []
    return first + [
        table
        for section in values["sections"]
        for table in (*(figure.table for figure in (*section.figures, *section.cells)), *section.tables)
    ]


def _profile(directory: Directory, actor: Actor) -> tuple[str, tuple[str, ...]]:
    """Give the text of the party's profile, empty where there is none to use, and what is to be said of it."""
    if Act.READ_ADVICE not in actor.acts:
        return "", ()
    profile = read_own_profile(directory, actor)
    if profile.changed_at is None:
        return "", ()
    return (profile.text, ()) if profile.is_ready else ("", (_SLIPS,))


def _found(own: OwnBook, asked: ForecastAsked, as_of: date | None, profile: str, notes: tuple[str, ...], tell: Tell) -> ForecastSeen:
    standing = read_standing(own.address, as_of=as_of, tell=tell)
    record, told = None, list(notes)
    answers: Profile | None = read_profile(profile, "profile.toml").profile if profile else None
    if answers is not None:
        try:
            record = record_of(answers, standing)
        except UsageError as error:
            told.append(f"Your profile is left out: {error.seen}")
    result = foretell(standing, asked, record, notes=told, tell=tell)
    assert result.found is not None, "there is a forecast of every standing"
    values = page_values(result)
    return ForecastSeen(
        values=values,
        page=forecast_page(values, payper_version=__version__),
        plain=json.dumps(result.to_json(), ensure_ascii=False, allow_nan=False).encode(),
        day=standing.day,
        weeks=result.found.days // 7,
        has_profile=record is not None,
    )

"""Scores as pages read them: what `payper score` says of the buyer's own book, kept at hand; each page is a line of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl

from payper._version import __version__
from payper.desk.asking.score import ScoresAsked, check_scores, score_standing, scores_listed
from payper.desk.book.standing import read_standing
from payper.desk.folder.run import Tell
from payper.desk.people.people import Actor
from payper.desk.reads.exports import ROWS_MAX
from payper.desk.reads.read_results import OwnBook, check_day, own_book
from payper.desk.reads.worked_out import WAIT_SECONDS, Worked, work_out
from payper.errors import UsageError
from payper.parties import Act
from payper.reports.scores import scores_page, scores_values
from payper.store.directory import Directory


@dataclass(frozen=True)
class ScoresSeen:
    """Scores, ready to be shown.

    Attributes:
        values: As of `reports.scores.scores_values`.
        page: One HTML file to forward.
        listed: The list, the highest chance from now first, at most `ROWS_MAX`.
        day: As of which day.
    """

    values: Mapping[str, Any]
    page: str
    listed: pl.DataFrame
    day: date


def read_scores(
    directory: Directory, actor: Actor, asked: ScoresAsked, *, as_of: date | None = None, at: datetime, wait_seconds: float = WAIT_SECONDS
) -> tuple[OwnBook, Worked[ScoresSeen]] | None:
    """Score what is open of the actor's own book; None before there is a book.

    Args:
        directory: The directory.
        actor: Who asks.
        asked: What is asked.
        as_of: None: the day until which the book is settled.
        at: Now, for the audit trail.
        wait_seconds: How long to wait where it is not worked out yet.

    Raises:
        DeniedError: The actor may not read results and people.
        UsageError: What is asked makes no sense.
    """
    actor.must(Act.READ_RESULTS)
    actor.must(Act.READ_PEOPLE)
    check_scores(asked)
    check_day(as_of)
    own = own_book(directory, actor)
    if own is None:
        return None

    def found(tell: Tell) -> ScoresSeen | UsageError:
        try:
            return _found(own, asked, as_of, tell)
        except UsageError as error:
            # Kept as what was found is, as who asks may only come back when it is over.
            return error

    worked = work_out(("scores", own.address, own.erasures, asked, as_of), own.state, found, wait_seconds=wait_seconds)
    if isinstance(worked.value, UsageError):
        raise worked.value
    if worked.value is not None:
        with directory.transaction():
            detail = f"{worked.value.listed.height} scored"
            directory.note(at=at, party=actor.party, who=actor.who, act="read people", subject=own.party, detail=detail)
    return own, Worked(worked.value, is_current=worked.is_current, stage=worked.stage, share=worked.share, read_at=worked.read_at)


def _found(own: OwnBook, asked: ScoresAsked, as_of: date | None, tell: Tell) -> ScoresSeen:
    story = score_standing(read_standing(own.address, as_of=as_of, tell=tell), asked, tell=tell)
    values = scores_values(story)
    page = scores_page(values, payper_version=__version__)
    return ScoresSeen(values=values, page=page, listed=scores_listed(story).head(ROWS_MAX), day=story.day)

"""The act `payper score`: the chance that each open delivery reaches a milestone, or that each meeting ahead is missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from payper._version import __version__
from payper.advice.overbooking import DayPlan, plan_days
from payper.connectors.writing import write_csv, write_text
from payper.deliveries import ANSWER_PREFIX
from payper.desk.asking.measure import HORIZON_DAYS_MAX, check_folder
from payper.desk.book.standing import Standing, read_standing
from payper.desk.folder.run import Tell, silent
from payper.errors import UsageError
from payper.measurement.scoring.programme import MILESTONES, ScoreSheet, score_programme
from payper.measurement.scoring.programme_shows import score_meetings
from payper.reports.score_words import ScoreStory
from payper.reports.scores import render_scores
from payper.reports.scores_json import scores_json

SHOW = "show"
HELD_WORTH = 1_000
"""What a meeting held is worth where only its ratio to one turned away counts."""


@dataclass(frozen=True, slots=True)
class ScoresAsked:
    """What is asked, as of `score`."""

    milestone: str = "win"
    within_days: int | None = None
    trusted: tuple[str, ...] = ()
    slots: int | None = None
    turned_away: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Scoring:
    """What was scored, for the command line.

    Attributes:
        story: What is told.
        page: Where the page was written; None: nowhere.
        out: Where the list was written; None: nowhere.
    """

    story: ScoreStory
    page: Path | None
    out: Path | None

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values, as docs/reference/score.md tells."""
        return scores_json(self.story, payper_version=__version__)


def score(
    place: Path | str,
    *,
    milestone: str = "win",
    within_days: int | None = None,
    as_of: date | None = None,
    trusted: Sequence[str] = (),
    slots: int | None = None,
    turned_away: float = 1.0,
    page: Path | None = None,
    out: Path | None = None,
    seed: int = 0,
    tell: Tell = silent,
) -> Scoring:
    """Score a programme's open deliveries, or its meetings ahead.

    Args:
        place: As of `read_standing`.
        milestone: `meeting`, `opportunity`, `win`, or `show`: the chance that a meeting is missed.
        within_days: Days from delivery; None: 60 for a meeting, 90 for an opportunity, the programme's horizon for a win.
        as_of: None: the day of the latest run.
        trusted: Columns known at delivery whatever their names or figures suggest.
        slots: With `show`: meetings that account executives can take in a day; None: no advice on booking.
        turned_away: With `slots`: what a prospect turned away costs, in meetings held.
        page: Where a page goes; None: none is written.
        out: Where the list goes as CSV; None: none is written.
        seed: Of folds and of what trees sample.
        tell: Told how far work has come.

    Raises:
        UsageError: There is nothing to read, or what is asked makes no sense.
        FileError: The page or the list cannot be written.
    """
    asked = ScoresAsked(milestone, within_days, tuple(trusted), slots, turned_away, seed)
    check_scores(asked)
    for path, option in ((page, "--html"), (out, "--csv")):
        if path is not None:
            check_folder(path, option=option)
    story = score_standing(read_standing(place, as_of=as_of, tell=tell), asked, tell=tell)
    if page is not None:
        write_text(render_scores(story, payper_version=__version__), page)
    if out is not None:
        write_csv(scores_listed(story), out)
    tell("scores", 2, 2)
    return Scoring(story, page, out)


def score_standing(standing: Standing, asked: ScoresAsked, *, tell: Tell = silent) -> ScoreStory:
    """Score what is open of a programme; the caller has checked what is asked."""
    tell("scores", 0, 2)
    sheet = _scored(standing, asked.milestone, asked.within_days, trusted=asked.trusted, seed=asked.seed)
    tell("scores", 1, 2)
    zone, slots, cost = standing.words.timezone, asked.slots, asked.turned_away
    return ScoreStory(
        programme=standing.words.name,
        is_simulated=standing.words.is_simulated,
        day=standing.day,
        zone=zone,
        sheet=sheet,
        slots=slots,
        turned_away=cost,
        plans=() if slots is None else _plans(sheet, zone, slots=slots, turned_away=cost),
        notes=tuple(standing.notes),
    )


def scores_listed(story: ScoreStory) -> pl.DataFrame:
    """Give all scores as a list to write, the reasons as text."""
    return story.sheet.scores.with_columns(pl.col("reasons").list.join("; "))


def _scored(standing: Standing, milestone: str, within_days: int | None, *, trusted: Sequence[str], seed: int) -> ScoreSheet:
    if milestone == SHOW:
        return score_meetings(standing.outcomes, as_of=standing.end, trusted=trusted, seed=seed)
    return score_programme(
        standing.outcomes,
        milestone=milestone,
        horizon_days=within_days or MILESTONES[milestone][2] or standing.words.horizon_days,
        as_of=standing.end,
        answers=answers_of(standing),
        trusted=trusted,
        seed=seed,
    )


def answers_of(standing: Standing) -> pl.DataFrame | None:
    """Give what prospects answered, as the provider handed it over, with `delivery_id`; None: nobody was asked."""
    names = [name for name in standing.deliveries.columns if name.startswith(ANSWER_PREFIX)]
    return standing.deliveries.select("delivery_id", *names) if names else None


def check_scores(asked: ScoresAsked) -> None:
    """Refuse what makes no sense before anything is read.

    Raises:
        UsageError: The milestone, the days, the slots, or what turning away costs.
    """
    milestone, within_days, slots, turned_away = asked.milestone, asked.within_days, asked.slots, asked.turned_away
    if milestone not in (*MILESTONES, SHOW):
        raise UsageError(
            where=f"--milestone {milestone}", seen="This cannot be foretold.", mend=f"Name one of {', '.join((*MILESTONES, SHOW))}."
        )
    if within_days is not None and not 1 <= within_days <= HORIZON_DAYS_MAX:
        raise UsageError(where=f"--within {within_days}", seen="This is no number of days from 1 to 3,650.", mend="Write days, such as 90.")
    if milestone == SHOW and within_days is not None:
        raise UsageError(where="--within", seen="A meeting has its own day.", mend="Leave --within out with --milestone show.")
    if slots is not None and milestone != SHOW:
        raise UsageError(where="--slots", seen="Slots are for meetings ahead.", mend="Add --milestone show.")
    if (slots is not None and not 1 <= slots <= 1_000) or not 0 <= turned_away <= 1_000:
        raise UsageError(
            where="--slots", seen="Slots are from 1 to 1,000, and who is turned away costs 0 to 1,000 meetings.", mend="Write --slots 4."
        )


def _plans(sheet: ScoreSheet, zone: str, *, slots: int, turned_away: float) -> tuple[DayPlan, ...]:
    """Plan the slots of a day by the scores, else by the share of all meetings that were missed."""
    if not sheet.counts["ended"]:
        return ()
    days = (
        sheet.scores.with_columns(pl.col("meeting_at").dt.convert_time_zone(zone).dt.date().alias("day"))
        .with_columns(pl.col("chance").fill_null(sheet.model.rate))
        .group_by("day", maintain_order=True)
        .agg("chance")
    )
    return plan_days(
        dict(days.iter_rows()),
        typical=sheet.model.rate,
        slots=slots,
        held_value_minor=HELD_WORTH,
        turned_away_cost_minor=round(HELD_WORTH * turned_away),
    )

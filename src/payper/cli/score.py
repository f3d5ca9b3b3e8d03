"""`payper score`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payper.cli import FINE

if TYPE_CHECKING:
    from payper.desk.asking.score import Scoring

ROWS_MAX = 15
"""Deliveries printed; --csv and --json have all of them."""

_FORETOLD = click.Choice(["meeting", "opportunity", "win", "show"])


@click.command(epilog="Example: payper score out/northwind --milestone meeting --as-of 2026-05-20 --html scores.html")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--database", metavar="ADDRESS", help="The book instead: a file, or postgresql://user@host:5432/database?book=NAME.")
@click.option("--milestone", type=_FORETOLD, default="win", help="What is foretold; show: whether meetings ahead are missed. Default: win.")
@click.option(
    "--within", metavar="DAYS", type=int, help="Of delivery. Default: 60 for a meeting, 90 for an opportunity, the programme's for a win."
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Nothing later than this day has happened. Default: the day of the run.")
@click.option("--trust", metavar="NAMES", default="", help="Columns known at delivery though they look like leaks, such as answer_stage.")
@click.option("--slots", type=int, help="With show: say how many meetings to book where so many can be taken in a day.")
@click.option("--turned-away", type=float, default=1.0, help="With --slots: what who comes in vain costs, in meetings held. Default: 1.")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to forward.")
@click.option("--csv", "--out", "out", type=click.Path(dir_okay=False, path_type=Path), help="Write all scores as CSV.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON (docs/reference/score.md).")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def score(
    folder: Path | None,
    *,
    database: str | None,
    milestone: str,
    within: int | None,
    as_of: datetime | None,
    trust: str,
    slots: int | None,
    turned_away: float,
    page: Path | None,
    out: Path | None,
    is_json: bool,
    quiet: bool,
) -> int:
    """Give each open delivery its calibrated chance of a milestone, why, and how far that can be trusted.

    FOLDER is an output folder or a programme folder, read as the last run left it. Where too few deliveries reached the milestone there is
    no score: the rates of segments are shown, and the reason.
    """
    from payper.cli.measure import place_of
    from payper.cli.terminal import print_json, progress
    from payper.desk.asking.score import score as score_place

    with progress(is_quiet=quiet or is_json) as tell:
        result = score_place(
            place_of(folder, database),
            milestone=milestone,
            within_days=within,
            as_of=as_of.date() if as_of else None,
            trusted=[name.strip() for name in trust.split(",") if name.strip()],
            slots=slots,
            turned_away=turned_away,
            page=page,
            out=out,
            tell=tell,
        )
    if is_json:
        print_json(result.to_json())
    elif not quiet:
        click.echo(_shown(result))
    return FINE


def _shown(result: Scoring) -> str:
    from textwrap import fill

    from payper.cli.terminal import bullets, strong
    from payper.reports.score_words import all_notes, counts_words, headline, moved_words, plan_words, three_findings
    from payper.reports.words import day_in_words

    story = result.story
    sheet, model = story.sheet, story.sheet.model
    simulated = " (simulated)" if story.is_simulated else ""
    parts = [
        strong(fill(f"{headline(story)}.", 80)),
        fill(f"{story.programme}{simulated}, as of {day_in_words(story.day)}. {counts_words(story)}", 80),
    ]
    found = three_findings(story)
    if found:
        parts.append(bullets("What it is worth:", found))
    if not story.has_score and model.segment_rates.height:
        parts.append(_segments(result))
    if story.has_score and sheet.scores.height:
        parts.append(_scores(result))
        first = sheet.scores["reasons"][0]
        if first is not None and len(first):
            parts.append(fill(f"Why the first: {'; '.join(first)}.", 80))
    if story.plans:
        parts.append(bullets("What to book:", plan_words(story)))
    if sheet.look_back is not None and sheet.look_back.drift.is_refit_due:
        parts.append(bullets("What has moved:", moved_words(story)))
    suspects = [f"{one.verdict}: {one.column}. {one.reason}" for one in model.suspicions if one.verdict != "unusable"]
    if suspects:
        parts.append(bullets("Columns to look at:", suspects))
    notes = all_notes(story)[0 if story.has_score else 1 :]
    if notes:
        parts.append(bullets("Notes:", notes))
    parts.append(_last(result))
    return "\n\n".join(parts)


def _scores(result: Scoring) -> str:
    from payper.cli.terminal import table
    from payper.reports.score_words import between_words, chance_words
    from payper.reports.words import day_in_words, local_day, shortened

    story = result.story
    when, head = ("meeting_at", "meeting") if story.is_of_meetings else ("delivered_at", "delivered")
    rows = [
        [
            shortened(row["contract"], 20),
            shortened(str(row["external_id"]), 12),
            shortened(row["company_key"] or "", 16),
            day_in_words(local_day(row[when], story.zone)),
            chance_words(row["chance"]),
            between_words(row["chance_low"], row["chance_high"]),
        ]
        for row in story.sheet.scores.head(ROWS_MAX).iter_rows(named=True)
    ]
    shown = table(["contract", "delivery", "company", head, "chance", "between"], rows, right=(3, 4, 5))
    rest = story.sheet.scores.height - ROWS_MAX
    return shown if rest <= 0 else f"{shown}\n… and {rest:,} more"


def _segments(result: Scoring) -> str:
    from payper.cli.terminal import table
    from payper.reports.score_words import between_words, chance_words
    from payper.reports.words import count, shortened

    rows = [
        [
            shortened(name, 34),
            count(row["deliveries"]),
            count(row["wins"]),
            chance_words(row["rate"]),
            between_words(row["rate_lo"], row["rate_hi"]),
        ]
        for row in result.story.sheet.model.segment_rates.iter_rows(named=True)
        for name in (
            "all that can be counted" if row["column"] is None else f"{row['column'].replace('_', ' ')} {row['value'] or 'not given'}",
        )
    ]
    return table(["segment", "counted", "reached it", "rate", "between"], rows, right=(1, 2, 3, 4))


def _segment_name(column: str | None, value: str | None) -> str:
    return "all that can be counted" if column is None else f"{column.replace('_', ' ')} {value or 'not given'}"


def _last(result: Scoring) -> str:
    files = [f"Scores: {result.out}"] if result.out is not None else []
    files += [f"Page: {result.page}"] if result.page is not None else []
    if not result.story.has_score and result.story.sheet.milestone in ("opportunity", "win"):
        next_ = "Next: --milestone meeting, or fewer days with --within, can be scored sooner."
    elif result.page is not None:
        next_ = "Next: open the page; it shows how far chances can be taken at their word."
    else:
        next_ = "Next: --html FILE makes a page to forward; --csv FILE keeps the whole list."
    return "\n".join([*files, next_])

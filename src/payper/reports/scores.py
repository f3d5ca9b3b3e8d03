"""The scores as a page to forward: whom to work on first, how far chances can be taken at their word, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payper.measurement.scoring.assessment import reliability
from payper.measurement.scoring.model import ScoreModel
from payper.reports.drawing import NARROW, WIDE
from payper.reports.page import Figure, Section, drawn, render_page
from payper.reports.result_charts import Estimate, estimates_chart
from payper.reports.score_charts import Month, Tenth, months_chart, reliability_chart
from payper.reports.score_words import (
    MEETING_HEADS,
    SCORE_HEADS,
    ScoreStory,
    all_notes,
    between_words,
    chance_words,
    counts_words,
    difference_words,
    error_words,
    headline,
    look_back_words,
    moved_words,
    plan_words,
    target,
    three_findings,
)
from payper.reports.tables import Table
from payper.reports.words import count, counted, day_in_words, local_day, percent

ROWS_MAX = 200
"""Deliveries on the page; the CSV has all."""
SEGMENTS_MAX = 30


def render_scores(story: ScoreStory, *, payper_version: str) -> str:
    """Write the page; the same scores give the same bytes.

    Args:
        story: What is told.
        payper_version: The version that made it.
    """
    return scores_page(scores_values(story), payper_version=payper_version)


def scores_values(story: ScoreStory) -> dict[str, Any]:
    """Give what a page of scores shows, in words and charts."""
    return {
        "headline": headline(story),
        "programme": story.programme,
        "is_simulated": story.is_simulated,
        "period": f"{story.programme}, as of {day_in_words(story.day)}",
        "lead": counts_words(story),
        "target": target(story),
        "findings": three_findings(story),
        "sections": [section for section in _sections(story) if section is not None],
        "notes": all_notes(story),
        "is_of_meetings": story.is_of_meetings,
    }


def scores_page(values: Mapping[str, Any], *, payper_version: str) -> str:
    """Write the page to forward; the same values give the same bytes."""
    return render_page("scores.html.j2", version=payper_version, **values)


def _sections(story: ScoreStory) -> list[Section | None]:
    return [_open(story), _slots(story), _reliability(story), _segments(story), _moved(story), _columns(story.sheet.model)]


def _open(story: ScoreStory) -> Section | None:
    scores = story.sheet.scores
    if not story.has_score or scores.is_empty():
        return None
    rows = []
    for row in scores.head(ROWS_MAX).iter_rows(named=True):
        names = [str(row["external_id"]), row["company_key"] or "", row["seniority"] or "", row["contract"]]
        chance = [chance_words(row["chance"]), between_words(row["chance_low"], row["chance_high"])]
        why = ["; ".join(row["reasons"] or []), row["basis"]]
        if story.is_of_meetings:
            rows.append([*names, _moment(row["meeting_at"], story.zone), *chance, *why])
        else:
            delivered = day_in_words(local_day(row["delivered_at"], story.zone))
            rows.append([*names, delivered, *chance, chance_words(row["chance_at_delivery"]), count(row["age_days"]), *why])
    heads = MEETING_HEADS if story.is_of_meetings else SCORE_HEADS
    hidden = scores.height - len(rows)
    caption = "Meetings ahead, the next first" if story.is_of_meetings else "Open deliveries, the highest chance from now first"
    note = f"{counted(hidden, 'more is', 'more are')} in the list that `payper score --csv` writes." if hidden else ""
    if not story.is_of_meetings:
        note = f"From now: what the chance at delivery has become after the days without it. {note}".strip()
    question = "Who may not come?" if story.is_of_meetings else "Whom to work on first?"
    return Section("open", question, caption, tables=[Table(caption, heads, rows, words=5, tail=2)], note=note)


def _moment(instant: object, zone: str) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    assert isinstance(instant, datetime)
    local = instant.astimezone(ZoneInfo(zone))
    return f"{day_in_words(local.date())}, {local:%H:%M}"


def _slots(story: ScoreStory) -> Section | None:
    told = plan_words(story)
    if not told:
        return None
    heads = ["Day", "Booked already", "Book more", "Held, expected", "Empty slots", "In vain, expected", "Chance of one"]
    rows = [
        [
            day_in_words(one.day) if one.day else "any day",
            count(one.taken),
            "more than worth" if one.is_full else count(one.more),
            f"{one.plan.expected_held:.1f}",
            f"{one.plan.expected_idle:.1f}",
            f"{one.plan.expected_over:.1f}",
            percent(one.plan.chance_over),
        ]
        for one in story.plans
    ]
    note = f"Who comes in vain costs {story.turned_away:g} of a meeting held; slots of a day are taken as one another's."
    return Section("slots", "How many meetings to book?", told[0], tables=[Table("Meetings to book by day", heads, rows)], note=note)


def _reliability(story: ScoreStory) -> Section | None:
    model = story.sheet.model
    if model.deciles is None or model.assessment is None:
        return None
    table = reliability(model.deciles)
    tenths = [Tenth(*row) for row in table.select("mean_p", "rate", "rate_lo", "rate_hi").iter_rows()]
    rows = [
        [
            between_words(row["p_from"], row["p_to"]),
            count(row["deliveries"]),
            count(row["wins"]),
            chance_words(row["mean_p"]),
            chance_words(row["rate"]),
            between_words(row["rate_lo"], row["rate_hi"]),
            percent(row["gains"]),
        ]
        for row in table.iter_rows(named=True)
    ]
    heads = ["Chance said", "Deliveries", "Reached it", "Said on average", "Came", "Between", "Of all that reached it, here and above"]
    figure = Figure(
        "What came of each tenth of deliveries against the chance said; on the dashed line chances mean what they say",
        Table("Tenths by score", heads, rows),
        drawn(reliability_chart(tenths, NARROW)),
        drawn(reliability_chart(tenths, WIDE)),
        note=f"{error_words(model.assessment)} Each was scored by a model that had not seen it; lines are 95% intervals.",
    )
    return Section("reliability", "Can chances be taken at their word?", difference_words(model.assessment), figures=[figure])


def _segments(story: ScoreStory) -> Section | None:
    model = story.sheet.model
    shown = model.segment_rates.head(SEGMENTS_MAX)
    if shown.is_empty():
        return None
    names = ["all" if row["column"] is None else f"{row['value'] or 'not given'}" for row in shown.iter_rows(named=True)]
    estimates = [
        Estimate(
            name,
            row["rate"],
            row["rate_lo"],
            row["rate_hi"],
            f"{chance_words(row['rate'])}, {between_words(row['rate_lo'], row['rate_hi'])}",
        )
        for name, row in zip(names, shown.iter_rows(named=True), strict=True)
    ]
    rows = [
        [
            "all" if row["column"] is None else row["column"].replace("_", " "),
            row["value"] or ("" if row["column"] is None else "not given"),
            count(row["deliveries"]),
            count(row["wins"]),
            chance_words(row["rate"]),
            between_words(row["rate_lo"], row["rate_hi"]),
        ]
        for row in model.segment_rates.iter_rows(named=True)
    ]
    figure = Figure(
        f"Share that reached {target(story)}, with 95% intervals"
        if not story.is_of_meetings
        else "Share of meetings missed, with 95% intervals",
        Table("Rates of segments", ["By", "Segment", "Counted", "Reached it", "Rate", "Between"], rows, words=2),
        drawn(estimates_chart(estimates, NARROW)),
        drawn(estimates_chart(estimates, WIDE)),
    )
    answer = f"{percent(model.rate)} of all; each segment is drawn to that the less it holds"
    return Section("segments", "What do segments reach on average?", answer, figures=[figure])


def _moved(story: ScoreStory) -> Section | None:
    found = story.sheet.look_back
    if found is None:
        return None
    drift = found.drift
    months = [Month(f"{row['period']:%b %Y}", row["expected"], row["wins"]) for row in drift.periods.iter_rows(named=True)]
    heads = ["Month of delivery", "Deliveries", "Foretold", "Came", "Standard deviations off"]
    by_month = [
        [
            f"{row['period']:%b %Y}",
            count(row["deliveries"]),
            f"{row['expected']:,.1f}",
            count(row["wins"]),
            f"{row['z']:+.1f}".replace("-", "−"),
        ]
        for row in drift.periods.iter_rows(named=True)
    ]
    by_column = [
        [
            row["column"].replace("_", " "),
            row["verdict"],
            row["most"] or "",
            chance_words(row["before"]),
            chance_words(row["after"]),
            f"{row['psi']:.2f}",
        ]
        for row in drift.columns.iter_rows(named=True)
    ]
    figures = []
    if months:
        figures.append(
            Figure(
                f"By month of delivery: what came as a bar, what the score of {day_in_words(found.as_of)} foretold as a mark across it",
                Table("Foretold and come, by month", heads, by_month),
                drawn(months_chart(months, NARROW)),
                drawn(months_chart(months, WIDE)),
            )
        )
    table = Table(
        "Columns then and since (PSI: below 0.10 steady, above 0.25 shifted)",
        ["Column", "Verdict", "What moved most", "Share then", "Share since", "PSI"],
        by_column,
        words=3,
    )
    return Section(
        "moved",
        "Did an earlier score hold?",
        look_back_words(found, is_of_meetings=story.is_of_meetings).rstrip("."),
        figures=figures,
        tables=[table],
        note=" ".join(moved_words(story)),
    )


def _columns(model: ScoreModel) -> Section | None:
    if not model.columns and not model.suspicions:
        return None
    rows = [[one.column.replace("_", " "), one.verdict, one.reason] for one in model.suspicions]
    refused = sum(1 for one in model.suspicions if one.verdict == "refused")
    flagged = sum(1 for one in model.suspicions if one.verdict == "flagged")
    made = ", ".join(name.replace("_", " ") for name in model.columns) or "nothing"
    answer = f"{counted(len(model.columns), 'column')}; {count(refused)} refused as leaks, {count(flagged)} to look at"
    tables = [Table("Columns refused, flagged or unusable", ["Column", "Verdict", "Why"], rows, words=3)] if rows else []
    note = (
        f"Made from: {made}. A column that was filled in after delivery knows the answer: it is refused, and --trust NAME lets it in again."
    )
    return Section("columns", "What is it made from?", answer, tables=tables, note=note)

"""`payper forecast`."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from payper.cli import FINE, NO

if TYPE_CHECKING:
    from payper.advice.forecast import Forecast
    from payper.desk.asking.forecast import ForecastAsked, ForecastResult

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(epilog="Example: payper forecast examples/northwind --as-of 2026-03-20 --goal wins=20 --html forecast.html")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--database", metavar="ADDRESS", help="The book, instead of FOLDER: a file, or postgresql://user@host:5432/database?book=NAME."
)
@click.option("--as-of", type=_DAY, help="Nothing later than this day has happened. Default: the day of the run.")
@click.option("--weeks", type=int, help="Weeks ahead, up to 104. Default: 13, or as many as the goal needs.")
@click.option("--by", metavar="NAMES", default="model", help="Tell deliveries apart by these: model, provider, contract, or none.")
@click.option(
    "--goal", "goals", multiple=True, metavar="MEASURE=NUMBER", help="What is to be reached: meetings, opportunities, wins or revenue."
)
@click.option("--since", type=_DAY, help="The first day that counts for the goal. Default: that of the calendar quarter of --until.")
@click.option("--until", type=_DAY, help="The last day that counts for the goal. Default: that of the quarter of the next day.")
@click.option("--buy", multiple=True, metavar="GROUP=NUMBER", help="Deliveries not bought yet, such as lead=300; or nothing.")
@click.option(
    "--profile", type=click.Path(dir_okay=False, path_type=Path), help="Its goal and advice count. Default: profile.toml in FOLDER."
)
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write the forecast as a page to forward.")
@click.option("--seed", type=int, default=0, help="Of the futures drawn; the same seed gives the same forecast.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON (docs/reference/forecast.md).")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def forecast(
    folder: Path | None,
    *,
    database: str | None,
    as_of: datetime | None,
    page: Path | None,
    is_json: bool,
    quiet: bool,
    **asked: Any,
) -> int:
    """Foretell meetings, opportunities, wins and revenue by week, and the chance of a goal.

    FOLDER is an output folder or a programme folder, as the last run left it. What comes of deliveries made already, of those that
    contracts still bring, and of those not bought yet is told apart.
    """
    from payper.cli.measure import place_of
    from payper.cli.terminal import print_json, progress
    from payper.desk.asking.forecast import forecast_programme

    with progress(is_quiet=quiet or is_json) as tell:
        result = forecast_programme(place_of(folder, database), _asked(**asked), as_of=_day(as_of), page=page, tell=tell)
    if is_json:
        print_json(result.to_json())
    else:
        for finding in result.findings:
            click.echo(str(finding), err=True)
        if not quiet and result.found is not None:
            click.echo(_shown(result))
    return NO if result.found is None else FINE


def _asked(by: str, since: datetime | None, until: datetime | None, **more: Any) -> ForecastAsked:
    """Read what is asked of the options of the same names."""
    from payper.desk.asking.forecast import ForecastAsked

    names = tuple(name.strip() for name in by.split(",") if name.strip() not in ("", "none"))
    return ForecastAsked(by=names, since=_day(since), until=_day(until), **more)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


WEEKS_MAX = 13
"""Weeks printed; --json and the page have all of them."""


def _shown(result: ForecastResult) -> str:
    from textwrap import fill

    from payper.advice.forecast_goals import steps_words
    from payper.cli.terminal import bullets, strong
    from payper.reports.forecast_words import headline, is_groundless
    from payper.reports.words import day_in_words

    found, standing, record = result.found, result.standing, result.record
    assert found is not None, "there is a forecast to show"
    assert standing is not None, "of a programme"
    assert record is not None, "with its record"
    simulated = " (simulated)" if standing.words.is_simulated else ""
    said = headline(found, result.goals, result.currency, accepted=standing.outcomes.height)
    parts = [
        strong(fill(f"{standing.words.name}, forecast as of {day_in_words(found.as_of)}{simulated}", 80)),
        strong(fill(f"{said}.", 80)),
    ]
    parts += [
        fill(f"Goal, {goal.asked.origin}: {goal.chance.said(result.currency)} {steps_words(goal)}".strip(), 80) for goal in result.goals
    ]
    if not is_groundless(found, accepted=standing.outcomes.height):
        parts += _tables(found, result.currency)
    if result.plans:
        parts.append(
            bullets("Counted on from contracts:", [f"{plan.contract}: {plan.deliveries:,.0f}. {plan.words}" for plan in result.plans])
        )
    if result.purchases:
        parts.append(bullets("Not yet bought:", [one.words for one in result.purchases]))
    parts.append(fill(record.words, 80))
    if result.notes:
        parts.append(bullets("Notes:", result.notes))
    if result.page is not None:
        parts.append(f"Forecast: {result.page}\nNext: open it in a browser.")
    elif result.goals:
        parts.append("Next: name --html FILE for a page to forward.")
    else:
        parts.append("Next: name a goal, such as --goal wins=20, or --html FILE for a page to forward.")
    return "\n\n".join(parts)


def _tables(found: Forecast, currency: str) -> list[str]:
    """Lay out all weeks together by source, and each week."""
    from payper.cli.terminal import table
    from payper.reports.forecast_words import totals_cells, week_cells

    heads = [f"in {found.days // 7} weeks", "delivered", "contracted", "not bought", "all", "nine of ten futures"]
    totals = table(heads, [totals_cells(found, measure, currency, is_short=True) for measure in found.parts], right=(1, 2, 3, 4, 5))
    heads = ["week from", *(f"{name} {currency}" if name == "revenue" else name for name in found.parts)]
    rows = [week_cells(found, week) for week in range(1, min(found.days // 7, WEEKS_MAX) + 1)]
    return [totals, table(heads, rows, right=tuple(range(1, len(heads))))]

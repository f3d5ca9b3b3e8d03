"""Forecast: what the weeks ahead bring, as the address asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery

from payper.advice.forecast_goals import GOAL_MEASURES
from payper.advice.forecast_plans import GROUPS
from payper.desk.asking.forecast import ForecastAsked
from payper.desk.people.installation import absent
from payper.desk.reads.exports import check_kind
from payper.desk.reads.read_forecast import forecast_table, forecast_tables, read_forecast
from payper.errors import UsageError
from payper.parties import Act
from payper.web.pages.exports import file_answer
from payper.web.pages.results import read_day
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in
from payper.web.waiting import working_page

ALL_ALIKE = "none"
FIELDS = ("weeks", "as_of", "by", "goal", "amount", "since", "until", "buy")
"""What an address can ask, in the order of the form."""

_SHAPES = {"weeks": "weeks", "by": "by", "goal": "amount", "until": "until", "since": "until", "buy": "buy", "as_of": "as_of"}
"""The field that a refusal is of, by the option of the command."""

Asked = Request[Any, Any, Any]
Text = FromQuery[str | None]


@get("/forecast", sync_to_thread=True)
def forecast_page(
    request: Asked, weeks: Text = None, as_of: Text = None, by: Text = None, goal: Text = None, amount: Text = None, since: Text = None,
    until: Text = None, buy: Text = None,
) -> Response[Any]:  # fmt: skip
    """Say what the weeks ahead bring, by source, and the chance of a goal."""
    typed = _typed(weeks=weeks, as_of=as_of, by=by, goal=goal, amount=amount, since=since, until=until, buy=buy)
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_RESULTS)
        try:
            asked, day = read_forecast_asked(typed)
            found = read_forecast(visit.directory, visit.actor, asked, as_of=day)
        except UsageError as error:
            field = _SHAPES.get(error.where.split(" ")[0].removeprefix("--"), "weeks")
            return _shown(visit, typed, template="forecast_wrong.html.j2", status=400, error=error, field=field)
        if found is None:
            return page(visit, "forecast_none.html.j2", title="Forecast")
        _, worked = found
        if worked.value is None:
            return working_page(visit, worked, section="Forecast", title="Forecast")
        return _shown(
            visit, typed, template="forecast.html.j2", is_current=worked.is_current, read_at=worked.read_at,
            all_tables=forecast_tables(worked.value.values),
            has_profile=worked.value.has_profile, error=None, field=None, **worked.value.values,
        )  # fmt: skip


@get("/forecast/report.html", sync_to_thread=True)
def forecast_file(
    request: Asked, weeks: Text = None, as_of: Text = None, by: Text = None, goal: Text = None, amount: Text = None, since: Text = None,
    until: Text = None, buy: Text = None,
) -> Response[Any]:  # fmt: skip
    """Give the forecast as one file to forward."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_RESULTS)
        typed = _typed(weeks=weeks, as_of=as_of, by=by, goal=goal, amount=amount, since=since, until=until, buy=buy)
        asked, day = read_forecast_asked(typed)
        found = read_forecast(visit.directory, visit.actor, asked, as_of=day)
        if found is None:
            raise absent("report", "forecast")
        own, worked = found
        if worked.value is None:
            return working_page(visit, worked, section="Forecast", title="Forecast")
        name = f"forecast-{own.party}-{worked.value.day.isoformat()}.html"
        return Response(worked.value.page, media_type=MediaType.HTML, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@get("/exports/forecast/{kind:str}", sync_to_thread=True)
def forecast_table_file(
    request: Asked, kind: FromPath[str], table: FromQuery[str] = "1", weeks: Text = None, as_of: Text = None, by: Text = None,
    goal: Text = None, amount: Text = None, since: Text = None, until: Text = None, buy: Text = None,
) -> Response[Any]:  # fmt: skip
    """Give a table of the forecast as a file."""
    with signed_in(request) as visit:
        visit.actor.must(Act.READ_RESULTS)
        check_kind(kind)
        if not (table.isascii() and table.isdigit() and len(table) < 4):
            raise absent("table", table)
        typed = _typed(weeks=weeks, as_of=as_of, by=by, goal=goal, amount=amount, since=since, until=until, buy=buy)
        asked, day = read_forecast_asked(typed)
        worked = forecast_table(visit.directory, visit.actor, asked, as_of=day, place=int(table))
        if worked.value is None:
            return working_page(visit, worked, section="Forecast", title="Forecast")
        return file_answer(worked.value, kind, f"forecast-{table}")


def _shown(visit: Visit, typed: Mapping[str, str], *, template: str, status: int = 200, **values: Any) -> Response[Any]:
    return page(
        visit, template, status=status, title="Forecast", typed={name: typed.get(name, "") for name in FIELDS}, query=typed,
        measures=GOAL_MEASURES, groups=(*GROUPS, ALL_ALIKE), **values,
    )  # fmt: skip


def _typed(**sent: str | None) -> dict[str, str]:
    """Give what an address says, without what is empty."""
    return {name: value.strip()[:200] for name, value in sent.items() if value and value.strip()}


def read_forecast_asked(typed: Mapping[str, str]) -> tuple[ForecastAsked, date | None]:
    """Read what an address asks for, and as of which day; what is not there is not asked.

    Raises:
        UsageError: A day or a number is none, or a goal has only one of its halves.
    """
    weeks, goal, amount = (typed.get(name, "") for name in ("weeks", "goal", "amount"))
    if weeks and not (weeks.isascii() and weeks.isdigit() and len(weeks) < 5):
        raise UsageError(where="--weeks", seen=f"«{weeks[:40]}» is no number of weeks.", mend="Write 13 for a quarter.")
    if amount and not goal:
        raise UsageError(where="--goal", seen="A goal is a number of something.", mend="Choose what is to be reached, too.")
    if goal and not amount:
        raise UsageError(where="--goal", seen="A goal has a number.", mend="Write how much is to be reached, such as 20.")
    by = typed.get("by", "model")
    asked = ForecastAsked(
        weeks=int(weeks) if weeks else None,
        by=tuple(name.strip() for name in by.split(",") if name.strip() not in ("", ALL_ALIKE)),
        goals=(f"{goal}={amount.replace(',', '')}",) if goal else (),
        since=_day(typed, "since"),
        until=_day(typed, "until"),
        buy=tuple(each for each in typed.get("buy", "").replace(",", " ").split() if each),
    )
    return asked, read_day(typed.get("as_of"))


def _day(typed: Mapping[str, str], name: str) -> date | None:
    try:
        return read_day(typed.get(name))
    except UsageError as error:
        raise UsageError(where=f"--{name}", seen=error.seen, mend=error.mend) from error


ROUTES = [forecast_page, forecast_file, forecast_table_file]

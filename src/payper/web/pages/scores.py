"""Scores: whom to touch first, how far chances can be taken at their word, and which meetings may be missed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery

from payper.desk.asking.score import SHOW, ScoresAsked
from payper.desk.people.installation import absent
from payper.desk.reads.exports import check_kind
from payper.desk.reads.read_scores import read_scores
from payper.errors import UsageError
from payper.measurement.scoring.programme import MILESTONES
from payper.parties import Act
from payper.web.pages.exports import file_answer
from payper.web.pages.results import read_day
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in
from payper.web.waiting import working_page

FIELDS = ("milestone", "within", "as_of", "slots", "turned_away", "trust")
TITLE = "Scores"
_AT = {"turned-away": "turned_away"}

Asked = Request[Any, Any, Any]
Text = FromQuery[str | None]


@get("/prospects/scores", sync_to_thread=True)
def scores_view(
    request: Asked, milestone: Text = None, within: Text = None, as_of: Text = None, slots: Text = None, turned_away: Text = None,
    trust: Text = None,
) -> Response[Any]:  # fmt: skip
    """Give open deliveries by their chance of a milestone, or meetings ahead by that of being missed."""
    typed = _typed(milestone=milestone, within=within, as_of=as_of, slots=slots, turned_away=turned_away, trust=trust)
    with signed_in(request) as visit:
        _allowed(visit)
        try:
            asked, day = read_scores_asked(typed)
            found = read_scores(visit.directory, visit.actor, asked, as_of=day, at=visit.at)
        except UsageError as error:
            option = error.where.split(" ")[0].removeprefix("--")
            field = _AT.get(option, option)
            return _shown(visit, typed, status=400, error=error, field=field if field in FIELDS else "milestone")
        if found is None:
            return page(visit, "scores_none.html.j2", title=TITLE)
        _, worked = found
        if worked.value is None:
            return working_page(visit, worked, section="Prospects", title=TITLE)
        return _shown(visit, typed, is_current=worked.is_current, read_at=worked.read_at, seen=worked.value, **worked.value.values)


@get("/prospects/scores/report.html", sync_to_thread=True)
def scores_file(
    request: Asked, milestone: Text = None, within: Text = None, as_of: Text = None, slots: Text = None, turned_away: Text = None,
    trust: Text = None,
) -> Response[Any]:  # fmt: skip
    """Give the scores as one file to forward."""
    typed = _typed(milestone=milestone, within=within, as_of=as_of, slots=slots, turned_away=turned_away, trust=trust)
    with signed_in(request) as visit:
        _allowed(visit)
        asked, day = read_scores_asked(typed)
        found = read_scores(visit.directory, visit.actor, asked, as_of=day, at=visit.at)
        if found is None:
            raise absent("report", "scores")
        own, worked = found
        if worked.value is None:
            return working_page(visit, worked, section="Prospects", title=TITLE)
        name = f"scores-{own.party}-{worked.value.day.isoformat()}.html"
        return Response(worked.value.page, media_type=MediaType.HTML, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@get("/exports/scores/{kind:str}", sync_to_thread=True)
def scores_table_file(
    request: Asked, kind: FromPath[str], milestone: Text = None, within: Text = None, as_of: Text = None, slots: Text = None,
    turned_away: Text = None, trust: Text = None,
) -> Response[Any]:  # fmt: skip
    """Give all scores as a file: the columns of `payper score --csv`."""
    typed = _typed(milestone=milestone, within=within, as_of=as_of, slots=slots, turned_away=turned_away, trust=trust)
    with signed_in(request) as visit:
        _allowed(visit)
        check_kind(kind)
        asked, day = read_scores_asked(typed)
        found = read_scores(visit.directory, visit.actor, asked, as_of=day, at=visit.at)
        if found is None:
            raise absent("table", "scores")
        _, worked = found
        if worked.value is None:
            return working_page(visit, worked, section="Prospects", title=TITLE)
        return file_answer(worked.value.listed, kind, f"scores-{asked.milestone}")


def _allowed(visit: Visit) -> None:
    visit.actor.must(Act.READ_RESULTS)
    visit.actor.must(Act.READ_PEOPLE)


def _shown(visit: Visit, typed: Mapping[str, str], *, status: int = 200, **values: Any) -> Response[Any]:
    shown = {"error": None, "field": None, "seen": None} | values
    return page(
        visit, "scores.html.j2", status=status, title=TITLE, typed={name: typed.get(name, "") for name in FIELDS}, query=typed,
        milestones=(*MILESTONES, SHOW), **shown,
    )  # fmt: skip


def _typed(**sent: str | None) -> dict[str, str]:
    """Give what an address says, without what is empty."""
    return {name: value.strip()[:200] for name, value in sent.items() if value and value.strip()}


def read_scores_asked(typed: Mapping[str, str]) -> tuple[ScoresAsked, date | None]:
    """Read what an address asks for, and as of which day; what is not there is not asked.

    Raises:
        UsageError: A day or a number is none.
    """
    cost = typed.get("turned_away", "1")
    try:
        turned_away = float(cost)
    except ValueError as error:
        raise UsageError(where="--turned-away", seen=f"«{cost[:40]}» is no number.", mend="Write 1, or 0.5.") from error
    asked = ScoresAsked(
        milestone=typed.get("milestone", "win"),
        within_days=_number(typed, "within"),
        trusted=tuple(each.strip() for each in typed.get("trust", "").split(",") if each.strip()),
        slots=_number(typed, "slots"),
        turned_away=turned_away,
    )
    return asked, read_day(typed.get("as_of"))


def _number(typed: Mapping[str, str], name: str) -> int | None:
    text = typed.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise UsageError(where=f"--{name}", seen=f"«{text[:40]}» is no whole number.", mend="Write digits, such as 90.")
    return int(text)


ROUTES = [scores_view, scores_file, scores_table_file]

"""Routes of the API that give results."""

from __future__ import annotations

import json
from typing import Annotated, Any

from litestar import Request, Response, get, put
from litestar.params import JSONBody, QueryParameter

from payper.desk.people.installation import absent
from payper.desk.people.own_profile import OwnProfile, read_own_profile, replace_profile
from payper.desk.reads.read_advice import read_advice
from payper.desk.reads.read_forecast import read_forecast
from payper.desk.reads.read_providers import ProvidersAsked, read_providers
from payper.desk.reads.read_results import read_results
from payper.desk.reads.worked_out import Worked
from payper.errors import StoreError
from payper.parties import Act
from payper.web.api.shapes import FindingShape, NumberShape, ProfileShape, ProfileText
from payper.web.pages.forecast import read_forecast_asked
from payper.web.pages.results import read_asked, read_day
from payper.web.visits import with_token

WAIT_SECONDS = 60.0
"""How long a system waits for what is worked out for the first time."""

Day = Annotated[
    str | None, QueryParameter(description="As of this day, such as 2026-03-31; default: until which the book is settled.", max_length=10)
]
Horizon = Annotated[int | None, QueryParameter(description="Days after delivery within which revenue counts.", ge=1, le=3650)]


@get("/results", sync_to_thread=True)
def results(
    request: Request[Any, Any, Any],
    provider: Annotated[str | None, QueryParameter(description="Only of this provider.", max_length=100)] = None,
    contract: Annotated[str | None, QueryParameter(description="Only of this contract.", max_length=100)] = None,
    model: Annotated[str | None, QueryParameter(description="Only of this model: lead, appointment or hybrid.", max_length=20)] = None,
    horizon: Horizon = None,
    as_of: Day = None,
    by: Annotated[str | None, QueryParameter(description="Segments to group by together, commas between.", max_length=200)] = None,
) -> dict[str, Any]:
    """Give the results of your own book as docs/results-schema.json tells: the JSON of `payper measure --json`."""
    with with_token(request) as visit:
        asked = read_asked(
            provider=provider, contract=contract, model=model, horizon=None if horizon is None else str(horizon), as_of=as_of, by=by
        )
        found = read_results(visit.directory, visit.actor, asked, wait_seconds=WAIT_SECONDS)
        if found is None:
            raise absent("book", visit.actor.party)
        return plain_answer(found[1])  # type: ignore[return-value]  # the same as a dictionary, written already


@get("/forecast", sync_to_thread=True)
def forecast(
    request: Request[Any, Any, Any],
    weeks: Annotated[
        int | None, QueryParameter(description="Weeks ahead; default: 13, or as many as the goal needs.", ge=1, le=104)
    ] = None,
    as_of: Day = None,
    by: Annotated[
        str, QueryParameter(description="Told apart by model, provider, contract, or none; commas between.", max_length=50)
    ] = "model",
    goal: Annotated[str, QueryParameter(description="A goal such as wins=20; default: that of your profile.", max_length=100)] = "",
    since: Annotated[str | None, QueryParameter(description="The first day that counts for the goal.", max_length=10)] = None,
    until: Annotated[str | None, QueryParameter(description="The last day that counts for the goal.", max_length=10)] = None,
    buy: Annotated[str, QueryParameter(description="Not bought yet, such as lead=300, blanks between; or nothing.", max_length=200)] = "",
) -> dict[str, Any]:
    """Foretell your own book as docs/reference/forecast.md tells: the JSON of `payper forecast --json`."""
    with with_token(request) as visit:
        visit.actor.must(Act.READ_RESULTS)
        measure, _, amount = goal.partition("=")
        sent = {"weeks": "" if weeks is None else str(weeks), "as_of": as_of, "by": by, "goal": measure, "amount": amount, "since": since,
                "until": until, "buy": buy}  # fmt: skip
        asked, day = read_forecast_asked({name: value for name, value in sent.items() if value})
        found = read_forecast(visit.directory, visit.actor, asked, as_of=day, wait_seconds=WAIT_SECONDS)
        if found is None:
            raise absent("book", visit.actor.party)
        return plain_answer(found[1])  # type: ignore[return-value]  # the same as a dictionary, written already


@get("/providers", sync_to_thread=True)
def providers(
    request: Request[Any, Any, Any],
    weights: Annotated[
        str, QueryParameter(description="Weights such as accuracy=2,relevance=1; default: all criteria alike.", max_length=500)
    ] = "",
    horizon: Horizon = None,
    as_of: Day = None,
) -> dict[str, Any]:
    """Give the scorecards of your providers as docs/providers-schema.json tells: the JSON of `payper providers --json`."""
    with with_token(request) as visit:
        asked = ProvidersAsked(weights=weights, as_of=read_day(as_of), horizon_days=horizon)
        found = read_providers(visit.directory, visit.actor, asked, wait_seconds=WAIT_SECONDS)
        if found is None:
            raise absent("book", visit.actor.party)
        return plain_answer(found[1])  # type: ignore[return-value]  # the same as a dictionary, written already


@get("/profile", sync_to_thread=True)
def profile(request: Request[Any, Any, Any]) -> ProfileShape:
    """Give your profile: its text, what is odd about the answers, and the number that each stands for."""
    with with_token(request) as visit:
        return _profile(read_own_profile(visit.directory, visit.actor))


@put("/profile", sync_to_thread=True)
def put_profile(request: Request[Any, Any, Any], data: JSONBody[ProfileText]) -> ProfileShape:
    """Keep another profile in place of the one before."""
    with with_token(request) as visit:
        return _profile(replace_profile(visit.directory, visit.actor, data.text, at=visit.at))


@get("/advice", sync_to_thread=True)
def advice(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Give the advice by your profile and your own record, as docs/reference/advice.md tells: the JSON of `payper advise --json`."""
    with with_token(request) as visit:
        _, worked = read_advice(visit.directory, visit.actor, wait_seconds=WAIT_SECONDS)
        if worked is None:
            raise absent("advice", visit.actor.party)
        return plain_answer(worked)  # type: ignore[return-value]  # the same as a dictionary, written already


def _profile(found: OwnProfile) -> ProfileShape:
    findings = [
        FindingShape(severity=str(each.severity), key=each.key, line=each.line, seen=each.seen, mend=each.mend) for each in found.findings
    ]
    numbers = [
        NumberShape(answer=answer, words=each.words, value=each.value, range=each.span or None, source=each.source, mark=each.mark)
        for answer, stands in found.numbers.items()
        for each in stands
    ]
    return ProfileShape(text=found.text, changed_at=found.changed_at, is_ready=found.is_ready, findings=findings, numbers=numbers)


def plain_answer(worked: Worked[Any]) -> Response[bytes]:
    """Answer with JSON that is written already, with `state`: whether it is of the book as it stands, and when its book was read.

    Raises:
        StoreError: It is still being worked out.
    """
    if worked.value is None:
        raise StoreError(where="results", seen="This is still being worked out.", mend="Ask again in a moment.", can_retry=True)
    assert worked.read_at is not None, "what is found was read"
    read_at = worked.read_at.isoformat(timespec="seconds").replace("+00:00", "Z")
    state = json.dumps({"is_current": worked.is_current, "book_read_at": read_at})
    plain: bytes = worked.value.plain
    assert plain.startswith(b"{"), "an object"
    return Response(b'{"state": ' + state.encode() + b", " + plain[1:], media_type="application/json")


ROUTES = [results, forecast, providers, profile, put_profile, advice]

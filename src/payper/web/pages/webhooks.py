"""Settings, Webhooks: where the party's systems are called back, and what became of the calls."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect

from payper.desk.telling.webhooks import (
    OLD_SECRET_HOURS,
    STATES,
    change_endpoint,
    drop_endpoint,
    events_for,
    list_calls,
    list_endpoints,
    make_endpoint,
    read_endpoint,
    replay_call,
    replay_dead,
    rotate_secret,
    send_test,
)
from payper.errors import PayperError, UsageError
from payper.parties import Act
from payper.web.pages.entrance import Sent, text_of
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in


@get("/settings/webhooks", sync_to_thread=True)
def webhooks_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the party's webhooks, with a form for a new one."""
    with signed_in(request) as visit:
        return _webhooks(visit)


@post("/settings/webhooks", sync_to_thread=True)
def webhook_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Make a webhook; its secret is shown once."""
    with signed_in(request, data) as visit:
        visit.actor.must(Act.MANAGE_WEBHOOKS)
        typed = {name: text_of(data, name) for name in ("name", "address")}
        try:
            made = make_endpoint(
                visit.directory,
                visit.actor,
                **typed,
                events=_ticked(data),
                is_loopback_allowed=visit.server.configuration.webhooks_to_loopback,
                at=visit.at,
            )
        except UsageError as error:
            if type(error) is not UsageError:
                raise
            return _webhooks(visit, typed=typed, ticked=_ticked(data), error=error, status=400)
        return _one(visit, made.endpoint, secret=made.secret)


@get("/settings/webhooks/{webhook:str}", sync_to_thread=True)
def webhook_page(
    request: Request[Any, Any, Any],
    webhook: FromPath[str],
    only: Annotated[str | None, QueryParameter(name="state")] = None,
    before: FromQuery[str | None] = None,
) -> Response[Any]:
    """Show a webhook and its calls."""
    with signed_in(request) as visit:
        return _one(visit, webhook, state=only or None, before=before or None)


@post("/settings/webhooks/{webhook:str}", sync_to_thread=True)
def change_form(request: Request[Any, Any, Any], webhook: FromPath[str], data: Sent) -> Response[Any]:
    """Do with a webhook what was pressed: change, switch on or off, a new secret, a test, send given-up calls again, take it away."""
    with signed_in(request, data) as visit:
        directory, actor, at, pressed = visit.directory, visit.actor, visit.at, text_of(data, "do")
        read_endpoint(directory, actor, webhook)
        allowed = visit.server.configuration.webhooks_to_loopback
        try:
            if pressed == "secret":
                return _one(visit, webhook, secret=rotate_secret(directory, actor, webhook, at=at).secret)
            if pressed == "drop":
                drop_endpoint(directory, actor, webhook, at=at)
                return Redirect("/settings/webhooks", status_code=303)
            if pressed == "test":
                send_test(directory, actor, webhook, at=at)
            elif pressed == "replay":
                replay_dead(directory, actor, webhook, at=at)
            elif pressed in {"on", "off"}:
                change_endpoint(directory, actor, webhook, is_active=pressed == "on", is_loopback_allowed=allowed, at=at)
            else:
                name, address, events = text_of(data, "name"), text_of(data, "address"), _ticked(data)
                change_endpoint(directory, actor, webhook, name=name, address=address, events=events, is_loopback_allowed=allowed, at=at)
        except UsageError as error:
            if type(error) is not UsageError:
                raise
            return _one(visit, webhook, error=error, status=400)
    return Redirect(f"/settings/webhooks/{webhook}", status_code=303)


@post("/settings/webhooks/{webhook:str}/calls/{call:str}/replay", sync_to_thread=True)
def replay_form(request: Request[Any, Any, Any], webhook: FromPath[str], call: FromPath[str], data: Sent) -> Response[Any]:
    """Let a call be sent again."""
    with signed_in(request, data) as visit:
        replay_call(visit.directory, visit.actor, webhook, call, at=visit.at)
    return Redirect(f"/settings/webhooks/{webhook}", status_code=303)


def _webhooks(
    visit: Visit,
    *,
    typed: dict[str, str] | None = None,
    ticked: list[str] | None = None,
    error: PayperError | None = None,
    status: int = 200,
) -> Response[Any]:
    events = events_for(visit.actor)
    return page(
        visit,
        "webhooks.html.j2",
        title="Webhooks",
        status=status,
        webhooks=list_endpoints(visit.directory, visit.actor),
        events=events,
        ticked=ticked if ticked is not None else ["delivery.judged", "delivery.changed"],
        typed=typed or {"name": "", "address": ""},
        error=error,
    )


def _one(
    visit: Visit,
    webhook: str,
    *,
    state: str | None = None,
    before: str | None = None,
    secret: str | None = None,
    error: PayperError | None = None,
    status: int = 200,
) -> Response[Any]:
    calls = list_calls(visit.directory, visit.actor, webhook, state=state, before=before)
    return page(
        visit,
        "webhook.html.j2",
        title=calls.endpoint.name,
        status=status,
        webhook=calls.endpoint,
        calls=calls,
        events=events_for(visit.actor),
        state=state,
        states=STATES,
        before=before,
        secret=secret,
        hours=OLD_SECRET_HOURS,
        error=error,
    )


def _ticked(data: dict[str, Any]) -> list[str]:
    sent = data.get("events", [])
    return [str(each) for each in (sent if isinstance(sent, list) else [sent])]


ROUTES = [webhooks_page, webhook_form, webhook_page, change_form, replay_form]

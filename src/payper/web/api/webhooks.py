"""Routes of the API for webhooks: endpoints, their secrets, their calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from payper.desk.telling.webhooks import (
    CallSeen,
    change_endpoint,
    drop_endpoint,
    list_calls,
    list_endpoints,
    make_endpoint,
    read_endpoint,
    replay_call,
    replay_dead,
    rotate_secret,
    send_test,
)
from payper.parties import Act
from payper.store.outgoing import Endpoint
from payper.web.api.writing import Key, check_body, once
from payper.web.visits import with_token

Asked = Request[Any, Any, Any]
Id = Annotated[str, PathParameter(max_length=60)]


class NewWebhook(Struct, kw_only=True, forbid_unknown_fields=True):
    """A webhook to be made: `events` are kinds such as `delivery.judged`."""

    address: str
    events: list[str]
    name: str = ""


class WebhookChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to change of a webhook; what is left out stays."""

    name: str | UnsetType = UNSET
    address: str | UnsetType = UNSET
    events: list[str] | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class WebhookShape(Struct, kw_only=True):
    """A webhook; `failures` counts calls that failed in a row, `rest_until` is when it is called again at the earliest."""

    id: str
    name: str
    address: str
    events: list[str]
    is_active: bool
    created_at: datetime
    old_secret_until: datetime | None
    failures: int
    rest_until: datetime | None


class WebhookWithSecret(WebhookShape, kw_only=True):
    """A webhook with the secret that signs its calls, which is told this once; null where a request that came before is answered again."""

    secret: str | None


class AttemptShape(Struct, kw_only=True):
    """One attempt; `status` is null where no answer came, `words` say what stood in the way."""

    at: datetime
    milliseconds: int
    status: int | None
    words: str


class CallShape(Struct, kw_only=True):
    """A call: `id` is its webhook-id, `state` waiting, sent or dead."""

    id: str
    event: str
    state: str
    made_at: datetime
    due_at: datetime | None
    tries: int
    attempts: list[AttemptShape]


class CallsPage(Struct, kw_only=True):
    """A page of calls, newest first; `next` goes into `before` for the page after it."""

    rows: list[CallShape]
    next: str | None


class Replayed(Struct, kw_only=True):
    """How many calls are sent again."""

    calls: int


@get("/webhooks", sync_to_thread=True)
def webhooks(request: Asked) -> list[WebhookShape]:
    """List the party's webhooks."""
    with with_token(request) as visit:
        return [_shown(each) for each in list_endpoints(visit.directory, visit.actor)]


@post("/webhooks", sync_to_thread=True, before_request=check_body)
def make_webhook(request: Asked, data: JSONBody[NewWebhook], key: Key = None) -> Response[WebhookWithSecret]:
    """Make a webhook. Its secret is told this once; it hears of what happens from now on."""
    with with_token(request) as visit:
        visit.actor.must(Act.MANAGE_WEBHOOKS)

        def make() -> WebhookWithSecret:
            made = make_endpoint(
                visit.directory,
                visit.actor,
                name=data.name,
                address=data.address,
                events=data.events,
                is_loopback_allowed=visit.server.configuration.webhooks_to_loopback,
                at=visit.at,
            )
            return _with_secret(made)

        return once(request, visit, key, data, make, kept=_without_secret)


@get("/webhooks/{webhook:str}", sync_to_thread=True)
def one_webhook(request: Asked, webhook: Id) -> WebhookShape:
    """Give one webhook."""
    with with_token(request) as visit:
        return _shown(read_endpoint(visit.directory, visit.actor, webhook))


@patch("/webhooks/{webhook:str}", sync_to_thread=True, before_request=check_body)
def change_webhook(request: Asked, webhook: Id, data: JSONBody[WebhookChange]) -> WebhookShape:
    """Change a webhook; `is_active` false switches it off, and calls wait until it is on again."""
    told = {name: value for name in data.__struct_fields__ if not isinstance(value := getattr(data, name), UnsetType)}
    with with_token(request) as visit:
        allowed = visit.server.configuration.webhooks_to_loopback
        return _shown(change_endpoint(visit.directory, visit.actor, webhook, **told, is_loopback_allowed=allowed, at=visit.at))


@delete("/webhooks/{webhook:str}", sync_to_thread=True)
def drop_webhook(request: Asked, webhook: Id) -> None:
    """Take a webhook away for good."""
    with with_token(request) as visit:
        drop_endpoint(visit.directory, visit.actor, webhook, at=visit.at)


@post("/webhooks/{webhook:str}/secret", sync_to_thread=True)
def rotate_webhook(request: Asked, webhook: Id, key: Key = None) -> Response[WebhookWithSecret]:
    """Make a new secret, told this once; the one before signs beside it for a day."""
    with with_token(request) as visit:
        read_endpoint(visit.directory, visit.actor, webhook)

        def rotate() -> WebhookWithSecret:
            return _with_secret(rotate_secret(visit.directory, visit.actor, webhook, at=visit.at))

        return once(request, visit, key, None, rotate, kept=_without_secret)


@post("/webhooks/{webhook:str}/test", sync_to_thread=True, status_code=202)
def try_webhook(request: Asked, webhook: Id, key: Key = None) -> Response[CallShape]:
    """Let a test event be sent."""
    with with_token(request) as visit:
        read_endpoint(visit.directory, visit.actor, webhook)
        return once(request, visit, key, None, lambda: _call(CallSeen(send_test(visit.directory, visit.actor, webhook, at=visit.at), ())))


@get("/webhooks/{webhook:str}/calls", sync_to_thread=True)
def webhook_calls(
    request: Asked,
    webhook: Id,
    only: Annotated[str | None, QueryParameter(name="state", max_length=20, description="waiting, sent or dead.")] = None,
    before: Annotated[str | None, QueryParameter(max_length=200, description="`next` of the page before.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> CallsPage:
    """Give a page of calls and their attempts."""
    with with_token(request) as visit:
        found = list_calls(visit.directory, visit.actor, webhook, state=only, before=before, limit=limit)
        return CallsPage(rows=[_call(each) for each in found.rows], next=found.next)


@post("/webhooks/{webhook:str}/calls/{call:str}/replay", sync_to_thread=True, status_code=202)
def replay_webhook_call(request: Asked, webhook: Id, call: FromPath[str], key: Key = None) -> Response[CallShape]:
    """Let a call be sent again, under the same id."""
    with with_token(request) as visit:
        read_endpoint(visit.directory, visit.actor, webhook)
        return once(
            request, visit, key, None, lambda: _call(CallSeen(replay_call(visit.directory, visit.actor, webhook, call, at=visit.at), ()))
        )


@post("/webhooks/{webhook:str}/replay", sync_to_thread=True, status_code=202)
def replay_webhook(request: Asked, webhook: Id, key: Key = None) -> Response[Replayed]:
    """Let the calls that were given up be sent again, at most 1000 at once."""
    with with_token(request) as visit:
        read_endpoint(visit.directory, visit.actor, webhook)
        return once(request, visit, key, None, lambda: Replayed(calls=replay_dead(visit.directory, visit.actor, webhook, at=visit.at)))


def _fields(each: Endpoint) -> dict[str, Any]:
    return {
        "id": each.endpoint,
        "name": each.name,
        "address": each.address,
        "events": sorted(each.events),
        "is_active": each.is_active,
        "created_at": each.created_at,
        "old_secret_until": each.old_until,
        "failures": each.failures,
        "rest_until": each.rest_until,
    }


def _shown(each: Endpoint) -> WebhookShape:
    return WebhookShape(**_fields(each))


def _with_secret(each: Endpoint) -> WebhookWithSecret:
    return WebhookWithSecret(**_fields(each), secret=each.secret)


def _without_secret(each: WebhookWithSecret) -> WebhookWithSecret:
    return replace(each, secret=None)


def _call(seen: CallSeen) -> CallShape:
    message = seen.message
    return CallShape(
        id=message.message,
        event=message.kind,
        state=message.state,
        made_at=message.made_at,
        due_at=message.due_at if message.state == "waiting" else None,
        tries=message.tries,
        attempts=[AttemptShape(at=each.at, milliseconds=each.milliseconds, status=each.status, words=each.words) for each in seen.attempts],
    )


ROUTES = [
    webhooks, make_webhook, one_webhook, change_webhook, drop_webhook, rotate_webhook, try_webhook, webhook_calls, replay_webhook_call,
    replay_webhook,
]  # fmt: skip

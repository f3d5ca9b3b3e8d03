"""A visit: one request by somebody, with the directory open and who they are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest
from typing import Any

from litestar import Request

from payper.connectors.identity import IdentityProvider
from payper.desk.people.installation import Installation
from payper.desk.people.people import Actor, actor_of_session, actor_of_token
from payper.desk.people.refusals import TooManyError
from payper.store.directory import Directory
from payper.web.configuration import Configuration
from payper.web.gate import LIMIT
from payper.web.limits import Limit
from payper.web.metrics import Metrics

Asked = Request[Any, Any, Any]
Form = Mapping[str, Any]


class SignInNeededError(Exception):
    """Nobody is signed in; `is_api`: no token that is known was sent."""

    def __init__(self, *, is_api: bool = False) -> None:
        super().__init__("sign in")
        self.is_api = is_api


class StaleFormError(Exception):
    """A form does not carry what its session's forms carry."""


@dataclass(frozen=True)
class Server:
    """What all visits share.

    Attributes:
        clock: Gives the instant of now, with a zone.
        steady: Gives seconds of a clock that never goes back, for limits.
        requests: What each token may ask.
        identity: Where people can sign in besides; None: nowhere.
    """

    installation: Installation
    configuration: Configuration
    clock: Callable[[], datetime]
    steady: Callable[[], float]
    sign_ins: Limit
    requests: Limit
    metrics: Metrics
    identity: IdentityProvider | None = None

    @property
    def cookie(self) -> str:
        """Name the session's cookie; the prefix lets only this host set it, by https."""
        return "__Host-payper" if self.configuration.is_https else "payper"


@dataclass(frozen=True)
class Visit:
    """One request by somebody."""

    server: Server
    directory: Directory
    at: datetime
    actor: Actor

    @property
    def party_name(self) -> str:
        """Give the name of the visitor's party."""
        return self.name_of(self.actor.party)

    def name_of(self, party: str) -> str:
        """Give the name of a party, or its id."""
        found = self.directory.party(party)
        return found.name or party if found is not None else party


def server_of(request: Asked) -> Server:
    """Give what all visits share."""
    server: Server = request.app.state.server
    return server


@contextmanager
def signed_in(request: Asked, form: Form | None = None) -> Iterator[Visit]:
    """Open the directory for somebody signed in with a browser.

    Args:
        request: What was asked.
        form: What a form sent, which must carry its session's token; None: nothing is changed.

    Raises:
        SignInNeededError: Nobody is signed in.
        StaleFormError: The form is of another session.
    """
    server = server_of(request)
    at, key = server.clock(), request.cookies.get(server.cookie, "")
    with server.installation.open() as directory:
        actor = actor_of_session(directory, key, at=at) if key else None
        if actor is None:
            raise SignInNeededError
        if form is not None and not compare_digest(str(form.get("csrf", "")).encode(), actor.csrf.encode()):
            raise StaleFormError
        yield Visit(server, directory, at, actor)


@contextmanager
def with_token(request: Asked) -> Iterator[Visit]:
    """Open the directory for a system that sends a token.

    Raises:
        SignInNeededError: No token that is known and in force was sent.
        TooManyError: It asked as often as it may.
    """
    server = server_of(request)
    at = server.clock()
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    with server.installation.open() as directory:
        actor = actor_of_token(directory, key.strip(), at=at) if scheme.lower() == "bearer" else None
        if actor is None:
            raise SignInNeededError(is_api=True)
        take_request(request, server, actor.who)
        yield Visit(server, directory, at, actor)


def take_request(request: Asked, server: Server, who: str) -> None:
    """Count a request of a token, and note what is left for the headers of the answer.

    Raises:
        TooManyError: It asked as often as it may.
    """
    limit, now = server.requests, server.steady()
    if limit.per_minute <= 0:
        return
    wait = limit.take(who, now=now)
    noted: dict[str, object] = dict(zip(("limit", "left", "reset"), (limit.per_minute, *limit.left(who, now=now)), strict=True))
    request.scope[LIMIT] = noted  # type: ignore[literal-required]  # a key of our own
    if wait > 0:
        raise TooManyError(wait)


def client_of(request: Asked) -> str:
    """Give the address that a request comes from."""
    return request.client.host if request.client is not None else ""

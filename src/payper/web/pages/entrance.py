"""Signing in and out, accepting an invitation, and the first run of an installation."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from litestar.response import Redirect

from payper.desk.people.first_run import begin_installation, is_first_run, waiting_parties
from payper.desk.people.installation import secret_of
from payper.desk.people.own_party import read_kind
from payper.desk.people.people import SESSION_HOURS, DeniedError, SignedIn, accept_invitation, end_session, note_new_browser, sign_in
from payper.errors import PayperError, UsageError
from payper.parties import Party, PartyKind
from payper.web.rendering import page
from payper.web.visits import Asked, Server, client_of, server_of, signed_in

Sent = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]

KNOWN_DAYS = 365
"""How long a browser is known to somebody."""


def text_of(form: dict[str, Any], name: str) -> str:
    """Give what was typed in a field, empty where nothing was; of several the first."""
    value = form.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value or "")


@get("/sign-in", sync_to_thread=True)
def sign_in_page(request: Request[Any, Any, Any], next: FromQuery[str] = "/") -> Response[Any]:  # noqa: A002  # the address says next
    """Show the form to sign in."""
    with server_of(request).installation.open() as directory:
        if directory.operator() is None:
            return page(None, "not_ready.html.j2", title="Not set up yet")
    return _sign_in(server_of(request), goal=local_goal(next))


def sign_in_again(server: Server, error: PayperError, *, status: int) -> Response[Any]:
    """Show the form to sign in with what went wrong."""
    return _sign_in(server, error=error, status=status)


def _sign_in(
    server: Server,
    *,
    goal: str = "/",
    email: str = "",
    error: PayperError | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    elsewhere = server.configuration.oidc_name if server.identity is not None else None
    return page(
        None,
        "sign_in.html.j2",
        title="Sign in",
        status=status,
        headers=headers or {},
        next=goal,
        email=email,
        error=error,
        elsewhere=elsewhere,
    )


@post("/sign-in", sync_to_thread=True)
def sign_in_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Sign in."""
    server, email, goal = server_of(request), text_of(data, "email"), local_goal(text_of(data, "next"))
    wait = max(
        server.sign_ins.take(f"{what}:{value}", now=server.steady()) for what, value in (("from", client_of(request)), ("as", email))
    )
    if wait > 0:
        error = UsageError(where="sign-in", seen="Too many attempts.", mend=f"Wait {int(wait) + 1} seconds, then try again.")
        headers = {"Retry-After": str(int(wait) + 1)}
        return _sign_in(server, goal=goal, email=email, error=error, status=429, headers=headers)
    try:
        with server.installation.open() as directory:
            password, code = text_of(data, "password"), text_of(data, "code")
            entered = sign_in(directory, email=email, password=password, code=code, at=server.clock())
    except DeniedError as error:
        return _sign_in(server, goal=goal, email=email, error=error, status=401)
    return enter(server, request, entered, goal)


@post("/sign-out", sync_to_thread=True)
def sign_out(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """End the session."""
    with signed_in(request, data) as visit:
        end_session(visit.directory, request.cookies.get(visit.server.cookie, ""))
    answer = Redirect("/sign-in", status_code=303)
    answer.cookies.append(_cookie(visit.server, "", 0))
    return answer


@get("/invitation", sync_to_thread=False)
def invitation_page(key: FromQuery[str] = "") -> Response[Any]:
    """Show the form that takes an invitation; whether the key serves is told only when it is used."""
    return page(None, "invitation.html.j2", title="Welcome", key=key, error=None)


@post("/invitation", sync_to_thread=True)
def invitation_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Take an invitation: set a password and sign in."""
    server, key = server_of(request), text_of(data, "key")
    try:
        take_attempt(server, request)
        with server.installation.open() as directory:
            entered = accept_invitation(directory, key, password=text_of(data, "password"), at=server.clock())
    except UsageError as error:
        return page(None, "invitation.html.j2", title="Welcome", status=400, key=key, error=error)
    return enter(server, request, entered, "/", is_first=True)


@get("/first-run", sync_to_thread=True)
def first_run_page(request: Request[Any, Any, Any], key: FromQuery[str] = "") -> Response[Any]:
    """Show the form that makes the first party, to who has the link of the terminal."""
    return _first_run(server_of(request), key, typed={}, error=None)


@post("/first-run", sync_to_thread=True)
def first_run_form(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
    """Make the first party and its owner, and sign the owner in."""
    server, key = server_of(request), text_of(data, "key")
    typed = {name: text_of(data, name) for name in ("party", "party_name", "kind", "zone", "owner_name", "email")}
    try:
        take_attempt(server, request)
        kind = read_kind(typed["kind"] or PartyKind.BUYER)
        party = Party(typed["party"].strip(), typed["party_name"].strip() or typed["party"].strip(), kind)
        with server.installation.open() as directory:
            entered = begin_installation(
                directory,
                key,
                party,
                zone=typed["zone"] or "UTC",
                owner_email=typed["email"],
                owner_name=typed["owner_name"],
                password=text_of(data, "password"),
                at=server.clock(),
            )
    except PayperError as error:
        return _first_run(server, key, typed=typed, error=error)
    return enter(server, request, entered, "/", is_first=True)


def _first_run(server: Server, key: str, *, typed: dict[str, str], error: PayperError | None) -> Response[Any]:
    with server.installation.open() as directory:
        if not is_first_run(directory, key):
            return page(None, "not_ready.html.j2", title="This link does not serve", status=404)
        waiting = waiting_parties(directory)
    first = waiting[0] if waiting else None
    defaults = {
        "party": first.id if first else "",
        "party_name": first.name if first else "",
        "kind": str(first.kind) if first else "buyer",
        "zone": "UTC",
        "owner_name": "",
        "email": "",
    }
    values = defaults | {name: value for name, value in typed.items() if value}
    status = 400 if error is not None else 200
    return page(
        None, "first_run.html.j2", title="First run", status=status, key=key, typed=values, error=error, kinds=[*PartyKind], waiting=waiting
    )


def take_attempt(server: Server, request: Asked) -> None:
    """Count an attempt to come in.

    Raises:
        UsageError: There were too many.
    """
    wait = server.sign_ins.take(f"from:{client_of(request)}", now=server.steady())
    if wait > 0:
        raise UsageError(where="sign-in", seen="Too many attempts.", mend=f"Wait {int(wait) + 1} seconds, then try again.")


def enter(server: Server, request: Asked, entered: SignedIn, goal: str, *, is_first: bool = False) -> Response[Any]:
    """Let somebody in who signed in; where mail is sent, they are told of a browser that was not used before."""
    answer = Redirect(goal, status_code=303)
    if server.configuration.mail_host:
        name = f"{server.cookie}-known"
        with server.installation.open() as directory:
            mark = hmac.digest(secret_of(directory), f"known {entered.person.person}".encode(), "sha256").hex()
            if not is_first and not hmac.compare_digest(request.cookies.get(name, ""), mark):
                note_new_browser(directory, entered.person.person)
        answer.cookies.append(replace(_cookie(server, mark, KNOWN_DAYS * 86_400), key=name))
    answer.cookies.append(_cookie(server, entered.key, SESSION_HOURS * 3600))
    return answer


def _cookie(server: Server, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=server.cookie, value=value, max_age=seconds, path="/", secure=server.configuration.is_https, httponly=True, samesite="lax"
    )


def local_goal(goal: str) -> str:
    """Go on only to a page of ours: an address that a browser could read as another host's leads home."""
    is_ours = goal.startswith("/") and not goal.startswith(("//", "/\\")) and not any(character in goal for character in "\r\n\t\\")
    return goal if is_ours else "/"


ROUTES = [
    sign_in_page, sign_in_form, sign_out, invitation_page, invitation_form, first_run_page, first_run_form,
]  # fmt: skip

__all__ = ["ROUTES", "Sent", "text_of"]

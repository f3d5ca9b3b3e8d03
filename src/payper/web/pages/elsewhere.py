"""Signing in at an identity provider: out and back."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.params import FromQuery, QueryParameter
from litestar.response import Redirect

from payper.connectors.identity import IdentityError, IdentityProvider
from payper.desk.people.identity import MINUTES_MAX, begin_sign_in, finish_sign_in
from payper.desk.people.installation import absent
from payper.desk.people.people import DeniedError
from payper.errors import PayperError, UsageError
from payper.web.pages.entrance import enter, local_goal, sign_in_again, take_attempt
from payper.web.visits import Server, server_of

BACK = "/sign-in/elsewhere/back"


@get("/sign-in/elsewhere", sync_to_thread=True)
def out(request: Request[Any, Any, Any], next: FromQuery[str] = "/") -> Response[Any]:  # noqa: A002  # the address says next
    """Send the browser to the identity provider."""
    server = server_of(request)
    provider = _provider(server)
    try:
        take_attempt(server, request)
        with server.installation.open() as directory:
            begun = begin_sign_in(directory, provider, back=_back(server), goal=local_goal(next), at=server.clock())
    except (UsageError, IdentityError) as error:
        return _again(server, error)
    answer = Redirect(begun.address, status_code=303)
    answer.cookies.append(_state_cookie(server, begun.state, MINUTES_MAX * 60))
    return answer


@get(BACK, sync_to_thread=True)
def back(
    request: Request[Any, Any, Any],
    came: Annotated[str, QueryParameter(name="state")] = "",
    code: FromQuery[str] = "",
    error: FromQuery[str] = "",
) -> Response[Any]:
    """Sign in who comes back."""
    server = server_of(request)
    provider = _provider(server)
    try:
        take_attempt(server, request)
        with server.installation.open() as directory:
            own = request.cookies.get(_state_name(server), "")
            if error or not code:
                seen = "Your provider did not let you in."
                raise DeniedError(where="sign-in", seen=seen, mend="Begin again, or sign in with a password.")  # one answer to all
            entered = finish_sign_in(directory, provider, state=came, own_state=own, code=code, back=_back(server), at=server.clock())
    except (UsageError, IdentityError) as fault:
        return _again(server, fault)
    answer = enter(server, request, entered.signed_in, entered.goal)
    answer.cookies.insert(0, _state_cookie(server, "", 0))
    return answer


def _provider(server: Server) -> IdentityProvider:
    if server.identity is None:
        raise absent("page", "elsewhere")
    return server.identity


def _back(server: Server) -> str:
    return f"{server.configuration.url}{BACK}"


def _again(server: Server, error: PayperError) -> Response[Any]:
    status = 503 if isinstance(error, IdentityError) and error.can_retry else 401
    answer = sign_in_again(server, error, status=status)
    answer.cookies.append(_state_cookie(server, "", 0))
    return answer


def _state_name(server: Server) -> str:
    return f"{server.cookie}-state"


def _state_cookie(server: Server, value: str, seconds: int) -> Cookie:
    secure = server.configuration.is_https
    return Cookie(key=_state_name(server), value=value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax")


ROUTES = [out, back]

"""What is answered when something is wrong: a page for people, problem+json for systems (RFC 9457)."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.response import Redirect

from payper.desk.installation import AbsentError
from payper.desk.people import DeniedError
from payper.errors import PayperError, StoreError, UsageError
from payper.web.gate import REQUEST
from payper.web.rendering import page
from payper.web.visits import Asked, SignInNeededError, StaleFormError

LOG = logging.getLogger("payper.web")
API = "/api/"

_TITLES = {
    400: "Not as it should be",
    401: "Sign in",
    403: "Not allowed",
    404: "Not here",
    405: "Not done here",
    413: "Too large",
    415: "Of a kind that is not read here",
    429: "Too many attempts",
    500: "payper was wrong",
    503: "Not now",
}


def answer_problem(request: Asked, error: Exception) -> Response[Any]:
    """Answer an exception."""
    if isinstance(error, SignInNeededError) and not error.is_api:
        if request.method == "GET":
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return Redirect(f"/sign-in?next={quote(target, safe='')}" if target != "/" else "/sign-in", status_code=303)
        return Redirect("/sign-in", status_code=303)
    status, seen, mend, where = _told(error)
    if status == 500:
        LOG.error("payper was wrong", exc_info=error, extra={"path": request.url.path})
    number = str(dict(request.scope).get(REQUEST, "")) if status >= 500 else ""
    headers = {"Retry-After": "1"} if status == 503 else {}
    if not request.url.path.startswith(API):
        return page(None, "problem.html.j2", status=status, headers=headers, title=_title(status), seen=seen, mend=mend, number=number)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    problem = {"type": "about:blank", "title": _title(status), "status": status, "detail": f"{seen} {mend}".strip(), "where": where}
    return Response(problem, media_type="application/problem+json", status_code=status, headers=headers)


def _title(status: int) -> str:
    return _TITLES.get(status, _TITLES[400 if status < 500 else 500])


def _told(error: Exception) -> tuple[int, str, str, str]:
    """Give status, what was seen, what to do, and where."""
    if isinstance(error, SignInNeededError | NotAuthorizedException):
        return 401, "No token that is known and in force was sent.", "Send `Authorization: Bearer payper_...`.", "authorization"
    if isinstance(error, StaleFormError):
        return 403, "This form is of an earlier session, so nothing was done.", "Open the page again and send it from there.", "csrf"
    if isinstance(error, PayperError):
        return _status(error), error.seen, error.mend, error.where if isinstance(error, UsageError) else ""
    if isinstance(error, HTTPException):
        return error.status_code, *_http_words(error)
    return (
        500,
        "Something went wrong inside payper.",
        "Nothing was changed. Tell whoever runs this installation the number of the request.",
        "",
    )


def _status(error: PayperError) -> int:
    if isinstance(error, AbsentError):
        return 404
    if isinstance(error, DeniedError):
        return 403
    if isinstance(error, UsageError):
        return 400
    return 503 if isinstance(error, StoreError) and error.can_retry else 500


def _http_words(error: HTTPException) -> tuple[str, str, str]:
    if error.status_code == 404:
        return "There is nothing at this address.", "Begin at the first page.", "path"
    if error.status_code == 405:
        return "This address does not take that method.", "See the description of the API.", "method"
    if error.status_code == 413:
        return "What was sent is too large.", "Send it in parts.", "body"
    extra = error.extra if isinstance(error.extra, list) else []
    faults = [f"{each.get('key', '')}: {each.get('message', '')}" for each in extra if isinstance(each, dict)]
    return "What was sent cannot be read.", ("; ".join(faults) + "." if faults else "See the description of the API."), "request"


HANDLERS: dict[int | type[Exception], Any] = {Exception: answer_problem, HTTPException: answer_problem}

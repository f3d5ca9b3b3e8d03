"""What is answered when something is wrong: a page for people, problem+json for systems (RFC 9457)."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.exceptions import HTTPException, InternalServerException, NotAuthorizedException
from litestar.response import Redirect

from payper.desk.arrivals.idempotency import KeyReusedError
from payper.desk.people.installation import AbsentError
from payper.desk.people.people import DeniedError
from payper.desk.people.refusals import Fault, NeededError, RefusedError, StaleError, TooManyError, UnreadableError
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
    408: "Too slow",
    409: "Not as things stand",
    412: "Changed since",
    413: "Too large",
    415: "Of a kind that is not read here",
    422: "Read, but not understood",
    428: "Say what you have seen",
    429: "Too many attempts",
    500: "payper was wrong",
    503: "Not now",
}

_CODES = {
    400: "REQUEST_UNREADABLE",
    401: "TOKEN_NEEDED",
    403: "NOT_ALLOWED",
    404: "NOT_HERE",
    405: "METHOD_NOT_TAKEN",
    408: "TOO_SLOW",
    409: "CONFLICT",
    412: "CHANGED_SINCE",
    413: "TOO_LARGE",
    415: "KIND_NOT_READ",
    422: "NOT_UNDERSTOOD",
    428: "PRECONDITION_NEEDED",
    429: "TOO_MANY_REQUESTS",
    500: "PAYPER_WRONG",
    503: "NOT_NOW",
}
"""Codes where an error brings none of its own."""
_BY_CODE = {
    **dict.fromkeys(("BODY_EMPTY", "BODY_NOT_UTF8", "BODY_NOT_JSON", "BODY_CUT_OFF", "KEY_TWICE", "NESTED_TOO_DEEP"), 400),
    **dict.fromkeys(("TOO_MANY_FIELDS", "KEY_UNREADABLE", "FILE_UNREADABLE", "COLUMNS_UNKNOWN"), 400),
    "IDEMPOTENCY_KEY_REUSED": 409,
    "CONTRACT_NOT_ACCEPTED": 409,
    "LISTS_MISSING": 409,
    "TOO_BUSY": 429,
    "TOO_LARGE": 413,
    "TOO_MANY_ROWS": 413,
    "TOO_SLOW": 408,
    "KIND_NOT_READ": 415,
}
"""Statuses of refusals by their codes, where their kind does not give it."""


_CUT_OFF = RefusedError(code="BODY_CUT_OFF", where="body", seen="The body ended before it was whole.", mend="Send it whole.")


def answer_problem(request: Asked, error: Exception) -> Response[Any]:
    """Answer an exception."""
    if isinstance(error, InternalServerException) and "disconnected" in error.detail:
        error = _CUT_OFF
    if isinstance(error, SignInNeededError) and not error.is_api:
        if request.method == "GET":
            target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return Redirect(f"/sign-in?next={quote(target, safe='')}" if target != "/" else "/sign-in", status_code=303)
        return Redirect("/sign-in", status_code=303)
    status, seen, mend, where = _told(error)
    if status == 500:
        LOG.error("payper was wrong", exc_info=error, extra={"path": request.url.path})
    number = str(dict(request.scope).get(REQUEST, "")) if status >= 500 else ""
    headers = {"Retry-After": str(error.wait_seconds) if isinstance(error, TooManyError) else "1"} if status in {429, 503} else {}
    if isinstance(error, HTTPException) and error.headers:
        headers |= {name: value for name, value in error.headers.items() if name.lower() == "allow"}
    if not request.url.path.startswith(API):
        return page(None, "problem.html.j2", status=status, headers=headers, title=_title(status), seen=seen, mend=mend, number=number)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "code": str(getattr(error, "code", "") or _CODES.get(status, _CODES[400 if status < 500 else 500])),
        "detail": f"{seen} {mend}".strip(),
        "where": where,
        "seen": seen,
        "mend": mend,
    }
    faults: tuple[Fault, ...] = getattr(error, "faults", ())
    if faults:
        problem["faults"] = [{"row": each.row, "where": each.where, "seen": each.seen, "mend": each.mend} for each in faults]
    return Response(problem, media_type="application/problem+json", status_code=status, headers=headers)


def code_of(error: Exception, status: int) -> str:
    """Give the stable code of a problem: its own, else that of its status."""
    return str(getattr(error, "code", "") or _CODES.get(status, "NOT_AS_IT_SHOULD_BE" if status < 500 else "PAYPER_WAS_WRONG"))


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
    if isinstance(error, RecursionError):
        return 400, "What was sent is nested too deep.", "See the description of the API.", "body"
    return (
        500,
        "Something went wrong inside payper.",
        "Nothing was changed. Tell whoever runs this installation the number of the request.",
        "",
    )


_STATUSES: tuple[tuple[type[PayperError], int], ...] = (
    (AbsentError, 404),
    (DeniedError, 403),
    (StaleError, 412),
    (UnreadableError, 422),
    (NeededError, 428),
    (TooManyError, 429),
    (RefusedError, 409),
    (KeyReusedError, 409),
)
"""The first kind that an error is of gives the status."""


def _status(error: PayperError) -> int:
    code = getattr(error, "code", "")
    if code in _BY_CODE:
        return _BY_CODE[code]
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    if isinstance(error, UsageError):
        return 400
    return 503 if isinstance(error, StoreError) and error.can_retry else 500


def _http_words(error: HTTPException) -> tuple[str, str, str]:
    if error.status_code == 404:
        return "There is nothing at this address.", "Begin at the first page.", "path"
    if error.status_code == 405:
        return "This address does not take that method.", "See the description of the API.", "method"
    if error.status_code == 415:
        return "What was sent is of a kind that is not read here.", "Send JSON, with Content-Type: application/json.", "content-type"
    if error.status_code == 413:
        return "What was sent is too large.", "Send it in parts.", "body"
    extra = error.extra if isinstance(error.extra, list) else []
    faults = [f"{each.get('key', '')}: {each.get('message', '')}" for each in extra if isinstance(each, dict)]
    return "What was sent cannot be read.", ("; ".join(faults) + "." if faults else "See the description of the API."), "request"


HANDLERS: dict[int | type[Exception], Any] = {Exception: answer_problem, HTTPException: answer_problem}

"""The gate in front of every route: security headers, no forms from other sites, a line in the log and in the counts for each request."""

from __future__ import annotations

import logging
import secrets
import time
from urllib.parse import urlsplit

from payper.web.asgi import Application, Message, Receive, Scope, Send
from payper.web.metrics import Metrics

LOG = logging.getLogger("payper.web")

POLICY = "; ".join(
    [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    # Not no-referrer, which lets browsers send forms with the origin «null».
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
)
REQUEST = "payper.request"
"""Where in the scope the number of the request stands."""

LIMIT = "payper.limit"
"""Where in the scope stands what a token has left: limit, left, reset."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_CROSS = b"This form was sent from another site, so nothing was done. Open the page here and send it again.\n"


class Gate:
    """Wraps the application.

    Args:
        application: What answers.
        metrics: Where requests are counted.
        is_https: Whether browsers come by https.
    """

    def __init__(self, application: Application, *, metrics: Metrics, is_https: bool) -> None:
        self._application = application
        self._metrics = metrics
        self._headers = [*_HEADERS, *([(b"strict-transport-security", b"max-age=31536000")] if is_https else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything else (start and stop) passes through."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        request_id, began, status = secrets.token_hex(8), time.perf_counter(), 500
        self._metrics.begin()
        scope[REQUEST] = request_id

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*self._with_headers(list(message["headers"]), request_id), *_limit_headers(scope)]
            await send(message)

        try:
            if _is_from_elsewhere(scope):
                await _refuse(answering)
            else:
                await self._application(scope, receive, answering)
        finally:
            seconds = time.perf_counter() - began
            route = str(scope.get("path_template") or "(none)")
            self._metrics.end(method=scope["method"], route=route, status=status, seconds=seconds)
            if LOG.isEnabledFor(logging.INFO):
                # The query is left out, as links of invitations carry their keys in it.
                extra = {
                    "request": request_id,
                    "method": scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "seconds": round(seconds, 4),
                }
                LOG.info("answered", extra=extra)

    def _with_headers(self, headers: list[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
        have = {name.lower() for name, _ in headers}
        own = [*self._headers, (b"cache-control", b"private, no-store"), (b"x-request-id", request_id.encode())]
        return [*headers, *(each for each in own if each[0] not in have)]


def _limit_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Tell a token what it has left (IETF draft-ietf-httpapi-ratelimit-headers-09, and the three headers that came before it)."""
    noted = scope.get(LIMIT)
    if noted is None:
        return []
    limit, left, reset = noted["limit"], noted["left"], noted["reset"]
    return [
        (b"ratelimit-policy", f'"token";q={limit};w=60'.encode()),
        (b"ratelimit", f'"token";r={left};t={reset}'.encode()),
        (b"x-ratelimit-limit", str(limit).encode()),
        (b"x-ratelimit-remaining", str(left).encode()),
        (b"x-ratelimit-reset", str(reset).encode()),
    ]


def _is_from_elsewhere(scope: Scope) -> bool:
    """Tell whether a browser sends a change from the page of another site; programs send neither header, and bring a token."""
    if scope["method"] in _SAFE:
        return False
    headers = dict(scope["headers"])
    if headers.get(b"sec-fetch-site", b"same-origin") not in {b"same-origin", b"none"}:
        return True
    origin = headers.get(b"origin")
    return origin is not None and urlsplit(origin.decode("latin-1")).netloc != headers.get(b"host", b"").decode("latin-1")


async def _refuse(send: Send) -> None:
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": "http.response.body", "body": _CROSS, "more_body": False})

"""A short way for the request that comes most often: one or a few deliveries, with a token that was known a moment ago.

What is not quite usual (another type, a large body, a token to be looked up, a refusal) goes the way of every other route, which reads the
body again from its beginning; so there is one place that says what is wrong. Nothing was kept when that way is taken.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque

from payper.desk.arrivals.idempotency import digest_of, read_key
from payper.desk.arrivals.posted import Posted, read_body
from payper.parties import Act
from payper.web import bodies
from payper.web.asgi import Application, Message, Receive, Scope, Send
from payper.web.receptions import Receptions
from payper.web.visits import Server

TEMPLATE = "/api/v1/contracts/{buyer}/{contract}/deliveries"
BODY_BYTES_MAX = 64_000
"""The largest body that takes the short way."""

_TYPES = frozenset({b"application/json", b"application/json;charset=utf-8"})
_PATH = re.compile(r"/api/v1/contracts/([^/]+)/([^/]+)/deliveries")


class Express:
    """Wraps the application.

    Args:
        application: What answers everything else.
        server: What every request needs.
        receptions: Where deliveries are taken.
    """

    def __init__(self, application: Application, *, server: Server, receptions: Receptions) -> None:
        self._application = application
        self._server = server
        self._receptions = receptions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._application(scope, receive, send)
            return
        found = _PATH.fullmatch(scope["path"])
        headers = dict(scope["headers"]) if found is not None else {}
        known = None
        if headers.get(b"content-type", b"").lower().replace(b" ", b"") in _TYPES:
            known = self._receptions.tokens.known_now(headers.get(b"authorization", b"").decode("latin-1"))
        address = None
        if known is not None and found is not None and Act.SEND_DELIVERIES in known.actor.acts:
            address = known.books.get(found[1]) if (found[1], found[2]) in known.reached else None
        if known is None or found is None or address is None:
            await self._application(scope, receive, send)
            return
        body, again = await _read(receive)
        answer = None
        if body is not None:
            try:
                answer = await self._post(scope, headers, body, contract=found[2], party=known.actor.party, address=address)
            except Exception:  # noqa: BLE001  # nothing was kept; the common way says what is wrong, and writes it down
                answer = None
        if answer is None:
            await self._application(scope, again, send)
            return
        scope["path_template"] = TEMPLATE
        told = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": told})
        await send({"type": "http.response.body", "body": answer, "more_body": False})

    async def _post(self, scope: Scope, headers: dict[bytes, bytes], body: bytes, *, contract: str, party: str, address: str) -> bytes:
        sent = headers.get(b"idempotency-key")
        key = read_key(None if sent is None else sent.decode("latin-1"))
        posted = Posted(
            contract=contract,
            sent=read_body(body, "json"),
            at=self._server.clock(),
            party=party,
            key=key,
            digest=b"" if key is None else digest_of(f"POST {scope['path']}", body),
        )
        return await self._receptions.of(address).post(posted)


async def _read(receive: Receive) -> tuple[bytes | None, Receive]:
    """Read a small body; give it, or None, and what gives all that was read once more, and then the rest."""
    read: list[Message] = []
    size, is_whole, is_slow = 0, False, False
    try:
        async with asyncio.timeout(bodies.SECONDS_MAX):
            while not is_whole and size <= BODY_BYTES_MAX:
                message = await receive()
                read.append(message)
                if message["type"] != "http.request":
                    break
                size += len(message["body"])
                is_whole = not message.get("more_body", False)
    except TimeoutError:
        is_slow = True
    waiting = deque(read)

    async def again() -> Message:
        if waiting:
            return waiting.popleft()
        if is_slow:
            raise bodies.too_slow()
        return await receive()

    is_small = is_whole and size <= BODY_BYTES_MAX
    return (b"".join(message["body"] for message in read) if is_small else None), again

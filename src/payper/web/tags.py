"""Entity tags: systems may keep an answer and ask whether it still holds (RFC 9110, 8.8.3 and 13.1.2)."""

from __future__ import annotations

import hashlib
from typing import Any

from payper.web.asgi import Application, Message, Receive, Scope, Send


class Tags:
    """Wraps the application: tags what the API answers to GET, and answers 304 where the asker has it already.

    Args:
        application: What answers.
        path: What addresses of the API begin with.
    """

    def __init__(self, application: Application, *, path: str) -> None:
        self._application = application
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(self._path):
            await self._application(scope, receive, send)
            return
        asked = dict(scope["headers"]).get(b"if-none-match", b"")
        start: dict[str, Any] = {}
        body = bytearray()

        async def holding(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message["body"])
                if not message["more_body"]:
                    await _answer(start, bytes(body), asked, send)
            else:
                await send(message)

        await self._application(scope, receive, holding)


async def _answer(start: dict[str, Any], body: bytes, asked: bytes, send: Send) -> None:
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"cache-control"]
    if start["status"] == 200:
        own = next((value for name, value in headers if name.lower() == b"etag"), None)
        tag = own or f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
        headers += [] if own is not None else [(b"etag", tag)]
        headers += [(b"cache-control", b"private, no-cache"), (b"vary", b"authorization")]
        if any(each.strip().removeprefix(b"W/") in {tag, b"*"} for each in asked.split(b",")):
            start["status"], body = 304, b""
            headers = [(name, value) for name, value in headers if name.lower() not in {b"content-length", b"content-type"}]
    told: Any = {**start, "headers": headers}
    await send(told)
    ended: Any = {"type": "http.response.body", "body": body, "more_body": False}
    await send(ended)

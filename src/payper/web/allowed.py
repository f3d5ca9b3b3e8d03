"""Which methods an address takes: told whole to who asks, whichever handlers stand behind it (RFC 9110, 10.2.1)."""

from __future__ import annotations

import re

from litestar import Litestar

from payper.web.asgi import Application, Message, Receive, Scope, Send


class Allowed:
    """Wraps the application: says in `Allow` every method of an address, as its routes are made one handler at a time.

    Args:
        application: What answers.
    """

    def __init__(self, application: Litestar) -> None:
        self._application: Application = application
        self._methods: dict[str, bytes] = {}
        for route in application.routes:
            methods = sorted(getattr(route, "methods", set()))
            self._methods[re.sub(r":\w+\}", "}", route.path)] = ", ".join(methods).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "OPTIONS":
            await self._application(scope, receive, send)
            return

        async def answering(message: Message) -> None:
            methods = self._methods.get(str(scope.get("path_template", "")))
            if message["type"] == "http.response.start" and methods is not None:
                others = [each for each in message["headers"] if each[0].lower() != b"allow"]
                message["headers"] = [*others, (b"allow", methods)]
            await send(message)

        await self._application(scope, receive, answering)

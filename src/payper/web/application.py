"""The application: all routes, and what stands in front of and behind them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

from payper._version import __version__
from payper.desk.people.installation import Installation
from payper.errors import PayperError
from payper.web import problems
from payper.web.allowed import Allowed
from payper.web.api import API
from payper.web.api.described import Described
from payper.web.asgi import Application
from payper.web.configuration import Configuration
from payper.web.express import Express
from payper.web.gate import Gate
from payper.web.limits import Limit
from payper.web.metrics import Metrics
from payper.web.pages import PAGES
from payper.web.receptions import Receptions
from payper.web.rendering import editor_script, page_script, stylesheet
from payper.web.tags import Tags
from payper.web.visits import Server, client_of, server_of

BODY_BYTES_MAX = 1_000_000
"""The largest form or body that the routes here take."""


def make_application(
    installation: Installation, configuration: Configuration, *, clock: Callable[[], datetime] | None = None
) -> tuple[Application, Litestar]:
    """Make what answers requests: the application behind its gate, and the application itself.

    Args:
        installation: Where things are kept.
        configuration: What the server is told.
        clock: Gives the instant of now; None: the machine's clock.
    """
    metrics = Metrics()
    server = Server(
        installation=installation,
        configuration=configuration,
        clock=clock or (lambda: datetime.now(UTC)),
        steady=time.monotonic,
        sign_ins=Limit(configuration.sign_ins_per_minute),
        requests=Limit(configuration.requests_per_minute),
        metrics=metrics,
        identity=configuration.identity,
    )
    own = [style_sheet, keys_script, script, live, ready, metrics_text]
    application = Litestar(
        route_handlers=[
            Router("/", route_handlers=[*PAGES, *own], include_in_schema=False),
            Router("/api/v1", route_handlers=API, security=[{"token": []}]),
        ],
        exception_handlers=problems.HANDLERS,
        openapi_config=OpenAPIConfig(
            title="payper",
            version=__version__,
            description="Contracts, deliveries and money of performance-based B2B demand generation. Amounts are in minor units.",
            path="/api/v1",
            render_plugins=[Described(path="/openapi.json")],
            use_handler_docstrings=True,
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
        ),
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        debug=False,
    )
    application.state.server = server
    application.state.receptions = receptions = Receptions(installation, clock=server.clock)
    express = Express(Tags(Allowed(application), path="/api/v1/"), server=server, receptions=receptions)
    return Gate(express, metrics=metrics, is_https=configuration.is_https), application


@get(stylesheet(), sync_to_thread=False)
def style_sheet() -> Response[bytes]:
    """Give the style sheet; its address changes with it."""
    content = (files("payper.web") / "static" / "payper.css").read_bytes()
    return Response(content, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})


@get(editor_script(), sync_to_thread=False)
def script() -> Response[bytes]:
    """Give the script of the contract editor; its address changes with it."""
    content = (files("payper.web") / "static" / "editor.js").read_bytes()
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "public, max-age=31536000, immutable"})


@get(page_script(), sync_to_thread=False)
def keys_script() -> Response[bytes]:
    """Give the script for keys and lists; its address changes with it."""
    content = (files("payper.web") / "static" / "payper.js").read_bytes()
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "public, max-age=31536000, immutable"})


@get("/health/live")
async def live() -> Response[str]:
    """Say that the process answers."""
    return Response("live\n", media_type="text/plain")


@get("/health/ready", sync_to_thread=True)
def ready(request: Request[Any, Any, Any]) -> Response[str]:
    """Say whether the directory can be read."""
    try:
        with server_of(request).installation.open() as directory:
            directory.operator()
    except PayperError as error:
        return Response(f"not ready: {error.seen}\n", media_type="text/plain", status_code=503)
    return Response("ready\n", media_type="text/plain")


@get("/metrics", sync_to_thread=False)
def metrics_text(request: Request[Any, Any, Any]) -> Response[str]:
    """Give the counts of this process to Prometheus: with the key that is configured, else to this machine only."""
    server = server_of(request)
    key = server.configuration.metrics_key
    is_here = client_of(request) in {"127.0.0.1", "::1"} and "x-forwarded-for" not in request.headers
    sent = hashlib.sha256(request.headers.get("authorization", "").encode()).digest()
    if sent != hashlib.sha256(f"Bearer {key}".encode()).digest() if key else not is_here:
        return Response("not allowed\n", media_type="text/plain", status_code=403)
    return Response(server.metrics.text(), media_type="text/plain; version=0.0.4")

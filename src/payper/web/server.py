"""The server: listens, says where it is, and ends without losing a request that has begun."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from granian.constants import Interfaces
from granian.server.embed import Server as Listener

from payper.desk.first_run import open_first_run
from payper.desk.installation import Installation, attach_again, attach_book
from payper.errors import UsageError
from payper.web.application import make_application
from payper.web.configuration import Configuration
from payper.web.logs import set_up_logs

LOG = logging.getLogger("payper.web")


def serve(configuration: Configuration, *, books: Sequence[str] = (), say: Callable[[str], None]) -> None:
    """Serve until a signal ends it.

    Args:
        configuration: What the server is told.
        books: Output folders, files or addresses of books to attach before it begins.
        say: Told what a person at the terminal should read.

    Raises:
        UsageError: The port is taken, or a book cannot be attached.
        StoreError: The directory cannot be opened.
    """
    set_up_logs(configuration.log_level)
    installation = Installation(configuration.place)
    prepare(installation, configuration, books=books, say=say)
    _check_port(configuration)
    application, _ = make_application(installation, configuration)
    asyncio.run(_serve(application, configuration))


def prepare(installation: Installation, configuration: Configuration, *, books: Sequence[str], say: Callable[[str], None]) -> None:
    """Make or migrate the directory, attach books, and say where to begin."""
    installation.prepare()
    with installation.open() as directory:
        for place in books:
            buyer, *providers = attach_book(directory, place, at=datetime.now(UTC))
            say(f"Opened the book of {buyer}, with {', '.join(providers) or 'no provider'}.")
        for fault in attach_again(directory, at=datetime.now(UTC)):
            say(f"A book is left as it was: {fault}")
        key = open_first_run(directory)
    if key is not None:
        say(f"Nobody uses this installation yet. Begin here; the link serves once:\n  {configuration.url}/first-run?key={key}")
    say(f"payper listens on {configuration.url} (Ctrl-C ends it)")


def _check_port(configuration: Configuration) -> None:
    """Say in words that a port is taken; the listener itself would only say so in a log."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in configuration.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((configuration.host, configuration.port))
    except OSError as error:
        raise UsageError(
            where=f"{configuration.host}:{configuration.port}",
            seen=f"The server cannot listen there: {error.strerror or error}.",
            mend="Name another port with --port, or end what listens there.",
        ) from error


async def _serve(application: object, configuration: Configuration) -> None:
    listener = Listener(
        application, address=configuration.host, port=configuration.port, interface=Interfaces.ASGINL, log_enabled=False, websockets=False
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, listener.stop)
    LOG.info("listening", extra={"host": configuration.host, "port": configuration.port})
    # Told to stop, it takes no more requests and answers those that have begun.
    await listener.serve()
    LOG.info("ended")

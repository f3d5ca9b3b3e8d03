"""The server: listens, says where it is, and ends without losing a request that has begun."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from granian.constants import Interfaces
from granian.server.embed import Server as Listener

from payper.desk.contracts.proposals import record_accepted
from payper.desk.people.first_run import open_first_run
from payper.desk.people.installation import Installation, attach_again, attach_book
from payper.errors import StoreError, UsageError
from payper.web.application import make_application
from payper.web.configuration import Configuration
from payper.web.logs import set_up_logs
from payper.web.metrics import Messages, Metrics
from payper.web.receptions import Receptions
from payper.web.worker import Worker, make_worker

LOG = logging.getLogger("payper.web")

GC_THRESHOLDS = (50_000, 50, 1000)
"""Objects made before Python looks for cycles: the first generation, and how often of each the next."""


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
    application, inner = make_application(installation, configuration)
    metrics: Metrics = inner.state.server.metrics
    with working(make_worker(installation, configuration, messages=metrics.messages) if configuration.worker else None):
        asyncio.run(_serve(application, configuration, inner.state.receptions))
    LOG.info("ended")


@contextmanager
def working(worker: Worker | None) -> Iterator[None]:
    """Let a worker work beside something else, and end with it; a round that has begun is finished."""
    if worker is None:
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=worker.run, args=(ended,), name="worker")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def work(configuration: Configuration, *, is_once: bool, say: Callable[[str], None]) -> None:
    """Send what waits, until a signal ends it or (once) until nothing is due.

    Raises:
        StoreError: The directory cannot be opened.
    """
    set_up_logs(configuration.log_level)
    installation = Installation(configuration.place)
    installation.prepare()
    worker = make_worker(installation, configuration, messages=Messages())
    if is_once:
        worker.until_empty()
        return
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    say("payper works: it sends what waits (Ctrl-C ends it)")
    worker.run(ended)


def prepare(installation: Installation, configuration: Configuration, *, books: Sequence[str], say: Callable[[str], None]) -> None:
    """Make or migrate the directory, attach books, and say where to begin."""
    installation.prepare()
    with installation.open() as directory:
        for place in books:
            buyer, *providers = attach_book(directory, place, at=datetime.now(UTC))
            say(f"Opened the book of {buyer}, with {', '.join(providers) or 'no provider'}.")
        for fault in attach_again(directory, at=datetime.now(UTC)):
            say(f"A book is left as it was: {fault}")
        try:
            record_accepted(directory, installation, at=datetime.now(UTC))
        except StoreError as fault:
            say(f"A contract that both parties accepted waits until its book can be written: {fault}")
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


async def _serve(application: object, configuration: Configuration, receptions: Receptions) -> None:
    listener = Listener(
        application, address=configuration.host, port=configuration.port, interface=Interfaces.ASGINL, log_enabled=False, websockets=False
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, listener.stop)
    receptions.resume()
    warming = asyncio.create_task(receptions.warm())
    # What was loaded stays; looking through all of it again and again would make requests wait for tens of milliseconds.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    LOG.info("listening", extra={"host": configuration.host, "port": configuration.port})
    # Told to stop, it takes no more requests and answers those that have begun.
    await listener.serve()
    await receptions.close()
    await warming

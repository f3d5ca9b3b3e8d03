"""Answers that are made while they are sent: part by part, so that a table of a whole book is never in memory."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from queue import Empty, Full, Queue

LOG = logging.getLogger("payper.serve")

AHEAD = 2
"""Parts that are made before the one that reads has taken them."""

_WAIT_SECONDS = 0.2


async def streamed(make: Callable[[], Iterator[bytes]]) -> AsyncIterator[bytes]:
    """Give what `make` gives; it runs in one thread of its own, as a connection to a book belongs to one.

    Who reads slowly lets it wait, and who goes away ends it. A part that cannot be made breaks the answer off, so that no file looks whole
    that is not.
    """
    parts: Queue[bytes | BaseException | None] = Queue(maxsize=AHEAD)
    is_over = threading.Event()
    thread = threading.Thread(target=_produce, args=(make, parts, is_over), name="stream", daemon=True)
    thread.start()
    try:
        while True:
            try:
                part = parts.get_nowait()
            except Empty:
                await asyncio.sleep(0.005)
                continue
            if part is None:
                return
            if isinstance(part, BaseException):
                raise part
            yield part
    finally:
        is_over.set()


def _produce(make: Callable[[], Iterator[bytes]], parts: Queue[bytes | BaseException | None], is_over: threading.Event) -> None:
    def put(part: bytes | BaseException | None) -> bool:
        while not is_over.is_set():
            try:
                parts.put(part, timeout=_WAIT_SECONDS)
            except Full:
                continue
            return True
        return False

    made = make()
    try:
        for part in made:
            if not put(part):
                return
        put(None)
    except BaseException as error:  # told to the one who reads
        LOG.exception("a stream broke off")
        put(error)
    finally:
        close = getattr(made, "close", None)
        if close is not None:
            close()

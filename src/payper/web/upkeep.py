"""What is done for a book after deliveries were kept in it: settle, so that money is right, and seal what is full. Beside the server."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from payper.desk.arrivals.idempotency import forget_before
from payper.desk.arrivals.judging_uploads import judge_upload, waiting_uploads
from payper.desk.arrivals.receiving import SEAL_ROWS
from payper.desk.book.settling import settle_book
from payper.errors import PayperError
from payper.store.database import open_database
from payper.store.live_rows import LiveRows

LOG = logging.getLogger("payper.upkeep")

QUIET_SECONDS = 1.0
"""How long nothing must have come before a book is settled; and at most so long as settling took ten times over."""

WAIT_SECONDS_MAX = 5.0
AT_ONCE_SECONDS = 0.5
"""How long settling a book may have taken the last time, so that somebody waits for it."""

SHARE = 10
OPEN_HOURS = 24
"""How long a batch stays open at most."""


class Upkeep:
    """Settles and seals books in a thread of its own.

    Args:
        clock: Gives the instant of now.
    """

    def __init__(self, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._due: dict[str, tuple[float, float]] = {}
        self._took: dict[str, float] = {}
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def note(self, address: str) -> None:
        """Note that deliveries were kept in a book."""
        now = time.monotonic()
        with self._changed:
            first, _ = self._due.get(address, (now, now))
            self._due[address] = (first, now)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
                self._thread.start()
            self._changed.notify()

    def settle(self, address: str) -> None:
        """Settle a book at once, so that who did something sees its money next; one that takes long is settled beside the server.

        Raises:
            StoreError: The book cannot be read.
        """
        if self._took.get(address, 0.0) > AT_ONCE_SECONDS:
            self.note(address)
            return
        began = time.monotonic()
        try:
            settle_book(address, at=self._clock())
        except PayperError as fault:
            if not fault.can_retry:
                raise
            self.note(address)
        self._took[address] = time.monotonic() - began

    def close(self) -> None:
        """Do what is due, and end."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                address = self._next()
                while address is None:
                    if self._is_closed and not self._due:
                        return
                    self._changed.wait(0.1 if self._due else None)
                    address = self._next()
                del self._due[address]
            began = time.monotonic()
            try:
                keep_up(address, at=self._clock())
            except PayperError as fault:
                LOG.warning("a book was not settled", extra={"where": fault.where, "words": fault.seen})
            except Exception:  # the next book must be settled all the same
                LOG.exception("a book was not settled")
            self._took[address] = time.monotonic() - began

    def _next(self) -> str | None:
        """Give a book that is due: quiet for a while, or waiting long enough; all at the end."""
        now = time.monotonic()
        for address, (first, last) in self._due.items():
            rest = self._took.get(address, 0.0) * SHARE
            if self._is_closed or now - last >= max(QUIET_SECONDS, rest) or now - first >= max(WAIT_SECONDS_MAX, rest):
                return address
        return None


def keep_up(address: str, *, at: datetime) -> None:
    """Settle a book, seal the batches that are full or old, and forget old answers.

    Raises:
        StoreError: The book cannot be written.
    """
    settle_book(address, at=at)
    with open_database(address) as database:
        rows = LiveRows.of(database)
        begun_before = (at - timedelta(hours=OPEN_HOURS)).isoformat(timespec="seconds")
        for each in rows.ready_to_seal(rows=SEAL_ROWS, begun_before=begun_before):
            rows.seal_one(each)
        with database.transaction():
            database.forget_answers(before=forget_before(at))


class Files:
    """Judges files that were sent, one after the other, in a thread of its own.

    Args:
        clock: Gives the instant of now.
        when_kept: Told of a book in which deliveries were kept.
    """

    def __init__(self, *, clock: Callable[[], datetime], when_kept: Callable[[str], None]) -> None:
        self._clock = clock
        self._when_kept = when_kept
        self._changed = threading.Condition()
        self._due: dict[str, None] = {}
        self._is_closed = False
        self._thread: threading.Thread | None = None

    def note(self, address: str) -> None:
        """Note that a file waits in a book."""
        with self._changed:
            self._due[address] = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="files", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """End; a file that is being read waits until the next start."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due and not self._is_closed:
                    self._changed.wait()
                if self._is_closed:
                    return
                address = next(iter(self._due))
                del self._due[address]
            try:
                for row in waiting_uploads(address):
                    if not judge_upload(address, row, clock=self._clock, is_ended=lambda: self._is_closed):
                        return
                    self._when_kept(address)
            except PayperError as fault:
                LOG.warning("a file was not judged", extra={"where": fault.where, "words": fault.seen})
                self._again(address)
            except Exception:  # the next file must be judged all the same
                LOG.exception("a file was not judged")

    def _again(self, address: str) -> None:
        with self._changed:
            self._changed.wait(1.0)
            if not self._is_closed:
                self._due[address] = None

"""A book's reception in this process: requests queue, one writer takes all that wait, judges them together, keeps them and answers each.

Nobody is answered before what they sent is durable. The queue is bounded: who comes when it is full is told to come again. Told to end, it
takes no more, and answers all that wait.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime

from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import Posted
from payper.desk.arrivals.prechecking import make_ready, precheck
from payper.desk.arrivals.receiving import Outcome, receive
from payper.desk.people.refusals import TooManyError
from payper.errors import PayperError, StoreError
from payper.store.database import Database, open_database

BATCH_ROWS_MAX = 512
"""Deliveries judged together, unless one request alone has more."""

WAITING_ROWS_MAX = 20_000
"""Deliveries that wait at most; the next one is told to come again."""

GATHER_SECONDS_MAX, GATHER_SHARE = 0.005, 0.15
"""How long a batch waits for more: a share of what the one before took."""

Waiting = tuple[Posted, "asyncio.Future[bytes]"]


class BusyError(TooManyError):
    """More waits than is judged in a few seconds."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__(wait_seconds)
        self.code, self.where = "TOO_BUSY", "deliveries"
        self.seen = f"{WAITING_ROWS_MAX:,} deliveries wait already, and nothing of this was kept."


class Reception:
    """One book's reception. Made and called in one event loop; judges in a thread of its own.

    Args:
        address: Of the book.
        clock: Gives the instant of now.
        when_kept: Called in the loop after deliveries were kept.
    """

    def __init__(self, address: str, *, clock: Callable[[], datetime], when_kept: Callable[[str], None] = lambda _: None) -> None:
        self.address = address
        self._clock = clock
        self._when_kept = when_kept
        self._waiting: deque[Waiting] = deque()
        self._rows = 0
        self._writer: asyncio.Task[None] | None = None
        self._is_closed = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reception")
        self._opened: AbstractContextManager[Database] | None = None
        self._book: LiveBook | None = None

    async def post(self, posted: Posted) -> bytes:
        """Judge and keep deliveries; give the answer as JSON when it is durable.

        Raises:
            RefusedError: Nothing of it was done, and why.
            BusyError: Too many wait; nothing of it was done.
            StoreError: The book cannot be written; nothing of it was kept.
        """
        rows = len(posted.sent.entries)
        if self._is_closed:
            raise _ending(self.address)
        if self._rows and self._rows + rows > WAITING_ROWS_MAX:
            raise BusyError(2.0)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((posted, answer))
        self._rows += rows
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write())
        return await answer

    async def precheck(self, posted: Posted) -> bytes:
        """Judge deliveries as if they were sent, and keep nothing; as `post`."""
        if self._is_closed:
            raise _ending(self.address)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._precheck, posted)

    async def warm(self) -> None:
        """Read the book and make its contracts ready, so that the first who sends waits no longer than the next."""
        if not self._is_closed:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._warm)

    def _warm(self) -> None:
        book = self._open()
        book.refresh()
        for contract in book.contracts:
            if not self._is_closed:
                make_ready(book, contract)

    async def close(self) -> None:
        """Take no more, and end when all that waits is answered."""
        self._is_closed = True
        while self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer])
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def _write(self) -> None:
        """Judge and keep what waits, batch after batch, until nothing does."""
        loop = asyncio.get_running_loop()
        crowd, took = 0, 0.0
        while self._waiting:
            if crowd > len(self._waiting):
                # Those who were just answered are sending again: together they cost little more than the first of them alone.
                await asyncio.sleep(min(GATHER_SECONDS_MAX, took * GATHER_SHARE))
            batch = self._take()
            crowd, began = len(batch), time.monotonic()
            posts = [posted for posted, _ in batch]
            try:
                outcomes: Sequence[Outcome | BaseException] = await loop.run_in_executor(self._thread, self._receive, posts)
            except BaseException as error:  # noqa: BLE001  # whatever it was, those who wait must be told
                outcomes = [error] * len(batch)
            took = time.monotonic() - began
            for (_, answer), outcome in zip(batch, outcomes, strict=True):
                if answer.done():
                    continue
                if isinstance(outcome, bytes):
                    answer.set_result(outcome)
                else:
                    answer.set_exception(outcome)
            self._when_kept(self.address)

    def _take(self) -> list[Waiting]:
        batch: list[Waiting] = []
        rows = 0
        while self._waiting and (not batch or rows + len(self._waiting[0][0].sent.entries) <= BATCH_ROWS_MAX):
            batch.append(self._waiting.popleft())
            rows += len(batch[-1][0].sent.entries)
        self._rows -= rows
        return batch

    def _receive(self, posts: Sequence[Posted]) -> Sequence[Outcome | BaseException]:
        """Judge and keep in the thread; where payper was wrong about one request, the others are done without it."""
        try:
            return receive(self._open(), posts)
        except PayperError:
            raise
        except Exception:
            if len(posts) == 1:
                raise
            outcomes: list[Outcome | BaseException] = []
            for post in posts:
                try:
                    outcomes += receive(self._open(), [post])
                except Exception as error:  # noqa: BLE001  # told to the one whose it is
                    outcomes.append(error)
            return outcomes

    def _precheck(self, posted: Posted) -> bytes:
        return precheck(self._open(), posted)

    def _open(self) -> LiveBook:
        if self._book is None:
            self._opened = open_database(self.address)
            self._book = LiveBook(self._opened.__enter__(), clock=self._clock)
        return self._book

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.__exit__(None, None, None)
            self._opened = self._book = None


def _ending(address: str) -> StoreError:
    return StoreError(where=address, seen="This server is ending.", mend="Send the same again in a moment.", can_retry=True)

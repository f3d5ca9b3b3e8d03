"""What takes longer than a page may: worked out once, in the background, kept, and given at once from then on.

One thing is worked out at a time, as each may take a processor and much memory. What was found of an earlier state of a book is given with
the word that it is earlier, while the new state is worked out.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from payper.desk.folder.run import Tell

T = TypeVar("T")

KEPT_MAX = 128
"""Answers kept at hand in a process, the least lately used going first."""

REST, REST_SECONDS_MAX = 3.0, 300.0
"""After it was worked out, something rests so many times as long as it took; what changed meanwhile waits."""

WAIT_SECONDS = 0.8
"""How long a page waits for what is being worked out, before it says so."""


@dataclass(frozen=True, slots=True)
class Worked(Generic[T]):
    """What is known now.

    Attributes:
        value: What was found; None: nothing yet.
        is_current: Whether it is of the state asked for; else of an earlier one.
        stage: What is being done just now, in words; empty: it waits for its turn, or is done.
        share: How much of that stage is done, 0 to 1.
        read_at: When the state was read that the value is of, UTC; None where there is none.
    """

    value: T | None
    is_current: bool
    stage: str = ""
    share: float = 0.0
    read_at: datetime | None = None


@dataclass
class _Job:
    """One thing that is worked out."""

    state: Hashable
    work: Callable[[Tell], Any]
    read_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: threading.Event = field(default_factory=threading.Event)
    value: Any = None
    error: BaseException | None = None
    stage: str = ""
    share: float = 0.0

    def run(self) -> None:
        try:
            self.value = self.work(self._tell)
        except BaseException as error:  # noqa: BLE001  # told to the one who waits
            self.error = error

    def _tell(self, stage: str, done: int, of: int | None) -> None:
        self.stage, self.share = stage, done / of if of else 0.0


class _Bench:
    """What is worked out and what was; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any, float, datetime]] = OrderedDict()
        self._jobs: dict[Hashable, _Job] = {}
        self._waiting: SimpleQueue[tuple[Hashable, _Job]] = SimpleQueue()
        self._worker: threading.Thread | None = None

    def ask(self, key: Hashable, state: Hashable, work: Callable[[Tell], T], *, wait_seconds: float) -> Worked[T]:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
                if kept[0] == state:
                    return Worked(kept[1], is_current=True, read_at=kept[3])
            job = self._jobs.get(key)
            if job is None and kept is not None and time.monotonic() < kept[2]:
                return Worked(kept[1], is_current=False, read_at=kept[3])
            if job is None:
                # A state that is newer than what is being worked out has its turn after that.
                job = self._jobs[key] = _Job(state, work)
                self._waiting.put((key, job))
                if self._worker is None:
                    # A daemon, so that a server that is told to stop does not wait for it.
                    self._worker = threading.Thread(target=self._go_on, name="worked out", daemon=True)
                    self._worker.start()
        earlier, read_at = (None, None) if kept is None else (kept[1], kept[3])
        job.ended.wait(wait_seconds)
        if not job.ended.is_set():
            return Worked(earlier, is_current=False, stage=job.stage, share=job.share, read_at=read_at)
        if job.error is not None:
            raise job.error
        return Worked(job.value, is_current=job.state == state, read_at=job.read_at)

    def known(self, key: Hashable) -> Any:
        with self._lock:
            kept = self._kept.get(key)
        return None if kept is None else kept[1]

    def forget(self, key: Hashable) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def _go_on(self) -> None:
        while True:
            key, job = self._waiting.get()
            began = time.monotonic()
            job.run()
            ended = time.monotonic()
            with self._lock:
                self._jobs.pop(key, None)
                if job.error is None:
                    # A book that changes all the time is not worked out all the time.
                    self._kept[key] = (job.state, job.value, ended + min(REST_SECONDS_MAX, REST * (ended - began)), job.read_at)
                    self._kept.move_to_end(key)
                    while len(self._kept) > KEPT_MAX:
                        self._kept.popitem(last=False)
            # Only now, so that who was answered and asks again finds it kept, and no job that is over.
            job.ended.set()


_BENCH = _Bench()


def work_out(key: Hashable, state: Hashable, work: Callable[[Tell], T], *, wait_seconds: float = WAIT_SECONDS) -> Worked[T]:
    """Give what was worked out before, or have it worked out and wait a little.

    Args:
        key: What is asked.
        state: Of what it is asked; another state is worked out anew.
        work: Does it; told how far it is. It runs in another thread and opens for itself what it reads.
        wait_seconds: How long to wait for it.

    Raises:
        PayperError: What `work` raised; the next one who asks has it tried again.
    """
    return _BENCH.ask(key, state, work, wait_seconds=wait_seconds)


def known(key: Hashable) -> Any:
    """Give what was worked out before, of whichever state, or None; nothing is begun."""
    return _BENCH.known(key)


def forget(key: Hashable) -> None:
    """Keep nothing of what was worked out for a key."""
    _BENCH.forget(key)

"""What is worked out in the background: once for each question and state, kept, and never in the way of who asks."""

from __future__ import annotations

import threading

import pytest

from payper.desk.reads.worked_out import forget, work_out
from payper.errors import UsageError


def test_it_is_worked_out_once_and_kept() -> None:
    calls = []
    key = object()

    def work(tell: object) -> str:
        calls.append(tell)
        return "found"

    for _ in range(3):
        known = work_out(key, 1, work, wait_seconds=30)
        assert (known.value, known.is_current) == ("found", True)
    assert len(calls) == 1
    forget(key)
    assert work_out(key, 1, work, wait_seconds=30).value == "found"
    assert len(calls) == 2


def test_many_who_ask_at_once_share_one_working() -> None:
    gate, calls, key = threading.Event(), [], object()

    def work(tell: object) -> int:
        calls.append(1)
        gate.wait(30)
        return 7

    found: list[int | None] = []
    threads = [threading.Thread(target=lambda: found.append(work_out(key, 1, work, wait_seconds=30).value)) for _ in range(8)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert found == [7] * 8
    assert len(calls) == 1


def test_who_asks_is_told_how_far_it_is_and_gets_what_is_known_of_an_earlier_state() -> None:
    gate, begun, key = threading.Event(), threading.Event(), object()
    assert work_out(key, 1, lambda _: "earlier", wait_seconds=30).value == "earlier"

    def work(tell: object) -> str:
        tell("reading", 1, 4)  # type: ignore[operator]
        begun.set()
        gate.wait(30)
        return "later"

    known = work_out(key, 2, work, wait_seconds=0)
    assert (known.value, known.is_current) == ("earlier", False)
    while not begun.wait(0.05):  # it may rest a moment first
        work_out(key, 2, work, wait_seconds=0)
    known = work_out(key, 2, work, wait_seconds=0)
    assert (known.value, known.is_current, known.stage, known.share) == ("earlier", False, "reading", 0.25)
    gate.set()
    first = known.read_at
    known = work_out(key, 2, work, wait_seconds=30)
    assert (known.value, known.is_current) == ("later", True)
    assert first is not None
    assert known.read_at is not None
    assert known.read_at >= first
    assert work_out(key, 2, work, wait_seconds=30).read_at == known.read_at


def test_a_fault_is_told_to_who_asks_and_tried_again() -> None:
    key, faults = object(), [UsageError(where="day", seen="No day.", mend="Name one.")]

    def work(tell: object) -> str:
        if faults:
            raise faults.pop()
        return "found"

    with pytest.raises(UsageError, match="No day"):
        work_out(key, 1, work, wait_seconds=30)
    assert work_out(key, 1, work, wait_seconds=30).value == "found"

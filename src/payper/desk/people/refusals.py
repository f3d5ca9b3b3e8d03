"""How an act over a server says no: with a stable code beside the words. Reasons of verdicts are another thing (`payper.reasons`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from payper.errors import UsageError


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one row or line of what was sent; `row` counts from 1, None: of all of it."""

    row: int | None
    where: str
    seen: str
    mend: str


class RefusedError(UsageError):
    """What stands does not allow the act; nothing was changed.

    Args:
        code: Stable, in capitals, such as `PROPOSAL_ANSWERED`.
        faults: What is wrong, row by row, where there are rows.
    """

    def __init__(self, *, code: str, where: str | Path, seen: str, mend: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(where=where, seen=seen, mend=mend)
        self.code = code
        self.faults = tuple(faults)


class StaleError(RefusedError):
    """What was changed is not what the one who changes it has seen."""

    def __init__(self, where: str) -> None:
        super().__init__(
            code="CHANGED_SINCE", where=where, seen="Somebody changed this since you read it.", mend="Read it again, then send your change."
        )


class NeededError(RefusedError):
    """A change of something must say what of it was seen, and did not."""

    def __init__(self, where: str) -> None:
        super().__init__(
            code="PRECONDITION_NEEDED",
            where=where,
            seen="Nothing says which state you have seen.",
            mend="Send If-Match with the ETag of what you read, or * to change whatever stands.",
        )


class UnreadableError(RefusedError):
    """What was sent can be read as a request, but not as what it is about."""


class TooManyError(RefusedError):
    """More was asked than a token may ask; `wait_seconds` until there is room."""

    def __init__(self, wait_seconds: float) -> None:
        seconds = int(wait_seconds) + 1
        super().__init__(
            code="TOO_MANY_REQUESTS", where="token", seen="This token asks too often.", mend=f"Wait {seconds} seconds, then go on."
        )
        self.wait_seconds = seconds

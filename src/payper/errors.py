"""Ways the world can fail, and how payper says so.

Three kinds of wrong exist (CONTRIBUTING.md): the business says no, which is a returned value and never an exception; the world
fails, which is one of the exceptions here; and payper was wrong, which is an `assert`, except in the ledger, which raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class PayperError(Exception):
    """Something outside payper failed.

    Args:
        where: File and line, row, or the name of what was asked.
        seen: What is wrong with the values seen, as a sentence.
        mend: What to do about it, as a sentence.
        can_retry: Whether the same call may succeed later unchanged.
    """

    def __init__(self, *, where: str | Path, seen: str, mend: str, can_retry: bool = False) -> None:
        self.where = str(where)
        self.seen = seen
        self.mend = mend
        self.can_retry = can_retry
        super().__init__(f"{self.where}: {seen}\n{mend}")


class UsageError(PayperError):
    """The caller named something that does not exist or makes no sense; exit code 2."""


class DeliveryError(PayperError):
    """A deliveries frame or file cannot be read at all (one bad row is a rejected delivery instead)."""


class FileError(PayperError):
    """A file is missing, unreadable, too large or not what its name says."""


class FileContentError(FileError):
    """Several things are wrong with one file, told at once.

    Args:
        errors: At least one, in order of place; the first gives `where`, `seen` and `mend`.
    """

    def __init__(self, errors: Sequence[FileError]) -> None:
        first = errors[0]
        super().__init__(where=first.where, seen=first.seen, mend=first.mend)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        """Tell all of them."""
        return "\n".join(str(error) for error in self.errors)


class TermsError(PayperError):
    """A contract file cannot be read as terms; `payper contract check` lists every finding."""


class StoreError(PayperError):
    """The database is locked, damaged or of a later version."""


class LedgerError(PayperError):
    """A transfer does not balance, is in another currency, or would be recorded twice."""


class ReportError(PayperError):
    """A report, statement or chart cannot be drawn."""

"""Acts that may be sent again: the same key with the same content gives the same answer, with other content it is refused.

The answer is kept in the transaction of the act itself, so that either both are there or neither is.

Source: IETF draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from payper.desk.people.refusals import RefusedError

KEY_CHARACTERS_MAX = 255
KEPT_DAYS = 7
"""How long an answer is kept; later the same key is a new one."""


class KeyReusedError(RefusedError):
    """A key was sent before, with other content."""

    def __init__(self, key: str) -> None:
        super().__init__(
            code="IDEMPOTENCY_KEY_REUSED",
            where="Idempotency-Key",
            seen=f"The key «{key[:80]}» was sent before with other content, and that was done.",
            mend="Send the same content again to be told its answer, or take another key for another act.",
        )


class Answers(Protocol):
    """Where answers are kept: a book or the directory."""

    def answered(self, party: str, key: str) -> tuple[bytes, str] | None:
        """Give the digest of what was asked under a key, and the answer; None: nothing was."""

    def keep_answer(self, *, party: str, key: str, digest: bytes, answer: str, at: datetime) -> None:
        """Keep an answer, inside the transaction of its act."""


def digest_of(act: str, *content: bytes | str) -> bytes:
    """Give the digest of what is asked: the act with its address, and what was sent."""
    parts = [act.encode(), *(each.encode() if isinstance(each, str) else each for each in content)]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).digest()


def read_key(sent: str | None) -> str | None:
    """Read the header; None: none was sent.

    Raises:
        RefusedError: It is empty, too long, or has other characters than those that a header shows.
    """
    if sent is None:
        return None
    key = sent.strip().strip('"')
    if not 0 < len(key) <= KEY_CHARACTERS_MAX or not key.isascii() or not key.isprintable():
        raise RefusedError(
            code="KEY_UNREADABLE",
            where="Idempotency-Key",
            seen=f"This is no key: it has {len(key)} characters." if len(key) != 1 else "This is no key.",
            mend=f"Send 1 to {KEY_CHARACTERS_MAX} printable characters, best a random UUID.",
        )
    return key


def answer_before(answers: Answers, *, party: str, key: str, digest: bytes) -> str | None:
    """Give what was answered to the same act under this key, or None when it was not done yet.

    Args:
        answers: Where answers are kept.
        party: Whose key it is; the keys of parties never meet.
        key: As `read_key`.
        digest: As `digest_of`.

    Raises:
        KeyReusedError: The key was sent with other content.
    """
    found = answers.answered(party, key)
    if found is None:
        return None
    before, answer = found
    if before != digest:
        raise KeyReusedError(key)
    return answer


def forget_before(at: datetime) -> datetime:
    """Give the instant before which answers need not be kept any longer."""
    return at - timedelta(days=KEPT_DAYS)


__all__: Sequence[str] = ["KeyReusedError", "answer_before", "digest_of", "forget_before", "read_key"]

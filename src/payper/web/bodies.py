"""Bodies of requests, read with limits of size and time, so that whoever sends too much is told so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request

from payper.desk.people.refusals import RefusedError

SECONDS_MAX = 120
"""How long a body may take to come whole; and at most so long between two pieces of a file."""

PAST = 4
"""A body that is too large is read and thrown away up to so many times the limit: who sends it hears the answer only then."""


async def read_whole(request: Request[Any, Any, Any], *, bytes_max: int) -> bytes:
    """Read a body into memory.

    Raises:
        RefusedError: It is too large, or did not come in time.
    """
    body = bytearray()
    size = 0
    try:
        async with asyncio.timeout(SECONDS_MAX):
            async for piece in request.stream():
                size += len(piece)
                if size <= bytes_max:
                    body += piece
                elif size > bytes_max * PAST:
                    break
    except TimeoutError as error:
        raise too_slow() from error
    if size > bytes_max:
        raise too_large(bytes_max)
    return bytes(body)


async def pieces_of(request: Request[Any, Any, Any], *, bytes_max: int) -> AsyncIterator[bytes]:
    """Give a body piece by piece.

    Raises:
        RefusedError: It is too large, or stopped coming.
    """
    size = 0
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(SECONDS_MAX):
                piece = await anext(stream, None)
        except TimeoutError as error:
            raise too_slow() from error
        if piece is None:
            break
        size += len(piece)
        if size > bytes_max:
            if size > bytes_max * PAST:
                break
        else:
            yield piece
    if size > bytes_max:
        raise too_large(bytes_max)


def too_large(bytes_max: int) -> RefusedError:
    """Say that a body is too large."""
    return RefusedError(
        code="TOO_LARGE", where="body", seen=f"More than {bytes_max:,} bytes were sent at once.", mend="Send them in parts, or as a file."
    )


def too_slow() -> RefusedError:
    """Say that a body did not come in time."""
    return RefusedError(
        code="TOO_SLOW", where="body", seen=f"The body did not come within {SECONDS_MAX} seconds.", mend="Send it again over a better line."
    )

"""The receptions of this process, one for each book that deliveries are sent to, and what is done after: settling and sealing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from payper.desk.arrivals.judging_uploads import waiting_uploads
from payper.desk.arrivals.reception import Reception
from payper.desk.people.installation import Installation
from payper.desk.reads.warming import warm_book
from payper.errors import PayperError
from payper.web.known_tokens import KnownTokens
from payper.web.upkeep import Files, Upkeep

LOG = logging.getLogger("payper.web")
T = TypeVar("T")

WARM_BOOKS_MAX = 50
"""Books that are read at the start; others at the first request."""


class Receptions:
    """Receptions by the address of their book. Belongs to one event loop."""

    def __init__(self, installation: Installation, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._installation = installation
        self._receptions: dict[str, Reception] = {}
        self._is_closed = False
        self.tokens = KnownTokens(installation, clock=clock)
        self.upkeep = Upkeep(clock=clock)
        self.files = Files(clock=clock, when_kept=self.upkeep.note)

    def of(self, address: str) -> Reception:
        """Give the reception of a book, opened at first use."""
        found = self._receptions.get(address)
        if found is None:
            found = self._receptions[address] = Reception(address, clock=self._clock, when_kept=self.upkeep.note)
        return found

    async def in_thread(self, do: Callable[[], T]) -> T:
        """Do something that waits for disks beside the loop."""
        return await asyncio.to_thread(do)

    def resume(self) -> None:
        """Go on with files that waited, or were being judged, when the server before this one ended."""
        for address in self._books():
            try:
                if waiting_uploads(address):
                    self.files.note(address)
            except PayperError as fault:
                LOG.warning("a book cannot be looked at", extra={"where": fault.where, "words": fault.seen})

    async def warm(self) -> None:
        """Read what pages ask for most, and make contracts ready to judge, so that who comes first waits no longer than others."""
        for address in (await asyncio.to_thread(self._books))[:WARM_BOOKS_MAX]:
            try:
                if not self._is_closed:
                    await self.of(address).warm()
                    await asyncio.to_thread(warm_book, address, is_ended=lambda: self._is_closed)
            except PayperError as fault:
                LOG.warning("a book cannot be looked at", extra={"where": fault.where, "words": fault.seen})
            except Exception:  # who comes reads it themselves, and is told what is wrong
                LOG.exception("a book was not read beforehand")

    def _books(self) -> list[str]:
        with self._installation.open() as directory:
            return [address for party in directory.parties() if (address := directory.book(party.id)) is not None]

    async def close(self) -> None:
        """Take no more, answer all that waits, and settle what was kept."""
        self._is_closed = True
        await asyncio.to_thread(self.files.close)
        await asyncio.gather(*(each.close() for each in self._receptions.values()))
        await asyncio.to_thread(self.upkeep.close)

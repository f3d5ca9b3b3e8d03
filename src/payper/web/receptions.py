"""The receptions of this process, one for each book that deliveries are sent to, and what is done after: settling and sealing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from payper.desk.installation import Installation
from payper.desk.reception import Reception
from payper.web.known_tokens import KnownTokens
from payper.web.upkeep import Upkeep


class Receptions:
    """Receptions by the address of their book. Belongs to one event loop."""

    def __init__(self, installation: Installation, *, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._receptions: dict[str, Reception] = {}
        self.tokens = KnownTokens(installation, clock=clock)
        self.upkeep = Upkeep(clock=clock)

    def of(self, address: str) -> Reception:
        """Give the reception of a book, opened at first use."""
        found = self._receptions.get(address)
        if found is None:
            found = self._receptions[address] = Reception(address, clock=self._clock, when_kept=self.upkeep.note)
        return found

    async def close(self) -> None:
        """Take no more, answer all that waits, and settle what was kept."""
        await asyncio.gather(*(each.close() for each in self._receptions.values()))
        await asyncio.to_thread(self.upkeep.close)

"""Tokens that were looked up a moment ago, so that a system that sends many requests does not open the directory for each."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from payper.desk.people.installation import Installation, Reached, absent, reach
from payper.desk.people.people import Actor, actor_of_token, digest_of
from payper.parties import Act
from payper.web.visits import SignInNeededError

FRESH_SECONDS = 1.0
"""How long what was looked up holds: a token that is revoked ends within it."""

AGAIN_SECONDS = 0.5
"""After so long it is looked up again beside the requests that it still holds for, so that none of them waits."""

KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """Who a token stands for, and what it reaches.

    Attributes:
        reached: Contracts by buyer and id.
        books: Addresses by buyer.
    """

    actor: Actor
    reached: Mapping[tuple[str, str], Reached]
    books: Mapping[str, str]

    def reach(self, buyer: str, contract: str) -> tuple[str, Reached]:
        """Give the address of a contract's book, and the contract as reached; as `desk.people.installation.reach_contract`.

        Raises:
            AbsentError: It is not reached.
        """
        found, address = self.reached.get((buyer, contract)), self.books.get(buyer)
        if found is None or address is None:
            raise absent("contract", contract)
        return address, found


class KnownTokens:
    """What is known of tokens just now. Belongs to one event loop."""

    def __init__(self, installation: Installation, *, clock: Callable[[], datetime]) -> None:
        self._installation = installation
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, asyncio.Task[Known | None]]] = OrderedDict()
        self._coming: dict[str, tuple[float, asyncio.Task[Known | None]]] = {}

    async def known(self, header: str) -> Known:
        """Give who sends this header `Authorization`.

        Raises:
            SignInNeededError: No token that is known and in force was sent.
        """
        now = time.monotonic()
        digest = digest_of(header.partition(" ")[2].strip())
        found = self._kept.get(digest)
        if found is None or now - found[0] > FRESH_SECONDS:
            # Those who come while it is looked up wait for the same answer.
            found = self._coming.pop(digest, None)
            if found is None or now - found[0] > FRESH_SECONDS:
                found = self._begin(header, now)
            self._keep(digest, found)
        known = await asyncio.shield(found[1])
        if known is None:
            raise SignInNeededError(is_api=True)
        return known

    async def reached(self, header: str, buyer: str, contract: str, act: Act) -> tuple[Known, str]:
        """Give who sends this header, who may do something, and the address of the book of a contract that they reach.

        Raises:
            SignInNeededError: No token that is known and in force was sent.
            DeniedError: It may not do this.
            AbsentError: The contract is not reached.
        """
        known = await self.known(header)
        if (buyer, contract) not in known.reached:
            # It may have been accepted since the token was looked up.
            self._kept.pop(digest_of(header.partition(" ")[2].strip()), None)
            known = await self.known(header)
        known.actor.must(act)
        address, _ = known.reach(buyer, contract)
        return known, address

    def known_now(self, header: str) -> Known | None:
        """Give who sends this header, where it was looked up a moment ago; None: it must be looked up, or is nobody's."""
        digest = digest_of(header.partition(" ")[2].strip())
        found, now = self._kept.get(digest), time.monotonic()
        if found is None or now - found[0] > FRESH_SECONDS or not found[1].done() or found[1].exception() is not None:
            return None
        if now - found[0] > AGAIN_SECONDS:
            coming = self._coming.get(digest)
            if coming is None:
                self._coming[digest] = self._begin(header, now)
            elif coming[1].done():
                self._keep(digest, self._coming.pop(digest))
        return found[1].result()

    def _begin(self, header: str, now: float) -> tuple[float, asyncio.Task[Known | None]]:
        scheme, _, key = header.partition(" ")
        looked_for = key.strip() if scheme.lower() == "bearer" else ""
        return now, asyncio.get_running_loop().create_task(asyncio.to_thread(self._look_up, looked_for))

    def _keep(self, digest: str, found: tuple[float, asyncio.Task[Known | None]]) -> None:
        self._kept[digest] = found
        self._kept.move_to_end(digest)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)

    def _look_up(self, key: str) -> Known | None:
        with self._installation.open() as directory:
            actor = actor_of_token(directory, key, at=self._clock())
            if actor is None:
                return None
            reached = reach(directory, actor)
            books = {buyer: address for buyer in {each.buyer for each in reached} if (address := directory.book(buyer)) is not None}
        return Known(actor, {(each.buyer, each.contract): each for each in reached}, books)

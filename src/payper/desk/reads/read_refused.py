"""Facts that came to nothing, as the last settlement said: what found no delivery yet, and what was refused, with what to do.

A provider sees of them the returns of its own deliveries that were refused, without where the buyer keeps its files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from payper.desk.book.refused_facts import WAITING_CODES
from payper.desk.book.settling import SETTLED_RUN
from payper.desk.people.installation import AbsentError, Reached, Side, absent, open_pages, reach_book
from payper.desk.people.people import Actor
from payper.parties import Act
from payper.store.directory import Directory
from payper.store.refusals import Refusals

ROWS = 100
ACTS = ("milestone", "return", "decision")
STATES = ("waits", "refused")


@dataclass(frozen=True, slots=True)
class RefusedFact:
    """One fact.

    Attributes:
        contract: None: none is named, and none was found.
        state: waits: taken as soon as its delivery comes or is accepted; refused: as it stands it never is.
        file: Where it was read, `desk/…` of what was told over the API or a page; None for a provider.
        row: In it, or in what was sent.
    """

    act: str
    state: Literal["waits", "refused"]
    contract: str | None
    external_id: str | None
    happened_at: datetime | None
    code: str
    seen: str
    file: str | None
    row: int | None


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """A page of them; `next` is the place after which the next begins. `settled_until` is the day that the list is as of, or None."""

    buyer: str
    contracts: tuple[Reached, ...]
    rows: tuple[RefusedFact, ...]
    next: str | None
    settled_until: str | None


def list_refused(
    directory: Directory,
    actor: Actor,
    *,
    buyer: str,
    contract: str | None = None,
    act: str | None = None,
    state: str | None = None,
    after: str | None = None,
    limit: int = ROWS,
) -> RefusedPage:
    """List facts of a buyer's book that came to nothing.

    Args:
        directory: The directory.
        actor: Who asks.
        buyer: Whose book.
        contract: Of one contract; None: of all that are reached, and those that name none.
        act: milestone, return or decision; None: all.
        state: waits or refused; None: both.
        after: `next` of the page before; None: the first page.
        limit: Rows at most.

    Raises:
        DeniedError: The actor may not read deliveries.
        AbsentError: The buyer, contract, act, state or place is not there.
    """
    actor.must(Act.READ_DELIVERIES)
    address, reached = reach_book(directory, actor, buyer)
    own = [each for each in reached if contract in {None, each.contract}]
    if not own:
        raise absent("contract", contract or "")
    _check("act", act, ACTS)
    _check("state", state, STATES)
    is_buyer = all(each.side is Side.BUYER for each in own)
    names = [*(each.contract for each in own), *([""] if contract is None and is_buyer else [])]
    acts = (ACTS if is_buyer else ("return",)) if act is None else ((act,) if is_buyer or act == "return" else ())
    codes = WAITING_CODES if state == "waits" else None
    but = WAITING_CODES if state == "refused" else () if is_buyer else ("DELIVERY_UNKNOWN",)
    with open_pages(address) as book:
        found = Refusals.of(book).refusals(names, acts=acts, codes=codes, but=but, after=_place(after), limit=limit + 1)
        settled = book.setting("settled_until") if book.setting(SETTLED_RUN) is not None else None
    rows = tuple(
        RefusedFact(
            each.act, "waits" if each.code in WAITING_CODES else "refused", each.contract or None, each.external_id, each.happened_at,
            each.code, each.words, each.file if is_buyer else None, each.row if is_buyer else None,
        )
        for each in found[:limit]
    )  # fmt: skip
    return RefusedPage(buyer, tuple(reached), rows, str(found[limit - 1].place) if len(found) > limit else None, settled)


def _check(what: str, given: str | None, known: tuple[str, ...]) -> None:
    if given is not None and given not in known:
        raise absent(what, given)


def _place(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) < 16):
        raise AbsentError(where="after", seen="There is no such place in the list.", mend="Begin at its first page.")
    return int(after)

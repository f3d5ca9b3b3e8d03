"""Pauses of a contract that one side declares: nothing is taken from an instant on, until the same side ends it.

A pause that both agree on stands in the text (`[contract] pauses`, RULES 11). This one is an act of one side: who cannot deliver, or take,
says so, and what comes all the same is rejected with CONTRACT_PAUSED. What was delivered before stays as it was judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from payper.desk.contracts.proposals import checked_words
from payper.desk.people.installation import Reached, open_pages, reach_contract
from payper.desk.people.people import Actor
from payper.desk.people.refusals import RefusedError, UnreadableError
from payper.parties import Act
from payper.store.book_terms import BookTerms, PauseRow
from payper.store.database import open_database
from payper.store.directory import Directory


@dataclass(frozen=True, slots=True)
class PauseSeen:
    """A pause as one of the two parties sees it.

    Attributes:
        is_on: Whether it holds at the instant of looking, or will.
        can_end: Whether the reader's party declared it, and may end it.
    """

    row: PauseRow
    is_on: bool
    can_end: bool


def list_pauses(directory: Directory, actor: Actor, *, buyer: str, contract: str, at: datetime) -> list[PauseSeen]:
    """List the declared pauses of a contract, oldest first.

    Raises:
        DeniedError: The actor may not read contracts.
        AbsentError: The contract is not reached.
    """
    actor.must(Act.READ_CONTRACTS)
    address, _ = reach_contract(directory, actor, buyer, contract)
    with open_pages(address) as book:
        return [_seen(actor, each, at) for each in BookTerms.of(book).pauses(contract)]


def _seen(actor: Actor, row: PauseRow, at: datetime) -> PauseSeen:
    is_on = row.until is None or row.until > at
    return PauseSeen(row, is_on=is_on, can_end=is_on and row.party == actor.party and Act.WRITE_CONTRACTS in actor.acts)


def pause(
    directory: Directory,
    actor: Actor,
    *,
    buyer: str,
    contract: str,
    since: datetime | None,
    until: datetime | None,
    words: str,
    at: datetime,
) -> PauseSeen:
    """Declare a pause.

    Args:
        directory: The directory.
        actor: Who declares it.
        buyer: Whose contract.
        contract: Its id.
        since: From when on; None: from now on. Never before now, as what was delivered was judged.
        until: The last instant; None: until it is ended.
        words: Why, to the other party.
        at: Now.

    Raises:
        DeniedError: The actor may not write contracts.
        AbsentError: The contract is not reached.
        UnreadableError: It begins before now, or ends before it begins.
        RefusedError: The actor's party has declared one that is not over.
    """
    actor.must(Act.WRITE_CONTRACTS)
    address, reached = reach_contract(directory, actor, buyer, contract)
    begins = since or at
    if begins < at:
        seen = "The pause would begin before now, and what was delivered since is judged."
        raise UnreadableError(code="PAUSE_IN_THE_PAST", where="since", seen=seen, mend="Leave `since` out, or name a later instant.")
    if until is not None and until < begins:
        raise UnreadableError(
            code="PAUSE_UPSIDE_DOWN", where="until", seen="The pause would end before it begins.", mend="Name a later end."
        )
    made = PauseRow(contract, begins, until, actor.party, actor.who, checked_words(words))
    with open_database(address) as database, database.transaction():
        book = BookTerms.of(database)
        if any(each.party == actor.party and (each.until is None or each.until >= begins) for each in book.pauses(contract)):
            seen = f"A pause of «{contract}» that your party declared is not over."
            raise RefusedError(code="PAUSED_ALREADY", where="contract", seen=seen, mend="End it first.")
        book.add_pause(made)
        database.add_outbox("contract", f"{contract} paused")
    _note(directory, actor, "pause contract", reached, begins, at=at)
    return _seen(actor, made, at)


def resume(directory: Directory, actor: Actor, *, buyer: str, contract: str, at: datetime) -> PauseSeen:
    """End the pause that the actor's party declared; from the next instant on, deliveries are taken again.

    Raises:
        DeniedError: The actor may not write contracts.
        AbsentError: The contract is not reached.
        RefusedError: There is no pause of the actor's party that is not over.
    """
    actor.must(Act.WRITE_CONTRACTS)
    address, reached = reach_contract(directory, actor, buyer, contract)
    with open_database(address) as database, database.transaction():
        book = BookTerms.of(database)
        found = next(
            (each for each in book.pauses(contract) if each.party == actor.party and (each.until is None or each.until > at)), None
        )
        if found is None:
            seen = f"No pause of «{contract}» that your party declared is on."
            raise RefusedError(code="NOT_PAUSED", where="contract", seen=seen, mend="Only who declared a pause ends it.")
        # One that has not begun ends before it begins, and so never holds.
        book.end_pause(found, until=at)
        database.add_outbox("contract", f"{contract} resumed")
    _note(directory, actor, "resume contract", reached, at, at=at)
    return _seen(actor, PauseRow(contract, found.since, at, found.party, found.who, found.words), at)


def _note(directory: Directory, actor: Actor, act: str, reached: Reached, since: datetime, *, at: datetime) -> None:
    subject, detail = f"{reached.buyer}/{reached.contract}", since.isoformat(timespec="seconds")
    with directory.transaction():
        directory.note(at=at, party=actor.party, who=actor.who, act=act, subject=subject, detail=detail)

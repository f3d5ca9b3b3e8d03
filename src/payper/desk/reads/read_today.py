"""What is worth somebody's look today beside decisions: by what their role may do, each with where to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from payper.desk.contracts.proposals import list_proposals
from payper.desk.people.installation import Side
from payper.desk.people.people import Actor
from payper.desk.reads.read_money import Balance, list_balances
from payper.desk.reads.read_prospects import count_next
from payper.desk.reads.read_results import ResultsAsked, known_results, own_book
from payper.parties import Act
from payper.reports.words import counted, enumerated, money
from payper.store.directory import Directory


@dataclass(frozen=True, slots=True)
class Look:
    """One thing worth a look: what it is, why, and its page.

    Attributes:
        is_due: Whether somebody of this role must do something about it; else it is worth knowing.
    """

    words: str
    why: str
    path: str
    is_due: bool = False


def read_today(directory: Directory, actor: Actor, *, at: datetime) -> Sequence[Look]:
    """List what is worth the actor's look today, what must be done first."""
    looks = [*_proposals(directory, actor), *_people(directory, actor, at), *_owed(directory, actor), *_results(directory, actor)]
    return sorted(looks, key=lambda look: not look.is_due)


def _proposals(directory: Directory, actor: Actor) -> list[Look]:
    if Act.ACCEPT_CONTRACTS not in actor.acts:
        return []
    waiting = sum(each.can_answer for each in list_proposals(directory, actor))
    if not waiting:
        return []
    words = counted(waiting, "proposed contract waits for your answer", "proposed contracts wait for your answer")
    return [
        Look(words, "It binds once both sides have accepted; its effect in words and money stands beside it.", "/proposals", is_due=True)
    ]


def _people(directory: Directory, actor: Actor, at: datetime) -> list[Look]:
    if not {Act.READ_PEOPLE, Act.WRITE_MILESTONES} <= actor.acts or directory.book(actor.party) is None:
        return []
    untouched, ahead = count_next(directory, actor, buyer=actor.party, at=at)
    looks = []
    if untouched:
        words = counted(untouched, "accepted lead waits for a first touch", "accepted leads wait for a first touch")
        looks.append(Look(words, "The longest waiting stand first; any milestone takes a lead off the list.", "/prospects", is_due=True))
    if ahead:
        looks.append(Look(counted(ahead, "appointment in the days ahead", "appointments in the days ahead"), "", "/prospects"))
    return looks


def _owed(directory: Directory, actor: Actor) -> list[Look]:
    if Act.READ_MONEY not in actor.acts:
        return []
    balances = list_balances(directory, actor)
    looks = []
    for side, verb in ((Side.BUYER, "You owe"), (Side.PROVIDER, "You are owed")):
        own = [each for each in balances if each.reached.side is side]
        owed, pending = _sums(own, "owed_minor"), _sums(own, "pending_minor")
        if owed or pending:
            why = f"{enumerated(pending)} more pending until review windows end." if pending else ""
            looks.append(Look(f"{verb} {enumerated(owed) or 'nothing yet'}", why, "/money"))
    return looks


def _sums(balances: Sequence[Balance], name: str) -> list[str]:
    found: dict[str, int] = {}
    for each in balances:
        found[each.currency] = found.get(each.currency, 0) + int(getattr(each.stands, name))
    return [money(minor, currency) for currency, minor in sorted(found.items()) if minor]


def _results(directory: Directory, actor: Actor) -> list[Look]:
    """Say the results' headline where it is known already; nothing is worked out for the first page."""
    if Act.READ_RESULTS not in actor.acts:
        return []
    own = own_book(directory, actor)
    if own is None:
        return []
    known = known_results(own, ResultsAsked())
    if known is None:
        return [Look("What deliveries brought", "Worked out when you open it.", "/results")]
    values = known.values
    return [Look(values["headline"], values["findings"][0] if values["findings"] else "", "/results")]

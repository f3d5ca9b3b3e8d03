"""The first steps of a party: from the other party to the first judged file, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from payper.desk.contracts.drafts import list_drafts
from payper.desk.contracts.proposals import ProposalSeen, list_proposals
from payper.desk.people.installation import Reached
from payper.desk.people.own_party import list_parties, makes_parties
from payper.desk.people.people import Actor
from payper.desk.reads.read_contracts import list_contracts
from payper.parties import Act
from payper.store.directory import Directory
from payper.store.proposals import OPEN


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """How far a party has come to its first judged delivery.

    Attributes:
        other: The party at the other end, of a contract or proposal, else the first that the actor knows of; None: none yet.
        is_let_in: Whether somebody of the other party was invited.
        can_make: Whether the actor makes parties and lets their first people in.
        draft: The latest changed draft of the party; None: none, or the actor may not see drafts.
        proposal: The newest proposal that waits for an answer; None: none does.
        contract: A contract in the book; None: none yet.
        starts: The first day of that contract.
    """

    other: str | None
    is_let_in: bool
    can_make: bool
    draft: str | None
    proposal: ProposalSeen | None
    contract: Reached | None
    starts: date | None

    @property
    def done(self) -> tuple[bool, bool, bool, bool]:
        """Tell which steps are done: the other party, a proposal, its acceptance, and the first file."""
        is_there = self.contract is not None
        return self.is_let_in, is_there or self.proposal is not None, is_there, False


def read_first_steps(directory: Directory, actor: Actor) -> FirstSteps | None:
    """Say how far the actor's party has come; None once something was delivered under a contract that the actor reaches.

    Raises:
        DeniedError: The actor may not read contracts.
    """
    contracts = list_contracts(directory, actor)
    if any(each.counts.delivered for each in contracts):
        return None
    contract = contracts[0] if contracts else None
    proposal = next((each for each in list_proposals(directory, actor) if each.proposal.state == OPEN), None)
    drafts = list_drafts(directory, actor) if Act.WRITE_CONTRACTS in actor.acts else []
    known = [each.party.id for each in list_parties(directory, actor) if not each.is_own]
    met = contract.reached.other if contract is not None else None
    if met is None and proposal is not None:
        met = proposal.proposal.party if not proposal.is_own else proposal.proposal.other
    # Of several, one that somebody was let in for is further on.
    people = {party: bool(directory.people(party)) for party in ([met] if met is not None else known)}
    other = next((party for party, has_people in people.items() if has_people), next(iter(people), None))
    return FirstSteps(
        other=other,
        is_let_in=other is not None and people[other],
        can_make=makes_parties(directory, actor),
        draft=drafts[0].draft if drafts else None,
        proposal=proposal,
        contract=contract.reached if contract is not None else None,
        starts=contract.newest.starts if contract is not None else None,
    )

"""Versions of contracts between two parties: proposed by one, accepted, declined or withdrawn, and in force only when both accepted.

Who accepted, when, and the hash of what they were shown stand in the directory first; then the version is written into the buyer's book.
A kill between the two is made good by `record_accepted`, which does nothing twice.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from payper.desk.book.recorded import written_rates
from payper.desk.contracts.backtest import Backtest, backtest_terms
from payper.desk.contracts.drafts import TextChecked, check_text, drop_draft, read_draft
from payper.desk.folder.run import terms_hash
from payper.desk.people.installation import Installation, Side, absent, open_pages, reach, reach_contract
from payper.desk.people.people import Actor
from payper.desk.people.refusals import RefusedError, UnreadableError
from payper.desk.reads.read_contracts import changes_between
from payper.errors import UsageError
from payper.parties import Act, Role
from payper.settlement import Rates
from payper.store.book_terms import AcceptanceRow, BookTerms
from payper.store.database import open_database
from payper.store.directory import Directory, Joined
from payper.store.proposals import ACCEPTED, DECLINED, OPEN, WITHDRAWN, Proposal, Proposals
from payper.terms.contract import Contract
from payper.terms.diff import Change

WORDS_MAX = 2000
_DONE = {
    "propose contract": "proposed",
    "accept contract": "accepted",
    "decline contract": "declined",
    "withdraw contract": "withdrawn",
}
PROPOSALS_MAX = 500
BACKTEST_ROWS_MAX = 5000
"""Deliveries that a backtest on a page judges anew: the newest."""


@dataclass(frozen=True, slots=True)
class ProposalSeen:
    """A proposal as one of the two parties sees it.

    Attributes:
        is_own: Whether the reader's party made it.
        can_answer: Whether the reader may accept or decline it now.
        can_withdraw: Whether the reader may withdraw it now.
        can_stand_in: Whether nobody acts for the other party, so that the one who proposes may note its acceptance.
    """

    proposal: Proposal
    is_own: bool
    can_answer: bool
    can_withdraw: bool
    can_stand_in: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What a version would change.

    Attributes:
        since: The version it is compared with; None: it is the first.
        changes: Clause by clause, in words and money.
        backtest: Past deliveries judged anew; None: there are none.
    """

    since: int | None
    changes: tuple[Change, ...]
    backtest: Backtest | None


def propose(directory: Directory, actor: Actor, *, draft: str, words: str = "", at: datetime) -> Proposal:
    """Propose a draft to the other party; who proposes accepts. The draft is done with.

    Args:
        directory: The directory.
        actor: Who proposes.
        draft: Its id.
        words: To the other party.
        at: Now.

    Raises:
        DeniedError: The actor may not write or not accept contracts.
        AbsentError: There is no such draft, or no such other party.
        RefusedError: It has errors, or a proposal of this contract is open.
    """
    actor.must(Act.WRITE_CONTRACTS)
    actor.must(Act.ACCEPT_CONTRACTS)
    checked = check_text(directory, actor, read_draft(directory, actor, draft).text)
    terms = proposable(checked)
    _check_parties(directory, actor, terms)
    with directory.transaction():
        store = Proposals.of(directory)
        _refuse_second(store, actor, terms)
        made = Proposal(
            secrets.token_hex(8), terms.buyer, terms.id, terms.provider, terms.version, terms_hash(terms), checked.text, actor.party,
            actor.who, actor.name, checked_words(words), at,
        )  # fmt: skip
        store.add_proposal(made)
        drop_draft(directory, actor, draft)
        _note(directory, actor, "propose contract", made, at=at)
    return made


def proposable(checked: TextChecked) -> Contract:
    """Give the terms of a text that can be proposed.

    Raises:
        RefusedError: A finding is an error; the first is told.
    """
    if checked.contract is None or not checked.can_be_proposed:
        errors = [each for each in checked.findings if each.is_error]
        first, more = errors[0], len(errors) - 1
        mend = first.mend + (f" {more} more findings are errors." if more > 1 else " One more finding is an error." if more else "")
        raise RefusedError(code="CONTRACT_HAS_ERRORS", where=f"line {first.line}", seen=first.seen, mend=mend)
    return checked.contract


def _check_parties(directory: Directory, actor: Actor, terms: Contract) -> None:
    """Refuse terms that are not between the actor's party and one that it may know of."""
    if actor.party not in {terms.buyer, terms.provider} or terms.buyer == terms.provider:
        seen = f"The contract is between «{terms.buyer}» and «{terms.provider}»."
        raise RefusedError(
            code="PARTY_NOT_YOURS",
            where="contract.buyer",
            seen=seen,
            mend=f"Write «{actor.party}» as buyer or provider, and the other beside.",
        )
    other = terms.provider if terms.buyer == actor.party else terms.buyer
    known = {each.other for each in reach(directory, actor)} | {
        each.other for each in Proposals.of(directory).proposals(actor.party, limit=500)
    }
    is_operating = directory.operator() == actor.party
    found = directory.party(other) if other in known or is_operating else None
    if found is None:
        raise absent("party", other)
    kinds = {terms.buyer: "buys", terms.provider: "provides"}
    own = directory.party(actor.party)
    for party in (own, found):
        if party is not None and not getattr(party.kind, kinds[party.id]):
            raise RefusedError(
                code="PARTY_OF_OTHER_KIND",
                where="contract.buyer",
                seen=f"«{party.id}» does not {'buy' if kinds[party.id] == 'buys' else 'provide'}.",
                mend="Exchange buyer and provider, or name another party.",
            )


def _refuse_second(store: Proposals, actor: Actor, terms: Contract) -> None:
    """Refuse a proposal beside an open one, of a version that is there, or of a contract that joins others."""
    proposals = store.proposals_of(terms.buyer, terms.id)
    own = [each for each in proposals if actor.party in {each.buyer, each.provider}]
    if any(each.state == OPEN for each in own):
        raise RefusedError(
            code="PROPOSAL_OPEN",
            where="contract.id",
            seen=f"A proposal of «{terms.id}» is open.",
            mend="Withdraw it, or wait for the answer to it.",
        )
    if any(each.state == ACCEPTED and each.version >= terms.version for each in own):
        raise RefusedError(
            code="VERSION_TAKEN", where="contract.version", seen=f"Version {terms.version} is not new.", mend="Write the next number."
        )
    joined = next((each for each in store.joined(terms.buyer) if each.buyer == terms.buyer and each.contract == terms.id), None)
    if actor.party == terms.buyer and joined is not None and joined.provider != terms.provider:
        _refuse_id(terms.id)


def _refuse_id(id_: str) -> None:
    mend = "Give the contract another id."
    raise RefusedError(code="CONTRACT_ID_TAKEN", where="contract.id", seen=f"Your contract «{id_}» is with another party.", mend=mend)


def list_proposals(directory: Directory, actor: Actor) -> list[ProposalSeen]:
    """List the proposals that the actor's party made or was made, newest first.

    Raises:
        DeniedError: The actor may not read contracts.
    """
    actor.must(Act.READ_CONTRACTS)
    return [
        _seen(directory, actor, each) for each in Proposals.of(directory).proposals(actor.party, limit=PROPOSALS_MAX) if _is_of(actor, each)
    ]


def read_proposal(directory: Directory, actor: Actor, proposal: str) -> ProposalSeen:
    """Give a proposal.

    Raises:
        DeniedError: The actor may not read contracts.
        AbsentError: There is none that the actor's party made or was made.
    """
    actor.must(Act.READ_CONTRACTS)
    return _seen(directory, actor, _found(directory, actor, proposal))


def _found(directory: Directory, actor: Actor, proposal: str) -> Proposal:
    found = Proposals.of(directory).proposal(proposal)
    if found is None or not _is_of(actor, found):
        raise absent("proposal", proposal)
    return found


def _is_of(actor: Actor, proposal: Proposal) -> bool:
    """Tell whether a proposal is of the actor's party; who is there for providing only sees those it would provide under."""
    is_provider_only = actor.role in {Role.PROVIDER_MANAGER, Role.PROVIDER_VIEWER}
    return actor.party == proposal.provider or (actor.party == proposal.buyer and not is_provider_only)


def _seen(directory: Directory, actor: Actor, proposal: Proposal) -> ProposalSeen:
    is_own, is_open = proposal.party == actor.party, proposal.state == OPEN
    may_accept = Act.ACCEPT_CONTRACTS in actor.acts
    return ProposalSeen(
        proposal,
        is_own=is_own,
        can_answer=is_open and not is_own and may_accept,
        can_withdraw=is_open and is_own and Act.WRITE_CONTRACTS in actor.acts,
        can_stand_in=is_open and is_own and may_accept and not any(each.is_active for each in directory.people(proposal.other)),
    )


def accept(
    directory: Directory, actor: Actor, installation: Installation, *, proposal: str, hash_: str, words: str = "", at: datetime
) -> Proposal:
    """Accept a proposal for the other party, or for one that nobody acts for: then the words say how it accepted.

    The version is written into the buyer's book and holds from its `holds_from`.

    Args:
        directory: The directory.
        actor: Who accepts.
        installation: Where a new book goes.
        proposal: Its id.
        hash_: The hash of what the actor was shown.
        words: To the other party.
        at: Now.

    Raises:
        DeniedError: The actor may not accept contracts.
        AbsentError: There is no such proposal.
        RefusedError: It is answered, it is one's own and the other party has people, the hash is of something else, or its text has errors
            beside what was recorded since.
    """
    actor.must(Act.ACCEPT_CONTRACTS)
    with directory.transaction():
        found = _found(directory, actor, proposal)
        _must_be_open(found)
        seen = _seen(directory, actor, found)
        if hash_ != found.hash:
            raise RefusedError(
                code="HASH_DIFFERS",
                where="hash",
                seen="This is not the hash of the proposal.",
                mend="Read the proposal again, and send its hash.",
            )
        if seen.is_own and not seen.can_stand_in:
            raise RefusedError(
                code="PROPOSAL_OWN", where="proposal", seen="Your party made this proposal.", mend="The other party is to answer it."
            )
        if seen.is_own and not words.strip():
            raise RefusedError(
                code="WORDS_NEEDED",
                where="words",
                seen=f"Nobody acts for {found.other} here, and nothing says how it accepted.",
                mend="Write it down, such as: signed on paper on 3 March, kept in the archive.",
            )
        _check_anew(directory, actor, found)
        party = found.other
        answered = found.answered(ACCEPTED, party=party, who=actor.who, name=actor.name, words=checked_words(words), at=at)
        Proposals.of(directory).change_proposal(answered)
        _note(directory, actor, "accept contract", answered, at=at)
    record_accepted(directory, installation, at=at)
    return replace(answered, recorded_at=at)


def _check_anew(directory: Directory, actor: Actor, proposal: Proposal) -> None:
    """Refuse what has errors by now: a version recorded since, a list that the buyer lacks, an id that is another contract's."""
    proposable(check_text(directory, actor, proposal.text))
    joined = next(
        (each for each in directory.joined(proposal.buyer) if (each.buyer, each.contract) == (proposal.buyer, proposal.contract)), None
    )
    if joined is not None and joined.provider != proposal.provider:
        _refuse_id(proposal.contract)


def decline(directory: Directory, actor: Actor, *, proposal: str, words: str, at: datetime) -> Proposal:
    """Decline a proposal of the other party, with words that say why.

    Raises:
        DeniedError: The actor may not accept contracts.
        AbsentError: There is no such proposal.
        RefusedError: It is answered or one's own, or nothing says why.
    """
    actor.must(Act.ACCEPT_CONTRACTS)
    with directory.transaction():
        found = _found(directory, actor, proposal)
        _must_be_open(found)
        if found.party == actor.party:
            raise RefusedError(code="PROPOSAL_OWN", where="proposal", seen="Your party made this proposal.", mend="Withdraw it instead.")
        if not words.strip():
            raise RefusedError(code="WORDS_NEEDED", where="words", seen="Nothing says why.", mend="Write what would have to change.")
        return _answer(directory, actor, found, DECLINED, words, at=at)


def withdraw(directory: Directory, actor: Actor, *, proposal: str, words: str = "", at: datetime) -> Proposal:
    """Withdraw a proposal of one's own that is not answered.

    Raises:
        DeniedError: The actor may not write contracts.
        AbsentError: There is no such proposal.
        RefusedError: It is answered, or the other party's.
    """
    actor.must(Act.WRITE_CONTRACTS)
    with directory.transaction():
        found = _found(directory, actor, proposal)
        _must_be_open(found)
        if found.party != actor.party:
            raise RefusedError(
                code="PROPOSAL_NOT_OWN", where="proposal", seen="The other party made this proposal.", mend="Accept or decline it."
            )
        return _answer(directory, actor, found, WITHDRAWN, words, at=at)


def _answer(directory: Directory, actor: Actor, found: Proposal, state: str, words: str, *, at: datetime) -> Proposal:
    answered = found.answered(state, party=actor.party, who=actor.who, name=actor.name, words=checked_words(words), at=at)
    Proposals.of(directory).change_proposal(answered)
    _note(directory, actor, f"{'decline' if state == DECLINED else 'withdraw'} contract", answered, at=at)
    return answered


def _must_be_open(proposal: Proposal) -> None:
    if proposal.state != OPEN:
        raise RefusedError(
            code="PROPOSAL_ANSWERED",
            where="proposal",
            seen=f"This proposal is {proposal.state}.",
            mend="Propose again where it should stand.",
        )


def record_accepted(directory: Directory, installation: Installation, *, at: datetime) -> None:
    """Write what both parties accepted into the buyers' books, and join the parties; what is there already stays as it is."""
    for proposal in Proposals.of(directory).unrecorded():
        address = directory.book(proposal.buyer)
        if address is None:
            installation.prepare()
            address = installation.book_of(proposal.buyer)
        with open_database(address) as database, database.transaction():
            _record(BookTerms.of(database), directory, proposal)
        with directory.transaction():
            directory.set_book(proposal.buyer, address)
            directory.join(Joined(proposal.buyer, proposal.contract, proposal.provider))
            Proposals.of(directory).change_proposal(replace(proposal, recorded_at=at))


def _record(book: BookTerms, directory: Directory, proposal: Proposal) -> None:
    known = {(id_, version) for id_, version, _, _ in book.contract_texts()}
    if (proposal.contract, proposal.version) in known:
        return
    if not known and book.setting("programme") is None:
        buyer = directory.party(proposal.buyer)
        own = {"name": (buyer.name if buyer else "") or proposal.buyer, "timezone": directory.zone(proposal.buyer)}
        book.set_setting("programme", json.dumps(own, sort_keys=True))
        book.set_setting("rates", written_rates(Rates(base_currency=currency_of(proposal.text), rates=())))
    book.add_contract(contract=proposal.contract, version=proposal.version, hash_=proposal.hash, text=proposal.text)
    assert proposal.answered_at is not None, "what was accepted was answered"
    sides = (
        (proposal.party, proposal.who, proposal.name, proposal.words, proposal.proposed_at),
        (proposal.answered_by, proposal.answer_who, proposal.answer_name, proposal.answer, proposal.answered_at),
    )
    for party, who, name, words, at in sides:
        book.add_acceptance(AcceptanceRow(proposal.contract, proposal.version, proposal.hash, party, who, name, words, at))
    book.count_change()
    book.add_outbox("contract", f"{proposal.contract} v{proposal.version}")


def read_acceptances(directory: Directory, actor: Actor, *, buyer: str, contract: str) -> list[AcceptanceRow]:
    """List who accepted the versions of a contract.

    Raises:
        DeniedError: The actor may not read contracts.
        AbsentError: The contract is not reached.
    """
    actor.must(Act.READ_CONTRACTS)
    address, _ = reach_contract(directory, actor, buyer, contract)
    with open_pages(address) as book:
        return BookTerms.of(book).acceptances(contract)


def currency_of(text: str) -> str:
    """Give the currency that a text names."""
    from payper.terms.editing import values_of

    return str(((values_of(text) or {}).get("contract") or {}).get("currency", "USD"))


def effect_of(directory: Directory, actor: Actor, checked: TextChecked, *, with_backtest: bool = True) -> Effect:
    """Say what a text would change beside the newest recorded version, in words and money, and over past deliveries.

    Raises:
        DeniedError: The actor may not read contracts.
        RefusedError: The text has errors.
    """
    actor.must(Act.READ_CONTRACTS)
    terms = checked.contract
    if terms is None:
        proposable(checked)
        raise AssertionError("a text without terms has an error")
    if not checked.earlier or checked.reached is None:
        return Effect(None, (), None)
    before = checked.earlier[-1]
    changes = tuple(changes_between(directory, checked.reached, before.contract, terms))
    address = directory.book(checked.reached.buyer)
    tested = None
    if with_backtest and address is not None:
        try:
            tested = backtest_terms(terms, on=checked.reached.contract, address=address, rows_max=BACKTEST_ROWS_MAX)
        except UsageError:
            tested = None
    if tested is not None and checked.reached.side is Side.PROVIDER and Act.READ_DELIVERIES not in actor.acts:
        tested = None
    return Effect(before.number, changes, tested)


def checked_words(words: str) -> str:
    """Give words as they are kept.

    Raises:
        UnreadableError: They are too long.
    """
    kept = words.strip().replace("\x00", "")
    if len(kept) > WORDS_MAX:
        raise UnreadableError(
            code="WORDS_TOO_LONG", where="words", seen=f"There are {len(kept):,} characters.", mend=f"Write at most {WORDS_MAX:,}."
        )
    return kept


def _note(directory: Directory, actor: Actor, act: str, proposal: Proposal, *, at: datetime) -> None:
    subject = f"{proposal.buyer}/{proposal.contract} v{proposal.version}"
    directory.note(at=at, party=actor.party, who=actor.who, act=act, subject=subject, detail=proposal.hash)
    named = f"{proposal.buyer} {proposal.provider} {proposal.contract} v{proposal.version}"
    directory.add_outbox("contract", f"{named} {_DONE[act]} {actor.party} {proposal.proposal}")

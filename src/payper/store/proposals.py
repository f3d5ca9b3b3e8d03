"""Drafts and proposals of contracts in the directory, and answers that are kept for acts that may be sent again."""

# ruff: noqa: S608  # statements are put together of fixed texts and marks; every value is a parameter

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from payper.store.connections import Row
from payper.store.directory import Directory
from payper.store.people_kept import literal

OPEN, ACCEPTED, DECLINED, WITHDRAWN = "open", "accepted", "declined", "withdrawn"


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that one party writes; nobody else sees it. `buyer` and `contract` as the text says, empty where it does not."""

    draft: str
    party: str
    buyer: str
    contract: str
    text: str
    revision: int
    created_at: datetime
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version that one party proposes to the other.

    Attributes:
        party: Who proposes it, which is to accept it.
        state: open, accepted, declined or withdrawn.
        answered_by: The party that accepted, declined or withdrew it; empty: none yet.
        recorded_at: When the version came into the buyer's book.
    """

    proposal: str
    buyer: str
    contract: str
    provider: str
    version: int
    hash: str
    text: str
    party: str
    who: str
    name: str
    words: str
    proposed_at: datetime
    state: str = OPEN
    answered_by: str = ""
    answer_who: str = ""
    answer_name: str = ""
    answer: str = ""
    answered_at: datetime | None = None
    recorded_at: datetime | None = None

    @property
    def other(self) -> str:
        """Give the party that is asked."""
        return self.provider if self.party == self.buyer else self.buyer

    def answered(self, state: str, *, party: str, who: str, name: str, words: str, at: datetime) -> Proposal:
        """Give it as it is answered."""
        return replace(self, state=state, answered_by=party, answer_who=who, answer_name=name, answer=words, answered_at=at)


_DRAFT = "draft, party, buyer, contract, text, revision, created_at, changed_at, changed_by"
_PROPOSAL = (
    "proposal, buyer, contract, provider, version, hash, text, party, who, name, words, proposed_at, state, answered_by, answer_who, "
    "answer_name, answer, answered_at, recorded_at"
)


class Proposals(Directory):
    """The statements; every change happens inside `transaction`."""

    @classmethod
    def of(cls, directory: Directory) -> Proposals:
        """Give the same directory with these statements."""
        return cls(directory._connection)  # noqa: SLF001  # the same connection, with more statements

    # Drafts

    def add_draft(self, draft: Draft) -> None:
        """Keep a new draft."""
        self._connection.run(
            "insert into draft values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                draft.draft, draft.party, draft.buyer, draft.contract, draft.text, draft.revision, _text(draft.created_at),
                _text(draft.changed_at), draft.changed_by,
            ),
        )  # fmt: skip

    def draft(self, id_: str, *, party: str) -> Draft | None:
        """Give a draft of a party, or None."""
        row = self._row(f"select {_DRAFT} from draft where draft = ? and party = ?", (id_, party))
        return None if row is None else _draft(row)

    def drafts(self, party: str, *, limit: int) -> list[Draft]:
        """List the drafts of a party, the latest changed first."""
        sql = f"select {_DRAFT} from draft where party = ? order by changed_at desc, draft limit ?"
        return [_draft(row) for row in self._connection.rows(sql, (party, limit))]

    def change_draft(self, draft: Draft) -> None:
        """Keep a draft's text, and what it says it is of."""
        self._connection.run(
            "update draft set buyer = ?, contract = ?, text = ?, revision = ?, changed_at = ?, changed_by = ? where draft = ?",
            (draft.buyer, draft.contract, draft.text, draft.revision, _text(draft.changed_at), draft.changed_by, draft.draft),
        )

    def drop_draft(self, id_: str) -> None:
        """Throw a draft away."""
        self._connection.run("delete from draft where draft = ?", (id_,))

    # Proposals

    def add_proposal(self, proposal: Proposal) -> None:
        """Keep a new proposal."""
        self._connection.run(f"insert into proposal values ({', '.join('?' * 19)})", _values(proposal))

    def proposal(self, id_: str) -> Proposal | None:
        """Give a proposal, or None."""
        row = self._row(f"select {_PROPOSAL} from proposal where proposal = ?", (id_,))
        return None if row is None else _proposal(row)

    def proposals(self, party: str, *, limit: int) -> list[Proposal]:
        """List the proposals that a party made or was made, newest first."""
        sql = f"select {_PROPOSAL} from proposal where buyer = ? or provider = ? order by proposed_at desc, proposal limit ?"
        return [_proposal(row) for row in self._connection.rows(sql, (party, party, limit))]

    def proposals_of(self, buyer: str, contract: str) -> list[Proposal]:
        """List the proposals of a contract, oldest first."""
        sql = f"select {_PROPOSAL} from proposal where buyer = ? and contract = ? order by proposed_at, proposal"
        return [_proposal(row) for row in self._connection.rows(sql, (buyer, contract))]

    def unrecorded(self) -> list[Proposal]:
        """List what was accepted and is not in its buyer's book yet."""
        sql = f"select {_PROPOSAL} from proposal where state = ? and recorded_at is null order by answered_at, proposal"
        return [_proposal(row) for row in self._connection.rows(sql, (ACCEPTED,))]

    def change_proposal(self, proposal: Proposal) -> None:
        """Keep how a proposal stands."""
        self._connection.run(
            "update proposal set state = ?, answered_by = ?, answer_who = ?, answer_name = ?, answer = ?, answered_at = ?, recorded_at = ? "
            "where proposal = ?",
            (*_values(proposal)[12:], proposal.proposal),
        )

    # Answers to acts that may be sent again (`desk.arrivals.idempotency.Answers`)

    def answered(self, party: str, key: str) -> tuple[bytes, str] | None:
        """Give the digest of what a party asked under a key, and the answer; None: nothing was."""
        row = self._row("select digest, answer from idempotency where party = ? and key = ?", (party, key))
        return None if row is None else (bytes(row[0]), str(row[1]))

    def keep_answer(self, *, party: str, key: str, digest: bytes, answer: str, at: datetime) -> None:
        """Keep an answer, inside the transaction of its act."""
        self._connection.run("insert into idempotency values (?, ?, ?, ?, ?)", (party, key, digest, answer, _text(at)))

    def forget_answers(self, *, before: datetime) -> None:
        """Forget the answers made before an instant."""
        self._connection.run("delete from idempotency where made_at < ?", (_text(before),))

    def drop_answers_with(self, text: str) -> None:
        """Forget the answers in which a text stands, in whatever case."""
        self._connection.run("delete from idempotency where lower(answer) like ?", (f"%{literal(text.lower())}%",))


def _values(proposal: Proposal) -> tuple[object, ...]:
    return (
        proposal.proposal, proposal.buyer, proposal.contract, proposal.provider, proposal.version, proposal.hash, proposal.text,
        proposal.party, proposal.who, proposal.name, proposal.words, _text(proposal.proposed_at), proposal.state, proposal.answered_by,
        proposal.answer_who, proposal.answer_name, proposal.answer, _text_or_none(proposal.answered_at),
        _text_or_none(proposal.recorded_at),
    )  # fmt: skip


def _draft(row: Row) -> Draft:
    return Draft(
        row[0], row[1], row[2], row[3], row[4], int(row[5]), datetime.fromisoformat(row[6]), datetime.fromisoformat(row[7]), row[8]
    )


def _proposal(row: Row) -> Proposal:
    given = dict(zip(_PROPOSAL.split(", "), row, strict=True))
    for name in ("proposed_at", "answered_at", "recorded_at"):
        given[name] = None if given[name] is None else datetime.fromisoformat(given[name])
    return Proposal(**{**given, "version": int(given["version"])})


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _text_or_none(at: datetime | None) -> str | None:
    return None if at is None else _text(at)


__all__ = ["ACCEPTED", "DECLINED", "OPEN", "WITHDRAWN", "Draft", "Proposal", "Proposals"]

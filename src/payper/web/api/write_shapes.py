"""What the API takes and answers where something is written, as typed values; names are stable."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from payper.web.api.shapes import ChangeShape

Id = Annotated[str, Meta(max_length=100)]
Short = Annotated[str, Meta(max_length=200)]
Words = Annotated[str, Meta(max_length=2000)]
Text = Annotated[str, Meta(max_length=100_000, description="TOML; docs/terms.md tells the language.")]


class TextSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """A text to be checked or kept."""

    text: Text


class DraftSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """A draft to begin: with a text, or as the version after the newest one of a contract."""

    text: Text | None = None
    buyer: Id | None = None
    contract: Id | None = None


class DraftHead(Struct, kw_only=True):
    """A draft without its text; `buyer` and `contract` as the text says."""

    draft: str
    buyer: str
    contract: str
    revision: int
    changed_at: datetime


class DraftShape(DraftHead, kw_only=True):
    """A draft of the token's party; nobody else sees it."""

    text: str


class FindingShape(Struct, kw_only=True):
    """Something to know about a text: an error stands in the way of proposing it."""

    code: str
    severity: str
    line: int
    clause: str
    seen: str
    mend: str


class SentenceShape(Struct, kw_only=True):
    """One sentence of what a text means: its clause and line."""

    clause: str
    line: int | None
    sentence: str


class CheckedShape(Struct, kw_only=True):
    """What is to be said of a text; `hash` is that of its canonical form, where it has no error."""

    can_be_proposed: bool
    hash: str | None
    findings: list[FindingShape]
    sentences: list[SentenceShape]


class MoveShape(Struct, kw_only=True):
    """Past deliveries that would be judged otherwise."""

    before: str
    after: str
    deliveries: int


class BacktestShape(Struct, kw_only=True):
    """Past deliveries judged anew: the newest, at most 5,000. Amounts in minor units of the currency beside them."""

    before: dict[str, int]
    after: dict[str, int]
    before_minor: int
    before_currency: str
    after_minor: int
    after_currency: str
    moves: list[MoveShape]
    new_reasons: dict[str, int]


class EffectShape(Struct, kw_only=True):
    """What a text would change beside version `since`, in words and money, and over past deliveries."""

    since: int | None
    changes: list[ChangeShape]
    backtest: BacktestShape | None


class ProposalSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Words that go with a proposal."""

    words: Words = ""


class AcceptanceSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """The hash of the proposal that was read; words are needed only for a party that nobody acts for."""

    hash: Annotated[str, Meta(max_length=64, description="`hash` of the proposal, which says that this text was read.")]
    words: Words = ""


class DeclineSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why a proposal is declined."""

    words: Annotated[str, Meta(min_length=1, max_length=2000)]


class ProposalShape(Struct, kw_only=True):
    """A version that one party proposes to the other; `state` is open, accepted, declined or withdrawn."""

    proposal: str
    buyer: str
    provider: str
    contract: str
    version: int
    hash: str
    state: str
    proposed_by: str
    proposer: str
    words: str
    proposed_at: datetime
    answered_by: str | None
    answerer: str | None
    answer: str | None
    answered_at: datetime | None
    is_own: bool
    can_answer: bool
    text: str


class AcceptanceShape(Struct, kw_only=True):
    """Who accepted a version for a party."""

    version: int
    hash: str
    party: str
    name: str
    words: str
    accepted_at: datetime


class PauseSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """A pause: from now on where `since` is absent, until it is ended where `until` is."""

    since: datetime | None = None
    until: datetime | None = None
    words: Words = ""


class PauseShape(Struct, kw_only=True):
    """A declared pause; both instants are in it."""

    since: datetime
    until: datetime | None
    party: str
    words: str
    is_on: bool


class MilestoneSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """A milestone; without `happened_at` it is of now, without an offset that is local to the contract's zone."""

    milestone: Annotated[str, Meta(max_length=40, description="A milestone of the glossary, such as `meeting held`.")]
    happened_at: datetime | None = None
    reason: Short | None = None
    amount: Annotated[str, Meta(max_length=40, description="Such as 1234.50.")] | None = None
    currency: Annotated[str, Meta(max_length=3)] | None = None
    source: Short | None = None
    source_id: Annotated[str, Meta(max_length=200, description="With `source` it names the milestone: a repeat is passed over.")] | None = (
        None
    )


class NamedMilestone(MilestoneSent, kw_only=True, forbid_unknown_fields=True):
    """A milestone of the delivery that the external id or public number names, or of the latest accepted one of the e-mail."""

    external_id: Short | None = None
    number: Short | None = None
    email: Short | None = None


class MilestonesSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Milestones of one contract."""

    rows: Annotated[list[NamedMilestone], Meta(min_length=1, max_length=5000)]


class ReturnSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """A return that is claimed now."""

    reason: Annotated[str, Meta(max_length=60, description="A reason's code that the contract admits, such as EMAIL_BOUNCED.")]
    evidence: Annotated[str, Meta(max_length=5000)] | None = None


class NamedReturn(ReturnSent, kw_only=True, forbid_unknown_fields=True):
    """A return of the delivery that the external id, public number or e-mail names; without `claimed_at` it is of now."""

    external_id: Short | None = None
    number: Short | None = None
    email: Short | None = None
    claimed_at: datetime | None = None


class ReturnsSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Returns of one contract."""

    rows: Annotated[list[NamedReturn], Meta(min_length=1, max_length=5000)]


class DecisionSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """A decision on a delivery in review or quarantine."""

    decision: Literal["accepted", "rejected"]


class NamedDecision(DecisionSent, kw_only=True, forbid_unknown_fields=True):
    """A decision on the delivery that the external id or the public number names."""

    external_id: Short | None = None
    number: Short | None = None


class DecisionsSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Decisions under one contract."""

    rows: Annotated[list[NamedDecision], Meta(min_length=1, max_length=5000)]


class ReturnDecisionSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """A decision on a contested return."""

    decision: Literal["granted", "refused"]


class FaultShape(Struct, kw_only=True):
    """A row that cannot be read and was not recorded; rows count from 1."""

    row: int | None
    where: str
    seen: str
    mend: str


class FactStateShape(Struct, kw_only=True):
    """What became of a row, counted from 1: taken; waiting for its delivery to come or to be accepted; or refused. `code` says why."""

    row: int
    state: Literal["taken", "waits", "refused"]
    number: str | None
    code: str | None
    seen: str | None
    mend: str | None


class RefusedFactShape(Struct, kw_only=True):
    """A fact that came to nothing so far; `contract` is null where none is named and none was found, `file` and `row` for a provider."""

    act: Literal["milestone", "return", "decision"]
    state: Literal["waits", "refused"]
    contract: str | None
    external_id: str | None
    happened_at: datetime | None
    code: str
    seen: str
    file: str | None
    row: int | None


class RefusedFactsPage(Struct, kw_only=True):
    """A page of facts that came to nothing, as settled until a day; `next` goes into `after` for the page after it."""

    rows: list[RefusedFactShape]
    next: str | None
    settled_until: date | None


class FactsShape(Struct, kw_only=True):
    """What became of the rows: how many were recorded, each one's state, and which cannot be read and were not recorded."""

    recorded: int
    rows: list[FactStateShape]
    faults: list[FaultShape]
    is_repeat: bool


class ReturnShape(Struct, kw_only=True):
    """A return of a delivery; `outcome` is granted or refused once settlement answered it."""

    place: int
    reason: str
    claimed_at: datetime
    has_evidence: bool
    evidence: str | None
    contest_until: datetime | None
    contested_at: datetime | None
    decision: str | None
    decided_at: datetime | None
    outcome: str | None


class EntriesSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Entries of a list: e-mails, domains, company names or SHA-256 of these; addresses are kept as SHA-256 only."""

    name: Annotated[str, Meta(min_length=1, max_length=100, description="Its name, as contracts write it.")]
    entries: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(min_length=1, max_length=50_000)]
    is_everywhere: bool | None = None
    is_whole: bool = False


class RemovalSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Entries to be taken off a list."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    entries: Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(min_length=1, max_length=50_000)]


class ListShape(Struct, kw_only=True):
    """A list; one that `is_everywhere` holds under every contract of the buyer."""

    name: str
    entries: int
    is_everywhere: bool
    changed_at: datetime


class ListChanged(ListShape, kw_only=True):
    """A list after a change, and how many entries were read of what was sent."""

    read: int


class EntrySent(Struct, kw_only=True, forbid_unknown_fields=True):
    """An entry to be looked for."""

    entry: Annotated[str, Meta(min_length=1, max_length=300)]


class ListsFound(Struct, kw_only=True):
    """The lists on which an entry stands."""

    lists: list[str]


class WhoSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who is meant: an e-mail address, a domain, or a phone number with its country."""

    person: Annotated[str, Meta(min_length=1, max_length=300)]


class ErasureSent(WhoSent, kw_only=True, forbid_unknown_fields=True):
    """Who is to be erased, and whether nobody of this address is to be taken again."""

    suppress: bool = True


class PlaceShape(Struct, kw_only=True):
    """A delivery that names somebody."""

    contract: str
    number: str
    delivered_at: datetime | None


class TracesShape(Struct, kw_only=True):
    """Where somebody is: deliveries (the first 100 of `count`), milestones and returns, and lists."""

    deliveries: list[PlaceShape]
    count: int
    facts: int
    lists: list[str]


class ErasureShape(Struct, kw_only=True):
    """A certificate of erasure."""

    erasure: str
    erased_at: datetime
    text: str


class PersonSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Somebody to be invited."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    name: Short = ""
    role: Annotated[str, Meta(max_length=40)]


class RoleSent(Struct, kw_only=True, forbid_unknown_fields=True):
    """Another role."""

    role: Annotated[str, Meta(max_length=40)]


class InvitedShape(Struct, kw_only=True):
    """Who was invited; `link` serves once, within a week, and is told once."""

    person: str
    email: str
    role: str
    link: str | None


class NewToken(Struct, kw_only=True, forbid_unknown_fields=True):
    """A token to be made; `days` absent: it never ends."""

    name: Short
    purposes: Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=40)]
    days: Annotated[int, Meta(ge=1, le=3650)] | None = None


class MadeToken(Struct, kw_only=True):
    """A token; its `key` is told once."""

    token: str
    name: str
    purposes: list[str]
    expires_at: datetime | None
    key: str | None


class PartySent(Struct, kw_only=True, forbid_unknown_fields=True):
    """A party to be made by who runs the installation."""

    id: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9._-]{0,99}$")]
    name: Short = ""
    kind: Literal["buyer", "provider", "both"]
    timezone: Annotated[str, Meta(max_length=60)] = "UTC"


class MadeParty(Struct, kw_only=True):
    """A party that was made."""

    id: str
    name: str
    kind: str

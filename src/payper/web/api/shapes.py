"""What the API answers, as typed values; names are stable."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct


class Me(Struct, kw_only=True):
    """Who a token stands for and what it may do."""

    party: str
    token: str
    name: str
    purposes: list[str]


class PartyShape(Struct, kw_only=True):
    """A party that contracts join the token's party to, or that party itself."""

    id: str
    name: str
    kind: str
    contracts: int
    is_own: bool


class Counts(Struct, kw_only=True):
    """Deliveries by verdict as judged; `mendable` of the rejected can pass when mended and sent again."""

    delivered: int
    accepted: int
    rejected: int
    review: int
    quarantined: int
    mendable: int


class ContractShape(Struct, kw_only=True):
    """A contract as it stands in its newest version."""

    buyer: str
    provider: str
    id: str
    model: str
    currency: str
    timezone: str
    starts: date
    ends: date | None
    versions: list[int]
    counts: Counts


class VersionShape(Struct, kw_only=True):
    """One version of a contract."""

    buyer: str
    contract: str
    version: int
    holds_from: datetime
    hash: str
    text: str


class ClauseShape(Struct, kw_only=True):
    """One sentence of a contract: its clause, its line in the text, what it means."""

    clause: str
    line: int | None
    sentence: str


class ChangeShape(Struct, kw_only=True):
    """One clause that differs between two versions; `money_minor` is the difference of an amount."""

    clause: str
    before: str | None
    after: str | None
    sentence: str
    money_minor: int | None


class DeliveryShape(Struct, kw_only=True):
    """A delivery: `number` names it, `verdict` and `reasons` are as judged, `decision` is what a person decided since."""

    number: str
    buyer: str
    contract: str
    external_id: str | None
    company: str | None
    kind: str
    delivered_at: datetime | None
    verdict: str
    reasons: list[str]
    decision: str | None
    price_minor: int
    currency: str


class DeliveriesPage(Struct, kw_only=True):
    """A page of deliveries, newest first; `next` goes into `before` for the page after it."""

    rows: list[DeliveryShape]
    next: str | None


class ReasonShape(Struct, kw_only=True):
    """One reason of a verdict: its code and number, the clause that decided, what was seen and what would pass."""

    code: str
    number: int
    clause: str | None
    seen: str
    mend: str | None


class StepShape(Struct, kw_only=True):
    """Something recorded of a delivery's journey."""

    happened_at: datetime | None
    what: str
    reason: str | None
    amount: str | None


class LineShape(Struct, kw_only=True):
    """A line of a statement; the two changes add up to what is pending and owed."""

    happened_at: datetime
    event: str
    delivery: str
    external_id: str | None
    milestone: str
    amount_minor: int
    pending_change_minor: int
    owed_change_minor: int
    currency: str
    cause: str


class StoryShape(Struct, kw_only=True):
    """Everything about one delivery; `values` is what was sent, with personal data hidden where the token may not read people."""

    delivery: DeliveryShape
    contract_version: int | None
    file: str
    row: int
    words: str
    reasons: list[ReasonShape]
    values: dict[str, str]
    is_personal: bool
    steps: list[StepShape]
    lines: list[LineShape]


class BalanceShape(Struct, kw_only=True):
    """What stands under one contract, in minor units of its currency; `owed_minor` is posted less credited."""

    buyer: str
    provider: str
    contract: str
    currency: str
    pending_minor: int
    posted_minor: int
    credited_minor: int
    owed_minor: int
    as_of: date | None


class StatementPage(Struct, kw_only=True):
    """A page of a statement's lines, newest first."""

    balance: BalanceShape
    rows: list[LineShape]
    next: str | None


class AuditShape(Struct, kw_only=True):
    """One line of the party's audit trail."""

    number: str
    at: datetime
    who: str
    act: str
    subject: str
    detail: str


class AuditPage(Struct, kw_only=True):
    """A page of the audit trail, newest first."""

    rows: list[AuditShape]
    next: str | None


class TokenShape(Struct, kw_only=True):
    """A token of the party, without its key."""

    token: str
    name: str
    purposes: list[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class PersonShape(Struct, kw_only=True):
    """Somebody of the party."""

    person: str
    email: str
    name: str
    role: str
    has_second_factor: bool
    is_active: bool


class ProfileText(Struct, kw_only=True):
    """A profile as TOML, as `payper advise --questions` prints one to fill in."""

    text: str


class FindingShape(Struct, kw_only=True):
    """What is wrong or odd about an answer: its key, its line in the text, what was seen and what to do."""

    severity: str
    key: str
    line: int
    seen: str
    mend: str


class NumberShape(Struct, kw_only=True):
    """The number that an answer stands for, written out, with its source and how far to trust it."""

    answer: str
    words: str
    value: str
    range: str | None
    source: str
    mark: str


class ProfileShape(Struct, kw_only=True):
    """A party's profile; `is_ready`: advice can be given."""

    text: str
    changed_at: datetime | None
    is_ready: bool
    findings: list[FindingShape]
    numbers: list[NumberShape]

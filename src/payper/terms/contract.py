"""A contract's terms as values: what the text of a contract file means.

`terms.reading` makes these from TOML; nothing here parses. Money is in minor units of the contract's currency, rates and percentages
are decimals, instants are UTC, an absent clause is None or empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Literal

from payper.journey import LEAD_PRICED, MEETING, Milestone
from payper.periods import Calendar, Period

Model = Literal["lead", "appointment", "hybrid"]
Uncertain = Literal["review", "reject", "accept"]
Across = Literal["buyer", "contract", "provider"]


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from `low` to `high`, both included; None is open (`200..5000`, `50M..`, `..200`)."""

    low: int | None
    high: int | None

    def __str__(self) -> str:
        return f"{'' if self.low is None else self.low}..{'' if self.high is None else self.high}"


@dataclass(frozen=True, slots=True)
class SeniorityRange:
    """Steps of the seniority ladder from `low` to `high`, both included; None is open."""

    low: str | None
    high: str | None

    def __str__(self) -> str:
        return f"{self.low or ''}..{self.high or ''}"


@dataclass(frozen=True, slots=True)
class IndustryPrefix:
    """An industry a contract asks for: a code prefix of a system (naics, sic, nace, isic), or a title (`system` "title")."""

    system: str
    code: str

    def __str__(self) -> str:
        return self.code if self.system == "title" else f"{self.system}:{self.code}"


@dataclass(frozen=True, slots=True)
class ListEntries:
    """The entries of a target or suppression list, sorted by kind (RULES 21), all trimmed and lower-case.

    Attributes:
        path: As the contract writes it.
        emails: Normal e-mail addresses.
        domains: Registrable domains.
        company_keys: Company keys.
        digests: SHA-256 hex digests of any of the three, or of the trimmed lower-case text.
    """

    path: str
    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    company_keys: frozenset[str] = frozenset()
    digests: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Audience:
    """The ideal customer profile. Empty tuples and None ask nothing.

    Attributes:
        everywhere: Suppression lists that hold under every contract of the buyer, beside its text; the canonical form leaves them out.
    """

    countries: tuple[str, ...] = ()
    employees: Range | None = None
    revenue: Range | None = None
    industries: tuple[IndustryPrefix, ...] = ()
    functions: tuple[str, ...] = ()
    seniority: SeniorityRange | None = None
    only: ListEntries | None = None
    suppress: tuple[ListEntries, ...] = ()
    rule: str | None = None
    everywhere: tuple[ListEntries, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """What proof of consent a delivery must carry."""

    fields: tuple[str, ...] = ("consent_at", "consent_text")
    max_age: Period | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A qualifying question: the answer in column `answer_<field>` must be one of `accept`."""

    field: str
    accept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What a delivery's record must be.

    `email` holds of syntax, business, not_disposable, not_role, mx; `phone` of valid, matches_country.
    """

    required: tuple[str, ...] = ()
    email: frozenset[str] = frozenset()
    phone: frozenset[str] = frozenset()
    consent: Consent | None = None
    fresh: Period | None = None
    uncertain: Uncertain = "review"
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """When a delivery is a duplicate. `match` holds of email, person, phone, fuzzy; `within` None is without limit."""

    match: frozenset[str] = frozenset()
    within: Period | None = None
    across: Across = "buyer"
    crm: bool = False


@dataclass(frozen=True, slots=True)
class Caps:
    """How many deliveries are taken. None is no cap; the budget is in minor units."""

    total: int | None = None
    per_day: int | None = None
    per_month: int | None = None
    per_company: int | None = None
    budget_minor: int | None = None
    over: Literal["quarantine", "reject"] = "quarantine"
    pace: Literal["even", "asap"] = "asap"


@dataclass(frozen=True, slots=True)
class Tier:
    """From the `first`th charge on a milestone on, the amount is another (RULES 33)."""

    first: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Price:
    """One price row. Exactly one of `amount_minor` and `percent` is set; the first row of a milestone whose `when` holds applies."""

    on: Milestone
    amount_minor: int | None = None
    percent: Decimal | None = None
    when: str | None = None
    tiers: tuple[Tier, ...] = ()
    offset: tuple[Milestone, ...] = ()

    def amount_at(self, number: int) -> int:
        """Give the flat amount of the `number`th charge on this milestone, counted from 1, in minor units."""
        amount = self.amount_minor or 0
        for tier in self.tiers:
            if number >= tier.first:
                amount = tier.amount_minor
        return amount


@dataclass(frozen=True, slots=True)
class Review:
    """How long and why a charge may be returned, and what a granted return gives.

    Attributes:
        cap: Share of accepted deliveries that may be returned, as a fraction (0.15), or None.
        remedy: credit, replace or partial.
        partial: With remedy partial, the share given back, as a percentage (85).
        undecided: Who is right when a contested return is not decided in time; None: the return stands (buyer).
    """

    window: Period
    silence: Literal["accept", "return"] = "accept"
    reasons: tuple[str, ...] = ()
    evidence: frozenset[str] = frozenset()
    cap: Decimal | None = None
    remedy: Literal["credit", "replace", "partial"] = "credit"
    partial: Decimal | None = None
    replace_within: Period | None = None
    contest_within: Period | None = None
    undecided: Literal["buyer", "provider"] = "buyer"


@dataclass(frozen=True, slots=True)
class NoShow:
    """What a meeting that the prospect missed costs: with `reschedule` another try first, then `then` (void, charge or replace)."""

    reschedule: bool
    then: Literal["void", "charge", "replace"]


@dataclass(frozen=True, slots=True)
class Appointment:
    """The clauses of a meeting. `proof` is in order of weight, as written (`attendance`, `rep`, `silence:1bd`)."""

    duration: Period | None = None
    notice: Period | None = None
    horizon: Period | None = None
    held_after: Period | None = None
    proof: tuple[str, ...] = ()
    reschedules: int = 0
    no_show: NoShow = NoShow(reschedule=False, then="void")
    attendee: str | None = None


@dataclass(frozen=True, slots=True)
class Followup:
    """The buyer's duty to follow up."""

    first_touch: Period | None = None
    attempts: int | None = None
    within: Period | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Dates in the contract's zone, both included, on which nothing is taken."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class PauseDeclared:
    """A pause that a party declared beside the text: nothing is taken from an instant until another, both included; None: no end yet."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A test that the contract carries: `given` columns, the verdict it `gives`, the reasons and the amount it `owes` (minor units)."""

    given: dict[str, object]
    gives: str
    reasons: tuple[str, ...] | None = None
    owes_minor: int | None = None
    line: int = 0


@dataclass(frozen=True)
class Contract:
    """One version of a contract.

    Attributes:
        holds_from: The instant, UTC, from which this version holds (RULES 8).
        declared_pauses: Those that a party declared beside the text; the canonical form leaves them out.
        hash: SHA-256 hex digest of the canonical form; comments, order of keys and layout do not change it.
        path: The file it was read from, or None.
    """

    id: str
    buyer: str
    provider: str
    currency: str
    zone: str
    starts: date
    ends: date | None = None
    version: int = 1
    holds_from: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    holidays: frozenset[date] = frozenset()
    holidays_source: str = ""
    opens: time = time(9)
    closes: time = time(17)
    pauses: tuple[Pause, ...] = ()
    declared_pauses: tuple[PauseDeclared, ...] = ()
    audience: Audience = field(default_factory=Audience)
    record: Record = field(default_factory=Record)
    duplicate: Duplicate = field(default_factory=Duplicate)
    caps: Caps = field(default_factory=Caps)
    prices: tuple[Price, ...] = ()
    review: Review | None = None
    appointment: Appointment | None = None
    followup: Followup | None = None
    examples: tuple[Example, ...] = ()
    hash: str = ""
    path: Path | None = None

    @property
    def calendar(self) -> Calendar:
        """Give the contract's clock."""
        return Calendar(zone=self.zone, holidays=self.holidays, opens=self.opens, closes=self.closes)

    @property
    def model(self) -> Model:
        """Tell what is bought (RULES 12): lead without a price on a meeting milestone, appointment without one on a lead's, else hybrid."""
        priced = {price.on for price in self.prices}
        if not priced & MEETING:
            return "lead"
        if not priced & LEAD_PRICED:
            return "appointment"
        return "hybrid"

    def prices_on(self, milestone: Milestone) -> tuple[Price, ...]:
        """Give the price rows of a milestone, in the order written."""
        return tuple(price for price in self.prices if price.on == milestone)

    @classmethod
    def read(cls, path: str | Path) -> Contract:
        """Read a contract file, its list files included (paths in it are relative to it).

        Raises:
            TermsError: The file cannot be read as terms; the message holds every finding that is an error.
        """
        from payper.terms.reading import read_contract

        return read_contract(Path(path))

"""Why a delivery was judged as it was: every code, in precedence, with its group, fault and mend.

Numbers are stored and never reused; a retired reason stays, marked. The order of the members is the order of precedence: the first
reason of a verdict is its headline. docs/reasons.md is generated from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cached_property


class Group(StrEnum):
    """The stage that gives a reason."""

    CONTRACT = "contract"
    RECORD = "record"
    AUDIENCE = "audience"
    APPOINTMENT = "appointment"
    DUPLICATE = "duplicate"
    CAP = "cap"
    AFTER = "after delivery"


class Fault(StrEnum):
    """Whose doing it is, in the sense of who can prevent the next one."""

    PROVIDER = "provider"
    BUYER = "buyer"
    PROSPECT = "prospect"
    NOBODY = "nobody"


class Verdict(StrEnum):
    """payper's answer to a delivery."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVIEW = "review"
    QUARANTINED = "quarantined"


GOOD: frozenset[Verdict] = frozenset({Verdict.ACCEPTED, Verdict.REVIEW, Verdict.QUARANTINED})
"""Verdicts that make a later delivery of the same person a duplicate (RULES 27)."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    number: int
    group: Group
    fault: Fault
    can_mend: bool
    text: str


_P, _B, _X, _N = Fault.PROVIDER, Fault.BUYER, Fault.PROSPECT, Fault.NOBODY


class Reason(Enum):
    """A stable code for why; members stand in order of precedence."""

    CONTRACT_UNKNOWN = _Meaning(
        101,
        Group.CONTRACT,
        _P,
        True,
        "No contract of this id is known, so there are no terms to judge by. Hand the delivery over under the id of a contract that both parties accepted.",
    )
    CONTRACT_NOT_IN_FORCE = _Meaning(
        102,
        Group.CONTRACT,
        _P,
        False,
        "The delivery was generated or delivered, by the contract's local date, before the contract starts or after it ends. A replacement that is still owed may come after the end.",
    )
    CONTRACT_PAUSED = _Meaning(
        103, Group.CONTRACT, _B, True, "The contract was paused when this was delivered. Deliver again after the pause."
    )

    ROW_MALFORMED = _Meaning(
        201,
        Group.RECORD,
        _P,
        True,
        "The row cannot be read: it has more or fewer cells than the header, a quote that never closes, an impossible date, or is no record at all. The evidence says which. Mend the row and send it again.",
    )
    FIELD_MISSING = _Meaning(
        202,
        Group.RECORD,
        _P,
        True,
        "Fields that the contract requires are empty; the evidence names them. Fill them in and send the delivery again.",
    )
    EMAIL_SYNTAX = _Meaning(
        203, Group.RECORD, _P, True, "The e-mail address is not one that mail can be sent to, by the rules of the package email-validator."
    )
    EMAIL_DISPOSABLE = _Meaning(204, Group.RECORD, _P, False, "The e-mail address belongs to a service of throw-away addresses.")
    EMAIL_FREE = _Meaning(
        205,
        Group.RECORD,
        _P,
        True,
        "The e-mail address belongs to a free mail service, and the contract asks for a business address. The same person's company address would pass.",
    )
    EMAIL_ROLE = _Meaning(206, Group.RECORD, _P, True, "The e-mail address names a function (info@, sales@), not a person.")
    EMAIL_NO_MX = _Meaning(
        207,
        Group.RECORD,
        _P,
        True,
        "The domain of the e-mail address takes no mail: it has no mail exchanger and no address record, or says so (RFC 7505). Checked on-line only; the evidence carries the date of the answer.",
    )
    PHONE_INVALID = _Meaning(
        208,
        Group.RECORD,
        _P,
        True,
        "The phone number is not valid in any numbering plan that its prefix or the delivery's country names, by libphonenumber's metadata.",
    )
    PHONE_COUNTRY = _Meaning(
        209, Group.RECORD, _P, True, "The phone number is valid, but belongs to another country than the delivery says."
    )
    CONSENT_MISSING = _Meaning(210, Group.RECORD, _P, True, "The contract asks for proof of consent, and a field of it is empty.")
    CONSENT_EXPIRED = _Meaning(211, Group.RECORD, _P, False, "The consent is older, at delivery, than the contract allows.")
    STALE = _Meaning(212, Group.RECORD, _P, False, "The delivery was generated longer before it was handed over than the contract allows.")
    ANSWER_MISSING = _Meaning(213, Group.RECORD, _P, True, "A qualifying question of the contract has no answer.")
    ANSWER_DISQUALIFIES = _Meaning(
        214, Group.RECORD, _X, False, "The answer to a qualifying question is not among those the contract accepts."
    )
    IMPLAUSIBLE = _Meaning(
        215,
        Group.RECORD,
        _P,
        True,
        "The record looks like test data or keyboard rows, or is dated after its own delivery. The patterns are listed in docs/normalising.md, and nothing else gives this reason.",
    )

    COUNTRY_UNKNOWN = _Meaning(
        301, Group.AUDIENCE, _P, True, "The country is empty or not recognised, and the contract asks for certain countries."
    )
    COUNTRY_OUTSIDE = _Meaning(302, Group.AUDIENCE, _P, False, "The country is none of those the contract asks for.")
    SIZE_UNKNOWN = _Meaning(
        303,
        Group.AUDIENCE,
        _P,
        True,
        "The number of employees is empty, not readable, or a range that lies across a bound of the contract's.",
    )
    SIZE_OUTSIDE = _Meaning(304, Group.AUDIENCE, _P, False, "The company has fewer or more employees than the contract asks for.")
    REVENUE_UNKNOWN = _Meaning(
        305,
        Group.AUDIENCE,
        _P,
        True,
        "The revenue is empty, not readable, a range that lies across a bound of the contract's, or in a currency without a rate.",
    )
    REVENUE_OUTSIDE = _Meaning(306, Group.AUDIENCE, _P, False, "The company's revenue is lower or higher than the contract asks for.")
    INDUSTRY_UNKNOWN = _Meaning(
        307, Group.AUDIENCE, _P, True, "The industry is empty or not recognised as a code or title of NAICS, SIC, NACE or ISIC."
    )
    INDUSTRY_OUTSIDE = _Meaning(308, Group.AUDIENCE, _P, False, "The industry is none of those the contract asks for.")
    TITLE_UNKNOWN = _Meaning(
        309,
        Group.AUDIENCE,
        _P,
        True,
        "The job title is empty, or what the contract asks of it (function or seniority) cannot be told from it.",
    )
    FUNCTION_OUTSIDE = _Meaning(
        310, Group.AUDIENCE, _P, False, "The job title belongs to another function than those the contract asks for."
    )
    SENIORITY_OUTSIDE = _Meaning(311, Group.AUDIENCE, _P, False, "The job title is below or above the seniority the contract asks for.")
    COMPANY_NOT_TARGETED = _Meaning(312, Group.AUDIENCE, _P, False, "The company is not on the target account list.")
    SUPPRESSED = _Meaning(
        313, Group.AUDIENCE, _P, False, "The person, domain or company is on a suppression list (customers, competitors, opt-outs)."
    )
    RULE_UNKNOWN = _Meaning(
        314, Group.AUDIENCE, _P, True, "The contract's rule cannot be decided, because a value it looks at is missing or a range."
    )
    RULE_FAILED = _Meaning(315, Group.AUDIENCE, _P, False, "The contract's rule does not hold for this delivery.")

    NOTICE_TOO_SHORT = _Meaning(
        401, Group.APPOINTMENT, _P, True, "The meeting begins sooner after delivery than the notice that the contract gives the buyer."
    )
    BEYOND_HORIZON = _Meaning(402, Group.APPOINTMENT, _P, True, "The meeting lies further ahead than the contract's horizon.")
    NOT_DECISION_MAKER = _Meaning(
        403, Group.APPOINTMENT, _P, True, "The attendee is not of the standing that the contract's clause appointment.attendee asks for."
    )

    RESENT = _Meaning(
        501,
        Group.DUPLICATE,
        _P,
        False,
        "A delivery with the same external id was already accepted, in review or quarantined under this contract.",
    )
    DUPLICATE_SELF = _Meaning(
        502, Group.DUPLICATE, _P, False, "The same provider delivered this person before, inside the contract's window."
    )
    DUPLICATE_OTHER = _Meaning(
        503, Group.DUPLICATE, _N, False, "Another provider delivered this person first, inside the contract's window."
    )
    DUPLICATE_CRM = _Meaning(504, Group.DUPLICATE, _N, False, "The buyer already has this person in the CRM.")
    DUPLICATE_POSSIBLE = _Meaning(
        505, Group.DUPLICATE, _N, False, "A person much like this one was delivered before; a person must look. Never a silent rejection."
    )

    CAP_COMPANY = _Meaning(601, Group.CAP, _N, False, "The contract takes no more deliveries from this company.")
    CAP_DAY = _Meaning(602, Group.CAP, _N, True, "The day's number is reached. Deliver on a later day.")
    CAP_MONTH = _Meaning(603, Group.CAP, _N, True, "The month's number is reached. Deliver in a later month.")
    CAP_TOTAL = _Meaning(604, Group.CAP, _N, False, "The contract's total is reached.")
    CAP_BUDGET = _Meaning(605, Group.CAP, _N, False, "The charge of this delivery would go over the contract's budget.")
    CAP_PACE = _Meaning(606, Group.CAP, _N, True, "More than the even pace of the contract allows by this day. Deliver on a later day.")

    EMAIL_BOUNCED = _Meaning(701, Group.AFTER, _P, False, "Mail to the address came back as undeliverable for good.")
    PHONE_WRONG = _Meaning(702, Group.AFTER, _P, False, "The number is not in service or reaches somebody else.")
    PERSON_WRONG = _Meaning(703, Group.AFTER, _P, False, "The person reached is not the one delivered.")
    LEFT_COMPANY = _Meaning(704, Group.AFTER, _P, False, "The person no longer works for the company.")
    DENIES_REQUEST = _Meaning(705, Group.AFTER, _P, False, "The person denies having asked for anything.")
    OPTED_OUT = _Meaning(706, Group.AFTER, _X, False, "The person asked not to be contacted.")
    NO_SHOW_PROSPECT = _Meaning(707, Group.AFTER, _X, True, "The prospect did not come to the meeting.")
    NO_SHOW_BUYER = _Meaning(708, Group.AFTER, _B, True, "The buyer's side did not come to the meeting; it is charged as held.")
    CANCELLED_LATE = _Meaning(709, Group.AFTER, _X, True, "The meeting was cancelled later than the notice allows.")
    TOO_SHORT = _Meaning(710, Group.AFTER, _X, True, "The meeting was shorter than what the contract counts as held.")
    NO_PROOF = _Meaning(711, Group.AFTER, _N, True, "None of the proofs that the contract names shows that the meeting was held.")
    REPLACEMENT_LATE = _Meaning(
        712, Group.AFTER, _P, False, "The replacement came after its deadline; the charge it should have replaced was given back."
    )

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> int:
        """Give the stored number, never reused."""
        return self.value.number

    @property
    def group(self) -> Group:
        """Give the stage that gives this reason."""
        return self.value.group

    @property
    def fault(self) -> Fault:
        """Give whose doing it is."""
        return self.value.fault

    @property
    def can_mend(self) -> bool:
        """Tell whether mending the record and sending it again can help."""
        return self.value.can_mend

    @property
    def text(self) -> str:
        """Give the reason in words."""
        return self.value.text

    @property
    def is_uncertain(self) -> bool:
        """Tell whether the reason says «cannot be known», which follows `record.uncertain` (DESIGN 5)."""
        return (self.name.endswith("_UNKNOWN") and self is not Reason.CONTRACT_UNKNOWN) or self is Reason.DUPLICATE_POSSIBLE

    @cached_property
    def rank(self) -> int:
        """Give the place in the order of precedence, 0 first."""
        return list(Reason).index(self)

    @classmethod
    def of_number(cls, number: int) -> Reason:
        """Find a reason by its stored number."""
        return _OF_NUMBER[number]


_OF_NUMBER = {reason.number: reason for reason in Reason}
assert len(_OF_NUMBER) == len(Reason), "a reason's number is used twice"

RETURN_REASONS: tuple[Reason, ...] = tuple(
    reason
    for reason in Reason
    if reason.group not in {Group.CONTRACT, Group.CAP} and reason not in {Reason.ROW_MALFORMED, Reason.REPLACEMENT_LATE}
)
"""Reasons that a buyer may give for a return, where the contract lists them."""

NO_LONGER_GIVEN: frozenset[Reason] = frozenset()
"""Retired reasons: their numbers stay taken."""

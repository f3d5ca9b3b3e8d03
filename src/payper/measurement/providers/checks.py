"""Checks: what a provider's deliveries are looked at for, and which reasons say that one did not pass.

Every check belongs to a criterion and, where reasons decide it, is passed unless one of its reasons is listed. Reasons that are nobody's
or the buyer's doing (caps, another provider's delivery, the buyer's CRM) belong to no check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from payper.reasons import Reason
from payper.terms.contract import Contract


class Criterion(StrEnum):
    """What providers are compared by; a buyer gives each a weight."""

    DATA_ACCURACY = "data accuracy"
    AUDIENCE_RELEVANCE = "audience relevance"
    ACCEPTANCE = "acceptance"
    RETURNS = "returns"
    SPEED = "speed"
    SHOW_RATE = "show rate"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Check:
    """One question that reasons answer.

    Attributes:
        name: As scorecards show it.
        criterion: What it counts for.
        bad: Reasons that say no.
        asked: Whether the terms ask it; a delivery under other terms was never looked at for it.
        unknown: Reasons that say that it cannot be known.
        column: The canonical column without which there was nothing to look at, unless a reason is listed all the same.
        is_after: Whether it can be told only after delivery, of accepted deliveries, by what the buyer sends back.
    """

    name: str
    criterion: Criterion
    bad: frozenset[Reason]
    asked: Callable[[Contract], bool]
    unknown: frozenset[Reason] = frozenset()
    column: str | None = None
    is_after: bool = False


def _record(
    name: str, *bad: Reason, asked: Callable[[Contract], bool], column: str | None = None, unknown: tuple[Reason, ...] = ()
) -> Check:
    return Check(name, Criterion.DATA_ACCURACY, frozenset(bad), asked, frozenset(unknown), column)


def _audience(name: str, bad: Reason, unknown: Reason | None, asked: Callable[[Contract], bool]) -> Check:
    return Check(name, Criterion.AUDIENCE_RELEVANCE, frozenset({bad}), asked, frozenset({unknown} if unknown else ()))


def _after(name: str, *bad: Reason, column: str | None = None) -> Check:
    return Check(name, Criterion.DATA_ACCURACY, frozenset(bad), lambda _: True, column=column, is_after=True)


CHECKS: tuple[Check, ...] = (
    _record("row readable", Reason.ROW_MALFORMED, asked=lambda _: True),
    _record(
        "fields complete",
        Reason.FIELD_MISSING,
        Reason.ANSWER_MISSING,
        asked=lambda terms: bool(terms.record.required or terms.record.questions),
    ),
    _record(
        "email takes mail",
        Reason.EMAIL_SYNTAX,
        Reason.EMAIL_DISPOSABLE,
        Reason.EMAIL_NO_MX,
        asked=lambda terms: bool(terms.record.email & {"syntax", "not_disposable", "mx"}),
        column="email",
    ),
    _record(
        "email of the person at work",
        Reason.EMAIL_FREE,
        Reason.EMAIL_ROLE,
        asked=lambda terms: bool(terms.record.email & {"business", "not_role"}),
        column="email",
    ),
    _record("phone number valid", Reason.PHONE_INVALID, Reason.PHONE_COUNTRY, asked=lambda terms: bool(terms.record.phone), column="phone"),
    _record(
        "consent proved",
        Reason.CONSENT_MISSING,
        Reason.CONSENT_EXPIRED,
        Reason.DENIES_REQUEST,
        asked=lambda terms: terms.record.consent is not None,
    ),
    _record("record plausible", Reason.IMPLAUSIBLE, asked=lambda _: True),
    _record(
        "no duplicate",
        Reason.RESENT,
        Reason.DUPLICATE_SELF,
        asked=lambda terms: bool(terms.duplicate.match),
        unknown=(Reason.DUPLICATE_POSSIBLE,),
    ),
    _after("mail arrived", Reason.EMAIL_BOUNCED, column="email"),
    _after("phone reaches the person", Reason.PHONE_WRONG, column="phone"),
    _after("right person", Reason.PERSON_WRONG, Reason.LEFT_COMPANY),
    _audience("country", Reason.COUNTRY_OUTSIDE, Reason.COUNTRY_UNKNOWN, lambda terms: bool(terms.audience.countries)),
    _audience("company size", Reason.SIZE_OUTSIDE, Reason.SIZE_UNKNOWN, lambda terms: terms.audience.employees is not None),
    _audience("revenue", Reason.REVENUE_OUTSIDE, Reason.REVENUE_UNKNOWN, lambda terms: terms.audience.revenue is not None),
    _audience("industry", Reason.INDUSTRY_OUTSIDE, Reason.INDUSTRY_UNKNOWN, lambda terms: bool(terms.audience.industries)),
    _audience("function", Reason.FUNCTION_OUTSIDE, Reason.TITLE_UNKNOWN, lambda terms: bool(terms.audience.functions)),
    _audience("seniority", Reason.SENIORITY_OUTSIDE, Reason.TITLE_UNKNOWN, lambda terms: terms.audience.seniority is not None),
    _audience("target list", Reason.COMPANY_NOT_TARGETED, None, lambda terms: terms.audience.only is not None),
    _audience("not suppressed", Reason.SUPPRESSED, None, lambda terms: bool(terms.audience.suppress)),
    _audience("contract's rule", Reason.RULE_FAILED, Reason.RULE_UNKNOWN, lambda terms: terms.audience.rule is not None),
    _audience("qualifying answers", Reason.ANSWER_DISQUALIFIES, Reason.ANSWER_MISSING, lambda terms: bool(terms.record.questions)),
    Check(
        "decision-maker",
        Criterion.AUDIENCE_RELEVANCE,
        frozenset({Reason.NOT_DECISION_MAKER}),
        lambda terms: terms.appointment is not None and terms.appointment.attendee is not None,
    ),
    Check("fresh by the terms", Criterion.SPEED, frozenset({Reason.STALE}), lambda terms: terms.record.fresh is not None),
)
"""In the order that scorecards show them."""

ACCEPTED, NOT_RETURNED, IN_TIME, MEETING_HELD = "accepted", "not returned", "delivered in time", "meeting held"
"""Checks that verdicts, returns, instants and milestones answer, not reasons."""


def checks_asked(contract: Contract) -> frozenset[str]:
    """Name the checks of `CHECKS` that a contract's terms ask for."""
    return frozenset(check.name for check in CHECKS if check.asked(contract))

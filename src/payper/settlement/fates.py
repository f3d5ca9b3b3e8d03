"""Fates: when each charge posts, and what a return, a missed meeting or silence takes off it.

A fate is the same for a percentage, a tier or a flat fee: it holds instants and shares, no amounts. Amounts come after, as an offset
needs to know which earlier fees still stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from payper.journey import Milestone
from payper.settlement.admission import Answer, ClaimBook, Owing
from payper.settlement.course import Course, Reached
from payper.settlement.facts import Subject

WHOLE = Decimal(100)


@dataclass(slots=True)
class Fate:
    """What becomes of a charge; instants may lie ahead of the settlement's as-of.

    Attributes:
        post_at: When what is left posts; None: never, or its window has not begun.
        relief_at: When a share is taken off: voided, or credited if it posted earlier.
        relief_percent: The share.
        relief_reason: Its code.
        held_until: With an open return, when it is answered.
    """

    charge: Reached
    post_at: datetime | None = None
    post_cause: str = ""
    relief_at: datetime | None = None
    relief_percent: Decimal = WHOLE
    relief_cause: str = ""
    relief_reason: str = ""
    held_until: datetime | None = None

    def relieve(self, at: datetime, percent: Decimal, cause: str, reason: str) -> None:
        """Take a share off, once; what has not posted by then and is taken whole never posts."""
        if self.relief_at is not None:
            return
        self.relief_at, self.relief_percent, self.relief_cause, self.relief_reason = at, percent, cause, reason
        if percent == WHOLE and self.post_at is not None and self.post_at >= at:
            self.post_at = None

    def hold_until(self, at: datetime, cause: str) -> None:
        """Keep pending until an instant, though the window may end before (RULES 42)."""
        self.held_until = at
        if self.post_at is not None and self.post_at < at:
            self.post_at, self.post_cause = at, cause

    def stands_at(self, at: datetime) -> bool:
        """Tell whether the charge is made and nothing has taken it off whole by an instant."""
        if self.charge.made_at > at or self.charge.is_void_between_lives(at):
            return False
        return not (self.relief_at is not None and self.relief_at <= at and self.relief_percent == WHOLE)


def fates_of(courses: Mapping[int, Course], book: ClaimBook) -> dict[int, list[Fate]]:
    """Settle every charge of the deliveries followed.

    Args:
        courses: By delivery id.
        book: Has answered all returns and knows what each replacement is delivered by.

    Returns:
        Fates by delivery id, in the order the charges were made. `Reached.is_free` is set where the charge of what a delivery replaces
        stands for its own (decision 0008).
    """
    replaced_by = {owing.delivered_by.delivery_id: owing for owing in book.owings.values() if owing.delivered_by is not None}
    fates: dict[int, list[Fate]] = {}
    for delivery_id in sorted(courses):
        course = courses[delivery_id]
        _free(course, delivery_id, replaced_by, fates)
        fates[delivery_id] = [_own_fate(charge, course, book) for charge in course.charges.values()]
        _relieve_ancestors(course.subject, book, replaced_by, fates)
    return fates


def _own_fate(charge: Reached, course: Course, book: ClaimBook) -> Fate:
    fate = Fate(charge)
    if charge.void_at is not None and charge.begins_at is None:
        fate.relieve(charge.void_at, WHOLE, charge.void_cause, charge.void_reason)
        return fate
    if charge.begins_at is None:
        return fate
    contract = course.subject.contract
    fate.post_at = charge.ends_at
    fate.post_cause = "end of the review window" if contract.review else "no review is agreed"
    answer = book.returned.get(course.subject.delivery_id)
    owing = book.owing(course.subject)
    is_returned = answer is not None and charge.milestone in answer.covered
    if answer is not None and is_returned:
        assert answer.at is not None, "an admissible return has its instant"
        fate.hold_until(answer.at, f"{answer.words} {answer.claim}")
        _remedy(fate, answer, owing)
    made_good = () if owing is None or course.makeup is None else owing.covered if owing.is_makeup else course.makeup.covered
    if owing is not None and charge.milestone in made_good:
        # A return's replacement that came first stands for the missed meeting too: a delivery is owed at most one.
        _expire(fate, owing)
        return fate
    if is_returned:
        return fate
    if contract.review is not None and contract.review.silence == "return" and not charge.is_confirmed and charge.ends_at is not None:
        fate.relieve(charge.ends_at, WHOLE, "silence through the review window", "SILENCE")
    return fate


def _remedy(fate: Fate, answer: Answer, owing: Owing | None) -> None:
    """Let a return do what it does to a charge that it covers (RULES 42 and 44)."""
    review = answer.subject.contract.review if answer.subject else None
    if answer.remedy is None or review is None or answer.at is None:
        return
    if owing is not None and owing.is_makeup and fate.charge.milestone in owing.covered:
        return
    if answer.remedy == "replace":
        if owing is not None:
            _expire(fate, owing)
        return
    percent = review.partial if answer.remedy == "partial" and review.partial is not None else WHOLE
    fate.relieve(answer.at, percent, str(answer.claim), "RETURNED")


def _expire(fate: Fate, owing: Owing) -> None:
    """Give the charge back at the deadline of a replacement that nothing was accepted for."""
    if owing.delivered_by is None and owing.deadline is not None:
        fate.relieve(
            max(owing.deadline, fate.charge.begins_at or owing.deadline),
            WHOLE,
            f"no replacement by the deadline: {owing.cause}",
            "REPLACEMENT_EXPIRED",
        )


def _free(course: Course, delivery_id: int, replaced_by: Mapping[int, Owing], fates: Mapping[int, list[Fate]]) -> None:
    """Make a replacement's later charge free while the same milestone of what it replaces stands charged."""
    owing = replaced_by.get(delivery_id)
    while owing is not None:
        for fate in fates.get(owing.subject.delivery_id, ()):
            own = course.charges.get(fate.charge.milestone)
            if own is not None and fate.stands_at(own.made_at):
                own.is_free = True
        owing = replaced_by.get(owing.subject.delivery_id)


def _relieve_ancestors(subject: Subject, book: ClaimBook, replaced_by: Mapping[int, Owing], fates: Mapping[int, list[Fate]]) -> None:
    """Pass the return or the no-show of a free replacement on to the charge that stands for it (decision 0008)."""
    answer = book.returned.get(subject.delivery_id)
    own = book.owing(subject)
    if answer is not None and answer.remedy is not None:
        for fate in _standing_above(subject, answer.covered, replaced_by, fates):
            _remedy(fate, answer, own)
    if own is not None and own.is_makeup:
        for fate in _standing_above(subject, own.covered, replaced_by, fates):
            _expire(fate, own)


def _standing_above(
    subject: Subject, covered: Sequence[Milestone], replaced_by: Mapping[int, Owing], fates: Mapping[int, list[Fate]]
) -> list[Fate]:
    """List the charges that stand for a replacement's free ones, up the chain of what it replaces."""
    standing = []
    owing = replaced_by.get(subject.delivery_id)
    is_free = any(fate.charge.is_free and fate.charge.milestone in covered for fate in fates[subject.delivery_id])
    while owing is not None and is_free:
        above = [fate for fate in fates.get(owing.subject.delivery_id, ()) if fate.charge.milestone in owing.covered]
        standing += [fate for fate in above if not fate.charge.is_free]
        is_free = any(fate.charge.is_free for fate in above)
        owing = replaced_by.get(owing.subject.delivery_id)
    return standing

"""Returns: which are admissible, when they are granted, and which replacements are owed (RULES 42 to 45).

`ClaimBook` answers returns; `settle` uses it over everything known, and `Admissions` in arrival order while deliveries are judged, so
that both say the same of a replacement.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import ROUND_CEILING, Decimal
from typing import Literal

import polars as pl

from payper.journey import Milestone
from payper.settlement.course import Course, follow
from payper.settlement.events import read_steps
from payper.settlement.facts import Claim, Directory, Step, Subject, calendar_of, end_of, read_claims
from payper.settlement.rates import Rates
from payper.terms.contract import Contract

State = Literal["owed", "late", "none", "taken"]
_NO_RATES = Rates(base_currency="")


@dataclass(frozen=True, slots=True)
class Owed:
    """Whether a replacement for a delivery is owed at an instant: owed, late (its deadline passed), taken (delivered) or none."""

    state: State
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a return.

    Attributes:
        outcome: granted or refused.
        at: When; it may lie ahead, and then it is what happens if nobody does anything. None: refused as not admissible.
        is_contested: Whether the provider contested in time.
        covered: Milestones whose charges it is granted for; empty when not admissible.
        remedy: What a granted one gives: credit, partial or replace; None: nothing.
    """

    claim: Claim
    subject: Subject | None
    outcome: Literal["granted", "refused"]
    code: str
    words: str
    at: datetime | None = None
    is_contested: bool = False
    covered: tuple[Milestone, ...] = ()
    remedy: str | None = None


@dataclass(slots=True)
class Owing:
    """A replacement that is owed for a delivery, by a return or (`is_makeup`) a no-show; `deadline` None is without limit."""

    subject: Subject
    granted_at: datetime
    deadline: datetime | None
    covered: tuple[Milestone, ...]
    cause: str
    delivered_by: Subject | None = None
    is_makeup: bool = False


@dataclass
class ClaimBook:
    """Answers returns in the order of their claims.

    Args:
        directory: Finds deliveries.
        course_of: Gives the course of a delivery.
        accepted_by: Counts the deliveries of a contract, replacements not, with `delivered_at` up to an instant.
        answered: Outcomes of earlier runs by (contract, external id, claimed_at); they stay.
        replaced: (contract, external id) of what accepted replacements replace: judging found them owed, so no cap refuses them.
    """

    directory: Directory
    course_of: Callable[[Subject], Course]
    accepted_by: Callable[[str, datetime], int]
    answered: Mapping[tuple[str, str | None, datetime], str] = field(default_factory=dict)
    replaced: frozenset[tuple[str, str]] = frozenset()
    admitted: dict[str, int] = field(default_factory=dict)
    returned: dict[int, Answer] = field(default_factory=dict)
    owings: dict[int, Owing] = field(default_factory=dict)
    warnings: list[tuple[Subject, Claim, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._answered_ahead: dict[str, int] = {}
        for (contract, _, _), outcome in self.answered.items():
            if outcome == "granted":
                self._answered_ahead[contract] = self._answered_ahead.get(contract, 0) + 1

    def answer(self, claim: Claim) -> Answer:
        """Answer the next return; call in the order of `Claim.order`."""
        subject = self.directory.find(claim.address, claim.claimed_at)
        if not isinstance(subject, Subject):
            return Answer(claim, None, "refused", *subject)
        contract = subject.contract
        if claim.decision is not None and _is_decided_before_claim(claim, contract):
            words = f"It was decided at {claim.decided_at:%Y-%m-%d %H:%M}Z, before it was claimed, which cannot be; the decision has no effect. Mend decided_at."  # noqa: E501  # one sentence
            self.warnings.append((subject, claim, "DECISION_EARLY", words))
            claim = replace(claim, decision=None, decided_at=None, decided_by=None)
        earlier = self.answered.get((contract.id, subject.external_id, claim.claimed_at))
        course = self.course_of(subject)
        in_window = _covered(course, claim)
        made_up = self._made_up_before(claim, subject, course)
        covered = tuple(milestone for milestone in in_window if milestone not in made_up)
        fault = self._fault(claim, subject, course, covered, is_made_up=covered != in_window, is_answered=earlier is not None)
        if earlier == "granted" and subject.delivery_id not in self.returned and contract.review is not None:
            self._answered_ahead[contract.id] -= 1
            covered = covered or tuple(
                one.milestone for one in course.charges.values() if one.begins_at and one.begins_at <= claim.claimed_at
            )
        elif fault is not None:
            return Answer(claim, subject, "refused", *fault)
        assert contract.review is not None, "a fault was given"
        outcome, at, code, words, contested = decide(claim, contract)
        if earlier == "refused" and outcome == "granted":
            return Answer(
                claim, subject, "refused", "ANSWERED_BEFORE", "It was refused in an earlier run, and an answer stays. Talk to the provider."
            )
        self.admitted[contract.id] = self.admitted.get(contract.id, 0) + 1
        remedy: str | None = contract.review.remedy if outcome == "granted" else None
        cached = self.owings.get(subject.delivery_id)
        if cached is not None and cached.is_makeup and cached.delivered_by is None:
            del self.owings[subject.delivery_id]  # A no-show ahead of this claim; what it still covers is found again.
        makeup = course.makeup
        if remedy == "replace" and makeup is not None and makeup.granted_at < at:
            # A delivery is owed at most one replacement, and the no-show's came first: what that does not cover is given back in money.
            rest = tuple(milestone for milestone in covered if milestone not in makeup.covered)
            remedy, covered = ("credit", rest) if rest else (remedy, covered)
        elif remedy == "replace":
            within = contract.review.replace_within
            deadline = end_of(contract, at, within) if within else None
            self.owings[subject.delivery_id] = Owing(subject, at, deadline, covered, f"replacement owed for {claim}")
        given = Answer(claim, subject, outcome, code, words, at, contested, covered, remedy)
        self.returned[subject.delivery_id] = given
        return given

    def owing(self, subject: Subject) -> Owing | None:
        """Give the replacement owed for a delivery: by a granted return, or by a no-show before one (decision 0008)."""
        known = self.owings.get(subject.delivery_id)
        if known is not None:
            return known
        makeup = self.course_of(subject).makeup
        if makeup is None:
            return None
        granted_at, covered = makeup.granted_at, makeup.covered
        returned = self.returned.get(subject.delivery_id)
        if returned is not None and covered and set(covered) <= set(returned.covered) and returned.at is not None:
            if returned.remedy == "credit":
                return None
            if returned.outcome == "refused" and returned.claim.claimed_at < granted_at:
                granted_at = max(granted_at, returned.at)
        if returned is not None and returned.remedy == "credit":
            covered = tuple(milestone for milestone in covered if milestone not in returned.covered)
        review = subject.contract.review
        within = review.replace_within if review else None
        deadline = end_of(subject.contract, granted_at, within) if within else None
        owing = Owing(subject, granted_at, deadline, covered, f"replacement owed for {makeup.cause}", is_makeup=True)
        self.owings[subject.delivery_id] = owing
        return owing

    def _made_up_before(self, claim: Claim, subject: Subject, course: Course) -> tuple[Milestone, ...]:
        """List the milestones whose charges a no-show's replacement makes good, owed up to the claim."""
        if course.makeup is None or course.makeup.granted_at > claim.claimed_at:
            return ()
        owing = self.owing(subject)
        return owing.covered if owing is not None and owing.is_makeup else ()

    def _fault(
        self, claim: Claim, subject: Subject, course: Course, covered: tuple[Milestone, ...], *, is_made_up: bool, is_answered: bool
    ) -> tuple[str, str] | None:
        """Say why a return is not admissible, as code and words, or None (RULES 42 and 43)."""
        review = subject.contract.review
        if review is None:
            return (
                "NO_REVIEW",
                f"{subject.contract.id} v{subject.contract.version} has no [review], so nothing can be returned. Agree on one.",
            )
        if subject.delivery_id in self.returned:
            return "RETURNED_BEFORE", f"{subject.external_id!r} was returned before, and a delivery is returned once. Leave this row out."
        if is_made_up and not covered:
            return (
                "REPLACED_BEFORE",
                f"The missed meeting of {subject.external_id!r} gave a replacement that makes good the charges in whose window this lies, "
                "in money if none came in time. Leave this row out.",
            )
        if not covered:
            return "OUTSIDE_WINDOW", f"{claim.claimed_at:%Y-%m-%d %H:%M}Z lies in no review window of it. {_windows_in_words(course)}"
        if claim.reason not in review.reasons:
            return (
                "REASON_NOT_LISTED",
                f"{claim.reason or 'No reason'} is not in review.reasons. Give one of: {', '.join(review.reasons) or 'none'}.",
            )
        if claim.reason in review.evidence and claim.evidence is None:
            return (
                "EVIDENCE_MISSING",
                f"{claim.reason} needs evidence (clause review.evidence). Fill in the column evidence within the window.",
            )
        if review.cap is not None and (subject.contract.id, subject.external_id) not in self.replaced:
            accepted = self.accepted_by(subject.contract.id, claim.claimed_at)
            limit = accepted_share(review.cap, accepted)
            # What was answered in an earlier run was answered in its turn: returns granted after it took no place from it.
            before = self.admitted.get(subject.contract.id, 0)
            later = 0 if is_answered else self._answered_ahead.get(subject.contract.id, 0)
            if before + later + 1 > limit:
                return "RETURN_CAP", _cap_in_words(review.cap, accepted, limit=limit, before=before, later=later)
        return None


def decide(claim: Claim, contract: Contract) -> tuple[Literal["granted", "refused"], datetime, str, str, bool]:
    """Give outcome, instant, code, words, and whether it was contested, of an admissible return (RULES 42; decision 0005).

    Not contested within `contest_within`: granted at its end, at once where the contract has none. Contested in time: a person decides
    within another `contest_within` from the contest on; else `undecided` says who is right, at that deadline. A person who decides
    before the provider's time is over, contested or not, is heard.
    """
    review = contract.review
    assert review is not None, "a return needs a review clause"
    if review.contest_within is None:
        return "granted", claim.claimed_at, "GRANTED", "Granted at once, as the contract gives no time to contest.", False
    end = end_of(contract, claim.claimed_at, review.contest_within)
    contested = claim.contested_at is not None and claim.claimed_at <= claim.contested_at <= end
    if contested and claim.contested_at is not None:
        end = end_of(contract, claim.contested_at, review.contest_within)
    if claim.decision is not None and claim.settled_at <= end:
        by = f" by {claim.decided_by}" if claim.decided_by else ""
        outcome: Literal["granted", "refused"] = "granted" if claim.decision == "granted" else "refused"
        return outcome, claim.settled_at, f"DECIDED_{outcome.upper()}", f"{outcome.capitalize()}{by}.", contested
    if not contested:
        return "granted", end, "GRANTED", "Granted, as it was not contested in time.", False
    if review.undecided == "buyer":
        return "granted", end, "UNDECIDED_GRANTED", "Granted, as nobody decided in time and the contract then holds the buyer right.", True
    return "refused", end, "UNDECIDED_REFUSED", "Refused, as nobody decided in time and the contract then holds the provider right.", True


def _is_decided_before_claim(claim: Claim, contract: Contract) -> bool:
    """Tell whether a decision is dated before its claim; a date alone, read as its midnight, is not when the claim is of that day."""
    if claim.decided_at is None or claim.decided_at >= claim.claimed_at:
        return False
    zone = calendar_of(contract).tzinfo
    decided, claimed = claim.decided_at.astimezone(zone), claim.claimed_at.astimezone(zone)
    return decided.date() < claimed.date() or decided.time() != time()


def _covered(course: Course, claim: Claim) -> tuple[Milestone, ...]:
    """List the milestones in whose review window the claim lies; both ends count (RULES 2)."""
    return tuple(
        one.milestone
        for one in course.charges.values()
        if one.begins_at is not None and one.ends_at is not None and one.begins_at <= claim.claimed_at <= one.ends_at
    )


def _cap_in_words(cap: Decimal, accepted: int, *, limit: int, before: int, later: int) -> str:
    """Say why no more returns are admitted.

    Args:
        cap: The share of deliveries that may be returned.
        accepted: Deliveries up to the claim.
        limit: The returns that these allow.
        before: Returns admitted of those claimed before; they alone are named where they suffice, whatever was known when.
        later: Returns claimed later that an earlier run granted.
    """
    share = f"{cap * 100:f}".rstrip("0").rstrip(".")
    admitted = f"{before} return{' is' if before == 1 else 's are'} admitted"
    if before < limit:
        admitted += f" before it and {later} claimed later {'was' if later == 1 else 'were'} granted in an earlier run"
    return f"{admitted}, and {share}% of {accepted} deliver{'y' if accepted == 1 else 'ies'} allows {limit}. Wait until more are delivered."


def _windows_in_words(course: Course) -> str:
    windows = [
        f"{one.milestone}: {one.begins_at:%Y-%m-%d %H:%M}Z to {one.ends_at:%Y-%m-%d %H:%M}Z"
        for one in course.charges.values()
        if one.begins_at is not None and one.ends_at is not None
    ]
    return f"Its windows: {'; '.join(windows)}." if windows else "No window of it has begun."


class Admissions:
    """Tells, while deliveries are judged in order of arrival, whether a replacement is owed (RULES 45).

    Args:
        contracts: Versions by contract id.
        returns: All returns known, as `journey.RETURN_SCHEMA`.
        events: All events known, as `journey.EVENT_SCHEMA`.
        rates: As given to `settle`; a percentage without a rate makes no charge, hence no window.
        answered: Outcomes of returns answered in earlier runs, by (contract, external id, claimed_at).
    """

    def __init__(
        self,
        contracts: Mapping[str, Sequence[Contract]],
        returns: pl.DataFrame,
        events: pl.DataFrame,
        *,
        rates: Rates | None = None,
        answered: Mapping[tuple[str, str | None, datetime], str] | None = None,
    ) -> None:
        self._versions = {(id_, version.version): version for id_, versions in contracts.items() for version in versions}
        self._rates = rates or _NO_RATES
        self._claims = read_claims(returns)[0]
        self._steps = StepIndex(read_steps(events)[0])
        self._watched = {claim.address.external_id for claim in self._claims} | set(self._steps.by_id)
        self._watched_emails = {claim.address.email for claim in self._claims if claim.address.external_id is None} | set(
            self._steps.by_email
        )
        self._delivered: dict[str, list[datetime]] = {}
        self._directory = Directory(contracts)
        self._book = ClaimBook(self._directory, self._course_of, self._accepted_by, answered or {})
        self._concerned = {one.id for versions in contracts.values() for one in versions if _gives_makeups(one)}
        self._has_loose_claims = any(claim.address.contract is None for claim in self._claims)
        self._concerned |= {claim.address.contract for claim in self._claims if claim.address.contract}
        self._open: dict[str, deque[tuple[int, Claim]]] = {}
        self._loose: list[tuple[int, Claim]] = []
        for place, claim in enumerate(self._claims):
            if claim.address.contract is None:
                self._loose.append((place, claim))
            else:
                self._open.setdefault(claim.address.contract, deque()).append((place, claim))

    def concerns(self, contract: str) -> bool:
        """Tell whether a replacement can ever be owed under a contract; where not, nothing needs to be accepted here."""
        return self._has_loose_claims or contract in self._concerned

    def accept(  # called once per delivery, where keywords cost a third of the time
        self,
        contract: str,
        version: int,
        delivery_id: int,
        external_id: str | None,
        email_normal: str | None,
        kind: str,
        delivered_at: datetime,
        price_rows: Sequence[int],
        replaces: str | None,
        *,
        accepted_at: datetime | None = None,
        meeting_at: datetime | None = None,
        meeting_minutes: int | None = None,
    ) -> None:
        """Know an accepted delivery; call in order of arrival. `replaces` is what it validly replaces, else None."""
        subject = Subject(
            delivery_id, self._versions[contract, version], external_id, email_normal, kind, delivered_at,
            accepted_at or delivered_at, tuple(price_rows), replaces, meeting_at, meeting_minutes,
        )  # fmt: skip
        if replaces is None:
            delivered = self._delivered.setdefault(contract, [])
            if not delivered or delivered[-1] <= delivered_at:
                delivered.append(delivered_at)
            else:
                insort(delivered, delivered_at)
        elif (replaced := self._directory.by_id.get((contract, replaces))) is not None:
            # Deliveries of earlier runs come without anybody asking `owed` before.
            self._answer_until(contract, delivered_at)
            owing = self._book.owing(replaced)
            if owing is not None and owing.delivered_by is None:
                owing.delivered_by = subject
        if external_id in self._watched or email_normal in self._watched_emails or replaces is not None or meeting_at is not None:
            self._directory.add(subject)

    def note(self, contract: str, external_id: str) -> None:
        """Know a delivery that is not accepted, so that an id found in several contracts stays ambiguous (RULES 40)."""
        self._directory.note(contract, external_id)

    def owed(self, contract: str, external_id: str, at: datetime) -> Owed:
        """Tell whether a granted replacement for a delivery is still owed at an instant."""
        self._answer_until(contract, at)
        subject = self._directory.by_id.get((contract, external_id))
        owing = self._book.owing(subject) if subject is not None else None
        if owing is None or owing.granted_at > at:
            return Owed("none")
        if owing.delivered_by is not None:
            return Owed("taken", owing.deadline)
        is_late = owing.deadline is not None and at > owing.deadline
        return Owed("late" if is_late else "owed", owing.deadline)

    def _answer_until(self, contract: str, at: datetime) -> None:
        """Answer the contract's returns claimed up to an instant that are still open, in their order."""
        named = self._open.get(contract, deque())
        due = []
        while named and named[0][1].claimed_at <= at:
            due.append(named.popleft())
        if self._loose:
            own = [entry for entry in self._loose if entry[1].claimed_at <= at and self._home_of(entry[1]) == contract]
            due = sorted([*due, *own], key=lambda entry: entry[0])
            self._loose = [entry for entry in self._loose if entry not in own] if own else self._loose
        for _, claim in due:
            self._book.answer(claim)

    def _home_of(self, claim: Claim) -> str | None:
        found = self._directory.find(claim.address, claim.claimed_at)
        return found.contract.id if isinstance(found, Subject) else None

    def _accepted_by(self, contract: str, at: datetime) -> int:
        return bisect_right(self._delivered.get(contract, []), at)

    def _course_of(self, subject: Subject) -> Course:
        steps = [step for step in self._steps.naming(subject) if self._directory.find(step.address, step.happened_at) is subject]
        return follow(subject, steps, self._rates)


class StepIndex:
    """Steps by the external id or, where they have none, the e-mail that they name."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.by_id: dict[str, list[Step]] = {}
        self.by_email: dict[str, list[Step]] = {}
        for step in steps:
            if step.address.external_id is not None:
                self.by_id.setdefault(step.address.external_id, []).append(step)
            elif step.address.email is not None:
                self.by_email.setdefault(step.address.email, []).append(step)

    def naming(self, subject: Subject) -> list[Step]:
        """List the steps that may mean a delivery."""
        return [*self.by_id.get(subject.external_id or "", ()), *self.by_email.get(subject.email or "", ())]


def accepted_share(cap: Decimal, accepted: int) -> int:
    """Give how many returns a cap allows, rounded up (RULES 43)."""
    return int((cap * accepted).to_integral_value(rounding=ROUND_CEILING))


def _gives_makeups(contract: Contract) -> bool:
    return contract.appointment is not None and contract.appointment.no_show.then == "replace"

"""The course of one delivery: which charges its milestones make, when their windows begin, and what a missed meeting does.

A pure fold over the delivery's steps in the order of their instants. What it says about an instant depends only on what happened up to
it, so that settling as of two days gives the same as settling as of the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from payper.journey import LADDER, Milestone
from payper.periods import Period
from payper.settlement.facts import Step, Subject, calendar_of, end_of, share_minor
from payper.settlement.rates import Rates
from payper.terms.contract import Contract, NoShow

MEETING_WORDS = frozenset({Milestone.MEETING_HELD, Milestone.MISSED, Milestone.CANCELLED, Milestone.MOVED})
FORWARD = frozenset(LADDER[1:])
_VOID = NoShow(reschedule=False, then="void")


@dataclass(frozen=True, slots=True)
class Life:
    """A charge's time as pending that ended in a void, before the meeting was booked again or held after all."""

    made_at: datetime
    made_cause: str
    void_at: datetime
    void_cause: str
    void_reason: str


@dataclass(slots=True)
class Reached:
    """A charge that a milestone makes.

    Attributes:
        made_at: When it became pending first.
        again_at: When it became pending again after its last void; None: it has one life.
        begins_at: When its review window begins; None while a meeting is still to be held.
        ends_at: When the window ends; with no review clause equal to `begins_at`.
        fixed_minor: For a percentage, the amount; None where the price row says it.
        is_free: Whether a replacement takes the place of a charge that stands.
        void_at: When a cancelled or missed meeting voids it.
        is_confirmed: Whether a word on the delivery confirms it (only asked where silence is a return).
    """

    subject: Subject
    milestone: Milestone
    price_row: int
    made_at: datetime
    made_cause: str
    begins_at: datetime | None = None
    begins_cause: str = ""
    ends_at: datetime | None = None
    fixed_minor: int | None = None
    is_free: bool = False
    void_at: datetime | None = None
    void_cause: str = ""
    void_reason: str = ""
    is_confirmed: bool = False
    lives: list[Life] = field(default_factory=list)
    again_at: datetime | None = None

    def revive(self, at: datetime, cause: str) -> None:
        """Become pending again after a void; the number and the amount stay (RULES 33 and 36)."""
        if self.void_at is None:
            return
        self.lives.append(Life(self.again_at or self.made_at, self.made_cause, self.void_at, self.void_cause, self.void_reason))
        self.again_at, self.made_cause, self.void_at = at, cause, None

    def is_void_between_lives(self, at: datetime) -> bool:
        """Tell whether an instant lies between a void and the charge's next life."""
        starts = [*(life.made_at for life in self.lives[1:]), self.again_at]
        return any(start is not None and life.void_at <= at < start for life, start in zip(self.lives, starts, strict=False))


@dataclass(frozen=True, slots=True)
class Makeup:
    """A replacement that a missed meeting gives (`no_show = "replace"`)."""

    granted_at: datetime
    cause: str
    covered: tuple[Milestone, ...]


@dataclass(slots=True)
class Course:
    """What a delivery's steps come to."""

    subject: Subject
    charges: dict[Milestone, Reached] = field(default_factory=dict)
    makeup: Makeup | None = None
    held_silently_at: datetime | None = None
    warnings: list[tuple[Step | None, str, str]] = field(default_factory=list)


def follow(subject: Subject, steps: Sequence[Step], rates: Rates) -> Course:
    """Fold a delivery's steps.

    Args:
        subject: The delivery.
        steps: Its events, none before `delivered_at`; sorted by `Step.order` here.
        rates: For percentages of amounts in another currency.

    Source: RULES 35, 37 to 39, 41; decisions 0006, 0007.
    """
    return _Fold(subject, sorted(steps, key=lambda step: step.order), rates).run()


class _Fold:
    def __init__(self, subject: Subject, steps: list[Step], rates: Rates) -> None:
        self.subject = subject
        self.contract = subject.contract
        self.steps = steps
        self.rates = rates
        self.course = Course(subject)
        self.misses = 0
        self.seen_misses: set[datetime] = set()
        self.wait_until: datetime | None = None
        self.wait_cause = ""
        self.is_waiting = False
        self.is_held = False
        self.is_off = False
        clause = self.contract.appointment
        self.no_show = clause.no_show if clause else _VOID

    def run(self) -> Course:
        self._accept()
        silence = self._silence()
        for step in self.steps:
            at = max(step.happened_at, self.subject.accepted_at)
            if silence is not None and silence < at:
                self._hold_silently(silence)
                silence = None
            self._give_up_waiting(before=at)
            self._take(step, at)
        if silence is not None:
            self._hold_silently(silence)
        self._give_up_waiting(before=None)
        self._close_windows()
        return self.course

    def _accept(self) -> None:
        subject, at = self.subject, self.subject.accepted_at
        self._begin(Milestone.ACCEPTED, at, "acceptance", None)
        if subject.kind == "appointment":
            self._book(at, "acceptance of an appointment", None)
        if subject.replaces is not None:
            for charge in self.course.charges.values():
                charge.is_free = True

    def _take(self, step: Step, at: datetime) -> None:
        """Let one event do what it does."""
        cause = str(step)
        match step.milestone:
            case Milestone.MEETING_BOOKED:
                self.is_waiting = self.is_off = False
                self._book(at, cause, step)
            case Milestone.MOVED:
                self.is_waiting = False
            case Milestone.MEETING_HELD:
                self._hold(at, cause, step)
            case Milestone.MISSED:
                self._miss(step, at, cause)
            case Milestone.CANCELLED:
                self.is_waiting = False
                self._void(at, cause, "MEETING_CANCELLED")
            case milestone if milestone in FORWARD:
                self._begin(milestone, at, cause, step)
            case _:
                pass

    def _book(self, at: datetime, cause: str, step: Step | None) -> None:
        """Charge the booking, and make the charge on the meeting pending (RULES 37)."""
        self._begin(Milestone.MEETING_BOOKED, at, cause, step)
        row = self.subject.price_row(Milestone.MEETING_HELD)
        if row is not None and self.contract.prices[row].percent is None:
            charge = self._make(Milestone.MEETING_HELD, at, cause, None)
            if charge is not None:
                charge.revive(at, cause)

    def _hold(self, at: datetime, cause: str, step: Step | None) -> None:
        """Take the meeting as held, whether or not that is priced; no miss or cancellation counts after it."""
        self.is_waiting, self.is_held = False, True
        self._begin(Milestone.MEETING_HELD, at, cause, step)

    def _begin(self, milestone: Milestone, at: datetime, cause: str, step: Step | None) -> None:
        """Reach a priced milestone: make its charge unless it is there, and begin its window once."""
        charge = self._make(milestone, at, cause, step)
        if charge is None or charge.begins_at is not None:
            return
        charge.revive(at, cause)
        charge.begins_at, charge.begins_cause = at, cause

    def _make(self, milestone: Milestone, at: datetime, cause: str, step: Step | None) -> Reached | None:
        """Make a milestone's charge once per delivery, at its earliest (RULES 41)."""
        charge = self.course.charges.get(milestone)
        row = self.subject.price_row(milestone)
        if charge is not None or row is None:
            return charge
        fixed = None
        percent = self.contract.prices[row].percent
        if percent is not None:
            rate = self._rate(step) if step else None
            if step is None or step.amount is None or rate is None:
                self._warn_without_amount(milestone, step)
                return None
            fixed = share_minor(step.amount, percent, self.contract.currency, rate)
        charge = Reached(self.subject, milestone, row, at, cause, fixed_minor=fixed)
        self.course.charges[milestone] = charge
        return charge

    def _rate(self, step: Step) -> Decimal | None:
        currency = self.contract.currency
        return self.rates.rate(step.currency or currency, currency, calendar_of(self.contract).local_date(step.happened_at))

    def _warn_without_amount(self, milestone: Milestone, step: Step | None) -> None:
        currency = self.contract.currency
        if step is not None and step.amount is not None:
            words = f"No rate from {step.currency} to {currency} is known on that day, so `{milestone}` is not charged. Add the rate."
            self.course.warnings.append((step, "RATE_MISSING", words))
            return
        words = f"`{milestone}` is priced as a percentage and came without an amount, so it is not charged. Send it again with its amount."
        self.course.warnings.append((step, "AMOUNT_MISSING", words))

    def _miss(self, step: Step, at: datetime, cause: str) -> None:
        """A missed meeting (RULES 39); one that was held, or is off without a new booking, cannot be missed."""
        if self.is_held or self.is_off or step.happened_at in self.seen_misses:
            return
        self.seen_misses.add(step.happened_at)
        if step.reason == "NO_SHOW_BUYER":
            self._hold(at, cause, step)
            return
        self.misses += 1
        clause = self.contract.appointment
        if self.no_show.reschedule and clause is not None and self.misses - 1 < clause.reschedules:
            if self.is_waiting:
                return  # No new date was agreed since the miss before, whose horizon goes on.
            self.is_waiting, self.wait_cause = True, cause
            self.wait_until = end_of(self.contract, at, clause.horizon) if clause.horizon else None
            return
        self.is_waiting = False
        self._no_show(at, cause, step)

    def _give_up_waiting(self, *, before: datetime | None) -> None:
        """Let the missed meeting have its effect at the horizon's end when no other date followed within it."""
        if self.is_waiting and self.wait_until is not None and (before is None or self.wait_until < before):
            self.is_waiting = False
            self._no_show(self.wait_until, f"no other date within the horizon after {self.wait_cause}", None)

    def _no_show(self, at: datetime, cause: str, step: Step | None) -> None:
        if self.no_show.then == "void":
            self._void(at, cause, "MEETING_MISSED")
            return
        self._hold(at, cause, step)
        if self.no_show.then == "replace" and self.course.makeup is None:
            priced = (
                [Milestone.MEETING_HELD]
                if Milestone.MEETING_HELD in self.course.charges
                else [Milestone.ACCEPTED, Milestone.MEETING_BOOKED]
            )
            self.course.makeup = Makeup(at, cause, tuple(one for one in priced if one in self.course.charges))

    def _void(self, at: datetime, cause: str, reason: str) -> None:
        """Call the meeting off until it is booked again or held after all."""
        self.is_off = not self.is_held
        charge = self.course.charges.get(Milestone.MEETING_HELD)
        if charge is not None and charge.begins_at is None and charge.void_at is None:
            charge.void_at, charge.void_cause, charge.void_reason = at, cause, reason

    def _silence(self) -> datetime | None:
        """Give the instant at which silence proves the meeting held, or None (decision 0006)."""
        subject, clause = self.subject, self.contract.appointment
        word = silence_of(self.contract)
        if clause is None or word is None or subject.meeting_at is None:
            return None
        minutes = subject.meeting_minutes
        length = timedelta(minutes=minutes) if minutes is not None else elapsed(clause.duration)
        ended = subject.meeting_at + length
        _, _, period = word.partition(":")
        at = max(end_of(self.contract, ended, Period.parse(period)) if period else ended, subject.accepted_at)
        said = [step for step in self.steps if max(step.happened_at, subject.accepted_at) <= at]
        is_booked = subject.kind == "appointment" or any(step.milestone == Milestone.MEETING_BOOKED for step in said)
        return at if is_booked and not any(step.milestone in MEETING_WORDS for step in said) else None

    def _hold_silently(self, at: datetime) -> None:
        self.course.held_silently_at = at
        self._hold(at, "silence after the meeting", None)

    def _close_windows(self) -> None:
        review = self.contract.review
        for charge in self.course.charges.values():
            if charge.begins_at is None:
                continue
            charge.ends_at = end_of(self.contract, charge.begins_at, review.window) if review else charge.begins_at
            charge.is_confirmed = any(
                step.milestone in FORWARD and charge.begins_at <= max(step.happened_at, self.subject.accepted_at) <= charge.ends_at
                for step in self.steps
            )


def silence_of(contract: Contract) -> str | None:
    """Give the proof by silence that a contract names (`silence:1bd`), or None."""
    clause = contract.appointment
    return next((word for word in clause.proof if word.startswith("silence")), None) if clause else None


def elapsed(period: Period | None) -> timedelta:
    """Give a meeting's length; none is no time."""
    return timedelta(hours=period.hours_about) if period else timedelta()

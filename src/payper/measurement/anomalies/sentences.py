"""Evidence in words: what was counted, what was expected, and how often chance alone would give as much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one signal of one provider.

    Attributes:
        label: The words for deliveries that show the signal.
        chance: None: not enough to judge.
        has_own: Whether the expectation rests on the provider's own earlier weeks.
    """

    label: str
    k: int
    n: int
    since: date
    expected_share: float
    chance: float | None
    is_drift: bool
    has_own: bool

    @property
    def basis(self) -> str:
        """Say what the expectation rests on."""
        return "its own earlier weeks and the other providers" if self.has_own else "the other providers"


def span_words(weeks: int, until: date | None) -> str:
    """Name the weeks looked at: the last ones, or, where nobody said which are the last, those up to a day."""
    if until is None:
        return "in the last week" if weeks == 1 else f"in the last {weeks} weeks"
    return f"in the {'week' if weeks == 1 else f'{weeks} weeks'} to {_day(until)}"


def evidence_words(seen: Seen, *, span: str, looks: int, stands_out: bool) -> str:
    """Say one row of evidence: `invalid phones 9 of 31 in the last 4 weeks; 5% expected; would happen by chance once in 2,000`."""
    span = f"since the week of {_day(seen.since)}" if seen.is_drift else span
    counted = f"{seen.label} {seen.k:,} of {seen.n:,} {span}"
    if seen.chance is None:
        return f"{counted}; not enough to judge"
    expected = f"{_percent(seen.expected_share)} expected{'' if seen.has_own else ' from the other providers'}"
    if stands_out or seen.chance < 0.05:
        rare = f"{'a rise as clear ' if seen.is_drift else ''}would happen by chance {once_in(seen.chance, is_bound=seen.is_drift)}"
        aside = "" if stands_out else f", and {looks:,} counts were looked at"
        return f"{counted}; {expected}; {rare}{aside}"
    return f"{counted}; {expected}; nothing unusual"


def provider_words(out: Sequence[str], *, checked: int, signals: int, span: str, is_judged: bool) -> str:
    """Sum up one provider: its evidence that stands out, or that nothing does, or that there is not enough to judge."""
    deliveries = f"{checked:,} {'delivery' if checked == 1 else 'deliveries'} {span}"
    if out:
        return f"Stands out: {'; also '.join(out)}."
    if not is_judged:
        return f"Not enough to judge: {deliveries}."
    return f"Nothing stands out: {signals} {'signal' if signals == 1 else 'signals'}, {deliveries}."


def once_in(chance: float, *, is_bound: bool = False) -> str:
    """Write a chance as `once in 2,000`, to one figure from a hundred on; beyond a million, as less than that.

    Args:
        chance: Above 0, at most 1; 0 is written as less than once in a million.
        is_bound: The chance is at most this.
    """
    if chance < 1e-6:
        return "less than once in 1,000,000"
    times = 1.0 / chance
    step = 1 if times < 100 else 10 ** (len(str(int(times))) - 1)
    return f"{'at most ' if is_bound else ''}once in {round(times / step) * step:,}"


def _percent(share: float) -> str:
    percent = 100 * share
    return "under 0.1%" if percent < 0.05 else f"{percent:.1f}%" if percent < 0.95 else f"{percent:.0f}%"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def shared_words(label: str, *, out: int, judged: int) -> str:
    """Say that a signal stands out at many providers at once, which is seldom the doing of each."""
    return f"{label[0].upper()}{label[1:]} stand out at {out} of {judged} providers at once: look at your own checks and lists first."

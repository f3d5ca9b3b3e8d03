"""The follow-up effect in words: an association with its interval, what it would take, and what it does not prove."""

from __future__ import annotations

from typing import Protocol

from payper.measurement.follow_up.instrument import SecondOpinion
from payper.measurement.follow_up.tables import Pooled

MINUS = "\N{MINUS SIGN}"


class Finding(Protocol):
    """What the words need to know; `FollowUp` has it."""

    @property
    def within_days(self) -> int:
        """Days after delivery."""

    @property
    def fast(self) -> str:
        """Label of the fast band."""

    @property
    def slow(self) -> str:
        """Label of the slow band."""

    @property
    def effect(self) -> Pooled:
        """Fast against slow."""

    @property
    def second_opinion(self) -> SecondOpinion:
        """By the hour of arrival."""

    @property
    def slower_out_of_hours(self) -> float | None:
        """Share of slower leads that arrive outside office hours."""

    @property
    def hours_a_week(self) -> float | None:
        """Hours a week to answer all fast."""

    @property
    def is_enough(self) -> bool:
        """Whether there is enough to speak of an effect."""

    @property
    def is_scored(self) -> bool:
        """Whether leads were matched on a score."""


def band_label(start: float, end: float | None) -> str:
    """Name a band of delay: `within 1 h`, `after 4 to 24 h`, `after 1 to 3 days`, `after more than 7 days`."""
    if not start:
        return "at any time" if end is None else f"within {_span(end)}"
    if end is None:
        return f"after more than {_span(start)}"
    if _unit(start) == _unit(end):
        return f"after {_number(start)} to {_span(end)}"
    return f"after {_span(start)} to {_span(end)}"


def follow_up_words(found: Finding, *, noun: str, never_reached: int) -> tuple[str, ...]:
    """Say the finding in sentences, the headline first.

    Args:
        found: The finding.
        noun: What success is called: `meetings held`.
        never_reached: Leads that were never reached.
    """
    effect = found.effect
    apart = (
        ()
        if not never_reached
        else (f"{never_reached:,} {'lead' if never_reached == 1 else 'leads'} never reached are not counted as slow.",)
    )
    if not found.is_enough or effect.difference is None:
        short = (
            f"Too early to tell what speed is associated with: {effect.fast:,} leads answered {found.fast} and {effect.slow:,} answered "
            f"{found.slow} can be compared, {effect.fast_reached + effect.slow_reached:,} of them with {noun}."
        )
        return (short, *apart)
    headline = _headline(found, effect.difference, effect.difference_lo or 0.0, effect.difference_hi or 0.0, noun)
    late = found.slower_out_of_hours
    aside = [f"{100 * late:.0f}% of the leads answered later arrive outside office hours."] if late else []
    crude = "" if effect.crude_difference is None else f"Without matching the difference is {_signed(effect.crude_difference)} points"
    unseen = "what the score does not see" if found.is_scored else "how good the leads were (no score was given)"
    return (
        headline,
        *aside,
        f"{crude}; leads that look good are often called first.",
        _second_opinion(found.second_opinion, found.fast),
        f"An association, not a proof: {unseen} can be behind part of it.",
        *apart,
    )


def _headline(found: Finding, middle: float, lo: float, hi: float, noun: str) -> str:
    """Say the association, and what answering all leads fast would take."""
    on = "score and hour of arrival" if found.is_scored else "hour of arrival"
    is_unclear = lo <= 0 <= hi
    said = (
        f"Answering {found.fast} instead of {found.slow} is associated with {_points(middle, lo, hi)} {noun} within {found.within_days} "
        f"days, after matching on {on}"
    )
    if is_unclear:
        return f"{said}: no clear difference."
    return f"{said}." if found.hours_a_week is None else f"{said}; doing so for all would need {_hours(found.hours_a_week)} a week."


def _second_opinion(opinion: SecondOpinion, fast: str) -> str:
    """Say what the hour of arrival tells, or that it cannot tell."""
    if opinion.fast_in_hours is None or opinion.fast_out_of_hours is None:
        return "The hour of arrival gives no second opinion: all leads arrive in office hours, or none do."
    shares = f"{100 * opinion.fast_in_hours:.0f}% against {100 * opinion.fast_out_of_hours:.0f}% answered {fast}"
    if opinion.difference is None or opinion.difference_lo is None or opinion.difference_hi is None:
        return f"The hour of arrival gives no second opinion: it changes speed too little ({shares})."
    return (
        f"Second opinion, from leads that wait only because they arrive out of hours ({shares}): "
        f"{_points(opinion.difference, opinion.difference_lo, opinion.difference_hi)}."
    )


def _points(middle: float, lo: float, hi: float) -> str:
    return f"{_signed(middle)} points [{_plain(lo)}, {_plain(hi)}]"


def _signed(share: float) -> str:
    return f"{'+' if share >= 0 else ''}{_plain(share)}"


def _plain(share: float) -> str:
    text = f"{100 * share:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", MINUS)


def _hours(hours: float) -> str:
    return f"{hours:.0f} SDR hours" if hours >= 9.95 else f"{hours:.1f} SDR hours"


def _unit(hours: float) -> str:
    return "min" if hours < 1 else "h" if hours < 24 else "days"


def _number(hours: float) -> str:
    size = {"min": hours * 60, "h": hours, "days": hours / 24}[_unit(hours)]
    return f"{size:g}"


def _span(hours: float) -> str:
    unit = _unit(hours)
    return f"{_number(hours)} {'day' if unit == 'days' and hours == 24 else unit}"

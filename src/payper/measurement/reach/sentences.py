"""Reach and acceleration in words."""

from __future__ import annotations

from payper.measurement.reach.waits import Wait

AT_ONCE = 0.05
"""Fewer days than this, about an hour, are none."""

_PLURALS = {"meeting booked": "meetings booked", "meeting held": "meetings held", "opportunity": "opportunities", "won": "won deals"}


def wait_words(wait: Wait, milestone: str) -> str:
    """Say how many come to a milestone and how soon: `62% (55% to 69%) come to a meeting held within 180 days, half of them within 9`."""
    if wait.share is None or wait.horizon_days is None:
        return f"Too early to tell: {_counted(wait.started)}, and at least 20 are needed."
    noun = _PLURALS[milestone]
    if not wait.share:
        return f"No {noun} yet from {_counted(wait.started)} within {wait.horizon_days:.0f} days."
    half = (
        f"half of all deliveries are there {'at once' if wait.half_days < AT_ONCE else f'after {_days(wait.half_days)}'}"
        if wait.half_days is not None
        else "not reached by half of all deliveries yet"
    )
    return (
        f"{_percent(wait.share)} ({_percent(wait.share_lo)} to {_percent(wait.share_hi)}) of deliveries come to {noun} within "
        f"{wait.horizon_days:.0f} days, half of those {_within(wait)}; {half}."
    )


def stage_words(wait: Wait, stage: str, *, open_: int, stalled: int | None) -> str:
    """Say how many go on from a stage, how soon, and how many wait in it for longer than most."""
    if wait.share is None or wait.horizon_days is None:
        return f"Too early to tell: {_counted(wait.started)} came to this stage, and at least 20 are needed."
    begins, ends = stage.split(" to ", 1)
    gone = f"{_percent(wait.share)} go on from {begins} to {ends} within {wait.horizon_days:.0f} days"
    soon = f", half of those {_within(wait)}" if wait.median_days is not None else ""
    stuck = f"; {stalled:,} of {open_:,} open ones have waited longer than nine in ten of those that went on" if stalled else ""
    return f"{gone}{soon}{stuck}."


def reach_words(*, companies: int, held: int, delivered: int | None, targets: int | None) -> str:
    """Say how many companies were reached, and how much of the target list."""
    met = f"{companies:,} {'company' if companies == 1 else 'companies'} reached, {held:,} of them met"
    if delivered is None or not targets:
        return f"{met}."
    return f"{met}; {delivered:,} of {targets:,} target companies touched ({_percent(delivered / targets)})."


def tried_words(noun: str, value: str, wait: Wait, *, is_new: bool, held: int) -> str:
    """Say what one industry, function, campaign or message brought."""
    name = f"{'New ' if is_new else ''}{noun} {value}"
    name = name[0].upper() + name[1:]
    seen = f"{held:,} {'meeting' if held == 1 else 'meetings'} held from {_counted(wait.started)}"
    if wait.share is None or wait.horizon_days is None:
        return f"{name}: {seen}; too few to judge."
    share = f"{_percent(wait.share)} ({_percent(wait.share_lo)} to {_percent(wait.share_hi)})"
    return f"{name}: {seen}; {share} within {wait.horizon_days:.0f} days."


def _within(wait: Wait) -> str:
    """Say the median wait with its interval."""
    if wait.median_days is not None and wait.median_days < AT_ONCE:
        return "at once"
    within = f"within {_days(wait.median_days)}"
    if wait.median_lo is None or wait.median_hi is None:
        return f"{within} (too few for an interval)"
    return f"{within} ({_number(wait.median_lo)} to {_number(wait.median_hi)})"


def _days(days: float | None) -> str:
    text = _number(0.0 if days is None else days)
    return f"{text} {'day' if text == '1' else 'days'}"


def _number(days: float) -> str:
    return f"{days:.0f}" if days >= 9.95 else f"{days:.1f}".removesuffix(".0")


def _counted(number: int) -> str:
    return f"{number:,} {'delivery' if number == 1 else 'deliveries'}"


def _percent(share: float | None) -> str:
    percent = 100 * (share or 0.0)
    return f"{percent:.1f}%" if 0 < percent < 9.95 else f"{percent:.0f}%"

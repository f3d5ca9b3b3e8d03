"""The tables that say what is owed: [[price]], [review] and [appointment]."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from payper.journey import LADDER, PRICEABLE, Milestone, read_milestone
from payper.periods import Period
from payper.reasons import RETURN_REASONS
from payper.terms.audience_clause import read_condition
from payper.terms.clauses import read_reasons
from payper.terms.contract import Appointment, NoShow, Price, Review, Tier
from payper.terms.findings import list_words, nearest
from payper.terms.kinds import FindingKind
from payper.terms.positions import Path
from payper.terms.tables import Table, show
from payper.terms.vocabulary import NO_SHOWS, PROOFS

CARRIES_AMOUNT = frozenset({Milestone.OPPORTUNITY, Milestone.WON})
"""Milestones whose events carry an amount of their own."""


def read_price(table: Table, currency: str | None) -> Price | None:
    """Read one [[price]], or None where it has no milestone."""
    table.check_keys()
    on = _milestone(table, "on", table.path) if table.require("on") else None
    amount = table.amount("amount", currency)
    percent = _percent(table) if "percent" in table else None
    if "amount" in table and "percent" in table:
        seen = "The price has both an amount and a percentage."
        table.note(FindingKind.AMOUNT_AND_PERCENT, "percent", seen, "Keep one; write a second [[price]] for the other.")
    elif "amount" not in table and "percent" not in table:
        table.note(
            FindingKind.AMOUNT_OR_PERCENT_MISSING,
            table.path,
            "The price has neither an amount nor a percentage.",
            'Add `amount = "48.00"`.',
        )
    if amount == 0:
        table.note(FindingKind.PRICE_ZERO, "amount", "The price is nothing.", "Write an amount, or take the row out.")
    if "percent" in table and on is not None and on not in CARRIES_AMOUNT:
        seen = f'A percentage on "{on}" has nothing to be taken of; events of it carry no amount.'
        table.note(FindingKind.PERCENT_WITHOUT_AMOUNTS, "percent", seen, 'Write an `amount`, or `on = "won"`.')
    when = read_condition(table, "when")
    tiers = _tiers(table, currency)
    offset = tuple(step for place, name in table.texts("offset") if (step := _read_step(table, (*table.at("offset"), place), name)))
    if on is None:
        return None
    return Price(on=on, amount_minor=amount, percent=percent, when=when, tiers=tiers, offset=offset)


def _milestone(table: Table, key: str, path: Path) -> Milestone | None:
    name = table.text(key)
    return None if name is None else _read_step(table, (*path, key), name)


def _read_step(table: Table, path: Path, name: str) -> Milestone | None:
    """Read a milestone that a price may stand on."""
    words = tuple(str(milestone) for milestone in LADDER if milestone in PRICEABLE)
    milestone = read_milestone(name)
    if milestone is None:
        near = nearest(name, words)
        table.note(
            FindingKind.MILESTONE_UNKNOWN, path, f'"{name}" is no milestone.', f'Write "{near}".' if near else f"Write {list_words(words)}."
        )
        return None
    if milestone not in PRICEABLE:
        table.note(FindingKind.MILESTONE_UNPRICEABLE, path, f'No price may stand on "{milestone}".', f"Write {list_words(words)}.")
        return None
    return milestone


def _percent(table: Table) -> Decimal | None:
    number = table.decimal("percent", FindingKind.PERCENT_OUT_OF_RANGE, takes='a percentage in quotes, as in "1.5"', strip="%")
    if number is not None and not 0 < number <= 100:
        seen = f"`percent = {show(table.values['percent'])}` is not above 0 and at most 100."
        table.note(FindingKind.PERCENT_OUT_OF_RANGE, "percent", seen, 'Write one and a half per cent as "1.5".')
        return None
    return number


def _tiers(table: Table, currency: str | None) -> tuple[Tier, ...]:
    tiers: list[Tier] = []
    before = table.values.get("amount") and Table(table.values, table.path, _silent(table)).amount("amount", currency)
    for clause in table.tables("tiers"):
        if not clause.require("from", "amount"):
            continue
        first, amount = clause.count("from", least=2, kind=FindingKind.TIER_FROM_BELOW_TWO), clause.amount("amount", currency)
        if first is None or amount is None:
            continue
        if tiers and first <= tiers[-1].first:
            seen = f"The tier from {first} stands after the one from {tiers[-1].first}."
            clause.note(FindingKind.TIERS_NOT_ASCENDING, "from", seen, "Write the tiers in rising order, each number once.")
            continue
        if before is not None and amount > before:
            seen = f"From charge {first} on it costs more than before."
            clause.note(FindingKind.TIER_DEARER, "amount", seen, "Check whether a higher price for more is meant.")
        before = amount
        tiers.append(Tier(first=first, amount_minor=amount))
    if tiers and "percent" in table:
        table.note(FindingKind.TIERS_ON_PERCENT, "tiers", "Tiers cannot stand on a percentage.", "Write an `amount`, or take `tiers` out.")
        return ()
    return tuple(tiers)


def _silent(table: Table) -> Any:
    """Give notes that nobody reads, to look at a value a second time."""
    from payper.terms.tables import Notes

    return Notes(positions=table.notes.positions, file="")


def read_review(table: Table) -> Review | None:
    """Read [review], or None where it has no window."""
    table.check_keys()
    table.require("window")
    window = table.period("window")
    if window is not None and window.count == 0:
        table.note(FindingKind.REVIEW_WINDOW_ZERO, "window", f'`window = "{window}"` has no length.', 'Write "5bd", or take [review] out.')
    reasons = _return_reasons(table, "reasons")
    evidence = _return_reasons(table, "evidence")
    for code in evidence:
        if code not in reasons:
            seen = f"Evidence is asked for {code}, which is not among the reasons."
            table.note(FindingKind.EVIDENCE_NOT_IN_REASONS, "evidence", seen, f'Add "{code}" to `reasons`, or take it out of `evidence`.')
    if window is not None and "reasons" not in table:
        table.note(
            FindingKind.REVIEW_WITHOUT_REASONS,
            table.path,
            "No reason is named, so no return is ever admissible.",
            'Add `reasons = ["EMAIL_BOUNCED"]`.',
        )
    remedy, partial = _remedy(table)
    review = Review(
        window=window or Period(count=0, unit="h"),
        silence=cast(Any, table.word("silence", ("accept", "return"), default="accept")),
        reasons=reasons,
        evidence=frozenset(evidence),
        cap=_return_cap(table),
        remedy=cast(Any, remedy),
        partial=partial,
        replace_within=table.period("replace_within"),
        contest_within=table.period("contest_within"),
        undecided=cast(Any, table.word("undecided", ("buyer", "provider"), default="buyer")),
    )
    if "undecided" in table and "contest_within" not in table:
        seen = "It is said who is right when nobody decides, but without `contest_within` nothing is contested."
        table.note(FindingKind.UNDECIDED_WITHOUT_CONTEST, "undecided", seen, 'Add `contest_within = "3bd"`, or take `undecided` out.')
    return review if window is not None else None


def _return_reasons(table: Table, key: str) -> tuple[str, ...]:
    allowed = {reason.name for reason in RETURN_REASONS}
    found = read_reasons(table, key)
    for code in found:
        if code not in allowed:
            near = nearest(code, allowed)
            mend = f'Write "{near}", or take it out.' if near else "Take it out; docs/reasons.md tells which reasons a return may give."
            table.note(FindingKind.REASON_NOT_RETURNABLE, key, f"No return may give {code}.", mend)
    return tuple(code for code in found if code in allowed)


def _return_cap(table: Table) -> Decimal | None:
    """Read the cap on returns as a fraction: "15%" or a bare number up to 1."""
    value = table.values.get("cap")
    if value is None:
        return None
    is_percent = isinstance(value, str) and value.strip().endswith("%")
    number = table.decimal("cap", FindingKind.RETURN_CAP_OUT_OF_RANGE, takes='a percentage in quotes, as in "15%"', strip="%")
    if number is None:
        return None
    share = number / 100 if is_percent else number
    if not 0 < share <= 1:
        guess = f'"{number}%"' if not is_percent and 1 < number <= 100 else '"15%"'
        table.note(
            FindingKind.RETURN_CAP_OUT_OF_RANGE, "cap", f"`cap = {show(value)}` is not above 0% and at most 100%.", f"Write {guess}."
        )
        return None
    return share


def _remedy(table: Table) -> tuple[str, Decimal | None]:
    text = table.text("remedy") or "credit"
    if text in {"credit", "replace"}:
        return text, None
    name, _, share = (part.strip() for part in text.partition(":"))
    if name != "partial":
        near = nearest(name, ("credit", "replace", "partial"))
        mend = f'Write "{near}{":85%" if near == "partial" else ""}".' if near else 'Write "credit", "replace" or "partial:85%".'
        table.note(FindingKind.REMEDY_UNKNOWN, "remedy", f'"{text}" is no remedy.', mend)
        return "credit", None
    inner = Table({"remedy": share.removesuffix("%").strip()}, table.path, table.notes)
    number = inner.decimal("remedy", FindingKind.PARTIAL_OUT_OF_RANGE, takes='"partial:85%"')
    if number is not None and not 0 < number < 100:
        seen = f'`remedy = "{text}"` gives back {number}%.'
        table.note(
            FindingKind.PARTIAL_OUT_OF_RANGE,
            "remedy",
            seen,
            'Write a share between 0 and 100, as in "partial:85%"; for all of it write "credit".',
        )
    return "partial", number


def read_appointment(table: Table) -> Appointment:
    """Read [appointment]."""
    table.check_keys()
    clause = Appointment(
        duration=table.period("duration"),
        notice=table.period("notice"),
        horizon=table.period("horizon"),
        held_after=table.period("held_after"),
        proof=_proof(table),
        reschedules=table.count("reschedules", least=0) or 0,
        no_show=_no_show(table),
        attendee=read_condition(table, "attendee"),
    )
    if clause.notice and clause.horizon and clause.notice.hours_about > clause.horizon.hours_about:
        seen = f"A meeting needs {clause.notice.in_words()} of notice, but may lie only {clause.horizon.in_words()} ahead."
        table.note(FindingKind.NOTICE_BEYOND_HORIZON, "notice", seen, "Write a shorter `notice` or a longer `horizon`.")
    if clause.held_after and clause.duration and clause.held_after.hours_about > clause.duration.hours_about:
        seen = f"A meeting lasts {clause.duration.in_words()}, but counts as held only after {clause.held_after.in_words()}."
        table.note(FindingKind.HELD_AFTER_EXCEEDS_DURATION, "held_after", seen, f'Write at most "{clause.duration}".')
    if clause.reschedules and not clause.no_show.reschedule:
        seen = f"{clause.reschedules} reschedules are allowed, but `no_show` does not begin with reschedule."
        table.note(
            FindingKind.RESCHEDULES_WITHOUT_RULE, "reschedules", seen, f'Write `no_show = "reschedule, then {clause.no_show.then}"`.'
        )
    if clause.no_show.reschedule:
        if not clause.reschedules:
            table.note(
                FindingKind.RESCHEDULE_WITHOUT_COUNT,
                "no_show",
                "`no_show` allows a reschedule, but `reschedules` is 0.",
                "Add `reschedules = 1`.",
            )
        if "horizon" not in table:
            seen = "`no_show` allows a reschedule, but no horizon says until when it must follow."
            table.note(FindingKind.RESCHEDULE_WITHOUT_HORIZON, "no_show", seen, 'Add `horizon = "10bd"`.')
    return clause


def _proof(table: Table) -> tuple[str, ...]:
    found: list[str] = []
    for place, entry in table.texts("proof"):
        path = (*table.at("proof"), place)
        name, colon, span = (part.strip() for part in entry.partition(":"))
        is_silence = name == "silence" and bool(colon)
        if is_silence:
            try:
                entry = f"silence:{Period.parse(span)}"  # noqa: PLW2901  # blanks are taken out
            except ValueError:
                is_silence = False
        if not is_silence and entry not in PROOFS:
            near = nearest(name, (*PROOFS, "silence"))
            mend = f'Write "{near}{":1bd" if near == "silence" else ""}".' if near else 'Write "attendance", "rep" or "silence:1bd".'
            table.note(FindingKind.PROOF_UNKNOWN, path, f'"{entry}" is no proof of a meeting.', mend)
            continue
        if found and found[-1].startswith("silence"):
            seen = f'"{entry}" stands behind "{found[-1]}", which always comes about, so it never weighs.'
            table.note(FindingKind.PROOF_AFTER_SILENCE, path, seen, "Put silence last.")
        found.append(entry)
    return tuple(found)


def _no_show(table: Table) -> NoShow:
    text = table.text("no_show")
    if text is None:
        return NoShow(reschedule=False, then="void")
    words = text.lower().replace(",", " ").split()
    has_reschedule = words[:2] == ["reschedule", "then"]
    rest = words[2:] if has_reschedule else words
    if len(rest) != 1 or rest[0] not in NO_SHOWS:
        mend = 'Write "void", "charge" or "replace", or "reschedule, then " and one of them.'
        table.note(FindingKind.NO_SHOW_UNREADABLE, "no_show", f'"{text}" is no rule for a missed meeting.', mend)
        return NoShow(reschedule=False, then="void")
    return NoShow(reschedule=has_reschedule, then=cast(Any, rest[0]))

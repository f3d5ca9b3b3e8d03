"""What is wrong between clauses of a contract that each read well alone."""

from __future__ import annotations

from collections.abc import Iterable

from payper.journey import LADDER, MEETING, Milestone
from payper.money import format_minor
from payper.periods import Period
from payper.reasons import Group, Reason
from payper.terms.contract import Contract, ListEntries, Price
from payper.terms.expression_tree import Both, Node, Not, parse_condition
from payper.terms.kinds import FindingKind
from payper.terms.outcomes import find_outcomes
from payper.terms.tables import Notes

_BOUNCE_HOURS = 96.0
"""RFC 5321, section 4.5.4.1: a server gives up on a message after at least four to five days."""

_MEETING_REASONS = frozenset({"NO_SHOW_PROSPECT", "NO_SHOW_BUYER", "CANCELLED_LATE", "TOO_SHORT", "NO_PROOF", "NOT_DECISION_MAKER"})
_ASKED_OF = {
    "countries": "country",
    "employees": "employees",
    "revenue": "revenue",
    "industries": "industry",
    "functions": "title",
    "seniority": "title",
}


def find_contradictions(contract: Contract, notes: Notes) -> None:
    """Add the findings that take two clauses to see."""
    _check_lists(contract, notes)
    _check_rule(contract, notes)
    _check_record(contract, notes)
    _check_caps(contract, notes)
    _check_prices(contract, notes)
    _check_tiers_and_offsets(contract, notes)
    _check_review(contract, notes)
    _check_meetings(contract, notes)
    _check_examples(contract, notes)


def _check_lists(contract: Contract, notes: Notes) -> None:
    """Compare the target list with the suppression lists; digests are compared with digests alone."""
    only = contract.audience.only
    if only is None or not contract.audience.suppress:
        return
    wanted = _tagged([only])
    both = wanted & _tagged(contract.audience.suppress)
    path = ("audience", "suppress")
    if wanted and both == wanted:
        seen = f"All {len(wanted)} entries of {only.path} are suppressed as well, so nobody is admitted."
        notes.add(FindingKind.TARGETS_SUPPRESSED, path, seen, "Take the entries out of one of the lists.")
    elif both:
        example = sorted(entry for _, entry in both)[0]
        seen = f'{len(both)} of {len(wanted)} entries of {only.path} are suppressed as well, such as "{example}".'
        notes.add(FindingKind.TARGETS_PARTLY_SUPPRESSED, path, seen, "Take them out of one of the lists; as it stands they are refused.")


def _tagged(lists: Iterable[ListEntries]) -> set[tuple[str, str]]:
    kinds = ("emails", "domains", "company_keys", "digests")
    return {(kind, entry) for entries in lists for kind in kinds for entry in getattr(entries, kind)}


def _check_rule(contract: Contract, notes: Notes) -> None:
    sql = contract.audience.rule
    path = ("audience", "rule")
    if sql is None:
        return
    tree = parse_condition(sql)
    if _check_constant(contract, notes, sql, path):
        return
    within = find_outcomes(tree, zone=contract.zone, audience=contract.audience)
    if within is not None and not within.can_hold:
        seen = f"`{sql}` is false for everybody whom the rest of [audience] admits."
        notes.add(FindingKind.RULE_OUTSIDE_AUDIENCE, path, seen, "Widen the ranges above it, or the rule.")
    elif within is not None and within.always_holds:
        seen = f"`{sql}` is true for everybody whom the rest of [audience] admits."
        notes.add(FindingKind.RULE_REPEATS_AUDIENCE, path, seen, "It may be taken out.")


def _check_constant(contract: Contract, notes: Notes, sql: str, path: tuple[str | int, ...]) -> bool:
    """Find a condition that is true, or false, whatever is delivered; tell whether it is."""
    outcomes = find_outcomes(parse_condition(sql), zone=contract.zone)
    if outcomes is None:
        return False
    if not outcomes.can_hold:
        notes.add(
            FindingKind.RULE_ALWAYS_FALSE, path, f"`{sql}` is never true, whatever is delivered.", "Correct the values, or take it out."
        )
    elif outcomes.always_holds:
        notes.add(FindingKind.RULE_ALWAYS_TRUE, path, f"`{sql}` is true whatever is delivered.", "Take it out, or write what is meant.")
    return not outcomes.can_hold or outcomes.always_holds


def _can_hold(contract: Contract, tree: Node) -> bool | None:
    """Tell whether a condition can hold for anybody whom the whole audience admits, its rule included; None: undecided."""
    alone = find_outcomes(tree, zone=contract.zone, audience=contract.audience)
    if alone is not None and not alone.can_hold:
        return False
    if contract.audience.rule is None:
        return None if alone is None else True
    both = find_outcomes(Both("and", parse_condition(contract.audience.rule), tree), zone=contract.zone, audience=contract.audience)
    return None if both is None else both.can_hold


def _check_record(contract: Contract, notes: Notes) -> None:
    record, required = contract.record, set(contract.record.required)
    add = f"Add it to `required`, as in `required = [{', '.join(f'{chr(34)}{name}{chr(34)}' for name in record.required[:2])}, ...]`."
    if record.email and "email" not in required:
        notes.add(
            FindingKind.EMAIL_CHECKS_UNREQUIRED, ("record", "email"), "The e-mail is checked, but a delivery without one passes.", add
        )
    if record.phone and "phone" not in required:
        notes.add(FindingKind.PHONE_CHECKS_UNREQUIRED, ("record", "phone"), "The phone is checked, but a delivery without one passes.", add)
    if "matches_country" in record.phone and "country" not in required:
        seen = "The phone must match the country, but the country is not required."
        notes.add(FindingKind.PHONE_COUNTRY_UNREQUIRED, ("record", "phone"), seen, add)
    if record.fresh and contract.ends:
        days = (contract.ends - contract.starts).days + 1
        if record.fresh.hours_about > days * 24:
            seen = f"A delivery may be {record.fresh.in_words()} old, and the contract runs only {days} days."
            notes.add(FindingKind.FRESH_LONGER_THAN_CONTRACT, ("record", "fresh"), seen, "Write a shorter span, or take `fresh` out.")
    open_fields = sorted({column for key, column in _ASKED_OF.items() if getattr(contract.audience, key) and column not in required})
    if record.uncertain == "accept" and open_fields:
        seen = f"Unknown values are accepted, and {', '.join(open_fields)} may be left empty, so that the audience asks nothing of them."
        notes.add(FindingKind.UNCERTAIN_ACCEPTED, ("record", "uncertain"), seen, 'Write `uncertain = "review"`, or require the fields.')
    match = contract.duplicate.match
    if "person" in match and (missing := [name for name in ("first_name", "last_name", "company") if name not in required]):
        seen = f"Duplicates are matched by person, but {', '.join(missing)} may be empty."
        notes.add(FindingKind.MATCH_PERSON_UNREQUIRED, ("duplicate", "match"), seen, "Add them to `record.required`.")
    for key in sorted(match & {"email", "phone"} - required):
        seen = f"Duplicates are matched by {key}, which may be empty."
        notes.add(FindingKind.MATCH_KEY_UNREQUIRED, ("duplicate", "match"), seen, f'Add "{key}" to `record.required`.')


def _check_caps(contract: Contract, notes: Notes) -> None:
    caps, on_acceptance = contract.caps, contract.prices_on(Milestone.ACCEPTED)
    if contract.model != "lead":
        on_acceptance = (*on_acceptance, *(price for price in contract.prices if price.on in MEETING))
    amounts = [
        amount
        for price in on_acceptance
        if price.amount_minor is not None
        for amount in (price.amount_minor, *(tier.amount_minor for tier in price.tiers))
    ]
    if caps.pace == "even" and not (caps.total and contract.ends):
        missing = " and ".join(name for name, value in (("caps.total", caps.total), ("contract.ends", contract.ends)) if not value)
        seen = f"An even pace needs {missing} to spread over, and does nothing without."
        notes.add(FindingKind.PACE_WITHOUT_PLAN, ("caps", "pace"), seen, f"Add {missing}, or take `pace` out.")
    if caps.budget_minor is None:
        return
    path = ("caps", "budget")
    budget = format_minor(caps.budget_minor, contract.currency)
    if not amounts:
        seen = f"The budget of {budget} counts what acceptance charges, and no price stands on acceptance."
        notes.add(FindingKind.BUDGET_WITHOUT_ACCEPTANCE, path, seen, "Take the budget out, or price acceptance.")
    elif caps.budget_minor < min(amounts):
        seen = f"The budget of {budget} does not pay for one delivery at {format_minor(min(amounts), contract.currency)}."
        notes.add(FindingKind.BUDGET_BELOW_PRICE, path, seen, "Write a larger budget.")
    elif caps.total and contract.model == "lead" and caps.total * max(amounts) <= caps.budget_minor:
        dearest = format_minor(caps.total * max(amounts), contract.currency)
        seen = f"{caps.total} deliveries cost at most {dearest}, within the budget of {budget}."
        notes.add(FindingKind.BUDGET_NEVER_REACHED, path, seen, "It may be taken out.")


def _check_prices(contract: Contract, notes: Notes) -> None:
    if not contract.prices and not any(path[:1] == ("price",) for path in notes.positions.paths()):
        seen = "The contract has no price, so nothing is ever owed."
        notes.add(FindingKind.PRICE_MISSING, (), seen, 'Add [[price]] with `on = "accepted"` and `amount = "48.00"`.')
    places = _places(contract, notes)
    for milestone in LADDER:
        rows = [(place, price) for place, price in zip(places, contract.prices, strict=True) if price.on == milestone]
        unconditional: int | None = None
        seen_conditions: dict[str, int] = {}
        for place, price in rows:
            path = ("price", place)
            if unconditional is not None:
                seen = f'The row never applies: price[{unconditional + 1}] on "{milestone}" has no condition and stands before it.'
                notes.add(FindingKind.PRICE_UNREACHABLE, path, seen, "Put the row without `when` last.")
            if price.when is None:
                unconditional = place if unconditional is None else unconditional
                continue
            folded = " ".join(price.when.split())
            if folded in seen_conditions:
                seen = f"`{price.when}` is the condition of price[{seen_conditions[folded] + 1}] as well, which stands before it."
                notes.add(FindingKind.PRICE_WHEN_TWICE, (*path, "when"), seen, "Keep one of the two rows.")
            seen_conditions.setdefault(folded, place)
            if (
                not _check_constant(contract, notes, price.when, (*path, "when"))
                and _can_hold(contract, parse_condition(price.when)) is False
            ):
                seen = f"`{price.when}` is false for everybody whom the audience admits, so the price never applies."
                notes.add(FindingKind.PRICE_NEVER_APPLIES, (*path, "when"), seen, "Change the condition or the audience.")
        if rows and unconditional is None:
            _check_gap(contract, notes, rows, milestone)


def _places(contract: Contract, notes: Notes) -> list[int]:
    """Give the place of every price row that was read; rows that could not be read are left out of the contract."""
    written = sorted({path[1] for path in notes.positions.paths() if len(path) > 1 and path[0] == "price" and isinstance(path[1], int)})
    return written if len(written) == len(contract.prices) else list(range(len(contract.prices)))


def _check_gap(contract: Contract, notes: Notes, rows: list[tuple[int, Price]], milestone: Milestone) -> None:
    """Find an admitted delivery that meets no row's condition."""
    union: Node | None = None
    for _, price in rows:
        tree = parse_condition(price.when or "TRUE")
        union = tree if union is None else Both("or", union, tree)
    if union is not None and _can_hold(contract, Not(union)):
        seen = f'Somebody whom the audience admits meets no condition of the prices on "{milestone}", and costs nothing.'
        notes.add(FindingKind.PRICE_LEAVES_GAP, ("price", rows[-1][0]), seen, "Add a last row without `when`, unless nothing is meant.")


def _check_tiers_and_offsets(contract: Contract, notes: Notes) -> None:
    order = {milestone: place for place, milestone in enumerate(LADDER)}
    for place, price in zip(_places(contract, notes), contract.prices, strict=True):
        path = ("price", place)
        total = contract.caps.total
        for number, tier in enumerate(price.tiers):
            if total is not None and tier.first > total:
                seen = f"The tier from {tier.first} is never reached, because the contract takes {total} in all."
                notes.add(FindingKind.TIER_NEVER_REACHED, (*path, "tiers", number), seen, f"Write at most {total}, or raise `caps.total`.")
        smallest = 0
        for offset in price.offset:
            at = (*path, "offset")
            rows = contract.prices_on(offset)
            if order[offset] >= order[price.on]:
                seen = f'"{offset}" does not come before "{price.on}", so nothing is charged on it yet.'
                notes.add(FindingKind.OFFSET_NOT_EARLIER, at, seen, "Name an earlier milestone.")
            elif not rows:
                priced = ", ".join(
                    f'"{step}"' for step in dict.fromkeys(row.on for row in contract.prices if order[row.on] < order[price.on])
                )
                mend = f"Name one with a price before it ({priced})." if priced else f'Add a [[price]] on "{offset}", or take `offset` out.'
                notes.add(FindingKind.OFFSET_WITHOUT_PRICE, at, f'No price stands on "{offset}", so there is nothing to credit.', mend)
            else:
                smallest += min((row.amount_minor or 0) for row in rows)
        if price.amount_minor and smallest >= price.amount_minor:
            charged, credited = (format_minor(amount, contract.currency) for amount in (price.amount_minor, smallest))
            seen = f"At least {credited} is credited against {charged}, so nothing is left to pay."
            notes.add(FindingKind.OFFSET_SWALLOWS_PRICE, (*path, "offset"), seen, "Raise the amount, or take `offset` out.")


def _check_review(contract: Contract, notes: Notes) -> None:
    review = contract.review
    if review is None:
        return
    window = review.window
    if window.count and "EMAIL_BOUNCED" in review.evidence and window.hours_about < _BOUNCE_HOURS:
        seen = (
            f"The window of {window.in_words()} ends before a mail server must have given up (4 days), so late bounces cannot be returned."
        )
        notes.add(FindingKind.WINDOW_SHORTER_THAN_BOUNCE, ("review", "window"), seen, 'Write at least "4d" or "4bd".')
    for proof in contract.appointment.proof if contract.appointment else ():
        if proof.startswith("silence:") and Period.parse(proof.removeprefix("silence:")).hours_about > window.hours_about:
            seen = f"The window of {window.in_words()} ends before the proof `{proof}` can be given."
            notes.add(FindingKind.WINDOW_SHORTER_THAN_PROOF, ("review", "window"), seen, "Write a longer window, or a shorter silence.")
    has_replacement = review.remedy == "replace" or bool(contract.appointment and contract.appointment.no_show.then == "replace")
    if review.remedy == "replace" and review.replace_within is None:
        seen = "Returns are replaced, but not until when."
        notes.add(FindingKind.REPLACE_WITHOUT_WITHIN, ("review", "remedy"), seen, 'Add `replace_within = "5bd"`.')
    if review.replace_within is not None and not has_replacement:
        seen = f"A replacement is due within {review.replace_within.in_words()}, but the remedy is {review.remedy}."
        notes.add(FindingKind.REPLACE_WITHIN_UNUSED, ("review", "replace_within"), seen, 'Write `remedy = "replace"`, or take it out.')
    if review.contest_within and review.contest_within.hours_about > window.hours_about:
        seen = f"The provider may contest for {review.contest_within.in_words()}, longer than the window of {window.in_words()}."
        notes.add(FindingKind.CONTEST_LONGER_THAN_WINDOW, ("review", "contest_within"), seen, f'Write at most "{window}".')
    of_meetings = [code for code in review.reasons if code in _MEETING_REASONS or Reason[code].group is Group.APPOINTMENT]
    if contract.prices and contract.model == "lead" and of_meetings:
        seen = f"{', '.join(of_meetings)} can only be given of meetings, and no price stands on one."
        notes.add(FindingKind.REASON_OF_MEETINGS, ("review", "reasons"), seen, "Take them out, or price a meeting.")


def _check_meetings(contract: Contract, notes: Notes) -> None:
    clause, prices = contract.appointment, contract.prices
    if clause is None:
        if any(price.on is Milestone.MEETING_HELD for price in prices):
            place = next(place for place, price in zip(_places(contract, notes), prices, strict=True) if price.on is Milestone.MEETING_HELD)
            seen = "A held meeting is charged, but no clause says when a meeting counts as held."
            mend = 'Add [appointment] with `held_after = "10m"` and `proof = ["attendance", "rep", "silence:1bd"]`.'
            notes.add(FindingKind.APPOINTMENT_MISSING, ("price", place), seen, mend)
        return
    if prices and contract.model == "lead":
        seen = "The contract has clauses about meetings, but no price on one."
        notes.add(FindingKind.APPOINTMENT_UNUSED, ("appointment",), seen, 'Add a [[price]] on "meeting held", or take [appointment] out.')
    if clause.no_show.then == "replace" and not (contract.review and contract.review.replace_within):
        seen = "A missed meeting is replaced, but not until when."
        notes.add(FindingKind.NO_SHOW_REPLACE_WITHOUT_WITHIN, ("appointment", "no_show"), seen, 'Add `replace_within = "5bd"` to [review].')
    path = ("appointment", "attendee")
    if clause.attendee is None or _check_constant(contract, notes, clause.attendee, path):
        return
    if _can_hold(contract, parse_condition(clause.attendee)) is False:
        seen = f"`{clause.attendee}` is false for everybody whom the audience admits, so no appointment is ever accepted."
        notes.add(FindingKind.ATTENDEE_OUTSIDE_AUDIENCE, path, seen, "Change the rule or the audience.")


def _check_examples(contract: Contract, notes: Notes) -> None:
    written = [path for path in notes.positions.paths() if path[:1] == ("example",)]
    if not written:
        seen = "The contract has no example that shows both sides what it means."
        notes.add(FindingKind.EXAMPLES_ABSENT, (), seen, "Add [[example]] with `given`, `gives` and `owes`.")
    known: dict[str, int] = {}
    for place, example in enumerate(contract.examples):
        key = repr(sorted(example.given.items(), key=lambda pair: pair[0]))
        if key in known:
            seen = f"The example gives the same columns as example[{known[key] + 1}]."
            notes.add(FindingKind.EXAMPLE_TWICE, ("example", place), seen, "Take one of the two out.")
        known.setdefault(key, place)

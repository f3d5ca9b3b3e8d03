"""A contract in plain English, one sentence a clause, each with its key and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from payper.money import format_minor
from payper.periods import Period
from payper.terms.contract import Contract, ListEntries, Price, Range
from payper.terms.findings import list_words
from payper.terms.positions import Positions


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of a contract.

    Attributes:
        key: The clause, dotted, places counted from 1; the sentence of a clause that is absent says what holds instead.
        line: Its line in the file, or None where the file was not given.
        sentence: What it means.
    """

    key: str
    line: int | None
    sentence: str


def explain(contract: Contract, *, positions: Positions | None = None) -> list[Clause]:
    """Say every clause of a contract in plain English.

    Args:
        contract: The terms.
        positions: Lines of the file it was read from (`Reading.positions`).
    """
    parts = (_contract, _audience, _record, _duplicate, _caps, _prices, _review, _appointment, _followup, _examples)
    clauses = []
    for part in parts:
        for path, sentence in part(contract):
            key = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
            clauses.append(Clause(key=key, line=positions.line(path) if positions else None, sentence=sentence))
    return clauses


Path = tuple[str | int, ...]
Sentences = Iterator[tuple[Path, str]]


def write_day(day: date) -> str:
    """Write a date as `14 Mar 2026`."""
    return f"{day.day} {day:%b %Y}"


def _span(period: Period | None) -> str:
    return period.in_words() if period else "any time"


def _contract(contract: Contract) -> Sentences:
    def at(key: str) -> Path:
        return ("contract", key)

    yield at("id"), f"This is contract {contract.id}."
    yield at("buyer"), f"{contract.buyer} buys and pays."
    yield at("provider"), f"{contract.provider} delivers."
    yield at("currency"), f"All amounts are in {contract.currency}."
    yield at("timezone"), f"Days, dates and times without an offset are local to {contract.zone}."
    yield at("starts"), f"Deliveries are taken from {write_day(contract.starts)} on."
    yield at("ends"), f"The last day is {write_day(contract.ends)}, included." if contract.ends else "The contract has no end."
    local = contract.holds_from.astimezone(contract.calendar.tzinfo)
    yield at("version"), f"This is version {contract.version}."
    yield (
        at("holds_from"),
        f"It judges what was generated from {write_day(local.date())}, {local:%H:%M} on, and everything that follows from it.",
    )
    if not contract.holidays:
        holidays = "Business days are Monday to Friday; there are no holidays."
    elif contract.holidays_source == "dates":
        days = list_words([write_day(day) for day in sorted(contract.holidays)], joiner="and")
        holidays = f"Business days are Monday to Friday except {days}."
    else:
        holidays = f"Business days are Monday to Friday except the public holidays of {contract.holidays_source}."
    yield at("holidays"), holidays
    yield at("business_hours"), f"Business hours are {contract.opens:%H:%M} to {contract.closes:%H:%M} on business days."
    if not contract.pauses:
        yield at("pauses"), "The contract is never paused."
    for place, pause in enumerate(contract.pauses):
        yield ("contract", "pauses", place), f"Nothing is taken from {write_day(pause.first)} until {write_day(pause.last)}, both included."


def _range(asked: Range, unit: str) -> str:
    if asked.low is not None and asked.high is not None:
        return f"from {asked.low:,} to {asked.high:,}{unit}"
    return f"at least {asked.low:,}{unit}" if asked.low is not None else f"at most {asked.high or 0:,}{unit}"


def _size(entries: ListEntries) -> int:
    return len(entries.emails) + len(entries.domains) + len(entries.company_keys) + len(entries.digests)


def _audience(contract: Contract) -> Sentences:
    audience = contract.audience

    def at(key: str) -> Path:
        return ("audience", key)

    asked = list_words(audience.countries, limit=60)
    yield at("countries"), f"The prospect must be in {asked}." if asked != "nothing" else "The prospect may be in any country."
    size = audience.employees
    yield at("employees"), f"The company must have {_range(size, ' employees')}." if size else "The company may have any size."
    revenue = audience.revenue
    unit = f" {contract.currency}"
    yield at("revenue"), f"The company's revenue must be {_range(revenue, unit)}." if revenue else "The company may have any revenue."
    industries = list_words(audience.industries, limit=60)
    yield at("industries"), f"The industry must be {industries}." if audience.industries else "Any industry is taken."
    functions = list_words(audience.functions, limit=60)
    yield at("functions"), f"The prospect must work in {functions}." if audience.functions else "Any job function is taken."
    ladder = audience.seniority
    if ladder is None:
        yield at("seniority"), "Any seniority is taken."
    elif ladder.low == ladder.high:
        yield at("seniority"), f"The prospect must be of rank {ladder.low}."
    else:
        ends = [f"{ladder.low} or above" if ladder.low else "", f"{ladder.high} or below" if ladder.high else ""]
        yield at("seniority"), f"The prospect must be {' and '.join(end for end in ends if end) or 'of any rank'}."
    only = audience.only
    yield (
        ("audience", "companies", "only"),
        f"Only companies on {only.path} ({_size(only)} entries) are taken." if only else "Any company is taken.",
    )
    lists = list_words([f"{entries.path} ({_size(entries)} entries)" for entries in audience.suppress])
    yield at("suppress"), f"Nobody on {lists} is taken." if audience.suppress else "Nobody is suppressed."
    rule = audience.rule
    yield at("rule"), f"Besides, this must be true: {rule}." if rule else "There is no further rule."


def _record(contract: Contract) -> Sentences:
    record = contract.record

    def at(key: str) -> Path:
        return ("record", key)

    required = list_words(record.required, joiner="and", limit=60)
    yield at("required"), f"These must be filled: {required}." if record.required else "No field must be filled."
    checks = {
        "syntax": "well formed",
        "business": "no free mail",
        "not_disposable": "no throw-away address",
        "not_role": "no role such as info@",
    }
    checks |= {"mx": "in a domain that takes mail"}
    email = list_words([words for name, words in checks.items() if name in record.email], joiner="and")
    yield at("email"), f"The e-mail must be {email}." if record.email else "The e-mail is not checked."
    phones = {"valid": "valid", "matches_country": "of the delivery's country"}
    phone = list_words([words for name, words in phones.items() if name in record.phone], joiner="and")
    yield at("phone"), f"The phone must be {phone}." if record.phone else "The phone is not checked."
    consent = record.consent
    if consent is None:
        yield at("consent"), "No proof of consent is asked for."
    else:
        yield ("record", "consent", "required"), "Proof of consent is required."
        yield ("record", "consent", "fields"), f"It is shown by {list_words(consent.fields, joiner='and')}."
        age = consent.max_age
        yield ("record", "consent", "max_age"), f"It may be at most {_span(age)} old at delivery." if age else "It may be of any age."
    fresh = record.fresh
    yield (
        at("fresh"),
        f"A delivery may be generated at most {_span(fresh)} before it is delivered." if fresh else "A delivery may be of any age.",
    )
    effect = {"review": "a person looks", "reject": "it is rejected", "accept": "it is accepted all the same"}[record.uncertain]
    yield at("uncertain"), f"When something asked cannot be told from a delivery, {effect}."
    if not record.questions:
        yield at("question"), "No question is asked."
    for place, question in enumerate(record.questions):
        path: Path = ("record", "question", place)
        yield (*path, "field"), f"The prospect must answer {question.field}."
        yield (*path, "accept"), f"The answer to {question.field} must be {_quoted(question.accept)}."


def _quoted(words: tuple[str, ...]) -> str:
    return list_words([f'"{word}"' for word in words], limit=60)


def _duplicate(contract: Contract) -> Sentences:
    duplicate = contract.duplicate
    names = {"email": "e-mail", "person": "name and company", "phone": "phone", "fuzzy": "likeness, which only asks for a review"}
    keys = list_words([words for name, words in names.items() if name in duplicate.match])
    yield (
        ("duplicate", "match"),
        f"A delivery is a duplicate when an earlier good one has the same {keys}." if duplicate.match else "Duplicates are taken.",
    )
    if duplicate.match:
        yield ("duplicate", "within"), f"Looked back is {_span(duplicate.within)}." if duplicate.within else "Looked back is without limit."
        among = {
            "buyer": "everything the buyer was delivered",
            "contract": "this contract's deliveries",
            "provider": "the provider's deliveries to the buyer",
        }
        yield ("duplicate", "across"), f"Compared with is {among[duplicate.across]}."
        yield (
            ("duplicate", "crm"),
            "People in the buyer's CRM count as duplicates." if duplicate.crm else "The buyer's CRM is not compared.",
        )


def _caps(contract: Contract) -> Sentences:
    caps = contract.caps
    cases = (("total", "in all"), ("per_day", "a day"), ("per_month", "a calendar month"), ("per_company", "from one company"))
    for name, words in cases:
        number = getattr(caps, name)
        yield (
            ("caps", name),
            f"At most {number:,} deliveries are accepted {words}." if number else f"There is no cap on deliveries {words}.",
        )
    budget = caps.budget_minor
    money = format_minor(budget, contract.currency) if budget is not None else ""
    yield ("caps", "budget"), f"What acceptance charges may come to {money} at most." if money else "There is no budget."
    effect = "quarantined: good, but unpaid until it is released" if caps.over == "quarantine" else "rejected"
    yield ("caps", "over"), f"A delivery over a cap is {effect}."
    pace = (
        "The total is spread evenly over the contract's days." if caps.pace == "even" else "Deliveries may come as fast as the caps allow."
    )
    yield ("caps", "pace"), pace


def describe_price(contract: Contract, price: Price) -> str:
    """Say what a price row charges, without its condition."""
    if price.percent is not None:
        return f"{price.percent.normalize():f}% of its amount"
    return format_minor(price.amount_minor or 0, contract.currency)


def _prices(contract: Contract) -> Sentences:
    earlier: set[str] = set()
    for place, price in enumerate(contract.prices):
        path: Path = ("price", place)
        otherwise = " otherwise" if price.on in earlier and price.when is None else ""
        what = "percent" if price.percent is not None else "amount"
        yield (
            (*path, "on"),
            f"A charge is made when a delivery is {price.on}." if price.on == "accepted" else f'A charge is made on "{price.on}".',
        )
        yield (*path, what), f'"{price.on}" costs {describe_price(contract, price)}{otherwise}.'
        if price.when:
            yield (*path, "when"), f"This price applies when {price.when}."
        for number, tier in enumerate(price.tiers):
            amount = format_minor(tier.amount_minor, contract.currency)
            yield (*path, "tiers", number), f'From the {tier.first:,}th charge on "{price.on}" on, it costs {amount}.'
        if price.offset:
            steps = list_words([f'"{step}"' for step in price.offset], joiner="and")
            yield (*path, "offset"), f"What was charged on {steps} for the same prospect is credited against it."
        earlier.add(price.on)


def _review(contract: Contract) -> Sentences:
    review = contract.review
    if review is None:
        yield ("review",), "Charges are owed at once; nothing can be returned."
        return

    def at(key: str) -> Path:
        return ("review", key)

    yield at("window"), f"A charge may be returned for {_span(review.window)}."
    yield at("silence"), "Silence accepts the charge." if review.silence == "accept" else "Silence returns the charge."
    reasons = list_words(review.reasons, limit=60)
    yield at("reasons"), f"A return must give {reasons}." if review.reasons else "No reason for a return is admitted."
    evidence = list_words(sorted(review.evidence), joiner="and", limit=60)
    yield at("evidence"), f"A proof must be attached to {evidence}." if review.evidence else "No proof must be attached."
    share = f"{(review.cap * 100).normalize():f}%" if review.cap is not None else ""
    yield at("cap"), f"At most {share} of the accepted deliveries may be returned." if share else "Any number may be returned."
    remedies = {"credit": "the charge is given back", "replace": "the provider owes a replacement"}
    partial = f"{review.partial.normalize():f}% of the charge is given back" if review.partial is not None else ""
    yield at("remedy"), f"When a return is granted, {partial or remedies.get(review.remedy, '')}."
    if review.replace_within:
        yield at("replace_within"), f"A replacement must be accepted within {_span(review.replace_within)}, or the charge is given back."
    contest = review.contest_within
    yield at("contest_within"), f"The provider may contest a return for {_span(contest)}." if contest else "A return cannot be contested."
    if contest:
        yield at("undecided"), f"A contested return that nobody decides in time goes in favour of the {review.undecided}."


def _appointment(contract: Contract) -> Sentences:
    clause = contract.appointment
    if clause is None:
        return

    def at(key: str) -> Path:
        return ("appointment", key)

    if clause.duration:
        yield at("duration"), f"A meeting is booked for {_span(clause.duration)}."
    if clause.notice:
        yield at("notice"), f"It must be delivered at least {_span(clause.notice)} before it begins."
    if clause.horizon:
        yield at("horizon"), f"It may lie at most {_span(clause.horizon)} ahead."
    if clause.held_after:
        yield at("held_after"), f"It counts as held once both sides were present for {_span(clause.held_after)}."
    words = {"attendance": "the attendance record", "rep": "the rep's word"}
    proofs = [words.get(proof) or f"{Period.parse(proof.partition(':')[2]).in_words()} of silence" for proof in clause.proof]
    yield at("proof"), f"It is proved by {list_words(proofs, joiner='or else')}." if proofs else "No proof is asked for."
    yield at("reschedules"), f"A missed meeting may be set again {clause.reschedules} time{'' if clause.reschedules == 1 else 's'}."
    effects = {"void": "costs nothing", "charge": "is charged as held", "replace": "is replaced"}
    first = "may be set again; otherwise it " if clause.no_show.reschedule else ""
    yield at("no_show"), f"A meeting that the prospect misses {first}{effects[clause.no_show.then]}."
    attendee = clause.attendee
    yield at("attendee"), f"Of the attendee this must be true: {attendee}." if attendee else "Anybody of the audience may attend."


def _followup(contract: Contract) -> Sentences:
    clause = contract.followup
    if clause is None:
        return
    if clause.first_touch:
        yield ("followup", "first_touch"), f"The buyer contacts the prospect within {_span(clause.first_touch)}."
    if clause.attempts:
        yield ("followup", "attempts"), f"The buyer tries {clause.attempts} times."
    if clause.within:
        yield ("followup", "within"), f"All attempts are made within {_span(clause.within)}."


def _examples(contract: Contract) -> Sentences:
    for place, example in enumerate(contract.examples):
        path: Path = ("example", place)
        given = ", ".join(f"{name} {value}" for name, value in example.given.items())
        yield (*path, "given"), f"Example {place + 1}: {given}."
        yield (*path, "gives"), f"It is {'in ' if example.gives == 'review' else ''}{example.gives}."
        if example.reasons is not None:
            yield (*path, "reasons"), f"Its reasons are {list_words(example.reasons, joiner='and')}."
        if example.owes_minor is not None:
            yield (*path, "owes"), f"It owes {format_minor(example.owes_minor, contract.currency)}."

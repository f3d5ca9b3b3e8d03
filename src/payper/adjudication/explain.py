"""A verdict in words: for every reason the clause, the value seen and the mend."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from payper.adjudication.record import required_fields
from payper.money import format_minor
from payper.reasons import Reason
from payper.terms.contract import Contract
from payper.terms.findings import list_words

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One reason in words.

    Attributes:
        code: The reason's code.
        clause: The key of the contract that decided it, or None.
        seen: What was seen, as a sentence.
        mend: What would pass, as a sentence; None where nothing the provider does helps.
    """

    code: str
    clause: str | None
    seen: str
    mend: str | None

    def __str__(self) -> str:
        clause = f" (clause {self.clause})" if self.clause else ""
        seen = self.seen[:-1] + clause + "." if clause else self.seen
        return f"{seen} {self.mend}" if self.mend else seen


def explain(row: Row, contract: Contract | None, *, evidence: str | None = None) -> list[Sentence]:
    """Say every reason of a verdict in words, in precedence.

    Args:
        row: One row as `adjudicate` answers it: canonical and derived columns, `reasons` (list of codes).
        contract: The version that judged it; None where no contract is known.
        evidence: What judging noted (the fault of a malformed row, the fields that are empty).
    """
    sentences = []
    for code in row.get("reasons") or ():
        reason = Reason[code]
        make = _WORDS.get(reason)
        clause, seen, mend = make(row, contract, evidence) if make is not None and contract is not None else (None, reason.text, None)
        if contract is None and reason is Reason.ROW_MALFORMED and evidence:
            seen = f"The row cannot be read: {evidence}."
        sentences.append(Sentence(code=code, clause=clause, seen=seen, mend=mend))
    return sentences


def explain_in_words(row: Row, contract: Contract | None, *, evidence: str | None = None) -> str:
    """Say a verdict as a paragraph: the verdict, then every reason."""
    name = f"{contract.id} v{contract.version}" if contract else "no contract"
    verdict = str(row["verdict"])
    sentences = explain(row, contract, evidence=evidence)
    if verdict == "accepted":
        currency = contract.currency if contract else "USD"
        owed = format_minor(int(row.get("price_minor") or 0), currency)
        first = f"Accepted under {name}: it owes {owed} on acceptance."
    elif verdict == "review":
        first = f"In review under {name}: a person must look before it is accepted."
    elif verdict == "quarantined":
        first = f"Quarantined under {name}: it is good, but over a cap, and unpaid until released."
    else:
        first = f"Rejected under {name}."
    return "\n".join([first, *(f"- {each.code}: {each}" for each in sentences)])


_Words = tuple[str | None, str, str | None]


def _value(row: Row, name: str) -> str:
    value = row.get(name)
    return "(empty)" if value is None else f"«{value}»"


def _at(value: object, contract: Contract) -> str:
    if not isinstance(value, datetime):
        return "(no date)"
    return f"{value.astimezone(ZoneInfo(contract.zone)):%d %b %Y %H:%M}"


def _list(values: Sequence[object], most: int = 8) -> str:
    words = [str(value) for value in values]
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")


def _missing(row: Row, contract: Contract, evidence: str | None) -> _Words:
    if evidence and evidence.startswith("empty: "):
        names = evidence.removeprefix("empty: ")
    else:
        names = ", ".join(field for field in required_fields(contract, kind=str(row.get("kind"))) if row.get(field) is None)
    return "record.required", f"Required and empty: {names or 'a field'}.", "Fill it in and send the delivery again."


def _in_force(row: Row, contract: Contract, _: str | None) -> _Words:
    until = f"until {contract.ends:%d %b %Y}" if contract.ends else "without an end"
    return (
        "contract.starts, contract.ends",
        f"It was {_dates(row, contract)}, and the contract holds from {contract.starts:%d %b %Y} {until}.",
        None,
    )


def _dates(row: Row, contract: Contract) -> str:
    return f"generated {_at(row.get('generated_at'), contract)} and delivered {_at(row.get('delivered_at'), contract)}"


def _syntax(row: Row, _: Contract, evidence: str | None) -> _Words:
    why = f" ({evidence})" if evidence and not evidence.startswith("empty: ") else ""
    seen = f"The e-mail {_value(row, 'email')} is no address that mail can be sent to{why}."
    return "record.email", seen, "Mend the address and send the delivery again."


def _stale(row: Row, contract: Contract, _: str | None) -> _Words:
    fresh = contract.record.fresh
    return "record.fresh", f"It was {_dates(row, contract)}, more than {fresh.in_words() if fresh else ''} later.", None


def _title(row: Row, _: Contract, __: str | None) -> _Words:
    read = f"function {row.get('function') or 'unknown'}, seniority {row.get('seniority') or 'unknown'}"
    seen = f"What is asked of the title {_value(row, 'title')} cannot be told from it ({read})."
    return "audience.functions, audience.seniority", seen, "Send the title in full."


def _suppressed(row: Row, contract: Contract, _: str | None) -> _Words:
    lists = _list([each.path for each in (*contract.audience.suppress, *contract.audience.everywhere)])
    seen = f"The e-mail {_value(row, 'email')}, its domain or the company {_value(row, 'company')} stands on a suppression list ({lists})."
    return "audience.suppress", seen, None


def _notice(row: Row, contract: Contract, _: str | None) -> _Words:
    notice = contract.appointment.notice if contract.appointment else None
    seen = f"The meeting of {_at(row.get('meeting_at'), contract)} begins sooner than {notice.in_words() if notice else ''} after delivery."
    return "appointment.notice", seen, "A later slot would pass."


def _horizon(row: Row, contract: Contract, _: str | None) -> _Words:
    horizon = contract.appointment.horizon if contract.appointment else None
    seen = f"The meeting of {_at(row.get('meeting_at'), contract)} lies more than {horizon.in_words() if horizon else ''} ahead."
    return "appointment.horizon", seen, "An earlier slot would pass."


def _answers(row: Row, contract: Contract, _: str | None) -> _Words:
    parts = [
        f"{each.field}: {_value(row, 'answer_' + each.field)}, accepted are {_list(each.accept)}" for each in contract.record.questions
    ]
    return "record.question", f"An answer is not among those accepted: {'; '.join(parts)}.", None


def _answer_missing(row: Row, contract: Contract, _: str | None) -> _Words:
    names = [each.field for each in contract.record.questions if row.get("answer_" + each.field) is None]
    return "record.question", f"No answer to: {_list(names)}.", "Ask the question, and send the delivery again with the answer."


def _implausible(row: Row, contract: Contract, evidence: str | None) -> _Words:
    dates = f"generated {_at(row.get('generated_at'), contract)}, delivered {_at(row.get('delivered_at'), contract)}"
    return None, f"The record looks made up or is dated after its own delivery ({evidence or dates}).", "Send a real record."


def _seniority(row: Row, contract: Contract, _: str | None) -> _Words:
    asked = contract.audience.seniority
    words = f"the title {_value(row, 'title')} is of the rung {row.get('seniority')}, and {asked} is asked for"
    return "audience.seniority", f"Outside the seniority: {words}.", f"A delivery of rung {asked} from the same company would pass."


def _range_words(field: str, clause: str, noun: str) -> Callable[[Row, Contract, str | None], _Words]:
    def words(row: Row, contract: Contract, _: str | None) -> _Words:
        return clause, f"The {noun} {_value(row, field)} lies outside {getattr(contract.audience, field)}.", None

    return words


def _unknown_words(field: str, clause: str, noun: str) -> Callable[[Row, Contract, str | None], _Words]:
    def words(row: Row, _: Contract, __: str | None) -> _Words:
        return (
            clause,
            f"The {noun} {_value(row, field)} does not tell on which side of what is asked for it lies.",
            f"Send a {noun} that is certain.",
        )

    return words


def _email(seen: str, mend: str | None, clause: str) -> Callable[[Row, Contract, str | None], _Words]:
    def words(row: Row, _: Contract, __: str | None) -> _Words:
        return clause, seen.format(email=_value(row, "email")), mend

    return words


_MATCHES = {"email": "e-mail", "person": "person", "phone": "phone", "fuzzy": "likeness"}
"""What deliveries are compared by, in words."""


def _duplicate(seen: str) -> Callable[[Row, Contract, str | None], _Words]:
    def words(_: Row, contract: Contract, __: str | None) -> _Words:
        within = f" within {contract.duplicate.within.in_words()}" if contract.duplicate.within else ""
        match = [word for key, word in _MATCHES.items() if key in contract.duplicate.match]
        return "duplicate", seen.format(within=within, match=list_words(match)), None

    return words


def _cap(clause: str, seen: Callable[[Contract], str], mend: str | None) -> Callable[[Row, Contract, str | None], _Words]:
    return lambda _, contract, __: (clause, seen(contract), mend)


_WORDS: dict[Reason, Callable[[Row, Contract, str | None], _Words]] = {
    Reason.CONTRACT_NOT_IN_FORCE: _in_force,
    Reason.CONTRACT_PAUSED: lambda row, contract, _: (
        "contract.pauses",
        f"The contract was paused on {_at(row.get('delivered_at'), contract)}.",
        "Deliver again after the pause.",
    ),
    Reason.ROW_MALFORMED: lambda _, __, evidence: (
        None,
        f"The row cannot be read: {evidence or 'see the file'}.",
        "Mend the row and send it again.",
    ),
    Reason.FIELD_MISSING: _missing,
    Reason.EMAIL_SYNTAX: _syntax,
    Reason.EMAIL_DISPOSABLE: _email("The e-mail {email} is a throw-away address.", None, "record.email"),
    Reason.EMAIL_FREE: _email(
        "The e-mail {email} is of a free mail service.", "The same person's company address would pass.", "record.email"
    ),
    Reason.EMAIL_ROLE: _email("The e-mail {email} names a function, not a person.", "The person's own address would pass.", "record.email"),
    Reason.EMAIL_NO_MX: _email("The domain of {email} takes no mail.", "An address that receives mail would pass.", "record.email"),
    Reason.PHONE_INVALID: lambda row, _, __: (
        "record.phone",
        f"The phone number {_value(row, 'phone')} is valid in no numbering plan, country {_value(row, 'country')}.",
        "Mend the number and send the delivery again.",
    ),
    Reason.PHONE_COUNTRY: lambda row, _, __: (
        "record.phone",
        f"The phone number {_value(row, 'phone')} does not belong to the country {_value(row, 'country')}.",
        "Mend the number or the country and send the delivery again.",
    ),
    Reason.CONSENT_MISSING: lambda _, contract, __: (
        "record.consent",
        f"Proof of consent lacks one of: {_list(contract.record.consent.fields if contract.record.consent else ())}.",
        "Send the delivery again with its proof of consent.",
    ),
    Reason.CONSENT_EXPIRED: lambda row, contract, _: (
        "record.consent",
        f"Consent of {_at(row.get('consent_at'), contract)} was too old on {_at(row.get('delivered_at'), contract)}.",
        None,
    ),
    Reason.STALE: _stale,
    Reason.ANSWER_MISSING: _answer_missing,
    Reason.ANSWER_DISQUALIFIES: _answers,
    Reason.IMPLAUSIBLE: _implausible,
    Reason.COUNTRY_UNKNOWN: lambda row, contract, _: (
        "audience.countries",
        f"The country {_value(row, 'country')} is not recognised, and {_list(contract.audience.countries)} are asked for.",
        "Send the country's ISO code or usual name.",
    ),
    Reason.COUNTRY_OUTSIDE: lambda row, contract, _: (
        "audience.countries",
        f"The country {_value(row, 'country')} is none of {_list(contract.audience.countries)}.",
        None,
    ),
    Reason.SIZE_UNKNOWN: _unknown_words("employees", "audience.employees", "number of employees"),
    Reason.SIZE_OUTSIDE: _range_words("employees", "audience.employees", "number of employees"),
    Reason.REVENUE_UNKNOWN: _unknown_words("revenue", "audience.revenue", "revenue"),
    Reason.REVENUE_OUTSIDE: _range_words("revenue", "audience.revenue", "revenue"),
    Reason.INDUSTRY_UNKNOWN: lambda row, contract, _: (
        "audience.industries",
        f"The industry {_value(row, 'industry')} is not recognised, and {_list(contract.audience.industries)} are asked for.",
        "Send a NAICS, SIC, NACE or ISIC code.",
    ),
    Reason.INDUSTRY_OUTSIDE: lambda row, contract, _: (
        "audience.industries",
        f"The industry {_value(row, 'industry')} is none of {_list(contract.audience.industries)}.",
        None,
    ),
    Reason.TITLE_UNKNOWN: _title,
    Reason.FUNCTION_OUTSIDE: lambda row, contract, _: (
        "audience.functions",
        f"The title {_value(row, 'title')} belongs to {row.get('function')}, and {_list(contract.audience.functions)} are asked for.",
        None,
    ),
    Reason.SENIORITY_OUTSIDE: _seniority,
    Reason.COMPANY_NOT_TARGETED: lambda row, contract, _: (
        "audience.companies",
        f"The company {_value(row, 'company')} is not on the target list {contract.audience.only.path if contract.audience.only else ''}.",
        None,
    ),
    Reason.SUPPRESSED: _suppressed,
    Reason.RULE_UNKNOWN: lambda _, contract, __: (
        "audience.rule",
        f"The rule {contract.audience.rule} cannot be decided, as a value it looks at is missing or a range.",
        "Send the values it looks at.",
    ),
    Reason.RULE_FAILED: lambda _, contract, __: ("audience.rule", f"The rule {contract.audience.rule} does not hold.", None),
    Reason.NOTICE_TOO_SHORT: _notice,
    Reason.BEYOND_HORIZON: _horizon,
    Reason.NOT_DECISION_MAKER: lambda row, contract, _: (
        "appointment.attendee",
        f"The attendee's title {_value(row, 'title')} does not meet {contract.appointment.attendee if contract.appointment else ''}.",
        "A decision-maker of the same company would pass.",
    ),
    Reason.RESENT: lambda row, _, __: (None, f"A delivery with the external id {_value(row, 'external_id')} was taken before.", None),
    Reason.DUPLICATE_SELF: _duplicate("You delivered this person before{within}, by {match}."),
    Reason.DUPLICATE_OTHER: _duplicate("Another provider delivered this person first{within}, by {match}."),
    Reason.DUPLICATE_CRM: lambda _, __, ___: ("duplicate.crm", "The buyer has this person in the CRM already.", None),
    Reason.DUPLICATE_POSSIBLE: _duplicate("A person much like this one was delivered before{within}."),
    Reason.CAP_COMPANY: _cap(
        "caps.per_company", lambda contract: f"The contract takes {contract.caps.per_company} from one company, and has them.", None
    ),
    Reason.CAP_DAY: _cap(
        "caps.per_day", lambda contract: f"The contract takes {contract.caps.per_day} a day, and had them.", "Deliver on another day."
    ),
    Reason.CAP_MONTH: _cap(
        "caps.per_month",
        lambda contract: f"The contract takes {contract.caps.per_month} a month, and had them.",
        "Deliver in another month.",
    ),
    Reason.CAP_TOTAL: _cap("caps.total", lambda contract: f"The contract takes {contract.caps.total}, and has them.", None),
    Reason.CAP_BUDGET: _cap(
        "caps.budget",
        lambda contract: f"Its charge would go over the budget of {format_minor(contract.caps.budget_minor or 0, contract.currency)}.",
        None,
    ),
    Reason.CAP_PACE: _cap(
        "caps.pace", lambda contract: f"More than an even pace to {contract.caps.total} allows by this day.", "Deliver on a later day."
    ),
    Reason.REPLACEMENT_LATE: lambda row, _, __: (
        "review.replace_within",
        f"The replacement of {_value(row, 'replaces')} came after its deadline.",
        None,
    ),
}

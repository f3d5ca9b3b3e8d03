"""The record stage: is the delivery's record what the contract asks for (RULES 13 to 17)."""

from __future__ import annotations

import re
from collections.abc import Collection

import polars as pl

from payper.adjudication.late import Late
from payper.adjudication.values import ALWAYS, NEVER, Read, Row, Value, any_of, column
from payper.deliveries import ANSWER_PREFIX
from payper.normalisation.remembered import is_common
from payper.periods import Period, window_ends
from payper.reasons import Reason
from payper.terms.contract import Contract

DASHES = "[\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d]"
"""Every dash that people type for a hyphen, as a regular expression."""


def required_fields(contract: Contract, *, kind: str) -> tuple[str, ...]:
    """List the columns that must be filled in a delivery of a kind.

    Besides `record.required`: `generated_at` where `record.fresh` is set (RULES 6), and `meeting_at` of an appointment where the
    contract sets a notice or horizon, as an unknown never passes.
    """
    fields = list(contract.record.required)
    if contract.record.fresh is not None:
        fields.append("generated_at")
    meeting = contract.appointment
    if kind == "appointment" and meeting is not None and (meeting.notice is not None or meeting.horizon is not None):
        fields.append("meeting_at")
    return tuple(dict.fromkeys(fields))


def missing(contract: Contract, field: str) -> Value:
    """Tell whether a field is required and empty, so that nothing further is said about it."""
    lead, appointment = (field in required_fields(contract, kind=kind) for kind in ("lead", "appointment"))
    if lead and appointment:
        return column(field).is_null()
    if appointment:
        return column(field).is_null() & column("kind").equals("appointment")
    return NEVER


def missing_fields(contract: Contract, columns: Collection[str]) -> list[tuple[str, Value]]:
    """Give the required fields, each with the value that holds where it is empty."""
    absent = _without(columns, contract)
    fields = required_fields(contract, kind="appointment")
    return [(field, ALWAYS if field in absent else missing(contract, field)) for field in fields]


def record_faults(late: Late, contract: Contract, *, no_mx: Value | None = None) -> dict[Reason, Value]:
    """Give, per reason of the record stage, the value that holds where the delivery has the fault.

    Args:
        late: The columns of normalised deliveries.
        contract: The version that judges them all.
        no_mx: Holds where the domain is known to take no mail; None when nobody asked (RULES 15).
    """
    record = contract.record
    faults: dict[Reason, Value] = {}
    fields = missing_fields(contract, late.columns)
    if fields:
        faults[Reason.FIELD_MISSING] = any_of(is_missing for _, is_missing in fields)
    faults |= _email_faults(record.email, no_mx=no_mx)
    if "valid" in record.phone:
        faults[Reason.PHONE_INVALID] = ~column("phone_is_valid")
    if "matches_country" in record.phone:
        faults[Reason.PHONE_COUNTRY] = column("phone_is_valid") & ~column("phone_countries_match")
    faults |= _consent_faults(late, contract)
    if record.fresh is not None:
        faults[Reason.STALE] = _is_over(late, "stale", "generated_at", record.fresh, contract)
    faults |= _answer_faults(late.columns, contract)
    faults[Reason.IMPLAUSIBLE] = (
        column("implausible").is_not_null()
        | (column("generated_at") > column("delivered_at")).surely()
        | (column("consent_at") > column("delivered_at")).surely()
    )
    return faults


def _without(columns: Collection[str], contract: Contract) -> frozenset[str]:
    """Name the required columns that the frame does not even have (answers that nobody gave)."""
    return frozenset(field for field in contract.record.required if field not in columns)


def _is_over(late: Late, name: str, field: str, window: Period, contract: Contract) -> Value:
    """Tell of every delivery whether a window that begins at an instant of it had ended when it was delivered."""
    calendar = contract.calendar

    def read(row: Row) -> bool | None:
        start, delivered = row[field], row["delivered_at"]
        return None if start is None or delivered is None else calendar.end_of(start, window) < delivered

    return late.of(name, lambda frame: window_ends(frame[field], window, calendar) < frame["delivered_at"], read)


def _email_faults(checks: frozenset[str], *, no_mx: Value | None) -> dict[Reason, Value]:
    """An address of wrong syntax has no other e-mail fault, as its normal form and flags are null (RULES 13)."""
    faults: dict[Reason, Value] = {}
    if "syntax" in checks:
        faults[Reason.EMAIL_SYNTAX] = column("email_fault").is_not_null()
    if "not_disposable" in checks:
        faults[Reason.EMAIL_DISPOSABLE] = column("is_disposable")
    if "business" in checks:
        faults[Reason.EMAIL_FREE] = column("is_free") & ~column("is_disposable")
    if "not_role" in checks:
        faults[Reason.EMAIL_ROLE] = column("is_role")
    if "mx" in checks and no_mx is not None:
        faults[Reason.EMAIL_NO_MX] = no_mx
    return faults


def _consent_faults(late: Late, contract: Contract) -> dict[Reason, Value]:
    consent = contract.record.consent
    if consent is None:
        return {}
    faults: dict[Reason, Value] = {}
    open_fields = [field for field in consent.fields if field not in contract.record.required]
    if open_fields:
        faults[Reason.CONSENT_MISSING] = any_of(column(field).is_null() if field in late.columns else ALWAYS for field in open_fields)
    if consent.max_age is not None:
        faults[Reason.CONSENT_EXPIRED] = _is_over(late, "consent expired", "consent_at", consent.max_age, contract)
    return faults


def fold_answer(text: pl.Expr) -> pl.Expr:
    """Fold an answer for comparison: trimmed, lower case, every dash alike, one blank (RULES 16)."""
    return text.str.replace_all(DASHES, "-").str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()


def _fold_one(text: str) -> str:
    """As `fold_answer`, of one answer."""
    if not is_common(text):
        return str(pl.select(fold_answer(pl.lit(text))).item())
    return _BLANKS.sub(" ", _DASHES.sub("-", text)).strip(" ").lower()


_DASHES, _BLANKS = re.compile(DASHES), re.compile(" +")


def _answer_faults(columns: Collection[str], contract: Contract) -> dict[Reason, Value]:
    empty: list[Value] = []
    wrong: list[Value] = []
    for question in contract.record.questions:
        field = ANSWER_PREFIX + question.field
        if field not in columns:
            if field not in contract.record.required:
                empty.append(ALWAYS)
            continue
        accepted = pl.select(fold_answer(pl.lit(pl.Series(list(question.accept), dtype=pl.String)))).to_series()
        if field not in contract.record.required:
            empty.append(column(field).is_null())
        folded = Value(fold_answer(pl.col(field)), _folded_answer(field))
        wrong.append((~folded.is_in(accepted.to_list())).surely())
    faults: dict[Reason, Value] = {}
    if empty:
        faults[Reason.ANSWER_MISSING] = any_of(empty)
    if wrong:
        faults[Reason.ANSWER_DISQUALIFIES] = any_of(wrong)
    return faults


def _folded_answer(field: str) -> Read:
    def read(row: Row) -> str | None:
        text = row.get(field)
        return None if text is None else _fold_one(text)

    return read

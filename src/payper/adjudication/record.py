"""The record stage: is the delivery's record what the contract asks for (RULES 13 to 17)."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from payper.adjudication.late import Late, Make
from payper.deliveries import ANSWER_PREFIX
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


def missing(contract: Contract, field: str) -> pl.Expr:
    """Tell whether a field is required and empty, so that nothing further is said about it."""
    lead, appointment = (field in required_fields(contract, kind=kind) for kind in ("lead", "appointment"))
    if lead and appointment:
        return pl.col(field).is_null()
    if appointment:
        return pl.col(field).is_null() & (pl.col("kind") == "appointment")
    return pl.lit(value=False)


def missing_fields(contract: Contract, columns: Collection[str]) -> pl.Expr:
    """Name the required fields that are empty, joined by commas; empty text where none is."""
    absent = _without(columns, contract)
    names = [
        pl.when(pl.lit(value=True) if field in absent else missing(contract, field)).then(pl.lit(field))
        for field in required_fields(contract, kind="appointment")
    ]
    return pl.concat_str(names, separator=", ", ignore_nulls=True) if names else pl.lit("")


def record_faults(late: Late, contract: Contract, *, no_mx: pl.Expr | None = None) -> dict[Reason, pl.Expr]:
    """Give, per reason of the record stage, the expression that holds where the delivery has the fault.

    Args:
        late: The columns of normalised deliveries.
        contract: The version that judges them all.
        no_mx: Holds where the domain is known to take no mail; None when nobody asked (RULES 15).
    """
    record = contract.record
    faults: dict[Reason, pl.Expr] = {}
    fields = required_fields(contract, kind="appointment")
    if fields:
        absent = _without(late.columns, contract)
        faults[Reason.FIELD_MISSING] = pl.any_horizontal(
            pl.lit(value=True) if field in absent else missing(contract, field) for field in fields
        )
    faults |= _email_faults(record.email, no_mx=no_mx)
    if "valid" in record.phone:
        faults[Reason.PHONE_INVALID] = ~pl.col("phone_is_valid")
    if "matches_country" in record.phone:
        faults[Reason.PHONE_COUNTRY] = pl.col("phone_is_valid") & ~pl.col("phone_countries_match")
    faults |= _consent_faults(late, contract)
    if record.fresh is not None:
        faults[Reason.STALE] = late.of("stale", _is_over("generated_at", record.fresh, contract))
    faults |= _answer_faults(late.columns, contract)
    faults[Reason.IMPLAUSIBLE] = (
        pl.col("implausible").is_not_null()
        | (pl.col("generated_at") > pl.col("delivered_at")).fill_null(value=False)
        | (pl.col("consent_at") > pl.col("delivered_at")).fill_null(value=False)
    )
    return faults


def _without(columns: Collection[str], contract: Contract) -> frozenset[str]:
    """Name the required columns that the frame does not even have (answers that nobody gave)."""
    return frozenset(field for field in contract.record.required if field not in columns)


def _is_over(column: str, window: Period, contract: Contract) -> Make:
    """Tell of every delivery whether a window that begins at an instant of it had ended when it was delivered."""
    return lambda frame: window_ends(frame[column], window, contract.calendar) < frame["delivered_at"]


def _email_faults(checks: frozenset[str], *, no_mx: pl.Expr | None) -> dict[Reason, pl.Expr]:
    """An address of wrong syntax has no other e-mail fault, as its normal form and flags are null (RULES 13)."""
    faults: dict[Reason, pl.Expr] = {}
    if "syntax" in checks:
        faults[Reason.EMAIL_SYNTAX] = pl.col("email_fault").is_not_null()
    if "not_disposable" in checks:
        faults[Reason.EMAIL_DISPOSABLE] = pl.col("is_disposable")
    if "business" in checks:
        faults[Reason.EMAIL_FREE] = pl.col("is_free") & ~pl.col("is_disposable")
    if "not_role" in checks:
        faults[Reason.EMAIL_ROLE] = pl.col("is_role")
    if "mx" in checks and no_mx is not None:
        faults[Reason.EMAIL_NO_MX] = no_mx
    return faults


def _consent_faults(late: Late, contract: Contract) -> dict[Reason, pl.Expr]:
    consent = contract.record.consent
    if consent is None:
        return {}
    faults: dict[Reason, pl.Expr] = {}
    open_fields = [field for field in consent.fields if field not in contract.record.required]
    if open_fields:
        faults[Reason.CONSENT_MISSING] = pl.any_horizontal(
            pl.col(field).is_null() if field in late.columns else pl.lit(value=True) for field in open_fields
        )
    if consent.max_age is not None:
        faults[Reason.CONSENT_EXPIRED] = late.of("consent expired", _is_over("consent_at", consent.max_age, contract))
    return faults


def fold_answer(text: pl.Expr) -> pl.Expr:
    """Fold an answer for comparison: trimmed, lower case, every dash alike, one blank (RULES 16)."""
    return text.str.replace_all(DASHES, "-").str.replace_all(r"\s+", " ").str.strip_chars().str.to_lowercase()


def _answer_faults(columns: Collection[str], contract: Contract) -> dict[Reason, pl.Expr]:
    empty: list[pl.Expr] = []
    wrong: list[pl.Expr] = []
    for question in contract.record.questions:
        column = ANSWER_PREFIX + question.field
        if column not in columns:
            if column not in contract.record.required:
                empty.append(pl.lit(value=True))
            continue
        accepted = pl.select(fold_answer(pl.lit(pl.Series(list(question.accept), dtype=pl.String)))).to_series()
        if column not in contract.record.required:
            empty.append(pl.col(column).is_null())
        wrong.append(~fold_answer(pl.col(column)).is_in(accepted.implode()))
    faults: dict[Reason, pl.Expr] = {}
    if empty:
        faults[Reason.ANSWER_MISSING] = pl.any_horizontal(empty)
    if wrong:
        faults[Reason.ANSWER_DISQUALIFIES] = pl.any_horizontal(expression.fill_null(value=False) for expression in wrong)
    return faults

"""Milestones, returns and the people of the CRM with their types; what cannot be read is the row's fault, in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

import polars as pl

from payper.intake.columns import FULL_NAME
from payper.intake.deliveries import joined_faults, row_numbers
from payper.intake.faults import add_fault, nearest_words, read_words
from payper.intake.instants import read_instants
from payper.journey import DECISION_SCHEMA, EVENT_SCHEMA, RETURN_SCHEMA, Milestone, read_milestone
from payper.reasons import RETURN_REASONS, Reason

_DECISIONS: dict[str, str] = {
    **dict.fromkeys(
        [
            "granted",
            "grant",
            "accepted",
            "accept",
            "approved",
            "approve",
            "allowed",
            "yes",
            "credited",
            "upheld",
            "genehmigt",
            "accordé",
            "aprobado",
        ],
        "granted",
    ),
    **dict.fromkeys(
        [
            "refused",
            "refuse",
            "rejected",
            "reject",
            "denied",
            "deny",
            "declined",
            "decline",
            "no",
            "dismissed",
            "abgelehnt",
            "refusé",
            "rechazado",
        ],
        "refused",
    ),
}
_CODES = {reason.name: reason for reason in Reason}


def read_events(
    mapped: pl.DataFrame,
    *,
    zones: Mapping[str, str] | None = None,
    default_zone: str,
    file: str | None = None,
    date_order: str | None = None,
) -> pl.DataFrame:
    """Give milestone events the types of `journey.EVENT_SCHEMA`.

    Args:
        mapped: String columns under canonical names, and `row` and `fault` as the file was read (`mapping.apply`).
        zones: Contract id to the IANA name of its zone, for dates without an offset (RULES 1).
        default_zone: The zone where the contract is not named or not known.
        file: What `file` is, relative to the programme folder with forward slashes.
        date_order: As `read_instants`.

    Returns:
        `EVENT_SCHEMA`, then `fault` (String). `milestone` is a name of `journey.Milestone`, null where it is not known; `reason` is a
        reason's code where it is one, else the text as written; `amount` is the text as written.
    """
    given = {name: _given(mapped, name) for name, dtype in EVENT_SCHEMA.items() if dtype == pl.String and name != "file"}
    happened = read_instants(_given(mapped, "happened_at"), zone=_zones(given["contract"], zones, default_zone), date_order=date_order)
    milestones, unknown = _read_milestones(given["milestone"])
    faults = [
        _missing(given["milestone"], "milestone"),
        unknown,
        _missing(_given(mapped, "happened_at"), "happened_at"),
        add_fault("happened_at", happened["fault"]),
        _nobody(given),
    ]
    given["milestone"] = milestones
    given["reason"] = _plain_reasons(given["reason"])
    return _assembled(EVENT_SCHEMA, {**given, "happened_at": happened["instant"]}, mapped, faults, file)


def read_returns(
    mapped: pl.DataFrame,
    *,
    zones: Mapping[str, str] | None = None,
    default_zone: str,
    file: str | None = None,
    date_order: str | None = None,
) -> pl.DataFrame:
    """Give returns the types of `journey.RETURN_SCHEMA`; arguments as `read_events`.

    Returns:
        `RETURN_SCHEMA`, then `fault` (String). `reason` is a reason's code, null where it is not known; `decision` is granted, refused
        or null.
    """
    given = {name: _given(mapped, name) for name, dtype in RETURN_SCHEMA.items() if dtype == pl.String and name != "file"}
    zone = _zones(given["contract"], zones, default_zone)
    instants: dict[str, pl.Series] = {}
    faults = [_missing(given["reason"], "reason"), _missing(_given(mapped, "claimed_at"), "claimed_at"), _nobody(given)]
    for name in ("claimed_at", "contested_at", "decided_at"):
        read = read_instants(_given(mapped, name), zone=zone, date_order=date_order)
        instants[name] = read["instant"]
        faults.append(add_fault(name, read["fault"]))
    given["reason"], unknown_reason = _read_reasons(given["reason"])
    given["decision"], unknown_decision = _read_decisions(given["decision"])
    return _assembled(RETURN_SCHEMA, {**given, **instants}, mapped, [*faults, unknown_reason, unknown_decision], file)


def read_decisions(
    mapped: pl.DataFrame,
    *,
    zones: Mapping[str, str] | None = None,
    default_zone: str,
    file: str | None = None,
    date_order: str | None = None,
) -> pl.DataFrame:
    """Give people's decisions on deliveries in review or quarantine; arguments as `read_events`.

    Returns:
        `DECISION_SCHEMA`, then `fault` (String). `decision` is accepted, rejected or null.
    """
    given = {name: _given(mapped, name) for name, dtype in DECISION_SCHEMA.items() if dtype == pl.String and name != "file"}
    read = read_instants(_given(mapped, "decided_at"), zone=_zones(given["contract"], zones, default_zone), date_order=date_order)
    words, unknown = _read_decisions(given["decision"])
    faults = [
        _missing(given["external_id"], "external_id"),
        _missing(given["decision"], "decision"),
        _missing(_given(mapped, "decided_at"), "decided_at"),
        add_fault("decided_at", read["fault"]),
        unknown,
    ]
    given["decision"] = words.replace({"granted": "accepted", "refused": "rejected"})
    return _assembled(DECISION_SCHEMA, {**given, "decided_at": read["instant"]}, mapped, faults, file)


def read_crm(mapped: pl.DataFrame) -> pl.DataFrame:
    """Give the people of the CRM.

    Returns:
        `email`, `first_name`, `last_name`, `company` (String; null where the file has none), `full_name` where it was mapped, then
        `row` (Int64) and `fault` (String).
    """
    names = ["email", "first_name", "last_name", "company", *([FULL_NAME] if FULL_NAME in mapped.columns else [])]
    frame = pl.DataFrame([_given(mapped, name).alias(name) for name in names])
    return frame.with_columns(row_numbers(mapped), joined_faults(mapped, []))


def read_reason(text: str) -> Reason | None:
    """Read a reason's code as files spell it (case, blanks, dashes and underscores do not matter), or None."""
    spelled = unicodedata.normalize("NFKD", text).upper()
    words = "".join(character if character.isalnum() else " " for character in spelled).split()
    return _CODES.get("_".join(words))


def _assembled(
    schema: Mapping[str, Any], columns: dict[str, pl.Series], mapped: pl.DataFrame, faults: list[pl.Series], file: str | None
) -> pl.DataFrame:
    columns = {**columns, "file": pl.Series([file] * mapped.height, dtype=pl.String), "row": row_numbers(mapped)}
    frame = pl.DataFrame([columns[name].cast(dtype).alias(name) for name, dtype in schema.items()])
    return frame.with_columns(joined_faults(mapped, faults))


def _given(mapped: pl.DataFrame, name: str) -> pl.Series:
    if name in mapped.columns:
        return mapped[name].cast(pl.String)
    return pl.Series(name, [None] * mapped.height, dtype=pl.String)


def _zones(contracts: pl.Series, zones: Mapping[str, str] | None, default_zone: str) -> str | pl.Series:
    if not zones or contracts.null_count() == len(contracts):
        return default_zone
    return contracts.replace_strict(list(zones), list(zones.values()), default=default_zone, return_dtype=pl.String)


def _missing(given: pl.Series, name: str) -> pl.Series:
    frame = pl.DataFrame({"given": given})
    return frame.select(pl.when(pl.col("given").is_null()).then(pl.lit(f"{name} is empty")).alias("fault")).to_series()


def _nobody(given: dict[str, pl.Series]) -> pl.Series:
    frame = pl.DataFrame({"external_id": given["external_id"], "email": given["email"]})
    is_nobody = pl.all_horizontal(pl.all().is_null())
    return frame.select(
        pl.when(is_nobody).then(pl.lit("neither external_id nor email says which delivery is meant")).alias("fault")
    ).to_series()


def _read_milestones(given: pl.Series) -> tuple[pl.Series, pl.Series]:
    said = given.drop_nulls().unique().to_list()
    meant = {text: read_milestone(text) for text in said}
    known = [milestone.value for milestone in Milestone]
    wrong = {text: f"milestone `{text}` is not known{nearest_words(text, known)}" for text, milestone in meant.items() if milestone is None}
    return read_words(given, {text: None if milestone is None else milestone.value for text, milestone in meant.items()}, wrong)


def _read_reasons(given: pl.Series) -> tuple[pl.Series, pl.Series]:
    said = given.drop_nulls().unique().to_list()
    meant = {text: read_reason(text) for text in said}
    known = [reason.name for reason in RETURN_REASONS]
    wrong = {text: f"reason `{text}` is not known{nearest_words(text, known)}" for text, reason in meant.items() if reason is None}
    return read_words(given, {text: None if reason is None else reason.name for text, reason in meant.items()}, wrong)


def _plain_reasons(given: pl.Series) -> pl.Series:
    meant: dict[str, str | None] = {}
    for text in given.drop_nulls().unique().to_list():
        reason = read_reason(text)
        meant[text] = text if reason is None else reason.name
    return read_words(given, meant, {})[0]


def _read_decisions(given: pl.Series) -> tuple[pl.Series, pl.Series]:
    said = given.drop_nulls().unique().to_list()
    meant = {text: _DECISIONS.get(text.strip().casefold()) for text in said}
    wrong = {text: f"decision `{text}` is neither granted nor refused" for text, decision in meant.items() if decision is None}
    return read_words(given, meant, wrong)

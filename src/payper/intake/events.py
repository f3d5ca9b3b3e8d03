"""Milestones, returns and the people of the CRM with their types; what cannot be read is the row's fault, in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from payper.intake.columns import FULL_NAME
from payper.intake.deliveries import joined_faults, row_numbers
from payper.intake.faults import add_fault, nearest_words, nothing, read_words
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
    sheet = _Sheet.of(mapped, EVENT_SCHEMA, zones=zones, default_zone=default_zone, file=file, date_order=date_order)
    milestones, unknown = _read_milestones(sheet.given["milestone"])
    reasons = _plain_reasons(sheet.given["reason"])
    faults = [sheet.missing("milestone"), unknown, sheet.missing("happened_at"), sheet.unread["happened_at"], sheet.nobody()]
    return sheet.typed({"milestone": milestones, "reason": reasons}, faults)


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
    sheet = _Sheet.of(mapped, RETURN_SCHEMA, zones=zones, default_zone=default_zone, file=file, date_order=date_order)
    reasons, unknown_reason = _read_reasons(sheet.given["reason"])
    decisions, unknown_decision = _read_decisions(sheet.given["decision"])
    faults = [
        sheet.missing("reason"), sheet.missing("claimed_at"), sheet.nobody(), *sheet.unread.values(), unknown_reason, unknown_decision
    ]  # fmt: skip
    return sheet.typed({"reason": reasons, "decision": decisions}, faults)


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
    sheet = _Sheet.of(mapped, DECISION_SCHEMA, zones=zones, default_zone=default_zone, file=file, date_order=date_order)
    words, unknown = _read_decisions(sheet.given["decision"])
    decisions = words.replace({"granted": "accepted", "refused": "rejected"})
    is_numbered = sheet.given["delivery_id"].is_not_null()
    unnamed = sheet.missing("external_id").set(is_numbered, None)
    faults = [unnamed, *map(sheet.missing, ("decision", "decided_at")), sheet.unread["decided_at"], unknown]
    return sheet.typed({"decision": decisions}, faults)


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


@dataclass(frozen=True)
class _Sheet:
    """A file's rows on their way to a schema.

    Attributes:
        given: The schema's columns but `file` and `row`, as the file has them: String; null where it has none.
        instants: Those that are instants, read.
        unread: By the same names, why one could not be read.
    """

    mapped: pl.DataFrame
    schema: Mapping[str, Any]
    file: str | None
    given: Mapping[str, pl.Series]
    instants: Mapping[str, pl.Series]
    unread: Mapping[str, pl.Series]

    @classmethod
    def of(
        cls, mapped: pl.DataFrame, schema: Mapping[str, Any], *,
        zones: Mapping[str, str] | None, default_zone: str, file: str | None, date_order: str | None,
    ) -> _Sheet:  # fmt: skip
        given = {name: _given(mapped, name) for name in schema if name not in {"file", "row"}}
        zone = _zones(given["contract"], zones, default_zone)
        read = {
            name: read_instants(given[name], zone=zone, date_order=date_order) for name in given if isinstance(schema[name], pl.Datetime)
        }
        instants = {name: each["instant"] for name, each in read.items()}
        unread = {name: add_fault(name, each["fault"]) for name, each in read.items()}
        return cls(mapped, schema, file, given, instants, unread)

    def missing(self, name: str) -> pl.Series:
        """Give the fault of rows where a column is empty."""
        frame = pl.DataFrame({"given": self.given[name]})
        return frame.select(pl.when(pl.col("given").is_null()).then(pl.lit(f"{name} is empty")).alias("fault")).to_series()

    def nobody(self) -> pl.Series:
        """Give the fault of rows that name no delivery."""
        frame = pl.DataFrame({"external_id": self.given["external_id"], "email": self.given["email"]})
        words = pl.lit("neither external_id nor email says which delivery is meant")
        return frame.select(pl.when(pl.all_horizontal(pl.all().is_null())).then(words).alias("fault")).to_series()

    def typed(self, words: Mapping[str, pl.Series], faults: list[pl.Series]) -> pl.DataFrame:
        """Put the schema together, `words` in place of what was written, and `fault` after it."""
        place = {"file": pl.Series([self.file] * self.mapped.height, dtype=pl.String), "row": row_numbers(self.mapped)}
        columns = {**self.given, **self.instants, **words, **place}
        frame = pl.DataFrame([columns[name].cast(dtype).alias(name) for name, dtype in self.schema.items()])
        return frame.with_columns(joined_faults(self.mapped, faults))


def _given(mapped: pl.DataFrame, name: str) -> pl.Series:
    if name in mapped.columns:
        return mapped[name].cast(pl.String)
    return nothing(name, mapped.height)


def _zones(contracts: pl.Series, zones: Mapping[str, str] | None, default_zone: str) -> str | pl.Series:
    if not zones or contracts.null_count() == len(contracts):
        return default_zone
    return contracts.replace_strict(list(zones), list(zones.values()), default=default_zone, return_dtype=pl.String)


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

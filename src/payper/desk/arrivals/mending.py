"""Mending a rejected delivery: which values to look at, and the delivery as it is sent again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from payper.connectors.ndjson import Entry
from payper.deliveries import ANSWER_PREFIX, SCHEMA
from payper.desk.reads.read_deliveries import DeliveryStory
from payper.reasons import Reason

_OF_REASON: Mapping[str, tuple[str, ...]] = {
    "EMAIL": ("email",), "PHONE": ("phone", "country"), "COUNTRY": ("country",), "SIZE": ("employees",), "REVENUE": ("revenue",),
    "INDUSTRY": ("industry",), "TITLE": ("title",), "FUNCTION": ("title",), "SENIORITY": ("title",),
    "CONSENT": ("consent_at", "consent_text"), "NOTICE": ("meeting_at",), "BEYOND": ("meeting_at",), "COMPANY": ("company", "website"),
}  # fmt: skip
"""Columns that a reason is about, by the first word of its code."""

_ALWAYS = ("first_name", "last_name", "email", "phone", "title", "company", "country")
_LEFT = frozenset({"external_id", "delivered_at", "kind"})
"""What stays as it was sent, and when it was delivered, which is now."""


@dataclass(frozen=True, slots=True)
class MendField:
    """One value that can be mended; `words` say what was wrong with it, or None."""

    name: str
    value: str
    words: str | None


def mend_fields(story: DeliveryStory) -> list[MendField]:
    """List the values of a rejected delivery, those that reasons are about first."""
    wrong: dict[str, str] = {}
    for each in story.sentences:
        names = list(_OF_REASON.get(each.code.split("_")[0], ()))
        if each.code == Reason.FIELD_MISSING.name:
            names = [name.strip(" .") for name in each.seen.partition(":")[2].split(",")]
        for name in names:
            wrong.setdefault(name, f"{each.seen} {each.mend or ''}".strip())
    values = dict(story.values)
    answers = [name for name in (*values, *wrong) if name.startswith(ANSWER_PREFIX)]
    names = [*wrong, *(name for name in (*SCHEMA, *answers) if name in values or name in _ALWAYS or name in answers)]
    if story.generated_at is not None:
        values.setdefault("generated_at", story.generated_at.isoformat(timespec="seconds"))
        names.append("generated_at")
    return [MendField(name, values.get(name, ""), wrong.get(name)) for name in dict.fromkeys(names) if name not in _LEFT]


def mended_entry(story: DeliveryStory, fields: Mapping[str, str]) -> Entry:
    """Give a mended delivery as it is sent: what was sent before, with what was changed; fields that nobody may set are left out."""
    values = dict(story.values)
    if story.generated_at is not None:
        values["generated_at"] = story.generated_at.isoformat()
    values |= {name: text for name, text in fields.items() if name in SCHEMA or name.startswith(ANSWER_PREFIX)}
    record: dict[str, str | None] = {name: text for name, text in values.items() if text and name not in _LEFT}
    record["external_id"] = story.seen.external_id
    if story.replaces is not None:
        record["replaces"] = story.replaces
    if story.seen.kind != "lead" or "meeting_at" in record:
        record["kind"] = story.seen.kind
    return record, None, None

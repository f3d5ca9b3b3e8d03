"""Milestones: the dated steps a prospect goes through, and their lawful order."""

from __future__ import annotations

from enum import StrEnum

import polars as pl


class Milestone(StrEnum):
    """A step of the journey, by the name that files and contracts use."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    CONTACTED = "contacted"
    ENGAGED = "engaged"
    QUALIFIED = "qualified"
    MEETING_BOOKED = "meeting booked"
    MEETING_HELD = "meeting held"
    OPPORTUNITY = "opportunity"
    WON = "won"
    LOST = "lost"
    RETURNED = "returned"
    UNREACHABLE = "unreachable"
    DISQUALIFIED = "disqualified"
    MISSED = "missed"
    CANCELLED = "cancelled"
    MOVED = "moved"
    OPTED_OUT = "opted out"


LADDER: tuple[Milestone, ...] = (
    Milestone.DELIVERED,
    Milestone.ACCEPTED,
    Milestone.CONTACTED,
    Milestone.ENGAGED,
    Milestone.QUALIFIED,
    Milestone.MEETING_BOOKED,
    Milestone.MEETING_HELD,
    Milestone.OPPORTUNITY,
    Milestone.WON,
)
"""The forward steps in order; reaching one implies the steps it skips (RULES 38)."""

PRICEABLE: frozenset[Milestone] = frozenset(LADDER[1:])
"""Milestones a price may stand on."""

MEETING: frozenset[Milestone] = frozenset({Milestone.MEETING_BOOKED, Milestone.MEETING_HELD})
LEAD_PRICED: frozenset[Milestone] = frozenset({Milestone.ACCEPTED, Milestone.CONTACTED, Milestone.ENGAGED, Milestone.QUALIFIED})

EVENT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "contract": pl.String,
    "external_id": pl.String,
    "email": pl.String,
    "milestone": pl.String,
    "reason": pl.String,
    "happened_at": pl.Datetime("us", "UTC"),
    "amount": pl.String,
    "currency": pl.String,
    "source": pl.String,
    "source_id": pl.String,
    "file": pl.String,
    "row": pl.Int64,
}
"""Columns of a milestone event as read: null where the file has none; `amount` is the text as written; `row` counts data rows from 1."""

RETURN_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "contract": pl.String,
    "external_id": pl.String,
    "email": pl.String,
    "reason": pl.String,
    "claimed_at": pl.Datetime("us", "UTC"),
    "evidence": pl.String,
    "contested_at": pl.Datetime("us", "UTC"),
    "decision": pl.String,
    "decided_at": pl.Datetime("us", "UTC"),
    "decided_by": pl.String,
    "file": pl.String,
    "row": pl.Int64,
}
"""Columns of a return as read; `decision` is granted or refused where a person decided a contested one, else null."""

DECISION_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "contract": pl.String,
    "external_id": pl.String,
    "decision": pl.String,
    "decided_at": pl.Datetime("us", "UTC"),
    "decided_by": pl.String,
    "file": pl.String,
    "row": pl.Int64,
    "delivery_id": pl.Int64,
}
"""Columns of a person's decision on a delivery in review or quarantine; `decision` is accepted or rejected. `delivery_id` names in the book
what has no external id, and is null of all others."""

_SPELLINGS = {milestone.value.replace(" ", "").replace("_", ""): milestone for milestone in Milestone} | {
    "booked": Milestone.MEETING_BOOKED,
    "meetingset": Milestone.MEETING_BOOKED,
    "held": Milestone.MEETING_HELD,
    "noshow": Milestone.MISSED,
    "canceled": Milestone.CANCELLED,
    "rescheduled": Milestone.MOVED,
    "unsubscribed": Milestone.OPTED_OUT,
    "closedwon": Milestone.WON,
    "closedlost": Milestone.LOST,
}


def read_milestone(text: str) -> Milestone | None:
    """Read a milestone's name as files spell it (case, blanks, dashes and underscores do not matter), or None."""
    return _SPELLINGS.get("".join(character for character in text.casefold() if character.isalnum()))

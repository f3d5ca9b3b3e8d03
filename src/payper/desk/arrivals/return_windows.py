"""From when to when a delivery's charges can be returned: as settlement says of its course, without settling all the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from payper.desk.book.settling import READ, known_decisions, with_decisions
from payper.desk.reads.read_deliveries import facts_of
from payper.journey import EVENT_SCHEMA, RETURN_SCHEMA
from payper.settlement import DELIVERY_SCHEMA, Rates, settle
from payper.store.book_pages import BookPages
from payper.terms.contract import Contract


@dataclass(frozen=True, slots=True)
class Window:
    """The review window of one charge; both ends count (RULES 2)."""

    milestone: str
    begins_at: datetime
    ends_at: datetime


def windows_of(
    book: BookPages, contract: str, versions: Sequence[Contract], rates: Rates, deliveries: Sequence[int], *, at: datetime
) -> dict[int, tuple[Window, ...]]:
    """Give the windows that have begun, by delivery.

    Args:
        book: The book.
        contract: Their contract.
        versions: Its versions.
        rates: The programme's.
        deliveries: Numbers of accepted deliveries.
        at: Now.
    """
    if not deliveries or not versions:
        return {}
    accepted = _accepted(book, contract, deliveries)
    none_claimed = pl.DataFrame(schema={**RETURN_SCHEMA, "email_normal": pl.String})
    settlement = settle(accepted, _events(book, contract, accepted), none_claimed, {contract: list(versions)}, rates, as_of={contract: at})
    found: dict[int, list[Window]] = {}
    rows = settlement.charges.filter(pl.col("window_begins_at").is_not_null() & pl.col("window_ends_at").is_not_null())
    for id_, milestone, begins, ends in rows.select("delivery_id", "milestone", "window_begins_at", "window_ends_at").iter_rows():
        found.setdefault(int(id_), []).append(Window(str(milestone), begins, ends))
    return {id_: tuple(each) for id_, each in found.items()}


def windows_in_words(windows: Sequence[Window], *, zone: str, at: datetime) -> str:
    """Say why nothing can be returned at an instant: no window has begun, or the last one is over."""
    if not windows:
        return "No charge of it has begun its review window, so nothing can be returned yet."
    last = max(windows, key=lambda each: each.ends_at)
    if last.ends_at < at:
        return f"The time to return it ended on {last.ends_at.astimezone(ZoneInfo(zone)):%d %b %Y at %H:%M} ({zone})."
    first = min(windows, key=lambda each: each.begins_at)
    return f"The time to return it begins on {first.begins_at.astimezone(ZoneInfo(zone)):%d %b %Y at %H:%M} ({zone})."


def _accepted(book: BookPages, contract: str, deliveries: Sequence[int]) -> pl.DataFrame:
    """Give some deliveries as settlement takes them, as far as they are accepted."""
    batches: dict[int, list[int]] = {}
    for each in book.verdicts_of(deliveries, [contract]):
        batches.setdefault(each.batch, []).append(each.delivery_id)
    frames = [
        pl.read_parquet(book.journal(batch), columns=list(READ)).filter(pl.col("delivery_id").is_in(ids)) for batch, ids in batches.items()
    ]
    if not frames:
        return pl.DataFrame(schema=DELIVERY_SCHEMA)
    known = pl.concat(frames).sort("delivery_id").with_columns(pl.lit(contract).alias("contract"))
    known = with_decisions(known, known_decisions(book)).filter(pl.col("verdict") == "accepted")
    return known.with_columns(
        pl.col("prospect").alias("email_normal"),
        pl.when("is_replacement").then("replaces").alias("replaces"),
        pl.coalesce("decided_at", "delivered_at").alias("accepted_at"),
    ).select(list(DELIVERY_SCHEMA))


def _events(book: BookPages, contract: str, accepted: pl.DataFrame) -> pl.DataFrame:
    """Give the milestones of some deliveries, whether they name the contract or, as files may, none."""
    facts = facts_of(book, [contract, ""], "milestones")
    if facts.is_empty():
        return pl.DataFrame(schema={**EVENT_SCHEMA, "email_normal": pl.String})
    by_id = pl.col("external_id").is_in(accepted["external_id"].drop_nulls().implode())
    by_prospect = pl.col("external_id").is_null() & pl.col("email").is_in(accepted["email_normal"].drop_nulls().implode())
    return facts.filter(by_id | by_prospect).with_columns(pl.col("email").alias("email_normal")).drop("fault")

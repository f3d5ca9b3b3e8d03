"""The quality of what was delivered, by the contracts somebody reaches: for a provider its own, for a buyer all of its providers'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from payper.desk.people.installation import Reached, buyers_of, open_pages, reach
from payper.desk.people.people import Actor
from payper.desk.reads.read_contracts import read_versions
from payper.desk.reads.read_deliveries import facts_of
from payper.desk.reads.shelf import day_counts, reason_counts
from payper.measurement.weekly import weekly_acceptance
from payper.parties import Act
from payper.reports.page import Section
from payper.reports.quality import LATELY_WEEKS, Quality, lately, quality_headline, quality_sections
from payper.store.book_pages import BookPages
from payper.store.directory import Directory


@dataclass(frozen=True, slots=True)
class QualitySeen:
    """Quality, ready to be shown.

    Attributes:
        contracts: Each contract with the counts of its latest weeks and of as many before: delivered, accepted, rejected, mendable,
            waiting.
    """

    headline: str
    sections: Sequence[Section]
    contracts: Sequence[tuple[Reached, dict[str, int], dict[str, int]]]


def read_quality(directory: Directory, actor: Actor) -> QualitySeen:
    """Say how good what was delivered is, by week, with reasons and returns; no amounts.

    Raises:
        DeniedError: The actor may not read deliveries.
    """
    actor.must(Act.READ_DELIVERIES)
    reached = reach(directory, actor)
    days: list[pl.DataFrame] = []
    reasons: list[pl.DataFrame] = []
    returns: list[pl.DataFrame] = []
    rows: list[tuple[Reached, dict[str, int], dict[str, int]]] = []
    for buyer in buyers_of(reached):
        address = directory.book(buyer)
        if address is None:
            continue
        own = {each.contract: each for each in reached if each.buyer == buyer}
        with open_pages(address) as book:
            zones = {id_: each[-1].contract.zone for id_, each in read_versions(book, list(own)).items()}
            counted = day_counts(book, zones)
            days.append(counted)
            reasons.append(reason_counts(book, zones))
            returns.append(_returns(book, list(own)))
        for id_ in sorted(own):
            weeks = weekly_acceptance(counted.filter(pl.col("contract") == id_))
            rows.append((own[id_], *lately(weeks)))
    quality = _quality(days, reasons, returns)
    return QualitySeen(quality_headline(quality), quality_sections(quality), rows)


def _quality(days: Sequence[pl.DataFrame], reasons: Sequence[pl.DataFrame], returns: Sequence[pl.DataFrame]) -> Quality:
    schema = {"contract": pl.String, "day": pl.Date, "verdict": pl.String, "mendable": pl.Boolean, "deliveries": pl.UInt32}
    counted = pl.concat([each for each in days if each.height] or [pl.DataFrame(schema=schema)])
    weeks = weekly_acceptance(counted)
    listed = pl.concat([each for each in reasons if each.height] or [pl.DataFrame(schema=REASONS)])
    if weeks.height:
        first = weeks.tail(LATELY_WEEKS)["week"][0]
        listed = listed.filter(pl.col("day").is_between(first, weeks["week"][-1] + timedelta(days=6)))
    claimed = pl.concat([each for each in returns if each.height] or [pl.DataFrame(schema=RETURNS)])
    return Quality(
        weeks=weeks,
        reasons=listed.group_by("reason").agg(pl.col("listed").sum(), pl.col("headline").sum()),
        returns=claimed.group_by("reason").agg(pl.col("claimed").sum(), pl.col("contested").sum(), pl.col("granted").sum()),
        accepted=int(weeks["accepted"].sum()),
    )


REASONS: dict[str, type[pl.DataType]] = {"day": pl.Date, "reason": pl.String, "listed": pl.UInt32, "headline": pl.UInt32}
RETURNS: dict[str, type[pl.DataType]] = {"reason": pl.String, "claimed": pl.UInt32, "contested": pl.UInt32, "granted": pl.UInt32}


def _returns(book: BookPages, contracts: Sequence[str]) -> pl.DataFrame:
    """Count the returns of some contracts by reason."""
    facts = facts_of(book, contracts, "returns")
    if facts.is_empty():
        return pl.DataFrame(schema=RETURNS)
    return facts.group_by("reason").agg(
        pl.len().alias("claimed"),
        pl.col("contested_at").is_not_null().sum().alias("contested"),
        (pl.col("decision") == "granted").sum().alias("granted"),
    )

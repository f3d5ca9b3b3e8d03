"""What needs somebody today: deliveries and returns that wait for a decision, and how the last week went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from payper.desk.book.addressing import addressed
from payper.desk.people.installation import Reached, Side, buyers_of, open_pages, reach
from payper.desk.people.people import Actor
from payper.desk.reads.read_contracts import read_versions
from payper.desk.reads.read_deliveries import decisions_of, facts_of
from payper.desk.reads.shelf import Tally, latest_days, tallies, total, waiting_of
from payper.parties import Act
from payper.store.book_pages import BookPages
from payper.store.directory import Directory

WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Home:
    """What a person's first page says.

    Attributes:
        review: Deliveries in review that nobody decided yet.
        quarantined: Deliveries over a cap that nobody released yet.
        disputes: Returns that the provider contests and nobody decided yet.
        week: What was judged in the last seven days with deliveries.
        week_ends: The last of those days, or None before the first delivery.
        buys: Contracts under which the party buys.
        provides: Contracts under which it delivers.
    """

    review: int
    quarantined: int
    disputes: int
    week: Tally
    week_ends: date | None
    buys: int
    provides: int
    by_contract: tuple[tuple[Reached, Tally], ...]


def read_home(directory: Directory, actor: Actor) -> Home:
    """Say what needs the actor today.

    Raises:
        DeniedError: The actor may not read deliveries.
    """
    actor.must(Act.READ_DELIVERIES)
    reached = reach(directory, actor)
    weeks: list[tuple[Reached, Tally]] = []
    review = quarantined = disputes = 0
    ends: list[date] = []
    for buyer in buyers_of(reached):
        address = directory.book(buyer)
        if address is None:
            continue
        own = {each.contract: each for each in reached if each.buyer == buyer}
        with open_pages(address) as book:
            versions = read_versions(book, list(own))
            zones = {id_: each[-1].contract.zone for id_, each in versions.items()}
            latest = max(latest_days(book, zones).values(), default=None)
            if latest is not None:
                ends.append(latest)
                counted = tallies(book, zones, since=latest - timedelta(days=WEEK_DAYS - 1))
                weeks += [(own[id_], counted[id_]) for id_ in sorted(counted)]
            open_review, open_quarantine = _waiting(book, list(own))
            review, quarantined = review + open_review, quarantined + open_quarantine
            disputes += _disputes(book, list(own))
    return Home(
        review=review,
        quarantined=quarantined,
        disputes=disputes,
        week=total(tally for _, tally in weeks),
        week_ends=max(ends, default=None),
        buys=sum(each.side is Side.BUYER for each in reached),
        provides=sum(each.side is Side.PROVIDER for each in reached),
        by_contract=tuple(weeks),
    )


def _waiting(book: BookPages, contracts: Sequence[str]) -> tuple[int, int]:
    """Count what is in review and in quarantine and was not decided."""
    waiting = waiting_of(book, contracts)
    decided = list(decisions_of(book, contracts))
    if decided:
        known = pl.DataFrame(decided, schema={"contract": pl.String, "address": pl.String}, orient="row")
        waiting = waiting.with_columns(addressed()).join(known, on=["contract", "address"], how="anti")
    counts = dict(waiting.group_by("verdict").len().iter_rows())
    return counts.get("review", 0), counts.get("quarantined", 0)


def _disputes(book: BookPages, contracts: Sequence[str]) -> int:
    """Count returns that are contested and not decided nor answered."""
    returns = facts_of(book, contracts, "returns")
    if returns.is_empty():
        return 0
    open_ = returns.filter(pl.col("contested_at").is_not_null() & pl.col("decision").is_null())
    answered = book.return_answers()
    return open_.join(answered, on=["contract", "external_id", "claimed_at"], how="anti").height

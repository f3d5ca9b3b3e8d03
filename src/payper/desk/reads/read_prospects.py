"""Prospects as those see them who may read people: found by name, address or company, with how far each has come, and who is next.

Every page of them is a line of the audit trail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import polars as pl

from payper.desk.people.installation import Reached, open_pages, reach_book
from payper.desk.people.people import Actor
from payper.desk.reads.public_numbers import key_for, public_number
from payper.desk.reads.read_contracts import read_versions
from payper.desk.reads.read_deliveries import facts_of
from payper.desk.reads.shelf import known_people, lately_accepted, latest_days
from payper.journey import LADDER, Milestone
from payper.parties import Act
from payper.store.book_pages import BatchHead, BookPages
from payper.store.directory import Directory

ROWS, ROWS_MAX = 50, 100_000
"""Prospects on a page, and in a file."""

ENOUGH = 300_000
"""Deliveries that a search goes through, the newest batches first, even where it has found enough before."""

QUERY_LETTERS_MIN = 2
FOLLOW_UP_DAYS, FOLLOW_UPS = 60, 25
"""How far back leads are looked at that nobody has touched, and how many of them are listed, the longest waiting first."""

AHEAD_DAYS = 14
"""How far ahead meetings are listed."""


@dataclass(frozen=True, slots=True)
class ProspectSeen:
    """A person, with how far they have come.

    Attributes:
        number: The public number of the latest delivery of them.
        deliveries: How many there are within reach.
        step: The furthest step, or where it ended.
        step_at: When; None: no date is known.
    """

    buyer: str
    number: str
    name: str
    title: str | None
    company: str | None
    email: str | None
    contracts: tuple[str, ...]
    deliveries: int
    verdict: str
    step: str
    step_at: datetime | None
    delivered_at: datetime | None
    zone: str


@dataclass(frozen=True, slots=True)
class ProspectsFound:
    """Those that fit a search, the latest delivered first.

    Attributes:
        has_more: Whether there are more than are shown.
    """

    buyer: str
    query: str
    rows: tuple[ProspectSeen, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Next:
    """Whom to touch next.

    Attributes:
        untouched: Accepted leads without any later step, the longest waiting first; `waiting` counts all of them.
        ahead: Accepted appointments of the days ahead, the nearest first, each with its instant as `step_at`.
    """

    buyer: str
    untouched: tuple[ProspectSeen, ...]
    waiting: int
    ahead: tuple[ProspectSeen, ...]


def find_prospects(directory: Directory, actor: Actor, *, buyer: str, query: str, at: datetime, limit: int = ROWS) -> ProspectsFound:
    """Find people of a buyer's book by name, address, title or company; all words must fit.

    Raises:
        DeniedError: The actor may not read people.
        AbsentError: The buyer is not there.
    """
    actor.must(Act.READ_PEOPLE)
    address, reached = reach_book(directory, actor, buyer)
    words = [word for word in query.casefold().split() if word]
    if len("".join(words)) < QUERY_LETTERS_MIN:
        return ProspectsFound(buyer, query, (), has_more=False)
    with open_pages(address) as book:
        contracts = [each.contract for each in reached]
        fits = pl.all_horizontal(pl.col("search").str.contains(word, literal=True) for word in words)
        frames: list[pl.DataFrame] = []
        known: set[str] = set()
        gone_through = 0
        for head in reversed(book.batch_heads(contracts)):
            found = known_people(book, head).filter(fits)
            if found.height:
                frames.append(found)
                known |= set(found["person"].unique())
            gone_through += head.rows
            if len(known) > limit and gone_through >= ENOUGH:
                break
        rows = _seen(book, buyer, frames, contracts)
    _note(directory, actor, buyer, f"{min(len(rows), limit)} found by a search", at=at)
    return ProspectsFound(buyer, query, tuple(rows[:limit]), has_more=len(rows) > limit)


def read_next(directory: Directory, actor: Actor, *, buyer: str, at: datetime) -> Next:
    """Say whom to touch next: leads that nobody has touched, and the appointments of the days ahead.

    Raises:
        DeniedError: The actor may not read people.
        AbsentError: The buyer is not there.
    """
    actor.must(Act.READ_PEOPLE)
    address, reached = reach_book(directory, actor, buyer)
    contracts = [each.contract for each in reached]
    with open_pages(address) as book:
        untouched, ahead = _next(book, reached, at)
        rows = [_seen(book, buyer, _named(book, frame.head(FOLLOW_UPS), contracts), contracts) for frame in (untouched, ahead)]
        key = key_for(book.secret(), "delivery")
    first = sorted(rows[0], key=lambda row: (row.delivered_at is None, str(row.delivered_at)))
    meetings = {public_number(id_, key): meeting for id_, meeting in ahead.select("delivery_id", "meeting_at").iter_rows()}
    second = sorted((replace(row, step_at=meetings.get(row.number)) for row in rows[1]), key=lambda row: str(row.step_at))
    if first or second:
        _note(directory, actor, buyer, f"{len(first) + len(second)} to touch next", at=at)
    return Next(buyer, tuple(first), untouched.height, tuple(second))


def count_next(directory: Directory, actor: Actor, *, buyer: str, at: datetime) -> tuple[int, int]:
    """Count the leads that nobody has touched and the appointments of the days ahead, as of `read_next`; nobody is shown.

    Raises:
        DeniedError: The actor may not read people.
        AbsentError: The buyer is not there.
    """
    actor.must(Act.READ_PEOPLE)
    address, reached = reach_book(directory, actor, buyer)
    with open_pages(address) as book:
        untouched, ahead = _next(book, reached, at)
    return untouched.height, ahead.height


def _next(book: BookPages, reached: Sequence[Reached], at: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give accepted leads of the last weeks without any later step, and accepted appointments of the days ahead."""
    since = at - timedelta(days=FOLLOW_UP_DAYS)
    heads = _lately(book, reached, at)
    if not heads:
        empty = pl.DataFrame(schema={"delivery_id": pl.Int64, "batch": pl.Int64, "meeting_at": pl.Datetime("us", "UTC")})
        return empty, empty
    mine = pl.concat([lately_accepted(book, head, since=since) for head in heads])
    touched = _steps(book, [each.contract for each in reached], mine).select("delivery_id").unique()
    leads = mine.filter((pl.col("kind") == "lead") & pl.col("delivered_at").is_between(since, at))
    untouched = leads.join(touched, on="delivery_id", how="anti").sort("delivered_at", "delivery_id")
    ahead = mine.filter(pl.col("meeting_at").is_between(at, at + timedelta(days=AHEAD_DAYS))).sort("meeting_at", "delivery_id")
    return untouched, ahead


def _named(book: BookPages, chosen: pl.DataFrame, contracts: Sequence[str]) -> list[pl.DataFrame]:
    """Give who a few deliveries are of, by batch."""
    if chosen.is_empty():
        return []
    heads = {head.batch: head for head in book.batch_heads(contracts)}
    wanted = pl.col("delivery_id").is_in(chosen["delivery_id"].implode())
    return [known_people(book, heads[batch]).filter(wanted) for batch in chosen["batch"].unique().sort()]


def _lately(book: BookPages, reached: Sequence[Reached], at: datetime) -> list[BatchHead]:
    """List the batches that may hold deliveries of the last weeks."""
    zones = {id_: each[-1].contract.zone for id_, each in read_versions(book, [each.contract for each in reached]).items()}
    latest = latest_days(book, zones)
    first = (at - timedelta(days=FOLLOW_UP_DAYS + 1)).date()
    fresh = [id_ for id_, day in latest.items() if day >= first]
    return book.batch_heads(fresh) if fresh else []


def _seen(book: BookPages, buyer: str, frames: Sequence[pl.DataFrame], contracts: Sequence[str]) -> list[ProspectSeen]:
    """Put deliveries together by person, the latest delivered first, each with the furthest step of them all."""
    if not any(frame.height for frame in frames):
        return []
    people = pl.concat([frame for frame in frames if frame.height])
    steps = _steps(book, contracts, people).sort("rank", "happened_at").group_by("person").last()
    furthest = {person: (step, at) for person, step, at in steps.select("person", "milestone", "happened_at").iter_rows()}
    zones = {id_: each[-1].contract.zone for id_, each in read_versions(book, contracts).items()}
    key = key_for(book.secret(), "delivery")
    rows = []
    for (_,), own in people.sort("delivery_id", descending=True).group_by(["person"], maintain_order=True):
        row = own.row(0, named=True)
        step, at = furthest.get(row["person"], (None, None))
        rows.append(
            ProspectSeen(
                buyer=buyer,
                number=public_number(row["delivery_id"], key),
                name=" ".join(part for part in (row["first_name"], row["last_name"]) if part) or row["email"] or "no name",
                title=row["title"],
                company=row["company"],
                email=row["email"],
                contracts=tuple(sorted(set(own["contract"]))),
                deliveries=own.height,
                verdict=row["verdict"],
                step=step or ("accepted" if row["verdict"] == "accepted" else "delivered"),
                step_at=at if step else row["delivered_at"],
                delivered_at=row["delivered_at"],
                zone=zones.get(row["contract"], "UTC"),
            )
        )
    return rows


_STEPS: dict[str, pl.DataType | type[pl.DataType]] = {
    "delivery_id": pl.Int64,
    "person": pl.String,
    "milestone": pl.String,
    "happened_at": pl.Datetime("us", "UTC"),
    "rank": pl.Int8,
}


def _steps(book: BookPages, contracts: Sequence[str], people: pl.DataFrame) -> pl.DataFrame:
    """Give the milestones that were recorded of some deliveries, by their external ids or, without one, by the person, as `_STEPS`.

    `rank` is the place on the ladder; where it ended ranks after that, and what was won stays won.
    """
    facts = facts_of(book, contracts, "milestones")
    if facts.is_empty():
        return pl.DataFrame(schema=_STEPS)
    ranks = {step.value: place for place, step in enumerate(LADDER)}
    ends = [step.value for step in Milestone if step.value not in ranks]
    ranks |= dict.fromkeys(ends, len(LADDER)) | {Milestone.WON.value: len(LADDER) + 1}
    told = facts.select(
        "contract",
        "external_id",
        "milestone",
        "happened_at",
        (pl.col("email") if "email" in facts.columns else pl.lit(None, dtype=pl.String)).alias("person"),
        pl.col("milestone").replace_strict(ranks, default=-1, return_dtype=pl.Int8).alias("rank"),
    )
    own = people.select("delivery_id", "contract", "external_id", "person")
    by_id = told.drop("person").join(own, on=["contract", "external_id"])
    by_person = told.filter(pl.col("external_id").is_null()).drop("external_id").join(own, on=["contract", "person"])
    return pl.concat([frame.select(list(_STEPS)) for frame in (by_id, by_person)])


def _note(directory: Directory, actor: Actor, buyer: str, detail: str, *, at: datetime) -> None:
    with directory.transaction():
        directory.note(at=at, party=actor.party, who=actor.who, act="read people", subject=buyer, detail=detail)

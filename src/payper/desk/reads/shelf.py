"""Batches of the journal kept at hand for pages: a sealed batch never changes, so that it is read and unpacked once.

What is kept is bounded; the least lately used goes first. Erasing people counts the book's setting `erasures` up, and all of the book is
read anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from payper.adjudication.past import VERDICT_CODES
from payper.reasons import Reason
from payper.store.book_pages import BatchHead, BookPages, VerdictRow

BYTES_MAX = 256 * 1024 * 1024
"""Rows kept at hand, over all books."""

_COLUMNS = (
    "delivery_id", "row", "external_id", "kind", "generated_at", "delivered_at", "contract_version", "verdict", "reasons", "price_minor",
    "replaces", "meeting_at", "is_replacement", "prospect",
)  # fmt: skip
_PERSON = ("first_name", "last_name", "email", "title", "company")
_PAST_MENDING = rf"\b(?:{'|'.join(reason.name for reason in Reason if not reason.can_mend)})\b"
_VERDICTS = {name: code for code, name in enumerate(VERDICT_CODES)}
_HEADLINES = {reason.name: reason.number for reason in Reason}
_Key = tuple[str, int, bytes, str]

SEALED = 32
"""Bytes of a sealed batch's digest; that of an open one is shorter, and tells its rows."""

_NONE: dict[bytes, pl.DataFrame] = {}

ERASURES = "erasures"
"""The setting of a book that says how often people were erased from it."""


class _Shelf:
    """A cache of frames, safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: OrderedDict[_Key, pl.DataFrame] = OrderedDict()
        self._tallies: dict[_Key, pl.DataFrame] = {}
        self._open: dict[tuple[str, int, str], dict[bytes, pl.DataFrame]] = {}
        self._bytes = 0

    def is_empty(self) -> bool:
        with self._lock:
            return not (self._rows or self._tallies or self._open)

    def rows(self, book: BookPages, head: BatchHead) -> pl.DataFrame:
        key = (book.where, head.batch, head.digest, book.setting(ERASURES) or "")
        with self._lock:
            found = self._rows.get(key)
            if found is not None:
                self._rows.move_to_end(key)
                return found
        journal = pl.read_parquet(book.journal(head.batch), columns=list(_COLUMNS))
        company = pl.read_parquet(book.people(head.batch), columns=["company"])
        frame = journal.hstack(company).with_columns(pl.lit(head.contract).alias("contract")).sort("delivery_id")
        self._keep(key, frame)
        return frame

    def _keep(self, key: _Key, frame: pl.DataFrame) -> None:
        with self._lock:
            self._rows[key] = frame
            self._bytes = sum(int(each.estimated_size()) for each in self._rows.values())
            while self._bytes > BYTES_MAX and len(self._rows) > 1:
                _, gone = self._rows.popitem(last=False)
                self._bytes -= int(gone.estimated_size())

    def people(self, book: BookPages, head: BatchHead) -> pl.DataFrame:
        key = (book.where, head.batch, head.digest, f"people {book.setting(ERASURES) or ''}")
        with self._lock:
            found = self._rows.get(key)
            if found is not None:
                self._rows.move_to_end(key)
                return found
        names = ["delivery_id", "external_id", "kind", "verdict", "delivered_at", "meeting_at", "prospect"]
        journal = pl.read_parquet(book.journal(head.batch), columns=names)
        sent = pl.read_parquet(book.people(head.batch), columns=list(_PERSON))
        search = pl.concat_str([pl.col(name) for name in _PERSON], separator=" ", ignore_nulls=True).str.to_lowercase()
        person = pl.coalesce("prospect", pl.format("delivery {}", "delivery_id"))
        frame = (
            journal.hstack(sent)
            .with_columns(pl.lit(head.contract).alias("contract"), search.alias("search"), person.alias("person"))
            .drop("prospect")
        )
        self._keep(key, frame)
        return frame

    def accepted(self, book: BookPages, head: BatchHead, since: datetime) -> pl.DataFrame:
        key = (book.where, head.batch, head.digest, "accepted")
        found = self._counted(key)
        if found is None:
            names = ["delivery_id", "external_id", "kind", "delivered_at", "meeting_at", "prospect", "verdict"]
            journal = pl.read_parquet(book.journal(head.batch), columns=names)
            is_new = (pl.col("delivered_at") >= since) | (pl.col("meeting_at") >= since)
            found = (
                journal.filter((pl.col("verdict") == "accepted") & is_new)
                .with_columns(
                    pl.lit(head.contract).alias("contract"),
                    pl.lit(head.batch, dtype=pl.Int64).alias("batch"),
                    pl.coalesce("prospect", pl.format("delivery {}", "delivery_id")).alias("person"),
                )
                .drop("prospect", "verdict")
            )
            self._count(key, found)
        return found

    def waiting(self, book: BookPages, head: BatchHead) -> pl.DataFrame:
        key = (book.where, head.batch, head.digest, "waiting")
        found = self._counted(key)
        if found is None:
            journal = pl.read_parquet(book.journal(head.batch), columns=["delivery_id", "external_id", "verdict"])
            found = journal.filter(pl.col("verdict").is_in(["review", "quarantined"])).with_columns(pl.lit(head.contract).alias("contract"))
            self._count(key, found)
        return found

    def places(self, book: BookPages, head: BatchHead) -> pl.DataFrame:
        key = (book.where, head.batch, head.digest, "places")
        found = self._counted(key)
        if found is None:
            journal = pl.read_parquet(book.journal(head.batch), columns=["delivery_id", "verdict", "reasons", "price_minor"])
            first = pl.col("reasons").str.split(";").list.first()
            found = journal.select(
                "delivery_id",
                pl.col("verdict").replace_strict(_VERDICTS, return_dtype=pl.UInt8),
                first.replace_strict(_HEADLINES, default=0, return_dtype=pl.UInt16).alias("headline"),
                pl.col("price_minor").fill_null(0),
            ).sort("delivery_id", descending=True)
            self._count(key, found)
        return found

    def tally(self, book: BookPages, head: BatchHead, zone: str) -> pl.DataFrame:
        key = (book.where, head.batch, head.digest, zone)
        found = self._counted(key)
        if found is None:
            journal = pl.read_parquet(book.journal(head.batch), columns=["delivered_at", "verdict", "reasons"])
            found = (
                journal.select(
                    pl.lit(head.contract).alias("contract"),
                    pl.col("delivered_at").dt.convert_time_zone(zone).dt.date().alias("day"),
                    "verdict",
                    ((pl.col("verdict") == "rejected") & ~pl.col("reasons").str.contains(_PAST_MENDING)).alias("mendable"),
                )
                .group_by("contract", "day", "verdict", "mendable")
                .len("deliveries")
            )
            self._count(key, found)
        return found

    def _counted(self, key: _Key) -> pl.DataFrame | None:
        with self._lock:
            return self._tallies.get(key) if len(key[2]) == SEALED else self._open.get((key[0], key[1], key[3]), _NONE).get(key[2])

    def _count(self, key: _Key, found: pl.DataFrame) -> None:
        with self._lock:
            if len(key[2]) == SEALED:
                self._tallies[key] = found
            else:
                # What an open batch was before is asked for by nobody again.
                self._open[key[0], key[1], key[3]] = {key[2]: found}

    def reasons(self, book: BookPages, head: BatchHead, zone: str) -> pl.DataFrame:
        key = (book.where, head.batch, head.digest, f"reasons {zone}")
        found = self._counted(key)
        if found is None:
            journal = pl.read_parquet(book.journal(head.batch), columns=["delivered_at", "reasons"])
            listed = journal.filter(pl.col("reasons") != "").select(
                pl.col("delivered_at").dt.convert_time_zone(zone).dt.date().alias("day"), pl.col("reasons").str.split(";").alias("reason")
            )
            found = (
                listed.with_columns(pl.col("reason").list.first().alias("first"))
                .explode("reason")
                .filter(pl.col("reason") != "")
                .group_by("day", "reason")
                .agg(pl.len().alias("listed"), (pl.col("reason") == pl.col("first")).sum().alias("headline"))
            )
            self._count(key, found)
        return found


_SHELF = _Shelf()


def clear() -> None:
    """Keep nothing at hand, as after a start."""
    global _SHELF  # noqa: PLW0603  # the one cache of the process
    _SHELF = _Shelf()


def is_empty() -> bool:
    """Tell whether nothing is at hand."""
    return _SHELF.is_empty()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries were judged how.

    Attributes:
        mendable: Of the rejected, those that mending and sending again can help.
    """

    delivered: int = 0
    accepted: int = 0
    rejected: int = 0
    review: int = 0
    quarantined: int = 0
    mendable: int = 0


def rows_of(book: BookPages, heads: Sequence[BatchHead], verdicts: Sequence[VerdictRow]) -> pl.DataFrame:
    """Give the journal's rows of some verdicts in their order, with company, file and batch."""
    by_number = {head.batch: head for head in heads}
    wanted: dict[int, list[int]] = {}
    for each in verdicts:
        wanted.setdefault(each.batch, []).append(each.delivery_id)
    frames = [
        _SHELF.rows(book, by_number[batch])
        .filter(pl.col("delivery_id").is_in(ids))
        .with_columns(pl.lit(by_number[batch].file).alias("file"), pl.lit(batch, dtype=pl.Int64).alias("batch"))
        for batch, ids in wanted.items()
    ]
    if not frames:
        return pl.DataFrame()
    return pl.concat(frames, how="vertical").sort("delivery_id", descending=True)


def rows_named(book: BookPages, contract: str, *, ids: Sequence[str], prospects: Sequence[str]) -> pl.DataFrame:
    """Give the deliveries of a contract that have one of some external ids or are of one of some prospects, as `rows_of`; oldest first."""
    frames = [
        _SHELF.rows(book, head)
        .filter(
            pl.col("external_id").is_in(pl.Series(ids, dtype=pl.String).implode())
            | pl.col("prospect").is_in(pl.Series(prospects, dtype=pl.String).implode())
        )
        .with_columns(pl.lit(head.batch, dtype=pl.Int64).alias("batch"))
        for head in book.batch_heads([contract])
    ]
    return pl.concat(frames, how="vertical").sort("delivery_id") if frames else pl.DataFrame()


def rows_by_id(book: BookPages, contract: str, deliveries: Sequence[int]) -> pl.DataFrame:
    """Give some deliveries of a contract by their own numbers, as `rows_of`; oldest first."""
    rows = rows_of(book, book.batch_heads([contract]), book.verdicts_of(deliveries, [contract]))
    return rows.sort("delivery_id") if rows.height else rows


def known_people(book: BookPages, head: BatchHead) -> pl.DataFrame:
    """Give a batch's deliveries with who they are of.

    Columns: `delivery_id, external_id, kind, verdict, delivered_at, meeting_at, contract`, what was sent of `_PERSON`, `search` (all of
    that in small letters) and `person` (the same for the same prospect).
    """
    return _SHELF.people(book, head)


def lately_accepted(book: BookPages, head: BatchHead, *, since: datetime) -> pl.DataFrame:
    """Give a batch's accepted deliveries since an instant, or a little before: who they are of is left out.

    Columns: `delivery_id, external_id, kind, delivered_at, meeting_at, contract, batch, person` (as of `known_people`).
    """
    return _SHELF.accepted(book, head, since)


def waiting_of(book: BookPages, contracts: Sequence[str]) -> pl.DataFrame:
    """Give what was judged to be in review or quarantine: delivery_id, external_id, verdict, contract."""
    frames = [_SHELF.waiting(book, head) for head in book.batch_heads(contracts)]
    return (
        pl.concat(frames)
        if frames
        else pl.DataFrame(schema={"delivery_id": pl.Int64, **dict.fromkeys(("external_id", "verdict", "contract"), pl.String)})
    )


def newest_verdicts(
    book: BookPages, contracts: Sequence[str], *, verdict: int | None, headline: int | None, before: int | None, limit: int
) -> list[VerdictRow]:
    """Give the newest verdicts of some contracts, as `BookPages.verdict_rows`, however far apart they stand."""
    found = book.verdict_rows(contracts, verdict=verdict, headline=headline, before=before, limit=limit)
    if found is not None:
        return found
    heads = {head.batch: head for head in book.batch_heads(contracts)}
    rows: list[VerdictRow] = []
    for batch, last in book.verdict_groups(contracts, verdict=verdict, headline=headline, before=before):
        if len(rows) == limit and rows[-1].delivery_id > last:
            break
        own = _SHELF.places(book, heads[batch])
        for column, value in (("verdict", verdict), ("headline", headline)):
            own = own if value is None else own.filter(pl.col(column) == value)
        own = own if before is None else own.filter(pl.col("delivery_id") < before)
        read = own.head(limit).select("delivery_id", pl.lit(batch).alias("batch"), "verdict", "headline", "price_minor").rows()
        rows = sorted([*rows, *(VerdictRow(*row) for row in read)], key=lambda row: -row.delivery_id)[:limit]
    return rows


def day_counts(book: BookPages, zones: dict[str, str]) -> pl.DataFrame:
    """Count deliveries by contract, local day, verdict and whether mending can help: `contract, day, verdict, mendable, deliveries`."""
    frames = [_SHELF.tally(book, head, zones[head.contract]) for head in book.batch_heads(list(zones))]
    schema = {"contract": pl.String, "day": pl.Date, "verdict": pl.String, "mendable": pl.Boolean, "deliveries": pl.UInt32}
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def reason_counts(book: BookPages, zones: dict[str, str]) -> pl.DataFrame:
    """Count by local day the deliveries that list each reason, and those where it decided: `day, reason, listed, headline`."""
    frames = [_SHELF.reasons(book, head, zones[head.contract]) for head in book.batch_heads(list(zones))]
    schema = {"day": pl.Date, "reason": pl.String, "listed": pl.UInt32, "headline": pl.UInt32}
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def tallies(book: BookPages, zones: dict[str, str], *, since: date | None = None, until: date | None = None) -> dict[str, Tally]:
    """Count deliveries by contract, those of some local days where days are named.

    Args:
        book: The buyer's book.
        zones: The zone of each contract to count.
        since: The first day; None: from the beginning.
        until: The last day; None: to the end.
    """
    frames = [_SHELF.tally(book, head, zones[head.contract]) for head in book.batch_heads(list(zones))]
    if not frames:
        return {}
    counted = pl.concat(frames)
    if since is not None:
        counted = counted.filter(pl.col("day") >= since)
    if until is not None:
        counted = counted.filter(pl.col("day") <= until)
    return {str(contract): _tally(part) for (contract,), part in counted.group_by(["contract"])}


def latest_days(book: BookPages, zones: dict[str, str]) -> dict[str, date]:
    """Give the local day of each contract's latest delivery."""
    days: dict[str, date] = {}
    for head in book.batch_heads(list(zones)):
        day = _SHELF.tally(book, head, zones[head.contract])["day"].max()
        if isinstance(day, date):
            days[head.contract] = max(day, days.get(head.contract, day))
    return days


def total(parts: Iterable[Tally]) -> Tally:
    """Add tallies up."""
    sums = [0] * 6
    for each in parts:
        for place, number in enumerate((each.delivered, each.accepted, each.rejected, each.review, each.quarantined, each.mendable)):
            sums[place] += number
    return Tally(*sums)


def _tally(part: pl.DataFrame) -> Tally:
    by_verdict = {str(verdict): int(number) for verdict, number in part.group_by("verdict").agg(pl.col("deliveries").sum()).iter_rows()}
    return Tally(
        delivered=sum(by_verdict.values()),
        accepted=by_verdict.get("accepted", 0),
        rejected=by_verdict.get("rejected", 0),
        review=by_verdict.get("review", 0),
        quarantined=by_verdict.get("quarantined", 0),
        mendable=int(part.filter("mendable")["deliveries"].sum()),
    )

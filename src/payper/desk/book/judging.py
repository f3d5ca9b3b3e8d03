"""Judge new deliveries of a programme: rows chunk by chunk, then arrival over all of them, then one durable transaction.

A chunk's columns as sent are compressed at once (they wait as Parquet), so that memory holds numbers and keys only. `delivery_id` is
the order of arrival: run, delivered_at, contract, file, row (RULES 28).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from payper.adjudication.adjudicate import seeds_of, select_arriving
from payper.adjudication.arrivals import Possible, Replacements, judge_arrivals
from payper.adjudication.identities import CrmKeys, hash_prospects
from payper.adjudication.normalise import WORKING, RateOn
from payper.adjudication.past import Past, Segment
from payper.adjudication.rows import JUDGED, judge_rows, judge_unknown
from payper.deliveries import FAULT_COLUMN, INSTANT
from payper.desk.book.decided import JOURNAL, WORKERS, Chunk, Decided, JudgedChunk
from payper.periods import local_dates
from payper.store.database import Batch, Database
from payper.store.parts import parquet
from payper.terms.contract import Contract

BLOCK_ROWS = 131_072
"""Rows judged by themselves at once: small files of one contract together, large ones in pieces."""

FUZZY: tuple[str, ...] = ("first_name", "last_name", "company_key", "domain", "email_normal", "phone_e164", "city", "postal_code", "title")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Rows of one file that wait to be judged by themselves."""

    batch: pl.DataFrame
    contract: str
    file: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """What is kept of a block judged by rows: its chunks, the rows that reach arrival, and the people that are matched by likeness."""

    chunks: list[Chunk]
    arriving: pl.DataFrame | None
    people: pl.DataFrame | None


@dataclass
class Judging:
    """The new deliveries of one run, gathered chunk by chunk.

    Args:
        database: Where what was judged before is found, and what is judged is kept.
        contracts: Versions by contract id.
        rate_on: Rates for revenues in other currencies.
        crm: The people of the buyer's CRM, or None.
        no_mail: Looks up which of the hosts given take no mail; None: not asked.
        earlier: Gives the people that new ones are matched with by likeness, where somebody has them at hand; None: they are read.
        is_live: Whether somebody waits for the answer: nothing is handed to another thread, nothing is compressed.
    """

    database: Database
    contracts: Mapping[str, Sequence[Contract]]
    rate_on: RateOn
    crm: CrmKeys | None = None
    no_mail: Callable[[pl.Series], frozenset[str]] | None = None
    is_live: bool = False
    earlier: Callable[[], EarlierPeople] | None = None
    rows: int = 0
    _waiting: list[_Waiting] = field(default_factory=list)
    _pool: ThreadPoolExecutor | None = None
    _coming: deque[Future[_Judged]] = field(default_factory=deque)
    _chunks: list[Chunk] = field(default_factory=list)
    _arriving: list[pl.DataFrame] = field(default_factory=list)
    _people: list[pl.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seeds = seeds_of(self.database.secret())

    def add(self, batch: pl.DataFrame, *, contract: str, file: str) -> None:
        """Take the rows of one file, or of a block of it; they are judged by themselves together with their neighbours.

        Args:
            batch: Typed deliveries (`deliveries.SCHEMA`) with `row`, `fault` and `row_digest` (UInt64).
            contract: The contract they were handed over under.
            file: Where they were read, relative to the programme folder.
        """
        waiting = self._waiting
        if waiting and (waiting[0].contract != contract or sum(each.batch.height for each in waiting) + batch.height > BLOCK_ROWS):
            self._submit()
        self._waiting.append(_Waiting(batch, contract, file))
        self.rows += batch.height

    def _submit(self) -> None:
        """Let the rows that wait, all of one contract, be judged beside the reading of the next; no more than `WORKERS` blocks at once."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        batch = waiting[0].batch if len(waiting) == 1 else pl.concat([each.batch for each in waiting], how="diagonal")
        # Who takes mail is asked of the database, which belongs to this thread.
        no_mail = self._no_mail(batch, self.contracts.get(waiting[0].contract, ()))
        first = self.rows - batch.height
        if self.is_live:
            self._take(self._judge_block(waiting, batch, no_mail, first))
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=WORKERS)
        while len(self._coming) >= WORKERS:
            self._gather()
        self._coming.append(self._pool.submit(self._judge_block, waiting, batch, no_mail, first))

    def _gather(self) -> None:
        """Keep what the oldest block gave; blocks are kept in the order read."""
        self._take(self._coming.popleft().result())

    def _take(self, judged: _Judged) -> None:
        self._chunks += judged.chunks
        self._arriving += [] if judged.arriving is None else [judged.arriving]
        self._people += [] if judged.people is None else [judged.people]

    def _flush(self) -> None:
        """Wait until every row has been judged by itself."""
        self._submit()
        while self._coming:
            self._gather()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _judge_block(self, waiting: Sequence[_Waiting], batch: pl.DataFrame, no_mail: frozenset[str] | None, first: int) -> _Judged:
        """Judge rows of one contract by themselves; runs in a thread of its own and touches nothing that others write."""
        contract = waiting[0].contract
        versions = self.contracts.get(contract)
        judged = (
            judge_unknown(batch) if versions is None else judge_rows(batch, versions, rate_on=self.rate_on, no_mail=no_mail)
        ).with_columns(
            pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("delivery_id"),
            pl.lit(contract).alias("contract"),
        )
        judged = judged.with_columns(hash_prospects(judged["email_normal"], self.seeds).cast(pl.String).alias("prospect"))
        arriving = people = None
        if versions is not None:
            arriving = select_arriving(judged, versions, contract=contract, seeds=self.seeds, crm=self.crm)
            arriving = arriving.with_columns(pl.col("prospect").cast(pl.String).alias("email_normal"))
            if any("fuzzy" in each.duplicate.match for each in versions):
                own = judged.join(arriving.select("delivery_id"), on="delivery_id", how="semi")
                people = own.select("delivery_id", "contract", "kind", "delivered_at", *FUZZY)
        chunks, offset = [], 0
        for part in waiting:
            chunks.append(self._chunk(judged.slice(offset, part.batch.height), contract=contract, file=part.file, first=first + offset))
            offset += part.batch.height
        return _Judged(chunks, arriving, people)

    def _chunk(self, judged: pl.DataFrame, *, contract: str, file: str, first: int) -> Chunk:
        hidden = {*WORKING, *JUDGED, FAULT_COLUMN, "delivery_id", "contract", "row_digest", "prospect"} - {"evidence"}
        people = judged.drop([name for name in judged.columns if name in hidden])
        versions = self.contracts.get(contract)
        day = local_dates(judged["delivered_at"], versions[0].zone if versions else "UTC").cast(pl.Int32).to_numpy().astype(np.int64)
        base = judged.select(*JOURNAL, "marks")
        return Chunk(contract=contract, file=file, first=first, base=base, people=people if self.is_live else parquet(people), day=day)

    def places(self) -> list[pl.DataFrame]:
        """Say under which contract each external id and prospect of this run was delivered."""
        self._flush()
        return [chunk.base.select(pl.lit(chunk.contract).alias("contract"), "external_id", "prospect") for chunk in self._chunks]

    def _no_mail(self, batch: pl.DataFrame, versions: Sequence[Contract]) -> frozenset[str] | None:
        if self.no_mail is None or not any("mx" in each.record.email for each in versions):
            return None
        return self.no_mail(batch["email"])

    def decide(
        self,
        *,
        replacements: Replacements | None,
        charged: Mapping[tuple[str, str], int],
        offsets: Mapping[str, Mapping[tuple[str, int], int]],
        released: Mapping[int, int],
        known: Past | None = None,
    ) -> Decided:
        """Decide all rows in order of arrival, after what was judged before; arguments as of `Past`.

        Args:
            replacements: Who knows which replacements are owed.
            charged: As of `Past`, as are the next two.
            offsets: As of `Past`.
            released: As of `Past`.
            known: What was judged before, where somebody has it at hand; None: it is read from the book.
        """
        self._flush()
        order = self._order()
        last = self.database.last_delivery_id()
        ids = np.empty(self.rows, dtype=np.int64)
        ids[order] = np.arange(last + 1, last + 1 + self.rows)
        decided = None
        if self._arriving:
            arriving = pl.concat(self._arriving, how="vertical")
            arriving = arriving.with_columns(pl.Series("delivery_id", ids[arriving["delivery_id"].to_numpy()])).sort("delivery_id")
            past = known or Past(
                segments=_Segments(self.database),
                charged=dict(charged),
                offsets={id_: dict(each) for id_, each in offsets.items()},
                released=dict(released),
            )
            contracts = {id_: versions for id_, versions in self.contracts.items() if versions}
            decided = judge_arrivals(arriving, contracts, past, replacements=replacements, possible=self._possible(ids))
        return Decided(
            database=self.database,
            contracts=self.contracts,
            chunks_judged=self._chunks,
            arriving=self._arriving,
            ids=ids,
            decided=decided,
        )

    def _order(self) -> npt.NDArray[np.int64]:
        """Put all rows of the run in order of arrival; give the positions in that order."""
        frames = [
            chunk.base.select("delivered_at", "row").with_columns(
                pl.lit(chunk.contract).alias("contract"), pl.lit(chunk.file).alias("file")
            )
            for chunk in self._chunks
        ]
        if not frames:
            return np.empty(0, dtype=np.int64)
        names = sorted({chunk.contract for chunk in self._chunks}), sorted({chunk.file for chunk in self._chunks})
        contracts, files = ({name: place for place, name in enumerate(each)} for each in names)
        frame = pl.concat(
            [
                each.select(
                    "delivered_at",
                    pl.lit(contracts[chunk.contract], dtype=pl.UInt32).alias("contract"),
                    pl.lit(files[chunk.file], dtype=pl.UInt32).alias("file"),
                    "row",
                )
                for each, chunk in zip(frames, self._chunks, strict=True)
            ]
        )
        return frame.with_row_index("position").sort("delivered_at", "contract", "file", "row")["position"].to_numpy().astype(np.int64)

    def _possible(self, ids: npt.NDArray[np.int64]) -> list[Possible]:
        """Find people much like earlier ones, in this run and in what was judged before."""
        if not self._people:
            return []
        from payper.adjudication.fuzzy import find_in_prepared, prepare

        own = pl.concat(self._people, how="vertical")
        own = own.with_columns(pl.Series("delivery_id", ids[own["delivery_id"].to_numpy()])).sort("delivery_id")
        before = earlier_people(self.database, self.contracts) if self.earlier is None else self.earlier()
        pairs = find_in_prepared(prepare(own), before.prepared)
        providers = {id_: versions[-1].provider for id_, versions in self.contracts.items()}
        (later, known) = (
            frame.select("delivery_id", "contract", "kind", pl.col("delivered_at").dt.timestamp("us")).rows()
            for frame in (own, before.told)
        )
        found = []
        for left, right, is_history in pairs.select("left", "right_index", "right_is_history").iter_rows():
            id_, _, kind, _ = later[left]
            earlier_id, contract, earlier_kind, at = (known if is_history else later)[right]
            if kind == earlier_kind:
                found.append(
                    Possible(delivery_id=id_, earlier_id=earlier_id, delivered_at=at, provider=providers[contract], contract=contract)
                )
        return found


PEOPLE_TYPES: Mapping[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(FUZZY, pl.String),
    "delivery_id": pl.Int64,
    "contract": pl.String,
    "kind": pl.String,
    "delivered_at": INSTANT,
}
"""Columns of deliveries that are matched by likeness."""

_TOLD = ("delivery_id", "contract", "kind", "delivered_at")


@dataclass(frozen=True, slots=True)
class EarlierPeople:
    """Good deliveries of before, made ready to be matched by likeness.

    Attributes:
        told: `delivery_id`, `contract`, `kind`, `delivered_at`.
        prepared: Row by row, as `fuzzy.prepare` gives them.
    """

    told: pl.DataFrame
    prepared: pl.DataFrame

    @classmethod
    def of(cls, people: pl.DataFrame) -> EarlierPeople:
        """Make deliveries ready: the columns of `FUZZY` and of `told`."""
        from payper.adjudication.fuzzy import prepare

        return cls(people.select(_TOLD), prepare(people))

    def beside(self, others: EarlierPeople) -> EarlierPeople:
        """Give these and those after them."""
        return EarlierPeople(self.told.vstack(others.told), self.prepared.vstack(others.prepared))


def earlier_people(database: Database, contracts: Collection[str]) -> EarlierPeople:
    """Read the good deliveries of some contracts."""
    frames = [_people_of(batch) for batch in database.batches("deliveries") if batch.chain in contracts]
    return EarlierPeople.of(pl.concat(frames).sort("delivery_id") if frames else pl.DataFrame(schema=PEOPLE_TYPES))


def _people_of(batch: Batch) -> pl.DataFrame:
    journal, people = pl.read_parquet(batch.journal), pl.read_parquet(batch.people)
    good = journal["verdict"] != "rejected"
    told = journal.select("delivery_id", pl.lit(batch.chain).alias("contract"), "kind", "delivered_at")
    return people.select(FUZZY).hstack(told).filter(good)


@dataclass(frozen=True)
class _Segments:
    """The segments in the database, read anew at each iteration, so that memory holds one at a time."""

    database: Database

    def __iter__(self) -> Any:
        for contract, provider, blob in self.database.segments():
            if blob:
                yield Segment.from_bytes(blob, contract=contract, provider=provider)


__all__ = ["JOURNAL", "Decided", "JudgedChunk", "Judging"]

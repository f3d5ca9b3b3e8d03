"""Deliveries with their verdicts, ready to be kept: sealed as batches of the journal, or as few rows of one that stays open."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import polars as pl

from payper.adjudication.marks import codes, reasons_of
from payper.adjudication.past import REJECTED, Segment
from payper.store.database import Batch, Database
from payper.store.parts import parquet
from payper.terms.contract import Contract

JOURNAL: tuple[str, ...] = (
    "row",
    "external_id",
    "kind",
    "generated_at",
    "delivered_at",
    "contract_version",
    "price_rows",
    "replaces",
    "meeting_at",
    "meeting_minutes",
    "prospect",
    "row_digest",
)
"""Columns of the journal beside what judging adds: `delivery_id`, `verdict`, `reasons` (codes joined by `;`), `price_minor`,
`is_replacement`. `prospect` is the keyed hash of the normal e-mail, `row_digest` that of the row as sent."""

WORKERS = 2
"""Blocks judged at the same time: most of the work is done outside the interpreter's lock."""


@dataclass
class Chunk:
    """Rows of one file that were judged by themselves; `people` is bytes where many wait."""

    contract: str
    file: str
    first: int
    base: pl.DataFrame
    people: bytes | pl.DataFrame
    day: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JudgedChunk:
    """Rows of one contract with their verdicts.

    Attributes:
        journal: `JOURNAL` and what judging adds.
        people: The columns as sent and as understood; None: they wait as bytes.
        segment: Of the good ones; None: there are none.
        verdicts: As `Database.add_verdicts` takes them.
    """

    contract: str
    file: str
    provider: str
    journal: pl.DataFrame
    people: pl.DataFrame | None
    segment: Segment | None
    verdicts: pl.DataFrame


@dataclass
class Decided:
    """Every new delivery with its verdict, ready to be kept.

    Attributes:
        database: Where they are kept.
        contracts: Versions by contract id.
        chunks_judged: What was judged by rows, in the order read.
        arriving: The rows that reached arrival, with their keys.
        ids: By position in reading order, the delivery's number.
        decided: What arrival decided, or None when no row reached it.
    """

    database: Database
    contracts: Mapping[str, Sequence[Contract]]
    chunks_judged: Sequence[Chunk]
    arriving: Sequence[pl.DataFrame]
    ids: npt.NDArray[np.int64]
    decided: pl.DataFrame | None

    def keep(self, *, run: int) -> None:
        """Seal every chunk as a batch and keep its verdicts; call inside a transaction."""
        database = self.database
        chunks = iter(self.chunks_judged)
        # The next chunks are made ready while the database, which belongs to this thread, takes one.
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            coming = deque(pool.submit(self._sealed, chunk) for chunk in islice(chunks, WORKERS))
            while coming:
                batch, verdicts = coming.popleft().result()
                coming.extend(pool.submit(self._sealed, chunk) for chunk in islice(chunks, 1))
                number = database.add_batch(batch, run=run)
                database.add_verdicts(verdicts, batch=number)
                database.add_outbox("verdicts", str(number))

    def _sealed(self, chunk: Chunk) -> tuple[Batch, pl.DataFrame]:
        """Give a chunk as a batch of the journal, and its verdicts."""
        judged = self._judged(chunk)
        assert isinstance(chunk.people, bytes), "only live deliveries wait as frames"
        batch = Batch(
            subject="deliveries",
            chain=chunk.contract,
            file=chunk.file,
            provider=judged.provider,
            rows=judged.journal.height,
            journal=parquet(judged.journal),
            people=chunk.people,
            segment=b"" if judged.segment is None else judged.segment.to_bytes(),
        )
        return batch, judged.verdicts

    def chunks(self) -> Iterator[JudgedChunk]:
        """Give what was decided chunk by chunk, in the order added; for live deliveries, which nobody seals yet."""
        for chunk in self.chunks_judged:
            yield self._judged(chunk)

    def _judged(self, chunk: Chunk) -> JudgedChunk:
        frame = self._final(chunk)
        versions = self.contracts.get(chunk.contract)
        provider = versions[-1].provider if versions else ""
        return JudgedChunk(
            contract=chunk.contract,
            file=chunk.file,
            provider=provider,
            journal=frame.select(*JOURNAL, "delivery_id", "verdict", "reasons", "price_minor", "is_replacement"),
            people=chunk.people if isinstance(chunk.people, pl.DataFrame) else None,
            segment=self._segment(frame, chunk, provider=provider),
            verdicts=frame.select(
                "delivery_id", pl.col("verdict_code").alias("verdict"), pl.col("headline_number").alias("headline"), "price_minor"
            ),
        )

    def _final(self, chunk: Chunk) -> pl.DataFrame:
        """Join what arrival decided to a chunk's rows; a row that never arrived was rejected by its own reasons."""
        own = pl.Series("delivery_id", self.ids[chunk.first : chunk.first + chunk.base.height])
        frame = chunk.base.with_columns(own)
        if self.decided is None:
            joined = frame.with_columns(
                pl.lit(REJECTED, dtype=pl.UInt8).alias("verdict_code"),
                pl.lit(0, dtype=pl.Int64).alias("price_minor"),
                pl.lit(value=False).alias("is_replacement"),
            )
        else:
            decided = self.decided.rename({"marks": "final", "verdict": "verdict_code"})
            joined = frame.join(decided, on="delivery_id", how="left", maintain_order="left").with_columns(
                pl.coalesce("final", "marks").alias("marks"),
                pl.col("verdict_code").fill_null(REJECTED),
                pl.col("price_minor").fill_null(0),
                pl.col("is_replacement").fill_null(value=False),
            )
        words = codes(joined["marks"])
        distinct = joined["marks"].unique()
        numbers = {each: (reasons_of(each)[0].number if each else 0) for each in distinct.to_list()}
        return joined.with_columns(
            words["headline"],
            words["reasons"].list.join(";").alias("reasons"),
            pl.col("verdict_code")
            .cast(pl.Int64)
            .replace_strict({0: "accepted", 1: "rejected", 2: "review", 3: "quarantined"}, return_dtype=pl.String)
            .alias("verdict"),
            pl.col("marks").replace_strict(numbers, return_dtype=pl.Int64).alias("headline_number"),
        )

    def _segment(self, frame: pl.DataFrame, chunk: Chunk, *, provider: str) -> Segment | None:
        """Take the keys of the good deliveries out of what arrival saw; None: there are none."""
        if self.decided is None or self._keys is None:
            return None
        good = frame.with_columns(pl.Series("day", chunk.day)).filter(pl.col("verdict_code") != REJECTED)
        if good.is_empty():
            return None
        keyed = good.select(
            "delivery_id",
            "day",
            "price_minor",
            "is_replacement",
            pl.col("verdict_code").alias("verdict"),
            pl.col("delivered_at").dt.timestamp("us"),
        ).join(self._keys, on="delivery_id", how="left", maintain_order="left")
        return Segment.of(keyed, contract=chunk.contract, provider=provider)

    def __post_init__(self) -> None:
        if not self.arriving:
            self._keys: pl.DataFrame | None = None
            return
        keys = pl.concat([each.select("delivery_id", "company", pl.selectors.starts_with("key_", "check_")) for each in self.arriving])
        self._keys = keys.with_columns(pl.Series("delivery_id", self.ids[keys["delivery_id"].to_numpy()]))

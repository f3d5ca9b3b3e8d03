"""Facts that found no delivery or were refused, as the last settlement said: kept, so that a page needs no settling."""

# ruff: noqa: S608  # statements are put together of fixed texts and marks; every value is a parameter

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from payper.store.database import Database

REFUSED = "refused_facts"
"""The setting that holds the digest of what is kept, so that the same is not written again."""

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "contract": pl.String,
    "act": pl.String,
    "external_id": pl.String,
    "happened_at": pl.Datetime("us", "UTC"),
    "code": pl.String,
    "words": pl.String,
    "file": pl.String,
    "row": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """One fact that was not taken; `contract` is empty where none is named."""

    place: int
    contract: str
    act: str
    external_id: str | None
    happened_at: datetime | None
    code: str
    words: str
    file: str
    row: int


class Refusals(Database):
    """The statements; every change happens inside `transaction`."""

    @classmethod
    def of(cls, database: Database) -> Refusals:
        """Give the same book with these statements."""
        return cls(database._connection)  # noqa: SLF001  # the same connection, with more statements

    def keep_refusals(self, refused: pl.DataFrame) -> None:
        """Keep these in place of those before, in their order.

        Args:
            refused: As `SCHEMA`; file and row may be null.
        """
        rows = refused.with_columns(
            pl.col("contract", "file").fill_null(""), pl.col("row").fill_null(0), pl.col("happened_at").dt.timestamp("us")
        ).select(list(SCHEMA))
        digest = hashlib.sha256(rows.write_ndjson().encode()).hexdigest()
        if self.setting(REFUSED) == digest or (rows.is_empty() and self.setting(REFUSED) is None):
            return
        self._connection.run("delete from refusal")
        self._connection.insert("refusal", rows.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("place")))
        self.set_setting(REFUSED, digest)

    def refusals(
        self, contracts: Sequence[str], *, acts: Sequence[str], codes: Sequence[str] | None, but: Sequence[str], after: int, limit: int
    ) -> list[RefusalRow]:
        """List refused facts of some contracts in their order.

        Args:
            contracts: Their ids; an empty one is of facts that name none.
            acts: Of these kinds.
            codes: With one of these codes; None: whatever it is.
            but: With none of these codes.
            after: The place after which to begin.
            limit: At most so many.
        """
        tests = [f"contract in ({_marks(contracts)})", f"act in ({_marks(acts)})", "place > ?"]
        values: list[object] = [*contracts, *acts, after]
        if codes is not None:
            tests.append(f"code in ({_marks(codes)})")
            values += codes
        if but:
            tests.append(f"code not in ({_marks(but)})")
            values += but
        columns = "place, contract, act, external_id, happened_at, code, words, file, row"
        sql = f"select {columns} from refusal where {' and '.join(tests)} order by place limit ?"
        return [
            RefusalRow(int(row[0]), row[1], row[2], row[3], _instant(row[4]), row[5], row[6], row[7], int(row[8]))
            for row in self._connection.rows(sql, (*values, limit))
        ]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values)) or "null"


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(micros))

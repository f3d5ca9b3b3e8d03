"""The people of the buyer's CRM, as keyed hashes: they say nothing about anybody without the book's secret."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import polars as pl

from payper.store.book_terms import BookTerms
from payper.store.database import Database
from payper.store.parts import parquet

CRM = "crm"
"""The setting that holds the digest of the people kept; none: no CRM was ever kept."""

PART_ROWS = 500_000
SCHEMA = {"email": pl.UInt64, "person": pl.UInt64}


class CrmPeople(BookTerms):
    """The statements; every change counts up what contracts are read to say, and happens inside `transaction`."""

    @classmethod
    def of(cls, database: Database) -> CrmPeople:
        """Give the same book with these statements."""
        return cls(database._connection)  # noqa: SLF001  # the same connection, with more statements

    def crm(self) -> pl.DataFrame | None:
        """Give `email` and `person` (UInt64, null where there is none), a row a person; None: no CRM was ever kept."""
        if self.setting(CRM) is None:
            return None
        parts = [pl.read_parquet(bytes(row[0])) for row in self._connection.rows("select content from crm_part order by part")]
        return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)

    def is_crm(self, people: pl.DataFrame) -> bool:
        """Tell whether these people are those that are kept."""
        return self.setting(CRM) == _digest(_ordered(people))

    def keep_crm(self, people: pl.DataFrame) -> None:
        """Keep these people in place of those before."""
        ordered = _ordered(people)
        self._connection.run("delete from crm_part")
        for number, part in enumerate(ordered.iter_slices(PART_ROWS), start=1):
            self._connection.run("insert into crm_part (part, rows, content) values (?, ?, ?)", (number, part.height, parquet(part)))
        self.set_setting(CRM, _digest(ordered))
        self.count_change()

    def drop_from_crm(self, emails: Collection[int]) -> int:
        """Take the people of some hashed e-mails out; give how many were there."""
        before = self.crm()
        if before is None or not emails:
            return 0
        kept = before.filter(~pl.col("email").is_in(pl.Series(list(emails), dtype=pl.UInt64).implode()).fill_null(value=False))
        if kept.height != before.height:
            self.keep_crm(kept)
        return before.height - kept.height


def _ordered(people: pl.DataFrame) -> pl.DataFrame:
    return people.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()).unique().sort("email", "person")


def _digest(ordered: pl.DataFrame) -> str:
    digest = hashlib.sha256()
    for name in SCHEMA:
        digest.update(ordered[name].fill_null(0).to_numpy().tobytes())
    return digest.hexdigest()

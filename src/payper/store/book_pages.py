"""The statements behind pages: a few rows of a book at a time, never all of it."""

# ruff: noqa: S608  # statements are put together of fixed texts and marks; every value is a parameter

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from payper.store.database import Database, read_database
from payper.store.derived import Place, all_places, newest_places, places_of_run
from payper.store.parts import parquet, unpack

WINDOW = 20_000
"""Deliveries that are gone through one by one for a page, before batches are looked up by their counts."""

_TRANSFER = ("transfer_id", "charge_id", "kind", "happened_at", "amount_minor", "currency", "cause")
_OF_RUN = "contract, kind, transfer_id, happened_at, amount_minor, currency"


@dataclass(frozen=True, slots=True)
class BatchHead:
    """What a batch of the journal is, without its content."""

    batch: int
    contract: str
    file: str
    run: int
    rows: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One kept verdict: `verdict` and `headline` are numbers, as the store has them."""

    delivery_id: int
    batch: int
    verdict: int
    headline: int
    price_minor: int


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One transfer; `happened_at` in microseconds since 1970, UTC."""

    transfer_id: str
    charge_id: str
    kind: str
    happened_at: int
    amount_minor: int
    currency: str
    cause: str


@contextmanager
def read_pages(address: Path | str) -> Iterator[BookPages]:
    """Open a book that is there to be read a page at a time; as `read_database`.

    Raises:
        StoreError: There is no book of payper's, or it is of another version.
    """
    with read_database(address) as database:
        yield BookPages(database._connection)  # noqa: SLF001  # the same connection, with more statements


class BookPages(Database):
    """Reads of a few rows; every one names the contracts that may be seen, so that no page can forget to."""

    def batch_heads(self, contracts: Sequence[str], *, subject: str = "deliveries") -> list[BatchHead]:
        """List the batches of some contracts, oldest first.

        Only columns that stand before the large ones: SQLite goes through all that stands before a column.
        """
        sql = f"select batch, chain, file, run, rows, digest from batch where subject = ? and chain in ({_marks(contracts)}) order by batch"
        rows = self._connection.rows(sql, (subject, *contracts))
        # An open batch has no digest yet; what is kept at hand of it holds for so many rows.
        return [BatchHead(int(row[0]), row[1], row[2], int(row[3]), int(row[4]), bytes(row[5]) or b"%d" % row[4]) for row in rows]

    def state(self) -> tuple[object, ...]:
        """Give what changes whenever something is recorded, settled or erased: runs, batches, versions, the settled day, erasures."""
        newest = self._row("select max(batch), sum(rows) from batch")
        versions = self._row("select count(*), max(recorded_at) from contract_version")
        settings = tuple(self.setting(name) for name in ("settled_until", "latest_day", "erasures", "programme"))
        return (self.runs(), *(newest or ()), *(versions or ()), *settings)

    def journal(self, batch: int) -> bytes:
        """Give the sealed rows of a batch, as Parquet."""
        return self._blob("journal", batch)

    def people(self, batch: int) -> bytes:
        """Give the columns as sent and as understood of a batch, as Parquet: personal data."""
        return self._blob("people", batch)

    def verdict_rows(
        self, contracts: Sequence[str], *, verdict: int | None, headline: int | None, before: int | None, limit: int
    ) -> list[VerdictRow] | None:
        """Give the newest verdicts of some contracts, those before a delivery where one is named.

        Returns:
            At most `limit` rows, the newest first; None where so many are not among the newest `WINDOW` deliveries of the book: then
            `verdict_groups` says where they are.
        """
        newest = before if before is not None else self.last_delivery_id() + 1
        tests: list[tuple[str, object]] = [
            (test, value) for test, value in (("verdict = ?", verdict), ("headline = ?", headline)) if value is not None
        ]
        where = " and ".join(
            [
                "delivery_id < ? and delivery_id >= ?",
                *(test for test, _ in tests),
                f"batch in (select batch from batch where subject = 'deliveries' and chain in ({_marks(contracts)}))",
            ]
        )
        sql = f"select delivery_id, batch, verdict, headline, price_minor from verdict where {where} order by delivery_id desc limit ?"
        values = (newest, newest - WINDOW, *(value for _, value in tests), *contracts, limit)
        rows = [VerdictRow(*map(int, row)) for row in self._connection.rows(sql, values)]
        return rows if len(rows) == limit or newest <= WINDOW else None

    def verdict_groups(
        self, contracts: Sequence[str], *, verdict: int | None, headline: int | None, before: int | None
    ) -> list[tuple[int, int]]:
        """Say which batches of some contracts hold such verdicts, those before a delivery where one is named.

        Returns:
            Batch and the highest delivery that may be of them, the highest first.
        """
        tests: list[tuple[str, object]] = [
            (test, value)
            for test, value in (("verdict = ?", verdict), ("headline = ?", headline), ("first_id < ?", before))
            if value is not None
        ]
        own = f"batch in (select batch from batch where subject = 'deliveries' and chain in ({_marks(contracts)}))"
        where = " and ".join([own, *(test for test, _ in tests)])
        sql = f"select batch, max(last_id) from verdict_group where {where} group by batch order by 2 desc, 1"
        return [(int(row[0]), int(row[1])) for row in self._connection.rows(sql, (*contracts, *(value for _, value in tests)))]

    def verdict_row(self, delivery_id: int, contracts: Sequence[str]) -> VerdictRow | None:
        """Give one verdict where it is of these contracts, or None."""
        sql = (
            "select delivery_id, batch, verdict, headline, price_minor from verdict where delivery_id = ? "
            f"and batch in (select batch from batch where subject = 'deliveries' and chain in ({_marks(contracts)}))"
        )
        row = self._row(sql, (delivery_id, *contracts))
        return None if row is None else VerdictRow(*map(int, row))

    def verdicts_of(self, ids: Sequence[int], contracts: Sequence[str]) -> list[VerdictRow]:
        """Give the verdicts of some deliveries, those of these contracts."""
        own = f"batch in (select batch from batch where subject = 'deliveries' and chain in ({_marks(contracts)}))"
        found: list[VerdictRow] = []
        for first in range(0, len(ids), 500):
            part = ids[first : first + 500]
            sql = f"select delivery_id, batch, verdict, headline, price_minor from verdict where delivery_id in ({_marks(part)}) and {own}"
            found += [VerdictRow(*map(int, row)) for row in self._connection.rows(sql, (*part, *contracts))]
        return found

    def account_sums(self, contracts: Sequence[str]) -> pl.DataFrame:
        """Give what moved between accounts: contract, debit_account, credit_account, currency, amount_minor."""
        columns = "contract, debit_account, credit_account, currency, amount_minor"
        rows = self._connection.rows(f"select {columns} from account_sum where contract in ({_marks(contracts)})", contracts)
        schema = dict.fromkeys(columns.split(", "), pl.String) | {"amount_minor": pl.Int64}
        return pl.DataFrame([(*row[:4], int(row[4])) for row in rows], schema=schema, orient="row")

    def transfer_rows(self, contract: str, *, before: Place | None, limit: int) -> list[TransferRow]:
        """Give the newest transfers of a contract, those before a place where one is named, in the order of `derived.Place`."""
        return self._rows_at(contract, newest_places(self._connection, contract, before=before, limit=limit))

    def _rows_at(self, contract: str, places: Sequence[Place]) -> list[TransferRow]:
        ids = [f"{contract}/{delivery}/{rest}" for _, delivery, rest in places]
        found: dict[str, TransferRow] = {}
        for first in range(0, len(ids), 500):
            part = ids[first : first + 500]
            sql = f"select {', '.join(_TRANSFER)} from transfer where transfer_id in ({_marks(part)})"
            found |= {str(row[0]): _transfer(row) for row in self._connection.rows(sql, part)}
        return [found[id_] for id_ in ids]

    def all_transfer_rows(self, contract: str, *, at_once: int) -> Iterator[list[TransferRow]]:
        """Give all transfers of a contract, the newest first, so many at a time."""
        for places in batched(all_places(self._connection, contract), at_once):
            yield self._rows_at(contract, places)

    def count_transfers(self, contract: str) -> int:
        """Count the transfers of a contract."""
        return self._number("select count(*) from transfer where contract = ?", (contract,))

    def count_verdicts(self, contracts: Sequence[str], *, verdict: int | None, headline: int | None) -> int:
        """Count the verdicts of some contracts."""
        tests: list[tuple[str, object]] = [
            (test, value) for test, value in (("verdict = ?", verdict), ("headline = ?", headline)) if value is not None
        ]
        own = f"batch in (select batch from batch where subject = 'deliveries' and chain in ({_marks(contracts)}))"
        where = " and ".join([own, *(test for test, _ in tests)])
        sql = f"select coalesce(sum(rows), 0) from verdict_group where {where}"
        return self._number(sql, (*contracts, *(value for _, value in tests)))

    def transfers_of(self, contract: str, delivery_id: int, charges: Sequence[str]) -> list[TransferRow]:
        """Give the transfers of a delivery's charges, in order of time."""
        # Ids stand in the order of their bytes, so that those that begin alike are a range of the key; `0` follows the slash.
        own = f"{contract}/{delivery_id}"
        sql = (
            f"select {', '.join(_TRANSFER)} from transfer where transfer_id >= ? and transfer_id < ? and charge_id in ({_marks(charges)}) "
            "order by happened_at, transfer_id"
        )
        return [_transfer(row) for row in self._connection.rows(sql, (f"{own}/", f"{own}0", *charges))]

    def batch_rows(self, batch: int) -> tuple[str, str, bytes]:
        """Give subject, chain and rows (Parquet) of a batch, open ones as far as they go; empty where it is not there."""
        row = self._row("select subject, chain from batch where batch = ?", (batch,))
        return ("", "", b"") if row is None else (str(row[0]), str(row[1]), self.journal(batch))

    def transfers_of_run(self, run: int) -> Iterator[tuple[str, str, list[tuple[str, int, int, str]]]]:
        """Give what a run added to the ledger, by contract and kind: transfer_id, happened_at (microseconds), amount_minor, currency."""
        places = places_of_run(self._connection, run)
        if places is None:
            own = {"": self._connection.rows(f"select {_OF_RUN} from transfer where run = ?", (run,))}
        else:
            own = {contract: self._transfers_with(ids) for contract, ids in sorted(places.items())}
        for rows in own.values():
            found: dict[tuple[str, str], list[tuple[str, int, int, str]]] = {}
            for contract, kind, transfer, at, amount, currency in rows:
                found.setdefault((str(contract), str(kind)), []).append((str(transfer), int(at), int(amount), str(currency)))
            for (contract, kind), told in sorted(found.items()):
                yield contract, kind, sorted(told, key=lambda row: (row[1], row[0]))

    def _transfers_with(self, ids: Sequence[str]) -> Iterator[Sequence[Any]]:
        for first in range(0, len(ids), 500):
            part = ids[first : first + 500]
            yield from list(self._connection.rows(f"select {_OF_RUN} from transfer where transfer_id in ({_marks(part)})", part))

    def answers_of_run(self, run: int) -> dict[str, list[tuple[str, int, str]]]:
        """Give the returns that a run answered, by contract: external_id, claimed_at (microseconds), outcome."""
        found: dict[str, list[tuple[str, int, str]]] = {}
        sql = "select contract, external_id, claimed_at, outcome from return_answer where run = ? order by claimed_at, external_id"
        for contract, external_id, at, outcome in self._connection.rows(sql, (run,)):
            found.setdefault(str(contract), []).append((str(external_id), int(at), str(outcome)))
        return found

    def _blob(self, column: str, batch: int) -> bytes:
        row = self._row(f"select {column}, digest from batch where batch = ?", (batch,))
        if row is not None and not len(row[1]):
            parts = self._connection.rows(f"select {column} from batch_part where batch = ? order by part", (batch,))
            return parquet(unpack(bytes(part[0]) for part in parts))
        return b"" if row is None else bytes(row[0])


def batched(places: Iterable[Place], size: int) -> Iterator[list[Place]]:
    """Give so many places at a time, the last ones fewer."""
    rest = iter(places)
    while own := list(islice(rest, size)):
        yield own


def _marks(values: Sequence[object]) -> str:
    """Give as many marks as there are values; `in (null)` is true of nothing."""
    return ", ".join("?" * len(values)) or "null"


def _transfer(row: Sequence[object]) -> TransferRow:
    transfer_id, charge_id, kind, happened_at, amount, currency, cause = row
    return TransferRow(str(transfer_id), str(charge_id), str(kind), int(str(happened_at)), int(str(amount)), str(currency), str(cause))

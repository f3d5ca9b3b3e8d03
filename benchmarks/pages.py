"""Seconds until the desk has what a page shows, for a book of many deliveries: the example's batches over and over, numbered anew.

    python benchmarks/pages.py --deliveries 1000000 [--database postgresql://user@host/database] [--repetitions 5] [--seed 1]

`first` is with nothing at hand in the process, as after a start; the others are medians. What a page costs beside (session, template, HTTP) is
some milliseconds, and does not grow with the book.
"""

from __future__ import annotations

import argparse
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from payper.adjudication.past import VERDICT_CODES
from payper.desk.folder.run import run_programme
from payper.desk.people.installation import Installation, attach_book
from payper.desk.people.people import Actor
from payper.desk.reads import shelf
from payper.desk.reads.read_contracts import list_contracts
from payper.desk.reads.read_deliveries import Filters, list_deliveries, read_delivery
from payper.desk.reads.read_home import read_home
from payper.desk.reads.read_money import list_balances, list_lines
from payper.desk.reads.read_prospects import find_prospects, read_next
from payper.desk.reads.read_quality import read_quality
from payper.desk.reads.read_today import read_today
from payper.ledger import account_name
from payper.ledger.accounts import Purpose
from payper.parties import Role, acts_of
from payper.reasons import Reason
from payper.store.database import Batch, Database, open_database, read_database

BATCH_ROWS = 131_072
NOW = datetime(2026, 7, 24, tzinfo=UTC)


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    return buffer.getvalue()


def tile(example: Path, address: str, *, deliveries: int, seed: int) -> None:
    """Write a book of so many deliveries, contracts mixed in the order of arrival."""
    with read_database(example) as small:
        parts: dict[str, list[tuple[pl.DataFrame, pl.DataFrame]]] = {}
        providers = {}
        for batch in small.batches("deliveries"):
            parts.setdefault(batch.chain, []).append((pl.read_parquet(batch.journal), pl.read_parquet(batch.people)))
            providers[batch.chain] = batch.provider
        texts, settings = small.contract_texts(), {name: small.setting(name) or "" for name in ("settled_until", "latest_day", "rates")}
    order = np.random.default_rng(seed).permutation(deliveries)
    share, first = deliveries // len(parts), 0
    with open_database(address) as book, book.transaction():
        book.set_setting("secret", "a secret of a benchmark, 32 bytes")
        for contract, version, hash_, text in texts:
            book.add_contract(contract=contract, version=version, hash_=hash_, text=text)
        for name, value in settings.items():
            book.set_setting(name, value)
        run = book.begin_run(as_of=None)
        for contract, frames in parts.items():
            journal = pl.concat([each[0] for each in frames], how="diagonal")
            people = pl.concat([each[1] for each in frames], how="diagonal")
            ids = np.sort(order[first : first + share]) + 1
            first += share
            for begin in range(0, share, BATCH_ROWS):
                own = ids[begin : begin + BATCH_ROWS]
                places = np.arange(begin, begin + len(own)) % journal.height
                _add(book, journal[places], people[places], own, contract=contract, provider=providers[contract], run=run)


def _add(book: Database, journal: pl.DataFrame, people: pl.DataFrame, ids: np.ndarray, *, contract: str, provider: str, run: int) -> None:
    journal = journal.with_columns(
        pl.Series("delivery_id", ids, dtype=pl.Int64), pl.format("{}-{}", "external_id", pl.Series(ids)).alias("external_id")
    )
    batch = Batch(
        subject="deliveries", chain=contract, file="deliveries/tiled.csv", provider=provider, rows=len(ids), journal=parquet(journal),
        people=parquet(people),
    )  # fmt: skip
    number = book.add_batch(batch, run=run)
    codes = {name: code for code, name in enumerate(VERDICT_CODES)}
    numbers = {reason.name: reason.number for reason in Reason}
    headline = pl.col("reasons").str.split(";").list.first().replace_strict(numbers, default=0, return_dtype=pl.Int64)
    verdict = pl.col("verdict").replace_strict(codes, return_dtype=pl.UInt8)
    book.add_verdicts(journal.select("delivery_id", verdict, headline.alias("headline"), "price_minor"), batch=number)
    charged = journal.filter((pl.col("verdict") == "accepted") & (pl.col("price_minor") > 0))
    charge_id = pl.format(contract + "/{}/accepted", "delivery_id").alias("charge_id")
    one = [pl.lit(contract).alias("contract"), pl.lit("accepted").alias("milestone"), pl.lit(1).alias("number")]
    book.add_charges(
        charged.select(charge_id, "delivery_id", *one, pl.lit(0).alias("price_row"), pl.col("price_minor").alias("amount_minor")), run=run
    )
    buyer = "northwind"
    ways = {
        "pending": (account_name(buyer, contract, Purpose.CHARGES), account_name(provider, contract, Purpose.PENDING)),
        "post": (account_name(provider, contract, Purpose.PENDING), account_name(provider, contract, Purpose.PAYABLE)),
    }
    for kind, (debit, credit) in ways.items():
        transfers = charged.select(
            pl.format(contract + "/{}/accepted/" + kind, "delivery_id").alias("transfer_id"), charge_id, pl.lit(contract).alias("contract"),
            pl.lit(kind).alias("kind"), pl.col("delivered_at").alias("happened_at"), pl.col("price_minor").alias("amount_minor"),
            pl.lit("USD").alias("currency"), pl.lit(debit).alias("debit_account"), pl.lit(credit).alias("credit_account"),
            pl.lit("a benchmark").alias("cause"), pl.lit(None, dtype=pl.String).alias("corrects"),
        )  # fmt: skip
        book.add_transfers(transfers, run=run)


def measure(installation: Installation, *, repetitions: int) -> None:
    owner = Actor("northwind", "benchmark", acts_of(Role.OWNER), role=Role.OWNER)
    provider = Actor("intentreach", "benchmark", acts_of(Role.PROVIDER_MANAGER), role=Role.PROVIDER_MANAGER)
    with installation.open() as directory:

        def deliveries(actor: Actor, **filters: str) -> Callable[[], object]:
            return lambda: list_deliveries(directory, actor, buyer="northwind", filters=Filters(**filters))

        page = list_deliveries(directory, owner, buyer="northwind", filters=Filters())
        shelf.clear()
        number = page.rows[20].number
        cases: list[tuple[str, Callable[[], object]]] = [
            ("deliveries, newest", deliveries(owner)),
            ("deliveries, one contract and verdict", deliveries(owner, contract="northwind-reach", verdict="rejected")),
            ("deliveries, a rare reason", deliveries(owner, reason="IMPLAUSIBLE")),
            ("deliveries, a reason nobody has", deliveries(owner, reason="EMAIL_NO_MX")),
            ("deliveries, a provider's", deliveries(provider)),
            ("deliveries, next page", lambda: list_deliveries(directory, owner, buyer="northwind", filters=Filters(), before=page.next)),
            ("one delivery", lambda: read_delivery(directory, owner, buyer="northwind", number=number, at=NOW)),
            ("contracts", lambda: list_contracts(directory, owner)),
            ("home", lambda: read_home(directory, owner)),
            ("home, what is worth a look", lambda: read_today(directory, owner, at=NOW)),
            ("home, a provider's", lambda: read_home(directory, provider)),
            ("quality, a provider's", lambda: read_quality(directory, provider)),
            ("prospects, whom to touch next", lambda: read_next(directory, owner, buyer="northwind", at=NOW)),
            ("prospects, a company", lambda: find_prospects(directory, owner, buyer="northwind", query="selvabridge", at=NOW)),
            ("prospects, nobody", lambda: find_prospects(directory, owner, buyer="northwind", query="nobody is called so", at=NOW)),
            ("balances", lambda: list_balances(directory, owner)),
            ("statement lines", lambda: list_lines(directory, owner, buyer="northwind", contract="northwind-reach")),
        ]
        print(f"{'page':40} {'first ms':>10} {'median ms':>10} {'of it CPU':>10}")
        for name, call in cases:
            times, works = [], []
            for _ in range(repetitions + 1):
                began, worked = time.perf_counter(), time.process_time()
                call()
                times.append((time.perf_counter() - began) * 1000)
                works.append((time.process_time() - worked) * 1000)
            print(f"{name:40} {times[0]:10.1f} {statistics.median(times[1:]):10.1f} {statistics.median(works[1:]):10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=1_000_000)
    parser.add_argument("--database", default="")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run_programme(Path("examples/northwind"), out=Path(folder) / "example")
        installation = Installation(told.database or str(Path(folder) / "data"))
        installation.prepare()
        address = installation.book_of("northwind")
        began = time.perf_counter()
        tile(Path(folder) / "example" / "payper.sqlite", address, deliveries=told.deliveries, seed=told.seed)
        print(f"{told.deliveries:,} deliveries written in {time.perf_counter() - began:.0f} s")
        with installation.open() as directory:
            attach_book(directory, address, at=NOW)
        measure(installation, repetitions=told.repetitions)


if __name__ == "__main__":
    main()

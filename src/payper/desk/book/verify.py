"""Verify a database: rebuild chain, verdicts, keys and balances from the journal, and say the first place where they differ."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from payper.adjudication.past import VERDICT_CODES
from payper.desk.book.judging_anew import judge_anew
from payper.desk.book.places import find_database
from payper.desk.book.recorded import recorded_contracts, recorded_rates
from payper.desk.book.settling import SETTLED_DELIVERY, settle_known
from payper.desk.folder.reading import end_of
from payper.ledger.balances import balances
from payper.reasons import Reason
from payper.store.database import Database, read_database
from payper.store.open_batches import CHAIN_START
from payper.terms.contract import Contract

_COMPARE = "Compare with the receipts that both parties hold, and restore the database from a copy."


@dataclass
class Verification:
    """What was found.

    Attributes:
        fault: The first difference, in words; None: there is none.
        lines: What was checked.
    """

    fault: str | None = None
    lines: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {"verified": self.fault is None, "fault": self.fault, **self.counts}


def verify(folder: Path | str) -> Verification:
    """Rebuild what is derived from the journal and compare.

    Args:
        folder: Output folder, programme folder, database file, or the address of a server.

    Raises:
        UsageError: There is no database.
    """
    path = find_database(folder)
    with read_database(path) as database:
        result = Verification()
        for check in (_chain, _verdicts, _ledger, _sums):
            result.fault = check(database, result)
            if result.fault is not None:
                break
        else:
            result.lines.append(f"{path}: journal, verdicts and ledger agree.")
            anew = judge_anew(database)
            result.counts |= {"judged_anew": anew.judged, "judged_otherwise": anew.differing, "not_judged_anew": sum(anew.left.values())}
            result.lines.append(anew.line)
        return result


def _chain(database: Database, result: Verification) -> str | None:
    """Follow every chain: each digest covers the journal and the digest before it."""
    last: dict[str, bytes] = {}
    count = open_rows = 0
    for batch in database.batches():
        if batch.is_open:
            open_rows += batch.rows
            continue
        where = f"batch {batch.batch} ({batch.subject} of {batch.file}, chain {batch.chain or 'programme'})"
        if batch.previous != last.get(batch.chain, CHAIN_START):
            return f"{where}: it does not follow the batch before it in its chain, so one was taken out, put in or moved.\n{_COMPARE}"
        if batch.sealed_after(batch.previous) != batch.digest:
            return f"{where}: its journal is not what was sealed.\n{_COMPARE}"
        if batch.people and batch.people_digest and hashlib.sha256(batch.people).digest() != batch.people_digest:
            return f"{where}: the columns as sent are not what was kept.\nRestore the database from a copy."
        last[batch.chain] = batch.digest
        count += 1
    result.counts["batches"] = count
    result.lines.append(f"{count:,} batches in {len(last)} chains follow one another.")
    if open_rows:
        result.lines.append(f"{open_rows:,} deliveries stand in batches that are not sealed yet.")
    return None


def _verdicts(database: Database, result: Verification) -> str | None:
    """Compare the verdict rows with the journal."""
    kept = database.verdicts()
    frames = []
    for batch in database.batches("deliveries", with_people=False):
        journal = pl.read_parquet(batch.journal, columns=["delivery_id", "row", "verdict", "reasons", "price_minor"])
        frames.append(journal.with_columns(pl.lit(batch.batch, dtype=pl.Int64).alias("batch"), pl.lit(batch.file).alias("file")))
    if not frames:
        return None if kept.is_empty() else f"verdict {kept['delivery_id'][0]}: it stands in no batch of the journal."
    numbers = {reason.name: reason.number for reason in Reason}
    told = (
        pl.concat(frames)
        .sort("delivery_id")
        .with_columns(
            pl.col("verdict").replace_strict({name: code for code, name in enumerate(VERDICT_CODES)}, return_dtype=pl.UInt8),
            pl.col("reasons").str.split(";").list.first().replace_strict(numbers, default=0, return_dtype=pl.Int64).alias("headline"),
        )
    )
    if told["delivery_id"].is_duplicated().any():
        return f"delivery {told.filter(pl.col('delivery_id').is_duplicated())['delivery_id'][0]}: it stands in the journal twice."
    both = told.join(kept, on="delivery_id", how="full", suffix="_kept", coalesce=True).sort("delivery_id")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_kept")) for name in ("verdict", "headline", "price_minor", "batch"))
    wrong = both.filter(differs)
    if wrong.height:
        first = wrong.row(0, named=True)
        place = f"{first['file'] or 'no file'}, row {first['row'] or '?'}"
        return (
            f"delivery {first['delivery_id']} ({place}): the verdict kept is not the journal's.\n"
            "Restore the database from a copy, or run anew into an empty folder."
        )
    result.counts["deliveries"] = told.height
    result.lines.append(f"{told.height:,} verdicts are those of the journal.")
    return None


def _ledger(database: Database, result: Verification) -> str | None:
    """Settle the journal anew and compare transfers and balances."""
    contracts, day = recorded_contracts(database), database.setting("settled_until")
    recorded = database.transfers()
    if day is None or not contracts:
        return None if recorded.is_empty() else f"transfer {recorded['transfer_id'][0]}: nothing was settled, and it is there all the same."
    waiting = database.last_delivery_id() - int(database.setting(SETTLED_DELIVERY) or 2**62)
    if waiting > 0:
        result.lines.append(f"{waiting:,} deliveries wait to be settled, so the ledger was not compared; it is within seconds on a server.")
        return None
    settlement, _ = settle_known(database, contracts, recorded_rates(database), day=date.fromisoformat(day))
    fault = _balances(contracts, settlement.transfers, recorded, date.fromisoformat(day))
    if fault is None:
        result.counts["transfers"] = recorded.height
        result.lines.append(f"{recorded.height:,} transfers give the balances that the journal gives, as of {day}.")
    return fault


def _sums(database: Database, result: Verification) -> str | None:
    """Compare what pages read in place of all rows with the rows."""
    stray = database.stray()
    if stray is not None:
        return f"{stray}: it is not that of its rows, so pages would show another.\nRestore the database from a copy."
    result.lines.append("Sums and counts that pages read are those of their rows.")
    return None


def _balances(contracts: Mapping[str, Sequence[Contract]], told: pl.DataFrame, recorded: pl.DataFrame, day: date) -> str | None:
    for id_, versions in contracts.items():
        at = end_of(day, versions[-1].zone)
        own = pl.col("contract") == id_
        expected, found = (balances(frame.filter(own), as_of=at) for frame in (told, recorded))
        both = expected.join(found, on=["account", "currency"], how="full", suffix="_kept", coalesce=True).sort("account")
        wrong = both.filter(pl.col("balance_minor").fill_null(0) != pl.col("balance_minor_kept").fill_null(0))
        if wrong.height:
            first = wrong.row(0, named=True)
            says, gives = first["balance_minor_kept"] or 0, first["balance_minor"] or 0
            return (
                f"account {first['account']}: the ledger says {says}, and the journal gives {gives} (minor units of {first['currency']}).\n"
                "Run `payper run` again, which adds what is missing; if the difference stays, restore the database from a copy."
            )
        standing = recorded.filter(own & (pl.col("kind") != "reverse")).join(
            recorded.select(transfer_id="corrects"), on="transfer_id", how="anti"
        )
        if standing["transfer_id"].is_duplicated().any():
            return f"transfer {standing.filter(pl.col('transfer_id').is_duplicated())['transfer_id'][0]}: it is recorded twice."
    return None

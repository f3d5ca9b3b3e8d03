"""The act `payper contract backtest`: what past deliveries would have been judged and cost under other terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from payper.adjudication.adjudicate import adjudicate
from payper.deliveries import ANSWER_PREFIX, SCHEMA
from payper.desk.book.places import find_database
from payper.errors import UsageError
from payper.money import format_minor
from payper.reasons import Verdict
from payper.store.database import Database, read_database
from payper.terms.contract import Contract


@dataclass(frozen=True)
class Backtest:
    """Past deliveries, judged then and anew.

    Attributes:
        before: Deliveries by verdict, as judged then.
        after: The same under the terms asked about.
        before_minor: What acceptance owed then; `after_minor` anew, in minor units of `before_currency` and `after_currency`.
        moves: Deliveries by verdict then and verdict anew, where they differ, most first.
        reasons: Reasons that are given anew and were not given then, most first.
    """

    contract: str
    on: str
    before: Mapping[str, int]
    after: Mapping[str, int]
    before_minor: int
    after_minor: int
    before_currency: str
    after_currency: str
    moves: Sequence[tuple[str, str, int]]
    reasons: Sequence[tuple[str, int]]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "contract": self.contract,
            "on": self.on,
            "before": dict(self.before),
            "after": dict(self.after),
            "before_minor": self.before_minor,
            "after_minor": self.after_minor,
            "before_currency": self.before_currency,
            "after_currency": self.after_currency,
            "moves": [{"before": before, "after": after, "deliveries": count} for before, after, count in self.moves],
            "new_reasons": dict(self.reasons),
        }

    @property
    def lines(self) -> list[str]:
        """Say it in words."""
        total = sum(self.before.values())
        lines = [f"{total:,} past deliveries of {self.on}, judged by {self.contract}:"]
        lines += [
            f"  {name:<12} {self.before[name]:>8,} -> {self.after[name]:>8,}  ({self.after[name] - self.before[name]:+,})"
            for name in self.before
        ]
        owed = format_minor(self.before_minor, self.before_currency), format_minor(self.after_minor, self.after_currency)
        lines.append(f"  owed on acceptance: {owed[0]} -> {owed[1]}")
        lines += [f"  {count:,} go from {before} to {after}" for before, after, count in self.moves]
        if self.reasons:
            lines.append("  new reasons: " + ", ".join(f"{name} {count:,}" for name, count in self.reasons[:8]))
        return lines


def backtest(path: Path, *, on: str, folder: Path | str | str) -> Backtest:
    """Judge the recorded deliveries of a contract anew under the terms of a file.

    The terms are held to be in force whenever a delivery was generated; returns, replacements and other contracts' deliveries are left
    out of the question, in the old judging as in the new one only the contract's own deliveries count.

    Args:
        path: Contract file with the terms.
        on: Id of the contract whose deliveries are judged.
        folder: Programme folder, output folder, database file, or the address of a server.

    Raises:
        TermsError: The file has errors.
        UsageError: There is no database, or nothing recorded under the contract.
    """
    return backtest_terms(Contract.read(path), on=on, address=find_database(folder))


def backtest_terms(terms: Contract, *, on: str, address: Path | str, rows_max: int | None = None) -> Backtest:
    """Judge the recorded deliveries of a contract anew under terms; as `backtest`.

    Args:
        terms: What is asked about.
        on: Id of the contract whose deliveries are judged.
        address: The book.
        rows_max: No more than the newest so many; None: all.

    Raises:
        UsageError: Nothing is recorded under the contract.
    """
    with read_database(address) as database:
        past = _past(database, on, rows_max)
        currency = _currency(database, on) or terms.currency
    if past is None:
        raise UsageError(
            where=on,
            seen="No deliveries of this contract are recorded here.",
            mend="Name a contract of the programme; summary.json lists them.",
        )
    open_ended = replace(terms, starts=min(terms.starts, past["generated_at"].fill_null(past["delivered_at"]).min().date()), ends=None)  # type: ignore[union-attr]  # an instant
    sent = past.select(
        *SCHEMA,
        *(name for name in past.columns if name.startswith(ANSWER_PREFIX)),
        pl.when(pl.col("then_reasons") == "ROW_MALFORMED").then(pl.lit("as judged then")).alias("fault"),
    )
    anew = adjudicate(sent, open_ended, at=datetime.now(UTC))
    both = past.select("then", "then_reasons", "then_minor").hstack(anew.select("verdict", "reasons", "price_minor"))
    moved = (
        both.filter(pl.col("then") != pl.col("verdict"))
        .group_by("then", "verdict")
        .len()
        .sort("len", "then", "verdict", descending=[True, False, False])
    )
    fresh = (
        both.select(pl.col("reasons").list.set_difference(pl.col("then_reasons").str.split(";")).alias("reason"))
        .explode("reason", empty_as_null=True, keep_nulls=False)
        .drop_nulls()
    )
    counted = fresh.group_by("reason").len().sort("len", "reason", descending=[True, False])
    return Backtest(
        contract=f"{terms.id} v{terms.version}",
        on=on,
        before=_counts(both["then"]),
        after=_counts(both["verdict"]),
        before_minor=int(both["then_minor"].sum()),
        after_minor=int(both["price_minor"].sum()),
        before_currency=currency,
        after_currency=terms.currency,
        moves=[(str(then), str(now), int(count)) for then, now, count in moved.iter_rows()],
        reasons=[(str(reason), int(count)) for reason, count in counted.iter_rows()],
    )


def _currency(database: Database, contract: str) -> str | None:
    """Give the currency of a recorded contract, None where none is recorded."""
    texts = (text for id_, _, _, text in database.contract_texts() if id_ == contract)
    return next((line.split('"')[1] for text in texts for line in text.splitlines() if line.strip().startswith("currency")), None)


def _counts(verdicts: pl.Series) -> dict[str, int]:
    return {str(each): int((verdicts == str(each)).sum()) for each in Verdict}


def _past(database: Database, contract: str, rows_max: int | None) -> pl.DataFrame | None:
    frames = []
    for batch in database.batches("deliveries", chains=[contract]):
        if batch.people:
            journal = pl.read_parquet(batch.journal).select(
                "delivery_id",
                "external_id",
                pl.col("verdict").alias("then"),
                pl.col("reasons").alias("then_reasons"),
                pl.col("price_minor").alias("then_minor"),
            )
            people = pl.read_parquet(batch.people)
            own = journal.hstack(people.drop([name for name in journal.columns if name in people.columns]))
            # What was erased cannot be judged anew.
            frames.append(own.filter(~pl.col("is_erased").fill_null(value=False)) if "is_erased" in own.columns else own)
    if not frames:
        return None
    past = pl.concat(frames, how="diagonal").sort("delivery_id")
    return past if rows_max is None else past.tail(rows_max)

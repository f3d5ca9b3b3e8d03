"""Which milestones, returns and decisions came to nothing, and why; settlement says it of the first two, and this adds the decisions."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from payper.desk.book.addressing import addressed
from payper.desk.folder.facts import known_facts
from payper.settlement import Settlement
from payper.store.database import Database
from payper.store.refusals import SCHEMA, Refusals

WAITING_CODES = ("DELIVERY_UNKNOWN", "DELIVERY_NOT_ACCEPTED")
"""What more deliveries or decisions may mend by themselves: the fact is taken when its delivery comes, or is accepted."""

_ACTS = {"event": "milestone"}


def keep_refused(database: Database, settlement: Settlement, contracts: Iterable[str]) -> None:
    """Keep what settlement refused of facts, and decisions that came to nothing, inside a transaction."""
    refused = settlement.refusals.with_columns(pl.col("act").replace(_ACTS)).select(
        pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()
    )
    decisions = refused_decisions(database, contracts)
    Refusals.of(database).keep_refusals(pl.concat([refused, decisions]))


def refused_decisions(database: Database, contracts: Iterable[str]) -> pl.DataFrame:
    """List decisions on deliveries that are not there, never waited, or were decided otherwise before; as `store.refusals.SCHEMA`."""
    read = known_facts(database, "decisions").filter(pl.col("fault").is_null() & pl.col("contract").is_in(list(contracts)))
    if read.is_empty():
        return pl.DataFrame(schema=SCHEMA)
    decided = read.with_columns(addressed()).sort("decided_at", "run", "file", "row")
    first = pl.col("decision").first().over("contract", "address")
    told = decided.with_columns((pl.col("decision") != first).alias("is_otherwise")).join(
        _waited(database, decided), on=["contract", "address"], how="left", maintain_order="left"
    )
    name = pl.coalesce("external_id", pl.format("delivery {}", "delivery_id"))
    code = (
        pl.when(pl.col("has_waited").is_null())
        .then(pl.lit("DELIVERY_UNKNOWN"))
        .when(~pl.col("has_waited"))
        .then(pl.lit("NOTHING_TO_DECIDE"))
        .when("is_otherwise")
        .then(pl.lit("DECIDED_BEFORE"))
    )
    words = (
        pl.when(pl.col("has_waited").is_null())
        .then(pl.format("Nothing was delivered as '{}' under {}. Mend the external_id.", name, "contract"))
        .when(~pl.col("has_waited"))
        .then(pl.format("'{}' waits for no decision: only what is in review or quarantine is decided. Leave this row out.", name))
        .otherwise(pl.format("'{}' was decided otherwise before, and the first decision stands. Leave this row out.", name))
    )
    refused = told.with_columns(code.alias("code"), words.alias("words"), pl.lit("decision").alias("act")).filter(
        pl.col("code").is_not_null()
    )
    return refused.rename({"decided_at": "happened_at"}).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _waited(database: Database, decided: pl.DataFrame) -> pl.DataFrame:
    """Say of the deliveries that decisions are about whether they ever waited for one: contract, address, has_waited."""
    wanted = decided["address"].unique()
    frames = [
        pl.read_parquet(batch.journal, columns=["delivery_id", "external_id", "verdict"])
        .with_columns(pl.lit(batch.chain).alias("contract"))
        .with_columns(addressed())
        .filter(pl.col("address").is_in(wanted.implode()))
        for batch in database.batches("deliveries", chains=decided["contract"].unique().to_list(), with_people=False)
    ]
    schema = {"contract": pl.String, "address": pl.String, "verdict": pl.String}
    known = pl.concat([each.select(list(schema)) for each in frames]) if frames else pl.DataFrame(schema=schema)
    return known.group_by("contract", "address").agg(pl.col("verdict").is_in(["review", "quarantined"]).any().alias("has_waited"))

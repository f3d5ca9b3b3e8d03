"""All stages whose scope is one row: contract, record, audience, appointment and price rows. Nothing here depends on other deliveries."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from payper.adjudication.appointment import appointment_faults
from payper.adjudication.audience import audience_faults
from payper.adjudication.marks import BIT, flag, union
from payper.adjudication.normalise import RateOn, complete, no_rate, normalise
from payper.adjudication.record import missing_fields, record_faults
from payper.deliveries import FAULT_COLUMN
from payper.journey import LADDER
from payper.normalisation.folding import put_in
from payper.periods import local_dates
from payper.reasons import Reason
from payper.terms.contract import Contract
from payper.terms.expressions import compile_condition, evaluate
from payper.terms.versions import version_in_force

JUDGED: dict[str, pl.DataType | type[pl.DataType]] = {
    "contract_version": pl.Int32,
    "marks": pl.UInt64,
    "is_after_end_only": pl.Boolean,
    "price_rows": pl.List(pl.Int16),
    "evidence": pl.String,
}
"""What the row stages add: the version in force; the marks of all reasons (`marks.BIT`); whether the delivery is out of force only
because it comes after the contract's end (a replacement may, RULES 5); the indexes into `contract.prices` of the rows that apply, at
most one for a milestone; what the values were, in words, for reasons that the columns alone do not explain."""

ALONE = (Reason.ROW_MALFORMED, Reason.CONTRACT_UNKNOWN, Reason.CONTRACT_PAUSED)
"""Reasons that stand alone (RULES 10)."""


def judge_rows(
    batch: pl.DataFrame,
    versions: Sequence[Contract],
    *,
    rate_on: RateOn = no_rate,
    no_mail: frozenset[str] | None = None,
    is_normalised: bool = False,
) -> pl.DataFrame:
    """Judge every delivery by itself, by the version of its contract that was in force when it was generated.

    Args:
        batch: Deliveries of one contract, as `deliveries.SCHEMA` (columns may lack), with `fault` (String, optional): why the row cannot
            be read.
        versions: All versions of the contract.
        rate_on: Rates for revenues in other currencies.
        no_mail: Hosts known to take no mail; None when nobody asked, so that the check is not run (RULES 15).
        is_normalised: Whether the batch has the columns of `normalise` already, for the currency of these versions.

    Returns:
        The rows in the order given, with the columns of `normalise` and of `JUDGED`.
    """
    batch = complete(batch)
    if FAULT_COLUMN not in batch.columns:
        batch = batch.with_columns(pl.lit(None, dtype=pl.String).alias(FAULT_COLUMN))
    by_number = {contract.version: contract for contract in versions}
    numbers = version_in_force(batch["generated_at"].fill_null(batch["delivered_at"]), versions).cast(pl.Int32)
    batch = batch.with_columns(numbers.alias("contract_version"), pl.int_range(pl.len(), dtype=pl.UInt32).alias("position"))
    parts = []
    for number in numbers.unique().sort().to_list():
        part = batch if numbers.n_unique() == 1 else batch.filter(pl.col("contract_version") == number)
        parts.append(_judge_version(part, by_number[number], rate_on=rate_on, no_mail=no_mail, is_normalised=is_normalised))
    if not parts:
        return _judge_version(batch, versions[-1], rate_on=rate_on, no_mail=no_mail, is_normalised=is_normalised).drop("position")
    joined = parts[0] if len(parts) == 1 else pl.concat(parts, how="vertical").sort("position")
    return joined.drop("position")


def judge_unknown(batch: pl.DataFrame) -> pl.DataFrame:
    """Give CONTRACT_UNKNOWN, alone, to deliveries whose contract nobody knows; same columns as `judge_rows`."""
    normal = normalise(complete(batch))
    return normal.with_columns(
        pl.lit(None, dtype=pl.Int32).alias("contract_version"),
        pl.lit(BIT[Reason.CONTRACT_UNKNOWN], dtype=pl.UInt64).alias("marks"),
        pl.lit(value=False).alias("is_after_end_only"),
        pl.lit([], dtype=pl.List(pl.Int16)).alias("price_rows"),
        pl.lit(None, dtype=pl.String).alias("evidence"),
    )


def _judge_version(
    batch: pl.DataFrame, contract: Contract, *, rate_on: RateOn, no_mail: frozenset[str] | None, is_normalised: bool
) -> pl.DataFrame:
    default = pl.lit(contract.model)
    if contract.model == "hybrid":
        default = pl.when(pl.col("meeting_at").is_not_null()).then(pl.lit("appointment")).otherwise(pl.lit("lead"))
    batch = batch.with_columns(pl.col("kind").fill_null(default))
    frame = batch if is_normalised else normalise(batch, currency=contract.currency, rate_on=rate_on)
    no_mx = None if no_mail is None else pl.col("email_host").is_in(sorted(no_mail))
    faults = record_faults(frame, contract, no_mx=no_mx) | audience_faults(frame, contract) | appointment_faults(frame, contract)
    outside, is_after_end_only = _out_of_force(frame, contract)
    faults[Reason.CONTRACT_NOT_IN_FORCE] = outside
    others = union([flag(fault, reason) for reason, fault in faults.items()])
    fault = pl.col(FAULT_COLUMN)
    marks = (
        pl.when(fault.is_not_null())
        .then(pl.lit(BIT[Reason.ROW_MALFORMED], dtype=pl.UInt64))
        .when(_paused(frame, contract))
        .then(pl.lit(BIT[Reason.CONTRACT_PAUSED], dtype=pl.UInt64))
        .otherwise(others)
    )
    # Naming what is empty takes long, and few rows lack anything.
    lacks = frame.select(pl.repeat(0, pl.len()), lacks=faults.get(Reason.FIELD_MISSING, pl.lit(value=False)).fill_null(value=False))[
        "lacks"
    ]
    lacking = frame.filter(lacks).select("empty: " + missing_fields(contract, frame))
    words = put_in(lacking.to_series(), pl.lit(None, dtype=pl.String), lacks) if lacking.height else pl.lit(None, dtype=pl.String)
    return frame.with_columns(
        marks.alias("marks"),
        is_after_end_only.alias("is_after_end_only"),
        price_rows(frame, contract).alias("price_rows"),
        pl.coalesce(fault, words, pl.col("implausible"), pl.col("email_fault")).alias("evidence"),
    )


def _out_of_force(frame: pl.DataFrame, contract: Contract) -> tuple[pl.Expr, pl.Expr]:
    """Hold where the local date of generation or delivery lies outside the contract's dates (RULES 5); and where only after its end."""
    days = [pl.lit(local_dates(frame[name], contract.zone)) for name in ("generated_at", "delivered_at")]
    before = pl.any_horizontal((day < contract.starts).fill_null(value=False) for day in days)
    if contract.ends is None:
        return before, pl.lit(value=False)
    after = pl.any_horizontal((day > contract.ends).fill_null(value=False) for day in days)
    return before | after, after & ~before


def _paused(frame: pl.DataFrame, contract: Contract) -> pl.Expr:
    """Hold where the local date of delivery lies in a pause of the text (RULES 11), or its instant in one that a party declared."""
    day = pl.lit(local_dates(frame["delivered_at"], contract.zone))
    tests = [day.is_between(pause.first, pause.last, closed="both") for pause in contract.pauses]
    for pause in contract.declared_pauses:
        at = pl.col("delivered_at")
        tests.append(at >= pause.since if pause.until is None else at.is_between(pause.since, pause.until, closed="both"))
    return pl.any_horizontal([pl.lit(value=False), *(test.fill_null(value=False) for test in tests)])


def price_rows(frame: pl.DataFrame, contract: Contract) -> pl.Series:
    """Give, per delivery, the indexes of the price rows that apply: of every milestone the first whose `when` holds (a null does not)."""
    columns: list[pl.Expr] = []
    for milestone in LADDER:
        choice = pl.lit(None, dtype=pl.Int16)
        for index, price in reversed(list(enumerate(contract.prices))):
            if price.on != milestone:
                continue
            here = pl.lit(index, dtype=pl.Int16)
            if price.when is None:
                choice = here
            else:
                holds = evaluate(compile_condition(price.when), frame, zone=contract.zone)
                choice = pl.when(pl.lit(holds.fill_null(value=False))).then(here).otherwise(choice)
        if any(price.on == milestone for price in contract.prices):
            columns.append(choice)
    if not columns:
        return pl.Series("price_rows", [[]] * frame.height, dtype=pl.List(pl.Int16))
    chosen = frame.select(pl.int_range(pl.len()).alias("place"), *(column.alias(f"price_{place}") for place, column in enumerate(columns)))
    # Deliveries differ in few ways: each way's list is made once, as a million lists made one by one take half a second.
    ways = chosen.select(pl.exclude("place")).unique(maintain_order=True).with_row_index("way")
    names = [f"price_{place}" for place in range(len(columns))]
    lists = ways.select(pl.concat_list(names).list.drop_nulls().alias("price_rows"))["price_rows"]
    way_of = chosen.join(ways, on=names, how="left", maintain_order="left", nulls_equal=True)["way"]
    return lists.gather(way_of)

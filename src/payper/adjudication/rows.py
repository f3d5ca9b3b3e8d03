"""All stages whose scope is one row: contract, record, audience, appointment and price rows. Nothing here depends on other deliveries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock

import polars as pl

from payper.adjudication.appointment import appointment_faults
from payper.adjudication.audience import audience_faults, condition_of
from payper.adjudication.late import Late
from payper.adjudication.marks import BIT, flag, union
from payper.adjudication.normalise import RateOn, complete, no_rate, normalise
from payper.adjudication.record import missing_fields, record_faults
from payper.adjudication.values import NEVER, Row, Value, any_of, column, constant
from payper.deliveries import FAULT_COLUMN
from payper.journey import LADDER
from payper.normalisation.folding import put_in
from payper.periods import local_dates
from payper.reasons import Reason
from payper.terms.contract import Contract
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

FEW = 512
"""Up to so many rows have the lists of their price rows made one by one."""

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
    plan = plan_of(contract, frame.columns, no_mail=no_mail)
    whole = plan.late.beside(frame)
    read = whole.select(plan.marks.alias("marks"), plan.is_after_end_only.column.alias("is_after_end_only"), plan.lacks.alias("lacks"))
    # Naming what is empty takes long, and few rows lack anything.
    lacking = frame.filter(read["lacks"]).select("empty: " + _named(plan.required)) if read["lacks"].any() else None
    words = pl.lit(None, dtype=pl.String) if lacking is None else put_in(lacking.to_series(), pl.lit(None, dtype=pl.String), read["lacks"])
    return frame.with_columns(
        read["marks"],
        read["is_after_end_only"],
        _price_rows(whole, plan.prices).alias("price_rows"),
        pl.coalesce(pl.col(FAULT_COLUMN), words, pl.col("implausible"), pl.col("email_fault")).alias("evidence"),
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The expressions by which one version judges rows of some columns.

    Attributes:
        late: The columns that are worked out of each batch, which the others look at.
        marks: The marks of all reasons.
        is_after_end_only: As of `JUDGED`.
        lacks: Whether a required field is empty.
        required: The required fields, each with the value that holds where it is empty.
        prices: For every milestone that has a price, the index of the price row that applies.
        faults: By reason, the value that holds where a delivery has the fault; `is_paused` goes before all of them.
        choices: By milestone that has a price, its price rows in order: the index, and when it applies (None: always).
    """

    contract: Contract
    late: Late
    marks: pl.Expr
    is_after_end_only: Value
    lacks: pl.Expr
    required: Sequence[tuple[str, Value]]
    prices: tuple[pl.Expr, ...]
    faults: Mapping[Reason, Value]
    is_paused: Value
    choices: Sequence[Sequence[tuple[int, Value | None]]]


_PLANS: OrderedDict[tuple[int, tuple[str, ...]], Plan] = OrderedDict()
_PLANS_MAX = 256
_PLANS_LOCK = Lock()


def plan_of(contract: Contract, columns: Sequence[str], *, no_mail: frozenset[str] | None) -> Plan:
    """Give the expressions of a version, made once for it and the columns of its batches."""
    if no_mail is not None:
        return _plan(contract, columns, no_mail=no_mail)
    key = (id(contract), tuple(columns))
    with _PLANS_LOCK:
        found = _PLANS.get(key)
        if found is not None and found.contract is contract:
            _PLANS.move_to_end(key)
            return found
    made = _plan(contract, columns, no_mail=None)
    with _PLANS_LOCK:
        _PLANS[key] = made
        if len(_PLANS) > _PLANS_MAX:
            _PLANS.popitem(last=False)
    return made


def _plan(contract: Contract, columns: Sequence[str], *, no_mail: frozenset[str] | None) -> Plan:
    late = Late(columns=frozenset(columns))
    no_mx = None if no_mail is None else column("email_host").is_in(no_mail)
    faults = record_faults(late, contract, no_mx=no_mx) | audience_faults(late, contract) | appointment_faults(late, contract)
    outside, is_after_end_only = _out_of_force(late, contract)
    faults[Reason.CONTRACT_NOT_IN_FORCE] = outside
    paused = _paused(late, contract)
    others = union([flag(fault.column, reason) for reason, fault in faults.items()])
    marks = (
        pl.when(pl.col(FAULT_COLUMN).is_not_null())
        .then(pl.lit(BIT[Reason.ROW_MALFORMED], dtype=pl.UInt64))
        .when(paused.column)
        .then(pl.lit(BIT[Reason.CONTRACT_PAUSED], dtype=pl.UInt64))
        .otherwise(others)
    )
    choices = _choices(late, contract)
    return Plan(
        contract=contract,
        late=late,
        marks=marks,
        is_after_end_only=is_after_end_only,
        lacks=faults.get(Reason.FIELD_MISSING, NEVER).surely().column,
        required=missing_fields(contract, late.columns),
        prices=tuple(_first_of(each) for each in choices),
        faults=faults,
        is_paused=paused,
        choices=choices,
    )


def _named(required: Sequence[tuple[str, Value]]) -> pl.Expr:
    """Name the required fields that are empty, joined by commas; empty text where none is."""
    names = [pl.when(is_missing.column).then(pl.lit(field)) for field, is_missing in required]
    return pl.concat_str(names, separator=", ", ignore_nulls=True) if names else pl.lit("")


def _local_date(late: Late, field: str, contract: Contract) -> Value:
    calendar = contract.calendar

    def read(row: Row) -> date | None:
        instant = row[field]
        return None if instant is None else calendar.local_date(instant)

    return late.of(f"day {field}", lambda frame: local_dates(frame[field], contract.zone), read)


def _out_of_force(late: Late, contract: Contract) -> tuple[Value, Value]:
    """Hold where the local date of generation or delivery lies outside the contract's dates (RULES 5); and where only after its end."""
    days = [_local_date(late, name, contract) for name in ("generated_at", "delivered_at")]
    before = any_of((day < constant(contract.starts)).surely() for day in days)
    if contract.ends is None:
        return before, NEVER
    after = any_of((day > constant(contract.ends)).surely() for day in days)
    return before | after, after & ~before


def _paused(late: Late, contract: Contract) -> Value:
    """Hold where the local date of delivery lies in a pause of the text (RULES 11), or its instant in one that a party declared."""
    day = _local_date(late, "delivered_at", contract)
    at = column("delivered_at")
    tests = [(day >= constant(pause.first)) & (day <= constant(pause.last)) for pause in contract.pauses]
    for pause in contract.declared_pauses:
        begun = at >= constant(pause.since)
        tests.append(begun if pause.until is None else begun & (at <= constant(pause.until)))
    return any_of(test.surely() for test in tests)


def _choices(late: Late, contract: Contract) -> list[list[tuple[int, Value | None]]]:
    """Give, by milestone that has a price, its price rows in order: the index, and when it applies (None: always)."""
    found = []
    for milestone in LADDER:
        own = [(index, price.when) for index, price in enumerate(contract.prices) if price.on == milestone]
        if own:
            found.append([(index, None if when is None else condition_of(late, f"when {when}", when, contract)) for index, when in own])
    return found


def _first_of(choices: Sequence[tuple[int, Value | None]]) -> pl.Expr:
    """Give the index of the first price row whose `when` holds (a null does not)."""
    choice = pl.lit(None, dtype=pl.Int16)
    for index, when in reversed(choices):
        here = pl.lit(index, dtype=pl.Int16)
        choice = here if when is None else pl.when(when.surely().column).then(here).otherwise(choice)
    return choice


def _price_rows(whole: pl.DataFrame, prices: Sequence[pl.Expr]) -> pl.Series:
    """Give, per delivery, the indexes of the price rows that apply."""
    if not prices:
        return pl.Series("price_rows", [[]] * whole.height, dtype=pl.List(pl.Int16))
    names = [f"price_{place}" for place in range(len(prices))]
    chosen = whole.select(pl.int_range(pl.len()).alias("place"), *(price.alias(name) for name, price in zip(names, prices, strict=True)))
    if chosen.height <= FEW:
        lists = [[index for index in row if index is not None] for row in chosen.select(names).iter_rows()]
        return pl.Series("price_rows", lists, dtype=pl.List(pl.Int16))
    # Deliveries differ in few ways: each way's list is made once, as a million lists made one by one take half a second.
    ways = chosen.select(pl.exclude("place")).unique(maintain_order=True).with_row_index("way")
    each = ways.select(pl.concat_list(names).list.drop_nulls().alias("price_rows"))["price_rows"]
    way_of = chosen.join(ways, on=names, how="left", maintain_order="left", nulls_equal=True)["way"]
    return each.gather(way_of)

"""What charges come to as of an instant: their state, and the transfers that brought them there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import polars as pl

from payper.ledger import Kind, Purpose, account_name
from payper.settlement.fates import Fate
from payper.settlement.pricing import RANK
from payper.terms.contract import Contract


class ChargeState(StrEnum):
    """Where a charge stands. A charge of which a part was voided and the rest posted is `posted`; `voided_minor` tells the part."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    PARTLY_CREDITED = "partly credited"
    CREDITED = "credited"


CHARGE_COLUMNS = (
    "charge_id", "delivery_id", "contract", "contract_version", "external_id", "milestone", "happened_at", "price_row", "number",
    "gross_minor", "offset_minor", "amount_minor", "pending_minor", "posted_minor", "voided_minor", "credited_minor", "currency",
    "window_begins_at", "window_ends_at", "due_at", "state", "reason",
)  # fmt: skip


def stand(priced: pl.DataFrame) -> pl.DataFrame:
    """Add charge_id, what is relieved, posted and pending by `as_of`, the state and its reason; sorted by delivery, then ladder."""
    as_of = pl.col("as_of")
    is_relieved = pl.col("relief_at").is_not_null() & (pl.col("relief_at") <= as_of)
    is_posted = pl.col("post_at").is_not_null() & (pl.col("post_at") <= as_of)
    is_credit = pl.col("post_at").is_not_null() & (pl.col("post_at") < pl.col("relief_at"))
    is_begun = pl.col("begins_at") <= as_of
    relief, amount = pl.col("relief_minor").fill_null(0), pl.col("amount_minor")
    settled = priced.with_columns(
        pl.concat_str(
            "contract",
            pl.lit("/"),
            pl.col("delivery_id").cast(pl.String),
            pl.lit("/"),
            pl.col("milestone").str.replace_all(" ", "-", literal=True),
        ).alias("charge_id"),
        is_credit.fill_null(value=False).alias("is_credit"),
        is_posted.alias("is_posted"),
        is_relieved.alias("is_relieved"),
        pl.when(is_begun).then("begins_at").alias("window_begins_at"),
        pl.when(is_begun).then("ends_at").alias("window_ends_at"),
        pl.min_horizontal(pl.when(pl.col(name) > as_of).then(pl.col(name)) for name in ("post_at", "relief_at")).alias("due_at"),
    ).with_columns(
        pl.when(pl.col("is_relieved") & ~pl.col("is_credit")).then(relief).otherwise(0).alias("voided_minor"),
        pl.when(pl.col("is_relieved") & pl.col("is_credit")).then(relief).otherwise(0).alias("credited_minor"),
    )
    settled = settled.with_columns(pl.when(pl.col("is_posted")).then(amount - pl.col("voided_minor")).otherwise(0).alias("posted_minor"))
    settled = settled.with_columns((amount - pl.col("posted_minor") - pl.col("voided_minor")).alias("pending_minor"))
    return settled.with_columns(_state().alias("state"), _reason().alias("reason")).sort(
        "delivery_id", pl.col("milestone").replace_strict(RANK, return_dtype=pl.Int8)
    )


def _state() -> pl.Expr:
    is_whole = pl.col("relief_percent").is_null()
    is_given_back = pl.col("is_relieved") & pl.col("is_credit")
    return (
        pl.when(is_given_back & is_whole)
        .then(pl.lit(ChargeState.CREDITED.value))
        .when(is_given_back)
        .then(pl.lit(ChargeState.PARTLY_CREDITED.value))
        .when("is_posted")
        .then(pl.lit(ChargeState.POSTED.value))
        .when(pl.col("is_relieved") & is_whole)
        .then(pl.lit(ChargeState.VOIDED.value))
        .otherwise(pl.lit(ChargeState.PENDING.value))
    )


def _reason() -> pl.Expr:
    """Say why the charge is in its state: what relieved it, else what it waits for, else why it posted."""
    return (
        pl.when("is_relieved")
        .then("relief_reason")
        .when(pl.col("is_posted") & (pl.col("post_cause") == "no review is agreed"))
        .then(pl.lit("NO_REVIEW"))
        .when("is_posted")
        .then(pl.lit("WINDOW_ENDED"))
        .when(pl.col("window_begins_at").is_null())
        .then(pl.lit("AWAITS_MEETING"))
        .when(pl.col("held_until") > pl.col("as_of"))
        .then(pl.lit("RETURN_OPEN"))
        .otherwise(pl.lit("WINDOW_OPEN"))
    )


def transfers_of(settled: pl.DataFrame, fates: Sequence[Fate], contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """Write the transfers of charges up to their as-of, by kind, delivery and ladder. A charge of nothing makes none."""
    paid = settled.filter(pl.col("amount_minor") > 0).join(
        _accounts(contracts), on=["contract", "contract_version"], how="left", maintain_order="left"
    )
    paid = paid.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    lives = _lives(paid.filter(pl.col("fate").is_not_null()), fates)
    paid = paid.with_columns(pl.lit("").alias("ordinal")) if lives.is_empty() else _reborn(paid, lives)
    relieved = paid.filter(pl.col("is_relieved") & (pl.col("relief_minor") > 0))
    posted = paid.filter(pl.col("is_posted") & (pl.col("posted_minor") > 0))
    voided, credited = relieved.filter(~pl.col("is_credit")), relieved.filter("is_credit")
    parts = [
        _entries(paid, Kind.PENDING, "made_at", "amount_minor", "made_cause", Purpose.CHARGES, Purpose.PENDING),
        _entries(voided, Kind.VOID, "relief_at", "relief_minor", "relief_cause", Purpose.PENDING, Purpose.CHARGES),
        _entries(posted, Kind.POST, "post_at", "posted_minor", "post_cause", Purpose.PENDING, Purpose.PAYABLE),
        _entries(credited, Kind.CREDIT, "relief_at", "relief_minor", "relief_cause", Purpose.PAYABLE, Purpose.CREDITS),
    ]
    if not lives.is_empty():
        parts.append(_entries(lives, Kind.PENDING, "life_made_at", "amount_minor", "life_made_cause", Purpose.CHARGES, Purpose.PENDING))
        parts.append(_entries(lives, Kind.VOID, "life_void_at", "amount_minor", "life_void_cause", Purpose.PENDING, Purpose.CHARGES))
    # Sorting two million rows by instant would cost more than all the rest; whoever prints them sorts what is printed.
    return pl.concat([part for part in parts if not part.is_empty()] or parts[:1])


def _accounts(contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    rows = [
        (
            one.id, one.version,
            account_name(one.buyer, one.id, Purpose.CHARGES), account_name(one.provider, one.id, Purpose.PENDING),
            account_name(one.provider, one.id, Purpose.PAYABLE), account_name(one.buyer, one.id, Purpose.CREDITS),
        )
        for versions in contracts.values()
        for one in versions
    ]  # fmt: skip
    purposes = (Purpose.CHARGES, Purpose.PENDING, Purpose.PAYABLE, Purpose.CREDITS)
    schema = {"contract": pl.String, "contract_version": pl.Int32} | {f"account_{purpose}": pl.String for purpose in purposes}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _entries(  # a table of six calls reads as a table
    charges: pl.DataFrame, kind: Kind, at: str, amount: str, cause: str, debit: Purpose, credit: Purpose
) -> pl.DataFrame:
    return charges.select(
        pl.concat_str("charge_id", pl.lit(f"/{kind.value}"), "ordinal").alias("transfer_id"),
        "charge_id",
        "contract",
        pl.lit(kind.value).alias("kind"),
        pl.col(at).alias("happened_at"),
        pl.col(amount).alias("amount_minor"),
        "currency",
        pl.col(f"account_{debit}").alias("debit_account"),
        pl.col(f"account_{credit}").alias("credit_account"),
        pl.col(cause).alias("cause"),
        pl.lit(None, dtype=pl.String).alias("corrects"),
    )


def _lives(touched: pl.DataFrame, fates: Sequence[Fate]) -> pl.DataFrame:
    """List the earlier lives of charges that were voided before their meeting was booked again or held after all."""
    rows = [
        (place, number, life.made_at, life.made_cause, life.void_at, life.void_cause)
        for place, fate in touched.select("place", "fate").iter_rows()
        for number, life in enumerate(fates[fate].charge.lives)
    ]
    instant = touched.schema["made_at"]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "place": pl.Int64, "life": pl.Int64, "life_made_at": instant, "life_made_cause": pl.String,
        "life_void_at": instant, "life_void_cause": pl.String,
    }  # fmt: skip
    lives = pl.DataFrame(rows, schema=schema, orient="row").join(touched, on="place", how="inner", maintain_order="left")
    first = pl.col("life") == 0
    return lives.with_columns(pl.when(first).then(pl.lit("")).otherwise(pl.format("/{}", pl.col("life") + 1)).alias("ordinal"))


def _reborn(paid: pl.DataFrame, lives: pl.DataFrame) -> pl.DataFrame:
    """Let the last life of a charge begin with what revived it, under the next ordinal."""
    counts = lives.group_by("place").len("lived")
    known = paid.join(counts, on="place", how="left", maintain_order="left")
    again = pl.col("lived").is_not_null()
    return known.with_columns(
        pl.when(again).then("again_at").otherwise("made_at").alias("made_at"),
        pl.when(again).then(pl.format("/{}", pl.col("lived") + 1)).otherwise(pl.lit("")).alias("ordinal"),
    ).drop("lived")

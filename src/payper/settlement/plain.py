"""The mass of deliveries that nothing but acceptance happened to, settled as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from payper.deliveries import INSTANT
from payper.journey import Milestone
from payper.periods import window_ends
from payper.terms.contract import Contract

CHARGE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "delivery_id": pl.Int64,
    "contract": pl.String,
    "contract_version": pl.Int32,
    "external_id": pl.String,
    "email_normal": pl.String,
    "milestone": pl.String,
    "price_row": pl.Int16,
    "made_at": INSTANT,
    "made_cause": pl.String,
    "again_at": INSTANT,
    "begins_at": INSTANT,
    "ends_at": INSTANT,
    "post_at": INSTANT,
    "post_cause": pl.String,
    "relief_at": INSTANT,
    "relief_percent": pl.String,
    "relief_cause": pl.String,
    "relief_reason": pl.String,
    "held_until": INSTANT,
    "is_free": pl.Boolean,
    "fixed_minor": pl.Int64,
    "fate": pl.Int64,
}
"""A charge before it has an amount. `again_at`: when its last life began, null where it has one. `begins_at` null: a meeting is still
to be held. `relief_percent` null: the whole. `fate`: the index among the fates of touched charges, null for plain ones."""

_BY_ACCEPTANCE = (Milestone.ACCEPTED.value, Milestone.MEETING_BOOKED.value, Milestone.MEETING_HELD.value)


def plain_charges(
    accepted: pl.DataFrame, prices: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Make the charges of acceptance (RULES 37 and 38).

    Args:
        accepted: Untouched deliveries, columns as of `settle`.
        prices: As `pricing.price_table`.
        contracts: Versions by id.

    Returns:
        The charges, as `CHARGE_SCHEMA`; and contract, contract_version, milestone and number of deliveries where a percentage on
        acceptance has no amount to be taken of.
    """
    rows = (
        accepted.select("delivery_id", "contract", "contract_version", "external_id", "email_normal", "kind", "accepted_at", "price_rows")
        .explode("price_rows")
        .rename({"price_rows": "price_row"})
        .drop_nulls("price_row")
        .join(
            prices.filter(pl.col("milestone").is_in(_BY_ACCEPTANCE)).select(
                "contract", "contract_version", "price_row", "milestone", "base_minor"
            ),
            on=["contract", "contract_version", "price_row"],
            how="inner",
            maintain_order="left",
        )
        .filter(
            (pl.col("milestone") == _BY_ACCEPTANCE[0]) | ((pl.col("kind") == "appointment") & pl.col("milestone").is_in(_BY_ACCEPTANCE))
        )
    )
    is_held = pl.col("milestone") == Milestone.MEETING_HELD.value
    without = rows.filter(pl.col("base_minor").is_null() & ~is_held).group_by("contract", "contract_version", "milestone").len("deliveries")
    flat = rows.filter(pl.col("base_minor").is_not_null())
    started, waiting = flat.filter(~is_held).with_columns(pl.col("accepted_at").alias("begins_at")), flat.filter(is_held)
    parts = [begun(part, contract) for part, contract in by_version(started, contracts)] + [waiting]
    charges = pl.concat([part for part in parts if not part.is_empty()], how="diagonal") if len(started) or len(waiting) else flat
    cause = pl.when(pl.col("milestone") == _BY_ACCEPTANCE[0]).then(pl.lit("acceptance")).otherwise(pl.lit("acceptance of an appointment"))
    known = charges.with_columns(pl.col("accepted_at").alias("made_at"), cause.alias("made_cause"), pl.lit(value=False).alias("is_free"))
    columns = [
        pl.col(name).cast(dtype) if name in known.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in CHARGE_SCHEMA.items()
    ]
    return known.select(columns), without.sort("contract", "contract_version", "milestone")


def by_version(rows: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]]) -> list[tuple[pl.DataFrame, Contract]]:
    """Part rows by the version that governs them."""
    versions = {(one.id, one.version): one for all_ in contracts.values() for one in all_}
    parts = rows.partition_by("contract", "contract_version", as_dict=True, maintain_order=True)
    return [(part, versions[str(key[0]), int(key[1])]) for key, part in parts.items()]


def begun(rows: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    """Give charges of one version whose window begins at `begins_at` its end, and what happens at it."""
    review = contract.review
    if review is None:
        return rows.with_columns(
            pl.col("begins_at").alias("ends_at"), pl.col("begins_at").alias("post_at"), pl.lit("no review is agreed").alias("post_cause")
        )
    ended = rows.with_columns(window_ends(rows["begins_at"], review.window, contract.calendar).alias("ends_at"))
    if review.silence == "return":
        return ended.with_columns(
            pl.col("ends_at").alias("relief_at"),
            pl.lit("silence through the review window").alias("relief_cause"),
            pl.lit("SILENCE").alias("relief_reason"),
        )
    return ended.with_columns(pl.col("ends_at").alias("post_at"), pl.lit("end of the review window").alias("post_cause"))

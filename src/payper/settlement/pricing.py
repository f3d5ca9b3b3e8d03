"""Amounts: running numbers, tiers, percentages and offsets, fixed when a charge is first made (RULES 33, 35, 36)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import polars as pl

from payper.journey import Milestone
from payper.money import percent_of
from payper.settlement.facts import MILESTONE_RANK
from payper.settlement.fates import Fate
from payper.terms.contract import Contract, Price

_PRICE = ["contract", "contract_version", "price_row"]
_KEY = ["delivery_id", "milestone"]
RANK = {milestone.value: rank for milestone, rank in MILESTONE_RANK.items()}


def price_table(contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """List every price row: contract, contract_version, price_row, milestone, base_minor (null: a percentage), has_tiers, has_offset."""
    rows = [
        (one.id, one.version, index, price.on.value, price.amount_minor, bool(price.tiers), bool(price.offset))
        for versions in contracts.values()
        for one in versions
        for index, price in enumerate(one.prices)
    ]
    schema = {
        "contract": pl.String, "contract_version": pl.Int32, "price_row": pl.Int16, "milestone": pl.String,
        "base_minor": pl.Int64, "has_tiers": pl.Boolean, "has_offset": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def price(
    charges: pl.DataFrame, fates: Sequence[Fate], contracts: Mapping[str, Sequence[Contract]], made: pl.DataFrame | None
) -> pl.DataFrame:
    """Add number, gross_minor, offset_minor, amount_minor and relief_minor.

    Args:
        charges: Columns of `plain.CHARGE_SCHEMA`; `fate` indexes `fates`, null for plain ones.
        fates: Of the touched charges.
        contracts: Versions by id.
        made: Charges of earlier runs (delivery_id, milestone, number, amount_minor, price_row; gross_minor where known); they keep
            number, row and amount.
    """
    numbered = _number(charges, made)
    priced = _gross(numbered.join(price_table(contracts).drop("milestone"), on=_PRICE, how="left", maintain_order="left"), contracts)
    if priced["has_offset"].any():
        priced = _offset(priced, fates, contracts)
    else:
        priced = priced.with_columns(
            pl.lit(0, dtype=pl.Int64).alias("offset_minor"), pl.coalesce("made_minor", "gross_minor").alias("amount_minor")
        )
    # A charge of an earlier run keeps its amount; what the terms say beside it is what was taken off.
    gross = pl.max_horizontal("amount_minor", pl.coalesce("made_gross_minor", "gross_minor"))
    kept = priced.with_columns(pl.when(pl.col("made_minor").is_null()).then("gross_minor").otherwise(gross).alias("gross_minor"))
    kept = kept.with_columns((pl.col("gross_minor") - pl.col("amount_minor")).alias("offset_minor"))
    return _relief(kept)


def _number(charges: pl.DataFrame, made: pl.DataFrame | None) -> pl.DataFrame:
    """Give running numbers per contract and milestone, in order of the charge's instant then arrival; free ones take none."""
    if made is None or made.is_empty():
        known = charges.with_columns(
            pl.lit(None, dtype=pl.Int64).alias("made_number"),
            pl.lit(None, dtype=pl.Int64).alias("made_minor"),
            pl.lit(None, dtype=pl.Int64).alias("made_gross_minor"),
        )
    else:
        gross = pl.col("gross_minor") if "gross_minor" in made.columns else pl.lit(None)
        earlier = made.select(
            pl.col("delivery_id").cast(pl.Int64),
            "milestone",
            pl.col("number").cast(pl.Int64).alias("made_number"),
            pl.col("amount_minor").cast(pl.Int64).alias("made_minor"),
            gross.cast(pl.Int64).alias("made_gross_minor"),
            pl.col("price_row").cast(pl.Int16).alias("made_row"),
        )
        known = charges.join(earlier, on=_KEY, how="left", maintain_order="left")
        known = known.with_columns(pl.coalesce("made_row", "price_row").alias("price_row")).drop("made_row")
    group = ["contract", "milestone"]
    is_new = pl.col("made_number").is_null() & ~pl.col("is_free")
    known = known.sort("made_at", "delivery_id", pl.col("milestone").replace_strict(RANK, return_dtype=pl.Int8))
    number = pl.col("made_number").max().over(group).fill_null(0) + is_new.cast(pl.Int64).cum_sum().over(group)
    return known.with_columns(pl.when(is_new).then(number).otherwise(pl.col("made_number").fill_null(0)).alias("number"))


def _gross(charges: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """Give the amount before offsets: a percentage as computed, else the flat amount or that of the tier reached; 0 when free."""
    gross = pl.col("base_minor")
    steps = max((len(row.tiers) for versions in contracts.values() for one in versions for row in one.prices), default=0)
    if steps and charges["has_tiers"].any():
        tiered = [
            (one.id, one.version, index, *_steps_of(row))
            for versions in contracts.values()
            for one in versions
            for index, row in enumerate(one.prices)
            if row.tiers
        ]  # fmt: skip
        names = [name for step in range(steps) for name in (f"from_{step}", f"minor_{step}")]
        schema = {"contract": pl.String, "contract_version": pl.Int32, "price_row": pl.Int16, **dict.fromkeys(names, pl.Int64)}
        rows = [row + (None,) * (len(schema) - len(row)) for row in tiered]
        charges = charges.join(pl.DataFrame(rows, schema=schema, orient="row"), on=_PRICE, how="left", maintain_order="left")
        for step in range(steps):
            gross = pl.when(pl.col("number") >= pl.col(f"from_{step}")).then(f"minor_{step}").otherwise(gross)
        gross = pl.coalesce("fixed_minor", gross)
        return charges.with_columns(_unless_free(gross)).drop(names)
    return charges.with_columns(_unless_free(pl.coalesce("fixed_minor", gross)))


def _steps_of(row: Price) -> list[int]:
    """List from which number on and what, for each tier in order."""
    return [value for tier in sorted(row.tiers, key=lambda tier: tier.first) for value in (tier.first, tier.amount_minor)]


def _unless_free(gross: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("is_free")).then(0).otherwise(gross).cast(pl.Int64).alias("gross_minor")


def _offset(charges: pl.DataFrame, fates: Sequence[Fate], contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """Lower charges by earlier unvoided ones of the same prospect, in the order the charges were made.

    Where the fees that offsets list are never lowered themselves, each is known before, and columns add them up; the rest is walked.
    """
    prospect = pl.coalesce("email_normal", pl.format("\t{}", "delivery_id"))
    keyed = charges.with_columns(prospect.alias("prospect")).with_row_index("place")
    lowered = pl.col("has_offset") & pl.col("made_minor").is_null() & ~pl.col("is_free")
    concerned = keyed.join(
        keyed.filter(lowered).select("contract", "prospect").unique(), on=["contract", "prospect"], how="semi", maintain_order="left"
    )
    reborn = pl.Series([index for index, fate in enumerate(fates) if fate.charge.lives], dtype=pl.Int64)
    nested = pl.col("contract").is_in([id_ for id_, versions in contracts.items() if _has_nested_offsets(versions)])
    walked = (
        concerned.filter(nested | pl.col("fate").is_in(reborn.implode()).fill_null(value=False)).select("contract", "prospect").unique()
    )
    added = concerned.join(walked, on=["contract", "prospect"], how="anti", maintain_order="left")
    slow = concerned.join(walked, on=["contract", "prospect"], how="semi", maintain_order="left")
    table = pl.concat([_added(added, added.filter(lowered), contracts), _walked(slow, fates, contracts)])
    joined = keyed.join(table, on="place", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("net_minor", "made_minor", "gross_minor").alias("amount_minor")).drop(
        "place", "prospect", "net_minor"
    )


_NET: dict[str, type[pl.DataType]] = {"place": pl.UInt32, "net_minor": pl.Int64}


def _has_nested_offsets(versions: Sequence[Contract]) -> bool:
    listed = {milestone for one in versions for row in one.prices for milestone in row.offset}
    return any(row.offset and row.on in listed for one in versions for row in one.prices)


def _added(concerned: pl.DataFrame, lowered: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """Lower charges by fees that are not lowered themselves: `place` and `net_minor`."""
    rows = [
        (one.id, one.version, index, milestone.value)
        for versions in contracts.values()
        for one in versions
        for index, row in enumerate(one.prices)
        for milestone in set(row.offset)
    ]
    listed = pl.DataFrame(
        rows, schema={"contract": pl.String, "contract_version": pl.Int32, "price_row": pl.Int16, "fee": pl.String}, orient="row"
    )
    fees = _relief(concerned.with_columns(pl.coalesce("made_minor", "gross_minor").alias("amount_minor"))).select(
        "contract", "prospect", pl.col("milestone").alias("fee"), pl.col("place").alias("fee_place"),
        pl.col("amount_minor").alias("fee_minor"),
        "relief_at", "relief_minor",
    )  # fmt: skip
    pairs = (
        lowered.select("place", *_PRICE, "prospect", pl.col("made_at").alias("lowered_at"))
        .join(listed, on=_PRICE)
        .join(fees, on=["contract", "prospect", "fee"])
        .filter(pl.col("fee_place") < pl.col("place"))
    )
    is_off = (pl.col("relief_at") <= pl.col("lowered_at")).fill_null(value=False)
    standing = pl.col("fee_minor") - pl.when(is_off).then(pl.col("relief_minor")).otherwise(0)
    paid = pairs.group_by("place").agg(standing.sum().alias("paid_minor"))
    net = lowered.select("place", "gross_minor").join(paid, on="place").with_columns(
        pl.max_horizontal(pl.col("gross_minor") - pl.col("paid_minor"), 0).cast(pl.Int64).alias("net_minor")
    )  # fmt: skip
    return net.select(list(_NET))


def _walked(concerned: pl.DataFrame, fates: Sequence[Fate], contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """Lower charges one after the other: `place` and `net_minor`."""
    prices = {(one.id, one.version): one.prices for versions in contracts.values() for one in versions}
    standing: dict[tuple[str, str], list[_Fee]] = {}
    places, amounts = [], []
    columns = [
        "place", *_PRICE, "prospect", "milestone", "made_at", "gross_minor", "made_minor", "is_free", "relief_at", "relief_percent", "fate",
    ]  # fmt: skip
    for place, contract, version, row, name, milestone, at, gross, made, is_free, relief_at, percent, fate in concerned.select(
        columns
    ).iter_rows():
        fees = standing.setdefault((contract, name), [])
        listed = prices[contract, version][row].offset
        paid = sum(fee.standing_at(at) for fee in fees if fee.milestone in listed) if listed and not is_free and made is None else 0
        amount = made if made is not None else max(gross - paid, 0)
        fees.append(_Fee(milestone, amount, relief_at, _taken_off(amount, percent), fates[fate] if fate is not None else None))
        places.append(place)
        amounts.append(amount)
    return pl.DataFrame({"place": places, "net_minor": amounts}, schema=_NET)


class _Fee:
    """A charge as an offset sees it."""

    __slots__ = ("amount", "fate", "milestone", "relief", "relief_at")

    def __init__(self, milestone: str, amount: int, relief_at: datetime | None, relief: int, fate: Fate | None) -> None:
        self.milestone = Milestone(milestone)
        self.amount, self.relief_at, self.relief, self.fate = amount, relief_at, relief, fate

    def standing_at(self, at: datetime) -> int:
        """Give what of the fee is not voided or credited at an instant."""
        if self.fate is not None and self.fate.charge.is_void_between_lives(at):
            return 0
        return self.amount - (self.relief if self.relief_at is not None and self.relief_at <= at else 0)


def _taken_off(amount: int, percent: str | None) -> int:
    return amount if percent is None else percent_of(amount, Decimal(percent))


def _relief(charges: pl.DataFrame) -> pl.DataFrame:
    """Give the amount that relief takes off (null: none); partial shares are rounded once, half away from zero."""
    partial = charges.filter(pl.col("relief_percent").is_not_null()).select("amount_minor", "relief_percent").unique()
    table = partial.with_columns(
        pl.Series("partial_minor", [_taken_off(amount, percent) for amount, percent in partial.iter_rows()], dtype=pl.Int64)
    )
    joined = (
        charges.join(table, on=["amount_minor", "relief_percent"], how="left", maintain_order="left")
        if len(table)
        else charges.with_columns(pl.lit(None, dtype=pl.Int64).alias("partial_minor"))
    )
    relief = pl.when(pl.col("relief_at").is_not_null()).then(pl.coalesce("partial_minor", "amount_minor"))
    return joined.with_columns(relief.alias("relief_minor")).drop("partial_minor")

"""What acceptance itself charges: row after row where tiers, offsets or budgets ask for it, in columns where nothing does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from payper.adjudication.past import ACCEPTED, Counts
from payper.journey import Milestone
from payper.terms.contract import Contract

AT_ACCEPTANCE = {"lead": (Milestone.ACCEPTED,), "appointment": (Milestone.ACCEPTED, Milestone.MEETING_BOOKED, Milestone.MEETING_HELD)}
"""Milestones whose charges acceptance itself makes pending, by kind (RULES 34)."""

Charge = tuple[str, int]
"""A milestone, and minor units of the contract's currency."""


def charges_of(row: Mapping[str, object], contract: Contract, counts: Counts) -> list[Charge]:
    """Price what the acceptance of one delivery makes pending, less offsets (RULES 33, 34, 36).

    Args:
        row: `kind`, `price_rows` and `prospect` of the delivery.
        contract: The version that judges it.
        counts: What the contract has charged so far; left as it is (`note_charges`).

    Returns:
        Milestone and minor units, in order of the price rows.
    """
    charges: list[Charge] = []
    for index in row["price_rows"] or ():  # type: ignore[attr-defined]
        price = contract.prices[index]
        if price.on not in AT_ACCEPTANCE[str(row["kind"])] or price.amount_minor is None:
            continue
        amount = price.amount_at(counts.charged.get(price.on, 0) + 1)
        if price.offset:
            prospect = int(row["prospect"] or 0)  # type: ignore[call-overload]
            before = [counts.offsets.get((milestone.value, prospect), 0) if prospect else 0 for milestone in price.offset]
            paid = sum(before) + sum(minor for milestone, minor in charges if milestone in price.offset)
            amount = max(0, amount - paid)
        charges.append((price.on, amount))
    return charges


def note_charges(counts: Counts, charges: Sequence[Charge], prospect: object) -> None:
    """Count the charges of an accepted delivery: by milestone, and for its prospect (null: none) what later offsets take off."""
    for milestone, amount in charges:
        counts.charged[milestone] = counts.charged.get(milestone, 0) + 1
        if prospect is not None:
            key = (str(milestone), int(prospect))  # type: ignore[call-overload]
            counts.offsets[key] = counts.offsets.get(key, 0) + amount


def replay_charges(accepted: pl.DataFrame, versions: Sequence[Contract]) -> Counts:
    """Make again what the acceptance of earlier deliveries of one contract charged, so that tiers and offsets go on from there.

    Args:
        accepted: In order of arrival: `contract_version`, `kind`, `price_rows`, `prospect`.
        versions: The contract's.

    Returns:
        Counts of which `charged` and `offsets` are filled.
    """
    counts = Counts()
    by_version = {each.version: each for each in versions}
    for row in accepted.select("contract_version", "kind", "price_rows", "prospect").iter_rows(named=True):
        note_charges(counts, charges_of(row, by_version[row["contract_version"]], counts), row["prospect"])
    return counts


def price_accepted(
    decided: pl.DataFrame, rows: pl.DataFrame, contracts: Mapping[tuple[str, int], Contract], counts: Mapping[str, Counts]
) -> pl.DataFrame:
    """Price in columns what no loop priced: contracts whose prices are flat or tiered (RULES 33 and 34).

    Args:
        decided: `delivery_id`, `verdict` and `price_minor` (null: not yet priced), in order of arrival.
        rows: The same deliveries: `delivery_id`, `contract`, `contract_version`, `kind`, `price_rows`.
        contracts: By id and version.
        counts: By contract id: what was charged before.

    Returns:
        `decided` with no null price: minor units of the contract's currency, 0 where the verdict is not accepted.
    """
    taken = decided.filter((pl.col("verdict") == ACCEPTED) & pl.col("price_minor").is_null()).select("delivery_id")
    priced = decided.with_columns(pl.col("price_minor").fill_null(0))
    prices, tiers = _price_tables(contracts)
    if taken.is_empty() or prices.is_empty():
        return priced
    lines = (
        taken.join(
            rows.select("delivery_id", "contract", "contract_version", "kind", "price_rows"),
            on="delivery_id",
            how="left",
            maintain_order="left",
        )
        .explode("price_rows", empty_as_null=True, keep_nulls=True)
        .join(prices, on=["contract", "contract_version", "price_rows", "kind"], how="inner", maintain_order="left")
    )
    before = pl.DataFrame(
        [(id_, str(milestone), number) for id_, each in counts.items() for milestone, number in each.charged.items()],
        schema={"contract": pl.String, "on": pl.String, "before": pl.Int64},
        orient="row",
    )
    amounts = (
        lines.join(before, on=["contract", "on"], how="left", maintain_order="left")
        .with_columns((pl.col("before").fill_null(0) + pl.int_range(1, pl.len() + 1).over("contract", "on")).alias("number"))
        .sort("number")
        .join_asof(tiers.sort("first"), left_on="number", right_on="first", by="price", strategy="backward", check_sortedness=False)
        .group_by("delivery_id")
        .agg(pl.col("amount").sum())
    )
    joined = priced.join(amounts, on="delivery_id", how="left", maintain_order="left")
    return joined.with_columns((pl.col("price_minor") + pl.col("amount").fill_null(0)).alias("price_minor")).drop("amount")


def _price_tables(contracts: Mapping[tuple[str, int], Contract]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lay out the price rows that acceptance charges, by kind, and the amounts of their tiers."""
    prices: list[tuple[str, int, int, str, str, int]] = []
    tiers: list[tuple[int, int, int]] = []
    for (id_, version), each in contracts.items():
        for index, price in enumerate(each.prices):
            if price.amount_minor is None:
                continue
            place = len(prices)
            kinds = [kind for kind, milestones in AT_ACCEPTANCE.items() if price.on in milestones]
            prices.extend((id_, version, index, kind, price.on.value, place) for kind in kinds)
            tiers.extend((place, tier.first, tier.amount_minor) for tier in price.tiers)
            tiers.append((place, 1, price.amount_minor))
    return (
        pl.DataFrame(
            prices,
            schema={
                "contract": pl.String,
                "contract_version": pl.Int32,
                "price_rows": pl.Int16,
                "kind": pl.String,
                "on": pl.String,
                "price": pl.Int64,
            },
            orient="row",
        ),
        pl.DataFrame(tiers, schema={"price": pl.Int64, "first": pl.Int64, "amount": pl.Int64}, orient="row"),
    )

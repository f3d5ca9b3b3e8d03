"""Milestone events as columns: which can be read, and which delivery each of them means.

The columnar twin of reading and finding one row at a time: what it cannot read or find goes to `facts`, which says why in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from payper.deliveries import INSTANT
from payper.journey import Milestone, read_milestone
from payper.money import is_currency
from payper.settlement.facts import MILESTONE_RANK, Address, Place, Refusal, Step, event_fault, read_amount, refusal_of
from payper.terms.contract import Contract

STEP_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "contract": pl.String, "external_id": pl.String, "email": pl.String, "milestone": pl.String, "happened_at": INSTANT,
    "reason": pl.String, "amount": pl.String, "currency": pl.String, "source": pl.String, "file": pl.String, "row": pl.Int64,
    "rank": pl.Int8, "value": pl.Int64,
}  # fmt: skip
"""Events that can be read, in order of arrival. `milestone` and `currency` (upper case, null when empty) in their one spelling, `email`
trimmed and folded, `amount` as a plain decimal. `rank`: of the milestone; `value`: orders amounts by size, null without one."""

_CONTENT = ["contract", "external_id", "email", "milestone", "reason", "happened_at", "amount", "currency"]
ORDER = ["happened_at", "rank", "reason", "value", "currency", "source", "file", "row"]
"""The columns of `Step.order`; sort a null value last, all other nulls as empty texts."""


def read_events(events: pl.DataFrame) -> tuple[pl.DataFrame, list[Refusal]]:
    """Read events; repeats of (source, source_id) are left out, or refused when their content differs (RULES 41).

    Args:
        events: As `journey.EVENT_SCHEMA`; `run` and `email_normal` may be added.

    Returns:
        Events as `STEP_SCHEMA`; and those refused.
    """
    if events.is_empty():
        return pl.DataFrame(schema=STEP_SCHEMA), []
    keys = [name for name in ("run", "file", "row") if name in events.columns]
    arrived = events.sort(keys, nulls_last=True, maintain_order=True)
    arrived, refusals = _without_repeats(arrived)
    milestones = _mapped(arrived["milestone"], read_milestone, pl.String)
    currencies = _mapped(arrived["currency"], lambda code: code.upper() if is_currency(code) else None, pl.String)
    amounts = _mapped(arrived["amount"], _plain_amount, pl.String)
    is_faulty = (
        arrived["happened_at"].is_null()
        | milestones.is_null()
        | ((arrived["currency"].fill_null("") != "") & currencies.is_null())
        | (arrived["amount"].is_not_null() & amounts.is_null())
    )
    refusals += [refusal_of("event", row, row["happened_at"], *_fault(row)) for row in arrived.filter(is_faulty).iter_rows(named=True)]
    email = arrived["email"]
    if "email_normal" in arrived.columns:
        email = arrived.select(
            pl.when(pl.col("email_normal").fill_null("") != "").then("email_normal").otherwise("email").alias("email")
        )["email"]  # fmt: skip
    email = _mapped(email, lambda text: text.strip().casefold() or None, pl.String)
    ranks = {milestone.value: rank for milestone, rank in MILESTONE_RANK.items()}
    amounts = amounts.set(amounts == "", None)
    read = arrived.with_columns(
        milestones.alias("milestone"), currencies.alias("currency"), amounts.alias("amount"), email.alias("email"),
        milestones.replace_strict(ranks, default=None, return_dtype=pl.Int8).alias("rank"), _sizes(amounts).alias("value"),
    )  # fmt: skip
    return read.filter(~is_faulty).select(pl.col(name).cast(dtype) for name, dtype in STEP_SCHEMA.items()), refusals


def _fault(row: Mapping[str, Any]) -> tuple[str, str]:
    fault = event_fault(row)
    assert fault is not None, "the columns found a fault"
    return fault


def _without_repeats(arrived: pl.DataFrame) -> tuple[pl.DataFrame, list[Refusal]]:
    has_key = pl.col("source").is_not_null() & pl.col("source_id").is_not_null()
    placed = arrived.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    keyed = placed.filter(has_key)
    if keyed.is_empty():
        return arrived, []
    firsts = keyed.unique(["source", "source_id"], keep="first", maintain_order=True)
    if firsts.height == keyed.height:
        return arrived, []
    later = keyed.join(firsts.select("place"), on="place", how="anti", maintain_order="left")
    both = later.join(
        firsts.select("source", "source_id", *(pl.col(name).alias(f"first_{name}") for name in _CONTENT)),
        on=["source", "source_id"], how="left", maintain_order="left",
    )  # fmt: skip
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"first_{name}")) for name in _CONTENT)
    refusals = [
        refusal_of(
            "event", row, row["happened_at"], "REPEAT_DIFFERS",
            f"{row['source']} sent id {row['source_id']} before with other content, which stands. Give a correction an id of its own.",
        )
        for row in both.filter(differs).iter_rows(named=True)
    ]  # fmt: skip
    kept = placed.join(later.select("place"), on="place", how="anti", maintain_order="left")
    return kept.drop("place"), refusals


def _plain_amount(text: str) -> str | None:
    """Give an amount as a plain decimal, "" for none, or None when it cannot be read."""
    if not text.strip():
        return ""
    try:
        amount = read_amount(text)
    except (InvalidOperation, ValueError):
        return None
    return f"{amount:f}"


def _sizes(amounts: pl.Series) -> pl.Series:
    distinct = sorted({Decimal(text) for text in amounts.drop_nulls().unique()})
    places = {amount: place for place, amount in enumerate(distinct)}
    return _mapped(amounts, lambda text: places[Decimal(text)], pl.Int64)


def _mapped(values: pl.Series, function: Callable[[str], Any], dtype: type[pl.DataType]) -> pl.Series:
    """Call a function once per distinct text; null stays null."""
    distinct = values.drop_nulls().unique()
    if distinct.is_empty():
        return pl.Series(values.name, [None], dtype=dtype).new_from_index(0, len(values))
    return values.replace_strict(distinct, pl.Series([function(text) for text in distinct], dtype=dtype), default=None, return_dtype=dtype)


def as_steps(events: pl.DataFrame) -> list[Step]:
    """Give events of `STEP_SCHEMA` as values."""
    return [
        Step(
            Address(contract, external_id, email), Milestone(milestone), happened_at, reason,
            Decimal(amount) if amount is not None else None, currency, source, Place(file, row),
        )
        for contract, external_id, email, milestone, happened_at, reason, amount, currency, source, file, row in events.select(
            list(STEP_SCHEMA)[:-2]
        ).iter_rows()
    ]  # fmt: skip


def read_steps(events: pl.DataFrame) -> tuple[list[Step], list[Refusal]]:
    """Read events as `read_events`, as values in order of arrival."""
    read, refusals = read_events(events)
    return as_steps(read), refusals


def locate(events: pl.DataFrame, accepted: pl.DataFrame, others: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """Add `delivery_id`, the accepted delivery that each event means (RULES 40).

    Args:
        events: As `STEP_SCHEMA`.
        accepted: Columns as of `settle`, in order of arrival.
        others: contract and external_id of deliveries that are not accepted.
        contracts: Versions by id.

    Returns:
        The events in their order; null where `Directory.find` gives no delivery, and says why.
    """
    if events.is_empty():
        return events.with_columns(pl.lit(None, dtype=pl.Int64).alias("delivery_id"))
    placed = events.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    known = placed.filter(pl.col("contract").is_null() | pl.col("contract").is_in(list(contracts)))
    by_id = _by_external_id(known.filter(pl.col("external_id").is_not_null()), accepted, others)
    by_email = _by_email(known.filter(pl.col("external_id").is_null() & pl.col("email").is_not_null()), accepted)
    found = pl.concat([by_id, by_email])
    return placed.join(found, on="place", how="left", maintain_order="left").drop("place")


_FOUND: dict[str, type[pl.DataType]] = {"place": pl.Int64, "delivery_id": pl.Int64}


def _by_external_id(named: pl.DataFrame, accepted: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    if named.is_empty():
        return pl.DataFrame(schema=_FOUND)
    ids = named.select("external_id").unique()
    meant = accepted.select("delivery_id", "contract", "external_id", "delivered_at").join(
        ids, on="external_id", how="semi", maintain_order="left"
    )
    first = meant.sort("delivery_id").unique(["contract", "external_id"], keep="first", maintain_order=True)
    if named["contract"].has_nulls():
        elsewhere = others.select("contract", "external_id").join(ids, on="external_id", how="semi")
        homes = pl.concat([first.select("contract", "external_id"), elsewhere]).unique()
        only = (
            homes.group_by("external_id")
            .agg(pl.col("contract").first().alias("home"), pl.len().alias("homes"))
            .filter(pl.col("homes") == 1)
        )
        named = named.join(only, on="external_id", how="left").with_columns(pl.coalesce("contract", "home").alias("contract"))
    found = named.join(first, on=["contract", "external_id"], how="inner")
    return found.filter(pl.col("delivered_at") <= pl.col("happened_at")).select(list(_FOUND))


def _by_email(named: pl.DataFrame, accepted: pl.DataFrame) -> pl.DataFrame:
    """Find the latest delivery not after the event; of several of one instant the one that arrived last."""
    if named.is_empty():
        return pl.DataFrame(schema=_FOUND)
    meant = (
        accepted.select("delivery_id", "contract", pl.col("email_normal").alias("email"), "delivered_at")
        .join(named.select("email").unique(), on="email", how="semi")
        .sort("delivered_at", "delivery_id")
        .unique(["email", "contract", "delivered_at"], keep="last", maintain_order=True)
    )
    ordered = named.sort("happened_at")
    anywhere = meant.drop("contract").unique(["email", "delivered_at"], keep="last", maintain_order=True)
    parts = [
        (ordered.filter(pl.col("contract").is_null()), anywhere, ["email"]),
        (ordered.filter(pl.col("contract").is_not_null()), meant, ["email", "contract"]),
    ]
    found = [
        part.join_asof(candidates, left_on="happened_at", right_on="delivered_at", by=by, check_sortedness=False).select(list(_FOUND))
        for part, candidates, by in parts
    ]
    return pl.concat(found).drop_nulls()

"""Spending: what accepted deliveries cost, each amount with its day: charges as they stand, and rep time at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from payper.journey import LADDER, Milestone
from payper.measurement.counts import Settled
from payper.measurement.effort import Effort
from payper.money import exponent
from payper.settlement.rates import Rates
from payper.terms.contract import Contract

_Type = pl.DataType | type[pl.DataType]

SCHEMA: dict[str, _Type] = {"delivery_id": pl.Int64, "spent_on": pl.Date, "source": pl.String, "cost": pl.Float64}
"""Columns of spending: `spent_on` is a date in the contract's zone; `source` charges or effort; `cost` in units of the base currency, null
where there is no rate."""


def make_spending(
    settlement: Settled,
    contracts: Mapping[str, Sequence[Contract]],
    rates: Rates,
    *,
    kinds: pl.DataFrame,
    effort: Effort | None = None,
) -> pl.DataFrame:
    """List what accepted deliveries cost, day by day.

    Args:
        settlement: Charges and journey as of the day.
        contracts: Versions by contract id, for currencies and zones.
        rates: Dated, to the base currency; each charge takes that of its own day.
        kinds: `delivery_id` and `kind` (lead or appointment; null: lead) of accepted deliveries.
        effort: Wages and minutes; None: rep time costs nothing.

    Returns:
        `SCHEMA`. A charge is what stands of it: pending and posted less credited; its day is its milestone's. Rep time is spent on the
        day of its step: one of each kind, every missed meeting, and no booking of an appointment, which arrives booked.
    """
    terms = terms_frame(contracts)
    zones = sorted(terms["zone"].unique().to_list())
    return pl.concat(
        [_charges(settlement.charges, terms, rates, zones), _effort(settlement.journey, kinds, effort or Effort(), terms, zones)]
    ).sort("delivery_id", "spent_on", "source")


def terms_frame(contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """Give each version's provider, model, currency and zone, by `contract` and `contract_version`."""
    rows = [
        (one.id, one.version, one.provider, str(one.model), one.currency, one.zone) for versions in contracts.values() for one in versions
    ]
    schema: dict[str, _Type] = {
        "contract": pl.String,
        "contract_version": pl.Int32,
        "provider": pl.String,
        "model": pl.String,
        "terms_currency": pl.String,
        "zone": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def contract_zones(terms: pl.DataFrame) -> pl.DataFrame:
    """Give the zone and currency of each contract's last version, by `contract`."""
    return terms.group_by("contract", maintain_order=True).agg(pl.col("zone").last(), pl.col("terms_currency").last())


def local_date(column: str, zones: Sequence[str], *, zone: str = "zone") -> pl.Expr:
    """Give the local date of an instant, each row in the zone that its column `zone` names, one of `zones`."""
    instant = pl.col(column)
    parts = [pl.when(pl.col(zone) == one).then(instant.dt.convert_time_zone(one).dt.date()) for one in zones if ZoneInfo(one)]
    return pl.coalesce(parts) if parts else instant.dt.date()


def in_base(placed: pl.DataFrame, rates: Rates, *, is_minor: bool) -> pl.DataFrame:
    """Give what one unit (or minor unit) of each `currency` is worth in units of the base currency on each `day`; null: no rate."""
    pairs = placed.select("currency", "day").drop_nulls().unique().sort("currency", "day")
    values = [_unit(rates, currency, day, is_minor=is_minor) for currency, day in pairs.iter_rows()]
    return pairs.with_columns(pl.Series("in_base", values, dtype=pl.Float64))


def _unit(rates: Rates, currency: str, day: date, *, is_minor: bool) -> float | None:
    rate = rates.rate(currency, rates.base_currency, day)
    if rate is None:
        return None
    return float(rate.scaleb(-(exponent(currency) or 0)) if is_minor else rate)


def _charges(charges: pl.DataFrame, terms: pl.DataFrame, rates: Rates, zones: Sequence[str]) -> pl.DataFrame:
    standing = pl.col("pending_minor") + pl.col("posted_minor") - pl.col("credited_minor")
    placed = (
        charges.select("delivery_id", "contract", "currency", "happened_at", standing.alias("minor"))
        .filter(pl.col("minor") != 0)
        .join(contract_zones(terms), on="contract", how="left")
        .with_columns(local_date("happened_at", zones).alias("day"))
    )
    priced = placed.join(in_base(placed, rates, is_minor=True), on=["currency", "day"], how="left")
    return priced.select(
        "delivery_id",
        pl.col("day").alias("spent_on"),
        pl.lit("charges").alias("source"),
        (pl.col("minor") * pl.col("in_base")).cast(pl.Float64).alias("cost"),
    )


def _effort(journey: pl.DataFrame, kinds: pl.DataFrame, effort: Effort, terms: pl.DataFrame, zones: Sequence[str]) -> pl.DataFrame:
    names = ["accepted lead", "accepted appointment", *(one.value for one in LADDER[2:]), Milestone.MISSED.value]
    costs = {name: float(effort.cost(name)) for name in names if effort.cost(name)}
    is_lead = (pl.col("kind").fill_null("lead") == "lead").alias("is_lead")
    milestone, is_missed = pl.col("milestone"), pl.col("milestone") == Milestone.MISSED.value
    first = pl.int_range(pl.len()).over("delivery_id", "milestone") == 0
    step = (
        pl.when((milestone == Milestone.ACCEPTED.value) & pl.col("is_lead"))
        .then(pl.lit("accepted lead"))
        .when(milestone == Milestone.ACCEPTED.value)
        .then(pl.lit("accepted appointment"))
        .when((milestone == Milestone.MEETING_BOOKED.value) & ~pl.col("is_lead"))
        .then(pl.lit(""))
        .otherwise(milestone)
    )
    done = (
        journey.select("delivery_id", "contract", "milestone", "happened_at")
        .sort("delivery_id", "happened_at", maintain_order=True)
        .filter(first | is_missed)
        .join(kinds.select("delivery_id", is_lead), on="delivery_id", how="left")
        .with_columns(step.replace_strict(list(costs), list(costs.values()), default=0.0, return_dtype=pl.Float64).alias("cost"))
        .filter(pl.col("cost") > 0)
        .join(contract_zones(terms), on="contract", how="left")
    )
    return done.select("delivery_id", local_date("happened_at", zones).alias("spent_on"), pl.lit("effort").alias("source"), "cost")

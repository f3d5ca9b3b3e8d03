"""Outcomes: what became of every accepted delivery as of a day, what it brought and what it cost, one row each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from payper.deliveries import INSTANT
from payper.journey import Milestone
from payper.measurement.counts import Settled
from payper.measurement.effort import Effort
from payper.measurement.spending import contract_zones, in_base, local_date, make_spending, terms_frame
from payper.settlement.rates import Rates
from payper.terms.contract import Contract

_Type = pl.DataType | type[pl.DataType]

STEPS: Mapping[str, Milestone] = {
    "contacted_at": Milestone.CONTACTED,
    "engaged_at": Milestone.ENGAGED,
    "qualified_at": Milestone.QUALIFIED,
    "booked_at": Milestone.MEETING_BOOKED,
    "held_at": Milestone.MEETING_HELD,
    "opportunity_at": Milestone.OPPORTUNITY,
    "won_at": Milestone.WON,
}
"""Forward steps by their column."""

EXITS: Mapping[str, Milestone] = {
    "lost_at": Milestone.LOST,
    "missed_at": Milestone.MISSED,
    "cancelled_at": Milestone.CANCELLED,
    "unreachable_at": Milestone.UNREACHABLE,
    "disqualified_at": Milestone.DISQUALIFIED,
    "opted_out_at": Milestone.OPTED_OUT,
    "returned_at": Milestone.RETURNED,
}
"""Other steps by their column."""

ENDS: tuple[str, ...] = ("lost_at", "unreachable_at", "disqualified_at", "opted_out_at", "returned_at")
"""Steps after which nobody works on a delivery any more, unless it is won all the same."""

ATTRIBUTES: dict[str, _Type] = {
    "company_key": pl.String,
    "domain": pl.String,
    "country_code": pl.String,
    "industry_code": pl.String,
    "employees_min": pl.Int64,
    "employees_max": pl.Int64,
    "function": pl.String,
    "seniority": pl.String,
    "campaign": pl.String,
    "asset": pl.String,
    "channel": pl.String,
    "email_normal": pl.String,
    "generated_at": INSTANT,
    "delivered_at": INSTANT,
    "meeting_at": INSTANT,
}
"""What is taken over from the delivery itself."""

SEGMENTS: tuple[str, ...] = ("provider", "contract", "model", "company_size", "industry", "country", "seniority", "cohort")
"""Columns that results can be grouped by."""

SCHEMA: dict[str, _Type] = {
    "delivery_id": pl.Int64,
    "contract": pl.String,
    "contract_version": pl.Int32,
    "provider": pl.String,
    "model": pl.String,
    "kind": pl.String,
    "external_id": pl.String,
    **ATTRIBUTES,
    "accepted_at": INSTANT,
    **dict.fromkeys(STEPS, INSTANT),
    **dict.fromkeys(EXITS, INSTANT),
    "ended_at": INSTANT,
    "contact_recorded_at": INSTANT,
    "missed_reason": pl.String,
    "is_returned": pl.Boolean,
    "is_replacement": pl.Boolean,
    "amount": pl.Float64,
    "pipeline": pl.Float64,
    "charges_cost": pl.Float64,
    "effort_cost": pl.Float64,
    "cost": pl.Float64,
    "gap": pl.String,
    "company_size": pl.String,
    "industry": pl.String,
    "country": pl.String,
    "cohort": pl.String,
    "delivered_on": pl.Date,
    "won_on": pl.Date,
    "ended_on": pl.Date,
}
"""Columns of outcomes, in order; `make_outcomes` tells what they mean."""

UNKNOWN = "unknown"
"""The segment of what nobody said."""

GAPS: Mapping[str, str] = {
    "AMOUNT_MISSING": "won without an amount",
    "AMOUNT_RATE": "won in a currency without a rate",
    "COST_RATE": "charged in a currency without a rate",
    "WON_RETURNED": "won after it was returned",
}
"""Why a row's money is not whole, by code."""

_SIZES: tuple[tuple[int, str], ...] = (
    (10, "1 to 10"),
    (50, "11 to 50"),
    (200, "51 to 200"),
    (500, "201 to 500"),
    (1_000, "501 to 1,000"),
    (5_000, "1,001 to 5,000"),
)
_SIZE_LARGEST = "over 5,000"
SIZES: tuple[str, ...] = (*(name for _, name in _SIZES), _SIZE_LARGEST, UNKNOWN)
"""Bands of employees, in order."""


def make_outcomes(
    deliveries: pl.DataFrame,
    settlement: Settled,
    contracts: Mapping[str, Sequence[Contract]],
    rates: Rates,
    *,
    effort: Effort | None = None,
) -> pl.DataFrame:
    """Give one row per delivery that the settlement knows as accepted, in order of arrival.

    Args:
        deliveries: Judged deliveries: `delivery_id`, and as far as known `contract_version`, `kind`, `external_id`, `is_replacement` and
            `ATTRIBUTES`; rows not accepted are left out, absent columns are null.
        settlement: Charges and journey as of the day.
        contracts: Versions by contract id; the one that judged a delivery says its provider and model.
        rates: Dated, to the base currency.
        effort: Wages and minutes; None: rep time costs nothing.

    Returns:
        `SCHEMA`. Instants (UTC) are the first of their step, implied ones included, null where it was not reached; `contact_recorded_at`
        is the first contact somebody wrote down; `missed_reason` that of the last missed meeting (null: not said); `ended_at` the first of
        lost, unreachable, disqualified, opted out and returned, null when won all the same. A delivery whose return was granted has no
        forward step, no amount and no pipeline; what it cost stays.
        Money is in units of the base currency: `amount` of the win at the rate of its day, `pipeline` of the opportunity (else of the
        win), `charges_cost` of charges (pending and posted less credited; offsets are inside) at the rates of their days, `effort_cost`
        of rep time, `cost` both; null cost: a charge without a rate. `gap` is a code of `GAPS`, null: money is whole. `delivered_on`,
        `won_on` and `ended_on` are dates in the contract's zone, the clock of the as-of day. `company_size` is the band of the geometric
        mean of the range of employees, `industry` the first two digits of the code, `cohort` the quarter of `delivered_on`.
    """
    terms = terms_frame(contracts)
    journey = settlement.journey
    known = _attributes(deliveries).join(_stages(journey), on="delivery_id", how="right", maintain_order="right")
    placed = known.with_columns(pl.col("contract_version").fill_null(1)).join(
        terms, on=["contract", "contract_version"], how="left", maintain_order="left"
    )
    zones = sorted(terms["zone"].unique().to_list())
    spending = make_spending(settlement, contracts, rates, kinds=placed, effort=effort)
    won = _amounts(journey, Milestone.WON, "amount", terms, rates, zones)
    offered = _amounts(journey, Milestone.OPPORTUNITY, "pipeline", terms, rates, zones)
    outcomes = (
        placed.join(_costs(spending), on="delivery_id", how="left", maintain_order="left")
        .join(won, on="delivery_id", how="left", maintain_order="left")
        .join(offered.drop("pipeline_unrated"), on="delivery_id", how="left", maintain_order="left")
    )
    outcomes = _with_money(outcomes)
    outcomes = _without_returned(outcomes)
    dates = [local_date(f"{name}_at", zones).alias(f"{name}_on") for name in ("delivered", "won", "ended")]
    return outcomes.with_columns(dates).with_columns(_segments()).select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())


def _attributes(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Take what is asked of deliveries, with nulls for columns that are not there."""
    wanted: dict[str, _Type] = {
        "delivery_id": pl.Int64,
        "contract_version": pl.Int32,
        "kind": pl.String,
        "is_replacement": pl.Boolean,
        **ATTRIBUTES,
    }
    return deliveries.select(
        pl.col(name).cast(dtype) if name in deliveries.columns else pl.lit(None, dtype=dtype).alias(name) for name, dtype in wanted.items()
    )


def _stages(journey: pl.DataFrame) -> pl.DataFrame:
    """Give the first instant of every step, a row per accepted delivery."""

    def first(milestone: Milestone) -> pl.Expr:
        return pl.col("happened_at").filter(pl.col("milestone") == milestone.value).min()

    steps = {**STEPS, **EXITS}
    recorded = (pl.col("milestone") == Milestone.CONTACTED.value) & ~pl.col("is_implied")
    return (
        journey.lazy()
        .group_by("delivery_id")
        .agg(
            pl.col("contract").first(),
            pl.col("external_id").first(),
            first(Milestone.ACCEPTED).alias("accepted_at"),
            *(first(milestone).alias(name) for name, milestone in steps.items()),
            pl.col("happened_at").filter(recorded).min().alias("contact_recorded_at"),
            pl.col("reason").filter(pl.col("milestone") == Milestone.MISSED.value).last().alias("missed_reason"),
        )
        .sort("delivery_id")
        .collect()
    )


def _costs(spending: pl.DataFrame) -> pl.DataFrame:
    """Add up what a delivery cost; `cost_unrated` where a charge has no rate."""
    is_charge = pl.col("source") == "charges"
    return spending.group_by("delivery_id").agg(
        pl.col("cost").filter(is_charge).sum().alias("charges_cost"),
        pl.col("cost").filter(~is_charge).sum().alias("effort_cost"),
        pl.col("cost").is_null().any().alias("cost_unrated"),
    )


def _amounts(
    journey: pl.DataFrame, milestone: Milestone, name: str, terms: pl.DataFrame, rates: Rates, zones: Sequence[str]
) -> pl.DataFrame:
    """Give a delivery's amount at a milestone in the base currency, and whether only a rate was missing.

    The latest amount stands, as deals are corrected after they are won, at the rate of the day the milestone was first reached.
    """
    first = (
        journey.filter(pl.col("milestone") == milestone.value)
        .sort("delivery_id", "happened_at", maintain_order=True)
        .group_by("delivery_id", maintain_order=True)
        .agg(
            pl.col("contract").first(),
            pl.col("happened_at").first(),
            pl.col("amount", "currency").filter(pl.col("amount").is_not_null()).last(),
        )
        .filter(pl.col("amount").is_not_null())
        .join(contract_zones(terms), on="contract", how="left")
        .with_columns(pl.coalesce("currency", "terms_currency").alias("currency"), local_date("happened_at", zones).alias("day"))
    )
    valued = first.join(in_base(first, rates, is_minor=False), on=["currency", "day"], how="left")
    amount = pl.col("amount").cast(pl.Float64) * pl.col("in_base")
    return valued.select("delivery_id", amount.alias(name), pl.col("in_base").is_null().alias(f"{name}_unrated"))


def _with_money(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Name what is missing in a row's money, and add up its cost."""
    is_returned, is_won = pl.col("returned_at").is_not_null(), pl.col("won_at").is_not_null()
    charges = pl.when(pl.col("cost_unrated").fill_null(value=False)).then(None).otherwise(pl.col("charges_cost").fill_null(0.0))
    gap = (
        pl.when(is_won & is_returned)
        .then(pl.lit("WON_RETURNED"))
        .when(is_won & pl.col("amount_unrated").fill_null(value=False))
        .then(pl.lit("AMOUNT_RATE"))
        .when(is_won & pl.col("amount").is_null())
        .then(pl.lit("AMOUNT_MISSING"))
        .when(pl.col("cost_unrated").fill_null(value=False))
        .then(pl.lit("COST_RATE"))
    )
    effort = pl.col("effort_cost").fill_null(0.0)
    return outcomes.with_columns(
        charges.alias("charges_cost"),
        effort.alias("effort_cost"),
        (charges + effort).alias("cost"),
        gap.alias("gap"),
        is_returned.alias("is_returned"),
        pl.col("is_replacement").fill_null(value=False),
        pl.when(is_won).then(pl.col("amount")).alias("amount"),
        pl.when(pl.col("opportunity_at").is_not_null()).then(pl.coalesce("pipeline", "amount")).alias("pipeline"),
    )


def _without_returned(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Let what was returned have reached nothing, and let only what was not won have ended."""
    taken = [*STEPS, "amount", "pipeline"]
    cleared = outcomes.with_columns(pl.when(~pl.col("is_returned")).then(pl.col(name)).alias(name) for name in taken)
    return cleared.with_columns(pl.when(pl.col("won_at").is_null()).then(pl.min_horizontal(*ENDS)).alias("ended_at"))


def _segments() -> list[pl.Expr]:
    low, high = pl.col("employees_min"), pl.col("employees_max")
    size = (low.cast(pl.Float64) * pl.coalesce(high, low).cast(pl.Float64)).sqrt()
    band = pl.lit(_SIZE_LARGEST)
    for most, name in reversed(_SIZES):
        band = pl.when(size <= most).then(pl.lit(name)).otherwise(band)
    day = pl.col("delivered_on")
    return [
        pl.when(low.is_null()).then(pl.lit(UNKNOWN)).otherwise(band).alias("company_size"),
        pl.col("industry_code").str.slice(0, 2).fill_null(UNKNOWN).alias("industry"),
        pl.col("country_code").fill_null(UNKNOWN).alias("country"),
        pl.col("seniority").fill_null(UNKNOWN).alias("seniority"),
        pl.format("{} Q{}", day.dt.year(), day.dt.quarter()).fill_null(UNKNOWN).alias("cohort"),
    ]

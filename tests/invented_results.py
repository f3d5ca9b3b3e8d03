"""Results of an invented programme: what `measure_programme` finds in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import polars as pl

from invented_programme import Invented, northwind
from payper.measurement.basis import Basis
from payper.measurement.effort import Effort
from payper.measurement.measured import Measured, measure_programme
from payper.measurement.outcomes import make_outcomes
from payper.measurement.spending import make_spending
from payper.settlement.rates import Rate, Rates

WAGES = Effort(sdr_hour=Decimal(38), ae_hour=Decimal(71))


def basis_of(made: Invented, *, as_of: date | None = None, shuffled: bool = False, **more: object) -> Basis:
    """Take an invented programme as measuring takes it; `shuffled` turns the order of all rows around."""
    day = as_of or made.programme.as_of
    rates = Rates(
        base_currency="USD",
        rates=tuple(Rate(date(2025, 12, 1), code, rate.in_base) for code, rate in made.programme.rates.items()),
    )
    amounts = (pl.col("amount_minor") / 100).cast(pl.String)
    journey = made.settlement.journey.with_columns(amounts.alias("amount"))
    settlement = replace(made.settlement, journey=journey)
    if shuffled:
        settlement = replace(
            settlement, journey=journey.reverse(), charges=settlement.charges.reverse(), returns=settlement.returns.reverse()
        )
    verdicts = made.verdicts.reverse() if shuffled else made.verdicts
    providers = {id_: versions[-1].provider for id_, versions in made.contracts.items()}
    deliveries = verdicts.with_columns(
        pl.col("contract").replace_strict(list(providers), list(providers.values()), default=None, return_dtype=pl.String).alias("provider")
    )
    effort = more.pop("effort", WAGES)
    assert isinstance(effort, Effort)
    outcomes = make_outcomes(verdicts, settlement, made.contracts, rates, effort=effort)
    return Basis(
        facts=replace(made.programme, as_of=day),
        end=datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1),
        outcomes=outcomes,
        spending=make_spending(settlement, made.contracts, rates, kinds=outcomes, effort=effort),
        deliveries=deliveries,
        settlement=settlement,
        effort=effort,
        **more,  # type: ignore[arg-type]
    )


def measured(made: Invented, **more: object) -> Measured:
    """Measure an invented programme."""
    return measure_programme(basis_of(made, **more))  # type: ignore[arg-type]


@cache
def old_northwind() -> Measured:
    """The usual programme, looked at when most of its deals are decided."""
    return measured(northwind(per_contract=600), as_of=date(2026, 9, 1), margin=0.72, by=("model", "provider"))

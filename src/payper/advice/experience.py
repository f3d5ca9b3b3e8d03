"""Experience: what the buyer's own programme says of offers, and the offers that its contracts make."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import numpy as np
import polars as pl

from payper.advice.futures import OptionHistory
from payper.advice.options import Array
from payper.advice.pooling import StepCount, exposed_count
from payper.advice.priors import Mark
from payper.advice.profile import Offer
from payper.journey import LEAD_PRICED, Milestone
from payper.terms.contract import Contract, Price

BOOKING_DAYS, OPPORTUNITY_DAYS = 90, 60
"""Days within which a lead is booked, and a held meeting becomes an opportunity, if ever; payper's assumption, so that all offers are
counted alike."""
MEETING_DAYS = 30
"""Days after which a booked meeting that nobody told of is taken as not held."""

ToMinor = Callable[[int, str], int | None]
"""Turns minor units of a currency into minor units of advice; None: there is no rate."""


def offers_of_contracts(contracts: Mapping[str, Sequence[Contract]], *, to_minor: ToMinor) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
    """Give one offer for the newest version of every contract, named as the contract, and what could not be turned into one.

    What acceptance or booking costs is the price row without a condition (the last one where all have one), at the price of its lowest
    tier; a fee per meeting held counts after offsets of what a lead already paid.

    Args:
        contracts: Versions by contract id.
        to_minor: Into the currency of advice.
    """
    offers, notes = [], []
    for id_, versions in sorted(contracts.items()):
        terms = max(versions, key=lambda each: each.version)
        amounts = {milestone: _amount(terms.prices, milestone) for milestone in Milestone}
        entry = sum(amounts[milestone] for milestone in LEAD_PRICED) if terms.model != "appointment" else amounts[Milestone.ACCEPTED]
        entry += amounts[Milestone.MEETING_BOOKED]
        held = max(0, amounts[Milestone.MEETING_HELD] - _offset(terms.prices, amounts))
        percent = sum((price.percent for price in _first(terms.prices, Milestone.WON) if price.percent is not None), Decimal(0))
        priced = [to_minor(minor, terms.currency) for minor in (entry, held)]
        if None in priced:
            notes.append(f"{id_}: there is no rate for {terms.currency}, so this contract is no offer here.")
            continue
        offers.append(
            Offer(
                name=id_,
                provider=terms.provider,
                model=terms.model,
                price_minor=priced[0] or 0,
                held_price_minor=priced[1] or 0,
                won_percent=float(percent),
                source=f"contract {id_} v{terms.version}",
                mark=Mark.YOURS,
            )
        )
    return tuple(offers), tuple(notes)


def _first(prices: Sequence[Price], milestone: Milestone) -> list[Price]:
    own = [price for price in prices if price.on == milestone]
    plain = [price for price in own if price.when is None]
    return (plain or own[-1:])[:1]


def _amount(prices: Sequence[Price], milestone: Milestone) -> int:
    return sum(price.amount_minor or 0 for price in _first(prices, milestone))


def _offset(prices: Sequence[Price], amounts: Mapping[Milestone, int]) -> int:
    return sum(amounts[milestone] for price in _first(prices, Milestone.MEETING_HELD) for milestone in price.offset)


def experience_of(
    outcomes: pl.DataFrame,
    offers: Sequence[Offer],
    *,
    at: datetime,
    horizon_days: int,
    minor_per_unit: float,
    contracts: Collection[str] = (),
) -> dict[str, OptionHistory]:
    """Count what became of the deliveries of every offer; offers that nothing was delivered of are left out.

    An offer's deliveries are those of the contract of its name, even where that has none yet; of an offer that names no contract, those of
    its provider and model. Steps that need time are counted by
    exposure: of `of`, so many reached the step as did among those who had the time to, lag by lag, so that young deliveries neither
    count as failures nor are left out.

    Args:
        outcomes: As `measurement.outcomes.make_outcomes`, as of `at`.
        offers: The offers.
        at: The instant of `outcomes`.
        horizon_days: Within which wins count, from delivery on.
        minor_per_unit: Minor units of the currency of advice per unit of `outcomes.amount`.
        contracts: Ids of all contracts there are; those of `outcomes` count as well.
    """
    known = {*contracts, *outcomes["contract"].unique().to_list()}
    found = {}
    for offer in offers:
        is_own = (
            pl.col("contract") == offer.name
            if offer.name in known
            else (pl.col("provider") == offer.provider) & (pl.col("model") == offer.model)
        )
        own = outcomes.filter(is_own)
        if own.height:
            found[offer.name] = _experience(own, at, horizon_days, minor_per_unit)
    return found


def _experience(own: pl.DataFrame, at: datetime, horizon_days: int, minor_per_unit: float) -> OptionHistory:
    leads, appointments = (own.filter(pl.col("kind") == kind) for kind in ("lead", "appointment"))
    if leads.height and appointments.height:
        # In a hybrid contract the meeting of a lead may be delivered as an appointment of its own.
        first = appointments.group_by("email_normal").agg(pl.col("delivered_at").min().alias("appointment_at"))
        leads = leads.join(first, on="email_normal", how="left").with_columns(
            booked_at=pl.min_horizontal("booked_at", pl.when(pl.col("appointment_at") >= pl.col("delivered_at")).then("appointment_at"))
        )
    booked = own.filter(pl.col("booked_at").is_not_null())
    is_over = (
        pl.any_horizontal(pl.col(name).is_not_null() for name in ("held_at", "missed_at", "cancelled_at", "ended_at"))
        | (pl.col("meeting_at") < at)
        | (pl.col("booked_at").dt.offset_by(f"{MEETING_DAYS}d") < at)
    )
    held = own.filter(pl.col("held_at").is_not_null())
    opportunities = own.filter(pl.col("opportunity_at").is_not_null())
    deals = own.filter(pl.col("won_at").is_not_null() & pl.col("amount").is_not_null())
    return OptionHistory(
        booked=exposed(leads, "delivered_at", "booked_at", at=at, days=BOOKING_DAYS),
        held=StepCount(reached=float(held.height), of=float(max(booked.filter(is_over).height, held.height))),
        opportunity=exposed(held, "held_at", "opportunity_at", at=at, days=OPPORTUNITY_DAYS),
        won=exposed(opportunities, "delivered_at", "won_at", at=at, days=horizon_days),
        deals=float(deals.height),
        revenue_minor=float(deals["amount"].sum() or 0.0) * minor_per_unit,
        bought=float(leads.height or own.height),
    )


def exposed(frame: pl.DataFrame, start: str, event: str, *, at: datetime, days: int) -> StepCount:
    """Count those who reached a step within `days` of an earlier one, of so many that the share is that of the exposure estimator.

    The share is the sum over lags t of d[t] / n[t]: those who reached the step at lag t, over those old enough to have (`exposed_count`).

    Args:
        frame: Those who reached the earlier step.
        start: Its column, Datetime, not null.
        event: The step's column, null where not (yet).
        at: The instant up to which things have happened.
        days: The horizon.

    Source: `measurement.exposure`; Zhao, Tsiatis 1997, Biometrika 84, 339-348.
    """
    if frame.is_empty():
        return StepCount()
    age = (pl.lit(at) - pl.col(start)).dt.total_days().clip(0, days).cast(pl.Float64)
    lag = (pl.col(event) - pl.col(start)).dt.total_days().clip(0).cast(pl.Float64).fill_null(np.inf)
    read = frame.select(age=age, lag=pl.when(lag < days).then(lag).otherwise(np.inf))
    return exposed_count(read["lag"].to_numpy(), read["age"].to_numpy(), horizon_days=days)


def shown_by_age(frame: pl.DataFrame, start: str, event: str, *, at: datetime, days: int) -> Array:
    """Give the share of those who reach a step within `days` who have reached it by each age, (days + 1,); from 0 to 1.

    Where nobody has reached it yet, ages show what they would if lags were even. Arguments as of `exposed`.
    """
    lags = frame.select((pl.col(event) - pl.col(start)).dt.total_days().clip(0)).to_series().drop_nulls().to_numpy()
    lags = lags[lags < days].astype(np.intp)
    if not len(lags):
        return np.linspace(0.0, 1.0, days + 1)
    ages = frame.select(((pl.lit(at) - pl.col(start)).dt.total_days()).clip(0, days)).to_series().to_numpy()
    old = np.array([(ages >= lag).sum() for lag in range(days)], dtype=np.float64)
    risen = np.bincount(lags, minlength=days)[:days] / np.maximum(old, 1.0)
    total = np.concatenate([[0.0], np.cumsum(risen)])
    return np.asarray(total / total[-1], dtype=np.float64)


def still_to_come(chance: pl.Expr, shown: pl.Expr) -> pl.Expr:
    """Give the chance that a step still comes, of those whom it has not reached at an age by which `shown` of all reach it.

    p (1 - F) / (1 - p F), by Bayes: the longer nothing has come, the likelier nothing will.
    """
    return chance * (1 - shown) / (1 - chance * shown)


def priced_as_paid(offers: Sequence[Offer], outcomes: pl.DataFrame, *, minor_per_unit: float) -> tuple[Offer, ...]:
    """Let what accepted leads really cost on average stand for the price of pay-per-lead offers; other offers stay as they are.

    That holds conditions, tiers, credits and replacements. It takes 20 accepted leads.
    """
    paid = {
        contract: (float(cost), int(rows))
        for contract, cost, rows in outcomes.filter(pl.col("model") == "lead")
        .group_by("contract")
        .agg(pl.col("charges_cost").mean(), pl.len())
        .iter_rows()
        if cost is not None
    }
    changed = []
    for offer in offers:
        cost, rows = paid.get(offer.name, (0.0, 0))
        words = f"{offer.source}; what {rows:,} accepted leads cost on average"
        changed.append(replace(offer, price_minor=round(cost * minor_per_unit), source=words) if rows >= 20 else offer)
    return tuple(changed)

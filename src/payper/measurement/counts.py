"""Counts: plain rates, spend and cost per milestone as they stand on a day, with no allowance for deals still open.

Every figure is as of the programme's date D; the frames handed in hold nothing later (RULES 7). Estimates that allow for what is
still open come beside these, never instead of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Protocol

import polars as pl

from payper.journey import LADDER, Milestone
from payper.money import convert, round_half_away
from payper.reasons import Reason, Verdict
from payper.settlement.rates import Rate, Rates
from payper.terms.contract import Contract

COST_STEPS: tuple[Milestone, ...] = (Milestone.ACCEPTED, Milestone.MEETING_HELD, Milestone.OPPORTUNITY, Milestone.WON)
"""Milestones whose cost is reported."""

COUNTS: tuple[str, ...] = ("delivered", "accepted", "rejected", "review", "quarantined", "malformed", "mendable")
_PAST_MENDING = rf"\b(?:{'|'.join(reason.name for reason in Reason if not reason.can_mend)})\b"
MONEY: tuple[str, ...] = ("pending_minor", "posted_minor", "voided_minor", "credited_minor", "owed_minor", "net_minor")
REPLACEMENTS: tuple[str, ...] = ("replacements_owed", "replacements_delivered", "replacements_expired")


@dataclass(frozen=True, slots=True)
class ProgrammeFacts:
    """What a report says of the programme itself.

    Attributes:
        as_of: The day D; everything up to its last instant in each contract's zone has happened (RULES 7).
        rates: The rate in force on D, by currency; the base currency needs none.
        party_names: Names to show for party ids; an id without one is shown itself.
        is_simulated: Whether the deliveries were made up by a simulator.
    """

    name: str
    base_currency: str
    zone: str
    as_of: date
    rates: Mapping[str, Rate] = field(default_factory=dict)
    party_names: Mapping[str, str] = field(default_factory=dict)
    is_simulated: bool = False

    def party(self, party_id: str) -> str:
        """Give the name of a party, or its id."""
        return self.party_names.get(party_id) or party_id


class Settled(Protocol):
    """The frames of a settlement that measuring reads, as `payper.settlement` makes them."""

    @property
    def charges(self) -> pl.DataFrame:
        """One row per charge."""

    @property
    def transfers(self) -> pl.DataFrame:
        """One row per transfer, pointing at its charge."""

    @property
    def returns(self) -> pl.DataFrame:
        """One row per return claimed."""

    @property
    def replacements(self) -> pl.DataFrame:
        """One row per replacement owed, delivered or expired."""

    @property
    def journey(self) -> pl.DataFrame:
        """One row per delivery and milestone reached, implied ones included."""

    @property
    def refusals(self) -> pl.DataFrame:
        """One row per event or return that was refused."""


@dataclass(frozen=True)
class Results:
    """The plain results of a programme as of a day. Amounts are minor units; null money has no exchange rate, null cost no divisor.

    Attributes:
        contracts: One row per contract, sorted by id: terms in force on D, counts, money in its currency and in the base currency.
        providers: One row per provider: counts, money in the base currency, `net_by_currency` (list of amount and currency).
        models: One row per model, as `providers`.
        reasons: `contract, reason, deliveries` (listed at all), `rejected` (listed on a rejected one), `headlines` (first in precedence).
        funnel: `scope` (all, model, provider, contract), `name, milestone, reached` (implied included), `recorded`.
        costs: `scope, name, milestone, reached, currency, net_minor, cost_minor, cost_base_minor`.
        pacing: `contract, day` (local date), `accepted, cumulative, even_pace` (null: no even pace can be drawn).
        exits: `contract, milestone, deliveries` for lost, returned, missed and the like.
        won: `contract, currency, deals, amount_minor`.
        owed_replacements: `contract, external_id, deadline_at` of replacements still owed, soonest first.
        unknown_contracts: Deliveries under contract ids that nobody knows.
        refusals: Number of refused events and returns.
    """

    programme: ProgrammeFacts
    contracts: pl.DataFrame
    providers: pl.DataFrame
    models: pl.DataFrame
    reasons: pl.DataFrame
    funnel: pl.DataFrame
    costs: pl.DataFrame
    pacing: pl.DataFrame
    exits: pl.DataFrame
    won: pl.DataFrame
    owed_replacements: pl.DataFrame
    unknown_contracts: int
    refusals: int


def rates_on(table: Rates, day: date) -> dict[str, Rate]:
    """Give the rate of each currency that holds on a day: the latest not after it, of two of one day the later row (RULES 35)."""
    return {rate.currency: rate for rate in sorted(table.rates, key=lambda rate: rate.on) if rate.on <= day}


def count_results(
    *, programme: ProgrammeFacts, contracts: Mapping[str, Sequence[Contract]], verdicts: pl.DataFrame, settlement: Settled
) -> Results:
    """Count what was delivered, reached, charged and won, per contract, provider and model, as of the programme's date.

    Args:
        programme: Name, base currency, date and rates.
        contracts: The versions of each contract by its id.
        verdicts: One row per delivery: `contract, row, external_id, verdict, headline, reasons, price_minor, delivery_id, delivered_at`.
        settlement: Charges, replacements, journey and refusals up to the date.
    """
    terms = {name: version_on(versions, programme.as_of) for name, versions in sorted(contracts.items())}
    known = verdicts.filter(pl.col("contract").is_in(list(terms)))
    won = _won(terms, settlement.journey)
    per_contract = _contracts(programme, terms, known, settlement, won)
    funnel = _funnel(terms, known, settlement.journey)
    return Results(
        programme=programme,
        contracts=per_contract,
        providers=_grouped(per_contract, "provider"),
        models=_grouped(per_contract, "model"),
        reasons=_reasons(verdicts),
        funnel=funnel,
        costs=_costs(programme, per_contract, funnel),
        pacing=_pacing(programme.as_of, terms, known, settlement.replacements),
        exits=_exits(settlement.journey),
        won=won,
        owed_replacements=settlement.replacements.filter(pl.col("state") == "owed")
        .select("contract", "external_id", "deadline_at")
        .sort("deadline_at", "contract", "external_id", nulls_last=True),
        unknown_contracts=verdicts.height - known.height,
        refusals=settlement.refusals.height,
    )


def version_on(versions: Sequence[Contract], day: date) -> Contract:
    """Give the highest version that holds at the end of a local date, or the lowest where none holds yet (RULES 8)."""
    ordered = sorted(versions, key=lambda contract: contract.version)
    holding = [contract for contract in ordered if contract.holds_from <= contract.calendar.day_end(day)]
    return holding[-1] if holding else ordered[0]


def in_base(programme: ProgrammeFacts, minor: int, currency: str) -> int | None:
    """Give an amount in minor units of the base currency at the rate of the programme's date, or None without a rate."""
    if currency == programme.base_currency:
        return minor
    rate = programme.rates.get(currency)
    if rate is None:
        return 0 if minor == 0 else None
    return round_half_away(convert(minor, source=currency, target=programme.base_currency, rate=rate.in_base))


def _won(terms: Mapping[str, Contract], journey: pl.DataFrame) -> pl.DataFrame:
    """Sum the amounts of won deals, which the journey keeps in the contract's currency; deals without an amount count for nothing."""
    currencies = {name: contract.currency for name, contract in terms.items()}
    return (
        journey.filter(
            (pl.col("milestone") == Milestone.WON.value) & pl.col("amount_minor").is_not_null() & pl.col("contract").is_in(list(terms))
        )
        .group_by("contract")
        .agg(deals=pl.len().cast(pl.Int64), amount_minor=pl.col("amount_minor").sum().cast(pl.Int64))
        .select(
            "contract", pl.col("contract").replace_strict(currencies, return_dtype=pl.String).alias("currency"), "deals", "amount_minor"
        )
        .sort("contract")
    )


def _contracts(
    programme: ProgrammeFacts, terms: Mapping[str, Contract], verdicts: pl.DataFrame, settlement: Settled, won: pl.DataFrame
) -> pl.DataFrame:
    """Put one row together per contract, those without a delivery included."""
    frame = (
        _terms_frame(terms)
        .join(_counts(verdicts), on="contract", how="left")
        .join(_spend(settlement.charges), on="contract", how="left")
        .join(_replacements(settlement.replacements), on="contract", how="left")
        .with_columns(pl.col(*COUNTS, "budget_used_minor", *MONEY, *REPLACEMENTS).fill_null(0).cast(pl.Int64))
        .with_columns(acceptance_rate=_share("accepted", "delivered"))
        .sort("contract")
    )
    base = [in_base(programme, net, currency) for net, currency in frame.select("net_minor", "currency").iter_rows()]
    owed = [in_base(programme, amount, currency) for amount, currency in frame.select("owed_minor", "currency").iter_rows()]
    return frame.with_columns(
        net_base_minor=pl.Series(base, dtype=pl.Int64),
        owed_base_minor=pl.Series(owed, dtype=pl.Int64),
        won_base_minor=pl.Series([_won_base(programme, won, name) for name in frame["contract"]], dtype=pl.Int64),
    )


def _won_base(programme: ProgrammeFacts, won: pl.DataFrame, contract: str) -> int | None:
    """Add up a contract's won amounts in the base currency; None when one of them has no rate."""
    total = 0
    for currency, amount in won.filter(pl.col("contract") == contract).select("currency", "amount_minor").iter_rows():
        base = in_base(programme, amount, currency)
        if base is None:
            return None
        total += base
    return total


def _terms_frame(terms: Mapping[str, Contract]) -> pl.DataFrame:
    """Give what reports show of each contract's terms in force."""
    schema = {
        "contract": pl.String,
        "version": pl.Int64,
        "model": pl.String,
        "buyer": pl.String,
        "provider": pl.String,
        "currency": pl.String,
        "zone": pl.String,
        "starts": pl.Date,
        "ends": pl.Date,
        "cap_total": pl.Int64,
        "budget_minor": pl.Int64,
    }
    rows = [
        (
            name,
            one.version,
            one.model,
            one.buyer,
            one.provider,
            one.currency,
            one.zone,
            one.starts,
            one.ends,
            one.caps.total,
            one.caps.budget_minor,
        )
        for name, one in terms.items()
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _counts(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Count deliveries by verdict per contract; `budget_used_minor` is the price of all accepted ones (RULES 31).

    `mendable` are rejected for nothing but reasons that mending and resending can cure.
    """
    accepted, rejected = pl.col("verdict") == Verdict.ACCEPTED.value, pl.col("verdict") == Verdict.REJECTED.value
    return verdicts.group_by("contract").agg(
        delivered=pl.len(),
        accepted=accepted.sum(),
        rejected=rejected.sum(),
        review=(pl.col("verdict") == Verdict.REVIEW.value).sum(),
        quarantined=(pl.col("verdict") == Verdict.QUARANTINED.value).sum(),
        malformed=(pl.col("headline") == Reason.ROW_MALFORMED.name).sum(),
        mendable=(rejected & ~pl.col("reasons").list.join(";").str.contains(_PAST_MENDING)).sum(),
        budget_used_minor=pl.col("price_minor").filter(accepted).sum(),
    )


def _spend(charges: pl.DataFrame) -> pl.DataFrame:
    """Add up charges per contract.

    `pending_minor` is still pending; `posted_minor` is gross (RULES 45); `owed_minor` is posted less credited; `net_minor` adds what
    is pending: what will be owed if nothing more is returned.
    """
    return (
        charges.group_by("contract")
        .agg(pl.col("pending_minor", "posted_minor", "voided_minor", "credited_minor").sum())
        .with_columns(owed_minor=pl.col("posted_minor") - pl.col("credited_minor"))
        .with_columns(net_minor=pl.col("owed_minor") + pl.col("pending_minor"))
    )


def _replacements(replacements: pl.DataFrame) -> pl.DataFrame:
    """Count replacements per contract by their state."""
    return replacements.group_by("contract").agg(
        replacements_owed=(pl.col("state") == "owed").sum(),
        replacements_delivered=(pl.col("state") == "delivered").sum(),
        replacements_expired=(pl.col("state") == "expired").sum(),
    )


def _share(part: str, whole: str) -> pl.Expr:
    """Give a share as a fraction, null of nothing."""
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


def _grouped(contracts: pl.DataFrame, by: str) -> pl.DataFrame:
    """Add contracts up by provider or model; base-currency money is null as soon as one of them has no rate."""

    def whole(column: str) -> pl.Expr:
        return pl.when(pl.col(column).null_count() == 0).then(pl.col(column).sum())

    by_currency = (
        contracts.group_by(by, "currency")
        .agg(pl.col("net_minor").sum(), pl.col("owed_minor").sum())
        .sort(by, "currency")
        .group_by(by, maintain_order=True)
        .agg(net_by_currency=pl.struct("currency", "net_minor", "owed_minor"))
    )
    return (
        contracts.group_by(by)
        .agg(
            pl.len().cast(pl.Int64).alias("contracts"),
            pl.col(*COUNTS, *REPLACEMENTS).sum(),
            *(whole(column).alias(column) for column in ("net_base_minor", "owed_base_minor", "won_base_minor")),
        )
        .with_columns(acceptance_rate=_share("accepted", "delivered"))
        .join(by_currency, on=by, how="left")
        .sort(by)
    )


def _reasons(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Count reasons per contract: all that are listed, and those that are the headline; commonest first, ties in precedence."""
    listed = verdicts.select("contract", "verdict", reason=pl.col("reasons")).explode("reason").drop_nulls("reason")
    headlines = verdicts.filter(pl.col("headline").is_not_null() & (pl.col("headline") != "")).group_by("contract", reason="headline")
    rank = {reason.name: reason.rank for reason in Reason}
    return (
        listed.group_by("contract", "reason")
        .agg(deliveries=pl.len().cast(pl.Int64), rejected=(pl.col("verdict") == Verdict.REJECTED.value).sum().cast(pl.Int64))
        .join(headlines.agg(headlines=pl.len().cast(pl.Int64)), on=["contract", "reason"], how="left")
        .with_columns(
            pl.col("headlines").fill_null(0), rank=pl.col("reason").replace_strict(rank, default=len(rank), return_dtype=pl.Int64)
        )
        .sort(["contract", "deliveries", "rank"], descending=[False, True, False])
        .drop("rank")
    )


def _funnel(terms: Mapping[str, Contract], verdicts: pl.DataFrame, journey: pl.DataFrame) -> pl.DataFrame:
    """Count, per contract and its groups, the deliveries that reached each step of the ladder; a later step implies those it skips."""
    ranks = {milestone.value: rank for rank, milestone in enumerate(LADDER)}
    placed = journey.with_columns(rank=pl.col("milestone").replace_strict(ranks, default=None, return_dtype=pl.Int64)).filter(
        pl.col("rank") >= 2
    )
    furthest = placed.group_by("contract", "delivery_id").agg(pl.col("rank").max())
    names = pl.DataFrame(
        [(name, one.model, one.provider) for name, one in terms.items()],
        schema={"contract": pl.String, "model": pl.String, "provider": pl.String},
        orient="row",
    )
    counts = _counts(verdicts).select("contract", "delivered", "accepted")
    steps = []
    for rank, milestone in enumerate(LADDER):
        if rank < 2:
            reached = counts.select("contract", reached=pl.col(milestone.value), recorded=pl.col(milestone.value))
        else:
            recorded = (
                placed.filter((pl.col("rank") == rank) & ~pl.col("is_implied"))
                .group_by("contract")
                .agg(recorded=pl.col("delivery_id").n_unique())
            )
            reached = (
                furthest.filter(pl.col("rank") >= rank).group_by("contract").agg(reached=pl.len()).join(recorded, on="contract", how="left")
            )
        steps.append(names.join(reached, on="contract", how="left").with_columns(milestone=pl.lit(milestone.value), rank=pl.lit(rank)))
    table = pl.concat(steps, how="diagonal_relaxed").with_columns(pl.col("reached", "recorded").fill_null(0).cast(pl.Int64), all=pl.lit(""))
    scopes = [
        table.group_by(pl.col(column).alias("name"), "milestone", "rank")
        .agg(pl.col("reached", "recorded").sum())
        .select(pl.lit(column).alias("scope"), "name", "milestone", "rank", "reached", "recorded")
        for column in ("all", "model", "provider", "contract")
    ]
    return pl.concat(scopes).sort("scope", "name", "rank").drop("rank")


def _costs(programme: ProgrammeFacts, contracts: pl.DataFrame, funnel: pl.DataFrame) -> pl.DataFrame:
    """Divide net spend by the deliveries that reached a step; null where none did, or where spend has no rate."""
    base = programme.base_currency
    parts = [
        contracts.select(pl.lit("contract").alias("scope"), pl.col("contract").alias("name"), "currency", "net_minor", "net_base_minor"),
        *(
            _grouped(contracts, by).select(
                pl.lit(by).alias("scope"),
                pl.col(by).alias("name"),
                pl.lit(base).alias("currency"),
                pl.col("net_base_minor").alias("net_minor"),
                "net_base_minor",
            )
            for by in ("provider", "model")
        ),
    ]
    steps = funnel.filter(pl.col("milestone").is_in([step.value for step in COST_STEPS]))
    table = pl.concat(parts).join(steps, on=["scope", "name"], how="inner")
    costs = [
        (_cost(net, reached), _cost(net_base, reached))
        for net, net_base, reached in table.select("net_minor", "net_base_minor", "reached").iter_rows()
    ]
    return table.with_columns(
        cost_minor=pl.Series([cost for cost, _ in costs], dtype=pl.Int64),
        cost_base_minor=pl.Series([cost for _, cost in costs], dtype=pl.Int64),
    ).select("scope", "name", "milestone", "reached", "currency", "net_minor", "cost_minor", "cost_base_minor")


def _cost(net_minor: int | None, reached: int) -> int | None:
    """Divide, rounding half away from zero (RULES 35)."""
    if net_minor is None or reached == 0:
        return None
    return round_half_away(Decimal(net_minor) / reached)


def _pacing(as_of: date, terms: Mapping[str, Contract], verdicts: pl.DataFrame, replacements: pl.DataFrame) -> pl.DataFrame:
    """Count accepted deliveries by local day, replacements aside (they count in no cap: RULES 44), against the even pace (RULES 32)."""
    replacing = replacements.filter(pl.col("delivered_by").is_not_null()).select("contract", external_id="delivered_by").unique()
    # Local dates change on quarters of an hour in every zone, and few quarters are far quicker to place than a million instants.
    quarters = (
        verdicts.lazy()
        .filter(pl.col("verdict") == Verdict.ACCEPTED.value)
        .select("contract", "external_id", "delivered_at")
        .join(replacing.lazy(), on=["contract", "external_id"], how="anti")
        .group_by("contract", quarter=pl.col("delivered_at").dt.epoch("s") // 900)
        .agg(accepted=pl.len().cast(pl.Int64))
        .drop_nulls("quarter")
        .with_columns(at=pl.from_epoch(pl.col("quarter") * 900, time_unit="s").dt.replace_time_zone("UTC"))
        .collect()
    )
    parts = []
    for name, contract in terms.items():
        day = pl.col("at").dt.convert_time_zone(contract.zone).dt.date()
        own = quarters.filter(pl.col("contract") == name).group_by(day=day).agg(pl.col("accepted").sum())
        last = as_of if contract.ends is None else min(as_of, contract.ends)
        ends = pl.DataFrame(
            {"day": sorted({contract.starts, max(last, contract.starts)}), "accepted": 0}, schema={"day": pl.Date, "accepted": pl.Int64}
        )
        both = pl.concat([own, ends]).group_by("day").agg(pl.col("accepted").sum()).sort("day")
        pace = [even_pace(contract, on) for on in both["day"]]
        parts.append(
            both.select(
                pl.lit(name).alias("contract"),
                "day",
                "accepted",
                pl.col("accepted").cum_sum().alias("cumulative"),
                pl.Series("even_pace", pace, dtype=pl.Int64),
            )
        )
    schema = {"contract": pl.String, "day": pl.Date, "accepted": pl.Int64, "cumulative": pl.Int64, "even_pace": pl.Int64}
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def even_pace(contract: Contract, day: date) -> int | None:
    """Give how many deliveries an even pace makes by the end of a local date; None without a total and an end (RULES 32)."""
    if contract.caps.total is None or contract.ends is None:
        return None
    days = (contract.ends - contract.starts).days + 1
    elapsed = min(max((day - contract.starts).days + 1, 0), days)
    return -(-contract.caps.total * elapsed // days)


def _exits(journey: pl.DataFrame) -> pl.DataFrame:
    """Count deliveries per contract that left the ladder, by how."""
    forward = [milestone.value for milestone in LADDER]
    return (
        journey.filter(~pl.col("milestone").is_in(forward))
        .group_by("contract", "milestone")
        .agg(deliveries=pl.col("delivery_id").n_unique().cast(pl.Int64))
        .sort("contract", "milestone")
    )

"""Settlement: verdicts, milestones and returns in; charges, transfers and replacements out (RULES 33 to 45)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from payper.deliveries import INSTANT
from payper.ledger import validate
from payper.settlement.acts import journey_of, refusals_of, replacements_of, returns_of, warnings_of
from payper.settlement.events import locate, read_events
from payper.settlement.facts import read_claims
from payper.settlement.fates import WHOLE, Fate
from payper.settlement.frames import frame_of
from payper.settlement.outcome import CHARGE_COLUMNS, stand, transfers_of
from payper.settlement.plain import CHARGE_SCHEMA, plain_charges
from payper.settlement.pricing import price, price_table
from payper.settlement.rates import Rates
from payper.settlement.stepped import step, step_charges, step_journey
from payper.settlement.touched import follow_touched
from payper.terms.contract import Contract

DELIVERY_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "delivery_id": pl.Int64,
    "contract": pl.String,
    "contract_version": pl.Int32,
    "external_id": pl.String,
    "kind": pl.String,
    "delivered_at": INSTANT,
    "generated_at": INSTANT,
    "email_normal": pl.String,
    "price_rows": pl.List(pl.Int16),
    "replaces": pl.String,
    "accepted_at": INSTANT,
    "meeting_at": INSTANT,
    "meeting_minutes": pl.Int64,
}
"""Accepted deliveries as `settle` takes them. `delivery_id`: unique, in order of arrival. `price_rows`: indexes into `contract.prices`
of the rows that apply, at most one per milestone. `replaces`: the external id of what it validly replaces, null otherwise.
`accepted_at` (null or absent: `delivered_at`): later where a person released it. The last two may be absent."""

OTHERS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {"contract": pl.String, "external_id": pl.String, "verdict": pl.String}
"""Deliveries that are not accepted."""

AsOf = Callable[[str], datetime] | Mapping[str, datetime]


@dataclass(frozen=True)
class Made:
    """What earlier runs made and answered; it stays as it was.

    Attributes:
        charges: delivery_id, milestone, number, amount_minor, price_row; gross_minor may be added.
        returns: contract, external_id, claimed_at, outcome (granted or refused; others are ignored).
    """

    charges: pl.DataFrame | None = None
    returns: pl.DataFrame | None = None

    @property
    def answered(self) -> dict[tuple[str, str | None, datetime], str]:
        """Give the outcomes of returns by contract, external id and claim."""
        if self.returns is None:
            return {}
        final = self.returns.filter(pl.col("outcome").is_in(["granted", "refused"]))
        # Of two rows of one instant the granted one is the return; the other was refused because of it.
        ordered = final.sort("outcome", descending=True).select("contract", "external_id", "claimed_at", "outcome")
        return {(contract, external_id, at): outcome for contract, external_id, at, outcome in ordered.iter_rows()}


@dataclass(frozen=True)
class Settlement:
    """What is owed, and why; docs/settlement.md lists the columns.

    Attributes:
        charges: One row per delivery and priced milestone reached; those of nothing are there too.
        transfers: As `ledger.TRANSFER_SCHEMA`.
        returns: Every return claimed by the as-of, with its outcome.
        replacements: Every replacement granted by the as-of: owed, delivered or expired.
        journey: Milestones per accepted delivery.
        refusals: Events and returns refused, with what to do.
        warnings: What was taken, but not as the sender may have meant it.
    """

    charges: pl.DataFrame
    transfers: pl.DataFrame
    returns: pl.DataFrame
    replacements: pl.DataFrame
    journey: pl.DataFrame
    refusals: pl.DataFrame
    warnings: pl.DataFrame


def settle(
    deliveries: pl.DataFrame,
    events: pl.DataFrame,
    returns: pl.DataFrame,
    contracts: Mapping[str, Sequence[Contract]],
    rates: Rates,
    *,
    as_of: AsOf,
    others: pl.DataFrame | None = None,
    made: Made | None = None,
    one_by_one: bool = False,
) -> Settlement:
    """Settle everything known, as of an instant per contract.

    Args:
        deliveries: All accepted deliveries, as `DELIVERY_SCHEMA`.
        events: As `journey.EVENT_SCHEMA`; `run` and `email_normal` may be added.
        returns: As `journey.RETURN_SCHEMA`; `run` and `email_normal` may be added.
        contracts: Versions by contract id; each delivery's governs its later milestones, windows and returns (RULES 8).
        rates: The programme's rates.
        as_of: The last instant of each contract; nothing later has happened.
        others: Deliveries not accepted, as `OTHERS_SCHEMA`; None: none.
        made: What earlier runs made; None: nothing.
        one_by_one: Follow every delivery that an event touches by itself, never as columns: the same result, slowly, to compare with.

    Raises:
        LedgerError: The transfers do not make a ledger.

    Source: RULES 33 to 45; docs/settlement.md.
    """
    made = made or Made()
    ends = {id_: as_of(id_) if callable(as_of) else as_of[id_] for id_ in contracts}
    known = _prepared(deliveries, ends)
    accepted = known.filter(pl.col("accepted_at") <= pl.col("as_of"))
    not_yet = known.filter(pl.col("accepted_at") > pl.col("as_of")).select("contract", "external_id")
    refused = pl.concat([others.select("contract", "external_id"), not_yet]) if others is not None else not_yet
    prices = price_table(contracts)
    read, refusals = read_events(events)
    claims, refused_claims = read_claims(returns)
    located = _due(locate(read, accepted, refused, contracts), accepted)
    stepped = step(accepted, located.filter(pl.col("delivery_id").is_not_null()), prices, contracts, rates)
    odd = stepped.deliveries["delivery_id"] if one_by_one else stepped.odd
    touched = follow_touched(accepted, refused, located, claims, odd, contracts=contracts, rates=rates, as_of=ends, answered=made.answered)
    touched.refusals[:0] = [*refusals, *refused_claims]
    ids = pl.Series(list(touched.courses), dtype=pl.Int64)
    quiet = accepted.filter(~pl.col("delivery_id").is_in(ids.implode())) if len(ids) else accepted
    stepped = stepped.without(ids)
    plain, unpriced = plain_charges(quiet, prices, contracts)
    fates = [fate for delivery_id in sorted(touched.fates) for fate in touched.fates[delivery_id]]
    charges = _made(step_charges(stepped, plain, contracts), fates, contracts, ends)
    settled = stand(price(charges, fates, contracts, made.charges))
    return Settlement(
        charges=settled.rename({"made_at": "happened_at"}).select(CHARGE_COLUMNS),
        transfers=validate(transfers_of(settled, fates, contracts)),
        returns=returns_of(touched, ends),
        replacements=replacements_of(touched, ends),
        journey=journey_of(accepted, touched, step_journey(stepped, ends), rates, ends),
        refusals=refusals_of(touched),
        warnings=warnings_of(touched, unpriced),
    )


def _made(
    plain: pl.DataFrame, fates: Sequence[Fate], contracts: Mapping[str, Sequence[Contract]], ends: Mapping[str, datetime]
) -> pl.DataFrame:
    """Put together the charges made up to each contract's as-of: of columns, then of deliveries followed one by one."""
    rows = [_row(fate, index) for index, fate in enumerate(fates)]
    both = pl.concat([plain, frame_of(rows, CHARGE_SCHEMA)]) if rows else plain
    known = both.join(_terms(contracts, ends), on=["contract", "contract_version"], how="left", maintain_order="left")
    return known.filter(pl.col("made_at") <= pl.col("as_of"))


def _due(located: pl.DataFrame, accepted: pl.DataFrame) -> pl.DataFrame:
    """Leave out events that mean a delivery and lie after its contract's as-of."""
    if located.is_empty():
        return located
    known = located.join(accepted.select("delivery_id", "as_of"), on="delivery_id", how="left", maintain_order="left")
    return known.filter(pl.col("as_of").is_null() | (pl.col("happened_at") <= pl.col("as_of"))).drop("as_of")


def _prepared(deliveries: pl.DataFrame, ends: Mapping[str, datetime]) -> pl.DataFrame:
    """Bring deliveries to their schema, with the as-of of their contract."""
    columns = [
        pl.col(name).cast(dtype) if name in deliveries.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in DELIVERY_SCHEMA.items()
    ]
    known = deliveries.select(columns).with_columns(pl.coalesce("accepted_at", "delivered_at").alias("accepted_at"))
    assert known["delivery_id"].n_unique() == known.height, "delivery ids are unique"
    return known.with_columns(
        pl.col("contract").replace_strict(list(ends), pl.Series(list(ends.values()), dtype=INSTANT), return_dtype=INSTANT).alias("as_of")
        if ends
        else pl.lit(None, dtype=INSTANT).alias("as_of")
    )


def _terms(contracts: Mapping[str, Sequence[Contract]], ends: Mapping[str, datetime]) -> pl.DataFrame:
    rows = [(one.id, one.version, one.currency, ends[id_]) for id_, versions in contracts.items() for one in versions]
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "contract": pl.String, "contract_version": pl.Int32, "currency": pl.String, "as_of": INSTANT,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _row(fate: Fate, index: int) -> tuple[Any, ...]:
    """Write a fate as a row of `CHARGE_SCHEMA`."""
    charge = fate.charge
    subject = charge.subject
    percent = None if fate.relief_percent == WHOLE else str(fate.relief_percent)
    return (
        subject.delivery_id, subject.contract.id, subject.contract.version, subject.external_id, subject.email, charge.milestone.value,
        charge.price_row, charge.made_at, charge.made_cause, charge.again_at, charge.begins_at, charge.ends_at, fate.post_at,
        fate.post_cause or None, fate.relief_at, percent, fate.relief_cause or None, fate.relief_reason or None, fate.held_until,
        charge.is_free, charge.fixed_minor, index,
    )  # fmt: skip

"""Deliveries whose events only make charges, settled as columns: nothing missed, cancelled, returned, replaced or without an amount.

Their course needs no fold: a charge is made by the first event of its milestone, the one on `meeting held` by the booking, and silence is
one more event at its instant. Every other delivery that an event touches is followed by `touched`. Both give the same, which
tests/settlement/test_columns.py keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from payper.deliveries import INSTANT
from payper.journey import LADDER, Milestone
from payper.money import exponent
from payper.periods import Period, window_ends
from payper.settlement.course import FORWARD, MEETING_WORDS, elapsed, silence_of
from payper.settlement.events import ORDER
from payper.settlement.facts import MILESTONE_RANK, amount_minor, calendar_of, share_minor
from payper.settlement.plain import CHARGE_SCHEMA, begun, by_version
from payper.settlement.rates import Rates
from payper.terms.contract import Contract

_ACCEPTED, _BOOKED, _HELD = (one.value for one in (Milestone.ACCEPTED, Milestone.MEETING_BOOKED, Milestone.MEETING_HELD))
_FORWARD = [one.value for one in FORWARD]
_KEY = ["delivery_id", "milestone"]
_SILENCE = "silence after the meeting"


@dataclass(frozen=True)
class Stepped:
    """Accepted deliveries that an event or a silent meeting touches.

    Attributes:
        deliveries: Columns as of `settle`.
        steps: Events dated up to the as-of, as `events.STEP_SCHEMA` with delivery_id; further kind, accepted_at, `at` (the instant from
            which the event counts), `is_silence` (a meeting that silence proves; it may lie ahead), amount_minor and source_currency,
            and price_row, base_minor and fixed_minor of the delivery's price on the milestone.
        priced: delivery_id, milestone, price_row and base_minor (null: a percentage) of their price rows.
        odd: Ids of those that columns cannot settle.
    """

    deliveries: pl.DataFrame
    steps: pl.DataFrame
    priced: pl.DataFrame
    odd: pl.Series

    def without(self, followed: pl.Series) -> Stepped:
        """Leave deliveries out."""
        if followed.is_empty() or self.deliveries.is_empty():
            return self
        left = ~pl.col("delivery_id").is_in(followed.implode())
        return Stepped(self.deliveries.filter(left), self.steps.filter(left), self.priced.filter(left), self.odd)


def step(
    accepted: pl.DataFrame, events: pl.DataFrame, prices: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]], rates: Rates
) -> Stepped:
    """Bring events to the deliveries they touch.

    Args:
        accepted: Columns as of `settle`.
        events: As `events.locate` gives them, found ones alone, dated up to the as-of.
        prices: As `pricing.price_table`.
        contracts: Versions by id.
        rates: For amounts in other currencies.
    """
    by_silence = _asking_silence(accepted, contracts)
    ids = pl.concat([events["delivery_id"], by_silence["delivery_id"]]).unique()
    deliveries = accepted.filter(pl.col("delivery_id").is_in(ids.implode())) if len(ids) else accepted.clear()
    facts = deliveries.select("delivery_id", pl.col("contract").alias("home"), "contract_version", "kind", "accepted_at")
    steps = events.join(facts, on="delivery_id", how="inner", maintain_order="left").with_columns(
        pl.max_horizontal("happened_at", "accepted_at").alias("at"), pl.lit(value=False).alias("is_silence")
    )
    silent = _silent(by_silence, steps)
    steps = pl.concat([steps, silent.join(facts, on="delivery_id")], how="diagonal") if len(silent) else steps
    priced = (
        deliveries.select("delivery_id", "contract", "contract_version", pl.col("price_rows").alias("price_row"))
        .explode("price_row")
        .drop_nulls("price_row")
        .join(
            prices.select("contract", "contract_version", "price_row", "milestone", "base_minor"),
            on=["contract", "contract_version", "price_row"],
        )
        .select(*_KEY, "price_row", "base_minor")
    )
    steps = _valued(steps.join(priced, on=_KEY, how="left", maintain_order="left"), contracts, rates)
    is_percent = pl.col("price_row").is_not_null() & pl.col("base_minor").is_null()
    unpaid = steps.filter(
        pl.col("milestone").is_in([Milestone.MISSED.value, Milestone.CANCELLED.value]) | (is_percent & pl.col("fixed_minor").is_null())
    )
    at_acceptance = priced.filter(pl.col("base_minor").is_null() & pl.col("milestone").is_in([_ACCEPTED, _BOOKED])).join(
        facts, on="delivery_id"
    )
    warned = at_acceptance.filter((pl.col("milestone") == _ACCEPTED) | (pl.col("kind") == "appointment"))
    return Stepped(deliveries, steps, priced, pl.concat([unpaid["delivery_id"], warned["delivery_id"]]).unique())


def _asking_silence(accepted: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """List the deliveries whose meeting silence may prove held, and `silent_at`, when it would (decision 0006)."""
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "delivery_id": pl.Int64, "kind": pl.String, "accepted_at": INSTANT, "silent_at": INSTANT,
    }  # fmt: skip
    parts = [pl.DataFrame(schema=schema)]
    if accepted["meeting_at"].null_count() == accepted.height:
        return parts[0]
    asking = {id_ for id_, versions in contracts.items() for one in versions if silence_of(one) is not None}
    meetings = accepted.filter(pl.col("contract").is_in(list(asking)) & pl.col("meeting_at").is_not_null())
    for part, contract in by_version(meetings, contracts):
        word = silence_of(contract)
        if word is None:
            continue
        usual = elapsed(contract.appointment.duration if contract.appointment else None)
        length = pl.coalesce(pl.duration(minutes="meeting_minutes"), pl.lit(usual))
        ended = part.select((pl.col("meeting_at") + length).cast(INSTANT).alias("ended"))["ended"]
        _, _, period = word.partition(":")
        ends = window_ends(ended, Period.parse(period), calendar_of(contract)) if period else ended
        known = part.with_columns(ends.alias("silent_at")).with_columns(pl.max_horizontal("silent_at", "accepted_at").alias("silent_at"))
        parts.append(known.select(list(schema)))
    return pl.concat(parts)


def _silent(asking: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Make an event of each meeting that silence proves: booked, and nothing said of it up to the instant."""
    said = steps.join(asking.select("delivery_id", "silent_at"), on="delivery_id").filter(pl.col("at") <= pl.col("silent_at"))
    spoken = said.filter(pl.col("milestone").is_in([one.value for one in MEETING_WORDS]))
    booked = said.filter(pl.col("milestone") == _BOOKED)
    is_booked = (pl.col("kind") == "appointment") | pl.col("delivery_id").is_in(booked["delivery_id"].implode())
    return (
        asking.filter(is_booked)
        .join(spoken, on="delivery_id", how="anti")
        .select(
            "delivery_id",
            pl.col("silent_at").alias("happened_at"),
            pl.col("silent_at").alias("at"),
            pl.lit(_HELD).alias("milestone"),
            pl.lit(MILESTONE_RANK[Milestone.MEETING_HELD], dtype=pl.Int8).alias("rank"),
            pl.lit("silence").alias("source"),
            pl.lit(value=True).alias("is_silence"),
        )
    )


def _valued(steps: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]], rates: Rates) -> pl.DataFrame:
    """Give amounts in the contract's minor units, and the share that a percentage takes (RULES 35)."""
    versions = {(one.id, one.version): one for all_ in contracts.values() for one in all_}
    placed = steps.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    names = ["place", "home", "contract_version", "amount", "currency", "happened_at", "price_row", "base_minor"]
    found: dict[tuple[str, str, object], Decimal | None] = {}
    rows = []
    for place, id_, version, text, written, at, price_row, base in placed.filter(pl.col("amount").is_not_null()).select(names).iter_rows():
        contract = versions[id_, version]
        target = contract.currency
        source = written or target
        key = (source, target, None if source == target else calendar_of(contract).local_date(at))
        if key not in found:
            found[key] = rates.rate(source, target, calendar_of(contract).local_date(at))
        rate, amount = found[key], Decimal(text)
        share = contract.prices[price_row].percent if price_row is not None and base is None else None
        rows.append((
            place, amount_minor(amount, target, rate) if rate is not None and exponent(target) is not None else None, source,
            share_minor(amount, share, target, rate) if share is not None and rate is not None else None,
        ))  # fmt: skip
    schema = {"place": pl.Int64, "amount_minor": pl.Int64, "source_currency": pl.String, "fixed_minor": pl.Int64}
    return placed.join(pl.DataFrame(rows, schema=schema, orient="row"), on="place", how="left", maintain_order="left").drop("place")


def step_charges(stepped: Stepped, plain: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]]) -> pl.DataFrame:
    """Add the charges of events to those of acceptance (RULES 37, 38, 41), and take back those that a word confirms from silence.

    Args:
        stepped: Without those followed.
        plain: As `plain.plain_charges`, of the same deliveries among others.
        contracts: Versions by id.
    """
    steps = stepped.steps.filter(pl.col("milestone").is_in(_FORWARD)).sort(
        "delivery_id", *(pl.col(name).fill_null("") if name in {"reason", "currency", "source", "file"} else name for name in ORDER),
        nulls_last=True, maintain_order=True,
    )  # fmt: skip
    if steps.is_empty():
        return plain
    is_made = pl.col("milestone").is_in([_ACCEPTED]) | ((pl.col("kind") == "appointment") & (pl.col("milestone") == _BOOKED))
    first = steps.filter(pl.col("price_row").is_not_null() & ~is_made).unique(_KEY, keep="first", maintain_order=True)
    reached = first.with_columns(pl.col("at").alias("made_at"), pl.col("at").alias("begins_at"), _cause().alias("made_cause"))
    held = _held(stepped, steps, reached.filter(pl.col("milestone") == _HELD))
    chosen = ["delivery_id", "milestone", "price_row", "made_at", "made_cause", "begins_at", "fixed_minor"]
    rows = pl.concat([reached.filter(pl.col("milestone") != _HELD).select(chosen), held.select(chosen)]).join(
        stepped.deliveries.select("delivery_id", "contract", "contract_version", "external_id", "email_normal"), on="delivery_id"
    )
    waiting = rows.filter(pl.col("begins_at").is_null())
    parts = [begun(part, contract) for part, contract in by_version(rows.filter(pl.col("begins_at").is_not_null()), contracts)]
    made = pl.concat([waiting, *parts], how="diagonal").with_columns(pl.lit(value=False).alias("is_free"))
    columns = [(pl.col(name) if name in made.columns else pl.lit(None).alias(name)).cast(dtype) for name, dtype in CHARGE_SCHEMA.items()]
    charges = pl.concat([plain.join(held.select(_KEY), on=_KEY, how="anti"), made.select(columns)])
    return _confirmed(charges, steps)


def _held(stepped: Stepped, steps: pl.DataFrame, reached: pl.DataFrame) -> pl.DataFrame:
    """Make the charges on the meeting: pending from the booking, begun when it was held; a percentage only when held."""
    flat = stepped.priced.filter((pl.col("milestone") == _HELD) & pl.col("base_minor").is_not_null())
    booked = steps.filter(pl.col("milestone") == _BOOKED).unique("delivery_id", keep="first", maintain_order=True)
    by_event = booked.select(
        "delivery_id", pl.col("at").alias("booked_at"), _cause().alias("booked_cause"), pl.col("happened_at").alias("booked_on")
    )
    appointments = stepped.deliveries.filter(pl.col("kind") == "appointment").select(
        "delivery_id", pl.col("accepted_at").alias("booked_at"), pl.lit("acceptance of an appointment").alias("booked_cause"),
        pl.lit(None, dtype=INSTANT).alias("booked_on"),
    )  # fmt: skip
    bookings = pl.concat([appointments, by_event.join(appointments, on="delivery_id", how="anti")])
    concerned = pl.concat([bookings.select("delivery_id"), reached.select("delivery_id")]).unique()
    made = (
        flat.join(concerned, on="delivery_id", how="semi")
        .join(bookings, on="delivery_id", how="left")
        .join(reached.select("delivery_id", "happened_at", "made_at", "made_cause", "begins_at"), on="delivery_id", how="left")
    )
    # A booking that was recorded before the meeting makes the charge; acceptance of an appointment always is.
    is_booking = pl.col("booked_at").is_not_null() & (
        pl.col("booked_on").is_null() | pl.col("happened_at").is_null() | (pl.col("booked_on") <= pl.col("happened_at"))
    )
    known = made.with_columns(
        pl.when(is_booking).then("booked_at").otherwise("made_at").alias("made_at"),
        pl.when(is_booking).then("booked_cause").otherwise("made_cause").alias("made_cause"),
        pl.lit(None, dtype=pl.Int64).alias("fixed_minor"),
    )
    return pl.concat([known, reached.filter(pl.col("base_minor").is_null())], how="diagonal")


def _cause() -> pl.Expr:
    """Name an event as `str(Step)` does."""
    reason = pl.when(pl.col("reason").fill_null("") != "").then(pl.format(" ({})", "reason")).otherwise(pl.lit(""))
    row = pl.col("row").cast(pl.String).fill_null("None")
    place = pl.when(pl.col("file").fill_null("") != "").then(pl.format("{} row {}", "file", row)).otherwise(pl.format("row {}", row))
    return pl.when("is_silence").then(pl.lit(_SILENCE)).otherwise(pl.concat_str("milestone", reason, pl.lit(", "), place))


def _confirmed(charges: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Let a charge post that silence would give back, where a forward event lies in its window (decision 0005)."""
    silent = charges.filter(pl.col("relief_reason") == "SILENCE").select(*_KEY, "begins_at", "ends_at")
    if silent.is_empty():
        return charges
    words = silent.join(steps.filter(~pl.col("is_silence")).select("delivery_id", "at"), on="delivery_id")
    confirmed = (
        words.filter(pl.col("at").is_between("begins_at", "ends_at")).select(*_KEY, pl.lit(value=True).alias("is_confirmed")).unique()
    )
    known = charges.join(confirmed, on=_KEY, how="left", maintain_order="left")
    is_confirmed = pl.col("is_confirmed").is_not_null()
    return known.with_columns(
        pl.when(is_confirmed).then("ends_at").otherwise("post_at").alias("post_at"),
        pl.when(is_confirmed).then(pl.lit("end of the review window")).otherwise("post_cause").alias("post_cause"),
        *(pl.when(~is_confirmed).then(name).alias(name) for name in ("relief_at", "relief_cause", "relief_reason")),
    ).select(list(CHARGE_SCHEMA))


def step_journey(stepped: Stepped, as_of: Mapping[str, datetime]) -> pl.DataFrame:
    """List the events and the steps that they skip (RULES 38); columns of `acts.JOURNEY_SCHEMA` less contract and external_id."""
    if stepped.steps.is_empty():
        return stepped.steps
    ends = stepped.steps["home"].replace_strict(dict(as_of), default=None, return_dtype=INSTANT)
    facts = stepped.steps.filter(pl.col("happened_at") <= ends).sort("delivery_id", "happened_at", "rank", maintain_order=True)
    recorded = facts.select(
        "delivery_id", "milestone", "happened_at", "amount_minor", "amount", pl.col("source_currency").alias("currency"), "reason",
        pl.col("is_silence").alias("is_implied"), "source", "file", "row",
    )  # fmt: skip
    ladder = {one.value: place for place, one in enumerate(LADDER)}
    accepted, booked = LADDER.index(Milestone.ACCEPTED), LADDER.index(Milestone.MEETING_BOOKED)
    climbed = facts.filter(pl.col("milestone").is_in(list(ladder))).with_columns(
        pl.col("milestone").replace_strict(ladder, return_dtype=pl.Int64).alias("step")
    )
    # Rows stand by delivery, so one running maximum over (delivery, step) spares a group for each delivery.
    steps_max = len(LADDER)
    climbed = climbed.with_columns((pl.col("delivery_id").rle_id().cast(pl.Int64) * steps_max).alias("floor"))
    highest = (pl.col("floor") + pl.col("step")).cum_max().shift(1)
    before = pl.when(highest >= pl.col("floor")).then(highest - pl.col("floor")).otherwise(accepted)
    skipped = (
        climbed.with_columns(pl.max_horizontal(before, pl.lit(accepted, dtype=pl.Int64)).alias("before"))
        .filter(pl.col("step") > pl.col("before") + 1)
        .with_columns(pl.int_ranges(pl.col("before") + 1, "step").alias("step"))
        .explode("step")
        .filter((pl.col("step") != booked) | (pl.col("kind") != "appointment"))
    )
    names = {place: name for name, place in ladder.items()}
    implied = skipped.select(
        "delivery_id", pl.col("step").replace_strict(names, return_dtype=pl.String).alias("milestone"), "happened_at",
        pl.lit(value=True).alias("is_implied"), "source",
    )  # fmt: skip
    return pl.concat([implied, recorded], how="diagonal")

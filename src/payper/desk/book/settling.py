"""Settle what the journal holds, and add to the ledger what it does not say yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from payper.adjudication.pricing import AT_ACCEPTANCE
from payper.desk.book.addressing import addressed
from payper.desk.book.recorded import recorded_words
from payper.desk.book.refused_facts import keep_refused
from payper.desk.folder.facts import known_facts
from payper.desk.folder.reading import end_of
from payper.ledger.reconcile import missing
from payper.settlement import DELIVERY_SCHEMA, OTHERS_SCHEMA, Admissions, Made, Rates, Settlement, settle
from payper.store.database import Batch, Database, open_database
from payper.terms.contract import Contract

READ = (
    "delivery_id",
    "contract_version",
    "external_id",
    "kind",
    "delivered_at",
    "generated_at",
    "price_rows",
    "replaces",
    "meeting_at",
    "meeting_minutes",
    "prospect",
    "verdict",
    "is_replacement",
)

SETTLED_RUN = "settled_run"
"""The setting of a book that names the run under which the last settlement stands."""

SETTLED_DELIVERY = "settled_delivery"
"""The setting of a book that names the last delivery that a settlement looked at; later ones wait for the next."""

_OTHER = ("delivery_id", "contract", "external_id", "verdict")


def known_deliveries(database: Database, contracts: Iterable[str], *, named: pl.Series | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give accepted deliveries as settlement takes them, and others with their verdicts, of some contracts.

    Args:
        database: Where the journal is.
        contracts: Their ids.
        named: External ids of which the others are asked for; None: none of them.
    """
    named = pl.Series([], dtype=pl.String) if named is None else named
    good, bad = [], []
    for batch in database.batches("deliveries", chains=contracts, with_people=False):
        # Most deliveries of a large file are rejected for good: they are left out before anything is put in order.
        read = pl.read_parquet(batch.journal, columns=list(READ)).with_columns(pl.lit(batch.chain).alias("contract"))
        is_rejected = pl.col("verdict") == "rejected"
        good.append(read.filter(~is_rejected))
        if len(named):
            bad.append(read.filter(is_rejected & pl.col("external_id").is_in(named.implode())).select(_OTHER))
    if not good:
        return pl.DataFrame(schema=DELIVERY_SCHEMA), pl.DataFrame(schema=OTHERS_SCHEMA)
    known = with_decisions(pl.concat(good).sort("delivery_id"), known_decisions(database))
    accepted = known.filter(pl.col("verdict") == "accepted").with_columns(
        pl.col("prospect").alias("email_normal"),
        pl.when("is_replacement").then("replaces").alias("replaces"),
        pl.coalesce("decided_at", "delivered_at").alias("accepted_at"),
    )
    others = known.filter((pl.col("verdict") != "accepted") & pl.col("external_id").is_in(named.implode())).select(_OTHER)
    others = pl.concat([others, *bad]).sort("delivery_id").select(list(OTHERS_SCHEMA))
    return accepted.select(list(DELIVERY_SCHEMA)), others


def known_decisions(database: Database) -> pl.DataFrame:
    """Give the first decision on every delivery: contract, external_id, address (as `addressing`), decision, decided_at."""
    read = known_facts(database, "decisions").filter(pl.col("fault").is_null() & pl.col("contract").is_not_null())
    read = read.with_columns(addressed()).sort("decided_at", "run", "file", "row")
    first = read.unique(["contract", "address"], keep="first", maintain_order=True)
    return first.select("contract", "external_id", "address", "decision", "decided_at")


def with_decisions(deliveries: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """Let a person's decision stand for the verdict of deliveries in review or quarantine; `decided_at` (null: none) is added.

    A decision dated before its delivery counts from the delivery on.
    """
    first = decisions.select("contract", "address", "decision", "decided_at")
    joined = deliveries.with_columns(addressed()).join(first, on=["contract", "address"], how="left", maintain_order="left")
    is_open = pl.col("verdict").is_in(["review", "quarantined"]) & pl.col("decision").is_not_null()
    return joined.with_columns(
        pl.when(is_open).then("decision").otherwise("verdict").alias("verdict"),
        pl.when(is_open).then(pl.max_horizontal("decided_at", "delivered_at")).alias("decided_at"),
    ).drop("decision", "address")


def released(database: Database, accepted: pl.DataFrame) -> dict[int, int]:
    """Give which accepted deliveries people accepted, with what their acceptance charged: they count towards caps from then on."""
    late = accepted.filter(pl.col("accepted_at") != pl.col("delivered_at"))
    if late.is_empty():
        return {}
    own = database.charges().filter(pl.col("milestone").is_in([str(each) for each in AT_ACCEPTANCE["appointment"]]))
    charged = late.join(own.group_by("delivery_id").agg(pl.col("amount_minor").sum()), on="delivery_id", how="left")
    return dict(charged.select("delivery_id", pl.col("amount_minor").fill_null(0)).iter_rows())


def admissions(
    database: Database, contracts: Mapping[str, Sequence[Contract]], rates: Rates, *, new_facts: list[Batch], accepted: pl.DataFrame
) -> Admissions:
    """Make the one who knows which replacements are owed, told of everything accepted before."""
    returns = known_facts(database, "returns", new_facts).filter(pl.col("fault").is_null())
    events = known_facts(database, "milestones", new_facts).filter(pl.col("fault").is_null())
    book = Admissions(contracts, returns, events, rates=rates, answered=Made(returns=database.return_answers()).answered)
    concerned = [id_ for id_ in contracts if book.concerns(id_)]
    told = accepted.filter(pl.col("contract").is_in(concerned)).select(
        "contract", "contract_version", "delivery_id", "external_id", "email_normal", "kind", "delivered_at", "price_rows", "replaces",
        "meeting_at", "meeting_minutes",
    )  # fmt: skip
    for *known, meeting_at, minutes in told.iter_rows():
        book.accept(*known, meeting_at=meeting_at, meeting_minutes=minutes)
    return book


def charged_before(
    database: Database, contracts: Mapping[str, Sequence[Contract]], rates: Rates, *, day: date | None
) -> tuple[dict[tuple[str, str], int], dict[str, dict[tuple[str, int], int]]]:
    """Tell judging what was charged before: running numbers by contract and milestone, and unvoided charges of prospects for offsets."""
    charges = database.charges()
    counted = charges.filter(pl.col("number") > 0).group_by("contract", "milestone").agg(pl.col("number").max())
    numbers = {(contract, milestone): number for contract, milestone, number in counted.iter_rows()}
    with_offsets = {id_: versions for id_, versions in contracts.items() if any(price.offset for each in versions for price in each.prices)}
    offsets: dict[str, dict[tuple[str, int], int]] = {}
    if with_offsets and charges.height and day is not None:
        settlement, accepted = settle_known(database, with_offsets, rates, day=day)
        standing = settlement.charges.join(accepted.select("delivery_id", "email_normal"), on="delivery_id").filter(
            pl.col("email_normal").is_not_null()
        )
        for contract, milestone, prospect, minor in standing.select(
            "contract", "milestone", "email_normal", pl.col("amount_minor") - pl.col("voided_minor")
        ).iter_rows():
            own = offsets.setdefault(contract, {})
            own[milestone, int(prospect)] = own.get((milestone, int(prospect)), 0) + minor
    return numbers, offsets


def settle_known(
    database: Database, contracts: Mapping[str, Sequence[Contract]], rates: Rates, *, day: date
) -> tuple[Settlement, pl.DataFrame]:
    """Settle everything recorded under some contracts, as of the end of a day in each contract's zone; give the accepted deliveries too."""
    events = known_facts(database, "milestones").filter(pl.col("fault").is_null())
    returns = known_facts(database, "returns").filter(pl.col("fault").is_null())
    named = pl.concat([events["external_id"], returns["external_id"]]).drop_nulls().unique()
    accepted, others = known_deliveries(database, contracts, named=named)
    made = Made(charges=database.charges().filter(pl.col("contract").is_in(list(contracts))), returns=database.return_answers())
    as_of = {id_: end_of(day, versions[-1].zone) for id_, versions in contracts.items()}
    return settle(accepted, events, returns, contracts, rates, as_of=as_of, others=others, made=made), accepted


def record(database: Database, settlement: Settlement, contracts: Mapping[str, Sequence[Contract]], *, day: date, run: int) -> int:
    """Add to the ledger what it does not say yet, and keep what was made and answered; inside a transaction. Give the new transfers.

    What is added stands under `run`, or under a new one where an earlier settlement stands under it: a run says what to tell.
    """
    new = settlement.charges.join(database.charges(), on="charge_id", how="anti").with_columns(pl.col("price_row").cast(pl.Int16))
    answers = settlement.returns.filter(
        pl.col("outcome").is_in(["granted", "refused"]) & pl.col("external_id").is_not_null() & pl.col("contract").is_not_null()
    ).join(database.return_answers(), on=["contract", "external_id", "claimed_at"], how="anti")
    recorded = database.transfers()
    extras = [
        missing(
            settlement.transfers.filter(pl.col("contract") == id_),
            recorded.filter(pl.col("contract") == id_),
            as_of=end_of(day, versions[-1].zone),
        )
        for id_, versions in contracts.items()
    ]
    if not new.height and not answers.height and not any(extra.height for extra in extras):
        return 0
    if database.setting(SETTLED_RUN) == str(run):
        run = database.begin_run(as_of=day.isoformat())
    database.set_setting(SETTLED_RUN, str(run))
    database.add_charges(new, run=run)
    database.add_return_answers(answers, run=run)
    for extra in extras:
        database.add_transfers(extra, run=run)
    database.add_outbox("settled", str(run))
    return sum(extra.height for extra in extras)


def settle_book(address: Path | str, *, at: datetime) -> int:
    """Settle everything recorded in a book as of the day of an instant, or of the latest it was settled until; give the new transfers.

    What was computed before others wrote is computed again inside the transaction, so that no charge is made of stale facts.

    Args:
        address: As of `open_database`.
        at: Now.

    Raises:
        StoreError: The book is locked, damaged or of a later version.
    """
    with open_database(address) as book:
        words = recorded_words(book)
        if not words.contracts:
            return 0
        until = book.setting("settled_until")
        today = at.astimezone(ZoneInfo(words.timezone)).date()
        day = max(today, date.fromisoformat(until)) if until else today
        seen, last = book.runs(), book.last_delivery_id()
        settlement, _ = settle_known(book, words.contracts, words.rates, day=day)
        with book.transaction():
            if book.runs() != seen:
                last = book.last_delivery_id()
                settlement, _ = settle_known(book, words.contracts, words.rates, day=day)
            # What is added stands under a run of its own, which `record` begins where there is anything to add.
            before = book.setting(SETTLED_RUN)
            run = int(before) if before is not None else book.begin_run(as_of=day.isoformat())
            added = record(book, settlement, words.contracts, day=day, run=run)
            keep_refused(book, settlement, words.contracts)
            book.set_setting("settled_until", day.isoformat())
            book.set_setting(SETTLED_DELIVERY, str(last))
    return added


def acceptance_prices(settlement: Settlement, accepted: pl.DataFrame) -> pl.DataFrame:
    """Give what acceptance made pending, by delivery, from the charges themselves (RULES 34): `delivery_id`, `price_minor`."""
    lead, appointment = ([str(milestone) for milestone in AT_ACCEPTANCE[kind]] for kind in ("lead", "appointment"))
    made = settlement.charges.join(accepted.select("delivery_id", "kind", "accepted_at"), on="delivery_id").filter(
        (pl.col("happened_at") == pl.col("accepted_at"))
        & pl.when(pl.col("kind") == "lead").then(pl.col("milestone").is_in(lead)).otherwise(pl.col("milestone").is_in(appointment))
    )
    return made.group_by("delivery_id").agg(pl.col("amount_minor").sum().alias("price_minor"))


def latest_day(frames: Iterable[tuple[pl.Series, str]]) -> date | None:
    """Give the latest local date among instants, each series in its zone (RULES 7)."""
    days = [series.max().astimezone(ZoneInfo(zone)).date() for series, zone in frames if isinstance(series.max(), datetime)]  # type: ignore[union-attr]  # checked
    return max(days, default=None)

"""How long settling takes: plain charges, events, returns, and the ledger beside them.

    python benchmarks/settlement.py [--deliveries N] [--events N] [--returns N] [--seed N] [--profile CASE]

The programme is made from the seed: three contracts (a flat fee with tiers and a percentage of what is won; a hybrid with an offset, where silence
proves meetings; a fee of bare acceptance), local days over a quarter, most events forward ones by external id and a few by e-mail, missed,
cancelled or moved. Wall and CPU are of one run each, CPU of all threads.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import polars as pl

from payper.journey import EVENT_SCHEMA, RETURN_SCHEMA, Milestone
from payper.ledger import balances, missing, validate
from payper.periods import Period
from payper.settlement import DELIVERY_SCHEMA, Made, Rate, Rates, Settlement, settle
from payper.terms.contract import Appointment, Contract, NoShow, Price, Review, Tier

INSTANT = pl.Datetime("us", "UTC")
START = datetime(2026, 1, 1, 5, tzinfo=UTC)
AS_OF = datetime(2026, 4, 10, tzinfo=UTC)
QUARTER = 90 * 86_400_000_000
RATES = Rates("USD", (Rate(date(2026, 1, 1), "GBP", Decimal("1.25")), Rate(date(2026, 2, 1), "GBP", Decimal("1.30"))))
REASONS = ("PHONE_WRONG", "EMAIL_BOUNCED")


def contracts() -> dict[str, list[Contract]]:
    """Give the three contracts."""

    def review(window: str, remedy: str, contest: str | None) -> Review:
        return Review(
            Period.parse(window), reasons=REASONS, cap=Decimal("0.15"), remedy=remedy, replace_within=Period.parse("5bd"),  # type: ignore[arg-type]
            contest_within=Period.parse(contest) if contest else None,
        )  # fmt: skip

    lead = Contract(
        "lead", "northwind", "reach", "USD", "America/New_York", date(2026, 1, 1), review=review("5bd", "replace", "3bd"),
        prices=(Price(Milestone.ACCEPTED, 6200), Price(Milestone.ACCEPTED, 4800, tiers=(Tier(501, 4100),)), Price(Milestone.QUALIFIED, 2500), Price(Milestone.WON, percent=Decimal("1.5"))),
    )  # fmt: skip
    hybrid = Contract(
        "hybrid", "northwind", "intent", "GBP", "Europe/London", date(2026, 1, 1), review=review("7d", "credit", None),
        prices=(Price(Milestone.ACCEPTED, 3900), Price(Milestone.MEETING_BOOKED, 5000), Price(Milestone.MEETING_HELD, 48000, offset=(Milestone.ACCEPTED,))),
        appointment=Appointment(duration=Period.parse("30m"), horizon=Period.parse("10bd"), proof=("rep", "silence:1bd"), reschedules=1, no_show=NoShow(reschedule=True, then="void")),
    )  # fmt: skip
    bare = Contract("bare", "northwind", "list-house", "USD", "Asia/Kolkata", date(2026, 1, 1), prices=(Price(Milestone.ACCEPTED, 900),))
    return {one.id: [one] for one in (lead, hybrid, bare)}


def deliveries(count: int, seed: int) -> pl.DataFrame:
    """Make accepted deliveries: half of them leads, three in ten hybrid (a fifth of these appointments), the rest bare."""
    chance = np.random.default_rng(seed)
    at = np.sort(chance.integers(0, QUARTER, count))
    frame = pl.DataFrame({
        "delivery_id": np.arange(1, count + 1),
        "contract": np.array(["lead", "hybrid", "bare"])[chance.choice(3, count, p=[0.5, 0.3, 0.2])],
        "person": chance.integers(0, max(count * 9 // 10, 1), count),
        "row": chance.integers(0, 2, count),
        "is_meeting": chance.random(count) < 0.2,
        "delivered_at": pl.Series(at).cast(pl.Duration("us")) + START,
    })  # fmt: skip
    is_appointment = pl.col("is_meeting") & (pl.col("contract") == "hybrid")
    rows = (
        pl.when(pl.col("contract") == "lead").then(pl.concat_list("row", pl.lit(2), pl.lit(3)))
        .when(pl.col("contract") == "hybrid").then(pl.concat_list(pl.lit(0), pl.lit(1), pl.lit(2)))
        .otherwise(pl.concat_list(pl.lit(0)))
    )  # fmt: skip
    made = frame.with_columns(
        pl.lit(1).alias("contract_version"), pl.format("D{}", "delivery_id").alias("external_id"), pl.format("p{}@acme.test", "person").alias("email_normal"),
        pl.when(is_appointment).then(pl.lit("appointment")).otherwise(pl.lit("lead")).alias("kind"), pl.col("delivered_at").alias("generated_at"),
        rows.alias("price_rows"), pl.lit(None).alias("replaces"), pl.col("delivered_at").alias("accepted_at"),
        pl.when(is_appointment).then(pl.col("delivered_at") + pl.duration(days=6)).alias("meeting_at"), pl.lit(30).alias("meeting_minutes"),
    )  # fmt: skip
    return made.select(pl.col(name).cast(dtype) for name, dtype in DELIVERY_SCHEMA.items())


STEPS = {
    "contacted": 0.3, "engaged": 0.15, "qualified": 0.12, "meeting booked": 0.1, "meeting held": 0.09, "opportunity": 0.05, "won": 0.04,
    "lost": 0.06, "unreachable": 0.04, "missed": 0.02, "cancelled": 0.01, "moved": 0.02,
}  # fmt: skip


def events(accepted: pl.DataFrame, count: int, seed: int) -> pl.DataFrame:
    """Make events on deliveries drawn with repetition; one in twenty names the e-mail alone."""
    chance = np.random.default_rng(seed + 1)
    meant = accepted[chance.integers(0, max(accepted.height, 1), count)] if count else accepted.clear()
    won = np.round(chance.lognormal(9, 1, count), 2).astype(str)
    known = meant.select("contract", "external_id", "email_normal", "delivered_at").with_columns(
        pl.Series("milestone", np.array(list(STEPS))[chance.choice(len(STEPS), count, p=list(STEPS.values()))], dtype=pl.String),
        pl.Series("by_mail", chance.random(count) < 0.05),
        pl.Series("wait", chance.integers(0, 30 * 86_400_000_000, count)).cast(pl.Duration("us")),
        pl.Series("won", won, dtype=pl.String),
        pl.int_range(1, pl.len() + 1).alias("row"),
    )
    made = known.with_columns(
        pl.when("by_mail").then("email_normal").alias("email"), pl.when(~pl.col("by_mail")).then("external_id").alias("external_id"),
        (pl.col("delivered_at") + pl.col("wait")).alias("happened_at"),
        pl.when(pl.col("milestone") == "won").then("won").alias("amount"),
        pl.when((pl.col("milestone") == "won") & (pl.col("row") % 5 == 0)).then(pl.lit("GBP")).alias("currency"),
        pl.lit("crm").alias("source"), pl.col("row").cast(pl.String).alias("source_id"), pl.lit("milestones/crm.csv").alias("file"),
    )  # fmt: skip
    return made.select(
        (pl.col(name) if name in made.columns else pl.lit(None).alias(name)).cast(dtype) for name, dtype in EVENT_SCHEMA.items()
    )


def returns(accepted: pl.DataFrame, count: int, seed: int) -> pl.DataFrame:
    """Make returns of distinct deliveries, most of them in their window."""
    chance = np.random.default_rng(seed + 2)
    meant = accepted[np.sort(chance.choice(accepted.height, count, replace=False))] if count else accepted.clear()
    made = meant.select("contract", "external_id", "delivered_at").with_columns(
        pl.lit("PHONE_WRONG").alias("reason"),
        (pl.col("delivered_at") + pl.Series(chance.integers(0, 8 * 86_400_000_000, count)).cast(pl.Duration("us"))).alias("claimed_at"),
        pl.lit("returns/all.csv").alias("file"), pl.int_range(1, pl.len() + 1).alias("row"),
    )  # fmt: skip
    return made.select(
        (pl.col(name) if name in made.columns else pl.lit(None).alias(name)).cast(dtype) for name, dtype in RETURN_SCHEMA.items()
    )


def measure(name: str, rows: int, act: Callable[[], object], *, profile: str | None) -> object:
    """Run once, print a line of the table, and give the result."""
    profiler = cProfile.Profile() if profile == name else None
    wall, cpu = time.perf_counter(), time.process_time()
    if profiler:
        profiler.enable()
    given = act()
    if profiler:
        profiler.disable()
    print(f"{name:<22} {rows:>10,} {time.perf_counter() - wall:>8.2f} {time.process_time() - cpu:>8.2f}", flush=True)
    if profiler:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
    return given


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("deliveries", 1_000_000), ("events", 200_000), ("returns", 10_000), ("seed", 7)):
        reader.add_argument(f"--{name}", type=int, default=default)
    reader.add_argument("--profile", help="profile one case of the table by its name")
    asked = reader.parse_args()
    accepted = deliveries(asked.deliveries, asked.seed)
    steps, claims = events(accepted, asked.events, asked.seed), returns(accepted, asked.returns, asked.seed)
    terms = contracts()

    def settled(steps: pl.DataFrame, claims: pl.DataFrame, made: Made | None = None) -> Settlement:
        return settle(accepted, steps, claims, terms, RATES, as_of=lambda _: AS_OF, made=made)

    print(f"seed {asked.seed}\n{'case':<22} {'rows':>10} {'wall s':>8} {'CPU s':>8}")

    def run(name: str, rows: int, act: Callable[[], object]) -> object:
        return measure(name, rows, act, profile=asked.profile)

    plain = run("plain charges", accepted.height, lambda: settled(steps.clear(), claims.clear()))
    run("events", steps.height, lambda: settled(steps, claims.clear()))
    full = run("events and returns", steps.height + claims.height, lambda: settled(steps, claims))
    assert isinstance(plain, Settlement)
    assert isinstance(full, Settlement)
    run("again with made", full.charges.height, lambda: settled(steps, claims, Made(full.charges, full.returns)))
    run("validate", full.transfers.height, lambda: validate(full.transfers))
    run("balances", full.transfers.height, lambda: balances(full.transfers))
    run("missing: first run", full.transfers.height, lambda: missing(full.transfers, full.transfers.clear(), as_of=AS_OF))
    run("missing: nothing new", full.transfers.height, lambda: missing(full.transfers, full.transfers, as_of=AS_OF))
    run("missing: returns came", full.transfers.height, lambda: missing(full.transfers, plain.transfers, as_of=AS_OF))


if __name__ == "__main__":
    main()

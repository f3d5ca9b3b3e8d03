"""What became of simulated deliveries: milestones with lags, returns, and replacements for those granted."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from payper.simulation.plans import ContractPlan
from payper.simulation.population import pick

DAY = np.timedelta64(86_400_000_000, "us")

Flags = np.ndarray[Any, Any]


def chances(quality: Flags) -> dict[str, Flags]:
    """Give the chance of each step, once the step before is reached, from latent quality."""
    none = np.zeros_like(quality)
    return {
        "contacted": none + 0.88,
        "engaged": 0.30 + 0.50 * quality,
        "qualified": 0.35 + 0.50 * quality,
        "meeting booked": none + 0.60,
        "meeting held": 0.60 + 0.30 * quality,
        "opportunity": 0.35 + 0.40 * quality,
        "won": 0.12 + 0.35 * quality,
    }


def win_chance(frame: pl.DataFrame) -> pl.Series:
    """Give the true chance that each delivery is won in the end: the product of its steps (an appointment begins at the meeting)."""
    steps = chances(frame["quality"].to_numpy())
    meeting = steps["meeting held"] * steps["opportunity"] * steps["won"]
    lead = steps["contacted"] * steps["engaged"] * steps["qualified"] * steps["meeting booked"] * meeting
    return pl.Series("win_chance", np.where((frame["kind"] == "appointment").to_numpy(), meeting, lead))


def draw_returns(rng: np.random.Generator, frame: pl.DataFrame, plans: dict[str, ContractPlan]) -> pl.DataFrame:
    """Let the buyer return some good deliveries, most of them in time and with evidence; some are contested.

    Returns:
        `contract, external_id, reason, claimed_at, evidence, contested_at, decision, decided_at, decided_by`, `row` (of `frame`) and
        `is_granted` (the return should stand: a listed reason, in time, with evidence, not contested).
    """
    good = np.flatnonzero(((frame["fault"] == "") & (frame["kind"] == "lead")).to_numpy())
    plan_of = [plans[contract] for contract in frame["contract"].gather(good).to_list()]
    rate = np.array([0.015 + 0.09 * (1 - plan.quality) for plan in plan_of])
    hit = rng.random(len(good)) < rate
    rows = good[hit]
    reasons = [plan.returns for plan, is_hit in zip(plan_of, hit, strict=True) if is_hit]
    reason = [options[int(draw * len(options))] for options, draw in zip(reasons, rng.random(len(rows)), strict=True)]
    late = rng.random(len(rows)) < 0.08
    waits = np.where(late, 20 + rng.random(len(rows)) * 10, 0.3 + rng.random(len(rows)) * 3.5)
    claimed = frame["delivered_at"].gather(rows).to_numpy() + (waits * 86_400e6).astype("timedelta64[us]")
    bounced = np.array(reason) == "EMAIL_BOUNCED"
    forgot = bounced & (rng.random(len(rows)) < 0.15)
    contested = ~late & ~forgot & (rng.random(len(rows)) < 0.15)
    decided = contested & (rng.random(len(rows)) < 0.7)
    upheld = decided & (rng.random(len(rows)) < 0.5)
    table = pl.DataFrame(
        {
            "contract": frame["contract"].gather(rows),
            "external_id": frame["external_id"].gather(rows),
            "reason": pl.Series(reason, dtype=pl.String),
            "claimed_at": pl.Series(claimed),
            "evidence": pl.Series(np.where(bounced & ~forgot, "550 5.1.1 recipient unknown", "")),
            "contested_at": pl.Series(claimed + DAY),
            "decision": pl.Series(np.where(upheld, "granted", np.where(decided, "refused", ""))),
            "decided_at": pl.Series(claimed + 2 * DAY),
            "decided_by": pl.Series(np.where(decided, "Dana Whitlock", "")),
            "row": pl.Series(rows),
            "is_granted": pl.Series(~late & ~forgot & ~contested),
        }
    )
    return table.with_columns(
        contested_at=pl.when(pl.Series(contested)).then("contested_at"), decided_at=pl.when(pl.Series(decided)).then("decided_at")
    ).sort("claimed_at", "external_id")


def draw_milestones(rng: np.random.Generator, frame: pl.DataFrame, *, returned: Flags, until: np.datetime64) -> pl.DataFrame:
    """Follow good deliveries up: who was contacted, engaged, qualified, met, won or lost, and when.

    Args:
        rng: Chance.
        frame: Deliveries, with `quality`.
        returned: Rows that the buyer returned; they are contacted at most.
        until: Nothing later is recorded.

    Returns:
        `contract, external_id, email, milestone, reason, happened_at, amount, currency`, unsorted.
    """
    good = np.flatnonzero((frame["fault"] == "").to_numpy())
    some = frame[good]
    count = len(good)
    step = chances(some["quality"].to_numpy())
    back = np.isin(good, returned)
    lead = (some["kind"] == "lead").to_numpy()
    clock = some["delivered_at"].to_numpy().copy()
    events: list[pl.DataFrame] = []

    def note(milestone: str, there: Flags, at: Flags, reason: str = "") -> None:
        """Record a milestone for the rows that reached it."""
        rows = np.flatnonzero(there & (at <= until))
        events.append(
            some[rows]
            .select("contract", "external_id", "email")
            .with_columns(milestone=pl.lit(milestone), reason=pl.lit(reason), happened_at=pl.Series(at[rows]), at=pl.Series(rows))
        )

    def later(mean_days: float) -> Flags:
        """Let time pass, exponentially."""
        gaps: Flags = (-np.log1p(-rng.random(count)) * mean_days * 86_400e6 + 600e6).astype("timedelta64[us]")
        return gaps

    reached = lead.copy()
    note("unreachable", lead & (rng.random(count) < 0.04), clock + 8 * DAY)
    for name, lag in (("contacted", 1.2), ("engaged", 3.0), ("qualified", 4.0), ("meeting booked", 3.0)):
        reached &= rng.random(count) < step[name]
        clock = clock + later(lag)
        note(name, reached, clock)
        reached &= ~back
    meets = reached | ~lead
    planned = some["meeting_at"].to_numpy()
    clock = np.where(lead, clock + 2 * DAY + later(4.0), planned)
    held = _meet(rng, note, meets, clock, step["meeting held"])
    deal = held & (rng.random(count) < step["opportunity"])
    clock = clock + 8 * DAY + later(6.0)
    note("opportunity", deal, clock)
    won = deal & (rng.random(count) < step["won"])
    closes = clock + later(40.0)
    note("won", won, closes)
    note("lost", deal & ~won & (rng.random(count) < 0.8), clock + later(50.0))
    note("opted out", lead & (rng.random(count) < 0.01), some["delivered_at"].to_numpy() + 3 * DAY)
    return _with_amounts(rng, pl.concat(events), count)


def _meet(rng: np.random.Generator, note: Any, meets: Flags, clock: Flags, chance: Flags) -> Flags:
    """Let the booked meetings be held, moved, missed or cancelled; give which were held in the end."""
    draw = rng.random(len(meets))
    cancelled = meets & (draw < 0.05)
    note("cancelled", cancelled, clock - DAY // 2)
    moved = meets & (draw >= 0.05) & (draw < 0.13)
    note("moved", moved, clock - DAY // 2)
    clock = np.where(moved, clock + 3 * DAY, clock)
    came = meets & ~cancelled & (rng.random(len(meets)) < chance)
    missed = meets & ~cancelled & ~came
    buyer = missed & (rng.random(len(meets)) < 0.12)
    note("missed", buyer, clock, "NO_SHOW_BUYER")
    note("missed", missed & ~buyer, clock, "NO_SHOW_PROSPECT")
    again = missed & ~buyer & (rng.random(len(meets)) < 0.45)
    note("moved", again, clock + DAY)
    note("meeting held", came, clock + DAY // 48)
    note("meeting held", again & (rng.random(len(meets)) < 0.75), clock + 6 * DAY)
    return came | again


def _with_amounts(rng: np.random.Generator, events: pl.DataFrame, count: int) -> pl.DataFrame:
    """Give opportunities and wins their amounts: 8,000 to 240,000, most of them small."""
    amount = (8_000 * np.exp(rng.random(count) * np.log(30))).astype(np.int64) // 50 * 50
    sized = pl.col("milestone").is_in(["opportunity", "won"])
    return events.with_columns(
        amount=pl.when(sized).then(pl.concat_str(pl.Series(amount).gather(events["at"]).cast(pl.String), pl.lit(".00")))
    ).drop("at")


def spoil_milestones(rng: np.random.Generator, events: pl.DataFrame) -> pl.DataFrame:
    """Give events their source ids, in order of time, and the disorder of real exports.

    `recorded_at` keeps the true time. One in a hundred is exported twice, some are known by e-mail alone, a few are dated before their
    delivery or name nobody.
    """
    ordered = events.sort("happened_at", "contract", "external_id", "milestone").with_columns(
        source=pl.lit("crm"), source_id=pl.concat_str(pl.lit("evt-"), pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(6))
    )
    kinds = pl.Series(pick(rng, [95, 4, 0.5, 0.5], ordered.height))
    by_email, early, nobody = kinds == 1, kinds == 2, kinds == 3
    spoilt = ordered.with_columns(
        external_id=pl.when(by_email).then(None).when(nobody).then(pl.lit("ZZ-999999")).otherwise("external_id"),
        email=pl.when(by_email).then("email"),
        recorded_at="happened_at",
        happened_at=pl.when(early).then(pl.col("happened_at") - pl.duration(days=300)).otherwise("happened_at"),
    )
    twice = spoilt.filter(pl.Series(rng.random(ordered.height) < 0.01))
    return pl.concat([spoilt, twice]).sort("source_id", maintain_order=True)

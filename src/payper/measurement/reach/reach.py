"""Reach: companies met, the share of the target list touched, and what new industries, audiences and messages brought."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from payper.measurement.reach.acceleration import groups, wait_of
from payper.measurement.reach.outcomes import company, implied, known_outcomes
from payper.measurement.reach.sentences import reach_words, tried_words

DIMENSIONS: dict[str, str] = {
    "industry_code": "industry",
    "function": "function",
    "seniority": "seniority",
    "campaign": "campaign",
    "asset": "message",
}
"""Columns whose values are tried out, with the word for one."""

TESTED, TOO_FEW = "tested", "too few to judge"

COMPANIES_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "deliveries": pl.Int64,
    "companies": pl.Int64,
    "companies_contacted": pl.Int64,
    "companies_held": pl.Int64,
    "companies_won": pl.Int64,
    "without_company": pl.Int64,
    "deliveries_per_company": pl.Float64,
    "targets": pl.Int64,
    "targets_delivered": pl.Int64,
    "targets_contacted": pl.Int64,
    "targets_held": pl.Int64,
    "target_share": pl.Float64,
    "words": pl.String,
}
"""Columns after the `by` columns. Companies are counted once per group; `targets…` are null without a target list; `target_share` is of
targets with a delivery."""

TRIED_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "dimension": pl.String,
    "value": pl.String,
    "first_at": pl.Datetime("us", "UTC"),
    "is_new": pl.Boolean,
    "deliveries": pl.Int64,
    "companies": pl.Int64,
    "held": pl.Int64,
    "opportunities": pl.Int64,
    "won": pl.Int64,
    "amount": pl.Float64,
    "cost": pl.Float64,
    "horizon_days": pl.Float64,
    "held_share": pl.Float64,
    "held_lo": pl.Float64,
    "held_hi": pl.Float64,
    "status": pl.String,
    "words": pl.String,
}
"""Columns after the `by` columns. Counts, `amount` and `cost` as seen so far; `held_share` allows for deliveries that are still young, and
is null where too few are old enough; `is_new` null: no day was named from which on things are new."""


@dataclass(frozen=True)
class Reach:
    """Whom the deliveries reached, and what was tried out.

    Attributes:
        companies: One row per group, as `COMPANIES_COLUMNS`.
        tried: One row per group, dimension and value, as `TRIED_COLUMNS`, most deliveries first.
    """

    companies: pl.DataFrame
    tried: pl.DataFrame


def measure_reach(
    outcomes: pl.DataFrame,
    *,
    as_of: datetime,
    by: Sequence[str] = ("model",),
    targets: Collection[str] | None = None,
    new_from: datetime | None = None,
    dimensions: Sequence[str] = tuple(DIMENSIONS),
    horizon_days: float = 90.0,
) -> Reach:
    """Count the companies and targets reached, and what each industry, function, campaign and message brought.

    Args:
        outcomes: One row per accepted delivery: `delivered_at, domain, company_key` and the `by` columns, and as many of
            `contacted_at, booked_at, held_at, opportunity_at, won_at` (instants, UTC; null: not yet), `amount, cost` (numbers of one
            currency) and the dimensions as there are. A null value of a dimension is not tried out.
        as_of: Nothing later has happened; with a zone.
        by: Columns to group by; none: all together.
        targets: The target list, each company once: its domain or company key as in the columns. None: there is no list.
        new_from: Values first delivered at or after this instant, by any group, are new.
        dimensions: Columns whose values are listed.
        horizon_days: Meetings held within so many days of delivery make `held_share`.

    Raises:
        DeliveryError: A column is missing.
    """
    known = known_outcomes(outcomes, as_of=as_of, needed=("domain", "company_key", *by))
    absent = [name for name in ("amount", "cost") if name not in known.columns]
    known = known.with_columns(
        company().alias("company"),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in absent),
        *(implied(name).is_not_null().alias(f"{name} is") for name in ("contacted_at", "held_at", "opportunity_at", "won_at")),
    )
    wanted = None if targets is None else frozenset(targets)
    keys = {name: known.schema[name] for name in by}
    companies = [(*key, *_companies(own, wanted)) for key, own in groups(known, by)]
    tried = [row for name in dimensions if name in known.columns for row in _tried(known, name, by, as_of, new_from, horizon_days)]
    return Reach(
        companies=pl.DataFrame(companies, schema={**keys, **COMPANIES_COLUMNS}, orient="row"),
        tried=pl.DataFrame(tried, schema={**keys, **TRIED_COLUMNS}, orient="row"),
    )


def _companies(own: pl.DataFrame, targets: frozenset[str] | None) -> tuple[Any, ...]:
    """Count the companies and targets of one group."""

    def met(there: pl.Expr) -> int:
        """Count companies with a delivery of which something holds."""
        return own.filter(there)["company"].drop_nulls().n_unique()

    def touched(there: pl.Expr) -> int | None:
        """Count targets likewise."""
        if targets is None:
            return None
        some = own.filter(there)
        return len(targets & (set(some["domain"].to_list()) | set(some["company_key"].to_list())))

    everyone, contacted, held, won = pl.lit(value=True), pl.col("contacted_at is"), pl.col("held_at is"), pl.col("won_at is")
    companies, known = met(everyone), int(own["company"].count())
    delivered = touched(everyone)
    figures = (
        own.height,
        companies,
        met(contacted),
        met(held),
        met(won),
        own.height - known,
        known / companies if companies else None,
        None if targets is None else len(targets),
        delivered,
        touched(contacted),
        touched(held),
        delivered / len(targets) if targets and delivered is not None else None,
    )
    words = reach_words(companies=companies, held=met(held), delivered=delivered, targets=None if targets is None else len(targets))
    return (*figures, words)


def _tried(
    known: pl.DataFrame, name: str, by: Sequence[str], as_of: datetime, new_from: datetime | None, horizon_days: float
) -> list[tuple[Any, ...]]:
    """List the values of one dimension by group, most deliveries first."""
    given = known.filter(pl.col(name).is_not_null() & (pl.col(name) != "")).with_columns(
        pl.col("delivered_at").min().over(name).alias("first anywhere")
    )
    rows = []
    for key, own in groups(given, [*by, name]):
        wait = wait_of(own, "delivered_at", implied("held_at"), as_of=as_of, horizon_days=horizon_days)
        is_enough = wait.share is not None
        held, opportunities, won = (int(own[f"{step} is"].sum()) for step in ("held_at", "opportunity_at", "won_at"))
        is_new = None if new_from is None else own["first anywhere"][0] >= new_from
        rows.append(
            (
                *key[:-1],
                name,
                key[-1],
                own["delivered_at"].min(),
                is_new,
                own.height,
                own["company"].drop_nulls().n_unique(),
                held,
                opportunities,
                won,
                float(own.filter(pl.col("won_at is"))["amount"].sum()),
                float(own["cost"].sum()),
                wait.horizon_days,
                wait.share,
                wait.share_lo,
                wait.share_hi,
                TESTED if is_enough else TOO_FEW,
                tried_words(DIMENSIONS.get(name, name), str(key[-1]), wait, is_new=bool(is_new), held=held),
            )
        )
    place = len(by)
    return sorted(rows, key=lambda row: (*(str(each) for each in row[:place]), -row[place + 4], row[place + 1]))

"""Outcomes: one row per accepted delivery with the instants of its steps, as reach and acceleration read them."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from payper.errors import DeliveryError

STEPS: tuple[str, ...] = ("contacted_at", "booked_at", "held_at", "opportunity_at", "won_at")
"""Columns of the steps in order; a later one implies those it skips."""


def known_outcomes(outcomes: pl.DataFrame, *, as_of: datetime, needed: tuple[str, ...]) -> pl.DataFrame:
    """Give the deliveries up to an instant with nothing after it, `lost_at` and absent steps as null.

    Raises:
        DeliveryError: A column is missing.
    """
    missing = [name for name in ("delivered_at", *needed) if name not in outcomes.columns]
    if missing:
        raise DeliveryError(
            where="outcomes",
            seen=f"the columns {', '.join(missing)} are missing",
            mend="Give one row per accepted delivery with delivered_at, its steps and the columns named in the call.",
        )
    instant = pl.Datetime("us", "UTC")
    absent = [pl.lit(None, dtype=instant).alias(name) for name in (*STEPS, "lost_at") if name not in outcomes.columns]
    return (
        outcomes.with_columns(absent)
        .filter(pl.col("delivered_at").is_not_null() & (pl.col("delivered_at") <= as_of))
        .with_columns(pl.when(pl.col(name) <= as_of).then(name).alias(name) for name in (*STEPS, "lost_at"))
    )


def implied(name: str) -> pl.Expr:
    """Give the instant of a step, or of the first later one where it was skipped."""
    return pl.coalesce(STEPS[STEPS.index(name) :])


def company() -> pl.Expr:
    """Give what tells companies apart: the domain, else the company's key; null: not known."""
    return pl.coalesce("domain", "company_key")

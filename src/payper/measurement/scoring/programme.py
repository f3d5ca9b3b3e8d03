"""A programme's own deliveries as a score takes them: what was known at delivery, and when milestones were reached."""

from __future__ import annotations

import polars as pl

from payper.errors import UsageError
from payper.measurement.outcomes import STEPS

KNOWN_AT_DELIVERY: tuple[str, ...] = (
    "provider",
    "model",
    "kind",
    "country_code",
    "industry_code",
    "employees_min",
    "function",
    "seniority",
    "campaign",
    "asset",
    "channel",
    "generated_at",
)
"""Columns of outcomes that hold what the provider handed over, and nothing that came after."""


def delivery_features(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Give what was known of each delivery when it was handed over: `delivery_id`, `delivered_at` and as much of `KNOWN_AT_DELIVERY` as
    there is.

    Args:
        outcomes: As `measurement.outcomes.make_outcomes` gives them.
    """  # noqa: D205 the summary needs two lines
    return outcomes.select("delivery_id", "delivered_at", *(name for name in KNOWN_AT_DELIVERY if name in outcomes.columns))


def milestone_dates(outcomes: pl.DataFrame, column: str) -> pl.DataFrame:
    """Give the deliveries that reached a milestone, and when: `delivery_id`, `happened_at`.

    Args:
        outcomes: As `delivery_features`.
        column: `contacted_at`, `engaged_at`, `qualified_at`, `booked_at`, `held_at`, `opportunity_at` or `won_at`.

    Raises:
        UsageError: It is none of these.
    """
    if column not in STEPS:
        raise UsageError(where="column", seen=f"`{column}` is no milestone.", mend=f"Give one of {', '.join(STEPS)}.")
    return outcomes.select("delivery_id", pl.col(column).alias("happened_at")).drop_nulls("happened_at")

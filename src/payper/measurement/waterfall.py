"""The waterfall of reasons: from what was delivered to what stands, and what fell away between."""

from __future__ import annotations

import polars as pl

from payper.reasons import Verdict

REASONS_MAX = 8
"""Reasons that get a step of their own, the commonest first."""

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {"step": pl.String, "reason": pl.String, "deliveries": pl.Int64}
"""Steps: delivered, rejected (one per headline reason, a null reason for all others), waiting (in review or quarantined), accepted,
returned (one per reason of the return), standing."""


def fall_of_reasons(deliveries: pl.DataFrame, returns: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Say step by step how many deliveries fell away, and why.

    Args:
        deliveries: Every delivery by the day: `delivery_id`, `verdict`, `reasons` (list, by precedence).
        returns: As of settlement; the granted ones are named by their reason.
        outcomes: As `make_outcomes`.

    Returns:
        `SCHEMA`, in order. Delivered less rejected and waiting gives accepted, which less returned gives standing.
    """
    rejected = (
        deliveries.filter(pl.col("verdict") == Verdict.REJECTED.value)
        .group_by(pl.col("reasons").list.first().alias("reason"))
        .agg(pl.len().alias("deliveries"))
        .sort(["deliveries", "reason"], descending=[True, False], nulls_last=True)
    )
    waiting = deliveries["verdict"].is_in([Verdict.REVIEW.value, Verdict.QUARANTINED.value]).sum()
    # A delivery accepted by a decision after the day is not accepted as of it, and still waits.
    late = (deliveries["verdict"] == Verdict.ACCEPTED.value).sum() - outcomes.height
    granted = returns.filter(pl.col("outcome") == "granted").unique("delivery_id", keep="first", maintain_order=True)
    returned = (
        outcomes.filter("is_returned")
        .join(granted.select("delivery_id", "reason"), on="delivery_id", how="left")
        .group_by("reason")
        .agg(pl.len().alias("deliveries"))
        .sort(["deliveries", "reason"], descending=[True, False], nulls_last=True)
    )
    rows = [
        ("delivered", None, deliveries.height),
        *(("rejected", reason, number) for reason, number in rejected.head(REASONS_MAX).iter_rows()),
        ("rejected", None, int(rejected["deliveries"].slice(REASONS_MAX).sum())),
        ("waiting", None, int(waiting) + int(late)),
        ("accepted", None, outcomes.height),
        *(("returned", reason, number) for reason, number in returned.iter_rows()),
        ("standing", None, int((~outcomes["is_returned"]).sum())),
    ]
    return pl.DataFrame([row for row in rows if row[2] or row[0] in {"delivered", "accepted", "standing"}], schema=SCHEMA, orient="row")

"""Exact rules: what needs no statistics, as one case is enough to ask about."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from payper.measurement.anomalies.signals import company_of, prepared
from payper.reasons import GOOD, Verdict

RULES: dict[str, str] = {
    "same_person": "of a person delivered before under another external id",
    "one_phone": "with a phone number that people of two or more other companies share",
    "impossible_time": "generated or consented to only after the delivery",
}
"""Every rule with the words for its deliveries, in the order of tables."""

CASES_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "provider": pl.String,
    "rule": pl.String,
    "contract": pl.String,
    "external_id": pl.String,
    "delivered_at": pl.Datetime("us", "UTC"),
    "verdict": pl.String,
    "earlier_contract": pl.String,
    "earlier_external_id": pl.String,
    "is_accepted_twice": pl.Boolean,
}
"""Columns of cases: `earlier_…` is the first delivery of the same person, null for other rules; `is_accepted_twice` both were accepted."""

FACTS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "provider": pl.String,
    "rule": pl.String,
    "deliveries": pl.Int64,
    "accepted_twice": pl.Int64,
    "external_ids": pl.List(pl.String),
    "words": pl.String,
}


def apply_rules(verdicts: pl.DataFrame, *, as_of: datetime, weeks: int = 4) -> pl.DataFrame:
    """List the deliveries of the last weeks that an exact rule speaks of.

    * `same_person`: the same provider delivered this e-mail address before, as the same kind, under another external id, and that delivery
      was good. A delivery mended and sent again after a rejection is none.
    * `one_phone`: the same provider delivered this number, up to and with this delivery, for people of three or more companies.
    * `impossible_time`: generated, or consented to, after it was delivered.

    Args:
        verdicts: As for `mark_signals`.
        as_of: Nothing later has happened; with a zone.
        weeks: Deliveries of so many weeks before `as_of` are listed; earlier ones are compared with.

    Returns:
        `CASES_SCHEMA`, sorted by provider, rule and instant.

    Raises:
        DeliveryError: A column is missing.
    """
    known = prepared(verdicts, as_of).sort("delivered_at", "contract", "external_id", nulls_last=True)
    if "kind" not in known.columns:
        known = known.with_columns(kind=pl.lit(None, dtype=pl.String))
    recent = pl.col("delivered_at") > as_of - timedelta(weeks=weeks)
    cases = [_same_person(known), _one_phone(known), _impossible_time(known)]
    order = {name: number for number, name in enumerate(RULES)}
    return (
        pl.concat([each.select(pl.col(name).cast(dtype) for name, dtype in CASES_SCHEMA.items()) for each in cases])
        .filter(recent)
        .sort(
            "provider",
            pl.col("rule").replace_strict(order, return_dtype=pl.Int8),
            "delivered_at",
            "contract",
            "external_id",
            nulls_last=True,
        )
    )


def count_cases(cases: pl.DataFrame, *, weeks: int = 4) -> pl.DataFrame:
    """Sum up cases by provider and rule, in words.

    Args:
        cases: As `apply_rules` gives them.
        weeks: As it was given.

    Returns:
        `FACTS_SCHEMA`, in the order of the cases.
    """
    counted = cases.group_by("provider", "rule", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("deliveries"),
        pl.col("is_accepted_twice").fill_null(value=False).sum().cast(pl.Int64).alias("accepted_twice"),
        pl.col("external_id").alias("external_ids"),
    )
    words = [
        f"{count:,} {'delivery' if count == 1 else 'deliveries'} {RULES[rule]} in the last {weeks} weeks"
        f"{f'; {twice:,} accepted both times' if twice else ''}."
        for rule, count, twice in counted.select("rule", "deliveries", "accepted_twice").iter_rows()
    ]
    return counted.with_columns(pl.Series("words", words, dtype=pl.String)).select(
        pl.col(name).cast(dtype) for name, dtype in FACTS_SCHEMA.items()
    )


def _same_person(known: pl.DataFrame) -> pl.DataFrame:
    good = known.filter(
        pl.col("email_normal").is_not_null() & pl.col("external_id").is_not_null() & pl.col("verdict").is_in([each.value for each in GOOD])
    )
    first = good.group_by("provider", "kind", "email_normal", maintain_order=True).agg(
        pl.col("contract").first().alias("earlier_contract"),
        pl.col("external_id").first().alias("earlier_external_id"),
        pl.col("delivered_at").first().alias("earlier_at"),
        pl.col("verdict").first().alias("earlier_verdict"),
    )
    both = known.join(first, on=["provider", "kind", "email_normal"], how="inner", nulls_equal=True, maintain_order="left")
    accepted = Verdict.ACCEPTED.value
    return both.filter(
        (pl.col("delivered_at") > pl.col("earlier_at")) & (pl.col("external_id") != pl.col("earlier_external_id"))
    ).with_columns(rule=pl.lit("same_person"), is_accepted_twice=(pl.col("verdict") == accepted) & (pl.col("earlier_verdict") == accepted))


def _one_phone(known: pl.DataFrame) -> pl.DataFrame:
    group = ("provider", "phone_e164")
    given = known.with_columns(owner=company_of()).filter(pl.col("phone_e164").is_not_null() & pl.col("owner").is_not_null())
    # Two windows one after the other: Polars does not nest them.
    counted = given.with_columns(is_first=pl.struct(*group, "owner").is_first_distinct().cast(pl.Int64)).with_columns(
        companies=pl.col("is_first").cum_sum().over(*group)
    )
    return _plain(counted.filter(pl.col("companies") >= 3), "one_phone")


def _impossible_time(known: pl.DataFrame) -> pl.DataFrame:
    return _plain(known.filter(pl.max_horizontal("generated_at", "consent_at") > pl.col("delivered_at")), "impossible_time")


def _plain(cases: pl.DataFrame, rule: str) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    return cases.with_columns(
        rule=pl.lit(rule), earlier_contract=none, earlier_external_id=none, is_accepted_twice=pl.lit(None, dtype=pl.Boolean)
    )

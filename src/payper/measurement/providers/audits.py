"""Audits: what a checked sample says of all deliveries, where some had a better chance to be drawn than others.

A delivery drawn with probability p stands for 1/p deliveries (Horvitz and Thompson). The share that passed is the weighted one (Hajek),
and the sample is worth as many equally weighted checks as have the same variance, (sum w)^2 / sum w^2 (Kish). No credit is taken for
having checked a large part: the rate wanted is that of the provider's next deliveries too, not of this heap alone.

Source: Horvitz and Thompson 1952, J. Am. Stat. Assoc. 47:663-685; Kish 1965, Survey Sampling, section 11.7.
"""

from __future__ import annotations

import polars as pl

from payper.errors import UsageError
from payper.measurement.providers.checks import Criterion
from payper.measurement.providers.scorecard_counts import COUNTS_SCHEMA, WHOLE

AUDITS_SCHEMA: dict[str, type[pl.DataType]] = {**COUNTS_SCHEMA, "good": pl.Float64, "checked": pl.Float64}
"""As `COUNTS_SCHEMA`, but `good` and `checked` are effective numbers and may be fractions."""


def audit_counts(audits: pl.DataFrame) -> pl.DataFrame:
    """Turn audited deliveries into counts that stand beside those of `scorecard_counts`.

    Args:
        audits: One row per audited delivery and check: `provider`, `check`, `is_good` (Boolean; null: could not be told), `probability`
            with which the delivery was drawn, above 0 and at most 1 (the stratum's sample over its deliveries); optional `criterion`
            (data accuracy where absent) and `segment`. Rows without provider, check, answer or possible probability are left out.

    Returns:
        `AUDITS_SCHEMA`, sorted: `based_on` rows were audited, which stand for `deliveries`, rounded.

    Raises:
        UsageError: A column is missing.
    """
    missing = [name for name in ("provider", "check", "is_good", "probability") if name not in audits.columns]
    if missing:
        raise UsageError(
            where="audit_counts, audits",
            seen=f"The frame has no column {', '.join(missing)}.",
            mend="Give the columns provider, check, is_good and probability.",
        )
    absent = {"criterion": Criterion.DATA_ACCURACY.value, "segment": WHOLE}
    keys = ["provider", "criterion", "check", "segment"]
    weight = 1 / pl.col("probability").cast(pl.Float64)
    is_possible = (pl.col("probability").cast(pl.Float64).is_between(0, 1, closed="right")).fill_null(value=False)
    return (
        audits.with_columns(pl.lit(value).alias(name) for name, value in absent.items() if name not in audits.columns)
        .with_columns(pl.col("segment").fill_null("unknown"))
        .filter(is_possible & pl.all_horizontal(pl.col("provider", "criterion", "check", "is_good").is_not_null()))
        .group_by(keys)
        .agg(
            share=weight.filter("is_good").sum() / weight.sum(),
            checked=weight.sum() ** 2 / (weight**2).sum(),
            based_on=pl.len(),
            deliveries=weight.sum().round(),
        )
        .with_columns(good=pl.col("share") * pl.col("checked"))
        .sort(keys)
        .select(pl.col(name).cast(dtype) for name, dtype in AUDITS_SCHEMA.items())
    )

"""Touch paths from a programme: which paid deliveries each company had before it won, and the companies that had none.

Only paid deliveries are touches. A meeting that came of a lead is a milestone of that lead: where the same contract hands over an
appointment with a person whom it delivered as a lead before, the appointment is no touch of its own, as it would take credit for what
the lead did.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from payper.deliveries import INSTANT
from payper.errors import UsageError

PATHS_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "company": pl.String,
    "touches": pl.List(pl.String),
    "days_before": pl.List(pl.Float64),
    "converted": pl.Boolean,
    "value": pl.Float64,
    "count": pl.Int64,
}
"""Columns of paths; `stratum`, of the dtype it came in, follows where one is asked for."""

_DAY = 86_400_000_000


def touch_paths(
    outcomes: pl.DataFrame,
    *,
    as_of: datetime,
    by: Sequence[str] = ("kind",),
    stratum: str | None = None,
    targets: pl.DataFrame | None = None,
    horizon_days: float | None = None,
) -> pl.DataFrame:
    """Give a path per company, as `attribute` takes them.

    Args:
        outcomes: One row per accepted delivery: `company_key` and `domain` (either may be null; the key tells companies apart, the
            domain where it is empty, RULES 30), `kind`, `delivered_at` and `won_at` (UTC), `amount` of the win in one currency, the
            columns of `by`, and if known `contract` and `email_normal` (to tell a lead's own meeting) and `is_returned` (a returned
            delivery was not paid for and is no touch).
        as_of: The last instant that has happened (with zone).
        by: Columns that name a touch, joined by a blank: ("kind",) or ("provider", "kind").
        stratum: A column known before the first touch, such as a fit score or a size band: its value at the company's first delivery.
        targets: Companies on the target list: `company` (company key, else domain), and if known `won_at`, `amount` and the stratum's
            column. Those without a delivery are the baseline of what would have happened anyway.
        horizon_days: Count only companies first touched at least so long before `as_of`, and only wins within so many days of the first
            touch; None: all, so that companies touched yesterday count as not converted yet. Targets count by their own `won_at`.

    Returns:
        `PATHS_SCHEMA`, sorted by company: touches in order of delivery up to the win, or where there is none to the end of the horizon
        or `as_of`; `days_before` it, from which `attribute` and `compare_orders` take their look-back; `value` of the first win (0
        where none, null where its amount is not known). A company's wins count once, whoever delivered it. Deliveries without company
        key and domain are companies of their own. Left out are deliveries without `delivered_at` and companies that won before their
        first touch.

    Raises:
        UsageError: A column is missing, `as_of` has no zone, or the horizon is not above 0.
    """
    _check(outcomes, [*by, *([stratum] if stratum else [])], as_of, horizon_days)
    end = as_of.astimezone(UTC)
    rows = _rows(outcomes, by, stratum, end)
    touched = (
        rows.group_by("company")
        .agg(
            first_at=pl.col("delivered_at").filter("is_touch").min(),
            won_at=pl.col("won_at").min(),
            amount=pl.col("amount").sort_by("won_at", "amount", descending=[False, True], nulls_last=True).first(),
            stratum=pl.col("stratum").sort_by("delivered_at").first(),
        )
        .filter(pl.col("first_at").is_not_null())
    )
    companies = touched.filter((pl.col("won_at") >= pl.col("first_at")).fill_null(value=True))
    until = pl.lit(end).cast(INSTANT)
    if horizon_days is not None:
        until = pl.col("first_at") + timedelta(days=horizon_days)
        companies = companies.filter(until <= end).with_columns(pl.when(pl.col("won_at") < until).then(pl.col("won_at", "amount")))
    companies = companies.with_columns(until=pl.coalesce("won_at", until))
    paths = companies.join(_touches(rows, companies), on="company", how="left")
    if targets is not None:
        paths = pl.concat([paths, _untouched(targets, touched["company"], rows.schema["stratum"], stratum, end)], how="diagonal")
    return _told(paths, stratum)


def _check(outcomes: pl.DataFrame, asked: Sequence[str], as_of: datetime, horizon_days: float | None) -> None:
    needed = ("domain", "company_key", "kind", "delivered_at", "won_at", "amount", *asked)
    missing = [name for name in dict.fromkeys(needed) if name not in outcomes.columns]
    if missing:
        seen = f"The frame has no column {', '.join(missing)}."
        raise UsageError(where="touch_paths, outcomes", seen=seen, mend="Give outcomes as docs/attribution.md lists them.")
    if as_of.tzinfo is None or (horizon_days is not None and not horizon_days > 0):
        seen = f"as_of {as_of} has no zone, or the horizon {horizon_days} is not above 0."
        raise UsageError(where="touch_paths", seen=seen, mend="Give an instant with a zone, and days such as 180 or None.")


def _touches(rows: pl.DataFrame, companies: pl.DataFrame) -> pl.DataFrame:
    """List the touches of every company up to its win or the end of its time."""
    return (
        rows.filter("is_touch")
        .select("company", "touch", "delivered_at")
        .join(companies.select("company", "until"), on="company")
        .filter(pl.col("delivered_at") <= pl.col("until"))
        .sort("company", "delivered_at", "touch")
        .group_by("company", maintain_order=True)
        .agg(touches=pl.col("touch"), days_before=(pl.col("until") - pl.col("delivered_at")).dt.total_microseconds() / _DAY)
    )


def _rows(outcomes: pl.DataFrame, by: Sequence[str], stratum: str | None, end: datetime) -> pl.DataFrame:
    """Give deliveries that have happened, with company, name of the touch and whether it is one."""

    def known(name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
        return pl.col(name).cast(dtype) if name in outcomes.columns else pl.lit(None, dtype=dtype).alias(name)

    rows = outcomes.with_row_index("at").select(
        pl.coalesce(pl.col("company_key", "domain").cast(pl.String), pl.format("delivery {}", "at")).alias("company"),
        pl.concat_str(pl.col(list(by)).cast(pl.String).fill_null("unknown"), separator=" ").alias("touch"),
        (pl.col(stratum) if stratum else pl.lit("all")).alias("stratum"),
        pl.col("kind"),
        pl.col("delivered_at", "won_at").cast(INSTANT),
        pl.col("amount").cast(pl.Float64).fill_nan(None),
        known("contract", pl.String),
        known("email_normal", pl.String),
        known("is_returned", pl.Boolean).fill_null(value=False),
    )
    rows = rows.filter((pl.col("delivered_at") <= end).fill_null(value=False)).with_columns(
        pl.when(pl.col("won_at") <= end).then(pl.col("won_at", "amount"))
    )
    person = ["contract", "email_normal"]
    led_at = pl.col("delivered_at").filter(pl.col("kind") == "lead").min().over(person)
    is_own_meeting = (
        (pl.col("kind") == "appointment") & pl.all_horizontal(pl.col(person).is_not_null()) & (led_at <= pl.col("delivered_at"))
    )
    return rows.with_columns(is_touch=~pl.col("is_returned") & ~is_own_meeting.fill_null(value=False))


def _untouched(targets: pl.DataFrame, touched: pl.Series, dtype: pl.DataType, stratum: str | None, end: datetime) -> pl.DataFrame:
    """Give the target companies without a touch."""
    if "company" not in targets.columns:
        raise UsageError(where="touch_paths, targets", seen="The frame has no column company.", mend="Give one row per target company.")
    own = targets.unique("company", keep="first", maintain_order=True).filter(
        pl.col("company").is_not_null() & ~pl.col("company").is_in(touched.implode())
    )

    def known(name: str, dtype: pl.DataType | type[pl.DataType]) -> pl.Expr:
        return (pl.col(name) if name in own.columns else pl.lit(None)).cast(dtype).alias(name)

    level = known(stratum, dtype) if stratum else pl.lit("all")
    rows = own.select(pl.col("company").cast(pl.String), known("won_at", INSTANT), known("amount", pl.Float64), level.alias("stratum"))
    return rows.with_columns(pl.when(pl.col("won_at") <= end).then(pl.col("won_at", "amount")))


def _told(paths: pl.DataFrame, stratum: str | None) -> pl.DataFrame:
    """Put the columns of `PATHS_SCHEMA` together, and the stratum."""
    is_won = pl.col("won_at").is_not_null()
    told = paths.with_columns(
        pl.col("touches").fill_null([]),
        pl.col("days_before").fill_null([]),
        converted=is_won,
        value=pl.when(is_won).then(pl.col("amount")).otherwise(0.0),
        count=pl.lit(1),
    ).sort("company")
    return told.select(*(pl.col(name).cast(dtype) for name, dtype in PATHS_SCHEMA.items()), *(["stratum"] if stratum else []))

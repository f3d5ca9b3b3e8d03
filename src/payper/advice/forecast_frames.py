"""Frames of a forecast: milestones as dates, plans as deliveries per day, and futures as tables of quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import DeliveryError, UsageError
from payper.measurement.snapshot import MONEY_STEPS, Moment, step_column, take_snapshot

Floats = NDArray[np.float64]

MEASURES: Mapping[str, str] = {"meetings": "held_at", "opportunities": "opportunity_at", "wins": "won_at"}
"""What is foretold, and the column that dates it; revenue comes with wins that have an amount."""
DELIVERED, CONTRACTED, UNBOUGHT, ALL = "already delivered", "contracted", "not yet bought", "all"
SOURCES: tuple[str, ...] = (DELIVERED, CONTRACTED, UNBOUGHT)
LEVELS: Mapping[str, float] = {"p05": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
WEEKS_SEEN = 13
_PLANNED = ("delivered_on", "deliveries", "source")


def date_milestones(deliveries: pl.DataFrame, *, moment: Moment, by: tuple[str, ...]) -> pl.DataFrame:
    """Give deliveries made by a moment, with the UTC dates of what had happened by the end of the last whole day.

    Returns:
        The `by` columns, `delivered_at` and as many of `held_at`, `opportunity_at`, `won_at`, `lost_at` as were given (Date, null: not
        yet), `amount` (Float64, none below 0) with `is_amount_negative` (Boolean), and `currency`, if given.
    """
    names = [name for name in (*MEASURES.values(), "lost_at") if name in deliveries.columns]
    steps = [name for name in names if name not in ("won_at", "lost_at")]
    whole = deliveries if "won_at" in deliveries.columns else deliveries.with_columns(won_at=pl.lit(None, dtype=pl.Date))
    taken = take_snapshot(whole, as_of=moment, by=by, milestones=steps)
    delivered = (pl.lit(moment.through_day, dtype=pl.Int32) - pl.col("age_days") + 1).cast(pl.Int32)
    extra = [pl.col(name) for name in ("currency",) if name in deliveries.columns]
    amount = [(pl.col("amount") / MONEY_STEPS).alias("amount"), pl.col("is_amount_negative")] if "amount" in deliveries.columns else []
    return taken.frame.select(
        *by,
        delivered.cast(pl.Date).alias("delivered_at"),
        *((delivered + pl.col(_lag_column(name))).cast(pl.Date).alias(name) for name in names),
        *amount,
        *extra,
    )


def _lag_column(name: str) -> str:
    """Name a snapshot's lag of a column of dates."""
    milestone = name.removesuffix("_at")
    return f"{milestone}_lag" if milestone in ("won", "lost") else step_column(milestone)


def plan_deliveries(
    deliveries: float, *, first: date, last: date, source: str = CONTRACTED, spread: float = 0.0, **group: str
) -> pl.DataFrame:
    """Spread deliveries to come evenly over days, as `forecast` takes them.

    Args:
        deliveries: How many in all.
        first: The first day.
        last: The last day.
        source: `contracted` or `not yet bought`.
        spread: How unsure the number is: its standard deviation over it.
        group: Values of the `by` columns.

    Raises:
        UsageError: The last day is before the first.
    """
    if last < first:
        raise UsageError(where="last", seen=f"{last} is before {first}.", mend="Give the last day of the plan.")
    days = pl.date_range(first, last, eager=True).alias("delivered_on")
    even = pl.lit(deliveries / days.len(), dtype=pl.Float64).alias("deliveries")
    told = [pl.lit(source).alias("source"), pl.lit(spread, dtype=pl.Float64).alias("spread")]
    return days.to_frame().with_columns(even, *told, *(pl.lit(value).alias(name) for name, value in group.items()))


def read_plans(planned: pl.DataFrame | None, *, by: tuple[str, ...], moment: Moment, days: int) -> pl.DataFrame:
    """Check deliveries to come and give those within the days ahead: the `by` columns, `source`, `ahead` (Int64, 0 is the next day) and
    `deliveries` (Float64).

    Raises:
        DeliveryError: A column is missing.
        UsageError: A source is unknown, or a number is below 0 or missing.
    """  # noqa: D205 the summary needs two lines
    if planned is None:
        schema: dict[str, pl.DataType | type[pl.DataType]] = {**dict.fromkeys(by, pl.String), "source": pl.String}
        return pl.DataFrame(schema={**schema, "ahead": pl.Int64, "deliveries": pl.Float64, "spread": pl.Float64})
    for name in (*by, *_PLANNED):
        if name not in planned.columns:
            raise DeliveryError(
                where="planned", seen=f"The column `{name}` is missing.", mend=f"Columns seen: {', '.join(planned.columns)}."
            )
    if planned.schema["delivered_on"] not in (pl.Date, pl.Null) or not all(
        planned.schema[name].is_numeric() or planned.schema[name] == pl.Null for name in ("deliveries", "spread") if name in planned.columns
    ):
        raise DeliveryError(
            where="planned",
            seen="`delivered_on` is no date, or a number is text.",
            mend="Give Date and numbers, as `plan_deliveries` does.",
        )
    unknown = planned.filter(~pl.col("source").is_in([CONTRACTED, UNBOUGHT]).fill_null(value=False))
    if unknown.height:
        raise UsageError(where="planned", seen=f"`{unknown['source'][0]}` is no source.", mend=f"Write `{CONTRACTED}` or `{UNBOUGHT}`.")
    numbers = planned["deliveries"].cast(pl.Float64)
    spread = planned["spread"].cast(pl.Float64) if "spread" in planned.columns else pl.zeros(planned.height, eager=True)
    if not all(bool((each.is_finite() & (each >= 0)).fill_null(value=False).all()) for each in (numbers, spread)):
        raise UsageError(where="planned", seen="A number of deliveries or its spread is missing or below 0.", mend="Give 0 or more.")
    days_ahead = pl.col("delivered_on").cast(pl.Date)
    if planned.select(days_ahead.is_null().any() | (days_ahead <= pl.lit(moment.through)).any()).item():
        last = moment.through
        raise UsageError(where="planned", seen=f"A `delivered_on` is missing or not after {last}.", mend="Plan days that are to come.")
    ahead = (days_ahead - pl.lit(moment.through)).dt.total_days() - 1
    return (
        planned.select(*by, "source", ahead.alias("ahead"), numbers.alias("deliveries"), spread.alias("spread"))
        .filter(pl.col("ahead").is_between(0, days - 1))
        .group_by(*by, "source", "ahead", maintain_order=True)
        .agg(
            pl.col("deliveries").sum(),
            ((pl.col("deliveries") * pl.col("spread")).sum() / pl.col("deliveries").sum().clip(1e-12)).alias("spread"),
        )
    )


def is_group(by: tuple[str, ...], group: tuple[object, ...]) -> pl.Expr:
    """Say of each row whether it is of a group; null is a value."""
    return pl.all_horizontal(pl.lit(value=True), *(pl.col(name).eq_missing(pl.lit(value)) for name, value in zip(by, group, strict=True)))


def plan_of(plans: pl.DataFrame, by: tuple[str, ...], group: tuple[object, ...], source: str, days: int) -> Floats:
    """Give a group's deliveries to come of a source on each day ahead."""
    own = plans.filter(is_group(by, group) & (pl.col("source") == source))
    return np.bincount(own["ahead"].to_numpy(), weights=own["deliveries"].to_numpy(), minlength=days).astype(np.float64)


def spread_of(plans: pl.DataFrame, by: tuple[str, ...], group: tuple[object, ...], source: str) -> float:
    """Give how unsure a group's deliveries to come of a source are; several plans fall short or exceed together."""
    own = plans.filter(is_group(by, group) & (pl.col("source") == source))
    numbers = own["deliveries"].to_numpy()
    return float((numbers * own["spread"].to_numpy()).sum() / max(numbers.sum(), 1e-12))


def widened(values: Floats, middle: Floats | float, widen: float) -> Floats:
    """Give values so many times as far from the middle; never below 0."""
    return values if widen == 1 else np.maximum(middle + widen * (values - middle), 0.0)


def past_days(known: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Give the days on which a measure happened: `day` (Date) and `amount` (Float64, how many or how much)."""
    column = MEASURES.get(measure, "won_at")
    amount = pl.col("amount").fill_null(0.0).sum() if measure == "revenue" else pl.len().cast(pl.Float64)
    return known.drop_nulls(column).group_by(pl.col(column).alias("day")).agg(amount.alias("amount")).sort("day")


def past_weeks(happened: Mapping[str, pl.DataFrame], *, as_of: date) -> pl.DataFrame:
    """Give the latest weeks that are over, counted back from the day: `measure, first_day, last_day, happened`."""
    rows = []
    for measure, days in happened.items():
        for back in range(WEEKS_SEEN, 0, -1):
            first, last = as_of - timedelta(days=7 * back - 1), as_of - timedelta(days=7 * (back - 1))
            rows.append((measure, first, last, float(days.filter(pl.col("day").is_between(first, last))["amount"].sum())))
    schema = {"measure": pl.String, "first_day": pl.Date, "last_day": pl.Date, "happened": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def tabulate(drawn: Mapping[str, Mapping[str, Floats]], *, as_of: date, widen: float, is_cumulative: bool) -> pl.DataFrame:
    """Give quantiles of futures by measure, source and week.

    Args:
        drawn: Per measure and source, shape (draws, days).
        as_of: The day before the days ahead.
        widen: How many times as far from the median quantiles are drawn; never below 0.
        is_cumulative: Whether a week stands for all weeks so far.
    """
    frames = []
    for measure, parts in drawn.items():
        for source, days in parts.items():
            weeks = days.reshape(days.shape[0], -1, 7).sum(axis=2)
            weeks = np.cumsum(weeks, axis=1) if is_cumulative else weeks
            number = np.arange(1, weeks.shape[1] + 1)
            levels = np.quantile(weeks if measure == "revenue" else spread_ties(weeks), list(LEVELS.values()), axis=0)
            middle = levels[list(LEVELS).index("p50")]
            quantiles = dict(zip(LEVELS, np.maximum(widened(levels, middle, widen), 0.0), strict=True))
            frames.append(
                pl.DataFrame({"week": number, "mean": weeks.mean(axis=0), **quantiles}).select(
                    pl.lit(measure).alias("measure"),
                    pl.lit(source).alias("source"),
                    "week",
                    (pl.lit(as_of) + pl.duration(days=7 * (pl.col("week") - 1) + 1)).alias("first_day"),
                    (pl.lit(as_of) + pl.duration(days=7 * pl.col("week"))).alias("last_day"),
                    "mean",
                    *LEVELS,
                )
            )
    return pl.concat(frames)


def spread_ties(counts: Floats) -> Floats:
    """Sort whole numbers per column and spread equal ones evenly over the unit around them.

    Quantiles of whole numbers jump: a band of nine in ten would hold nineteen of twenty. Spread like this they move with the shares.

    Args:
        counts: Shape (draws, columns).

    Source: Ma, Genton, Parzen 2011, Ann. Inst. Statist. Math. 63, 227-243 (quantiles of the mid-distribution).
    """
    ordered = np.sort(counts, axis=0)
    place = np.arange(ordered.shape[0])[:, None]
    is_first = np.vstack([np.ones((1, ordered.shape[1]), dtype=np.bool_), ordered[1:] != ordered[:-1]])
    first = np.maximum.accumulate(np.where(is_first, place, 0), axis=0)
    is_last = np.vstack([is_first[1:], np.ones((1, ordered.shape[1]), dtype=np.bool_)])
    last = np.minimum.accumulate(np.where(is_last, place, ordered.shape[0])[::-1], axis=0)[::-1]
    return np.asarray(ordered - 0.5 + (place - first + 0.5) / (last - first + 1), dtype=np.float64)

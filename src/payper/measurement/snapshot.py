"""Snapshots: deliveries and what became of them as they stood at an instant, on one clock and in exact money.

The clock is the UTC date. A delivery's day is its UTC date, a lag is the number of UTC dates from delivery to event, and only whole
UTC days count as observed: as of the end of day D a delivery of day x has age D - x + 1 days and has shown every lag below its age.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from payper.errors import DeliveryError, UsageError
from payper.intake.instants import read_instants

MONEY_STEPS = 10_000
"""Money is counted in ten-thousandths of the unit it is given in, as whole numbers, so that sums are the same in any order."""

MONEY_MAX = 1e12
"""The largest amount or cost of one delivery; above it sums of squares would no longer be exact."""

REQUIRED = ("delivered_at", "won_at")
OPTIONAL = ("lost_at", "amount", "cost", "currency", "amount_at_win", "amount_changed_at", "won_recorded_at")

_INSTANT = pl.Datetime("us", "UTC")
_DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Moment:
    """An as-of date or instant.

    Attributes:
        at: The last instant that has happened, UTC.
        through: The last UTC date that is over by then.
    """

    at: datetime
    through: date

    @property
    def through_day(self) -> int:
        """Give the last date that is over, in days since 1970-01-01."""
        return (self.through - date(1970, 1, 1)).days


@dataclass(frozen=True)
class Snapshot:
    """Deliveries as of a moment.

    Attributes:
        moment: When it was taken.
        by: Names of the columns that make the groups.
        frame: One row per delivery made by then: the `by` columns; `age_days` (Int32, whole days observed); `won_lag`, `lost_lag`
            (Int32; null where not by the last whole day); `is_won` (Boolean, by the moment itself); `amount`, `cost` (Int64,
            ten-thousandths; null where unknown); `currency` (String or null); one Int32 column
            `step_column(milestone)` for each milestone: its lag; and Boolean faults `is_won_before`, `is_won_and_lost`,
            `is_amount_negative`, `is_amount_changed`, `is_backfilled`.
        undated: One row per group with rows that have no date of delivery: the `by` columns, `undated` (Int64).
        spending: One row per dated cost by then: the `by` columns, `lag_days` (Int32), `cost` (Int64).
        milestones: Names of the milestones without `_at`.
        has_amounts, has_costs: Whether there was a column of amounts, of costs.
    """

    moment: Moment
    by: tuple[str, ...]
    frame: pl.DataFrame
    undated: pl.DataFrame
    spending: pl.DataFrame
    milestones: tuple[str, ...]
    has_amounts: bool
    has_costs: bool


def read_moment(as_of: date | datetime | str) -> Moment:
    """Read an as-of date or instant.

    Args:
        as_of: A date: all of that UTC day has happened. A datetime: that instant has happened and nothing after it; one without a
            zone is UTC. A text: either of these in ISO 8601.
    """
    if isinstance(as_of, str):
        try:
            as_of = date.fromisoformat(as_of) if len(as_of.strip()) <= 10 else datetime.fromisoformat(as_of.strip())
        except ValueError as error:
            raise UsageError(where="as_of", seen=f"`{as_of}` is no date.", mend="Write it as 2026-03-14.") from error
    if isinstance(as_of, datetime):
        at = as_of.replace(tzinfo=UTC) if as_of.tzinfo is None else as_of.astimezone(UTC)
        return Moment(at=at, through=(at + timedelta(microseconds=1)).date() - timedelta(days=1))
    if not isinstance(as_of, date):
        raise UsageError(where="as_of", seen=f"{as_of!r} is neither a date nor a datetime.", mend="Give a datetime.date.")
    return Moment(at=datetime.combine(as_of, time.max, tzinfo=UTC), through=as_of)


def step_column(milestone: str) -> str:
    """Name the column of a milestone's lag in a snapshot; won and lost may be milestones too, beside their own columns."""
    return f"step:{milestone}"


def take_snapshot(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str | Moment,
    by: str | Sequence[str] = (),
    milestones: Sequence[str] = (),
    spending: pl.DataFrame | None = None,
) -> Snapshot:
    """Take deliveries as they stood at an instant; what happened after it has not happened.

    Args:
        deliveries: One row per delivery; columns as `payper.measure` tells them.
        as_of: See `read_moment`.
        by: Columns that make the groups; null is a group of its own.
        milestones: Further date columns, each named `<milestone>_at`.
        spending: Costs that came with a date of their own: the `by` columns, `delivered_at`, `spent_at`, `cost`.

    Raises:
        DeliveryError: A column is missing, or holds what is no date or no number.
        UsageError: `as_of` or `by` makes no sense.
    """
    moment = as_of if isinstance(as_of, Moment) else read_moment(as_of)
    by = (by,) if isinstance(by, str) else tuple(by)
    _check_columns(deliveries, by, milestones)
    dated = [name for name in ("delivered_at", "won_at", "lost_at", "amount_changed_at", "won_recorded_at") if name in deliveries.columns]
    read = deliveries.select(
        *by,
        *(_read_times(deliveries, name).alias(name) for name in dated),
        *(_read_times(deliveries, name).alias(step_column(name.removesuffix("_at"))) for name in milestones),
        *(_read_money(deliveries, name).alias(name) for name in ("amount", "cost", "amount_at_win") if name in deliveries.columns),
        *(pl.col(name).cast(pl.String) for name in ("currency",) if name in deliveries.columns),
    )
    return Snapshot(
        moment=moment,
        by=by,
        frame=_frame(read, moment, by),
        undated=read.filter(pl.col("delivered_at").is_null()).group_by(by or pl.lit(0).alias("_all")).agg(undated=pl.len().cast(pl.Int64)),
        spending=_spending(deliveries if spending is None else spending, moment, by, is_given=spending is not None),
        milestones=tuple(name.removesuffix("_at") for name in milestones),
        has_amounts="amount" in deliveries.columns and deliveries["amount"].dtype != pl.Null,
        has_costs=spending is not None or ("cost" in deliveries.columns and deliveries["cost"].dtype != pl.Null),
    )


def _check_columns(deliveries: pl.DataFrame, by: tuple[str, ...], milestones: Sequence[str]) -> None:
    """Refuse what cannot be read at all."""
    missing = [name for name in (*REQUIRED, *by, *milestones) if name not in deliveries.columns]
    if missing:
        raise DeliveryError(
            where="deliveries",
            seen=f"The column `{missing[0]}` is missing.",
            mend=f"Columns seen: {', '.join(deliveries.columns) or 'none'}.",
        )
    if len(set(by)) < len(by) or set(by) & set(REQUIRED):
        raise UsageError(where="by", seen=f"{list(by)} names a column twice or a date.", mend="Name each column to group by once.")
    wrong = [name for name in milestones if not name.endswith("_at")]
    if wrong:
        raise UsageError(where="milestones", seen=f"`{wrong[0]}` does not end in `_at`.", mend="Name a column of dates such as `held_at`.")


def _read_times(deliveries: pl.DataFrame, name: str) -> pl.Series:
    """Read a column as instants in UTC; a date is its midnight, a time without a zone is UTC, an empty text is null."""
    series = deliveries[name]
    if series.dtype == pl.Date:
        return series.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(series.dtype, pl.Datetime):
        plain = series.dt.cast_time_unit("us")
        return plain.dt.replace_time_zone("UTC") if series.dtype.time_zone is None else plain.dt.convert_time_zone("UTC")
    if series.dtype == pl.Null:
        return series.cast(_INSTANT)
    if series.dtype not in (pl.String, pl.Categorical):
        raise DeliveryError(
            where=f"deliveries, column {name}", seen=f"It holds {series.dtype}, which are no dates.", mend="Give dates or texts."
        )
    texts = series.cast(pl.String).str.strip_chars()
    read = read_instants(texts.set(texts == "", None), zone="UTC")
    fault = read.with_row_index("row").filter(pl.col("fault").is_not_null()).head(1)
    if fault.height:
        raise DeliveryError(
            where=f"deliveries, column {name}, row {fault['row'][0] + 1}", seen=f"{fault['fault'][0]}.", mend="Write it as 2026-03-14."
        )
    return read["instant"]


def _read_money(deliveries: pl.DataFrame, name: str) -> pl.Series:
    """Read a column of money in ten-thousandths; what is no number at all (NaN, infinite) is unknown, hence null."""
    series = deliveries[name]
    try:
        numbers = series.cast(pl.Float64)
    except pl.exceptions.PolarsError as error:
        raise DeliveryError(
            where=f"deliveries, column {name}", seen="It holds what is no number.", mend="Write numbers as 1250.00."
        ) from error
    finite = numbers.set(~numbers.is_finite().fill_null(value=True), None)
    largest = finite.abs().max()
    if isinstance(largest, float) and largest > MONEY_MAX:
        raise DeliveryError(
            where=f"deliveries, column {name}",
            seen=f"{largest:,} is more than {MONEY_MAX:,.0f}.",
            mend="Give larger units of money.",
        )
    return (finite * MONEY_STEPS).round().cast(pl.Int64)


def _spending(costs: pl.DataFrame, moment: Moment, by: tuple[str, ...], *, is_given: bool) -> pl.DataFrame:
    """Read dated costs up to the last whole day, of deliveries made by then; without any, give an empty frame of the same columns."""
    if not is_given:
        return costs.clear().select(*by, pl.lit(0, dtype=pl.Int32).alias("lag_days"), pl.lit(0, dtype=pl.Int64).alias("cost")).clear()
    missing = [name for name in (*by, "delivered_at", "spent_at", "cost") if name not in costs.columns]
    if missing:
        raise DeliveryError(where="spending", seen=f"The column `{missing[0]}` is missing.", mend="Give delivered_at, spent_at and cost.")
    read = costs.select(
        *by,
        *(_read_times(costs, name).dt.date().alias(name) for name in ("delivered_at", "spent_at")),
        _read_money(costs, "cost").alias("cost"),
    )
    return read.filter(
        (pl.col("delivered_at") <= moment.through) & (pl.col("spent_at") <= moment.through) & pl.col("cost").is_not_null()
    ).select(
        *by, (pl.col("spent_at") - pl.col("delivered_at")).dt.total_days().clip(lower_bound=0).cast(pl.Int32).alias("lag_days"), "cost"
    )


def _frame(read: pl.DataFrame, moment: Moment, by: tuple[str, ...]) -> pl.DataFrame:
    """Put lags and ages in place of instants, for what has been delivered by the moment."""
    at = pl.lit(moment.at, dtype=_INSTANT)
    none = pl.lit(None, dtype=_INSTANT)
    seen = read.lazy().filter(pl.col("delivered_at") <= at)
    columns = set(read.columns)
    steps = [name for name in read.columns if name.startswith(step_column(""))]

    def day(name: str) -> pl.Expr:
        return (pl.col(name).cast(pl.Int64).floordiv(_DAY_MICROSECONDS)).cast(pl.Int32)

    def lag(name: str) -> pl.Expr:
        is_over = day(name) <= moment.through_day
        return pl.when(is_over).then((day(name) - day("delivered_at")).clip(lower_bound=0))

    seen = seen.with_columns(
        *(
            (pl.when(pl.col(name) <= at).then(pl.col(name)) if name in columns else none).alias(name)
            for name in ("won_at", "lost_at", *steps)
        )
    )
    is_won = pl.col("won_at").is_not_null()
    amount = pl.col("amount") if "amount" in columns else pl.lit(None, dtype=pl.Int64)
    is_changed = pl.lit(value=False)
    if {"amount_at_win", "amount_changed_at"} <= columns:
        is_changed = (is_won & (pl.col("amount_changed_at") <= at)).fill_null(value=False)
        amount = pl.when((pl.col("amount_changed_at") > at).fill_null(value=False)).then(pl.col("amount_at_win")).otherwise(amount)
    backfilled = pl.lit(value=False)
    if "won_recorded_at" in columns:
        backfilled = (is_won & (day("won_recorded_at") - day("won_at") > 14)).fill_null(value=False)
    return seen.select(
        *by,
        (moment.through_day - day("delivered_at") + 1).clip(lower_bound=0).alias("age_days"),
        lag("won_at").alias("won_lag"),
        lag("lost_at").alias("lost_lag"),
        is_won.alias("is_won"),
        pl.when(is_won).then(amount.clip(lower_bound=0)).alias("amount"),
        (pl.col("cost") if "cost" in columns else pl.lit(None, dtype=pl.Int64)).alias("cost"),
        (pl.col("currency") if "currency" in columns else pl.lit(None, dtype=pl.String)).alias("currency"),
        *(lag(name).alias(name) for name in steps),
        (day("won_at") < day("delivered_at")).fill_null(value=False).alias("is_won_before"),
        (is_won & pl.col("lost_at").is_not_null()).alias("is_won_and_lost"),
        (is_won & (amount < 0)).fill_null(value=False).alias("is_amount_negative"),
        is_changed.alias("is_amount_changed"),
        backfilled.alias("is_backfilled"),
    ).collect()

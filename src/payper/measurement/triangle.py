"""Triangle: cohorts of deliveries by their age, as counts with no estimate in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import polars as pl

from payper.errors import UsageError
from payper.measurement.histograms import Histograms, count_histograms
from payper.measurement.snapshot import MONEY_STEPS, take_snapshot

Cohort = Literal["week", "month", "quarter"]
_LENGTHS = {"week": "1w", "month": "1mo", "quarter": "1q"}


def cohort_triangle(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    cohort: Cohort = "month",
    step_days: int = 30,
    by: str | Sequence[str] = (),
) -> pl.DataFrame:
    """Count what each cohort of deliveries had won by each age.

    Args:
        deliveries: As `measure` takes them.
        as_of: As `measure` takes it.
        cohort: Deliveries of one calendar week (from Monday), month or quarter, by UTC date.
        step_days: Days between ages.
        by: As `measure` takes it.

    Returns:
        One row per group, cohort and age that at least one of its deliveries has completed, sorted: the `by` columns; `cohort` (Date,
        its first day); `age_days` (Int64: within so many days); `deliveries` (of the cohort); `completed` (those of them that are so
        old); `wins` and `revenue` (null without amounts) of those that are, within the age; `is_complete` (all of them are so old).
        All Int64 but money.

    Raises:
        UsageError: `cohort` or `step_days` makes no sense.
    """
    if cohort not in _LENGTHS or step_days < 1:
        raise UsageError(where="cohort_triangle", seen=f"{cohort!r} every {step_days} days is no triangle.", mend='Write "month" and 30.')
    histograms = count_histograms(take_snapshot(deliveries, as_of=as_of, by=by))
    ages = _with_cohort(histograms.ages, histograms, cohort)
    steps = pl.DataFrame({"within": range(step_days, int(ages["age_days"].max() or 0) + 1, step_days)}, schema={"within": pl.Int64})  # type: ignore[arg-type]  # an integer column
    keys = ("segment", "cohort")
    whole = ages.group_by(keys).agg(pl.col("deliveries").sum())
    old = ages.join(steps, how="cross").filter(pl.col("age_days") >= pl.col("within"))
    completed = old.group_by(*keys, "within").agg(completed=pl.col("deliveries").sum())
    wins = _with_cohort(histograms.wins.drop_nulls("lag_days"), histograms, cohort).join(steps, how="cross")
    won = (
        wins.filter((pl.col("age_days") >= pl.col("within")) & (pl.col("lag_days") < pl.col("within")))
        .group_by(*keys, "within")
        .agg(pl.col("wins").sum(), revenue=pl.col("amount").sum().cast(pl.Float64) / MONEY_STEPS)
    )
    cells = completed.join(whole, on=keys, how="left").join(won, on=(*keys, "within"), how="left").sort(*keys, "within")
    joined = cells.join(histograms.segments, on="segment", how="left", maintain_order="left")
    revenue = pl.col("revenue").fill_null(0.0) if histograms.has_amounts else pl.lit(None, dtype=pl.Float64).alias("revenue")
    return joined.select(
        *histograms.by,
        "cohort",
        pl.col("within").alias("age_days"),
        "deliveries",
        "completed",
        pl.col("wins").fill_null(0),
        revenue,
        (pl.col("completed") == pl.col("deliveries")).alias("is_complete"),
    )


def _with_cohort(frame: pl.DataFrame, histograms: Histograms, cohort: Cohort) -> pl.DataFrame:
    """Add the first day of each row's cohort; the day of delivery follows from its age."""
    day = pl.lit(histograms.moment.through) + pl.duration(days=1 - pl.col("age_days").cast(pl.Int64))
    return frame.with_columns(day.cast(pl.Date).dt.truncate(_LENGTHS[cohort]).alias("cohort"))

"""Acceleration: days from delivery to meeting, opportunity and win, and from each stage to the next, with open cases allowed for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from payper.measurement.reach.outcomes import STEPS, implied, known_outcomes
from payper.measurement.reach.sentences import stage_words, wait_words
from payper.measurement.reach.waits import Wait, measure_wait

Numbers = np.ndarray[Any, np.dtype[np.float64]]

MILESTONES: dict[str, str] = {"booked_at": "meeting booked", "held_at": "meeting held", "opportunity_at": "opportunity", "won_at": "won"}
"""Steps timed from delivery."""

STAGES: tuple[tuple[str, str, str], ...] = (
    ("delivered_at", "contacted_at", "delivered to contacted"),
    ("contacted_at", "booked_at", "contacted to meeting booked"),
    ("booked_at", "held_at", "meeting booked to held"),
    ("held_at", "opportunity_at", "meeting held to opportunity"),
    ("opportunity_at", "won_at", "opportunity to won"),
)

_WAIT: dict[str, pl.DataType | type[pl.DataType]] = {
    each.name: pl.Int64 if each.name in {"started", "reached"} else pl.Float64 for each in fields(Wait)
}
ACCELERATION_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {"milestone": pl.String, **_WAIT, "words": pl.String}
"""Columns after the `by` columns: the figures of `Wait`, days from delivery to the milestone."""

VELOCITY_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "stage": pl.String,
    **_WAIT,
    "open": pl.Int64,
    "open_days": pl.Float64,
    "stalled": pl.Int64,
    "words": pl.String,
}
"""Columns after the `by` columns: the figures of `Wait`, days in a stage; `open` cases are in it and not lost, `open_days` is their median
time in it so far, `stalled` how many have been in it for longer than nine in ten of those that went on."""


def measure_acceleration(
    outcomes: pl.DataFrame, *, as_of: datetime, by: Sequence[str] = ("model",), horizon_days: float = 180.0
) -> pl.DataFrame:
    """Measure how many deliveries come to a meeting, an opportunity and a win, and within how many days of delivery.

    Args:
        outcomes: One row per accepted delivery: `delivered_at`, the `by` columns, and as many of `contacted_at, booked_at, held_at`,
            `opportunity_at, won_at` (instants, UTC; null: not yet) as there are. A later step implies those it skips; a step before its
            delivery counts as on the day.
        as_of: Nothing later has happened; with a zone.
        by: Columns to group by; none: all together.
        horizon_days: Steps count within so many days of delivery.

    Returns:
        One row per group and milestone, sorted by group, milestones in order: the `by` columns, then `ACCELERATION_COLUMNS`.

    Raises:
        DeliveryError: A column is missing.

    Source: `measure_wait`.
    """
    known = known_outcomes(outcomes, as_of=as_of, needed=tuple(by))
    rows = []
    for group, own in groups(known, by):
        for name, milestone in MILESTONES.items():
            wait = wait_of(own, "delivered_at", implied(name), as_of=as_of, horizon_days=horizon_days)
            rows.append((*group, milestone, *astuple(wait), wait_words(wait, milestone)))
    return _frame(rows, known, by, ACCELERATION_COLUMNS)


def measure_velocity(
    outcomes: pl.DataFrame, *, as_of: datetime, by: Sequence[str] = ("model",), horizon_days: float = 180.0
) -> pl.DataFrame:
    """Measure how many deliveries go on from each stage to the next, within how many days, and which are stuck.

    Args:
        outcomes: As for `measure_acceleration`, with or without `lost_at`. Only recorded steps open and close a stage: a step at the very
            instant of a later one is implied by it (unless steps have dates alone), and a case of which nobody knows when it took the
            next step is left out.
        as_of: Nothing later has happened; with a zone.
        by: Columns to group by; none: all together.
        horizon_days: The next stage counts within so many days of the one before.

    Returns:
        One row per group and stage that was recorded, sorted by group, stages in order: the `by` columns, then `VELOCITY_COLUMNS`.

    Raises:
        DeliveryError: A column is missing.

    Source: `measure_wait`.
    """
    known = known_outcomes(outcomes, as_of=as_of, needed=tuple(by))
    tells_time = _tells_time(known)
    rows = []
    for group, own in groups(known, by):
        for begins, ends, stage in STAGES:
            there = own.filter(_is_timed(begins, ends, tells_time=tells_time))
            if there.is_empty():
                continue
            wait = wait_of(there, begins, pl.col(ends), as_of=as_of, horizon_days=horizon_days)
            is_open = pl.col(ends).is_null() & pl.col("lost_at").is_null()
            ages = _days(there.filter(is_open), begins, pl.lit(as_of))
            stalled = int((ages > wait.late_days).sum()) if wait.late_days is not None else None
            open_days = float(np.median(ages)) if ages.size else None
            rows.append(
                (*group, stage, *astuple(wait), ages.size, open_days, stalled, stage_words(wait, stage, open_=ages.size, stalled=stalled))
            )
    return _frame(rows, known, by, VELOCITY_COLUMNS)


def groups(known: pl.DataFrame, by: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], pl.DataFrame]]:
    """Give every group with its key, sorted by key, null last; all together without `by`."""
    if not by:
        yield (), known
        return
    keys = known.select(by).unique().sort(by, nulls_last=True)
    parts = known.partition_by(by, as_dict=True, maintain_order=True)
    for key in keys.iter_rows():
        yield key, parts[key]


def _tells_time(known: pl.DataFrame) -> bool:
    """Tell whether steps have a time of day: of dates alone, one or two times (summer and winter) stand on most."""
    times = pl.concat([known[name].drop_nulls() for name in STEPS]).dt.time()
    return times.is_empty() or int(times.value_counts()["count"].max()) <= 0.3 * len(times)  # type: ignore[arg-type]  # counts are numbers


def _is_timed(begins: str, ends: str, *, tells_time: bool) -> pl.Expr:
    """Tell which cases are timed from one step to another: the first is recorded, the second too or nothing later is known."""
    opened = pl.col(begins).is_not_null() if begins == "delivered_at" else _is_recorded(begins, tells_time=tells_time)
    return opened & (_is_recorded(ends, tells_time=tells_time) | implied(ends).is_null())


def _is_recorded(name: str, *, tells_time: bool) -> pl.Expr:
    """Tell where a step is there and not only implied by a later one, whose instant it then has."""
    later = STEPS[STEPS.index(name) + 1 :]
    there = pl.col(name).is_not_null()
    if not later or not tells_time:
        return there
    return there & ~pl.any_horizontal((pl.col(name) == pl.col(each)).fill_null(value=False) for each in later)


def _frame(
    rows: list[tuple[Any, ...]], known: pl.DataFrame, by: Sequence[str], columns: dict[str, pl.DataType | type[pl.DataType]]
) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={**{name: known.schema[name] for name in by}, **columns}, orient="row")


def wait_of(cases: pl.DataFrame, begins: str, ends: pl.Expr, *, as_of: datetime, horizon_days: float) -> Wait:
    """Measure the wait from an instant of each case to another, null where it has not come; one before the start counts as at it."""
    ages = _days(cases, begins, pl.lit(as_of))
    return measure_wait(ages, np.clip(_days(cases, begins, ends), 0.0, None), horizon_days=horizon_days)


def _days(cases: pl.DataFrame, begins: str, ends: pl.Expr) -> Numbers:
    """Give days from one instant to another, NaN where there is no second one."""
    return cases.select(((ends - pl.col(begins)).dt.total_microseconds() / 86_400e6).alias("days"))["days"].cast(pl.Float64).to_numpy()

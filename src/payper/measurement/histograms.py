"""Histograms: what all estimates of a group are made from, as counts that add up over parts of the deliveries.

Per group: deliveries and those still open by age, wins and their money by age and lag, losses and other milestones by lag, costs.
Histograms of two halves, counted apart and added, are those of the whole, to the last digit: everything in them is a whole number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from payper.errors import UsageError
from payper.measurement.snapshot import Moment, Snapshot, step_column

FAULTS = ("is_won_before", "is_won_and_lost", "is_amount_negative", "is_amount_changed", "is_backfilled")
"""Oddities of rows that are counted per group."""

_SEGMENT = "segment"
_FRAMES = ("ages", "wins", "lost", "steps", "reached", "spending", "faults")
_PLACE = "place"
_DAYS = 1 << 16
"""More days than any age or lag has: a segment and a day make one number, by which rows are grouped in half the time."""


@dataclass(frozen=True)
class Histograms:
    """The counts of each group as of a moment.

    Attributes:
        moment: As of when.
        by: Columns that make the groups.
        segments: One row per group, sorted: `segment` (UInt32, 0, 1, 2, ...), then the `by` columns. The frames below name groups by it.
        ages: `segment, age_days` and `deliveries`, `open` (neither won nor lost by the last whole day), `cost` (Int128,
            ten-thousandths), `cost_missing`.
        wins: `segment, age_days, lag_days` and `wins`, `amount`, `amount_squared` (Int128, ten-thousandths and their squares),
            `amount_largest` (Int64), `amount_missing`. Wins of a day that is not over have a null lag: seen, and in no estimate yet.
        lost: `segment, lag_days, deliveries`: those lost and not won.
        steps: `segment, milestone, lag_days, deliveries`: those that reached each milestone that was asked for, by lag.
        reached: `segment, milestone, age_days, deliveries`: the same by the age that the delivery has now.
        spending: `segment, lag_days, cost` (Int128): costs that came with their own date.
        faults: `segment`, a count per fault of `FAULTS`, `undated` and `currencies` (list of those seen, sorted).
        milestones: Those of `steps`, in the order given.
        has_amounts, has_costs: Whether such a column was given at all.
    """

    moment: Moment
    by: tuple[str, ...]
    segments: pl.DataFrame
    ages: pl.DataFrame
    wins: pl.DataFrame
    lost: pl.DataFrame
    steps: pl.DataFrame
    reached: pl.DataFrame
    spending: pl.DataFrame
    faults: pl.DataFrame
    milestones: tuple[str, ...]
    has_amounts: bool
    has_costs: bool


def count_histograms(snapshot: Snapshot) -> Histograms:
    """Count a snapshot's deliveries by group, age and lag."""
    segments, frame, undated, spending = _number_segments(snapshot)
    return Histograms(
        moment=snapshot.moment,
        by=snapshot.by,
        segments=segments,
        ages=_ages(frame),
        wins=_wins(frame),
        lost=_lost(frame),
        steps=_reached(frame, snapshot.milestones, by_lag=True),
        reached=_reached(frame, snapshot.milestones, by_lag=False),
        spending=spending.group_by(_SEGMENT, "lag_days").agg(pl.col("cost").cast(pl.Int128).sum()).sort(_SEGMENT, "lag_days"),
        faults=_faults(frame, undated, segments),
        milestones=snapshot.milestones,
        has_amounts=snapshot.has_amounts,
        has_costs=snapshot.has_costs,
    )


def add_histograms(parts: Sequence[Histograms]) -> Histograms:
    """Add the histograms of parts of the deliveries, all as of the same moment and by the same columns."""
    if not parts:
        raise UsageError(where="histograms", seen="There is nothing to add.", mend="Give at least one.")
    first = parts[0]
    if any((part.moment, part.by, part.milestones) != (first.moment, first.by, first.milestones) for part in parts):
        raise UsageError(
            where="histograms", seen="They are of different moments, groups or milestones.", mend="Count all of them by the same arguments."
        )
    segments = _sorted_segments(pl.concat([part.segments.drop(_SEGMENT) for part in parts], how="vertical_relaxed"), first.by)
    recoded = [_recode(part, segments) for part in parts]

    def added(name: str, keys: tuple[str, ...]) -> pl.DataFrame:
        whole = pl.concat([frames[name] for frames in recoded])
        others = [column for column in whole.columns if column not in keys]
        return (
            whole.group_by(keys)
            .agg((pl.col(column).max() if column == "amount_largest" else pl.col(column).sum()) for column in others)
            .sort(keys, nulls_last=True)
        )

    return Histograms(
        moment=first.moment,
        by=first.by,
        segments=segments,
        ages=added("ages", (_SEGMENT, "age_days")),
        wins=added("wins", (_SEGMENT, "age_days", "lag_days")),
        lost=added("lost", (_SEGMENT, "lag_days")),
        steps=added("steps", (_SEGMENT, "milestone", "lag_days")),
        reached=added("reached", (_SEGMENT, "milestone", "age_days")),
        spending=added("spending", (_SEGMENT, "lag_days")),
        faults=pl.concat([frames["faults"] for frames in recoded])
        .group_by(_SEGMENT)
        .agg(pl.col(*FAULTS, "undated").sum(), pl.col("currencies").list.explode(keep_nulls=False, empty_as_null=False).unique().sort())
        .sort(_SEGMENT),
        milestones=first.milestones,
        has_amounts=any(part.has_amounts for part in parts),
        has_costs=any(part.has_costs for part in parts),
    )


def take_segments(histograms: Histograms, first: int, count: int) -> Histograms:
    """Give the histograms of some groups, those from number `first` on, numbered from 0."""
    last = first + count

    def taken(frame: pl.DataFrame) -> pl.DataFrame:
        own = frame.filter((pl.col(_SEGMENT) >= first) & (pl.col(_SEGMENT) < last))
        return own.with_columns(pl.col(_SEGMENT) - first)

    frames = {name: taken(getattr(histograms, name)) for name in ("segments", *_FRAMES)}
    return replace(histograms, **frames)  # type: ignore[arg-type]  # each name is that of a frame


def _number_segments(snapshot: Snapshot) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Give every group a number, in the order of its values, and put it into the frames in place of the `by` columns."""
    by = snapshot.by
    if not by:
        zero = pl.lit(0, dtype=pl.UInt32).alias(_SEGMENT)
        segments = pl.DataFrame({_SEGMENT: [0]}, schema={_SEGMENT: pl.UInt32})
        return segments, snapshot.frame.with_columns(zero), snapshot.undated.with_columns(zero), snapshot.spending.with_columns(zero)
    parts = (snapshot.frame, snapshot.undated, snapshot.spending)
    segments = _sorted_segments(pl.concat([part.lazy().select(by).unique().collect(engine="streaming") for part in parts]), by)
    numbered = [part.join(segments, on=by, how="left", nulls_equal=True, maintain_order="left").drop(by) for part in parts]
    return segments, *numbered  # type: ignore[return-value]  # three of them


def _sorted_segments(values: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """Give the distinct groups, sorted, with their numbers."""
    if not by:
        return pl.DataFrame({_SEGMENT: [0]}, schema={_SEGMENT: pl.UInt32})
    return values.unique().sort(by, nulls_last=True).with_row_index(_SEGMENT).cast({_SEGMENT: pl.UInt32})


def _recode(part: Histograms, segments: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Give the frames of histograms with the numbers of other segments."""
    frames = {name: getattr(part, name) for name in _FRAMES}
    if not part.by:
        return frames
    codes = part.segments.join(segments.rename({_SEGMENT: "_new"}), on=part.by, how="left", nulls_equal=True).select(_SEGMENT, "_new")
    return {
        name: frame.join(codes, on=_SEGMENT, how="left").with_columns(pl.col("_new").alias(_SEGMENT)).drop("_new")
        for name, frame in frames.items()
    }


def _ages(frame: pl.DataFrame) -> pl.DataFrame:
    is_open = pl.col("won_lag").is_null() & pl.col("lost_lag").is_null()
    rows = frame.lazy().select(
        _place("age_days"),
        is_open.cast(pl.Int64).alias("open"),
        pl.col("cost").cast(pl.Int128),
        cost_missing=pl.col("cost").is_null().cast(pl.Int64),
    )
    counted = rows.group_by(_PLACE).agg(pl.len().cast(pl.Int64).alias("deliveries"), pl.col("open", "cost", "cost_missing").sum())
    return _placed(counted.sort(_PLACE).collect(engine="streaming"), "age_days")


def _place(days: str) -> pl.Expr:
    """Give segment and day as one number."""
    return (pl.col(_SEGMENT).cast(pl.UInt64) * _DAYS + pl.col(days).cast(pl.UInt64)).alias(_PLACE)


def _placed(frame: pl.DataFrame, days: str) -> pl.DataFrame:
    """Give segment and day in place of their one number."""
    return frame.select(
        (pl.col(_PLACE) // _DAYS).cast(pl.UInt32).alias(_SEGMENT), (pl.col(_PLACE) % _DAYS).cast(pl.Int32).alias(days), pl.exclude(_PLACE)
    )


def _wins(frame: pl.DataFrame) -> pl.DataFrame:
    amount = pl.col("amount").cast(pl.Int128)
    return (
        frame.filter("is_won")
        .group_by(_SEGMENT, "age_days", pl.col("won_lag").alias("lag_days"))
        .agg(
            wins=pl.len().cast(pl.Int64),
            amount=amount.sum(),
            amount_squared=(amount * amount).sum(),
            amount_largest=pl.col("amount").max().fill_null(0),
            amount_missing=pl.col("amount").null_count().cast(pl.Int64),
        )
        .sort(_SEGMENT, "age_days", "lag_days", nulls_last=True)
    )


def _lost(frame: pl.DataFrame) -> pl.DataFrame:
    """Count deliveries lost and not won, by lag."""
    return _counted(frame.filter(pl.col("won_lag").is_null() & pl.col("lost_lag").is_not_null()), "lost_lag", "lag_days")


def _reached(frame: pl.DataFrame, milestones: Sequence[str], *, by_lag: bool) -> pl.DataFrame:
    """Count deliveries that reached each milestone, by lag or else by age."""
    named = "lag_days" if by_lag else "age_days"
    parts = [_counted(frame.clear(), "age_days", named).select(_SEGMENT, pl.lit("").alias("milestone"), named, "deliveries")]
    for name in milestones:
        lag = step_column(name)
        counted = _counted(frame.drop_nulls(lag), lag if by_lag else "age_days", named)
        parts.append(counted.select(_SEGMENT, pl.lit(name).alias("milestone"), named, "deliveries"))
    return pl.concat(parts).sort(_SEGMENT, "milestone", named)


def _counted(frame: pl.DataFrame, days: str, named: str) -> pl.DataFrame:
    """Count rows by segment and day."""
    counted = frame.lazy().group_by(_place(days)).agg(deliveries=pl.len().cast(pl.Int64)).sort(_PLACE)
    return _placed(counted.collect(engine="streaming"), named)


def _faults(frame: pl.DataFrame, undated: pl.DataFrame, segments: pl.DataFrame) -> pl.DataFrame:
    """Count the oddities of each group."""
    odd = frame.filter(pl.any_horizontal(*FAULTS)).group_by(_SEGMENT).agg(pl.col(*FAULTS).sum().cast(pl.Int64))
    currencies = frame.lazy().drop_nulls("currency").group_by(_SEGMENT).agg(currencies=pl.col("currency").unique().sort()).collect()
    return (
        segments.select(_SEGMENT)
        .join(odd, on=_SEGMENT, how="left")
        .join(undated.select(_SEGMENT, "undated"), on=_SEGMENT, how="left")
        .join(currencies, on=_SEGMENT, how="left")
        .with_columns(pl.col(*FAULTS, "undated").fill_null(0), pl.col("currencies").fill_null(pl.lit([], dtype=pl.List(pl.String))))
        .sort(_SEGMENT)
    )

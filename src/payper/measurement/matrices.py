"""Matrices: the histograms of all groups as arrays, one row per group and one column per day of age or lag."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.histograms import Histograms
from payper.measurement.snapshot import MONEY_STEPS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Wins:
    """Wins by group, age and lag, each array one element per cell with at least one win, in the order of group.

    Attributes:
        segment, age, lag: Where the cell is.
        count, amount, squared, largest: Wins, the sum, the sum of squares and the largest of their amounts in units of money.
        missing: Wins without an amount.
    """

    segment: Ints
    age: Ints
    lag: Ints
    count: Floats
    amount: Floats
    squared: Floats
    largest: Floats
    missing: Floats


@dataclass(frozen=True)
class Matrices:
    """Histograms as arrays of shape (groups, days); days is one more than the largest age.

    Attributes:
        deliveries: Deliveries by age.
        unwon: Deliveries not won, by age.
        open: Deliveries neither won nor lost, by age.
        won: Wins by lag, those of days that are over.
        lost: Losses by lag.
        wins: The wins by age and lag.
        wins_seen: Wins by the moment itself, shape (groups,).
        cost: Cost of all deliveries, units of money, shape (groups,); `cost_missing`: deliveries without one.
    """

    deliveries: Floats
    unwon: Floats
    open: Floats
    won: Floats
    lost: Floats
    wins: Wins
    wins_seen: Floats
    cost: Floats
    cost_missing: Floats

    @property
    def days(self) -> int:
        """Give the number of columns."""
        return int(self.deliveries.shape[1])

    @property
    def groups(self) -> int:
        """Give the number of rows."""
        return int(self.deliveries.shape[0])

    @property
    def age_largest(self) -> Ints:
        """Give the age of each group's oldest delivery; 0 without one."""
        seen = self.deliveries > 0
        return np.where(seen.any(axis=1), self.days - 1 - np.argmax(seen[:, ::-1], axis=1), 0)

    @property
    def exposed(self) -> Floats:
        """Give n_t, the deliveries that have completed lag day t: those of an age above t."""
        return np.cumsum(self.deliveries[:, ::-1], axis=1)[:, ::-1] - self.deliveries


def make_matrices(histograms: Histograms) -> Matrices:
    """Make the arrays of histograms."""
    groups = histograms.segments.height
    ages = histograms.ages
    days = int(ages["age_days"].max() or 0) + 1  # type: ignore[arg-type]  # an integer column
    where = (_ints(ages, "segment"), _ints(ages, "age_days"))

    def spread(values: Floats) -> Floats:
        table = np.zeros((groups, days))
        table[where] = values
        return table

    deliveries, opened = spread(_floats(ages, "deliveries")), spread(_floats(ages, "open"))
    wins = read_wins(histograms.wins.drop_nulls("lag_days"))
    unwon = deliveries - _tabulate(wins.segment, wins.age, wins.count, (groups, days))
    lost = tabulate(histograms.lost, "lag_days", "deliveries", (groups, days))
    return Matrices(
        deliveries=deliveries,
        unwon=unwon,
        open=opened,
        won=_tabulate(wins.segment, wins.lag, wins.count, (groups, days)),
        lost=lost,
        wins=wins,
        wins_seen=add_up(_ints(histograms.wins, "segment"), _floats(histograms.wins, "wins"), groups),
        cost=add_up(where[0], _money(ages, "cost"), groups),
        cost_missing=add_up(where[0], _floats(ages, "cost_missing"), groups),
    )


def tabulate(frame: pl.DataFrame, days: str, counts: str, shape: tuple[int, ...]) -> Floats:
    """Put counts by segment and day into an array of (groups, days)."""
    return _tabulate(_ints(frame, "segment"), _ints(frame, days), _floats(frame, counts), (shape[0], shape[1]))


def read_wins(wins: pl.DataFrame) -> Wins:
    """Read wins of days that are over as arrays."""
    return Wins(
        segment=_ints(wins, "segment"),
        age=_ints(wins, "age_days"),
        lag=_ints(wins, "lag_days"),
        count=_floats(wins, "wins"),
        amount=_money(wins, "amount"),
        squared=_floats(wins, "amount_squared") / MONEY_STEPS**2,
        largest=_money(wins, "amount_largest"),
        missing=_floats(wins, "amount_missing"),
    )


def add_up(where: Ints, values: Floats, size: int) -> Floats:
    """Add values up by the number of their place."""
    return np.bincount(where, values, minlength=size).astype(np.float64)


def _tabulate(rows: Ints, columns: Ints, values: Floats, shape: tuple[int, int]) -> Floats:
    """Add values up in a table."""
    return add_up(rows * shape[1] + columns, values, shape[0] * shape[1]).reshape(shape)


def _ints(frame: pl.DataFrame, name: str) -> Ints:
    return frame[name].cast(pl.Int64).to_numpy()


def _floats(frame: pl.DataFrame, name: str) -> Floats:
    return frame[name].cast(pl.Float64).to_numpy()


def _money(frame: pl.DataFrame, name: str) -> Floats:
    """Give money in its unit."""
    return _floats(frame, name) / MONEY_STEPS

"""Labels: who reached a milestone within a horizon, when many deliveries are still too young to tell.

Counting the young as lost says that the newest provider is the worst; leaving all of them out throws the newest wins away. Each
delivery counts instead once its answer is known, with one over the chance of being old enough for that answer: a win at lag t with
1/G(t), a delivery that reached age h without one with 1/G(h), G(t) the share of deliveries that have been observed past lag t. Sums of
weighted labels are those that full observation would give, on average.

The clock is the UTC date, as everywhere in measurement: as of the end of day D a delivery of day x has age D - x + 1 days and has
shown every lag below its age; "within h days" are the lags 0 to h - 1.

Source: inverse probability of censoring weights, Robins, Rotnitzky 1992, AIDS Epidemiology, 297-331; for delayed conversions see
Chapelle 2014, KDD, 1097-1105, whose labels "not yet" and "never" these weights tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.scoring.leaks import as_instants

Floats = NDArray[np.float64]

MATURE_MIN = 20
"""Fewer deliveries than this that are as old as the horizon say nothing about it."""


@dataclass(frozen=True)
class Labels:
    """What is known of each delivery.

    Attributes:
        won: Whether it reached the milestone within the horizon, as far as seen.
        weight: What it counts for; 0 where its answer is not known yet.
        mature: Deliveries as old as the horizon.
        wins: Deliveries seen to reach the milestone within the horizon, young ones included.
        left_out: Wins of young deliveries that count for nothing, as too few of their group are old.
    """

    won: NDArray[np.bool_]
    weight: Floats
    mature: int
    wins: int
    left_out: int


def observed_share(age: NDArray[np.int64], lag: NDArray[np.int64]) -> Floats:
    """Give G at lags: the share of deliveries whose age in days is above each lag."""
    ordered = np.sort(age)
    return (age.size - np.searchsorted(ordered, lag, side="right")) / max(age.size, 1)


def weigh_outcomes(
    age: NDArray[np.int64],
    lag: NDArray[np.int64],
    *,
    horizon_days: int,
    group: NDArray[np.int64] | None = None,
    is_dated: NDArray[np.bool_] | None = None,
) -> Labels:
    """Label deliveries and weigh them for those that cannot be labelled yet.

    Args:
        age: Whole days each delivery has been observed, 0 or more.
        lag: Days from delivery to milestone; -1 where it has not been seen.
        horizon_days: h, 1 or more.
        group: Number of the group (a provider) within which ages are compared: a provider that came last month has only young
            deliveries, and by everybody's ages only its wins would count. None: one group. A group with fewer than `MATURE_MIN`
            old deliveries counts by these alone.
        is_dated: Deliveries that count only if they are old themselves (`find_dated_values`).
    """
    groups = np.zeros(age.size, dtype=np.int64) if group is None else group
    dated = np.zeros(age.size, dtype=np.bool_) if is_dated is None else is_dated
    won = (lag >= 0) & (lag < horizon_days) & (lag < age)
    is_old = age >= horizon_days
    weight = np.zeros(age.size)
    for each in np.unique(groups):
        here = groups == each
        # Those with a dated value stand for nobody but themselves, so those of the others' ages must not count them either.
        plain = here & ~dated
        is_known = int((plain & is_old).sum()) >= MATURE_MIN
        stood_for = plain if is_known else here
        weight[here & is_old] = int(stood_for.sum()) / max(int((stood_for & is_old).sum()), 1)
        if is_known:
            wins = plain & won
            weight[wins] = 1 / observed_share(age[plain], lag[wins])
    return Labels(won=won, weight=weight, mature=int(is_old.sum()), wins=int(won.sum()), left_out=int((won & (weight == 0)).sum()))


def find_dated_values(
    codes: NDArray[np.int64], age: NDArray[np.int64], *, horizon_days: int, group: NDArray[np.int64] | None = None
) -> NDArray[np.bool_]:
    """Say which deliveries have a value that belongs to its time, such as a month's campaign: more or fewer of those with it are old than
    of the others of their group, by more than chance (three standard deviations) and by a fifth or more.

    The weights of `weigh_outcomes` hold where age tells nothing of what a delivery is. The young wins of such a value would stand for old
    deliveries that do not exist, and its old losers for young ones that do not. Where a fifth of the deliveries have such values, the
    column tells the date, and all of its values do, those too rare to judge as well.

    Args:
        codes: Number of the value per delivery, 0 or more.
        age: As `weigh_outcomes`.
        horizon_days: As `weigh_outcomes`.
        group: As `weigh_outcomes`.
    """  # noqa: D205 the summary needs two lines
    is_old = age >= horizon_days
    groups = np.zeros(age.size, dtype=np.int64) if group is None else group
    share = (np.bincount(groups, weights=is_old) / np.maximum(np.bincount(groups), 1))[groups]
    many = np.bincount(codes)
    old, expected = np.bincount(codes, weights=is_old), np.bincount(codes, weights=share)
    spread = np.sqrt(np.bincount(codes, weights=share * (1 - share)))
    is_far = (np.abs(old - expected) > 3 * spread) & (np.abs(old - expected) >= expected / 5)
    is_dated = (many >= MATURE_MIN) & is_far
    if many[is_dated].sum() >= age.size / 5:
        return np.ones(age.size, dtype=np.bool_)
    return np.asarray(is_dated[codes], dtype=np.bool_)


def shown_by_age(age: NDArray[np.int64], lag: NDArray[np.int64], *, horizon_days: int) -> NDArray[np.float64]:
    """Give the share of milestones reached within the horizon that have come by each age in whole days, (horizon_days + 1,), from 0 on.

    Lag by lag, those who reached it over those observed for so long, summed. One more than were seen is thought to come later than all
    of them, so the share stays below 1 and the last one seen closes no door. Where nobody reached it, ages show what they would if lags
    were even.

    Args:
        age: As `weigh_outcomes`.
        lag: As `weigh_outcomes`.
        horizon_days: As `weigh_outcomes`.

    Source: `measurement.exposure`; Zhao, Tsiatis 1997, Biometrika 84, 339-348.
    """
    seen = lag[(lag >= 0) & (lag < horizon_days) & (lag < age)]
    if not seen.size:
        return np.linspace(0.0, 1.0, horizon_days + 1)
    young = np.bincount(np.clip(age, 0, horizon_days), minlength=horizon_days + 1)
    exposed = age.size - np.cumsum(young)[:horizon_days]
    risen = np.bincount(seen, minlength=horizon_days) / np.maximum(exposed, 1)
    total = np.concatenate([[0.0], np.cumsum(risen)])
    return np.asarray(total / total[-1] * seen.size / (seen.size + 1), dtype=np.float64)


def first_lags(features: pl.DataFrame, outcomes: pl.DataFrame, *, key: str, at: str, last_day: date) -> NDArray[np.int64]:
    """Give days from each delivery to the first milestone seen by the end of a day, -1 without one; one before its delivery counts as 0.

    Args:
        features: `key` and `at` of each delivery.
        outcomes: `key` and `happened_at` of milestones.
        key: Name of the column that identifies deliveries.
        at: Name of the column that dates them, with dates or instants.
        last_day: What happened after it is not looked at.
    """
    days = pl.Series("day", day_numbers(as_instants(outcomes["happened_at"])))
    first = (
        outcomes.select(key)
        .with_columns(days)
        .filter(outcomes["happened_at"].is_not_null() & (pl.col("day") <= (last_day - date(1970, 1, 1)).days))
        .group_by(key)
        .agg(pl.col("day").min())
    )
    seen = features.select(key).join(first, on=key, how="left", maintain_order="left")["day"]
    return (seen - pl.Series(day_numbers(as_instants(features[at])))).clip(lower_bound=0).fill_null(-1).to_numpy()


def day_numbers(instants: pl.Series) -> NDArray[np.int64]:
    """Give UTC dates of instants as days since 1970-01-01; null becomes the smallest whole number."""
    days = instants.dt.epoch("d") if instants.dtype != pl.Date else instants.cast(pl.Int32)
    return days.cast(pl.Int64).fill_null(np.iinfo(np.int64).min).to_numpy()

"""Rank providers by what their deliveries win, though some joined yesterday and most deals are still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from payper.errors import UsageError
from payper.measurement.lags import Floats, LagPrior
from payper.measurement.providers.censored import AGES_MOST, LAG_DRAWS, Evidence, WinDraws, draw_wins
from payper.measurement.providers.places import LEVEL, PLACES, Marks, find_interval, find_places, list_flags, mark_alike
from payper.measurement.providers.rank import DRAWS, FEWEST, check_arguments

WIN_FLAGS = {
    "ROWS_IMPOSSIBLE": "rows of this provider were left out: no age, a win later than the age, or a count below 1",
    "FEW_DELIVERIES": "fewer than 8 deliveries (or what `fewest` says): a rate with its interval, but no rank",
    "IMMATURE": "less than half of the eventual wins can be seen by now",
    "EXTRAPOLATED": "no delivery of this provider is as old as the horizon; the lags of the others tell the rest",
    "ONE_PROVIDER": "nobody to compare with",
}
"""What each flag of `rank_wins` means."""

WINS_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "provider": pl.String,
    "deliveries": pl.Int64,
    "wins_seen": pl.Int64,
    "visible_share": pl.Float64,
    "rate": pl.Float64,
    "rate_lo": pl.Float64,
    "rate_hi": pl.Float64,
    "ultimate_rate": pl.Float64,
    "ultimate_rate_lo": pl.Float64,
    "ultimate_rate_hi": pl.Float64,
    **PLACES,
    "horizon_days": pl.Float64,
    "flags": pl.List(pl.String),
}


def rank_wins(
    deliveries: pl.DataFrame,
    *,
    horizon_days: float = 180,
    prior: LagPrior | None = None,
    level: float = LEVEL,
    fewest: int = FEWEST,
    draws: int = DRAWS,
    lag_draws: int = LAG_DRAWS,
    seed: int = 0,
) -> pl.DataFrame:
    """Estimate each provider's win rate within the horizon, allowing for deals still open, and rank by it.

    Args:
        deliveries: `provider`; `age_days` (days from delivery to the day looked at; a delivery of age a has seen lags below a);
            `won_after_days` (days from delivery to win; null: not won); optional `count` (deliveries like this one; 1).
        horizon_days: The rate is of wins within so many days of delivery. Ultimate rates are less certain and not ranked.
        prior: Of lags; None for a typical cycle of 60 days, 90 % of companies between 12 and 300.
        level: As in `rank`.
        fewest: As in `rank`, of deliveries.
        draws: As in `rank`.
        lag_draws: Lag laws drawn; 60 are quicker and cover about 2 points less.
        seed: As in `rank`.

    Returns:
        One row per provider as `WINS_SCHEMA`, sorted by rank, then name: `visible_share` is the share of eventual wins seen by now;
        `rate` is the posterior mean; the rest as in `rank`; `flags` as `WIN_FLAGS`. Null: not known.

    Raises:
        UsageError: A column is missing, or an argument is outside its range.

    Source: docs/providers.md; lost deals need no treatment, they stay as not won.
    """
    check_arguments("rank_wins", level=level, fewest=fewest, draws=draws)
    if not horizon_days > 0 or lag_draws < 10:
        raise UsageError(
            where="rank_wins",
            seen=f"The horizon {horizon_days} is not above 0, or lag_draws {lag_draws} below 10.",
            mend="Give days, such as 180.",
        )
    drawn = draw_provider_wins(deliveries, horizon_days=horizon_days, prior=prior, draws=draws, lag_draws=lag_draws, seed=seed)
    return tell_wins(drawn, horizon_days=horizon_days, level=level, fewest=fewest)


@dataclass(frozen=True)
class DrawnWins:
    """Draws of the win rates of providers, and what they rest on.

    Attributes:
        names: Providers, in the order of the arrays.
        evidence: Their wins and ages.
        draws: Of their rates.
        oldest_days: The age of each one's oldest delivery.
        left_out: Providers who have impossible rows.
    """

    names: list[str]
    evidence: Evidence
    draws: WinDraws
    oldest_days: list[float]
    left_out: frozenset[str]


def draw_provider_wins(
    deliveries: pl.DataFrame, *, horizon_days: float, prior: LagPrior | None, draws: int, lag_draws: int, seed: int
) -> DrawnWins:
    """Read deliveries and draw; arguments as in `rank_wins`."""
    missing = [name for name in ("provider", "age_days", "won_after_days") if name not in deliveries.columns]
    if missing:
        seen = f"The frame has no column {', '.join(missing)}."
        raise UsageError(where="rank_wins, deliveries", seen=seen, mend="Give the columns provider, age_days and won_after_days.")
    frame, left_out = _read(deliveries)
    if frame.is_empty():
        none, nobody = np.zeros(0), np.zeros((draws, 0))
        return DrawnWins([], Evidence(none, none, none, none, none, none), WinDraws(nobody, nobody, none), [], left_out)
    names, evidence, oldest = _gather(frame)
    found = draw_wins(evidence, horizon_days=horizon_days, prior=prior, count=draws, lag_draws=lag_draws, seed=seed)
    return DrawnWins(names, evidence, found, oldest, left_out)


def tell_wins(drawn: DrawnWins, *, horizon_days: float, level: float, fewest: int) -> pl.DataFrame:
    """Sum the draws up, one row per provider, as `WINS_SCHEMA`."""
    names, evidence, found = drawn.names, drawn.evidence, drawn.draws
    if not names:
        return _nothing(drawn.left_out)
    alike = mark_alike(np.column_stack([evidence.wins, evidence.open]))
    low, high = find_interval(found.within, alike, level=level)
    ultimate_low, ultimate_high = find_interval(found.ultimate, alike, level=level)
    totals = evidence.everyone.sum(axis=1)
    flags = [
        list_flags(
            ROWS_IMPOSSIBLE=name in drawn.left_out,
            FEW_DELIVERIES=total < fewest,
            IMMATURE=visible < 0.5,
            EXTRAPOLATED=oldest < horizon_days,
            ONE_PROVIDER=len(names) == 1,
        )
        for name, total, visible, oldest in zip(names, totals, found.visible_share, drawn.oldest_days, strict=True)
    ]
    estimates = {
        "provider": names,
        "deliveries": totals.astype(np.int64),
        "wins_seen": evidence.wins.astype(np.int64),
        "visible_share": found.visible_share,
        "rate": _shared_mean(found.within, alike),
        "rate_lo": low,
        "rate_hi": high,
        # The mean would follow the few lag laws that foretell many late wins.
        "ultimate_rate": find_interval(found.ultimate, alike, level=0)[0],
        "ultimate_rate_lo": ultimate_low,
        "ultimate_rate_hi": ultimate_high,
        "horizon_days": [float(horizon_days)] * len(names),
        "flags": flags,
    }
    table = pl.DataFrame(estimates).hstack(find_places(found.within, alike, ranked=totals >= fewest, level=level))
    whole = pl.concat(
        [table.select(pl.col(name).cast(dtype) for name, dtype in WINS_SCHEMA.items()), _nothing(drawn.left_out - set(names))]
    )
    return whole.sort(["rank", "provider"], nulls_last=True)


def _nothing(providers: frozenset[str]) -> pl.DataFrame:
    """Give the rows of providers of whom nothing can be read."""
    names = sorted(providers)
    known: dict[str, list[Any]] = {
        "provider": names,
        "deliveries": [0] * len(names),
        "wins_seen": [0] * len(names),
        "flags": [["ROWS_IMPOSSIBLE"]] * len(names),
    }
    return pl.DataFrame([pl.Series(name, known.get(name, [None] * len(names)), dtype=dtype) for name, dtype in WINS_SCHEMA.items()])


def _shared_mean(draws: Floats, alike: Marks) -> Floats:
    """Average the draws of each provider; providers with the same evidence share them."""
    return np.array([draws[:, alike == mark].mean() for mark in alike])


def _read(deliveries: pl.DataFrame) -> tuple[pl.DataFrame, frozenset[str]]:
    """Give the possible rows and the providers who have impossible ones."""
    age, won = pl.col("age_days"), pl.col("won_after_days")
    frame = deliveries.select(
        pl.col("provider").cast(pl.String),
        *(pl.col(name).cast(pl.Float64).fill_nan(None) for name in ("age_days", "won_after_days")),
        (pl.col("count") if "count" in deliveries.columns else pl.lit(1)).cast(pl.Float64).fill_nan(None).alias("count"),
    ).filter(pl.col("provider").is_not_null())
    is_possible = (age.is_finite() & (age >= 0) & (pl.col("count") >= 1)).fill_null(value=False) & (
        won.is_null() | (won.is_finite() & (won >= 0) & (won.floor() <= age)).fill_null(value=False)
    )
    return frame.filter(is_possible), frozenset(frame.filter(~is_possible)["provider"].to_list())


def _gather(frame: pl.DataFrame) -> tuple[list[str], Evidence, list[float]]:
    """Make the histograms; providers are in an order of evidence first, so that names do not matter."""
    width = max(1.0, float(np.ceil((frame["age_days"].max() or 0) / AGES_MOST)))  # type: ignore[operator, arg-type] # a Float64 column
    frame = frame.with_columns(bin=(pl.col("age_days") / width).floor().cast(pl.Int64), is_won=pl.col("won_after_days").is_not_null())
    weighted = pl.col("count") * pl.col("is_won")
    per = frame.group_by("provider").agg(
        wins=weighted.sum(), total=pl.col("count").sum(), ages=(pl.col("count") * pl.col("age_days")).sum(), oldest=pl.col("age_days").max()
    )
    per = per.sort("wins", "total", "ages", "oldest", "provider").with_row_index("row")
    bins = (
        frame.group_by("bin").agg(age=(pl.col("count") * pl.col("age_days")).sum() / pl.col("count").sum()).sort("bin").with_row_index("at")
    )
    cells = frame.join(per.select("provider", "row"), on="provider").join(bins.select("bin", "at"), on="bin")
    sums = cells.group_by("row", "at").agg(everyone=pl.col("count").sum(), open=(pl.col("count") * ~pl.col("is_won")).sum())
    everyone, still_open = np.zeros((per.height, bins.height)), np.zeros((per.height, bins.height))
    everyone[sums["row"], sums["at"]] = sums["everyone"]
    still_open[sums["row"], sums["at"]] = sums["open"]
    lags = frame.filter("is_won").group_by(pl.col("won_after_days").floor()).agg(pl.col("count").sum()).sort("won_after_days")
    evidence = Evidence(
        wins=per["wins"].to_numpy(),
        open=still_open,
        everyone=everyone,
        ages_days=bins["age"].to_numpy(),
        lags_days=lags["won_after_days"].to_numpy(),
        lag_wins=lags["count"].to_numpy(),
    )
    return per["provider"].to_list(), evidence, per["oldest"].to_list()

"""Assessment: how well scores order deliveries, how far they can be taken at their word, and counts that add up over parts.

Every figure takes weights, so that deliveries too young to count can be stood for by others (`labels`).

Sources: Brier 1950, Mon. Weather Rev. 78(1), 1-3; Cox 1958, Biometrika 45, 562-565 (calibration slope); Moro, Cortez, Rita 2014,
Decision Support Systems 62, 22-31 (ALIFT: the area under the cumulative lift); Brown, Cai, DasGupta 2001, Statist. Sci. 16(2), 101-133
(Jeffreys intervals of the reliability table).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.scoring.calibration import fit_platt, logit

Floats = NDArray[np.float64]

DECILES = 10


@dataclass(frozen=True, slots=True)
class Assessment:
    """How scores compare with what became of the deliveries.

    Attributes:
        deliveries: How many.
        wins: How many of them reached the milestone (as seen, without weights).
        rate, mean_p: Share that reached it and mean score, weighted.
        auc: Chance that one that reached it has the higher score of two; None where all or none did.
        brier: Mean squared error of the scores.
        log_loss: Mean negative log likelihood.
        slope, intercept: Of the log odds of the outcome on those of the score; 1 and 0 where scores mean what they say; None as `auc`.
        ece: Mean distance of score and share over ten groups of equal size, weighted by size.
        alift: Area under the gains curve: share of all wins found by contacting from the best score down; .5 by chance.
        top_half: Share of all wins in the better half by score.
    """

    deliveries: int
    wins: int
    rate: float
    mean_p: float
    auc: float | None
    brier: float
    log_loss: float
    slope: float | None
    intercept: float | None
    ece: float
    alift: float | None
    top_half: float | None


def assess(p: Floats, won: NDArray[np.bool_], weight: Floats | None = None) -> Assessment:
    """Compare scores with outcomes, at least one of each.

    Args:
        p: Scores between 0 and 1.
        won: Whether each delivery reached the milestone in time.
        weight: Weight per delivery; None: all 1.
    """
    heavy = np.ones(p.size) if weight is None else weight
    total = float(heavy.sum())
    rate, mean_p = float((heavy * won).sum() / total), float((heavy * p).sum() / total)
    loss = -np.where(won, np.log(np.clip(p, 1e-15, 1)), np.log1p(-np.clip(p, 0, 1 - 1e-15)))
    is_mixed = 0 < rate < 1
    line = fit_platt(logit(p), won, heavy) if is_mixed else None
    return Assessment(
        deliveries=int(p.size),
        wins=int(won.sum()),
        rate=rate,
        mean_p=mean_p,
        auc=rank_auc(p, won, heavy) if is_mixed else None,
        brier=float((heavy * (p - won) ** 2).sum() / total),
        log_loss=float((heavy * loss).sum() / total),
        slope=line.slope if line else None,
        intercept=line.intercept if line else None,
        ece=_calibration_error(p, won, heavy),
        alift=_gains_area(p, won, heavy) if rate > 0 else None,
        top_half=gains_at(p, won, 0.5, weight=heavy) if rate > 0 else None,
    )


def rank_auc(p: Floats, won: NDArray[np.bool_], weight: Floats) -> float:
    """Give the chance that of a won and a lost delivery the won one has the higher score, ties counting half."""
    values, places = np.unique(p, return_inverse=True)
    plus = np.bincount(places, weights=weight * won, minlength=values.size)
    minus = np.bincount(places, weights=weight * ~won, minlength=values.size)
    below = np.cumsum(minus) - minus / 2
    return float((plus * below).sum() / (plus.sum() * minus.sum()))


def _gains(p: Floats, won: NDArray[np.bool_], weight: Floats) -> tuple[Floats, Floats]:
    """Give the gains curve: share of deliveries contacted and share of wins found, ties shared evenly, from (0, 0) to (1, 1)."""
    values, places = np.unique(-p, return_inverse=True)
    many = np.bincount(places, weights=weight, minlength=values.size)
    wins = np.bincount(places, weights=weight * won, minlength=values.size)
    return np.append(0.0, np.cumsum(many) / many.sum()), np.append(0.0, np.cumsum(wins) / wins.sum())


def _gains_area(p: Floats, won: NDArray[np.bool_], weight: Floats) -> float:
    share, found = _gains(p, won, weight)
    return float(np.trapezoid(found, share))


def gains_at(p: Floats, won: NDArray[np.bool_], share: float, *, weight: Floats | None = None) -> float:
    """Give the share of all wins found in the best `share` of deliveries by score."""
    contacted, found = _gains(p, won, np.ones(p.size) if weight is None else weight)
    return float(np.interp(share, contacted, found))


def _calibration_error(p: Floats, won: NDArray[np.bool_], weight: Floats) -> float:
    groups = np.array_split(np.argsort(p, kind="stable"), min(DECILES, p.size))
    gaps = [abs(float((weight[group] * (p[group] - won[group])).sum())) for group in groups]
    return float(sum(gaps) / weight.sum())


def decile_edges(p: Floats) -> tuple[float, ...]:
    """Give the nine inner edges of ten groups of scores of about equal size; a score equal to an edge is above it."""
    return tuple(float(edge) for edge in np.quantile(p, np.arange(1, DECILES) / DECILES))


def count_deciles(p: Floats, won: NDArray[np.bool_], edges: Sequence[float], *, weight: Floats | None = None) -> pl.DataFrame:
    """Count deliveries and wins by score; counts of two parts by the same edges add up to those of the whole (`merge_deciles`).

    Args:
        p: As `assess`.
        won: As `assess`.
        weight: As `assess`.
        edges: Nine scores, ascending.

    Returns:
        Ten rows: `decile` (1 is the lowest), `p_from`, `p_to`; and the sums that add up: `deliveries`, `wins` (Int64, as seen),
        `weight`, `weighted_wins`, `sum_p` (Float64, weighted).
    """
    heavy = np.ones(p.size) if weight is None else weight
    group = np.searchsorted(np.asarray(edges, dtype=np.float64), p, side="right")

    def total(each: NDArray[np.float64] | NDArray[np.bool_]) -> Floats:
        return np.asarray(np.bincount(group, weights=each, minlength=DECILES), dtype=np.float64)

    return pl.DataFrame(
        {
            "decile": np.arange(1, DECILES + 1),
            "p_from": [0.0, *edges],
            "p_to": [*edges, 1.0],
            "deliveries": np.bincount(group, minlength=DECILES).astype(np.int64),
            "wins": total(won).astype(np.int64),
            "weight": total(heavy),
            "weighted_wins": total(heavy * won),
            "sum_p": total(heavy * p),
        }
    )


def merge_deciles(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Add up decile counts of several parts of the deliveries, made with the same edges."""
    return (
        pl.concat(parts)
        .group_by("decile", "p_from", "p_to", maintain_order=True)
        .agg(pl.col("deliveries", "wins", "weight", "weighted_wins", "sum_p").sum())
        .sort("decile")
    )


def reliability(deciles: pl.DataFrame) -> pl.DataFrame:
    """Give the reliability table of decile counts: what the scores said and what came.

    Returns:
        One row per decile that holds a delivery: `decile, p_from, p_to, deliveries, wins, mean_p, rate`, the 95 % interval `rate_lo,
        rate_hi` (Jeffreys, on as many deliveries as there are), and `gains`, the share of all wins in this decile and those above.
    """
    from scipy.special import betaincinv

    held = deciles.filter(pl.col("weight") > 0)
    rate = (held["weighted_wins"] / held["weight"]).to_numpy()
    many = held["deliveries"].to_numpy()
    low = np.where(rate * many < 1e-9, 0.0, betaincinv(rate * many + 0.5, (1 - rate) * many + 0.5, 0.025))
    high = np.where((1 - rate) * many < 1e-9, 1.0, betaincinv(rate * many + 0.5, (1 - rate) * many + 0.5, 0.975))
    won = pl.col("weighted_wins")
    return held.select(
        "decile",
        "p_from",
        "p_to",
        "deliveries",
        "wins",
        (pl.col("sum_p") / pl.col("weight")).alias("mean_p"),
        pl.Series("rate", rate),
        pl.Series("rate_lo", low),
        pl.Series("rate_hi", high),
        pl.when(won.sum() > 0).then(won.reverse().cum_sum().reverse() / won.sum()).alias("gains"),
    )

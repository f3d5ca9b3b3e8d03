"""A second opinion on speed: leads that arrive when nobody works are answered later whoever they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The effect of a fast answer as the hour of arrival tells it.

    Attributes:
        difference: Rate of those answered fast because they arrived in hours, less theirs had they not been; None: cannot be told.
        difference_lo: Lower end of the interval; None: no bound (arrival changes speed too little), or cannot be told.
        difference_hi: Upper end, likewise.
        fast_in_hours: Share answered fast of those that arrived in hours (within strata).
        fast_out_of_hours: The same out of hours.
        in_hours: Number of leads that arrived in hours, in strata that hold both.
        out_of_hours: Number out of hours.
    """

    difference: float | None
    difference_lo: float | None
    difference_hi: float | None
    fast_in_hours: float | None
    fast_out_of_hours: float | None
    in_hours: int
    out_of_hours: int


def second_opinion(leads: pl.DataFrame, *, confidence: float = 0.95) -> SecondOpinion:
    """Estimate the effect of a fast answer with arrival out of hours as an instrument.

    It measures the effect on those leads whose speed the hour of arrival changes, and it holds only if the hour changes nothing else: if
    people who write at night buy as readily as others of the same score.

    Args:
        leads: One row per lead: `stratum` (any type), `is_in_hours`, `is_fast`, `is_reached` (Boolean, none null). Leads that were never
            reached belong here: they are not fast.
        confidence: Of the interval.

    Source: Wald 1940, Ann. Math. Statist. 11, 284-300; Imbens and Angrist 1994, Econometrica 62, 467-475; the interval inverts the test
    of Anderson and Rubin 1949, Ann. Math. Statist. 20, 46-63 (Fieller's), so that it is wide or without a bound, not wrong, where
    arrival changes speed little. Strata are weighted as Mantel and Haenszel weight differences.
    """
    cells = leads.group_by("stratum").agg(
        *(
            each
            for side, there in (("in", pl.col("is_in_hours")), ("out", ~pl.col("is_in_hours")))
            for each in (
                there.sum().alias(f"{side}"),
                (there & pl.col("is_fast")).sum().alias(f"{side} fast"),
                (there & pl.col("is_reached")).sum().alias(f"{side} reached"),
                (there & pl.col("is_fast") & pl.col("is_reached")).sum().alias(f"{side} both"),
            )
        )
    )
    # In order, so that equal leads give equal sums to the last digit.
    cells = cells.filter((pl.col("in") > 1) & (pl.col("out") > 1)).sort("stratum")
    inside, outside = int(cells["in"].sum()), int(cells["out"].sum())
    if not cells.height:
        return SecondOpinion(None, None, None, None, None, inside, outside)
    n_in, n_out = cells["in"].cast(pl.Float64).to_numpy(), cells["out"].cast(pl.Float64).to_numpy()
    weight = n_in * n_out / (n_in + n_out)
    weight /= weight.sum()
    sides = [_side(cells, side, n) for side, n in (("in", n_in), ("out", n_out))]
    fast_in, fast_out = (float((weight * side[0]).sum()) for side in sides)
    reached_in, reached_out = (float((weight * side[1]).sum()) for side in sides)
    fast_spread, reached_spread, shared = (float((weight**2 * (sides[0][part] + sides[1][part])).sum()) for part in (2, 3, 4))
    change, gain = fast_in - fast_out, reached_in - reached_out
    lo, hi = _interval(gain, change, reached_spread, fast_spread, shared, float(ndtri(0.5 + confidence / 2)))
    # An effect beyond all or nothing says that the hour of arrival changes speed too little to tell anything.
    effect = gain / change if change and abs(gain / change) <= 1 else None
    return SecondOpinion(effect, lo, hi, fast_in, fast_out, inside, outside)


def _side(cells: pl.DataFrame, side: str, n: Numbers) -> tuple[Numbers, ...]:
    """Give by stratum the share of fast and of reached, the variances of both, and their covariance."""
    fast, reached, both = (cells[f"{side} {name}"].cast(pl.Float64).to_numpy() / n for name in ("fast", "reached", "both"))
    below = n - 1
    return fast, reached, fast * (1 - fast) / below, reached * (1 - reached) / below, (both - fast * reached) / below


def _interval(
    gain: float, change: float, gain_spread: float, change_spread: float, shared: float, z: float
) -> tuple[float | None, float | None]:
    """Give the effects e for which gain - e * change is within chance of nothing: between two bounds, or without one (None, None)."""
    a = change**2 - z**2 * change_spread
    b = -2 * (gain * change - z**2 * shared)
    c = gain**2 - z**2 * gain_spread
    inside = b**2 - 4 * a * c
    if a <= 0 or inside < 0:
        return None, None
    half = np.sqrt(inside)
    return float(max((-b - half) / (2 * a), -1.0)), float(min((-b + half) / (2 * a), 1.0))

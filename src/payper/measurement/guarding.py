"""Guarding: which warnings belong beside which group's estimates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from payper.measurement.cohorts import compare_halves, find_spikes, find_truncation
from payper.measurement.estimates import OLD_LEAST, Estimates
from payper.measurement.exposure import old_enough
from payper.measurement.guards import Guard
from payper.measurement.matrices import add_up

Bools = NDArray[np.bool_]

WINS_FEW = 10
_Z_DRIFT = 2.5758
"""Two-sided 1 %."""


def find_guards(found: Estimates) -> list[tuple[Guard, ...]]:
    """Give each group's warnings, in the order of `Guard`."""
    raised = _raised(found)
    return [tuple(guard for guard in Guard if raised[guard][group]) for group in range(found.matrices.groups)]


def _raised(found: Estimates) -> dict[Guard, Bools]:
    matrices, faults = found.matrices, found.histograms.faults
    delivered, wins = matrices.deliveries.sum(axis=1), matrices.wins_seen
    some = delivered > 0
    is_old = matrices.age_largest >= found.horizon_days
    shift = np.abs(compare_halves(matrices)) > _Z_DRIFT
    uneven = (found.dispersion.raw > 1.5) & (found.dispersion.p_value < 0.005)
    missing = add_up(matrices.wins.segment, matrices.wins.missing, matrices.groups)
    has = {
        name: faults[name].to_numpy() > 0
        for name in ("is_won_before", "is_won_and_lost", "is_amount_negative", "is_amount_changed", "undated")
    }
    late = faults["is_backfilled"].to_numpy()
    return {
        Guard.NO_DELIVERIES: ~some,
        Guard.ONE_DELIVERY: delivered == 1,
        Guard.NO_WINS: some & (wins == 0),
        Guard.FEW_WINS: some & (wins < WINS_FEW),
        Guard.IMMATURE: some & (found.projection.visible.mean(axis=1) < 0.5),
        Guard.EXTRAPOLATED: some & ~is_old,
        Guard.FEW_OLD: is_old & (old_enough(matrices, found.horizon_days) < OLD_LEAST),
        Guard.DRIFT: shift | uneven,
        Guard.TRUNCATED: find_truncation(matrices),
        Guard.SPIKES: find_spikes(matrices, found.histograms.moment.through),
        Guard.BACKFILL: (late > 0) & (late >= 0.1 * wins),
        Guard.WON_BEFORE_DELIVERY: has["is_won_before"],
        Guard.WON_AND_LOST: has["is_won_and_lost"],
        Guard.AMOUNT_MISSING: found.histograms.has_amounts & (missing > 0),
        Guard.AMOUNT_NEGATIVE: has["is_amount_negative"],
        Guard.AMOUNT_CHANGED: has["is_amount_changed"],
        Guard.COST_MISSING: found.histograms.has_costs & (matrices.cost_missing > 0) & (matrices.cost_missing < delivered),
        Guard.NO_COST: some & np.isnan(found.cost),
        Guard.CURRENCY_MIXED: np.array([len(kinds) > 1 for kinds in faults["currencies"].to_list()], dtype=np.bool_),
        Guard.UNDATED: has["undated"],
    }

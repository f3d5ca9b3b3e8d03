"""Funnel: what share of deliveries reaches each milestone within a horizon, and how soon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.cohorts import dispersion_of
from payper.measurement.cure import CureData, RatePrior, fit_cure
from payper.measurement.estimates import OLD_LEAST, Interval, summarise_draws
from payper.measurement.exposure import weighted_sum
from payper.measurement.gammas import share_interval
from payper.measurement.histograms import Histograms, count_histograms
from payper.measurement.lags import LagPrior
from payper.measurement.matrices import Floats, Matrices, make_matrices, tabulate
from payper.measurement.snapshot import take_snapshot

STEP_LAGS = LagPrior(median_days=20.0, log_median_sd=1.2)
"""What is believed of the time to a milestone before any is reached: 90 % of companies between 3 and 145 days."""
STEP_RATES = RatePrior(typical=0.3, log_odds_sd=1.7)
"""What is believed of the share that reaches a milestone in the end: 90 % between 2 and 88 %."""


def funnel(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    milestones: Sequence[str],
    horizon_days: int = 180,
    by: str | Sequence[str] = (),
    prior: LagPrior = STEP_LAGS,
    rate_prior: RatePrior = STEP_RATES,
) -> pl.DataFrame:
    """Give the share of deliveries that reaches each milestone within a horizon after delivery, allowing for those still young.

    Args:
        deliveries: As `measure` takes them, with a column of dates per milestone.
        as_of: As `measure` takes it.
        milestones: Names of those columns, each ending in `_at`, such as `held_at`, in the order to be given; `won_at` may be one.
        horizon_days: As `measure` takes it.
        by: As `measure` takes it.
        prior: Of the time to a milestone, where the horizon has not been seen.
        rate_prior: Of the share that reaches it in the end, likewise.

    Returns:
        One row per group and milestone: the `by` columns; `milestone` (without `_at`); `deliveries`, `reached` (so far, Int64); `share`
        within the horizon before the bounds of its 95 % interval, `share_lo` and `share_hi`; `median_days` from delivery, of those that
        reach it within the horizon (null where none did); `method` (`exposure`, `projection` or `none`) as in `measure`. A milestone that
        was passed over counts only where its own date is given.

    Raises:
        DeliveryError: A column is missing, or holds what is no date.
        UsageError: A name does not end in `_at`.
    """
    histograms = count_histograms(take_snapshot(deliveries, as_of=as_of, by=by, milestones=milestones))
    matrices = make_matrices(histograms)
    old = matrices.deliveries[:, horizon_days:].sum(axis=1)
    is_seen = (matrices.age_largest >= horizon_days) & (old >= OLD_LEAST)
    parts = [_step(histograms, matrices, name, horizon_days, is_seen, prior, rate_prior) for name in histograms.milestones]
    frame = pl.concat([pl.concat([histograms.segments, part], how="horizontal") for part in parts])
    frame = frame.with_columns(place=pl.col("milestone").replace_strict({name: at for at, name in enumerate(histograms.milestones)}))
    return frame.sort("segment", "place").select(*histograms.by, pl.exclude("segment", "place", *histograms.by))


def _step(
    histograms: Histograms,
    matrices: Matrices,
    name: str,
    horizon_days: int,
    is_seen: NDArray[np.bool_],
    prior: LagPrior,
    rate_prior: RatePrior,
) -> pl.DataFrame:
    """Give all groups' rows of one milestone."""
    shape = matrices.deliveries.shape
    at_lag = tabulate(histograms.steps.filter(pl.col("milestone") == name), "lag_days", "deliveries", shape)
    at_age = tabulate(histograms.reached.filter(pl.col("milestone") == name), "age_days", "deliveries", shape)
    total = weighted_sum(matrices, at_lag, horizon_days)
    seen = Interval(*(np.minimum(part, 1.0) for part in (total.estimate, *share_interval(total))))
    fitted = fit_cure(
        CureData(at_lag, matrices.deliveries - at_age, matrices.deliveries, dispersion_of(matrices, at_lag, at_age).tempered),
        at_days=np.array([float(horizon_days)]),
        draws=1000,
        prior=prior,
        rate_prior=rate_prior,
    )
    share = seen.where(is_seen, summarise_draws(fitted.ultimate * fitted.cdf[:, :, 0]))
    some = matrices.deliveries.sum(axis=1) > 0
    share = share.only(some)
    methods = np.where(some, np.where(is_seen, "exposure", "projection"), "none")
    return pl.DataFrame(
        {
            "milestone": [name] * shape[0],
            "deliveries": pl.Series(matrices.deliveries.sum(axis=1), dtype=pl.Int64),
            "reached": pl.Series(at_lag.sum(axis=1), dtype=pl.Int64),
            **{
                f"share{suffix}": pl.Series(part, dtype=pl.Float64).fill_nan(None)
                for suffix, part in zip(("", "_lo", "_hi"), share.parts, strict=True)
            },
            "median_days": pl.Series(_median_days(matrices, at_lag, horizon_days), dtype=pl.Float64).fill_nan(None),
            "method": pl.Series(methods.tolist(), dtype=pl.String),
        },
        schema_overrides={"milestone": pl.String},
    )


def _median_days(matrices: Matrices, at_lag: Floats, horizon_days: int) -> Floats:
    """Give the lag by which half of those come that come within the horizon, each weighted as exposure weights it; NaN where none came."""
    exposed = matrices.exposed[:, :horizon_days]
    weight = np.where(exposed > 0, at_lag[:, :horizon_days] / np.maximum(exposed, 1), 0.0)
    sums = np.cumsum(weight, axis=1)
    total = sums[:, -1:] if sums.shape[1] else np.zeros((sums.shape[0], 1))
    return np.where(total[:, 0] > 0, np.argmax(sums >= total / 2, axis=1).astype(np.float64), np.nan)

"""Track record of forecasts: made again as of earlier quarters with what was known then, and held against what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from payper.advice.forecast import forecast
from payper.advice.forecast_frames import ALL, MEASURES, date_milestones
from payper.measurement.cure import RatePrior
from payper.measurement.lags import LagPrior
from payper.measurement.snapshot import read_moment

WEEKS = 13
HELD_LEAST = 0.85
"""Of fewer past bands than this share held, bands are drawn wider: of nine in ten that is what chance leaves room for."""
DELIVERIES_LEAST = 20
DAYS_LEAST = 28
"""A programme younger than this had nothing to forecast from."""


@dataclass(frozen=True)
class ForecastRecord:
    """How past forecasts did.

    Attributes:
        checks: One row per measure and earlier day: `measure`, `as_of` (Date), `deliveries` made by then, `p05`, `p50`, `p95` of what the
            weeks after it would bring from these, `happened`, `held`.
        held, of: How many bands held, of how many.
        weeks: How many weeks each looked ahead.
        factor: What to hand to `forecast` as `widen`: 1 while at least 85 % held.
    """

    checks: pl.DataFrame
    held: int
    of: int
    factor: float
    weeks: int = WEEKS

    @property
    def words(self) -> str:
        """Say it in a line."""
        if not self.of:
            return f"Too early to check: {self.weeks} weeks ago there was too little to forecast from."
        days = self.checks["as_of"].n_unique()
        last = "the forecast" if days == 1 else f"the last {days} forecasts"
        line = f"Of {last} of {self.weeks} weeks, made again with what was known then, {self.held} of {self.of} bands held what came."
        return line if self.factor == 1 else f"{line} Bands are drawn {self.factor:.1f} times as wide for it."


def check_forecasts(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    by: str | Sequence[str] = (),
    quarters: int = 4,
    weeks: int = WEEKS,
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    seed: int = 0,
) -> ForecastRecord:
    """Forecast some weeks as of 13, 26, 39, ... weeks ago, from what was known by then, and count how often the bands held.

    What deliveries made since brought is left out on both sides: they were nobody's plan then. Revenue is not checked, as amounts of
    those days are not known.

    Args:
        deliveries: As `forecast` takes them.
        as_of: As `forecast` takes it.
        by: As `forecast` takes it.
        quarters: How many earlier days.
        weeks: How many weeks each looks ahead, and how far apart they are.
        prior: As `forecast` takes it.
        rate_prior: As `forecast` takes it.
        seed: Of the draws.

    Source: Lei et al. 2018, J. Amer. Statist. Assoc. 113(523), 1094-1111 (conformal prediction): the factor is the 90th percentile of the
    distance of what came from the median, over that of the band's end on its side.
    """
    moment = read_moment(as_of)
    by = (by,) if isinstance(by, str) else tuple(by)
    known = date_milestones(deliveries, moment=moment, by=by).select(*by, "delivered_at", *_measured(deliveries))
    rows = []
    for quarter in range(1, quarters + 1):
        then = moment.through - timedelta(days=7 * weeks * quarter)
        made = known.filter(pl.col("delivered_at") <= then)
        if made.height < DELIVERIES_LEAST or made.filter(pl.col("delivered_at") <= then - timedelta(days=DAYS_LEAST)).height == 0:
            continue
        found = forecast(made, as_of=then, weeks=weeks, by=by, prior=prior, rate_prior=rate_prior, seed=seed + quarter)
        last = found.cumulative.filter((pl.col("week") == weeks) & (pl.col("source") == ALL))
        for row in last.iter_rows(named=True):
            column = MEASURES[row["measure"]]
            came = made.filter((pl.col(column) > then) & (pl.col(column) <= then + timedelta(days=7 * weeks))).height
            is_held = row["p05"] <= came <= row["p95"]
            rows.append((row["measure"], then, made.height, row["p05"], row["p50"], row["p95"], came, is_held))
    schema = {
        "measure": pl.String,
        "as_of": pl.Date,
        "deliveries": pl.Int64,
        "p05": pl.Float64,
        "p50": pl.Float64,
        "p95": pl.Float64,
        "happened": pl.Int64,
        "held": pl.Boolean,
    }
    checks = pl.DataFrame(rows, schema=schema, orient="row").sort("measure", "as_of")
    held, of = int(checks["held"].sum()), checks.height
    return ForecastRecord(checks, held, of, _factor(checks) if of and held < HELD_LEAST * of else 1.0, weeks)


def _measured(deliveries: pl.DataFrame) -> list[str]:
    return [column for column in MEASURES.values() if column in deliveries.columns]


def _factor(checks: pl.DataFrame) -> float:
    """Give how many times as wide bands must be to hold nine of ten."""
    off = (checks["happened"] - checks["p50"]).to_numpy()
    reach = np.where(off > 0, checks["p95"] - checks["p50"], checks["p50"] - checks["p05"])
    return float(max(np.quantile(np.abs(off) / np.maximum(reach, 1.0), 0.9, method="higher"), 1.0))

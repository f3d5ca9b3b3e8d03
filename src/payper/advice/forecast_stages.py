"""Stages: wins ahead by where each open deal stands, for programmes with enough of them at every stage.

With a hundred open items or fewer at a stage, knowing the stage does not foretell the total better than age alone does; it only makes the
band wrong. With more it is used for what is delivered; what is not delivered yet has no stage.
"""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.advice.forecast_arrivals import expect_from_delivered, find_laws, follow
from payper.measurement.cure import RatePrior
from payper.measurement.lags import LagPrior

Floats = NDArray[np.float64]

OPEN_MIN = 100
"""Each stage must hold more open items than this."""
STAGES: tuple[str, ...] = ("delivered_at", "held_at", "opportunity_at", "won_at")


def enter_stages(deliveries: pl.DataFrame) -> pl.DataFrame:
    """Give the date each delivery entered each stage there is; a stage that was skipped was entered with the next one reached."""
    names = [name for name in STAGES if name in deliveries.columns]
    entered = [pl.min_horizontal(*names[place:]).alias(name) if place else pl.col(name) for place, name in enumerate(names)]
    return deliveries.with_columns(entered)


def count_open(deliveries: pl.DataFrame, through: date) -> dict[str, int]:
    """Count the deliveries that stand at each stage, neither at the next nor lost by a day.

    Args:
        deliveries: As `enter_stages` gives them; `lost_at` if known.
        through: The last day that is over.
    """
    names = [name for name in STAGES if name in deliveries.columns]

    def is_by(name: str) -> pl.Expr:
        return (pl.col(name) <= through).fill_null(value=False)

    open_ = deliveries.filter(~is_by("lost_at")) if "lost_at" in deliveries.columns else deliveries
    return {name: open_.filter(is_by(name) & ~is_by(following)).height for name, following in itertools.pairwise(names)}


def expect_by_stage(
    deliveries: pl.DataFrame,
    *,
    through: date,
    days: int,
    prior: LagPrior | None,
    rate_prior: RatePrior | None,
    rng: np.random.Generator,
) -> Floats:
    """Give the wins expected on each day ahead of what is delivered, stage by stage, shape (draws, days).

    Args:
        deliveries: As `enter_stages` gives them.
        through: The last day that is over.
        days: Days ahead.
        prior: Of lags; None for the documented one.
        rate_prior: Of shares; None for the documented one.
        rng: Of the order of draws.
    """
    names = [name for name in STAGES if name in deliveries.columns]
    coming: Floats | None = None
    for stage, following in itertools.pairwise(names):
        steps = deliveries.filter(pl.col(stage).is_not_null()).select(delivered_at=pl.col(stage), won_at=pl.col(following))
        _, laws = find_laws(steps, through=through, days=days, by=(), prior=prior, rate_prior=rate_prior, rng=rng)
        own = expect_from_delivered(laws[0], days)
        coming = own if coming is None else own + follow(coming, laws[0])
    assert coming is not None
    return coming

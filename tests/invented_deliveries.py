"""Invented deliveries whose truth is known: how many are won in the end, how late, and for how much."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

FIRST = date(2025, 1, 1)


def invent_deliveries(
    seed: int,
    *,
    count: int = 600,
    rate: float = 0.1,
    median_days: float = 40.0,
    spread: float = 0.8,
    days: int = 300,
    lost_share: float = 0.6,
    price: float = 50.0,
) -> pl.DataFrame:
    """Make deliveries at random times of so many days, with lognormal lags and amounts that depend on them; nothing is hidden by a date."""
    rng = np.random.default_rng(seed)
    made = rng.random(count) * days
    late = rng.standard_normal(count)
    lag = median_days * np.exp(spread * late)
    won = rng.random(count) < rate
    lost = ~won & (rng.random(count) < lost_share)
    amount = np.round(1000 * np.exp(0.5 * late + 0.8 * rng.standard_normal(count)), 2)

    def times(at: np.ndarray, known: np.ndarray) -> list[datetime | None]:
        start = datetime(FIRST.year, FIRST.month, FIRST.day)  # noqa: DTZ001  # times without a zone are UTC
        return [start + timedelta(days=float(day)) if is_known else None for day, is_known in zip(at, known, strict=True)]

    return pl.DataFrame(
        {
            "delivered_at": times(made, np.ones(count, dtype=bool)),
            "won_at": times(made + lag, won),
            "lost_at": times(made + rng.exponential(30, count), lost),
            "amount": [float(each) if is_won else None for each, is_won in zip(amount, won, strict=True)],
            "cost": [price] * count,
        },
        schema_overrides={"won_at": pl.Datetime("us"), "lost_at": pl.Datetime("us"), "amount": pl.Float64},
    )

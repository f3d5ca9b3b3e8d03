"""Scored: everything that is known of a programme's providers on a day."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from payper.measurement.anomalies import Anomalies, count_signals, find_anomalies
from payper.measurement.basis import Basis, aged
from payper.measurement.providers import (
    Scorecards,
    adjust_for_mix,
    delivery_speeds,
    make_scorecards,
    scorecard_counts,
)

MIX = "country_code"
"""The mix that faults are held against."""


@dataclass(frozen=True)
class Scored:
    """What is known of providers.

    Attributes:
        scorecards: By the buyer's weights; `scorecards.wins` ranks them by what their deliveries win.
        mix: As of `adjust_for_mix`, by country.
        speeds: As of `delivery_speeds`.
        anomalies: Whose latest deliveries look unlike the ones before.
    """

    scorecards: Scorecards
    mix: pl.DataFrame
    speeds: pl.DataFrame
    anomalies: Anomalies


def score_providers(basis: Basis) -> Scored:
    """Score all providers together; equal facts give equal scores.

    Raises:
        UsageError: A weight names nothing that was counted.
    """
    returns = basis.settlement.returns

    def counts(segment: str | None = None) -> pl.DataFrame:
        return scorecard_counts(basis.deliveries, returns, basis.outcomes, asked=basis.asked, segment=segment)

    return Scored(
        scorecards=make_scorecards(
            counts(), deliveries=aged(basis), weights=basis.weights, horizon_days=basis.horizon_days, seed=basis.seed
        ),
        mix=adjust_for_mix(counts(MIX)),
        speeds=delivery_speeds(basis.deliveries),
        anomalies=find_anomalies(count_signals(basis.deliveries, returns, as_of=basis.end)),
    )

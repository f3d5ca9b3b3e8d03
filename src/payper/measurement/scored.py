"""Scored: everything that is known of a programme's providers on a day."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from payper.measurement.anomalies import (
    Anomalies,
    apply_rules,
    count_cases,
    count_signals,
    deliveries_behind,
    find_anomalies,
    mark_signals,
)
from payper.measurement.anomalies.watch import STANDS_OUT
from payper.measurement.basis import Basis, aged
from payper.measurement.providers import (
    Scorecards,
    adjust_for_mix,
    audit_counts,
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
        cases: As of `apply_rules`: deliveries of the last weeks that one exact rule speaks of; `facts` sums them up in words.
        behind: As of `deliveries_behind`: the deliveries behind the evidence that stands out.
    """

    scorecards: Scorecards
    mix: pl.DataFrame
    speeds: pl.DataFrame
    anomalies: Anomalies
    cases: pl.DataFrame
    facts: pl.DataFrame
    behind: pl.DataFrame


def score_providers(basis: Basis) -> Scored:
    """Score all providers together; equal facts give equal scores.

    Raises:
        UsageError: A weight names nothing that was counted.
    """
    returns = basis.settlement.returns

    def counts(segment: str | None = None) -> pl.DataFrame:
        return scorecard_counts(basis.deliveries, returns, basis.outcomes, asked=basis.asked, segment=segment)

    anomalies = find_anomalies(count_signals(basis.deliveries, returns, as_of=basis.end))
    cases = apply_rules(basis.deliveries, as_of=basis.end)
    found = counts()
    if basis.audits is not None:
        found = pl.concat([found, audit_counts(basis.audits)], how="vertical_relaxed")
    return Scored(
        scorecards=make_scorecards(found, deliveries=aged(basis), weights=basis.weights, horizon_days=basis.horizon_days, seed=basis.seed),
        mix=adjust_for_mix(counts(MIX)),
        speeds=delivery_speeds(basis.deliveries),
        anomalies=anomalies,
        cases=cases,
        facts=count_cases(cases),
        behind=deliveries_behind(mark_signals(basis.deliveries, returns, as_of=basis.end), anomalies),
    )


EVIDENCE: dict[str, pl.DataType | type[pl.DataType]] = {
    "provider": pl.String,
    "why": pl.String,
    "contract": pl.String,
    "external_id": pl.String,
    "delivered_at": pl.Datetime("us", "UTC"),
    "earlier_external_id": pl.String,
    "words": pl.String,
    "answer": pl.String,
}
"""Columns of evidence to hand over: a row per delivery and reason to ask about it; `answer` is empty, for what the provider says to it."""


def evidence_rows(scored: Scored) -> pl.DataFrame:
    """List the deliveries behind everything that stands out and every exact rule, as `EVIDENCE`, by provider and reason."""
    told = scored.anomalies.evidence.filter(pl.col("status") == STANDS_OUT).group_by("provider", "signal", maintain_order=True).first()
    behind = scored.behind.join(told.select("provider", "signal", "words"), on=["provider", "signal"], how="left").select(
        "provider", pl.col("signal").alias("why"), "contract", "external_id", "delivered_at", "words"
    )
    cases = scored.cases.join(scored.facts.select("provider", "rule", "words"), on=["provider", "rule"], how="left").select(
        "provider", pl.col("rule").alias("why"), "contract", "external_id", "delivered_at", "earlier_external_id", "words"
    )
    both = pl.concat([cases, behind], how="diagonal").with_columns(pl.lit(None, dtype=pl.String).alias("answer"))
    return both.select(pl.col(name).cast(dtype) for name, dtype in EVIDENCE.items()).sort(
        "provider", "why", "delivered_at", "contract", "external_id", nulls_last=True
    )

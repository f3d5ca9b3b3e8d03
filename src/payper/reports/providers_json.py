"""Scorecards as plain values for programs, with keys that others may rely on (docs/providers-schema.json)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payper.measurement.basis import Basis
from payper.measurement.scored import Scored, evidence_rows
from payper.reports.plain_values import plain, rows

PROVIDERS_VERSION = 1
"""Raised when a key changes its meaning or goes; a new key does not raise it."""


def providers_json(basis: Basis, scored: Scored, *, payper_version: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Give scorecards as plain values; equal scores give equal text.

    Args:
        basis: What was scored.
        scored: What `score_providers` found.
        payper_version: The version that made it.
        notes: Sentences on what was read.
    """
    return {
        "providers_version": PROVIDERS_VERSION,
        "payper_version": payper_version,
        "programme": {"name": basis.facts.name, "timezone": basis.facts.zone, "is_simulated": basis.facts.is_simulated},
        "as_of": basis.day.isoformat(),
        "horizon_days": basis.horizon_days,
        "notes": list(notes),
        **scored_values(scored),
    }


def scored_values(scored: Scored) -> dict[str, Any]:
    """Give what is known of providers."""
    cards, anomalies = scored.scorecards, scored.anomalies
    return {
        "weights": plain(dict(cards.weights)),
        "overall": rows(cards.overall),
        "criteria": rows(cards.criteria),
        "checks": rows(cards.checks),
        "wins": rows(cards.wins),
        "mix": rows(scored.mix),
        "speeds": rows(scored.speeds),
        "anomalies": {
            "week": plain(anomalies.week),
            "q": anomalies.q,
            "providers": rows(anomalies.providers),
            "evidence": rows(anomalies.evidence),
            "facts": rows(scored.facts),
            "deliveries": rows(evidence_rows(scored)),
        },
    }

"""The results as plain values for programs, with keys that others may rely on (docs/results-schema.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from payper.measurement.measured import Measured
from payper.measurement.outcomes import SEGMENTS
from payper.reports.plain_values import plain, rows
from payper.reports.providers_json import scored_values
from payper.reports.result_words import findings, headline, lead, warnings

RESULTS_VERSION = 1
"""Raised when a key changes its meaning or goes; a new key does not raise it."""


def results_json(measured: Measured, *, payper_version: str, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Give the results as plain values; equal results give equal text.

    Args:
        measured: What `measure_programme` found.
        payper_version: The version that made it.
        notes: Sentences on what was read.
    """
    basis, seen = measured.basis, measured.seen
    return {
        "results_version": RESULTS_VERSION,
        "payper_version": payper_version,
        "programme": {"name": basis.facts.name, "timezone": basis.facts.zone, "is_simulated": basis.facts.is_simulated},
        "as_of": basis.day.isoformat(),
        "horizon_days": basis.horizon_days,
        "base_currency": basis.facts.base_currency,
        "margin": plain(basis.margin),
        "headline": headline(measured),
        "lead": lead(measured),
        "findings": findings(measured),
        "warnings": [{"code": code, "words": words} for code, words in warnings(measured)],
        "notes": list(notes),
        "seen": {
            name: plain(getattr(seen, name))
            for name in ("deliveries", "wins", "open", "revenue", "pipeline", "cost", "charges", "effort", "multiple")
        },
        "all": plain(dict(measured.whole)),
        "segments": {segment: rows(measured.segments[segment]) for segment in SEGMENTS},
        "by": {"columns": list(basis.by), "rows": [] if measured.asked is None else rows(measured.asked)},
        "comparisons": [
            {"first": first, "second": second, "measures": rows(frame)} for (first, second), frame in measured.comparisons.items()
        ],
        "track_record": {
            "held": measured.track.held,
            "of": measured.track.of,
            "factor": plain(measured.track.factor),
            "words": measured.track.words,
            "checks": rows(measured.track.checks),
        },
        "curves": {"all": rows(measured.curves), "by_model": rows(measured.curves_by_model)},
        "stages": rows(measured.stages),
        "funnel": {"all": rows(measured.funnel), "by_model": rows(measured.funnel_by_model)},
        "cohorts": rows(measured.cohorts),
        "falls": rows(measured.falls),
        "providers": scored_values(measured.providers),
        "credit": rows(measured.credit),
        "orders": rows(measured.orders),
        "follow_up": _follow_up(measured),
        "reach": {
            "all": rows(measured.reach.companies),
            "by_model": rows(measured.reach_by_model.companies),
            "tried": rows(measured.reach.tried),
        },
        "acceleration": rows(measured.acceleration),
        "velocity": rows(measured.velocity),
    }


def _follow_up(measured: Measured) -> dict[str, Any]:
    found = measured.follow_up
    return {
        "outcome": found.outcome,
        "within_days": found.within_days,
        "fast": found.fast,
        "slow": found.slow,
        "is_enough": found.is_enough,
        "leads": found.leads,
        "left_out": dict(found.left_out),
        "effect": plain(asdict(found.effect)),
        "second_opinion": plain(asdict(found.second_opinion)),
        "bands": rows(found.bands),
        "comparisons": rows(found.comparisons),
        "slower_a_week": plain(found.slower_a_week),
        "hours_a_week": plain(found.hours_a_week),
        "words": list(found.words),
    }

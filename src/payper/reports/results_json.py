"""The results as plain values for programs, with keys that others may rely on (docs/results-schema.json)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from math import floor, isfinite, log10
from typing import Any

import polars as pl

from payper.measurement.measured import Measured
from payper.measurement.outcomes import SEGMENTS
from payper.reports.result_words import findings, headline, lead, warnings

RESULTS_VERSION = 1
"""Raised when a key changes its meaning or goes; a new key does not raise it."""

FIGURES = 9
"""Significant figures of every number that is not whole: more than any estimate has, fewer than machines differ in."""


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
        "falls": rows(measured.falls),
        "league": rows(measured.scorecards.wins),
        "follow_up": _follow_up(measured),
        "reach": {
            "all": rows(measured.reach.companies),
            "by_model": rows(measured.reach_by_model.companies),
            "tried": rows(measured.reach.tried),
        },
        "acceleration": rows(measured.acceleration),
        "velocity": rows(measured.velocity),
        "anomalies": {
            "week": plain(measured.anomalies.week),
            "q": measured.anomalies.q,
            "providers": rows(measured.anomalies.providers),
            "evidence": rows(measured.anomalies.evidence),
        },
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


def rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Give the rows of a frame as plain values."""
    return [{name: plain(value) for name, value in row.items()} for row in frame.iter_rows(named=True)]


def plain(value: Any) -> Any:
    """Give a value as JSON has it: dates as text, numbers to nine figures, nothing that is no number."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return _rounded(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    return [plain(one) for one in value]


def _rounded(value: float) -> float | None:
    if not isfinite(value):
        return None
    return 0.0 if value == 0 else round(value, FIGURES - 1 - floor(log10(abs(value))))

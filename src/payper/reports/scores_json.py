"""Scores as plain values for programs; docs/reference/score.md tells every key."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from payper.measurement.scoring.assessment import Assessment, reliability
from payper.measurement.scoring.programme import LookBack, can_tell
from payper.reports.plain_values import plain, rows
from payper.reports.score_words import ScoreStory, headline


def scores_json(story: ScoreStory, *, payper_version: str) -> dict[str, Any]:
    """Give scores as plain values.

    Args:
        story: What is told.
        payper_version: The version that made it.
    """
    sheet, model = story.sheet, story.sheet.model
    return {
        "payper_version": payper_version,
        "programme": story.programme,
        "is_simulated": story.is_simulated,
        "as_of": story.day.isoformat(),
        "milestone": sheet.milestone,
        "within_days": model.horizon_days,
        "headline": headline(story),
        "basis": model.basis,
        "rate": plain(model.rate) if model.mature else None,
        "deliveries": {**sheet.counts, "open": sheet.scores.height},
        "assessment": _assessment(model.assessment),
        "reliability": [] if model.deciles is None else rows(reliability(model.deciles)),
        "segment_rates": rows(model.segment_rates),
        "columns": list(model.columns),
        "suspicions": [asdict(one) for one in model.suspicions],
        "look_back": _look_back(sheet.look_back),
        "slots": story.slots,
        "turned_away": plain(story.turned_away),
        "plans": [plain(asdict(one)) for one in story.plans],
        "scores": rows(sheet.scores),
        "notes": [*model.notes, *sheet.notes, *story.notes],
    }


def _assessment(found: Assessment | None) -> dict[str, Any] | None:
    if found is None:
        return None
    is_told, low, high = can_tell(found)
    values: dict[str, Any] = plain(asdict(found))
    return {**values, "auc_low": plain(low), "auc_high": plain(high), "can_tell": is_told}


def _look_back(found: LookBack | None) -> dict[str, Any] | None:
    if found is None:
        return None
    drift = found.drift
    return {
        "as_of": found.as_of.isoformat(),
        "basis": found.basis,
        "assessment": _assessment(found.assessment),
        "is_refit_due": drift.is_refit_due,
        "says": list(drift.says),
        "columns": rows(drift.columns),
        "periods": rows(drift.periods),
    }

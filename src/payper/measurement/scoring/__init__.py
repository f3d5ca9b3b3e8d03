"""Scoring: the calibrated chance that a delivery reaches a milestone within a horizon, and what moved it."""

from payper.measurement.scoring.assessment import Assessment, assess, count_deciles, merge_deciles, reliability
from payper.measurement.scoring.drift import DriftReport, report_drift
from payper.measurement.scoring.fitting import fit_labelled, fit_scores
from payper.measurement.scoring.leaks import Suspicion
from payper.measurement.scoring.model import ScoreModel
from payper.measurement.scoring.programme import LookBack, ScoreSheet, delivery_features, milestone_dates, score_programme
from payper.measurement.scoring.programme_shows import score_meetings
from payper.measurement.scoring.shows import fit_no_shows, meeting_features
from payper.measurement.scoring.stored import read_score, write_score

__all__ = [
    "Assessment",
    "DriftReport",
    "LookBack",
    "ScoreModel",
    "ScoreSheet",
    "Suspicion",
    "assess",
    "count_deciles",
    "delivery_features",
    "fit_labelled",
    "fit_no_shows",
    "fit_scores",
    "meeting_features",
    "merge_deciles",
    "milestone_dates",
    "read_score",
    "reliability",
    "report_drift",
    "score_meetings",
    "score_programme",
    "write_score",
]

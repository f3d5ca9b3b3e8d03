"""Provider scorecards: rates that allow for small samples, ranks that say how sure they are."""

from payper.measurement.providers.audits import AUDITS_SCHEMA, audit_counts
from payper.measurement.providers.checks import CHECKS, Check, Criterion, checks_asked
from payper.measurement.providers.rank import FLAGS, RANK_SCHEMA, rank
from payper.measurement.providers.scorecard_counts import COUNTS_SCHEMA, SPEEDS_SCHEMA, delivery_speeds, scorecard_counts
from payper.measurement.providers.scorecards import (
    CHECKS_SCHEMA,
    CRITERIA_SCHEMA,
    OVERALL_SCHEMA,
    SCORECARD_FLAGS,
    Scorecards,
    Weights,
    make_scorecards,
)
from payper.measurement.providers.standardisation import MIX_FLAGS, MIX_SCHEMA, adjust_for_mix
from payper.measurement.providers.stopping import STOP_SCHEMA, always_valid_interval, find_broken_promises
from payper.measurement.providers.wins import WIN_FLAGS, WINS_SCHEMA, rank_wins

__all__ = [
    "AUDITS_SCHEMA",
    "CHECKS",
    "CHECKS_SCHEMA",
    "COUNTS_SCHEMA",
    "CRITERIA_SCHEMA",
    "FLAGS",
    "MIX_FLAGS",
    "MIX_SCHEMA",
    "OVERALL_SCHEMA",
    "RANK_SCHEMA",
    "SCORECARD_FLAGS",
    "SPEEDS_SCHEMA",
    "STOP_SCHEMA",
    "WINS_SCHEMA",
    "WIN_FLAGS",
    "Check",
    "Criterion",
    "Scorecards",
    "Weights",
    "adjust_for_mix",
    "always_valid_interval",
    "audit_counts",
    "checks_asked",
    "delivery_speeds",
    "find_broken_promises",
    "make_scorecards",
    "rank",
    "rank_wins",
    "scorecard_counts",
]

"""Anomalies: providers whose deliveries stand out from their own history, with evidence in words for a conversation or a dispute."""

from payper.measurement.anomalies.rules import CASES_SCHEMA, FACTS_SCHEMA, apply_rules, count_cases
from payper.measurement.anomalies.signals import COUNTS_SCHEMA, SIGNALS, count_signals, mark_signals
from payper.measurement.anomalies.watch import EVIDENCE_SCHEMA, PROVIDERS_SCHEMA, Anomalies, Limits, deliveries_behind, find_anomalies

__all__ = [
    "CASES_SCHEMA",
    "COUNTS_SCHEMA",
    "EVIDENCE_SCHEMA",
    "FACTS_SCHEMA",
    "PROVIDERS_SCHEMA",
    "SIGNALS",
    "Anomalies",
    "Limits",
    "apply_rules",
    "count_cases",
    "count_signals",
    "deliveries_behind",
    "find_anomalies",
    "mark_signals",
]

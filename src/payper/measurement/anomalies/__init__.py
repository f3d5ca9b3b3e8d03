"""Anomalies: providers whose deliveries stand out from their own history, with evidence in words for a conversation or a dispute."""

from payper.measurement.anomalies.signals import COUNTS_SCHEMA, SIGNALS, count_signals, mark_signals
from payper.measurement.anomalies.watch import EVIDENCE_SCHEMA, PROVIDERS_SCHEMA, Anomalies, Limits, find_anomalies

__all__ = [
    "COUNTS_SCHEMA",
    "EVIDENCE_SCHEMA",
    "PROVIDERS_SCHEMA",
    "SIGNALS",
    "Anomalies",
    "Limits",
    "count_signals",
    "find_anomalies",
    "mark_signals",
]

"""Measurement: what became of deliveries, and what it cost."""

from payper.measurement.counts import COST_STEPS, ProgrammeFacts, Results, Settled, count_results, in_base, rates_on
from payper.measurement.summary import FileRead, summarise

__all__ = ["COST_STEPS", "FileRead", "ProgrammeFacts", "Results", "Settled", "count_results", "in_base", "rates_on", "summarise"]

"""Measurement: what became of deliveries, and what it cost."""

from payper.measurement.plain import COST_STEPS, ProgrammeFacts, Results, Settled, in_base, measure, rates_on
from payper.measurement.summary import FileRead, summarise

__all__ = ["COST_STEPS", "FileRead", "ProgrammeFacts", "Results", "Settled", "in_base", "measure", "rates_on", "summarise"]

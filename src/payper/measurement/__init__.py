"""Measurement: what became of deliveries, and what it cost."""

from payper.measurement.plain import COST_STEPS, DatedRate, Programme, Results, Settled, in_base, measure
from payper.measurement.summary import FileRead, summarise

__all__ = ["COST_STEPS", "DatedRate", "FileRead", "Programme", "Results", "Settled", "in_base", "measure", "summarise"]

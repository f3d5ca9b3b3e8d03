"""Invented programmes and batches, with the truth that was planted in them: for demonstrations, tests and benchmarks."""

from payper.simulation.batch import BENCHMARK_CONTRACT, simulate_batch
from payper.simulation.programme import SimulatedProgramme, simulate_programme

__all__ = ["BENCHMARK_CONTRACT", "SimulatedProgramme", "simulate_batch", "simulate_programme"]

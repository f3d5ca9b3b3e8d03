"""Reach and acceleration: whom deliveries reach, what is tried out, and how fast it moves on."""

from payper.measurement.reach.acceleration import measure_acceleration, measure_velocity
from payper.measurement.reach.reach import DIMENSIONS, Reach, measure_reach
from payper.measurement.reach.waits import Wait, measure_wait

__all__ = ["DIMENSIONS", "Reach", "Wait", "measure_acceleration", "measure_reach", "measure_velocity", "measure_wait"]

"""Spans of time as contracts write them, and where their windows end: for one instant (`spans`) and for columns (`columns`)."""

from payper.periods.columns import local_dates, localise, window_ends
from payper.periods.spans import INSTANT_RESOLUTION, Calendar, Period

__all__ = ["INSTANT_RESOLUTION", "Calendar", "Period", "local_dates", "localise", "window_ends"]

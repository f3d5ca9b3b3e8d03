"""Follow-up: what the speed of the first touch is associated with, and what answering all leads fast would take."""

from payper.measurement.follow_up.effect import BANDS, FollowUp, OfficeHours, measure_follow_up
from payper.measurement.follow_up.instrument import SecondOpinion, second_opinion
from payper.measurement.follow_up.tables import Pooled, pool_tables

__all__ = ["BANDS", "FollowUp", "OfficeHours", "Pooled", "SecondOpinion", "measure_follow_up", "pool_tables", "second_opinion"]

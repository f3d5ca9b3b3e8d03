"""Advice: which model or mix to buy, what it is worth, and what would change the answer."""

from payper.advice.break_even import Band, break_even_bands, pair_break_even, pair_prices
from payper.advice.flow import FlowPlan, steady_flow
from payper.advice.futures import History, OptionHistory, offers_of, outlooks_of, problem_of
from payper.advice.goals import GoalPlan, chance_of, cheapest_plan
from payper.advice.mix import Mix, Use, best_mix, conflicts, measure_mix
from payper.advice.options import Audience, Draws, Limits, MixProblem, Option, draws_of
from payper.advice.pooling import Rate, StepCount, exposed_count, pooled_rates
from payper.advice.profile import Number, Numbers, Offer, Profile, numbers_of
from payper.advice.profile_reading import ProfileFinding, ProfileReading, read_profile
from payper.advice.promotion import Setting, escalations, promotions
from payper.advice.questions import QUESTIONS, Question
from payper.advice.recommend import recommend
from payper.advice.recommendation import Recommendation
from payper.advice.trials import Belief, TestValue, best_test, beta_belief, value_of_test

__all__ = [
    "QUESTIONS",
    "Audience",
    "Band",
    "Belief",
    "Draws",
    "FlowPlan",
    "GoalPlan",
    "History",
    "Limits",
    "Mix",
    "MixProblem",
    "Number",
    "Numbers",
    "Offer",
    "Option",
    "OptionHistory",
    "Profile",
    "ProfileFinding",
    "ProfileReading",
    "Question",
    "Rate",
    "Recommendation",
    "Setting",
    "StepCount",
    "TestValue",
    "Use",
    "best_mix",
    "best_test",
    "beta_belief",
    "break_even_bands",
    "chance_of",
    "cheapest_plan",
    "conflicts",
    "draws_of",
    "escalations",
    "exposed_count",
    "measure_mix",
    "numbers_of",
    "offers_of",
    "outlooks_of",
    "pair_break_even",
    "pair_prices",
    "pooled_rates",
    "problem_of",
    "promotions",
    "read_profile",
    "recommend",
    "steady_flow",
    "value_of_test",
]

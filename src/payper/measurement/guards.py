"""Guards: what stands between a figure and trusting it, as coded warnings with words."""

from __future__ import annotations

from enum import Enum


class Guard(Enum):
    """A warning beside a result. The value is the sentence that a report prints; docs/reference/measure.md has a paragraph on each."""

    NO_DELIVERIES = "Nothing was delivered by this date."
    ONE_DELIVERY = "One delivery says nothing about the next."
    NO_WINS = "No win has been seen yet; only an upper bound is known."
    FEW_WINS = "Fewer than ten wins: one more or less changes the picture."
    IMMATURE = "Less than half of the wins to be expected can be seen yet."
    EXTRAPOLATED = (
        "No delivery is as old as the horizon: what follows the oldest one is a projection, and a late second wave cannot be seen."
    )
    FEW_OLD = "Fewer than twenty deliveries are as old as the horizon, so the figure is a projection."
    DRIFT = "Newer deliveries behave differently from older ones, or wins vary more than by chance. Small drifts cannot be seen yet."
    TRUNCATED = "Wins seem not to have been recorded from the start. Leave out deliveries made before they were."
    SPIKES = "Wins gather in the last ten days of quarters, so they are dated by the calendar as much as by the delivery."
    BACKFILL = "Many wins were recorded more than two weeks after they happened, so the latest ones are still missing."
    WON_BEFORE_DELIVERY = "Some wins are dated before their delivery; they count as won on its day."
    WON_AND_LOST = "Some deliveries are both won and lost; they count as won."
    AMOUNT_MISSING = "Some wins have no amount and count nothing as revenue, so revenue is too low."
    AMOUNT_NEGATIVE = "Some wins have a negative amount; they count as nothing."
    AMOUNT_CHANGED = "Some amounts were changed after the win; each counts as it stood on this date."
    COST_MISSING = "Some deliveries have no cost; the others' mean stands for them."
    NO_COST = "There is no cost, so no return on it and no cost of a customer can be given."
    CURRENCY_MIXED = "Amounts are in more than one currency, so no money is added up."
    UNDATED = "Some rows have no date of delivery and are left out."

    @property
    def words(self) -> str:
        """Give the sentence."""
        return self.value

"""Priors: numbers to start from before a buyer has a history, each with its source, its date and how far to trust it.

None of them is shown without all three. A benchmark of the trade is no fact about a buyer: Forrester finds no single best-in-class
waterfall, so every number here can be replaced, and own history replaces it as it comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How far to trust a number."""

    MEASURED = "A"
    """First-party or named study."""
    STUDY = "B"
    """A study quoted by others."""
    VENDOR = "C"
    """A vendor's page; a prior only."""
    YOURS = "yours"
    """The buyer's own answer or history."""
    ASSUMED = "assumed"
    """payper's own assumption, as no source was found."""


MARK_WORDS: dict[Mark, str] = {
    Mark.MEASURED: "measured by a named study",
    Mark.STUDY: "a study, quoted by others",
    Mark.VENDOR: "a vendor's page; a prior only",
    Mark.YOURS: "yours",
    Mark.ASSUMED: "payper's assumption; no source was found",
}

WEIGHT = 20.0
"""Deliveries a prior share is worth: after 20 of your own, your history and the prior count alike."""


@dataclass(frozen=True, slots=True)
class Prior:
    """A number to start from.

    Attributes:
        key: Its name, as `[numbers]` of a profile writes it.
        value: The number; for a share, the mean of its Beta distribution.
        low: The lower end of the range it likely lies in (80 %).
        high: The upper end.
        unit: `share`, `odds`, `hours`, `days`, `months`, `people`, `deals`, `minor`, `weight` or `USD`.
        words: What it is.
        source: Where it is from.
        date: Of the source.
        mark: How far to trust it.
    """

    key: str
    value: float
    low: float
    high: float
    unit: str
    words: str
    source: str
    date: str
    mark: Mark


_ASSUMED = "payper, for want of a source; replace it with your own"


def _guess(key: str, value: float, low: float, high: float, unit: str, words: str) -> Prior:
    return Prior(key, value, low, high, unit, words, _ASSUMED, "2026", Mark.ASSUMED)


PRIORS: tuple[Prior, ...] = (
    Prior("lead_to_booked", 0.15, 0.06, 0.26, "share", "leads that become a booked meeting when followed up within two days",
          "MQL to SQL 12-21 %, best 25-30 % (gtm8020, opgenmedia); Beta(3, 17)", "undated pages, read 2026", Mark.VENDOR),
    Prior("setting_to_booked", 0.15, 0.06, 0.26, "share", "leads that the provider itself turns into a booked meeting (hybrid)",
          "MQL to SQL 12-21 %, best 25-30 % (gtm8020, opgenmedia); Beta(3, 17)", "undated pages, read 2026", Mark.VENDOR),
    Prior("booked_to_held", 0.75, 0.62, 0.87, "share", "booked meetings that are held",
          "appointments held 70-80 % (no-shows 20-30 % in several vendors' guides); Beta(15, 5)", "2025", Mark.VENDOR),
    Prior("held_to_opportunity", 0.60, 0.46, 0.74, "share", "held meetings that become an opportunity",
          "SQL to opportunity 40-80 % (b2blead.io); Beta(12, 8)", "undated page, read 2026", Mark.VENDOR),
    Prior("opportunity_to_won", 0.25, 0.13, 0.38, "share", "opportunities that are won in the end",
          "mid-market 20-30 % (b2blead.io); Beta(5, 15)", "undated page, read 2026", Mark.VENDOR),
    Prior("opportunity_to_won_enterprise", 0.15, 0.06, 0.26, "share", "opportunities that are won in the end, enterprise",
          "enterprise 10-20 % (b2blead.io); Beta(3, 17)", "undated page, read 2026", Mark.VENDOR),
    Prior("lead_price", 65.0, 45.0, 85.0, "USD", "price of a syndicated lead",
          "45, 65 and 85 USD used as typical by vendors of syndication", "2026", Mark.VENDOR),
    Prior("appointment_price", 300.0, 200.0, 480.0, "USD", "price of a booked appointment",
          "200-300 USD used as examples; 150-1,200 USD in 2009", "2025", Mark.VENDOR),
    Prior("hybrid_lead_price", 45.0, 30.0, 65.0, "USD", "price of a lead in a hybrid contract",
          "45 USD, the lower typical price of a syndicated lead", "2026", Mark.VENDOR),
    Prior("hybrid_held_price", 250.0, 150.0, 400.0, "USD", "what is owed besides when such a lead's meeting is held",
          "200-300 USD used as examples for appointments", "2025", Mark.VENDOR),
    _guess("sdr_hours_lead", 0.75, 0.4, 1.2, "hours", "hours of sales development a lead takes: six attempts, research and notes"),
    _guess("sdr_hours_appointment", 0.25, 0.1, 0.5, "hours",
           "hours of sales development an appointment takes: confirming and handing over"),
    _guess("sdr_hours_hybrid", 0.25, 0.1, 0.5, "hours", "hours of sales development a hybrid lead takes"),
    _guess("sdr_hours_per_week", 15.0, 8.0, 25.0, "hours", "hours a week that one SDR has for bought leads"),
    _guess("sdr_wage", 40.0, 25.0, 60.0, "USD", "what an hour of sales development costs"),
    _guess("ae_meetings_per_week", 4.0, 2.0, 8.0, "people", "first meetings a week that one account executive still has room for"),
    _guess("slot_use", 0.85, 0.75, 0.95, "share", "share of slots to plan with, as meetings do not come evenly"),
    _guess("cycle_days", 60.0, 30.0, 120.0, "days", "days from delivery to a won deal, the middle one"),
    _guess("cycle_spread", 1.1, 0.8, 1.4, "weight", "spread of those days: standard deviation of their logarithm"),
    Prior("horizon_days", 180.0, 90.0, 365.0, "days", "days after delivery within which revenue counts",
          "payper's headline measure", "2026", Mark.ASSUMED),
    _guess("deal_weight", 5.0, 2.0, 15.0, "deals", "won deals that your answer on deal size is worth against your history"),
    _guess("deal_spread", 0.35, 0.2, 0.6, "share", "how far the mean deal may lie from your answer"),
    _guess("margin", 0.70, 0.50, 0.80, "share", "gross margin of revenue"),
    _guess("expansion", 0.0, 0.0, 0.3, "share", "further revenue expected after the first deal, as a share of it"),
    _guess("margin_months", 12.0, 6.0, 24.0, "months", "months over which a first deal's margin comes in"),
    Prior("people_per_account", 3.0, 2.0, 5.0, "people", "people worth reaching in a target account",
          "a provider's default cap is 4 people per domain", "undated handbook, read 2026", Mark.VENDOR),
    Prior("touch_worth", 65.0, 20.0, 85.0, "USD", "what reaching one person of the audience is worth when awareness is the goal",
          "what others pay for a syndicated name: 65 USD", "2026", Mark.VENDOR),
    Prior("history_trust", 0.5, 0.2, 0.8, "share", "how much history counts in a new market (power prior)",
          "the method: Ibrahim, Chen 2000, Statistical Science 15(1), 46-60; the number is payper's", "2000", Mark.ASSUMED),
    _guess("setting_odds", 2.0, 1.2, 3.0, "odds",
           "odds of a booked meeting when a lead is handed to appointment setting, against nurturing on"),
)  # fmt: skip

_SPEED = (
    "Oldroyd et al., HBR 2011: within an hour about 7 times as likely to qualify; inbound web leads, so payper takes a fifth of the "
    "logarithm for bought leads"
)

FOLLOW_UP: dict[str, Prior] = {
    word: Prior("follow_up_odds", odds, low, high, "odds", f"odds of a booking, first contact {word}", _SPEED, "2011", Mark.ASSUMED)
    for word, odds, low, high in (
        ("within an hour", 1.5, 1.1, 2.0),
        ("same day", 1.2, 1.0, 1.4),
        ("within 2 days", 1.0, 0.9, 1.1),
        ("within a week", 0.7, 0.5, 0.9),
        ("later", 0.5, 0.3, 0.7),
        ("never", 0.1, 0.0, 0.2),
    )
}  # fmt: skip
"""First contact with a lead; the prior on `lead_to_booked` is for two days."""

NURTURE: dict[str, Prior] = {
    word: _guess("nurture_odds", odds, low, high, "odds", f"odds of a booked meeting when nurture is {word}")
    for word, odds, low, high in (("none", 0.8, 0.6, 1.0), ("by hand", 1.0, 0.9, 1.1), ("automated", 1.25, 1.0, 1.5))
}
"""What happens to leads that are not ready."""

BREADTH: dict[str, Prior] = {
    word: _guess("prospects", count, count / 3, count * 3, "people", f"people in a {word} audience")
    for word, count in (("narrow", 600.0), ("focused", 4_000.0), ("broad", 40_000.0))
}
"""How many people there are to reach."""

CAUTION: dict[str, float] = {"bold": 0.0, "balanced": 0.2, "cautious": 0.5}
"""The weight of the worst tenth of futures by risk attitude; payper's assumption."""


def prior(key: str) -> Prior:
    """Give a prior by its key.

    Raises:
        KeyError: There is none.
    """
    return _BY_KEY[key]


_BY_KEY: dict[str, Prior] = {each.key: each for each in PRIORS}

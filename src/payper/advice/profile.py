"""The buyer's profile: goals, sales process, audience and revenue strategy, and the numbers that the answers stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from payper.advice.options import Model
from payper.advice.priors import BREADTH, CAUTION, FOLLOW_UP, NURTURE, Mark, Prior, prior
from payper.money import exponent

GoalKind = Literal["revenue", "pipeline", "meetings", "awareness", "new market", "message test"]
GOALS: tuple[GoalKind, ...] = ("revenue", "pipeline", "meetings", "awareness", "new market", "message test")
SEGMENTS = ("small business", "mid-market", "enterprise")
BUDGET_EVERY: dict[str, float] = {"month": 1.0, "quarter": 3.0, "year": 12.0, "once": 0.0}
WEEKS_PER_MONTH = 365.25 / 12 / 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Goals:
    """What the buyer wants; None where a question is unanswered.

    Attributes:
        kind: What is to be reached; `revenue` when unanswered.
        amount: In minor units for revenue and pipeline, else a count.
        months: The period that is planned.
        horizon_days: Days after a delivery within which its revenue counts.
    """

    kind: GoalKind | None = None
    amount: float | None = None
    months: float | None = None
    horizon_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesProcess:
    """How the buyer sells; None where a question is unanswered."""

    cycle_days: float | None = None
    sdr_count: float | None = None
    sdr_hours_per_week: float | None = None
    sdr_wage_minor: int | None = None
    ae_count: float | None = None
    ae_meetings_per_week: float | None = None
    follow_up: str | None = None
    nurture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceAnswers:
    """Whom the buyer wants to reach; None where a question is unanswered."""

    breadth: str | None = None
    prospects: float | None = None
    target_accounts: float | None = None
    people_per_account: float | None = None
    already_bought: float | None = None
    industries: tuple[str, ...] = ()
    seniority: str | None = None
    segment: str | None = None
    is_new: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueStrategy:
    """What revenue is worth and what may be risked; None where a question is unanswered."""

    deal_minor: int | None = None
    margin: float | None = None
    expansion: float | None = None
    margin_months: float | None = None
    payback_months: float | None = None
    risk: str | None = None
    budget_minor: int | None = None
    budget_every: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a provider offers.

    Attributes:
        name: Unique among the offers.
        price_minor: Per accepted lead or booked appointment.
        held_price_minor: Besides, per meeting held, after offsets.
        min_units: The smallest order in the period.
        committed_units: What is already promised.
        max_units: The most there is in the period.
        booked: The buyer's own expectation of the share of leads that become a booked meeting; None: the profile's.
        held: The same of booked meetings that are held.
        opportunity: The same of held meetings that become an opportunity.
        won: The same of opportunities that are won in the end.
        deal_minor: The mean deal from this offer; None: the profile's.
        sdr_hours: Per unit; None: the profile's.
        source: Who says the price; the offer of a benchmark has its mark.
        mark: How far to trust the price.
    """

    name: str
    provider: str
    model: Model
    tier: str = ""
    price_minor: int = 0
    held_price_minor: int = 0
    won_percent: float = 0.0
    min_units: float = 0.0
    committed_units: float = 0.0
    max_units: float | None = None
    booked: float | None = None
    held: float | None = None
    opportunity: float | None = None
    won: float | None = None
    deal_minor: int | None = None
    sdr_hours: float | None = None
    source: str = "your profile"
    mark: Mark = Mark.YOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A number that the buyer writes over a prior: its value and, for a share, the deliveries it is worth."""

    value: float
    weight: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The answers of a buyer.

    Attributes:
        currency: ISO 4217; every amount is in its minor units.
        usd_rate: Units of `currency` for one USD, for prior prices; None where it is not known and is not USD.
        offers: In the order written.
        overrides: By key of the number.
        path: Where it was read.
    """

    currency: str = "USD"
    usd_rate: float | None = None
    goals: Goals = field(default_factory=Goals)
    sales: SalesProcess = field(default_factory=SalesProcess)
    audience: AudienceAnswers = field(default_factory=AudienceAnswers)
    revenue: RevenueStrategy = field(default_factory=RevenueStrategy)
    offers: tuple[Offer, ...] = ()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that advice is made with, to be shown beside the answer it comes from.

    Attributes:
        key: Its name, as `[numbers]` writes it.
        value: The number; shares from 0 to 1, money in minor units.
        low: The lower end of the range it likely lies in (80 %).
        high: The upper end.
        unit: As `Prior.unit`; `minor` for money.
        words: What it is.
        answer: The question it comes from, such as `sales.follow_up`; empty where none does.
        source: Where it is from.
        date: Of the source.
        mark: How far to trust it.
        weight: Deliveries a share is worth against history.
    """

    key: str
    value: float
    low: float
    high: float
    unit: str
    words: str
    answer: str
    source: str
    date: str
    mark: Mark
    weight: float = 20.0

    @property
    def is_assumed(self) -> bool:
        """Tell whether no answer of the buyer stands behind it."""
        return self.mark is not Mark.YOURS


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """All numbers that a profile stands for.

    Attributes:
        currency: Of amounts.
        months: The period planned.
        rows: In the order of the questions.
        assumptions: What was taken for want of an answer, as sentences.
    """

    currency: str
    months: float
    rows: tuple[Number, ...]
    assumptions: tuple[str, ...]

    def __getitem__(self, key: str) -> float:
        """Give the value of a number."""
        return self.row(key).value

    def row(self, key: str) -> Number:
        """Give a number with its source.

        Raises:
            KeyError: There is none of this name.
        """
        found = next((row for row in self.rows if row.key == key), None)
        if found is None:
            raise KeyError(key)
        return found

    def has(self, key: str) -> bool:
        """Tell whether there is a number of this name."""
        return any(row.key == key for row in self.rows)


def numbers_of(profile: Profile) -> Numbers:
    """Turn a profile's answers into numbers, each with its source; an unanswered question gives a prior and a named assumption."""
    build = _Build(profile)
    goals, sales, audience, revenue = profile.goals, profile.sales, profile.audience, profile.revenue
    months = goals.months if goals.months is not None else 3.0
    if goals.months is None:
        build.assumptions.append("The plan is for a quarter, as `goals.months` is unanswered.")
    build.answer("horizon_days", goals.horizon_days, "goals.horizon_days")
    build.answer("cycle_days", sales.cycle_days, "sales.cycle_days")
    build.answer("cycle_spread", None, "sales.cycle_days", is_quiet=True)
    build.of_word("follow_up_odds", FOLLOW_UP, sales.follow_up, "sales.follow_up", "within 2 days")
    build.of_word("nurture_odds", NURTURE, sales.nurture, "sales.nurture", "by hand")
    for key in ("lead_to_booked", "setting_to_booked", "booked_to_held", "held_to_opportunity"):
        build.answer(key, None, "", is_quiet=True)
    win = "opportunity_to_won_enterprise" if audience.segment == "enterprise" else "opportunity_to_won"
    build.answer(win, None, "audience.segment", key="opportunity_to_won", is_quiet=True)
    build.answer("setting_odds", None, "", is_quiet=True)
    build.capacity(months)
    build.audience()
    build.put("deal_minor", float(revenue.deal_minor or 0), "revenue.deal_size", "minor", "the mean first deal", prior("deal_spread").value)
    for key, value in (("margin", revenue.margin), ("expansion", revenue.expansion), ("margin_months", revenue.margin_months)):
        build.answer(key, value, f"revenue.{key}")
    build.answer("deal_weight", None, "", is_quiet=True)
    build.budget(months)
    build.caution()
    if goals.kind == "awareness":
        build.money("touch_worth", "goals.kind")
    if audience.is_new:
        build.answer("history_trust", None, "audience.is_new")
    build.hours()
    return Numbers(currency=profile.currency, months=months, rows=tuple(build.rows), assumptions=tuple(build.assumptions))


class _Build:
    """The numbers on their way."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.rows: list[Number] = []
        self.assumptions: list[str] = []

    def put(self, key: str, value: float, answer: str, unit: str, words: str, spread: float = 0.0) -> None:
        """Put the buyer's own answer; `spread` is how far the truth may lie from it, as a share."""
        low, high = sorted((value * (1 - spread), value * (1 + spread)))
        written = self.profile.overrides.get(key)
        if written is not None:
            value, low, high, answer = written.value, written.value, written.value, f"numbers.{key}"
        self.rows.append(
            Number(
                key=key, value=value, low=low, high=high, unit=unit, words=words, answer=answer,
                source="your profile", date="", mark=Mark.YOURS,
            )
        )  # fmt: skip

    def answer(self, name: str, value: float | None, answer: str, *, key: str = "", is_quiet: bool = False) -> None:
        """Put an answer, else what the buyer wrote in `[numbers]`, else the prior, which is then named as an assumption."""
        start = prior(name)
        key = key or name
        written = self.profile.overrides.get(key)
        if written is not None:
            weight = 20.0 if written.weight is None else written.weight
            self._row(start, key, written.value, f"numbers.{key}", Mark.YOURS, weight)
        elif value is not None:
            self._row(start, key, float(value), answer, Mark.YOURS, 20.0)
        else:
            self._row(start, key, start.value, answer, start.mark, 20.0)
            if not is_quiet:
                self._assume(start, answer)

    def of_word(self, key: str, words: Mapping[str, Prior], word: str | None, answer: str, default: str) -> None:
        """Put the number that a word stands for."""
        start = words[word or default]
        written = self.profile.overrides.get(key)
        if written is not None:
            self._row(start, key, written.value, f"numbers.{key}", Mark.YOURS, 20.0)
            return
        self._row(start, key, start.value, answer, start.mark, 20.0)
        if word is None:
            self.assumptions.append(f'`{answer}` is unanswered: "{default}" is taken.')

    def money(self, key: str, answer: str, value: int | None = None) -> None:
        """Put an amount, from an answer in minor units or a prior in USD."""
        start = prior(key)
        written = self.profile.overrides.get(key)
        if written is not None or value is not None:
            amount = written.value * self._minor if written is not None else float(value or 0)
            self.put(key, amount, answer if written is None else f"numbers.{key}", "minor", start.words)
            self.rows[-1] = _replace_value(self.rows[-1], amount)
            return
        if self.profile.usd_rate is None and self.profile.currency != "USD":
            # Another currency's number at par would be off by any factor, and nobody would see it.
            self.rows.append(
                Number(
                    key=key, value=0.0, low=0.0, high=0.0, unit="minor", words=start.words, answer=answer,
                    source="nothing is known, and it is asked", date="", mark=Mark.ASSUMED,
                )
            )  # fmt: skip
            self.assumptions.append(
                f"`{answer}` is asked ({start.words}): the usual {start.value:g} USD cannot be put into {self.profile.currency} without a "
                "rate, so it is taken to be nothing."
            )
            return
        factor = self._minor * (self.profile.usd_rate or 1.0)
        self.rows.append(
            Number(
                key=key, value=start.value * factor, low=start.low * factor, high=start.high * factor, unit="minor", words=start.words,
                answer=answer, source=start.source, date=start.date, mark=start.mark,
            )
        )  # fmt: skip
        self._assume(start, answer)

    def capacity(self, months: float) -> None:
        """Put hours and slots of the period."""
        sales, weeks = self.profile.sales, months * WEEKS_PER_MONTH
        self.answer("slot_use", None, "", is_quiet=True)
        self.answer("sdr_hours_per_week", sales.sdr_hours_per_week, "sales.sdr_hours_per_week", is_quiet=sales.sdr_count == 0)
        self.answer("ae_meetings_per_week", sales.ae_meetings_per_week, "sales.ae_meetings_per_week", is_quiet=sales.ae_count == 0)
        use = self._value("slot_use")
        for key, count, per_week, words in (
            ("sdr_hours", sales.sdr_count, "sdr_hours_per_week", "hours of sales development in the period"),
            ("ae_slots", sales.ae_count, "ae_meetings_per_week", "meetings that account executives can plan with in the period"),
        ):
            people = 1.0 if count is None else count
            share = use if key == "ae_slots" else 1.0
            who = "sdr_count" if key == "sdr_hours" else "ae_count"
            self.put(
                key, people * self._value(per_week) * weeks * share, f"sales.{who}", "hours" if key == "sdr_hours" else "meetings", words
            )
            if count is None and key not in self.profile.overrides:
                self.rows[-1] = _assumed(self.rows[-1])
                self.assumptions.append(f"`sales.{who}` is unanswered: 1 is taken.")
        self.money("sdr_wage", "sales.sdr_wage", sales.sdr_wage_minor)

    def hours(self) -> None:
        """Put the hours of sales development that a unit takes."""
        nobody = self.profile.sales.sdr_count == 0
        for key in ("sdr_hours_lead", "sdr_hours_appointment", "sdr_hours_hybrid"):
            self.answer(key, 0.0 if nobody and key != "sdr_hours_lead" else None, "sales.sdr_count", is_quiet=True)
        if nobody:
            self.assumptions.append("As `sales.sdr_count` is 0, account executives confirm the meetings that providers book.")

    def audience(self) -> None:
        """Put the number of prospects, from a count, the target accounts, or a word."""
        answers = self.profile.audience
        if answers.target_accounts is not None:
            self.answer("people_per_account", answers.people_per_account, "audience.people_per_account")
            people = answers.target_accounts * self._value("people_per_account")
            self.put("prospects", people, "audience.target_accounts", "people", "people in your target accounts", 0.2)
        elif answers.prospects is not None:
            self.put("prospects", answers.prospects, "audience.prospects", "people", "people in your audience", 0.2)
        else:
            self.of_word("prospects", BREADTH, answers.breadth, "audience.breadth", "focused")
        self.put(
            "already_bought", answers.already_bought or 0.0, "audience.already_bought", "people", "people there already bought from others"
        )

    def budget(self, months: float) -> None:
        """Put the budget of the period, and the payback limit."""
        revenue = self.profile.revenue
        every = BUDGET_EVERY[revenue.budget_every or "once"]
        amount = float(revenue.budget_minor or 0) * (months / every if every else 1.0)
        self.put("budget", amount, "revenue.budget", "minor", "money for providers in the period")
        if revenue.budget_every is None and "budget" not in self.profile.overrides:
            self.assumptions.append("`revenue.budget_every` is unanswered: the budget is taken for the whole period.")
        if revenue.payback_months is not None:
            self.put(
                "payback_months", revenue.payback_months, "revenue.payback_months", "months", "the most months until customers pay back"
            )

    def caution(self) -> None:
        """Put the weight of the worst tenth of futures."""
        risk = self.profile.revenue.risk
        self.put("caution", CAUTION[risk or "balanced"], "revenue.risk", "weight", "weight of the worst tenth of futures")
        if risk is None and "caution" not in self.profile.overrides:
            self.rows[-1] = _assumed(self.rows[-1])
            self.assumptions.append('`revenue.risk` is unanswered: "balanced" is taken.')

    def _row(self, start: Prior, key: str, value: float, answer: str, mark: Mark, weight: float) -> None:
        is_yours = mark is Mark.YOURS
        low, high = (value, value) if is_yours and start.unit != "share" else (start.low, start.high)
        if is_yours and start.unit == "share" and start.value > 0:
            spread = (start.high - start.low) / 2
            low, high = max(0.0, value - spread), min(1.0, value + spread)
        self.rows.append(
            Number(
                key=key, value=value, low=low, high=high, unit=start.unit, words=start.words, answer=answer,
                source="your profile" if is_yours else start.source, date="" if is_yours else start.date, mark=mark, weight=weight,
            )
        )  # fmt: skip

    def _assume(self, start: Prior, answer: str) -> None:
        question = f"`{answer}` is unanswered" if answer else f"`numbers.{start.key}` is not written"
        self.assumptions.append(f"{question}: {start.value:g} {start.unit} is taken ({start.words}; {start.source}).")

    def _value(self, key: str) -> float:
        return next(row.value for row in self.rows if row.key == key)

    @property
    def _minor(self) -> float:
        return float(Decimal(10) ** (exponent(self.profile.currency) or 0))


def _replace_value(row: Number, value: float) -> Number:
    from dataclasses import replace

    return replace(row, value=value, low=value, high=value)


def _assumed(row: Number) -> Number:
    from dataclasses import replace

    return replace(row, source="payper, for want of an answer", date="2026", mark=Mark.ASSUMED)

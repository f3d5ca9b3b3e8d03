"""Forecast: meetings, opportunities, wins and revenue of the weeks ahead, from what is delivered, contracted and not yet bought.

Each milestone is foretold by the age of deliveries alone (`forecast_arrivals`); wins by stage where every stage holds enough open items
(`forecast_stages`). What the pipeline of a CRM weighs (stage probability times amount) says what is won ever, not when; here every day has
its own chance. The forecast is made again as of earlier quarters, and says how often it held.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.advice.forecast_arrivals import (
    DRAWS,
    Law,
    draw_amounts,
    draw_days,
    draw_volume,
    expect_from_delivered,
    expect_from_planned,
    find_laws,
)
from payper.advice.forecast_frames import (
    ALL,
    CONTRACTED,
    DELIVERED,
    MEASURES,
    SOURCES,
    UNBOUGHT,
    date_milestones,
    is_group,
    past_days,
    past_weeks,
    plan_of,
    read_plans,
    spread_of,
    tabulate,
    widened,
)
from payper.advice.forecast_stages import OPEN_MIN, count_open, enter_stages, expect_by_stage
from payper.errors import DeliveryError, UsageError
from payper.measurement.cure import RatePrior
from payper.measurement.lags import LagPrior
from payper.measurement.seeds import check_seed
from payper.measurement.snapshot import read_moment

Floats = NDArray[np.float64]

AMOUNTS_MIN = 5
"""A group with fewer past amounts takes those of all groups."""
DAYS_MAX = 730
SEEN_FEW = 10
"""A measure that happened less often so far is said to rest on priors as well."""


@dataclass(frozen=True, slots=True)
class GoalChance:
    """The chance that a goal is reached.

    Attributes:
        measure, goal: What is to be reached, and how much.
        since, until: First and last day that count.
        so_far: Reached by the day of the forecast.
        chance: Share of futures in which the goal is reached.
        mean: What is reached by the last day on average.
        p05, p50, p95: What is reached by the last day, in nine of ten futures between the first and the last.
    """

    measure: str
    goal: float
    since: date
    until: date
    so_far: float
    chance: float
    mean: float
    p05: float
    p50: float
    p95: float

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        return self.said()

    def said(self, currency: str = "") -> str:
        """Say it in a sentence, money with its currency."""
        is_money = self.measure == "revenue" and currency != ""
        what = f"{self.goal:,.0f} {currency} of revenue" if is_money else f"{self.goal:,.0f} {self.measure}"
        by = f"by {self.until.day} {self.until:%b %Y}"
        if self.so_far >= self.goal:
            return f"{what[:1].upper()}{what[1:]} {by} {'is' if is_money else 'are'} reached already: {self.so_far:,.0f} so far."
        shown = "under 1%" if self.chance < 0.01 else "over 99%" if self.chance > 0.99 else f"{self.chance:.0%}"
        mean, low, high = (_rounded(each, self.measure) for each in (self.mean, self.p05, self.p95))
        return (
            f"{shown[:1].upper()}{shown[1:]} chance of {what} {by}: {self.so_far:,.0f} so far, "
            f"{mean} expected by then (nine of ten futures: {low} to {high})."
        )


def _rounded(value: float, measure: str) -> str:
    """Write what is foretold: money to three figures, as nothing is surer than that."""
    digits = max(len(str(int(value))) - 3, 0) if measure == "revenue" else 0
    return f"{round(value / 10**digits) * 10**digits:,}"


@dataclass(frozen=True)
class Forecast:
    """What the days ahead bring.

    Attributes:
        as_of: The last day that is over.
        days: Days ahead.
        method: How wins of what is delivered are foretold: `age` or `stages`.
        weekly: One row per measure, source and week: `measure`, `source` (already delivered, contracted, not yet bought, all), `week`
            (Int64, 1 is the week after the day), `first_day`, `last_day` (Date), `mean` and the quantiles `p05` to `p95` (Float64).
        cumulative: The same of all weeks so far.
        seen: Past weeks that are over: `measure`, `first_day`, `last_day`, `happened` (Float64), the latest thirteen.
        notes: What a reader must know, as sentences.
        parts: Per measure and source (and all together) the futures, shape (draws, days).
        happened: Per measure the days on which it happened and how much, for goals that began before.
        widen: How many times as wide as the futures say bands and what a goal is held against are drawn.
    """

    as_of: date
    days: int
    method: str
    weekly: pl.DataFrame
    cumulative: pl.DataFrame
    seen: pl.DataFrame
    notes: tuple[str, ...]
    parts: Mapping[str, Mapping[str, Floats]] = field(repr=False, compare=False)
    happened: Mapping[str, pl.DataFrame] = field(repr=False, compare=False)
    widen: float = 1.0

    @property
    def draws(self) -> Mapping[str, Floats]:
        """Give per measure the futures of all sources together, shape (draws, days)."""
        return {measure: parts[ALL] for measure, parts in self.parts.items()}

    def chance_of(
        self, measure: str, goal: float, *, until: date, since: date | None = None, sources: Sequence[str] = SOURCES
    ) -> GoalChance:
        """Give the chance that a measure reaches a goal.

        Args:
            measure: `meetings`, `opportunities`, `wins` or `revenue`.
            goal: How many, or how much money in the unit of the amounts.
            until: The last day that counts, within the days ahead.
            since: The first day that counts; None: the day after that of the forecast.
            sources: What may help reach it; such as only what is delivered already.

        Raises:
            UsageError: There is no such measure or source, the goal is no number from 0, or the days are not in order or not ahead.
        """
        if measure not in self.parts:
            raise UsageError(where="measure", seen=f"`{measure}` is not foretold.", mend=f"Ask for one of {', '.join(self.parts)}.")
        if not (math.isfinite(goal) and goal >= 0):
            raise UsageError(where="goal", seen=f"{goal} is no number from 0.", mend="Write how much is to be reached, such as 12.")
        unknown = [source for source in sources if source not in SOURCES]
        if unknown:
            raise UsageError(where="sources", seen=f"`{unknown[0]}` is no source.", mend=f"Ask for some of {', '.join(SOURCES)}.")
        ahead = (until - self.as_of).days
        if not 1 <= ahead <= self.days:
            last = self.as_of + timedelta(days=self.days)
            raise UsageError(
                where="until", seen=f"{until} is not within the forecast.", mend=f"Give a day after {self.as_of} up to {last}."
            )
        first = since or self.as_of + timedelta(days=1)
        if first > until:
            raise UsageError(where="since", seen=f"{first} is after {until}.", mend="Give the first day that counts.")
        skipped = max((first - self.as_of).days - 1, 0)
        past = float(self.happened[measure].filter(pl.col("day").is_between(first, self.as_of))["amount"].sum())
        drawn = self.parts[measure]
        coming = sum((drawn[source][:, skipped:ahead].sum(axis=1) for source in sources), np.zeros(drawn[ALL].shape[0]))
        reached = past + widened(coming, float(np.median(coming)), self.widen)
        low, middle, high = np.quantile(reached, [0.05, 0.5, 0.95])
        chance = float((reached >= goal * (1 - 1e-12)).mean())
        return GoalChance(measure, float(goal), first, until, past, chance, float(reached.mean()), float(low), float(middle), float(high))

    @property
    def says(self) -> tuple[str, ...]:
        """Give a sentence per measure on all the weeks ahead, and how much of it comes from what is delivered."""
        last = self.cumulative.filter(pl.col("week") == self.cumulative["week"].max())
        sentences = []
        for measure in self.draws:
            of = {row["source"]: row for row in last.filter(pl.col("measure") == measure).iter_rows(named=True)}
            whole = of[ALL]
            ends = f"{_rounded(whole['p05'], measure)} to {_rounded(whole['p95'], measure)}"
            sentences.append(
                f"{measure.capitalize()} in the {self.days} days after {self.as_of.day} {self.as_of:%b %Y}: "
                f"{_shown(whole['mean'], measure)} (nine of ten futures: {ends}), {_shown(of[DELIVERED]['mean'], measure)} of it from what "
                "is delivered already."
            )
        return tuple(sentences)


def _shown(mean: float, measure: str) -> str:
    """Write a mean: whole, or to a tenth where it is a small number."""
    return f"{mean:.1f}" if measure != "revenue" and 0.05 <= mean < 9.95 else _rounded(mean, measure)


def forecast(
    deliveries: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    weeks: int = 13,
    planned: pl.DataFrame | None = None,
    by: str | Sequence[str] = (),
    prior: LagPrior | None = None,
    rate_prior: RatePrior | None = None,
    widen: float = 1.0,
    seed: int = 0,
) -> Forecast:
    """Foretell what the weeks after a day bring.

    Args:
        deliveries: One row per delivery: `delivered_at` and as many of `held_at`, `opportunity_at`, `won_at` as there are, at least one;
            `lost_at`, `amount` of won deals (one currency), the `by` columns. Dates, instants or ISO 8601 text, as `payper.measure` takes
            them; what is dated after `as_of` has not happened.
        as_of: As `payper.measure` takes it; the days ahead begin after the last whole day.
        weeks: How many weeks ahead, 1 to 104.
        planned: Deliveries to come: `delivered_on` (Date, after `as_of`), `deliveries` (how many), `source` (contracted, not yet bought),
            and the `by` columns; `spread` if it is not sure how many (standard deviation of the number over the number, from 0; futures
            draw it for a group and source as a whole); see `plan_deliveries`. A group without past deliveries is foretold by all others
            together.
        by: Columns that make the groups, each with its own share and lags, such as the model.
        prior: Of lags; None for the documented one.
        rate_prior: Of shares reached in the end; None for the documented one.
        widen: How many times as wide bands are drawn: the factor of `check_forecasts`.
        seed: Of the draws.

    Raises:
        DeliveryError: There is no frame, or a column is missing or holds what it should not.
        UsageError: An argument makes no sense.
    """
    by = (by,) if isinstance(by, str) else tuple(by)
    _check(weeks, widen, seed)
    _check_frames(deliveries, planned)
    moment = read_moment(as_of)
    known = date_milestones(deliveries, moment=moment, by=by)
    if not any(column in known.columns for column in MEASURES.values()):
        columns = ", ".join(MEASURES.values())
        raise DeliveryError(where="deliveries", seen=f"There is none of the columns {columns}.", mend="Give at least `won_at`.")
    ask = _Ask(moment.through, weeks * 7, by, read_plans(planned, by=by, moment=moment, days=weeks * 7), prior, rate_prior)
    return _foretell(known, ask, widen, np.random.default_rng(seed))


def _check_frames(deliveries: object, planned: object) -> None:
    """Refuse what is no frame."""
    for where, given in (("deliveries", deliveries), ("planned", planned)):
        if given is not None and not isinstance(given, pl.DataFrame):
            mend = "Collect it first: `.collect()`." if isinstance(given, pl.LazyFrame) else "Give `polars.DataFrame(...)` of it."
            raise DeliveryError(where=where, seen=f"This is a {type(given).__name__}, not a Polars DataFrame.", mend=mend)
    if deliveries is None:
        raise DeliveryError(where="deliveries", seen="There are none.", mend="Give a Polars DataFrame.")


def _check(weeks: int, widen: float, seed: int) -> None:
    """Refuse arguments that make no sense."""
    check_seed(seed)
    if not isinstance(weeks, int) or isinstance(weeks, bool) or not 1 <= weeks * 7 <= DAYS_MAX:
        raise UsageError(where="weeks", seen=f"{weeks} is no number from 1 to {DAYS_MAX // 7}.", mend="Write 13 for a quarter.")
    if not (math.isfinite(widen) and widen > 0):
        raise UsageError(where="widen", seen=f"{widen} is no number above 0.", mend="Write 1 for bands as the futures say.")


def _foretell(known: pl.DataFrame, ask: _Ask, widen: float, rng: np.random.Generator) -> Forecast:
    """Draw all measures and put the forecast together."""
    drawn: dict[str, dict[str, Floats]] = {}
    method, notes = "age", list[str]()
    for measure, column in MEASURES.items():
        if column in known.columns and measure != "wins":
            drawn[measure] = _add_up(_draw_groups(known, column, ask, rng, notes), ask.days)
    if "won_at" in known.columns:
        wins, method = _draw_wins(known, ask, rng, notes)
        drawn["wins"] = _add_up(wins, ask.days)
        revenue = _draw_revenue(known, wins, ask, rng, notes)
        if revenue is not None:
            drawn["revenue"] = revenue
    happened = {measure: past_days(known, measure) for measure in drawn}
    notes += _cautions(known, ask, happened)
    weekly, cumulative = (tabulate(drawn, as_of=ask.through, widen=widen, is_cumulative=flag) for flag in (False, True))
    return Forecast(
        as_of=ask.through,
        days=ask.days,
        method=method,
        weekly=weekly,
        cumulative=cumulative,
        seen=past_weeks(happened, as_of=ask.through),
        notes=tuple(dict.fromkeys(notes)),
        parts=drawn,
        happened=happened,
        widen=widen,
    )


def _cautions(known: pl.DataFrame, ask: _Ask, happened: Mapping[str, pl.DataFrame]) -> list[str]:
    """Say what a forecast rests on where it rests on little."""
    if known.is_empty():
        return ["Nothing was delivered by this day: what is foretold of deliveries to come rests on what is typical of the trade."]
    notes = []
    oldest = known["delivered_at"].min()
    age = (ask.through - oldest).days + 1 if isinstance(oldest, date) else 0
    if age < ask.days:
        notes.append(
            f"The oldest delivery is {age:,} days old and the forecast looks {ask.days:,} days ahead: what takes longer than anything seen "
            "so far is foretold by what is typical of the trade."
        )
    few = [f"{int(days['amount'].sum())} {name}" for name, days in happened.items() if name in MEASURES and days["amount"].sum() < SEEN_FEW]
    if few:
        notes.append(f"Only {' and '.join(few)} so far: their forecast rests on what is typical of the trade as much as on this record.")
    return notes


@dataclass(frozen=True)
class _Ask:
    """What is asked: the last day that is over, days ahead, groups, plans and priors."""

    through: date
    days: int
    by: tuple[str, ...]
    plans: pl.DataFrame
    prior: LagPrior | None
    rate_prior: RatePrior | None

    def laws(self, known: pl.DataFrame, column: str, by: tuple[str, ...], rng: np.random.Generator) -> tuple[pl.DataFrame, list[Law]]:
        """Fit the way from delivery to a milestone."""
        frame = known.select(*by, "delivered_at", pl.col(column).alias("won_at"))
        return find_laws(frame, through=self.through, days=self.days, by=by, prior=self.prior, rate_prior=self.rate_prior, rng=rng)


@dataclass(frozen=True)
class _Drawn:
    """Counts of one group: its values of the `by` columns, and per source shape (draws, days)."""

    group: tuple[object, ...]
    counts: Mapping[str, Floats]


def _draw_groups(known: pl.DataFrame, column: str, ask: _Ask, rng: np.random.Generator, notes: list[str]) -> list[_Drawn]:
    """Draw a milestone of every group that has deliveries or plans."""
    groups, laws = ask.laws(known, column, ask.by, rng)
    of = dict(zip(groups.iter_rows(), laws, strict=True)) if ask.by else {(): laws[0]}
    strangers = [group for group in ask.plans.select(ask.by).unique(maintain_order=True).iter_rows() if group not in of] if ask.by else []
    if strangers:
        _, pooled = ask.laws(known, column, (), rng)
        named = ", ".join("/".join(str(part) for part in group) for group in strangers[:3])
        notes += [f"Nothing is delivered yet of {named}: foretold by all others together."] if of else []
        of |= dict.fromkeys(strangers, replace(pooled[0], unmet=np.zeros_like(pooled[0].unmet)))
    return [_Drawn(group, _draw_group(law, group, ask, rng)) for group, law in of.items()]


def _draw_group(law: Law, group: tuple[object, ...], ask: _Ask, rng: np.random.Generator) -> dict[str, Floats]:
    """Draw what comes of a group's deliveries, and of its plans."""
    expected = expect_from_delivered(law, ask.days)
    counts = {DELIVERED: draw_days(expected, most=float(law.unmet.sum()), dispersion=law.dispersion, rng=rng)}
    for source in (CONTRACTED, UNBOUGHT):
        planned = plan_of(ask.plans, ask.by, group, source, ask.days)
        if planned.any():
            # How many will be delivered is as unsure in all days of a future: whoever is late in one week is late in the next.
            volume = draw_volume(spread_of(ask.plans, ask.by, group, source), expected.shape[0], rng)
            coming = expect_from_planned(law, planned) * volume[:, None]
            counts[source] = draw_days(coming, most=float(planned.sum()) * volume, dispersion=law.dispersion, rng=rng)
    return counts


def _draw_wins(known: pl.DataFrame, ask: _Ask, rng: np.random.Generator, notes: list[str]) -> tuple[list[_Drawn], str]:
    """Draw wins by age, or what is delivered by stage where all stages hold enough."""
    wins = _draw_groups(known, "won_at", ask, rng, notes)
    entered = enter_stages(known)
    standing = count_open(entered, ask.through)
    if len(standing) < 2 or min(standing.values()) <= OPEN_MIN:
        return wins, "age"
    expected = expect_by_stage(entered, through=ask.through, days=ask.days, prior=ask.prior, rate_prior=ask.rate_prior, rng=rng)
    _, laws = ask.laws(known, "won_at", (), rng)
    staged = draw_days(expected, most=float(laws[0].unmet.sum()), dispersion=laws[0].dispersion, rng=rng)
    rest = [_Drawn(each.group, {name: part for name, part in each.counts.items() if name != DELIVERED}) for each in wins]
    return [_Drawn(("every stage",), {DELIVERED: staged}), *rest], "stages"


def _draw_revenue(
    known: pl.DataFrame, wins: list[_Drawn], ask: _Ask, rng: np.random.Generator, notes: list[str]
) -> dict[str, Floats] | None:
    """Draw the amounts of drawn wins, or None where amounts are not known or cannot be added up."""
    if "amount" not in known.columns:
        return None
    won = known.filter(pl.col("won_at").is_not_null())
    if "currency" in won.columns and won["currency"].drop_nulls().n_unique() > 1:
        notes.append("No revenue: amounts are in several currencies; bring them to one.")
        return None
    priced = won.filter(pl.col("amount").is_not_null())
    if priced.height == 0:
        notes.append("No revenue: no won deal has an amount yet (what is not a number, or infinite, is none).")
        return None
    negative = int(priced["is_amount_negative"].sum())
    if negative == priced.height:
        notes.append("No revenue: the amounts of all won deals are negative.")
        return None
    if negative:
        notes.append(f"{negative:,} of {priced.height:,} amounts of won deals are negative: they count as nothing.")
    if priced.height < won.height:
        notes.append(
            f"{won.height - priced.height:,} of {won.height:,} won deals have no amount; wins ahead are taken to bring what the others did."
        )
    revenue: list[_Drawn] = []
    for each in wins:
        own = priced if len(each.group) != len(ask.by) else priced.filter(is_group(ask.by, each.group))
        amounts = (own if own.height >= AMOUNTS_MIN else priced)["amount"].to_numpy()
        revenue.append(_Drawn(each.group, {source: draw_amounts(counts, amounts, rng) for source, counts in each.counts.items()}))
    return _add_up(revenue, ask.days)


def _add_up(groups: list[_Drawn], days: int) -> dict[str, Floats]:
    """Add up groups per source, and sources."""
    none = np.zeros((DRAWS, days))
    parts = {source: sum((each.counts[source] for each in groups if source in each.counts), none) for source in SOURCES}
    return {**parts, ALL: sum(parts.values(), none)}

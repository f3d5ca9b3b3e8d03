"""The act `payper forecast`: what the weeks ahead bring, by source, and the chance of a goal, from a programme's record and contracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from payper._version import __version__
from payper.advice import Profile, ProfileFinding, read_profile, recommend
from payper.advice.forecast import DAYS_MAX, Forecast, forecast
from payper.advice.forecast_frames import SOURCES
from payper.advice.forecast_goals import GoalAsked, GoalOutlook, quarter_of, read_goal, weigh_goal
from payper.advice.forecast_plans import GROUPS, MODELS, ContractPlan, Purchase, plan_contracts, plans_frame, read_purchase, still_to_buy
from payper.advice.forecast_record import ForecastRecord, check_forecasts
from payper.advice.recommendation import to_json
from payper.connectors.writing import write_text
from payper.desk.asking.advise import Record, record_of
from payper.desk.asking.measure import check_folder
from payper.desk.book.standing import Standing, read_standing
from payper.desk.folder.run import Tell, silent
from payper.errors import FileError, UsageError
from payper.journey import Milestone
from payper.measurement.basis import measurable
from payper.measurement.seeds import check_seed
from payper.money import exponent
from payper.reports.forecast import forecast_page, forecast_values

PROFILE = "profile.toml"
WEEKS, WEEKS_YOUNG = 13, 4
MONTH_DAYS = 365.25 / 12
NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class ForecastAsked:
    """What is asked; what is None or empty is decided by the programme.

    Attributes:
        weeks: Weeks ahead; None: 13, or as many as the goal needs.
        by: Columns of `GROUPS` that deliveries are told apart by.
        goals: As `forecast_goals.read_goal` takes them; empty: that of the profile.
        since, until: First and last day that count for goals; None: those of the calendar quarter of the day after the forecast's.
        buy: As `forecast_plans.read_purchase` takes them, or `nothing`; empty: what the profile's advice buys beyond the contracts.
        profile: None: profile.toml of a programme folder, if there is one.
        seed: Of the draws.
    """

    weeks: int | None = None
    by: tuple[str, ...] = ("model",)
    goals: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    buy: tuple[str, ...] = ()
    profile: Path | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class ForecastResult:
    """What was foretold, for the command line.

    Attributes:
        standing: The programme on the day.
        found: The forecast; None: the profile that was named has slips.
        by: Columns that deliveries are told apart by.
        plans: What each contract is counted on for.
        purchases: What is not bought yet.
        goals: Each goal with its chance.
        record: How earlier forecasts did.
        findings: Slips of the profile.
        page: Where the page was written; None: nowhere.
        notes: What else is worth knowing.
    """

    standing: Standing | None
    found: Forecast | None
    by: tuple[str, ...] = ()
    plans: Sequence[ContractPlan] = ()
    purchases: Sequence[Purchase] = ()
    goals: Sequence[GoalOutlook] = ()
    record: ForecastRecord | None = None
    findings: Sequence[ProfileFinding] = ()
    page: Path | None = None
    notes: Sequence[str] = ()

    @property
    def currency(self) -> str:
        """Give the currency of revenue."""
        return "" if self.standing is None else self.standing.words.rates.base_currency

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values, as docs/reference/forecast.md tells."""
        found, record = self.found, self.record
        findings = [finding.to_json() for finding in self.findings]
        if self.standing is None or found is None or record is None:
            return {"payper_version": __version__, "as_of": None, "findings": findings, "notes": list(self.notes)}
        frames = {"weekly": found.weekly, "cumulative": found.cumulative, "seen": found.seen}
        value = {
            "payper_version": __version__,
            "programme": self.standing.words.name,
            "is_simulated": self.standing.words.is_simulated,
            "base_currency": self.currency,
            "as_of": found.as_of.isoformat(),
            "weeks": found.days // 7,
            "by": list(self.by),
            "method": found.method,
            "says": list(found.says),
            **{name: _rows(frame) for name, frame in frames.items()},
            "goals": [_goal_json(goal) for goal in self.goals],
            "contracted": [
                {name: getattr(plan, name) for name in ("contract", "provider", "model", "deliveries", "spread", "words")}
                for plan in self.plans
            ],
            "not_yet_bought": [
                {"group": dict(one.group), "deliveries": one.deliveries, "words": one.words}
                | {"first_day": one.first.isoformat(), "last_day": one.last.isoformat()}
                for one in self.purchases
            ],
            "record": {
                "held": record.held,
                "of": record.of,
                "factor": record.factor,
                "words": record.words,
                "checks": _rows(record.checks),
            },
            "findings": findings,
            "notes": list(self.notes),
        }
        return dict(to_json(value))


def forecast_programme(
    place: Path | str, asked: ForecastAsked | None = None, *, as_of: date | None = None, page: Path | None = None, tell: Tell = silent
) -> ForecastResult:
    """Foretell what the weeks after a day bring to a programme.

    Args:
        place: The programme, as of `read_standing`.
        asked: What is asked; None: all as the programme has it.
        as_of: None: the day of the latest run.
        page: Where the page goes; None: none is written.
        tell: Told how far work has come.

    Raises:
        UsageError: There is no programme, or what is asked makes no sense.
        FileError: The profile that was named cannot be read, or the page cannot be written.
    """
    asked = asked or ForecastAsked()
    check_asked(asked)
    if page is not None:
        check_folder(page, option="--html")
    profile, findings, notes = _profile(place, asked.profile)
    if profile is None and asked.profile is not None:
        return ForecastResult(standing=None, found=None, findings=findings)
    standing = read_standing(place, as_of=as_of, tell=tell)
    record = None
    if profile is not None:
        try:
            record = record_of(profile, standing)
        except UsageError as error:
            if asked.profile is not None:
                raise
            notes = [*notes, f"The folder's profile is left out: {error.seen}"]
    result = replace(foretell(standing, asked, record, notes=notes, tell=tell), findings=findings, page=page)
    if page is not None:
        write_text(forecast_page(page_values(result), payper_version=__version__), page)
    return result


def check_asked(asked: ForecastAsked) -> None:
    """Refuse what makes no sense before anything is read.

    Raises:
        UsageError: The seed, the weeks, a group or what is bought.
    """
    check_seed(asked.seed)
    if asked.weeks is not None and not 1 <= asked.weeks <= DAYS_MAX // 7:
        raise UsageError(
            where=f"--weeks {asked.weeks}", seen=f"This is no number from 1 to {DAYS_MAX // 7}.", mend="Write 13 for a quarter."
        )
    unknown = [name for name in asked.by if name not in GROUPS]
    if unknown:
        raise UsageError(where=f"--by {unknown[0]}", seen="Contracts cannot be told apart by it.", mend=f"Write {', '.join(GROUPS)}.")
    if NOTHING in asked.buy and len(asked.buy) > 1:
        raise UsageError(where="--buy nothing", seen="More is bought beside it.", mend="Leave it out, or write it alone.")


def _profile(place: Path | str, named: Path | None) -> tuple[Profile | None, Sequence[ProfileFinding], list[str]]:
    """Read the profile that is named, or that lies in the programme's folder."""
    lying = Path(place) / PROFILE if not (isinstance(place, str) and "://" in place) else None
    path = named or (lying if lying is not None and lying.is_file() else None)
    if path is None:
        return None, (), []
    try:
        reading = read_profile(path.read_text("utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        if named is None:
            return None, (), [f"The folder's {PROFILE} cannot be read, so it is left out."]
        raise FileError(where=path, seen=f"The profile cannot be read: {error}.", mend="Save it as UTF-8 text.") from error
    if reading.profile is None and named is None:
        return None, (), [f"The folder's {PROFILE} has slips, so it is left out; `payper advise {path}` tells which."]
    return reading.profile, reading.findings if reading.profile is None else (), []


def foretell(
    standing: Standing, asked: ForecastAsked, record: Record | None, *, notes: Sequence[str] = (), tell: Tell = silent
) -> ForecastResult:
    """Ask for goals, plans and purchases, and foretell.

    Args:
        standing: The programme on the day.
        asked: What is asked, as of `check_asked`; its profile is not read.
        record: The profile beside what the programme knows; None: there is none.
        notes: What is worth knowing already.
        tell: Told how far work has come.

    Raises:
        UsageError: A goal or a purchase makes no sense.
    """
    goals, told = _goals(standing, asked, record)
    last = max([standing.day, *(goal.until for goal in goals)])
    weeks = asked.weeks or max(WEEKS, -(-(last - standing.day).days // 7))
    if weeks > DAYS_MAX // 7:
        raise UsageError(where=f"--until {last}", seen=f"This is more than {DAYS_MAX // 7} weeks ahead.", mend="Name an earlier day.")
    plans = _plans(standing, 7 * weeks)
    purchases, words = _purchases(standing, asked, record, 7 * weeks)
    deliveries = measurable(standing.outcomes)
    tell("forecast", 0, 2)
    checked = check_forecasts(deliveries, as_of=standing.day, by=asked.by, seed=asked.seed)
    if not checked.of:
        # A programme too young for quarters is checked on months.
        checked = check_forecasts(deliveries, as_of=standing.day, by=asked.by, weeks=WEEKS_YOUNG, seed=asked.seed)
    tell("forecast", 1, 2)
    found = forecast(
        deliveries,
        as_of=standing.day,
        weeks=weeks,
        planned=plans_frame(plans, purchases, asked.by),
        by=asked.by,
        widen=checked.factor,
        seed=asked.seed,
    )
    tell("forecast", 2, 2)
    return ForecastResult(
        standing=standing,
        found=found,
        by=asked.by,
        plans=plans,
        purchases=purchases,
        goals=[weigh_goal(found, goal) for goal in goals],
        record=checked,
        notes=[*notes, *told, *words, *found.notes, *standing.notes],
    )


def _goals(standing: Standing, asked: ForecastAsked, record: Record | None) -> tuple[list[GoalAsked], list[str]]:
    """Give the goals that are asked for, else that of the profile."""
    first = standing.day + timedelta(days=1)
    if asked.goals:
        until = asked.until or quarter_of(first)[1]
        return [read_goal(text, since=asked.since, until=until) for text in asked.goals], []
    if record is None or record.profile.goals.amount is None:
        return [], []
    goals, rates = record.profile.goals, standing.words.rates
    kind = goals.kind or "revenue"
    if kind not in ("revenue", "meetings"):
        return [], [f"The profile's goal is {kind}, which is not foretold; name one with --goal."]
    rate = rates.rate(rates.base_currency, record.profile.currency, standing.day)
    unit = float(rate or 1) * 10.0 ** (exponent(record.profile.currency) or 0) if kind == "revenue" else 1.0
    until = asked.until or standing.day + timedelta(days=round((goals.months or 3) * MONTH_DAYS))
    origin = f"the profile's goal for {goals.months or 3:g} months"
    return [GoalAsked(measure=kind, amount=(goals.amount or 0.0) / unit, since=asked.since or first, until=until, origin=origin)], []


def _plans(standing: Standing, days: int) -> tuple[ContractPlan, ...]:
    """Plan what contracts are counted on for."""
    charged = (
        standing.settlement.charges.filter(pl.col("milestone") == Milestone.ACCEPTED.value)
        .group_by("contract")
        .agg(pl.col("amount_minor").sum())
    )
    accepted = standing.outcomes.select("contract", "delivered_on", "is_replacement")
    spent = {str(contract): int(minor) for contract, minor in charged.iter_rows()}
    return plan_contracts(standing.words.contracts, accepted, spent, as_of=standing.day, end=standing.end, days=days)


def _purchases(standing: Standing, asked: ForecastAsked, record: Record | None, days: int) -> tuple[list[Purchase], list[str]]:
    """Give what is not bought yet: as asked, else what the profile's advice buys beyond what contracts are counted on for."""
    first = standing.day + timedelta(days=1)
    if asked.buy == (NOTHING,):
        return [], []
    if asked.buy:
        newest = [max(versions, key=lambda one: one.version) for versions in standing.words.contracts.values()]
        known = {"model": MODELS, "provider": sorted({one.provider for one in newest}), "contract": sorted(standing.words.contracts)}
        last = standing.day + timedelta(days=days)
        return [read_purchase(text, by=asked.by, first=first, last=last, known=known) for text in asked.buy], []
    if record is None:
        return [], []
    found = recommend(record.profile, history=record.history, is_thorough=False)
    span = round(found.months * MONTH_DAYS)
    lines = [({"contract": line.option, "provider": line.provider, "model": line.model}, float(line.units)) for line in found.lines]
    last = standing.day + timedelta(days=span)
    purchases = still_to_buy(lines, _plans(standing, span), by=asked.by, first=first, last=last)
    return purchases, [f"Not yet bought is what the profile's advice would buy in {found.months:g} months; nobody has bought it."]


def _goal_json(goal: GoalOutlook) -> dict[str, Any]:
    chance = goal.chance
    return {
        "measure": chance.measure,
        "goal": chance.goal,
        "origin": goal.asked.origin,
        "since": chance.since.isoformat(),
        "until": chance.until.isoformat(),
        "so_far": chance.so_far,
        **{name: getattr(chance, name) for name in ("chance", "mean", "p05", "p50", "p95")},
        "chances": {source: goal.steps[source].chance for source in SOURCES},
        "words": chance.words,
    }


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Give a table's rows with dates as text."""
    return frame.with_columns(pl.selectors.date().dt.to_string("iso")).to_dicts()


def page_values(result: ForecastResult) -> dict[str, Any]:
    """Give what a page of a forecast shows, in words and charts."""
    found, standing, record = result.found, result.standing, result.record
    assert found is not None, "there is a forecast where there is a page"
    assert standing is not None, "of a programme"
    assert record is not None, "and its record"
    return forecast_values(
        found,
        programme=standing.words.name,
        is_simulated=standing.words.is_simulated,
        currency=result.currency,
        accepted=standing.outcomes.height,
        goals=result.goals,
        plans=result.plans,
        purchases=result.purchases,
        record=record,
        notes=result.notes,
    )

"""Deliveries of a simulated contract: who is delivered when, and with which fault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import polars as pl

from payper.simulation import words
from payper.simulation.plans import ContractPlan
from payper.simulation.population import draw_companies, draw_people, pick

DECIDERS = ("manager", "director", "vp", "c-level")
CUSTOMERS = 0.05
"""Share of companies that are the buyer's customers already."""

_OTHERS_PERSON = frozenset({"DUPLICATE_SELF", "DUPLICATE_OTHER", "DUPLICATE_POSSIBLE", "RESENT"})


@dataclass(slots=True)
class Universe:
    """The people that one contract's provider can deliver, and where each of them misses the audience.

    Attributes:
        people: As `population.draw_people`, with `is_customer` and a Boolean `misses_<dimension>` each.
        used: Rows already delivered.
    """

    people: pl.DataFrame
    used: np.ndarray[Any, Any]

    def take(self, rng: np.random.Generator, wanted: pl.Expr, count: int) -> np.ndarray[Any, Any]:
        """Draw rows that hold `wanted` and were not drawn before; fewer when there are no more."""
        fits = np.flatnonzero(self.people.select(wanted.alias("fits")).to_series().to_numpy() & ~self.used)
        chosen = fits[np.argsort(rng.random(len(fits)))][:count]
        self.used[chosen] = True
        return chosen


def universe_of(rng: np.random.Generator, plan: ContractPlan, count: int) -> Universe:
    """Invent the companies and people of a contract's market, and some beside it."""
    companies = 150 if plan.targets else max(120, int(count * 1.2))
    inside = draw_companies(rng, companies, countries=plan.countries)
    if plan.targets:
        inside = inside.with_columns(employees_text=pl.col("employees").clip(260).cast(pl.String), employees=pl.col("employees").clip(260))
    others = [country.code for country in words.COUNTRIES if country.code not in plan.countries]
    outside = draw_companies(rng, 80, countries=others)
    beside = draw_companies(rng, 80 if plan.targets else 1, countries=plan.countries)
    marked = pl.concat(
        [
            inside.with_columns(is_customer=pl.Series(rng.random(inside.height) < CUSTOMERS), is_target=pl.lit(value=True)),
            outside.with_columns(is_customer=pl.lit(value=False), is_target=pl.lit(value=True)),
            beside.with_columns(is_customer=pl.lit(value=False), is_target=pl.lit(value=False)),
        ]
    ).unique(subset="domain", keep="first", maintain_order=True)
    people = draw_people(rng, marked, max(600, count * 8)).unique(subset="email", keep="first", maintain_order=True)
    low, high = plan.sizes
    needs = DECIDERS if not plan.attendee or plan.meetings < 1 else plan.attendee
    rule = (pl.col("employees") < plan.rule_size) & ~pl.col("naics").str.starts_with("52") if plan.rule_size else pl.lit(value=False)
    return Universe(
        people=people.with_columns(
            misses_country=~pl.col("country").is_in(plan.countries),
            misses_size=~pl.col("employees").is_between(low, high) | (pl.col("revenue") < 25_000_000),
            misses_function=~pl.col("function").is_in(plan.functions),
            misses_seniority=~pl.col("seniority").is_in(needs),
            misses_rule=rule & (pl.col("employees") >= low),
            misses_target=~pl.col("is_target"),
        ),
        used=np.zeros(people.height, dtype=bool),
    )


_MISSES = {
    "COUNTRY_OUTSIDE": "misses_country",
    "SIZE_OUTSIDE": "misses_size",
    "FUNCTION_OUTSIDE": "misses_function",
    "SENIORITY_OUTSIDE": "misses_seniority",
    "NOT_DECISION_MAKER": "misses_seniority",
    "RULE_FAILED": "misses_rule",
    "COMPANY_NOT_TARGETED": "misses_target",
}


def fits(fault: str, *, is_appointment: bool, plan: ContractPlan) -> pl.Expr:
    """Tell which people serve a delivery of this fault: they miss the audience where the fault says so and nowhere else."""
    missed = _MISSES.get(fault)
    rest = [~pl.col(name) for name in dict.fromkeys(_MISSES.values()) if name != missed]
    if fault == "SIZE_OUTSIDE":
        rest = [
            expr
            for name, expr in zip([n for n in dict.fromkeys(_MISSES.values()) if n != missed], rest, strict=True)
            if name != "misses_rule"
        ]
    suppressed = pl.col("is_customer") if fault == "SUPPRESSED" else ~pl.col("is_customer")
    wanted = pl.all_horizontal(suppressed, *([pl.col(missed)] if missed else []), *rest)
    if is_appointment and plan.attendee and missed != "misses_seniority":
        wanted = wanted & pl.col("seniority").is_in(plan.attendee)
    return wanted


def draw_deliveries(rng: np.random.Generator, plan: ContractPlan, universe: Universe, *, count: int, starts: date) -> pl.DataFrame:
    """Make the deliveries of one contract, people included, faults not yet planted.

    Returns:
        One row per delivery in order of `delivered_at`: people's columns, `contract`, `provider`, `kind`, `fault`, `delivered_at`,
        `generated_at`, `consent_at`, `meeting_at` (naive local times), `_draw`, `quality` (latent, 0 to 1).
    """
    faults = plan.faults()
    rates = [max(0.0, 100 - sum(faults.values())), *faults.values()]
    names = np.array(["", *faults])[pick(rng, rates, count)]
    meeting = rng.random(count) < plan.meetings
    meeting[np.isin(names, ["NOTICE_TOO_SHORT", "BEYOND_HORIZON", "NOT_DECISION_MAKER"])] = True
    rows = np.full(count, -1, dtype=np.int64)
    for name in sorted(set(names.tolist())):
        for kind in (False, True):
            places = np.flatnonzero((names == name) & (meeting == kind))
            found = universe.take(rng, fits(name, is_appointment=kind, plan=plan), len(places))
            rows[places[: len(found)]] = found
    times = _times(rng, plan, count, starts)
    frame = universe.people[np.maximum(rows, 0)].with_columns(
        contract=pl.lit(plan.id),
        provider=pl.lit(plan.provider),
        kind=pl.Series(np.where(meeting, "appointment", "lead")),
        fault=pl.Series(names.tolist()),
        _draw=pl.Series(rng.random(count)),
        quality=pl.Series(np.clip(plan.quality + (rng.random(count) + rng.random(count) - 1) * 0.35, 0.02, 0.98)),
        **times,
    )
    frame = frame.filter(pl.Series(rows >= 0))
    return _with_meetings(rng, frame).sort("delivered_at", maintain_order=True)


def _times(rng: np.random.Generator, plan: ContractPlan, count: int, starts: date) -> dict[str, pl.Series]:
    """Date deliveries on working days in working hours; one day is overrun when the plan says so."""
    first = starts + timedelta(days=plan.offset)
    days = (rng.random(count) ** 0.9 * (plan.days - 2)).astype(np.int64) + 1
    if plan.burst:
        rush = int(plan.days * 0.4)
        days[np.argsort(rng.random(count))[: plan.burst + 14]] = rush
    dates = np.busday_offset(np.datetime64(first) + days, 0, roll="backward")
    dates = np.maximum(dates, np.busday_offset(np.datetime64(first) + 1, 0, roll="forward"))
    minute = np.timedelta64(1, "m")
    delivered = dates.astype("datetime64[m]") + (8 * 60 + (rng.random(count) * 600).astype(np.int64)) * minute
    opening = np.datetime64(datetime.combine(first, time(0, 10))).astype("datetime64[m]")
    generated = np.maximum(delivered - (20 + (rng.random(count) * 4 * 1440).astype(np.int64)) * minute, opening)
    consent = generated - (5 + (rng.random(count) * 600).astype(np.int64)) * minute
    named = {"delivered_at": delivered, "generated_at": generated, "consent_at": consent}
    return {name: pl.Series(values.astype("datetime64[us]")) for name, values in named.items()}


def _with_meetings(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """Date the meetings of appointments two to eight working days ahead, or as their fault says."""
    delivered = frame["delivered_at"].to_numpy()
    ahead = np.busday_offset(delivered.astype("datetime64[D]"), 2 + (rng.random(frame.height) * 6).astype(np.int64), roll="forward")
    half_hours = 18 + (rng.random(frame.height) * 15).astype(np.int64)
    meeting = (ahead.astype("datetime64[m]") + half_hours * np.timedelta64(30, "m")).astype("datetime64[us]")
    fault = pl.col("fault")
    told = (
        pl.when(fault == "NOTICE_TOO_SHORT")
        .then(pl.col("delivered_at") + timedelta(hours=3))
        .when(fault == "BEYOND_HORIZON")
        .then(pl.Series(meeting) + timedelta(days=60))
        .otherwise(pl.Series(meeting))
    )
    is_meeting = pl.col("kind") == "appointment"
    return frame.with_columns(
        meeting_at=pl.when(is_meeting).then(told),
        meeting_minutes=pl.when(is_meeting).then(pl.lit(30, dtype=pl.Int64)),
        attendees=pl.when(is_meeting).then(pl.concat_str("first_name", pl.lit(" "), "last_name", pl.lit(" <"), "email", pl.lit(">"))),
    )


def repeat_people(rng: np.random.Generator, frame: pl.DataFrame, plans: dict[str, ContractPlan]) -> pl.DataFrame:
    """Give the rows whose fault is a duplicate the person of an earlier good delivery, and a resent one its external id too.

    A row for which there is none loses its fault.

    Args:
        rng: Chance.
        frame: All deliveries with `external_id`, in order of `delivered_at`.
        plans: By contract id.
    """
    person = ["first_name", "last_name", "email", "phone", "title", "company", "domain", "country", "country_text", "city", "postal_code"]
    person += ["industry", "naics", "employees", "employees_text", "revenue", "revenue_text", "function", "seniority", "linkedin_url"]
    kinds, contracts, providers = (frame[name].to_numpy() for name in ("kind", "contract", "provider"))
    faults = frame["fault"].to_list()
    source = np.arange(frame.height)
    audience = {plan.id: frame.select(_is_inside(plan)).to_series().to_numpy() for plan in plans.values()}
    good = np.array([fault == "" for fault in faults])
    for row in (number for number, fault in enumerate(faults) if fault in _OTHERS_PERSON):
        before = np.flatnonzero(good[:row] & (kinds[:row] == kinds[row]) & audience[contracts[row]][:row])
        if faults[row] == "DUPLICATE_OTHER":
            before = before[providers[before] != providers[row]]
        else:
            before = before[contracts[before] == contracts[row]]
        if before.size == 0:
            faults[row] = ""
        else:
            source[row] = before[int(rng.random() * before.size)]
    resent = np.array([fault == "RESENT" for fault in faults])
    ids = frame["external_id"].to_numpy()
    return frame.with_columns(
        *[frame[name].gather(source) for name in person],
        fault=pl.Series(faults),
        external_id=pl.Series(np.where(resent, ids[source], ids).tolist()),
    )


def _is_inside(plan: ContractPlan) -> pl.Expr:
    """Tell whether a person fits a contract's audience."""
    inside = (
        pl.col("country").is_in(plan.countries)
        & pl.col("function").is_in(plan.functions)
        & pl.col("seniority").is_in(DECIDERS)
        & pl.col("employees").is_between(*plan.sizes)
    )
    return (inside & pl.col("is_target") & (pl.col("contract") == plan.id) if plan.targets else inside).alias("inside")


def over_caps(frame: pl.DataFrame, plans: dict[str, ContractPlan]) -> pl.DataFrame:
    """Mark as `CAP_COMPANY` or `CAP_DAY` the good deliveries that come after a contract's number for a company or day is reached."""
    good = pl.col("fault") == ""
    company = pl.col("contract").replace_strict({plan.id: plan.per_company or 10**9 for plan in plans.values()}, return_dtype=pl.Int64)
    first = frame.with_columns(
        fault=pl.when(good & (good.cum_sum().over("contract", "domain") > company)).then(pl.lit("CAP_COMPANY")).otherwise("fault")
    )
    day = pl.col("contract").replace_strict({plan.id: plan.burst or 10**9 for plan in plans.values()}, return_dtype=pl.Int64)
    order = good.cum_sum().over("contract", pl.col("delivered_at").dt.date())
    return first.with_columns(fault=pl.when(good & (order > day)).then(pl.lit("CAP_DAY")).otherwise("fault"))

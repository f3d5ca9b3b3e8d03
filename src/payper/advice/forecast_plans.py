"""Deliveries to come: what contracts still promise, by their terms and pace, and what is not bought yet.

The rule for a contract, told in words with every plan: by the version in force on the day, its open days are those from its start to its
end that are not paused. On each of those ahead it brings as many accepted deliveries as on an open day of the last `PACE_DAYS`, no more
than its caps (total, month, day, budget) leave. One younger than `OPEN_DAYS_MIN` open days has no pace yet and is taken to bring its cap
evenly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import inf, isfinite, sqrt

import numpy as np
import polars as pl

from payper.advice.forecast_frames import CONTRACTED, UNBOUGHT
from payper.errors import UsageError
from payper.terms.contract import Contract

PACE_DAYS = 56
OPEN_DAYS_MIN = 14
UNPROVEN_SPREAD = 0.25
"""How unsure a volume is that stands in a contract and has not begun to come; payper's assumption."""
PRIOR_DISPERSION, PRIOR_WEEKS = 1.5, 4.0
"""How much more the deliveries of weeks vary than by chance, as providers send batches, and the weeks this belief is worth; payper's
assumption."""
GROUPS = ("model", "provider", "contract")
"""What deliveries to come can be grouped by."""
MODELS = ("lead", "appointment", "hybrid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPlan:
    """What a contract is counted on for.

    Attributes:
        contract: Its id.
        provider: Of the version in force.
        model: The same.
        deliveries: Accepted deliveries expected within the days ahead.
        spread: How unsure that is: standard deviation over it.
        words: The rule that gave it, in a sentence.
        days: Expected deliveries by day, days of none left out.
    """

    contract: str
    provider: str
    model: str
    deliveries: float
    spread: float
    words: str
    days: Mapping[date, float] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """What could be bought besides.

    Attributes:
        group: Values of the columns that deliveries are grouped by.
        deliveries: How many.
        first, last: Days over which they come evenly.
        words: Where it is from, in a sentence.
    """

    group: Mapping[str, str]
    deliveries: float
    first: date
    last: date
    words: str


def plan_contracts(
    contracts: Mapping[str, Sequence[Contract]],
    accepted: pl.DataFrame,
    spent_minor: Mapping[str, int],
    *,
    as_of: date,
    end: datetime,
    days: int,
) -> tuple[ContractPlan, ...]:
    """Give what every contract in force is counted on for, in order of its id.

    Args:
        contracts: Versions by id; one that begins to hold after `end` is not looked at.
        accepted: Accepted deliveries: `contract`, `delivered_on` (Date), `is_replacement`. Replacements fill no cap and have no pace.
        spent_minor: What acceptance has charged so far by contract, in minor units of its currency, for its budget.
        as_of: The last day that is over.
        end: The last instant that is over.
        days: Days ahead.
    """
    counted = accepted.filter(~pl.col("is_replacement") & (pl.col("delivered_on") <= as_of))
    own = {str(key[0]): frame["delivered_on"] for key, frame in counted.group_by("contract")}
    plans = []
    for id_, versions in sorted(contracts.items()):
        known = [one for one in versions if one.holds_from <= end]
        if known:
            terms = max(known, key=lambda one: one.version)
            past = own.get(id_, pl.Series("delivered_on", [], dtype=pl.Date))
            plans.append(_plan(terms, past, spent_minor.get(id_, 0), as_of, days))
    return tuple(plans)


def plans_frame(plans: Iterable[ContractPlan], purchases: Iterable[Purchase], by: Sequence[str]) -> pl.DataFrame:
    """Give plans and purchases as `forecast` takes deliveries to come.

    Contracts of one group fall short or exceed apart from each other, so that their spreads are added as squares.
    """
    rows: list[tuple[object, ...]] = []
    groups: dict[tuple[str, ...], list[ContractPlan]] = defaultdict(list)
    for plan in plans:
        groups[tuple(getattr(plan, name) for name in by)].append(plan)
    for group, members in groups.items():
        number = sum(plan.deliveries for plan in members)
        spread = sqrt(sum((plan.deliveries * plan.spread) ** 2 for plan in members)) / number if number else 0.0
        rows += [(day, each, spread, CONTRACTED, *group) for plan in members for day, each in plan.days.items()]
    for purchase in purchases:
        span = (purchase.last - purchase.first).days + 1
        group = tuple(purchase.group[name] for name in by)
        days = (purchase.first + timedelta(days=day) for day in range(span))
        rows += [(day, purchase.deliveries / span, 0.0, UNBOUGHT, *group) for day in days]
    schema = {"delivered_on": pl.Date, "deliveries": pl.Float64, "spread": pl.Float64, "source": pl.String, **dict.fromkeys(by, pl.String)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def read_purchase(text: str, *, by: Sequence[str], first: date, last: date, known: Mapping[str, Sequence[str]]) -> Purchase:
    """Read what could be bought, such as `lead=300`, or `300` where deliveries are not grouped.

    Args:
        text: As written; the values of several columns stand with a slash between, `lead/leadharbour=300`.
        by: The columns.
        first: The first day on which it may come.
        last: The last one.
        known: By column, the values there are.

    Raises:
        UsageError: It cannot be read, or names a group that does not exist.
    """
    name, _, number = text.rpartition("=")
    shape = "/".join(column.upper() for column in by) + "=NUMBER" if by else "NUMBER"
    values = [part.strip() for part in name.split("/")] if name else []
    try:
        deliveries = float(number)
    except ValueError:
        deliveries = inf
    if not isfinite(deliveries) or deliveries < 0 or len(values) != len(by):
        raise UsageError(where=f"--buy {text}", seen=f"This is not {shape}.", mend=f"Write {_example(by, known)}, or --buy nothing.")
    for column, value in zip(by, values, strict=True):
        if value not in known[column]:
            raise UsageError(
                where=f"--buy {text}", seen=f"`{value}` is no {column} here.", mend=f"Write one of {', '.join(known[column])}."
            )
    return Purchase(
        group=dict(zip(by, values, strict=True)),
        deliveries=deliveries,
        first=first,
        last=last,
        words=f"{deliveries:,.0f} {_named(values)}deliveries as asked, evenly from {_day(first)} to {_day(last)}.",
    )


def still_to_buy(
    lines: Sequence[tuple[Mapping[str, str], float]], plans: Sequence[ContractPlan], *, by: Sequence[str], first: date, last: date
) -> list[Purchase]:
    """Give what a mix buys beyond what contracts are counted on for, by group.

    Args:
        lines: Of the mix: `contract`, `provider` and `model` of each, and its units.
        plans: Of contracts over the same days.
        by: Columns that make the groups.
        first: The first day.
        last: The last one.
    """
    wanted: dict[tuple[str, ...], float] = defaultdict(float)
    counted: dict[tuple[str, ...], float] = defaultdict(float)
    for line, units in lines:
        wanted[tuple(line[name] for name in by)] += units
    for plan in plans:
        counted[tuple(getattr(plan, name) for name in by)] += plan.deliveries
    return [
        Purchase(
            group=dict(zip(by, group, strict=True)),
            deliveries=units - counted[group],
            first=first,
            last=last,
            words=f"{units - counted[group]:,.0f} {_named(group)}deliveries: the advice buys {units:,.0f} from {_day(first)} to "
            f"{_day(last)}{_less(counted[group])}.",
        )
        for group, units in sorted(wanted.items())
        if units - counted[group] >= 0.5
    ]


def _less(counted: float) -> str:
    return f", of which contracts are counted on for {counted:,.0f}" if counted >= 0.5 else ""


def _named(group: Sequence[str]) -> str:
    return f"{'/'.join(group)} " if group else ""


def _example(by: Sequence[str], known: Mapping[str, Sequence[str]]) -> str:
    return "--buy " + "/".join(known[column][0] for column in by if known[column]) + "=300" if by else "--buy 300"


def _plan(terms: Contract, past: pl.Series, spent_minor: int, as_of: date, days: int) -> ContractPlan:
    """Plan one contract."""
    open_days = _open_days(terms, max(terms.starts, as_of + timedelta(days=1)), as_of + timedelta(days=days))
    left, why = _left(terms, past, spent_minor)
    shut = _shut(terms, as_of, days, open_days, left, why)
    pace = _pace(terms, past, as_of)
    if shut or pace.a_day == 0:
        return _contract_plan(terms, {}, 0.0, shut or pace.words)
    planned = _spread_out(terms, open_days, past, pace.a_day, left)
    number = sum(planned.values())
    is_capped = number >= left - 1e-9
    spread = UNPROVEN_SPREAD if pace.seen == 0 else 0.0 if is_capped else sqrt(pace.dispersion * (1 / pace.seen + 1 / max(number, 1.0)))
    until = f"until {_day(terms.ends)}" if terms.ends is not None and terms.ends <= open_days[-1] else f"to {_day(open_days[-1])}"
    limit = f"; {why} allows no more" if is_capped else ""
    return _contract_plan(terms, planned, spread, f"{pace.words}, {until}{limit}.")


def _contract_plan(terms: Contract, planned: Mapping[date, float], spread: float, words: str) -> ContractPlan:
    return ContractPlan(
        contract=terms.id,
        provider=terms.provider,
        model=terms.model,
        deliveries=sum(planned.values()),
        spread=spread,
        words=words,
        days=planned,
    )


def _open_days(terms: Contract, first: date, last: date) -> list[date]:
    """Give the days on which a contract takes deliveries; its end counts."""
    last = last if terms.ends is None else min(last, terms.ends)
    every = (first + timedelta(days=day) for day in range((last - first).days + 1))
    return [day for day in every if not any(pause.first <= day <= pause.last for pause in terms.pauses)]


def _left(terms: Contract, past: pl.Series, spent_minor: int) -> tuple[float, str]:
    """Give how many deliveries total and budget leave, and which of them says so."""
    limits = [(inf, "")]
    if terms.caps.total is not None:
        limits.append((max(float(terms.caps.total - past.len()), 0.0), f"the cap of {terms.caps.total:,}"))
    if terms.caps.budget_minor is not None and past.len() and spent_minor > 0:
        limits.append((max(float(terms.caps.budget_minor - spent_minor), 0.0) * past.len() / spent_minor, "the budget"))
    return min(limits, key=lambda limit: limit[0])


def _shut(terms: Contract, as_of: date, days: int, open_days: Sequence[date], left: float, why: str) -> str:
    """Say why nothing can come; empty where something can."""
    if terms.ends is not None and terms.ends <= as_of:
        return f"Ended on {_day(terms.ends)}."
    if terms.starts > as_of + timedelta(days=days):
        return f"Starts on {_day(terms.starts)}, after the days ahead."
    if not open_days:
        return "Paused on all days ahead."
    return f"{why[:1].upper()}{why[1:]} is used up." if left < 1 else ""


@dataclass(frozen=True, slots=True)
class _Pace:
    """How many deliveries come on an open day: by how many that was seen, how much more weeks vary than by chance, and in words."""

    a_day: float
    words: str
    seen: int = 0
    dispersion: float = 1.0


def _pace(terms: Contract, past: pl.Series, as_of: date) -> _Pace:
    since = max(terms.starts, as_of - timedelta(days=PACE_DAYS - 1))
    seen = _open_days(terms, since, as_of) if since <= as_of else []
    recent = past.filter(past >= since)
    if len(seen) >= OPEN_DAYS_MIN:
        if recent.is_empty():
            return _Pace(0.0, f"Nothing was delivered on its last {len(seen)} open days, so nothing more is counted on.")
        a_day = recent.len() / len(seen)
        words = f"{7 * a_day:,.1f} a week, as on its last {len(seen)} open days"
        return _Pace(a_day, words, recent.len(), _dispersion(recent, as_of, len(seen)))
    if terms.caps.total is None or terms.ends is None:
        return _Pace(0.0, "Too young to have a pace, and without a total cap and an end: nothing is counted on.")
    a_day = terms.caps.total / max(len(_open_days(terms, terms.starts, terms.ends)), 1)
    return _Pace(a_day, f"{7 * a_day:,.1f} a week, its cap of {terms.caps.total:,} taken evenly as it is too young to have a pace")


def _dispersion(recent: pl.Series, as_of: date, open_days: int) -> float:
    """Give how much more weeks vary than by chance, 1 or more, drawn towards `PRIOR_DISPERSION`.

    Source: McCullagh, Nelder 1989, Generalized Linear Models, 2nd ed., section 4.5 (dispersion from Pearson's chi-square).
    """
    back = np.array([(as_of - day).days // 7 for day in recent.to_list()])
    weeks = np.bincount(back, minlength=max(open_days // 7, 1)).astype(np.float64)
    square = float(((weeks - weeks.mean()) ** 2 / weeks.mean()).sum())
    return max((square + PRIOR_DISPERSION * PRIOR_WEEKS) / (weeks.size - 1 + PRIOR_WEEKS), 1.0)


def _spread_out(terms: Contract, open_days: Sequence[date], past: pl.Series, pace: float, left: float) -> dict[date, float]:
    """Give each open day its deliveries, as long as caps leave any."""
    caps = terms.caps
    months: dict[tuple[int, int], float] = defaultdict(float)
    for day in past.to_list():
        months[day.year, day.month] += 1
    planned: dict[date, float] = {}
    for day in open_days:
        month = (day.year, day.month)
        room = inf if caps.per_month is None else max(caps.per_month - months[month], 0.0)
        number = min(pace, left, room, inf if caps.per_day is None else caps.per_day)
        if number > 0:
            planned[day] = number
            left -= number
            months[month] += number
    return planned


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"

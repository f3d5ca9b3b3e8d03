"""A whole programme folder, invented: contracts, deliveries, milestones, returns, lists, and the truth behind them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from string import Template

import numpy as np
import polars as pl

from payper.simulation.deliveries import Universe, draw_deliveries, fits, over_caps, repeat_people, universe_of
from payper.simulation.faults import plant
from payper.simulation.files import Format, write_deliveries, write_table
from payper.simulation.outcomes import draw_milestones, draw_returns, spoil_milestones, win_chance
from payper.simulation.plans import ContractPlan, plans_for
from payper.simulation.words import ASSETS, CHANNELS

FILE_DAYS = 14
"""A provider sends one file a fortnight."""

HORIZON_DAYS = 200
"""Milestones are known until so long after the programme starts."""

TIMEFRAMES = ("6-12 months", "No plans", "12 months or more")


@dataclass(frozen=True, slots=True)
class SimulatedProgramme:
    """A programme folder that is not on any disk yet, and what is true of it.

    Attributes:
        files: Path inside the folder, with forward slashes, to the file's bytes.
        deliveries: The truth of every delivery, in order of arrival: `contract`, `file`, `external_id`, `delivered_at` (local), `kind`,
            `fault` (the reason that was planted; empty: none), `quality` (latent, 0 to 1), `win_chance` (true chance of being won).
        milestones: Events as true, before the disorder of exports.
        returns: Returns as claimed, with `is_granted`.
    """

    files: dict[str, bytes]
    deliveries: pl.DataFrame
    milestones: pl.DataFrame
    returns: pl.DataFrame


def simulate_programme(
    *,
    seed: int,
    buyer: str = "northwind",
    contracts: int = 4,
    deliveries: int = 3_600,
    starts: date = date(2026, 1, 5),
) -> SimulatedProgramme:
    """Invent a buyer's programme.

    Args:
        seed: The same arguments give the same bytes.
        buyer: Party id; contract ids begin with it.
        contracts: How many; the four of `plans.PLANS` in turn.
        deliveries: About how many in all; replacements come on top.
        starts: First day of the programme.

    Raises:
        ValueError: Fewer than one contract, or fewer than 50 deliveries for each.
    """
    if contracts < 1 or deliveries < 50 * contracts:
        raise ValueError(
            f"{deliveries} deliveries under {contracts} contracts are too few: name one contract or more, and 50 deliveries for each"
        )
    rng = np.random.default_rng(seed)
    plans = {plan.id: plan for plan in plans_for(buyer, contracts)}
    markets: dict[str, Universe] = {}
    drawn = []
    for plan in plans.values():
        count = max(50, round(deliveries * plan.share))
        markets[plan.id] = universe_of(rng, plan, count)
        drawn.append(draw_deliveries(rng, plan, markets[plan.id], count=count, starts=starts))
    frame = _named(pl.concat(drawn)).with_columns(replaces=pl.lit(None, dtype=pl.String))
    true = over_caps(_paused(repeat_people(rng, frame, plans), plans, starts), plans)
    returns = draw_returns(rng, true, plans)
    whole = _sorted(pl.concat([true, *_replacements(rng, true, returns, plans, markets)]))
    spoilt = _finished(rng, plant(whole, buyer=buyer.title(), earliest=datetime.combine(starts, time())), plans)
    until = np.datetime64(datetime.combine(starts, time()) + timedelta(days=HORIZON_DAYS))
    back = spoilt.with_row_index("place").join(returns, on=["contract", "external_id"], how="semi")["place"].to_numpy()
    events = draw_milestones(rng, spoilt, returned=back, until=until)
    events = events.with_columns(
        currency=pl.when(pl.col("amount").is_not_null()).then(pl.col("contract").replace_strict(_currencies(plans)))
    )
    sent = _assign_files(spoilt, plans, starts)
    files = _programme_files(rng, buyer, plans=plans, markets=markets, frame=sent, starts=starts)
    files |= _delivery_files(sent, plans) | _milestone_files(spoil_milestones(rng, events)) | _return_files(returns)
    truth = sent.with_columns(win_chance(sent)).select(
        "contract", "file", "external_id", "delivered_at", "kind", "fault", "quality", "win_chance"
    )
    return SimulatedProgramme(files=dict(sorted(files.items())), deliveries=truth, milestones=events, returns=returns.drop("row"))


def _currencies(plans: dict[str, ContractPlan]) -> dict[str, str]:
    """Give each contract's currency."""
    return {plan.id: plan.currency for plan in plans.values()}


def _pause(plan: ContractPlan, starts: date) -> tuple[date, date]:
    """Give the two days near its end on which a contract of several versions takes nothing."""
    first = starts + timedelta(days=plan.offset + plan.days - 12)
    monday = first - timedelta(days=first.weekday())
    return monday, monday + timedelta(days=1)


def _paused(frame: pl.DataFrame, plans: dict[str, ContractPlan], starts: date) -> pl.DataFrame:
    """Mark the deliveries that come while their contract is paused."""
    marked = frame
    for plan in plans.values():
        if len(plan.texts) > 1:
            inside = (pl.col("contract") == plan.id) & pl.col("delivered_at").dt.date().is_between(*_pause(plan, starts))
            marked = marked.with_columns(fault=pl.when(inside).then(pl.lit("CONTRACT_PAUSED")).otherwise("fault"))
    return marked


def _sorted(frame: pl.DataFrame) -> pl.DataFrame:
    """Put deliveries in order of arrival."""
    return frame.sort("delivered_at", "contract", "external_id", maintain_order=True)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """Give every delivery an external id: the provider's letters and a running number."""
    ordered = frame.sort("delivered_at", "contract", maintain_order=True)
    letters = pl.col("provider").str.to_uppercase().str.slice(0, 2)
    number = pl.int_range(1, pl.len() + 1).over("provider").cast(pl.String).str.zfill(6)
    ending = pl.col("provider").str.extract(r"(-\d+)$").fill_null("")
    return ordered.with_columns(external_id=pl.concat_str(letters, ending, pl.lit("-"), number))


def _replacements(
    rng: np.random.Generator, frame: pl.DataFrame, returns: pl.DataFrame, plans: dict[str, ContractPlan], markets: dict[str, Universe]
) -> list[pl.DataFrame]:
    """Deliver a replacement for most granted returns of contracts whose remedy it is: most in time, some late."""
    parts = []
    for plan in plans.values():
        owed = returns.filter((pl.col("contract") == plan.id) & pl.col("is_granted"))
        owed = owed.filter(pl.Series(rng.random(owed.height) < 0.8, dtype=pl.Boolean))
        if not plan.replaces or owed.is_empty():
            continue
        rows = markets[plan.id].take(rng, fits("", is_appointment=False, plan=plan), owed.height)
        owed = owed[: len(rows)]
        late = rng.random(len(rows)) < 0.12
        claimed = owed["claimed_at"].to_numpy()
        wait = np.where(late, 25, 4 + (rng.random(len(rows)) * 3).astype(np.int64))
        day = np.busday_offset(claimed.astype("datetime64[D]"), wait, roll="forward")
        delivered = (day.astype("datetime64[m]") + np.timedelta64(600, "m")).astype("datetime64[us]")
        hour = np.timedelta64(3_600_000_000, "us")
        people = (
            markets[plan.id]
            .people[rows]
            .with_columns(
                contract=pl.lit(plan.id),
                provider=pl.lit(plan.provider),
                kind=pl.lit("lead"),
                fault=pl.Series(np.where(late, "REPLACEMENT_LATE", "").tolist(), dtype=pl.String),
                _draw=pl.lit(0.5),
                quality=pl.lit(plan.quality),
                delivered_at=pl.Series(delivered),
                generated_at=pl.Series(delivered - 20 * hour),
                consent_at=pl.Series(delivered - 21 * hour),
                meeting_at=pl.lit(None, dtype=pl.Datetime("us")),
                meeting_minutes=pl.lit(None, dtype=pl.Int64),
                attendees=pl.lit(None, dtype=pl.String),
                external_id=owed["external_id"] + "-R",
                replaces=owed["external_id"],
            )
        )
        parts.append(people.select(frame.columns))
    return parts


def _finished(rng: np.random.Generator, frame: pl.DataFrame, plans: dict[str, ContractPlan]) -> pl.DataFrame:
    """Add what senders add: campaign, asset, channel, network address, the answer to the contract's question."""
    count = frame.height
    fault = pl.col("fault")
    octet = pl.Series((rng.random(count) * 254).astype(np.int64) + 1).cast(pl.String)
    asked = pl.col("contract").is_in([plan.id for plan in plans.values() if plan.questions])
    accepted = next((plan.questions for plan in plans.values() if plan.questions), ("",))
    good = pl.Series(accepted).gather((rng.random(count) * len(accepted)).astype(np.int64))
    bad = pl.Series(TIMEFRAMES).gather((rng.random(count) * len(TIMEFRAMES)).astype(np.int64))
    answer = pl.when(fault == "ANSWER_MISSING").then(pl.lit("")).when(fault == "ANSWER_DISQUALIFIES").then(bad).otherwise(good)
    return frame.with_columns(
        website=pl.concat_str(pl.lit("https://www."), "domain"),
        campaign=pl.concat_str("contract", pl.lit(" "), pl.col("delivered_at").dt.strftime("%Y-%m")),
        asset=pl.Series(ASSETS).gather((rng.random(count) * len(ASSETS)).astype(np.int64)),
        channel=pl.Series(CHANNELS).gather((rng.random(count) * len(CHANNELS)).astype(np.int64)),
        ip=pl.concat_str(pl.lit("203.0.113."), octet),
        answer_timeframe=pl.when(asked).then(answer),
    )


# ------------------------------------------------------------------------------------------------------------ files


def _assign_files(frame: pl.DataFrame, plans: dict[str, ContractPlan], starts: date) -> pl.DataFrame:
    """Say which file each delivery comes in: one a fortnight and contract, named by its last day, in the sender's formats by turns."""
    fortnight = ((pl.col("delivered_at").dt.date() - starts).dt.total_days() // FILE_DAYS).alias("fortnight")
    placed = frame.with_columns(fortnight)
    names = {}
    for contract, turn in placed.select("contract", "fortnight").unique().sort("contract", "fortnight").iter_rows():
        sender = plans[contract].senders[turn % len(plans[contract].senders)]
        ending = sender.formats[turn // len(plans[contract].senders) % len(sender.formats)]
        last = starts + timedelta(days=FILE_DAYS * (turn + 1) - 1)
        names[f"{contract}/{turn}"] = f"deliveries/{contract}/{last.isoformat()}.{ending}"
    key = pl.concat_str("contract", pl.lit("/"), "fortnight")
    return placed.with_columns(file=key.replace_strict(names, return_dtype=pl.String))


def _delivery_files(frame: pl.DataFrame, plans: dict[str, ContractPlan]) -> dict[str, bytes]:
    """Write every file in its sender's manner."""
    text = frame.with_columns(country="country_text", employees="employees_text", revenue="revenue_text")
    files = {}
    for (contract, name, turn), part in text.group_by("contract", "file", "fortnight", maintain_order=True):
        senders = plans[str(contract)].senders
        kind: Format = str(name).rpartition(".")[2]  # type: ignore[assignment]  # the names end in a format
        dropped = part.drop("linkedin_url") if senders[0].style == "german" else part
        files[str(name)] = write_deliveries(dropped, senders[int(str(turn)) % len(senders)], kind)
    return files


def _milestone_files(events: pl.DataFrame) -> dict[str, bytes]:
    """Write milestones, one file a month by the order in which they were recorded."""
    columns = ["contract", "external_id", "email", "milestone", "reason", "happened_at", "amount", "currency", "source", "source_id"]
    dated = events.with_columns(month=pl.col("recorded_at").dt.strftime("%Y-%m"))
    files = {}
    for (name,), part in dated.group_by("month", maintain_order=True):
        told = part.with_columns(pl.col("happened_at").dt.to_string("%Y-%m-%d %H:%M"))
        files[f"milestones/crm-{name}.csv"] = write_table(told.select(columns).with_columns(pl.col(pl.String).replace("", None)))
    return files


def _return_files(returns: pl.DataFrame) -> dict[str, bytes]:
    """Write returns, one file a contract."""
    times = ["claimed_at", "contested_at", "decided_at"]
    told = (
        returns.drop("row", "is_granted")
        .with_columns(pl.col(times).dt.to_string("%Y-%m-%d %H:%M"))
        .with_columns(pl.col(pl.String).replace("", None))
    )
    return {f"returns/{contract}.csv": write_table(part) for (contract,), part in told.group_by("contract", maintain_order=True)}


def _programme_files(
    rng: np.random.Generator, buyer: str, *, plans: dict[str, ContractPlan], markets: dict[str, Universe], frame: pl.DataFrame, starts: date
) -> dict[str, bytes]:
    """Write the programme file, the contracts, the lists and the CRM."""
    customers = (
        pl.concat([market.people.filter("is_customer").select("domain", "company") for market in markets.values()])
        .unique()
        .sort("domain", "company")
    )
    targets = pl.concat(
        [
            market.people.filter("is_target").select("domain", "company", "country", "employees")
            for plan, market in zip(plans.values(), markets.values(), strict=True)
            if plan.targets
        ]
        or [pl.DataFrame(schema={"domain": pl.String, "company": pl.String, "country": pl.String, "employees": pl.Int64})]
    )
    targets = targets.unique().sort("domain", "company")
    gone = frame.filter(pl.col("fault") == "SUPPRESSED")["email"].unique().sort().to_list()[::2]
    hashed = [hashlib.sha256(email.strip().lower().encode()).hexdigest() for email in gone]
    entries = {
        "customers": [*customers["domain"].to_list()[::2], *customers["company"].to_list()[1::2]],
        "competitors": ["rivalforge.com", "Rivalforge Software Inc.", "otherline.co.uk"],
        "optouts": ["somebody@rovanmontlabs.com", *hashed],
        "target-companies": targets["domain"].unique().sort().to_list(),
    }
    files = {
        f"contracts/lists/{name}.csv": ("entry\n" + "".join(f"{entry}\n" for entry in rows)).encode()
        for name, rows in entries.items()
        if rows
    }
    example = targets.filter((pl.col("country") == "FR") & (pl.col("employees") >= 200)).head(1).to_dicts()
    for plan in plans.values():
        files |= _contract_files(buyer, plan, starts, example[0] if example else {"domain": "", "company": ""})
    files["crm.csv"] = _crm(rng, frame, markets)
    files["programme.toml"] = _programme_toml(buyer, starts).encode()
    return files


def _contract_files(buyer: str, plan: ContractPlan, starts: date, example: dict[str, str]) -> dict[str, bytes]:
    """Fill in the contract texts of a plan, one file per version."""
    first = starts + timedelta(days=plan.offset)
    monday = first + timedelta(days=(7 - first.weekday()) % 7)
    changes = monday + timedelta(days=35)
    day = {"day1": monday + timedelta(days=8), "day2": changes + timedelta(days=8), "day3": monday + timedelta(days=15)}
    pause = _pause(plan, starts)
    fills = {
        "id": plan.id,
        "buyer": buyer,
        "provider": plan.provider,
        "starts": first.isoformat(),
        "ends": (first + timedelta(days=plan.days)).isoformat(),
        "changes": f"{changes.isoformat()}T00:00:00",
        "pause1": pause[0].isoformat(),
        "pause2": pause[1].isoformat(),
        "target": example["domain"],
        "target_name": example["company"],
        **{name: value.isoformat() for name, value in day.items()},
    }
    many = len(plan.texts) > 1
    return {
        f"contracts/{plan.id}{f'-v{number}' if many else ''}.toml": Template(text).substitute(fills).encode()
        for number, text in enumerate(plan.texts, 1)
    }


def _crm(rng: np.random.Generator, frame: pl.DataFrame, markets: dict[str, Universe]) -> bytes:
    """Write the people the buyer has: those delivered as known ones, and 60 more of each market."""
    columns = ["email", "first_name", "last_name", "company"]
    known = frame.filter(pl.col("fault") == "DUPLICATE_CRM").with_columns(pl.col("email").str.to_lowercase()).select(columns)
    parts = [known]
    for market in markets.values():
        fresh = market.take(rng, ~pl.col("is_customer"), 60)
        parts.append(market.people[fresh].select(columns))
    return write_table(pl.concat(parts).unique(subset="email", keep="first").sort("email"))


def _programme_toml(buyer: str, starts: date) -> str:
    """Write the programme file: base currency, money and people at work, goals, monthly rates."""
    rates = [("GBP", (1.262, 1.255, 1.271, 1.283, 1.279, 1.266, 1.258)), ("EUR", (1.081, 1.088, 1.094, 1.079, 1.085, 1.092, 1.098))]
    tables = []
    for currency, monthly in rates:
        for number, rate in enumerate(monthly):
            month = (starts.month - 1 + number) % 12 + 1
            year = starts.year + (starts.month - 1 + number) // 12
            tables.append(f'[[rate]]\non = {year}-{month:02d}-01\ncurrency = "{currency}"\nin_base = "{rate:.3f}"\n')
    head = f"""\
# Simulated: every person, company, price and outcome in this folder is invented by `payper simulate`.
name = "{buyer.title()} demand generation {starts.year}"
simulated = true
base_currency = "USD"
timezone = "America/New_York"
horizon_days = 180
margin = "0.72"

[wages]
sdr_hour = "38.00"
ae_hour = "71.00"

[capacity]
sdr_hours_per_week = 120
ae_slots_per_week = 30

[goals]
won = 60
pipeline = "6000000.00"
cost_per_won = "4500.00"

"""
    return head + "\n".join(tables)

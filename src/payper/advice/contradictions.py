"""What the answers of a profile say against each other, or leave out, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from payper.advice.profile import Profile
from payper.terms.kinds import Severity


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One thing that answers say against each other: as a finding, still without its line."""

    severity: Severity
    seen: str
    mend: str
    key: str


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE


def contradictions(profile: Profile) -> tuple[Contradiction, ...]:
    """List what stands against each other in a profile, what is missing with no number to take for it, and what will decide the advice."""
    return (*_money(profile), *_people(profile), *_time(profile), *_audience(profile), *_offers(profile))


def _money(profile: Profile) -> Iterator[Contradiction]:
    revenue = profile.revenue
    if revenue.deal_minor is None and (not profile.offers or any(offer.deal_minor is None for offer in profile.offers)):
        yield Contradiction(
            _E, "`revenue.deal_size` is unanswered, and no number can stand for it.", 'Add `deal_size = "25000"`.', "revenue"
        )
    if revenue.budget_minor is None:
        yield Contradiction(_E, "`revenue.budget` is unanswered, and no number can stand for it.", 'Add `budget = "60000"`.', "revenue")
    if revenue.deal_minor == 0:
        yield Contradiction(
            _W, "`revenue.deal_size` is 0: no deal brings anything.", "Write what a first deal is worth.", "revenue.deal_size"
        )
    if revenue.budget_minor == 0:
        yield Contradiction(_W, "`revenue.budget` is 0: nothing can be bought.", "Write what may be spent.", "revenue.budget")
    if revenue.margin is not None and revenue.margin <= 0:
        loses = "loses money" if revenue.margin < 0 else "brings nothing"
        seen = f"`revenue.margin` is {revenue.margin:g}: each further sale {loses}, so the best advice is to buy nothing."
        yield Contradiction(_W, seen, "Write the share of revenue that is left after what the product costs.", "revenue.margin")
    if profile.goals.kind in ("revenue", "pipeline", "meetings", "awareness") and profile.goals.amount is None:
        seen = f"`goals.amount` is unanswered, so the chance of reaching the goal ({profile.goals.kind}) cannot be told."
        yield Contradiction(_N, seen, "Add `amount = ...`.", "goals")


def _people(profile: Profile) -> Iterator[Contradiction]:
    sales = profile.sales
    models = {offer.model for offer in profile.offers} or {"lead", "appointment", "hybrid"}
    if sales.sdr_count == 0 and "lead" in models:
        seen = "`sales.sdr_count` is 0: nobody follows up, so leads cannot be used."
        yield Contradiction(_W, seen, "Leave leads out, or write who follows up.", "sales.sdr_count")
    is_unknown = profile.usd_rate is None and profile.currency != "USD" and sales.sdr_wage_minor is None
    if is_unknown and "sdr_wage" not in profile.overrides and sales.sdr_count != 0:
        seen = (
            "What does an hour of sales development cost? `sales.sdr_wage` is unanswered, and without a rate the usual wage in USD cannot "
            f"be put into {profile.currency}: hours are taken to cost nothing."
        )
        yield Contradiction(_W, seen, 'Add `sdr_wage = "..."`, or under [rates] what 1 USD is worth: `USD = "..."`.', "sales.sdr_wage")
    if sales.ae_count == 0 or sales.ae_meetings_per_week == 0:
        key = "sales.ae_count" if sales.ae_count == 0 else "sales.ae_meetings_per_week"
        yield Contradiction(
            _W, f"`{key}` is 0: nobody can hold a meeting, so none brings anything.", "Write who holds first meetings.", key
        )
    if sales.follow_up == "never" and sales.sdr_count:
        seen = f'`sales.follow_up` is "never", and yet {sales.sdr_count:g} people follow up leads.'
        yield Contradiction(_W, seen, "Write when a lead is first contacted, or `sdr_count = 0`.", "sales.follow_up")


def _time(profile: Profile) -> Iterator[Contradiction]:
    goals, cycle = profile.goals, profile.sales.cycle_days
    if cycle is None:
        return
    horizon = goals.horizon_days or 180
    if cycle > horizon:
        seen = f"A deal takes {cycle:g} days, and revenue counts only within {horizon}: most of it is not counted."
        yield Contradiction(_W, seen, f"Write `horizon_days = {round(cycle * 2)}` to count it.", "goals.horizon_days")
    if goals.kind == "revenue" and goals.months is not None and cycle > goals.months * 30.44:
        seen = f"A deal takes {cycle:g} days and the plan is for {goals.months:g} months: most deals it starts are signed after it."
        yield Contradiction(_W, seen, "Plan for longer, or set the goal in `pipeline`, which can be reached in time.", "goals.months")


def _audience(profile: Profile) -> Iterator[Contradiction]:
    audience = profile.audience
    if audience.target_accounts is not None and audience.prospects is not None:
        people = audience.target_accounts * (audience.people_per_account or 3)
        if people > audience.prospects * 1.5 or people < audience.prospects / 1.5:
            seen = (
                f"{audience.target_accounts:g} target accounts hold some {people:,.0f} people; `prospects` says {audience.prospects:,.0f}."
            )
            yield Contradiction(_W, seen, "Keep one of the two; the target accounts are taken.", "audience.prospects")
    if audience.target_accounts == 0 or (audience.prospects == 0 and audience.target_accounts is None):
        key = "audience.target_accounts" if audience.target_accounts == 0 else "audience.prospects"
        yield Contradiction(_W, f"`{key}` is 0: there is nobody to reach.", "Write how many there are, or take the line out.", key)
    known = audience.prospects or (audience.target_accounts or 0) * (audience.people_per_account or 3)
    if audience.already_bought is not None and 0 < known <= audience.already_bought:
        seen = f"`already_bought` says {audience.already_bought:,.0f} of {known:,.0f} people: nobody is left to buy."
        yield Contradiction(_W, seen, "Write how many of them were bought, or how many people there are in all.", "audience.already_bought")
    if audience.breadth == "broad" and 0 < known < 2000:
        seen = f'The audience is "broad", and yet only {known:,.0f} people are in it; the count is taken.'
        yield Contradiction(_W, seen, "Take `breadth` out.", "audience.breadth")


def _offers(profile: Profile) -> Iterator[Contradiction]:
    providers = {offer.provider for offer in profile.offers}
    if len(providers) == 1:
        seen = f"There is one provider, {next(iter(providers))}: nothing can be compared but its own models and buying nothing."
        yield Contradiction(_N, seen, "Add `[[offer]]` of another provider to compare.", "offer")
    for place, offer in enumerate(profile.offers, 1):
        key = f"offer[{place}]"
        least, most = max(offer.min_units, offer.committed_units), offer.max_units
        if most is not None and least > most:
            seen = f"{offer.name}: at least {least:g} and at most {most:g} units contradict each other."
            yield Contradiction(_E, seen, "Write the smaller number as the least.", key)
        if offer.price_minor == offer.held_price_minor == 0 and offer.won_percent == 0:
            yield Contradiction(_W, f"{offer.name} costs nothing.", "Write its `price`.", key)
        if offer.model == "lead" and offer.held_price_minor > 0:
            seen = f"{offer.name} is a `lead` offer with a price on the meeting held, which makes it a hybrid."
            yield Contradiction(_W, seen, 'Write `model = "hybrid"` if the provider sets the appointments.', key)
        low = offer.price_minor + offer.held_price_minor
        if profile.revenue.budget_minor is not None and 0 < profile.revenue.budget_minor < low * max(offer.min_units, 1):
            seen = f"{offer.name}: the smallest order costs more than the whole budget."
            yield Contradiction(_W, seen, "Ask for a smaller order, or take the offer out.", key)

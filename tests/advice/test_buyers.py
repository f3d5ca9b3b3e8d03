"""Buyers, and what an expert would tell each of them to buy and why.

The offers are the same for all unless a case says otherwise: leads at 60, appointments at 420, and hybrid leads at 40 with 300 for each
meeting held. What differs is the buyer.
"""

from __future__ import annotations

from functools import cache

import pytest

from payper.advice.futures import History, OptionHistory
from payper.advice.pooling import StepCount
from payper.advice.profile_reading import read_profile
from payper.advice.recommend import recommend
from payper.advice.recommendation import Recommendation

OFFERS = """
[[offer]]
name = "leads"
provider = "intentreach"
model = "lead"
price = 60

[[offer]]
name = "appointments"
provider = "bookwell"
model = "appointment"
price = 420

[[offer]]
name = "hybrid"
provider = "northfield"
model = "hybrid"
price = 40
held_price = 300
"""

USUAL = {
    "goals": {"kind": '"revenue"', "amount": '"200000"', "months": "3", "horizon_days": "180"},
    "sales": {
        "cycle_days": "60", "sdr_count": "2", "sdr_hours_per_week": "15", "sdr_wage": '"40"', "ae_count": "3",
        "ae_meetings_per_week": "4", "follow_up": '"within 2 days"', "nurture": '"by hand"',
    },
    "audience": {"prospects": "8000", "segment": '"mid-market"'},
    "revenue": {
        "deal_size": '"12000"', "margin": '"0.75"', "risk": '"balanced"', "budget": '"60000"', "budget_every": '"quarter"',
    },
}  # fmt: skip


def written(answers: dict[str, dict[str, str | None]], offers: str = OFFERS) -> str:
    tables = []
    for table, usual in USUAL.items():
        rows = {**usual, **answers.get(table, {})}
        tables.append(f"[{table}]\n" + "".join(f"{key} = {value}\n" for key, value in rows.items() if value is not None))
    return 'currency = "USD"\n' + "\n".join(tables) + offers


def advise(
    offers: str = OFFERS, history: History | None = None, *, thorough: bool = False, **answers: dict[str, str | None]
) -> Recommendation:
    reading = read_profile(written(answers, offers), "profile.toml")
    assert reading.profile is not None, "\n".join(map(str, reading.findings))
    return recommend(reading.profile, history=history, is_thorough=thorough)


@cache
def usual() -> Recommendation:
    return advise()


def words_of(advice: Recommendation) -> str:
    return "\n".join(ground.words for ground in advice.grounds)


def test_broad_market_and_strong_sdr_team_buys_leads() -> None:
    """Five SDRs who answer within the hour and automated nurture make more of a lead than its price asks; volume is there to be had."""
    advice = advise(
        sales={"sdr_count": "5", "sdr_hours_per_week": "25", "follow_up": '"within an hour"', "nurture": '"automated"', "ae_count": "6"},
        audience={"prospects": None, "breadth": '"broad"'},
        revenue={"deal_size": '"9000"'},
    )
    assert advice.advice == "pay-per-lead"
    assert "multiply the odds of a booking" in words_of(advice)


def test_enterprise_deals_with_long_cycles_and_little_sdr_time_buy_appointments() -> None:
    """A deal of 90,000 pays any meeting; the one SDR has ten hours a week and calls late, so somebody else must get the meetings."""
    advice = advise(
        goals={"horizon_days": "365", "amount": '"600000"'},
        sales={"cycle_days": "150", "sdr_count": "1", "sdr_hours_per_week": "10", "follow_up": '"within a week"', "ae_count": "4"},
        audience={"segment": '"enterprise"'},
        revenue={"deal_size": '"90000"'},
    )
    assert advice.advice == "pay-per-appointment"
    assert advice.line("appointments").break_even.middle > 2 * 42_000


def test_new_industry_tests_before_it_commits_and_trusts_its_history_by_half() -> None:
    """What was learned elsewhere holds in part; an expert buys a small test, reads it after two months, and says so."""
    seen = OptionHistory(booked=StepCount(reached=90, of=400), held=StepCount(reached=70, of=90), opportunity=StepCount(reached=45, of=70))
    advice = advise(history={"leads": seen}, thorough=True, audience={"is_new": "true"}, goals={"kind": '"new market"', "amount": None})
    known = advise(history={"leads": seen}, goals={"kind": '"new market"', "amount": None})
    assert advice.first_test is not None
    assert advice.first_test.test.cost_minor <= 0.25 * 6_000_000
    assert advice.first_test.test.net_minor > 0
    assert "counts 50%" in words_of(advice)
    assert abs(advice.line("leads").meetings / max(advice.line("leads").units, 1)) < 90 / 400 * 70 / 90
    assert known.line("leads").break_even.middle > advice.line("leads").break_even.middle


def test_full_calendars_buy_no_more_meetings_than_can_be_held() -> None:
    """Two account executives with room for one meeting a fortnight: money is not what is short, and most of it should stay unspent."""
    advice = advise(sales={"ae_count": "2", "ae_meetings_per_week": "0.5"})
    slots = advice.mix.use("ae_slots")
    assert slots is not None
    assert slots.binds
    assert slots.worth_minor > 10_000
    assert advice.mix.spend_minor < 0.3 * 6_000_000
    assert sum(line.meetings for line in advice.lines) <= (slots.limit or 0) + 1e-6
    assert "Meeting slots decide" in words_of(advice)


def test_a_tiny_budget_buys_leads_where_appointments_come_in_twenties() -> None:
    """Three thousand buys no order of twenty appointments at 420; some leads can be had, and teach something."""
    advice = advise(
        OFFERS.replace("price = 420", "price = 420\nmin_units = 20"), sales={"nurture": '"automated"'}, revenue={"budget": '"3000"'}
    )
    assert advice.line("appointments").units == 0
    assert advice.line("leads").units + advice.line("hybrid").units > 0
    assert sum(line.spend_minor for line in advice.lines) <= 300_000


def test_awareness_buys_reach() -> None:
    """Who wants to be known counts people reached, and a lead reaches one for a seventh of an appointment's price."""
    advice = advise(goals={"kind": '"awareness"', "amount": "600"}, revenue={"deal_size": '"6000"'})
    assert advice.share("lead") + advice.share("hybrid") > 0.8
    assert advice.mix.reached > 1.5 * usual().mix.reached
    assert advice.goal is not None
    assert advice.goal.chance == 1.0
    assert "Every person reached" in words_of(advice) or "every person reached counts" in words_of(advice)


def test_a_payback_limit_holds_volume_back_to_what_pays_back_in_time() -> None:
    """In a small audience the last units pay back slowest; a limit of months cuts them first."""
    small = {"prospects": "300"}
    free = advise(audience=dict(small), revenue={"payback_months": "120"})
    bound = advise(audience=dict(small), revenue={"payback_months": "7"})
    before, after = free.mix.use("payback"), bound.mix.use("payback")
    assert before is not None
    assert after is not None
    assert before.used > 7 >= after.used - 1e-6
    assert after.binds
    assert bound.mix.spend_minor < free.mix.spend_minor
    assert "payback limit of 7 months holds the mix back" in words_of(bound)


def test_a_payback_limit_that_nothing_keeps_buys_nothing_and_says_what_would() -> None:
    advice = advise(revenue={"payback_months": "4"})
    assert advice.advice == "nothing"
    assert "Nothing pays back within the limit of 4 months" in words_of(advice)
    line = advice.line("appointments")
    assert 0 < line.break_even.middle < line.price_minor


def test_a_short_target_list_is_not_bought_twice_over() -> None:
    """A hundred target accounts hold some 300 people: a lead campaign would soon deliver the same names again."""
    advice = advise(audience={"prospects": None, "target_accounts": "100"}, revenue={"budget": '"90000"'})
    assert sum(line.units for line in advice.lines) < 300
    audience = advice.mix.use("audience: audience")
    assert audience is not None
    usually = usual().mix.use("audience: audience")
    assert usually is not None
    assert audience.worth_minor > 2 * usually.worth_minor
    assert advice.share("appointment") > 0.6


def test_low_margins_cannot_carry_the_prices_of_the_trade() -> None:
    """At a margin of twelve percent a deal of 12,000 leaves 1,440: the answer is to buy nothing at these prices, and what to offer."""
    advice = advise(revenue={"margin": '"0.12"'})
    assert advice.advice == "nothing"
    assert advice.headline.startswith("Buy nothing")
    assert all(line.break_even.middle < line.price_minor for line in advice.lines)
    assert "would have to cost at most" in words_of(advice)


def test_nobody_to_follow_up_buys_meetings_that_others_set() -> None:
    """Leads without follow-up are paper; appointments and hybrid need none."""
    advice = advise(sales={"sdr_count": "0"})
    assert advice.line("leads").units == 0
    assert advice.line("appointments").units + advice.line("hybrid").units > 0


def test_own_history_overturns_the_benchmark() -> None:
    """Benchmarks say 15 of 100 leads book a meeting; 600 of this buyer's own booked 18. No vendor's page outweighs that."""
    seen = OptionHistory(booked=StepCount(reached=18, of=600), held=StepCount(reached=13, of=18))
    strong = {"sdr_count": "5", "sdr_hours_per_week": "25", "follow_up": '"within an hour"', "nurture": '"automated"', "ae_count": "6"}
    before = advise(sales=dict(strong))
    after = advise(history={"leads": seen}, sales=dict(strong))
    assert before.share("lead") > 0.85
    assert after.share("lead") == 0.0
    assert after.banner.startswith("Your data for leads")
    assert before.banner.startswith("Benchmarks, not your data")


def test_paying_for_held_meetings_wins_where_hours_and_money_are_short() -> None:
    """A provider that sets the meetings itself for a small fee, and is paid when they are held, beats leads that SDRs have no time for."""
    advice = advise(
        OFFERS.replace("price = 40\nheld_price = 300", "price = 15\nheld_price = 250"),
        sales={"sdr_count": "1", "sdr_hours_per_week": "8"},
        revenue={"budget": '"15000"'},
    )
    assert advice.advice == "hybrid"
    assert advice.line("hybrid").break_even.middle > advice.line("hybrid").price_minor


def test_a_pipeline_goal_counts_opportunities_and_not_signed_deals() -> None:
    """A quarter is too short to sign, not to open: the chance is that of the pipeline."""
    advice = advise(goals={"kind": '"pipeline"', "amount": '"300000"'})
    revenue = advise(goals={"amount": '"300000"'})
    assert advice.goal is not None
    assert revenue.goal is not None
    assert advice.goal.chance > 0.9 > revenue.goal.chance
    assert advice.goal.plan.is_reached
    assert advice.goal.plan.mix.spend_minor < 6_000_000


def test_a_goal_out_of_reach_is_said_to_be_so() -> None:
    advice = advise(goals={"amount": '"5000000"'})
    assert advice.goal is not None
    assert not advice.goal.plan.is_reached
    assert "No plan within these limits" in advice.goal.words


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"revenue": {"budget": "0"}}, "budget"),
        ({"sales": {"ae_count": "0"}}, "meeting slots"),
        ({"revenue": {"margin": '"-0.2"'}}, "loses money"),
        ({"audience": {"prospects": "0"}}, ""),
        ({"revenue": {"deal_size": "0"}}, ""),
    ],
)
def test_a_buyer_who_can_gain_nothing_is_told_so_in_words(answers: dict[str, dict[str, str | None]], words: str) -> None:
    advice = advise(thorough=True, **answers)
    assert advice.advice == "nothing"
    assert advice.headline.startswith("Buy nothing")
    assert words in words_of(advice)


def test_promises_beyond_the_budget_are_told_and_taken_as_bought() -> None:
    advice = advise(OFFERS.replace("price = 420", "price = 420\ncommitted_units = 300"))
    assert advice.line("appointments").units == 300
    assert any("What is promised costs 126,000 USD, more than the budget of" in note for note in advice.notes), advice.notes


def test_one_provider_alone_still_gets_an_answer() -> None:
    advice = advise(OFFERS[: OFFERS.index('[[offer]]\nname = "appointments"')], thorough=True)
    assert advice.advice in ("pay-per-lead", "nothing")
    assert advice.pair_break_evens == ()

"""profile.toml: answers in, numbers with their sources out; every slip and contradiction in words at its line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from buyer_profiles import COMPLETE

from payper.advice.futures import offers_of, problem_of, visible_share
from payper.advice.priors import BREADTH, FOLLOW_UP, NURTURE, PRIORS, Mark
from payper.advice.profile import Profile, numbers_of
from payper.advice.profile_reading import NUMBER_KEYS, read_profile
from payper.advice.questions import QUESTIONS
from payper.errors import UsageError


def profile_of(text: str) -> Profile:
    reading = read_profile(text, "profile.toml")
    assert reading.profile is not None, "\n".join(map(str, reading.findings))
    return reading.profile


def test_a_complete_profile_has_nothing_to_say_and_takes_nothing_for_granted() -> None:
    reading = read_profile(COMPLETE, "profile.toml")
    assert reading.findings == ()
    assert reading.profile is not None
    assert numbers_of(reading.profile).assumptions == ()
    assert [offer.name for offer in reading.profile.offers] == ["intentreach lead", "bookwell appointment", "intentreach hybrid"]
    assert reading.profile.offers[0].price_minor == 6200


SLIPS = [
    ('currency = "USD"', 'currency = "USX"', 1, "no currency", '"USD"'),
    ("months = 3", "month = 3", 6, "`month` is no key of [goals]", "`months`"),
    ('kind = "revenue"', 'kind = "revnue"', 4, "none of its answers", '"revenue"'),
    ('kind = "revenue"', "kind = 3", 4, "none of its answers", "pipeline"),
    ('amount = "400000"', "amount = 400000.5", 5, "inexactly", '"400000.5"'),
    ('amount = "400000"', 'amount = "much"', 5, "no amount", "at least 0"),
    ('margin = "0.75"', "margin = 75", 27, "more than the whole", '`margin = "0.75"`'),
    ('margin = "0.75"', 'margin = "most"', 27, "no number", "0.72"),
    ("cycle_days = 60", "cycle_days = 0", 10, "out of range", "from 1"),
    ('follow_up = "same day"', 'follow_up = "soon"', 16, "none of its answers", '"within an hour"'),
    ('industries = ["software", "banking"]', 'industries = "software"', 21, "no list", '["software", "banking"]'),
    ("[sales]", "[sale]", 9, "`sale` is no key", "`sales`"),
    ('price = "62.00"', "prise = 62", 37, "`prise` is no key of [offer[1]]", "`price`"),
    ('model = "lead"', 'model = "ppl"', 36, "none of its answers", '"lead"'),
    ("max_units = 800", 'max_units = 800\ncurrency = "GBP"', 39, "no rate to USD", "[rates]"),
    ('provider = "bookwell"\n', "", 40, "has no provider", "provider"),
    ('price = "420"\n', "", 40, "has no price", "price"),
    ("min_units = 20", "min_units = 20\nmax_units = 10", 40, "contradict", "smaller"),
    ('deal_size = "12000"\n', "", 25, "`revenue.deal_size` is unanswered", "deal_size"),
    ('budget = "60000"\n', "", 25, "`revenue.budget` is unanswered", "budget"),
    ("months = 3", "months = 3\nby = 2026-12-31", 7, "needs `goals.starts`", "starts"),
    ("months = 3", "starts = 2026-12-31\nby = 2026-10-01", 7, "not after", "later"),
    ("months = 3", "months = 3\nstarts = 2026-01-01\nby = 2026-12-31", 6, "contradict", "Keep one"),
    ('model = "hybrid"', 'model = "lead"', 46, "Two offers are called", "`name`"),
    ("[goals]", "goals", 3, "not TOML", "quotes"),
]


@pytest.mark.parametrize(("old", "new", "line", "seen", "mend"), SLIPS)
def test_a_slip_is_told_at_its_line_with_what_to_write(old: str, new: str, line: int, seen: str, mend: str) -> None:
    assert old in COMPLETE
    reading = read_profile(COMPLETE.replace(old, new, 1), "profile.toml")
    assert reading.profile is None
    told = [finding for finding in reading.errors if seen in finding.seen]
    assert told, [str(finding) for finding in reading.findings]
    assert told[0].where == f"profile.toml:{line}"
    assert mend in told[0].mend


CONTRADICTIONS = [
    ('margin = "0.75"', 'margin = "-0.1"', 27, "loses money"),
    ('budget = "60000"', "budget = 0", 31, "nothing can be bought"),
    ('deal_size = "12000"', "deal_size = 0", 26, "no deal brings"),
    ("sdr_count = 2", "sdr_count = 0", 11, "nobody follows up"),
    ("ae_count = 3", "ae_count = 0", 14, "nobody can hold a meeting"),
    ("ae_meetings_per_week = 4", "ae_meetings_per_week = 0", 15, "nobody can hold a meeting"),
    ('follow_up = "same day"', 'follow_up = "never"', 16, "and yet 2 people"),
    ("cycle_days = 60", "cycle_days = 300", 7, "not counted"),
    ("prospects = 6000", "prospects = 6000\ntarget_accounts = 50", 20, "Keep one"),
    ("prospects = 6000", "prospects = 0", 20, "nobody to reach"),
    ("prospects = 6000", 'prospects = 500\nbreadth = "broad"', 21, "only 500"),
    ('model = "lead"', 'model = "lead"\nheld_price = "100"', 34, "makes it a hybrid"),
    ("min_units = 20", "min_units = 2000", 40, ""),
    ('amount = "400000"\n', "", 3, "cannot be told"),
]


@pytest.mark.parametrize(("old", "new", "line", "words"), CONTRADICTIONS)
def test_a_contradiction_is_told_and_advice_goes_on(old: str, new: str, line: int, words: str) -> None:
    reading = read_profile(COMPLETE.replace(old, new, 1), "profile.toml")
    assert reading.profile is not None
    told = [finding for finding in reading.findings if words in finding.seen or words in finding.mend]
    assert told, [str(finding) for finding in reading.findings] or "nothing was told"
    assert told[0].line == line


def test_an_unanswered_question_gives_a_named_assumption() -> None:
    sparse = profile_of('[revenue]\ndeal_size = "9000"\nbudget = "20000"\n')
    numbers = numbers_of(sparse)
    told = "\n".join(numbers.assumptions)
    for key in ("goals.months", "sales.cycle_days", "sales.sdr_count", "sales.ae_count", "sales.follow_up", "audience.breadth",
                "revenue.margin", "revenue.risk", "revenue.budget_every", "goals.horizon_days"):  # fmt: skip
        assert f"`{key}`" in told
    assert numbers["margin"] == 0.70
    assert numbers.row("margin").mark is Mark.ASSUMED


def test_every_number_has_source_date_and_mark() -> None:
    numbers = numbers_of(profile_of('[goals]\nkind = "awareness"\n[audience]\nis_new = true\n[revenue]\ndeal_size = 9\nbudget = 2\n'))
    for row in numbers.rows:
        assert row.source
        assert row.words
        assert row.date or row.mark is Mark.YOURS
        assert row.low <= row.value <= row.high
    for each in [*PRIORS, *FOLLOW_UP.values(), *NURTURE.values(), *BREADTH.values()]:
        assert each.low <= each.value <= each.high
        assert each.source
        assert each.date


def test_every_question_stands_for_a_number_or_steers_the_plan() -> None:
    answered = numbers_of(profile_of(COMPLETE + '\n[numbers]\nlead_to_booked = { value = "0.2", weight = 50 }\n'))
    keys = {row.key for row in answered.rows} | {"payback_months", "history_trust", "people_per_account"}
    assert {question.number for question in QUESTIONS if question.number} <= keys
    assert answered["lead_to_booked"] == 0.2
    assert answered.row("lead_to_booked").weight == 50
    assert answered.row("lead_to_booked").mark is Mark.YOURS


@pytest.mark.parametrize("key", NUMBER_KEYS)
def test_every_number_can_be_written_over(key: str) -> None:
    text = f'{COMPLETE}\n[numbers]\n{key} = "0.5"\n'.replace('kind = "revenue"', 'kind = "awareness"').replace('amount = "400000"\n', "")
    profile = profile_of(text.replace("prospects = 6000", "target_accounts = 2000\nis_new = true"))
    if key.endswith("price"):
        profile = replace(profile, offers=())
        assert 50 in [price for offer in offers_of(profile)[0] for price in (offer.price_minor, offer.held_price_minor)]
    else:
        row = numbers_of(profile).row(key)
        assert row.value == pytest.approx(50 if row.unit == "minor" else 0.5)
        assert row.mark is Mark.YOURS


def test_an_offer_in_another_currency_is_taken_at_its_rate() -> None:
    text = COMPLETE.replace("max_units = 800", 'max_units = 800\ncurrency = "JPY"').replace('price = "62.00"', "price = 9000")
    profile = profile_of(text + '\n[rates]\nJPY = "0.0068"\n')
    assert profile.offers[0].price_minor == round(9000 * 0.0068 * 100)


def test_benchmark_offers_are_said_to_be_benchmarks() -> None:
    text = 'currency = "EUR"\n[revenue]\ndeal_size = "9000"\nbudget = "20000"\n'
    offers, words = offers_of(profile_of(text + '[rates]\nUSD = "0.9"\n'))
    assert {offer.mark for offer in offers} == {Mark.VENDOR}
    assert "prices of the trade" in words[0]
    with pytest.raises(UsageError, match="no rate to EUR"):
        offers_of(profile_of(text))


@pytest.mark.parametrize(
    ("rates", "wage", "value", "is_asked"),
    [("", "", 0, True), ('USD = "150"', "", 40 * 150, False), ("", 'sdr_wage = "4000"', 4000, False), ("", "sdr_count = 0", 0, False)],
)
def test_a_wage_that_nobody_said_is_asked_for_and_never_taken_at_par(rates: str, wage: str, value: int, is_asked: bool) -> None:
    text = f'currency = "JPY"\n[sales]\n{wage}\n[revenue]\ndeal_size = "900000"\nbudget = "2000000"\n[rates]\n{rates}\n'
    reading = read_profile(text, "profile.toml")
    assert reading.profile is not None
    numbers = numbers_of(reading.profile)
    assert numbers["sdr_wage"] == value
    asked = [finding for finding in reading.findings if "hour of sales development cost?" in finding.seen]
    assert [finding.key for finding in asked] == (["sales.sdr_wage"] if is_asked else [])
    if is_asked:
        assert any("`sales.sdr_wage` is asked" in each for each in numbers.assumptions)
    assert not any("40 USD is taken" in each for each in numbers.assumptions) or rates


def test_days_give_months_and_a_budget_for_the_period() -> None:
    text = COMPLETE.replace("months = 3", "starts = 2026-01-01\nby = 2026-12-31")
    numbers = numbers_of(profile_of(text))
    assert numbers.months == pytest.approx(12, abs=0.02)
    assert numbers["budget"] == pytest.approx(4 * 6_000_000, rel=0.01)


def test_half_of_the_wins_are_seen_after_one_cycle() -> None:
    numbers = numbers_of(profile_of(COMPLETE))
    assert visible_share(numbers, 60) == pytest.approx(0.5)
    assert visible_share(numbers, 0) == 0
    assert visible_share(numbers, 10_000) > 0.99


def test_the_same_seed_gives_the_same_futures() -> None:
    profile = profile_of(COMPLETE)
    numbers = numbers_of(profile)
    one, two = (problem_of(profile, numbers, profile.offers, seed=4).draws for _ in range(2))
    assert (one.held == two.held).all()
    assert (one.worth_minor == two.worth_minor).all()


ODD = ["nan", "inf", "-1", "0", "1e300", "[]", "{}", '""', "true", "2026-01-01", '"NaN"', "[1, 2]", "{ value = 1 }", "99999999999999999999"]


@pytest.mark.parametrize("odd", ODD)
def test_no_answer_however_odd_ends_in_anything_but_words(odd: str) -> None:
    lines = COMPLETE.splitlines()
    for place, line in enumerate(lines):
        if " = " not in line:
            continue
        text = "\n".join([*lines[:place], f"{line.split(' = ')[0]} = {odd}", *lines[place + 1 :]])
        reading = read_profile(text, "profile.toml")
        assert all(finding.seen.endswith(".") and finding.mend for finding in reading.findings)
        assert (reading.profile is None) == bool(reading.errors)
        if reading.profile is not None:
            numbers = numbers_of(reading.profile)
            assert all(abs(row.value) < 1e18 for row in numbers.rows)


def test_nothing_but_offers_can_be_repeated_and_tables_must_be_tables() -> None:
    for text in (
        "goals = 3",
        "offer = 3",
        "offer = [3]",
        "[[goals]]",
        "numbers = []",
        "[offer]\nmodel = 3",
        "[numbers.margin]\nvaluee = 3",
    ):
        assert read_profile(text + '\n[revenue]\ndeal_size = "9"\nbudget = "9"\n').errors

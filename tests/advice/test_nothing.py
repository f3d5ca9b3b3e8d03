"""Where nothing is bought the headline says what decides; what is shown is what can be bought, in whole units."""

from __future__ import annotations

import pytest
from test_buyers import OFFERS, advise, usual, words_of


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"revenue": {"budget": '"0"'}}, "there is no budget"),
        ({"revenue": {"budget": '"30"'}}, "less than one unit fits within the budget"),
        ({"revenue": {"margin": '"0"'}}, "each further sale brings nothing"),
        ({"revenue": {"margin": '"0.12"'}}, "no offer is expected to bring more than it costs"),
        ({"revenue": {"payback_months": "4"}}, "nothing pays back within the limit of 4 months"),
        ({"sales": {"ae_count": "0"}}, "there are no meeting slots"),
        ({"audience": {"prospects": "0"}}, "there is nobody to reach"),
        ({"audience": {"already_bought": "40000"}}, "too few people of the audience are left who were not bought before"),
    ],
)
def test_the_headline_says_what_decides_that_nothing_is_bought(answers: dict[str, dict[str, str | None]], words: str) -> None:
    advice = advise(**answers)
    assert advice.headline == f"Buy nothing in 3 months: {words}."
    assert advice.grounds[0].words.lower() == f"{words}.".lower()
    assert "beside" not in words_of(advice)
    assert advice.advice == "nothing"
    assert sum(advice.mix.units) == advice.mix.spend_minor == 0
    assert all(each.share == 0 for each in advice.shares)


def test_all_that_is_shown_is_of_whole_units() -> None:
    advice = usual()
    assert [line.units for line in advice.lines] == list(advice.mix.units)
    assert advice.mix.spend_minor == pytest.approx(sum(line.spend_minor for line in advice.lines))
    budget = advice.mix.use("budget")
    assert budget is not None
    assert budget.used == pytest.approx(advice.mix.spend_minor)
    for share in advice.shares:
        assert share.share == pytest.approx(sum(line.share for line in advice.lines if line.model == share.model))
        assert 0 <= share.low <= share.share <= share.high <= 1


def test_an_audience_that_is_bought_up_is_told_first() -> None:
    advice = advise(audience={"already_bought": "9000"})
    assert "9,000 units were bought before in an audience of 8,000 people" in advice.notes[0]
    assert not usual().notes


def test_promises_beyond_the_budget_stand_beside_the_budget_that_there_is() -> None:
    advice = advise(OFFERS.replace("price = 420", "price = 420\ncommitted_units = 300"))
    budget = advice.mix.use("budget")
    assert budget is not None
    assert (budget.used, budget.limit) == (12_600_000, 6_000_000)
    assert "What is promised goes beyond the budget: it takes 126,000 USD, and there are 60,000 USD." in words_of(advice)

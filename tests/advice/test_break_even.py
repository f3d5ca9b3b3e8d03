"""Break-even prices: they depend on what is scarce, and at them the best mix changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_mix_laws import random_problem

from payper.advice.break_even import break_even_bands, pair_break_even, pair_prices
from payper.advice.mix import best_mix


def test_break_even_by_hand() -> None:
    """A lead: worth 150, costs 60, half an hour, a tenth of a meeting; an appointment: worth 900, a quarter hour, three quarters."""
    prices = pair_prices(
        worth=np.array([900.0]), meetings=np.array([0.75]), hours=0.25,
        other_worth=np.array([150.0]), other_meetings=np.array([0.1]), other_hours=0.5, other_price=60.0, wage=40.0,
    )  # fmt: skip
    assert prices["nothing"][0] == 900 - 10
    assert prices["budget"][0] == pytest.approx(900 * 80 / 150 - 10)
    assert prices["ae_slots"][0] == pytest.approx(900 - 7.5 * (150 - 80) - 10)
    assert prices["sdr_hours"][0] == pytest.approx(900 - 0.5 * (150 - 60))


def test_at_the_break_even_price_either_earns_alike_per_unit_of_what_is_scarce() -> None:
    rng = np.random.default_rng(1)
    worth, other = rng.uniform(500, 900, 50), rng.uniform(100, 200, 50)
    meetings, few = rng.uniform(0.6, 0.9, 50), rng.uniform(0.05, 0.2, 50)
    prices = pair_prices(
        worth=worth, meetings=meetings, hours=0.3, other_worth=other, other_meetings=few, other_hours=0.7, other_price=55.0, wage=30.0
    )
    left = {binding: worth - price - 0.3 * 30 for binding, price in prices.items()}
    right = other - 55 - 0.7 * 30
    assert left["ae_slots"] / meetings == pytest.approx(right / few)
    assert left["sdr_hours"] / 0.3 == pytest.approx(right / 0.7)
    assert worth / (prices["budget"] + 0.3 * 30) == pytest.approx(other / (55 + 0.7 * 30))


@pytest.mark.parametrize("seed", [1, 3])
def test_an_option_left_out_comes_in_below_its_break_even_price_and_not_above(seed: int) -> None:
    problem = random_problem(seed)
    mix = best_mix(problem)
    for place, band in enumerate(break_even_bands(problem, mix)):
        assert band.low <= band.middle <= band.high
        if mix.units[place] > 1e-6 or band.middle <= 0:
            continue
        step = 0.05 * problem.options[place].price_minor
        for price in (band.middle - step, band.middle + step):
            if price <= 0:
                continue
            options = tuple(replace(option, price_minor=price) if at == place else option for at, option in enumerate(problem.options))
            bought = best_mix(replace(problem, options=options)).units[place]
            assert (bought > 0.01) == (price < band.middle), (place, price, bought)


def test_a_pair_names_every_scarce_thing() -> None:
    problem = random_problem(2)
    bands = pair_break_even(problem, 1, 0).bands
    assert set(bands) == {"nothing", "budget", "ae_slots", "sdr_hours"}
    assert all(band.low <= band.middle <= band.high for band in bands.values())

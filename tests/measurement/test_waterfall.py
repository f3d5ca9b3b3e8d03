"""The waterfall: what was delivered, less everything that fell away, is what stands."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from invented_programme import northwind
from payper.measurement.outcomes import make_outcomes
from payper.measurement.waterfall import REASONS_MAX, fall_of_reasons
from payper.settlement.rates import Rates


def fall(seed: int = 0, per_contract: int = 80) -> tuple[pl.DataFrame, pl.DataFrame]:
    made = northwind(seed, per_contract=per_contract)
    outcomes = make_outcomes(made.verdicts, made.settlement, made.contracts, Rates("USD"))
    return fall_of_reasons(made.verdicts, made.settlement.returns, outcomes), made.verdicts


def total(frame: pl.DataFrame, step: str) -> int:
    return int(frame.filter(pl.col("step") == step)["deliveries"].sum())


@given(seed=st.integers(0, 4))
def test_nothing_is_lost_between_delivered_and_standing(seed: int) -> None:
    frame, verdicts = fall(seed, 40)
    assert total(frame, "delivered") == verdicts.height
    assert total(frame, "delivered") - total(frame, "rejected") - total(frame, "waiting") == total(frame, "accepted")
    assert total(frame, "accepted") - total(frame, "returned") == total(frame, "standing")


def test_a_delivery_falls_by_the_first_of_its_reasons_and_the_rarest_fall_together() -> None:
    frame, verdicts = fall()
    rejected = frame.filter(pl.col("step") == "rejected")
    assert rejected.height == REASONS_MAX + 1
    assert rejected["reason"][-1] is None
    headlines = verdicts.filter(pl.col("verdict") == "rejected")["headline"].value_counts(sort=True)
    assert rejected["deliveries"][0] == headlines["count"][0]


def test_nothing_delivered_falls_from_nothing_to_nothing() -> None:
    made = northwind(0, per_contract=5)
    none = make_outcomes(made.verdicts.clear(), made.settlement, made.contracts, Rates("USD")).clear()
    assert fall_of_reasons(made.verdicts.clear(), made.settlement.returns, none)["deliveries"].to_list() == [0, 0, 0]

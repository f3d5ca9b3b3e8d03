"""Two groups side by side."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from tests.invented_deliveries import FIRST, invent_deliveries

from payper import measure
from payper.errors import UsageError
from payper.measurement.comparison import MEASURES, compare_groups

AS_OF = FIRST + timedelta(days=299)


def _two(rate: float = 0.2) -> pl.DataFrame:
    leads = invent_deliveries(1, rate=0.08).with_columns(model=pl.lit("lead"))
    return pl.concat([leads, invent_deliveries(2, rate=rate, price=300.0).with_columns(model=pl.lit("appointment"))])


def test_both_sides_are_the_figures_of_measure() -> None:
    found = compare_groups(_two(), as_of=AS_OF, by="model", first="lead", second="appointment", horizon_days=120, margin=0.8)
    assert found["measure"].to_list() == list(MEASURES)
    for side in ("lead", "appointment"):
        (row,) = measure(_two().filter(model=side), as_of=AS_OF, horizon_days=120, margin=0.8).to_dicts()
        column = "first" if side == "lead" else "second"
        assert found[column].to_list() == pytest.approx([row[name] for name in MEASURES], rel=1e-9)


def test_sides_changed_over_change_signs_and_chances() -> None:
    """To within the chance of the draws."""
    one, other = (
        compare_groups(_two(), as_of=AS_OF, by="model", first=first, second=second, horizon_days=120)
        for first, second in (("lead", "appointment"), ("appointment", "lead"))
    )
    for row, turned in zip(one.to_dicts(), other.to_dicts(), strict=True):
        assert row["difference"] == pytest.approx(-turned["difference"])
        assert row["difference_lo"] == pytest.approx(-turned["difference_hi"], rel=0.1, abs=0.1 * abs(row["difference"]))
        assert row["first_better"] == pytest.approx(1 - turned["first_better"], abs=0.02)


def test_a_group_against_its_like_is_as_likely_better_as_worse() -> None:
    same = pl.concat([invent_deliveries(3).with_columns(model=pl.lit(name)) for name in ("a", "b")])
    found = compare_groups(same, as_of=AS_OF, by="model", first="a", second="b", horizon_days=120)
    assert found["first_better"].to_list() == pytest.approx([0.5] * len(MEASURES), abs=0.02)
    assert found["difference"].to_list() == pytest.approx([0.0] * len(MEASURES))


def test_twice_as_many_wins_are_told_apart() -> None:
    row = compare_groups(_two(rate=0.3), as_of=AS_OF, by="model", first="appointment", second="lead", horizon_days=120).row(0, named=True)
    assert row["first_better"] > 0.999
    assert row["difference_lo"] > 0
    assert 1 < row["ratio_lo"] < row["ratio"] < row["ratio_hi"]


def test_a_seen_group_is_compared_with_a_projected_one() -> None:
    young = invent_deliveries(4, days=60).with_columns(
        pl.col("delivered_at", "won_at", "lost_at") + timedelta(days=240), model=pl.lit("new")
    )
    found = compare_groups(pl.concat([_two(), young]), as_of=AS_OF, by=("model",), first="lead", second="new", horizon_days=120)
    row = found.row(0, named=True)
    assert row["difference_lo"] < row["difference"] < row["difference_hi"]


def test_what_one_side_does_not_know_is_not_compared() -> None:
    frame = _two().with_columns(cost=pl.when(pl.col("model") == "lead").then("cost"))
    rows = {row["measure"]: row for row in compare_groups(frame, as_of=AS_OF, by="model", first="lead", second="appointment").to_dicts()}
    assert all(rows["roi"][name] is None for name in ("second", "difference", "difference_lo", "first_better"))
    assert rows["win_rate"]["difference"] is not None


def test_a_group_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="appointment"):
        compare_groups(_two(), as_of=AS_OF, by="model", first="lead", second="hybrid")

"""Acceptance by week: counts add up, and shares lie within the intervals of Jeffreys."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from payper.measurement.weekly import SCHEMA, weekly_acceptance

VERDICTS = ("accepted", "rejected", "review", "quarantined")
SCHEMA_DAYS = {"day": pl.Date, "verdict": pl.String, "mendable": pl.Boolean, "deliveries": pl.UInt32}


def days(rows: list[tuple[date, str, bool, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA_DAYS, orient="row")


def test_a_week_runs_from_monday_to_sunday() -> None:
    monday, sunday, next_monday = date(2026, 3, 2), date(2026, 3, 8), date(2026, 3, 9)
    weeks = weekly_acceptance(days([(monday, "accepted", False, 3), (sunday, "rejected", True, 1), (next_monday, "accepted", False, 2)]))
    assert weeks.select("week", "delivered", "accepted", "rejected", "mendable").rows() == [(monday, 4, 3, 1, 1), (next_monday, 2, 2, 0, 0)]


def test_a_share_has_the_interval_of_jeffreys() -> None:
    (row,) = weekly_acceptance(days([(date(2026, 3, 3), "accepted", False, 18), (date(2026, 3, 3), "rejected", False, 7)])).rows(named=True)
    law = beta(18.5, 7.5)
    assert (round(row["share_lo"], 9), round(row["share_hi"], 9)) == (round(law.ppf(0.025), 9), round(law.ppf(0.975), 9))


@given(
    st.lists(
        st.tuples(
            st.integers(0, 400).map(lambda day: date(2025, 12, 20) + timedelta(days=day)), st.sampled_from(VERDICTS), st.booleans(),
            st.integers(1, 1000),
        ),
        max_size=30,
    )
)  # fmt: skip
def test_every_delivery_is_in_one_week_and_one_verdict(rows: list[tuple[date, str, bool, int]]) -> None:
    frame = days([(day, verdict, mendable and verdict == "rejected", number) for day, verdict, mendable, number in rows])
    weeks = weekly_acceptance(frame)
    assert weeks.columns == list(SCHEMA)
    assert weeks["delivered"].sum() == frame["deliveries"].sum()
    assert (weeks["accepted"] + weeks["rejected"] + weeks["waiting"]).equals(weeks["delivered"])
    assert (weeks["mendable"] <= weeks["rejected"]).all()
    assert weeks.filter((pl.col("share_lo") > pl.col("share")) | (pl.col("share") > pl.col("share_hi"))).is_empty()

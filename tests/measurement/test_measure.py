"""What deliveries brought within a horizon, while deals are still open."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from payper import measure

FIRST = date(2025, 1, 1)


def test_a_hand_computed_case_comes_out_by_hand() -> None:
    """Twenty deliveries of day 0 and twenty of day 6, looked at on the end of day 9, within 5 days.

    Old ones have age 10, new ones age 4: n is 40 for lag 0 to 3 and 20 for lag 4. Wins at lags 1, 3 and 4: 1/40 + 1/40 + 1/20.
    """
    old, new = FIRST, FIRST + timedelta(days=6)
    rows = [(old, old + timedelta(days=1), 100.0), (old, old + timedelta(days=4), 300.0), (new, new + timedelta(days=3), 50.0)]
    rows += [(old, None, None)] * 18 + [(new, None, None)] * 19
    frame = pl.DataFrame(rows, schema=["delivered_at", "won_at", "amount"], orient="row").with_columns(cost=pl.lit(2.0))
    (row,) = measure(frame, as_of=FIRST + timedelta(days=9), horizon_days=5).to_dicts()
    assert row["method"] == "exposure"
    assert row["win_rate"] == pytest.approx(1 / 40 + 1 / 40 + 1 / 20)
    assert row["revenue_per_delivery"] == pytest.approx(100 / 40 + 50 / 40 + 300 / 20)
    assert row["roi"] == pytest.approx((100 / 40 + 50 / 40 + 300 / 20) / 2 - 1)
    assert row["cac"] == pytest.approx(2 / 0.1)

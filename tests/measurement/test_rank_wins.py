"""Providers ranked by wins while deals are open: the young are not punished, the law of lags is everybody's."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.errors import UsageError
from payper.measurement.lags import lag_cdf
from payper.measurement.providers import WIN_FLAGS, WINS_SCHEMA, rank_wins


def programme(
    seed: int, *, ultimate: tuple[float, ...], sizes: tuple[int, ...], joined: tuple[float, ...], days: float = 300
) -> pl.DataFrame:
    """Deliveries of providers with known ultimate rates; lags are lognormal with a median of 75 days."""
    chance = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(sizes)), sizes)
    age = days - chance.uniform(np.array(joined)[who], days)
    lag = chance.lognormal(math.log(75), 0.8, who.size)
    won = (chance.random(who.size) < np.array(ultimate)[who]) & (lag < age)
    after = pl.Series(np.where(won, lag, np.nan)).fill_nan(None)
    return pl.DataFrame({"provider": [f"p{each}" for each in who], "age_days": age, "won_after_days": after})


def test_a_provider_that_joined_late_is_not_punished_for_its_youth() -> None:
    """Two providers alike in truth; the one that joined 60 days ago has won a fifth as often so far."""
    frame = programme(5, ultimate=(0.15, 0.15), sizes=(1200, 1200), joined=(0, 240))
    found = {row["provider"]: row for row in rank_wins(frame, horizon_days=180).iter_rows(named=True)}
    old, young = found["p0"], found["p1"]
    assert young["wins_seen"] < old["wins_seen"] / 2
    assert young["rate_lo"] < old["rate"] < young["rate_hi"]
    assert young["group"] == old["group"]
    assert "IMMATURE" in young["flags"]
    assert "EXTRAPOLATED" in young["flags"]
    assert young["rate_hi"] - young["rate_lo"] > old["rate_hi"] - old["rate_lo"]


def test_deliveries_that_are_all_old_are_ranked_as_plain_counts_are() -> None:
    """When everybody is ten years old, the rate within 180 days is the Beta-Binomial of wins by then."""
    frame = pl.DataFrame(
        {"provider": ["a", "a", "b", "b"], "age_days": [3650.0] * 4, "won_after_days": [20, None, 20, None], "count": [60, 340, 20, 380]}
    )
    found = rank_wins(frame, horizon_days=3650).sort("provider")
    assert found["rate"].to_list() == pytest.approx([0.148, 0.052], abs=0.006)
    assert found["visible_share"].to_list() == pytest.approx([1, 1], abs=0.02)


def test_intervals_hold_the_truth_and_errors_are_below_the_naive_rates() -> None:
    """A small seeded copy of benchmarks/providers.py."""
    chance = np.random.default_rng(20261126)
    within = float(lag_cdf("lognormal", np.array(182.0), median_days=np.array(75.0), shape=np.array(0.8)))
    held, ours, naive = [], [], []
    for seed in range(8):
        ultimate = chance.beta(2.4, 37.6, 8)
        sizes = np.maximum(chance.lognormal(math.log(150), 0.3, 8).round(), 8).astype(int)
        frame = programme(seed, ultimate=tuple(ultimate), sizes=tuple(sizes), joined=tuple(chance.uniform(0, 270, 8)))
        found = rank_wins(frame, horizon_days=182, lag_draws=60, draws=1000).sort("provider")
        truth = ultimate * within
        held.append(((found["rate_lo"].to_numpy() <= truth) & (truth <= found["rate_hi"].to_numpy())).mean())
        ours.append(((found["rate"].to_numpy() - truth) ** 2).mean())
        naive.append((((found["wins_seen"] / found["deliveries"]).to_numpy() - truth) ** 2).mean())
    assert np.mean(held) > 0.88
    assert math.sqrt(np.mean(ours)) < 0.8 * math.sqrt(np.mean(naive))


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.one_of(st.none(), st.floats(-5, 800), st.just(math.nan)),
        st.one_of(st.none(), st.floats(-5, 800)),
        st.integers(-1, 40),
    ),
    max_size=8,
).map(
    lambda rows: pl.DataFrame(
        rows, schema={"provider": pl.String, "age_days": pl.Float64, "won_after_days": pl.Float64, "count": pl.Int64}, orient="row"
    )
)


@settings(max_examples=15)
@given(ROWS, st.randoms(use_true_random=False))
def test_whatever_comes_in_no_nan_comes_out_and_the_order_of_rows_is_nothing(rows: pl.DataFrame, chance: object) -> None:
    found = rank_wins(rows, draws=200, lag_draws=20)
    assert dict(found.schema) == dict(pl.DataFrame(schema=WINS_SCHEMA).schema)
    assert sorted(found["provider"].to_list()) == sorted(rows["provider"].drop_nulls().unique().to_list())
    assert not any(found[name].is_nan().any() for name, dtype in WINS_SCHEMA.items() if dtype == pl.Float64)
    sure = found.filter(pl.col("rate").is_not_null())
    assert ((sure["rate_lo"] <= sure["rate_hi"]) & sure["rate"].is_between(0, 1) & (sure["rate"] <= sure["ultimate_rate_hi"] + 1e-9)).all()
    order = list(range(rows.height))
    chance.shuffle(order)  # type: ignore[attr-defined]
    assert rank_wins(rows[order], draws=200, lag_draws=20).equals(found)


def test_rows_that_cannot_be_are_left_out_and_flagged() -> None:
    sound = programme(1, ultimate=(0.2, 0.1), sizes=(60, 60), joined=(0, 0)).with_columns(count=pl.lit(1))
    bad = pl.DataFrame(
        {
            "provider": ["p0", "p0", "p0", "lost"],
            "age_days": [50.0, None, 40.0, -1.0],
            "won_after_days": [-3.0, 1.0, 90.0, None],
            "count": [1, 1, 1, 1],
        },
        schema=sound.schema,
    )
    found = rank_wins(pl.concat([sound, bad]))
    assert found.filter(pl.col("provider") != "lost").drop("flags").equals(rank_wins(sound).drop("flags"))
    flags = dict(found.select("provider", "flags").iter_rows())
    assert "ROWS_IMPOSSIBLE" in flags["p0"]
    assert "ROWS_IMPOSSIBLE" not in flags["p1"]
    assert found.filter(pl.col("provider") == "lost").select("deliveries", "rate", "rank").row(0) == (0, None, None)


def test_few_deliveries_have_a_rate_and_no_rank() -> None:
    frame = programme(2, ultimate=(0.2, 0.2), sizes=(100, 7), joined=(0, 0))
    few = rank_wins(frame).filter(pl.col("provider") == "p1")
    assert few["rank"].to_list() == [None]
    assert "FEW_DELIVERIES" in few["flags"][0]
    assert few["rate"].is_not_null().all()


def test_what_makes_no_sense_is_said_with_what_to_do() -> None:
    with pytest.raises(UsageError, match="age_days"):
        rank_wins(pl.DataFrame({"provider": ["a"]}))
    with pytest.raises(UsageError, match="not above 0"):
        rank_wins(programme(1, ultimate=(0.1,), sizes=(10,), joined=(0,)), horizon_days=0)


def test_every_flag_is_told_in_the_reference(request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "docs" / "reference" / "rank.md").read_text("utf-8")
    assert [code for code in WIN_FLAGS if f"`{code}`" not in page] == []

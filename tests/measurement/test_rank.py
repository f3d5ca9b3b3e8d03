"""Providers ranked by rates of checks: small samples pull less, nobody is parted by chance, bad rows count for nobody."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate as quadrature
from scipy.special import betaln

import payper
from payper.errors import UsageError
from payper.measurement.providers import FLAGS, RANK_SCHEMA
from payper.measurement.providers.places import find_places
from payper.measurement.providers.posterior import integrate

# Hits of 45 at bats, and the average of the rest of the season, of 18 players in 1970.
# Source: Efron and Morris 1975, J. Am. Stat. Assoc. 70:311-319, table 1.
BASEBALL = """
Clemente 18 .346
Robinson 17 .298
Howard 16 .276
Johnstone 15 .222
Berry 14 .273
Spencer 14 .270
Kessinger 13 .263
Alvarado 12 .210
Santo 11 .269
Swoboda 11 .230
Unser 10 .264
Williams 10 .256
Scott 10 .303
Petrocelli 10 .264
Rodriguez 10 .226
Campaneris 9 .286
Munson 8 .316
Alvis 7 .200
"""


def frame(*rows: tuple[str | None, float | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"provider": pl.String, "good": pl.Int64, "checked": pl.Int64}, orient="row")


COUNTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=6).map(
    lambda pairs: frame(*((f"p{at}", min(pair), max(pair)) for at, pair in enumerate(pairs)))
)


def test_baseball_is_foretold_at_less_than_a_third_of_the_raw_error() -> None:
    players = [line.split() for line in BASEBALL.split("\n") if line]
    later = np.array([float(each[2]) for each in players])
    hits = np.array([int(each[1]) for each in players])
    found = payper.rank(frame(*((each[0], int(each[1]), 45) for each in players)))
    by_name = dict(found.select("provider", "rate").iter_rows())
    squares = sum((by_name[each[0]] - truth) ** 2 for each, truth in zip(players, later, strict=True))
    assert ((hits / 45 - later) ** 2).sum() == pytest.approx(0.0755, abs=5e-5)
    assert squares <= 0.0225


def test_the_grid_agrees_with_integration_by_quadrature() -> None:
    """Posterior means of three providers against two-dimensional adaptive quadrature over (logit m, log K)."""
    good, checked = np.array([3.0, 9.0, 30.0]), np.array([10.0, 40.0, 60.0])

    def density(log_k: float, logit: float) -> float:
        m, k = 1 / (1 + math.exp(-logit)), math.exp(log_k)
        prior = m * (1 - m) * k * 40 / (40 + k) ** 2
        return prior * math.exp(
            sum(betaln(g + m * k, n - g + (1 - m) * k) - betaln(m * k, (1 - m) * k) for g, n in zip(good, checked, strict=True))
        )

    def mean(at: int) -> float:
        def rate(log_k: float, logit: float) -> float:
            k = math.exp(log_k)
            return density(log_k, logit) * (good[at] + k / (1 + math.exp(-logit))) / (checked[at] + k)

        return quadrature.dblquad(rate, -12, 12, -4, 14, epsabs=1e-40, epsrel=1e-3)[0]

    whole = quadrature.dblquad(density, -12, 12, -4, 14, epsabs=1e-40, epsrel=1e-3)[0]
    exact = [mean(at) / whole for at in range(3)]
    assert integrate(good, checked).rates(good, checked) == pytest.approx(exact, abs=1e-3)


def test_providers_that_are_alike_are_found_to_be_alike_at_any_size() -> None:
    """The strength found is the same many times the sample, however large the sample: the grid follows narrow likelihoods."""
    ratios = []
    for size in (100.0, 10_000.0, 10_000_000.0):
        found = integrate(np.full(8, 0.1 * size), np.full(8, size))
        ratios.append(float(np.log(found.strength) @ found.weight - np.log(size)))
    assert ratios[2] == pytest.approx(ratios[1], abs=0.02)
    assert min(ratios) > 1.5


def test_a_small_sample_is_drawn_nearer_to_the_others_than_a_large_one() -> None:
    found = payper.rank(frame(("small", 9, 10), ("large", 900, 1000), ("middle", 50, 100), ("low", 40, 100)))
    rates = dict(found.select("provider", "rate").iter_rows())
    assert rates["small"] < rates["large"]
    assert abs(rates["large"] - 0.9) < 0.01


def test_clearly_different_providers_are_told_apart_and_like_ones_are_not() -> None:
    found = payper.rank(frame(("good", 950, 1000), ("as good", 949, 1000), ("bad", 500, 1000)))
    assert found["provider"].to_list() == ["good", "as good", "bad"]
    assert found["group"].to_list() == [1, 1, 2]
    assert found["rank_hi"].to_list() == [2, 2, 3]


@settings(max_examples=25)
@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_do_not_matter(counts: pl.DataFrame, chance: object) -> None:
    order = list(range(counts.height))
    chance.shuffle(order)  # type: ignore[attr-defined]
    here = payper.rank(counts, draws=300)
    assert payper.rank(counts[order], draws=300).equals(here)
    renamed = payper.rank(counts.with_columns(provider=pl.lit("x") + pl.col("provider").str.reverse()), draws=300)
    figures = [name for name in RANK_SCHEMA if name not in {"provider", "flags"}]
    assert renamed.select(figures).sort(figures).equals(here.select(figures).sort(figures))


@settings(max_examples=25)
@given(COUNTS)
def test_every_figure_lies_where_it_must(counts: pl.DataFrame) -> None:
    found = payper.rank(counts, draws=300)
    assert found.height == counts.height
    for row in found.iter_rows(named=True):
        if not row["checked"]:
            assert row["rate"] is None
            assert row["rank"] is None
            continue
        assert 0 <= row["rate_lo"] <= row["rate"] <= row["rate_hi"] <= 1
        if row["rank"] is not None:
            assert 1 <= row["rank_lo"] <= row["rank_hi"] <= counts.height
            assert 1 <= row["expected_rank"] <= counts.height
            assert 0 <= row["p_first"] <= row["p_top3"] <= 1
        assert (row["rank"] is None) == (row["checked"] < 8)
    ranked = found.filter(pl.col("rank").is_not_null())
    if ranked.height:
        assert ranked["p_first"].sum() == pytest.approx(1)
        assert ranked["group"].to_list() == sorted(ranked["group"].to_list())
    assert not any(found[name].is_nan().any() for name, dtype in RANK_SCHEMA.items() if dtype == pl.Float64)


def test_equal_evidence_shares_a_rank_and_every_figure() -> None:
    found = payper.rank(frame(("b", 30, 40), ("a", 30, 40), ("c", 10, 40)))
    first, second = found.drop("provider").rows()[:2]
    assert first == second
    assert found["rank"].to_list() == [1, 1, 3]
    assert found["provider"].to_list() == ["a", "b", "c"]


def test_nobody_is_ranked_on_fewer_than_eight() -> None:
    found = payper.rank(frame(("few", 7, 7), ("enough", 4, 8), ("none", 0, 0)))
    by_name = {row["provider"]: row for row in found.iter_rows(named=True)}
    assert by_name["enough"]["rank"] == 1
    assert by_name["few"]["rank"] is None
    assert by_name["few"]["flags"] == ["FEW_CHECKED"]
    assert by_name["few"]["rate"] is not None
    assert by_name["none"]["flags"] == ["NOTHING_CHECKED"]
    assert by_name["none"]["rate"] is None


def test_where_nobody_can_be_placed_everybody_keeps_a_row() -> None:
    found = payper.rank(frame(("a", 3, 4), ("b", 2, 5), ("c", 0, 0)))
    assert found["provider"].to_list() == ["a", "b", "c"]
    assert found["rank"].to_list() == [None] * 3
    assert found["group"].to_list() == [None] * 3


def test_rows_that_cannot_be_keep_their_place_and_count_for_nobody() -> None:
    sound = frame(("a", 30, 40), ("b", 20, 40))
    bad = frame(("c", 5, 4), ("d", None, 4), ("e", -1, 4), (None, 1, 4))
    found = payper.rank(pl.concat([sound, bad]))
    assert found.filter(pl.col("provider").is_in(["a", "b"])).equals(payper.rank(sound))
    rest = {row["provider"]: row["flags"] for row in found.filter(pl.col("rank").is_null()).iter_rows(named=True)}
    assert rest == {"c": ["COUNTS_IMPOSSIBLE"], "d": ["COUNTS_IMPOSSIBLE"], "e": ["COUNTS_IMPOSSIBLE"], None: ["PROVIDER_MISSING"]}
    nan = sound.with_columns(pl.col("good").cast(pl.Float64)).with_columns(good=pl.Series([math.nan, 20.0]))
    assert payper.rank(nan)["flags"].to_list() == [["ONE_PROVIDER"], ["COUNTS_IMPOSSIBLE"]]


def test_rows_of_one_provider_are_added_up() -> None:
    apart = payper.rank(frame(("a", 10, 20), ("a", 20, 20), ("b", 20, 40)))
    whole = payper.rank(frame(("a", 30, 40), ("b", 20, 40)))
    assert apart.drop("flags").equals(whole.drop("flags"))
    assert apart["flags"].to_list() == [["ROWS_ADDED_UP"], []]


def test_each_check_is_ranked_by_itself() -> None:
    one, two = frame(("a", 30, 40), ("b", 20, 40)), frame(("a", 5, 40), ("b", 20, 40))
    both = pl.concat([each.with_columns(check=pl.lit(name)) for name, each in (("email", one), ("phone", two))])
    found = payper.rank(both)
    for name, each in (("email", one), ("phone", two)):
        assert found.filter(pl.col("check") == name).drop("check").equals(payper.rank(each))


def test_an_empty_frame_gives_an_empty_one_with_all_columns() -> None:
    assert dict(payper.rank(frame()).schema) == {**RANK_SCHEMA, "good": pl.Int64, "checked": pl.Int64}


@pytest.mark.parametrize(
    ("counts", "arguments"),
    [
        (pl.DataFrame({"provider": ["a"], "good": [1]}), {}),
        (pl.DataFrame({"provider": ["a"], "good": ["1"], "checked": [2]}), {}),
        (frame(("a", 1, 2)), {"level": 1.0}),
        (frame(("a", 1, 2)), {"fewest": 0}),
        (frame(("a", 1, 2)), {"draws": 10}),
    ],
)
def test_what_makes_no_sense_is_said_with_what_to_do(counts: pl.DataFrame, arguments: dict[str, float]) -> None:
    with pytest.raises(UsageError) as caught:
        payper.rank(counts, **arguments)
    assert caught.value.mend


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """A small seeded copy of benchmarks/providers.py: 30 programmes of 15 providers."""
    chance = np.random.default_rng(20261126)
    held, apart, raw = [], [], []
    for seed in range(30):
        truth = chance.beta(5, 36, 15)
        checked = np.maximum(chance.lognormal(math.log(60), 0.8, 15).round(), 8).astype(int)
        good = chance.binomial(checked, truth)
        found = payper.rank(
            frame(*((f"{at:02d}", int(k), int(n)) for at, (k, n) in enumerate(zip(good, checked, strict=True)))), draws=1000, seed=seed
        )
        found = found.sort("provider")
        held.append(((found["rate_lo"].to_numpy() <= truth) & (truth <= found["rate_hi"].to_numpy())).mean())
        apart.append(((found["rate"].to_numpy() - truth) ** 2).mean())
        raw.append(((good / checked - truth) ** 2).mean())
    assert 0.9 < np.mean(held) < 0.98
    assert np.mean(apart) < 0.75**2 * np.mean(raw)


def test_rank_intervals_of_draws_are_counted_by_hand() -> None:
    """Ten draws of three providers: the first is best in nine, the second in one."""
    draws = np.array([[3.0, 2, 1]] * 9 + [[2.0, 3, 1]])
    places = find_places(draws, np.arange(3), ranked=np.array([True, True, True]), level=0.8)
    assert places["expected_rank"].to_list() == [1.1, 1.9, 3.0]
    assert places["p_first"].to_list() == [0.9, 0.1, 0.0]
    assert places["rank_lo"].to_list() == [1, 2, 3]
    assert places["rank_hi"].to_list() == [1, 2, 3]
    assert places["group"].to_list() == [1, 2, 3]


def test_every_flag_is_told_in_the_reference(request: pytest.FixtureRequest) -> None:
    page = (request.config.rootpath / "docs" / "reference" / "rank.md").read_text("utf-8")
    assert [code for code in FLAGS if f"`{code}`" not in page] == []

"""What stands out, and what must not: planted changes are found, honest weeks are left alone, the words say what was counted."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.errors import DeliveryError, UsageError
from payper.measurement.anomalies import EVIDENCE_SCHEMA, PROVIDERS_SCHEMA, Anomalies, Limits, find_anomalies
from payper.measurement.anomalies.drift import drift_chances
from payper.measurement.anomalies.fleet import Fleet, read_fleet, shrink
from payper.measurement.anomalies.sentences import once_in

ROOT = Path(__file__).resolve().parents[2]
FIRST = date(2026, 1, 5)
LAST = FIRST + timedelta(weeks=39)


def counts(
    k: np.ndarray, n: np.ndarray | int, *, signals: tuple[str, ...] = ("invalid_phone", "repeated", "outside_audience")
) -> pl.DataFrame:
    """Lay out providers by weeks by signals as rows."""
    n = np.broadcast_to(n, k.shape)
    provider, week, signal = np.indices(k.shape).reshape(3, -1)
    return pl.DataFrame(
        {
            "provider": np.array([f"p{number}" for number in range(len(k))])[provider],
            "week": (np.datetime64(FIRST) + 7 * np.arange(k.shape[1]))[week],
            "signal": np.array(signals)[signal],
            "k": k.ravel().astype(int),
            "n": n.ravel().astype(int),
        }
    )


def honest(seed: int = 0, *, providers: int = 8, weeks: int = 40, n: int = 30) -> np.ndarray:
    """Weekly counts at each provider's own rates, which differ from week to week a little."""
    rng = np.random.default_rng(seed)
    own = rng.beta(3, 57, (providers, 1, 3))
    return rng.binomial(n, rng.beta(own * 150, (1 - own) * 150, (providers, weeks, 3)))


def status(found: Anomalies) -> dict[str, str]:
    return dict(found.providers.select("provider", "status").iter_rows())


def test_a_month_of_wrong_phones_stands_out_by_name_signal_and_words() -> None:
    k = honest()
    k[2, -4:, 0] = [9, 11, 10, 12]
    found = find_anomalies(counts(k, 30), week=LAST)
    assert status(found) == {f"p{number}": "stands out" if number == 2 else "as expected" for number in range(8)}
    first = found.providers.row(0, named=True)
    assert first["signals"] == ["invalid_phone"]
    row = found.evidence.filter((pl.col("comparison") == "recent") & (pl.col("status") == "stands out")).row(0, named=True)
    assert (row["k"], row["n"], row["since"], row["until"]) == (42, 120, FIRST + timedelta(weeks=36), FIRST + timedelta(weeks=40, days=-1))
    assert re.fullmatch(
        r"invalid phones 42 of 120 in the last 4 weeks; \d+% expected; would happen by chance (less than )?once in [\d,]+", row["words"]
    )
    assert first["words"] == f"Stands out: {row['words']}."


def test_the_example_of_the_page_in_figures() -> None:
    """9 of 31 where 5 % of 600 were wrong: Beta(7.5, 142.5), whose tail scipy gives as well."""
    from scipy.stats import betabinom

    k = np.zeros((4, 24, 1), dtype=int)
    k[:, :20, 0] = [[2, 1] * 10] * 4
    k[:, 20:, 0] = [[1, 0, 1, 0]] * 3 + [[2, 2, 2, 3]]
    n = np.full(k.shape, 30)
    n[:, 20:] = [[[8], [8], [8], [7]]]
    found = find_anomalies(counts(k, n, signals=("invalid_phone",)))
    row = found.evidence.filter((pl.col("provider") == "p3") & (pl.col("comparison") == "recent")).row(0, named=True)
    assert row["expected_share"] == pytest.approx(0.05, abs=0.001)
    exact = betabinom.sf(9, 31, 7.5, 142.5) + 0.5 * betabinom.pmf(9, 31, 7.5, 142.5)
    assert row["chance"] == pytest.approx(float(exact), rel=0.15)
    assert row["words"] == "invalid phones 9 of 31 in the 4 weeks to 21 Jun 2026; 5% expected; would happen by chance once in 10,000"
    assert row["answer"] is None


def test_honest_weeks_are_named_seldom_and_changed_ones_found() -> None:
    """Twelve providers for a year, three of which change in week 30; two such years: fewer than one false name in 200 honest weeks."""
    false = honest_weeks = 0
    for seed in (1, 2):
        k = honest(seed, providers=12, weeks=52)
        k[:3, 30:, :2] += np.random.default_rng(seed).binomial(30, 0.15, (3, 22, 2))
        frame = counts(np.minimum(k, 30), 30)
        first = dict.fromkeys(("p0", "p1", "p2"), 99)
        for week in range(20, 52, 2):
            named = {
                name for name, each in status(find_anomalies(frame, week=FIRST + timedelta(weeks=week))).items() if each == "stands out"
            }
            changed = set(first) if week >= 30 else set()
            false, honest_weeks = false + len(named - changed), honest_weeks + 12 - len(changed)
            for name in named & changed:
                first[name] = min(first[name], week)
        assert max(first.values()) < 38
    assert false < honest_weeks / 200


def test_a_slow_rise_is_found_though_no_month_stands_out_and_its_beginning_is_named() -> None:
    """A share that goes from 5 to 10 % for half a year: 3 of 30 instead of 1.5, every week."""
    k = np.ones((8, 60, 1), dtype=int)
    k[:, ::2] = 2
    k[0, 34:] = 3
    found = find_anomalies(counts(k, 30, signals=("invalid_phone",)))
    rows = {row["comparison"]: row for row in found.evidence.filter(pl.col("provider") == "p0").iter_rows(named=True)}
    assert rows["recent"]["status"] == "as expected"
    assert rows["drift"]["status"] == "stands out"
    assert abs((rows["drift"]["since"] - (FIRST + timedelta(weeks=34))).days) <= 14
    assert "since the week of" in rows["drift"]["words"]
    assert "at most once in" in rows["drift"]["words"] or "less than once in" in rows["drift"]["words"]
    assert status(found)["p1"] == "as expected"


def test_few_deliveries_are_not_enough_to_judge_whatever_they_show() -> None:
    k, n = honest(), np.full((8, 40, 3), 30)
    n[0, -4:], k[0, -4:] = 0, 0
    n[0, -1], k[0, -1] = 7, 7
    found = find_anomalies(counts(k, n), week=LAST)
    assert status(found)["p0"] == "not enough to judge"
    own = found.evidence.filter((pl.col("provider") == "p0") & (pl.col("comparison") == "recent"))
    assert own["words"][0].endswith("7 of 7 in the last 4 weeks; not enough to judge")
    assert own["chance"].null_count() == own.height
    words = found.providers.filter(pl.col("provider") == "p0")["words"][0]
    assert words == "Not enough to judge: 7 deliveries in the last 4 weeks."


def test_a_new_provider_is_compared_with_the_others_and_a_lone_one_with_nobody() -> None:
    k, n = honest(), np.full((8, 40, 3), 30)
    n[0, :-2], k[0, :-2] = 0, 0
    k[0, -2:, 0] = 15
    found = find_anomalies(counts(k, n))
    row = found.evidence.filter((pl.col("provider") == "p0") & (pl.col("signal") == "invalid_phone")).row(0, named=True)
    assert row["basis"] == "the other providers"
    assert "expected from the other providers" in row["words"]
    assert status(found)["p0"] == "stands out"
    assert status(find_anomalies(counts(k[:1], n[:1])))["p0"] == "not enough to judge"


@settings(max_examples=15)
@given(st.integers(0, 1000), st.integers(0, 7), st.integers(0, 2))
def test_one_more_of_a_signal_never_looks_less_unusual(seed: int, provider: int, signal: int) -> None:
    k = honest(seed)
    k[provider, -1, signal] = min(k[provider, -1, signal], 29)
    more = k.copy()
    more[provider, -1, signal] += 1
    before, after = (find_anomalies(counts(each, 30)) for each in (k, more))
    own = (pl.col("provider") == f"p{provider}") & (pl.col("comparison") == "recent")
    for name in ("invalid_phone", "repeated", "outside_audience"):
        one, other = (each.evidence.filter(own & (pl.col("signal") == name))["chance"][0] for each in (before, after))
        assert other <= one + 1e-12


@settings(max_examples=10)
@given(st.integers(0, 1000))
def test_neither_order_nor_parts_nor_later_weeks_change_the_result(seed: int) -> None:
    frame = counts(honest(seed, providers=4, weeks=30), 30)
    week = FIRST + timedelta(weeks=24)
    known = frame.filter(pl.col("week") <= week)
    found = find_anomalies(known, week=week)
    halves = pl.concat(
        [
            known.with_columns(pl.col("k") // 2, pl.col("n") // 2),
            known.with_columns(pl.col("k") - pl.col("k") // 2, pl.col("n") - pl.col("n") // 2),
        ]
    )
    for other in (
        find_anomalies(frame, week=week),
        find_anomalies(known.sample(fraction=1.0, shuffle=True, seed=seed), week=week),
        find_anomalies(halves, week=week),
    ):
        assert other.evidence.equals(found.evidence)
        assert other.providers.equals(found.providers)


def test_more_sensitive_names_at_least_as_many() -> None:
    for seed in range(6):
        k = honest(seed)
        k[0, -4:, 0] += 3
        frame = counts(np.minimum(k, 30), 30)
        named = [
            set(find_anomalies(frame, q=q).providers.filter(pl.col("status") == "stands out")["provider"]) for q in (0.01, 0.05, 0.2, 0.5)
        ]
        assert all(fewer <= more for fewer, more in pairwise(named))


def test_whoever_stands_out_has_evidence_that_does() -> None:
    for seed in range(8):
        k = honest(seed)
        k[1, -4:, seed % 3] += 7
        found = find_anomalies(counts(np.minimum(k, 30), 30), q=0.2)
        for row in found.providers.iter_rows(named=True):
            own = found.evidence.filter((pl.col("provider") == row["provider"]) & (pl.col("status") == "stands out"))
            assert (row["status"] == "stands out") == bool(own.height)
            assert set(row["signals"]) == set(own["signal"])
            assert row["chance_adjusted"] <= 0.2 if own.height else True


def test_any_names_of_signals_will_do() -> None:
    k = honest()
    k[2, -4:, 0] = 12
    found = find_anomalies(counts(k, 30, signals=("wrong_coffee", "b", "c")))
    assert found.providers["signals"][0].to_list() == ["wrong_coffee"]
    assert "wrong coffee 48 of 120" in found.providers["words"][0]


def test_no_counts_give_no_rows_and_one_week_gives_no_judgement() -> None:
    none = find_anomalies(counts(honest(), 30).clear())
    assert none.providers.schema == PROVIDERS_SCHEMA
    assert none.evidence.schema == EVIDENCE_SCHEMA
    assert none.week is None
    one = find_anomalies(counts(honest(weeks=1), 30))
    assert set(one.providers["status"]) == {"not enough to judge"}
    assert one.evidence["chance"].null_count() == one.evidence.height


def test_signals_that_nobody_shows_and_that_everybody_shows_are_fine() -> None:
    k = np.zeros((5, 20, 3), dtype=int)
    k[:, :, 1] = 30
    found = find_anomalies(counts(k, 30))
    assert set(found.providers["status"]) == {"as expected"}
    assert found.evidence["expected_share"].is_between(0, 1).all()
    assert not found.evidence["chance"].is_nan().any()


def test_impossible_counts_and_sensitivities_are_refused() -> None:
    frame = counts(honest(), 30)
    with pytest.raises(DeliveryError, match="31 of 30"):
        find_anomalies(frame.with_columns(k=pl.lit(31)))
    with pytest.raises(DeliveryError, match="empty cell"):
        find_anomalies(frame.with_columns(provider=pl.lit(None, dtype=pl.String)))
    with pytest.raises(DeliveryError, match="week"):
        find_anomalies(frame.drop("week"))
    with pytest.raises(UsageError, match="between 0 and 1"):
        find_anomalies(frame, q=1.0)


def test_the_fleet_is_recovered_from_its_providers() -> None:
    rng = np.random.default_rng(3)
    rate = rng.beta(4, 76, 200)
    fleet = read_fleet(rng.binomial(120, rate)[:, None].astype(float), np.full((200, 1), 120.0), memory=150)
    assert fleet.mean[0] == pytest.approx(0.05, rel=0.1)
    assert 40 < fleet.weight[0] < 160


def test_shrinking_keeps_the_mean_of_a_long_history_and_the_weight_of_the_memory() -> None:
    fleet = Fleet(mean=np.array([0.10]), weight=np.array([50.0]))
    a, b = shrink(np.array([[500.0]]), np.array([[10_000.0]]), fleet, memory=150)
    assert (a + b)[0, 0] == pytest.approx(150)
    assert (a / (a + b))[0, 0] == pytest.approx((5 + 500) / 10_050)
    a, b = shrink(np.array([[0.0]]), np.array([[0.0]]), fleet, memory=150)
    assert (a[0, 0], b[0, 0]) == pytest.approx((5, 45))


def test_the_chance_of_a_drift_is_a_bound() -> None:
    """Counts drawn from the very model of no change: chances of at most 1, 5 and 20 % come no more often than that."""
    rng = np.random.default_rng(11)
    size, weeks = 1500, 20
    a, b = np.full((size, 1), 12.0), np.full((size, 1), 188.0)
    rate = rng.beta(a, b)[:, None]
    n = rng.poisson(25, (size, weeks, 1))
    k = rng.binomial(n, rng.beta(rate * 150, (1 - rate) * 150, (size, weeks, 1)))
    chance, _ = drift_chances(k.astype(float), n.astype(float), a, b, week_memory=150)
    for level in (0.01, 0.05, 0.2):
        assert (chance <= level).mean() <= level


def test_one_week_of_drift_by_hand() -> None:
    """With the earlier rate all but known (a tenth), 3 of 4 under odds of two times (2/11) and four times (4/13) against one of 1/10."""
    k, n = np.array([[[3.0]]]), np.array([[[4.0]]])
    chance, begins = drift_chances(k, n, np.array([[1e7]]), np.array([[9e7]]), week_memory=1e7)
    unchanged = 0.1**3 * 0.9
    risen = ((2 / 11) ** 3 * (9 / 11) + (4 / 13) ** 3 * (9 / 13)) / 2
    assert chance[0, 0] == pytest.approx(unchanged / risen, rel=0.01)
    assert begins[0, 0] == 0


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.5, "once in 2"), (0.031, "once in 32"), (0.0005, "once in 2,000"), (9.36e-5, "once in 10,000"), (1e-6, "once in 1,000,000"), (1e-9, "less than once in 1,000,000"), (0.0, "less than once in 1,000,000")],
)  # fmt: skip
def test_chances_in_words(chance: float, words: str) -> None:
    assert once_in(chance) == words


def test_limits_are_the_callers_to_choose() -> None:
    k = honest()
    k[0, -1, 0] = 12
    week = find_anomalies(counts(k, 30), week=LAST + timedelta(days=3), limits=Limits(weeks=1))
    assert status(week)["p0"] == "stands out"
    assert "in the last week;" in week.providers["words"][0]


def test_the_words_date_the_weeks_unless_the_caller_did() -> None:
    frame = counts(honest(), 30)
    assert find_anomalies(frame).providers["words"][0].endswith("in the 4 weeks to 11 Oct 2026.")
    assert find_anomalies(frame, week=LAST).providers["words"][0].endswith("in the last 4 weeks.")
    a_year_later = find_anomalies(frame, week=LAST + timedelta(weeks=52))
    assert set(a_year_later.providers["status"]) == {"not enough to judge"}


def test_what_stands_out_everywhere_is_first_a_question_to_oneself() -> None:
    k = honest()
    k[:5, -4:, 0] = 12
    found = find_anomalies(counts(k, 30))
    assert found.notes == ("Invalid phones stand out at 5 of 8 providers at once: look at your own checks and lists first.",)
    k[2:, -4:, 0] = honest()[2:, -4:, 0]
    assert find_anomalies(counts(k, 30)).notes == ()


def test_no_word_accuses_anybody() -> None:
    """Evidence, chance and source; the conclusion is a person's."""
    banned = re.compile(r"fraud|cheat|fake|scam|suspicious|guilty", re.IGNORECASE)
    folder = ROOT / "src" / "payper" / "measurement" / "anomalies"
    pages = [path for name in ("watching.md", "reference/anomalies.md") if (path := ROOT / "docs" / name).exists()]
    for path in [*folder.glob("*.py"), *pages]:
        assert not banned.search(path.read_text("utf-8")), path.name

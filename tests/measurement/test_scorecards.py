"""Scorecards: what counts against a provider, what does not, and how checks, criteria and weights make one figure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from payper.errors import UsageError
from payper.measurement.providers import (
    CHECKS,
    COUNTS_SCHEMA,
    CRITERIA_SCHEMA,
    MIX_FLAGS,
    OVERALL_SCHEMA,
    SCORECARD_FLAGS,
    Criterion,
    Weights,
    adjust_for_mix,
    always_valid_interval,
    audit_counts,
    checks_asked,
    delivery_speeds,
    find_broken_promises,
    make_scorecards,
    rank,
    scorecard_counts,
)
from payper.reasons import RETURN_REASONS, Fault, Group, Reason
from payper.terms.contract import Audience, Contract, Range, Record

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

# One delivery a line; verdict, reasons of judging, return or feedback, and what is told of some checks (good, bad, or not looked at).
DELIVERIES = """
verdict     reasons                     after                   email takes mail   company size   right person   accepted   not returned
accepted    -                           -                       good               good           good           good       good
rejected    EMAIL_SYNTAX                -                       bad                good           -              bad        -
rejected    EMAIL_SYNTAX,CAP_DAY        -                       bad                good           -              bad        -
rejected    CAP_DAY                     -                       good               good           -              -          -
rejected    DUPLICATE_CRM               -                       good               good           -              -          -
rejected    SIZE_OUTSIDE                -                       good               bad            -              bad        -
rejected    ROW_MALFORMED               -                       -                  -              -              bad        -
review      SIZE_UNKNOWN                -                       good               -              -              -          -
quarantined CAP_MONTH                   -                       good               good           -              -          -
accepted    -                           PERSON_WRONG:granted    good               good           bad            good       bad
accepted    -                           PERSON_WRONG:refused    good               good           good           good       good
accepted    -                           PERSON_WRONG:pending    good               good           -              good       -
accepted    -                           SIZE_OUTSIDE:granted    good               bad            good           good       bad
accepted    -                           PERSON_WRONG:feedback   good               good           bad            good       good
"""


def judged(*reasons: str, verdict: str = "accepted", number: int = 1, provider: str | None = "p", **known: object) -> dict[str, object]:
    return {
        "provider": provider,
        "contract": "c",
        "verdict": verdict,
        "reasons": list(reasons),
        "delivery_id": number,
        "email": "a@acme.test",
        **known,
    }


def verdict_frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema_overrides={"reasons": pl.List(pl.String), "email": pl.String, "provider": pl.String})


NOTHING_BACK = pl.DataFrame(schema={"delivery_id": pl.Int64, "reason": pl.String, "outcome": pl.String})


def found(counts: pl.DataFrame, check: str) -> tuple[int, int] | None:
    rows = counts.filter(pl.col("check") == check)
    return tuple(rows.select(pl.col("good", "checked").sum()).row(0)) if rows.height else None


@pytest.mark.parametrize("line", DELIVERIES.strip().split("\n")[1:])
def test_what_counts_against_a_provider_and_what_does_not(line: str) -> None:
    verdict, reasons, after, *wanted = line.split()
    verdicts = verdict_frame(judged(*([] if reasons == "-" else reasons.split(",")), verdict=verdict))
    back = NOTHING_BACK
    if after != "-":
        reason, outcome = after.split(":")
        is_feedback = outcome == "feedback"
        back = pl.DataFrame(
            {"delivery_id": [1], "reason": [reason], "outcome": [None if is_feedback else outcome], "is_feedback": [is_feedback]}
        )
    counts = scorecard_counts(verdicts, back)
    names = ("email takes mail", "company size", "right person", "accepted", "not returned")
    meaning = {"good": (1, 1), "bad": (0, 1), "-": None}
    assert [found(counts, name) for name in names] == [meaning[each] for each in wanted]


def test_what_came_back_is_not_counted_where_nobody_says_what_came_back() -> None:
    counts = scorecard_counts(verdict_frame(judged()))
    assert found(counts, "mail arrived") is None
    assert found(counts, "not returned") is None
    assert found(scorecard_counts(verdict_frame(judged()), NOTHING_BACK), "mail arrived") == (1, 1)


def test_a_column_that_is_empty_was_not_looked_at_unless_a_reason_is_listed() -> None:
    counts = scorecard_counts(verdict_frame(judged(email=None), judged("EMAIL_SYNTAX", verdict="rejected", number=2, email=None)))
    assert found(counts, "email takes mail") == (0, 1)


def test_a_delivery_is_checked_only_for_what_its_terms_ask() -> None:
    terms = {
        "strict": Contract("strict", "b", "p", "USD", "UTC", date(2026, 1, 1), record=Record(email=frozenset({"syntax"}))),
        "loose": Contract("loose", "b", "p", "USD", "UTC", date(2026, 1, 1), audience=Audience(employees=Range(10, None))),
    }
    asked = {name: checks_asked(contract) for name, contract in terms.items()}
    assert "email takes mail" in asked["strict"]
    assert "company size" not in asked["strict"]
    rows = [judged(number=1) | {"contract": "strict"}, judged("EMAIL_SYNTAX", verdict="rejected", number=2) | {"contract": "loose"}]
    counts = scorecard_counts(verdict_frame(*rows), asked=asked)
    assert found(counts, "email takes mail") == (1, 1)
    assert found(counts, "company size") == (1, 1)
    assert found(counts, "phone number valid") is None


def test_every_reason_that_the_provider_can_prevent_counts_in_one_check_only() -> None:
    """Left out are reasons that forbid delivering at all, appointments' dates, and what follows from a meeting."""
    named = [reason for check in CHECKS for reason in check.bad]
    assert len(named) == len(set(named))
    theirs = {reason for reason in Reason if reason.fault is Fault.PROVIDER and not reason.name.endswith("_UNKNOWN")}
    left_out = {
        Reason.CONTRACT_NOT_IN_FORCE, Reason.NOTICE_TOO_SHORT, Reason.BEYOND_HORIZON, Reason.REPLACEMENT_LATE,
    }  # fmt: skip
    assert theirs - set(named) - left_out == set()
    buyers = {reason for reason in Reason if reason.fault in {Fault.BUYER, Fault.NOBODY}}
    assert buyers & set(named) == set()
    assert not any(reason.group is Group.CAP for reason in named)


ROWS = st.lists(
    st.builds(
        judged,
        *[st.sampled_from([reason.name for reason in Reason if reason.group is not Group.AFTER])] * 2,
        verdict=st.sampled_from(["accepted", "rejected", "review", "quarantined"]),
        provider=st.sampled_from(["p", "q", None]),
        segment=st.sampled_from(["small", "large", None]),
    ),
    min_size=1,
    max_size=8,
).map(lambda rows: verdict_frame(*({**row, "delivery_id": at} for at, row in enumerate(rows))))
BACK = st.lists(
    st.tuples(
        st.integers(0, 9), st.sampled_from([reason.name for reason in RETURN_REASONS]), st.sampled_from(["granted", "refused", "pending"])
    ),
    max_size=5,
)


@settings(max_examples=20)
@given(ROWS, BACK)
def test_counts_add_up_over_segments_and_halves(verdicts: pl.DataFrame, back: list[tuple[int, str, str]]) -> None:
    """Segments together are the whole; two halves of the deliveries counted apart add up to all of them."""
    returns = pl.DataFrame(back, schema={"delivery_id": pl.Int64, "reason": pl.String, "outcome": pl.String}, orient="row")
    keys = ["provider", "check"]
    whole = scorecard_counts(verdicts, returns)
    parts = scorecard_counts(verdicts, returns, segment="segment")
    halves = pl.concat([scorecard_counts(half, returns) for half in (verdicts[: verdicts.height // 2], verdicts[verdicts.height // 2 :])])
    for others in (parts, halves):
        summed = others.group_by(keys).agg(pl.col("good", "checked").sum()).filter(pl.col("checked") > 0).sort(keys)
        assert summed.equals(whole.select(*keys, "good", "checked").filter(pl.col("checked") > 0).sort(keys))
    assert (whole["good"] <= whole["checked"]).all()
    assert (whole["checked"] <= whole["deliveries"]).all()
    assert dict(whole.schema) == dict(pl.DataFrame(schema=COUNTS_SCHEMA).schema)


def test_a_meeting_that_the_buyer_missed_says_nothing_of_the_provider() -> None:
    verdicts = verdict_frame(*(judged(number=number) for number in range(1, 5)))
    outcomes = pl.DataFrame(
        {
            "delivery_id": [1, 2, 3, 4],
            "held_at": [NOON, None, None, None],
            "missed_at": [None, NOON, NOON, None],
            "missed_reason": [None, "NO_SHOW_PROSPECT", "NO_SHOW_BUYER", None],
        },
        schema_overrides={"held_at": pl.Datetime("us", "UTC"), "missed_at": pl.Datetime("us", "UTC")},
    )
    assert found(scorecard_counts(verdicts, outcomes=outcomes), "meeting held") == (1, 2)


def test_speed_is_told_in_days_and_as_a_share_in_time() -> None:
    rows = [judged(number=at, generated_at=NOON - timedelta(days=days), delivered_at=NOON) for at, days in enumerate((1, 2, 9, -1))]
    verdicts = verdict_frame(*rows, judged(number=9, generated_at=None, delivered_at=NOON))
    told = delivery_speeds(verdicts).row(0, named=True)
    assert told == {"provider": "p", "deliveries": 5, "timed": 3, "days_median": 2.0, "days_p90": pytest.approx(7.6)}
    assert found(scorecard_counts(verdicts), "delivered in time") == (3, 4)


def test_an_audit_weighs_what_was_drawn_seldom_as_what_it_stands_for() -> None:
    """40 of 600 in one stratum and 40 of 40 in another, counted by hand."""
    drawn = [(True, 40 / 600)] * 36 + [(False, 40 / 600)] * 4 + [(True, 1.0)] * 20 + [(False, 1.0)] * 20
    audits = pl.DataFrame(drawn, schema=["is_good", "probability"], orient="row").with_columns(provider=pl.lit("p"), check=pl.lit("phone"))
    told = audit_counts(audits).row(0, named=True)
    assert told["good"] / told["checked"] == pytest.approx((0.9 * 600 + 0.5 * 40) / 640)
    assert told["checked"] == pytest.approx(640**2 / (40 * 15**2 + 40))
    assert (told["based_on"], told["deliveries"]) == (80, 640)


def test_an_even_audit_is_a_plain_count() -> None:
    audits = pl.DataFrame(
        {"provider": ["p"] * 40, "check": ["phone"] * 40, "is_good": [True] * 31 + [False] * 9, "probability": [40 / 612] * 40}
    )
    told = audit_counts(audits).row(0, named=True)
    assert (told["good"], told["checked"]) == (pytest.approx(31), pytest.approx(40))
    assert (told["based_on"], told["deliveries"]) == (40, 612)
    odd = pl.DataFrame({"provider": ["p", "p", "p"], "check": ["phone"] * 3, "is_good": [None, True, True], "probability": [0.5, 0.0, 1.5]})
    assert audit_counts(odd).is_empty()


def cells(*rows: tuple[str, str, str, str, float, float]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["provider", "criterion", "check", "segment", "good", "checked"], orient="row")
    return frame.with_columns(
        pl.col("good", "checked").cast(pl.Float64), based_on=pl.col("checked").cast(pl.Int64), deliveries=pl.col("checked").cast(pl.Int64)
    )


def test_a_provider_of_hard_segments_is_not_worse_for_its_mix() -> None:
    """Two providers with the same fault rate in every segment; one delivers mostly to the hard one."""
    counts = cells(
        ("easy", "data accuracy", "email", "small", 950, 1000), ("easy", "data accuracy", "email", "large", 80, 100),
        ("hard", "data accuracy", "email", "small", 95, 100), ("hard", "data accuracy", "email", "large", 800, 1000),
    )  # fmt: skip
    told = adjust_for_mix(counts)
    assert told["ratio"].to_list() == pytest.approx([1, 1])
    assert told["rate"].to_list() == pytest.approx([1 - 275 / 2200] * 2)
    raw = rank(counts)
    assert raw["rate"][0] - raw["rate"][1] > 0.1


def test_the_mix_interval_is_the_exact_poisson_one() -> None:
    counts = cells(("a", "x", "c", "s", 90, 100), ("b", "x", "c", "s", 180, 200))
    told = adjust_for_mix(counts).row(0, named=True)
    assert told["expected"] == pytest.approx(10)
    assert told["ratio_lo"] == pytest.approx(stats.chi2.ppf(0.025, 20) / 2 / 10)
    assert told["ratio_hi"] == pytest.approx(stats.chi2.ppf(0.975, 22) / 2 / 10)


def test_a_mix_without_faults_or_rivals_says_so() -> None:
    told = adjust_for_mix(cells(("a", "x", "c", "s", 10, 10), ("b", "x", "c", "s", 20, 20), ("b", "x", "d", "t", 60, 100)))
    assert told["flags"].to_list() == [["NO_FAULTS"], ["NO_FAULTS"], ["ALONE_IN_SEGMENTS"]]
    assert told["ratio"].to_list() == [None, None, 1.0]
    assert set(MIX_FLAGS) >= {flag for flags in told["flags"] for flag in flags}


def test_the_bound_to_stop_at_is_wrong_seldom_however_often_one_looks() -> None:
    """200 providers that keep their promise of .9, looked at after each of 300 deliveries."""
    chance = np.random.default_rng(20261126)
    good = np.cumsum(chance.random((200, 300)) < 0.9, axis=1).astype(float)
    _, high = always_valid_interval(good.ravel(), np.tile(np.arange(1, 301.0), 200))
    accused = (high.reshape(200, 300) < 0.9).any(axis=1).mean()
    assert accused <= 0.05


def test_a_provider_far_below_its_promise_is_found_and_one_that_keeps_it_is_not() -> None:
    counts = pl.DataFrame({"provider": ["keeps", "breaks", "new", "keeps"], "good": [90, 70, 0, 90], "checked": [100, 100, 0, 100]})
    told = find_broken_promises(counts, promised=0.9)
    assert told["provider"].to_list() == ["breaks", "keeps", "new"]
    assert told["is_below"].to_list() == [True, False, False]
    assert told.row(2, named=True)["rate_hi"] == 1.0


@given(st.integers(0, 200), st.integers(0, 200))
def test_the_bound_is_where_the_mixture_meets_its_limit(good: int, bad: int) -> None:
    low, high = (each[0] for each in always_valid_interval(np.array([float(good)]), np.array([float(good + bad)])))
    assert low <= (good / (good + bad) if good + bad else 0.5) <= high
    for rate in (low, high):
        if 0 < rate < 1:
            mixture = stats.betabinom.pmf(good, good + bad, 1, 1) / stats.binom.pmf(good, good + bad, rate)
            assert mixture == pytest.approx(20, rel=1e-6)


CARDS = cells(
    ("a", "data accuracy", "email", "all", 90, 100), ("a", "data accuracy", "phone", "all", 80, 100), ("a", "audience relevance", "country", "all", 99, 100),
    ("b", "data accuracy", "email", "all", 180, 200), ("b", "data accuracy", "phone", "all", 190, 200), ("b", "audience relevance", "country", "all", 150, 200),
    ("c", "data accuracy", "email", "all", 5, 6), ("c", "audience relevance", "country", "all", 45, 50),
)  # fmt: skip


def test_a_weight_of_everything_on_one_check_gives_that_checks_ranking() -> None:
    cards = make_scorecards(CARDS, weights=Weights(criteria={"data accuracy": 1}, checks={"email": 0}))
    phone = cards.checks.filter(pl.col("check") == "phone").sort("provider")
    overall = cards.overall.sort("provider")
    assert overall["value"].to_list()[:2] == pytest.approx(phone["rate"].to_list(), abs=0.005)
    assert cards.weights == {"data accuracy": 1.0}


def test_the_whole_is_the_weighted_mean_of_its_criteria() -> None:
    cards = make_scorecards(CARDS, weights=Weights(criteria={"data accuracy": 3, "audience relevance": 1}))
    values = {(row["criterion"], row["provider"]): row["value"] for row in cards.criteria.iter_rows(named=True)}
    for row in cards.overall.iter_rows(named=True):
        mean = 0.75 * values["data accuracy", row["provider"]] + 0.25 * values["audience relevance", row["provider"]]
        assert row["value"] == pytest.approx(mean)


def test_nobody_is_placed_overall_on_fewer_than_eight_in_a_criterion_that_counts() -> None:
    cards = make_scorecards(CARDS, weights=Weights(criteria={"data accuracy": 1, "audience relevance": 1}))
    few = cards.overall.filter(pl.col("provider") == "c").row(0, named=True)
    assert few["rank"] is None
    assert few["first_share"] is None
    assert few["flags"] == ["FEW_CHECKED"]
    # Without weights of the buyer, accuracy does not count, as c was not checked often enough for it.
    assert make_scorecards(CARDS).weights == {"audience relevance": 1.0}


def test_a_provider_better_in_everything_is_first_under_all_weightings() -> None:
    better = cells(
        *(
            (provider, criterion, "one", "all", good, 400)
            for provider, good in (("best", 390), ("rest", 300))
            for criterion in ("data accuracy", "speed")
        )
    )
    cards = make_scorecards(better)
    assert cards.overall.select("provider", "rank", "first_share").rows() == [("best", 1, 1.0), ("rest", 2, 0.0)]
    assert cards.overall["group"].to_list() == [1, 2]


def test_wins_count_by_what_they_are_worth_beside_the_mean() -> None:
    deliveries = pl.DataFrame(
        {"provider": ["a", "a", "b", "b"], "age_days": [400] * 4, "won_after_days": [30, None, 30, None], "count": [60, 140, 20, 180]}
    )
    cards = make_scorecards(CARDS.clear(), deliveries=deliveries)
    values = cards.criteria.sort("provider")
    assert values["criterion"].to_list() == [Criterion.OUTCOME.value] * 2
    assert values["value"].to_list() == pytest.approx(cards.wins.sort("provider")["rate"].to_list())
    # Equal samples: the two utilities stand around one half.
    assert cards.overall["value"].mean() == pytest.approx(0.5, abs=1e-6)


def test_cards_of_nothing_are_empty_and_cards_of_one_say_so() -> None:
    empty = make_scorecards(CARDS.clear())
    assert empty.overall.is_empty()
    assert empty.criteria.is_empty()
    alone = make_scorecards(CARDS.filter(pl.col("provider") == "b"))
    assert alone.overall["flags"].to_list() == [["ONE_PROVIDER"]]


def test_the_order_of_rows_does_not_matter_and_no_nan_comes_out() -> None:
    here, there = make_scorecards(CARDS, seed=3), make_scorecards(CARDS.reverse(), seed=3)
    for schema, one, two in ((CRITERIA_SCHEMA, here.criteria, there.criteria), (OVERALL_SCHEMA, here.overall, there.overall)):
        assert one.equals(two)
        assert not any(one[name].is_nan().any() for name, dtype in schema.items() if dtype == pl.Float64)
    assert set(SCORECARD_FLAGS) >= {flag for flags in here.criteria["flags"] for flag in flags}


@pytest.mark.parametrize(
    "weights",
    [
        Weights(criteria={"charm": 1}),
        Weights(criteria={"data accuracy": -1}),
        Weights(criteria={"data accuracy": 0}),
        Weights(checks={"fax": 1}),
        Weights(checks={"email": float("nan")}),
    ],
)
def test_weights_that_make_no_sense_are_refused_with_what_to_do(weights: Weights) -> None:
    with pytest.raises(UsageError) as caught:
        make_scorecards(CARDS, weights=weights)
    assert caught.value.mend


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(UsageError, match="more than checked"):
        make_scorecards(CARDS.with_columns(good=pl.lit(1000.0)))
    with pytest.raises(UsageError, match="no column"):
        make_scorecards(CARDS.drop("check"))
    with pytest.raises(UsageError, match="no column"):
        scorecard_counts(pl.DataFrame({"provider": ["p"]}))

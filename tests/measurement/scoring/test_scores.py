"""Scores as a whole: what must not move them, when there is none, what they refuse, and that they mean what they say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from payper.errors import DeliveryError, FileError, UsageError
from payper.measurement.scoring import assess, fit_labelled, fit_scores, read_score, report_drift, write_score
from payper.measurement.scoring.leaks import name_hint

AS_OF, HORIZON = date(2025, 12, 31), 60
LIBRARIES = pytest.mark.parametrize("library", ["lightgbm", "scikit-learn"])


def programme(count: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Deliveries over a year and their wins: directors of large companies win most, one provider more than the other."""
    chance = np.random.default_rng(seed)
    features = pl.DataFrame(
        {
            "delivery_id": [f"d{n:05}" for n in range(count)],
            "delivered_at": [
                datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=float(hours)) for hours in chance.uniform(0, 24 * 364, count)
            ],
            "provider": chance.choice(["north", "south"], count),
            "seniority": chance.choice(["manager", "director"], count),
            "employees": np.round(np.exp(chance.normal(6, 1, count))),
        }
    )
    z = -2.2 + 1.2 * (features["seniority"] == "director").to_numpy() + 0.6 * (np.log(features["employees"].to_numpy()) - 6)
    z += 0.8 * (features["provider"] == "north").to_numpy()
    won = chance.random(count) < 1 / (1 + np.exp(-z))
    lag = pl.Series(chance.exponential(25 * 86_400e6, count)).cast(pl.Duration("us"))
    return features, features.select("delivery_id", happened_at=pl.col("delivered_at") + lag).filter(pl.Series(won))


FEATURES, WINS = programme(900, 1)


@pytest.fixture(scope="module")
def model():
    return fit_scores(FEATURES, WINS, as_of=AS_OF, horizon_days=HORIZON, provider="provider")


def test_what_happens_later_does_not_move_a_score(model) -> None:
    """Later wins, later deliveries, and the order of all rows leave every byte of the score as it is."""
    later = pl.DataFrame({"delivery_id": FEATURES["delivery_id"], "happened_at": [datetime(2026, 1, 1, tzinfo=UTC)] * FEATURES.height})
    new = FEATURES.head(50).with_columns(pl.col("delivery_id") + "x", delivered_at=pl.lit(datetime(2026, 3, 1, tzinfo=UTC)))
    again = fit_scores(
        pl.concat([new, FEATURES]).sample(fraction=1, shuffle=True, seed=3),
        pl.concat([later, WINS]).sample(fraction=1, shuffle=True, seed=4),
        as_of=AS_OF,
        horizon_days=HORIZON,
        provider="provider",
    )
    assert write_score(again) == write_score(model)


def test_a_score_finds_what_was_planted(model) -> None:
    features, wins = programme(4_000, 2)
    scored = model.score(features)
    lag = (pl.col("happened_at").dt.date() - pl.col("delivered_at").dt.date()).dt.total_days() < HORIZON
    won = features.join(wins, on="delivery_id", how="left", maintain_order="left").select(lag.fill_null(value=False)).to_series().to_numpy()
    found = assess(scored["p"].to_numpy(), won)
    assert found.auc is not None
    assert found.auc > 0.69
    assert found.mean_p == pytest.approx(found.rate, rel=0.15)
    assert scored["delivery_id"].equals(features["delivery_id"])
    assert (scored["p_lo"] <= scored["p"]).all()
    assert (scored["p"] <= scored["p_hi"]).all()


def test_reasons_say_what_moved_a_score(model) -> None:
    best = FEATURES.head(1).with_columns(seniority=pl.lit("director"), employees=pl.lit(20_000.0), provider=pl.lit("north"))
    reasons = model.score(best)["reasons"][0].to_list()
    assert any(each.endswith("points: seniority director") and each.startswith("+") for each in reasons)
    assert any("employees 20,000" in each for each in reasons)
    empty = model.score(best.with_columns(seniority=pl.lit(None, dtype=pl.String)))["reasons"][0].to_list()
    assert len(empty) <= 3


def test_what_columns_add_sums_to_the_score(model) -> None:
    added, scored = model.contributions(FEATURES), model.score(FEATURES)
    z = added.drop("delivery_id").sum_horizontal().to_numpy()
    assert np.allclose(1 / (1 + np.exp(-z)), scored["p"].to_numpy())


def test_a_provider_is_scored_with_and_without_its_name(model) -> None:
    assert model.without_provider is not None
    assert "provider" not in model.without_provider.columns
    twins = pl.concat([FEATURES.head(1).with_columns(provider=pl.lit(name), delivery_id=pl.lit(name)) for name in ("north", "south")])
    scored = model.score(twins)
    assert scored["p"][0] > scored["p"][1]
    assert scored["p_without_provider"][0] == scored["p_without_provider"][1]


def test_a_score_is_worded_with_its_trust_and_the_average(model) -> None:
    assert (
        model.word(0.12, 0.09, 0.16) == f"12 % (9.0–16 %) chance of a won deal within 60 days, programme average {100 * model.rate:.0f} %"
    )
    for nothing in (None, float("nan")):
        assert model.word(nothing, nothing, nothing).startswith("No chance of a won deal within 60 days can be given, programme average")


def test_too_few_wins_give_no_score_but_rates_of_segments() -> None:
    few = fit_scores(FEATURES, WINS.head(20), as_of=AS_OF, horizon_days=HORIZON, provider="provider")
    assert few.basis == "segment rates"
    assert "30 are needed" in few.notes[0]
    scored = few.score(FEATURES.head(3))
    assert scored["p"].null_count() == 3
    assert scored["reasons"][0].to_list() == [few.notes[0]]
    assert few.segment_rates["value"].to_list() == [None, "north", "south"] or few.segment_rates["value"].to_list() == [
        None,
        "south",
        "north",
    ]


def test_young_deliveries_give_no_score_and_say_when_to_ask() -> None:
    early = fit_scores(FEATURES, WINS, as_of=date(2025, 2, 15), horizon_days=HORIZON)
    assert early.basis == "none"
    assert early.notes[0].startswith("Too early to tell: 0 of")


def test_columns_known_after_delivery_are_refused_with_the_reason() -> None:
    won = FEATURES["delivery_id"].is_in(WINS["delivery_id"].implode())
    leaky = FEATURES.with_columns(
        called=pl.col("delivered_at") + pl.duration(days=2),
        call_minutes=pl.int_range(pl.len()) % 7,
        contract_signed=pl.when(won).then(pl.lit("yes")).otherwise(pl.lit("no")),
        hidden=won.cast(pl.Int64) * 5 + pl.int_range(pl.len()) % 3,
        wave=pl.int_range(pl.len()) % 4,
        generated=pl.col("delivered_at") - pl.duration(days=1),
        lead_grade=pl.int_range(pl.len()) % 2,
    )
    known_at = {"call_minutes": "called", "wave": date(2026, 1, 1)}
    fitted = fit_scores(leaky, WINS, as_of=AS_OF, horizon_days=HORIZON, known_at=known_at)
    verdicts = {each.column: each.verdict for each in fitted.suspicions}
    assert verdicts["call_minutes"] == verdicts["wave"] == verdicts["contract_signed"] == verdicts["hidden"] == "refused"
    assert verdicts["lead_grade"] == "flagged"
    assert set(fitted.columns) == {"provider", "seniority", "employees", "lead_grade", "weekday", "hour"}
    reasons = {each.column: each.reason for each in fitted.suspicions}
    assert reasons["call_minutes"] == "It was known only after delivery in 900 of 900 deliveries."
    trusting = fit_scores(leaky, WINS, as_of=AS_OF, horizon_days=HORIZON, known_at=known_at, trusted=["contract_signed", "call_minutes"])
    assert "contract_signed" in trusting.columns
    assert "call_minutes" not in trusting.columns


def test_a_date_after_delivery_is_its_own_stamp() -> None:
    dated = FEATURES.with_columns(next_step_on=pl.col("delivered_at").dt.date() + pl.duration(days=3))
    fitted = fit_scores(dated, WINS, as_of=AS_OF, horizon_days=HORIZON)
    assert "next_step_on" not in fitted.columns
    assert fitted.suspicions[0].reason == "It is a date after delivery in 900 of 900 deliveries."


def test_names_tell_of_after_or_before() -> None:
    assert name_hint("Last Notable Activity") == "notable"
    assert name_hint("leadQuality") == "quality"
    assert name_hint("prior_no_shows") is None
    assert name_hint("employees") is None


@LIBRARIES
def test_trees_score_explain_and_repeat(library) -> None:
    """With three hundred wins trees come in; what columns add sums to the score, whoever grew them, and again the same."""
    features, wins = programme(2_400, 5)
    fitted = fit_scores(features, wins, as_of=AS_OF, horizon_days=HORIZON, learner="trees", library=library)
    again = fit_scores(features, wins, as_of=AS_OF, horizon_days=HORIZON, learner="trees", library=library)
    few = features.head(40)
    scored, added = fitted.score(few), fitted.contributions(few)
    z = added.drop("delivery_id").sum_horizontal().to_numpy()
    assert np.allclose(1 / (1 + np.exp(-z)), scored["p"].to_numpy())
    assert scored["p"].equals(again.score(few)["p"])
    assert scored["reasons"].list.len().min() >= 1
    strongest = added.drop("delivery_id", "start", "hour", "weekday").select(pl.all().std()).row(0, named=True)
    assert min(strongest.values()) > 0.1


@LIBRARIES
def test_a_mixture_is_chosen_by_the_latest_quarter(library) -> None:
    features, wins = programme(2_400, 6)
    fitted = fit_scores(features, wins, as_of=AS_OF, horizon_days=HORIZON, library=library)
    assert library in fitted.notes[0]
    assert "most recent quarter" in fitted.notes[0]
    assert fitted.assessment is not None
    assert fitted.assessment.slope == pytest.approx(1, abs=0.25)


def test_a_score_comes_back_from_its_bytes(model) -> None:
    features, wins = programme(2_400, 6)
    for each in (model, fit_scores(features, wins, as_of=AS_OF, horizon_days=HORIZON, learner="trees", library="lightgbm")):
        stored = write_score(each)
        back = read_score(stored)
        assert back.score(FEATURES.head(20)).equals(each.score(FEATURES.head(20)))
        assert write_score(back) == stored
    with pytest.raises(FileError, match="not the bytes of a score"):
        read_score(stored[:-5])
    with pytest.raises(FileError, match="Fit the score again"):
        read_score(b'{"format": "payper score 0"}')


def test_trees_that_have_no_safe_format_are_not_written() -> None:
    features, wins = programme(2_400, 6)
    fitted = fit_scores(features, wins, as_of=AS_OF, horizon_days=HORIZON, learner="trees", library="scikit-learn")
    with pytest.raises(UsageError, match="safe to read"):
        write_score(fitted)


def test_holes_and_novelties_are_scored_without_holes(model) -> None:
    strange = pl.DataFrame(
        {
            "delivery_id": ["a", "b", "c"],
            "delivered_at": [datetime(2026, 1, 5, 9, tzinfo=UTC), None, datetime(2026, 1, 5, tzinfo=UTC)],
            "provider": [None, "west", ""],
            "seniority": ["intern", None, "director"],
            "employees": [float("nan"), float("inf"), None],
        }
    )
    scored = model.score(strange)
    assert scored["p"].is_finite().all()
    assert scored["reasons"].null_count() == 0
    assert model.score(strange.clear()).height == 0


def test_wrong_frames_are_told_in_words() -> None:
    with pytest.raises(DeliveryError, match="comes twice"):
        fit_scores(pl.concat([FEATURES, FEATURES]), WINS, as_of=AS_OF, horizon_days=HORIZON)
    with pytest.raises(DeliveryError, match="`happened_at` is missing"):
        fit_scores(FEATURES, WINS.rename({"happened_at": "won_at"}), as_of=AS_OF, horizon_days=HORIZON)
    with pytest.raises(UsageError, match="less than a day"):
        fit_scores(FEATURES, WINS, as_of=AS_OF, horizon_days=0)
    with pytest.raises(UsageError, match="no column"):
        fit_scores(FEATURES, WINS, as_of=AS_OF, horizon_days=HORIZON, known_at={"title": "titled_at"})
    with pytest.raises(DeliveryError, match="No delivery"):
        fit_scores(FEATURES, WINS, as_of=date(2020, 1, 1), horizon_days=HORIZON)


def test_keys_of_another_kind_are_told_and_those_that_match_no_delivery_are_noted() -> None:
    asked = {"as_of": AS_OF, "horizon_days": HORIZON}
    with pytest.raises(DeliveryError, match="no outcome can be matched"):
        fit_scores(FEATURES, WINS.with_columns(delivery_id=pl.int_range(pl.len())), **asked)
    with pytest.raises(DeliveryError, match="collect"):
        fit_scores(FEATURES.lazy(), WINS, **asked)
    same = fit_scores(FEATURES, WINS.with_columns(pl.col("delivery_id").cast(pl.Categorical)), **asked)
    assert same.wins == fit_scores(FEATURES, WINS, **asked).wins > 0
    strangers = fit_scores(FEATURES, WINS.with_columns(pl.col("delivery_id") + " "), **asked)
    assert any("outcomes belongs to a delivery" in note for note in strangers.notes)
    reached = pl.DataFrame({"delivery_id": ["x"], "is_reached": [True]})
    assert any("outcomes belongs to a delivery" in note for note in fit_labelled(FEATURES, reached).notes)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"learner": "foo"}, "no `foo`"),
        ({"library": "lightgmb"}, "Write lightgbm"),
        ({"horizon_days": float("nan")}, "no whole number of days"),
        ({"horizon_days": 1.5}, "no whole number of days"),
        ({"seed": -1}, "no whole number from 0"),
        ({"trusted": ["senoirity"]}, "Write seniority"),
        ({"trusted": "nosuch"}, "no `nosuch`"),
    ],
)
def test_what_cannot_be_fitted_by_is_refused_in_words(asked, words) -> None:
    with pytest.raises(UsageError, match=words):
        fit_scores(FEATURES, WINS, **{"as_of": AS_OF, "horizon_days": HORIZON, **asked})


@pytest.mark.filterwarnings("error")
def test_what_is_infinite_is_missing() -> None:
    size = pl.col("employees")
    frames = [
        FEATURES.with_columns(pl.when(size > size.median()).then(given).otherwise(size).alias("employees"))
        for given in (float("inf"), float("-inf"), None)
    ]
    fits = [fit_scores(frame, WINS, as_of=AS_OF, horizon_days=HORIZON) for frame in frames]
    assert write_score(fits[0]) == write_score(fits[1]) == write_score(fits[2])
    told = [fitted.score(frame) for fitted, frame in zip(fits, frames, strict=True)]
    assert told[0].equals(told[2])


def test_drift_is_told_and_steadiness_too(model) -> None:
    features, wins = programme(1_500, 9)
    steady = report_drift(model, features, wins, as_of=AS_OF)
    assert not steady.is_refit_due, steady.says
    moved = features.with_columns(employees=pl.col("employees") * 8, seniority=pl.lit("director"))
    shifted = report_drift(model, moved, wins.clear(), as_of=AS_OF)
    assert shifted.is_refit_due
    assert shifted.says[0].startswith("Fit the score again")
    assert set(shifted.columns.filter(pl.col("verdict") == "shifted")["column"]) >= {"employees", "seniority"}
    assert (shifted.periods["z"] < 0).all()
    assert report_drift(model, features).periods.height == 0


def test_delayed_labels_are_not_taken_for_losses() -> None:
    """Young programmes: the weighted score's mean is the true rate where counting the young as lost falls short."""
    ratios = []
    for seed in range(3):
        features, wins = programme(3_000, 20 + seed)
        as_of = date(2025, 4, 15)
        lag = (pl.col("happened_at").dt.date() - pl.col("delivered_at").dt.date()).dt.total_days() < HORIZON
        truth = features.join(wins, on="delivery_id", how="left").select(lag.fill_null(value=False)).to_series().mean()
        weighted = fit_scores(features, wins, as_of=as_of, horizon_days=HORIZON, learner="logistic")
        seen = wins.filter(pl.col("happened_at").dt.date() <= as_of)
        known = features.filter(pl.col("delivered_at").dt.date() <= as_of)
        naive = fit_labelled(
            known, known.select("delivery_id", is_reached=pl.col("delivery_id").is_in(seen["delivery_id"].implode())), learner="logistic"
        )
        ratios.append([each.score(features, with_reasons=False)["p"].mean() / truth for each in (naive, weighted)])
    naive_ratio, ours = np.mean(ratios, axis=0)
    assert ours == pytest.approx(1, abs=0.06)
    assert naive_ratio < 0.9


@pytest.mark.shared_data
def test_olist_leads_are_scored_ahead_of_time(shared_data: Path) -> None:
    """Real leads: fitted to those before March 2018, tested on those after; landing page, origin and weekday."""
    folder = shared_data / "olist-funnel"
    leads = pl.read_csv(folder / "olist_marketing_qualified_leads_dataset.csv", try_parse_dates=True)
    deals = pl.read_csv(folder / "olist_closed_deals_to_2018-09-30.csv", try_parse_dates=True)
    features = leads.rename({"mql_id": "delivery_id", "first_contact_date": "delivered_at"})
    wins = deals.select(delivery_id="mql_id", happened_at="won_date")
    early = pl.col("delivered_at") < date(2018, 3, 1)
    fitted = fit_scores(features.filter(early), wins, as_of=date(2018, 5, 30), horizon_days=90)
    late = features.filter(~early)
    lag = (pl.col("happened_at").dt.date() - pl.col("delivered_at")).dt.total_days() < 90
    won = late.join(wins, on="delivery_id", how="left", maintain_order="left").select(lag.fill_null(value=False)).to_series().to_numpy()
    assert (assess(fitted.score(late)["p"].to_numpy(), won).auc or 0) >= 0.68
    too_soon = fit_scores(features.filter(early & (pl.col("delivered_at") >= date(2017, 12, 1))), wins, as_of="2018-02-28", horizon_days=90)
    assert too_soon.basis == "none"

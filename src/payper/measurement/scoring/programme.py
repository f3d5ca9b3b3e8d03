"""A programme's own deliveries scored: what was known at delivery, what came of it, and how an earlier score would have done.

Chances are asked of deliveries that can still reach the milestone in time: accepted, not there yet, not ended, younger than the horizon.
What a score says at delivery is lessened by the days that have passed without the milestone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import UsageError
from payper.measurement.outcomes import STEPS
from payper.measurement.scoring.assessment import Assessment, assess
from payper.measurement.scoring.drift import DriftReport, report_drift
from payper.measurement.scoring.fitting import fit_scores
from payper.measurement.scoring.labels import MATURE_MIN, day_numbers, first_lags, shown_by_age
from payper.measurement.scoring.model import ScoreModel, without_score
from payper.measurement.scoring.wording import POINTS_MIN, word_points
from payper.measurement.snapshot import read_moment

KNOWN_AT_DELIVERY: tuple[str, ...] = (
    "provider",
    "model",
    "kind",
    "country_code",
    "industry_code",
    "employees_min",
    "function",
    "seniority",
    "campaign",
    "asset",
    "channel",
    "generated_at",
)
"""Columns of outcomes that hold what the provider handed over, and nothing that came after."""

MILESTONES: dict[str, tuple[str, str, int | None]] = {
    "meeting": ("held_at", "a meeting held", 60),
    "opportunity": ("opportunity_at", "an opportunity", 90),
    "win": ("won_at", "a won deal", None),
}
"""What can be foretold of a delivery: its column of outcomes, in words, and within how many days where nothing is said (None: as long as
the programme counts results)."""

LOOKED_BACK_SHARE = 0.7
"""An earlier score is the one of the day by which this share of the deliveries as old as the horizon had been made."""
LOOKED_BACK_MIN = 10
"""It is assessed on later deliveries of which at least so many reached the milestone, and so many did not."""

_TOLD = ("delivery_id", "contract", "provider", "external_id", "company_key", "kind", "seniority", "delivered_at")


@dataclass(frozen=True)
class LookBack:
    """How a score made on an earlier day did on the deliveries that came after it.

    Attributes:
        as_of: That day; nothing later was known to the score.
        basis: Of that score.
        assessment: On later deliveries that are as old as the horizon by now.
        drift: What has moved between those it was fitted to and these.
    """

    as_of: date
    basis: str
    assessment: Assessment
    drift: DriftReport


@dataclass(frozen=True)
class ScoreSheet:
    """The scores of a programme as of a day.

    Attributes:
        milestone: `meeting`, `opportunity`, `win`, or `show` (a meeting that is missed).
        model: The score; its basis says whether there is one.
        counts: How many deliveries (of `show`: meetings) there are (`all`), and why others than the open ones are not scored.
        scores: One row per open one, the highest chance first (of `show`: the next meeting first); see `score_programme` and
            `score_meetings`.
        look_back: None: no earlier score can be looked back at, and `notes` say why.
        notes: What else a reader must know, as sentences.
    """

    milestone: str
    model: ScoreModel
    counts: dict[str, int]
    scores: pl.DataFrame
    look_back: LookBack | None
    notes: tuple[str, ...]


def score_programme(
    outcomes: pl.DataFrame,
    *,
    milestone: str,
    horizon_days: int,
    as_of: date | datetime,
    answers: pl.DataFrame | None = None,
    trusted: Collection[str] = (),
    is_looked_back: bool = True,
    seed: int = 0,
) -> ScoreSheet:
    """Score the open deliveries of a programme.

    Args:
        outcomes: As `measurement.outcomes.make_outcomes` gives them, as of `as_of`.
        milestone: A key of `MILESTONES`.
        horizon_days: Within how many days of delivery, 1 or more.
        as_of: As `fit_scores`.
        answers: Further columns known at delivery, with `delivery_id`, such as answers to qualifying questions; None: none.
        trusted: As `fit_scores`.
        is_looked_back: Whether to fit an earlier score too, and look how it did.
        seed: As `fit_scores`.

    Returns:
        Scores with `delivery_id, contract, provider, external_id, company_key, kind, seniority, delivered_at`; `age_days` (Int64, whole
        UTC days seen); `chance, chance_low, chance_high` (Float64: of reaching the milestone within the horizon from now on; null without
        a score); `chance_at_delivery` (Float64); `basis` (String: as of the model; `…, without the provider's name` where fewer than
        `labels.MATURE_MIN` of its deliveries are as old as the horizon; `none`); `reasons` (list of String, as `ScoreModel.score`).

    Raises:
        UsageError: There is no such milestone.
    """
    column, words, _ = _milestone(milestone)
    features = delivery_features(outcomes)
    if answers is not None:
        features = features.join(answers, on="delivery_id", how="left", maintain_order="left")
    happened = milestone_dates(outcomes, column)
    through = read_moment(as_of).through
    dated = features.filter(pl.col("delivered_at").dt.date() <= through)
    if dated.is_empty():
        model = without_score("Nothing had been accepted by then.", milestone=words, as_of=through, horizon_days=horizon_days)
        return ScoreSheet(milestone, model, {"all": 0, "reached": 0, "ended": 0, "old": 0}, _no_scores(outcomes), None, ())
    model = fit_scores(
        dated, happened, as_of=through, horizon_days=horizon_days, provider="provider", trusted=trusted, milestone=words, seed=seed
    )
    age, lag = _ages_and_lags(dated, happened, through)
    own = outcomes.join(dated.select("delivery_id", pl.Series("age_days", age)), on="delivery_id", maintain_order="left")
    is_reached = pl.col(column).is_not_null()
    is_ended = ~is_reached & (pl.col("ended_at").is_not_null() | pl.col("is_returned"))
    is_old = ~is_reached & ~is_ended & (pl.col("age_days") >= horizon_days)
    groups = own.select(reached=is_reached.sum(), ended=is_ended.sum(), old=is_old.sum()).row(0, named=True)
    still = own.filter(~is_reached & ~is_ended & ~is_old)
    shown = _shown(still, dated["kind"], age, lag, horizon_days=horizon_days)
    scores = _score_open(still, model, dated, old=_old_per_provider(dated, age, horizon_days), shown=shown)
    looked: LookBack | None = None
    notes: tuple[str, ...] = ()
    if is_looked_back and model.learner is not None:
        looked, notes = _look_back(dated, happened, age, model, through=through, trusted=trusted, seed=seed)
    return ScoreSheet(milestone, model, {"all": own.height, **groups}, scores, looked, notes)


def delivery_features(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Give what was known of each delivery when it was handed over: `delivery_id`, `delivered_at` and as much of `KNOWN_AT_DELIVERY` as
    there is.

    Args:
        outcomes: As `measurement.outcomes.make_outcomes` gives them.
    """  # noqa: D205 the summary needs two lines
    return outcomes.select("delivery_id", "delivered_at", *(name for name in KNOWN_AT_DELIVERY if name in outcomes.columns))


def milestone_dates(outcomes: pl.DataFrame, column: str) -> pl.DataFrame:
    """Give the deliveries that reached a milestone, and when: `delivery_id`, `happened_at`.

    Args:
        outcomes: As `delivery_features`.
        column: `contacted_at`, `engaged_at`, `qualified_at`, `booked_at`, `held_at`, `opportunity_at` or `won_at`.

    Raises:
        UsageError: It is none of these.
    """
    if column not in STEPS:
        raise UsageError(where="column", seen=f"`{column}` is no milestone.", mend=f"Give one of {', '.join(STEPS)}.")
    return outcomes.select("delivery_id", pl.col(column).alias("happened_at")).drop_nulls("happened_at")


def can_tell(found: Assessment) -> tuple[bool, float, float]:
    """Say whether scores order deliveries better than chance does, and the 95 % interval of the AUC.

    Source: Hanley, McNeil 1982, Radiology 143(1), 29-36 (standard error of the area).
    """
    if found.auc is None:
        return False, 0.0, 1.0
    a, won = found.auc, max(found.wins, 1)
    lost = max(found.deliveries - found.wins, 1)
    q1, q2 = a / (2 - a), 2 * a**2 / (1 + a)
    variance = (a * (1 - a) + (won - 1) * (q1 - a**2) + (lost - 1) * (q2 - a**2)) / (won * lost)
    spread = 1.96 * float(np.sqrt(max(variance, 0.0)))
    low, high = max(0.0, a - spread), min(1.0, a + spread)
    return low > 0.5, low, high


def _milestone(name: str) -> tuple[str, str, int | None]:
    if name not in MILESTONES:
        raise UsageError(where="milestone", seen=f"`{name}` cannot be foretold.", mend=f"Name one of {', '.join(MILESTONES)}.")
    return MILESTONES[name]


def _ages_and_lags(features: pl.DataFrame, happened: pl.DataFrame, through: date) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lag = first_lags(features, happened, key="delivery_id", at="delivered_at", last_day=through)
    return (through - date(1970, 1, 1)).days - day_numbers(features["delivered_at"]) + 1, lag


def _old_per_provider(features: pl.DataFrame, age: NDArray[np.int64], horizon_days: int) -> pl.DataFrame:
    """Count, per provider, deliveries as old as the horizon: `provider`, `old`."""
    is_old = pl.Series("old", age >= horizon_days)
    return features.select("provider", is_old).group_by("provider").agg(pl.col("old").sum().cast(pl.Int64))


def _shown(still: pl.DataFrame, kinds: pl.Series, age: NDArray[np.int64], lag: NDArray[np.int64], *, horizon_days: int) -> pl.Series:
    """Give the share of milestones that come by each open delivery's age: of its kind, as a meeting of an appointment comes sooner than a
    lead's, or of all where fewer than `MATURE_MIN` of its kind reached it.
    """  # noqa: D205 the summary needs two lines
    everyone = shown_by_age(age, lag, horizon_days=horizon_days)
    places = still["age_days"].clip(0, horizon_days).to_numpy()
    shown = everyone[places]
    for kind in still["kind"].unique().drop_nulls().to_list():
        own = (kinds == kind).fill_null(value=False).to_numpy()
        if int((lag[own] >= 0).sum()) >= MATURE_MIN:
            here = (still["kind"] == kind).fill_null(value=False).to_numpy()
            shown = np.where(here, shown_by_age(age[own], lag[own], horizon_days=horizon_days)[places], shown)
    return pl.Series("shown", shown, dtype=pl.Float64)


def _score_open(still: pl.DataFrame, model: ScoreModel, features: pl.DataFrame, *, old: pl.DataFrame, shown: pl.Series) -> pl.DataFrame:
    """Give open deliveries their chance from now on, the highest first."""
    if still.is_empty():
        return _no_scores(still)
    asked = still.select("delivery_id").join(features, on="delivery_id", how="left", maintain_order="left")
    known = still.join(old, on="provider", how="left", nulls_equal=True, maintain_order="left")["old"].fill_null(0) >= MATURE_MIN
    scored = score_by_provider(model, asked, is_provider_known=known)
    now = scored.with_columns(shown.alias("shown"), still["age_days"]).with_columns(
        _still_to_come(pl.col(name)).alias(told) for name, told in (("p", "chance"), ("p_lo", "chance_low"), ("p_hi", "chance_high"))
    )
    fell = 100 * (now["p"] - now["chance"]).fill_null(0.0)
    now = now.with_columns(word_points(-fell.to_numpy()).alias("by_age"), (fell >= POINTS_MIN).alias("has_fallen"))
    aged = pl.concat_list("reasons", pl.format("{}: {} days have passed without it", "by_age", "age_days"))
    # Polars 2.1 fails to put numbers in several chunks into text.
    told = now.rechunk().with_columns(pl.when("has_fallen").then(aged).otherwise("reasons").alias("reasons"))
    result = still.select(*_TOLD, "age_days").hstack(
        told.select("chance", "chance_low", "chance_high", pl.col("p").alias("chance_at_delivery"), "basis", "reasons")
    )
    return result.sort("chance", "delivered_at", "delivery_id", descending=[True, True, False], nulls_last=True)


def score_by_provider(model: ScoreModel, asked: pl.DataFrame, *, is_provider_known: pl.Series) -> pl.DataFrame:
    """Score with the provider's name where the score knows it, without where the provider is new; columns of `ScoreModel.score`, `basis`.

    Args:
        model: The score.
        asked: As `ScoreModel.score`.
        is_provider_known: Per row.
    """
    with_name = model.score(asked).select(model.key, "p", "p_lo", "p_hi", "reasons")
    basis = model.basis if model.learner is not None else "none"
    named = with_name.with_columns(pl.lit(basis).alias("basis"))
    rest = model.without_provider
    if rest is None or rest.learner is None or is_provider_known.all():
        return named
    nameless = rest.score(asked.filter(~is_provider_known)).select(model.key, "p", "p_lo", "p_hi", "reasons")
    told = nameless.with_columns(pl.lit(f"{rest.basis}, without the provider's name").alias("basis"))
    return asked.select(model.key).join(pl.concat([named.filter(is_provider_known), told]), on=model.key, how="left", maintain_order="left")


def _still_to_come(chance: pl.Expr) -> pl.Expr:
    """Give the chance that a step still comes in time, where by this age `shown` of those that come have come: p (1 - F) / (1 - p F)."""
    return chance * (1 - pl.col("shown")) / (1 - chance * pl.col("shown"))


def _look_back(
    features: pl.DataFrame,
    happened: pl.DataFrame,
    age: NDArray[np.int64],
    model: ScoreModel,
    *,
    through: date,
    trusted: Collection[str],
    seed: int,
) -> tuple[LookBack | None, tuple[str, ...]]:
    """Fit a score as of an earlier day, and assess it on what came after."""
    assert model.horizon_days is not None
    old = np.sort(age[age >= model.horizon_days])[::-1]
    cut = through - timedelta(days=int(old[int(LOOKED_BACK_SHARE * (len(old) - 1))]) - 1)
    day = pl.col("delivered_at").dt.date()
    early = features.filter(day <= cut)
    before = fit_scores(
        early,
        happened,
        as_of=cut,
        horizon_days=model.horizon_days,
        provider="provider",
        trusted=trusted,
        milestone=model.milestone,
        is_provider_compared=False,
        seed=seed,
    )
    if before.learner is None:
        return None, (f"No earlier score can be looked back at: by {cut} too little was known. {before.notes[0]}",)
    later = features.filter((day > cut) & pl.Series(age >= model.horizon_days))
    _, lag = _ages_and_lags(later, happened, through)
    won = (lag >= 0) & (lag < model.horizon_days)
    if min(int(won.sum()), int((~won).sum())) < LOOKED_BACK_MIN:
        few = f"of {later.height:,} deliveries since {cut} that are {model.horizon_days} days old, {int(won.sum())} reached it"
        return None, (f"An earlier score cannot be judged yet: {few}.",)
    found = assess(before.score(later, with_reasons=False)["p"].to_numpy(), won)
    drift = report_drift(before, later, happened, as_of=through)
    return LookBack(cut, before.basis, found, drift), ()


def _no_scores(outcomes: pl.DataFrame) -> pl.DataFrame:
    chances = ("chance", "chance_low", "chance_high", "chance_at_delivery")
    return outcomes.head(0).select(
        *_TOLD,
        pl.lit(None, dtype=pl.Int64).alias("age_days"),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in chances),
        pl.lit(None, dtype=pl.String).alias("basis"),
        pl.lit(None, dtype=pl.List(pl.String)).alias("reasons"),
    )

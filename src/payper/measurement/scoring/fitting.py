"""Fitting: from deliveries and what became of them to a score that can be trusted, or to saying why there is none.

Ridge logistic below `WINS_FOR_TREES` wins; from there on logistic and boosted trees are mixed by the weight that foretells the most recent
quarter best; below `WINS_FOR_SCORE` wins no score. All that is said of a score's worth, its calibration and its honesty interval comes
from deliveries that were scored by a model which had not seen them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import DeliveryError
from payper.measurement.scoring.asked import check_columns, check_days, check_learner, check_trusted, match_keys
from payper.measurement.scoring.assessment import assess, count_deciles, decile_edges
from payper.measurement.scoring.calibration import expit, fit_venn_abers
from payper.measurement.scoring.drift import profile_columns
from payper.measurement.scoring.encoding import find_unusable, learn_encoding, read_numbers, read_texts
from payper.measurement.scoring.labels import MATURE_MIN, Labels, day_numbers, find_dated_values, first_lags, weigh_outcomes
from payper.measurement.scoring.leaks import Suspicion, apply_stamps, as_instants, suspect_columns
from payper.measurement.scoring.learning import Wanted, learn
from payper.measurement.scoring.model import ScoreModel, prepare_features
from payper.measurement.scoring.segments import rate_segments
from payper.measurement.scoring.trees import Library
from payper.measurement.seeds import check_seed
from payper.measurement.snapshot import read_moment

Floats = NDArray[np.float64]

WINS_FOR_SCORE = 30
SEGMENT_LEVELS_MAX = 12
"""Without a provider, columns with up to so many values are the segments whose rates are shown."""
_CALENDAR = ("weekday", "hour")


@dataclass(frozen=True)
class Settings:
    """How to fit; see `fit_scores`."""

    milestone: str
    key: str
    at: str
    provider: str | None
    known_at: Mapping[str, str | date | datetime] = field(default_factory=dict)
    trusted: Collection[str] = ()
    learner: Wanted = "auto"
    library: Library | None = None
    seed: int = 0
    is_provider_compared: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be fitted by."""
        check_learner(self.learner, self.library)
        check_seed(self.seed)


@dataclass(frozen=True)
class Table:
    """Deliveries ready to fit to, in order of time.

    Attributes:
        frame: Key, date and features.
        labels: What became of each.
        age: Days since delivery; None for labels given ready.
        suspicions: Columns already left out.
        as_of, horizon_days: None for labels given ready.
        notes: What has been said so far.
    """

    frame: pl.DataFrame
    labels: Labels
    age: NDArray[np.int64] | None
    suspicions: tuple[Suspicion, ...]
    as_of: date | None
    horizon_days: int | None
    notes: tuple[str, ...]


def fit_scores(
    features: pl.DataFrame,
    outcomes: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    horizon_days: int,
    known_at: Mapping[str, str | date | datetime] | None = None,
    provider: str | None = None,
    trusted: Collection[str] = (),
    milestone: str = "a won deal",
    learner: Wanted = "auto",
    library: Library | None = None,
    key: str = "delivery_id",
    at: str = "delivered_at",
    is_provider_compared: bool = True,
    seed: int = 0,
) -> ScoreModel:
    """Fit the chance that a delivery reaches a milestone within a horizon, from what had happened by a day.

    Args:
        features: One row per delivery: `key` (unique), `at` (a date or an instant; without a zone UTC), and any columns of numbers, truth
            values, texts or dates, as they were known at delivery. Deliveries after `as_of` or without a date are not looked at.
        outcomes: One row per milestone seen: `key`, `happened_at`. The first of a delivery counts; those after `as_of` or of unknown
            deliveries are not looked at, and one before its delivery counts as on the same day.
        as_of: A day, at whose end things are looked at, or an instant, of which the last whole UTC day counts; or either as ISO 8601 text.
        horizon_days: Days from delivery within which the milestone counts, 1 or more.
        known_at: By feature, when it was known: the name of a column of instants, or one date or instant for all. Features known only
            after delivery are refused.
        provider: The column that names the provider. Ages are compared within providers, and the score is fitted twice, with and
            without this column.
        trusted: Features that are known at delivery whatever their names or figures suggest.
        milestone: What is foretold, in words, for sentences.
        learner: `auto`, or the one wanted.
        library: Which library fits trees; None: LightGBM where it is installed.
        key: Name of the column that identifies a delivery.
        at: Name of the column that dates it.
        is_provider_compared: False: with `provider`, do not fit the score without its name besides.
        seed: Of folds and of the trees' samples. The order of the rows does not matter.

    Raises:
        DeliveryError: A column is missing, a key comes twice, keys of outcomes are of another kind, or no delivery is left.
        UsageError: An argument makes no sense.
    """
    check_days(horizon_days)
    settings = Settings(milestone, key, at, provider, known_at or {}, _names(trusted), learner, library, seed, is_provider_compared)
    last_day = read_moment(as_of).through
    frame, notes = _sorted_features(features, settings, last_day=last_day)
    ready, suspicions = apply_stamps(frame, at=at, known_at=settings.known_at, trusted=settings.trusted)
    check_columns(outcomes, (key, "happened_at"), "outcomes")
    outcomes, unmatched = match_keys(outcomes, features[key])
    notes += unmatched
    lag = first_lags(frame, outcomes, key=key, at=at, last_day=last_day)
    age = (last_day - date(1970, 1, 1)).days - day_numbers(frame[at]) + 1
    labels = _label(ready, age, lag, settings, horizon_days=horizon_days)
    if labels.left_out:
        notes += (
            f"{labels.left_out} wins of young deliveries count for nothing yet, as hardly any delivery of their provider or with a value "
            f"of theirs is {horizon_days} days old.",
        )
    return _fit(Table(ready, labels, age, tuple(suspicions), last_day, horizon_days, notes), settings)


def fit_labelled(
    features: pl.DataFrame,
    outcomes: pl.DataFrame,
    *,
    known_at: Mapping[str, str | date | datetime] | None = None,
    provider: str | None = None,
    trusted: Collection[str] = (),
    milestone: str = "the milestone",
    learner: Wanted = "auto",
    library: Library | None = None,
    key: str = "delivery_id",
    at: str = "delivered_at",
    seed: int = 0,
) -> ScoreModel:
    """Fit a score to outcomes that are all known, as `fit_scores` where no delivery is young.

    `outcomes` has `key` and `is_reached` (Boolean); deliveries without a row, or with null, are not counted. All else is as in
    `fit_scores`.
    """
    settings = Settings(milestone, key, at, provider, known_at or {}, _names(trusted), learner, library, seed)
    check_columns(outcomes, (key, "is_reached"), "outcomes")
    frame, notes = _sorted_features(features, settings, last_day=None)
    outcomes, unmatched = match_keys(outcomes, features[key])
    notes += unmatched
    ready, suspicions = apply_stamps(frame, at=at, known_at=settings.known_at, trusted=settings.trusted)
    one_each = outcomes.select(key, "is_reached").drop_nulls().unique(subset=key, keep="first", maintain_order=True)
    reached = frame.select(key).join(one_each, on=key, how="left", maintain_order="left")["is_reached"].cast(pl.Boolean)
    won = reached.fill_null(value=False).to_numpy()
    weight = reached.is_not_null().to_numpy().astype(np.float64)
    labels = Labels(won, weight, mature=int(weight.sum()), wins=int(won.sum()), left_out=0)
    return _fit(Table(ready, labels, None, tuple(suspicions), None, None, notes), settings)


def _label(ready: pl.DataFrame, age: NDArray[np.int64], lag: NDArray[np.int64], settings: Settings, *, horizon_days: int) -> Labels:
    """Weigh outcomes by ages within providers; of deliveries with a value that belongs to its time only the old count."""
    group = _codes(ready[settings.provider]) if settings.provider in ready.columns else None
    is_dated = np.zeros(ready.height, dtype=np.bool_)
    for name in ready.columns:
        if name not in (settings.key, settings.at, settings.provider):
            is_dated |= find_dated_values(_value_codes(ready[name]), age, horizon_days=horizon_days, group=group)
    return weigh_outcomes(age, lag, horizon_days=horizon_days, group=group, is_dated=is_dated)


def _fit(table: Table, settings: Settings) -> ScoreModel:
    """Fit to weighted labels."""
    labels = table.labels
    features = prepare_features(table.frame, at=settings.at)
    names = [name for name in features.columns if name not in (settings.key, settings.at)]
    usable, suspicions = _usable(features.select(names), table, settings)
    counted = labels.weight > 0
    total = float(labels.weight.sum())
    plain = ScoreModel(
        basis="none",
        milestone=settings.milestone,
        as_of=table.as_of,
        horizon_days=table.horizon_days,
        deliveries=table.frame.height,
        mature=labels.mature,
        wins=labels.wins,
        rate=float((labels.weight * labels.won).sum() / total) if total else 0.0,
        notes=(),
        suspicions=suspicions,
        segment_rates=rate_segments(usable, _segment_columns(usable, settings), won=labels.won, weight=labels.weight, seed=settings.seed),
        columns=tuple(usable.columns),
        key=settings.key,
        at=settings.at,
    )
    refusal = _say_no_score(table, plain, counted)
    if refusal:
        is_blank = labels.mature < MATURE_MIN
        return replace(plain, basis="none" if is_blank else "segment rates", notes=(refusal, *table.notes))
    fitted = _fit_learner(plain, usable, table, settings)
    if settings.provider is None or settings.provider not in usable.columns or not settings.is_provider_compared:
        return fitted
    rest = _fit_learner(
        replace(plain, columns=tuple(usable.drop(settings.provider).columns)), usable.drop(settings.provider), table, settings
    )
    return replace(fitted, without_provider=rest)


def _fit_learner(plain: ScoreModel, usable: pl.DataFrame, table: Table, settings: Settings) -> ScoreModel:
    """Fit the score from usable columns, and assess it on deliveries it had not seen."""
    counted = table.labels.weight > 0
    rows = usable.filter(pl.Series(counted))
    won, weight = table.labels.won[counted], table.labels.weight[counted]
    weight = weight / weight.mean()
    encoding = learn_encoding(rows)
    learned = learn(encoding, encoding.encode(rows), won, weight, wanted=settings.learner, library=settings.library, seed=settings.seed)
    p = expit(learned.unseen_log_odds)
    return replace(
        plain,
        basis=learned.basis,
        notes=(*learned.notes, *table.notes),
        learner=learned.learner,
        honesty=fit_venn_abers(learned.calibrated_log_odds, won, weight),
        assessment=assess(p, won, weight),
        deciles=count_deciles(p, won, decile_edges(p), weight=weight),
        profile=profile_columns(encoding, usable),
    )


def _usable(features: pl.DataFrame, table: Table, settings: Settings) -> tuple[pl.DataFrame, tuple[Suspicion, ...]]:
    """Leave out columns that cannot tell deliveries apart, and those that leak."""
    counted = pl.Series(table.labels.weight > 0)
    suspicions = list(table.suspicions)
    kept = []
    for name in features.columns:
        reason = find_unusable(features[name].filter(counted) if counted.any() else features[name])
        if reason is None:
            kept.append(name)
        elif name not in _CALENDAR:
            suspicions.append(Suspicion(name, "unusable", reason))
    looked_at = features.select(name for name in kept if name not in _CALENDAR and name != settings.provider)
    suspicions += suspect_columns(looked_at, won=table.labels.won, weight=table.labels.weight, age=table.age, trusted=settings.trusted)
    refused = {each.column for each in suspicions if each.verdict == "refused"}
    return features.select(name for name in kept if name not in refused), tuple(suspicions)


def _say_no_score(table: Table, plain: ScoreModel, counted: NDArray[np.bool_]) -> str | None:
    """Say why there can be no score, or None."""
    labels, horizon = table.labels, table.horizon_days
    if horizon is not None and labels.mature < MATURE_MIN:
        return (
            f"Too early to tell: {labels.mature} of {table.frame.height:,} deliveries are {horizon} days old as of {table.as_of}, and "
            f"{MATURE_MIN} are needed. An earlier milestone or a shorter horizon can be scored sooner."
        )
    known_wins = int((labels.won & counted).sum())
    lost = int((~labels.won & counted).sum())
    if min(known_wins, lost) < WINS_FOR_SCORE:
        what = f"{known_wins} wins" if known_wins <= lost else f"{lost} deliveries without a win"
        return f"No score: {what} are known, and {WINS_FOR_SCORE} are needed. The rates of segments are what can be said."
    if not plain.columns:
        return "No score: no column is left that tells deliveries apart."
    return None


def _segment_columns(usable: pl.DataFrame, settings: Settings) -> list[str]:
    """Choose the columns whose values are segments: the provider, else those with few values."""
    if settings.provider in usable.columns:
        return [settings.provider] if settings.provider else []
    texts = [name for name in usable.columns if not usable[name].dtype.is_numeric() and name not in _CALENDAR]
    return [name for name in texts if read_texts(usable[name]).n_unique() <= SEGMENT_LEVELS_MAX]


def _sorted_features(features: pl.DataFrame, settings: Settings, *, last_day: date | None) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Give the deliveries to look at in order of time, dates as instants in UTC where they have a time of day."""
    check_columns(features, (settings.key, settings.at, *([settings.provider] if settings.provider else [])), "features")
    check_trusted(settings.trusted, [*features.columns, *_CALENDAR])
    if features[settings.key].is_duplicated().any():
        twice = features[settings.key].filter(features[settings.key].is_duplicated())[0]
        raise DeliveryError(where="features", seen=f"`{settings.key}` {twice} comes twice.", mend="Give one row per delivery.")
    dated = features.filter(pl.col(settings.at).is_not_null())
    if dated[settings.at].dtype != pl.Date:
        dated = dated.with_columns(as_instants(dated[settings.at]).alias(settings.at))
    notes: tuple[str, ...] = ()
    if dated.height < features.height:
        notes = (f"{features.height - dated.height:,} deliveries without a date were left out.",)
    if last_day is not None:
        dated = dated.filter(pl.col(settings.at).cast(pl.Date) <= last_day)
    if dated.height == 0:
        raise DeliveryError(where="features", seen="No delivery has a date by then.", mend="Give deliveries made by the day looked at.")
    return dated.sort(settings.at, settings.key), notes


def _value_codes(series: pl.Series) -> NDArray[np.int64]:
    """Number the values of a column, those of numbers by tenths."""
    if not series.dtype.is_numeric():
        return _codes(series) if series.dtype in (pl.String, pl.Categorical, pl.Boolean) else np.zeros(series.len(), dtype=np.int64)
    values = read_numbers(series)
    missing = np.isnan(values)
    edges = np.empty(0) if missing.all() else np.unique(np.quantile(values[~missing], np.arange(1, 10) / 10))
    return np.where(missing, 0, np.searchsorted(edges, values, side="right") + 1).astype(np.int64)


def _codes(series: pl.Series) -> NDArray[np.int64]:
    return read_texts(series).fill_null("").rank("dense").cast(pl.Int64).to_numpy() - 1


def _names(trusted: Collection[str]) -> tuple[str, ...]:
    """Read one name or several."""
    return (trusted,) if isinstance(trusted, str) else tuple(trusted)

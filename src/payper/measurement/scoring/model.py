"""The fitted score: a frozen value that gives each delivery its chance, how far that can be trusted, and what moved it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import DeliveryError
from payper.measurement.scoring.assessment import Assessment
from payper.measurement.scoring.calibration import Platt, VennAbers, expit
from payper.measurement.scoring.encoding import Encoding
from payper.measurement.scoring.leaks import Suspicion, as_instants, count_back
from payper.measurement.scoring.logistic import Logistic
from payper.measurement.scoring.trees import Trees
from payper.measurement.scoring.wording import word_reasons, word_share

Floats = NDArray[np.float64]

REASONED_MAX = 10_000
"""Up to so many deliveries reasons are given for trees unless asked otherwise: exact ones take a quarter of a millisecond each."""
_CHUNK = 100_000
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Basis = Literal["logistic", "trees", "logistic and trees", "segment rates", "none"]


@dataclass(frozen=True)
class Learner:
    """What gives log odds: a logistic model, trees, or the mean of both by a weight.

    Attributes:
        encoding: How columns become numbers.
        logistic, trees: Either may be None, not both.
        trees_share: Weight of the trees' log odds, between 0 and 1.
        platt: Applied to the weighted log odds.
        seed: Of the orders in which scikit-learn's trees are explained.
    """

    encoding: Encoding
    logistic: Logistic | None
    trees: Trees | None
    trees_share: float
    platt: Platt
    seed: int

    def log_odds(self, frame: pl.DataFrame) -> Floats:
        """Give calibrated log odds, in chunks that fit into memory."""
        parts = [self._chunk(frame.slice(start, _CHUNK)) for start in range(0, frame.height, _CHUNK)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _chunk(self, frame: pl.DataFrame) -> Floats:
        encoded = self.encoding.encode(frame)
        mixed = np.zeros(frame.height)
        if self.logistic is not None and self.trees_share < 1:
            mixed += (1 - self.trees_share) * self.logistic.log_odds(self.encoding, encoded)
        if self.trees is not None and self.trees_share > 0:
            mixed += self.trees_share * self.trees.log_odds(self.encoding, encoded)
        return self.platt.apply(mixed)

    def contributions(self, frame: pl.DataFrame) -> Floats:
        """Give what each column adds to the calibrated log odds, shape (rows, columns)."""
        encoded = self.encoding.encode(frame)
        added = np.zeros((frame.height, len(self.encoding.columns)))
        if self.logistic is not None and self.trees_share < 1:
            added += (1 - self.trees_share) * self.logistic.contributions(self.encoding, encoded)
        if self.trees is not None and self.trees_share > 0 and frame.height:
            added += self.trees_share * self.trees.contributions(self.encoding, encoded, seed=self.seed)
        return added * self.platt.slope


@dataclass(frozen=True)
class ScoreModel:
    """A score fitted as of a day.

    Attributes:
        basis: What gives the score: `logistic`, `trees`, `logistic and trees`, or, where there are too few wins, `segment rates`, or
            `none`, where no delivery is old enough to tell. The last two give no score.
        milestone: What is foretold, in words.
        as_of: At the end of which day; None for labels that were given ready.
        horizon_days: Within how many days of delivery; None as `as_of`.
        deliveries, mature, wins: Deliveries fitted to, those as old as the horizon, and wins seen within it.
        rate: Share that reaches the milestone within the horizon, corrected for the young; 0 where unknown.
        notes: What a reader must know of how the score was made, as sentences.
        suspicions: Columns left out or to look at, with the reason.
        segment_rates: See `segments.rate_segments`.
        columns: Names of the columns the score is made from.
        key, at: Names of the columns that identify a delivery and date it.
        learner: None where there is no score.
        honesty: Venn-Abers pairs by log odds; None as `learner`.
        assessment: On deliveries that each was scored without (cross-fitted); None as `learner`.
        deciles: Counts by score of the same (`assessment.count_deciles`), whose edges are those of later counts.
        profile: How values were spread when the score was fitted, for `drift`.
        without_provider: The same score made without knowing the provider, where one was named.
    """

    basis: Basis
    milestone: str
    as_of: date | None
    horizon_days: int | None
    deliveries: int
    mature: int
    wins: int
    rate: float
    notes: tuple[str, ...]
    suspicions: tuple[Suspicion, ...]
    segment_rates: pl.DataFrame
    columns: tuple[str, ...]
    key: str
    at: str
    learner: Learner | None = None
    honesty: VennAbers | None = None
    assessment: Assessment | None = None
    deciles: pl.DataFrame | None = None
    profile: pl.DataFrame | None = None
    without_provider: ScoreModel | None = None

    @property
    def edges(self) -> tuple[float, ...]:
        """Inner edges of the deciles of score."""
        return tuple(self.deciles["p_from"].to_list()[1:]) if self.deciles is not None else ()

    def score(self, features: pl.DataFrame, *, with_reasons: bool | None = None) -> pl.DataFrame:
        """Give each delivery its chance of reaching the milestone within the horizon.

        Args:
            features: One row per delivery: the key, the date, and the columns the score was fitted with, as known at delivery.
            with_reasons: None: always for a logistic score, and for trees up to `REASONED_MAX` deliveries.

        Returns:
            One row per delivery, in the order given: the key; `p` (Float64, between 0 and 1); `p_lo, p_hi`, the range from the lower to
            the higher of the Venn-Abers pair and `p`; `reasons` (list of String, strongest first; null where not asked for), and with a
            provider `p_without_provider`. Without a score p, p_lo, p_hi are null and the one reason says why.

        Raises:
            DeliveryError: A column is missing or holds something else than it was fitted with.
        """
        self._check(features)
        known = _given(features, self.key)
        if self.learner is None or self.honesty is None:
            none = pl.lit(None, dtype=pl.Float64)
            why = pl.lit(self.notes[0] if self.notes else "There is no score.")
            return known.select(self.key, none.alias("p"), none.alias("p_lo"), none.alias("p_hi"), pl.concat_list(why).alias("reasons"))
        frame = prepare_features(features, at=self.at)
        z = self.learner.log_odds(frame)
        p = expit(z)
        p_zero, p_one = self.honesty.pair(z)
        is_reasoned = with_reasons if with_reasons is not None else self.basis == "logistic" or features.height <= REASONED_MAX
        scored = known.with_columns(
            pl.Series("p", p),
            pl.Series("p_lo", np.minimum(p_zero, p)),
            pl.Series("p_hi", np.maximum(p_one, p)),
            self._reasons(frame, z) if is_reasoned else pl.lit(None, dtype=pl.List(pl.String)).alias("reasons"),
        )
        if self.without_provider is None or self.without_provider.learner is None:
            return scored
        other = expit(self.without_provider.learner.log_odds(frame))
        return scored.with_columns(pl.Series("p_without_provider", other))

    def contributions(self, features: pl.DataFrame) -> pl.DataFrame:
        """Give what each column adds to the log odds of each delivery, in the order given: the key, `start` and one column per feature.

        The start and all additions of a row sum to its log odds.
        """
        self._check(features)
        if self.learner is None:
            return _given(features, self.key)
        frame = prepare_features(features, at=self.at)
        added = self.learner.contributions(frame)
        start = self.learner.log_odds(frame) - added.sum(axis=1)
        named = [pl.Series(column.name, added[:, place]) for place, column in enumerate(self.learner.encoding.columns)]
        return _given(features, self.key).with_columns(pl.Series("start", start), *named)

    def word(self, p: float | None, p_lo: float | None, p_hi: float | None) -> str:
        """Say a score in a sentence: the chance, how far it can be trusted, and the programme's average; without a chance, that there is
        none.
        """  # noqa: D205 the summary needs two lines
        horizon = f" within {self.horizon_days} days" if self.horizon_days else ""
        if p is None or p_lo is None or p_hi is None or not all(math.isfinite(each) for each in (p, p_lo, p_hi)):
            average = f", programme average {word_share(self.rate)}" if self.basis != "none" else ""
            return f"No chance of {self.milestone}{horizon} can be given{average}"
        return (
            f"{word_share(p)} ({word_share(p_lo).removesuffix(' %')}–{word_share(p_hi)}) chance of {self.milestone}{horizon}, "
            f"programme average {word_share(self.rate)}"
        )

    def _reasons(self, frame: pl.DataFrame, z: Floats) -> pl.Series:
        assert self.learner is not None
        parts = []
        for start in range(0, max(frame.height, 1), _CHUNK):
            rows = frame.slice(start, _CHUNK)
            parts.append(word_reasons(rows, self.learner.encoding.columns, z[start : start + _CHUNK], self.learner.contributions(rows)))
        return pl.concat(parts)

    def _check(self, features: pl.DataFrame) -> None:
        for name in (self.key, self.at):
            if name not in features.columns:
                raise DeliveryError(
                    where="features",
                    seen=f"The column `{name}` is missing.",
                    mend=f"Columns seen: {', '.join(features.columns) or 'none'}.",
                )


def without_score(
    reason: str, *, milestone: str, as_of: date, horizon_days: int | None, key: str = "delivery_id", at: str = "delivered_at"
) -> ScoreModel:
    """Give the model that has no score and says why, where there is nothing to fit to.

    Args:
        reason: Why, as a sentence.
        milestone: As `ScoreModel`.
        as_of: As `ScoreModel`.
        horizon_days: As `ScoreModel`.
        key: As `ScoreModel`.
        at: As `ScoreModel`.
    """
    return ScoreModel(
        basis="none",
        milestone=milestone,
        as_of=as_of,
        horizon_days=horizon_days,
        deliveries=0,
        mature=0,
        wins=0,
        rate=0.0,
        notes=(reason,),
        suspicions=(),
        segment_rates=rate_nothing(),
        columns=(),
        key=key,
        at=at,
    )


def rate_nothing() -> pl.DataFrame:
    """Give the segment rates of no deliveries; columns as `segments.rate_segments`."""
    return pl.DataFrame(
        schema={
            "column": pl.String,
            "value": pl.String,
            "deliveries": pl.Int64,
            "wins": pl.Int64,
            "rate": pl.Float64,
            "rate_lo": pl.Float64,
            "rate_hi": pl.Float64,
        }
    )


def _given(features: pl.DataFrame, key: str) -> pl.DataFrame:
    return features.select(key)


def prepare_features(features: pl.DataFrame, *, at: str) -> pl.DataFrame:
    """Add what the calendar says of each delivery, and put days before delivery in place of other dates.

    Returns:
        The frame with `at` as instants in UTC, `weekday` (String) and `hour` (Int64; null where `at` holds dates) if these names are free.
    """
    moments = as_instants(features[at])
    known = count_back(features.with_columns(moments.alias(at)), at=at)
    day = moments.dt.weekday().cast(pl.Int64) - 1
    weekday = pl.Series("weekday", WEEKDAYS, dtype=pl.String).gather(day).alias("weekday")
    hour = moments.dt.hour().cast(pl.Int64).alias("hour")
    if features[at].dtype == pl.Date:
        hour = hour.clear(hour.len())
    return known.with_columns(each for each in (weekday, hour) if each.name not in features.columns)

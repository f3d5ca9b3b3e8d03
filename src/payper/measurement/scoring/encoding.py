"""Encoding: how the columns of a frame of deliveries become numbers, learned once and applied alike ever after.

Three kinds of column: numbers, levels (a value out of a list) and words (free text, by which of its frequent words occur). What is
missing is a value of its own, never a guess; a level that was not there or too rare when the encoding was learned is "another value".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import DeliveryError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LEVELS_MAX = 1_000
"""Levels of one column that are told apart, the most frequent ones."""
LEVEL_MIN = 2
"""A level must occur so often to be told apart."""
KNOTS_MAX = 64
"""Values by which the place of a number among all is known."""
WORDS_MAX = 100
WORD_SHARE_MIN = 0.01
WORD_MIN = 10
"""A word is looked for when it stands in so many texts, and in so large a share of them."""
WORDY_DISTINCT_MIN = 50
WORDY_SHARE_MIN = 0.2
"""A text column is free text when it has more distinct values than the one, in a larger share of rows than the other, of two words or
more on average."""
_WORD = r"[\p{L}\p{N}]{2,}"


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """A number, known by its value and by its place among the values learned from.

    Attributes:
        low, high: Smallest and largest value learned from; a value outside counts as the nearer of them.
        centre, spread: Mean and standard deviation of the values.
        knots, places: Ascending values and the share of rows below each (ties at their middle); between them a straight line.
        place_centre, place_spread: Mean and standard deviation of the places.
    """

    name: str
    low: float
    high: float
    centre: float
    spread: float
    knots: tuple[float, ...]
    places: tuple[float, ...]
    place_centre: float
    place_spread: float


@dataclass(frozen=True, slots=True)
class LevelColumn:
    """A value out of a list.

    Attributes:
        levels: Values told apart, most frequent first. Codes are their places; after them comes another value, then missing.
    """

    name: str
    levels: tuple[str, ...]

    @property
    def other(self) -> int:
        """Code of a value that is not in the list."""
        return len(self.levels)

    @property
    def missing(self) -> int:
        """Code of no value."""
        return len(self.levels) + 1


@dataclass(frozen=True, slots=True)
class WordColumn:
    """Free text, by which of some words stand in it, whatever their case."""

    name: str
    words: tuple[str, ...]


Column = NumberColumn | LevelColumn | WordColumn


@dataclass(frozen=True)
class Encoded:
    """A frame in numbers.

    Attributes:
        height: Rows.
        numbers: Values by column, NaN where missing.
        codes: Codes of levels by column.
        words: Whether each word occurs, shape (rows, words), by column.
    """

    height: int
    numbers: Mapping[str, Floats]
    codes: Mapping[str, Codes]
    words: Mapping[str, NDArray[np.bool_]]

    def rows(self, where: NDArray[np.int64]) -> Encoded:
        """Give some of the rows."""
        return Encoded(
            where.size,
            {name: each[where] for name, each in self.numbers.items()},
            {name: each[where] for name, each in self.codes.items()},
            {name: each[where] for name, each in self.words.items()},
        )


@dataclass(frozen=True)
class Encoding:
    """What was learned of each column, in the order of the frame."""

    columns: tuple[Column, ...]

    def encode(self, frame: pl.DataFrame) -> Encoded:
        """Encode a frame with the columns learned from; further ones are not looked at.

        Raises:
            DeliveryError: A column is missing, or holds no numbers where numbers were learned.
        """
        absent = [column.name for column in self.columns if column.name not in frame.columns]
        if absent:
            raise DeliveryError(
                where="features",
                seen=f"The column `{absent[0]}`, which the score was fitted with, is missing.",
                mend="Give the same columns as for fitting; a column that is wholly empty counts as missing values.",
            )
        numbers: dict[str, Floats] = {}
        codes: dict[str, Codes] = {}
        words: dict[str, NDArray[np.bool_]] = {}
        for column in self.columns:
            series = frame[column.name]
            if isinstance(column, NumberColumn):
                numbers[column.name] = read_numbers(series)
            elif isinstance(column, LevelColumn):
                codes[column.name] = _level_codes(series, column)
            else:
                words[column.name] = _find_words(series, column.words)
        return Encoded(frame.height, numbers, codes, words)


def learn_encoding(frame: pl.DataFrame) -> Encoding:
    """Learn how to encode columns that hold numbers, truth values or texts and more than one value (`find_unusable` names others)."""
    return Encoding(tuple(_learn_column(frame[name]) for name in frame.columns))


def find_unusable(series: pl.Series) -> str | None:
    """Say why a column cannot tell deliveries apart, as a sentence, or None when it can."""
    dtype = series.dtype
    if not (dtype.is_numeric() or dtype in (pl.String, pl.Boolean, pl.Categorical, pl.Null) or isinstance(dtype, pl.Enum)):
        return f"It holds {dtype}, which is neither number nor text."
    if dtype.is_numeric():
        values = read_numbers(series)
        seen = values[~np.isnan(values)]
        if seen.size == 0:
            return "It is empty everywhere."
        return "It has the same value everywhere." if seen.size == values.size and seen.min() == seen.max() else None
    texts = read_texts(series)
    distinct = texts.n_unique()
    if distinct == 1:
        return "It is empty everywhere." if texts[0] is None else "It has the same value everywhere."
    if distinct == texts.len() > 20 and not _is_wordy(texts):
        return "Every delivery has a value of its own, so that no value can tell of another delivery."
    return None


def read_numbers(series: pl.Series) -> Floats:
    """Give a column as numbers, NaN where missing; what is infinite is missing."""
    try:
        values = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    except pl.exceptions.PolarsError as error:
        raise DeliveryError(
            where=f"features, column {series.name}",
            seen=f"It holds {series.dtype} where the score was fitted with numbers.",
            mend="Give numbers, and null where there is none.",
        ) from error
    return np.asarray(np.where(np.isinf(values), np.nan, values), dtype=np.float64)


def read_texts(series: pl.Series) -> pl.Series:
    """Give a column as texts without space around them; an empty one is null."""
    if series.dtype == pl.Boolean:
        return series.replace_strict({True: "yes", False: "no"}, return_dtype=pl.String)
    texts = series.cast(pl.String).str.strip_chars()
    return texts.set(texts == "", None)


def _learn_column(series: pl.Series) -> Column:
    if series.dtype.is_numeric():
        return _learn_numbers(series)
    texts = read_texts(series)
    if _is_wordy(texts):
        found = _frequent_words(texts)
        if found:
            return WordColumn(series.name, found)
    counted = texts.drop_nulls().value_counts(sort=False).sort(["count", series.name], descending=[True, False])
    kept = counted.filter(pl.col("count") >= LEVEL_MIN).head(LEVELS_MAX)
    return LevelColumn(series.name, tuple(kept[series.name].to_list()))


def _learn_numbers(series: pl.Series) -> NumberColumn:
    values = read_numbers(series)
    seen = np.sort(values[~np.isnan(values)])
    distinct, first, count = np.unique(seen, return_index=True, return_counts=True)
    middle = (first + count / 2) / seen.size
    if distinct.size > KNOTS_MAX:
        kept = np.unique(np.searchsorted(middle, np.linspace(middle[0], middle[-1], KNOTS_MAX)))
        distinct, middle = distinct[kept], middle[kept]
    places = np.interp(seen, distinct, middle)
    scale = max(float(np.abs(seen).max()), 1.0)
    centre = float((seen / scale).mean()) * scale
    return NumberColumn(
        name=series.name,
        low=float(seen[0]),
        high=float(seen[-1]),
        centre=centre,
        spread=_spread_or_one(float((seen / scale).std()) * scale, scale),
        knots=tuple(distinct.tolist()),
        places=tuple(middle.tolist()),
        place_centre=float(places.mean()),
        place_spread=_spread_or_one(float(places.std()), 1.0),
    )


def _spread_or_one(spread: float, scale: float) -> float:
    return spread if spread > 1e-12 * scale else 1.0


def _is_wordy(texts: pl.Series) -> bool:
    seen = texts.drop_nulls()
    distinct = seen.n_unique()
    if distinct <= WORDY_DISTINCT_MIN or distinct <= WORDY_SHARE_MIN * seen.len():
        return False
    return float(seen.head(1_000).str.count_matches(_WORD).mean() or 0) >= 2  # type: ignore[arg-type]  # a number or None


def _frequent_words(texts: pl.Series) -> tuple[str, ...]:
    seen = texts.drop_nulls()
    counted = (
        seen.str.to_lowercase().str.extract_all(_WORD).list.unique().explode(empty_as_null=False).rename("word").value_counts(sort=False)
    )
    least = max(WORD_MIN, WORD_SHARE_MIN * seen.len())
    most = seen.len() - least
    kept = counted.filter(pl.col("count").is_between(least, most)).sort(["count", "word"], descending=[True, False]).head(WORDS_MAX)
    return tuple(kept["word"].to_list())


def _level_codes(series: pl.Series, column: LevelColumn) -> Codes:
    texts = read_texts(series)
    known = pl.DataFrame({"level": column.levels, "code": np.arange(column.other)}, schema={"level": pl.String, "code": pl.Int64})
    codes = texts.rename("level").to_frame().join(known, on="level", how="left", maintain_order="left")["code"].fill_null(column.other)
    return codes.set(texts.is_null(), column.missing).to_numpy()


def _find_words(series: pl.Series, words: tuple[str, ...]) -> NDArray[np.bool_]:
    texts = read_texts(series).str.to_lowercase()
    found = np.zeros((texts.len(), len(words)), dtype=np.bool_)
    for place, word in enumerate(words):
        found[:, place] = (
            texts.str.contains(rf"(?:^|[^\p{{L}}\p{{N}}]){re.escape(word)}(?:$|[^\p{{L}}\p{{N}}])").fill_null(value=False).to_numpy()
        )
    return found

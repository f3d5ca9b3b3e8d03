"""Wording: what moved a score, and a score itself, in words a rep reads."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.measurement.scoring.calibration import expit
from payper.measurement.scoring.encoding import Column, LevelColumn, NumberColumn, read_numbers, read_texts

Floats = NDArray[np.float64]

REASONS_MAX = 3
POINTS_MIN = 0.05
"""What moves a score by less than this many points (hundredths of probability) is no reason."""
_TEXT_MAX = 40


def word_reasons(frame: pl.DataFrame, columns: tuple[Column, ...], log_odds: Floats, contributions: Floats) -> pl.Series:
    """Say what moved each score most, by how many points: the score less what it would be without that column's addition.

    Args:
        frame: The deliveries as scored, with the columns by name.
        columns: Of the contributions.
        log_odds: Of each delivery.
        contributions: To the log odds, shape (deliveries, columns).

    Returns:
        A list of up to `REASONS_MAX` texts per delivery, such as `+3 points: seniority director`, those that move most first.
    """
    points = 100 * (expit(log_odds)[:, None] - expit(log_odds[:, None] - contributions))
    kept = min(REASONS_MAX, len(columns))
    top = np.argsort(-np.abs(points), axis=1, kind="stable")[:, :kept]
    values = [_value_words(frame[column.name], column) for column in columns]
    names = pl.Series(values=[column.name.replace("_", " ") for column in columns], dtype=pl.String)
    parts = []
    for rank in range(kept):
        place = top[:, rank]
        moved = np.take_along_axis(points, place[:, None], axis=1)[:, 0]
        said = pl.Series(np.full(frame.height, None), dtype=pl.String)
        for each in np.unique(place).tolist():
            where = np.flatnonzero(place == each)
            said = said.scatter(where, values[each].gather(where))
        text = pl.DataFrame({"points": word_points(moved), "name": names.gather(place), "value": said}).select(
            pl.when(pl.Series(np.abs(moved) >= POINTS_MIN)).then(
                pl.format("{}: {} {}", "points", "name", pl.col("value").fill_null("not given"))
            )
        )
        parts.append(text.to_series().alias(str(rank)))
    if not parts:
        return pl.Series("reasons", [[]] * frame.height, dtype=pl.List(pl.String))
    return pl.DataFrame(parts).select(pl.concat_list(pl.all()).list.drop_nulls().alias("reasons")).to_series()


def word_points(points: Floats) -> pl.Series:
    """Word points with their sign: one decimal below ten, none above."""
    rounded = np.where(np.abs(points) < 9.95, np.round(points, 1), np.round(points))
    distinct, places = np.unique(rounded, return_inverse=True)
    words = pl.Series(
        values=[f"{'+' if each > 0 else '−'}{abs(each):g} {'point' if abs(each) == 1 else 'points'}" for each in distinct.tolist()],
        dtype=pl.String,
    )
    return words.gather(places)


def _value_words(series: pl.Series, column: Column) -> pl.Series:
    """Word the values of a column; null where there is none."""
    if isinstance(column, NumberColumn):
        distinct, places = np.unique(read_numbers(series), return_inverse=True)
        return pl.Series(values=[None if np.isnan(each) else word_number(each) for each in distinct.tolist()], dtype=pl.String).gather(
            places
        )
    texts = read_texts(series)
    if isinstance(column, LevelColumn) or texts.str.len_chars().max() is None:
        return texts
    return pl.select(pl.when(texts.str.len_chars() > _TEXT_MAX).then(texts.str.head(_TEXT_MAX) + "…").otherwise(texts)).to_series()


def word_number(value: float) -> str:
    """Word a number: whole ones with thousands apart, others to three digits."""
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}".replace("-", "−")
    return f"{value:,.3g}".replace("-", "−") if abs(value) < 1000 else f"{value:,.0f}".replace("-", "−")


def word_share(share: float) -> str:
    """Word a probability in per cent: one decimal below ten, none above."""
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"

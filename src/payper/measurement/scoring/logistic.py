"""Ridge logistic regression whose every score is a plain sum of what each column adds.

A number enters with its value and with its place among all values, so that a few huge companies do not set the slope; a level with its
own addition, drawn towards none the less often it was seen; a word where it occurs. After fitting, the model is kept as tables of
additions per column, centred at the average delivery: the score's reasons are the score.

Source: Hoerl, Kennard 1970, Technometrics 12(1), 55-67 (ridge); le Cessie, van Houwelingen 1992, Appl. Statist. 41(1), 191-201 (for
logistic regression).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from payper.measurement.scoring.encoding import Encoded, Encoding, LevelColumn, NumberColumn
from payper.measurement.scoring.threads import limit_threads

Floats = NDArray[np.float64]

STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)
"""Inverse ridge penalties that are tried; additions are drawn towards 0 as by a normal prior of this variance."""
DENSE_COLUMNS_MAX = 500
_HALF = float(np.sqrt(0.5))
"""Value and place share the work of one number."""


@dataclass(frozen=True, slots=True)
class NumberTerm:
    """What a number adds: by value, by place, and when it is missing; less `centre`, the average of it all."""

    by_value: float
    by_place: float
    missing: float
    centre: float


@dataclass(frozen=True)
class Logistic:
    """A fitted model: log odds are `base` plus what each column adds; additions average 0 over the deliveries fitted to.

    Attributes:
        numbers: By column.
        levels: Additions by code, by column.
        words: Additions of each word, and their average sum last, by column.
    """

    base: float
    numbers: Mapping[str, NumberTerm]
    levels: Mapping[str, Floats]
    words: Mapping[str, Floats]

    def contributions(self, encoding: Encoding, encoded: Encoded) -> Floats:
        """Give what each column adds to the log odds, shape (rows, columns); `base` plus the sum of a row is its log odds."""
        added = np.empty((encoded.height, len(encoding.columns)))
        for place, column in enumerate(encoding.columns):
            if isinstance(column, NumberColumn):
                term = self.numbers[column.name]
                value, by_place, missing = _number_parts(column, encoded.numbers[column.name])
                added[:, place] = term.by_value * value + term.by_place * by_place + term.missing * missing - term.centre
            elif isinstance(column, LevelColumn):
                added[:, place] = self.levels[column.name][encoded.codes[column.name]]
            else:
                term_words = self.words[column.name]
                added[:, place] = encoded.words[column.name] @ term_words[:-1] - term_words[-1]
        return added

    def log_odds(self, encoding: Encoding, encoded: Encoded) -> Floats:
        """Give the log odds of each row."""
        return np.asarray(self.base + self.contributions(encoding, encoded).sum(axis=1), dtype=np.float64)


def _number_parts(column: NumberColumn, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Give value and place of a number in spreads from their centre (0 where missing), and whether it is missing."""
    missing = np.isnan(values)
    kept = np.clip(np.where(missing, column.centre, values), column.low, column.high)
    value = (kept - column.centre) / column.spread
    place = (np.interp(kept, column.knots, column.places) - column.place_centre) / column.place_spread
    return np.where(missing, 0.0, value * _HALF), np.where(missing, 0.0, place * _HALF), missing.astype(np.float64)


def design_matrix(encoding: Encoding, encoded: Encoded) -> Any:
    """Give the matrix of all terms: dense up to `DENSE_COLUMNS_MAX` columns, else sparse (scipy CSR).

    Per number value, place, missing; per level each code, the last two another value and missing; per word 0 or 1.
    """
    from scipy import sparse

    blocks = []
    for column in encoding.columns:
        if isinstance(column, NumberColumn):
            blocks.append(np.column_stack(_number_parts(column, encoded.numbers[column.name])))
        elif isinstance(column, LevelColumn):
            codes = encoded.codes[column.name]
            ones = (np.ones(codes.size), codes, np.arange(codes.size + 1))
            blocks.append(sparse.csr_array(ones, shape=(codes.size, column.missing + 1)))
        else:
            blocks.append(encoded.words[column.name].astype(np.float64))
    width = sum(block.shape[1] for block in blocks)
    if width <= DENSE_COLUMNS_MAX:
        return np.hstack([block if isinstance(block, np.ndarray) else block.toarray() for block in blocks])
    return sparse.hstack([sparse.csr_array(block) for block in blocks], format="csr")


def fit_weights(matrix: Any, won: NDArray[np.bool_], weight: Floats, *, strength: float) -> Floats:
    """Give the terms' weights and, last, the intercept; a term that is 0 everywhere weighs nothing."""
    from sklearn.linear_model import LogisticRegression

    is_dense = isinstance(matrix, np.ndarray)
    is_used = matrix.any(axis=0) if is_dense else np.asarray(abs(matrix).sum(axis=0)).ravel() > 0
    model = LogisticRegression(C=strength, solver="newton-cholesky" if is_dense else "lbfgs", max_iter=10_000, tol=1e-4)
    with limit_threads(won.size):
        model.fit(matrix[:, is_used], won.astype(np.int64), sample_weight=weight)
    weights = np.zeros(is_used.size + 1)
    weights[:-1][is_used], weights[-1] = model.coef_[0], model.intercept_[0]
    return weights


def fit_logistic(encoding: Encoding, encoded: Encoded, won: NDArray[np.bool_], weight: Floats, *, strength: float) -> Logistic:
    """Fit the model and centre its additions at the weighted average delivery.

    Args:
        encoding: How columns became numbers.
        encoded: The rows.
        won: What became of each row, at least one of each kind.
        weight: Of each row, about 1 on average.
        strength: Inverse ridge penalty, of `STRENGTHS`.
    """
    fitted = fit_weights(design_matrix(encoding, encoded), won, weight, strength=strength)
    share = weight / weight.sum()
    numbers: dict[str, NumberTerm] = {}
    levels: dict[str, Floats] = {}
    words: dict[str, Floats] = {}
    base, place = float(fitted[-1]), 0
    for column in encoding.columns:
        if isinstance(column, NumberColumn):
            by_value, by_place, missing = (float(each) for each in fitted[place : place + 3])
            parts = _number_parts(column, encoded.numbers[column.name])
            centre = float(share @ (by_value * parts[0] + by_place * parts[1] + missing * parts[2]))
            numbers[column.name] = NumberTerm(by_value, by_place, missing, centre)
            place += 3
        elif isinstance(column, LevelColumn):
            own = fitted[place : place + column.missing + 1]
            centre = float(np.bincount(encoded.codes[column.name], weights=share, minlength=own.size) @ own)
            levels[column.name] = own - centre
            place += own.size
        else:
            own = fitted[place : place + len(column.words)]
            centre = float(share @ (encoded.words[column.name] @ own))
            words[column.name] = np.append(own, centre)
            place += own.size
        base += centre
    return Logistic(base, numbers, levels, words)

"""Learning: which model gives the log odds, how bold it may be, and what it says of deliveries it has not seen."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from payper.measurement.scoring.calibration import Platt, fit_platt
from payper.measurement.scoring.encoding import Encoded, Encoding
from payper.measurement.scoring.logistic import STRENGTHS, design_matrix, fit_logistic, fit_weights
from payper.measurement.scoring.model import Basis, Learner
from payper.measurement.scoring.trees import Library, choose_library, fit_trees

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Wanted = Literal["auto", "logistic", "trees"]

WINS_FOR_TREES = 300
SLOPE_SD = 0.15
"""Scores are thought to be right but for so much in the slope of their log odds; with thousands of outcomes these alone decide, with few a
slope that chance could have made is hardly believed."""
RECENT_SHARE = 0.25
RECENT_BLOCKS = 5
RECENT_WINS_MIN = 30
TREES_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
TUNED_MAX = 5_000
"""The ridge is chosen on at most so many deliveries."""


@dataclass(frozen=True)
class Learned:
    """What came out.

    Attributes:
        basis: What kind of model.
        learner: The model, fitted to all.
        unseen_log_odds: Of each delivery by models fitted without it, Platt's line included (itself fitted without it).
        calibrated_log_odds: The same by the one line that the learner carries.
        notes: How it was chosen, as sentences.
    """

    basis: Basis
    learner: Learner
    unseen_log_odds: Floats
    calibrated_log_odds: Floats
    notes: tuple[str, ...]


def learn(
    encoding: Encoding, encoded: Encoded, won: Bools, weight: Floats, *, wanted: Wanted, library: Library | None, seed: int
) -> Learned:
    """Choose, fit and calibrate.

    Args:
        encoding: How columns became numbers.
        encoded: Deliveries in order of time.
        won: What became of each.
        weight: Of each, 1 on average.
        wanted: `auto`: logistic below `WINS_FOR_TREES` wins, from there on the mixture that foretells the most recent quarter best.
        library: Of the trees.
        seed: Of folds and of what trees sample.
    """
    wins = int(won.sum())
    is_mixed = wanted == "auto" and wins >= WINS_FOR_TREES
    fold = _folds(won, seed)
    matrix = None if wanted == "trees" else design_matrix(encoding, encoded)
    strength = 0.0 if matrix is None else _choose_strength(matrix, won, weight, seed)
    share, note = 1.0 if wanted == "trees" else 0.0, f"{wins:,} wins: ridge logistic regression."
    if wanted == "trees":
        note = f"{wins:,} wins: boosted trees ({library or choose_library()}), as asked for."
    if is_mixed and matrix is not None:
        share, note = _choose_share(encoding, encoded, matrix, won, weight, strength=strength, library=library, seed=seed)
    z = np.zeros(won.size)
    if matrix is not None and share < 1:
        z += (1 - share) * _unseen_logistic(matrix, won, weight, fold, strength)
    if share > 0:
        z += share * _unseen_trees(encoding, encoded, won, weight, fold, library=library, seed=seed)
    platt = _fit_line(z, won, weight)
    learner = Learner(
        encoding=encoding,
        logistic=fit_logistic(encoding, encoded, won, weight, strength=strength) if share < 1 else None,
        trees=fit_trees(encoding, encoded, won, weight, seed=seed, library=library) if share > 0 else None,
        trees_share=share,
        platt=platt,
        seed=seed,
    )
    basis: Basis = "logistic" if share == 0 else "trees" if share == 1 else "logistic and trees"
    return Learned(basis, learner, _unseen_line(z, won, weight, fold), platt.apply(z), (note,))


def _folds(won: Bools, seed: int) -> NDArray[np.int64]:
    """Deal deliveries to five folds (three from 10,000 on), won and lost ones evenly."""
    count = 5 if won.size < 10_000 else 3
    chance = np.random.default_rng(seed)
    fold = np.empty(won.size, dtype=np.int64)
    for kind in (won, ~won):
        fold[kind] = chance.permutation(int(kind.sum())) % count
    return fold


def _choose_strength(matrix: Any, won: Bools, weight: Floats, seed: int) -> float:
    """Give the smallest inverse ridge penalty that foretells deliveries not seen as well as the best, within one standard error.

    Source: Breiman, Friedman, Olshen, Stone 1984, Classification and Regression Trees, section 3.4.3 (the one standard error rule): of
    models that cannot be told apart the tamer one bears the next quarter better.
    """
    if won.size > TUNED_MAX:
        kept = np.sort(np.random.default_rng(seed).choice(won.size, TUNED_MAX, replace=False))
        matrix, won, weight = matrix[kept], won[kept], weight[kept]
    fold = _folds(won, seed)
    losses = np.array([_losses(_unseen_logistic(matrix, won, weight, fold, strength), won, weight) for strength in STRENGTHS])
    return STRENGTHS[int(_as_good_as_best(losses, errors=1).argmax())]


def _as_good_as_best(losses: Floats, *, errors: float) -> Bools:
    """Say which candidates (rows) are within so many standard errors of the smallest mean loss, delivery by delivery."""
    worse = losses - losses[int(losses.mean(axis=1).argmin())]
    return np.asarray(worse.mean(axis=1) <= errors * worse.std(axis=1) / np.sqrt(losses.shape[1]), dtype=np.bool_)


def _losses(z: Floats, won: Bools, weight: Floats) -> Floats:
    return np.asarray(weight * (np.logaddexp(0.0, z) - won * z), dtype=np.float64)


def _unseen_logistic(matrix: Any, won: Bools, weight: Floats, fold: NDArray[np.int64], strength: float) -> Floats:
    z = np.empty(won.size)
    for each in range(fold.max() + 1):
        here = fold == each
        fitted = fit_weights(matrix[~here], won[~here], weight[~here], strength=strength)
        z[here] = matrix[here] @ fitted[:-1] + fitted[-1]
    return z


def _unseen_trees(
    encoding: Encoding, encoded: Encoded, won: Bools, weight: Floats, fold: NDArray[np.int64], *, library: Library | None, seed: int
) -> Floats:
    z = np.empty(won.size)
    for each in range(fold.max() + 1):
        here, rest = np.flatnonzero(fold == each), np.flatnonzero(fold != each)
        trees = fit_trees(encoding, encoded.rows(rest), won[rest], weight[rest], seed=seed, library=library)
        z[here] = trees.log_odds(encoding, encoded.rows(here))
    return z


def _choose_share(
    encoding: Encoding, encoded: Encoded, matrix: Any, won: Bools, weight: Floats, *, strength: float, library: Library | None, seed: int
) -> tuple[float, str]:
    """Give the largest weight of the trees that foretells the most recent quarter as well as the best, within two standard errors.

    The quarter is foretold block after block, each from all that came before it, as a score in use is. As the general level may move,
    which no mixture can know, each candidate's level is first set to that of the block; what is compared is what they know of single
    deliveries.
    """
    cuts = np.linspace(won.size * (1 - RECENT_SHARE), won.size, RECENT_BLOCKS + 1).astype(np.int64)
    named = library or choose_library()
    before, recent = int(won[: cuts[0]].sum()), int(won[cuts[0] :].sum())
    if min(before, recent, won.size - cuts[0] - recent) < RECENT_WINS_MIN:
        return (
            0.5,
            f"{before + recent:,} wins, too few of them recent to choose by: half boosted trees ({named}), half ridge logistic regression.",
        )
    losses: list[Floats] = []
    for first, last in itertools.pairwise(cuts.tolist()):
        early, late = np.arange(first), np.arange(first, last)
        fitted = fit_weights(matrix[early], won[early], weight[early], strength=strength)
        by_logistic = matrix[late] @ fitted[:-1] + fitted[-1]
        trees = fit_trees(encoding, encoded.rows(early), won[early], weight[early], seed=seed, library=library)
        by_trees = trees.log_odds(encoding, encoded.rows(late))
        mixtures = [(1 - share) * by_logistic + share * by_trees for share in TREES_SHARES]
        levels = [fit_platt(z, won[late], weight[late], slope_sd=0.0) for z in mixtures]
        losses.append(np.array([_losses(level.apply(z), won[late], weight[late]) for level, z in zip(levels, mixtures, strict=True)]))
    best = TREES_SHARES[int(np.flatnonzero(_as_good_as_best(np.hstack(losses), errors=2)).max())]
    said = f"{best:.0%} boosted trees ({named}), {1 - best:.0%} ridge logistic regression"
    return best, f"{before + recent:,} wins: {said}, by what foretold the most recent quarter."


def _fit_line(z: Floats, won: Bools, weight: Floats) -> Platt:
    """Fit Platt's line; one that would turn the order around becomes level, which says that nothing foretells."""
    line = fit_platt(z, won, weight, slope_sd=SLOPE_SD)
    if line.slope > 0:
        return line
    level = fit_platt(np.zeros_like(z), won, weight, slope_sd=0.0)
    return Platt(level.intercept, 0.0)


def _unseen_line(z: Floats, won: Bools, weight: Floats, fold: NDArray[np.int64]) -> Floats:
    """Apply to each fold the line fitted to the others."""
    given = np.empty_like(z)
    for each in range(fold.max() + 1):
        here = fold == each
        given[here] = _fit_line(z[~here], won[~here], weight[~here]).apply(z[here])
    return given

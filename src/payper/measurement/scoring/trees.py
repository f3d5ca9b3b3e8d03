"""Gradient boosted trees: for enough wins, what depends on two columns at once.

LightGBM where the extra `payper[scoring]` is installed, else scikit-learn's histogram trees, which are the same idea. Levels of a column
with few of them enter in order of how frequent they are, which foretold better than splitting them into sets did; of one with many, each
stands for its own share of wins, drawn towards the average, and for fitting computed from other deliveries than the one that carries it:
a level seen once must not tell its own answer.

Sources: Friedman 2001, Ann. Statist. 29(5), 1189-1232; Ke et al. 2017, LightGBM, NIPS 30; Micci-Barreca 2001, SIGKDD Explorations
3(1), 27-32 (levels by their share); Lundberg et al. 2020, Nature Machine Intelligence 2, 56-67 (what each column adds in trees);
Strumbelj, Kononenko 2014, Knowl. Inf. Syst. 41, 647-665 (the same for any model, by orders of the columns).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from payper.measurement.scoring.encoding import Codes, Encoded, Encoding, LevelColumn, NumberColumn, WordColumn
from payper.measurement.scoring.threads import count_threads, limit_threads

Floats = NDArray[np.float64]
Library = Literal["lightgbm", "scikit-learn"]

TREES, RATE, LEAVES, LEAF_MIN, RIDGE, SAMPLED = 150, 0.05, 15, 40, 5.0, 0.8
"""Boosting rounds, step, leaves per tree, deliveries per leaf, penalty of leaf values, share of rows and columns per tree (LightGBM)."""
ORDERED_LEVELS_MAX = 30
"""A column with more levels than this enters by its levels' shares of wins."""
SHARE_WEIGHT = 20.0
"""A level's share counts as if it had been seen so many times more with the average share."""
FOLDS = 5
ORDERS = 6
"""Orders of columns, each with its reverse, over which additions are averaged where the library does not give them."""


@dataclass(frozen=True)
class Trees:
    """Fitted trees.

    Attributes:
        library: Who fitted them.
        shares: Share of wins per code, of each column with many levels.
        typical: The median of each tree input.
        text: LightGBM's own text of the model, empty for scikit-learn.
        estimator: scikit-learn's model; None for LightGBM.
    """

    library: Library
    shares: Mapping[str, Floats]
    typical: Floats
    text: str = ""
    estimator: Any = field(default=None, compare=False)

    @cached_property
    def booster(self) -> Any:
        """Read LightGBM's text, once."""
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    def log_odds(self, encoding: Encoding, encoded: Encoded) -> Floats:
        """Give the log odds of each row."""
        return self._predict(tree_inputs(encoding, encoded, self.shares))

    def contributions(self, encoding: Encoding, encoded: Encoded, *, seed: int) -> Floats:
        """Give what each column adds to the log odds, shape (rows, columns), from the average (scikit-learn: a typical) delivery.

        LightGBM: exact Shapley values along the trees. scikit-learn: Shapley values against the typical delivery, averaged over
        `ORDERS` random orders of the columns and their reverses. Either way a row adds up to its log odds less the start's.
        """
        inputs = tree_inputs(encoding, encoded, self.shares)
        if self.library == "lightgbm":
            added = np.asarray(self.booster.predict(inputs, pred_contrib=True, num_threads=0), dtype=np.float64)[:, :-1]
        else:
            added = self._shapley(inputs, seed=seed)
        return np.add.reduceat(added, _column_starts(encoding), axis=1)

    def _predict(self, inputs: NDArray[np.float32]) -> Floats:
        if inputs.shape[0] == 0:
            return np.empty(0)
        if self.library == "lightgbm":
            return np.asarray(self.booster.predict(inputs, raw_score=True, num_threads=count_threads(inputs.shape[0])), dtype=np.float64)
        with limit_threads(inputs.shape[0]):
            return np.asarray(self.estimator.decision_function(inputs), dtype=np.float64)

    def _shapley(self, inputs: NDArray[np.float32], *, seed: int) -> Floats:
        chance = np.random.default_rng(seed)
        added = np.zeros(inputs.shape)
        orders = [chance.permutation(inputs.shape[1]) for _ in range(ORDERS)]
        for order in (*orders, *(each[::-1] for each in orders)):
            mixed = np.tile(self.typical.astype(np.float32), (inputs.shape[0], 1))
            before = self._predict(mixed)
            for place in order:
                mixed[:, place] = inputs[:, place]
                after = self._predict(mixed)
                added[:, place] += after - before
                before = after
        return added / (2 * ORDERS)


def choose_library(*, is_lightgbm_wanted: bool = True) -> Library:
    """Give LightGBM where it is installed, else scikit-learn."""
    from importlib.util import find_spec

    return "lightgbm" if is_lightgbm_wanted and find_spec("lightgbm") else "scikit-learn"


def tree_inputs(encoding: Encoding, encoded: Encoded, shares: Mapping[str, Floats]) -> NDArray[np.float32]:
    """Give one input per number, level column and word; a missing number is NaN, a missing level a code of its own."""
    inputs: list[NDArray[np.float32]] = []
    for column in encoding.columns:
        if isinstance(column, NumberColumn):
            inputs.append(np.clip(encoded.numbers[column.name], -3e38, 3e38).astype(np.float32)[:, None])
        elif isinstance(column, LevelColumn):
            codes = encoded.codes[column.name]
            given = shares[column.name][codes] if column.name in shares else codes
            inputs.append(given.astype(np.float32)[:, None])
        else:
            inputs.append(encoded.words[column.name].astype(np.float32))
    return np.hstack(inputs)


def _column_starts(encoding: Encoding) -> list[int]:
    """Give the first tree input of each column."""
    widths = [len(column.words) if isinstance(column, WordColumn) else 1 for column in encoding.columns]
    return [0, *np.cumsum(widths)[:-1].tolist()]


def level_shares(codes: Codes, count: int, won: NDArray[np.bool_], weight: Floats) -> Floats:
    """Give the share of wins per code, drawn towards the average share with `SHARE_WEIGHT`."""
    mean = float((weight * won).sum() / weight.sum())
    wins = np.bincount(codes, weights=weight * won, minlength=count)
    many = np.bincount(codes, weights=weight, minlength=count)
    return np.asarray((wins + SHARE_WEIGHT * mean) / (many + SHARE_WEIGHT), dtype=np.float64)


def fit_trees(
    encoding: Encoding, encoded: Encoded, won: NDArray[np.bool_], weight: Floats, *, seed: int, library: Library | None = None
) -> Trees:
    """Fit the trees.

    Args:
        encoding: How columns became numbers.
        encoded: The rows.
        won: What became of each row, at least one of each kind.
        weight: Of each row, about 1 on average.
        seed: Of the rows and columns that each tree sees, and of the folds for shares.
        library: None: `choose_library`.
    """
    many = [column for column in encoding.columns if isinstance(column, LevelColumn) and len(column.levels) > ORDERED_LEVELS_MAX]
    shares = {column.name: level_shares(encoded.codes[column.name], column.missing + 1, won, weight) for column in many}
    inputs = tree_inputs(encoding, encoded, shares)
    starts = dict(zip((column.name for column in encoding.columns), _column_starts(encoding), strict=True))
    fold = np.random.default_rng(seed).permutation(encoded.height) % FOLDS
    for column in many:
        codes = encoded.codes[column.name]
        for each in range(FOLDS):
            rest = fold != each
            outside = level_shares(codes[rest], column.missing + 1, won[rest], weight[rest])
            inputs[~rest, starts[column.name]] = outside[codes[~rest]]
    typical = np.array([_median(inputs[:, place]) for place in range(inputs.shape[1])])
    chosen = library or choose_library()
    if chosen == "lightgbm":
        return Trees(chosen, shares, typical, text=_fit_lightgbm(inputs, won, weight, seed))
    return Trees(chosen, shares, typical, estimator=_fit_histograms(inputs, won, weight, seed))


def _median(values: NDArray[np.float32]) -> float:
    seen = values[~np.isnan(values)]
    return float(np.median(seen)) if seen.size else 0.0


def _fit_lightgbm(inputs: NDArray[np.float32], won: NDArray[np.bool_], weight: Floats, seed: int) -> str:
    import lightgbm

    settings = {
        "objective": "binary",
        "learning_rate": RATE,
        "num_leaves": LEAVES,
        "min_data_in_leaf": LEAF_MIN,
        "lambda_l2": RIDGE,
        "bagging_fraction": SAMPLED,
        "bagging_freq": 1,
        "feature_fraction": SAMPLED,
        "seed": seed % 2**31,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "num_threads": count_threads(inputs.shape[0]),
    }
    table = lightgbm.Dataset(inputs, label=won.astype(np.float64), weight=weight)
    return str(lightgbm.train(settings, table, num_boost_round=TREES).model_to_string())


def _fit_histograms(inputs: NDArray[np.float32], won: NDArray[np.bool_], weight: Floats, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    empty = np.isnan(inputs).all(axis=0)
    model = HistGradientBoostingClassifier(
        max_iter=TREES,
        learning_rate=RATE,
        max_leaf_nodes=LEAVES,
        min_samples_leaf=LEAF_MIN,
        l2_regularization=RIDGE,
        early_stopping=False,
        random_state=seed % 2**31,
    )
    # A column without any value cannot be cut into bins; as zeros it is never split on.
    with limit_threads(inputs.shape[0]):
        return model.fit(np.where(empty, np.float32(0), inputs), won.astype(np.int64), sample_weight=weight)

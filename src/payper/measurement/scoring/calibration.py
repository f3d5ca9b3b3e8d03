"""Calibration: probabilities that mean what they say, and how far each can be trusted.

Platt's line mends scores that are too bold or too timid where data are few. Venn-Abers gives two probabilities per score, one for each
answer the next delivery could have: the truth is in one of them, whatever the model is worth, and where few outcomes lie near a score
the two are far apart.

Sources: Platt 1999, Advances in Large Margin Classifiers, 61-74; Ayer, Brunk, Ewing, Reid, Silverman 1955, Ann. Math. Statist. 26(4),
641-647 (pool adjacent violators); Vovk, Petej 2014, Venn-Abers predictors, UAI, 829-838; Vovk, Petej, Fedorova 2015, NIPS 28, section 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GROUPS_MAX = 400
"""Outcomes are grouped by score into at most so many groups, each of about as many deliveries: with more the pair hardly moves."""

P_MIN = 1e-6
"""No score is nearer to 0 or 1 than this; nothing that people do is surer."""


def logit(p: Floats) -> Floats:
    """Give the log odds of probabilities, which are kept `P_MIN` from 0 and 1."""
    kept = np.clip(p, P_MIN, 1 - P_MIN)
    return np.asarray(np.log(kept) - np.log1p(-kept), dtype=np.float64)


def expit(z: Floats) -> Floats:
    """Give the probabilities of log odds, kept `P_MIN` from 0 and 1."""
    return np.asarray(np.clip(0.5 * (1 + np.tanh(0.5 * z)), P_MIN, 1 - P_MIN), dtype=np.float64)


def fit_isotonic(won: Floats, weight: Floats) -> Floats:
    """Give the non-decreasing values nearest to outcomes that stand in order of their score, by least squares.

    Args:
        won: Outcome per delivery, or share won per group, in order of score.
        weight: Weight of each, above 0.

    Source: pool adjacent violators, Ayer et al. 1955.
    """
    values: list[float] = []
    weights: list[float] = []
    counts: list[int] = []
    for value, mass in zip(won.tolist(), weight.tolist(), strict=True):
        values.append(value)
        weights.append(mass)
        counts.append(1)
        while len(values) > 1 and values[-2] >= values[-1]:
            last, heavy, many = values.pop(), weights.pop(), counts.pop()
            values[-1] = (values[-1] * weights[-1] + last * heavy) / (weights[-1] + heavy)
            weights[-1] += heavy
            counts[-1] += many
    return np.repeat(np.asarray(values, dtype=np.float64), counts)


@dataclass(frozen=True, slots=True)
class Platt:
    """A line through log odds: calibrated log odds are `intercept + slope * z`."""

    intercept: float = 0.0
    slope: float = 1.0

    def apply(self, z: Floats) -> Floats:
        """Give calibrated log odds."""
        return self.intercept + self.slope * z


def fit_platt(z: Floats, won: NDArray[np.bool_], weight: Floats, *, slope_sd: float = float("inf")) -> Platt:
    """Fit the line by weighted maximum likelihood with Platt's smoothed targets, by Newton's method.

    Args:
        z: Log odds of deliveries that the model was not fitted to.
        won: What became of them.
        weight: Of each.
        slope_sd: How far from 1 the slope is thought to be before seeing any, as the standard deviation of a normal prior: infinite lets
            the data alone decide, 0 moves only the level.

    Source: Platt 1999, eq. 1 (targets (N+ + 1)/(N+ + 2) and 1/(N- + 2)).
    """
    plus, minus = float(weight[won].sum()), float(weight[~won].sum())
    target = np.where(won, (plus + 1) / (plus + 2), 1 / (minus + 2))
    design = np.column_stack([np.ones_like(z), z])
    pull = np.array([0.0, 0.0 if np.isinf(slope_sd) else 1 / max(slope_sd, 1e-6) ** 2])
    line = np.array([0.0, 1.0])
    ideal = line.copy()

    def loss_of(tried: Floats) -> float:
        return _log_loss(design @ tried, target, weight) + 0.5 * float(pull @ (tried - ideal) ** 2)

    loss = loss_of(line)
    for _ in range(100):
        p = expit(design @ line)
        gradient = design.T @ (weight * (p - target)) + pull * (line - ideal)
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag(pull + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        for _ in range(30):
            tried = loss_of(line - step)
            if tried <= loss:
                break
            step = step / 2
        if not tried < loss - 1e-12 * max(1.0, abs(loss)):
            break
        line, loss = line - step, tried
    return Platt(float(line[0]), float(line[1]))


def _log_loss(z: Floats, target: Floats, weight: Floats) -> float:
    """Give the weighted log loss of log odds against targets between 0 and 1."""
    return float(np.sum(weight * (np.logaddexp(0.0, z) - target * z)))


@dataclass(frozen=True)
class VennAbers:
    """Two probabilities for every score.

    Attributes:
        lowest, highest: The range of scores of each group, ascending.
        p_zero: The isotonic value of the group with one more delivery that is not won.
        p_one: The same with one more that is won.
    """

    lowest: Floats
    highest: Floats
    p_zero: Floats
    p_one: Floats

    def pair(self, score: Floats) -> tuple[Floats, Floats]:
        """Give (p0, p1) for scores; p0 <= p1, and neither falls as the score rises.

        A score between two groups joins the one below as not won and the one above as won: pooling would put it there. Below all p0
        is 0, above all p1 is 1.
        """
        last = self.lowest.size
        below = np.searchsorted(self.lowest, score, side="right") - 1
        above = np.searchsorted(self.highest, score, side="left")
        p_zero = np.where(below < 0, 0.0, self.p_zero[np.maximum(below, 0)])
        p_one = np.where(above >= last, 1.0, self.p_one[np.minimum(above, last - 1)])
        return p_zero, np.maximum(p_one, p_zero)


def fit_venn_abers(score: Floats, won: NDArray[np.bool_], weight: Floats, *, groups: int = GROUPS_MAX) -> VennAbers:
    """Prepare the pair for every score.

    The isotonic value at group i, with a delivery more of weight 1 and outcome d in it, is max over a <= i of min over b >= i of
    (S(a..b) + d) / (W(a..b) + 1), S and W the weighted wins and weights of groups a to b.

    Args:
        score: Scores that the model gave to deliveries it was not fitted to, at least one.
        won: What became of them.
        weight: Of each, about 1 on average.
        groups: At most so many groups; scores that are equal are always in one.
    """
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    cuts = np.unique(np.searchsorted(ordered, ordered[np.linspace(0, score.size, groups, endpoint=False).astype(np.int64)]))
    mass = np.add.reduceat(weight[order], cuts)
    wins = np.add.reduceat((weight * won)[order], cuts)
    ends = np.append(cuts[1:], score.size) - 1
    count = cuts.size
    weights, totals = np.concatenate([[0.0], np.cumsum(mass)]), np.concatenate([[0.0], np.cumsum(wins)])
    pairs = np.empty((2, count))
    for i in range(count):
        heavy = weights[None, i + 1 :] - weights[: i + 1, None] + 1
        summed = totals[None, i + 1 :] - totals[: i + 1, None]
        for outcome in (0, 1):
            pairs[outcome, i] = ((summed + outcome) / heavy).min(axis=1).max()
    kept = np.clip(pairs, 0.0, 1.0)
    return VennAbers(lowest=ordered[cuts], highest=ordered[ends], p_zero=kept[0], p_one=kept[1])

"""How long wins take: families of lag distributions with a documented prior, as tables on a grid.

A lag is the time from delivery to win in days. Four families share the parameters log median m and log shape s; each has the same prior
weight. The prior is the trade's "typical sales cycle 60 days, 90 % of companies between 12 and 300", and the user may change it.

Source: Johnson, Kotz, Balakrishnan 1994, Continuous Univariate Distributions, chapters 14, 17, 21, 23 (the laws by their median and shape).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FAMILIES = ("weibull", "lognormal", "loglogistic", "gamma")


@dataclass(frozen=True, slots=True)
class LagPrior:
    """What is believed of lags before any win.

    Attributes:
        median_days: Centre of the prior of the median lag.
        log_median_sd: Standard deviation of its logarithm; 1.0 puts 90 % of medians between 12 and 300 days around 60.
        log_shape: Mean and standard deviation of the logarithm of each family's shape (of a lognormal: of its sigma; of the others a
            larger shape is a narrower lag). Families left out are not used.
    """

    median_days: float = 60.0
    log_median_sd: float = 1.0
    log_shape: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: {
            "weibull": (-0.1, 0.5),
            "lognormal": (float(np.log(1.1)), 0.45),
            "loglogistic": (float(np.log(1.5)), 0.45),
            "gamma": (0.0, 0.7),
        }
    )


@dataclass(frozen=True, slots=True)
class LagTable:
    """Every lag law of the grid at given bounds.

    Attributes:
        family: Family of each law, shape (laws,).
        median_days, shape: Parameters of each law.
        log_prior: Log prior weight of each law; the weights add up to 1.
        cdf: Probability of a lag below each bound, shape (laws, bounds).
        log_mass: Log probability of a lag between each bound and the one before (the first: from 0), same shape.
    """

    family: NDArray[np.str_]
    median_days: Floats
    shape: Floats
    log_prior: Floats
    cdf: Floats
    log_mass: Floats


def lag_cdf(family: str, days: Floats, *, median_days: Floats, shape: Floats) -> Floats:
    """Give the probability that a lag is below `days`; all three arrays broadcast, and so the result is shaped.

    Weibull 1 - 2^-(t/m)^s; lognormal Phi(log(t/m)/s); log-logistic 1/(1 + (t/m)^-s); gamma with shape s scaled to median m.
    """
    return _probabilities(family, days, median_days=median_days, shape=shape)[0]


def tabulate_lags(bounds_days: Floats, *, prior: LagPrior | None = None, medians: int = 32, shapes: int = 15) -> LagTable:
    """Tabulate all laws at ascending bounds.

    Args:
        bounds_days: Upper bounds of the lag bins, days, ascending, above 0.
        prior: Of lags; None for the documented one.
        medians: Points of the grid in the median, from -2.6 to 2.6 prior standard deviations.
        shapes: Points of the grid in the shape, likewise.
    """
    prior = prior or LagPrior()
    steps_m, steps_s = np.linspace(-2.6, 2.6, medians), np.linspace(-2.6, 2.6, shapes)
    at_m, at_s = (each.ravel() for each in np.meshgrid(steps_m, steps_s, indexing="ij"))
    median_days = np.exp(np.log(prior.median_days) + prior.log_median_sd * at_m)
    names, all_shapes, tables, masses = [], [], [], []
    for family, (centre, deviation) in prior.log_shape.items():
        shape = np.exp(centre + deviation * at_s)
        below, above = _probabilities(family, bounds_days[None, :], median_days=median_days[:, None], shape=shape[:, None])
        tables.append(below)
        masses.append(_log_masses(family, below, above, bounds_days, median_days=median_days[:, None], shape=shape[:, None]))
        names += [family] * shape.size
        all_shapes.append(shape)
    cdf = np.concatenate(tables)
    log_prior = np.tile(-0.5 * (at_m**2 + at_s**2), len(prior.log_shape))
    return LagTable(
        family=np.array(names),
        median_days=np.tile(median_days, len(prior.log_shape)),
        shape=np.concatenate(all_shapes),
        log_prior=log_prior - np.log(np.exp(log_prior).sum()),
        cdf=cdf,
        log_mass=np.concatenate(masses),
    )


def _probabilities(family: str, days: Floats, *, median_days: Floats, shape: Floats) -> tuple[Floats, Floats]:
    """Give the probabilities of a lag below and above `days`, each exact where it is small."""
    from scipy.special import gammainc, gammaincc, gammaincinv, ndtr

    ratio = np.maximum(days, 0.0) / median_days
    with np.errstate(divide="ignore", over="ignore"):
        if family == "weibull":
            hazard = np.log(2.0) * ratio**shape
            return -np.expm1(-hazard), np.exp(-hazard)
        if family == "lognormal":
            score = np.log(ratio) / shape
            return ndtr(score), ndtr(-score)
        if family == "loglogistic":
            odds = ratio**shape
            return odds / (1 + odds), 1 / (1 + odds)
        assert family == "gamma", f"{family} is none of {FAMILIES}"
        rate = ratio * gammaincinv(shape, 0.5)
        return gammainc(shape, rate), gammaincc(shape, rate)


def _log_masses(family: str, below: Floats, above: Floats, bounds: Floats, *, median_days: Floats, shape: Floats) -> Floats:
    """Give the log probability of each bin.

    By differences of whichever probability is small, and where even these vanish by log density at the middle times width: smooth in
    the parameters, so that a far lag rules a law out by how far it is and not by rounding.
    """
    mass = np.maximum(np.diff(below, axis=1, prepend=0.0), -np.diff(above, axis=1, prepend=1.0))
    first = np.concatenate([[0.0], bounds[:-1]])
    density = _log_density(family, (first + bounds)[None, :] / 2, median_days=median_days, shape=shape) + np.log(bounds - first)
    return np.where(mass > 1e-280, np.log(np.maximum(mass, 1e-300)), np.minimum(density, np.log(1e-280)))


def _log_density(family: str, days: Floats, *, median_days: Floats, shape: Floats) -> Floats:
    """Give the log density of lags, per day."""
    from scipy.special import gammaincinv, gammaln

    log_ratio: Floats = np.log(days / median_days)
    if family == "weibull":
        return np.asarray(
            np.log(np.log(2.0) * shape / days) + shape * log_ratio - np.log(2.0) * np.exp(shape * log_ratio), dtype=np.float64
        )
    if family == "lognormal":
        return np.asarray(-0.5 * (log_ratio / shape) ** 2 - np.log(shape * days * np.sqrt(2 * np.pi)), dtype=np.float64)
    if family == "loglogistic":
        return np.asarray(np.log(shape / days) + shape * log_ratio - 2 * np.logaddexp(0.0, shape * log_ratio), dtype=np.float64)
    rate = gammaincinv(shape, 0.5) / median_days
    return np.asarray(shape * np.log(rate) + (shape - 1) * np.log(days) - rate * days - gammaln(shape), dtype=np.float64)

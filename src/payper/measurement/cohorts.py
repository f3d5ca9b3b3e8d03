"""Cohorts: whether deliveries of different weeks behave alike, and whether wins are dated as deliveries would have them.

All of it is read from the same histograms as the estimates, group by group.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from payper.measurement.exposure import cumulate
from payper.measurement.matrices import Matrices, add_up

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_EXPECTED_LEAST = 2.0
"""Weeks are put together until so many wins are expected; the chi-square of smaller ones has too long a tail."""
_PRIOR_WEEKS = 10.0
_SPIKE_DAYS = 10


@dataclass(frozen=True)
class Dispersion:
    """How much more the wins of weekly cohorts vary than by chance.

    Attributes:
        raw: Pearson's chi-square per degree of freedom; 1 where there is no degree of freedom.
        tempered: The same drawn towards 1 as if ten more weeks had varied by chance alone, and at least 1: what estimates are widened by.
        p_value: Chance of so large a chi-square.
    """

    raw: Floats
    tempered: Floats
    p_value: Floats


def find_dispersion(matrices: Matrices) -> Dispersion:
    """Compare each week's wins with those that its deliveries' ages let expect."""
    return dispersion_of(matrices, matrices.won, matrices.deliveries - matrices.unwon)


def dispersion_of(matrices: Matrices, at_lag: Floats, at_age: Floats) -> Dispersion:
    """Compare each week's events, counted by lag and by age of their delivery, with those that its deliveries' ages let expect.

    Source: McCullagh, Nelder 1989, Generalized Linear Models, 2nd ed., section 4.5 (dispersion from Pearson's chi-square).
    """
    from scipy.special import chdtrc

    groups, days = matrices.deliveries.shape
    rate = np.concatenate([np.zeros((groups, 1)), cumulate(matrices, at_lag)], axis=1)[:, :days]
    weeks = np.arange(0, days, 7)
    expected = np.add.reduceat(matrices.deliveries * rate, weeks, axis=1)
    delivered = np.add.reduceat(matrices.deliveries, weeks, axis=1)
    seen = np.add.reduceat(at_age, weeks, axis=1)
    bins = np.floor((np.cumsum(expected, axis=1) - expected / 2) / _EXPECTED_LEAST).astype(np.int64)
    width = int(bins.max(initial=0)) + 1
    where = (bins + width * np.arange(groups)[:, None]).ravel()

    def merged(values: Floats) -> Floats:
        return add_up(where, values.ravel(), groups * width).reshape(groups, width)

    hoped, had, made = merged(expected), merged(seen), merged(delivered)
    used = hoped > _EXPECTED_LEAST / 2
    spread = hoped * np.maximum(1 - hoped / np.maximum(made, 1), 0.05)
    square = np.where(used, (had - hoped) ** 2 / np.where(used, spread, 1.0), 0.0).sum(axis=1)
    freedom = np.maximum(used.sum(axis=1) - 1.0, 0.0)
    raw = np.where(freedom > 0, square / np.maximum(freedom, 1), 1.0)
    tempered = np.maximum((square + _PRIOR_WEEKS) / (freedom + _PRIOR_WEEKS), 1.0)
    return Dispersion(raw, np.where(freedom > 0, tempered, 1.0), np.where(freedom > 0, chdtrc(np.maximum(freedom, 1), square), 1.0))


def compare_halves(matrices: Matrices) -> Floats:
    """Give the log-rank z of wins of the newer half of deliveries against the older half; above 0, newer ones are won more or sooner.

    Lost deliveries stay at risk. 0 where the halves cannot be compared.

    Source: Mantel 1966, Cancer Chemotherapy Reports 50(3), 163-170.
    """
    groups, days = matrices.deliveries.shape
    from_newest = np.cumsum(matrices.deliveries, axis=1)
    is_newer = from_newest <= from_newest[:, -1:] / 2
    wins = matrices.wins
    newer_wins = is_newer[wins.segment, wins.age]
    at = (wins.segment[newer_wins], wins.lag[newer_wins])
    won_newer = np.zeros((groups, days))
    np.add.at(won_newer, at, wins.count[newer_wins])
    risk = _at_risk(matrices.unwon, matrices.won)
    risk_newer = _at_risk(matrices.unwon * is_newer, won_newer)
    share = risk_newer / np.maximum(risk, 1)
    surprise = (won_newer - matrices.won * share).sum(axis=1)
    ties = np.where(risk > 1, (risk - matrices.won) / np.maximum(risk - 1, 1), 0.0)
    variance = (matrices.won * share * (1 - share) * ties).sum(axis=1)
    return np.where(variance > 0, surprise / np.sqrt(np.where(variance > 0, variance, 1.0)), 0.0)


def find_spikes(matrices: Matrices, through: date) -> Bools:
    """Tell in which groups wins gather in the last ten days of quarters: half as many again as expected, and not by chance (1 %)."""
    from scipy.special import pdtrc

    expected, seen = _by_calendar_day(matrices)
    days = [through - timedelta(days=back) for back in range(matrices.days - 1, -1, -1)]
    is_end = np.array([(_next_quarter(day) - day).days <= _SPIKE_DAYS for day in days])
    hoped, had = expected[:, is_end].sum(axis=1), seen[:, is_end].sum(axis=1)
    chance: Floats = pdtrc(np.maximum(had - 1, 0), np.maximum(hoped, 1e-9))
    return np.asarray((had >= 1.5 * hoped) & (had >= 5) & (chance < 0.01), dtype=np.bool_)


def find_truncation(matrices: Matrices) -> Bools:
    """Tell in which groups no win was seen for so long that at least seven were expected before the first: chance below 1 in 1,000."""
    expected, seen = _by_calendar_day(matrices)
    before = np.cumsum(seen, axis=1) == 0
    missed: Floats = (expected * before).sum(axis=1)
    return missed >= 7


def _at_risk(unwon: Floats, won: Floats) -> Floats:
    """Give deliveries that have completed each lag day and were not won before it."""
    later = np.cumsum(unwon[:, ::-1], axis=1)[:, ::-1] - unwon
    return later + np.cumsum(won[:, ::-1], axis=1)[:, ::-1]


def _by_calendar_day(matrices: Matrices) -> tuple[Floats, Floats]:
    """Give wins expected from the group's own rate by lag, and wins seen, by day from the first delivery's to the last over."""
    groups, days = matrices.deliveries.shape
    rate = np.diff(cumulate(matrices, matrices.won), axis=1, prepend=0.0)
    # Age `days - 1` is the delivery of day 0; a delivery of age 0 was made on a day that is not over.
    made = np.concatenate([matrices.deliveries[:, :0:-1], np.zeros((groups, 1))], axis=1)
    size = 2 * days
    expected = np.fft.irfft(np.fft.rfft(made, size, axis=1) * np.fft.rfft(rate, size, axis=1), size, axis=1)[:, :days]
    wins = matrices.wins
    seen = np.zeros((groups, days))
    np.add.at(seen, (wins.segment, np.minimum(days - 1 - wins.age + wins.lag, days - 1)), wins.count)
    return np.maximum(expected, 0.0), seen


def _next_quarter(day: date) -> date:
    month = (day.month - 1) // 3 * 3 + 4
    return date(day.year + month // 13, (month - 1) % 12 + 1, 1)

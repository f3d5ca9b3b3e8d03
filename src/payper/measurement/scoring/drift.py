"""Drift: whether deliveries, or what becomes of them, have moved away from those a score was fitted to.

The answer to drift is to fit again, never to patch: moving the level by the latest outcomes made scores worse in trials.

Source: Siddiqi 2006, Credit Risk Scorecards, Wiley (population stability index, .10 and .25); its spread by chance is that of a
chi-square divided by the numbers of deliveries, Yurdakul, Naranjo 2020, J. Risk Model Validation 14(4), 89-100.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import UsageError
from payper.measurement.scoring.assessment import count_deciles
from payper.measurement.scoring.calibration import expit
from payper.measurement.scoring.encoding import Column, Encoding, LevelColumn, NumberColumn, read_numbers, read_texts
from payper.measurement.scoring.labels import day_numbers, first_lags
from payper.measurement.scoring.leaks import as_instants
from payper.measurement.scoring.model import ScoreModel, prepare_features
from payper.measurement.scoring.wording import word_number, word_share
from payper.measurement.snapshot import read_moment

Floats = NDArray[np.float64]

SHIFTING, SHIFTED = 0.10, 0.25
LEVELS_WATCHED = 20
_MISSING, _OTHER = "missing", "another value"


@dataclass(frozen=True)
class DriftReport:
    """What has moved.

    Attributes:
        columns: One row per feature, then `score`: `column`, `psi` (population stability index), `psi_by_chance` (what chance alone
            exceeds once in a hundred times), `verdict` (steady, shifting, shifted), `most` (the value whose share moved most), `before`,
            `after` (its shares).
        periods: One row per month of delivery with known outcomes: `period` (first day), `deliveries`, `wins`, `expected` (sum of
            scores), `rate`, `mean_p`, `z` (difference in standard deviations); empty without outcomes.
        is_refit_due: Whether a feature or the score shifted, or a month's outcomes are further from the scores than chance allows.
        says: Sentences, the most important first.
    """

    columns: pl.DataFrame
    periods: pl.DataFrame
    is_refit_due: bool
    says: tuple[str, ...]


def profile_columns(encoding: Encoding, features: pl.DataFrame) -> pl.DataFrame:
    """Give how values are spread: `column, bin` (String), `deliveries` (Int64).

    Numbers are cut at their deciles; of levels the `LEVELS_WATCHED` most frequent are watched, of free text its words (a text counts by
    the first of the encoding's words that stands in it).
    """
    parts = []
    for column in encoding.columns:
        names = _bin_names(column)
        counts = np.bincount(_bin_codes(column, features[column.name]), minlength=len(names))
        named = pl.Series([column.name] * len(names), dtype=pl.String)
        parts.append(pl.DataFrame({"column": named, "bin": pl.Series(names, dtype=pl.String), "deliveries": counts.astype(np.int64)}))
    return pl.concat(parts)


def _edges(column: NumberColumn) -> Floats:
    """Give the distinct deciles of a number as learned."""
    return np.unique(np.interp(np.arange(1, 10) / 10, column.places, column.knots))


def _bin_names(column: Column) -> list[str]:
    if isinstance(column, NumberColumn):
        edges = [word_number(edge) for edge in _edges(column).tolist()]
        between = [f"{low} to {high}" for low, high in itertools.pairwise(edges)]
        return [f"below {edges[0]}", *between, f"{edges[-1]} and more", _MISSING]
    values = column.levels[:LEVELS_WATCHED] if isinstance(column, LevelColumn) else column.words[:LEVELS_WATCHED]
    return [*values, _OTHER, _MISSING]


def _bin_codes(column: Column, series: pl.Series) -> NDArray[np.int64]:
    if isinstance(column, NumberColumn):
        values, edges = read_numbers(series), _edges(column)
        return np.where(np.isnan(values), edges.size + 1, np.searchsorted(edges, values, side="right")).astype(np.int64)
    one = Encoding((column,)).encode(series.to_frame())
    if isinstance(column, LevelColumn):
        codes, watched = one.codes[column.name], min(LEVELS_WATCHED, column.other)
        return np.asarray(np.where(codes == column.missing, watched + 1, np.minimum(codes, watched)), dtype=np.int64)
    found = one.words[column.name][:, :LEVELS_WATCHED]
    first = np.where(found.any(axis=1), found.argmax(axis=1), found.shape[1])
    return np.asarray(np.where(read_texts(series).is_null().to_numpy(), found.shape[1] + 1, first), dtype=np.int64)


def report_drift(
    model: ScoreModel, features: pl.DataFrame, outcomes: pl.DataFrame | None = None, *, as_of: date | datetime | str | None = None
) -> DriftReport:
    """Compare deliveries, and what became of them where it is known, with those a score was fitted to.

    Args:
        model: The score.
        features: Deliveries since, as `ScoreModel.score` takes them.
        outcomes: `key, happened_at` as `fit_scores` takes them, or `key, is_reached` as `fit_labelled` does; None: only features.
        as_of: The day at whose end outcomes are looked at; needed with `happened_at`. Only deliveries as old as the horizon count.

    Raises:
        DeliveryError: A column is missing.
        UsageError: `as_of` is missing.
    """
    if model.learner is None or model.profile is None or model.deciles is None:
        empty = pl.DataFrame(schema=_COLUMNS_SCHEMA), pl.DataFrame(schema=_PERIODS_SCHEMA)
        return DriftReport(*empty, is_refit_due=False, says=("There is no score that could have drifted.",))
    frame = prepare_features(features, at=model.at)
    p = expit(model.learner.log_odds(frame))
    now = profile_columns(model.learner.encoding, frame)
    rows = [
        _compare(name, old["bin"].to_list(), old["deliveries"].to_numpy(), now.filter(pl.col("column") == name)["deliveries"].to_numpy())
        for (name,), old in model.profile.group_by("column", maintain_order=True)
    ]
    deciles = count_deciles(p, np.zeros(p.size, dtype=np.bool_), model.edges)
    bins = [f"{word_share(low)} to {word_share(high)}" for low, high in model.deciles.select("p_from", "p_to").iter_rows()]
    rows.append(_compare("score", bins, model.deciles["deliveries"].to_numpy(), deciles["deliveries"].to_numpy()))
    columns = pl.DataFrame(rows, schema=_COLUMNS_SCHEMA, orient="row")
    periods = pl.DataFrame(schema=_PERIODS_SCHEMA) if outcomes is None else _periods(model, features, p, outcomes, as_of)
    return _conclude(columns, periods)


_COLUMNS_SCHEMA = {
    "column": pl.String,
    "psi": pl.Float64,
    "psi_by_chance": pl.Float64,
    "verdict": pl.String,
    "most": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
}
_PERIODS_SCHEMA = {
    "period": pl.Date,
    "deliveries": pl.Int64,
    "wins": pl.Int64,
    "expected": pl.Float64,
    "rate": pl.Float64,
    "mean_p": pl.Float64,
    "z": pl.Float64,
}


def _compare(name: str, bins: list[str], old: NDArray[np.int64], new: NDArray[np.int64]) -> tuple[object, ...]:
    """Give a row of `DriftReport.columns`; half a delivery is added to every bin, so that an empty one is not infinitely far."""
    from scipy.special import gammaincinv

    before, after = ((each + 0.5) / (each.sum() + 0.5 * each.size) for each in (old, new))
    psi = float(((after - before) * np.log(after / before)).sum())
    held = int(((old > 0) | (new > 0)).sum())
    chance = float(2 * gammaincinv(max(held - 1, 1) / 2, 0.99) * (1 / max(old.sum(), 1) + 1 / max(new.sum(), 1)))
    most = int(np.abs(after - before).argmax())
    verdict = "steady" if psi <= max(SHIFTING, chance) else "shifting" if psi <= SHIFTED else "shifted"
    return name, psi, chance, verdict, bins[most], float(before[most]), float(after[most])


def _periods(
    model: ScoreModel, features: pl.DataFrame, p: Floats, outcomes: pl.DataFrame, as_of: date | datetime | str | None
) -> pl.DataFrame:
    """Compare wins with the sum of scores by month of delivery; variance as of independent deliveries."""
    known, won = known_outcomes(model, features, outcomes, as_of=as_of)
    frame = pl.DataFrame({"period": features[model.at].cast(pl.Date).dt.month_start(), "won": won, "p": p}).filter(pl.Series(known))
    return (
        frame.drop_nulls("period")
        .group_by("period")
        .agg(
            deliveries=pl.len().cast(pl.Int64),
            wins=pl.col("won").sum().cast(pl.Int64),
            expected=pl.col("p").sum(),
            rate=pl.col("won").mean(),
            mean_p=pl.col("p").mean(),
            z=(pl.col("won").sum() - pl.col("p").sum()) / (pl.col("p") * (1 - pl.col("p"))).sum().sqrt(),
        )
        .sort("period")
    )


def known_outcomes(
    model: ScoreModel, features: pl.DataFrame, outcomes: pl.DataFrame, *, as_of: date | datetime | str | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say of each delivery whether its outcome is known, and whether it reached the milestone within the horizon.

    Raises:
        DeliveryError: A column is missing.
        UsageError: `as_of` is missing though outcomes are dated.
    """
    if "is_reached" in outcomes.columns:
        one_each = outcomes.select(model.key, "is_reached").drop_nulls().unique(subset=model.key, keep="first", maintain_order=True)
        reached = features.select(model.key).join(one_each, on=model.key, how="left", maintain_order="left")["is_reached"]
        return reached.is_not_null().to_numpy(), reached.fill_null(value=False).to_numpy()
    if as_of is None or model.horizon_days is None:
        raise UsageError(where="as_of", seen="Outcomes have dates, and no day is given at which to look.", mend="Give the day as `as_of`.")
    last_day = read_moment(as_of).through
    lag = first_lags(features, outcomes, key=model.key, at=model.at, last_day=last_day)
    age = (last_day - date(1970, 1, 1)).days - day_numbers(as_instants(features[model.at])) + 1
    is_old = features[model.at].is_not_null().to_numpy() & (age >= model.horizon_days)
    return is_old, (lag >= 0) & (lag < model.horizon_days)


def _conclude(columns: pl.DataFrame, periods: pl.DataFrame) -> DriftReport:
    moved = columns.filter(pl.col("verdict") == "shifted").sort("psi", descending=True)
    # Of several months one is far off by chance; the bound grows with their number (Bonferroni, 1 in 100 over all).
    from scipy.special import ndtri

    bound = float(-ndtri(0.005 / max(periods.height, 1)))
    far = periods.filter(pl.col("z").abs() > bound)
    says = [
        f"{row['period']:%b %Y}: {row['wins']:,} wins where the scores foretold {row['expected']:.0f}, more than chance explains."
        for row in far.sort(pl.col("z").abs(), descending=True).head(3).iter_rows(named=True)
    ]
    says += [
        f"{row['column']}: {row['most']} went from {word_share(row['before'])} to {word_share(row['after'])} (PSI {row['psi']:.2f})."
        for row in moved.head(3).iter_rows(named=True)
    ]
    is_due = bool(far.height or moved.height)
    says.insert(
        0, "Fit the score again: things have moved since it was fitted." if is_due else "Nothing has moved by more than chance explains."
    )
    return DriftReport(columns, periods, is_refit_due=is_due, says=tuple(says))

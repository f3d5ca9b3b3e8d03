"""Scorecards: every check of every provider, criteria made of checks, and one figure made of criteria by the buyer's weights.

All figures come from draws of rates, never from ranks: a criterion is the weighted mean of its checks' draws, the whole the weighted mean
of its criteria's. What was not checked of a provider is drawn from what the others suggest. Methods: docs/providers.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import polars as pl

from payper.errors import UsageError
from payper.measurement.lags import Floats, LagPrior
from payper.measurement.providers.censored import LAG_DRAWS
from payper.measurement.providers.checks import CHECKS, Criterion
from payper.measurement.providers.places import LEVEL, PLACES, Marks, find_interval, find_places, list_flags, mark_alike
from payper.measurement.providers.rank import DRAWS, FEWEST, RANK_SCHEMA, check_arguments, estimate, tell_ranks
from payper.measurement.providers.wins import WINS_SCHEMA, DrawnWins, draw_provider_wins, tell_wins

WEIGHTINGS = 1000
"""Weightings drawn to tell how often each provider stays first when weights change."""

REPEATING = frozenset({Criterion.ACCEPTANCE.value})
"""Criteria without a weight unless the buyer gives one: acceptance says again what accuracy and relevance say."""

_Type = type[pl.DataType] | pl.DataType
CHECKS_SCHEMA: dict[str, _Type] = {
    "provider": pl.String,
    "criterion": pl.String,
    "check": pl.String,
    **{name: dtype for name, dtype in RANK_SCHEMA.items() if name not in {"provider", "flags"}},
    "based_on": pl.Int64,
    "deliveries": pl.Int64,
    "flags": pl.List(pl.String),
}
_VALUE: dict[str, _Type] = {"value": pl.Float64, "value_lo": pl.Float64, "value_hi": pl.Float64}
CRITERIA_SCHEMA: dict[str, _Type] = {
    "provider": pl.String,
    "criterion": pl.String,
    **_VALUE,
    "based_on": pl.Int64,
    "deliveries": pl.Int64,
    **PLACES,
    "flags": pl.List(pl.String),
}
OVERALL_SCHEMA: dict[str, _Type] = {
    "provider": pl.String,
    **_VALUE,
    **PLACES,
    "first_share": pl.Float64,
    "flags": pl.List(pl.String),
}

SCORECARD_FLAGS = {
    "NOTHING_CHECKED": "nothing was checked; the value is what the others suggest",
    "FEW_CHECKED": "fewer than 8 checked (or what `fewest` says) in a criterion that has a weight, so no rank",
    "ONE_PROVIDER": "nobody to compare with",
}
"""What each flag of criteria and the whole means."""


@dataclass(frozen=True)
class Weights:
    """What matters to the buyer; numbers are relative.

    Attributes:
        criteria: Weight per criterion; those not named count nothing. Empty: all criteria alike of which every provider was checked
            often enough, but for `REPEATING`.
        checks: Weight per check within its criterion; those not named weigh 1.
    """

    criteria: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    checks: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Scorecards:
    """What is known of providers.

    Attributes:
        checks: `CHECKS_SCHEMA`: as `rank`, one row per criterion, check and provider it was counted for, with `based_on` and
            `deliveries`.
        wins: As `rank_wins`; no rows without deliveries to go by.
        criteria: `CRITERIA_SCHEMA`: `value` between 0 and 1 for shares; for the outcome the rate of wins within the horizon.
        overall: `OVERALL_SCHEMA`: `value` is the weighted mean; `first_share` the share of 1,000 weightings drawn evenly over all
            possible ones (Dirichlet) in which the provider would be first.
        weights: Those used, per criterion, adding up to 1.
    """

    checks: pl.DataFrame
    wins: pl.DataFrame
    criteria: pl.DataFrame
    overall: pl.DataFrame
    weights: Mapping[str, float]


@dataclass(frozen=True)
class _Check:
    """One check of all providers, a row and a column of draws each, sorted by evidence."""

    rows: pl.DataFrame
    rate: Floats
    drawn: Floats

    @property
    def name(self) -> str:
        return str(self.rows["check"][0])

    @property
    def criterion(self) -> str:
        return str(self.rows["criterion"][0])


@dataclass(frozen=True)
class _Criterion:
    """Draws of one criterion for all providers, and the evidence behind them, a row per provider."""

    drawn: Floats
    evidence: Floats
    based_on: Marks
    deliveries: Marks


def make_scorecards(
    counts: pl.DataFrame,
    *,
    deliveries: pl.DataFrame | None = None,
    weights: Weights | None = None,
    horizon_days: float = 180,
    prior: LagPrior | None = None,
    level: float = LEVEL,
    fewest: int = FEWEST,
    draws: int = DRAWS,
    seed: int = 0,
) -> Scorecards:
    """Make the scorecards of all providers together.

    Args:
        counts: As `scorecard_counts` and `audit_counts` give them (segments are added up).
        deliveries: As in `rank_wins`; None: no outcome.
        weights: The buyer's; None: `Weights()`.
        horizon_days: Of the outcome.
        prior: Of lags, as in `rank_wins`.
        level: As in `rank`.
        fewest: As in `rank`; a provider is placed overall only if it has so many in every criterion with a weight.
        draws: As in `rank`.
        seed: As in `rank`.

    Raises:
        UsageError: A column is missing, counts cannot be, an argument is outside its range, a weight is below 0 or names nothing that
            was counted, or all weights are 0.
    """
    weights = weights or Weights()
    check_arguments("make_scorecards", level=level, fewest=fewest, draws=draws)
    _check_counts(counts)
    counts = counts.filter(pl.col("provider").is_not_null())
    added = counts.group_by("provider", "criterion", "check").agg(
        pl.col("good", "checked").sum(), pl.col("based_on", "deliveries").sum().cast(pl.Int64)
    )
    drawn_wins = None
    if deliveries is not None:
        drawn_wins = draw_provider_wins(deliveries, horizon_days=horizon_days, prior=prior, draws=draws, lag_draws=LAG_DRAWS, seed=seed)
    wins = tell_wins(drawn_wins, horizon_days=horizon_days, level=level, fewest=fewest) if drawn_wins else pl.DataFrame(schema=WINS_SCHEMA)
    providers = sorted({*added["provider"], *(drawn_wins.names if drawn_wins else [])})
    parts = _draw_checks(added, providers, draws=draws, seed=seed)
    found = _criteria(parts, drawn_wins, providers, weights.checks, draws=draws, seed=seed)
    used = _weigh(found, weights, fewest)
    return Scorecards(
        checks=_tell_checks(parts, level=level, fewest=fewest),
        wins=wins,
        criteria=_tell_criteria(found, providers, level=level, fewest=fewest),
        overall=_tell_overall(found, providers, used, level=level, fewest=fewest, seed=seed),
        weights=MappingProxyType(used),
    )


def _check_counts(counts: pl.DataFrame) -> None:
    needed = ("provider", "criterion", "check", "good", "checked", "based_on", "deliveries")
    missing = [name for name in needed if name not in counts.columns]
    seen = f"The frame has no column {', '.join(missing)}."
    if not missing:
        is_possible = (pl.col("good") >= 0) & (pl.col("good") <= pl.col("checked")) & pl.col("checked").cast(pl.Float64).is_finite()
        wrong = counts.filter(~is_possible.fill_null(value=False)).height
        seen = f"In {wrong} rows good or checked is missing or negative, or good is more than checked."
        if not wrong:
            return
    raise UsageError(where="make_scorecards, counts", seen=seen, mend="Give the counts of scorecard_counts or audit_counts.")


def _draw_checks(added: pl.DataFrame, providers: list[str], *, draws: int, seed: int) -> list[_Check]:
    """Draw every check, in the order of `Criterion` and `CHECKS`, then others by name."""
    criteria = {criterion.value: at for at, criterion in enumerate(Criterion)}
    places = {check.name: at for at, check in enumerate(CHECKS)}
    names = sorted(
        added.select("criterion", "check").unique().iter_rows(),
        key=lambda pair: (criteria.get(pair[0], len(criteria)), pair[0], places.get(pair[1], len(places)), pair[1]),
    )
    found = []
    for at, (criterion, check) in enumerate(names):
        own = added.filter((pl.col("criterion") == criterion) & (pl.col("check") == check)).with_columns(is_counted=True)
        rows = pl.DataFrame({"provider": providers}, schema={"provider": pl.String}).join(own, on="provider", how="left")
        rows = rows.with_columns(
            pl.lit(criterion).alias("criterion"),
            pl.lit(check).alias("check"),
            pl.col("good", "checked", "based_on", "deliveries").fill_null(0),
        ).sort("good", "checked", "provider")
        found.append(_Check(rows, *estimate(rows, draws=draws, seed=[seed, at])))
    return found


def _tell_checks(checks: list[_Check], *, level: float, fewest: int) -> pl.DataFrame:
    """Sum every check up, of the providers that it was counted for."""
    told = [pl.DataFrame(schema=CHECKS_SCHEMA)]
    for each in checks:
        is_counted = each.rows["is_counted"].fill_null(value=False).to_numpy()
        part = each.rows.filter(is_counted)
        table = tell_ranks(part, each.rate[is_counted], each.drawn[:, is_counted], level=level, fewest=fewest)
        told.append(
            table.select(pl.col(name).cast(dtype) for name, dtype in CHECKS_SCHEMA.items()).sort("rank", "provider", nulls_last=True)
        )
    return pl.concat(told)


def _criteria(
    checks: list[_Check], wins: DrawnWins | None, providers: list[str], weights: Mapping[str, float], *, draws: int, seed: int
) -> dict[str, _Criterion]:
    """Weigh the checks of every criterion together, and add the outcome."""
    known = {each.name for each in checks}
    _refuse(f"check {name!r}" for name, weight in weights.items() if name not in known or not weight >= 0)
    found = {}
    for criterion in dict.fromkeys(each.criterion for each in checks):
        parts = [each for each in checks if each.criterion == criterion]
        shares = np.array([weights.get(each.name, 1.0) for each in parts])
        # Where all checks of a criterion weigh nothing, the criterion is shown as if they weighed alike.
        shares = shares / shares.sum() if shares.sum() > 0 else np.full(shares.size, 1 / shares.size)
        drawn = np.zeros((draws, len(providers)))
        evidence = []
        for share, each in zip(shares, parts, strict=True):
            order = np.argsort(each.rows["provider"].to_numpy())
            drawn += share * each.drawn[:, order]
            evidence.append(each.rows.select("good", "checked", "based_on", "deliveries").to_numpy()[order].astype(np.float64))
        counted = np.stack(evidence)
        found[criterion] = _Criterion(
            drawn,
            np.column_stack([each[:, :2] for each in evidence]),
            counted[:, :, 2].max(axis=0).astype(np.int64),
            counted[:, :, 3].max(axis=0).astype(np.int64),
        )
    if wins and wins.names:
        found[Criterion.OUTCOME.value] = _outcome(wins, providers, draws=draws, seed=seed)
    return found


def _outcome(wins: DrawnWins, providers: list[str], *, draws: int, seed: int) -> _Criterion:
    """Give the rates of wins within the horizon; a provider without deliveries to go by gets anybody's."""
    rng = np.random.default_rng([seed, WEIGHTINGS, 1])
    at = {name: index for index, name in enumerate(wins.names)}
    within, rows = wins.draws.within, np.arange(draws)
    drawn = np.column_stack([within[:, at[name]] if name in at else within[rows, rng.integers(0, len(at), draws)] for name in providers])
    ages = wins.evidence.open.shape[1]
    evidence = np.array(
        [[wins.evidence.wins[at[name]], *wins.evidence.open[at[name]]] if name in at else [0] * (ages + 1) for name in providers]
    )
    totals = np.array([int(wins.evidence.everyone[at[name]].sum()) if name in at else 0 for name in providers])
    return _Criterion(drawn, evidence, totals, totals)


def _weigh(found: Mapping[str, _Criterion], weights: Weights, fewest: int) -> dict[str, float]:
    """Give the weights to use, adding up to 1; none if there is nothing to weigh."""
    _refuse(f"criterion {name!r}" for name, weight in weights.criteria.items() if name not in found or not weight >= 0)
    given = dict(weights.criteria)
    if not given:
        enough = [name for name, each in found.items() if (each.based_on >= fewest).all()]
        given = dict.fromkeys([name for name in enough if name not in REPEATING] or enough, 1.0)
    total = sum(given.values())
    if weights.criteria and not total > 0:
        raise UsageError(where="make_scorecards, weights", seen="All weights are 0.", mend="Give at least one criterion a weight above 0.")
    return {name: weight / total for name, weight in given.items() if weight > 0}


def _refuse(wrong: Iterable[str]) -> None:
    names = list(wrong)
    if names:
        raise UsageError(
            where="make_scorecards, weights",
            seen=f"The weight of {', '.join(names)} is below 0, or nothing of this name was counted.",
            mend="Give weights from 0 on, by the names in the counts.",
        )


def _tell_criteria(found: Mapping[str, _Criterion], providers: list[str], *, level: float, fewest: int) -> pl.DataFrame:
    """Sum every criterion up."""
    parts = [pl.DataFrame(schema=CRITERIA_SCHEMA)]
    for name, each in found.items():
        alike = mark_alike(each.evidence)
        ranked = each.based_on >= fewest
        flags = [
            list_flags(NOTHING_CHECKED=count == 0, FEW_CHECKED=0 < count < fewest, ONE_PROVIDER=len(providers) == 1)
            for count in each.based_on.tolist()
        ]
        told = _values(each.drawn, alike, providers, level).with_columns(
            criterion=pl.lit(name),
            based_on=pl.Series(each.based_on),
            deliveries=pl.Series(each.deliveries),
            flags=pl.Series(flags, dtype=pl.List(pl.String)),
        )
        told = told.hstack(find_places(each.drawn, alike, ranked=ranked, level=level))
        parts.append(
            told.select(pl.col(each).cast(dtype) for each, dtype in CRITERIA_SCHEMA.items()).sort("rank", "provider", nulls_last=True)
        )
    return pl.concat(parts)


def _values(drawn: Floats, alike: Marks, providers: list[str], level: float) -> pl.DataFrame:
    """Give mean and interval per provider."""
    low, high = find_interval(drawn, alike, level=level)
    mean = np.array([drawn[:, alike == mark].mean() for mark in alike])
    return pl.DataFrame({"provider": providers, "value": mean, "value_lo": np.minimum(low, mean), "value_hi": np.maximum(high, mean)})


def _tell_overall(
    found: Mapping[str, _Criterion], providers: list[str], weights: Mapping[str, float], *, level: float, fewest: int, seed: int
) -> pl.DataFrame:
    """Weigh the criteria together."""
    if not weights or not providers:
        return pl.DataFrame(schema=OVERALL_SCHEMA)
    useful = np.stack([_utility(name, found[name]) for name in weights])
    drawn = np.tensordot(np.array(list(weights.values())), useful, axes=1)
    alike = mark_alike(np.column_stack([found[name].evidence for name in weights]))
    least = np.min([found[name].based_on for name in weights], axis=0)
    ranked = least >= fewest
    means = np.array([useful[:, :, alike == mark].mean(axis=(1, 2)) for mark in alike]).T
    flags = [list_flags(FEW_CHECKED=not is_ranked, ONE_PROVIDER=len(providers) == 1) for is_ranked in ranked.tolist()]
    told = _values(drawn, alike, providers, level).with_columns(
        first_share=pl.Series(_first_shares(means, ranked, seed)).fill_nan(None), flags=pl.Series(flags, dtype=pl.List(pl.String))
    )
    told = told.hstack(find_places(drawn, alike, ranked=ranked, level=level))
    return told.select(pl.col(name).cast(dtype) for name, dtype in OVERALL_SCHEMA.items()).sort("rank", "provider", nulls_last=True)


def _utility(name: str, criterion: _Criterion) -> Floats:
    """Give what a criterion is worth: shares as they are; win rates so that the mean rate of all is worth one half.

    Win rates lie between 0 and a tenth or so; beside shares of .8 to 1 they would hardly count for anything.
    """
    if name != Criterion.OUTCOME.value:
        return criterion.drawn
    total = criterion.based_on.sum()
    mean = criterion.drawn.mean(axis=0) @ criterion.based_on / total if total else criterion.drawn.mean()
    return np.asarray(criterion.drawn / (2 * mean), dtype=np.float64)


def _first_shares(means: Floats, ranked: np.ndarray, seed: int) -> Floats:
    """Give the share of weightings in which each provider is first, NaN for those not ranked; means has a row per criterion."""
    shares = np.full(ranked.size, np.nan)
    if ranked.any():
        weightings = np.random.default_rng([seed, WEIGHTINGS]).dirichlet(np.ones(means.shape[0]), WEIGHTINGS)
        values = weightings @ means[:, ranked]
        is_first = values >= values.max(axis=1, keepdims=True) - 1e-12
        shares[ranked] = (is_first / is_first.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares

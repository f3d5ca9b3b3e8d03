"""Rank providers by a rate, with what small samples allow to say.

Methods, sources and acceptance figures: docs/providers.md. Exact columns and examples: docs/reference/rank.md.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from payper.errors import UsageError
from payper.measurement.providers.places import LEVEL, PLACES, find_interval, find_places, list_flags, mark_alike
from payper.measurement.providers.posterior import Floats, integrate

FEWEST = 8
"""Nobody is ranked on fewer checked deliveries."""
DRAWS = 4000

FLAGS = {
    "COUNTS_IMPOSSIBLE": "good or checked is missing, negative, not finite, or good is more than checked; the row counts for nobody",
    "PROVIDER_MISSING": "the row names no provider; it counts for nobody",
    "NOTHING_CHECKED": "nothing was checked, so there is nothing to say yet",
    "FEW_CHECKED": "fewer than 8 checked (or what `fewest` says): a rate with its interval, but no rank",
    "ROWS_ADDED_UP": "the provider stood on several rows; they were added up",
    "ONE_PROVIDER": "nobody to compare with",
}
"""What each flag of `rank` means, in words for a report."""

RANK_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "provider": pl.String,
    "good": pl.Float64,
    "checked": pl.Float64,
    "rate": pl.Float64,
    "rate_lo": pl.Float64,
    "rate_hi": pl.Float64,
    **PLACES,
    "flags": pl.List(pl.String),
}


def rank(counts: pl.DataFrame, *, level: float = LEVEL, fewest: int = FEWEST, draws: int = DRAWS, seed: int = 0) -> pl.DataFrame:
    """Estimate the rate of every provider together with the others, and rank them.

    Args:
        counts: `provider` (anything that reads as text), `good` and `checked` (numbers, 0 <= good <= checked; fractions are allowed, so
            that weighted audits fit). Optional `criterion` or `check` (or both): each of their values is ranked by itself. Rows of one
            provider are added up.
        level: Of intervals, between .5 and 1, and how sure "can be told apart" is.
        fewest: Providers with fewer checked get no rank.
        draws: Posterior draws behind intervals and ranks.
        seed: Of the draws. The same counts and seed give the same result, in any order of rows.

    Returns:
        One row per provider (per criterion), sorted by criterion, rank, then name; unranked ones last: the `criterion` and `check`
        columns if given; `provider` (String), `good`, `checked` (as given if integers, else Float64), `rate` (posterior mean; smaller
        samples are drawn nearer to the others), `rate_lo`, `rate_hi`, `expected_rank` (1 is best), `rank` (equal evidence shares a
        rank), `rank_lo`, `rank_hi`, `p_first`, `p_top3` (share of draws; no test of significance), `group` (1 is best; members cannot be
        told apart from the best placed of their group), `flags` (list of codes of `FLAGS`, empty if none). Null: not known; never NaN.

    Raises:
        UsageError: A column is missing or no number, or an argument is outside its range.

    Source: as in `posterior` and `places`; docs/providers.md.
    """
    by: list[str] = [name for name in ("criterion", "check") if name in counts.columns]
    frame, bad = _read(counts, by)
    check_arguments("rank", level=level, fewest=fewest, draws=draws)
    whole = all(counts.schema[name].is_integer() for name in ("good", "checked"))
    added = frame.group_by([*by, "provider"]).agg(pl.col("good", "checked").sum(), rows=pl.len()) if frame.height else frame
    parts = []
    for part in added.partition_by(by) if by else [added] if added.height else []:
        ordered = part.sort("good", "checked", "provider")
        parts.append(tell_ranks(ordered, *estimate(ordered, draws=draws, seed=seed), level=level, fewest=fewest).drop("rows"))
    wanted = pl.DataFrame(schema={**{name: counts.schema[name] for name in by}, **RANK_SCHEMA})
    ranked = pl.concat([wanted, *parts, bad], how="diagonal_relaxed").select(wanted.columns)
    counted = pl.Int64 if whole else pl.Float64
    return ranked.with_columns(pl.col("good", "checked").cast(counted)).sort([*by, "rank", "provider"], nulls_last=True)


def check_arguments(where: str, *, level: float, fewest: int, draws: int) -> None:
    """Refuse arguments outside their range."""
    for name, value, is_fine, wanted in (
        ("level", level, 0.5 < level < 1, "a number between 0.5 and 1, such as 0.95"),
        ("fewest", fewest, fewest >= 1, "a whole number from 1 on; 8 is usual"),
        ("draws", draws, draws >= 100, "a whole number from 100 on; 4000 is usual"),
    ):
        if not is_fine:
            raise UsageError(where=f"{where}, argument `{name}`", seen=f"{value} is outside its range.", mend=f"Give {wanted}.")


def _read(counts: pl.DataFrame, by: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the rows that count from those that cannot, which keep their place with a flag and nulls."""
    missing = [name for name in ("provider", "good", "checked") if name not in counts.columns]
    if missing:
        raise UsageError(
            where="rank, counts",
            seen=f"The frame has no column {', '.join(missing)}.",
            mend="Give the columns provider, good and checked; docs/reference/rank.md has an example.",
        )
    for name in ("good", "checked"):
        dtype = counts.schema[name]
        if not (dtype.is_numeric() or dtype == pl.Null):
            raise UsageError(where=f"rank, column `{name}`", seen=f"It holds {dtype}, no numbers.", mend="Cast it to integers first.")
    good, checked = pl.col("good"), pl.col("checked")
    frame = counts.select(
        *by,
        pl.col("provider").cast(pl.String),
        *(pl.col(name).cast(pl.Float64).fill_nan(None) for name in ("good", "checked")),
    )
    possible = good.is_finite() & checked.is_finite() & (good >= 0) & (good <= checked)
    fault = (
        pl.when(pl.col("provider").is_null())
        .then(pl.lit("PROVIDER_MISSING"))
        .when(~possible.fill_null(value=False))
        .then(pl.lit("COUNTS_IMPOSSIBLE"))
    )
    frame = frame.with_columns(fault=fault)
    bad = frame.filter(pl.col("fault").is_not_null()).with_columns(flags=pl.concat_list("fault")).drop("fault")
    finite = (pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in ("good", "checked"))
    return frame.filter(pl.col("fault").is_null()).drop("fault"), bad.with_columns(*finite)


def estimate(part: pl.DataFrame, *, draws: int, seed: int | list[int]) -> tuple[Floats, Floats]:
    """Estimate the rates of one check together.

    Args:
        part: `good` and `checked` per provider, sorted by them, so that names and order of rows do not matter.
        draws: Posterior draws.
        seed: Of the draws.

    Returns:
        Posterior means, and draws of shape (draws, providers). Who was not checked gets what the others suggest.
    """
    good, checked = part["good"].cast(pl.Float64).to_numpy(), part["checked"].cast(pl.Float64).to_numpy()
    posterior = integrate(good, checked)
    return posterior.rates(good, checked), posterior.draws(good, checked, count=draws, seed=seed)


def tell_ranks(part: pl.DataFrame, rate: Floats, drawn: Floats, *, level: float, fewest: int) -> pl.DataFrame:
    """Add estimates, places and flags to the providers of one check, a row per column of `drawn`; `rows` (if there) were added up."""
    checked = part["checked"].cast(pl.Float64).to_numpy()
    alike = mark_alike(part.select(pl.col("good", "checked").cast(pl.Float64)).to_numpy())
    low, high = find_interval(drawn, alike, level=level)
    estimates = {"rate": rate, "rate_lo": np.minimum(low, rate), "rate_hi": np.maximum(high, rate)}
    ranked = checked >= fewest
    rows_added = part["rows"] if "rows" in part.columns else [1] * part.height
    flags = [
        list_flags(
            NOTHING_CHECKED=count == 0, FEW_CHECKED=count > 0 and not is_ranked, ROWS_ADDED_UP=rows > 1, ONE_PROVIDER=part.height == 1
        )
        for count, rows, is_ranked in zip(checked.tolist(), rows_added, ranked.tolist(), strict=True)
    ]
    told = part.with_columns(
        *(pl.Series(name, values) for name, values in estimates.items()), pl.Series("flags", flags, pl.List(pl.String))
    )
    told = told.with_columns(pl.when(pl.col("checked") > 0).then(pl.col(list(estimates))))
    return told.hstack(find_places(drawn, alike, ranked=ranked, level=level))

"""Share wins and their value among the touches of companies that had several, in four views.

Methods, sources and acceptance figures: docs/attribution.md. Exact columns and examples: docs/reference/attribute.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from payper.errors import UsageError
from payper.measurement.attribution.markov import count_moves, draw_shares, removal_shares
from payper.measurement.attribution.paths import Paths, read_paths
from payper.measurement.attribution.shapley import TouchSets, credit, plan
from payper.measurement.lags import Floats

ANYWAY = "would have happened anyway"
VIEWS = ("first touch", "last touch", "markov", "incremental")

ATTRIBUTE_FLAGS = {
    "ROWS_LEFT_OUT": "rows that cannot be read are in no view; `read_paths(paths).faults` lists them",
    "CONVERTED_READ_AS_FLAG": "converted holds only 0 and 1 beside counts above 1: read as whether all companies of the row converted",
    "VALUE_MISSING": "wins without a value count 0 in the value columns",
    "VALUE_IGNORED": "value of rows without a win is not counted",
    "NO_BASELINE": "no untouched companies: nothing is known of what would have happened anyway, so the incremental view is an upper bound",
    "SET_SMALL": "a touch stands mostly on sets with fewer than 30 companies",
}
"""What each flag of `attribute` means."""

ATTRIBUTE_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "view": pl.String,
    "touch": pl.String,
    "companies": pl.Float64,
    "wins": pl.Float64,
    "wins_lo": pl.Float64,
    "wins_hi": pl.Float64,
    "wins_share": pl.Float64,
    "value": pl.Float64,
    "value_lo": pl.Float64,
    "value_hi": pl.Float64,
    "e_value": pl.Float64,
    "e_value_lo": pl.Float64,
    "look_back_days": pl.Float64,
    "flags": pl.List(pl.String),
}


@dataclass(frozen=True, slots=True)
class _Shares:
    """One view: wins and value per channel and, last, untouched, with draws (draws, channels + 1)."""

    wins: Floats
    value: Floats
    wins_drawn: Floats
    value_drawn: Floats


def attribute(
    paths: pl.DataFrame,
    *,
    stratum: str | None = None,
    look_back_days: float | None = None,
    converted_is: str = "auto",
    separator: str | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pl.DataFrame:
    """Give the credit of every touch by first touch, last touch, Markov removal effect and incremental Shapley.

    Args:
        paths: One row per company or per group of alike companies. `touches`: list of names, or text such as "lead > appointment" (also
            `->`, `→`, `;`, `|`, `,`); empty or null is an untouched company, the baseline. `converted`: true and false, or 0 and 1: all
            companies of the row won, or none; any other numbers: how many of `count` won. `value`: revenue of all the row's wins together
            (a total, not per win). `count`: companies (1 if there is no such column). Optional `value_squares` (sum of squared win
            amounts, for exact value intervals) and `days_before` (a list as long as touches: days from each touch to the outcome).
        stratum: A column known before the first touch, such as an intent or fit score: a number with more than 6 values is cut into
            fifths. Credit is found within each stratum and added up, so that touches aimed at good companies are not credited for it.
        look_back_days: Printed in the result; with `days_before`, older touches are dropped.
        converted_is: "flag" or "number" instead of telling by the values ("auto").
        separator: The exact text between touches, if names hold one of the usual separators.
        level: Of intervals.
        draws: Posterior draws behind them.
        seed: Of the draws.

    Returns:
        Per view of `VIEWS` one row per touch, by name, and the row "would have happened anyway", as `ATTRIBUTE_SCHEMA`: `companies` that
        had the touch; `wins` and `value` add up to all wins and value in every view; `_lo`, `_hi` intervals; `wins_share` of all wins;
        `e_value`, `e_value_lo` (incremental view only: how strongly something unseen would have to go with both the touch and winning,
        as a risk ratio, to explain the credit, and its lower bound, away; 1: nothing needed); `look_back_days`; `flags` (codes of
        `ATTRIBUTE_FLAGS`). Null: not known or not applicable; never NaN. An empty frame gives an empty one.

    Raises:
        UsageError: A column is missing, or an argument is outside its range.
    """
    _check(level, draws)
    read = read_paths(paths, converted_is=converted_is, separator=separator, stratum=stratum, look_back_days=look_back_days)
    if not read.rows.height:
        return pl.DataFrame(schema=ATTRIBUTE_SCHEMA)
    channels = sorted(read.rows["touches"].explode(empty_as_null=False).unique().to_list())
    rng = np.random.default_rng(seed)
    had = _had(read.rows, channels)
    parts = []
    for view, shares in zip(VIEWS, _views(read.rows, channels, draws=draws, rng=rng), strict=True):
        parts.append(_table(view, channels, shares, had, level))
    flags = [*read.notes, *([] if (read.rows["touches"].list.len() == 0).any() else ["NO_BASELINE"])]
    out = pl.concat(parts).with_columns(
        look_back_days=pl.lit(look_back_days, dtype=pl.Float64),
        flags=pl.concat_list(pl.lit(flags, dtype=pl.List(pl.String)), _small(read, channels)),
        has_value=pl.lit("value" in paths.columns),
    )
    known = (pl.when("has_value").then(pl.col(name)).alias(name) for name in ("value", "value_lo", "value_hi"))
    if "NO_BASELINE" in flags:
        bounds = pl.col("wins_lo", "wins_hi", "value_lo", "value_hi")
        out = out.with_columns(pl.when(pl.col("touch") != ANYWAY).then(bounds))
    return out.with_columns(known).select(pl.col(name).cast(dtype) for name, dtype in ATTRIBUTE_SCHEMA.items())


def _check(level: float, draws: int) -> None:
    if not 0.5 < level < 1 or draws < 100:
        seen = f"level {level} or draws {draws} is outside its range."
        raise UsageError(where="attribute", seen=seen, mend="Give 0.5 < level < 1, draws from 100.")


def _views(rows: pl.DataFrame, channels: list[str], *, draws: int, rng: np.random.Generator) -> Iterator[_Shares]:
    """Give the four views in the order of `VIEWS`."""
    totals = rows.select(pl.col("wins", "value", "squares").sum()).row(0)
    spread = max(totals[2] * totals[0] / totals[1] ** 2 - 1, 0.0) if totals[1] > 0 else 0.0
    touched = rows.filter(pl.col("touches").list.len() > 0)
    untouched = rows.filter(pl.col("touches").list.len() == 0).select(pl.col("wins", "value").sum()).row(0)
    mean_value = totals[1] / totals[0] if totals[0] > 0 else 0.0
    for end in (pl.col("touches").list.first(), pl.col("touches").list.last()):
        sums = touched.group_by(end.alias("touch")).agg(pl.col("wins", "value").sum())
        by = {name: (wins, value) for name, wins, value in sums.iter_rows()}
        pairs = np.array([*(by.get(name, (0.0, 0.0)) for name in channels), untouched])
        wins, value = pairs[:, 0], pairs[:, 1]
        drawn = rng.gamma(wins + 0.5, size=(draws, wins.size))
        yield _Shares(wins, value, drawn, drawn * _amounts(wins, value, mean_value, spread, draws, rng))
    yield _markov(touched, channels, untouched, mean_value=mean_value, spread=spread, draws=draws, rng=rng)
    yield _incremental(rows, channels, mean_value=mean_value, spread=spread, draws=draws, rng=rng)


def _amounts(wins: Floats, value: Floats, mean_value: float, spread: float, draws: int, rng: np.random.Generator) -> Floats:
    """Draw mean win amounts, one believed win of the programme's mean added to each; shape (draws, *wins.shape)."""
    mean = (value + mean_value) / (wins + 1)
    if spread <= 0:
        return np.broadcast_to(mean, (draws, *wins.shape))
    shape = (wins + 1) / spread
    return np.asarray(rng.gamma(shape, mean / shape, size=(draws, *wins.shape)), dtype=np.float64)


def _markov(
    touched: pl.DataFrame,
    channels: list[str],
    untouched: tuple[float, float],
    *,
    mean_value: float,
    spread: float,
    draws: int,
    rng: np.random.Generator,
) -> _Shares:
    """Share the touched wins by removal effects; untouched wins would have happened anyway."""
    if not channels:
        ends = np.array([untouched])
        drawn = rng.gamma(ends[:, 0] + 0.5, size=(draws, 1))
        return _Shares(ends[:, 0], ends[:, 1], drawn, drawn * _amounts(ends[:, 0], ends[:, 1], mean_value, spread, draws, rng))
    moves = count_moves(touched, channels)
    wins, value = float(moves.won.sum()), float(moves.won_value.sum())
    worth = np.where(moves.won > 0, moves.won_value / np.where(moves.won > 0, moves.won, 1.0), 0.0)
    one = np.ones_like(worth)
    counts = (moves.start, moves.between, moves.won, moves.lost)
    by_wins = removal_shares(*counts, one)
    by_value = removal_shares(*counts, worth if value > 0 else one)
    count = min(draws, max(100, 2_000_000 // max(len(channels) ** 2, 1)))
    both = draw_shares(moves, one, count=count, rng=rng), draw_shares(moves, worth if value > 0 else one, count=count, rng=rng)
    all_wins = np.array([wins, untouched[0]])
    drawn_wins = rng.gamma(all_wins + 0.5, size=(count, 2))
    drawn_value = drawn_wins * _amounts(all_wins, np.array([value, untouched[1]]), mean_value, spread, count, rng)
    return _Shares(
        np.append(by_wins * wins, untouched[0]),
        np.append(by_value * value, untouched[1]),
        np.column_stack([both[0] * drawn_wins[:, :1], drawn_wins[:, 1]]),
        np.column_stack([both[1] * drawn_value[:, :1], drawn_value[:, 1]]),
    )


def _incremental(
    rows: pl.DataFrame, channels: list[str], *, mean_value: float, spread: float, draws: int, rng: np.random.Generator
) -> _Shares:
    """Share by incremental Shapley within strata."""
    sets, wins, value = gather_sets(rows, channels)
    companies = sets.companies
    inside = plan(sets)
    seen = companies > 0
    safe = np.where(seen, companies, 1.0)

    def once(totals: Floats) -> Floats:
        return np.asarray(credit(sets, np.where(seen, totals / safe, np.nan)[None], inside)[0], dtype=np.float64)

    # One believed company of each stratum's mean rate stands behind every set, so that many small sets do not lift the whole.
    rate = (wins.sum(axis=1) + 0.5) / (companies.sum(axis=1) + 1)
    count = int(min(draws, max(100, 40_000_000 // max(companies.size, 1))))
    first, second = wins + rate[:, None], companies - wins + (1 - rate)[:, None]
    drawn = np.where(seen, rng.beta(first, np.maximum(second, 1e-9), size=(count, *companies.shape)), np.nan)
    amounts = _amounts(wins, value, mean_value, spread, count, rng)
    return _Shares(once(wins), once(value), credit(sets, drawn, inside), credit(sets, drawn * amounts, inside))


def gather_sets(rows: pl.DataFrame, channels: list[str]) -> tuple[TouchSets, Floats, Floats]:
    """Give the touch sets with companies, and wins and value per stratum and set; `rows` as `Paths.rows`."""
    distinct = (
        rows.with_columns(touches=pl.col("touches").list.unique().list.sort())
        .group_by("touches", "stratum")
        .agg(pl.col("companies", "wins", "value").sum())
    )
    keys = distinct.select("touches").unique().with_columns(size=pl.col("touches").list.len()).sort("size", "touches").with_row_index("at")
    strata = distinct.select("stratum").unique().sort("stratum").with_row_index("row")
    cells = distinct.join(keys, on="touches").join(strata, on="stratum")
    number = {name: at for at, name in enumerate(channels)}
    has = np.zeros((keys.height, len(channels)), dtype=np.bool_)
    members = keys.select("at", "touches").filter(pl.col("touches").list.len() > 0).explode("touches")
    if members.height:
        has[members["at"], members["touches"].replace_strict(number, return_dtype=pl.Int64)] = True
    filled = []
    for name in ("companies", "wins", "value"):
        table = np.zeros((strata.height, keys.height))
        table[cells["row"], cells["at"]] = cells[name]
        filled.append(table)
    return TouchSets(has, filled[0]), filled[1], filled[2]


def _had(rows: pl.DataFrame, channels: list[str]) -> Floats:
    """Give companies and wins of companies that had each channel, and all, shape (2, channels + 1)."""
    each = rows.select("companies", "wins", pl.col("touches").list.unique()).filter(pl.col("touches").list.len() > 0).explode("touches")
    sums = {
        name: (companies, wins) for name, companies, wins in each.group_by("touches").agg(pl.col("companies", "wins").sum()).iter_rows()
    }
    return np.array([*(sums[name] for name in channels), rows.select(pl.col("companies", "wins").sum()).row(0)], dtype=np.float64).T


def _table(view: str, channels: list[str], shares: _Shares, had: Floats, level: float) -> pl.DataFrame:
    """Make the rows of one view."""
    tails = [(1 - level) / 2, (1 + level) / 2]
    columns: dict[str, object] = {
        "view": [view] * (len(channels) + 1),
        "touch": [*channels, ANYWAY],
        "companies": had[0],
        "wins": shares.wins,
    }
    for name, points, drawn in (("wins", shares.wins, shares.wins_drawn), ("value", shares.value, shares.value_drawn)):
        low, high = np.quantile(drawn, tails, axis=0)
        columns |= {name: points, f"{name}_lo": np.minimum(low, points), f"{name}_hi": np.maximum(high, points)}
    total = shares.wins.sum()
    columns["wins_share"] = shares.wins / total if total > 0 else [None] * shares.wins.size
    strength: list[float | None] = [None] * (len(channels) + 1)
    weakest = list(strength)
    if view == "incremental":
        for at in range(len(channels)):
            strength[at] = e_value(float(had[1, at]), float(shares.wins[at]))
            weakest[at] = e_value(float(had[1, at]), max(float(np.asarray(columns["wins_lo"])[at]), 0.0)) if shares.wins[at] > 0 else None
    columns |= {"e_value": strength, "e_value_lo": weakest}
    return pl.DataFrame(columns, schema_overrides={"e_value": pl.Float64, "e_value_lo": pl.Float64, "wins_share": pl.Float64})


def e_value(wins: float, credited: float) -> float | None:
    """Give the E-value of a touch whose companies had `wins`, of which `credited` are put down to it.

    The risk ratio is wins / (wins - credited), or its inverse where the touch took wins away; E = RR + sqrt(RR (RR - 1)). Null where all
    wins are credited, as no unseen cause could then be strong enough, or there are none.

    Source: VanderWeele and Ding 2017, Ann. Intern. Med. 167:268-274.
    """
    without = wins - credited
    if wins <= 0 or without <= 1e-12:
        return None
    ratio = wins / without
    ratio = max(ratio, 1 / ratio)
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def _small(read: Paths, channels: list[str]) -> pl.Expr:
    """Flag touches of which more than half of the companies stand in sets with fewer than 30."""
    named = read.rows.select(pl.col("touches").list.unique().list.sort(), "companies").group_by("touches").agg(pl.col("companies").sum())
    each = named.filter(pl.col("touches").list.len() > 0).with_columns(size=pl.col("companies")).explode("touches")
    small = each.group_by("touches").agg(share=pl.col("companies").filter(pl.col("size") < 30).sum() / pl.col("companies").sum())
    names = small.filter(pl.col("share") > 0.5)["touches"].to_list()
    assert set(names) <= set(channels), "every touch is a channel"
    flagged = pl.col("touch").is_in(names) & (pl.col("view") == "incremental")
    return pl.when(flagged).then(pl.lit(["SET_SMALL"], dtype=pl.List(pl.String))).otherwise(pl.lit([], dtype=pl.List(pl.String)))

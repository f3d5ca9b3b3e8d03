"""Leaks: columns that already know what a score is to foretell.

A column filled in after delivery makes a score look splendid on old deliveries and useless on the next one. A stamp says it for sure;
names and figures raise suspicion. What is refused is left out, with the reason, and can be let in again by naming it as trusted; a
column stamped after delivery cannot.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from payper.errors import UsageError
from payper.measurement.scoring.assessment import rank_auc
from payper.measurement.scoring.encoding import read_numbers, read_texts

Floats = NDArray[np.float64]

LATE_SHARE_MAX = 0.005
"""Up to this share of values known only after delivery count as slips of the clock: they are taken as missing. Above, the column goes."""
NAMED_AUC_MIN = 0.60
"""A column with a suspicious name is refused if it alone orders deliveries so well; below, there is little to leak."""
ALONE_AUC_REFUSED = 0.90
ALONE_AUC_FLAGGED = 0.80
"""Whatever its name, one column alone that orders deliveries so well is refused, or flagged: nothing known at delivery is that sure."""
FILLED_AUC_FLAGGED = 0.65
"""A column is flagged when whether it is filled in at all orders deliveries so well."""
FILLED_RISE_FLAGGED = 0.15
"""A column is flagged when the oldest quarter of deliveries has it filled in more often than the newest by so much: time filled it."""

_AFTER = re.compile(
    r"tags?|status|stage|outcome|results?|disposition|closed?|won|win|lost|lose|convert(ed)?|conversion|activity|notable|respon(se|ded)"
    r"|repl(y|ied)|feedback|quality|profile|asymmetrique|score|grade|index|notes?|remarks?|comments?|duration|talk|opportunit(y|ies)"
    r"|deals?|invoiced?|paid|payment|booked|held|attended|show|noshow|churn(ed)?|signed|contacted|qualified|disqualified|unqualified"
    r"|accepted|rejected|verdict|returned|disputed?|credited"
)
"""Words in a column's name that tell of what happens after delivery."""
_BEFORE = re.compile(r"previous|prior|past|earlier|history|before|requested|asked|funding")
"""Words that put the same things before it."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What is wrong with a column.

    Attributes:
        column: Its name.
        verdict: `refused` (left out: it leaks or most likely does), `flagged` (kept: look at it), `unusable` (left out: it cannot tell
            deliveries apart).
        reason: Why, as a sentence.
    """

    column: str
    verdict: Literal["refused", "flagged", "unusable"]
    reason: str


def apply_stamps(
    features: pl.DataFrame, *, at: str, known_at: Mapping[str, str | date | datetime], trusted: Collection[str] = ()
) -> tuple[pl.DataFrame, list[Suspicion]]:
    """Take out what was known only after delivery, by stamp.

    Args:
        features: One row per delivery.
        at: Column of instants by which everything must be known (UTC).
        known_at: By column, the column that says when its values were known (a stamp that is null counts as after), or the one date or
            instant when all were. A date is known from its first moment on.
        trusted: Columns of dates that may lie after `at`, such as the time agreed for a meeting.

    Returns:
        The frame without the refused columns and without the columns of stamps, values known too late set to null; and what was found.
        Columns of dates are their own stamps, and become numbers (`count_back`).

    Raises:
        UsageError: `known_at` names a column that is not there.
    """
    found: list[Suspicion] = []
    refused: set[str] = set()
    for name, stamp in known_at.items():
        absent = [each for each in (name, stamp) if isinstance(each, str) and each not in features.columns]
        if absent:
            raise UsageError(where="known_at", seen=f"`{absent[0]}` is no column of the features.", mend="Name columns that are there.")
        is_late = _is_after(features, at, stamp) & features[name].is_not_null()
        features, suspicion = _judge_stamp(features, name, is_late, "was known only after delivery")
        if suspicion:
            found.append(suspicion)
            refused.add(name)
    stamps = {stamp for stamp in known_at.values() if isinstance(stamp, str)}
    for name in features.columns:
        if (
            name == at
            or name in stamps
            or name in refused
            or name in trusted
            or not isinstance(features[name].dtype, pl.Date | pl.Datetime)
        ):
            continue
        is_late = _is_after(features, at, name) & features[name].is_not_null()
        features, suspicion = _judge_stamp(features, name, is_late, "is a date after delivery")
        if suspicion:
            found.append(suspicion)
            refused.add(name)
    return count_back(features.drop(refused | stamps), at=at), found


def count_back(features: pl.DataFrame, *, at: str) -> pl.DataFrame:
    """Put days before `at` in place of the dates and instants of all other columns."""
    return features.with_columns(
        ((features[at] - as_instants(features[name])).dt.total_microseconds() / 86_400_000_000).alias(name)
        for name in features.columns
        if name != at and isinstance(features[name].dtype, pl.Date | pl.Datetime)
    )


def _judge_stamp(features: pl.DataFrame, name: str, is_late: pl.Series, what: str) -> tuple[pl.DataFrame, Suspicion | None]:
    """Refuse a column with too many late values, else take the few as missing."""
    late, filled = int(is_late.sum()), features[name].len() - features[name].null_count()
    if late > LATE_SHARE_MAX * max(filled, 1):
        return features, Suspicion(name, "refused", f"It {what} in {late:,} of {filled:,} deliveries.")
    return features.with_columns(features[name].set(is_late, None)), None


def _is_after(features: pl.DataFrame, at: str, stamp: str | date | datetime) -> pl.Series:
    """Say of each row whether the stamp lies after delivery; a stamp without time of day counts from its first moment."""
    if isinstance(stamp, str):
        return (as_instants(features[stamp]) > features[at]).fill_null(value=True)
    moment = as_instants(pl.Series("stamp", [stamp]))[0]
    return features.select((pl.lit(moment) > pl.col(at)).alias("late")).to_series()


def as_instants(series: pl.Series) -> pl.Series:
    """Give dates, or instants with or without a zone, as instants in UTC."""
    if series.dtype == pl.Date:
        return series.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(series.dtype, pl.Datetime):
        plain = series.dt.cast_time_unit("us")
        return plain.dt.replace_time_zone("UTC") if series.dtype.time_zone is None else plain.dt.convert_time_zone("UTC")
    if series.dtype == pl.Null:
        return series.cast(pl.Datetime("us", "UTC"))
    raise UsageError(where=f"column {series.name}", seen=f"It holds {series.dtype}, which are no dates.", mend="Give dates or instants.")


def suspect_columns(
    features: pl.DataFrame, *, won: NDArray[np.bool_], weight: Floats, age: NDArray[np.int64] | None, trusted: Collection[str] = ()
) -> list[Suspicion]:
    """Look for columns that know the outcome, by their names and by what they foretell alone.

    Args:
        features: The columns to look at; rows that `weight` gives 0 are not looked at, except for how often a column is filled in.
        won: What became of each row.
        weight: Of each row.
        age: Days since delivery, or None where it does not matter.
        trusted: Columns that the caller knows to be known at delivery; they are not suspected.
    """
    counted = weight > 0
    found = []
    for name in features.columns:
        if name in trusted:
            continue
        series = features[name]
        alone = foretelling(series.filter(pl.Series(counted)), won[counted], weight[counted])
        filled = _filled_auc(series, won, weight)
        hint = name_hint(name)
        if alone >= ALONE_AUC_REFUSED:
            found.append(
                Suspicion(name, "refused", f"Alone it orders deliveries with AUC {alone:.2f}; nothing known at delivery is that sure.")
            )
        elif hint and max(alone, filled) >= NAMED_AUC_MIN:
            reason = (
                f"Its name (`{hint}`) tells of something after delivery, and alone it orders deliveries with AUC {max(alone, filled):.2f}."
            )
            found.append(Suspicion(name, "refused", reason))
        elif hint:
            found.append(Suspicion(name, "flagged", f"Its name (`{hint}`) tells of something after delivery, though it foretells little."))
        elif alone >= ALONE_AUC_FLAGGED:
            found.append(
                Suspicion(name, "flagged", f"Alone it orders deliveries with AUC {alone:.2f}, which is rare for what is known at delivery.")
            )
        elif filled >= FILLED_AUC_FLAGGED:
            found.append(
                Suspicion(name, "flagged", f"Whether it is filled in orders deliveries with AUC {filled:.2f}; who fills it in, and when?")
            )
        elif age is not None and (rise := _filled_rise(series, age)) >= FILLED_RISE_FLAGGED:
            found.append(
                Suspicion(name, "flagged", f"It is filled in for {rise:.0%} more of the oldest quarter of deliveries than of the newest.")
            )
    return found


def name_hint(name: str) -> str | None:
    """Give the word in a column's name that tells of what happens after delivery, or None."""
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    words = [word for word in re.split(r"[^a-z0-9]+", parted.lower()) if word]
    if any(_BEFORE.fullmatch(word) for word in words):
        return None
    return next((word for word in words if _AFTER.fullmatch(word)), None)


def foretelling(series: pl.Series, won: NDArray[np.bool_], weight: Floats) -> float:
    """Give how well one column alone orders deliveries: AUC of its values' shares of wins, each half judged by the other's shares."""
    if series.len() < 20 or won.all() or not won.any():
        return 0.5
    codes = _coarse_codes(series)
    half = np.arange(series.len()) % 2 == 0
    mean = float((weight * won).sum() / weight.sum())
    share = np.empty(series.len())
    for here in (half, ~half):
        wins = np.bincount(codes[~here], weights=(weight * won)[~here], minlength=codes.max() + 1)
        many = np.bincount(codes[~here], weights=weight[~here], minlength=codes.max() + 1)
        share[here] = ((wins + 5 * mean) / (many + 5))[codes[here]]
    return rank_auc(share, won, weight)


def _coarse_codes(series: pl.Series) -> NDArray[np.int64]:
    """Give each value a number; numbers are put into twenty bins of equal size, missing into one of its own."""
    if series.dtype.is_numeric():
        values = read_numbers(series)
        missing = np.isnan(values)
        if missing.all():
            return np.zeros(values.size, dtype=np.int64)
        edges = np.unique(np.quantile(values[~missing], np.linspace(0, 1, 21)[1:-1]))
        return np.where(missing, edges.size + 1, np.searchsorted(edges, values, side="right")).astype(np.int64)
    texts = read_texts(series)
    return texts.fill_null("").rank("dense").cast(pl.Int64).to_numpy() - 1


def _is_filled(series: pl.Series) -> NDArray[np.bool_]:
    return ~np.isnan(read_numbers(series)) if series.dtype.is_numeric() else read_texts(series).is_not_null().to_numpy()


def _filled_auc(series: pl.Series, won: NDArray[np.bool_], weight: Floats) -> float:
    filled = _is_filled(series)
    if filled.all() or not (weight * won).any() or not (weight * ~won).any():
        return 0.5
    auc = rank_auc(filled.astype(np.float64), won, weight)
    return max(auc, 1 - auc)


def _filled_rise(series: pl.Series, age: NDArray[np.int64]) -> float:
    """Give by how much more of the oldest quarter of deliveries the column is filled in than of the newest; 0 for few deliveries."""
    if age.size < 200:
        return 0.0
    order, quarter = np.argsort(age, kind="stable"), age.size // 4
    filled = _is_filled(series)[order].astype(np.float64)
    return float(filled[-quarter:].mean() - filled[:quarter].mean())

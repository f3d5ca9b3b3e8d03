"""People who may be the same: pairs of records scored by how their fields agree.

Two ways in. `find_possible` is what judging uses: fixed weights and fixed blocking keys, so that the score of a pair depends on
nothing but the pair, and a delivery is judged alike in any batch. `link` joins any two tables; it estimates its weights from the
tables themselves, without labels.

Source of the score: Fellegi, Sunter 1969, J. Am. Stat. Assoc. 64(328), 1183-1210: each field that both records fill adds
log(m / u) of its level of agreement, m being the chance of that level among pairs of one person and u among pairs of two; a field that
either leaves empty adds nothing. Weights, levels and keys are documented in docs/matching.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from payper.adjudication.likeness import DIFFER, SAME, UNFILLED, Kind, address, levels, phonetic, plain

THRESHOLD = 0.9
"""The chance of being one person from which a pair is worth a look, where the caller has no better figure."""

PRIOR = 5e-6
"""The chance that two deliveries to one buyer, drawn blindly, are one person: some in a hundred of 50,000 deliveries are repeats. It
sets the bar for the evidence; the order of the pairs does not depend on it."""

CHUNK_PAIRS = 1_000_000
"""Pairs scored at once, which bounds the memory used."""

Chances = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Field:
    """A column to compare.

    Attributes:
        name: The column, the same in both tables.
        kind: How two values are likened, see `payper.adjudication.likeness`.
        match: Chances of the levels differ, near, close, same among pairs of one person; None: the kind's prior.
        random: The same among pairs of two people; None: estimated from the tables (`link`).
        words: What people call the field; None: the name.
    """

    name: str
    kind: Kind
    match: Chances | None = None
    random: Chances | None = None
    words: str | None = None


MATCH_PRIOR: dict[Kind, Chances] = {
    "name": (0.05, 0.05, 0.12, 0.78),
    "text": (0.08, 0.07, 0.15, 0.70),
    "code": (0.07, 0.04, 0.09, 0.80),
    "category": (0.12, 0.0, 0.0, 0.88),
    "email": (0.40, 0.18, 0.10, 0.32),
}
"""Chances of each level among pairs of one person before any are seen: most fields agree, some carry a typing error, few differ."""

PERSON: tuple[Field, ...] = (
    Field("first_name", "name", (0.04, 0.10, 0.10, 0.76), (0.953, 0.030, 0.009, 0.008), "first name"),
    Field("last_name", "name", (0.04, 0.04, 0.12, 0.80), (0.990, 0.007, 0.002, 0.001), "last name"),
    Field("employer", "text", (0.06, 0.09, 0.15, 0.70), (0.9885, 0.010, 0.001, 0.0005), "company"),
    Field("email_normal", "email", (0.40, 0.18, 0.10, 0.32), (0.9388, 0.060, 0.001, 0.0002), "e-mail"),
    Field("phone_e164", "code", (0.40, 0.04, 0.06, 0.50), (0.978, 0.001, 0.001, 0.020), "phone"),
    Field("place", "code", (0.25, 0.10, 0.05, 0.60), (0.920, 0.050, 0.020, 0.010), "place"),
    Field("title", "text", (0.35, 0.15, 0.15, 0.35), (0.830, 0.080, 0.040, 0.050), "title"),
)
"""What tells people apart. `employer` is company key or domain, whichever agrees better, for the one follows from the other; `place` is
postal code, else city, and is left out where the employer agrees, for an office's place follows from its company. E-mail and phone weigh
less than their rarity says, for colleagues share switchboards and an address is made of the name."""

_KEYS: tuple[tuple[str, ...], ...] = (
    ("last_sound", "company_start", "first_initial"),
    ("last_sound", "domain"),
    ("first_sound", "company_start", "last_initial"),
    ("first_sound", "domain", "last_initial"),
    ("first_sound", "domain", "last_end"),
    ("names_sorted", "company_start"),
    ("names_sorted", "domain"),
    ("phone", "last_initial"),
    ("phone", "first_sound"),
    ("mailbox", "last_sound", "city"),
    ("mailbox", "domain"),
    ("first_sound", "last_sound", "city"),
    ("first_sound", "last_sound", "postal_code"),
)
"""Pairs are scored when any of these keys is the same and filled on both sides. None holds one field alone, so that a switchboard, a
large company or a common name does not make a block of its own."""

_PAIRS = {"left": pl.UInt32, "right": pl.UInt32}


def find_possible(batch: pl.DataFrame, history: pl.DataFrame, *, threshold: float = THRESHOLD) -> pl.DataFrame:
    """Find pairs of deliveries that are probably one person, in a batch and between it and history.

    Args:
        batch: One row per delivery, in order of arrival; of the columns of `PERSON` (with `company_key` and `domain` for the employer)
            any may be absent or null, which adds nothing to a score.
        history: Deliveries that came before; same columns.
        threshold: The least score of a pair that is given, 0 to 1.

    Returns:
        One row per pair: `left` (row of `batch`, from 0, UInt32), `right_index` (row of `history` or `batch`, UInt32), `right_is_history`
        (Boolean), `score` (Float64, the chance of being one person by fixed weights), `evidence` (words: which fields agree). Sorted by
        left, then falling score. Within the batch each pair is given once, the later row as left. A row is never paired with itself.
    """
    return find_in_prepared(prepare(batch), prepare(history), threshold=threshold)


def find_in_prepared(later: pl.DataFrame, earlier: pl.DataFrame, *, threshold: float = THRESHOLD) -> pl.DataFrame:
    """As `find_possible`, of frames that `prepare` gave."""
    inside = _scored_people(later, later, within=True, threshold=threshold).with_columns(right_is_history=pl.lit(value=False))
    before = _scored_people(later, earlier, within=False, threshold=threshold).with_columns(right_is_history=pl.lit(value=True))
    return (
        pl.concat([inside, before])
        .rename({"right": "right_index"})
        .select("left", "right_index", "right_is_history", "score", "evidence")
        .sort(["left", "score", "right_is_history", "right_index"], descending=[False, True, True, False])
    )


def link(
    left: pl.DataFrame,
    right: pl.DataFrame | None,
    *,
    fields: Sequence[Field],
    threshold: float = 0.5,
    swapped: tuple[str, str] | None = None,
    block_pairs_max: float = 20.0,
    rounds: int = 15,
) -> pl.DataFrame:
    """Find the pairs of two tables, or of one with itself, that are probably the same thing, without labels.

    Chances of agreement among unlike pairs are counted on pairs drawn at fixed strides; those among like pairs, and the share of like
    pairs, start from `MATCH_PRIOR` and are estimated by expectation and maximisation over the candidate pairs (Winkler 1988, Proc.
    ASA Survey Research Methods, 667-671). Which pairs are candidates follows from `blocks`.

    Args:
        left: One row per record; the columns that `fields` name, text, null when empty.
        right: The other table, or None to look within `left`.
        fields: What to compare.
        threshold: The least score of a pair that is given.
        swapped: Two fields that people confuse (given name, surname): a pair in which each agrees with the other one counts as alike.
        block_pairs_max: A blocking key may give at most so many candidate pairs per record; see `blocks`.
        rounds: Steps of estimation; 0 keeps the priors.

    Returns:
        One row per pair: `left`, `right` (rows, from 0, UInt32; right < left within one table), `score` (Float64), `evidence` (words).
    """
    within = right is None
    one = fold(left, fields)
    two = one if right is None else fold(right, fields)
    by_chance = [field.random or _chances_at_random(one, two, field) for field in fields]
    pairs = _candidates(_keyed(one, fields), _keyed(two, fields), blocks(one, two, fields, per_record=block_pairs_max), within=within)
    grid = np.column_stack([levels(field.kind, one[field.name], two[field.name], pairs) for field in fields])
    if swapped is not None:
        _confuse(grid, one, two, pairs=pairs, fields=fields, swapped=swapped)
    universe = one.height * (one.height - 1) / 2 if within else float(one.height) * two.height
    prior = min(max(min(one.height, two.height) / max(universe, 1.0), 1e-9), 0.5)
    alike = [field.match or MATCH_PRIOR[field.kind] for field in fields]
    scores = _estimated(grid, alike, by_chance, prior=prior, universe=universe, rounds=rounds)
    return _given(pairs, grid, scores, fields, threshold=threshold)


def blocks(left: pl.DataFrame, right: pl.DataFrame, fields: Sequence[Field], *, per_record: float = 20.0) -> list[tuple[str, ...]]:
    """Choose blocking keys from the tables alone: coarse forms of one, two or three fields that give few enough pairs.

    A key is taken when the pairs that share it number at most `per_record` times the records, and no part of it was taken
    already. Coarse forms: the sound of a name, the start of a text, the whole of a code.

    Returns:
        The keys, each a tuple of field names.
    """
    one, two = _keyed(left, fields), _keyed(right, fields)
    bound = per_record * (one.height + two.height)
    chosen: list[tuple[str, ...]] = []
    for size in (1, 2, 3):
        for key in combinations([field.name for field in fields], size):
            if any(set(part) <= set(key) for part in chosen):
                continue
            if _pairs_sharing(one, two, key) <= bound:
                chosen.append(key)
    return chosen


# ------------------------------------------------------------------------------------------------------------ people


def prepare(frame: pl.DataFrame) -> pl.DataFrame:
    """Give the columns of `PERSON` in plain form, and the parts of the blocking keys; absent columns are null.

    Every row is made ready by itself, so that frames can be put together afterwards.
    """
    names = ("first_name", "last_name", "company_key", "domain", "email_normal", "phone_e164", "city", "postal_code", "title")
    missing = [pl.lit(None, dtype=pl.String).alias(name) for name in names if name not in frame.columns]
    whole = frame.with_columns(missing).select(
        *[plain(name) for name in names if name not in {"email_normal", "domain", "phone_e164"}],
        *[address(name) for name in ("email_normal", "domain", "phone_e164")],
    )
    sounds = whole.with_columns(first_sound=phonetic(whole["first_name"]), last_sound=phonetic(whole["last_name"]))
    mailbox = pl.col("email_normal").str.extract(r"^(.{4,})@")
    first, last = pl.col("first_sound"), pl.col("last_sound")
    return sounds.with_columns(
        company_start=pl.col("company_key").str.slice(0, 6),
        first_initial=pl.col("first_name").str.slice(0, 1),
        last_initial=pl.col("last_name").str.slice(0, 1),
        last_end=pl.col("last_name").str.slice(-2),
        names_sorted=pl.when(first < last).then(first + " " + last).otherwise(last + " " + first),
        phone=pl.col("phone_e164"),
        mailbox=mailbox,
    )


def _scored_people(later: pl.DataFrame, earlier: pl.DataFrame, *, within: bool, threshold: float) -> pl.DataFrame:
    """Score the candidate pairs of two prepared frames by the fixed weights, chunk by chunk."""
    pairs = _candidates(later, earlier, _KEYS, within=within)
    parts = [_scored_chunk(later, earlier, pairs.slice(start, CHUNK_PAIRS), threshold) for start in range(0, pairs.height, CHUNK_PAIRS)]
    empty = pl.DataFrame(schema={**_PAIRS, "score": pl.Float64, "evidence": pl.String})
    return pl.concat([empty, *parts])


def _scored_chunk(later: pl.DataFrame, earlier: pl.DataFrame, pairs: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Score some pairs of people and keep those at or over the threshold.

    Names and employer are compared first; pairs that could not reach the threshold if all the rest agreed are dropped then.
    """
    weights = _weights([field.match for field in PERSON], [field.random for field in PERSON])
    names = np.column_stack([levels("name", later[name], earlier[name], pairs) for name in ("first_name", "last_name")])
    _confuse(names, later, earlier, pairs=pairs, fields=PERSON, swapped=("first_name", "last_name"))
    hopeful = _within_reach(names, weights, threshold)
    pairs, names = pairs[hopeful], names[hopeful]
    by_key = levels("text", later["company_key"], earlier["company_key"], pairs)
    employer = np.maximum(by_key, levels("category", later["domain"], earlier["domain"], pairs))
    told = np.column_stack([names, employer])
    hopeful = _within_reach(told, weights, threshold)
    pairs, told = pairs[hopeful], told[hopeful]
    rest = [levels(field.kind, later[field.name], earlier[field.name], pairs) for field in PERSON[3:] if field.name != "place"]
    rest.insert(2, _place(later, earlier, pairs, employer=told[:, 2]))
    grid = np.column_stack([told, *rest])
    return _given(pairs, grid, _chance(grid, weights, PRIOR), PERSON, threshold=threshold)


def _within_reach(grid: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], threshold: float) -> np.ndarray[Any, Any]:
    """Give the rows whose score could reach the threshold if every field not yet compared were the same."""
    told = grid.shape[1]
    best = float(weights[told:].max(axis=1).clip(min=0).sum())
    total = np.full(len(grid), np.log(PRIOR / (1 - PRIOR)) + best)
    for column in range(told):
        total += weights[column][grid[:, column]]
    bar = np.log(threshold / (1 - threshold)) if 0 < threshold < 1 else (-np.inf if threshold <= 0 else np.inf)
    return np.flatnonzero(total >= bar - 1e-9)


def _place(later: pl.DataFrame, earlier: pl.DataFrame, pairs: pl.DataFrame, *, employer: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Give how places agree: by postal code, else by city (near at most); nothing is told where the employer agrees."""
    code = levels("category", later["postal_code"], earlier["postal_code"], pairs)
    city = levels("text", later["city"], earlier["city"], pairs)
    place = np.where(code == SAME, SAME, np.where(city >= SAME - 1, DIFFER + 1, np.maximum(code, np.minimum(city, DIFFER)))).astype(np.int8)
    place[employer >= SAME - 1] = UNFILLED
    return place


# ------------------------------------------------------------------------------------------------------------ candidates


def _candidates(left: pl.DataFrame, right: pl.DataFrame, keys: Sequence[tuple[str, ...]], *, within: bool) -> pl.DataFrame:
    """Give the distinct pairs of rows that share any key, all parts of it filled; within one frame right < left."""
    found = pl.DataFrame(schema=_PAIRS)
    for key in keys:
        one, two = (_filled(frame, key, name) for frame, name in ((left, "left"), (right, "right")))
        pairs = one.join(two, on=list(key)).select("left", "right")
        if within:
            pairs = pairs.filter(pl.col("right") < pl.col("left"))
        found = pl.concat([found, pairs])
        if found.height > 4 * CHUNK_PAIRS:
            found = found.unique()
    return found.unique().sort("left", "right")


def _filled(frame: pl.DataFrame, key: tuple[str, ...], name: str) -> pl.DataFrame:
    """Give the parts of a key and the row numbers, of rows in which no part is null."""
    return frame.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias(name), *key).drop_nulls(list(key))


def _pairs_sharing(left: pl.DataFrame, right: pl.DataFrame, key: tuple[str, ...]) -> int:
    """Count the pairs of rows that share a key."""
    one, two = (frame.select(key).drop_nulls().group_by(list(key)).len(name) for frame, name in ((left, "ours"), (right, "theirs")))
    total = one.join(two, on=list(key)).select((pl.col("ours").cast(pl.Int64) * pl.col("theirs").cast(pl.Int64)).sum()).item()
    return int(total or 0)


def fold(frame: pl.DataFrame, fields: Sequence[Field]) -> pl.DataFrame:
    """Give the named columns folded for comparison."""
    return frame.select(address(field.name) if field.kind == "email" else plain(field.name) for field in fields)


def _keyed(frame: pl.DataFrame, fields: Sequence[Field]) -> pl.DataFrame:
    """Give the coarse form of every field, for blocking."""
    return frame.select(
        phonetic(frame[field.name]).alias(field.name)
        if field.kind == "name"
        else frame[field.name].str.slice(0, 6)
        if field.kind == "text"
        else frame[field.name]
        for field in fields
    )


# ------------------------------------------------------------------------------------------------------------ weights


def _weights(alike: Sequence[Chances | None], by_chance: Sequence[Chances | None]) -> np.ndarray[Any, Any]:
    """Give log(m / u) as fields × levels, the last column 0 for a field that is not filled on both sides."""
    m = np.clip(np.array(alike, dtype=np.float64), 1e-6, None)
    u = np.clip(np.array(by_chance, dtype=np.float64), 1e-7, None)
    return np.hstack([np.log(m / u), np.zeros((len(m), 1))])


def _chance(grid: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], prior: float) -> np.ndarray[Any, Any]:
    """Give the chance that each pair is one, from its levels (pairs × fields; -1: not filled on both sides)."""
    total = np.full(len(grid), np.log(prior / (1 - prior)))
    for column in range(grid.shape[1]):
        total += weights[column][grid[:, column]]
    chance: np.ndarray[Any, Any] = 1 / (1 + np.exp(-np.clip(total, -500, 500)))
    return chance


def _chances_at_random(left: pl.DataFrame, right: pl.DataFrame, field: Field) -> Chances:
    """Estimate how often two unlike records agree on a field: equality counted exactly, the levels below it on up to 100,000 pairs."""
    one, two = left[field.name], right[field.name]
    if left.height == 0 or right.height == 0:
        return (0.7, 0.1, 0.1, 0.1)
    filled = max(1, (left.height - one.null_count()) * (right.height - two.null_count()))
    same = max(_pairs_sharing(left, right, (field.name,)) - (left.height if left is right else 0), 0) / filled
    count = min(100_000, left.height * right.height)
    at = np.arange(count, dtype=np.uint64)
    rows, others = at % left.height, (at * 7_919 + at // left.height) % right.height
    apart = rows != others if left is right else np.ones(count, dtype=bool)
    pairs = pl.DataFrame({"left": rows[apart], "right": others[apart]}, schema=_PAIRS)
    level = levels(field.kind, one, two, pairs)
    known = max(1, int((level >= DIFFER).sum()))
    near, close = (float((level == step).sum() + 0.5) / (known + 2) for step in (1, 2))
    return (max(1 - near - close - same, 0.01), near, close, max(same, 0.5 / filled))


def _estimated(
    grid: np.ndarray[Any, Any], alike: Sequence[Chances], by_chance: Sequence[Chances], *, prior: float, universe: float, rounds: int
) -> np.ndarray[Any, Any]:
    """Give the chance of every candidate pair, its weights estimated from the candidates themselves; the priors count as 50 pairs."""
    start = np.array(alike, dtype=np.float64)
    m = start.copy()
    scores = _chance(grid, _weights([*map(tuple, m)], by_chance), prior)
    for _ in range(rounds):
        prior = min(max(float(scores.sum()) / max(universe, 1.0), 1e-9), 0.5)
        for column in range(grid.shape[1]):
            counts = np.array([scores[grid[:, column] == level].sum() for level in range(DIFFER, SAME + 1)]) + 50 * start[column]
            m[column] = counts / counts.sum()
        scores = _chance(grid, _weights([*map(tuple, m)], by_chance), prior)
    return scores


def _confuse(
    grid: np.ndarray[Any, Any],
    left: pl.DataFrame,
    right: pl.DataFrame,
    *,
    pairs: pl.DataFrame,
    fields: Sequence[Field],
    swapped: tuple[str, str],
) -> None:
    """Raise both of two confused fields to «near» where each agrees with the other one and neither with itself, in place."""
    at = {field.name: number for number, field in enumerate(fields)}
    first, second = at[swapped[0]], at[swapped[1]]
    rows = np.flatnonzero((grid[:, first] == DIFFER) & (grid[:, second] == DIFFER))
    if rows.size == 0:
        return
    some = pairs[rows]
    crossed = np.minimum(
        levels("name", left[swapped[0]], right[swapped[1]], some),
        levels("name", left[swapped[1]], right[swapped[0]], some),
    )
    there = rows[crossed >= SAME - 1]
    grid[there, first] = grid[there, second] = SAME - 2


def _given(
    pairs: pl.DataFrame, grid: np.ndarray[Any, Any], scores: np.ndarray[Any, Any], fields: Sequence[Field], *, threshold: float
) -> pl.DataFrame:
    """Keep the pairs at or over the threshold and say which of their fields agree."""
    kept = np.flatnonzero(scores >= threshold)
    return pairs[kept].with_columns(pl.Series("score", scores[kept], dtype=pl.Float64), _evidence(grid[kept], fields))


def _evidence(grid: np.ndarray[Any, Any], fields: Sequence[Field]) -> pl.Series:
    """Write levels as words: `same last name, company; close first name; different phone`."""
    steps = ((3, "same"), (2, "nearly the same"), (1, "similar"), (0, "different"))
    columns = {
        f"{level}/{number}": np.where(grid[:, number] == level, field.words or field.name, "")
        for level, _ in steps
        for number, field in enumerate(fields)
    }
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(pl.all().replace("", None))
    phrases = []
    for level, word in steps:
        names = pl.concat_str([f"{level}/{number}" for number in range(len(fields))], separator=", ", ignore_nulls=True)
        phrases.append(pl.when(names != "").then(pl.lit(f"{word} ") + names))
    return frame.select(pl.concat_str(phrases, separator="; ", ignore_nulls=True).alias("evidence")).to_series()

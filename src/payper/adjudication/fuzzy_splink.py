"""The same question asked of Splink 5 (the extra `payper[fuzzy]`): which pairs of records are probably one person.

Splink trains its weights on the tables at hand, so the score of a pair depends on the batch it comes in; judging therefore uses
`payper.adjudication.fuzzy`, and this serves studies, one-off cleaning and the comparison in docs/matching.md. The work is done in a
DuckDB that lives in memory.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import polars as pl

from payper.adjudication.fuzzy import Field, blocks, fold

SEED = 20_260_101
"""Splink draws pairs to count chance agreement; a fixed seed makes two runs alike."""


def link(
    left: pl.DataFrame, right: pl.DataFrame | None, *, fields: Sequence[Field], threshold: float = 0.5, block_pairs_max: float = 20.0
) -> pl.DataFrame:
    """Find the pairs of two tables, or of one with itself, that are probably the same thing, by Splink without labels.

    Args:
        left: One row per record; the columns that `fields` name, text, null when empty.
        right: The other table, or None to look within `left`.
        fields: What to compare; the chances in them are not used.
        threshold: The least score of a pair that is given.
        block_pairs_max: As `payper.adjudication.fuzzy.link`; blocking keys are exact here.

    Returns:
        One row per pair: `left`, `right` (rows, from 0, UInt32; right < left within one table), `score` (Float64).

    Raises:
        ImportError: Splink is not installed; `pip install payper[fuzzy]` brings it.
    """
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.ERROR)
    one = fold(left, fields)
    two = one if right is None else fold(right, fields)
    rules = _rules(blocks(one, two, fields, per_record=block_pairs_max))
    api = DuckDBAPI()
    named = {"a_left": one} if right is None else {"a_left": one, "b_right": two}
    tables = [api.register(_numbered(frame).to_arrow(), table_name=name) for name, frame in named.items()]
    linker = Linker(tables, _settings(fields, rules, within=right is None), log_level=logging.ERROR)
    _train(linker, fields)
    predicted: Any = linker.inference.predict(threshold_match_probability=threshold)
    found = pl.from_arrow(predicted.as_pyarrow_table())
    assert isinstance(found, pl.DataFrame)
    return _by_rows(found, within=right is None)


def _settings(fields: Sequence[Field], rules: list[Any], *, within: bool) -> Any:
    """Describe the model to Splink: one comparison per field, the blocking keys, no labels."""
    from splink import SettingsCreator

    return SettingsCreator(
        link_type="dedupe_only" if within else "link_only",
        comparisons=[_comparison(field) for field in fields],
        blocking_rules_to_generate_predictions=rules,
        retain_matching_columns=False,
    )


def _comparison(field: Field) -> Any:
    """Give Splink's comparison for a kind of field, with the levels of `payper.adjudication.likeness`."""
    from splink import comparison_library as compare

    if field.kind == "name":
        return compare.JaroWinklerAtThresholds(field.name, [0.92, 0.85]).configure(term_frequency_adjustments=True)
    if field.kind == "text":
        return compare.JaroWinklerAtThresholds(field.name, [0.92, 0.85])
    if field.kind == "code":
        return compare.DamerauLevenshteinAtThresholds(field.name, [1, 2])
    if field.kind == "email":
        return compare.EmailComparison(field.name)
    return compare.ExactMatch(field.name)


def _rules(keys: Sequence[tuple[str, ...]]) -> list[Any]:
    """Turn blocking keys into Splink's rules."""
    from splink import block_on

    return [block_on(*key) for key in keys]


def _train(linker: Any, fields: Sequence[Field]) -> None:
    """Let Splink estimate its weights: chance agreement by sampling, the rest by expectation and maximisation under two keys."""
    from splink import block_on

    told = sorted((field for field in fields if field.kind != "category"), key=lambda field: field.kind != "code")
    linker.training.estimate_probability_two_random_records_match([block_on(field.name) for field in told[-2:]], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=SEED)
    names = [field.name for field in fields if field.kind == "name"] or [told[-1].name]
    codes = [field.name for field in reversed(fields) if field.kind == "code"] or [told[0].name]
    for rule in (names[-1], codes[0]):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(rule))


def _numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the row number as Splink's record id."""
    return frame.with_row_index("unique_id")


def _by_rows(found: pl.DataFrame, *, within: bool) -> pl.DataFrame:
    """Turn Splink's ids back into row numbers; it may hand the tables back in either order."""
    one, two = pl.col("unique_id_l").cast(pl.UInt32), pl.col("unique_id_r").cast(pl.UInt32)
    if within:
        left, right = pl.max_horizontal(one, two), pl.min_horizontal(one, two)
    else:
        straight = pl.col("source_dataset_l") == "a_left"
        left, right = pl.when(straight).then(one).otherwise(two), pl.when(straight).then(two).otherwise(one)
    return found.select(left.alias("left"), right.alias("right"), score=pl.col("match_probability")).sort("left", "right")

"""Words for cells that cannot be read."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import polars as pl


def nothing(name: str, count: int) -> pl.Series:
    """Give a column of text in which nothing stands."""
    return pl.Series(name, [None], dtype=pl.String).new_from_index(0, count)


def add_fault(name: str, faults: pl.Series) -> pl.Series:
    """Put the column's name before each fault of its cells; null stays null."""
    if faults.null_count() == len(faults):
        return faults
    return f"{name} " + faults


def nearest_words(text: str, known: Sequence[str]) -> str:
    """Give `; did you mean …?` where something known is near, else nothing."""
    near = difflib.get_close_matches(text.casefold(), [name.casefold() for name in known], n=1, cutoff=0.6)
    if not near:
        return ""
    return f"; did you mean `{next(name for name in known if name.casefold() == near[0])}`?"


def read_words(given: pl.Series, meanings: dict[str, str | None], wrong: dict[str, str]) -> tuple[pl.Series, pl.Series]:
    """Replace each distinct text by its meaning; give the faults of those in `wrong` beside."""
    if given.null_count() == len(given):
        return given, given
    read = given.replace_strict(list(meanings), list(meanings.values()), default=None, return_dtype=pl.String)
    faults = (
        given.replace_strict(list(wrong), list(wrong.values()), default=None, return_dtype=pl.String)
        if wrong
        else nothing("fault", len(given))
    )
    return read, faults

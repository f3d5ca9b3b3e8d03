"""What is asked of fitting, checked beforehand: that learner, library, columns and days make sense, and that keys can be matched."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from typing import get_args

import numpy as np
import polars as pl

from payper.errors import DeliveryError, UsageError
from payper.measurement.scoring.learning import Wanted
from payper.measurement.scoring.trees import Library

_TEXTS = (pl.String, pl.Categorical, pl.Enum)


def check_choice(where: str, seen: object, known: Sequence[str]) -> None:
    """Refuse a name that is none of those known, with the nearest.

    Raises:
        UsageError: It is none of them.
    """
    if seen in known:
        return
    near = difflib.get_close_matches(str(seen), known, n=1)
    listed = ", ".join(known)
    raise UsageError(where=where, seen=f"There is no `{seen}` here.", mend=f"Write {near[0]}." if near else f"Write one of {listed}.")


def check_learner(learner: Wanted, library: Library | None) -> None:
    """Refuse a learner or a library that does not exist.

    Raises:
        UsageError: It does not.
    """
    check_choice("learner", learner, get_args(Wanted))
    if library is not None:
        check_choice("library", library, get_args(Library))


def check_trusted(trusted: Collection[str], columns: Sequence[str]) -> None:
    """Refuse trust in columns that are not there: a name misspelt would leave out the column that was meant.

    Raises:
        UsageError: A column is not there.
    """
    for name in trusted:
        check_choice("trusted", name, columns)


def check_days(horizon_days: object) -> None:
    """Refuse what is no horizon.

    Raises:
        UsageError: It is no whole number of days from 1.
    """
    mend = "Write a whole number of days such as 180."
    if not isinstance(horizon_days, int | np.integer) or isinstance(horizon_days, bool):
        raise UsageError(where="horizon_days", seen=f"{horizon_days!r} is no whole number of days.", mend=mend)
    if horizon_days < 1:
        raise UsageError(where="horizon_days", seen=f"{horizon_days} is less than a day.", mend=mend)


def check_columns(frame: object, names: Sequence[str], where: str) -> None:
    """Refuse what is no frame, or lacks a column.

    Raises:
        DeliveryError: It is, or does.
    """
    if not isinstance(frame, pl.DataFrame):
        mend = "Collect it first: `.collect()`." if isinstance(frame, pl.LazyFrame) else "Give `polars.DataFrame(...)` of it."
        raise DeliveryError(where=where, seen=f"This is a {type(frame).__name__}, not a Polars DataFrame.", mend=mend)
    absent = [name for name in names if name not in frame.columns]
    if absent:
        seen = ", ".join(frame.columns) or "none"
        raise DeliveryError(where=where, seen=f"The column `{absent[0]}` is missing.", mend=f"Columns seen: {seen}.")


def match_keys(outcomes: pl.DataFrame, keys: pl.Series) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Give outcomes with keys of the type of the deliveries', and a note where none of them belongs to a delivery.

    Args:
        outcomes: With the key under the name of the series.
        keys: Of all deliveries.

    Raises:
        DeliveryError: The keys are of kinds that cannot be compared, such as numbers and texts.
    """
    name, own, theirs = keys.name, keys.dtype, outcomes.schema[keys.name]
    is_alike = own == theirs or (own.is_integer() and theirs.is_integer()) or (own in _TEXTS and theirs in _TEXTS)
    if not is_alike and outcomes[name].drop_nulls().len():
        raise DeliveryError(
            where=f"outcomes, column {name}",
            seen=f"It holds {theirs} where the deliveries have {own}, so that no outcome can be matched.",
            mend=f"Cast one of them: `outcomes.with_columns(pl.col({name!r}).cast(pl.{own}))`.",
        )
    if own != theirs:
        outcomes = outcomes.with_columns(pl.col(name).cast(own, strict=False))
    if outcomes.is_empty() or outcomes.join(keys.to_frame(), on=name, how="semi").height:
        return outcomes, ()
    return outcomes, (
        f"None of the {outcomes.height:,} outcomes belongs to a delivery: no `{name}` of theirs is among the deliveries'. See that both "
        "are written alike.",
    )

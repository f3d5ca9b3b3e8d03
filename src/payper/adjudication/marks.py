"""Sets of reasons as bits of one number, so that a million deliveries carry all their reasons in one column.

Bit n stands for the reason of rank n, so that the lowest bit is the headline. Marks live inside one run of the program only: what is
kept or shown are codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import polars as pl

from payper.reasons import Reason

assert len(Reason) <= 63, "reasons no longer fit into the bits of one number"

BIT: dict[Reason, int] = {reason: 1 << reason.rank for reason in Reason}
_BY_BIT = tuple((bit, reason) for reason, bit in BIT.items())
UNCERTAIN: int = sum(BIT[reason] for reason in Reason if reason.is_uncertain)
CAPS: int = sum(BIT[reason] for reason in Reason if reason.name.startswith("CAP_"))
CERTAIN: int = sum(BIT.values()) & ~UNCERTAIN & ~CAPS


def mark(reasons: Iterable[Reason]) -> int:
    """Give the marks of a set of reasons."""
    return sum({BIT[reason] for reason in reasons})


@cache
def reasons_of(marks: int) -> tuple[Reason, ...]:
    """Give the reasons that are marked, in precedence."""
    return tuple(reason for bit, reason in _BY_BIT if marks & bit)


def flag(fault: pl.Expr, reason: Reason) -> pl.Expr:
    """Give the mark of `reason` where `fault` holds; a null is no fault (closing the gap is the caller's, see `unknown`)."""
    return pl.when(fault.fill_null(value=False)).then(pl.lit(BIT[reason], dtype=pl.UInt64)).otherwise(pl.lit(0, dtype=pl.UInt64))


def union(flags: list[pl.Expr]) -> pl.Expr:
    """Join marks of different reasons into one number."""
    total = pl.lit(0, dtype=pl.UInt64)
    for each in flags:
        total = total | each
    return total


def codes(marks: pl.Series) -> pl.DataFrame:
    """Write marks as codes.

    Returns:
        As many rows as `marks`: `headline` (String, null where nothing is marked) and `reasons` (List of String, in precedence).
    """
    distinct = marks.unique()
    rows = [[reason.name for reason in reasons_of(each)] for each in distinct.to_list()]
    table = pl.DataFrame(
        {"marks": distinct, "headline": [row[0] if row else None for row in rows], "reasons": rows},
        schema_overrides={"headline": pl.String, "reasons": pl.List(pl.String)},
    )
    return marks.to_frame("marks").join(table, on="marks", how="left", maintain_order="left").select("headline", "reasons")


def marks_of(reasons: pl.Series) -> pl.Series:
    """Read codes (a List of String, or String joined by `;`) back into marks."""
    texts = reasons.list.join(";") if isinstance(reasons.dtype, pl.List) else reasons
    distinct = texts.unique()
    values = [mark(Reason[code] for code in (text or "").split(";") if code) for text in distinct.to_list()]
    table = pl.DataFrame({"text": distinct, "marks": pl.Series(values, dtype=pl.UInt64)})
    return texts.to_frame("text").join(table, on="text", how="left", maintain_order="left", nulls_equal=True)["marks"].fill_null(0)

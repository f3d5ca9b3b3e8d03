"""Text cells that a spreadsheet would run as formulas: how payper writes them, and how it reads them back.

Source: OWASP, CSV Injection.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

ESCAPED = r"^'(['=@\t\r+\-])"
"""A cell that was escaped when it was written: an apostrophe before what a spreadsheet would run, or before another apostrophe."""

_PLAIN_NUMBER = r"^[+\-](?:[0-9.]*[0-9][0-9.]*|[0-9 ().\-/]*[ (][0-9 ().\-/]*)$"


def escaped(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before every text cell that a spreadsheet would run, or that begins as an escaped one.

    Run are those that begin with `=`, `@`, a tab or a CR, and with `+` or `-` unless the whole cell is a plain number or a phone number
    with blanks or brackets (a spreadsheet takes `+49-151-1` for a sum). `unescaped` gives back exactly what was there.
    """
    cells = []
    for name, dtype in frame.schema.items():
        if dtype == pl.String:
            column = pl.col(name)
            is_signed = column.str.contains(r"^[+\-]") & ~column.str.contains(_PLAIN_NUMBER)
            is_risky = column.str.contains(r"^[=@\t\r]") | is_signed | column.str.contains(ESCAPED)
            cells.append(pl.when(is_risky).then(pl.concat_str(pl.lit("'"), column)).otherwise(column).alias(name))
    return frame.with_columns(cells)


def unescaped(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Take off the apostrophe that `escaped` puts before what a spreadsheet would run as a formula."""
    names = list(columns)
    if not names or frame.is_empty():
        return frame
    hits = frame.select(pl.col(names).str.starts_with("'").any())
    odd = [name for name in names if hits[name][0]]
    return frame.with_columns(pl.col(odd).str.replace(ESCAPED, "$1")) if odd else frame

"""Read paths: which paid touches a company had, in order, and what became of it.

Only paid deliveries are touches. The meeting that a lead turned into is a milestone of that lead, not a second touch: an appointment
that exists because the lead converted would take credit for the lead (survivorship).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from payper.errors import UsageError

SEPARATORS = r"\s*(?:->|=>|→|>|;|\||,)\s*"
WORDS = {"1": 1.0, "true": 1.0, "yes": 1.0, "won": 1.0, "0": 0.0, "false": 0.0, "no": 0.0, "lost": 0.0}
FAULTS = {
    "COUNT_IMPOSSIBLE": "count is missing, negative or not finite",
    "CONVERTED_UNKNOWN": "converted is missing or is no 0, 1, true, false, yes, no or number",
    "CONVERTED_IMPOSSIBLE": "converted is negative, not finite, or more than count",
    "VALUE_IMPOSSIBLE": "value is negative or not finite",
    "TOUCH_DAYS_MISSING": "days_before is not as long as touches, so the look-back window cannot be applied",
}
"""Why a row is left out of all views."""


@dataclass(frozen=True, slots=True)
class Paths:
    """What was read.

    Attributes:
        rows: `touches` (List[String], in order, [] for untouched), `stratum` (String), `companies`, `wins`, `value`, `squares`
            (Float64: sum of squared win amounts, estimated where not given).
        faults: The rows left out, as given, with `fault`.
        notes: Codes for the whole reading, as `attribute`'s flags.
    """

    rows: pl.DataFrame
    faults: pl.DataFrame
    notes: tuple[str, ...]


def read_paths(
    paths: pl.DataFrame,
    *,
    converted_is: str = "auto",
    separator: str | None = None,
    stratum: str | None = None,
    look_back_days: float | None = None,
) -> Paths:
    """Read a frame of paths; arguments and columns as in `attribute`."""
    _check(paths, converted_is, stratum, look_back_days)
    frame = _numbers(paths, separator, stratum)
    reading = converted_is if converted_is != "auto" else _guess(paths, frame)
    notes = []
    if reading == "flag" and converted_is == "auto" and not frame.filter((pl.col("count") > 1) & (pl.col("converted") == 1)).is_empty():
        notes.append("CONVERTED_READ_AS_FLAG")
    converted, count, value = pl.col("converted"), pl.col("count"), pl.col("value")
    if reading == "flag":
        frame = frame.with_columns(
            converted=pl.when(converted == 1).then(count).when(converted == 0).then(0.0),
        )
    fault = (
        pl.when(~(count.is_finite() & (count >= 0)).fill_null(value=False))
        .then(pl.lit("COUNT_IMPOSSIBLE"))
        .when(converted.is_null())
        .then(pl.lit("CONVERTED_UNKNOWN"))
        .when(~(converted.is_finite() & (converted >= 0) & (converted <= count + 1e-9)))
        .then(pl.lit("CONVERTED_IMPOSSIBLE"))
        .when((converted > 0) & ~(value.is_finite() & (value >= 0)))
        .then(pl.lit("VALUE_IMPOSSIBLE"))
    )
    if look_back_days is not None and "days_before" in paths.columns:
        days = pl.col("days_before").list
        fault = fault.when(pl.col("touches").list.len() != days.len().fill_null(0)).then(pl.lit("TOUCH_DAYS_MISSING"))
    frame = frame.with_columns(fault=fault)
    faults = paths[frame["fault"].is_not_null().arg_true()].with_columns(frame["fault"].drop_nulls())
    rows = frame.filter(pl.col("fault").is_null() & (count > 0))
    if look_back_days is not None and "days_before" in paths.columns:
        rows = _within(rows, look_back_days)
    if rows.filter((converted > 0) & value.is_null()).height and "value" in paths.columns:
        notes.append("VALUE_MISSING")
    if rows.filter((converted == 0) & (value.fill_null(0) != 0)).height:
        notes.append("VALUE_IGNORED")
    if faults.height:
        notes.append("ROWS_LEFT_OUT")
    won_value = pl.when(converted > 0).then(value.fill_null(0.0)).otherwise(0.0)
    rows = rows.select("touches", "stratum", companies=count, wins=converted, value=won_value, squares=_squares(paths, won_value))
    return Paths(rows.with_columns(pl.col("squares").fill_null(0.0)), faults, tuple(notes))


def _squares(paths: pl.DataFrame, won_value: pl.Expr) -> pl.Expr:
    """Give the sum of squared amounts: as given, else as if the wins of a row were alike."""
    alike = pl.when(pl.col("converted") > 0).then(won_value**2 / pl.col("converted")).otherwise(0.0)
    return pl.coalesce(pl.col("value_squares"), alike) if "value_squares" in paths.columns else alike


def _check(paths: pl.DataFrame, converted_is: str, stratum: str | None, look_back_days: float | None) -> None:
    missing = [name for name in ("touches", "converted") if name not in paths.columns]
    if stratum is not None and stratum not in paths.columns:
        missing.append(stratum)
    if missing:
        raise UsageError(
            where="attribute, paths",
            seen=f"The frame has no column {', '.join(missing)}.",
            mend="Give touches and converted, and value and count where known; docs/reference/attribute.md has an example.",
        )
    if converted_is not in {"auto", "flag", "number"}:
        raise UsageError(
            where="attribute, argument `converted_is`", seen=f"It is {converted_is!r}.", mend="Write 'auto', 'flag' or 'number'."
        )
    if look_back_days is not None and not look_back_days > 0:
        raise UsageError(where="attribute, argument `look_back_days`", seen=f"It is {look_back_days}.", mend="Give days above 0, or None.")


def _numbers(paths: pl.DataFrame, separator: str | None, stratum: str | None) -> pl.DataFrame:
    """Give the columns as numbers and lists."""

    def number(name: str, default: float | None) -> pl.Expr:
        if name not in paths.columns:
            return pl.lit(default, dtype=pl.Float64).alias(name)
        return pl.col(name).cast(pl.Float64, strict=False).alias(name)

    kind = paths.schema["converted"]
    converted = number("converted", None)
    if kind == pl.String:
        word = pl.col("converted").str.strip_chars().str.to_lowercase()
        converted = pl.coalesce(word.replace_strict(WORDS, default=None, return_dtype=pl.Float64), word.cast(pl.Float64, strict=False))
    columns = [
        _touches(paths, separator).alias("touches"),
        converted.fill_nan(None).alias("converted"),
        number("value", None).fill_nan(float("inf")),
        number("count", 1.0),
        (pl.lit("all") if stratum is None else _strata(paths, stratum)).alias("stratum"),
    ]
    if "value_squares" in paths.columns:
        columns.append(number("value_squares", None))
    if "days_before" in paths.columns:
        columns.append(pl.col("days_before"))
    return paths.select(columns)


def _touches(paths: pl.DataFrame, separator: str | None) -> pl.Expr:
    """Give touches as lists of names, trimmed, without empty ones."""
    if isinstance(paths.schema["touches"], pl.List | pl.Array):
        lists = pl.col("touches").cast(pl.List(pl.String))
    else:
        text = pl.col("touches").cast(pl.String)
        lists = text.str.split(separator) if separator else text.str.replace_all(SEPARATORS, "\x1f").str.split("\x1f")
    kept = pl.element().str.strip_chars()
    lists = lists.list.eval(kept.filter(kept.is_not_null() & (kept != "")))
    return pl.when(pl.col("touches").is_null()).then(pl.lit([], dtype=pl.List(pl.String))).otherwise(lists)


def _strata(paths: pl.DataFrame, stratum: str) -> pl.Expr:
    """Give strata as text: quintiles of a score with more than 5 values, else the values; null is "unknown"."""
    column = paths[stratum]
    if column.dtype.is_numeric() and column.fill_nan(None).n_unique() > 6:
        weights = (
            paths["count"].cast(pl.Float64, strict=False).fill_null(0).fill_nan(0)
            if "count" in paths.columns
            else pl.Series([1.0] * len(column))
        )
        order = (
            pl.DataFrame({"score": column.cast(pl.Float64).fill_nan(None), "weight": weights})
            .drop_nulls()
            .group_by("score")
            .agg(pl.col("weight").sum())
            .sort("score")
        )
        middle = (order["weight"].cum_sum() - order["weight"] / 2) / max(float(order["weight"].sum()), 1e-300)
        fifth = (middle * 5).floor().clip(0, 4).cast(pl.Int64) + 1
        names = dict(zip(order["score"].to_list(), [f"fifth {each}" for each in fifth.to_list()], strict=True))
        return pl.col(stratum).cast(pl.Float64).fill_nan(None).replace_strict(names, default="unknown", return_dtype=pl.String)
    return pl.col(stratum).cast(pl.String).fill_null("unknown")


def _guess(paths: pl.DataFrame, frame: pl.DataFrame) -> str:
    """Tell how `converted` is meant: 0 and 1 (or true and false) say whether the row's companies converted, else it is how many did."""
    if paths.schema["converted"] == pl.Boolean:
        return "flag"
    seen = frame["converted"].drop_nulls()
    return "flag" if seen.is_in([0.0, 1.0]).all() else "number"


def _within(rows: pl.DataFrame, look_back_days: float) -> pl.DataFrame:
    """Keep the touches of the look-back window."""
    keyed = rows.with_row_index("row")
    kept = (
        keyed.select("row", "touches", "days_before")
        .filter(pl.col("touches").list.len() > 0)
        .explode("touches", "days_before")
        .filter(pl.col("days_before").cast(pl.Float64) <= look_back_days)
        .group_by("row", maintain_order=True)
        .agg("touches")
    )
    joined = keyed.drop("touches").join(kept, on="row", how="left", maintain_order="left")
    empty = pl.lit([], dtype=pl.List(pl.String))
    return joined.with_columns(pl.when(pl.col("touches").is_null()).then(empty).otherwise("touches").alias("touches")).drop("row")

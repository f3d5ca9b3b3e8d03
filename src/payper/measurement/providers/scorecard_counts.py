"""Count, per provider and check, how many deliveries passed of how many that could be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import polars as pl

from payper.errors import UsageError
from payper.measurement.providers.checks import ACCEPTED, CHECKS, IN_TIME, MEETING_HELD, NOT_RETURNED, Check, Criterion
from payper.reasons import Fault, Reason, Verdict

COUNTS_SCHEMA: dict[str, type[pl.DataType]] = {
    "provider": pl.String,
    "criterion": pl.String,
    "check": pl.String,
    "segment": pl.String,
    "good": pl.Int64,
    "checked": pl.Int64,
    "based_on": pl.Int64,
    "deliveries": pl.Int64,
}
"""`good` of `checked` passed; `based_on` is how many were looked at (of weighted audits more than `checked`) and `deliveries` how many
there were: "based on 40 checked of 612"."""

SPEED_DAYS = 7.0
WHOLE = "all"
"""The segment where none is asked for."""

_THEIR_DOING = frozenset(reason.name for reason in Reason if reason.fault in {Fault.PROVIDER, Fault.PROSPECT})


def scorecard_counts(
    verdicts: pl.DataFrame,
    returns: pl.DataFrame | None = None,
    outcomes: pl.DataFrame | None = None,
    *,
    asked: Mapping[str, Iterable[str]] | None = None,
    segment: str | None = None,
    speed_days: float = SPEED_DAYS,
) -> pl.DataFrame:
    """Count what every check found.

    Args:
        verdicts: One row per delivery: `provider` (rows without one are left out), `verdict`, `reasons` (List[String] of `Reason` names;
            null: none), `delivery_id`; as far as known `contract`, `email`, `phone`, `generated_at`, `delivered_at` and the `segment`.
        returns: What was found after delivery: `delivery_id`, `reason`, and `outcome` as settlement has it: granted and null count,
            pending and contested ones make the check unknown, refused ones do not count. Bounces and wrong-person feedback that were
            never claimed as returns may be added as further rows, `outcome` null and `is_feedback` true: they count against data
            accuracy, but are no returns. None: nothing is known of what came back, so nothing is counted by it.
        outcomes: `delivery_id`, `held_at` and `missed_at` (null: not, or not yet), and if known `missed_reason`: where the buyer did not
            come, the meeting says nothing of the provider.
        asked: Names of checks by contract id, as `checks_asked`; None: all contracts ask all. A delivery whose terms do not ask for valid
            phone numbers was not checked for them.
        segment: The column of `verdicts` to count by; null in it is "unknown". None: everything is one segment, "all".
        speed_days: Days from generated to delivered that count as in time.

    Returns:
        `COUNTS_SCHEMA`, sorted by provider, criterion, check in the order of `CHECKS`, and segment; checks that nothing could be looked
        at for are left out. A check is passed unless one of its reasons is listed; where a reason says that it cannot be known, or the
        column is empty, the delivery was not checked. Rows that cannot be read are checked for nothing else. Acceptance leaves out what
        is undecided (review, quarantine) and rejections that the provider could not prevent.

    Raises:
        UsageError: A column is missing.
    """
    _need(verdicts, ("provider", "verdict", "reasons", "delivery_id", *([segment] if segment else [])), "verdicts")
    rows = _with_findings(_rows(verdicts, segment, speed_days), returns, outcomes)
    keys = ["provider", "contract", "segment", "verdict", "listed", "open", "is_returned", "is_claimed", "in_time", "is_held"]
    alike = rows.group_by(*keys, "has_email", "has_phone").agg(deliveries=pl.len())
    known = [check for check in CHECKS if not check.is_after or returns is not None]
    parts = [_count(alike, check.name, check.criterion, *_passed(check, asked)) for check in known]
    is_accepted = pl.col("verdict") == Verdict.ACCEPTED.value
    is_rejected = (pl.col("verdict") == Verdict.REJECTED.value) & _lists(_THEIR_DOING)
    parts += [
        _count(alike, ACCEPTED, Criterion.ACCEPTANCE, is_accepted, is_accepted | is_rejected),
        _count(alike, NOT_RETURNED, Criterion.RETURNS, ~pl.col("is_returned"), is_accepted & ~pl.col("is_claimed") & (returns is not None)),
        _count(alike, IN_TIME, Criterion.SPEED, pl.col("in_time"), pl.col("in_time").is_not_null()),
        _count(alike, MEETING_HELD, Criterion.SHOW_RATE, pl.col("is_held"), pl.col("is_held").is_not_null()),
    ]
    order = {criterion.value: at for at, criterion in enumerate(Criterion)}
    counted = pl.concat(parts).filter(pl.col("checked").sum().over("provider", "check") > 0)
    return (
        counted.with_row_index("at")
        .sort("provider", pl.col("criterion").replace_strict(order, return_dtype=pl.Int64), pl.col("at").min().over("check"), "segment")
        .select(pl.col(name).cast(dtype) for name, dtype in COUNTS_SCHEMA.items())
    )


def _need(frame: pl.DataFrame, names: Iterable[str], where: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise UsageError(
            where=f"scorecard_counts, {where}",
            seen=f"The frame has no column {', '.join(missing)}.",
            mend="Give the columns named in docs/providers.md.",
        )


def _rows(verdicts: pl.DataFrame, segment: str | None, speed_days: float) -> pl.DataFrame:
    """Give what is asked of a delivery, one row each."""

    def known(name: str) -> pl.Expr:
        return pl.col(name).is_not_null() if name in verdicts.columns else pl.lit(value=True)

    dates = {"generated_at", "delivered_at"} <= set(verdicts.columns)
    spent = pl.col("delivered_at") - pl.col("generated_at") if dates else pl.lit(None, dtype=pl.Duration("us"))
    return verdicts.filter(pl.col("provider").is_not_null()).select(
        pl.col("provider", "verdict").cast(pl.String),
        pl.col("contract").cast(pl.String) if "contract" in verdicts.columns else pl.lit(None, dtype=pl.String).alias("contract"),
        pl.col("delivery_id"),
        pl.col("reasons").cast(pl.List(pl.String)).fill_null([]).alias("listed"),
        (pl.col(segment).cast(pl.String).fill_null("unknown") if segment else pl.lit(WHOLE)).alias("segment"),
        known("email").alias("has_email"),
        known("phone").alias("has_phone"),
        (spent <= timedelta(days=speed_days)).alias("in_time"),
    )


def _with_findings(rows: pl.DataFrame, returns: pl.DataFrame | None, outcomes: pl.DataFrame | None) -> pl.DataFrame:
    """Add what came back after delivery: reasons granted to those listed, open ones apart, and whether the meeting was held."""
    nothing = pl.lit([], dtype=pl.List(pl.String))
    if returns is None:
        rows = rows.with_columns(open=nothing, is_returned=pl.lit(value=False), is_claimed=pl.lit(value=False))
    else:
        _need(returns, ("delivery_id", "reason"), "returns")
        outcome = pl.col("outcome") if "outcome" in returns.columns else pl.lit(None, dtype=pl.String)
        feedback = pl.col("is_feedback").fill_null(value=False) if "is_feedback" in returns.columns else pl.lit(value=False)
        is_granted = outcome.is_null() | (outcome == "granted")
        is_open = outcome.is_in(["pending", "contested"])
        found = returns.group_by("delivery_id").agg(
            found=pl.col("reason").filter(is_granted).drop_nulls(),
            open=pl.col("reason").filter(is_open).drop_nulls(),
            is_returned=(is_granted & ~feedback).any(),
            is_claimed=(is_open & ~feedback).any(),
        )
        rows = rows.join(found, on="delivery_id", how="left", maintain_order="left").with_columns(
            listed=pl.concat_list("listed", pl.col("found").fill_null(nothing)),
            open=pl.col("open").fill_null(nothing),
            is_returned=pl.col("is_returned").fill_null(value=False),
            is_claimed=pl.col("is_claimed").fill_null(value=False) & ~pl.col("is_returned").fill_null(value=False),
        )
    if outcomes is None:
        return rows.with_columns(is_held=pl.lit(None, dtype=pl.Boolean)).with_columns(_as_text("listed"), _as_text("open"))
    _need(outcomes, ("delivery_id", "held_at", "missed_at"), "outcomes")
    is_missed = pl.col("missed_at").is_not_null()
    if "missed_reason" in outcomes.columns:
        is_missed = is_missed & (pl.col("missed_reason") != Reason.NO_SHOW_BUYER.name).fill_null(value=True)
    held = pl.when(pl.col("held_at").is_not_null()).then(statement=True).when(is_missed).then(statement=False)
    met = outcomes.select("delivery_id", is_held=held)
    joined = rows.join(met, on="delivery_id", how="left", maintain_order="left")
    return joined.with_columns(_as_text("listed"), _as_text("open"))


def _as_text(name: str) -> pl.Expr:
    """Write a list of reasons as one text, alike for alike sets, as few differ and grouping by text is quick."""
    return pl.col(name).list.unique().list.sort().list.join(";")


def _lists(reasons: Iterable[str], column: str = "listed") -> pl.Expr:
    names = sorted(reasons)
    return pl.col(column).str.contains(rf"\b(?:{'|'.join(names)})\b") if names else pl.lit(value=False)


def _passed(check: Check, asked: Mapping[str, Iterable[str]] | None) -> tuple[pl.Expr, pl.Expr]:
    """Tell of which deliveries the check was passed, and which could be looked at for it."""
    bad, unknown = {reason.name for reason in check.bad}, {reason.name for reason in check.unknown}
    is_bad = _lists(bad)
    is_looked_at = ~_lists(unknown) & ~_lists(bad, "open")
    if check.column:
        is_looked_at = is_looked_at & pl.col(f"has_{check.column}")
    if check.bad != {Reason.ROW_MALFORMED}:
        is_looked_at = is_looked_at & ~_lists({Reason.ROW_MALFORMED.name})
    is_looked_at = is_bad | is_looked_at
    if check.is_after:
        is_looked_at = is_looked_at & (pl.col("verdict") == Verdict.ACCEPTED.value)
    if asked is not None:
        asking = [contract for contract, names in asked.items() if check.name in set(names)]
        is_looked_at = is_looked_at & pl.col("contract").is_in(asking).fill_null(value=False)
    return ~is_bad, is_looked_at


def _count(alike: pl.DataFrame, name: str, criterion: Criterion, passed: pl.Expr, looked_at: pl.Expr) -> pl.DataFrame:
    """Add up one check per provider and segment."""
    many = pl.col("deliveries")
    checked = many.filter(looked_at).sum()
    return (
        alike.group_by("provider", "segment")
        .agg(
            good=many.filter(looked_at & passed).sum().cast(pl.Int64),
            checked=checked.cast(pl.Int64),
            based_on=checked.cast(pl.Int64),
            deliveries=many.sum().cast(pl.Int64),
        )
        .with_columns(criterion=pl.lit(criterion.value), check=pl.lit(name))
        .select(list(COUNTS_SCHEMA))
    )


SPEEDS_SCHEMA: dict[str, type[pl.DataType]] = {
    "provider": pl.String,
    "deliveries": pl.Int64,
    "timed": pl.Int64,
    "days_median": pl.Float64,
    "days_p90": pl.Float64,
}


def delivery_speeds(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Tell how many days pass from generating to delivering.

    Args:
        verdicts: One row per delivery: `provider`, `generated_at`, `delivered_at`.

    Returns:
        `SPEEDS_SCHEMA`, sorted by provider: of `timed` deliveries both instants are known and in order; median and the 90th percentile
        of their days, null where there are none.

    Raises:
        UsageError: A column is missing.
    """
    _need(verdicts, ("provider", "generated_at", "delivered_at"), "verdicts")
    days = (pl.col("delivered_at") - pl.col("generated_at")).dt.total_microseconds() / 86_400_000_000
    known = days.filter(days >= 0)
    return (
        verdicts.filter(pl.col("provider").is_not_null())
        .group_by("provider")
        .agg(
            deliveries=pl.len(),
            timed=known.len(),
            days_median=known.median(),
            days_p90=known.quantile(0.9, interpolation="linear"),
        )
        .sort("provider")
        .select(pl.col(name).cast(dtype) for name, dtype in SPEEDS_SCHEMA.items())
    )

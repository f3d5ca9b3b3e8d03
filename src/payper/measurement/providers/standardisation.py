"""Allow for the mix: a provider asked for hard segments is compared with what all providers together would have had there.

Indirect standardisation: expected faults are the provider's checked deliveries per segment times the fault rate of all providers in that
segment; seen over expected is below 1 where the provider does better than its mix explains. The interval is exact for a Poisson count of
faults, which is on the safe side where faults are common.

Source: Breslow and Day 1987, Statistical Methods in Cancer Research II, section 2.3; Garwood 1936, Biometrika 28:437-442 (the interval).
"""

from __future__ import annotations

import polars as pl

from payper.errors import UsageError
from payper.measurement.providers.places import LEVEL

MIX_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "provider": pl.String,
    "criterion": pl.String,
    "check": pl.String,
    "checked": pl.Float64,
    "faults": pl.Float64,
    "expected": pl.Float64,
    "ratio": pl.Float64,
    "ratio_lo": pl.Float64,
    "ratio_hi": pl.Float64,
    "rate": pl.Float64,
    "rate_lo": pl.Float64,
    "rate_hi": pl.Float64,
    "flags": pl.List(pl.String),
}

MIX_FLAGS = {
    "FEW_EXPECTED": "fewer than 5 faults were to be expected, so the ratio says little",
    "NO_FAULTS": "no provider has a fault in these segments, so there is nothing to compare",
    "ALONE_IN_SEGMENTS": "more than half of what was expected comes from segments that no other provider delivers to",
}
"""What each flag of `adjust_for_mix` means."""


def adjust_for_mix(counts: pl.DataFrame, *, level: float = LEVEL) -> pl.DataFrame:
    """Compare each provider's faults with those that its mix of segments explains.

    Args:
        counts: As `scorecard_counts` gives them, by segment: `provider`, `criterion`, `check`, `segment`, `good`, `checked`.
        level: Of intervals.

    Returns:
        `MIX_SCHEMA`, one row per provider and check, sorted by criterion, check and provider: `faults` seen and `expected`; their `ratio`
        with interval; `rate`, the share that would have passed if the provider had had everybody's mix (1 - ratio x fault rate of all,
        within 0 and 1). Null where nothing was checked or expected; never NaN.

    Raises:
        UsageError: A column is missing, or the level is not between .5 and 1.
    """
    needed = ["provider", "criterion", "check", "segment", "good", "checked"]
    missing = [name for name in needed if name not in counts.columns]
    if missing or not 0.5 < level < 1:
        seen = f"The frame has no column {', '.join(missing)}." if missing else f"The level {level} is outside its range."
        raise UsageError(where="adjust_for_mix", seen=seen, mend="Give counts by segment, and a level such as 0.95.")
    keys = ["criterion", "check", "segment"]
    faults = pl.col("checked") - pl.col("good")
    cells = counts.select(*needed[:4], pl.col("good", "checked").cast(pl.Float64)).filter(pl.col("checked") > 0)
    cells = cells.with_columns(faults=faults).with_columns(
        expected=pl.col("checked") * pl.col("faults").sum().over(keys) / pl.col("checked").sum().over(keys),
        is_alone=pl.col("provider").n_unique().over(keys) == 1,
    )
    per = cells.group_by("provider", "criterion", "check").agg(
        pl.col("checked", "faults", "expected").sum(), alone=pl.col("expected").filter("is_alone").sum()
    )
    whole = pl.col("faults").sum().over("criterion", "check") / pl.col("checked").sum().over("criterion", "check")
    per = per.hstack(_intervals(per["faults"], level)).with_columns(
        *((pl.when(pl.col("expected") > 0).then(pl.col(name) / pl.col("expected"))).alias(name) for name in ("ratio_lo", "ratio_hi")),
        ratio=pl.when(pl.col("expected") > 0).then(pl.col("faults") / pl.col("expected")),
        whole=whole,
    )
    flags = pl.concat_list(
        pl.when(holds).then(pl.lit([code])).otherwise(pl.lit([], dtype=pl.List(pl.String)))
        for code, holds in (
            ("NO_FAULTS", pl.col("expected") == 0),
            ("FEW_EXPECTED", (pl.col("expected") > 0) & (pl.col("expected") < 5)),
            ("ALONE_IN_SEGMENTS", (pl.col("expected") > 0) & (pl.col("alone") > pl.col("expected") / 2)),
        )
    )
    return (
        per.with_columns(
            rate=(1 - pl.col("ratio") * pl.col("whole")).clip(0, 1),
            rate_lo=(1 - pl.col("ratio_hi") * pl.col("whole")).clip(0, 1),
            rate_hi=(1 - pl.col("ratio_lo") * pl.col("whole")).clip(0, 1),
            flags=flags,
        )
        .sort("criterion", "check", "provider")
        .select(pl.col(name).cast(dtype) for name, dtype in MIX_SCHEMA.items())
    )


def _intervals(faults: pl.Series, level: float) -> pl.DataFrame:
    """Give the exact interval of the mean of a Poisson count, as `ratio_lo` and `ratio_hi` still to be divided by what was expected."""
    from scipy.special import gammaincinv

    seen, tail = faults.to_numpy(), (1 - level) / 2
    low = [float(gammaincinv(count, tail)) if count > 0 else 0.0 for count in seen]
    return pl.DataFrame({"ratio_lo": low, "ratio_hi": gammaincinv(seen + 1, 1 - tail)})

"""The watch: which providers' deliveries of the last weeks stand out from their own history, with the evidence in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from payper.errors import DeliveryError, UsageError
from payper.measurement.anomalies.chance import benjamini_hochberg, simes, upper_mid_p
from payper.measurement.anomalies.drift import drift_chances
from payper.measurement.anomalies.fleet import read_fleet, shrink
from payper.measurement.anomalies.sentences import Seen, evidence_words, provider_words, shared_words, span_words
from payper.measurement.anomalies.signals import COUNTS_SCHEMA, FEEDBACK, FILLS_UP, SIGNALS

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

STANDS_OUT, AS_EXPECTED, TOO_FEW = "stands out", "as expected", "not enough to judge"

EVIDENCE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "provider": pl.String,
    "signal": pl.String,
    "comparison": pl.String,
    "since": pl.Date,
    "until": pl.Date,
    "k": pl.Int64,
    "n": pl.Int64,
    "share": pl.Float64,
    "expected": pl.Float64,
    "expected_share": pl.Float64,
    "basis": pl.String,
    "chance": pl.Float64,
    "status": pl.String,
    "words": pl.String,
    "answer": pl.String,
}
"""Columns of evidence. `comparison`: recent (the last weeks) or drift (since the week in which a slow rise most likely began); `until` is
the last day looked at; `expected` is the number expected of n; `chance` of as many by chance alone (null: not enough to judge; for
drift a bound from above); `answer` is empty, for what the provider says to it."""

PROVIDERS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "provider": pl.String,
    "status": pl.String,
    "checked": pl.Int64,
    "signals": pl.List(pl.String),
    "chance": pl.Float64,
    "chance_adjusted": pl.Float64,
    "words": pl.String,
}
"""Columns of providers: `checked` the most deliveries that one signal of the last weeks was looked for on; `signals` that stand out;
`chance` of evidence as strong over all signals together, `chance_adjusted` after allowing for all providers looked at."""


@dataclass(frozen=True)
class Anomalies:
    """What stands out as of a week.

    Attributes:
        week: The Monday of the last week looked at; None: there was none.
        q: On average at most this share of the providers that one comparison names stand out by chance alone.
        providers: One row per provider, as `PROVIDERS_SCHEMA`, those that stand out first.
        evidence: One row per provider, signal and comparison, as `EVIDENCE_SCHEMA`, the least likely first.
        notes: Sentences on signals that stand out at half of the providers or more at once, and at three at least.
    """

    week: date | None
    q: float
    providers: pl.DataFrame
    evidence: pl.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a comparison takes and needs.

    Attributes:
        weeks: How many last weeks are compared with all earlier ones.
        memory: A history counts for at most so many deliveries: honest weeks differ by more than chance alone.
        drift_weeks: How many weeks a slow rise may be old.
        drift_memory: As `memory`, where whole half-years are compared.
        week_memory: As `memory`, for a single week of a slow rise.
        recent_min: Fewer checked deliveries in the last weeks are not judged.
        history_min: A shorter history (in deliveries) counts as none.
        others_min: Without a history of its own, a provider is compared with at least so many others.
    """

    weeks: int = 4
    memory: float = 150.0
    drift_weeks: int = 26
    drift_memory: float = 600.0
    week_memory: float = 60.0
    recent_min: int = 8
    history_min: int = 30
    others_min: int = 3


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class _Compared:
    """One comparison, all arrays providers by signals.

    Attributes:
        name: recent or drift.
        k: Counts compared.
        n: Numbers checked.
        expected: The share expected.
        has_own: Whether the provider has a history of its own.
        chance: Of a count as high by chance alone; NaN: not judged.
        begins: The index of the first week compared.
    """

    name: str
    k: Numbers
    n: Numbers
    expected: Numbers
    has_own: Flags
    chance: Numbers
    begins: Whole

    def judge(self, q: float) -> _Judged:
        """Combine the chances over signals and providers."""
        together = simes(self.chance)
        adjusted = benjamini_hochberg(together)
        is_out = np.nan_to_num(adjusted, nan=1.0) <= q
        judged = max(1, int(np.sum(~np.isnan(together))))
        rows = np.nan_to_num(benjamini_hochberg(self.chance), nan=1.0) <= q * int(is_out.sum()) / judged
        return _Judged(together=together, adjusted=adjusted, is_out=is_out, rows=rows & is_out[:, None])


@dataclass(frozen=True, slots=True)
class _Judged:
    """One comparison judged: by provider the chance over all signals, adjusted for all providers, and whether it stands out; and rows."""

    together: Numbers
    adjusted: Numbers
    is_out: Flags
    rows: Flags


def find_anomalies(counts: pl.DataFrame, *, week: date | None = None, q: float = 0.05, limits: Limits = LIMITS) -> Anomalies:
    """Find the providers whose deliveries of the last weeks stand out, and say by which signals, how clearly and against what.

    For every provider and signal the last four weeks are compared with the provider's own earlier weeks, shrunk to what all providers
    show and worth at most 150 deliveries (beta-binomial mid-p). A second comparison looks for a slow rise within the last 26 weeks
    (CUSUM). Chances are combined over signals (Simes) and over providers (Benjamini-Hochberg at `q`), for each comparison by itself.

    Args:
        counts: As `COUNTS_SCHEMA`: any signal names; weeks are Mondays; weeks missing hold no deliveries; rows that name the same
            provider, week and signal are added up. `count_signals` makes them from verdicts and returns.
        week: A day of the last week to look at; later ones are left out. None: the last week there is, which the words then date.
        q: Sensitivity, above 0 and below 1: 0.2 finds more and is wrong more often.
        limits: Windows, memories and least numbers.

    Raises:
        DeliveryError: A column is missing or null, or a count is above its number checked or below 0.
        UsageError: `q` is not between 0 and 1.

    Source: Simes 1986, Biometrika 73, 751-754; Benjamini and Hochberg 1995, J. R. Statist. Soc. B 57, 289-300; which signals stand out
    within a provider: Benjamini and Bogomolov 2014, J. R. Statist. Soc. B 76, 297-318.
    """
    if not 0 < q < 1:
        raise UsageError(where="q", seen=f"q = {q:g} is not between 0 and 1", mend="Give a share such as 0.05.")
    known = _checked(counts)
    last = known["week"].max() if week is None else week - timedelta(days=week.weekday())
    known = known.filter(pl.col("week") <= last) if last is not None else known
    if known.is_empty():
        return Anomalies(week, q, pl.DataFrame(schema=PROVIDERS_SCHEMA), pl.DataFrame(schema=EVIDENCE_SCHEMA))
    first = known["week"].min()
    assert isinstance(first, date)
    assert isinstance(last, date)
    names = known["provider"].unique().sort().to_list()
    order = {name: number for number, name in enumerate(SIGNALS)}
    signals = sorted(known["signal"].unique().to_list(), key=lambda name: (order.get(name, len(order)), name))
    k, n = _cubes(known, names, signals, first=first, last=last)
    rises = np.array([name not in FILLS_UP for name in signals])
    both = [_recent(k, n, limits), _drift(k, n, rises, limits)]
    judged = [each.judge(q) for each in both]
    span = span_words(limits.weeks, None if week is not None else last + timedelta(days=6))
    rows = [
        row
        for compared, one in zip(both, judged, strict=True)
        for row in _evidence(compared, one, names, signals, first=first, last=last, span=span)
    ]
    evidence = pl.DataFrame(rows, schema=EVIDENCE_SCHEMA, orient="row").sort(
        pl.col("status") != STANDS_OUT, "chance", "provider", "comparison", "signal", nulls_last=True, maintain_order=True
    )
    return Anomalies(last, q, _providers(names, both, judged, rows, span=span), evidence, _notes(signals, both, judged))


def deliveries_behind(marks: pl.DataFrame, anomalies: Anomalies) -> pl.DataFrame:
    """List the deliveries behind the evidence that stands out, to hand over with it.

    Args:
        marks: As `mark_signals` gives them.
        anomalies: As `find_anomalies` gives them, from counts of the same deliveries.

    Returns:
        `provider, signal, contract, external_id, delivered_at`, one row per signal and delivery that shows it, sorted.
    """
    out = (
        anomalies.evidence.filter(pl.col("status") == STANDS_OUT)
        .group_by("provider", "signal")
        .agg(pl.col("since").min(), pl.col("until").max())
    )
    rows = []
    for name in SIGNALS:
        when = "feedback_week" if name in FEEDBACK else "week"
        rows.append(
            marks.filter(pl.col(name))
            .join(out.filter(pl.col("signal") == name), on="provider")
            .filter(pl.col(when).is_between(pl.col("since"), pl.col("until")))
            .select("provider", "signal", "contract", "external_id", "delivered_at")
        )
    return pl.concat(rows).sort("provider", "signal", "delivered_at", "contract", "external_id", nulls_last=True)


def _checked(counts: pl.DataFrame) -> pl.DataFrame:
    missing = [name for name in COUNTS_SCHEMA if name not in counts.columns]
    if missing:
        raise DeliveryError(
            where="counts",
            seen=f"the columns {', '.join(missing)} are missing",
            mend=f"Give {', '.join(COUNTS_SCHEMA)}, one row per count.",
        )
    known = counts.select(pl.col(name).cast(dtype) for name, dtype in COUNTS_SCHEMA.items())
    wrong = known.filter(pl.any_horizontal(pl.all().is_null()) | (pl.col("k") < 0) | (pl.col("k") > pl.col("n")))
    if wrong.height:
        row = wrong.row(0, named=True)
        raise DeliveryError(
            where=f"counts of {row['provider']}, {row['signal']}, week {row['week']}",
            seen=f"{row['k']} of {row['n']}",
            mend="Give counts of at least 0 and at most the number checked, and no empty cell.",
        )
    return known.group_by("provider", pl.col("week").dt.truncate("1w"), "signal").agg(pl.col("k", "n").sum())


def _cubes(known: pl.DataFrame, names: list[str], signals: list[str], *, first: date, last: date) -> tuple[Numbers, Numbers]:
    """Lay the counts out as providers by weeks by signals, 0 of 0 where there are none."""
    shape = (len(names), (last - first).days // 7 + 1, len(signals))
    place = (
        known["provider"].replace_strict(names, range(len(names)), return_dtype=pl.Int64).to_numpy(),
        ((known["week"] - first).dt.total_days() // 7).to_numpy(),
        known["signal"].replace_strict(signals, range(len(signals)), return_dtype=pl.Int64).to_numpy(),
    )
    k, n = np.zeros(shape), np.zeros(shape)
    k[place], n[place] = known["k"].to_numpy(), known["n"].to_numpy()
    return k, n


def _recent(k: Numbers, n: Numbers, limits: Limits) -> _Compared:
    """Compare the last weeks with all earlier ones."""
    begins = max(0, k.shape[1] - limits.weeks)
    past_k, past_n = k[:, :begins].sum(axis=1), n[:, :begins].sum(axis=1)
    last_k, last_n = k[:, begins:].sum(axis=1), n[:, begins:].sum(axis=1)
    a, b = shrink(past_k, past_n, read_fleet(past_k, past_n, memory=limits.memory), memory=limits.memory)
    chance = upper_mid_p(last_k.ravel(), last_n.ravel(), a.ravel(), b.ravel()).reshape(a.shape)
    has_own = past_n >= limits.history_min
    is_judged = (last_n >= limits.recent_min) & (has_own | (has_own.sum(axis=0) - has_own >= limits.others_min))
    return _Compared(
        "recent", last_k, last_n, a / (a + b), has_own, np.where(is_judged, chance, np.nan), np.full(a.shape, begins, dtype=np.int64)
    )


def _drift(k: Numbers, n: Numbers, rises: Flags, limits: Limits) -> _Compared:
    """Look for a slow rise within the last weeks, at most half of all, against those before, in the signals that `rises` names."""
    weeks = k.shape[1]
    since = weeks - min(limits.drift_weeks, weeks // 2)
    past_k, past_n = k[:, :since].sum(axis=1), n[:, :since].sum(axis=1)
    a, b = shrink(past_k, past_n, read_fleet(past_k, past_n, memory=limits.drift_memory), memory=limits.drift_memory)
    if since == weeks:
        chance, begins = np.ones(a.shape), np.zeros(a.shape, dtype=np.int64)
    else:
        # A hundred providers at a time keep the grid of rates within some ten megabytes.
        parts = [slice(start, start + 100) for start in range(0, len(k), 100)]
        found = [drift_chances(k[own, since:], n[own, since:], a[own], b[own], week_memory=limits.week_memory) for own in parts]
        chance, begins = (np.concatenate(each) for each in zip(*found, strict=True))
    begins = begins + since
    after = np.arange(weeks)[None, :, None] >= begins[:, None, :]
    last_k, last_n = (k * after).sum(axis=1), (n * after).sum(axis=1)
    has_own = past_n >= limits.history_min
    is_judged = rises & has_own & (last_n >= limits.recent_min) & (weeks - since > limits.weeks)
    return _Compared("drift", last_k, last_n, a / (a + b), has_own, np.where(is_judged, chance, np.nan), begins)


def _evidence(
    compared: _Compared, judged: _Judged, names: list[str], signals: list[str], *, first: date, last: date, span: str
) -> list[tuple[Any, ...]]:
    """List the rows of one comparison; a slow rise is listed only where it could be judged."""
    looks = int(np.sum(~np.isnan(compared.chance)))
    rows = []
    for place in np.ndindex(compared.k.shape):
        if compared.n[place] == 0 or (compared.name == "drift" and np.isnan(compared.chance[place])):
            continue
        chance = None if np.isnan(compared.chance[place]) else float(compared.chance[place])
        status = TOO_FEW if chance is None else STANDS_OUT if judged.rows[place] else AS_EXPECTED
        seen = Seen(
            label=_label(signals[place[1]]),
            k=int(compared.k[place]),
            n=int(compared.n[place]),
            since=first + timedelta(days=7 * int(compared.begins[place])),
            expected_share=float(compared.expected[place]),
            chance=chance,
            is_drift=compared.name == "drift",
            has_own=bool(compared.has_own[place]),
        )
        rows.append(
            (
                names[place[0]],
                signals[place[1]],
                compared.name,
                seen.since,
                last + timedelta(days=6),
                seen.k,
                seen.n,
                seen.k / seen.n,
                seen.expected_share * seen.n,
                seen.expected_share,
                seen.basis,
                chance,
                status,
                evidence_words(seen, span=span, looks=looks, stands_out=status == STANDS_OUT),
                None,
            )
        )
    return rows


def _notes(signals: list[str], both: list[_Compared], judged: list[_Judged]) -> tuple[str, ...]:
    """Tell which signals stand out at half of the providers or more."""
    out = np.any([one.rows for one in judged], axis=0).sum(axis=0)
    can = np.any([~np.isnan(each.chance) for each in both], axis=0).sum(axis=0)
    return tuple(
        shared_words(_label(name), out=int(some), judged=int(all_))
        for name, some, all_ in zip(signals, out, can, strict=True)
        if some >= 3 and 2 * some >= all_
    )


def _label(signal: str) -> str:
    return SIGNALS.get(signal, signal.replace("_", " "))


def _providers(names: list[str], both: list[_Compared], judged: list[_Judged], rows: list[tuple[Any, ...]], *, span: str) -> pl.DataFrame:
    """Sum the evidence up by provider."""
    place = {name: number for number, name in enumerate(EVIDENCE_SCHEMA)}
    seen: dict[str, set[str]] = {name: set() for name in names}
    out: dict[str, dict[str, tuple[float, str]]] = {name: {} for name in names}
    for row in rows:
        name, signal = row[place["provider"]], row[place["signal"]]
        seen[name].add(signal)
        # The last weeks come first in the rows; a slow rise is told only where they do not stand out.
        if row[place["status"]] == STANDS_OUT and signal not in out[name]:
            out[name][signal] = (row[place["chance"]], row[place["words"]])
    found = []
    for number, name in enumerate(names):
        chances = [float(one.together[number]) for one in judged if not np.isnan(one.together[number])]
        adjusted = [float(one.adjusted[number]) for one in judged if not np.isnan(one.adjusted[number])]
        told = sorted(out[name].items(), key=lambda each: (each[1][0], each[0]))
        checked = int(both[0].n[number].max())
        words = [each[1][1] for each in told]
        found.append(
            (
                name,
                STANDS_OUT if told else AS_EXPECTED if chances else TOO_FEW,
                checked,
                [each[0] for each in told],
                min(chances, default=None),
                min(adjusted, default=None),
                provider_words(words, checked=checked, signals=len(seen[name]), span=span, is_judged=bool(chances)),
            )
        )
    return pl.DataFrame(found, schema=PROVIDERS_SCHEMA, orient="row").sort(
        pl.col("status") != STANDS_OUT, "chance_adjusted", "chance", "provider", nulls_last=True, maintain_order=True
    )

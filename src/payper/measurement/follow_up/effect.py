"""What a fast first touch is associated with: leads answered early against leads answered late, matched on score and hour of arrival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl

from payper.errors import DeliveryError, UsageError
from payper.measurement.follow_up.instrument import SecondOpinion, second_opinion
from payper.measurement.follow_up.sentences import band_label, follow_up_words
from payper.measurement.follow_up.tables import Pooled, pool_tables

BANDS: tuple[float, ...] = (0.0, 1.0, 4.0, 24.0, 72.0, 168.0)
"""Hours at which bands of first-touch delay begin; the last has no end."""

OUTCOMES: dict[str, str] = {
    "booked_at": "meetings booked",
    "held_at": "meetings held",
    "opportunity_at": "opportunities",
    "won_at": "won deals",
}

TOO_YOUNG = "too young for the outcome"
NEVER_REACHED = "never reached"
TOUCH_UNKNOWN = "no touch recorded before the outcome"
TOUCHED_BEFORE = "touched before delivery"
TOUCHED_LATE = "touched after the time for the outcome"
LEFT_OUT: tuple[str, ...] = (TOO_YOUNG, NEVER_REACHED, TOUCH_UNKNOWN, TOUCHED_BEFORE, TOUCHED_LATE)
"""Why a lead does not take part: the first that holds."""

SIDE_MIN = 30
REACHED_MIN = 10
"""With fewer leads on a side, or fewer that reached the outcome, no effect is spoken of."""

BANDS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "band": pl.String,
    "from_hours": pl.Float64,
    "until_hours": pl.Float64,
    "leads": pl.Int64,
    "reached": pl.Int64,
    "rate": pl.Float64,
}
"""Columns of bands: `until_hours` null is without end, `reached` how many came to the outcome, `rate` null of no leads."""

_POOLED: tuple[str, ...] = (
    "odds_ratio", "odds_ratio_lo", "odds_ratio_hi", "difference", "difference_lo", "difference_hi", "crude_odds_ratio", "crude_difference",
)  # fmt: skip
_NUMBERS: tuple[str, ...] = ("fast", "fast_reached", "slow", "slow_reached", "strata", "strata_left_out")
COMPARISONS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "comparison": pl.String,
    "band": pl.String,
    "against": pl.String,
    **dict.fromkeys(_POOLED, pl.Float64),
    **dict.fromkeys(_NUMBERS, pl.Int64),
}
"""Columns of comparisons. `comparison` is bands (one band against the slow one) or landmark (those touched in a band against those who
still waited at its end and were touched later); the figures are those of `Pooled`."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When the buyer's people work: Monday to Friday, from one hour to another of a zone."""

    zone: str = "UTC"
    begins: int = 8
    ends: int = 18


@dataclass(frozen=True)
class FollowUp:
    """What the speed of the first touch is associated with.

    Attributes:
        outcome: The column whose instant counts as success.
        within_days: How long after delivery it counts.
        fast: Label of the fast band of the headline.
        slow: Label of the slow one.
        effect: Fast against slow, pooled over strata.
        second_opinion: The same question asked of the hour of arrival; compares fast with all others.
        bands: As `BANDS_SCHEMA`.
        comparisons: As `COMPARISONS_SCHEMA`.
        leads: How many leads take part.
        left_out: How many do not, by why.
        slower_a_week: Leads a week that are not answered fast, over the time in which leads came; never reached and young ones count.
        slower_out_of_hours: Share of these that arrive outside office hours; None: there are none.
        is_enough: Whether both sides are large enough to speak of an effect.
        hours_a_week: Hours a week to answer them all fast; None: the minutes of a first touch are not known.
        is_scored: Whether leads were matched on a score.
        words: The finding as sentences, headline first.
    """

    outcome: str
    within_days: int
    fast: str
    slow: str
    effect: Pooled
    second_opinion: SecondOpinion
    bands: pl.DataFrame
    comparisons: pl.DataFrame
    leads: int
    left_out: Mapping[str, int]
    slower_a_week: float
    slower_out_of_hours: float | None
    is_enough: bool
    hours_a_week: float | None = None
    is_scored: bool = False
    words: tuple[str, ...] = ()


def measure_follow_up(
    outcomes: pl.DataFrame,
    *,
    as_of: datetime,
    outcome: str = "held_at",
    within_days: int = 60,
    bands: Sequence[float] = BANDS,
    fast: float = 0.0,
    slow: float = 24.0,
    score: str | None = None,
    match: Sequence[str] = (),
    office: OfficeHours = OfficeHours(),
    touch_minutes: float | None = None,
) -> FollowUp:
    """Compare leads touched early with leads touched late, within strata of score and hour of arrival.

    The difference is an association: strata remove what the score and the hour of arrival explain, and nothing else.

    Leads that take part are old enough for the outcome to have shown, and were touched, and not after the outcome. Leads never reached are
    not slow ones (a dead number waits for ever), so they are counted apart. A landmark comparison per band looks at those who still
    waited when the band began, so that nobody counts as late for having had the time to be.

    Args:
        outcomes: One row per accepted delivery: `delivered_at, contacted_at` and the column `outcome` (instants, UTC; null: not yet), and
            those named by `score` and `match`. `contacted_at` is the first touch as recorded: a step that is only implied by a later
            one stays null. Where there is a column `kind`, appointments are left out.
        as_of: Nothing later has happened; with a zone.
        outcome: Column of the instant that counts as success.
        within_days: Days after delivery in which it counts; younger leads do not take part.
        bands: Hours at which bands of delay begin, rising from 0.
        fast: Start of the fast band of the headline, in hours.
        slow: Start of the slow one.
        score: Column with a score known at delivery; cut into tenths, or finer. None: not matched on score.
        match: Further columns to match on, such as provider or model.
        office: When the buyer works: strata of arrival, and the second opinion.
        touch_minutes: Minutes that a first touch takes, for the hours a week; None: not known.

    Raises:
        DeliveryError: A column is missing.
        UsageError: Bands do not rise from 0, or `fast` or `slow` begins none of them.

    Source: landmark analysis: Anderson, Cain and Gelber 1983, J. Clin. Oncol. 1, 710-719; strata and intervals: `pool_tables`; hour of
    arrival as instrument: `second_opinion`.
    """
    _check(outcomes, [outcome, *([score] if score else []), *match], bands, fast=fast, slow=slow)
    marked = _mark(outcomes, as_of=as_of, outcome=outcome, within_days=within_days, bands=bands)
    marked = _with_strata(marked, score=score, match=match, office=office)
    found = _find(marked, bands, fast=fast, slow=slow, outcome=outcome, within_days=within_days)
    found = replace(
        found, is_scored=score is not None, hours_a_week=None if touch_minutes is None else found.slower_a_week * touch_minutes / 60
    )
    noun = OUTCOMES.get(outcome, outcome.removesuffix("_at").replace("_", " "))
    return replace(found, words=follow_up_words(found, noun=noun, never_reached=found.left_out[NEVER_REACHED]))


def _find(marked: pl.DataFrame, bands: Sequence[float], *, fast: float, slow: float, outcome: str, within_days: int) -> FollowUp:
    """Compare, count and ask for a second opinion."""
    ends: dict[float, float | None] = dict(zip(bands, [*bands[1:], None], strict=True))
    labels = {start: band_label(start, end) for start, end in ends.items()}
    taking = marked.filter(pl.col("why").is_null())
    waiting = marked.filter(pl.col("why").is_null() | (pl.col("why") == NEVER_REACHED))
    is_fast = (pl.col("band") == fast).fill_null(value=False)
    effect = _compare(taking, is_fast, pl.col("band") == slow)
    slower = marked.filter(~is_fast & (pl.col("why").is_null() | pl.col("why").is_in([NEVER_REACHED, TOO_YOUNG])))
    return FollowUp(
        outcome=outcome,
        within_days=within_days,
        fast=labels[fast],
        slow=labels[slow],
        effect=effect,
        second_opinion=second_opinion(waiting.select(pl.col("match").alias("stratum"), "is_in_hours", "is_reached", is_fast=is_fast)),
        bands=_bands(taking, labels, ends),
        comparisons=_comparisons(taking, labels, slow),
        leads=taking.height,
        left_out={why: int((marked["why"] == why).sum()) for why in LEFT_OUT},
        slower_a_week=slower.height / _weeks(marked) if slower.height else 0.0,
        slower_out_of_hours=float((~slower["is_in_hours"]).sum()) / slower.height if slower.height else None,
        is_enough=min(effect.fast, effect.slow) >= SIDE_MIN and effect.fast_reached + effect.slow_reached >= REACHED_MIN,
    )


def _check(outcomes: pl.DataFrame, asked: Sequence[str], bands: Sequence[float], *, fast: float, slow: float) -> None:
    missing = [name for name in ("delivered_at", "contacted_at", *asked) if name not in outcomes.columns]
    if missing:
        raise DeliveryError(
            where="outcomes",
            seen=f"the columns {', '.join(missing)} are missing",
            mend="Give one row per accepted delivery with delivered_at, contacted_at and the columns named in the call.",
        )
    if not bands or bands[0] != 0 or any(later <= sooner for sooner, later in pairwise(bands)):
        raise UsageError(where="bands", seen=f"{list(bands)} do not rise from 0", mend="Give hours such as 0, 1, 4, 24, 72.")
    if fast not in bands or slow not in bands or fast >= slow:
        raise UsageError(where="bands", seen=f"fast = {fast:g} and slow = {slow:g}", mend=f"Name two of {list(bands)}, fast before slow.")


def _mark(outcomes: pl.DataFrame, *, as_of: datetime, outcome: str, within_days: int, bands: Sequence[float]) -> pl.DataFrame:
    """Give every lead its band of delay, whether it reached the outcome, and why it does not take part (null: it does)."""
    leads = outcomes.filter(pl.col("delivered_at").is_not_null() & (pl.col("delivered_at") <= as_of))
    if "kind" in leads.columns:
        leads = leads.filter(pl.col("kind").fill_null("lead") != "appointment")
    # What comes after the as-of has not happened.
    touched = pl.when(pl.col("contacted_at") <= as_of).then("contacted_at")
    reached = pl.when(pl.col(outcome) <= as_of).then(outcome)
    leads = leads.with_columns(touched.alias("touched_at"), reached.alias("reached_at"))
    hours = (pl.col("touched_at") - pl.col("delivered_at")).dt.total_microseconds() / 3.6e9
    window = timedelta(days=within_days)
    band = pl.lit(None, dtype=pl.Float64)
    for start in bands:
        band = pl.when(hours >= start).then(pl.lit(float(start))).otherwise(band)
    return leads.with_columns(
        band.alias("band"),
        ((pl.col("reached_at") - pl.col("delivered_at")) <= window).fill_null(value=False).alias("is_reached"),
        pl.when(pl.col("delivered_at") > as_of - window)
        .then(pl.lit(TOO_YOUNG))
        .when(pl.col("touched_at").is_null() & pl.col("reached_at").is_null())
        .then(pl.lit(NEVER_REACHED))
        .when(pl.col("touched_at").is_null() | (pl.col("touched_at") >= pl.col("reached_at")).fill_null(value=False))
        .then(pl.lit(TOUCH_UNKNOWN))
        .when(hours < 0)
        .then(pl.lit(TOUCHED_BEFORE))
        .when(hours > within_days * 24)
        .then(pl.lit(TOUCHED_LATE))
        .alias("why"),
    )


def _with_strata(leads: pl.DataFrame, *, score: str | None, match: Sequence[str], office: OfficeHours) -> pl.DataFrame:
    """Add what is matched on: classes of the score and the named columns (`match`), and with them the time of arrival (`stratum`)."""
    local = pl.col("delivered_at").dt.convert_time_zone(office.zone)
    hour, is_weekday = local.dt.hour(), local.dt.weekday() <= 5
    in_hours = is_weekday & (hour >= office.begins) & (hour < office.ends)
    slot = (
        pl.when(in_hours & (hour < (office.begins + office.ends) / 2))
        .then(pl.lit("morning"))
        .when(in_hours)
        .then(pl.lit("afternoon"))
        .when(is_weekday)
        .then(pl.lit("evening or night"))
        .otherwise(pl.lit("weekend"))
    )
    level = pl.lit(0, dtype=pl.Int64)
    if score is not None:
        known = pl.col(score).cast(pl.Float64).fill_nan(None)
        # Tenths leave a few percent of the score's own effect in the ends; with more leads the classes are finer, down to fiftieths.
        classes = min(max(10, leads.height // 100), 50)
        # Ties share a class; leads without a score are a stratum of their own.
        level = ((known.rank("average") - 0.5) / known.count() * classes).floor().cast(pl.Int64)
    own = [level.alias("level"), *(pl.col(name).alias(f"match {name}") for name in match)]
    return leads.with_columns(
        is_in_hours=in_hours, match=pl.struct(*own).rank("dense"), stratum=pl.struct(*own, slot.alias("slot")).rank("dense")
    )


def _compare(leads: pl.DataFrame, fast: pl.Expr, slow: pl.Expr) -> Pooled:
    """Pool one side against another over strata."""
    return pool_tables(
        leads.group_by("stratum")
        .agg(
            (fast & pl.col("is_reached")).sum().alias("fast_reached"),
            fast.sum().alias("fast"),
            (slow & pl.col("is_reached")).sum().alias("slow_reached"),
            slow.sum().alias("slow"),
        )
        .filter((pl.col("fast") > 0) | (pl.col("slow") > 0))
        .sort("stratum")
    )


def _bands(taking: pl.DataFrame, labels: Mapping[float, str], ends: Mapping[float, float | None]) -> pl.DataFrame:
    counted = {
        band: (leads, reached) for band, leads, reached in taking.group_by("band").agg(pl.len(), pl.col("is_reached").sum()).iter_rows()
    }
    rows = []
    for start, label in labels.items():
        leads, reached = counted.get(start, (0, 0))
        rows.append((label, start, ends[start], leads, reached, reached / leads if leads else None))
    return pl.DataFrame(rows, schema=BANDS_SCHEMA, orient="row")


def _comparisons(taking: pl.DataFrame, labels: Mapping[float, str], slow: float) -> pl.DataFrame:
    """Compare every band with the slow one, and with those who still waited at its end."""
    starts = list(labels)
    made = [
        ("bands", labels[start], labels[slow], _compare(taking, pl.col("band") == start, pl.col("band") == slow))
        for start in starts
        if start != slow
    ]
    for start in starts[:-1]:
        waiting = taking.filter(pl.col("band") >= start)
        made.append(("landmark", labels[start], "later", _compare(waiting, pl.col("band") == start, pl.col("band") > start)))
    rows = [(name, band, against, *(getattr(pooled, column) for column in (*_POOLED, *_NUMBERS))) for name, band, against, pooled in made]
    return pl.DataFrame(rows, schema=COMPARISONS_SCHEMA, orient="row")


def _weeks(leads: pl.DataFrame) -> float:
    """Give the weeks in which leads came, at least one."""
    first, last = leads["delivered_at"].min(), leads["delivered_at"].max()
    assert isinstance(first, datetime)
    assert isinstance(last, datetime)
    return max(1.0, (last - first) / timedelta(days=7))

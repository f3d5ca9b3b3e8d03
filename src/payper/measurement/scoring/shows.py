"""No-shows: the chance that a booked meeting is missed, from what is known when it is asked for.

The same scorer as for deliveries, with what the trade and the clinics know to matter: how long before, at what hour, and whether this
person, and this provider's people, came before. History is read as of each meeting's own day of asking: a meeting that had not yet been
held by then tells nothing.

Source: Carreras-Garcia, Delgado-Gomez, Llorente-Fernandez, Arribas-Gil 2020, Patient no-show prediction: a systematic literature review,
Entropy 22(6), 675 (which inputs are used, and that logistic regression holds its own).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import polars as pl

from payper.errors import DeliveryError
from payper.measurement.scoring.fitting import fit_labelled
from payper.measurement.scoring.leaks import as_instants
from payper.measurement.scoring.learning import Wanted
from payper.measurement.scoring.model import WEEKDAYS, ScoreModel
from payper.measurement.scoring.trees import Library
from payper.measurement.snapshot import read_moment

PROSPECT_WEIGHT, PROVIDER_WEIGHT = 1.0, 20.0
"""A person's, a provider's share of missed meetings counts as if so many more had been seen with everybody's share up to then."""
FIRST_SHARE = 0.2
"""Everybody's share before any meeting has been seen: sales meetings are missed at one in five to three in ten."""


def meeting_features(meetings: pl.DataFrame, history: pl.DataFrame, *, at: str = "booked_at") -> pl.DataFrame:
    """Give what is known of each meeting at the time of asking.

    Args:
        meetings: One row per meeting: `meeting_id`, `booked_at`, `meeting_at` (dates or instants; without a zone UTC), `prospect` (null:
            nobody knows who), and any columns known by then, such as `provider`, `channel`, `seniority`, `reschedules`, `confirmed`.
        history: Meetings whose end is known, these among them or not: `prospect`, `meeting_at`, `is_missed` (Boolean; rows with null are
            not looked at), and `provider` where meetings have it. A meeting is known from the day after it.
        at: The column that says when each meeting is asked about: `booked_at`, or a later one of your own.

    Returns:
        The meetings in the order given: `meeting_id`, `at`, the further columns, and `lead_days` (from `at` to the meeting), `same_day`,
        `meeting_weekday`, `meeting_hour` (null where `meeting_at` holds dates), `prior_meetings`, `prior_missed`, `prior_missed_share`,
        `days_since_prior`; with a provider `provider_prior_missed_share` (how many meetings it had had is left out: a count that only
            grows is a clock).

    Raises:
        DeliveryError: A column is missing.
    """
    _need(meetings, ("meeting_id", "booked_at", "meeting_at", "prospect", at), "meetings")
    has_provider = "provider" in meetings.columns
    _need(history, ("prospect", "meeting_at", "is_missed", *(("provider",) if has_provider else ())), "history")
    asked, met = as_instants(meetings[at]), as_instants(meetings["meeting_at"])
    whole_days = met.dt.date() - asked.dt.date()
    hour = met.dt.hour().cast(pl.Int64)
    known = _by_day(history)
    everybody = _until(meetings.with_columns(asked.alias(at)), known, at=at, by=None).select(
        (pl.col("missed") + FIRST_SHARE * PROVIDER_WEIGHT) / (pl.col("many") + PROVIDER_WEIGHT)
    )
    share = everybody.to_series()
    own = _until(meetings.with_columns(asked.alias(at)), known, at=at, by="prospect")
    given = meetings.drop("meeting_at", "prospect", *(("booked_at",) if at != "booked_at" else ())).with_columns(asked.alias(at))
    features = given.with_columns(
        ((met - asked).dt.total_microseconds() / 86_400_000_000).clip(lower_bound=0).alias("lead_days"),
        (whole_days.dt.total_days() <= 0).alias("same_day"),
        pl.Series("meeting_weekday", WEEKDAYS, dtype=pl.String).gather(met.dt.weekday().cast(pl.Int64) - 1).alias("meeting_weekday"),
        (hour.clear(hour.len()) if meetings["meeting_at"].dtype == pl.Date else hour).alias("meeting_hour"),
        own["many"].alias("prior_meetings"),
        own["missed"].alias("prior_missed"),
        ((own["missed"] + PROSPECT_WEIGHT * share) / (own["many"] + PROSPECT_WEIGHT)).alias("prior_missed_share"),
        own["days_since"].alias("days_since_prior"),
    )
    if not has_provider:
        return features
    theirs = _until(meetings.with_columns(asked.alias(at)), known, at=at, by="provider")
    return features.with_columns(
        ((theirs["missed"] + PROVIDER_WEIGHT * share) / (theirs["many"] + PROVIDER_WEIGHT)).alias("provider_prior_missed_share"),
    )


def fit_no_shows(
    meetings: pl.DataFrame,
    outcomes: pl.DataFrame,
    *,
    as_of: date | datetime | str,
    at: str = "booked_at",
    trusted: Collection[str] = (),
    learner: Wanted = "auto",
    library: Library | None = None,
    seed: int = 0,
) -> ScoreModel:
    """Fit the chance that a meeting is missed, from meetings that were due by a day.

    Args:
        meetings: As `meeting_features` takes them.
        outcomes: `meeting_id`, `is_missed` (Boolean). Leave out meetings that were moved or called off in time: they took no slot.
        as_of: At the end of which day, or the last whole day before which instant; later meetings are not looked at.
        at: As `meeting_features`.
        trusted: As `fit_scores`.
        learner: As `fit_scores`.
        library: As `fit_scores`.
        seed: As `fit_scores`.

    Returns:
        A score of `meeting_features`, whose `p` is the chance of a no-show; with a column `provider` also without it.

    Raises:
        DeliveryError: A column is missing, an id comes twice, or no meeting is left.
    """
    _need(outcomes, ("meeting_id", "is_missed"), "outcomes")
    _need(meetings, ("meeting_id", "booked_at", "meeting_at", "prospect"), "meetings")
    due = meetings.filter(as_instants(meetings["meeting_at"]).dt.date() <= read_moment(as_of).through)
    ended = due.join(outcomes.select("meeting_id", "is_missed").unique("meeting_id", keep="first", maintain_order=True), on="meeting_id")
    history = ended.select("prospect", "meeting_at", "is_missed", *(["provider"] if "provider" in meetings.columns else []))
    return fit_labelled(
        meeting_features(due, history, at=at),
        ended.select("meeting_id", pl.col("is_missed").alias("is_reached")),
        provider="provider" if "provider" in meetings.columns else None,
        trusted=trusted,
        milestone="a no-show",
        learner=learner,
        library=library,
        key="meeting_id",
        at=at,
        seed=seed,
    )


def _by_day(history: pl.DataFrame) -> pl.DataFrame:
    """Give ended meetings with the day from which they are known."""
    return history.with_columns((as_instants(history["meeting_at"]).dt.date().dt.offset_by("1d")).alias("known_on")).filter(
        pl.col("is_missed").is_not_null() & pl.col("known_on").is_not_null()
    )


def _until(meetings: pl.DataFrame, known: pl.DataFrame, *, at: str, by: str | None) -> pl.DataFrame:
    """Count, per meeting, the ended meetings of its prospect, its provider or everybody that were known on the day of asking.

    Returns:
        In the order of the meetings: `many`, `missed` (Int64), `days_since` (Int64, since the last one was held; null without one).
    """
    keys = [by] if by else []
    totals = (
        known.filter(pl.col(by).is_not_null() if by else pl.lit(value=True))
        .group_by(*keys, "known_on")
        .agg(many=pl.len().cast(pl.Int64), missed=pl.col("is_missed").sum().cast(pl.Int64))
        .sort("known_on")
        .with_columns(
            pl.col("many", "missed").cum_sum().over(by) if by else pl.col("many", "missed").cum_sum(), pl.col("known_on").alias("last")
        )
    )
    asked = meetings.select(*keys, pl.col(at).dt.date().alias("asked_on")).with_row_index("_row").sort("asked_on")
    joined = asked.join_asof(totals, left_on="asked_on", right_on="known_on", by=by, strategy="backward", check_sortedness=False)
    return joined.sort("_row").select(
        pl.col("many", "missed").fill_null(0), (pl.col("asked_on") - pl.col("last")).dt.total_days().add(1).alias("days_since")
    )


def _need(frame: pl.DataFrame, names: tuple[str, ...], where: str) -> None:
    absent = [name for name in names if name not in frame.columns]
    if absent:
        seen = ", ".join(frame.columns) or "none"
        raise DeliveryError(where=where, seen=f"The column `{absent[0]}` is missing.", mend=f"Columns seen: {seen}.")

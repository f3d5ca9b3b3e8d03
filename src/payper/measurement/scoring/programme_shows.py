"""A programme's own meetings scored: the chance that a prospect does not come, for the meetings that lie ahead."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

import polars as pl

from payper.measurement.scoring.assessment import assess
from payper.measurement.scoring.drift import report_drift
from payper.measurement.scoring.labels import MATURE_MIN
from payper.measurement.scoring.model import ScoreModel, without_score
from payper.measurement.scoring.programme import LOOKED_BACK_MIN, LOOKED_BACK_SHARE, LookBack, ScoreSheet, score_by_provider
from payper.measurement.scoring.shows import fit_no_shows, meeting_features
from payper.measurement.snapshot import read_moment

LATE_HOURS = 24
"""A meeting called off less than so many hours before counts as missed: nobody else can be given the slot."""
BUYER_MISSED = "NO_SHOW_BUYER"
"""Of these meetings nobody knows whether the prospect would have come."""

_KNOWN = ("provider", "model", "kind", "country_code", "industry_code", "employees_min", "function", "seniority", "campaign", "channel")
_TOLD = ("delivery_id", "contract", "provider", "external_id", "company_key", "kind", "seniority", "booked_at", "meeting_at")


def score_meetings(
    outcomes: pl.DataFrame, *, as_of: date | datetime, trusted: Collection[str] = (), is_looked_back: bool = True, seed: int = 0
) -> ScoreSheet:
    """Score the meetings ahead by the chance that they are missed.

    Looked at are deliveries whose meeting has a time agreed (`meeting_at`). A meeting is missed when the prospect did not come, or called
    it off less than `LATE_HOURS` before; called off earlier, or missed by the buyer, it is left out.

    Args:
        outcomes: As `measurement.outcomes.make_outcomes` gives them, as of `as_of`.
        as_of: As `fit_no_shows`.
        trusted: As `fit_no_shows`.
        is_looked_back: Whether to fit an earlier score too, and look how it did.
        seed: As `fit_no_shows`.

    Returns:
        Scores with `delivery_id, contract, provider, external_id, company_key, kind, seniority, booked_at, meeting_at`; `chance,
        chance_low, chance_high` (Float64: of a no-show; null without a score), `basis`, `reasons` as `score_programme`; the next meeting
        first. `counts`: `all` meetings with a time, `ended` (known whether missed), `missed` of them, `left_out`, `unknown` (due, and
        nobody said), `untimed` (booked without a time: not among `all`).
    """
    moment = read_moment(as_of)
    at = as_of if isinstance(as_of, datetime) else moment.at
    meetings, ends = programme_meetings(outcomes), meeting_ends(outcomes)
    is_timed = outcomes["meeting_at"].is_not_null()
    untimed = outcomes.filter(~is_timed & pl.col("booked_at").is_not_null()).height
    own = outcomes.filter(is_timed).with_columns(pl.coalesce("booked_at", "delivered_at").alias("booked_at"))
    own = own.join(ends.rename({"meeting_id": "delivery_id"}), on="delivery_id", how="left", maintain_order="left")
    is_over = pl.any_horizontal(pl.col(step).is_not_null() for step in ("held_at", "missed_at", "cancelled_at", "ended_at"))
    ahead = own.filter(~is_over & (pl.col("meeting_at") > at) & pl.col("is_missed").is_null())
    counts = {
        "all": own.height,
        "ended": int(own["is_missed"].is_not_null().sum()),
        "missed": int(own["is_missed"].sum() or 0),
        "left_out": own.filter(pl.col("is_missed").is_null() & is_over).height,
        "unknown": own.filter(pl.col("is_missed").is_null() & ~is_over & (pl.col("meeting_at") <= at)).height,
        "untimed": untimed,
    }
    known = ends.drop_nulls("is_missed")
    if not _due(meetings, known, moment.through).height:
        words = "No meeting has been due yet whose end is known."
        none = without_score(words, milestone="a no-show", as_of=moment.through, horizon_days=None, key="meeting_id")
        return ScoreSheet("show", none, counts, _told(ahead, None), None, ())
    model = fit_no_shows(meetings, known, as_of=moment.through, trusted=trusted, seed=seed)
    scored = None
    if not ahead.is_empty():
        theirs = ahead.select(meeting_id="delivery_id").join(meetings, on="meeting_id", maintain_order="left")
        asked = meeting_features(theirs, _history(meetings, known))
        old = _due(meetings, known, moment.through).group_by("provider").agg(old=pl.len())
        is_known = ahead.join(old, on="provider", how="left", nulls_equal=True, maintain_order="left")["old"].fill_null(0) >= MATURE_MIN
        scored = score_by_provider(model, asked, is_provider_known=is_known)
    looked: LookBack | None = None
    notes: tuple[str, ...] = ()
    if is_looked_back and model.learner is not None:
        looked, notes = _look_back(meetings, known, moment.through, trusted=trusted, seed=seed)
    return ScoreSheet("show", model, counts, _told(ahead, scored), looked, notes)


def programme_meetings(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Give a programme's meetings that have a time, as `meeting_features` takes them.

    Args:
        outcomes: As `score_meetings`.
    """
    return outcomes.filter(pl.col("meeting_at").is_not_null()).select(
        pl.col("delivery_id").alias("meeting_id"),
        pl.coalesce("booked_at", "delivered_at").alias("booked_at"),
        "meeting_at",
        pl.col("email_normal").alias("prospect"),
        *(name for name in _KNOWN if name in outcomes.columns),
    )


def meeting_ends(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Give what became of meetings that have a time: `meeting_id`, `is_missed` (null: not known, or left out).

    Args:
        outcomes: As `score_meetings`.
    """
    in_time = pl.col("meeting_at") - pl.duration(hours=LATE_HOURS) >= pl.col("cancelled_at")
    by_buyer = pl.col("missed_reason").fill_null("") == BUYER_MISSED
    is_missed = (
        pl.when(pl.col("missed_at").is_not_null() & ~by_buyer)
        .then(statement=True)
        .when(pl.col("missed_at").is_not_null())
        .then(None)
        .when(pl.col("held_at").is_not_null())
        .then(statement=False)
        .when(pl.col("cancelled_at").is_not_null() & ~in_time)
        .then(statement=True)
    )
    return outcomes.filter(pl.col("meeting_at").is_not_null()).select(
        pl.col("delivery_id").alias("meeting_id"), is_missed.cast(pl.Boolean).alias("is_missed")
    )


def _due(meetings: pl.DataFrame, known: pl.DataFrame, through: date) -> pl.DataFrame:
    """Give the meetings due by a day whose end is known, with it."""
    return meetings.filter(pl.col("meeting_at").dt.date() <= through).join(known, on="meeting_id", maintain_order="left")


def _history(meetings: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    return meetings.join(known, on="meeting_id", maintain_order="left").select("prospect", "meeting_at", "provider", "is_missed")


def _look_back(
    meetings: pl.DataFrame, known: pl.DataFrame, through: date, *, trusted: Collection[str], seed: int
) -> tuple[LookBack | None, tuple[str, ...]]:
    """Fit a score to the earlier meetings, and assess it on the later."""
    due = _due(meetings, known, through).sort("meeting_at", "meeting_id")
    cut = due["meeting_at"].dt.date()[int(LOOKED_BACK_SHARE * (due.height - 1))]
    before: ScoreModel = fit_no_shows(meetings, known, as_of=cut, trusted=trusted, seed=seed)
    if before.learner is None:
        return None, (f"No earlier score can be looked back at: by {cut} too little was known. {before.notes[0]}",)
    later = due.filter(pl.col("meeting_at").dt.date() > cut)
    missed = later["is_missed"].to_numpy()
    if min(int(missed.sum()), int((~missed).sum())) < LOOKED_BACK_MIN:
        return None, (f"An earlier score cannot be judged yet: of {later.height:,} meetings since {cut}, {int(missed.sum())} were missed.",)
    features = meeting_features(later.drop("is_missed"), _history(meetings, known))
    found = assess(before.score(features, with_reasons=False)["p"].to_numpy(), missed)
    drift = report_drift(before, features, later.select("meeting_id", pl.col("is_missed").alias("is_reached")))
    return LookBack(cut, before.basis, found, drift), ()


def _told(ahead: pl.DataFrame, scored: pl.DataFrame | None) -> pl.DataFrame:
    """Give the meetings ahead with their scores, the next first."""
    if scored is None:
        rows = ahead.select(
            *_TOLD,
            *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("chance", "chance_low", "chance_high")),
            pl.lit("none").alias("basis"),
            pl.lit(None, dtype=pl.List(pl.String)).alias("reasons"),
        )
    else:
        rows = ahead.select(_TOLD).hstack(
            scored.select(chance="p", chance_low="p_lo", chance_high="p_hi", basis="basis", reasons="reasons")
        )
    return rows.sort("meeting_at", "delivery_id")

"""A programme's meetings: what counts as missed, which lie ahead, and chances from what was known when they were booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from payper.measurement.outcomes import SCHEMA
from payper.measurement.scoring.programme_shows import meeting_ends, score_meetings

NOW = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)


def meetings(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Give outcomes of appointments; what a row does not say is not known."""
    plain = {"contract": "meet", "provider": "bookwell", "model": "appointment", "kind": "appointment", "is_returned": False}
    filled = [{**dict.fromkeys(SCHEMA), **plain, "delivery_id": at, "external_id": f"A-{at}", **row} for at, row in enumerate(rows)]
    return pl.DataFrame(filled, schema=SCHEMA)


def at(day: int, hour: int = 12, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_who_stays_away_or_calls_off_late_is_missed_and_what_the_buyer_missed_is_not_known() -> None:
    agreed = {"meeting_at": at(10), "booked_at": at(1), "delivered_at": at(1)}
    table = meetings(
        [
            agreed | {"held_at": at(10, 13)},
            agreed | {"missed_at": at(10), "missed_reason": "NO_SHOW_PROSPECT"},
            agreed | {"missed_at": at(10), "missed_reason": "NO_SHOW_PROSPECT", "held_at": at(17)},
            agreed | {"missed_at": at(10), "missed_reason": "NO_SHOW_BUYER"},
            agreed | {"cancelled_at": at(10, 6)},
            agreed | {"cancelled_at": at(9, 12)},
            agreed,
            {"booked_at": at(1), "delivered_at": at(1), "held_at": at(10)},
        ]
    )
    assert meeting_ends(table).rows() == [(0, False), (1, True), (2, True), (3, None), (4, True), (5, None), (6, None)]
    counts = score_meetings(table, as_of=NOW).counts
    assert counts == {"all": 7, "ended": 4, "missed": 3, "left_out": 2, "unknown": 1, "untimed": 1}


def world(count: int, seed: int) -> pl.DataFrame:
    """Meetings booked over a quarter, missed the more the longer ahead they were booked; those after the day are still ahead."""
    chance = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for _ in range(count):
        booked = at(1, 9, month=1) + timedelta(days=float(chance.uniform(0, 88)))
        lead = float(chance.choice([2, 20]))
        met = booked + timedelta(days=lead)
        is_missed = bool(chance.random() < (0.05 if lead < 10 else 0.6))
        end = {} if met > NOW else {"missed_at": met, "missed_reason": "NO_SHOW_PROSPECT"} if is_missed else {"held_at": met}
        rows.append(
            {"booked_at": booked, "delivered_at": booked, "meeting_at": met, "seniority": str(chance.choice(["vp", "manager"])), **end}
        )
    return meetings(rows)


def test_meetings_booked_far_ahead_are_missed_more_and_the_next_comes_first() -> None:
    sheet = score_meetings(world(500, seed=1), as_of=NOW)
    assert sheet.model.basis == "logistic"
    scores = sheet.scores
    assert scores.height > 20
    assert scores["meeting_at"].is_sorted()
    assert (scores["meeting_at"] > NOW).all()
    far = (scores["meeting_at"] - scores["booked_at"]).dt.total_days() > 10
    assert scores.filter(far)["chance"].mean() == pytest.approx(0.6, abs=0.12)
    assert scores.filter(~far)["chance"].mean() == pytest.approx(0.05, abs=0.06)
    assert sheet.look_back is not None
    assert (sheet.look_back.assessment.auc or 0) > 0.75


def test_what_became_of_later_meetings_does_not_move_the_scores_of_those_ahead() -> None:
    """The same meetings, told of after the day as if all that lie ahead were missed."""
    known = world(300, seed=2)
    later = known.with_columns(is_ahead=pl.col("meeting_at") > NOW)
    sheet = score_meetings(known, as_of=NOW, is_looked_back=False)
    again = score_meetings(later.sort("delivery_id", descending=True).drop("is_ahead"), as_of=NOW, is_looked_back=False)
    assert again.scores.equals(sheet.scores)


def test_with_few_meetings_there_is_the_share_missed_and_no_score() -> None:
    sheet = score_meetings(world(60, seed=3), as_of=NOW)
    assert sheet.model.basis == "segment rates"
    assert sheet.scores["chance"].null_count() == sheet.scores.height > 0
    assert 0 < sheet.model.rate < 1


def test_where_no_meeting_has_been_due_nothing_is_made_up() -> None:
    ahead = {"meeting_at": NOW + timedelta(days=3), "booked_at": at(30), "delivered_at": at(30)}
    sheet = score_meetings(meetings([ahead]), as_of=NOW)
    assert sheet.model.notes == ("No meeting has been due yet whose end is known.",)
    assert sheet.scores.height == 1
    assert sheet.scores["chance"].to_list() == [None]

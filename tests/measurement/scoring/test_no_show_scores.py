"""No-shows: history is read as of the day of asking, and the score finds who misses meetings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from payper.errors import DeliveryError
from payper.measurement.scoring import assess, fit_no_shows, meeting_features


def day(number: int, hour: int = 9) -> datetime:
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def test_history_is_as_of_the_day_of_asking() -> None:
    """Ann missed the 2nd and held the 5th; booked on the 3rd only the first is known, on the 5th still, on the 6th both."""
    history = pl.DataFrame(
        {
            "prospect": ["ann", "ann", "bob"],
            "meeting_at": [day(2), day(5), day(4)],
            "is_missed": [True, False, False],
            "provider": ["north", "south", "south"],
        }
    )
    meetings = pl.DataFrame(
        {
            "meeting_id": [1, 2, 3, 4],
            "booked_at": [day(3), day(5, 18), day(6), day(6)],
            "meeting_at": [day(10, 14), day(11), day(6, 15), day(9)],
            "prospect": ["ann", "ann", "ann", None],
            "provider": ["north", "north", "south", "south"],
        }
    )
    features = meeting_features(meetings, history)
    assert features["prior_meetings"].to_list() == [1, 1, 2, 0]
    assert features["prior_missed"].to_list() == [1, 1, 1, 0]
    assert features["days_since_prior"].to_list() == [1, 3, 1, None]
    assert features["same_day"].to_list() == [False, False, True, False]
    assert features["lead_days"][0] == pytest.approx(7 + 5 / 24)
    assert features["meeting_weekday"].to_list() == ["Tuesday", "Wednesday", "Friday", "Monday"]
    assert features["meeting_hour"].to_list() == [14, 9, 15, 9]
    assert "prospect" not in features.columns
    # With nothing known everybody's share stands for one's own: one in five at first, drawn by what was seen.
    assert features["prior_missed_share"][3] == pytest.approx((1 + 0.2 * 20) / (3 + 20))
    later = pl.concat([history, history.with_columns(meeting_at=pl.lit(day(20)), is_missed=pl.lit(value=True))])
    assert meeting_features(meetings, later).equals(features)


def clinic(count: int, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    chance = np.random.default_rng(seed)
    booked = [day(1) - timedelta(days=300) + timedelta(days=float(each)) for each in np.sort(chance.uniform(0, 280, count))]
    lead = chance.exponential(8, count)
    person = chance.integers(0, count // 6, count)
    unreliable = chance.normal(0, 1.2, count)[person]
    missed = chance.random(count) < 1 / (1 + np.exp(2.2 - 0.07 * lead - unreliable))
    meetings = pl.DataFrame(
        {
            "meeting_id": np.arange(count),
            "prospect": person.astype(str),
            "booked_at": booked,
            "meeting_at": [at + timedelta(days=float(each)) for at, each in zip(booked, lead, strict=True)],
            "provider": chance.choice(["north", "south"], count),
        }
    )
    return meetings, pl.DataFrame({"meeting_id": np.arange(count), "is_missed": missed})


def test_who_missed_before_and_waits_long_is_foretold() -> None:
    meetings, outcomes = clinic(2_500, 3)
    as_of = (day(1) - timedelta(days=100)).date()
    fitted = fit_no_shows(meetings, outcomes, as_of=as_of, learner="logistic")
    unseen = fit_no_shows(
        meetings,
        outcomes.with_columns(pl.when(meetings["meeting_at"].dt.date() > as_of).then(True).otherwise("is_missed").alias("is_missed")),
        as_of=as_of,
        learner="logistic",
    )
    test = meetings.filter(pl.col("meeting_at").dt.date() > as_of)
    history = meetings.join(outcomes, on="meeting_id").drop("meeting_id", "booked_at")
    features = meeting_features(test, history)
    scored = fitted.score(features)
    assert scored["p"].equals(unseen.score(features)["p"])
    found = assess(scored["p"].to_numpy(), test.join(outcomes, on="meeting_id", how="left", maintain_order="left")["is_missed"].to_numpy())
    assert (found.auc or 0) > 0.65
    assert found.mean_p == pytest.approx(found.rate, rel=0.15)
    assert "p_without_provider" in scored.columns


def test_a_missing_column_is_told() -> None:
    meetings, outcomes = clinic(100, 1)
    with pytest.raises(DeliveryError, match="`prospect` is missing"):
        fit_no_shows(meetings.drop("prospect"), outcomes, as_of=date(2026, 1, 1))
    with pytest.raises(DeliveryError, match="`is_missed` is missing"):
        fit_no_shows(meetings, outcomes.drop("is_missed"), as_of=date(2026, 1, 1))


@pytest.mark.shared_data
def test_real_no_shows_are_foretold_ahead_of_time(shared_data: Path) -> None:
    """Clinics in Vitoria: a third of their patients, fitted to the earlier days, tested on the later."""
    ids = {"PatientId": pl.String, "AppointmentID": pl.String}
    frame = pl.read_csv(shared_data / "medical-no-show" / "KaggleV2-May-2016.csv.gz", schema_overrides=ids, try_parse_dates=True)
    some = frame.filter(pl.col("PatientId").str.slice(-3).str.strip_chars().cast(pl.Int64, strict=False) % 3 == 0)
    meetings = some.select(
        meeting_id="AppointmentID", prospect="PatientId", booked_at="ScheduledDay", meeting_at=pl.col("AppointmentDay").dt.date(), age="Age",
        reminded="SMS_received",
    )  # fmt: skip
    outcomes = some.select(meeting_id="AppointmentID", is_missed=pl.col("No-show") == "Yes")
    as_of = date(2016, 5, 24)
    fitted = fit_no_shows(meetings, outcomes, as_of=as_of, learner="logistic")
    test = meetings.filter(pl.col("meeting_at") > as_of)
    history = meetings.join(outcomes, on="meeting_id").select("prospect", "meeting_at", "is_missed")
    won = test.join(outcomes, on="meeting_id", how="left", maintain_order="left")["is_missed"].to_numpy()
    found = assess(fitted.score(meeting_features(test, history))["p"].to_numpy(), won)
    assert (found.auc or 0) >= 0.70

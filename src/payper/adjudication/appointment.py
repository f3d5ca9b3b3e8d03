"""The appointment reasons that are known at delivery: is the meeting neither too soon nor too far?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from payper.adjudication.late import Late
from payper.adjudication.values import Row, Value, column
from payper.periods import Calendar, Period, window_ends
from payper.reasons import Reason
from payper.terms.contract import Contract


def appointment_faults(late: Late, contract: Contract) -> dict[Reason, Value]:
    """Give, per appointment reason, the value that holds where the delivery has the fault.

    Both windows begin at `delivered_at` and include their ends: a meeting exactly at the end of the notice, or of the horizon, is fine.
    """
    meeting, calendar = contract.appointment, contract.calendar
    faults: dict[Reason, Value] = {}
    if meeting is None:
        return faults
    is_appointment = column("kind").equals("appointment")
    if meeting.notice is not None:
        notice = meeting.notice
        is_soon = late.of(
            "soon",
            lambda frame: frame["meeting_at"] < window_ends(frame["delivered_at"], notice, calendar),
            lambda row: _beside(row, notice, calendar, lambda meeting, end: meeting < end),
        )
        faults[Reason.NOTICE_TOO_SHORT] = is_soon & is_appointment
    if meeting.horizon is not None:
        horizon = meeting.horizon
        is_far = late.of(
            "far",
            lambda frame: frame["meeting_at"] > window_ends(frame["delivered_at"], horizon, calendar),
            lambda row: _beside(row, horizon, calendar, lambda meeting, end: meeting > end),
        )
        faults[Reason.BEYOND_HORIZON] = is_far & is_appointment
    return faults


def _beside(row: Row, window: Period, calendar: Calendar, compare: Callable[[datetime, datetime], bool]) -> bool | None:
    """Hold the meeting against the end of a window from the delivery on; None where one of them is not known."""
    meeting, delivered = row["meeting_at"], row["delivered_at"]
    return None if meeting is None or delivered is None else compare(meeting, calendar.end_of(delivered, window))

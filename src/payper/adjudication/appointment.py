"""The appointment reasons that are known at delivery: is the meeting neither too soon nor too far?"""

from __future__ import annotations

import polars as pl

from payper.periods import window_ends
from payper.reasons import Reason
from payper.terms.contract import Contract


def appointment_faults(frame: pl.DataFrame, contract: Contract) -> dict[Reason, pl.Expr]:
    """Give, per appointment reason, the expression that holds where the delivery has the fault.

    Both windows begin at `delivered_at` and include their ends: a meeting exactly at the end of the notice, or of the horizon, is fine.
    """
    meeting = contract.appointment
    faults: dict[Reason, pl.Expr] = {}
    if meeting is None:
        return faults
    is_appointment = pl.col("kind") == "appointment"
    if meeting.notice is not None:
        earliest = window_ends(frame["delivered_at"], meeting.notice, contract.calendar)
        faults[Reason.NOTICE_TOO_SHORT] = pl.lit(frame["meeting_at"] < earliest) & is_appointment
    if meeting.horizon is not None:
        latest = window_ends(frame["delivered_at"], meeting.horizon, contract.calendar)
        faults[Reason.BEYOND_HORIZON] = pl.lit(frame["meeting_at"] > latest) & is_appointment
    return faults

"""The appointment reasons that are known at delivery: is the meeting neither too soon nor too far?"""

from __future__ import annotations

import polars as pl

from payper.adjudication.late import Late
from payper.periods import window_ends
from payper.reasons import Reason
from payper.terms.contract import Contract


def appointment_faults(late: Late, contract: Contract) -> dict[Reason, pl.Expr]:
    """Give, per appointment reason, the expression that holds where the delivery has the fault.

    Both windows begin at `delivered_at` and include their ends: a meeting exactly at the end of the notice, or of the horizon, is fine.
    """
    meeting = contract.appointment
    faults: dict[Reason, pl.Expr] = {}
    if meeting is None:
        return faults
    is_appointment = pl.col("kind") == "appointment"
    if meeting.notice is not None:
        notice = meeting.notice
        is_soon = late.of("soon", lambda frame: frame["meeting_at"] < window_ends(frame["delivered_at"], notice, contract.calendar))
        faults[Reason.NOTICE_TOO_SHORT] = is_soon & is_appointment
    if meeting.horizon is not None:
        horizon = meeting.horizon
        is_far = late.of("far", lambda frame: frame["meeting_at"] > window_ends(frame["delivered_at"], horizon, contract.calendar))
        faults[Reason.BEYOND_HORIZON] = is_far & is_appointment
    return faults

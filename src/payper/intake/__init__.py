"""Intake: which of a sender's columns is which, and what the cells say; pure, the files are read by `payper.connectors`."""

from payper.intake.columns import FULL_NAME, Subject, names_of
from payper.intake.deliveries import read_deliveries
from payper.intake.events import read_crm, read_events, read_reason, read_returns
from payper.intake.instants import find_date_order, read_instants, usual_date_order
from payper.intake.mapping import Mapping, apply, guess

__all__ = [
    "FULL_NAME",
    "Mapping",
    "Subject",
    "apply",
    "find_date_order",
    "guess",
    "names_of",
    "read_crm",
    "read_deliveries",
    "read_events",
    "read_instants",
    "read_reason",
    "read_returns",
    "usual_date_order",
]

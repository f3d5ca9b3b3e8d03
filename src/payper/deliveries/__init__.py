"""Deliveries: the batch schema, and how a sender's columns become it."""

from payper.deliveries.schema import ANSWER_PREFIX, DERIVED, FAULT_COLUMN, INSTANT, INSTANTS, KINDS, PLACE, SCHEMA, SOURCES

__all__ = ["ANSWER_PREFIX", "DERIVED", "FAULT_COLUMN", "INSTANT", "INSTANTS", "KINDS", "PLACE", "SCHEMA", "SOURCES"]

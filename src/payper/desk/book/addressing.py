"""How a decision names its delivery: by the external id, or where the delivery has none by its own number in the book."""

from __future__ import annotations

import polars as pl

OWN = "\x1f"
"""Begins an address that is no external id; no text that is read has this character."""


def addressed() -> pl.Expr:
    """Give `address` of rows that have `external_id` and `delivery_id`: what a delivery and a decision on it have in common."""
    return pl.coalesce("external_id", pl.format(f"{OWN}{{}}", "delivery_id")).alias("address")


def address_of(external_id: str | None, delivery_id: int) -> str:
    """Give the same of one delivery."""
    return external_id if external_id is not None else f"{OWN}{delivery_id}"

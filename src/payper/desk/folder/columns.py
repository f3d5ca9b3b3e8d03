"""The columns of verdicts, wherever they are written."""

from __future__ import annotations

VERDICT_COLUMNS: tuple[str, ...] = (
    "contract",
    "file",
    "row",
    "external_id",
    "verdict",
    "headline",
    "reasons",
    "price_minor",
    "currency",
    "contract_version",
)
"""The first columns of verdicts.csv and of `payper judge`; the canonical columns follow."""

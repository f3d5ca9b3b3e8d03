"""What was sent as typed rows: texts of the usual form one by one, all else as a file is read; no row is read by its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from payper.connectors.files import CELL_CHARACTERS_MAX, RAW
from payper.connectors.ndjson import Entry
from payper.deliveries import FAULT_COLUMN, INSTANT, INSTANTS, KINDS, SCHEMA
from payper.desk.arrivals.posted import are_tidy, columns_of, fields_of, is_tidy, mapped_frame
from payper.desk.folder.reading import DIGEST, typed_deliveries
from payper.intake.columns import FULL_NAME
from payper.intake.deliveries import MEETING_MINUTES_MAX
from payper.intake.instants import YEAR_FIRST, YEAR_LAST
from payper.intake.mapping import Mapping as Columns

Row = dict[str, Any]

_USUAL = re.compile(r"\d{4}-\d\d-\d\dT[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-]0\d:[0-5]\d)", re.ASCII)
"""Instants that say where they are: of these there is one way to read them."""


def typed_rows(entries: Sequence[Entry], questions: tuple[str, ...], *, zone: str, at: datetime) -> list[Row]:
    """Read the records of one request.

    Args:
        entries: As they were sent.
        questions: The fields of the contract's questions.
        zone: Of dates without an offset.
        at: When they were received.

    Returns:
        In order: the columns of `deliveries.SCHEMA`, `answer_` columns, `fault`, and what could not be cut (`RAW`).
    """
    columns = columns_of(fields_of(entries), questions)
    rows = [_usual_row(entry, columns, at) for entry in entries]
    if all(row is not None for row in rows):
        return [row for row in rows if row is not None]
    return typed_frame(entries, columns, zone=zone, at=at).to_dicts()


def typed_frame(entries: Sequence[Entry], columns: Columns, *, zone: str, at: datetime) -> pl.DataFrame:
    """As `typed_rows`, as a frame, by columns."""
    received = pl.Series([at] * len(entries), dtype=INSTANT)
    return typed_deliveries(mapped_frame([(entries, columns)]), columns, zone=zone, received_at=received, is_alone=True)


_EMPTY: Row = {**dict.fromkeys(SCHEMA), FAULT_COLUMN: None, RAW: None, DIGEST: 0}


def _usual_row(entry: Entry, columns: Columns, at: datetime) -> Row | None:
    """Read a record whose every text is of the usual form; None: it is not one."""
    record, fault, raw = entry
    if fault is not None or raw is not None:
        return None
    row = dict(_EMPTY)
    is_empty, is_tidy_whole = True, are_tidy(record.values())
    for name, header in columns.columns.items():
        text = record.get(header)
        if not text:
            row.setdefault(name, None)
            continue
        if name == FULL_NAME or not (is_tidy_whole or (len(text) <= CELL_CHARACTERS_MAX and is_tidy(text))):
            return None
        is_empty = False
        if name in INSTANTS:
            row[name] = _usual_instant(text)
        elif name == "meeting_minutes":
            row[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 5 and 0 < int(text) <= MEETING_MINUTES_MAX else None
        elif name == "kind":
            row[name] = text if text in KINDS else None
        else:
            row[name] = text
        if row[name] is None:
            return None
    if is_empty:
        return None
    if row["delivered_at"] is None:
        row["delivered_at"] = at
    return row


def _usual_instant(text: str) -> datetime | None:
    """Read an instant with its offset; None: it is written otherwise, or lies far off."""
    if _USUAL.fullmatch(text) is None or not YEAR_FIRST <= int(text[:4]) <= YEAR_LAST:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.astimezone(UTC)

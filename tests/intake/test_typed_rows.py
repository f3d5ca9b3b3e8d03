"""Deliveries, milestones, returns and CRM rows get their types, and their faults in words."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from payper.deliveries import SCHEMA
from payper.intake import read_crm, read_deliveries, read_events, read_returns
from payper.journey import EVENT_SCHEMA, RETURN_SCHEMA

RECEIVED = datetime(2026, 2, 1, 12, tzinfo=UTC)


def rows(columns: dict[str, list[str | None]]) -> pl.DataFrame:
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_deliveries_have_every_column_of_the_schema_with_its_type() -> None:
    read = read_deliveries(
        rows({"answer_b": ["x"], "answer_a": [None], "email": ["a@b.c"], "full_name": ["A B"]}), zone="UTC", received_at=RECEIVED
    )
    assert read.columns == [*SCHEMA, "answer_a", "answer_b", "full_name", "row", "fault"]
    assert {name: read.schema[name] for name in SCHEMA} == SCHEMA
    assert read.select("delivered_at", "row", "fault").row(0) == (RECEIVED, 1, None)


def test_no_rows_give_the_same_columns() -> None:
    read = read_deliveries(rows({"email": []}), zone="UTC", received_at=RECEIVED)
    assert {name: read.schema[name] for name in SCHEMA} == SCHEMA
    assert read.height == 0


def test_cells_that_cannot_be_read_are_named_in_the_fault() -> None:
    mapped = rows(
        {
            "kind": ["Lead", "appt", "MEETING", "fax", None, "leed"],
            "generated_at": ["2026-01-15", None, "2026-02-30", None, None, None],
            "delivered_at": ["2026-01-16", None, None, "soon", None, None],
            "meeting_minutes": ["30", "45 min", "1 hour", "0:45", "long", "2000"],
        }
    ).with_columns(pl.Series("row", [3, 4, 5, 6, 7, 8]))
    read = read_deliveries(mapped, zone="Europe/Berlin", received_at=RECEIVED)
    assert read["kind"].to_list() == ["lead", "appointment", "appointment", None, None, None]
    assert read["meeting_minutes"].to_list() == [30, 45, 60, 45, None, None]
    assert read["delivered_at"].to_list() == [datetime(2026, 1, 15, 23, tzinfo=UTC), *[RECEIVED] * 5]
    assert read["row"].to_list() == [3, 4, 5, 6, 7, 8]
    assert read["fault"].to_list() == [
        None,
        None,
        "generated_at `2026-02-30` is no date: there is no 30 February 2026",
        "kind `fax` is neither lead nor appointment; "
        "delivered_at `soon` cannot be read as a date; write 2026-01-31 or 2026-01-31T14:30:00Z",
        "meeting_minutes `long` is no number of minutes from 1 to 1440",
        "kind `leed` is neither lead nor appointment; did you mean `lead`?; meeting_minutes `2000` is no number of minutes from 1 to 1440",
    ]


def test_a_record_that_could_not_be_cut_keeps_that_fault_alone() -> None:
    mapped = rows({"email": [None], "fault": ["line 3 has 2 cells where the header has 5"]})
    assert read_deliveries(mapped, zone="UTC", received_at=RECEIVED)["fault"].to_list() == ["line 3 has 2 cells where the header has 5"]


def test_milestones_are_read_in_their_contracts_zone() -> None:
    mapped = rows(
        {
            "contract": ["a", "b", None, "a", "a"],
            "external_id": ["1", "2", "3", None, "5"],
            "milestone": ["Meeting_Held", "Closed Won", "no-show", "won", "metting held"],
            "reason": ["no show buyer", "Price", None, None, None],
            "happened_at": ["2026-01-15 10:00", "2026-01-15 10:00", "2026-01-15 10:00Z", "2026-01-15", None],
        }
    )
    read = read_events(mapped, zones={"a": "America/New_York"}, default_zone="Europe/Berlin", file="milestones/x.csv")
    assert read.schema == {**EVENT_SCHEMA, "fault": pl.String}
    assert read["milestone"].to_list() == ["meeting held", "won", "missed", "won", None]
    assert read["reason"].to_list() == ["NO_SHOW_BUYER", "Price", None, None, None]
    assert read["happened_at"].dt.hour().to_list() == [15, 9, 10, 5, None]
    assert read["fault"].to_list() == [
        None,
        None,
        None,
        "neither external_id nor email says which delivery is meant",
        "milestone `metting held` is not known; did you mean `meeting held`?; happened_at is empty",
    ]
    assert read["file"].unique().to_list() == ["milestones/x.csv"]


def test_returns_are_read_with_their_reasons_and_decisions() -> None:
    mapped = rows(
        {
            "external_id": ["1", "2", "3"],
            "reason": ["email bounced", "Email-Bouncd", None],
            "claimed_at": ["2026-01-15", "2026-01-15", "2026-01-15"],
            "decision": ["Approved", "maybe", "denied"],
        }
    )
    read = read_returns(mapped, default_zone="UTC")
    assert read.schema == {**RETURN_SCHEMA, "fault": pl.String}
    assert read["reason"].to_list() == ["EMAIL_BOUNCED", None, None]
    assert read["decision"].to_list() == ["granted", None, "refused"]
    assert read["fault"].to_list() == [
        None,
        "reason `Email-Bouncd` is not known; did you mean `EMAIL_BOUNCED`?; decision `maybe` is neither granted nor refused",
        "reason is empty",
    ]


def test_people_of_the_crm_have_four_columns_and_their_place() -> None:
    read = read_crm(rows({"email": ["a@b.c"]}))
    assert read.columns == ["email", "first_name", "last_name", "company", "row", "fault"]


@pytest.mark.parametrize("torn", ["L-1\tAcme", "L-1\nAcme", "L-1\r\nAcme"])
def test_an_id_with_a_tab_or_line_end_inside_is_a_fault(torn: str) -> None:
    mapped = pl.DataFrame({"external_id": ["L-2", torn], "replaces": [torn, None]})
    read = read_deliveries(mapped, zone="UTC", received_at=datetime(2026, 1, 15, tzinfo=UTC))
    assert ["replaces `L-1\\" in fault for fault in read["fault"]] == [True, False]
    assert ["external_id `L-1\\" in fault for fault in read["fault"]] == [False, True]

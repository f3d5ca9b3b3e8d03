"""The canonical columns of a delivery: as sent, and as derived by normalising."""

from __future__ import annotations

import polars as pl

INSTANT = pl.Datetime("us", "UTC")

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "external_id": pl.String,
    "kind": pl.String,
    "generated_at": INSTANT,
    "delivered_at": INSTANT,
    "first_name": pl.String,
    "last_name": pl.String,
    "email": pl.String,
    "phone": pl.String,
    "title": pl.String,
    "company": pl.String,
    "website": pl.String,
    "country": pl.String,
    "region": pl.String,
    "city": pl.String,
    "postal_code": pl.String,
    "industry": pl.String,
    "employees": pl.String,
    "revenue": pl.String,
    "linkedin_url": pl.String,
    "campaign": pl.String,
    "asset": pl.String,
    "channel": pl.String,
    "consent_at": INSTANT,
    "consent_text": pl.String,
    "ip": pl.String,
    "replaces": pl.String,
    "meeting_at": INSTANT,
    "meeting_minutes": pl.Int64,
    "attendees": pl.String,
}
"""Columns as sent, in order; any may be null. `kind` is lead or appointment; sizes, revenue and industry are the sender's text;
`answer_<field>` columns (strings) follow. Instants are UTC."""

DERIVED: dict[str, pl.DataType | type[pl.DataType]] = {
    "email_normal": pl.String,
    "phone_e164": pl.String,
    "domain": pl.String,
    "company_key": pl.String,
    "country_code": pl.String,
    "function": pl.String,
    "seniority": pl.String,
    "employees_min": pl.Int64,
    "employees_max": pl.Int64,
    "revenue_min": pl.Int64,
    "revenue_max": pl.Int64,
    "industry_code": pl.String,
}
"""Columns that normalising adds, in order. Null: empty or not recognised. A `_max` that is null beside a `_min` that is not: open
above. Revenue is in whole units of the contract's currency."""

SOURCES: dict[str, str] = {
    "email_normal": "email",
    "phone_e164": "phone",
    "domain": "email",
    "company_key": "company",
    "country_code": "country",
    "function": "title",
    "seniority": "title",
    "employees_min": "employees",
    "employees_max": "employees",
    "revenue_min": "revenue",
    "revenue_max": "revenue",
    "industry_code": "industry",
}
"""The column as sent that each derived one is read from."""

INSTANTS: tuple[str, ...] = tuple(name for name, dtype in SCHEMA.items() if dtype == INSTANT)
"""Columns that hold an instant."""

ANSWER_PREFIX = "answer_"

KINDS: tuple[str, ...] = ("lead", "appointment")

PLACE: dict[str, pl.DataType | type[pl.DataType]] = {"contract": pl.String, "file": pl.String, "row": pl.Int64}
"""Where a delivery was read: the contract it was handed over under, the file (relative to the programme folder, forward slashes) and
the number of its data row, from 1, the header not counted."""

FAULT_COLUMN = "fault"
"""Why a row cannot be read (null: it can); gives `ROW_MALFORMED` with this text as evidence."""

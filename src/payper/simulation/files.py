# ruff: noqa: E501  # lists of words, headers and contract texts read best one entry a line
"""Writing frames as senders' exports do: their headers, dates, delimiters, encodings and file formats."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

import polars as pl

Format = Literal["csv", "xlsx", "ndjson", "parquet"]

_CANONICAL = (
    "external_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "title",
    "company",
    "website",
    "country",
    "city",
    "postal_code",
    "industry",
    "employees",
    "revenue",
    "linkedin_url",
    "campaign",
    "asset",
    "channel",
    "generated_at",
    "delivered_at",
    "consent_at",
    "consent_text",
    "ip",
    "replaces",
    "meeting_at",
    "meeting_minutes",
    "attendees",
    "answer_timeframe",
)

HEADERS: dict[str, dict[str, str]] = {
    "plain": {},
    "hubspot": {
        "external_id": "Record ID", "first_name": "First Name", "last_name": "Last Name", "email": "Email", "phone": "Phone Number",
        "title": "Job Title", "company": "Company Name", "website": "Website URL", "country": "Country/Region", "city": "City",
        "postal_code": "Postal Code", "industry": "Industry", "employees": "Number of Employees", "revenue": "Annual Revenue",
        "generated_at": "Create Date", "delivered_at": "Delivered At", "consent_at": "Consent Date", "consent_text": "Consent Text",
    },
    "salesforce": {
        "external_id": "Lead ID", "first_name": "First Name", "last_name": "Last Name", "email": "Email", "phone": "Phone", "title": "Title",
        "company": "Company / Account", "website": "Website", "country": "Country", "city": "City", "postal_code": "Zip/Postal Code",
        "industry": "Industry", "employees": "No. of Employees", "revenue": "Annual Revenue", "generated_at": "Created Date",
        "delivered_at": "Delivered Date", "campaign": "Campaign Name", "channel": "Lead Source", "consent_at": "Consent Date", "consent_text": "Consent Text",
    },
    "marketo": {
        "external_id": "Lead ID", "first_name": "First Name", "last_name": "Last Name", "email": "Email Address", "phone": "Phone Number",
        "title": "Job Title", "company": "Company Name", "website": "Website", "country": "Country", "city": "City",
        "postal_code": "Postal Code", "industry": "Industry", "employees": "Num Employees", "revenue": "Annual Revenue",
        "generated_at": "Created At", "delivered_at": "Delivered At", "consent_at": "Consent At", "consent_text": "Consent Text",
    },
    "linkedin": {
        "external_id": "Lead ID", "first_name": "First name", "last_name": "Last name", "email": "Work email", "phone": "Phone number",
        "title": "Job title", "company": "Company name", "website": "Company website", "country": "Country", "city": "City",
        "postal_code": "Postal code", "industry": "Industry", "employees": "Company size", "revenue": "Revenue", "linkedin_url": "LinkedIn profile",
        "campaign": "Campaign name", "asset": "Form name", "generated_at": "Submitted at", "delivered_at": "Delivered at",
        "consent_at": "Consent at", "consent_text": "Consent text",
    },
    "german": {
        "external_id": "Lead-ID", "first_name": "Vorname", "last_name": "Nachname", "email": "E-Mail", "phone": "Telefon", "title": "Position",
        "company": "Firma", "website": "Webseite", "country": "Land", "city": "Ort", "postal_code": "PLZ", "industry": "Branche",
        "employees": "Mitarbeiter", "revenue": "Umsatz", "generated_at": "Erstellt am", "delivered_at": "Geliefert am",
        "consent_at": "Einwilligung am", "consent_text": "Einwilligungstext", "meeting_at": "Termin am", "meeting_minutes": "Dauer (Minuten)",
    },
}  # fmt: skip
"""Headers of exports by sender; a column that is not named keeps its canonical name."""

DATES: dict[str, str] = {
    "plain": "%Y-%m-%dT%H:%M:%S",
    "hubspot": "%Y-%m-%d %H:%M",
    "salesforce": "%m/%d/%Y %I:%M %p",
    "marketo": "%Y-%m-%dT%H:%M:%S",
    "linkedin": "%Y-%m-%d %H:%M:%S",
    "german": "%d.%m.%Y %H:%M",
}
"""How each sender writes local times."""


@dataclass(frozen=True, slots=True)
class Sender:
    """How one sender's files look.

    Attributes:
        style: Key of `HEADERS` and `DATES`.
        formats: File formats, used in turn.
        delimiter: Of CSV.
        encoding: Of CSV.
    """

    style: str
    formats: tuple[Format, ...] = ("csv",)
    delimiter: str = ","
    encoding: str = "utf-8"


def write_deliveries(frame: pl.DataFrame, sender: Sender, kind: Format) -> bytes:
    """Write deliveries as one sender's file.

    Args:
        frame: Canonical columns, text or naive local times; `fault` is looked at for `ROW_MALFORMED` and not written. Columns without any
            value are left out, the e-mail excepted.
        sender: Style.
        kind: File format.

    Returns:
        The file's bytes, the same for the same arguments.
    """
    there = [name for name in _CANONICAL if name in frame.columns and (name == "email" or frame[name].drop_nulls().len())]
    times = [name for name in there if frame.schema[name].is_temporal()]
    text = (
        frame.select(there).with_columns(pl.col(times).dt.to_string(DATES[sender.style]), pl.exclude(times).cast(pl.String)).fill_null("")
    )
    spoilt = (frame["fault"] == "ROW_MALFORMED") if "fault" in frame.columns else pl.repeat(value=False, n=frame.height, eager=True)
    impossible = pl.when(pl.Series(spoilt)).then(pl.lit("31.02.2026 10:00" if sender.style == "german" else "2026-02-31 10:00"))
    if kind != "csv":
        text = text.with_columns(generated_at=impossible.otherwise("generated_at"))
    names = {name: HEADERS[sender.style].get(name, name) for name in there}
    named = text.rename(names)
    if kind == "ndjson":
        return "".join(json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) + "\n" for row in text.to_dicts()).encode()
    if kind == "xlsx":
        return write_workbook(named)
    if kind == "parquet":
        buffer = io.BytesIO()
        named.write_parquet(buffer)
        return buffer.getvalue()
    return _csv(named, spoilt.to_list(), sender)


def write_table(frame: pl.DataFrame) -> bytes:
    """Write a plain UTF-8 CSV with a header."""
    return frame.write_csv(include_header=True).encode()


def _csv(frame: pl.DataFrame, spoilt: list[bool], sender: Sender) -> bytes:
    """Write CSV; a malformed row has two cells too many, or is cut short."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sender.delimiter, lineterminator="\r\n" if sender.encoding != "utf-8" else "\n")
    writer.writerow(frame.columns)
    for number, (row, is_spoilt) in enumerate(zip(frame.rows(), spoilt, strict=True)):
        cells = list(row)
        if is_spoilt:
            cells = [*cells, "surplus", "surplus"] if number % 2 else cells[:4]
        writer.writerow(cells)
    # What an encoding has no sign for an export writes as a question mark.
    return out.getvalue().encode(sender.encoding, errors="replace")


_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Leads" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def write_workbook(frame: pl.DataFrame) -> bytes:
    """Write a frame of texts as an XLSX workbook of one sheet, the same bytes for the same frame (ECMA-376, inline strings)."""
    rows = [tuple(frame.columns), *frame.rows()]
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(
            f'<c r="{_letters(place)}{number}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'
            for place, value in enumerate(row)
            if value not in (None, "")
        )
        lines.append(f'<row r="{number}">{cells}</row>')
    sheet = (
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{"".join(lines)}</sheetData></worksheet>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in {**_PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(entry, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + part)
    return buffer.getvalue()


def _letters(place: int) -> str:
    """Name a column of a sheet: A, B, ..., Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name

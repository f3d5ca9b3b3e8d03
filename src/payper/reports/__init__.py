"""Reports: the programme's report, each contract's statement, the rejects to mend, and the published form of the summary."""

from payper.reports.html import render_report
from payper.reports.rejects import rejects_table
from payper.reports.spreadsheets import csv_text
from payper.reports.statement import Statement, make_statement, statement_csv, statement_name, statement_pdf
from payper.reports.words import refusal_sentences

__all__ = [
    "Statement",
    "csv_text",
    "make_statement",
    "refusal_sentences",
    "rejects_table",
    "render_report",
    "statement_csv",
    "statement_name",
    "statement_pdf",
]

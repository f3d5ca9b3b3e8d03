"""The results report: one HTML file that says what deliveries brought, how sure that is, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payper.measurement.measured import ALWAYS, Measured
from payper.measurement.outcomes import SEGMENTS
from payper.reports.findings import rate_words
from payper.reports.page import render_page
from payper.reports.result_sections import asked_table, results_table, sections, track_table, whole_table
from payper.reports.result_words import findings, headline, lead, telling_segments, warnings
from payper.reports.words import day_in_words, percent


def render_results(measured: Measured, *, payper_version: str, notes: Sequence[str] = ()) -> str:
    """Write the results report; equal results give equal bytes.

    Args:
        measured: What `measure_programme` found.
        payper_version: The version that made it.
        notes: What else is worth knowing, one sentence each.
    """
    return results_page(results_values(measured, notes=notes), payper_version=payper_version)


def results_page(values: Mapping[str, Any], *, payper_version: str) -> str:
    """Write the report of `results_values`."""
    return render_page("results.html.j2", **values, version=payper_version)


def results_values(measured: Measured, *, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Give what the templates of results show: one set of words, charts and tables for the file and for pages of the server.

    Args:
        measured: As of `render_results`.
        notes: As of `render_results`.
    """
    basis = measured.basis
    shown = telling_segments(measured) or ALWAYS[:1]
    others = [segment for segment in SEGMENTS if segment not in shown]
    asked = asked_table(measured)
    return {
        "programme": basis.facts,
        "as_of": day_in_words(basis.day),
        "horizon": basis.horizon_days,
        "headline": headline(measured),
        "lead": lead(measured),
        "findings": findings(measured),
        "warnings": warnings(measured),
        "track": measured.track.words,
        "checks": track_table(measured),
        "sections": sections(measured) if measured.seen.deliveries else [],
        "tables": [whole_table(measured), *([asked] if asked else [])] if measured.seen.deliveries else [],
        "details": [results_table(measured, segment) for segment in others] if measured.seen.deliveries else [],
        "margin": None if basis.margin is None else percent(basis.margin),
        "rates": rate_words(basis.facts),
        "notes": list(notes),
    }

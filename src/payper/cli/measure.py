"""`payper measure`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from payper.cli import FINE

if TYPE_CHECKING:
    from payper.desk.asking.measure import Measurement


@click.command(epilog="Example: payper measure out/northwind --by model,company_size")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--database", metavar="ADDRESS", help="The book, instead of FOLDER: a file, or postgresql://user@host:5432/database?book=NAME."
)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Nothing later than this day has happened. Default: the day of the run.")
@click.option(
    "--horizon", metavar="DAYS", type=int, help="Count what comes within so many days of delivery. Default: the programme's, 180."
)
@click.option(
    "--by",
    metavar="NAMES",
    default="",
    help="Group by these together: provider, contract, model, company_size, industry, country, seniority, cohort.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the page goes. Default: results.html beside the book.")
@click.option("--json", "is_json", is_flag=True, help="Print the results as JSON (docs/results-schema.json); a page only with --out.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def measure(
    folder: Path | None,
    *,
    database: str | None,
    as_of: datetime | None,
    horizon: int | None,
    by: str,
    out: Path | None,
    is_json: bool,
    quiet: bool,
) -> int:
    """Say what deliveries brought, allowing for deals still in progress, and write results.html.

    FOLDER is an output folder or a programme folder, read as the last run left it. A programme folder that was never run is run first.
    """
    from payper.cli.terminal import print_json, progress
    from payper.desk.asking.measure import measure as measure_place

    with progress(is_quiet=quiet or is_json) as tell:
        result = measure_place(
            place_of(folder, database),
            as_of=as_of.date() if as_of else None,
            horizon_days=horizon,
            by=[name.strip() for name in by.split(",") if name.strip()],
            out=out,
            is_page_wanted=not is_json,
            tell=tell,
        )
    if is_json:
        print_json(result.to_json())
    elif not quiet:
        click.echo(_shown(result))
    return FINE


def place_of(folder: Path | None, database: str | None) -> Path | str:
    """Tell what is to be read: a folder or the address of a book.

    Raises:
        UsageError: Both or neither are named.
    """
    if (folder is None) == (database is None):
        raise click.UsageError("Name either a FOLDER or --database ADDRESS.")
    return database if folder is None else folder  # type: ignore[return-value]  # one of them is there


def _shown(result: Measurement) -> str:
    from textwrap import fill

    from payper.cli.terminal import bullets, strong
    from payper.reports.result_words import LABELS, findings, headline, lead, segment_name, telling_segments, warnings

    measured = result.measured
    facts = measured.basis.facts
    simulated = " (simulated)" if facts.is_simulated else ""
    parts = [
        strong(f"{facts.name}, results as of {facts.as_of:%d %b %Y}{simulated}"),
        strong(fill(f"{headline(measured)}.", 80)),
        fill(lead(measured), 80),
    ]
    found = findings(measured)
    if found:
        parts.append(bullets("What most needs to be known:", found))
    if measured.seen.deliveries:
        rows = [["all deliveries", *_cells(measured.whole)]]
        for segment in telling_segments(measured):
            rows += [
                [f"{LABELS[segment].lower()} {segment_name(measured, segment, row[segment])}", *_cells(row)]
                for row in measured.segments[segment].iter_rows(named=True)
            ]
        parts.append(_table("", rows))
    if measured.asked is not None:
        by = measured.basis.by
        rows = [[", ".join(str(row[segment]) for segment in by), *_cells(row)] for row in measured.asked.iter_rows(named=True)]
        parts.append(_table(", ".join(LABELS[segment].lower() for segment in by), rows))
    told = [f"{code}: {words}" for code, words in warnings(measured)] + list(result.notes)
    if told:
        parts.append(bullets("What to be careful with:", told))
    if result.report is not None:
        parts.append(f"Results: {result.report}\nNext: open it in a browser, or `payper providers` for the scorecards behind it.")
    else:
        parts.append("Next: name a file with --out FILE.html to keep this as a page.")
    return "\n\n".join(parts)


NAME_WIDTH = 34
"""Columns left for names where figures stand beside them in 80."""


def _table(head: str, rows: list[list[str]]) -> str:
    from payper.cli.terminal import table
    from payper.reports.words import shortened

    heads = [shortened(head, NAME_WIDTH), "accepted", "won", "expected", "back", "seen"]
    return table(heads, [[shortened(row[0], NAME_WIDTH), *row[1:]] for row in rows], right=(1, 2, 3, 4, 5))


def _cells(row: Mapping[str, Any]) -> list[str]:
    from payper.reports.estimates import number
    from payper.reports.result_words import times
    from payper.reports.words import count, percent

    return [
        count(row["deliveries"]),
        count(row["wins_seen"]),
        "" if row["wins_expected"] is None else number(row["wins_expected"]),
        times(row),
        "" if row["visible_share"] is None else percent(row["visible_share"]),
    ]

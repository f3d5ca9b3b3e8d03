"""`payper run`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payper.cli import FINE, NO, WORLD

if TYPE_CHECKING:
    from payper.desk.folder.run import RunResult


NOTES_MAX = 8
"""Notes printed; all of them are in summary.json."""

MAPPINGS_MAX = 3
"""Kinds of header whose guessed columns are printed."""


@click.command(epilog="Example: payper run examples/northwind --out out/northwind")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where the database and the results go. Default: FOLDER/out.")
@click.option(
    "--database",
    metavar="ADDRESS",
    help="Keep the book there: a file, or postgresql://user@host:5432/database?book=NAME. Default: payper.sqlite in --out.",
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Nothing later than this day has happened. Default: the latest date in the files."
)
@click.option("--online", is_flag=True, help="Ask mail servers, where a contract says mx.")
@click.option("--json", "is_json", is_flag=True, help="Print the summary as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def run(folder: Path, *, out: Path | None, database: str | None, as_of: datetime | None, online: bool, is_json: bool, quiet: bool) -> int:
    """Judge, settle and report the programme in FOLDER. Running again judges only what is new."""
    from payper.cli.terminal import print_json, progress
    from payper.desk.folder.run import run_programme

    with progress(is_quiet=quiet or is_json) as tell:
        result = run_programme(folder, out=out, database=database, as_of=as_of.date() if as_of else None, online=online, tell=tell)
    if is_json:
        print_json(result.summary)
    elif not quiet:
        click.echo(_shown(result))
    for fault in result.faults:
        click.echo(str(fault), err=True)
    for finding in result.findings:
        if finding.severity == "error":
            click.echo(str(finding), err=True)
    if result.faults:
        return WORLD
    return NO if result.refused else FINE


def _shown(result: RunResult) -> str:
    from payper.cli.terminal import bullets, strong, table
    from payper.desk.book.places import DATABASE
    from payper.money import format_minor

    contracts = result.summary["contracts"]
    verdicts = [
        [each["id"], each["model"], *(f"{each[name]:,}" for name in ("delivered", "accepted", "rejected", "review", "quarantined"))]
        for each in contracts
    ]
    money = [
        [each["id"], *(format_minor(each[name], each["currency"]) for name in ("pending_minor", "posted_minor", "credited_minor"))]
        for each in contracts
    ]
    parts = [
        strong(f"{result.programme_name}, as of {result.as_of:%d %b %Y}" + (" (simulated)" if result.is_simulated else "")),
        *result.headline,
    ]
    if contracts:
        parts.append(
            table(["contract", "model", "delivered", "accepted", "rejected", "review", "quarant."], verdicts, right=(2, 3, 4, 5, 6))
        )
        parts.append(table(["contract", "pending", "posted", "credited"], money, right=(1, 2, 3)))
    if result.mappings:
        shown = [*result.mappings[:MAPPINGS_MAX]]
        more = len(result.mappings) - len(shown)
        last = f"{more} more kinds of file; " if more else ""
        parts.append(bullets("Columns guessed from the header:", [*shown, f"{last}`payper mapping FILE` shows all columns of one."]))
    faults = set(map(str, result.faults))  # these go to standard error
    notes = [note for note in result.notes if note not in faults]
    if notes:
        shown = notes[-NOTES_MAX:]
        more = len(notes) - len(shown)
        parts.append(bullets(f"Notes ({more} more are in summary.json):" if more else "Notes:", shown))
    lines = [f"Report: {result.report}", f"Next: open it in a browser, or `payper verdict explain ID --in {result.out}` for one delivery."]
    if (result.out / DATABASE).is_file():
        lines.append(f"What it brought, allowing for deals still in progress: `payper measure {result.out}`.")
    parts.append("\n".join(lines))
    return "\n\n".join(parts)

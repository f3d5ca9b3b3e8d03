"""`payper promote`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from payper.cli import FINE, NO

if TYPE_CHECKING:
    from payper.desk.asking.promote import Promotion

ROWS_MAX = 20
"""Leads printed; --out and --json have all of them."""


@click.command(epilog="Example: payper promote examples/northwind/profile.toml --programme out/northwind --slots 12")
@click.argument("profile", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--programme", type=click.Path(path_type=Path), help="The output or programme folder with the leads.")
@click.option("--database", metavar="ADDRESS", help="The same from a book: a file, or postgresql://user@host:5432/database?book=NAME.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="As of this day. Default: the day of the run.")
@click.option("--slots", type=float, help="Meetings for which account executives are free. Default: by the profile, less those booked.")
@click.option("--weeks", type=int, default=4, help="Weeks ahead whose slots are filled.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write all open leads as CSV.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON (docs/reference/advice.md).")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def promote(
    profile: Path,
    *,
    programme: Path | None,
    database: str | None,
    as_of: datetime | None,
    slots: float | None,
    weeks: int,
    out: Path | None,
    is_json: bool,
    quiet: bool,
) -> int:
    """List the accepted leads worth handing to appointment setting, within the meeting slots that are free."""
    from payper.cli.measure import place_of
    from payper.cli.terminal import print_json, progress
    from payper.desk.asking.promote import promote as promote_leads

    with progress(is_quiet=quiet or is_json) as tell:
        result = promote_leads(
            profile,
            place=place_of(programme, database),
            as_of=as_of.date() if as_of else None,
            slots=slots,
            weeks=weeks,
            out=out,
            tell=tell,
        )
    is_refused = any(finding.is_error for finding in result.findings)
    if is_json:
        print_json(result.to_json())
    else:
        for finding in result.findings:
            click.echo(str(finding), err=True)
        if not quiet and not is_refused:
            click.echo(_shown(result, out))
    return NO if is_refused else FINE


def _shown(result: Promotion, out: Path | None) -> str:
    from textwrap import fill

    from payper.cli.terminal import bullets, strong, table
    from payper.reports.words import counted, shortened

    if result.offer is None:
        return _nobody(result, out)
    handed = result.handed
    free = "as many as needed" if result.slots is None else f"{result.slots:,.0f}"
    ahead = f"{free} meeting slots are free in {counted(result.weeks, 'week')} ({result.on_the_way:,} booked already)"
    head = f"Hand {counted(handed.height, 'lead')} of {result.leads.height:,} to {result.offer}; {ahead}."
    parts = [strong(fill(head, 80))]
    if handed.height:
        rows = [
            [shortened(row["contract"], 22), str(row["external_id"]), shortened(row["company_key"] or "", 20), f"{row['chance']:.0%}",
             f"{row['handed_chance']:.0%}", f"{row['gain_minor'] / _unit(result.currency):,.0f}"]
            for row in handed.head(ROWS_MAX).iter_rows(named=True)
        ]  # fmt: skip
        parts.append(table(["contract", "lead", "company", "alone", "handed", f"gain {result.currency}"], rows, right=(3, 4, 5)))
        parts.append(fill(f"Why the first: {_why(handed.row(0, named=True))}", 80))
    counts = result.leads.group_by("act").len().sort("act").rows()
    parts.append(bullets("All open leads:", [f"{act}: {number:,}" for act, number in counts] or ["none"]))
    if result.notes:
        parts.append(bullets("Notes:", result.notes))
    parts.append(f"List: {out}" if out is not None else "Next: --out FILE.csv keeps the whole list, each lead with its reason.")
    return "\n\n".join(parts)


def _nobody(result: Promotion, out: Path | None) -> str:
    """Say that there is nobody to hand leads to, and what to do about it."""
    from textwrap import fill

    from payper.cli.terminal import bullets, strong

    said, *notes = result.notes
    parts = [strong(fill(said, 80))]
    if notes:
        parts.append(bullets("Notes:", notes))
    next_ = "Next: write an [[offer]] of appointments into the profile, or leave all offers out, so that the programme's contracts count."
    parts.append(fill(next_, 80))
    if out is not None:
        parts.append(f"List: {out}, with no leads.")
    return "\n\n".join(parts)


def _why(lead: dict[str, Any]) -> str:
    """Say why a lead goes its way, and where its chance is from."""
    if not lead["reasons"]:
        return f"{lead['reason']} The chance is from {lead['basis']}, lessened by the days without a booking."
    return f"{lead['reason']} The chance is from the score ({lead['basis']}): {lead['reasons']}."


def _unit(currency: str) -> float:
    from payper.money import exponent

    return float(10 ** (exponent(currency) or 0))

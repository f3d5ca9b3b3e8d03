"""`payper what-if`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payper.cli import FINE, NO

if TYPE_CHECKING:
    from payper.desk.asking.what_if import WhatIf


@click.command(
    "what-if",
    epilog="Example: payper what-if examples/northwind/contracts/northwind-reach-v2.toml --on northwind-reach --programme out/northwind",
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--on", "on", required=True, help="The contract whose recorded deliveries are judged and settled anew.")
@click.option("--programme", type=click.Path(path_type=Path), help="An output or programme folder.")
@click.option("--database", metavar="ADDRESS", help="The book instead: a file, or postgresql://user@host:5432/database?book=NAME.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="As of this day. Default: the day of the run.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def what_if(file: Path, *, on: str, programme: Path | None, database: str | None, as_of: datetime | None, is_json: bool) -> int:
    """Say what the same period would have cost and brought under the terms of FILE."""
    from payper.cli.measure import place_of
    from payper.cli.terminal import print_json, progress
    from payper.desk.asking.what_if import what_if as ask

    with progress(is_quiet=is_json) as tell:
        found = ask(file, on=on, place=place_of(programme, database), as_of=as_of.date() if as_of else None, tell=tell)
    if is_json:
        print_json(found.to_json())
    elif found.is_empty:
        click.echo("\n".join(found.notes), err=True)
    else:
        click.echo(_shown(found))
    return NO if found.is_empty else FINE


def _shown(found: WhatIf) -> str:
    from textwrap import fill

    from payper.cli.terminal import bullets, strong, table
    from payper.reports.what_if_words import HEADS, dropped_words, figure_rows, title_words, unseen_words

    head = title_words(found.on, terms=found.terms, as_of=found.as_of, currency=found.currency)
    parts = [strong(fill(head, 80)), table(list(HEADS), figure_rows(found.then, found.anew), right=(1, 2, 3))]
    parts += [fill(words, 80) for words in (unseen_words(found.unknown, found.likely, found.currency),) if words]
    parts += [words for words in (dropped_words(found.dropped),) if words]
    parts.append(bullets("Notes:", found.notes))
    parts.append("Next: `payper contract backtest` lists the verdicts and reasons that change.")
    return "\n\n".join(parts)

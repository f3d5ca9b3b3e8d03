"""`payper what-if`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from payper.cli import FINE, NO

if TYPE_CHECKING:
    from payper.desk.asking.what_if import WhatIf

WORDS: Mapping[str, str] = {
    "delivered": "delivered",
    "accepted": "accepted",
    "charges": "owed to the provider",
    "effort": "rep time",
    "meetings_held": "meetings held",
    "opportunities": "opportunities",
    "won": "won",
    "revenue": "revenue of won deals",
    "back_per_unit": "back per unit spent",
}
MONEY = ("charges", "effort", "revenue")


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

    rows = [
        [words, _cell(key, found.then[key]), _cell(key, found.anew[key]), _change(found.then[key], found.anew[key], key)]
        for key, words in WORDS.items()
    ]
    head = f"{found.on} as of {found.as_of:%-d %b %Y}, under {found.terms}: money in {found.currency}"
    parts = [strong(fill(head, 80)), table(["", "then", "anew", "change"], rows, right=(1, 2, 3))]
    if found.unknown:
        likely = ", ".join(f"{found.likely[key]:,.1f} {WORDS[key]}" for key in ("meetings_held", "opportunities", "won"))
        money = ", ".join(f"{found.likely[key]:,.0f} {found.currency} {WORDS[key]}" for key in ("charges", "revenue"))
        head = f"{found.unknown:,} deliveries that were not accepted then would be"
        parts.append(fill(f"{head}; {likely}, {money} of the figures anew are estimated for them.", 80))
    if found.dropped:
        parts.append(f"{found.dropped:,} deliveries that were accepted then would not be.")
    parts.append(bullets("Notes:", found.notes))
    parts.append("Next: `payper contract backtest` lists the verdicts and reasons that change.")
    return "\n\n".join(parts)


def _cell(key: str, value: float | None) -> str:
    if value is None:
        return "not known"
    return f"{value:.2f}" if key == "back_per_unit" else f"{value:,.2f}" if key in MONEY else f"{value:,.0f}"


def _change(then: float | None, anew: float | None, key: str) -> str:
    if then is None or anew is None:
        return ""
    text = f"{anew - then:+,.2f}" if key in MONEY or key == "back_per_unit" else f"{anew - then:+,.0f}"
    return text.replace("-", "\N{MINUS SIGN}")

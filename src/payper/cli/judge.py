"""`payper judge`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click


@click.command(epilog="Example: payper judge contract.toml leads.csv --out verdicts.csv")
@click.argument("contract", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("deliveries", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--history",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Deliveries judged before: a file of verdicts, or of deliveries.",
)
@click.option("--crm", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="People the buyer already has.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where verdicts go; .csv or .parquet. Without it: CSV on standard output.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Stands in for delivered_at where a row has none: the end of this day. Default: the file's date.",
)
@click.option("--online", is_flag=True, help="Ask mail servers, where the contract says mx.")
@click.option("--json", "is_json", is_flag=True, help="Print a summary as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def judge(
    contract: Path,
    deliveries: Path,
    *,
    history: Path | None,
    crm: Path | None,
    out: Path | None,
    as_of: datetime | None,
    online: bool,
    is_json: bool,
    quiet: bool,
) -> None:
    """Judge the file DELIVERIES by the file CONTRACT; nothing is kept."""
    from payper.cli.terminal import print_json, progress, table
    from payper.desk.folder.judge_file import judge_file

    with progress(is_quiet=quiet) as tell:
        result = judge_file(
            contract, deliveries, history=history, crm=crm, out=out, as_of=as_of.date() if as_of else None, online=online, tell=tell
        )
    if is_json:
        print_json(result.summary)
    elif out is None:
        click.echo(result.csv, nl=False)
    if quiet:
        return
    lines = [table(["verdict", "deliveries"], [[name, f"{count:,}"] for name, count in result.verdicts.items()], right=(1,))]
    if result.reasons:
        lines.append(table(["reason", "deliveries"], [[name, f"{count:,}"] for name, count in result.reasons.items()], right=(1,)))
    lines += list(result.notes)
    lines.append(f"Verdicts: {out}" if out else "Give --out FILE to keep the verdicts.")
    if not is_json:
        click.echo("\n\n".join(lines), err=True)

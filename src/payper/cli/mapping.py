"""`payper mapping`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(epilog="Example: payper mapping deliveries/acme/leads.csv > deliveries/acme/mapping.toml")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--subject",
    type=click.Choice(["deliveries", "milestones", "returns", "decisions", "crm"]),
    help="What the file is of. Default: as the folder it lies in says, else deliveries.",
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def mapping(file: Path, *, subject: str | None, is_json: bool) -> None:
    """Show how the columns of FILE are understood, as a mapping.toml to keep and correct."""
    from payper.cli.terminal import print_json
    from payper.desk.folder.mapping import show_mapping

    shown = show_mapping(file, subject=subject)
    if is_json:
        print_json(shown.to_json())
        return
    click.echo(shown.toml, nl=False)
    click.echo("\n".join(shown.lines), err=True)

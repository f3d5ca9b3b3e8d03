"""`payper backup` and `payper restore`."""

from __future__ import annotations

from pathlib import Path

import click

from payper.cli import FINE


@click.command(epilog="Example: payper backup payper-data backups/2026-03-31")
@click.argument("data")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def backup(data: str, folder: Path) -> int:
    """Copy the installation in DATA, with all its books, to the new FOLDER. It may go on running meanwhile."""
    from payper.desk.book.copies import make_copy

    made = make_copy(data, folder)
    click.echo("\n".join(map(str, made)))
    click.echo(f"Next: `payper restore {folder} DATA` puts it back into a new folder.")
    return FINE


@click.command(epilog="Example: payper restore backups/2026-03-31 payper-data")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("data")
def restore(folder: Path, data: str) -> int:
    """Put the copy in FOLDER back as the installation DATA, a new folder."""
    from payper.desk.book.copies import put_back

    made = put_back(folder, data)
    click.echo("\n".join(map(str, made)))
    click.echo(f"Next: `payper serve --data {data}`.")
    return FINE

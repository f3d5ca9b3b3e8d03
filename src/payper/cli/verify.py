"""`payper verify`."""

from __future__ import annotations

import click


@click.command(epilog="Example: payper verify out/northwind")
@click.argument("folder", default=".")
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def verify(folder: str, *, is_json: bool, quiet: bool) -> int:
    """Rebuild chain, verdicts and balances of FOLDER from the journal, and say the first place where they differ.

    FOLDER is an output folder, a programme folder (then its out/), the database file itself, or postgresql://user@host/database?book=NAME.
    """
    from payper.cli.terminal import print_json
    from payper.desk.book.verify import verify as verify_database

    result = verify_database(folder)
    if is_json:
        print_json(result.to_json())
    elif result.fault is not None:
        click.echo(result.fault, err=True)
    elif not quiet:
        click.echo("\n".join(result.lines))
    return 1 if result.fault else 0

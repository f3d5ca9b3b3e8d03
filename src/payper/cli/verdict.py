"""`payper verdict`."""

from __future__ import annotations

import click


@click.group()
def verdict() -> None:
    """Say why a delivery was judged as it was."""


@verdict.command(epilog="Example: payper verdict explain IN-000003 --in out/northwind")
@click.argument("id", metavar="ID")
@click.option(
    "--in",
    "folder",
    metavar="PLACE",
    default=".",
    help="Output folder, programme folder, database file or postgresql://address. Default: here.",
)
@click.option("--contract", help="Where several contracts have a delivery of this id.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def explain(id: str, *, folder: str, contract: str | None, is_json: bool) -> int:  # noqa: A002  # the argument's name in help
    """Say the verdict on delivery ID (its external id, or its number) in words."""
    from payper.cli.terminal import print_json
    from payper.desk.book.explain_verdict import explain_verdict

    found = explain_verdict(folder, id, contract=contract)
    if is_json:
        print_json([each.to_json() for each in found])
    else:
        click.echo("\n\n".join(each.text for each in found))
    return 0

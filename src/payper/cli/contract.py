"""`payper contract`."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def contract() -> None:
    """Check, explain, compare and back-test contracts."""


@contract.command(epilog="Example: payper contract check contracts/acme.toml")
@click.argument("files", metavar="FILE...", type=_FILE, nargs=-1, required=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", is_flag=True, help="Print findings only.")
def check(files: tuple[Path, ...], *, is_json: bool, quiet: bool) -> int:
    """Say what is wrong with contract files, and run the examples they carry.

    Several FILEs of one contract are checked as its versions, too.
    """
    from payper.cli.terminal import print_json
    from payper.desk.contracts.check_contract import check_contract

    result = check_contract(files)
    if is_json:
        print_json(result.to_json())
    else:
        for finding in result.findings:
            click.echo(str(finding))
        if not quiet:
            click.echo(result.last_line)
    return 1 if result.has_errors else 0


@contract.command(epilog="Example: payper contract explain contracts/acme.toml")
@click.argument("file", type=_FILE)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def explain(file: Path, *, is_json: bool) -> None:
    """Say the contract in plain English, each sentence with its clause."""
    from payper.cli.terminal import print_json
    from payper.terms.contract import Contract
    from payper.terms.explain import explain as explain_terms

    clauses = explain_terms(Contract.read(file))
    if is_json:
        print_json([{"key": each.key, "line": each.line, "sentence": each.sentence} for each in clauses])
        return
    for each in clauses:
        click.echo(f"{each.sentence}  [{each.key}]")


@contract.command(epilog="Example: payper contract diff contracts/acme-v1.toml contracts/acme-v2.toml")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def diff(before: Path, after: Path, *, is_json: bool) -> None:
    """Say what changes from BEFORE to AFTER, in words and money."""
    from payper.cli.terminal import print_json
    from payper.terms.contract import Contract
    from payper.terms.diff import diff as diff_terms

    changes = diff_terms(Contract.read(before), Contract.read(after))
    if is_json:
        print_json(
            [
                {"key": each.key, "before": each.before, "after": each.after, "sentence": each.sentence, "money": each.money}
                for each in changes
            ]
        )
    elif not changes:
        click.echo("Nothing changes: both mean the same.")
    else:
        for each in changes:
            click.echo(f"{each.sentence}  [{each.key}]")


@contract.command(
    epilog="Example: payper contract backtest examples/northwind/contracts/northwind-reach-v2.toml --on northwind-reach --in out/northwind"
)
@click.argument("file", type=_FILE)
@click.option("--on", "on", required=True, help="The contract whose past deliveries are judged anew.")
@click.option(
    "--in",
    "folder",
    metavar="PLACE",
    default=".",
    help="Programme folder, output folder, database file or postgresql://address. Default: here.",
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def backtest(file: Path, *, on: str, folder: str, is_json: bool) -> None:
    """Say what past deliveries would have been judged and cost under the terms of FILE."""
    from payper.cli.terminal import print_json
    from payper.desk.contracts.backtest import backtest as backtest_terms

    result = backtest_terms(file, on=on, folder=folder)
    if is_json:
        print_json(result.to_json())
    else:
        click.echo("\n".join(result.lines))

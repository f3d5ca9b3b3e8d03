"""`payper reasons`."""

from __future__ import annotations

import textwrap

import click


@click.command(epilog="Example: payper reasons EMAIL_FREE")
@click.argument("code", required=False)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def reasons(code: str | None, is_json: bool) -> None:  # noqa: FBT001  # click's way
    """List the reasons in precedence, or say what CODE means."""
    from payper.cli.terminal import print_json
    from payper.reasons import Reason

    chosen = [each for each in Reason if code is None or each.name == code.upper()]
    if not chosen:
        raise click.BadParameter(f"{code} is no reason; `payper reasons` lists them all", param_hint="CODE")
    if is_json:
        print_json(
            [
                {
                    "code": each.name,
                    "number": each.number,
                    "group": each.group,
                    "fault": each.fault,
                    "can_mend": each.can_mend,
                    "text": each.text,
                }
                for each in chosen
            ]
        )
        return
    for each in chosen:
        mend = "mending helps" if each.can_mend else "mending does not help"
        click.echo(f"{each.name}  ({each.group}; fault: {each.fault}; {mend})")
        click.echo(textwrap.indent(textwrap.fill(each.text, 76), "    "))

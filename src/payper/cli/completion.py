"""`payper completion`."""

from __future__ import annotations

import click


@click.command(epilog="Example: payper completion bash >> ~/.bashrc")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that lets SHELL complete payper's commands."""
    from click.shell_completion import get_completion_class

    from payper.cli import payper

    kind = get_completion_class(shell)
    assert kind is not None, "click knows the shells it offers"
    click.echo(kind(payper, {}, "payper", "_PAYPER_COMPLETE").source())

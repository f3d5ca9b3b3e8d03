"""The `payper` command: nouns with verbs. Exit codes: 0 fine, 1 the business says no, 2 usage, 3 the world failed, 130 interrupted."""

from __future__ import annotations

import importlib
import sys

import click

from payper._version import __version__
from payper.desk.folder.memory import collector_at_rest
from payper.errors import PayperError, TermsError, UsageError

FINE, NO, USAGE, WORLD = 0, 1, 2, 3

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("payper.cli.run:run", "Judge, settle and report a programme folder."),
    "measure": ("payper.cli.measure:measure", "Say what deliveries brought while deals are still open."),
    "providers": ("payper.cli.providers:providers", "Compare providers: accuracy, relevance, outcome and more."),
    "judge": ("payper.cli.judge:judge", "Judge one file of deliveries by one contract."),
    "advise": ("payper.cli.advise:advise", "Say which model or mix to buy, and why."),
    "forecast": ("payper.cli.forecast:forecast", "Foretell meetings, wins and revenue by week, and the chance of a goal."),
    "score": ("payper.cli.score:score", "Give each open delivery its chance of a milestone, and why."),
    "promote": ("payper.cli.promote:promote", "List the leads worth handing to appointment setting."),
    "what-if": ("payper.cli.what_if:what_if", "Say what a period would have cost and brought under other terms."),
    "contract": ("payper.cli.contract:contract", "Check, explain, compare and back-test contracts."),
    "verdict": ("payper.cli.verdict:verdict", "Say why a delivery was judged as it was."),
    "serve": ("payper.web.command:serve", "Serve pages and the HTTP API."),
    "work": ("payper.web.command:work", "Send what waits: webhooks and mail."),
    "verify": ("payper.cli.verify:verify", "Rebuild everything from the journal and compare."),
    "mapping": ("payper.cli.mapping:mapping", "Show how a file's columns are understood."),
    "reasons": ("payper.cli.reasons:reasons", "List the reasons a verdict can have."),
    "simulate": ("payper.cli.simulate:simulate", "Make an invented programme to try things on."),
    "backup": ("payper.cli.backup:backup", "Copy an installation while it runs."),
    "restore": ("payper.cli.backup:restore", "Put a copy back."),
    "completion": ("payper.cli.completion:completion", "Print the shell's completion script."),
}
"""Where each command is; it is imported when called, so that `payper --help` is quick."""


class _Lazy(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it: payper run examples/northwind --out out/northwind",
)
@click.version_option(__version__, prog_name="payper")
def payper() -> None:
    """Judge, settle and measure leads and appointments that are paid by result."""


def main() -> None:
    """Run the command line and end with its exit code.

    Raises:
        KeyboardInterrupt: Somebody pressed Ctrl-C; `payper.__main__` says what that means.
    """
    try:
        # Modules and tables, most of what a start makes, are never thrown away again: looking through them is time lost.
        with collector_at_rest():
            code = payper.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else FINE)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort as stop:
        raise KeyboardInterrupt from stop
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except PayperError as error:
        click.echo(str(error), err=True)
        sys.exit(_code(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FINE)
    except OSError as error:
        click.echo(f"{error.filename or 'the disk'}: {error.strerror or error}.", err=True)
        click.echo("Check the path, the rights and the free space, then run the same command again.", err=True)
        sys.exit(WORLD)


def _code(error: PayperError) -> int:
    if isinstance(error, UsageError):
        return USAGE
    return NO if isinstance(error, TermsError) else WORLD

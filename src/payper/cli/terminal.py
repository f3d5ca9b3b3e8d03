"""What commands share: tables of 80 columns, progress on standard error, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import click


class Progress(Protocol):
    """Told how far long work has come."""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Say that `done` of `total` (None: unknown) of `what` is done."""


@contextmanager
def progress(*, is_quiet: bool) -> Iterator[Progress]:
    """Show progress on standard error, on a terminal only."""
    if is_quiet or not sys.stderr.isatty():
        yield lambda what, done, total: None  # noqa: ARG005  # told and not shown
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def tell(what: str, done: int, total: int | None) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total, rate="")
        speed = bars.tasks[tasks[what]].speed
        bars.update(tasks[what], completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

    with bars:
        yield tell


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> str:
    """Lay out a plain table; columns whose index is in `right` are right-aligned."""
    cells = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    lines = []
    for number, row in enumerate(cells):
        parts = [cell.rjust(widths[place]) if place in right else cell.ljust(widths[place]) for place, cell in enumerate(row)]
        lines.append("  ".join(parts).rstrip())
        if number == 0:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join(lines)


def bullets(title: str, sentences: Sequence[str]) -> str:
    """Lay out sentences under a title, wrapped to 80 columns; words, and so paths, are never broken."""
    import textwrap

    lines = [
        textwrap.fill(each, 80, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
        for each in sentences
    ]
    return "\n".join([title, *lines])


def print_json(value: object) -> None:
    """Print a value as JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def strong(text: str) -> str:
    """Set a line apart on a terminal."""
    return click.style(text, bold=True)

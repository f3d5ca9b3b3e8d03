"""Calls to addresses that strangers chose reach the public internet only, and end in time."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.web.mailbox import make_certificate
from tests.web.receiver import receiving

from payper.connectors import calling
from payper.connectors.calling import Answered, Call, call_all, check_address
from payper.errors import UsageError

REFUSED = """
http://hooks.example.com/           not https
https://127.0.0.1/                  this machine
https://127.1/                      this machine
https://2130706433/                 this machine
https://0x7f000001/                 this machine
https://[::1]/                      this machine
https://localhost/                  this machine
https://foo.localhost./             this machine
https://[::ffff:127.0.0.1]/         this machine
https://[2002:7f00:1::]/            this machine
https://10.1.2.3/                   not on the public internet
https://192.168.0.9:8443/           not on the public internet
https://172.16.0.1/                 not on the public internet
https://100.100.100.200/            not on the public internet
https://0.0.0.0/                    not on the public internet
https://224.0.0.251/                not on the public internet
https://[fd00:ec2::254]/            not on the public internet
https://[64:ff9b::a01:203]/         not on the public internet
https://[::ffff:10.0.0.1]/          not on the public internet
https://169.254.169.254/latest/     a cloud keeps secrets
https://168.63.129.16/              a cloud keeps secrets
https://192.0.0.192/                a cloud keeps secrets
https://[fe80::1]/                  a cloud keeps secrets
https://user:word@example.com/      no address of the web
https://example.com/#part           no address of the web
ftp://example.com/                  no address of the web
file:///etc/passwd                  no address of the web
https://                            no address of the web
https://example.com:99999/          no address
https://exa mple.com/               no address of the web
javascript:alert(1)                 no address of the web
"""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        tuple(line.split(maxsplit=1)) if line.count("exa mple") == 0 else ("https://exa mple.com/", "no address of the web")
        for line in REFUSED.strip().splitlines()
    ],
)
def test_an_address_that_is_not_of_the_public_web_is_refused_when_typed(address: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_address(address, is_loopback_allowed=False)
    assert words in str(caught.value)
    (answer,) = call_all([Call(address, {}, b"{}")], is_loopback_allowed=False)
    assert answer.status is None
    assert answer.words


@pytest.mark.parametrize("address", ["https://hooks.example.com/a?b=c", "https://93.184.216.34/", "https://[2606:4700::1111]:8443/x"])
def test_an_address_of_the_public_web_is_kept_as_typed(address: str) -> None:
    assert check_address(f" {address} ", is_loopback_allowed=False) == address


def test_loopback_alone_is_let_through_where_a_setting_says_so() -> None:
    assert check_address("http://127.0.0.1:9/x", is_loopback_allowed=True)
    for address in ("http://10.0.0.1/", "http://example.com/", "https://169.254.169.254/"):
        with pytest.raises(UsageError):
            check_address(address, is_loopback_allowed=True)


@pytest.mark.parametrize("numbers", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["93.184.216.34", "::1"], ["169.254.169.254"]])
@pytest.mark.parametrize("is_loopback_allowed", [False, True])
def test_a_name_of_which_any_number_is_inside_is_not_called(
    numbers: list[str], is_loopback_allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name server is a stranger's as well: what a name means is looked at when it is called, and only then."""
    connected: list[Any] = []
    found = [(socket.AF_INET6 if ":" in number else socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 443)) for number in numbers]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket.socket, "connect", lambda *place: connected.append(place))
    (answer,) = call_all([Call("https://rebinding.example.com/", {}, b"{}")], is_loopback_allowed=is_loopback_allowed)
    assert answer.status is None
    assert answer.words.startswith("The address is not called")
    assert connected == []


def test_a_call_goes_to_the_name_at_the_number_that_was_looked_at() -> None:
    with receiving() as receiver:
        port = receiver.address.rpartition(":")[2]
        (answer,) = call_all([Call(f"http://localhost:{port}/hook?x=1", {"X-A": "b"}, b'{"a":1}')], is_loopback_allowed=True)
    assert answer.status == 204
    (got,) = receiver.received
    assert (got.path, got.body, got.headers["host"], got.headers["x-a"]) == ("/hook?x=1", b'{"a":1}', f"localhost:{port}", "b")


@pytest.mark.parametrize(("host", "is_right"), [("localhost", True), ("other.localhost", False), ("127.0.0.1", False)])
def test_the_certificate_must_be_of_the_name_although_the_number_is_called(
    host: str, is_right: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = make_certificate(tmp_path, host=host)
    with receiving(tls=context) as receiver:
        call = Call(f"https://localhost:{receiver.address.rpartition(':')[2]}/hook", {}, b"{}")
        calling._trust.cache_clear()
        (unknown,) = call_all([call], is_loopback_allowed=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        calling._trust.cache_clear()
        (known,) = call_all([call], is_loopback_allowed=True)
        calling._trust.cache_clear()
    assert unknown.status is None
    assert "certificate" in unknown.words
    assert known.status == (204 if is_right else None), known.words


def test_nothing_is_followed() -> None:
    with receiving() as receiver:
        receiver.answer = lambda _: 302
        receiver.headers = {"Location": f"{receiver.address}/secret"}
        (answer,) = call_all([Call(f"{receiver.address}/hook", {}, b"{}")], is_loopback_allowed=True)
    assert answer.status == 302
    assert [got.path for got in receiver.received] == ["/hook"]


def test_a_long_answer_is_not_read_to_its_end() -> None:
    with receiving() as receiver:
        receiver.answer, receiver.body = lambda _: 200, b"x" * 20_000_000
        (answer,) = call_all([Call(receiver.address, {}, b"{}")], is_loopback_allowed=True)
    assert answer.status == 200


def test_who_answers_drop_by_drop_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte of a header at a time would keep a timeout between bytes waiting for ever."""
    monkeypatch.setattr(calling, "SECONDS_MAX", 0.5)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                for byte in b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 10_000:
                    if ended.wait(0.05):
                        return
                    try:
                        connection.sendall(bytes([byte]))
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        port = listening.getsockname()[1]
        (answer,) = call_all([Call(f"http://127.0.0.1:{port}/", {}, b"{}")], is_loopback_allowed=True)
        ended.set()
        thread.join()
    assert answer.status is None
    assert answer.words.startswith("No answer within")


def test_a_receiver_that_is_not_there_is_told_in_words() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        (answer,) = call_all([Call(f"http://127.0.0.1:{probe.getsockname()[1]}/", {}, b"{}")], is_loopback_allowed=True)
    assert answer.status is None
    assert answer.words.startswith("The call broke off")


def test_answers_keep_the_order_of_calls_made_at_once() -> None:
    with receiving() as receiver:
        receiver.answer = lambda got: 200 + int(got.path[1:])
        answers = call_all([Call(f"{receiver.address}/{number}", {}, b"{}") for number in range(40)], is_loopback_allowed=True)
    assert [answer.status for answer in answers] == [200 + number for number in range(40)], [answer.words for answer in answers]
    assert all(isinstance(answer, Answered) for answer in answers)

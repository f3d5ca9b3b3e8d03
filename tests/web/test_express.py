"""The short way for deliveries: what it answers, and what it leaves to the common way, cannot be told apart."""

from __future__ import annotations

import json
import re
import socket
import time

import pytest
from tests.web.site import Site, Visitor
from tests.web.test_sending import PATH, PROVIDER, answered, record, send

from payper.desk.people.people import Actor, make_token, revoke_token
from payper.parties import Act, acts_of
from payper.web import bodies
from payper.web.express import BODY_BYTES_MAX, TEMPLATE


def test_both_ways_answer_alike(busy_site: Site) -> None:
    send(busy_site, record("warm"))
    short = send(busy_site, record("way1", title="Intern"))
    # A body too large for the short way, by blanks that say nothing.
    long = busy_site.tokens[PROVIDER].ask(PATH, body=json.dumps(record("way2", title="Intern")) + " " * BODY_BYTES_MAX)
    one, other = answered(short), answered(long)
    for told, name in ((one, "way1"), (other, "way2")):
        assert told.pop("external_id") == name
        assert told.pop("number")
        assert told.pop("delivered_at")
    assert one == other
    kept = {"content-length", "date", "x-request-id"}
    assert {name: value for name, value in short.headers.items() if name.lower() not in kept} == {
        name: value for name, value in long.headers.items() if name.lower() not in kept
    }
    text = busy_site.anybody().ask("/metrics").text
    (line,) = re.findall(rf'payper_requests_total{{method="POST",route="{re.escape(TEMPLATE)}",status="200"}} \d+', text)
    assert int(line.rpartition(" ")[2]) >= 3


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=utf-8"])
def test_however_the_type_is_spelt(busy_site: Site, kind: str) -> None:
    told = answered(send(busy_site, record(f"spelt{len(kind)}"), headers={"Content-Type": kind}))
    assert told["external_id"] == f"spelt{len(kind)}"


def exchange(site: Site, *pieces: bytes) -> bytes:
    """Send a request piece by piece over a connection of its own, and give what comes back."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        for number, piece in enumerate(pieces):
            if number:
                time.sleep(0.05)
            line.sendall(piece)
        found = b""
        while b"\r\n\r\n" not in found or (b"content-length: 0" not in found.lower() and found.endswith(b"\r\n\r\n")):
            more = line.recv(65_536)
            if not more:
                break
            found += more
        return found


def head(site: Site, length: int) -> bytes:
    token = site.tokens[PROVIDER].token
    lines = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    return f"{lines}Content-Length: {length}\r\nConnection: close\r\n\r\n".encode()


def test_a_body_that_comes_in_pieces_is_one(busy_site: Site) -> None:
    body = json.dumps(record("pieces")).encode()
    found = exchange(busy_site, head(busy_site, len(body)), body[:50], body[50:80], body[80:])
    assert found.startswith(b"HTTP/1.1 200"), found
    assert b'"external_id":"pieces"' in found


def test_a_body_that_stops_coming_is_told_so(busy_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS_MAX", 0.3)
    found = exchange(busy_site, head(busy_site, 500), b'{"external_id": "half"')
    assert found.startswith(b"HTTP/1.1 408"), found
    assert b"TOO_SLOW" in found


def test_a_body_that_is_cut_off_is_told_so(busy_site: Site) -> None:
    with socket.create_connection(("127.0.0.1", busy_site.port), timeout=20) as line:
        line.sendall(head(busy_site, 1000) + b"{")
        line.shutdown(socket.SHUT_WR)
        found = b""
        while more := line.recv(65_536):
            found += more
    # A listener may close the line of one who has closed it without a word.
    assert not found or (found.startswith(b"HTTP/1.1 400") and b"BODY_CUT_OFF" in found), found


def test_a_token_that_is_revoked_ends_on_the_short_way_too(busy_site: Site) -> None:
    now = busy_site.application.state.server.clock()
    party, role = PROVIDER
    with busy_site.installation.open() as directory:
        actor = Actor(party, busy_site.people[PROVIDER], acts_of(role), role=role)
        key, token = make_token(directory, actor, name="short", purposes=frozenset({Act.SEND_DELIVERIES}), days=None, at=now)
    visitor = Visitor(busy_site.port, token=key)
    assert [visitor.ask(PATH, body=json.dumps(record(f"before{number}"))).status for number in range(3)] == [200, 200, 200]
    with busy_site.installation.open() as directory:
        revoke_token(directory, actor, token.token, at=now)
    until = time.monotonic() + 10
    while visitor.ask(PATH, body=json.dumps(record("after"))).status != 401:
        assert time.monotonic() < until, "a revoked token still sends"
        time.sleep(0.1)

"""Mail hosts are asked over real DNS, on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import polars as pl
import pytest

from payper.connectors.mail_hosts import ask_mail_hosts
from payper.desk.folder.mail_hosts import mail_look_up

RECORDS = {
    ("acme.com.", "MX"): ["10 mail.acme.com."],
    ("nomail.com.", "MX"): ["0 ."],
    ("plain.com.", "A"): ["192.0.2.1"],
    ("empty.com.", "TXT"): ['"x"'],
}


@pytest.fixture
def nameserver() -> Iterator[int]:
    """A small name server; what it does not know does not exist, and silent.com gets no answer."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                data, peer = server.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(data)
            question = query.question[0]
            name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
            if name == "silent.com.":
                continue
            response = dns.message.make_response(query)
            response.flags |= dns.flags.RA
            if (name, kind) in RECORDS:
                response.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *RECORDS[name, kind]))
            elif not any(known == name for known, _ in RECORDS):
                response.set_rcode(dns.rcode.NXDOMAIN)
            server.sendto(response.to_wire(), peer)

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def test_hosts_that_take_mail_that_do_not_and_that_stay_silent(nameserver: int) -> None:
    hosts = ["acme.com", "nomail.com", "plain.com", "empty.com", "nowhere.com", "silent.com"]
    answers = ask_mail_hosts(hosts, nameserver="127.0.0.1", port=nameserver, seconds_max=1.0)
    assert {host: each.takes_mail for host, each in answers.items()} == {
        "acme.com": True,
        "nomail.com": False,
        "plain.com": True,
        "empty.com": False,
        "nowhere.com": False,
        "silent.com": None,
    }


def test_silence_proves_nothing(nameserver: int) -> None:
    look_up = mail_look_up(None, nameserver="127.0.0.1", port=nameserver, seconds_max=1.0)
    assert look_up(pl.Series(["a@acme.com", "b@nomail.com", "c@silent.com", None, "broken@@x"])) == frozenset({"nomail.com"})

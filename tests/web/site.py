"""A whole installation on loopback for tests: two buyers, two providers, books with deliveries, people in every role, a real server."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from granian.constants import Interfaces
from granian.server.embed import Server as Listener
from litestar import Litestar
from tests.desk.conftest import CONTRACT, HEADER, lead

from payper.desk.arrivals.uploads import take_file
from payper.desk.folder.run import run_programme
from payper.desk.people.installation import Installation, attach_book
from payper.desk.people.people import Actor, accept_invitation, invite, make_token
from payper.desk.telling.webhooks import make_endpoint
from payper.parties import ACTS, Act, Party, PartyKind, Role, acts_of, roles_for
from payper.web.application import make_application
from payper.web.configuration import Configuration

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
BUYERS, PROVIDERS = ("northwind", "contoso"), ("intentreach", "meetly")
NOBODY = ("", "nobody")
Who = tuple[str, str]


def write_programme(folder: Path, *, buyer: str, contracts: Mapping[str, str], second: str = "") -> Path:
    """Write a programme of some contracts (id: provider), each with four leads of its own people."""
    (folder / "contracts").mkdir(parents=True)
    (folder / "milestones").mkdir()
    (folder / "programme.toml").write_text(f'name = "{buyer}"\nbase_currency = "USD"\ntimezone = "America/New_York"\n', "utf-8")
    for id_, provider in contracts.items():
        text = CONTRACT.replace('"reach"', f'"{id_}"').replace('"northwind"', f'"{buyer}"').replace('"intentreach"', f'"{provider}"')
        (folder / "contracts" / f"{id_}.toml").write_text(text, "utf-8")
        if second == id_:
            later = text.replace('"48.00"', '"52.00"').replace("starts = ", "version = 2\nholds_from = 2026-02-01T00:00:00\nstarts = ")
            (folder / "contracts" / f"{id_}-2.toml").write_text(later, "utf-8")
        leads = folder / "deliveries" / id_
        leads.mkdir(parents=True)
        rows = [
            lead(1, email=f"ann1@{buyer}-{id_}-acme1.com"),
            lead(2, email=f"ann2@{buyer}-{id_}-acme2.com", title="IT Intern"),
            lead(3, email="broken@@x"),
            lead(4, email=f"ann4@{buyer}-{id_}-acme4.com"),
            lead(5, email=f"ann5@{buyer}-{id_}-acme5.com"),
            lead(6, email=f"ann6@{buyer}-{id_}-acme6.com"),
            lead(7, email=f"ann7@{buyer}-{id_}-acme7.com", title="Wizard of all things"),
        ]
        (leads / "one.csv").write_text(HEADER + "".join(row.replace("L-", f"{buyer}-{id_}-") for row in rows), "utf-8")
    # One file for all contracts, as a CRM writes it.
    facts = "".join(f"{id_},{buyer}-{id_}-1,won,2026-02-10,1000.00,USD\n" for id_ in contracts)
    (folder / "milestones" / "crm.csv").write_text(f"contract,external_id,milestone,happened_at,amount,currency\n{facts}", "utf-8")
    return folder


@dataclass
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> object:
        return json.loads(self.body)

    @property
    def plain(self) -> str:
        """The body without what differs from request to request."""
        return re.sub(r'value="[\w-]{20,}"|[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}|ep_[0-9a-f]{16}', "…", self.text)


@dataclass
class Visitor:
    """Somebody who asks: with a session as a browser does, or with a token as a system does."""

    port: int
    cookie: str = ""
    token: str = ""
    csrf: str = ""

    def ask(
        self,
        path: str,
        *,
        method: str = "GET",
        form: Mapping[str, object] | None = None,
        document: object = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if self.cookie:
            sent["Cookie"] = f"payper={self.cookie}"
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            method = "POST" if method == "GET" else method
            sent = {"Content-Type": "application/json"} | sent
        if form is not None:
            method = "POST"
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode({"csrf": self.csrf, **form}, doseq=True)
        if document is not None:
            sent["Content-Type"] = "application/json"
            body = json.dumps(document)
        return self._send(path, method, body, sent)

    def send(self, path: str, *, name: str, content: bytes, field: str = "file") -> Answer:
        """Send a file as a form does."""
        edge = "a-line-that-no-file-holds"
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{self.csrf}\r\n'.encode(),
            f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'.encode(), content,
            f"\r\n--{edge}--\r\n".encode(),
        ]  # fmt: skip
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "Cookie": f"payper={self.cookie}"}
        return self._send(path, "POST", b"".join(parts), headers)

    def _send(self, path: str, method: str, body: str | bytes | None, sent: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            # Who sends too much is answered before all of it is sent.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body=body, headers=dict(sent))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()


@dataclass(eq=False)
class Site:
    """A server with people in every role.

    Attributes:
        sessions, tokens: Visitors by party and role; tokens carry all that their maker may do.
    """

    port: int
    application: Litestar
    installation: Installation
    sessions: dict[Who, Visitor] = field(default_factory=dict)
    tokens: dict[Who, Visitor] = field(default_factory=dict)
    people: dict[Who, str] = field(default_factory=dict)
    token_ids: dict[Who, str] = field(default_factory=dict)
    webhooks: dict[str, str] = field(default_factory=dict)
    uploads: dict[tuple[str, str], str] = field(default_factory=dict)

    def numbers(self, buyer: str, contract: str, *, verdict: str = "") -> list[str]:
        """The public numbers of a contract's deliveries (of a verdict, where it is named), as its buyer's owner sees them."""
        asked = f"&verdict={verdict}" if verdict else ""
        found = self.tokens[buyer, Role.OWNER].ask(f"/api/v1/deliveries?buyer={buyer}&contract={contract}{asked}")
        assert found.status == 200, found.text
        return [row["number"] for row in json.loads(found.body)["rows"]]

    def anybody(self) -> Visitor:
        return Visitor(self.port)


def fill(installation: Installation, folders: Mapping[str, Path], tmp_path: Path) -> None:
    """Judge the buyers' programmes into their books, and attach the books."""
    installation.prepare()
    for buyer, folder in folders.items():
        run_programme(folder, out=tmp_path / f"out-{buyer}", database=installation.book_of(buyer))
    with installation.open() as directory:
        for buyer in folders:
            attach_book(directory, installation.book_of(buyer), at=NOW)


def let_people_in(site: Site, *, only: set[Who] | None = None) -> None:
    """Invite one person in every role of every party (or `only` in some), and make a token for each who can have one."""
    with site.installation.open() as directory:
        for party in directory.parties():
            for role in roles_for(party.kind):
                if only is not None and (party.id, str(role)) not in only:
                    continue
                email = f"{role.replace(' ', '-')}@{party.id}.example.org"
                invitation = invite(directory, party=party.id, email=email, name=f"{role} of {party.id}", role=role, by="", at=NOW)
                entered = accept_invitation(directory, invitation, password=PASSWORD, at=NOW)
                session = directory.session(_digest(entered.key))
                assert session is not None
                who = (party.id, str(role))
                site.sessions[who] = Visitor(site.port, cookie=entered.key, csrf=session.csrf)
                site.people[who] = entered.person.person
                maker = Actor(party.id, entered.person.person, acts_of(role) | frozenset(ACTS), role=role)
                key, token = make_token(directory, maker, name=f"{role} system", purposes=acts_of(role), days=None, at=NOW)
                site.tokens[who], site.token_ids[who] = Visitor(site.port, token=key), token.token
                if Act.MANAGE_WEBHOOKS in maker.acts and party.id not in site.webhooks:
                    address = f"https://hooks.{party.id}.example.org/"
                    made = make_endpoint(
                        directory, maker, name="hook", address=address, events=["contract.withdrawn"], is_loopback_allowed=False, at=NOW
                    )
                    site.webhooks[party.id] = made.endpoint
        directory.set_operator("northwind")


def ready(visitor: Visitor, path: str) -> Answer:
    """What a page says once it is worked out."""
    for _ in range(600):
        answer = visitor.ask(path)
        if answer.status != 202:
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{path} is never worked out")


def work_out_results(site: Site) -> None:
    """Have the buyers' results worked out, so that pages have them at once."""
    for (party, role), system in site.tokens.items():
        if party in BUYERS and role == Role.OWNER:
            assert {system.ask(f"/api/v1/{path}").status for path in ("results", "providers")} == {200}
            for path in ("/results", f"/providers/{'intentreach' if party == 'northwind' else 'meetly'}"):
                ready(site.sessions[party, role], path)


def leave_files(site: Site, folder: Path) -> None:
    """Send a file under every contract, whose columns wait to be looked over."""
    with site.installation.open() as directory:
        for buyer in BUYERS:
            for joined in directory.joined(buyer):
                if joined.buyer != buyer:
                    continue
                path = folder / "left.csv"
                path.write_text(HEADER + lead(90, email=f"left@{buyer}-{joined.contract}-acme.com"), "utf-8")
                actor = Actor(joined.provider, "left", acts_of(Role.PROVIDER_MANAGER), role=Role.PROVIDER_MANAGER)
                left = take_file(
                    directory, actor, buyer=buyer, contract=joined.contract, name="left.csv", path=path, is_asked=True, at=NOW
                )  # fmt: skip
                site.uploads[buyer, joined.contract] = left.row.upload


@contextmanager
def served(installation: Installation, *, clock: Callable[[], datetime] = lambda: NOW, **settings: object) -> Iterator[Site]:
    """Serve an installation on loopback by Granian until the end, with a clock that stands still where no other is given."""
    port = _free_port()
    configuration = Configuration(host="127.0.0.1", port=port, **{"sign_ins_per_minute": 1000, **settings})  # type: ignore[arg-type]
    gate, application = make_application(installation, configuration, clock=clock)
    listener = Listener(gate, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, log_enabled=False, websockets=False)
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        application.state.receptions.resume()
        await listener.serve()
        await application.state.receptions.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Site(port, application, installation)
    finally:
        loop.call_soon_threadsafe(listener.stop)
        thread.join(timeout=30)
        loop.close()


def party(id_: str) -> Party:
    return Party(id_, id_.title(), PartyKind.BUYER if id_ in BUYERS else PartyKind.PROVIDER)


def _digest(key: str) -> str:
    from payper.desk.people.people import digest_of

    return digest_of(key)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

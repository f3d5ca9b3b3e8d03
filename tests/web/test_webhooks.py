"""Webhooks over real HTTP: signed as an outside library says, told to who may hear, at least once, never lost, replayed under one id."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook
from tests.web.receiver import Received, Receiver, receiving
from tests.web.site import NOW, PASSWORD, Visitor, party, served, write_programme

from payper.desk.folder.run import run_programme
from payper.desk.people.installation import Installation
from payper.desk.people.people import Actor, accept_invitation, invite, make_token
from payper.desk.telling.happenings import EVENTS, ROWS_MAX, TEST, Happening, bodies_of
from payper.desk.telling.sending import DELAYS_SECONDS, GIVE_UP, LEASE, delay_seconds
from payper.desk.telling.webhooks import change_endpoint, list_calls, make_endpoint, replay_call, replay_dead, rotate_secret, send_test
from payper.parties import Role, acts_of
from payper.store.database import Database, open_database
from payper.store.directory import Joined
from payper.store.outgoing import Endpoint, Outgoing
from payper.web.configuration import Configuration
from payper.web.metrics import Messages
from payper.web.worker import Worker, make_worker

ALL = [
    "delivery.judged", "delivery.changed", "return.claimed", "return.answered", "charge.pending", "charge.posted", "charge.voided",
    "charge.credited", "charge.reversed", "contract.accepted", "contract.paused", "contract.proposed",
]  # fmt: skip
LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""Long after every note, whatever the machine's clock says."""


@dataclass
class House:
    """An installation with two buyers and two providers, whose programmes can be run again."""

    installation: Installation
    folders: dict[str, Path]
    outs: Path
    now: datetime = LATER

    def actor(self, of: str, role: Role | None = None) -> Actor:
        role = role or (Role.OWNER if of in {"northwind", "contoso"} else Role.PROVIDER_MANAGER)
        return Actor(of, f"somebody of {of}", acts_of(role), role=role)

    def endpoint(self, of: str, address: str, events: list[str] | None = None, role: Role | None = None) -> Endpoint:
        with self.installation.open() as directory:
            return make_endpoint(
                directory, self.actor(of, role), name=of, address=address, events=events or ALL, is_loopback_allowed=True, at=NOW
            )

    def run(self, buyer: str = "northwind") -> None:
        run_programme(self.folders[buyer], out=self.outs / buyer, database=self.installation.book_of(buyer))

    def worker(self, *, is_loopback_allowed: bool = True) -> Worker:
        configuration = Configuration(webhooks_to_loopback=is_loopback_allowed)
        made = make_worker(self.installation, configuration, messages=Messages(), clock=lambda: self.now)
        return replace(made, sender=replace(made.sender, chance=lambda: 0.5))

    def states(self, endpoint: Endpoint) -> list[str]:
        with self.installation.open() as directory:
            return [each.state for each in Outgoing(directory).messages(endpoint.endpoint, limit=10_000)]


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    place = str(tmp_path / "data")
    if request.param == "postgresql":
        place = _own_database(request.getfixturevalue("postgres"), tmp_path.name)
    return _furnished(Installation(place), tmp_path)


@pytest.fixture
def small_house(tmp_path: Path) -> House:
    """As `house`, in SQLite only: for what does not depend on the store."""
    return _furnished(Installation(str(tmp_path / "data")), tmp_path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def _furnished(installation: Installation, tmp_path: Path) -> House:
    folders = {
        "northwind": write_programme(tmp_path / "northwind", buyer="northwind", contracts={"reach": "intentreach", "meet": "meetly"}),
        "contoso": write_programme(tmp_path / "contoso", buyer="contoso", contracts={"reach": "meetly"}),
    }
    installation.prepare()
    with installation.open() as directory, directory.transaction():
        for id_ in ("northwind", "contoso", "intentreach", "meetly"):
            directory.add_party(party(id_), zone="UTC", is_operator=id_ == "northwind", at=NOW)
        for buyer, contract, provider in (
            ("northwind", "reach", "intentreach"),
            ("northwind", "meet", "meetly"),
            ("contoso", "reach", "meetly"),
        ):
            directory.join(Joined(buyer, contract, provider))
        for buyer in folders:
            directory.set_book(buyer, installation.book_of(buyer))
            with open_database(installation.book_of(buyer)):
                pass
    return House(installation, folders, tmp_path / "out")


def _own_database(server: str, name: str) -> str:
    import psycopg

    name = f"payper_{os.getpid()}_{abs(hash(name)) % 10**8}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name}")
        connection.execute(f"create database {name}")
    return f"{server.rsplit('/', 1)[0]}/{name}"


def is_signed(got: Received, secret: str) -> bool:
    """Ask the library of the specification what the signature should be."""
    stamp = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), tz=UTC)
    return Webhook(secret).sign(got.id, stamp, got.body.decode()) in got.headers["webhook-signature"].split(" ")


def test_each_party_hears_of_its_own_and_every_call_is_signed(house: House, receiver: Receiver) -> None:
    endpoints = {of: house.endpoint(of, f"{receiver.address}/{of}") for of in ("northwind", "contoso", "intentreach", "meetly")}
    house.run("northwind")
    house.worker().until_empty()
    assert receiver.of("/contoso") == []
    for of, contracts in (("northwind", {"reach", "meet"}), ("intentreach", {"reach"}), ("meetly", {"meet"})):
        own = receiver.of(f"/{of}")
        assert {got.event["data"]["contract"] for got in own} == contracts
        judged = [row for got in own if got.event["type"] == "delivery.judged" for row in got.event["data"]["deliveries"]]
        assert len(judged) == 7 * len(contracts)
        assert {row["verdict"] for row in judged} >= {"accepted", "rejected"}
        charges = [row for got in own if got.event["type"] == "charge.pending" for row in got.event["data"]["charges"]]
        assert {row["number"] for row in charges} <= {row["number"] for row in judged}
        assert any(row["amount_minor"] == 4800 and row["milestone"] == "accepted" for row in charges)
        for got in own:
            assert is_signed(got, endpoints[of].secret)
            assert not is_signed(got, endpoints["contoso"].secret)
            assert got.headers["content-type"] == "application/json"
            assert "acme" not in got.body.decode()
            assert "Lee" not in got.body.decode()
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", got.event["timestamp"])
        assert set(house.states(endpoints[of])) == {"sent"}
    assert len({got.id for got in receiver.received}) == len(receiver.received)
    with open_database(house.installation.book_of("northwind")) as book:
        assert book.outbox() == []


def test_deliveries_that_arrive_one_by_one_are_told_once_and_together(house: House, receiver: Receiver) -> None:
    house.run()
    house.worker().until_empty()
    house.endpoint("intentreach", receiver.address, ["delivery.judged"])
    with house.installation.open() as directory:
        key = invite(directory, party="intentreach", email="m@intentreach.example.org", name="M", role=Role.PROVIDER_MANAGER, by="", at=NOW)
        maker = accept_invitation(directory, key, password=PASSWORD, at=NOW).person
        actor = replace(house.actor("intentreach"), who=maker.person)
        token, _ = make_token(directory, actor, name="sender", purposes=acts_of(Role.PROVIDER_MANAGER), days=None, at=NOW)
    numbers = []
    with served(house.installation) as site:
        for place in range(12):
            sent = {"external_id": f"live-{place}", "email": f"zoe{place}@zoe{place}.com", "title": "IT Manager", "country": "US"}
            answer = Visitor(site.port, token=token).ask("/api/v1/contracts/northwind/reach/deliveries", method="POST", document=sent)
            assert answer.status == 200, answer.text
            numbers += re.findall(r'"number":"([^"]+)"', answer.text)
    house.worker().until_empty()
    told = [row for got in receiver.received for row in got.event["data"]["deliveries"]]
    assert [row["external_id"] for row in told] == [f"live-{place}" for place in range(12)]
    assert [row["number"] for row in told] == numbers
    assert len(receiver.received) == 1


def test_a_tampered_call_is_seen_by_the_library_of_the_specification(small_house: House, receiver: Receiver) -> None:
    endpoint = small_house.endpoint("northwind", receiver.address)
    with small_house.installation.open() as directory:
        send_test(directory, small_house.actor("northwind"), endpoint.endpoint, at=LATER)
    small_house.worker().until_empty()
    (got,) = receiver.received
    assert is_signed(got, endpoint.secret)
    assert not is_signed(replace(got, body=got.body + b" "), endpoint.secret)
    assert not is_signed(replace(got, headers=got.headers | {"webhook-id": "msg_other"}), endpoint.secret)
    stamp = str(int(got.headers["webhook-timestamp"]) + 1)
    assert not is_signed(replace(got, headers=got.headers | {"webhook-timestamp": stamp}), endpoint.secret)
    assert len(base64.b64decode(endpoint.secret.removeprefix("whsec_"))) == 32


def test_an_endpoint_hears_of_what_happens_after_it_was_made(small_house: House, receiver: Receiver) -> None:
    small_house.run()
    with small_house.installation.open() as directory:
        late = make_endpoint(
            directory, small_house.actor("northwind"), name="late", address=receiver.address, events=ALL, is_loopback_allowed=True, at=LATER
        )
    small_house.worker().until_empty()
    assert receiver.received == []
    assert small_house.states(late) == []


def test_who_provides_only_makes_webhooks_that_hear_of_that_only(small_house: House, receiver: Receiver) -> None:
    """A party that buys and provides has managers of its providing who do not reach what it buys."""
    small_house.endpoint("northwind", receiver.address, role=Role.PROVIDER_MANAGER)
    small_house.run()
    small_house.worker().until_empty()
    assert receiver.received == []


def test_a_decision_changes_a_verdict_once(house: House, receiver: Receiver) -> None:
    house.endpoint("intentreach", receiver.address, ["delivery.judged", "delivery.changed"])
    house.run()
    folder = house.folders["northwind"] / "decisions"
    folder.mkdir()
    header = "contract,external_id,decision,decided_at\n"
    own = "northwind-reach-7"
    rows = f"reach,{own},accepted,2026-02-01 10:00\nreach,northwind-reach-1,rejected,2026-02-01 10:00\nreach,nobody,accepted,2026-02-01 10:00\n"
    (folder / "one.csv").write_text(header + rows, "utf-8")
    house.run()
    (folder / "two.csv").write_text(f"{header}reach,{own},rejected,2026-02-02 10:00\n", "utf-8")
    house.run()
    house.worker().until_empty()
    judged = [row for got in receiver.received if got.event["type"] == "delivery.judged" for row in got.event["data"]["deliveries"]]
    changed = [row for got in receiver.received if got.event["type"] == "delivery.changed" for row in got.event["data"]["deliveries"]]
    before = next(row for row in judged if row["external_id"] == own)
    assert before["verdict"] in {"review", "quarantined"}
    assert [(row["number"], row["was"], row["verdict"]) for row in changed] == [(before["number"], before["verdict"], "accepted")]


def test_a_return_is_told_when_claimed_and_when_answered(house: House, receiver: Receiver) -> None:
    house.endpoint("intentreach", receiver.address)
    house.run()
    folder = house.folders["northwind"] / "returns"
    folder.mkdir()
    (folder / "one.csv").write_text(
        "contract,external_id,reason,claimed_at\nreach,northwind-reach-1,EMAIL_BOUNCED,2026-01-16 10:00\n", "utf-8"
    )
    house.run()
    house.worker().until_empty()
    told = {got.event["type"]: got.event["data"] for got in receiver.received}
    assert [(row["external_id"], row["reason"]) for row in told["return.claimed"]["returns"]] == [("northwind-reach-1", "EMAIL_BOUNCED")]
    assert [(row["external_id"], row["outcome"]) for row in told["return.answered"]["returns"]] == [("northwind-reach-1", "granted")]


def test_a_call_that_is_not_taken_is_made_again_ever_later_under_the_same_id(house: House, receiver: Receiver) -> None:
    endpoint = house.endpoint("northwind", receiver.address)
    with house.installation.open() as directory:
        send_test(directory, house.actor("northwind"), endpoint.endpoint, at=LATER)
    receiver.answer = lambda _: 503
    worker = house.worker()
    for tries in range(1, 5):
        worker.until_empty()
        assert len(receiver.received) == tries
        house.now += timedelta(seconds=DELAYS_SECONDS[tries - 1] - 1)
        worker.until_empty()
        assert len(receiver.received) == tries
        house.now += timedelta(seconds=1)
    receiver.answer = lambda _: 200
    worker.until_empty()
    assert len(receiver.received) == 5
    assert len({got.id for got in receiver.received}) == 1
    assert len({got.body for got in receiver.received}) == 1
    assert len({got.headers["webhook-timestamp"] for got in receiver.received}) == 5
    assert all(is_signed(got, endpoint.secret) for got in receiver.received)
    assert house.states(endpoint) == ["sent"]


def test_what_is_never_taken_is_given_up_kept_and_can_be_replayed_under_its_id(house: House, receiver: Receiver) -> None:
    endpoint = house.endpoint("northwind", receiver.address)
    with house.installation.open() as directory:
        sent = send_test(directory, house.actor("northwind"), endpoint.endpoint, at=LATER)
    receiver.answer = lambda _: 500
    worker = house.worker()
    for delay in (*DELAYS_SECONDS, 0):
        worker.until_empty()
        house.now += timedelta(seconds=delay)
    assert house.states(endpoint) == ["dead"]
    assert len(receiver.received) == len(DELAYS_SECONDS) + 1
    assert sum(DELAYS_SECONDS) > 3 * 86_400
    assert 'payper_messages{channel="webhook",state="dead"} 1' in worker.messages.lines()
    worker.until_empty()
    assert len(receiver.received) == len(DELAYS_SECONDS) + 1
    receiver.answer = lambda _: 200
    house.now += timedelta(days=1)
    with house.installation.open() as directory:
        assert replay_dead(directory, house.actor("northwind"), endpoint.endpoint, at=house.now) == 1
    worker.until_empty()
    assert house.states(endpoint) == ["sent"]
    assert {got.id for got in receiver.received} == {sent.message}
    with house.installation.open() as directory:
        replay_call(directory, house.actor("northwind"), endpoint.endpoint, sent.message, at=house.now)
        (call,) = list_calls(directory, house.actor("northwind"), endpoint.endpoint).rows
        assert [each.status for each in call.attempts] == [500] * (len(DELAYS_SECONDS) + 1) + [200]
    worker.until_empty()
    assert [got.id for got in receiver.received][-2:] == [sent.message] * 2


def test_waiting_grows_and_no_two_come_back_at_once() -> None:
    for tries, seconds in enumerate(DELAYS_SECONDS, start=1):
        first, last = delay_seconds(tries, 0.0), delay_seconds(tries, 1.0)
        assert first is not None
        assert last is not None
        assert (first, last) == (pytest.approx(seconds * 0.8), pytest.approx(seconds * 1.2))
    assert delay_seconds(len(DELAYS_SECONDS) + 1, 0.5) is None
    assert list(DELAYS_SECONDS) == sorted(DELAYS_SECONDS)


def test_a_receiver_says_when_to_come_back(small_house: House, receiver: Receiver) -> None:
    endpoint = small_house.endpoint("northwind", receiver.address)
    with small_house.installation.open() as directory:
        send_test(directory, small_house.actor("northwind"), endpoint.endpoint, at=LATER)
    receiver.answer, receiver.headers = lambda _: 429, {"Retry-After": "600"}
    worker = small_house.worker()
    worker.until_empty()
    small_house.now += timedelta(seconds=599)
    worker.until_empty()
    assert len(receiver.received) == 1
    small_house.now += timedelta(seconds=1)
    worker.until_empty()
    assert len(receiver.received) == 2


def test_one_receiver_that_is_down_holds_up_nobody_else(small_house: House, receiver: Receiver) -> None:
    down, up = small_house.endpoint("northwind", f"{receiver.address}/down"), small_house.endpoint("northwind", f"{receiver.address}/up")
    with small_house.installation.open() as directory:
        for _ in range(40):
            for endpoint in (down, up):
                send_test(directory, small_house.actor("northwind"), endpoint.endpoint, at=LATER)
    receiver.answer = lambda got: 500 if got.path == "/down" else 200
    worker = small_house.worker()
    worker.until_empty()
    assert small_house.states(up) == ["sent"] * 40
    assert len(receiver.of("/down")) < 20
    assert small_house.states(down) == ["waiting"] * 40


def test_a_receiver_that_is_gone_is_called_no_more(small_house: House, receiver: Receiver) -> None:
    """410 Gone says so (Standard Webhooks, deliverability)."""
    endpoint = small_house.endpoint("northwind", receiver.address)
    with small_house.installation.open() as directory:
        send_test(directory, small_house.actor("northwind"), endpoint.endpoint, at=LATER)
    receiver.answer = lambda _: 410
    small_house.worker().until_empty()
    with small_house.installation.open() as directory:
        found = Outgoing(directory).endpoint(endpoint.endpoint)
        assert found is not None
        assert not found.is_active
        assert [line.detail for line in directory.audit("northwind") if line.act == "disable webhook"] == ["it answered 410 Gone"]
    assert small_house.states(endpoint) == ["dead"]


def test_both_secrets_sign_while_one_is_replaced(small_house: House, receiver: Receiver) -> None:
    old = small_house.endpoint("northwind", receiver.address)
    with small_house.installation.open() as directory:
        new = rotate_secret(directory, small_house.actor("northwind"), old.endpoint, at=LATER)
        send_test(directory, small_house.actor("northwind"), old.endpoint, at=LATER)
    small_house.worker().until_empty()
    (got,) = receiver.received
    assert (is_signed(got, old.secret), is_signed(got, new.secret)) == (True, True)
    small_house.now += timedelta(hours=25)
    with small_house.installation.open() as directory:
        send_test(directory, small_house.actor("northwind"), old.endpoint, at=small_house.now)
    small_house.worker().until_empty()
    assert (is_signed(receiver.received[-1], old.secret), is_signed(receiver.received[-1], new.secret)) == (False, True)


def test_a_webhook_to_this_machine_is_not_called_once_the_setting_is_off(small_house: House, receiver: Receiver) -> None:
    endpoint = small_house.endpoint("northwind", receiver.address)
    with small_house.installation.open() as directory:
        send_test(directory, small_house.actor("northwind"), endpoint.endpoint, at=LATER)
    small_house.worker(is_loopback_allowed=False).until_empty()
    assert receiver.received == []
    with small_house.installation.open() as directory:
        (call,) = list_calls(directory, small_house.actor("northwind"), endpoint.endpoint).rows
    assert "this machine itself" in call.attempts[0].words


def test_what_was_told_before_a_kill_is_not_told_twice(house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die after the messages are kept and before the book is told so; then again at the next step."""
    endpoint = house.endpoint("northwind", receiver.address)
    house.run()

    class KillError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KillError

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(Database, "drop_outbox", killed)
            with pytest.raises(KillError):
                house.worker().round()
    kept = len(house.states(endpoint))
    house.worker().until_empty()
    assert len(house.states(endpoint)) == kept == len(receiver.received)
    judged = [
        row["number"] for got in receiver.received if got.event["type"] == "delivery.judged" for row in got.event["data"]["deliveries"]
    ]
    assert len(judged) == len(set(judged)) == 14


def test_workers_that_share_an_installation_send_everything_once(house: House, receiver: Receiver) -> None:
    endpoint = house.endpoint("northwind", receiver.address)
    house.run()
    with house.installation.open() as directory:
        for _ in range(60):
            send_test(directory, house.actor("northwind"), endpoint.endpoint, at=LATER)
    faults: list[BaseException] = []

    def work() -> None:
        try:
            house.worker().until_empty()
        except BaseException as fault:  # noqa: BLE001  # shown by the test
            faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    house.worker().until_empty()
    assert faults == []
    assert set(house.states(endpoint)) == {"sent"}
    ids = [got.id for got in receiver.received]
    assert len(ids) == len(set(ids)) == len(house.states(endpoint))
    judged = [
        row["number"] for got in receiver.received if got.event["type"] == "delivery.judged" for row in got.event["data"]["deliveries"]
    ]
    assert len(judged) == len(set(judged)) == 14


def test_a_worker_that_is_killed_in_a_call_leaves_it_to_the_next(house: House, receiver: Receiver) -> None:
    """SIGKILL while calls are open: everything arrives in the end, under ids that tell what came twice."""
    endpoint = house.endpoint("northwind", receiver.address)
    with house.installation.open() as directory:
        sent = {send_test(directory, house.actor("northwind"), endpoint.endpoint, at=NOW).message for _ in range(6)}
    began, go_on = threading.Event(), threading.Event()

    def answer(_: Received) -> int:
        began.set()
        go_on.wait(60)
        return 200

    receiver.answer = answer
    place = ["--database", house.installation.place] if "://" in house.installation.place else ["--data", house.installation.place]
    worker = subprocess.Popen(
        [sys.executable, "-m", "payper", "work", *place], stderr=subprocess.PIPE, env={**os.environ, "PAYPER_WEBHOOKS_TO_LOOPBACK": "yes"}
    )
    assert began.wait(90), worker.poll()
    worker.send_signal(signal.SIGKILL)
    worker.communicate(timeout=30)
    go_on.set()
    assert set(house.states(endpoint)) == {"waiting"}
    receiver.answer = lambda _: 200
    house.worker().until_empty()
    assert set(house.states(endpoint)) == {"sent"}
    assert {got.id for got in receiver.received} == sent


def test_a_worker_that_is_told_to_end_finishes_its_round(small_house: House, receiver: Receiver) -> None:
    endpoint = small_house.endpoint("northwind", receiver.address)
    began = threading.Event()

    def answer(_: Received) -> int:
        began.set()
        time.sleep(0.3)
        return 200

    receiver.answer = answer
    with small_house.installation.open() as directory:
        send_test(directory, small_house.actor("northwind"), endpoint.endpoint, at=NOW)
    worker = subprocess.Popen(
        [sys.executable, "-m", "payper", "work", "--data", small_house.installation.place],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PAYPER_WEBHOOKS_TO_LOOPBACK": "yes", "PYTHONWARNINGS": "error"},
    )
    assert began.wait(90)
    worker.send_signal(signal.SIGTERM)
    _, told = worker.communicate(timeout=60)
    assert worker.returncode == 0, told
    assert small_house.states(endpoint) == ["sent"]
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert [line["message"] for line in lines] == ["working", "sent", "worked"]
    assert lines[1]["endpoint"] == endpoint.endpoint


def test_a_lease_is_over_after_a_while_and_not_before(house: House) -> None:
    endpoint = house.endpoint("northwind", "http://127.0.0.1:9/")
    with house.installation.open() as directory:
        for _ in range(5):
            send_test(directory, house.actor("northwind"), endpoint.endpoint, at=LATER)
        outgoing = Outgoing(directory)

        def take(at: datetime) -> list[str]:
            with outgoing.transaction():
                return [each.message for each in outgoing.take_due(at=at, lease=LEASE, limit=3, of_each=9)]

        first, second, third = take(LATER), take(LATER), take(LATER)
        assert (len(first), len(second), third) == (3, 2, [])
        assert not set(first) & set(second)
        assert take(LATER + LEASE) == first


def test_many_rows_are_many_calls_and_few_are_one() -> None:
    joined = Joined("northwind", "reach", "intentreach")
    rows = [{"number": str(number)} for number in range(2 * ROWS_MAX + 1)]
    parts = [Happening("delivery.judged", joined, NOW, "deliveries", part) for part in (rows[:150], rows[150:151], rows[151:])]
    told = [json.loads(body)["data"]["deliveries"] for _, body in bodies_of(parts)]
    assert [len(part) for part in told] == [ROWS_MAX, ROWS_MAX, 1]
    assert [row for part in told for row in part] == rows


def test_what_ended_long_ago_is_forgotten(house: House, receiver: Receiver) -> None:
    from payper.desk.telling.sending import tidy

    endpoint = house.endpoint("northwind", receiver.address)
    off = house.endpoint("northwind", receiver.address)
    with house.installation.open() as directory:
        for each in (endpoint, off):
            send_test(directory, house.actor("northwind"), each.endpoint, at=LATER)
        change_endpoint(directory, house.actor("northwind"), off.endpoint, is_active=False, is_loopback_allowed=True, at=LATER)
    worker = house.worker()
    worker.until_empty()
    assert (house.states(endpoint), house.states(off)) == (["sent"], ["waiting"])
    house.now += GIVE_UP + timedelta(seconds=1)
    tidy(worker.sender)
    assert (house.states(endpoint), house.states(off)) == (["sent"], ["dead"])
    house.now += timedelta(days=40)
    tidy(worker.sender)
    assert (house.states(endpoint), house.states(off)) == ([], [])


def test_the_check_that_the_documentation_shows_takes_real_calls_and_no_others(small_house: House, receiver: Receiver) -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text("utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    shown: dict[str, Any] = {}
    exec(block, shown)
    check = shown["is_from_payper"]
    old = small_house.endpoint("northwind", receiver.address)
    with small_house.installation.open() as directory:
        new = rotate_secret(directory, small_house.actor("northwind"), old.endpoint, at=LATER)
        send_test(directory, small_house.actor("northwind"), old.endpoint, at=LATER)
    small_house.worker().until_empty()
    (got,) = receiver.received
    now = LATER.timestamp()
    assert [check(got.headers, got.body, secret, now=now) for secret in (old.secret, new.secret)] == [True, True]
    assert not check(got.headers, got.body + b" ", new.secret, now=now)
    assert not check(got.headers, got.body, "whsec_" + base64.b64encode(b"x" * 32).decode(), now=now)
    assert not check(got.headers, got.body, new.secret, now=now + 301)
    assert not check(got.headers | {"webhook-timestamp": "now"}, got.body, new.secret, now=now)


def test_the_documentation_names_every_event() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text("utf-8")
    assert set(re.findall(r"`((?:delivery|return|charge|contract|webhook)\.\w+)`", text)) == {*EVENTS, TEST}

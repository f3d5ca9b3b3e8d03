"""Single deliveries over HTTP, each durable before it is answered: requests a second, and how long one waits.

    python benchmarks/live.py --rounds 5 --seconds 4 --connections 64 [--database postgresql://user@host:5432/database] [--seed 1]

One server process and one client process on the same machine. Cases, in random order within a round:

- `payper`: `payper serve`, every post a delivery that nobody sent before, with a token, judged by a contract like the example's;
- `one by one`: the same, but each request in a transaction of its own;
- `empty`: the same listener with an application that reads the body and answers at once;
- `idle`: `payper` with one connection, which waits 20 ms between its requests.

Read ratios, and figures of one run beside each other; a shared machine moves them by twice from run to run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

CONTRACT = "bench"
IDLE_SECONDS = 0.02

SERVER = """
import os, sys
from payper.web.command import leave_room
leave_room(os.environ)
from payper.desk.arrivals import reception
from payper.web.configuration import configure
from payper.web.server import serve
place, port, case = sys.argv[1:]
if case == "one by one":
    reception.BATCH_ROWS_MAX = 0
options = {"database": place} if "://" in place else {"data": place}
serve(configure({}, port=int(port), log_level="warning", **options), say=lambda words: None)
"""

EMPTY = """
import asyncio, signal, sys
from granian.constants import Interfaces
from granian.server.embed import Server
async def application(scope, receive, send):
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})
async def main():
    listener = Server(application, address="127.0.0.1", port=int(sys.argv[2]), interface=Interfaces.ASGINL, log_enabled=False, websockets=False)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, listener.stop)
    await listener.serve()
asyncio.run(main())
"""


def prepare(place: str, folder: Path) -> str:
    """Make an installation with one buyer and one provider under the contract of the benchmarks; give a token of the provider."""
    from payper.desk.folder.run import run_programme
    from payper.desk.people.installation import Installation, attach_book
    from payper.desk.people.people import Actor, invite, make_token
    from payper.parties import Act, Role
    from payper.simulation.batch import BENCHMARK_CONTRACT

    (folder / "contracts").mkdir(parents=True, exist_ok=True)
    text = BENCHMARK_CONTRACT
    (folder / "contracts" / f"{CONTRACT}.toml").write_text(text, "utf-8")
    installation = Installation(place)
    installation.prepare()
    now = datetime.now(UTC)
    buyer = next(line.split('"')[1] for line in text.splitlines() if line.startswith("buyer"))
    provider = next(line.split('"')[1] for line in text.splitlines() if line.startswith("provider"))
    run_programme(folder, out=folder / "out", database=installation.book_of(buyer))
    from payper.desk.folder.run import terms_hash
    from payper.store.database import open_database
    from payper.terms.reading import read_terms

    with open_database(installation.book_of(buyer)) as book, book.transaction():
        contract = read_terms(text, path=None).contract
        assert contract is not None
        book.add_contract(contract=contract.id, version=contract.version, hash_=terms_hash(contract), text=text)
    with installation.open() as directory:
        attach_book(directory, installation.book_of(buyer), at=now)
        invite(directory, party=provider, email=f"bench@{provider}.example.org", name="Bench", role=Role.PROVIDER_MANAGER, by="", at=now)
        person = directory.people(provider)[0].person
        actor = Actor(provider, person, frozenset(Act), role=Role.PROVIDER_MANAGER)
        key, _ = make_token(
            directory, actor, name="bench", purposes=frozenset({Act.SEND_DELIVERIES, Act.READ_DELIVERIES}), days=None, at=now
        )
    return f"/api/v1/contracts/{buyer}/{contract.id}/deliveries {key}"


def bodies(count: int, seed: int) -> list[bytes]:
    """Invent deliveries; every one has an id and an address of its own."""
    from payper.simulation.batch import simulate_batch

    frame = simulate_batch(count, seed)
    rows = []
    for number, row in enumerate(frame.iter_rows(named=True)):
        own = {name: str(value) for name, value in row.items() if value is not None and name not in {"delivered_at"}}
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        own |= {name: now for name in ("generated_at", "consent_at") if name in own}
        own["external_id"] = f"{seed}-{number}"
        rows.append(json.dumps(own).encode())
    return rows


class Client(asyncio.Protocol):
    """One connection that sends request after request."""

    def __init__(self, requests: list[bytes], times: list[float], failures: list[bytes], until: float, pause: float) -> None:
        self._requests, self._times, self._failures, self._until, self._pause = requests, times, failures, until, pause
        self._buffer = b""
        self._sent_at = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        if time.perf_counter() >= self._until or not self._requests:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(self._requests.pop())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(rest) < length:
            return
        self._times.append(time.perf_counter() - self._sent_at)
        if not head.startswith(b"HTTP/1.1 200"):
            self._failures.append(self._buffer[:400])
        self._buffer = b""
        if self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._send)
        else:
            self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


async def load(
    port: int, requests: list[bytes], *, connections: int, seconds: float, pause: float = 0.0
) -> tuple[float, list[float], list[bytes]]:
    times: list[float] = []
    failures: list[bytes] = []
    began = time.perf_counter()
    clients = []
    for _ in range(connections):
        _, client = await asyncio.get_running_loop().create_connection(
            lambda: Client(requests, times, failures, began + seconds, pause), "127.0.0.1", port
        )
        clients.append(client)
    await asyncio.gather(*(client.ended for client in clients))
    return len(times) / (time.perf_counter() - began), times, failures


def serve(program: str, place: str, case: str) -> tuple[subprocess.Popen[bytes], int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen([sys.executable, "-c", program, place, str(port), case], stderr=subprocess.DEVNULL)
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server, port
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def measure(case: str, place: str, path: str, token: str, own: list[bytes], *, connections: int, seconds: float) -> dict[str, float]:
    server, port = serve(EMPTY if case == "empty" else SERVER, place, case)
    try:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: "
        requests = [head.encode() + str(len(body)).encode() + b"\r\n\r\n" + body for body in own]
        is_idle = case == "idle"
        number = 1 if is_idle else connections
        warm = [requests.pop() for _ in range(min(len(requests) // 10, 400))]
        asyncio.run(load(port, warm, connections=number, seconds=seconds))
        # Processor time of the server alone, as the client shares the machine.
        before = cpu_seconds(server.pid)
        rate, times, failures = asyncio.run(
            load(port, requests, connections=number, seconds=seconds, pause=IDLE_SECONDS if is_idle else 0.0)
        )
        used = cpu_seconds(server.pid) - before
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)
    if failures:
        print(f"  {len(failures)} of {len(times)} were not answered well, the first: {failures[0]!r}", file=sys.stderr)
    places = sorted(times)
    return {
        "requests/s": rate,
        "p50 ms": 1000 * statistics.median(places),
        "p99 ms": 1000 * places[int(len(places) * 0.99)],
        "cpu ms": 1000 * used / max(len(times), 1),
    }


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", help="A PostgreSQL database that may be filled; without it, files.")
    parser.add_argument("--rounds", "--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", default="payper,one by one,empty,idle")
    parser.add_argument("--posts", type=int, default=20_000, help="Deliveries made ready for each case of a round.")
    asked = parser.parse_args()
    chance = np.random.default_rng(asked.seed)
    found: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = asked.database or str(Path(folder) / "data")
        path, token = prepare(place, Path(folder) / "programme").split(" ")
        for round_ in range(asked.rounds):
            cases = asked.cases.split(",")
            chance.shuffle(cases)
            for case in cases:
                count = asked.posts if case != "idle" else 1000
                own = bodies(count, asked.seed * 10_000 + round_ * 10 + asked.cases.split(",").index(case))
                seen = measure(case, place, path, token, own, connections=asked.connections, seconds=asked.seconds)
                found.setdefault(case, []).append(seen)
                print(round_ + 1, case, {name: round(value, 2) for name, value in seen.items()}, file=sys.stderr)
    print(f"{'case':12} {'requests/s':>11} {'p50 ms':>8} {'p99 ms':>8} {'p99/p50':>8} {'server cpu ms':>14}")
    medians = {case: {name: statistics.median(each[name] for each in rounds) for name in rounds[0]} for case, rounds in found.items()}
    for case, own in medians.items():
        print(
            f"{case:12} {own['requests/s']:11,.0f} {own['p50 ms']:8.1f} {own['p99 ms']:8.1f} {own['p99 ms'] / own['p50 ms']:8.1f} {own['cpu ms']:14.2f}"
        )
    if "payper" in medians:
        for other in ("empty", "one by one"):
            if other in medians:
                ratios = [one["requests/s"] / two["requests/s"] for one, two in zip(found["payper"], found[other], strict=True)]
                print(f"payper / {other}: {statistics.median(ratios):.2f} (rounds {', '.join(f'{each:.2f}' for each in ratios)})")


if __name__ == "__main__":
    main()

"""Call addresses that strangers chose, without letting them reach what only this machine reaches.

A name is resolved once, every address it has must be public, and the call goes to one of those very addresses, so that a name cannot lead
elsewhere a moment later. Nothing is followed, no proxy and no password of the environment is used, and every call ends in time.

Source: OWASP Server-Side Request Forgery Prevention Cheat Sheet, case 2; IANA special-purpose address registries as `ipaddress` has them.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from payper.errors import UsageError

if TYPE_CHECKING:
    import httpx2

SECONDS_MAX = 15.0
"""How long a call may take, from looking the name up to the end of the answer."""

ANSWER_BYTES_MAX = 65_536
ADDRESS_LENGTH_MAX = 2000
AT_ONCE = 16

_METADATA = frozenset({ipaddress.ip_address("168.63.129.16"), ipaddress.ip_address("192.0.0.192")})
"""Addresses at which clouds tell machines their secrets and that look public (Azure, Oracle)."""

_SPECIAL = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100:0:0:1::/64", "3fff::/20", "5f00::/16"))
)
"""Special-purpose networks that some versions of Python take for public."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedError(Exception):
    """An address may not be called; `str()` says why, in words for its owner."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call to make by POST."""

    address: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a call.

    Attributes:
        status: Of HTTP; None: no answer came.
        words: What stood in the way, where no answer came.
        retry_after: Seconds the receiver asks for, or None.
    """

    status: int | None
    milliseconds: int
    words: str = ""
    retry_after: int | None = None


def check_address(address: str, *, is_loopback_allowed: bool) -> str:
    """Refuse an address that could never be called; give it in the form that is kept.

    Args:
        address: As typed.
        is_loopback_allowed: Whether this machine may be called, also by http (for trying out).

    Raises:
        UsageError: It is no address of the public web, or not by https.
    """
    text = address.strip()
    mend = "Write it as https://hooks.example.com/payper."
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(where="address", seen=f"«{text[:80]}» is no address: {error}.", mend=mend) from error
    is_odd = parts.username is not None or parts.fragment or any(character <= " " or character in '"<>\\^`{|}' for character in text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or is_odd or len(text) > ADDRESS_LENGTH_MAX or port == 0:
        raise UsageError(where="address", seen=f"«{text[:80]}» is no address of the web.", mend=mend)
    number = _number_of(parts.hostname)
    fault = "" if number is None else _fault_of(number, is_loopback_allowed=is_loopback_allowed)
    if not is_loopback_allowed and _is_loopback_name(parts.hostname):
        fault = "It is this machine itself."
    if not fault and parts.scheme == "http" and not (is_loopback_allowed and _is_loopback_name(parts.hostname)):
        fault = "It is not https, so that anybody on the way could read it."
    if fault:
        raise UsageError(where="address", seen=f"«{text[:80]}» is not called. {fault}", mend=mend)
    return text


def check_number(number: _Address, *, is_loopback_allowed: bool) -> None:
    """Refuse a numeric address that is not of the public internet.

    Raises:
        RefusedError: It is private, link-local, of this machine, of a cloud's own service, or otherwise special.
    """
    fault = _fault_of(number, is_loopback_allowed=is_loopback_allowed)
    if fault:
        raise RefusedError(fault)


def _fault_of(number: _Address, *, is_loopback_allowed: bool) -> str:
    inner = _inside(number)
    if inner.is_loopback:
        return "" if is_loopback_allowed else "It is this machine itself."
    if inner.is_link_local or inner in _METADATA:
        return "It is where a cloud keeps secrets of its machines."
    is_special = any(inner.version == network.version and inner in network for network in _SPECIAL)
    is_private = not inner.is_global or inner.is_multicast or inner.is_reserved or is_special
    return "It is not on the public internet." if is_private else ""


def call_all(calls: Sequence[Call], *, is_loopback_allowed: bool) -> list[Answered]:
    """Make calls, some at once; one answer for each, in order. Never raises for what a receiver does."""
    return asyncio.run(_call_all(calls, is_loopback_allowed=is_loopback_allowed))


async def _call_all(calls: Sequence[Call], *, is_loopback_allowed: bool) -> list[Answered]:
    import httpx2

    turns = asyncio.Semaphore(AT_ONCE)
    # A connection that is kept could be used for another name at the same number, whose certificate nobody has looked at.
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx2.AsyncClient(
        verify=_trust(), trust_env=False, follow_redirects=False, timeout=SECONDS_MAX, limits=limits, http1=True, http2=False
    ) as client:

        async def one(call: Call) -> Answered:
            async with turns:
                return await _call(client, call, is_loopback_allowed=is_loopback_allowed)

        return list(await asyncio.gather(*(one(call) for call in calls)))


async def _call(client: httpx2.AsyncClient, call: Call, *, is_loopback_allowed: bool) -> Answered:
    import httpx2

    began = time.perf_counter()
    status, words, wait = None, "", None
    try:
        async with asyncio.timeout(SECONDS_MAX):
            status, wait = await _try_each(client, call, is_loopback_allowed=is_loopback_allowed)
    except RefusedError as error:
        words = f"The address is not called. {error}"
    except UsageError as error:
        words = error.seen
    except TimeoutError:
        words = f"No answer within {SECONDS_MAX:.0f} seconds."
    except socket.gaierror:
        words = "The name cannot be found."
    except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError, UnicodeError) as error:
        words = f"The call broke off: {' '.join(str(error).split())[:160] or type(error).__name__}."
    return Answered(status, int((time.perf_counter() - began) * 1000), words, wait)


async def _try_each(client: httpx2.AsyncClient, call: Call, *, is_loopback_allowed: bool) -> tuple[int, int | None]:
    """Call the numbers of a name in turn until one takes the connection; all of them must be public."""
    import httpx2

    check_address(call.address, is_loopback_allowed=is_loopback_allowed)
    parts = urlsplit(call.address)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    numbers = await _resolve(host, port)
    for number in numbers:
        check_number(number, is_loopback_allowed=is_loopback_allowed and _is_loopback_name(host))
    failure: Exception = RefusedError("The name has no number.")
    for number in numbers[:3]:
        shown = f"[{number}]" if number.version == 6 else str(number)
        url = httpx2.URL(call.address).copy_with(host=shown, port=port)
        headers = {**call.headers, "Host": parts.netloc}
        request = client.build_request("POST", url, headers=headers, content=call.body, extensions={"sni_hostname": host})
        try:
            answer = await client.send(request, stream=True)
        except httpx2.ConnectError as error:
            failure = error
            continue
        try:
            read = 0
            async for piece in answer.aiter_raw():
                read += len(piece)
                if read > ANSWER_BYTES_MAX:
                    break
        finally:
            await answer.aclose()
        wait = answer.headers.get("retry-after", "")
        return answer.status_code, int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 7 else None
    raise failure


async def _resolve(host: str, port: int) -> list[_Address]:
    number = _number_of(host)
    if number is not None:
        return [number]
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found))


def _number_of(host: str) -> _Address | None:
    """Read a host that is a number, in any spelling that a resolver would take for one (`0x7f.1`, `2130706433`)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _inside(number: _Address) -> _Address:
    """Give the number that another one carries: IPv4 inside IPv6, 6to4, Teredo, NAT64."""
    if isinstance(number, ipaddress.IPv4Address):
        return number
    teredo = number.teredo
    inner = number.ipv4_mapped or number.sixtofour or (teredo[1] if teredo is not None else None)
    if inner is None and number in _NAT64:
        inner = ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    return inner or number


def _is_loopback_name(host: str) -> bool:
    number = _number_of(host)
    return _inside(number).is_loopback if number is not None else host.rstrip(".").endswith("localhost")


@cache
def _trust() -> ssl.SSLContext:
    """Trust what the machine trusts."""
    return ssl.create_default_context()

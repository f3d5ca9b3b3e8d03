"""Ask the domain name system whether hosts take mail: RFC 5321 section 5.1, RFC 7505 (a null MX says no)."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """What a look-up said.

    Attributes:
        takes_mail: True, False, or None when no answer came, which proves nothing.
        answer: The answer in words, kept as evidence.
    """

    takes_mail: bool | None
    answer: str


def ask_mail_hosts(
    hosts: Iterable[str], *, nameserver: str | None = None, port: int = 53, seconds_max: float = 5.0, at_once: int = 32
) -> dict[str, MailAnswer]:
    """Ask for the mail exchangers of hosts.

    Args:
        hosts: ASCII host names.
        nameserver: IP address of the server to ask; None: the system's.
        port: Its port.
        seconds_max: How long to wait for one host.
        at_once: Look-ups under way at the same time.
    """
    import dns.resolver

    resolver = dns.resolver.Resolver(configure=nameserver is None)
    if nameserver is not None:
        resolver.nameservers = [nameserver]
        resolver.port = port
    resolver.lifetime = seconds_max
    names = sorted(set(hosts))
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        answers = pool.map(lambda host: _ask(resolver, host), names)
        return dict(zip(names, answers, strict=True))


def _ask(resolver: object, host: str) -> MailAnswer:
    import dns.exception
    import dns.resolver

    assert isinstance(resolver, dns.resolver.Resolver), "made above"
    try:
        exchanges = [str(record.exchange) for record in resolver.resolve(host, "MX")]
    except dns.resolver.NXDOMAIN:
        return MailAnswer(takes_mail=False, answer="there is no such domain")
    except dns.resolver.NoAnswer:
        return _ask_address(resolver, host)
    except (dns.exception.DNSException, OSError) as error:
        return MailAnswer(takes_mail=None, answer=f"no answer: {type(error).__name__}")
    if exchanges == ["."]:
        return MailAnswer(takes_mail=False, answer="the domain says that it takes no mail (null MX)")
    return MailAnswer(takes_mail=True, answer="mail exchanger " + min(exchanges).rstrip("."))


def _ask_address(resolver: object, host: str) -> MailAnswer:
    """Without MX records mail goes to the host itself, if it has an address."""
    import dns.exception
    import dns.resolver

    assert isinstance(resolver, dns.resolver.Resolver), "made above"
    for kind in ("A", "AAAA"):
        try:
            resolver.resolve(host, kind)
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            continue
        except (dns.exception.DNSException, OSError) as error:
            return MailAnswer(takes_mail=None, answer=f"no answer: {type(error).__name__}")
        return MailAnswer(takes_mail=True, answer="no mail exchanger, but an address")
    return MailAnswer(takes_mail=False, answer="neither mail exchanger nor address")

"""A real mail server on loopback that keeps what it is given."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


@dataclass
class Mailbox:
    """What came in. `answer` is what the server says to a recipient."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802  # the library's name
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # the library's name
        read = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(read, EmailMessage)
        self.letters.append(read)
        self.recipients += envelope.rcpt_tos
        return "250 taken"


@contextmanager
def mailbox(*, tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None, is_tls_at_once: bool = False) -> Iterator[Mailbox]:
    """Serve a mailbox until the end, with STARTTLS and a password where they are given."""

    def check(server: Any, session: Any, envelope: Any, mechanism: str, auth: Any) -> AuthResult:
        return AuthResult(success=(auth.login.decode(), auth.password.decode()) == login, handled=False)

    box = Mailbox()
    more: dict[str, Any] = {"authenticator": check, "auth_required": not is_tls_at_once} if login else {}
    if is_tls_at_once:
        controller = Controller(box, hostname="127.0.0.1", port=_free_port(), ssl_context=tls, auth_require_tls=False, **more)
    else:
        controller = Controller(box, hostname="127.0.0.1", port=_free_port(), tls_context=tls, require_starttls=tls is not None, **more)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def make_certificate(folder: Path, *, host: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for a host that signs itself: the server's context, and the file that a client may trust."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    named = x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([named]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    return context, certificate


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

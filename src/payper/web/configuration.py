"""What a server is told: by options, else the environment (PAYPER_...), else a file, else what is written here."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from payper.connectors.identity import IdentityProvider, is_safe
from payper.connectors.mail import NONE, STARTTLS, TLS, MailServer
from payper.errors import UsageError
from payper.store.postgres import is_postgres

PREFIX = "PAYPER_"
FILE = "PAYPER_CONFIG"
_ELSEWHERE = frozenset({FILE, "PAYPER_TEST_DATABASE_URL", "PAYPER_SHARED_DATA"})


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a server is told.

    Attributes:
        data: The folder that holds directory and books, where no database is named.
        database: The address of a PostgreSQL database that holds them, or empty.
        host: The address to listen on.
        port: The port to listen on.
        public_url: How browsers reach the server (https://desk.example.com); cookies are kept to https where it is. Empty: as it listens.
        log_level: debug, info, warning or error.
        sign_ins_per_minute: Attempts at signing in from one address, and for one e-mail, in a minute.
        requests_per_minute: What a token may ask for in a minute, and at once; 0: without limit.
        metrics_key: What Prometheus must send as bearer token to read /metrics; empty: only this machine may read it.
        worker: Whether the server also sends what waits (webhooks, mail); else `payper work` does.
        webhooks_to_loopback: Whether webhooks may go to this machine, also by http: for trying out, never where others have accounts.
        mail_host: The server that takes letters (SMTP); empty: none are sent, and links are shown to be passed on.
        mail_security: starttls, tls or none.
        mail_user, mail_password: With what to sign in there; the password can stand in a file of its own.
        mail_from: Whom letters come from, such as payper <desk@example.com>.
        oidc_issuer: The identity provider where people can sign in besides (OpenID Connect); empty: nowhere.
        oidc_client_id, oidc_client_secret: What we are to it; the secret can stand in a file of its own.
        oidc_name: What the page to sign in calls it.
    """

    data: str = "payper-data"
    database: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    log_level: str = "info"
    sign_ins_per_minute: int = 20
    requests_per_minute: int = 6000
    metrics_key: str = field(default="", repr=False)
    worker: bool = True
    webhooks_to_loopback: bool = False
    mail_host: str = ""
    mail_port: int = 587
    mail_security: str = STARTTLS
    mail_user: str = ""
    mail_password: str = field(default="", repr=False)
    mail_password_file: str = ""
    mail_from: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_client_secret_file: str = ""
    oidc_name: str = "your company account"

    @property
    def mail_server(self) -> MailServer | None:
        """Give where letters are handed in, or None."""
        if not self.mail_host:
            return None
        return MailServer(self.mail_host, self.mail_port, self.mail_from, self.mail_user, self.mail_password, self.mail_security)

    @property
    def identity(self) -> IdentityProvider | None:
        """Give the identity provider, or None."""
        return IdentityProvider(self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret) if self.oidc_issuer else None

    @property
    def place(self) -> str:
        """Give where the installation keeps things."""
        return self.database or self.data

    @property
    def url(self) -> str:
        """Give the address that links begin with, without a slash at the end."""
        host = "127.0.0.1" if self.host in {"", "0.0.0.0", "::"} else self.host  # noqa: S104  # compared, not bound
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def is_https(self) -> bool:
        """Tell whether browsers come by https."""
        return self.url.startswith("https://")


def configure(environment: Mapping[str, str], **options: str | int | None) -> Configuration:
    """Gather what is told; the first that says something holds: options, environment, file, defaults.

    Args:
        environment: Variables by name.
        options: Values by name of a setting; None: not given.

    Raises:
        UsageError: A setting is unknown or cannot be what it says.
    """
    told: dict[str, tuple[str, Any]] = {}
    file = environment.get(FILE)
    if file:
        told |= {name: (f"{file}: {name}", value) for name, value in _read_file(Path(file)).items()}
    for variable, value in environment.items():
        if variable.startswith(PREFIX) and variable not in _ELSEWHERE:
            told[variable.removeprefix(PREFIX).lower()] = (variable, value)
    told |= {name: (f"--{name.replace('_', '-')}", value) for name, value in options.items() if value is not None}
    values: dict[str, Any] = {}
    known = {field.name: field.type for field in fields(Configuration)}
    for name, (where, value) in told.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            mend = f"Write {near[0]}." if near else f"Settings are {', '.join(sorted(known))}."
            raise UsageError(where=where, seen=f"There is no setting «{name}».", mend=mend)
        values[name] = _read(name, value, where)
    for name in ("mail_password", "oidc_client_secret"):
        file = values.get(f"{name}_file")
        if file:
            values[name] = _read_secret(Path(file), told[f"{name}_file"][0])
    return _checked(Configuration(**values), told)


def _read_secret(path: Path, where: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            where=where, seen=f"The file cannot be read: {error}.", mend="Name a file that holds the password alone."
        ) from error


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(where=path, seen=f"The file cannot be read: {error}.", mend=f"Check the path in {FILE}.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(where=path, seen=f"The file is not TOML: {error}.", mend="Write `port = 8080`, one setting a line.") from error


def _read(name: str, value: object, where: str) -> str | int | bool:
    default = getattr(Configuration(), name)
    if isinstance(default, bool):
        known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        text = str(value).strip().lower()
        if text not in known:
            raise UsageError(where=where, seen=f"«{value}» is neither yes nor no.", mend="Write true or false.")
        return known[text]
    if isinstance(default, int):
        text = str(value).strip()
        if not text.isdigit():
            raise UsageError(where=where, seen=f"«{value}» is no whole number.", mend=f"Write a number, such as {default}.")
        return int(text)
    if not isinstance(value, str):
        raise UsageError(where=where, seen=f"«{value}» is no text.", mend=f'Put it in quotes, as in {name} = "{default}".')
    return value.strip()


def _checked(configuration: Configuration, told: Mapping[str, tuple[str, Any]]) -> Configuration:
    def where(name: str) -> str:
        return told.get(name, (name, None))[0]

    if not 0 <= configuration.port <= 65535:
        raise UsageError(where=where("port"), seen=f"{configuration.port} is no port.", mend="Write a number up to 65535, such as 8080.")
    if configuration.sign_ins_per_minute < 1:
        raise UsageError(where=where("sign_ins_per_minute"), seen="Nobody could sign in.", mend="Write a number from 1 on, such as 20.")
    if configuration.database and not is_postgres(configuration.database):
        mend = "Write postgresql://user@host:5432/database, or name a folder with --data instead."
        raise UsageError(where=where("database"), seen="This is no address of a PostgreSQL server.", mend=mend)
    if configuration.log_level not in {"debug", "info", "warning", "error"}:
        seen = f"«{configuration.log_level}» is no level."
        raise UsageError(where=where("log_level"), seen=seen, mend="Write debug, info, warning or error.")
    _check_mail(configuration, where)
    if configuration.oidc_issuer and not is_safe(configuration.oidc_issuer):
        seen = f"«{configuration.oidc_issuer}» is no address that can be trusted."
        raise UsageError(where=where("oidc_issuer"), seen=seen, mend="Write the issuer as https://login.example.com.")
    if configuration.oidc_issuer and not configuration.oidc_client_id:
        mend = "Write the client id that the provider gave this installation."
        raise UsageError(where=where("oidc_client_id"), seen="The identity provider would not know us.", mend=mend)
    parts = urlsplit(configuration.public_url)
    if configuration.public_url and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}):
        mend = "Write it as https://desk.example.com, without a path."
        raise UsageError(where=where("public_url"), seen=f"«{configuration.public_url}» is no address of a server.", mend=mend)
    return configuration


def _check_mail(configuration: Configuration, where: Callable[[str], str]) -> None:
    if configuration.mail_security not in {STARTTLS, TLS, NONE}:
        seen = f"«{configuration.mail_security}» is no way to a mail server."
        raise UsageError(where=where("mail_security"), seen=seen, mend="Write starttls, tls or none.")
    if not configuration.mail_host:
        return
    if "@" not in parseaddr(configuration.mail_from)[1]:
        seen = f"«{configuration.mail_from}» is nobody that letters can come from."
        raise UsageError(where=where("mail_from"), seen=seen, mend="Write it as payper <desk@example.com>.")
    if configuration.mail_password and configuration.mail_security == NONE:
        mend = "Write starttls or tls, or leave the password out."
        raise UsageError(where=where("mail_security"), seen="The password would go to the mail server in the open.", mend=mend)

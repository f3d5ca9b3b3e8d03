"""Send letters by a mail server (SMTP, RFC 5321), as text and simple HTML.

A letter has the same Message-ID at every attempt, so that mailboxes can tell one that came twice.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape

from payper.connectors.calling import Answered

SECONDS_MAX = 20.0
STARTTLS, TLS, NONE = "starttls", "tls", "none"
_SAFE_SCHEMES = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in.

    Attributes:
        security: `starttls` (the connection begins in the open and is then encrypted, or not used), `tls`, or `none`.
        user: Empty: nobody signs in.
        sender: As in `payper <desk@example.com>`.
    """

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    security: str = STARTTLS


@dataclass(frozen=True, slots=True)
class Letter:
    """What is written to one person.

    Attributes:
        id: The same at every attempt.
        to: The address.
        name: The person's.
        paragraphs: In plain words.
        link: Where to go on, with the words of the link; None: nowhere.
    """

    id: str
    to: str
    name: str
    subject: str
    paragraphs: Sequence[str]
    link: tuple[str, str] | None = None


def send_letter(server: MailServer, letter: Letter, *, at: datetime) -> Answered:
    """Hand a letter in; the status is SMTP's. Never raises for what the server does.

    A recipient that is refused for good gives its 5xx; a server that refuses us, or cannot be reached, gives no status, as the letter is
    not at fault.
    """
    began = time.perf_counter()
    status, words = None, ""
    try:
        message = written(server, letter, at=at)
        with _connected(server) as connection:
            connection.send_message(message)
        status = 250
    except smtplib.SMTPRecipientsRefused as error:
        status, said = next(iter(error.recipients.values()), (550, b"refused"))
        words = f"The address was refused: {_said(said)}."
    except smtplib.SMTPResponseException as error:
        words = f"The mail server refuses: {error.smtp_code} {_said(error.smtp_error)}."
    except (smtplib.SMTPException, ssl.SSLError, OSError, ValueError) as error:
        words = f"The mail server cannot be used: {' '.join(str(error).split())[:160] or type(error).__name__}."
    return Answered(status, int((time.perf_counter() - began) * 1000), words)


def written(server: MailServer, letter: Letter, *, at: datetime) -> EmailMessage:
    """Put a letter in the form of RFC 5322 and MIME: text and HTML that say the same.

    Raises:
        ValueError: The address cannot be one.
    """
    message = EmailMessage()
    sender = parseaddr(server.sender)[1]
    local, _, domain = letter.to.rpartition("@")
    message["From"] = server.sender
    message["To"] = Address(_one_line(letter.name), local, domain)
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{letter.id}@{sender.rpartition('@')[2] or 'payper'}>"
    # Nobody is there to read what out-of-office says (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    text = [f"Hello {_one_line(letter.name)},", *letter.paragraphs]
    if letter.link is not None:
        text.append(f"{letter.link[0]}:\n{letter.link[1]}")
    message.set_content("\n\n".join(text) + "\n")
    message.add_alternative(_html(text[: 1 + len(letter.paragraphs)], letter.link), subtype="html")
    return message


def _html(paragraphs: Sequence[str], link: tuple[str, str] | None) -> str:
    body = "".join(f"<p>{escape(each)}</p>\n" for each in paragraphs)
    if link is not None and link[1].startswith(_SAFE_SCHEMES):
        body += f'<p><a href="{escape(link[1])}">{escape(link[0])}</a></p>\n'
    return f'<!doctype html>\n<html lang="en"><body>\n{body}</body></html>\n'


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == TLS:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS_MAX, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS_MAX)
    try:
        if server.security == STARTTLS:
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _said(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())[:160].rstrip(".")

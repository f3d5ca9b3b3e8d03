"""Look up which hosts take mail, once each: answers are kept, with their date, for 30 days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl

from payper.connectors.mail_hosts import ask_mail_hosts
from payper.normalisation.emails import read_emails
from payper.store.database import Database

KEPT_FOR = timedelta(days=30)


def mail_look_up(
    database: Database | None, *, nameserver: str | None = None, port: int = 53, seconds_max: float = 5.0
) -> Callable[[pl.Series], frozenset[str]]:
    """Make the look-up that judging asks: which hosts of these e-mail addresses take no mail.

    A host whose server does not answer is not among them, as silence proves nothing; it is asked again next time.
    """
    known: dict[str, bool] = {}
    if database is not None:
        now = datetime.now(UTC)
        known = {host: takes for host, (takes, _, at) in database.mail_hosts().items() if now - datetime.fromisoformat(at) < KEPT_FOR}

    def look_up(emails: pl.Series) -> frozenset[str]:
        hosts = read_emails(emails)["email_host"].drop_nulls().unique().to_list()
        answers = ask_mail_hosts([host for host in hosts if host not in known], nameserver=nameserver, port=port, seconds_max=seconds_max)
        certain = {host: (each.takes_mail, each.answer) for host, each in answers.items() if each.takes_mail is not None}
        known.update({host: takes for host, (takes, _) in certain.items()})
        if database is not None and certain:
            with database.transaction():
                database.add_mail_hosts(certain)
        return frozenset(host for host in hosts if known.get(host) is False)

    return look_up

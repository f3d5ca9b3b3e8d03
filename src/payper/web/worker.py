"""The worker: tells what happened and sends what is due, beside the server or alone, until it is told to end."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from payper.connectors.calling import Answered
from payper.desk.people.installation import Installation
from payper.desk.telling.sending import Sender, send_due, tidy
from payper.desk.telling.telling import Letters, tell_all
from payper.errors import PayperError
from payper.store.outgoing import Message, Outgoing
from payper.web.configuration import Configuration
from payper.web.letters import post_letter
from payper.web.metrics import Messages

LOG = logging.getLogger("payper.worker")

PAUSE_SECONDS, PAUSE_SECONDS_MAX = 1.0, 30.0
"""Between rounds with nothing to do, and at most after rounds that failed."""

TIDY_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class Worker:
    """Work that waits, done round by round.

    Attributes:
        letters: Which letters are sent.
        messages: Where what is sent is counted.
    """

    sender: Sender
    letters: Letters
    messages: Messages

    def round(self) -> int:
        """Tell and send once; give how many messages were looked at."""
        made = tell_all(self.sender.installation, letters=self.letters, at=self.sender.clock())
        done = 0
        for each in send_due(self.sender):
            self.messages.count(each.channel, sent=each.sent, failed=each.failed, dead=each.dead)
            done += each.sent + each.failed + each.dead
        if made or done:
            self.count_waiting()
        return made + done

    def count_waiting(self) -> None:
        """Tell metrics how many messages wait and how many were given up."""
        with self.sender.installation.open() as directory:
            self.messages.stand(Outgoing(directory).counts())

    def until_empty(self) -> None:
        """Go on until nothing is to be told and nothing is due."""
        while self.round():
            pass

    def run(self, ended: threading.Event) -> None:
        """Go on until told to end; a round that has begun is finished."""
        pause, tidied = PAUSE_SECONDS, self.sender.clock() - TIDY_EVERY
        LOG.info("working")
        while not ended.is_set():
            try:
                if self.sender.clock() - tidied >= TIDY_EVERY:
                    tidy(self.sender)
                    self.count_waiting()
                    tidied = self.sender.clock()
                if self.round():
                    pause = PAUSE_SECONDS
                    continue
                pause = PAUSE_SECONDS
            except PayperError as fault:
                LOG.warning("a round failed", extra={"where": fault.where, "words": fault.seen})
                pause = min(pause * 2, PAUSE_SECONDS_MAX)
            except Exception:  # what waits must go on when one round was wrong
                LOG.exception("a round failed")
                pause = min(pause * 2, PAUSE_SECONDS_MAX)
            ended.wait(pause)
        LOG.info("worked")


def make_worker(
    installation: Installation, configuration: Configuration, *, messages: Messages, clock: Callable[[], datetime] | None = None
) -> Worker:
    """Make the worker of an installation."""
    chance, now = secrets.SystemRandom(), clock or (lambda: datetime.now(UTC))
    server = configuration.mail_server

    def post(message: Message) -> Answered:
        assert server is not None, "letters are made only where there is one"
        return post_letter(installation, server, message, url=configuration.url, at=now())

    sender = Sender(
        installation=installation,
        clock=now,
        post=post if server is not None else None,
        chance=chance.random,
        is_loopback_allowed=configuration.webhooks_to_loopback,
    )
    return Worker(sender, Letters(is_mail_on=server is not None), messages)

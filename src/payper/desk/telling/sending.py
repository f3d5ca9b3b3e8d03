"""Send what is due: lease it, call or write, and note what came of it; try again ever later, and give up after some days.

A message is sent at least once: whoever is killed between the answer and the note of it leaves a lease behind, and when that is over the
message is sent again, under the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from payper.connectors.calling import Answered, Call, call_all
from payper.connectors.signing import signed_headers
from payper.desk.people.installation import Installation
from payper.store.outgoing import DEAD, MAIL, SENT, WAITING, WEBHOOK, Attempt, Endpoint, Message, Outgoing

LOG = logging.getLogger("payper.worker")

DELAYS_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds from one attempt to the next; the one after the last gives up, some three days later.

Source: Standard Webhooks specification, deliverability (retry schedule)."""

REST_SECONDS_MAX = 3600
"""How long at most an endpoint that fails is left in peace; other messages to it wait meanwhile."""

LEASE = timedelta(minutes=5)
AT_ONCE, OF_EACH = 64, 8
GIVE_UP = timedelta(days=5)
KEEP_SENT, KEEP_DEAD, KEEP_TOLD = timedelta(days=7), timedelta(days=30), timedelta(days=7)
GONE = 410

Post = Callable[[Message], Answered]
"""Sends a letter."""


@dataclass(frozen=True)
class Sender:
    """What sending needs.

    Attributes:
        clock: Gives the instant of now.
        chance: Gives numbers from 0 to 1, for jitter.
        post: Sends a letter; None: no mail server is named.
        is_loopback_allowed: As of `connectors.calling`.
    """

    installation: Installation
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    post: Post | None = None
    is_loopback_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """How many messages were sent, failed and will be tried again, and were given up, by channel."""

    channel: str
    sent: int = 0
    failed: int = 0
    dead: int = 0


def send_due(sender: Sender) -> list[Sent]:
    """Send what is due, as much as fits in one round; give what came of it. Nothing was due: an empty list."""
    with sender.installation.open() as directory:
        outgoing = Outgoing(directory)
        at = sender.clock()
        with outgoing.transaction():
            due = outgoing.take_due(at=at, lease=LEASE, limit=AT_ONCE, of_each=OF_EACH)
        if not due:
            return []
        endpoints = {each.endpoint: each for each in outgoing.endpoints()}
    answers = _send(sender, due, endpoints)
    told = {channel: Sent(channel) for channel in sorted({each.channel for each in due})}
    with sender.installation.open() as directory:
        for message, answer in zip(due, answers, strict=True):
            state = _note(Outgoing(directory), sender, message, answer, at=at)
            before = told[message.channel]
            told[message.channel] = replace(
                before,
                sent=before.sent + (state == SENT),
                failed=before.failed + (state == WAITING),
                dead=before.dead + (state == DEAD),
            )
    return list(told.values())


def tidy(sender: Sender) -> None:
    """Forget what ended long ago."""
    at = sender.clock()
    with sender.installation.open() as directory:
        outgoing = Outgoing(directory)
        with outgoing.transaction():
            outgoing.tidy(sent_before=at - KEEP_SENT, dead_before=at - KEEP_DEAD, told_before=at - KEEP_TOLD, given_up_before=at - GIVE_UP)


def delay_seconds(tries: int, chance: float) -> float | None:
    """Give how long to wait after the n-th attempt, up to a fifth longer or shorter so that not all come back at once; None: no more.

    Args:
        tries: Attempts made, this one included.
        chance: From 0 to 1.
    """
    if tries > len(DELAYS_SECONDS):
        return None
    return DELAYS_SECONDS[tries - 1] * (0.8 + 0.4 * chance)


def _send(sender: Sender, due: Sequence[Message], endpoints: dict[str, Endpoint]) -> list[Answered]:
    calls = [each for each in due if each.channel == WEBHOOK]
    made = [_call(each, endpoints[each.endpoint or ""], at=sender.clock()) for each in calls]
    answers = dict(
        zip((each.message for each in calls), call_all(made, is_loopback_allowed=sender.is_loopback_allowed), strict=True) if made else ()
    )
    for each in due:
        if each.channel == MAIL:
            answers[each.message] = sender.post(each) if sender.post is not None else Answered(None, 0, "No mail server is named.")
    return [answers[each.message] for each in due]


def _call(message: Message, endpoint: Endpoint, *, at: datetime) -> Call:
    headers = signed_headers(message.message, message.body, keys=endpoint.secrets_at(at), at=at)
    return Call(endpoint.address, {"Content-Type": "application/json", "User-Agent": "payper", **headers}, message.body)


def _note(outgoing: Outgoing, sender: Sender, message: Message, answer: Answered, *, at: datetime) -> str:
    """Note what came of an attempt: the message, its endpoint, a line in the log."""
    is_taken = answer.status is not None and 200 <= answer.status < 300
    delay = delay_seconds(message.tries + 1, sender.chance())
    # A mail server's 5xx is for good (RFC 5321, 4.2.1), a web server's is not.
    is_final = answer.status == GONE or (message.channel == MAIL and answer.status is not None and answer.status >= 500)
    is_over = delay is None or sender.clock() - message.made_at > GIVE_UP or is_final
    state = SENT if is_taken else DEAD if is_over else WAITING
    wait = timedelta(seconds=max(delay or 0, min(answer.retry_after or 0, 86_400)))
    words = "" if is_taken else answer.words or f"The answer was {answer.status}, and only 2xx says that it was taken."
    attempt = Attempt(message.message, sender.clock(), answer.milliseconds, answer.status, words)
    with outgoing.transaction():
        outgoing.end_message(message.message, state=state, attempt=attempt, due_at=attempt.at + wait if state == WAITING else None)
        endpoint = outgoing.endpoint(message.endpoint) if message.endpoint else None
        if endpoint is not None and is_taken and endpoint.failures:
            outgoing.rest(endpoint.endpoint, failures=0, until=None)
        elif endpoint is not None and not is_taken:
            _let_rest(outgoing, endpoint, answer, at=at, now=attempt.at, chance=sender.chance())
    told: dict[str, object] = {
        "message_id": message.message,
        "channel": message.channel,
        "kind": message.kind,
        "endpoint": message.endpoint,
    }
    told |= {"state": state, "tries": message.tries + 1, "status": answer.status, "milliseconds": answer.milliseconds, "words": words}
    LOG.log(logging.INFO if is_taken else logging.WARNING, "sent" if is_taken else "not taken", extra=told)
    return state


def _let_rest(outgoing: Outgoing, endpoint: Endpoint, answer: Answered, *, at: datetime, now: datetime, chance: float) -> None:
    """Leave an endpoint that failed in peace for a while; one that says it is gone is called no more."""
    if answer.status == GONE:
        outgoing.change_endpoint(replace(endpoint, is_active=False))
        outgoing.directory.note(
            at=now, party=endpoint.party, who="", act="disable webhook", subject=endpoint.endpoint, detail="it answered 410 Gone"
        )
        return
    if endpoint.rest_until is not None and endpoint.rest_until > at:
        return  # another call of the same round said so
    failures = endpoint.failures + 1
    rest = min(delay_seconds(min(failures, len(DELAYS_SECONDS)), chance) or 0, REST_SECONDS_MAX)
    outgoing.rest(endpoint.endpoint, failures=failures, until=now + timedelta(seconds=rest))

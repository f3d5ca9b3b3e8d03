"""A party's own profile: the answers that advice is made from, kept as a draft while they are given."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payper.advice import Number, Offer, Profile, ProfileFinding, Question, numbers_of, read_profile
from payper.advice.questions import QUESTIONS, TABLES, questions_of
from payper.advice.writing import answered, plain_number, typed_of, values_of, written
from payper.desk.people.people import Actor
from payper.errors import UsageError
from payper.parties import Act
from payper.reports.advice_words import MARK_WORDS, lever_value
from payper.store.directory import Directory
from payper.store.profiles import KeptProfile, keep_profile, profile_of

BYTES_MAX = 100_000
"""The largest profile that is kept."""

OFFERS_MAX = 50

OFFER_FIELDS = ("name", "provider", "model", "tier", "price", "held_price", "won_percent", "min_units", "max_units", "booked", "held")
"""What a form asks of an offer; a file can say more."""

_AMOUNTS = ("price", "held_price", "won_percent", "min_units", "max_units")


@dataclass(frozen=True, slots=True)
class Stands:
    """The number that an answer stands for, in words: its value, the range it likely lies in, where it is from, and how far to trust it."""

    words: str
    value: str
    span: str
    source: str
    mark: str
    is_yours: bool


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """A profile as it stands.

    Attributes:
        text: As TOML.
        values: What the text says; empty where it is no TOML.
        findings: Slips and contradictions.
        numbers: By question.
        draft: The answers that can be read.
        changed_at: None: nothing is kept yet.
    """

    text: str
    values: Mapping[str, Any]
    findings: Sequence[ProfileFinding]
    numbers: Mapping[str, Sequence[Stands]]
    draft: Profile
    changed_at: datetime | None

    @property
    def is_ready(self) -> bool:
        """Tell whether advice can be given."""
        return self.changed_at is not None and not any(finding.is_error for finding in self.findings)

    @property
    def offers(self) -> Sequence[Offer]:
        """List the offers that can be read."""
        return self.draft.offers

    def typed(self, question: Question) -> str:
        """Give an answer as a form shows it."""
        table = self.values.get(question.table)
        return typed_of(question, table.get(question.name) if isinstance(table, Mapping) else None)

    def answers(self, table: str) -> int:
        """Count the questions of a table that are answered; of `offers` the offers."""
        if table == "offers":
            found = self.values.get("offer")
            return len(found) if isinstance(found, list) else 0
        return sum(bool(self.typed(question)) for question in questions_of(table))

    def findings_of(self, table: str) -> list[ProfileFinding]:
        """List what there is to say of one table."""
        names = {"offers": ("offer", "rates")}.get(table, (table,))
        return [finding for finding in self.findings if re.split(r"[.\[]", finding.key)[0] in names]


def read_own_profile(directory: Directory, actor: Actor) -> OwnProfile:
    """Give the profile of the actor's party; an empty one before anything is kept.

    Raises:
        DeniedError: The actor may not read advice.
    """
    actor.must(Act.READ_ADVICE)
    kept = profile_of(directory, actor.party)
    return read_text(kept.text if kept is not None else "", kept.changed_at if kept is not None else None)


def read_text(text: str, changed_at: datetime | None = None) -> OwnProfile:
    """Read a profile's text as it stands."""
    reading = read_profile(text, "profile.toml")
    draft = reading.draft or Profile()
    numbers: dict[str, list[Stands]] = {}
    found = numbers_of(draft)
    values = values_of(text) if reading.draft is not None else {}
    for number in found.rows:
        table, _, name = number.answer.partition(".")
        is_answered = name in (values.get(table) or {}) if isinstance(values.get(table, {}), Mapping) else False
        # Where no number can stand for an answer, a 0 would look as if somebody had said it.
        if is_answered or number.is_assumed or number.value:
            numbers.setdefault(number.answer, []).append(_stands(found, number))
    return OwnProfile(text, values, [_in_words(finding) for finding in reading.findings], numbers, draft, changed_at)


def _stands(found: Any, number: Number) -> Stands:
    # «75 days from delivery», not «75 days days from delivery».
    unit = "" if number.words.startswith(number.unit) else number.unit
    value, low, high = (lever_value(found, unit, each) for each in (number.value, number.low, number.high))
    mark = MARK_WORDS.get(str(number.mark.value), str(number.mark.value))
    source = f"{number.source}, {number.date}" if number.date else number.source
    return Stands(number.words, value, "" if low == high else f"{low} to {high}", source, mark, not number.is_assumed)


def answer_questions(
    directory: Directory, actor: Actor, table: str, typed: Mapping[str, str], *, currency: str | None = None, at: datetime
) -> OwnProfile:
    """Keep what was typed for the questions of one table, right or wrong, and give the profile as it stands then.

    Args:
        directory: The directory.
        actor: Who answers.
        table: `goals`, `sales`, `audience` or `revenue`.
        typed: By the question's name; what is empty is unanswered.
        currency: Another currency of all amounts; None: as before.
        at: Now.

    Raises:
        DeniedError: The actor may not write a profile.
    """
    actor.must(Act.WRITE_ADVICE)
    assert table in TABLES, "the page asks one of the tables"
    with directory.transaction():
        values = dict(_kept_values(directory, actor))
        if currency is not None:
            values = {"currency": currency.strip().upper() or "USD", **{key: value for key, value in values.items() if key != "currency"}}
        return _keep(directory, actor, written(answered(values, table, typed)), at=at)


def add_offer(directory: Directory, actor: Actor, typed: Mapping[str, str], *, at: datetime) -> OwnProfile:
    """Add an offer of a provider.

    Raises:
        DeniedError: The actor may not write a profile.
        UsageError: There are as many as can be compared.
    """
    actor.must(Act.WRITE_ADVICE)
    offer: dict[str, Any] = {}
    for name in OFFER_FIELDS:
        text = typed.get(name, "").strip()
        if text and name in {"booked", "held"}:
            offer[name] = typed_share(text)
        elif text:
            offer[name] = plain_number(text) if name in _AMOUNTS else text
    with directory.transaction():
        values = dict(_kept_values(directory, actor))
        before = values.get("offer")
        offers = [*(before if isinstance(before, list) else []), offer]
        if len(offers) > OFFERS_MAX:
            raise UsageError(where="offer", seen=f"There are {OFFERS_MAX} offers already.", mend="Take one out first.")
        return _keep(directory, actor, written({**values, "offer": offers}), at=at)


def typed_share(text: str) -> str:
    """Read a percentage as a share."""
    from payper.advice.writing import answer_of

    return str(answer_of(next(question for question in QUESTIONS if question.kind == "share"), text))


def remove_offer(directory: Directory, actor: Actor, place: int, *, at: datetime) -> OwnProfile:
    """Take the offer at a place, from 1 on, out; one that is not there stays away.

    Raises:
        DeniedError: The actor may not write a profile.
    """
    actor.must(Act.WRITE_ADVICE)
    with directory.transaction():
        values = dict(_kept_values(directory, actor))
        before = values.get("offer")
        offers = [offer for number, offer in enumerate(before, 1) if number != place] if isinstance(before, list) else []
        rest = {key: value for key, value in values.items() if key != "offer"}
        return _keep(directory, actor, written({**rest, **({"offer": offers} if offers else {})}), at=at)


def replace_profile(directory: Directory, actor: Actor, text: str, *, at: datetime) -> OwnProfile:
    """Keep another text in place of the one before.

    Raises:
        DeniedError: The actor may not write a profile.
        UsageError: It is too large, or no TOML at all.
    """
    actor.must(Act.WRITE_ADVICE)
    if len(text.encode()) > BYTES_MAX:
        raise UsageError(where="profile", seen="A profile of more than 100 kB is not kept.", mend="Take out what advice does not read.")
    if "\x00" in text:
        raise UsageError(where="profile", seen="This is no text: it holds a byte of zero.", mend="Save it as UTF-8 text.")
    reading = read_profile(text, "profile.toml")
    if reading.draft is None:
        finding = reading.findings[0]
        raise UsageError(where="profile", seen=f"Line {finding.line}: {finding.seen}", mend=finding.mend)
    with directory.transaction():
        return _keep(directory, actor, text, at=at)


def _kept_values(directory: Directory, actor: Actor) -> Mapping[str, Any]:
    kept = profile_of(directory, actor.party)
    try:
        return values_of(kept.text) if kept is not None else {"currency": "USD"}
    except tomllib.TOMLDecodeError:
        return {"currency": "USD"}


def _keep(directory: Directory, actor: Actor, text: str, *, at: datetime) -> OwnProfile:
    if len(text.encode()) > BYTES_MAX:
        raise UsageError(where="profile", seen="Answers of more than 100 kB are not kept.", mend="Write shorter ones.")
    keep_profile(directory, actor.party, KeptProfile(text, at, actor.who))
    return read_text(text, at)


_KEYS = {question.key: question.name.replace("_", " ") for question in QUESTIONS}
_KEY = re.compile(r"`([a-z]+\.[a-z_]+|[a-z_]+)`")
_PAIR = re.compile(r"`([a-z_]+) = \"?([^`\"]+)\"?`")


def _in_words(finding: ProfileFinding) -> ProfileFinding:
    """Say a finding in the words of the form: what a file writes as `deal_size = "25000"` is «deal size: 25000» there."""
    from dataclasses import replace

    return replace(finding, seen=_plain(finding.seen), mend=_plain(finding.mend))


def _plain(text: str) -> str:
    text = _PAIR.sub(lambda match: f"«{match[1].replace('_', ' ')}: {match[2]}»", text)
    return _KEY.sub(_named, text)


def _named(match: re.Match[str]) -> str:
    name = match[1].rsplit(".", 1)[-1].replace("_", " ")
    return f"«{name}»" if match[1] in _KEYS or name in _KEYS.values() else match[0]

"""The deliveries that a return, a replacement or an event out of the usual order touches: followed one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from payper.settlement.admission import Answer, ClaimBook
from payper.settlement.course import Course, follow
from payper.settlement.events import as_steps
from payper.settlement.facts import Claim, Directory, Place, Refusal, Step, Subject
from payper.settlement.fates import Fate, fates_of
from payper.settlement.rates import Rates
from payper.terms.contract import Contract

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = datetime.max.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass
class Touched:
    """What following gave."""

    subjects: dict[int, Subject]
    steps: dict[int, list[Step]]
    courses: dict[int, Course]
    answers: list[Answer]
    book: ClaimBook
    fates: dict[int, list[Fate]]
    refusals: list[Refusal]
    warnings: list[tuple[Subject, Step | Claim | None, str, str]] = field(default_factory=list)


def follow_touched(
    accepted: pl.DataFrame,
    others: pl.DataFrame,
    events: pl.DataFrame,
    claims: list[Claim],
    odd: pl.Series,
    *,
    contracts: Mapping[str, Sequence[Contract]],
    rates: Rates,
    as_of: Mapping[str, datetime],
    answered: Mapping[tuple[str, str | None, datetime], str],
) -> Touched:
    """Follow the deliveries that a return or a replacement concerns, and those that columns cannot settle.

    Args:
        accepted: Deliveries accepted by their contract's as-of, columns as of `settle`.
        others: contract and external_id of deliveries that are not accepted, or not yet.
        events: As `events.locate`; found ones are dated up to the as-of.
        claims: In their order.
        odd: Ids of deliveries to follow besides.
        contracts: Versions by id.
        rates: For amounts in other currencies.
        as_of: Per contract id.
        answered: Outcomes of earlier runs.
    """
    stray = as_steps(events.filter(pl.col("delivery_id").is_null()))
    directory, subjects = _directory(accepted, others, stray, claims, odd, contracts)
    due = _due(claims, directory, as_of)
    claimed = {meant.delivery_id for _, meant in due if isinstance(meant, Subject)}
    concerned = pl.Series(sorted({*subjects, *claimed}), dtype=pl.Int64)
    own = events.filter(pl.col("delivery_id").is_in(concerned.implode())) if len(concerned) else events.clear()
    by_delivery: dict[int, list[Step]] = {}
    for delivery_id, step in zip(own["delivery_id"], as_steps(own), strict=True):
        by_delivery.setdefault(delivery_id, []).append(step)
    courses: dict[int, Course] = {}

    def course_of(subject: Subject) -> Course:
        if subject.delivery_id not in courses:
            subjects[subject.delivery_id] = subject
            courses[subject.delivery_id] = follow(subject, by_delivery.get(subject.delivery_id, ()), rates)
        return courses[subject.delivery_id]

    replaced = frozenset((one.contract.id, one.replaces) for one in subjects.values() if one.replaces is not None)
    book = ClaimBook(directory, course_of, _counter(accepted, claims), answered, replaced)
    answers = [book.answer(claim) for claim, _ in due]
    refusals = [*_strays(stray, directory, as_of), *(_refused(answer) for answer in answers if answer.at is None)]
    for subject in list(subjects.values()):
        course_of(subject)
    warnings = _deliver_replacements(subjects, directory, book)
    for course in list(courses.values()):
        book.owing(course.subject)
    warnings += [(course.subject, *warning) for course in courses.values() for warning in course.warnings]
    warnings += book.warnings
    warnings += [(answer.subject, answer.claim, *words) for answer in answers if answer.subject and (words := _late_contest(answer))]
    return Touched(subjects, by_delivery, courses, answers, book, fates_of(courses, book), refusals, warnings)


def _strays(stray: list[Step], directory: Directory, as_of: Mapping[str, datetime]) -> list[Refusal]:
    """Refuse the events, up to the as-of, that mean no delivery."""
    refusals = []
    for step in stray:
        found = directory.find(step.address, step.happened_at)
        assert not isinstance(found, Subject), "columns find what can be found"
        if step.happened_at <= _as_of(found, step.address.contract, as_of):
            refusals.append(Refusal("event", step.place, step.address.contract, step.address.external_id, step.happened_at, *found))
    return refusals


def _due(claims: list[Claim], directory: Directory, as_of: Mapping[str, datetime]) -> list[tuple[Claim, Subject | tuple[str, str]]]:
    """List the claims made up to the as-of, each as far as it was known then, with the delivery it means or why it means none."""
    due: list[tuple[Claim, Subject | tuple[str, str]]] = []
    for claim in claims:
        meant = directory.find(claim.address, claim.claimed_at)
        end = _as_of(meant, claim.address.contract, as_of)
        if claim.claimed_at <= end:
            due.append((claim.until(end), meant))
    return due


def _directory(
    accepted: pl.DataFrame, others: pl.DataFrame, stray: list[Step], claims: list[Claim], odd: pl.Series,
    contracts: Mapping[str, Sequence[Contract]],
) -> tuple[Directory, dict[int, Subject]]:  # fmt: skip
    """Know the deliveries that claims, replacements and events that mean none name; and give those to follow for what they are."""
    addresses = [*(step.address for step in stray), *(claim.address for claim in claims)]
    named = {one.external_id for one in addresses if one.external_id is not None}
    ids = pl.Series(list(named | set(accepted["replaces"].drop_nulls().unique())), dtype=pl.String)
    emails = pl.Series(list({one.email for one in addresses if one.external_id is None and one.email is not None}), dtype=pl.String)
    directory = Directory(contracts)
    subjects: dict[int, Subject] = {}
    meant = pl.col("replaces").is_not_null()
    for column, wanted in (("external_id", ids), ("email_normal", emails), ("delivery_id", odd)):
        if len(wanted):
            meant |= pl.col(column).is_in(wanted.implode()).fill_null(value=False)
    versions = {(one.id, one.version): one for all_ in contracts.values() for one in all_}
    followed = set(odd)
    for row in accepted.filter(meant).sort("delivery_id").select(_SUBJECT_COLUMNS).iter_rows():
        subject = _subject(row, versions)
        directory.add(subject)
        if subject.replaces is not None or subject.delivery_id in followed:
            subjects[subject.delivery_id] = subject
    for replacement in [one for one in subjects.values() if one.replaces is not None]:
        replaced = directory.by_id.get((replacement.contract.id, replacement.replaces or ""))
        if replaced is not None:
            subjects[replaced.delivery_id] = replaced
    if not others.is_empty() and len(ids):
        noted = others.filter(pl.col("external_id").is_in(ids.implode())).select("contract", "external_id")
        for contract, external_id in noted.unique().iter_rows():
            directory.note(contract, external_id)
    return directory, subjects


_SUBJECT_COLUMNS = [
    "delivery_id", "contract", "contract_version", "external_id", "email_normal", "kind", "delivered_at", "accepted_at", "price_rows",
    "replaces", "meeting_at", "meeting_minutes",
]  # fmt: skip


def _subject(row: tuple[Any, ...], versions: Mapping[tuple[str, int], Contract]) -> Subject:
    delivery_id, contract, version, external_id, email, kind, delivered_at, accepted_at, price_rows, replaces, meeting_at, minutes = row
    return Subject(
        delivery_id, versions[contract, version], external_id, email, kind, delivered_at, accepted_at, tuple(price_rows or ()), replaces,
        meeting_at, minutes,
    )  # fmt: skip


def _as_of(found: Subject | tuple[str, str], contract: str | None, as_of: Mapping[str, datetime]) -> datetime:
    """Give the as-of of the contract that an act belongs to; where none is known, the latest, and without contracts no end."""
    if isinstance(found, Subject):
        return as_of[found.contract.id]
    return as_of[contract] if contract is not None and contract in as_of else max(as_of.values(), default=_FAR)


def _counter(accepted: pl.DataFrame, claims: list[Claim]) -> Callable[[str, datetime], int]:
    """Count the deliveries of a contract, replacements not, with `delivered_at` up to an instant (RULES 43)."""
    counted: dict[str, npt.NDArray[np.int64]] = {}
    if claims:
        own = accepted.filter(pl.col("replaces").is_null()).select("contract", pl.col("delivered_at").dt.epoch("us").alias("at"))
        counted = {str(key[0]): np.sort(part["at"].to_numpy()) for key, part in own.partition_by("contract", as_dict=True).items()}

    def accepted_by(contract: str, at: datetime) -> int:
        instants = counted.get(contract)
        return 0 if instants is None else int(np.searchsorted(instants, (at - _EPOCH) // _MICROSECOND, side="right"))

    return accepted_by


def _deliver_replacements(
    subjects: Mapping[int, Subject], directory: Directory, book: ClaimBook
) -> list[tuple[Subject, Step | Claim | None, str, str]]:
    """Hand each owed replacement over, in order of arrival; one that nothing is owed for is free all the same, and warned of."""
    warnings: list[tuple[Subject, Step | Claim | None, str, str]] = []
    for subject in sorted((one for one in subjects.values() if one.replaces is not None), key=lambda one: one.delivery_id):
        assert subject.replaces is not None, "filtered"
        replaced = directory.by_id.get((subject.contract.id, subject.replaces))
        owing = book.owing(replaced) if replaced is not None else None
        in_time = (
            owing is not None
            and owing.granted_at <= subject.delivered_at
            and (owing.deadline is None or subject.delivered_at <= owing.deadline)
        )
        if owing is not None and in_time and owing.delivered_by is None:
            owing.delivered_by = subject
        else:
            words = f"It was taken as the replacement of {subject.replaces!r}, for which none is owed any more. It stays free."
            warnings.append((subject, None, "REPLACES_NOTHING", words))
    return warnings


def _refused(answer: Answer) -> Refusal:
    claim = answer.claim
    contract = answer.subject.contract.id if answer.subject else claim.address.contract
    external_id = answer.subject.external_id if answer.subject else claim.address.external_id
    return Refusal("return", claim.place, contract, external_id, claim.claimed_at, answer.code, answer.words)


def _late_contest(answer: Answer) -> tuple[str, str] | None:
    if answer.at is None or answer.is_contested or answer.claim.contested_at is None:
        return None
    when = "before it was claimed" if answer.claim.contested_at < answer.claim.claimed_at else "after the time to contest"
    return ("CONTEST_LATE", f"It was contested at {answer.claim.contested_at:%Y-%m-%d %H:%M}Z, {when}, so the contest has no effect.")


def place_of(source: Step | Claim | None) -> Place:
    """Give where a step or claim was read."""
    return source.place if source is not None else Place(None, None)

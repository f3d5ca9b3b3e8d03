"""The deliveries that an event, a return, a replacement or a silent meeting touches: followed one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from payper.settlement.admission import Answer, ClaimBook
from payper.settlement.course import Course, follow
from payper.settlement.facts import Claim, Directory, Place, Refusal, Step, Subject, read_claims, read_steps
from payper.settlement.fates import Fate, fates_of
from payper.settlement.rates import Rates
from payper.terms.contract import Contract

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
    returns: pl.DataFrame,
    *,
    contracts: Mapping[str, Sequence[Contract]],
    rates: Rates,
    as_of: Mapping[str, datetime],
    answered: Mapping[tuple[str, str | None, datetime], str],
) -> Touched:
    """Follow every delivery that is more than accepted.

    Args:
        accepted: Deliveries accepted by their contract's as-of, columns as of `settle`.
        others: contract and external_id of deliveries that are not accepted, or not yet.
        events: As `journey.EVENT_SCHEMA`.
        returns: As `journey.RETURN_SCHEMA`.
        contracts: Versions by id.
        rates: For amounts in other currencies.
        as_of: Per contract id.
        answered: Outcomes of earlier runs.
    """
    steps, refusals = read_steps(events)
    claims, refused_claims = read_claims(returns)
    refusals += refused_claims
    directory = _directory(accepted, others, steps, claims, contracts)
    by_delivery: dict[int, list[Step]] = {}
    subjects = {one.delivery_id: one for one in _own_reasons(accepted, directory, contracts)}
    for step in steps:
        found = directory.find(step.address, step.happened_at)
        if step.happened_at > _as_of(found, step.address.contract, as_of):
            continue
        if isinstance(found, Subject):
            subjects[found.delivery_id] = found
            by_delivery.setdefault(found.delivery_id, []).append(step)
        else:
            refusals.append(Refusal("event", step.place, step.address.contract, step.address.external_id, step.happened_at, *found))
    courses: dict[int, Course] = {}

    def course_of(subject: Subject) -> Course:
        if subject.delivery_id not in courses:
            subjects[subject.delivery_id] = subject
            courses[subject.delivery_id] = follow(subject, by_delivery.get(subject.delivery_id, ()), rates)
        return courses[subject.delivery_id]

    replaced = frozenset((one.contract.id, one.replaces) for one in subjects.values() if one.replaces is not None)
    book = ClaimBook(directory, course_of, _counter(accepted, claims), answered, replaced)
    answers = [
        book.answer(claim.until(_as_of(found, claim.address.contract, as_of)))
        for claim in claims
        if claim.claimed_at <= _as_of(found := directory.find(claim.address, claim.claimed_at), claim.address.contract, as_of)
    ]
    refusals += [_refused(answer) for answer in answers if answer.at is None]
    for subject in list(subjects.values()):
        course_of(subject)
    warnings = _deliver_replacements(subjects, directory, book)
    for course in list(courses.values()):
        book.owing(course.subject)
    warnings += [(course.subject, *warning) for course in courses.values() for warning in course.warnings]
    warnings += [(answer.subject, answer.claim, *words) for answer in answers if answer.subject and (words := _late_contest(answer))]
    return Touched(subjects, by_delivery, courses, answers, book, fates_of(courses, book), refusals, warnings)


def _directory(
    accepted: pl.DataFrame, others: pl.DataFrame, steps: list[Step], claims: list[Claim], contracts: Mapping[str, Sequence[Contract]]
) -> Directory:
    """Know the deliveries that steps, claims and replacements may mean, and no others."""
    addresses = [*(step.address for step in steps), *(claim.address for claim in claims)]
    ids = {one.external_id for one in addresses if one.external_id is not None} | set(accepted["replaces"].drop_nulls().unique())
    emails = {one.email for one in addresses if one.external_id is None and one.email is not None}
    silent = [id_ for id_, versions in contracts.items() if any(_asks_silence(one) for one in versions)]
    directory = Directory(contracts)
    if not accepted.is_empty():
        meant = (
            pl.col("external_id").is_in(pl.Series(list(ids), dtype=pl.String).implode())
            | pl.col("email_normal").is_in(pl.Series(list(emails), dtype=pl.String).implode())
            | pl.col("replaces").is_not_null()
            | (pl.col("contract").is_in(silent) & pl.col("meeting_at").is_not_null())
        )
        versions = {(one.id, one.version): one for all_ in contracts.values() for one in all_}
        for row in accepted.filter(meant.fill_null(value=False)).sort("delivery_id").iter_rows(named=True):
            directory.add(_subject(row, versions))
    if not others.is_empty() and ids:
        named = others.filter(pl.col("external_id").is_in(pl.Series(list(ids), dtype=pl.String).implode())).select(
            "contract", "external_id"
        )
        for contract, external_id in named.unique().iter_rows():
            directory.note(contract, external_id)
    return directory


def _subject(row: Mapping[str, object], versions: Mapping[tuple[str, int], Contract]) -> Subject:
    fields = {name: row[name] for name in Subject.__dataclass_fields__ if name in row and name not in {"contract", "price_rows"}}
    contract = versions[row["contract"], row["contract_version"]]  # type: ignore[index]  # a frame's row is untyped
    prices: tuple[int, ...] = tuple(row["price_rows"] or ())  # type: ignore[arg-type]  # as above
    return Subject(contract=contract, price_rows=prices, email=row["email_normal"], **fields)  # type: ignore[arg-type]  # as above


def _own_reasons(accepted: pl.DataFrame, directory: Directory, contracts: Mapping[str, Sequence[Contract]]) -> list[Subject]:
    """List deliveries that are followed for what they are: replacements, what they replace, and meetings that silence may prove."""
    found = [one for one in directory.by_id.values() if one.replaces is not None or _may_be_silent(one)]
    found += [one for subjects in directory.by_email.values() for one in subjects if one.replaces is not None or _may_be_silent(one)]
    replaced = [directory.by_id.get((one.contract.id, one.replaces)) for one in found if one.replaces is not None]
    nameless_rows = accepted.filter(
        pl.col("external_id").is_null()
        & pl.col("email_normal").is_null()
        & (pl.col("replaces").is_not_null() | pl.col("meeting_at").is_not_null())
    )
    versions = {(one.id, one.version): one for all_ in contracts.values() for one in all_}
    nameless = [_subject(row, versions) for row in nameless_rows.iter_rows(named=True)]
    nameless = [one for one in nameless if one.replaces is not None or _may_be_silent(one)]
    return [*found, *(one for one in replaced if one is not None), *nameless]


def _asks_silence(contract: Contract) -> bool:
    return contract.appointment is not None and any(word.startswith("silence") for word in contract.appointment.proof)


def _may_be_silent(subject: Subject) -> bool:
    return subject.meeting_at is not None and _asks_silence(subject.contract)


def _as_of(found: Subject | tuple[str, str], contract: str | None, as_of: Mapping[str, datetime]) -> datetime:
    """Give the as-of of the contract that an act belongs to; where none is known, the latest."""
    if isinstance(found, Subject):
        return as_of[found.contract.id]
    return as_of[contract] if contract is not None and contract in as_of else max(as_of.values())


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
    return (
        "CONTEST_LATE",
        f"It was contested at {answer.claim.contested_at:%Y-%m-%d %H:%M}Z, after the time to contest, so the contest has no effect.",
    )


def place_of(source: Step | Claim | None) -> Place:
    """Give where a step or claim was read."""
    return source.place if source is not None else Place(None, None)

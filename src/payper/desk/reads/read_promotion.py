"""Leads worth handing to appointment setting, as pages read them: by the party's own profile and book, kept at hand."""

from __future__ import annotations

from datetime import datetime

from payper.advice import read_profile
from payper.desk.asking.advise import record_of
from payper.desk.asking.promote import PERIOD_WEEKS, Promotion, decide
from payper.desk.book.standing import read_standing
from payper.desk.folder.run import Tell
from payper.desk.people.own_profile import read_own_profile
from payper.desk.people.people import Actor
from payper.desk.reads.read_results import own_book
from payper.desk.reads.worked_out import WAIT_SECONDS, Worked, work_out
from payper.parties import Act
from payper.store.directory import Directory


def read_promotion(directory: Directory, actor: Actor, *, at: datetime, wait_seconds: float = WAIT_SECONDS) -> Worked[Promotion] | None:
    """Say which open leads to hand over; None where there is no profile that advice can be made from, or no book.

    Raises:
        DeniedError: The actor may not read advice and people.
        UsageError: The book's currency has no rate to the profile's.
    """
    actor.must(Act.READ_ADVICE)
    actor.must(Act.READ_PEOPLE)
    profile, own = read_own_profile(directory, actor), own_book(directory, actor)
    if not profile.is_ready or own is None:
        return None
    address = own.address

    def found(tell: Tell) -> Promotion:
        reading = read_profile(profile.text, "profile.toml")
        assert reading.profile is not None, "a profile that is ready has no errors"
        standing = read_standing(address, tell=tell)
        tell("weighing leads", 0, 1)
        return decide(record_of(reading.profile, standing), standing, profile.findings, slots=None, weeks=PERIOD_WEEKS)

    worked = work_out(("promotion", own.address, own.erasures, profile.text), own.state, found, wait_seconds=wait_seconds)
    if worked.value is not None:
        with directory.transaction():
            detail = f"{worked.value.handed.height} worth handing over"
            directory.note(at=at, party=actor.party, who=actor.who, act="read people", subject=own.party, detail=detail)
    return worked

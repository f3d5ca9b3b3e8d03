"""The act `payper advise`: a profile and, where there is one, a programme's own record, turned into a recommendation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from payper._version import __version__
from payper.advice import Profile, ProfileFinding, Recommendation, read_profile, recommend
from payper.advice.experience import experience_of, offers_of_contracts, priced_as_paid
from payper.advice.futures import History
from payper.connectors.writing import write_text
from payper.desk.book.standing import Standing, read_standing
from payper.desk.folder.run import Tell, silent
from payper.errors import FileError, UsageError
from payper.measurement.seeds import check_seed
from payper.money import convert, exponent, round_half_away
from payper.reports.advice import render_advice
from payper.reports.words import counted


@dataclass(frozen=True)
class Advice:
    """What was advised, for the command line.

    Attributes:
        recommendation: None: the profile has slips that stand in the way.
        findings: Slips and contradictions of the profile, by line.
        record: What stands behind it beside the profile, in words; empty: priors only.
        page: Where the page was written; None: nowhere.
        notes: What else is worth knowing.
    """

    recommendation: Recommendation | None
    findings: Sequence[ProfileFinding]
    record: str = ""
    page: Path | None = None
    notes: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values, as docs/reference/advice.md tells."""
        return {
            "payper_version": __version__,
            "recommendation": None if self.recommendation is None else self.recommendation.to_json(),
            "findings": [finding.to_json() for finding in self.findings],
            "record": self.record or None,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Record:
    """A profile beside what the programme knows.

    Attributes:
        profile: The profile; where it writes no offers, with those of the programme's contracts.
        history: By name of the offer.
        words: What was read, in a sentence.
        notes: What could not be used.
    """

    profile: Profile
    history: History
    words: str
    notes: Sequence[str]


def advise(
    profile_path: Path,
    *,
    place: Path | str | None = None,
    as_of: date | None = None,
    page: Path | None = None,
    draws: int = 100,
    seed: int = 0,
    tell: Tell = silent,
) -> Advice:
    """Advise by a profile, and by a programme's own record where one is named.

    Args:
        profile_path: The profile.
        place: The programme, as of `read_standing`; None: priors only.
        as_of: As of which day the programme is read.
        page: Where the page goes; None: none is written.
        draws: Futures the mix is chosen on.
        seed: Of the draws.
        tell: Told how far work has come.

    Raises:
        FileError: The profile cannot be read, or the page cannot be written.
        UsageError: There is no programme at `place`, its currency has no rate to the profile's, or the seed is no whole number from 0.
    """
    check_seed(seed)
    try:
        text = profile_path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(where=profile_path, seen=f"The profile cannot be read: {error}.", mend="Save it as UTF-8 text.") from error
    reading = read_profile(text, str(profile_path))
    if reading.profile is None:
        return Advice(recommendation=None, findings=reading.findings)
    if page is not None and not page.parent.is_dir():
        raise FileError(where=page, seen="There is no such folder to write into.", mend="Make it first, or name another with --html.")
    record = None if place is None else record_of(reading.profile, read_standing(place, as_of=as_of, tell=tell))
    tell("advice", 0, 2)
    found = recommend(
        reading.profile if record is None else record.profile,
        history=None if record is None else record.history,
        draws=draws,
        seed=seed,
    )
    tell("advice", 1, 2)
    advice = Advice(
        recommendation=found,
        findings=reading.findings,
        record="" if record is None else record.words,
        page=page,
        notes=() if record is None else record.notes,
    )
    if page is not None:
        _write(found, reading.profile if record is None else record.profile, advice, page)
    tell("advice", 2, 2)
    return advice


def _write(found: Recommendation, profile: Profile, advice: Advice, page: Path) -> None:
    findings = [f"{finding.seen} {finding.mend}" for finding in advice.findings]
    write_text(render_advice(found, profile, record=advice.record, findings=findings, notes=advice.notes, payper_version=__version__), page)


def record_of(profile: Profile, standing: Standing) -> Record:
    """Read a programme's record for a profile: its contracts as offers where the profile writes none, and what became of each.

    Raises:
        UsageError: The programme's base currency has no rate to the profile's.
    """
    rates, day, currency = standing.words.rates, standing.day, profile.currency

    def to_minor(minor: int, source: str) -> int | None:
        rate = rates.rate(source, currency, day)
        return None if rate is None else round_half_away(convert(minor, source=source, target=currency, rate=rate))

    rate = rates.rate(rates.base_currency, currency, day)
    if rate is None:
        raise UsageError(
            where=profile.path or "profile",
            seen=f"The profile is in {currency}, and the programme's {rates.base_currency} has no rate to it.",
            mend=f'Write `currency = "{rates.base_currency}"` in the profile, or a [[rate]] for {currency} in programme.toml.',
        )
    unit = float(rate) * 10 ** (exponent(currency) or 0)
    notes: tuple[str, ...] = ()
    if not profile.offers:
        offers, notes = offers_of_contracts(standing.words.contracts, to_minor=to_minor)
        offers = priced_as_paid(offers, standing.outcomes, minor_per_unit=unit)
        profile = replace(profile, offers=offers)
    history = experience_of(
        standing.outcomes,
        profile.offers,
        at=standing.end,
        horizon_days=profile.goals.horizon_days or standing.words.horizon_days,
        minor_per_unit=unit,
        contracts=standing.words.contracts.keys(),
    )
    unknown = [offer.name for offer in profile.offers if offer.name not in history]
    if unknown:
        notes = (*notes, f"Nothing is recorded of {', '.join(unknown)}: their shares are priors.")
    name = standing.words.name
    simulated = " (simulated)" if standing.words.is_simulated else ""
    words = f"{name}{simulated}, {counted(standing.outcomes.height, 'accepted delivery', 'accepted deliveries')} as of {day:%-d %b %Y}"
    return Record(profile=profile, history=history, words=words, notes=(*notes, *standing.notes))

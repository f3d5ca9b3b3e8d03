"""The act `payper measure`: what deliveries brought as of a day, from the book alone, as a page and as values for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from payper._version import __version__
from payper.connectors.writing import write_text
from payper.desk.book.standing import Standing, read_standing
from payper.desk.folder.run import Tell, silent
from payper.errors import FileError, UsageError
from payper.measurement.basis import Basis
from payper.measurement.counts import ProgrammeFacts, rates_on
from payper.measurement.measured import Measured, check_segments, measure_programme
from payper.measurement.providers import Weights, checks_asked
from payper.reports.results import render_results
from payper.reports.results_json import results_json

HORIZON_DAYS_MAX = 3650
RESULTS = "results.html"


@dataclass(frozen=True)
class Measurement:
    """What was measured, for the command line.

    Attributes:
        measured: The results.
        report: Where the page was written; None: nowhere.
        notes: What else is worth knowing.
    """

    measured: Measured
    report: Path | None
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values, as docs/results-schema.json tells."""
        return results_json(self.measured, payper_version=__version__, notes=self.notes)


def measure(
    place: Path | str,
    *,
    as_of: date | None = None,
    horizon_days: int | None = None,
    by: Sequence[str] = (),
    out: Path | None = None,
    is_page_wanted: bool = True,
    tell: Tell = silent,
) -> Measurement:
    """Measure a programme, and write the results page.

    Args:
        place: As of `read_standing`.
        as_of: None: the day of the latest run.
        horizon_days: None: as the programme says, else 180.
        by: Segments to group by together, besides those always shown.
        out: Where the page goes; None: results.html beside the book.
        is_page_wanted: Whether to write a page where `out` is None.
        tell: Told how far work has come.

    Raises:
        UsageError: There is nothing to read; or day, horizon or a segment makes no sense.
        FileError: The page cannot be written.
    """
    check_horizon(horizon_days)
    check_segments(by)
    standing = read_standing(place, as_of=as_of, tell=tell)
    tell("results", 0, 2)
    measured = measure_programme(basis_of(standing, horizon_days=horizon_days, by=tuple(by)))
    tell("results", 1, 2)
    path = out or (standing.place / RESULTS if is_page_wanted and standing.place is not None else None)
    if path is not None:
        check_folder(path, option="--out")
        write_text(render_results(measured, payper_version=__version__, notes=standing.notes), path)
    tell("results", 2, 2)
    return Measurement(measured=measured, report=path, notes=standing.notes)


def check_folder(path: Path, *, option: str) -> None:
    """Refuse a file whose folder is not there.

    Raises:
        FileError: There is no such folder.
    """
    if not path.parent.is_dir():
        raise FileError(where=path, seen="There is no such folder to write into.", mend=f"Make it first, or name another with {option}.")


def check_horizon(horizon_days: int | None) -> None:
    """Refuse what is no horizon.

    Raises:
        UsageError: It is outside 1 to `HORIZON_DAYS_MAX`.
    """
    if horizon_days is not None and not 1 <= horizon_days <= HORIZON_DAYS_MAX:
        raise UsageError(
            where=f"--horizon {horizon_days}", seen="This is no number of days from 1 to 3,650.", mend="Write days, such as 180."
        )


def basis_of(standing: Standing, *, horizon_days: int | None = None, by: tuple[str, ...] = (), weights: Weights | None = None) -> Basis:
    """Hand over to measuring how a programme stands."""
    words = standing.words
    facts = ProgrammeFacts(
        name=words.name,
        base_currency=words.rates.base_currency,
        zone=words.timezone,
        as_of=standing.day,
        rates=rates_on(words.rates, standing.day),
        is_simulated=words.is_simulated,
    )
    return Basis(
        facts=facts,
        end=standing.end,
        outcomes=standing.outcomes,
        spending=standing.spending,
        deliveries=standing.deliveries,
        settlement=standing.settlement,
        horizon_days=horizon_days or words.horizon_days,
        margin=None if words.margin is None else float(words.margin),
        effort=words.effort,
        asked={id_: frozenset().union(*map(checks_asked, versions)) for id_, versions in words.contracts.items()},
        weights=weights,
        targets=standing.targets,
        by=by,
    )
